//! From the lines of a file to its text, and to documents.
//!
//! The text is put together from `#Text=` and the offsets of the first tokens. In which unit these are counted is tried:
//! every token must be what the text says at its place. What cells say is for `cells`.

use super::cells::Cells;
use super::escape;
use super::header::{BYLINE, Column, Header, Kind, Layer, SENTENCE_ID, TEXT};
use super::{CARD, NOTE, is_ours};
use crate::formats::annotators::one_a_text;
use crate::formats::cas::found::Found;
use crate::formats::cas::names::made_by_program;
use crate::formats::cursor::Cursor;
use crate::formats::encode::put_field;
use crate::formats::extras::Extras;
use crate::formats::gather::{check_line, utf8};
use crate::formats::parallel;
use crate::formats::problem::{Cause, Place, Problem, Severity, shortened, shown};
use crate::formats::read::{Cancelled, ImportedDocument, InputFile, Names, Progress, ReadOptions, ReadResult};
use crate::formats::resolve::{self, RawLayer, Rules};
use crate::formats::unit_trial::{Unit, Verdict};
use crate::model::{AttributeDef, AttributeKind, Name, Text};
use std::collections::HashSet;
use std::ops::Range;

/// Reads all documents among `files`.
pub fn read(files: &[InputFile], options: &ReadOptions, progress: Progress) -> Result<ReadResult, Cancelled> {
    let files: Vec<_> = files.iter().filter(|file| is_ours(file)).collect();
    let first = files.first().map_or("", |file| &file.name);
    let read = |names: &mut Names, file: &InputFile, progress: Progress| {
        let mut reader = Reader { options, progress, names, types: Types::default(), found: Found::default() };
        let read = utf8(&file.name, &file.bytes).and_then(|content| reader.lines(file, content));
        match read {
            Ok(lines) => reader.document(file, &lines)?,
            Err(problem) => reader.found.result.problems.push(problem),
        }
        Ok((reader.found, reader.types))
    };
    let (mut found, mut types) = (Found::default(), Types::default());
    parallel::each(
        files,
        |file| file.bytes.len(),
        progress,
        read,
        |(one, of_one)| {
            found.join(one);
            types.join(of_one);
        },
    )?;
    finish(found, &types, first, options, progress)
}

/// A row of a token or of a part of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Row {
    /// From 1.
    pub line: u32,
    /// The byte of the content with which it begins.
    at: u32,
    /// Where it begins and ends in the text, as counted in the file.
    pub begin: u32,
    pub end: u32,
}

/// A sentence: its text, and its rows.
struct Sentence {
    text: String,
    rows: Range<usize>,
    line: usize,
}

/// A file in its parts.
pub struct Lines<'a> {
    content: &'a str,
    pub header: Header,
    sentences: Vec<Sentence>,
    pub rows: Vec<Row>,
    pub extras: Extras,
}

impl<'a> Lines<'a> {
    /// The id of a row's unit, what stands in its column for the token, and its cells.
    pub fn fields(&self, row: Row) -> (&'a str, &'a str, &'a str) {
        let line = self.content.get(row.at as usize..).unwrap_or_default();
        let line = line.split('\n').next().unwrap_or_default();
        let mut fields = line.strip_suffix('\r').unwrap_or(line).splitn(4, '\t');
        let mut next = || fields.next().unwrap_or_default();
        let (id, _, token, cells) = (next(), next(), next(), next());
        (id, token, cells)
    }
}

/// A document before its labels have their final names.
struct Pending {
    document: ImportedDocument,
    layer: RawLayer,
    unit: Unit,
}

/// What files say of their types.
#[derive(Default)]
struct Types {
    /// The layers of annotations of all files with their features, in their order.
    layers: Vec<(Name, Vec<Name>)>,
    /// The features of which a value was seen.
    valued: HashSet<(Name, Name)>,
}

impl Types {
    /// Adds what a later file says; of a layer the first one tells the features.
    fn join(&mut self, later: Self) {
        for layer in later.layers {
            if !self.layers.iter().any(|(name, _)| *name == layer.0) {
                self.layers.push(layer);
            }
        }
        self.valued.extend(later.valued);
    }
}

struct Reader<'a> {
    options: &'a ReadOptions,
    progress: Progress<'a>,
    names: &'a mut Names,
    types: Types,
    found: Found<Pending>,
}

impl Reader<'_> {
    fn lines<'c>(&mut self, file: &InputFile, content: &'c str) -> Result<Lines<'c>, Problem> {
        let without_return = |line: &'c str| line.strip_suffix('\r').unwrap_or(line);
        let (header, count) = Header::read(&file.name, content.split('\n').map(without_return), self.names)?;
        let mut lines = Lines { content, header, sentences: Vec::new(), rows: Vec::new(), extras: Extras::default() };
        let mut open: Option<Sentence> = None;
        let mut text: Option<String> = None;
        let mut at = 0;
        for (n, line) in content.split('\n').enumerate() {
            let begin = at;
            at += line.len() + 1;
            if n < count {
                continue;
            }
            check_line(&file.name, n + 1, line)?;
            let line = without_return(line);
            let is_comment = line.starts_with('#');
            if line.trim().is_empty() || (is_comment && open.is_some()) {
                // Some programs write no empty line between sentences.
                lines.sentences.extend(open.take());
            }
            if is_comment {
                self.comment(line, lines.header.minor, &mut text, &mut lines.extras);
            } else if !line.trim().is_empty() {
                let row = match row_from(line) {
                    Ok((begin_offset, end)) => Row { line: n as u32 + 1, at: begin as u32, begin: begin_offset, end },
                    Err(expected) => {
                        let place = Place::line(&file.name, n + 1);
                        self.found.result.problems.push(Problem::syntax(place, expected, shown(line)));
                        continue;
                    }
                };
                let place = lines.rows.len();
                lines.rows.push(row);
                if let Some(open) = &mut open {
                    open.rows.end = place + 1;
                } else if let Some(text) = text.take() {
                    open = Some(Sentence { text, rows: place..place + 1, line: n + 1 });
                } else {
                    let expected = "`#Text=` with the text of the sentence above its tokens";
                    let place = Place::line(&file.name, n + 1);
                    return Err(Problem::syntax(place, expected, shown(line)));
                }
            }
        }
        lines.sentences.extend(open);
        if text.is_some_and(|text| !text.is_empty()) {
            let line = memchr::memchr_iter(b'\n', content.trim_end().as_bytes()).count() + 1;
            let problem =
                Problem::syntax(Place::line(&file.name, line), "tokens below `#Text=`", "the end of the file");
            return Err(Problem { help: "the file is not whole: get it again".to_owned(), ..problem });
        }
        Ok(lines)
    }

    /// A line above the tokens of a sentence.
    fn comment(&mut self, line: &str, minor: u32, text: &mut Option<String>, extras: &mut Extras) {
        if let Some(escaped) = line.strip_prefix(TEXT) {
            let more = escape::line_of(escaped, minor);
            match text {
                Some(text) => text.extend(["\n", &more]),
                None => *text = Some(more),
            }
        } else if let Some(json) = line.strip_prefix(BYLINE) {
            *extras = Extras::new(serde_json::from_str(json).ok());
        } else {
            let name = if line.starts_with(SENTENCE_ID) { SENTENCE_ID } else { "#" };
            let name = self.names.get(name.trim_end_matches('='));
            *self.found.told.left_out.entry(name).or_default() += 1;
        }
    }

    fn document(&mut self, file: &InputFile, lines: &Lines) -> Result<(), Cancelled> {
        let Some(Assembled { text, wrong, unit, .. }) = self.text(file, lines) else { return Ok(()) };
        let mut cells = Cells {
            file: &file.name,
            lines,
            wrong: wrong.into_iter().collect(),
            names: self.names,
            problems: &mut self.found.result.problems,
            told: &mut self.found.told,
            used: &mut self.found.used,
            valued: &mut self.types.valued,
            taken: super::cells::Taken::default(),
        };
        let mut layer = cells.layer(self.progress)?;
        let marked = |layer: &&Layer| layer.kind != Kind::Relation && !made_by_program(&layer.name);
        for found in lines.header.layers.iter().filter(marked) {
            if !self.types.layers.iter().any(|(name, _)| *name == found.name) && !lines.extras.is_there() {
                let features = found.columns.iter().filter_map(|column| match column {
                    Column::Feature(name) if name != NOTE => Some(name.clone()),
                    _ => None,
                });
                self.types.layers.push((found.name.clone(), features.collect()));
            }
        }
        lines.extras.complete_layer(&mut layer, self.names);
        lines.extras.add_entities(&mut self.found.result);
        let mut document = ImportedDocument::new(
            file.stem().to_owned(),
            file.stem().to_owned(),
            text,
            &file.name,
            Vec::new(),
            Verdict::nothing(unit),
        );
        if !lines.extras.complete_document(&mut document) {
            for (name, value) in &lines.header.fields {
                put_field(&mut document.metadata, name, value.clone());
            }
        }
        self.found.pending.push(Pending { document, layer, unit });
        Ok(())
    }

    /// The text under the unit in which every token is what it says; else what is wrong.
    fn text(&mut self, file: &InputFile, lines: &Lines) -> Option<Assembled> {
        let mut units = vec![self.options.unit.unwrap_or(CARD.unit)];
        let is_ascii = lines.sentences.iter().all(|sentence| sentence.text.is_ascii());
        if self.options.unit.is_none() && !is_ascii {
            units.extend(Unit::ALL.into_iter().filter(|unit| *unit != CARD.unit));
        }
        let mut first: Option<Result<Assembled, Problem>> = None;
        for unit in units {
            let assembled = assembled(file, lines, unit);
            if assembled.as_ref().is_ok_and(|assembled| assembled.wrong.is_empty()) {
                first = Some(assembled);
                break;
            }
            first.get_or_insert(assembled);
        }
        let assembled = match first? {
            Ok(assembled) => assembled,
            Err(problem) => {
                self.found.result.problems.push(problem);
                return None;
            }
        };
        self.say_wrong(file, lines, &assembled);
        self.say_changed(file, lines, &assembled.text);
        Some(assembled)
    }

    fn say_wrong(&mut self, file: &InputFile, lines: &Lines, assembled: &Assembled) {
        let Some(row) = assembled.wrong.first().and_then(|row| lines.rows.get(*row)) else { return };
        let (id, token, _) = lines.fields(*row);
        let found = slice(&assembled.text, &Cursor::new(assembled.unit), *row).unwrap_or_default();
        let count = assembled.wrong.len();
        let (words, first) = if count == 1 { ("token is", "") } else { ("tokens are", ", the first ") };
        let first = if first.is_empty() { ": " } else { first };
        let cause = Cause::NotKept(format!(
            "{count} {words} not what `#Text=` says at the place{first}`{id}`: the text there is “{}”, not “{}”",
            shortened(found),
            shortened(token)
        ));
        let help = "correct the text or the offsets, or import the rest with `--keep-going`";
        let place = Place::line(&file.name, row.line as usize);
        self.found.result.problems.push(Problem { severity: Severity::Error, ..Problem::doubt(place, cause, help) });
    }

    fn say_changed(&mut self, file: &InputFile, lines: &Lines, text: &Text) {
        let hash = lines.extras.get("sha256").and_then(serde_json::Value::as_str);
        if hash.is_some_and(|hash| hash != text.sha256()) {
            let help = "another program changed it; look whether the annotations still stand where they should";
            let cause = Cause::TextDiffers(file.stem().to_owned());
            self.found.result.problems.push(Problem::doubt(Place::file(&file.name), cause, help));
        }
    }
}

/// Gives labels their names, places spans, and says what there is to say.
fn finish(
    mut found: Found<Pending>,
    types: &Types,
    file: &str,
    options: &ReadOptions,
    progress: Progress,
) -> Result<ReadResult, Cancelled> {
    for (layer, _) in &types.layers {
        found.used.entry(layer.clone()).or_insert_with(|| (super::short(layer).to_owned(), false));
    }
    let final_names = found.final_names();
    let Found { mut result, pending, told, .. } = found;
    let renamed = |name: &Name| final_names.get(name).unwrap_or(name).clone();
    for (layer, features) in &types.layers {
        let hint = result.scheme.label(&renamed(layer));
        // What values there are says more of a feature than its name.
        let unknown = features.iter().filter(|feature| !types.valued.contains(&(layer.clone(), (*feature).clone())));
        hint.attributes.extend(unknown.map(|feature| AttributeDef {
            name: feature.clone(),
            title: feature.to_string(),
            kind: AttributeKind::Text,
            description: String::new(),
        }));
    }
    let place = |_: &mut Names, Pending { mut document, mut layer, unit }: Pending, progress: Progress| {
        layer.spans.iter_mut().for_each(|span| span.label = renamed(&span.label));
        layer.links.iter_mut().for_each(|link| link.kind = renamed(&link.kind));
        // Every token was looked at: that is more than the quotes of annotations.
        let options = ReadOptions { unit: Some(unit), ..options.clone() };
        let rules = Rules { format: CARD.name, unit, fits: |_, _| true, rejoin: None };
        let (mut problems, layer) = (Vec::new(), vec![layer]);
        let (layers, verdict) =
            resolve::layers(&document.text, layer, &document.file, rules, &options, &mut problems, progress)?;
        let of = verdict.of + verdict.unquoted;
        document.verdict = Verdict { verified: of, of, unquoted: 0, ..verdict };
        document.layers = layers;
        Ok((document, problems))
    };
    let take = |(document, problems)| {
        result.documents.push(document);
        result.problems.extend::<Vec<_>>(problems);
    };
    parallel::each(pending, |pending| pending.document.text.len(), progress, place, take)?;
    told.say(file, &mut result.problems);
    let count = result.documents.len();
    result.documents = one_a_text(result.documents, options);
    if result.documents.len() < count {
        // Each folder holds only what its annotator did.
        result.documents.sort_by(|a, b| a.id.cmp(&b.id));
    }
    Ok(result)
}

/// Begin and end of a row; else what was expected.
fn row_from(line: &str) -> Result<(u32, u32), &'static str> {
    let mut fields = line.splitn(4, '\t');
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let id = fields.next().and_then(|id| id.split_once('-'));
    let is_id = id.is_some_and(|(sentence, token)| {
        let (token, part) = token.split_once('.').unwrap_or((token, "1"));
        digits(sentence) && digits(token) && digits(part)
    });
    let offsets = fields.next().and_then(|offsets| offsets.split_once('-'));
    let offsets = offsets.and_then(|(begin, end)| Some((begin.parse().ok()?, end.parse().ok()?)));
    match offsets {
        _ if !is_id => Err("a row such as `1-2<TAB>4-8<TAB>word<TAB>…`"),
        Some((begin, end)) if begin <= end && fields.next().is_some() => Ok((begin, end)),
        _ => Err("offsets such as `4-8` in the second column, and a token"),
    }
}

/// The text under one unit.
struct Assembled {
    text: Text,
    unit: Unit,
    /// The rows whose token is something else in the text.
    wrong: Vec<usize>,
}

/// Puts the text together. What does not stand between sentences in the file is a line feed and spaces.
fn assembled(file: &InputFile, lines: &Lines, unit: Unit) -> Result<Assembled, Problem> {
    // No file says so little of so much text that it would be more than white space.
    let mut spaces_left = file.bytes.len().max(4_096);
    let mut text = String::with_capacity(lines.sentences.iter().map(|sentence| sentence.text.len() + 1).sum());
    let mut end = 0;
    for sentence in &lines.sentences {
        let begin = lines.rows.get(sentence.rows.start).map_or(0, |row| row.begin as usize);
        let problem = |found: String| {
            let place = Place::line(&file.name, sentence.line);
            let problem = Problem::syntax(place, format!("a sentence that begins at {end} or after it"), found);
            Problem { help: "correct the offsets; the file is read as a whole or not at all".to_owned(), ..problem }
        };
        let gap = begin.checked_sub(end).ok_or_else(|| problem(format!("one that begins at {begin}")))?;
        spaces_left = spaces_left.checked_sub(gap).ok_or_else(|| problem(format!("one at {begin}, far behind it")))?;
        if gap > 0 {
            text.push(if text.is_empty() { ' ' } else { '\n' });
            text.extend(std::iter::repeat_n(' ', gap - 1));
        }
        text.push_str(&sentence.text);
        end = begin + length(&sentence.text, unit);
    }
    let text = Text::new(text);
    let cursor = Cursor::new(unit);
    let is_wrong = |row: &Row| {
        let (_, token, _) = lines.fields(*row);
        let found = slice(&text, &cursor, *row);
        found.is_none_or(|found| found != token && found != escape::line_of(token, lines.header.minor))
    };
    let wrong = lines.rows.iter().enumerate().filter(|(_, row)| is_wrong(row)).map(|(n, _)| n).collect();
    Ok(Assembled { text, unit, wrong })
}

fn length(text: &str, unit: Unit) -> usize {
    match unit {
        Unit::Bytes => text.len(),
        Unit::CodePoints => text.chars().count(),
        Unit::Utf16 => text.encode_utf16().count(),
    }
}

/// What the text says where a row lies.
fn slice<'t>(text: &'t Text, cursor: &Cursor, row: Row) -> Option<&'t str> {
    let begin = cursor.byte(text, row.begin as usize).ok()?;
    let end = cursor.byte(text, row.end as usize).ok()?;
    text.as_str().get(begin..end)
}
