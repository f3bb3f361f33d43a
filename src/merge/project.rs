//! Merging projects: name, scheme, documents by id, entities by id.

use super::scheme::{Fields, merge_schemes};
use super::sequence::{MergedList, merge_lists};
use super::{Sides, listed, pick};
use crate::model::scheme::SchemeError;
use crate::model::{AttributeDef, Document, Entity, EntityId, LabelDef, LinkDef, Metadata, Name, Project, Scheme};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// An item of a project on which two sides do not agree.
#[derive(Clone, PartialEq, Debug)]
pub struct ItemConflict<T> {
    /// Its name or id.
    pub key: String,
    /// All sides in full.
    pub sides: Sides<T>,
    /// What both changed differently: the name of the field, and what it is on their side, in words. Empty where one side
    /// deleted the item and the other changed it or needs it.
    pub fields: Vec<(String, String)>,
}

impl<T> ItemConflict<T> {
    /// Deleted on one side, changed or needed on the other.
    pub(super) fn survivor(sides: Sides<T>, key: impl Fn(&T) -> String) -> Self {
        let key = sides.ours.as_ref().or(sides.theirs.as_ref()).map(key).unwrap_or_default();
        Self { key, sides, fields: Vec::new() }
    }

    fn in_words(&self, what: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, sides, fields } = self;
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        match (&sides.ours, &sides.theirs) {
            _ if !fields.is_empty() => write!(f, "{what} “{key}”: both sides changed {}", listed(&names)),
            (None, _) => write!(f, "{what} “{key}”: deleted on our side, changed or needed on theirs"),
            (_, _) => write!(f, "{what} “{key}”: changed or needed on our side, deleted on theirs"),
        }
    }
}

/// Something of a project on which two sides do not agree. The result has ours, or what survives.
#[derive(Clone, PartialEq, Debug)]
pub enum ProjectConflict {
    /// The name of the project.
    Name(Sides<String>),
    /// The name of the scheme.
    SchemeName(Sides<String>),
    /// A label.
    Label(ItemConflict<LabelDef>),
    /// An attribute of the label with this name.
    Attribute(Name, ItemConflict<AttributeDef>),
    /// A kind of link.
    Link(ItemConflict<LinkDef>),
    /// A document.
    Document(Box<ItemConflict<Document>>),
    /// An entity.
    Entity(ItemConflict<Entity>),
    /// Two entities got the same id: theirs has another one now, but layers of their side still say the old one.
    SameEntityId {
        /// Ours, which keeps the id.
        ours: Entity,
        /// Theirs, with its new id.
        theirs: Entity,
    },
    /// Both sides brought these into different orders; it is ours.
    Order(&'static str),
}

impl fmt::Display for ProjectConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |name: &Option<String>| name.clone().unwrap_or_default();
        match self {
            Self::Name(Sides { ours, theirs, .. }) => {
                write!(f, "name of the project: “{}” on our side, “{}” on theirs", shown(ours), shown(theirs))
            }
            Self::SchemeName(Sides { ours, theirs, .. }) => {
                write!(f, "name of the scheme: “{}” on our side, “{}” on theirs", shown(ours), shown(theirs))
            }
            Self::Label(conflict) => conflict.in_words("label", f),
            Self::Attribute(label, conflict) => conflict.in_words(&format!("label “{label}”, attribute"), f),
            Self::Link(conflict) => conflict.in_words("kind of link", f),
            Self::Document(conflict) => conflict.in_words("document", f),
            Self::Entity(conflict) => conflict.in_words("entity", f),
            Self::SameEntityId { ours, theirs } => write!(
                f,
                "entity {}: “{}” on our side, “{}” on theirs, which is {} now; layers of their side still say {}",
                ours.id, ours.name, theirs.name, theirs.id, ours.id
            ),
            Self::Order(what) => write!(f, "both sides changed the order of the {what}; ours was kept"),
        }
    }
}

/// Two projects as one.
#[derive(Clone, PartialEq, Debug)]
pub struct MergedProject {
    /// The result.
    pub project: Project,
    /// What a person has to decide; empty where all is decided.
    pub conflicts: Vec<ProjectConflict>,
    /// Entities of their side whose id was given on ours as well: theirs, and what it is now. Attributes in layers of
    /// their side have to follow.
    pub renumbered: Vec<(EntityId, EntityId)>,
}

/// Merges two projects with what both began with; nothing where each began by itself.
///
/// What one side changed is taken, field by field; lists keep what either side added, in the order of the side that
/// changed it.
///
/// # Errors
/// Where the schemes do not make a usable one, which two usable ones do.
pub fn merge_projects(base: Option<&Project>, ours: &Project, theirs: &Project) -> Result<MergedProject, SchemeError> {
    let mut conflicts = Vec::new();
    let (name, both) = pick(base.map(|b| &b.name), &ours.name, &theirs.name);
    if both {
        let base = base.map(|b| b.name.clone());
        let sides = Sides { base, ours: Some(ours.name.clone()), theirs: Some(theirs.name.clone()) };
        conflicts.push(ProjectConflict::Name(sides));
    }
    let mut project = Project::new(name.clone(), Scheme::default());
    project.scheme = merge_schemes(base.map(|b| &b.scheme), &ours.scheme, &theirs.scheme, &mut conflicts);
    project.scheme.validate()?;
    let MergedList { items, survivors, both_ordered } = merge_lists(
        base.map_or(&[], |b| &b.documents),
        &ours.documents,
        &theirs.documents,
        |document| document.id.clone(),
        |b, o, t| document(b, o, t, &mut conflicts),
    );
    project.documents = items;
    conflicts.extend(survivors.into_iter().map(|sides| {
        let conflict = ItemConflict::survivor(sides, |document| document.id.to_string());
        ProjectConflict::Document(Box::new(conflict))
    }));
    conflicts.extend(both_ordered.then_some(ProjectConflict::Order("documents")));
    let renumbered = entities(base, ours, theirs, &mut project, &mut conflicts);
    Ok(MergedProject { project, conflicts, renumbered })
}

fn document(
    base: Option<&Document>,
    ours: &Document,
    theirs: &Document,
    conflicts: &mut Vec<ProjectConflict>,
) -> Document {
    let mut fields = Fields::default();
    let (bm, om, tm) = (base.map(|b| &b.metadata), &ours.metadata, &theirs.metadata);
    let mut other = BTreeMap::new();
    for name in om.other.keys().chain(tm.other.keys()).collect::<BTreeSet<_>>() {
        let of = |metadata: &Metadata| metadata.other.get(name).cloned();
        let (o, t) = (of(om), of(tm));
        // Of what one side removed and the other changed the changed one survives.
        let value = fields.pick(name, bm.map(of).as_ref(), &o, &t);
        let removed = value.is_none() && bm.is_some_and(|b| of(b) != t && of(b) != o);
        let value = if removed { t } else { value };
        other.extend(value.map(|value| (name.clone(), value)));
    }
    let merged = Document {
        id: ours.id.clone(),
        title: fields.pick("title", base.map(|b| &b.title), &ours.title, &theirs.title),
        metadata: Metadata {
            author: fields.pick("author", bm.map(|b| &b.author), &om.author, &tm.author),
            source: fields.pick("source", bm.map(|b| &b.source), &om.source, &tm.source),
            url: fields.pick("url", bm.map(|b| &b.url), &om.url, &tm.url),
            date: fields.pick("date", bm.map(|b| &b.date), &om.date, &tm.date),
            language: fields.pick("language", bm.map(|b| &b.language), &om.language, &tm.language),
            other,
        },
        direction: fields.pick("direction", base.map(|b| &b.direction), &ours.direction, &theirs.direction),
        directions: fields.pick("directions", base.map(|b| &b.directions), &ours.directions, &theirs.directions),
        sha256: fields.pick("sha256", base.map(|b| &b.sha256), &ours.sha256, &theirs.sha256),
        original: fields.pick("original", base.map(|b| &b.original), &ours.original, &theirs.original),
    };
    let conflict = fields.conflict(ours.id.to_string(), base, ours, theirs);
    conflicts.extend(conflict.map(|conflict| ProjectConflict::Document(Box::new(conflict))));
    merged
}

fn entities(
    base: Option<&Project>,
    ours: &Project,
    theirs: &Project,
    project: &mut Project,
    conflicts: &mut Vec<ProjectConflict>,
) -> Vec<(EntityId, EntityId)> {
    let before = base.map(|b| &b.entities);
    let mut renumbered = Vec::new();
    let mut fresh = [Some(ours), Some(theirs), base].into_iter().flatten().map(|p| p.next_entity).max().unwrap_or(1);
    for id in ours.entities.keys().chain(theirs.entities.keys()).copied().collect::<BTreeSet<_>>() {
        let b = before.and_then(|entities| entities.get(&id));
        let (o, t) = (ours.entities.get(&id), theirs.entities.get(&id));
        let kept = match (o, t) {
            (Some(o), Some(t)) if b.is_some() || (o.kind == t.kind && o.name == t.name) => {
                Some(entity(b, o, t, conflicts))
            }
            (Some(o), Some(t)) => {
                let is_free = |n: u32| {
                    let id = EntityId(n);
                    [&ours.entities, &theirs.entities, &project.entities].iter().all(|all| !all.contains_key(&id))
                };
                let number = super::rows::free(fresh, is_free);
                fresh = number.saturating_add(1);
                let theirs = Entity { id: EntityId(number), ..t.clone() };
                project.entities.insert(theirs.id, theirs.clone());
                renumbered.push((id, theirs.id));
                conflicts.push(ProjectConflict::SameEntityId { ours: o.clone(), theirs });
                Some(o.clone())
            }
            (Some(side), None) | (None, Some(side)) => {
                let untouched = b == Some(side);
                if b.is_some() && !untouched {
                    let sides = Sides { base: b.cloned(), ours: o.cloned(), theirs: t.cloned() };
                    let conflict = ItemConflict::survivor(sides, |entity| entity.id.to_string());
                    conflicts.push(ProjectConflict::Entity(conflict));
                }
                (!untouched).then(|| side.clone())
            }
            (None, None) => None,
        };
        project.entities.extend(kept.map(|entity| (entity.id, entity)));
    }
    let (next, both) = pick(base.map(|b| &b.next_entity), &ours.next_entity, &theirs.next_entity);
    let next = if both { ours.next_entity.max(theirs.next_entity) } else { *next };
    let last = project.entities.last_key_value().map_or(1, |(id, _)| id.0.saturating_add(1));
    project.next_entity = next.max(last);
    renumbered
}

fn entity(base: Option<&Entity>, ours: &Entity, theirs: &Entity, conflicts: &mut Vec<ProjectConflict>) -> Entity {
    let mut fields = Fields::default();
    let merged = Entity {
        id: ours.id,
        kind: fields.pick("kind", base.map(|b| &b.kind), &ours.kind, &theirs.kind),
        name: fields.pick("name", base.map(|b| &b.name), &ours.name, &theirs.name),
        aliases: fields.pick_list("aliases", base.map(|b| &b.aliases), &ours.aliases, &theirs.aliases),
        wikidata: fields.pick("wikidata", base.map(|b| &b.wikidata), &ours.wikidata, &theirs.wikidata),
        note: fields.pick("note", base.map(|b| &b.note), &ours.note, &theirs.note),
    };
    conflicts.extend(fields.conflict(ours.id.to_string(), base, ours, theirs).map(ProjectConflict::Entity));
    merged
}

#[cfg(test)]
mod tests;
