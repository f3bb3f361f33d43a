//! TEI P5: the article as TEI encodes text, with who said what in its own elements. Written only.
//!
//! Source: <https://www.tei-c.org/release/doc/tei-p5-doc/en/html/>, chapters 3 (core), 13 (names), 16 (linking). What
//! nests stands inline: `said` for claims, `persName`, `orgName` and `rs` for who is named, `measure` for statistics,
//! `seg` for other labels. What overlaps, crosses paragraphs or has gaps stands in `standOff` and points at the text with
//! `string-range`. There each annotation has its label and its values, and the links stand in groups.

mod body;
mod header;
mod standoff;

use super::output::{
    ExportDocument, ExportInput, ExportOptions, Sink, Verified, Verifier, WriteError, io_at, unique_stems,
};
use super::read::Progress;
use super::unit_trial::Unit;
use super::{Capability, Card, Format, Uses};
use crate::model::{Layer, LinkDef, Name, Project};
use std::collections::{BTreeMap, BTreeSet};

/// TEI P5.
pub struct Tei;

static CARD: Card = Card {
    name: "tei",
    title: "TEI P5",
    versions: "TEI P5 from 4.0 on",
    uses: Uses::Export,
    extensions: &["xml"],
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
    cannot: "origins and times; control characters that XML 1.0 does not have are shown as pictures; it is not read back",
};

impl Format for Tei {
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
        let stems = unique_stems(input.annotators().into_iter());
        let mut verified = Verified::default();
        for (n, document) in input.documents.iter().enumerate() {
            progress.step(n, input.documents.len())?;
            let id = &document.document.id;
            let layers = document.layers.iter().copied().map(Some);
            let nobody = document.layers.is_empty().then_some(None);
            for layer in layers.chain(nobody) {
                // As a text can be annotated inline only once, each annotator has files of their own.
                let folder = layer.filter(|_| stems.len() > 1).and_then(|l| stems.get(l.key().annotator.as_str()));
                let name = folder.map_or_else(|| format!("{id}.xml"), |folder| format!("{folder}/{id}.xml"));
                let mut verifier = Verifier::new(document);
                let file = Part { project: input.project, document, layer, names: Names::new(input.project, layer) };
                let source = file.write(options, &mut verifier)?;
                let mut out = sink.file(&name)?;
                out.write_all(source.as_bytes()).and_then(|()| out.flush()).map_err(io_at(&name))?;
                verified.slices += verifier.verified().slices;
            }
        }
        Ok(verified)
    }
}

/// One file: a document with one layer, or with none.
struct Part<'a> {
    project: &'a Project,
    document: &'a ExportDocument<'a>,
    layer: Option<&'a Layer>,
    names: Names<'a>,
}

impl Part<'_> {
    fn write(&self, options: &ExportOptions, verifier: &mut Verifier) -> Result<String, WriteError> {
        let mut out = String::with_capacity(4_096 + self.document.text.len() * 2);
        out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<TEI xmlns=\"http://www.tei-c.org/ns/1.0\">\n");
        self.push_header(&mut out);
        let inline = if options.without_text { BTreeSet::new() } else { self.inline() };
        self.push_standoff(&mut out, &inline, options, verifier)?;
        self.push_text(&mut out, &inline, options, verifier)?;
        out.push_str("</TEI>\n");
        Ok(out)
    }
}

/// The ids under which labels and kinds of links stand in the header: those of the scheme, and those only used.
struct Names<'a> {
    labels: Vec<&'a Name>,
    kinds: Vec<&'a Name>,
    places: [BTreeMap<&'a Name, usize>; 2],
}

impl<'a> Names<'a> {
    fn new(project: &'a Project, layer: Option<&'a Layer>) -> Self {
        let mut names = Self { labels: Vec::new(), kinds: Vec::new(), places: [BTreeMap::new(), BTreeMap::new()] };
        let used = layer.into_iter().flat_map(Layer::annotations).map(|a| &a.label);
        for label in project.scheme.labels.iter().map(|l| &l.name).chain(used) {
            names.places[0].entry(label).or_insert_with(|| {
                names.labels.push(label);
                names.labels.len() - 1
            });
        }
        let used = layer.into_iter().flat_map(Layer::links).map(|l| &l.kind);
        for kind in project.scheme.links.iter().map(|l: &LinkDef| &l.name).chain(used) {
            names.places[1].entry(kind).or_insert_with(|| {
                names.kinds.push(kind);
                names.kinds.len() - 1
            });
        }
        names
    }

    fn label_id(&self, label: &Name) -> String {
        self.places[0].get(label).map_or_else(String::new, |n| format!("k{n}"))
    }

    fn kind_id(&self, kind: &Name) -> String {
        self.places[1].get(kind).map_or_else(String::new, |n| format!("r{n}"))
    }
}

#[cfg(test)]
mod tests;
