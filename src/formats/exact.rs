//! What XML cannot hold exactly, by where it stands: written beside what is shown instead of it, and put back on reading.
//!
//! Characters that XML 1.0 does not have are shown as pictures of them, each one UTF-16 unit as they are; values of a kind that a typed place cannot hold are shown
//! as text. Where the file was changed since and shows something else, the file is right.

use super::encode;
use super::markup::{is_xml_char as has, pictured as shown};
use crate::model::{Text, Value};
use serde_json::{Map, Value as Json, json};

/// Exact values under the names of their places.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Exact(Map<String, Json>);

impl Exact {
    /// From what [`Self::json`] gave.
    pub fn new(json: Option<&Json>) -> Self {
        Self(json.and_then(Json::as_object).cloned().unwrap_or_default())
    }

    /// As JSON; `None` if everything could be shown.
    pub fn json(self) -> Option<Json> {
        (!self.0.is_empty()).then_some(Json::Object(self.0))
    }

    /// Keeps a text that XML cannot show, under the name of its place.
    pub fn keep(&mut self, place: impl FnOnce() -> String, text: &str) {
        if !text.chars().all(has) {
            self.0.insert(place(), text.into());
        }
    }

    /// Keeps a text that is shown as another one.
    pub fn keep_as(&mut self, place: impl FnOnce() -> String, text: &str, as_shown: &str) {
        self.0.insert(place(), json!([text, as_shown]));
    }

    /// Keeps a value that reads back as `as_shown`.
    pub fn keep_value(&mut self, place: impl FnOnce() -> String, value: &Value, as_shown: &Value) {
        if value != as_shown {
            self.0.insert(place(), encode::json(value));
        }
    }

    /// The exact text of a place that shows `found`.
    pub fn text(&self, place: &str, found: &str) -> Option<String> {
        let kept = self.0.get(place)?;
        let text = |at: usize| kept.get(at).and_then(Json::as_str);
        let (exact, as_shown) = match kept.as_str() {
            Some(exact) => (exact, shown(exact)),
            None => (text(0)?, text(1)?.into()),
        };
        (as_shown == found).then(|| exact.to_owned())
    }

    /// The exact value of a place that shows `found`.
    pub fn value(&self, place: &str, found: &Value) -> Option<Value> {
        let exact = encode::value_from_json(self.0.get(place)?)?;
        let found = shown_value(found);
        let shows = shown_value(&exact) == found || shown_as_text(&exact) == found;
        shows.then_some(exact)
    }

    /// Keeps the characters of a document's text that XML does not have, with their offsets in UTF-16 units.
    pub fn keep_document(&mut self, text: &str) {
        let mut offset = 0;
        let mut kept = Vec::new();
        for c in text.chars() {
            if !has(c) {
                kept.push(json!([offset, u32::from(c)]));
            }
            offset += c.len_utf16();
        }
        if !kept.is_empty() {
            self.0.insert("text".to_owned(), kept.into());
        }
    }

    /// The text of a document with the characters that XML does not have, if the hash says that it is that text.
    pub fn document(&self, found: &str, sha256: &str) -> Option<Text> {
        let kept = self.0.get("text")?.as_array()?;
        let number = |of: &Json, at: usize| of.get(at)?.as_u64().and_then(|n| u32::try_from(n).ok());
        let kept: Option<Vec<_>> = kept.iter().map(|of| Some((number(of, 0)?, number(of, 1)?))).collect();
        let mut kept = kept?.into_iter().peekable();
        let (mut text, mut offset) = (String::with_capacity(found.len()), 0);
        for c in found.chars() {
            match kept.next_if(|(at, _)| *at == offset) {
                Some((_, exact)) => text.push(char::from_u32(exact)?),
                None => text.push(c),
            }
            offset = offset.saturating_add(c.len_utf16() as u32);
        }
        let text = Text::new(text);
        (text.sha256() == sha256).then_some(text)
    }
}

/// A value with a picture for each character that XML does not have.
pub fn shown_value(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(shown(text).into_owned()),
        Value::List(items) => Value::List(items.iter().map(|item| shown(item).into_owned()).collect()),
        other => other.clone(),
    }
}

/// A value of any kind as text that XML can show.
pub fn shown_as_text(value: &Value) -> Value {
    let text = match value {
        Value::YesNo(yes) => yes.to_string(),
        other => other.to_string(),
    };
    Value::Text(shown(&text).into_owned())
}

/// The characters of a text that XML does not have, in words; `None` if it has all.
pub fn absent(text: &str) -> Option<String> {
    let mut absent: Vec<char> = text.chars().filter(|c| !has(*c)).collect();
    let count = absent.len();
    absent.sort_unstable();
    absent.dedup();
    let names: Vec<_> = absent.iter().map(|c| format!("U+{:04X}", u32::from(*c))).collect();
    let words = if count == 1 { "character" } else { "characters" };
    let said = format!("{count} {words} that XML does not have ({}), shown as pictures", names.join(", "));
    (count > 0).then_some(said)
}
