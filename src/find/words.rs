//! Whether a place cuts a word.

use crate::model::boundaries::{next_grapheme, prev_grapheme};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Whether neither end of `place`, which lies on grapheme borders of `content`, is inside a word.
pub fn is_whole(content: &str, place: &Range<usize>) -> bool {
    !goes_on_before(content, place.start) && !goes_on_behind(content, place.end)
}

/// Whether the word that begins at `border` is only the rest of one.
fn goes_on_before(content: &str, border: usize) -> bool {
    let inside = border..next_grapheme(content, border);
    let mut outside = prev_grapheme(content, border);
    if is_number(&content[inside.clone()]) {
        // A separator of digits has a digit before it.
        outside = prev_grapheme(content, outside);
    }
    is_word(&content[inside.clone()]) && !is_border(&content[outside..inside.end], border - outside)
}

/// Whether the word that ends at `border` is only the beginning of one.
fn goes_on_behind(content: &str, border: usize) -> bool {
    let inside = prev_grapheme(content, border)..border;
    let mut outside = next_grapheme(content, border);
    if is_number(&content[inside.clone()]) {
        outside = next_grapheme(content, outside);
    }
    is_word(&content[inside.clone()]) && !is_border(&content[inside.start..outside], border - inside.start)
}

fn is_word(grapheme: &str) -> bool {
    grapheme.chars().any(char::is_alphanumeric)
}

fn is_number(grapheme: &str) -> bool {
    grapheme.chars().next().is_some_and(char::is_numeric)
}

/// Whether UAX #29 sees a word border at `byte` of these few graphemes; at an end of them there is nothing to cut.
fn is_border(graphemes: &str, byte: usize) -> bool {
    byte == 0 || byte == graphemes.len() || graphemes.split_word_bound_indices().any(|(at, _)| at == byte)
}
