//! How far the annotator is with a document, or with several.

use super::{Change, LayerChange, Refusal, Stamp};
use crate::model::{Layer, Status};

/// Sets the status of a layer.
pub fn set_status(layer: &Layer, status: Status, stamp: &Stamp) -> Result<Change, Refusal> {
    set_status_of_all([layer], status, stamp)
}

/// Sets the status of several layers as one step; those that have it already are passed over.
pub fn set_status_of_all<'a>(
    layers: impl IntoIterator<Item = &'a Layer>,
    status: Status,
    stamp: &Stamp,
) -> Result<Change, Refusal> {
    let mut change = Change::new("set the status", stamp);
    for layer in layers.into_iter().filter(|layer| layer.status() != status) {
        let mut edit = LayerChange::new(layer);
        edit.status.1 = status;
        change.layers.push(edit);
    }
    match change.layers.len() {
        0 => return Err(Refusal::NothingToDo),
        1 => {}
        count => change.what = format!("set the status of {count} documents"),
    }
    Ok(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::{layer_of, state_of};
    use crate::model::testing::{key, noon};
    use crate::model::{DocumentId, LayerKey, Text};

    #[test]
    fn the_status_of_several_documents_is_one_step_and_comes_back_as_one() {
        let mut state = state_of(layer_of("[claim:été]"));
        let other = LayerKey { document: DocumentId::new("0002-b").unwrap(), ..key() };
        let mut second = Layer::new(other.clone(), Text::new("żółw"));
        second.set_status(Status::Done);
        state.load_layer(second);
        let third = LayerKey { document: DocumentId::new("0003-c").unwrap(), ..key() };
        state.load_layer(Layer::new(third.clone(), Text::new("日本")));
        let stamp = Stamp::by_hand(noon());
        let before = state.clone();
        let change = set_status_of_all(state.layers(), Status::Done, &stamp).unwrap();
        assert_eq!((change.what.as_str(), change.layers.len()), ("set the status of 2 documents", 2));
        state.apply(&change).unwrap();
        assert!(state.layers().all(|layer| layer.status() == Status::Done));
        assert_eq!(set_status_of_all(state.layers(), Status::Done, &stamp), Err(Refusal::NothingToDo));
        state.apply(&change.inverse()).unwrap();
        assert_eq!(state, before);
    }
}
