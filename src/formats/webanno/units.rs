//! A text as sentences and tokens, so that with the line ends that readers put between sentences it is whole again.
//!
//! Words and sentences are those of UAX #29. White space is a token only where an annotation begins or ends inside it,
//! or where nothing else could hold it: before the first word.

use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Bytes of a text: its tokens, and the sentences that they make.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Units {
    pub tokens: Vec<Range<usize>>,
    pub sentences: Vec<Sentence>,
}

/// A sentence begins with its first token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sentence {
    /// Those of [`Units::tokens`] that it has.
    pub tokens: Range<usize>,
    /// Its bytes. Between its end and the next sentence nothing stands, or a line feed and spaces: readers put both there.
    pub text: Range<usize>,
}

impl Units {
    /// Those of a text in which something is marked at `hulls`, in bytes.
    pub fn new(text: &str, hulls: &[Range<usize>]) -> Self {
        let sorted = |mut all: Vec<usize>| {
            all.sort_unstable();
            all.dedup();
            all
        };
        let starts = sorted(hulls.iter().map(|hull| hull.start).collect());
        let ends = sorted(hulls.iter().map(|hull| hull.end).collect());
        let mut tokens: Vec<Range<usize>> = Vec::new();
        for (start, word) in text.split_word_bound_indices() {
            let end = start + word.len();
            if !word.chars().all(char::is_whitespace) {
                tokens.push(start..end);
                continue;
            }
            let starts = within(&starts, start..end);
            let ends = within(&ends, start + 1..end + 1);
            if starts.is_empty() && ends.is_empty() {
                continue;
            }
            let inside = starts.iter().chain(ends).copied().filter(|cut| start < *cut && *cut < end);
            let mut from = start;
            for cut in sorted(inside.chain([end]).collect()) {
                tokens.push(from..cut);
                from = cut;
            }
        }
        let first = tokens.first().map_or(text.len(), |token| token.start);
        if text.as_bytes().get(..first).is_some_and(|before| before.iter().any(|byte| *byte != b' '))
            || (tokens.is_empty() && !text.is_empty())
        {
            tokens.insert(0, 0..first);
        }
        let sentences = sentences(text, &tokens);
        Self { tokens, sentences }
    }

    /// The tokens that a range of bytes touches: first and last.
    pub fn touched(&self, bytes: &Range<usize>) -> Option<(usize, usize)> {
        let first = self.tokens.partition_point(|token| token.end <= bytes.start);
        let last = self.tokens.partition_point(|token| token.start < bytes.end).checked_sub(1)?;
        (first <= last).then_some((first, last))
    }
}

/// Those of sorted places that lie in a range.
fn within(places: &[usize], range: Range<usize>) -> &[usize] {
    let from = places.partition_point(|place| *place < range.start);
    let to = places.partition_point(|place| *place < range.end);
    places.get(from..to).unwrap_or_default()
}

fn sentences(text: &str, tokens: &[Range<usize>]) -> Vec<Sentence> {
    let mut sentences: Vec<Sentence> = Vec::new();
    let mut borders = text.split_sentence_bound_indices().map(|(at, _)| at).peekable();
    for (n, token) in tokens.iter().enumerate() {
        let before = n.checked_sub(1).and_then(|before| tokens.get(before));
        let mut begins = before.is_none();
        while let Some(border) = borders.next_if(|border| *border <= token.start) {
            // A border inside a word is none.
            begins |= before.is_some_and(|before| before.end <= border);
        }
        match sentences.last_mut() {
            Some(sentence) if !begins => sentence.tokens.end = n + 1,
            _ => sentences.push(Sentence { tokens: n..n + 1, text: token.clone() }),
        }
    }
    for n in 0..sentences.len() {
        let next = sentences.get(n + 1).map_or(text.len(), |next| next.text.start);
        let is_last = n + 1 == sentences.len();
        let Some(sentence) = sentences.get_mut(n) else { continue };
        let Some(last) = tokens.get(sentence.tokens.end - 1) else { continue };
        let gap = text.get(last.end..next).unwrap_or_default();
        let kept = gap.trim_end_matches(' ').strip_suffix('\n').filter(|_| !is_last).unwrap_or(gap);
        sentence.text = sentence.text.start..last.end + kept.len();
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_and_what_readers_put_between_them_are_all_of_the_text() {
        let shown = |text: &str, hulls: &[Range<usize>]| {
            let units = Units::new(text, hulls);
            let sentence = |s: &Sentence| {
                let tokens: Vec<_> =
                    units.tokens[s.tokens.clone()].iter().map(|t| text[t.clone()].to_owned()).collect();
                (text[s.text.clone()].to_owned(), tokens)
            };
            units.sentences.iter().map(sentence).collect::<Vec<_>>()
        };
        let of = |text: &str, tokens: &[&str]| (text.to_owned(), tokens.iter().map(|t| (*t).to_owned()).collect());
        assert_eq!(
            shown("Don’t.  Pay 3.2 %!\n\n  Ok\n", &[]),
            [of("Don’t.  ", &["Don’t", "."]), of("Pay 3.2 %!\n", &["Pay", "3.2", "%", "!"]), of("Ok\n", &["Ok"])]
        );
        let space = 3..4;
        assert_eq!(shown("  a b", &[space]), [of("a b", &["a", " ", "b"])]);
        assert_eq!(shown("\n a", &[]), [of("\n a", &["\n ", "a"])]);
        assert_eq!(shown(" \n", &[]), [of(" \n", &[" \n"])]);
        assert_eq!(shown("", &[]), []);
    }
}
