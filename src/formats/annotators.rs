//! Formats that write a file or folder for each annotator: where each file goes, and one document of what has the same
//! text.

use super::output::{ExportDocument, ExportInput, WriteError, unique_stems};
use super::read::{ImportedDocument, ImportedLayer, Progress, ReadOptions};
use crate::model::{Layer, Name, Status};
use std::collections::HashMap;

/// Calls `write` for each document and annotator, with the name of its file without the extension; with several
/// annotators, each has a folder. A document that nobody has worked on is a text to be annotated, and goes out once.
pub fn each_file<'a>(
    input: &ExportInput<'a>,
    progress: Progress,
    mut write: impl FnMut(&ExportDocument<'a>, Option<&'a Layer>, &str) -> Result<(), WriteError>,
) -> Result<(), WriteError> {
    let annotators = input.annotators();
    let stems = unique_stems(annotators.iter().copied());
    for (n, document) in input.documents.iter().enumerate() {
        progress.step(n, input.documents.len())?;
        let todo = document.layers.is_empty().then_some(None);
        for layer in document.layers.iter().copied().map(Some).chain(todo) {
            let folder = layer.filter(|_| annotators.len() > 1).and_then(|l| stems.get(l.key().annotator.as_str()));
            let folder = folder.map_or_else(String::new, |stem| format!("{stem}/"));
            write(document, layer, &format!("{folder}{}", document.document.id))?;
        }
    }
    Ok(())
}

/// Makes one document of those that different files give the same text, where `whose` differs: it is the annotator of
/// layers for which the files name nobody else.
pub fn merged(
    documents: Vec<ImportedDocument>,
    options: &ReadOptions,
    whose: impl Fn(&ImportedDocument) -> String,
) -> Vec<ImportedDocument> {
    let mut sources: HashMap<String, Vec<String>> = HashMap::new();
    let several = documents.iter().map(&whose).any(|w| documents.first().is_some_and(|first| whose(first) != w));
    if !several {
        return documents;
    }
    for document in &documents {
        sources.entry(document.text.sha256().to_owned()).or_default().push(whose(document));
    }
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<ImportedDocument> = Vec::new();
    for mut document in documents {
        let hash = document.text.sha256().to_owned();
        let source = whose(&document);
        let shared = sources.get(&hash).is_some_and(|all| all.iter().any(|other| *other != source));
        if shared && !source.is_empty() {
            let unnamed = document.layers.iter_mut().filter(|layer| layer.annotator == options.annotator);
            unnamed.for_each(|layer| layer.annotator = Name::from(source.as_str()));
        }
        let twin =
            places.get(&hash).and_then(|at| kept.get_mut(*at)).filter(|twin| shared && can_join(twin, &document));
        if let Some(twin) = twin {
            twin.verdict.join(document.verdict);
            twin.layers.extend(document.layers.into_iter().filter(is_something));
        } else {
            places.insert(hash, kept.len());
            kept.push(document);
        }
    }
    kept
}

/// One document of what several annotators did on a text: in folders of theirs, or in files of theirs in one folder.
pub fn one_a_text(documents: Vec<ImportedDocument>, options: &ReadOptions) -> Vec<ImportedDocument> {
    let folder = |file: &str| file.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let mut beside: HashMap<(String, String), usize> = HashMap::new();
    for document in &documents {
        *beside.entry((folder(&document.file), document.text.sha256().to_owned())).or_default() += 1;
    }
    let is_beside_others = |document: &ImportedDocument| {
        let key = (folder(&document.file), document.text.sha256().to_owned());
        beside.get(&key).is_some_and(|count| *count > 1)
    };
    let mut documents = documents;
    for document in documents.iter_mut().filter(|document| is_beside_others(document)) {
        // As WebAnno and INCEpTION export: a folder with the name of the document, and files with those of people.
        let of = folder(&document.file);
        let base = of.rsplit('/').next().unwrap_or_default();
        let stem = base.rsplit_once('.').map_or(base, |(stem, _)| stem);
        let file = document.file.rsplit('/').next().unwrap_or_default();
        if !stem.is_empty() && file.rsplit_once('.').is_some_and(|(person, _)| person == document.id) {
            (document.id, document.title) = (stem.to_owned(), stem.to_owned());
        }
    }
    merged(documents, options, |document| {
        let folder = folder(&document.file);
        let several = is_beside_others(document);
        let base = document.file.rsplit('/').next().unwrap_or_default();
        let stem = base.rsplit_once('.').map_or(base, |(stem, _)| stem);
        if several { stem.to_owned() } else { folder.rsplit('/').next().unwrap_or_default().to_owned() }
    })
}

fn is_something(layer: &ImportedLayer) -> bool {
    !layer.annotations.is_empty() || layer.status != Status::NotStarted
}

fn can_join(one: &ImportedDocument, other: &ImportedDocument) -> bool {
    let taken = |layer: &&ImportedLayer| one.layers.iter().any(|l| l.annotator == layer.annotator);
    one.file != other.file && !other.layers.iter().filter(|l| is_something(l)).any(|l| taken(&l))
}
