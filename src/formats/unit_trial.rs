//! Which unit, newline form and BOM make every quote of a document fit.
//!
//! The only place of the program that guesses, and it says what it guessed. A [`Reading`] is the text as another program
//! saw it, with the way back to ours; the trial looks for the reading under which all quotes stand where the file says.

use super::cursor::Cursor;
use crate::model::{OffsetError, Text};
use std::borrow::Borrow;
use std::ops::Range;
use std::sync::Arc;

/// In what a format counts offsets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Unit {
    /// Unicode code points (Python).
    CodePoints,
    /// UTF-16 code units (Java, JavaScript).
    Utf16,
    /// UTF-8 bytes (Rust, Go, C).
    Bytes,
}

impl Unit {
    /// All, in the order in which they are tried.
    pub const ALL: [Self; 3] = [Self::CodePoints, Self::Utf16, Self::Bytes];

    /// In words: “code points”.
    pub fn name(self) -> &'static str {
        match self {
            Self::CodePoints => "code points",
            Self::Utf16 => "UTF-16 units",
            Self::Bytes => "bytes",
        }
    }

    /// As the command line writes it.
    pub fn option(self) -> &'static str {
        match self {
            Self::CodePoints => "code-points",
            Self::Utf16 => "utf-16",
            Self::Bytes => "bytes",
        }
    }
}

/// What the other program did with line ends before it counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Newlines {
    /// Nothing.
    Raw,
    /// CR LF became LF.
    CrLfAsLf,
    /// CR LF and lone CR became LF (Python’s “universal newlines”).
    CrAsLf,
    /// Lone LF became CR LF: the file was checked out elsewhere.
    LfAsCrLf,
}

impl Newlines {
    /// Those that rewrite something.
    pub const OTHERS: [Self; 3] = [Self::CrLfAsLf, Self::CrAsLf, Self::LfAsCrLf];

    /// What the other program saw for each line end that it rewrote.
    fn seen(self) -> &'static str {
        if self == Self::LfAsCrLf { "\r\n" } else { "\n" }
    }
}

/// How another program counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Counting {
    /// In what.
    pub unit: Unit,
    /// After doing what with line ends.
    pub newlines: Newlines,
    /// With a BOM in front that is no part of our text.
    pub with_bom: bool,
}

impl Counting {
    /// In `unit`, over the text as it is.
    pub fn plain(unit: Unit) -> Self {
        Self { unit, newlines: Newlines::Raw, with_bom: false }
    }
}

impl std::fmt::Display for Counting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.unit.name())?;
        f.write_str(match self.newlines {
            Newlines::Raw => "",
            Newlines::CrLfAsLf => ", line ends CR LF counted as LF",
            Newlines::CrAsLf => ", line ends CR LF and CR counted as LF",
            Newlines::LfAsCrLf => ", line ends LF counted as CR LF",
        })?;
        f.write_str(if self.with_bom { ", with a BOM in front" } else { "" })
    }
}

/// A place that a file claims, and what it says stands there.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Claim {
    /// Start and end of each fragment, as counted in the file.
    pub fragments: Box<[Range<usize>]>,
    /// What the file says stands there.
    pub quote: Option<Box<str>>,
}

/// Whether a quote is what the fragments' slices (of the text as the other program saw it) say, by a format's rules.
pub type Fits = fn(quote: &str, slices: &[&str]) -> bool;

/// Whether two texts are the same but for how much white space stands inside them: browsers show a run of it as one
/// space. At the ends none may differ, so that nothing is taken for what stands one space further on.
pub fn same_but_for_space(one: &str, other: &str) -> bool {
    let ends = |text: &str| (text.chars().next(), text.chars().next_back());
    let (first, last) = ends(one);
    let solid = |end: Option<char>| end.is_some_and(|c| !c.is_whitespace());
    one == other
        || (solid(first) && solid(last) && ends(other) == (first, last))
            && one.split_whitespace().eq(other.split_whitespace())
}

/// How the offsets of a document were counted, and how sure that is.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict {
    /// The counting that was used.
    pub counting: Counting,
    /// Quotes that stand where the file says.
    pub verified: usize,
    /// Quotes.
    pub of: usize,
    /// Annotations without a quote: converted, checked for borders, not verified.
    pub unquoted: usize,
    /// Other countings under which all quotes fit as well, at other places.
    pub also: Vec<Counting>,
    /// Share of span ends at word borders (0 to 1) under each counting; only where there are no quotes and countings
    /// differ, the one that was used first.
    pub word_borders: Vec<(Counting, f32)>,
}

impl Verdict {
    /// That nothing was there to be counted.
    pub fn nothing(unit: Unit) -> Self {
        let counting = Counting::plain(unit);
        Self { counting, verified: 0, of: 0, unquoted: 0, also: Vec::new(), word_borders: Vec::new() }
    }
}

impl Verdict {
    /// Adds what was found in another file about the same document.
    pub fn join(&mut self, other: Self) {
        if self.of + self.unquoted == 0 {
            *self = other;
            return;
        }
        self.verified += other.verified;
        self.of += other.of;
        self.unquoted += other.unquoted;
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.of > 0 {
            write!(f, "{} of {} quotes verified in {}", self.verified, self.of, self.counting)?;
        } else if self.unquoted == 0 {
            f.write_str("no annotations")?;
        } else {
            write!(f, "offsets taken as {}, no quotes to verify them", self.counting)?;
        }
        if self.unquoted > 0 && self.of > 0 {
            write!(f, "; {} without a quote", self.unquoted)?;
        }
        Ok(())
    }
}

/// A text as another program saw it, and the way back.
pub struct Reading {
    counting: Counting,
    seen: Seen,
    cursor: Cursor,
}

/// A text with its line ends as another program had them, perhaps with a BOM. Cloning shares it.
#[derive(Clone)]
struct Seen {
    text: Text,
    /// Where it and our text come to differ by another amount: byte here, byte in ours; ascending.
    shifts: Arc<[(usize, usize)]>,
}

impl Seen {
    fn new(text: &Text, newlines: Newlines, with_bom: bool) -> Self {
        if newlines == Newlines::Raw && !with_bom {
            return Self { text: text.clone(), shifts: Arc::from([(0, 0)]) };
        }
        let ours = text.as_str();
        let mut seen = String::with_capacity(ours.len() + 3);
        if with_bom {
            seen.push('\u{feff}');
        }
        let mut shifts = vec![(seen.len(), 0)];
        let mut from = 0;
        for at in memchr::memchr2_iter(b'\n', b'\r', ours.as_bytes()) {
            let Some(end) = line_end(ours, at, newlines).filter(|_| at >= from) else { continue };
            seen.push_str(&ours[from..at]);
            seen.push_str(newlines.seen());
            shifts.push((seen.len(), end));
            from = end;
        }
        seen.push_str(&ours[from..]);
        Self { text: Text::new(seen), shifts: shifts.into() }
    }
}

impl Reading {
    /// `text` as a program saw it that counted like this.
    pub fn new(text: &Text, counting: Counting) -> Self {
        Self::over(Seen::new(text, counting.newlines, counting.with_bom), counting)
    }

    fn over(seen: Seen, counting: Counting) -> Self {
        Self { counting, seen, cursor: Cursor::new(counting.unit) }
    }

    /// The text as the other program saw it.
    pub fn seen(&self) -> &Text {
        &self.seen.text
    }

    /// How was counted.
    pub fn counting(&self) -> Counting {
        self.counting
    }

    /// The byte of our text at `offset`, counted as this reading counts.
    pub fn byte(&self, offset: usize) -> Result<usize, OffsetError> {
        let nowhere = OffsetError::InsideCharacter { offset, unit: self.counting.unit.name() };
        self.ours(self.cursor.byte(&self.seen.text, offset)?).ok_or(nowhere)
    }

    /// The byte of our text at a byte of the seen one; `None` in a BOM or line end that our text does not have.
    fn ours(&self, seen: usize) -> Option<usize> {
        let shifts = &self.seen.shifts;
        let after = shifts.partition_point(|&(at, _)| at <= seen);
        let &(at, ours) = shifts.get(after.checked_sub(1)?)?;
        let next = shifts.get(after).map_or(usize::MAX, |&(at, _)| at - self.counting.newlines.seen().len());
        (seen <= next).then_some(ours + (seen - at))
    }

    /// What the other program saw between two offsets; `None` if they fit no characters of our text or run backwards.
    pub fn slice(&self, range: &Range<usize>) -> Option<&str> {
        let text = &self.seen.text;
        let (start, end) = (self.cursor.byte(text, range.start).ok()?, self.cursor.byte(text, range.end).ok()?);
        (self.ours(start)? <= self.ours(end)?).then(|| text.as_str().get(start..end))?
    }

    fn verifies(&self, claim: &Claim, fits: Fits) -> Option<bool> {
        let quote = claim.quote.as_deref()?;
        if let [one] = &claim.fragments[..] {
            return Some(self.slice(one).is_some_and(|slice| fits(quote, &[slice])));
        }
        let slices: Option<Vec<_>> = claim.fragments.iter().map(|f| self.slice(f)).collect();
        Some(slices.is_some_and(|slices| fits(quote, &slices)))
    }
}

/// Where the line end that begins at `at` ends, if it is one that `newlines` rewrites.
fn line_end(text: &str, at: usize, newlines: Newlines) -> Option<usize> {
    let bytes = text.as_bytes();
    let cr = bytes.get(at) == Some(&b'\r');
    let pair = cr && bytes.get(at + 1) == Some(&b'\n');
    match newlines {
        Newlines::Raw => None,
        Newlines::CrLfAsLf => pair.then_some(at + 2),
        Newlines::CrAsLf => cr.then_some(at + 1 + usize::from(pair)),
        Newlines::LfAsCrLf => {
            let after_cr = at.checked_sub(1).and_then(|i| bytes.get(i)) == Some(&b'\r');
            (!cr && !after_cr).then_some(at + 1)
        }
    }
}

/// So many quotes that all fit leave no room for another counting under which they all fit elsewhere.
const SURE: usize = 1_000;

/// Finds the counting under which all quotes fit, or most; `declared` is what the format says, and wins ties.
/// A `forced` unit is the only one tried.
pub fn trial(
    text: &Text,
    claims: &[impl Borrow<Claim>],
    declared: Unit,
    forced: Option<Unit>,
    fits: Fits,
) -> (Reading, Verdict) {
    let claims = || claims.iter().map(Borrow::borrow);
    let of = claims().filter(|c: &&Claim| c.quote.is_some()).count();
    let unquoted = claims().len() - of;
    let first = Counting::plain(forced.unwrap_or(declared));
    let verdict =
        |counting, verified, also, word_borders| Verdict { counting, verified, of, unquoted, also, word_borders };
    if of == 0 {
        let borders = if forced.is_none() { word_borders(text, claims(), declared) } else { Vec::new() };
        return (Reading::new(text, first), verdict(first, 0, Vec::new(), borders));
    }
    let mut best: Option<(usize, Reading)> = None;
    let mut also = Vec::new();
    let mut seen: Option<(Newlines, bool, Seen)> = None;
    for counting in countings(text, first.unit, forced) {
        let certain = best.as_ref().is_some_and(|(all, _)| *all == of);
        if certain && of > SURE {
            break;
        }
        let Counting { newlines, with_bom, .. } = counting;
        let text = match seen.take().filter(|(form, bom, _)| (*form, *bom) == (newlines, with_bom)) {
            Some((_, _, same)) => same,
            None => Seen::new(text, newlines, with_bom),
        };
        seen = Some((newlines, with_bom, text.clone()));
        let reading = Reading::over(text, counting);
        match &best {
            Some((all, found)) if *all == of => {
                let fitting = claims().all(|c| reading.verifies(c, fits).unwrap_or(true));
                if fitting && claims().any(|c| places(found, c) != places(&reading, c)) {
                    also.push(counting);
                }
            }
            _ => {
                let verified = claims().filter(|c| reading.verifies(c, fits) == Some(true)).count();
                if best.as_ref().is_none_or(|(most, _)| verified > *most) {
                    best = Some((verified, reading));
                }
            }
        }
    }
    let (verified, reading) = best.unwrap_or_else(|| (0, Reading::new(text, first)));
    let verdict = verdict(reading.counting, verified, also, Vec::new());
    (reading, verdict)
}

/// Whether the quote of a claim stands where the claim says; `None` without a quote.
pub fn stands(reading: &Reading, claim: &Claim, fits: Fits) -> Option<bool> {
    reading.verifies(claim, fits)
}

fn places(reading: &Reading, claim: &Claim) -> Option<Vec<(usize, usize)>> {
    let place = |f: &Range<usize>| Some((reading.byte(f.start).ok()?, reading.byte(f.end).ok()?));
    claim.fragments.iter().map(place).collect()
}

/// The countings that differ from each other on `text`, the declared unit over the text as it is first.
fn countings(text: &Text, declared: Unit, forced: Option<Unit>) -> Vec<Counting> {
    let content = text.as_str();
    let units: Vec<_> = match forced {
        Some(unit) => vec![unit],
        // With a BOM in front the units differ on ASCII too.
        None => std::iter::once(declared).chain(Unit::ALL.into_iter().filter(|u| *u != declared)).collect(),
    };
    let mut forms = vec![Newlines::Raw];
    let has = |byte| memchr::memchr(byte, content.as_bytes()).is_some();
    if has(b'\r') {
        forms.extend([Newlines::CrLfAsLf, Newlines::CrAsLf]);
    }
    if has(b'\n') {
        forms.push(Newlines::LfAsCrLf);
    }
    let mut all = Vec::new();
    for with_bom in [false, true] {
        for &newlines in &forms {
            let units = if content.is_ascii() && !with_bom { &units[..1] } else { &units[..] };
            all.extend(units.iter().map(|&unit| Counting { unit, newlines, with_bom }));
        }
    }
    all
}

/// Share of the ends of claims that lie at word borders, by counting, the plain one in `declared` units first; nothing
/// where countings do not differ.
fn word_borders<'a>(
    text: &Text,
    claims: impl ExactSizeIterator<Item = &'a Claim>,
    declared: Unit,
) -> Vec<(Counting, f32)> {
    // A sample tells as much as all of them.
    let every = claims.len() / 2_000 + 1;
    let sample = claims.step_by(every).flat_map(|c| &c.fragments);
    let ends: Vec<usize> = sample.flat_map(|f| [f.start, f.end]).collect();
    let countings = countings(text, declared, None);
    if ends.is_empty()
        || (text.as_str().is_ascii() && memchr::memchr2(b'\r', b'\n', text.as_str().as_bytes()).is_none())
    {
        return Vec::new();
    }
    let mut seen: Option<(Newlines, bool, Seen)> = None;
    let mut share = |counting: Counting| {
        let Counting { newlines, with_bom, .. } = counting;
        let same = seen.take().filter(|(form, bom, _)| (*form, *bom) == (newlines, with_bom));
        let (_, _, over) =
            seen.insert(same.unwrap_or_else(|| (newlines, with_bom, Seen::new(text, newlines, with_bom))));
        let reading = Reading::over(over.clone(), counting);
        let at_border = |&&end: &&usize| reading.byte(end).is_ok_and(|byte| is_word_border(text.as_str(), byte));
        (counting, ends.iter().filter(at_border).count() as f32 / ends.len() as f32)
    };
    countings.into_iter().map(&mut share).collect()
}

/// Whether no letter or digit stands on both sides: cheap, and enough to tell units apart.
fn is_word_border(text: &str, byte: usize) -> bool {
    let (Some(before), Some(after)) = (text.get(..byte), text.get(byte..)) else { return false };
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !(letter(before.chars().next_back()) && letter(after.chars().next()))
}
