//! Reading tables: ours, and others' that have a label, offsets and texts.

use super::CARD;
use super::cells::{ATTRIBUTE, META, OFFSETS, fragments_from_cell, unguarded};
use crate::formats::encode::{self, METADATA_FIELDS};
use crate::formats::gather::utf8;
use crate::formats::problem::{Cause, Place, Problem, shown};
use crate::formats::read::{Cancelled, ImportedDocument, InputFile, Names, Progress, ReadOptions, ReadResult};
use crate::formats::resolve::{self, RawLayer, RawLink, RawSpan, Rules};
use crate::formats::unit_trial::{Claim, Unit, Verdict};
use crate::model::text::FRAGMENT_SEPARATOR;
use crate::model::{AnnotationId, Direction, Entity, LinkId, Metadata, Name, Original, Status, Text, Value};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What a table is about, told by its columns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Spans,
    Links,
    Documents,
    Entities,
}

/// How surely a file is one of ours, or can be read as one, from 0 to 100.
pub fn sureness(file: &InputFile) -> u8 {
    let head = file.bytes.get(..1 << 16).unwrap_or(&file.bytes);
    let end = memchr::memchr(b'\n', head).map_or(head.len(), |at| at + 1);
    let Ok(head) = utf8(&file.name, head.get(..end).unwrap_or(head)) else { return 0 };
    let Ok(table) = Table::new(&file.name, head) else { return 0 };
    match table.role {
        Role::Spans if table.at("start_byte").is_some() && table.at("annotation_id").is_some() => 95,
        Role::Spans | Role::Links => 60,
        Role::Documents | Role::Entities => 40,
    }
}

pub fn read(files: &[InputFile], options: &ReadOptions, progress: Progress) -> Result<ReadResult, Cancelled> {
    let mut reader = Reader { options, documents: Vec::new(), by_id: HashMap::new(), result: ReadResult::default() };
    let mut tables = Vec::new();
    for file in files.iter().filter(|f| f.has_extension("csv")) {
        match utf8(&file.name, &file.bytes).and_then(|content| Table::new(&file.name, content)) {
            Ok(table) => tables.push(table),
            Err(problem) => reader.result.problems.push(problem),
        }
    }
    // What is referred to before what refers.
    for role in [Role::Documents, Role::Entities, Role::Spans, Role::Links] {
        for table in tables.iter_mut().filter(|t| t.role == role) {
            reader.table(table, progress)?;
        }
    }
    reader.finish(progress)
}

/// A table with its columns by name.
struct Table<'a> {
    file: &'a str,
    role: Role,
    columns: Vec<String>,
    by_name: HashMap<String, usize>,
    rows: csv::Reader<&'a [u8]>,
    lines: Lines<'a>,
}

/// Tells lines from bytes, going forward only. The reader's own count lags where lines end with CR LF.
#[derive(Clone)]
struct Lines<'a> {
    content: &'a [u8],
    byte: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line, from 1, of the row that begins at `byte` or after the line ends there.
    fn of_row(&mut self, byte: u64) -> usize {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX).min(self.content.len());
        let rest = self.content.get(byte..).unwrap_or_default();
        let start = byte + rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let passed = self.content.get(self.byte..start).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', passed).count();
        self.byte = self.byte.max(start);
        self.line
    }
}

impl<'a> Table<'a> {
    fn new(file: &'a str, content: &'a str) -> Result<Self, Problem> {
        let mut rows = csv::ReaderBuilder::new().from_reader(content.as_bytes());
        let mut lines = Lines { content: content.as_bytes(), byte: 0, line: 1 };
        let columns: Vec<String> = rows
            .headers()
            .map_err(|e| syntax(file, &e, &mut lines))?
            .iter()
            .map(|c| unguarded(c.trim()).to_owned())
            .collect();
        let mut by_name = HashMap::new();
        for (at, column) in columns.iter().enumerate() {
            by_name.entry(column.clone()).or_insert(at);
        }
        let has = |column: &str| by_name.contains_key(column);
        let counted = OFFSETS.iter().any(|(start, end, _)| has(start) && has(end));
        let role = if has("label") && counted {
            Role::Spans
        } else if has("from_id") && has("to_id") && has("kind") {
            Role::Links
        } else if has("entity_id") {
            Role::Entities
        } else if has("doc_id") && (has("text") || has("sha256")) {
            Role::Documents
        } else {
            let expected = "columns `label`, `start_byte` and `end_byte` (spans), `from_id`, `to_id` and `kind` (links), \
                            or `doc_id` and `text` (documents)";
            return Err(Problem::syntax(Place::line(file, 1), expected, shown(&columns.join(","))));
        };
        Ok(Self { file, role, columns, by_name, rows, lines })
    }

    fn at(&self, column: &str) -> Option<usize> {
        self.by_name.get(column).copied()
    }
}

fn syntax(file: &str, error: &csv::Error, lines: &mut Lines) -> Problem {
    let line = error.position().map(|p| lines.of_row(p.byte()));
    let place = Place { line, ..Place::file(file) };
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            Problem::syntax(place, format!("{expected_len} cells, as in the first row"), format!("{len}"))
        }
        _ => Problem::syntax(place, "a table in CSV (RFC 4180)", error.to_string()),
    }
}

/// A row with its columns by name; cells without the guard against formulas.
struct Row<'t, 'a> {
    table: &'t Table<'a>,
    record: &'t csv::StringRecord,
    line: usize,
}

impl Row<'_, '_> {
    /// The cell, empty where the table has no such column.
    fn cell(&self, column: &str) -> &str {
        self.table.at(column).and_then(|at| self.record.get(at)).map(unguarded).unwrap_or_default()
    }

    fn place(&self) -> Place {
        Place::line(self.table.file, self.line)
    }

    /// The cells of the columns whose names begin with `prefix`, without the prefix.
    fn with_prefix(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        let columns = self.table.columns.iter().zip(self.record);
        columns.filter_map(move |(column, cell)| Some((column.strip_prefix(prefix)?, unguarded(cell))))
    }

    fn number(&self, column: &str) -> Result<usize, Problem> {
        let cell = self.cell(column);
        let problem = || Problem::syntax(self.place(), format!("a number in column `{column}`"), shown(cell));
        cell.trim().parse().map_err(|_| problem())
    }
}

/// A document whose annotations are being gathered.
struct Gathered {
    id: String,
    title: String,
    text: Text,
    metadata: Metadata,
    direction: Direction,
    directions: BTreeMap<usize, Direction>,
    original: Option<Original>,
    file: String,
    spans_file: String,
    unit: Unit,
    layers: BTreeMap<Option<Name>, RawLayer>,
}

struct Reader<'a> {
    options: &'a ReadOptions,
    documents: Vec<Gathered>,
    by_id: HashMap<String, Option<usize>>,
    result: ReadResult,
}

impl Reader<'_> {
    fn table(&mut self, table: &mut Table, progress: Progress) -> Result<(), Cancelled> {
        let mut lines = table.lines.clone();
        // Every quote of RFC 4180 has its fellow; the reader itself closes an open one silently.
        if memchr::memchr_iter(b'"', lines.content).count() % 2 == 1 {
            let problem = Problem::syntax(Place::file(table.file), "quotes in pairs", "one that is never closed");
            let help = "the file may be cut off: export it again";
            self.result.problems.push(Problem { help: help.to_owned(), ..problem });
        }
        let mut rows = std::mem::replace(&mut table.rows, csv::ReaderBuilder::new().from_reader(&[][..]));
        let mut record = csv::StringRecord::new();
        let mut names = Names::default();
        let mut entities = HashSet::new();
        for n in 0.. {
            if n % 4096 == 0 {
                progress.step(0, 1)?;
            }
            match rows.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    self.result.problems.push(syntax(table.file, &error, &mut lines));
                    continue;
                }
            }
            let line = record.position().map_or(0, |p| lines.of_row(p.byte()));
            let row = Row { table, record: &record, line };
            let read = match table.role {
                Role::Documents => self.document(&row),
                Role::Entities => self.entity(&row, &mut entities),
                Role::Spans => self.span(&row, &mut names),
                Role::Links => self.link(&row, &mut names),
            };
            if let Err(problem) = read {
                self.result.problems.push(problem);
            }
        }
        Ok(())
    }

    fn document(&mut self, row: &Row) -> Result<(), Problem> {
        let id = row.cell("doc_id").to_owned();
        if self.by_id.contains_key(&id) {
            return Err(Problem::error(row.place(), Cause::DuplicateId { id }, "give one of the documents another id"));
        }
        // Its annotations are not blamed once more if the document cannot be read.
        self.by_id.insert(id.clone(), None);
        let text = self.text(row)?;
        let mut metadata = Metadata::default();
        for name in METADATA_FIELDS {
            if let Some(value) = plain(row.cell(name)) {
                encode::put_field(&mut metadata, name, value);
            }
        }
        for (name, cell) in row.with_prefix(META) {
            if let Some(value) = plain(cell) {
                metadata.other.insert(name.to_owned(), value);
            }
        }
        let directions = encode::directions_from_cell(row.cell("directions")).ok_or_else(|| {
            let expected = "directions of paragraphs such as `3:rtl;14:ltr` in column `directions`";
            Problem::syntax(row.place(), expected, shown(row.cell("directions")))
        })?;
        let [file, encoding, sha256] =
            ["original_file", "original_encoding", "original_sha256"].map(|column| row.cell(column).to_owned());
        let original = (!(file.is_empty() && sha256.is_empty())).then_some(Original { file, encoding, sha256 });
        self.by_id.insert(id.clone(), Some(self.documents.len()));
        self.documents.push(Gathered {
            title: if row.cell("title").is_empty() { id.clone() } else { row.cell("title").to_owned() },
            text,
            metadata,
            direction: encode::direction_from(row.cell("direction")),
            directions,
            original,
            file: row.table.file.to_owned(),
            spans_file: row.table.file.to_owned(),
            unit: CARD.unit,
            layers: status_layers(row)?,
            id,
        });
        Ok(())
    }

    fn text(&mut self, row: &Row) -> Result<Text, Problem> {
        let hash = row.cell("sha256");
        if row.table.at("text").is_none() {
            return self.options.text_with(hash).ok_or_else(|| {
                let problem = Problem::syntax(row.place(), "a column `text`", "none");
                let help = "a table without texts can be imported only into the project that has them";
                Problem { help: help.to_owned(), ..problem }
            });
        }
        let text = Text::new(row.cell("text"));
        if !hash.is_empty() && text.sha256() != hash {
            let cause = Cause::TextDiffers(row.cell("doc_id").to_owned());
            let help = "every quote is compared with the text as it is now; keep the text as it was exported";
            self.result.problems.push(Problem::doubt(row.place(), cause, help));
        }
        Ok(text)
    }

    fn entity(&mut self, row: &Row, seen: &mut HashSet<String>) -> Result<(), Problem> {
        let expected = |column: &str, what: &str| {
            Problem::syntax(row.place(), format!("{what} in column `{column}`"), shown(row.cell(column)))
        };
        let id = row.cell("entity_id");
        if !seen.insert(id.to_owned()) {
            let cause = Cause::DuplicateId { id: id.to_owned() };
            return Err(Problem::error(row.place(), cause, "give one of the entities another id"));
        }
        let aliases = match encode::value_from_cell(row.cell("aliases")) {
            Value::List(aliases) => aliases,
            Value::Text(text) if text.is_empty() => Vec::new(),
            _ => return Err(expected("aliases", "a list such as `[\"UN\"]`")),
        };
        self.result.entities.push(Entity {
            id: id.parse().map_err(|_| expected("entity_id", "an id such as `e1`"))?,
            kind: encode::kind_from(row.cell("kind")).ok_or_else(|| expected("kind", "`person` or `organisation`"))?,
            name: row.cell("name").to_owned(),
            aliases,
            wikidata: plain(row.cell("wikidata")),
            note: row.cell("note").to_owned(),
        });
        Ok(())
    }

    /// The layer that a row belongs to; `None` if its document could not be read and was reported.
    fn layer(&mut self, row: &Row, what: &str, names: &mut Names) -> Result<Option<usize>, Problem> {
        let id = row.cell("doc_id");
        // A table with one document need not say which.
        let at = match self.by_id.get(id) {
            Some(at) => *at,
            None if row.table.at("doc_id").is_none() && self.documents.len() == 1 => Some(0),
            None => {
                let cause = Cause::UnknownId { what: what.to_owned(), id: id.to_owned() };
                return Err(Problem::error(row.place(), cause, "add the document, with its text, to `documents.csv`"));
            }
        };
        let annotator = row.cell("annotator");
        let annotator = (!annotator.is_empty()).then(|| names.get(annotator));
        if let Some(document) = at.and_then(|at| self.documents.get_mut(at)) {
            document.layers.entry(annotator.clone()).or_insert_with(|| RawLayer { annotator, ..RawLayer::default() });
        }
        Ok(at)
    }

    fn layer_mut(&mut self, at: usize, row: &Row) -> Option<&mut RawLayer> {
        let annotator = row.cell("annotator");
        let annotator = (!annotator.is_empty()).then(|| Name::from(annotator));
        self.documents.get_mut(at)?.layers.get_mut(&annotator)
    }

    fn span(&mut self, row: &Row, names: &mut Names) -> Result<(), Problem> {
        let id = match row.cell("annotation_id") {
            "" => format!("row {}", row.line),
            id => id.to_owned(),
        };
        let Some(at) = self.layer(row, &format!("annotation `{id}`"), names)? else { return Ok(()) };
        let Some((start, end, unit)) = OFFSETS.into_iter().find(|(start, _, _)| row.table.at(start).is_some()) else {
            return Ok(());
        };
        let column = if unit == Unit::Bytes { "fragments_byte" } else { "fragments_cp" };
        let whole = row.number(start)?..row.number(end)?;
        let fragments = match row.cell(column) {
            "" => vec![whole],
            cell => fragments_from_cell(cell).ok_or_else(|| {
                Problem::syntax(
                    row.place(),
                    format!("fragments such as `3-10;14-20` in column `{column}`"),
                    shown(cell),
                )
            })?,
        };
        let label = row.cell("label");
        if label.trim().is_empty() {
            return Err(Problem::syntax(row.place(), "a label", "an empty cell"));
        }
        let quote = row.cell("text");
        let attributes = row.with_prefix(ATTRIBUTE).filter(|(_, cell)| !cell.is_empty());
        let span = RawSpan {
            number: number_of(&id),
            id,
            label: names.get(label),
            claim: Claim { fragments: fragments.into(), quote: (!quote.is_empty()).then(|| quote.into()) },
            exact: None,
            attributes: attributes.map(|(key, cell)| (names.get(key), encode::value_from_cell(cell))).collect(),
            note: row.cell("note").to_owned(),
            provenance: provenance(row).map(Box::new),
            line: row.line,
        };
        if let Some(document) = self.documents.get_mut(at) {
            row.table.file.clone_into(&mut document.spans_file);
            document.unit = unit;
        }
        if let Some(layer) = self.layer_mut(at, row) {
            layer.spans.push(span);
        }
        Ok(())
    }

    fn link(&mut self, row: &Row, names: &mut Names) -> Result<(), Problem> {
        let id = row.cell("link_id").to_owned();
        let Some(at) = self.layer(row, &format!("link `{id}`"), names)? else { return Ok(()) };
        let link = RawLink {
            number: id.parse::<LinkId>().map(|id| id.0).or_else(|_| id.parse()).ok(),
            id,
            kind: names.get(row.cell("kind")),
            from: row.cell("from_id").to_owned(),
            to: row.cell("to_id").to_owned(),
            note: row.cell("note").to_owned(),
            provenance: provenance(row),
            line: row.line,
        };
        if let Some(layer) = self.layer_mut(at, row) {
            layer.links_file = Some(row.table.file.to_owned());
            layer.links.push(link);
        }
        Ok(())
    }

    fn finish(mut self, progress: Progress) -> Result<ReadResult, Cancelled> {
        let count = self.documents.len();
        for (n, document) in std::mem::take(&mut self.documents).into_iter().enumerate() {
            progress.step(n, count)?;
            let problems = &mut self.result.problems;
            let raw: Vec<RawLayer> = document.layers.into_values().collect();
            let rules = Rules { format: CARD.name, unit: document.unit, fits, rejoin: None };
            let (layers, verdict) = if raw.is_empty() {
                (Vec::new(), Verdict::nothing(document.unit))
            } else {
                resolve::layers(&document.text, raw, &document.spans_file, rules, self.options, problems, progress)?
            };
            self.result.documents.push(ImportedDocument {
                metadata: document.metadata,
                direction: document.direction,
                directions: document.directions,
                original: document.original,
                ..ImportedDocument::new(document.id, document.title, document.text, &document.file, layers, verdict)
            });
        }
        Ok(self.result)
    }
}

/// Our quotes show the gaps of discontinuous spans.
fn fits(quote: &str, slices: &[&str]) -> bool {
    match slices {
        [one] => quote == *one,
        several => quote == several.join(FRAGMENT_SEPARATOR),
    }
}

/// Each name is kept once.
fn number_of(id: &str) -> Option<u32> {
    id.parse::<AnnotationId>().map(|id| id.0).or_else(|_| id.parse()).ok()
}

fn provenance(row: &Row) -> Option<crate::model::Provenance> {
    encode::provenance_from_cells(row.cell("origin"), row.cell("created"), row.cell("modified"))
}

/// A text of which an empty cell means none and `""` the empty one.
fn plain(cell: &str) -> Option<String> {
    match encode::value_from_cell(cell) {
        _ if cell.is_empty() => None,
        Value::Text(text) => Some(text),
        _ => Some(cell.to_owned()),
    }
}

/// The layers that `documents.csv` names with their status; some of them may hold nothing.
fn status_layers(row: &Row) -> Result<BTreeMap<Option<Name>, RawLayer>, Problem> {
    let cell = row.cell("status");
    if cell.is_empty() {
        return Ok(BTreeMap::new());
    }
    let expected = || {
        let expected = "a status such as `{\"maria\":\"done\"}` in column `status`";
        Problem::syntax(row.place(), expected, shown(cell))
    };
    let pairs: BTreeMap<String, String> = serde_json::from_str(cell).map_err(|_| expected())?;
    let layer = |(annotator, status): (String, String)| -> Result<(Option<Name>, RawLayer), Problem> {
        let annotator = Some(Name::from(annotator));
        let status: Status = encode::status_from(&status).ok_or_else(expected)?;
        Ok((annotator.clone(), RawLayer { annotator, status, ..RawLayer::default() }))
    };
    pairs.into_iter().map(layer).collect()
}
