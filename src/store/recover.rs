//! What a project is after a crash: its files, and what the journal tells beyond them.
//!
//! Each file holds what happened up to some event, and not always the same: files are replaced one by one. Which event
//! that is, is not written anywhere: it is the one from which on all that followed fits, and before which all can be
//! taken back. Where none fits, because a line of the journal is damaged or somebody else changed the file, what the
//! journal knows is laid over the file value by value, the file is kept beside, and what differed is told.

use super::fault::{Fault, FileError};
use super::journal::{Journal, Told};
use super::project_folder::{Disk, ProjectFolder};
use super::save::Dirty;
use super::write;
use crate::edit::{Change, Edit, Happened, LayerChange, ProjectEdit, State};
use crate::model::{Annotation, AnnotationId, DocumentId, Layer, LayerKey, LinkId, NextIds, Project, Scheme, Text};
use chrono::Utc;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What was put together again.
#[derive(Debug)]
pub struct Recovered {
    /// The project with the texts and layers that the journal tells more of than their files.
    pub state: State,
    /// Which of it is to be saved.
    pub dirty: Dirty,
    /// How many events the journal told beyond the last save.
    pub actions: usize,
    /// What did not fit.
    pub differences: Vec<Difference>,
    /// Copies of files that are not what was written.
    pub kept: Vec<PathBuf>,
    /// What could not be read.
    pub errors: Vec<FileError>,
}

/// Something that the journal says otherwise than the file over which it was laid; the journal was followed.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// In which layer; `None` for the project file.
    pub layer: Option<LayerKey>,
    /// What.
    pub what: Differs,
}

/// What differs.
#[derive(Clone, PartialEq, Debug)]
pub enum Differs {
    /// An annotation is not what it was when it was changed; what was changed was done all the same.
    Annotation(AnnotationId),
    /// A link is not what it was when it was changed; what was changed was done all the same.
    Link(LinkId),
    /// Something could not be put in, for this reason.
    Refused(String),
    /// A change of the project, in words, does not fit and was left out.
    Project(String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(key) = &self.layer {
            write!(f, "{} ({}): ", key.document, key.annotator)?;
        }
        match &self.what {
            Differs::Annotation(id) => {
                write!(f, "{id} differed in the file; the last change to it was done all the same")
            }
            Differs::Link(id) => write!(f, "{id} differed in the file; the last change to it was done all the same"),
            Differs::Refused(why) => write!(f, "not put in: {why}"),
            Differs::Project(what) => write!(f, "“{what}” does not fit the project file and was left out"),
        }
    }
}

impl ProjectFolder {
    /// Puts together what the files hold and what the journal tells beyond them. Of the project, only copies of
    /// damaged files are written.
    pub fn recover(&self, project: Project, journal: &Journal, told: &Told) -> Recovered {
        let mut recovered = Recovered {
            state: State::new(project),
            dirty: Dirty::default(),
            actions: told.unsaved.len(),
            differences: Vec::new(),
            kept: Vec::new(),
            errors: Vec::new(),
        };
        recovered.keep(journal.keep_damaged(&told.damage));
        recover_project(&told.unsaved, &mut recovered);
        let mut layers: BTreeMap<&LayerKey, Vec<&LayerChange>> = BTreeMap::new();
        for layer in told.unsaved.iter().flat_map(|happened| &happened.change.layers) {
            layers.entry(&layer.key).or_default().push(layer);
        }
        for (key, changes) in layers {
            // A document that has left took its layers along; undoing that brings them back from the journal.
            if recovered.state.project.document(&key.document).is_some() {
                self.recover_layer(key, &changes, journal, told, &mut recovered);
            }
        }
        recovered
    }

    fn recover_layer(
        &self,
        key: &LayerKey,
        changes: &[&LayerChange],
        journal: &Journal,
        told: &Told,
        recovered: &mut Recovered,
    ) {
        let text = match (recovered.state.text(&key.document), recovered.state.project.document(&key.document)) {
            (Some(text), _) => text.clone(),
            (None, Some(document)) => match self.load_text(document) {
                Ok(text) => text,
                Err(error) => {
                    // Over another text it would be wrong: it stays in the journal, of which a copy is kept.
                    recovered.errors.push(error);
                    recovered.keep(journal.keep_unsaved());
                    return;
                }
            },
            (None, None) => return,
        };
        let changes: Vec<LayerChange> = changes.iter().map(|change| (*change).clone()).collect();
        let (layer, differences, sound) = match self.load_layer(key, &text) {
            Ok(layer) => {
                let (layer, differences) = laid_over(&layer, &changes);
                let sound = differences.is_empty();
                (layer, differences, sound)
            }
            Err(error) => {
                // Everything that the journal still tells of the layer.
                recovered.errors.push(error);
                let (layer, differences) = self.rebuilt(key, &text, journal, told);
                (layer, differences, false)
            }
        };
        let path = self.layer_path(key).ok().filter(|path| !sound && path.exists());
        if let Some(path) = path {
            let kept = set_aside(&self.disk, &path);
            recovered.keep(kept.map(|kept| vec![kept]).map_err(|error| (path, error)));
        }
        recovered.differences.extend(differences.into_iter().map(|what| Difference { layer: Some(key.clone()), what }));
        recovered.dirty.layers.insert(key.clone());
        recovered.state.load_layer(layer);
    }

    /// A layer whose file cannot be read: all that the journal still tells of it, over the newest copy from the history
    /// that goes together with that, or over nothing.
    fn rebuilt(&self, key: &LayerKey, text: &Text, journal: &Journal, told: &Told) -> (Layer, Vec<Differs>) {
        self.over_copies(key, text, &changes_told(key, journal, told))
    }

    /// Changes of a layer, over the newest copy from the history that goes together with them, or over nothing.
    pub(super) fn over_copies(&self, key: &LayerKey, text: &Text, changes: &[LayerChange]) -> (Layer, Vec<Differs>) {
        let copies = self.copies(key).unwrap_or_default();
        let copies: Vec<_> =
            copies.iter().filter_map(|copy| self.layer_of_copy(&self.read_copy(copy).ok()?, key, text).ok()).collect();
        let empty = Layer::new(key.clone(), text.clone());
        let mut all = copies.iter().chain([&empty]).map(|base| laid_over(base, changes));
        let whole = all.find(|(_, differences)| differences.is_empty());
        whole.unwrap_or_else(|| laid_over(copies.first().unwrap_or(&empty), changes))
    }
}

/// All changes of a layer that the journal still tells, in their order.
pub(super) fn changes_told(key: &LayerKey, journal: &Journal, told: &Told) -> Vec<LayerChange> {
    let mut changes = Vec::new();
    for number in journal.numbers().take_while(|number| *number <= journal.saved()) {
        let change = journal.change(number).ok();
        changes.extend(change.into_iter().flat_map(|change| change.layers).filter(|layer| layer.key == *key));
    }
    let unsaved = told.unsaved.iter().flat_map(|happened| &happened.change.layers);
    changes.extend(unsaved.filter(|layer| layer.key == *key).cloned());
    changes
}

fn recover_project(unsaved: &[Happened], recovered: &mut Recovered) {
    let edits: Vec<Change> = unsaved
        .iter()
        .filter(|happened| happened.change.is_project_wide())
        .map(|happened| Change { layers: Vec::new(), ..(*happened.change).clone() })
        .collect();
    if edits.is_empty() {
        return;
    }
    recovered.dirty.project = true;
    // The texts of documents that have just come in stand in the journal only.
    let texts = new_texts(&edits);
    let plain = State::new(recovered.state.project.clone());
    match catch_up(&plain, &edits) {
        Some(state) => recovered.state.project = state.project,
        None => {
            for edit in &edits {
                let mut state = State::new(recovered.state.project.clone());
                match state.apply(edit) {
                    Ok(()) => recovered.state.project = state.project,
                    Err(_) => recovered
                        .differences
                        .push(Difference { layer: None, what: Differs::Project(edit.what.clone()) }),
                }
            }
        }
    }
    for (document, text) in texts {
        let expected = recovered.state.project.document(&document).map(|d| d.sha256.as_str());
        if expected == Some(text.sha256()) {
            recovered.state.load_text(document, text);
        }
    }
}

impl Recovered {
    fn keep(&mut self, kept: Result<Vec<PathBuf>, (PathBuf, io::Error)>) {
        match kept {
            Ok(kept) => self.kept.extend(kept),
            Err((path, error)) => self.errors.push(FileError::whole(path, Fault::from_io(&error))),
        }
    }
}

/// A layer after changes of which its file may hold the first ones.
fn laid_over(layer: &Layer, changes: &[LayerChange]) -> (Layer, Vec<Differs>) {
    let whole: Vec<Change> = changes.iter().cloned().map(Change::of_layer).collect();
    let mut state = State::new(Project::new("", Scheme::default()));
    state.load_layer(layer.clone());
    if let Some(state) = catch_up(&state, &whole)
        && let Some(layer) = state.layer(layer.key())
    {
        return (layer.clone(), Vec::new());
    }
    let mut layer = layer.clone();
    let mut differences = Vec::new();
    for change in changes {
        lay_over(&mut layer, change, &mut differences);
    }
    put_in_again(&mut layer, changes, &mut differences);
    differences.dedup();
    (layer, differences)
}

/// The state after all of `changes`, of which `start` holds the first ones: how many, is found by what fits. `None`
/// where nothing does.
fn catch_up(start: &State, changes: &[Change]) -> Option<State> {
    let apply = |state: &mut State, change: &Change| state.apply(change).is_ok();
    (0..=changes.len()).find_map(|held| {
        let mut back = start.clone();
        let earlier = changes.iter().take(held).rev();
        let was_done = earlier.map(|change| change.clone().inverse()).all(|change| apply(&mut back, &change));
        let mut end = start.clone();
        (was_done && changes.iter().skip(held).all(|change| apply(&mut end, change))).then_some(end)
    })
}

/// Does what can be done of a change to a layer that is not what it was when the change was made.
fn lay_over(layer: &mut Layer, change: &LayerChange, differences: &mut Vec<Differs>) {
    let ids = |edit: &Edit<Annotation>| edit.before.as_ref().or(edit.after.as_ref()).map(|a| a.id);
    for edit in &change.annotations {
        let Some(id) = ids(edit) else { continue };
        let found = layer.get(id).cloned();
        if found == edit.after {
            continue;
        }
        if found != edit.before {
            differences.push(Differs::Annotation(id));
        }
        // Its links stay: it comes back, or they are looked at below.
        let _ = layer.take(id);
        if edit.after.clone().is_some_and(|after| layer.insert(after).is_err())
            && let Some(found) = found
        {
            let _ = layer.insert(found);
        }
    }
    for Edit { before, after } in &change.links {
        let Some(id) = before.as_ref().or(after.as_ref()).map(|link| link.id) else { continue };
        let found = layer.link(id).cloned();
        if found == *after {
            continue;
        }
        if found != *before {
            differences.push(Differs::Link(id));
        }
        let _ = layer.remove_link(id);
        if let Some(after) = after {
            let _ = layer.insert_link(after.clone());
        }
    }
    for id in change.annotations.iter().filter_map(ids) {
        if layer.get(id).is_some() {
            continue;
        }
        for link in layer.links_of(id).map(|link| link.id).collect::<Vec<_>>() {
            differences.push(Differs::Link(link));
            let _ = layer.remove_link(link);
        }
    }
    let (now, then) = (layer.next_ids(), change.next.1);
    layer.set_next_ids(NextIds { annotation: now.annotation.max(then.annotation), link: now.link.max(then.link) });
    layer.set_status(change.status.1);
}

/// What could not be put in when its turn came, because of something that has changed since.
fn put_in_again(layer: &mut Layer, changes: &[LayerChange], differences: &mut Vec<Differs>) {
    let (mut annotations, mut links) = (BTreeMap::new(), BTreeMap::new());
    for change in changes {
        for Edit { before, after } in &change.annotations {
            annotations.extend(before.as_ref().or(after.as_ref()).map(|a| (a.id, after)));
        }
        for Edit { before, after } in &change.links {
            links.extend(before.as_ref().or(after.as_ref()).map(|link| (link.id, after)));
        }
    }
    for (id, wanted) in annotations {
        let Some(wanted) = wanted.as_ref().filter(|wanted| layer.get(id) != Some(*wanted)) else { continue };
        let found = layer.take(id).ok();
        if let Err(error) = layer.insert(wanted.clone()) {
            differences.push(Differs::Refused(error.to_string()));
            if let Some(found) = found {
                let _ = layer.insert(found);
            }
        }
    }
    for (id, wanted) in links {
        let Some(wanted) = wanted.as_ref().filter(|wanted| layer.link(id) != Some(*wanted)) else { continue };
        let _ = layer.remove_link(id);
        if let Err(error) = layer.insert_link(wanted.clone()) {
            differences.push(Differs::Refused(error.to_string()));
        }
    }
}

/// The texts of documents that changes bring in.
fn new_texts(changes: &[Change]) -> Vec<(DocumentId, Text)> {
    let edits = changes.iter().flat_map(|change| &change.project);
    let members = edits.filter_map(|edit| match edit {
        ProjectEdit::Membership { edit, .. } => edit.after.as_ref(),
        _ => None,
    });
    members.map(|new| (new.document.id.clone(), new.text.clone())).collect()
}

/// Copies a file that is not what it should be to `.byline/damaged/`; returns where it lies.
pub(super) fn set_aside(disk: &Disk, path: &Path) -> io::Result<PathBuf> {
    let gate = &mut disk.gate();
    let name = path.strip_prefix(&disk.root).unwrap_or(path).to_string_lossy().replace(['/', '\\'], "_");
    let folder = disk.private("damaged");
    super::save::private_folder(&disk.root, gate)?;
    write::make_folder(&folder, gate)?;
    let to = folder.join(format!("{}-{}", Utc::now().format("%Y%m%dT%H%M%SZ"), name.trim_start_matches('.')));
    write::replace(&to, &std::fs::read(path)?, gate)?;
    write::sync_folder_of(&to, gate)?;
    Ok(to)
}

#[cfg(test)]
mod tests;
