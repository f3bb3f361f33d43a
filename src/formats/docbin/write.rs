//! Which files there are, and what each document says in them.

use super::container::{Container, Content, Mark, Marks};
use super::{CARD, about};
use crate::formats::losses::{Policy, flatten};
use crate::formats::output::{
    ExportDocument, ExportInput, ExportOptions, Sink, Verified, Verifier, WriteError, io_at, put, referred_entities,
    unique_stems,
};
use crate::formats::read::Progress;
use crate::formats::tokens::{self, Token};
use crate::formats::{encode, extras};
use crate::model::{Annotation, EntityId, Fragment, Layer, Name, Project, Span, Value, sha256_hex};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

/// The group of all spans: the one that spaCy's categoriser of spans looks for.
const ALL: &str = "sc";
/// The group of the parts of discontinuous spans.
const FRAGMENTS: &str = "fragments";

/// A file: the work of one annotator, or what nobody has worked on.
#[derive(Debug)]
pub struct File<'a> {
    pub name: String,
    pub annotator: Option<&'a Name>,
    /// Only its spans, if given.
    pub label: Option<&'a Name>,
    pub documents: usize,
    pub spans: usize,
    pub entities: usize,
    pub sha256: String,
}

pub fn write(
    input: &ExportInput,
    options: &ExportOptions,
    sink: &mut dyn Sink,
    progress: Progress,
) -> Result<Verified, WriteError> {
    let mut files = files(input, options.policy);
    let steps = files.len() * input.documents.len();
    let mut verified = Verified::default();
    for (f, file) in files.iter_mut().enumerate() {
        let mut container = Container::default();
        for (n, document) in input.documents.iter().enumerate() {
            progress.step(f * input.documents.len() + n, steps)?;
            let mut worked_on = document.layers.iter().copied().filter(|layer| layer.is_worked_on());
            let layer = match file.annotator {
                Some(annotator) => match worked_on.find(|layer| layer.key().annotator == *annotator) {
                    None => continue,
                    layer => layer,
                },
                None if worked_on.next().is_some() => continue,
                None => None,
            };
            let mut verifier = Verifier::new(document);
            let content = content(document, layer, file.label, input.project, options.policy, &mut verifier)?;
            if let Some(marks) = &content.marks {
                file.entities += marks.entities.len();
                file.spans += marks.groups.iter().filter(|(key, _)| *key == ALL).map(|(_, m)| m.len()).sum::<usize>();
            }
            container.add(&content).map_err(io_at(&file.name))?;
            verified.slices += verifier.verified().slices;
        }
        file.documents = container.len();
        let mut bytes = Vec::new();
        container.write(&mut bytes).map_err(io_at(&file.name))?;
        file.sha256 = sha256_hex(&bytes);
        put(sink, &file.name, &bytes)?;
    }
    if !options.plain {
        put(sink, "README.md", about::page(&files).as_bytes())?;
        let scheme = serde_json::to_string_pretty(&encode::json_from_scheme(&input.project.scheme)).unwrap_or_default();
        put(sink, "scheme.json", format!("{scheme}\n").as_bytes())?;
    }
    progress.step(steps, steps)?;
    Ok(verified)
}

fn files<'a>(input: &ExportInput<'a>, policy: Policy) -> Vec<File<'a>> {
    let worked_on = |document: &ExportDocument<'a>| -> Vec<&'a Layer> {
        document.layers.iter().copied().filter(|layer| layer.is_worked_on()).collect()
    };
    let mut whose: BTreeMap<&Name, BTreeSet<&Name>> = BTreeMap::new();
    for layer in input.documents.iter().flat_map(worked_on) {
        let labels = layer.annotations().map(|annotation| &annotation.label);
        whose.entry(&layer.key().annotator).or_default().extend(labels);
    }
    let several = whose.len() > 1;
    let mut parts: Vec<(Option<&Name>, Option<&Name>, String)> = Vec::new();
    for (annotator, labels) in whose {
        let name = if several { annotator.as_str() } else { "" };
        if policy == Policy::OneFilePerLabel && !labels.is_empty() {
            let stem = |label: &Name| if several { format!("{name}\0{label}") } else { label.to_string() };
            parts.extend(labels.into_iter().map(|label| (Some(annotator), Some(label), stem(label))));
        } else {
            parts.push((Some(annotator), None, name.to_owned()));
        }
    }
    let stems = unique_stems(parts.iter().map(|(_, _, stem)| stem.as_str()).filter(|stem| !stem.is_empty()));
    let file = |name: String, annotator, label| File {
        name,
        annotator,
        label,
        documents: 0,
        spans: 0,
        entities: 0,
        sha256: String::new(),
    };
    let mut files: Vec<File> = Vec::new();
    for (annotator, label, stem) in &parts {
        let stem = stems.get(stem.as_str()).map_or_else(String::new, |stem| format!("-{stem}"));
        files.push(file(format!("annotations{stem}.spacy"), *annotator, *label));
    }
    if input.documents.iter().any(|document| worked_on(document).is_empty()) {
        files.push(file("unannotated.spacy".to_owned(), None, None));
    }
    files
}

/// A document as the work of one annotator.
fn content<'a>(
    document: &ExportDocument<'a>,
    layer: Option<&'a Layer>,
    label: Option<&Name>,
    project: &'a Project,
    policy: Policy,
    verifier: &mut Verifier<'a>,
) -> Result<Content<'a>, WriteError> {
    let annotations: Vec<&Annotation> = layer.into_iter().flat_map(Layer::annotations).collect();
    let tokens = tokens::tokens(document.text.as_str(), annotations.iter().map(|a| &a.span));
    let mut words = Vec::with_capacity(tokens.len());
    for token in &tokens {
        let Ok(fragment) = Fragment::new(token.bytes.start, token.bytes.end) else { continue };
        let (_, word) = verifier.slice("a token", fragment, CARD.unit)?;
        words.push((word, token.space_after));
    }
    let mut all = Vec::new();
    let mut parts = Vec::new();
    let mut told = Map::new();
    for annotation in &annotations {
        let kb_id = wikidata(annotation, project);
        let mut mark = |span: Span| -> Result<Mark<'a>, WriteError> {
            let hull = span.hull();
            let whole = Fragment::new(hull.start, hull.end);
            let id = annotation.id.to_string();
            // A span that was taken from a layer has a hull.
            let code_points = whole.map(|whole| verifier.slice(&id, whole, CARD.unit)).ok().transpose()?;
            let (code_points, _) = code_points.unwrap_or_default();
            Ok(Mark { words: words_of(&tokens, &hull), code_points, label: &annotation.label, kb_id, id })
        };
        let whole = mark(annotation.span.clone())?;
        let fragments = annotation.span.fragments().filter(|_| annotation.span.is_discontinuous());
        let fragments = fragments.map(|fragment| mark(fragment.into())).collect::<Result<Vec<_>, _>>()?;
        told.insert(whole.id.clone(), of_annotation(annotation, &whole, &fragments));
        if label.is_none_or(|label| annotation.label == *label) {
            all.push(whole);
            parts.extend(fragments);
        }
    }
    let user_data = user_data(document, layer, &told, project);
    let Some(layer) = layer else { return Ok(Content { words, marks: None, user_data }) };
    let kept: HashSet<String> =
        flatten(layer, &project.scheme, policy).kept.iter().map(|annotation| annotation.id.to_string()).collect();
    let entities = all.iter().filter(|mark| kept.contains(&mark.id)).filter_map(|mark| as_entity(mark, &words));
    let entities = entities.collect();
    let mut groups = vec![(ALL, all)];
    if !parts.is_empty() {
        groups.push((FRAGMENTS, parts));
    }
    Ok(Content { words, marks: Some(Marks { entities, groups }), user_data })
}

/// The tokens that a range covers; they were cut so that it begins and ends with them.
fn words_of(tokens: &[Token], bytes: &Range<usize>) -> Range<usize> {
    tokens::covered(tokens, bytes).map(|(first, last)| first..last + 1).unwrap_or_default()
}

/// As it stands in `doc.ents`: without white space at its ends, which makes spaCy's training fail; `None` for nothing
/// but white space.
fn as_entity<'a>(mark: &Mark<'a>, words: &[(&str, bool)]) -> Option<Mark<'a>> {
    let blank = |n: &usize| words.get(*n).is_none_or(|(word, _)| word.chars().all(is_space_in_python));
    let first = mark.words.clone().find(|n| !blank(n))?;
    let last = mark.words.clone().rev().find(|n| !blank(n))?;
    Some(Mark { words: first..last + 1, ..mark.clone() })
}

/// What spaCy takes for white space: as Python's `str.isspace`, with four separators that Unicode's property lacks.
pub fn is_space_in_python(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// The Wikidata item of the entity to which an annotation refers; empty for none.
fn wikidata<'a>(annotation: &Annotation, project: &'a Project) -> &'a str {
    let ids =
        annotation.attributes.values().filter_map(Value::as_text).filter_map(|text| text.parse::<EntityId>().ok());
    let items = ids.filter_map(|id| project.entities.get(&id)?.wikidata.as_deref());
    items.into_iter().next().unwrap_or_default()
}

/// What spans have no place for, and their places once more, so that it stands alone.
fn of_annotation(annotation: &Annotation, whole: &Mark, fragments: &[Mark]) -> Json {
    let mut of = Map::new();
    of.insert("label".to_owned(), annotation.label.as_str().into());
    of.insert("start".to_owned(), whole.code_points.start.into());
    of.insert("end".to_owned(), whole.code_points.end.into());
    if !fragments.is_empty() {
        let fragments = fragments.iter().map(|part| json!([part.code_points.start, part.code_points.end]));
        of.insert("fragments".to_owned(), fragments.collect());
    }
    of.insert("attributes".to_owned(), extras::json_from_attributes(annotation));
    of.insert("note".to_owned(), annotation.note.as_str().into());
    of.extend(extras::provenance(&annotation.provenance));
    Json::Object(of)
}

fn user_data(
    document: &ExportDocument,
    layer: Option<&Layer>,
    annotations: &Map<String, Json>,
    project: &Project,
) -> Json {
    let links = layer.into_iter().flat_map(Layer::links).map(|link| {
        let mut of = Map::new();
        for (key, value) in [("id", link.id.to_string()), ("kind", link.kind.to_string())] {
            of.insert(key.to_owned(), value.into());
        }
        for (key, value) in [("from", link.from), ("to", link.to)] {
            of.insert(key.to_owned(), value.to_string().into());
        }
        of.insert("note".to_owned(), link.note.as_str().into());
        of.extend(extras::provenance(&link.provenance));
        Json::Object(of)
    });
    let entities =
        referred_entities(project, layer).map(|entity| (entity.id.to_string(), encode::json_from_entity(entity)));
    json!({
        // displaCy shows it.
        "title": document.document.title,
        "document": encode::json_from_document(document.document),
        "sha256": document.text.sha256(),
        "annotator": layer.map(|layer| layer.key().annotator.as_str()),
        "status": layer.map(|layer| encode::status_name(layer.status())),
        "annotations": annotations,
        "links": links.collect::<Vec<_>>(),
        "entities": entities.collect::<Map<_, _>>(),
    })
}
