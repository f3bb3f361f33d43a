//! What is said once for all files of an import: what stayed out, and what came in in another form.

use crate::formats::problem::{Cause, Place, Problem};
use crate::model::Name;
use std::collections::{BTreeMap, BTreeSet};

/// Counts of it.
#[derive(Default)]
pub struct Told {
    /// How many structures were left out, by type.
    pub left_out: BTreeMap<Name, usize>,
    /// Types that nothing describes.
    pub unknown: BTreeSet<Name>,
    /// Numbers kept as text.
    pub odd_numbers: usize,
    /// Relations whose values stand in their notes.
    pub in_notes: usize,
    /// Features that hold structures of which nothing can be taken in, by type and feature.
    pub lost: BTreeMap<String, usize>,
    /// Roots of sentences.
    pub roots: usize,
    /// Annotations in no index.
    pub not_indexed: usize,
}

impl Told {
    /// Adds the counts of a later file.
    pub fn join(&mut self, later: Self) {
        let Self { left_out, unknown, odd_numbers, in_notes, lost, roots, not_indexed } = later;
        for (kind, count) in left_out {
            *self.left_out.entry(kind).or_default() += count;
        }
        self.unknown.extend(unknown);
        self.odd_numbers += odd_numbers;
        self.in_notes += in_notes;
        for (what, count) in lost {
            *self.lost.entry(what).or_default() += count;
        }
        self.roots += roots;
        self.not_indexed += not_indexed;
    }

    /// Says it, about the import that began with `file`.
    pub fn say(self, file: &str, problems: &mut Vec<Problem>) {
        let told = self;
        let mut say = |what: String, help: &str| {
            problems.push(Problem::doubt(Place::file(file), Cause::NotKept(what), help));
        };
        let counted = |all: &BTreeMap<String, usize>| {
            let all: Vec<_> = all.iter().map(|(what, count)| format!("{count} × {what}")).collect();
            all.join(", ")
        };
        let left_out: BTreeMap<String, usize> =
            told.left_out.into_iter().map(|(kind, count)| (format!("`{kind}`"), count)).collect();
        if !left_out.is_empty() {
            let what = format!("not taken in: {}", counted(&left_out));
            say(what, "programs make these, or they have no place in a text; Byline finds words and sentences itself");
        }
        if !told.unknown.is_empty() {
            let kinds: Vec<_> = told.unknown.iter().take(5).map(|kind| format!("`{kind}`")).collect();
            let more = told.unknown.len().saturating_sub(kinds.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let what = format!("no type system describes {}{more}: their values are read as text", kinds.join(", "));
            say(what, "put the type system (`TypeSystem.xml`) beside the files");
        }
        if told.odd_numbers > 0 {
            let numbers = if told.odd_numbers == 1 { "number is" } else { "numbers are" };
            let what = format!("{} {numbers} infinite, no number, or too long, and kept as text", told.odd_numbers);
            say(what, "");
        }
        if told.in_notes > 0 {
            let relations = if told.in_notes == 1 { "relation stand in its" } else { "relations stand in their" };
            say(format!("values of {} {relations} notes", told.in_notes), "links have no attributes");
        }
        if !told.lost.is_empty() {
            let what = format!("what these features hold is no annotation, and left out: {}", counted(&told.lost));
            say(what, "");
        }
        if told.roots > 0 {
            let what =
                format!("{} × `Dependency` of a word with itself, which marks the root of a sentence", told.roots);
            say(what, "a link joins two annotations");
        }
        if told.not_indexed > 0 {
            let annotations = if told.not_indexed == 1 { "annotation is" } else { "annotations are" };
            say(format!("{} {annotations} in the index of no view, and left out", told.not_indexed), "");
        }
    }
}
