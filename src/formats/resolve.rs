//! From what a file claims to annotations and links that fit the text.
//!
//! A reader hands over raw spans and links in the ids and offsets of its file; here they are tried, verified, numbered
//! and joined. What does not fit becomes a problem with its line, and never an annotation.

use super::problem::{Cause, Place, Problem, shortened};
use super::read::{Cancelled, ImportedLayer, Progress, ReadOptions};
use super::unit_trial::{Claim, Counting, Fits, Reading, Unit, Verdict, stands, trial};
use crate::model::{
    Annotation, AnnotationId, Fragment, Link, LinkId, Name, OffsetError, Origin, Provenance, Span, Status, Text, Value,
};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

/// An annotation as a file gives it.
#[derive(Clone, PartialEq, Debug)]
pub struct RawSpan {
    /// Its id in the file; unique in its layer.
    pub id: String,
    /// The number it should get in our layer, if it is free.
    pub number: Option<u32>,
    /// Its label.
    pub label: Name,
    /// Where it claims to lie.
    pub claim: Claim,
    /// Its fragments, counted as in the claim, where the claim cannot show them: each of the claim's lies in one of them,
    /// or the claim is all from the first to the last.
    pub exact: Option<Box<[Range<usize>]>>,
    /// Its attributes.
    pub attributes: BTreeMap<Name, Value>,
    /// Its note.
    pub note: String,
    /// Where it came from, if the file says so.
    pub provenance: Option<Box<Provenance>>,
    /// In which line it stands, from 1.
    pub line: usize,
}

impl RawSpan {
    /// A span of which nothing is known yet but its id in the file, its label and its line (from 1).
    pub fn new(id: impl Into<String>, label: Name, line: usize) -> Self {
        let (attributes, note) = (BTreeMap::new(), String::new());
        let claim = Claim::default();
        Self { id: id.into(), number: None, label, claim, exact: None, attributes, note, provenance: None, line }
    }
}

/// A link as a file gives it.
#[derive(Clone, PartialEq, Debug)]
pub struct RawLink {
    /// Its id in the file, for messages.
    pub id: String,
    /// The number it should get in our layer, if it is free.
    pub number: Option<u32>,
    /// Its kind.
    pub kind: Name,
    /// Id of the annotation where it starts.
    pub from: String,
    /// Id of the annotation to which it points.
    pub to: String,
    /// Its note.
    pub note: String,
    /// Where it came from, if the file says so.
    pub provenance: Option<Provenance>,
    /// In which line it stands, from 1.
    pub line: usize,
}

/// A layer as a file gives it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RawLayer {
    /// Whose; `None` where the file does not say.
    pub annotator: Option<Name>,
    /// How far they were.
    pub status: Status,
    /// In the order of the file.
    pub spans: Vec<RawSpan>,
    /// In the order of the file.
    pub links: Vec<RawLink>,
    /// Where the links stand, if in another file than the spans.
    pub links_file: Option<String>,
    /// Spans that the reader found in the text by their quotes, by id: their claims say nothing.
    pub placed: HashMap<String, Span>,
}

/// How a format counts and quotes.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Name of the format, for the origin of what is read.
    pub format: &'static str,
    /// In what it counts.
    pub unit: Unit,
    /// Whether a quote is what stands at the fragments.
    pub fits: Fits,
    /// Which gaps between fragments are only there because the format cannot hold them.
    pub rejoin: Option<fn(gap: &str) -> bool>,
}

/// Resolves the layers of one document; `file` is where they stand, problems are added to `problems`.
pub fn layers(
    text: &Text,
    raw: Vec<RawLayer>,
    file: &str,
    rules: Rules,
    options: &ReadOptions,
    problems: &mut Vec<Problem>,
    progress: Progress,
) -> Result<(Vec<ImportedLayer>, Verdict), Cancelled> {
    // The trial looks at the claims of the whole document: one file was written by one program.
    let claims: Vec<&Claim> = raw.iter().flat_map(|layer| layer.spans.iter().map(|span| &span.claim)).collect();
    let (reading, mut verdict) = trial(text, &claims, rules.unit, options.unit, rules.fits);
    let placed: usize = raw.iter().map(|layer| layer.placed.len()).sum();
    (verdict.verified, verdict.of) = (verdict.verified + placed, verdict.of + placed);
    verdict.unquoted = verdict.unquoted.saturating_sub(placed);
    doubt_the_unit(&verdict, file, problems);
    let other_unit = if verdict.of == 0 && options.unit.is_none() { other_unit(text, &claims, &reading) } else { None };
    let base_name = file.rsplit('/').next().unwrap_or(file);
    let import = Origin::Import { format: rules.format.into(), file: base_name.into() };
    let import = Provenance::new(import, options.at);
    let mut resolver = Resolver { text, file, import, rules, options, reading, other_unit, problems, progress };
    let resolved = raw.into_iter().map(|layer| resolver.layer(layer)).collect::<Result<_, _>>()?;
    Ok((resolved, verdict))
}

/// A share of word borders this much higher under another unit is worth a word.
const CLEARLY: f32 = 0.1;
/// Of fewer annotations than this no share is worth a word.
const ENOUGH: usize = 5;

fn doubt_the_unit(verdict: &Verdict, file: &str, problems: &mut Vec<Problem>) {
    if let Some(other) = verdict.also.first() {
        let cause = Cause::Unit(format!("all quotes fit in {}, but also in {other}, elsewhere", verdict.counting));
        let help = format!("if they are {}, say `--unit {}`", other.unit.name(), other.unit.option());
        problems.push(Problem::doubt(Place::file(file), cause, help));
    }
    let taken = verdict.word_borders.iter().find(|(counting, _)| *counting == verdict.counting);
    let taken = taken.map_or(0.0, |(_, share)| *share);
    let best = verdict.word_borders.iter().copied().reduce(|best, other| if other.1 > best.1 { other } else { best });
    let enough = verdict.unquoted >= ENOUGH;
    if let Some((other, most)) = best.filter(|(_, most)| enough && *most > taken + CLEARLY) {
        let percent = |share: f32| (share * 100.0).round() as u32;
        let cause = Cause::Unit(format!(
            "the offsets may be {other}, not {}: {} % of them lie at word borders, against {} %",
            verdict.counting,
            percent(most),
            percent(taken)
        ));
        let help = if other == Counting::plain(other.unit) {
            format!("look at a few annotations; if they are shifted, say `--unit {}`", other.unit.option())
        } else {
            "look at a few annotations; if they are shifted, export them anew with their quotes, or give the text the \
             line ends that were counted"
                .to_owned()
        };
        problems.push(Problem::doubt(Place::file(file), cause, help));
    }
}

/// The first other unit under which all claims fit characters, if they do not as `reading` takes them.
fn other_unit(text: &Text, claims: &[&Claim], reading: &Reading) -> Option<Unit> {
    let fits = |reading: &Reading| {
        let mut fragments = claims.iter().flat_map(|c| &c.fragments);
        fragments.all(|f| f.start < f.end && reading.byte(f.start).is_ok() && reading.byte(f.end).is_ok())
    };
    // Offsets past the end are told by the largest; only then is anything else worth a look.
    let taken = reading.counting().unit;
    if text.as_str().is_ascii() || fits(reading) {
        return None;
    }
    Unit::ALL.into_iter().filter(|u| *u != taken).find(|u| fits(&Reading::new(text, Counting::plain(*u))))
}

struct Resolver<'a> {
    text: &'a Text,
    file: &'a str,
    /// Of what does not say where it came from.
    import: Provenance,
    rules: Rules,
    options: &'a ReadOptions,
    reading: Reading,
    /// Under which all offsets would fit, where they do not fit as they were taken.
    other_unit: Option<Unit>,
    problems: &'a mut Vec<Problem>,
    progress: Progress<'a>,
}

impl Resolver<'_> {
    fn layer(&mut self, mut raw: RawLayer) -> Result<ImportedLayer, Cancelled> {
        let mut numbers = Numbers::new(raw.spans.iter().map(|s| s.number));
        let mut ids: HashMap<String, Option<AnnotationId>> = HashMap::with_capacity(raw.spans.len());
        let mut annotations: Vec<(Annotation, usize)> = Vec::with_capacity(raw.spans.len());
        let count = raw.spans.len();
        for (n, span) in raw.spans.into_iter().enumerate() {
            if n % 4096 == 0 {
                self.progress.step(n, count)?;
            }
            let place = Place::line(self.file, span.line);
            if ids.contains_key(&span.id) {
                let help = "give one of them another id, or import the rest with `--keep-going`";
                self.problems.push(Problem::error(place, Cause::DuplicateId { id: span.id }, help));
                continue;
            }
            let found = match raw.placed.remove(&span.id) {
                Some(placed) => self.on_borders(&span.id, placed, &place),
                None => self.span(&span.id, &span.claim, span.exact.as_deref(), &place),
            };
            let id = found.as_ref().map(|_| AnnotationId(numbers.give(span.number)));
            if let (Some(found), Some(id)) = (found, id) {
                let annotation = Annotation {
                    id,
                    label: span.label,
                    span: found,
                    attributes: span.attributes,
                    note: span.note,
                    provenance: self.provenance(span.provenance.map(|own| *own)),
                };
                annotations.push((annotation, span.line));
            }
            ids.insert(span.id, id);
        }
        annotations.sort_unstable_by_key(|(a, _)| (a.span.start(), Reverse(a.span.end()), a.id));
        let (annotations, merged) = self.without_twins(annotations);
        let links_file = raw.links_file.unwrap_or_else(|| self.file.to_owned());
        let links = self.links(raw.links, &links_file, &ids, &merged);
        let annotator = raw.annotator.unwrap_or_else(|| self.options.annotator.clone());
        Ok(ImportedLayer { annotator, status: raw.status, annotations, links })
    }

    /// The origin of the file is there once for all that has it.
    fn provenance(&self, own: Option<Provenance>) -> Provenance {
        match own {
            Some(own) if own.origin == self.import.origin => Provenance { origin: self.import.origin.clone(), ..own },
            Some(own) => own,
            None => self.import.clone(),
        }
    }

    /// The span of a claim, verified; else a problem.
    fn span(&mut self, id: &str, claim: &Claim, exact: Option<&[Range<usize>]>, place: &Place) -> Option<Span> {
        if stands(&self.reading, claim, self.rules.fits) == Some(false) {
            let slices: Vec<_> = claim.fragments.iter().map(|f| self.reading.slice(f).unwrap_or("")).collect();
            let reached = claim.fragments.iter().find_map(|f| self.misfit(f));
            let cause = match reached {
                Some(error) => Cause::Offsets { id: id.to_owned(), error },
                None => Cause::QuoteDiffers {
                    id: id.to_owned(),
                    quoted: shortened(claim.quote.as_deref().unwrap_or("")),
                    found: shortened(&slices.join(" ")),
                },
            };
            let help = "it fits under no unit and no form of line ends: correct it, or import the rest with \
                        `--keep-going`";
            self.problems.push(Problem::error(place.clone(), cause, help));
            return None;
        }
        match self.convert(&claim.fragments).and_then(|span| self.whole(&span, exact)) {
            Ok(span) => self.on_borders(id, span, place),
            Err(error) => {
                self.refuse(id, error, place);
                None
            }
        }
    }

    /// Why a fragment fits no text at all, in the numbers of the file.
    fn misfit(&self, fragment: &Range<usize>) -> Option<OffsetError> {
        let backwards = Fragment::new(fragment.start, fragment.end).err().map(OffsetError::from);
        backwards.or_else(|| self.reading.byte(fragment.start).err()).or_else(|| self.reading.byte(fragment.end).err())
    }

    fn convert(&self, claimed: &[Range<usize>]) -> Result<Span, OffsetError> {
        let mut fragments: Vec<Fragment> = Vec::with_capacity(claimed.len());
        for fragment in claimed {
            if fragment.start >= fragment.end {
                // Said in the numbers of the file.
                Fragment::new(fragment.start, fragment.end)?;
            }
            fragments.push(Fragment::new(self.reading.byte(fragment.start)?, self.reading.byte(fragment.end)?)?);
        }
        let span = Span::new(fragments)?;
        Ok(span)
    }

    /// The span of which a format could show only `shown`.
    fn whole(&self, shown: &Span, exact: Option<&[Range<usize>]>) -> Result<Span, OffsetError> {
        if let Some(exact) = exact {
            let exact = self.convert(exact)?;
            let holds = |f: Fragment| exact.fragments().any(|e| e.start() <= f.start() && f.end() <= e.end());
            let is_hull = !shown.is_discontinuous() && shown.hull() == exact.hull();
            return if is_hull || shown.fragments().all(holds) {
                Ok(exact)
            } else {
                let len = self.text.len();
                Err(OffsetError::Outside { offset: exact.end(), len, unit: Unit::Bytes.name() })
            };
        }
        Ok(self.rules.rejoin.map_or_else(|| shown.clone(), |is_gap| rejoined(self.text, shown, is_gap)))
    }

    fn on_borders(&mut self, id: &str, span: Span, place: &Place) -> Option<Span> {
        let Err(error) = self.text.check(&span) else { return Some(span) };
        let widened = if self.options.widen { self.text.widened(&span) } else { None };
        if widened.is_some() {
            let cause = Cause::Widened { id: id.to_owned(), error };
            self.problems.push(Problem::doubt(place.clone(), cause, ""));
        } else {
            self.refuse(id, error, place);
        }
        widened
    }

    fn refuse(&mut self, id: &str, error: OffsetError, place: &Place) {
        let help = match error {
            OffsetError::InsideGrapheme { .. } => "widen it to whole characters with `--widen`".to_owned(),
            _ => match self.other_unit {
                Some(unit) => format!("all offsets would fit as {}: say `--unit {}`", unit.name(), unit.option()),
                None => "correct the offsets, or import the rest with `--keep-going`".to_owned(),
            },
        };
        self.problems.push(Problem::error(place.clone(), Cause::Offsets { id: id.to_owned(), error }, help));
    }

    /// Leaves out annotations that say the same as an earlier one; says whom each of them became. With their lines,
    /// sorted.
    fn without_twins(
        &mut self,
        sorted: Vec<(Annotation, usize)>,
    ) -> (Vec<Annotation>, HashMap<AnnotationId, AnnotationId>) {
        let mut became = HashMap::new();
        let mut kept: Vec<Annotation> = Vec::with_capacity(sorted.len());
        // What was said on the hull at hand; a key per annotation, so that a file of equal spans costs no square.
        let mut said: HashMap<(Name, Span, String), AnnotationId> = HashMap::new();
        let mut left = sorted.into_iter().peekable();
        while let Some((annotation, line)) = left.next() {
            let alone = |other: Option<&Annotation>| other.is_none_or(|o| o.span.hull() != annotation.span.hull());
            let (first_here, last_here) = (alone(kept.last()), alone(left.peek().map(|(next, _)| next)));
            if first_here {
                said.clear();
            }
            if !(first_here && last_here) {
                let key = (annotation.label.clone(), annotation.span.clone(), format!("{:?}", annotation.attributes));
                let first = *said.entry(key).or_insert(annotation.id);
                if first != annotation.id {
                    became.insert(annotation.id, first);
                    let what = format!("“{}” on “{}”", annotation.label, shortened(&self.text.quote(&annotation.span)));
                    let place = Place::line(self.file, line);
                    self.problems.push(Problem::doubt(place, Cause::Twin { what }, "it is taken in once"));
                    continue;
                }
            }
            kept.push(annotation);
        }
        (kept, became)
    }

    fn links(
        &mut self,
        raw: Vec<RawLink>,
        file: &str,
        ids: &HashMap<String, Option<AnnotationId>>,
        merged: &HashMap<AnnotationId, AnnotationId>,
    ) -> Vec<Link> {
        let mut numbers = Numbers::new(raw.iter().map(|l| l.number));
        let mut seen_ids: HashSet<String> = HashSet::new();
        let mut said: HashSet<(Name, AnnotationId, AnnotationId)> = HashSet::new();
        let mut links: Vec<Link> = Vec::with_capacity(raw.len());
        for link in raw {
            let place = Place::line(file, link.line);
            if !link.id.is_empty() && !seen_ids.insert(link.id.clone()) {
                let help = "give one of them another id, or import the rest with `--keep-going`";
                self.problems.push(Problem::error(place, Cause::DuplicateId { id: link.id }, help));
                continue;
            }
            let (Some(from), Some(to)) =
                (self.end(&link, &link.from, ids, &place), self.end(&link, &link.to, ids, &place))
            else {
                continue;
            };
            let became = |id| *merged.get(&id).unwrap_or(&id);
            let (from, to) = (became(from), became(to));
            if from == to {
                let help = "a link joins two annotations: correct it, or import the rest with `--keep-going`";
                let cause = Cause::SelfLink { id: name_of(&link), end: link.from };
                self.problems.push(Problem::error(place, cause, help));
            } else if !said.insert((link.kind.clone(), from, to)) {
                let what = format!("link {}", name_of(&link));
                self.problems.push(Problem::doubt(place, Cause::Twin { what }, "it is taken in once"));
            } else {
                let id = LinkId(numbers.give(link.number));
                let provenance = self.provenance(link.provenance);
                links.push(Link { id, kind: link.kind, from, to, note: link.note, provenance });
            }
        }
        links.sort_unstable_by_key(|l| l.id);
        links
    }

    fn end(
        &mut self,
        link: &RawLink,
        end: &str,
        ids: &HashMap<String, Option<AnnotationId>>,
        place: &Place,
    ) -> Option<AnnotationId> {
        let help = match ids.get(end) {
            Some(Some(id)) => return Some(*id),
            // The annotation was refused and listed; the link goes with it.
            Some(None) => "that annotation could not be taken in",
            None => "add the annotation or remove the link, or import the rest with `--keep-going`",
        };
        let cause = Cause::UnknownId { what: format!("link {}", name_of(link)), id: end.to_owned() };
        self.problems.push(Problem::error(place.clone(), cause, help));
        None
    }
}

fn name_of(link: &RawLink) -> String {
    if link.id.is_empty() { format!("“{}”", link.kind) } else { format!("`{}`", link.id) }
}

/// Gives the numbers that were wished for, and fresh ones after all of them.
struct Numbers {
    given: HashSet<u32>,
    next: u32,
}

impl Numbers {
    fn new(wishes: impl Iterator<Item = Option<u32>>) -> Self {
        let next = wishes.flatten().filter(|n| *n < u32::MAX).max().map_or(1, |n| n + 1);
        Self { given: HashSet::new(), next }
    }

    fn give(&mut self, wish: Option<u32>) -> u32 {
        match wish.filter(|n| *n < u32::MAX) {
            Some(n) if self.given.insert(n) => n,
            _ => {
                while !self.given.insert(self.next) {
                    // Two billion annotations later the numbers start again from the free ones.
                    self.next = self.next.checked_add(1).unwrap_or(1);
                }
                self.next
            }
        }
    }
}

/// The span with those fragments joined between which there is such a gap.
fn rejoined(text: &Text, span: &Span, is_gap: fn(&str) -> bool) -> Span {
    let mut joined: Vec<Fragment> = Vec::with_capacity(span.fragment_count());
    for fragment in span.fragments() {
        let gap = joined.last().and_then(|last| text.as_str().get(last.end()..fragment.start()));
        match joined.last_mut() {
            Some(last) if gap.is_some_and(is_gap) => {
                *last = Fragment::new(last.start(), fragment.end()).unwrap_or(*last);
            }
            _ => joined.push(fragment),
        }
    }
    Span::new(joined).unwrap_or_else(|_| span.clone())
}
