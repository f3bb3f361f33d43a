//! Writing documents as INCEpTION writes them: a file for each document and annotator.

use super::escape::{push_line, push_token, push_value, shown, shown_text, value_from};
use super::header::{BYLINE, FORMAT, TEXT};
use super::layout::{At, Layout};
use super::types::{Column, Layers, Spans, TypeNames};
use super::{CARD, NOTE, features};
use crate::formats::cas::names::Forms;
use crate::formats::losses::fragments_for;
use crate::formats::output::{ExportDocument, ExportInput, ExportOptions, Sink, Verified, Verifier, WriteError, io_at};
use crate::formats::read::Progress;
use crate::formats::{annotators, encode, extras, records};
use crate::model::{Annotation, AnnotationId, Fragment, Layer, Link, Name, Value};
use serde_json::{Map, Value as Json, json};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::ops::Range;

/// INCEpTION finds no part of a token by a number of two digits.
const PARTS_FOUND: usize = 9;

pub fn write(
    input: &ExportInput,
    options: &ExportOptions,
    sink: &mut dyn Sink,
    progress: Progress,
) -> Result<Verified, WriteError> {
    let forms = Forms::new(input);
    let types = TypeNames::new(&forms);
    let mut verified = Verified::default();
    annotators::each_file(input, progress, |document, layer, stem| {
        let mut verifier = Verifier::new(document);
        let content =
            Writing::new(document, layer, &types, input, &mut verifier)?.file(input, options, &mut verifier)?;
        let name = format!("{stem}.tsv");
        let mut file = sink.file(&name)?;
        std::io::Write::write_all(&mut file, content.as_bytes()).map_err(io_at(&name))?;
        std::io::Write::flush(&mut file).map_err(io_at(&name))?;
        verified.slices += verifier.verified().slices;
        Ok(())
    })?;
    Ok(verified)
}

/// One file while it is written.
struct Writing<'a, 't> {
    document: &'t ExportDocument<'a>,
    layer: Option<&'a Layer>,
    types: &'t TypeNames<'t>,
    layers: Layers<'a>,
    annotations: Vec<&'a Annotation>,
    /// The span layer of each annotation.
    group: Vec<usize>,
    /// Whether an annotation is told from others by its number.
    numbered: Vec<bool>,
    layout: Layout,
    /// The links that stand in a row: those that point to the annotation that begins there.
    links: HashMap<At, Vec<&'a Link>>,
    places: HashMap<AnnotationId, usize>,
}

impl<'a, 't> Writing<'a, 't> {
    fn new(
        document: &'t ExportDocument<'a>,
        layer: Option<&'a Layer>,
        types: &'t TypeNames<'t>,
        input: &ExportInput,
        verifier: &mut Verifier<'a>,
    ) -> Result<Self, WriteError> {
        let layers = Layers::new(layer, types, input);
        let groups: HashMap<&Name, usize> = layers.spans.iter().enumerate().map(|(n, s)| (s.label, n)).collect();
        let (mut annotations, mut hulls, mut group) = (Vec::new(), Vec::new(), Vec::new());
        for annotation in layer.into_iter().flat_map(Layer::annotations) {
            let Some(whole) = fragments_for(&CARD, annotation).first().copied() else { continue };
            verifier.slice(&annotation.id.to_string(), whole, CARD.unit)?;
            annotations.push(annotation);
            hulls.push(whole.range());
            group.push(groups.get(&annotation.label).copied().unwrap_or_default());
        }
        let mut order: Vec<usize> = (0..annotations.len()).collect();
        order.sort_by_key(|n| group.get(*n).copied());
        let layout = Layout::new(document.text.as_str(), &hulls, order.into_iter());
        let places: HashMap<_, _> = annotations.iter().enumerate().map(|(n, a)| (a.id, n)).collect();
        let mut links: HashMap<At, Vec<&Link>> = HashMap::new();
        for link in layer.into_iter().flat_map(Layer::links) {
            let Some(to) = places.get(&link.to).filter(|_| places.contains_key(&link.from)) else { continue };
            links.entry(layout.at(*to)).or_default().push(link);
        }
        let numbered = vec![false; annotations.len()];
        let mut writing = Self { document, layer, types, layers, annotations, group, numbered, layout, links, places };
        writing.number();
        Ok(writing)
    }

    /// Finds out which annotations need their number: those of several tokens, those that share a row with another of
    /// their layer, and ends of links that nothing else could name.
    fn number(&mut self) {
        let mut numbered: Vec<bool> = (0..self.annotations.len()).map(|n| self.layout.is_long(n)).collect();
        let mut seen: Vec<Option<usize>> = vec![None; self.layers.spans.len()];
        let done = self.layout.rows(|_, _, all| {
            seen.fill(None);
            for n in all {
                let Some(first) = self.group.get(*n).and_then(|group| seen.get_mut(*group)) else { continue };
                if let Some(first) = *first {
                    numbered[first] = true;
                    numbered[*n] = true;
                }
                first.get_or_insert(*n);
            }
            Ok::<(), std::convert::Infallible>(())
        });
        let Ok(()) = done;
        let of_any: HashSet<&Name> =
            self.layers.relations.iter().filter(|r| r.base.is_none()).map(|relations| relations.kind).collect();
        for link in self.links.values().flatten() {
            for n in [link.from, link.to].iter().filter_map(|id| self.places.get(id)) {
                let hidden = self.layout.at(*n).part.is_some_and(|part| part >= PARTS_FOUND);
                numbered[*n] |= hidden || of_any.contains(&link.kind);
            }
        }
        self.numbered = numbered;
    }

    fn file(
        &self,
        input: &ExportInput,
        options: &ExportOptions,
        verifier: &mut Verifier<'a>,
    ) -> Result<String, WriteError> {
        let mut told = Told::default();
        let body = self.body(&mut told, verifier)?;
        let mut out = format!("{FORMAT}3.3\n{}\n\n", self.layers.header(self.types));
        if !options.plain {
            let mut json = extras::json_from_layer(&CARD, self.document, self.layer, input.project, verifier)?;
            json["ids"] = told.ids.into();
            json["link_ids"] = told.link_ids.into();
            for (key, object) in [("names", self.layers.names(self.types)), ("values", told.values)] {
                if !object.is_empty() {
                    json[key] = object.into();
                }
            }
            out.extend([BYLINE, &records::as_ascii(&json), "\n"]);
        }
        Ok(out + &body)
    }

    /// The sentences.
    fn body(&self, told: &mut Told, verifier: &mut Verifier<'a>) -> Result<String, WriteError> {
        let text = self.document.text.as_str();
        let mut out = String::with_capacity(text.len() * 4);
        let mut seen = vec![false; self.annotations.len()];
        let mut stacks: Vec<Vec<usize>> = vec![Vec::new(); self.layers.spans.len()];
        let sentences = &self.layout.units.sentences;
        let (mut sentence, mut first) = (0, 0);
        self.layout.rows(|at, bytes, all| {
            if at.part.is_none() && sentences.get(sentence).is_some_and(|s| s.tokens.start == at.token) {
                out.push_str(if sentence > 0 { "\n" } else { "" });
                let lines = sentences.get(sentence).and_then(|s| text.get(s.text.clone())).unwrap_or_default();
                for line in lines.split('\n') {
                    out.push_str(TEXT);
                    push_line(&mut out, line);
                    out.push('\n');
                }
                (sentence, first) = (sentence + 1, at.token);
            }
            push_unit(&mut out, sentence, at.token - first + 1, at.part);
            push_offsets(&mut out, bytes, verifier)?;
            stacks.iter_mut().for_each(Vec::clear);
            for n in all {
                if let Some(stack) = self.group.get(*n).and_then(|group| stacks.get_mut(*group)) {
                    stack.push(*n);
                }
            }
            for (spans, stack) in self.layers.spans.iter().zip(&stacks) {
                for n in stack {
                    if !std::mem::replace(&mut seen[*n], true) {
                        told.ids.push(self.annotations[*n].id.0);
                    }
                }
                self.push_spans(&mut out, spans, stack, told);
            }
            self.push_relations(&mut out, at, told);
            out.push('\n');
            Ok::<_, WriteError>(())
        })?;
        Ok(out)
    }

    fn push_spans(&self, out: &mut String, spans: &Spans, stack: &[usize], told: &mut Told) {
        for column in &spans.columns {
            for (s, n) in stack.iter().enumerate() {
                out.push_str(if s > 0 { "|" } else { "" });
                let annotation = self.annotations[*n];
                let value = match column {
                    Column::Nothing => None,
                    Column::Note if annotation.note.is_empty() => None,
                    Column::Note => Some(told.note(annotation.id.to_string(), &annotation.note)),
                    Column::Value(name) => {
                        annotation.attributes.get(name).map(|value| told.value(annotation, name, value))
                    }
                };
                match value {
                    Some(value) if !value.is_empty() => push_value(out, &value),
                    // A cell with nothing in it is no annotation.
                    _ => out.push('*'),
                }
                if self.numbered[*n] {
                    push(out, format_args!("[{}]", annotation.id.0));
                }
            }
            out.push_str(if stack.is_empty() { "_\t" } else { "\t" });
        }
    }

    fn push_relations(&self, out: &mut String, at: At, told: &mut Told) {
        let here = self.links.get(&at).map(Vec::as_slice).unwrap_or_default();
        for relations in &self.layers.relations {
            let links: Vec<&Link> = here.iter().copied().filter(|link| link.kind == *relations.kind).collect();
            if links.is_empty() {
                (0..=relations.columns.len()).for_each(|_| out.push_str("_\t"));
                continue;
            }
            told.link_ids.extend(links.iter().map(|link| link.id.0));
            // A link can stand for several relations.
            let all = links.iter().flat_map(|link| match features::from_note(&link.note) {
                Some(relations) => relations.into_iter().map(|values| (*link, Some(values))).collect(),
                None => vec![(*link, None)],
            });
            let all: Vec<(&Link, Option<Vec<_>>)> = all.collect();
            for column in &relations.columns {
                for (n, (link, values)) in all.iter().enumerate() {
                    out.push_str(if n > 0 { "|" } else { "" });
                    match values {
                        Some(values) => match values.iter().find(|(name, _)| name == column) {
                            Some((_, value)) => push_value(out, value),
                            None => out.push('*'),
                        },
                        None if column == NOTE && !link.note.is_empty() => {
                            push_value(out, &told.note(link.id.to_string(), &link.note));
                        }
                        None => out.push('*'),
                    }
                }
                out.push('\t');
            }
            for (n, (link, _)) in all.iter().enumerate() {
                out.push_str(if n > 0 { "|" } else { "" });
                self.push_from(out, link);
            }
            out.push('\t');
        }
    }

    /// Where a link comes from, and between which of the annotations that stand there.
    fn push_from(&self, out: &mut String, link: &Link) {
        let place = |id| self.places.get(&id).copied().unwrap_or_default();
        let (from, to) = (place(link.from), place(link.to));
        let at = self.layout.at(from);
        let sentences = &self.layout.units.sentences;
        let after = sentences.partition_point(|sentence| sentence.tokens.start <= at.token);
        let first = after.checked_sub(1).and_then(|n| sentences.get(n)).map_or(0, |sentence| sentence.tokens.start);
        push_unit(out, after, at.token - first + 1, at.part);
        let number = |n: usize| if self.numbered[n] { self.annotations[n].id.0 } else { 0 };
        if self.numbered[from] || self.numbered[to] {
            push(out, format_args!("[{}_{}]", number(from), number(to)));
        }
    }
}

/// Adds the id of a row: sentence and token from 1.
fn push_unit(out: &mut String, sentence: usize, token: usize, part: Option<usize>) {
    push(out, format_args!("{sentence}-{token}"));
    if let Some(part) = part {
        push(out, format_args!(".{}", part + 1));
    }
}

/// Adds where a row lies, and what stands there.
fn push_offsets(out: &mut String, bytes: &Range<usize>, verifier: &mut Verifier) -> Result<(), WriteError> {
    let Ok(fragment) = Fragment::new(bytes.start, bytes.end) else { return Ok(()) };
    let (at, token) = verifier.slice("of a token", fragment, CARD.unit)?;
    push(out, format_args!("\t{}-{}\t", at.start, at.end));
    push_token(out, token);
    out.push('\t');
    Ok(())
}

fn push(out: &mut String, shown: std::fmt::Arguments) {
    // Writing into a String cannot fail.
    let _ = out.write_fmt(shown);
}

/// What the rows cannot say, as it was come by.
#[derive(Default)]
struct Told {
    /// Numbers of annotations and links in the order in which they are read.
    ids: Vec<u32>,
    link_ids: Vec<u32>,
    /// Exact values, with what their cells show, by annotation and attribute.
    values: Map<String, Json>,
}

impl Told {
    fn note(&mut self, place: String, note: &str) -> String {
        let mut shown = shown_text(note);
        if let Some(before) = shown.strip_suffix('\\') {
            // INCEpTION would take it for the escape of what follows.
            shown = format!("{before}\u{29f5}");
        }
        if shown != note {
            self.values.insert(place, json!([note, shown]));
        }
        shown
    }

    fn value(&mut self, annotation: &Annotation, name: &Name, value: &Value) -> String {
        let shown = shown(value);
        if shown.is_empty() || value_from(&shown) != *value {
            self.values.insert(format!("{} {name}", annotation.id), json!([encode::json(value), shown]));
        }
        shown
    }
}
