//! Values of attributes as results of a region, and back.

use crate::formats::encode;
use crate::model::Value;
use crate::model::scheme::AttributeKind;
use serde_json::{Map, Value as Json, json};

/// How a control of Label Studio asks for a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ask {
    /// One of several choices.
    One,
    /// Any number of choices.
    Any,
    /// The choices yes and no.
    YesNo,
    /// A number.
    Number,
    /// A text.
    Text,
    /// Several texts.
    Texts,
}

impl Ask {
    const ALL: [Self; 6] = [Self::One, Self::Any, Self::YesNo, Self::Number, Self::Text, Self::Texts];

    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Any => "any",
            Self::YesNo => "yes-no",
            Self::Number => "number",
            Self::Text => "text",
            Self::Texts => "texts",
        }
    }

    /// The inverse of [`Self::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ask| ask.name() == name)
    }

    /// The type of the results.
    pub fn kind(self) -> &'static str {
        match self {
            Self::One | Self::Any | Self::YesNo => "choices",
            Self::Number => "number",
            Self::Text | Self::Texts => "textarea",
        }
    }

    /// Under which key of a result's value the answer stands.
    pub fn key(self) -> &'static str {
        if self.kind() == "textarea" { "text" } else { self.kind() }
    }

    /// How to ask for a value, given what the scheme says of its attribute.
    pub fn of(value: &Value, kind: Option<&AttributeKind>) -> Self {
        match (value, kind) {
            (Value::YesNo(_), _) => Self::YesNo,
            (Value::Number(_), _) => Self::Number,
            (Value::Text(_), Some(AttributeKind::Choice(_))) => Self::One,
            (Value::Text(_), _) => Self::Text,
            (Value::List(_), Some(AttributeKind::Several(_))) => Self::Any,
            (Value::List(_), _) => Self::Texts,
        }
    }

    /// How the scheme's attribute is asked for.
    pub fn by(kind: &AttributeKind) -> Self {
        match kind {
            AttributeKind::Choice(_) => Self::One,
            AttributeKind::Several(_) => Self::Any,
            AttributeKind::YesNo => Self::YesNo,
            AttributeKind::Number => Self::Number,
            AttributeKind::Text | AttributeKind::Date | AttributeKind::Entity(_) => Self::Text,
        }
    }
}

/// The answer that says a value.
pub fn answer_from(value: &Value) -> Json {
    match value {
        Value::YesNo(yes) => json!([if *yes { "yes" } else { "no" }]),
        Value::Number(_) => encode::json(value),
        Value::Text(text) => json!([text]),
        Value::List(texts) => json!(texts),
    }
}

/// The value that a result's answer says, asked like this; where it fits that not, as it stands. `None` for no answer.
pub fn value_from(kind: &str, value: &Map<String, Json>, ask: Option<Ask>) -> Option<Value> {
    let key = if kind == "textarea" { "text" } else { kind };
    let answer = value.get(key)?;
    let texts = texts(answer);
    match (texts, ask) {
        (Some(texts), Some(Ask::Any | Ask::Texts)) => Some(Value::List(texts)),
        (Some(mut texts), ask) if texts.len() == 1 => {
            let text = texts.pop()?;
            match (text.as_str(), ask) {
                ("yes", Some(Ask::YesNo)) => Some(Value::YesNo(true)),
                ("no", Some(Ask::YesNo)) => Some(Value::YesNo(false)),
                _ => Some(Value::Text(text)),
            }
        }
        (Some(texts), _) if texts.is_empty() => None,
        (Some(texts), _) => Some(Value::List(texts)),
        (None, _) => match answer {
            Json::Null => None,
            plain => encode::value_from_json(plain).or_else(|| Some(Value::Text(plain.to_string()))),
        },
    }
}

/// The texts of a list; a path of a taxonomy (a list of texts) becomes one.
fn texts(answer: &Json) -> Option<Vec<String>> {
    let one = |item: &Json| match item {
        Json::String(text) => Some(text.clone()),
        Json::Array(path) => {
            let steps: Option<Vec<&str>> = path.iter().map(Json::as_str).collect();
            steps.map(|steps| steps.join(" > "))
        }
        _ => None,
    };
    answer.as_array()?.iter().map(one).collect()
}
