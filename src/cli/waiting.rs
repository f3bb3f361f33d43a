//! Long work: a bar where somebody watches, and the way out of it.

use super::console::Failure;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Work that takes less shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);
const STEPS: u64 = 1000;

/// One piece of work that may take long.
///
/// While there has been one, Ctrl+C only sets a flag: the work stops where it can stop without leaving anything
/// half-written. A second Ctrl+C ends the process at once.
pub struct Waiting {
    bar: ProgressBar,
}

impl Waiting {
    /// Begins to wait for `what`: “reading”.
    pub fn new(what: &'static str) -> Self {
        interrupted();
        let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::hidden()).with_message(what);
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {percent:>3} %") {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// Says how much is done, from 0 to 1; `false` if the person gave up.
    pub fn step(&self, share: f32) -> bool {
        if self.bar.is_hidden() && self.bar.elapsed() > PATIENCE {
            // Draws only on a terminal.
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position((share.clamp(0.0, 1.0) * STEPS as f32) as u64);
        !interrupted().load(Ordering::Relaxed)
    }

    /// Says that `done` of `all` is done.
    ///
    /// # Errors
    /// If the person gave up.
    pub fn done(&self, done: usize, all: usize) -> Result<(), Failure> {
        if self.step(done as f32 / all.max(1) as f32) { Ok(()) } else { Err(Failure::interrupted()) }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Set by Ctrl+C and by SIGTERM.
fn interrupted() -> &'static AtomicBool {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    FLAG.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal finds the flag not yet set. Where signals cannot be caught, they
            // end the process as usual.
            let _ = flag::register_conditional_shutdown(signal, super::console::INTERRUPTED.into(), flag.clone());
            let _ = flag::register(signal, flag.clone());
        }
        flag
    })
}
