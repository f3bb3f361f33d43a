//! Writing: what is exported, where the files go, and the check of every slice.
//!
//! Formats write into a [`Sink`]. A [`Folder`] stands in a temporary folder beside the target until everything is
//! written and verified; then it is moved: a target is whole or not there.

use super::cursor::{Cursor, byte_at};
use super::losses::{Loss, Policy};
use super::read::Cancelled;
use super::split::{Split, Undivided};
use super::tags::TagScheme;
use super::unit_trial::Unit;
use crate::model::boundaries::{grapheme_ceil, grapheme_floor};
use crate::model::{Document, Entity, EntityId, Fragment, Layer, OffsetError, Project, Text, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What is exported.
#[derive(Clone, Debug)]
pub struct ExportInput<'a> {
    /// Scheme and entities.
    pub project: &'a Project,
    /// In the order in which they are written.
    pub documents: Vec<ExportDocument<'a>>,
}

impl<'a> ExportInput<'a> {
    /// Whose layers are exported, by name.
    pub fn annotators(&self) -> BTreeSet<&'a str> {
        let layers = self.documents.iter().flat_map(|document| document.layers.iter().copied());
        layers.map(|layer| layer.key().annotator.as_str()).collect()
    }
}

/// A document with the layers that are exported.
#[derive(Clone, Debug)]
pub struct ExportDocument<'a> {
    /// What is known about it.
    pub document: &'a Document,
    /// Its text.
    pub text: &'a Text,
    /// By annotator.
    pub layers: Vec<&'a Layer>,
}

/// How to write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExportOptions {
    /// What becomes of overlapping and discontinuous spans where the format cannot hold them.
    pub policy: Policy,
    /// Whether the texts stay out (for texts that may not be passed on).
    pub without_text: bool,
    /// What of a text may stand in the files all the same, if it stays out.
    pub shown: Shown,
    /// Whether what only Byline reads stays out: then the files are as the format's own programs write them.
    pub plain: bool,
    /// Whether CSV files begin with a BOM. With it, Excel shows letters beyond ASCII rightly; pandas, R and LibreOffice
    /// skip it; Python's `csv` needs `encoding="utf-8-sig"`.
    pub bom: bool,
    /// How tags say where a span begins and ends, in formats of columns.
    pub tags: TagScheme,
    /// What only datasets have.
    pub dataset: DatasetOptions,
}

/// What a dataset has besides its documents.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DatasetOptions {
    /// Which documents are for training, which for validation and test.
    pub split: Split,
    /// Under which licence it may be used: the Hub's name of it (`cc-by-4.0`), or in words; `None` if nobody said.
    pub license: Option<String>,
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            without_text: false,
            shown: Shown::default(),
            plain: false,
            bom: true,
            tags: TagScheme::default(),
            dataset: DatasetOptions::default(),
        }
    }
}

impl ExportOptions {
    /// Whether the marked words may stand in the files.
    pub fn shows_quotes(&self) -> bool {
        !self.without_text || self.shown != Shown::Offsets
    }

    /// Whether what stands before and after the marked words may stand in the files.
    pub fn shows_context(&self) -> bool {
        !self.without_text || self.shown == Shown::Context
    }
}

/// What of a text stands in files without it. All hold its hash, by which it is found again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Shown {
    /// Nothing: offsets alone.
    #[default]
    Offsets,
    /// The marked words, which are compared with the text to which the annotations are joined again.
    Quotes,
    /// The marked words and [`AROUND`] code points on both sides, so that people see what is meant.
    Context,
}

impl Shown {
    /// All, the least first.
    pub const ALL: [Self; 3] = [Self::Offsets, Self::Quotes, Self::Context];

    /// As the command line writes it.
    pub fn option(self) -> &'static str {
        match self {
            Self::Offsets => "offsets",
            Self::Quotes => "quotes",
            Self::Context => "context",
        }
    }
}

/// So much of the text before and after a span is written, in code points.
pub const AROUND: usize = 32;

/// What stands before and after a range of a text, in whole graphemes of at most [`AROUND`] code points.
pub fn around(text: &str, range: Range<usize>) -> (&str, &str) {
    let Range { start, end } = range;
    let before = text.get(..start).unwrap_or_default();
    let from = before.char_indices().rev().take(AROUND).last().map_or(start, |(at, _)| at);
    let after = text.get(end..).unwrap_or_default();
    let to = end + after.char_indices().nth(AROUND).map_or(after.len(), |(at, _)| at);
    let (from, to) = (grapheme_ceil(text, from).min(start), grapheme_floor(text, to).max(end));
    (text.get(from..start).unwrap_or_default(), text.get(end..to).unwrap_or_default())
}

/// What was written.
#[derive(Clone, PartialEq, Debug)]
pub struct Written {
    /// Slices that were compared with the text.
    pub verified: Verified,
    /// What the files do not hold.
    pub losses: Vec<Loss>,
}

/// Slices compared with the text. Every one agreed: else there is an error instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Verified {
    /// How many.
    pub slices: usize,
}

impl std::fmt::Display for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{0} of {0} slices verified", self.slices)
    }
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The person must choose first.
    #[error(
        "the format cannot hold all spans; choose what is written with `--flatten`:\n{}",
        .0.iter().filter(|l| l.needs_policy()).map(ToString::to_string).collect::<Vec<_>>().join("\n")
    )]
    NeedsPolicy(Vec<Loss>),
    /// The texts are to stay out, and the format, named as people name it, is nothing without them.
    #[error("{0} cannot be written without the texts")]
    NeedsText(&'static str),
    /// The documents cannot be divided as they should.
    #[error(transparent)]
    Undivided(#[from] Undivided),
    /// The target is there already.
    #[error("`{}` exists already; choose another name, or say that it may be replaced", .0.display())]
    Exists(PathBuf),
    /// The system refuses.
    #[error("`{}` cannot be written: {error}", path.display())]
    Io {
        /// What was to be written.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// A slice that was to be written is not what the text says: nothing was written.
    #[error("annotation {id} of “{document}” does not fit its text, so nothing was written: {error}")]
    Differs {
        /// The annotation.
        id: String,
        /// The document.
        document: String,
        /// What does not fit.
        error: Box<OffsetError>,
    },
    /// The person gave up.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Where files go.
pub trait Sink {
    /// Begins the file with this name (`/` between folders); writing to the one before is over.
    fn file(&mut self, name: &str) -> Result<Box<dyn Write + '_>, WriteError>;

    /// The same for a file that only describes the one before: where the target is one file, it goes beside it.
    fn beside(&mut self, name: &str) -> Result<Box<dyn Write + '_>, WriteError> {
        self.file(name)
    }
}

/// Files in memory, by name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Memory(pub BTreeMap<String, Vec<u8>>);

impl Sink for Memory {
    fn file(&mut self, name: &str) -> Result<Box<dyn Write + '_>, WriteError> {
        Ok(Box::new(self.0.entry(name.to_owned()).or_default()))
    }
}

/// Files in a temporary folder beside their target.
#[derive(Debug)]
pub struct Folder {
    target: PathBuf,
    replace: bool,
    temporary: tempfile::TempDir,
    names: BTreeSet<String>,
    /// Those that go beside a target that is one file.
    beside: BTreeSet<String>,
}

impl Folder {
    /// Prepares to write to `target`, a folder, or a file if only one comes and the name has an extension.
    ///
    /// # Errors
    /// Where the target is there already (an empty folder aside) and may not be replaced.
    pub fn new(target: &Path, replace: bool) -> Result<Self, WriteError> {
        let io_error = |path: &Path| {
            let path = path.to_owned();
            |error| WriteError::Io { path, error }
        };
        let is_empty_folder = target.read_dir().is_ok_and(|mut entries| entries.next().is_none());
        if target.symlink_metadata().is_ok() && !is_empty_folder && !replace {
            return Err(WriteError::Exists(target.to_owned()));
        }
        let parent = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if parent.symlink_metadata().is_err() {
            std::fs::create_dir_all(parent).map_err(io_error(parent))?;
        }
        let temporary = tempfile::Builder::new().prefix(".byline-").tempdir_in(parent).map_err(io_error(parent))?;
        let staged = temporary.path().join("out");
        std::fs::create_dir(&staged).map_err(io_error(&staged))?;
        let (names, beside) = (BTreeSet::new(), BTreeSet::new());
        Ok(Self { target: target.to_owned(), replace, temporary, names, beside })
    }

    fn staged(&self) -> PathBuf {
        self.temporary.path().join("out")
    }

    /// Moves everything to the target; returns the files as they are called now.
    pub fn finish(self) -> Result<Vec<PathBuf>, WriteError> {
        let staged = self.staged();
        let moved = |from: &Path, to: &Path| {
            std::fs::rename(from, to).map_err(|error| WriteError::Io { path: to.to_owned(), error })
        };
        for name in &self.names {
            let path = staged.join(name);
            let synced = std::fs::File::open(&path).and_then(|file| file.sync_all());
            synced.map_err(|error| WriteError::Io { path: self.target.join(name), error })?;
        }
        let mut main = self.names.difference(&self.beside);
        let one_file =
            main.next().filter(|_| main.next().is_none() && self.target.extension().is_some() && !self.target.is_dir());
        let files = if let Some(name) = one_file {
            let others: Vec<_> = self.beside.iter().map(|other| (other, beside(&self.target, other))).collect();
            if let Some((_, taken)) = others.iter().find(|(_, to)| !self.replace && to.symlink_metadata().is_ok()) {
                return Err(WriteError::Exists(taken.clone()));
            }
            moved(&staged.join(name), &self.target)?;
            others.iter().try_for_each(|(other, to)| moved(&staged.join(other), to))?;
            std::iter::once(self.target.clone()).chain(others.into_iter().map(|(_, to)| to)).collect()
        } else {
            if self.target.is_dir() {
                // The folder keeps what else is in it.
                for name in &self.names {
                    let to = self.target.join(name);
                    if let Some(folder) = to.parent() {
                        let made = std::fs::create_dir_all(folder);
                        made.map_err(|error| WriteError::Io { path: folder.to_owned(), error })?;
                    }
                    moved(&staged.join(name), &to)?;
                }
            } else {
                moved(&staged, &self.target)?;
            }
            self.names.iter().map(|name| self.target.join(name)).collect()
        };
        sync_folder(self.target.parent());
        Ok(files)
    }
}

/// Where a file goes that describes the file `target`: `news.json` and `labels.xml` make `news-labels.xml`.
fn beside(target: &Path, name: &str) -> PathBuf {
    let stem = target.file_stem().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!("{stem}-{name}"))
}

/// Makes a rename last; where the system has no such thing, the files themselves are synchronised already.
fn sync_folder(folder: Option<&Path>) {
    if let Some(folder) = folder.and_then(|f| std::fs::File::open(f).ok()) {
        let _ = folder.sync_all();
    }
}

impl Sink for Folder {
    fn file(&mut self, name: &str) -> Result<Box<dyn Write + '_>, WriteError> {
        let path = self.staged().join(name);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let file = made.and_then(|()| std::fs::File::create(&path));
        let shown = self.target.join(name);
        self.names.insert(name.to_owned());
        let file = file.map_err(|error| WriteError::Io { path: shown, error })?;
        Ok(Box::new(BufWriter::with_capacity(1 << 16, file)))
    }

    fn beside(&mut self, name: &str) -> Result<Box<dyn Write + '_>, WriteError> {
        self.beside.insert(name.to_owned());
        self.file(name)
    }
}

/// Writes a whole file.
pub fn put(sink: &mut dyn Sink, name: &str, content: &[u8]) -> Result<(), WriteError> {
    let mut file = sink.file(name)?;
    file.write_all(content).and_then(|()| file.flush()).map_err(io_at(name))
}

/// Says which file could not be written.
pub fn io_at(name: &str) -> impl Fn(io::Error) -> WriteError + '_ {
    move |error| WriteError::Io { path: PathBuf::from(name), error }
}

/// Converts the offsets of one document and checks each slice on the way.
pub struct Verifier<'a> {
    document: &'a Document,
    text: &'a Text,
    verified: Verified,
    cursors: [Cursor; 3],
}

impl<'a> Verifier<'a> {
    /// For the slices of `document`.
    pub fn new(document: &ExportDocument<'a>) -> Self {
        let cursors = Unit::ALL.map(Cursor::new);
        Self { document: document.document, text: document.text, verified: Verified::default(), cursors }
    }

    /// How many were checked.
    pub fn verified(&self) -> Verified {
        self.verified
    }

    /// Where a fragment lies, counted in `unit`, and what it says. Converted back, the offsets give the same slice.
    pub fn slice(&mut self, id: &str, fragment: Fragment, unit: Unit) -> Result<(Range<usize>, &'a str), WriteError> {
        let (text, range) = (self.text, fragment.range());
        let cursor = &self.cursors[unit as usize];
        let checked = || {
            let offsets = cursor.offset(text, range.start)?..cursor.offset(text, range.end)?;
            // The way back is another one: from the tables of the text, not from the place before.
            let back = byte_at(text, offsets.start, unit)?..byte_at(text, offsets.end, unit)?;
            match (text.as_str().get(range.clone()), text.as_str().get(back)) {
                (Some(slice), Some(again)) if std::ptr::eq(slice, again) => Ok((offsets, slice)),
                _ => Err(OffsetError::Outside { offset: range.end, len: text.len(), unit: Unit::Bytes.name() }),
            }
        };
        let result = checked().map_err(|error| WriteError::Differs {
            id: id.to_owned(),
            document: self.document.id.to_string(),
            error: Box::new(error),
        })?;
        self.verified.slices += 1;
        Ok(result)
    }
}

/// Names of devices on Windows, which are no file names there; also `com1` to `lpt9`.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// A name that can be part of a file name on every system: letters and digits of any script, `-` and `_`.
/// Different texts may get the same name: see [`unique_stems`].
pub fn safe_stem(text: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
    let stem: String = text.chars().take(60).map(safe).collect();
    let lower = stem.to_ascii_lowercase();
    let numbered = lower.len() == 4 && (lower.starts_with("com") || lower.starts_with("lpt"));
    if stem.is_empty() || DEVICES.contains(&lower.as_str()) || numbered { format!("{stem}_") } else { stem }
}

/// A file stem for each text, different ones for different texts, also where case does not count.
pub fn unique_stems<'a>(texts: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, String> {
    let mut taken = BTreeSet::new();
    let mut stems = BTreeMap::new();
    for text in texts.collect::<BTreeSet<_>>() {
        let wish = safe_stem(text);
        let numbered = std::iter::once(wish.clone()).chain((2..).map(|n| format!("{wish}-{n}")));
        let stem = numbered.into_iter().find(|stem| taken.insert(stem.to_lowercase())).unwrap_or(wish);
        stems.insert(text, stem);
    }
    stems
}

/// The entities to which annotations of `layers` refer, by id.
pub fn referred_entities<'a, 'b>(
    project: &'a Project,
    layers: impl IntoIterator<Item = &'b Layer>,
) -> impl Iterator<Item = &'a Entity> {
    let annotations = layers.into_iter().flat_map(Layer::annotations);
    let values = annotations.flat_map(|a| a.attributes.values()).filter_map(Value::as_text);
    let ids: BTreeSet<EntityId> = values.filter_map(|text| text.parse().ok()).collect();
    ids.into_iter().filter_map(|id| project.entities.get(&id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(target: &Path, replace: bool, names: &[&str]) -> Result<Vec<PathBuf>, WriteError> {
        let mut folder = Folder::new(target, replace)?;
        for name in names {
            let mut file = folder.file(name)?;
            file.write_all("é".as_bytes()).map_err(io_at(name))?;
            file.flush().map_err(io_at(name))?;
        }
        folder.finish()
    }

    fn names_in(folder: &Path) -> Vec<String> {
        let entries = folder.read_dir().unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn a_target_is_whole_or_not_there_and_nothing_is_left_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("экспорт");
        assert_eq!(written(&target, false, &["a.csv", "ana/b.csv"]).unwrap().len(), 2);
        assert_eq!(
            (names_in(root.path()), names_in(&target)),
            (vec!["экспорт".to_owned()], vec!["a.csv".into(), "ana".into()])
        );
        // Given up half-way: no file of it appears.
        let mut folder = Folder::new(&root.path().join("second"), false).unwrap();
        folder.file("a.csv").unwrap().write_all(b"a").unwrap();
        drop(folder);
        assert_eq!(names_in(root.path()), ["экспорт"]);
    }

    #[test]
    fn what_is_there_is_replaced_only_when_asked_and_other_files_stay() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("out");
        std::fs::create_dir(&target).unwrap();
        std::fs::write(target.join("mine.txt"), "é").unwrap();
        let refused = written(&target, false, &["a.csv"]).unwrap_err().to_string();
        assert!(refused.contains("exists already"), "{refused}");
        written(&target, true, &["a.csv"]).unwrap();
        assert_eq!(names_in(&target), ["a.csv", "mine.txt"]);
        let file = root.path().join("all.jsonl");
        assert_eq!(written(&file, false, &["all.jsonl"]).unwrap(), std::slice::from_ref(&file));
        assert!(file.is_file());
        assert!(written(&file, false, &["all.jsonl"]).is_err());
    }

    #[test]
    fn a_file_that_describes_another_goes_beside_it_and_replaces_nothing_unasked() {
        let root = tempfile::tempdir().unwrap();
        let written = |target: &str, replace| {
            let mut folder = Folder::new(&root.path().join(target), replace).unwrap();
            folder.file("all.json").unwrap().write_all("é".as_bytes()).unwrap();
            folder.beside("labels.xml").unwrap().write_all("é".as_bytes()).unwrap();
            folder.finish()
        };
        assert_eq!(written("news.json", false).unwrap().len(), 2);
        assert_eq!(names_in(root.path()), ["news-labels.xml", "news.json"]);
        std::fs::remove_file(root.path().join("news.json")).unwrap();
        let refused = written("news.json", false).unwrap_err().to_string();
        assert!(refused.contains("news-labels.xml") && refused.contains("exists already"), "{refused}");
        assert_eq!(names_in(root.path()), ["news-labels.xml"], "nothing was written");
        written("news.json", true).unwrap();
        written("folder", false).unwrap();
        assert_eq!(names_in(&root.path().join("folder")), ["all.json", "labels.xml"]);
    }

    #[test]
    fn stems_are_safe_and_different_for_different_names() {
        let stems = unique_stems(["Ana", "ana", "../a", "con", "Анна Б.", "a b", "a_b"].into_iter());
        let distinct: BTreeSet<String> = stems.values().map(|s| s.to_lowercase()).collect();
        assert_eq!(distinct.len(), stems.len(), "{stems:?}");
        assert!(stems.values().all(|s| !s.contains(['/', '.', ' ', '\\']) && s != "con"));
    }
}
