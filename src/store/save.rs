//! Saving: what is to be written is taken from the state at once, and written by whoever runs the job.
//!
//! Order, so that a crash in between leaves a project that opens: texts, then layers, then the project file that names
//! them, then the files of documents that it names no more. Each file is replaced as a whole ([`super::write`]).

use super::annotator_folder::BadAnnotator;
use super::fault::in_words;
use super::inside::{self, Astray};
use super::layer_file::{self, NotFinite};
use super::lock::Holder;
use super::project_file;
use super::project_folder::{Disk, ProjectFolder, Seen, names_in, sha256};
use super::write::{self, Gate};
use crate::edit::{Change, State};
use crate::model::{DocumentId, Layer, LayerKey, Project, Text};
use chrono::Utc;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

/// `documents/.gitattributes`. Line ends belong to the text: version control must not rewrite them.
pub(super) const TEXT_ATTRIBUTES: &str = "* -text\n";

/// What was changed since it was last saved.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dirty {
    /// Scheme, list of documents, metadata, entities.
    pub project: bool,
    /// Layers.
    pub layers: BTreeSet<LayerKey>,
}

impl Dirty {
    /// The project file only.
    pub fn project() -> Self {
        Self { project: true, layers: BTreeSet::new() }
    }

    /// Everything that is loaded.
    pub fn everything(state: &State) -> Self {
        Self { project: true, layers: state.layers().map(|l| l.key().clone()).collect() }
    }

    /// Takes note of what a change, its undo or its redo touches.
    pub fn note(&mut self, change: &Change) {
        self.project |= !change.project.is_empty();
        self.layers.extend(change.layers.iter().map(|l| l.key.clone()));
    }

    /// Takes note of what another holds: of [`SaveError::unsaved`], to try again.
    pub fn merge(&mut self, other: Self) {
        self.project |= other.project;
        self.layers.extend(other.layers);
    }

    /// Whether there is nothing to save.
    pub fn is_empty(&self) -> bool {
        !self.project && self.layers.is_empty()
    }
}

/// What a job did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Saved {
    /// Files that were made or replaced.
    pub written: Vec<PathBuf>,
    /// Files that were already as they should be, or that a later job wrote.
    pub unchanged: usize,
    /// Files of removed documents, where they lie now.
    pub moved: Vec<PathBuf>,
}

/// Why a file cannot be saved.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum Refused {
    /// No room.
    #[error("the disk is full")]
    DiskFull,
    /// The disk or the file is read-only.
    #[error("the disk is read-only")]
    ReadOnly,
    /// No right to write.
    #[error("you may not write this file")]
    Denied,
    /// The folder was moved, removed or unplugged.
    #[error("the project is no longer there")]
    Gone,
    /// What was begun there does not come back: a share whose server is gone.
    #[error("the disk does not answer")]
    NoAnswer,
    /// Somebody else wrote the file since it was read.
    #[error("the file was changed outside Byline since it was read")]
    ChangedOutside,
    /// The lock of this session is in other hands.
    #[error("somebody else has taken over")]
    TakenOver,
    /// Somebody else is writing the project file.
    #[error("the project is being written by {0}")]
    Busy(Holder),
    /// A value that no file can hold.
    #[error(transparent)]
    NotFinite(#[from] NotFinite),
    /// A new document without text.
    #[error("the text of document “{0}” is not loaded")]
    NoText(DocumentId),
    /// What would be written could not be read again.
    #[error("the project would not be readable: {0}")]
    Unreadable(String),
    /// The annotator's name cannot name a folder.
    #[error(transparent)]
    BadAnnotator(#[from] BadAnnotator),
    /// The file would lie outside the project.
    #[error(transparent)]
    Astray(#[from] Astray),
    /// Byline itself is at fault.
    #[error("a fault in Byline itself: {0}")]
    Fault(String),
    /// Anything else.
    #[error("{message}")]
    Other {
        /// What kind.
        kind: io::ErrorKind,
        /// In the system's words.
        message: String,
    },
}

impl Refused {
    fn from_io(error: &io::Error) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::StorageFull | Kind::QuotaExceeded => Self::DiskFull,
            Kind::ReadOnlyFilesystem => Self::ReadOnly,
            Kind::PermissionDenied => Self::Denied,
            Kind::NotFound | Kind::NotADirectory => Self::Gone,
            kind => Self::Other { kind, message: in_words(error) },
        }
    }

    /// Whether it may pass by itself: room is made, a disk is plugged in again, a share answers.
    pub fn may_pass(&self) -> bool {
        use Refused::{Busy, Denied, DiskFull, Gone, NoAnswer, Other, ReadOnly};
        matches!(self, DiskFull | ReadOnly | Denied | Gone | NoAnswer | Busy(_) | Other { .. })
    }

    /// What to do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::DiskFull => "free some room and save again; the file on disk is the last saved one, whole",
            Self::ReadOnly | Self::Denied => {
                "make the folder writable, or copy the project to one that is, and save again"
            }
            Self::Gone => "bring the folder back to its place (is the disk plugged in?) and save again",
            Self::NoAnswer => {
                "save a copy elsewhere, or wait: what was begun is finished as soon as the disk answers again"
            }
            Self::ChangedOutside => "keep a copy of the file, then reload the project; nothing was overwritten",
            Self::TakenOver => "save a copy elsewhere, then open the project again; nothing was overwritten",
            Self::Busy(_) => "save again in a moment",
            Self::NotFinite(_) => "give the attribute a number, or remove it, and save again",
            Self::NoText(_) => "open the document, or remove it from the project, and save again",
            Self::Unreadable(_) => "undo the last change to the scheme or the documents, and save again",
            Self::BadAnnotator(_) => "choose a shorter name",
            Self::Astray(astray) => astray.help(),
            Self::Fault(_) => "save a copy elsewhere; the file on disk is the last saved one, whole",
            Self::Other { .. } => "check the disk and save again; the file on disk is the last saved one, whole",
        }
    }
}

/// One file that could not be saved.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[error("cannot save `{}`: {cause}\nhelp: {}", path.display(), cause.help())]
pub struct SaveProblem {
    /// Which file.
    pub path: PathBuf,
    /// Why.
    pub cause: Refused,
}

/// Some of it could not be saved; every file on disk is whole, and the rest was saved.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub struct SaveError {
    /// At least one.
    pub problems: Vec<SaveProblem>,
    /// What is still to be saved.
    pub unsaved: Dirty,
    /// What was saved.
    pub saved: Saved,
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            write!(f, "{}{problem}", if i > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

/// What is to be written, taken from the state; can be sent to another thread.
#[must_use = "nothing is saved until the job is run"]
pub struct SaveJob {
    disk: Arc<Disk>,
    number: u64,
    /// The project with the texts that are loaded; `None` if only layers changed.
    project: Option<(Project, BTreeMap<DocumentId, Text>)>,
    layers: Vec<Layer>,
}

impl ProjectFolder {
    /// Takes what is dirty out of `state` without copying annotations; run the job, here or on another thread.
    /// Jobs may be run in any order: an earlier one never overwrites a later one.
    pub fn prepare(&self, state: &State, dirty: &Dirty) -> SaveJob {
        let mut known = self.disk.known();
        known.jobs += 1;
        let number = known.jobs;
        drop(known);
        let project = dirty.project.then(|| {
            let texts = state.project.documents.iter();
            let texts = texts.filter_map(|d| state.text(&d.id).map(|text| (d.id.clone(), text.clone())));
            (state.project.clone(), texts.collect())
        });
        let layers = dirty.layers.iter().filter_map(|key| state.layer(key).cloned()).collect();
        SaveJob { disk: self.disk.clone(), number, project, layers }
    }

    /// Saves all of what leads to `after`, or leaves the project as it was: what was written before something could
    /// not be is taken back. `before` is asked for the earlier state only then.
    pub fn save_whole(
        &self,
        after: &State,
        dirty: &Dirty,
        before: impl FnOnce() -> Option<State>,
    ) -> Result<Saved, SaveError> {
        self.save(after, dirty).inspect_err(|error| {
            if !error.saved.written.is_empty()
                && let Some(before) = before()
            {
                self.take_back(&before, after, dirty, error);
            }
        })
    }

    fn take_back(&self, before: &State, after: &State, dirty: &Dirty, error: &SaveError) {
        let restored = self.save(before, dirty);
        if restored.is_err() && !error.unsaved.project {
            // The project file names the new documents: their files stay.
            return;
        }
        for path in &error.saved.written {
            let stem = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| DocumentId::new(stem).ok());
            let is_new =
                |id: &DocumentId| after.project.document(id).is_some() && before.project.document(id).is_none();
            // Written a moment ago, and nobody names it: the file of a document that did not enter.
            if stem.is_some_and(|id| is_new(&id)) {
                let gate = &mut self.disk.gate();
                let _ = write::remove(path, gate);
                let _ = path.parent().map(|folder| write::remove_folder(folder, gate));
            }
        }
    }

    /// Saves at once, on this thread.
    pub fn save(&self, state: &State, dirty: &Dirty) -> Result<Saved, SaveError> {
        self.prepare(state, dirty).run()
    }
}

impl SaveJob {
    /// Whether `project.ron` is among what is to be written.
    pub fn holds_project(&self) -> bool {
        self.project.is_some()
    }

    /// Writes nothing, for this reason.
    pub fn refuse(self, cause: Refused) -> SaveError {
        let layers = self.layers.iter().map(|layer| layer.key().clone()).collect();
        SaveError {
            problems: vec![SaveProblem { path: self.disk.root.clone(), cause }],
            unsaved: Dirty { project: self.project.is_some(), layers },
            saved: Saved::default(),
        }
    }

    /// The project file of the project that is saved.
    pub fn project_path(&self) -> PathBuf {
        self.disk.project_path()
    }

    /// Writes what differs from the files; a file that cannot be written does not keep the others from it.
    pub fn run(self) -> Result<Saved, SaveError> {
        let mut gate = self.disk.gate();
        self.run_through(&mut gate)
    }

    fn run_through(self, gate: Gate) -> Result<Saved, SaveError> {
        let disk = self.disk.clone();
        let _one_at_a_time = disk.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut run = Run {
            disk: &disk,
            number: self.number,
            gate,
            folders: BTreeSet::new(),
            saved: Saved::default(),
            problems: Vec::new(),
            unsaved: Dirty::default(),
        };
        run.all(self.project, &self.layers);
        if run.problems.is_empty() {
            return Ok(run.saved);
        }
        Err(SaveError { problems: run.problems, unsaved: run.unsaved, saved: run.saved })
    }
}

/// A job while it runs.
struct Run<'a> {
    disk: &'a Disk,
    number: u64,
    gate: Gate<'a>,
    /// Files that were written into folders that are not yet synced.
    folders: BTreeSet<PathBuf>,
    saved: Saved,
    problems: Vec<SaveProblem>,
    unsaved: Dirty,
}

type Outcome = Result<(), SaveProblem>;

/// Nothing is written through a link that leads out of the project.
fn stay_inside(root: &Path, path: &Path) -> Outcome {
    inside::check(root, path).map_err(|astray| SaveProblem { path: path.to_owned(), cause: astray.into() })
}

fn problem(path: &Path) -> impl Fn(io::Error) -> SaveProblem {
    |error| SaveProblem { path: path.to_owned(), cause: Refused::from_io(&error) }
}

impl Run<'_> {
    fn all(&mut self, project: Option<(Project, BTreeMap<DocumentId, Text>)>, layers: &[Layer]) {
        // A project file that a later job wrote knows better which documents there are.
        let project = project.filter(|_| !self.is_overtaken(&self.disk.project_path()));
        let named: BTreeSet<_> = match &project {
            Some((project, _)) => project.documents.iter().map(|d| d.id.clone()).collect(),
            None => self.disk.known().documents.clone(),
        };
        let ready = self.prepare_folder();
        let texts = ready.and_then(|()| match &project {
            Some((project, texts)) => self.texts(project, texts),
            None => Ok(()),
        });
        let texts_are_there = self.noted(texts);
        let keys: Vec<_> = layers.iter().map(|layer| layer.key().clone()).collect();
        for layer in layers.iter().filter(|layer| named.contains(&layer.key().document)) {
            let key = layer.key().clone();
            let done = if texts_are_there { self.layer(layer) } else { Ok(()) };
            if !self.noted(done) || !texts_are_there {
                self.unsaved.layers.insert(key);
            }
        }
        let synced = self.sync_folders();
        if !self.noted(synced) {
            self.unsaved.layers.extend(keys);
        }
        if let Some((project, _)) = &project {
            // After all layers, whether they could be saved or not: what could not is still in memory.
            let done = if texts_are_there { self.project(project) } else { Ok(()) };
            self.unsaved.project = !self.noted(done) || !texts_are_there;
        }
        if !self.folders.is_empty() {
            let synced = self.sync_folders();
            self.noted(synced);
        }
    }

    fn noted(&mut self, outcome: Outcome) -> bool {
        let fine = outcome.is_ok();
        self.problems.extend(outcome.err());
        fine
    }

    /// Nothing is written into a folder whose project has gone: an unplugged disk leaves an empty one behind.
    fn prepare_folder(&mut self) -> Outcome {
        let root = &self.disk.root;
        let project = self.disk.project_path();
        let was_there = self.disk.known().files.contains_key(&project);
        if !root.is_dir() || (was_there && !project.is_file()) {
            return Err(SaveProblem { path: project, cause: Refused::Gone });
        }
        stay_inside(root, &self.disk.private(""))?;
        private_folder(root, self.gate).map_err(problem(root))
    }

    fn texts(&mut self, project: &Project, texts: &BTreeMap<DocumentId, Text>) -> Outcome {
        let on_disk = self.disk.known().documents.clone();
        for document in project.documents.iter().filter(|d| !on_disk.contains(&d.id)) {
            let path = self.disk.text_path(&document.id);
            let no_text = || SaveProblem { path: path.clone(), cause: Refused::NoText(document.id.clone()) };
            let text = texts.get(&document.id).ok_or_else(no_text)?;
            stay_inside(&self.disk.root, &path)?;
            if let Some(folder) = path.parent().filter(|folder| !folder.is_dir()) {
                write::make_folder(folder, self.gate).map_err(problem(&path))?;
                let attributes = folder.join(".gitattributes");
                write::replace(&attributes, TEXT_ATTRIBUTES.as_bytes(), self.gate).map_err(problem(&attributes))?;
            }
            self.file(&path, text.as_str().as_bytes())?;
        }
        self.sync_folders()
    }

    fn layer(&mut self, layer: &Layer) -> Outcome {
        let path = self.disk.layer_path(layer.key());
        let path = path.map_err(|e| SaveProblem { path: self.disk.root.join("annotations"), cause: e.into() })?;
        stay_inside(&self.disk.root, &path)?;
        let on_disk = self.disk.known().files.contains_key(&path);
        if layer.is_untouched() && !on_disk && !path.exists() {
            return Ok(());
        }
        let source = layer_file::write(layer).map_err(|e| SaveProblem { path: path.clone(), cause: e.into() })?;
        if let Some(folder) = path.parent() {
            write::make_folder(folder, self.gate).map_err(problem(&path))?;
        }
        // Should the text be changed outside, the annotations are anchored anew with the old one.
        let _ = self.disk.keep_text(layer.text());
        self.file(&path, source.as_bytes())
    }

    fn project(&mut self, project: &Project) -> Outcome {
        let path = self.disk.project_path();
        stay_inside(&self.disk.root, &path)?;
        let source = project_file::write(project);
        // A project that cannot be opened is worse than one that is not saved.
        if let Err(fault) = project_file::read(&source) {
            return Err(SaveProblem { path, cause: Refused::Unreadable(fault.fault.to_string()) });
        }
        self.file(&path, source.as_bytes())?;
        self.sync_folders()?;
        let named: BTreeSet<_> = project.documents.iter().map(|d| d.id.clone()).collect();
        let known = std::mem::take(&mut self.disk.known().documents);
        let mut kept = named.clone();
        let mut outcome = Ok(());
        for id in known.difference(&named).cloned() {
            let moved = self.put_away(&id);
            if moved.is_err() {
                // Still there, so that the next save tries again.
                kept.insert(id);
            }
            outcome = outcome.and(moved);
        }
        self.disk.known().documents = kept;
        outcome
    }

    fn is_overtaken(&mut self, path: &Path) -> bool {
        let overtaken = self.disk.known().files.get(path).is_some_and(|seen| seen.job > self.number);
        self.saved.unchanged += usize::from(overtaken);
        overtaken
    }

    /// Makes or replaces one file, unless it is already so, somebody else changed it, or a later job was here.
    fn file(&mut self, path: &Path, bytes: &[u8]) -> Outcome {
        if self.is_overtaken(path) {
            return Ok(());
        }
        let found = match fs::read(path) {
            Ok(found) => Some(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(problem(path)(error)),
        };
        let seen = self.disk.known().files.get(path).cloned();
        match found {
            Some(found) if found == bytes => self.saved.unchanged += 1,
            // A file that was deleted is written again: nothing is overwritten by that.
            Some(found) if seen.is_none_or(|seen| seen.sha256 != sha256(&found)) => {
                return Err(SaveProblem { path: path.to_owned(), cause: Refused::ChangedOutside });
            }
            found => {
                if found.is_some() {
                    // What was there before goes into the history; that it cannot is no reason not to save.
                    let _ = self.disk.keep_copy(path);
                }
                write::replace(path, bytes, self.gate).map_err(problem(path))?;
                self.folders.extend(path.parent().map(Path::to_owned));
                self.saved.written.push(path.to_owned());
            }
        }
        let seen = Seen { sha256: sha256(bytes), job: self.number };
        self.disk.known().files.insert(path.to_owned(), seen);
        Ok(())
    }

    /// Makes the names in all folders that were written into durable: once for each folder, not for each file.
    fn sync_folders(&mut self) -> Outcome {
        let mut folders = std::mem::take(&mut self.folders);
        folders.append(&mut self.disk.known().unsynced);
        self.disk.known().unsynced.clone_from(&folders);
        for folder in folders {
            // One that was removed meanwhile has nothing to make durable.
            if folder.is_dir() {
                write::sync_folder_of(&folder.join("file"), self.gate).map_err(problem(&folder))?;
            }
            self.disk.known().unsynced.remove(&folder);
        }
        Ok(())
    }

    /// Moves the files of a document that the project names no more; nothing is ever deleted.
    fn put_away(&mut self, document: &DocumentId) -> Outcome {
        let root = &self.disk.root;
        let time = Utc::now().format("%Y%m%dT%H%M%SZ").to_string();
        let bins = (1..).map(|n| if n == 1 { time.clone() } else { format!("{time}-{n}") });
        let mut bins = bins.map(|name| root.join(".byline").join("removed").join(name));
        let text = self.disk.text_path(document);
        let in_bin = |bin: &Path, path: &Path| path.strip_prefix(root).ok().map(|inner| bin.join(inner));
        let is_free = |bin: &PathBuf| in_bin(bin, &text).is_some_and(|path| !path.exists());
        let Some(bin) = bins.find(is_free) else { return Ok(()) };
        let annotations = root.join("annotations");
        let folders = names_in(&annotations).unwrap_or_default();
        let layers = folders.iter().map(|folder| annotations.join(folder).join(format!("{document}.ron")));
        let files: Vec<_> = layers.chain([text.clone()]).filter(|path| path.is_file()).collect();
        for path in files {
            let Some(to) = in_bin(&bin, &path) else { continue };
            stay_inside(root, &path).and_then(|()| stay_inside(root, &to))?;
            if let Some(folder) = to.parent() {
                write::make_folder(folder, self.gate).map_err(problem(&path))?;
            }
            write::move_file(&path, &to, self.gate).map_err(problem(&path))?;
            self.disk.known().files.remove(&path);
            self.folders.extend([&path, &to].into_iter().filter_map(|p| p.parent().map(Path::to_owned)));
            self.saved.moved.push(to);
        }
        self.sync_folders()
    }
}

/// Makes `.byline/`, which git is told to ignore.
pub(super) fn private_folder(root: &Path, gate: Gate) -> io::Result<()> {
    let ignore = root.join(".byline").join(".gitignore");
    if ignore.exists() {
        return Ok(());
    }
    write::make_folder(&root.join(".byline"), gate)?;
    write::replace(&ignore, b"*\n", gate)?;
    write::sync_folder_of(&ignore, gate)
}

#[cfg(test)]
mod tests;
