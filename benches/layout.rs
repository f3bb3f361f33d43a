//! What laying text out costs: `cargo bench --no-default-features --bench layout`.
//!
//! With the program's own serif and whatever the system has; the first layout of a process also
//! finds and opens fonts, so “cold” makes a new engine each time.

use byline::text_layout::{Caret, Engine, FontBytes, FontSet, Rasterizer, Style};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::Arc;

const SERIF: &[u8] = include_bytes!("../assets/fonts/BylineSerif-Regular.ttf");
const SENTENCE: &str = "The president said on Tuesday that “the economy grew by 3.2%” – more than in 2022. ";
const HEBREW: &str = "הנשיא אמר ביום שלישי כי „הכלכלה צמחה ב־3.2%” – יותר מאשר בשנת 2022. ";
/// Code points of an ordinary paragraph.
const PARAGRAPH: usize = 574;
const WIDTH: f32 = 640.0;

fn engine() -> Engine {
    Engine::new(&FontSet {
        faces: vec![Arc::new(SERIF) as FontBytes],
        families: "Byline Serif, Noto Serif".to_owned(),
        use_system: true,
    })
}

fn text(sentence: &str, characters: usize) -> String {
    sentence.chars().cycle().take(characters).collect()
}

fn layouts(c: &mut Criterion) {
    let style = Style::default();
    let (latin, hebrew) = (text(SENTENCE, PARAGRAPH), text(HEBREW, PARAGRAPH));
    c.bench_function("layout/paragraph cold", |b| {
        b.iter_batched_ref(engine, |engine| engine.layout(&latin, WIDTH, 1.0, &style), BatchSize::PerIteration);
    });
    let mut engine = engine();
    c.bench_function("layout/paragraph warm", |b| b.iter(|| engine.layout(black_box(&latin), WIDTH, 1.0, &style)));
    c.bench_function("layout/paragraph warm, Hebrew", |b| {
        b.iter(|| engine.layout(black_box(&hebrew), WIDTH, 1.0, &style));
    });
    c.bench_function("layout/page of 40 paragraphs", |b| {
        b.iter(|| {
            for _ in 0..40 {
                black_box(engine.layout(&latin, WIDTH, 1.0, &style));
            }
        });
    });
    let long = text(SENTENCE, 1_000_000);
    let mut group = c.benchmark_group("layout");
    group.sample_size(10);
    group.bench_function("paragraph of 1,000,000 characters", |b| b.iter(|| engine.layout(&long, WIDTH, 1.0, &style)));
    group.finish();
}

fn questions(c: &mut Criterion) {
    let mut engine = engine();
    let laid = engine.layout(&text(SENTENCE, PARAGRAPH), WIDTH, 1.0, &Style::default());
    let long = engine.layout(&text(SENTENCE, 1_000_000), WIDTH, 1.0, &Style::default());
    for (name, laid) in [("574", &laid), ("1,000,000", &long)] {
        let middle = laid.next_grapheme(laid.len() / 2).unwrap_or(0);
        let y = laid.height() / 2.0;
        let caret = Caret::before(middle);
        c.bench_function(&format!("rects of 60 bytes in {name}"), |b| b.iter(|| laid.rects(middle..middle + 60)));
        c.bench_function(&format!("hit in {name}"), |b| b.iter(|| laid.hit(black_box(300.0), y)));
        c.bench_function(&format!("caret_rect in {name}"), |b| b.iter(|| laid.caret_rect(black_box(caret))));
        c.bench_function(&format!("right in {name}"), |b| b.iter(|| laid.right(black_box(caret))));
    }
}

fn raster(c: &mut Criterion) {
    let laid = engine().layout(&text(SENTENCE, PARAGRAPH), WIDTH, 2.0, &Style::default());
    let font = &laid.fonts()[0];
    let glyph = laid.glyphs(0)[0];
    let mut rasterizer = Rasterizer::new();
    c.bench_function("raster/glyph at 34 pixels", |b| {
        b.iter(|| rasterizer.raster(font, black_box(glyph.id), laid.font_px(), 1));
    });
}

criterion_group!(benches, layouts, questions, raster);
criterion_main!(benches);
