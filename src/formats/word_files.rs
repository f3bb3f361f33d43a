//! What is written of words with tags: which files, which words, which annotation at which word.
//!
//! Used by the formats of columns (`conll`, `conllu`), which write the lines.

use super::Card;
use super::losses::{Policy, flatten, fragments_for};
use super::output::{ExportDocument, ExportInput, ExportOptions, Verifier, WriteError, unique_stems};
use super::tokens;
use crate::model::{Annotation, Layer, Name};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A file that is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File<'a> {
    /// Its name, with `/` between folders.
    pub name: String,
    /// Whose it is; `None` where nobody did anything.
    pub annotator: Option<&'a str>,
    /// Of which label, if it is of one.
    pub label: Option<&'a Name>,
}

impl File<'_> {
    /// The layer of a document that stands in this file; `None` for a document that does not. One without any work
    /// stands in every file: it is still to be annotated.
    pub fn layer_of<'a>(&self, document: &ExportDocument<'a>) -> Option<Option<&'a Layer>> {
        let layer = document.layers.iter().copied().find(|l| Some(l.key().annotator.as_str()) == self.annotator);
        (layer.is_some() || document.layers.is_empty()).then_some(layer)
    }
}

/// The files: one, or one for each annotator, or one for each label of each.
pub fn files<'a>(input: &ExportInput<'a>, options: &ExportOptions, extension: &str) -> Vec<File<'a>> {
    let layers = || input.documents.iter().flat_map(|d| d.layers.iter().copied());
    let annotators: BTreeSet<&str> = layers().map(|l| l.key().annotator.as_str()).collect();
    let stems = unique_stems(annotators.iter().copied());
    let whose: Vec<(Option<&str>, Option<String>)> = match annotators.len() {
        0 | 1 => vec![(annotators.first().copied(), None)],
        _ => stems.into_iter().map(|(name, stem)| (Some(name), Some(stem))).collect(),
    };
    let mut files = Vec::new();
    for (annotator, stem) in whose {
        let mine = layers().filter(|l| Some(l.key().annotator.as_str()) == annotator);
        let labels: BTreeSet<&Name> = mine.flat_map(Layer::annotations).map(|a| &a.label).collect();
        if options.policy != Policy::OneFilePerLabel || labels.is_empty() {
            let stem = stem.as_deref().unwrap_or("annotations");
            files.push(File { name: format!("{stem}.{extension}"), annotator, label: None });
            continue;
        }
        let folder = stem.map_or_else(String::new, |stem| format!("{stem}/"));
        let names = unique_stems(labels.iter().map(|label| label.as_str()));
        for label in labels.iter().copied() {
            let name = names.get(label.as_str()).map_or("label", String::as_str);
            files.push(File { name: format!("{folder}{name}.{extension}"), annotator, label: Some(label) });
        }
    }
    files
}

/// A document in words and sentences. They are the same in all its files, so that these can be compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cut {
    /// The words, in bytes.
    pub words: Vec<Range<usize>>,
    starts: Vec<usize>,
}

impl Cut {
    /// Cut so that every span that the policy leaves begins and ends with a word, and none crosses sentences.
    pub fn new(document: &ExportDocument, input: &ExportInput, options: &ExportOptions) -> Self {
        let text = document.text.as_str();
        let layers = document.layers.iter();
        let kept: Vec<&Annotation> =
            layers.flat_map(|layer| flatten(layer, &input.project.scheme, options.policy).kept).collect();
        let spans = || kept.iter().map(|a| &a.span);
        Self { words: tokens::words(text, spans()), starts: tokens::sentence_starts(text, spans()) }
    }

    /// The words of each sentence that has some, by number.
    pub fn sentences(&self) -> Vec<Range<usize>> {
        let mut sentences = Vec::new();
        let mut first = 0;
        for start in self.starts.iter().skip(1).chain([&usize::MAX]) {
            let end = first + self.words[first..].partition_point(|word| word.start < *start);
            if first < end {
                sentences.push(first..end);
            }
            first = end;
        }
        sentences
    }
}

/// How many words each annotation has, by its first word. Those of no word have no place here: they are listed as lost.
pub fn tagged<'a>(
    card: &Card,
    kept: impl Iterator<Item = &'a Annotation>,
    words: &[Range<usize>],
    verifier: &mut Verifier,
) -> Result<BTreeMap<usize, (usize, &'a Annotation)>, WriteError> {
    let mut tagged = BTreeMap::new();
    for annotation in kept {
        for whole in fragments_for(card, annotation) {
            verifier.slice(&annotation.id.to_string(), whole, card.unit)?;
        }
        let own = tokens::within(words, &annotation.span.hull());
        if !own.is_empty() {
            tagged.insert(own.start, (own.len(), annotation));
        }
    }
    Ok(tagged)
}
