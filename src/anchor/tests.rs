//! Places found again, by example and for whatever texts there are.

use super::*;
use crate::edit::testing::{layer_of, picture_of};
use crate::model::Fragment;
use crate::model::testing::annotation;
use proptest::prelude::*;

const A: &str =
    "The minister of fisheries opened the conference in the old harbour on Monday morning before many guests.";
const B: &str =
    "A union of boat owners had asked for it twice, last in the spring, and was told to wait until the autumn came.";
const C: &str =
    "Nobody expected that the talks about quotas would end without a word on what the smaller villages live from.";

fn found(old: &str, new: &str) -> Vec<Found> {
    propose(&layer_of(old), &Text::new(new)).placed.into_iter().map(|placed| placed.found).collect()
}

/// The picture of what is certain.
fn certain(old: &str, new: &str) -> String {
    let layer = layer_of(old);
    let proposal = propose(&layer, &Text::new(new));
    picture_of(&accept(&layer, &Text::new(new), &proposal.certain()).layer)
}

#[test]
fn what_stands_around_a_word_tells_where_it_is_now() {
    let old =
        format!("{A}\n{B}\n{C}").replace("boat owners", "[speaker:boat owners]").replace("talks", "[claim:talks]");
    let moved = certain(&old, &format!("{B}\n{A}\nNew.\n{C}"));
    assert_eq!(
        moved.replace(['[', ']'], "").replace("speaker:", "").replace("claim:", ""),
        format!("{B}\n{A}\nNew.\n{C}")
    );
    assert!(moved.contains("of [speaker:boat owners] had") && moved.contains("the [claim:talks] about"), "{moved}");
    let typing = certain(&old, &format!("{A}\n{B}\n{C}").replace("union", "uinon").replace("quotas", "qoutas"));
    assert!(typing.contains("uinon of [speaker:boat owners]") && typing.contains("the [claim:talks] about qoutas"));
}

#[test]
fn the_same_word_in_another_sentence_is_doubtful_and_what_is_gone_is_lost() {
    let old = format!("{A}\n{}\n{C}", B.replace("union", "[speaker:union]"));
    let other = "Later a union of teachers met somewhere else.";
    let [Found::Doubtful { span, quote, score, candidates }] = &found(&old, &format!("{A}\n{other}\n{C}"))[..] else {
        panic!("the sentence is gone, and the word stands in another one")
    };
    assert_eq!((span.start(), quote.as_str(), *candidates), (A.len() + 1 + 8, "union", 1));
    assert!((0.7..0.95).contains(score), "{score}");
    assert_eq!(found(&old, &format!("{A}\n{C}")), [Found::Lost]);
    // Doubled: nothing says which is the one that was there.
    assert!(matches!(found(&old, &format!("{A}\n{B}\n{B}\n{C}"))[..], [Found::Doubtful { candidates: 2, .. }]));
    // A changed quote is proposed with what it says now.
    let changed = found(&old, &format!("{A}\n{}\n{C}", B.replace("union", "unions")));
    assert!(matches!(&changed[..], [Found::Doubtful { quote, .. }] if quote == "unions"), "{changed:?}");
}

#[test]
fn spans_of_several_parts_move_together_or_are_doubtful() {
    let mut layer = layer_of(&format!("{A}\n{B}\n{C}"));
    let parts = |a: (usize, usize), b: (usize, usize)| {
        Span::new(vec![Fragment::new(a.0, a.1).unwrap(), Fragment::new(b.0, b.1).unwrap()]).unwrap()
    };
    let mut both = annotation(1, "claim", 0..1);
    let at = A.len() + 1;
    both.span = parts((at + 2, at + 7), (at + 26, at + 29));
    layer.insert(both.clone()).unwrap();
    let moved = |new: &str| propose(&layer, &Text::new(new)).placed[0].found.clone();
    assert_eq!(moved(&format!("{B}\n{A}\n{C}")), Found::Moved(parts((2, 7), (26, 29))));
    assert_eq!(moved(&format!("{A}\n{B}\n{C} End.")), Found::Exact);
    let torn = format!("{A}\n{}\n{C}", B.replace("boat", "boats and other"));
    assert!(matches!(moved(&torn), Found::Moved(_) | Found::Doubtful { .. }));
}

#[test]
fn what_is_not_accepted_stays_in_the_old_layer_and_is_named() {
    let old = format!("{A}\n{B}\n{C}")
        .replace("minister", "[speaker:minister]")
        .replace("conference", "[claim:conference]")
        .replace("quotas", "[claim:quotas]");
    let layer = layer_of(&format!("{old}{{says 1 2}}{{says 1 3}}"));
    let new = Text::new(format!("{B}\n{A}\nNobody."));
    let proposal = propose(&layer, &new);
    let accepted = accept(&layer, &new, &proposal.certain());
    assert_eq!((accepted.layer.len(), accepted.left_out.len(), accepted.left_links.len()), (2, 1, 1));
    assert_eq!(accepted.layer.next_ids(), layer.next_ids());
    assert_eq!(layer.len(), 3);
}

#[test]
fn quotes_and_their_distances_tell_where_they_are_when_the_text_is_gone() {
    let old = format!("{A}\n{B}\n{C}");
    let marks = [(0, 24), (29, 47), (51, 66), (70, 84), (A.len() + 2, A.len() + 20), (A.len() + 40, A.len() + 60)];
    let mut bytes = vec![1u8; marks[5].1];
    for (start, end) in marks {
        bytes[start..end].copy_from_slice(&old.as_bytes()[start..end]);
    }
    let mut layer = crate::model::testing::layer_over(std::str::from_utf8(&bytes).unwrap());
    for (n, (start, end)) in marks.into_iter().enumerate() {
        layer.insert(annotation(n as u32 + 1, "claim", start..end)).unwrap();
    }
    let new = format!("A new beginning.\n{A}\n{C}");
    let proposal = propose_from_quotes(&layer, &Text::new(new.as_str()));
    let words: Vec<_> =
        proposal.placed.iter().map(|p| (p.is_certain(), p.proposed().map(|s| &new[s.hull()]))).collect();
    let is = |n: usize| Some(&old[marks[n].0..marks[n].1]);
    assert_eq!(words[1], (true, is(1)), "{words:?}");
    assert_eq!(words[2], (true, is(2)), "{words:?}");
    assert!(!words[4].0 && !words[5].0, "{words:?}");
    let same = propose_from_quotes(&layer, &Text::new(old));
    assert!(same.placed[1..4].iter().all(|placed| placed.found == Found::Exact), "{same:?}");
}

#[test]
fn texts_that_repeat_themselves_do_not_hang_and_nothing_in_them_is_certain() {
    for unit in ["a ", "a", "\n", "日"] {
        let mut layer = crate::model::testing::layer_over(&unit.repeat(20_000));
        let step = unit.len() * 7;
        for n in 0..2_000 {
            layer.insert(annotation(n + 1, "claim", n as usize * step..n as usize * step + step)).unwrap();
        }
        let new = Text::new(unit.repeat(19_999));
        for proposal in [propose(&layer, &new), propose_from_quotes(&layer, &new)] {
            let counts = proposal.counts();
            assert_eq!((counts.exact, counts.moved), (0, 0), "{unit:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn whatever_the_texts_are_places_fit_and_what_is_certain_says_the_same(
        pieces in proptest::collection::vec(prop::sample::select(vec!["a", "b ", "é", "e\u{301}", "👩‍👧", "\r\n", "日本", " said ", "25 %", "\u{1}", "the union "]), 0..60),
        other in proptest::collection::vec(prop::sample::select(vec!["a", "\u{301}", "\u{200d}", "👧", "\n", "日", " said ", "the union ", "x"]), 0..40),
        cut in any::<prop::sample::Index>(),
        marks in proptest::collection::vec((any::<prop::sample::Index>(), 1usize..6), 0..20),
    ) {
        use unicode_segmentation::UnicodeSegmentation;
        let old = format!("é{}", pieces.concat());
        let borders: Vec<_> = old.grapheme_indices(true).map(|(at, _)| at).chain([old.len()]).collect();
        let mut layer = crate::model::testing::layer_over(&old);
        for (n, (at, length)) in marks.into_iter().enumerate() {
            let first = at.index(borders.len() - 1);
            let end = borders[(first + length).min(borders.len() - 1)];
            let _ = layer.insert(annotation(n as u32 + 1, "claim", borders[first]..end));
        }
        let at = cut.index(borders.len());
        let new = Text::new(format!("{}{}{}", &old[..borders[at]], other.concat(), &old[borders[at]..]));
        for proposal in [propose(&layer, &new), propose_from_quotes(&layer, &new)] {
            prop_assert_eq!(proposal.placed.len(), layer.len());
            for placed in &proposal.placed {
                let Some(span) = placed.proposed() else { continue };
                prop_assert_eq!(new.check(span), Ok(()));
                prop_assert!(!placed.is_certain() || new.quote(span) == placed.quote);
                prop_assert!((placed.found == Found::Exact) == (placed.is_certain() && *span == placed.old));
            }
            let all = proposal.placed.iter().filter_map(|p| Some((p.id, p.proposed()?.clone()))).collect();
            let accepted = accept(&layer, &new, &all);
            prop_assert_eq!(accepted.layer.len() + accepted.left_out.len(), layer.len());
        }
    }
}
