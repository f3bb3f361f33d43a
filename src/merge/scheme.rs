//! Merging schemes: labels, attributes and kinds of links by their names.

use super::project::{ItemConflict, ProjectConflict};
use super::sequence::{MergedList, merge_lists};
use super::{Sides, pick};
use crate::model::scheme::Colour;
use crate::model::{
    AttributeDef, AttributeKind, Direction, EntityKind, LabelDef, LinkDef, Name, Original, Scheme, Underline,
};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// The fields of an item that both sides changed differently: name, and what theirs says in words.
#[derive(Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The value of a field; notes it where it is in conflict.
    pub fn pick<T: PartialEq + Clone + InWords>(&mut self, name: &str, base: Option<&T>, ours: &T, theirs: &T) -> T {
        let (value, both) = pick(base, ours, theirs);
        if both {
            self.0.push((name.to_owned(), theirs.in_words()));
        }
        value.clone()
    }

    /// A list of different names: what one side added or removed is taken.
    pub fn pick_list<T: Ord + Clone>(
        &mut self,
        name: &str,
        base: Option<&Vec<T>>,
        ours: &Vec<T>,
        theirs: &Vec<T>,
    ) -> Vec<T>
    where
        Vec<T>: InWords,
    {
        let unique = |list: &Vec<T>| list.iter().collect::<BTreeSet<_>>().len() == list.len();
        if [Some(ours), Some(theirs), base].into_iter().flatten().all(unique) {
            let none = Vec::new();
            let merged = merge_lists(base.unwrap_or(&none), ours, theirs, T::clone, |_, ours, _| ours.clone());
            if !merged.both_ordered && (!merged.items.is_empty() || ours.is_empty() || theirs.is_empty()) {
                return merged.items;
            }
        }
        self.pick(name, base, ours, theirs)
    }

    /// The conflict, if there is one.
    pub fn conflict<T: Clone>(self, key: String, base: Option<&T>, ours: &T, theirs: &T) -> Option<ItemConflict<T>> {
        let sides = Sides { base: base.cloned(), ours: Some(ours.clone()), theirs: Some(theirs.clone()) };
        (!self.0.is_empty()).then_some(ItemConflict { key, sides, fields: self.0 })
    }
}

/// A value as it is kept in a note for a person.
pub(super) trait InWords {
    fn in_words(&self) -> String;
}

impl InWords for String {
    fn in_words(&self) -> String {
        format!("“{self}”")
    }
}

impl InWords for bool {
    fn in_words(&self) -> String {
        if *self { "yes" } else { "no" }.to_owned()
    }
}

impl<T: InWords> InWords for Option<T> {
    fn in_words(&self) -> String {
        self.as_ref().map_or_else(|| "nothing".to_owned(), InWords::in_words)
    }
}

impl<T: InWords> InWords for Vec<T> {
    fn in_words(&self) -> String {
        let all: Vec<_> = self.iter().map(InWords::in_words).collect();
        if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
    }
}

impl InWords for Name {
    fn in_words(&self) -> String {
        format!("“{self}”")
    }
}

impl InWords for char {
    fn in_words(&self) -> String {
        format!("`{self}`")
    }
}

impl InWords for Colour {
    fn in_words(&self) -> String {
        self.to_string()
    }
}

impl InWords for Underline {
    fn in_words(&self) -> String {
        format!("{self:?}")
    }
}

impl InWords for Direction {
    fn in_words(&self) -> String {
        format!("{self:?}")
    }
}

impl InWords for EntityKind {
    fn in_words(&self) -> String {
        format!("{self:?}")
    }
}

impl InWords for NaiveDate {
    fn in_words(&self) -> String {
        self.to_string()
    }
}

impl InWords for AttributeKind {
    fn in_words(&self) -> String {
        self.expected()
    }
}

impl InWords for Original {
    fn in_words(&self) -> String {
        format!("“{}”, {}, SHA-256 {}", self.file, self.encoding, self.sha256)
    }
}

impl InWords for BTreeMap<usize, Direction> {
    fn in_words(&self) -> String {
        format!("{self:?}")
    }
}

/// Merges two schemes. Names are unique in each, as they are in a scheme that was read.
pub(super) fn merge_schemes(
    base: Option<&Scheme>,
    ours: &Scheme,
    theirs: &Scheme,
    conflicts: &mut Vec<ProjectConflict>,
) -> Scheme {
    let empty = Scheme::default();
    let of = base.unwrap_or(&empty);
    let (name, both) = pick(base.map(|b| &b.name), &ours.name, &theirs.name);
    if both {
        let base = base.map(|b| b.name.clone());
        let sides = Sides { base, ours: Some(ours.name.clone()), theirs: Some(theirs.name.clone()) };
        conflicts.push(ProjectConflict::SchemeName(sides));
    }
    let MergedList { items, survivors, both_ordered } =
        merge_lists(&of.labels, &ours.labels, &theirs.labels, |l| l.name.clone(), |b, o, t| label(b, o, t, conflicts));
    let mut labels = items;
    conflicts.extend(
        survivors
            .into_iter()
            .map(|sides| ProjectConflict::Label(ItemConflict::survivor(sides, |label| label.name.to_string()))),
    );
    conflicts.extend(both_ordered.then_some(ProjectConflict::Order("labels")));
    let MergedList { items: links, survivors, both_ordered } =
        merge_lists(&of.links, &ours.links, &theirs.links, |l| l.name.clone(), |b, o, t| link(b, o, t, conflicts));
    conflicts.extend(
        survivors
            .into_iter()
            .map(|sides| ProjectConflict::Link(ItemConflict::survivor(sides, |link| link.name.to_string()))),
    );
    conflicts.extend(both_ordered.then_some(ProjectConflict::Order("kinds of links")));
    labels_of_links(of, ours, theirs, &links, &mut labels, conflicts);
    keys_once(ours, &mut labels, conflicts);
    Scheme { name: name.clone(), labels, links }
}

/// A label that one side deleted and a kind of link of the other side names survives.
fn labels_of_links(
    base: &Scheme,
    ours: &Scheme,
    theirs: &Scheme,
    links: &[LinkDef],
    labels: &mut Vec<LabelDef>,
    conflicts: &mut Vec<ProjectConflict>,
) {
    for name in links.iter().flat_map(|link| link.from.iter().chain(&link.to)) {
        if labels.iter().any(|label| label.name == *name) {
            continue;
        }
        let (o, t) = (ours.label(name), theirs.label(name));
        if let Some(label) = o.or(t) {
            let mut label = label.clone();
            // The key may be another label's by now; which label it is counts for more.
            label.key = label.key.filter(|key| labels.iter().all(|other| other.key != Some(*key)));
            labels.push(label);
            let sides = Sides { base: base.label(name).cloned(), ours: o.cloned(), theirs: t.cloned() };
            conflicts.push(ProjectConflict::Label(ItemConflict::survivor(sides, |label| label.name.to_string())));
        }
    }
}

/// A key belongs to one label: ours keep theirs.
fn keys_once(ours: &Scheme, labels: &mut [LabelDef], conflicts: &mut Vec<ProjectConflict>) {
    let keeps = |label: &LabelDef| ours.label(&label.name).is_some_and(|l| l.key == label.key);
    let mut taken: BTreeSet<char> = labels.iter().filter(|label| keeps(label)).filter_map(|label| label.key).collect();
    for label in labels {
        if keeps(label) {
            continue;
        }
        let Some(key) = label.key.filter(|key| !taken.insert(*key)) else { continue };
        let theirs = Some(label.clone());
        label.key = ours.label(&label.name).and_then(|l| l.key).filter(|key| taken.insert(*key));
        conflicts.push(ProjectConflict::Label(ItemConflict {
            key: label.name.to_string(),
            sides: Sides { base: None, ours: ours.label(&label.name).cloned(), theirs },
            fields: vec![("key".to_owned(), key.in_words())],
        }));
    }
}

fn label(
    base: Option<&LabelDef>,
    ours: &LabelDef,
    theirs: &LabelDef,
    conflicts: &mut Vec<ProjectConflict>,
) -> LabelDef {
    let mut fields = Fields::default();
    let none = Vec::new();
    let MergedList { items: attributes, survivors, both_ordered } = merge_lists(
        base.map_or(&none, |b| &b.attributes),
        &ours.attributes,
        &theirs.attributes,
        |a| a.name.clone(),
        |b, o, t| attribute(&ours.name, b, o, t, conflicts),
    );
    conflicts.extend(survivors.into_iter().map(|sides| {
        let conflict = ItemConflict::survivor(sides, |a: &AttributeDef| a.name.to_string());
        ProjectConflict::Attribute(ours.name.clone(), conflict)
    }));
    conflicts.extend(both_ordered.then_some(ProjectConflict::Order("attributes")));
    let merged = LabelDef {
        name: ours.name.clone(),
        title: fields.pick("title", base.map(|b| &b.title), &ours.title, &theirs.title),
        key: fields.pick("key", base.map(|b| &b.key), &ours.key, &theirs.key),
        colour: fields.pick("colour", base.map(|b| &b.colour), &ours.colour, &theirs.colour),
        underline: fields.pick("underline", base.map(|b| &b.underline), &ours.underline, &theirs.underline),
        description: fields.pick("description", base.map(|b| &b.description), &ours.description, &theirs.description),
        on: fields.pick("on", base.map(|b| &b.on), &ours.on, &theirs.on),
        attributes,
    };
    conflicts.extend(fields.conflict(ours.name.to_string(), base, ours, theirs).map(ProjectConflict::Label));
    merged
}

fn attribute(
    label: &Name,
    base: Option<&AttributeDef>,
    ours: &AttributeDef,
    theirs: &AttributeDef,
    conflicts: &mut Vec<ProjectConflict>,
) -> AttributeDef {
    let mut fields = Fields::default();
    let merged = AttributeDef {
        name: ours.name.clone(),
        title: fields.pick("title", base.map(|b| &b.title), &ours.title, &theirs.title),
        kind: kind(&mut fields, base.map(|b| &b.kind), &ours.kind, &theirs.kind),
        description: fields.pick("description", base.map(|b| &b.description), &ours.description, &theirs.description),
    };
    let conflict = fields.conflict(ours.name.to_string(), base, ours, theirs);
    conflicts.extend(conflict.map(|conflict| ProjectConflict::Attribute(label.clone(), conflict)));
    merged
}

/// Options that one side added are options.
fn kind(
    fields: &mut Fields,
    base: Option<&AttributeKind>,
    ours: &AttributeKind,
    theirs: &AttributeKind,
) -> AttributeKind {
    use AttributeKind::{Choice, Several};
    match (base, ours, theirs) {
        (Some(Choice(b)), Choice(o), Choice(t)) => Choice(fields.pick_list("options", Some(b), o, t)),
        (Some(Several(b)), Several(o), Several(t)) => Several(fields.pick_list("options", Some(b), o, t)),
        (None, Choice(o), Choice(t)) => Choice(fields.pick_list("options", None, o, t)),
        (None, Several(o), Several(t)) => Several(fields.pick_list("options", None, o, t)),
        _ => fields.pick("kind", base, ours, theirs),
    }
}

fn link(base: Option<&LinkDef>, ours: &LinkDef, theirs: &LinkDef, conflicts: &mut Vec<ProjectConflict>) -> LinkDef {
    let mut fields = Fields::default();
    let merged = LinkDef {
        name: ours.name.clone(),
        title: fields.pick("title", base.map(|b| &b.title), &ours.title, &theirs.title),
        inverse: fields.pick("inverse", base.map(|b| &b.inverse), &ours.inverse, &theirs.inverse),
        from: fields.pick_list("from", base.map(|b| &b.from), &ours.from, &theirs.from),
        to: fields.pick_list("to", base.map(|b| &b.to), &ours.to, &theirs.to),
        symmetric: fields.pick("symmetric", base.map(|b| &b.symmetric), &ours.symmetric, &theirs.symmetric),
        description: fields.pick("description", base.map(|b| &b.description), &ours.description, &theirs.description),
    };
    conflicts.extend(fields.conflict(ours.name.to_string(), base, ours, theirs).map(ProjectConflict::Link));
    merged
}
