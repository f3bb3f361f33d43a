//! Writing the tables.

use super::CARD;
use super::cells::{
    ATTRIBUTE, DOCUMENTS, ENTITIES, LINKS, META, PROVENANCE, SPANS, SUFFIX, cell_from_fragments, guarded,
};
use crate::formats::encode;
use crate::formats::output::{
    ExportDocument, ExportInput, ExportOptions, Sink, Verified, Verifier, WriteError, around, io_at, referred_entities,
};
use crate::formats::read::Progress;
use crate::formats::unit_trial::Unit;
use crate::model::{Annotation, Fragment, Layer, Name, Provenance, Value};
use std::collections::BTreeSet;
use std::io::Write;
use std::ops::Range;

/// A table that is being written.
struct Table<'a> {
    name: &'static str,
    writer: csv::Writer<Box<dyn Write + 'a>>,
}

impl<'a> Table<'a> {
    fn new(sink: &'a mut dyn Sink, name: &'static str, options: &ExportOptions) -> Result<Self, WriteError> {
        let mut file = sink.file(name)?;
        if options.bom {
            file.write_all("\u{feff}".as_bytes()).map_err(io_at(name))?;
        }
        let writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(file);
        Ok(Self { name, writer })
    }

    fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) -> Result<(), WriteError> {
        for cell in cells {
            self.writer.write_field(guarded(cell.as_ref()).as_bytes()).map_err(|e| self.failed(e))?;
        }
        self.writer.write_record(None::<&[u8]>).map_err(|e| self.failed(e))
    }

    fn failed(&self, error: csv::Error) -> WriteError {
        io_at(self.name)(error.into())
    }

    fn finish(mut self) -> Result<(), WriteError> {
        self.writer.flush().map_err(io_at(self.name))
    }
}

pub fn write(
    input: &ExportInput,
    options: &ExportOptions,
    sink: &mut dyn Sink,
    progress: Progress,
) -> Result<Verified, WriteError> {
    let slices = write_spans(input, options, sink, progress)?;
    write_links(input, options, sink)?;
    write_documents(input, options, sink)?;
    write_entities(input, options, sink)?;
    progress.step(1, 1)?;
    Ok(Verified { slices })
}

fn write_spans(
    input: &ExportInput,
    options: &ExportOptions,
    sink: &mut dyn Sink,
    progress: Progress,
) -> Result<usize, WriteError> {
    let layers = || input.documents.iter().flat_map(|d| d.layers.iter().map(move |l| (d, *l)));
    let attributes: BTreeSet<&Name> =
        layers().flat_map(|(_, l)| l.annotations()).flat_map(|a| a.attributes.keys()).collect();
    let mut table = Table::new(sink, "spans.csv", options)?;
    let named = attributes.iter().map(|name| format!("{ATTRIBUTE}{name}"));
    let fixed = SPANS.into_iter().chain([SUFFIX]).map(str::to_owned);
    table.row(fixed.chain(named).chain(PROVENANCE.map(str::to_owned)))?;
    let count = layers().count();
    let mut slices = 0;
    for (n, (document, layer)) in layers().enumerate() {
        progress.step(n, count)?;
        let mut verifier = Verifier::new(document);
        for annotation in layer.annotations() {
            table.row(span_row(document, layer, annotation, &attributes, options, &mut verifier)?)?;
            // Each was verified in two units, and is still one slice.
            slices += annotation.span.fragments().count();
        }
    }
    table.finish()?;
    Ok(slices)
}

fn span_row(
    document: &ExportDocument,
    layer: &Layer,
    annotation: &Annotation,
    attributes: &BTreeSet<&Name>,
    options: &ExportOptions,
    verifier: &mut Verifier,
) -> Result<Vec<String>, WriteError> {
    let id = annotation.id.to_string();
    let mut offsets = |unit| -> Result<Vec<Range<usize>>, WriteError> {
        let slice = |fragment: Fragment| verifier.slice(&id, fragment, unit).map(|(at, _)| at);
        annotation.span.fragments().map(slice).collect()
    };
    let (cp, byte) = (offsets(Unit::CodePoints)?, offsets(CARD.unit)?);
    let ends = |ranges: &[Range<usize>]| {
        let (first, last) = (ranges.first().map_or(0, |r| r.start), ranges.last().map_or(0, |r| r.end));
        [first.to_string(), last.to_string()]
    };
    let fragments = |ranges: &[Range<usize>]| {
        if ranges.len() > 1 { cell_from_fragments(ranges) } else { String::new() }
    };
    let context =
        if options.shows_context() { around(document.text.as_str(), annotation.span.hull()) } else { ("", "") };
    let mut row = vec![
        document.document.id.to_string(),
        document.document.title.clone(),
        document.text.sha256().to_owned(),
        layer.key().annotator.to_string(),
        id.clone(),
        annotation.label.to_string(),
    ];
    row.extend(ends(&cp));
    row.extend(ends(&byte));
    row.extend([fragments(&cp), fragments(&byte)]);
    row.push(if options.shows_quotes() { document.text.quote(&annotation.span) } else { String::new() });
    row.extend([context.0, context.1].map(str::to_owned));
    row.extend(
        attributes
            .iter()
            .map(|name| annotation.attributes.get(name.as_str()).map(encode::cell_from_value).unwrap_or_default()),
    );
    row.extend(last_cells(&annotation.note, &annotation.provenance));
    Ok(row)
}

fn last_cells(note: &str, provenance: &Provenance) -> [String; 4] {
    let Provenance { origin, created, modified } = provenance;
    [note.to_owned(), encode::cell_from_origin(origin), encode::time(*created), encode::time(*modified)]
}

fn write_links(input: &ExportInput, options: &ExportOptions, sink: &mut dyn Sink) -> Result<(), WriteError> {
    let mut table = Table::new(sink, "links.csv", options)?;
    table.row(LINKS.into_iter().chain(PROVENANCE))?;
    for (document, layer) in input.documents.iter().flat_map(|d| d.layers.iter().map(move |l| (d, *l))) {
        for link in layer.links() {
            let label = |id| layer.get(id).map(|a| a.label.to_string()).unwrap_or_default();
            let shown = |id| layer.get(id).filter(|_| options.shows_quotes());
            let text = |id| shown(id).map(|a| document.text.quote(&a.span)).unwrap_or_default();
            let row = [
                document.document.id.to_string(),
                layer.key().annotator.to_string(),
                link.id.to_string(),
                link.kind.to_string(),
                link.from.to_string(),
                link.to.to_string(),
                label(link.from),
                label(link.to),
                text(link.from),
                text(link.to),
            ];
            table.row(row.into_iter().chain(last_cells(&link.note, &link.provenance)))?;
        }
    }
    table.finish()
}

fn write_documents(input: &ExportInput, options: &ExportOptions, sink: &mut dyn Sink) -> Result<(), WriteError> {
    let other: BTreeSet<&String> = input.documents.iter().flat_map(|d| d.document.metadata.other.keys()).collect();
    let mut table = Table::new(sink, "documents.csv", options)?;
    let named = other.iter().map(|name| format!("{META}{name}"));
    let fixed = DOCUMENTS.into_iter().chain(["original_sha256"]).map(str::to_owned);
    let text = (!options.without_text).then(|| "text".to_owned());
    table.row(fixed.chain(named).chain(text))?;
    for document in &input.documents {
        let of = document.document;
        let mut row = vec![of.id.to_string(), of.title.clone(), document.text.sha256().to_owned()];
        row.extend(encode::metadata_values(&of.metadata).map(optional));
        row.push(encode::direction_name(of.direction).to_owned());
        row.push(encode::cell_from_directions(&of.directions));
        row.push(status_cell(&document.layers));
        let original = of.original.as_ref().map(|o| [o.file.clone(), o.encoding.clone(), o.sha256.clone()]);
        row.extend(original.unwrap_or_default());
        row.extend(other.iter().map(|name| optional(of.metadata.other.get(*name).cloned())));
        row.extend((!options.without_text).then(|| document.text.as_str().to_owned()));
        table.row(row)?;
    }
    table.finish()
}

/// A text that may be missing: an empty cell is none, `""` is the empty one.
fn optional(text: Option<String>) -> String {
    text.map(|text| encode::cell_from_value(&Value::Text(text))).unwrap_or_default()
}

/// How far each annotator is, as a JSON object.
fn status_cell(layers: &[&Layer]) -> String {
    let pairs = layers.iter().map(|l| (l.key().annotator.to_string(), encode::status_name(l.status()).into()));
    let object: serde_json::Map<String, serde_json::Value> = pairs.collect();
    if object.is_empty() { String::new() } else { serde_json::Value::Object(object).to_string() }
}

fn write_entities(input: &ExportInput, options: &ExportOptions, sink: &mut dyn Sink) -> Result<(), WriteError> {
    let layers = input.documents.iter().flat_map(|d| d.layers.iter().copied());
    let entities: Vec<_> = referred_entities(input.project, layers).collect();
    if entities.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(sink, "entities.csv", options)?;
    table.row(ENTITIES)?;
    for entity in entities {
        let aliases = serde_json::Value::from(entity.aliases.clone()).to_string();
        table.row([
            entity.id.to_string(),
            encode::kind_name(entity.kind).to_owned(),
            entity.name.clone(),
            if entity.aliases.is_empty() { String::new() } else { aliases },
            optional(entity.wikidata.clone()),
            entity.note.clone(),
        ])?;
    }
    table.finish()
}
