//! Writing documents as GATE writes them: features, the text with its nodes, a set and its relations for each annotator.

use super::values::class_and_text;
use super::{BYLINE, CARD, NOTE, SOURCE_URL};
use crate::formats::encode::{METADATA_FIELDS, metadata_values};
use crate::formats::exact::{Exact, shown_value};
use crate::formats::losses::fragments_for;
use crate::formats::markup::{self, pictured, push_escaped};
use crate::formats::output::{ExportDocument, ExportInput, ExportOptions, Sink, Verified, Verifier, WriteError, io_at};
use crate::formats::read::Progress;
use crate::formats::{extras, records};
use crate::model::{AnnotationId, Layer, LinkId, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

pub fn write(
    input: &ExportInput,
    options: &ExportOptions,
    sink: &mut dyn Sink,
    progress: Progress,
) -> Result<Verified, WriteError> {
    let mut verified = Verified::default();
    for (n, document) in input.documents.iter().enumerate() {
        progress.step(n, input.documents.len())?;
        let mut verifier = Verifier::new(document);
        let content = written(document, input, options, &mut verifier)?;
        let name = format!("{}.xml", document.document.id);
        let mut file = sink.file(&name)?;
        std::io::Write::write_all(&mut file, content.as_bytes()).map_err(io_at(&name))?;
        std::io::Write::flush(&mut file).map_err(io_at(&name))?;
        verified.slices += verifier.verified().slices;
    }
    Ok(verified)
}

/// Where an annotation lies, in UTF-16 units.
type Offsets = BTreeMap<AnnotationId, Range<usize>>;

fn written<'a>(
    document: &ExportDocument<'a>,
    input: &ExportInput,
    options: &ExportOptions,
    verifier: &mut Verifier<'a>,
) -> Result<String, WriteError> {
    // Bytes of the text at which a node stands, with their offsets.
    let mut nodes: BTreeMap<usize, usize> = BTreeMap::new();
    let mut layers: Vec<(&Layer, Offsets)> = Vec::new();
    for layer in &document.layers {
        let mut offsets = Offsets::new();
        for annotation in layer.annotations() {
            let Some(whole) = fragments_for(&CARD, annotation).first().copied() else { continue };
            let (at, _) = verifier.slice(&annotation.id.to_string(), whole, CARD.unit)?;
            nodes.insert(whole.start(), at.start);
            nodes.insert(whole.end(), at.end);
            offsets.insert(annotation.id, at);
        }
        layers.push((layer, offsets));
    }
    let mut sets = String::new();
    let mut ours = Vec::new();
    for (layer, offsets) in &layers {
        let mut exact = Exact::default();
        push_set(&mut sets, layer, offsets, &mut exact);
        if !options.plain {
            if ours.is_empty() {
                exact.keep_document(document.text.as_str());
            }
            ours.push(extras_of(document, Some(layer), input, exact, verifier)?);
        }
    }
    if ours.is_empty() && !options.plain {
        let mut exact = Exact::default();
        exact.keep_document(document.text.as_str());
        ours.push(extras_of(document, None, input, exact, verifier)?);
    }
    for (layer, _) in &layers {
        push_relations(&mut sets, layer);
    }
    let mut out = String::from(
        "<?xml version='1.0' encoding='UTF-8'?>\n<GateDocument version=\"3\">\n<!-- The document's features-->\n\n\
         <GateDocumentFeatures>\n",
    );
    push_metadata(&mut out, document);
    if !ours.is_empty() {
        push_feature(&mut out, BYLINE, &Value::Text(records::as_ascii(&ours.into())));
    }
    out.push_str(
        "</GateDocumentFeatures>\n<!-- The document content area with serialized nodes -->\n\n<TextWithNodes>",
    );
    let text = document.text.as_str();
    let mut from = 0;
    for (byte, offset) in &nodes {
        push_escaped(&mut out, &pictured(text.get(from..*byte).unwrap_or_default()));
        out.push_str("<Node");
        push_attribute(&mut out, "id", &offset.to_string());
        out.push_str("/>");
        from = *byte;
    }
    push_escaped(&mut out, &pictured(text.get(from..).unwrap_or_default()));
    out.push_str("</TextWithNodes>\n<!-- The default annotation set -->\n\n<AnnotationSet>\n</AnnotationSet>\n");
    out.push_str(&sets);
    out.push_str("\n</GateDocument>\n");
    Ok(out)
}

fn extras_of<'a>(
    document: &ExportDocument<'a>,
    layer: Option<&Layer>,
    input: &ExportInput,
    exact: Exact,
    verifier: &mut Verifier<'a>,
) -> Result<serde_json::Value, WriteError> {
    let mut json = extras::json_from_layer(&CARD, document, layer, input.project, verifier)?;
    json["link_ids"] = layer.into_iter().flat_map(Layer::links).map(|link| link.id.0).collect();
    if let Some(exact) = exact.json() {
        json["exact"] = exact;
    }
    Ok(json)
}

fn push_metadata(out: &mut String, document: &ExportDocument) {
    let about = document.document;
    let mut taken: BTreeSet<String> = BTreeSet::from([BYLINE.to_owned()]);
    let known = METADATA_FIELDS.into_iter().zip(metadata_values(&about.metadata));
    let known = known.filter_map(|(name, value)| Some((if name == "url" { SOURCE_URL } else { name }, value?)));
    let other = about.metadata.other.iter().map(|(name, value)| (name.as_str(), value.clone()));
    for (name, value) in std::iter::once(("title", about.title.clone())).chain(known).chain(other) {
        // A feature has a name of its own, or a program keeps only the last one.
        let mut name = pictured(name).into_owned();
        while !taken.insert(name.clone()) {
            name.push('_');
        }
        push_feature(out, &name, &Value::Text(value));
    }
}

fn push_set(out: &mut String, layer: &Layer, offsets: &Offsets, exact: &mut Exact) {
    out.push_str("\n<!-- Named annotation set -->\n\n<AnnotationSet");
    push_attribute(out, "Name", &layer.key().annotator);
    out.push_str(">\n");
    for annotation in layer.annotations() {
        let Some(at) = offsets.get(&annotation.id) else { continue };
        let id = annotation.id;
        out.push_str("<Annotation");
        push_attribute(out, "Id", &id.0.to_string());
        exact.keep(|| format!("{id} label"), &annotation.label);
        push_attribute(out, "Type", &annotation.label);
        push_attribute(out, "StartNode", &at.start.to_string());
        push_attribute(out, "EndNode", &at.end.to_string());
        out.push_str(">\n");
        let mut taken = BTreeSet::from([NOTE.to_owned()]);
        for (name, value) in &annotation.attributes {
            let mut feature = pictured(name).into_owned();
            while !taken.insert(feature.clone()) {
                feature.push('_');
            }
            if feature != name.as_str() {
                exact.keep_as(|| format!("{id} name {feature}"), name, &feature);
            }
            exact.keep_value(|| format!("{id} {name}"), value, &shown_value(value));
            push_feature(out, &feature, value);
        }
        if !annotation.note.is_empty() {
            exact.keep(|| id.to_string(), &annotation.note);
            push_feature(out, NOTE, &Value::Text(annotation.note.clone()));
        }
        out.push_str("</Annotation>\n");
    }
    for link in layer.links() {
        exact.keep(|| format!("{} kind", link.id), &link.kind);
        exact.keep(|| link.id.to_string(), &link.note);
    }
    out.push_str("</AnnotationSet>\n");
}

/// Relations share their ids with annotations, and so get those after them.
fn push_relations(out: &mut String, layer: &Layer) {
    if layer.links().next().is_none() {
        return;
    }
    let last = layer.annotations().map(|a| a.id.0).max().unwrap_or(0);
    let id_of = |LinkId(id): LinkId| u64::from(last) + u64::from(id);
    out.push_str("\n<!-- Relation Set -->\n\n<RelationSet");
    push_attribute(out, "Name", &layer.key().annotator);
    out.push_str(">\n");
    for link in layer.links() {
        out.push_str("<Relation");
        push_attribute(out, "Id", &id_of(link.id).to_string());
        push_attribute(out, "Type", &link.kind);
        push_attribute(out, "Members", &format!("{};{}", link.from.0, link.to.0));
        out.push_str(">\n<UserData/>\n");
        if !link.note.is_empty() {
            push_feature(out, NOTE, &Value::Text(link.note.clone()));
        }
        out.push_str("</Relation>\n");
    }
    out.push_str("</RelationSet>\n");
}

fn push_feature(out: &mut String, name: &str, value: &Value) {
    let (class, text) = class_and_text(value);
    out.push_str("<Feature>\n  <Name className=\"java.lang.String\">");
    push_escaped(out, name);
    out.extend(["</Name>\n  <Value className=\"", class, "\">"]);
    push_escaped(out, &text);
    out.push_str("</Value>\n</Feature>\n");
}

/// Adds an attribute, with a space before it.
fn push_attribute(out: &mut String, name: &str, value: &str) {
    out.extend([" ", name, "=\""]);
    markup::push_attribute(out, &pictured(value));
    out.push('"');
}
