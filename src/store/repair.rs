//! A layer or a text whose file cannot be read: what there is to take its place, and the file kept aside.
//!
//! Here: looking for what there is, without writing; keeping the damaged file in `.byline/damaged/`; putting a text
//! back. Elsewhere: what goes on after a crash without asking (`recover`), layers that can be read (`restore`), saving
//! what was chosen (`session`).

use super::copies::KeptCopy;
use super::fault::{Fault, FileError, in_words};
use super::lock::LockError;
use super::project_folder::ProjectFolder;
use super::{recover, write};
use crate::model::{Document, Layer, LayerKey, Text};
use std::io;
use std::path::{Path, PathBuf};

/// What there is in place of a layer's file that cannot be read.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Replacements {
    /// What the journal tells, over the newest copy that goes together with it; `None` where it does not go together or
    /// tells nothing.
    pub journal: Option<Layer>,
    /// Copies from the history that are whole and fit the text, the newest first, each with its annotations.
    pub copies: Vec<(KeptCopy, usize)>,
    /// Copies that are not.
    pub useless: usize,
}

/// Why a damaged file was not put aside, or nothing was put in its place. What is on disk is as it was.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum RepairError {
    /// No copy of the text was kept, or it is damaged as well.
    #[error("there is no copy of the text of “{0}”\nhelp: put the file back from a backup")]
    NoText(String),
    /// Somebody else writes.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The path leads out of the project, or the like.
    #[error(transparent)]
    File(#[from] FileError),
    /// The system refuses it.
    #[error("`{}` cannot be kept aside: {message}\nhelp: check that the disk has room and may be written to", path.display())]
    Aside {
        /// Which file.
        path: PathBuf,
        /// In the system's words.
        message: String,
    },
    /// The system refuses it.
    #[error("cannot write `{}`: {message}\nhelp: check that the disk has room and may be written to", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// In the system's words.
        message: String,
    },
}

impl Fault {
    /// Whether the file is damaged, so that something else can take its place: not where the system only refuses it,
    /// or where a newer Byline or an older text is needed to understand it.
    pub fn is_damage(&self) -> bool {
        !matches!(
            self,
            Self::Unreadable { .. }
                | Self::NoProject
                | Self::TooLarge { .. }
                | Self::NewerVersion { .. }
                | Self::OtherText { .. }
                | Self::TextChanged { .. }
                | Self::NoSuchDocument(_)
                | Self::DuplicateDocument(_)
                | Self::SameFile(..)
                | Self::BadAnnotator(_)
                | Self::Astray(_)
        )
    }
}

impl ProjectFolder {
    /// What there is in place of a layer's file that cannot be read. Reads all copies of the layer and the journal of
    /// its annotator (also what was written in the folder `rescue`), and writes nothing: not for the thread that draws.
    ///
    /// # Errors
    /// Where the annotator's name cannot name a folder, or the copies cannot be listed.
    pub fn replacements(&self, key: &LayerKey, text: &Text, rescue: Option<&Path>) -> Result<Replacements, FileError> {
        let mut found = Replacements::default();
        for copy in self.copies(key)? {
            let layer = self.read_copy(&copy).ok().and_then(|source| self.layer_of_copy(&source, key, text).ok());
            match layer {
                Some(layer) => found.copies.push((copy, layer.len())),
                None => found.useless += 1,
            }
        }
        // A journal that cannot be read helps nobody here.
        if let Ok((journal, told)) = self.journal(&key.annotator, rescue) {
            let changes = recover::changes_told(key, &journal, &told);
            let (layer, differences) = self.over_copies(key, text, &changes);
            let is_whole = differences.is_empty() && !layer.is_empty();
            found.journal = (is_whole && !changes.is_empty()).then_some(layer);
        }
        Ok(found)
    }

    /// Keeps a layer's file aside, in `.byline/damaged/`, and says where; `None` if there is no file.
    ///
    /// # Errors
    /// Where it cannot be copied there: then nothing may take its place.
    pub fn keep_layer_aside(&self, key: &LayerKey) -> Result<Option<PathBuf>, RepairError> {
        let path = self.layer_path(key).map_err(|error| FileError::whole(self.path(), error.into()))?;
        self.keep_aside(&path)
    }

    fn keep_aside(&self, path: &Path) -> Result<Option<PathBuf>, RepairError> {
        self.disk.stay_inside(path).map_err(|fault| FileError::whole(path, fault))?;
        if !path.exists() {
            return Ok(None);
        }
        let failed = |error: io::Error| RepairError::Aside { path: path.to_owned(), message: in_words(&error) };
        recover::set_aside(&self.disk, path).map(Some).map_err(failed)
    }

    /// Puts the text of a document back, as the history keeps it: exactly the one that the project names. Returns where
    /// the file that was there is kept, if there was one.
    ///
    /// # Errors
    /// Where no such text was kept, somebody else is writing the project, or the system refuses.
    pub fn put_text_back(&self, document: &Document) -> Result<Option<PathBuf>, RepairError> {
        match self.load_text(document) {
            Ok(_) => return Ok(None),
            Err(error) if error.fault.is_damage() => {}
            Err(error) => return Err(error.into()),
        }
        let text = self.old_text(&document.sha256).ok_or_else(|| RepairError::NoText(document.title.clone()))?;
        let _lock = self.lock_project()?;
        let path = self.text_path(&document.id);
        let kept = self.keep_aside(&path)?;
        let failed = |error: io::Error| RepairError::Write { path: path.clone(), message: in_words(&error) };
        if let Some(folder) = path.parent() {
            write::make_folder(folder, &mut self.disk.gate()).map_err(failed)?;
        }
        write::replace(&path, text.as_str().as_bytes(), &mut self.disk.gate()).map_err(failed)?;
        write::sync_folder_of(&path, &mut self.disk.gate()).map_err(failed)?;
        self.load_text(document)?;
        Ok(kept)
    }
}
