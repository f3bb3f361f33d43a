//! A project's folder: making, opening and loading. Saving: [`super::SaveJob`].

use super::annotator_folder::{BadAnnotator, annotator_of, folder_of};
use super::copies::Kept;
use super::fault::{Fault, FileError, in_words};
use super::lock::Watched;
use super::save::{Dirty, SaveError};
use super::write::{Op, Stop, open_gate};
use super::{inside, layer_file, patience, project_file};
use crate::edit::State;
use crate::model::{Document, DocumentId, Layer, LayerKey, Name, Project, Text};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Layers longer than this (bytes) are worth a thread.
const LONG: u64 = 1 << 20;

/// Larger files are refused, in bytes: no file of Byline comes near it.
pub(super) const LARGEST: u64 = 512 * 1024 * 1024;

/// An open project on disk. Clones are the same project; texts and layers are loaded on demand.
#[derive(Clone)]
pub struct ProjectFolder {
    pub(super) disk: Arc<Disk>,
}

impl std::fmt::Debug for ProjectFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ProjectFolder").field(&self.disk.root).finish()
    }
}

/// What is known about the files, shared with the jobs that write them.
pub(super) struct Disk {
    pub root: PathBuf,
    /// Held by the job that writes: one at a time.
    pub writing: Mutex<()>,
    /// Every step of writing passes through it: tests stand in for a disk that is full or fails.
    pub seam: Seam,
    known: Mutex<Known>,
    /// Locks of others that were looked at.
    pub watched: Watched,
    /// What was copied into the history.
    pub kept: Kept,
}

/// Asked before every step of writing, from any thread.
pub(super) type Seam = Arc<dyn Fn(Op) -> Result<(), Stop> + Send + Sync>;

/// The files as they were when last read or written.
#[derive(Default)]
pub(super) struct Known {
    /// By absolute path. A path that is not here was never seen: there must be no file.
    pub files: BTreeMap<PathBuf, Seen>,
    /// The documents that the project file on disk names.
    pub documents: BTreeSet<DocumentId>,
    /// Folders in which names may not be durable, because syncing failed.
    pub unsynced: BTreeSet<PathBuf>,
    /// Jobs are numbered as they are prepared.
    pub jobs: u64,
}

/// One file as it was when last read or written.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// The job that wrote it; 0 if it was read.
    pub job: u64,
}

impl Disk {
    pub fn known(&self) -> MutexGuard<'_, Known> {
        // What is known stays true if a thread that knew it died.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Why a project cannot be made in a folder. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// There is one already.
    #[error("`{0}` is already a Byline project\nhelp: open it, or choose another folder")]
    AlreadyProject(PathBuf),
    /// There is something else in it.
    #[error("the folder `{folder}` is not empty: it holds `{found}`\nhelp: choose an empty folder, or a new one")]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
        /// The first of what it holds.
        found: String,
    },
    /// The system refuses.
    #[error("cannot use the folder `{folder}`: {message}\nhelp: choose a folder in which you may write")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// In the system's words.
        message: String,
    },
    /// The project file cannot be written.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl ProjectFolder {
    /// Makes a project without documents in a folder that is new or empty but for hidden files.
    pub fn create(path: impl AsRef<Path>, project: &Project) -> Result<Self, CreateError> {
        let path = path.as_ref();
        let refused = |error: io::Error| CreateError::Folder { folder: path.to_owned(), message: in_words(&error) };
        if path.join("project.ron").exists() {
            return Err(CreateError::AlreadyProject(path.to_owned()));
        }
        let folder = Self::at(path);
        super::write::make_folder(path, &mut folder.disk.gate()).map_err(refused)?;
        for entry in fs::read_dir(path).map_err(refused)? {
            let name = entry.map_err(refused)?.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') {
                return Err(CreateError::NotEmpty { folder: path.to_owned(), found: name });
            }
        }
        folder.save(&State::new(project.clone()), &Dirty::project())?;
        Ok(folder)
    }

    /// Opens the project in the folder `path`, or the one whose `project.ron` this is. Writes nothing.
    pub fn open(path: impl AsRef<Path>) -> Result<(Self, Project), FileError> {
        Self::open_through(path.as_ref(), Arc::new(open_gate))
    }

    /// Opens a project all writing into which passes through `seam`.
    pub(super) fn open_through(path: &Path, seam: Seam) -> Result<(Self, Project), FileError> {
        let is_file = path.file_name().is_some_and(|name| name == "project.ron") && !path.is_dir();
        let root = if is_file { path.parent().unwrap_or(path) } else { path };
        let folder = Self::over(if root.as_os_str().is_empty() { Path::new(".") } else { root }, seam);
        let file = folder.project_path();
        let source = match folder.read_source(&file) {
            Err(error) if is_missing(&error) && root.is_dir() => {
                return Err(FileError::whole(root, Fault::NoProject));
            }
            Err(error) if is_missing(&error) => return Err(FileError { path: root.to_owned(), ..error }),
            source => source?,
        };
        let project = project_file::read(&source).map_err(|fault| fault.in_file(&file, &source))?;
        folder.disk.known().documents = project.documents.iter().map(|d| d.id.clone()).collect();
        Ok((folder, project))
    }

    /// The project in the folder `root`, of which nothing is read: its file may be broken, and about to be restored.
    pub fn at(root: &Path) -> Self {
        Self::over(root, Arc::new(open_gate))
    }

    fn over(root: &Path, seam: Seam) -> Self {
        let root = root.to_owned();
        let (writing, known) = (Mutex::default(), Mutex::default());
        let (watched, kept) = (Watched::default(), Kept::default());
        Self { disk: Arc::new(Disk { root, writing, seam, known, watched, kept }) }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.disk.root
    }

    /// `project.ron`
    pub fn project_path(&self) -> PathBuf {
        self.disk.project_path()
    }

    /// Where the text of a document lies.
    pub fn text_path(&self, document: &DocumentId) -> PathBuf {
        self.disk.text_path(document)
    }

    /// Where a layer lies, or would.
    pub fn layer_path(&self, key: &LayerKey) -> Result<PathBuf, BadAnnotator> {
        self.disk.layer_path(key)
    }

    /// The guidelines of the project, if there are any.
    pub fn guidelines(&self) -> Result<Option<String>, FileError> {
        match self.read_source(&self.disk.guidelines_path()) {
            Ok(text) => Ok(Some(text)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The text of a document, compared with the hash that the project file holds.
    pub fn load_text(&self, document: &Document) -> Result<Text, FileError> {
        let text = self.read_text(&document.id)?;
        if text.sha256() == document.sha256 {
            return Ok(text);
        }
        let (expected, found) = (document.sha256.clone(), text.sha256().to_owned());
        let fault = Fault::TextChanged { expected, found };
        Err(FileError { id: Some(document.id.to_string()), ..FileError::whole(self.text_path(&document.id), fault) })
    }

    /// What lies where the text of a document belongs, compared with nothing.
    pub(crate) fn read_text(&self, document: &DocumentId) -> Result<Text, FileError> {
        let path = self.text_path(document);
        let fault = match self.disk.stay_inside(&path).and_then(|()| read_bytes(&path)).and_then(utf8) {
            Ok(text) => return Ok(Text::new(text)),
            Err(Fault::Unreadable { kind: io::ErrorKind::NotFound, .. }) => Fault::TextMissing(document.clone()),
            Err(fault) => fault,
        };
        Err(FileError { id: Some(document.to_string()), ..FileError::whole(path, fault) })
    }

    /// A layer over its text; a new, empty one if there is no file.
    pub fn load_layer(&self, key: &LayerKey, text: &Text) -> Result<Layer, FileError> {
        let path = self.disk.layer_path(key).map_err(|e| FileError::whole(&self.disk.root, e.into()))?;
        self.layer_from(self.read_source(&path), key, text)
    }

    fn layer_from(&self, read: Result<String, FileError>, key: &LayerKey, text: &Text) -> Result<Layer, FileError> {
        let path = self.disk.layer_path(key).map_err(|e| FileError::whole(&self.disk.root, e.into()))?;
        match read {
            Ok(source) => layer_file::read(&source, key, text).map_err(|fault| fault.in_file(&path, &source)),
            Err(error) if is_missing(&error) => Ok(Layer::new(key.clone(), text.clone())),
            Err(error) => Err(error),
        }
    }

    /// Reads a layer with all its faults, leaving out what does not fit the text.
    ///
    /// # Errors
    /// Where the file cannot be read at all.
    pub(crate) fn survey_layer(&self, key: &LayerKey, text: &Text) -> Result<LayerSurvey, FileError> {
        let path = self.disk.layer_path(key).map_err(|e| FileError::whole(&self.disk.root, e.into()))?;
        let source = self.read_source(&path)?;
        let reading = layer_file::survey(&source, key, text).map_err(|fault| fault.in_file(&path, &source))?;
        Ok(LayerSurvey {
            layer: reading.layer,
            errors_not_kept: reading.fault_count - reading.faults.len(),
            errors: reading.faults.into_iter().map(|fault| fault.in_file(&path, &source)).collect(),
            annotations: reading.annotations,
            quotes_verified: reading.quotes_verified,
            path,
            source,
        })
    }

    /// The text of a document and all its layers, put into `state`.
    pub fn load_document(&self, state: &mut State, document: &DocumentId) -> Result<(), FileError> {
        let Some(described) = state.project.document(document) else {
            return Err(FileError::whole(self.project_path(), Fault::TextMissing(document.clone())));
        };
        let annotators = self.annotators(document)?;
        let keys = annotators.into_iter().map(|annotator| LayerKey { document: document.clone(), annotator });
        let missing: Vec<_> = keys.filter(|key| state.layer(key).is_none()).collect();
        let text = || state.text(document).map_or_else(|| self.load_text(described), |text| Ok(text.clone()));
        let (text, mut first) = self.read_beside(missing.first(), text);
        let text = text?;
        let load =
            |key| first.take().map_or_else(|| self.load_layer(key, &text), |read| self.layer_from(read, key, &text));
        let layers: Result<Vec<_>, _> = missing.iter().map(load).collect();
        state.load_text(document.clone(), text);
        layers?.into_iter().for_each(|layer| state.load_layer(layer));
        Ok(())
    }

    /// The text of a document and one layer over it.
    pub fn load_layer_and_text(&self, document: &Document, annotator: &Name) -> Result<(Text, Layer), FileError> {
        let key = LayerKey { document: document.id.clone(), annotator: annotator.clone() };
        let (text, source) = self.read_beside(Some(&key), || self.load_text(document));
        let text = text?;
        let layer = source.map_or_else(|| self.load_layer(&key, &text), |read| self.layer_from(read, &key, &text));
        Ok((text, layer?))
    }

    /// A text, and the file of a layer that was read at the same time if it is long.
    fn read_beside<T>(
        &self,
        layer: Option<&LayerKey>,
        text: impl FnOnce() -> T,
    ) -> (T, Option<Result<String, FileError>>) {
        let is_long = |path: &PathBuf| path.metadata().is_ok_and(|found| found.len() > LONG);
        let path = layer.and_then(|key| self.disk.layer_path(key).ok()).filter(is_long);
        std::thread::scope(|scope| {
            let source = path.map(|path| scope.spawn(move || self.read_source(&path)));
            (text(), source.and_then(|thread| thread.join().ok()))
        })
    }

    /// The whole project with every text and layer.
    pub fn load_all(&self, project: Project) -> Result<State, FileError> {
        let documents: Vec<_> = project.documents.iter().map(|d| d.id.clone()).collect();
        let mut state = State::new(project);
        documents.iter().try_for_each(|id| self.load_document(&mut state, id))?;
        Ok(state)
    }

    /// Everybody who has a folder in `annotations/`, by name.
    pub fn all_annotators(&self) -> Result<Vec<Name>, FileError> {
        let mut annotators: Vec<_> =
            names_in(&self.disk.root.join("annotations"))?.iter().filter_map(|folder| annotator_of(folder)).collect();
        annotators.sort_unstable();
        Ok(annotators)
    }

    /// Who has a layer of this document, by name.
    pub fn annotators(&self, document: &DocumentId) -> Result<Vec<Name>, FileError> {
        let mut annotators = self.all_annotators()?;
        annotators.retain(|annotator| {
            let key = LayerKey { document: document.clone(), annotator: annotator.clone() };
            self.disk.layer_path(&key).is_ok_and(|path| path.is_file())
        });
        Ok(annotators)
    }

    /// The layers of which there are files, by document and annotator, also of documents that the project lacks.
    pub fn all_layers(&self) -> Result<Vec<LayerKey>, FileError> {
        let mut keys = Vec::new();
        for annotator in self.all_annotators()? {
            let Ok(folder) = folder_of(&annotator) else { continue };
            for file in names_in(&self.disk.root.join("annotations").join(folder))? {
                let document = file.strip_suffix(".ron").and_then(|stem| DocumentId::new(stem).ok());
                keys.extend(document.map(|document| LayerKey { document, annotator: annotator.clone() }));
            }
        }
        keys.sort_unstable();
        Ok(keys)
    }

    /// Reads a file of the project and remembers what it saw, so that saving notices what others changed since.
    pub(crate) fn read_source(&self, path: &Path) -> Result<String, FileError> {
        let before = self.disk.known().files.get(path).cloned();
        let bytes = self.disk.stay_inside(path).and_then(|()| read_bytes(path));
        let bytes = bytes.map_err(|fault| FileError::whole(path, fault))?;
        let seen = Seen { sha256: sha256(&bytes), job: 0 };
        let mut known = self.disk.known();
        // A job that wrote the file meanwhile knows better.
        if known.files.get(path) == before.as_ref() {
            known.files.insert(path.to_owned(), seen);
        }
        drop(known);
        let source = utf8(bytes).map_err(|fault| FileError::whole(path, fault))?;
        Ok(source.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(source))
    }
}

/// What was understood of a layer's file, and what was not.
pub(crate) struct LayerSurvey {
    /// Which file.
    pub path: PathBuf,
    /// What is in order.
    pub layer: Layer,
    /// What is not; at most a hundred.
    pub errors: Vec<FileError>,
    /// How many there are beyond those.
    pub errors_not_kept: usize,
    /// Annotations in the file.
    pub annotations: usize,
    /// Annotations whose quote stands in the text where the file says.
    pub quotes_verified: usize,
    source: String,
}

impl LayerSurvey {
    /// The lines (from 1) on which annotations and links begin, by id.
    pub(crate) fn lines(&self) -> BTreeMap<String, usize> {
        layer_file::lines(&self.source)
    }
}

impl Disk {
    /// Refuses a path that leads out of the project, by links or otherwise.
    pub fn stay_inside(&self, path: &Path) -> Result<(), Fault> {
        Ok(inside::check(&self.root, path)?)
    }

    /// Whether there is a project, if only what is left of one.
    pub fn is_there(&self) -> bool {
        self.project_path().is_file() || self.private("history").join("project").is_dir()
    }

    /// Sends every step of writing through the seam.
    pub fn gate(&self) -> impl FnMut(Op) -> Result<(), Stop> + use<> {
        let seam = self.seam.clone();
        move |op: Op| {
            patience::step();
            seam(op)
        }
    }

    /// Something in `.byline/`.
    pub fn private(&self, name: &str) -> PathBuf {
        self.root.join(".byline").join(name)
    }

    pub fn project_path(&self) -> PathBuf {
        self.root.join("project.ron")
    }

    pub fn guidelines_path(&self) -> PathBuf {
        self.root.join("guidelines.md")
    }

    pub fn text_path(&self, document: &DocumentId) -> PathBuf {
        self.root.join("documents").join(format!("{document}.txt"))
    }

    pub fn layer_path(&self, key: &LayerKey) -> Result<PathBuf, BadAnnotator> {
        let folder = folder_of(&key.annotator)?;
        Ok(self.root.join("annotations").join(folder).join(format!("{}.ron", key.document)))
    }
}

/// Whether the error is that the file is not there.
pub(super) fn is_missing(error: &FileError) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    matches!(*error.fault, Fault::Unreadable { kind: NotFound | NotADirectory, .. })
}

/// The bytes of a regular file, up to [`LARGEST`].
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, Fault> {
    let from_io = |error: io::Error| Fault::from_io(&error);
    let meta = fs::metadata(path).map_err(from_io)?;
    if meta.is_dir() {
        return Err(from_io(io::ErrorKind::IsADirectory.into()));
    }
    let too_large = |bytes| Fault::TooLarge { bytes, limit: LARGEST };
    if meta.len() > LARGEST {
        return Err(too_large(meta.len()));
    }
    let mut bytes = Vec::with_capacity(meta.len() as usize + 1);
    // What grows while it is read, or has no length, is bounded as well.
    fs::File::open(path).map_err(from_io)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(from_io)?;
    if bytes.len() as u64 > LARGEST { Err(too_large(bytes.len() as u64)) } else { Ok(bytes) }
}

pub(super) fn utf8(bytes: Vec<u8>) -> Result<String, Fault> {
    String::from_utf8(bytes).map_err(|error| Fault::NotUtf8(error.utf8_error().valid_up_to()))
}

/// A file byte by byte, a byte order mark included.
pub(super) fn read_exactly(path: &Path) -> Result<String, FileError> {
    read_bytes(path).and_then(utf8).map_err(|fault| FileError::whole(path, fault))
}

/// The names in a folder, sorted; none if there is no folder.
pub(crate) fn names_in(folder: &Path) -> Result<Vec<String>, FileError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| FileError::whole(folder, Fault::from_io(&error)))?,
    };
    // A name that is no Unicode is nobody's; shown with replacement characters it is still found by a person.
    let mut names: Vec<_> =
        entries.filter_map(|e| e.ok().map(|e| e.file_name().to_string_lossy().into_owned())).collect();
    names.sort_unstable();
    Ok(names)
}
