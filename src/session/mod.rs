//! A project that is being worked on: its state, its history, and its way to the disk.
//!
//! Here: what a window needs and a test can drive without one. Elsewhere: what changes are (`edit`), files (`store`).

mod open;
mod outside;
mod reanchor;
mod repair;
mod saver;
mod scribe;

pub use open::{Opened, Report, open};
pub use outside::{Anchoring, OutsideError, TakenIn, TakenProject};
pub use reanchor::ReanchorError;
pub use repair::ReplaceError;
pub use saver::{Flush, Kept, SaveStatus};
pub use scribe::Written;

use crate::edit::{Change, Happened, History, NewDocument, Refusal, Stamp, State, Step, UndoError, documents};
use crate::model::layer::LayerError;
use crate::model::{AnnotationId, Document, DocumentId, Layer, LayerKey, Name, Project, Status, Text};
use crate::store::{
    Dirty, FileError, Holder, Interest, OutsideChange, Place, ProjectFolder, ProjectWatch, Refused, within,
};
use chrono::Utc;
use outside::{Awaited, OnDisk};
use saver::Saver;
use scribe::Scribe;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

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
    /// It is not known whether somebody else works on it.
    #[error("{}\nhelp: {}", Refused::NoAnswer, Refused::NoAnswer.help())]
    NoAnswer,
    /// Somebody else works on it: here it can only be read.
    #[error("only for reading: {who} is being worked on by {holder}")]
    Held {
        /// Whose annotations.
        who: Name,
        /// By whom.
        holder: Holder,
    },
}

/// So many changes are remembered for [`Session::touched_since`].
const RECENT: usize = 32;
/// A change that touches more annotations than this is not followed one by one.
const FEW: usize = 100;
/// After so many events what old steps changed is left to the journal.
const COOL: u64 = 64;

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
    /// What waited to be saved was taken back and not handed over again yet.
    withdrawn: bool,
    scribe: Scribe,
    /// Who works as this annotator elsewhere.
    holder: Option<Holder>,
    on_disk: OnDisk,
    awaited: Awaited,
    /// What others changed, as it is noticed.
    told: Receiver<Vec<OutsideChange>>,
    /// `None` where there is no way to watch.
    watch: Option<ProjectWatch>,
}

impl Session {
    /// Takes up work on an opened project; `wake` is called from another thread when something was saved.
    pub fn start(opened: Opened, wake: impl Fn() + Send + Clone + 'static) -> Self {
        let Opened { folder, state, history, dirty, annotator, journal, lock, holder, .. } = opened;
        let lock = lock.map(Arc::new);
        let scribe = Scribe::start(journal, lock.clone(), history.last(), wake.clone());
        let saver = Saver::start(folder.clone(), lock, scribe.marker(), wake.clone());
        let (tell, told) = channel();
        let watch = folder.watch(Interest::of(&state, None), move |changes| {
            // A session that has ended hears nothing.
            let _ = tell.send(changes);
            wake();
        });
        let on_disk = OnDisk { project: (!dirty.project).then(|| state.project.clone()), ..OnDisk::default() };
        let mut session = Self {
            folder,
            state,
            history,
            annotator,
            current: None,
            position: 0,
            revision: 0,
            project_revision: 0,
            recent: VecDeque::new(),
            dirty,
            saver,
            withdrawn: false,
            scribe,
            holder,
            on_disk,
            awaited: Awaited::default(),
            told,
            watch: watch.ok(),
        };
        // What was put together after a crash is written into the files first of all.
        session.save_soon();
        session
    }

    /// Where the project lies.
    pub fn folder(&self) -> &ProjectFolder {
        &self.folder
    }

    /// Who works as this annotator elsewhere: as long as they do, nothing can be changed here.
    pub fn holder(&self) -> Option<&Holder> {
        self.holder.as_ref()
    }

    /// Whether the layers of these annotators, and our own, are free to be changed.
    fn may_change<'a>(&self, annotators: impl Iterator<Item = &'a Name>) -> Result<(), WorkError> {
        let held = |who: &Name, holder: Holder| WorkError::Held { who: who.clone(), holder };
        if let Some(holder) = &self.holder {
            return Err(held(&self.annotator, holder.clone()));
        }
        let others: BTreeSet<_> = annotators.filter(|annotator| **annotator != self.annotator).cloned().collect();
        if others.is_empty() {
            return Ok(());
        }
        let folder = self.folder.clone();
        let find = move || others.into_iter().find_map(|other| folder.holder(&other).map(|holder| (other, holder)));
        match within(find).ok_or(WorkError::NoAnswer)? {
            Some((other, holder)) => Err(held(&other, holder)),
            None => Ok(()),
        }
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
        let (text, layer) = folder.load_layer_and_text(document, annotator)?;
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
    pub fn take_in(&mut self, text: Text, mut layer: Layer) {
        if self.state.layer(layer.key()).is_none() {
            layer.skip_ids(self.history.fresh_ids(layer.key()));
            self.on_disk.layers.insert(layer.key().clone(), layer.clone());
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
            if let Some(watch) = &self.watch {
                watch.set_interest(Interest::of(&self.state, Some(document)));
            }
            self.step(None);
        }
    }

    /// No document is open any more.
    pub fn leave(&mut self) {
        self.saver.flusher().hurry();
        self.current = None;
        self.step(None);
    }

    /// By hand, now.
    pub fn stamp() -> Stamp {
        Stamp::by_hand(Utc::now())
    }

    /// Does a change and sees to it that it is saved.
    pub fn apply(&mut self, change: Change) -> Result<(), WorkError> {
        // A change of the scheme reaches into the layers of others.
        self.may_change(change.layers.iter().map(|layer| &layer.key.annotator))?;
        self.settle();
        let mut dirty = Dirty::default();
        dirty.note(&change);
        let (touched, wide) = (self.touched_by(&change), change.is_project_wide());
        let result = self.history.apply(&mut self.state, change);
        let result = result.map(|happened| {
            self.project_revision += u64::from(wide);
            self.changed(dirty, touched);
            self.record(happened);
        });
        self.save_soon();
        Ok(result?)
    }

    /// Hands what happened to the journal.
    fn record(&mut self, happened: Happened) {
        let documents = happened.change.documents();
        let texts = documents.filter_map(|id| Some((id.clone(), self.state.text(id)?.clone())));
        let (number, texts) = (happened.number, texts.collect());
        self.scribe.submit(happened, texts);
        if number.is_multiple_of(COOL) {
            let written = self.scribe.written();
            self.history.forget_before(written.first);
            self.history.cool(written.upto);
        }
    }

    /// Forgets what is known to be on disk, and takes back what waits to be saved: it will be handed over again.
    fn settle(&mut self) {
        // What was taken back is not saved, though nothing waits.
        if !self.withdrawn && self.saver.status() == SaveStatus::Saved {
            let saved = std::mem::take(&mut self.dirty);
            if saved.project {
                self.on_disk.project = Some(self.state.project.clone());
            }
            for key in saved.layers {
                self.on_disk.layers.extend(self.state.layer(&key).map(|layer| (key, layer.clone())));
            }
        }
        self.withdrawn |= self.saver.withdraw();
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
        self.again(document, true)
    }

    /// Does again what was taken back in a document; returns what was applied.
    pub fn redo_in(&mut self, document: Option<&DocumentId>) -> Result<Change, WorkError> {
        self.again(document, false)
    }

    /// Undoes or redoes, asking the journal for what the step changed if that is not in memory.
    fn again(&mut self, document: Option<&DocumentId>, undo: bool) -> Result<Change, WorkError> {
        // A step of the scheme may have reached into the layers of others.
        let next = if undo { self.history.next_undo(document) } else { self.history.next_redo(document) };
        let keys: Vec<_> = next.into_iter().flat_map(|step| &step.about.layers).map(|(key, _)| key.clone()).collect();
        self.may_change(keys.iter().map(|key| &key.annotator))?;
        self.settle();
        self.load_missing(&keys);
        let step = if undo { History::undo } else { History::redo };
        let mut result = step(&mut self.history, &mut self.state, document);
        if let Err(UndoError::NotInMemory(number)) = result {
            result = match self.scribe.change(number) {
                Some(Ok(change)) => {
                    self.history.supply(number, change);
                    step(&mut self.history, &mut self.state, document)
                }
                Some(Err(error)) => Err(UndoError::Unreadable { number, why: error.fault.to_string() }),
                None => Err(UndoError::Unreadable { number, why: Refused::NoAnswer.to_string() }),
            };
        }
        let result = result.map(|happened| {
            let change = (*happened.change).clone();
            let mut dirty = Dirty::default();
            dirty.note(&change);
            self.project_revision += u64::from(change.is_project_wide());
            self.changed(dirty, self.touched_by(&change));
            self.record(happened);
            change
        });
        self.save_soon();
        Ok(result?)
    }

    /// Loads those of the layers that are not in memory: of other documents, or of others. One that cannot be read makes
    /// the step that needs it refuse.
    fn load_missing(&mut self, keys: &[LayerKey]) {
        for key in keys {
            if self.state.layer(key).is_some() {
                continue;
            }
            let Some(document) = self.state.project.document(&key.document).cloned() else { continue };
            let (folder, annotator) = (self.folder.clone(), key.annotator.clone());
            match within(move || Self::load(&folder, &document, &annotator)) {
                Some(Ok((text, layer))) => self.take_in(text, layer),
                Some(Err(_)) => {}
                // Nor will it for the others.
                None => return,
            }
        }
    }

    /// Undoes or redoes in the open document until step `number` is the last that is done (or, with `before`, the
    /// next that is to be done); returns what was applied, the last of it last, and why it went no further.
    pub fn go_to(&mut self, number: u64, before: bool) -> (Vec<Change>, Option<WorkError>) {
        // By its own name: on the way the document itself may go.
        let document = self.current.clone();
        let (undo, redo) = {
            let (done, undone) = self.history.steps(document.as_ref());
            let later = done.rev().position(|step| step.number == number);
            let (later, mut undone) = (later.map(|later| later + usize::from(before)), undone);
            let ahead = undone.position(|step| step.number == number).map(|ahead| ahead + usize::from(!before));
            (later.unwrap_or(0), ahead.unwrap_or(0))
        };
        let mut applied = Vec::new();
        for n in 0..undo + redo {
            let step = if n < undo { self.undo_in(document.as_ref()) } else { self.redo_in(document.as_ref()) };
            match step {
                Ok(change) => applied.push(change),
                Err(error) => return (applied, Some(error)),
            }
        }
        (applied, None)
    }

    /// The steps of the open document and of the project: those that are done, the newest last, and those that were
    /// undone, the one that would be done again first.
    pub fn steps(&self) -> (Vec<&Step>, Vec<&Step>) {
        let (done, undone) = self.history.steps(self.current.as_ref());
        (done.collect(), undone.collect())
    }

    /// What would be undone and redone next, in words.
    pub fn next_steps(&self) -> (Option<&str>, Option<&str>) {
        let document = self.current.as_ref();
        (
            self.history.next_undo(document).map(|step| step.about.what.as_str()),
            self.history.next_redo(document).map(|step| step.about.what.as_str()),
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
            self.saver.submit(self.folder.prepare(&self.state, &self.dirty), self.history.last());
            self.withdrawn = false;
        }
    }

    /// Saves at once what is not saved, without waiting for it; also what could not be saved before.
    pub fn save_now(&mut self) {
        self.settle();
        self.save_soon();
        self.saver.flusher().hurry();
    }

    /// Saves again what could not be saved some seconds ago, if the reason may have passed; returns in how long to ask
    /// again.
    pub fn try_again(&mut self) -> Option<Duration> {
        let left = self.saver.again_in()?;
        if left.is_zero() {
            self.save_now();
        }
        Some(left.max(Duration::from_secs(1)))
    }

    /// In how long to look again whether the disk answers, if something is being written.
    pub fn look_again_in(&self) -> Option<Duration> {
        self.saver.known_in().map(|left| left.max(Duration::from_millis(500)))
    }

    /// Whether all changes are safe: in the journal or in the project's files. What failed is said until it has worked.
    pub fn save_status(&self) -> SaveStatus {
        match self.file_status() {
            SaveStatus::Saving if self.scribe.is_up_to_date() => match self.saver.last_failure() {
                Some(error) => SaveStatus::Failed(error, self.kept()),
                None => SaveStatus::Saved,
            },
            status => status,
        }
    }

    /// Where the work is beside memory, if its files cannot be saved.
    fn kept(&self) -> Kept {
        match self.scribe.written() {
            Written { elsewhere: Some(folder), failed: None, .. } => Kept::Elsewhere(folder),
            Written { failed: None, .. } => Kept::Journal,
            _ => Kept::Nowhere,
        }
    }

    /// Whether the project's files hold all changes.
    pub fn file_status(&self) -> SaveStatus {
        match self.saver.status() {
            SaveStatus::Failed(error, _) => SaveStatus::Failed(error, self.kept()),
            status => status,
        }
    }

    /// The number of the last event: of all that was ever done, undone and redone.
    pub fn last_event(&self) -> u64 {
        self.history.last()
    }

    /// How far the journal is.
    pub fn journal_status(&self) -> Written {
        self.scribe.written()
    }

    /// For waiting until everything is on disk, from another thread or before closing.
    pub fn flusher(&self) -> Flush {
        self.saver.flusher()
    }

    /// Remembers where the annotator is.
    pub fn remember_place(&self, caret: usize, top_paragraph: usize) {
        if let Some(document) = self.current.clone() {
            self.saver.remember(self.annotator.clone(), Place { document, caret, top_paragraph });
        }
    }
}

#[cfg(test)]
mod tests;
