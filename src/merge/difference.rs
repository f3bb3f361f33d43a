//! What has to change in one layer to make it another.

use crate::edit::{Edit, LayerChange};
use crate::model::Layer;
use std::collections::BTreeSet;

/// The change that makes `to` of the layer `from`, which must lie over the same text. O(n log n).
pub fn difference(from: &Layer, to: &Layer) -> LayerChange {
    let mut change = LayerChange::new(from);
    change.next.1 = to.next_ids();
    change.status.1 = to.status();
    let ids = from.in_any_order().chain(to.in_any_order()).map(|annotation| annotation.id);
    for id in ids.collect::<BTreeSet<_>>() {
        let (before, after) = (from.get(id), to.get(id));
        if before != after {
            change.annotations.push(Edit { before: before.cloned(), after: after.cloned() });
        }
    }
    for id in from.links().chain(to.links()).map(|link| link.id).collect::<BTreeSet<_>>() {
        let (before, after) = (from.link(id), to.link(id));
        if before != after {
            change.links.push(Edit { before: before.cloned(), after: after.cloned() });
        }
    }
    change
}
