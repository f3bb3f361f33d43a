//! A project: scheme, documents in order, entities.

use super::{Document, DocumentId, Entity, EntityId, Scheme};
use std::collections::BTreeMap;

/// Everything of a project but the texts and the layers.
#[derive(Clone, PartialEq, Debug)]
pub struct Project {
    /// As shown in the window's title.
    pub name: String,
    /// The labels, link kinds and attributes that may be used.
    pub scheme: Scheme,
    /// In the order in which they are read.
    pub documents: Vec<Document>,
    /// By id.
    pub entities: BTreeMap<EntityId, Entity>,
    /// The number that the next entity gets.
    pub next_entity: u32,
}

impl Project {
    /// A project without documents.
    pub fn new(name: impl Into<String>, scheme: Scheme) -> Self {
        Self { name: name.into(), scheme, documents: Vec::new(), entities: BTreeMap::new(), next_entity: 1 }
    }

    /// The document with this id.
    pub fn document(&self, id: &DocumentId) -> Option<&Document> {
        self.documents.iter().find(|d| d.id == *id)
    }

    /// Position of a document in the order of reading, from 0.
    pub fn position(&self, id: &DocumentId) -> Option<usize> {
        self.documents.iter().position(|d| d.id == *id)
    }

    /// An id for a new document: the next free running number and the title.
    pub fn new_document_id(&self, title: &str) -> DocumentId {
        let taken = |d: &Document| d.id.as_str().get(..4).and_then(|n| n.parse().ok());
        let number = self.documents.iter().filter_map(taken).max().unwrap_or(0usize) + 1;
        let mut id = DocumentId::from_title(number, title);
        let mut number = number;
        // Past 9,999 the prefix no longer tells; search on.
        while self.documents.iter().any(|d| d.id.as_str().eq_ignore_ascii_case(id.as_str())) {
            number += 1;
            id = DocumentId::from_title(number, title);
        }
        id
    }
}
