//! brat's standoff: `X.txt` with `X.ann` beside it, and three files that describe the labels.
//!
//! Offsets are code points; the text column must be what stands there. Of others' files all of T, R, E, A, M, N, `#` and
//! `*` is read: an event's trigger becomes an annotation and its roles become links. What brat has no line for is
//! written as notes of a type of its own, which brat shows and keeps:
//! `Attribute:NAME` (a value), `JsonNotes` (a note that brat's one line cannot hold) and `Fragments` (the exact span
//! where brat's must be cut at line ends).

mod ann;
mod conf;
mod names;
mod write;

use super::annotators::merged;
use super::gather::utf8;
use super::output::{ExportInput, ExportOptions, Sink, Verified, WriteError};
use super::parallel;
use super::problem::{Cause, Place, Problem};
use super::read::{self, Cancelled, ImportedDocument, InputFile, Progress, ReadOptions, ReadResult};
use super::resolve::{self, Rules};
use super::unit_trial::Unit;
use super::{Capability, Card, Format, Uses};
use crate::model::{EntityId, Name, Text, Value};
use names::Names;
use std::collections::{BTreeMap, BTreeSet};

/// brat's standoff.
pub struct Brat;

static CARD: Card = Card {
    name: "brat",
    title: "brat standoff",
    versions: "brat 1.3 and before",
    uses: Uses::Both,
    extensions: &["ann", "txt", "conf"],
    unit: Unit::CodePoints,
    holds: &[
        Capability::Overlap,
        Capability::Nesting,
        Capability::SeveralLabels,
        Capability::Discontinuous,
        Capability::Links,
        Capability::Attributes,
        Capability::Notes,
        Capability::Text,
        Capability::Ids,
    ],
    byline_keeps: &[],
    cannot: "metadata and titles, origins and times, the status, kinds and other names of entities; names of labels \
             beyond a–z, A–Z, 0–9, - and _ are mapped, with the full name in visual.conf",
};

/// Characters at which some reader of brat's files ends a line or a column: no quote may hold them.
const BREAKS: [char; 11] =
    ['\n', '\r', '\t', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];

/// The attribute that makes an annotation the trigger of an event: its id and the kinds of links that are its roles.
const EVENT: &str = "brat_event";
/// The attribute that holds the entity of an annotation with a normalisation.
const ENTITY: &str = "entity";
/// Types of notes that hold what brat has no line for.
const NOTE: &str = "AnnotatorNotes";
const JSON_NOTE: &str = "JsonNotes";
const FRAGMENTS: &str = "Fragments";
const ATTRIBUTE: &str = "Attribute:";
/// What stands before and after a span, for people, where the text stays out.
const CONTEXT: &str = "Context";
/// The database whose ids are those of entities in Byline.
const BYLINE_DB: &str = "Byline";

impl Format for Brat {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn recognise(&self, files: &[InputFile]) -> u8 {
        let anns: Vec<_> = files.iter().filter(|f| f.has_extension("ann")).collect();
        // Empty files say nothing, and one that is damaged does not make a corpus another format.
        let full: Vec<_> = anns.iter().filter(|f| !f.bytes.trim_ascii().is_empty()).collect();
        let sure: Vec<u8> = full.iter().map(|f| ann::sureness(f)).filter(|sureness| *sureness > 0).collect();
        let names_texts = |f: &InputFile| {
            f.base_name() == "annotation.conf" && memchr::memmem::find(&f.bytes, b"# byline text ").is_some()
        };
        let paired = anns.iter().any(|ann| {
            let is_its_text =
                |f: &InputFile| f.has_extension("txt") && f.folder() == ann.folder() && f.stem() == ann.stem();
            files.iter().any(|f| is_its_text(f) || names_texts(f))
        });
        match sure.iter().max() {
            Some(most) if sure.len() * 2 >= full.len() => {
                if paired {
                    *most
                } else {
                    20
                }
            }
            None if full.is_empty() && paired => 50,
            _ => 0,
        }
    }

    fn read(&self, files: &[InputFile], options: &ReadOptions, progress: Progress) -> Result<ReadResult, Cancelled> {
        let mut result = ReadResult::default();
        let mut entities = ann::Entities::default();
        let confs = confs(files, &mut result);
        let documents = pairs(files, &confs, options, &mut result.problems);
        let mut folders = BTreeMap::new();
        let read = |_: &mut read::Names, pair: Pair, progress: Progress| {
            let names = nearest(&confs, pair.file.folder()).1;
            // Entities of other databases are numbered over all documents, in their order.
            if pair.ann.is_some_and(ann::refers) {
                return Ok((None, Vec::new()));
            }
            let (mut none, mut problems) = (ann::Entities::default(), Vec::new());
            let document = document(pair, names, &mut none, options, &mut problems, progress)?;
            Ok((Some(document), problems))
        };
        let mut done = Vec::with_capacity(documents.len());
        let size = |pair: &Pair| pair.file.bytes.len() + pair.ann.map_or(0, |ann| ann.bytes.len());
        parallel::each(documents.clone(), size, progress, read, |one| done.push(one))?;
        for (pair, (document_read, mut problems)) in documents.into_iter().zip(done) {
            let file = pair.file;
            let (folder, names) = nearest(&confs, file.folder());
            let document = match document_read {
                Some(document) => document,
                None => document(pair, names, &mut entities, options, &mut problems, progress)?,
            };
            result.problems.append(&mut problems);
            if let Some(mut document) = document {
                let below = file.folder().strip_prefix(folder).unwrap_or_default().trim_end_matches('/');
                if let Some(annotator) = names.annotator(if below.is_empty() { "." } else { below }) {
                    document.layers.iter_mut().for_each(|layer| layer.annotator = Name::from(annotator));
                }
                folders.insert(document.file.clone(), last_folder(file).to_owned());
                result.documents.push(document);
            }
        }
        result.entities = entities.finish();
        number_entities(&mut result);
        let whose = |document: &ImportedDocument| folders.get(&document.file).cloned().unwrap_or_default();
        let count = result.documents.len();
        result.documents = merged(result.documents, options, whose);
        if result.documents.len() < count {
            // Each folder holds only what its annotator did; brat lists by name.
            result.documents.sort_by(|a, b| a.id.cmp(&b.id));
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
        write::write(input, options, sink, progress)
    }
}

/// Gives entities of other databases, which have no number, the numbers after those of ours.
fn number_entities(result: &mut ReadResult) {
    let ours = result.entities.iter().filter(|e| !ann::is_foreign(e.id)).map(|e| e.id.0).max().unwrap_or(0);
    let mut numbers: BTreeMap<String, String> = BTreeMap::new();
    let foreign = result.entities.iter_mut().rev().filter(|e| ann::is_foreign(e.id));
    for (number, entity) in (ours.saturating_add(1)..).zip(foreign) {
        let before = entity.id.to_string();
        entity.id = EntityId(number);
        numbers.insert(before, entity.id.to_string());
    }
    result.entities.sort_unstable_by_key(|e| e.id);
    let layers = result.documents.iter_mut().flat_map(|d| &mut d.layers);
    for annotation in layers.flat_map(|l| &mut l.annotations) {
        if let Some(Value::Text(id)) = annotation.attributes.get_mut(ENTITY)
            && let Some(number) = numbers.get(id)
        {
            number.clone_into(id);
        }
    }
}

fn last_folder(file: &InputFile) -> &str {
    file.folder().trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// What the configuration files of each folder say; hints go to the result.
fn confs(files: &[InputFile], result: &mut ReadResult) -> BTreeMap<String, Names> {
    let mut confs: BTreeMap<String, Names> = BTreeMap::new();
    // The names come from annotation.conf, and the other two files use them.
    for base in ["annotation.conf", "visual.conf", "kb_shortcuts.conf"] {
        for file in files.iter().filter(|f| f.base_name() == base) {
            match utf8(&file.name, &file.bytes) {
                Ok(content) => {
                    let names = confs.entry(file.folder().to_owned()).or_default();
                    conf::read(base, content, names, &mut result.scheme);
                }
                Err(problem) => result.problems.push(problem),
            }
        }
    }
    confs
}

/// The configuration of the folder or of the nearest one above it, as brat looks for it.
fn nearest<'a>(confs: &'a BTreeMap<String, Names>, folder: &str) -> (&'a str, &'a Names) {
    static NONE: Names = Names::new();
    let above = confs.iter().filter(|(conf, _)| folder.starts_with(conf.as_str()));
    above.max_by_key(|(conf, _)| conf.len()).map_or(("", &NONE), |(conf, names)| (conf.as_str(), names))
}

/// A text and its annotations.
#[derive(Clone)]
struct Pair<'a> {
    /// The text's, or that of the annotations where the text is the project's.
    file: &'a InputFile,
    /// What the project has where there is no file.
    known: Option<Text>,
    ann: Option<&'a InputFile>,
}

/// Texts with their annotations, by name. A text without annotations stands alone if it lies beside some that have;
/// one without a file is that of the project that the configuration names.
fn pairs<'a>(
    files: &'a [InputFile],
    confs: &BTreeMap<String, Names>,
    options: &ReadOptions,
    problems: &mut Vec<Problem>,
) -> Vec<Pair<'a>> {
    let of = |extension: &str| -> BTreeMap<String, &InputFile> {
        let found = files.iter().filter(|f| f.has_extension(extension));
        found.map(|f| (format!("{}{}", f.folder(), f.stem()), f)).collect()
    };
    let (txts, anns) = (of("txt"), of("ann"));
    let mut pairs: BTreeMap<&String, Pair> = BTreeMap::new();
    for (stem, ann) in anns.iter().filter(|(stem, _)| !txts.contains_key(*stem)) {
        let hash = nearest(confs, ann.folder()).1.text(ann.stem());
        let known = hash.and_then(|hash| options.text_with(hash));
        if known.is_some() {
            pairs.insert(stem, Pair { file: ann, known, ann: Some(ann) });
            continue;
        }
        let cause = Cause::MissingFile(format!("{stem}.txt"));
        let help = match hash {
            Some(_) => "it was left out when this was written: import into the project that has its text",
            None => "choose the folder that holds both files",
        };
        problems.push(Problem::error(Place::file(&ann.name), cause, help));
    }
    let folders: BTreeSet<&str> = anns.values().map(|f| f.folder()).collect();
    let beside = |txt: &&InputFile| folders.contains(txt.folder());
    let with_file = txts.iter().filter(|(_, txt)| beside(txt));
    pairs.extend(with_file.map(|(stem, txt)| (stem, Pair { file: txt, known: None, ann: anns.get(stem).copied() })));
    pairs.into_values().collect()
}

fn document<'a>(
    pair: Pair<'a>,
    names: &Names,
    entities: &mut ann::Entities,
    options: &ReadOptions,
    problems: &mut Vec<Problem>,
    progress: Progress,
) -> Result<Option<ImportedDocument>, Cancelled> {
    let mut read = |file: &'a InputFile| match utf8(&file.name, &file.bytes) {
        Ok(content) => Some(content),
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    let Pair { file: txt, known, ann } = pair;
    let text = known.or_else(|| read(txt).map(Text::new));
    let (Some(text), Some(lines)) = (text, ann.map_or(Some(""), &mut read)) else {
        return Ok(None);
    };
    let file = ann.unwrap_or(txt);
    let raw = ann::layer(&file.name, lines, names, entities, problems);
    let rules = Rules { format: CARD.name, unit: CARD.unit, fits, rejoin: Some(is_break) };
    let (layers, verdict) = resolve::layers(&text, vec![raw], &file.name, rules, options, problems, progress)?;
    Ok(Some(ImportedDocument::new(txt.stem().to_owned(), txt.stem().to_owned(), text, &file.name, layers, verdict)))
}

/// brat joins fragments with a space; before version 1.3 it joined them with nothing. Line breaks are shown as spaces.
fn fits(quote: &str, slices: &[&str]) -> bool {
    let shown = |separator: &str| slices.join(separator).replace(BREAKS, " ");
    match slices {
        [one] if *one == quote => true,
        [one] => one.contains(BREAKS) && shown("") == quote,
        _ => shown(" ") == quote || shown("") == quote,
    }
}

/// Whether a gap between fragments is only there because brat cannot hold it.
fn is_break(gap: &str) -> bool {
    gap.contains(BREAKS) && gap.chars().all(|c| c.is_whitespace() || BREAKS.contains(&c))
}
