//! What stands around a place, on one line, for lists.

use crate::model::Text;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Of what was found, so many graphemes are shown at most.
const LONGEST: usize = 80;
/// Where something was left out.
const GAP: char = '…';

/// A place with what stands around it in its paragraph, on one line: each run of white space is a blank, and what was
/// left out is “…”.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Context {
    line: String,
    found: Range<usize>,
}

impl Context {
    /// The place `place` (bytes, on grapheme borders) of `text`, with up to so many graphemes before and after it.
    pub fn of(text: &Text, place: &Range<usize>, before: usize, after: usize) -> Self {
        let content = text.as_str();
        let paragraph = |byte: usize| {
            let found = text.paragraph_at(byte).and_then(|p| text.paragraphs().get(p));
            found.filter(|p| p.start <= byte && byte <= p.end).cloned().unwrap_or(place.clone())
        };
        let (first, last) = (paragraph(place.start).start, paragraph(place.end).end);
        let left = &content[first.min(place.start)..place.start];
        let right = &content[place.end..last.max(place.end)];
        let start = left.grapheme_indices(true).rev().take(before).last().map_or(left.len(), |(at, _)| at);
        let mut line = String::new();
        if start > 0 {
            line.push(GAP);
        }
        push(&mut line, &left[start..]);
        let found = line.len();
        push_found(&mut line, &content[place.clone()]);
        let found = found..line.len();
        let end = right.grapheme_indices(true).nth(after).map_or(right.len(), |(at, _)| at);
        push(&mut line, &right[..end]);
        if end < right.len() {
            line.push(GAP);
        }
        Self { line, found }
    }

    /// What stands before, what was found, what stands behind.
    pub fn parts(&self) -> [&str; 3] {
        [&self.line[..self.found.start], &self.line[self.found.clone()], &self.line[self.found.end..]]
    }

    /// All of it.
    pub fn line(&self) -> &str {
        &self.line
    }
}

fn push_found(line: &mut String, found: &str) {
    let end_of_head = found.grapheme_indices(true).nth(LONGEST / 2).map_or(found.len(), |(at, _)| at);
    let (head, rest) = found.split_at(end_of_head);
    let tail = rest.grapheme_indices(true).rev().take(LONGEST / 2).last().map_or(0, |(at, _)| at);
    push(line, head);
    if tail > 0 {
        line.push(GAP);
    }
    push(line, &rest[tail..]);
}

/// Adds `part` with every run of white space as one blank.
fn push(line: &mut String, part: &str) {
    let mut after_space = false;
    for c in part.chars() {
        if !c.is_whitespace() {
            line.push(c);
        } else if !after_space {
            line.push(' ');
        }
        after_space = c.is_whitespace();
    }
}
