//! From what is in memory to a bundle, whatever has become of the project's folder.

use super::{LARGEST, Writer, without_mark};
use crate::edit::State;
use crate::model::{Document, DocumentId, Layer, LayerKey, Text};
use crate::store::fault::{Fault, FileError};
use crate::store::project_folder::{ProjectFolder, read_exactly};
use crate::store::{Refused, layer_file, project_file, within};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

/// A bundle of a project as it is in memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Copied {
    /// The bundle.
    pub source: String,
    /// How many documents.
    pub documents: usize,
    /// How many layers.
    pub layers: usize,
    /// How many annotations.
    pub annotations: usize,
    /// What could not be taken in, and why, a line each.
    pub missing: Vec<String>,
}

/// Packs a project as it is in memory; texts, layers and guidelines that are not in memory come from the folder, as far
/// as they can be read there. What cannot be taken in is told and left out, so that the bundle can be unpacked. A folder
/// that does not answer once is asked no more.
///
/// # Errors
/// Where the bundle would be larger than can be read.
pub fn pack_in_memory(folder: &ProjectFolder, state: &State) -> Result<Copied, FileError> {
    let mut missing = Vec::new();
    let mut folder = Asked { folder: folder.clone(), is_silent: false };
    let mut texts: BTreeMap<&DocumentId, Text> = BTreeMap::new();
    for document in &state.project.documents {
        let asked = document.clone();
        let load = move |folder: &ProjectFolder| folder.load_text(&asked);
        match state.text(&document.id).map_or_else(|| folder.ask(load), |text| Ok(text.clone())) {
            Ok(text) => drop(texts.insert(&document.id, text)),
            Err(error) => missing.push(format!("“{}”, its text and annotations: {error}", document.title)),
        }
    }
    let mut project = state.project.clone();
    project.documents.retain(|Document { id, .. }| texts.contains_key(id));
    let guidelines = folder.ask(ProjectFolder::guidelines).unwrap_or_else(|error| {
        missing.push(format!("the guidelines: {error}"));
        None
    });
    let mut writer = Writer::new(&project_file::write(&project), guidelines.as_deref());
    for (document, text) in &texts {
        writer.text(document, text);
    }
    let (mut layers, mut annotations) = (0, 0);
    for (key, from_memory) in keys(&mut folder, state, &mut missing) {
        // With a document that is left out, its layers are told already.
        let Some(text) = texts.get(&key.document) else { continue };
        let made = match from_memory {
            Some(layer) => written(layer),
            None => {
                let (key, text) = (key.clone(), text.clone());
                folder.ask(move |folder| read(folder, &key, &text))
            }
        };
        match made {
            Ok((source, count)) => {
                writer.layer(&source);
                (layers, annotations) = (layers + 1, annotations + count);
            }
            Err(why) => missing.push(format!("the annotations of {} in {}: {why}", key.annotator, key.document)),
        }
    }
    let source = writer.finish();
    if source.len() as u64 > LARGEST {
        let fault = Fault::TooLarge { bytes: source.len() as u64, limit: LARGEST };
        return Err(FileError::whole(folder.folder.path(), fault));
    }
    Ok(Copied { source, documents: texts.len(), layers, annotations, missing })
}

/// The folder of a project that may not answer.
struct Asked {
    folder: ProjectFolder,
    is_silent: bool,
}

impl Asked {
    /// What `question` finds there, or why it finds nothing, in words.
    fn ask<T: Send + 'static, E: Display + Send + 'static>(
        &mut self,
        question: impl FnOnce(&ProjectFolder) -> Result<T, E> + Send + 'static,
    ) -> Result<T, String> {
        let folder = self.folder.clone();
        let answer = if self.is_silent { None } else { within(move || question(&folder)) };
        self.is_silent = answer.is_none();
        answer.map_or_else(|| Err(Refused::NoAnswer.to_string()), |found| found.map_err(|error| error.to_string()))
    }
}

/// The layers in memory that were worked on, and those of which there are files.
fn keys<'a>(folder: &mut Asked, state: &'a State, missing: &mut Vec<String>) -> BTreeMap<LayerKey, Option<&'a Layer>> {
    let in_memory: BTreeSet<_> = state.layers().map(Layer::key).collect();
    let on_disk = folder.ask(ProjectFolder::all_layers).unwrap_or_else(|error| {
        missing.push(format!("annotations that are not in memory: {error}"));
        Vec::new()
    });
    let on_disk = on_disk.into_iter().filter(|key| !in_memory.contains(key)).map(|key| (key, None));
    let worked_on = state.layers().filter(|layer| !layer.is_untouched());
    worked_on.map(|layer| (layer.key().clone(), Some(layer))).chain(on_disk).collect()
}

fn written(layer: &Layer) -> Result<(String, usize), String> {
    Ok((layer_file::write(layer).map_err(|error| error.to_string())?, layer.len()))
}

fn read(folder: &ProjectFolder, key: &LayerKey, text: &Text) -> Result<(String, usize), String> {
    let path = folder.layer_path(key).map_err(|error| error.to_string())?;
    let source = read_exactly(&path).map_err(|error| error.to_string())?;
    let readable = without_mark(&source);
    let layer = layer_file::read(readable, key, text).map_err(|fault| fault.in_file(&path, readable).to_string())?;
    Ok((source, layer.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn a_folder_that_does_not_answer_is_asked_once() {
        let mut folder = Asked { folder: ProjectFolder::at(std::path::Path::new("é")), is_silent: false };
        let answer = folder.ask(|folder| Ok::<_, FileError>(folder.path().to_owned()));
        assert_eq!(answer.unwrap(), std::path::Path::new("é"));
        assert_eq!(folder.ask(|_| Err::<(), _>("damaged")), Err("damaged".to_owned()));
        // The disk is opened when the test ends.
        let (_open, closed) = channel::<()>();
        let hung = folder.ask(move |_| closed.recv());
        assert_eq!(hung, Err("the disk does not answer".to_owned()));
        let (told, asked) = channel();
        assert_eq!(folder.ask(move |_| told.send(())), hung, "once more");
        assert!(asked.recv().is_err(), "it was asked again");
    }
}
