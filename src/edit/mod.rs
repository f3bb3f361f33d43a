//! Changes as data.
//!
//! A command reads the state and returns a [`Change`]: what it touches, before and after, and its origin. Applying,
//! undoing, journalling and “move the view to what changed” need nothing else. Commands stand one concept a file;
//! they change nothing and know no clock: the time comes with [`Stamp`].
//! Elsewhere: invariants of what is changed (`model`), keys and menus (`app::actions`), files (`store`).

pub mod annotate;
pub mod attribute;
pub mod bulk;
mod change;
pub mod delete;
pub mod documents;
pub mod draft;
pub mod entities;
mod history;
pub mod link;
pub mod note;
pub mod relabel;
pub mod scheme;
pub mod span;
mod state;
pub mod status;
#[cfg(test)]
pub(crate) mod testing;

pub use change::{Change, Edit, LayerChange, NewDocument, ProjectEdit};
pub use history::{About, Event, Happened, History, Step, UndoError};
pub use state::State;

use crate::model::layer::LayerError;
use crate::model::scheme::SchemeError;
use crate::model::{AnnotationId, DocumentId, EntityId, Name, OffsetError, Origin, Provenance};
use chrono::{DateTime, Utc};
use std::sync::{Arc, LazyLock};

/// When and how something is done; a command puts it into what it makes.
#[derive(Clone, PartialEq, Debug)]
pub struct Stamp {
    /// Now, in UTC.
    pub at: DateTime<Utc>,
    /// By hand, import, accepted suggestion, adjudication.
    pub origin: Arc<Origin>,
}

impl Stamp {
    /// By hand, at this time.
    pub fn by_hand(at: DateTime<Utc>) -> Self {
        static BY_HAND: LazyLock<Arc<Origin>> = LazyLock::new(Arc::default);
        Self { at, origin: BY_HAND.clone() }
    }

    fn provenance(&self) -> Provenance {
        Provenance::new(self.origin.clone(), self.at)
    }
}

/// Why a command makes no change. Nothing was changed.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The layer cannot hold the result.
    #[error(transparent)]
    Layer(#[from] LayerError),
    /// The place does not fit the text.
    #[error(transparent)]
    Offsets(#[from] OffsetError),
    /// The scheme would not be usable.
    #[error(transparent)]
    Scheme(#[from] SchemeError),
    /// The scheme has no such label.
    #[error("the scheme has no label “{0}”")]
    NoSuchLabel(Name),
    /// The label has no such attribute.
    #[error("label “{label}” has no attribute “{attribute}”")]
    NoSuchAttribute {
        /// The label.
        label: Name,
        /// The attribute.
        attribute: Name,
    },
    /// The attribute does not take the value.
    #[error("attribute “{attribute}” cannot be “{value}”: expected {expected}")]
    BadValue {
        /// The attribute.
        attribute: Name,
        /// The value as shown.
        value: String,
        /// What it may be, in words.
        expected: String,
    },
    /// The scheme has no such link kind.
    #[error("the scheme has no link kind “{0}”")]
    NoSuchLinkKind(Name),
    /// The kind does not join these labels.
    #[error("a link “{kind}” cannot go from “{from}” to “{to}”")]
    BadEnds {
        /// The link kind.
        kind: Name,
        /// Label at the start.
        from: Name,
        /// Label at the end.
        to: Name,
    },
    /// The project has no such document.
    #[error("the project has no document “{0}”")]
    NoSuchDocument(DocumentId),
    /// The id is taken.
    #[error("the project already has a document “{0}”")]
    DuplicateDocument(DocumentId),
    /// The project has no such entity.
    #[error("the project has no entity {0}")]
    NoSuchEntity(EntityId),
    /// An entity needs a name.
    #[error("an entity needs a name")]
    NamelessEntity,
    /// Already so.
    #[error("nothing to change")]
    NothingToDo,
    /// An edge cannot be moved any further.
    #[error("the edge of {0} cannot be moved any further")]
    EdgeStuck(AnnotationId),
}
