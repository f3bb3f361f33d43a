//! WebAnno TSV: sentences with a row for each token, a column for each feature of a layer (INCEpTION's user guide, appendix
//! “WebAnno TSV 3.3 File format”, and its own classes where they say something else).
//!
//! Read from 3.0 to 3.3, written as 3.3; a file is the work of one annotator on one document. Offsets are UTF-16 units,
//! and every token proves them. `header` knows layers and columns, `escape` the letters of cells, `read` puts the text
//! together, `cells` and `links` say what the cells say; `units` cuts a text into sentences and tokens, `layout` finds the rows of
//! each annotation, `write` writes them. What the format has no place for is a line `#byline=` above the first sentence,
//! where INCEpTION passes over it.

mod cells;
mod escape;
mod features;
mod header;
mod layout;
mod links;
mod read;
#[cfg(test)]
mod tests;
mod types;
mod units;
mod write;

use super::output::{ExportInput, ExportOptions, Sink, Verified, WriteError};
use super::read::{Cancelled, InputFile, Progress, ReadOptions, ReadResult};
use super::unit_trial::Unit;
use super::{Capability, Card, Format, Uses};

/// WebAnno TSV.
pub struct WebAnno;

static CARD: Card = Card {
    name: "webanno",
    title: "WebAnno TSV",
    versions: "reads 3.0 to 3.3, writes 3.3",
    uses: Uses::Both,
    extensions: &["tsv"],
    unit: Unit::Utf16,
    holds: &[
        Capability::Overlap,
        Capability::Nesting,
        Capability::SeveralLabels,
        Capability::Links,
        Capability::Attributes,
        Capability::Notes,
        Capability::Text,
    ],
    byline_keeps: &[
        Capability::Discontinuous,
        Capability::Metadata,
        Capability::Provenance,
        Capability::Ids,
        Capability::Entities,
        Capability::Status,
        Capability::Directions,
    ],
    cannot: "discontinuous spans (written with their gaps), titles and metadata, origins, numbers of annotations, \
             entities, the status: they stand in a line of comment; names that are no identifiers are mapped, lists of \
             values are one text and empty texts none; nothing can be written without the texts",
};

/// The feature that holds a note.
const NOTE: &str = "note";
/// The feature of a chain whose column says where in which chain an element stands.
const LINK_FEATURE: &str = "referenceRelation";
/// The kind of the links between the elements of a chain, as UIMA names the feature.
const NEXT: &str = "next";

impl Format for WebAnno {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn needs_text(&self) -> bool {
        true
    }

    fn recognise(&self, files: &[InputFile]) -> u8 {
        if files.iter().any(is_ours) { 98 } else { 0 }
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

/// Whether a file is WebAnno's, by its first line.
fn is_ours(file: &InputFile) -> bool {
    let content = file.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&file.bytes);
    file.has_extension("tsv") && content.starts_with(header::FORMAT.as_bytes())
}

/// The name of a type without its package.
fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
