//! What is known of the work in each document: kept up to date by what changes, never counted anew for a frame.

use crate::edit::LayerChange;
use crate::model::{DocumentId, Layer, Name, Scheme, Status};
use std::collections::HashMap;

/// What is known of the work in a document.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Summary {
    /// How far the annotator is.
    pub status: Status,
    /// Number of annotations by label name.
    pub labels: Vec<(String, usize)>,
}

impl Summary {
    /// Counts a layer: labels in the order of the scheme, then those it does not know, by name.
    pub fn of(layer: &Layer, scheme: &Scheme) -> Self {
        let mut summary = Self { status: layer.status(), labels: Vec::new() };
        // There are few labels: to look through them is quicker than a map.
        let mut counts: Vec<(&Name, usize)> = Vec::new();
        for annotation in layer.in_any_order() {
            match counts.iter_mut().find(|(label, _)| **label == annotation.label) {
                Some((_, n)) => *n += 1,
                None => counts.push((&annotation.label, 1)),
            }
        }
        for (label, n) in counts {
            *summary.count_of(label, scheme) = n;
        }
        summary
    }

    /// Number of annotations.
    pub fn total(&self) -> usize {
        self.labels.iter().map(|(_, n)| n).sum()
    }

    /// “18 speakers, 5 claims”; empty where there are none.
    pub fn in_words(&self, scheme: &Scheme) -> String {
        let parts = self.labels.iter().filter(|(_, n)| *n > 0);
        parts.map(|(name, n)| counted_label(*n, scheme.title_of(name))).collect::<Vec<_>>().join(", ")
    }

    /// Does what a change of the layer did to its counts.
    pub fn follow(&mut self, change: &LayerChange, scheme: &Scheme) {
        self.status = change.status.1;
        for edit in &change.annotations {
            if let Some(before) = &edit.before {
                let count = self.count_of(&before.label, scheme);
                *count = count.saturating_sub(1);
            }
            if let Some(after) = &edit.after {
                *self.count_of(&after.label, scheme) += 1;
            }
        }
        self.labels.retain(|(_, n)| *n > 0);
    }

    fn count_of(&mut self, label: &str, scheme: &Scheme) -> &mut usize {
        let rank = |label: &str| {
            let place = scheme.labels.iter().position(|l| *l.name == *label);
            (place.unwrap_or(usize::MAX), label.to_owned())
        };
        let place = self.labels.binary_search_by_key(&rank(label), |(known, _)| rank(known));
        let at = place.unwrap_or_else(|at| {
            self.labels.insert(at, (label.to_owned(), 0));
            at
        });
        &mut self.labels[at].1
    }
}

/// A number of annotations of a label, in the plural where there is one: titles can be in any language, or abbreviated.
fn counted_label(n: usize, title: &str) -> String {
    let is_word = title.chars().any(char::is_lowercase);
    let title = if is_word { title.to_lowercase() } else { title.to_owned() };
    let is_english = title.is_ascii() && is_word && title.ends_with(|c: char| c.is_ascii_lowercase());
    let ending = ["s", "x", "z", "ch", "sh"].iter().any(|end| title.ends_with(end));
    let before_y = title.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    match before_y {
        _ if n == 1 || !is_english => format!("{n} {title}"),
        Some(stem) => format!("{n} {stem}ies"),
        // “Statistics” may be meant as it is.
        None if title.ends_with("ss") || (ending && !title.ends_with('s')) => format!("{n} {title}es"),
        None if ending => format!("{n} {title}"),
        None => format!("{n} {title}s"),
    }
}

/// What is known of all documents; those that are missing were not looked at yet.
#[derive(Default)]
pub struct Summaries {
    known: HashMap<DocumentId, Summary>,
    /// How many have each status but “not started”.
    having: [usize; 4],
    statuses: u64,
    counts: u64,
}

impl Summaries {
    /// What is known of a document.
    pub fn get(&self, document: &DocumentId) -> Option<&Summary> {
        self.known.get(document)
    }

    /// How many documents of `all` have a status.
    pub fn having(&self, status: Status, all: usize) -> usize {
        match status {
            Status::NotStarted => all.saturating_sub(self.having.iter().sum()),
            begun => self.having[begun as usize],
        }
    }

    /// Two numbers that grow: with every change of a status, and with every change of a count.
    pub fn revisions(&self) -> (u64, u64) {
        (self.statuses, self.counts)
    }

    /// Takes in what is known now; `None` forgets the document.
    pub fn set(&mut self, document: &DocumentId, summary: Option<Summary>) {
        let before = self.known.remove(document);
        self.changed(before.as_ref(), summary.as_ref());
        self.known.extend(summary.map(|summary| (document.clone(), summary)));
    }

    /// Lets the counts of a document follow a change; `false` if nothing is known of it yet.
    pub fn follow(&mut self, change: &LayerChange, scheme: &Scheme) -> bool {
        let Some(summary) = self.known.get_mut(&change.key.document) else { return false };
        let before = summary.clone();
        summary.follow(change, scheme);
        let after = summary.clone();
        self.changed(Some(&before), Some(&after));
        true
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self { statuses: self.statuses + 1, counts: self.counts + 1, ..Self::default() };
    }

    fn changed(&mut self, before: Option<&Summary>, after: Option<&Summary>) {
        let status = |summary: Option<&Summary>| summary.map(|s| s.status).unwrap_or_default();
        for (summary, gone) in [(before, true), (after, false)] {
            let having = &mut self.having[status(summary) as usize];
            match status(summary) {
                Status::NotStarted => {}
                _ if gone => *having -= 1,
                _ => *having += 1,
            }
        }
        self.statuses += u64::from(status(before) != status(after));
        self.counts += u64::from(before.map(|s| &s.labels) != after.map(|s| &s.labels));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::Edit;
    use crate::model::testing::{annotation, layer_over, scheme};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_that_follow_changes_are_those_of_counting_anew(
            steps in proptest::collection::vec((1u32..8, 0usize..4), 1..30)
        ) {
            let mut layer = layer_over("日本 a b c d e f g");
            let mut summary = Summary::of(&layer, &scheme());
            for (id, label) in steps {
                // One label that the scheme does not know.
                let label = ["claim", "speaker", "statistic", "żółw"][label];
                let mut change = LayerChange::new(&layer);
                let after = annotation(id, label, 5 + 2 * id as usize..6 + 2 * id as usize);
                change.annotations.push(match layer.get(after.id).cloned() {
                    None => Edit::make(after),
                    Some(before) if before.label == after.label => Edit::remove(before),
                    Some(before) => Edit::change(before, after),
                });
                for edit in &change.annotations {
                    if let Some(before) = &edit.before {
                        layer.remove(before.id).unwrap();
                    }
                    if let Some(after) = &edit.after {
                        layer.insert(after.clone()).unwrap();
                    }
                }
                summary.follow(&change, &scheme());
                prop_assert_eq!(&summary, &Summary::of(&layer, &scheme()));
            }
        }

        #[test]
        fn the_numbers_of_documents_follow_every_step(
            steps in proptest::collection::vec((0usize..4, 0usize..6), 1..40)
        ) {
            use Status::{Done, InProgress, NotStarted, SecondLook};
            let mut summaries = Summaries::default();
            for (n, status) in steps {
                let id = DocumentId::from_title(n, "żółw");
                let of = |status| Some(Summary { status, labels: Vec::new() });
                match status {
                    4 => summaries.set(&id, None),
                    5 => summaries.clear(),
                    _ => summaries.set(&id, of([NotStarted, InProgress, Done, SecondLook][status])),
                }
                for status in [InProgress, Done, SecondLook] {
                    let naive = summaries.known.values().filter(|s| s.status == status).count();
                    prop_assert_eq!(summaries.having(status, 4), naive);
                }
                let begun = summaries.known.values().filter(|s| s.status != NotStarted).count();
                prop_assert_eq!(summaries.having(NotStarted, 4), 4 - begun);
            }
        }
    }
}
