//! Version 1 of `annotations/ANNOTATOR/DOCUMENT.ron`: one layer, one annotation a line.
//!
//! The structs here are the file, not the model: what is serialised is a promise.

use super::fault::{Fault, Located};
use super::outline::{self, Step};
use super::quick_layer;
use super::ron_text::{self, UniqueMap, VERSION, push_display, push_field, push_string, push_strings, push_time};
use crate::model::layer::{ById, ByPlace, LayerError};
use crate::model::{
    Annotation, AnnotationId, Fragment, Layer, LayerKey, Link, Name, NextIds, OffsetError, Origin, Provenance, Span,
    SpanError, Status, Text, Value,
};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// What the file says that it is.
pub(super) const FORMAT: &str = "byline-annotations";

#[derive(Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields, rename = "annotations")]
pub(super) struct LayerV1<'a> {
    #[allow(dead_code, reason = "looked at before anything else is read")]
    pub format: IgnoredAny,
    #[allow(dead_code, reason = "likewise")]
    pub version: IgnoredAny,
    pub document: String,
    pub annotator: String,
    #[serde(default)]
    pub status: StatusV1,
    pub text_sha256: String,
    #[serde(default)]
    pub next_annotation: u32,
    #[serde(default)]
    pub next_link: u32,
    #[serde(borrow)]
    pub annotations: Vec<AnnotationV1<'a>>,
    #[serde(borrow, default)]
    pub links: Vec<LinkV1<'a>>,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq, Debug)]
pub(super) enum StatusV1 {
    #[default]
    NotStarted,
    InProgress,
    Done,
    SecondLook,
}

#[derive(Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields, rename = "annotation")]
pub(super) struct AnnotationV1<'a> {
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    #[serde(borrow)]
    pub label: Cow<'a, str>,
    #[serde(default, deserialize_with = "ron_text::present")]
    pub start: Option<usize>,
    #[serde(default, deserialize_with = "ron_text::present")]
    pub end: Option<usize>,
    #[serde(default)]
    pub fragments: Vec<(usize, usize)>,
    #[serde(borrow)]
    pub quote: Cow<'a, str>,
    #[serde(default)]
    pub attributes: UniqueMap<Value>,
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub origin: OriginV1,
    #[serde(borrow)]
    pub created: Cow<'a, str>,
    #[serde(default, deserialize_with = "ron_text::present")]
    pub modified: Option<String>,
}

#[derive(Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields, rename = "link")]
pub(super) struct LinkV1<'a> {
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    #[serde(borrow)]
    pub from: Cow<'a, str>,
    #[serde(borrow)]
    pub to: Cow<'a, str>,
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub origin: OriginV1,
    #[serde(borrow)]
    pub created: Cow<'a, str>,
    #[serde(default, deserialize_with = "ron_text::present")]
    pub modified: Option<String>,
}

#[derive(Deserialize, Default, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
pub(super) enum OriginV1 {
    #[default]
    ByHand,
    Suggestion {
        source: String,
        score: f64,
    },
    Import {
        format: String,
        file: String,
    },
    Adjudication {
        from: Vec<String>,
    },
}

/// What was understood of a file.
pub(crate) struct Reading {
    /// What is in order.
    pub layer: Layer,
    /// What is not, and was left out; at most [`MOST_FAULTS`].
    pub faults: Vec<Located>,
    /// How many there are.
    pub fault_count: usize,
    /// Annotations in the file.
    pub annotations: usize,
    /// Annotations whose quote stands in the text where the file says.
    pub quotes_verified: usize,
}

/// More faults than this are counted, not kept: one wrong byte at the start can make all of them.
pub(crate) const MOST_FAULTS: usize = 100;

/// From so many annotations on, a layer is put together on two threads.
const MANY: usize = 10_000;

/// Reads a layer that must be without fault.
pub(crate) fn read(source: &str, key: &LayerKey, text: &Text) -> Result<Layer, Located> {
    let reading = survey(source, key, text)?;
    match reading.faults.into_iter().next() {
        Some(fault) => Err(fault),
        None => Ok(reading.layer),
    }
}

/// Reads a layer, leaving out what does not fit.
///
/// # Errors
/// Where nothing can be read: no RON, another version, a field that is unknown or missing.
pub(crate) fn survey(source: &str, key: &LayerKey, text: &Text) -> Result<Reading, Located> {
    let (file, rows) = match quick_layer::read_each(source, || verifier(text)) {
        Some(read) => read,
        None => verified(ron_text::read(source, FORMAT)?, text),
    };
    Ok(survey_rows(source, file, rows, key, text, text.sha256()))
}

/// The file as it stands there.
pub(super) fn parsed(source: &str) -> Result<LayerV1<'_>, Located> {
    match quick_layer::read(source) {
        Some(file) => Ok(file),
        None => ron_text::read(source, FORMAT),
    }
}

/// Takes a file that was parsed as a layer over `text`, whose SHA-256 it should give as `hash`.
pub(super) fn survey_file(source: &str, file: LayerV1, key: &LayerKey, text: &Text, hash: &str) -> Reading {
    let (file, rows) = verified(file, text);
    survey_rows(source, file, rows, key, text, hash)
}

fn survey_rows(source: &str, file: LayerV1, rows: Vec<Row>, key: &LayerKey, text: &Text, hash: &str) -> Reading {
    let mut reader = Reader {
        source,
        rows: [None, None],
        reading: Reading {
            layer: Layer::new(key.clone(), text.clone()),
            faults: Vec::new(),
            fault_count: 0,
            annotations: rows.len(),
            quotes_verified: 0,
        },
    };
    reader.head(&file, hash);
    // The ids that stand in the file, whether their annotations are sound or not: a link to an unsound one is not
    // at fault itself.
    let mut unsound = BTreeSet::new();
    for (index, row) in reader.fill(rows).into_iter().enumerate() {
        if let Err(Unsound { id, field, fault }) =
            row.and_then(|annotation| reader.annotation(annotation)).map_err(|e| *e)
        {
            reader.fault(List::Annotations, index, field, fault, &id);
            unsound.extend(id.parse::<AnnotationId>().ok());
        }
    }
    let mut shared = Shared::default();
    for (index, row) in file.links.into_iter().enumerate() {
        let id = row.id.clone();
        match reader.link(row, &mut shared) {
            Err((_, Fault::Layer(LayerError::DanglingLink { end, .. }))) if unsound.contains(&end) => {}
            Err((field, fault)) => reader.fault(List::Links, index, field, fault, &id),
            Ok(()) => {}
        }
    }
    let next = NextIds { annotation: file.next_annotation.max(1), link: file.next_link.max(1) };
    reader.reading.layer.set_next_ids(next);
    reader.reading
}

/// The lines (from 1) on which annotations and links begin, by id.
pub(crate) fn lines(source: &str) -> BTreeMap<String, usize> {
    let (mut lines, mut line, mut done) = (BTreeMap::new(), 1, 0);
    for list in ["annotations", "links"] {
        let Some(list) = outline::locate(source, &[Step::Field(list)]) else { continue };
        for row in outline::children(source, list) {
            let between = source.get(done..row.value.start).unwrap_or_default();
            line += memchr::memchr_iter(b'\n', between.as_bytes()).count();
            done = row.value.start;
            let id = outline::children(source, row.value).find(|c| c.key == "id");
            let id = id.and_then(|c| ron::from_str(source.get(c.value)?).ok());
            lines.extend(id.map(|id: String| (id, line)));
        }
    }
    lines
}

/// The two lists of a file.
#[derive(Clone, Copy)]
enum List {
    Annotations,
    Links,
}

struct Reader<'a> {
    source: &'a str,
    /// Where the rows of the two lists stand; found when the first fault needs it.
    rows: [Option<Vec<Range<usize>>>; 2],
    reading: Reading,
}

pub(super) type Faulty<T> = Result<T, (&'static str, Fault)>;

impl Reader<'_> {
    fn head(&mut self, file: &LayerV1, now: &str) {
        let key = self.reading.layer.key().clone();
        let misplaced = |what, found: &str, expected: &str| {
            let fault = Fault::Misplaced { what, found: found.to_owned(), expected: expected.to_owned() };
            (found != expected).then_some((what, fault))
        };
        let other_text = match ron_text::hash(&file.text_sha256) {
            Ok(hash) if hash == now => None,
            Ok(annotated) => Some(Fault::OtherText { annotated, now: now.to_owned() }),
            Err(fault) => Some(fault),
        };
        let found = [
            misplaced("document", &file.document, key.document.as_str()),
            misplaced("annotator", &file.annotator, &key.annotator),
            other_text.map(|fault| ("text_sha256", fault)),
        ];
        for (field, fault) in found.into_iter().flatten() {
            let place = ron_text::place(self.source, &[Step::Field(field)]);
            self.reading.fault_count += 1;
            self.reading.faults.push(fault.at(place));
        }
        self.reading.layer.set_status(file.status.into());
    }

    /// Takes all annotations at once where nothing is wrong with any; what is to be taken one by one.
    fn fill(&mut self, rows: Vec<Row>) -> Vec<Row> {
        if rows.len() < MANY {
            return rows;
        }
        let sound: Vec<_> = rows.iter().map_while(|row| row.as_ref().ok().cloned()).collect();
        if sound.len() < rows.len() {
            return rows;
        }
        let (by_id, by_place) = std::thread::scope(|scope| {
            let by_place = scope.spawn(|| ByPlace::of(&sound));
            (ById::of(&sound), by_place.join().ok().flatten())
        });
        if !by_place.is_some_and(|by_place| self.reading.layer.fill(by_id, by_place)) {
            return rows;
        }
        self.reading.quotes_verified = sound.len();
        Vec::new()
    }

    fn annotation(&mut self, annotation: Arc<Annotation>) -> Result<(), Box<Unsound>> {
        self.reading.quotes_verified += 1;
        let id = annotation.id;
        let unsound = |error: LayerError| Box::new(Unsound { id: id.to_string(), field: "id", fault: error.into() });
        self.reading.layer.insert_checked(annotation).map_err(unsound)
    }

    fn link(&mut self, row: LinkV1, shared: &mut Shared) -> Faulty<()> {
        let link = link_of(row, shared)?;
        let (from, to) = (link.from, link.to);
        self.reading.layer.insert_link(link).map_err(|error| {
            let field = match &error {
                LayerError::DanglingLink { end, .. } if *end == from => "from",
                LayerError::DanglingLink { end, .. } if *end == to => "to",
                LayerError::SelfLink(_) => "to",
                _ => "id",
            };
            (field, error.into())
        })
    }

    fn fault(&mut self, list: List, index: usize, field: &'static str, fault: Fault, id: &str) {
        self.reading.fault_count += 1;
        if self.reading.faults.len() < MOST_FAULTS {
            let place = self.row(list, index).map(|row| {
                outline::children(self.source, row.clone()).find(|c| c.key == field).map_or(row, |c| c.value)
            });
            self.reading.faults.push(fault.at(place).about(id));
        }
    }

    fn row(&mut self, list: List, index: usize) -> Option<Range<usize>> {
        let name = match list {
            List::Annotations => "annotations",
            List::Links => "links",
        };
        let source = self.source;
        let rows = self.rows[list as usize].get_or_insert_with(|| {
            let list = outline::locate(source, &[Step::Field(name)]);
            list.map(|list| outline::children(source, list).map(|c| c.value).collect()).unwrap_or_default()
        });
        rows.get(index).cloned()
    }
}

/// An annotation of the file, or what is wrong with it. Small, for there may be many.
type Row = Result<Arc<Annotation>, Box<Unsound>>;

struct Unsound {
    /// As it stands in the file.
    id: String,
    field: &'static str,
    fault: Fault,
}

/// Makes an annotation of each row whose span and quote fit the text.
fn verifier<'a>(text: &Text) -> impl FnMut(AnnotationV1<'a>) -> Row {
    let mut shared = Shared::default();
    move |row| {
        let id = row.id.clone();
        let unsound = |(field, fault)| Box::new(Unsound { id: id.into_owned(), field, fault });
        annotation(row, text, &mut shared).map(Arc::new).map_err(unsound)
    }
}

/// A file without its annotations, and what was made of them.
fn verified<'a>(mut file: LayerV1<'a>, text: &Text) -> (LayerV1<'a>, Vec<Row>) {
    let rows = std::mem::take(&mut file.annotations).into_iter().map(verifier(text)).collect();
    (file, rows)
}

fn annotation(row: AnnotationV1, text: &Text, shared: &mut Shared) -> Faulty<Annotation> {
    let id = row.id.parse().map_err(|e| ("id", Fault::BadId(e)))?;
    let span = span_of(&row, id)?;
    text.verify(&span, &row.quote).map_err(|error| (field_of(&error, &row), offsets(id, error)))?;
    unverified(row, id, span, shared)
}

/// The annotation of a row, whose quote is compared with nothing: whoever puts it into a layer checks it.
pub(super) fn annotation_of(row: AnnotationV1, shared: &mut Shared) -> Result<Annotation, Fault> {
    let id = row.id.parse().map_err(Fault::BadId)?;
    let span = span_of(&row, id).map_err(|(_, fault)| fault)?;
    unverified(row, id, span, shared).map_err(|(_, fault)| fault)
}

fn unverified(row: AnnotationV1, id: AnnotationId, span: Span, shared: &mut Shared) -> Faulty<Annotation> {
    Ok(Annotation {
        id,
        label: shared.name(&row.label),
        span,
        attributes: row.attributes.0.into_iter().map(|(k, v)| (shared.name(&k), v)).collect(),
        note: row.note,
        provenance: provenance(row.origin, &row.created, row.modified.as_deref(), shared)?,
    })
}

/// The link of a row, or the field that is at fault.
pub(super) fn link_of(row: LinkV1, shared: &mut Shared) -> Faulty<Link> {
    Ok(Link {
        id: row.id.parse().map_err(|e| ("id", Fault::BadId(e)))?,
        kind: shared.name(&row.kind),
        from: row.from.parse().map_err(|e| ("from", Fault::BadId(e)))?,
        to: row.to.parse().map_err(|e| ("to", Fault::BadId(e)))?,
        note: row.note,
        provenance: provenance(row.origin, &row.created, row.modified.as_deref(), shared)?,
    })
}

/// What the rows of a file have in common, so that it is there once, however often it stands in the file.
#[derive(Default)]
pub(super) struct Shared {
    names: BTreeSet<Name>,
    /// Of the row before: those of one import follow one another.
    origin: Arc<Origin>,
}

impl Shared {
    fn name(&mut self, text: &str) -> Name {
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let name = Name::from(text);
        self.names.insert(name.clone());
        name
    }

    /// The origin that a file names.
    pub(super) fn origin(&mut self, origin: OriginV1) -> Arc<Origin> {
        let origin = match origin {
            OriginV1::ByHand => Origin::ByHand,
            OriginV1::Suggestion { source, score } => Origin::Suggestion { source: self.name(&source), score },
            OriginV1::Import { format, file } => Origin::Import { format: self.name(&format), file: self.name(&file) },
            OriginV1::Adjudication { from } => {
                Origin::Adjudication { from: from.iter().map(|name| self.name(name)).collect() }
            }
        };
        if *self.origin != origin {
            self.origin = Arc::new(origin);
        }
        self.origin.clone()
    }
}

fn offsets(id: AnnotationId, error: OffsetError) -> Fault {
    Fault::Layer(LayerError::Offsets { id, error })
}

pub(super) fn span_of(row: &AnnotationV1, id: AnnotationId) -> Faulty<Span> {
    let span = match (row.start, row.end, &row.fragments[..]) {
        (Some(start), Some(end), []) => Span::single(start, end).map_err(|e| ("end", e)),
        (None, None, [_, ..]) => {
            let fragments: Result<_, SpanError> = row.fragments.iter().map(|&(s, e)| Fragment::new(s, e)).collect();
            fragments.and_then(Span::new).map_err(|e| ("fragments", e))
        }
        _ => return Err(("", Fault::NoPlace(row.id.to_string()))),
    };
    span.map_err(|(field, error)| (field, offsets(id, error.into())))
}

/// The field that is wrong, as far as it can be told.
fn field_of(error: &OffsetError, row: &AnnotationV1) -> &'static str {
    let at = match error {
        OffsetError::QuoteDiffers { .. } => return "quote",
        OffsetError::Outside { offset, .. } | OffsetError::InsideCharacter { offset, .. } => Some(*offset),
        OffsetError::InsideGrapheme { byte, .. } => Some(*byte),
        OffsetError::NoSpan(_) => None,
    };
    match at {
        _ if row.start.is_none() => "fragments",
        at if at == row.start => "start",
        _ => "end",
    }
}

fn provenance(origin: OriginV1, created: &str, modified: Option<&str>, shared: &mut Shared) -> Faulty<Provenance> {
    let created = ron_text::time(created).map_err(|fault| ("created", fault))?;
    let modified = modified.map(ron_text::time).transpose().map_err(|fault| ("modified", fault))?;
    Ok(Provenance { origin: shared.origin(origin), created, modified: modified.unwrap_or(created) })
}

impl From<StatusV1> for Status {
    fn from(status: StatusV1) -> Self {
        match status {
            StatusV1::NotStarted => Self::NotStarted,
            StatusV1::InProgress => Self::InProgress,
            StatusV1::Done => Self::Done,
            StatusV1::SecondLook => Self::SecondLook,
        }
    }
}

/// A status as files write it.
pub(super) fn status_name(status: Status) -> &'static str {
    match status {
        Status::NotStarted => "NotStarted",
        Status::InProgress => "InProgress",
        Status::Done => "Done",
        Status::SecondLook => "SecondLook",
    }
}

/// A layer that no file can hold.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[error("{id}: the number of attribute “{attribute}” is not finite")]
pub struct NotFinite {
    /// The annotation.
    pub id: AnnotationId,
    /// The attribute.
    pub attribute: Name,
}

/// Writes a layer: the same layer always gives the same text.
pub(crate) fn write(layer: &Layer) -> Result<String, NotFinite> {
    write_over(layer, layer.text().sha256())
}

/// Writes a layer as one over the text with this SHA-256.
pub(super) fn write_over(layer: &Layer, sha256: &str) -> Result<String, NotFinite> {
    let mut out = String::with_capacity(1_000 + layer.len() * 200);
    let key = layer.key();
    push_display(&mut out, format_args!("(\n  format: \"{FORMAT}\",\n  version: {VERSION},\n  document: "));
    push_string(&mut out, key.document.as_str());
    out.push_str(",\n  annotator: ");
    push_string(&mut out, &key.annotator);
    let status = status_name(layer.status());
    let next = layer.next_ids();
    push_display(&mut out, format_args!(",\n  status: {status},\n  text_sha256: \"{sha256}\",\n"));
    push_display(&mut out, format_args!("  next_annotation: {},\n  next_link: {},\n", next.annotation, next.link));
    push_rows(&mut out, "annotations", layer.annotations(), |out, a| {
        push_annotation(out, a, &quote_of(layer.text(), &a.span))
    })?;
    push_rows(&mut out, "links", layer.links(), |out, link| {
        push_link(out, link);
        Ok(())
    })?;
    out.push_str(")\n");
    Ok(out)
}

fn push_rows<T>(
    out: &mut String,
    name: &str,
    rows: impl Iterator<Item = T>,
    push_row: impl Fn(&mut String, T) -> Result<(), NotFinite>,
) -> Result<(), NotFinite> {
    push_display(out, format_args!("  {name}: ["));
    let mut any = false;
    for row in rows {
        out.push_str(if any { "    (" } else { "\n    (" });
        push_row(out, row)?;
        out.push_str("),\n");
        any = true;
    }
    out.push_str(if any { "  ],\n" } else { "],\n" });
    Ok(())
}

/// What a span covers, as files quote it; nothing where it does not fit the text.
pub(super) fn quote_of<'a>(text: &'a Text, span: &Span) -> Cow<'a, str> {
    if span.is_discontinuous() {
        return text.check(span).map(|()| text.quote(span)).unwrap_or_default().into();
    }
    text.as_str().get(span.hull()).unwrap_or_default().into()
}

/// Writes the fields of an annotation.
pub(super) fn push_annotation(out: &mut String, annotation: &Annotation, quote: &str) -> Result<(), NotFinite> {
    push_display(out, format_args!("id: \"{}\"", annotation.id));
    push_field(out, "label", &annotation.label);
    let span = &annotation.span;
    if span.is_discontinuous() {
        out.push_str(", fragments: [");
        for (i, f) in span.fragments().enumerate() {
            let separator = if i > 0 { ", " } else { "" };
            push_display(out, format_args!("{separator}({}, {})", f.start(), f.end()));
        }
        out.push(']');
    } else {
        push_display(out, format_args!(", start: {}, end: {}", span.start(), span.end()));
    }
    push_field(out, "quote", quote);
    if !annotation.attributes.is_empty() {
        out.push_str(", attributes: {");
        for (i, (name, value)) in annotation.attributes.iter().enumerate() {
            out.push_str(if i > 0 { ", " } else { "" });
            push_string(out, name);
            out.push_str(": ");
            let not_finite = || NotFinite { id: annotation.id, attribute: name.clone() };
            push_value(out, value).ok_or_else(not_finite)?;
        }
        out.push('}');
    }
    push_rest(out, &annotation.note, &annotation.provenance);
    Ok(())
}

/// Writes the fields of a link.
pub(super) fn push_link(out: &mut String, link: &Link) {
    push_display(out, format_args!("id: \"{}\"", link.id));
    push_field(out, "kind", &link.kind);
    push_display(out, format_args!(", from: \"{}\", to: \"{}\"", link.from, link.to));
    push_rest(out, &link.note, &link.provenance);
}

fn push_value(out: &mut String, value: &Value) -> Option<()> {
    match value {
        Value::YesNo(yes) => push_display(out, yes),
        Value::Number(n) if n.is_finite() => out.push_str(&ron::to_string(value).ok()?),
        Value::Number(_) => return None,
        Value::Text(text) => push_string(out, text),
        Value::List(items) => push_strings(out, items.iter().map(String::as_str)),
    }
    Some(())
}

/// Note, origin and times: the same for annotations and links.
fn push_rest(out: &mut String, note: &str, provenance: &Provenance) {
    if !note.is_empty() {
        push_field(out, "note", note);
    }
    if *provenance.origin != Origin::ByHand {
        out.push_str(", origin: ");
        push_origin(out, &provenance.origin);
    }
    out.push_str(", created: ");
    push_time(out, provenance.created);
    if provenance.modified != provenance.created {
        out.push_str(", modified: ");
        push_time(out, provenance.modified);
    }
}

/// Writes an origin.
pub(super) fn push_origin(out: &mut String, origin: &Origin) {
    match origin {
        Origin::ByHand => out.push_str("ByHand"),
        Origin::Suggestion { source, score } => {
            out.push_str("Suggestion(source: ");
            push_string(out, source);
            push_display(out, format_args!(", score: {score:?})"));
        }
        Origin::Import { format, file } => {
            out.push_str("Import(format: ");
            push_string(out, format);
            push_field(out, "file", file);
            out.push(')');
        }
        Origin::Adjudication { from } => {
            out.push_str("Adjudication(from: ");
            push_strings(out, from.iter().map(Name::as_str));
            out.push(')');
        }
    }
}

#[cfg(test)]
mod tests;
