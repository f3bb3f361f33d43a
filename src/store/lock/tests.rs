//! Locks on machines that are made up: numbers of processes used again, clocks that jump, machines that fall silent.
//! Real processes: `tests/locks.rs`.

use super::machine::Identity;
use super::*;
use crate::model::testing::noon;
use crate::model::{Project, Scheme};
use chrono::{DateTime, Utc};
use std::fs;
use std::sync::Barrier;

pub(super) struct Fake {
    pub identity: Identity,
    pub processes: BTreeMap<u32, u64>,
    pub elapsed: Mutex<Duration>,
    pub now: Mutex<DateTime<Utc>>,
    pub local: bool,
    pub locks: bool,
}

impl Machine for Fake {
    fn identity(&self) -> Identity {
        self.identity.clone()
    }
    fn process(&self, number: u32) -> Process {
        self.processes.get(&number).map_or(Process::Gone, |started| Process::Runs(*started))
    }
    fn elapsed(&self) -> Duration {
        *self.elapsed.lock().unwrap()
    }
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap()
    }
    fn has_locks(&self) -> bool {
        self.locks
    }
    fn is_local(&self, _: &Path) -> bool {
        self.local
    }
}

/// A machine on which process 7, started at tick 70, is ours.
pub(super) fn machine(host: &str) -> Arc<Fake> {
    let identity = Identity {
        user: "zoë".to_owned(),
        host: host.to_owned(),
        boot: format!("boot of {host}"),
        table: "t".to_owned(),
        process: 7,
        started: 70,
    };
    let (elapsed, now) = (Mutex::default(), Mutex::new(noon()));
    Arc::new(Fake { identity, processes: [(7, 70)].into(), elapsed, now, local: false, locks: true })
}

pub(super) fn pass(machine: &Fake, seconds: u64) {
    *machine.elapsed.lock().unwrap() += Duration::from_secs(seconds);
}

pub(super) fn project() -> (tempfile::TempDir, ProjectFolder) {
    let temp = tempfile::tempdir().unwrap();
    let folder = ProjectFolder::create(temp.path(), &Project::new("é", Scheme::default())).unwrap();
    (temp, folder)
}

/// Another window of the project: it has watched nothing yet.
pub(super) fn again(folder: &ProjectFolder) -> ProjectFolder {
    ProjectFolder::open(folder.path()).unwrap().0
}

/// As a machine sees the lock of another: without the system's lock, which ends at the machine's border.
pub(super) fn from_afar(mut lock: Lock) -> Lock {
    lock.system = None;
    // And it beats when it is told to.
    lock.stop = None;
    lock
}

pub(super) fn is_held(result: &Result<Lock, LockError>) -> bool {
    matches!(result, Err(LockError::Held { .. }))
}

pub(super) fn maria() -> Name {
    "maria".into()
}

#[test]
fn one_works_as_an_annotator_at_a_time_and_who_it_is_can_be_read_without_a_lock() {
    let (_temp, folder) = project();
    assert_eq!(folder.holder(&maria()), None);
    let lock = folder.lock(&maria()).unwrap();
    assert!(lock.is_still_mine());
    let other = again(&folder);
    let error = other.lock(&maria()).unwrap_err();
    let LockError::Held { holder, .. } = &error else { panic!("{error}") };
    assert_eq!((holder.process, holder.is_surely_alive), (std::process::id(), true));
    assert_eq!(other.holder(&maria()).as_ref(), Some(holder));
    assert!(error.to_string().contains("the work of “maria” is being worked on by"), "{error}");
    let (_zoe, _all) = (other.lock(&"Zoë/..".into()).unwrap(), other.lock_project().unwrap());
    drop(lock);
    assert_eq!(other.holder(&maria()), None);
    assert!(other.lock(&maria()).unwrap().is_still_mine());
    assert!(matches!(other.lock(&"".into()), Err(LockError::BadAnnotator(_))));
    fs::remove_file(folder.project_path()).unwrap();
    assert!(matches!(folder.lock(&maria()), Err(LockError::Gone(_))));
}

#[test]
fn of_many_who_try_at_once_one_gets_the_lock_whether_it_is_free_or_stale() {
    let (_temp, folder) = project();
    // With the system's locks, and on a share that has none.
    let mut share = Arc::into_inner(machine("desk")).unwrap();
    share.locks = false;
    let machines: [Arc<dyn Machine>; 2] = [Arc::new(ThisMachine), Arc::new(share)];
    for round in 0..60 {
        let machine = &machines[round % 2];
        if round % 4 > 1 {
            // Left by a process that is gone, which had this number before.
            let identity = Identity { started: 1, ..machine.identity() };
            let lock = annotators_lock(&folder.disk, &maria()).unwrap();
            fs::write(lock, Record::new(identity, noon(), true).write(3)).unwrap();
        }
        let barrier = Barrier::new(8);
        let got = std::thread::scope(|scope| {
            let attempt = || {
                let folder = again(&folder);
                barrier.wait();
                let lock = folder.lock_on(&maria(), machine.clone());
                // Nobody gives back before all have tried.
                barrier.wait();
                lock.map(|lock| assert!(lock.is_still_mine())).map_err(|error| error.to_string())
            };
            let all: Vec<_> = (0..8).map(|_| scope.spawn(attempt)).collect();
            all.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert_eq!(got.iter().filter(|got| got.is_ok()).count(), 1, "round {round}: {got:?}");
        assert_eq!(folder.holder(&maria()), None);
    }
}

#[test]
fn a_number_of_a_process_that_was_used_again_keeps_no_lock() {
    let (_temp, folder) = project();
    let lock = from_afar(folder.lock_on(&maria(), machine("desk")).unwrap());
    assert!(is_held(&again(&folder).lock_on(&maria(), machine("desk"))));
    // Process 7 is now another one.
    let mut later = Arc::into_inner(machine("desk")).unwrap();
    (later.processes, later.identity.started) = ([(7, 700)].into(), 700);
    let taken = again(&folder).lock_on(&maria(), Arc::new(later)).unwrap();
    assert!(taken.is_still_mine() && !lock.is_still_mine());
    // The old holder gives back nothing that is not its own, and its counter goes nowhere.
    lock.file.beat(9);
    drop(lock);
    assert!(taken.is_still_mine());
    // In another table of processes the number says nothing; there the system's own lock does.
    let mut container = Arc::into_inner(machine("desk")).unwrap();
    container.identity.table = "another".to_owned();
    let container = Arc::new(container);
    assert!(is_held(&again(&folder).lock_on(&maria(), container.clone())));
    let _taken = from_afar(taken);
    assert!(again(&folder).lock_on(&maria(), container).is_ok());
}

#[test]
fn a_lock_of_another_machine_is_stale_when_its_counter_was_watched_standing_still_and_not_by_any_clock() {
    let (_temp, folder) = project();
    let (desk, lap) = (machine("desk"), machine("lap"));
    let lock = from_afar(folder.lock_on(&maria(), desk).unwrap());
    let other = again(&folder);
    let attempt = || other.lock_on(&maria(), lap.clone());
    // While it beats nobody gets it, however long it takes and wherever the clocks are put.
    for beat in 1..30 {
        lock.file.beat(beat);
        *lap.now.lock().unwrap() += chrono::Duration::days(if beat % 2 == 0 { 40_000 } else { -41_000 });
        pass(&lap, 20);
        assert!(is_held(&attempt()), "beat {beat}");
    }
    // It falls silent. Who slept for an hour between two looks has not watched for an hour.
    for _ in 0..4 {
        pass(&lap, 3600);
        assert!(is_held(&attempt()));
    }
    let Err(LockError::Held { holder, .. }) = attempt() else { panic!() };
    assert_eq!((holder.host.as_str(), holder.is_surely_alive), ("desk", false));
    pass(&lap, 6);
    let taken = attempt().unwrap();
    assert!(!lock.is_still_mine() && taken.is_still_mine());
    drop(lock);
    assert!(taken.is_still_mine());
    assert_eq!(other.holder(&maria()).unwrap().host, "lap");
}

#[test]
fn after_a_power_cut_the_lock_is_free_at_once_on_a_disk_of_the_machine_and_watched_on_a_share() {
    let (_temp, folder) = project();
    let mut after = Arc::into_inner(machine("desk")).unwrap();
    after.identity.boot = "the next".to_owned();
    let after = Arc::new(after);
    let _lock = from_afar(folder.lock_on(&maria(), machine("desk")).unwrap());
    assert!(is_held(&again(&folder).lock_on(&maria(), after.clone())));
    let local = Arc::new(Fake { local: true, ..Arc::into_inner(after).unwrap() });
    assert!(again(&folder).lock_on(&maria(), local).is_ok());
}

#[test]
fn a_lock_that_was_taken_away_is_noticed_and_nonsense_in_its_place_is_watched() {
    let (_temp, folder) = project();
    let lock = from_afar(folder.lock(&maria()).unwrap());
    let path = lock.file.path.clone();
    fs::remove_file(&path).unwrap();
    assert!(!lock.is_still_mine());
    for nonsense in ["", "(format: \"byline-lock\", version: 2)", "\u{0}\u{0}"] {
        fs::write(&path, nonsense).unwrap();
        let (lap, other) = (machine("lap"), again(&folder));
        let Err(LockError::Held { holder, .. }) = other.lock_on(&maria(), lap.clone()) else { panic!() };
        assert_eq!(holder, Holder::unknown());
        for _ in 0..5 {
            pass(&lap, 6);
            let _ = other.lock_on(&maria(), lap.clone()).map(|lock| assert!(lock.is_still_mine()));
        }
        assert_eq!(folder.holder(&maria()), None, "{nonsense:?}");
    }
}

#[test]
fn who_dies_while_taking_over_does_not_keep_others_from_it() {
    let (_temp, folder) = project();
    let lock = from_afar(folder.lock_on(&maria(), machine("desk")).unwrap());
    let gone = Identity { process: 9, ..machine("desk").identity() };
    let stale = Record::new(gone, noon(), true).write(0);
    fs::write(&lock.file.path, &stale).unwrap();
    let mut taking = lock.file.path.clone().into_os_string();
    for _ in 0..2 {
        taking.push(".taking");
        fs::write(&taking, &stale).unwrap();
    }
    assert!(folder.lock_on(&maria(), machine("desk")).unwrap().is_still_mine());
    assert_eq!(folder.holder(&maria()), None);
}

#[test]
fn a_lock_that_nobody_holds_and_nobody_can_take_over_is_not_said_to_be_held() {
    let (_temp, folder) = project();
    let lock = from_afar(folder.lock_on(&maria(), machine("desk")).unwrap());
    let gone = Identity { process: 9, ..machine("desk").identity() };
    fs::write(&lock.file.path, Record::new(gone, noon(), true).write(0)).unwrap();
    let mut taking = lock.file.path.clone().into_os_string();
    taking.push(".taking");
    // As on a disk that can only be read: here a folder is in the way.
    fs::create_dir(&taking).unwrap();
    let error = folder.lock_on(&maria(), machine("desk")).unwrap_err();
    assert!(matches!(error, LockError::Other { .. }), "{error}");
}

#[test]
fn a_folder_in_which_nothing_can_be_written_can_still_be_read() {
    let refused = |kind: io::ErrorKind| LockError::from_io(Path::new("x"), &kind.into());
    assert!(matches!(refused(io::ErrorKind::ReadOnlyFilesystem), LockError::ReadOnly { .. }));
    assert!(matches!(refused(io::ErrorKind::PermissionDenied), LockError::ReadOnly { .. }));
    assert!(matches!(refused(io::ErrorKind::StorageFull), LockError::Other { .. }));
}

#[test]
#[cfg(unix)]
fn no_lock_is_written_through_a_link_that_leads_out_of_the_project() {
    let (_temp, folder) = project();
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join(".byline/locks")).unwrap();
    let error = folder.lock(&maria()).unwrap_err();
    assert!(matches!(error, LockError::Astray(_)), "{error}");
    assert_eq!(folder.holder(&maria()), None);
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}
