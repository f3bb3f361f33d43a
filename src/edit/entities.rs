//! The people and organisations of the project: making, changing, merging, removing.
//!
//! Annotations that refer to an entity follow in the same change. That needs their layers loaded; whoever calls sees
//! to it.

use super::{Change, Edit, LayerChange, ProjectEdit, Refusal, Stamp, State};
use crate::model::layer::LayerError;
use crate::model::{
    Annotation, AnnotationId, AttributeKind, Entity, EntityId, EntityKind, Layer, LayerKey, Name, Scheme, Value,
};
use std::collections::BTreeMap;

/// What a new entity is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewEntity {
    /// What it is.
    pub kind: EntityKind,
    /// Its full name.
    pub name: String,
    /// Other names and abbreviations.
    pub aliases: Vec<String>,
    /// Wikidata item.
    pub wikidata: Option<String>,
}

/// Makes an entity; its id is the project's next.
pub fn make(state: &State, new: NewEntity, stamp: &Stamp) -> Result<Change, Refusal> {
    if new.name.trim().is_empty() {
        return Err(Refusal::NamelessEntity);
    }
    let NewEntity { kind, name, aliases, wikidata } = new;
    let next = state.project.next_entity;
    let mut change = Change::new(format!("new entity “{name}”"), stamp);
    let entity = Entity { id: EntityId(next), kind, name, aliases, wikidata, note: String::new() };
    change.project.push(ProjectEdit::Entity { edit: Edit::make(entity), next: (next, next + 1) });
    Ok(change)
}

/// Makes an entity and lets attribute `attribute` of annotation `id` refer to it, as one step.
pub fn make_for(
    layer: &Layer,
    state: &State,
    id: AnnotationId,
    attribute: &Name,
    new: NewEntity,
    stamp: &Stamp,
) -> Result<Change, Refusal> {
    let mut made = make(state, new, stamp)?;
    let entity = EntityId(state.project.next_entity);
    let mut change = LayerChange::new(layer);
    let before = layer.get(id).ok_or(LayerError::NoSuchAnnotation(id))?;
    let mut after = before.clone();
    after.attributes.insert(attribute.clone(), Value::Text(entity.to_string()));
    after.provenance = after.provenance.modified(stamp.at);
    change.annotations.push(Edit::change(before.clone(), after));
    made.layers.push(change);
    Ok(made)
}

/// Gives an entity another description.
pub fn change(state: &State, after: Entity, stamp: &Stamp) -> Result<Change, Refusal> {
    let before = find(state, after.id)?;
    if after.name.trim().is_empty() {
        return Err(Refusal::NamelessEntity);
    }
    if *before == after {
        return Err(Refusal::NothingToDo);
    }
    let next = state.project.next_entity;
    let mut change = Change::new(format!("describe “{}”", after.name), stamp);
    change.project.push(ProjectEdit::Entity { edit: Edit::change(before.clone(), after), next: (next, next) });
    Ok(change)
}

/// Makes one entity of two: what referred to `from` refers to `into`, which takes over names and aliases.
pub fn merge(state: &State, from: EntityId, into: EntityId, stamp: &Stamp) -> Result<Change, Refusal> {
    if from == into {
        return Err(Refusal::NothingToDo);
    }
    let (old, before) = (find(state, from)?, find(state, into)?);
    let mut after = before.clone();
    for name in std::iter::once(&old.name).chain(&old.aliases) {
        if *name != after.name && !after.aliases.contains(name) {
            after.aliases.push(name.clone());
        }
    }
    after.wikidata = after.wikidata.or_else(|| old.wikidata.clone());
    let next = state.project.next_entity;
    let mut change = Change::new(format!("merge “{}” into “{}”", old.name, after.name), stamp);
    change.project.push(ProjectEdit::Entity { edit: Edit::change(before.clone(), after), next: (next, next) });
    change.project.push(ProjectEdit::Entity { edit: Edit::remove(old.clone()), next: (next, next) });
    change.layers = referring(state, stamp, |_, _, _, id| (id == from).then_some(Some(into)));
    Ok(change)
}

/// Removes an entity; what referred to it refers to nothing.
pub fn remove(state: &State, id: EntityId, stamp: &Stamp) -> Result<Change, Refusal> {
    let entity = find(state, id)?;
    let next = state.project.next_entity;
    let mut change = Change::new(format!("remove “{}”", entity.name), stamp);
    change.project.push(ProjectEdit::Entity { edit: Edit::remove(entity.clone()), next: (next, next) });
    change.layers = referring(state, stamp, |_, _, _, to| (to == id).then_some(None));
    Ok(change)
}

fn find(state: &State, id: EntityId) -> Result<&Entity, Refusal> {
    state.project.entities.get(&id).ok_or(Refusal::NoSuchEntity(id))
}

/// Lets annotations follow entities that got other numbers: those attributes of loaded layers for which `is_meant` says
/// that the old number means the entity that has a new one.
pub fn follow(
    state: &State,
    numbers: &BTreeMap<EntityId, EntityId>,
    is_meant: impl Fn(&LayerKey, &Annotation, &Name) -> bool,
    stamp: &Stamp,
) -> Vec<LayerChange> {
    referring(state, stamp, |key, annotation, name, id| {
        let fresh = numbers.get(&id).filter(|_| is_meant(key, annotation, name));
        fresh.map(|fresh| Some(*fresh))
    })
}

/// The changes of all loaded layers in which attributes that refer to an entity refer to another one, or to none: what
/// `to` says of whose annotation, which attribute, and to which entity. `None` leaves it as it is.
fn referring(
    state: &State,
    stamp: &Stamp,
    to: impl Fn(&LayerKey, &Annotation, &Name, EntityId) -> Option<Option<EntityId>>,
) -> Vec<LayerChange> {
    let in_layer = |layer: &Layer| {
        let mut change = LayerChange::new(layer);
        for before in layer.annotations() {
            let mut after = before.clone();
            for name in entity_attributes(&state.project.scheme, before) {
                let text = before.attributes.get(name.as_str()).and_then(Value::as_text);
                let entity = text.and_then(|text| text.parse().ok());
                match entity.and_then(|entity| to(layer.key(), before, &name, entity)) {
                    Some(Some(to)) => after.attributes.insert(name, Value::Text(to.to_string())),
                    Some(None) => after.attributes.remove(&name),
                    None => continue,
                };
            }
            if after != *before {
                after.provenance = after.provenance.modified(stamp.at);
                change.annotations.push(Edit::change(before.clone(), after));
            }
        }
        (!change.annotations.is_empty()).then_some(change)
    };
    state.layers().filter_map(in_layer).collect()
}

fn entity_attributes(scheme: &Scheme, annotation: &Annotation) -> impl Iterator<Item = Name> {
    let label = scheme.label(&annotation.label);
    let attributes = label.map(|l| l.attributes.as_slice()).unwrap_or_default();
    attributes.iter().filter(|a| matches!(a.kind, AttributeKind::Entity(_))).map(|a| a.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::attribute::set_attribute;
    use crate::edit::testing::{layer_of, state_of};
    use crate::model::testing::{key, noon};

    #[test]
    fn an_entity_made_for_an_annotation_comes_and_goes_with_the_reference() {
        let stamp = Stamp::by_hand(noon());
        let mut state = state_of(layer_of("[speaker:Zoë Müller]"));
        let before = state.clone();
        let new = || NewEntity { kind: EntityKind::Person, name: "Zoë".into(), aliases: vec![], wikidata: None };
        let make = |state: &State, id| {
            make_for(state.layer(&key()).unwrap(), state, AnnotationId(id), &"entity".into(), new(), &stamp)
        };
        assert!(make(&state, 7).is_err());
        let made = make(&state, 1).unwrap();
        state.apply(&made).unwrap();
        let annotation = state.layer(&key()).unwrap().get(AnnotationId(1)).unwrap();
        assert_eq!(annotation.attributes["entity"], "e1".into());
        assert_eq!(state.project.entities[&EntityId(1)].name, "Zoë");
        state.apply(&made.inverse()).unwrap();
        assert_eq!(state, before);
    }

    #[test]
    fn merging_entities_takes_every_reference_along_and_can_be_undone() {
        let stamp = Stamp::by_hand(noon());
        let mut state = state_of(layer_of("[speaker:Путин] и [speaker:он]"));
        for name in ["Путин", "он"] {
            let new = NewEntity { kind: EntityKind::Person, name: name.into(), aliases: vec![], wikidata: None };
            let made = make(&state, new, &stamp).unwrap();
            state.apply(&made).unwrap();
        }
        for n in [1, 2] {
            let value = Value::Text(format!("e{n}"));
            let layer = state.layer(&key()).unwrap();
            let set = set_attribute(layer, &state.project, &[AnnotationId(n)], &"entity".into(), Some(&value), &stamp);
            state.apply(&set.unwrap()).unwrap();
        }
        let before = state.clone();
        let merged = merge(&state, EntityId(2), EntityId(1), &stamp).unwrap();
        state.apply(&merged).unwrap();
        assert!(state.layer(&key()).unwrap().annotations().all(|a| a.attributes["entity"] == "e1".into()));
        assert_eq!(state.project.entities[&EntityId(1)].aliases, ["он"]);
        state.apply(&merged.inverse()).unwrap();
        assert_eq!(state, before);
        state.apply(&remove(&state, EntityId(1), &stamp).unwrap()).unwrap();
        assert!(state.layer(&key()).unwrap().get(AnnotationId(1)).unwrap().attributes.is_empty());
    }
}
