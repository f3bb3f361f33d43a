//! The list of documents: taking articles in, removing them, describing and ordering them.

use super::{Change, Edit, LayerChange, NewDocument, ProjectEdit, Refusal, Stamp, State};
use crate::model::{Document, DocumentId, Layer, counted};
use std::collections::BTreeSet;

/// Takes documents in at the end of the list, as one step, each with the layers that came with it.
///
/// # Errors
/// Where an id is taken.
pub fn add(state: &State, new: Vec<(NewDocument, Vec<Layer>)>, stamp: &Stamp) -> Result<Change, Refusal> {
    let mut change = Change::new(format!("take in {}", counted(new.len(), "document")), stamp);
    let mut taken: BTreeSet<_> = state.project.documents.iter().map(|d| d.id.clone()).collect();
    for (at, (document, layers)) in (state.project.documents.len()..).zip(new) {
        let id = document.document.id.clone();
        if !taken.insert(id.clone()) {
            return Err(Refusal::DuplicateDocument(id));
        }
        let text = document.text.clone();
        change.project.push(ProjectEdit::Membership { at, edit: Box::new(Edit::make(document)) });
        change.layers.extend(layers.iter().map(|layer| filling(&Layer::new(layer.key().clone(), text.clone()), layer)));
    }
    Ok(change)
}

/// What makes `empty` into `full`.
pub fn filling(empty: &Layer, full: &Layer) -> LayerChange {
    let mut change = LayerChange::new(empty);
    change.annotations = full.annotations().cloned().map(Edit::make).collect();
    change.links = full.links().cloned().map(Edit::make).collect();
    change.next.1 = full.next_ids();
    change.status.1 = full.status();
    change
}

/// Removes a document with all its layers, which must be loaded.
pub fn remove(state: &State, id: &DocumentId, stamp: &Stamp) -> Result<Change, Refusal> {
    let missing = || Refusal::NoSuchDocument(id.clone());
    let at = state.project.position(id).ok_or_else(missing)?;
    let text = state.text(id).ok_or_else(missing)?.clone();
    let document = state.project.documents[at].clone();
    // Removing is the inverse of taking in.
    let mut taken_in = Change::new(format!("remove “{}”", document.title), stamp);
    taken_in
        .project
        .push(ProjectEdit::Membership { at, edit: Box::new(Edit::make(NewDocument { document, text: text.clone() })) });
    for layer in state.layers().filter(|l| l.key().document == *id) {
        taken_in.layers.push(filling(&Layer::new(layer.key().clone(), text.clone()), layer));
    }
    Ok(taken_in.inverse())
}

/// Gives a document another description: title, metadata, direction.
pub fn describe(state: &State, after: Document, stamp: &Stamp) -> Result<Change, Refusal> {
    let before = state.project.document(&after.id).ok_or_else(|| Refusal::NoSuchDocument(after.id.clone()))?;
    if *before == after {
        return Err(Refusal::NothingToDo);
    }
    let mut change = Change::new(format!("describe “{}”", after.title), stamp);
    change.project.push(ProjectEdit::Document(Box::new(Edit::change(before.clone(), after))));
    Ok(change)
}

/// Moves a document to another place in the order of reading (positions from 0).
pub fn reorder(state: &State, id: &DocumentId, to: usize, stamp: &Stamp) -> Result<Change, Refusal> {
    let from = state.project.position(id).ok_or_else(|| Refusal::NoSuchDocument(id.clone()))?;
    let to = to.min(state.project.documents.len() - 1);
    if from == to {
        return Err(Refusal::NothingToDo);
    }
    let mut change = Change::new("order the documents", stamp);
    change.project.push(ProjectEdit::Order { from, to });
    Ok(change)
}

/// Gives the project another name.
pub fn rename_project(state: &State, name: &str, stamp: &Stamp) -> Result<Change, Refusal> {
    if state.project.name == name || name.trim().is_empty() {
        return Err(Refusal::NothingToDo);
    }
    let mut change = Change::new("rename the project", stamp);
    change.project.push(ProjectEdit::Name { before: state.project.name.clone(), after: name.trim().to_owned() });
    Ok(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::{document, layer_of, state_of};
    use crate::model::testing::{key, noon};
    use crate::model::{LayerKey, Text};

    #[test]
    fn taking_in_and_removing_are_single_steps_that_can_be_undone() {
        let stamp = Stamp::by_hand(noon());
        let start = state_of(layer_of("é [claim:un]"));
        let id = start.project.new_document_id("Deux");
        assert_eq!(id.as_str(), "0002-deux");
        let text = Text::new("deux");
        let new = NewDocument { document: document(id.clone(), &text), text: text.clone() };
        let full = layer_of("[claim:d][speaker:eux]{says 2 1}");
        let mut layer = Layer::new(LayerKey { document: id.clone(), annotator: "ana".into() }, text);
        full.annotations().for_each(|a| layer.insert(a.clone()).unwrap());
        full.links().for_each(|l| layer.insert_link(l.clone()).unwrap());
        let change = add(&start, vec![(new.clone(), vec![layer.clone()])], &stamp).unwrap();
        let mut state = start.clone();
        state.apply(&change).unwrap();
        assert_eq!(state.layer(layer.key()), Some(&layer));
        assert!(add(&state, vec![(new, vec![])], &stamp).is_err(), "the id is taken");
        let with_both = state.clone();
        state.apply(&change.inverse()).unwrap();
        assert_eq!(state.project, start.project);
        let mut state = with_both.clone();
        let gone = remove(&state, &key().document, &stamp).unwrap();
        state.apply(&gone).unwrap();
        assert_eq!((state.project.documents.len(), state.layer(&key())), (1, None));
        state.apply(&gone.inverse()).unwrap();
        assert_eq!(state, with_both);
    }
}
