//! The journal's thread: what was done is on disk a moment later, whatever the files of the project wait for.
//!
//! What could not be appended stays in memory, in order, and is tried again: at once when something new comes, else
//! after [`AGAIN`].

use super::saver::part_from;
use crate::crash::{self, Fall};
use crate::edit::{Change, Happened};
use crate::model::{DocumentId, Text};
use crate::store::{Entry, FileError, Journal, Lock, Pulse, Refused, within};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So long after a failure it is tried again.
const AGAIN: Duration = Duration::from_secs(2);

/// How far the journal is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// All up to this event is durable.
    pub upto: u64,
    /// Why what came later is not, in words; it is tried again.
    pub failed: Option<String>,
    /// The folder outside the project in which it is written, because it cannot be written there.
    pub elsewhere: Option<PathBuf>,
    /// The first event that is still told.
    pub first: u64,
}

#[derive(Default)]
struct Slot {
    waiting: VecDeque<(Happened, BTreeMap<DocumentId, Text>)>,
    /// All up to this event is in the project's files, which the journal does not say yet.
    mark: Option<u64>,
    /// The last event handed over.
    submitted: u64,
    written: Written,
    again: Option<Instant>,
    /// Whether what is being written gets on.
    pulse: Pulse,
    stop: bool,
}

type Shared = Arc<(Mutex<Slot>, Condvar)>;

/// Hands over what happened.
pub struct Scribe {
    shared: Shared,
    journal: Arc<Mutex<Journal>>,
    lock_held: Option<Arc<Lock>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// Tells the journal from another thread what was saved.
#[derive(Clone)]
pub struct Marker(Shared);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What it guards is whole after every statement that changes it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Scribe {
    /// Starts the thread; `wake` is called whenever something became durable or failed.
    pub fn start(journal: Journal, lock_held: Option<Arc<Lock>>, last: u64, wake: impl Fn() + Send + 'static) -> Self {
        let shared = Shared::default();
        {
            let mut slot = lock(&shared.0);
            slot.submitted = last;
            slot.written.upto = last;
        }
        let journal = Arc::new(Mutex::new(journal));
        let (mine, its) = (shared.clone(), journal.clone());
        let held = lock_held.clone();
        let work = move || run(&mine, &its, held.as_deref(), &wake);
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(work);
        Self { shared, journal, lock_held, thread: thread.ok() }
    }

    /// Hands over what happened; `texts` are those that it is quoted from.
    pub fn submit(&self, happened: Happened, texts: BTreeMap<DocumentId, Text>) {
        let mut slot = lock(&self.shared.0);
        slot.submitted = slot.submitted.max(happened.number);
        slot.waiting.push_back((happened, texts));
        slot.again = None;
        self.shared.1.notify_all();
        if self.thread.is_none() {
            // No thread could be started: better slow than unwritten.
            drop(slot);
            work(&self.shared, &self.journal, self.lock_held.as_deref());
        }
    }

    /// How far the journal is.
    pub fn written(&self) -> Written {
        let slot = lock(&self.shared.0);
        let mut written = slot.written.clone();
        if slot.pulse.is_silent() {
            written.failed = Some(Refused::NoAnswer.to_string());
        }
        written
    }

    /// Whether all that was handed over is durable.
    pub fn is_up_to_date(&self) -> bool {
        let slot = lock(&self.shared.0);
        slot.written.upto >= slot.submitted
    }

    /// For telling what was saved.
    pub fn marker(&self) -> Marker {
        Marker(self.shared.clone())
    }

    /// What an event changed, asked back from the journal; `None` where its disk does not answer.
    pub fn change(&self, number: u64) -> Option<Result<Change, FileError>> {
        let journal = self.journal.clone();
        within(move || lock(&journal).change(number))
    }
}

impl Marker {
    /// All up to event `upto` is in the project's files.
    pub fn saved(&self, upto: u64) {
        let mut slot = lock(&self.0.0);
        slot.mark = slot.mark.max(Some(upto));
        slot.again = None;
        self.0.1.notify_all();
    }
}

impl Drop for Scribe {
    /// Writes what is waiting, once; where the disk does not answer, as soon as it does.
    fn drop(&mut self) {
        let pulse = {
            let mut slot = lock(&self.shared.0);
            slot.stop = true;
            slot.pulse.clone()
        };
        self.shared.1.notify_all();
        part_from(self.thread.take(), &pulse);
    }
}

fn run(shared: &Shared, journal: &Mutex<Journal>, held: Option<&Lock>, wake: &dyn Fn()) {
    loop {
        let mut slot = lock(&shared.0);
        loop {
            let idle = slot.waiting.is_empty() && slot.mark.is_none();
            let left = slot.again.map(|again| again.saturating_duration_since(Instant::now()));
            match left {
                _ if slot.stop && (idle || slot.again.is_some()) => return,
                _ if idle => slot = shared.1.wait(slot).unwrap_or_else(PoisonError::into_inner),
                Some(left) if !left.is_zero() => {
                    slot = shared.1.wait_timeout(slot, left).unwrap_or_else(PoisonError::into_inner).0;
                }
                _ => break,
            }
        }
        drop(slot);
        work(shared, journal, held);
        wake();
    }
}

/// Writes what is waiting, all of it with one sync.
fn work(shared: &Shared, journal: &Mutex<Journal>, held: Option<&Lock>) {
    let (waiting, mark, pulse) = {
        let slot = lock(&shared.0);
        (slot.waiting.iter().cloned().collect::<Vec<_>>(), slot.mark, slot.pulse.clone())
    };
    // What no file can hold keeps nothing else from being written: saving says where it is.
    let entries: Vec<_> =
        waiting.iter().filter_map(|(happened, texts)| Entry::happened(happened, texts).ok()).collect();
    let mut journal = lock(journal);
    // A fault of the program must not look like a journal that is written for ever.
    let faulty = |fall: Fall| Err(io::Error::other(format!("a fault in Byline itself: {fall}")));
    let (appended, marked) = pulse.during(|| {
        if !held.is_none_or(Lock::is_still_mine) {
            // Whoever has it now counts on from where the journal ends.
            return (Err(io::Error::other(Refused::TakenOver)), Ok(()));
        }
        let appended = crash::caught(|| journal.append(&entries)).unwrap_or_else(faulty);
        let marked = mark.map_or(Ok(()), |upto| crash::caught(|| journal.mark_saved(upto)).unwrap_or_else(faulty));
        (appended, marked)
    });
    let (elsewhere, first) = (journal.elsewhere(), journal.first());
    drop(journal);
    let mut slot = lock(&shared.0);
    slot.written.elsewhere = elsewhere;
    slot.written.first = first;
    slot.written.failed = appended.as_ref().err().or(marked.as_ref().err()).map(ToString::to_string);
    if appended.is_ok() {
        slot.waiting.drain(..waiting.len());
        let last = waiting.last().map_or(0, |(happened, _)| happened.number);
        slot.written.upto = slot.written.upto.max(last);
    }
    if marked.is_ok() && slot.mark == mark {
        slot.mark = None;
    }
    slot.again = slot.written.failed.is_some().then(|| Instant::now() + AGAIN);
}
