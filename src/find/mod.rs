//! Finding text: what is looked for, compiled once, and the places of a text that hold it.
//!
//! What is a match:
//!
//! - It lies inside one paragraph ([`Text::paragraphs`]). A regular expression sees one paragraph at a time; `^` and
//!   `$` are its ends.
//! - A plain pattern is compared character by character, but white space in it fits any run of white space: a name
//!   that is broken at the end of a line is still the name.
//! - Without case, characters are the same that Unicode folds one to one: Σ, σ and ς, Ä and ä; not ß and ss. A composed
//!   and a decomposed character are two texts.
//! - It is never empty, and begins and ends between graphemes. What would begin or end inside one is no match and is
//!   not widened: `e` is not found in “é” written with a combining accent.
//! - As a whole word it cuts no word: UAX #29, but an apostrophe is a border (“Putin” is a word of “Putin’s”), and a
//!   number reaches over its separators (“300” is none of “1,300”). Where a script does not part words by space, as
//!   Chinese and Thai, every character is a border.
//! - Matches do not overlap. The leftmost counts; behind something that is no match, the search goes on one character
//!   later.
//!
//! Elsewhere: making annotations of places (`edit::bulk`), the bar and the lists (`app::find`).

mod context;
mod pattern;
mod places;
mod words;

pub use context::Context;
pub use pattern::{BadPattern, MAX_PATTERN};
pub use places::{Place, places};

use crate::model::{Text, boundaries};
use regex::Regex;
use std::ops::Range;

/// So many matches are kept; who shows them says that there are more.
pub const MOST: usize = 100_000;
/// After so many steps of a search it is asked whether to go on.
const STEPS: usize = 256;

/// What is looked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query {
    /// Text, or a regular expression.
    pub pattern: String,
    /// “Putin” is not “putin”.
    pub case: bool,
    /// Not inside a longer word.
    pub whole_word: bool,
    /// Whether the pattern is a regular expression, in the syntax of the crate `regex`.
    pub regex: bool,
}

/// A compiled [`Query`].
#[derive(Clone, Debug)]
pub struct Finder {
    regex: Regex,
    whole_word: bool,
}

/// The matches in a text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Found {
    /// Byte ranges, ascending, not overlapping.
    pub places: Vec<Range<usize>>,
    /// Whether there are more than were to be kept.
    pub more: bool,
}

impl Finder {
    /// All matches in `text`, in its order.
    pub fn matches<'a>(&'a self, text: &'a Text) -> impl Iterator<Item = Range<usize>> + 'a {
        let mut search = Search { finder: self, text, paragraph: 0, at: 0 };
        std::iter::from_fn(move || {
            loop {
                match search.step() {
                    Step::Match(place) => return Some(place),
                    Step::Nothing => {}
                    Step::End => return None,
                }
            }
        })
    }

    /// The first `most` matches in `text`; `None` if `go_on`, which is asked again and again, says no.
    pub fn find(&self, text: &Text, most: usize, go_on: &mut dyn FnMut() -> bool) -> Option<Found> {
        let mut search = Search { finder: self, text, paragraph: 0, at: 0 };
        let mut found = Found::default();
        for step in 1_usize.. {
            match search.step() {
                Step::Match(_) if found.places.len() >= most => {
                    found.more = true;
                    break;
                }
                Step::Match(place) => found.places.push(place),
                Step::Nothing => {}
                Step::End => break,
            }
            if step.is_multiple_of(STEPS) && !go_on() {
                return None;
            }
        }
        Some(found)
    }

    fn fits(&self, content: &str, place: &Range<usize>) -> bool {
        [place.start, place.end].iter().all(|&border| boundaries::is_grapheme_border(content, border))
            && (!self.whole_word || words::is_whole(content, place))
    }
}

/// A search under way: the paragraph, and the byte in it from which it goes on.
struct Search<'a> {
    finder: &'a Finder,
    text: &'a Text,
    paragraph: usize,
    at: usize,
}

enum Step {
    Match(Range<usize>),
    /// A paragraph was done, or something was no match.
    Nothing,
    End,
}

impl Search<'_> {
    fn step(&mut self) -> Step {
        let Some(paragraph) = self.text.paragraphs().get(self.paragraph) else { return Step::End };
        let content = self.text.as_str();
        let haystack = &content[paragraph.clone()];
        let found = if self.at <= haystack.len() { self.finder.regex.find_at(haystack, self.at) } else { None };
        let Some(found) = found else {
            self.paragraph += 1;
            self.at = 0;
            return Step::Nothing;
        };
        let place = paragraph.start + found.start()..paragraph.start + found.end();
        if !place.is_empty() && self.finder.fits(content, &place) {
            self.at = found.end();
            return Step::Match(place);
        }
        self.at = found.start() + haystack[found.start()..].chars().next().map_or(1, char::len_utf8);
        Step::Nothing
    }
}

#[cfg(test)]
mod tests;
