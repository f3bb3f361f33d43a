//! CAS JSON: a CAS as JSON with its type system inside (Apache UIMA, “JSON serialization of the Apache UIMA CAS”, 0.4).
//!
//! Features that hold structures begin with `@`, those of numbers beyond JSON with `#`; what begins with `%` belongs to
//! the format.

use super::model::{Cas, Feature, Sofa, Structure};
use super::types::{FS_ARRAY, STRING_ARRAY, Types};
use crate::formats::encode::number_from;
use crate::formats::gather::{check_json, utf8};
use crate::formats::problem::{Place, Problem};
use crate::formats::read::{InputFile, Names};
use crate::formats::records::Lines;
use crate::model::{Name, Value};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::fmt;

/// The type of texts.
const SOFA: &str = "uima.cas.Sofa";

#[derive(Deserialize)]
struct File<'a> {
    #[serde(rename = "%TYPES", default)]
    types: Option<Map<String, Json>>,
    #[serde(rename = "%FEATURE_STRUCTURES", default, borrow)]
    structures: Structures<'a>,
    #[serde(rename = "%VIEWS", default)]
    views: Option<Map<String, Json>>,
}

/// The structures as they stand in the file, with their ids where these are keys.
#[derive(Default)]
struct Structures<'a>(Vec<(Option<u64>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Structures<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Vec<(Option<u64>, &'de RawValue)>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a list of feature structures, or an object of them by id")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(item) = items.next_element()? {
                    all.push((None, item));
                }
                Ok(all)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some((id, item)) = items.next_entry::<String, _>()? {
                    all.push((id.parse().ok(), item));
                }
                Ok(all)
            }
        }
        deserializer.deserialize_any(Either).map(Structures)
    }
}

/// Whether a file is CAS JSON, by its first key.
pub fn is_cas(file: &InputFile) -> bool {
    let head = file.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&file.bytes).trim_ascii_start();
    let key = head.strip_prefix(b"{").map(<[u8]>::trim_ascii_start).unwrap_or_default();
    [&b"\"%TYPES\""[..], b"\"%FEATURE_STRUCTURES\"", b"\"%VIEWS\"", b"\"%HEADER\""].iter().any(|k| key.starts_with(k))
}

/// Reads a CAS and its types; `None` where nothing of it can be read.
pub fn read(file: &InputFile, names: &mut Names, problems: &mut Vec<Problem>) -> Option<(Cas, Types)> {
    let failed = |error: &serde_json::Error, line: usize| {
        let place = Place::line(&file.name, line + error.line().saturating_sub(1)).column(error.column().max(1));
        let said = error.to_string();
        let problem = Problem::syntax(place, "CAS JSON", said.split(" at line ").next().unwrap_or(&said));
        Problem { help: "correct the file, or write it again".to_owned(), ..problem }
    };
    let whole = utf8(&file.name, &file.bytes).and_then(|content| {
        check_json(&file.name, 1, content)?;
        Ok((content, serde_json::from_str::<File>(content).map_err(|error| failed(&error, 1))?))
    });
    let (content, whole) = match whole {
        Ok(whole) => whole,
        Err(problem) => {
            problems.push(problem);
            return None;
        }
    };
    let mut types = Types::default();
    types.read_json(&whole.types.unwrap_or_default());
    let mut cas = Cas::default();
    let mut lines = Lines::new(content);
    for (key, raw) in whole.structures.0 {
        let line = lines.of(raw.get());
        let read = serde_json::from_str::<Map<String, Json>>(raw.get()).map_err(|error| failed(&error, line));
        let read = read.and_then(|structure| taken_in(file, line, key, structure, &mut cas, &types, names));
        problems.extend(read.err());
    }
    views(file, whole.views.unwrap_or_default(), &mut cas, problems);
    Some((cas, types))
}

fn taken_in(
    file: &InputFile,
    line: usize,
    key: Option<u64>,
    json: Map<String, Json>,
    cas: &mut Cas,
    types: &Types,
    names: &mut Names,
) -> Result<(), Problem> {
    let wrong = |expected: &str, found: String| Problem::syntax(Place::line(&file.name, line), expected, found);
    let shown = |json: Option<&Json>| json.map_or_else(|| "none".to_owned(), Json::to_string);
    let id = key.or_else(|| json.get("%ID")?.as_u64());
    let id = id.ok_or_else(|| wrong("a number in `%ID`", shown(json.get("%ID"))))?;
    let kind = json.get("%TYPE").and_then(Json::as_str);
    let kind = kind.ok_or_else(|| wrong("the name of a type in `%TYPE`", shown(json.get("%TYPE"))))?;
    if kind == SOFA {
        let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
        let elsewhere = json.get("sofaURI").map(|_| "it lies elsewhere (`sofaURI`)");
        let data = json.get("@sofaArray").map(|_| "it holds data (`sofaArray`)");
        let (name, text) = (text("sofaID").unwrap_or_default(), text("sofaString"));
        cas.sofas.push(Sofa { id, name, text, instead: elsewhere.or(data), members: Vec::new(), line });
        return Ok(());
    }
    let kind = names.get(kind);
    let mut structure = Structure { id, kind, range: None, sofa: None, features: Vec::new(), line };
    let offset = |key: &str| {
        let given = json.get(key).or_else(|| json.get(&format!("^{key}")));
        given.and_then(Json::as_u64)
    };
    structure.range = offset("begin").zip(offset("end"));
    structure.sofa = json.get("@sofa").and_then(Json::as_u64);
    for (key, json) in json {
        let is_place = matches!(key.as_str(), "begin" | "^begin" | "end" | "^end");
        let name = match key.strip_prefix(['@', '#', '^']) {
            _ if key == "@sofa" || (is_place && structure.range.is_some()) => continue,
            None if key == "%ELEMENTS" => "elements",
            None if key.starts_with('%') => continue,
            None => &key,
            Some(name) => name,
        };
        let feature = if key.starts_with('@') {
            json.as_u64().map(Feature::One)
        } else if key == "%ELEMENTS" && types.holds(&structure.kind, "elements") != Some(super::types::Holds::Values) {
            ids(&json).map(Feature::Many)
        } else {
            value(&json, key.starts_with('#'), &mut cas.odd_numbers).map(Feature::Value)
        };
        // Null is no value.
        if let Some(feature) = feature {
            structure.features.push((names.get(name), feature));
        } else if !json.is_null() {
            return Err(wrong(&format!("a value in `{key}`"), crate::formats::problem::shortened(&json.to_string())));
        }
    }
    cas.add(&file.name, structure)
}

fn ids(json: &Json) -> Option<Vec<u64>> {
    json.as_array()?.iter().map(|id| if id.is_null() { Some(0) } else { id.as_u64() }).collect()
}

fn value(json: &Json, special: bool, odd: &mut usize) -> Option<Value> {
    match json {
        Json::Number(number) => Some(number_from(&number.to_string()).unwrap_or_else(|| {
            *odd += 1;
            Value::Text(number.to_string())
        })),
        Json::Array(items) => {
            let text = |item: &Json| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
            Some(Value::List(items.iter().map(text).collect()))
        }
        Json::String(text) => {
            *odd += usize::from(special);
            Some(Value::Text(text.clone()))
        }
        Json::Bool(yes) => Some(Value::YesNo(*yes)),
        Json::Null | Json::Object(_) => None,
    }
}

fn views(file: &InputFile, views: Map<String, Json>, cas: &mut Cas, problems: &mut Vec<Problem>) {
    let by_id: HashMap<u64, usize> = cas.sofas.iter().enumerate().map(|(n, sofa)| (sofa.id, n)).collect();
    let by_name: HashMap<String, usize> =
        cas.sofas.iter().enumerate().map(|(n, sofa)| (sofa.name.clone(), n)).collect();
    for (name, view) in views {
        let place = Place::file(&file.name);
        let members = match view.get("%MEMBERS") {
            None | Some(Json::Null) => Vec::new(),
            Some(members) => ids(members).unwrap_or_else(|| {
                problems.push(Problem::syntax(
                    place,
                    "a list of ids in `%MEMBERS`",
                    format!("something else in `{name}`"),
                ));
                Vec::new()
            }),
        };
        let id = view.get("%SOFA").and_then(Json::as_u64);
        let found = id.map_or_else(|| by_name.get(&name), |id| by_id.get(&id));
        if let Some(sofa) = found.and_then(|place| cas.sofas.get_mut(*place)) {
            sofa.members.extend(members);
        } else {
            let line = 1;
            cas.sofas.push(Sofa { id: id.unwrap_or(0), name, text: None, instead: None, members, line });
        }
    }
}

/// A CAS as JSON, one structure a line.
pub fn written(cas: &Cas, types: &[(String, super::types::Type)]) -> String {
    let mut out = String::from("{\n\"%TYPES\": {");
    let mut first = true;
    for (name, described) in types {
        out.push_str(if first { "\n" } else { ",\n" });
        first = false;
        let mut json = Map::new();
        json.insert("%NAME".to_owned(), name.as_str().into());
        json.insert("%SUPER_TYPE".to_owned(), described.above.as_str().into());
        let about = |json: &mut Map<String, Json>, about: &str| {
            if !about.is_empty() {
                json.insert("%DESCRIPTION".to_owned(), about.into());
            }
        };
        about(&mut json, &described.about);
        for (name, range) in &described.features {
            let of = match range.of.as_str() {
                STRING_ARRAY => "uima.cas.String[]",
                FS_ARRAY => "uima.cas.TOP[]",
                of => of,
            };
            let mut feature = Map::new();
            feature.insert("%NAME".to_owned(), name.as_str().into());
            feature.insert("%RANGE".to_owned(), of.into());
            about(&mut feature, &range.about);
            json.insert(name.clone(), Json::Object(feature));
        }
        out.extend([Json::from(name.as_str()).to_string(), ": ".to_owned(), Json::Object(json).to_string()]);
    }
    out.push_str("\n},\n\"%FEATURE_STRUCTURES\": [");
    let mut next = cas.structures.iter().map(|s| s.id).chain(cas.sofas.iter().map(|s| s.id)).max().unwrap_or(0) + 1;
    let mut lines: Vec<String> = Vec::new();
    for (n, sofa) in cas.sofas.iter().enumerate() {
        let mut json =
            json!({"%ID": sofa.id, "%TYPE": SOFA, "sofaNum": n + 1, "sofaID": sofa.name, "mimeType": "text"});
        if let (Some(text), Some(object)) = (&sofa.text, json.as_object_mut()) {
            object.insert("sofaString".to_owned(), text.as_str().into());
        }
        lines.push(json.to_string());
    }
    for structure in &cas.structures {
        let (json, arrays) = structure_as_json(structure, &mut next);
        lines.push(json.to_string());
        lines.extend(arrays.iter().map(Json::to_string));
    }
    out.extend([if lines.is_empty() { "" } else { "\n" }, &lines.join(",\n")]);
    let mut views = Map::new();
    for sofa in &cas.sofas {
        views.insert(sofa.name.clone(), json!({"%SOFA": sofa.id, "%MEMBERS": sofa.members}));
    }
    out.extend(["\n],\n\"%VIEWS\": ", &Json::Object(views).to_string(), "\n}\n"]);
    out
}

/// A structure, and the arrays that its features hold, with ids from `next` on.
fn structure_as_json(structure: &Structure, next: &mut u64) -> (Json, Vec<Json>) {
    let mut json = Map::new();
    let mut arrays = Vec::new();
    json.insert("%ID".to_owned(), structure.id.into());
    json.insert("%TYPE".to_owned(), structure.kind.as_str().into());
    if let Some(sofa) = structure.sofa {
        json.insert("@sofa".to_owned(), sofa.into());
    }
    if let Some((begin, end)) = structure.range {
        json.insert("begin".to_owned(), begin.into());
        json.insert("end".to_owned(), end.into());
    }
    let mut array = |kind: &str, elements: Json| {
        let id = *next;
        *next += 1;
        arrays.push(json!({"%ID": id, "%TYPE": kind, "%ELEMENTS": elements}));
        id
    };
    for (name, feature) in &structure.features {
        let reference = |name: &Name| format!("@{name}");
        let (key, value) = match feature {
            Feature::Value(Value::List(items)) => (reference(name), array(STRING_ARRAY, json!(items)).into()),
            Feature::Many(ids) => (reference(name), array(FS_ARRAY, json!(ids)).into()),
            Feature::One(id) => (reference(name), (*id).into()),
            Feature::Unknown(text) | Feature::Value(Value::Text(text)) => (name.to_string(), text.as_str().into()),
            // Always with a fraction: the type says that it is no whole number.
            Feature::Value(Value::Number(number)) => (name.to_string(), json!(number)),
            Feature::Value(Value::YesNo(yes)) => (name.to_string(), (*yes).into()),
        };
        json.insert(key, value);
    }
    (Json::Object(json), arrays)
}
