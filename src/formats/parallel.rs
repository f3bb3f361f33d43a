//! Work for each of many documents, on several threads and in order.
//!
//! Here: the threads, the order, progress and giving up. Used by the readers whose files or lines know nothing of each
//! other: doccano, Prodigy, labelbuddy (its lines, not their annotations, which wait for the texts), brat (except
//! documents with references to entities, which are numbered over all of them), the columns of CoNLL and CoNLL-U, GATE,
//! CAS and WebAnno TSV. The others read one after the other: CSV, whose rows belong together; Label Studio and Web
//! Annotation, whose tasks and pages refer to each other; Byline's bundle, which is one value.

use super::read::{Cancelled, Names, Progress};
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// More threads than this wait for memory, not for work.
const THREADS_LIMIT: usize = 8;
/// So many results of each thread may wait to be taken: a bound for the memory, wide enough for short documents.
const AHEAD: usize = 32;
/// What a batch of short lines is long, in bytes; in tests so short that several threads have something to do.
const BATCH: usize = if cfg!(test) { 64 } else { 64 << 10 };
/// How often somebody is asked whether to go on while a document takes long.
const ASK: Duration = Duration::from_millis(50);

/// Does `work` for each item on as many threads as there are processors, and hands the results to `take`, on this thread
/// and in the order of the items. Names are kept once for each thread.
///
/// `size` is what an item counts for in `progress`, which is asked on this thread alone; the one that `work` gets says
/// when to stop.
///
/// # Errors
/// Where the person gave up; what is being worked on then ends at its next step.
pub fn each<T: Send, R: Send>(
    items: Vec<T>,
    size: impl Fn(&T) -> usize,
    progress: Progress,
    work: impl Fn(&mut Names, T, Progress) -> Result<R, Cancelled> + Sync,
    take: impl FnMut(R),
) -> Result<(), Cancelled> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS_LIMIT);
    each_on(threads, items, size, progress, work, take)
}

/// Neighbours put together, so that handing them over costs little beside the work on them. Each list ends where
/// its items count for 64 KiB or more.
pub fn batches<T>(items: impl IntoIterator<Item = T>, size: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut batches: Vec<Vec<T>> = Vec::new();
    let mut left = 0;
    for item in items {
        let size = size(&item);
        match batches.last_mut().filter(|_| left > 0) {
            Some(batch) => batch.push(item),
            None => {
                left = BATCH;
                batches.push(vec![item]);
            }
        }
        left = left.saturating_sub(size);
    }
    batches
}

fn each_on<T: Send, R: Send>(
    threads: usize,
    items: Vec<T>,
    size: impl Fn(&T) -> usize,
    progress: Progress,
    work: impl Fn(&mut Names, T, Progress) -> Result<R, Cancelled> + Sync,
    mut take: impl FnMut(R),
) -> Result<(), Cancelled> {
    let threads = threads.min(items.len());
    let sizes: Vec<usize> = items.iter().map(size).collect();
    let (mut done, total) = (0, sizes.iter().sum());
    if threads < 2 {
        let mut names = Names::default();
        for (item, size) in items.into_iter().zip(sizes) {
            progress.step(done, total)?;
            let within = |share: f32| progress.step(done + (share * size as f32) as usize, total).is_ok();
            take(work(&mut names, item, Progress::new(&within))?);
            done += size;
        }
        return Ok(());
    }
    // Each thread has every so-many-th item: whose turn it is needs no sorting.
    let mut shares: Vec<Vec<T>> = (0..threads).map(|_| Vec::with_capacity(sizes.len() / threads + 1)).collect();
    for (n, item) in items.into_iter().enumerate() {
        shares[n % threads].push(item);
    }
    let stopped = AtomicBool::new(false);
    let (work, stopped) = (&work, &stopped);
    thread::scope(|scope| {
        let start = |share: Vec<T>| {
            let (sender, receiver) = sync_channel(AHEAD);
            scope.spawn(move || {
                let mut names = Names::default();
                let goes_on = |_| !stopped.load(Ordering::Relaxed);
                for item in share {
                    let result = work(&mut names, item, Progress::new(&goes_on));
                    // Nobody takes it any more where the person gave up.
                    if sender.send(result).is_err() {
                        break;
                    }
                }
            });
            receiver
        };
        let results: Vec<Receiver<_>> = shares.into_iter().map(start).collect();
        let take_all = || {
            for (n, size) in sizes.into_iter().enumerate() {
                progress.step(done, total)?;
                let result = loop {
                    match results[n % threads].recv_timeout(ASK) {
                        Ok(result) => break result?,
                        Err(RecvTimeoutError::Timeout) => progress.step(done, total)?,
                        // A thread that ends early panicked: so does the end of the scope.
                        Err(RecvTimeoutError::Disconnected) => return Err(Cancelled),
                    }
                };
                take(result);
                done += size;
            }
            Ok(())
        };
        let taken = take_all();
        stopped.store(true, Ordering::Relaxed);
        drop(results);
        taken
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::sync::Mutex;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn results_come_in_the_order_of_the_items_however_long_each_takes() {
        for threads in [1, 2, 3, 8] {
            let mut taken = Vec::new();
            let shares = Mutex::new(Vec::new());
            let report = |share| {
                shares.lock().unwrap().push(share);
                true
            };
            let work = |names: &mut Names, n: usize, _: Progress| {
                // The first of them come last.
                thread::sleep(Duration::from_millis(if n < 3 { 20 - 5 * n as u64 } else { 0 }));
                Ok((n, names.get(&format!("label {}", n % 2))))
            };
            let all = (0..200).collect();
            each_on(threads, all, |n| *n, Progress::new(&report), work, |done| taken.push(done)).unwrap();
            let wanted: Vec<_> = (0..200).map(|n| (n, format!("label {}", n % 2).as_str().into())).collect();
            assert_eq!(taken, wanted);
            let shares = shares.into_inner().unwrap();
            assert!(shares.is_sorted() && shares.first() == Some(&0.0) && shares.last().is_some_and(|s| *s < 1.0));
        }
    }

    #[test]
    fn short_lines_go_together_and_a_long_one_ends_their_batch() {
        let batches = batches([BATCH / 2, BATCH / 2, 1, 3 * BATCH, 5, 2 * BATCH], |size| *size);
        let wanted = vec![vec![BATCH / 2, BATCH / 2], vec![1, 3 * BATCH], vec![5, 2 * BATCH]];
        assert_eq!(batches, wanted);
    }

    #[test]
    fn giving_up_ends_all_threads_also_within_a_long_document_and_takes_nothing_more() {
        for threads in [2, 8] {
            let (begun, taken, asked) = (AtomicUsize::new(0), Cell::new(0), Cell::new(0));
            let report = |_| {
                asked.set(asked.get() + usize::from(taken.get() == 4));
                asked.get() < 3
            };
            let work = |_: &mut Names, n: usize, progress: Progress| {
                begun.fetch_add(1, Ordering::Relaxed);
                if n < 4 {
                    return Ok(n);
                }
                // A document without an end: only being told to stop ends it.
                loop {
                    thread::sleep(Duration::from_millis(1));
                    progress.step(0, 1)?;
                }
            };
            let all = (0..1_000).collect();
            let done = each_on(threads, all, |_| 1, Progress::new(&report), work, |_| taken.set(taken.get() + 1));
            assert_eq!((done, taken.get()), (Err(Cancelled), 4));
            assert!(begun.into_inner() < 1_000);
        }
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_in_a_thread_is_not_taken_for_giving_up() {
        let work = |_: &mut Names, n: usize, _: Progress| {
            assert_ne!(n, 2);
            Ok(())
        };
        let _ = each_on(2, (0..5).collect(), |_| 1, Progress::none(), work, |()| {});
    }
}
