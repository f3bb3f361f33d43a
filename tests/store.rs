//! Every file of `tests/store/bad` is refused with the message beside it (`.err`), and nothing on disk is changed.
//!
//! With `BYLINE_BLESS=1` in the environment the messages are written anew; read them before committing.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use byline::model::{LayerKey, Project, Text};
use byline::store::{Dirty, FileError, ProjectFolder, builtin_schemes};
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
