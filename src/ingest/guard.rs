//! Work on files that may mean harm, by code that is not ours: its panics, its endless loops and deep recursions stay
//! here and become refusals.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use super::{FileKind, Reason};

/// The longest that a file may take: an article takes less than a second, a long book some.
pub(super) const PATIENCE: Duration = Duration::from_secs(40);

/// Stack of the thread, in bytes; it is taken from memory only as far as it is used.
const STACK: usize = 256 << 20;

/// Does `work` on a thread of its own. It is given up after [`PATIENCE`], and then left to itself.
pub(super) fn guarded<T: Send + 'static>(
    kind: FileKind,
    work: impl FnOnce() -> Result<T, Reason> + Send + 'static,
) -> Result<T, Reason> {
    let (sender, receiver) = mpsc::channel();
    let body = move || {
        let result = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(reason(kind, panic)));
        // Nobody waits any more where it took too long.
        let _ = sender.send(result);
    };
    let started = thread::Builder::new().name("article".to_owned()).stack_size(STACK).spawn(body);
    if let Err(error) = started {
        return Err(Reason::Unreadable(error.kind()));
    }
    // Some seconds more, in which work that looks at the clock gives up by itself.
    receiver.recv_timeout(PATIENCE + Duration::from_secs(5)).unwrap_or(Err(Reason::TooSlow { kind }))
}

/// Gives up from within guarded work, past `deadline`.
pub(super) fn check(kind: FileKind, deadline: Instant) {
    if Instant::now() > deadline {
        give_up(Reason::TooSlow { kind });
    }
}

/// Gives up from within guarded work, also in a callback: what called it cannot be asked to stop.
pub(super) fn give_up(reason: Reason) -> ! {
    // Says nothing on standard error, as a panic would.
    resume_unwind(Box::new(reason));
}

fn reason(kind: FileKind, panic: Box<dyn Any + Send>) -> Reason {
    let senseless = || Reason::Damaged { kind, what: "its reader cannot make sense of it".to_owned() };
    panic.downcast::<Reason>().map_or_else(|_| senseless(), |reason| *reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_and_a_loop_without_end_become_refusals() {
        let refused = |work: fn() -> Result<(), Reason>| guarded(FileKind::Pdf, work).unwrap_err();
        let looping = || loop {
            check(FileKind::Pdf, Instant::now().checked_sub(Duration::from_secs(1)).unwrap());
        };
        assert!(matches!(refused(looping), Reason::TooSlow { kind: FileKind::Pdf }));
        // As a panic, but without its message among those of the tests.
        assert!(matches!(refused(|| resume_unwind(Box::new("é"))), Reason::Damaged { kind: FileKind::Pdf, .. }));
        assert!(matches!(guarded(FileKind::Pdf, || Ok(3)), Ok(3)));
    }
}
