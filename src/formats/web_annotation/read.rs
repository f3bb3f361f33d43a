//! From annotations to documents: which of them are links, whose they are, and in which text they lie.

use super::annotation::{Annotation, Target};
use super::container::{contents, is_json};
use super::place::{self, Unplaced};
use super::{CARD, Thing, thing_from};
use crate::formats::extras::Extras;
use crate::formats::gather::utf8;
use crate::formats::problem::{Cause, Place, Problem, shortened, shown};
use crate::formats::read::{
    Cancelled, ImportedDocument, ImportedLayer, InputFile, Names, Progress, ReadOptions, ReadResult,
};
use crate::formats::resolve::{self, RawLayer, RawLink, RawSpan, Rules};
use crate::formats::unit_trial::{Claim, same_but_for_space};
use crate::model::{Name, Origin, Provenance, Text, Value};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The attribute that holds addresses of bodies that are neither labels nor notes.
const BODY: &str = "body";
/// The label of what has no tag and no motivation.
const UNTAGGED: &str = "annotation";
/// The kind of links without a tag.
const LINKED: &str = "linking";

/// Reads annotations, and finds their texts among the files and those of the project.
pub fn read(files: &[InputFile], options: &ReadOptions, progress: Progress) -> Result<ReadResult, Cancelled> {
    let mut reader = Reader {
        files,
        options,
        names: Names::default(),
        result: ReadResult::default(),
        left: BTreeMap::new(),
        entries: Vec::new(),
        documents: Vec::new(),
        by_key: HashMap::new(),
    };
    let json: Vec<&InputFile> = files.iter().filter(|file| is_json(file)).collect();
    let total: usize = json.iter().map(|file| file.bytes.len()).sum();
    let mut before = 0;
    for file in json {
        progress.step(before, total * 2)?;
        reader.file(file);
        before += file.bytes.len();
    }
    reader.sort_out();
    let documents = std::mem::take(&mut reader.documents);
    let count = documents.len();
    for (n, document) in documents.into_iter().enumerate() {
        progress.step(count + n, count * 2)?;
        reader.document(&document, progress)?;
    }
    Ok(reader.finish())
}

/// An annotation with its place.
struct Entry<'a> {
    file: &'a InputFile,
    line: usize,
    annotation: Annotation,
}

/// The annotations of one text that stand in one file.
struct Group<'a> {
    file: &'a InputFile,
    line: usize,
    /// As the file names the text.
    source: String,
    /// By their numbers among all.
    entries: Vec<usize>,
    links: Vec<Connection>,
    /// What Byline says about it, and the title of the collection.
    about: Option<(Json, Option<String>)>,
}

/// A link between annotations of one text.
struct Connection {
    /// The link among all annotations.
    entry: usize,
    from: String,
    to: String,
}

struct Reader<'a> {
    files: &'a [InputFile],
    options: &'a ReadOptions,
    names: Names,
    result: ReadResult,
    /// What of a file is left out, and why: how many, and where first.
    left: BTreeMap<(String, String), (usize, usize)>,
    entries: Vec<Entry<'a>>,
    documents: Vec<Group<'a>>,
    /// By file and source.
    by_key: HashMap<(String, String), usize>,
}

impl<'a> Reader<'a> {
    fn file(&mut self, file: &'a InputFile) {
        let found = contents(file);
        self.result.problems.extend(found.problems);
        for (byline, title) in found.about {
            let source = byline.get("source").and_then(Json::as_str).unwrap_or_default().to_owned();
            let group = self.group(file, 1, &source);
            self.documents[group].about = Some((byline, title));
        }
        for (line, json) in found.annotations {
            let place = || Place::line(&file.name, line);
            let wrong = |expected: &str, found: String| Problem::syntax(place(), expected, shortened(&found));
            let read = serde_json::from_str::<Map<String, Json>>(json)
                .map_err(|error| wrong("an annotation", error.to_string()))
                .and_then(|object| Annotation::new(&object).map_err(|(expected, found)| wrong(expected, found)));
            match read {
                Ok(annotation) => {
                    annotation.left.iter().for_each(|what| self.leave(file, what, line));
                    self.entries.push(Entry { file, line, annotation });
                }
                Err(problem) => self.result.problems.push(problem),
            }
        }
    }

    fn group(&mut self, file: &'a InputFile, line: usize, source: &str) -> usize {
        *self.by_key.entry((file.name.clone(), source.to_owned())).or_insert_with(|| {
            let source = source.to_owned();
            self.documents.push(Group { file, line, source, entries: Vec::new(), links: Vec::new(), about: None });
            self.documents.len() - 1
        })
    }

    /// Tells annotations of texts from links and their tags, and gives each to its text.
    fn sort_out(&mut self) {
        let mut links = Vec::new();
        let mut link_ids: HashMap<String, usize> = HashMap::new();
        let mut groups: HashMap<String, usize> = HashMap::new();
        let mut nowhere = Vec::new();
        for n in 0..self.entries.len() {
            let Entry { file, line, annotation } = &self.entries[n];
            let (file, line) = (*file, *line);
            if let Some((from, to)) = ends(annotation) {
                link_ids.extend(annotation.id.clone().map(|id| (id, n)));
                links.push(Connection { entry: n, from, to });
                continue;
            }
            let mut sources = annotation.targets.iter().filter(|t| has_place(t)).map(|target| target.source.clone());
            let Some(source) = sources.next() else {
                nowhere.push(n);
                continue;
            };
            if sources.any(|other| other != source) {
                let place = Place::line(&file.name, line);
                let problem = Problem::syntax(place, "targets in one text", "targets in several");
                self.result.problems.push(problem);
                continue;
            }
            let lost = annotation.targets.iter().filter(|target| !has_place(target)).count();
            let id = annotation.id.clone();
            (0..lost).for_each(|_| self.leave(file, "targets without a part of a text", line));
            let group = self.group(file, line, &source.unwrap_or_default());
            self.documents[group].entries.push(n);
            groups.extend(id.map(|id| (id, group)));
        }
        for (n, other) in self.about_others(nowhere) {
            // The tag of a link is its kind, and what else is said about it is its note.
            if let Some(link) = link_ids.get(&other) {
                let of = std::mem::take(&mut self.entries[n].annotation);
                let link = &mut self.entries[*link].annotation;
                link.labels.extend(of.labels);
                link.notes.extend(of.notes);
            } else {
                let Entry { file, line, .. } = self.entries[n];
                self.leave(file, "annotations about other annotations", line);
            }
        }
        for link in links {
            let Entry { file, line, .. } = self.entries[link.entry];
            match groups.get(&link.from).or_else(|| groups.get(&link.to)) {
                Some(group) => self.documents[*group].links.push(link),
                None => {
                    let cause = Cause::UnknownId { what: "a link".to_owned(), id: link.from };
                    let help = "add the annotation or remove the link, or import the rest with `--keep-going`";
                    self.result.problems.push(Problem::error(Place::line(&file.name, line), cause, help));
                }
            }
        }
    }

    /// Which of those without a place in a text are about another annotation, and about which.
    fn about_others(&mut self, nowhere: Vec<usize>) -> Vec<(usize, String)> {
        let ids: HashSet<&String> = match &nowhere[..] {
            [] => HashSet::new(),
            _ => self.entries.iter().filter_map(|entry| entry.annotation.id.as_ref()).collect(),
        };
        let other = |n: usize| {
            let sources = self.entries[n].annotation.targets.iter().filter_map(|target| target.source.as_ref());
            (n, sources.into_iter().find(|id| ids.contains(*id)).cloned())
        };
        let found: Vec<_> = nowhere.into_iter().map(other).collect();
        let mut about_others = Vec::new();
        for (n, other) in found {
            let Entry { file, line, .. } = self.entries[n];
            match other {
                Some(other) => about_others.push((n, other)),
                None => self.leave(file, "annotations of something as a whole, without a part of a text", line),
            }
        }
        about_others
    }

    fn document(&mut self, group: &Group<'a>, progress: Progress) -> Result<(), Cancelled> {
        let (mut byline, title) = group.about.clone().unwrap_or_default();
        let of_layers = byline.get_mut("layers").map(Json::take);
        let extras = Extras::new(Some(byline.clone()));
        let Some(text) = self.text(group, &byline, &extras) else { return Ok(()) };
        let of_layers = match of_layers {
            Some(Json::Array(layers)) => layers,
            _ => Vec::new(),
        };
        let raw = self.layers(group, &text, of_layers);
        let rules = Rules { format: CARD.name, unit: CARD.unit, fits, rejoin: None };
        let problems = &mut self.result.problems;
        let (layers, verdict) = resolve::layers(&text, raw, &group.file.name, rules, self.options, problems, progress)?;
        let mut document = ImportedDocument::new(
            (self.result.documents.len() + 1).to_string(),
            title.unwrap_or_default(),
            text,
            &group.file.name,
            layers,
            verdict,
        );
        if !extras.complete_document(&mut document) {
            if group.source.contains("://") {
                document.metadata.url = Some(group.source.clone());
            }
            let last = group.source.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            let last = percent_decode_str(last).decode_utf8_lossy();
            let named = if last.is_empty() { group.file.stem() } else { &last };
            if document.title.trim().is_empty() {
                named.trim_end_matches(".txt").clone_into(&mut document.title);
            }
        }
        self.join(document);
        Ok(())
    }

    /// Adds a document, or its layers to one that has its text under another name or from another file.
    fn join(&mut self, document: ImportedDocument) {
        let taken = |layers: &[ImportedLayer], name: &Name| layers.iter().any(|layer| layer.annotator == *name);
        let twin = self.result.documents.iter_mut().find(|twin| {
            twin.text.sha256() == document.text.sha256()
                && document.layers.iter().all(|layer| !taken(&twin.layers, &layer.annotator))
        });
        match twin {
            Some(twin) => {
                twin.verdict.join(document.verdict);
                twin.layers.extend(document.layers);
            }
            None => self.result.documents.push(document),
        }
    }

    /// The text of a group: the file that its source names, the one that Byline names by its hash, or the only one that
    /// has all its quotes; else a problem.
    fn text(&mut self, group: &Group, byline: &Json, extras: &Extras) -> Option<Text> {
        let place = Place::line(&group.file.name, group.line);
        let path = path_of(group.file, &group.source);
        if let Some(file) = self.files.iter().find(|file| path.as_ref() == Some(&file.name)) {
            let text = match utf8(&file.name, &file.bytes) {
                Ok(text) => Text::new(text),
                Err(problem) => {
                    self.result.problems.push(problem);
                    return None;
                }
            };
            if byline.get("sha256").and_then(Json::as_str).is_some_and(|hash| hash != text.sha256()) {
                let cause = Cause::TextDiffers(group.source.clone());
                let help = "every quote is compared with the text as it is now; keep the text as it was exported";
                self.result.problems.push(Problem::doubt(place, cause, help));
            }
            return Some(text);
        }
        if let Some(known) = extras.known_text(self.options) {
            return Some(known);
        }
        let targets = || group.entries.iter().flat_map(|n| &self.entries[*n].annotation.targets);
        let quotes: Vec<&str> = targets().filter_map(|t| t.quote.as_ref()).map(|quote| quote.exact.as_str()).collect();
        // Browsers squeeze white space in what they say was selected.
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let quotes: Vec<String> = quotes.into_iter().map(squeezed).collect();
        let has_all = |text: &str| {
            let text = if quotes.is_empty() { String::new() } else { squeezed(text) };
            !text.is_empty() && quotes.iter().all(|quote| text.contains(quote.as_str()))
        };
        let beside = self.files.iter().filter(|file| file.has_extension("txt"));
        let beside = beside.filter_map(|file| utf8(&file.name, &file.bytes).ok()).filter(|text| has_all(text));
        let mut found: Vec<Text> = beside.map(Text::new).collect();
        found.extend(self.options.texts.iter().filter(|text| has_all(text.as_str())).cloned());
        found.dedup_by(|one, other| one.sha256() == other.sha256());
        let source =
            if group.source.is_empty() { "a target without a source".to_owned() } else { shown(&group.source) };
        if let [text] = &found[..] {
            let words = text.as_str().split_whitespace().take(6).collect::<Vec<_>>().join(" ");
            let what = format!("the text of {source} is taken to be “{words} …”: no other has all its quotes");
            self.result.problems.push(Problem::doubt(place, Cause::NotKept(what), ""));
            return Some(text.clone());
        }
        let count = group.entries.len();
        let annotations = if count == 1 { "annotation" } else { "annotations" };
        let what = match found.len() {
            0 => format!("the text of {source} is not here, so {count} {annotations} of it cannot be placed"),
            several => format!("the text of {source} could be any of {several} that have all its quotes"),
        };
        let help = "put the text beside the file as the source names it, or import into the project that has it";
        self.result.problems.push(Problem::error(place, Cause::NotKept(what), help));
        None
    }

    /// A layer for each creator, in their order; those that Byline knows first.
    fn layers(&mut self, group: &Group, text: &Text, of_layers: Vec<Json>) -> Vec<RawLayer> {
        let mut layers: Vec<(RawLayer, Json)> = Vec::new();
        for json in of_layers {
            let mut layer = RawLayer::default();
            let extras = Extras::new(Some(json.clone()));
            extras.complete_layer(&mut layer, &mut self.names);
            extras.add_entities(&mut self.result);
            layers.push((layer, json));
        }
        let mut whose: HashMap<String, usize> = HashMap::new();
        let mut untagged = 0;
        for n in &group.entries {
            let entry = std::mem::take(&mut self.entries[*n].annotation);
            let line = self.entries[*n].line;
            let annotator = entry.creator.as_ref().map(|name| self.names.get(name));
            let at = layers.iter().position(|(layer, _)| layer.annotator == annotator).unwrap_or_else(|| {
                layers.push((RawLayer { annotator, ..RawLayer::default() }, Json::Null));
                layers.len() - 1
            });
            let (layer, of) = &mut layers[at];
            untagged += usize::from(entry.labels.iter().all(|label| label.trim().is_empty()));
            let id = entry.id.clone().unwrap_or_else(|| format!("annotation {}", n + 1));
            whose.entry(id.clone()).or_insert(at);
            match self.spans(&id, entry, (group.file, line), text, of) {
                Ok((spans, placed)) => {
                    layer.placed.extend(placed);
                    layer.spans.extend(spans);
                }
                Err((cause, help)) => {
                    let place = Place::line(&group.file.name, line);
                    self.result.problems.push(Problem::error(place, cause, help));
                }
            }
        }
        if untagged > 0 {
            let what = format!("{untagged} × annotations without a tag: their label is their motivation");
            let place = Place::line(&group.file.name, group.line);
            self.result.problems.push(Problem::doubt(place, Cause::NotKept(what), ""));
        }
        for connection in &group.links {
            let at = [&connection.from, &connection.to].into_iter().find_map(|id| whose.get(id)).copied();
            let Some((layer, of)) = at.and_then(|at| layers.get_mut(at)) else { continue };
            let file = self.entries[connection.entry].file;
            if file.name != group.file.name {
                layer.links_file = Some(file.name.clone());
            }
            layer.links.push(self.link(connection, of));
        }
        layers.into_iter().map(|(layer, _)| layer).collect()
    }

    /// The spans of an annotation, one for each label; those placed by their quotes.
    #[expect(clippy::type_complexity, reason = "spans, and where they were placed")]
    #[expect(clippy::result_large_err, reason = "what is wrong with one annotation, told at once")]
    fn spans(
        &mut self,
        id: &str,
        entry: Annotation,
        (file, line): (&InputFile, usize),
        text: &Text,
        of: &Json,
    ) -> Result<(Vec<RawSpan>, Vec<(String, crate::model::Span)>), (Cause, &'static str)> {
        let mut targets: Vec<Target> = entry.targets.into_iter().filter(has_place).collect();
        let counted = targets.iter().all(|target| target.position.is_some());
        targets.sort_by_key(|target| target.position);
        let mut claim = Claim::default();
        let mut placed = None;
        if counted {
            claim.fragments = targets.iter().filter_map(|t| t.position).map(|(start, end)| start..end).collect();
            let quotes: Vec<&str> = targets.iter().filter_map(|t| t.quote.as_ref()).map(|q| q.exact.as_str()).collect();
            claim.quote = (quotes.len() == targets.len()).then(|| quotes.join("\0").into());
        } else if targets.iter().any(|target| target.quote.is_none()) {
            let what = format!("annotation `{id}` has a quote for one part and a position for another");
            return Err((Cause::NotKept(what), "give each part a position"));
        } else {
            placed = Some(place::span(text.as_str(), &targets).map_err(|(quote, why)| {
                let quote = shortened(&quote);
                match why {
                    Unplaced::Nowhere => {
                        let what = format!("annotation `{id}`: “{quote}” does not stand in the text as it is quoted");
                        (Cause::NotKept(what), "give it a position, or correct the quote and what stands around it")
                    }
                    Unplaced::SeveralTimes => {
                        let what = format!("annotation `{id}`: “{quote}” stands in the text more than once");
                        (Cause::NotKept(what), "give it a position, or more of what stands around it")
                    }
                }
            })?);
        }
        let mut labels: Vec<&str> = entry.labels.iter().map(String::as_str).filter(|l| !l.trim().is_empty()).collect();
        if labels.is_empty() {
            labels.push(entry.motivations.first().map_or(UNTAGGED, String::as_str));
        }
        let about = About { of, byline: entry.byline.as_ref(), created: entry.created, modified: entry.modified };
        let (mut spans, mut places) = (Vec::with_capacity(labels.len()), Vec::new());
        for (n, label) in labels.iter().enumerate() {
            let own = if n == 0 { id.to_owned() } else { format!("{id} {label}") };
            let mut span = RawSpan::new(own, self.names.get(label), line);
            (span.claim, span.note) = (claim.clone(), entry.notes.join("\n"));
            match &entry.resources[..] {
                [] => {}
                [one] => drop(span.attributes.insert(self.names.get(BODY), Value::Text(one.clone()))),
                several => drop(span.attributes.insert(self.names.get(BODY), Value::List(several.to_vec()))),
            }
            let number = about.number(Thing::Annotation, id).filter(|_| n == 0);
            if let Some(extras) = about.extras("annotations", number) {
                span.number = Some(0);
                extras.complete_span(&mut span, &mut self.names);
            }
            span.number = number;
            let own = span.provenance.take().map(|own| *own);
            span.provenance = about.provenance(own, self.options, &file.name).map(Box::new);
            places.extend(placed.clone().map(|placed| (span.id.clone(), placed)));
            spans.push(span);
        }
        Ok((spans, places))
    }

    fn link(&mut self, connection: &Connection, of: &Json) -> RawLink {
        let Entry { file, line, .. } = self.entries[connection.entry];
        let entry = std::mem::take(&mut self.entries[connection.entry].annotation);
        let id = entry.id.unwrap_or_else(|| format!("link {}", connection.entry + 1));
        let about = About { of, byline: entry.byline.as_ref(), created: entry.created, modified: entry.modified };
        let mut kinds = entry.labels.iter().filter(|label| !label.trim().is_empty());
        let kind = self.names.get(kinds.next().map_or(LINKED, String::as_str));
        kinds.for_each(|_| self.leave(file, "tags of links, beyond the first", line));
        let number = about.number(Thing::Link, &id);
        let mut link = RawLink {
            number: None,
            kind,
            from: connection.from.clone(),
            to: connection.to.clone(),
            note: entry.notes.join("\n"),
            provenance: None,
            line,
            id,
        };
        if let Some(extras) = about.extras("links", number) {
            link.number = Some(0);
            extras.complete_link(&mut link);
        }
        link.number = number;
        link.provenance = about.provenance(link.provenance.take(), self.options, &file.name);
        link
    }

    fn leave(&mut self, file: &InputFile, what: &str, line: usize) {
        let (count, first) = self.left.entry((file.name.clone(), what.to_owned())).or_insert((0, line));
        *count += 1;
        *first = line.min(*first);
    }

    fn finish(self) -> ReadResult {
        let mut result = self.result;
        for ((file, what), (count, line)) in self.left {
            let cause = Cause::NotKept(format!("{count} × {what}"));
            let help = "they are not taken in; the first is there";
            result.problems.push(Problem::doubt(Place::line(&file, line), cause, help));
        }
        result
    }
}

/// What Byline and the model say about where an annotation or a link came from.
struct About<'b> {
    /// Byline's object about the layer.
    of: &'b Json,
    byline: Option<&'b Json>,
    created: Option<chrono::DateTime<chrono::Utc>>,
    modified: Option<chrono::DateTime<chrono::Utc>>,
}

impl About<'_> {
    fn number(&self, thing: Thing, id: &str) -> Option<u32> {
        let urn = self.of.get("urn")?.as_str()?;
        thing_from(urn, id).filter(|(found, _)| *found == thing).map(|(_, number)| number)
    }

    /// Byline's object, as if it were about the annotation or link with the number 0.
    fn extras(&self, key: &str, number: Option<u32>) -> Option<Extras> {
        if self.byline.is_none() && number.is_none() {
            return None;
        }
        let default = self.of.get("default").filter(|_| number.is_some());
        Some(Extras::new(Some(json!({ key: { "0": self.byline }, "default": default }))))
    }

    /// The times of the model are those of the program that wrote last.
    fn provenance(&self, ours: Option<Provenance>, options: &ReadOptions, file: &str) -> Option<Provenance> {
        if ours.is_none() && self.created.is_none() {
            return None;
        }
        let file = file.rsplit('/').next().unwrap_or(file);
        let import = || Provenance::new(Origin::Import { format: CARD.name.into(), file: file.into() }, options.at);
        let Provenance { origin, created, modified } = ours.unwrap_or_else(import);
        let created = self.created.unwrap_or(created);
        let modified = self.modified.unwrap_or(if self.created.is_some() { created } else { modified });
        Some(Provenance { origin, created, modified: modified.max(created) })
    }
}

/// The ends of a link: from its target to its body, or from its first target to its second.
fn ends(annotation: &Annotation) -> Option<(String, String)> {
    if !annotation.is_motivated_by("linking") || annotation.targets.iter().any(has_place) {
        return None;
    }
    let mut ends = annotation.targets.iter().filter_map(|target| target.source.as_ref()).chain(&annotation.resources);
    let (from, to) = (ends.next()?, ends.next()?);
    ends.next().is_none().then(|| (from.clone(), to.clone()))
}

fn has_place(target: &Target) -> bool {
    target.quote.is_some() || target.position.is_some()
}

/// The name of the file that a relative source names, seen from the file in which it stands.
fn path_of(file: &InputFile, source: &str) -> Option<String> {
    let path = source.split(['?', '#']).next().filter(|path| !path.is_empty() && !path.contains(':'))?;
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let mut steps: Vec<&str> = file.folder().split('/').filter(|step| !step.is_empty()).collect();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()?),
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

/// Quotes of several parts have U+0000 between them.
fn fits(quote: &str, slices: &[&str]) -> bool {
    let mut quotes = quote.split('\0');
    let each = quotes.clone().count() == slices.len()
        && slices.iter().all(|slice| quotes.next().is_some_and(|quote| same_but_for_space(quote, slice)));
    each || slices.join("\0") == quote
}
