//! Files in a project's folders that no document names.

use crate::model::{DocumentId, LayerKey, Project};
use crate::store::{ProjectFolder, annotator_of, names_in};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Path, what is wrong, what to do.
type Stray = (PathBuf, String, String);

/// Everything in `documents/` and `annotations/` that belongs to no document, by path.
pub(super) fn find(folder: &ProjectFolder, project: &Project) -> Vec<Stray> {
    let documents = folder.path().join("documents");
    let annotations = folder.path().join("annotations");
    let ids: BTreeSet<&DocumentId> = project.documents.iter().map(|d| &d.id).collect();
    let known = |file: &str, ending: &str| {
        let id = file.strip_suffix(ending).and_then(|stem| DocumentId::new(stem).ok());
        id.is_some_and(|id| ids.contains(&id))
    };
    let mut strays = Vec::new();
    for file in names(&documents).filter(|file| !known(file, ".txt")) {
        strays.extend(stray(documents.join(&file), &file));
    }
    for annotator in names(&annotations) {
        let path = annotations.join(&annotator);
        if !path.is_dir() {
            strays.extend(stray(path, &annotator));
        } else if annotator_of(&annotator).is_none() && !annotator.starts_with('.') {
            strays.push(misnamed(folder, path, &annotator));
        } else {
            for file in names(&path).filter(|file| !known(file, ".ron")) {
                strays.extend(stray(path.join(&file), &file));
            }
        }
    }
    strays
}

fn names(folder: &Path) -> impl Iterator<Item = String> {
    names_in(folder).unwrap_or_default().into_iter()
}

fn stray(path: PathBuf, name: &str) -> Option<Stray> {
    if name.starts_with(".byline-") {
        let message = "left over from a save that was interrupted".to_owned();
        return Some((path, message, "remove it; it is no part of the project".to_owned()));
    }
    let message = "no document of the project has this file".to_owned();
    let help = "add the document to the project, or move the file elsewhere; Byline does not touch it".to_owned();
    // Hidden files are somebody else's business.
    (!name.starts_with('.')).then_some((path, message, help))
}

fn misnamed(folder: &ProjectFolder, path: PathBuf, name: &str) -> Stray {
    let message = "the folder's name is not how Byline writes the name of an annotator".to_owned();
    let any = DocumentId::from_title(1, "");
    let meant = folder.layer_path(&LayerKey { document: any, annotator: name.into() });
    let meant = meant.ok().and_then(|file| Some(file.parent()?.file_name()?.to_string_lossy().into_owned()));
    let help = match meant {
        Some(meant) => format!("rename it to `{meant}` if it is the folder of “{name}”"),
        None => "give it a shorter name".to_owned(),
    };
    (path, message, help)
}
