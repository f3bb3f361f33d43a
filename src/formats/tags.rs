//! Tags of words that say where spans begin and end: IOB1, IOB2, IOBES, BILOU.
//!
//! Here: the schemes, from spans to tags and back. Elsewhere: the files that hold such tags (`conll`, `conllu`).

use crate::model::Name;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// How tags say where a span begins and ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum TagScheme {
    /// `I-` throughout; `B-` only at the first word of a span that touches one of the same label (CoNLL-2003).
    Iob1,
    /// `B-` at the first word of every span, `I-` at the others.
    #[default]
    Iob2,
    /// As IOB2, with `E-` at the last word and `S-` at a span of one word.
    Iobes,
    /// As IOB2, with `L-` at the last word and `U-` at a span of one word (spaCy).
    Bilou,
}

impl TagScheme {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Iob1, Self::Iob2, Self::Iobes, Self::Bilou];

    /// As the command line writes it.
    pub fn option(self) -> &'static str {
        match self {
            Self::Iob1 => "iob1",
            Self::Iob2 => "iob2",
            Self::Iobes => "iobes",
            Self::Bilou => "bilou",
        }
    }

    /// The letter before the label at the word `at` of a span of `len` words. `touches`: the word before the span is the
    /// last of another one with the same label, in the same sentence.
    pub fn letter(self, at: usize, len: usize, touches: bool) -> char {
        let (first, last) = (at == 0, at + 1 == len);
        match self {
            Self::Iob1 if first && touches => 'B',
            Self::Iob1 => 'I',
            Self::Iobes if first && last => 'S',
            Self::Bilou if first && last => 'U',
            _ if first => 'B',
            Self::Iobes if last => 'E',
            Self::Bilou if last => 'L',
            _ => 'I',
        }
    }
}

/// A form of each label that tags can hold: without white space, controls and `|`; different ones for different labels.
pub fn forms<'a>(labels: impl Iterator<Item = &'a Name>) -> BTreeMap<&'a Name, String> {
    let plain = |c: char| if super::tokens::is_gap(c) || c == '|' { '_' } else { c };
    let labels: BTreeSet<&Name> = labels.collect();
    let mut taken = BTreeSet::new();
    let mut forms = BTreeMap::new();
    // Labels that can stand as they are come first, so that nobody takes their form.
    let (as_they_are, others): (Vec<&Name>, Vec<&Name>) =
        labels.into_iter().partition(|label| label.as_str().chars().all(|c| plain(c) == c));
    for label in as_they_are.into_iter().chain(others) {
        let wish: String = label.as_str().chars().map(plain).collect();
        let numbered = std::iter::once(wish.clone()).chain((2..).map(|n| format!("{wish}-{n}")));
        let form = numbered.into_iter().find(|form| taken.insert(form.clone())).unwrap_or(wish);
        forms.insert(label, form);
    }
    forms
}

/// What a tag says about its word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tag<'a> {
    /// It belongs to no span.
    Outside,
    /// It belongs to a span with this label: the letter (B, I, E, S, L, U) says where in it.
    In(char, &'a str),
}

/// The tag that a text is; `None` for none. `-` is spaCy’s mark for what is not known, `_` that of CoNLL-U.
pub fn parsed(text: &str) -> Option<Tag<'_>> {
    match text.as_bytes() {
        b"O" | b"_" | b"-" => Some(Tag::Outside),
        [letter @ (b'B' | b'I' | b'E' | b'S' | b'L' | b'U'), b'-', _, ..] => {
            Some(Tag::In(char::from(*letter), text.get(2..)?))
        }
        _ => None,
    }
}

/// A span as tags tell it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chunk {
    /// Its words, by their number.
    pub words: Range<usize>,
    /// Its label, as in the tags.
    pub label: String,
    /// The line of its first word, from 1.
    pub line: usize,
}

/// Makes spans of tags. Takes every scheme; notes which one it was.
#[derive(Debug, Default)]
pub struct Decoder {
    open: Vec<Option<Chunk>>,
    seen: Seen,
    /// All that are closed, by their last word.
    pub chunks: Vec<Chunk>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Spans that begin with `I-`, and the line of the first.
    begun_inside: (usize, usize),
    begun_after_other: bool,
    letters: BTreeSet<char>,
}

impl Decoder {
    /// Takes in a word with its tags, one for each column; words are numbered on, also across sentences.
    pub fn word(&mut self, word: usize, line: usize, tags: &[Tag]) {
        self.open.resize(tags.len().max(self.open.len()), None);
        // Where a span goes on that another column had open, it moves there: some files put what is inside another span
        // into a second column, word by word.
        for (column, tag) in tags.iter().enumerate() {
            if let Tag::In('I' | 'E' | 'L', label) = tag
                && !is_open(&self.open, column, label)
            {
                let goes_on_there =
                    |other: usize| matches!(tags.get(other), Some(Tag::In('I' | 'E' | 'L', there)) if there == label);
                let other = (0..self.open.len()).find(|o| is_open(&self.open, *o, label) && !goes_on_there(*o));
                if let Some(other) = other {
                    self.open.swap(column, other);
                }
            }
        }
        for (column, tag) in tags.iter().enumerate() {
            match *tag {
                Tag::Outside => self.close(column),
                Tag::In(letter, label) => self.inside(column, letter, label, word, line),
            }
        }
    }

    fn inside(&mut self, column: usize, letter: char, label: &str, word: usize, line: usize) {
        let goes_on = is_open(&self.open, column, label);
        self.seen.letters.insert(letter);
        if matches!(letter, 'B' | 'S' | 'U') || !goes_on {
            if letter == 'B' {
                self.seen.begun_after_other |= !goes_on;
            } else if letter == 'I' {
                self.seen.begun_inside.0 += 1;
                if self.seen.begun_inside.0 == 1 {
                    self.seen.begun_inside.1 = line;
                }
            }
            self.close(column);
            self.open[column] = Some(Chunk { words: word..word, label: label.to_owned(), line });
        }
        if let Some(open) = &mut self.open[column] {
            open.words.end = word + 1;
        }
        if matches!(letter, 'E' | 'L' | 'S' | 'U') {
            self.close(column);
        }
    }

    fn close(&mut self, column: usize) {
        self.chunks.extend(self.open[column].take());
    }

    /// Closes what is open: no span goes on after the end of a sentence.
    pub fn end_sentence(&mut self) {
        for column in 0..self.open.len() {
            self.close(column);
        }
    }

    /// The scheme of the tags so far; `None` without any.
    pub fn scheme(&self) -> Option<TagScheme> {
        let seen = &self.seen;
        let has = |letters: [char; 2]| letters.iter().any(|letter| seen.letters.contains(letter));
        let scheme = if has(['L', 'U']) {
            TagScheme::Bilou
        } else if has(['E', 'S']) {
            TagScheme::Iobes
        } else if seen.begun_inside.0 > 0 && !seen.begun_after_other {
            // In IOB1 nothing but a neighbour of the same label has a `B-`.
            TagScheme::Iob1
        } else {
            TagScheme::Iob2
        };
        (!seen.letters.is_empty()).then_some(scheme)
    }

    /// How many spans begin with `I-` though the scheme has another letter for that, and the line of the first.
    pub fn irregular(&self) -> Option<(usize, usize)> {
        let (count, _) = self.seen.begun_inside;
        (count > 0 && self.scheme() != Some(TagScheme::Iob1)).then_some(self.seen.begun_inside)
    }
}

fn is_open(open: &[Option<Chunk>], column: usize, label: &str) -> bool {
    open.get(column).and_then(Option::as_ref).is_some_and(|chunk| chunk.label == label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Spans = Vec<(Range<usize>, String)>;

    fn decoded(sentences: &[&[&str]]) -> (Spans, Option<TagScheme>, bool) {
        let mut decoder = Decoder::default();
        let mut word = 0;
        for sentence in sentences {
            for tag in *sentence {
                decoder.word(word, word + 1, &[parsed(tag).unwrap()]);
                word += 1;
            }
            decoder.end_sentence();
        }
        let (scheme, irregular) = (decoder.scheme(), decoder.irregular().is_some());
        (decoder.chunks.into_iter().map(|c| (c.words, c.label)).collect(), scheme, irregular)
    }

    #[test]
    fn schemes_are_told_by_their_tags_and_sentences_end_spans() {
        let two = vec![(0..2, "P".to_owned()), (2..3, "P".to_owned())];
        assert_eq!(decoded(&[&["I-P", "I-P", "B-P"]]), (two.clone(), Some(TagScheme::Iob1), false));
        assert_eq!(decoded(&[&["I-P", "I-P"], &["I-P"]]), (two.clone(), Some(TagScheme::Iob1), false));
        assert_eq!(decoded(&[&["B-P", "I-P", "B-P"]]), (two.clone(), Some(TagScheme::Iob2), false));
        assert_eq!(decoded(&[&["B-P", "E-P", "S-P"]]), (two.clone(), Some(TagScheme::Iobes), false));
        assert_eq!(decoded(&[&["B-P", "L-P", "U-P"]]), (two.clone(), Some(TagScheme::Bilou), false));
        // An `I-` that begins something, in a file where `B-` does.
        assert!(decoded(&[&["B-P", "I-P", "O"], &["I-P"]]).2);
        assert_eq!(decoded(&[&["O", "_", "-"]]), (vec![], None, false));
        assert_eq!(["И-P", "B", "B-", "PER", ""].map(parsed), [None; 5]);
    }

    #[test]
    fn what_goes_on_in_another_column_is_one_span() {
        let mut decoder = Decoder::default();
        let rows = [["B-PERX", "O"], ["B-PERSON", "I-PERX"], ["O", "O"]];
        for (word, row) in rows.iter().enumerate() {
            decoder.word(word, word + 1, &row.map(|tag| parsed(tag).unwrap()));
        }
        let mut chunks: Vec<_> = decoder.chunks.into_iter().map(|c| (c.words, c.label)).collect();
        chunks.sort_by_key(|(words, _)| words.start);
        assert_eq!(chunks, [(0..2, "PERX".to_owned()), (1..2, "PERSON".to_owned())]);
    }

    #[test]
    fn labels_get_forms_without_gaps_and_different_ones() {
        let labels: Vec<Name> = ["a b", "a_b", "x\u{2028}y", "é"].map(Name::from).to_vec();
        let forms: Vec<_> = forms(labels.iter()).into_values().collect();
        assert_eq!(forms, ["a_b-2", "a_b", "x_y", "é"]);
    }

    proptest! {
        #[test]
        fn every_scheme_gives_the_same_spans_back(
            lengths in proptest::collection::vec((0usize..3, 1usize..4, 0usize..2, any::<bool>()), 0..9),
        ) {
            for scheme in TagScheme::ALL {
                let mut decoder = Decoder::default();
                let (mut word, mut expected) = (0, Vec::new());
                let mut before: Option<&str> = None;
                for &(gap, len, label, ends) in &lengths {
                    let label = ["A", "B-C"][label];
                    for _ in 0..gap {
                        decoder.word(word, word, &[Tag::Outside]);
                        word += 1;
                    }
                    let touches = gap == 0 && before == Some(label);
                    for at in 0..len {
                        let tag = format!("{}-{label}", scheme.letter(at, len, touches));
                        decoder.word(word + at, word + at, &[parsed(&tag).unwrap()]);
                    }
                    expected.push((word..word + len, label.to_owned()));
                    word += len;
                    before = Some(label);
                    if ends {
                        decoder.end_sentence();
                        before = None;
                    }
                }
                decoder.end_sentence();
                let found: Vec<_> = decoder.chunks.into_iter().map(|c| (c.words, c.label)).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
