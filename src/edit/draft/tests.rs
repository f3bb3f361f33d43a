//! Random drafts over one layer: what is renamed is renamed everywhere, what is deleted goes as was said.

use super::*;
use crate::edit::testing::{layer_of, picture_of, state_of};
use crate::model::testing::{key, noon, scheme};
use crate::model::{AnnotationId, Layer};
use proptest::prelude::*;

fn stamp() -> Stamp {
    Stamp::by_hand(noon())
}

fn work() -> State {
    let mut layer = layer_of("[speaker:É] said « [claim:é] » [claim:ö] [statistic:25]{says 1 2}{same 2 3}");
    for (id, option) in [(2, "direct"), (3, "mixed")] {
        let mut claim = layer.get(AnnotationId(id)).unwrap().clone();
        claim.attributes.insert("quotation".into(), option.into());
        let links: Vec<_> = layer.links_of(claim.id).cloned().collect();
        for link in &links {
            layer.remove_link(link.id).unwrap();
        }
        layer.remove(claim.id).unwrap();
        layer.insert(claim).unwrap();
        for link in links {
            layer.insert_link(link).unwrap();
        }
    }
    state_of(layer)
}

fn applied(draft: &Draft) -> State {
    let start = work();
    let change = draft.change(&start, &stamp()).unwrap();
    let mut state = start.clone();
    state.apply(&change).unwrap();
    let result = state.clone();
    state.apply(&change.inverse()).unwrap();
    assert_eq!(state, start, "one undo restores everything");
    result
}

fn layer(state: &State) -> &Layer {
    state.layer(&key()).unwrap()
}

#[test]
fn a_draft_of_a_scheme_describes_it_and_changes_nothing() {
    for (_, scheme) in schemes() {
        let draft = Draft::new(&scheme);
        assert_eq!(draft.scheme(), scheme);
        assert_eq!((draft.problems(), draft.migrations(), draft.needs_layers()), (vec![], vec![], false));
    }
    assert_eq!(Draft::new(&scheme()).change(&work(), &stamp()), Err(Refusal::NothingToDo));
}

/// The test scheme, and one with every kind of attribute.
fn schemes() -> Vec<(&'static str, Scheme)> {
    let mut all = scheme();
    let kinds = [
        AttributeKind::Several(vec!["a".into(), "é".into()]),
        AttributeKind::YesNo,
        AttributeKind::Text,
        AttributeKind::Entity(vec![EntityKind::Person]),
        AttributeKind::Entity(vec![EntityKind::Organisation]),
    ];
    all.labels[0].attributes.extend(kinds.into_iter().enumerate().map(|(n, kind)| AttributeDef {
        name: format!("a{n}").into(),
        title: String::new(),
        kind,
        description: "wann".to_owned(),
    }));
    let both = AttributeKind::Entity(vec![EntityKind::Person, EntityKind::Organisation]);
    all.labels[1].attributes[0].kind = both;
    vec![("test", scheme()), ("kinds", all)]
}

#[test]
fn names_that_are_exchanged_are_exchanged_in_the_work_too() {
    let mut draft = Draft::new(&scheme());
    draft.labels[0].name = "claim".to_owned();
    draft.labels[1].name = "speaker".to_owned();
    draft.labels[1].attributes[0].options[0].name = "mixed".to_owned();
    draft.labels[1].attributes[0].options[2].name = "direct".to_owned();
    draft.links[0].name = "same".to_owned();
    draft.links[1].name = "says".to_owned();
    assert_eq!(draft.problems(), []);
    let state = applied(&draft);
    assert_eq!(
        picture_of(layer(&state)),
        "[claim:É] said « [speaker:é] » [speaker:ö] [statistic:25]{same 1 2}{says 2 3}"
    );
    assert_eq!(layer(&state).get(AnnotationId(2)).unwrap().attributes["quotation"], "mixed".into());
    assert_eq!(state.project.scheme, draft.scheme());
    assert_eq!(state.project.scheme.link("same").unwrap().from, [Name::from("claim")]);
}

#[test]
fn what_is_deleted_takes_its_work_along_or_leaves_it_to_another() {
    let mut draft = Draft::new(&scheme());
    let (speaker, statistic) = (draft.labels[0].id, draft.labels[2].id);
    draft.delete_label(speaker, Some(statistic));
    let quotation = &draft.labels[0].attributes[0];
    let (direct, indirect) = (quotation.options[0].id, quotation.options[1].id);
    draft.delete_option(direct, Some(indirect));
    let same = draft.links[1].id;
    draft.delete_link(same);
    // The label that took over gets another name afterwards.
    draft.labels[1].name = "figure".to_owned();
    assert_eq!(draft.links[0].from, [statistic]);
    assert_eq!(draft.problems(), []);
    let state = applied(&draft);
    assert_eq!(picture_of(layer(&state)), "[figure:É] said « [claim:é] » [claim:ö] [figure:25]{says 1 2}");
    assert_eq!(layer(&state).get(AnnotationId(2)).unwrap().attributes["quotation"], "indirect".into());
    assert_eq!(draft.steps().len(), 4, "{:?}", draft.steps());
    // Without another label, the kind of link that went from it goes too.
    let mut draft = Draft::new(&scheme());
    draft.delete_label(speaker, None);
    assert_eq!(draft.steps(), ["delete link kind says", "delete label speaker"]);
    assert_eq!(picture_of(layer(&applied(&draft))), "É said « [claim:é] » [claim:ö] [statistic:25]{same 2 3}");
}

#[test]
fn a_link_kind_needs_a_label_at_each_end() {
    let mut draft = Draft::new(&scheme());
    let link = draft.add_link();
    assert_eq!(draft.problems(), [(Place::Ends(link), "choose a label at each end".to_owned())]);
}

#[test]
fn a_deleted_name_can_be_given_to_something_new() {
    let mut draft = Draft::new(&scheme());
    let claim = draft.labels[1].id;
    draft.delete_label(claim, None);
    assert_eq!(draft.links, []);
    draft.add_label(&[]);
    draft.labels.last_mut().unwrap().name = "claim".to_owned();
    assert_eq!(draft.problems(), []);
    assert_eq!(picture_of(layer(&applied(&draft))), "[speaker:É] said « é » ö [statistic:25]");
}

#[test]
fn what_cannot_be_used_is_said_where_it_stands() {
    let mut draft = Draft::new(&scheme());
    draft.labels[1].name = "speaker".to_owned();
    draft.labels[1].key = "3".to_owned();
    draft.labels[2].key = "?".to_owned();
    draft.labels[0].key = "ab".to_owned();
    draft.labels[0].colour = "#12".to_owned();
    draft.labels[1].attributes[0].options[1].name = "direct".to_owned();
    let empty = draft.add_attribute(draft.labels[2].id).unwrap();
    draft.labels[2].attributes[2].kind = KindDraft::Several;
    draft.labels[2].attributes[1].name = "value".to_owned();
    draft.links[1].name = " ".to_owned();
    let places: Vec<_> = draft.problems().into_iter().map(|(place, _)| place).collect();
    assert_eq!(
        places,
        [
            Place::Colour(draft.labels[0].id),
            Place::Key(draft.labels[0].id),
            Place::Name(draft.labels[1].id),
            Place::Name(draft.labels[1].attributes[0].options[1].id),
            Place::Key(draft.labels[2].id),
            Place::Name(draft.labels[2].attributes[1].id),
            Place::Options(empty),
            Place::Name(draft.links[1].id),
        ]
    );
}

#[test]
fn uses_are_counted_by_document() {
    let mut state = work();
    let other = crate::model::LayerKey { annotator: "ana".into(), ..key() };
    let mut second = Layer::new(other, layer(&state).text().clone());
    second.insert(crate::model::testing::annotation(1, "claim", 0..2)).unwrap();
    state.load_layer(second);
    let draft = Draft::new(&scheme());
    let usage = Usage::of(&state);
    let claim = &draft.labels[1];
    assert_eq!(usage.label(claim), Uses { count: 3, documents: 1 });
    assert_eq!(usage.attribute(claim, &claim.attributes[0]).count, 2);
    assert_eq!(usage.option(claim, &claim.attributes[0], &claim.attributes[0].options[0]).count, 1);
    assert_eq!(usage.link(&draft.links[1]), Uses { count: 1, documents: 1 });
    assert_eq!(usage.label(&draft.labels[2]).count, 1);
}

/// One of all edits of a draft, its arguments drawn from `n`.
fn edit(draft: &mut Draft, n: [usize; 4]) {
    let names = ["speaker", "claim", "statistic", "é", "says", "same", "direct", "mixed", " x"];
    let name = || names[n[2] % names.len()].to_owned();
    let label = n[1] % draft.labels.len().max(1);
    let link = n[1] % draft.links.len().max(1);
    let ids: Vec<_> = draft.labels.iter().map(|l| l.id).collect();
    let Some(first) = draft.labels.get(label) else { return };
    let attribute = first.attributes.get(n[3] % first.attributes.len().max(1)).cloned();
    match n[0] % 10 {
        0 => draft.labels[label].name = name(),
        1 => draft.delete_label(ids[label], ids.get(n[2]).copied().filter(|i| *i != ids[label])),
        2 => drop(draft.add_label(&[])),
        3 => {
            if let Some(attribute) = draft.labels[label].attributes.first_mut() {
                attribute.name = name();
                if let Some(option) = attribute.options.get_mut(n[3] % 3) {
                    option.name = name();
                }
            }
        }
        4 => {
            if let Some(option) = attribute.as_ref().and_then(|a| a.options.get(n[2] % 3)) {
                let instead = attribute.as_ref().and_then(|a| a.options.get(n[1] % 4)).map(|o| o.id);
                draft.delete_option(option.id, instead.filter(|i| *i != option.id));
            }
        }
        5 => attribute.iter().for_each(|a| draft.delete_attribute(a.id)),
        6 if !draft.links.is_empty() => draft.links[link].name = name(),
        7 if !draft.links.is_empty() => draft.delete_link(draft.links[link].id),
        8 => {
            draft.add_link();
            draft.links.iter_mut().for_each(|l| l.from.extend(ids.iter().take(1)));
        }
        _ => draft.labels.rotate_left(1),
    }
}

proptest! {
    #[test]
    fn after_any_edits_the_draft_has_problems_or_leads_to_its_scheme_and_back(
        edits in prop::collection::vec(any::<[usize; 4]>(), 0..12),
    ) {
        let mut draft = Draft::new(&scheme());
        for n in edits {
            edit(&mut draft, n);
        }
        let named = draft.problems().iter().any(|(place, _)| !matches!(place, Place::Ends(_)));
        prop_assert_eq!(draft.scheme().validate().is_err(), named);
        let start = work();
        match draft.change(&start, &stamp()) {
            Ok(change) => {
                let mut state = start.clone();
                state.apply(&change).unwrap();
                prop_assert_eq!(&state.project.scheme, &draft.scheme());
                // What is still there has the name of what it was, or of what took its place.
                let names: Vec<_> = draft.labels.iter().map(|l| l.name.as_str()).collect();
                prop_assert!(layer(&state).annotations().all(|a| names.contains(&a.label.as_str())));
                for label in draft.labels.iter().filter(|l| l.was.is_some()) {
                    let was = layer(&start).annotations().filter(|a| Some(&a.label) == label.was.as_ref());
                    for annotation in was {
                        let now = layer(&state).get(annotation.id).unwrap();
                        prop_assert_eq!(now.label.as_str(), label.name.as_str());
                    }
                }
                state.apply(&change.inverse()).unwrap();
                prop_assert_eq!(state, start);
            }
            Err(Refusal::NothingToDo) => prop_assert!(draft.migrations().is_empty()),
            Err(Refusal::Scheme(_)) => prop_assert!(named),
            Err(other) => prop_assert!(matches!(other, Refusal::Layer(_)), "{}", other),
        }
    }
}
