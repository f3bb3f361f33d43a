//! The labels, link kinds and attributes that may be used in a project.
//!
//! Here: what a scheme is and what conforms to it. Elsewhere: changing one under existing work (`edit::scheme`).

use super::{Annotation, Entity, EntityId, EntityKind, Link, Name, PartialDate, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// A colour, eight bits each of red, green and blue (sRGB). Themes derive tints and inks from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Colour(pub [u8; 3]);

/// A text that is no colour.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("“{0}” is no colour; write `#` and six hexadecimal digits, as in `#0072B2`")]
pub struct NoColour(pub String);

impl FromStr for Colour {
    type Err = NoColour;
    fn from_str(text: &str) -> Result<Self, NoColour> {
        let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()));
        let number = digits.and_then(|d| u32::from_str_radix(d, 16).ok()).ok_or_else(|| NoColour(text.to_owned()))?;
        let [_, r, g, b] = number.to_be_bytes();
        Ok(Self([r, g, b]))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([r, g, b]) = self;
        write!(f, "#{r:02X}{g:02X}{b:02X}")
    }
}

impl fmt::Debug for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The line under a mark: tells labels apart where colours do not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Underline {
    /// ───
    #[default]
    Solid,
    /// ╌╌╌
    Dashed,
    /// ┈┈┈
    Dotted,
    /// ═══
    Double,
    /// ~~~
    Wavy,
    /// ▬▬▬
    Thick,
}

/// What values an attribute takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AttributeKind {
    /// One of the options.
    Choice(Vec<Name>),
    /// Any number of the options.
    Several(Vec<Name>),
    /// Yes or no.
    YesNo,
    /// Free text.
    Text,
    /// A finite number.
    Number,
    /// A year, month or day.
    Date,
    /// The id of an entity of one of these kinds.
    Entity(Vec<EntityKind>),
}

/// Something to say about annotations of a label.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttributeDef {
    /// As stored and exported.
    pub name: Name,
    /// As shown.
    pub title: String,
    /// What values it takes.
    pub kind: AttributeKind,
    /// When to use it; empty for none.
    pub description: String,
}

/// A label.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LabelDef {
    /// As stored and exported.
    pub name: Name,
    /// As shown.
    pub title: String,
    /// The key that gives it.
    pub key: Option<char>,
    /// From which the theme derives tint and ink.
    pub colour: Colour,
    /// The line under its marks.
    pub underline: Underline,
    /// When to use it; empty for none.
    pub description: String,
    /// Whether it is offered; a label that is off keeps its annotations.
    pub on: bool,
    /// In the order of the card.
    pub attributes: Vec<AttributeDef>,
}

/// A kind of link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkDef {
    /// As stored and exported.
    pub name: Name,
    /// As shown at the annotation where the link starts: “says”.
    pub title: String,
    /// As shown at the annotation to which it points: “said by”.
    pub inverse: String,
    /// Labels that may be at the start.
    pub from: Vec<Name>,
    /// Labels that may be at the end.
    pub to: Vec<Name>,
    /// Whether both directions mean the same.
    pub symmetric: bool,
    /// When to use it; empty for none.
    pub description: String,
}

/// The labels, link kinds and attributes that may be used.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scheme {
    /// As shown.
    pub name: String,
    /// In the order of the label bar.
    pub labels: Vec<LabelDef>,
    /// In the order of the card.
    pub links: Vec<LinkDef>,
}

/// Why a scheme is not usable.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SchemeError {
    /// Empty, too long, or with characters that no format can hold.
    #[error("“{0}” cannot be a name; use up to 100 characters without line breaks or spaces at the ends")]
    BadName(String),
    /// Two things of one kind have the same name.
    #[error("{what} “{name}” is defined twice")]
    Twice {
        /// “label”, “link kind”, …
        what: &'static str,
        /// The name.
        name: Name,
    },
    /// Two labels have the same key.
    #[error("labels “{0}” and “{1}” have the same key `{2}`")]
    SameKey(Name, Name, char),
    /// A key that cannot be pressed alone.
    #[error("the key `{1}` of label “{0}” must be a letter or digit")]
    BadKey(Name, char),
    /// A link names a label that is not there.
    #[error("link kind “{link}” names the label “{label}”, which the scheme does not have")]
    NoSuchLabel {
        /// The link kind.
        link: Name,
        /// The missing label.
        label: Name,
    },
    /// A choice without options.
    #[error("attribute “{attribute}” of label “{label}” has no options")]
    NoOptions {
        /// The label.
        label: Name,
        /// The attribute.
        attribute: Name,
    },
}

/// How an annotation or link departs from the scheme. It is kept all the same, and shown.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Departure {
    /// The label is not in the scheme.
    #[error("the scheme has no label “{0}”")]
    UnknownLabel(Name),
    /// The attribute is not among those of the label.
    #[error("label “{label}” has no attribute “{attribute}”")]
    UnknownAttribute {
        /// The label.
        label: Name,
        /// The attribute.
        attribute: Name,
    },
    /// The value is not of the attribute's kind.
    #[error("attribute “{attribute}” cannot be “{value}”: expected {expected}")]
    BadValue {
        /// The attribute.
        attribute: Name,
        /// The value as shown.
        value: String,
        /// What it may be, in words.
        expected: String,
    },
    /// The link kind is not in the scheme.
    #[error("the scheme has no link kind “{0}”")]
    UnknownLink(Name),
    /// The link kind does not join these labels.
    #[error("a link “{kind}” cannot go from “{from}” to “{to}”")]
    BadEnds {
        /// The link kind.
        kind: Name,
        /// Label at the start.
        from: Name,
        /// Label at the end.
        to: Name,
    },
}

impl LabelDef {
    /// The attribute with this name.
    pub fn attribute(&self, name: &str) -> Option<&AttributeDef> {
        self.attributes.iter().find(|a| a.name == name)
    }
}

impl LinkDef {
    /// Whether it may go from label `from` to label `to` (for a symmetric kind, also the other way).
    pub fn joins(&self, from: &str, to: &str) -> bool {
        let one_way = |from: &str, to: &str| self.from.iter().any(|l| l == from) && self.to.iter().any(|l| l == to);
        one_way(from, to) || (self.symmetric && one_way(to, from))
    }
}

impl AttributeKind {
    /// What a value may be, in words.
    pub fn expected(&self) -> String {
        let list = |options: &[Name]| options.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
        match self {
            Self::Choice(options) => format!("one of {}", list(options)),
            Self::Several(options) => format!("some of {}", list(options)),
            Self::YesNo => "yes or no (true or false)".to_owned(),
            Self::Text => "a text".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Date => "a date such as 2018, 2018-09 or 2018-09-29".to_owned(),
            Self::Entity(kinds) => match kinds[..] {
                [EntityKind::Person] => "the id of a person, such as e1".to_owned(),
                [EntityKind::Organisation] => "the id of an organisation, such as e1".to_owned(),
                _ => "the id of an entity, such as e1".to_owned(),
            },
        }
    }

    /// Whether `value` is one that this kind takes.
    pub fn takes(&self, value: &Value, entities: &BTreeMap<EntityId, Entity>) -> bool {
        match (self, value) {
            (Self::Choice(options), Value::Text(text)) => options.iter().any(|o| o == text.as_str()),
            (Self::Several(options), Value::List(items)) => {
                items.iter().all(|item| options.iter().any(|o| o == item.as_str()))
                    && items.iter().collect::<BTreeSet<_>>().len() == items.len()
            }
            (Self::YesNo, Value::YesNo(_)) | (Self::Text, Value::Text(_)) => true,
            (Self::Number, Value::Number(n)) => n.is_finite(),
            (Self::Date, Value::Text(text)) => text.parse::<PartialDate>().is_ok(),
            (Self::Entity(kinds), Value::Text(text)) => {
                let entity = text.parse().ok().and_then(|id: EntityId| entities.get(&id));
                entity.is_some_and(|e| kinds.is_empty() || kinds.contains(&e.kind))
            }
            _ => false,
        }
    }

    /// The value that a person meant by typing `text`; `None` if it cannot be one of this kind. Not checked against
    /// the entities.
    pub fn parse(&self, text: &str) -> Option<Value> {
        let text = text.trim();
        match self {
            Self::Choice(options) => options.iter().any(|o| o == text).then(|| text.into()),
            Self::Several(_) => {
                let items = text.split([';', ',']).map(str::trim).filter(|item| !item.is_empty());
                Some(Value::List(items.map(str::to_owned).collect()))
            }
            Self::YesNo => match text.to_ascii_lowercase().as_str() {
                "yes" | "true" | "1" => Some(Value::YesNo(true)),
                "no" | "false" | "0" => Some(Value::YesNo(false)),
                _ => None,
            },
            Self::Text => Some(text.into()),
            Self::Number => text
                .replace(['\u{a0}', '\u{202f}', ' '], "")
                .parse()
                .ok()
                .filter(|n: &f64| n.is_finite())
                .map(Value::Number),
            Self::Date => text.parse().ok().map(|date: PartialDate| Value::Text(date.to_string())),
            Self::Entity(_) => text.parse().ok().map(|id: EntityId| Value::Text(id.to_string())),
        }
    }
}

impl Scheme {
    /// The label with this name.
    pub fn label(&self, name: &str) -> Option<&LabelDef> {
        self.labels.iter().find(|l| l.name == name)
    }

    /// How a label is called: its title, or its name where this scheme does not know it.
    pub fn title_of<'a>(&'a self, name: &'a str) -> &'a str {
        self.label(name).map_or(name, |label| &label.title)
    }

    /// The label that is on and has this key.
    pub fn label_of_key(&self, key: char) -> Option<&LabelDef> {
        self.labels.iter().find(|l| l.on && l.key == Some(key))
    }

    /// The link kind with this name.
    pub fn link(&self, name: &str) -> Option<&LinkDef> {
        self.links.iter().find(|l| l.name == name)
    }

    /// The link kinds that may go from label `from` to label `to`.
    pub fn links_between<'a>(&'a self, from: &'a str, to: &'a str) -> impl Iterator<Item = &'a LinkDef> {
        self.links.iter().filter(move |l| l.joins(from, to))
    }

    /// Checks that names and keys are usable and unique, and that links name labels that exist.
    pub fn validate(&self) -> Result<(), SchemeError> {
        let mut keys: BTreeMap<char, &Name> = BTreeMap::new();
        unique("label", self.labels.iter().map(|l| &l.name))?;
        unique("link kind", self.links.iter().map(|l| &l.name))?;
        for label in &self.labels {
            if let Some(key) = label.key {
                if !key.is_alphanumeric() {
                    return Err(SchemeError::BadKey(label.name.clone(), key));
                }
                if let Some(other) = keys.insert(key, &label.name) {
                    return Err(SchemeError::SameKey(other.clone(), label.name.clone(), key));
                }
            }
            unique("attribute", label.attributes.iter().map(|a| &a.name))?;
            for attribute in &label.attributes {
                if let AttributeKind::Choice(options) | AttributeKind::Several(options) = &attribute.kind {
                    unique("option", options.iter())?;
                    if options.is_empty() {
                        let (label, attribute) = (label.name.clone(), attribute.name.clone());
                        return Err(SchemeError::NoOptions { label, attribute });
                    }
                }
            }
        }
        for link in &self.links {
            for end in link.from.iter().chain(&link.to) {
                if self.label(end).is_none() {
                    return Err(SchemeError::NoSuchLabel { link: link.name.clone(), label: end.clone() });
                }
            }
        }
        Ok(())
    }

    /// How `annotation` departs from this scheme; empty if it conforms.
    pub fn departures(&self, annotation: &Annotation, entities: &BTreeMap<EntityId, Entity>) -> Vec<Departure> {
        let Some(label) = self.label(&annotation.label) else {
            return vec![Departure::UnknownLabel(annotation.label.clone())];
        };
        let departure = |(name, value): (&Name, &Value)| match label.attribute(name) {
            None => Some(Departure::UnknownAttribute { label: label.name.clone(), attribute: name.clone() }),
            Some(def) if def.kind.takes(value, entities) => None,
            Some(def) => Some(Departure::BadValue {
                attribute: name.clone(),
                value: value.to_string(),
                expected: def.kind.expected(),
            }),
        };
        annotation.attributes.iter().filter_map(departure).collect()
    }

    /// How a link between annotations with labels `from` and `to` departs from this scheme.
    pub fn link_departure(&self, link: &Link, from: &Name, to: &Name) -> Option<Departure> {
        match self.link(&link.kind) {
            None => Some(Departure::UnknownLink(link.kind.clone())),
            Some(def) if def.joins(from, to) => None,
            Some(_) => Some(Departure::BadEnds { kind: link.kind.clone(), from: from.clone(), to: to.clone() }),
        }
    }
}

/// Whether `name` can name a label, link kind, attribute or option.
pub fn is_good_name(name: &str) -> bool {
    (1..=100).contains(&name.chars().count()) && name.trim() == name && !name.chars().any(char::is_control)
}

fn unique<'a>(what: &'static str, names: impl Iterator<Item = &'a Name>) -> Result<(), SchemeError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !is_good_name(name) {
            return Err(SchemeError::BadName(name.as_str().to_owned()));
        }
        if !seen.insert(name) {
            return Err(SchemeError::Twice { what, name: name.clone() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{annotation, scheme};

    #[test]
    fn values_are_typed_by_the_scheme_and_what_departs_is_named() {
        let scheme = scheme();
        scheme.validate().unwrap();
        let none = BTreeMap::new();
        let mut claim = annotation(1, "claim", 0..4);
        claim.attributes.insert("quotation".into(), "direct".into());
        assert_eq!(scheme.departures(&claim, &none), []);
        claim.attributes.insert("quotation".into(), "réported".into());
        claim.attributes.insert("mood".into(), "angry".into());
        let said: Vec<_> = scheme.departures(&claim, &none).iter().map(ToString::to_string).collect();
        assert_eq!(said[0], "label “claim” has no attribute “mood”");
        assert!(
            said[1].starts_with("attribute “quotation” cannot be “réported”: expected one of direct"),
            "{}",
            said[1]
        );
        let statistic = scheme.label("statistic").unwrap();
        let from = &statistic.attribute("from").unwrap().kind;
        assert!(from.takes(&"2018-09".into(), &none) && !from.takes(&"last year".into(), &none));
    }

    #[test]
    fn a_scheme_with_a_key_twice_or_a_link_to_nowhere_is_refused() {
        let mut bad = scheme();
        bad.labels[1].key = bad.labels[0].key;
        assert!(bad.validate().unwrap_err().to_string().contains("have the same key `1`"));
        let mut bad = scheme();
        bad.links[0].to = vec!["clame".into()];
        assert!(bad.validate().unwrap_err().to_string().contains("which the scheme does not have"));
    }
}
