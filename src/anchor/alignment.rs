//! Old and new text side by side from the beginning to the end: where an offset of the one would be in the other.
//!
//! For proposals only: an alignment always says something, also where the texts do not. The blocks that keep their order
//! are its pillars; what lies between two of them is compared word by word.

use super::blocks::Blocks;
use super::tokens::Tokens;
use imara_diff::{Algorithm, Diff, Token};
use std::collections::HashMap;
use std::ops::Range;

/// What was replaced by what, in bytes, ascending.
pub(super) struct Alignment {
    hunks: Vec<(Range<usize>, Range<usize>)>,
}

/// Tokens between two blocks that are compared word by word, on either side. Comparing takes quadratic time where texts
/// repeat themselves; what is longer and has no block in it was replaced as a whole.
const MOST_TOKENS: usize = 2_000;

impl Alignment {
    /// Aligns two texts. O(n) in their length.
    pub fn new(old: &Tokens, new: &Tokens, blocks: &Blocks) -> Self {
        let mut alignment = Self { hunks: Vec::new() };
        let (mut at_old, mut at_new) = (0usize, 0usize);
        for block in blocks.in_order() {
            // Two blocks can overlap in one of the texts; then the second begins where the first ends.
            let taken = at_old.saturating_sub(block.old.start).max(at_new.saturating_sub(block.new_start));
            if taken < block.old.len() {
                alignment.compare(old, new, at_old..block.old.start + taken, at_new..block.new_start + taken);
                (at_old, at_new) = (block.old.end, block.new_tokens().end);
            }
        }
        alignment.compare(old, new, at_old..old.len(), at_new..new.len());
        alignment
    }

    /// Notes what differs between two ranges of tokens.
    fn compare(&mut self, old: &Tokens, new: &Tokens, before: Range<usize>, after: Range<usize>) {
        if before.is_empty() && after.is_empty() {
            return;
        }
        if before.is_empty() || after.is_empty() || before.len().max(after.len()) > MOST_TOKENS {
            self.hunks.push((old.bytes(before), new.bytes(after)));
            return;
        }
        let mut names: HashMap<u32, u32> = HashMap::new();
        let mut named = |ids: &[u32]| -> Vec<Token> {
            let mut name = |id: &u32| {
                let next = names.len() as u32;
                Token(*names.entry(*id).or_insert(next))
            };
            ids.iter().map(&mut name).collect()
        };
        let (a, b) = (named(&old.ids[before.clone()]), named(&new.ids[after.clone()]));
        let mut diff = Diff::default();
        diff.compute_with(Algorithm::Histogram, &a, &b, names.len() as u32);
        for hunk in diff.hunks() {
            let within = |range: Range<u32>, start: usize| start + range.start as usize..start + range.end as usize;
            let (before, after) = (within(hunk.before, before.start), within(hunk.after, after.start));
            self.hunks.push((old.bytes(before), new.bytes(after)));
        }
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
