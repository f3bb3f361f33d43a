//! doccano's JSON lines: one document a line, spans in code points, links between entities of the line.
//!
//! Read: `label` (or `labels`, `spans`, `annotations` …) as lists or objects, and the entities-and-relations shape.
//! Written: the latter, one file for each annotator, and the labels with their colours and keys. What doccano has no place for stands under the key `byline`, which
//! doccano keeps as metadata on import and drops on export; read by Byline, it gives everything back.

mod labels;
mod line;
mod write;

use super::annotators::merged;
use super::encode;
use super::extras::{self, Extras};
use super::gather::{LINE_LIMIT, check_json, utf8};
use super::output::{ExportInput, ExportOptions, Sink, Verified, WriteError};
use super::parallel;
use super::problem::{Place, Problem};
use super::read::{Cancelled, ImportedDocument, InputFile, Names, Progress, ReadOptions, ReadResult};
use super::resolve::{self, RawLayer, RawLink, RawSpan, Rules};
use super::unit_trial::{Claim, Unit};
use super::{Capability, Card, Format, Uses};
use crate::model::{Metadata, Origin, Provenance, Text};
use line::{Item, Line, Spans};
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};

/// doccano's JSON lines.
pub struct Doccano;

static CARD: Card = Card {
    name: "doccano",
    title: "doccano JSON lines",
    versions: "sequence labelling of doccano 1, with and without relations",
    uses: Uses::Both,
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
        Capability::Directions,
    ],
    cannot: "discontinuous spans (written with their gaps), attributes, notes, origins, entities; they stand under the \
             key `byline`, which doccano drops. Overlaps are lost when doccano imports with “allow overlapping” off",
};

impl Format for Doccano {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn recognise(&self, files: &[InputFile]) -> u8 {
        lines_in(files).filter_map(|f| first_line(&f.bytes)).map(line::sureness).max().unwrap_or(0)
    }

    fn read(&self, files: &[InputFile], options: &ReadOptions, progress: Progress) -> Result<ReadResult, Cancelled> {
        let (mut result, mut order) = (ReadResult::default(), HashMap::new());
        let lines: Vec<_> = lines_in(files).flat_map(|file| numbered(file, &mut result.problems)).collect();
        let read = |names: &mut Names, batch: Vec<(&InputFile, usize, &str)>, progress: Progress| {
            let mut reader = Reader { options, progress, names, order: HashMap::new(), result: ReadResult::default() };
            for (n, (file, number, line)) in batch.iter().enumerate() {
                progress.step(n, batch.len())?;
                let read = check_json(&file.name, *number, line).and_then(|()| Line::read(&file.name, *number, line));
                match read {
                    Ok(line) => reader.line(file, *number, line)?,
                    Err(problem) => reader.result.problems.push(problem),
                }
            }
            Ok((reader.result, reader.order))
        };
        let length = |(_, _, line): &(&InputFile, usize, &str)| line.len();
        let batches = parallel::batches(lines, length);
        parallel::each(
            batches,
            |batch| batch.iter().map(length).sum(),
            progress,
            read,
            |(documents, numbers)| {
                result.join(documents);
                order.extend(numbers);
            },
        )?;
        let layers = result.documents.iter().flat_map(|d| &d.layers);
        let kinds = layers.flat_map(|layer| &layer.links).map(|link| link.kind.clone()).collect();
        for file in files.iter().filter(|file| labels::is_labels(file)) {
            labels::Labels::read(file, &mut result.problems).add_to(&mut result.scheme, &kinds);
        }
        // The file's name is the only place where doccano says whose it is.
        let whose = |document: &ImportedDocument| InputFile::new(document.file.clone(), []).stem().to_owned();
        let count = result.documents.len();
        result.documents = merged(result.documents, options, whose);
        if result.documents.len() < count {
            // Each file holds only what its annotator did; the numbers of the documents give their order.
            result.documents.sort_by_key(|d| order.get(&(d.file.clone(), d.text.sha256().to_owned())).copied());
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

/// The files that can hold documents.
fn lines_in(files: &[InputFile]) -> impl Iterator<Item = &InputFile> {
    let json = files.iter().filter(|f| f.has_extension("jsonl") || f.has_extension("json"));
    json.filter(|file| !labels::is_labels(file))
}

/// The first line that is not blank, if it is UTF-8 and not too long.
fn first_line(bytes: &[u8]) -> Option<&str> {
    let text = utf8("", bytes.get(..LINE_LIMIT.min(bytes.len())).unwrap_or(bytes)).ok()?;
    text.lines().find(|line| !line.trim().is_empty())
}

/// The lines of a file that are not blank, with their numbers from 1.
fn numbered<'a>(file: &'a InputFile, problems: &mut Vec<Problem>) -> Vec<(&'a InputFile, usize, &'a str)> {
    match utf8(&file.name, &file.bytes) {
        Ok(content) => {
            // Only LF ends a line: JSON writes every other line end escaped, except U+2028, which is none.
            let lines = content.split('\n').enumerate().filter(|(_, line)| !line.trim().is_empty());
            lines.map(|(n, line)| (file, n + 1, line)).collect()
        }
        Err(problem) => {
            problems.push(problem);
            Vec::new()
        }
    }
}

struct Reader<'a> {
    options: &'a ReadOptions,
    progress: Progress<'a>,
    names: &'a mut Names,
    /// The number that doccano gives a document, by file and text.
    order: HashMap<(String, String), u64>,
    result: ReadResult,
}

impl Reader<'_> {
    fn line(&mut self, file: &InputFile, number: usize, mut line: Line) -> Result<(), Cancelled> {
        let place = Place::line(&file.name, number);
        let extras = Extras::new(line.other.remove(extras::KEY));
        let Some(text) = self.text(line.text.take(), &extras, &place) else { return Ok(()) };
        if matches!(line.spans, Spans::Texts) {
            let help = "this is a file of document classification; choose one of sequence labelling";
            let problem = Problem::syntax(place, "spans such as `[0, 5, \"speaker\"]`", "labels without offsets");
            self.result.problems.push(Problem { help: help.to_owned(), ..problem });
            return Ok(());
        }
        let raw = self.raw_layers(file, number, &mut line, &extras);
        let rules = Rules { format: CARD.name, unit: CARD.unit, fits: |quote, slices| slices == [quote], rejoin: None };
        let problems = &mut self.result.problems;
        let (layers, verdict) = resolve::layers(&text, raw, &file.name, rules, self.options, problems, self.progress)?;
        let order = line.id.as_ref().and_then(|id| id.parse().ok()).unwrap_or(number as u64);
        self.order.insert((file.name.clone(), text.sha256().to_owned()), order);
        let mut document = ImportedDocument::new(
            line.id.unwrap_or_else(|| number.to_string()),
            String::new(),
            text,
            &file.name,
            layers,
            verdict,
        );
        describe(&mut document, line.other, &extras, file.stem());
        self.result.documents.push(document);
        extras.add_entities(&mut self.result);
        Ok(())
    }

    /// The text of the line, or the one of the project that it names.
    fn text(&mut self, text: Option<String>, extras: &Extras, place: &Place) -> Option<Text> {
        if let Some(text) = text {
            return Some(Text::new(text));
        }
        let known = extras.known_text(self.options);
        if known.is_none() {
            let help =
                "a document needs its text under the key `text`; without it, import into the project that has it";
            let problem = Problem::syntax(place.clone(), "a `text`", "a line without one");
            self.result.problems.push(Problem { help: help.to_owned(), ..problem });
        }
        known
    }

    /// The layers of a line: one for each `user` where the spans name them, else one.
    fn raw_layers(&mut self, file: &InputFile, number: usize, line: &mut Line, extras: &Extras) -> Vec<RawLayer> {
        let items = match std::mem::replace(&mut line.spans, Spans::None) {
            Spans::Items(items) => items,
            Spans::None | Spans::Texts => Vec::new(),
        };
        let mut layers: BTreeMap<Option<String>, RawLayer> = BTreeMap::new();
        for (n, item) in items.into_iter().enumerate() {
            let user = item.user.clone();
            match self.raw_span(file, number, n, item, extras) {
                Ok(span) => layers.entry(user).or_default().spans.push(span),
                Err(problem) => self.result.problems.push(problem),
            }
        }
        // Links join entities of the line; a file that names users has none.
        let of_links = layers.keys().next().cloned().flatten();
        let into = layers.entry(of_links).or_default();
        for link in std::mem::take(&mut line.relations) {
            let id = link.id.map(|id| id.0).unwrap_or_default();
            let mut link = RawLink {
                number: id.parse().ok(),
                kind: self.names.get(&link.kind.0),
                from: link.from_id.0,
                to: link.to_id.0,
                note: String::new(),
                provenance: None,
                line: number,
                id,
            };
            extras.complete_link(&mut link);
            into.links.push(link);
        }
        for (user, layer) in &mut layers {
            extras.complete_layer(layer, self.names);
            if let Some(user) = user {
                layer.annotator = Some(self.names.get(user));
            }
        }
        layers.into_values().collect()
    }

    fn raw_span(
        &mut self,
        file: &InputFile,
        number: usize,
        n: usize,
        item: Item,
        extras: &Extras,
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
        let mut span = RawSpan::new(id, self.names.get(&item.label), number);
        span.number = span.id.parse().ok();
        let range = start..end;
        span.claim = Claim { fragments: [range].into(), quote: None };
        let created = item.created_at.as_deref().and_then(encode::time_from);
        let provenance = created.map(|created| Provenance {
            origin: Origin::Import { format: CARD.name.into(), file: file.base_name().into() }.into(),
            created,
            modified: item.updated_at.as_deref().and_then(encode::time_from).unwrap_or(created),
        });
        span.provenance = provenance.map(Box::new);
        extras.complete_span(&mut span, self.names);
        Ok(span)
    }
}

/// Gives the document its metadata: ours where it is, else the line's other columns.
fn describe(document: &mut ImportedDocument, other: BTreeMap<String, Json>, extras: &Extras, stem: &str) {
    if !extras.complete_document(document) {
        for (name, value) in other {
            match (name.as_str(), value) {
                ("title", Json::String(title)) => document.title = title,
                // doccano writes it with every document.
                ("Comments", Json::Array(comments)) if comments.is_empty() => {}
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
