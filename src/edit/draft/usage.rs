//! How much work uses what of a scheme.

use super::{AttributeDraft, LabelDraft, LinkDraft, OptionDraft};
use crate::edit::State;
use crate::model::{DocumentId, Name, Value};
use std::collections::BTreeMap;

/// How often something is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Uses {
    /// Annotations or links.
    pub count: usize,
    /// Documents in which they are.
    pub documents: usize,
}

/// How much work uses what, by the names of the scheme with which a draft began.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Usage {
    labels: BTreeMap<Name, Uses>,
    attributes: BTreeMap<(Name, Name), Uses>,
    options: BTreeMap<(Name, Name, String), Uses>,
    links: BTreeMap<Name, Uses>,
}

impl Usage {
    /// Counts what the loaded layers use.
    pub fn of(state: &State) -> Self {
        let mut usage = Counting::default();
        for layer in state.layers() {
            let document = &layer.key().document;
            for annotation in layer.annotations() {
                let label = &annotation.label;
                usage.labels.count(label.clone(), document);
                for (attribute, value) in &annotation.attributes {
                    usage.attributes.count((label.clone(), attribute.clone()), document);
                    let items = match value {
                        Value::Text(text) => std::slice::from_ref(text),
                        Value::List(items) => items.as_slice(),
                        _ => &[],
                    };
                    for item in items {
                        usage.options.count((label.clone(), attribute.clone(), item.clone()), document);
                    }
                }
            }
            layer.links().for_each(|link| usage.links.count(link.kind.clone(), document));
        }
        Self {
            labels: usage.labels.uses(),
            attributes: usage.attributes.uses(),
            options: usage.options.uses(),
            links: usage.links.uses(),
        }
    }

    /// How many annotations have a label.
    pub fn label(&self, label: &LabelDraft) -> Uses {
        label.was.as_ref().and_then(|was| self.labels.get(was)).copied().unwrap_or_default()
    }

    /// How many annotations have a value of an attribute.
    pub fn attribute(&self, label: &LabelDraft, attribute: &AttributeDraft) -> Uses {
        let key = label.was.clone().zip(attribute.was.clone());
        key.and_then(|key| self.attributes.get(&key)).copied().unwrap_or_default()
    }

    /// How many values are this option.
    pub fn option(&self, label: &LabelDraft, attribute: &AttributeDraft, option: &OptionDraft) -> Uses {
        let key = label.was.clone().zip(attribute.was.clone()).zip(option.was.as_ref());
        let key = key.map(|((label, attribute), option)| (label, attribute, option.to_string()));
        key.and_then(|key| self.options.get(&key)).copied().unwrap_or_default()
    }

    /// How many links are of a kind.
    pub fn link(&self, link: &LinkDraft) -> Uses {
        link.was.as_ref().and_then(|was| self.links.get(was)).copied().unwrap_or_default()
    }
}

#[derive(Default)]
struct Counting<'a> {
    labels: Tally<'a, Name>,
    attributes: Tally<'a, (Name, Name)>,
    options: Tally<'a, (Name, Name, String)>,
    links: Tally<'a, Name>,
}

/// Layers come document by document: it is enough to remember the last one.
struct Tally<'a, K>(BTreeMap<K, (Uses, Option<&'a DocumentId>)>);

impl<K> Default for Tally<'_, K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'a, K: Ord> Tally<'a, K> {
    fn count(&mut self, key: K, document: &'a DocumentId) {
        let (uses, last) = self.0.entry(key).or_default();
        uses.count += 1;
        if *last != Some(document) {
            uses.documents += 1;
            *last = Some(document);
        }
    }

    fn uses(self) -> BTreeMap<K, Uses> {
        self.0.into_iter().map(|(key, (uses, _))| (key, uses)).collect()
    }
}
