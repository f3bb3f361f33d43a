//! Writing tasks, line by line.

use super::CARD;
use crate::formats::encode::{self, METADATA_FIELDS};
use crate::formats::extras;
use crate::formats::losses::fragments_for;
use crate::formats::output::{ExportDocument, ExportInput, ExportOptions, Sink, Verified, Verifier, WriteError, io_at};
use crate::formats::read::Progress;
use crate::formats::tokens::{self, Token};
use crate::model::{Annotation, AnnotationId, Fragment, Layer};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::io;
use std::ops::Range;

#[derive(Serialize)]
struct Task<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    tokens: Vec<Word<'a>>,
    spans: Vec<Part<'a>>,
    relations: Vec<Relation<'a>>,
    meta: Json,
    #[serde(rename = "_annotator_id", skip_serializing_if = "Option::is_none")]
    annotator: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    byline: Option<Json>,
}

#[derive(Serialize)]
struct Word<'a> {
    text: &'a str,
    start: usize,
    end: usize,
    id: usize,
    ws: bool,
}

/// A span; `token_end` is the last token, not the one after it.
#[derive(Serialize, Clone)]
struct Part<'a> {
    start: usize,
    end: usize,
    token_start: usize,
    token_end: usize,
    label: &'a str,
}

/// A relation; `head` and `child` are the last tokens of the two spans.
#[derive(Serialize)]
struct Relation<'a> {
    head: usize,
    child: usize,
    head_span: Part<'a>,
    child_span: Part<'a>,
    label: &'a str,
}

pub fn write(
    input: &ExportInput,
    options: &ExportOptions,
    sink: &mut dyn Sink,
    progress: Progress,
) -> Result<Verified, WriteError> {
    let name = "annotations.jsonl";
    let mut out = sink.file(name)?;
    let mut verified = Verified::default();
    for (n, document) in input.documents.iter().enumerate() {
        progress.step(n, input.documents.len())?;
        let layers = document.layers.iter().copied().map(Some);
        // A document that nobody has worked on is a task to be done.
        let todo = document.layers.is_empty().then_some(None);
        for layer in layers.chain(todo) {
            let mut verifier = Verifier::new(document);
            let task = task(document, layer, input, options, &mut verifier)?;
            let line = || -> io::Result<()> {
                serde_json::to_writer(&mut out, &task)?;
                out.write_all(b"\n")
            };
            let mut line = line;
            line().map_err(io_at(name))?;
            verified.slices += verifier.verified().slices;
        }
    }
    out.flush().map_err(io_at(name))?;
    Ok(verified)
}

fn task<'a>(
    document: &ExportDocument<'a>,
    layer: Option<&'a Layer>,
    input: &ExportInput,
    options: &ExportOptions,
    verifier: &mut Verifier<'a>,
) -> Result<Task<'a>, WriteError> {
    let text = document.text.as_str();
    let annotations: Vec<&Annotation> = layer.into_iter().flat_map(Layer::annotations).collect();
    let tokens = tokens::tokens(text, annotations.iter().map(|a| &a.span));
    let mut words = Vec::with_capacity(tokens.len());
    for (id, token) in tokens.iter().enumerate().filter(|_| !options.without_text) {
        let Ok(fragment) = Fragment::new(token.bytes.start, token.bytes.end) else { continue };
        let (at, word) = verifier.slice("a token", fragment, CARD.unit)?;
        words.push(Word { text: word, start: at.start, end: at.end, id, ws: token.space_after });
    }
    let mut spans = Vec::with_capacity(annotations.len());
    let mut by_id: HashMap<AnnotationId, usize> = HashMap::new();
    for annotation in &annotations {
        let Some(whole) = fragments_for(&CARD, annotation).first().copied() else { continue };
        let (at, _) = verifier.slice(&annotation.id.to_string(), whole, CARD.unit)?;
        by_id.insert(annotation.id, spans.len());
        spans.push(part(annotation, &tokens, at));
    }
    let relations = layer.into_iter().flat_map(Layer::links).filter_map(|link| {
        let (head_span, child_span) = (spans[*by_id.get(&link.from)?].clone(), spans[*by_id.get(&link.to)?].clone());
        let (head, child) = (head_span.token_end, child_span.token_end);
        Some(Relation { head, child, head_span, child_span, label: &link.kind })
    });
    let relations = relations.collect();
    let mut byline = None;
    if !options.plain {
        let mut extras = extras::json_with_quotes(&CARD, document, layer, input.project, options, verifier)?;
        extras["ids"] = annotations.iter().map(|a| a.id.0).collect();
        let links = || layer.into_iter().flat_map(Layer::links);
        extras["link_ids"] = links().map(|l| l.id.0).collect();
        // Spans that differ in their attributes only are one and the same in a relation.
        extras["link_from"] = links().map(|l| l.from.0).collect();
        extras["link_to"] = links().map(|l| l.to.0).collect();
        byline = Some(extras);
    }
    Ok(Task {
        text: (!options.without_text).then_some(text),
        tokens: words,
        spans,
        relations,
        meta: meta(document),
        annotator: layer.map(|l| l.key().annotator.as_str()),
        answer: layer.map(|_| "accept"),
        byline,
    })
}

fn part<'a>(annotation: &'a Annotation, tokens: &[Token], at: Range<usize>) -> Part<'a> {
    // The tokens were cut so that every span fits.
    let (token_start, token_end) = tokens::covered(tokens, &annotation.span.hull()).unwrap_or_default();
    Part { start: at.start, end: at.end, token_start, token_end, label: &annotation.label }
}

fn meta(document: &ExportDocument) -> Json {
    let metadata = &document.document.metadata;
    let known = METADATA_FIELDS.into_iter().zip(encode::metadata_values(metadata));
    let known = known.filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
    let other = metadata.other.iter().map(|(name, cell)| (name.clone(), encode::json_from_cell(cell)));
    let title = [("title".to_owned(), Json::from(document.document.title.as_str()))];
    Json::Object(other.chain(title).chain(known).collect::<Map<_, _>>())
}
