//! From tasks, Docs and pairs to documents and raw spans.

use super::CARD;
use crate::formats::encode;
use crate::formats::extras::Extras;
use crate::formats::parallel;
use crate::formats::problem::{Cause, Place, Problem};
use crate::formats::read::{
    Cancelled, ImportedDocument, ImportedLayer, InputFile, Names, Progress, ReadOptions, ReadResult,
};
use crate::formats::records::{self, Record};
use crate::formats::resolve::{self, RawLayer, RawLink, RawSpan, Rules};
use crate::formats::unit_trial::{Claim, Verdict};
use crate::model::Text;
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// Keys that are bookkeeping of Prodigy, or stand elsewhere here.
const BOOKKEEPING: [&str; 3] = ["html", "is_binary", "timestamp"];
/// Keys of a span that say where it lies, or how Prodigy came to suggest it.
const OF_SPANS: [&str; 5] = ["source", "input_hash", "rank", "score", "hidden"];

/// A task, a Doc, or one with neither.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Task {
    text: Option<String>,
    tokens: Option<Vec<Word>>,
    spans: Option<Spans>,
    ents: Option<Vec<Item>>,
    relations: Option<Vec<Relation>>,
    meta: Option<Json>,
    answer: Option<String>,
    #[serde(rename = "_annotator_id")]
    annotator: Option<String>,
    #[serde(rename = "_session_id")]
    session: Option<String>,
    byline: Option<Json>,
    #[serde(flatten)]
    other: Map<String, Json>,
}

/// Prodigy has a list; spaCy's Doc has lists by name.
enum Spans {
    List(Vec<Item>),
    Groups(BTreeMap<String, Vec<Item>>),
}

impl<'de> Deserialize<'de> for Spans {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Spans;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a list of spans, or lists of spans by name")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Spans, A::Error> {
                Deserialize::deserialize(SeqAccessDeserializer::new(seq)).map(Spans::List)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Spans, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(map)).map(Spans::Groups)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[derive(Deserialize)]
struct Word {
    #[serde(default)]
    text: Option<String>,
    end: usize,
}

#[derive(Deserialize)]
struct Item {
    start: i64,
    end: i64,
    #[serde(default)]
    label: Option<String>,
    text: Option<String>,
    token_start: Option<usize>,
    token_end: Option<usize>,
    #[serde(flatten)]
    other: Map<String, Json>,
}

#[derive(Deserialize)]
struct Relation {
    head: usize,
    child: usize,
    head_span: Option<Anchor>,
    child_span: Option<Anchor>,
    label: String,
}

/// Where an end of a relation lies.
#[derive(Deserialize, PartialEq)]
struct Anchor {
    start: i64,
    end: i64,
    label: Option<String>,
}

/// Entities of spaCy 2: `["text", {"entities": [[0, 5, "ORG"]]}]`.
#[derive(Deserialize)]
struct Pair(String, PairOf);

#[derive(Deserialize)]
struct PairOf {
    #[serde(default)]
    entities: Vec<(i64, i64, String)>,
    #[serde(default)]
    spans: BTreeMap<String, Vec<(i64, i64, String)>>,
}

impl From<Pair> for Task {
    fn from(Pair(text, of): Pair) -> Self {
        let item = |(start, end, label)| Item {
            start,
            end,
            label: Some(label),
            text: None,
            token_start: None,
            token_end: None,
            other: Map::new(),
        };
        let items = of.entities.into_iter().chain(of.spans.into_values().flatten()).map(item);
        Self { text: Some(text), spans: Some(Spans::List(items.collect())), ..Self::default() }
    }
}

/// How surely a file is Prodigy's or spaCy's, from 0 to 100.
pub fn sureness(file: &InputFile) -> u8 {
    if records::first::<Pair>(file).is_some() {
        return 90;
    }
    let Some(task) = records::first::<Task>(file) else { return 0 };
    let hash = task.other.contains_key("_input_hash") || task.other.contains_key("_view_id");
    match &task {
        _ if task.text.is_none() && task.byline.is_none() => 0,
        Task { byline: Some(_), spans: Some(_), tokens: Some(_), .. } => 97,
        _ if hash || task.answer.is_some() => 92,
        Task { spans: Some(Spans::Groups(_)), .. } | Task { ents: Some(_), .. } => 90,
        Task { spans: Some(Spans::List(_)), .. } if !task.other.contains_key("entities") => 85,
        _ => 0,
    }
}

/// Reads files of all kinds.
pub fn read<'f>(files: &'f [InputFile], options: &ReadOptions, progress: Progress) -> Result<ReadResult, Cancelled> {
    let mut all = All::default();
    let known = |file: &&InputFile| file.has_extension("jsonl") || file.has_extension("json");
    let of = |file| records::records(file).into_iter().map(move |record| (file, record));
    let read = |names: &mut Names, batch: Vec<Found<'f>>, progress: Progress| {
        let mut reader = Reader { options, progress, names, problems: Vec::new() };
        let (mut done, count) = (Vec::new(), batch.len());
        for (n, (file, record)) in batch.into_iter().enumerate() {
            progress.step(n, count)?;
            match record.and_then(|record| Ok((record.line, task(file, &record)?))) {
                Ok((line, task)) => done.extend(reader.task(file, line, task)?),
                Err(problem) => reader.problems.push(problem),
            }
        }
        Ok((done, reader.problems))
    };
    let length = |(_, record): &Found| record.as_ref().map_or(0, |record| record.json.len());
    let batches = parallel::batches(files.iter().filter(known).flat_map(of), length);
    let size = |batch: &Vec<Found>| batch.iter().map(length).sum();
    parallel::each(batches, size, progress, read, |(done, problems): (Vec<Done>, Vec<Problem>)| {
        for done in done {
            all.add(done);
        }
        all.result.problems.extend(problems);
    })?;
    Ok(all.result)
}

/// A record as it was found in its file.
type Found<'a> = (&'a InputFile, Result<Record<'a>, Problem>);

fn task(file: &InputFile, record: &Record) -> Result<Task, Problem> {
    if record.json.trim_start().starts_with('[') {
        let pair: Pair = record.read(&file.name, "a pair of a text and `{\"entities\": [[0, 5, \"ORG\"]]}`")?;
        return Ok(pair.into());
    }
    record
        .read(&file.name, "an object with `text` and `spans` such as `{\"start\": 0, \"end\": 5, \"label\": \"ORG\"}`")
}

/// A task of which every span lies in its text.
struct Done<'a> {
    file: &'a InputFile,
    text: Text,
    layers: Vec<ImportedLayer>,
    verdict: Verdict,
    /// What is left of the task.
    task: Task,
    extras: Extras,
}

/// All tasks, put together in their order.
#[derive(Default)]
struct All {
    result: ReadResult,
    /// Which documents have the text with this hash, and whose layers are there.
    places: HashMap<String, Vec<usize>>,
}

impl All {
    fn add(&mut self, done: Done) {
        let Done { file, text, layers, verdict, task, extras } = done;
        extras.add_entities(&mut self.result);
        // Several people can have worked on one text: then they share the document.
        let same = self.places.entry(text.sha256().to_owned()).or_default();
        let free = |at: &&usize| {
            let there = &self.result.documents[**at].layers;
            layers.iter().all(|new| there.iter().all(|old| old.annotator != new.annotator))
        };
        if let Some(at) = same.iter().find(free).copied().filter(|_| !layers.is_empty()) {
            let document = &mut self.result.documents[at];
            document.verdict.join(verdict);
            document.layers.extend(layers);
            return;
        }
        let number = self.result.documents.len() + 1;
        same.push(number - 1);
        let mut document = ImportedDocument::new(number.to_string(), String::new(), text, &file.name, layers, verdict);
        describe(&mut document, task, &extras, file.stem());
        self.result.documents.push(document);
    }
}

struct Reader<'a> {
    options: &'a ReadOptions,
    progress: Progress<'a>,
    names: &'a mut Names,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// Reads a task, unless it is of no use.
    fn task<'f>(&mut self, file: &'f InputFile, line: usize, task: Task) -> Result<Option<Done<'f>>, Cancelled> {
        let mut task = task;
        let place = Place::line(&file.name, line);
        let extras = Extras::new(task.byline.take());
        let Some(text) = task.text.take().map(Text::new).or_else(|| extras.known_text(self.options)) else {
            let help = "a task needs its text under the key `text`; tasks with pictures or HTML cannot be taken in";
            let problem = Problem::syntax(place, "a `text`", "a task without one");
            self.problems.push(Problem { help: help.to_owned(), ..problem });
            return Ok(None);
        };
        let raw = self.layer(file, line, &mut task, &extras);
        let layers = match task.answer.as_deref() {
            Some(answer @ ("reject" | "ignore")) => {
                if !raw.spans.is_empty() {
                    let count = raw.spans.len();
                    let spans = if count == 1 { "span" } else { "spans" };
                    let cause = Cause::NotKept(format!("{count} {spans} of an example answered “{answer}”"));
                    let help = "only examples that were accepted say what is there";
                    self.problems.push(Problem::doubt(place, cause, help));
                }
                Vec::new()
            }
            _ => vec![raw],
        };
        let rules = Rules { format: CARD.name, unit: CARD.unit, fits, rejoin: None };
        let (layers, verdict) =
            resolve::layers(&text, layers, &file.name, rules, self.options, &mut self.problems, self.progress)?;
        // Asked for when tasks are put together: it is worked out here, where others work too.
        text.sha256();
        Ok(Some(Done { file, text, layers, verdict, task, extras }))
    }

    fn layer(&mut self, file: &InputFile, line: usize, task: &mut Task, extras: &Extras) -> RawLayer {
        let annotator = task.annotator.take().or_else(|| task.session.take()).filter(|name| !name.is_empty());
        let mut layer = RawLayer { annotator: annotator.map(|name| self.names.get(&name)), ..RawLayer::default() };
        extras.complete_layer(&mut layer, self.names);
        let mut items = task.ents.take().unwrap_or_default();
        match task.spans.take() {
            Some(Spans::List(more)) => items.extend(more),
            Some(Spans::Groups(groups)) => items.extend(groups.into_values().flatten()),
            None => {}
        }
        let ids = extras.ids("ids").filter(|ids| ids.len() == items.len());
        let words = task.tokens.take().unwrap_or_default();
        let mut ends = Ends::default();
        for (n, item) in items.into_iter().enumerate() {
            ends.add(n, &item);
            match self.span(file, line, n + 1, item, &words) {
                Ok(mut span) => {
                    span.number = ids.as_ref().and_then(|ids| ids.get(n).copied()).or(u32::try_from(n + 1).ok());
                    if ids.is_some() {
                        extras.complete_span(&mut span, self.names);
                    }
                    layer.spans.push(span);
                }
                Err(problem) => self.problems.push(problem),
            }
        }
        let relations = task.relations.take().unwrap_or_default();
        let link_ids = extras.ids("link_ids").filter(|links| links.len() == relations.len() && ids.is_some());
        let meant = |key: &str| extras.ids(key).filter(|_| link_ids.is_some()).unwrap_or_default();
        let (meant_from, meant_to) = (meant("link_from"), meant("link_to"));
        for (n, relation) in relations.into_iter().enumerate() {
            let end = |place: Option<&Anchor>, token: usize, meant: &[u32]| {
                let found = ends.find(place, words.get(token));
                let is_meant = |at: &&usize| {
                    ids.as_ref().is_some_and(|ids| ids.get(**at).is_some() && ids.get(**at) == meant.get(n))
                };
                let at = found.iter().find(is_meant).or(found.first());
                at.map_or_else(|| format!("token {token}"), |at| name_of(at + 1))
            };
            let mut link = RawLink {
                id: format!("relation {}", n + 1),
                number: link_ids.as_ref().and_then(|ids| ids.get(n).copied()).or(u32::try_from(n + 1).ok()),
                kind: self.names.get(&relation.label),
                from: end(relation.head_span.as_ref(), relation.head, &meant_from),
                to: end(relation.child_span.as_ref(), relation.child, &meant_to),
                note: String::new(),
                provenance: None,
                line,
            };
            if link_ids.is_some() {
                extras.complete_link(&mut link);
            }
            layer.links.push(link);
        }
        layer
    }

    fn span(
        &mut self,
        file: &InputFile,
        line: usize,
        n: usize,
        item: Item,
        words: &[Word],
    ) -> Result<RawSpan, Problem> {
        let place = || Place::line(&file.name, line);
        let offset = |offset: i64| {
            let wrong = || Problem::syntax(place(), "an offset of 0 or more", format!("{offset} in span {n}"));
            usize::try_from(offset).map_err(|_| wrong())
        };
        let range = offset(item.start)?..offset(item.end)?;
        let Some(label) = item.label.as_deref().filter(|label| !label.trim().is_empty()) else {
            return Err(Problem::syntax(place(), "a label", format!("none in span {n}")));
        };
        let mut span = RawSpan::new(name_of(n), self.names.get(label), line);
        let quote = item.text.clone().or_else(|| quote_from(words, item.token_start?, item.token_end?));
        span.claim = Claim { fragments: [range].into(), quote: quote.map(Into::into) };
        for (name, value) in item.other {
            let empty = value.as_str().is_some_and(str::is_empty);
            if let Some(value) =
                encode::value_from_json(&value).filter(|_| !empty && !OF_SPANS.contains(&name.as_str()))
            {
                span.attributes.insert(self.names.get(&name), value);
            }
        }
        Ok(span)
    }
}

/// Spans (from 0, in the order of the file) by where they lie, for relations.
#[derive(Default)]
struct Ends {
    places: HashMap<(i64, i64), Vec<usize>>,
    labelled: HashMap<(i64, i64, String), Vec<usize>>,
    last: HashMap<i64, Vec<usize>>,
}

impl Ends {
    fn add(&mut self, n: usize, item: &Item) {
        let label = item.label.clone().unwrap_or_default();
        self.places.entry((item.start, item.end)).or_default().push(n);
        self.labelled.entry((item.start, item.end, label)).or_default().push(n);
        self.last.entry(item.end).or_default().push(n);
    }

    /// The spans that can be meant: those at the place, else those of which the token is the last.
    fn find(&self, place: Option<&Anchor>, token: Option<&Word>) -> &[usize] {
        let found = match place {
            Some(Anchor { start, end, label: Some(label) }) => self.labelled.get(&(*start, *end, label.clone())),
            Some(Anchor { start, end, label: None }) => self.places.get(&(*start, *end)),
            None => token.and_then(|word| self.last.get(&(word.end as i64))),
        };
        found.map(Vec::as_slice).unwrap_or_default()
    }
}

fn name_of(n: usize) -> String {
    format!("span {n}")
}

/// What the tokens say that stands there: all of it, or its first and its last word with U+0000 between them.
fn quote_from(words: &[Word], first: usize, last: usize) -> Option<String> {
    let text = |n: usize| words.get(n).and_then(|word| word.text.as_deref());
    if first == last {
        return text(first).map(str::to_owned);
    }
    Some(format!("{}\0{}", text(first)?, text(last)?))
}

fn fits(quote: &str, slices: &[&str]) -> bool {
    let [slice] = slices else { return false };
    match quote.split_once('\0') {
        Some((first, last)) => slice.starts_with(first) && slice.ends_with(last),
        None => *slice == quote,
    }
}

/// Gives the document its metadata: ours where it is, else what stands in `meta` and under keys that nobody knows.
fn describe(document: &mut ImportedDocument, task: Task, extras: &Extras, stem: &str) {
    if extras.complete_document(document) {
        return;
    }
    let meta = match task.meta {
        Some(Json::Object(meta)) => meta,
        _ => Map::new(),
    };
    let of_task = |name: &str| !name.starts_with('_') && !BOOKKEEPING.contains(&name);
    let other = task.other.into_iter().filter(|(name, _)| of_task(name));
    for (name, value) in meta.into_iter().chain(other) {
        match (name.as_str(), &value) {
            ("title", Json::String(title)) => document.title.clone_from(title),
            (_, Json::Null) => {}
            (_, Json::Object(fields)) if fields.is_empty() => {}
            _ => encode::put_field(&mut document.metadata, &name, encode::cell_from_json(&value)),
        }
    }
    if document.title.trim().is_empty() {
        document.title = format!("{stem} {}", document.id);
    }
}
