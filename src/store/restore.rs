//! A project as it was: which copies make up its state at a time, and putting them back.
//!
//! A restoration is prepared as a whole before anything is written: each copy is unpacked, compared with its hash and
//! read over its text. What is there now is copied before it is replaced, so that a restoration can be restored.

use super::copies::{self, DamagedCopy, KeptCopy};
use super::fault::{Fault, FileError, in_words};
use super::lock::{Lock, LockError};
use super::project_folder::{ProjectFolder, Seen, read_exactly, sha256};
use super::{project_file, write};
use crate::model::{LayerKey, Project, Text};
use chrono::{DateTime, Utc};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How a file was at a time, as far as that is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Then {
    /// As it is now.
    AsNow,
    /// As this copy.
    Copy(KeptCopy),
    /// There is no copy as old as that: the file is younger, or its copies were thinned out.
    Unknown,
}

/// Why something cannot be put back. Nothing was written.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum RestoreError {
    /// The copy is not what it was.
    #[error("{damaged}\nhelp: {}", match next_older {
        Some(when) => format!("the next older one is of {}", shown(*when)),
        None => "there is no older one; nothing was changed".to_owned(),
    })]
    Damaged {
        /// Which copy, and why.
        damaged: DamagedCopy,
        /// When the next older copy came to be.
        next_older: Option<DateTime<Utc>>,
    },
    /// The copy is whole, but does not fit what is there now.
    #[error("the copy `{}` cannot be put back: {error}", copy.display())]
    DoesNotFit {
        /// Which copy.
        copy: PathBuf,
        /// Why.
        error: FileError,
    },
    /// A file of the project cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The lock was lost meanwhile.
    #[error("the lock was lost; nothing more was written\nhelp: see who works on the project, then try again")]
    LockLost,
    /// Somebody else is at work.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The file cannot be written.
    #[error("cannot write `{}`: {message}\nhelp: check that the disk has room and may be written to", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// In the system's words.
        message: String,
    },
}

/// `2026-11-23T10:00:00Z`
fn shown(when: DateTime<Utc>) -> String {
    when.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A file that is ready to be put back: whole, and read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Restoration {
    /// Which file of the project.
    pub path: PathBuf,
    /// From which copy.
    pub copy: KeptCopy,
    source: String,
}

impl ProjectFolder {
    /// How a layer was at `time`.
    pub fn layer_as_of(&self, key: &LayerKey, time: DateTime<Utc>) -> Result<Then, FileError> {
        let path = self.layer_path(key).map_err(|error| FileError::whole(self.path(), error.into()))?;
        self.as_of(&path, self.copies(key)?, time)
    }

    /// How `project.ron` was at `time`.
    pub fn project_as_of(&self, time: DateTime<Utc>) -> Result<Then, FileError> {
        self.as_of(&self.project_path(), self.project_copies()?, time)
    }

    fn as_of(&self, path: &Path, copies: Vec<KeptCopy>, time: DateTime<Utc>) -> Result<Then, FileError> {
        self.disk.stay_inside(path).map_err(|fault| FileError::whole(path, fault))?;
        let written = fs::metadata(path).and_then(|found| found.modified()).ok();
        let written = written.map(|written| copies::when(written, DateTime::<Utc>::MAX_UTC));
        if written.is_some_and(|written| written <= time) {
            return Ok(Then::AsNow);
        }
        Ok(copies.into_iter().find(|copy| copy.when <= time).map_or(Then::Unknown, Then::Copy))
    }

    /// Makes a copy of a layer ready to be put back over the text that is there now. Writes nothing.
    pub fn prepare_layer(&self, key: &LayerKey, copy: &KeptCopy, text: &Text) -> Result<Restoration, RestoreError> {
        let path = self.layer_path(key).map_err(|error| FileError::whole(self.path(), error.into()))?;
        let source = self.whole(copy, || self.copies(key))?;
        self.layer_of_copy(&source, key, text)
            .map_err(|error| RestoreError::DoesNotFit { copy: copy.path.clone(), error })?;
        Ok(Restoration { path, copy: copy.clone(), source })
    }

    /// Makes a copy of `project.ron` ready to be put back: every text that it names must be there. Writes nothing.
    pub fn prepare_project(&self, copy: &KeptCopy) -> Result<(Restoration, Project), RestoreError> {
        let path = self.project_path();
        let source = self.whole(copy, || self.project_copies())?;
        let does_not_fit = |error| RestoreError::DoesNotFit { copy: copy.path.clone(), error };
        let project = project_file::read(&source).map_err(|fault| does_not_fit(fault.in_file(&path, &source)))?;
        project.documents.iter().try_for_each(|document| self.load_text(document).map(drop)).map_err(does_not_fit)?;
        Ok((Restoration { path, copy: copy.clone(), source }, project))
    }

    fn whole(
        &self,
        copy: &KeptCopy,
        all: impl FnOnce() -> Result<Vec<KeptCopy>, FileError>,
    ) -> Result<String, RestoreError> {
        self.read_copy(copy).map_err(|damaged| {
            let older = all().unwrap_or_default().into_iter().filter(|other| other.path < copy.path);
            // Not one that is damaged as well.
            let next_older = older.filter(|copy| self.read_copy(copy).is_ok()).map(|copy| copy.when).next();
            RestoreError::Damaged { damaged, next_older }
        })
    }

    /// Puts a file back, after what is there now was copied; `false` if it is so already. `lock` must be that of the
    /// layer's annotator, or of the project.
    pub fn restore(&self, restoration: &Restoration, lock: &Lock) -> Result<bool, RestoreError> {
        let Restoration { path, source, .. } = restoration;
        let failed = |error: io::Error| RestoreError::Write { path: path.clone(), message: in_words(&error) };
        self.disk.stay_inside(path).map_err(|fault| FileError::whole(path, fault))?;
        if fs::read(path).is_ok_and(|now| now == source.as_bytes()) {
            return Ok(false);
        }
        self.disk.keep_now(path).map_err(failed)?;
        if !lock.is_still_mine() {
            return Err(RestoreError::LockLost);
        }
        let gate = &mut self.disk.gate();
        if let Some(folder) = path.parent() {
            write::make_folder(folder, gate).map_err(failed)?;
        }
        write::replace(path, source.as_bytes(), gate).map_err(failed)?;
        write::sync_folder_of(path, gate).map_err(failed)?;
        let seen = Seen { sha256: sha256(source.as_bytes()), job: 0 };
        self.disk.known().files.insert(path.clone(), seen);
        if read_exactly(path)? != *source {
            return Err(
                FileError::whole(path, Fault::Syntax("what was written is not what is there".to_owned())).into()
            );
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::State;
    use crate::edit::testing::{layer_of, state_of};
    use crate::model::testing::{key, noon};
    use crate::model::{Scheme, Status};
    use crate::store::Dirty;
    use chrono::TimeDelta;

    /// A project whose layer was changed on each of five days, each time in a session of its own.
    fn five_days() -> (tempfile::TempDir, ProjectFolder, Vec<String>) {
        let temp = tempfile::tempdir().unwrap();
        let mut state = state_of(layer_of("[speaker:Ana]: ça"));
        let folder = ProjectFolder::create(temp.path(), &Project::new("é", Scheme::default())).unwrap();
        folder.save(&state, &Dirty::everything(&state)).unwrap();
        let path = folder.layer_path(&key()).unwrap();
        let written = |when: DateTime<Utc>| {
            fs::File::options().write(true).open(&path).unwrap().set_modified(when.into()).unwrap();
        };
        written(noon() - TimeDelta::days(1));
        let mut sources = Vec::new();
        for day in 0..5 {
            let (folder, project) = ProjectFolder::open(temp.path()).unwrap();
            folder.load_all(project).unwrap();
            folder.keep_copy(&path).unwrap();
            let mut layer = state.layer(&key()).unwrap().clone();
            layer.set_status([Status::Done, Status::InProgress][day % 2]);
            if day == 3 {
                layer.remove(crate::model::AnnotationId(1)).unwrap();
            }
            state.load_layer(layer);
            folder.save(&state, &Dirty::everything(&state)).unwrap();
            written(on(day));
            sources.push(fs::read_to_string(&path).unwrap());
        }
        let (folder, _) = ProjectFolder::open(temp.path()).unwrap();
        (temp, folder, sources)
    }

    fn on(day: usize) -> DateTime<Utc> {
        noon() + TimeDelta::days(day as i64)
    }

    fn text(state: &ProjectFolder) -> Text {
        state.read_text(&key().document).unwrap()
    }

    #[test]
    fn a_layer_is_put_back_as_it_was_and_what_it_replaced_can_be_put_back_as_well() {
        let (_temp, folder, sources) = five_days();
        let path = folder.layer_path(&key()).unwrap();
        let lock = folder.lock(&key().annotator).unwrap();
        assert_eq!(folder.layer_as_of(&key(), on(4)), Ok(Then::AsNow));
        assert_eq!(folder.layer_as_of(&key(), on(0) - TimeDelta::days(2)), Ok(Then::Unknown));
        for day in [2, 1, 3] {
            // An hour later it was still so.
            let Ok(Then::Copy(copy)) = folder.layer_as_of(&key(), on(day) + TimeDelta::hours(1)) else { panic!() };
            let restoration = folder.prepare_layer(&key(), &copy, &text(&folder)).unwrap();
            assert_eq!(folder.restore(&restoration, &lock), Ok(true));
            assert_eq!(fs::read_to_string(&path).unwrap(), sources[day]);
            assert_eq!(folder.restore(&restoration, &lock), Ok(false));
            let newest = folder.copies(&key()).unwrap();
            assert!(newest.iter().any(|copy| folder.read_copy(copy).unwrap() == sources[4]));
        }
        // What was restored can be saved over: it is known.
        let (_, project) = ProjectFolder::open(folder.path()).unwrap();
        let mut state = State::new(project);
        folder.load_document(&mut state, &key().document).unwrap();
        assert!(folder.save(&state, &Dirty::everything(&state)).is_ok());
    }

    #[test]
    fn a_damaged_copy_is_not_put_back_and_the_next_older_whole_one_is_offered() {
        let (_temp, folder, sources) = five_days();
        let copies = folder.copies(&key()).unwrap();
        for copy in &copies[..2] {
            fs::write(&copy.path, "damaged").unwrap();
        }
        let error = folder.prepare_layer(&key(), &copies[0], &text(&folder)).unwrap_err();
        assert!(matches!(&error, RestoreError::Damaged { next_older: Some(when), .. } if *when == on(1)), "{error}");
        assert!(error.to_string().contains("the next older one is of 2023-09-30T12:00:00Z"), "{error}");
        assert_eq!(fs::read_to_string(folder.layer_path(&key()).unwrap()).unwrap(), sources[4]);
    }

    #[test]
    fn a_copy_that_does_not_fit_the_text_is_not_put_back_and_neither_is_one_without_the_lock() {
        let (_temp, folder, _) = five_days();
        let copy = folder.copies(&key()).unwrap().remove(0);
        let error = folder.prepare_layer(&key(), &copy, &Text::new("another text")).unwrap_err();
        assert!(matches!(error, RestoreError::DoesNotFit { .. }), "{error}");
        let restoration = folder.prepare_layer(&key(), &copy, &text(&folder)).unwrap();
        let lock = folder.lock(&key().annotator).unwrap();
        fs::remove_dir_all(folder.path().join(".byline/locks")).unwrap();
        assert_eq!(folder.restore(&restoration, &lock), Err(RestoreError::LockLost));
    }

    #[test]
    fn the_project_file_comes_back_if_its_texts_are_there_even_if_the_present_one_is_broken() {
        let (temp, folder, _) = five_days();
        folder.keep_copy(&folder.project_path()).unwrap();
        let good = fs::read_to_string(folder.project_path()).unwrap();
        fs::write(folder.project_path(), "(format: \"byl").unwrap();
        let folder = ProjectFolder::at(temp.path());
        let copy = folder.project_copies().unwrap().remove(0);
        let (restoration, project) = folder.prepare_project(&copy).unwrap();
        assert_eq!(project.documents.len(), 1);
        assert_eq!(folder.restore(&restoration, &folder.lock_project().unwrap()), Ok(true));
        assert_eq!(fs::read_to_string(folder.project_path()).unwrap(), good);
        assert!(ProjectFolder::open(temp.path()).is_ok());
        fs::remove_file(folder.text_path(&key().document)).unwrap();
        assert!(matches!(folder.prepare_project(&copy), Err(RestoreError::DoesNotFit { .. })));
    }
}
