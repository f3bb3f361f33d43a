//! The history of a project: copies of layers and of `project.ron` from before they were overwritten.
//!
//! ```text
//! .byline/history/
//!   project/20261123T100000.250Z-5f16….ron.gz
//!   annotations/maria/0001-conference-opens/20261123T100000.250Z-98ab….ron.gz
//!   texts/242c….txt.gz
//! ```
//!
//! A copy is named after when its content came to be and its SHA-256, so that nothing but the folder is needed to know
//! what there is; it can be unpacked with any gzip. The texts of annotated documents are kept once each: annotations
//! on a text that was changed outside are anchored anew with the old one.
//!
//! Here: keeping, thinning, reading. Elsewhere: when something is overwritten (`save`), what is put back (`restore`).

use super::annotator_folder::annotator_of;
use super::fault::{Fault, FileError, in_words};
use super::project_folder::{Disk, LARGEST, ProjectFolder, names_in};
use super::write::{self, Gate};
use super::{inside, layer_file, save};
use crate::model::{DocumentId, Layer, LayerKey, Text, sha256_hex};
use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Utc};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// A file that is overwritten again and again in one session is copied so often.
const AGAIN: Duration = Duration::from_hours(1);
/// So many copies of each file are kept whatever their age, so that a clock that jumps thins nothing out.
const NEWEST: usize = 24;
/// All copies of so many days are kept, then the last one of each day.
const ALL_DAYS: i64 = 3;
/// The last one of each day is kept for so many days, then that of each week.
const DAILY_DAYS: i64 = 60;
/// All copies together, in bytes; the oldest make room, but never the newest one of a file. Texts do not count.
const MOST: u64 = 256 * 1024 * 1024;

const TIME: &str = "%Y%m%dT%H%M%S%.3fZ";
const ENDING: &str = ".ron.gz";

/// What was copied in this session, so that little is asked of the disk.
#[derive(Default)]
pub(super) struct Kept(Mutex<Session>);

#[derive(Default)]
struct Session {
    files: BTreeMap<PathBuf, Instant>,
    texts: BTreeSet<String>,
    /// Bytes of all copies, once they were counted.
    total: Option<u64>,
}

impl Kept {
    fn session(&self) -> MutexGuard<'_, Session> {
        // What was copied stays copied if a thread that knew it died.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A copy of a file in the history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptCopy {
    /// Since when the file was so: when it was written, as its disk said.
    pub when: DateTime<Utc>,
    /// What the copy takes on disk, in bytes.
    pub bytes: u64,
    /// SHA-256 of the file's content.
    pub sha256: String,
    /// Where it lies.
    pub path: PathBuf,
}

/// A copy that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the copy `{}` is damaged: {why}", path.display())]
pub struct DamagedCopy {
    /// Which copy.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl ProjectFolder {
    /// Copies a file of the project into its history, unless that is there already or was done a short time ago. To
    /// be called before the file is overwritten.
    ///
    /// # Errors
    /// Where it cannot be copied: no reason not to save.
    pub fn keep_copy(&self, path: &Path) -> io::Result<()> {
        self.disk.keep_copy(path)
    }

    /// Keeps a text for as long as the project lives. Each text is kept once.
    ///
    /// # Errors
    /// Where it cannot be copied: no reason not to save.
    pub fn keep_text(&self, text: &Text) -> io::Result<()> {
        self.disk.keep_text(text)
    }

    /// The copies of a layer, the newest first.
    pub fn copies(&self, key: &LayerKey) -> Result<Vec<KeptCopy>, FileError> {
        let path = self.disk.layer_path(key).map_err(|error| FileError::whole(self.path(), error.into()))?;
        self.copies_of(&path)
    }

    /// The copies of `project.ron`, the newest first.
    pub fn project_copies(&self) -> Result<Vec<KeptCopy>, FileError> {
        self.copies_of(&self.project_path())
    }

    fn copies_of(&self, path: &Path) -> Result<Vec<KeptCopy>, FileError> {
        let folder = self.disk.history_of(path);
        self.disk.stay_inside(&folder).map_err(|fault| FileError::whole(&folder, fault))?;
        copies_in(&folder)
    }

    /// The layers of which there are copies, by document and annotator.
    pub fn layers_with_copies(&self) -> Result<Vec<LayerKey>, FileError> {
        let annotations = self.disk.private("history").join("annotations");
        self.disk.stay_inside(&annotations).map_err(|fault| FileError::whole(&annotations, fault))?;
        let mut keys = Vec::new();
        for folder in names_in(&annotations)? {
            let Some(annotator) = annotator_of(&folder) else { continue };
            for document in names_in(&annotations.join(folder))? {
                let document = DocumentId::new(&document).ok();
                keys.extend(document.map(|document| LayerKey { document, annotator: annotator.clone() }));
            }
        }
        keys.sort_unstable();
        Ok(keys)
    }

    /// The content of a copy, compared with its SHA-256.
    pub fn read_copy(&self, copy: &KeptCopy) -> Result<String, DamagedCopy> {
        let damaged = |why: String| DamagedCopy { path: copy.path.clone(), why };
        self.disk.stay_inside(&copy.path).map_err(|fault| damaged(fault.to_string()))?;
        unpacked(&copy.path, &copy.sha256).map_err(damaged)
    }

    /// A copy of a layer, over the text that it must be of.
    ///
    /// # Errors
    /// Where the copy holds no such layer. The copy itself is read with [`Self::read_copy`].
    pub fn layer_of_copy(&self, source: &str, key: &LayerKey, text: &Text) -> Result<Layer, FileError> {
        let path = self.disk.layer_path(key).map_err(|error| FileError::whole(self.path(), error.into()))?;
        layer_file::read(source, key, text).map_err(|fault| fault.in_file(path, source))
    }

    /// A text that was annotated once, by its SHA-256, if it was kept and is whole.
    pub fn old_text(&self, sha256: &str) -> Option<Text> {
        let path = self.disk.text_copy(sha256)?;
        self.disk.stay_inside(&path).ok()?;
        unpacked(&path, sha256).ok().map(Text::new)
    }
}

impl Disk {
    /// See [`ProjectFolder::keep_copy`].
    pub fn keep_copy(&self, path: &Path) -> io::Result<()> {
        let is_due = self.kept.session().files.get(path).is_none_or(|last| last.elapsed() >= AGAIN);
        if is_due { self.keep_now(path) } else { Ok(()) }
    }

    /// Copies a file, if it is not there already, whenever that was done last.
    pub fn keep_now(&self, path: &Path) -> io::Result<()> {
        inside::check(&self.root, path)?;
        let found = match fs::File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            file => file?,
        };
        let written = found.metadata()?.modified()?;
        let mut bytes = Vec::new();
        found.take(LARGEST).read_to_end(&mut bytes)?;
        let now = Utc::now();
        let when = when(written, now);
        let sha256 = sha256_hex(&bytes);
        let folder = self.history_of(path);
        inside::check(&self.root, &folder)?;
        let mut copies = copies_in(&folder).map_err(io::Error::other)?;
        // One that cannot be read is no copy.
        let is_whole = |copy: &KeptCopy| copy.sha256 == sha256 && unpacked(&copy.path, &sha256).is_ok();
        if !copies.first().is_some_and(is_whole) {
            self.remove_left_over(&folder);
            let gate = &mut self.gate();
            save::private_folder(&self.root, gate)?;
            let copy = folder.join(format!("{}-{sha256}{ENDING}", when.format(TIME)));
            let size = pack(&copy, &bytes, gate)?;
            // What it is a copy of is overwritten next.
            write::sync_folder_of(&copy, gate)?;
            copies.retain(|older| older.path != copy);
            copies.push(KeptCopy { when, bytes: size, sha256, path: copy });
            copies.sort_unstable_by(|a, b| b.path.cmp(&a.path));
            let thinned = thin(&copies, now, gate);
            self.make_room(size, thinned, gate);
        }
        self.kept.session().files.insert(path.to_owned(), Instant::now());
        Ok(())
    }

    /// See [`ProjectFolder::keep_text`].
    pub fn keep_text(&self, text: &Text) -> io::Result<()> {
        let sha256 = text.sha256();
        let Some(path) = self.text_copy(sha256).filter(|_| !self.kept.session().texts.contains(sha256)) else {
            return Ok(());
        };
        inside::check(&self.root, &path)?;
        if unpacked(&path, sha256).is_err() {
            let gate = &mut self.gate();
            save::private_folder(&self.root, gate)?;
            // Its name is not waited for: the text stands in `documents` as well.
            pack(&path, text.as_str().as_bytes(), gate)?;
        }
        self.kept.session().texts.insert(sha256.to_owned());
        Ok(())
    }

    /// Keeps all copies together below what they may take.
    fn make_room(&self, added: u64, removed: u64, gate: Gate) {
        let total = self.kept.session().total.map(|total| (total + added).saturating_sub(removed));
        let root = self.private("history");
        let count = || {
            let (copies, newest) = all_copies(&root);
            copies.iter().chain(&newest).map(|copy| copy.bytes).sum()
        };
        let mut total = total.unwrap_or_else(count);
        if total > MOST {
            total = remove_oldest(&root, MOST / 10 * 9, gate);
        }
        self.kept.session().total = Some(total);
    }

    /// Where the copies of a file lie.
    fn history_of(&self, path: &Path) -> PathBuf {
        let inner = path.strip_prefix(&self.root).unwrap_or(path).with_extension("");
        self.private("history").join(inner)
    }

    /// Where a text is kept; `None` if that is no hash.
    fn text_copy(&self, sha256: &str) -> Option<PathBuf> {
        let is_hash = sha256.len() == 64 && sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        is_hash.then(|| self.private("history").join("texts").join(format!("{sha256}.txt.gz")))
    }
}

/// When a file was written, at the latest `now`, also where it says no time that there is. Before all clocks there were no
/// files.
pub(super) fn when(written: SystemTime, now: DateTime<Utc>) -> DateTime<Utc> {
    let Ok(since) = written.duration_since(SystemTime::UNIX_EPOCH) else { return DateTime::UNIX_EPOCH };
    let seconds = i64::try_from(since.as_secs()).ok();
    seconds.and_then(|seconds| DateTime::from_timestamp(seconds, since.subsec_nanos())).map_or(now, |at| at.min(now))
}

/// The copies in a folder, the newest first. Names that are none are passed over.
fn copies_in(folder: &Path) -> Result<Vec<KeptCopy>, FileError> {
    let mut copies = Vec::new();
    for name in names_in(folder)?.into_iter().rev() {
        let Some((when, sha256)) = name.strip_suffix(ENDING).and_then(|stem| stem.split_once('-')) else { continue };
        let Ok(when) = NaiveDateTime::parse_from_str(when, TIME) else { continue };
        let path = folder.join(&name);
        let bytes = fs::symlink_metadata(&path).map_err(|error| FileError::whole(&path, Fault::from_io(&error)))?.len();
        copies.push(KeptCopy { when: when.and_utc(), bytes, sha256: sha256.to_owned(), path });
    }
    Ok(copies)
}

/// Writes a copy, whole before it has its name, and says what it takes.
fn pack(path: &Path, bytes: &[u8], gate: Gate) -> io::Result<u64> {
    write::make_folder(path.parent().unwrap_or(path), gate)?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    let packed = encoder.finish()?;
    write::replace(path, &packed, gate)?;
    Ok(packed.len() as u64)
}

/// The content of a copy; why not, in words.
fn unpacked(path: &Path, sha256: &str) -> Result<String, String> {
    let in_words = |error: io::Error| in_words(&error);
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(in_words)?;
    GzDecoder::new(file).take(LARGEST + 1).read_to_end(&mut bytes).map_err(in_words)?;
    if sha256_hex(&bytes) != sha256 {
        return Err("its content is not what was copied".to_owned());
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

/// Removes the copies of one file that are too close to others for their age; says how many bytes that gave.
fn thin(newest_first: &[KeptCopy], now: DateTime<Utc>, gate: Gate) -> u64 {
    let times: Vec<_> = newest_first.iter().map(|copy| copy.when).collect();
    let is_kept = kept(&times, now);
    let too_many = newest_first.iter().zip(is_kept).filter(|(_, is_kept)| !is_kept);
    too_many.filter(|(copy, _)| write::remove(&copy.path, gate).is_ok()).map(|(copy, _)| copy.bytes).sum()
}

/// Which copies of these times, the newest first, are kept.
fn kept(newest_first: &[DateTime<Utc>], now: DateTime<Utc>) -> Vec<bool> {
    let (mut days, mut weeks) = (BTreeSet::new(), BTreeSet::new());
    let decide = |(n, when): (usize, &DateTime<Utc>)| {
        let age = now - *when;
        // Both are noted whatever the age: a week that is half daily and half weekly has one last copy, not two.
        let is_last_of_day = days.insert((when.year(), when.ordinal()));
        let is_last_of_week = weeks.insert((when.iso_week().year(), when.iso_week().week()));
        let is_last = if age <= TimeDelta::days(DAILY_DAYS) { is_last_of_day } else { is_last_of_week };
        is_last || n < NEWEST || age <= TimeDelta::days(ALL_DAYS)
    };
    newest_first.iter().enumerate().map(decide).collect()
}

/// All copies below a folder: those that may go, and the newest of each file.
fn all_copies(root: &Path) -> (Vec<KeptCopy>, Vec<KeptCopy>) {
    let (mut older, mut newest) = (Vec::new(), Vec::new());
    let mut folders = vec![root.join("project"), root.join("annotations")];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        // Links are not followed.
        folders.extend(entries.filter(|e| e.file_type().is_ok_and(|kind| kind.is_dir())).map(|e| e.path()));
        let mut copies = copies_in(&folder).unwrap_or_default().into_iter();
        newest.extend(copies.next());
        older.extend(copies);
    }
    (older, newest)
}

/// Removes the oldest copies until all take at most so many bytes; says what is left.
fn remove_oldest(root: &Path, at_most: u64, gate: Gate) -> u64 {
    let (mut older, newest) = all_copies(root);
    older.sort_unstable_by_key(|copy| copy.when);
    let mut total: u64 = older.iter().chain(&newest).map(|copy| copy.bytes).sum();
    for copy in older {
        if total <= at_most {
            break;
        }
        if write::remove(&copy.path, gate).is_ok() {
            total -= copy.bytes;
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::{layer_of, state_of};
    use crate::model::testing::{key, noon};
    use crate::model::{Project, Scheme};
    use crate::store::Dirty;
    use proptest::prelude::*;

    fn project() -> (tempfile::TempDir, ProjectFolder) {
        let temp = tempfile::tempdir().unwrap();
        let state = state_of(layer_of("[speaker:Ana]: ça"));
        let folder = ProjectFolder::create(temp.path(), &Project::new("é", Scheme::default())).unwrap();
        folder.save(&state, &Dirty::everything(&state)).unwrap();
        (temp, folder)
    }

    /// Writes a file as if it had been so since then.
    fn put(path: &Path, content: &str, when: DateTime<Utc>) {
        fs::write(path, content).unwrap();
        fs::File::options().write(true).open(path).unwrap().set_modified(when.into()).unwrap();
    }

    #[test]
    fn a_file_is_copied_before_it_changes_once_in_a_session_and_not_if_the_copy_is_there() {
        let (temp, folder) = project();
        let path = folder.layer_path(&key()).unwrap();
        put(&path, "first", noon());
        folder.keep_copy(&path).unwrap();
        put(&path, "second", noon() + TimeDelta::days(1));
        folder.keep_copy(&path).unwrap();
        let times = |copies: &[KeptCopy]| copies.iter().map(|copy| copy.when).collect::<Vec<_>>();
        assert_eq!(times(&folder.copies(&key()).unwrap()), [noon()], "it was copied a moment ago");
        for _ in 0..2 {
            // Each is a new session.
            let (folder, _) = ProjectFolder::open(temp.path()).unwrap();
            folder.keep_copy(&path).unwrap();
            let copies = folder.copies(&key()).unwrap();
            assert_eq!(times(&copies), [noon() + TimeDelta::days(1), noon()]);
            assert_eq!(copies.iter().map(|c| folder.read_copy(c).unwrap()).collect::<Vec<_>>(), ["second", "first"]);
            assert_eq!(folder.layers_with_copies().unwrap(), [key()]);
        }
        // A clock that was ahead when the file was written makes no copy of the future.
        put(&path, "third", Utc::now() + TimeDelta::days(9000));
        folder.disk.keep_now(&path).unwrap();
        assert!(folder.copies(&key()).unwrap()[0].when <= Utc::now());
        folder.keep_copy(&folder.project_path()).unwrap();
        assert_eq!(folder.project_copies().unwrap().len(), 1);
        // What is not there has no copy, and what is elsewhere is none of our business.
        folder.keep_copy(&folder.path().join("annotations/zoe/0001-test.ron")).unwrap();
        assert!(folder.keep_copy(Path::new("/etc/hostname")).is_err());
    }

    #[test]
    fn wherever_the_clock_is_put_between_two_copies_each_is_kept_and_can_be_read() {
        let (temp, folder) = project();
        let path = folder.layer_path(&key()).unwrap();
        let years = [0, 30, -40, 7_000, -3_000, 1, -1, 200_000, -200_000];
        let mut put_in = Vec::new();
        for (n, years) in years.into_iter().cycle().take(NEWEST).enumerate() {
            let content = format!("{n} é");
            fs::write(&path, &content).unwrap();
            let year = Duration::from_hours(24 * 365);
            let now = SystemTime::now();
            let jump = year * i32::unsigned_abs(years);
            let jumped = if years < 0 { now.checked_sub(jump) } else { now.checked_add(jump) };
            // As far as the disk can say such times.
            let _ = fs::File::options().write(true).open(&path).unwrap().set_modified(jumped.unwrap());
            // Each is a new session.
            let (folder, _) = ProjectFolder::open(temp.path()).unwrap();
            folder.keep_copy(&path).unwrap();
            put_in.push(content);
        }
        let copies = folder.copies(&key()).unwrap();
        assert!(copies.iter().all(|copy| (DateTime::UNIX_EPOCH..=Utc::now()).contains(&copy.when)));
        let mut kept: Vec<_> = copies.iter().map(|copy| folder.read_copy(copy).unwrap()).collect();
        kept.sort();
        put_in.sort();
        // Those that say one and the same time stand beside one another.
        assert_eq!(kept, put_in);
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::MAX / 4);
        assert_eq!(when(far, noon()), noon());
    }

    #[test]
    fn a_damaged_copy_is_refused_by_name() {
        let (_temp, folder) = project();
        let path = folder.layer_path(&key()).unwrap();
        folder.keep_copy(&path).unwrap();
        let copy = folder.copies(&key()).unwrap().remove(0);
        let whole = fs::read(&copy.path).unwrap();
        let cut = whole[..whole.len() / 2].to_vec();
        let (mut flipped, last) = (whole.clone(), whole.len() - 1);
        flipped[last / 2] ^= 4;
        for damaged in [cut, flipped, Vec::new(), b"no gzip".to_vec()] {
            fs::write(&copy.path, damaged).unwrap();
            let error = folder.read_copy(&copy).unwrap_err();
            assert!(error.to_string().contains(copy.path.to_str().unwrap()), "{error}");
        }
        fs::write(&copy.path, whole).unwrap();
        assert_eq!(folder.read_copy(&copy).unwrap(), fs::read_to_string(&path).unwrap());
    }

    #[test]
    fn a_copy_that_cannot_be_read_is_made_again_and_one_that_cannot_be_made_stops_no_save() {
        let (temp, folder) = project();
        let path = folder.layer_path(&key()).unwrap();
        folder.keep_copy(&path).unwrap();
        let copy = folder.copies(&key()).unwrap().remove(0);
        let text = folder.disk.text_copy(layer_of("[speaker:Ana]: ça").text().sha256()).unwrap();
        for torn in [&copy.path, &text] {
            fs::write(torn, "").unwrap();
        }
        // Nothing can be written into the history.
        let refuse = |op: write::Op| match op {
            write::Op::MakeFolder(path) | write::Op::Begin(path) if path.to_string_lossy().contains("/history") => {
                Err(io::Error::from(io::ErrorKind::StorageFull).into())
            }
            _ => Ok(()),
        };
        let save = |folder: &ProjectFolder, status| {
            let mut layer = layer_of("[speaker:Ana]: ça");
            layer.set_status(status);
            let mut state = folder.load_all(ProjectFolder::open(temp.path()).unwrap().1).unwrap();
            state.load_layer(layer);
            folder.save(&state, &Dirty::everything(&state)).unwrap();
        };
        let (folder, _) = ProjectFolder::open_through(temp.path(), std::sync::Arc::new(refuse)).unwrap();
        save(&folder, crate::model::Status::Done);
        assert_eq!((fs::read(&copy.path).unwrap(), folder.copies(&key()).unwrap().len()), (Vec::new(), 1));
        let (folder, _) = ProjectFolder::open(temp.path()).unwrap();
        save(&folder, crate::model::Status::InProgress);
        let copies = folder.copies(&key()).unwrap();
        assert_eq!(copies.iter().map(|copy| folder.read_copy(copy).is_ok()).collect::<Vec<_>>(), [true, false]);
        assert_ne!(fs::read(&text).unwrap(), b"");
    }

    #[test]
    fn a_text_is_kept_once_and_given_back_by_its_hash_alone() {
        let (temp, folder) = project();
        let text = Text::new("🦀 Ana: « 25 % »\r\n");
        for _ in 0..2 {
            folder.keep_text(&text).unwrap();
        }
        let (other, _) = ProjectFolder::open(temp.path()).unwrap();
        assert_eq!(other.old_text(text.sha256()).as_ref(), Some(&text));
        for none in ["", "../../../project", &"0".repeat(64)] {
            assert_eq!(other.old_text(none), None);
        }
        let file = temp.path().join(".byline/history/texts").join(format!("{}.txt.gz", text.sha256()));
        pack(&file, b"another", &mut write::open_gate).unwrap();
        assert_eq!(other.old_text(text.sha256()), None);
    }

    #[test]
    fn when_room_is_short_the_oldest_copies_go_and_never_the_newest_of_a_file() {
        let (_temp, folder) = project();
        let root = folder.disk.private("history");
        // What saving has put there.
        let _ = fs::remove_dir_all(&root);
        for (file, days) in [("a", [1, 2, 3]), ("b", [10, 20, 30]), ("c", [4, 5, 6])] {
            for day in days {
                let name = format!("{}-{}{ENDING}", (noon() + TimeDelta::days(day)).format(TIME), "0".repeat(64));
                pack(&root.join("annotations/maria").join(file).join(name), &[0; 64], &mut write::open_gate).unwrap();
            }
        }
        let size = all_copies(&root).1[0].bytes;
        let left = |at_most: u64| {
            assert_eq!(remove_oldest(&root, at_most * size, &mut write::open_gate), at_most.max(3) * size);
            let (older, newest) = all_copies(&root);
            let mut days: Vec<_> = older.iter().chain(&newest).map(|copy| (copy.when - noon()).num_days()).collect();
            days.sort_unstable();
            days
        };
        assert_eq!(left(7), [3, 4, 5, 6, 10, 20, 30]);
        assert_eq!(left(5), [3, 6, 10, 20, 30]);
        assert_eq!(left(0), [3, 6, 30]);
    }

    proptest! {
        #[test]
        fn of_any_copies_the_newest_stay_and_each_day_and_week_keeps_its_last(
            hours in proptest::collection::btree_set(0i64..24 * 400, 0..200),
            jump in -400i64..40_000,
        ) {
            let times: Vec<_> = hours.iter().rev().map(|hours| noon() + TimeDelta::hours(*hours)).collect();
            let now = times.first().copied().unwrap_or_default() + TimeDelta::days(jump);
            let kept = kept(&times, now);
            let last_of = |period: &dyn Fn(&DateTime<Utc>) -> (i32, u32)| {
                let mut seen = BTreeSet::new();
                times.iter().map(|when| seen.insert(period(when))).collect::<Vec<_>>()
            };
            let days = last_of(&|when| (when.year(), when.ordinal()));
            let weeks = last_of(&|when| (when.iso_week().year(), when.iso_week().week()));
            for (n, when) in times.iter().enumerate() {
                let age = now - *when;
                let must = n < NEWEST
                    || age <= TimeDelta::days(ALL_DAYS)
                    || (age <= TimeDelta::days(DAILY_DAYS) && days[n])
                    || (age > TimeDelta::days(DAILY_DAYS) && weeks[n]);
                prop_assert_eq!(kept[n], must, "{} at {}", when, now);
            }
            // Thinning again thins nothing more.
            let left: Vec<_> = times.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(when, _)| *when).collect();
            prop_assert!(super::kept(&left, now).iter().all(|kept| *kept));
        }
    }
}
