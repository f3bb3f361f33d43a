//! Writing tasks, one a line of the array, and the configuration that fits them.

use super::config::Controls;
use super::values::answer_from;
use super::{CARD, LABEL, TEXT, quote_from};
use crate::formats::encode::{self, METADATA_FIELDS};
use crate::formats::extras;
use crate::formats::losses::fragments_for;
use crate::formats::output::{ExportDocument, ExportInput, ExportOptions, Sink, Verified, Verifier, WriteError, io_at};
use crate::formats::read::Progress;
use crate::model::{Annotation, Layer, Name, Origin};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

/// The metadatum that names the annotator whose work is marked as ground truth.
pub const GROUND_TRUTH: &str = "ground_truth";

#[derive(Serialize)]
struct Task<'a> {
    id: usize,
    data: Map<String, Json>,
    annotations: Vec<Work<'a>>,
    predictions: Vec<Work<'a>>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    meta: Map<String, Json>,
}

/// An annotation, or (with a model's name) a prediction.
#[derive(Serialize)]
struct Work<'a> {
    result: Vec<Item<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotator: Option<&'a str>,
    /// Label Studio takes in only people whom it knows, by their addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_by: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    was_cancelled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ground_truth: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Item<'a> {
    Region(Region<'a>),
    Relation(Relation<'a>),
}

/// A region, or what one of its attributes says.
#[derive(Serialize)]
struct Region<'a> {
    id: String,
    from_name: &'a str,
    to_name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    value: Map<String, Json>,
    origin: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Json>,
}

/// All links from one annotation to another: Label Studio draws at most one relation from one region to another.
#[derive(Serialize)]
struct Relation<'a> {
    from_id: String,
    to_id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    direction: &'static str,
    labels: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Json>,
}

pub fn write(
    input: &ExportInput,
    options: &ExportOptions,
    sink: &mut dyn Sink,
    progress: Progress,
) -> Result<Verified, WriteError> {
    let controls = Controls::new(input);
    let name = "tasks.json";
    let mut verified = Verified::default();
    let mut out = sink.file(name)?;
    for (n, document) in input.documents.iter().enumerate() {
        progress.step(n, input.documents.len())?;
        let mut verifier = Verifier::new(document);
        let task = Writer { document, input, options, controls: &controls }.task(n + 1, &mut verifier)?;
        let mut line = || -> io::Result<()> {
            out.write_all(if n == 0 { b"[\n" } else { b",\n" })?;
            Ok(serde_json::to_writer(&mut out, &task)?)
        };
        line().map_err(io_at(name))?;
        verified.slices += verifier.verified().slices;
    }
    let end: &[u8] = if input.documents.is_empty() { b"[]\n" } else { b"\n]\n" };
    out.write_all(end).and_then(|()| out.flush()).map_err(io_at(name))?;
    drop(out);
    let name = "label_config.xml";
    let mut out = sink.beside(name)?;
    out.write_all(controls.xml(input).as_bytes()).and_then(|()| out.flush()).map_err(io_at(name))?;
    Ok(verified)
}

struct Writer<'a, 'b> {
    document: &'b ExportDocument<'a>,
    input: &'b ExportInput<'a>,
    options: &'b ExportOptions,
    controls: &'b Controls<'a>,
}

impl<'a, 'b> Writer<'a, 'b> {
    fn task(&self, id: usize, verifier: &mut Verifier<'a>) -> Result<Task<'b>, WriteError> {
        let (mut annotations, mut predictions) = (Vec::new(), Vec::new());
        let mut asked = Map::new();
        let mut layers = Vec::new();
        for (n, layer) in self.document.layers.iter().copied().enumerate() {
            let (work, links) = self.work(n, layer, &mut asked, verifier)?;
            if work.model_version.is_some() {
                predictions.push(work);
            } else {
                annotations.push(work);
            }
            if !self.options.plain {
                let project = self.input.project;
                let mut extras =
                    extras::json_with_quotes(&CARD, self.document, Some(layer), project, self.options, verifier)?;
                extras["link_ids"] = links.into();
                for known in ["document", "sha256"] {
                    extras.as_object_mut().and_then(|of| of.remove(known));
                }
                layers.push(extras);
            }
        }
        let mut meta = Map::new();
        if !self.options.plain {
            let mut extras = extras::json_from_layer(&CARD, self.document, None, self.input.project, verifier)?;
            extras["layers"] = layers.into();
            extras["controls"] = asked.into();
            meta.insert(extras::KEY.to_owned(), extras);
        }
        Ok(Task { id, data: self.data(), annotations, predictions, meta })
    }

    /// The text and what is known about it, each under its own key.
    fn data(&self) -> Map<String, Json> {
        let mut data = Map::new();
        if !self.options.without_text {
            data.insert(TEXT.to_owned(), self.document.text.as_str().into());
        }
        let about = &self.document.document;
        let other = about.metadata.other.iter().map(|(name, cell)| (name.clone(), encode::json_from_cell(cell)));
        let other = other.filter(|(name, _)| name != TEXT && name != GROUND_TRUTH);
        let title = [("title".to_owned(), about.title.as_str().into())];
        let known = METADATA_FIELDS.into_iter().zip(encode::metadata_values(&about.metadata));
        let known = known.filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
        data.extend(other.chain(title).chain(known));
        data
    }

    /// The work of a layer, and the numbers of its links in the order in which they are written.
    fn work(
        &self,
        n: usize,
        layer: &'b Layer,
        asked: &mut Map<String, Json>,
        verifier: &mut Verifier<'a>,
    ) -> Result<(Work<'b>, Vec<u32>), WriteError> {
        let mut result = Vec::with_capacity(layer.len());
        for annotation in layer.annotations() {
            let Some(whole) = fragments_for(&CARD, annotation).first().copied() else { continue };
            let (at, slice) = verifier.slice(&annotation.id.to_string(), whole, CARD.unit)?;
            let quote = self.options.shows_quotes().then(|| quote_from(slice));
            self.region(&region_id(n, annotation.id.0), annotation, &at, quote.as_deref(), asked, &mut result);
        }
        let links = self.relations(n, layer, &mut result);
        let annotator = layer.key().annotator.as_str();
        let scores = || {
            layer.annotations().filter_map(|a| match &*a.provenance.origin {
                Origin::Suggestion { score, .. } => Some(*score),
                _ => None,
            })
        };
        let of_model = is_of_model(layer);
        let about = &self.document.document.metadata.other;
        let truth = about.get(GROUND_TRUTH).is_some_and(|names| names.split(", ").any(|name| name == annotator));
        let created = layer.annotations().map(|a| a.provenance.created).min();
        let modified = layer.annotations().map(|a| a.provenance.modified).max();
        let work = Work {
            result,
            annotator: (!of_model).then_some(annotator),
            completed_by: (!of_model && annotator.contains('@')).then(|| json!({ "email": annotator })),
            was_cancelled: (!of_model).then_some(false),
            ground_truth: (!of_model).then_some(truth),
            created_at: created.map(encode::time),
            updated_at: modified.map(encode::time),
            model_version: of_model.then_some(annotator),
            // Of the whole no score is known but that of its least certain part.
            score: scores().filter(|_| of_model).reduce(f64::min),
        };
        Ok((work, links))
    }

    fn region(
        &self,
        id: &str,
        annotation: &'b Annotation,
        at: &Range<usize>,
        quote: Option<&str>,
        asked: &mut Map<String, Json>,
        result: &mut Vec<Item<'b>>,
    ) {
        let (origin, score) = match &*annotation.provenance.origin {
            Origin::Suggestion { score, .. } => ("prediction", Some(*score)),
            _ => ("manual", None),
        };
        let selected = || {
            let mut value = Map::new();
            value.insert("start".to_owned(), at.start.into());
            value.insert("end".to_owned(), at.end.into());
            value.extend(quote.map(|quote| ("text".to_owned(), quote.into())));
            value
        };
        let mut value = selected();
        value.insert("labels".to_owned(), json!([annotation.label.as_str()]));
        let meta = (!annotation.note.is_empty()).then(|| json!({ "text": [annotation.note] }));
        let id = id.to_owned();
        let kind = "labels";
        let region = Region { id: id.clone(), from_name: LABEL, to_name: TEXT, kind, value, origin, score, meta };
        result.push(Item::Region(region));
        for (name, said) in &annotation.attributes {
            let Some((control, ask)) = self.controls.of(annotation, name, said) else { continue };
            let mut value = selected();
            value.insert(ask.key().to_owned(), answer_from(said));
            let of = || json!({ "attribute": name.as_str(), "ask": ask.name() });
            asked.entry(control.name.as_str()).or_insert_with(of);
            let (from_name, kind, id) = (control.name.as_str(), ask.kind(), id.clone());
            let answer = Region { id, from_name, to_name: TEXT, kind, value, origin, score: None, meta: None };
            result.push(Item::Region(answer));
        }
    }

    fn relations(&self, n: usize, layer: &'b Layer, result: &mut Vec<Item<'b>>) -> Vec<u32> {
        let mut pairs: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for link in layer.links() {
            let symmetric = self.input.project.scheme.link(&link.kind).is_some_and(|kind| kind.symmetric);
            pairs.entry((link.from, link.to, symmetric)).or_default().push(link);
        }
        let mut numbers = Vec::new();
        for ((from, to, symmetric), links) in pairs {
            numbers.extend(links.iter().map(|link| link.id.0));
            let noted = links.iter().any(|link| !link.note.is_empty());
            let notes = || links.iter().map(|link| link.note.as_str()).collect::<Vec<_>>();
            result.push(Item::Relation(Relation {
                from_id: region_id(n, from.0),
                to_id: region_id(n, to.0),
                kind: "relation",
                direction: if symmetric { "bi" } else { "right" },
                labels: links.iter().map(|link| link.kind.as_str()).collect(),
                meta: noted.then(|| json!({ "text": notes() })),
            }));
        }
        numbers
    }
}

/// The id of an annotation in its task: `a7`, and `2-a7` in the second layer.
pub fn region_id(layer: usize, number: u32) -> String {
    if layer == 0 { format!("a{number}") } else { format!("{}-a{number}", layer + 1) }
}

/// The inverse of [`region_id`].
pub fn layer_and_number(id: &str) -> Option<(usize, u32)> {
    let (layer, number) = match id.split_once("-a") {
        Some((layer, number)) => (layer.parse::<usize>().ok()?.checked_sub(1)?, number),
        None => (0, id.strip_prefix('a')?),
    };
    let number = number.parse().ok()?;
    (region_id(layer, number) == id).then_some((layer, number))
}

/// Whether a layer holds the suggestions of a model: all in it was suggested by what the layer is named after.
fn is_of_model(layer: &Layer) -> bool {
    let by = |source: &Name| *source == layer.key().annotator;
    let suggested = |a: &Annotation| matches!(&*a.provenance.origin, Origin::Suggestion { source, .. } if by(source));
    !layer.is_empty() && layer.annotations().all(suggested)
}
