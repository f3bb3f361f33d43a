//! From tasks to documents and raw spans.

use super::config::Config;
use super::task::{self, Item, Prediction, Task, Work, word};
use super::values::{Ask, value_from};
use super::write::{GROUND_TRUTH, layer_and_number};
use super::{CARD, fits};
use crate::formats::encode;
use crate::formats::extras::{self, Extras};
use crate::formats::problem::{Cause, Place, Problem, shown};
use crate::formats::read::{Cancelled, ImportedDocument, InputFile, Names, Progress, ReadOptions, ReadResult};
use crate::formats::records;
use crate::formats::resolve::{self, RawLayer, RawLink, RawSpan, Rules};
use crate::formats::unit_trial::Claim;
use crate::model::{Name, Origin, Provenance, Text, Value};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Kinds of relations without a label.
const RELATION: &str = "relation";
/// The layer of a model that has no name.
const MODEL: &str = "prediction";

/// Reads the tasks of all files, with the configurations beside them.
pub fn read(files: &[InputFile], options: &ReadOptions, progress: Progress) -> Result<ReadResult, Cancelled> {
    let mut result = ReadResult::default();
    let config = Config::read(files, &mut result.problems);
    let mut reader = Reader {
        options,
        progress,
        config,
        names: Names::default(),
        result,
        left: BTreeMap::new(),
        attributes: HashMap::new(),
        several: HashSet::new(),
        directions: HashMap::new(),
    };
    let total = files.iter().filter(|f| task::is_json(f)).map(|f| f.bytes.len()).sum();
    let mut before = 0;
    for file in files.iter().filter(|f| task::is_json(f)) {
        for record in records::records(file) {
            let expected = "a task: an object with `data` and `annotations`";
            match record.and_then(|record| Ok((record, record.read::<Task>(&file.name, expected)?))) {
                Ok((record, task)) => {
                    let at = record.json.as_ptr() as usize - file.bytes.as_ptr() as usize;
                    progress.step(before + at, total)?;
                    reader.task(file, record.line, task)?;
                }
                Err(problem) => reader.result.problems.push(problem),
            }
        }
        reader.report_left(file);
        before += file.bytes.len();
    }
    Ok(reader.finish())
}

struct Reader<'a> {
    options: &'a ReadOptions,
    progress: Progress<'a>,
    config: Config,
    names: Names,
    result: ReadResult,
    /// What of the file at hand is left out, and why: how many, and where first.
    left: BTreeMap<String, (usize, usize)>,
    /// Attributes of controls, where Byline wrote down which they are.
    attributes: HashMap<String, Name>,
    /// Attributes of which some annotation has several values, although nothing says so of the control.
    several: HashSet<Name>,
    /// Kinds of relations: whether some are drawn in one direction, and some in both.
    directions: HashMap<Name, (bool, bool)>,
}

/// What is known about a task while its layers are read.
struct About<'b> {
    file: &'b InputFile,
    line: usize,
    /// Ways of asking by control, from Byline's own object.
    controls: HashMap<String, (Name, Option<Ask>)>,
    /// Byline's objects about the layers.
    layers: Vec<Json>,
    /// Of which object the text was marked, if the configuration knows several.
    key: String,
}

impl Reader<'_> {
    fn task(&mut self, file: &InputFile, line: usize, mut task: Task) -> Result<(), Cancelled> {
        let place = Place::line(&file.name, line);
        let Some(mut data) = task.data.take() else {
            let problem = Problem::syntax(place, "a task with `data`", "an object without it");
            let help = "export from Label Studio as JSON; JSON-MIN has lost relations, ids and who did what";
            self.result.problems.push(Problem { help: help.to_owned(), ..problem });
            return Ok(());
        };
        let mut meta = match task.meta.take() {
            Some(Json::Object(meta)) => meta,
            _ => Map::new(),
        };
        let mut byline = meta.remove(extras::KEY).unwrap_or_default();
        let layers = byline.get_mut("layers").map(Json::take);
        let controls = byline.get_mut("controls").map(Json::take);
        let extras = Extras::new(Some(byline));
        let (key, text) = match self.text(&task, &mut data, &extras) {
            Ok(found) => found,
            Err(why) => {
                self.leave(why, line);
                return Ok(());
            }
        };
        let layers = match layers {
            Some(Json::Array(layers)) => layers,
            _ => Vec::new(),
        };
        let about = About { file, line, controls: self.controls(controls), layers, key };
        let drafts = task.drafts.as_ref().map_or(0, Vec::len);
        (0..drafts).for_each(|_| self.leave("drafts: they were not submitted", line));
        let mut truth = Vec::new();
        let raw = self.layers(&about, &mut task, &mut truth);
        let rules = Rules { format: CARD.name, unit: CARD.unit, fits, rejoin: None };
        let problems = &mut self.result.problems;
        let (layers, verdict) = resolve::layers(&text, raw, &file.name, rules, self.options, problems, self.progress)?;
        let number = self.result.documents.len() + 1;
        let mut document = ImportedDocument::new(
            word(task.id.as_ref()).unwrap_or_else(|| number.to_string()),
            String::new(),
            text,
            &file.name,
            layers,
            verdict,
        );
        describe(&mut document, data.into_iter().chain(meta), &extras, file.stem());
        if !truth.is_empty() {
            document.metadata.other.insert(GROUND_TRUTH.to_owned(), truth.join(", "));
        }
        self.result.documents.push(document);
        Ok(())
    }

    /// The text that is labelled and its key, taken out of the data; else why there is none.
    fn text(&self, task: &Task, data: &mut Map<String, Json>, extras: &Extras) -> Result<(String, Text), &'static str> {
        let works = task.annotations.iter().chain(&task.completions).flatten();
        let predicted = task.predictions.iter().flatten().filter_map(|p| match p {
            Prediction::Whole(work) => Some(&**work),
            Prediction::Number => None,
        });
        let items = || works.clone().chain(predicted.clone()).flat_map(|work| work.result.iter().flatten());
        let regions = || items().filter(|item| item.region_labels().is_some());
        if regions().next().is_some() && regions().all(|item| item.value("start").is_some_and(Json::is_string)) {
            return Err("tasks whose regions lie in HTML or in a dialogue, by path");
        }
        if let Some(known) = extras.known_text(self.options).filter(|_| !data.contains_key(super::TEXT)) {
            return Ok((super::TEXT.to_owned(), known));
        }
        let labelled = self.config.labelled.iter().filter_map(|name| self.config.objects.get(name));
        let mut configured = labelled.filter(|(_, key)| data.contains_key(key)).peekable();
        let key = if configured.peek().is_some() {
            let text = configured.find(|(tag, _)| tag == "Text");
            text.map(|(_, key)| key.clone()).ok_or("tasks in which no text is labelled")?
        } else {
            let is_text = |key: &str| data.get(key).is_some_and(Json::is_string);
            let mut placed = regions().filter(|item| item.value("start").is_some_and(Json::is_number));
            let named = placed.find_map(|item| {
                let source = item.source.as_deref().and_then(|source| source.strip_prefix('$'));
                source.into_iter().chain(item.to_name.as_deref()).find(|key| is_text(key)).map(str::to_owned)
            });
            let mut texts = data.iter().filter(|(_, value)| value.as_str().is_some_and(|text| !is_link(text)));
            let only = texts.next().filter(|_| texts.next().is_none());
            // Beside the address of a picture or a recording, a single word is a name or a number of it.
            let about_media = data.values().filter_map(Json::as_str).any(is_link);
            let is_prose = |text: &Json| text.as_str().is_some_and(|text| text.contains(char::is_whitespace));
            let only = only.filter(|(_, text)| !about_media || is_prose(text)).map(|(key, _)| key.clone());
            named
                .or_else(|| is_text(super::TEXT).then(|| super::TEXT.to_owned()))
                .or(only)
                .ok_or("tasks without a text")?
        };
        match data.get(&key) {
            Some(Json::String(text)) if !is_link(text) => {}
            Some(Json::String(_)) => return Err("tasks whose text lies elsewhere: only its address is here"),
            _ => return Err("tasks in which no text is labelled"),
        }
        match data.remove(&key) {
            Some(Json::String(text)) => Ok((key, Text::new(text))),
            _ => Err("tasks without a text"),
        }
    }

    fn controls(&mut self, json: Option<Json>) -> HashMap<String, (Name, Option<Ask>)> {
        let Some(Json::Object(controls)) = json else { return HashMap::new() };
        let mut found = HashMap::with_capacity(controls.len());
        for (control, of) in controls {
            let Some(attribute) = of.get("attribute").and_then(Json::as_str) else { continue };
            let attribute = self.names.get(attribute);
            self.attributes.insert(control.clone(), attribute.clone());
            let ask = of.get("ask").and_then(Json::as_str).and_then(Ask::from_name);
            found.insert(control, (attribute, ask));
        }
        found
    }

    /// One of the works of a task after the other; each becomes a layer.
    fn layers(&mut self, about: &About, task: &mut Task, truth: &mut Vec<String>) -> Vec<RawLayer> {
        let line = about.line;
        let mut layers: Vec<RawLayer> = Vec::new();
        let works = task.annotations.take().into_iter().chain(task.completions.take()).flatten();
        for mut work in works {
            let items = work.result.take().unwrap_or_default();
            if work.was_cancelled == Some(true) {
                let left = if items.is_empty() {
                    "annotations of a task that was skipped"
                } else {
                    "annotations with results, of a task that was skipped"
                };
                self.leave(left, line);
                continue;
            }
            let mut layer = self.layer(about, items, &work, None);
            let annotator = layer.annotator.take().unwrap_or_else(|| self.options.annotator.clone());
            if work.ground_truth == Some(true) {
                truth.push(annotator.as_str().to_owned());
            }
            layer.annotator = Some(free_name(&layers, &annotator));
            layers.push(layer);
        }
        for prediction in task.predictions.take().into_iter().flatten() {
            let Prediction::Whole(mut work) = prediction else {
                self.leave("predictions of which only the number is here", line);
                continue;
            };
            let items = work.result.take().unwrap_or_default();
            let model = word(work.model_version.as_ref()).unwrap_or_else(|| MODEL.to_owned());
            let model = self.names.get(&model);
            let mut layer = self.layer(about, items, &work, Some(&model));
            layer.annotator = Some(free_name(&layers, &model));
            if !layer.spans.is_empty() {
                let model = shown(&model);
                let what =
                    format!("suggestions of the model {model}: they are in a layer of its own name, unseen by anybody");
                layer.spans.iter().for_each(|_| self.leave(&what, line));
                layers.push(layer);
            }
        }
        layers
    }

    fn layer(&mut self, about: &About, items: Vec<Item>, work: &Work, model: Option<&Name>) -> RawLayer {
        let mut layer = RawLayer { annotator: self.annotator(work), ..RawLayer::default() };
        let extras = extras_of(about, &items, layer.annotator.as_ref().or(model));
        if let Some((_, extras)) = &extras {
            let named = layer.annotator.take();
            extras.complete_layer(&mut layer, &mut self.names);
            layer.annotator = named.or(layer.annotator);
            extras.add_entities(&mut self.result);
        }
        let mut spans = Spans::default();
        let mut relations = Vec::new();
        for item in items {
            if item.kind.as_deref() == Some("relation") {
                relations.push(item);
            } else {
                self.item(about, &item, work, model, &mut spans);
            }
        }
        for span in &mut spans.all {
            let ours = layer_and_number(&span.id);
            span.number = ours.map(|(_, number)| number);
            if let (Some((at, extras)), Some((layer, _))) = (&extras, ours)
                && *at == layer
            {
                extras.complete_span(span, &mut self.names);
            }
        }
        spans.early.values().flatten().for_each(|_| self.leave("answers about regions that are not there", about.line));
        layer.spans = spans.all;
        layer.links = self.links(about, relations, extras.as_ref().map(|(_, extras)| extras));
        layer
    }

    fn annotator(&mut self, work: &Work) -> Option<Name> {
        let named = word(work.annotator.as_ref());
        let by = || match work.completed_by.as_ref()? {
            Json::Object(person) => {
                let of = |key| word(person.get(key));
                let name = [of("first_name"), of("last_name")].into_iter().flatten().collect::<Vec<_>>().join(" ");
                of("email").or(Some(name).filter(|n| !n.is_empty())).or_else(|| of("id").map(|id| format!("user-{id}")))
            }
            // As an annotator a bare number would say nothing.
            Json::Number(number) => Some(format!("user-{number}")),
            other => word(Some(other)),
        };
        named.or_else(by).map(|name| self.names.get(&name))
    }

    /// A region, or something about one.
    fn item(&mut self, about: &About, item: &Item, work: &Work, model: Option<&Name>, spans: &mut Spans) {
        let line = about.line;
        let Some(id) = word(item.id.as_ref()) else {
            self.leave("results without an id", line);
            return;
        };
        let control = item.from_name.clone().unwrap_or_default();
        if let Some(labels) = item.region_labels() {
            let labels: Vec<String> = match labels {
                Json::Array(labels) => labels.iter().filter_map(|label| word(Some(label))).collect(),
                _ => Vec::new(),
            };
            if labels.iter().all(|label| label.trim().is_empty()) {
                self.leave("regions without a label", line);
                return;
            }
            let key = item.to_name.as_ref().and_then(|name| self.config.objects.get(name)).map(|(_, key)| key);
            if key.is_some_and(|key| *key != about.key) {
                self.leave("regions in another text or picture of the task", line);
                return;
            }
            match claim(item) {
                Ok(Some(claim)) => {
                    let provenance = self.provenance(about, item, work, model);
                    for label in labels.iter().filter(|label| !label.trim().is_empty()) {
                        let label = self.names.get(label);
                        spans.add(&id, label, line, &claim, item.notes().join("\n"), provenance.clone());
                    }
                }
                Ok(None) => self.leave("regions that lie in no text", line),
                Err(found) => {
                    let place = Place::line(&about.file.name, line);
                    self.result.problems.push(Problem::syntax(place, "an offset of 0 or more", found));
                }
            }
            return;
        }
        let kind = item.kind.as_deref().unwrap_or_default();
        if item.value("start").is_none() && !spans.by_id.contains_key(&id) {
            let what = format!("answers of {} about whole documents", shown(&control));
            self.leave(&what, line);
            return;
        }
        let (attribute, ask) = match about.controls.get(&control) {
            Some((attribute, ask)) => (attribute.clone(), *ask),
            None => (self.names.get(&control), self.config.asks.get(&control).copied()),
        };
        let value = item.value.as_ref().and_then(|value| value_from(kind, value, ask));
        match value {
            _ if control.trim().is_empty() => self.leave("results without the name of their control", line),
            Some(value) => {
                if ask.is_none() && matches!(value, Value::List(_)) {
                    self.several.insert(attribute.clone());
                }
                spans.say(&id, attribute, value);
            }
            // A region that was drawn and not labelled has a result without an answer.
            None if kind == "text" || kind.is_empty() => self.leave("regions without a label", line),
            None => self.leave("results without an answer", line),
        }
    }

    /// Where a region came from: accepted or made by a model with a score, else from the file.
    fn provenance(&mut self, about: &About, item: &Item, work: &Work, model: Option<&Name>) -> Option<Provenance> {
        let predicted = work.prediction.as_ref();
        let source = match model {
            Some(model) => Some(model.clone()),
            None if item.origin.as_deref() == Some("prediction") => {
                let version = predicted.and_then(|p| p.get("model_version"));
                Some(self.names.get(&word(version).unwrap_or_else(|| MODEL.to_owned())))
            }
            None => None,
        };
        let score = item.score.or(work.score.filter(|_| model.is_some()));
        let score = score.filter(|score| (0.0..=1.0).contains(score));
        if model.is_some() && score.is_none() {
            self.leave("suggestions without a score from 0 to 1: their origin is the file", about.line);
        }
        let file = about.file.base_name().into();
        let origin = match source.zip(score) {
            Some((source, score)) => Origin::Suggestion { source, score },
            None => Origin::Import { format: CARD.name.into(), file },
        };
        let created = work.created_at.as_ref().and_then(time);
        let suggested = matches!(origin, Origin::Suggestion { .. });
        let created = created.or_else(|| suggested.then_some(self.options.at))?;
        let modified = work.updated_at.as_ref().and_then(time).filter(|modified| *modified >= created);
        Some(Provenance { origin: origin.into(), created, modified: modified.unwrap_or(created) })
    }

    fn links(&mut self, about: &About, relations: Vec<Item>, extras: Option<&Extras>) -> Vec<RawLink> {
        let mut links: Vec<RawLink> = Vec::new();
        for (n, relation) in relations.into_iter().enumerate() {
            let end = |id: &Option<Json>| word(id.as_ref()).unwrap_or_default();
            let (mut from, mut to) = (end(&relation.from_id), end(&relation.to_id));
            let both = relation.direction.as_deref() == Some("bi");
            if relation.direction.as_deref() == Some("left") {
                std::mem::swap(&mut from, &mut to);
            }
            let notes: Vec<String> = relation.notes().into_iter().map(str::to_owned).collect();
            let mut labels = relation.labels.unwrap_or_default();
            labels.retain(|label| !label.trim().is_empty());
            if labels.is_empty() {
                labels.push(RELATION.to_owned());
            }
            let of_each = notes.len() == labels.len();
            for (l, label) in labels.iter().enumerate() {
                let kind = self.names.get(label);
                let (one, two) = self.directions.entry(kind.clone()).or_default();
                if both {
                    *two = true;
                } else {
                    *one = true;
                }
                let id = if labels.len() == 1 {
                    format!("relation {}", n + 1)
                } else {
                    format!("relation {} {label}", n + 1)
                };
                let note = match of_each {
                    true => notes[l].clone(),
                    false if l == 0 => notes.join("\n"),
                    false => String::new(),
                };
                let (from, to) = (from.clone(), to.clone());
                links.push(RawLink { id, number: None, kind, from, to, note, provenance: None, line: about.line });
            }
        }
        let numbers = extras.and_then(|extras| extras.ids("link_ids")).filter(|ids| ids.len() == links.len());
        if let (Some(numbers), Some(extras)) = (numbers, extras) {
            for (link, number) in links.iter_mut().zip(numbers) {
                link.number = Some(number);
                extras.complete_link(link);
            }
        }
        links
    }

    fn leave(&mut self, what: &str, line: usize) {
        if let Some((count, _)) = self.left.get_mut(what) {
            *count += 1;
        } else {
            self.left.insert(what.to_owned(), (1, line));
        }
    }

    /// One word for all of a kind: a large export would else say the same of every task.
    fn report_left(&mut self, file: &InputFile) {
        for (what, (count, line)) in std::mem::take(&mut self.left) {
            let place = Place::line(&file.name, line);
            let help = if what.contains("suggestions") { "" } else { "they are not taken in; the first is there" };
            let cause = Cause::NotKept(format!("{count} × {what}"));
            self.result.problems.push(Problem::doubt(place, cause, help));
        }
    }

    fn finish(self) -> ReadResult {
        let mut result = self.result;
        let layers = result.documents.iter_mut().flat_map(|d| &mut d.layers);
        for annotation in layers.flat_map(|l| &mut l.annotations).filter(|_| !self.several.is_empty()) {
            for (_, value) in annotation.attributes.iter_mut().filter(|(name, _)| self.several.contains(*name)) {
                if let Value::Text(text) = value {
                    *value = Value::List(vec![std::mem::take(text)]);
                }
            }
        }
        let mut symmetric = BTreeSet::new();
        let mut directions: Vec<_> = self.directions.into_iter().collect();
        directions.sort();
        for (kind, (one, two)) in directions {
            if one && two {
                let file = result.documents.first().map_or("", |d| d.file.as_str());
                let what = format!("relations {} are drawn in both directions here and in one there", shown(&kind));
                let help = "they are taken in as drawn, from the first region to the second";
                result.problems.push(Problem::doubt(Place::file(file), Cause::NotKept(what), help));
            } else if two {
                symmetric.insert(kind);
            }
        }
        result.scheme = self.config.into_hints(&self.attributes, &symmetric);
        result
    }
}

/// Spans by the ids of their regions; a region with several labels has several.
#[derive(Default)]
struct Spans {
    all: Vec<RawSpan>,
    by_id: HashMap<String, Vec<usize>>,
    /// What is said about regions that come later.
    early: HashMap<String, Vec<(Name, Value)>>,
}

impl Spans {
    fn add(&mut self, id: &str, label: Name, line: usize, claim: &Claim, note: String, from: Option<Provenance>) {
        let known = self.by_id.entry(id.to_owned()).or_default();
        let own = if known.is_empty() { id.to_owned() } else { format!("{id} {label}") };
        let mut span = RawSpan::new(own, label, line);
        (span.claim, span.note, span.provenance) = (claim.clone(), note, from.map(Box::new));
        if let Some(first) = known.first().and_then(|at| self.all.get(*at)) {
            span.attributes.clone_from(&first.attributes);
        }
        span.attributes.extend(self.early.remove(id).into_iter().flatten());
        known.push(self.all.len());
        self.all.push(span);
    }

    fn say(&mut self, id: &str, attribute: Name, value: Value) {
        match self.by_id.get(id) {
            Some(spans) => {
                for at in spans {
                    self.all[*at].attributes.insert(attribute.clone(), value.clone());
                }
            }
            None => self.early.entry(id.to_owned()).or_default().push((attribute, value)),
        }
    }
}

/// Where a region of a text lies; `None` for one that lies in no text, an error for an offset that is none.
fn claim(item: &Item) -> Result<Option<Claim>, String> {
    let offset = |key: &str| match item.value(key) {
        Some(Json::Number(number)) => {
            let offset = number.as_u64().and_then(|n| usize::try_from(n).ok());
            offset.map(Some).ok_or_else(|| format!("{number} as `{key}` of a region"))
        }
        _ => Ok(None),
    };
    let (Some(start), Some(end)) = (offset("start")?, offset("end")?) else { return Ok(None) };
    let quote = item.value("text").and_then(Json::as_str).map(str::to_owned);
    let range = start..end;
    Ok(Some(Claim { fragments: [range].into(), quote: quote.map(Into::into) }))
}

/// Byline's object about the layer, by the ids of its regions or else by the annotator.
fn extras_of(about: &About, items: &[Item], annotator: Option<&Name>) -> Option<(usize, Extras)> {
    let by_id = items.iter().find_map(|item| layer_and_number(item.id.as_ref()?.as_str()?)).map(|(layer, _)| layer);
    let named = |of: &Json| of.get("annotator").and_then(Json::as_str) == annotator.map(Name::as_str);
    let by_name = || about.layers.iter().position(named);
    let at = by_id.or_else(by_name)?;
    about.layers.get(at).map(|json| (at, Extras::new(Some(json.clone()))))
}

/// The name, with a number where a layer of that name is there already.
fn free_name(layers: &[RawLayer], name: &Name) -> Name {
    let numbered = (2..).map(|n| Name::from(format!("{name} ({n})").as_str()));
    let mut names = std::iter::once(name.clone()).chain(numbered);
    names.find(|name| layers.iter().all(|l| l.annotator.as_ref() != Some(name))).unwrap_or_else(|| name.clone())
}

/// A time as text, or (in old files) in seconds since 1970.
fn time(json: &Json) -> Option<DateTime<Utc>> {
    match json {
        Json::String(text) => encode::time_from(text),
        Json::Number(number) => DateTime::from_timestamp(number.as_i64()?, 0),
        _ => None,
    }
}

/// Whether a text is only the address of something.
fn is_link(text: &str) -> bool {
    let starts = ["http://", "https://", "s3://", "gs://", "azure-blob://", "/"];
    starts.iter().any(|start| text.starts_with(start)) && !text.contains(char::is_whitespace)
}

/// Gives the document its metadata: ours where it is, else the other data of the task.
fn describe(document: &mut ImportedDocument, other: impl Iterator<Item = (String, Json)>, extras: &Extras, stem: &str) {
    if extras.complete_document(document) {
        return;
    }
    for (name, value) in other {
        match (name.as_str(), &value) {
            ("title", Json::String(title)) => document.title.clone_from(title),
            (_, Json::Null) => {}
            _ => encode::put_field(&mut document.metadata, &name, encode::cell_from_json(&value)),
        }
    }
    if document.title.trim().is_empty() {
        document.title = format!("{stem} {}", document.id);
    }
}
