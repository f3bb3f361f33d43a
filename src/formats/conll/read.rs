//! From columns to documents: words become a text, tags become spans of it.

use super::CARD;
use super::columns::{Columns, Line, sureness};
use super::words::{Grown, Known};
use crate::formats::annotators::merged;
use crate::formats::encode;
use crate::formats::gather::{check_line, utf8};
use crate::formats::parallel;
use crate::formats::problem::{Cause, Place, Problem, shown};
use crate::formats::read::{Cancelled, ImportedDocument, InputFile, Names, Progress, ReadOptions, ReadResult};
use crate::formats::resolve::{self, RawLayer, RawSpan, Rules};
use crate::formats::sidecar::Sidecars;
use crate::formats::tags::{Chunk, Decoder, Tag, TagScheme, parsed};
use crate::formats::tokens::same_letters;
use crate::formats::unit_trial::{Claim, Unit};
use crate::model::Text;
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// A document as a file has it. All of them wait for those of other files: what they no longer need waits not.
#[derive(Default)]
struct Part<'a> {
    grown: Grown,
    chunks: Vec<Chunk>,
    /// Where the chunks lie in the text that the words make, in bytes.
    places: Vec<Range<usize>>,
    /// Its number in the file, from 1.
    number: usize,
    file: &'a str,
    about: About<'a>,
}

/// What `byline.json` says of a part.
#[derive(Clone, Copy, Default)]
struct About<'a> {
    sidecar: Option<(usize, &'a Json)>,
    annotator: Option<&'a str>,
    id: Option<&'a str>,
}

/// Reads all files of columns.
pub fn read(files: &[InputFile], options: &ReadOptions, progress: Progress) -> Result<ReadResult, Cancelled> {
    let sidecars = Sidecars::of(files, CARD.name);
    let mine = |file: &&InputFile| {
        let named = file.has_extension("conll");
        named || sidecars.about(file).is_some() || sureness(file) > 0
    };
    let mut mine: Vec<&InputFile> = files.iter().filter(mine).collect();
    if mine.is_empty() {
        // Somebody says that they are.
        mine = files.iter().filter(|file| !file.has_extension("json")).collect();
    }
    let mut result = ReadResult::default();
    let mut parts = Vec::new();
    let read = |_: &mut Names, file, progress: Progress| {
        let (about, mut problems) = (sidecars.about(file), Vec::new());
        let read = utf8(&file.name, &file.bytes);
        let parts = read.map(|content| parts_of(file, content, about, &mut problems, progress));
        Ok((
            parts.unwrap_or_else(|problem| {
                problems.push(problem);
                Ok(Vec::new())
            })?,
            problems,
        ))
    };
    parallel::each(
        mine,
        |file| file.bytes.len(),
        progress,
        read,
        |(of_one, mut problems)| {
            parts.extend(of_one);
            result.problems.append(&mut problems);
        },
    )?;
    documents(parts, options, &mut result, progress)?;
    Ok(result)
}

/// The documents of one file.
fn parts_of<'a>(
    file: &'a InputFile,
    content: &'a str,
    about: Option<(usize, &'a Json, &'a Json)>,
    problems: &mut Vec<Problem>,
    progress: Progress,
) -> Result<Vec<Part<'a>>, Cancelled> {
    let Some(columns) = Columns::of(content) else {
        if !content.trim().is_empty() {
            let found = content.lines().find(|line| !line.trim().is_empty()).map_or_else(String::new, shown);
            let expected = "lines of a word and its tag, separated by a space or a tab";
            problems.push(Problem::syntax(Place::line(&file.name, 1), expected, found));
        }
        return Ok(Vec::new());
    };
    let mut reader = Reader {
        file,
        columns,
        decoder: Decoder::default(),
        others_say_something: false,
        part: Part::default(),
        parts: Vec::new(),
    };
    let mut named = reader.columns.named;
    let mut at = 0;
    for (n, raw) in content.split('\n').enumerate() {
        if n % 4096 == 0 {
            progress.step(at, content.len())?;
        }
        at += raw.len() + 1;
        let line = raw.strip_suffix('\r').unwrap_or(raw);
        if let Err(problem) = check_line(&file.name, n + 1, line) {
            problems.push(problem);
            continue;
        }
        match reader.columns.line(line) {
            Line::Empty => reader.end_sentence(),
            Line::Document => reader.end_document(about),
            Line::Comment => {}
            Line::Word(_) if named => named = false,
            Line::Word(row) => reader.word(&row, n + 1, problems),
        }
    }
    reader.end_document(about);
    doubts(file, &reader, problems);
    Ok(reader.parts)
}

struct Reader<'a> {
    file: &'a InputFile,
    columns: Columns,
    decoder: Decoder,
    /// Whether a column that is not read holds more than the signs for nothing.
    others_say_something: bool,
    part: Part<'a>,
    parts: Vec<Part<'a>>,
}

impl<'a> Reader<'a> {
    fn word(&mut self, row: &[&str], line: usize, problems: &mut Vec<Problem>) {
        let place = Place::line(&self.file.name, line);
        let number = self.part.grown.words.len();
        let mut tags = vec![Tag::Outside; self.columns.tags.len()];
        if row.len() == self.columns.count {
            let is_other = |(n, cell): (usize, &&str)| {
                n > 0 && !self.columns.tags.contains(&n) && !["-X-", "_", "O"].contains(cell)
            };
            self.others_say_something = self.others_say_something || row.iter().enumerate().any(is_other);
            for (tag, column) in tags.iter_mut().zip(&self.columns.tags) {
                match row.get(*column).and_then(|cell| parsed(cell)) {
                    Some(found) => *tag = found,
                    None => {
                        let found = row.get(*column).map_or_else(String::new, |cell| shown(cell));
                        problems.push(Problem::syntax(place.clone(), "`O` or a tag such as `B-PER`", found));
                    }
                }
            }
        } else {
            let expected = format!("{} columns, as in the other lines", self.columns.count);
            problems.push(Problem::syntax(
                place.clone(),
                expected,
                format!("{} in {}", row.len(), shown(&row.join(" "))),
            ));
        }
        match row.first().filter(|word| !word.is_empty()) {
            Some(word) => {
                self.part.grown.word(word);
                self.decoder.word(number, line, &tags);
            }
            None => problems.push(Problem::syntax(place, "a word in the first column", "nothing")),
        }
    }

    fn end_sentence(&mut self) {
        self.decoder.end_sentence();
        self.part.grown.end_sentence();
    }

    /// Ends the document, if there is one.
    fn end_document(&mut self, about: Option<(usize, &'a Json, &'a Json)>) {
        self.end_sentence();
        let mut part = std::mem::take(&mut self.part);
        part.chunks = std::mem::take(&mut self.decoder.chunks);
        if part.grown.words.is_empty() {
            return;
        }
        part.chunks.sort_by_key(|chunk| (chunk.words.start, std::cmp::Reverse(chunk.words.end)));
        part.chunks.shrink_to_fit();
        let words = std::mem::take(&mut part.grown.words);
        let place = |chunk: &Chunk| {
            let own = words.get(chunk.words.clone()).unwrap_or_default();
            own.first().zip(own.last()).map_or(0..0, |(first, last)| first.start..last.end)
        };
        part.places = part.chunks.iter().map(place).collect();
        part.grown.text.shrink_to_fit();
        part.file = &self.file.name;
        part.number = self.parts.len() + 1;
        if let Some((n, sidecar, entry)) = about {
            part.about = About {
                sidecar: Some((n, sidecar)),
                annotator: entry.get("annotator").and_then(Json::as_str),
                id: entry.get("documents").and_then(|ids| ids.get(part.number - 1)).and_then(Json::as_str),
            };
        }
        self.parts.push(part);
    }
}

/// What is said of a file as a whole.
fn doubts(file: &InputFile, reader: &Reader, problems: &mut Vec<Problem>) {
    let decoder = &reader.decoder;
    if reader.others_say_something {
        let others = reader.columns.count - 1 - reader.columns.tags.len();
        let them = if others == 1 { "one column is".to_owned() } else { format!("{others} columns are") };
        let cause = Cause::NotKept(format!("{them} not taken in: words and the tags in the last column are"));
        problems.push(Problem::doubt(Place::file(&file.name), cause, ""));
    }
    if let Some((count, line)) = decoder.irregular() {
        let them = if count == 1 { "a span begins".to_owned() } else { format!("{count} spans begin") };
        let cause = Cause::NotKept(format!("{them} with `I-`, where `B-` would be expected"));
        problems.push(Problem::doubt(Place::line(&file.name, line), cause, "read as if it were `B-`"));
    } else if decoder.scheme() == Some(TagScheme::Iob1) {
        let cause = Cause::NotKept("the tags are IOB1: most spans begin with `I-`".to_owned());
        let help = "neighbours of one label are told apart only where the second begins with `B-`";
        problems.push(Problem::doubt(Place::file(&file.name), cause, help));
    }
}

/// Makes documents of parts: those that `byline.json` gives the same id, or that have the same words, become one.
fn documents(
    parts: Vec<Part>,
    options: &ReadOptions,
    result: &mut ReadResult,
    progress: Progress,
) -> Result<(), Cancelled> {
    let known = Known::new(&options.texts);
    let mut in_file: HashMap<&str, usize> = HashMap::new();
    for part in &parts {
        *in_file.entry(part.file).or_default() += 1;
    }
    let mut groups: Vec<Vec<Part>> = Vec::new();
    let mut by_id: HashMap<(usize, &str), usize> = HashMap::new();
    for part in parts {
        let key = part.about.sidecar.map(|(n, _)| n).zip(part.about.id);
        let same = key.and_then(|key| by_id.get(&key)).filter(|at| groups[**at][0].grown.text == part.grown.text);
        if let Some(at) = same {
            groups[*at].push(part);
        } else {
            if let Some(key) = key {
                by_id.insert(key, groups.len());
            }
            groups.push(vec![part]);
        }
    }
    // What byline.json says of a document, and in which place.
    let mut described: HashMap<(usize, &str), (usize, &Json)> = HashMap::new();
    let mut seen = HashSet::new();
    for (n, sidecar) in groups.iter().flatten().filter_map(|part| part.about.sidecar) {
        if seen.insert(n) {
            let listed = sidecar.get("documents").and_then(Json::as_array).into_iter().flatten().enumerate();
            described.extend(listed.filter_map(|(at, of)| Some(((n, of.get("id")?.as_str()?), (at, of)))));
        }
    }
    let key = |group: &Vec<Part>| {
        let about = group.first()?.about;
        let key = (about.sidecar?.0, about.id?);
        described.get(&key).map(|(at, of)| ((key.0, *at), *of))
    };
    groups.sort_by_key(|group| key(group).map(|(place, _)| place));
    // The offsets are ours, not the file's: there is nothing to try.
    let plain = ReadOptions { unit: Some(Unit::Bytes), texts: Vec::new(), ..options.clone() };
    let read = |names: &mut Names, mut group: Vec<Part>, progress: Progress| {
        let several = in_file.get(group[0].file).is_some_and(|count| *count > 1);
        let described = key(&group).map(|(_, of)| of);
        let mut problems = Vec::new();
        let mut document = document(&mut group, several, &known, names, &plain, &mut problems, progress)?;
        if let Some(described) = described {
            encode::put_document(&mut document, described);
            // They are those of the text that was written; here a sentence is a paragraph.
            document.directions.clear();
        }
        Ok((document, problems))
    };
    let size = |group: &Vec<Part>| group.iter().map(|part| part.grown.text.len()).sum();
    parallel::each(groups, size, progress, read, |(document, mut problems)| {
        result.documents.push(document);
        result.problems.append(&mut problems);
    })?;
    let stem = |document: &ImportedDocument| InputFile::new(document.file.clone(), Vec::new()).stem().to_owned();
    result.documents = merged(std::mem::take(&mut result.documents), options, stem);
    Ok(())
}

fn document(
    group: &mut [Part],
    several: bool,
    known: &Known,
    names: &mut Names,
    options: &ReadOptions,
    problems: &mut Vec<Problem>,
    progress: Progress,
) -> Result<ImportedDocument, Cancelled> {
    let Part { grown, file, number, .. } = &mut group[0];
    let (file, number) = (*file, *number);
    let (found, letters) = known.find(&grown.text).unzip();
    let grown = Text::new(std::mem::take(&mut grown.text));
    let text = found.unwrap_or_else(|| grown.clone());
    let place =
        |of: &Range<usize>| letters.as_ref().map_or_else(|| of.clone(), |letters| letters.place(grown.as_str(), of));
    let mut layers: Vec<RawLayer> = Vec::new();
    for part in group {
        let annotator = part.about.annotator.map(|name| names.get(name));
        let at = layers.iter().position(|layer| layer.annotator == annotator).unwrap_or_else(|| {
            layers.push(RawLayer { annotator, ..RawLayer::default() });
            layers.len() - 1
        });
        let labels = part.about.sidecar.and_then(|(_, json)| json.get("labels"));
        for (chunk, in_words) in part.chunks.iter().zip(&part.places) {
            let label = labels.and_then(|labels| labels.get(&chunk.label)?.as_str()).unwrap_or(&chunk.label);
            let span = format!("span {}", layers[at].spans.len() + 1);
            let mut span = RawSpan::new(span, names.get(label), chunk.line);
            let quote = grown.as_str().get(in_words.clone()).map(str::to_owned);
            span.claim = Claim { fragments: [place(in_words)].into(), quote: quote.map(Into::into) };
            layers[at].spans.push(span);
        }
    }
    let rules = Rules { format: CARD.name, unit: CARD.unit, fits: same_letters, rejoin: None };
    let (layers, verdict) = resolve::layers(&text, layers, file, rules, options, problems, progress)?;
    let source = InputFile::new(file, Vec::new());
    let stem = source.stem();
    let numbered = |between: &str| if several { format!("{stem}{between}{number}") } else { stem.to_owned() };
    let (id, title) = (numbered("-"), numbered(" "));
    Ok(ImportedDocument::new(id, title, text, file, layers, verdict))
}
