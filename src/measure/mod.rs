//! What a project holds, in numbers: the report of `byline stats`.
//!
//! Here: counts. Elsewhere: whether annotators agree (`measure::agreement`, when there is one).

use crate::edit::State;
use crate::model::{AttributeKind, Document, Entity, Layer, LayerKey, Name, Project, Status, Text};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use unicode_segmentation::UnicodeSegmentation;

/// What a project holds.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Statistics {
    /// The project's name.
    pub project: String,
    /// Number of documents.
    pub document_count: usize,
    /// All texts together.
    pub text: TextStatistics,
    /// All layers of each annotator together, by annotator.
    pub annotators: Vec<AnnotatorStatistics>,
    /// In the order of reading.
    pub documents: Vec<DocumentStatistics>,
    /// Most often mentioned first.
    pub entities: Vec<EntityStatistics>,
}

/// How long a text is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct TextStatistics {
    /// Words (UAX #29).
    pub words: usize,
    /// Sentences (UAX #29) that hold a word.
    pub sentences: usize,
    /// As numbered in the window.
    pub paragraphs: usize,
    /// Unicode code points.
    pub code_points: usize,
    /// UTF-8 bytes.
    pub bytes: usize,
}

/// One document.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DocumentStatistics {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: TextStatistics,
    /// By annotator; who has not begun is not listed.
    pub layers: Vec<LayerStatistics>,
}

/// One annotator, over all documents.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AnnotatorStatistics {
    /// Documents by status; those without a layer are not started.
    pub documents: BTreeMap<&'static str, usize>,
    /// All layers together; the share of text is that of the documents that the annotator has begun.
    #[serde(flatten)]
    pub sum: Counts,
    /// Who.
    pub annotator: String,
}

/// One layer.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct LayerStatistics {
    /// Whose.
    pub annotator: String,
    /// How far.
    pub status: &'static str,
    /// What is in it.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What is in one or more layers.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Counts {
    /// Number of annotations.
    pub annotations: usize,
    /// Number of links.
    pub links: usize,
    /// Annotations and links with a note.
    pub notes: usize,
    /// By label: those of the scheme that are on or used, then unknown ones.
    pub labels: Vec<LabelStatistics>,
    /// Links by kind, likewise.
    pub link_kinds: Vec<LinkStatistics>,
}

/// The annotations of one label.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct LabelStatistics {
    /// The label.
    pub label: String,
    /// How many.
    pub annotations: usize,
    /// Code points that at least one of them covers.
    pub covered_code_points: usize,
    /// The same as a share of the text, from 0 to 1.
    pub share_of_text: f64,
    /// In the order of the scheme.
    pub attributes: Vec<AttributeStatistics>,
}

/// How often an attribute has a value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AttributeStatistics {
    /// The attribute.
    pub attribute: String,
    /// Annotations with a value.
    pub filled: usize,
    /// Annotations that could have one.
    pub of: usize,
}

/// The links of one kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LinkStatistics {
    /// The kind.
    pub kind: String,
    /// How many.
    pub links: usize,
}

/// One entity of the project.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct EntityStatistics {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Annotations of all annotators that refer to it.
    pub mentions: usize,
    /// Documents in which it is mentioned.
    pub documents: usize,
}

/// Counts what is loaded: load everything first ([`crate::store::ProjectFolder::load_all`]).
pub fn statistics(state: &State) -> Statistics {
    let project = &state.project;
    let documents: Vec<_> = project.documents.iter().map(|document| document_statistics(state, document)).collect();
    let text = documents.iter().fold(TextStatistics::default(), |sum, d| sum.plus(d.text));
    let names: BTreeSet<&Name> = state.layers().map(|l| &l.key().annotator).collect();
    Statistics {
        project: project.name.clone(),
        document_count: documents.len(),
        text,
        annotators: names.into_iter().map(|annotator| annotator_statistics(state, annotator)).collect(),
        documents,
        entities: entity_statistics(state),
    }
}

/// How long a text is.
pub fn text_statistics(text: &Text) -> TextStatistics {
    TextStatistics {
        words: text.as_str().unicode_words().count(),
        sentences: text.as_str().unicode_sentences().count(),
        paragraphs: text.paragraphs().len(),
        code_points: text.len_code_points().0,
        bytes: text.len(),
    }
}

impl TextStatistics {
    fn plus(self, other: Self) -> Self {
        Self {
            words: self.words + other.words,
            sentences: self.sentences + other.sentences,
            paragraphs: self.paragraphs + other.paragraphs,
            code_points: self.code_points + other.code_points,
            bytes: self.bytes + other.bytes,
        }
    }
}

/// The status as files and reports name it.
pub fn status_name(status: Status) -> &'static str {
    match status {
        Status::NotStarted => "not started",
        Status::InProgress => "in progress",
        Status::Done => "done",
        Status::SecondLook => "needs a second look",
    }
}

fn document_statistics(state: &State, document: &Document) -> DocumentStatistics {
    let layers = state.layers().filter(|layer| layer.key().document == document.id);
    DocumentStatistics {
        id: document.id.to_string(),
        title: document.title.clone(),
        text: state.text(&document.id).map(text_statistics).unwrap_or_default(),
        layers: layers
            .map(|layer| LayerStatistics {
                annotator: layer.key().annotator.to_string(),
                status: status_name(layer.status()),
                counts: counts(&state.project, &[layer]),
            })
            .collect(),
    }
}

fn annotator_statistics(state: &State, annotator: &Name) -> AnnotatorStatistics {
    let layer_of =
        |document: &Document| state.layer(&LayerKey { document: document.id.clone(), annotator: annotator.clone() });
    let mut documents = BTreeMap::new();
    for document in &state.project.documents {
        let status = layer_of(document).map(Layer::status).unwrap_or_default();
        *documents.entry(status_name(status)).or_default() += 1;
    }
    let layers: Vec<_> = state.project.documents.iter().filter_map(layer_of).collect();
    AnnotatorStatistics { documents, sum: counts(&state.project, &layers), annotator: annotator.to_string() }
}

/// What is in `layers`, by the scheme of the project.
fn counts(project: &Project, layers: &[&Layer]) -> Counts {
    let code_points: usize = layers.iter().map(|layer| layer.text().len_code_points().0).sum();
    let used: BTreeSet<&Name> = layers.iter().flat_map(|l| l.annotations()).map(|a| &a.label).collect();
    let scheme = &project.scheme;
    let of_scheme = scheme.labels.iter().filter(|l| l.on || used.contains(&l.name)).map(|l| &l.name);
    let unknown = used.iter().copied().filter(|name| scheme.label(name).is_none());
    let labels = of_scheme.chain(unknown).map(|label| label_statistics(project, layers, label, code_points));
    let mut kinds: BTreeMap<&Name, usize> = BTreeMap::new();
    layers.iter().flat_map(|l| l.links()).for_each(|link| *kinds.entry(&link.kind).or_default() += 1);
    let of_scheme = scheme.links.iter().map(|l| &l.name);
    let unknown = kinds.keys().copied().filter(|kind| scheme.link(kind).is_none());
    let link_kinds = of_scheme
        .chain(unknown)
        .map(|kind| LinkStatistics { kind: kind.to_string(), links: kinds.get(kind).copied().unwrap_or_default() });
    let with_note = |layer: &&Layer| {
        layer.annotations().filter(|a| !a.note.is_empty()).count()
            + layer.links().filter(|l| !l.note.is_empty()).count()
    };
    Counts {
        annotations: layers.iter().map(|layer| layer.len()).sum(),
        links: layers.iter().map(|layer| layer.links().len()).sum(),
        notes: layers.iter().map(with_note).sum(),
        labels: labels.collect(),
        link_kinds: link_kinds.collect(),
    }
}

fn label_statistics(project: &Project, layers: &[&Layer], label: &Name, code_points: usize) -> LabelStatistics {
    let annotations = || layers.iter().flat_map(|l| l.annotations()).filter(|a| a.label == *label);
    let count = annotations().count();
    let defined = project.scheme.label(label).map_or(&[][..], |def| &def.attributes[..]);
    let attributes = defined.iter().map(|def| AttributeStatistics {
        attribute: def.name.to_string(),
        filled: annotations().filter(|a| a.attributes.contains_key(&def.name)).count(),
        of: count,
    });
    let covered = layers.iter().map(|layer| covered_code_points(layer, label)).sum();
    LabelStatistics {
        label: label.to_string(),
        annotations: count,
        covered_code_points: covered,
        share_of_text: if code_points == 0 { 0.0 } else { covered as f64 / code_points as f64 },
        attributes: attributes.collect(),
    }
}

/// Code points that at least one annotation of the label covers.
fn covered_code_points(layer: &Layer, label: &Name) -> usize {
    let annotations = layer.annotations().filter(|a| a.label == *label);
    let mut fragments: Vec<_> = annotations.flat_map(|a| a.span.fragments()).collect();
    fragments.sort_unstable();
    let (mut covered, mut done) = (0, 0);
    for fragment in fragments {
        let start = fragment.start().max(done);
        if start < fragment.end() {
            let before = |byte| layer.text().code_points_from_byte(byte).map_or(0, |n| n.0);
            covered += before(fragment.end()) - before(start);
            done = fragment.end();
        }
    }
    covered
}

/// How often each entity is mentioned: in an attribute that the scheme says takes entities.
fn entity_statistics(state: &State) -> Vec<EntityStatistics> {
    let mut mentions: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for layer in state.layers() {
        for annotation in layer.annotations() {
            let Some(label) = state.project.scheme.label(&annotation.label) else { continue };
            let takes_entity =
                |name: &Name| label.attribute(name).is_some_and(|def| matches!(def.kind, AttributeKind::Entity(_)));
            let values = annotation.attributes.iter().filter(|(name, _)| takes_entity(name));
            for id in values.filter_map(|(_, value)| value.as_text()) {
                let (count, documents) = mentions.entry(id).or_default();
                *count += 1;
                documents.insert(layer.key().document.as_str());
            }
        }
    }
    let statistics = |entity: &Entity| {
        let id = entity.id.to_string();
        let (count, documents) = mentions.get(id.as_str()).map_or((0, 0), |(count, d)| (*count, d.len()));
        EntityStatistics { id, name: entity.name.clone(), mentions: count, documents }
    };
    let mut entities: Vec<_> = state.project.entities.values().map(statistics).collect();
    entities.sort_by_key(|entity| std::cmp::Reverse(entity.mentions));
    entities
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::{layer_of, state_of};
    use crate::model::{AnnotationId, EntityId, EntityKind};

    #[test]
    fn overlapping_annotations_cover_a_code_point_once_and_unknown_labels_are_counted() {
        let layer = layer_of("é[claim:àb[claim:ç]] [speaker:Ana] d’[mood:où]. Fin.{says 3 1}");
        let mut layer_with_entity = layer.clone();
        let mut ana = layer_with_entity.take(AnnotationId(3)).unwrap();
        ana.attributes.insert("entity".into(), "e1".into());
        ana.note = "née".to_owned();
        layer_with_entity.insert(ana).unwrap();
        let mut state = state_of(layer_with_entity);
        for (number, name) in [(1, "Ana"), (2, "Eva")] {
            let (id, aliases) = (EntityId(number), Vec::new());
            let (name, note) = (name.to_owned(), String::new());
            let kind = EntityKind::Person;
            state.project.entities.insert(id, Entity { id, kind, name, aliases, wikidata: None, note });
        }
        let statistics = statistics(&state);
        assert_eq!(
            statistics.text,
            TextStatistics { words: 4, sentences: 2, paragraphs: 1, code_points: 19, bytes: 25 }
        );
        let maria = &statistics.annotators[0];
        assert_eq!(maria.documents, BTreeMap::from([("not started", 1)]));
        let counts = &maria.sum;
        assert_eq!((counts.annotations, counts.links, counts.notes), (4, 1, 1));
        let labels: Vec<_> =
            counts.labels.iter().map(|l| (l.label.as_str(), l.annotations, l.covered_code_points)).collect();
        assert_eq!(labels, [("speaker", 1, 3), ("claim", 2, 3), ("statistic", 0, 0), ("mood", 1, 2)]);
        assert!((counts.labels[1].share_of_text - 3.0 / 19.0).abs() < 1e-12);
        let entity = AttributeStatistics { attribute: "entity".to_owned(), filled: 1, of: 1 };
        assert_eq!(counts.labels[0].attributes, [entity]);
        assert_eq!(counts.link_kinds[0], LinkStatistics { kind: "says".to_owned(), links: 1 });
        let mentions: Vec<_> = statistics.entities.iter().map(|e| (e.id.as_str(), e.mentions, e.documents)).collect();
        assert_eq!(mentions, [("e1", 1, 1), ("e2", 0, 0)]);
        assert_eq!(statistics.documents[0].layers[0].counts, *counts);
    }
}
