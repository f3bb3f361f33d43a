//! A process that annotates at random is killed at random instants, also while it saves, renames and recovers. After
//! each restart everything is there that it had said to be safe.

use crate::work::{self, Action, Dice};
use byline::edit::{History, State};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

const SEED: u64 = 20_261_125;

/// What the work leads to, in memory: the states after each event, by number.
struct Model {
    state: State,
    history: History,
    /// After so many tries at an action.
    tries: u64,
    states: Vec<(State, u64)>,
}

impl Model {
    fn new() -> Self {
        let state = work::start();
        Self { states: vec![(state.clone(), 0)], state, history: History::default(), tries: 0 }
    }

    /// The state after event `number`, and how many tries that took.
    fn at(&mut self, number: u64) -> &(State, u64) {
        while self.states.len() as u64 <= number {
            let done = match work::action(&self.state, SEED, self.tries) {
                Action::Do(change) => self.history.apply(&mut self.state, *change).is_ok(),
                Action::Undo(document) => self.history.undo(&mut self.state, Some(&document)).is_ok(),
                Action::Redo(document) => self.history.redo(&mut self.state, Some(&document)).is_ok(),
            };
            self.tries += 1;
            if done {
                self.states.push((self.state.clone(), self.tries));
            }
        }
        &self.states[number as usize]
    }
}

/// Not a test: the process that is killed. Says “safe N” when all up to event N is.
#[test]
#[ignore = "run by the test below, as a process of its own"]
fn the_process_that_is_killed() {
    let Some(path) = std::env::var_os("BYLINE_CRASH") else { return };
    let first: u64 = std::env::var("BYLINE_CRASH_TRIES").unwrap().parse().unwrap();
    let mut session = work::session(Path::new(&path));
    let mut out = std::io::stdout().lock();
    let mut dice = Dice::new(SEED ^ first, 1);
    writeln!(out, "open").unwrap();
    for number in first.. {
        work::act(&mut session, SEED, number);
        match dice.roll(25) {
            0 => session.save_now(),
            1..=8 => std::thread::sleep(Duration::from_micros(dice.roll(20_000) as u64)),
            _ => {}
        }
        writeln!(out, "safe {}", session.journal_status().upto).unwrap();
        out.flush().unwrap();
    }
}

/// Lets the process work until it is killed after some milliseconds; returns the last event that it said to be safe.
fn killed(path: &Path, tries: u64, after: Duration) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "crash::the_process_that_is_killed", "--nocapture"])
        .env("BYLINE_CRASH", path)
        .env("BYLINE_CRASH_TRIES", tries.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (sender, heard) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if let Some(upto) = line.strip_prefix("safe ").and_then(|n| n.parse::<u64>().ok()) {
                let _ = sender.send(upto);
            }
        }
    });
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    heard.try_iter().last().unwrap_or_default()
}

#[test]
fn a_process_killed_at_random_instants_never_loses_what_it_said_to_be_safe() {
    let temp = tempfile::tempdir().unwrap();
    let mut model = Model::new();
    work::make(temp.path(), &model.state);
    let kills = if crate::long() { 600 } else { 25 };
    let (mut at, mut tries, mut early, mut beyond, mut undone) = (0, 0, 0, 0, 0);
    let mut dice = Dice::new(SEED, u64::MAX);
    for kill in 0..kills {
        // Some are killed before they have opened the project: while they recover.
        let after = Duration::from_millis([5, 20, 60, 160][dice.roll(4)] + dice.roll(40) as u64);
        let safe = killed(temp.path(), tries, after).max(at);
        early += u64::from(safe == at);
        let session = work::session(temp.path());
        let found = session.state();
        let last = session.last_event();
        let (expected, then) = model.at(last);
        assert!(last >= safe, "kill {kill}: {last} events are there, {safe} were said to be safe");
        assert!(found == expected, "kill {kill}: what is there is not what was done up to event {last}");
        beyond += last - safe;
        (at, tries) = (last, *then);
        drop(session);
        // What is in the files, without any journal.
        let (folder, project) = byline::store::ProjectFolder::open(temp.path()).unwrap();
        let files = folder.load_all(project).unwrap();
        let touched = |state: &State| state.layers().filter(|l| !l.is_untouched()).cloned().collect::<Vec<_>>();
        assert!(touched(&files) == touched(&model.at(at).0), "kill {kill}: the files are not up to date");
    }
    // All that was ever done can be undone, through every restart.
    let mut session = work::session(temp.path());
    while session.undo_in(None).is_ok() {
        undone += 1;
    }
    assert!(session.state() == &work::start(), "all was undone");
    println!(
        "crashes: {kills} kills ({early} before anything new was safe), {at} actions said to be safe, 0 lost, \
         {beyond} kept beyond what was said; {undone} steps undone at the end, back to the start"
    );
    assert!(at > 20, "{at} actions were done");
}
