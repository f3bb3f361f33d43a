//! Blocks next to the viewport are laid out on a thread before they are seen: who scrolls a page finds it ready. What is
//! not ready in time, the frame lays out itself.

use super::{LayoutKey, TextView, layout_direction, layout_style, measure};
use crate::model::Text;
use crate::text_layout::{Engine, Laid};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// So many viewports before and after the visible one are made ready.
const REACH: f32 = 1.2;
/// No more blocks than this at once, on each side: of one-line paragraphs many fit on a page.
const MOST: usize = 60;

/// What is to be laid out.
struct Job {
    generation: u64,
    block: usize,
    text: Text,
    bytes: Range<usize>,
    /// Of a block that does not begin its paragraph: the paragraph, which tells the direction.
    paragraph: Option<Range<usize>>,
    key: LayoutKey,
}

/// The thread, which ends when this is dropped.
pub(super) struct Ahead {
    jobs: Sender<Job>,
    ready: Receiver<(u64, usize, Laid)>,
    /// Blocks that were asked for since everything changed last.
    asked: BTreeSet<usize>,
    /// Grows whenever what was laid out is worth nothing any more.
    generation: Arc<AtomicU64>,
}

impl Ahead {
    fn start(mut engine: Engine) -> Option<Self> {
        let (jobs, wanted) = channel::<Job>();
        let (sender, ready) = channel();
        let generation = Arc::new(AtomicU64::new(0));
        let newest = generation.clone();
        let work = move || {
            for job in wanted {
                if job.generation == newest.load(Ordering::Relaxed)
                    && let Some(laid) = lay_out(&mut engine, &job)
                    && sender.send((job.generation, job.block, laid)).is_err()
                {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("ahead".into()).spawn(work).ok()?;
        Some(Self { jobs, ready, asked: BTreeSet::new(), generation })
    }

    /// Everything has changed: what is under way is not wanted any more.
    pub fn forget(&mut self) {
        self.asked.clear();
        self.generation.fetch_add(1, Ordering::Relaxed);
    }
}

fn lay_out(engine: &mut Engine, job: &Job) -> Option<Laid> {
    let key = &job.key;
    let direction = match &job.paragraph {
        Some(paragraph) => measure::direction_of(engine, &job.text, paragraph, key),
        None => layout_direction(key.direction),
    };
    let content = job.text.as_str().get(job.bytes.clone())?;
    Some(engine.layout(content, key.width, key.pixels_per_point, &layout_style(key, direction)))
}

impl TextView {
    /// Takes what is ready.
    pub(super) fn take_ahead(&mut self) {
        let Some(ahead) = &self.ahead else { return };
        let now = ahead.generation.load(Ordering::Relaxed);
        let ready: Vec<_> = ahead.ready.try_iter().filter(|(generation, ..)| *generation == now).collect();
        for (_, block, laid) in ready {
            self.keep(block, laid);
        }
    }

    /// Asks for what is next to the visible blocks.
    pub(super) fn look_ahead(&mut self, visible: &Range<usize>) {
        let Some(key) = self.key else { return };
        let ahead = match &mut self.ahead {
            Some(ahead) => ahead,
            none => match Ahead::start(self.engine.get().clone()) {
                Some(started) => none.insert(started),
                // Without a thread, each frame does its own work.
                None => return,
            },
        };
        // What was dropped meanwhile may be asked for again.
        ahead.asked.retain(|block| !self.near.contains_key(block) && block.abs_diff(visible.start) < 4 * MOST);
        let far = self.viewport.height() * REACH;
        let (mut below, mut above) = (0.0, 0.0);
        let after = (visible.end..self.blocks.len()).take(MOST).take_while(|block| {
            below += self.heights.get(*block);
            below - self.heights.get(*block) < far
        });
        let before = (1..visible.start).rev().take(MOST).take_while(|block| {
            above += self.heights.get(*block);
            above - self.heights.get(*block) < far
        });
        for block in after.chain(before) {
            if self.near.contains_key(&block) || !ahead.asked.insert(block) {
                continue;
            }
            let Some(found) = self.blocks.get(block).filter(|b| b.paragraph > 0) else { continue };
            let paragraph = self.text.paragraphs().get(found.paragraph - 1).filter(|_| !found.first).cloned();
            let direction = self.directions.get(&found.paragraph).copied().unwrap_or(key.direction);
            let job = Job {
                generation: ahead.generation.load(Ordering::Relaxed),
                block,
                text: self.text.clone(),
                bytes: found.bytes.clone(),
                paragraph,
                key: LayoutKey { direction, ..key },
            };
            if ahead.jobs.send(job).is_err() {
                return;
            }
        }
    }
}
