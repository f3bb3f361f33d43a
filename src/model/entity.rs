//! The people and organisations of a project, to which annotations refer.

use super::annotation::{NoId, number_after};
use std::fmt;
use std::str::FromStr;

/// Names an entity within its project: `e4`. Never given twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(pub u32);

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "e{}", self.0)
    }
}

impl fmt::Debug for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for EntityId {
    type Err = NoId;
    fn from_str(text: &str) -> Result<Self, NoId> {
        number_after('e', text).map(Self)
    }
}

/// What an entity is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EntityKind {
    /// A human being.
    Person,
    /// A body of people: a party, a company, a ministry, an alliance of states.
    Organisation,
}

/// A canonical person or organisation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entity {
    /// Names it within its project.
    pub id: EntityId,
    /// What it is.
    pub kind: EntityKind,
    /// Its full name.
    pub name: String,
    /// Other names and abbreviations.
    pub aliases: Vec<String>,
    /// Wikidata item, as in `Q7747`.
    pub wikidata: Option<String>,
    /// Free text; empty for none.
    pub note: String,
}
