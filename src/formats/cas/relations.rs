//! What a feature points to: values, annotations, or annotations with a role between.
//!
//! DKPro and INCEpTION have relations (annotations with two ends), slots (structures with a role and a target) and
//! chains. With a type system it says what is a reference; without one, ids count as such only where these three have
//! them.

use super::model::{Cas, Feature, Structure};
use super::names::{FROM, TO};
use super::types::{Holds, Types};
use crate::model::{Name, Value};
use std::collections::HashSet;

/// The names that the two ends of a relation have.
const ENDS: [(&str, &str); 3] = [(FROM, TO), ("governor", "dependent"), ("source", "target")];
/// The feature of a chain's element that holds the next one.
const NEXT: &str = "next";
/// The most elements of lists that are followed in one file: shared lists can make a small file large.
const FOLLOWED_LIMIT: usize = 20_000_000;

/// Whether a feature is an end of a relation.
pub fn is_end(name: &str) -> bool {
    ENDS.iter().any(|(from, to)| name == *from || name == *to)
}

/// The two ends of a relation, where they are known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ends(Option<u64>, Option<u64>);

impl Ends {
    /// From where, and to where.
    pub fn pair(self) -> (Option<u64>, Option<u64>) {
        (self.0, self.1)
    }

    /// Those that are known.
    pub fn ids(self) -> impl Iterator<Item = u64> {
        self.0.into_iter().chain(self.1)
    }
}

/// The ends of a relation; `None` where a structure is none.
pub fn ends_of(structure: &Structure, types: &Types, cas: &Cas) -> Option<Ends> {
    ENDS.iter().find_map(|(from, to)| {
        let end = |name: &str| structure.ids(name).first().copied().filter(|id| *id != 0);
        let ends = Ends(end(from), end(to));
        let holds = |name| types.holds(&structure.kind, name);
        if holds(from).is_some() || holds(to).is_some() {
            let both = holds(from) == Some(Holds::Structures) && holds(to) == Some(Holds::Structures);
            return both.then_some(ends);
        }
        let points = |id: Option<u64>| id.and_then(|id| cas.get(id)).is_some_and(|target| target.range.is_some());
        (points(ends.0) && points(ends.1)).then_some(ends)
    })
}

/// What a feature says.
pub enum Target {
    /// A value.
    Value(Value),
    /// Annotations, with their roles; and how many of its structures are none.
    Links { to: Vec<(Option<String>, u64)>, lost: usize },
}

/// Follows ids through lists and slots.
pub struct Targets<'a> {
    cas: &'a Cas,
    followed: usize,
    used: HashSet<u64>,
}

impl<'a> Targets<'a> {
    /// For the structures of `cas`.
    pub fn new(cas: &'a Cas) -> Self {
        Self { cas, followed: 0, used: HashSet::new() }
    }

    /// Whether a slot led somewhere.
    pub fn was_used(&self, id: u64) -> bool {
        self.used.contains(&id)
    }

    /// What a feature holds.
    pub fn of(&mut self, name: &Name, feature: &Feature, types: &Types) -> Target {
        let ids = match feature {
            Feature::Value(value) => return Target::Value(value.clone()),
            Feature::Unknown(text) => {
                let ids = feature.ids().unwrap_or_default();
                let get = |id: &u64| self.cas.get(*id);
                let slots = !ids.is_empty() && ids.iter().all(|id| get(id).is_some_and(is_slot));
                let chain = name == NEXT && ids.iter().all(|id| get(id).is_some_and(|s| s.range.is_some()));
                if !slots && !chain {
                    return Target::Value(Value::Text(text.clone()));
                }
                ids
            }
            Feature::One(id) => vec![*id],
            Feature::Many(ids) => ids.clone(),
        };
        if let [one] = ids.as_slice()
            && let Some(values) = self.values(*one)
        {
            return Target::Value(Value::List(values));
        }
        let (mut to, mut lost) = (Vec::new(), 0);
        for id in self.all(&ids) {
            match self.cas.get(id) {
                Some(slot) if is_slot(slot) && !has_place(slot, types) => {
                    self.used.insert(id);
                    let role = slot.text("role").filter(|role| !role.trim().is_empty()).map(str::to_owned);
                    to.extend(slot.ids("target").into_iter().map(|target| (role.clone(), target)));
                }
                Some(other) if !has_place(other, types) => lost += 1,
                // One that is not there is for the check of links to say.
                _ => to.push((None, id)),
            }
        }
        Target::Links { to, lost }
    }

    /// The values of a list of values, if `id` is one.
    fn values(&mut self, id: u64) -> Option<Vec<String>> {
        let list = self.cas.get(id)?;
        let kind = list.kind.strip_prefix("uima.cas.")?;
        if kind.contains("FS") || kind == "TOP[]" {
            return None;
        }
        if let Some(Feature::Value(Value::List(values))) = list.feature("elements") {
            return Some(values.clone());
        }
        let mut values = Vec::new();
        for node in self.chain(list) {
            values.extend(node.feature("head").and_then(|head| match head {
                Feature::Value(value) => Some(value.to_string()),
                Feature::Unknown(text) => Some(text.clone()),
                _ => None,
            }));
        }
        Some(values)
    }

    /// The nodes of a linked list, from its first.
    fn chain(&mut self, first: &'a Structure) -> Vec<&'a Structure> {
        let mut seen = HashSet::new();
        let mut nodes = Vec::new();
        let mut at = Some(first);
        while let Some(node) = at.filter(|node| seen.insert(node.id) && self.followed < FOLLOWED_LIMIT) {
            self.followed += 1;
            nodes.push(node);
            at = node.ids("tail").first().and_then(|id| self.cas.get(*id));
        }
        nodes
    }

    /// The ids behind lists; null is none.
    pub fn all(&mut self, ids: &[u64]) -> Vec<u64> {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids.iter().copied().filter(|id| *id != 0) {
            let Some(list) = self.cas.get(id).filter(|s| s.kind.starts_with("uima.cas.") || s.kind.ends_with("[]"))
            else {
                found.push(id);
                continue;
            };
            if list.feature("elements").is_some() {
                let elements = list.ids("elements");
                self.followed = self.followed.saturating_add(elements.len());
                if self.followed < FOLLOWED_LIMIT {
                    found.extend(elements.into_iter().filter(|id| *id != 0));
                }
            } else {
                let heads = self.chain(list).into_iter().filter_map(|node| node.ids("head").first().copied());
                found.extend(heads.filter(|id| *id != 0));
            }
        }
        found
    }
}

/// Whether a structure joins a host with a target: it has no place of its own.
fn is_slot(structure: &Structure) -> bool {
    structure.range.is_none() && !structure.ids("target").is_empty()
}

fn has_place(structure: &Structure, types: &Types) -> bool {
    structure.range.is_some() || types.is_below(&structure.kind, super::types::ANNOTATION)
}
