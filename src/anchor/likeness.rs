//! How like two pieces of text are.

use std::collections::HashMap;

/// Up to so many characters, every change of a character counts; beyond, words do.
const SHORT: usize = 64;

/// From 0, nothing in common, to 1, the same. O(n) for long texts, bounded for short ones, and at once for texts of which
/// one is three times as long as the other: they are not alike.
pub(super) fn likeness(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    if a.len().min(b.len()) * 3 < a.len().max(b.len()) {
        return 0.0;
    }
    let (short_a, short_b): (Vec<char>, Vec<char>) =
        (a.chars().take(SHORT + 1).collect(), b.chars().take(SHORT + 1).collect());
    if short_a.len() <= SHORT && short_b.len() <= SHORT { by_characters(&short_a, &short_b) } else { by_words(a, b) }
}

/// The same for the few characters of a gap, with every character counted. O(n²).
pub(super) fn likeness_of_gaps(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    by_characters(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>())
}

/// One less the share of characters that are put in, left out or replaced (Levenshtein's distance).
fn by_characters(a: &[char], b: &[char]) -> f64 {
    let longest = a.len().max(b.len());
    if longest == 0 {
        return 1.0;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    1.0 - row[b.len()] as f64 / longest as f64
}

/// The share of words and pairs of words that both have (Dice's coefficient).
fn by_words(a: &str, b: &str) -> f64 {
    fn pieces(text: &str) -> HashMap<(&str, &str), usize> {
        let mut pieces = HashMap::new();
        let mut last = "";
        for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            *pieces.entry(("", word)).or_insert(0) += 1;
            *pieces.entry((last, word)).or_insert(0) += 1;
            last = word;
        }
        pieces
    }
    let (a, b) = (pieces(a), pieces(b));
    let all = a.values().sum::<usize>() + b.values().sum::<usize>();
    let shared: usize = a.iter().map(|(piece, n)| (*n).min(b.get(piece).copied().unwrap_or(0))).sum();
    if all == 0 { 0.0 } else { 2.0 * shared as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_leaves_texts_alike_and_another_sentence_does_not() {
        assert!(likeness("Fischers’ Union", "Fishers’ Union") > 0.9);
        assert!(likeness("Ana", "the harbour") < 0.3);
        let long = "the fishers of the bay said on Monday that they had lost a third of what they caught last year";
        assert!(likeness(long, &long.replace("Monday", "Tuesday")) > 0.8);
        assert!(
            likeness(long, "nobody in the office wanted to say when the report would be there, or who had it now")
                < 0.3
        );
        assert_eq!(likeness("", ""), 1.0);
    }
}
