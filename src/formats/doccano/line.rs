//! One line of doccano's JSON, in any of the shapes that are found.

use crate::formats::problem::{Place, Problem};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt;

/// Columns in which the text is looked for.
const TEXT: [&str; 3] = ["text", "data", "column_data"];
/// Columns in which spans are looked for.
const SPANS: [&str; 6] = ["entities", "label", "labels", "spans", "annotations", "column_label"];

/// A line, as far as it is understood.
#[derive(Default)]
pub struct Line {
    pub id: Option<String>,
    pub text: Option<String>,
    pub spans: Spans,
    pub relations: Vec<Relation>,
    /// Everything else.
    pub other: BTreeMap<String, Json>,
}

/// What stands in the column of spans.
#[derive(Default)]
pub enum Spans {
    #[default]
    None,
    Items(Vec<Item>),
    /// Texts without offsets: labels of the whole document.
    Texts,
}

/// A span.
pub struct Item {
    pub start: i64,
    pub end: i64,
    pub label: String,
    pub id: Option<String>,
    pub user: Option<String>,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
}

/// A relation.
#[derive(Deserialize)]
pub struct Relation {
    pub id: Option<Word>,
    pub from_id: Word,
    pub to_id: Word,
    #[serde(rename = "type", alias = "label")]
    pub kind: Word,
}

/// A text, or a number as text: ids and labels come as either.
#[derive(Clone, PartialEq, Eq)]
pub struct Word(pub String);

impl Line {
    /// Reads one line.
    pub fn read(file: &str, number: usize, content: &str) -> Result<Self, Problem> {
        let content = content.trim_end_matches('\r');
        serde_json::from_str(content).map_err(|error| {
            let place = Place::line(file, number).column(error.column().max(1));
            let said = error.to_string();
            let said = said.split(" at line ").next().unwrap_or(&said);
            let problem = Problem::syntax(place, "a JSON object with `text` and `label` or `entities`", said);
            if content.trim_start().starts_with('[') {
                let help = "this is a JSON array; doccano reads and writes JSON lines, one object a line";
                return Problem { help: help.to_owned(), ..problem };
            }
            problem
        })
    }
}

/// How surely a first line is doccano's, from 0 to 100.
pub fn sureness(line: &str) -> u8 {
    let Ok(line) = Line::read("", 1, line) else { return 0 };
    match (line.text.is_some(), &line.spans) {
        (_, _) if line.other.contains_key("byline") => 95,
        (true, Spans::Items(_)) => 80,
        (true, Spans::Texts | Spans::None) => 10,
        (false, _) => 0,
    }
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Columns;
        impl<'de> Visitor<'de> for Columns {
            type Value = Line;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line, A::Error> {
                let mut line = Line::default();
                let mut rank = usize::MAX;
                while let Some(key) = map.next_key::<String>()? {
                    if TEXT.contains(&key.as_str()) && line.text.is_none() {
                        line.text = map.next_value::<Option<String>>()?;
                    } else if let Some(found) = SPANS.iter().position(|column| *column == key) {
                        let spans = map.next_value::<Option<Spans>>()?.unwrap_or_default();
                        // Several columns: one with spans before one without, then the first of the list.
                        let of = if matches!(spans, Spans::Items(_)) { found } else { found + SPANS.len() };
                        if of < rank {
                            (line.spans, rank) = (spans, of);
                        }
                    } else if key == "relations" {
                        line.relations = map.next_value::<Option<Vec<Relation>>>()?.unwrap_or_default();
                    } else if key == "id" {
                        line.id = map.next_value::<Option<Word>>()?.map(|word| word.0);
                    } else {
                        line.other.insert(key, map.next_value()?);
                    }
                }
                Ok(line)
            }
        }
        deserializer.deserialize_map(Columns)
    }
}

impl<'de> Deserialize<'de> for Spans {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Spans;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a list of spans such as `[0, 5, \"speaker\"]`")
            }
            fn visit_str<E>(self, _: &str) -> Result<Spans, E> {
                Ok(Spans::Texts)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Spans, A::Error> {
                let mut items = Vec::new();
                let mut texts = false;
                while let Some(item) = seq.next_element::<MaybeItem>()? {
                    match item.0 {
                        Some(item) => items.push(item),
                        None => texts = true,
                    }
                }
                if texts && !items.is_empty() {
                    return Err(de::Error::custom("some labels have offsets and some have not"));
                }
                Ok(if texts { Spans::Texts } else { Spans::Items(items) })
            }
        }
        deserializer.deserialize_any(List)
    }
}

/// A span, or a text without offsets.
struct MaybeItem(Option<Item>);

impl<'de> Deserialize<'de> for MaybeItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Object {
            #[serde(alias = "start")]
            start_offset: Offset,
            #[serde(alias = "end")]
            end_offset: Offset,
            label: Word,
            id: Option<Word>,
            user: Option<Word>,
            created_at: Option<String>,
            updated_at: Option<String>,
        }
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = MaybeItem;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a span: `[start, end, label]` or an object with `start_offset`, `end_offset` and `label`")
            }
            fn visit_str<E>(self, _: &str) -> Result<MaybeItem, E> {
                Ok(MaybeItem(None))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<MaybeItem, A::Error> {
                let missing = |n| de::Error::invalid_length(n, &"a span `[start, end, label]`");
                let Offset(start) = seq.next_element()?.ok_or_else(|| missing(0))?;
                let Offset(end) = seq.next_element()?.ok_or_else(|| missing(1))?;
                let Word(label) = seq.next_element()?.ok_or_else(|| missing(2))?;
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                let item = Item { start, end, label, id: None, user: None, created_at: None, updated_at: None };
                Ok(MaybeItem(Some(item)))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<MaybeItem, A::Error> {
                let object = Object::deserialize(MapAccessDeserializer::new(map))?;
                Ok(MaybeItem(Some(Item {
                    start: object.start_offset.0,
                    end: object.end_offset.0,
                    label: object.label.0,
                    id: object.id.map(|id| id.0),
                    // doccano names users by number: as an annotator that would say nothing.
                    user: object.user.map(|Word(u)| if u.parse::<u64>().is_ok() { format!("user-{u}") } else { u }),
                    created_at: object.created_at,
                    updated_at: object.updated_at,
                })))
            }
        }
        deserializer.deserialize_any(Shape)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Word;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a text or a whole number")
            }
            fn visit_str<E>(self, text: &str) -> Result<Word, E> {
                Ok(Word(text.to_owned()))
            }
            fn visit_u64<E>(self, n: u64) -> Result<Word, E> {
                Ok(Word(n.to_string()))
            }
            fn visit_i64<E>(self, n: i64) -> Result<Word, E> {
                Ok(Word(n.to_string()))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// An offset as it stands there; one below 0 is refused later, with its place.
struct Offset(i64);

impl<'de> Deserialize<'de> for Offset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;
        impl Visitor<'_> for Whole {
            type Value = Offset;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a whole number")
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Offset, E> {
                i64::try_from(n).map(Offset).map_err(|_| E::custom("an offset past the end of any text"))
            }
            fn visit_i64<E>(self, n: i64) -> Result<Offset, E> {
                Ok(Offset(n))
            }
        }
        deserializer.deserialize_any(Whole)
    }
}
