//! A CAS as both formats hold it: texts, feature structures and the views that index them.

use crate::formats::problem::{Cause, Place, Problem};
use crate::model::{Name, Value};
use std::collections::HashMap;

/// A text with what is said about it. UIMA calls it a sofa, and its index a view.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sofa {
    /// Its id, in a space that some files share with structures.
    pub id: u64,
    /// As the view is named; `_InitialView` for the first.
    pub name: String,
    /// Its text, if it has one.
    pub text: Option<String>,
    /// What it has instead of a text, in words.
    pub instead: Option<&'static str>,
    /// Ids of the structures in its index.
    pub members: Vec<u64>,
    /// In which line it stands, from 1.
    pub line: usize,
}

/// The name of the first view.
pub const INITIAL_VIEW: &str = "_InitialView";

/// A feature structure.
#[derive(Clone, PartialEq, Debug)]
pub struct Structure {
    /// Its id.
    pub id: u64,
    /// Full name of its type.
    pub kind: Name,
    /// Where it begins and ends, in UTF-16 units, if it says so.
    pub range: Option<(u64, u64)>,
    /// Id of the sofa to which it belongs, if it says so.
    pub sofa: Option<u64>,
    /// In the order of the file.
    pub features: Vec<(Name, Feature)>,
    /// In which line it stands, from 1.
    pub line: usize,
}

/// What a feature says.
#[derive(Clone, PartialEq, Debug)]
pub enum Feature {
    /// A value.
    Value(Value),
    /// The id of a structure, which can be an array of others.
    One(u64),
    /// The ids of structures, in an array of its own.
    Many(Vec<u64>),
    /// In XMI without a type system nothing tells a text from an id.
    Unknown(String),
}

impl Structure {
    /// The feature with this name.
    pub fn feature(&self, name: &str) -> Option<&Feature> {
        self.features.iter().find(|(found, _)| found == name).map(|(_, feature)| feature)
    }

    /// The text of the feature with this name.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.feature(name)? {
            Feature::Value(Value::Text(text)) | Feature::Unknown(text) => Some(text),
            _ => None,
        }
    }

    /// The ids that the feature with this name holds; empty where it holds none, or something else.
    pub fn ids(&self, name: &str) -> Vec<u64> {
        self.feature(name).and_then(Feature::ids).unwrap_or_default()
    }
}

impl Feature {
    /// The ids that it holds, or may hold.
    pub fn ids(&self) -> Option<Vec<u64>> {
        match self {
            Self::One(id) => Some(vec![*id]),
            Self::Many(ids) => Some(ids.clone()),
            Self::Unknown(text) => ids_from(text).filter(|ids| !ids.is_empty()),
            Self::Value(_) => None,
        }
    }
}

/// Ids with spaces between them; `None` where something else stands there.
pub fn ids_from(text: &str) -> Option<Vec<u64>> {
    text.split_whitespace().map(|id| id.parse().ok()).collect()
}

/// All of one file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Cas {
    /// In the order of the file.
    pub sofas: Vec<Sofa>,
    /// In the order of the file.
    pub structures: Vec<Structure>,
    /// Numbers that no value can hold, kept as text: not a number, infinite, or whole and beyond 2^53.
    pub odd_numbers: usize,
    places: HashMap<u64, usize>,
}

impl Cas {
    /// Takes in a structure.
    ///
    /// # Errors
    /// Where its id is taken.
    pub fn add(&mut self, file: &str, structure: Structure) -> Result<(), Problem> {
        let place = self.structures.len();
        if self.places.contains_key(&structure.id) {
            let cause = Cause::DuplicateId { id: structure.id.to_string() };
            let help = "give one of them another id, or import the rest with `--keep-going`";
            return Err(Problem::error(Place::line(file, structure.line), cause, help));
        }
        self.places.insert(structure.id, place);
        self.structures.push(structure);
        Ok(())
    }

    /// The structure with this id.
    pub fn get(&self, id: u64) -> Option<&Structure> {
        self.places.get(&id).and_then(|place| self.structures.get(*place))
    }
}
