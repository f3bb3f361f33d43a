//! Saving on a thread of its own: what was changed is on disk within a second, and the window never waits.

use super::scribe::Marker;
use crate::crash;
use crate::model::Name;
use crate::store::{
    Dirty, Lock, LockError, PATIENCE, Place, ProjectFolder, Pulse, Refused, SaveError, SaveJob, SaveProblem, Saved,
};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A save begins this long after the last change, so that a burst of changes is one save.
const QUIET: Duration = Duration::from_millis(200);
/// But never later than this after the first change.
const LATEST: Duration = Duration::from_millis(600);
/// What takes long to write is written less often: a save is followed by so many times its duration of quiet. The
/// journal holds what is not in the files yet.
const REST: u32 = 8;
/// But never less often than this.
const RAREST: Duration = Duration::from_secs(5);

/// What failed for a reason that may pass is tried again so long after.
const AGAIN: Duration = Duration::from_secs(5);

/// What the saver is doing.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum SaveStatus {
    /// Everything is on disk.
    #[default]
    Saved,
    /// Something is waiting or being written.
    Saving,
    /// The last save failed; the work is in memory.
    Failed(SaveError, Kept),
}

/// Where the work is beside memory while its files cannot be saved.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Kept {
    /// In the project's journal: the next start puts it into the files.
    Journal,
    /// In a journal in this folder, outside the project: the next start puts it into the files.
    Elsewhere(PathBuf),
    /// In memory only.
    #[default]
    Nowhere,
}

#[derive(Default)]
struct Slot {
    /// With the last event that it holds.
    waiting: Option<(SaveJob, u64)>,
    /// How long after a change a save begins at the latest, by how long the last one took.
    rest: Duration,
    first: Option<Instant>,
    due: Option<Instant>,
    running: bool,
    /// Whether what is being written gets on.
    pulse: Pulse,
    /// Where somebody is, to be remembered when there is time.
    place: Option<(Name, Place)>,
    failed: Option<SaveError>,
    /// When it failed.
    since: Option<Instant>,
    stop: bool,
}

type Shared = Arc<(Mutex<Slot>, Condvar)>;

/// What the thread needs: where it writes, the right to do so, and whom it tells what is saved.
struct Desk {
    folder: ProjectFolder,
    lock: Option<Arc<Lock>>,
    marker: Marker,
}

/// The thread that writes, and the place where the next job waits.
pub struct Saver {
    shared: Shared,
    desk: Arc<Desk>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// Lets another thread (of a signal handler) wait until everything is on disk.
#[derive(Clone)]
pub struct Flush(Shared);

fn lock(shared: &Shared) -> MutexGuard<'_, Slot> {
    // The slot stays right if a thread that held it died: it is only ever replaced as a whole.
    shared.0.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Saver {
    /// Starts the thread; `wake` is called after each save, and `marker` told what the files hold.
    pub fn start(
        folder: ProjectFolder,
        lock: Option<Arc<Lock>>,
        marker: Marker,
        wake: impl Fn() + Send + 'static,
    ) -> Self {
        let shared = Shared::default();
        let desk = Arc::new(Desk { folder, lock, marker });
        let (mine, its) = (shared.clone(), desk.clone());
        let thread = std::thread::Builder::new().name("saver".to_owned()).spawn(move || run(&mine, &its, &wake));
        Self { shared, desk, thread: thread.ok() }
    }

    /// Takes a waiting job back, so that what it holds can be changed without being copied; returns whether there was
    /// one.
    pub fn withdraw(&self) -> bool {
        lock(&self.shared).waiting.take().is_some()
    }

    /// Hands over what is to be saved, in place of what is still waiting; it must hold all that was not saved of what
    /// happened up to event `upto`.
    pub fn submit(&self, job: SaveJob, upto: u64) {
        let mut slot = lock(&self.shared);
        let now = Instant::now();
        let first = *slot.first.get_or_insert(now);
        slot.due = Some((now + QUIET.max(slot.rest / 3)).min(first + LATEST.max(slot.rest)));
        slot.waiting = Some((job, upto));
        if self.thread.is_none() {
            // No thread could be started: better slow than unsaved.
            drop(slot);
            save_one(&self.shared, &self.desk);
        }
        self.shared.1.notify_all();
    }

    /// Remembers where somebody is, when there is time. A convenience: that it cannot be written is not worth a message.
    pub fn remember(&self, annotator: Name, place: Place) {
        if self.thread.is_none() {
            let _ = self.desk.folder.set_place(&annotator, &place);
            return;
        }
        lock(&self.shared).place = Some((annotator, place));
        self.shared.1.notify_all();
    }

    /// Whether everything handed over is on disk. A disk that does not answer has failed until it does.
    pub fn status(&self) -> SaveStatus {
        let slot = lock(&self.shared);
        match &slot.failed {
            _ if (slot.running || slot.waiting.is_some()) && slot.pulse.is_silent() => {
                let path = self.desk.folder.path().to_owned();
                let problems = vec![SaveProblem { path, cause: Refused::NoAnswer }];
                let error = SaveError { problems, unsaved: Dirty::default(), saved: Saved::default() };
                SaveStatus::Failed(error, Kept::default())
            }
            _ if slot.running || slot.waiting.is_some() => SaveStatus::Saving,
            Some(error) => SaveStatus::Failed(error.clone(), Kept::default()),
            None => SaveStatus::Saved,
        }
    }

    /// What the last attempt that ended failed for, whether or not another one is on its way.
    pub fn last_failure(&self) -> Option<SaveError> {
        lock(&self.shared).failed.clone()
    }

    /// In how long it is worth to try again, if the last save failed for a reason that may pass.
    pub fn again_in(&self) -> Option<Duration> {
        let slot = lock(&self.shared);
        let may_pass = slot.failed.as_ref()?.problems.iter().any(|problem| problem.cause.may_pass());
        let idle = !slot.running && slot.waiting.is_none();
        slot.since.filter(|_| may_pass && idle).map(|since| AGAIN.saturating_sub(since.elapsed()))
    }

    /// In how long it will be known whether the disk answers, if something is being written.
    pub fn known_in(&self) -> Option<Duration> {
        let silence = lock(&self.shared).pulse.silence()?;
        Some(PATIENCE.saturating_sub(silence))
    }

    /// For waiting from elsewhere.
    pub fn flusher(&self) -> Flush {
        Flush(self.shared.clone())
    }
}

impl Flush {
    /// Lets what is waiting be saved at once.
    pub fn hurry(&self) {
        lock(&self.0).due = Some(Instant::now());
        self.0.1.notify_all();
    }

    /// Saves what is waiting and returns when it is on disk, or after `at_most`; `false` if it is not.
    pub fn wait(&self, at_most: Duration) -> bool {
        let until = Instant::now() + at_most;
        self.hurry();
        let mut slot = lock(&self.0);
        while slot.running || slot.waiting.is_some() || slot.place.is_some() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            slot.due = slot.due.map(|due| due.min(Instant::now()));
            slot = self.0.1.wait_timeout(slot, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        slot.failed.is_none()
    }
}

impl Drop for Saver {
    /// Writes what is waiting. A thread whose disk does not answer is left alone: it goes on when the disk does.
    fn drop(&mut self) {
        let pulse = {
            let mut slot = lock(&self.shared);
            slot.stop = true;
            slot.pulse.clone()
        };
        self.flusher().hurry();
        part_from(self.thread.take(), &pulse);
    }
}

/// Waits for a thread to end for as long as it gets on.
pub(super) fn part_from(thread: Option<std::thread::JoinHandle<()>>, pulse: &Pulse) {
    let Some(thread) = thread else { return };
    while !thread.is_finished() {
        if pulse.is_silent() {
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    // A panic of the thread was reported by its hook.
    let _ = thread.join();
}

impl Desk {
    fn save(&self, job: SaveJob) -> Result<Saved, SaveError> {
        if !self.lock.as_ref().is_none_or(|lock| lock.is_still_mine()) {
            return Err(job.refuse(Refused::TakenOver));
        }
        // Two annotators may both have something to put into the project file; who cannot lock it is told by saving.
        let project = job.holds_project().then(|| self.folder.lock_project());
        match project {
            Some(Err(LockError::Held { holder, .. })) => Err(job.refuse(Refused::Busy(holder))),
            _held => job.run(),
        }
    }
}

fn run(shared: &Shared, desk: &Desk, wake: &dyn Fn()) {
    loop {
        let mut slot = lock(shared);
        loop {
            let left = slot.due.map(|due| due.saturating_duration_since(Instant::now()));
            match left {
                _ if slot.place.is_some() => break,
                _ if slot.waiting.is_none() && slot.stop => return,
                Some(left) if slot.waiting.is_some() => {
                    if left.is_zero() || slot.stop {
                        break;
                    }
                    slot = shared.1.wait_timeout(slot, left).unwrap_or_else(PoisonError::into_inner).0;
                }
                _ => slot = shared.1.wait(slot).unwrap_or_else(PoisonError::into_inner),
            }
        }
        let (place, pulse) = (slot.place.clone(), slot.pulse.clone());
        drop(slot);
        if let Some((annotator, place)) = place {
            let _ = pulse.during(|| crash::caught(|| desk.folder.set_place(&annotator, &place)));
            let mut slot = lock(shared);
            slot.place = slot.place.take().filter(|now| *now != (annotator, place));
            shared.1.notify_all();
            continue;
        }
        save_one(shared, desk);
        wake();
    }
}

fn save_one(shared: &Shared, desk: &Desk) {
    let (job, pulse) = {
        let mut slot = lock(shared);
        slot.first = None;
        slot.due = None;
        slot.running = slot.waiting.is_some();
        (slot.waiting.take(), slot.pulse.clone())
    };
    let Some((job, upto)) = job else { return };
    let began = Instant::now();
    // A fault of the program must not look like a save without end.
    let project = job.project_path();
    let result = pulse.during(|| crash::caught(|| desk.save(job))).unwrap_or_else(|fall| {
        let cause = Refused::Fault(fall.to_string());
        let problems = vec![SaveProblem { path: project, cause }];
        Err(SaveError { problems, unsaved: Dirty::default(), saved: Saved::default() })
    });
    let mut slot = lock(shared);
    slot.rest = (began.elapsed() * REST).min(RAREST);
    if result.is_ok() {
        desk.marker.saved(upto);
    }
    slot.running = false;
    slot.failed = result.err();
    slot.since = Some(Instant::now());
    shared.1.notify_all();
}
