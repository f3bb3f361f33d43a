//! Same text everywhere: finding the places that say the same, to be marked as one step (`annotate_all`).

use crate::model::{Layer, Name, Span, Text, boundaries};
use std::ops::Range;

/// How places are compared with the text that is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Matching {
    /// “Putin” is not “putin”.
    pub case: bool,
    /// Not inside a longer word.
    pub whole_words: bool,
}

/// Byte ranges of `text` that say `needle`, ascending, not overlapping, on grapheme borders.
pub fn occurrences(text: &Text, needle: &str, matching: Matching) -> Vec<Range<usize>> {
    if needle.trim().is_empty() {
        return Vec::new();
    }
    let content = text.as_str();
    let Ok(pattern) = regex::RegexBuilder::new(&regex::escape(needle)).case_insensitive(!matching.case).build() else {
        return Vec::new();
    };
    let fits = |range: &Range<usize>| {
        let borders = [range.start, range.end].iter().all(|&b| boundaries::is_grapheme_border(content, b));
        borders && (!matching.whole_words || is_whole(content, range))
    };
    pattern.find_iter(content).map(|found| found.range()).filter(fits).collect()
}

/// Whether no letter or digit that continues the word stands right before or after.
fn is_whole(content: &str, range: &Range<usize>) -> bool {
    // A letter can be followed by marks: the whole grapheme is asked.
    let letter = |start: usize, end: usize| content[start..end].chars().any(char::is_alphanumeric);
    let before = boundaries::prev_grapheme(content, range.start);
    let first = boundaries::next_grapheme(content, range.start);
    let last = boundaries::prev_grapheme(content, range.end);
    let after = boundaries::next_grapheme(content, range.end);
    let cut_before = letter(before, range.start) && letter(range.start, first);
    let cut_after = letter(last, range.end) && letter(range.end, after);
    !cut_before && !cut_after
}

/// Those of `places` on which `layer` has no annotation with label `label` yet, as spans.
pub fn unmarked(layer: &Layer, label: &Name, places: &[Range<usize>]) -> Vec<Span> {
    let marked = |range: &Range<usize>| {
        layer.touching(range.clone()).iter().any(|a| a.label == *label && a.span.hull() == *range)
    };
    places.iter().filter(|p| !marked(p)).filter_map(|p| Span::single(p.start, p.end).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::annotate::annotate_all;
    use crate::edit::testing::{check, layer_of};
    use crate::edit::{Change, Refusal, Stamp};
    use crate::model::testing::{noon, scheme};

    fn everywhere(needle: &'static str) -> impl Fn(&Layer) -> Result<Change, Refusal> {
        move |layer| {
            let matching = Matching { case: true, whole_words: true };
            let spans = unmarked(layer, &"speaker".into(), &occurrences(layer.text(), needle, matching));
            annotate_all(layer, &scheme(), &"speaker".into(), spans, &Stamp::by_hand(noon()))
        }
    }

    #[test]
    fn every_other_place_is_marked_as_one_step() {
        check(
            "[speaker:Ün], Ünal, Ün! e\u{301}Ün Ün",
            everywhere("Ün"),
            "[speaker:Ün], Ünal, [speaker:Ün]! e\u{301}Ün [speaker:Ün]",
        );
        check("e e\u{301} e", everywhere("e"), "[speaker:e] e\u{301} [speaker:e]");
    }

    #[test]
    fn case_and_word_borders_are_ignored_on_request() {
        let layer = layer_of("Été, étés (a+b)");
        let found = |needle, case, whole_words| occurrences(layer.text(), needle, Matching { case, whole_words }).len();
        assert_eq!(found("été", true, true), 0);
        assert_eq!(found("été", false, true), 1);
        assert_eq!(found("été", false, false), 2);
        assert_eq!(found("(a+b)", true, true), 1, "nothing in it is a pattern");
        assert_eq!(found(" ", true, false), 0);
    }
}
