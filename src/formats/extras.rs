//! What a format of JSON has no place for: one object, under a key that other programs pass over or drop.
//!
//! It holds only what the format's [`Card`] says that it lacks, by the numbers of annotations and links. Where the
//! object and the format's own fields disagree, because another program changed the file, the fields are right.

use super::encode::{self, json_from_document, json_from_entity, json_from_origin};
use super::losses::fragments_for;
use super::output::{ExportDocument, ExportOptions, Verifier, WriteError, around, referred_entities};
use super::read::{ImportedDocument, Names, ReadOptions, ReadResult};
use super::resolve::{RawLayer, RawLink, RawSpan};
use super::{Capability, Card};
use crate::model::{Annotation, Layer, Link, Project, Provenance, Text};
use serde_json::{Map, Value as Json, json};
use std::ops::Range;

/// The key under which the object stands.
pub const KEY: &str = "byline";

/// The object for a document with one layer, or with none.
pub fn json_from_layer(
    card: &Card,
    document: &ExportDocument,
    layer: Option<&Layer>,
    project: &Project,
    verifier: &mut Verifier,
) -> Result<Json, WriteError> {
    let mut object = Map::new();
    object.insert("document".to_owned(), json_from_document(document.document));
    object.insert("sha256".to_owned(), document.text.sha256().into());
    let Some(layer) = layer else { return Ok(Json::Object(object)) };
    object.insert("annotator".to_owned(), layer.key().annotator.as_str().into());
    object.insert("status".to_owned(), encode::status_name(layer.status()).into());
    // Most annotations of an imported layer share one provenance: it is written once.
    let default = layer.annotations().next().map(|a| &a.provenance);
    if let Some(default) = default {
        object.insert("default".to_owned(), Json::Object(provenance(default)));
    }
    let mut annotations = Map::new();
    for annotation in layer.annotations() {
        let of = of_annotation(card, annotation, default, verifier)?;
        if !of.is_empty() {
            annotations.insert(annotation.id.0.to_string(), Json::Object(of));
        }
    }
    object.insert("annotations".to_owned(), Json::Object(annotations));
    let links = layer.links().map(|link| (link.id.0.to_string(), of_link(card, link, default)));
    let links = links.filter(|(_, of)| !of.is_empty()).map(|(id, of)| (id, Json::Object(of)));
    object.insert("links".to_owned(), Json::Object(links.collect()));
    let entities: Vec<Json> = referred_entities(project, [layer]).map(json_from_entity).collect();
    object.insert("entities".to_owned(), entities.into());
    Ok(Json::Object(object))
}

/// As [`json_from_layer`], with what of a text that stays out may be shown: each annotation's `quote`, and what stands
/// `before` and `after` it.
///
/// # Errors
/// As [`json_from_layer`].
pub fn json_with_quotes(
    card: &Card,
    document: &ExportDocument,
    layer: Option<&Layer>,
    project: &Project,
    options: &ExportOptions,
    verifier: &mut Verifier,
) -> Result<Json, WriteError> {
    let mut object = json_from_layer(card, document, layer, project, verifier)?;
    if !options.without_text || !options.shows_quotes() {
        return Ok(object);
    }
    for annotation in layer.into_iter().flat_map(Layer::annotations) {
        // A quote of several fragments would be none of the text.
        let [whole] = fragments_for(card, annotation)[..] else { continue };
        let id = annotation.id.0.to_string();
        let of = &mut object["annotations"][id];
        let (_, quote) = verifier.slice(&annotation.id.to_string(), whole, card.unit)?;
        of["quote"] = quote.into();
        if options.shows_context() {
            let (before, after) = around(document.text.as_str(), whole.range());
            (of["before"], of["after"]) = (before.into(), after.into());
        }
    }
    Ok(object)
}

/// Where something comes from and when it was made, as the fields `origin`, `created` and `modified`.
pub fn provenance(of: &Provenance) -> Map<String, Json> {
    let pairs = [
        ("origin", json_from_origin(&of.origin)),
        ("created", encode::time(of.created).into()),
        ("modified", encode::time(of.modified).into()),
    ];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn of_annotation(
    card: &Card,
    annotation: &Annotation,
    default: Option<&Provenance>,
    verifier: &mut Verifier,
) -> Result<Map<String, Json>, WriteError> {
    let mut of = if Some(&annotation.provenance) == default { Map::new() } else { provenance(&annotation.provenance) };
    if !annotation.attributes.is_empty() && !card.holds(Capability::Attributes) {
        of.insert("attributes".to_owned(), json_from_attributes(annotation));
    }
    if !annotation.note.is_empty() && !card.holds(Capability::Notes) {
        of.insert("note".to_owned(), annotation.note.clone().into());
    }
    if annotation.span.is_discontinuous() && !card.holds(Capability::Discontinuous) {
        let mut fragments = Vec::new();
        for fragment in annotation.span.fragments() {
            let (at, _) = verifier.slice(&annotation.id.to_string(), fragment, card.unit)?;
            fragments.push(json!([at.start, at.end]));
        }
        of.insert("fragments".to_owned(), fragments.into());
    }
    Ok(of)
}

/// The values of an annotation as an object.
pub fn json_from_attributes(annotation: &Annotation) -> Json {
    let values = annotation.attributes.iter().map(|(name, value)| (name.as_str().to_owned(), encode::json(value)));
    Json::Object(values.collect())
}

fn of_link(card: &Card, link: &Link, default: Option<&Provenance>) -> Map<String, Json> {
    let mut of = if Some(&link.provenance) == default { Map::new() } else { provenance(&link.provenance) };
    if !card.holds(Capability::Links) {
        of.insert("kind".to_owned(), link.kind.as_str().into());
        of.insert("from".to_owned(), link.from.0.into());
        of.insert("to".to_owned(), link.to.0.into());
    }
    if !link.note.is_empty() && (!card.holds(Capability::Notes) || !card.holds(Capability::Links)) {
        of.insert("note".to_owned(), link.note.clone().into());
    }
    of
}

/// The object as it was read; empty where another program wrote the file.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    json: Json,
    default: Option<Provenance>,
}

impl Extras {
    /// From what stands under [`KEY`].
    pub fn new(json: Option<Json>) -> Self {
        let json = json.filter(Json::is_object).unwrap_or(Json::Null);
        Self { default: provenance_from(json.get("default")), json }
    }

    /// Whether Byline wrote the file.
    pub fn is_there(&self) -> bool {
        !self.json.is_null()
    }

    /// What the object holds under a key of one format.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.json.get(key)
    }

    /// Numbers in the order of the file, under a key (`ids` for those of annotations), for formats that give none.
    pub fn ids(&self, key: &str) -> Option<Vec<u32>> {
        let ids = self.json.get(key)?.as_array()?.iter();
        ids.map(|id| id.as_u64().and_then(|id| u32::try_from(id).ok())).collect()
    }

    /// The text of the project that the object names, for files written without it.
    pub fn known_text(&self, options: &ReadOptions) -> Option<Text> {
        options.text_with(self.json.get("sha256")?.as_str()?)
    }

    /// What an annotation marks, by its number, where the text stays out.
    pub fn quote(&self, number: u32) -> Option<&str> {
        text(self.json.get("annotations")?.get(number.to_string()), "quote")
    }

    /// Adds what the object says about a span, by its number. A quote that the file itself does not have is then compared
    /// with the text as any is.
    pub fn complete_span(&self, span: &mut RawSpan, names: &mut Names) {
        let of = span.number.and_then(|n| self.json.get("annotations")?.get(n.to_string()));
        let values = of.and_then(|of| of.get("attributes")).and_then(Json::as_object).into_iter().flatten();
        let values = values.filter_map(|(name, value)| Some((names.get(name), encode::value_from_json(value)?)));
        span.attributes.extend(values);
        if let Some(note) = text(of, "note") {
            note.clone_into(&mut span.note);
        }
        let exact = of.and_then(|of| of.get("fragments")).and_then(fragments_from).filter(|fragments| {
            let whole = fragments.first().zip(fragments.last()).map(|(first, last)| first.start..last.end);
            matches!(&span.claim.fragments[..], [claimed] if whole.as_ref() == Some(claimed))
        });
        span.exact = exact.map(Into::into);
        if let (None, Some(quote)) = (&span.claim.quote, text(of, "quote")) {
            span.claim.quote = Some(quote.into());
        }
        span.provenance = provenance_from(of).or_else(|| self.default.clone()).map(Box::new).or(span.provenance.take());
    }

    /// Adds what the object says about a link, by its number.
    pub fn complete_link(&self, link: &mut RawLink) {
        let of = link.number.and_then(|n| self.json.get("links")?.get(n.to_string()));
        if let Some(note) = text(of, "note") {
            note.clone_into(&mut link.note);
        }
        link.provenance = provenance_from(of).or_else(|| self.default.clone()).or(link.provenance.take());
    }

    /// All links, for formats without any; `id_of` gives the id in the file of an annotation with a number.
    pub fn links(&self, line: usize, names: &mut Names, id_of: impl Fn(u32) -> String) -> Vec<RawLink> {
        let all = self.json.get("links").and_then(Json::as_object).into_iter().flatten();
        let end = |of: &Json, key: &str| of.get(key)?.as_u64().and_then(|n| u32::try_from(n).ok()).map(&id_of);
        let link = |(id, of): (&String, &Json)| {
            let (id, number, note) = (id.clone(), id.parse().ok(), String::new());
            let (from, to) = (end(of, "from")?, end(of, "to")?);
            let kind = names.get(of.get("kind")?.as_str()?);
            let mut link = RawLink { id, number, kind, from, to, note, provenance: None, line };
            self.complete_link(&mut link);
            Some(link)
        };
        all.filter_map(link).collect()
    }

    /// Adds whose the layer is and how far they were.
    pub fn complete_layer(&self, layer: &mut RawLayer, names: &mut Names) {
        if let Some(annotator) = text(Some(&self.json), "annotator") {
            layer.annotator = Some(names.get(annotator));
        }
        layer.status = text(Some(&self.json), "status").and_then(encode::status_from).unwrap_or(layer.status);
    }

    /// Whether it says what is known about the document.
    pub fn says_document(&self) -> bool {
        self.json.get("document").is_some()
    }

    /// Gives a document what is known about it; returns whether the object says it.
    pub fn complete_document(&self, document: &mut ImportedDocument) -> bool {
        let about = self.json.get("document");
        if let Some(about) = about {
            encode::put_document(document, about);
        }
        about.is_some()
    }

    /// Adds the entities to which annotations refer.
    pub fn add_entities(&self, result: &mut ReadResult) {
        let listed = self.json.get("entities").and_then(Json::as_array).into_iter().flatten();
        for entity in listed.filter_map(encode::entity_from_json) {
            if !result.entities.iter().any(|e| e.id == entity.id) {
                result.entities.push(entity);
            }
        }
    }
}

fn text<'a>(of: Option<&'a Json>, key: &str) -> Option<&'a str> {
    of?.get(key)?.as_str()
}

fn fragments_from(json: &Json) -> Option<Vec<Range<usize>>> {
    let number = |json: &Json| json.as_u64().and_then(|n| usize::try_from(n).ok());
    let fragment = |json: &Json| Some(number(json.get(0)?)?..number(json.get(1)?)?);
    json.as_array()?.iter().map(fragment).collect()
}

fn provenance_from(of: Option<&Json>) -> Option<Provenance> {
    let time = |key: &str| text(of, key).and_then(encode::time_from);
    let origin = encode::origin_from_json(of?.get("origin")?)?;
    Some(Provenance { origin: origin.into(), created: time("created")?, modified: time("modified")? })
}
