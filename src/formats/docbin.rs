//! spaCy's DocBin (`.spacy`): annotated documents as spaCy loads them for training.
//!
//! Written: the container itself (`container`), with the ids that spaCy gives strings (`strings`), what each document
//! is (`write`), and a page that says what stands where (`about`). Facts from the source of spaCy 3.8
//! (`tokens/_serialize.py`, `tokens/span_group.pyx`, `tokens/_dict_proxies.py`, `strings.pyx`, `symbols.pyx`).
//! Elsewhere: where texts are cut into tokens (`tokens`), which spans overlap (`losses`).

mod about;
mod container;
mod strings;
#[cfg(test)]
mod tests;
mod write;

use super::output::{ExportInput, ExportOptions, Sink, Verified, WriteError};
use super::read::Progress;
use super::unit_trial::Unit;
use super::{Capability, Card, FlatPart, Format, Uses};

/// spaCy's DocBin.
pub struct DocBin;

static CARD: Card = Card {
    name: "spacy",
    title: "spaCy DocBin",
    versions: "DocBin 0.1 of spaCy 3",
    uses: Uses::Export,
    extensions: &["spacy"],
    unit: Unit::CodePoints,
    holds: &[
        Capability::Overlap,
        Capability::Nesting,
        Capability::SeveralLabels,
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
    cannot: "discontinuous spans (written with their gaps in `doc.spans[\"sc\"]`, in parts in \
             `doc.spans[\"fragments\"]`); overlaps in `doc.ents` (all spans are in `doc.spans[\"sc\"]`)",
};

impl Format for DocBin {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn needs_text(&self) -> bool {
        true
    }

    fn flat_part(&self, _options: &ExportOptions) -> Option<FlatPart> {
        let (name, elsewhere) = ("`doc.ents`", "`doc.spans[\"sc\"]`");
        Some(FlatPart { name, elsewhere, is_blank: write::is_space_in_python, fills_gaps: false })
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
