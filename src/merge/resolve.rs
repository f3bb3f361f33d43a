//! Deciding a conflict, as a step that can be undone.

use super::{AnnotationConflict, Conflict, Field, LinkConflict};
use crate::edit::{Change, Edit, LayerChange, Refusal, Stamp, delete, status};
use crate::model::layer::LayerError;
use crate::model::{Annotation, AnnotationId, Layer, Link, LinkId};

/// What a person decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// As on our side.
    Ours,
    /// As on their side.
    Theirs,
    /// Both: theirs stands beside ours; of two notes each is kept.
    Both,
}

/// Decides a conflict in the merged layer, which may have been worked on since: only what is in conflict is set.
///
/// # Errors
/// [`Refusal::NothingToDo`] where the layer is so already; else where it cannot hold the result, or what the conflict is
/// about is no longer there.
pub fn resolve(layer: &Layer, conflict: &Conflict, choice: Choice, stamp: &Stamp) -> Result<Change, Refusal> {
    match conflict {
        Conflict::Annotation(conflict) => annotation(layer, conflict, choice, stamp),
        Conflict::Link(conflict) => link(layer, conflict, choice, stamp),
        Conflict::Status(sides) => {
            let chosen = if choice == Choice::Theirs { sides.theirs } else { sides.ours };
            status::set_status(layer, chosen.ok_or(Refusal::NothingToDo)?, stamp)
        }
    }
}

fn words(id: impl std::fmt::Display, choice: Choice) -> String {
    let choice = match choice {
        Choice::Ours => "our side",
        Choice::Theirs => "their side",
        Choice::Both => "both sides",
    };
    format!("decide {id}: {choice}")
}

/// A note that holds two.
fn both_notes(ours: &str, theirs: &str) -> String {
    if ours.is_empty() { theirs.to_owned() } else { format!("{ours}\n{theirs}") }
}

fn annotation(layer: &Layer, conflict: &AnnotationConflict, choice: Choice, stamp: &Stamp) -> Result<Change, Refusal> {
    let id = conflict.id;
    let held = layer.get(id).ok_or(LayerError::NoSuchAnnotation(id))?;
    let (ours, theirs) = match (&conflict.sides.ours, &conflict.sides.theirs, choice) {
        (Some(ours), Some(theirs), _) => (ours, theirs),
        (None, _, Choice::Ours) | (_, None, Choice::Theirs) => return delete::delete(layer, &[id], stamp),
        _ => return Err(Refusal::NothingToDo),
    };
    let side = if choice == Choice::Theirs { theirs } else { ours };
    let mut after = held.clone();
    for field in &conflict.fields {
        match field {
            Field::Label => after.label.clone_from(&side.label),
            Field::Span => after.span.clone_from(&side.span),
            Field::Attribute(name) => match side.attributes.get(name) {
                Some(value) => drop(after.attributes.insert(name.clone(), value.clone())),
                None => drop(after.attributes.remove(name)),
            },
            Field::Note if choice == Choice::Both => after.note = both_notes(&ours.note, &theirs.note),
            Field::Note => after.note.clone_from(&side.note),
            Field::Origin => after.provenance.origin = side.provenance.origin.clone(),
            Field::Says => {}
        }
    }
    let mut change = LayerChange::new(layer);
    let is_beside = |field: &Field| matches!(field, Field::Label | Field::Span | Field::Attribute(_));
    if choice == Choice::Both && conflict.fields.iter().any(is_beside) {
        let beside = Annotation { id: AnnotationId(layer.fresh_ids().annotation), ..theirs.clone() };
        if let Some(twin) = layer.twin_of(&beside) {
            return Err(LayerError::Twin(twin.id, beside.id).into());
        }
        change.next.1.annotation = beside.id.0.saturating_add(1);
        change.annotations.push(Edit::make(beside));
    }
    if after != *held {
        if let Some(twin) = layer.twin_of(&after) {
            return Err(LayerError::Twin(twin.id, id).into());
        }
        after.provenance = after.provenance.modified(stamp.at);
        change.annotations.push(Edit::change(held.clone(), after));
    }
    if change.annotations.is_empty() {
        return Err(Refusal::NothingToDo);
    }
    Ok(Change::new(words(id, choice), stamp).with_layer(change))
}

fn link(layer: &Layer, conflict: &LinkConflict, choice: Choice, stamp: &Stamp) -> Result<Change, Refusal> {
    let id = conflict.id;
    if conflict.ends_became.is_some() {
        return Err(Refusal::NothingToDo);
    }
    let held = layer.link(id).ok_or(LayerError::NoSuchLink(id))?;
    let mut change = LayerChange::new(layer);
    let (ours, theirs) = match (&conflict.sides.ours, &conflict.sides.theirs, choice) {
        (Some(ours), Some(theirs), _) => (ours, theirs),
        (None, _, Choice::Ours) | (_, None, Choice::Theirs) => {
            change.links.push(Edit::remove(held.clone()));
            return Ok(Change::new(words(id, choice), stamp).with_layer(change));
        }
        _ => return Err(Refusal::NothingToDo),
    };
    let side = if choice == Choice::Theirs { theirs } else { ours };
    let mut after = held.clone();
    for field in &conflict.fields {
        match field {
            Field::Says => (after.kind, after.from, after.to) = (side.kind.clone(), side.from, side.to),
            Field::Note if choice == Choice::Both => after.note = both_notes(&ours.note, &theirs.note),
            Field::Note => after.note.clone_from(&side.note),
            Field::Origin => after.provenance.origin = side.provenance.origin.clone(),
            Field::Label | Field::Span | Field::Attribute(_) => {}
        }
    }
    if choice == Choice::Both && conflict.fields.contains(&Field::Says) {
        let beside = Link { id: LinkId(layer.fresh_ids().link), ..theirs.clone() };
        change.next.1.link = beside.id.0.saturating_add(1);
        change.links.push(Edit::make(beside));
    }
    if after != *held {
        after.provenance = after.provenance.modified(stamp.at);
        change.links.push(Edit::change(held.clone(), after));
    }
    if change.links.is_empty() {
        return Err(Refusal::NothingToDo);
    }
    Ok(Change::new(words(id, choice), stamp).with_layer(change))
}
