//! Three-way merging: what two sides made of what they began with, as one.
//!
//! Layers are merged by the ids of annotations and links, projects by the names and ids of what they hold; each field by
//! itself. A conflict is where both sides changed the same thing differently, or one deleted what the other changed or
//! refers to. In a conflict nothing is dropped: the result keeps ours, or what survives, and the [`Conflict`] holds all
//! sides in full, for a person to decide.
//!
//! Here: merging, the difference of two layers, deciding a conflict, keeping undecided ones in a file. Elsewhere: the
//! files (`store`), what is done when one was changed outside (`session`), where annotations lie in another text
//! (`anchor`).

mod content;
mod difference;
mod in_file;
mod layer;
mod project;
mod resolve;
mod rows;
mod scheme;
mod sequence;
#[cfg(test)]
mod tests;

pub use difference::difference;
pub use in_file::{MARK, keep_in_layer, keep_in_project, meant_elsewhere};
pub use layer::{MergeError, Merged, Taken, merge_layers};
pub use project::{ItemConflict, MergedProject, ProjectConflict, merge_projects};
pub use resolve::{Choice, resolve};

use crate::model::{Annotation, AnnotationId, Link, LinkId, Name, Status};
use std::fmt;

/// One thing in what was begun with and on both sides.
#[derive(Clone, PartialEq, Debug)]
pub struct Sides<T> {
    /// As both began; `None` where it was not there.
    pub base: Option<T>,
    /// On our side; `None` where it was deleted.
    pub ours: Option<T>,
    /// On their side; `None` where it was deleted.
    pub theirs: Option<T>,
}

/// A part of an annotation or link that can be changed by itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Field {
    /// The label of an annotation.
    Label,
    /// Where an annotation lies.
    Span,
    /// An attribute of an annotation.
    Attribute(Name),
    /// The note.
    Note,
    /// How it came to be.
    Origin,
    /// Kind and ends of a link, which mean something only together.
    Says,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label => f.write_str("label"),
            Self::Span => f.write_str("place"),
            Self::Attribute(name) => write!(f, "attribute “{name}”"),
            Self::Note => f.write_str("note"),
            Self::Origin => f.write_str("origin"),
            Self::Says => f.write_str("kind and ends"),
        }
    }
}

/// An annotation on which two sides do not agree.
#[derive(Clone, PartialEq, Debug)]
pub struct AnnotationConflict {
    /// The id that it has in the result.
    pub id: AnnotationId,
    /// All sides in full. Ids of the result where theirs were given others.
    pub sides: Sides<Annotation>,
    /// What both changed differently; empty where one side deleted it.
    pub fields: Vec<Field>,
    /// Links of the side that kept it, for which it survives; empty where it survives because it was changed.
    pub needed_by: Vec<LinkId>,
}

/// A link on which two sides do not agree.
#[derive(Clone, PartialEq, Debug)]
pub struct LinkConflict {
    /// The id that it has in the result.
    pub id: LinkId,
    /// All sides in full, with the ids of the result.
    pub sides: Sides<Link>,
    /// What both changed differently; empty where one side deleted it.
    pub fields: Vec<Field>,
    /// The annotation that both its ends became, where it could not stay for that.
    pub ends_became: Option<AnnotationId>,
}

/// Something on which two sides do not agree.
#[derive(Clone, PartialEq, Debug)]
pub enum Conflict {
    /// An annotation.
    Annotation(Box<AnnotationConflict>),
    /// A link.
    Link(Box<LinkConflict>),
    /// How far the annotator is.
    Status(Sides<Status>),
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Annotation(conflict) => {
                let AnnotationConflict { id, sides, fields, needed_by } = &**conflict;
                let links: Vec<_> = needed_by.iter().map(ToString::to_string).collect();
                match (&sides.ours, &sides.theirs) {
                    (Some(_), Some(_)) => write!(f, "{id}: both sides changed {}", listed(fields)),
                    (None, _) if links.is_empty() => write!(f, "{id}: deleted on our side, changed on theirs"),
                    (_, None) if links.is_empty() => write!(f, "{id}: changed on our side, deleted on theirs"),
                    (None, _) => write!(f, "{id}: deleted on our side, linked on theirs ({})", links.join(", ")),
                    (_, None) => write!(f, "{id}: linked on our side ({}), deleted on theirs", links.join(", ")),
                }
            }
            Self::Link(conflict) => {
                let LinkConflict { id, sides, fields, ends_became } = &**conflict;
                match (&sides.ours, &sides.theirs, ends_became) {
                    (_, _, Some(one)) => write!(f, "{id}: both of its ends became {one}, so that it joins nothing"),
                    (Some(_), Some(_), None) => write!(f, "{id}: both sides changed {}", listed(fields)),
                    (None, _, None) => write!(f, "{id}: deleted on our side, changed on theirs"),
                    (_, None, None) => write!(f, "{id}: changed on our side, deleted on theirs"),
                }
            }
            Self::Status(Sides { ours, theirs, .. }) => {
                let shown = |status: &Option<Status>| status.map_or("nothing", status_words);
                write!(f, "status: “{}” on our side, “{}” on theirs", shown(ours), shown(theirs))
            }
        }
    }
}

fn status_words(status: Status) -> &'static str {
    match status {
        Status::NotStarted => "not started",
        Status::InProgress => "in progress",
        Status::Done => "done",
        Status::SecondLook => "needs a second look",
    }
}

fn listed(fields: &[impl fmt::Display]) -> String {
    let all: Vec<_> = fields.iter().map(ToString::to_string).collect();
    match all.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// What becomes of one value: that of the side that changed it. Whether the two changed it differently comes with it;
/// then it is ours.
fn pick<'a, T: PartialEq + ?Sized>(base: Option<&T>, ours: &'a T, theirs: &'a T) -> (&'a T, bool) {
    if ours == theirs || base == Some(theirs) {
        (ours, false)
    } else if base == Some(ours) {
        (theirs, false)
    } else {
        (ours, true)
    }
}
