//! Disks whose calls do not come back: the session answers, says so, and finishes when the disk answers again.
//! A session that waits for such a disk would keep these tests waiting for ever: after a while the disk is opened, and
//! the test fails.

use super::{project_in, session_in};
use crate::edit::testing::{command, draws};
use crate::model::testing::key;
use crate::session::*;
use crate::store::testing::HangingDisk;
use crate::store::{Bundle, pack_in_memory};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Longer than everything here takes that does not wait for the disk.
const TOO_LONG: Duration = Duration::from_mins(2);

/// Opens the disk after a while, whoever waits for it.
fn watched(disk: &Arc<HangingDisk>) -> (Arc<AtomicBool>, std::sync::mpsc::Sender<()>) {
    let (late, disk) = (Arc::new(AtomicBool::new(false)), disk.clone());
    let (done, is_done) = channel::<()>();
    let flag = late.clone();
    std::thread::spawn(move || {
        if is_done.recv_timeout(TOO_LONG) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            flag.store(true, Ordering::SeqCst);
            disk.hang(false);
        }
    });
    (late, done)
}

fn started(folder: ProjectFolder, project: Project) -> Session {
    let mut session = Session::start(open(folder, project, &key().annotator, None).unwrap(), || {});
    let document = session.project().documents[0].clone();
    let (text, layer) = Session::load(session.folder(), &document, &key().annotator).unwrap();
    session.take_in(text, layer);
    session.show(&key().document);
    session
}

fn work(session: &mut Session, seed: u64) {
    for draw in draws(seed, 30) {
        if let Ok(change) = command(session.state(), draw) {
            let _ = session.apply(change);
        }
        session.remember_place(3, 0);
    }
    assert!(session.undo().is_ok() && session.redo().is_ok() && session.undo().is_ok());
}

fn until(what: &str, mut is: impl FnMut() -> bool) {
    for _ in 0..TOO_LONG.as_millis() / 10 {
        if is() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("never: {what}");
}

fn is_silent(session: &Session) -> bool {
    matches!(session.save_status(), SaveStatus::Failed(error, Kept::Nowhere)
        if error.problems.iter().all(|problem| problem.cause == Refused::NoAnswer))
}

#[test]
fn while_a_disk_hangs_work_goes_on_in_memory_that_is_said_a_copy_can_be_saved_and_afterwards_all_is_saved_once() {
    let temp = tempfile::tempdir().unwrap();
    project_in(temp.path());
    let (disk, renamed) = (Arc::new(HangingDisk::default()), Arc::new(AtomicUsize::new(0)));
    let count = renamed.clone();
    let layer = ProjectFolder::at(temp.path()).layer_path(&key()).unwrap();
    let (folder, project) = disk.open(temp.path(), move |named| {
        count.fetch_add(usize::from(named == layer), Ordering::SeqCst);
    });
    let mut session = started(folder, project);
    let (late, done) = watched(&disk);
    disk.hang(true);
    work(&mut session, 1);
    until("it is said", || is_silent(&session));
    assert!(session.look_again_in().is_some(), "the window looks again by itself");
    // All that a person does goes on, and what they ask for.
    work(&mut session, 2);
    assert!(is_silent(&session), "it is said until the disk answers");
    assert!(!session.flusher().wait(Duration::from_millis(50)));
    let now = session.state().clone();
    let copied = pack_in_memory(session.folder(), &now).unwrap();
    let bundle = Bundle::open(Path::new("é.ron"), &copied.source).unwrap();
    let text = bundle.text(&key().document).unwrap().clone();
    assert_eq!(bundle.layer(0, &text).unwrap().unwrap().layer, *now.layer(&key()).unwrap());
    assert_eq!(renamed.load(Ordering::SeqCst), 0);
    disk.hang(false);
    until("all is saved", || session.file_status() == SaveStatus::Saved && session.save_status() == SaveStatus::Saved);
    // What hung when it began, and what was done since, however much.
    assert!((1..=2).contains(&renamed.load(Ordering::SeqCst)), "{}", renamed.load(Ordering::SeqCst));
    drop(session);
    assert!(!late.load(Ordering::SeqCst), "something waited for the disk");
    drop(done);
    let again = session_in(temp.path());
    assert_eq!((again.project(), again.state().layer(&key())), (&now.project, now.layer(&key())));
    assert_eq!(again.folder().place(&key().annotator).map(|place| place.caret), Some(3));
}

#[test]
fn a_session_can_be_left_while_its_disk_hangs_and_what_it_had_to_write_is_written_when_the_disk_answers() {
    let temp = tempfile::tempdir().unwrap();
    project_in(temp.path());
    let disk = Arc::new(HangingDisk::default());
    let (folder, project) = disk.open(temp.path(), |_| {});
    let mut session = started(folder, project);
    let (late, done) = watched(&disk);
    disk.hang(true);
    work(&mut session, 3);
    let now = session.state().clone();
    drop(session);
    assert!(!late.load(Ordering::SeqCst), "leaving waited for the disk");
    disk.hang(false);
    drop(done);
    let elsewhere = ProjectFolder::open(temp.path()).unwrap().0;
    until("the lock is given back", || elsewhere.holder(&key().annotator).is_none());
    let again = session_in(temp.path());
    assert_eq!((again.project(), again.state().layer(&key())), (&now.project, now.layer(&key())));
}

/// A folder that shows another one by way of a server, which can be stopped as a machine is that is unplugged.
#[cfg(target_os = "linux")]
struct Share {
    server: std::process::Child,
    mounted: tempfile::TempDir,
}

#[cfg(target_os = "linux")]
impl Share {
    fn of(folder: &Path) -> Self {
        let mounted = tempfile::tempdir().unwrap();
        let server = std::process::Command::new("bindfs").arg("-f").args([folder, mounted.path()]).spawn().unwrap();
        until("it is mounted", || mounted.path().join("project.ron").is_file());
        Self { server, mounted }
    }

    fn signal(&self, signal: &str) {
        let sent = std::process::Command::new("kill").args([signal, &self.server.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }
}

#[cfg(target_os = "linux")]
impl Drop for Share {
    fn drop(&mut self) {
        self.signal("-CONT");
        let _ = std::process::Command::new("fusermount").arg("-u").arg(self.mounted.path()).status();
        let _ = self.server.wait();
    }
}

/// With a real file system in user space (the package `bindfs`) whose server is stopped:
/// `cargo test --no-default-features --lib -- --ignored a_share_whose_server`
#[test]
#[ignore = "needs bindfs and the right to mount"]
#[cfg(target_os = "linux")]
fn a_share_whose_server_is_stopped_keeps_nobody_from_working_and_gets_all_when_it_goes_on() {
    let temp = tempfile::tempdir().unwrap();
    project_in(temp.path());
    let share = Share::of(temp.path());
    let (folder, project) = ProjectFolder::open(share.mounted.path()).unwrap();
    let mut session = started(folder, project);
    work(&mut session, 1);
    super::saved(&mut session);
    share.signal("-STOP");
    let mut longest = Duration::ZERO;
    let began = std::time::Instant::now();
    for seed in 2..12 {
        let before = std::time::Instant::now();
        work(&mut session, seed);
        longest = longest.max(before.elapsed());
        std::thread::sleep(Duration::from_millis(100));
    }
    until("it is said", || is_silent(&session));
    println!("said after {:.1} s; 33 actions took {longest:?} at most", began.elapsed().as_secs_f32());
    let now = session.state().clone();
    let before = std::time::Instant::now();
    let copied = pack_in_memory(session.folder(), &now).unwrap();
    println!("a copy took {:.1} s; missing: {:?}", before.elapsed().as_secs_f32(), copied.missing);
    assert!(Bundle::open(Path::new("é.ron"), &copied.source).is_ok());
    share.signal("-CONT");
    until("all is saved", || session.file_status() == SaveStatus::Saved && session.save_status() == SaveStatus::Saved);
    share.signal("-STOP");
    work(&mut session, 20);
    let now = session.state().clone();
    let before = std::time::Instant::now();
    drop(session);
    println!("leaving took {:.1} s", before.elapsed().as_secs_f32());
    share.signal("-CONT");
    let elsewhere = ProjectFolder::open(temp.path()).unwrap().0;
    until("the lock is given back", || elsewhere.holder(&key().annotator).is_none());
    let again = session_in(temp.path());
    assert_eq!((again.project(), again.state().layer(&key())), (&now.project, now.layer(&key())));
}
