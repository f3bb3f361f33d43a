//! Texts in tokens and sentences, for formats that count in them: by the word and sentence borders of Unicode UAX #29.
//!
//! Where a span begins or ends inside a word, the word is cut there: no span is lost because it fits no token.

use crate::model::{Span, boundaries};
use std::collections::BTreeSet;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// A word, a sign, or white space.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// Its bytes in the text.
    pub bytes: Range<usize>,
    /// Whether one space follows that is no token itself.
    pub space_after: bool,
}

/// The tokens of `text`, in its order: with the spaces after them they are all of it. White space other than one space
/// after a token is a token, as in spaCy. Every one of `spans` begins and ends with a token.
pub fn tokens<'a>(text: &str, spans: impl Iterator<Item = &'a Span>) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    each_piece(text, spans, |piece, is_border| {
        let free = text.get(piece.clone()) == Some(" ") && !is_border;
        match tokens.last_mut() {
            Some(last) if free && !last.space_after => last.space_after = true,
            _ => tokens.push(Token { bytes: piece, space_after: false }),
        }
    });
    tokens
}

/// The words of UAX #29, cut at the ends of `spans`; each with whether a span begins or ends with it.
fn each_piece<'a>(text: &str, spans: impl Iterator<Item = &'a Span>, mut push: impl FnMut(Range<usize>, bool)) {
    let fragments: Vec<_> = spans.flat_map(Span::fragments).collect();
    let starts: BTreeSet<usize> = fragments.iter().map(|f| f.start()).collect();
    let ends: BTreeSet<usize> = fragments.iter().map(|f| f.end()).collect();
    for (start, word) in text.split_word_bound_indices() {
        let (mut from, end) = (start, start + word.len());
        let mut cuts: Vec<usize> = starts.range(start + 1..end).chain(ends.range(start + 1..end)).copied().collect();
        cuts.sort_unstable();
        cuts.dedup();
        for cut in cuts.into_iter().chain([end]) {
            push(from..cut, starts.contains(&from) || ends.contains(&cut));
            from = cut;
        }
    }
}

/// Whether no word of a format of columns may hold it: every program there is ends words or lines somewhere else.
pub fn is_gap(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// The words of `text` as byte ranges, for formats that hold nothing else: between them stand only white space and
/// control characters, within them none. Every one of `spans` begins and ends with a word, or in what is between them.
pub fn words<'a>(text: &str, spans: impl Iterator<Item = &'a Span>) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    each_piece(text, spans, |piece, _| {
        let mut from = piece.start;
        // Some pieces have white space inside: 12 000 with U+202F, a space with a combining mark.
        for part in text.get(piece).unwrap_or_default().split_inclusive(is_gap) {
            let word = part.trim_end_matches(is_gap);
            if !word.is_empty() {
                words.push(from..from + word.len());
            }
            from += part.len();
        }
    });
    words
}

/// Whether a quote says what stands at the fragments, white space aside.
pub fn same_letters(quote: &str, slices: &[&str]) -> bool {
    let letters = |text: &str| text.chars().filter(|c| !is_gap(*c)).collect::<String>();
    slices.concat() == quote || letters(&slices.concat()) == letters(quote)
}

/// The words (first, and the one after the last) that lie in a byte range; empty where it holds nothing but gaps.
pub fn within(words: &[Range<usize>], bytes: &Range<usize>) -> Range<usize> {
    let first = words.partition_point(|w| w.start < bytes.start);
    first..words.partition_point(|w| w.end <= bytes.end).max(first)
}

/// Where sentences of `text` begin, in bytes, ascending. No sentence begins within one of `spans` (or its gaps): then
/// it goes on.
pub fn sentence_starts<'a>(text: &str, spans: impl Iterator<Item = &'a Span>) -> Vec<usize> {
    let mut hulls: Vec<Range<usize>> = spans.map(Span::hull).collect();
    hulls.sort_unstable_by_key(|hull| hull.start);
    let mut hulls = hulls.into_iter().peekable();
    let mut covered = 0;
    let starts = boundaries::sentences(text).map(|sentence| sentence.start);
    let free = |start: &usize| {
        while let Some(hull) = hulls.next_if(|hull| hull.start < *start) {
            covered = covered.max(hull.end);
        }
        covered <= *start
    };
    starts.filter(free).collect()
}

/// The tokens (first and last, counted from 0) that a byte range covers; `None` if it begins or ends inside one.
pub fn covered(tokens: &[Token], bytes: &Range<usize>) -> Option<(usize, usize)> {
    let first = tokens.binary_search_by_key(&bytes.start, |t| t.bytes.start).ok()?;
    let last = tokens.binary_search_by_key(&bytes.end, |t| t.bytes.end).ok()?;
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::testing::hostile_text;
    use crate::model::boundaries::is_grapheme_border;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tokens_are_all_of_the_text_and_spans_begin_and_end_with_them(
            text in hostile_text(), cuts in proptest::collection::vec((0usize..300, 1usize..9), 0..6),
        ) {
            let borders: Vec<usize> = (0..=text.len()).filter(|b| is_grapheme_border(&text, *b)).collect();
            let span = |(start, len): (usize, usize)| {
                let start = start % borders.len();
                Span::single(borders[start], borders[(start + len).min(borders.len() - 1)]).ok()
            };
            let spans: Vec<Span> = cuts.into_iter().filter_map(span).collect();
            let tokens = tokens(&text, spans.iter());
            let again: String = tokens.iter().map(|t| format!("{}{}", &text[t.bytes.clone()], if t.space_after { " " } else { "" })).collect();
            prop_assert_eq!(&again, &text);
            for span in &spans {
                prop_assert!(covered(&tokens, &span.hull()).is_some(), "{:?} in {:?}", span, tokens);
            }
        }
    }

    #[test]
    fn words_are_cut_only_where_a_span_asks_for_it() {
        let shown = |text: &str, spans: &[Span]| -> Vec<String> {
            tokens(text, spans.iter())
                .iter()
                .map(|t| format!("{}{}", &text[t.bytes.clone()], if t.space_after { "_" } else { "" }))
                .collect()
        };
        assert_eq!(shown("Don’t pay 3.2 %!\n\nOk", &[]), ["Don’t_", "pay_", "3.2_", "%", "!", "\n", "\n", "Ok"]);
        assert_eq!(shown("unfair deal", &[Span::single(2, 6).unwrap()]), ["un", "fair_", "deal"]);
        assert_eq!(shown("unfair deal", &[Span::single(6, 11).unwrap()]), ["unfair", " ", "deal"]);
    }
}
