//! Finding the places of annotations whose text is gone: their quotes and the distances between them stand in for it.
//!
//! Pieces of the old text are known, the quotes; nothing is known of what stood between. Where several quotes stand in
//! the new text exactly as far from one another as they did in the old one, that is their place: distances tell what the
//! words around a quote tell otherwise. A short quote is certain only between two others: at the end of such a row it could
//! stand by chance.

use super::blocks::Counts;
use super::likeness::likeness;
use super::search::{Occurrences, doubtful};
use super::tokens::{Names, Tokens};
use super::{Found, Placed, Proposal};
use crate::model::{Fragment, Layer, Span, Text};
use std::collections::HashMap;
use std::ops::Range;

/// Stands in the old text for a byte of which nothing is known.
const UNKNOWN: char = '\u{1}';
/// Twice the words of the other quotes at the same distance and those of the quote itself, at least.
const EVIDENCE: usize = 12;
/// Pieces on each side that are looked at for whether they were doubled along.
const NEIGHBOURS: usize = 4;
/// Bytes by which a run must have moved otherwise than both of its neighbours to have moved away from them.
const ASTRAY: usize = 16;
/// Pieces and words of a run that has moved away from its neighbours, at least.
const PIECES_ASTRAY: usize = 3;
const WORDS_ASTRAY: usize = 16;
/// Bytes to the next piece within which a short quote is likely of the same sentence.
const CLOSE: usize = 100;
/// Bytes within which a place is where its neighbours say that it is.
const NEAR: usize = 200;
/// Words of a quote that is not said twice by chance.
const LONG: usize = 5;

/// Looks for every annotation of a layer whose text is known only where it was quoted: every other byte of its text is
/// U+0001, as in what `store` reads without a text.
pub fn propose_from_quotes(layer: &Layer, new: &Text) -> Proposal {
    let search = Skeleton::new(layer.text(), new);
    let placed = layer.annotations().map(|annotation| Placed {
        id: annotation.id,
        old: annotation.span.clone(),
        quote: layer.text().quote(&annotation.span),
        found: search.find(&annotation.span),
    });
    Proposal { placed: placed.collect() }
}

/// A run of quotes that stand in the new text at the same distances.
struct Run {
    /// Numbers of pieces.
    pieces: Range<usize>,
    /// How far their places have moved, in bytes.
    shift: isize,
    words: usize,
}

struct Skeleton<'a> {
    old_text: &'a Text,
    new_text: &'a Text,
    old: Tokens,
    new: Tokens,
    occurrences: Occurrences,
    counts: Counts,
    /// What is known of the old text, in bytes, ascending.
    pieces: Vec<Range<usize>>,
    /// By their first pieces; beginnings and ends do not go back.
    runs: Vec<Run>,
    /// Where the places of the runs' pieces in the new text begin, and where they end, each ascending.
    claimed: (Vec<usize>, Vec<usize>),
}

impl<'a> Skeleton<'a> {
    fn new(old_text: &'a Text, new_text: &'a Text) -> Self {
        let mut names = Names::default();
        let old = Tokens::new(old_text.as_str(), &mut names);
        let new = Tokens::new(new_text.as_str(), &mut names);
        let occurrences = Occurrences::new(&new, names.len());
        let counts = Counts::new(&old, &new);
        let pieces = known(old_text.as_str());
        let mut search = Self {
            old_text,
            new_text,
            old,
            new,
            occurrences,
            counts,
            pieces,
            runs: Vec::new(),
            claimed: Default::default(),
        };
        search.follow();
        search
    }

    fn piece(&self, n: usize) -> &'a str {
        self.pieces.get(n).and_then(|bytes| self.old_text.as_str().get(bytes.clone())).unwrap_or_default()
    }

    /// Whether a piece stands in the new text as far off as `shift` says.
    fn stands(&self, n: usize, shift: isize) -> bool {
        let start = self.pieces.get(n).and_then(|bytes| bytes.start.checked_add_signed(shift));
        let rest = start.and_then(|start| self.new_text.as_str().get(start..));
        rest.is_some_and(|rest| rest.starts_with(self.piece(n)))
    }

    fn words(&self, pieces: Range<usize>) -> usize {
        self.pieces[pieces].iter().map(|bytes| self.old.words(self.old.covering(bytes.clone()))).sum()
    }

    /// Finds the runs: from pieces that stand once in each text, in both directions.
    fn follow(&mut self) {
        let mut times: HashMap<&str, usize> = HashMap::new();
        for n in 0..self.pieces.len() {
            *times.entry(self.piece(n)).or_insert(0) += 1;
        }
        let mut runs: Vec<Run> = Vec::new();
        for n in 0..self.pieces.len() {
            let bytes = self.pieces[n].clone();
            let (places, true) = self.places(&bytes, bytes.start) else { continue };
            let [only] = &places[..] else { continue };
            if times.get(self.piece(n)) != Some(&1) {
                continue;
            }
            let shift = only.start as isize - bytes.start as isize;
            if runs.last().is_some_and(|run| run.shift == shift && run.pieces.end > n) {
                continue;
            }
            let start = (0..n).rev().take_while(|m| self.stands(*m, shift)).last().unwrap_or(n);
            let end = (n + 1..self.pieces.len()).take_while(|m| self.stands(*m, shift)).last().unwrap_or(n) + 1;
            runs.push(Run { pieces: start..end, shift, words: self.words(start..end) });
        }
        let (mut starts, mut ends) = (Vec::new(), Vec::new());
        for run in &runs {
            let moved = |byte: usize| byte.checked_add_signed(run.shift).unwrap_or_default();
            starts.extend(self.pieces[run.pieces.clone()].iter().map(|bytes| moved(bytes.start)));
            ends.extend(self.pieces[run.pieces.clone()].iter().map(|bytes| moved(bytes.end)));
        }
        starts.sort_unstable();
        ends.sort_unstable();
        (self.runs, self.claimed) = (runs, (starts, ends));
    }

    /// Where the new text says the same, and whether these are all places.
    fn places(&self, bytes: &Range<usize>, near: usize) -> (Vec<Range<usize>>, bool) {
        let tokens = self.old.covering(bytes.clone());
        self.occurrences.near(&self.old, &self.new, &tokens, bytes, near)
    }

    fn find(&self, span: &Span) -> Found {
        let hull = span.hull();
        let first = self.pieces.partition_point(|piece| piece.end <= hull.start);
        let end = self.pieces.partition_point(|piece| piece.start < hull.end);
        let of = |run: &&Run| run.pieces.start < end && first < run.pieces.end;
        let runs: Vec<&Run> = {
            let from = self.runs.partition_point(|run| run.pieces.end <= first);
            self.runs[from..].iter().take_while(|run| run.pieces.start < end).filter(of).collect()
        };
        let quote_words: usize = span.fragments().map(|f| self.old.words(self.old.covering(f.range()))).sum();
        if let [run] = runs[..]
            && run.pieces.start <= first
            && end <= run.pieces.end
            && (self.is_between(first, end, run) || self.words(first..end) >= LONG)
            && 2 * run.words.saturating_sub(quote_words) + quote_words >= EVIDENCE
            && !(first..end).any(|piece| self.is_doubled(piece, run.shift) || self.grew(piece, span))
            && !(first..end).any(|piece| self.has_rival(piece, run))
            && let Some(new) = shifted(span, run.shift)
            && self.is_claimed_once(&new)
            && !self.counts.is_twice(&self.new, &self.new.covering(new.hull()))
            && self.new_text.verify(&new, &self.old_text.quote(span)).is_ok()
        {
            return if new == *span { Found::Exact } else { Found::Moved(new) };
        }
        self.guess(span, runs.first().map(|run| run.shift).or_else(|| self.shift_near(first)).unwrap_or(0))
    }

    /// Whether a piece stands elsewhere as well together with one of its neighbours, or is so long that it needs none: the
    /// text does not say then which is the one that was there. Where that cannot be looked up it counts as doubled.
    fn is_doubled(&self, piece: usize, shift: isize) -> bool {
        let neighbours = || {
            let around = piece.saturating_sub(NEIGHBOURS)..(piece + NEIGHBOURS + 1).min(self.pieces.len());
            around.filter(|n| *n != piece)
        };
        let elsewhere = |n: usize| -> Option<Vec<isize>> {
            let bytes = self.pieces.get(n)?;
            let (places, true) = self.places(bytes, bytes.start) else { return None };
            let shifts = places.into_iter().map(|place| place.start as isize - bytes.start as isize);
            Some(shifts.filter(|other| *other != shift).collect())
        };
        if let Some(others) = elsewhere(piece) {
            let is_long = self.words(piece..piece + 1) >= LONG;
            return others.iter().any(|other| is_long || neighbours().any(|n| self.stands(n, *other)));
        }
        let rare: Vec<_> = neighbours().filter_map(elsewhere).collect();
        rare.is_empty() || rare.iter().flatten().any(|other| self.stands(piece, *other))
    }

    /// Whether pieces stand between two others of their run, one of them close by.
    fn is_between(&self, first: usize, end: usize, run: &Run) -> bool {
        let before = first.checked_sub(1).and_then(|n| self.pieces.get(n)).zip(self.pieces.get(first));
        let behind = end.checked_sub(1).and_then(|n| self.pieces.get(n)).zip(self.pieces.get(end));
        let close = |pair: Option<(&Range<usize>, &Range<usize>)>| pair.is_some_and(|(a, b)| b.start - a.end <= CLOSE);
        run.pieces.start < first && end < run.pieces.end && (close(before) || close(behind))
    }

    /// Whether a piece that has moved away from what stood around it is in a run too short to tell that, or stands there as
    /// well: it was doubled then, and the others of its run are no longer found where they were.
    fn has_rival(&self, piece: usize, run: &Run) -> bool {
        let Some(bytes) = self.pieces.get(piece) else { return true };
        let behind = self.runs.partition_point(|other| other.pieces.end <= piece);
        let before = behind.checked_sub(1).and_then(|n| self.runs.get(n));
        let next = self.runs[behind..].iter().find(|other| other.pieces.start > piece);
        let shifts: Vec<isize> = before.into_iter().chain(next).map(|other| other.shift).collect();
        let away = |shift: &isize, by: usize| shift.abs_diff(run.shift) > by;
        let is_short = run.pieces.len() < PIECES_ASTRAY || run.words < WORDS_ASTRAY;
        if is_short && !shifts.is_empty() && shifts.iter().all(|shift| away(shift, ASTRAY)) {
            return true;
        }
        // Where its neighbours have gone it would be found as well, if it was doubled.
        shifts.iter().filter(|shift| away(shift, NEAR)).any(|shift| {
            let expected = bytes.start.saturating_add_signed(*shift);
            let (places, _) = self.places(bytes, expected);
            places.iter().any(|place| place.start.abs_diff(expected) <= NEAR)
        })
    }

    /// Whether words of a piece that are marked by a span stand more often in the new text than in all quotes.
    fn grew(&self, piece: usize, span: &Span) -> bool {
        let Some(bytes) = self.pieces.get(piece) else { return true };
        let within = self.old.covering(bytes.clone());
        let marked = span.fragments().filter(|fragment| bytes.start <= fragment.start() && fragment.end() <= bytes.end);
        marked.map(|fragment| self.old.covering(fragment.range())).any(|at| self.counts.grew(&self.old, &at, &within))
    }

    /// Whether no other run claims a part of a place.
    fn is_claimed_once(&self, span: &Span) -> bool {
        // A piece holds a fragment; two that overlap are of two runs.
        span.fragments().all(|fragment| {
            let (starts, ends) = &self.claimed;
            let begun = starts.partition_point(|start| *start < fragment.end());
            begun - ends.partition_point(|end| *end <= fragment.start()) == 1
        })
    }

    /// How far the nearest run before or behind a piece has moved.
    fn shift_near(&self, piece: usize) -> Option<isize> {
        let behind = self.runs.partition_point(|run| run.pieces.end <= piece);
        let before = behind.checked_sub(1).and_then(|n| self.runs.get(n));
        before.or_else(|| self.runs.get(behind)).map(|run| run.shift)
    }

    /// The best proposal: the same words, near to where they would be; else what stands there.
    fn guess(&self, span: &Span, shift: isize) -> Found {
        let (mut found, mut score, mut candidates) = (Vec::<Range<usize>>::new(), 0.0, 0);
        let count = span.fragment_count() as f64;
        for fragment in span.fragments() {
            let expected = fragment.start().saturating_add_signed(shift).min(self.new_text.len());
            let (places, _) = self.places(&fragment.range(), expected);
            candidates = candidates.max(places.len());
            let nearest = places.into_iter().min_by_key(|place| place.start.abs_diff(expected));
            let quote = self.old_text.slice(fragment);
            let there = || {
                let tokens = self.new.covering(expected..expected + quote.len());
                let bytes = self.new.bytes(tokens);
                let like = likeness(quote, self.new_text.as_str().get(bytes.clone()).unwrap_or_default());
                (like >= 0.5).then_some((bytes, 0.7 * like))
            };
            let Some((range, like)) = nearest.map(|place| (place, 0.7)).or_else(there) else { continue };
            score += like / count;
            if found.iter().all(|other| other.end <= range.start || range.end <= other.start) {
                found.push(range);
            }
        }
        doubtful(self.new_text, found, score, candidates)
    }
}

/// The pieces of the text that are known.
fn known(text: &str) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for piece in text.split(UNKNOWN) {
        if !piece.is_empty() {
            pieces.push(at..at + piece.len());
        }
        at += piece.len() + UNKNOWN.len_utf8();
    }
    pieces
}

fn shifted(span: &Span, shift: isize) -> Option<Span> {
    let moved = span.fragments().map(|fragment| {
        let (start, end) = (fragment.start().checked_add_signed(shift)?, fragment.end().checked_add_signed(shift)?);
        Fragment::new(start, end).ok()
    });
    Span::new(moved.collect::<Option<Vec<_>>>()?).ok()
}
