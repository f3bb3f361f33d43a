//! Words, sentences and quotations in many languages, and Unicode's own lists of borders.

use std::path::Path;

use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

use super::*;

/// The text and the byte offsets of `[`, `|` and `]` in a picture such as `Zo[ë sa|id]`.
fn read_picture(picture: &str) -> (String, [Option<usize>; 3]) {
    let (mut text, mut places) = (String::new(), [None; 3]);
    for c in picture.chars() {
        match "[|]".find(c) {
            Some(index) => places[index] = Some(text.len()),
            None => text.push(c),
        }
    }
    (text, places)
}

fn picture(text: &str, range: &Range<usize>) -> String {
    format!("{}[{}]{}", &text[..range.start], &text[range.clone()], &text[range.end..])
}

#[test]
fn the_word_at_a_place_is_found_in_every_script() {
    for expected in [
        "Zoë [s|aid] so.",
        "Zoë [|said] so.",
        "Zoë said[| ]so.",
        "É [don’|t] know",
        "É: [l’Él|ysée]",
        "É [well]-[|known]",
        "é [2.|3] %",
        "é 25[|%] of",
        "Zoë?[|  \u{A0}]No",
        "Zoë_[|?!] No",
        "Zoë.[\r\n|\n \n]No",
        "да,[| ]да",
        "Zoë[?|!…] No",
        "мы [гот|овы]!",
        "彼[|女]は言った",
        "これは[カタ|カナ]です",
        "ก[|กำ]า",
        "قال [نح|ن] هنا",
        "é[👩|\u{200D}🚀]é",
        "é [🇫|🇷][🇩🇪]",
        "[הֵע|יר] é",
        "नमस्ते [क्|षत्रिय] है",
        "é e\u{301}[ |]",
    ] {
        // Other brackets only show where the neighbours end.
        let caret = expected.find('|').unwrap();
        let open = expected[..caret].rfind('[').unwrap();
        let close = caret + expected[caret..].find(']').unwrap();
        let plain = |part: &str| part.replace(['[', ']', '|'], "");
        let start = plain(&expected[..open]).len();
        let end = start + plain(&expected[open..close]).len();
        let text = plain(expected);
        let found = word_range(&text, plain(&expected[..caret]).len());
        assert_eq!(found, start..end, "{expected}: {}", picture(&text, &found));
    }
    assert_eq!(word_range("", 7), 0..0);
}

#[test]
fn a_selection_snaps_to_what_a_person_means() {
    for (selected, expected) in [
        ("Zoë s[aid s]o.", "Zoë [said so]."),
        ("Zoë[ said ]so.", "Zoë [said] so."),
        ("Zoë [said, ]so.", "Zoë [said,] so."),
        ("É d[o]n’t", "É [don’t]"),
        ("É don[’t]", "É [don’t]"),
        ("É: [Puti]n’s aide", "É: [Putin]’s aide"),
        ("É: [Putin’]s aide", "É: [Putin’s] aide"),
        ("É: O’[Neill]", "É: [O’Neill]"),
        ("à l’É[lysé]e", "à l’[Élysée]"),
        ("à l[’Élysée]", "à [l’Élysée]"),
        ("é well-kn[own]", "é well-[known]"),
        ("é w[ell-kn]own", "é [well-known]"),
        ("é [2.]3 points", "é [2.3] points"),
        ("é [2]5% of", "é [25]% of"),
        ("é 2[5%] of", "é [25%] of"),
        ("é $[1]0.5bn", "é $[10.5bn]"),
        ("彼[女は]言った", "彼[女は]言った"),
        ("これはカ[タカ]ナ", "これは[カタカナ]"),
        ("мы го[то]вы", "мы [готовы]"),
        ("é[ \u{A0}\r\n]é", "é[] \u{A0}\r\né"),
        ("é [“Yes]", "é [“Yes]"),
        ("é e[\u{301}é] à", "é [e\u{301}é] à"),
    ] {
        let (text, [start, _, end]) = read_picture(selected);
        let found = snap_to_words(&text, start.unwrap()..end.unwrap());
        // Of white space alone, the end of it that is left does not matter.
        if found.is_empty() {
            assert!(expected.contains("[]"), "{selected}");
            continue;
        }
        assert_eq!(picture(&text, &found), expected, "{selected}");
    }
}

#[test]
fn carets_move_from_word_to_word() {
    let text = "« Zoë, l’été » 25% 😀.";
    let walk = |step: fn(&str, usize) -> usize, from: usize| {
        let mut stops = vec![from];
        while let Some(last) = stops.last()
            && step(text, *last) != *last
        {
            stops.push(step(text, *last));
        }
        stops
    };
    let at = |part: &str| text.find(part).unwrap();
    let len = text.len();
    let starts = vec![0, at("Zoë"), at("l’"), at("25"), at("😀"), len];
    assert_eq!(walk(next_word_start, 0), starts);
    let back: Vec<_> = starts.iter().rev().copied().collect();
    assert_eq!(walk(prev_word_start, len), back);
    let ends = vec![0, at(","), at(" »"), at("%"), at("."), len];
    assert_eq!(walk(next_word_end, 0), ends);
}

#[test]
fn quotations_grow_from_the_innermost_outwards() {
    for pictures in [
        &["He said, “[We a|re ‘ready,’ Zoë.]”", "He said, [“We a|re ‘ready,’ Zoë.”]"][..],
        &[
            "É “we are ‘[re|ady]’ now”",
            "É “we are [‘re|ady’] now”",
            "É “[we are ‘re|ady’ now]”",
            "É [“we are ‘re|ady’ now”]",
        ],
        &["É \"we \"[ar|e]\" so\" he", "É \"we [\"ar|e\"] so\" he", "É \"[we \"ar|e\" so]\" he"],
        &[
            "Er sagte: „Das ist ‚[Unf|ug]‘, Zoë“.",
            "Er sagte: „Das ist [‚Unf|ug‘], Zoë“.",
            "Er sagte: „[Das ist ‚Unf|ug‘, Zoë]“.",
        ],
        &["Er sagte: »[Ja, Z|oë]«.", "Er sagte: [»Ja, Z|oë«]."],
        &["Il dit : «\u{A0}[Oui,\u{202F}Zo|ë]\u{A0}».", "Il dit : [«\u{A0}Oui,\u{202F}Zo|ë\u{A0}»]."],
        &[
            "Он сказал: «Да, “[Зоя|]”».",
            "Он сказал: «Да, [“Зоя|”]».",
            "Он сказал: «[Да, “Зоя|”]».",
            "Он сказал: [«Да, “Зоя|”»].",
        ],
        &["Hon sade: ”[Ja, Z|oë]”, och gick.", "Hon sade: [”Ja, Z|oë”], och gick."],
        &["彼は「是『[は|い]』と」言った", "彼は「是[『は|い』]と」言った", "彼は「[是『は|い』と]」言った"],
        &["Zoë: „[Tak, ma|mo]” i"],
        &["É ″[six |feet]″ é"],
        &["É ‹[ou|i]› é"],
        &["É, ‘[the workers’ rights in the ’90s don’t cou|nt,]’ he said"],
        &["É, '[the workers' rights in the '90s don't cou|nt,]' he said"],
        &["“[I’m a|t é.]”"],
    ] {
        let mut current = None;
        for expected in pictures {
            let (text, [start, caret, end]) = read_picture(expected);
            let caret = caret.unwrap();
            let found = quotation_range(&text, caret, current.unwrap_or(caret..caret)).unwrap();
            assert_eq!(found, start.unwrap()..end.unwrap(), "{expected}: {}", picture(&text, &found));
            current = Some(found);
        }
    }
}

#[test]
fn quotations_that_are_not_closed_end_with_their_paragraph_or_go_on_in_the_next() {
    for expected in [
        "É.\n“[We a|re ready. \n\n“Zoë is, too.]” é",
        "É.\r\n“[We are ready.\r\n\r\n“Zoë i|s, too.\r\n“And I.]” é",
        "É “[We a|re ready.]\n\nZoë is “not”.",
        "\"[É, we a|re.\n\n\"Zoë is.]\" he said. \"No.\"",
        "« [Oui, Z|oë.\n» Et encore.] » é",
        "« [Oui, Z|oë.\nEt encore.] » é",
        "「[はい。|\nまた。]」é",
        "É “[he ‘said| so]” é",
    ] {
        let (text, [start, caret, end]) = read_picture(expected);
        let caret = caret.unwrap();
        let found = quotation_range(&text, caret, caret..caret).unwrap();
        assert_eq!(found, start.unwrap()..end.unwrap(), "{}", picture(&text, &found));
    }
}

#[test]
fn apostrophes_inches_and_places_outside_are_in_no_quotation() {
    for expected in [
        "É “yes” a|nd “no”",
        "Zoë don’t a|nd won’t",
        "Zoë's an|d Lou's",
        "the ’90s a|nd é’s",
        "’Tis é, rock ’n’ r|oll’",
        "Zoë is 6'2\" t|all and 5'1\" wide",
        "|",
        "é ” é| ’ é",
    ] {
        let (text, [_, caret, _]) = read_picture(expected);
        let caret = caret.unwrap();
        assert_eq!(quotation_range(&text, caret, caret..caret), None, "{expected}");
    }
}

/// A place in a Unicode break test: the offset in bytes, whether the text may be broken there, and by which rule.
type Place = (usize, bool, String);

/// The lines of a Unicode break test.
fn break_tests(file: &str, test: &str) -> Vec<(String, Vec<Place>)> {
    let root = std::env::var_os("BYLINE_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), std::path::PathBuf::from);
    let Ok(content) = std::fs::read_to_string(root.join("unicode-break-tests").join(file)) else {
        println!("skipped: {test}: no shared data");
        return Vec::new();
    };
    let cases = content.lines().filter_map(|line| {
        let (codes, comment) = line.split_once('#')?;
        let mut rules = comment.split('[').skip(1);
        let (mut text, mut places) = (String::new(), Vec::new());
        for code in codes.split_whitespace() {
            if code == "÷" || code == "×" {
                let rule = rules.next()?.split(']').next()?;
                places.push((text.len(), code == "÷", rule.to_owned()));
            } else {
                text.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
            }
        }
        (!text.is_empty()).then_some((text, places))
    });
    let cases: Vec<_> = cases.collect();
    assert!(cases.len() > 500, "{file} is not what it was: {}", cases.len());
    cases
}

#[test]
fn graphemes_are_those_of_the_unicode_test() {
    let test = "graphemes_are_those_of_the_unicode_test";
    for (text, places) in break_tests("GraphemeBreakTest.txt", test) {
        let (mut found, mut expected) = (Vec::new(), Vec::new());
        for at in 0..=text.len() {
            let place = places.iter().find(|(place, ..)| *place == at);
            // Unicode 18 joins a conjunct also where no consonant begins it: for a library of Unicode 17 both is right.
            let is_new = place.is_some_and(|(.., rule)| rule == "9.3");
            if is_new && unicode_segmentation::UNICODE_VERSION.0 < 18 {
                continue;
            }
            found.push(is_grapheme_border(&text, at));
            expected.push(place.is_some_and(|(_, breaks, _)| *breaks));
        }
        assert_eq!(found, expected, "{text:?}");
    }
}

#[test]
fn words_are_those_of_the_unicode_test_where_a_caret_may_stand() {
    let test = "words_are_those_of_the_unicode_test_where_a_caret_may_stand";
    for (text, places) in break_tests("WordBreakTest.txt", test) {
        let breaks = places.into_iter().filter(|(_, breaks, _)| *breaks).map(|(at, ..)| at);
        let breaks: Vec<_> = breaks.filter(|at| is_grapheme_border(&text, *at)).collect();
        for at in 0..text.len() {
            let place = grapheme_floor(&text, at);
            let start = *breaks.iter().rfind(|border| **border <= place).unwrap();
            let end = *breaks.iter().find(|border| **border > place).unwrap();
            assert_eq!(segment_at(&text, at), start..end, "{text:?} {at}");
            let word = word_range(&text, at);
            assert!(word.start <= start && end <= word.end, "{text:?} {at}");
            assert!(breaks.contains(&word.start) && breaks.contains(&word.end));
        }
    }
}

fn texts() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-z]{1,5}",
        "[ \\t\u{A0}]{1,2}",
        "(\r\n|\n|\r)",
        "[0-9]{1,3}[.,%]?",
        "[’'“”\"«»„‘「」.,!?-]{1,3}",
        "[а-яё]{1,4}",
        "[ぁ-ん]{1,3}",
        "[ァ-ヴ]{1,3}",
        "[一-丂]{1,2}",
        "[ก-์]{1,4}",
        "[क-्]{1,4}",
        "[가-갛]",
        "[\u{300}-\u{304}\u{200D}\u{FE0F}\u{AD}\u{200F}\u{600}]",
        "[😀👩🚀🏽❤]",
        "[🇦-🇿]{1,3}",
        "l’[é-í]{1,2}",
        "[a-z]{1,3}’s",
        "\\PC",
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn floor_and_ceil_enclose_every_place_and_are_borders(text in texts(), at in 0..120_usize) {
        let (floor, ceil) = (grapheme_floor(&text, at), grapheme_ceil(&text, at));
        let inside = at.min(text.len());
        prop_assert!(floor <= inside && inside <= ceil && ceil <= text.len());
        let borders: Vec<_> = text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()]).collect();
        prop_assert!(borders.contains(&floor) && borders.contains(&ceil));
        prop_assert_eq!((grapheme_floor(&text, floor), grapheme_ceil(&text, ceil)), (floor, ceil));
        prop_assert_eq!(floor == ceil, borders.contains(&inside));
        let next = borders.iter().find(|border| **border > at).unwrap_or(borders.last().unwrap());
        prop_assert_eq!(next_grapheme(&text, at), *next);
        let prev = borders.iter().rfind(|border| **border < inside).unwrap_or(&0);
        prop_assert_eq!(prev_grapheme(&text, at), *prev);
    }

    #[test]
    fn words_found_from_nearby_are_those_found_from_the_start(text in texts()) {
        let mut expected: Vec<usize> = text.split_word_bound_indices().map(|(at, _)| at).collect();
        expected.retain(|at| is_grapheme_border(&text, *at));
        expected.push(text.len());
        for (at, _) in text.char_indices() {
            let segment = segment_at(&text, at);
            prop_assert!(segment.start <= at && at < segment.end, "{:?} {}", segment, at);
            prop_assert!(expected.contains(&segment.start) && expected.contains(&segment.end), "{:?}", segment);
            prop_assert!(!expected.iter().any(|border| segment.start < *border && *border < segment.end));
        }
    }

    #[test]
    fn a_snapped_selection_holds_what_was_selected_and_snaps_to_itself(
        text in texts(), start in 0..60_usize, len in 0..40_usize,
    ) {
        let snapped = snap_to_words(&text, start..start + len);
        prop_assert!(is_grapheme_border(&text, snapped.start) && is_grapheme_border(&text, snapped.end));
        let trimmed = trim(&text, start..start + len);
        prop_assert!(snapped.start <= trimmed.start && trimmed.end <= snapped.end);
        let snapped_text = &text[snapped.clone()];
        prop_assert_eq!(trim(&text, snapped.clone()), snapped.clone(), "{:?}", snapped_text);
        prop_assert_eq!(snap_to_words(&text, snapped.clone()), snapped);
    }

    #[test]
    fn steps_by_word_always_get_on_and_end_on_borders(text in texts(), at in 0..120_usize) {
        let inside = at.min(text.len());
        for step in [next_word_start, next_word_end] {
            let to = step(&text, at);
            prop_assert!(is_grapheme_border(&text, to) && (to > at || to == text.len()));
        }
        let to = prev_word_start(&text, at);
        prop_assert!(is_grapheme_border(&text, to) && (to < inside || to == 0));
        prop_assert_eq!(word_range(&text, to).start, word_range(&text, to).start.min(to));
    }

    #[test]
    fn quotations_grow_until_there_is_none_around(text in texts(), at in 0..120_usize) {
        let mut current = at..at;
        while let Some(larger) = quotation_range(&text, at, current.clone()) {
            prop_assert!(larger.len() > current.len());
            prop_assert!(larger.start <= at && at <= larger.end && larger.end <= text.len());
            prop_assert!(current.is_empty() || (larger.start <= current.start && current.end <= larger.end));
            prop_assert!(is_grapheme_border(&text, larger.start) && is_grapheme_border(&text, larger.end));
            current = larger;
        }
    }
}
