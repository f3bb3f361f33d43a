//! What the paths of an import lead to: articles, files of exchange formats, and what is neither. For the command line
//! and for the window alike.

use crate::formats::problem::{Cause, Place};
use crate::formats::{self, Format, InputFile, Problem, gather};
use crate::ingest::{self, Article, Encoding, Refusal};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Why paths lead to nothing that could be imported.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file or folder cannot be read.
    #[error("cannot read `{}`: {why}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why, in words.
        why: String,
        /// What to do.
        help: &'static str,
        /// Whether it is not there at all.
        is_missing: bool,
    },
    /// No format that Byline reads was recognised.
    #[error("cannot tell the format of `{}` by its content", .0.display())]
    Unrecognised(PathBuf),
    /// A file or an archive cannot be taken in.
    #[error("{0}")]
    Refused(Box<Problem>),
}

impl From<Problem> for SourceError {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}

/// What is to be imported.
#[derive(Default)]
pub struct Sources {
    /// Article files, in the order of the paths.
    pub articles: Vec<ArticleFile>,
    /// Files that belong together, each set with its format.
    pub annotated: Vec<Set>,
    /// Files in folders that are of no known kind.
    pub left_out: Vec<PathBuf>,
}

/// A file that may be an article.
pub struct ArticleFile {
    /// Where it lies; within an archive as in a folder of its name.
    pub path: PathBuf,
    /// Its content, where it lies in an archive.
    pub bytes: Option<Vec<u8>>,
}

impl ArticleFile {
    /// Reads it.
    pub fn read(&self, encoding: Option<Encoding>) -> Result<Article, Refusal> {
        match &self.bytes {
            Some(bytes) => Article::from_bytes(&self.path.display().to_string(), bytes, encoding),
            None => Article::from_path(&self.path, encoding),
        }
    }
}

/// Files of one format.
pub struct Set {
    /// The format.
    pub format: &'static dyn Format,
    /// The folder to which the names of the files belong.
    pub root: PathBuf,
    /// Their content.
    pub files: Vec<InputFile>,
}

/// Looks at `paths`; folders are walked. A `format` that was named is that of all files.
///
/// A text file is an article, unless a file of annotations with the same stem lies beside it, or names it.
pub fn find(paths: &[PathBuf], format: Option<&'static dyn Format>) -> Result<Sources, SourceError> {
    let mut sources = Sources::default();
    let mut named: Vec<(PathBuf, Vec<Found>)> = Vec::new();
    for path in paths {
        let meta = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if meta.is_dir() {
            let mut found = Vec::new();
            walk(path, "", 0, &mut found)?;
            let (archives, mut found): (Vec<_>, Vec<_>) = found.into_iter().partition(|f| f.has_extension("zip"));
            for archive in archives {
                found.extend(archive.unpacked()?);
            }
            found.sort_by(|a, b| a.name.cmp(&b.name));
            sort_into(&mut sources, path, found, format)?;
        } else {
            let root = path.parent().unwrap_or(Path::new("")).to_owned();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let found = Found { name, path: path.clone(), bytes: None, was_named: true };
            if found.has_extension("zip") {
                // What lies in an archive belongs together, and to nothing beside it.
                sort_into(&mut sources, &root, found.unpacked()?, format)?;
                continue;
            }
            // Files of one folder can belong together, as `spans.csv` and `links.csv` do.
            match named.iter_mut().find(|(folder, _)| *folder == root) {
                Some((_, files)) => files.push(found),
                None => named.push((root, vec![found])),
            }
        }
    }
    named.into_iter().try_for_each(|(root, found)| sort_into(&mut sources, &root, found, format))?;
    Ok(sources)
}

/// A file that was found.
struct Found {
    /// With `/` between folders, relative to what was named.
    name: String,
    path: PathBuf,
    /// For what lies in an archive.
    bytes: Option<Vec<u8>>,
    /// By the person; else it was found in a folder.
    was_named: bool,
}

impl Found {
    fn has_extension(&self, extension: &str) -> bool {
        self.path.extension().and_then(OsStr::to_str).is_some_and(|found| found.eq_ignore_ascii_case(extension))
    }

    fn is_of(&self, format: &dyn Format) -> bool {
        format.card().extensions.iter().any(|extension| self.has_extension(extension))
    }

    /// Whether its name is that of an article.
    fn is_article(&self) -> bool {
        ingest::EXTENSIONS.iter().any(|extension| self.has_extension(extension))
    }

    fn into_article(self) -> ArticleFile {
        ArticleFile { path: self.path, bytes: self.bytes }
    }

    /// The files of an archive, in a folder of its name.
    fn unpacked(&self) -> Result<Vec<Self>, SourceError> {
        let files = gather::unpacked_with(self.load()?, &ingest::EXTENSIONS)?;
        let inside = |file: InputFile| {
            let below = file.name.strip_prefix(&format!("{}/", self.name)).unwrap_or(&file.name);
            Self { path: self.path.join(below), name: file.name, bytes: Some(file.bytes), was_named: false }
        };
        Ok(files.into_iter().map(inside).collect())
    }

    fn load(&self) -> Result<InputFile, SourceError> {
        if let Some(bytes) = &self.bytes {
            return Ok(InputFile { name: self.name.clone(), bytes: bytes.clone() });
        }
        Ok(gather::load(&self.path, self.name.clone())?)
    }
}

/// Deeper folders are left alone.
const DEEPEST: usize = 32;

fn walk(folder: &Path, prefix: &str, depth: usize, found: &mut Vec<Found>) -> Result<(), SourceError> {
    for entry in folder.read_dir().map_err(|error| unreadable(folder, &error))? {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        let base = entry.file_name().to_string_lossy().into_owned();
        let (name, path) = (format!("{prefix}{base}"), entry.path());
        if base.starts_with('.') {
            continue;
        }
        // Symbolic links are not followed: they can lead anywhere, also in a circle.
        let kind = entry.file_type().map_err(|error| unreadable(&path, &error))?;
        if kind.is_dir() && depth < DEEPEST {
            walk(&path, &format!("{name}/"), depth + 1, found)?;
        } else if kind.is_file() {
            found.push(Found { name, path, bytes: None, was_named: false });
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &io::Error) -> SourceError {
    let (why, help) = match error.kind() {
        io::ErrorKind::NotFound => ("there is no such file or folder".to_owned(), "check the path"),
        io::ErrorKind::PermissionDenied => {
            ("permission is denied".to_owned(), "ask its owner for the right to read it")
        }
        kind => (kind.to_string(), "check the disk and try again"),
    };
    SourceError::Unreadable { path: path.to_owned(), why, help, is_missing: error.kind() == io::ErrorKind::NotFound }
}

/// Puts the files of one folder where they belong.
fn sort_into(
    sources: &mut Sources,
    root: &Path,
    found: Vec<Found>,
    format: Option<&'static dyn Format>,
) -> Result<(), SourceError> {
    let mut sets: Vec<Set> = Vec::new();
    let (texts, others): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|file| format.is_none() && file.has_extension("txt"));
    let mut undecided = Vec::new();
    for file in others {
        let known = formats::ALL.iter().any(|format| file.is_of(*format));
        match format {
            Some(format) if file.was_named || file.is_of(format) => put(&mut sets, format, root, file.load()?),
            // Other texts than plain ones belong to no annotations: those have the text that they are about.
            None if file.is_article() => sources.articles.push(file.into_article()),
            None if known => {
                let input = file.load()?;
                match formats::recognise(std::slice::from_ref(&input)).first() {
                    Some(format) => put(&mut sets, *format, root, input),
                    None => undecided.push((file, input)),
                }
            }
            None if file.was_named => sources.articles.push(file.into_article()),
            _ => sources.left_out.push(file.path),
        }
    }
    // What says nothing by itself, as a file of settings or one without annotations, belongs to what lies beside it.
    for (file, input) in undecided {
        let of_its_kind = sets.iter().map(|set| set.format).find(|format| file.is_of(*format));
        match of_its_kind.or_else(|| by_name(&file)) {
            // What is wrong with it, its reader knows, and says on which line.
            Some(format) => put(&mut sets, format, root, input),
            None => match by_keys(&file, &input)? {
                Some(format) => put(&mut sets, format, root, input),
                None if file.was_named => return Err(SourceError::Unrecognised(file.path)),
                None => sources.left_out.push(file.path),
            },
        }
    }
    let named: Vec<HashSet<String>> = sets.iter().map(texts_named).collect();
    for text in texts {
        let base = text.name.rsplit('/').next().unwrap_or(&text.name);
        let annotated = sets.iter().zip(&named).position(|(set, named)| {
            set.format.card().extensions.contains(&"txt") && (belongs(&text, set) || named.contains(base))
        });
        match annotated.and_then(|at| sets.get_mut(at)) {
            Some(set) => set.files.push(text.load()?),
            None => sources.articles.push(text.into_article()),
        }
    }
    for mut set in sets {
        set.files.sort_by(|a, b| a.name.cmp(&b.name));
        sources.annotated.push(set);
    }
    Ok(())
}

fn put(sets: &mut Vec<Set>, format: &'static dyn Format, root: &Path, file: InputFile) {
    let name = format.card().name;
    match sets.iter_mut().find(|set| set.format.card().name == name) {
        Some(set) => set.files.push(file),
        None => sets.push(Set { format, root: root.to_owned(), files: vec![file] }),
    }
}

/// The format whose files alone have such a name, whatever is in them.
fn by_name(file: &Found) -> Option<&'static dyn Format> {
    let name = ["ann", "conll", "conllu", "xmi"].into_iter().find(|extension| file.has_extension(extension))?;
    let mut of_its_kind = formats::ALL.iter().filter(|f| f.card().uses.reads() && f.card().extensions.contains(&name));
    of_its_kind.next().copied()
}

/// The format of a file of JSON by the names in its first object, where what stands behind them is not what it should
/// be.
///
/// # Errors
/// It is no JSON: that it is cut off, or in another encoding, is no reason to pass it over.
fn by_keys(file: &Found, input: &InputFile) -> Result<Option<&'static dyn Format>, SourceError> {
    if !["json", "jsonl", "jsonld"].iter().any(|extension| file.has_extension(extension)) {
        return Ok(None);
    }
    let shown = file.path.display().to_string();
    let text = gather::utf8(&shown, &input.bytes)?;
    let text = text.trim_start_matches('\u{FEFF}').trim_start();
    if let Some(error) = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>().find_map(Result::err) {
        let cause = Cause::Syntax { expected: "JSON".to_owned(), found: error.to_string() };
        let help = "correct it, or name the files that are to be imported one by one";
        return Err(Problem::error(Place::line(&shown, error.line()), cause, help).into());
    }
    // The first of a list, or of several lines.
    let first = text.strip_prefix('[').unwrap_or(text);
    let mut objects = serde_json::Deserializer::from_str(first).into_iter::<HashMap<String, &RawValue>>();
    let Some(Ok(first)) = objects.next() else { return Ok(None) };
    let has = |names: &[&str]| names.iter().any(|name| first.contains_key(*name));
    let name = if has(&["utf8_text_md5_checksum"]) {
        "labelbuddy"
    } else if has(&["data"]) && has(&["annotations", "predictions", "completions"]) {
        "label-studio"
    } else if has(&["text"]) && has(&["spans"]) {
        "prodigy"
    } else if has(&["text", "data"]) && has(&["label", "labels", "entities"]) {
        "doccano"
    } else {
        return Ok(None);
    };
    Ok(formats::by_name(name))
}

/// Names of text files, without their folders, that stand between quotation marks in the files of a set.
fn texts_named(set: &Set) -> HashSet<String> {
    let mut named = HashSet::new();
    if !set.format.card().extensions.contains(&"txt") {
        return named;
    }
    for file in set.files.iter().filter(|file| !file.has_extension("txt")) {
        for at in memchr::memmem::find_iter(&file.bytes, b".txt\"") {
            let before = &file.bytes[..at];
            let start = before.iter().rposition(|b| matches!(b, b'"' | b'/' | b'\\' | b'\n')).map_or(0, |at| at + 1);
            let name = percent_encoding::percent_decode(&before[start..]).decode_utf8_lossy();
            named.insert(format!("{name}.txt"));
        }
    }
    named
}

/// Whether the set has a file with the stem of `text` in the same folder.
fn belongs(text: &Found, set: &Set) -> bool {
    let stem = |name: &str| name.rsplit_once('.').map_or_else(|| name.to_owned(), |(stem, _)| stem.to_owned());
    let wanted = stem(&text.name);
    set.files.iter().any(|file| !file.has_extension("txt") && stem(&file.name) == wanted)
}
