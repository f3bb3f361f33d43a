//! From sentences to documents: the text put together, tags and brackets made spans of it.

use super::entities::Brackets;
use super::sentence::{Sentence, Sentences, sureness};
use super::{BYLINE, CARD, FIELDS};
use crate::formats::annotators::merged;
use crate::formats::encode;
use crate::formats::extras::Extras;
use crate::formats::gather::utf8;
use crate::formats::parallel;
use crate::formats::problem::{Cause, Place, Problem, shortened, shown};
use crate::formats::read::{Cancelled, ImportedDocument, InputFile, Names, Progress, ReadOptions, ReadResult};
use crate::formats::resolve::{self, RawLayer, RawSpan, Rules};
use crate::formats::tags::{Decoder, Tag};
use crate::formats::tokens::{is_gap, same_letters};
use crate::formats::unit_trial::{Claim, Unit};
use crate::model::{Metadata, Text};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::ops::Range;

/// A document as a file has it, put together sentence by sentence.
#[derive(Default)]
struct Part {
    text: String,
    /// Where each word lies in the text, in bytes.
    words: Vec<Range<usize>>,
    /// What stands after the last word; `None` where the file does not say it.
    gap: Option<String>,
    /// Whether that is said character by character.
    gap_is_exact: bool,
    decoder: Decoder,
    brackets: Brackets,
    id: Option<String>,
    title: Option<String>,
    metadata: Metadata,
    /// The object `byline`, and in which line it stands.
    byline: Option<(Json, usize)>,
}

/// A part that is whole, with its spans and where it stands.
struct Finished {
    part: Part,
    spans: Vec<RawSpan>,
    file: String,
    /// From 1; 0 where the file holds one document.
    number: usize,
}

/// Reads all files of CoNLL-U.
pub fn read(files: &[InputFile], options: &ReadOptions, progress: Progress) -> Result<ReadResult, Cancelled> {
    let mut mine: Vec<&InputFile> =
        files.iter().filter(|file| file.has_extension("conllu") || sureness(file) > 0).collect();
    if mine.is_empty() {
        // Somebody says that they are.
        mine = files.iter().collect();
    }
    let (mut result, mut parts) = (ReadResult::default(), Vec::new());
    let read = |names: &mut Names, file: &InputFile, progress: Progress| {
        let mut reader = Reader { names, result: ReadResult::default(), parts: Vec::new() };
        match utf8(&file.name, &file.bytes) {
            Ok(content) => reader.file(file, content, progress)?,
            Err(problem) => reader.result.problems.push(problem),
        }
        Ok((reader.result, reader.parts))
    };
    parallel::each(
        mine,
        |file| file.bytes.len(),
        progress,
        read,
        |(one, of_one)| {
            result.join(one);
            parts.extend(of_one);
        },
    )?;
    documents(parts, result, options, progress)
}

/// Makes documents of parts: files that Byline wrote of one document, for several annotators or labels, become one.
fn documents(
    parts: Vec<Finished>,
    mut result: ReadResult,
    options: &ReadOptions,
    progress: Progress,
) -> Result<ReadResult, Cancelled> {
    let mut groups: Vec<Vec<Finished>> = Vec::new();
    let mut by_id: HashMap<String, usize> = HashMap::new();
    for part in parts {
        let id = part.part.id.clone().filter(|_| part.part.byline.is_some());
        let same = id.as_ref().and_then(|id| by_id.get(id).copied());
        match same.filter(|at| groups[*at][0].part.text == part.part.text) {
            Some(at) => groups[at].push(part),
            None => {
                by_id.extend(id.map(|id| (id, groups.len())));
                groups.push(vec![part]);
            }
        }
    }
    // Each file holds only what its annotator did: all of them tell the order.
    groups.sort_by_key(|group| group[0].part.byline.as_ref().and_then(|(json, _)| json.get("place")?.as_u64()));
    // The offsets are ours, not the file's: there is nothing to try.
    let plain = ReadOptions { unit: Some(Unit::Bytes), texts: Vec::new(), ..options.clone() };
    let read = |names: &mut Names, group: Vec<Finished>, progress: Progress| {
        let mut reader = Reader { names, result: ReadResult::default(), parts: Vec::new() };
        reader.document(group, &plain, progress)?;
        Ok(reader.result)
    };
    let size = |group: &Vec<Finished>| group.iter().map(|finished| finished.part.text.len()).sum();
    parallel::each(groups, size, progress, read, |one| result.join(one))?;
    let stem = |document: &ImportedDocument| InputFile::new(document.file.clone(), Vec::new()).stem().to_owned();
    result.documents = merged(result.documents, options, stem);
    Ok(result)
}

struct Reader<'a> {
    names: &'a mut Names,
    result: ReadResult,
    parts: Vec<Finished>,
}

impl Reader<'_> {
    fn file(&mut self, file: &InputFile, content: &str, progress: Progress) -> Result<(), Cancelled> {
        let first = self.parts.len();
        let mut fields: Option<&str> = None;
        let mut part = Part::default();
        let mut problems = Vec::new();
        let mut has_more = false;
        let mut sentences = Sentences::new(&file.name, content, &mut problems);
        while let Some(sentence) = sentences.next() {
            progress.step(sentences.done, content.len())?;
            has_more |= sentence.has_more;
            let begins = sentence.comments.iter().any(|(key, ..)| *key == "newdoc" || key.starts_with("newdoc "));
            if begins {
                self.finish(file, std::mem::take(&mut part), sentences.problems());
            }
            if let Some((_, declared, _)) = sentence.comments.iter().find(|(key, ..)| *key == "global.Entity") {
                fields = *declared;
            }
            if let Some(fields) = fields.filter(|_| part.words.is_empty()) {
                part.brackets.declare(fields);
            }
            part.comments(&sentence);
            part.sentence(file, &sentence, self.names, sentences.problems());
        }
        self.finish(file, part, &mut problems);
        if has_more {
            let what = "lemmas, parts of speech and dependencies are not taken in: only words and spans are";
            problems.push(Problem::doubt(Place::file(&file.name), Cause::NotKept(what.to_owned()), ""));
        }
        self.result.problems.append(&mut problems);
        if self.parts.len() - first > 1 {
            self.parts[first..].iter_mut().zip(1..).for_each(|(part, number)| part.number = number);
        }
        Ok(())
    }

    /// Ends a document, if there is one.
    fn finish(&mut self, file: &InputFile, mut part: Part, problems: &mut Vec<Problem>) {
        if part.words.is_empty() && part.byline.is_none() {
            return;
        }
        part.text.push_str(&part.gap.take().unwrap_or_default());
        for (bracket, line) in part.brackets.end() {
            let found = format!("{} left open", shown(&format!("({bracket}")));
            problems.push(Problem::syntax(Place::line(&file.name, line), "a bracket that is closed", found));
        }
        if let Some((count, line)) = part.decoder.irregular() {
            let them = if count == 1 { "a span begins".to_owned() } else { format!("{count} spans begin") };
            let cause = Cause::NotKept(format!("{them} with `I-`, where `B-` would be expected"));
            problems.push(Problem::doubt(Place::line(&file.name, line), cause, "read as if it were `B-`"));
        }
        let mut spans = Vec::new();
        for chunk in std::mem::take(&mut part.decoder.chunks) {
            let mut span = RawSpan::new(String::new(), self.names.get(&chunk.label), chunk.line);
            span.claim = part.claim(std::slice::from_ref(&chunk.words));
            spans.push(span);
        }
        for mention in std::mem::take(&mut part.brackets.mentions) {
            let mut span = RawSpan::new(String::new(), mention.label, mention.line);
            span.claim = part.claim(&mention.parts);
            span.attributes = mention.attributes;
            spans.push(span);
        }
        // The documents of a file wait for those of the others: what they no longer need waits not.
        part.words = Vec::new();
        self.parts.push(Finished { part, spans, file: file.name.clone(), number: 0 });
    }

    fn document(&mut self, group: Vec<Finished>, options: &ReadOptions, progress: Progress) -> Result<(), Cancelled> {
        let mut layers: Vec<RawLayer> = Vec::new();
        let mut all = Vec::new();
        let mut described = None;
        for mut finished in group {
            let (json, line) = finished.part.byline.take().unzip();
            let byline = Extras::new(json.clone());
            let spans = std::mem::take(&mut finished.spans);
            let mut layer = RawLayer::default();
            byline.complete_layer(&mut layer, self.names);
            self.complete(&mut layer, spans, &finished.part.text, json.as_ref(), line.unwrap_or(1), &byline);
            byline.add_entities(&mut self.result);
            if described.is_none() && byline.is_there() {
                described = Some(byline);
            }
            match layers.iter_mut().find(|l| l.annotator == layer.annotator && layer.annotator.is_some()) {
                Some(same) => {
                    same.spans.append(&mut layer.spans);
                    same.links.append(&mut layer.links);
                }
                None => layers.push(layer),
            }
            all.push(finished);
        }
        for layer in &mut layers {
            let unnamed = layer.spans.iter_mut().enumerate().filter(|(_, span)| span.id.is_empty());
            unnamed.for_each(|(n, span)| span.id = format!("span {}", n + 1));
        }
        let Some(Finished { part, file, number, .. }) = all.into_iter().next() else { return Ok(()) };
        let text = Text::new(part.text);
        let rules = Rules { format: CARD.name, unit: CARD.unit, fits: same_letters, rejoin: None };
        let problems = &mut self.result.problems;
        let (layers, verdict) = resolve::layers(&text, layers, &file, rules, options, problems, progress)?;
        let source = InputFile::new(file, Vec::new());
        let stem = match number {
            0 => source.stem().to_owned(),
            number => format!("{}-{number}", source.stem()),
        };
        let id = part.id.unwrap_or(stem);
        let title = part.title.unwrap_or_else(|| id.clone());
        let mut document = ImportedDocument {
            metadata: part.metadata,
            ..ImportedDocument::new(id, title, text, &source.name, layers, verdict)
        };
        if let Some(byline) = described {
            if byline.says_document() {
                document.metadata = Metadata::default();
            }
            byline.complete_document(&mut document);
        }
        self.result.documents.push(document);
        Ok(())
    }

    /// Puts spans into a layer, with what the object `byline` adds to them and besides them.
    fn complete(
        &mut self,
        layer: &mut RawLayer,
        spans: Vec<RawSpan>,
        text: &str,
        json: Option<&Json>,
        line: usize,
        byline: &Extras,
    ) {
        layer.spans = spans;
        let ids = byline.ids("ids").filter(|ids| ids.len() == layer.spans.len());
        let (Some(json), Some(ids)) = (json, ids) else { return };
        for (span, id) in layer.spans.iter_mut().zip(ids) {
            (span.number, span.id) = (Some(id), id.to_string());
            if let Some(label) = json.get("labels").and_then(|labels| labels.get(span.label.as_str())?.as_str()) {
                span.label = self.names.get(label);
            }
            let exact = json.get("spans").and_then(|spans| fragments(spans.get(&span.id)?));
            if let Some(exact) = exact.filter(|exact| says_the_same(text, exact, &span.claim.fragments)) {
                span.claim = quoted(text, exact);
            }
            byline.complete_span(span, self.names);
        }
        let more = json.get("more").and_then(Json::as_array).into_iter().flatten();
        for of in more {
            let number = of.get("id").and_then(Json::as_u64).and_then(|id| u32::try_from(id).ok());
            let said = number.zip(of.get("label").and_then(Json::as_str)).zip(of.get("fragments").and_then(fragments));
            let Some(((number, label), exact)) = said else { continue };
            let mut span = RawSpan::new(number.to_string(), self.names.get(label), line);
            span.number = Some(number);
            let quote = of.get("text").and_then(Json::as_str).map(str::to_owned);
            span.claim = Claim { fragments: exact.into(), quote: quote.map(Into::into) };
            byline.complete_span(&mut span, self.names);
            layer.spans.push(span);
        }
        layer.links = byline.links(line, self.names, |id| id.to_string());
    }
}

/// Ranges of bytes from pairs.
fn fragments(json: &Json) -> Option<Vec<Range<usize>>> {
    let number = |json: &Json| json.as_u64().and_then(|n| usize::try_from(n).ok());
    let one = |json: &Json| Some(number(json.get(0)?)?..number(json.get(1)?)?);
    json.as_array()?.iter().map(one).collect::<Option<Vec<_>>>().filter(|all| !all.is_empty())
}

/// Whether the exact fragments are, white space at the ends aside, what the tags show: from the first to the last word.
fn says_the_same(text: &str, exact: &[Range<usize>], shown: &[Range<usize>]) -> bool {
    let (Some(first), Some(last), [shown]) = (exact.first(), exact.last(), shown) else { return false };
    let Some(slice) = text.get(first.start..last.end) else { return false };
    let start = last.end - slice.trim_start_matches(is_gap).len();
    let end = first.start + slice.trim_end_matches(is_gap).len();
    (start..end) == *shown
}

fn quoted(text: &str, fragments: Vec<Range<usize>>) -> Claim {
    let quote = fragments.iter().map(|f| text.get(f.clone())).collect::<Option<String>>();
    Claim { fragments: fragments.into(), quote: quote.map(Into::into) }
}

impl Part {
    /// What the comments say of the document.
    fn comments(&mut self, sentence: &Sentence) {
        for (key, value, line) in &sentence.comments {
            let Some(value) = value else { continue };
            let key = key.strip_prefix("meta::").map_or(("", *key), |key| ("meta", key));
            match key {
                ("", "newdoc id") => self.id = Some((*value).to_owned()),
                ("", BYLINE) if self.byline.is_none() => {
                    self.byline = serde_json::from_str(value).ok().map(|json| (json, *line));
                }
                ("meta", "title") => self.title = Some((*value).to_owned()),
                ("meta", key) => {
                    let field = FIELDS.iter().find(|(theirs, _)| *theirs == key).map_or(key, |(_, ours)| ours);
                    encode::put_field(&mut self.metadata, field, (*value).to_owned());
                }
                _ => {}
            }
        }
        if self.words.is_empty()
            && let Some(text) = self.byline.as_ref().and_then(|(json, _)| json.get("text")?.as_str())
        {
            // A document without a word has no line that could tell its white space.
            self.gap = Some(text.to_owned());
        }
    }

    /// Puts a sentence to the text.
    fn sentence(&mut self, file: &InputFile, sentence: &Sentence, names: &mut Names, problems: &mut Vec<Problem>) {
        let told = sentence.comments.iter().find(|(key, ..)| *key == "text");
        let gaps = told.and_then(|(_, text, _)| gaps_in((*text)?, sentence));
        if let (Some((_, Some(text), line)), None, false) = (told, &gaps, sentence.units.is_empty()) {
            let cause = Cause::NotKept(format!("the words are not those of the text “{}”", shortened(text)));
            problems.push(Problem::doubt(Place::line(&file.name, *line), cause, "the words are taken"));
        }
        let is_paragraph = sentence.comments.iter().any(|(key, ..)| *key == "newpar" || key.starts_with("newpar "));
        for (n, unit) in sentence.units.iter().enumerate() {
            if unit.form.is_empty() {
                let place = Place::line(&file.name, unit.line);
                problems.push(Problem::syntax(place, "a word in the second column", "nothing"));
            }
            let default = if self.words.is_empty() { "" } else { " " };
            let mut gap = self.gap.take().unwrap_or_else(|| default.to_owned());
            if n == 0 && is_paragraph && !self.gap_is_exact && !self.words.is_empty() {
                "\n\n".clone_into(&mut gap);
            }
            self.gap_is_exact = unit.after.is_some();
            self.text.push_str(&gap);
            self.text.push_str(unit.before.as_deref().unwrap_or_default());
            let start = self.text.len();
            self.text.push_str(unit.form);
            let number = self.words.len();
            self.words.push(start..self.text.len());
            let in_text = gaps.as_ref().and_then(|gaps| gaps.get(n)).map(|gap| (*gap).to_owned());
            self.gap = unit.after.clone().or(in_text).or(unit.no_space.then(String::new));
            self.decoder.word(number, unit.line, &[unit.tag.unwrap_or(Tag::Outside)]);
            for (brackets, line) in &unit.brackets {
                for wrong in self.brackets.word(number, *line, brackets, names) {
                    let place = Place::line(&file.name, *line);
                    problems.push(Problem::syntax(place, "a bracket that closes an open one", shown(&wrong)));
                }
            }
        }
        if !sentence.units.is_empty() {
            self.decoder.end_sentence();
        }
    }

    fn claim(&self, parts: &[Range<usize>]) -> Claim {
        let place = |part: &Range<usize>| {
            let own = self.words.get(part.clone()).unwrap_or_default();
            own.first().zip(own.last()).map(|(first, last)| first.start..last.end)
        };
        quoted(&self.text, parts.iter().filter_map(place).collect())
    }
}

/// What stands after each word but the last, as the text of the sentence tells it; `None` if it is not of these words.
fn gaps_in<'a>(text: &'a str, sentence: &Sentence) -> Option<Vec<&'a str>> {
    let mut gaps = Vec::with_capacity(sentence.units.len());
    let mut rest = text.trim_start_matches(is_gap);
    for (n, unit) in sentence.units.iter().enumerate() {
        rest = rest.strip_prefix(unit.form)?;
        let after = rest.trim_start_matches(is_gap);
        if n + 1 < sentence.units.len() {
            gaps.push(&rest[..rest.len() - after.len()]);
        }
        rest = after;
    }
    rest.is_empty().then_some(gaps)
}
