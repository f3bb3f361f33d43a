//! Work that may take longer than a frame: on threads, with results that wake the window.

use eframe::egui;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

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

    /// Asks the worker to stop.
    pub fn cancel(&self) {
        self.0.1.store(true, Ordering::Relaxed);
    }
}

/// A piece of work under way.
struct Running {
    number: u64,
    what: String,
    progress: Progress,
}

/// The threads of the window and what they bring back.
pub struct Workers<T> {
    sender: Sender<(u64, T)>,
    receiver: Receiver<(u64, T)>,
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
    /// Starts work; `what` is shown while it lasts (“Opening latin-america”).
    pub fn start(
        &mut self,
        ctx: &egui::Context,
        what: impl Into<String>,
        work: impl FnOnce(&Progress) -> T + Send + 'static,
    ) {
        let progress = Progress::default();
        let number = self.next;
        self.next += 1;
        self.running.push(Running { number, what: what.into(), progress: progress.clone() });
        let (sender, ctx) = (self.sender.clone(), ctx.clone());
        std::thread::spawn(move || {
            let result = work(&progress);
            // The window may be gone; then nobody waits.
            let _ = sender.send((number, result));
            ctx.request_repaint();
        });
    }

    /// What has come back since the last time.
    pub fn finished(&mut self) -> Vec<T> {
        let done: Vec<_> = self.receiver.try_iter().collect();
        done.into_iter()
            .map(|(number, result)| {
                self.running.retain(|r| r.number != number);
                result
            })
            .collect()
    }

    /// The work under way: what, and how far.
    pub fn running(&self) -> impl Iterator<Item = (&str, &Progress)> {
        self.running.iter().map(|r| (r.what.as_str(), &r.progress))
    }
}
