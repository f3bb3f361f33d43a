//! doccano's JSON lines: one document a line, spans in code points, links between entities of the line.
//!
//! Read: `label` (or `labels`, `spans`, `annotations` …) as lists or objects, and the entities-and-relations shape.
//! Written: the latter, one file for each annotator. What doccano has no place for stands under the key `byline`, which
//! doccano keeps as metadata on import and drops on export; read by Byline, it gives everything back.

mod line;
mod write;

use super::annotators::merged;
use super::encode;
use super::gather::{LINE_LIMIT, check_json, utf8};
use super::output::{ExportInput, ExportOptions, Sink, Verified, WriteError};
use super::problem::{Place, Problem};
use super::read::{Cancelled, ImportedDocument, InputFile, Progress, ReadOptions, ReadResult};
use super::resolve::{self, RawLayer, RawLink, RawSpan, Rules};
use super::unit_trial::{Claim, Unit};
use super::{Capability, Card, Format};
use crate::model::{Metadata, Name, Origin, Provenance, Text, Value};
use line::{Item, Line, Spans};
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};

/// doccano's JSON lines.
pub struct Doccano;

static CARD: Card = Card {
    name: "doccano",
    title: "doccano JSON lines",
    extensions: &["jsonl", "json"],
    unit: Unit::CodePoints,
    holds: &[
        Capability::Overlap,
        Capability::Nesting,
        Capability::SeveralLabels,
        Capability::Links,
        Capability::Metadata,
        Capability::Text,
        Capability::Ids,
    ],
    byline_keeps: &[
        Capability::Discontinuous,
        Capability::Attributes,
        Capability::Notes,
        Capability::Provenance,
        Capability::Entities,
        Capability::Status,
    ],
    cannot: "discontinuous spans (written with their gaps), attributes, notes, origins, entities; they stand under the \
             key `byline`, which doccano drops. Overlaps are lost when doccano imports with “allow overlapping” off",
};

/// What comes with each line that doccano does not know; its name.
const BYLINE: &str = "byline";

impl Format for Doccano {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn recognise(&self, files: &[InputFile]) -> u8 {
        let jsonl = files.iter().filter(|f| f.has_extension("jsonl") || f.has_extension("json"));
        jsonl.filter_map(|f| first_line(&f.bytes)).map(line::sureness).max().unwrap_or(0)
    }

    fn read(&self, files: &[InputFile], options: &ReadOptions, progress: Progress) -> Result<ReadResult, Cancelled> {
        let mut reader =
            Reader { options, progress, names: HashMap::new(), order: HashMap::new(), result: ReadResult::default() };
        let total = files.iter().map(|f| f.bytes.len()).sum();
        let mut done = 0;
        for file in files.iter().filter(|f| f.has_extension("jsonl") || f.has_extension("json")) {
            reader.file(file, done, total)?;
            done += file.bytes.len();
        }
        let mut result = reader.result;
        // The file's name is the only place where doccano says whose it is.
        let whose = |document: &ImportedDocument| InputFile::new(document.file.clone(), []).stem().to_owned();
        let count = result.documents.len();
        result.documents = merged(result.documents, options, whose);
        if result.documents.len() < count {
            // Each file holds only what its annotator did; the numbers of the documents give their order.
            result.documents.sort_by_key(|d| reader.order.get(&(d.file.clone(), d.text.sha256().to_owned())).copied());
        }
        Ok(result)
    }

    fn write(
        &self,
        input: &ExportInput,
        options: &ExportOptions,
        sink: &mut dyn Sink,
        progress: Progress,
    ) -> Result<Verified, WriteError> {
        write::write(input, options, sink, progress)
    }
}

/// The first line that is not blank, if it is UTF-8 and not too long.
fn first_line(bytes: &[u8]) -> Option<&str> {
    let text = utf8("", bytes.get(..LINE_LIMIT.min(bytes.len())).unwrap_or(bytes)).ok()?;
    text.lines().find(|line| !line.trim().is_empty())
}

struct Reader<'a> {
    options: &'a ReadOptions,
    progress: Progress<'a>,
    /// Each name is kept once.
    names: HashMap<String, Name>,
    /// The number that doccano gives a document, by file and text.
    order: HashMap<(String, String), u64>,
    result: ReadResult,
}

impl Reader<'_> {
    fn file(&mut self, file: &InputFile, done: usize, total: usize) -> Result<(), Cancelled> {
        let content = match utf8(&file.name, &file.bytes) {
            Ok(content) => content,
            Err(problem) => {
                self.result.problems.push(problem);
                return Ok(());
            }
        };
        // Only LF ends a line: JSON writes every other line end escaped, except U+2028, which is none.
        let mut at = 0;
        for (number, line) in content.split('\n').enumerate() {
            self.progress.step(done + at, total)?;
            at += line.len() + 1;
            if line.trim().is_empty() {
                continue;
            }
            let read = check_json(&file.name, number + 1, line).and_then(|()| Line::read(&file.name, number + 1, line));
            match read {
                Ok(line) => self.line(file, number + 1, line)?,
                Err(problem) => self.result.problems.push(problem),
            }
        }
        Ok(())
    }

    fn line(&mut self, file: &InputFile, number: usize, mut line: Line) -> Result<(), Cancelled> {
        let place = Place::line(&file.name, number);
        let byline = line.other.remove(BYLINE).filter(Json::is_object).unwrap_or(Json::Null);
        let Some(text) = self.text(line.text.take(), &byline, &place) else { return Ok(()) };
        if matches!(line.spans, Spans::Texts) {
            let help = "this is a file of document classification; choose one of sequence labelling";
            let problem = Problem::syntax(place, "spans such as `[0, 5, \"speaker\"]`", "labels without offsets");
            self.result.problems.push(Problem { help: help.to_owned(), ..problem });
            return Ok(());
        }
        let raw = self.raw_layers(file, number, &mut line, &byline);
        let rules = Rules { format: CARD.name, unit: CARD.unit, fits: |_, _| true, rejoin: None };
        let problems = &mut self.result.problems;
        let (layers, verdict) = resolve::layers(&text, raw, &file.name, rules, self.options, problems, self.progress)?;
        let order = line.id.as_ref().and_then(|id| id.parse().ok()).unwrap_or(number as u64);
        self.order.insert((file.name.clone(), text.sha256().to_owned()), order);
        let mut document = ImportedDocument {
            id: line.id.unwrap_or_else(|| number.to_string()),
            title: String::new(),
            text,
            metadata: Metadata::default(),
            direction: crate::model::Direction::Auto,
            original: None,
            file: file.name.clone(),
            layers,
            verdict,
        };
        describe(&mut document, line.other, &byline, file.stem());
        self.result.documents.push(document);
        self.entities(&byline);
        Ok(())
    }

    /// The text of the line, or the one of the project that it names.
    fn text(&mut self, text: Option<String>, byline: &Json, place: &Place) -> Option<Text> {
        if let Some(text) = text {
            return Some(Text::new(text));
        }
        let hash = byline.get("sha256").and_then(Json::as_str);
        let known = hash.and_then(|hash| self.options.texts.iter().find(|t| t.sha256() == hash));
        if known.is_none() {
            let help =
                "a document needs its text under the key `text`; without it, import into the project that has it";
            let problem = Problem::syntax(place.clone(), "a `text`", "a line without one");
            self.result.problems.push(Problem { help: help.to_owned(), ..problem });
        }
        known.cloned()
    }

    fn name(&mut self, text: &str) -> Name {
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let name = Name::from(text);
        self.names.insert(text.to_owned(), name.clone());
        name
    }

    /// The layers of a line: one for each `user` where the spans name them, else one.
    fn raw_layers(&mut self, file: &InputFile, number: usize, line: &mut Line, byline: &Json) -> Vec<RawLayer> {
        let items = match std::mem::replace(&mut line.spans, Spans::None) {
            Spans::Items(items) => items,
            Spans::None | Spans::Texts => Vec::new(),
        };
        let mut layers: BTreeMap<Option<String>, RawLayer> = BTreeMap::new();
        let default = provenance(byline.get("default"));
        for (n, item) in items.into_iter().enumerate() {
            let user = item.user.clone();
            match self.raw_span(file, number, n, item, byline, default.as_ref()) {
                Ok(span) => layers.entry(user).or_default().spans.push(span),
                Err(problem) => self.result.problems.push(problem),
            }
        }
        // Links join entities of the line; a file that names users has none.
        let of_links = layers.keys().next().cloned().flatten();
        let into = layers.entry(of_links).or_default();
        for link in std::mem::take(&mut line.relations) {
            let id = link.id.map(|id| id.0).unwrap_or_default();
            let extra = byline.get("links").and_then(|links| links.get(id.as_str()));
            into.links.push(RawLink {
                number: id.parse().ok(),
                kind: self.names.entry(link.kind.0).or_insert_with_key(|kind| Name::from(kind.as_str())).clone(),
                from: link.from_id.0,
                to: link.to_id.0,
                note: extra.and_then(|e| e.get("note")).and_then(Json::as_str).unwrap_or_default().to_owned(),
                provenance: provenance(extra).or_else(|| default.clone()),
                line: number,
                id,
            });
        }
        into.status = byline.get("status").and_then(Json::as_str).and_then(encode::status_from).unwrap_or_default();
        let annotator = byline.get("annotator").and_then(Json::as_str).map(|name| self.name(name));
        for (user, layer) in &mut layers {
            layer.annotator = user.as_deref().map(|user| self.name(user)).or_else(|| annotator.clone());
        }
        layers.into_values().collect()
    }

    fn raw_span(
        &mut self,
        file: &InputFile,
        number: usize,
        n: usize,
        item: Item,
        byline: &Json,
        default: Option<&Provenance>,
    ) -> Result<RawSpan, Problem> {
        let place = || Place::line(&file.name, number);
        let offset = |offset: i64| {
            let found = || format!("{offset} in span {}", n + 1);
            usize::try_from(offset).map_err(|_| Problem::syntax(place(), "an offset of 0 or more", found()))
        };
        let (start, end) = (offset(item.start)?, offset(item.end)?);
        if item.label.trim().is_empty() {
            return Err(Problem::syntax(place(), "a label", format!("none in span {}", n + 1)));
        }
        let id = item.id.unwrap_or_else(|| format!("span {}", n + 1));
        let extra = byline.get("annotations").and_then(|annotations| annotations.get(id.as_str()));
        let fragments = extra.and_then(|e| e.get("fragments")).and_then(fragments_from).unwrap_or_default();
        let attributes = extra.and_then(|e| e.get("attributes")).and_then(Json::as_object).into_iter().flatten();
        let attributes: BTreeMap<Name, Value> =
            attributes.filter_map(|(name, value)| Some((self.name(name), encode::value_from_json(value)?))).collect();
        let whole = start..end;
        let times = item.created_at.as_deref().and_then(encode::time_from);
        let of_doccano = times.map(|created| Provenance {
            origin: Origin::Import { format: CARD.name.into(), file: file.base_name().into() },
            created,
            modified: item.updated_at.as_deref().and_then(encode::time_from).unwrap_or(created),
        });
        Ok(RawSpan {
            number: id.parse().ok(),
            id,
            label: self.name(&item.label),
            claim: Claim { fragments: if fragments.is_empty() { vec![whole] } else { fragments }, quote: None },
            exact: None,
            attributes,
            note: extra.and_then(|e| e.get("note")).and_then(Json::as_str).unwrap_or_default().to_owned(),
            provenance: provenance(extra).or_else(|| default.cloned()).or(of_doccano),
            line: number,
        })
    }

    fn entities(&mut self, byline: &Json) {
        let listed = byline.get("entities").and_then(Json::as_array).into_iter().flatten();
        for entity in listed.filter_map(encode::entity_from_json) {
            if !self.result.entities.iter().any(|e| e.id == entity.id) {
                self.result.entities.push(entity);
            }
        }
    }
}

fn fragments_from(json: &Json) -> Option<Vec<std::ops::Range<usize>>> {
    let number = |json: &Json| json.as_u64().and_then(|n| usize::try_from(n).ok());
    let fragment = |json: &Json| Some(number(json.get(0)?)?..number(json.get(1)?)?);
    json.as_array()?.iter().map(fragment).collect()
}

fn provenance(extra: Option<&Json>) -> Option<Provenance> {
    let extra = extra?;
    let time = |key: &str| extra.get(key).and_then(Json::as_str).and_then(encode::time_from);
    let origin = encode::origin_from_json(extra.get("origin")?)?;
    Some(Provenance { origin, created: time("created")?, modified: time("modified")? })
}

/// Gives the document its metadata: ours where it is, else the line's other columns.
fn describe(document: &mut ImportedDocument, other: BTreeMap<String, Json>, byline: &Json, stem: &str) {
    if let Some(ours) = byline.get("document") {
        encode::put_document(document, ours);
    } else {
        for (name, value) in other {
            match (name.as_str(), value) {
                ("title", Json::String(title)) => document.title = title,
                // doccano wraps what it was given in `meta`.
                ("meta", Json::Object(fields)) => {
                    fields.into_iter().for_each(|(name, value)| put(&mut document.metadata, &name, value));
                }
                (_, value) => put(&mut document.metadata, &name, value),
            }
        }
    }
    if document.title.trim().is_empty() {
        document.title = format!("{stem} {}", document.id);
    }
}

fn put(metadata: &mut Metadata, name: &str, value: Json) {
    match value {
        Json::Null => {}
        Json::String(text) => encode::put_field(metadata, name, text),
        other => encode::put_field(metadata, name, other.to_string()),
    }
}
