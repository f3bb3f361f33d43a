//! Saving against the disk as it can be: stopped at any step, changed by others, read-only, gone.

use super::super::testing::key_of;
use super::super::write::Op;
use super::*;
use crate::edit::testing::{layer_of, state_of};
use crate::edit::{Stamp, annotate, documents};
use crate::model::testing::{key, noon};
use crate::model::{AnnotationId, Status};

fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with(".byline/history") {
            // Packed; looked at by the tests of `copies`.
        } else if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read_to_string(&path).unwrap());
        }
    }
    found
}

/// A saved project with one document and maria's layer.
fn saved() -> (tempfile::TempDir, ProjectFolder, State) {
    let temp = tempfile::tempdir().unwrap();
    let state = state_of(layer_of("🦀 [speaker:Ana]: [claim:ça]{says 1 2}\r\n"));
    let folder = ProjectFolder::create(temp.path(), &Project::new("é", state.project.scheme.clone())).unwrap();
    folder.save(&state, &Dirty::everything(&state)).unwrap();
    (temp, folder, state)
}

fn reopened(path: &Path) -> State {
    let (folder, project) = ProjectFolder::open(path).unwrap();
    folder.load_all(project).unwrap()
}

fn causes(error: &SaveError) -> Vec<&Refused> {
    error.problems.iter().map(|p| &p.cause).collect()
}

/// The state with one annotation more, and what became dirty.
fn edited(state: &State) -> (State, Dirty) {
    let mut state = state.clone();
    let layer = state.layer(&key()).unwrap();
    let span = layer.text().span(0..4).unwrap();
    let change =
        annotate::annotate(layer, &state.project.scheme, &"claim".into(), span, &Stamp::by_hand(noon())).unwrap();
    state.apply(&change).unwrap();
    let mut dirty = Dirty::default();
    dirty.note(&change);
    (state, dirty)
}

#[test]
fn what_was_saved_opens_as_it_was_and_saving_again_writes_nothing() {
    let (temp, folder, state) = saved();
    assert_eq!(reopened(temp.path()), state);
    let names: Vec<_> =
        files(temp.path()).into_keys().map(|p| p.strip_prefix(temp.path()).unwrap().to_owned()).collect();
    let expected = [
        ".byline/.gitignore",
        "annotations/maria/0001-test.ron",
        "documents/.gitattributes",
        "documents/0001-test.txt",
        "project.ron",
    ];
    assert_eq!(names, expected.map(PathBuf::from));
    let again = folder.save(&state, &Dirty::everything(&state)).unwrap();
    assert_eq!(again, Saved { unchanged: 2, ..Saved::default() });
    let (other, project) = ProjectFolder::open(temp.path().join("project.ron")).unwrap();
    let state = other.load_all(project).unwrap();
    assert_eq!(other.save(&state, &Dirty::everything(&state)).unwrap().written, Vec::<PathBuf>::new());
}

#[test]
fn only_what_is_dirty_is_written_and_an_untouched_layer_makes_no_file() {
    let (temp, folder, state) = saved();
    let (mut state, mut dirty) = edited(&state);
    let empty = key_of("0001-test", "Zoë");
    state.load_layer(Layer::new(empty.clone(), state.text(&empty.document).unwrap().clone()));
    dirty.layers.insert(empty.clone());
    let saved = folder.save(&state, &dirty).unwrap();
    assert_eq!(saved.written, [folder.layer_path(&key()).unwrap()]);
    assert_eq!(folder.annotators(&empty.document).unwrap(), ["maria"]);
    // One that was on disk and is empty again is written: the file must not keep what was undone.
    let mut layer = Layer::new(key(), state.text(&key().document).unwrap().clone());
    state.load_layer(layer.clone());
    folder.save(&state, &dirty).unwrap();
    assert_eq!(reopened(temp.path()).layer(&key()), Some(&layer));
    layer.set_status(Status::Done);
    state.load_layer(layer);
    folder.save(&state, &dirty).unwrap();
    assert_eq!(reopened(temp.path()).layer(&key()).unwrap().status(), Status::Done);
}

#[test]
fn a_removed_document_is_put_away_and_comes_back_whole_by_undo() {
    let (temp, folder, start) = saved();
    let source = |file: &str| fs::read_to_string(temp.path().join(file));
    let (text, layer) = (source("documents/0001-test.txt"), source("annotations/maria/0001-test.ron"));
    let mut state = start.clone();
    for _ in 0..2 {
        let change = documents::remove(&state, &key().document, &Stamp::by_hand(noon())).unwrap();
        let mut dirty = Dirty::default();
        dirty.note(&change);
        state.apply(&change).unwrap();
        let saved = folder.save(&state, &dirty).unwrap();
        assert_eq!(saved.moved.len(), 2);
        assert_eq!(
            saved.moved.iter().map(|p| fs::read_to_string(p).unwrap()).collect::<Vec<_>>(),
            [layer.as_ref().unwrap().as_str(), text.as_ref().unwrap()]
        );
        assert!(source("documents/0001-test.txt").is_err() && reopened(temp.path()).project.documents.is_empty());
        state.apply(&change.inverse()).unwrap();
        folder.save(&state, &dirty).unwrap();
        assert_eq!(reopened(temp.path()), start);
    }
}

#[test]
fn what_others_changed_is_not_overwritten_and_the_rest_is_saved() {
    let (_temp, folder, state) = saved();
    let (mut state, mut dirty) = edited(&state);
    let path = folder.layer_path(&key()).unwrap();
    let theirs = fs::read_to_string(&path).unwrap().replace("NotStarted", "Done");
    fs::write(&path, &theirs).unwrap();
    state.project.name = "Été".to_owned();
    dirty.project = true;
    let error = folder.save(&state, &dirty).unwrap_err();
    assert_eq!(causes(&error), [&Refused::ChangedOutside]);
    assert_eq!(error.unsaved, Dirty { project: false, layers: [key()].into() });
    assert_eq!(error.saved.written, [folder.project_path()]);
    assert_eq!(fs::read_to_string(&path).unwrap(), theirs);
    // A layer that nobody loaded is not known to be absent either.
    let (other, project) = ProjectFolder::open(folder.path()).unwrap();
    let mut mine = State::new(project);
    mine.load_layer(state.layer(&key()).unwrap().clone());
    assert!(other.save(&mine, &Dirty::everything(&mine)).is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), theirs);
    // One that was deleted is written: nothing is lost by that.
    fs::remove_file(&path).unwrap();
    folder.save(&state, &error.unsaved).unwrap();
    assert!(path.exists());
}

#[test]
fn a_text_of_somebody_else_under_the_same_name_is_not_overwritten() {
    let temp = tempfile::tempdir().unwrap();
    let state = state_of(layer_of("é[claim:a]"));
    let folder = ProjectFolder::create(temp.path(), &Project::new("é", state.project.scheme.clone())).unwrap();
    let text = temp.path().join("documents/0001-test.txt");
    fs::create_dir(temp.path().join("documents")).unwrap();
    fs::write(&text, "theirs, ça").unwrap();
    let error = folder.save(&state, &Dirty::everything(&state)).unwrap_err();
    assert_eq!(causes(&error), [&Refused::ChangedOutside]);
    assert_eq!(error.unsaved, Dirty::everything(&state));
    assert_eq!(fs::read_to_string(&text).unwrap(), "theirs, ça");
    assert!(reopened(temp.path()).project.documents.is_empty());
}

#[test]
fn a_save_that_stops_at_any_step_leaves_a_project_that_opens_and_can_be_saved_again() {
    let mut step = 0;
    loop {
        let (temp, folder, state) = saved();
        let (mut after, mut dirty) = edited(&state);
        let gone = documents::remove(&after, &key().document, &Stamp::by_hand(noon())).unwrap();
        // A second document comes in, the scheme of the day changes and the first document leaves.
        let layer = layer_of("zwölf [claim:Pfähle]");
        let mut second = Layer::new(key_of("0002-b", "José"), layer.text().clone());
        layer.annotations().for_each(|a| second.insert(a.clone()).unwrap());
        let document = crate::edit::testing::document(second.key().document.clone(), second.text());
        after.project.documents.push(document);
        dirty.note(&gone);
        after.apply(&gone).unwrap();
        dirty.layers.insert(second.key().clone());
        after.load_layer(second);
        let mut at = 0;
        let mut gate = |_: Op| {
            at += 1;
            if at == step + 1 { Err(io::Error::from(io::ErrorKind::StorageFull).into()) } else { Ok(()) }
        };
        let outcome = folder.prepare(&after, &dirty).run_through(&mut gate);
        let on_disk = reopened(temp.path());
        assert!([&state.project, &after.project].contains(&&on_disk.project), "step {step}");
        let Err(error) = outcome else {
            assert_eq!(on_disk, after);
            assert!(step > 20, "{step} steps were tried");
            return;
        };
        assert!(error.problems.iter().all(|p| p.cause == Refused::DiskFull), "step {step}: {error}");
        assert!(!error.unsaved.is_empty(), "step {step}");
        folder.save(&after, &error.unsaved).unwrap();
        assert_eq!(reopened(temp.path()), after, "step {step}");
        let temporary = files(temp.path()).into_keys().any(|p| p.to_string_lossy().ends_with(".tmp"));
        assert!(!temporary, "step {step}");
        step += 1;
    }
}

#[test]
fn jobs_run_in_the_wrong_order_leave_the_later_state() {
    let (temp, folder, state) = saved();
    let (later, dirty) = edited(&state);
    let first = folder.prepare(&state, &Dirty::everything(&state));
    let second = folder.prepare(&later, &dirty);
    std::thread::spawn(move || second.run()).join().unwrap().unwrap();
    assert_eq!(first.run().unwrap().written, Vec::<PathBuf>::new());
    assert_eq!(reopened(temp.path()), later);
}

#[test]
fn a_job_holds_the_state_as_it_was_when_it_was_prepared() {
    let (temp, folder, mut state) = saved();
    let (before, dirty) = edited(&state);
    state = before.clone();
    let job = folder.prepare(&state, &dirty);
    let more = crate::edit::delete::delete(state.layer(&key()).unwrap(), &[AnnotationId(1)], &Stamp::by_hand(noon()));
    state.apply(&more.unwrap()).unwrap();
    job.run().unwrap();
    assert_eq!(reopened(temp.path()), before);
}

#[test]
fn a_folder_that_went_away_or_takes_no_files_is_named_with_what_to_do() {
    let (temp, folder, state) = saved();
    let (state, dirty) = edited(&state);
    let away = temp.path().with_extension("away");
    fs::rename(temp.path(), &away).unwrap();
    fs::create_dir(temp.path()).unwrap();
    let error = folder.save(&state, &dirty).unwrap_err();
    assert_eq!((causes(&error), &error.unsaved), (vec![&Refused::Gone], &dirty));
    assert!(error.to_string().contains("is the disk plugged in?"), "{error}");
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 0, "an unplugged disk leaves an empty folder behind");
    fs::remove_dir(temp.path()).unwrap();
    fs::rename(&away, temp.path()).unwrap();
    // A file where a folder must be: refused for anybody, root too.
    let annotations = temp.path().join("annotations");
    fs::rename(&annotations, temp.path().join("aside")).unwrap();
    fs::write(&annotations, "").unwrap();
    let error = folder.save(&state, &dirty).unwrap_err();
    assert_eq!(error.unsaved, dirty);
    fs::remove_file(&annotations).unwrap();
    folder.save(&state, &error.unsaved).unwrap();
    assert_eq!(reopened(temp.path()).layer(&key()), state.layer(&key()));
}

#[test]
fn a_project_is_not_made_in_a_folder_that_holds_something() {
    use crate::store::CreateError;
    let (temp, _, state) = saved();
    let create = |path: &Path| ProjectFolder::create(path, &state.project).map(drop);
    assert!(matches!(create(temp.path()), Err(CreateError::AlreadyProject(_))));
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("été.txt"), "").unwrap();
    assert!(matches!(create(other.path()), Err(CreateError::NotEmpty { found, .. }) if found == "été.txt"));
    fs::rename(other.path().join("été.txt"), other.path().join(".été")).unwrap();
    let without = Project::new("é", state.project.scheme.clone());
    ProjectFolder::create(other.path(), &without).unwrap();
    ProjectFolder::create(other.path().join(".été/deeper"), &without).unwrap_err();
    ProjectFolder::create(other.path().join("new/deeper"), &without).unwrap();
}
