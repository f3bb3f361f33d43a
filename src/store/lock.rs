//! Who is at work: one writes, all read. A lock for each annotator of a project, and one for the project as a whole.
//!
//! A lock is a file in `.byline/locks/` that says who holds it and holds a counter, which the holder moves every five
//! seconds. To read the project no lock is needed, and none is needed to read who has it.
//!
//! A lock whose holder is gone is taken over. On the machine of the holder that is seen at once: the system's own lock
//! on a file beside it is free, and no process runs with that number *and* that start. For another machine it is
//! watched whether the counter moves: by our own passing time, never by comparing clocks or dates, so that a clock that
//! is put right, or two that disagree, make no lock stale. Any sign of life keeps a lock.
//!
//! Taking over replaces the file as a whole, and whoever does it holds another lock meanwhile, so that of two who try
//! at once one wins. A holder that was away for long (a laptop that slept) finds its lock in other hands:
//! [`Lock::is_still_mine`]. Until then the hashes that saving compares keep one from overwriting the other.
//!
//! Here: files and judgement. Elsewhere: what is in them (`record`), what the machine says (`machine`).

mod machine;
mod record;

pub use record::Holder;

use super::annotator_folder::{BadAnnotator, folder_of};
use super::fault::in_words;
use super::inside::{self, Astray};
use super::project_folder::{Disk, ProjectFolder};
use super::{save, within, write};
use crate::model::Name;
use machine::{Machine, Process, ThisMachine};
use record::Record;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// So often a holder moves its counter.
const BEAT: Duration = Duration::from_secs(5);
/// A counter that was watched for so long without moving belongs to nobody: six beats, for shares that hang.
const PATIENCE: Duration = Duration::from_secs(30);
/// The time between two looks counts for no more than this: who slept in between has not watched.
const LONGEST_LOOK: Duration = Duration::from_secs(6);
/// So many lock files are in the way of one another at most; more are left by a fault, not by crashes.
const DEEPEST: usize = 4;

/// Why a lock cannot be had. Reading goes on without it.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else is at work.
    #[error("{what} is being worked on by {holder}\nhelp: close it there, or read here; nothing is written meanwhile")]
    Held {
        /// What is locked, in words.
        what: String,
        /// By whom.
        holder: Holder,
    },
    /// There is no right, or no way, to write into the folder.
    #[error("`{}` is read-only: {message}\nhelp: read here; to work, make the folder writable or copy the project", folder.display())]
    ReadOnly {
        /// Where the lock would lie.
        folder: PathBuf,
        /// In the system's words.
        message: String,
    },
    /// The folder was moved, removed or unplugged.
    #[error("the project `{}` is no longer there\nhelp: bring the folder back to its place (is the disk plugged in?)", .0.display())]
    Gone(PathBuf),
    /// The annotator's name cannot name a file.
    #[error("{0}\nhelp: choose a shorter name")]
    BadAnnotator(#[from] BadAnnotator),
    /// The lock would lie outside the project.
    #[error("{}\nhelp: {}", .0, .0.help())]
    Astray(#[from] Astray),
    /// Anything else.
    #[error("cannot lock `{}`: {message}\nhelp: check the disk and try again; until then read here", path.display())]
    Other {
        /// Which file.
        path: PathBuf,
        /// In the system's words.
        message: String,
    },
}

impl LockError {
    fn from_io(path: &Path, error: &io::Error) -> Self {
        let (path, message) = (path.to_owned(), in_words(error));
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { folder: path, message }
            }
            _ => Self::Other { path, message },
        }
    }
}

/// A lock while it is held; dropping it gives it back, or leaves that to a thread where the disk does not answer.
#[derive(Debug)]
pub struct Lock {
    file: Arc<LockFile>,
    /// Ends the thread of the beats when it is dropped.
    stop: Option<Sender<()>>,
    /// The system's lock, where there is such a thing.
    system: Option<File>,
    /// Until it is given back.
    ours: Option<Ours>,
}

/// The tokens of the locks that this process holds, or is about to take.
static HELD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// One of them, as long as this lives. A lock that says it is ours and is not among them could not be given back.
#[derive(Debug)]
struct Ours(String);

impl Ours {
    fn new(record: &Record) -> Self {
        held().insert(record.token.clone());
        Self(record.token.clone())
    }

    fn has(record: &Record) -> bool {
        held().contains(&record.token)
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        held().remove(&self.0);
    }
}

fn held() -> MutexGuard<'static, BTreeSet<String>> {
    // A set of strings is whole after every statement that changes it.
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file of a lock that is held.
struct LockFile {
    path: PathBuf,
    record: Record,
    lost: AtomicBool,
    machine: Arc<dyn Machine>,
    disk: Arc<Disk>,
}

impl std::fmt::Debug for LockFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("LockFile").field(&self.path).finish()
    }
}

/// Locks of others as they were when last looked at.
#[derive(Default)]
pub(super) struct Watched(Mutex<BTreeMap<PathBuf, Look>>);

struct Look {
    bytes: Vec<u8>,
    at: Duration,
    /// For how long it was watched without a change.
    quiet: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Life {
    Lives,
    Gone,
    Unknown,
}

impl ProjectFolder {
    /// Locks the work of one annotator in this project, or says who has it. Comes back at once. The lock of a machine
    /// that was switched off is given up after half a minute: call this every few seconds meanwhile.
    pub fn lock(&self, annotator: &Name) -> Result<Lock, LockError> {
        self.lock_on(annotator, Arc::new(ThisMachine))
    }

    fn lock_on(&self, annotator: &Name, machine: Arc<dyn Machine>) -> Result<Lock, LockError> {
        let path = annotators_lock(&self.disk, annotator)?;
        let place = Place { disk: &self.disk, path, what: format!("the work of “{annotator}”"), machine };
        place.ready()?;
        place.acquire(0)
    }

    /// Locks the project as a whole, for as long as it takes to write `project.ron` or the layers of several
    /// annotators. Waits up to two seconds for somebody who does the same.
    pub fn lock_project(&self) -> Result<Lock, LockError> {
        let path = self.disk.private("locks").join("project.ron");
        let place = Place { disk: &self.disk, path, what: "the project".to_owned(), machine: Arc::new(ThisMachine) };
        place.ready()?;
        for _ in 0..40 {
            match place.acquire(0) {
                Err(LockError::Held { .. }) => std::thread::sleep(Duration::from_millis(50)),
                done => return done,
            }
        }
        place.acquire(0)
    }

    /// Who works as this annotator, if anybody does; ourselves, too. Writes nothing.
    pub fn holder(&self, annotator: &Name) -> Option<Holder> {
        let path = annotators_lock(&self.disk, annotator).ok()?;
        inside::check(&self.disk.root, &path).ok()?;
        let what = String::new();
        let place = Place { disk: &self.disk, path, what, machine: Arc::new(ThisMachine) };
        let bytes = read(&place.path).ok()?;
        match place.life(&bytes, false) {
            Life::Gone => None,
            life => Some(holder_of(&bytes, life)),
        }
    }
}

fn annotators_lock(disk: &Disk, annotator: &Name) -> Result<PathBuf, BadAnnotator> {
    Ok(disk.private("locks").join("annotators").join(format!("{}.ron", folder_of(annotator)?)))
}

/// A lock that may be had or not.
struct Place<'a> {
    disk: &'a Arc<Disk>,
    path: PathBuf,
    what: String,
    machine: Arc<dyn Machine>,
}

impl Place<'_> {
    /// Makes the folder, in a project that is there.
    fn ready(&self) -> Result<(), LockError> {
        let root = &self.disk.root;
        if !self.disk.is_there() {
            return Err(LockError::Gone(root.clone()));
        }
        inside::check(root, &self.path)?;
        let folder = self.folder();
        let gate = &mut self.disk.gate();
        save::private_folder(root, gate)
            .and_then(|()| write::make_folder(folder, gate))
            .map_err(|error| LockError::from_io(folder, &error))
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    fn held(&self, bytes: &[u8], life: Life) -> LockError {
        LockError::Held { what: self.what.clone(), holder: holder_of(bytes, life) }
    }

    fn acquire(&self, depth: usize) -> Result<Lock, LockError> {
        let failed = |error: io::Error| LockError::from_io(self.folder(), &error);
        let system = self.system_lock();
        let record = Record::new(self.machine.identity(), self.machine.now(), system.is_some());
        let ours = Ours::new(&record);
        let mut last = Vec::new();
        // Each turn but the first means that somebody else was quicker.
        for _ in 0..4 {
            if self.place_new(&record).map_err(failed)? {
                return Ok(self.taken(record, ours, system));
            }
            last = match read(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                read => read.map_err(failed)?,
            };
            let life = self.judge(&last, system.is_some());
            if life != Life::Gone {
                return Err(self.held(&last, life));
            }
            if depth >= DEEPEST {
                // Left by faults, and nothing is above it: it goes, and whoever is first has the place.
                if read(&self.path).is_ok_and(|now| now == last) {
                    write::remove(&self.path, &mut self.disk.gate()).map_err(failed)?;
                }
                continue;
            }
            let taking = Place { path: self.taking(), what: self.what.clone(), machine: self.machine.clone(), ..*self };
            let _taking = match taking.acquire(depth + 1) {
                Err(LockError::Held { .. }) => return Err(self.held(&last, Life::Unknown)),
                // Nobody holds it, and where nothing can be written nobody can: that is no reason to wait.
                taking => taking?,
            };
            // Only who is taking over, or gives back, exchanges the file: it is the one that was judged, or it is not.
            if read(&self.path).is_ok_and(|now| now == last) {
                let gate = &mut self.disk.gate();
                let file = write::beside(&self.path, record.write(0).as_bytes(), gate).map_err(failed)?;
                write::exchange(file, &self.path, gate).map_err(failed)?;
                if read(&self.path).is_ok_and(|now| record.is_in(&now)) {
                    return Ok(self.taken(record, ours, system));
                }
            }
        }
        Err(self.held(&last, Life::Unknown))
    }

    /// The lock that whoever exchanges or removes this one must hold.
    fn taking(&self) -> PathBuf {
        self.beside(".taking")
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(ending);
        name.into()
    }

    fn taken(&self, record: Record, ours: Ours, system: Option<File>) -> Lock {
        let file = Arc::new(LockFile {
            path: self.path.clone(),
            record,
            lost: AtomicBool::new(false),
            machine: self.machine.clone(),
            disk: self.disk.clone(),
        });
        if is_taking(&self.path) {
            // Held for an instant only.
            return Lock { file, stop: None, system, ours: Some(ours) };
        }
        let (stop, stopped) = channel();
        let beating = file.clone();
        let beats = move || {
            let mut beat = 0;
            while stopped.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                beat += 1;
                beating.beat(beat);
            }
        };
        // Without a thread the lock counts as long as the process is seen to live, which is all on one machine.
        let thread = std::thread::Builder::new().name("lock".to_owned()).spawn(beats);
        Lock { file, stop: thread.is_ok().then_some(stop), system, ours: Some(ours) }
    }

    /// Makes the file if there is none; `false` if there is one of somebody else.
    fn place_new(&self, record: &Record) -> io::Result<bool> {
        if self.path.exists() {
            return Ok(false);
        }
        let gate = &mut self.disk.gate();
        let bytes = record.write(0);
        // On the disk before it has the name: a power cut must not leave an empty lock, which would say nothing.
        let file = write::beside(&self.path, bytes.as_bytes(), gate)?;
        let Err(placed) = write::settle(file, &self.path, gate) else { return Ok(true) };
        // A share may have done it and lost the answer.
        match read(&self.path) {
            Ok(found) => return Ok(record.is_in(&found)),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Err(_) if placed.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            Err(_) => {}
        }
        // Neither an exchange of names nor a second name can be had here.
        let mut file = match write::create(&self.path, gate) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            file => file?,
        };
        let filled = write::append(&mut file, &self.path, bytes.as_bytes(), gate);
        let filled = filled.and_then(|()| write::sync(&file, &self.path, gate));
        if filled.is_err() {
            // Half of it would be in everybody's way until it was watched for long enough.
            let _ = write::remove(&self.path, gate);
        }
        filled.map(|()| true)
    }

    /// The file beside it that the system locks. It is never removed: who locks a removed file locks nothing.
    fn system_path(&self) -> PathBuf {
        self.beside(".system")
    }

    fn system_lock(&self) -> Option<File> {
        if !self.machine.has_locks() {
            return None;
        }
        let path = self.system_path();
        let open = || OpenOptions::new().write(true).open(&path);
        let made = |_| write::create(&path, &mut self.disk.gate());
        // Somebody else may have made it in between.
        let file = open().or_else(made).or_else(|_| open()).ok()?;
        for _ in 0..5 {
            match file.try_lock() {
                Ok(()) => return Some(file),
                Err(TryLockError::Error(_)) => return None,
                // Somebody may only be looking.
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        None
    }

    fn is_system_locked(&self) -> bool {
        let Ok(file) = File::open(self.system_path()) else { return false };
        self.machine.has_locks() && matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// Whether the holder lives, from what this machine can see; `is_ours` if we have the system's lock.
    fn life(&self, bytes: &[u8], is_ours: bool) -> Life {
        if !is_ours && self.is_system_locked() {
            return Life::Lives;
        }
        let Some(record) = Record::read(bytes) else { return Life::Unknown };
        let (me, them) = (self.machine.identity(), &record.identity);
        let one_kernel = !me.boot.is_empty() && me.boot == them.boot;
        if !one_kernel && me.host != them.host {
            return Life::Unknown;
        }
        if one_kernel && me.table == them.table && them.started > 0 {
            if them.process == me.process && them.started == me.started && !Ours::has(&record) {
                // It could not be given back.
                return Life::Gone;
            }
            match self.machine.process(them.process) {
                Process::Runs(started) if started == them.started => return Life::Lives,
                Process::Runs(_) | Process::Gone => return Life::Gone,
                Process::Unknown => {}
            }
        }
        // The system's lock was free. That is proof where locks of one machine know each other: under one kernel, on a
        // disk of its own, and where there is no telling kernels apart. Else two machines may have one name.
        let no_kernels = me.boot.is_empty() && them.boot.is_empty();
        let is_proof = record.guarded && (one_kernel || no_kernels || self.machine.is_local(self.folder()));
        if is_proof { Life::Gone } else { Life::Unknown }
    }

    /// Like [`Self::life`], and where nothing can be seen, whether the counter was watched for long enough.
    fn judge(&self, bytes: &[u8], is_ours: bool) -> Life {
        let life = self.life(bytes, is_ours);
        if life != Life::Unknown {
            return life;
        }
        let now = self.machine.elapsed();
        // Who died while taking over is watched for as long, not from then on.
        let mut path = self.taking();
        for _ in 0..DEEPEST {
            let _ = read(&path).map(|bytes| self.disk.watched.look(&path, &bytes, now));
            path.as_mut_os_string().push(".taking");
        }
        if self.disk.watched.look(&self.path, bytes, now) >= PATIENCE { Life::Gone } else { life }
    }
}

impl Watched {
    /// For how long the file was seen to be as it is.
    fn look(&self, path: &Path, bytes: &[u8], now: Duration) -> Duration {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let quiet = match looks.get(path) {
            Some(look) if look.bytes == bytes => look.quiet + now.saturating_sub(look.at).min(LONGEST_LOOK),
            _ => Duration::ZERO,
        };
        looks.insert(path.to_owned(), Look { bytes: bytes.to_vec(), at: now, quiet });
        quiet
    }
}

impl LockFile {
    /// Moves the counter, if the file is still ours.
    fn beat(&self, beat: u64) {
        let written = OpenOptions::new().read(true).write(true).open(&self.path).and_then(|mut file| {
            let mut bytes = Vec::new();
            (&mut file).take(record::LARGEST).read_to_end(&mut bytes)?;
            if !self.record.is_in(&bytes) {
                return Err(io::ErrorKind::NotFound.into());
            }
            // Into the file that was just read, whatever has its name by now. Closing sends it to a share.
            write::overwrite(&mut file, &self.path, self.record.write(beat).as_bytes(), &mut self.disk.gate())
        });
        if written.is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            self.lost.store(true, Ordering::Relaxed);
        }
    }

    /// A file that cannot be read just now is not lost.
    fn is_ours(&self) -> bool {
        match read(&self.path) {
            Ok(bytes) => self.record.is_in(&bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(_) => !self.lost.load(Ordering::Relaxed),
        }
    }
}

impl Lock {
    /// Whether nobody took the lock over or its file away. Looks at the disk; ask before writing. If it is lost, drop
    /// it, read what was changed meanwhile, and lock again.
    pub fn is_still_mine(&self) -> bool {
        self.file.is_ours()
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.stop = None;
        let (file, system, ours) = (self.file.clone(), self.system.take(), self.ours.take());
        let give_back = move || {
            file.give_back();
            // Last: until the file is gone it must not look as if nobody held it.
            drop((system, ours));
        };
        if self.file.is_taking() {
            // Within another one, which is being waited for already.
            give_back();
        } else {
            let _ = within(give_back);
        }
    }
}

impl LockFile {
    fn is_taking(&self) -> bool {
        is_taking(&self.path)
    }

    fn give_back(&self) {
        let Self { path, machine, disk, .. } = self;
        let place = Place { disk, path: path.clone(), what: String::new(), machine: machine.clone() };
        if self.is_taking() {
            if self.is_ours() {
                let _ = write::remove(path, &mut disk.gate());
            }
            return;
        }
        // Not while somebody is taking it over: what is removed must be ours. What stays behind is stale.
        let taking = Place { path: place.taking(), ..place };
        if self.is_ours()
            && let Ok(_taking) = taking.acquire(1)
            && self.is_ours()
        {
            let _ = write::remove(path, &mut disk.gate());
        }
    }
}

/// Whether this is the lock of whoever takes another one over.
fn is_taking(lock: &Path) -> bool {
    lock.extension().is_some_and(|extension| extension == "taking")
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(record::LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn holder_of(bytes: &[u8], life: Life) -> Holder {
    Record::read(bytes).map_or_else(Holder::unknown, |record| record.holder(life == Life::Lives))
}

#[cfg(test)]
mod faults;
#[cfg(test)]
mod tests;
