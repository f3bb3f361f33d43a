//! Locks between real processes: this program runs itself, works as somebody, and is killed without warning.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use byline::model::{Name, Project, Scheme};
use byline::store::{LockError, ProjectFolder};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const FOLDER: &str = "BYLINE_TEST_LOCK_FOLDER";

fn maria() -> Name {
    "maria".into()
}

/// Another process: on each line it is sent it tries to lock, and says “locked” or who has it.
struct Other {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Other {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_other_process", "--nocapture"])
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (ask, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut other = Self { child, ask, answers };
        other.answer();
        other
    }

    fn ask(&mut self) {
        self.ask.write_all(b"lock\n").unwrap();
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        // What the test runner prints comes first; ours begin with a mark.
        while !line.contains("§ ") {
            line.clear();
            assert!(self.answers.read_line(&mut line).unwrap() > 0, "the other process has ended");
        }
        line.split_once("§ ").unwrap().1.trim().to_owned()
    }

    fn lock(&mut self) -> String {
        self.ask();
        self.answer()
    }

    /// SIGKILL.
    fn kill(&mut self) {
        self.child.kill().unwrap();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Does nothing unless it is started by [`Other::start`].
#[test]
fn the_other_process() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let (folder, _) = ProjectFolder::open(folder).unwrap();
    let mut locks = Vec::new();
    println!("§ ready");
    for _ in std::io::stdin().lines() {
        let answer = match folder.lock(&maria()) {
            Ok(lock) => {
                locks.push(lock);
                "locked".to_owned()
            }
            Err(LockError::Held { holder, .. }) => format!("held by process {}", holder.process),
            Err(error) => error.to_string(),
        };
        println!("§ {}", answer.replace('\n', " "));
    }
}

fn project() -> (tempfile::TempDir, ProjectFolder) {
    let temp = tempfile::tempdir().unwrap();
    let folder = ProjectFolder::create(temp.path(), &Project::new("é", Scheme::default())).unwrap();
    (temp, folder)
}

#[test]
fn the_lock_of_a_process_that_was_killed_is_free_at_once_and_that_of_one_that_lives_is_not() {
    let (_temp, folder) = project();
    for _ in 0..3 {
        let mut other = Other::start(folder.path());
        assert_eq!(other.lock(), "locked");
        let error = folder.lock(&maria()).unwrap_err();
        let LockError::Held { holder, .. } = &error else { panic!("{error}") };
        assert_eq!((holder.process, holder.is_surely_alive), (other.child.id(), true));
        assert_eq!(folder.holder(&maria()).as_ref(), Some(holder));
        other.kill();
        // Dead, though nobody waited for it yet; the system needs a moment for that.
        while folder.holder(&maria()).is_some() {
            std::thread::yield_now();
        }
        let lock = folder.lock(&maria()).unwrap();
        assert!(lock.is_still_mine());
        let mut third = Other::start(folder.path());
        assert_eq!(third.lock(), format!("held by process {}", std::process::id()));
        drop(lock);
        assert_eq!(third.lock(), "locked");
    }
}

#[test]
fn of_several_processes_that_take_over_from_a_killed_one_exactly_one_succeeds() {
    let (_temp, folder) = project();
    for _ in 0..4 {
        let mut first = Other::start(folder.path());
        assert_eq!(first.lock(), "locked");
        let mut others: Vec<_> = (0..4).map(|_| Other::start(folder.path())).collect();
        first.kill();
        first.child.wait().unwrap();
        others.iter_mut().for_each(Other::ask);
        let answers: Vec<_> = others.iter_mut().map(Other::answer).collect();
        assert_eq!(answers.iter().filter(|answer| *answer == "locked").count(), 1, "{answers:?}");
        // The winner is killed in the next round's stead.
    }
}
