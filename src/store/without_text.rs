//! A layer whose text is not at hand: what its quotes say of the text stands in for it.
//!
//! A version control system that merges hands over three files and no folder; where a text was replaced, the one that
//! was annotated may be gone. What lies between the quotes is unknown then: [`UNKNOWN`] stands there.

use super::fault::{Fault, FileError, Located};
use super::layer_file::{self, Faulty, LayerV1};
use super::outline::Step;
use super::project_folder::LARGEST;
use super::ron_text;
use crate::model::text::FRAGMENT_SEPARATOR;
use crate::model::{AnnotationId, DocumentId, Layer, LayerKey, Span, Text};
use std::path::Path;

/// Stands for a byte of which nothing is known. A control: a grapheme ends before and after it.
const UNKNOWN: u8 = 1;

/// A layer over what its quotes say of a text.
#[derive(Clone, PartialEq, Debug)]
pub struct Quoted {
    /// The layer. Its text has the quotes in their places and U+0001 for every other byte up to the last quote.
    pub layer: Layer,
    /// SHA-256 of the text that was annotated.
    pub text_sha256: String,
}

/// Reads a layer without its text. Every quote is compared with its length and with the other quotes.
///
/// # Errors
/// Where the file cannot be read, or something in it does not fit together.
pub fn read_without_text(path: &Path, source: &str) -> Result<Quoted, FileError> {
    let read = || {
        let file = layer_file::parsed(source)?;
        let mut known = Known::default();
        known.learn(&file).map_err(|(row, field, fault)| row_fault(source, row, field, fault))?;
        let key = key_of(source, &file)?;
        over(source, file, &key, &known.text())
    };
    read().map_err(|located: Located| located.in_file(path, source))
}

/// Whose and of which document the file says that it is.
pub(super) fn key_of(source: &str, file: &LayerV1) -> Result<LayerKey, Located> {
    let place = || ron_text::place(source, &[Step::Field("document")]);
    let document = DocumentId::new(&file.document).map_err(|e| Fault::BadDocumentId(e).at(place()))?;
    Ok(LayerKey { document, annotator: file.annotator.as_str().into() })
}

/// The file as a layer over what is known of its text.
pub(super) fn over(source: &str, file: LayerV1, key: &LayerKey, text: &Text) -> Result<Quoted, Located> {
    let place = || ron_text::place(source, &[Step::Field("text_sha256")]);
    let text_sha256 = ron_text::hash(&file.text_sha256).map_err(|fault| fault.at(place()))?;
    let reading = layer_file::survey_file(source, file, key, text, &text_sha256);
    match reading.faults.into_iter().next() {
        Some(fault) => Err(fault),
        None => Ok(Quoted { layer: reading.layer, text_sha256 }),
    }
}

/// The fault of a row of annotations.
pub(super) fn row_fault(source: &str, row: usize, field: &'static str, fault: Fault) -> Located {
    fault.at(ron_text::place(source, &[Step::Field("annotations"), Step::Item(row), Step::Field(field)]))
}

/// What quotes say of a text.
#[derive(Default)]
pub(super) struct Known(Vec<u8>);

impl Known {
    /// Takes in the quotes of a file; the row that is at fault otherwise, from 0, its field and what is wrong.
    pub fn learn(&mut self, file: &LayerV1) -> Result<(), (usize, &'static str, Fault)> {
        for (row, annotation) in file.annotations.iter().enumerate() {
            let learned = self.learn_row(annotation);
            learned.map_err(|(field, fault)| (row, field, fault))?;
        }
        Ok(())
    }

    fn learn_row(&mut self, row: &layer_file::AnnotationV1) -> Faulty<()> {
        let id: AnnotationId = row.id.parse().map_err(|e| ("id", Fault::BadId(e)))?;
        let span = layer_file::span_of(row, id)?;
        if span.end() as u64 > LARGEST {
            return Err(("end", Fault::TooLarge { bytes: span.end() as u64, limit: LARGEST }));
        }
        let pieces = pieces(&span, &row.quote);
        let wrong = || ("quote", Fault::QuoteLength { id: id.to_string(), bytes: span.covered_bytes() });
        for (fragment, piece) in span.fragments().zip(pieces.ok_or_else(wrong)?) {
            if self.0.len() < fragment.end() {
                self.0.resize(fragment.end(), UNKNOWN);
            }
            for (known, said) in self.0[fragment.range()].iter_mut().zip(piece.bytes()) {
                if *known != UNKNOWN && *known != said {
                    return Err(("quote", Fault::QuotesDisagree(id.to_string())));
                }
                *known = said;
            }
        }
        Ok(())
    }

    /// The text as far as it is known. Quotes that cut one another's characters make it none: then their layer is refused,
    /// for they do not stand in it.
    pub fn text(self) -> Text {
        Text::new(String::from_utf8_lossy(&self.0))
    }
}

/// The quote of each fragment; nothing where the lengths do not fit.
fn pieces<'a>(span: &Span, quote: &'a str) -> Option<Vec<&'a str>> {
    let mut rest = quote;
    let mut pieces = Vec::with_capacity(span.fragment_count());
    for (n, fragment) in span.fragments().enumerate() {
        if n > 0 {
            rest = rest.strip_prefix(FRAGMENT_SEPARATOR)?;
        }
        let (piece, after) = rest.split_at_checked(fragment.end() - fragment.start())?;
        pieces.push(piece);
        rest = after;
    }
    rest.is_empty().then_some(pieces)
}
