//! What others change while a project is open: taken in as a step that can be undone, never over what was done here.
//!
//! A layer, or the project file, is merged with what this session made of it since it was last read or saved; where the
//! two do not agree, ours stays until a person decides. Annotations of a document whose text was exchanged lie where a
//! person says, after a list of proposals.
//! Elsewhere: noticing (`store::watch`), merging (`merge`), finding places again (`anchor`).

use super::{Session, WorkError};
use crate::anchor::{self, Accepted, Proposal};
use crate::edit::{Change, Edit, NewDocument, ProjectEdit, entities};
use crate::merge::{Conflict, MergeError, MergedProject, ProjectConflict, Taken, merge_layers, merge_projects};
use crate::model::scheme::SchemeError;
use crate::model::{
    Annotation, AnnotationId, Document, DocumentId, Entity, EntityId, Layer, LayerKey, Name, Project, Span, Text,
};
use crate::store::{Dirty, ExchangedText, FileError, OutsideChange, Peeked, ProjectFolder};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant, SystemTime};

/// Why something that others changed was not taken in. What is in memory stays as it was.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum OutsideError {
    /// The two cannot be merged.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// The two schemes do not make a usable one.
    #[error(transparent)]
    Scheme(#[from] SchemeError),
    /// The step cannot be done.
    #[error(transparent)]
    Work(#[from] WorkError),
}

/// What came in from others in a layer.
#[derive(Clone, PartialEq, Debug)]
pub struct TakenIn {
    /// Which layer.
    pub key: LayerKey,
    /// How much.
    pub taken: Taken,
    /// What a person has to decide; until then ours stays.
    pub conflicts: Vec<Conflict>,
}

/// What came in from others in the project file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TakenProject {
    /// What a person has to look at.
    pub conflicts: Vec<ProjectConflict>,
    /// Entities that were made here under a number that others gave to another one meanwhile: which number it was, and
    /// the entity as it is now. What refers to them here went along.
    pub renumbered: Vec<(EntityId, Entity)>,
    /// New documents whose texts are not there yet. Until they are, the file is not written over: it is told again by
    /// [`Session::outside_changes`] when they come.
    pub awaited: Vec<DocumentId>,
}

/// The layers of a document whose text was exchanged, and where their annotations lie in the new one.
#[derive(Clone, PartialEq, Debug)]
pub struct Anchoring {
    /// The new text, and the layers over the old one.
    pub text: ExchangedText,
    /// For each of the layers, where its annotations lie now.
    pub proposals: Vec<Proposal>,
}

impl Anchoring {
    /// Looks at a document; `None` if its text is the one that was annotated. Takes a while: not for the thread that
    /// draws.
    pub fn of(folder: &ProjectFolder, document: &Document) -> Result<Option<Self>, FileError> {
        Ok(folder.exchanged_text(document)?.map(Self::proposed))
    }

    /// The same for a text that is to take the place of the one that is there; `None` if it is the same. Writes nothing.
    pub fn with(folder: &ProjectFolder, document: &Document, new: Text) -> Result<Option<Self>, FileError> {
        Ok(folder.exchanged_for(document, new)?.map(Self::proposed))
    }

    fn proposed(text: ExchangedText) -> Self {
        let propose = |layer: &Layer| {
            if text.has_old_text {
                anchor::propose(layer, &text.new)
            } else {
                anchor::propose_from_quotes(layer, &text.new)
            }
        };
        let proposals = text.layers.iter().map(propose).collect();
        Self { text, proposals }
    }

    /// The layers over the new text, each annotation where `chosen` says for its layer; with what stays behind.
    pub fn accepted(&self, chosen: &[BTreeMap<AnnotationId, Span>]) -> Vec<Accepted> {
        let layers = self.text.layers.iter().zip(chosen);
        layers.map(|(layer, chosen)| anchor::accept(layer, &self.text.new, chosen)).collect()
    }
}

/// So often it is looked whether texts have come that the project file names already.
const LOOK: Duration = Duration::from_secs(1);

/// When a file was written, and its length in bytes; `None` if it is not there.
type Glance = Option<(SystemTime, u64)>;

/// Texts that the project file names and that are not there yet.
#[derive(Default)]
pub(super) struct Awaited {
    texts: BTreeMap<DocumentId, Glance>,
    looked: Option<Instant>,
    /// What is being looked at, on a thread of its own: a disk may not answer.
    look: Option<Receiver<BTreeMap<DocumentId, Glance>>>,
}

impl Awaited {
    /// Waits for these, as if none of them had been there when it was looked last: one may have come since.
    fn set(&mut self, documents: &[DocumentId]) {
        let known = std::mem::take(&mut self.texts);
        let glance = |id: &DocumentId| known.get(id).copied().flatten();
        self.texts = documents.iter().map(|id| (id.clone(), glance(id))).collect();
    }

    /// Whether one of them is there, or another one, since it was looked last. Waits for no disk: what is found is told
    /// when this is asked again.
    fn have_come(&mut self, folder: &ProjectFolder) -> bool {
        if let Some(look) = self.look.take() {
            match look.try_recv() {
                Ok(found) => return self.differs(&found),
                Err(TryRecvError::Empty) => self.look = Some(look),
                Err(TryRecvError::Disconnected) => {}
            }
        }
        let is_time = self.look.is_none() && self.looked.is_none_or(|looked| looked.elapsed() >= LOOK);
        if !self.texts.is_empty() && is_time {
            self.looked = Some(Instant::now());
            let paths: Vec<_> = self.texts.keys().map(|id| (id.clone(), folder.text_path(id))).collect();
            let (tell, look) = channel();
            let glance = |path: PathBuf| {
                let found = std::fs::metadata(path).ok()?;
                Some((found.modified().ok()?, found.len()))
            };
            // Nobody may be waiting any more.
            let glances = move || drop(tell.send(paths.into_iter().map(|(id, path)| (id, glance(path))).collect()));
            self.look = std::thread::Builder::new().name("look".to_owned()).spawn(glances).ok().map(|_| look);
        }
        false
    }

    fn differs(&mut self, found: &BTreeMap<DocumentId, Glance>) -> bool {
        let mut came = false;
        for (id, before) in &mut self.texts {
            let Some(now) = found.get(id) else { continue };
            came |= now.is_some() && now != before;
            *before = *now;
        }
        came
    }
}

/// What is merged with: the files as they were when last read or saved.
#[derive(Default)]
pub(super) struct OnDisk {
    pub layers: BTreeMap<LayerKey, Layer>,
    pub project: Option<Project>,
}

impl Session {
    /// What others changed since this was asked last.
    pub fn outside_changes(&mut self) -> Vec<OutsideChange> {
        let mut changes: Vec<_> = self.told.try_iter().flatten().collect();
        if self.awaited.have_come(&self.folder) && !changes.contains(&OutsideChange::Project) {
            changes.push(OutsideChange::Project);
        }
        changes
    }

    /// Whether texts are waited for that the project file names already: then [`Session::outside_changes`] is to be
    /// asked now and then.
    pub fn awaits_texts(&self) -> bool {
        !self.awaited.texts.is_empty()
    }

    /// Takes in a layer that others changed, as one step. The layer of a document that is not loaded needs nothing: it
    /// is read when the document is opened.
    ///
    /// # Errors
    /// Where it cannot be merged: then the file is not overwritten either.
    pub fn take_in_layer(&mut self, theirs: &Peeked<Layer>) -> Result<Option<TakenIn>, OutsideError> {
        let key = theirs.found.key().clone();
        self.settle();
        let Some(ours) = self.state.layer(&key).cloned() else { return Ok(None) };
        if self.holder.is_some() {
            // Only looked at here: it is as they say.
            self.folder.acknowledge(theirs);
            self.state.load_layer(theirs.found.clone());
            self.step(None);
            return Ok(None);
        }
        let merged = merge_layers(self.on_disk.layers.get(&key), &ours, &theirs.found)?;
        if merged.layer != ours {
            self.apply(merged.change(&ours, "take in what was changed outside", &Self::stamp()))?;
        } else if merged.layer != theirs.found {
            self.dirty.layers.insert(key.clone());
        }
        self.folder.acknowledge(theirs);
        self.on_disk.layers.insert(key.clone(), theirs.found.clone());
        self.save_soon();
        let nothing = merged.conflicts.is_empty() && merged.taken == Taken::default();
        Ok((!nothing).then_some(TakenIn { key, taken: merged.taken, conflicts: merged.conflicts }))
    }

    /// Takes in a project file that others changed, as one step; `texts` are those of documents that came in or left,
    /// as far as they are at hand. Documents that left without one stay as they are here. Where one that came in has
    /// none yet, the file is taken in when it has; who only reads sees the rest of it until then.
    ///
    /// Of two entities with one number, ours gets another one: it is in no file of others yet, and what refers to it is
    /// at hand.
    ///
    /// # Errors
    /// Where it cannot be merged: then the file is not overwritten either.
    pub fn take_in_project(
        &mut self,
        theirs: &Peeked<Project>,
        texts: &BTreeMap<DocumentId, Text>,
    ) -> Result<TakenProject, OutsideError> {
        self.settle();
        let ours = self.state.project.clone();
        let mut merged = merge_projects(self.on_disk.project.as_ref(), &ours, &theirs.found)?;
        let at_hand = |id: &DocumentId| self.state.text(id).or_else(|| texts.get(id)).is_some();
        let new = merged.project.documents.iter().filter(|document| ours.document(&document.id).is_none());
        let awaited: Vec<_> = new.map(|document| document.id.clone()).filter(|id| !at_hand(id)).collect();
        self.awaited.set(&awaited);
        if self.holder.is_some() {
            // Only looked at here: it is as they say.
            let mut project = theirs.found.clone();
            project.documents.retain(|document| !awaited.contains(&document.id));
            if project != self.state.project {
                self.state.project = project;
                self.project_revision += 1;
                self.changed(Dirty::default(), None);
            }
            self.folder.acknowledge(theirs);
            self.on_disk.project = Some(theirs.found.clone());
            return Ok(TakenProject { conflicts: merged.conflicts, awaited, ..TakenProject::default() });
        }
        if !awaited.is_empty() {
            // To write it without them would take them from whoever added them.
            self.save_soon();
            return Ok(TakenProject { awaited, ..TakenProject::default() });
        }
        let renumbered = if self.on_disk.project.is_some() { make_way(&mut merged) } else { Vec::new() };
        let edits = project_edits(&ours, &merged.project, |id| self.state.text(id).or_else(|| texts.get(id)).cloned());
        if !edits.is_empty() {
            let mut change = Change::new("take in what was changed outside", &Self::stamp());
            change.project = edits;
            let numbers = renumbered.iter().map(|(was, entity)| (*was, entity.id)).collect();
            let is_ours = |key: &LayerKey, annotation: &Annotation, name: &Name| {
                // What the file said already when it was last read is meant as others mean it.
                let theirs = self.on_disk.layers.get(key).and_then(|layer| layer.get(annotation.id));
                theirs.and_then(|theirs| theirs.attributes.get(name)) != annotation.attributes.get(name)
            };
            change.layers = entities::follow(&self.state, &numbers, is_ours, &Self::stamp());
            self.apply(change)?;
        }
        self.folder.acknowledge(theirs);
        self.on_disk.project = Some(theirs.found.clone());
        if self.state.project != theirs.found {
            self.dirty.project = true;
            self.save_soon();
        }
        Ok(TakenProject { conflicts: merged.conflicts, renumbered, awaited })
    }

    /// Lays the layers of a document over its new text, each annotation where `chosen` says; the layers as they were
    /// are kept in the history. Returns how many annotations were not chosen or do not fit.
    ///
    /// # Errors
    /// Where somebody else works on one of the layers, or what was done on the old text is not in the files yet.
    pub fn exchange_text(
        &mut self,
        anchoring: &Anchoring,
        chosen: &[BTreeMap<AnnotationId, Span>],
    ) -> Result<usize, WorkError> {
        self.may_change(anchoring.text.layers.iter().map(|layer| &layer.key().annotator))?;
        let document = &anchoring.text.document;
        self.settle();
        let Some(at) = self.state.project.position(document) else { return Ok(0) };
        let mut left_out = 0;
        let mut layers = Vec::new();
        for accepted in anchoring.accepted(chosen) {
            // Should it not be possible, the journal and the text that was annotated are there still.
            let _ = self.folder.keep_layer(accepted.layer.key());
            left_out += accepted.left_out.len();
            layers.push(accepted.layer);
        }
        self.state.unload(document);
        self.state.load_text(document.clone(), anchoring.text.new.clone());
        anchoring.text.new.sha256().clone_into(&mut self.state.project.documents[at].sha256);
        let mut dirty = Dirty::project();
        for layer in layers {
            self.on_disk.layers.remove(layer.key());
            dirty.layers.insert(layer.key().clone());
            self.state.load_layer(layer);
        }
        let happened = self.history.exchange(document, Self::stamp().at);
        self.project_revision += 1;
        self.changed(dirty, None);
        self.record(happened);
        self.save_soon();
        self.flusher().hurry();
        Ok(left_out)
    }
}

/// Gives theirs the number that two entities have, and ours the free one; returns ours with the number that it had.
fn make_way(merged: &mut MergedProject) -> Vec<(EntityId, Entity)> {
    let entities = &mut merged.project.entities;
    let mut moved = Vec::new();
    for (was, free) in &merged.renumbered {
        let (Some(ours), Some(theirs)) = (entities.remove(was), entities.remove(free)) else { continue };
        let ours = Entity { id: *free, ..ours };
        moved.push((*was, ours.clone()));
        entities.extend([(*was, Entity { id: *was, ..theirs }), (*free, ours)]);
    }
    merged.conflicts.retain(|conflict| !matches!(conflict, ProjectConflict::SameEntityId { .. }));
    moved
}

/// What makes one project of another. Documents that come in or leave need their text: without one they are passed over.
fn project_edits(from: &Project, to: &Project, text_of: impl Fn(&DocumentId) -> Option<Text>) -> Vec<ProjectEdit> {
    let mut edits = Vec::new();
    if from.name != to.name {
        edits.push(ProjectEdit::Name { before: from.name.clone(), after: to.name.clone() });
    }
    if from.scheme != to.scheme {
        let (before, after) = (Box::new(from.scheme.clone()), Box::new(to.scheme.clone()));
        edits.push(ProjectEdit::Scheme { before, after });
    }
    let mut now = from.documents.clone();
    for gone in from.documents.iter().filter(|document| to.document(&document.id).is_none()) {
        let Some((text, at)) = text_of(&gone.id).zip(now.iter().position(|d| d.id == gone.id)) else { continue };
        let edit = Edit::remove(NewDocument { document: now.remove(at), text });
        edits.push(ProjectEdit::Membership { at, edit: Box::new(edit) });
    }
    let mut place = 0;
    for document in &to.documents {
        match now.iter().position(|d| d.id == document.id) {
            Some(at) => {
                let before = &now[at];
                if before != document {
                    let edit = Edit::change(before.clone(), document.clone());
                    edits.push(ProjectEdit::Document(Box::new(edit)));
                    now[at] = document.clone();
                }
                if at > place {
                    edits.push(ProjectEdit::Order { from: at, to: place });
                    let moved = now.remove(at);
                    now.insert(place, moved);
                }
                place += 1;
            }
            None => {
                let Some(text) = text_of(&document.id) else { continue };
                let at = place.min(now.len());
                let edit = Edit::make(NewDocument { document: document.clone(), text });
                edits.push(ProjectEdit::Membership { at, edit: Box::new(edit) });
                now.insert(at, document.clone());
                place = at + 1;
            }
        }
    }
    let ids = from.entities.keys().chain(to.entities.keys()).collect::<std::collections::BTreeSet<_>>();
    let mut next = from.next_entity;
    for id in ids {
        let (before, after) = (from.entities.get(id).cloned(), to.entities.get(id).cloned());
        if before != after {
            edits.push(ProjectEdit::Entity { edit: Edit { before, after }, next: (next, to.next_entity) });
            next = to.next_entity;
        }
    }
    edits
}

#[cfg(test)]
mod tests;
