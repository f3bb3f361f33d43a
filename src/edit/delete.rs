//! Removing annotations, and with them their links.

use super::{Change, Edit, LayerChange, Refusal, Stamp};
use crate::model::layer::LayerError;
use crate::model::{AnnotationId, Layer};
use std::collections::BTreeMap;

/// Removes each of `ids` with all links that start or end there, as one step.
pub fn delete(layer: &Layer, ids: &[AnnotationId], stamp: &Stamp) -> Result<Change, Refusal> {
    let mut change = LayerChange::new(layer);
    let mut links = BTreeMap::new();
    for &id in ids {
        let annotation = layer.get(id).ok_or(LayerError::NoSuchAnnotation(id))?;
        change.annotations.push(Edit::remove(annotation.clone()));
        links.extend(layer.links_of(id).map(|l| (l.id, l.clone())));
    }
    change.links = links.into_values().map(Edit::remove).collect();
    let what = match (ids.len(), change.links.len()) {
        (0, _) => return Err(Refusal::NothingToDo),
        (1, 0) => "delete".to_owned(),
        (1, 1) => "delete, with its link".to_owned(),
        (1, links) => format!("delete, with its {links} links"),
        (n, _) => format!("delete {n} annotations"),
    };
    Ok(Change::new(what, stamp).with_layer(change))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::check;
    use crate::model::testing::noon;

    #[test]
    fn undo_restores_links_deleted_with_their_annotation() {
        let delete_first = |layer: &Layer| delete(layer, &[AnnotationId(1)], &Stamp::by_hand(noon()));
        check(
            "👩‍👧 [speaker:Ana]: [claim:x] [claim:y]{says 1 2}{says 1 3}{same 2 3}",
            delete_first,
            "👩‍👧 Ana: [claim:x] [claim:y]{same 2 3}",
        );
    }
}
