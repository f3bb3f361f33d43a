//! Many hours of annotating, compressed: memory, journal and files stay as large as the work is.

use crate::work;
use std::time::{Duration, Instant};

/// Resident memory of this process, in MB; 0 where the system does not tell.
fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

fn bytes_in(path: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .map(
            |entry| {
                if entry.path().is_dir() { bytes_in(&entry.path()) } else { entry.metadata().map_or(0, |m| m.len()) }
            },
        )
        .sum()
}

#[test]
fn hours_of_annotating_leave_a_journal_that_is_bounded_and_everything_that_was_done() {
    let actions: u64 = if crate::long() { 100_000 } else { 3_000 };
    let temp = tempfile::tempdir().unwrap();
    work::make(temp.path(), &work::start());
    let mut session = work::session(temp.path());
    println!("| actions | memory, MB | journal, MB | one save, ms | one action, µs |\n|---|---|---|---|---|");
    let (mut done, mut busy) = (0, Duration::ZERO);
    for number in 0..actions {
        let action = work::action(session.state(), 7, number);
        let began = Instant::now();
        done += u64::from(work::perform(&mut session, action));
        busy += began.elapsed();
        if (number + 1) % (actions / 10) == 0 {
            let each = std::mem::take(&mut busy).as_secs_f64() * 1e6 / (actions / 10) as f64;
            // As a pause does it.
            session.save_now();
            let saving = Instant::now();
            assert!(session.flusher().wait(Duration::from_mins(1)));
            let saved = saving.elapsed().as_secs_f64() * 1e3;
            let journal = bytes_in(&temp.path().join(".byline/journal")) as f64 / 1e6;
            println!("| {} | {:.0} | {journal:.1} | {saved:.1} | {each:.0} |", number + 1, memory());
            assert!(journal < 48.0, "the journal is bounded");
        }
    }
    assert!(done > actions / 2);
    let end = session.state().clone();
    drop(session);
    assert!(work::session(temp.path()).state() == &end);
}
