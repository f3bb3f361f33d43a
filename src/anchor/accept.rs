//! The layer over the new text, of what a person took from a proposal.

use crate::model::{Annotation, AnnotationId, Layer, LinkId, Span, Text};
use std::collections::BTreeMap;

/// A layer over the new text.
#[derive(Clone, PartialEq, Debug)]
pub struct Accepted {
    /// What was chosen, and the links between. Ids, and the numbers that come next, are those of the old layer.
    pub layer: Layer,
    /// Annotations that are not in it: not chosen, or they would say the same as another one, or do not fit the text. They
    /// are in the old layer, which is to be kept beside the new one together with its text.
    pub left_out: Vec<AnnotationId>,
    /// Links that are not in it, since an end is not.
    pub left_links: Vec<LinkId>,
}

/// Makes the layer over `new` whose annotations lie where `chosen` says. The old layer stays as it is, and nothing else
/// of an annotation changes, not even when it was changed last: the text was, not what somebody said of it.
pub fn accept(layer: &Layer, new: &Text, chosen: &BTreeMap<AnnotationId, Span>) -> Accepted {
    let mut moved = Layer::new(layer.key().clone(), new.clone());
    let (mut left_out, mut left_links) = (Vec::new(), Vec::new());
    for annotation in layer.annotations() {
        let place = chosen.get(&annotation.id);
        let entered =
            place.is_some_and(|span| moved.insert(Annotation { span: span.clone(), ..annotation.clone() }).is_ok());
        if !entered {
            left_out.push(annotation.id);
        }
    }
    for link in layer.links() {
        if moved.insert_link(link.clone()).is_err() {
            left_links.push(link.id);
        }
    }
    moved.set_next_ids(layer.fresh_ids());
    moved.set_status(layer.status());
    Accepted { layer: moved, left_out, left_links }
}
