//! How far the annotator is with a document.

use super::{Change, LayerChange, Refusal, Stamp};
use crate::model::{Layer, Status};

/// Sets the status of a layer.
pub fn set_status(layer: &Layer, status: Status, stamp: &Stamp) -> Result<Change, Refusal> {
    if layer.status() == status {
        return Err(Refusal::NothingToDo);
    }
    let mut change = LayerChange::new(layer);
    change.status.1 = status;
    Ok(Change::new("set the status", stamp).with_layer(change))
}
