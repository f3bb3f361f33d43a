//! Import and export of a large document: 1,000,000 words with 100,000 annotations and 20,000 links, not all ASCII.

use byline::edit::{Stamp, State};
use byline::formats::import::{ImportOptions, plan};
use byline::formats::output::{ExportDocument, ExportInput, Memory};
use byline::formats::{ExportOptions, Format, InputFile, Progress, ReadOptions, by_name, read, write};
use byline::model::{
    Annotation, AnnotationId, Direction, Document, DocumentId, Layer, LayerKey, Link, LinkId, Metadata, Origin,
    Project, Provenance, Scheme, Span, Text,
};
use chrono::{DateTime, Utc};
use criterion::{Criterion, criterion_group, criterion_main};
use std::collections::BTreeMap;
use std::hint::black_box;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap_or_default()
}

/// A document in which every tenth word is annotated, and every fifth annotation linked to the next.
fn sample(words: usize) -> (Document, Text, Layer) {
    const WORDS: [&str; 8] = ["the", "conférence", "opened", "in", "Moscow", "“yesterday”", "said", "Путин"];
    let (mut content, mut marks) = (String::new(), Vec::new());
    for n in 0..words {
        let word = WORDS[n % WORDS.len()];
        if n % 10 == 0 {
            marks.push((content.len(), content.len() + word.len()));
        }
        content.push_str(word);
        content.push_str(if n % 60 == 59 { "\n" } else { " " });
    }
    let text = Text::new(content);
    let Ok(id) = DocumentId::new("0001-large") else { unreachable!("a legal id") };
    let mut layer = Layer::new(LayerKey { document: id.clone(), annotator: "maria".into() }, text.clone());
    for (n, (start, end)) in marks.iter().enumerate() {
        let label = ["speaker", "claim", "statistic"][n % 3].into();
        let provenance = Provenance::new(Origin::ByHand, now());
        let Ok(span) = Span::single(*start, *end) else { unreachable!("words are not empty") };
        let id = AnnotationId(n as u32 + 1);
        let attributes = BTreeMap::new();
        let made = Annotation { id, label, span, attributes, note: String::new(), provenance: provenance.clone() };
        assert!(layer.insert(made).is_ok());
        if n > 0 && n % 5 == 0 {
            let (from, to) = (AnnotationId(n as u32), id);
            let link = Link { id: LinkId(n as u32), kind: "says".into(), from, to, note: String::new(), provenance };
            assert!(layer.insert_link(link).is_ok());
        }
    }
    let document = Document {
        id,
        title: "Large".to_owned(),
        metadata: Metadata::default(),
        direction: Direction::Auto,
        directions: std::collections::BTreeMap::new(),
        sha256: text.sha256().to_owned(),
        original: None,
    };
    (document, text, layer)
}

fn export(format: &dyn Format, project: &Project, sample: &(Document, Text, Layer)) -> Memory {
    let documents = vec![ExportDocument { document: &sample.0, text: &sample.1, layers: vec![&sample.2] }];
    let mut memory = Memory::default();
    let input = ExportInput { project, documents };
    let written = write(format, &input, &ExportOptions::default(), &mut memory, Progress::none());
    assert!(written.is_ok_and(|w| w.verified.slices >= sample.2.len()));
    memory
}

fn formats(c: &mut Criterion) {
    let sample = sample(1_000_000);
    let project = Project::new("bench", Scheme::default());
    let mut group = c.benchmark_group("1,000,000 words, 100,000 annotations");
    group.sample_size(10);
    for name in ["doccano", "brat", "csv"] {
        let Some(format) = by_name(name) else { unreachable!("{name} is a format") };
        group.bench_function(format!("export {name}"), |b| b.iter(|| black_box(export(format, &project, &sample))));
        let files = export(format, &project, &sample).0;
        let files: Vec<_> = files.into_iter().map(|(name, bytes)| InputFile::new(name, bytes)).collect();
        let options = ReadOptions::new("maria", now());
        let read_all = || match read(format, &files, &options, Progress::none()) {
            Ok(result) => result,
            Err(error) => unreachable!("{error}"),
        };
        group.bench_function(format!("read {name}"), |b| b.iter(|| black_box(read_all())));
        let result = read_all();
        let stamp = Stamp::by_hand(now());
        group.bench_function(format!("take in {name}"), |b| {
            b.iter_batched(
                || (State::new(Project::new("bench", Scheme::default())), result.clone()),
                |(mut state, result)| {
                    let options = ImportOptions { add_to_scheme: true, ..ImportOptions::default() };
                    let planned = plan(&state, result, &options, &stamp).map(|(change, _)| state.apply(&change));
                    assert!(planned.is_ok_and(|applied| applied.is_ok()));
                    state
                },
                criterion::BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, formats);
criterion_main!(benches);
