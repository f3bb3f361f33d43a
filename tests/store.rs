//! Every file of `tests/store/bad` is refused with the message beside it (`.err`), and nothing on disk is changed.
//!
//! With `BYLINE_BLESS=1` in the environment the messages are written anew; read them before committing.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use byline::model::{LayerKey, Project, Text};
use byline::store::{Dirty, FileError, ProjectFolder, builtin_schemes};
#[cfg(unix)]
use byline::store::{Fault, Refused};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store")
}

/// Every file below `folder` with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

/// A project with the document `0001-test` and maria's empty folder.
fn project_on_disk() -> tempfile::TempDir {
    let temp = tempfile::tempdir().unwrap();
    let project = Project::new("Test", builtin_schemes()[0].1.clone());
    ProjectFolder::create(temp.path(), &project).unwrap();
    let text = Text::new(fs::read_to_string(here().join("text.txt")).unwrap());
    let source = fs::read_to_string(temp.path().join("project.ron")).unwrap();
    let row = format!("documents: [(id: \"0001-test\", title: \"L’été\", sha256: \"{}\")]", text.sha256());
    fs::write(temp.path().join("project.ron"), source.replace("documents: []", &row)).unwrap();
    fs::create_dir_all(temp.path().join("documents")).unwrap();
    fs::create_dir_all(temp.path().join("annotations/maria")).unwrap();
    fs::write(temp.path().join("documents/0001-test.txt"), text.as_str()).unwrap();
    temp
}

/// What loading everything in the project says.
fn load(folder: &Path) -> Result<(), FileError> {
    let (folder, project) = ProjectFolder::open(folder)?;
    folder.load_all(project).map(drop)
}

#[test]
fn bad_files_are_refused_with_line_marker_and_help_and_stay_as_they_are() {
    let temp = project_on_disk();
    load(temp.path()).unwrap();
    let project_file = temp.path().join("project.ron");
    let good_project = fs::read(&project_file).unwrap();
    let layer_file = temp.path().join("annotations/maria/0001-test.ron");
    let mut wrong = Vec::new();
    let mut count = 0;
    for (fixture, source) in files(&here().join("bad")) {
        if fixture.extension().is_none_or(|e| e != "ron") {
            continue;
        }
        let name = fixture.file_name().unwrap().to_str().unwrap();
        fs::write(&project_file, &good_project).unwrap();
        let _ = fs::remove_file(&layer_file);
        let target = if name.starts_with("project-") { &project_file } else { &layer_file };
        fs::write(target, source).unwrap();
        let before = files(temp.path());
        let said = match load(temp.path()) {
            Ok(()) => "nothing".to_owned(),
            Err(error) => format!("error: {error}\n").replace(target.to_str().unwrap(), name),
        };
        assert_eq!(files(temp.path()), before, "{name}");
        let message = fixture.with_extension("err");
        if std::env::var_os("BYLINE_BLESS").is_some() {
            fs::write(&message, &said).unwrap();
        }
        let expected = fs::read_to_string(&message).unwrap_or_default();
        if said != expected {
            wrong.push(format!("{name}\n--- said\n{said}--- expected\n{expected}"));
        }
        // What cannot be read is not overwritten either.
        if let (Ok((folder, project)), true) = (ProjectFolder::open(temp.path()), target == &layer_file) {
            let text = folder.load_text(&project.documents[0]).unwrap();
            let key = LayerKey { document: project.documents[0].id.clone(), annotator: "maria".into() };
            let mut mine = byline::model::Layer::new(key, text);
            mine.set_status(byline::model::Status::Done);
            let mut state = byline::edit::State::new(project);
            state.load_layer(mine);
            assert!(folder.save(&state, &Dirty::everything(&state)).is_err(), "{name}");
            assert_eq!(fs::read(target).unwrap(), before[target], "{name}");
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(count > 40, "the fixtures are there");
}

#[test]
#[cfg(unix)]
fn nothing_is_read_or_written_through_a_link_that_leads_out_of_the_project() {
    use byline::model::{Layer, Status};
    use std::os::unix::fs::symlink;

    for place in
        ["documents", "documents/0001-test.txt", "annotations", "annotations/maria", "annotations/maria/0001-test.ron"]
    {
        let (temp, outside) = (project_on_disk(), tempfile::tempdir().unwrap());
        let (folder, project) = ProjectFolder::open(temp.path()).unwrap();
        let text = folder.load_text(&project.documents[0]).unwrap();
        let key = LayerKey { document: project.documents[0].id.clone(), annotator: "maria".into() };
        let mut layer = Layer::new(key.clone(), text.clone());
        layer.set_status(Status::Done);
        let mut state = byline::edit::State::new(project);
        state.load_layer(layer.clone());
        folder.save(&state, &Dirty::everything(&state)).unwrap();
        // What was there lies outside now, and a link leads to it.
        let (link, target) = (temp.path().join(place), outside.path().join("secret"));
        fs::rename(&link, &target).unwrap();
        symlink(&target, &link).unwrap();
        let before = if target.is_dir() {
            files(&target)
        } else {
            BTreeMap::from([(target.clone(), fs::read(&target).unwrap())])
        };
        let error = load(temp.path()).unwrap_err();
        assert!(matches!(*error.fault, Fault::Astray(_)), "{place}: {error}");
        let said = error.to_string();
        assert!(said.contains("is a link to `") && said.contains("which is not in the project"), "{said}");
        if place.starts_with("annotations") {
            layer.set_status(Status::SecondLook);
            state.load_layer(layer);
            let error = folder.save(&state, &Dirty::everything(&state)).unwrap_err();
            assert!(matches!(error.problems[0].cause, Refused::Astray(_)), "{place}: {error}");
        }
        let after = if target.is_dir() {
            files(&target)
        } else {
            BTreeMap::from([(target.clone(), fs::read(&target).unwrap())])
        };
        assert_eq!(after, before, "{place}");
    }
    // The project file, and Byline's own folder.
    let (temp, outside) = (project_on_disk(), tempfile::tempdir().unwrap());
    let target = outside.path().join("private");
    fs::rename(temp.path().join(".byline"), &target).unwrap();
    symlink(&target, temp.path().join(".byline")).unwrap();
    let (folder, project) = ProjectFolder::open(temp.path()).unwrap();
    let error = folder.save(&byline::edit::State::new(project), &Dirty::project()).unwrap_err();
    assert!(matches!(error.problems[0].cause, Refused::Astray(_)), "{error}");
    fs::rename(temp.path().join("project.ron"), outside.path().join("project.ron")).unwrap();
    symlink(outside.path().join("project.ron"), temp.path().join("project.ron")).unwrap();
    assert!(matches!(*ProjectFolder::open(temp.path()).unwrap_err().fault, Fault::Astray(_)));
    // A project that lies behind a link as a whole is a person's choice.
    let (temp, elsewhere) = (project_on_disk(), tempfile::tempdir().unwrap());
    symlink(temp.path(), elsewhere.path().join("here")).unwrap();
    load(&elsewhere.path().join("here")).unwrap();
}

#[test]
#[cfg(unix)]
fn a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for() {
    let temp = project_on_disk();
    let pipe = temp.path().join("documents/0001-test.txt");
    fs::remove_file(&pipe).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let error = load(temp.path()).unwrap_err();
    assert!(error.to_string().contains("is not an ordinary file"), "{error}");
}
