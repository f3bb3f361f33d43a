//! Tasks, annotations and results as they stand in the file.

use crate::formats::extras::KEY;
use crate::formats::read::InputFile;
use crate::formats::records;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value as Json};
use std::fmt;

/// A task, as far as it is understood. Times of the task itself, reviews and histories are bookkeeping.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Task {
    pub id: Option<Json>,
    pub data: Option<Map<String, Json>>,
    pub annotations: Option<Vec<Work>>,
    /// As annotations were called before version 1.
    pub completions: Option<Vec<Work>>,
    pub predictions: Option<Vec<Prediction>>,
    pub drafts: Option<Vec<Json>>,
    pub meta: Option<Json>,
}

/// What one annotator or model says about a task.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Work {
    pub id: Option<Json>,
    pub completed_by: Option<Json>,
    /// The annotator by name; Byline's, and passed over by Label Studio.
    pub annotator: Option<Json>,
    pub result: Option<Vec<Item>>,
    pub was_cancelled: Option<bool>,
    #[serde(alias = "honeypot")]
    pub ground_truth: Option<bool>,
    pub created_at: Option<Json>,
    pub updated_at: Option<Json>,
    pub model_version: Option<Json>,
    pub score: Option<f64>,
    /// The prediction from which an annotator started.
    pub prediction: Option<Json>,
}

/// A prediction, or only its number.
pub enum Prediction {
    Whole(Box<Work>),
    Number,
}

impl<'de> Deserialize<'de> for Prediction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Prediction;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a prediction: an object with `result`")
            }
            fn visit_u64<E>(self, _: u64) -> Result<Prediction, E> {
                Ok(Prediction::Number)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Prediction, A::Error> {
                Work::deserialize(MapAccessDeserializer::new(map)).map(|work| Prediction::Whole(Box::new(work)))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// A result: a region, something about a region or about the whole task, or a relation.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Item {
    pub id: Option<Json>,
    pub from_name: Option<String>,
    pub to_name: Option<String>,
    pub source: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub value: Option<Map<String, Json>>,
    pub origin: Option<String>,
    pub score: Option<f64>,
    pub meta: Option<Json>,
    pub from_id: Option<Json>,
    pub to_id: Option<Json>,
    pub direction: Option<String>,
    pub labels: Option<Vec<String>>,
}

impl Item {
    /// Something of the value.
    pub fn value(&self, key: &str) -> Option<&Json> {
        self.value.as_ref()?.get(key)
    }

    /// Labels of a region, from the control of its own name (`labels`, `hypertextlabels` …).
    pub fn region_labels(&self) -> Option<&Json> {
        self.kind.as_deref().filter(|kind| kind.ends_with("labels")).and_then(|kind| self.value(kind))
    }

    /// Texts that stand in `meta.text`, as a list or alone.
    pub fn notes(&self) -> Vec<&str> {
        match self.meta.as_ref().and_then(|meta| meta.get("text")) {
            Some(Json::String(note)) => vec![note],
            Some(Json::Array(notes)) => notes.iter().filter_map(Json::as_str).collect(),
            _ => Vec::new(),
        }
    }
}

/// An id or name, which can be a text or a number.
pub fn word(json: Option<&Json>) -> Option<String> {
    match json? {
        Json::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether tasks can stand in a file, by its name.
pub fn is_json(file: &InputFile) -> bool {
    file.has_extension("json") || file.has_extension("jsonl")
}

/// How surely a file is Label Studio's, from 0 to 100.
pub fn sureness(file: &InputFile) -> u8 {
    let Some(task) = records::first::<Task>(file) else { return 0 };
    let worked = task.annotations.is_some() || task.completions.is_some() || task.predictions.is_some();
    match &task {
        Task { data: None, .. } => 0,
        Task { meta: Some(meta), .. } if worked && meta.get(KEY).is_some() => 98,
        _ if worked => 93,
        _ => 40,
    }
}
