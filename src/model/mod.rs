//! What is annotated and what an annotation is: plain data and its invariants.
//!
//! Here: texts, spans, annotations, links, schemes, layers, documents, entities, projects.
//! Elsewhere: how they change (`edit`), where they are kept (`store`), how others write them (`formats`).
//! There is no clock, no path and no screen in here; offsets are bytes unless a type says otherwise.

pub mod annotation;
pub mod boundaries;
pub mod document;
pub mod entity;
pub mod layer;
pub mod link;
pub mod name;
pub mod offsets;
pub mod project;
pub mod scheme;
pub mod span;
#[cfg(test)]
pub(crate) mod testing;
pub mod text;
pub mod value;
mod words;

pub use annotation::{Annotation, AnnotationId, Origin, Provenance};
pub use document::{Direction, Document, DocumentId, Metadata, Original};
pub use entity::{Entity, EntityId, EntityKind};
pub use layer::{Layer, LayerKey, NextIds, Status};
pub use link::{Link, LinkId};
pub use name::Name;
pub use offsets::{CodePoints, Utf16Units};
pub use project::Project;
pub use scheme::{AttributeDef, AttributeKind, LabelDef, LinkDef, Scheme, Underline};
pub use span::{Fragment, Span, SpanError};
pub use text::{OffsetError, Text, sha256_hex};
pub use value::{PartialDate, Value};
pub use words::counted;
