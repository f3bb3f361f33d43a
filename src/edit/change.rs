//! What a change is, and its inverse.

use super::Stamp;
use crate::model::{
    Annotation, AnnotationId, Document, DocumentId, Entity, Layer, LayerKey, Link, LinkId, NextIds, Origin, Scheme,
    Status, Text,
};
use chrono::{DateTime, Utc};
use std::ops::Range;
use std::sync::Arc;

/// One thing before and after: made (no before), removed (no after) or changed.
#[derive(Clone, PartialEq, Debug)]
pub struct Edit<T> {
    /// `None`: it is made.
    pub before: Option<T>,
    /// `None`: it is removed.
    pub after: Option<T>,
}

impl<T> Edit<T> {
    /// Makes something.
    pub fn make(after: T) -> Self {
        Self { before: None, after: Some(after) }
    }

    /// Removes something.
    pub fn remove(before: T) -> Self {
        Self { before: Some(before), after: None }
    }

    /// Changes something.
    pub fn change(before: T, after: T) -> Self {
        Self { before: Some(before), after: Some(after) }
    }

    fn inverse(self) -> Self {
        Self { before: self.after, after: self.before }
    }
}

/// What changes in one layer.
#[derive(Clone, PartialEq, Debug)]
pub struct LayerChange {
    /// Which layer.
    pub key: LayerKey,
    /// Annotations, each at most once.
    pub annotations: Vec<Edit<Annotation>>,
    /// Links, each at most once.
    pub links: Vec<Edit<Link>>,
    /// The numbers that the next annotation and link get.
    pub next: (NextIds, NextIds),
    /// How far the annotator is.
    pub status: (Status, Status),
}

impl LayerChange {
    /// Changes nothing yet in `layer`.
    pub fn new(layer: &Layer) -> Self {
        Self {
            key: layer.key().clone(),
            annotations: Vec::new(),
            links: Vec::new(),
            next: (layer.next_ids(), layer.next_ids()),
            status: (layer.status(), layer.status()),
        }
    }

    pub(super) fn inverse(self) -> Self {
        Self {
            key: self.key,
            annotations: self.annotations.into_iter().map(Edit::inverse).collect(),
            links: self.links.into_iter().map(Edit::inverse).collect(),
            next: (self.next.1, self.next.0),
            status: (self.status.1, self.status.0),
        }
    }
}

/// A document together with its text.
#[derive(Clone, PartialEq, Debug)]
pub struct NewDocument {
    /// What is known about it.
    pub document: Document,
    /// Its text.
    pub text: Text,
}

/// What changes in the project itself.
#[derive(Clone, PartialEq, Debug)]
pub enum ProjectEdit {
    /// Its name.
    Name {
        /// As it was.
        before: String,
        /// As it becomes.
        after: String,
    },
    /// The whole scheme; what follows in the layers stands in the same change.
    Scheme {
        /// As it was.
        before: Box<Scheme>,
        /// As it becomes.
        after: Box<Scheme>,
    },
    /// A document enters or leaves.
    Membership {
        /// Position in the order of reading.
        at: usize,
        /// The document.
        edit: Box<Edit<NewDocument>>,
    },
    /// What is known about a document.
    Document(Box<Edit<Document>>),
    /// A document is read at another place.
    Order {
        /// Position before.
        from: usize,
        /// Position after.
        to: usize,
    },
    /// An entity, and the number that the next one gets.
    Entity {
        /// The entity.
        edit: Edit<Entity>,
        /// Before and after.
        next: (u32, u32),
    },
}

impl ProjectEdit {
    pub(super) fn inverse(self) -> Self {
        match self {
            Self::Name { before, after } => Self::Name { before: after, after: before },
            Self::Scheme { before, after } => Self::Scheme { before: after, after: before },
            Self::Membership { at, edit } => Self::Membership { at, edit: Box::new(edit.inverse()) },
            Self::Document(edit) => Self::Document(Box::new(edit.inverse())),
            Self::Order { from, to } => Self::Order { from: to, to: from },
            Self::Entity { edit, next } => Self::Entity { edit: edit.inverse(), next: (next.1, next.0) },
        }
    }
}

/// One step of undo: everything that one gesture, import or migration changes.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// What was done, for people: “relabel 3 annotations as claim”.
    pub what: String,
    /// When.
    pub at: DateTime<Utc>,
    /// How.
    pub origin: Arc<Origin>,
    /// In this order.
    pub project: Vec<ProjectEdit>,
    /// Each layer at most once.
    pub layers: Vec<LayerChange>,
    /// The project before the layers, or after them: an inverse runs backwards.
    pub layers_first: bool,
}

impl Change {
    /// Changes nothing yet.
    pub fn new(what: impl Into<String>, stamp: &Stamp) -> Self {
        Self {
            what: what.into(),
            at: stamp.at,
            origin: stamp.origin.clone(),
            project: Vec::new(),
            layers: Vec::new(),
            layers_first: false,
        }
    }

    /// What changes in one layer and nothing else, to be applied once.
    pub(crate) fn of_layer(layer: LayerChange) -> Self {
        let (what, origin) = (String::new(), Arc::default());
        Self { what, at: DateTime::UNIX_EPOCH, origin, project: Vec::new(), layers: vec![layer], layers_first: false }
    }

    /// Adds what changes in one layer.
    #[must_use]
    pub fn with_layer(mut self, layer: LayerChange) -> Self {
        self.layers.push(layer);
        self
    }

    /// This change, and then another one that was made for the state after it: one step.
    #[must_use]
    pub fn and_then(mut self, next: Self) -> Self {
        self.what = if self.what == next.what { self.what } else { format!("{}, {}", self.what, next.what) };
        self.project.extend(next.project);
        self.layers.extend(next.layers);
        self
    }

    /// What takes this change back.
    #[must_use]
    pub fn inverse(self) -> Self {
        Self {
            project: self.project.into_iter().rev().map(ProjectEdit::inverse).collect(),
            layers: self.layers.into_iter().rev().map(LayerChange::inverse).collect(),
            layers_first: !self.layers_first,
            ..self
        }
    }

    /// Whether it belongs to the whole project rather than to single documents.
    pub fn is_project_wide(&self) -> bool {
        !self.project.is_empty()
    }

    /// The documents in which annotations, links or status change.
    pub fn documents(&self) -> impl Iterator<Item = &DocumentId> {
        self.layers.iter().map(|l| &l.key.document)
    }

    /// Where to look in a layer after the change was applied: bytes, and the annotation if it is still there.
    pub fn focus(&self, key: &LayerKey) -> Option<(Range<usize>, Option<AnnotationId>)> {
        self.layers.iter().filter(|layer| layer.key == *key).find_map(|layer| {
            let seen = layer.annotations.iter().find(|e| e.after.is_some()).or(layer.annotations.first());
            let annotation = seen.and_then(|e| e.after.as_ref().or(e.before.as_ref()));
            annotation.map(|a| {
                let id = seen.and_then(|e| e.after.as_ref()).map(|a| a.id);
                (a.span.hull(), id)
            })
        })
    }

    /// Ids of the annotations that are there afterwards and were not before.
    pub fn made(&self) -> impl Iterator<Item = AnnotationId> + '_ {
        let edits = self.layers.iter().flat_map(|l| &l.annotations);
        edits.filter(|e| e.before.is_none()).filter_map(|e| e.after.as_ref().map(|a| a.id))
    }

    /// The link that this change makes, if it makes one.
    pub fn made_link(&self) -> Option<LinkId> {
        let mut edits = self.layers.iter().flat_map(|l| &l.links);
        edits.find(|e| e.before.is_none()).and_then(|e| e.after.as_ref().map(|l| l.id))
    }
}
