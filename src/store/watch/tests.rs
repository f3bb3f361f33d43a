//! What others do to real folders: other processes, version control, folders that go and come back. Each test ends with
//! a change that must be told; what was told before it is all that was noticed.

use super::*;
use crate::edit::testing::{layer_of, state_of};
use crate::edit::{Stamp, status};
use crate::model::testing::{key, noon};
use crate::model::{Layer, Name, Project, Scheme, Status};
use crate::store::{Dirty, layer_file};
use std::process::Command;

/// Longer than anything takes that is not stuck.
const LONG: Duration = Duration::from_mins(1);

/// A saved project with one document and maria's layer.
fn project() -> (tempfile::TempDir, ProjectFolder, State) {
    let temp = tempfile::tempdir().unwrap();
    let state = state_of(layer_of("[speaker:Ana]: ça"));
    let root = temp.path().join("project");
    let folder = ProjectFolder::create(&root, &Project::new("é", Scheme::default())).unwrap();
    folder.save(&state, &Dirty::everything(&state)).unwrap();
    (temp, folder, state)
}

struct Told {
    _watch: ProjectWatch,
    changes: Receiver<Vec<OutsideChange>>,
}

/// Watches natively or by looking alone.
fn watch(folder: &ProjectFolder, state: &State, natively: bool) -> Told {
    let (sender, changes) = channel();
    // Where the system tells, nothing is found by looking.
    let poll = Duration::from_millis(if natively { 1000 } else { 20 });
    let pace = Pace { quiet: Duration::from_millis(50), latest: Duration::from_millis(500), poll, at_a_time: 2 };
    let interest = Interest::of(state, Some(&key().document));
    let watch = folder.watch_at(pace, natively, interest, move |changes| drop(sender.send(changes))).unwrap();
    let told = Told { _watch: watch, changes };
    // It watches as soon as it tells of something; what was so before it began is no news.
    let first = folder.layer_path(&of("first")).unwrap();
    fs::create_dir_all(first.parent().unwrap()).unwrap();
    for n in 0.. {
        fs::write(&first, format!("{n}")).unwrap();
        if told.changes.recv_timeout(Duration::from_millis(300)).is_ok() {
            break;
        }
        assert!(n < 200, "nothing is told");
    }
    told
}

impl Told {
    /// All that is told up to these, which must be told.
    fn until(&self, expected: &[OutsideChange]) -> BTreeSet<OutsideChange> {
        let mut all = BTreeSet::new();
        while !expected.iter().all(|change| all.contains(change)) {
            let changes = self.changes.recv_timeout(LONG);
            all.extend(changes.unwrap_or_else(|_| panic!("{expected:?} was not told, but {all:?}")));
            all.remove(&OutsideChange::Layer(of("first")));
        }
        all
    }
}

fn of(annotator: &str) -> LayerKey {
    LayerKey { annotator: Name::from(annotator), ..key() }
}

/// Another process.
fn other(command: &str) {
    let done = Command::new("sh").args(["-c", command]).output().unwrap();
    assert!(done.status.success(), "{command}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Byline's own work.
fn work(folder: &ProjectFolder, state: &mut State, status: Status) {
    let change = status::set_status(state.layer(&key()).unwrap(), status, &Stamp::by_hand(noon())).unwrap();
    state.apply(&change).unwrap();
    let mut dirty = Dirty::default();
    dirty.note(&change);
    folder.save(state, &dirty).unwrap();
}

#[test]
fn what_other_processes_write_exchange_and_remove_is_told_and_what_byline_saves_is_not() {
    let (_temp, folder, mut state) = project();
    let told = watch(&folder, &state, true);
    let layer = folder.layer_path(&key()).unwrap();
    for status in [Status::Done, Status::InProgress, Status::SecondLook] {
        work(&folder, &mut state, status);
    }
    other(&format!("echo '# changed' >> '{}'", folder.project_path().display()));
    assert_eq!(told.until(&[OutsideChange::Project]), [OutsideChange::Project].into());
    let shown = layer.display();
    // As editors save: beside it, and renamed.
    other(&format!("sed s/Ana/Eva/ '{shown}' > '{shown}~' && mv '{shown}~' '{shown}'"));
    assert_eq!(told.until(&[OutsideChange::Layer(key())]), [OutsideChange::Layer(key())].into());
    // Who reads it knows it.
    let theirs = folder.read_source(&layer).unwrap();
    assert!(theirs.contains("Eva"));
    // A text that is in use.
    other(&format!("printf x >> '{}'", folder.text_path(&key().document).display()));
    let text = OutsideChange::Text(key().document);
    assert_eq!(told.until(std::slice::from_ref(&text)), [text].into());
    other(&format!("rm '{shown}'"));
    assert_eq!(told.until(&[OutsideChange::Layer(key())]), [OutsideChange::Layer(key())].into());
    // A folder that is exchanged is watched again.
    let maria = layer.parent().unwrap().display();
    other(&format!("mv '{maria}' '{maria}-old' && mkdir '{maria}'"));
    let mut sources = vec![theirs];
    for n in 0..2 {
        sources.push(format!("{}\n", sources[n]));
        other(&format!("echo '{n}' > '{shown}'"));
        told.until(&[OutsideChange::Layer(key())]);
    }
}

#[test]
fn where_the_system_tells_nothing_the_files_that_matter_are_looked_at() {
    let (_temp, folder, mut state) = project();
    let (zoe, unread) = (of("zoë"), of("unread"));
    state.load_layer(Layer::new(zoe.clone(), state.text(&key().document).unwrap().clone()));
    state.load_layer(Layer::new(of("first"), state.text(&key().document).unwrap().clone()));
    let told = watch(&folder, &state, false);
    work(&folder, &mut state, Status::Done);
    for key in [&unread, &zoe] {
        let path = folder.layer_path(key).unwrap();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
    }
    other(&format!("echo theirs > '{}'", folder.layer_path(&zoe).unwrap().display()));
    let all = told.until(&[OutsideChange::Layer(zoe.clone())]);
    assert!(!all.contains(&OutsideChange::Layer(key())), "{all:?}");
    for _ in 0..2 {
        other(&format!("echo more >> '{}'", folder.project_path().display()));
        assert_eq!(told.until(&[OutsideChange::Project]), [OutsideChange::Project].into());
    }
}

#[test]
fn a_folder_that_goes_is_told_and_when_it_is_back_so_is_what_changed_meanwhile() {
    for natively in [true, false] {
        let (temp, folder, mut state) = project();
        state.load_layer(Layer::new(of("first"), state.text(&key().document).unwrap().clone()));
        let told = watch(&folder, &state, natively);
        let (here, away) = (folder.path().to_owned(), temp.path().join("away"));
        for n in 0..2 {
            fs::rename(&here, &away).unwrap();
            assert_eq!(told.until(&[OutsideChange::Gone]), [OutsideChange::Gone].into());
            let moved = folder.layer_path(&key()).unwrap();
            let moved = away.join(moved.strip_prefix(&here).unwrap());
            fs::write(moved, format!("theirs {n}")).unwrap();
            fs::rename(&away, &here).unwrap();
            let both = [OutsideChange::Back, OutsideChange::Layer(key())];
            assert_eq!(told.until(&both), both.into(), "natively: {natively}");
        }
        // And it is watched as before.
        other(&format!("echo x > '{}'", folder.project_path().display()));
        told.until(&[OutsideChange::Project]);
    }
}

#[test]
fn a_checkout_of_many_layers_is_told_in_few_messages_and_without_one_missing() {
    const MANY: usize = 400;
    let (_temp, folder, mut state) = project();
    let root = folder.path().display().to_string();
    let git = |arguments: &str| {
        other(&format!("cd '{root}' && git -c user.name=a -c user.email=a@b -c commit.gpgsign=false {arguments}"));
    };
    let keys: BTreeSet<_> = (0..MANY).map(|n| of(&format!("a{}", n % 20)).with_document(n)).collect();
    let write = |status| {
        for key in &keys {
            let mut layer = Layer::new(key.clone(), state.text(&self::key().document).unwrap().clone());
            layer.set_status(status);
            let path = folder.layer_path(key).unwrap();
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, layer_file::write(&layer).unwrap()).unwrap();
        }
    };
    write(Status::Done);
    git("init -q -b one . && git add . && git -c user.name=a -c user.email=a@b commit -qm one");
    write(Status::InProgress);
    git("checkout -q -b two && git add . && git -c user.name=a -c user.email=a@b commit -qm two");
    for key in &keys {
        folder.read_source(&folder.layer_path(key).unwrap()).unwrap();
    }
    work(&folder, &mut state, Status::Done);
    let told = watch(&folder, &state, true);
    git("stash -qu && git checkout -q one");
    let all: Vec<_> = keys.into_iter().map(OutsideChange::Layer).collect();
    let mut messages = 0;
    let mut seen = BTreeSet::new();
    while !all.iter().all(|change| seen.contains(change)) {
        seen.extend(told.changes.recv_timeout(LONG).unwrap());
        messages += 1;
    }
    assert!(messages < MANY / 4, "{messages} messages for {MANY} layers");
    assert!(!seen.contains(&OutsideChange::Gone), "the project was never gone");
}

impl LayerKey {
    fn with_document(self, n: usize) -> Self {
        Self { document: DocumentId::new(&format!("d{n}")).unwrap(), ..self }
    }
}
