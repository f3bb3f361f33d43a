//! The rows of both configurations, one for each document and annotator.

use super::CARD;
use super::feature::{Feature, Field, list};
use super::table::Cell;
use crate::formats::output::{ExportDocument, ExportOptions, Verifier, WriteError, around, referred_entities};
use crate::formats::word_files::{Cut, tagged};
use crate::formats::{encode, extras};
use crate::model::{Annotation, AnnotationId, Fragment, Layer, Name, Project, Provenance, Scheme};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// The columns of `spans`.
pub fn span_fields(options: &ExportOptions) -> Vec<Field> {
    let made = || {
        [("note", Feature::Text), ("origin", Feature::Text), ("created", Feature::Text), ("modified", Feature::Text)]
    };
    let part = Feature::Struct(vec![("start", Feature::Number), ("end", Feature::Number)]);
    let mut span = vec![
        ("id", Feature::Text),
        ("label", Feature::Text),
        ("start", Feature::Number),
        ("end", Feature::Number),
        ("text", Feature::Text),
        ("fragments", list(part)),
        ("attributes", Feature::Text),
    ];
    span.extend(made());
    let mut link = vec![("id", Feature::Text), ("kind", Feature::Text), ("from", Feature::Text), ("to", Feature::Text)];
    link.extend(made());
    if !options.shows_quotes() {
        span.retain(|(name, _)| *name != "text");
    }
    if options.without_text && options.shows_context() {
        span.extend([("before", Feature::Text), ("after", Feature::Text)]);
    }
    let mut fields = vec![
        ("id", Feature::Text),
        ("title", Feature::Text),
        ("text", Feature::Text),
        ("sha256", Feature::Text),
        ("annotator", Feature::Text),
        ("status", Feature::Text),
        ("spans", list(Feature::Struct(span))),
        ("links", list(Feature::Struct(link))),
        ("entities", Feature::Text),
        ("metadata", Feature::Text),
    ];
    if options.without_text {
        fields.retain(|(name, _)| *name != "text");
    }
    fields
}

/// A row of `spans`; without a layer, for a document on which nobody has worked.
pub fn span_row<'a>(
    document: &ExportDocument<'a>,
    layer: Option<&'a Layer>,
    project: &Project,
    options: &ExportOptions,
    verifier: &mut Verifier<'a>,
) -> Result<Vec<Cell<'a>>, WriteError> {
    let mut spans = Vec::new();
    for annotation in layer.into_iter().flat_map(Layer::annotations) {
        spans.push(span(annotation, document, options, verifier)?);
    }
    let links = layer.into_iter().flat_map(Layer::links).map(|link| {
        let mut cells: Vec<Cell> = vec![
            link.id.to_string().into(),
            link.kind.as_str().into(),
            link.from.to_string().into(),
            link.to.to_string().into(),
        ];
        cells.extend(made(&link.note, &link.provenance));
        Cell::Struct(cells)
    });
    let entities = referred_entities(project, layer).map(encode::json_from_entity).collect::<Json>();
    let mut row: Vec<Cell> = vec![document.document.id.as_str().into(), document.document.title.as_str().into()];
    if !options.without_text {
        row.push(document.text.as_str().into());
    }
    row.extend([
        document.text.sha256().into(),
        layer.map_or("", |layer| layer.key().annotator.as_str()).into(),
        layer.map_or("", |layer| encode::status_name(layer.status())).into(),
        Cell::List(spans),
        Cell::List(links.collect()),
        entities.to_string().into(),
        encode::json_from_document(document.document).to_string().into(),
    ]);
    Ok(row)
}

fn span<'a>(
    annotation: &'a Annotation,
    document: &ExportDocument<'a>,
    options: &ExportOptions,
    verifier: &mut Verifier<'a>,
) -> Result<Cell<'a>, WriteError> {
    let id = annotation.id.to_string();
    let hull = annotation.span.hull();
    // A span that was taken from a layer has a hull.
    let whole = Fragment::new(hull.start, hull.end).map(|whole| verifier.slice(&id, whole, CARD.unit));
    let (at, words) = whole.ok().transpose()?.unwrap_or_default();
    let mut parts = Vec::new();
    for fragment in annotation.span.fragments() {
        let (at, _) = verifier.slice(&id, fragment, CARD.unit)?;
        parts.push(Cell::Struct(vec![at.start.into(), at.end.into()]));
    }
    let mut cells: Vec<Cell> = vec![id.into(), annotation.label.as_str().into(), at.start.into(), at.end.into()];
    if options.shows_quotes() {
        cells.push(words.into());
    }
    cells.extend([Cell::List(parts), extras::json_from_attributes(annotation).to_string().into()]);
    cells.extend(made(&annotation.note, &annotation.provenance));
    if options.without_text && options.shows_context() {
        let (before, after) = around(document.text.as_str(), hull);
        cells.extend([Cell::from(before), Cell::from(after)]);
    }
    Ok(Cell::Struct(cells))
}

fn made<'a>(note: &'a str, provenance: &Provenance) -> [Cell<'a>; 4] {
    let times = [provenance.created, provenance.modified].map(encode::time);
    let [created, modified] = times.map(Cell::from);
    [note.into(), encode::cell_from_origin(&provenance.origin).into(), created, modified]
}

/// The tags of `tokens`: outside, and at the beginning of and inside each label.
#[derive(Clone, Debug)]
pub struct Tags<'a> {
    /// In the order of the scheme, those that it lacks behind.
    pub labels: Vec<&'a Name>,
    begin: BTreeMap<&'a Name, usize>,
}

impl<'a> Tags<'a> {
    /// For the labels that stand on annotations.
    pub fn new(used: impl Iterator<Item = &'a Name>, scheme: &Scheme) -> Self {
        let rank = |name: &Name| scheme.labels.iter().position(|l| l.name == *name).unwrap_or(usize::MAX);
        let used: BTreeSet<(usize, &Name)> = used.map(|name| (rank(name), name)).collect();
        let labels: Vec<&Name> = used.into_iter().map(|(_, name)| name).collect();
        let begin = labels.iter().enumerate().map(|(n, name)| (*name, 1 + 2 * n)).collect();
        Self { labels, begin }
    }

    /// Their names, by number.
    pub fn names(&self) -> Vec<String> {
        let of = |label: &&Name| [format!("B-{label}"), format!("I-{label}")];
        std::iter::once("O".to_owned()).chain(self.labels.iter().flat_map(of)).collect()
    }
}

/// The columns of `tokens`.
pub fn token_fields(tags: &Tags) -> Vec<Field> {
    vec![
        ("id", Feature::Text),
        ("tokens", list(Feature::Text)),
        ("ner_tags", list(Feature::Label(tags.names()))),
        ("starts", list(Feature::Number)),
        ("ends", list(Feature::Number)),
        ("sentence_starts", list(Feature::Number)),
        ("annotator", Feature::Text),
        ("left_out", list(Feature::Text)),
    ]
}

/// A row of `tokens`, with those annotations of `kept` that have one of the labels; and how many of these labels have no
/// tag.
pub fn token_row<'a>(
    document: &ExportDocument<'a>,
    layer: &'a Layer,
    kept: Vec<&'a Annotation>,
    cut: &Cut,
    tags: &Tags,
    verifier: &mut Verifier<'a>,
) -> Result<(Vec<Cell<'a>>, usize), WriteError> {
    let mine = kept.into_iter().filter(|annotation| tags.begin.contains_key(&annotation.label));
    let tagged = tagged(&CARD, mine, &cut.words, verifier)?;
    let mut numbers = vec![0; cut.words.len()];
    for (first, (count, annotation)) in &tagged {
        let begin = tags.begin.get(&annotation.label).copied().unwrap_or_default();
        for (n, number) in numbers.iter_mut().skip(*first).take(*count).enumerate() {
            *number = begin + usize::from(n > 0);
        }
    }
    let has_tag: BTreeSet<AnnotationId> = tagged.values().map(|(_, annotation)| annotation.id).collect();
    let all = layer.annotations().filter(|annotation| tags.begin.contains_key(&annotation.label));
    let left_out: Vec<Cell> = all.filter(|a| !has_tag.contains(&a.id)).map(|a| a.id.to_string().into()).collect();
    let (mut words, mut starts, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    for word in &cut.words {
        // No word is empty.
        let Ok(fragment) = Fragment::new(word.start, word.end) else { continue };
        let (at, word) = verifier.slice("a token", fragment, CARD.unit)?;
        words.push(word.into());
        starts.push(at.start.into());
        ends.push(at.end.into());
    }
    let count = left_out.len();
    let row = vec![
        document.document.id.as_str().into(),
        Cell::List(words),
        Cell::List(numbers.into_iter().map(Cell::from).collect()),
        Cell::List(starts),
        Cell::List(ends),
        Cell::List(cut.sentences().into_iter().map(|sentence| sentence.start.into()).collect()),
        layer.key().annotator.as_str().into(),
        Cell::List(left_out),
    ];
    Ok((row, count))
}
