//! What saves that were killed left behind: files that never got their names.
//!
//! Nobody reads them, but they lie in the person's folders. They go when somebody begins to work there, and only those
//! that are old: who else may write there meanwhile, a command or the session of another annotator, makes such a file
//! and renames it at once. Should one be taken from under a save that hung for so long, that save fails, says so, and is
//! done again.
//!
//! Elsewhere: how they are made (`write`).

use super::annotator_folder::folder_of;
use super::project_folder::{Disk, ProjectFolder};
use super::{inside, write};
use crate::model::Name;
use std::fs::{self, DirEntry};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// From writing such a file to its renaming it takes less than this by far.
const OLD: Duration = Duration::from_mins(10);

impl ProjectFolder {
    /// Removes what saves that were killed left where `annotator` writes: to be called by who holds their lock. What
    /// cannot be removed stays.
    pub fn remove_left_over(&self, annotator: &Name) {
        let disk = &self.disk;
        let shared =
            [disk.root.join("documents"), disk.private(""), disk.private("locks"), disk.private("history/texts")];
        let own = folder_of(annotator).map(|folder| disk.root.join("annotations").join(folder));
        for folder in shared.iter().chain([&disk.root, &disk.private("locks/annotators")]).chain(&own.ok()) {
            disk.remove_left_over(folder);
        }
    }
}

impl Disk {
    /// The same in one folder.
    pub fn remove_left_over(&self, folder: &Path) {
        // Never through a link that leads elsewhere.
        if inside::check(&self.root, folder).is_err() {
            return;
        }
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        for entry in entries.filter(is_left_over) {
            let _ = write::remove(&entry.path(), &mut self.gate());
        }
    }
}

fn is_left_over(entry: &DirEntry) -> bool {
    let is_ours = entry.file_name().to_str().is_some_and(write::is_new_files_name);
    // Of a link, the link itself; of a file that will be written tomorrow, nothing is known.
    let found = is_ours.then(|| entry.metadata().ok()).flatten().filter(fs::Metadata::is_file);
    let age = found.and_then(|found| SystemTime::now().duration_since(found.modified().ok()?).ok());
    age.is_some_and(|age| age > OLD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Project, Scheme};
    use std::path::PathBuf;

    /// A file as a save leaves it that is killed before its rename.
    fn leave(folder: &Path, age: Duration) -> PathBuf {
        fs::create_dir_all(folder).unwrap();
        let (file, path) = write::new_file(folder).unwrap().keep().unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
        path
    }

    #[test]
    fn what_killed_saves_left_goes_when_work_begins_and_nothing_else_does() {
        let temp = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        ProjectFolder::create(temp.path(), &Project::new("é", Scheme::default())).unwrap();
        let hour = Duration::from_hours(1);
        let folders =
            ["", "documents", "annotations/maria", ".byline", ".byline/locks/annotators", ".byline/history/texts"];
        let old: Vec<_> = folders.iter().map(|folder| leave(&temp.path().join(folder), hour)).collect();
        let mut others: Vec<_> = folders.iter().map(|folder| leave(&temp.path().join(folder), hour / 12)).collect();
        others.push(leave(&temp.path().join("annotations/zoe"), hour));
        others.push(leave(outside.path(), hour));
        for name in [".byline-notes.tmp", ".byline-é1234.tmp", "byline-a1b2c3.tmp", ".byline-a1b2c3.tmp.ron"] {
            let path = temp.path().join(name);
            let file = fs::File::create(&path).unwrap();
            file.set_modified(SystemTime::now() - hour).unwrap();
            others.push(path);
        }
        fs::create_dir(temp.path().join(".byline-folder.tmp")).unwrap();
        #[cfg(unix)]
        {
            let _ = fs::remove_dir_all(temp.path().join(".byline/locks"));
            std::os::unix::fs::symlink(outside.path(), temp.path().join(".byline/locks")).unwrap();
        }
        let (folder, _) = ProjectFolder::open(temp.path()).unwrap();
        folder.remove_left_over(&"maria".into());
        let is_there = |path: &PathBuf| path.exists();
        assert_eq!(old.iter().filter(|path| is_there(path)).collect::<Vec<_>>(), Vec::<&PathBuf>::new());
        let locks = temp.path().join(".byline/locks");
        let gone = others.iter().filter(|path| !path.starts_with(&locks) && !is_there(path));
        assert_eq!(gone.collect::<Vec<_>>(), Vec::<&PathBuf>::new());
    }
}
