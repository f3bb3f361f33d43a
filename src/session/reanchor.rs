//! Annotations of a text that was exchanged, laid over the new one in the files of a project: for whoever has no session.
//!
//! Here: what has to be true before, and the order of writing. Elsewhere: where they lie (`anchor`), the same in an open
//! project (`outside`).

use super::Anchoring;
use crate::anchor::Accepted;
use crate::edit::State;
use crate::model::{Name, Project};
use crate::store::{Dirty, Entry, FileError, Journal, Lock, ProjectFolder, RepairError, SaveError, Told};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// Why annotations were not laid over a new text. What is on disk is as it was, unless the error says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum ReanchorError {
    /// Work of before a crash would be lost.
    #[error(
        "work of “{0}” from before a crash is not in the files yet\nhelp: open the project in the window as this \
         annotator: it is put together then"
    )]
    Unfinished(Name),
    /// The lock of an annotator is not held.
    #[error("the lock of “{0}” was lost; nothing was written\nhelp: see who works on the project, then try again")]
    LockLost(Name),
    /// Something cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A layer as it is cannot be kept in the history.
    #[error(
        "the annotations of “{annotator}” cannot be kept in the history: {error}\nhelp: check that the disk has room and may be written to"
    )]
    Keep {
        /// Whose.
        annotator: Name,
        /// Why.
        error: io::Error,
    },
    /// The text cannot be written.
    #[error(transparent)]
    Text(#[from] RepairError),
    /// The layers or the project file cannot be written; the error says what was.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// The text and its annotations are written, but a journal is not.
    #[error(
        "the new text and its annotations are saved, but the journal of “{annotator}” cannot be written: {error}\nhelp: \
         undoing earlier steps in this document will be refused; all else works"
    )]
    Journal {
        /// Whose.
        annotator: Name,
        /// Why.
        error: io::Error,
    },
}

impl Anchoring {
    /// Writes the layers that were `accepted`, and the new text where it is not in its place yet. The layers as they
    /// were are kept in the history. `locks` are those of all who have a layer of the document; work that could not be
    /// written in the project is looked for in the folder `rescue`.
    ///
    /// # Errors
    /// Where somebody has work that is not in the files yet, or something cannot be written.
    pub fn write(
        &self,
        folder: &ProjectFolder,
        project: &Project,
        accepted: &[Accepted],
        locks: &BTreeMap<Name, Lock>,
        rescue: Option<&Path>,
        at: DateTime<Utc>,
    ) -> Result<(), ReanchorError> {
        let document = &self.text.document;
        let (Some(at_place), Some(described)) = (project.position(document), project.document(document)) else {
            return Ok(());
        };
        let mut journals: Vec<(Name, Journal, Told)> = Vec::new();
        for annotator in accepted.iter().map(|one| &one.layer.key().annotator) {
            if !locks.get(annotator).is_some_and(Lock::is_still_mine) {
                return Err(ReanchorError::LockLost(annotator.clone()));
            }
            let (journal, told) = folder.journal(annotator, rescue)?;
            if !told.unsaved.is_empty() {
                return Err(ReanchorError::Unfinished(annotator.clone()));
            }
            journals.push((annotator.clone(), journal, told));
        }
        // Somebody's first work on the document may be in the journal only.
        for annotator in folder.interrupted(rescue) {
            let (_, told) = folder.journal(&annotator, rescue)?;
            if told.unsaved.iter().any(|happened| happened.change.documents().any(|id| id == document)) {
                return Err(ReanchorError::Unfinished(annotator));
            }
        }
        for one in accepted {
            let key = one.layer.key();
            let keep = |error| ReanchorError::Keep { annotator: key.annotator.clone(), error };
            folder.keep_layer(key).map_err(keep)?;
        }
        if !folder.read_text(document).is_ok_and(|there| there == self.text.new) {
            folder.put_new_text(described, &self.text.new)?;
        }
        let mut state = State::new(project.clone());
        self.text.new.sha256().clone_into(&mut state.project.documents[at_place].sha256);
        state.load_text(document.clone(), self.text.new.clone());
        let mut dirty = Dirty::project();
        for one in accepted {
            dirty.layers.insert(one.layer.key().clone());
            state.load_layer(one.layer.clone());
        }
        folder.save(&state, &dirty)?;
        for (annotator, mut journal, mut told) in journals {
            if journal.numbers().next().is_none() {
                continue;
            }
            // What was done on the old text can no longer be taken back.
            let happened = told.history.exchange(document, at);
            let written = Entry::happened(&happened, &BTreeMap::new())
                .map_err(io::Error::other)
                .and_then(|entry| journal.append(&[entry]))
                .and_then(|()| journal.mark_saved(happened.number));
            written.map_err(|error| ReanchorError::Journal { annotator, error })?;
        }
        Ok(())
    }
}
