//! Writing the four columns of CoNLL-2003.

use super::{CARD, DOCUMENT};
use crate::formats::encode::json_from_document;
use crate::formats::losses::{Policy, flatten, fragments_for};
use crate::formats::output::{
    ExportDocument, ExportInput, ExportOptions, Sink, Verified, Verifier, WriteError, io_at, unique_stems,
};
use crate::formats::read::Progress;
use crate::formats::sidecar;
use crate::formats::tags::{TagScheme, forms};
use crate::formats::tokens;
use crate::model::{Annotation, Fragment, Layer, Name};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::ops::Range;

/// A file that is written: whose it is, and of which label if it is of one.
struct File<'a> {
    name: String,
    annotator: Option<&'a str>,
    label: Option<&'a Name>,
}

/// A document in words. They are the same in all files, so that those of several annotators can be compared.
struct Cut {
    words: Vec<Range<usize>>,
    sentences: Vec<usize>,
}

pub fn write(
    input: &ExportInput,
    options: &ExportOptions,
    sink: &mut dyn Sink,
    progress: Progress,
) -> Result<Verified, WriteError> {
    if options.without_text {
        return Err(WriteError::NeedsText(CARD.title));
    }
    let layers = || input.documents.iter().flat_map(|d| d.layers.iter().copied());
    let labels: BTreeSet<&Name> = layers().flat_map(Layer::annotations).map(|a| &a.label).collect();
    let forms = forms(labels.into_iter());
    let files = files(input, options);
    let cuts: Vec<Cut> = input.documents.iter().map(|document| cut(document, input, options)).collect();
    let mut verified = Verified::default();
    let mut about = Vec::new();
    for (n, file) in files.iter().enumerate() {
        let mut out = sink.file(&file.name)?;
        let mut ids = Vec::new();
        for (d, (document, cut)) in input.documents.iter().zip(&cuts).enumerate() {
            progress.step(n * cuts.len() + d, files.len() * cuts.len())?;
            let layer = document.layers.iter().copied().find(|l| Some(l.key().annotator.as_str()) == file.annotator);
            // A document without any work stands in every file: it is still to be annotated.
            if layer.is_none() && !document.layers.is_empty() {
                continue;
            }
            let mut verifier = Verifier::new(document);
            let kept = layer.map_or_else(Vec::new, |l| flatten(l, &input.project.scheme, options.policy).kept);
            let kept = kept.into_iter().filter(|a| file.label.is_none_or(|label| a.label == *label));
            let tags = tags(kept, &cut.words, &mut verifier)?;
            let text = rows(cut, &tags, &forms, options.tags, &mut verifier)?;
            out.write_all(text.as_bytes()).map_err(io_at(&file.name))?;
            verified.slices += verifier.verified().slices;
            ids.push(document.document.id.as_str());
        }
        out.flush().map_err(io_at(&file.name))?;
        about.push(json!({"file": file.name, "annotator": file.annotator, "documents": ids}));
    }
    if !options.plain {
        sidecar::write(sink, &description(input, options, &forms, about))?;
    }
    progress.step(1, 1)?;
    Ok(verified)
}

/// The files: one, or one for each annotator, or one for each label of each.
fn files<'a>(input: &ExportInput<'a>, options: &ExportOptions) -> Vec<File<'a>> {
    let layers = || input.documents.iter().flat_map(|d| d.layers.iter().copied());
    let annotators: BTreeSet<&str> = layers().map(|l| l.key().annotator.as_str()).collect();
    let stems = unique_stems(annotators.iter().copied());
    let one = [(None, String::new())];
    let whose: Vec<(Option<&str>, String)> = match annotators.len() {
        0 => one.to_vec(),
        1 => annotators.iter().map(|name| (Some(*name), String::new())).collect(),
        _ => stems.into_iter().map(|(name, stem)| (Some(name), stem)).collect(),
    };
    let mut files = Vec::new();
    for (annotator, stem) in whose {
        if options.policy == Policy::OneFilePerLabel {
            let mine = layers().filter(|l| Some(l.key().annotator.as_str()) == annotator);
            let labels: BTreeSet<&Name> = mine.flat_map(Layer::annotations).map(|a| &a.label).collect();
            let names = unique_stems(labels.iter().map(|label| label.as_str()));
            let folder = if stem.is_empty() { String::new() } else { format!("{stem}/") };
            for label in labels.iter().copied() {
                let name = names.get(label.as_str()).map_or("label", String::as_str);
                files.push(File { name: format!("{folder}{name}.conll"), annotator, label: Some(label) });
            }
            if !labels.is_empty() {
                continue;
            }
        }
        let name = if stem.is_empty() { "annotations.conll".to_owned() } else { format!("{stem}.conll") };
        files.push(File { name, annotator, label: None });
    }
    files
}

fn cut(document: &ExportDocument, input: &ExportInput, options: &ExportOptions) -> Cut {
    let text = document.text.as_str();
    let layers = document.layers.iter();
    let kept: Vec<&Annotation> =
        layers.flat_map(|layer| flatten(layer, &input.project.scheme, options.policy).kept).collect();
    let spans = || kept.iter().map(|a| &a.span);
    Cut { words: tokens::words(text, spans()), sentences: tokens::sentence_starts(text, spans()) }
}

/// The label of each word of each annotation, by its first word. What holds no word has no place: it is listed as lost.
fn tags<'a>(
    kept: impl Iterator<Item = &'a Annotation>,
    words: &[Range<usize>],
    verifier: &mut Verifier,
) -> Result<BTreeMap<usize, (usize, &'a Name)>, WriteError> {
    let mut tags = BTreeMap::new();
    for annotation in kept {
        for whole in fragments_for(&CARD, annotation) {
            verifier.slice(&annotation.id.to_string(), whole, CARD.unit)?;
        }
        let own = tokens::within(words, &annotation.span.hull());
        if !own.is_empty() {
            tags.insert(own.start, (own.len(), &annotation.label));
        }
    }
    Ok(tags)
}

fn rows(
    cut: &Cut,
    tags: &BTreeMap<usize, (usize, &Name)>,
    forms: &BTreeMap<&Name, String>,
    scheme: TagScheme,
    verifier: &mut Verifier,
) -> Result<String, WriteError> {
    // spaCy knows a document by exactly this line; others look at its first word.
    let mut out = format!("{DOCUMENT} -X- O O\n\n");
    let mut sentences = cut.sentences.iter().copied().peekable();
    let mut begins = true;
    let mut current: Option<(usize, usize, &Name)> = None;
    for (n, word) in cut.words.iter().enumerate() {
        while sentences.next_if(|start| *start <= word.start).is_some() {
            begins = true;
        }
        if begins && n > 0 {
            out.push('\n');
        }
        let before = current.filter(|(start, len, _)| start + len == n && !begins).map(|(_, _, label)| label);
        begins = false;
        if let Some(&(len, label)) = tags.get(&n) {
            current = Some((n, len, label));
        }
        let Ok(fragment) = Fragment::new(word.start, word.end) else { continue };
        let (_, form) = verifier.slice("a word", fragment, CARD.unit)?;
        out.push_str(form);
        match current.filter(|(start, len, _)| n < start + len) {
            Some((start, len, label)) => {
                let letter = scheme.letter(n - start, len, before == Some(label));
                let label = forms.get(label).map_or(label.as_str(), String::as_str);
                out.extend([" -X- _ ", letter.encode_utf8(&mut [0; 4]), "-", label, "\n"]);
            }
            None => out.push_str(" -X- _ O\n"),
        }
    }
    out.push('\n');
    Ok(out)
}

/// What the columns cannot say, for people and for Byline.
fn description(
    input: &ExportInput,
    options: &ExportOptions,
    forms: &BTreeMap<&Name, String>,
    files: Vec<Json>,
) -> Json {
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
