//! labelbuddy's JSON: documents, labels, and one file of annotations for each annotator, told apart by their keys.
//!
//! Every range stands there twice, in code points and in bytes; every document is named by the MD5 of its text. Read:
//! JSON lines and JSON arrays, annotations with or without their texts. Written: `documents.jsonl`, `labels.json` and
//! `annotations-NAME.jsonl`, with the keys in labelbuddy's own order. An annotation has one field of free text,
//! `extra_data`: it holds the attribute of that name, or all attributes as an object.

mod read;
mod write;

use super::output::{ExportInput, ExportOptions, Sink, Verified, WriteError};
use super::read::{Cancelled, InputFile, Progress, ReadOptions, ReadResult};
use super::unit_trial::Unit;
use super::{Capability, Card, Format, Uses};

/// labelbuddy's JSON.
pub struct Labelbuddy;

static CARD: Card = Card {
    name: "labelbuddy",
    title: "labelbuddy JSON",
    versions: "labelbuddy 1",
    uses: Uses::Both,
    extensions: &["jsonl", "json"],
    unit: Unit::CodePoints,
    holds: &[
        Capability::Overlap,
        Capability::Nesting,
        Capability::SeveralLabels,
        Capability::Attributes,
        Capability::Metadata,
        Capability::Text,
    ],
    byline_keeps: &[
        Capability::Discontinuous,
        Capability::Links,
        Capability::Notes,
        Capability::Provenance,
        Capability::Ids,
        Capability::Entities,
        Capability::Status,
        Capability::Directions,
    ],
    cannot: "discontinuous spans (written with their gaps), links, notes, origins, entities; they stand under the key \
             `byline`, which labelbuddy drops. Of two annotations with one label on one range labelbuddy takes the first",
};

/// The attribute that is all of an annotation's free text.
const EXTRA: &str = "extra_data";

impl Format for Labelbuddy {
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
