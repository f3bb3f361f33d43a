//! Sessions against a simple model, on disks that fail, through crashes.

mod clock;
mod hanging;

use super::*;
use crate::edit::testing::{TEXT, command, draws, layer_of, state_of};
use crate::model::testing::key;
use crate::store::ProjectFolder;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

pub(super) fn session_in(path: &Path) -> Session {
    let (folder, project) = ProjectFolder::open(path).unwrap();
    let mut session = Session::start(open(folder, project, &key().annotator, None).unwrap(), || {});
    let document = session.project().document(&key().document).unwrap().clone();
    let (text, layer) = Session::load(session.folder(), &document, &key().annotator).unwrap();
    session.take_in(text, layer);
    session.show(&key().document);
    session
}

/// A project on disk as commands of tests expect it.
pub(super) fn project_in(path: &Path) -> State {
    let state = state_of(layer_of(TEXT));
    let folder = ProjectFolder::create(path, &Project::new("Test", state.project.scheme.clone())).unwrap();
    folder.save(&state, &Dirty::everything(&state)).unwrap();
    state
}

/// All that is of a project, as somebody finds it who copies the folder at this instant.
pub(super) fn copy_of(path: &Path) -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        let mut entries: Vec<_> = std::fs::read_dir(from).into_iter().flatten().flatten().collect();
        // The journal first: what it calls saved must be in the files that are copied after it.
        entries.sort_by_key(|entry| entry.file_name() != ".byline");
        for entry in entries {
            let target = to.join(entry.file_name());
            if entry.file_name() == "locks" {
                // Of a process that was killed: this one lives.
            } else if entry.path().is_dir() {
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
pub(super) fn until_durable(session: &Session) {
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
fn of_two_sessions_one_writes_and_the_other_reads_and_knows_who() {
    let temp = tempfile::tempdir().unwrap();
    project_in(temp.path());
    let mut first = session_in(temp.path());
    let mut second = session_in(temp.path());
    assert_eq!(first.holder(), None);
    assert_eq!(second.holder().unwrap().process, std::process::id());
    let change = || command(&state_of(layer_of(TEXT)), [0, 1, 0, 3]).unwrap();
    let refused = second.apply(change()).unwrap_err();
    assert!(matches!(&refused, WorkError::Held { who, .. } if *who == key().annotator), "{refused}");
    first.apply(change()).unwrap();
    until_durable(&first);
    // To read nothing is needed, and what is being written there is no news of a crash.
    drop(second);
    let third = session_in(temp.path());
    assert!(third.holder().is_some() && third.steps().0.is_empty());
    drop((first, third));
    assert_eq!(session_in(temp.path()).holder(), None);
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

/// A session, and the path of its layer's file, where a folder is in the way.
fn session_that_cannot_save(root: &Path) -> (Session, std::path::PathBuf) {
    project_in(root);
    let session = session_in(root);
    let path = session.folder().layer_path(&key()).unwrap();
    std::fs::create_dir_all(path.join("in the way")).unwrap();
    (session, path)
}

#[test]
fn what_is_durable_is_said_to_be_saved_though_no_file_can_be_written_and_comes_back() {
    let temp = tempfile::tempdir().unwrap();
    let (mut session, path) = session_that_cannot_save(temp.path());
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

#[test]
fn what_could_not_be_saved_is_saved_by_itself_once_the_reason_has_passed() {
    let temp = tempfile::tempdir().unwrap();
    let (mut session, path) = session_that_cannot_save(temp.path());
    let change = command(session.state(), [0, 1, 0, 3]).unwrap();
    session.apply(change).unwrap();
    assert_eq!(session.try_again(), None, "nothing has failed yet");
    assert!(!session.flusher().wait(Duration::from_secs(10)));
    let failed = |session: &Session| matches!(session.save_status(), SaveStatus::Failed(..));
    assert!(failed(&session));
    std::fs::remove_dir_all(&path).unwrap();
    let mut tries = 0;
    while failed(&session) {
        let wait = session.try_again();
        tries += 1;
        assert!(tries < 5_000, "not saved, to be tried again in {wait:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(session.try_again(), None);
    assert!(session.flusher().wait(Duration::from_secs(10)));
    assert!(path.is_file());
}

/// Somebody else's session on the same files, which knows of no lock; returns what it leaves behind.
pub(super) fn others_do(path: &Path, work: impl FnOnce(&mut State)) {
    let (folder, project) = ProjectFolder::open(path).unwrap();
    let mut state = folder.load_all(project).unwrap();
    work(&mut state);
    folder.save(&state, &Dirty::everything(&state)).unwrap();
}

fn marked(state: &State, range: std::ops::Range<usize>) -> Change {
    let (layer, stamp) = (state.layer(&key()).unwrap(), Session::stamp());
    let span = layer.text().span(range).unwrap();
    crate::edit::annotate::annotate(layer, &state.project.scheme, &"claim".into(), span, &stamp).unwrap()
}

pub(super) fn saved(session: &mut Session) {
    session.save_now();
    assert!(session.flusher().wait(Duration::from_secs(10)), "{:?}", session.file_status());
}

fn peeked(session: &Session) -> crate::store::Peeked<Layer> {
    session.folder().peek_layer(&key(), session.layer().unwrap().text()).unwrap().unwrap()
}

#[test]
fn what_others_wrote_into_a_layer_is_merged_as_one_step_and_what_clashes_waits_for_a_person() {
    use crate::edit::note::set_note;
    use crate::merge::{Choice, Conflict, resolve};
    let temp = tempfile::tempdir().unwrap();
    project_in(temp.path());
    let mut session = session_in(temp.path());
    let first = marked(session.state(), 0..3);
    session.apply(first).unwrap();
    saved(&mut session);
    let noted = |state: &State, text: &str| {
        set_note(state.layer(&key()).unwrap(), AnnotationId(1), text, &Session::stamp()).unwrap()
    };
    others_do(temp.path(), |state| {
        let change = noted(state, "theirs");
        state.apply(&change).unwrap();
        let change = marked(state, 51..54);
        state.apply(&change).unwrap();
    });
    let change = noted(session.state(), "ours");
    session.apply(change).unwrap();
    let change = marked(session.state(), 42..44);
    session.apply(change).unwrap();
    // The file is not what this session knows: it is not overwritten.
    session.save_now();
    assert!(!session.flusher().wait(Duration::from_secs(10)));
    let before = session.state().clone();
    let taken = session.take_in_layer(&peeked(&session)).unwrap().unwrap();
    assert_eq!((taken.taken.made, taken.conflicts.len()), (1, 1));
    saved(&mut session);
    let notes = |session: &Session| session.layer().unwrap().get(AnnotationId(1)).unwrap().note.clone();
    assert_eq!((session.layer().unwrap().len(), notes(&session).as_str()), (3, "ours"));
    let (folder, project) = ProjectFolder::open(temp.path()).unwrap();
    assert_eq!(folder.load_all(project).unwrap().layer(&key()), session.layer());
    // A person decides, and all of it can be taken back.
    let Conflict::Annotation(conflict) = &taken.conflicts[0] else { panic!("{:?}", taken.conflicts) };
    assert_eq!(conflict.sides.theirs.as_ref().unwrap().note, "theirs");
    let decided = resolve(session.layer().unwrap(), &taken.conflicts[0], Choice::Theirs, &Session::stamp()).unwrap();
    session.apply(decided).unwrap();
    assert_eq!(notes(&session), "theirs");
    session.undo().unwrap();
    session.undo().unwrap();
    assert!(same(&session, &before));
    // The same file once more is no news.
    saved(&mut session);
    assert_eq!(session.take_in_layer(&peeked(&session)).unwrap(), None);
}

#[test]
fn a_change_outside_is_noticed_and_reading_only_shows_it() {
    let temp = tempfile::tempdir().unwrap();
    project_in(temp.path());
    let mut writer = session_in(temp.path());
    let mut reader = session_in(temp.path());
    let change = marked(writer.state(), 0..3);
    writer.apply(change).unwrap();
    saved(&mut writer);
    let mut heard = Vec::new();
    for _ in 0..1_000 {
        heard.extend(reader.outside_changes());
        if !heard.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(heard, [OutsideChange::Layer(key())]);
    assert!(reader.holder().is_some());
    assert_eq!(reader.take_in_layer(&peeked(&reader)).unwrap(), None);
    assert_eq!(reader.layer(), writer.layer());
    assert_eq!(writer.outside_changes(), [], "its own saves are no news");
}

#[test]
fn annotations_of_a_text_that_was_exchanged_lie_where_a_person_says_and_older_steps_are_gone() {
    let temp = tempfile::tempdir().unwrap();
    project_in(temp.path());
    let mut session = session_in(temp.path());
    for range in [0..3, 51..54, 42..44] {
        let change = marked(session.state(), range);
        session.apply(change).unwrap();
    }
    saved(&mut session);
    let new = format!("Something new stands first. {TEXT}");
    std::fs::write(session.folder().text_path(&key().document), &new).unwrap();
    let document = session.current().unwrap().clone();
    let anchoring = Anchoring::of(session.folder(), &document).unwrap().unwrap();
    assert!(anchoring.text.has_old_text);
    let places: Vec<_> = anchoring
        .proposals
        .iter()
        .map(|proposal| proposal.placed.iter().filter_map(|p| Some((p.id, p.proposed()?.clone()))).collect())
        .collect();
    let quotes = |layer: &Layer| -> Vec<String> {
        let mut all: Vec<_> = layer.annotations().map(|a| (a.id, layer.text().quote(&a.span))).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, quote)| quote).collect()
    };
    let before = quotes(session.layer().unwrap());
    assert_eq!(session.exchange_text(&anchoring, &places).unwrap(), 0);
    assert_eq!(quotes(session.layer().unwrap()), before);
    assert!(session.undo().is_err(), "what was done on the old text cannot be taken back in the new one");
    assert!(session.flusher().wait(Duration::from_secs(10)));
    drop(session);
    let mut session = session_in(temp.path());
    assert_eq!(session.layer().unwrap().text().as_str(), new);
    assert!(session.undo().is_err() && session.steps().0.is_empty());
    let copies = session.folder().copies(&key()).unwrap();
    assert!(!copies.is_empty(), "the layer as it was is kept");
}

#[test]
fn documents_and_titles_that_others_changed_come_in_as_one_step() {
    let temp = tempfile::tempdir().unwrap();
    project_in(temp.path());
    let mut session = session_in(temp.path());
    let text = Text::new("zwölf Pfähle");
    let id = DocumentId::new("0002-b").unwrap();
    others_do(temp.path(), |state| {
        state.project.documents[0].title = "theirs".to_owned();
        let document = crate::edit::testing::document(id.clone(), &text);
        state.project.documents.insert(0, document);
        state.load_layer(Layer::new(LayerKey { document: id.clone(), annotator: "zoë".into() }, text.clone()));
    });
    let before = session.state().clone();
    let theirs = session.folder().peek_project().unwrap().unwrap();
    let taken = session.take_in_project(&theirs, &[(id, text)].into()).unwrap();
    assert_eq!(taken, TakenProject::default());
    assert_eq!(session.project(), &theirs.found);
    saved(&mut session);
    session.undo().unwrap();
    assert_eq!(session.project(), &before.project);
}

fn until_outside(session: &mut Session) -> Vec<OutsideChange> {
    for _ in 0..1_000 {
        let heard = session.outside_changes();
        if !heard.is_empty() {
            return heard;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("nothing was heard");
}

/// What a window reads when it hears that the project file is another one.
fn with_texts(session: &Session) -> (crate::store::Peeked<Project>, BTreeMap<DocumentId, Text>) {
    let theirs = session.folder().peek_project().unwrap().unwrap();
    let texts = theirs.found.documents.iter().filter_map(|d| Some((d.id.clone(), session.folder().load_text(d).ok()?)));
    let texts = texts.collect();
    (theirs, texts)
}

#[test]
fn a_document_whose_text_comes_after_the_project_file_is_taken_in_when_it_comes_and_lost_to_nobody() {
    let temp = tempfile::tempdir().unwrap();
    project_in(temp.path());
    let mut writer = session_in(temp.path());
    let mut reader = session_in(temp.path());
    let (text, id) = (Text::new("zwölf Pfähle"), DocumentId::new("0002-b").unwrap());
    others_do(temp.path(), |state| {
        state.project.documents[0].title = "theirs".to_owned();
        let document = crate::edit::testing::document(id.clone(), &text);
        state.project.documents.push(document);
        state.load_layer(Layer::new(LayerKey { document: id.clone(), annotator: "zoë".into() }, text.clone()));
    });
    let path = writer.folder().text_path(&id);
    std::fs::remove_file(&path).unwrap();
    for session in [&mut reader, &mut writer] {
        until_outside(session);
        let (theirs, texts) = with_texts(session);
        let taken = session.take_in_project(&theirs, &texts).unwrap();
        assert_eq!(taken.awaited, std::slice::from_ref(&id));
        assert!(session.awaits_texts());
    }
    assert_eq!(reader.project().documents.iter().map(|d| d.title.as_str()).collect::<Vec<_>>(), ["theirs"]);
    // What is done meanwhile is saved, but for the project file, which would lose what they added.
    let change = marked(writer.state(), 0..3);
    writer.apply(change).unwrap();
    saved(&mut writer);
    let now = ProjectFolder::open(temp.path()).unwrap().1;
    assert_eq!(now.documents.len(), 2);
    std::fs::write(&path, text.as_str()).unwrap();
    for session in [&mut reader, &mut writer] {
        while until_outside(session) != [OutsideChange::Project] {}
        let (theirs, texts) = with_texts(session);
        let taken = session.take_in_project(&theirs, &texts).unwrap();
        assert_eq!(taken, TakenProject::default());
        assert!(!session.awaits_texts());
        assert_eq!(session.project(), &theirs.found);
    }
    saved(&mut writer);
    assert_eq!(ProjectFolder::open(temp.path()).unwrap().1, now);
}

#[test]
fn a_migration_is_not_taken_back_while_somebody_else_has_a_layer_that_it_touched() {
    use crate::edit::scheme::{Migration, migrate};
    let temp = tempfile::tempdir().unwrap();
    project_in(temp.path());
    let zoe = LayerKey { annotator: "zoë".into(), ..key() };
    others_do(temp.path(), |state| {
        let mut layer = Layer::new(zoe.clone(), Text::new(TEXT));
        layer.insert(crate::model::testing::annotation(1, "claim", 0..3)).unwrap();
        state.load_layer(layer);
    });
    let mut session = session_in(temp.path());
    let loaded = session.folder().load_all(session.project().clone()).unwrap();
    session.take_in_all(&loaded);
    let rename = [Migration::RenameLabel { from: "claim".into(), to: "said".into() }];
    let change = rename.iter().map(|step| migrate(session.state(), step, &Session::stamp()).unwrap()).next().unwrap();
    let held = |error: &WorkError| matches!(error, WorkError::Held { who, .. } if *who == zoe.annotator);
    let label = |session: &Session| session.state().layer(&zoe).unwrap().get(AnnotationId(1)).unwrap().label.clone();
    let theirs = session.folder().lock(&zoe.annotator).unwrap();
    let refused = session.apply(change.clone()).unwrap_err();
    assert!(held(&refused), "{refused}");
    drop(theirs);
    session.apply(change).unwrap();
    assert_eq!(label(&session), "said");
    let theirs = session.folder().lock(&zoe.annotator).unwrap();
    assert_eq!(session.undo().unwrap_err(), refused, "the same words");
    assert_eq!(label(&session), "said");
    drop(theirs);
    session.undo().unwrap();
    assert_eq!(label(&session), "claim");
    let theirs = session.folder().lock(&zoe.annotator).unwrap();
    assert_eq!(session.redo().unwrap_err(), refused);
    drop(theirs);
    session.redo().unwrap();
    saved(&mut session);
    // After a restart the layer of the other is not in memory until it is needed.
    drop(session);
    let mut session = session_in(temp.path());
    assert!(session.state().layer(&zoe).is_none());
    session.undo().unwrap();
    assert_eq!(label(&session), "claim");
}

#[test]
fn in_place_of_a_damaged_layer_what_the_journal_tells_or_a_copy_is_put_and_the_damaged_file_is_kept() {
    let temp = tempfile::tempdir().unwrap();
    project_in(temp.path());
    let mut session = session_in(temp.path());
    for range in [0..3, 51..54] {
        let change = marked(session.state(), range);
        session.apply(change).unwrap();
        saved(&mut session);
        session.folder().keep_layer(&key()).unwrap();
    }
    let whole = session.layer().unwrap().clone();
    let path = session.folder().layer_path(&key()).unwrap();
    drop(session);
    for (fits_history, left) in [(true, 2), (false, 0)] {
        std::fs::write(&path, "(format: \"byl").unwrap();
        let (folder, project) = ProjectFolder::open(temp.path()).unwrap();
        let mut session = Session::start(open(folder, project, &key().annotator, None).unwrap(), || {});
        let document = session.project().documents[0].clone();
        let error = Session::load(session.folder(), &document, &key().annotator).unwrap_err();
        assert!(error.fault.is_damage(), "{error}");
        let text = session.folder().load_text(&document).unwrap();
        let found = session.folder().replacements(&key(), &text, None).unwrap();
        let layer = if fits_history {
            found.journal.unwrap()
        } else {
            let (copy, count) = found.copies.last().unwrap();
            assert_eq!((*count, found.copies.len(), found.useless), (1, 2, 1), "what was damaged before is no copy");
            let source = session.folder().read_copy(copy).unwrap();
            session.folder().layer_of_copy(&source, &key(), &text).unwrap()
        };
        let kept = session.replace_damaged(layer.clone(), fits_history).unwrap().unwrap();
        assert!(kept.starts_with(temp.path().join(".byline/damaged")));
        assert_eq!(std::fs::read_to_string(kept).unwrap(), "(format: \"byl");
        session.show(&key().document);
        assert_eq!(session.layer().unwrap().annotations().collect::<Vec<_>>(), layer.annotations().collect::<Vec<_>>());
        assert_eq!(session.steps().0.len(), left);
        assert!(session.flusher().wait(Duration::from_secs(10)));
        if fits_history {
            assert_eq!(layer.len(), whole.len());
            session.undo().unwrap();
            session.redo().unwrap();
        } else {
            // Numbers that were given once are not given again.
            let change = marked(session.state(), 42..44);
            assert_eq!(change.made().next(), Some(AnnotationId(3)));
        }
        saved(&mut session);
        drop(session);
        let again = session_in(temp.path());
        assert_eq!(again.layer().unwrap().len(), layer.len());
    }
    // Who only reads replaces nothing.
    let writer = session_in(temp.path());
    let mut reader = session_in(temp.path());
    assert!(matches!(reader.replace_damaged(whole, true), Err(ReplaceError::Work(WorkError::Held { .. }))));
    drop(writer);
}

#[test]
fn a_text_that_is_gone_or_damaged_is_put_back_as_it_was_annotated() {
    let temp = tempfile::tempdir().unwrap();
    project_in(temp.path());
    let mut session = session_in(temp.path());
    let change = marked(session.state(), 0..3);
    session.apply(change).unwrap();
    saved(&mut session);
    let (folder, document) = (session.folder().clone(), session.current().unwrap().clone());
    let path = folder.text_path(&document.id);
    assert_eq!(folder.put_text_back(&document), Ok(None), "there is nothing to do");
    std::fs::write(&path, b"\xFF\xFE broken").unwrap();
    let kept = folder.put_text_back(&document).unwrap().unwrap();
    assert_eq!(std::fs::read(kept).unwrap(), b"\xFF\xFE broken");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), TEXT);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(folder.put_text_back(&document), Ok(None));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), TEXT);
    // Another text is no damage: where the annotations lie in it is for a person to say.
    std::fs::write(&path, "another").unwrap();
    assert!(folder.put_text_back(&document).is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "another");
}

#[test]
fn a_thread_that_falls_over_while_it_writes_says_so_and_goes_on_and_nothing_is_lost() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let temp = tempfile::tempdir().unwrap();
    project_in(temp.path());
    // The journal, the files, both; the last of them until the program ends.
    for (n, parts) in [&["journal"][..], &["annotations"], &["journal", "annotations"]].into_iter().enumerate() {
        let falls = Arc::new(AtomicBool::new(false));
        let (armed, names) = (falls.clone(), parts.to_vec());
        let part = move |path: &Path| path.components().any(|part| names.iter().any(|name| part.as_os_str() == *name));
        let (folder, project) =
            crate::store::testing::falling(temp.path(), move |path| armed.load(Ordering::SeqCst) && part(path));
        let mut session = Session::start(open(folder, project, &key().annotator, None).unwrap(), || {});
        let document = session.project().documents[0].clone();
        let (text, layer) = Session::load(session.folder(), &document, &key().annotator).unwrap();
        session.take_in(text, layer);
        session.show(&key().document);
        let before = session.layer().unwrap().len();
        assert_eq!(before, n);
        falls.store(true, Ordering::SeqCst);
        let change = marked(session.state(), [0..3, 51..54, 42..44][n].clone());
        session.apply(change).unwrap();
        let now = session.state().clone();
        let file = session.flusher().wait(Duration::from_secs(10));
        assert_eq!(file, !parts.contains(&"annotations"));
        let fault = "a fault in Byline itself: é fell over";
        for _ in 0..2_000 {
            if !parts.contains(&"journal") || session.journal_status().failed.is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        if parts.contains(&"annotations") {
            let SaveStatus::Failed(error, _) = session.file_status() else { panic!("{:?}", session.file_status()) };
            assert!(error.to_string().contains(fault), "{error}");
        } else {
            let failed = session.journal_status().failed.unwrap_or_default();
            assert!(failed.contains(fault), "{failed}");
        }
        if parts.len() == 1 {
            // The fault goes by: the threads are still there and write what they could not.
            falls.store(false, Ordering::SeqCst);
            session.save_now();
            assert!(session.flusher().wait(Duration::from_secs(10)), "{:?}", session.file_status());
            until_durable(&session);
        } else {
            assert!(matches!(session.save_status(), SaveStatus::Failed(_, Kept::Nowhere)));
            // It is in memory, and a copy of that can be saved elsewhere.
            assert_eq!(session.state().layer(&key()), now.layer(&key()));
        }
        drop(session);
        let again = session_in(temp.path());
        assert_eq!(again.layer().unwrap().len(), if parts.len() == 1 { n + 1 } else { n });
    }
}

#[test]
fn a_command_that_falls_over_changes_nothing_and_a_session_made_anew_has_all_that_was_done() {
    let temp = tempfile::tempdir().unwrap();
    project_in(temp.path());
    let mut session = session_in(temp.path());
    let change = marked(session.state(), 0..3);
    session.apply(change).unwrap();
    let now = session.state().clone();
    let fallen = crate::crash::caught(|| {
        session.edit(|layer, _, _| {
            assert!(layer.is_empty(), "é fell over");
            Err(Refusal::NothingToDo)
        })
    });
    assert_eq!(fallen.unwrap_err().what, "é fell over");
    assert!(same(&session, &now));
    // Nothing was lost of what was waiting to be saved either.
    drop(session);
    assert!(same(&session_in(temp.path()), &now));
}
