//! A layer whose file could not be read, chosen by a person: put in the place of the damaged file, which is kept.
//!
//! Elsewhere: what there is to choose from (`store`).

use super::{Session, WorkError};
use crate::model::Layer;
use crate::store::{Dirty, RepairError};
use std::path::PathBuf;

/// Why a layer was not put in the place of a damaged file. On disk and in memory all is as it was.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum ReplaceError {
    /// Somebody else works on it.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// The damaged file cannot be kept aside.
    #[error(transparent)]
    Repair(#[from] RepairError),
}

impl Session {
    /// Takes `layer` for the one whose file cannot be read, and sees to it that it is saved; the damaged file is kept
    /// aside first, and it is returned where. Unless the layer is what the history leads to (`fits_history`), older
    /// steps of its document can no longer be undone.
    ///
    /// # Errors
    /// Where somebody else works on the layer, or the damaged file cannot be kept.
    pub fn replace_damaged(&mut self, layer: Layer, fits_history: bool) -> Result<Option<PathBuf>, ReplaceError> {
        let key = layer.key().clone();
        self.may_change(std::iter::once(&key.annotator))?;
        let kept = self.folder.keep_layer_aside(&key)?;
        self.settle();
        self.take_in(layer.text().clone(), layer);
        // What it is merged with, if others change the file: nothing that could be read.
        self.on_disk.layers.remove(&key);
        let dirty = Dirty { layers: [key.clone()].into(), ..Dirty::default() };
        self.changed(dirty, None);
        if !fits_history {
            let happened = self.history.exchange(&key.document, Self::stamp().at);
            self.record(happened);
        }
        self.save_soon();
        self.flusher().hurry();
        Ok(kept)
    }
}
