//! Exact heights of all blocks, and exact cuts of long paragraphs, found on a thread while the window goes on with
//! estimates.
//!
//! A long paragraph is several blocks. Where one ends and the next begins must be the end of a row, and where rows end
//! is known only after everything before was laid out: until then it is cut at some space, and a row may be short.

use super::{BLOCK_LIMIT, Block, Heights, LayoutKey, PARAGRAPH_GAP, blocks_of, cut, estimates, layout_style};
use crate::model::Text;
use crate::text_layout::{Direction, Engine};
use eframe::egui;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Heights are handed over so often.
const BATCH: Duration = Duration::from_millis(150);
/// The thread waits so long when a frame is drawn: cores can share what they work with, and the frame comes first.
const STEP_ASIDE: Duration = Duration::from_millis(4);
/// To tell which way a paragraph runs, no more of it than this (bytes) is looked at.
const DIRECTION_REACH: usize = 1_000;

/// Ends of the blocks of long paragraphs, by number of the paragraph (from 1): bytes of the text, the last left out.
pub(super) type Cuts = HashMap<usize, Vec<usize>>;

/// What was found.
pub(super) enum Measured {
    /// All blocks, with long paragraphs cut where rows end, and their heights as estimated.
    Blocks(Vec<Block>, Heights),
    /// Heights in points of the blocks from this one on, gaps included.
    Heights(usize, Vec<f32>),
}

/// The thread, which stops when this is dropped.
pub(super) struct Measuring {
    /// For what is measured.
    pub key: LayoutKey,
    found: Receiver<Measured>,
    stop: Arc<AtomicBool>,
    /// Whether a frame began since the thread looked last.
    frame: Arc<AtomicBool>,
}

impl Drop for Measuring {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Measuring {
    /// Begins to measure `text` as it is set by `key`.
    pub fn start(ctx: &egui::Context, text: Text, key: LayoutKey, engine: Engine) -> Self {
        let (sender, found) = channel();
        let (stop, frame) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (ctx, stopped, drawn) = (ctx.clone(), stop.clone(), frame.clone());
        let send = move |found: Measured| {
            let go_on = sender.send(found).is_ok() && !stopped.load(Ordering::Relaxed);
            ctx.request_repaint();
            go_on
        };
        // Where there is no thread to be had, the estimates stay until one sees the place.
        let _ = std::thread::Builder::new().name("heights".into()).spawn(move || {
            Worker { text, key, engine, frame: drawn }.run(&send);
        });
        Self { key, found, stop, frame }
    }

    /// What was found since the last time; to be asked for at the beginning of each frame.
    pub fn take(&self) -> Vec<Measured> {
        self.frame.store(true, Ordering::Relaxed);
        self.found.try_iter().collect()
    }
}

struct Worker {
    text: Text,
    key: LayoutKey,
    engine: Engine,
    frame: Arc<AtomicBool>,
}

impl Worker {
    fn run(mut self, send: &dyn Fn(Measured) -> bool) {
        let long = self.text.paragraphs().iter().enumerate().filter(|(_, p)| p.len() > BLOCK_LIMIT);
        let long: Vec<_> = long.map(|(i, p)| (i + 1, p.clone())).collect();
        let mut cuts = Cuts::new();
        for (number, paragraph) in long {
            cuts.insert(number, self.ends(paragraph));
        }
        let blocks = blocks_of(&self.text, &cuts);
        if !cuts.is_empty() {
            let heights = Heights::new(estimates(&blocks, &self.key));
            if !send(Measured::Blocks(blocks.clone(), heights)) {
                return;
            }
        }
        let (mut first, mut heights, mut sent) = (1, Vec::new(), Instant::now());
        for (n, block) in blocks.iter().enumerate().skip(1) {
            if self.frame.swap(false, Ordering::Relaxed) {
                std::thread::sleep(STEP_ASIDE);
            }
            heights.push(height_of(&mut self.engine, &self.text, block, &self.key));
            if sent.elapsed() >= BATCH || n + 1 == blocks.len() {
                if !send(Measured::Heights(first, std::mem::take(&mut heights))) {
                    return;
                }
                (first, sent) = (n + 1, Instant::now());
            }
        }
    }

    /// Where the blocks of a long paragraph end, but for the last.
    fn ends(&mut self, paragraph: Range<usize>) -> Vec<usize> {
        let direction = direction_of(&mut self.engine, &self.text, &paragraph, &self.key);
        let style = layout_style(&self.key, direction);
        let (mut start, mut ends) = (paragraph.start, Vec::new());
        while paragraph.end - start > BLOCK_LIMIT {
            let end = cut(self.text.as_str(), start..paragraph.end);
            let part = self.text.as_str().get(start..end).unwrap_or_default();
            let laid = self.engine.layout(part, self.key.width, self.key.pixels_per_point, &style);
            // Of the last row only the beginning is there: it belongs to the next block.
            let row = laid.rows().last().map_or(0, |row| row.bytes().start);
            start = if row > 0 { start + row } else { end };
            if start < paragraph.end {
                ends.push(start);
            }
        }
        ends
    }
}

/// Which way a paragraph that is laid out in parts runs: all of it as its beginning.
pub(super) fn direction_of(engine: &mut Engine, text: &Text, paragraph: &Range<usize>, key: &LayoutKey) -> Direction {
    let direction = super::layout_direction(key.direction);
    if direction != Direction::Auto {
        return direction;
    }
    let end = text.as_str().floor_char_boundary(paragraph.end.min(paragraph.start + DIRECTION_REACH));
    let beginning = text.as_str().get(paragraph.start..end).unwrap_or_default();
    let laid = engine.layout(beginning, key.width, key.pixels_per_point, &layout_style(key, direction));
    if laid.is_rtl() { Direction::RightToLeft } else { Direction::LeftToRight }
}

fn height_of(engine: &mut Engine, text: &Text, block: &Block, key: &LayoutKey) -> f32 {
    // The direction does not change the height by more than chance, and asking for it would cost a layout.
    let style = layout_style(key, super::layout_direction(key.direction));
    let part = text.as_str().get(block.bytes.clone()).unwrap_or_default();
    let laid = engine.layout(part, key.width, key.pixels_per_point, &style);
    laid.height() + if block.last { PARAGRAPH_GAP } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fonts;
    use crate::app::text_view::PageStyle;
    use crate::model;

    #[test]
    fn a_long_paragraph_in_parts_has_the_rows_that_it_has_as_a_whole() {
        let latin = "“Żółw szedł dalej,” said the 🐢 — slowly, as it does — on 29 September 2023. ".repeat(250);
        let hebrew = "הדובר אמר שלום today, ואחר כך הלך 25 % הביתה. ".repeat(250);
        for content in [latin, hebrew, "長".repeat(7_000)] {
            let text = Text::new(format!("Short.\n{content}\nShort."));
            let key = LayoutKey {
                width: 420.0,
                pixels_per_point: 1.0,
                style: PageStyle::default(),
                direction: model::Direction::Auto,
            };
            let mut engine = Engine::new(&fonts::article());
            let paragraph = text.paragraphs()[1].clone();
            let ends = Worker { text: text.clone(), key, engine: engine.clone(), frame: Arc::default() }
                .ends(paragraph.clone());
            assert!(ends.len() > 1, "it is cut");
            let direction = direction_of(&mut engine, &text, &paragraph, &key);
            let style = layout_style(&key, direction);
            let mut rows_of = |range: Range<usize>| -> Vec<usize> {
                let laid = engine.layout(&text.as_str()[range.clone()], key.width, key.pixels_per_point, &style);
                laid.rows().iter().map(|row| range.start + row.bytes().start).collect()
            };
            let blocks = blocks_of(&text, &Cuts::from([(2, ends)]));
            let parts: Vec<_> = blocks.iter().filter(|b| b.paragraph == 2).map(|b| b.bytes.clone()).collect();
            assert!(parts.iter().all(|part| part.len() <= BLOCK_LIMIT));
            let in_parts: Vec<_> = parts.into_iter().flat_map(&mut rows_of).collect();
            assert_eq!(in_parts, rows_of(paragraph));
        }
    }
}
