//! Journals as disks leave them: torn, damaged, full, elsewhere.

use super::*;
use crate::edit::testing::{TEXT, draws, happenings, layer_of, state_of};
use crate::model::testing::key;
use crate::model::{Project, Scheme};
use crate::store::testing::scratch;
use crate::store::write::Stop;
use proptest::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What happens by commands that are always the same; at least `count` things.
fn fixed(count: usize) -> Vec<Happened> {
    let (all, _) = happenings(state_of(layer_of(TEXT)), &draws(3, count * 3));
    assert!(all.len() >= count);
    all
}

fn texts() -> BTreeMap<DocumentId, Text> {
    [(key().document, Text::new(TEXT))].into()
}

fn entries(all: &[Happened]) -> Vec<Entry> {
    all.iter().map(|happened| Entry::happened(happened, &texts()).unwrap()).collect()
}

fn project_in(path: &Path) -> ProjectFolder {
    ProjectFolder::create(path, &Project::new("é", Scheme::default())).unwrap()
}

/// A project whose journal tells all of it in one file: which, and its bytes.
fn in_one_file(all: &[Happened]) -> (tempfile::TempDir, ProjectFolder, PathBuf, Vec<u8>) {
    let temp = scratch();
    let folder = project_in(temp.path());
    let (mut journal, _) = told(&folder, None);
    journal.append(&entries(all)).unwrap();
    let path = journal.segments[0].path.clone();
    let whole = fs::read(&path).unwrap();
    (temp, folder, path, whole)
}

fn told(folder: &ProjectFolder, rescue: Option<&Path>) -> (Journal, Told) {
    ProjectFolder::open(folder.path()).unwrap().0.journal(&key().annotator, rescue).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn what_was_appended_is_told_again_and_what_was_saved_is_not_unsaved(draws in proptest::collection::vec(proptest::array::uniform4(0u32..1000), 1..40), cuts in (0usize..40, 0usize..40)) {
        let (all, _) = happenings(state_of(layer_of(TEXT)), &draws);
        let temp = scratch();
        let folder = project_in(temp.path());
        let (mut journal, _) = told(&folder, None);
        let (first, second) = (cuts.0.min(all.len()), cuts.1.min(all.len()));
        let (first, saved) = (first.max(second), first.min(second));
        journal.append(&entries(&all[..first])).unwrap();
        journal.mark_saved(saved as u64).unwrap();
        // The next session.
        let (mut journal, _) = told(&folder, None);
        journal.append(&entries(&all[first..])).unwrap();
        let (journal, told) = told(&folder, None);
        prop_assert_eq!(&told.damage, &[]);
        prop_assert_eq!(&told.unsaved[..], &all[saved..]);
        prop_assert_eq!(told.history.last(), all.len() as u64);
        for happened in &all {
            prop_assert_eq!(journal.change(happened.number).unwrap(), (*happened.change).clone());
        }
    }
}

#[test]
fn a_journal_that_is_cut_off_at_any_byte_tells_all_whole_lines_and_goes_on_in_another_file() {
    let all = fixed(12);
    let (_temp, folder, path, whole) = in_one_file(&all);
    for len in (0..whole.len()).step_by(61).chain([whole.len() - 1]) {
        fs::write(&path, &whole[..len]).unwrap();
        let lines = memchr::memchr_iter(b'\n', &whole[..len]).count();
        let (mut journal, first) = told(&folder, None);
        assert_eq!((first.damage.len(), first.unsaved.len()), (0, lines.saturating_sub(1)), "{len}");
        // What was not told is done again; the torn file is not appended to.
        journal.append(&entries(&all[first.unsaved.len()..])).unwrap();
        let (_, second) = told(&folder, None);
        assert_eq!((second.damage.len(), &second.unsaved), (0, &all), "{len}");
        assert_eq!(fs::read(&path).unwrap(), &whole[..len]);
        for segment in &journal.segments[1..] {
            fs::remove_file(&segment.path).unwrap();
        }
    }
}

#[test]
fn a_bit_that_is_turned_over_costs_one_line_which_is_named_and_nothing_is_told_wrong() {
    let all = fixed(14);
    let (_temp, folder, path, whole) = in_one_file(&all);
    let last_line = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for at in (0..last_line).step_by(41) {
        for bit in [0, 5, 7] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << bit;
            fs::write(&path, &damaged).unwrap();
            let (_, told) = told(&folder, None);
            let lost = damaged[at] == b'\n' || whole[at] == b'\n';
            assert!(!told.damage.is_empty(), "byte {at}, bit {bit}");
            assert!(told.unsaved.iter().all(|happened| all.contains(happened)), "byte {at}, bit {bit}");
            assert!(told.unsaved.len() + 1 + usize::from(lost) >= all.len(), "byte {at}, bit {bit}");
        }
    }
}

/// A folder whose disk refuses the writing step with this number, and all of them after it if `forever`.
fn failing(folder: &ProjectFolder, step: usize, forever: bool) -> ProjectFolder {
    let count = AtomicUsize::new(0);
    let seam = move |_: write::Op| {
        let now = count.fetch_add(1, Ordering::SeqCst);
        let error = io::Error::from(io::ErrorKind::StorageFull);
        if now == step || (forever && now > step) { Err(Stop { error, written: 9 }) } else { Ok(()) }
    };
    ProjectFolder::open_through(folder.path(), Arc::new(seam)).unwrap().0
}

#[test]
fn an_append_that_fails_at_any_step_loses_nothing_and_succeeds_when_it_is_done_again() {
    let all = fixed(12);
    for step in 0.. {
        let temp = scratch();
        let folder = project_in(temp.path());
        let (mut journal, _) = failing(&folder, step, false).journal(&key().annotator, None).unwrap();
        let mut durable = 0;
        let mut failed = 0;
        for upto in [3, 6, all.len()] {
            while let Err(error) = journal.append(&entries(&all[durable..upto])) {
                assert_eq!(error.kind(), io::ErrorKind::StorageFull);
                failed += 1;
                let (_, told) = told(&folder, None);
                assert!(told.unsaved.len() >= durable && told.damage.is_empty(), "step {step}");
            }
            durable = upto;
        }
        let (_, told) = told(&folder, None);
        assert_eq!((&told.unsaved, told.damage.len()), (&all, 0), "step {step}");
        if failed == 0 {
            assert!(step > 8, "{step} steps were tried");
            return;
        }
    }
}

#[test]
fn what_cannot_be_written_in_the_project_is_written_elsewhere_found_there_and_brought_home() {
    let all = fixed(12);
    let temp = scratch();
    let rescue = scratch();
    let folder = project_in(temp.path());
    let home = temp.path().join(".byline/journal");
    fs::write(&home, "a file where a folder must be").unwrap();
    let (mut journal, _) = told(&folder, Some(rescue.path()));
    journal.append(&entries(&all[..4])).unwrap();
    let elsewhere = journal.elsewhere().unwrap();
    assert!(elsewhere.starts_with(rescue.path()) && elsewhere.is_dir());
    let (mut journal, first) = told(&folder, Some(rescue.path()));
    assert_eq!(&first.unsaved, &all[..4]);
    journal.append(&entries(&all[4..])).unwrap();
    fs::remove_file(&home).unwrap();
    journal.mark_saved(all.len() as u64).unwrap();
    assert!(!elsewhere.exists());
    let (journal, second) = told(&folder, Some(rescue.path()));
    assert_eq!((second.unsaved.len(), second.damage.len(), journal.elsewhere()), (0, 0, None));
    assert_eq!(second.history.steps(None).0.count(), told_steps(&all));
}

fn told_steps(all: &[Happened]) -> usize {
    History::replayed(all.iter().map(|h| (h.number, h.event.clone()))).steps(None).0.count()
}

#[test]
fn the_oldest_files_go_when_all_are_too_many_but_never_what_is_not_saved() {
    let all = fixed(40);
    let temp = scratch();
    let folder = project_in(temp.path());
    // Each session begins a file.
    for happened in &all {
        let (mut journal, _) = told(&folder, None);
        journal.append(&entries(std::slice::from_ref(happened))).unwrap();
    }
    let (mut journal, _) = told(&folder, None);
    journal.cap = journal.bytes() / 2;
    let (cap, half) = (journal.cap, all.len() as u64 / 4);
    journal.mark_saved(half).unwrap();
    assert_eq!(journal.first(), half + 1, "what is saved has gone");
    journal.mark_saved(all.len() as u64).unwrap();
    assert!(journal.bytes() <= cap);
    let (journal, told) = told(&folder, None);
    assert!(journal.bytes() <= cap && journal.bytes() > cap / 2 && told.unsaved.is_empty() && told.damage.is_empty());
    assert_eq!(told.history.last(), all.len() as u64);
}

#[test]
fn a_journal_of_a_newer_version_is_refused_by_name() {
    let temp = scratch();
    let folder = project_in(temp.path());
    let home = temp.path().join(".byline/journal/maria");
    fs::create_dir_all(&home).unwrap();
    let mut head = String::new();
    line::push(&mut head, 0, &line::opened("maria").replace("version: 1", "version: 2"), "");
    fs::write(home.join("0000000001.log"), head).unwrap();
    let error = folder.journal(&key().annotator, None).err().unwrap().to_string();
    assert!(error.contains("0000000001.log") && error.contains('2'), "{error}");
}
