//! Finding in 1,000,000 words: `cargo bench --no-default-features --bench find`. No paragraph is found quicker because
//! it is ASCII: every eighth word is not.

use byline::edit::bulk::{Model, annotate_places};
use byline::edit::{Stamp, State};
use byline::find::{MOST, Query, places};
use byline::model::{DocumentId, Layer, LayerKey, Project, Span, Text};
use byline::store::builtin_schemes;
use chrono::DateTime;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::collections::BTreeMap;
use std::hint::black_box;

fn article(words: usize) -> Text {
    const WORDS: [&str; 8] = ["the", "conférence", "opened", "in", "Moscow", "“yesterday”", "said", "Путин"];
    let mut content = String::new();
    for n in 0..words {
        let word = if n % 997 == 5 { "Latin America" } else { WORDS[n % WORDS.len()] };
        content.push_str(word);
        content.push_str(if n % 80 == 79 { "\n" } else { " " });
    }
    let text = Text::new(content);
    text.paragraphs();
    text
}

fn find(c: &mut Criterion) {
    let text = article(1_000_000);
    let plain = |pattern: &str| Query { case: true, ..Query::plain(pattern) };
    let regex = |pattern: &str| Query { regex: true, ..plain(pattern) };
    let queries = [
        ("plain, rare", plain("Latin America")),
        ("plain, absent", plain("Vladivostok")),
        ("plain, in every eighth word", plain("Moscow")),
        ("any case, rare", Query::plain("latin america")),
        ("any case, Cyrillic", Query::plain("путин")),
        ("whole word", Query { whole_word: true, ..plain("said") }),
        ("one letter", plain("o")),
        ("regex, rare", regex(r"Latin\s+\p{Lu}\w+")),
        ("regex, words", regex(r"\b\p{Lu}\w+ \w+\b")),
    ];
    let mut group = c.benchmark_group("find in 1,000,000 words");
    group.sample_size(10);
    for (name, query) in queries {
        let finder = query.compile().expect("it is well formed");
        group.bench_function(name, |b| b.iter(|| finder.find(black_box(&text), MOST, &mut || true)));
    }
    group.finish();
}

/// 100,000 places: their contexts, and one change of them all, made and applied.
fn label(c: &mut Criterion) {
    let text = article(1_000_000);
    let finder = Query::plain("Moscow").compile().expect("it is well formed");
    let ranges: Vec<_> = finder.matches(&text).take(MOST).collect();
    let key = LayerKey { document: DocumentId::new("0001-large").expect("a legal id"), annotator: "maria".into() };
    let mut state = State::new(Project::new("Large", builtin_schemes()[0].1.clone()));
    state.load_layer(Layer::new(key.clone(), text.clone()));
    let spans: Vec<_> = ranges.iter().filter_map(|r| Span::single(r.start, r.end).ok()).collect();
    let model = Model { label: "speaker".into(), attributes: BTreeMap::new() };
    let stamp = Stamp::by_hand(DateTime::from_timestamp(1_700_000_000, 0).unwrap_or_default());
    let change = |state: &State| annotate_places(state, &model, vec![(key.clone(), spans.clone())], &stamp);
    let mut group = c.benchmark_group("100,000 places");
    group.sample_size(10);
    group.bench_function("contexts", |b| b.iter(|| places(&text, None, black_box(ranges.clone()))));
    group.bench_function("make the change", |b| b.iter(|| change(black_box(&state))));
    let made = change(&state).expect("nothing is marked yet");
    group.bench_function("apply it", |b| {
        b.iter_batched_ref(|| state.clone(), |state| state.apply(&made), BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, find, label);
criterion_main!(benches);
