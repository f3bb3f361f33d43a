//! Same text everywhere: one annotation made on many places, in as many documents, as one step.
//!
//! Elsewhere: finding the places (`find`).

use super::annotate::{annotations, title};
use super::{Change, Refusal, Stamp};
use crate::model::layer::LayerError;
use crate::model::{LayerKey, Name, Span, Value};
use std::collections::BTreeMap;

/// What every place gets.
#[derive(Clone, PartialEq, Debug)]
pub struct Model {
    /// The label.
    pub label: Name,
    /// The attributes.
    pub attributes: BTreeMap<Name, Value>,
}

/// Makes an annotation like `model` on each of `places`, by layer. Places that already have one are passed over.
///
/// # Errors
/// Where a layer is not in memory, a place does not fit its text, or nothing is left to make.
pub fn annotate_places(
    state: &crate::edit::State,
    model: &Model,
    places: Vec<(LayerKey, Vec<Span>)>,
    stamp: &Stamp,
) -> Result<Change, Refusal> {
    let scheme = &state.project.scheme;
    scheme.label(&model.label).ok_or_else(|| Refusal::NoSuchLabel(model.label.clone()))?;
    let mut change = Change::new("", stamp);
    for (key, spans) in places {
        let layer = state.layer(&key).ok_or_else(|| Refusal::NoSuchDocument(key.document.clone()))?;
        match annotations(layer, &model.label, &model.attributes, spans, stamp) {
            Ok(made) => change.layers.push(made),
            Err(Refusal::NothingToDo | Refusal::Layer(LayerError::Twin(..))) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    let count: usize = change.layers.iter().map(|layer| layer.annotations.len()).sum();
    let label = title(scheme, &model.label);
    change.what = match (count, change.layers.len()) {
        (0, _) => return Err(Refusal::NothingToDo),
        (1, _) => format!("mark 1 place as {label}"),
        (_, 1) => format!("mark {count} places as {label}"),
        (_, layers) => format!("mark {count} places in {layers} documents as {label}"),
    };
    Ok(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::{check, layer_of, picture_of, refused, state_of};
    use crate::edit::{History, State};
    use crate::find::Query;
    use crate::model::testing::{key, noon};
    use crate::model::{DocumentId, Layer, Text};

    fn everywhere(needle: &'static str) -> impl Fn(&Layer) -> Result<Change, Refusal> {
        move |layer| {
            let query = Query { case: true, whole_word: true, ..Query::plain(needle) };
            let found = query.compile().unwrap();
            let spans = found.matches(layer.text()).map(|p| Span::single(p.start, p.end).unwrap()).collect();
            let model = Model { label: "speaker".into(), attributes: BTreeMap::new() };
            let places = vec![(layer.key().clone(), spans)];
            annotate_places(&state_of(layer.clone()), &model, places, &Stamp::by_hand(noon()))
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
        assert_eq!(refused("[speaker:Ün] Ünal", everywhere("Ün")), "nothing to change");
    }

    #[test]
    fn places_in_several_documents_are_one_step_with_the_attributes_of_the_model() {
        let mut start = state_of(layer_of("[claim:Ana] 25 %"));
        let other = LayerKey { document: DocumentId::new("0002-b").unwrap(), annotator: "maria".into() };
        start.load_layer(Layer::new(other.clone(), Text::new("日 25 %, 25 %")));
        let spans = |state: &State, key: &LayerKey| {
            let layer = state.layer(key).unwrap();
            let found = Query::plain("25 %").compile().unwrap();
            found.matches(layer.text()).map(|p| Span::single(p.start, p.end).unwrap()).collect()
        };
        let places = vec![(key(), spans(&start, &key())), (other.clone(), spans(&start, &other))];
        let value = ("value".into(), Value::Number(25.0));
        let model = Model { label: "statistic".into(), attributes: BTreeMap::from([value]) };
        let change = annotate_places(&start, &model, places.clone(), &Stamp::by_hand(noon())).unwrap();
        assert_eq!(change.what, "mark 3 places in 2 documents as statistic");
        let (mut state, mut history) = (start.clone(), History::default());
        history.apply(&mut state, change).unwrap();
        assert_eq!(picture_of(state.layer(&key()).unwrap()), "[claim:Ana] [statistic:25 %]");
        assert_eq!(picture_of(state.layer(&other).unwrap()), "日 [statistic:25 %], [statistic:25 %]");
        assert!(state.layer(&other).unwrap().annotations().all(|a| a.attributes == model.attributes));
        let again = annotate_places(&state, &model, places, &Stamp::by_hand(noon()));
        assert_eq!(again, Err(Refusal::NothingToDo));
        history.undo(&mut state, Some(&other.document)).unwrap();
        assert_eq!(state, start, "one undo, in either document, takes all of it back");
    }
}
