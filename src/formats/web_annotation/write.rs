//! Writing a collection for each document, and its text.

use super::{CARD, Thing, id_of};
use crate::formats::encode;
use crate::formats::extras;
use crate::formats::losses::fragments_for;
use crate::formats::output::{
    ExportDocument, ExportInput, ExportOptions, Sink, Verified, Verifier, WriteError, around, io_at, unique_stems,
};
use crate::formats::read::Progress;
use crate::model::{Annotation, Layer, Provenance};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};
use std::io::{self, Write as _};

const CONTEXT: &str = "http://www.w3.org/ns/anno.jsonld";

#[derive(Serialize)]
struct Item<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    motivation: &'static str,
    /// Bodies, or the id of the annotation to which a link leads.
    body: Json,
    target: Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    creator: Option<Person<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    byline: Option<Json>,
}

#[derive(Serialize)]
struct Person<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
}

pub fn write(
    input: &ExportInput,
    options: &ExportOptions,
    sink: &mut dyn Sink,
    progress: Progress,
) -> Result<Verified, WriteError> {
    let stems = unique_stems(input.documents.iter().map(|d| d.document.id.as_str()));
    let mut verified = Verified::default();
    for (n, document) in input.documents.iter().enumerate() {
        progress.step(n, input.documents.len())?;
        let Some(stem) = stems.get(document.document.id.as_str()) else { continue };
        let source = format!("texts/{stem}.txt");
        let name = format!("{stem}.jsonld");
        let mut writer = Writer { document, input, options, source: &source, verifier: Verifier::new(document) };
        let (head, items) = writer.collection()?;
        verified.slices += writer.verifier.verified().slices;
        let mut out = sink.file(&name)?;
        let mut written = || -> io::Result<()> {
            // The collection around its items, so that each of them has a line.
            out.write_all(b"{\n")?;
            for (key, value) in &head {
                serde_json::to_writer(&mut out, key)?;
                out.write_all(b": ")?;
                serde_json::to_writer(&mut out, value)?;
                out.write_all(b",\n")?;
            }
            let urn = urn(document, None);
            let page = id_of(&urn, Thing::Page, 1);
            write!(
                out,
                "\"first\": {{\"id\": \"{page}\", \"type\": \"AnnotationPage\", \"startIndex\": 0, \"items\": ["
            )?;
            for (n, item) in items.iter().enumerate() {
                out.write_all(if n == 0 { b"\n" } else { b",\n" })?;
                serde_json::to_writer(&mut out, item)?;
            }
            out.write_all(b"\n]}\n}\n")?;
            out.flush()
        };
        written().map_err(io_at(&name))?;
        drop(out);
        if !options.without_text {
            let mut out = sink.file(&source)?;
            out.write_all(document.text.as_str().as_bytes()).and_then(|()| out.flush()).map_err(io_at(&source))?;
        }
    }
    Ok(verified)
}

struct Writer<'a, 'b> {
    document: &'b ExportDocument<'a>,
    input: &'b ExportInput<'a>,
    options: &'b ExportOptions,
    source: &'b str,
    verifier: Verifier<'a>,
}

impl<'b> Writer<'_, 'b> {
    /// What stands before the items, and the items.
    fn collection(&mut self) -> Result<(Map<String, Json>, Vec<Item<'b>>), WriteError> {
        let document = self.document;
        let mut items = Vec::new();
        let mut layers = Vec::new();
        for layer in document.layers.iter().copied() {
            let urn = urn(document, Some(layer));
            let mut extras = Json::Null;
            if !self.options.plain {
                let project = self.input.project;
                extras = extras::json_from_layer(&CARD, document, Some(layer), project, &mut self.verifier)?;
                extras["urn"] = urn.as_str().into();
            }
            // What is about one annotation or link stands with it: it stays there when others work on the file.
            let mut take = |key: &str| match extras.as_object_mut().and_then(|of| of.remove(key)) {
                Some(Json::Object(of)) => of,
                _ => Map::new(),
            };
            let (mut of_annotations, mut of_links) = (take("annotations"), take("links"));
            drop((take("document"), take("sha256")));
            for annotation in layer.annotations() {
                let byline = of_annotations.remove(&annotation.id.0.to_string());
                items.push(self.annotation(&urn, layer, annotation, byline)?);
            }
            for link in layer.links() {
                let byline = of_links.remove(&link.id.0.to_string());
                let id = |annotation: crate::model::AnnotationId| id_of(&urn, Thing::Annotation, annotation.0);
                let (from, to) = (id(link.from), id(link.to));
                let number = link.id.0;
                let of = id_of(&urn, Thing::Link, number);
                items.push(item(
                    of.clone(),
                    "linking",
                    to.into(),
                    from.into(),
                    Some((layer, &link.provenance)),
                    byline,
                ));
                let tag = bodies(&link.kind, &link.note);
                items.push(item(id_of(&urn, Thing::Kind, number), "tagging", tag, of.into(), None, None));
            }
            if !self.options.plain {
                layers.push(extras);
            }
        }
        let mut head = Map::new();
        let mut put = |key: &str, value: Json| drop(head.insert(key.to_owned(), value));
        put("@context", CONTEXT.into());
        put("id", id_of(&urn(document, None), Thing::Collection, 1).into());
        put("type", "AnnotationCollection".into());
        put("label", document.document.title.as_str().into());
        put("total", items.len().into());
        if !self.options.plain {
            let mut of = extras::json_from_layer(&CARD, document, None, self.input.project, &mut self.verifier)?;
            of["source"] = self.source.into();
            of["layers"] = layers.into();
            put(extras::KEY, of);
        }
        Ok((head, items))
    }

    fn annotation(
        &mut self,
        urn: &str,
        layer: &'b Layer,
        annotation: &'b Annotation,
        byline: Option<Json>,
    ) -> Result<Item<'b>, WriteError> {
        let mut targets = Vec::new();
        for fragment in fragments_for(&CARD, annotation) {
            let (at, exact) = self.verifier.slice(&annotation.id.to_string(), fragment, CARD.unit)?;
            let position = json!({ "type": "TextPositionSelector", "start": at.start, "end": at.end });
            let mut quote = json!({ "type": "TextQuoteSelector", "exact": exact });
            if self.options.shows_context() {
                let (prefix, suffix) = around(self.document.text.as_str(), fragment.range());
                (quote["prefix"], quote["suffix"]) = (prefix.into(), suffix.into());
            }
            let selector = if self.options.shows_quotes() { vec![quote, position] } else { vec![position] };
            targets.push(json!({ "source": self.source, "selector": selector }));
        }
        let id = id_of(urn, Thing::Annotation, annotation.id.0);
        let made = Some((layer, &annotation.provenance));
        Ok(item(id, "tagging", bodies(&annotation.label, &annotation.note), targets.into(), made, byline))
    }
}

fn item<'b>(
    id: String,
    motivation: &'static str,
    body: Json,
    target: Json,
    made: Option<(&'b Layer, &Provenance)>,
    byline: Option<Json>,
) -> Item<'b> {
    Item {
        id,
        kind: "Annotation",
        motivation,
        body,
        target,
        creator: made.map(|(layer, _)| Person { kind: "Person", name: layer.key().annotator.as_str() }),
        created: made.map(|(_, provenance)| encode::time(provenance.created)),
        modified: made.map(|(_, provenance)| encode::time(provenance.modified)),
        byline,
    }
}

/// A tag, and a comment where there is one.
fn bodies(tag: &str, note: &str) -> Json {
    let body = |purpose: &str, value: &str| json!({ "type": "TextualBody", "purpose": purpose, "value": value });
    let comment = (!note.is_empty()).then(|| body("commenting", note));
    std::iter::once(body("tagging", tag)).chain(comment).collect()
}

/// With what the ids of a layer, or of the document as a whole, begin: the same for the same text and annotator.
fn urn(document: &ExportDocument, layer: Option<&Layer>) -> String {
    let annotator = layer.map_or("", |layer| layer.key().annotator.as_str());
    let of = [document.text.sha256(), document.document.id.as_str(), annotator].join("\0");
    let hex: String = Sha256::digest(of.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let part = |range| hex.get(range).unwrap_or_default();
    // Version 8 and variant 10 of RFC 9562.
    format!("urn:uuid:{}-{}-8{}-8{}-", part(0..8), part(8..12), part(12..15), part(13..16))
}
