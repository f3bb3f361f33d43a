//! What a disk can do to a lock: every step of taking, keeping and giving back failing, and every instant at which the
//! power can go. Nobody works beside the holder, nothing else in the project is touched, and what is left behind keeps
//! others waiting for half a minute at most.

use super::machine::Identity;
use super::tests::{again, from_afar, is_held, machine, maria, pass};
use super::*;
use crate::model::testing::noon;
use crate::model::{Project, Scheme};
use crate::store::faults::{Follower, Taken};
use crate::store::project_folder::Seam;
use crate::store::testing::scratch;
use crate::store::write::{Op, Stop};
use std::fs;

/// What is in the way at the beginning.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Before {
    Nothing,
    /// The lock of a process that is gone.
    Stale,
    /// The same, and of one that died while it took that over.
    StaleTwice,
    /// A file that says nothing, watched for long enough.
    Nonsense,
}

/// Which steps fail.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Fails {
    Once,
    FromThenOn,
    /// The same as once, on a disk that can exchange no names.
    OnceAndEveryRename,
}

const ALL: [Before; 4] = [Before::Nothing, Before::Stale, Before::StaleTwice, Before::Nonsense];

/// A project with that in it, all further writing through `seam`.
fn prepared(root: &Path, before: Before, seam: Seam) -> ProjectFolder {
    ProjectFolder::create(root, &Project::new("é", Scheme::default())).unwrap();
    let folder = ProjectFolder::open_through(root, seam).unwrap().0;
    let path = annotators_lock(&folder.disk, &maria()).unwrap();
    let gone = Identity { process: 9, ..machine("desk").identity() };
    let stale = Record::new(gone, noon(), true).write(7);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    match before {
        Before::Nothing => fs::remove_dir_all(root.join(".byline/locks")).unwrap(),
        Before::Stale => fs::write(&path, stale).unwrap(),
        Before::StaleTwice => {
            fs::write(&path, &stale).unwrap();
            fs::write(path.with_extension("ron.taking"), stale).unwrap();
        }
        Before::Nonsense => fs::write(&path, "(for").unwrap(),
    }
    folder
}

/// Takes the lock, looking at what is in the way for as long as that takes.
fn take(folder: &ProjectFolder, host: &str) -> Result<Lock, LockError> {
    let machine = machine(host);
    let mut taken = folder.lock_on(&maria(), machine.clone());
    for _ in 0..6 {
        if !is_held(&taken) {
            break;
        }
        pass(&machine, 6);
        taken = folder.lock_on(&maria(), machine.clone());
    }
    taken
}

/// The names of all files of locks, but for those that are in nobody's way: the system's, and those of who took over.
fn files(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root.join(".byline/locks/annotators")).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.ends_with(".system") && !name.ends_with(".taking"));
    names
}

#[test]
fn whichever_step_of_a_lock_fails_one_at_most_has_it_and_afterwards_anybody_can() {
    let mut schedules = 0;
    let ways = [(io::ErrorKind::StorageFull, 5), (io::ErrorKind::Other, usize::MAX), (io::ErrorKind::Unsupported, 0)];
    for before in ALL {
        let fails = [Fails::Once, Fails::FromThenOn, Fails::OnceAndEveryRename];
        for (mode, (kind, written)) in fails.into_iter().flat_map(|mode| ways.map(|way| (mode, way))) {
            for at in 0.. {
                let temp = scratch();
                let steps = Arc::new(Mutex::new(0usize));
                let counter = steps.clone();
                let seam = Arc::new(move |op: Op| {
                    let mut step = counter.lock().unwrap();
                    *step += 1;
                    let fails = *step == at + 1
                        || (mode == Fails::FromThenOn && *step > at)
                        || (mode == Fails::OnceAndEveryRename && matches!(op, Op::Rename(..)));
                    if fails { Err(Stop { error: kind.into(), written }) } else { Ok(()) }
                });
                let folder = prepared(temp.path(), before, seam);
                let project = fs::read(folder.project_path()).unwrap();
                let what = format!("{before:?}, {kind:?} at step {at}, {mode:?}");
                // On the machine that the lock was left by, and on another one.
                match take(&folder, "desk").map(from_afar) {
                    Ok(lock) => {
                        assert!(lock.is_still_mine(), "{what}");
                        for beat in 1..4 {
                            lock.file.beat(beat);
                            let other = again(&folder).lock_on(&maria(), machine("lap"));
                            assert!(is_held(&other), "{what}: two at once");
                        }
                        assert!(lock.is_still_mine(), "{what}: a beat that failed loses no lock");
                        let Err(LockError::Held { holder, .. }) = again(&folder).lock_on(&maria(), machine("lap"))
                        else {
                            panic!("{what}")
                        };
                        assert_eq!(holder.host, "desk", "{what}: who it is can be read");
                    }
                    Err(LockError::Held { holder, .. }) => panic!("{what}: nobody holds it, {holder}"),
                    Err(error) => {
                        assert!(error.to_string().contains("help: "), "{what}");
                        // Half a lock is taken away at once, where that is possible.
                        let is_left = before == Before::Nothing && mode != Fails::FromThenOn;
                        assert!(!is_left || files(temp.path()).is_empty(), "{what}");
                    }
                }
                // The same program once more, and others, when the disk is in order again.
                for host in ["desk", "lap"] {
                    let lock = take(&again(&folder), host).unwrap_or_else(|error| panic!("{what}: {error}"));
                    assert!(lock.is_still_mine(), "{what}");
                }
                assert_eq!(files(temp.path()), [""; 0], "{what}");
                assert_eq!(fs::read(folder.project_path()).unwrap(), project, "{what}");
                schedules += 1;
                if *steps.lock().unwrap() <= at {
                    assert!(at > 8, "{at} steps failed");
                    break;
                }
            }
        }
    }
    println!("locks: {schedules} schedules of one failing step, or of all from one on");
}

#[test]
fn however_many_died_while_taking_over_the_lock_can_be_had() {
    let temp = scratch();
    let folder = prepared(temp.path(), Before::StaleTwice, Arc::new(|_: Op| Ok(())));
    let mut path = annotators_lock(&folder.disk, &maria()).unwrap();
    let stale = fs::read(&path).unwrap();
    for _ in 0..DEEPEST + 3 {
        path.as_mut_os_string().push(".taking");
        fs::write(&path, &stale).unwrap();
    }
    for host in ["desk", "lap"] {
        assert!(take(&folder, host).unwrap().is_still_mine(), "{host}");
    }
}

#[test]
fn whenever_the_power_goes_what_is_left_of_a_lock_keeps_others_waiting_for_half_a_minute_at_most() {
    for before in ALL {
        let temp = scratch();
        let steps = Arc::new(Mutex::new(Vec::new()));
        let recorder = steps.clone();
        let seam = Arc::new(move |op: Op| {
            recorder.lock().unwrap().extend(Taken::of(op));
            Ok(())
        });
        let folder = prepared(temp.path(), before, seam);
        let mut follower = Follower::of(temp.path());
        let lock = take(&folder, "desk").map(from_afar).unwrap();
        for beat in [8, 99] {
            lock.file.beat(beat);
        }
        drop(lock);
        let steps = steps.lock().unwrap().clone();
        assert!(steps.len() > 8, "{}", steps.len());
        for step in &steps {
            follower.take(step);
            for disk in follower.possible() {
                let cut = scratch();
                disk.build(temp.path(), cut.path());
                for host in ["lap", "desk"] {
                    let folder = ProjectFolder::open(cut.path()).unwrap().0;
                    let lock = take(&folder, host).unwrap_or_else(|error| panic!("{before:?}, {step:?}: {error}"));
                    assert!(lock.is_still_mine());
                }
            }
        }
    }
}
