//! Sessions against a simple model, on disks that fail, through crashes.

use super::*;
use crate::edit::testing::{TEXT, command, draws, layer_of, state_of};
use crate::model::testing::key;
use crate::store::ProjectFolder;
use proptest::prelude::*;
use std::path::Path;
use std::time::Duration;

fn session_in(path: &Path) -> Session {
    let (folder, project) = ProjectFolder::open(path).unwrap();
    let mut session = Session::start(open(folder, project, &key().annotator, None).unwrap(), || {});
    let document = session.project().document(&key().document).unwrap().clone();
    let (text, layer) = Session::load(session.folder(), &document, &key().annotator).unwrap();
    session.take_in(text, layer);
    session.show(&key().document);
    session
}

/// A project on disk as commands of tests expect it.
fn project_in(path: &Path) -> State {
    let state = state_of(layer_of(TEXT));
    let folder = ProjectFolder::create(path, &Project::new("Test", state.project.scheme.clone())).unwrap();
    folder.save(&state, &Dirty::everything(&state)).unwrap();
    state
}

/// All that is of a project, as somebody finds it who copies the folder at this instant.
fn copy_of(path: &Path) -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).into_iter().flatten().flatten() {
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &target);
            } else {
                // A temporary file may go meanwhile.
                let _ = std::fs::copy(entry.path(), target);
            }
        }
    }
    let temp = tempfile::tempdir().unwrap();
    copy(path, temp.path());
    temp
}

fn same(session: &Session, state: &State) -> bool {
    session.project() == &state.project && session.state().layer(&key()) == state.layer(&key())
}

/// Lets what was done become durable.
fn until_durable(session: &Session) {
    for _ in 0..2_000 {
        if session.scribe.is_up_to_date() {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("not durable after two seconds: {:?}", session.journal_status());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn work_with_undo_saves_restarts_and_crashes_is_what_a_simple_model_says(
        draws in proptest::collection::vec(proptest::array::uniform4(0u32..1000), 1..40),
    ) {
        let temp = tempfile::tempdir().unwrap();
        // The model keeps every state as it was before, and knows nothing of changes.
        let (mut now, mut past, mut future) = (project_in(temp.path()), Vec::new(), Vec::new());
        let mut session = session_in(temp.path());
        let mut crashed: Vec<tempfile::TempDir> = Vec::new();
        for n in draws {
            match n[0] % 13 {
                7 | 8 => {
                    if session.undo().is_ok() {
                        future.push(std::mem::replace(&mut now, past.pop().unwrap()));
                    } else {
                        prop_assert!(past.is_empty());
                    }
                }
                9 => {
                    if session.redo().is_ok() {
                        past.push(std::mem::replace(&mut now, future.pop().unwrap()));
                    } else {
                        prop_assert!(future.is_empty());
                    }
                }
                10 => {
                    session.save_now();
                    prop_assert!(session.flusher().wait(Duration::from_secs(10)));
                }
                11 => {
                    drop(session);
                    session = session_in(crashed.last().unwrap_or(&temp).path());
                }
                12 => {
                    until_durable(&session);
                    let crash = copy_of(crashed.last().unwrap_or(&temp).path());
                    // What the old session still saves goes into the old folder.
                    let old = std::mem::replace(&mut session, session_in(crash.path()));
                    drop(old);
                    crashed.push(crash);
                }
                _ => {
                    let change = command(session.state(), n);
                    if let Ok(change) = change && session.apply(change).is_ok() {
                        past.push(now.clone());
                        future.clear();
                        now = session.state().clone();
                    }
                }
            }
            prop_assert!(same(&session, &now), "after {:?}", n);
        }
        drop(session);
        let path = crashed.last().unwrap_or(&temp).path();
        let (folder, project) = ProjectFolder::open(path).unwrap();
        let files = folder.load_all(project).unwrap();
        prop_assert_eq!(&files.project, &now.project);
        let none = Layer::new(key(), Text::new(TEXT));
        prop_assert_eq!(files.layer(&key()).unwrap_or(&none), now.layer(&key()).unwrap());
        // And everything that was ever done can be taken back.
        let mut session = session_in(path);
        while let Some(earlier) = past.pop() {
            session.undo().unwrap();
            prop_assert!(same(&session, &earlier));
        }
    }
}

#[test]
fn the_steps_of_a_document_can_be_gone_to_from_anywhere_also_after_a_restart() {
    let temp = tempfile::tempdir().unwrap();
    project_in(temp.path());
    let mut session = session_in(temp.path());
    let mut states = vec![session.state().clone()];
    for n in draws(7, 40) {
        if let Ok(change) = command(session.state(), n)
            && session.apply(change).is_ok()
        {
            states.push(session.state().clone());
        }
    }
    assert!(states.len() > 10);
    drop(session);
    let mut session = session_in(temp.path());
    let numbers: Vec<_> = session.steps().0.iter().map(|step| step.number).collect();
    assert_eq!(numbers.len() + 1, states.len());
    for to in [3, 0, numbers.len() - 1, 1, 5] {
        assert_eq!(session.go_to(numbers[to], false).1, None);
        assert!(same(&session, &states[to + 1]), "{to}");
        let (done, undone) = session.steps();
        assert_eq!((done.len(), undone.len()), (to + 1, numbers.len() - to - 1));
    }
    assert_eq!(session.go_to(numbers[0], true).1, None);
    assert!(same(&session, &states[0]));
    assert_eq!(session.go_to(9_999, false), (Vec::new(), None));
}

#[test]
fn what_is_durable_is_said_to_be_saved_though_no_file_can_be_written_and_comes_back() {
    let temp = tempfile::tempdir().unwrap();
    project_in(temp.path());
    let mut session = session_in(temp.path());
    // A folder where the layer's file must be.
    let path = session.folder().layer_path(&key()).unwrap();
    std::fs::create_dir_all(path.join("in the way")).unwrap();
    let change = command(session.state(), [0, 1, 0, 3]).unwrap();
    session.apply(change).unwrap();
    let now = session.state().clone();
    assert!(!session.flusher().wait(Duration::from_secs(10)));
    until_durable(&session);
    assert!(matches!(session.save_status(), SaveStatus::Failed(_, Kept::Journal)));
    drop(session);
    std::fs::remove_dir_all(&path).unwrap();
    let (folder, project) = ProjectFolder::open(temp.path()).unwrap();
    let opened = open(folder, project, &key().annotator, None).unwrap();
    let report = opened.report.as_ref().unwrap();
    assert_eq!((report.actions, report.is_clean()), (1, true));
    assert!(
        report.to_string().ends_with("1 action in “0001-test” came back from the journal. Nothing is lost."),
        "{report}"
    );
    drop(Session::start(opened, || {}));
    assert!(same(&session_in(temp.path()), &now));
}
