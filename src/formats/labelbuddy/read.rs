//! From labelbuddy's records to documents and raw spans.

use super::{CARD, EXTRA};
use crate::formats::encode;
use crate::formats::extras::Extras;
use crate::formats::parallel;
use crate::formats::problem::{Cause, Place, Problem};
use crate::formats::read::{Cancelled, ImportedDocument, InputFile, Names, Progress, ReadOptions, ReadResult};
use crate::formats::records::{self, Record};
use crate::formats::resolve::{self, RawLayer, RawSpan, Rules};
use crate::formats::unit_trial::{Claim, Verdict};
use crate::model::{Metadata, Name, Text, Value};
use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::fmt::Write;
use std::ops::Range;

/// A record of any of the three kinds of files.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Line {
    text: Option<String>,
    metadata: Option<Map<String, Json>>,
    display_title: Option<String>,
    list_title: Option<String>,
    utf8_text_md5_checksum: Option<String>,
    annotations: Option<Vec<Item>>,
    byline: Option<Json>,
    // Of a label; older files say `text` for its name.
    name: Option<String>,
    color: Option<String>,
    shortcut_key: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    label_name: Box<str>,
    start_char: Option<i64>,
    end_char: Option<i64>,
    start_byte: Option<i64>,
    end_byte: Option<i64>,
    extra_data: Option<Box<str>>,
}

impl Line {
    fn is_label(&self) -> bool {
        self.color.is_some() && self.annotations.is_none() && self.utf8_text_md5_checksum.is_none()
    }
}

/// How surely a file is labelbuddy's, from 0 to 100.
pub fn sureness(file: &InputFile) -> u8 {
    let Some(line) = records::first::<Line>(file) else { return 0 };
    let items = line.annotations.iter().flatten();
    let both = items.clone().all(|i| i.start_char.is_some() || i.start_byte.is_some());
    match line {
        Line { utf8_text_md5_checksum: Some(_), .. } => 96,
        Line { annotations: Some(items), .. } if !items.is_empty() && both => 96,
        Line { display_title: Some(_), text: Some(_), .. } | Line { list_title: Some(_), text: Some(_), .. } => 90,
        line if line.is_label() && (line.name.is_some() || line.text.is_some()) => 60,
        _ => 0,
    }
}

/// Reads files of all three kinds.
pub fn read<'f>(files: &'f [InputFile], options: &ReadOptions, progress: Progress) -> Result<ReadResult, Cancelled> {
    let mut reader = Reader {
        options,
        progress,
        names: Names::default(),
        result: ReadResult::default(),
        by_md5: HashMap::new(),
        texts: None,
    };
    let known = |file: &&InputFile| file.has_extension("jsonl") || file.has_extension("json");
    let of = |file| records::records(file).into_iter().map(move |record| (file, record));
    let read = |_: &mut Names, batch: Vec<Found<'f>>, progress: Progress| {
        let (mut done, count) = (Vec::new(), batch.len());
        for (n, (file, record)) in batch.into_iter().enumerate() {
            progress.step(n, count)?;
            let read = record.and_then(|record| {
                let expected = "an object with `text`, `annotations` or a label's `name` and `color`";
                let mut line = record.read::<Line>(&file.name, expected)?;
                // All of them wait until the documents are known.
                line.annotations.iter_mut().for_each(Vec::shrink_to_fit);
                let text = if line.is_label() { None } else { line.text.take().map(Text::new) };
                if let Some(md5) = text.as_ref().map(md5_hex) {
                    let said = line.utf8_text_md5_checksum.replace(md5.clone());
                    if let Some(said) = said.filter(|said| !said.eq_ignore_ascii_case(&md5)) {
                        let expected = format!("`utf8_text_md5_checksum`: `{md5}`, that of the text");
                        let place = Place::line(&file.name, record.line);
                        return Err(Problem::syntax(place, expected, format!("`{said}`: another text was annotated")));
                    }
                }
                Ok(Parsed { file, number: record.line, line, text })
            });
            done.push(read);
        }
        Ok(done)
    };
    let length = |(_, record): &Found| record.as_ref().map_or(0, |record| record.json.len());
    let batches = parallel::batches(files.iter().filter(known).flat_map(of), length);
    let mut lines: Vec<Parsed> = Vec::new();
    let take = |parsed: Vec<Result<Parsed<'f>, Problem>>| {
        for parsed in parsed {
            match parsed {
                Ok(parsed) => lines.push(parsed),
                Err(problem) => reader.result.problems.push(problem),
            }
        }
    };
    parallel::each(batches, |batch| batch.iter().map(length).sum(), progress, read, take)?;
    // Annotations can stand in a file before that of their documents.
    for Parsed { file, line, text, .. } in &mut lines {
        if let Some(text) = text.take() {
            reader.document(file, line, text);
        } else if !line.is_label() && line.annotations.is_none() {
            reader.known_document(file, line);
        }
    }
    let all = lines.len();
    for (done, Parsed { file, number, line, .. }) in lines.into_iter().enumerate() {
        progress.step(done, all)?;
        if line.is_label() {
            reader.label(line);
        } else {
            reader.annotations(file, number, line)?;
        }
    }
    Ok(reader.result)
}

/// A record as it was found in its file.
type Found<'a> = (&'a InputFile, Result<Record<'a>, Problem>);

/// A line with the text taken out of it, whose MD5 it has.
struct Parsed<'a> {
    file: &'a InputFile,
    number: usize,
    line: Line,
    text: Option<Text>,
}

struct Reader<'a> {
    options: &'a ReadOptions,
    progress: Progress<'a>,
    names: Names,
    result: ReadResult,
    /// Which of the documents has the text with this MD5.
    by_md5: HashMap<String, usize>,
    /// The texts of the project by MD5, once they are needed.
    texts: Option<HashMap<String, Text>>,
}

impl Reader<'_> {
    fn label(&mut self, line: Line) {
        let Some(name) = line.name.or(line.text).filter(|name| !name.is_empty()) else { return };
        let hint = self.result.scheme.label(&Name::from(name));
        hint.colour = line.color.and_then(|colour| colour.parse().ok());
        hint.key = line.shortcut_key.and_then(|key| key.chars().next());
    }

    /// Takes in the document of a line with a text, once.
    fn document(&mut self, file: &InputFile, line: &mut Line, text: Text) {
        let md5 = line.utf8_text_md5_checksum.clone().unwrap_or_default();
        if !self.by_md5.contains_key(&md5) {
            self.add(file, line, text, md5);
        }
    }

    fn add(&mut self, file: &InputFile, line: &mut Line, text: Text, md5: String) -> usize {
        let number = self.result.documents.len();
        let mut metadata = Metadata::default();
        for (name, value) in line.metadata.take().into_iter().flatten() {
            encode::put_field(&mut metadata, &name, encode::cell_from_json(&value));
        }
        let (list, display) = (line.list_title.take(), line.display_title.take());
        let title = list.clone().or_else(|| display.clone()).filter(|title| !title.trim().is_empty());
        let title = title.unwrap_or_else(|| format!("{} {}", file.stem(), number + 1));
        if let Some(display) = display.filter(|display| *display != title) {
            metadata.other.insert("display_title".to_owned(), display);
        }
        let mut document = ImportedDocument {
            metadata,
            ..ImportedDocument::new(
                (number + 1).to_string(),
                title,
                text,
                &file.name,
                Vec::new(),
                Verdict::nothing(CARD.unit),
            )
        };
        Extras::new(line.byline.clone()).complete_document(&mut document);
        self.by_md5.insert(md5, number);
        self.result.documents.push(document);
        number
    }

    /// Takes in the document of a line without its text, if the project has it.
    fn known_document(&mut self, file: &InputFile, line: &mut Line) {
        let Some(md5) = line.utf8_text_md5_checksum.clone() else { return };
        if let (false, Some(text)) = (self.by_md5.contains_key(&md5), self.text_of_project(&md5, line)) {
            self.add(file, line, text, md5);
        }
    }

    fn text_of_project(&mut self, md5: &str, line: &Line) -> Option<Text> {
        let options = self.options;
        let texts = self.texts.get_or_insert_with(|| options.texts.iter().map(|t| (md5_hex(t), t.clone())).collect());
        texts.get(md5).cloned().or_else(|| Extras::new(line.byline.clone()).known_text(options))
    }

    /// The document of a line: one of the files, else one of the project.
    fn of_line(&mut self, file: &InputFile, line: &mut Line, place: &Place) -> Option<usize> {
        let md5 = line.utf8_text_md5_checksum.clone().unwrap_or_default();
        if let Some(known) = self.by_md5.get(&md5) {
            return Some(*known);
        }
        if let Some(text) = self.text_of_project(&md5, line) {
            return Some(self.add(file, line, text, md5));
        }
        let cause = Cause::UnknownId { what: "the line".to_owned(), id: format!("the text with MD5 {md5}") };
        let help = "choose the file with the documents too, or import into the project that has them";
        self.result.problems.push(Problem::error(place.clone(), cause, help));
        None
    }

    fn annotations(&mut self, file: &InputFile, number: usize, mut line: Line) -> Result<(), Cancelled> {
        let items = line.annotations.take();
        if line.utf8_text_md5_checksum.is_none() && items.is_none() {
            return Ok(());
        }
        let place = Place::line(&file.name, number);
        let Some(at) = self.of_line(file, &mut line, &place) else { return Ok(()) };
        let extras = Extras::new(line.byline);
        let Some(items) = items else { return Ok(()) };
        let mut layer =
            RawLayer { annotator: annotator_of(file).map(|name| self.names.get(name)), ..RawLayer::default() };
        extras.complete_layer(&mut layer, &mut self.names);
        let text = self.result.documents[at].text.clone();
        // Only a file with as many ids as annotations is still as Byline wrote it.
        let ids = extras.ids("ids").filter(|ids| ids.len() == items.len());
        for (n, item) in items.into_iter().enumerate() {
            let number = ids.as_ref().and_then(|ids| ids.get(n).copied()).or(u32::try_from(n + 1).ok());
            match self.span(&text, item, n + 1, place.line.unwrap_or(1), file) {
                Ok(mut span) => {
                    span.number = number;
                    if ids.is_some() {
                        // What was written beside the text says more than that both offsets are of one place.
                        if let Some(quote) = number.and_then(|number| extras.quote(number)) {
                            span.claim.quote = Some(quote.into());
                        }
                        extras.complete_span(&mut span, &mut self.names);
                    }
                    layer.spans.push(span);
                }
                Err(problem) => self.result.problems.push(problem),
            }
        }
        if let Some(ids) = &ids {
            let places: HashMap<u32, usize> = ids.iter().copied().zip(1..).collect();
            let place_of = |number: u32| places.get(&number).copied().unwrap_or_default();
            layer.links = extras.links(number, &mut self.names, |number| name_of(place_of(number)));
        }
        extras.add_entities(&mut self.result);
        let rules = Rules { format: CARD.name, unit: CARD.unit, fits: |quote, slices| slices == [quote], rejoin: None };
        let problems = &mut self.result.problems;
        let (layers, verdict) =
            resolve::layers(&text, vec![layer], &file.name, rules, self.options, problems, self.progress)?;
        let document = &mut self.result.documents[at];
        document.verdict.join(verdict);
        document.layers.extend(layers);
        Ok(())
    }

    fn span(&mut self, text: &Text, item: Item, n: usize, line: usize, file: &InputFile) -> Result<RawSpan, Problem> {
        let place = || Place::line(&file.name, line);
        let offset = |offset: i64| {
            let wrong = || Problem::syntax(place(), "an offset of 0 or more", format!("{offset} in annotation {n}"));
            usize::try_from(offset).map_err(|_| wrong())
        };
        let pair = |start: Option<i64>, end: Option<i64>| match (start, end) {
            (Some(start), Some(end)) => Ok(Some(offset(start)?..offset(end)?)),
            _ => Ok(None),
        };
        let (chars, bytes) = (pair(item.start_char, item.end_char)?, pair(item.start_byte, item.end_byte)?);
        // Where both are given, what stands at the bytes is the quote for the code points.
        let quote = bytes.clone().and_then(|bytes| text.as_str().get(bytes));
        let of_no_character = |bytes: &Range<usize>| {
            let found = format!("bytes {} to {} in annotation {n}", bytes.start, bytes.end);
            Problem::syntax(place(), "bytes at characters of the text", found)
        };
        let converted = |bytes: &Range<usize>| {
            let code_points = |byte| text.code_points_from_byte(byte).map_err(|_| of_no_character(bytes));
            Ok(code_points(bytes.start)?.0..code_points(bytes.end)?.0)
        };
        let (Some(range), quote) = (match (&chars, &bytes, quote) {
            (Some(chars), None, _) => (Some(chars.clone()), None),
            (Some(chars), Some(_), Some(quote)) => (Some(chars.clone()), Some(quote.to_owned())),
            (Some(_), Some(bytes), None) => return Err(of_no_character(bytes)),
            (None, bytes, _) => (bytes.as_ref().map(converted).transpose()?, None),
        }) else {
            return Err(Problem::syntax(place(), "`start_char` and `end_char`", format!("none in annotation {n}")));
        };
        if item.label_name.trim().is_empty() {
            return Err(Problem::syntax(place(), "a `label_name`", format!("none in annotation {n}")));
        }
        let mut span = RawSpan::new(name_of(n), self.names.get(&item.label_name), line);
        span.claim = Claim { fragments: [range].into(), quote: quote.map(Into::into) };
        if let Some(extra) = item.extra_data {
            match attributes_from(&extra) {
                Some(values) => span.attributes.extend(values.into_iter().map(|(name, v)| (self.names.get(&name), v))),
                None => drop(span.attributes.insert(self.names.get(EXTRA), Value::Text(extra.into()))),
            }
        }
        Ok(span)
    }
}

fn name_of(n: usize) -> String {
    format!("annotation {n}")
}

/// Whose annotations stand in a file with such a name.
fn annotator_of(file: &InputFile) -> Option<&str> {
    file.stem().strip_prefix("annotations-").filter(|name| !name.is_empty())
}

/// The attributes that free text holds, if it holds exactly that.
pub fn attributes_from(extra: &str) -> Option<Vec<(String, Value)>> {
    let object: Map<String, Json> = serde_json::from_str(extra).ok()?;
    let spelled = serde_json::to_string(&object).ok()?;
    if object.is_empty() || spelled != extra {
        return None;
    }
    object.into_iter().map(|(name, value)| Some((name, encode::value_from_json(&value)?))).collect()
}

/// MD5 of a text in UTF-8, in hexadecimal: how labelbuddy names documents.
pub fn md5_hex(text: &Text) -> String {
    Md5::digest(text.as_str().as_bytes()).iter().fold(String::with_capacity(32), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
