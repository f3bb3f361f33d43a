//! Saving on a thread of its own: what was changed is on disk within a second, and the window never waits.

use crate::store::{SaveError, SaveJob};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A save begins this long after the last change, so that a burst of changes is one save.
const QUIET: Duration = Duration::from_millis(200);
/// But never later than this after the first change.
const LATEST: Duration = Duration::from_millis(600);

/// What the saver is doing.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum SaveStatus {
    /// Everything is on disk.
    #[default]
    Saved,
    /// Something is waiting or being written.
    Saving,
    /// The last save failed; the work is in memory.
    Failed(SaveError),
}

#[derive(Default)]
struct Slot {
    waiting: Option<SaveJob>,
    first: Option<Instant>,
    due: Option<Instant>,
    running: bool,
    failed: Option<SaveError>,
    stop: bool,
}

type Shared = Arc<(Mutex<Slot>, Condvar)>;

/// The thread that writes, and the place where the next job waits.
pub struct Saver {
    shared: Shared,
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
    /// Starts the thread; `wake` is called after each save.
    pub fn start(wake: impl Fn() + Send + 'static) -> Self {
        let shared = Shared::default();
        let mine = shared.clone();
        let thread = std::thread::Builder::new().name("saver".to_owned()).spawn(move || run(&mine, &wake));
        Self { shared, thread: thread.ok() }
    }

    /// Takes a waiting job back, so that what it holds can be changed without being copied.
    pub fn withdraw(&self) {
        lock(&self.shared).waiting = None;
    }

    /// Hands over what is to be saved, in place of what is still waiting; it must hold all that was not saved.
    pub fn submit(&self, job: SaveJob) {
        let mut slot = lock(&self.shared);
        let now = Instant::now();
        let first = *slot.first.get_or_insert(now);
        slot.due = Some((now + QUIET).min(first + LATEST));
        slot.waiting = Some(job);
        if self.thread.is_none() {
            // No thread could be started: better slow than unsaved.
            drop(slot);
            save_one(&self.shared);
        }
        self.shared.1.notify_all();
    }

    /// Whether everything handed over is on disk.
    pub fn status(&self) -> SaveStatus {
        let slot = lock(&self.shared);
        match &slot.failed {
            _ if slot.running || slot.waiting.is_some() => SaveStatus::Saving,
            Some(error) => SaveStatus::Failed(error.clone()),
            None => SaveStatus::Saved,
        }
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
        while slot.running || slot.waiting.is_some() {
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
    /// Writes what is waiting.
    fn drop(&mut self) {
        lock(&self.shared).stop = true;
        self.flusher().hurry();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported by its hook.
            let _ = thread.join();
        }
    }
}

fn run(shared: &Shared, wake: &dyn Fn()) {
    loop {
        let mut slot = lock(shared);
        loop {
            let left = slot.due.map(|due| due.saturating_duration_since(Instant::now()));
            match left {
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
        drop(slot);
        save_one(shared);
        wake();
    }
}

fn save_one(shared: &Shared) {
    let job = {
        let mut slot = lock(shared);
        slot.first = None;
        slot.due = None;
        slot.running = slot.waiting.is_some();
        slot.waiting.take()
    };
    let Some(job) = job else { return };
    let result = job.run();
    let mut slot = lock(shared);
    slot.running = false;
    slot.failed = result.err();
    shared.1.notify_all();
}
