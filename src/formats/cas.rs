//! UIMA's CAS, as XMI with a type system beside it and as CAS JSON: what UIMA, DKPro, WebAnno and INCEpTION exchange.
//!
//! One model of a CAS stands between the files and our documents: [`model`](self) holds it, `xmi` and `json` read and
//! write it, `interpret` makes documents of it and `build` the reverse. Offsets are UTF-16 units. `types` knows what
//! stands below what, `names` how labels are called there.

mod build;
pub(super) mod found;
mod interpret;
mod json;
mod model;
pub(super) mod names;
mod relations;
#[cfg(test)]
mod tests;
pub(super) mod told;
mod types;
mod xmi;

use super::annotators;
use super::exact;
use super::markup::push_escaped;
use super::output::{ExportInput, ExportOptions, Sink, Verified, Verifier, WriteError, io_at};
use super::problem::Problem;
use super::read::{Cancelled, InputFile, Progress, ReadOptions, ReadResult};
use super::unit_trial::Unit;
use super::{Capability, Card, Format, Uses};
use crate::model::Text;
use build::Builder;
use names::Forms;
use std::collections::BTreeMap;
use types::{Type, Types};

/// CAS as XMI, with its type system.
pub struct Xmi;

/// CAS as JSON.
pub struct CasJson;

const HOLDS: &[Capability] = &[
    Capability::Overlap,
    Capability::Nesting,
    Capability::SeveralLabels,
    Capability::Links,
    Capability::Attributes,
    Capability::Notes,
    Capability::Metadata,
    Capability::Text,
];

const KEEPS: &[Capability] = &[
    Capability::Discontinuous,
    Capability::Directions,
    Capability::Provenance,
    Capability::Ids,
    Capability::Entities,
    Capability::Status,
];

static XMI: Card = Card {
    name: "xmi",
    title: "UIMA CAS XMI",
    versions: "XMI 2.0 with a UIMA type system in XML",
    uses: Uses::Both,
    extensions: &["xmi", "xml"],
    unit: Unit::Utf16,
    holds: HOLDS,
    byline_keeps: KEEPS,
    cannot: "discontinuous spans (written with their gaps), origins, numbers of annotations, entities, the status: they \
             stand in a structure of the type `byline.Extras`; control characters that XML does not have are shown as \
             pictures",
};

static JSON: Card = Card {
    name: "cas-json",
    title: "UIMA CAS JSON",
    versions: "CAS JSON 0.4",
    uses: Uses::Both,
    extensions: &["json"],
    unit: Unit::Utf16,
    holds: HOLDS,
    byline_keeps: KEEPS,
    cannot: "discontinuous spans (written with their gaps), origins, numbers of annotations, entities, the status: they \
             stand in a structure of the type `byline.Extras`",
};

/// The name under which programs of UIMA look for the types of XMI files.
const TYPE_SYSTEM: &str = "TypeSystem.xml";

impl Format for Xmi {
    fn card(&self) -> &'static Card {
        &XMI
    }

    fn recognise(&self, files: &[InputFile]) -> u8 {
        let all = files.iter().filter(|f| is_of(f, &XMI)).map(|f| if xmi::is_xmi(f) { 98 } else { 0 });
        all.max().unwrap_or(0)
    }

    fn read(&self, files: &[InputFile], options: &ReadOptions, progress: Progress) -> Result<ReadResult, Cancelled> {
        let mut problems = Vec::new();
        let systems = TypeSystems::new(files, &mut problems);
        let files: Vec<_> =
            files.iter().filter(|f| is_of(f, &XMI) && (xmi::is_xmi(f) || f.has_extension("xmi"))).collect();
        let mut reader = interpret::Reader::new(&XMI, options, progress, problems);
        reader.each(files, |reader, file| {
            let types = systems.of(file);
            let (names, problems) = reader.tools();
            xmi::read(file, types, names, problems).map_or(Ok(()), |cas| reader.cas(file, &cas, types))
        })?;
        Ok(reader.finish())
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
        let forms = Forms::new(input);
        let builder = Builder { card: &XMI, input, options, forms: &forms, xml: true };
        let verified = write(&builder, sink, progress, "xmi", xmi::written)?;
        put(sink, TYPE_SYSTEM, &type_system(&forms.types(options)))?;
        Ok(verified)
    }
}

impl Format for CasJson {
    fn card(&self) -> &'static Card {
        &JSON
    }

    fn recognise(&self, files: &[InputFile]) -> u8 {
        let all = files.iter().filter(|f| is_of(f, &JSON)).map(|f| if json::is_cas(f) { 98 } else { 0 });
        all.max().unwrap_or(0)
    }

    fn read(&self, files: &[InputFile], options: &ReadOptions, progress: Progress) -> Result<ReadResult, Cancelled> {
        let files: Vec<_> = files.iter().filter(|f| is_of(f, &JSON)).collect();
        let mut reader = interpret::Reader::new(&JSON, options, progress, Vec::new());
        reader.each(files, |reader, file| {
            let (names, problems) = reader.tools();
            json::read(file, names, problems).map_or(Ok(()), |(cas, types)| reader.cas(file, &cas, &types))
        })?;
        Ok(reader.finish())
    }

    fn write(
        &self,
        input: &ExportInput,
        options: &ExportOptions,
        sink: &mut dyn Sink,
        progress: Progress,
    ) -> Result<Verified, WriteError> {
        let forms = Forms::new(input);
        let builder = Builder { card: &JSON, input, options, forms: &forms, xml: false };
        let types = forms.types(options);
        write(&builder, sink, progress, "json", |cas| json::written(cas, &types))
    }
}

fn is_of(file: &InputFile, card: &Card) -> bool {
    card.extensions.iter().any(|extension| file.has_extension(extension))
}

/// Writes a file for each document and annotator.
fn write(
    builder: &Builder,
    sink: &mut dyn Sink,
    progress: Progress,
    extension: &str,
    written: impl Fn(&model::Cas) -> String,
) -> Result<Verified, WriteError> {
    let mut verified = Verified::default();
    annotators::each_file(builder.input, progress, |document, layer, stem| {
        let mut verifier = Verifier::new(document);
        let cas = builder.cas(document, layer, &mut verifier)?;
        put(sink, &format!("{stem}.{extension}"), &written(&cas))?;
        verified.slices += verifier.verified().slices;
        Ok(())
    })?;
    Ok(verified)
}

fn put(sink: &mut dyn Sink, name: &str, content: &str) -> Result<(), WriteError> {
    let mut file = sink.file(name)?;
    std::io::Write::write_all(&mut file, content.as_bytes()).map_err(io_at(name))?;
    std::io::Write::flush(&mut file).map_err(io_at(name))
}

/// A type system description in XML.
fn type_system(types: &[(String, Type)]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<typeSystemDescription xmlns=\"");
    out.extend([types::SPECIFIER, "\">\n  <types>\n"]);
    let element = |out: &mut String, indent: usize, name: &str, text: &str| {
        out.extend([&" ".repeat(indent), "<", name, ">"]);
        push_escaped(out, text);
        out.extend(["</", name, ">\n"]);
    };
    for (name, described) in types {
        out.push_str("    <typeDescription>\n");
        element(&mut out, 6, "name", name);
        element(&mut out, 6, "description", &described.about);
        element(&mut out, 6, "supertypeName", &described.above);
        out.push_str("      <features>\n");
        for (name, range) in &described.features {
            out.push_str("        <featureDescription>\n");
            element(&mut out, 10, "name", name);
            element(&mut out, 10, "description", &range.about);
            element(&mut out, 10, "rangeTypeName", &range.of);
            out.push_str("        </featureDescription>\n");
        }
        out.push_str("      </features>\n    </typeDescription>\n");
    }
    out.push_str("  </types>\n</typeSystemDescription>\n");
    out
}

/// The type systems of an import by folder.
struct TypeSystems {
    by_folder: BTreeMap<String, Types>,
    all: Types,
}

impl TypeSystems {
    fn new(files: &[InputFile], problems: &mut Vec<Problem>) -> Self {
        let mut by_folder: BTreeMap<String, Types> = BTreeMap::new();
        for file in files.iter().filter(|f| f.has_extension("xml") && !xmi::is_xmi(f) && is_type_system(f)) {
            by_folder.entry(file.folder().to_owned()).or_default().read_xml(file, problems);
        }
        let mut all = Types::default();
        for types in by_folder.values() {
            all.extend(types);
        }
        Self { by_folder, all }
    }

    /// The types of the nearest folder at or above a file that has some, else of all folders.
    fn of(&self, file: &InputFile) -> &Types {
        let above = self.by_folder.iter().filter(|(folder, _)| file.folder().starts_with(folder.as_str()));
        above.max_by_key(|(folder, _)| folder.len()).map_or(&self.all, |(_, types)| types)
    }
}

fn is_type_system(file: &InputFile) -> bool {
    let head = file.bytes.get(..file.bytes.len().min(8_192)).unwrap_or_default();
    memchr::memmem::find(head, b"typeSystemDescription").is_some()
}
