//! How others write annotated text: reading and writing exchange formats.
//!
//! A format is one file (or folder) here, its examples under `tests/formats`, and one line in [`ALL`]. It says what it
//! can hold ([`Card`]) and turns bytes into raw spans and back. What all formats share lives beside it, each thing once:
//! the guess how offsets were counted (`unit_trial`), from claims to spans that fit (`resolve`), what is lost
//! (`losses`), annotations that meet their text with other line ends (`reattach`), values as text (`encode`), files of JSON (`records`) and of XML (`xml`, with `exact` for what XML cannot
//! hold), what formats of JSON have no place for (`extras`), writing and verifying (`output`), entering a project
//! (`import`), what is wrong (`problem`).
//! Elsewhere: Byline's own files (`store`), articles without annotations (`ingest`).

pub mod annotators;
pub mod brat;
pub mod bundle;
pub mod cas;
pub mod claim_review;
pub mod conll;
pub mod conllu;
pub mod csv;
pub mod cursor;
pub mod docbin;
pub mod doccano;
pub mod encode;
pub mod exact;
pub mod extras;
pub mod gate;
pub mod gather;
pub mod huggingface;
pub mod import;
pub mod label_studio;
pub mod labelbuddy;
pub mod ledger;
pub mod losses;
pub mod markup;
pub mod output;
pub mod parallel;
pub mod problem;
pub mod prodigy;
pub mod read;
pub mod reattach;
pub mod records;
pub mod report;
pub mod resolve;
pub mod sidecar;
pub mod split;
pub mod tags;
pub mod tei;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod tokens;
pub mod unit_trial;
pub mod web_annotation;
pub mod webanno;
pub mod word_files;
pub mod xml;

pub use losses::{FlatPart, Loss, Lost, Policy, losses};
pub use output::{DatasetOptions, ExportDocument, ExportInput, ExportOptions, Shown, Sink, WriteError, Written};
pub use problem::{Cause, Place, Problem, Severity};
pub use read::{Cancelled, ImportedDocument, ImportedLayer, InputFile, Progress, ReadError, ReadOptions, ReadResult};
pub use reattach::Forms;
pub use split::{Split, SplitBy, Undivided};
pub use tags::TagScheme;
pub use unit_trial::{Unit, Verdict};

use crate::model::{Layer, Text};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// What a format can hold as data.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Capability {
    /// Spans that share text without one holding the other.
    Overlap,
    /// Spans inside others.
    Nesting,
    /// Several labels on one range.
    SeveralLabels,
    /// Spans of several fragments.
    Discontinuous,
    /// Links.
    Links,
    /// Attributes of annotations.
    Attributes,
    /// Notes on annotations and links.
    Notes,
    /// What is known about a document.
    Metadata,
    /// The directions of single paragraphs that run otherwise than their document.
    Directions,
    /// The text itself.
    Text,
    /// Where annotations come from and when they were made.
    Provenance,
    /// The numbers of annotations and links.
    Ids,
    /// The project's people and organisations.
    Entities,
    /// How far the annotator was.
    Status,
    /// Annotations whatever their label is and whatever they are linked to. Named only where a format lacks it.
    AnyAnnotation,
}

/// Whether files of a format can come in, go out, or both.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Uses {
    /// Read and written.
    Both,
    /// Only written.
    Export,
}

impl Uses {
    /// Whether files can be read.
    pub fn reads(self) -> bool {
        self == Self::Both
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Both => "import, export",
            Self::Export => "export",
        }
    }
}

/// What a format is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Card {
    /// As the command line names it.
    pub name: &'static str,
    /// As people name it.
    pub title: &'static str,
    /// Which versions or shapes of it there are, in words.
    pub versions: &'static str,
    /// Whether it is read as well as written.
    pub uses: Uses,
    /// Extensions of its files, lower case, the most usual first.
    pub extensions: &'static [&'static str],
    /// In what it counts offsets.
    pub unit: Unit,
    /// What it holds as data, for any program that reads it.
    pub holds: &'static [Capability],
    /// What comes back when Byline reads what Byline wrote, beyond `holds`.
    pub byline_keeps: &'static [Capability],
    /// What it cannot hold, in words.
    pub cannot: &'static str,
}

impl Card {
    /// Whether any program that reads the format gets this.
    pub fn holds(&self, what: Capability) -> bool {
        self.holds.contains(&what)
    }

    /// Whether it comes back when Byline reads what Byline wrote.
    pub fn keeps(&self, what: Capability) -> bool {
        self.holds(what) || self.byline_keeps.contains(&what)
    }
}

/// An exchange format.
pub trait Format: Sync {
    /// What it is and what it can hold.
    fn card(&self) -> &'static Card;

    /// Whether it marks words only: a span of nothing but white space then has no place in it.
    fn holds_only_words(&self) -> bool {
        false
    }

    /// Whether its files are nothing without the text: annotations stand in the text there, not beside it.
    fn needs_text(&self) -> bool {
        false
    }

    /// Whether it is a dataset with splits and a licence: whether [`ExportOptions::dataset`] means anything to it.
    fn is_dataset(&self) -> bool {
        false
    }

    /// How surely these files are of this format, by their content: 0 for not at all, 100 for certain.
    fn recognise(&self, _files: &[InputFile]) -> u8 {
        0
    }

    /// Reads files; what is wrong goes into the problems of the result. Called through [`read`], for formats that are
    /// read.
    ///
    /// # Errors
    /// Only where the person gave up.
    fn read(&self, _files: &[InputFile], _options: &ReadOptions, _progress: Progress) -> Result<ReadResult, Cancelled> {
        Ok(ReadResult::default())
    }

    /// What the format lacks of a layer's annotations and links, if it takes in some of them and others not; `None` where
    /// the card says it for all.
    fn lacks(&self, _layer: &Layer) -> Option<Vec<Lost>> {
        None
    }

    /// The part of its files in which a word belongs to one span at most, if there is one beside what holds every span.
    fn flat_part(&self, _options: &ExportOptions) -> Option<FlatPart> {
        None
    }

    /// What the format lacks of a text, in words, if it does not hold every character.
    fn lacks_of_text(&self, _text: &Text) -> Option<String> {
        None
    }

    /// Whether the marked words stand in the files whatever is asked for, also where the texts stay out.
    fn always_quotes(&self) -> bool {
        false
    }

    /// Writes documents; what it writes of the text it verifies. Called through [`write`](fn@write).
    fn write(
        &self,
        input: &ExportInput,
        options: &ExportOptions,
        sink: &mut dyn Sink,
        progress: Progress,
    ) -> Result<output::Verified, WriteError>;
}

/// All formats, in the order in which they are offered.
#[rustfmt::skip] // One a line, so that adding one is adding a line.
pub static ALL: &[&dyn Format] = &[
    &csv::Csv,
    &conll::Conll,
    &conllu::Conllu,
    &doccano::Doccano,
    &brat::Brat,
    &labelbuddy::Labelbuddy,
    &prodigy::Prodigy,
    &tei::Tei,
    &report::Report,
    &claim_review::ClaimReview,
    &bundle::Bundle,
    &label_studio::LabelStudio,
    &web_annotation::WebAnnotation,
    &docbin::DocBin,
    &huggingface::HuggingFace,
    &cas::Xmi,
    &cas::CasJson,
    &gate::Gate,
    &webanno::WebAnno,
];

/// The format with this name.
pub fn by_name(name: &str) -> Option<&'static dyn Format> {
    ALL.iter().copied().find(|format| format.card().name.eq_ignore_ascii_case(name))
}

/// The formats that the files can be, the surest first; empty for none.
pub fn recognise(files: &[InputFile]) -> Vec<&'static dyn Format> {
    let mut sure: Vec<_> = ALL.iter().copied().map(|format| (format.recognise(files), format)).collect();
    sure.retain(|(sureness, _)| *sureness > 0);
    sure.sort_by_key(|(sureness, _)| std::cmp::Reverse(*sureness));
    sure.into_iter().map(|(_, format)| format).collect()
}

/// Reads files of a format: all or nothing, unless the options say to keep going.
pub fn read(
    format: &dyn Format,
    files: &[InputFile],
    options: &ReadOptions,
    progress: Progress,
) -> Result<ReadResult, ReadError> {
    if !format.card().uses.reads() {
        let place = Place::file(files.first().map_or("", |f| &f.name));
        let cause = Cause::Nothing(format!("{} can only be written", format.card().title));
        return Err(ReadError::Refused(vec![Problem::error(place, cause, "choose another format")]));
    }
    let options = &ReadOptions { forms: Forms::default(), ..options.clone() };
    let mut result = format.read(files, options, progress)?;
    options.forms.bring_home(&mut result);
    tell_of_one_text_twice(&mut result);
    result.problems.sort_by(|a, b| a.place.cmp(&b.place));
    let wrong = result.problems.iter().any(|p| p.severity == Severity::Error);
    let empty = result.documents.is_empty();
    if wrong && (empty || !options.keep_going) {
        return Err(ReadError::Refused(result.problems));
    }
    if empty {
        let place = Place::file(files.first().map_or("", |f| &f.name));
        let cause = Cause::Nothing(format!("no document of the format {}", format.card().title));
        // Before the doubts, which say why nothing was taken in.
        result.problems.insert(0, Problem::error(place, cause, "choose another format or other files"));
        return Err(ReadError::Refused(result.problems));
    }
    Ok(result)
}

/// A text is one document, however often a dataset has it, as syndicated news: what is known of the later ones has no
/// place in it.
fn tell_of_one_text_twice(result: &mut ReadResult) {
    let mut first: HashMap<&str, &ImportedDocument> = HashMap::new();
    for document in &result.documents {
        match first.entry(document.text.sha256()) {
            Entry::Vacant(place) => drop(place.insert(document)),
            Entry::Occupied(same) if same.get().metadata != document.metadata => {
                let what = format!(
                    "“{}” has the text of “{}”, but another source, date or other metadata, which are not taken in",
                    document.title,
                    same.get().title
                );
                let help = "its annotations come into the one document that a text has";
                result.problems.push(Problem::doubt(Place::file(&document.file), Cause::NotKept(what), help));
            }
            Entry::Occupied(_) => {}
        }
    }
}

/// Writes documents in a format to `sink`.
///
/// # Errors
/// Where the policy is to refuse and something overlaps or is discontinuous that the format cannot hold so.
pub fn write(
    format: &dyn Format,
    input: &ExportInput,
    options: &ExportOptions,
    sink: &mut dyn Sink,
    progress: Progress,
) -> Result<Written, WriteError> {
    let losses = losses::losses(format, input, options);
    if options.policy == Policy::Refuse && losses.iter().any(Loss::needs_policy) {
        return Err(WriteError::NeedsPolicy(losses));
    }
    if options.without_text && format.needs_text() {
        return Err(WriteError::NeedsText(format.card().title));
    }
    let verified = format.write(input, options, sink, progress)?;
    Ok(Written { verified, losses })
}
