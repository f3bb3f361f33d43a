//! Opening and saving a project: an article of 20,000 words with 2,000 annotations, a book of 1,000,000 words with
//! 100,000.

use byline::edit::State;
use byline::model::{
    Annotation, AnnotationId, Direction, Document, DocumentId, Layer, LayerKey, Link, LinkId, Metadata, Origin,
    Project, Provenance, Span, Text, Value,
};
use byline::store::{Dirty, ProjectFolder, builtin_schemes};
use chrono::DateTime;
use criterion::{Criterion, criterion_group, criterion_main};
use std::collections::BTreeMap;
use std::hint::black_box;

/// A text of `words` words, one in ten beyond ASCII, with an annotation at every tenth word and a link between every
/// second pair.
fn state(words: usize, annotations: usize) -> State {
    let mut text = String::new();
    let mut starts = Vec::with_capacity(words);
    for i in 0..words {
        starts.push(text.len());
        text.push_str(if i % 10 == 3 { "évaluation" } else { "word" });
        text.push_str(if i % 90 == 89 { ".\n" } else { " " });
    }
    let text = Text::new(text);
    let (_, scheme) = &builtin_schemes()[0];
    let id = DocumentId::from_title(1, "Bench");
    let mut project = Project::new("Bench", scheme.clone());
    project.documents.push(Document {
        id: id.clone(),
        title: "Bench".to_owned(),
        metadata: Metadata::default(),
        direction: Direction::Auto,
        directions: std::collections::BTreeMap::new(),
        sha256: text.sha256().to_owned(),
        original: None,
    });
    let mut layer = Layer::new(LayerKey { document: id, annotator: "maria".into() }, text);
    let provenance = Provenance::new(Origin::ByHand, DateTime::from_timestamp(1_795_428_059, 0).unwrap_or_default());
    let step = words / annotations;
    for i in 0..annotations {
        let (start, last) = (starts[i * step], starts[(i * step + 1 + i % 6).min(words - 1)]);
        let end = last + layer.text().as_str()[last..].find([' ', '.']).unwrap_or(1);
        let label = ["speaker", "claim", "statistic", "organisation"][i % 4];
        let mut attributes: BTreeMap<_, Value> = BTreeMap::new();
        match label {
            "claim" => drop(attributes.insert("quotation".into(), "indirect".into())),
            "statistic" => drop(attributes.insert("value".into(), Value::Number(i as f64 / 4.0))),
            _ => {}
        }
        let annotation = Annotation {
            id: AnnotationId(i as u32 + 1),
            label: label.into(),
            span: Span::single(start, end).expect("words are not empty"),
            attributes,
            note: String::new(),
            provenance: provenance.clone(),
        };
        layer.insert(annotation).expect("it lies in the text");
        if i % 4 == 1 {
            let (from, to) = (AnnotationId(i as u32), AnnotationId(i as u32 + 1));
            let id = LinkId(i as u32 / 4 + 1);
            let link = Link { id, kind: "says".into(), from, to, note: String::new(), provenance: provenance.clone() };
            layer.insert_link(link).expect("both ends are there");
        }
    }
    let mut state = State::new(project);
    state.load_layer(layer);
    state
}

fn open_and_save(c: &mut Criterion) {
    for (words, annotations) in [(20_000, 2_000), (1_000_000, 100_000)] {
        let mut group = c.benchmark_group(format!("{words} words, {annotations} annotations"));
        group.sample_size(10);
        let state = state(words, annotations);
        let temp = tempfile::tempdir().expect("a temporary folder can be made");
        let empty = Project::new("Bench", state.project.scheme.clone());
        let folder = ProjectFolder::create(temp.path(), &empty).expect("it is empty");
        let dirty = Dirty::everything(&state);
        folder.save(&state, &dirty).expect("there is room");
        group.bench_function("open", |b| {
            // Taking the old one down is no part of opening.
            b.iter_with_large_drop(|| {
                let (folder, project) = ProjectFolder::open(temp.path()).expect("it was saved");
                black_box(folder.load_all(project).expect("it was saved"))
            });
        });
        group.bench_function("prepare a save", |b| b.iter(|| black_box(folder.prepare(&state, &dirty))));
        group.bench_function("save, nothing changed", |b| {
            b.iter(|| folder.save(&state, &dirty).expect("there is room"));
        });
        // Every other time there is one annotation less, which has no link.
        let mut other = state.clone();
        let mut layer = state.layers().next().expect("there is one").clone();
        layer.remove(AnnotationId(3)).expect("it is there and has no link");
        other.load_layer(layer);
        let mut turn = 0;
        group.bench_function("save, one annotation changed", |b| {
            b.iter(|| {
                turn += 1;
                folder.save(if turn % 2 == 0 { &state } else { &other }, &dirty).expect("there is room")
            });
        });
        group.finish();
    }
}

criterion_group!(benches, open_and_save);
criterion_main!(benches);
