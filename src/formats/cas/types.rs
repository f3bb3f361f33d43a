//! Type systems: which types stand below which, and what their features hold.
//!
//! Read from type system descriptions in XML (UIMA references, “Component Descriptor Reference”, type systems) and from
//! `%TYPES` of CAS JSON; made for writing in `names`.

use crate::formats::problem::{Cause, Place, Problem};
use crate::formats::read::InputFile;
use crate::formats::records::Lines;
use crate::formats::xml;
use roxmltree::Node;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, HashMap};

/// The type of everything that has a place in a text.
pub const ANNOTATION: &str = "uima.tcas.Annotation";
/// The type of what is said about a text as a whole.
pub const DOCUMENT_ANNOTATION: &str = "uima.tcas.DocumentAnnotation";
/// The type of a list of texts.
pub const STRING_ARRAY: &str = "uima.cas.StringArray";
/// The type of a list of structures.
pub const FS_ARRAY: &str = "uima.cas.FSArray";
/// The namespace of type system descriptions.
pub const SPECIFIER: &str = "http://uima.apache.org/resourceSpecifier";

/// Longer chains of supertypes are circles.
const DEPTH_LIMIT: usize = 100;

/// What a feature can hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holds {
    /// `true` or `false`.
    YesNo,
    /// A number.
    Number,
    /// A text.
    Text,
    /// Several numbers, texts or truth values.
    Values,
    /// Other structures.
    Structures,
}

/// A description of a type.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Type {
    /// Name of the type above.
    pub above: String,
    /// What it is, in words.
    pub about: String,
    /// By name.
    pub features: BTreeMap<String, Range>,
}

/// A description of a feature.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Range {
    /// Name of the type of what it holds.
    pub of: String,
    /// What it is, in words.
    pub about: String,
    /// Whether what it holds stands elsewhere even if it is an array of values.
    pub apart: bool,
}

/// Types by name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Types(HashMap<String, Type>);

impl Types {
    /// The description of a type.
    pub fn get(&self, name: &str) -> Option<&Type> {
        self.0.get(name)
    }

    /// Adds a type. Where it is known already, it gets the features that it lacks; says whether both agree.
    pub fn add(&mut self, name: String, described: Type) -> bool {
        let Some(known) = self.0.get_mut(&name) else {
            self.0.insert(name, described);
            return true;
        };
        let mut agree = known.above == described.above;
        for (name, range) in described.features {
            let kept = known.features.entry(name).or_insert_with(|| range.clone());
            agree &= kept.of == range.of;
        }
        agree
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: &Self) {
        for (name, described) in &other.0 {
            self.add(name.clone(), described.clone());
        }
    }

    /// Whether a type is described, or one of those that UIMA knows of itself.
    pub fn knows(&self, name: &str) -> bool {
        name.starts_with("uima.") || self.0.contains_key(name)
    }

    /// Whether a type is `above` or stands below it.
    pub fn is_below(&self, name: &str, above: &str) -> bool {
        let mut at = name;
        for _ in 0..DEPTH_LIMIT {
            if at == above {
                return true;
            }
            at = match (self.0.get(at), at) {
                (_, DOCUMENT_ANNOTATION) => ANNOTATION,
                (Some(described), _) => &described.above,
                (None, _) => return false,
            };
        }
        false
    }

    /// The description of a feature, which can stand with a type above.
    pub fn range(&self, name: &str, feature: &str) -> Option<&Range> {
        let mut at = name;
        for _ in 0..DEPTH_LIMIT {
            let described = self.0.get(at)?;
            if let Some(range) = described.features.get(feature) {
                return Some(range);
            }
            at = &described.above;
        }
        None
    }

    /// What a feature of a type can hold; `None` where nothing says it.
    pub fn holds(&self, name: &str, feature: &str) -> Option<Holds> {
        if let Some(list) = name.strip_prefix("uima.cas.") {
            let of_structures = list.contains("FS");
            match feature {
                "elements" | "head" if of_structures => return Some(Holds::Structures),
                "tail" => return Some(Holds::Structures),
                "elements" => return Some(Holds::Values),
                "head" => return Some(Holds::Text),
                _ => {}
            }
        }
        if feature == "language" && name == DOCUMENT_ANNOTATION {
            return Some(Holds::Text);
        }
        let range = self.range(name, feature)?;
        let Some(of) = range.of.strip_prefix("uima.cas.") else {
            let text = self.is_below(&range.of, "uima.cas.String");
            return Some(if text { Holds::Text } else { Holds::Structures });
        };
        let is_value = |of: &str| matches!(of, "Boolean" | "String") || is_number(of);
        let several = ["Array", "List", "[]"].iter().find_map(|ending| of.strip_suffix(ending));
        Some(match of {
            "Boolean" => Holds::YesNo,
            "String" => Holds::Text,
            of if is_number(of) => Holds::Number,
            _ if several.is_some_and(is_value) && !range.apart => Holds::Values,
            _ => Holds::Structures,
        })
    }

    /// Adds the types of a description in XML; says what is wrong.
    pub fn read_xml(&mut self, file: &InputFile, problems: &mut Vec<Problem>) {
        let read = xml::decoded(file).and_then(|content| {
            let document = xml::parsed(&file.name, &content)?;
            let mut lines = Lines::new(&content);
            for node in document.descendants().filter(|node| is(node, "typeDescription")) {
                let line = lines.of(content.get(node.range()).unwrap_or_default());
                self.read_type(&Place::line(&file.name, line), &node, problems);
            }
            Ok(())
        });
        problems.extend(read.err());
    }

    fn read_type(&mut self, place: &Place, node: &Node, problems: &mut Vec<Problem>) {
        let (name, above) = (text_of(node, "name"), text_of(node, "supertypeName"));
        let (name, above) = (name.trim().to_owned(), above.trim().to_owned());
        if name.is_empty() {
            problems.push(Problem::syntax(place.clone(), "a `name` in the `typeDescription`", "none"));
            return;
        }
        let mut described = Type { above, about: text_of(node, "description"), features: BTreeMap::new() };
        let features = node.children().filter(|node| is(node, "features"));
        for feature in features.flat_map(|node| node.children()).filter(Node::is_element) {
            let range = Range {
                of: text_of(&feature, "rangeTypeName").trim().to_owned(),
                about: text_of(&feature, "description"),
                apart: text_of(&feature, "multipleReferencesAllowed").trim() == "true",
            };
            described.features.insert(text_of(&feature, "name").trim().to_owned(), range);
        }
        if !self.add(name.clone(), described) {
            let cause = Cause::NotKept(format!("type `{name}` is described twice, and differently"));
            problems.push(Problem::doubt(place.clone(), cause, "the first description is used"));
        }
    }

    /// Adds the types of `%TYPES`; what is no description is passed over.
    pub fn read_json(&mut self, types: &Map<String, Json>) {
        let text = |of: &Json, key: &str| of.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
        for (name, json) in types.iter().filter(|(name, _)| !name.starts_with('%')) {
            let mut described =
                Type { above: text(json, "%SUPER_TYPE"), about: text(json, "%DESCRIPTION"), features: BTreeMap::new() };
            let features = json.as_object().into_iter().flatten().filter(|(name, _)| !name.starts_with('%'));
            for (feature, json) in features {
                // Arrays are always structures of their own here.
                let range = Range { of: text(json, "%RANGE"), about: text(json, "%DESCRIPTION"), apart: true };
                described.features.insert(feature.clone(), range);
            }
            self.add(name.clone(), described);
        }
    }
}

/// Whether `uima.cas.…` is a number.
fn is_number(name: &str) -> bool {
    matches!(name, "Byte" | "Short" | "Integer" | "Long" | "Float" | "Double")
}

/// Whether a node is an element with this name, in whatever namespace: some programs leave it out.
fn is(node: &Node, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

/// The text of a child element; empty where there is none.
fn text_of(node: &Node, name: &str) -> String {
    let child = node.children().find(|child| is(child, name));
    let texts = child.into_iter().flat_map(|child| child.children()).filter_map(|child| child.text());
    texts.collect()
}
