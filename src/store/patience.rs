//! Disks that do not answer: whether a thread that writes gets on, and asking without waiting for ever.
//!
//! A call into a share whose server is gone may never come back, and nothing can end it. So who calls does it on a thread
//! that can be left alone, and who waits looks at whether it gets on: at the steps of writing, not at how long all of
//! them take, for many files take long on a sound disk too.

use std::cell::RefCell;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A disk that did not answer for so long is said not to.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

thread_local! {
    /// Where this thread says that it gets on.
    static MINE: RefCell<Option<Pulse>> = const { RefCell::new(None) };
}

/// When a thread that writes took its last step.
#[derive(Clone, Default)]
pub(crate) struct Pulse(Arc<Mutex<Option<Instant>>>);

impl Pulse {
    /// Does `work`, which must not panic; every step that it takes counts as a sign of life.
    pub fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        self.set(Some(Instant::now()));
        MINE.set(Some(self.clone()));
        let done = work();
        MINE.set(None);
        self.set(None);
        done
    }

    /// How long ago the last step was taken; `None` where no work is under way.
    pub fn silence(&self) -> Option<Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).map(|last| last.elapsed())
    }

    /// Whether work is under way that has not got on for so long that the disk does not answer.
    pub fn is_silent(&self) -> bool {
        self.silence().is_some_and(|silence| silence >= PATIENCE)
    }

    fn set(&self, at: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }
}

/// This thread takes a step of writing.
pub(super) fn step() {
    MINE.with_borrow(|mine| mine.iter().for_each(|pulse| pulse.set(Some(Instant::now()))));
}

/// Does `work` on a thread of its own and waits for it for as long as a disk may take; `None` if it is not back by then.
/// It is left alone then, and what comes of it is dropped.
pub(crate) fn within<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (tell, told) = channel();
    // Whoever waited may have gone.
    let work = move || drop(tell.send(work()));
    // Where no thread can be started nothing can be asked.
    std::thread::Builder::new().name("question".to_owned()).spawn(work).ok()?;
    told.recv_timeout(PATIENCE).ok()
}
