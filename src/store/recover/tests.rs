//! Files and journals as crashes leave them.

use super::super::testing::scratch;
use super::super::{layer_file, project_file};
use super::*;
use crate::edit::testing::{TEXT, draws, happenings, layer_of, state_of};
use crate::edit::{History, delete, note};
use crate::model::testing::{annotation, key, noon};
use crate::store::{Entry, builtin_schemes};
use proptest::prelude::*;
use std::fs;

/// A project whose files are those of `start`, and whose journal tells `all`, of which the first `saved` are said to be
/// saved.
fn on_disk(start: &State, all: &[Happened], saved: usize) -> (tempfile::TempDir, ProjectFolder) {
    let temp = scratch();
    let folder = ProjectFolder::create(temp.path(), &Project::new("é", start.project.scheme.clone())).unwrap();
    folder.save(start, &Dirty::everything(start)).unwrap();
    let (mut journal, _) = folder.journal(&key().annotator, None).unwrap();
    let texts = [(key().document, Text::new(TEXT))].into();
    let entries: Vec<_> = all.iter().map(|happened| Entry::happened(happened, &texts).unwrap()).collect();
    journal.append(&entries).unwrap();
    journal.mark_saved(saved as u64).unwrap();
    (temp, folder)
}

fn write_layer(folder: &ProjectFolder, state: &State) {
    let source = layer_file::write(state.layer(&key()).unwrap()).unwrap();
    let path = folder.layer_path(&key()).unwrap();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, source).unwrap();
}

fn recovered(folder: &ProjectFolder) -> (Recovered, ProjectFolder) {
    let (folder, project) = ProjectFolder::open(folder.path()).unwrap();
    let (journal, told) = folder.journal(&key().annotator, None).unwrap();
    (folder.recover(project, &journal, &told), folder)
}

/// What the files hold after what was recovered was saved.
fn saved(folder: &ProjectFolder) -> State {
    let (recovered, folder) = recovered(folder);
    folder.save(&recovered.state, &recovered.dirty).unwrap();
    let (folder, project) = ProjectFolder::open(folder.path()).unwrap();
    folder.load_all(project).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn whatever_of_it_the_files_hold_all_that_the_journal_tells_is_there_again(
        draws in proptest::collection::vec(proptest::array::uniform4(0u32..1000), 1..30), at in (0usize..30, 0usize..30), saved_upto in 0usize..30, deleted in any::<bool>(),
    ) {
        let (all, states) = happenings(state_of(layer_of(TEXT)), &draws);
        let (layer, project) = (at.0.min(all.len()), at.1.min(all.len()));
        let saved_upto = saved_upto.min(layer).min(project);
        let (_temp, folder) = on_disk(&states[0], &all, saved_upto);
        write_layer(&folder, &states[layer]);
        fs::write(folder.project_path(), project_file::write(&states[project].project)).unwrap();
        if deleted && saved_upto == 0 {
            // A journal without the file that goes with it.
            fs::remove_file(folder.layer_path(&key()).unwrap()).unwrap();
        }
        let (found, _) = recovered(&folder);
        prop_assert_eq!(&found.differences, &[]);
        prop_assert_eq!(found.actions, all.len() - saved_upto);
        prop_assert_eq!(&found.kept, &Vec::<PathBuf>::new());
        let end = states.last().unwrap();
        let state = saved(&folder);
        prop_assert_eq!(&state.project, &end.project);
        if !all[saved_upto..].is_empty() {
            let none = Layer::new(key(), Text::new(TEXT));
            prop_assert_eq!(state.layer(&key()).unwrap_or(&none), end.layer(&key()).unwrap());
        }
        // A crash before that was said in the journal: the same again.
        prop_assert_eq!(saved(&folder), state);
    }

    #[test]
    fn a_lost_line_loses_no_annotation_that_a_later_line_tells(draws in proptest::collection::vec(proptest::array::uniform4(0u32..1000), 1..30), lost in 0usize..30) {
        let (mut all, states) = happenings(state_of(layer_of(TEXT)), &draws);
        if all.is_empty() {
            return Ok(());
        }
        let lost = all.remove(lost % all.len());
        let (_temp, folder) = on_disk(&states[0], &all, 0);
        let state = saved(&folder);
        let Some(layer) = state.layer(&key()) else { return Ok(()) };
        let end = states.last().unwrap().layer(&key()).unwrap();
        let touched = |happened: &Happened| -> Vec<AnnotationId> {
            let edits = happened.change.layers.iter().flat_map(|l| &l.annotations);
            edits.filter_map(|e| e.before.as_ref().or(e.after.as_ref()).map(|a| a.id)).collect()
        };
        let gone = touched(&lost);
        for id in all.iter().flat_map(touched).filter(|id| !gone.contains(id)) {
            // Unless what was lost made room for it.
            let twin = end.get(id).and_then(|a| layer.twin_of(a));
            prop_assert!(layer.get(id) == end.get(id) || twin.is_some(), "{id}");
        }
    }
}

#[test]
fn an_empty_file_is_made_again_from_the_journal_and_kept_beside() {
    let (all, states) = happenings(state_of(Layer::new(key(), Text::new(TEXT))), &draws(5, 40));
    let (temp, folder) = on_disk(&states[0], &all, all.len() - 1);
    fs::create_dir_all(folder.layer_path(&key()).unwrap().parent().unwrap()).unwrap();
    for damaged in ["", "(format: \"byline-annotations\", version: 1,"] {
        fs::write(folder.layer_path(&key()).unwrap(), damaged).unwrap();
        let (found, _) = recovered(&folder);
        assert_eq!((found.errors.len(), found.kept.len(), &found.differences[..]), (1, 1, &[][..]));
        assert_eq!(fs::read_to_string(&found.kept[0]).unwrap(), damaged);
        assert!(found.kept[0].starts_with(temp.path().join(".byline/damaged")));
        assert_eq!(found.state.layer(&key()), states.last().unwrap().layer(&key()));
    }
}

#[test]
fn what_somebody_else_put_into_the_file_meanwhile_stays_and_what_clashes_is_told() {
    let start = state_of(layer_of("[claim:Ana] said [speaker:this] and that"));
    let mut history = History::default();
    let mut state = start.clone();
    let layer = |state: &State| state.layer(&key()).unwrap().clone();
    let stamp = crate::edit::Stamp::by_hand(noon());
    let change = note::set_note(&layer(&state), AnnotationId(1), "ours", &stamp).unwrap();
    let first = history.apply(&mut state, change).unwrap();
    let change = delete::delete(&layer(&state), &[AnnotationId(2)], &stamp).unwrap();
    let second = history.apply(&mut state, change).unwrap();
    let temp = scratch();
    let folder = ProjectFolder::create(temp.path(), &Project::new("é", Scheme::default())).unwrap();
    let mut theirs = layer(&start);
    theirs.insert(annotation(7, "claim", 4..8)).unwrap();
    let mut noted = theirs.take(AnnotationId(1)).unwrap();
    noted.note = "theirs".to_owned();
    theirs.insert(noted).unwrap();
    let mut other = start.clone();
    other.load_layer(theirs);
    folder.save(&other, &Dirty::everything(&other)).unwrap();
    let (mut journal, _) = folder.journal(&key().annotator, None).unwrap();
    let texts = BTreeMap::new();
    journal.append(&[&first, &second].map(|happened| Entry::happened(happened, &texts).unwrap())).unwrap();
    let (found, _) = recovered(&folder);
    let layer = found.state.layer(&key()).unwrap();
    assert_eq!(layer.get(AnnotationId(1)).unwrap().note, "ours");
    assert_eq!((layer.get(AnnotationId(2)), layer.get(AnnotationId(7)).is_some()), (None, true));
    assert_eq!(found.differences, [Difference { layer: Some(key()), what: Differs::Annotation(AnnotationId(1)) }]);
    assert!(fs::read_to_string(&found.kept[0]).unwrap().contains("theirs"));
}

#[test]
fn documents_that_came_in_are_there_with_their_texts_though_no_file_has_them_yet() {
    let start = State::new(Project::new("é", builtin_schemes()[0].1.clone()));
    let temp = scratch();
    let folder = ProjectFolder::create(temp.path(), &start.project).unwrap();
    let (mut state, mut history) = (start, History::default());
    let text = Text::new("zwölf\r\nPfähle\t👩‍👧");
    let new = crate::edit::NewDocument {
        document: crate::edit::testing::document(key().document, &text),
        text: text.clone(),
    };
    let mut layer = Layer::new(key(), text.clone());
    layer.insert(annotation(1, "claim", 0..6)).unwrap();
    let stamp = crate::edit::Stamp::by_hand(noon());
    let change = crate::edit::documents::add(&state, vec![(new, vec![layer])], &stamp).unwrap();
    let happened = history.apply(&mut state, change).unwrap();
    let (mut journal, _) = folder.journal(&key().annotator, None).unwrap();
    journal.append(&[Entry::happened(&happened, &BTreeMap::new()).unwrap()]).unwrap();
    assert_eq!(saved(&folder), state);
}

#[test]
fn over_a_text_that_was_changed_nothing_is_laid_and_the_journal_is_kept() {
    let (all, states) = happenings(state_of(layer_of(TEXT)), &draws(5, 40));
    let (temp, folder) = on_disk(&states[0], &all, 0);
    fs::write(folder.text_path(&key().document), "another text").unwrap();
    let (found, _) = recovered(&folder);
    assert!(found.state.layer(&key()).is_none() && found.dirty.layers.is_empty());
    assert_eq!(found.errors.len(), 1);
    assert!(found.kept[0].starts_with(temp.path().join(".byline/damaged")));
}
