//! Texts in tokens and sentences, for formats that count in them: by the word and sentence borders of Unicode UAX #29.
//!
//! Where a span begins or ends inside a word, the word is cut there: no span is lost because it fits no token.

use crate::model::Span;
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
    let fragments: Vec<_> = spans.flat_map(Span::fragments).collect();
    let starts: BTreeSet<usize> = fragments.iter().map(|f| f.start()).collect();
    let ends: BTreeSet<usize> = fragments.iter().map(|f| f.end()).collect();
    let mut tokens: Vec<Token> = Vec::new();
    let mut push = |piece: Range<usize>| {
        let free = text.get(piece.clone()) == Some(" ") && !starts.contains(&piece.start) && !ends.contains(&piece.end);
        match tokens.last_mut() {
            Some(last) if free && !last.space_after => last.space_after = true,
            _ => tokens.push(Token { bytes: piece, space_after: false }),
        }
    };
    for (start, word) in text.split_word_bound_indices() {
        let (mut from, end) = (start, start + word.len());
        let mut cuts: Vec<usize> = starts.range(start + 1..end).chain(ends.range(start + 1..end)).copied().collect();
        cuts.sort_unstable();
        cuts.dedup();
        for cut in cuts.into_iter().chain([end]) {
            push(from..cut);
            from = cut;
        }
    }
    tokens
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
