//! Opening a project for work: its journal is read, and what a crash left behind is put together.

use crate::edit::{History, State};
use crate::model::{DocumentId, LayerKey, Name, Project, counted};
use crate::store::{Damage, Dirty, FileError, Holder, Journal, Lock, LockError, ProjectFolder, Recovered, Told};
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

/// A project that is ready to be worked on. Nothing of it was written but copies of damaged files; what saves that were
/// killed left behind is gone.
pub struct Opened {
    pub(super) folder: ProjectFolder,
    pub(super) state: State,
    pub(super) history: History,
    pub(super) dirty: Dirty,
    pub(super) annotator: Name,
    pub(super) journal: Journal,
    pub(super) lock: Option<Lock>,
    /// Who works as this annotator already: then it can only be read.
    pub(super) holder: Option<Holder>,
    /// What there is to tell, if anything.
    pub report: Option<Report>,
}

impl Opened {
    /// The project as it is, with what was put together.
    pub fn project(&self) -> &Project {
        &self.state.project
    }

    /// Where it lies.
    pub fn folder(&self) -> &ProjectFolder {
        &self.folder
    }
}

/// What was found after a crash.
#[derive(Debug)]
pub struct Report {
    /// How many actions were brought back that were not in the files.
    pub actions: usize,
    /// The titles of the documents in which.
    pub documents: Vec<String>,
    /// What did not fit, could not be read or is missing, a line each.
    pub troubles: Vec<String>,
    /// Copies of files that are not what was written.
    pub kept: Vec<PathBuf>,
}

impl Report {
    /// Whether everything that was done is there again.
    pub fn is_clean(&self) -> bool {
        self.troubles.is_empty()
    }

    fn of(recovered: &Recovered, damage: &[Damage]) -> Option<Self> {
        let documents: BTreeSet<_> = recovered.dirty.layers.iter().map(|LayerKey { document, .. }| document).collect();
        let project = &recovered.state.project;
        let title = |id: &&DocumentId| project.document(id).map_or_else(|| id.to_string(), |it| it.title.clone());
        let troubles = recovered.errors.iter().map(ToString::to_string);
        let troubles = troubles.chain(damage.iter().map(ToString::to_string));
        let report = Self {
            actions: recovered.actions,
            documents: documents.iter().map(title).collect(),
            troubles: troubles.chain(recovered.differences.iter().map(ToString::to_string)).collect(),
            kept: recovered.kept.clone(),
        };
        (report.actions > 0 || !report.troubles.is_empty()).then_some(report)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let actions = counted(self.actions, "action");
        let place = match &self.documents[..] {
            [] => String::new(),
            [one] => format!(" in “{one}”"),
            more => format!(" in {}", counted(more.len(), "document")),
        };
        match (self.actions, self.is_clean()) {
            (0, _) => write!(f, "Part of the journal cannot be read. The files of the project are whole.")?,
            (_, true) => {
                write!(f, "Byline had ended before everything was in the files: {actions}{place} came back from the ")?;
                write!(f, "journal. Nothing is lost.")?;
            }
            (_, false) => {
                write!(f, "Byline had ended before everything was in the files. {actions}{place} came back from the ")?;
                write!(f, "journal, but not everything fitted:")?;
            }
        }
        for trouble in &self.troubles {
            write!(f, "\n· {trouble}")?;
        }
        if !self.kept.is_empty() {
            write!(f, "\nAs they were before, these are kept:")?;
        }
        for kept in &self.kept {
            write!(f, "\n· `{}`", kept.display())?;
        }
        Ok(())
    }
}

/// Opens the work of an annotator in a project; for reading only, if it is being worked on elsewhere. What cannot be
/// written in the project's journal is looked for in the folder `rescue`, and will be written there.
///
/// # Errors
/// Where the annotator's name cannot name a folder, or a newer version of Byline wrote the journal.
pub fn open(
    folder: ProjectFolder,
    project: Project,
    annotator: &Name,
    rescue: Option<&Path>,
) -> Result<Opened, FileError> {
    // Where there is no way to lock, as in a folder that is read-only, there is none to write either: what is done is
    // kept elsewhere.
    let (lock, holder) = match folder.lock(annotator) {
        Ok(lock) => (Some(lock), None),
        Err(LockError::Held { holder, .. }) => (None, Some(holder)),
        Err(_) => (None, None),
    };
    if lock.is_some() {
        folder.remove_left_over(annotator);
    }
    let (journal, mut told) = folder.journal(annotator, rescue)?;
    if holder.is_some() {
        // What is not in the files yet is being written by whoever holds the lock.
        told = Told::default();
    }
    let recovered = folder.recover(project, &journal, &told);
    let report = Report::of(&recovered, &told.damage);
    let Recovered { state, dirty, .. } = recovered;
    let (annotator, history) = (annotator.clone(), told.history);
    Ok(Opened { folder, state, history, dirty, annotator, journal, lock, holder, report })
}
