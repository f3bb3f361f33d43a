//! The 64-bit ids by which spaCy names strings.
//!
//! A string's id is its hash, except for some hundred words that spaCy numbers itself. These are not only names such as
//! `PERSON`: “number”, “mark” and “agent” are among them, and stand in any text.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

/// The words with ids of their own, in the order of their ids from 1 (`symbols.pyx` of spaCy 3).
static SYMBOLS: LazyLock<HashMap<&str, u64>> = LazyLock::new(|| include_str!("symbols.txt").lines().zip(1..).collect());

/// The id of a string; 0 for the empty one.
pub fn id(text: &str) -> u64 {
    if text.is_empty() { 0 } else { SYMBOLS.get(text).copied().unwrap_or_else(|| murmur_hash_64a(text.as_bytes(), 1)) }
}

/// MurmurHash2 for 64-bit machines, variant A, by Austin Appleby (public domain).
fn murmur_hash_64a(bytes: &[u8], seed: u64) -> u64 {
    const M: u64 = 0xc6a4_a793_5bd1_e995;
    let mixed = |word: u64| {
        let word = word.wrapping_mul(M);
        (word ^ (word >> 47)).wrapping_mul(M)
    };
    let mut hash = seed ^ (bytes.len() as u64).wrapping_mul(M);
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        hash = (hash ^ mixed(u64::from_le_bytes(*word))).wrapping_mul(M);
    }
    if !rest.is_empty() {
        let word = rest.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte));
        hash = (hash ^ word).wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 47)).wrapping_mul(M);
    hash ^ (hash >> 47)
}

/// The strings of a file, each once.
#[derive(Debug, Default)]
pub struct Strings<'a> {
    places: HashMap<Cow<'a, str>, u32>,
    ids: Vec<u64>,
}

impl<'a> Strings<'a> {
    /// Adds a string; its number in this file is shorter than its id.
    pub fn add(&mut self, text: impl Into<Cow<'a, str>>) -> u32 {
        let text = text.into();
        if let Some(place) = self.places.get(&text) {
            return *place;
        }
        let place = self.ids.len() as u32;
        self.ids.push(id(&text));
        self.places.insert(text, place);
        place
    }

    /// The id of the string with a number from [`add`](Self::add).
    pub fn id(&self, number: u32) -> u64 {
        self.ids.get(number as usize).copied().unwrap_or_default()
    }

    /// All, sorted.
    pub fn sorted(&self) -> BTreeSet<&str> {
        self.places.keys().map(Cow::as_ref).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_spacy() {
        for (text, expected) in [
            ("", 0),
            ("IS_ALPHA", 1),
            ("PERSON", 380),
            ("number", 432),
            ("_", 456),
            // As `spacy.strings.get_string_id` of spaCy 3.8 gives them.
            ("coffee", 3_197_928_453_018_144_401),
            ("speakers", 14_709_719_375_060_351_491),
            ("é — says", 2_743_671_246_860_199_536),
            ("👨‍👩‍👧", 2_215_223_576_508_609_196),
        ] {
            assert_eq!(id(text), expected, "{text}");
        }
        let mut strings = Strings::default();
        let (first, second) = (strings.add("says"), strings.add("é".to_owned()));
        assert_eq!((strings.add("says".to_owned()), strings.id(second)), (first, id("é")));
        assert_eq!(strings.sorted().into_iter().collect::<Vec<_>>(), ["says", "é"]);
    }
}
