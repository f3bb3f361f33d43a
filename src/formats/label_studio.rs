//! Label Studio's JSON: tasks with the work of several annotators, and the labelling configuration beside them.
//!
//! Offsets of a `Text` are code points; before 2021 Label Studio counted UTF-16 units, which the quotes tell. Attributes
//! are results with the id of their region, notes stand in `meta.text`. What Label Studio has no place for stands in the
//! task's `meta` under the key `byline`, which it keeps. Regions of a `HyperText` or of `Paragraphs` lie in a text that
//! the file does not hold as such: those tasks are passed over, with a word.

mod config;
mod read;
mod task;
mod values;
mod write;

use super::output::{ExportInput, ExportOptions, Sink, Verified, WriteError};
use super::read::{Cancelled, InputFile, Progress, ReadOptions, ReadResult};
use super::unit_trial::{Unit, same_but_for_space};
use super::{Capability, Card, Format, Uses};

/// Label Studio's JSON.
pub struct LabelStudio;

static CARD: Card = Card {
    name: "label-studio",
    title: "Label Studio JSON",
    versions: "tasks of Label Studio 1 with `annotations`, and older ones with `completions`",
    uses: Uses::Both,
    extensions: &["json", "jsonl", "xml"],
    unit: Unit::CodePoints,
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
    cannot: "discontinuous spans (written with their gaps), origins, entities, numbers of links; they stand in the \
             task's `meta` under the key `byline`, which Label Studio keeps. It passes over notes on relations",
};

/// Names of the parts of the configuration to which results refer.
const TEXT: &str = "text";
const LABEL: &str = "label";

impl Format for LabelStudio {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn recognise(&self, files: &[InputFile]) -> u8 {
        files.iter().filter(|file| task::is_json(file)).map(task::sureness).max().unwrap_or(0)
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

/// A selected text as Label Studio writes it: each line end becomes the two characters `\` and `n`.
fn quote_from(slice: &str) -> String {
    slice.replace(['\n', '\r'], "\\n")
}

/// Whether a quote is what stands there.
fn fits(quote: &str, slices: &[&str]) -> bool {
    let [slice] = slices else { return false };
    if *slice == quote || quote_from(slice) == quote_from(quote) {
        return true;
    }
    same_but_for_space(&slice.replace("\\n", " "), &quote.replace("\\n", " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_compared_as_label_studio_writes_them_and_never_shifted() {
        assert!(fits("a\\nb", &["a\nb"]) && fits("a\\n\\nb", &["a\r\nb"]) && fits("a\nb", &["a\nb"]));
        assert!(fits("a é b", &["a  é\n b"]), "the browser squeezed the white space");
        assert!(!fits(" a b", &["a  b"]) && !fits("a b ", &["a b\n"]) && !fits("a c", &["a b"]));
        assert!(fits("\\n", &["\\n"]), "also where the text itself has the two characters");
    }
}
