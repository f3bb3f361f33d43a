//! Lines of an `.ann` file, read into a raw layer.

use super::names::{Kind, Names};
use super::{ATTRIBUTE, BYLINE_DB, CONTEXT, ENTITY, EVENT, FRAGMENTS, JSON_NOTE, NOTE};
use crate::formats::encode;
use crate::formats::gather::{check_line, utf8};
use crate::formats::problem::{Cause, Place, Problem, shown};
use crate::formats::read::InputFile;
use crate::formats::resolve::{RawLayer, RawLink, RawSpan};
use crate::formats::unit_trial::Claim;
use crate::model::{Entity, EntityId, EntityKind, Name, Value};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// How surely a file is brat's, from 0 to 100, by its first lines.
pub fn sureness(file: &InputFile) -> u8 {
    let head = file.bytes.get(..4096).unwrap_or(&file.bytes);
    // The head may end inside a character.
    let head = if head.len() < file.bytes.len() { head.rsplitn(2, |b| *b == b'\n').last() } else { Some(head) };
    let Ok(content) = utf8(&file.name, head.unwrap_or_default()) else { return 0 };
    let looks = |line: &str| {
        let (id, rest) = line.split_once('\t').unwrap_or((line, ""));
        let number = id.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '#');
        let numbered = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        id == "*" || (numbered && id.starts_with(['T', 'R', 'E', 'A', 'M', 'N', '#']) && rest.contains([' ', ':']))
    };
    let mut lines = content.lines().filter(|line| !line.trim().is_empty()).take(10);
    if lines.all(looks) { 90 } else { 0 }
}

/// Whether a file has lines that refer to entities.
pub fn refers(file: &InputFile) -> bool {
    file.bytes.starts_with(b"N") || memchr::memmem::find(&file.bytes, b"\nN").is_some()
}

/// The entities to which normalisations refer, gathered over all documents.
#[derive(Default)]
pub struct Entities {
    by_reference: BTreeMap<String, Entity>,
    foreign: Vec<String>,
}

impl Entities {
    /// The key of the entity with this reference; its id is given in [`Entities::finish`] unless it is one of ours.
    fn refer(&mut self, reference: &str, name: &str, label: &str) -> EntityId {
        let (db, id) = reference.split_once(':').unwrap_or((reference, ""));
        if let Some(entity) = self.by_reference.get_mut(reference) {
            return entity.id;
        }
        let ours = (db == BYLINE_DB).then(|| id.parse().ok()).flatten().filter(|id| !is_foreign(*id));
        // Ids of ours are small; those of others are given from the top, so that they never meet.
        let id = ours.unwrap_or_else(|| {
            self.foreign.push(reference.to_owned());
            EntityId(u32::MAX - self.foreign.len() as u32)
        });
        let entity = Entity {
            id,
            kind: kind_of(label),
            name: if name.trim().is_empty() { reference.to_owned() } else { name.to_owned() },
            aliases: Vec::new(),
            wikidata: (db == "Wikidata").then(|| reference.trim_start_matches("Wikidata:").to_owned()),
            note: if ours.is_some() || db == "Wikidata" { String::new() } else { reference.to_owned() },
        };
        self.by_reference.insert(reference.to_owned(), entity);
        id
    }

    /// A second reference of an annotation whose entity is known.
    fn also(&mut self, id: EntityId, reference: &str) {
        if let Some(entity) = self.by_reference.values_mut().find(|e| e.id == id) {
            match reference.strip_prefix("Wikidata:") {
                Some(item) => entity.wikidata = Some(item.to_owned()),
                None if entity.note.is_empty() => reference.clone_into(&mut entity.note),
                None => entity.note = format!("{} {reference}", entity.note),
            }
        }
    }

    /// All, by id.
    pub fn finish(self) -> Vec<Entity> {
        let mut entities: Vec<_> = self.by_reference.into_values().collect();
        entities.sort_unstable_by_key(|e| e.id);
        entities
    }
}

/// Whether an id was given here, to an entity of another database.
pub fn is_foreign(id: EntityId) -> bool {
    id.0 >= 1 << 31
}

/// brat does not say what an entity is; its label often does.
fn kind_of(label: &str) -> EntityKind {
    let label = label.to_lowercase();
    let organisation = ["org", "gpe", "company", "agency", "institution"].iter().any(|word| label.contains(word));
    if organisation { EntityKind::Organisation } else { EntityKind::Person }
}

/// Reads the lines of an `.ann` file.
pub fn layer(
    file: &str,
    content: &str,
    names: &Names,
    entities: &mut Entities,
    problems: &mut Vec<Problem>,
) -> RawLayer {
    let mut reader = Reader { file, names, shared: HashMap::new(), lines: Lines::default() };
    for (number, line) in content.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.trim().is_empty() {
            continue;
        }
        let read = check_line(file, number + 1, line).and_then(|()| reader.line(number + 1, line));
        problems.extend(read.err());
    }
    reader.finish(entities, problems)
}

/// An event as it stands there.
struct Event {
    line: usize,
    id: String,
    label: Name,
    trigger: String,
    /// Role, whether it is called its first, and target.
    arguments: Vec<(Name, bool, String)>,
}

/// Something said about something else.
struct Said<T> {
    line: usize,
    target: String,
    what: T,
}

#[derive(Default)]
struct Lines {
    spans: Vec<RawSpan>,
    events: Vec<Event>,
    links: Vec<RawLink>,
    attributes: Vec<Said<(Name, Value)>>,
    fragments: Vec<Said<Vec<Range<usize>>>>,
    notes: Vec<Said<String>>,
    /// Database and id, name.
    references: Vec<Said<(String, String)>>,
}

struct Reader<'a> {
    file: &'a str,
    names: &'a Names,
    /// Each name is kept once.
    shared: HashMap<(Kind, String), Name>,
    lines: Lines,
}

impl Reader<'_> {
    fn name(&mut self, kind: Kind, form: &str) -> Name {
        let names = self.names;
        self.shared.entry((kind, form.to_owned())).or_insert_with(|| Name::from(names.name(kind, form))).clone()
    }

    fn syntax(&self, line: usize, expected: &str, found: &str) -> Problem {
        Problem::syntax(Place::line(self.file, line), expected, shown(found))
    }

    fn line(&mut self, line: usize, content: &str) -> Result<(), Problem> {
        match content.as_bytes().first() {
            Some(b'T') => self.span(line, content),
            Some(b'E') => self.event(line, content),
            Some(b'R') => self.relation(line, content),
            Some(b'*') => self.equivalence(line, content),
            Some(b'A' | b'M') => self.attribute(line, content),
            Some(b'N') => self.reference(line, content),
            Some(b'#') => self.note(line, content),
            _ => Err(self.syntax(line, "a line that begins with T, E, R, A, M, N, `#` or `*`", content)),
        }
    }

    fn span(&mut self, line: usize, content: &str) -> Result<(), Problem> {
        let expected = "`T1`, a tab, a type, start and end, a tab and the text";
        let mut columns = content.splitn(3, '\t');
        let (Some(id), Some(data)) = (columns.next(), columns.next()) else {
            return Err(self.syntax(line, expected, content));
        };
        let quote = columns.next().filter(|quote| !quote.is_empty());
        let claimed = data.split_once(' ').and_then(|(form, places)| Some((form, ranges(places)?)));
        let (form, fragments) = claimed.ok_or_else(|| self.syntax(line, expected, content))?;
        let label = self.name(Kind::Label, form);
        self.lines.spans.push(RawSpan {
            id: id.to_owned(),
            number: id.get(1..).and_then(|n| n.parse().ok()),
            label,
            claim: Claim { fragments: fragments.into(), quote: quote.map(Into::into) },
            exact: None,
            attributes: BTreeMap::new(),
            note: String::new(),
            provenance: None,
            line,
        });
        Ok(())
    }

    fn event(&mut self, line: usize, content: &str) -> Result<(), Problem> {
        let expected = "`E1`, a tab, `Type:T4` and arguments such as `Role:T3`";
        let problem = || self.syntax(line, expected, content);
        let (id, data) = content.split_once('\t').ok_or_else(problem)?;
        let pairs: Option<Vec<(&str, &str)>> = data.split_whitespace().map(|pair| pair.split_once(':')).collect();
        let pairs = pairs.filter(|pairs| pairs.iter().all(|(role, end)| !role.is_empty() && !end.is_empty()));
        let mut pairs = pairs.ok_or_else(problem)?.into_iter();
        let (form, trigger) = pairs.next().ok_or_else(problem)?;
        let argument = |(role, end): (&str, &str)| {
            let base = without_number(role);
            (self.name(Kind::Link, base), role.strip_prefix(base) == Some("1"), end.to_owned())
        };
        let arguments = pairs.map(argument).collect();
        let label = self.name(Kind::Label, form);
        self.lines.events.push(Event { line, id: id.to_owned(), label, trigger: trigger.to_owned(), arguments });
        Ok(())
    }

    fn relation(&mut self, line: usize, content: &str) -> Result<(), Problem> {
        let expected = "`R1`, a tab, a type and two arguments such as `Arg1:T1 Arg2:T2`";
        let problem = || self.syntax(line, expected, content);
        let (id, data) = content.split_once('\t').ok_or_else(problem)?;
        let mut words = data.split_whitespace();
        let form = words.next().ok_or_else(problem)?;
        let ends: Option<Vec<(&str, &str)>> = words.map(|word| word.split_once(':')).collect();
        let mut ends = ends.filter(|ends| ends.len() == 2).ok_or_else(problem)?;
        if matches!(ends[..], [("Arg2", _), ("Arg1", _)]) {
            ends.reverse();
        }
        let [(_, from), (_, to)] = ends[..] else { return Err(problem()) };
        let (kind, number) = (self.name(Kind::Link, form), id.get(1..).and_then(|n| n.parse().ok()));
        self.link(line, id.to_owned(), number, kind, from, to);
        Ok(())
    }

    fn link(&mut self, line: usize, id: String, number: Option<u32>, kind: Name, from: &str, to: &str) {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.lines.links.push(RawLink { id, number, kind, from, to, note: String::new(), provenance: None, line });
    }

    /// A set of equals becomes a chain of links.
    fn equivalence(&mut self, line: usize, content: &str) -> Result<(), Problem> {
        let expected = "`*`, a tab, a type and two or more ids such as `T1 T2`";
        let words: Vec<&str> = content.get(1..).unwrap_or_default().split_whitespace().collect();
        let [form, first, rest @ ..] = words.as_slice() else { return Err(self.syntax(line, expected, content)) };
        if rest.is_empty() {
            return Err(self.syntax(line, expected, content));
        }
        let kind = self.name(Kind::Link, form);
        let mut from = first;
        for to in rest {
            self.link(line, String::new(), None, kind.clone(), from, to);
            from = to;
        }
        Ok(())
    }

    fn attribute(&mut self, line: usize, content: &str) -> Result<(), Problem> {
        let expected = "`A1`, a tab, a name, an id and perhaps a value, such as `A1 Confidence E1 High`";
        let data = content.split_once('\t').map(|(_, data)| data.trim_end());
        let mut words = data.unwrap_or_default().splitn(3, ' ');
        let (Some(form), Some(target)) = (words.next().filter(|f| !f.is_empty()), words.next()) else {
            return Err(self.syntax(line, expected, content));
        };
        let value = words.next().map_or(Value::YesNo(true), Value::from);
        let what = (self.name(Kind::Attribute, form), value);
        self.lines.attributes.push(Said { line, target: target.to_owned(), what });
        Ok(())
    }

    fn reference(&mut self, line: usize, content: &str) -> Result<(), Problem> {
        let expected = "`N1`, a tab, `Reference`, an id, `DATABASE:ID`, a tab and a name";
        let mut columns = content.splitn(3, '\t').skip(1);
        let words: Vec<&str> = columns.next().unwrap_or_default().split_whitespace().collect();
        let [_, target, reference] = words[..] else { return Err(self.syntax(line, expected, content)) };
        let what = (reference.to_owned(), columns.next().unwrap_or_default().to_owned());
        self.lines.references.push(Said { line, target: target.to_owned(), what });
        Ok(())
    }

    fn note(&mut self, line: usize, content: &str) -> Result<(), Problem> {
        let expected = "`#1`, a tab, a type and an id, a tab and the note";
        let mut columns = content.splitn(3, '\t').skip(1);
        let data = columns.next().unwrap_or_default();
        let Some((kind, target)) = data.split_once(' ').map(|(kind, target)| (kind, target.trim())) else {
            return Err(self.syntax(line, expected, content));
        };
        let text = columns.next().unwrap_or_default();
        let target = target.to_owned();
        if let Some(form) = kind.strip_prefix(ATTRIBUTE) {
            let what = (self.name(Kind::Attribute, form), encode::value_from_cell(text));
            self.lines.attributes.push(Said { line, target, what });
        } else if kind == CONTEXT {
            // For people: what stands around a span is in the text.
        } else if kind == FRAGMENTS {
            let what = ranges(text).ok_or_else(|| self.syntax(line, "fragments such as `0 3;6 9`", text))?;
            self.lines.fragments.push(Said { line, target, what });
        } else {
            let what = match kind {
                NOTE => text.to_owned(),
                JSON_NOTE => serde_json::from_str(text).map_err(|_| self.syntax(line, "a text in JSON", text))?,
                other => format!("{other}: {text}"),
            };
            self.lines.notes.push(Said { line, target, what });
        }
        Ok(())
    }

    /// Joins what was said about annotations and links with them.
    fn finish(self, entities: &mut Entities, problems: &mut Vec<Problem>) -> RawLayer {
        let Lines { spans, events, links, attributes, fragments, notes, references } = self.lines;
        let mut joiner = Joiner {
            file: self.file,
            layer: RawLayer { spans, links, ..RawLayer::default() },
            problems,
            of: HashMap::new(),
            links: HashMap::new(),
        };
        joiner.index();
        joiner.events(events);
        for said in attributes {
            joiner.attribute(said);
        }
        for said in fragments {
            if let Some(span) = joiner.span(&said.target, said.line, "the fragments") {
                span.exact = Some(said.what.into());
            }
        }
        for said in references {
            joiner.reference(said, entities);
        }
        for said in notes {
            joiner.note(&said);
        }
        joiner.layer
    }
}

struct Joiner<'a> {
    file: &'a str,
    layer: RawLayer,
    problems: &'a mut Vec<Problem>,
    /// Position of the span that an id of a T or E line stands for.
    of: HashMap<String, usize>,
    /// Position of the link with an id.
    links: HashMap<String, usize>,
}

impl Joiner<'_> {
    fn index(&mut self) {
        for (at, span) in self.layer.spans.iter().enumerate() {
            self.of.entry(span.id.clone()).or_insert(at);
        }
        for (at, link) in self.layer.links.iter().enumerate().filter(|(_, link)| !link.id.is_empty()) {
            self.links.entry(link.id.clone()).or_insert(at);
        }
    }

    fn unknown(&mut self, line: usize, what: &str, id: &str) {
        let cause = Cause::UnknownId { what: what.to_owned(), id: id.to_owned() };
        let help = "add the missing line or remove this one, or import the rest with `--keep-going`";
        self.problems.push(Problem::error(Place::line(self.file, line), cause, help));
    }

    fn span(&mut self, id: &str, line: usize, what: &str) -> Option<&mut RawSpan> {
        if let Some(&at) = self.of.get(id) {
            return self.layer.spans.get_mut(at);
        }
        self.unknown(line, what, id);
        None
    }

    /// Makes triggers annotations of their own and roles links. An event that shares its trigger gets its own span.
    fn events(&mut self, events: Vec<Event>) {
        let mut known = Vec::new();
        for event in events {
            if self.of.contains_key(&event.id) {
                let help = "give one of them another id, or import the rest with `--keep-going`";
                let cause = Cause::DuplicateId { id: event.id };
                self.problems.push(Problem::error(Place::line(self.file, event.line), cause, help));
                continue;
            }
            let what = format!("event `{}`", event.id);
            let Some(trigger) = self.span(&event.trigger, event.line, &what) else { continue };
            let taken = trigger.attributes.contains_key(EVENT) || trigger.label != event.label;
            let mut roles: Vec<String> = vec![event.id.clone()];
            for (role, first, _) in &event.arguments {
                if !roles.iter().skip(1).any(|r| role == without_number(r)) {
                    roles.push(format!("{role}{}", if *first { "1" } else { "" }));
                }
            }
            let value = Value::List(roles);
            let at = if taken {
                let mut own =
                    RawSpan { id: event.id.clone(), number: None, label: event.label.clone(), ..trigger.clone() };
                own.attributes = BTreeMap::from([(EVENT.into(), value)]);
                self.layer.spans.push(own);
                self.layer.spans.len() - 1
            } else {
                trigger.attributes.insert(EVENT.into(), value);
                self.of.get(&event.trigger).copied().unwrap_or_default()
            };
            self.of.insert(event.id.clone(), at);
            known.push((event, at));
        }
        self.rename_ends();
        for (event, at) in known {
            for (role, _, target) in event.arguments {
                let what = format!("event `{}`", event.id);
                let Some(to) = self.span(&target, event.line, &what).map(|span| span.id.clone()) else { continue };
                let from = self.layer.spans.get(at).map(|span| span.id.clone()).unwrap_or_default();
                let link = RawLink {
                    id: String::new(),
                    number: None,
                    kind: role,
                    from,
                    to,
                    note: String::new(),
                    provenance: None,
                    line: event.line,
                };
                self.layer.links.push(link);
            }
        }
    }

    /// Lets links that name events end at their annotations.
    fn rename_ends(&mut self) {
        let id = |end: &str| self.of.get(end).and_then(|at| self.layer.spans.get(*at)).map(|span| span.id.clone());
        let ends: Vec<_> = self.layer.links.iter().map(|link| (id(&link.from), id(&link.to))).collect();
        for (link, (from, to)) in self.layer.links.iter_mut().zip(ends) {
            link.from = from.unwrap_or_else(|| std::mem::take(&mut link.from));
            link.to = to.unwrap_or_else(|| std::mem::take(&mut link.to));
        }
    }

    fn attribute(&mut self, said: Said<(Name, Value)>) {
        let (name, value) = said.what;
        let what = format!("attribute `{name}`");
        if self.links.contains_key(&said.target) {
            self.not_kept(said.line, format!("{what} belongs to a relation, and links have no attributes"));
            return;
        }
        let Some(span) = self.span(&said.target, said.line, &what) else { return };
        let before = span.attributes.get(&name).cloned();
        match before {
            None => {
                span.attributes.insert(name, value);
            }
            Some(before) if before == value => {
                let place = Place::line(self.file, said.line);
                self.problems.push(Problem::doubt(place, Cause::Twin { what }, "it is taken in once"));
            }
            Some(before) => {
                self.not_kept(said.line, format!("{what} of `{}` is “{before}” already, not “{value}”", said.target));
            }
        }
    }

    fn not_kept(&mut self, line: usize, why: String) {
        let help = "remove the line, or import the rest with `--keep-going`";
        self.problems.push(Problem::error(Place::line(self.file, line), Cause::NotKept(why), help));
    }

    fn reference(&mut self, said: Said<(String, String)>, entities: &mut Entities) {
        let (reference, name) = said.what;
        let Some(span) = self.span(&said.target, said.line, &format!("reference `{reference}`")) else { return };
        let known: Option<EntityId> = span.attributes.get(ENTITY).and_then(Value::as_text).and_then(|t| t.parse().ok());
        if let Some(id) = known {
            entities.also(id, &reference);
        } else {
            let id = entities.refer(&reference, &name, &span.label);
            span.attributes.insert(ENTITY.into(), Value::Text(id.to_string()));
        }
    }

    fn note(&mut self, said: &Said<String>) {
        if let Some(link) = self.links.get(&said.target).and_then(|at| self.layer.links.get_mut(*at)) {
            join_note(&mut link.note, &said.what);
        } else if let Some(span) = self.span(&said.target, said.line, "a note") {
            join_note(&mut span.note, &said.what);
        }
    }
}

/// Several notes on one thing are the lines of one.
fn join_note(note: &mut String, more: &str) {
    if !note.is_empty() {
        note.push('\n');
    }
    note.push_str(more);
}

/// `0 5;16 23`
fn ranges(text: &str) -> Option<Vec<Range<usize>>> {
    let range = |part: &str| {
        let (start, end) = part.trim().split_once(' ')?;
        Some(start.parse().ok()?..end.trim().parse().ok()?)
    };
    text.split(';').map(range).collect()
}

/// `Theme2` is a second `Theme`.
pub fn without_number(role: &str) -> &str {
    let stem = role.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem.is_empty() { role } else { stem }
}
