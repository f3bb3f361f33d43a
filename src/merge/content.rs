//! The rows of a layer while they are merged: nothing says that they fit one another yet; a [`Layer`] does.

use crate::model::layer::LayerError;
use crate::model::{Annotation, AnnotationId, Layer, LayerKey, Link, LinkId, NextIds, Status, Text};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The rows of a layer, by id.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Rows {
    /// How far the annotator is.
    pub status: Status,
    /// The numbers that the next annotation and link get.
    pub next: NextIds,
    /// The annotations.
    pub annotations: BTreeMap<AnnotationId, Arc<Annotation>>,
    /// The links.
    pub links: BTreeMap<LinkId, Link>,
}

impl Rows {
    /// The rows of a layer.
    pub fn of(layer: &Layer) -> Self {
        let ids = layer.in_any_order().map(|annotation| annotation.id);
        Self {
            status: layer.status(),
            next: layer.next_ids(),
            annotations: ids.filter_map(|id| Some((id, layer.shared(id)?))).collect(),
            links: layer.links().map(|link| (link.id, link.clone())).collect(),
        }
    }

    /// Lays the rows over a text.
    ///
    /// # Errors
    /// Where they do not fit it, or one another.
    pub fn over(self, key: LayerKey, text: Text) -> Result<Layer, LayerError> {
        let mut layer = Layer::new(key, text);
        for annotation in self.annotations.into_values() {
            layer.insert(Arc::unwrap_or_clone(annotation))?;
        }
        for link in self.links.into_values() {
            layer.insert_link(link)?;
        }
        layer.set_next_ids(self.next);
        layer.set_status(self.status);
        Ok(layer)
    }

    /// Puts the next numbers beyond all that are in use.
    pub fn settle_next_ids(&mut self) {
        let after = |last: Option<u32>| last.map_or(1, |n| n.saturating_add(1));
        let annotation = after(self.annotations.last_key_value().map(|(id, _)| id.0));
        let link = after(self.links.last_key_value().map(|(id, _)| id.0));
        self.next = NextIds { annotation: self.next.annotation.max(annotation), link: self.next.link.max(link) };
    }
}
