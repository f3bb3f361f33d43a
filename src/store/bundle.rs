//! A project in one file: what is packed, and how it becomes a folder again.
//!
//! ```text
//! (
//!   format: "byline-bundle",
//!   version: 1,
//!   project: (…),                                  project.ron as it stands
//!   guidelines: ["…\n", …],                        if there are any
//!   texts: {"0001-conference-opens": ["…\n", …]},  by document, line by line
//!   layers: [(…), …],                              the files of the annotators as they stand
//! )
//! ```
//!
//! Files are held byte by byte. One whose outermost brackets are not all of it (a comment behind them, a byte order
//! mark) is a list of its lines instead. No path stands in a bundle: where files go follows from what they say.

use super::annotator_folder::folder_of;
use super::fault::{Fault, FileError, Located, in_words};
use super::layer_file::{self, NotFinite, Reading};
use super::outline::{self, Step};
use super::project_folder::{CreateError, LARGEST, ProjectFolder, read_exactly};
use super::ron_text::{self, UniqueMap, VERSION, push_display, push_string};
use super::write;
use super::{project_file, save};
use crate::model::{DocumentId, Layer, LayerKey, Project, Text};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

mod copy;
mod pack;

pub use copy::{Copied, pack_in_memory};
pub use pack::{Packed, pack, write_packed};

/// What a bundle says that it is.
const FORMAT: &str = "byline-bundle";

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "bundle")]
struct BundleV1 {
    #[allow(dead_code, reason = "looked at before anything else is read")]
    format: IgnoredAny,
    #[allow(dead_code, reason = "likewise")]
    version: IgnoredAny,
    #[allow(dead_code, reason = "read where it stands, as the file that it is")]
    project: IgnoredAny,
    #[serde(default, deserialize_with = "ron_text::present")]
    guidelines: Option<Vec<String>>,
    texts: UniqueMap<Vec<String>>,
    #[allow(dead_code, reason = "read where they stand, as the files that they are")]
    layers: Vec<IgnoredAny>,
}

/// Whether a file says that it is a bundle, of whatever version; only its beginning is looked at.
pub fn is_bundle(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let first = outline::children(&head, outline::root(&head)).next();
    let value = first.filter(|c| c.key == "format").and_then(|c| head.get(c.value));
    value.is_some_and(|value| ron::from_str(value).is_ok_and(|format: String| format == FORMAT))
}

/// The content of a file that can be a bundle, at most as long as any file of Byline.
pub fn read_bundle(path: &Path) -> Result<String, FileError> {
    read_exactly(path)
}

/// A file inside a bundle.
struct Part<'a> {
    /// Where it stands, in bytes of the bundle.
    range: Range<usize>,
    /// Its bytes; borrowed where they stand there as they are, so that places in it are places in the bundle.
    value: Cow<'a, str>,
}

impl<'a> Part<'a> {
    fn at(bundle: &'a str, range: Range<usize>) -> Result<Self, Located> {
        let value = bundle.get(range.clone()).unwrap_or_default();
        if !value.starts_with('[') {
            return Ok(Self { range, value: Cow::Borrowed(value) });
        }
        match ron::from_str::<Vec<String>>(value) {
            Ok(lines) => Ok(Self { range, value: Cow::Owned(lines.concat()) }),
            Err(error) => Err(Fault::Syntax(error.code.to_string()).at(Some(range))),
        }
    }

    /// The bytes of the file, made when they are needed: all files of a bundle at once would be the bundle once more.
    fn source(&self) -> Cow<'_, str> {
        match &self.value {
            // The line end behind the last bracket is not part of the value.
            Cow::Borrowed(value) => Cow::Owned(format!("{value}\n")),
            Cow::Owned(source) => Cow::Borrowed(source),
        }
    }

    /// The file as it is read: without a byte order mark.
    fn readable(&self) -> Cow<'_, str> {
        match self.source() {
            Cow::Borrowed(source) => Cow::Borrowed(without_mark(source)),
            Cow::Owned(source) => Cow::Owned(source),
        }
    }

    /// A fault of this file as one of the bundle.
    fn located(&self, fault: Located) -> Located {
        let inner = fault.range.filter(|_| matches!(self.value, Cow::Borrowed(_)));
        let range = inner.map_or(self.range.clone(), |r| self.range.start + r.start..self.range.start + r.end);
        Located { range: Some(range), ..fault }
    }
}

fn without_mark(source: &str) -> &str {
    source.strip_prefix('\u{feff}').unwrap_or(source)
}

/// An opened bundle: everything but the layers is read.
pub struct Bundle<'a> {
    path: &'a Path,
    source: &'a str,
    project_part: Part<'a>,
    layers: Vec<(LayerKey, Part<'a>)>,
    texts: BTreeMap<DocumentId, Text>,
    /// Everything of the project but texts and layers.
    pub project: Project,
    /// The guidelines, if there are any.
    pub guidelines: Option<String>,
    /// What is wrong with texts, and with layers that belong nowhere; both are left out.
    pub faults: Vec<FileError>,
}

/// What was understood of one layer.
pub struct PackedLayer {
    /// What is in order.
    pub layer: Layer,
    /// What is not, and was left out; at most a hundred.
    pub faults: Vec<FileError>,
    /// How many there are beyond those.
    pub faults_not_kept: usize,
    /// Annotations in the file.
    pub annotations: usize,
    /// Annotations whose quote stands in the text where the file says.
    pub quotes_verified: usize,
}

impl<'a> Bundle<'a> {
    /// Opens `source`, the content of `path`.
    ///
    /// # Errors
    /// Where it is no bundle, of a newer version, has an unknown field, or holds no project that can be read.
    pub fn open(path: &'a Path, source: &'a str) -> Result<Self, FileError> {
        let (source, whole) = (without_mark(source), |fault: Located, source| fault.in_file(path, source));
        let file: BundleV1 = ron_text::read(source, FORMAT).map_err(|fault| whole(fault, source))?;
        let at = outline::locate(source, &[Step::Field("project")]).unwrap_or_default();
        let project_part = Part::at(source, at).map_err(|fault| whole(fault, source))?;
        let project = project_file::read(&project_part.readable());
        let project = project.map_err(|fault| whole(project_part.located(fault), source))?;
        let guidelines = file.guidelines.map(|lines| lines.concat());
        let (texts, layers, faults) = (BTreeMap::new(), Vec::new(), Vec::new());
        let mut bundle = Self { path, source, project_part, layers, texts, project, guidelines, faults };
        bundle.take_texts(file.texts.0);
        bundle.find_layers();
        Ok(bundle)
    }

    fn fault(&mut self, fault: Located) {
        self.faults.push(fault.in_file(self.path, self.source));
    }

    fn take_texts(&mut self, texts: BTreeMap<String, Vec<String>>) {
        for (id, lines) in texts {
            let known = DocumentId::new(&id).ok().and_then(|id| self.project.document(&id));
            let Some(document) = known else {
                let place = self.place_of_text(&id);
                self.fault(Fault::NoSuchDocument(id.clone()).at(place).about(&id));
                continue;
            };
            let (text, expected) = (Text::new(lines.concat()), document.sha256.clone());
            if text.sha256() == expected {
                self.texts.insert(document.id.clone(), text);
            } else {
                let (found, place) = (text.sha256().to_owned(), self.place_of_text(&id));
                self.fault(Fault::TextChanged { expected, found }.at(place).about(&id));
            }
        }
    }

    fn place_of_text(&self, id: &str) -> Option<Range<usize>> {
        let texts = outline::locate(self.source, &[Step::Field("texts")])?;
        let mut written = String::new();
        push_string(&mut written, id);
        let found = outline::children(self.source, texts.clone()).find(|c| c.key == written);
        Some(found.map_or(texts.start..texts.start + 1, |c| c.value.start..c.value.start + 1))
    }

    fn find_layers(&mut self) {
        let source = self.source;
        let Some(list) = outline::locate(source, &[Step::Field("layers")]) else { return };
        let mut taken = BTreeSet::new();
        for child in outline::children(source, list) {
            let found = Part::at(source, child.value).and_then(|part| {
                let key = self.key_of(&part).map_err(|fault| part.located(fault))?;
                if taken.insert(key.clone()) {
                    return Ok((key, part));
                }
                let what = format!("{}, {}", key.document, key.annotator);
                Err(Fault::Twice(what).at(Some(part.range.start..part.range.start + 1)))
            });
            match found {
                Ok(found) => self.layers.push(found),
                Err(fault) => self.fault(fault),
            }
        }
    }

    /// Whose layer of which document it is: what the file says, because no path says it.
    fn key_of(&self, part: &Part) -> Result<LayerKey, Located> {
        let source = &*part.readable();
        ron_text::check_head(source, layer_file::FORMAT)?;
        let root = outline::root(source);
        let field = |name: &'static str| {
            let found = outline::children(source, root.clone()).find(|c| c.key == name).map(|c| c.value);
            let missing = || Fault::MissingField(name.to_owned()).at(Some(root.start..root.start + 1));
            let range = found.ok_or_else(missing)?;
            let text = ron::from_str::<String>(source.get(range.clone()).unwrap_or_default());
            text.map(|text| (text, range.clone())).map_err(|e| Fault::Syntax(e.code.to_string()).at(Some(range)))
        };
        let ((document, place), (annotator, name_place)) = (field("document")?, field("annotator")?);
        let id = DocumentId::new(&document).ok().filter(|id| self.project.document(id).is_some());
        let id = id.ok_or_else(|| Fault::NoSuchDocument(document).at(Some(place)))?;
        folder_of(&annotator).map_err(|e| Fault::BadAnnotator(e).at(Some(name_place)))?;
        Ok(LayerKey { document: id, annotator: annotator.into() })
    }

    /// The text of a document; none where it was left out, or is not the one that the project names.
    pub fn text(&self, document: &DocumentId) -> Option<&Text> {
        self.texts.get(document)
    }

    /// Whose layers there are, in the order of the file.
    pub fn layers(&self) -> impl ExactSizeIterator<Item = &LayerKey> {
        self.layers.iter().map(|(key, _)| key)
    }

    /// Reads layer number `n` of [`Self::layers`] over its text.
    ///
    /// # Errors
    /// Where nothing of it can be read.
    pub fn layer(&self, n: usize, text: &Text) -> Result<Option<PackedLayer>, FileError> {
        let Some((key, part)) = self.layers.get(n) else { return Ok(None) };
        let in_bundle = |fault| part.located(fault).in_file(self.path, self.source);
        let reading = layer_file::survey(&part.readable(), key, text).map_err(in_bundle)?;
        let Reading { layer, faults, fault_count, annotations, quotes_verified } = reading;
        let (faults_not_kept, faults) = (fault_count - faults.len(), faults.into_iter().map(in_bundle).collect());
        Ok(Some(PackedLayer { layer, faults, faults_not_kept, annotations, quotes_verified }))
    }

    /// The first thing that is wrong with anything.
    fn check(&self) -> Result<(), FileError> {
        if let Some(fault) = self.faults.first() {
            return Err(fault.clone());
        }
        if let Some(document) = self.project.documents.iter().find(|d| self.text(&d.id).is_none()) {
            return Err(self.missing(&document.id));
        }
        for (n, key) in self.layers().enumerate() {
            let Some(text) = self.text(&key.document) else { continue };
            let fault = self.layer(n, text)?.and_then(|layer| layer.faults.into_iter().next());
            fault.map_or(Ok(()), Err)?;
        }
        Ok(())
    }

    /// That the text of a document is not there.
    pub fn missing(&self, document: &DocumentId) -> FileError {
        let fault = Fault::TextMissing(document.clone()).at(self.place_of_text(document.as_str()));
        fault.about(document).in_file(self.path, self.source)
    }
}

/// Why a bundle does not become a folder. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// Something in it is wrong.
    #[error(transparent)]
    File(#[from] FileError),
    /// It cannot go there.
    #[error(transparent)]
    Folder(#[from] CreateError),
}

/// Makes the folder `into`, which must be new or empty, of a bundle in which nothing is wrong. It is written beside,
/// and gets its name when it is whole.
pub fn unpack(bundle: &Bundle, into: &Path) -> Result<ProjectFolder, UnpackError> {
    bundle.check()?;
    if into.join("project.ron").exists() {
        return Err(CreateError::AlreadyProject(into.to_owned()).into());
    }
    let refused = |error: io::Error| CreateError::Folder { folder: into.to_owned(), message: in_words(&error) };
    match fs::read_dir(into) {
        Ok(mut entries) => {
            if let Some(entry) = entries.next() {
                let found = entry.map_err(refused)?.file_name().to_string_lossy().into_owned();
                return Err(CreateError::NotEmpty { folder: into.to_owned(), found }.into());
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(refused(error).into()),
    }
    write_folder(bundle, into).map_err(refused)?;
    let (folder, _) = ProjectFolder::open(into)?;
    Ok(folder)
}

fn write_folder(bundle: &Bundle, into: &Path) -> io::Result<()> {
    // The whole path, because `news` alone has no parent.
    let into = std::path::absolute(into)?;
    let parent = into.parent().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut gate = write::open_gate;
    write::make_folder(parent, &mut gate)?;
    let temporary = tempfile::Builder::new().prefix(".byline-").tempdir_in(parent)?;
    let staged = temporary.path().join("project");
    write::make_folder(&staged, &mut gate)?;
    save::private_folder(&staged, &mut gate)?;
    let mut folders = BTreeSet::new();
    let mut put = |path: PathBuf, source: &str| -> io::Result<()> {
        if let Some(folder) = path.parent().filter(|folder| !folders.contains(*folder)) {
            write::make_folder(folder, &mut write::open_gate)?;
            folders.insert(folder.to_owned());
        }
        write::replace(&path, source.as_bytes(), &mut write::open_gate)
    };
    let disk = ProjectFolder::at(&staged).disk;
    if !bundle.texts.is_empty() {
        put(staged.join("documents/.gitattributes"), save::TEXT_ATTRIBUTES)?;
    }
    for (document, text) in &bundle.texts {
        put(disk.text_path(document), text.as_str())?;
    }
    for (key, part) in &bundle.layers {
        put(disk.layer_path(key).map_err(io::Error::other)?, &part.source())?;
    }
    if let Some(guidelines) = &bundle.guidelines {
        put(disk.guidelines_path(), guidelines)?;
    }
    put(disk.project_path(), &bundle.project_part.source())?;
    for folder in &folders {
        write::sync_folder_of(&folder.join("file"), &mut gate)?;
    }
    if into.is_dir() {
        // Only an empty one goes away.
        fs::remove_dir(&into)?;
    }
    write::move_file(&staged, &into, &mut gate)?;
    write::sync_folder_of(&into, &mut gate)
}

/// Writes a bundle of what is in memory; layers that nobody has worked on are left out, documents whose text is not
/// given have none in it.
pub fn write_bundle<'a>(
    project: &Project,
    texts: impl IntoIterator<Item = (&'a DocumentId, &'a Text)>,
    layers: impl IntoIterator<Item = &'a Layer>,
    guidelines: Option<&str>,
) -> Result<String, NotFinite> {
    let mut writer = Writer::new(&project_file::write(project), guidelines);
    for (document, text) in texts {
        writer.text(document, text);
    }
    for layer in layers.into_iter().filter(|layer| !layer.is_untouched()) {
        writer.layer(&layer_file::write(layer)?);
    }
    Ok(writer.finish())
}

/// Puts a bundle together: the texts first, then the layers.
struct Writer {
    out: String,
    is_in_layers: bool,
}

impl Writer {
    fn new(project: &str, guidelines: Option<&str>) -> Self {
        let mut out = format!("(\n  format: \"{FORMAT}\",\n  version: {VERSION},\n  project: ");
        push_file(&mut out, project);
        if let Some(guidelines) = guidelines {
            out.push_str(",\n  guidelines: ");
            push_lines(&mut out, 2, guidelines);
        }
        out.push_str(",\n  texts: {\n");
        Self { out, is_in_layers: false }
    }

    fn text(&mut self, document: &DocumentId, text: &Text) {
        push_display(&mut self.out, format_args!("    \"{document}\": "));
        push_lines(&mut self.out, 4, text.as_str());
        self.out.push_str(",\n");
    }

    fn layer(&mut self, source: &str) {
        self.begin_layers();
        push_file(&mut self.out, source);
        self.out.push_str(",\n");
    }

    fn begin_layers(&mut self) {
        if !self.is_in_layers {
            self.out.push_str("  },\n  layers: [\n");
            self.is_in_layers = true;
        }
    }

    fn finish(mut self) -> String {
        self.begin_layers();
        self.out.push_str("  ],\n)\n");
        self.out
    }
}

/// A file of the project as it stands, so that its lines are those of the folder; else its lines as texts.
fn push_file(out: &mut String, source: &str) {
    match source.strip_suffix('\n').filter(|value| is_one_value(value)) {
        Some(value) => out.push_str(value),
        None => push_lines(out, 2, source),
    }
}

/// Whether there is nothing beside one value in brackets.
fn is_one_value(source: &str) -> bool {
    source.starts_with('(') && outline::value_end(source.as_bytes(), 0) == source.len()
}

/// A text as a list of its lines, each with its end: what no editor and no version control rewrites.
fn push_lines(out: &mut String, indent: usize, text: &str) {
    out.push_str(if text.is_empty() { "[" } else { "[\n" });
    for line in text.split_inclusive('\n') {
        push_display(out, format_args!("{:indent$}  ", ""));
        push_string(out, line);
        out.push_str(",\n");
    }
    if !text.is_empty() {
        push_display(out, format_args!("{:indent$}", ""));
    }
    out.push(']');
}

#[cfg(test)]
mod tests;
