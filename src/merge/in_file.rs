//! Keeping undecided conflicts in a file, which stays a sound file: ours in its place, theirs beside it, and notes that
//! begin with [`MARK`] and say what there is to decide.

use super::content::Rows;
use super::rows::free;
use super::{AnnotationConflict, Conflict, Field, LinkConflict, ProjectConflict, listed};
use crate::model::layer::LayerError;
use crate::model::{Annotation, AnnotationId, Entity, EntityId, Layer, Link, LinkId, Project, Status};
use std::sync::Arc;

/// How a note begins that tells of a conflict.
pub const MARK: &str = "merge conflict: ";

/// Before a number and what it means there.
const SIDE: &str = "in layers of the other side ";

/// Puts what the conflicts of a merged layer hold into it, so that a file can keep it: the layer, and for each conflict
/// the ids of what to look at. A layer with conflicts needs a second look.
///
/// # Errors
/// Where the conflicts are not those of the layer.
pub fn keep_in_layer(layer: &Layer, conflicts: &[Conflict]) -> Result<(Layer, Vec<Vec<String>>), LayerError> {
    let mut rows = Rows::of(layer);
    let kept = keep_in_rows(&mut rows, conflicts);
    Ok((rows.over(layer.key().clone(), layer.text().clone())?, kept))
}

fn keep_in_rows(rows: &mut Rows, conflicts: &[Conflict]) -> Vec<Vec<String>> {
    let kept = conflicts.iter().map(|conflict| match conflict {
        Conflict::Annotation(conflict) => keep_annotation(rows, conflict),
        Conflict::Link(conflict) => keep_link(rows, conflict),
        Conflict::Status(_) => Vec::new(),
    });
    let kept: Vec<_> = kept.collect();
    if !conflicts.is_empty() {
        rows.status = Status::SecondLook;
    }
    rows.settle_next_ids();
    kept
}

/// A note with what there is to decide in front of what it was.
fn marked(said: &str, note: &str) -> String {
    if note.is_empty() { format!("{MARK}{said}") } else { format!("{MARK}{said}\n{note}") }
}

fn mark(rows: &mut Rows, id: AnnotationId, said: &str) {
    if let Some(annotation) = rows.annotations.get_mut(&id) {
        let annotation = Arc::make_mut(annotation);
        annotation.note = marked(said, &annotation.note);
    }
}

fn keep_annotation(rows: &mut Rows, conflict: &AnnotationConflict) -> Vec<String> {
    let AnnotationConflict { id, sides, fields, needed_by } = conflict;
    let here = vec![id.to_string()];
    let (Some(_), Some(theirs)) = (&sides.ours, &sides.theirs) else {
        let deleted = if sides.ours.is_none() { "ours" } else { "theirs" };
        let links: Vec<_> = needed_by.iter().map(ToString::to_string).collect();
        let other =
            if links.is_empty() { "changed it".to_owned() } else { format!("linked it ({})", links.join(", ")) };
        mark(rows, *id, &format!("one side ({deleted}) deleted this, the other {other}"));
        return here;
    };
    let says_other = fields.iter().any(|f| matches!(f, Field::Label | Field::Span | Field::Attribute(_)));
    let twin = rows.annotations.values().find(|other| other.is_twin_of(theirs)).map(|twin| twin.id);
    if says_other && twin.is_none() {
        let number = free(rows.next.annotation, |n| !rows.annotations.contains_key(&AnnotationId(n)));
        let beside = AnnotationId(number);
        rows.next.annotation = number.saturating_add(1);
        let note = marked(&format!("in place of {id} their side has this ({})", listed(fields)), &theirs.note);
        rows.annotations.insert(beside, Arc::new(Annotation { id: beside, note, ..theirs.clone() }));
        return vec![id.to_string(), beside.to_string()];
    }
    let mut said = Vec::new();
    if let Some(twin) = twin.filter(|_| says_other) {
        said.push(format!("their side has it as {twin}"));
    }
    if fields.contains(&Field::Note) || (says_other && theirs.note != sides.ours.as_ref().map_or("", |o| &*o.note)) {
        said.push(format!("the note of their side is “{}”", theirs.note));
    }
    if fields.contains(&Field::Origin) {
        said.push(format!("its origin on their side is {:?}", theirs.provenance.origin));
    }
    mark(rows, *id, &said.join("; "));
    here
}

fn keep_link(rows: &mut Rows, conflict: &LinkConflict) -> Vec<String> {
    let LinkConflict { id, sides, fields, ends_became } = conflict;
    if let Some(one) = ends_became {
        let link = sides.ours.as_ref().or(sides.theirs.as_ref());
        let (kind, note) = link.map_or(("", ""), |link| (&*link.kind, &*link.note));
        let note = if note.is_empty() { String::new() } else { format!(" with the note “{note}”") };
        mark(rows, *one, &format!("the link {id} “{kind}”{note} joined two annotations that are one now"));
        return vec![one.to_string()];
    }
    let said = match (&sides.ours, &sides.theirs) {
        (Some(_), Some(theirs)) => {
            let is_there = |link: &Link| link.kind == theirs.kind && link.from == theirs.from && link.to == theirs.to;
            let ends_there = [theirs.from, theirs.to].iter().all(|end| rows.annotations.contains_key(end));
            if fields.contains(&Field::Says)
                && ends_there
                && theirs.from != theirs.to
                && !rows.links.values().any(is_there)
            {
                let number = free(rows.next.link, |n| !rows.links.contains_key(&LinkId(n)));
                let beside = LinkId(number);
                rows.next.link = number.saturating_add(1);
                let note = marked(&format!("in place of {id} their side has this"), &theirs.note);
                rows.links.insert(beside, Link { id: beside, note, ..theirs.clone() });
                return vec![id.to_string(), beside.to_string()];
            }
            let Link { kind, from, to, note, provenance, .. } = theirs;
            format!("on their side it is “{kind}” from {from} to {to}, note “{note}”, origin {:?}", provenance.origin)
        }
        (None, _) => "one side (ours) deleted this, the other changed it".to_owned(),
        (_, None) => "one side (theirs) deleted this, the other changed it".to_owned(),
    };
    if let Some(link) = rows.links.get_mut(id) {
        link.note = marked(&said, &link.note);
    }
    vec![id.to_string()]
}

/// Puts what the conflicts hold into the project: into descriptions, notes, the metadata of documents, and names.
pub fn keep_in_project(project: &mut Project, conflicts: &[ProjectConflict]) {
    for conflict in conflicts {
        match conflict {
            ProjectConflict::Name(sides) => beside(&mut project.name, sides.theirs.as_deref()),
            ProjectConflict::SchemeName(sides) => beside(&mut project.scheme.name, sides.theirs.as_deref()),
            ProjectConflict::Label(conflict) => {
                let label = project.scheme.labels.iter_mut().find(|label| *label.name == *conflict.key);
                if let Some(label) = label {
                    add(&mut label.description, &conflict.fields, conflict.sides.ours.is_none());
                }
            }
            ProjectConflict::Attribute(label, conflict) => {
                let label = project.scheme.labels.iter_mut().find(|l| l.name == *label);
                let attribute =
                    label.and_then(|l| l.attributes.iter_mut().find(|attribute| *attribute.name == *conflict.key));
                if let Some(attribute) = attribute {
                    add(&mut attribute.description, &conflict.fields, conflict.sides.ours.is_none());
                }
            }
            ProjectConflict::Link(conflict) => {
                if let Some(link) = project.scheme.links.iter_mut().find(|link| *link.name == *conflict.key) {
                    add(&mut link.description, &conflict.fields, conflict.sides.ours.is_none());
                }
            }
            ProjectConflict::Document(conflict) => {
                let document = project.documents.iter_mut().find(|d| d.id.as_str() == conflict.key);
                let Some(document) = document else { continue };
                let other = &mut document.metadata.other;
                if conflict.fields.is_empty() {
                    other.insert(MARK.trim_end_matches([':', ' ']).to_owned(), deleted(conflict.sides.ours.is_none()));
                }
                for (field, theirs) in &conflict.fields {
                    other.insert(format!("{MARK}{field}"), format!("their side has {theirs}"));
                }
            }
            ProjectConflict::Entity(conflict) => {
                let entity = project.entities.values_mut().find(|e| e.id.to_string() == conflict.key);
                if let Some(entity) = entity {
                    add(&mut entity.note, &conflict.fields, conflict.sides.ours.is_none());
                }
            }
            ProjectConflict::SameEntityId { ours, theirs } => {
                let said = format!(
                    "{} was “{}” here and “{}”, now {}, on the other side; {SIDE}{} means {}",
                    ours.id, ours.name, theirs.name, theirs.id, ours.id, theirs.id
                );
                for id in [ours.id, theirs.id] {
                    if let Some(entity) = project.entities.get_mut(&id) {
                        entity.note = marked(&said, &entity.note);
                    }
                }
            }
            ProjectConflict::Order(_) => {}
        }
    }
}

/// The entities that the number of this one may mean in layers of another side: those that had it there when two projects
/// were merged, until the notes that tell of it are removed.
pub fn meant_elsewhere(entity: &Entity) -> Vec<EntityId> {
    let means = format!("{SIDE}{} means ", entity.id);
    let told = entity.note.lines().filter(|line| line.starts_with(MARK));
    let meant = told.filter_map(|line| line.rsplit_once(&means)?.1.parse().ok());
    meant.filter(|other| *other != entity.id).collect()
}

fn beside(name: &mut String, theirs: Option<&str>) {
    *name = format!("{name} ({MARK}{})", theirs.unwrap_or_default());
}

fn deleted(on_ours: bool) -> String {
    format!("one side ({}) deleted this, the other changed it or needs it", if on_ours { "ours" } else { "theirs" })
}

fn add(text: &mut String, fields: &[(String, String)], deleted_on_ours: bool) {
    let said: Vec<_> = fields.iter().map(|(field, theirs)| format!("{field} on their side: {theirs}")).collect();
    let said = if said.is_empty() { deleted(deleted_on_ours) } else { said.join("; ") };
    *text = marked(&said, text);
}
