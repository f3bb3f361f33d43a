//! The sentence around a place: UAX #29, mended where abbreviations and quotations mislead it.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::trim;

/// The sentence that begins at `byte` or reaches over it, without the white space around it.
///
/// `text` is one paragraph. White space belongs to the sentence before it; at the end of the text it is the last
/// sentence. Known abbreviations, initials and dates such as `3. Mai` do not end a sentence, nor does anything after
/// which a small letter follows.
pub fn sentence_range(text: &str, byte: usize) -> Range<usize> {
    let mut current = 0..0;
    for sentence in sentences(text) {
        current = sentence;
        if current.end > byte {
            break;
        }
    }
    trim(text, current)
}

/// All sentences of a text, of any number of paragraphs, each with the white space after it: together they are all of it.
///
/// They end where [`sentence_range`] says, and at every line end.
pub fn sentences(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut pieces = text.split_sentence_bound_indices().peekable();
    std::iter::from_fn(move || {
        let (start, piece) = pieces.next()?;
        let mut end = start + piece.len();
        while let Some((_, next)) = pieces.next_if(|(_, next)| goes_on(&text[start..end], next)) {
            end += next.len();
        }
        Some(start..end)
    })
}

/// Whether `next` belongs to the same sentence as what is before it, though UAX #29 sees a border.
fn goes_on(before: &str, next: &str) -> bool {
    // A line end always separates: headlines and list items have no full stop.
    if before.ends_with(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        return false;
    }
    let next_word = next
        .trim_start_matches(|c: char| !c.is_alphanumeric())
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    let begins_small = next.chars().find(|c| !is_closing(*c)).is_some_and(char::is_lowercase);
    if begins_small {
        return true;
    }
    let Some(stopped) = before.trim_end().strip_suffix('.') else {
        return false;
    };
    let word_start = stopped
        .char_indices()
        .rev()
        .find(|(_, c)| !c.is_alphanumeric() && *c != '.')
        .map_or(0, |(at, c)| at + c.len_utf8());
    let word = stopped.get(word_start..).unwrap_or_default();
    let is = |known: &[&str]| known.contains(&word.to_lowercase().as_str());
    if word.is_empty() {
        return false;
    }
    if word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit()) {
        return GERMAN_MONTHS.contains(&next_word);
    }
    let is_initials = word.split('.').all(|part| part.chars().count() == 1 && part.chars().all(char::is_uppercase));
    let opens = next.starts_with(['“', '"', '«', '„', '‘']);
    is(&BEFORE_NAMES) || ((is_initials || is(&MAY_END)) && !STARTERS.contains(&next_word) && !opens)
}

fn is_closing(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '”' | '’' | '»' | '“' | '«' | ')' | ']' | '—' | '–' | '-' | ',')
}

/// After these always comes more: a name, a number, an example.
static BEFORE_NAMES: [&str; 82] = [
    "mr",
    "mrs",
    "ms",
    "mx",
    "dr",
    "prof",
    "gen",
    "sen",
    "rep",
    "gov",
    "lt",
    "col",
    "capt",
    "cpt",
    "cmdr",
    "maj",
    "sgt",
    "rev",
    "hon",
    "pres",
    "supt",
    "amb",
    "st",
    "mt",
    "ft",
    "messrs",
    "no",
    "nos",
    "vol",
    "fig",
    "art",
    "sec",
    "pp",
    "vs",
    "approx",
    "ca",
    "cf",
    "e.g",
    "i.e",
    "hr",
    "hrn",
    "fr",
    "nr",
    "abs",
    "bzw",
    "z.b",
    "d.h",
    "u.a",
    "dipl",
    "ing",
    "str",
    "mag",
    "mm",
    "mme",
    "mlle",
    "mgr",
    "sra",
    "srta",
    "dña",
    "dra",
    "ud",
    "uds",
    "lic",
    "им",
    "ул",
    "просп",
    "проф",
    "акад",
    "доц",
    "стр",
    "тыс",
    "млн",
    "млрд",
    "т.е",
    "напр",
    "см",
    "гр",
    "ген",
    "dott",
    "sig",
    "on",
    "avv",
];

/// These may end a sentence: it depends on what follows.
static MAY_END: [&str; 34] = [
    "jr", "sr", "inc", "corp", "co", "ltd", "bros", "dept", "univ", "assn", "a.m", "p.m", "ph.d", "m.d", "jan", "feb",
    "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "u.s.a", "mio", "mrd", "т.д", "т.п", "руб",
    "долл", "др",
];

/// Words that, with a capital, hardly ever go on after an abbreviation, but begin a sentence.
static STARTERS: [&str; 61] = [
    "The",
    "A",
    "An",
    "He",
    "She",
    "It",
    "They",
    "We",
    "You",
    "His",
    "Her",
    "Its",
    "Their",
    "Our",
    "This",
    "That",
    "These",
    "Those",
    "There",
    "But",
    "And",
    "Or",
    "So",
    "In",
    "On",
    "At",
    "As",
    "If",
    "For",
    "From",
    "When",
    "While",
    "After",
    "Before",
    "However",
    "Meanwhile",
    "Some",
    "Many",
    "Most",
    "Der",
    "Die",
    "Das",
    "Er",
    "Sie",
    "Es",
    "Wir",
    "Le",
    "La",
    "Les",
    "Il",
    "Elle",
    "El",
    "Los",
    "Las",
    "Он",
    "Она",
    "Они",
    "Это",
    "В",
    "На",
    "По",
];

static GERMAN_MONTHS: [&str; 13] = [
    "Januar",
    "Jänner",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_sentence_around_the_caret_is_found_in_every_language() {
        for picture in [
            "«Oui.» [Zoë sa|id so.] It was 3.5 percent.",
            "Été. [|Mr. O’Neill met Dr. Müller of the U.S. Senate on Sept. 29.] The end.",
            "[The U.S|. is é.] The talks failed.",
            "Zoë lives in the U.S. [The tal|ks failed.]",
            "[J. K. Rowling and George W. Bush — é — m|et.] They talked.",
            "[“Stop!” he sai|d, été.] “Why?”",
            "[“Why?” asked Zoë| O’Hara.] No answer.",
            "Ja. [Er kam am 3. Mai, z.B. mit Hrn. Groß aus St. Gallen|, um 9 Uhr.] Dann ging er.",
            "Да. [По словам А. С. Пушкина, это т.е. 5 тыс. Человек| ждал.] Он ушёл.",
            "[彼は来た。|]",
            "彼は来た。[そして|帰った。]また来た。",
            "[¿Cómo está el Sr. Núñez|?] Bien.",
            "[Émile slept.|  ]",
            "Headline é\n[The text| begins.]",
        ] {
            let caret = picture.replace(['[', ']'], "").find('|').unwrap();
            let text = picture.replace(['[', ']', '|'], "");
            let picture = picture.replace('|', "");
            let (start, end) = (picture.find('[').unwrap(), picture.find(']').unwrap() - 1);
            let range = sentence_range(&text, caret);
            assert_eq!(&text[range], text[start..end].trim(), "{picture}");
        }
    }

    #[test]
    fn white_space_belongs_to_the_sentence_before_it() {
        let text = "Été.  Zoë slept. ";
        assert_eq!(sentence_range(text, 7), 0..6);
        assert_eq!(sentence_range(text, 8), 8..19);
        assert_eq!(sentence_range(text, text.len()), 8..19);
        assert_eq!(sentence_range("", 3), 0..0);
    }

    proptest! {
        #[test]
        fn a_sentence_holds_its_place_and_is_found_again_from_each_of_its_ends(
            text in "([A-Zé]?[a-zé.]{0,4}[.!?”“ \n。]{0,2}|Mr\\. |\u{308}|😀){0,12}",
            at in 0..100_usize,
        ) {
            let range = sentence_range(&text, at);
            prop_assert!(super::super::is_grapheme_border(&text, range.start));
            prop_assert!(super::super::is_grapheme_border(&text, range.end));
            if !range.is_empty() {
                prop_assert_eq!(sentence_range(&text, range.start), range.clone());
            }
            if at < text.len() && text.is_char_boundary(at) && !text[at..].starts_with(char::is_whitespace) {
                prop_assert!(range.contains(&at), "{:?} {}", range, at);
            }
        }
    }
}
