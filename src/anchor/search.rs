//! Looking for the places of one text in another.

use super::alignment::Alignment;
use super::blocks::{Block, Blocks, Counts};
use super::likeness::{likeness, likeness_of_gaps};
use super::tokens::{Names, Tokens};
use super::{Found, MOST_CANDIDATES};
use crate::model::{Fragment, Span, Text, boundaries};
use std::collections::HashMap;
use std::ops::Range;

/// What must stand around a quote in a block, at least: twice the words around it and those of the quote.
const EVIDENCE: usize = 12;
/// Words around a quote, or in it, in a block that was moved out of its order.
const EVIDENCE_MOVED: (usize, usize) = (6, 12);
/// Bytes between two blocks within which a word can still be the same one although the words beside it were changed.
const GAP: usize = 200;
/// How like what stands between two blocks must be then.
const LIKE_GAP: f64 = 0.75;
/// What is less like the quote than this is no proposal.
const LIKE: f64 = 0.5;
/// How like what stands on one side of another place must be for it to be a rival; words that have nothing to do with one
/// another are less so.
const LIKE_RIVAL: f64 = 0.45;
/// Tokens on one side that make it one as well.
const NEIGHBOURS: usize = 3;
/// Bytes on each side of a place that are compared for its score.
const AROUND: usize = 40;
/// Places with the same quote whose surroundings are compared.
const MOST_COMPARED: usize = 4;
/// Tokens of a stretch in which a changed quote is looked for, and bytes of the quote.
const WINDOW: (usize, usize) = (120, 200);

/// Where a range lies in the new text, as far as it can be told.
enum Place {
    /// For certain, and the number of its block: with the same number the stretch between was not changed either.
    Certain(Range<usize>, usize),
    /// The best proposal, its score, and the exact quotes that were found.
    Doubtful(Range<usize>, f64, usize),
    Lost,
}

/// Two texts, compared.
pub(super) struct Search<'a> {
    old_text: &'a Text,
    new_text: &'a Text,
    old: Tokens,
    new: Tokens,
    blocks: Blocks,
    counts: Counts,
    alignment: Alignment,
    occurrences: Occurrences,
    /// How like gaps between blocks are, by where they begin in the old text.
    gaps: HashMap<usize, f64>,
}

impl<'a> Search<'a> {
    /// Compares them.
    pub fn new(old_text: &'a Text, new_text: &'a Text) -> Self {
        let mut names = Names::default();
        let old = Tokens::new(old_text.as_str(), &mut names);
        let new = Tokens::new(new_text.as_str(), &mut names);
        let blocks = Blocks::new(&old, &new);
        let counts = Counts::new(&old, &new);
        let alignment = Alignment::new(&old, &new, &blocks);
        let occurrences = Occurrences::new(&new, names.len());
        Self { old_text, new_text, old, new, blocks, counts, alignment, occurrences, gaps: HashMap::new() }
    }

    /// What became of a place.
    pub fn find(&mut self, span: &Span) -> Found {
        let places: Vec<Place> = span.fragments().map(|fragment| self.place(&fragment.range())).collect();
        if let Some(new) = self.certain(span, &places) {
            return if new == *span { Found::Exact } else { Found::Moved(new) };
        }
        let (mut found, mut score, mut candidates): (Vec<Range<usize>>, f64, usize) = (Vec::new(), 0.0, 0);
        let count = places.len();
        for place in places {
            let (range, like, exact) = match place {
                Place::Certain(range, _) => (range, 1.0, 1),
                Place::Doubtful(range, like, exact) => (range, like, exact),
                Place::Lost => continue,
            };
            score += like / count as f64;
            candidates = candidates.max(exact);
            // What would overlap is not proposed twice.
            if found.iter().all(|other| other.end <= range.start || range.end <= other.start) {
                found.push(range);
            }
        }
        doubtful(self.new_text, found, score, candidates)
    }

    /// The span whose fragments all are certain, as they were to one another.
    fn certain(&self, span: &Span, places: &[Place]) -> Option<Span> {
        let mut fragments: Vec<Fragment> = Vec::with_capacity(places.len());
        let mut last: Option<(Fragment, Fragment, usize)> = None;
        for (old, place) in span.fragments().zip(places) {
            let Place::Certain(range, block) = place else { return None };
            let new = Fragment::new(range.start, range.end).ok()?;
            if let Some((old_before, new_before, other)) = last {
                let (gap, gap_now) = (old.start() - old_before.end(), new.start().checked_sub(new_before.end())?);
                if other != *block && gap.abs_diff(gap_now) > gap.max(GAP) {
                    return None;
                }
            }
            last = Some((old, new, *block));
            fragments.push(new);
        }
        let new = Span::new(fragments).ok()?;
        let quote = self.old_text.quote(span);
        self.new_text.verify(&new, &quote).is_ok().then_some(new)
    }

    fn old_slice(&self, bytes: Range<usize>) -> &'a str {
        self.old_text.as_str().get(bytes).unwrap_or_default()
    }

    fn new_slice(&self, bytes: Range<usize>) -> &'a str {
        self.new_text.as_str().get(bytes).unwrap_or_default()
    }

    fn place(&mut self, bytes: &Range<usize>) -> Place {
        let tokens = self.old.covering(bytes.clone());
        let touching = self.blocks.touching_old(&tokens);
        let holds = |block: &&Block| block.old.start <= tokens.start && tokens.end <= block.old.end;
        let holding: Vec<&Block> = touching.iter().filter(holds).collect();
        let is_doubled = self.counts.grew(&self.old, &tokens, &(0..self.old.len()));
        if let [block] = holding[..]
            && touching.len() == 1
            && !is_doubled
            && self.tells(block, &tokens)
            && self.has_no_rival(&self.shifted(block, bytes), &tokens, bytes)
        {
            return Place::Certain(self.shifted(block, bytes), block.new_start);
        }
        let may_be_in_gap = touching.len() < 2 && touching.iter().all(|block| !block.is_strong);
        let in_blocks = holding.iter().map(|block| self.shifted(block, bytes)).next();
        let candidate = in_blocks.or_else(|| self.across_blocks(touching, &tokens, bytes));
        if may_be_in_gap
            && !is_doubled
            && let Some((range, number)) = self.in_gap(&tokens, bytes)
            && candidate.as_ref().is_none_or(|other| *other == range)
        {
            return Place::Certain(range, number);
        }
        self.best(&tokens, bytes, candidate)
    }

    /// Whether a block tells for certain where a quote in it is.
    fn tells(&self, block: &Block, tokens: &Range<usize>) -> bool {
        let new = tokens.start - block.old.start + block.new_start;
        if !block.is_strong || self.blocks.count_touching_new(&(new..new + tokens.len())) != 1 {
            return false;
        }
        let quote = self.old.words(tokens.clone());
        let around = self.old.words(block.old.clone()).saturating_sub(quote);
        if block.in_order {
            2 * around + quote >= EVIDENCE
        } else {
            around >= EVIDENCE_MOVED.0 || quote >= EVIDENCE_MOVED.1
        }
    }

    /// Whether the same quote does not stand elsewhere, too, where it could have been: where the texts side by side have it,
    /// or in a stretch that no block explains, with similar words around it. So it is where something was doubled and then
    /// changed where it was.
    fn has_no_rival(&self, place: &Range<usize>, tokens: &Range<usize>, bytes: &Range<usize>) -> bool {
        let quote = self.old_slice(bytes.clone());
        let aligned = self.trimmed(self.alignment.map(bytes), quote);
        let near = |at| self.occurrences.near(&self.old, &self.new, tokens, bytes, at).0;
        // Near to where it would be by the texts side by side, and by what keeps its order before it.
        let in_order = self.blocks.around(tokens).0.map(|block| near(self.new.start(block.new_tokens().end)));
        let others = in_order.into_iter().flatten().chain(near(aligned.start));
        if aligned != *place && self.new_slice(aligned.clone()) == quote {
            return false;
        }
        let is_rival = |other: &Range<usize>| {
            other != place
                && self.blocks.count_touching_new(&self.new.covering(other.clone())) == 0
                && (self.likeness_around(bytes, other).1 >= LIKE_RIVAL || self.has_same_neighbours(tokens, other))
        };
        !others.into_iter().any(|other| is_rival(&other))
    }

    /// Whether the tokens right before or right behind a place of the old text stand there in the new one, too.
    fn has_same_neighbours(&self, tokens: &Range<usize>, place: &Range<usize>) -> bool {
        let (old, new) = (&self.old.ids, &self.new.ids);
        let there = self.new.covering(place.clone());
        let same = |a: Option<&[u32]>, b: Option<&[u32]>| a.is_some() && a == b;
        let before = |at: usize| at.checked_sub(NEIGHBOURS).map(|start| start..at);
        let behind = |at: usize| at..at + NEIGHBOURS;
        same(
            before(tokens.start).and_then(|range| old.get(range)),
            before(there.start).and_then(|range| new.get(range)),
        ) || same(old.get(behind(tokens.end)), new.get(behind(there.end)))
    }

    /// The bytes of the new text that a block pairs with some of the old one.
    fn shifted(&self, block: &Block, bytes: &Range<usize>) -> Range<usize> {
        let (old, new) = (self.old.start(block.old.start), self.new.start(block.new_start));
        bytes.start - old + new..bytes.end - old + new
    }

    /// From the block that holds the beginning to the one that holds the end: what is between them was changed.
    fn across_blocks(&self, touching: &[Block], tokens: &Range<usize>, bytes: &Range<usize>) -> Option<Range<usize>> {
        let first = touching.iter().find(|block| block.old.contains(&tokens.start))?;
        let last = touching.iter().rev().find(|block| block.old.contains(&tokens.end.saturating_sub(1)))?;
        let start = self.shifted(first, &(bytes.start..bytes.start)).start;
        let end = self.shifted(last, &(bytes.end..bytes.end)).end;
        (start < end && end - start <= 2 * bytes.len() + GAP).then_some(start..end)
    }

    /// A quote that stands once between two blocks, before and now, where what stands around it was hardly changed.
    fn in_gap(&mut self, tokens: &Range<usize>, bytes: &Range<usize>) -> Option<(Range<usize>, usize)> {
        let (Some(before), Some(behind)) = self.blocks.around(tokens) else { return None };
        let (old, new) = (before.old.end..behind.old.start, before.new_tokens().end..behind.new_start);
        if old.end < old.start || new.end < new.start {
            return None;
        }
        let number = before.new_start;
        let (old, new) = (self.old.bytes(old), self.new.bytes(new));
        if old.len() > GAP || new.len() > GAP {
            return None;
        }
        let (old_gap, new_gap) = (self.old_slice(old.clone()), self.new_slice(new.clone()));
        let like = *self.gaps.entry(old.start).or_insert_with(|| likeness_of_gaps(old_gap, new_gap));
        let quote = self.old_slice(bytes.clone());
        let once = |gap: &str| {
            // Overlapping ones count as well.
            let first = gap.find(quote)?;
            let more = gap.get(first..)?.char_indices().skip(1).any(|(at, _)| gap[first + at..].starts_with(quote));
            (!more).then_some(first)
        };
        let _ = once(old_gap)?;
        let at = new.start + once(new_gap)?;
        (like >= LIKE_GAP && self.is_word_for_word(at, bytes)).then(|| (at..at + bytes.len(), number))
    }

    /// Whether a quote begins and ends at words in the new text where it did in the old one.
    fn is_word_for_word(&self, at: usize, bytes: &Range<usize>) -> bool {
        let is_border = |tokens: &Tokens, byte: usize| {
            let covering = tokens.covering(byte..byte + 1);
            tokens.start(covering.start) == byte || tokens.start(covering.end) == byte
        };
        let same = |old: usize, new: usize| is_border(&self.old, old) == is_border(&self.new, new);
        same(bytes.start, at) && same(bytes.end, at + bytes.len())
    }

    /// The best of what could be meant: in its place by blocks or by the alignment, else the same quote elsewhere.
    fn best(&self, tokens: &Range<usize>, bytes: &Range<usize>, candidate: Option<Range<usize>>) -> Place {
        let quote = self.old_slice(bytes.clone());
        let aligned = self.alignment.map(bytes);
        let (occurrences, _) = self.occurrences.near(&self.old, &self.new, tokens, bytes, aligned.start);
        let exact = |range: &Range<usize>| self.new_slice(range.clone()) == quote;
        let mut all: Vec<Range<usize>> = candidate.into_iter().chain([self.trimmed(aligned.clone(), quote)]).collect();
        if !all.iter().any(exact) {
            all.extend(self.inside(&aligned, quote));
        }
        // Those that are nearest to where it would be; to compare all costs too much in texts that repeat themselves.
        let mut nearest = occurrences.clone();
        nearest.sort_by_key(|place| place.start.abs_diff(aligned.start));
        all.extend(nearest.into_iter().take(MOST_COMPARED));
        let count = occurrences.len().max(usize::from(all.iter().any(exact)));
        let mut best: Option<(Range<usize>, f64)> = None;
        for range in all.into_iter().filter(|range| !range.is_empty()) {
            let like = likeness(quote, self.new_slice(range.clone()));
            if like < LIKE {
                continue;
            }
            let score = 0.7 * like + 0.3 * self.likeness_around(bytes, &range).0;
            // Of equals the first: in its place comes before elsewhere.
            if best.as_ref().is_none_or(|(_, other)| score > *other + 1e-9) {
                best = Some((range, score));
            }
        }
        match best {
            Some((range, score)) => Place::Doubtful(range, score, count),
            None => Place::Lost,
        }
    }

    /// Without the white space at its ends that the quote does not have.
    fn trimmed(&self, range: Range<usize>, quote: &str) -> Range<usize> {
        let text = self.new_slice(range.clone());
        let begins = quote.starts_with(char::is_whitespace);
        let ends = quote.ends_with(char::is_whitespace);
        let front = if begins { 0 } else { text.len() - text.trim_start().len() };
        let back = if ends { 0 } else { text.len() - text.trim_end().len() };
        let start = (range.start + front).min(range.end);
        start..range.end.saturating_sub(back).max(start)
    }

    /// Of what stands where the quote stood, the part that is most like it.
    fn inside(&self, aligned: &Range<usize>, quote: &str) -> Option<Range<usize>> {
        let tokens = self.new.covering(aligned.clone());
        if quote.len() > WINDOW.1 || tokens.len() > WINDOW.0 || tokens.is_empty() {
            return None;
        }
        let count = Tokens::new(quote, &mut Names::default()).len();
        let lengths = [count, count + 1, count.saturating_sub(1), count + 2, count.saturating_sub(2)];
        let windows = tokens.clone().flat_map(|start| lengths.map(|length| start..(start + length).min(tokens.end)));
        let mut best: Option<(Range<usize>, f64)> = None;
        for window in windows {
            let bytes = self.trimmed(self.new.bytes(window), quote);
            let like = likeness(quote, self.new_slice(bytes.clone()));
            if best.as_ref().is_none_or(|(_, other)| like > *other) {
                best = Some((bytes, like));
            }
        }
        best.map(|(bytes, _)| bytes)
    }

    /// How like what stands around two places is: on both sides, and on the side where it is more so.
    fn likeness_around(&self, old: &Range<usize>, new: &Range<usize>) -> (f64, f64) {
        let before = likeness(before(self.old_text, old.start), before(self.new_text, new.start));
        let behind = likeness(behind(self.old_text, old.end), behind(self.new_text, new.end));
        (f64::midpoint(before, behind), before.max(behind))
    }
}

fn before(text: &Text, byte: usize) -> &str {
    let text = text.as_str();
    let start = text.floor_char_boundary(byte.saturating_sub(AROUND));
    text.get(start..byte).unwrap_or_default()
}

fn behind(text: &Text, byte: usize) -> &str {
    let text = text.as_str();
    text.get(byte..text.floor_char_boundary(byte + AROUND)).unwrap_or_default()
}

/// A proposal of ranges that do not overlap, on grapheme borders.
pub(super) fn doubtful(text: &Text, ranges: Vec<Range<usize>>, score: f64, candidates: usize) -> Found {
    let fragments = ranges.into_iter().filter_map(|range| {
        let range =
            boundaries::grapheme_floor(text.as_str(), range.start)..boundaries::grapheme_ceil(text.as_str(), range.end);
        Fragment::new(range.start, range.end).ok()
    });
    // Widened to graphemes, two could touch: they are one then.
    let mut span: Option<Span> = None;
    for fragment in fragments {
        span = Some(span.map_or_else(|| Span::from(fragment), |span| joined(&span, fragment)));
    }
    match span.filter(|span| text.check(span).is_ok()) {
        Some(span) => {
            let quote = text.quote(&span);
            Found::Doubtful { span, quote, score: score.clamp(0.0, 1.0), candidates: candidates.min(MOST_CANDIDATES) }
        }
        None => Found::Lost,
    }
}

/// With one more fragment; two that only touch stay two.
fn joined(span: &Span, fragment: Fragment) -> Span {
    let all: Vec<_> = span.fragments().chain([fragment]).collect();
    Span::new(all).unwrap_or_else(|_| span.with(fragment))
}

/// Where each token stands in the new text.
pub(super) struct Occurrences {
    /// For each token the first of its places in `places`, and the end of the last.
    starts: Vec<u32>,
    /// Tokens of the text by what they are, ascending for each.
    places: Vec<u32>,
}

impl Occurrences {
    /// All tokens of a text by what they are, of which there are `count`.
    pub fn new(tokens: &Tokens, count: usize) -> Self {
        let mut starts = vec![0u32; count + 1];
        for id in &tokens.ids {
            starts[*id as usize + 1] += 1;
        }
        for n in 0..count {
            starts[n + 1] += starts[n];
        }
        let mut next = starts.clone();
        let mut places = vec![0u32; tokens.len()];
        for (at, id) in tokens.ids.iter().enumerate() {
            let slot = &mut next[*id as usize];
            places[*slot as usize] = at as u32;
            *slot += 1;
        }
        Self { starts, places }
    }

    fn of(&self, id: u32) -> &[u32] {
        let range = self.starts.get(id as usize).zip(self.starts.get(id as usize + 1));
        range.and_then(|(start, end)| self.places.get(*start as usize..*end as usize)).unwrap_or_default()
    }

    /// The places in the new text, in bytes, that say what a range of the old one says; of many those near to a byte of the
    /// new text. Whether these are all comes with them. Only those are found that are cut into tokens as the old one is.
    pub fn near(
        &self,
        old: &Tokens,
        new: &Tokens,
        tokens: &Range<usize>,
        bytes: &Range<usize>,
        near: usize,
    ) -> (Vec<Range<usize>>, bool) {
        let Some(wanted) = old.ids.get(tokens.clone()) else { return (Vec::new(), false) };
        let rarest = wanted.iter().enumerate().min_by_key(|(_, id)| self.of(**id).len());
        let Some((offset, id)) = rarest else { return (Vec::new(), false) };
        let places = self.of(*id);
        let are_all = places.len() <= MOST_CANDIDATES;
        let expected = places.partition_point(|place| new.start(*place as usize) < near);
        let first = expected.saturating_sub(MOST_CANDIDATES / 2).min(places.len().saturating_sub(MOST_CANDIDATES));
        let places = places.iter().skip(first).take(MOST_CANDIDATES);
        let inside = bytes.start - old.start(tokens.start);
        let fits = |place: &u32| {
            let start = (*place as usize).checked_sub(offset)?;
            (new.ids.get(start..start + wanted.len())? == wanted).then(|| new.start(start) + inside)
        };
        (places.filter_map(fits).map(|start| start..start + bytes.len()).collect(), are_all)
    }
}
