//! Caret movement and selection by keys. Movement is visual, selection logical.

use super::{BLOCK_LIMIT, Block, Place, Reveal, TextView};
use crate::model::boundaries;
use crate::text_layout::{Affinity, Caret};
use std::ops::Range;

/// Where a key moves the caret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Motion {
    /// A grapheme to the left on screen.
    Left,
    /// A grapheme to the right on screen.
    Right,
    /// A word to the left on screen.
    WordLeft,
    /// A word to the right on screen.
    WordRight,
    /// A row up.
    Up,
    /// A row down.
    Down,
    /// To the start of the row.
    RowStart,
    /// To the end of the row.
    RowEnd,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// A paragraph back.
    ParagraphUp,
    /// A paragraph on.
    ParagraphDown,
    /// To the start of the document.
    DocumentStart,
    /// To the end of the document.
    DocumentEnd,
}

/// What a key selects around the caret; the same key again selects more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// The word.
    Word,
    /// The sentence, then one more.
    Sentence,
    /// The text inside the quotation marks, then with the marks, then the quotation around it.
    Quotation,
    /// The paragraph, then one more.
    Paragraph,
}

/// A quotation is looked for in this many paragraphs before and after the caret's.
const QUOTATION_REACH: usize = 12;

impl TextView {
    /// Moves the caret; `extend` keeps the other end of the selection where it is.
    pub fn move_caret(&mut self, motion: Motion, extend: bool) {
        if self.blocks.len() < 2 || self.key.is_none() {
            return;
        }
        let selection = self.selection();
        let to = match motion {
            // Without Shift, an arrow first leaves the selection on that side.
            Motion::Left if !extend && !selection.is_empty() => downstream(selection.start),
            Motion::Right if !extend && !selection.is_empty() => downstream(selection.end),
            _ => self.target(motion),
        };
        if !matches!(motion, Motion::Up | Motion::Down | Motion::PageUp | Motion::PageDown) {
            self.goal_x = None;
        }
        self.caret = to;
        self.exact = false;
        if !extend {
            self.anchor = to.byte;
        }
        self.reveal = Some(Reveal::Caret);
    }

    fn local(&self, block: usize, place: Place) -> Caret {
        let start = self.blocks[block].bytes.start;
        let byte = place.byte.clamp(start, self.blocks[block].bytes.end) - start;
        Caret { byte, affinity: place.affinity }
    }

    fn global(&self, block: usize, caret: Caret) -> Place {
        Place { byte: self.blocks[block].bytes.start + caret.byte, affinity: caret.affinity }
    }

    fn target(&mut self, motion: Motion) -> Place {
        let block = self.block_of_place(self.caret);
        let caret = self.local(block, self.caret);
        match motion {
            Motion::Left | Motion::Right => self.sideways(block, caret, motion == Motion::Left),
            Motion::WordLeft | Motion::WordRight => self.word_sideways(motion == Motion::WordLeft),
            Motion::Up => self.up_or_down(1.0, true),
            Motion::Down => self.up_or_down(1.0, false),
            Motion::PageUp | Motion::PageDown => {
                let up = motion == Motion::PageUp;
                let line = self.style.line_height();
                let rows = ((self.viewport.height() / line) - 1.0).max(1.0);
                let by = f64::from((rows * line).max(line));
                self.scroll_by(if up { -by } else { by });
                self.up_or_down(rows, up)
            }
            Motion::RowStart | Motion::RowEnd => {
                let end = motion == Motion::RowEnd;
                let moved = self.lay_out(block).map(|l| if end { l.row_end(caret) } else { l.row_start(caret) });
                moved.map_or(self.caret, |caret| self.global(block, caret))
            }
            Motion::ParagraphUp => {
                let paragraph = self.blocks[block].paragraph;
                let mut start = self.first_block(paragraph);
                if self.blocks[start].bytes.start == self.caret.byte && paragraph > 1 {
                    start = self.first_block(paragraph - 1);
                }
                downstream(self.blocks[start].bytes.start)
            }
            Motion::ParagraphDown => {
                let next = self.first_block(self.blocks[block].paragraph + 1);
                match self.blocks.get(next) {
                    Some(next) => downstream(next.bytes.start),
                    None => self.end(),
                }
            }
            Motion::DocumentStart => {
                self.scroll_to(0.0);
                downstream(self.blocks[1].bytes.start)
            }
            Motion::DocumentEnd => self.end(),
        }
    }

    fn end(&self) -> Place {
        Place { byte: self.blocks.last().map_or(0, |b| b.bytes.end), affinity: Affinity::Upstream }
    }

    fn first_block(&self, paragraph: usize) -> usize {
        self.blocks.partition_point(|b| b.paragraph < paragraph)
    }

    fn sideways(&mut self, block: usize, caret: Caret, left: bool) -> Place {
        let Some(laid) = self.lay_out(block) else { return self.caret };
        let moved = if left { laid.left(caret) } else { laid.right(caret) };
        if let Some(moved) = moved {
            return self.global(block, moved);
        }
        // Leaving a right-to-left paragraph on its left side goes on, not back.
        let back = left != laid.is_rtl();
        let next = if back { block.checked_sub(1).filter(|&b| b > 0) } else { Some(block + 1) };
        let Some(next) = next.filter(|&b| b < self.blocks.len()) else { return self.caret };
        let Some(entered) = self.lay_out(next) else { return self.caret };
        let edge = if back { Caret::behind(entered.len()) } else { Caret::before(0) };
        let place = self.global(next, edge);
        if place.byte != self.caret.byte {
            return place;
        }
        // Two blocks of one paragraph share a byte: the step is made inside the next one.
        let edge_step = self.lay_out(next).and_then(|l| if left { l.left(edge) } else { l.right(edge) });
        edge_step.map_or(place, |caret| self.global(next, caret))
    }

    fn up_or_down(&mut self, rows: f32, up: bool) -> Place {
        let mut place = self.caret;
        let block = self.block_of_place(place);
        let caret = self.local(block, place);
        let Some(x) = self.goal_x.or_else(|| self.lay_out(block).map(|l| l.caret_rect(caret).x0)) else {
            return place;
        };
        self.goal_x = Some(x);
        for _ in 0..rows as usize {
            let block = self.block_of_place(place);
            let caret = self.local(block, place);
            let Some(laid) = self.lay_out(block) else { return place };
            let moved = if up { laid.up(caret, x) } else { laid.down(caret, x) };
            let (block, caret) = if let Some(caret) = moved {
                (block, caret)
            } else {
                let next = if up { block.checked_sub(1).filter(|&b| b > 0) } else { Some(block + 1) };
                let Some(next) = next.filter(|&b| b < self.blocks.len()) else {
                    return if up { downstream(self.blocks[1].bytes.start) } else { self.end() };
                };
                let Some(laid) = self.lay_out(next) else { return place };
                let y = if up { laid.height() - 1.0 } else { 1.0 };
                (next, laid.hit(x, y))
            };
            place = self.global(block, caret);
        }
        place
    }

    /// The range of a paragraph (not of a block) that holds `byte`.
    pub(super) fn paragraph_range(&self, byte: usize) -> Range<usize> {
        let paragraph = self.blocks.get(self.block_of(byte)).map_or(0, |b| b.paragraph);
        self.text.paragraphs().get(paragraph.wrapping_sub(1)).cloned().unwrap_or(0..0)
    }

    /// To where a word begins, on the left or right on screen: grapheme by grapheme, as words of the other direction are
    /// passed from behind. Ends of paragraphs stop it.
    fn word_sideways(&mut self, left: bool) -> Place {
        let from = self.caret;
        let mut words = (usize::MAX, Vec::new());
        for _ in 0..BLOCK_LIMIT {
            let before = self.caret;
            let block = self.block_of_place(before);
            let caret = self.local(block, before);
            self.caret = self.sideways(block, caret, left);
            let reached = self.block_of_place(self.caret);
            let bytes = self.blocks[reached].bytes.clone();
            if words.0 != reached {
                let content = self.text.as_str().get(bytes.clone()).unwrap_or_default();
                words = (reached, boundaries::word_starts(content).map(|at| bytes.start + at).collect());
            }
            let byte = self.caret.byte;
            let ends = |block: &Block| block.last && block.bytes.end == byte;
            let passed = self.blocks[reached].paragraph != self.blocks[block].paragraph;
            let stops = passed || ends(&self.blocks[reached]) || words.1.binary_search(&byte).is_ok();
            // A byte with two places on screen is one place to stop at.
            if self.caret == before || (stops && byte != from.byte) {
                break;
            }
        }
        std::mem::replace(&mut self.caret, from)
    }

    /// Selects what lies around the caret; if that is selected already, more.
    /// Whether there is such a thing.
    pub fn select_around(&mut self, extent: Extent) -> bool {
        let Some(range) = self.range_around(extent).filter(|range| !range.is_empty()) else { return false };
        self.select(range);
        self.reveal = Some(Reveal::Caret);
        true
    }

    fn range_around(&self, extent: Extent) -> Option<Range<usize>> {
        let text = self.text.as_str();
        let current = self.selection();
        let paragraphs = self.text.paragraphs();
        let first = self.text.paragraph_at(current.start)?;
        let last = self.text.paragraph_at(current.end.max(current.start))?;
        let here = paragraphs[first].clone();
        let shifted = |range: Range<usize>, by: usize| range.start + by..range.end + by;
        match extent {
            Extent::Word => {
                let byte = current.start.clamp(here.start, here.end) - here.start;
                Some(shifted(word_near(&text[here.clone()], byte), here.start))
            }
            Extent::Sentence => {
                let byte = current.start.clamp(here.start, here.end) - here.start;
                let start = shifted(boundaries::sentence_range(&text[here.clone()], byte), here.start);
                if start.start < current.start || start.end > current.end {
                    return Some(start.start.min(current.start)..start.end.max(current.end));
                }
                // All of it is selected: one more sentence, in this paragraph or the next.
                let end = paragraphs[last].clone();
                let after = text[current.end..].find(|c: char| !c.is_whitespace())? + current.end;
                let holder = if after < end.end { end } else { paragraphs.get(last + 1)?.clone() };
                let more = boundaries::sentence_range(&text[holder.clone()], after - holder.start);
                Some(start.start.min(current.start)..holder.start + more.end)
            }
            Extent::Quotation => {
                let reach = first.saturating_sub(QUOTATION_REACH)..(last + QUOTATION_REACH + 1).min(paragraphs.len());
                let window = paragraphs[reach.start].start..paragraphs[reach.end - 1].end;
                let inside = |byte: usize| byte.clamp(window.start, window.end) - window.start;
                let local = inside(current.start)..inside(current.end);
                let found = boundaries::quotation_range(&text[window.clone()], local.start, local)?;
                Some(shifted(found, window.start))
            }
            Extent::Paragraph => {
                if here.start < current.start || paragraphs[last].end > current.end {
                    return Some(here.start..paragraphs[last].end);
                }
                Some(here.start..paragraphs.get(last + 1).unwrap_or(&paragraphs[last]).end)
            }
        }
    }

    /// Grows a selection to whole words, without white space at its ends.
    pub(super) fn snapped(&self, range: Range<usize>) -> Range<usize> {
        let start = self.paragraph_range(range.start);
        let end = self.paragraph_range(range.end);
        let window = start.start.min(range.start)..end.end.max(range.end);
        let local = range.start - window.start..range.end - window.start;
        let snapped = boundaries::snap_to_words(&self.text.as_str()[window.clone()], local);
        window.start + snapped.start..window.start + snapped.end
    }
}

/// The word at `byte`; between words, before a sign too, the one that ends there, else the next, else what is there.
fn word_near(text: &str, byte: usize) -> Range<usize> {
    let here = boundaries::word_range(text, byte);
    let blank = |range: &Range<usize>| text[range.clone()].trim().is_empty();
    let word = |range: &Range<usize>| text[range.clone()].contains(char::is_alphanumeric);
    if word(&here) {
        return here;
    }
    let before = boundaries::word_range(text, boundaries::prev_grapheme(text, byte));
    if before.end == byte && word(&before) {
        return before;
    }
    if !blank(&here) {
        return here;
    }
    let next = boundaries::word_range(text, boundaries::next_word_start(text, byte));
    if !blank(&next) {
        return next;
    }
    if before.end == byte && !blank(&before) { before } else { here }
}

fn downstream(byte: usize) -> Place {
    Place { byte, affinity: Affinity::Downstream }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_beside_the_sign_that_follows_it() {
        let text = "‘never again’, hier. 25 %";
        let word = |before: &str| &text[word_near(text, text.find(before).unwrap())];
        assert_eq!(
            [word("never"), word("’, "), word(". 25"), word(" hier"), word("25")],
            ["never", "again", "hier", "hier", "25"]
        );
        assert_eq!((word(", hier"), word("%")), ("’,", "%"), "no word ends there");
    }
}
