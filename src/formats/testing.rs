//! What the tests of formats are written with: random projects over hostile texts, and comparison by capability.

use super::losses::{Policy, flatten};
use super::output::{ExportDocument, ExportInput, ExportOptions, Memory};
use super::{Capability, Card, Format, ImportedDocument, InputFile, ReadOptions, ReadResult};
use crate::edit::testing::document;
use crate::model::testing::{noon, scheme};
use crate::model::{
    Annotation, AnnotationId, Direction, Document, DocumentId, Entity, EntityId, EntityKind, Fragment, Layer, LayerKey,
    Link, LinkId, Metadata, Name, Origin, Original, Project, Provenance, Scheme, Span, Status, Text, Value, boundaries,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Documents with their texts and layers.
#[derive(Debug, Clone)]
pub struct Sample {
    pub project: Project,
    pub documents: Vec<(Document, Text, Vec<Layer>)>,
}

impl Sample {
    pub fn input(&self) -> ExportInput<'_> {
        let documents = self.documents.iter().map(|(document, text, layers)| ExportDocument {
            document,
            text,
            layers: layers.iter().collect(),
        });
        ExportInput { project: &self.project, documents: documents.collect() }
    }
}

/// As many cases as are usual for a test, or as `PROPTEST_CASES` asks for.
pub fn cases(usual: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|asked| asked.parse().ok());
    ProptestConfig::with_cases(asked.unwrap_or(usual))
}

/// With a policy, so that every format can be written.
pub fn flattened() -> ExportOptions {
    ExportOptions { policy: Policy::EarliestFirst, ..ExportOptions::default() }
}

/// What was read, as documents of the same project, to be written again.
pub fn sample_of(project: &Project, result: &ReadResult) -> Sample {
    let documents = result.documents.iter().map(|imported| {
        let id = DocumentId::new(&imported.id).unwrap();
        let layers = imported.layers.iter().map(|found| {
            let key = LayerKey { document: id.clone(), annotator: found.annotator.clone() };
            let mut layer = Layer::new(key, imported.text.clone());
            found.annotations.iter().for_each(|a| layer.insert(a.clone()).unwrap());
            found.links.iter().for_each(|l| layer.insert_link(l.clone()).unwrap());
            layer.set_status(found.status);
            layer
        });
        let layers = layers.collect();
        let mut about = document(id, &imported.text);
        about.title.clone_from(&imported.title);
        about.metadata = imported.metadata.clone();
        (about.direction, about.original) = (imported.direction, imported.original.clone());
        about.directions.clone_from(&imported.directions);
        (about, imported.text.clone(), layers)
    });
    Sample { project: project.clone(), documents: documents.collect() }
}

impl Sample {
    /// Without the layers in which nothing was done.
    pub fn worked_on(mut self) -> Self {
        self.documents.iter_mut().for_each(|(_, _, layers)| layers.retain(|layer| !layer.is_untouched()));
        self
    }
}

pub fn options() -> ReadOptions {
    ReadOptions::new("somebody", noon())
}

pub fn input_files(memory: &Memory) -> Vec<InputFile> {
    memory.0.iter().map(|(name, bytes)| InputFile::new(name.clone(), bytes.clone())).collect()
}

/// Pieces that have broken readers and writers: astral, joined, combining, right-to-left, every line end, quotes.
pub fn hostile_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("👨‍👩‍👧 ".to_owned()),
        Just("e\u{301}".to_owned()),
        Just("\r\n".to_owned()),
        Just("\n".to_owned()),
        Just("\n \n".to_owned()),
        Just("\r".to_owned()),
        Just("\t".to_owned()),
        Just("\u{2028}".to_owned()),
        Just("\u{85}\u{b}\u{1c}".to_owned()),
        Just("שלום".to_owned()),
        Just("「説」".to_owned()),
        Just("𝒜".to_owned()),
        Just("=1+1,\"a\"".to_owned()),
        Just("'-".to_owned()),
        Just("\u{feff}".to_owned()),
        "[a-z ]{1,9}",
        "[a-z ]{1,9}",
    ];
    proptest::collection::vec(piece, 1..24).prop_map(|pieces| pieces.concat())
}

/// A name that a scheme may have.
fn any_name() -> impl Strategy<Value = Name> {
    prop_oneof![
        Just("claim".to_owned()),
        Just("speaker".to_owned()),
        Just("claim (direct)".to_owned()),
        Just("claim_(direct)".to_owned()),
        Just("=высказывание".to_owned()),
        Just("a \u{2028}b|c,d".to_owned()),
        Just("'@x".to_owned()),
        "[a-zé][a-z é_0-9]{0,4}[a-z]",
    ]
    .prop_map(Name::from)
}

fn any_words() -> impl Strategy<Value = String> {
    prop_oneof![
        hostile_text(),
        Just("=HYPERLINK(\"x\")".to_owned()),
        Just("true".to_owned()),
        Just("25".to_owned()),
        Just("direct".to_owned()),
        Just(" é ".to_owned()),
        Just("\"".to_owned()),
        Just("[\"a\"]".to_owned()),
        "[a-z]{0,3}",
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::YesNo),
        (-99i32..99).prop_map(|n| Value::Number(f64::from(n) / 4.0)),
        any_words().prop_map(Value::Text),
        proptest::collection::vec(any_words(), 0..3).prop_map(Value::List),
    ]
}

fn any_provenance() -> impl Strategy<Value = Provenance> {
    let origin = prop_oneof![
        3 => Just(Origin::ByHand),
        1 => Just(Origin::Suggestion { source: "règle".into(), score: 0.25 }),
        1 => Just(Origin::Import { format: "x".into(), file: "é.x".into() }),
        1 => Just(Origin::Adjudication { from: vec!["ana".into(), "=b".into()] }),
    ];
    (origin, 0i64..3).prop_map(|(origin, hours)| {
        let made = Provenance::new(origin, noon());
        if hours == 0 { made } else { made.modified(noon() + chrono::TimeDelta::hours(hours)) }
    })
}

/// Numbers from which spans are cut, whatever the text.
type Cuts = Vec<(usize, usize)>;

fn span_from(borders: &[usize], cuts: &Cuts) -> Option<Span> {
    let count = borders.len();
    let mut span: Option<Span> = None;
    for (start, len) in cuts {
        let start = start % count.max(1);
        let end = (start + 1 + len % 9).min(count.saturating_sub(1));
        let fragment = Fragment::new(*borders.get(start)?, *borders.get(end)?).ok()?;
        span = Some(span.map_or_else(|| fragment.into(), |span| span.with(fragment)));
    }
    span
}

type RawAnnotation = (Cuts, Name, BTreeMap<Name, Value>, String, Provenance, u32);
type RawLinks = Vec<(usize, usize, Name, String, Provenance)>;

fn any_layer(annotator: &'static str) -> impl Strategy<Value = (&'static str, Vec<RawAnnotation>, RawLinks, Status)> {
    let cuts = proptest::collection::vec((0usize..400, 0usize..9), 1..3);
    let attributes = proptest::collection::btree_map(any_name(), any_value(), 0..3);
    let note = prop_oneof![3 => Just(String::new()), 1 => any_words()];
    let annotation = (cuts, any_name(), attributes, note.clone(), any_provenance(), 1u32..4);
    let link = (0usize..9, 0usize..9, any_name(), note, any_provenance());
    let status =
        prop_oneof![Just(Status::NotStarted), Just(Status::InProgress), Just(Status::Done), Just(Status::SecondLook)];
    let annotations = proptest::collection::vec(annotation, 1..8);
    (Just(annotator), annotations, proptest::collection::vec(link, 0..4), status)
}

fn layer_from(id: &DocumentId, text: &Text, raw: (&'static str, Vec<RawAnnotation>, RawLinks, Status)) -> Layer {
    let (annotator, annotations, links, status) = raw;
    let content = text.as_str();
    let borders: Vec<usize> = (0..=content.len()).filter(|b| boundaries::is_grapheme_border(content, *b)).collect();
    let mut layer = Layer::new(LayerKey { document: id.clone(), annotator: annotator.into() }, text.clone());
    let mut next = 1;
    for (cuts, label, attributes, note, provenance, step) in annotations {
        let Some(span) = span_from(&borders, &cuts) else { continue };
        let annotation = Annotation { id: AnnotationId(next), label, span, attributes, note, provenance };
        next += if layer.insert(annotation).is_ok() { step } else { 0 };
    }
    let ids: Vec<_> = layer.annotations().map(|a| a.id).collect();
    for (n, (from, to, kind, note, provenance)) in links.into_iter().enumerate() {
        if let (Some(from), Some(to)) = (ids.get(from), ids.get(to)) {
            let (id, from, to) = (LinkId(n as u32 * 2 + 1), *from, *to);
            let _ = layer.insert_link(Link { id, kind, from, to, note, provenance });
        }
    }
    layer.set_status(status);
    layer
}

pub fn any_sample() -> impl Strategy<Value = Sample> {
    let documents = proptest::collection::vec(
        (hostile_text(), any_words(), any_layer("maria"), proptest::option::of(any_layer("Ana é"))),
        1..3,
    );
    let known = || proptest::option::of(any_words());
    let metadata = (known(), known(), proptest::collection::btree_map(any_name(), any_words(), 0..3));
    (documents, metadata).prop_map(|(documents, (author, url, other))| {
        let mut project = Project::new("Sample", scheme());
        let entity = Entity {
            id: EntityId(4),
            kind: EntityKind::Person,
            name: "Владимир Путин".to_owned(),
            aliases: vec!["Putin; V.".to_owned()],
            wikidata: Some("Q7747".to_owned()),
            note: String::new(),
        };
        project.entities.insert(entity.id, entity);
        let other = other.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
        let metadata = Metadata { author, url, other, date: noon().date_naive().into(), ..Metadata::default() };
        let mut made = Vec::new();
        for (n, (text, title, first, second)) in documents.into_iter().enumerate() {
            // A BOM in front is no part of any text, and each text is there once.
            let text = Text::new(format!("{n}é{text}"));
            let id = DocumentId::from_title(n + 1, "doc");
            let mut layers: Vec<Layer> = vec![layer_from(&id, &text, first)];
            layers.extend(second.map(|second| layer_from(&id, &text, second)));
            let mut about = document(id, &text);
            about.title = if title.trim().is_empty() { "t".to_owned() } else { title };
            about.metadata = metadata.clone();
            if n == 0 {
                about.directions = BTreeMap::from([(1, Direction::RightToLeft), (3, Direction::Auto)]);
            }
            let original = Original { file: "é.txt".into(), encoding: "UTF-8".into(), sha256: "00".repeat(32) };
            about.original = (n == 0).then_some(original);
            made.push((about, text, layers));
        }
        // One annotation refers to the entity.
        if let Some(layer) = made.first_mut().and_then(|(_, _, layers)| layers.first_mut()) {
            let first = layer.annotations().next().cloned();
            if let Some(mut annotation) = first {
                let links: Vec<_> = layer.links().map(|l| l.id).collect();
                for id in links {
                    layer.remove_link(id).unwrap();
                }
                layer.remove(annotation.id).unwrap();
                annotation.label = "speaker".into();
                annotation.attributes = BTreeMap::from([("entity".into(), "e4".into())]);
                let _ = layer.insert(annotation);
            }
        }
        Sample { project, documents: made }
    })
}

/// Gives an annotation of a layer a value; its links stay.
pub fn set_value(layer: &mut Layer, id: u32, name: &str, value: Value) {
    let links: Vec<_> = layer.links().cloned().collect();
    for link in &links {
        layer.remove_link(link.id).unwrap();
    }
    let mut annotation = layer.remove(AnnotationId(id)).unwrap();
    annotation.attributes.insert(name.into(), value);
    layer.insert(annotation).unwrap();
    for link in links {
        layer.insert_link(link).unwrap();
    }
}

/// The annotations of a layer that a format with this card writes, as far as it keeps them, under the policy with which
/// the tests write: without what it has no place for.
pub fn written_of(card: &Card, layer: &Layer, scheme: &Scheme) -> Vec<Annotation> {
    let all: Vec<&Annotation> = if card.keeps(Capability::Overlap) {
        layer.annotations().collect()
    } else {
        flatten(layer, scheme, Policy::EarliestFirst).kept
    };
    let as_kept = |annotation: &Annotation| {
        let mut annotation = annotation.clone();
        if !card.keeps(Capability::Discontinuous) {
            let hull = annotation.span.hull();
            annotation.span = Span::single(hull.start, hull.end).unwrap();
        }
        if !card.keeps(Capability::Attributes) {
            annotation.attributes.clear();
        }
        if !card.keeps(Capability::Notes) {
            annotation.note.clear();
        }
        if !card.keeps(Capability::Provenance) {
            annotation.provenance = Provenance::new(Origin::ByHand, noon());
        }
        if !card.keeps(Capability::Ids) {
            annotation.id = AnnotationId(0);
        }
        annotation
    };
    let lacks = super::by_name(card.name).and_then(|format| format.lacks(layer)).unwrap_or_default();
    let nowhere: Vec<_> = lacks.iter().filter(|lost| lost.lacks == Capability::AnyAnnotation).collect();
    let has_place = |a: &&Annotation| !nowhere.iter().any(|lost| lost.annotations.contains(&a.id));
    all.into_iter().filter(has_place).map(as_kept).collect()
}

/// What a link says, as far as a format keeps it; its ends by label and span, where it keeps no ids.
fn link_of<'a>(card: &Card, link: &Link, find: &dyn Fn(AnnotationId) -> Option<&'a Annotation>) -> Option<String> {
    let end = |id: AnnotationId| {
        let annotation = find(id)?;
        let id = if card.keeps(Capability::Ids) { id.to_string() } else { String::new() };
        Some(format!("{id} {} {:?}", annotation.label, annotation.span.hull()))
    };
    let note = if card.keeps(Capability::Notes) { link.note.as_str() } else { "" };
    let id = if card.keeps(Capability::Ids) { link.id.to_string() } else { String::new() };
    Some(format!("{id} {} {} → {} {note:?}", link.kind, end(link.from)?, end(link.to)?))
}

/// Panics with what differs between a sample and what was read back, as far as the format keeps it.
pub fn assert_kept(format: &dyn Format, sample: &Sample, read: &ReadResult) {
    let keeps = |what| format.card().keeps(what);
    assert_eq!(read.documents.len(), sample.documents.len(), "documents");
    let card = format.card();
    for ((document, text, layers), found) in sample.documents.iter().zip(&read.documents) {
        if !keeps(Capability::Text) {
            assert_words_kept(card, layers, &sample.project.scheme, text, found);
            continue;
        }
        assert_eq!(found.text.as_str(), text.as_str());
        if keeps(Capability::Metadata) {
            assert_eq!((&found.title, &found.metadata), (&document.title, &document.metadata));
            assert_eq!((found.direction, &found.original), (document.direction, &document.original));
        }
        if keeps(Capability::Directions) {
            assert_eq!(found.directions, document.directions);
        }
        let something = |l: &&Layer| !l.is_empty() || (keeps(Capability::Status) && l.status() != Status::NotStarted);
        let expected: BTreeMap<&Name, &Layer> =
            layers.iter().filter(something).map(|l| (&l.key().annotator, l)).collect();
        let found = found.layers.iter().filter(|l| expected.contains_key(&l.annotator) || !l.annotations.is_empty());
        let found: BTreeMap<&Name, _> = found.map(|l| (&l.annotator, l)).collect();
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "annotators");
        for (annotator, layer) in expected {
            let found = found[annotator];
            let mut again = Layer::new(layer.key().clone(), text.clone());
            found.annotations.iter().for_each(|a| again.insert(a.clone()).unwrap());
            let sorted = |mut all: Vec<Annotation>| {
                if !keeps(Capability::Ids) {
                    all.sort_by_key(|a| format!("{a:?}"));
                }
                all
            };
            let wanted = sorted(written_of(card, layer, &sample.project.scheme));
            assert_eq!(sorted(written_of(card, &again, &sample.project.scheme)), wanted);
            let kept = |id| wanted.iter().any(|a| a.id == id || !keeps(Capability::Ids));
            let mut links: Vec<_> = layer.links().filter(|_| keeps(Capability::Links)).collect();
            links.retain(|l| kept(l.from) && kept(l.to));
            let mut links: Vec<_> = links.into_iter().filter_map(|l| link_of(card, l, &|id| layer.get(id))).collect();
            let find = |id| found.annotations.iter().find(|a| a.id == id);
            let mut links_found: Vec<_> = found.links.iter().filter_map(|l| link_of(card, l, &find)).collect();
            links.sort();
            links_found.sort();
            assert_eq!(links_found, links);
            if keeps(Capability::Provenance) && keeps(Capability::Ids) {
                let origins: Vec<_> = layer.links().map(|l| l.provenance.clone()).collect();
                assert_eq!(found.links.iter().map(|l| l.provenance.clone()).collect::<Vec<_>>(), origins);
            }
            if keeps(Capability::Status) {
                assert_eq!(found.status, layer.status());
            }
        }
    }
    if keeps(Capability::Entities) {
        let referred = sample.documents.iter().flat_map(|(_, _, layers)| layers);
        let referred: Vec<_> = super::output::referred_entities(&sample.project, referred).cloned().collect();
        // Whoever keeps the whole project keeps more of them.
        let found: Vec<_> = read.entities.iter().filter(|e| referred.contains(e)).cloned().collect();
        assert_eq!(found, referred);
        assert!(read.entities.iter().all(|e| sample.project.entities.get(&e.id) == Some(e)));
    }
}

/// For formats that keep words but no text: labels and marked words, without white space, are the same.
fn assert_words_kept(card: &Card, layers: &[Layer], scheme: &Scheme, text: &Text, found: &ImportedDocument) {
    let words = |text: &str| text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect::<String>();
    assert_eq!(words(found.text.as_str()), words(text.as_str()));
    for layer in layers.iter().filter(|l| !l.is_empty()) {
        let said =
            |text: &Text, annotation: &Annotation| (annotation.label.clone(), words(&text.quote(&annotation.span)));
        // A span of nothing but white space has no word to stand at.
        let wanted = written_of(card, layer, scheme).into_iter().map(|a| said(text, &a)).filter(|(_, w)| !w.is_empty());
        let mut wanted: Vec<_> = wanted.collect();
        let found_layer = found.layers.iter().find(|l| l.annotator == layer.key().annotator);
        let again = found_layer.into_iter().flat_map(|l| &l.annotations).map(|a| said(&found.text, a));
        let mut again: Vec<_> = again.collect();
        wanted.sort();
        again.sort();
        assert_eq!(again, wanted, "{}", layer.key().annotator);
    }
}
