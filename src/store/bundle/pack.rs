//! From a project's folder to a bundle.

use super::{LARGEST, Writer, without_mark};
use crate::model::DocumentId;
use crate::store::fault::{Fault, FileError};
use crate::store::project_folder::{ProjectFolder, read_exactly};
use crate::store::{layer_file, project_file, write};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A bundle that is ready to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packed {
    /// The bundle.
    pub source: String,
    /// Name of the project.
    pub name: String,
    /// How many documents.
    pub documents: usize,
    /// How many layers.
    pub layers: usize,
    /// How many annotations.
    pub annotations: usize,
    /// Whether there are guidelines.
    pub guidelines: bool,
    /// Files in the folder that are no part of the project and so are not in the bundle; hidden ones are not told.
    pub left_out: Vec<PathBuf>,
}

/// Packs the project in `folder`, byte by byte. Every hash and every quote is verified.
///
/// # Errors
/// Where a file of the project cannot be read or is not in order.
pub fn pack(folder: &ProjectFolder) -> Result<Packed, FileError> {
    let mut packed_files = BTreeSet::new();
    let mut read = |path: PathBuf| {
        folder.disk.stay_inside(&path).map_err(|fault| FileError::whole(&path, fault))?;
        let source = read_exactly(&path)?;
        packed_files.insert(path);
        Ok::<_, FileError>(source)
    };
    let project_path = folder.project_path();
    let project_source = read(project_path.clone())?;
    let readable = without_mark(&project_source);
    let project = project_file::read(readable).map_err(|fault| fault.in_file(&project_path, readable))?;
    let guidelines = match read(folder.disk.guidelines_path()) {
        Ok(text) => Some(text),
        Err(error) if matches!(&*error.fault, Fault::Unreadable { kind: io::ErrorKind::NotFound, .. }) => None,
        Err(error) => return Err(error),
    };
    let mut writer = Writer::new(&project_source, guidelines.as_deref());
    let mut texts = std::collections::BTreeMap::new();
    for document in &project.documents {
        let text = folder.load_text(document)?;
        writer.text(&document.id, &text);
        texts.insert(document.id.clone(), text);
    }
    let (mut layers, mut annotations) = (0, 0);
    for key in folder.all_layers()? {
        let Some(text) = texts.get(&key.document) else { continue };
        let path = folder.disk.layer_path(&key).map_err(|e| FileError::whole(folder.path(), e.into()))?;
        let source = read(path.clone())?;
        let readable = without_mark(&source);
        let layer = layer_file::read(readable, &key, text).map_err(|fault| fault.in_file(&path, readable))?;
        writer.layer(&source);
        (layers, annotations) = (layers + 1, annotations + layer.len());
    }
    packed_files.extend(texts.keys().map(|id: &DocumentId| folder.text_path(id)));
    let mut left_out = Vec::new();
    others(folder.path(), &packed_files, 0, &mut left_out);
    let source = writer.finish();
    if source.len() as u64 > LARGEST {
        // Nobody could read it.
        let fault = Fault::TooLarge { bytes: source.len() as u64, limit: LARGEST };
        return Err(FileError::whole(folder.path(), fault));
    }
    let (documents, guidelines, name) = (texts.len(), guidelines.is_some(), project.name);
    Ok(Packed { source, name, documents, layers, annotations, guidelines, left_out })
}

/// Deeper folders are no part of any project.
const DEEPEST: usize = 8;

/// The files below `folder` that were not packed.
fn others(folder: &Path, packed: &BTreeSet<PathBuf>, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries.into_iter().filter(|e| !e.file_name().to_string_lossy().starts_with('.')) {
        let path = entry.path();
        // Symbolic links are not followed: they can lead anywhere.
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < DEEPEST => others(&path, packed, depth + 1, found),
            _ if packed.contains(&path) => {}
            _ => found.push(path),
        }
    }
}

/// Writes a bundle to `path`: whole, or not at all. An existing file is replaced.
pub fn write_packed(path: &Path, source: &str) -> io::Result<()> {
    let absolute = std::path::absolute(path)?;
    if let Some(parent) = absolute.parent() {
        write::make_folder(parent, &mut write::open_gate)?;
    }
    write::write_file(&absolute, source.as_bytes(), &mut write::open_gate)
}
