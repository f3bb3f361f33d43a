//! Stretches that two texts share and that can be told from all others.
//!
//! A run of [`GRAM`] tokens that stands once in each text says which place of the one is which place of the other. From
//! there a block is followed in both directions as far as the texts agree. No block holds the run of another one that
//! pairs other places: that run would stand twice. So at most two blocks cover a token, one that began before it and one
//! behind it, and all of them together are followed in linear time, whatever the texts are. Where two blocks do cover the
//! same place, in the old text or in the new one, the place is *contested*: something was doubled or taken out there, and
//! the texts do not say which of the two is which.
//!
//! Where something stands more often in the new text than in the old one, the texts do not say either which of the two is
//! the one that was there ([`Counts`]): a paragraph that was doubled looks the same whether the copy was put elsewhere or
//! the first one was.
//!
//! The beginnings and the ends of the texts are followed as well, so that a text of nothing but one word is contested all
//! over rather than guessed at.

use super::tokens::Tokens;
use std::ops::Range;

/// So many tokens in a row: five words with what stands between them.
const GRAM: usize = 9;

/// Words of a block that tells where something is, if it keeps its order among the blocks.
const WORDS_IN_ORDER: usize = 8;
/// The same, if it stands in another order: it was moved as a whole, and short phrases are not.
const WORDS_OUT_OF_ORDER: usize = 12;

/// A stretch of both texts; ranges are tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Where it stands in the old text.
    pub old: Range<usize>,
    /// Where it begins in the new one.
    pub new_start: usize,
    /// Whether it keeps its order among the blocks.
    pub in_order: bool,
    /// Whether there is enough of it to tell where something is.
    pub is_strong: bool,
}

impl Block {
    /// Where it stands in the new text.
    pub fn new_tokens(&self) -> Range<usize> {
        self.new_start..self.new_start + self.old.len()
    }
}

/// All blocks, by their place in the old text. Neither their beginnings nor their ends go back.
pub(super) struct Blocks {
    all: Vec<Block>,
    /// The same by their place in the new text: numbers of blocks.
    by_new: Vec<usize>,
}

impl Blocks {
    /// Finds them.
    pub fn new(old: &Tokens, new: &Tokens) -> Self {
        let (a, b) = (&old.ids[..], &new.ids[..]);
        let mut all: Vec<Block> = Vec::new();
        for (at_old, at_new) in pairs(a, b) {
            let known = |block: &Block| {
                block.old.end >= at_old + GRAM
                    && block.old.start <= at_old
                    && at_old - block.old.start + block.new_start == at_new
            };
            if !all.last().is_some_and(known) {
                all.push(followed(a, b, at_old, at_new));
            }
        }
        let length = a.len().min(b.len());
        let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count().min(length);
        let (to, from) = (a.len() - tail, b.len() - tail);
        if head > 0 && !all.iter().any(|block| block.old.start == 0 && block.new_start == 0) {
            all.push(block(0..head, 0));
        }
        if tail > 0 && !all.iter().any(|block| block.old.end == a.len() && block.new_tokens().end == b.len()) {
            all.push(block(to..a.len(), from));
        }
        all.sort_by_key(|block| (block.old.start, block.old.end, block.new_start));
        mark_order(&mut all, old);
        for block in &mut all {
            let least = if block.in_order { WORDS_IN_ORDER } else { WORDS_OUT_OF_ORDER };
            block.is_strong = old.words(block.old.clone()) >= least;
        }
        let mut by_new: Vec<usize> = (0..all.len()).collect();
        by_new.sort_by_key(|n| (all[*n].new_start, all[*n].new_tokens().end));
        Self { all, by_new }
    }

    /// The blocks that share a token with a range of the old text.
    pub fn touching_old(&self, tokens: &Range<usize>) -> &[Block] {
        let first = self.all.partition_point(|block| block.old.end <= tokens.start);
        let end = self.all.partition_point(|block| block.old.start < tokens.end);
        self.all.get(first..end.max(first)).unwrap_or_default()
    }

    /// The blocks that keep their order, ascending in both texts.
    pub fn in_order(&self) -> impl Iterator<Item = &Block> {
        self.all.iter().filter(|block| block.in_order)
    }

    /// How many blocks share a token with a range of the new text.
    pub fn count_touching_new(&self, tokens: &Range<usize>) -> usize {
        let first = self.by_new.partition_point(|n| self.all[*n].new_tokens().end <= tokens.start);
        let end = self.by_new.partition_point(|n| self.all[*n].new_start < tokens.end);
        end.saturating_sub(first)
    }

    /// The last strong block in order that ends at or before a range of the old text, and the first that begins behind it.
    pub fn around(&self, tokens: &Range<usize>) -> (Option<&Block>, Option<&Block>) {
        let anchors = |block: &&Block| block.is_strong && block.in_order;
        let before = self.all.partition_point(|block| block.old.end <= tokens.start);
        let behind = self.all.partition_point(|block| block.old.start < tokens.end);
        // Weak blocks between two strong ones are few; a bound keeps it so.
        let before = self.all[..before].iter().rev().take(MOST_WEAK).find(anchors);
        (before, self.all[behind..].iter().take(MOST_WEAK).find(anchors))
    }
}

/// Weak blocks that are passed over in looking for a strong one.
const MOST_WEAK: usize = 32;

fn block(old: Range<usize>, new_start: usize) -> Block {
    Block { old, new_start, in_order: false, is_strong: false }
}

/// The stretch around a pair of places on which the texts agree.
fn followed(a: &[u32], b: &[u32], at_old: usize, at_new: usize) -> Block {
    let before = a[..at_old].iter().rev().zip(b[..at_new].iter().rev()).take_while(|(a, b)| a == b).count();
    let behind = a[at_old..].iter().zip(&b[at_new..]).take_while(|(a, b)| a == b).count();
    block(at_old - before..at_old + behind, at_new - before)
}

/// The places of runs that stand once in each sequence, by their place in the first.
fn pairs(a: &[u32], b: &[u32]) -> Vec<(usize, usize)> {
    let (a_runs, b_runs) = (once(a), once(b));
    let mut pairs = Vec::new();
    let mut b_runs = b_runs.into_iter().peekable();
    for (hash, at) in a_runs {
        while b_runs.next_if(|(other, _)| *other < hash).is_some() {}
        if let Some((_, other)) = b_runs.next_if(|(other, _)| *other == hash) {
            let (at, other) = (at as usize, other as usize);
            // Two runs of one hash are one run nearly always; nearly is not enough.
            if a[at..at + GRAM] == b[other..other + GRAM] {
                pairs.push((at, other));
            }
        }
    }
    pairs.sort_unstable();
    pairs
}

/// How often runs stand in each text.
pub(super) struct Counts {
    /// For each of [`LENGTHS`] the hashes of all runs of the old and of the new text, ascending.
    all: Vec<(Vec<u64>, Vec<u64>)>,
}

/// So many tokens in a row: about three words, five, and a clause. A phrase can be taken out at one place and put in at
/// another; a clause tells the two apart.
const LENGTHS: [usize; 3] = [6, 10, 16];
/// From so many tokens on a run that stands twice was hardly written twice.
const LONG: usize = 10;

impl Counts {
    /// Counts them.
    pub fn new(old: &Tokens, new: &Tokens) -> Self {
        let sorted = |tokens: &Tokens, length: usize| {
            let mut all: Vec<u64> = runs(&tokens.ids, length).into_iter().map(|(hash, _)| hash).collect();
            all.sort_unstable();
            all
        };
        Self { all: LENGTHS.iter().map(|length| (sorted(old, *length), sorted(new, *length))).collect() }
    }

    /// Whether what stands at or beside a range of the old text stands more often in the new text. Only runs that lie `within` a range are asked.
    pub fn grew(&self, old: &Tokens, tokens: &Range<usize>, within: &Range<usize>) -> bool {
        LENGTHS.iter().zip(&self.all).any(|(length, (before, after))| {
            let Some(last) = within.end.checked_sub(*length).filter(|last| *last >= within.start) else { return false };
            let hashes = around(old, tokens, *length, &(within.start..last));
            hashes.into_iter().any(|hash| count(after, hash) > count(before, hash))
        })
    }

    /// Whether what stands at or beside a place of the new text stands in it twice, as far as that is no chance.
    pub fn is_twice(&self, new: &Tokens, tokens: &Range<usize>) -> bool {
        LENGTHS.iter().zip(&self.all).filter(|(length, _)| **length >= LONG).any(|(length, (_, after))| {
            let last = new.len().saturating_sub(*length);
            around(new, tokens, *length, &(0..last)).into_iter().any(|hash| count(after, hash) > 1)
        })
    }
}

fn count(all: &[u64], hash: u64) -> usize {
    all.partition_point(|other| *other <= hash) - all.partition_point(|other| *other < hash)
}

/// The hashes of runs that end before a range, end with it, stand around its beginning, begin with it and begin behind it;
/// none begins outside `starts`.
fn around(tokens: &Tokens, range: &Range<usize>, length: usize, starts: &Range<usize>) -> Vec<u64> {
    let back = |at: usize, by: usize| at.saturating_sub(by);
    let wanted =
        [back(range.start, length), back(range.end, length), back(range.start, length / 2), range.start, range.end];
    let run = |start: usize| tokens.ids.get(start..start + length).and_then(|run| runs(run, length).pop());
    let all = wanted.into_iter().filter_map(|start| run(start.clamp(starts.start, starts.end.max(starts.start))));
    all.map(|(hash, _)| hash).collect()
}

/// The runs whose hash no other run has, by hash.
fn once(ids: &[u32]) -> Vec<(u64, u32)> {
    let mut runs = runs(ids, GRAM);
    runs.sort_unstable();
    let is_alone = |n: usize| {
        let same = |other: Option<&(u64, u32)>| other.is_some_and(|(hash, _)| *hash == runs[n].0);
        !same(n.checked_sub(1).and_then(|n| runs.get(n))) && !same(runs.get(n + 1))
    };
    (0..runs.len()).filter(|n| is_alone(*n)).map(|n| runs[n]).collect()
}

/// The hashes of all runs of `length` tokens, and where they begin.
fn runs(ids: &[u32], length: usize) -> Vec<(u64, u32)> {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let scattered = |id: u32| (u64::from(id) + 1).wrapping_mul(0xD6E8_FEB8_6659_FD93).rotate_left(29);
    let leaving = (0..length).fold(1u64, |product, _| product.wrapping_mul(FACTOR));
    let mut hash = 0u64;
    let mut runs = Vec::with_capacity(ids.len());
    for (at, id) in ids.iter().enumerate() {
        hash = hash.wrapping_mul(FACTOR).wrapping_add(scattered(*id));
        if at >= length {
            hash = hash.wrapping_sub(leaving.wrapping_mul(scattered(ids[at - length])));
        }
        if at + 1 >= length {
            runs.push((hash, (at + 1 - length) as u32));
        }
    }
    runs
}

/// Marks the blocks that keep their order: of all sequences that rise in both texts the one with the most words.
fn mark_order(all: &mut [Block], old: &Tokens) {
    // The best sequence that ends with each place in the new text, as a tree of prefix maxima (Fenwick).
    let mut places: Vec<usize> = all.iter().map(|block| block.new_start).collect();
    places.sort_unstable();
    places.dedup();
    let mut tree: Vec<(usize, Option<usize>)> = vec![(0, None); places.len() + 1];
    let mut previous: Vec<Option<usize>> = vec![None; all.len()];
    let mut best: (usize, Option<usize>) = (0, None);
    for (n, block) in all.iter().enumerate() {
        let rank = places.partition_point(|place| *place < block.new_start);
        let (mut weight, mut last) = (0, None);
        let mut at = rank;
        while at > 0 {
            if tree[at].0 > weight {
                (weight, last) = tree[at];
            }
            at &= at - 1;
        }
        previous[n] = last;
        let here = (weight + old.words(block.old.clone()) + 1, Some(n));
        let mut at = rank + 1;
        while at < tree.len() {
            if tree[at].0 < here.0 {
                tree[at] = here;
            }
            at += at & at.wrapping_neg();
        }
        if here.0 > best.0 {
            best = here;
        }
    }
    let mut at = best.1;
    while let Some(n) = at {
        all[n].in_order = true;
        at = previous[n];
    }
}
