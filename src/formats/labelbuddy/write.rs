//! Writing labelbuddy's three kinds of files.

use super::read::{attributes_from, md5_hex};
use super::{CARD, EXTRA};
use crate::formats::encode;
use crate::formats::extras::{self, json_from_attributes};
use crate::formats::losses::fragments_for;
use crate::formats::output::{
    ExportDocument, ExportInput, ExportOptions, Sink, Verified, Verifier, WriteError, io_at, unique_stems,
};
use crate::formats::read::Progress;
use crate::formats::records::write_line;
use crate::formats::unit_trial::Unit;
use crate::model::{Annotation, Layer, Value};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

pub fn write(
    input: &ExportInput,
    options: &ExportOptions,
    sink: &mut dyn Sink,
    progress: Progress,
) -> Result<Verified, WriteError> {
    let annotators = input.annotators();
    let steps = input.documents.len() * (annotators.len() + 1);
    let name = "documents.jsonl";
    let mut out = sink.file(name)?;
    for (n, document) in input.documents.iter().enumerate() {
        progress.step(n, steps)?;
        write_line(&mut out, &about(document, input, options)?).map_err(io_at(name))?;
    }
    out.flush().map_err(io_at(name))?;
    drop(out);
    let name = "labels.json";
    let mut out = sink.file(name)?;
    serde_json::to_writer_pretty(&mut out, &labels(input)).map_err(|error| io_at(name)(error.into()))?;
    out.write_all(b"\n").and_then(|()| out.flush()).map_err(io_at(name))?;
    drop(out);
    let mut verified = Verified::default();
    for (f, (annotator, stem)) in unique_stems(annotators.into_iter()).iter().enumerate() {
        let name = format!("annotations-{stem}.jsonl");
        let mut out = sink.file(&name)?;
        for (n, document) in input.documents.iter().enumerate() {
            progress.step((f + 1) * input.documents.len() + n, steps)?;
            for layer in document.layers.iter().filter(|l| l.key().annotator.as_str() == *annotator) {
                let mut verifier = Verifier::new(document);
                let line = of_layer(document, layer, input, options, &mut verifier)?;
                write_line(&mut out, &line).map_err(io_at(&name))?;
                verified.slices += verifier.verified().slices;
            }
        }
        out.flush().map_err(io_at(&name))?;
    }
    progress.step(steps, steps)?;
    Ok(verified)
}

/// The line of a document, its keys in labelbuddy's order.
fn about(document: &ExportDocument, input: &ExportInput, options: &ExportOptions) -> Result<Json, WriteError> {
    let mut line = Map::new();
    if !options.plain {
        let extras = extras::json_from_layer(&CARD, document, None, input.project, &mut Verifier::new(document))?;
        line.insert(extras::KEY.to_owned(), extras);
    }
    let title = document.document.title.as_str();
    let display = document.document.metadata.other.get("display_title").map_or(title, String::as_str);
    line.insert("display_title".to_owned(), display.into());
    line.insert("list_title".to_owned(), title.into());
    line.insert("metadata".to_owned(), metadata(document));
    if !options.without_text {
        line.insert("text".to_owned(), document.text.as_str().into());
    }
    line.insert("utf8_text_md5_checksum".to_owned(), md5_hex(document.text).into());
    Ok(Json::Object(line))
}

fn metadata(document: &ExportDocument) -> Json {
    let metadata = &document.document.metadata;
    let known = encode::METADATA_FIELDS.into_iter().zip(encode::metadata_values(metadata));
    let known = known.filter_map(|(name, value)| Some((name, value?.into())));
    let other = metadata.other.iter().filter(|(name, _)| *name != "display_title");
    let other = other.map(|(name, cell)| (name.as_str(), encode::json_from_cell(cell)));
    // Sorted, as labelbuddy writes it.
    let sorted: BTreeMap<&str, Json> = other.chain(known).collect();
    Json::Object(sorted.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn labels(input: &ExportInput) -> Vec<Json> {
    let label = |label: &crate::model::LabelDef| {
        let mut of = Map::new();
        of.insert("name".to_owned(), label.name.as_str().into());
        of.insert("color".to_owned(), label.colour.to_string().to_lowercase().into());
        if let Some(key) = label.key {
            of.insert("shortcut_key".to_owned(), key.to_string().into());
        }
        Json::Object(of)
    };
    input.project.scheme.labels.iter().map(label).collect()
}

/// The work of an annotator in a document, its keys in labelbuddy's order.
#[derive(Serialize)]
struct Line<'a> {
    annotations: Vec<Item<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    byline: Option<Json>,
    metadata: Json,
    utf8_text_md5_checksum: String,
}

#[derive(Serialize)]
struct Item<'a> {
    end_byte: usize,
    end_char: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra_data: Option<String>,
    label_name: &'a str,
    start_byte: usize,
    start_char: usize,
}

/// The line of a layer, in the order of the ids: so others' files come out as they went in.
fn of_layer<'a>(
    document: &ExportDocument,
    layer: &'a Layer,
    input: &ExportInput,
    options: &ExportOptions,
    verifier: &mut Verifier,
) -> Result<Line<'a>, WriteError> {
    let mut annotations: Vec<&Annotation> = layer.annotations().collect();
    annotations.sort_by_key(|a| a.id);
    let mut items = Vec::with_capacity(annotations.len());
    for annotation in &annotations {
        let Some(whole) = fragments_for(&CARD, annotation).first().copied() else { continue };
        let (chars, _) = verifier.slice(&annotation.id.to_string(), whole, Unit::CodePoints)?;
        items.push(Item {
            end_byte: whole.end(),
            end_char: chars.end,
            extra_data: extra_data(annotation),
            label_name: &annotation.label,
            start_byte: whole.start(),
            start_char: chars.start,
        });
    }
    let mut byline = None;
    if !options.plain {
        let mut extras = extras::json_with_quotes(&CARD, document, Some(layer), input.project, options, verifier)?;
        extras["ids"] = annotations.iter().map(|a| a.id.0).collect();
        byline = Some(extras);
    }
    Ok(Line {
        annotations: items,
        byline,
        metadata: metadata(document),
        utf8_text_md5_checksum: md5_hex(document.text),
    })
}

/// The one text that an annotation can have: what is read back as its attributes.
fn extra_data(annotation: &Annotation) -> Option<String> {
    let alone = annotation.attributes.get(EXTRA).filter(|_| annotation.attributes.len() == 1);
    match alone {
        Some(Value::Text(text)) if attributes_from(text).is_none() => Some(text.clone()),
        _ if annotation.attributes.is_empty() => None,
        _ => Some(json_from_attributes(annotation).to_string()),
    }
}
