//! W3C Web Annotations in JSON-LD: a collection for each document, and its text beside it.
//!
//! Source: the Web Annotation Data Model (W3C Recommendation, 2017). A span is a target with a quote and a position, a
//! discontinuous one has several; the label is a body with the purpose `tagging`, a note one with `commenting`. A link is
//! an annotation with the motivation `linking`, whose target and body are the annotations at its ends; its kind is a tag
//! of it, as Recogito and Annotorious have it. Positions count code points, by the Recommendation; Recogito counts UTF-16
//! units, which the quotes tell. What the model has no place for stands under the key `byline`, which the context does
//! not define, so that readers of linked data pass over it.

mod annotation;
mod container;
mod place;
mod read;
mod write;

use super::output::{ExportInput, ExportOptions, Sink, Verified, WriteError};
use super::read::{Cancelled, InputFile, Progress, ReadOptions, ReadResult};
use super::unit_trial::Unit;
use super::{Capability, Card, Format, Uses};

/// W3C Web Annotations.
pub struct WebAnnotation;

static CARD: Card = Card {
    name: "web-annotation",
    title: "W3C Web Annotation JSON-LD",
    versions: "Web Annotation Data Model of 2017; arrays, pages and collections, also of Recogito",
    uses: Uses::Both,
    extensions: &["jsonld", "json", "txt"],
    unit: Unit::CodePoints,
    holds: &[
        Capability::Overlap,
        Capability::Nesting,
        Capability::SeveralLabels,
        Capability::Discontinuous,
        Capability::Links,
        Capability::Notes,
        Capability::Text,
    ],
    byline_keeps: &[
        Capability::Attributes,
        Capability::Metadata,
        Capability::Provenance,
        Capability::Ids,
        Capability::Entities,
        Capability::Status,
        Capability::Directions,
    ],
    cannot: "attributes, metadata beyond the title, origins, entities, the status; they stand under the key `byline`, \
             which readers of linked data pass over",
};

impl Format for WebAnnotation {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn recognise(&self, files: &[InputFile]) -> u8 {
        files.iter().filter(|file| container::is_json(file)).map(container::sureness).max().unwrap_or(0)
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

/// What a number in an id is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Thing {
    Annotation,
    Link,
    /// The tag of a link.
    Kind,
    Collection,
    Page,
}

impl Thing {
    const ALL: [Self; 5] = [Self::Annotation, Self::Link, Self::Kind, Self::Collection, Self::Page];
}

/// The id of something in a layer: a UUID of version 8 (RFC 9562) that begins with `urn` and ends with the number.
fn id_of(urn: &str, thing: Thing, number: u32) -> String {
    format!("{urn}{:04x}{number:08x}", thing as u16)
}

/// The inverse of [`id_of`], for ids that begin so.
fn thing_from(urn: &str, id: &str) -> Option<(Thing, u32)> {
    let rest = id.strip_prefix(urn).filter(|rest| rest.len() == 12 && rest.is_ascii())?;
    let (thing, number) = rest.split_at(4);
    let thing = u16::from_str_radix(thing, 16).ok()?;
    let number = u32::from_str_radix(number, 16).ok()?;
    Thing::ALL.into_iter().find(|one| *one as u16 == thing).map(|thing| (thing, number))
}
