//! The layout engine, made on a thread: finding the system's fonts takes some hundredths of a second, in which a window
//! can open a project.

use crate::app::fonts;
use crate::text_layout::Engine;
use std::thread::JoinHandle;

/// An engine that is waited for only when something is laid out.
pub(super) struct LateEngine {
    made: Option<Engine>,
    under_way: Option<JoinHandle<Engine>>,
    /// What was wished for before it was there.
    families: Option<String>,
}

impl LateEngine {
    /// Begins to make it.
    pub fn start() -> Self {
        let make = || Engine::new(&fonts::article());
        // Without a thread it is made when it is needed.
        let under_way = std::thread::Builder::new().name("fonts".into()).spawn(make).ok();
        Self { made: None, under_way, families: None }
    }

    /// The engine.
    pub fn get(&mut self) -> &mut Engine {
        let Self { made, under_way, families } = self;
        made.get_or_insert_with(|| {
            let ready = under_way.take().and_then(|thread| thread.join().ok());
            let mut engine = ready.unwrap_or_else(|| Engine::new(&fonts::article()));
            if let Some(families) = families.take() {
                engine.set_families(&families);
            }
            engine
        })
    }

    /// Sets text in other families from now on; returns whether they may be others.
    pub fn set_families(&mut self, wished: &str) -> bool {
        match &mut self.made {
            Some(engine) => engine.set_families(wished),
            None => self.families.replace(wished.to_owned()).is_none_or(|before| before != wished),
        }
    }
}
