//! Tables: `spans.csv`, `links.csv`, `documents.csv` and, where there are any, `entities.csv`.
//!
//! RFC 4180, one row for each annotation, link, document and entity, with offsets in bytes and in code points beside the
//! quoted text. Cells that a spreadsheet would take for a formula begin with an apostrophe, which the reader takes off
//! again. Everything of a project but its scheme comes back. Tables of others are read if they have a label, offsets
//! and, in `documents.csv`, the texts.

mod cells;
mod read;
mod write;

use super::output::{ExportInput, ExportOptions, Sink, Verified, WriteError};
use super::read::{Cancelled, InputFile, Progress, ReadOptions, ReadResult};
use super::unit_trial::Unit;
use super::{Capability, Card, Format, Uses};

/// Tables.
pub struct Csv;

static CARD: Card = Card {
    name: "csv",
    title: "CSV tables",
    versions: "tables of Byline, and of others with a label and offsets",
    uses: Uses::Both,
    extensions: &["csv"],
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
    cannot: "the scheme (colours, keys, descriptions)",
};

impl Format for Csv {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn recognise(&self, files: &[InputFile]) -> u8 {
        files.iter().filter(|f| f.has_extension("csv")).map(read::sureness).max().unwrap_or(0)
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
