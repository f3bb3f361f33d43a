//! The journal of an annotator: every change, as soon as it is made, in `.byline/journal/ANNOTATOR/NUMBER.log`.
//!
//! A file is only ever appended to, by the session that made it; each session begins a new one, and so does what goes
//! on after a file could not be written. What is not in the project's files yet is found after the last line that says
//! “saved”; what was done before it can be undone still. When all files together grow beyond [`CAP`], the oldest go,
//! if all that they tell is saved.
//! Here: lines and files. Elsewhere: what follows from them after a crash ([`super::recover`]), when lines are
//! written (`session`).

mod change;
mod line;

use super::fault::{Fault, FileError};
use super::layer_file::NotFinite;
use super::project_folder::{Disk, ProjectFolder, names_in, read_bytes};
use super::ron_text::VERSION;
use super::{annotator_folder, inside, save, write};
use crate::edit::{Change, Event, Happened, History};
use crate::model::{DocumentId, Name, Text, sha256_hex};
use line::{BadLine, Said};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// All files of a journal together, in bytes: beyond it the oldest go.
const CAP: u64 = 32 << 20;
/// A file that is longer than this (bytes) is followed by a new one.
const SEGMENT: u64 = 4 << 20;

/// A journal on disk, and where in it each event stands.
pub struct Journal {
    disk: Arc<Disk>,
    annotator: Name,
    /// Where its files lie.
    home: PathBuf,
    /// Where they are made when they cannot be made at home.
    rescue: Option<PathBuf>,
    /// The oldest first.
    segments: Vec<Segment>,
    /// Of each event, the segment that holds it, where its line begins, and how long it is, in bytes.
    places: BTreeMap<u64, (usize, u64, usize)>,
    /// The file that is appended to, the last of the segments.
    open: Option<fs::File>,
    /// All up to this event is in the project's files.
    saved: u64,
    cap: u64,
}

struct Segment {
    path: PathBuf,
    bytes: u64,
    /// The highest event that it tells.
    last: u64,
}

/// What a journal told when it was opened.
#[derive(Debug, Default)]
pub struct Told {
    /// What was done and undone.
    pub history: History,
    /// What happened after the last save, in order.
    pub unsaved: Vec<Happened>,
    /// Lines that are not what was written, and events that no line tells.
    pub damage: Vec<Damage>,
}

/// A part of a journal that cannot be used.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum Damage {
    /// A line in the middle of a file is not what was written.
    #[error("{path}:{line}: the line is not what was written")]
    Line {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// A file cannot be read.
    #[error(transparent)]
    File(FileError),
    /// No line tells these events.
    #[error("what happened from number {first} to {last} is told by no line")]
    Missing {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
    },
}

/// What is collected while files are read.
#[derive(Default)]
struct Reading {
    events: BTreeMap<u64, Event>,
    unsaved: BTreeMap<u64, Unread>,
    damage: Vec<Damage>,
}

/// Where copies lie, or which file could not be copied.
type Kept = Result<Vec<PathBuf>, (PathBuf, io::Error)>;

/// A change that was not looked at yet, and where it stands.
struct Unread {
    change: String,
    path: PathBuf,
    /// From 1.
    line: usize,
}

/// What is to be appended.
pub struct Entry {
    number: u64,
    head: String,
    change: String,
}

impl Entry {
    /// That something happened; `texts` are those that it is quoted from.
    ///
    /// # Errors
    /// Where a value is a number that no file can hold.
    pub fn happened(happened: &Happened, texts: &BTreeMap<DocumentId, Text>) -> Result<Self, NotFinite> {
        let change = change::write(&happened.change, texts)?;
        Ok(Self { number: happened.number, head: line::head_of(&happened.event), change })
    }
}

impl ProjectFolder {
    /// Reads the journal of an annotator; what could not be written in the project is looked for in the folder
    /// `rescue`. Writes nothing.
    ///
    /// # Errors
    /// Where the annotator's name cannot name a folder, or a newer version of Byline wrote the journal.
    pub fn journal(&self, annotator: &Name, rescue: Option<&Path>) -> Result<(Journal, Told), FileError> {
        let refused = |error: annotator_folder::BadAnnotator| FileError::whole(self.path(), error.into());
        let folder = annotator_folder::folder_of(annotator).map_err(refused)?;
        let home = self.disk.private("journal").join(&folder);
        let mut journal = Journal {
            disk: self.disk.clone(),
            annotator: annotator.clone(),
            home,
            rescue: rescue.map(|rescue| rescue.join(self.fingerprint()).join(&folder)),
            segments: Vec::new(),
            places: BTreeMap::new(),
            open: None,
            saved: 0,
            cap: CAP,
        };
        let told = journal.read()?;
        Ok((journal, told))
    }

    /// Who has work in the journal that is not in the project's files, and is not at work: after a crash. What could not
    /// be written in the project is looked for in the folder `rescue`.
    pub fn interrupted(&self, rescue: Option<&Path>) -> Vec<Name> {
        let home = self.disk.private("journal");
        let home = Some(home).filter(|home| self.disk.stay_inside(home).is_ok());
        let places: Vec<_> = home.into_iter().chain(rescue.map(|rescue| rescue.join(self.fingerprint()))).collect();
        let folders: BTreeSet<_> = places.iter().flat_map(|place| names_in(place).unwrap_or_default()).collect();
        let is_open = |folder: &String| {
            let newest = places.iter().flat_map(|place| segments_in(&place.join(folder))).max();
            newest.is_some_and(|(_, _, path)| ends_unsaved(&path).unwrap_or(false))
        };
        let open = folders.into_iter().filter(is_open);
        let annotators = open.filter_map(|folder| annotator_folder::annotator_of(&folder));
        annotators.filter(|annotator| self.holder(annotator).is_none()).collect()
    }

    /// The same for the same folder, however it is named.
    fn fingerprint(&self) -> String {
        let path = fs::canonicalize(self.path()).unwrap_or_else(|_| self.path().to_owned());
        let mut hash = sha256_hex(path.as_os_str().as_encoded_bytes());
        hash.truncate(16);
        hash
    }
}

impl Journal {
    /// All up to this event is in the project's files.
    pub fn saved(&self) -> u64 {
        self.saved
    }

    /// The first event that is still told.
    pub fn first(&self) -> u64 {
        self.places.keys().next().copied().unwrap_or(u64::MAX)
    }

    /// The numbers of the events that are still told, in order.
    pub fn numbers(&self) -> impl Iterator<Item = u64> {
        self.places.keys().copied()
    }

    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// The folder outside the project into which it is appended, because that was not possible in the project.
    pub fn elsewhere(&self) -> Option<PathBuf> {
        let rescue = self.rescue.clone()?;
        self.segments.last().is_some_and(|segment| segment.path.starts_with(&rescue)).then_some(rescue)
    }

    fn read(&mut self) -> Result<Told, FileError> {
        self.disk.stay_inside(&self.home).map_err(|fault| FileError::whole(&self.home, fault))?;
        let folders = [Some(&self.home), self.rescue.as_ref()].into_iter().flatten();
        let mut paths: Vec<_> = folders.flat_map(|folder| segments_in(folder)).collect();
        paths.sort();
        let mut reading = Reading::default();
        for (_, _, path) in paths {
            match read_bytes(&path) {
                Ok(bytes) => self.read_segment(path, &bytes, &mut reading)?,
                Err(fault) => reading.damage.push(Damage::File(FileError::whole(path, fault))),
            }
        }
        let Reading { mut events, unsaved, mut damage } = reading;
        let mut told = Told::default();
        for (number, row) in unsaved.into_iter().filter(|(number, _)| *number > self.saved) {
            match (change::read(&row.change), events.get(&number)) {
                (Ok(change), Some(event)) => {
                    told.unsaved.push(Happened { number, event: event.clone(), change: Arc::new(change) });
                }
                _ => {
                    damage.push(Damage::Line { path: row.path, line: row.line });
                    events.remove(&number);
                }
            }
        }
        let mut next = self.saved + 1;
        for number in events.range(self.saved + 1..).map(|(number, _)| *number) {
            if number > next {
                damage.push(Damage::Missing { first: next, last: number - 1 });
            }
            next = number + 1;
        }
        told.damage = damage;
        told.history = History::replayed(events);
        told.history.continue_after(self.saved);
        Ok(told)
    }

    fn read_segment(&mut self, path: PathBuf, bytes: &[u8], reading: &mut Reading) -> Result<(), FileError> {
        let at = self.segments.len();
        let mut segment = Segment { path: path.clone(), bytes: bytes.len() as u64, last: 0 };
        let mut start = 0;
        for (number, row) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let place = (at, start as u64, row.len());
            start += row.len();
            let line = match row.strip_suffix(b"\n").ok_or(BadLine::Damaged).and_then(line::read) {
                Ok(line) => line,
                // A line that was being written when the program ended: nobody was told that it was safe.
                Err(BadLine::Damaged) if start == bytes.len() => break,
                Err(BadLine::Damaged) => {
                    reading.damage.push(Damage::Line { path: path.clone(), line: number + 1 });
                    continue;
                }
                Err(BadLine::Newer(found)) => {
                    let fault = Fault::NewerVersion { format: line::FORMAT, found, supported: VERSION };
                    return Err(FileError::whole(path, fault));
                }
            };
            segment.last = segment.last.max(line.number);
            match line.said {
                Said::Opened => {}
                Said::Saved => {
                    self.saved = self.saved.max(line.number);
                    reading.unsaved = reading.unsaved.split_off(&(self.saved + 1));
                }
                // A line that had to be written again stands there twice.
                Said::Happened(_) if reading.events.contains_key(&line.number) => {}
                Said::Happened(event) => {
                    let change = line.change.to_owned();
                    reading.unsaved.insert(line.number, Unread { change, path: path.clone(), line: number + 1 });
                    self.places.insert(line.number, place);
                    reading.events.insert(line.number, event);
                }
            }
        }
        self.segments.push(segment);
        Ok(())
    }

    /// What an event changed.
    ///
    /// # Errors
    /// Where the journal no longer has it, or the file is not what it was.
    pub fn change(&self, number: u64) -> Result<Change, FileError> {
        let gone = || Fault::from_io(&io::ErrorKind::NotFound.into());
        let Some((segment, start, len)) = self.places.get(&number).copied() else {
            return Err(FileError::whole(&self.home, gone()));
        };
        let path = self.segments.get(segment).map(|s| s.path.clone()).unwrap_or_default();
        let read = || -> Result<Change, Fault> {
            let from_io = |error: io::Error| Fault::from_io(&error);
            let mut file = fs::File::open(&path).map_err(from_io)?;
            file.seek(SeekFrom::Start(start)).map_err(from_io)?;
            let mut row = vec![0; len];
            file.read_exact(&mut row).map_err(from_io)?;
            let damaged = || Fault::Syntax("the line is not what was written".to_owned());
            let line = row.strip_suffix(b"\n").ok_or_else(damaged)?;
            change::read(line::read(line).map_err(|_| damaged())?.change)
        };
        read().map_err(|fault| FileError::whole(&path, fault))
    }

    /// Appends entries; durable when this returns. After an error nothing is lost that was durable before: append all
    /// again that were not, and they go into another file.
    pub fn append(&mut self, entries: &[Entry]) -> io::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut out = String::new();
        let mut rows = Vec::with_capacity(entries.len());
        for entry in entries {
            let start = out.len();
            line::push(&mut out, entry.number, &entry.head, &entry.change);
            rows.push((entry.number, start, out.len() - start));
        }
        let first = entries.first().map_or(0, |entry| entry.number);
        let last = entries.last().map_or(0, |entry| entry.number);
        let (segment, start) = self.append_text(&out, first, last)?;
        for (number, at, len) in rows {
            self.places.insert(number, (segment, start + at as u64, len));
        }
        Ok(())
    }

    /// Says that all up to event `upto` is in the project's files; durable when this returns.
    pub fn mark_saved(&mut self, upto: u64) -> io::Result<()> {
        if upto <= self.saved {
            return Ok(());
        }
        let mut out = String::new();
        line::push(&mut out, upto, "Saved", "");
        self.append_text(&out, upto, upto)?;
        self.saved = upto;
        self.bring_home();
        self.compact()
    }

    /// Which segment the text went into, and where it begins in it.
    fn append_text(&mut self, text: &str, first: u64, last: u64) -> io::Result<(usize, u64)> {
        let gate = &mut self.disk.gate();
        if self.segments.last().is_some_and(|segment| segment.bytes > SEGMENT) {
            self.open = None;
        }
        let mut file = match self.open.take() {
            Some(file) => file,
            None => self.begin(first)?,
        };
        // From here on the file stays open only if all goes well: what failed once is not appended to again.
        let at = self.segments.len() - 1;
        let segment = &mut self.segments[at];
        let start = segment.bytes;
        write::append(&mut file, &segment.path, text.as_bytes(), gate)?;
        write::sync(&file, &segment.path, gate)?;
        segment.bytes += text.len() as u64;
        segment.last = segment.last.max(last);
        self.open = Some(file);
        Ok((at, start))
    }

    /// Makes a new file, at home or, where that fails, elsewhere.
    fn begin(&mut self, first: u64) -> io::Result<fs::File> {
        let mut begun = self.begin_in(&self.home.clone(), first);
        if let (Err(_), Some(rescue)) = (&begun, self.rescue.clone()) {
            begun = self.begin_in(&rescue, first);
        }
        let (path, file, bytes) = begun?;
        self.segments.push(Segment { path, bytes, last: 0 });
        Ok(file)
    }

    fn begin_in(&self, folder: &Path, first: u64) -> io::Result<(PathBuf, fs::File, u64)> {
        let gate = &mut self.disk.gate();
        if folder == self.home {
            if !self.disk.root.is_dir() {
                return Err(io::ErrorKind::NotFound.into());
            }
            inside::check(&self.disk.root, folder)?;
            save::private_folder(&self.disk.root, gate)?;
        }
        write::make_folder(folder, gate)?;
        let taken: BTreeSet<_> = segments_in(folder).into_iter().map(|(_, _, path)| path).collect();
        let names = (1..).map(|n| if n == 1 { format!("{first:010}.log") } else { format!("{first:010}-{n}.log") });
        let Some(path) = names.map(|name| folder.join(name)).find(|path| !taken.contains(path)) else {
            return Err(io::ErrorKind::AlreadyExists.into());
        };
        let mut file = write::create(&path, gate)?;
        let mut head = String::new();
        line::push(&mut head, first.saturating_sub(1), &line::opened(&self.annotator), "");
        write::append(&mut file, &path, head.as_bytes(), gate)?;
        write::sync_folder_of(&path, gate)?;
        Ok((path, file, head.len() as u64))
    }

    /// Moves files that lie elsewhere into the project; those that cannot be moved stay.
    fn bring_home(&mut self) {
        let Some(rescue) = self.rescue.clone() else { return };
        let gate = &mut self.disk.gate();
        for at in 0..self.segments.len() {
            let from = self.segments[at].path.clone();
            let Ok(name) = from.strip_prefix(&rescue) else { continue };
            let to = self.home.join(name);
            let copied = write::make_folder(&self.home, gate).and_then(|()| {
                if to.exists() {
                    return Err(io::ErrorKind::AlreadyExists.into());
                }
                write::replace(&to, &fs::read(&from)?, gate)?;
                write::sync_folder_of(&to, gate)
            });
            if copied.is_ok() {
                self.open = None;
                self.segments[at].path = to;
                // The copy is what counts; a second one does no harm, for a line that stands there twice counts once.
                let _ = write::remove(&from, gate);
            }
        }
        // Empty by now, or not: either is right.
        let _ = fs::remove_dir(&rescue);
    }

    /// Lets the oldest files go while all of them are too many, if all that they tell is saved.
    fn compact(&mut self) -> io::Result<()> {
        let gate = &mut self.disk.gate();
        let mut total = self.bytes();
        for at in 0..self.segments.len().saturating_sub(1) {
            let Segment { path, bytes, last } = &mut self.segments[at];
            if *bytes == 0 {
                continue;
            }
            if total <= self.cap || *last > self.saved {
                break;
            }
            write::remove(path, gate)?;
            write::sync_folder_of(path, gate)?;
            total -= std::mem::take(bytes);
            self.places.retain(|_, (segment, _, _)| *segment != at);
        }
        Ok(())
    }

    /// Keeps copies of files that are not what was written, in `.byline/damaged/`; returns where.
    pub(super) fn keep_damaged(&self, damage: &[Damage]) -> Kept {
        let paths = damage.iter().filter_map(|damage| match damage {
            Damage::Line { path, .. } => Some(path.as_path()),
            Damage::File(error) => Some(error.path.as_path()),
            Damage::Missing { .. } => None,
        });
        self.keep(paths.collect())
    }

    /// Keeps copies of the files that tell what is not saved, in `.byline/damaged/`; returns where.
    pub(super) fn keep_unsaved(&self) -> Kept {
        let unsaved = self.segments.iter().filter(|segment| segment.last > self.saved);
        self.keep(unsaved.map(|segment| segment.path.as_path()).collect())
    }

    fn keep(&self, paths: BTreeSet<&Path>) -> Kept {
        let there = paths.into_iter().filter(|path| path.is_file());
        let kept = |path| super::recover::set_aside(&self.disk, path);
        there.map(|path| kept(path).map_err(|error| (path.to_owned(), error))).collect()
    }
}

/// Whether the last whole line of a journal file tells of something that is not saved.
fn ends_unsaved(path: &Path) -> io::Result<bool> {
    /// A line that says “saved” is shorter than this, in bytes.
    const SHORT: u64 = 200;
    let mut file = fs::File::open(path)?;
    let len = file.metadata()?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(SHORT)))?;
    let mut end = Vec::new();
    file.take(SHORT).read_to_end(&mut end)?;
    let whole = memchr::memrchr(b'\n', &end).and_then(|at| end.get(..at)).unwrap_or_default();
    let last = whole.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(!matches!(line::read(last), Ok(line::Line { said: Said::Saved | Said::Opened, .. })))
}

/// The journal files of a folder, by what they begin with, and how often it was begun with.
fn segments_in(folder: &Path) -> Vec<(u64, u32, PathBuf)> {
    let names = names_in(folder).unwrap_or_default();
    let segment = |name: &String| {
        let stem = name.strip_suffix(".log")?;
        let (first, again) = stem.split_once('-').unwrap_or((stem, "1"));
        Some((first.parse().ok()?, again.parse().ok()?, folder.join(name)))
    };
    names.iter().filter_map(segment).collect()
}

#[cfg(test)]
mod tests;
