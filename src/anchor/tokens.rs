//! A text as the sequence of its words and of the characters between them.
//!
//! Finer than words of UAX #29, so that what is marked without its article or its possessive (`l’Élysée`, `Ana’s`) begins
//! and ends at the border of a token; every token is a piece of the text, and together they are the text.

use std::collections::HashMap;
use std::ops::Range;

/// The tokens of a text. What is equal in two texts that share a [`Names`] has the same number.
pub(super) struct Tokens {
    /// First bytes, and the length of the text.
    starts: Vec<usize>,
    /// What each token is.
    pub ids: Vec<u32>,
    /// Half words before each token, and in all: a character of a script without spaces counts as half a word.
    half_words: Vec<u32>,
}

/// The number of each different token.
#[derive(Default)]
pub(super) struct Names<'a>(HashMap<&'a str, u32>);

impl<'a> Names<'a> {
    fn number(&mut self, token: &'a str) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(token).or_insert(next)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl Tokens {
    /// Cuts a text up.
    pub fn new<'a>(text: &'a str, names: &mut Names<'a>) -> Self {
        let guess = text.len() / 3 + 2;
        let (mut starts, mut ids) = (Vec::with_capacity(guess), Vec::with_capacity(guess));
        let mut half_words = Vec::with_capacity(guess);
        let mut count = 0;
        for (range, weight) in cut(text) {
            starts.push(range.start);
            ids.push(names.number(&text[range]));
            half_words.push(count);
            count += weight;
        }
        starts.push(text.len());
        half_words.push(count);
        Self { starts, ids, half_words }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// The first byte of a token, or the length of the text.
    pub fn start(&self, token: usize) -> usize {
        self.starts.get(token).or(self.starts.last()).copied().unwrap_or(0)
    }

    /// Bytes of a range of tokens.
    pub fn bytes(&self, tokens: Range<usize>) -> Range<usize> {
        self.start(tokens.start)..self.start(tokens.end)
    }

    /// The smallest range of tokens that covers a range of bytes.
    pub fn covering(&self, bytes: Range<usize>) -> Range<usize> {
        let first = self.starts.partition_point(|start| *start <= bytes.start).saturating_sub(1);
        let end = self.starts.partition_point(|start| *start < bytes.end);
        first.min(self.len())..end.clamp(first.min(self.len()), self.len())
    }

    /// Words among a range of tokens.
    pub fn words(&self, tokens: Range<usize>) -> usize {
        let before = |token: usize| self.half_words.get(token).or(self.half_words.last()).copied().unwrap_or(0);
        (before(tokens.end).saturating_sub(before(tokens.start)) / 2) as usize
    }
}

/// The tokens of a text, each with how many half words it is.
fn cut(text: &str) -> impl Iterator<Item = (Range<usize>, u32)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let first = rest.chars().next()?;
        let start = at;
        let is_word = first.is_alphanumeric();
        let is_whole = is_word && !is_written_without_spaces(first);
        let len = if is_whole {
            let goes_on = |c: char| c.is_alphanumeric() && !is_written_without_spaces(c) || is_mark(c);
            rest.find(|c| !goes_on(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        at += len;
        Some((start..at, u32::from(is_word) + u32::from(is_whole)))
    })
}

/// Combining marks of scripts that write them behind letters: they are part of the word.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{200c}' | '\u{200d}')
}

/// Scripts whose words stand side by side: each character is a word by itself.
fn is_written_without_spaces(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{a4cf}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_end_where_people_mark_them() {
        let text = "l’Élysée’s 25.5 % e\u{301}té 日本";
        let all: Vec<_> = cut(text).map(|(range, _)| &text[range]).collect();
        assert_eq!(
            all,
            ["l", "’", "Élysée", "’", "s", " ", "25", ".", "5", " ", "%", " ", "e\u{301}té", " ", "日", "本"]
        );
        assert_eq!(cut(text).map(|(_, half_words)| half_words).sum::<u32>(), 2 * 6 + 2);
    }

    proptest! {
        #[test]
        fn tokens_are_the_text_and_cover_what_is_asked(text in any::<String>(), a in 0usize..40, b in 0usize..40) {
            let mut names = Names::default();
            let tokens = Tokens::new(&text, &mut names);
            let whole: String = cut(&text).map(|(range, _)| &text[range]).collect();
            prop_assert_eq!(&whole, &text);
            let (a, b) = (a.min(text.len()), b.min(text.len()));
            let covering = tokens.covering(a.min(b)..a.max(b));
            let bytes = tokens.bytes(covering.clone());
            prop_assert!(bytes.start <= a.min(b) && bytes.end >= a.max(b), "{:?}", bytes);
            prop_assert!(covering.len() <= a.abs_diff(b) + 1);
        }
    }
}
