//! Where a text may be cut: graphemes, words, sentences (UAX #29) and quotations around a place.
//!
//! Pure functions of a text, mostly one paragraph of it, and byte offsets in it; they keep no state and know
//! nothing of spans or documents. Every offset may be passed in, also one beyond the text or inside a character;
//! every offset that comes out is a grapheme border.

mod quotation;
mod sentence;

use std::ops::Range;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

pub use quotation::quotation_range;
pub use sentence::{sentence_range, sentences};

/// Whether a caret may stand at `byte`: at the border of two extended grapheme clusters, or at an end of `text`.
///
/// Looks only at the characters around `byte`, however long the text is.
pub fn is_grapheme_border(text: &str, byte: usize) -> bool {
    if byte == 0 || byte == text.len() {
        return true;
    }
    let bytes = text.as_bytes();
    let before = byte.checked_sub(1).and_then(|before| bytes.get(before));
    match (before, bytes.get(byte)) {
        // Of two ASCII characters only a carriage return and a line feed belong together.
        (Some(before), Some(after)) if before.is_ascii() && after.is_ascii() => (*before, *after) != (b'\r', b'\n'),
        (_, None) => false,
        _ if !text.is_char_boundary(byte) => false,
        // Given the whole text, the cursor never asks for more of it; if it did, no border is the safe answer.
        _ => GraphemeCursor::new(byte, text.len(), true).is_boundary(text, 0).unwrap_or(false),
    }
}

/// The last grapheme border at or before `byte`.
pub fn grapheme_floor(text: &str, byte: usize) -> usize {
    let byte = text.floor_char_boundary(byte);
    if is_grapheme_border(text, byte) { byte } else { prev_grapheme(text, byte) }
}

/// The first grapheme border at or after `byte`; the end of the text if there is none.
pub fn grapheme_ceil(text: &str, byte: usize) -> usize {
    let byte = text.ceil_char_boundary(byte.min(text.len()));
    if is_grapheme_border(text, byte) { byte } else { next_grapheme(text, byte) }
}

/// The first grapheme border after `byte`; the end of the text if there is none.
pub fn next_grapheme(text: &str, byte: usize) -> usize {
    let byte = text.floor_char_boundary(byte);
    GraphemeCursor::new(byte, text.len(), true).next_boundary(text, 0).ok().flatten().unwrap_or(text.len())
}

/// The last grapheme border before `byte`; the start of the text if there is none.
pub fn prev_grapheme(text: &str, byte: usize) -> usize {
    let byte = text.ceil_char_boundary(byte.min(text.len()));
    GraphemeCursor::new(byte, text.len(), true).prev_boundary(text, 0).ok().flatten().unwrap_or(0)
}

/// The word (UAX #29) that begins at `byte` or reaches over it; elsewhere the run of white space or of punctuation.
///
/// At the end of the text it is the last one. A symbol or an emoji is a word by itself. In scripts that need a
/// dictionary to tell words apart, and for ideographs, a word is a single grapheme.
pub fn word_range(text: &str, byte: usize) -> Range<usize> {
    unit_at(text, byte).range
}

/// The selection that a person means by `selection`: partial words become whole ones, white space around it is left out.
///
/// Punctuation stays as selected. A possessive (`Putin’s`) and what an elision leaves (`l’Élysée`) can be selected
/// without the other part. A selection of nothing but white space becomes an empty one at its start.
pub fn snap_to_words(text: &str, selection: Range<usize>) -> Range<usize> {
    let trimmed = trim(text, selection);
    if trimmed.is_empty() {
        return trimmed;
    }
    let first = unit_at(text, trimmed.start);
    let start = match first.kind {
        UnitKind::Word => first_border_of_name(text, first.range, trimmed.start),
        _ => trimmed.start,
    };
    let last = unit_at(text, prev_grapheme(text, trimmed.end));
    let end = match last.kind {
        UnitKind::Word => last_border_of_name(text, last.range, trimmed.end),
        _ => trimmed.end,
    };
    // A tab takes a combining mark into its segment, but not into its grapheme.
    trim(text, start..end)
}

/// Where the first word after `byte` begins; the end of the text if there is none.
pub fn next_word_start(text: &str, byte: usize) -> usize {
    words_from(text, byte).map(|word| word.start).find(|start| *start > byte).unwrap_or(text.len())
}

/// Where the first word ends that ends after `byte`; the end of the text if there is none.
pub fn next_word_end(text: &str, byte: usize) -> usize {
    words_from(text, byte).map(|word| word.end).find(|end| *end > byte).unwrap_or(text.len())
}

/// Where the last word before `byte` begins; the start of the text if there is none.
pub fn prev_word_start(text: &str, byte: usize) -> usize {
    let mut before = byte.min(text.len());
    while before > 0 {
        let unit = unit_at(text, prev_grapheme(text, before));
        if unit.kind.is_word() && unit.range.start < byte {
            return unit.range.start;
        }
        // The unit holds the grapheme before `before`, so this always gets nearer to the start.
        before = unit.range.start;
    }
    0
}

/// Where the last word ends that ends before `byte`; the start of the text if there is none.
pub fn prev_word_end(text: &str, byte: usize) -> usize {
    let mut before = byte.min(text.len());
    while before > 0 {
        let unit = unit_at(text, prev_grapheme(text, before));
        if unit.kind.is_word() && unit.range.end < byte {
            return unit.range.end;
        }
        before = unit.range.start;
    }
    0
}

/// Where the words and symbols of `text` begin, ascending.
pub fn word_starts(text: &str) -> impl Iterator<Item = usize> {
    words_from(text, 0).map(|word| word.start)
}

/// `range` on grapheme borders and without the white space at its ends.
fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let mut start = grapheme_floor(text, range.start);
    let mut end = grapheme_ceil(text, range.end).max(start);
    while start < end {
        let next = next_grapheme(text, start);
        if !is_space(text, start..next) {
            break;
        }
        start = next;
    }
    while start < end {
        let prev = prev_grapheme(text, end);
        if !is_space(text, prev..end) {
            break;
        }
        end = prev;
    }
    start..end
}

fn is_space(text: &str, range: Range<usize>) -> bool {
    let part = text.get(range).unwrap_or_default();
    part.chars().all(char::is_whitespace)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UnitKind {
    Word,
    /// A symbol or an emoji: a word of its own, of which there are no parts.
    Symbol,
    Space,
    Punctuation,
}

/// A word, or a run of what is between words.
struct Unit {
    range: Range<usize>,
    kind: UnitKind,
}

impl UnitKind {
    fn of(segment: &str) -> Self {
        let is_symbol = |c: char| {
            c >= '\u{2190}' && !matches!(c, '\u{2E00}'..='\u{2E7F}' | '\u{3000}'..='\u{303F}' | '\u{FE10}'..='\u{FFEF}')
        };
        if segment.chars().any(char::is_alphanumeric) {
            Self::Word
        } else if segment.chars().all(char::is_whitespace) {
            Self::Space
        } else if segment.chars().any(is_symbol) {
            Self::Symbol
        } else {
            Self::Punctuation
        }
    }

    fn is_word(self) -> bool {
        matches!(self, Self::Word | Self::Symbol)
    }
}

/// The unit that begins at `byte` or reaches over it.
fn unit_at(text: &str, byte: usize) -> Unit {
    let kind_of = |range: &Range<usize>| UnitKind::of(text.get(range.clone()).unwrap_or_default());
    let segment = segment_at(text, byte);
    let kind = kind_of(&segment);
    if kind.is_word() || segment.is_empty() {
        return Unit { range: segment, kind };
    }
    // UAX #29 cuts between `?` and `!`, and between two line ends; a person sees one run.
    let mut low = segment.start;
    while low > 0 {
        let before = prev_grapheme(text, low)..low;
        if kind_of(&before) != kind {
            break;
        }
        low = before.start;
    }
    let mut range = low..low;
    for next in segments_from(text, low) {
        if kind_of(&next) == kind {
            range.end = next.end;
        } else if next.end > segment.start {
            break;
        } else {
            // What looked like the run from behind was the end of a word, such as the `_` of `a_?`.
            range = next.end..next.end;
        }
    }
    Unit { range, kind }
}

/// The segment between two word borders of UAX #29 that begins at `byte` or reaches over it.
fn segment_at(text: &str, byte: usize) -> Range<usize> {
    // The last segment, where there is nothing behind `byte`.
    let byte = grapheme_floor(text, byte.min(text.len().saturating_sub(1)));
    segments_from(text, byte).find(|segment| segment.end > byte).unwrap_or(byte..byte)
}

/// The words and symbols from around `byte` on.
fn words_from(text: &str, byte: usize) -> impl Iterator<Item = Range<usize>> {
    let byte = text.floor_char_boundary(byte);
    segments_from(text, byte).filter(|segment| UnitKind::of(text.get(segment.clone()).unwrap_or_default()).is_word())
}

/// The segments of `text` from one at or before `byte` on.
fn segments_from(text: &str, byte: usize) -> impl Iterator<Item = Range<usize>> {
    let from = sure_word_border(text, byte);
    let rest = text.get(from..).unwrap_or_default();
    let mut start = from;
    rest.split_word_bound_indices()
        .map(move |(at, segment)| from + at + segment.len())
        // A few word borders are inside a grapheme, as before the vowel of Thai `กำ`.
        .filter(|border| is_grapheme_border(text, *border))
        .map(move |end| std::mem::replace(&mut start, end)..end)
}

/// A word border at or before `byte` behind which segmentation needs to know nothing of what is before.
///
/// There is one behind every line feed (WB3a), and between a space, an ideograph or a hiragana letter and a letter
/// or digit (WB999): the former are joined to nothing but extensions, which the latter are not.
fn sure_word_border(text: &str, byte: usize) -> usize {
    let is_single = |c: char| matches!(c, '\u{3041}'..='\u{3096}' | '\u{4E00}'..='\u{9FFF}');
    let begins = |c: char| is_single(c) || is_plain_letter(c);
    let before = text.get(..byte).unwrap_or_default();
    let mut after = text.get(byte..).and_then(|rest| rest.chars().next());
    for (at, c) in before.char_indices().rev() {
        let ends = matches!(c, ' ' | '\t') || is_single(c);
        if c == '\n' || (ends && after.is_some_and(begins)) {
            return at + c.len_utf8();
        }
        after = Some(c);
    }
    0
}

/// Whether `c` is a letter or a digit of a script in wide use, and surely no mark that extends the one before.
fn is_plain_letter(c: char) -> bool {
    let is_plain = matches!(c,
        '\u{C0}'..='\u{24F}' | '\u{370}'..='\u{482}' | '\u{48A}'..='\u{52F}' | '\u{5D0}'..='\u{5EA}'
        | '\u{620}'..='\u{64A}' | '\u{905}'..='\u{939}' | '\u{E01}'..='\u{E30}' | '\u{AC00}'..='\u{D7A3}');
    c.is_ascii_alphanumeric() || is_plain
}

/// Where a selection that begins at `start` in `word` begins: at the word, or behind the apostrophe of an elision.
fn first_border_of_name(text: &str, word: Range<usize>, start: usize) -> usize {
    const ELIDED: [&str; 24] = [
        "l", "d", "j", "m", "n", "s", "t", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "presqu", "un", "all",
        "dall", "dell", "nell", "sull", "coll", "quest", "quell", "sant",
    ];
    let content = text.get(word.clone()).unwrap_or_default();
    let Some((at, apostrophe)) = content.char_indices().find(|(_, c)| is_apostrophe(*c)) else {
        return word.start;
    };
    let elided = content.get(..at).unwrap_or_default().to_lowercase();
    let behind = word.start + at + apostrophe.len_utf8();
    let is_border = behind <= start && ELIDED.contains(&elided.as_str());
    if is_border && is_grapheme_border(text, behind) { behind } else { word.start }
}

/// Where a selection that ends at `end` in `word` ends: at the word's end, or before the apostrophe of a possessive.
fn last_border_of_name(text: &str, word: Range<usize>, end: usize) -> usize {
    let content = text.get(word.clone()).unwrap_or_default();
    let owner = content.strip_suffix(['s', 'S']).and_then(|rest| rest.strip_suffix(is_apostrophe));
    match owner.map(|owner| word.start + owner.len()) {
        Some(border) if end <= border && is_grapheme_border(text, border) => border,
        _ => word.end,
    }
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’')
}

#[cfg(test)]
mod tests;
