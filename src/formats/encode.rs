//! Values, origins, dates and entities as text, for formats that hold nothing but text.
//!
//! Every encoding here has an inverse and one home; the formats only say where the text goes.

use super::read::ImportedDocument;
use crate::model::{
    AttributeDef, AttributeKind, Direction, Document, Entity, EntityKind, LabelDef, LinkDef, Metadata, Name, Origin,
    Original, Provenance, Scheme, Status, Value,
};
use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// A value as a cell: as a person would write it, and as JSON where that would read back as something else.
pub fn cell_from_value(value: &Value) -> String {
    match value {
        Value::Text(text) if text.is_empty() || value_from_cell(text) != *value => json!(text).to_string(),
        Value::Text(text) => text.clone(),
        other => json(other).to_string(),
    }
}

/// The inverse of [`cell_from_value`]: `true`, `25`, `["a"]` and `"…"` are JSON, everything else is text.
/// An empty cell is for the caller to take as no value.
pub fn value_from_cell(cell: &str) -> Value {
    let text = || Value::Text(cell.to_owned());
    let read = match cell.as_bytes().first() {
        Some(b'"' | b'[' | b't' | b'f' | b'-' | b'0'..=b'9') => serde_json::from_str::<Json>(cell).ok(),
        _ => None,
    };
    // Of numbers only the one spelling that we write is JSON: “1e3” and “2.50” are somebody's text.
    let spelled = |v: &Value| json(v).to_string();
    let ours = |v: &Value| !matches!(v, Value::Number(_)) || spelled(v) == cell;
    read.as_ref().and_then(value_from_json).filter(ours).unwrap_or_else(text)
}

/// A value as JSON.
pub fn json(value: &Value) -> Json {
    serde_json::to_value(value).unwrap_or(Json::Null)
}

/// The value that a JSON value is; `None` for null, objects and lists of anything but texts.
pub fn value_from_json(json: &Json) -> Option<Value> {
    match json {
        Json::Bool(yes) => Some(Value::YesNo(*yes)),
        Json::Number(n) => n.as_f64().filter(|n| n.is_finite()).map(Value::Number),
        Json::String(text) => Some(Value::Text(text.clone())),
        Json::Array(items) => {
            let texts: Option<Vec<_>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            texts.map(Value::List)
        }
        Json::Null | Json::Object(_) => None,
    }
}

/// A number that a value can hold as it is; `NaN`, infinities and whole numbers beyond 2^53 are kept as text.
pub fn number_from(text: &str) -> Option<Value> {
    const EXACT: i64 = 1 << 53;
    let text = text.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return (-EXACT..=EXACT).contains(&whole).then_some(Value::Number(whole as f64));
    }
    let is_whole = text.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit());
    text.parse::<f64>().ok().filter(|_| !is_whole).filter(|n| n.is_finite()).map(Value::Number)
}

/// Any JSON value as text: a string as it is, unless it would read back as something else.
pub fn cell_from_json(json: &Json) -> String {
    match json {
        Json::String(text) if json_from_cell(text) == *json => text.clone(),
        other => other.to_string(),
    }
}

fn spelled(json: &Json) -> String {
    json.to_string()
}

/// The inverse of [`cell_from_json`]: what is JSON, spelled as we spell it and no bare word, is that; the rest is text.
pub fn json_from_cell(cell: &str) -> Json {
    let read = match cell.as_bytes().first() {
        Some(b'"' | b'[' | b'{' | b't' | b'f' | b'n' | b'-' | b'0'..=b'9') => serde_json::from_str::<Json>(cell).ok(),
        _ => None,
    };
    read.filter(|json| spelled(json) == cell).unwrap_or_else(|| cell.into())
}

/// A time in UTC, to the second: `2026-11-23T10:00:00Z`.
pub fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The inverse of [`time`]; takes any RFC 3339 time.
pub fn time_from(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text.trim()).ok().map(|at| at.with_timezone(&Utc).trunc_subsecs(0))
}

/// An origin as JSON: `"hand"` or an object with one key.
pub fn json_from_origin(origin: &Origin) -> Json {
    match origin {
        Origin::ByHand => json!("hand"),
        Origin::Suggestion { source, score } => json!({"suggestion": {"source": source.as_str(), "score": score}}),
        Origin::Import { format, file } => json!({"import": {"format": format.as_str(), "file": file.as_str()}}),
        Origin::Adjudication { from } => {
            json!({"adjudication": {"from": from.iter().map(Name::as_str).collect::<Vec<_>>()}})
        }
    }
}

/// The inverse of [`json_from_origin`].
pub fn origin_from_json(json: &Json) -> Option<Origin> {
    if json.as_str() == Some("hand") {
        return Some(Origin::ByHand);
    }
    let name = |json: &Json, key: &str| json.get(key)?.as_str().map(Name::from);
    if let Some(of) = json.get("suggestion") {
        return Some(Origin::Suggestion { source: name(of, "source")?, score: of.get("score")?.as_f64()? });
    }
    if let Some(of) = json.get("import") {
        return Some(Origin::Import { format: name(of, "format")?, file: name(of, "file")? });
    }
    let from = json.get("adjudication")?.get("from")?.as_array()?;
    let from: Option<Vec<Name>> = from.iter().map(|n| n.as_str().map(Name::from)).collect();
    Some(Origin::Adjudication { from: from? })
}

/// An origin as a cell: `hand`, or JSON.
pub fn cell_from_origin(origin: &Origin) -> String {
    match origin {
        Origin::ByHand => "hand".to_owned(),
        other => json_from_origin(other).to_string(),
    }
}

/// Provenance from the three cells origin, created, modified; `None` where they are not all there.
pub fn provenance_from_cells(origin: &str, created: &str, modified: &str) -> Option<Provenance> {
    let origin = if origin == "hand" { Origin::ByHand } else { origin_from_json(&serde_json::from_str(origin).ok()?)? };
    Some(Provenance { origin: origin.into(), created: time_from(created)?, modified: time_from(modified)? })
}

/// How far an annotator is, in one word.
pub fn status_name(status: Status) -> &'static str {
    match status {
        Status::NotStarted => "not-started",
        Status::InProgress => "in-progress",
        Status::Done => "done",
        Status::SecondLook => "second-look",
    }
}

/// The inverse of [`status_name`].
pub fn status_from(name: &str) -> Option<Status> {
    let all = [Status::NotStarted, Status::InProgress, Status::Done, Status::SecondLook];
    all.into_iter().find(|s| status_name(*s) == name)
}

/// A direction in one word.
pub fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Auto => "auto",
        Direction::LeftToRight => "ltr",
        Direction::RightToLeft => "rtl",
    }
}

/// The inverse of [`direction_name`]; anything else is `Auto`.
pub fn direction_from(name: &str) -> Direction {
    match name {
        "ltr" => Direction::LeftToRight,
        "rtl" => Direction::RightToLeft,
        _ => Direction::Auto,
    }
}

/// The directions of single paragraphs, by their numbers from 1, as a cell: `3:rtl;14:ltr`.
pub fn cell_from_directions(directions: &BTreeMap<usize, Direction>) -> String {
    let one = |(paragraph, direction): (&usize, &Direction)| format!("{paragraph}:{}", direction_name(*direction));
    directions.iter().map(one).collect::<Vec<_>>().join(";")
}

/// The inverse of [`cell_from_directions`]; `None` for anything that it does not write.
pub fn directions_from_cell(cell: &str) -> Option<BTreeMap<usize, Direction>> {
    let one = |part: &str| {
        let (paragraph, direction) = part.split_once(':')?;
        Some((paragraph.parse().ok().filter(|n| *n > 0)?, direction_from(direction)))
    };
    let read: Option<BTreeMap<_, _>> = cell.split(';').filter(|part| !part.is_empty()).map(one).collect();
    read.filter(|read| cell_from_directions(read) == cell)
}

/// An entity as JSON.
pub fn json_from_entity(entity: &Entity) -> Json {
    json!({
        "id": entity.id.to_string(),
        "kind": kind_name(entity.kind),
        "name": entity.name,
        "aliases": entity.aliases,
        "wikidata": entity.wikidata,
        "note": entity.note,
    })
}

/// The inverse of [`json_from_entity`].
pub fn entity_from_json(json: &Json) -> Option<Entity> {
    let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
    let aliases = json.get("aliases").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    Some(Entity {
        id: text("id")?.parse().ok()?,
        kind: kind_from(&text("kind")?)?,
        name: text("name")?,
        aliases: aliases.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        wikidata: text("wikidata"),
        note: text("note").unwrap_or_default(),
    })
}

/// What an entity is, in one word.
pub fn kind_name(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Person => "person",
        EntityKind::Organisation => "organisation",
    }
}

/// The inverse of [`kind_name`].
pub fn kind_from(name: &str) -> Option<EntityKind> {
    [EntityKind::Person, EntityKind::Organisation].into_iter().find(|k| kind_name(*k) == name)
}

/// The fields of metadata that have names of their own, in the order of [`metadata_values`].
pub const METADATA_FIELDS: [&str; 5] = ["author", "source", "url", "date", "language"];

/// Their values, in the order of [`METADATA_FIELDS`].
pub fn metadata_values(metadata: &Metadata) -> [Option<String>; 5] {
    let Metadata { author, source, url, date, language, other: _ } = metadata;
    [author.clone(), source.clone(), url.clone(), date.map(|d| d.to_string()), language.clone()]
}

/// Puts one field into metadata; a date that is none, and any other name, goes to `other`.
pub fn put_field(metadata: &mut Metadata, name: &str, value: String) {
    match name {
        "author" => metadata.author = Some(value),
        "source" => metadata.source = Some(value),
        "url" => metadata.url = Some(value),
        "language" => metadata.language = Some(value),
        "date" if value.len() == 10 && value.parse::<chrono::NaiveDate>().is_ok() => metadata.date = value.parse().ok(),
        _ => {
            metadata.other.insert(name.to_owned(), value);
        }
    }
}

/// Everything about a document but its text, as JSON; the inverse is [`put_document`].
pub fn json_from_document(document: &Document) -> Json {
    let values = METADATA_FIELDS.into_iter().zip(metadata_values(&document.metadata));
    let fields: Map<String, Json> = values.filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect();
    let mut json = json!({
        "id": document.id.as_str(),
        "title": document.title,
        "direction": direction_name(document.direction),
        "metadata": fields,
        "other": document.metadata.other,
        "original": document.original.as_ref().map(json_from_original),
    });
    if !document.directions.is_empty() {
        json["directions"] = cell_from_directions(&document.directions).into();
    }
    json
}

/// Puts what [`json_from_document`] wrote into a document that was read; what is missing or odd is passed over.
pub fn put_document(document: &mut ImportedDocument, json: &Json) {
    if let Some(id) = json.get("id").and_then(Json::as_str) {
        id.clone_into(&mut document.id);
    }
    if let Some(title) = json.get("title").and_then(Json::as_str) {
        title.clone_into(&mut document.title);
    }
    document.direction = direction_from(json.get("direction").and_then(Json::as_str).unwrap_or_default());
    let directions = json.get("directions").and_then(Json::as_str).and_then(directions_from_cell);
    document.directions = directions.unwrap_or_default();
    let fields = |key: &str| json.get(key).and_then(Json::as_object).into_iter().flatten();
    for (name, value) in fields("metadata").filter_map(|(name, value)| Some((name, value.as_str()?))) {
        put_field(&mut document.metadata, name, value.to_owned());
    }
    for (name, value) in fields("other").filter_map(|(name, value)| Some((name, value.as_str()?))) {
        document.metadata.other.insert(name.clone(), value.to_owned());
    }
    document.original = json.get("original").and_then(original_from_json);
}

fn json_from_original(original: &Original) -> Json {
    json!({"file": original.file, "encoding": original.encoding, "sha256": original.sha256})
}

/// The original file that JSON describes.
pub fn original_from_json(json: &Json) -> Option<Original> {
    let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
    Some(Original { file: text("file")?, encoding: text("encoding")?, sha256: text("sha256")? })
}

/// A scheme as JSON, for people and programs that have only the export: it is not read back.
pub fn json_from_scheme(scheme: &Scheme) -> Json {
    let attribute = |of: &AttributeDef| {
        let (kind, options): (_, Vec<&str>) = match &of.kind {
            AttributeKind::Choice(options) => ("choice", options.iter().map(Name::as_str).collect()),
            AttributeKind::Several(options) => ("several", options.iter().map(Name::as_str).collect()),
            AttributeKind::YesNo => ("yes-no", Vec::new()),
            AttributeKind::Text => ("text", Vec::new()),
            AttributeKind::Number => ("number", Vec::new()),
            AttributeKind::Date => ("date", Vec::new()),
            AttributeKind::Entity(kinds) => ("entity", kinds.iter().map(|kind| kind_name(*kind)).collect()),
        };
        let (name, title) = (of.name.as_str(), &of.title);
        json!({"name": name, "title": title, "kind": kind, "options": options, "description": of.description})
    };
    let label = |of: &LabelDef| {
        json!({
            "name": of.name.as_str(),
            "title": of.title,
            "key": of.key,
            "colour": of.colour.to_string(),
            "description": of.description,
            "attributes": of.attributes.iter().map(attribute).collect::<Vec<_>>(),
        })
    };
    let names = |names: &[Name]| names.iter().map(Name::as_str).collect::<Json>();
    let link = |of: &LinkDef| {
        json!({
            "name": of.name.as_str(),
            "title": of.title,
            "inverse": of.inverse,
            "from": names(&of.from),
            "to": names(&of.to),
            "symmetric": of.symmetric,
            "description": of.description,
        })
    };
    json!({
        "name": scheme.name,
        "labels": scheme.labels.iter().map(label).collect::<Vec<_>>(),
        "links": scheme.links.iter().map(link).collect::<Vec<_>>(),
    })
}

/// A text inside a line or a cell of a table of Markdown: nothing in it means anything there.
pub fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || c == '\u{2028}' || c == '\u{2029}' {
            escaped.push(' ');
            continue;
        }
        if c.is_ascii_punctuation() && !",.:;-'()/".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<bool>().prop_map(Value::YesNo),
            any::<i32>().prop_map(|n| Value::Number(n.into())),
            (-1e9..1e9).prop_map(Value::Number),
            any::<String>().prop_map(Value::Text),
            "(true|-?[0-9]{1,3}(\\.[0-9])?|\\[?\"?[a-zé\"]{0,3}\"?\\]?|)".prop_map(Value::Text),
            proptest::collection::vec(any::<String>(), 0..3).prop_map(Value::List),
        ]
    }

    proptest! {
        #[test]
        fn a_cell_reads_back_as_the_value_it_was_written_from(value in any_value()) {
            let cell = cell_from_value(&value);
            prop_assert!(!cell.is_empty(), "an empty cell is no value");
            prop_assert_eq!(value_from_cell(&cell), value, "{}", cell);
        }
    }

    proptest! {
        #[test]
        fn metadata_of_any_kind_reads_back(text in "(true|null|-?[0-9]{1,3}(\\.[0-9])?|[\\[{]?\"?[a-zé\":1]{0,4}\"?[\\]}]?|)") {
            for json in [Json::from(text.as_str()), serde_json::from_str(&text).unwrap_or_default()] {
                prop_assert_eq!(json_from_cell(&cell_from_json(&json)), json, "{}", text);
            }
        }
    }

    #[test]
    fn cells_look_as_a_person_would_write_them() {
        for (value, cell) in [
            (Value::from("Émile"), "Émile"),
            (Value::Number(2.5), "2.5"),
            (Value::Number(25.0), "25"),
            (Value::from("25"), "\"25\""),
            (Value::from("007"), "007"),
            (Value::YesNo(true), "true"),
            (Value::from(""), "\"\""),
            (Value::List(vec!["a".into(), "é".into()]), "[\"a\",\"é\"]"),
        ] {
            assert_eq!(cell_from_value(&value), cell);
        }
    }

    #[test]
    fn origins_read_back() {
        for origin in [
            Origin::ByHand,
            Origin::Suggestion { source: "règles".into(), score: 0.25 },
            Origin::Import { format: "brat".into(), file: "é.ann".into() },
            Origin::Adjudication { from: vec!["ana".into(), "hand".into()] },
        ] {
            assert_eq!(origin_from_json(&json_from_origin(&origin)), Some(origin.clone()));
            let cell = cell_from_origin(&origin);
            let back = provenance_from_cells(&cell, "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z");
            assert_eq!(back.map(|p| p.origin), Some(origin.into()));
        }
    }
}
