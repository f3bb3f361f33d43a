//! Writing the ten columns of CoNLL-U.

use super::{BYLINE, CARD, FIELDS, NER, gaps};
use crate::formats::extras;
use crate::formats::losses::{Policy, flatten};
use crate::formats::output::{ExportDocument, ExportInput, ExportOptions, Sink, Verified, Verifier, WriteError, io_at};
use crate::formats::read::Progress;
use crate::formats::tags::forms;
use crate::formats::word_files::{Cut, File, files, tagged};
use crate::formats::{encode, tokens};
use crate::model::{Annotation, AnnotationId, Fragment, Layer, Name};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

pub fn write(
    input: &ExportInput,
    options: &ExportOptions,
    sink: &mut dyn Sink,
    progress: Progress,
) -> Result<Verified, WriteError> {
    let layers = || input.documents.iter().flat_map(|d| d.layers.iter().copied());
    let labels: BTreeSet<&Name> = layers().flat_map(Layer::annotations).map(|a| &a.label).collect();
    let forms = forms(labels.into_iter());
    let files = files(input, options, "conllu");
    let cuts: Vec<Cut> = input.documents.iter().map(|document| Cut::new(document, input, options)).collect();
    let mut verified = Verified::default();
    let mut seen: BTreeSet<(Option<&str>, usize)> = BTreeSet::new();
    for (n, file) in files.iter().enumerate() {
        let mut out = sink.file(&file.name)?;
        for (place, (document, cut)) in input.documents.iter().zip(&cuts).enumerate() {
            progress.step(n * cuts.len() + place, files.len() * cuts.len())?;
            let Some(layer) = file.layer_of(document) else { continue };
            let is_first = seen.insert((file.annotator, place));
            let mut verifier = Verifier::new(document);
            let writer = Writer { document, layer, file, cut, input, options, forms: &forms, place, is_first };
            let text = writer.document(&mut verifier)?;
            out.write_all(text.as_bytes()).map_err(io_at(&file.name))?;
            verified.slices += verifier.verified().slices;
        }
        out.flush().map_err(io_at(&file.name))?;
    }
    progress.step(1, 1)?;
    Ok(verified)
}

struct Writer<'a> {
    document: &'a ExportDocument<'a>,
    layer: Option<&'a Layer>,
    file: &'a File<'a>,
    cut: &'a Cut,
    input: &'a ExportInput<'a>,
    options: &'a ExportOptions,
    forms: &'a BTreeMap<&'a Name, String>,
    /// Which document it is.
    place: usize,
    /// Whether this is the first file of the annotator with this document: the one with the links.
    is_first: bool,
}

impl<'a> Writer<'a> {
    fn document(&self, verifier: &mut Verifier<'a>) -> Result<String, WriteError> {
        let scheme = &self.input.project.scheme;
        let kept = self.layer.map_or_else(Vec::new, |layer| flatten(layer, scheme, self.options.policy).kept);
        let mine = |a: &&Annotation| self.file.label.is_none_or(|label| a.label == *label);
        let tags = tagged(&CARD, kept.into_iter().filter(mine), &self.cut.words, verifier)?;
        let mut out = String::new();
        self.head(&tags, verifier, &mut out)?;
        let text = self.document.text.as_str();
        let words = &self.cut.words;
        let mut n = 0;
        for (number, sentence) in self.cut.sentences().into_iter().enumerate() {
            let id = line(self.document.document.id.as_str());
            let _ = writeln!(out, "# sent_id = {id}-{}", number + 1);
            let mut rows = String::new();
            out.push_str("# text = ");
            let mut before: Option<&Name> = None;
            for at in sentence.clone() {
                let word = &words[at];
                let Ok(fragment) = Fragment::new(word.start, word.end) else { continue };
                let (_, form) = verifier.slice("a word", fragment, CARD.unit)?;
                let (gap, is_last) = match words.get(at + 1) {
                    Some(next) => (text.get(word.end..next.start).unwrap_or_default(), at + 1 == sentence.end),
                    None => (text.get(word.end..).unwrap_or_default(), true),
                };
                out.push_str(form);
                out.push_str(if gap.is_empty() || is_last { "" } else { " " });
                let tag = tags.range(..=at).next_back().filter(|(start, (len, _))| at < *start + len);
                let tag = tag.map_or_else(
                    || "O".to_owned(),
                    |(start, (len, annotation))| {
                        let touches = before == Some(&annotation.label);
                        let letter = self.options.tags.letter(at - start, *len, touches);
                        let label = self.forms.get(&annotation.label).map_or(annotation.label.as_str(), String::as_str);
                        before = (at + 1 == start + len).then_some(&annotation.label);
                        format!("{letter}-{label}")
                    },
                );
                if tag == "O" {
                    before = None;
                }
                let lead = if at == 0 { text.get(..word.start).unwrap_or_default() } else { "" };
                n = at + 1 - sentence.start;
                let spaces = spaces(lead, gap, at + 1 == words.len());
                let _ = writeln!(rows, "{n}\t{form}\t_\t_\t_\t_\t_\t_\t_\t{NER}={tag}{spaces}");
            }
            out.push('\n');
            out.push_str(&rows);
            out.push('\n');
        }
        if n == 0 {
            out.push('\n');
        }
        Ok(out)
    }

    /// What stands before the first sentence.
    fn head(
        &self,
        tags: &BTreeMap<usize, (usize, &'a Annotation)>,
        verifier: &mut Verifier<'a>,
        out: &mut String,
    ) -> Result<(), WriteError> {
        let about = self.document.document;
        let _ = writeln!(out, "# newdoc id = {}", line(about.id.as_str()));
        let _ = writeln!(out, "# meta::title = {}", line(&about.title));
        let values = encode::METADATA_FIELDS.into_iter().zip(encode::metadata_values(&about.metadata));
        for (field, value) in values {
            let name = FIELDS.iter().rev().find(|(_, ours)| *ours == field).map_or(field, |(theirs, _)| theirs);
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                let _ = writeln!(out, "# meta::{name} = {}", line(&value));
            }
        }
        let _ = writeln!(out, "# tags = {}", self.options.tags.option());
        if !self.options.plain {
            let json = self.byline(tags, verifier)?;
            let _ = writeln!(out, "# {BYLINE} = {}", one_line(&json.to_string()));
        }
        Ok(())
    }

    /// What CoNLL-U has no place for.
    fn byline(
        &self,
        tags: &BTreeMap<usize, (usize, &'a Annotation)>,
        verifier: &mut Verifier<'a>,
    ) -> Result<Json, WriteError> {
        let project = self.input.project;
        let mut json = extras::json_from_layer(&CARD, self.document, self.layer, project, verifier)?;
        json["place"] = self.place.into();
        if self.cut.words.is_empty() {
            json["text"] = self.document.text.as_str().into();
        }
        let renamed = self.forms.iter().filter(|(label, form)| label.as_str() != form.as_str());
        let labels: Map<String, Json> = renamed.map(|(label, form)| (form.clone(), label.as_str().into())).collect();
        json["labels"] = Json::Object(labels);
        json["ids"] = tags.values().map(|(_, annotation)| annotation.id.0).collect();
        let shown: BTreeSet<AnnotationId> = tags.values().map(|(_, annotation)| annotation.id).collect();
        let mut exact = Map::new();
        for (start, (len, annotation)) in tags {
            let words = self.cut.words.get(*start..start + len).unwrap_or_default();
            let whole = words.first().zip(words.last()).map(|(first, last)| first.start..last.end);
            if annotation.span.is_discontinuous() || Some(annotation.span.hull()) != whole {
                exact.insert(annotation.id.0.to_string(), fragments(annotation, verifier)?);
            }
        }
        json["spans"] = Json::Object(exact);
        let mine = |a: &&Annotation| self.file.label.is_none_or(|label| a.label == *label);
        let mut more = Vec::new();
        let others = self.layer.into_iter().flat_map(Layer::annotations).filter(mine);
        for annotation in others.filter(|a| !shown.contains(&a.id)) {
            let text: String = annotation.span.fragments().map(|f| self.document.text.slice(f)).collect();
            more.push(json!({
                "id": annotation.id.0,
                "label": annotation.label.as_str(),
                "fragments": fragments(annotation, verifier)?,
                "text": text,
            }));
        }
        json["more"] = more.into();
        if self.options.policy == Policy::OneFilePerLabel {
            // Each annotation is told once, in the file of its label; links, which join labels, in the first file.
            let own: BTreeSet<String> =
                self.layer.into_iter().flat_map(Layer::annotations).filter(mine).map(|a| a.id.0.to_string()).collect();
            if let Some(annotations) = json["annotations"].as_object_mut() {
                annotations.retain(|id, _| own.contains(id));
            }
            if !self.is_first {
                json["links"] = Json::Object(Map::new());
            }
        }
        Ok(json)
    }
}

fn fragments(annotation: &Annotation, verifier: &mut Verifier) -> Result<Json, WriteError> {
    let mut pairs = Vec::new();
    for fragment in annotation.span.fragments() {
        let (at, _) = verifier.slice(&annotation.id.to_string(), fragment, CARD.unit)?;
        pairs.push(json!([at.start, at.end]));
    }
    Ok(pairs.into())
}

/// What the last column says of white space; at the end of a document nothing stands for none, else for one space.
fn spaces(before: &str, after: &str, ends_document: bool) -> String {
    let mut out = match after {
        "" if !ends_document => "|SpaceAfter=No".to_owned(),
        "" => String::new(),
        " " if !ends_document => String::new(),
        gap => format!("|SpacesAfter={}", gaps::escaped(gap)),
    };
    if !before.is_empty() {
        out.push_str("|SpacesBefore=");
        out.push_str(&gaps::escaped(before));
    }
    out
}

/// A text on one line, for comments.
fn line(text: &str) -> String {
    text.replace(tokens::is_gap, " ")
}

/// JSON without any character that ends a line somewhere.
fn one_line(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c != ' ' && tokens::is_gap(c) {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}
