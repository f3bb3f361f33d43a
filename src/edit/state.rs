//! What changes apply to: the project, and the texts and layers that are in memory.

use super::change::{Change, Edit, LayerChange, NewDocument, ProjectEdit};
use crate::model::layer::LayerError;
use crate::model::{DocumentId, Layer, LayerKey, Project, Text};
use std::collections::BTreeMap;

/// The project, and those of its texts and layers that are in memory.
#[derive(Clone, PartialEq, Debug)]
pub struct State {
    /// Scheme, documents, entities.
    pub project: Project,
    texts: BTreeMap<DocumentId, Text>,
    layers: BTreeMap<LayerKey, Layer>,
}

impl State {
    /// A project of which no text is loaded yet.
    pub fn new(project: Project) -> Self {
        Self { project, texts: BTreeMap::new(), layers: BTreeMap::new() }
    }

    /// The text of a document, if loaded.
    pub fn text(&self, document: &DocumentId) -> Option<&Text> {
        self.texts.get(document)
    }

    /// A layer, if loaded.
    pub fn layer(&self, key: &LayerKey) -> Option<&Layer> {
        self.layers.get(key)
    }

    /// The loaded layers, by document and annotator.
    pub fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.layers.values()
    }

    /// Takes in a text that was read from disk.
    pub fn load_text(&mut self, document: DocumentId, text: Text) {
        self.texts.insert(document, text);
    }

    /// Takes in a layer that was read from disk or is new; its text comes along.
    pub fn load_layer(&mut self, layer: Layer) {
        self.texts.insert(layer.key().document.clone(), layer.text().clone());
        self.layers.insert(layer.key().clone(), layer);
    }

    /// Drops texts and layers of a document from memory.
    pub fn unload(&mut self, document: &DocumentId) {
        self.texts.remove(document);
        self.layers.retain(|key, _| key.document != *document);
    }

    /// Applies a change as a whole.
    ///
    /// # Errors
    /// Where the state is not what the change says it was, or cannot hold the result: then nothing was changed.
    pub fn apply(&mut self, change: &Change) -> Result<(), LayerError> {
        if change.layers_first {
            self.apply_layers(&change.layers)?;
            let result = self.apply_project(&change.project);
            if result.is_err() {
                self.take_back_layers(&change.layers);
            }
            result
        } else {
            self.apply_project(&change.project)?;
            let result = self.apply_layers(&change.layers);
            if result.is_err() {
                self.take_back_project(&change.project);
            }
            result
        }
    }

    fn apply_project(&mut self, edits: &[ProjectEdit]) -> Result<(), LayerError> {
        for (done, edit) in edits.iter().enumerate() {
            if let Err(error) = self.apply_project_edit(edit) {
                self.take_back_project(&edits[..done]);
                return Err(error);
            }
        }
        Ok(())
    }

    fn apply_layers(&mut self, changes: &[LayerChange]) -> Result<(), LayerError> {
        for (done, change) in changes.iter().enumerate() {
            if let Err(error) = self.apply_layer(change) {
                self.take_back_layers(&changes[..done]);
                return Err(error);
            }
        }
        Ok(())
    }

    fn take_back_project(&mut self, edits: &[ProjectEdit]) {
        for edit in edits.iter().rev() {
            let undone = self.apply_project_edit(&edit.clone().inverse());
            debug_assert!(undone.is_ok(), "taking back what was just applied");
        }
    }

    fn take_back_layers(&mut self, changes: &[LayerChange]) {
        for change in changes.iter().rev() {
            let undone = self.apply_layer(&change.clone().inverse());
            debug_assert!(undone.is_ok(), "taking back what was just applied");
        }
    }

    fn apply_project_edit(&mut self, edit: &ProjectEdit) -> Result<(), LayerError> {
        let changed = |what: &str| LayerError::Changed(what.to_owned());
        match edit {
            ProjectEdit::Name { before, after } => {
                if self.project.name != *before {
                    return Err(changed("the project's name"));
                }
                self.project.name.clone_from(after);
            }
            ProjectEdit::Scheme { before, after } => {
                if self.project.scheme != **before {
                    return Err(changed("the scheme"));
                }
                self.project.scheme = (**after).clone();
            }
            ProjectEdit::Membership { at, edit } => {
                let Edit { before, after } = &**edit;
                if let Some(NewDocument { document, .. }) = before {
                    if self.project.documents.get(*at) != Some(document) {
                        return Err(changed("the list of documents"));
                    }
                    if self.layers.values().any(|l| l.key().document == document.id && !l.is_untouched()) {
                        return Err(changed("a layer of the document"));
                    }
                    self.project.documents.remove(*at);
                    self.unload(&document.id);
                }
                if let Some(NewDocument { document, text }) = after {
                    if *at > self.project.documents.len() || self.project.document(&document.id).is_some() {
                        return Err(changed("the list of documents"));
                    }
                    self.project.documents.insert(*at, document.clone());
                    self.texts.insert(document.id.clone(), text.clone());
                }
            }
            ProjectEdit::Document(edit) => {
                let (Some(before), Some(after)) = (&edit.before, &edit.after) else {
                    return Err(changed("the document"));
                };
                let place = self.project.documents.iter_mut().find(|d| *d == before);
                *place.ok_or_else(|| changed("the document"))? = after.clone();
            }
            ProjectEdit::Order { from, to } => {
                let count = self.project.documents.len();
                if *from >= count || *to >= count {
                    return Err(changed("the list of documents"));
                }
                let document = self.project.documents.remove(*from);
                self.project.documents.insert(*to, document);
            }
            ProjectEdit::Entity { edit: Edit { before, after }, next } => {
                let id = before.as_ref().or(after.as_ref()).map(|e| e.id).ok_or_else(|| changed("the entity"))?;
                if self.project.entities.get(&id) != before.as_ref() || self.project.next_entity != next.0 {
                    return Err(changed("the entity"));
                }
                match after {
                    Some(entity) => self.project.entities.insert(id, entity.clone()),
                    None => self.project.entities.remove(&id),
                };
                self.project.next_entity = next.1;
            }
        }
        Ok(())
    }

    fn apply_layer(&mut self, change: &LayerChange) -> Result<(), LayerError> {
        if !self.layers.contains_key(&change.key) {
            // A change may begin a layer: the first annotation of an annotator in a document.
            let text = self.texts.get(&change.key.document);
            let text = text.ok_or_else(|| LayerError::Changed(format!("document “{}”", change.key.document)))?;
            self.layers.insert(change.key.clone(), Layer::new(change.key.clone(), text.clone()));
        }
        match self.layers.get_mut(&change.key) {
            Some(layer) => apply_to_layer(layer, change),
            None => Err(LayerError::Changed("the layer".to_owned())),
        }
    }
}

/// Applies a change to one layer, all or nothing: first everything leaves, then everything enters, so that no order
/// of edits can make two annotations meet that never stand side by side.
fn apply_to_layer(layer: &mut Layer, change: &LayerChange) -> Result<(), LayerError> {
    if layer.next_ids() != change.next.0 || layer.status() != change.status.0 {
        return Err(LayerError::Changed("the layer".to_owned()));
    }
    let mut progress = Progress::default();
    let result = exchange(layer, change, &mut progress);
    if result.is_ok() {
        layer.set_next_ids(change.next.1);
        layer.set_status(change.status.1);
    } else {
        take_back(layer, change, &progress);
    }
    result
}

/// How many of a change's edits were carried out.
#[derive(Default)]
struct Progress {
    links_out: usize,
    annotations_out: usize,
    annotations_in: usize,
    links_in: usize,
}

fn exchange(layer: &mut Layer, change: &LayerChange, progress: &mut Progress) -> Result<(), LayerError> {
    for link in befores(&change.links) {
        if layer.link(link.id) != Some(link) {
            return Err(LayerError::Changed(link.id.to_string()));
        }
        layer.remove_link(link.id)?;
        progress.links_out += 1;
    }
    for annotation in befores(&change.annotations) {
        if layer.get(annotation.id) != Some(annotation) {
            return Err(LayerError::Changed(annotation.id.to_string()));
        }
        layer.take(annotation.id)?;
        progress.annotations_out += 1;
    }
    for annotation in afters(&change.annotations) {
        layer.insert(annotation.clone())?;
        progress.annotations_in += 1;
    }
    for link in afters(&change.links) {
        layer.insert_link(link.clone())?;
        progress.links_in += 1;
    }
    for left in befores(&change.annotations).filter(|a| layer.get(a.id).is_none()) {
        if let Some(link) = layer.links_of(left.id).next() {
            return Err(LayerError::DanglingLink { link: link.id, end: left.id });
        }
    }
    Ok(())
}

fn take_back(layer: &mut Layer, change: &LayerChange, progress: &Progress) {
    let mut restored = true;
    for link in afters(&change.links).take(progress.links_in) {
        restored &= layer.remove_link(link.id).is_ok();
    }
    for annotation in afters(&change.annotations).take(progress.annotations_in) {
        restored &= layer.take(annotation.id).is_ok();
    }
    for annotation in befores(&change.annotations).take(progress.annotations_out) {
        restored &= layer.insert(annotation.clone()).is_ok();
    }
    for link in befores(&change.links).take(progress.links_out) {
        restored &= layer.insert_link(link.clone()).is_ok();
    }
    debug_assert!(restored, "taking back what was just applied");
    layer.set_next_ids(change.next.0);
}

fn befores<T>(edits: &[Edit<T>]) -> impl Iterator<Item = &T> {
    edits.iter().filter_map(|e| e.before.as_ref())
}

fn afters<T>(edits: &[Edit<T>]) -> impl Iterator<Item = &T> {
    edits.iter().filter_map(|e| e.after.as_ref())
}
