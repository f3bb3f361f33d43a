//! What columns hold, said once, and spelled as Parquet, as the library `datasets` and as its cards spell it.
//!
//! Of the spellings of lists those are written that `datasets` reads in every version since 2: newer names for them are
//! not known to the older ones.

use super::yaml;
use serde_json::{Map, Value as Json, json};
use std::fmt::Write;

/// What a column holds.
#[derive(Clone, PartialEq, Debug)]
pub enum Feature {
    /// A text.
    Text,
    /// A whole number of 64 bits.
    Number,
    /// One of these names, by its number.
    Label(Vec<String>),
    /// Any number of them.
    List(Box<Feature>),
    /// All of them.
    Struct(Vec<Field>),
}

/// A column or a part of one.
pub type Field = (&'static str, Feature);

/// A list.
pub fn list(of: Feature) -> Feature {
    Feature::List(Box::new(of))
}

/// The columns as Parquet's schema. Nothing is optional: what is not there is an empty list or text.
pub fn schema(fields: &[Field]) -> String {
    let mut out = String::from("message schema {\n");
    for (name, feature) in fields {
        in_schema(name, feature, &mut out);
    }
    out + "}"
}

fn in_schema(name: &str, feature: &Feature, out: &mut String) {
    match feature {
        Feature::Text => *out += &format!("required binary {name} (STRING);\n"),
        Feature::Number | Feature::Label(_) => *out += &format!("required int64 {name};\n"),
        Feature::List(of) => {
            *out += &format!("required group {name} (LIST) {{\nrepeated group list {{\n");
            in_schema("element", of, out);
            *out += "}\n}\n";
        }
        Feature::Struct(fields) => {
            *out += &format!("required group {name} {{\n");
            for (name, feature) in fields {
                in_schema(name, feature, out);
            }
            *out += "}\n";
        }
    }
}

/// The columns as `datasets` writes them into a file, under the key `huggingface`.
pub fn json(fields: &[Field]) -> Json {
    let features: Map<String, Json> =
        fields.iter().map(|(name, feature)| ((*name).to_owned(), in_json(feature))).collect();
    json!({"info": {"features": features}})
}

fn in_json(feature: &Feature) -> Json {
    match feature {
        Feature::Text => json!({"dtype": "string", "_type": "Value"}),
        Feature::Number => json!({"dtype": "int64", "_type": "Value"}),
        Feature::Label(names) => json!({"names": names, "_type": "ClassLabel"}),
        Feature::List(of) if matches!(**of, Feature::Struct(_)) => json!([in_json(of)]),
        Feature::List(of) => json!({"feature": in_json(of), "_type": "Sequence"}),
        Feature::Struct(fields) => fields.iter().map(|(name, of)| ((*name).to_owned(), in_json(of))).collect(),
    }
}

/// The columns as a card lists them, each line behind `indent` spaces.
pub fn card(fields: &[Field], indent: usize) -> String {
    let mut out = String::new();
    for (name, feature) in fields {
        let _ = writeln!(out, "{:indent$}- name: {name}", "");
        in_card(feature, indent + 2, &mut out);
    }
    out
}

fn in_card(feature: &Feature, indent: usize, out: &mut String) {
    let dtype = |feature: &Feature| match feature {
        Feature::Text => Some("string"),
        Feature::Number => Some("int64"),
        _ => None,
    };
    match feature {
        Feature::Text | Feature::Number => {
            let _ = writeln!(out, "{:indent$}dtype: {}", "", dtype(feature).unwrap_or_default());
        }
        Feature::Label(names) => {
            let _ = writeln!(out, "{:indent$}class_label:\n{:indent$}  names:", "", "");
            for (n, name) in names.iter().enumerate() {
                let _ = writeln!(out, "{:indent$}    '{n}': {}", "", yaml(name));
            }
        }
        Feature::List(of) => match &**of {
            Feature::Struct(fields) => {
                let _ = writeln!(out, "{:indent$}list:", "");
                *out += &card(fields, indent);
            }
            of => match dtype(of) {
                Some(dtype) => {
                    let _ = writeln!(out, "{:indent$}sequence: {dtype}", "");
                }
                None => {
                    let _ = writeln!(out, "{:indent$}sequence:", "");
                    in_card(of, indent + 2, out);
                }
            },
        },
        Feature::Struct(fields) => {
            let _ = writeln!(out, "{:indent$}struct:", "");
            *out += &card(fields, indent);
        }
    }
}
