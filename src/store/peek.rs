//! Looking at what others wrote into an open project, before it is taken in: until then, saving still refuses to
//! overwrite it.

use super::fault::{Fault, FileError, Located, in_words};
use super::project_folder::{ProjectFolder, Seen, is_missing, read_bytes, sha256, utf8};
use super::repair::RepairError;
use super::without_text::read_without_text;
use super::{layer_file, project_file, write};
use crate::model::{Document, DocumentId, Layer, LayerKey, Project, Text};
use std::io;
use std::path::PathBuf;

/// A file as it is now.
#[derive(Debug)]
pub struct Peeked<T> {
    /// What it holds.
    pub found: T,
    path: PathBuf,
    sha256: [u8; 32],
}

/// The text of a document that is not the one that was annotated, and what was annotated.
#[derive(Clone, PartialEq, Debug)]
pub struct ExchangedText {
    /// Which document.
    pub document: DocumentId,
    /// What lies there now.
    pub new: Text,
    /// The layers of all annotators over the old text, or over what their quotes say of it.
    pub layers: Vec<Layer>,
    /// Whether the old text is at hand.
    pub has_old_text: bool,
}

impl ProjectFolder {
    /// A layer as its file is now; `None` if there is no file.
    pub fn peek_layer(&self, key: &LayerKey, text: &Text) -> Result<Option<Peeked<Layer>>, FileError> {
        let path = self.layer_path(key).map_err(|e| FileError::whole(self.path(), e.into()))?;
        self.peek(path, |source| layer_file::read(source, key, text))
    }

    /// The project file as it is now; `None` if there is none.
    pub fn peek_project(&self) -> Result<Option<Peeked<Project>>, FileError> {
        self.peek(self.project_path(), project_file::read)
    }

    fn peek<T>(
        &self,
        path: PathBuf,
        read: impl FnOnce(&str) -> Result<T, Located>,
    ) -> Result<Option<Peeked<T>>, FileError> {
        let fault_in = |fault: Fault| FileError::whole(&path, fault);
        self.disk.stay_inside(&path).map_err(fault_in)?;
        let bytes = match read_bytes(&path).map_err(fault_in) {
            Err(error) if is_missing(&error) => return Ok(None),
            bytes => bytes?,
        };
        let sha256 = sha256(&bytes);
        let source = utf8(bytes).map_err(fault_in)?;
        let source = source.strip_prefix('\u{feff}').unwrap_or(&source);
        let found = read(source).map_err(|located| located.in_file(&path, source))?;
        Ok(Some(Peeked { found, path, sha256 }))
    }

    /// What was looked at has been taken in: saving may overwrite it from now on.
    pub fn acknowledge<T>(&self, peeked: &Peeked<T>) {
        let seen = Seen { sha256: peeked.sha256, job: 0 };
        self.disk.known().files.insert(peeked.path.clone(), seen);
    }

    /// Copies a layer as its file is now into the history, whenever that was done last.
    ///
    /// # Errors
    /// Where it cannot be copied.
    pub fn keep_layer(&self, key: &LayerKey) -> io::Result<()> {
        let path = self.layer_path(key).map_err(io::Error::other)?;
        self.disk.keep_now(&path)
    }

    /// Puts another text where the text of a document lies; the one that was annotated is kept in the history. Until the
    /// layers are laid over it, the project says that its text was changed.
    ///
    /// # Errors
    /// Where either cannot be written.
    pub fn put_new_text(&self, document: &Document, new: &Text) -> Result<(), RepairError> {
        let path = self.text_path(&document.id);
        self.disk.stay_inside(&path).map_err(|fault| FileError::whole(&path, fault))?;
        let failed = |error: io::Error| RepairError::Write { path: path.clone(), message: in_words(&error) };
        if let Ok(old) = self.load_text(document) {
            self.disk.keep_text(&old).map_err(failed)?;
        }
        write::replace(&path, new.as_str().as_bytes(), &mut self.disk.gate()).map_err(failed)?;
        write::sync_folder_of(&path, &mut self.disk.gate()).map_err(failed)
    }

    /// What was annotated of a document whose text is not the one that the project names; `None` if it is.
    ///
    /// # Errors
    /// Where the new text or a layer cannot be read.
    pub fn exchanged_text(&self, document: &Document) -> Result<Option<ExchangedText>, FileError> {
        let new = self.read_text(&document.id)?;
        self.exchanged_for(document, new)
    }

    /// What was annotated of a document whose text is to be `new`; `None` if it is that already. Writes nothing.
    ///
    /// # Errors
    /// Where a layer cannot be read.
    pub fn exchanged_for(&self, document: &Document, new: Text) -> Result<Option<ExchangedText>, FileError> {
        if new.sha256() == document.sha256 {
            return Ok(None);
        }
        let old = self.old_text(&document.sha256).or_else(|| self.load_text(document).ok());
        let mut layers = Vec::new();
        for annotator in self.annotators(&document.id)? {
            let key = LayerKey { document: document.id.clone(), annotator };
            layers.push(match &old {
                Some(old) => self.load_layer(&key, old)?,
                None => {
                    let path = self.layer_path(&key).map_err(|e| FileError::whole(self.path(), e.into()))?;
                    read_without_text(&path, &self.read_source(&path)?)?.layer
                }
            });
        }
        Ok(Some(ExchangedText { document: document.id.clone(), new, layers, has_old_text: old.is_some() }))
    }
}
