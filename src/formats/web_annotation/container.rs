//! Files of annotations: arrays, pages, collections with an embedded page, single annotations, lines of any of them.

use super::annotation::is_of_type;
use crate::formats::extras::KEY;
use crate::formats::gather::{check_json, utf8};
use crate::formats::problem::{Cause, Place, Problem};
use crate::formats::read::InputFile;
use crate::formats::records::{self, Lines};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value as Json;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// What tells a container from an annotation, and what is in it.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type", alias = "@type")]
    kind: Option<Json>,
    #[serde(borrow)]
    items: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    first: Option<&'a RawValue>,
    #[serde(borrow)]
    next: Option<&'a RawValue>,
    label: Option<Json>,
    byline: Option<Json>,
}

/// The annotations of a file.
#[derive(Default)]
pub struct Contents<'a> {
    /// Each with its line.
    pub annotations: Vec<(usize, &'a str)>,
    /// What Byline says about documents, with the title of their collection.
    pub about: Vec<(Json, Option<String>)>,
    pub problems: Vec<Problem>,
}

/// Whether annotations can stand in a file, by its name.
pub fn is_json(file: &InputFile) -> bool {
    ["jsonld", "json", "jsonl"].iter().any(|extension| file.has_extension(extension))
}

/// What stands in a file.
pub fn contents(file: &InputFile) -> Contents<'_> {
    let mut contents = Contents::default();
    let Ok(content) = utf8(&file.name, &file.bytes) else {
        contents.problems.extend(utf8(&file.name, &file.bytes).err());
        return contents;
    };
    let mut lines = Lines::new(content);
    for record in records::records(file) {
        match record {
            Ok(record) => contents.add(file, &mut lines, record.json, 0),
            Err(problem) => contents.problems.push(problem),
        }
    }
    contents
}

/// A collection holds a page, and an array can hold pairs of a link and its tag: nothing legal is deeper.
const DEPTH: usize = 3;

impl<'a> Contents<'a> {
    fn add(&mut self, file: &InputFile, lines: &mut Lines, json: &'a str, depth: usize) {
        let line = lines.of(json);
        let place = Place::line(&file.name, line);
        if depth > DEPTH {
            self.problems.push(Problem::syntax(place, "annotations", "containers in containers"));
            return;
        }
        if json.trim_start().starts_with('[') {
            match serde_json::from_str::<Vec<&RawValue>>(json) {
                Ok(items) => items.into_iter().for_each(|item| self.add(file, lines, item.get(), depth + 1)),
                Err(error) => self.problems.push(Problem::syntax(place, "a list of annotations", error.to_string())),
            }
            return;
        }
        let head: Head = match serde_json::from_str(json) {
            Ok(head) => head,
            Err(error) => {
                let said = error.to_string();
                let found = said.split(" at line ").next().unwrap_or(&said);
                self.problems.push(Problem::syntax(place, "an annotation, a page or a collection", found));
                return;
            }
        };
        let is = |kind| head.kind.as_ref().is_some_and(|found| is_of_type(found, kind));
        if !is("AnnotationPage") && !is("AnnotationCollection") {
            match check_json(&file.name, line, json) {
                Ok(()) => self.annotations.push((line, json)),
                Err(problem) => self.problems.push(problem),
            }
            return;
        }
        if let Some(byline) = head.byline.filter(Json::is_object) {
            self.about.push((byline, head.label.as_ref().and_then(Json::as_str).map(str::to_owned)));
        }
        let elsewhere = |page: &RawValue| page.get().starts_with('"');
        let missing = head.first.filter(|_| is("AnnotationCollection")).into_iter().chain(head.next);
        for page in missing.filter(|page| elsewhere(page)) {
            let cause = Cause::NotKept(format!("the page {} is not here", page.get()));
            self.problems.push(Problem::doubt(place.clone(), cause, "import the files of all pages together"));
        }
        for page in [head.first, head.next].into_iter().flatten().filter(|page| !elsewhere(page)) {
            self.add(file, lines, page.get(), depth + 1);
        }
        head.items.into_iter().flatten().for_each(|item| self.add(file, lines, item.get(), depth + 1));
    }
}

/// The first object of a file, as far as it tells what it is.
#[expect(clippy::zero_sized_map_values, reason = "serde has no set of keys whose values are passed over")]
#[derive(Deserialize)]
struct Probe {
    #[serde(rename = "@context")]
    context: Option<Json>,
    #[serde(rename = "type", alias = "@type")]
    kind: Option<Json>,
    target: Option<Json>,
    #[serde(flatten)]
    other: BTreeMap<String, IgnoredAny>,
}

/// How surely a file holds Web Annotations, from 0 to 100.
pub fn sureness(file: &InputFile) -> u8 {
    let Some(probe) = records::first::<Probe>(file) else { return 0 };
    let has = |key: &str| probe.other.contains_key(key);
    let is = |kind| probe.kind.as_ref().is_some_and(|found| is_of_type(found, kind));
    let context = probe.context.as_ref().map(Json::to_string).unwrap_or_default().contains("/ns/anno");
    let whole = is("Annotation") && probe.target.is_some();
    let several = (is("AnnotationPage") || is("AnnotationCollection")) && (has("items") || has("first"));
    let of_recogito =
        probe.target.as_ref().is_some_and(|t| t.get("selector").is_some()) && (has("bodies") || has("body"));
    match () {
        () if several && has(KEY) => 98,
        () if context || whole || several => 95,
        () if of_recogito => 85,
        () => 0,
    }
}
