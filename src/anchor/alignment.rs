//! Old and new text side by side from the beginning to the end: where an offset of the one would be in the other.
//!
//! For proposals only: an alignment always says something, also where the texts do not.

use super::tokens::{Names, Tokens};
use imara_diff::{Algorithm, Diff, Token};
use std::ops::Range;

/// What was replaced by what, in bytes, ascending.
pub(super) struct Alignment {
    hunks: Vec<(Range<usize>, Range<usize>)>,
}

impl Alignment {
    /// Aligns two texts; near to linear also where they have little in common or repeat themselves.
    pub fn new(old: &Tokens, new: &Tokens, names: &Names) -> Self {
        let tokens = |tokens: &Tokens| tokens.ids.iter().map(|id| Token(*id)).collect::<Vec<_>>();
        let mut diff = Diff::default();
        diff.compute_with(Algorithm::Histogram, &tokens(old), &tokens(new), names.len() as u32);
        let range = |range: Range<u32>| range.start as usize..range.end as usize;
        let hunks = diff.hunks().map(|hunk| (old.bytes(range(hunk.before)), new.bytes(range(hunk.after))));
        Self { hunks: hunks.collect() }
    }

    /// Where a range of the old text would lie in the new one: what was put in at its ends is no part of it.
    pub fn map(&self, bytes: &Range<usize>) -> Range<usize> {
        let before = self.hunks.partition_point(|(old, _)| old.end <= bytes.start);
        let start = match self.hunks.get(before) {
            Some((old, new)) if old.start < bytes.start => new.start,
            _ => self.shifted(bytes.start, before),
        };
        let begun = self.hunks.partition_point(|(old, _)| old.start < bytes.end);
        let end = match begun.checked_sub(1).and_then(|last| self.hunks.get(last)) {
            Some((old, new)) if old.end >= bytes.end => new.end,
            _ => self.shifted(bytes.end, begun),
        };
        start..end.max(start)
    }

    /// An offset behind the first `n` replacements.
    fn shifted(&self, offset: usize, n: usize) -> usize {
        match n.checked_sub(1).map(|n| &self.hunks[n]) {
            Some((old, new)) => new.end + offset.saturating_sub(old.end),
            None => offset,
        }
    }
}
