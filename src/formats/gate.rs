//! GATE's XML: a text with nodes in it, annotation sets between the nodes, and relations (GATE's own class
//! `DocumentStaxUtils`, version 3 of the format).
//!
//! A set is an annotator; the default set, which has no name, is whoever imports it. Offsets are UTF-16 units, but an
//! annotation lies where its nodes stand in the text: that holds even where a program rewrote line ends. What GATE has no
//! place for is the document's feature `byline`, which GATE keeps.

mod read;
#[cfg(test)]
mod tests;
mod values;
mod write;

use super::exact;
use super::output::{ExportInput, ExportOptions, Sink, Verified, WriteError};
use super::read::{Cancelled, InputFile, Progress, ReadOptions, ReadResult};
use super::unit_trial::Unit;
use super::{Capability, Card, Format, Uses};
use crate::model::Text;

/// GATE XML.
pub struct Gate;

static CARD: Card = Card {
    name: "gate",
    title: "GATE XML",
    versions: "version 3 of GATE 8 and 9, and older ones",
    uses: Uses::Both,
    extensions: &["xml"],
    unit: Unit::Utf16,
    holds: &[
        Capability::Overlap,
        Capability::Nesting,
        Capability::SeveralLabels,
        Capability::Links,
        Capability::Attributes,
        Capability::Notes,
        Capability::Metadata,
        Capability::Text,
    ],
    byline_keeps: &[
        Capability::Discontinuous,
        Capability::Provenance,
        Capability::Ids,
        Capability::Entities,
        Capability::Status,
        Capability::Directions,
    ],
    cannot: "discontinuous spans (written with their gaps), origins, numbers of links, entities, the status: they stand \
             in the document's feature `byline`; control characters that XML does not have are shown as pictures; \
             nothing can be written without the texts",
};

/// The document's feature that holds what GATE has no place for.
const BYLINE: &str = "byline";
/// The feature that holds a note.
const NOTE: &str = "note";
/// The feature in which GATE keeps where a document came from.
const SOURCE_URL: &str = "gate.SourceURL";
/// The set in which GATE keeps the elements of a page.
const MARKUP: &str = "Original markups";

impl Format for Gate {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn needs_text(&self) -> bool {
        true
    }

    fn recognise(&self, files: &[InputFile]) -> u8 {
        if files.iter().any(is_gate) { 98 } else { 0 }
    }

    fn read(&self, files: &[InputFile], options: &ReadOptions, progress: Progress) -> Result<ReadResult, Cancelled> {
        read::read(files, options, progress)
    }

    fn lacks_of_text(&self, text: &Text) -> Option<String> {
        exact::absent(text.as_str())
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

/// Whether a file is GATE's, by its beginning.
fn is_gate(file: &InputFile) -> bool {
    let head = file.bytes.get(..file.bytes.len().min(4_096)).unwrap_or_default();
    // Two bytes for each letter, where it is UTF-16.
    let head: Vec<u8> = head.iter().copied().filter(|byte| *byte != 0).collect();
    file.has_extension("xml") && memchr::memmem::find(&head, b"<GateDocument").is_some()
}
