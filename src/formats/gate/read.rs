//! From a GATE document to ours: sets become layers, relations links, features attributes and metadata.

use super::values::{Read, value_from};
use super::{BYLINE, CARD, MARKUP, NOTE, SOURCE_URL, is_gate};
use crate::formats::encode::{self, put_field};
use crate::formats::exact::Exact;
use crate::formats::extras::Extras;
use crate::formats::parallel;
use crate::formats::problem::{Cause, Place, Problem};
use crate::formats::read::{Cancelled, ImportedDocument, InputFile, Names, Progress, ReadOptions, ReadResult};
use crate::formats::records::Lines;
use crate::formats::resolve::{self, RawLayer, RawLink, RawSpan, Rules};
use crate::formats::unit_trial::{Claim, Verdict};
use crate::formats::xml;
use crate::model::{AnnotationId, LinkId, Text, Value};
use roxmltree::Node;
use std::collections::{BTreeMap, HashMap};

/// Reads all documents among `files`.
pub fn read(files: &[InputFile], options: &ReadOptions, progress: Progress) -> Result<ReadResult, Cancelled> {
    // Where a node stands is no number: no unit can be wrong.
    let options = ReadOptions { unit: Some(CARD.unit), ..options.clone() };
    let files: Vec<_> = files.iter().filter(|file| is_gate(file)).collect();
    let mut result = ReadResult::default();
    let read = |names: &mut Names, file: &InputFile, progress: Progress| {
        let mut reader = Reader { options: &options, progress, names, result: ReadResult::default() };
        let read = xml::decoded(file).and_then(|content| {
            let document = xml::parsed(&file.name, &content)?;
            Ok(reader.file(file, &content, &document.root_element()))
        });
        match read {
            Ok(done) => done?,
            Err(problem) => reader.result.problems.push(problem),
        }
        Ok(reader.result)
    };
    parallel::each(files, |file| file.bytes.len(), progress, read, |one| result.join(one))?;
    Ok(result)
}

/// What an element `Feature` holds.
type Features = BTreeMap<String, Read>;

struct Reader<'a> {
    options: &'a ReadOptions,
    progress: Progress<'a>,
    names: &'a mut Names,
    result: ReadResult,
}

/// What is known of one file while its sets are read.
struct File<'a> {
    name: &'a str,
    content: &'a str,
    lines: Lines<'a>,
    /// Where each node stands, in UTF-16 units of the text.
    nodes: HashMap<u64, usize>,
    /// Maps and the like that are kept as JSON.
    nested: usize,
    /// Relations that say more than a link can.
    in_notes: usize,
}

/// A set with its name.
struct Set {
    name: Option<String>,
    layer: RawLayer,
    extras: Extras,
    exact: Exact,
}

impl Reader<'_> {
    fn file(&mut self, file: &InputFile, content: &str, root: &Node) -> Result<(), Cancelled> {
        let mut at = File {
            name: &file.name,
            content,
            lines: Lines::new(content),
            nodes: HashMap::new(),
            nested: 0,
            in_notes: 0,
        };
        let children: Vec<Node> = root.children().filter(Node::is_element).collect();
        let named = |name: &'static str| children.iter().filter(move |node| node.tag_name().name() == name);
        let mut about = Features::new();
        for node in named("GateDocumentFeatures") {
            about.extend(File::features(node));
        }
        let mut found = None;
        for node in named("TextWithNodes") {
            found = Some(self.text(&mut at, node));
        }
        let Some(found) = found else {
            let problem = Problem::syntax(Place::file(&file.name), "an element `TextWithNodes`", "none");
            self.result.problems.push(problem);
            return Ok(());
        };
        let ours = about.remove(BYLINE).and_then(|ours| match ours {
            Read::Value(Value::Text(json)) => serde_json::from_str::<Vec<serde_json::Value>>(&json).ok(),
            _ => None,
        });
        let ours: Vec<Extras> = ours.unwrap_or_default().into_iter().map(|json| Extras::new(Some(json))).collect();
        let text = self.exact_text(&file.name, &found, ours.first());
        let mut sets: Vec<Set> = Vec::new();
        let mut ours_left = ours.clone();
        for node in named("AnnotationSet") {
            if let Some(set) = self.set(&mut at, node, &mut ours_left) {
                sets.push(set);
            }
        }
        for node in named("RelationSet") {
            self.relations(&mut at, node, &mut sets);
        }
        let mut say = |what: String, help: &str| {
            self.result.problems.push(Problem::doubt(Place::file(&file.name), Cause::NotKept(what), help));
        };
        if at.nested > 0 {
            let values = if at.nested == 1 { "value that is a Java map" } else { "values that are Java maps" };
            say(format!("kept as JSON: {} {values} or a list of them", at.nested), "");
        }
        if at.in_notes > 0 {
            let relations = if at.in_notes == 1 {
                "relation stand in the note of its link"
            } else {
                "relations stand in the notes of their links"
            };
            say(format!("values of {} {relations}", at.in_notes), "links have no attributes");
        }
        self.document(file, text, about, ours.first(), sets)
    }

    /// The text, with what XML could not hold.
    fn exact_text(&mut self, file: &str, found: &str, ours: Option<&Extras>) -> Text {
        let text = Text::new(found);
        let Some(hash) = ours.and_then(|ours| ours.get("sha256")).and_then(serde_json::Value::as_str) else {
            return text;
        };
        let exact = Exact::new(ours.and_then(|ours| ours.get("exact")));
        if let Some(exact) = exact.document(found, hash) {
            return exact;
        }
        if text.sha256() != hash {
            let help = "another program changed it; look whether the annotations still stand where they should";
            let cause = Cause::TextDiffers(file.to_owned());
            self.result.problems.push(Problem::doubt(Place::file(file), cause, help));
        }
        text
    }

    fn text(&mut self, at: &mut File, node: &Node) -> String {
        let (mut text, mut offset) = (String::new(), 0);
        let mut moved = false;
        for child in node.children() {
            if let Some(more) = child.text().filter(|_| child.is_text()) {
                offset += more.encode_utf16().count();
                text.push_str(more);
            } else if child.is_element() {
                let id = child.attribute("id").and_then(|id| id.trim().parse::<u64>().ok());
                let problem = match id {
                    Some(id) if child.tag_name().name() == "Node" && !child.has_children() => {
                        moved |= id != offset as u64;
                        let before = at.nodes.insert(id, offset);
                        before.is_some_and(|before| before != offset).then(|| {
                            let cause = Cause::DuplicateId { id: id.to_string() };
                            let help = "it is no longer clear what the annotations mark: write the document again";
                            Problem::error(at.place(&child), cause, help)
                        })
                    }
                    _ => {
                        let found = at.content.get(child.range()).unwrap_or_default();
                        let found = crate::formats::problem::shortened(found);
                        Some(Problem::syntax(at.place(&child), "text and nodes such as `<Node id=\"5\"/>`", found))
                    }
                };
                self.result.problems.extend(problem);
            }
        }
        if moved {
            let cause = Cause::NotKept("the numbers of the nodes are not where they stand in the text".to_owned());
            let help = "a program rewrote line ends; the annotations are where their nodes stand";
            self.result.problems.push(Problem::doubt(Place::file(at.name), cause, help));
        }
        text
    }

    fn set(&mut self, at: &mut File, node: &Node, ours: &mut Vec<Extras>) -> Option<Set> {
        let name = node.attribute("Name").map(str::to_owned);
        let annotations = || node.children().filter(Node::is_element);
        if name.as_deref() == Some(MARKUP) {
            let count = annotations().count();
            if count > 0 {
                let elements = if count == 1 { "annotation" } else { "annotations" };
                let cause = Cause::NotKept(format!("not taken in: {count} {elements} of the set “{MARKUP}”"));
                let help = "GATE keeps the elements of a page there; give the set another name to take them in";
                self.result.problems.push(Problem::doubt(at.place(node), cause, help));
            }
            return None;
        }
        let is_ours = |extras: &Extras| {
            let annotator = extras.get("annotator").and_then(serde_json::Value::as_str);
            annotator.is_some() && annotator.map(|a| crate::formats::markup::pictured(a).into_owned()) == name
        };
        let extras = ours.iter().position(is_ours).map(|place| ours.remove(place)).unwrap_or_default();
        let exact = Exact::new(extras.get("exact"));
        let annotator = name.as_deref().map(|name| self.names.get(name));
        let mut set = Set { name, layer: RawLayer { annotator, ..RawLayer::default() }, extras, exact };
        for (n, annotation) in annotations().enumerate() {
            match self.annotation(at, &annotation, n, &set) {
                Ok(span) => set.layer.spans.push(span),
                Err(problem) => self.result.problems.push(problem),
            }
        }
        set.extras.complete_layer(&mut set.layer, self.names);
        // GATE always writes its default set.
        let something = !set.layer.spans.is_empty() || set.extras.is_there();
        (something || set.name.is_some()).then_some(set)
    }

    fn annotation(&mut self, at: &mut File, node: &Node, n: usize, set: &Set) -> Result<RawSpan, Problem> {
        let place = at.place(node);
        // Before version 3 annotations had no ids.
        let id = node.attribute("Id").map_or_else(|| format!("annotation {}", n + 1), str::to_owned);
        let label = node.attribute("Type").filter(|label| !label.trim().is_empty());
        let label = label.ok_or_else(|| Problem::syntax(place.clone(), "an `Annotation` with a `Type`", "none"))?;
        let offset = |name: &str| {
            let node = node.attribute(name).unwrap_or_default();
            let found = node.trim().parse().ok().and_then(|id| at.nodes.get(&id).copied());
            found.ok_or_else(|| {
                let cause = Cause::UnknownId { what: format!("annotation `{id}`"), id: format!("node {node}") };
                let help = "add the node to the text, or import the rest with `--keep-going`";
                Problem::error(place.clone(), cause, help)
            })
        };
        let fragment = offset("StartNode")?..offset("EndNode")?;
        let mut span = RawSpan::new(id.clone(), self.names.get(label), place.line.unwrap_or(1));
        span.claim = Claim { fragments: [fragment].into(), quote: None };
        span.number = id.parse().ok();
        let ours = span.number.filter(|_| set.extras.is_there()).map(AnnotationId);
        for (name, value) in File::features(node) {
            let value = at.flat(value);
            match value {
                Value::Text(note) if name == NOTE => span.note = note,
                value => {
                    let name = ours.and_then(|id| set.exact.text(&format!("{id} name {name}"), &name)).unwrap_or(name);
                    span.attributes.insert(self.names.get(&name), value);
                }
            }
        }
        if let Some(id) = ours {
            if let Some(exact) = set.exact.text(&format!("{id} label"), &span.label) {
                span.label = self.names.get(&exact);
            }
            for (name, value) in &mut span.attributes {
                if let Some(exact) = set.exact.value(&format!("{id} {name}"), value) {
                    *value = exact;
                }
            }
            if let Some(exact) = set.exact.text(&id.to_string(), &span.note) {
                span.note = exact;
            }
            set.extras.complete_span(&mut span, self.names);
        }
        Ok(span)
    }

    fn relations(&mut self, at: &mut File, node: &Node, sets: &mut [Set]) {
        let name = node.attribute("Name");
        let relations = || node.children().filter(Node::is_element);
        let Some(set) = sets.iter_mut().find(|set| set.name.as_deref() == name) else {
            if relations().next().is_some() {
                let what = "a set of relations".to_owned();
                let cause = Cause::UnknownId { what, id: name.unwrap_or("the default set").to_owned() };
                let help = "add the annotation set, or import the rest with `--keep-going`";
                self.result.problems.push(Problem::error(at.place(node), cause, help));
            }
            return;
        };
        let numbers = set.extras.ids("link_ids").unwrap_or_default();
        for (n, relation) in relations().enumerate() {
            match self.relation(at, &relation, numbers.get(n).copied(), set) {
                Ok(link) => set.layer.links.push(link),
                Err(problem) => self.result.problems.push(problem),
            }
        }
    }

    fn relation(&mut self, at: &mut File, node: &Node, ours: Option<u32>, set: &Set) -> Result<RawLink, Problem> {
        let place = at.place(node);
        let text = |name: &str| {
            let found = node.attribute(name).filter(|text| !text.trim().is_empty());
            found.ok_or_else(|| Problem::syntax(place.clone(), format!("a `Relation` with `{name}`"), "none"))
        };
        let (id, kind) = (text("Id")?.to_owned(), self.names.get(text("Type")?));
        let members: Vec<&str> = text("Members")?.split(';').map(str::trim).collect();
        let [from, to] = members[..] else {
            let cause = Cause::NotKept(format!("relation `{id}` has {} members, and a link joins two", members.len()));
            let help = "make relations of two of it, or import the rest with `--keep-going`";
            return Err(Problem::error(place, cause, help));
        };
        let mut note = String::new();
        let data = node.children().find(|child| child.has_tag_name("UserData")).map(|data| text_in(&data));
        let data = data.filter(|data| !data.is_empty()).map(|data| format!("UserData: {data}"));
        let mut lines: Vec<String> = data.into_iter().collect();
        for (name, value) in File::features(node) {
            let value = at.flat(value);
            match value {
                Value::Text(text) if name == NOTE => note = text,
                value => lines.push(format!("{name}: {value}")),
            }
        }
        at.in_notes += usize::from(!lines.is_empty());
        for line in lines {
            if !note.is_empty() {
                note.push('\n');
            }
            note.push_str(&line);
        }
        let (number, line) = (ours.or_else(|| id.parse().ok()), place.line.unwrap_or(1));
        let (from, to) = (from.to_owned(), to.to_owned());
        let mut link = RawLink { id, number, kind, from, to, note, provenance: None, line };
        if let Some(number) = ours {
            let id = LinkId(number);
            if let Some(exact) = set.exact.text(&format!("{id} kind"), &link.kind) {
                link.kind = self.names.get(&exact);
            }
            if let Some(exact) = set.exact.text(&id.to_string(), &link.note) {
                link.note = exact;
            }
            set.extras.complete_link(&mut link);
        }
        Ok(link)
    }

    fn document(
        &mut self,
        file: &InputFile,
        text: Text,
        about: Features,
        ours: Option<&Extras>,
        sets: Vec<Set>,
    ) -> Result<(), Cancelled> {
        for set in &sets {
            set.extras.add_entities(&mut self.result);
        }
        let raw = sets.into_iter().map(|set| set.layer).collect();
        let rules = Rules { format: CARD.name, unit: CARD.unit, fits: |_, _| true, rejoin: None };
        let problems = &mut self.result.problems;
        let (layers, mut verdict) =
            resolve::layers(&text, raw, &file.name, rules, self.options, problems, self.progress)?;
        verdict = in_the_text(verdict);
        let mut document =
            ImportedDocument::new(file.stem().to_owned(), file.stem().to_owned(), text, &file.name, layers, verdict);
        if !ours.is_some_and(|ours| ours.complete_document(&mut document)) {
            describe(&mut document, about);
        }
        self.result.documents.push(document);
        Ok(())
    }
}

impl File<'_> {
    fn place(&mut self, node: &Node) -> Place {
        Place::line(self.name, self.lines.of(self.content.get(node.range()).unwrap_or_default()))
    }

    fn features(node: &Node) -> Features {
        let mut found = Features::new();
        for feature in node.children().filter(|child| child.has_tag_name("Feature")) {
            let child = |name: &str| feature.children().find(|child| child.has_tag_name(name));
            let (Some(name), Some(value)) = (child("Name"), child("Value")) else { continue };
            let class = value.attribute("className").unwrap_or("java.lang.String");
            let items = value.attribute("itemClassName").unwrap_or_default();
            found.insert(text_in(&name), value_from(class, items, &text_in(&value)));
        }
        found
    }

    /// A value as ours are; what is more than that as JSON, counted.
    fn flat(&mut self, value: Read) -> Value {
        match value {
            Read::Value(value) => value,
            Read::Nested(json) => {
                self.nested += 1;
                Value::Text(json.to_string())
            }
        }
    }
}

/// An annotation stands between its nodes in the text itself, which is more than a quote.
fn in_the_text(verdict: Verdict) -> Verdict {
    let of = verdict.of + verdict.unquoted;
    Verdict { verified: of, of, unquoted: 0, ..verdict }
}

fn text_in(node: &Node) -> String {
    node.children().filter(Node::is_text).filter_map(|child| child.text()).collect()
}

/// Gives a document what its features say.
fn describe(document: &mut ImportedDocument, about: Features) {
    for (name, value) in about {
        let text = match value {
            Read::Value(Value::Text(text)) => text,
            Read::Value(other) => encode::cell_from_json(&encode::json(&other)),
            Read::Nested(json) => json.to_string(),
        };
        match name.as_str() {
            "title" if !text.trim().is_empty() => document.title = text,
            SOURCE_URL if text.contains("://") => document.metadata.url = Some(text),
            _ => put_field(&mut document.metadata, &name, text),
        }
    }
}
