//! Every search against the slowest one that could be meant.

use super::*;
use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

fn found(query: &Query, text: &str) -> Vec<String> {
    let text = Text::new(text);
    query.compile().unwrap().matches(&text).map(|place| text.as_str()[place].to_owned()).collect()
}

fn count(query: &Query, text: &str) -> usize {
    found(query, text).len()
}

fn whole(pattern: &str) -> Query {
    Query { whole_word: true, ..Query::plain(pattern) }
}

fn regex(pattern: &str) -> Query {
    Query { regex: true, case: true, ..Query::plain(pattern) }
}

/// Unicode folds these one to one; nothing else in the alphabet of the tests has another case.
fn fold(c: char) -> char {
    match c {
        'Σ' | 'ς' => 'σ',
        'Ä' => 'ä',
        'Я' => 'я',
        'K' | '\u{212A}' => 'k',
        'A' => 'a',
        c => c,
    }
}

/// Tries every place of every paragraph, character by character.
fn naive(query: &Query, text: &Text) -> Vec<Range<usize>> {
    let content = text.as_str();
    let graphemes: Vec<_> = content.grapheme_indices(true).map(|(at, _)| at).chain([content.len()]).collect();
    let mut found = Vec::new();
    for paragraph in text.paragraphs() {
        let mut at = paragraph.start;
        while at < paragraph.end {
            let end = fits_at(query, &content[at..paragraph.end]).map(|length| at + length);
            match end.filter(|end| *end > at && [at, *end].iter().all(|b| graphemes.contains(b))) {
                Some(end) if !query.whole_word || words::is_whole(content, &(at..end)) => {
                    found.push(at..end);
                    at = end;
                }
                _ => at += content[at..].chars().next().unwrap().len_utf8(),
            }
        }
    }
    found
}

/// The length of the plain pattern at the start of `text`, if it is there.
fn fits_at(query: &Query, text: &str) -> Option<usize> {
    let mut rest = text;
    let mut pattern = query.pattern.chars().peekable();
    while let Some(c) = pattern.next() {
        let first = rest.chars().next()?;
        if c.is_whitespace() {
            while pattern.next_if(|c| c.is_whitespace()).is_some() {}
            let after = rest.trim_start();
            if after.len() == rest.len() {
                return None;
            }
            rest = after;
        } else if first == c || (!query.case && fold(first) == fold(c)) {
            rest = &rest[first.len_utf8()..];
        } else {
            return None;
        }
    }
    Some(text.len() - rest.len())
}

const LETTERS: &str = "[aAäÄσςΣяЯkK\u{212A}1,. \u{a0}\n\r\u{301}’王の👩\u{200d}🇩)(]";

fn letters(count: &str) -> impl Strategy<Value = String> {
    proptest::string::string_regex(&format!("{LETTERS}{count}")).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn what_is_found_is_what_a_naive_search_finds(
        text in letters("{0,60}"),
        pattern in letters("{0,3}"),
        case: bool,
        whole_word: bool,
        wrapped: bool,
    ) {
        let wrapping = "a k Ä Σ я 王 ’ a k Ä Σ я 王 ’ a k Ä Σ я 王 ’ a k Ä Σ я 王\n".repeat(5);
        let text = Text::new(if wrapped { format!("{wrapping}\n{text}") } else { text });
        let query = Query { case, whole_word, ..Query::plain(pattern) };
        let finder = query.compile().unwrap();
        let expected = naive(&query, &text);
        prop_assert_eq!(&finder.matches(&text).collect::<Vec<_>>(), &expected);
        // As a regular expression, a pattern without white space is the same search.
        if !query.pattern.contains(char::is_whitespace) {
            let same = Query { regex: true, pattern: regex::escape(&query.pattern), ..query.clone() };
            prop_assert_eq!(&same.compile().unwrap().matches(&text).collect::<Vec<_>>(), &expected);
        }
        for most in 0..3 {
            let some = finder.find(&text, most, &mut || true).unwrap();
            prop_assert_eq!(&some.places[..], &expected[..most.min(expected.len())]);
            prop_assert_eq!(some.more, expected.len() > most);
        }
        for place in expected {
            prop_assert!(text.span(place.clone()).is_ok(), "an annotation can be made of it");
            let context = Context::of(&text, &place, 5, 5);
            prop_assert!(!context.line().contains(['\n', '\r']));
            prop_assert_eq!(context.parts().concat(), context.line());
        }
    }

    #[test]
    fn any_expression_is_searched_or_refused_with_its_place(pattern in r"[ab王\\()\[\]{}*+?|^$.,0-9wbpP<>:=!-]{0,12}", text in "[ab1王 \n]{0,40}") {
        let query = Query { regex: true, ..Query::plain(pattern.as_str()) };
        match query.compile() {
            Ok(finder) => {
                let text = Text::new(text);
                let places: Vec<_> = finder.matches(&text).collect();
                prop_assert!(places.windows(2).all(|pair| pair[0].end <= pair[1].start));
                prop_assert!(places.iter().all(|place| text.span(place.clone()).is_ok()));
            }
            Err(BadPattern::Syntax { at, character, what }) => {
                prop_assert!(pattern.get(at).is_some() && (1..=pattern.chars().count() + 1).contains(&character));
                prop_assert!(!what.is_empty() && !what.contains('\n'), "{}", what);
            }
            Err(error) => prop_assert_eq!(error, BadPattern::TooLarge),
        }
    }
}

#[test]
fn case_is_ignored_in_all_of_unicode() {
    assert_eq!(found(&Query::plain("ΟΔΟΣ"), "οδος οδοσ Οδός ΟΔΟΣ"), ["οδος", "οδοσ", "ΟΔΟΣ"]);
    assert_eq!(found(&Query::plain("ämter"), "Ämter, ÄMTER, Amter"), ["Ämter", "ÄMTER"]);
    assert_eq!(found(&Query { case: true, ..Query::plain("ämter") }, "Ämter, ämter"), ["ämter"]);
    assert_eq!(count(&Query::plain("путин"), "Путин, ПУТИН"), 2);
}

#[test]
fn whole_words_are_those_of_every_script() {
    for (pattern, text, expected) in [
        ("Putin", "Putin’s Putins, (Putin) l’Putin Putin's", 4),
        ("Путин", "Путина, Путин: «Путин»", 2),
        ("سلام", "سلام، السلام سلامت", 1),
        ("می\u{200c}خواهم", "نمی\u{200c}خواهم می\u{200c}خواهم", 1),
        ("北京", "他在北京说", 1),
        ("הדובר", "הדובר אמר שהדובר", 1),
        ("300", "300, 1,300 or 300.5 and 300.", 2),
        ("%", "25 % 25%", 2),
        ("(FU)", "Union (FU) x(FU)", 2),
        ("a a", "xa a a", 1),
        ("n", "n e n\u{303} an", 1),
        ("U.S.", "the U.S. said XU.S.", 1),
    ] {
        assert_eq!(count(&whole(pattern), text), expected, "{pattern} in {text}");
    }
}

#[test]
fn a_match_begins_and_ends_between_graphemes() {
    assert_eq!(count(&Query::plain("e"), "e\u{301} e"), 1);
    assert_eq!(count(&Query::plain("👩"), "👩‍👧 👩"), 1);
    assert_eq!(count(&Query::plain("🇩🇪"), "🇩🇪🇩🇪 🇪🇩"), 2);
    assert_eq!(
        found(&regex("."), "e\u{301}x"),
        ["x"],
        "a dot is a code point, and no match where it is half of something"
    );
    assert_eq!(found(&regex(".+"), "e\u{301}x"), ["e\u{301}x"]);
}

#[test]
fn an_expression_sees_a_paragraph_at_a_time() {
    let text = "first line\r\nsecond line\n\nthird";
    assert_eq!(found(&regex(r"^\w+"), text), ["first", "second", "third"]);
    assert_eq!(found(&regex(r"\w+$"), text), ["line", "line", "third"]);
    assert_eq!(found(&regex(r"(?s)line.*"), text), ["line", "line"]);
    assert_eq!(count(&Query::plain("line second"), text), 0);
    assert_eq!(found(&regex("a*"), "baab a"), ["aa", "a"], "never empty");
    // Lines that only wrap are one paragraph.
    let wrapped = format!(
        "{}and said Anna\nSmith of nothing.",
        "a line that is long enough to be taken as wrapped text\n".repeat(4)
    );
    let wrapped = format!("Title\n\n{wrapped}");
    assert_eq!(found(&Query::plain("anna smith"), &wrapped), ["Anna\nSmith"]);
}

#[test]
fn bad_expressions_are_refused_in_plain_words_with_the_place() {
    let refused = |pattern: &str| regex(pattern).compile().unwrap_err().to_string();
    assert!(refused("日(a").starts_with("character 2: this group is not closed"), "{}", refused("日(a"));
    assert!(refused("a)").starts_with("character 2: this bracket closes nothing"));
    assert!(refused("*").starts_with("character 1: there is nothing to repeat"));
    assert!(refused(r"(?=a)").contains("looking ahead"));
    assert!(refused(r"\p{Latn1}").starts_with("character 1: "), "{}", refused(r"\p{Latn1}"));
    assert!(refused(r"a\").contains("something must follow"));
    assert!(refused(&"(".repeat(80)).contains("character"));
    assert_eq!(Query::plain("a".repeat(MAX_PATTERN + 1)).compile().unwrap_err(), BadPattern::TooLong);
}

#[test]
fn an_expression_cannot_eat_memory() {
    for pattern in [r"\w{1000}{1000}", r"(\pL{100}){100}{100}", "(a?){1000}{1000}", "((a{100}){100}){100}"] {
        assert_eq!(regex(pattern).compile().unwrap_err(), BadPattern::TooLarge, "{pattern}");
    }
    assert!(Query::plain("Жук ".repeat(MAX_PATTERN / 8)).compile().is_ok(), "a long plain text is none");
}

#[test]
fn a_search_stops_when_it_is_told_to_and_says_when_there_is_more() {
    let text = Text::new("ä ".repeat(10_000));
    let finder = Query::plain("Ä").compile().unwrap();
    let mut asked = 0;
    let stopped = finder.find(&text, MOST, &mut || {
        asked += 1;
        asked < 3
    });
    assert_eq!((stopped, asked), (None, 3));
    let some = finder.find(&text, 100, &mut || true).unwrap();
    assert!(some.more && some.places.len() == 100);
    assert_eq!(count(&Query::plain(""), "ä"), 0);
}

#[test]
fn a_context_is_one_line_of_its_paragraph() {
    let text = Text::new("Zuvor.\r\n\r\nDie Ämter\tsagten: e\u{301}té  und so weiter.");
    let at = text.as_str().find("sagten").unwrap();
    let context = |before, after| Context::of(&text, &(at..at + 6), before, after);
    assert_eq!(context(3, 4).parts(), ["…er ", "sagten", ": e\u{301}t…"]);
    assert_eq!(context(99, 99).parts(), ["Die Ämter ", "sagten", ": e\u{301}té und so weiter."]);
    let long = Text::new("日".repeat(200));
    assert_eq!(Context::of(&long, &(0..600), 5, 5).parts()[1].chars().count(), 81);
}
