//! What a disk can do to a save: every step of it failing, once or from then on, and every instant at which the power
//! can go, with what was not synced there in full, in part, or not at all.
//!
//! The steps are recorded where all writing passes ([`super::write`]); what may be on the disk after a cut is built
//! from them in a folder of its own, and opened as after any crash. With `BYLINE_LONG=1` there is more of it, and a
//! report.

use super::copies::KeptCopy;
use super::journal::{Entry, Journal};
use super::lock::{Lock, LockError};
use super::place::Place;
use super::project_folder::{ProjectFolder, Seam};
use super::save::Dirty;
use super::testing::scratch;
use super::write::{Op, Stop};
use crate::edit::testing::{TEXT, command, draws, layer_of, state_of};
use crate::edit::{Happened, History, NewDocument, Stamp, State, documents};
use crate::model::testing::{key, noon};
use crate::model::{DocumentId, Project, Scheme, Text};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// One step that was taken, or the news that all up to an event was said to be safe.
#[derive(Clone, Debug)]
pub(super) enum Taken {
    MakeFolder(PathBuf),
    Create(PathBuf),
    Write(PathBuf, Vec<u8>),
    Overwrite(PathBuf, Vec<u8>),
    Sync(PathBuf),
    Rename(PathBuf, PathBuf),
    SyncFolder(PathBuf),
    Remove(PathBuf),
    Safe(u64),
}

impl Taken {
    pub fn of(op: Op) -> Option<Self> {
        Some(match op {
            Op::Begin(_) => return None,
            Op::MakeFolder(path) => Self::MakeFolder(path.to_owned()),
            Op::Create(path) => Self::Create(path.to_owned()),
            Op::Write(path, bytes) => Self::Write(path.to_owned(), bytes.to_owned()),
            Op::Overwrite(path, bytes) => Self::Overwrite(path.to_owned(), bytes.to_owned()),
            Op::Sync(path) => Self::Sync(path.to_owned()),
            Op::Rename(from, to) => Self::Rename(from.to_owned(), to.to_owned()),
            Op::SyncFolder(path) => Self::SyncFolder(path.to_owned()),
            Op::Remove(path) => Self::Remove(path.to_owned()),
        })
    }
}

/// What happens, and the state after each of it: commands drawn from a fixed series, undo and redo, a document that
/// comes in and one that leaves.
fn happenings(seed: u64, count: usize) -> (Vec<Happened>, Vec<State>) {
    let (mut state, mut history) = (state_of(layer_of(TEXT)), History::default());
    let (mut all, mut states) = (Vec::new(), vec![state.clone()]);
    let other = DocumentId::new("0002-other").unwrap();
    for (n, draw) in draws(seed, count).into_iter().enumerate() {
        let stamp = Stamp::by_hand(noon());
        let change = match n {
            3 => {
                let text = Text::new("zwölf\r\nPfähle");
                let document = crate::edit::testing::document(other.clone(), &text);
                documents::add(&state, vec![(NewDocument { document, text }, Vec::new())], &stamp)
            }
            9 => documents::remove(&state, &other, &stamp),
            _ => command(&state, draw),
        };
        let happened = match n % 11 {
            7 => history.undo(&mut state, None).ok(),
            8 => history.redo(&mut state, None).ok(),
            _ => change.ok().and_then(|change| history.apply(&mut state, change).ok()),
        };
        if let Some(happened) = happened {
            all.push(happened);
            states.push(state.clone());
        }
    }
    (all, states)
}

/// A folder with the files of the start.
fn start_in(path: &Path, start: &State) {
    let folder = ProjectFolder::create(path, &Project::new("é", Scheme::default())).unwrap();
    folder.save(start, &Dirty::everything(start)).unwrap();
}

/// The project, opened and read, all further writing through `seam`.
fn opened_through(path: &Path, seam: Seam) -> ProjectFolder {
    let (folder, project) = ProjectFolder::open_through(path, seam).unwrap();
    folder.load_all(project).unwrap();
    folder
}

/// Works as a session does, with its lock, and says at each save where it is: what happens goes into the journal at once and into the files now and then; what fails is
/// tried again later, at the end often enough for what fails once. `safe` hears what a person would be told.
fn work(folder: &ProjectFolder, journal: &mut Journal, all: &[Happened], states: &[State], safe: &mut dyn FnMut(u64)) {
    let texts = [(key().document, Text::new(TEXT))].into();
    // Nobody else has it: where it cannot be written, that is what is said.
    let lock = folder.lock(&key().annotator);
    assert!(!matches!(lock, Err(LockError::Held { .. })), "{lock:?}");
    let (mut waiting, mut dirty, mut last) = (Vec::new(), Dirty::default(), 0);
    let mut step = |waiting: &mut Vec<Entry>, dirty: &mut Dirty, last: u64, save: bool| {
        if journal.append(waiting).is_ok() {
            waiting.clear();
            safe(last);
        }
        if save && folder.save(&states[last as usize], dirty).is_ok() {
            *dirty = Dirty::default();
            safe(last);
            let _ = folder.set_place(&key().annotator, &place(last as usize));
            // That it cannot be said costs nothing but time at the next start.
            let _ = journal.mark_saved(last);
        }
    };
    for happened in all {
        last = happened.number;
        waiting.push(Entry::happened(happened, &texts).unwrap());
        dirty.note(&happened.change);
        step(&mut waiting, &mut dirty, last, last.is_multiple_of(4));
    }
    for _ in 0..3 {
        step(&mut waiting, &mut dirty, last, true);
    }
    assert!(lock.as_ref().map_or(true, Lock::is_still_mine), "what others did is not in this test");
}

fn place(caret: usize) -> Place {
    Place { document: key().document, caret, top_paragraph: 0 }
}

/// What is there after a crash, by opening the project as any start does; and again, as after a crash of that.
fn after_crash(path: &Path) -> State {
    let open = || {
        let (folder, project) = ProjectFolder::open(path).unwrap_or_else(|error| panic!("{error}"));
        let (journal, told) = folder.journal(&key().annotator, None).unwrap();
        let recovered = folder.recover(project, &journal, &told);
        assert_eq!((&recovered.differences[..], recovered.errors.len()), (&[][..], 0));
        (folder, recovered)
    };
    let (folder, recovered) = open();
    folder.save(&recovered.state, &recovered.dirty).unwrap_or_else(|error| panic!("{error}"));
    let (folder, again) = open();
    // Whatever is left of a lock keeps nobody from working, and a place is one that was told or none.
    let lock = folder.lock(&key().annotator);
    assert!(lock.as_ref().is_ok_and(Lock::is_still_mine), "{lock:?}");
    assert!(folder.place(&key().annotator).is_none_or(|found| found == place(found.caret)));
    let mut state = folder.load_all(again.state.project.clone()).unwrap();
    again.state.layers().for_each(|layer| state.load_layer(layer.clone()));
    state
}

/// What is in the history is whole, and holds what was overwritten: of the project file and the layer what was there
/// `first`.
fn check_history(path: &Path, first: &[String; 2]) {
    let folder = ProjectFolder::at(path);
    let files = [folder.project_path(), folder.layer_path(&key()).unwrap()];
    let copies = [folder.project_copies().unwrap(), folder.copies(&key()).unwrap()];
    for ((file, copies), first) in files.iter().zip(copies).zip(first) {
        let sources: Vec<_> = copies.iter().map(|copy| folder.read_copy(copy).unwrap()).collect();
        let is_other = fs::read_to_string(file).is_ok_and(|now| now != *first);
        assert!(!is_other || sources.contains(first), "`{}` was overwritten without a copy", file.display());
    }
}

/// Which of the states this is, if it is one of them: the last of those that are alike.
fn number_of(state: &State, states: &[State]) -> Option<u64> {
    let alike = |then: &State| {
        let layers = |s: &State| s.layers().filter(|l| !l.is_untouched()).cloned().collect::<Vec<_>>();
        then.project == state.project && layers(then) == layers(state)
    };
    states.iter().rposition(alike).map(|n| n as u64)
}

fn long() -> bool {
    std::env::var_os("BYLINE_LONG").is_some()
}

#[test]
fn whichever_step_of_saving_fails_in_whichever_way_nothing_that_was_called_safe_is_lost() {
    let mut schedules = 0;
    for seed in 0..if long() { 8 } else { 1 } {
        let (all, states) = happenings(seed, 24);
        for forever in [false, true] {
            let ways = [
                (io::ErrorKind::StorageFull, 5),
                (io::ErrorKind::Other, usize::MAX),
                (io::ErrorKind::StorageFull, 0),
                (io::ErrorKind::PermissionDenied, 0),
            ];
            for (kind, written) in ways.into_iter().take(if long() { 4 } else { 2 }) {
                let mut count = 0;
                for at in 0.. {
                    let temp = scratch();
                    start_in(temp.path(), &states[0]);
                    let steps = Arc::new(Mutex::new(0usize));
                    let counter = steps.clone();
                    let seam = Arc::new(move |_: Op| {
                        let mut step = counter.lock().unwrap();
                        *step += 1;
                        let fails = *step == at + 1 || (forever && *step > at);
                        if fails { Err(Stop { error: kind.into(), written }) } else { Ok(()) }
                    });
                    let folder = opened_through(temp.path(), seam);
                    let (mut journal, _) = folder.journal(&key().annotator, None).unwrap();
                    let mut safe = 0;
                    work(&folder, &mut journal, &all, &states, &mut |upto| safe = upto);
                    let found = after_crash(temp.path());
                    let number = number_of(&found, &states);
                    assert!(number >= Some(safe), "seed {seed}, {kind:?} at step {at}: {number:?}, safe was {safe}");
                    if !forever {
                        assert_eq!(safe, all.len() as u64, "what fails once is done again");
                    }
                    schedules += 1;
                    count += 1;
                    if *steps.lock().unwrap() <= at {
                        break;
                    }
                }
                assert!(count > 40, "{count} steps failed");
            }
        }
    }
    println!("faults: {schedules} schedules of one failing step, or of all from one on; nothing safe was lost");
}

/// What a disk may hold: which names lead to which files, and of each file so many bytes.
#[derive(Clone, Default)]
pub(super) struct Disk {
    folders: BTreeSet<PathBuf>,
    names: BTreeMap<PathBuf, usize>,
    files: Vec<Vec<u8>>,
}

/// What was done and may or may not be on the disk.
#[derive(Clone, Debug)]
enum Pending {
    Folder(PathBuf),
    Link(PathBuf, usize),
    Unlink(PathBuf),
    /// In one folder: both or neither.
    Rename(PathBuf, PathBuf, usize),
    Data(usize, Vec<u8>),
    Over(usize, Vec<u8>),
}

impl Disk {
    fn of(path: &Path) -> Self {
        let mut disk = Self::default();
        disk.take_in(path);
        disk
    }

    fn take_in(&mut self, path: &Path) {
        self.folders.insert(path.to_owned());
        for entry in fs::read_dir(path).unwrap().flatten() {
            if entry.path().is_dir() {
                self.take_in(&entry.path());
            } else {
                self.names.insert(entry.path(), self.files.len());
                self.files.push(fs::read(entry.path()).unwrap());
            }
        }
    }

    fn apply(&mut self, pending: &Pending) {
        match pending {
            Pending::Folder(path) => {
                self.folders.insert(path.clone());
            }
            Pending::Link(path, file) => {
                self.names.insert(path.clone(), *file);
            }
            Pending::Unlink(path) => {
                self.names.remove(path);
            }
            Pending::Rename(from, to, file) => {
                self.names.remove(from);
                self.names.insert(to.clone(), *file);
            }
            Pending::Data(file, bytes) => self.files[*file].extend(bytes),
            Pending::Over(file, bytes) => {
                let end = bytes.len().min(self.files[*file].len());
                self.files[*file].splice(..end, bytes.iter().copied());
            }
        }
    }

    /// Makes it so, below `to` in place of `from`.
    pub fn build(&self, from: &Path, to: &Path) {
        let place = |path: &Path| to.join(path.strip_prefix(from).unwrap());
        self.folders.iter().for_each(|folder| fs::create_dir_all(place(folder)).unwrap());
        for (path, file) in &self.names {
            // A name in a folder that did not come into being is not there either.
            if path.parent().is_some_and(|folder| self.folders.contains(folder)) {
                fs::write(place(path), &self.files[*file]).unwrap();
            }
        }
    }
}

/// Follows the steps: what is certainly on the disk, and what may be.
#[derive(Clone)]
pub(super) struct Follower {
    certain: Disk,
    /// As the program sees it.
    seen: BTreeMap<PathBuf, usize>,
    pending: Vec<Pending>,
}

impl Follower {
    /// Begins with all that is in a folder, on the disk.
    pub fn of(path: &Path) -> Self {
        let certain = Disk::of(path);
        Self { seen: certain.names.clone(), certain, pending: Vec::new() }
    }

    pub fn take(&mut self, step: &Taken) {
        match step {
            Taken::MakeFolder(path) => self.pending.push(Pending::Folder(path.clone())),
            Taken::Create(path) => {
                self.make(path);
            }
            Taken::Write(path, bytes) => {
                let file = self.seen.get(path).copied().unwrap_or_else(|| self.make(path));
                self.pending.push(Pending::Data(file, bytes.clone()));
            }
            Taken::Overwrite(path, bytes) => self.pending.push(Pending::Over(self.seen[path], bytes.clone())),
            Taken::Sync(path) => {
                let file = self.seen[path];
                self.settle(|pending| matches!(pending, Pending::Data(of, _) | Pending::Over(of, _) if *of == file));
            }
            Taken::Rename(from, to) => {
                let file = self.seen.remove(from).unwrap();
                self.seen.insert(to.clone(), file);
                if from.parent() == to.parent() {
                    self.pending.push(Pending::Rename(from.clone(), to.clone(), file));
                } else {
                    self.pending.push(Pending::Link(to.clone(), file));
                    self.pending.push(Pending::Unlink(from.clone()));
                }
            }
            Taken::SyncFolder(folder) => self.settle(|pending| match pending {
                Pending::Folder(path) | Pending::Link(path, _) | Pending::Unlink(path) => path.parent() == Some(folder),
                Pending::Rename(_, to, _) => to.parent() == Some(folder),
                Pending::Data(..) | Pending::Over(..) => false,
            }),
            Taken::Remove(path) => {
                self.seen.remove(path);
                self.pending.push(Pending::Unlink(path.clone()));
            }
            Taken::Safe(_) => {}
        }
    }

    fn make(&mut self, path: &Path) -> usize {
        let file = self.certain.files.len();
        self.certain.files.push(Vec::new());
        self.seen.insert(path.to_owned(), file);
        self.pending.push(Pending::Link(path.to_owned(), file));
        file
    }

    fn settle(&mut self, is_synced: impl Fn(&Pending) -> bool) {
        let (synced, left) = std::mem::take(&mut self.pending).into_iter().partition(is_synced);
        self.pending = left;
        let synced: Vec<Pending> = synced;
        for pending in &synced {
            self.certain.apply(pending);
        }
    }

    /// What may be found after the power went now.
    pub fn possible(&self) -> Vec<Disk> {
        let with = |choose: &dyn Fn(usize, &Pending) -> Option<Pending>| {
            let mut disk = self.certain.clone();
            let chosen: Vec<_> = self.pending.iter().enumerate().filter_map(|(n, p)| choose(n, p)).collect();
            for pending in &chosen {
                disk.apply(pending);
            }
            disk
        };
        let is_data = |pending: &Pending| matches!(pending, Pending::Data(..) | Pending::Over(..));
        let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_owned();
        let torn = |pending: &Pending| match pending {
            Pending::Data(file, bytes) => Pending::Data(*file, half(bytes)),
            Pending::Over(file, bytes) => Pending::Over(*file, half(bytes)),
            other => other.clone(),
        };
        let mut all = vec![
            with(&|_, p| Some(p.clone())),
            with(&|_, _| None),
            with(&|_, p| (!is_data(p)).then(|| p.clone())),
            with(&|_, p| is_data(p).then(|| p.clone())),
            with(&|_, p| Some(torn(p))),
        ];
        if self.pending.len() > 1 {
            for only in 0..self.pending.len() {
                all.push(with(&|n, p| (n == only).then(|| p.clone())));
                all.push(with(&|n, p| (n != only).then(|| p.clone())));
            }
        }
        all
    }
}

#[test]
fn whenever_the_power_goes_and_whatever_was_not_synced_all_that_was_called_safe_is_there() {
    let (mut instants, mut disks) = (0, 0);
    for seed in 0..if long() { 12 } else { 1 } {
        let (all, states) = happenings(seed, if long() { 40 } else { 16 });
        let temp = scratch();
        start_in(temp.path(), &states[0]);
        let mut follower = Follower::of(temp.path());
        let steps = Arc::new(Mutex::new(Vec::new()));
        let recorder = steps.clone();
        let seam = Arc::new(move |op: Op| {
            recorder.lock().unwrap().extend(Taken::of(op));
            Ok(())
        });
        let folder = opened_through(temp.path(), seam);
        let (mut journal, _) = folder.journal(&key().annotator, None).unwrap();
        let told = steps.clone();
        work(&folder, &mut journal, &all, &states, &mut |upto| told.lock().unwrap().push(Taken::Safe(upto)));
        let first = |copies: Vec<KeptCopy>| folder.read_copy(copies.last().unwrap()).unwrap();
        let first = [first(folder.project_copies().unwrap()), first(folder.copies(&key()).unwrap())];
        let steps = steps.lock().unwrap().clone();
        let mut safe = 0;
        for step in &steps {
            follower.take(step);
            if let Taken::Safe(upto) = step {
                safe = *upto;
            }
            instants += 1;
            for disk in follower.possible() {
                disks += 1;
                let cut = scratch();
                disk.build(temp.path(), cut.path());
                check_history(cut.path(), &first);
                let found = after_crash(cut.path());
                let number = number_of(&found, &states);
                assert!(number >= Some(safe), "seed {seed}, after {step:?}: {number:?}, safe was {safe}");
            }
        }
        assert!(steps.len() > 60 && safe == all.len() as u64);
    }
    println!("power cuts: {instants} instants, {disks} disks as they may be found; nothing safe was lost");
}
