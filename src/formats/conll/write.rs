//! Writing the four columns of CoNLL-2003.

use super::{CARD, DOCUMENT};
use crate::formats::encode::json_from_document;
use crate::formats::losses::flatten;
use crate::formats::output::{ExportInput, ExportOptions, Sink, Verified, Verifier, WriteError, io_at};
use crate::formats::read::Progress;
use crate::formats::sidecar;
use crate::formats::tags::{TagScheme, forms};
use crate::formats::word_files::{Cut, files, tagged};
use crate::model::{Annotation, Fragment, Layer, Name};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

pub fn write(
    input: &ExportInput,
    options: &ExportOptions,
    sink: &mut dyn Sink,
    progress: Progress,
) -> Result<Verified, WriteError> {
    let layers = || input.documents.iter().flat_map(|d| d.layers.iter().copied());
    let labels: BTreeSet<&Name> = layers().flat_map(Layer::annotations).map(|a| &a.label).collect();
    let forms = forms(labels.into_iter());
    let files = files(input, options, "conll");
    let cuts: Vec<Cut> = input.documents.iter().map(|document| Cut::new(document, input, options)).collect();
    let mut verified = Verified::default();
    let mut about = Vec::new();
    for (n, file) in files.iter().enumerate() {
        let mut out = sink.file(&file.name)?;
        let mut ids = Vec::new();
        for (d, (document, cut)) in input.documents.iter().zip(&cuts).enumerate() {
            progress.step(n * cuts.len() + d, files.len() * cuts.len())?;
            let Some(layer) = file.layer_of(document) else { continue };
            let mut verifier = Verifier::new(document);
            let kept = layer.map_or_else(Vec::new, |l| flatten(l, &input.project.scheme, options.policy).kept);
            let kept = kept.into_iter().filter(|a| file.label.is_none_or(|label| a.label == *label));
            let tags = tagged(&CARD, kept, &cut.words, &mut verifier)?;
            let text = rows(cut, &tags, &forms, options.tags, &mut verifier)?;
            out.write_all(text.as_bytes()).map_err(io_at(&file.name))?;
            verified.slices += verifier.verified().slices;
            ids.push(document.document.id.as_str());
        }
        out.flush().map_err(io_at(&file.name))?;
        about.push(json!({"file": file.name, "annotator": file.annotator, "documents": ids}));
    }
    if !options.plain {
        sidecar::write(sink, &description(input, options, &forms, &about))?;
    }
    progress.step(1, 1)?;
    Ok(verified)
}

fn rows(
    cut: &Cut,
    tags: &BTreeMap<usize, (usize, &Annotation)>,
    forms: &BTreeMap<&Name, String>,
    scheme: TagScheme,
    verifier: &mut Verifier,
) -> Result<String, WriteError> {
    // spaCy knows a document by exactly this line; others look at its first word.
    let mut out = format!("{DOCUMENT} -X- O O\n\n");
    let mut current: Option<(usize, usize, &Name)> = None;
    for sentence in cut.sentences() {
        for n in sentence.clone() {
            let before = current.filter(|(start, len, _)| start + len == n && n > sentence.start);
            if let Some((len, annotation)) = tags.get(&n) {
                current = Some((n, *len, &annotation.label));
            }
            let word = &cut.words[n];
            let Ok(fragment) = Fragment::new(word.start, word.end) else { continue };
            let (_, form) = verifier.slice("a word", fragment, CARD.unit)?;
            out.push_str(form);
            match current.filter(|(start, len, _)| n < start + len) {
                Some((start, len, label)) => {
                    let touches = before.is_some_and(|(_, _, before)| before == label);
                    let letter = scheme.letter(n - start, len, touches);
                    let label = forms.get(label).map_or(label.as_str(), String::as_str);
                    out.extend([" -X- _ ", letter.encode_utf8(&mut [0; 4]), "-", label, "\n"]);
                }
                None => out.push_str(" -X- _ O\n"),
            }
        }
        out.push('\n');
    }
    Ok(out)
}

/// What the columns cannot say, for people and for Byline.
fn description(input: &ExportInput, options: &ExportOptions, forms: &BTreeMap<&Name, String>, files: &[Json]) -> Json {
    let renamed = forms.iter().filter(|(label, form)| label.as_str() != form.as_str());
    let labels: Map<String, Json> = renamed.map(|(label, form)| (form.clone(), label.as_str().into())).collect();
    let documents: Vec<Json> = input.documents.iter().map(|d| json_from_document(d.document)).collect();
    json!({
        "format": CARD.name,
        "tags": options.tags.option(),
        "flatten": options.policy.option(),
        "columns": ["word", "part of speech (none: -X-)", "phrase (none: _)", "tag"],
        "words": "Unicode UAX #29, cut where a span begins or ends; white space is left out",
        "labels": labels,
        "files": files,
        "documents": documents,
    })
}
