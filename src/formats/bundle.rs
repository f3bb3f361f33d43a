//! Byline's own project in one file. How it is written and read stands in [`crate::store`]; here it is an exchange
//! format like the others, so that a project, or some of its documents, can be taken into another one.

use super::output::{ExportInput, ExportOptions, Sink, Verified, Verifier, WriteError, io_at};
use super::problem::{Cause, Place, Problem};
use super::read::{
    Cancelled, ImportedDocument, ImportedLayer, InputFile, Progress, ReadOptions, ReadResult, SchemeHints,
};
use super::unit_trial::{Unit, Verdict};
use super::{Capability, Card, Format, Uses};
use crate::model::{AttributeKind, DocumentId, Entity, EntityId, Layer, Project, Scheme, Value};
use crate::store::{Bundle as Opened, FileError, is_bundle, write_bundle};
use std::collections::HashMap;
use std::io;
use std::path::Path;

/// Byline's own bundle.
pub struct Bundle;

static CARD: Card = Card {
    name: "bundle",
    title: "Byline bundle",
    versions: "1",
    uses: Uses::Both,
    extensions: &["ron"],
    unit: Unit::Bytes,
    holds: &[
        Capability::Overlap,
        Capability::Nesting,
        Capability::SeveralLabels,
        Capability::Discontinuous,
        Capability::Links,
        Capability::Attributes,
        Capability::Notes,
        Capability::Metadata,
        Capability::Directions,
        Capability::Text,
        Capability::Provenance,
        Capability::Ids,
        Capability::Entities,
        Capability::Status,
    ],
    byline_keeps: &[],
    cannot: "nothing of the project; guidelines stand in it when `byline pack` makes it",
};

impl Format for Bundle {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn always_quotes(&self) -> bool {
        true
    }

    fn recognise(&self, files: &[InputFile]) -> u8 {
        let is_one = |file: &InputFile| file.has_extension("ron") && is_bundle(&file.bytes);
        if files.iter().any(is_one) { 100 } else { 0 }
    }

    fn read(&self, files: &[InputFile], options: &ReadOptions, progress: Progress) -> Result<ReadResult, Cancelled> {
        let mut result = ReadResult::default();
        for (n, file) in files.iter().enumerate() {
            progress.step(n, files.len())?;
            let source = match std::str::from_utf8(&file.bytes) {
                Ok(source) => source,
                Err(error) => {
                    let cause = Cause::NotUtf8 { at: error.valid_up_to() };
                    result.problems.push(Problem::error(Place::file(&file.name), cause, "take it from a backup"));
                    continue;
                }
            };
            match Opened::open(Path::new(&file.name), source) {
                Ok(bundle) => take(bundle, file, options, &mut result, progress)?,
                Err(error) => result.problems.push(problem(&file.name, error)),
            }
        }
        Ok(result)
    }

    fn write(
        &self,
        input: &ExportInput,
        options: &ExportOptions,
        sink: &mut dyn Sink,
        progress: Progress,
    ) -> Result<Verified, WriteError> {
        let mut verified = Verified::default();
        let count = input.documents.len();
        for (n, document) in input.documents.iter().enumerate() {
            progress.step(n, count)?;
            let mut verifier = Verifier::new(document);
            for annotation in document.layers.iter().flat_map(|layer| layer.annotations()) {
                for fragment in annotation.span.fragments() {
                    verifier.slice(&annotation.id.to_string(), fragment, CARD.unit)?;
                }
            }
            verified.slices += verifier.verified().slices;
        }
        let documents = input.documents.iter().map(|d| d.document.clone()).collect();
        let project = Project { documents, ..input.project.clone() };
        let texts = input.documents.iter().filter(|_| !options.without_text).map(|d| (&d.document.id, d.text));
        let layers = input.documents.iter().flat_map(|d| d.layers.iter().copied());
        let name = "bundle.ron";
        let source = write_bundle(&project, texts, layers, None).map_err(|e| io_at(name)(io::Error::other(e)))?;
        let mut out = sink.file(name)?;
        out.write_all(source.as_bytes()).and_then(|()| out.flush()).map_err(io_at(name))?;
        Ok(verified)
    }
}

fn problem(file: &str, error: FileError) -> Problem {
    let (line, column) = error.excerpt.as_ref().map(|e| (e.line, e.column)).unzip();
    let help = error.fault.help();
    Problem::error(Place { file: file.to_owned(), line, column }, Cause::Own(error.fault), help)
}

/// Adds what an opened bundle holds.
fn take(
    mut bundle: Opened,
    file: &InputFile,
    options: &ReadOptions,
    result: &mut ReadResult,
    progress: Progress,
) -> Result<(), Cancelled> {
    let wrong = std::mem::take(&mut bundle.faults);
    // A text of which something worse was said is not missing besides.
    let told: Vec<_> = wrong.iter().filter_map(|error| error.id.clone()).collect();
    result.problems.extend(wrong.into_iter().map(|error| problem(&file.name, error)));
    let mut documents: Vec<ImportedDocument> = Vec::with_capacity(bundle.project.documents.len());
    let mut places: HashMap<&DocumentId, usize> = HashMap::new();
    for document in &bundle.project.documents {
        let known = || options.text_with(&document.sha256);
        let Some(text) = bundle.text(&document.id).cloned().or_else(known) else {
            if !told.iter().any(|id| id == document.id.as_str()) {
                result.problems.push(problem(&file.name, bundle.missing(&document.id)));
            }
            continue;
        };
        places.insert(&document.id, documents.len());
        documents.push(ImportedDocument {
            id: document.id.to_string(),
            title: document.title.clone(),
            text,
            metadata: document.metadata.clone(),
            direction: document.direction,
            directions: document.directions.clone(),
            original: document.original.clone(),
            file: file.name.clone(),
            layers: Vec::new(),
            verdict: Verdict::nothing(CARD.unit),
        });
    }
    let count = bundle.layers().len();
    for (n, key) in bundle.layers().enumerate() {
        progress.step(n, count)?;
        let Some(document) = places.get(&key.document).and_then(|at| documents.get_mut(*at)) else { continue };
        match bundle.layer(n, &document.text) {
            Ok(None) => {}
            Ok(Some(read)) => {
                document.layers.push(imported(&read.layer));
                let counts =
                    Verdict { verified: read.quotes_verified, of: read.annotations, ..document.verdict.clone() };
                document.verdict.join(counts);
                result.problems.extend(read.faults.into_iter().map(|error| problem(&file.name, error)));
                if read.faults_not_kept > 0 {
                    let cause = Cause::NotKept(format!(
                        "{} more faults in the layer of {}",
                        read.faults_not_kept, key.annotator
                    ));
                    result.problems.push(Problem::error(Place::file(&file.name), cause, ""));
                }
            }
            Err(error) => result.problems.push(problem(&file.name, error)),
        }
    }
    add_entities(&bundle.project, &mut documents, &mut result.entities);
    add_scheme(&bundle.project.scheme, &mut result.scheme);
    result.documents.append(&mut documents);
    Ok(())
}

fn imported(layer: &Layer) -> ImportedLayer {
    ImportedLayer {
        annotator: layer.key().annotator.clone(),
        status: layer.status(),
        annotations: layer.annotations().cloned().collect(),
        links: layer.links().cloned().collect(),
    }
}

/// Adds all entities of a project. Where another bundle has used an id for somebody else, they get new ones.
fn add_entities(project: &Project, documents: &mut [ImportedDocument], entities: &mut Vec<Entity>) {
    let mut next = entities.iter().map(|e| e.id.0).max().unwrap_or(0).max(project.next_entity);
    let mut became: HashMap<EntityId, EntityId> = HashMap::new();
    for entity in project.entities.values() {
        match entities.iter().find(|e| e.id == entity.id) {
            Some(known) if known == entity => {}
            Some(_) => {
                next = next.saturating_add(1);
                became.insert(entity.id, EntityId(next));
                entities.push(Entity { id: EntityId(next), ..entity.clone() });
            }
            None => entities.push(entity.clone()),
        }
    }
    if became.is_empty() {
        return;
    }
    for annotation in documents.iter_mut().flat_map(|d| &mut d.layers).flat_map(|l| &mut l.annotations) {
        let Some(label) = project.scheme.label(&annotation.label) else { continue };
        for (name, value) in &mut annotation.attributes {
            let refers = label.attribute(name).is_some_and(|a| matches!(a.kind, AttributeKind::Entity(_)));
            let id = value.as_text().and_then(|text| text.parse().ok()).filter(|_| refers);
            if let Some(id) = id.and_then(|id: EntityId| became.get(&id)) {
                *value = Value::Text(id.to_string());
            }
        }
    }
}

/// Adds a whole scheme; what an earlier bundle said of a label or a kind of link stands.
fn add_scheme(scheme: &Scheme, hints: &mut SchemeHints) {
    for label in &scheme.labels {
        let is_new = !hints.labels.iter().any(|hint| hint.name == label.name);
        let hint = hints.label(&label.name);
        if is_new {
            hint.title = Some(label.title.clone());
            (hint.colour, hint.key, hint.underline) = (Some(label.colour), label.key, Some(label.underline));
            (hint.description, hint.on) = (label.description.clone(), label.on);
        }
        let missing = label.attributes.iter().filter(|a| !hint.attributes.iter().any(|known| known.name == a.name));
        let missing: Vec<_> = missing.cloned().collect();
        hint.attributes.extend(missing);
    }
    let known: Vec<_> = hints.links.iter().map(|link| link.name.clone()).collect();
    hints.links.extend(scheme.links.iter().filter(|link| !known.contains(&link.name)).cloned());
}
