//! Notes on annotations.

use super::relabel::change_each;
use super::{Change, Refusal, Stamp};
use crate::model::{AnnotationId, Layer};

/// Gives an annotation a note; an empty one clears it.
pub fn set_note(layer: &Layer, id: AnnotationId, note: &str, stamp: &Stamp) -> Result<Change, Refusal> {
    change_each(layer, &[id], "note", stamp, |a| {
        note.clone_into(&mut a.note);
        Ok(())
    })
}
