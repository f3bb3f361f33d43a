//! Work that may take longer than a frame: on threads, with results that wake the window.

use crate::crash::{self, Fall};
use eframe::egui;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

/// How far a piece of work is, and whether it should go on. Shared between the worker and the window.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<(AtomicU32, AtomicBool)>);

impl Progress {
    /// Says how far it is, from 0 to 1; returns whether to go on.
    pub fn at(&self, share: f32) -> bool {
        self.0.0.store((share.clamp(0.0, 1.0) * 1000.0) as u32, Ordering::Relaxed);
        !self.0.1.load(Ordering::Relaxed)
    }

    /// How far it is, from 0 to 1.
    pub fn share(&self) -> f32 {
        self.0.0.load(Ordering::Relaxed) as f32 / 1000.0
    }

    /// Whether the worker was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.1.load(Ordering::Relaxed)
    }

    /// Asks the worker to stop.
    pub fn cancel(&self) {
        self.0.1.store(true, Ordering::Relaxed);
    }
}

/// Work of which only the last result counts, such as sorting a list: too short to be shown, too long for a frame.
pub struct Quiet<T> {
    under_way: Option<Receiver<Result<T, Fall>>>,
    /// It will not come back; to start the same again would only fail again.
    fell: bool,
}

impl<T> Default for Quiet<T> {
    fn default() -> Self {
        Self { under_way: None, fell: false }
    }
}

/// Work that fell over.
#[derive(Clone, Debug)]
pub struct Fallen {
    /// What it was; empty if it had no name.
    pub what: String,
    /// What happened.
    pub fall: Fall,
}

/// Where quiet work leaves word that it fell over.
fn fallen_id() -> egui::Id {
    egui::Id::unique("fallen work")
}

/// The quiet work that fell over since the last time.
pub fn quietly_fallen(ctx: &egui::Context) -> Vec<Fallen> {
    ctx.data_mut(|data| data.remove_temp(fallen_id())).unwrap_or_default()
}

impl<T: Send + 'static> Quiet<T> {
    /// Starts work in place of what is under way.
    pub fn start(&mut self, ctx: &egui::Context, work: impl FnOnce() -> T + Send + 'static) {
        let (sender, receiver) = channel();
        (self.under_way, self.fell) = (Some(receiver), false);
        let ctx = ctx.clone();
        std::thread::spawn(move || {
            let result = crash::caught(work);
            if let Err(fall) = &result {
                let fallen = Fallen { what: "Sorting a list".to_owned(), fall: fall.clone() };
                ctx.data_mut(|data| data.get_temp_mut_or_default::<Vec<Fallen>>(fallen_id()).push(fallen));
            }
            // Nobody waits any more if other work was started meanwhile.
            let _ = sender.send(result);
            ctx.request_repaint();
        });
    }

    /// Whether something is under way.
    pub fn is_running(&self) -> bool {
        self.under_way.is_some() || self.fell
    }

    /// What has come back.
    pub fn finished(&mut self) -> Option<T> {
        let result = self.under_way.as_ref()?.try_recv();
        if !matches!(result, Err(TryRecvError::Empty)) {
            self.under_way = None;
            self.fell = !matches!(result, Ok(Ok(_)));
        }
        result.ok()?.ok()
    }
}

/// A piece of work under way.
struct Running {
    number: u64,
    what: String,
    progress: Progress,
    /// Whether the work asks if it should go on.
    can_stop: bool,
}

/// The threads of the window and what they bring back.
pub struct Workers<T> {
    sender: Sender<(u64, Result<T, Fall>)>,
    receiver: Receiver<(u64, Result<T, Fall>)>,
    running: Vec<Running>,
    next: u64,
}

impl<T> Default for Workers<T> {
    fn default() -> Self {
        let (sender, receiver) = channel();
        Self { sender, receiver, running: Vec::new(), next: 0 }
    }
}

impl<T: Send + 'static> Workers<T> {
    /// Starts work; `what` is shown while it lasts (“Opening latin-america”), empty for what takes an instant.
    pub fn start(
        &mut self,
        ctx: &egui::Context,
        what: impl Into<String>,
        work: impl FnOnce(&Progress) -> T + Send + 'static,
    ) -> Progress {
        self.begin(ctx, what.into(), true, work)
    }

    /// Starts work that is done as a whole: nothing is lost by waiting for it, and there is no button to cancel it.
    pub fn start_whole(
        &mut self,
        ctx: &egui::Context,
        what: impl Into<String>,
        work: impl FnOnce() -> T + Send + 'static,
    ) {
        self.begin(ctx, what.into(), false, |_| work());
    }

    fn begin(
        &mut self,
        ctx: &egui::Context,
        what: String,
        can_stop: bool,
        work: impl FnOnce(&Progress) -> T + Send + 'static,
    ) -> Progress {
        let progress = Progress::default();
        let shared = progress.clone();
        let number = self.next;
        self.next += 1;
        self.running.push(Running { number, what, progress: progress.clone(), can_stop });
        let (sender, ctx) = (self.sender.clone(), ctx.clone());
        std::thread::spawn(move || {
            // What falls over had everything to itself that it could leave half done.
            let result = crash::caught(|| work(&progress));
            // The window may be gone; then nobody waits.
            let _ = sender.send((number, result));
            ctx.request_repaint();
        });
        shared
    }

    /// What has come back since the last time.
    pub fn finished(&mut self) -> Vec<Result<T, Fallen>> {
        let done: Vec<_> = self.receiver.try_iter().collect();
        done.into_iter()
            .map(|(number, result)| {
                let place = self.running.iter().position(|r| r.number == number);
                let what = place.map(|place| self.running.remove(place).what).unwrap_or_default();
                result.map_err(|fall| Fallen { what, fall })
            })
            .collect()
    }

    /// The work under way that is shown: what, how far, and whether it can be cancelled.
    pub fn running(&self) -> impl Iterator<Item = (&str, &Progress, bool)> {
        self.running.iter().filter(|r| !r.what.is_empty()).map(|r| (r.what.as_str(), &r.progress, r.can_stop))
    }
}
