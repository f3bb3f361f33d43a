//! A report for people: each article with its marks, a legend, who said what, and everything else that was annotated.
//!
//! HTML without scripts and without anything from elsewhere, for the screen in light and dark and for paper. Few
//! documents stand on one page, many on a page each behind an index. Written only: what is for people is not read back.

mod colours;
mod layer;
mod marks;
mod page;

use super::output::{ExportInput, ExportOptions, Sink, Verified, WriteError};
use super::read::Progress;
use super::unit_trial::Unit;
use super::{Capability, Card, Format, Uses};

/// The report.
pub struct Report;

static CARD: Card = Card {
    name: "html",
    title: "HTML report",
    versions: "HTML 5, without scripts",
    uses: Uses::Export,
    extensions: &["html"],
    unit: Unit::CodePoints,
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
        Capability::Ids,
        Capability::Entities,
        Capability::Status,
    ],
    byline_keeps: &[],
    cannot: "origins and times; it is for reading, and not read back",
};

impl Format for Report {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn always_quotes(&self) -> bool {
        true
    }

    fn write(
        &self,
        input: &ExportInput,
        options: &ExportOptions,
        sink: &mut dyn Sink,
        progress: Progress,
    ) -> Result<Verified, WriteError> {
        page::write(input, options, sink, progress)
    }
}

#[cfg(test)]
mod tests;
