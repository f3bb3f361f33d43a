//! Java's values as GATE writes them: text with the name of a class, and XStream's XML for lists and maps.

use crate::formats::encode::{self, number_from};
use crate::formats::markup::{pictured, push_escaped};
use crate::formats::xml;
use crate::model::Value;
use roxmltree::Node;
use serde_json::{Map, Value as Json};

/// GATE's class for all that is no text, number or truth value.
const WRAPPER: &str = "gate.corpora.ObjectWrapper";
/// Deeper than anybody nests maps.
const DEPTH_LIMIT: usize = 50;

/// A value as it was read.
#[derive(Clone, PartialEq, Debug)]
pub enum Read {
    /// A value as ours are.
    Value(Value),
    /// A map, or a list of more than texts and numbers, as JSON.
    Nested(Json),
}

/// What the text of a `Value` says, by the names of its class and of the class of its items.
pub fn value_from(class: &str, items: &str, text: &str) -> Read {
    let plain = || Value::Text(text.to_owned());
    let short = class.strip_prefix("java.lang.").or_else(|| class.strip_prefix("java.math.")).unwrap_or(class);
    Read::Value(match short {
        "Boolean" => text.trim().parse().map_or_else(|_| plain(), Value::YesNo),
        "Integer" | "Long" | "Short" | "Byte" | "Double" | "Float" | "BigDecimal" | "BigInteger" => {
            number_from(text).unwrap_or_else(plain)
        }
        WRAPPER => return wrapped(text).unwrap_or_else(|| Read::Value(plain())),
        // Before version 3 lists were written so.
        _ if class.starts_with("java.util.") && !items.is_empty() => {
            Value::List(text.split(';').filter(|item| !item.is_empty()).map(str::to_owned).collect())
        }
        _ => plain(),
    })
}

/// What XStream's XML says; `None` where it is something else.
fn wrapped(text: &str) -> Option<Read> {
    let document = xml::parsed("", text).ok()?;
    let value = document.root_element().children().find(|node| node.has_tag_name("value"))?;
    let json = json_from(&value, value.attribute("class")?, 0)?;
    let items = json.as_array().map(|items| {
        let scalar = |item: &Json| match item {
            Json::String(text) => Some(text.clone()),
            Json::Number(_) | Json::Bool(_) => Some(item.to_string()),
            _ => None,
        };
        items.iter().map(scalar).collect::<Option<Vec<_>>>()
    });
    Some(match (items, encode::value_from_json(&json)) {
        (Some(Some(items)), _) => Read::Value(Value::List(items)),
        (_, Some(value)) => Read::Value(value),
        _ => Read::Nested(json),
    })
}

fn json_from(node: &Node, class: &str, depth: usize) -> Option<Json> {
    if depth > DEPTH_LIMIT || node.has_attribute("reference") {
        // A reference by a path to what was said elsewhere; who wrote it can follow it.
        return node.attribute("reference").map(Json::from);
    }
    let text = || node.children().filter_map(|child| child.text()).collect::<String>();
    let elements = || node.children().filter(Node::is_element);
    let inner = |child: &Node| json_from(child, child.tag_name().name(), depth + 1);
    Some(match class {
        "int" | "long" | "short" | "byte" | "float" | "double" | "big-decimal" | "big-int" => {
            number_from(&text()).map_or_else(|| text().into(), |number| encode::json(&number))
        }
        "boolean" => Json::Bool(text().trim() == "true"),
        "null" => Json::Null,
        _ if class.ends_with("map") || class == "properties" => {
            let mut map = Map::new();
            for entry in elements() {
                let mut pair = entry.children().filter(Node::is_element);
                let (key, value) = (pair.next()?, pair.next()?);
                let key = match inner(&key)? {
                    Json::String(key) => key,
                    other => other.to_string(),
                };
                map.insert(key, inner(&value)?);
            }
            Json::Object(map)
        }
        _ if elements().next().is_some()
            || class.ends_with("-array")
            || class.ends_with("list")
            || class.ends_with("set") =>
        {
            Json::Array(elements().map(|child| inner(&child)).collect::<Option<_>>()?)
        }
        _ => text().into(),
    })
}

/// The class and the text with which a value is written. Numbers are written in classes that every reader has.
pub fn class_and_text(value: &Value) -> (&'static str, String) {
    match value {
        Value::Text(text) => ("java.lang.String", pictured(text).into_owned()),
        Value::YesNo(yes) => ("java.lang.Boolean", yes.to_string()),
        Value::Number(number) => {
            let text = encode::json(value).to_string();
            let class = if i32::try_from(*number as i64)
                .is_ok_and(|whole| f64::from(whole) == *number && !text.contains(['.', 'e']))
            {
                "java.lang.Integer"
            } else if text.contains(['.', 'e']) {
                "java.math.BigDecimal"
            } else {
                "java.lang.Long"
            };
            (class, text)
        }
        Value::List(items) => {
            let mut out = String::from("<gate.corpora.ObjectWrapper><value class=\"list\">");
            for item in items {
                out.push_str("<string>");
                push_escaped(&mut out, &pictured(item));
                out.push_str("</string>");
            }
            out.push_str("</value></gate.corpora.ObjectWrapper>");
            (WRAPPER, out)
        }
    }
}
