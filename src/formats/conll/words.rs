//! Texts of words: made of the words of a file, or found among the texts of the project.

use crate::formats::tokens::is_gap;
use crate::model::{Text, boundaries};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

/// A text that grows by words: with a space between two, and a sentence a line.
#[derive(Debug, Default)]
pub struct Grown {
    /// As far as it is.
    pub text: String,
    /// Where each word lies in it, in bytes.
    pub words: Vec<Range<usize>>,
    new_line: bool,
}

impl Grown {
    /// Adds a word.
    pub fn word(&mut self, word: &str) {
        let before = self.text.len();
        if before > 0 {
            self.text.push(if self.new_line { '\n' } else { ' ' });
        }
        self.new_line = false;
        let start = self.text.len();
        self.text.push_str(word);
        // A word that begins with a combining mark would be one character with the space: a line end is never.
        let is_joined = |at| !boundaries::is_grapheme_border(&self.text, at);
        if before > 0 && (is_joined(start) || is_joined(before)) {
            self.text.replace_range(before..start, "\n");
        }
        self.words.push(start..self.text.len());
    }

    /// The next word begins another sentence.
    pub fn end_sentence(&mut self) {
        self.new_line = true;
    }
}

/// The texts of the project, by the letters in them.
pub struct Known<'a>(HashMap<u64, &'a Text>);

impl<'a> Known<'a> {
    /// Prepares to look for them.
    pub fn new(texts: &'a [Text]) -> Self {
        Self(texts.iter().map(|text| (letters(text.as_str()), text)).collect())
    }

    /// The text that is these words, whatever stands between them, and where their letters lie in it.
    pub fn find(&self, words: &str) -> Option<(Text, Letters)> {
        if self.0.is_empty() {
            return None;
        }
        let text = *self.0.get(&letters(words))?;
        let solid = |text: &'a str| text.char_indices().filter(|(_, c)| !is_gap(*c));
        let mut there = solid(text.as_str());
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (at, c) in words.char_indices().filter(|(_, c)| !is_gap(*c)) {
            let (here, _) = there.next().filter(|(_, other)| *other == c)?;
            let goes_on = runs.last().is_some_and(|(from, to)| here.wrapping_sub(*to) == at - from);
            if !goes_on {
                runs.push((at, here));
            }
        }
        there.next().is_none().then(|| (text.clone(), Letters(runs)))
    }
}

/// Where the letters of words lie in a text of the project: pairs of bytes from which on both go on alike, up to the
/// next white space that differs.
pub struct Letters(Vec<(usize, usize)>);

impl Letters {
    /// The place in the text of a range of `words`, without white space at its ends; empty for nothing but that.
    pub fn place(&self, words: &str, of: &Range<usize>) -> Range<usize> {
        let solid = words.get(of.clone()).unwrap_or_default().trim_start_matches(is_gap);
        let start = of.end - solid.len();
        let end = start + solid.trim_end_matches(is_gap).len();
        let at = |byte: usize| {
            let run = self.0.partition_point(|(from, _)| *from <= byte).checked_sub(1);
            run.and_then(|run| self.0.get(run)).map_or(0, |(from, to)| to + (byte - from))
        };
        // The last byte, not the one after it, which can be the first of a run that lies elsewhere.
        if start == end { at(start)..at(start) } else { at(start)..at(end - 1) + 1 }
    }
}

fn letters(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.chars().filter(|c| !is_gap(*c)).for_each(|c| c.hash(&mut hasher));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_begins_and_ends_with_a_whole_character() {
        let mut grown = Grown::default();
        for word in ["é", "\u{301}x", "\u{600}", "a"] {
            grown.word(word);
        }
        grown.end_sentence();
        grown.word("b");
        assert_eq!(grown.text, "é\n\u{301}x \u{600}\na\nb");
        for word in &grown.words {
            assert!([word.start, word.end].iter().all(|at| boundaries::is_grapheme_border(&grown.text, *at)));
        }
    }

    #[test]
    fn words_are_found_in_the_text_they_came_from() {
        let texts = [Text::new("Other."), Text::new("“Zo\u{eb}\u{a0}!”\r\n said 1\u{202f}000")];
        let mut grown = Grown::default();
        for word in ["“", "Zo\u{eb}", "!", "”", "said", "1", "000"] {
            grown.word(word);
        }
        let (text, letters) = Known::new(&texts).find(&grown.text).unwrap();
        assert_eq!(text.as_str(), texts[1].as_str());
        let place = |word: &Range<usize>| letters.place(&grown.text, word);
        let found: Vec<_> = grown.words.iter().map(|word| &text.as_str()[place(word)]).collect();
        assert_eq!(found, ["“", "Zo\u{eb}", "!", "”", "said", "1", "000"]);
        grown.word(".");
        assert!(Known::new(&texts).find(&grown.text).is_none());
    }
}
