//! A project that is being worked on: its state, its history, and its way to the disk.
//!
//! Here: what a window needs and a test can drive without one. Elsewhere: what changes are (`edit`), files (`store`).

mod saver;

pub use saver::{Flush, SaveStatus};

use crate::edit::{Change, History, NewDocument, Refusal, Stamp, State, UndoError, documents};
use crate::model::layer::LayerError;
use crate::model::{AnnotationId, Document, DocumentId, Layer, LayerKey, Name, Project, Status, Text};
use crate::store::{Dirty, FileError, Place, ProjectFolder};
use chrono::Utc;
use saver::Saver;
use std::collections::VecDeque;

/// What can go wrong while working.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum WorkError {
    /// The command refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The change does not apply.
    #[error(transparent)]
    Conflict(#[from] LayerError),
    /// Nothing to undo or redo.
    #[error(transparent)]
    Undo(#[from] UndoError),
}

/// So many changes are remembered for [`Session::touched_since`].
const RECENT: usize = 32;
/// A change that touches more annotations than this is not followed one by one.
const FEW: usize = 100;

/// A project that is being worked on by one annotator.
pub struct Session {
    folder: ProjectFolder,
    state: State,
    history: History,
    annotator: Name,
    current: Option<DocumentId>,
    /// Where in the project it was last: every frame asks for it, and a project may have many documents.
    position: usize,
    revision: u64,
    /// Grows with every change of the project itself.
    project_revision: u64,
    /// The revisions that the last changes led to, the newest last, and which annotations of the open layer they touched.
    recent: VecDeque<(u64, Vec<AnnotationId>)>,
    /// Changed since the last save that is known to have worked.
    dirty: Dirty,
    saver: Saver,
}

impl Session {
    /// Takes up work on an opened project; `wake` is called from another thread when something was saved.
    pub fn new(folder: ProjectFolder, project: Project, annotator: Name, wake: impl Fn() + Send + 'static) -> Self {
        Self {
            folder,
            state: State::new(project),
            history: History::default(),
            annotator,
            current: None,
            position: 0,
            revision: 0,
            project_revision: 0,
            recent: VecDeque::new(),
            dirty: Dirty::default(),
            saver: Saver::start(wake),
        }
    }

    /// Where the project lies.
    pub fn folder(&self) -> &ProjectFolder {
        &self.folder
    }

    /// The project, texts and layers in memory.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Scheme, documents, entities.
    pub fn project(&self) -> &Project {
        &self.state.project
    }

    /// Whose layers are made.
    pub fn annotator(&self) -> &Name {
        &self.annotator
    }

    /// Grows with every change.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Grows with every change of the project itself: its scheme, its documents, its entities.
    pub fn project_revision(&self) -> u64 {
        self.project_revision
    }

    /// The annotations of the open layer that were touched since `revision`; `None` where that is no longer known,
    /// and anything may be different.
    pub fn touched_since(&self, revision: u64) -> Option<Vec<AnnotationId>> {
        let since = self.recent.iter().filter(|(then, _)| *then > revision);
        let all_known = since.clone().count() as u64 == self.revision.checked_sub(revision)?;
        all_known.then(|| since.flat_map(|(_, ids)| ids).copied().collect())
    }

    /// The document that is open.
    pub fn current(&self) -> Option<&Document> {
        let id = self.current.as_ref()?;
        let here = self.state.project.documents.get(self.position).filter(|document| document.id == *id);
        here.or_else(|| self.state.project.document(id))
    }

    /// The annotator's layer in the open document.
    pub fn layer(&self) -> Option<&Layer> {
        self.current.as_ref().and_then(|id| self.state.layer(&self.key(id)))
    }

    /// The annotator's layer of a document.
    pub fn key(&self, document: &DocumentId) -> LayerKey {
        LayerKey { document: document.clone(), annotator: self.annotator.clone() }
    }

    /// What [`Session::show`] needs; read it on another thread, for a document may be large.
    pub fn load(folder: &ProjectFolder, document: &Document, annotator: &Name) -> Result<(Text, Layer), FileError> {
        let text = folder.load_text(document)?;
        let key = LayerKey { document: document.id.clone(), annotator: annotator.clone() };
        let layer = folder.load_layer(&key, &text)?;
        // The first questions take longer: here, not in the first frame.
        layer.touching(0..1);
        text.paragraphs();
        Ok((text, layer))
    }

    /// Whether text and layer of a document are in memory.
    pub fn is_loaded(&self, document: &DocumentId) -> bool {
        self.state.layer(&self.key(document)).is_some()
    }

    /// Takes in what was loaded, unless the document was loaded or changed in the meantime.
    pub fn take_in(&mut self, text: Text, layer: Layer) {
        if self.state.layer(layer.key()).is_none() {
            self.state.load_text(layer.key().document.clone(), text);
            self.state.load_layer(layer);
        }
    }

    /// Takes in all texts and layers of `loaded` that are not in memory yet.
    pub fn take_in_all(&mut self, loaded: &State) {
        for layer in loaded.layers() {
            self.take_in(layer.text().clone(), layer.clone());
        }
    }

    /// Opens a loaded document.
    pub fn show(&mut self, document: &DocumentId) {
        if self.current.as_ref() != Some(document) && self.is_loaded(document) {
            self.saver.flusher().hurry();
            self.current = Some(document.clone());
            self.position = self.state.project.position(document).unwrap_or_default();
            self.step(None);
        }
    }

    /// Works as somebody else from now on; no document is open afterwards.
    pub fn set_annotator(&mut self, annotator: Name) {
        self.annotator = annotator;
        self.current = None;
        self.step(None);
    }

    /// By hand, now.
    pub fn stamp() -> Stamp {
        Stamp::by_hand(Utc::now())
    }

    /// Does a change and sees to it that it is saved.
    pub fn apply(&mut self, change: Change) -> Result<(), WorkError> {
        self.settle();
        let mut dirty = Dirty::default();
        dirty.note(&change);
        let (touched, wide) = (self.touched_by(&change), change.is_project_wide());
        let result = self.history.apply(&mut self.state, change);
        if result.is_ok() {
            self.project_revision += u64::from(wide);
            self.changed(dirty, touched);
        }
        self.save_soon();
        Ok(result?)
    }

    /// Forgets what is known to be on disk, and takes back what waits to be saved: it will be handed over again.
    fn settle(&mut self) {
        if self.saver.status() == SaveStatus::Saved {
            self.dirty = Dirty::default();
        }
        self.saver.withdraw();
    }

    /// Does what a command says of the open layer; the first work makes “not started” into “in progress”.
    pub fn edit(
        &mut self,
        command: impl FnOnce(&Layer, &State, &Stamp) -> Result<Change, Refusal>,
    ) -> Result<Change, WorkError> {
        let layer = self.layer().ok_or(Refusal::NothingToDo)?;
        let mut change = command(layer, &self.state, &Self::stamp())?;
        for layer in &mut change.layers {
            if layer.status == (Status::NotStarted, Status::NotStarted) {
                layer.status.1 = Status::InProgress;
            }
        }
        self.apply(change.clone())?;
        Ok(change)
    }

    /// Takes the last step in the open document back; returns what was applied.
    pub fn undo(&mut self) -> Result<Change, WorkError> {
        self.undo_in(self.current.clone().as_ref())
    }

    /// Does again what was taken back; returns what was applied.
    pub fn redo(&mut self) -> Result<Change, WorkError> {
        self.redo_in(self.current.clone().as_ref())
    }

    /// Takes the last step in a document back; returns what was applied.
    pub fn undo_in(&mut self, document: Option<&DocumentId>) -> Result<Change, WorkError> {
        self.settle();
        let result = self.history.undo(&mut self.state, document);
        self.after_undo(result)
    }

    /// Does again what was taken back in a document; returns what was applied.
    pub fn redo_in(&mut self, document: Option<&DocumentId>) -> Result<Change, WorkError> {
        self.settle();
        let result = self.history.redo(&mut self.state, document);
        self.after_undo(result)
    }

    fn after_undo(&mut self, result: Result<Change, UndoError>) -> Result<Change, WorkError> {
        if let Ok(change) = &result {
            let mut dirty = Dirty::default();
            dirty.note(change);
            self.project_revision += u64::from(change.is_project_wide());
            self.changed(dirty, self.touched_by(change));
        }
        self.save_soon();
        Ok(result?)
    }

    /// What would be undone and redone next, in words.
    pub fn next_steps(&self) -> (Option<&str>, Option<&str>) {
        let document = self.current.as_ref();
        (
            self.history.next_undo(document).map(|c| c.what.as_str()),
            self.history.next_redo(document).map(|c| c.what.as_str()),
        )
    }

    /// Takes articles into the project as one step; returns the id of the first.
    pub fn add_documents(&mut self, new: Vec<NewDocument>) -> Result<Option<DocumentId>, WorkError> {
        let first = new.first().map(|d| d.document.id.clone());
        let new = new.into_iter().map(|d| (d, Vec::new())).collect();
        let change = documents::add(&self.state, new, &Self::stamp())?;
        self.apply(change)?;
        Ok(first)
    }

    /// The annotations of the open layer that a change touches, if it is one of few annotations and nothing else.
    fn touched_by(&self, change: &Change) -> Option<Vec<AnnotationId>> {
        let open = self.layer()?.key();
        let edits = change.layers.iter().filter(|l| l.key == *open).flat_map(|l| &l.annotations);
        let ids: Vec<_> = edits.filter_map(|e| e.after.as_ref().or(e.before.as_ref()).map(|a| a.id)).collect();
        (!change.is_project_wide() && ids.len() <= FEW).then_some(ids)
    }

    /// Begins a new revision; `touched` is all that differs in the open layer, or `None` if anything can.
    fn step(&mut self, touched: Option<Vec<AnnotationId>>) {
        self.revision += 1;
        match touched {
            Some(ids) => self.recent.push_back((self.revision, ids)),
            None => self.recent.clear(),
        }
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }

    fn changed(&mut self, dirty: Dirty, touched: Option<Vec<AnnotationId>>) {
        self.dirty.merge(dirty);
        self.step(touched);
        // A document that was open may have gone by undo.
        if self.current().is_none() {
            self.current = None;
        }
    }

    /// Hands everything that is not known to be saved to the saver.
    fn save_soon(&mut self) {
        if !self.dirty.is_empty() {
            self.saver.submit(self.folder.prepare(&self.state, &self.dirty));
        }
    }

    /// Saves at once what is not saved, without waiting for it; also what could not be saved before.
    pub fn save_now(&mut self) {
        self.settle();
        self.save_soon();
        self.saver.flusher().hurry();
    }

    /// Whether everything is on disk.
    pub fn save_status(&self) -> SaveStatus {
        self.saver.status()
    }

    /// For waiting until everything is on disk, from another thread or before closing.
    pub fn flusher(&self) -> Flush {
        self.saver.flusher()
    }

    /// Remembers where the annotator is.
    pub fn remember_place(&self, caret: usize, top_paragraph: usize) {
        if let Some(document) = self.current.clone() {
            // A convenience: that it cannot be written is not worth a message.
            let _ = self.folder.set_place(&self.annotator, &Place { document, caret, top_paragraph });
        }
    }
}
