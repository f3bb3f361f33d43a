//! A dataset folder as the Hugging Face Hub has it: Parquet files and a card, which `load_dataset` loads as they are.
//!
//! Two configurations: `spans` is everything that is known, `tokens` is what models for token classification learn
//! from. Here: what columns hold (`feature`), files (`table`), rows (`rows`), the card (`card`), which files there are
//! (`write`). Elsewhere: what goes into which split (`split`).

mod agreement;
mod card;
mod feature;
mod rows;
mod table;
#[cfg(test)]
mod tests;
mod write;

use super::output::{ExportInput, ExportOptions, Sink, Verified, WriteError};
use super::read::Progress;
use super::tokens::is_gap;
use super::unit_trial::Unit;
use super::{Capability, Card, FlatPart, Format, Uses};
use std::fmt::Write;

/// A dataset folder of Hugging Face.
pub struct HuggingFace;

static CARD: Card = Card {
    name: "huggingface",
    title: "Hugging Face dataset folder",
    versions: "Parquet and card, for the library datasets 2 to 5",
    uses: Uses::Export,
    extensions: &["parquet", "md"],
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
        Capability::Provenance,
        Capability::Ids,
        Capability::Entities,
        Capability::Status,
    ],
    byline_keeps: &[],
    cannot: "overlaps and gaps in the configuration `tokens`, whose column `left_out` names what has no tag; `spans` \
             holds everything",
};

impl Format for HuggingFace {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn is_dataset(&self) -> bool {
        true
    }

    fn flat_part(&self, options: &ExportOptions) -> Option<FlatPart> {
        let part = FlatPart { name: "`tokens`", elsewhere: "`spans`", is_blank: is_gap, fills_gaps: true };
        (!options.without_text).then_some(part)
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

/// A text in double quotes as YAML reads it: what YAML does not allow or would fold is escaped.
fn yaml(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            ' '..='~'
            | '\u{a1}'..='\u{2027}'
            | '\u{202a}'..='\u{d7ff}'
            | '\u{e000}'..='\u{fefe}'
            | '\u{ff00}'..='\u{fffd}' => {
                out.push(c);
            }
            '\u{10000}'.. => out.push(c),
            _ => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
        }
    }
    out + "\""
}
