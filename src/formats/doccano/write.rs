//! Writing doccano's entities-and-relations shape, line by line.

use super::{CARD, labels};
use crate::formats::encode::{self, METADATA_FIELDS};
use crate::formats::extras;
use crate::formats::losses::fragments_for;
use crate::formats::output::{
    ExportDocument, ExportInput, ExportOptions, Sink, Verified, Verifier, WriteError, io_at, unique_stems,
};
use crate::formats::read::Progress;
use crate::model::{Annotation, Layer, Link, Project};
use serde_json::{Map, Value as Json};
use std::io::{self, Write};

/// Keys of a line that metadata may not take.
const OWN: [&str; 6] = ["id", "text", "entities", "relations", "label", extras::KEY];

pub fn write(
    input: &ExportInput,
    options: &ExportOptions,
    sink: &mut dyn Sink,
    progress: Progress,
) -> Result<Verified, WriteError> {
    let annotators = input.annotators();
    let several = annotators.len() > 1;
    let stems = unique_stems(annotators.iter().copied());
    let files: Vec<(Option<&str>, String)> = match (several, annotators.first()) {
        (true, _) => stems.iter().map(|(name, stem)| (Some(*name), format!("{stem}.jsonl"))).collect(),
        (false, only) => vec![(only.copied(), "all.jsonl".to_owned())],
    };
    let mut slices = 0;
    let steps = files.len() * input.documents.len();
    for (f, (annotator, name)) in files.iter().enumerate() {
        let mut out = sink.file(name)?;
        for (n, document) in input.documents.iter().enumerate() {
            progress.step(f * input.documents.len() + n, steps)?;
            let layer = document.layers.iter().copied().find(|l| Some(l.key().annotator.as_str()) == *annotator);
            // A document without any work stands in every file: it is still to be annotated.
            if layer.is_some() || document.layers.is_empty() {
                let mut verifier = Verifier::new(document);
                let line = line(n + 1, document, layer, input.project, options, &mut verifier)?;
                out.write_all(&line).map_err(io_at(name))?;
                slices += verifier.verified().slices;
            }
        }
        out.flush().map_err(io_at(name))?;
    }
    let layers: Vec<&Layer> = input.documents.iter().flat_map(|d| &d.layers).copied().collect();
    labels::write(&input.project.scheme, &layers, sink)?;
    progress.step(steps, steps)?;
    Ok(Verified { slices })
}

/// One document with one layer, as a line.
fn line(
    number: usize,
    document: &ExportDocument,
    layer: Option<&Layer>,
    project: &Project,
    options: &ExportOptions,
    verifier: &mut Verifier,
) -> Result<Vec<u8>, WriteError> {
    let annotations = layer.map_or(0, Layer::len);
    let mut out: Vec<u8> = Vec::with_capacity(document.text.len() + 80 * annotations + 512);
    let failed = io_at("doccano");
    let mut written = || -> io::Result<()> {
        write!(out, "{{\"id\":{number}")?;
        if !options.without_text {
            out.extend_from_slice(b",\"text\":");
            serde_json::to_writer(&mut out, document.text.as_str())?;
        }
        out.extend_from_slice(b",\"entities\":[");
        Ok(())
    };
    written().map_err(&failed)?;
    for (n, annotation) in layer.into_iter().flat_map(Layer::annotations).enumerate() {
        let fragments = fragments_for(&CARD, annotation);
        let Some(whole) = fragments.first() else { continue };
        let (at, _) = verifier.slice(&annotation.id.to_string(), *whole, CARD.unit)?;
        out.extend_from_slice(if n > 0 { b"," } else { b"" });
        entity(&mut out, annotation, at).map_err(&failed)?;
    }
    out.extend_from_slice(b"],\"relations\":[");
    for (n, link) in layer.into_iter().flat_map(Layer::links).enumerate() {
        out.extend_from_slice(if n > 0 { b"," } else { b"" });
        relation(&mut out, link).map_err(&failed)?;
    }
    out.push(b']');
    let mut rest = metadata(document);
    if !options.plain {
        rest.insert(
            extras::KEY.to_owned(),
            extras::json_with_quotes(&CARD, document, layer, project, options, verifier)?,
        );
    }
    for (key, value) in &rest {
        let mut pair = || -> io::Result<()> {
            out.push(b',');
            serde_json::to_writer(&mut out, key)?;
            out.push(b':');
            serde_json::to_writer(&mut out, value)?;
            Ok(())
        };
        pair().map_err(&failed)?;
    }
    out.extend_from_slice(b"}\n");
    Ok(out)
}

fn entity(out: &mut Vec<u8>, annotation: &Annotation, at: std::ops::Range<usize>) -> io::Result<()> {
    write!(out, "{{\"id\":{},\"label\":", annotation.id.0)?;
    serde_json::to_writer(&mut *out, annotation.label.as_str())?;
    write!(out, ",\"start_offset\":{},\"end_offset\":{}}}", at.start, at.end)
}

fn relation(out: &mut Vec<u8>, link: &Link) -> io::Result<()> {
    write!(out, "{{\"id\":{},\"from_id\":{},\"to_id\":{},\"type\":", link.id.0, link.from.0, link.to.0)?;
    serde_json::to_writer(&mut *out, link.kind.as_str())?;
    out.push(b'}');
    Ok(())
}

/// Metadata as doccano has it: columns of the line.
fn metadata(document: &ExportDocument) -> Map<String, Json> {
    let metadata = &document.document.metadata;
    let known = METADATA_FIELDS.into_iter().zip(encode::metadata_values(metadata));
    let known = known.filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
    let other = metadata.other.iter().map(|(name, value)| (name.clone(), value.clone().into()));
    let title = [("title".to_owned(), document.document.title.clone().into())];
    let all = other.chain(title).chain(known);
    all.filter(|(name, _)| !OWN.contains(&name.as_str())).collect()
}
