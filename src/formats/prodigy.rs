//! JSON lines of Prodigy and of spaCy: texts with spans in code points, tokens, and relations between spans.
//!
//! Read: Prodigy's tasks, spaCy's Doc as JSON (`ents` and `spans`), and the pairs of text and entities of spaCy 2.
//! Written: a task for each document and annotator, with tokens into which every span fits, so that spaCy loses none.

mod read;
mod write;

use super::output::{ExportInput, ExportOptions, Sink, Verified, WriteError};
use super::read::{Cancelled, InputFile, Progress, ReadOptions, ReadResult};
use super::unit_trial::Unit;
use super::{Capability, Card, Format, Uses};

/// Prodigy's and spaCy's JSON lines.
pub struct Prodigy;

static CARD: Card = Card {
    name: "prodigy",
    title: "Prodigy and spaCy JSON lines",
    versions: "Prodigy 1, spaCy 2 and 3 (Doc as JSON)",
    uses: Uses::Both,
    extensions: &["jsonl", "json"],
    unit: Unit::CodePoints,
    holds: &[
        Capability::Overlap,
        Capability::Nesting,
        Capability::SeveralLabels,
        Capability::Links,
        Capability::Metadata,
        Capability::Text,
    ],
    byline_keeps: &[
        Capability::Discontinuous,
        Capability::Attributes,
        Capability::Notes,
        Capability::Provenance,
        Capability::Ids,
        Capability::Entities,
        Capability::Status,
        Capability::Directions,
    ],
    cannot: "discontinuous spans (written with their gaps), attributes, notes, origins, entities; they stand under the \
             key `byline`, which Prodigy passes on and training drops",
};

impl Format for Prodigy {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn recognise(&self, files: &[InputFile]) -> u8 {
        let known = |file: &&InputFile| file.has_extension("jsonl") || file.has_extension("json");
        files.iter().filter(known).map(read::sureness).max().unwrap_or(0)
    }

    fn read(&self, files: &[InputFile], options: &ReadOptions, progress: Progress) -> Result<ReadResult, Cancelled> {
        read::read(files, options, progress)
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
