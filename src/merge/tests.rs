//! What holds of every merge, against random work on both sides.

use super::*;
use crate::edit::testing::{layer_of, picture_of, state_of};
use crate::edit::{Refusal, Stamp};
use crate::model::testing::{annotation, key, link, noon};
use crate::model::{Layer, LinkId, Provenance, Span, Value};
use chrono::TimeDelta;
use proptest::prelude::*;
use std::collections::BTreeMap;

const TEXT: &str = "Ana 👩‍👧 said “e\u{301}tait 25 %”. שלום Ana, 𝒜 said 2.3 times.";

/// Places in the text that an annotation may have.
const PLACES: [(usize, usize); 7] = [(0, 3), (0, 20), (16, 20), (22, 28), (31, 33), (16, 33), (24, 33)];

fn place(n: u32) -> Span {
    let (start, end) = PLACES[n as usize % PLACES.len()];
    Span::single(start, end).unwrap()
}

/// One thing that a person does, on the annotations for which `may` holds; many are refused, as in life.
fn work(layer: &mut Layer, n: [u32; 4], hours: i64, may: impl Fn(AnnotationId) -> bool) {
    let ids: Vec<_> = layer.in_any_order().map(|a| a.id).filter(|id| may(*id)).collect();
    let at = noon() + TimeDelta::hours(hours);
    let pick = |n: u32| ids.get(n as usize % ids.len().max(1)).copied();
    let (label, note) = (["speaker", "claim", "statistic"][n[2] as usize % 3], ["", "né", "b"][n[3] as usize % 3]);
    let mut change = |edit: &dyn Fn(&mut Annotation)| {
        let Some(id) = pick(n[1]) else { return };
        let (before, links) = (layer.clone(), layer.links_of(id).cloned().collect::<Vec<_>>());
        for l in &links {
            layer.remove_link(l.id).unwrap();
        }
        let mut annotation = layer.remove(id).unwrap();
        edit(&mut annotation);
        annotation.provenance = annotation.provenance.modified(at);
        let fits = layer.insert(annotation).is_ok() && links.into_iter().all(|l| layer.insert_link(l).is_ok());
        if !fits {
            *layer = before;
        }
    };
    match n[0] % 10 {
        0 | 1 => {
            let mut new = annotation(layer.next_ids().annotation, label, 0..3);
            (new.span, new.note) = (place(n[1]), note.to_owned());
            new.provenance = Provenance::new(crate::model::Origin::ByHand, at);
            let _ = layer.insert(new);
        }
        2 => {
            let Some(id) = pick(n[1]) else { return };
            layer.links_of(id).map(|l| l.id).collect::<Vec<_>>().into_iter().for_each(|l| drop(layer.remove_link(l)));
            layer.remove(id).unwrap();
        }
        3 => change(&|a| a.label = label.into()),
        4 => change(&|a| a.span = place(n[2])),
        5 => change(&|a| {
            let name = Name::from(["value", "mood"][n[2] as usize % 2]);
            match n[3] % 3 {
                0 => drop(a.attributes.remove(&name)),
                value => drop(a.attributes.insert(name, Value::Number(value.into()))),
            }
        }),
        6 => change(&|a| a.note = note.to_owned()),
        7 | 8 => {
            let (Some(from), Some(to)) = (pick(n[1]), pick(n[2])) else { return };
            let kind = ["says", "same"][n[3] as usize % 2];
            let _ = layer.insert_link(link(layer.next_ids().link, kind, from.0, to.0));
        }
        _ => {
            let links: Vec<_> = layer.links().filter(|l| may(l.from) && may(l.to)).map(|l| l.id).collect();
            match links.get(n[1] as usize % links.len().max(1)) {
                Some(id) => drop(layer.remove_link(*id)),
                None => layer.set_status([Status::InProgress, Status::Done, Status::SecondLook][n[2] as usize % 3]),
            }
        }
    }
}

type Draws = Vec<[u32; 4]>;

fn draws(count: usize) -> impl Strategy<Value = Draws> {
    proptest::collection::vec(proptest::array::uniform4(0u32..1000), 0..count)
}

fn worked(layer: &Layer, draws: &Draws, hours: i64) -> Layer {
    let mut layer = layer.clone();
    for n in draws {
        work(&mut layer, *n, hours, |_| true);
    }
    layer
}

/// A base and two sides.
fn three() -> impl Strategy<Value = (Layer, Layer, Layer)> {
    (draws(25), draws(12), draws(12)).prop_map(|(base, ours, theirs)| {
        let empty = Layer::new(key(), crate::model::Text::new(TEXT));
        let base = worked(&empty, &base, 0);
        (base.clone(), worked(&base, &ours, 1), worked(&base, &theirs, 2))
    })
}

/// What a layer says, whatever the numbers are.
fn said(layer: &Layer) -> Vec<String> {
    let words = |id: AnnotationId| {
        layer.get(id).map(|a| format!("{:?} {} {:?} {} {:?}", a.span, a.label, a.attributes, a.note, a.provenance))
    };
    let mut all: Vec<_> = layer.in_any_order().filter_map(|a| words(a.id)).collect();
    all.extend(layer.links().map(|l| format!("{} {:?} {:?} {}", l.kind, words(l.from), words(l.to), l.note)));
    all.push(format!("{:?}", layer.status()));
    all.sort();
    all
}

/// Whether a conflict is about an annotation.
fn in_conflict(merged: &Merged, id: AnnotationId) -> impl Iterator<Item = &AnnotationConflict> + '_ {
    merged.conflicts.iter().filter_map(move |conflict| match conflict {
        Conflict::Annotation(conflict) if conflict.id == id => Some(&**conflict),
        _ => None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_only_one_side_did_is_the_result_and_what_both_did_alike_is_done_once((base, side, _) in three()) {
        for (b, o, t) in [(&base, &base, &side), (&base, &side, &base), (&base, &side, &side)] {
            let merged = merge_layers(Some(b), o, t).unwrap();
            prop_assert_eq!(&merged.layer, &side);
            prop_assert_eq!(&merged.conflicts, &[]);
        }
        let merged = merge_layers(None, &side, &side).unwrap();
        prop_assert_eq!((&merged.layer, merged.conflicts.len()), (&side, 0));
    }

    #[test]
    fn nothing_that_either_side_made_or_changed_is_lost((base, ours, theirs) in three(), without_base in any::<bool>()) {
        let base = (!without_base).then_some(&base);
        let merged = merge_layers(base, &ours, &theirs).unwrap();
        let joined: BTreeMap<_, _> = merged.joined.iter().copied().collect();
        let renumbered: BTreeMap<_, _> = merged.renumbered.iter().copied().collect();
        for (side, is_ours) in [(&ours, true), (&theirs, false)] {
            for a in side.in_any_order() {
                let before = base.and_then(|base| base.get(a.id));
                let same = |b: &Annotation| b.is_twin_of(a) && b.note == a.note;
                if before.is_some_and(same) {
                    continue;
                }
                let mut now = if is_ours { a.id } else { renumbered.get(&a.id).copied().unwrap_or(a.id) };
                while let Some(next) = joined.get(&now) {
                    now = *next;
                }
                let Some(kept) = merged.layer.get(now) else { panic!("{} is gone", a.id) };
                let conflicts: Vec<_> = in_conflict(&merged, now).collect();
                let in_full = conflicts.iter().any(|c| {
                    [&c.sides.ours, &c.sides.theirs].into_iter().flatten().any(|s| s.is_twin_of(a) && s.note == a.note)
                });
                let has = |field: Field, changed: bool, kept: bool| {
                    let conflict = conflicts.iter().any(|c| c.fields.contains(&field)) && in_full;
                    prop_assert!(!changed || kept || conflict, "{} of {} is gone: {:?}", field, a.id, merged);
                    Ok(())
                };
                has(Field::Label, before.is_none_or(|b| b.label != a.label), kept.label == a.label)?;
                has(Field::Span, before.is_none_or(|b| b.span != a.span), kept.span == a.span)?;
                // One that was emptied comes back where it stood on another annotation that said the same.
                let has_note = !a.note.is_empty() && before.is_none_or(|b| b.note != a.note);
                has(Field::Note, has_note, kept.note == a.note)?;
                for name in ["value", "mood"] {
                    let (was, is) = (before.and_then(|b| b.attributes.get(name)), a.attributes.get(name));
                    has(Field::Attribute(name.into()), was != is, kept.attributes.get(name) == is)?;
                }
            }
            for l in side.links().filter(|l| base.is_none_or(|base| base.link(l.id) != Some(l))) {
                let of = |id: AnnotationId| {
                    let mut now = if is_ours { id } else { renumbered.get(&id).copied().unwrap_or(id) };
                    while let Some(next) = joined.get(&now) {
                        now = *next;
                    }
                    now
                };
                let (from, to) = (of(l.from), of(l.to));
                let is_there = merged.layer.links().any(|m| (&m.kind, m.from, m.to) == (&l.kind, from, to));
                let in_conflict = merged.conflicts.iter().any(|c| matches!(c, Conflict::Link(_)));
                prop_assert!(is_there || in_conflict, "link {} is gone: {:?}", l.id, merged);
            }
        }
        // And what one side deleted and nobody else touched does not come back.
        for b in base.into_iter().flat_map(Layer::in_any_order) {
            let (o, t) = (ours.get(b.id), theirs.get(b.id));
            let linked = in_conflict(&merged, b.id).next().is_some();
            let deleted = (o.is_none() && t.is_none_or(|t| t == b)) || (t.is_none() && o == Some(b));
            prop_assert!(!deleted || linked || merged.layer.get(b.id).is_none(), "{} came back", b.id);
        }
    }

    #[test]
    fn which_side_is_ours_makes_no_difference_but_to_numbers_and_conflicts((base, ours, theirs) in three()) {
        let merged = merge_layers(Some(&base), &ours, &theirs).unwrap();
        let mirrored = merge_layers(Some(&base), &theirs, &ours).unwrap();
        let fields = |merged: &Merged| {
            let of = |c: &Conflict| match c {
                Conflict::Annotation(c) => c.fields.clone(),
                Conflict::Link(c) => c.fields.clone(),
                Conflict::Status(_) => Vec::new(),
            };
            let mut all: Vec<_> = merged.conflicts.iter().map(of).collect();
            all.sort();
            all
        };
        if merged.conflicts.is_empty() {
            prop_assert_eq!(said(&merged.layer), said(&mirrored.layer));
            prop_assert!(mirrored.conflicts.is_empty());
        } else if merged.joined.is_empty() && mirrored.joined.is_empty() {
            prop_assert_eq!(fields(&merged), fields(&mirrored));
        }
    }

    #[test]
    fn work_that_does_not_touch_the_same_annotations_is_all_there(base in draws(25), ours in draws(12), theirs in draws(12)) {
        let empty = Layer::new(key(), crate::model::Text::new(TEXT));
        let base = worked(&empty, &base, 0);
        let mine = |id: AnnotationId| id.0.is_multiple_of(2);
        let known = |id: AnnotationId| base.get(id).is_some();
        let is_change = |n: &&[u32; 4]| (2..7).contains(&(n[0] % 10));
        let (mut o, mut t) = (base.clone(), base.clone());
        ours.iter().filter(is_change).for_each(|n| work(&mut o, *n, 1, |id| mine(id) && known(id)));
        theirs.iter().filter(is_change).for_each(|n| work(&mut t, *n, 2, |id| !mine(id) && known(id)));
        let merged = merge_layers(Some(&base), &o, &t).unwrap();
        let joined: Vec<_> = merged.joined.iter().flat_map(|(goes, stays)| [*goes, *stays]).collect();
        for b in base.in_any_order().filter(|b| !joined.contains(&b.id)) {
            let side = if mine(b.id) { &o } else { &t };
            prop_assert_eq!(merged.layer.get(b.id), side.get(b.id));
        }
        for l in base.links().filter(|_| joined.is_empty()) {
            prop_assert_eq!(merged.layer.link(l.id), o.link(l.id).and(t.link(l.id)));
        }
        prop_assert!(merged.conflicts.iter().all(|c| !matches!(c, Conflict::Annotation(c) if !c.fields.is_empty() && c.sides.base.is_some())));
    }

    #[test]
    fn taking_in_the_other_side_is_one_step_that_can_be_undone((base, ours, theirs) in three()) {
        let merged = merge_layers(Some(&base), &ours, &theirs).unwrap();
        let start = state_of(ours.clone());
        let mut state = start.clone();
        let change = merged.change(&ours, "take in what was changed outside", &Stamp::by_hand(noon()));
        state.apply(&change).unwrap();
        prop_assert_eq!(state.layer(&key()).unwrap(), &merged.layer);
        state.apply(&change.inverse()).unwrap();
        prop_assert_eq!(&state, &start);
    }

    #[test]
    fn every_conflict_can_be_decided_in_every_way_and_undone((base, ours, theirs) in three(), choice in 0usize..3) {
        let choice = [Choice::Ours, Choice::Theirs, Choice::Both][choice];
        let merged = merge_layers(Some(&base), &ours, &theirs).unwrap();
        let mut state = state_of(merged.layer.clone());
        for conflict in &merged.conflicts {
            let before = state.clone();
            let change = match resolve(state.layer(&key()).unwrap(), conflict, choice, &Stamp::by_hand(noon())) {
                Ok(change) => change,
                Err(Refusal::NothingToDo | Refusal::Layer(_)) => continue,
                Err(other) => panic!("{other}"),
            };
            if state.apply(&change).is_err() {
                prop_assert_eq!(&state, &before);
                continue;
            }
            if let (Conflict::Annotation(c), Choice::Theirs) = (conflict, choice) {
                let now = state.layer(&key()).unwrap().get(c.id);
                let Some(theirs) = &c.sides.theirs else {
                    prop_assert!(now.is_none());
                    continue;
                };
                let now = now.unwrap();
                prop_assert!(!c.fields.contains(&Field::Label) || now.label == theirs.label);
                prop_assert!(!c.fields.contains(&Field::Span) || now.span == theirs.span);
                prop_assert!(!c.fields.contains(&Field::Note) || now.note == theirs.note);
            }
            let mut undone = state.clone();
            undone.apply(&change.inverse()).unwrap();
            prop_assert_eq!(&undone, &before);
        }
    }

    #[test]
    fn a_file_keeps_what_is_not_decided_and_can_be_merged_again((base, ours, theirs) in three()) {
        let merged = merge_layers(Some(&base), &ours, &theirs).unwrap();
        let (kept, ids) = keep_in_layer(&merged.layer, &merged.conflicts).unwrap();
        prop_assert_eq!(ids.len(), merged.conflicts.len());
        if merged.conflicts.is_empty() {
            prop_assert_eq!(&kept, &merged.layer);
            return Ok(());
        }
        prop_assert_eq!(kept.status(), Status::SecondLook);
        for (conflict, ids) in merged.conflicts.iter().zip(&ids) {
            let Conflict::Annotation(c) = conflict else { continue };
            let look = |id: &String| id.parse().ok().and_then(|id| kept.get(id));
            let notes: Vec<_> = ids.iter().filter_map(look).map(|a| a.note.clone()).collect();
            prop_assert!(notes.iter().any(|note| note.contains(MARK)), "{} {:?}", conflict, notes);
            if let (Some(_), Some(theirs)) = (&c.sides.ours, &c.sides.theirs) {
                let is_beside = |f: &Field| matches!(f, Field::Label | Field::Span | Field::Attribute(_));
                let has_twin = kept.in_any_order().any(|a| a.is_twin_of(theirs));
                prop_assert!(has_twin || !c.fields.iter().any(is_beside), "{}", conflict);
                prop_assert!(notes.iter().any(|note| note.contains(&theirs.note)) || merged.layer.in_any_order().any(|a| a.note == theirs.note));
            }
        }
        prop_assert!(merge_layers(Some(&merged.layer), &kept, &theirs).is_ok());
    }
}

fn stamp() -> Stamp {
    Stamp::by_hand(noon())
}

/// `layer` with one annotation changed.
fn with(layer: &Layer, id: u32, edit: impl Fn(&mut Annotation)) -> Layer {
    let mut layer = layer.clone();
    let links: Vec<_> = layer.links().cloned().collect();
    for l in &links {
        layer.remove_link(l.id).unwrap();
    }
    let mut annotation = layer.remove(AnnotationId(id)).unwrap();
    edit(&mut annotation);
    layer.insert(annotation).unwrap();
    for l in links {
        layer.insert_link(l).unwrap();
    }
    layer
}

fn without(layer: &Layer, id: u32) -> Layer {
    let change = crate::edit::delete::delete(layer, &[AnnotationId(id)], &stamp()).unwrap();
    let mut state = state_of(layer.clone());
    state.apply(&change).unwrap();
    state.layer(&key()).unwrap().clone()
}

#[test]
fn different_fields_of_one_annotation_come_together_and_the_same_field_is_a_conflict_that_holds_all_sides() {
    let base = layer_of("é [claim:said]");
    let ours = with(&base, 1, |a| a.label = "statistic".into());
    let theirs = with(&base, 1, |a| {
        a.note = "né".to_owned();
        a.attributes.insert("value".into(), Value::Number(2.0));
    });
    let merged = merge_layers(Some(&base), &ours, &theirs).unwrap();
    let one = merged.layer.get(AnnotationId(1)).unwrap();
    assert_eq!((&*one.label, &*one.note, one.attributes.len()), ("statistic", "né", 1));
    assert_eq!((merged.conflicts.len(), merged.taken), (0, Taken { changed: 1, ..Taken::default() }));

    let theirs = with(&theirs, 1, |a| a.label = "speaker".into());
    let merged = merge_layers(Some(&base), &ours, &theirs).unwrap();
    let [conflict @ Conflict::Annotation(inside)] = &merged.conflicts[..] else { panic!("{merged:?}") };
    assert_eq!(inside.fields, [Field::Label]);
    assert_eq!(inside.sides.theirs.as_ref(), theirs.get(AnnotationId(1)));
    assert_eq!(conflict.to_string(), "a1: both sides changed label");
    assert_eq!(picture_of(&merged.layer), "é [statistic:said]", "ours stays");
    let decided = |choice| {
        let mut state = state_of(merged.layer.clone());
        state.apply(&resolve(&merged.layer, conflict, choice, &stamp()).unwrap()).unwrap();
        picture_of(state.layer(&key()).unwrap())
    };
    assert_eq!(resolve(&merged.layer, conflict, Choice::Ours, &stamp()), Err(Refusal::NothingToDo));
    assert_eq!(decided(Choice::Theirs), "é [speaker:said]");
    assert_eq!(decided(Choice::Both), "é [statistic:[speaker:said]]");
    let (kept, ids) = keep_in_layer(&merged.layer, &merged.conflicts).unwrap();
    assert_eq!(ids, [["a1", "a2"]]);
    assert_eq!(
        kept.get(AnnotationId(2)).unwrap().note,
        "merge conflict: in place of a1 their side has this (label)\nné"
    );
}

#[test]
fn what_one_side_deleted_and_the_other_linked_survives_with_its_links_as_a_conflict() {
    let base = layer_of("[speaker:Ana] [claim:é] [claim:ü]{says 1 2}");
    let ours = without(&base, 1);
    let mut theirs = base.clone();
    theirs.insert_link(link(2, "says", 1, 3)).unwrap();
    for (ours, theirs) in [(&ours, &theirs), (&theirs, &ours)] {
        let merged = merge_layers(Some(&base), ours, theirs).unwrap();
        assert_eq!(picture_of(&merged.layer), "[speaker:Ana] [claim:é] [claim:ü]{says 1 2}{says 1 3}");
        let [Conflict::Annotation(conflict)] = &merged.conflicts[..] else { panic!("{merged:?}") };
        assert_eq!(conflict.needed_by, [LinkId(2)]);
    }
    let merged = merge_layers(Some(&base), &ours, &theirs).unwrap();
    let mut state = state_of(merged.layer.clone());
    state.apply(&resolve(&merged.layer, &merged.conflicts[0], Choice::Ours, &stamp()).unwrap()).unwrap();
    assert_eq!(picture_of(state.layer(&key()).unwrap()), "Ana [claim:é] [claim:ü]");
}

#[test]
fn a_number_given_on_both_sides_stays_ours_and_what_says_the_same_is_one() {
    let base = layer_of("[speaker:Ana] é said ü");
    let add = |picture: &str| layer_of(picture);
    let ours = add("[speaker:Ana] [claim:é] said ü{says 1 2}");
    let theirs = add("[speaker:Ana] é [cue:said] [claim:ü]{says 1 3}{cue 2 3}");
    let merged = merge_layers(Some(&base), &ours, &theirs).unwrap();
    assert_eq!(merged.renumbered, [(AnnotationId(2), AnnotationId(4))]);
    assert_eq!(picture_of(&merged.layer), "[speaker:Ana] [claim:é] [cue:said] [claim:ü]{says 1 2}{cue 4 3}{says 1 3}");
    assert!(merged.conflicts.is_empty());

    let theirs = add("[speaker:Ana] é [cue:said] ü");
    let mut theirs = theirs.clone();
    theirs.insert(annotation(7, "claim", 4..6)).unwrap();
    theirs.insert_link(link(1, "says", 1, 7)).unwrap();
    let merged = merge_layers(Some(&base), &ours, &theirs).unwrap();
    assert_eq!(merged.joined, [(AnnotationId(7), AnnotationId(2))]);
    assert_eq!(picture_of(&merged.layer), "[speaker:Ana] [claim:é] [cue:said] ü{says 1 2}");
    assert!(merged.conflicts.is_empty(), "{merged:?}");
}

#[test]
fn layers_of_another_document_or_over_another_text_are_refused() {
    let (one, two) = (layer_of("[claim:é]"), layer_of("[claim:è]"));
    assert!(matches!(merge_layers(None, &one, &two), Err(MergeError::OtherText { .. })));
    let other = crate::model::LayerKey { annotator: "zoë".into(), ..key() };
    let other = Layer::new(other, one.text().clone());
    assert_eq!(merge_layers(None, &one, &other), Err(MergeError::OtherLayer));
    // Both have moved to a new text: the places of the old one say nothing, and none counts as untouched.
    let base = layer_of("- [claim:é]");
    let merged = merge_layers(Some(&base), &one, &without(&one, 1)).unwrap();
    assert_eq!((picture_of(&merged.layer).as_str(), merged.conflicts.len()), ("[claim:é]", 1));
}
