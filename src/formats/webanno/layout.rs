//! In which rows each annotation stands: whole tokens, and parts of the first and last where it begins or ends inside.

use super::units::Units;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// A row: a token (from 0), or one of its parts (from 0, in the order of their rows).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct At {
    pub token: usize,
    pub part: Option<usize>,
}

/// The rows of an annotation.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Place {
    /// The first.
    at: At,
    /// The tokens that it covers whole.
    whole: Range<usize>,
    /// Whether it touches more than one token.
    several: bool,
}

/// A part of a token.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Part {
    bytes: Range<usize>,
    annotations: Vec<usize>,
}

/// The rows of a text and what stands in them.
pub struct Layout {
    pub units: Units,
    /// By number of the annotation.
    places: Vec<Place>,
    /// By token.
    parts: BTreeMap<usize, Vec<Part>>,
    /// The annotations that cover tokens whole, by their first of these.
    starts: Vec<usize>,
}

impl Layout {
    /// For annotations at `hulls`, in bytes and by start; parts come in the order in which `order` names annotations.
    pub fn new(text: &str, hulls: &[Range<usize>], order: impl Iterator<Item = usize>) -> Self {
        let units = Units::new(text, hulls);
        let nowhere = Place { at: At { token: 0, part: None }, whole: 0..0, several: false };
        let mut layout = Self { units, places: vec![nowhere; hulls.len()], parts: BTreeMap::new(), starts: Vec::new() };
        let mut known: HashMap<(usize, usize), usize> = HashMap::new();
        for n in order {
            let Some(hull) = hulls.get(n) else { continue };
            let Some((first, last)) = layout.units.touched(hull) else { continue };
            let Some((head, tail)) =
                layout.units.tokens.get(first).zip(layout.units.tokens.get(last)).map(|(f, l)| (f.clone(), l.clone()))
            else {
                continue;
            };
            let is_cut = (head.start < hull.start, hull.end < tail.end);
            let mut part = |token: usize, bytes: Range<usize>| layout.part(&mut known, token, bytes, n);
            let at = match is_cut {
                (false, true) if first == last => Some(part(first, hull.clone())),
                (true, _) => Some(part(first, hull.start..hull.end.min(head.end))),
                (false, _) => None,
            };
            if is_cut.1 && first != last {
                part(last, tail.start..hull.end);
            }
            let from = first + usize::from(at.is_some());
            let to = last + usize::from(!is_cut.1 && (first != last || at.is_none()));
            let at = At { token: first, part: at };
            if let Some(place) = layout.places.get_mut(n) {
                *place = Place { at, whole: from..to.max(from), several: first != last };
            }
        }
        layout.starts = (0..hulls.len()).filter(|n| !layout.whole(*n).is_empty()).collect();
        let mut starts = std::mem::take(&mut layout.starts);
        starts.sort_by_key(|n| (layout.whole(*n).start, *n));
        layout.starts = starts;
        layout
    }

    /// The place among the parts of a token of one that an annotation takes.
    fn part(
        &mut self,
        known: &mut HashMap<(usize, usize), usize>,
        token: usize,
        bytes: Range<usize>,
        n: usize,
    ) -> usize {
        let parts = self.parts.entry(token).or_default();
        let at = *known.entry((bytes.start, bytes.end)).or_insert(parts.len());
        match parts.get_mut(at) {
            Some(part) => part.annotations.push(n),
            None => parts.push(Part { bytes, annotations: vec![n] }),
        }
        at
    }

    fn whole(&self, n: usize) -> Range<usize> {
        self.places.get(n).map(|place| place.whole.clone()).unwrap_or_default()
    }

    /// The first row of an annotation, which stands for it in references.
    pub fn at(&self, n: usize) -> At {
        self.places.get(n).map_or(At { token: 0, part: None }, |place| place.at)
    }

    /// Whether an annotation touches more than one token.
    pub fn is_long(&self, n: usize) -> bool {
        self.places.get(n).is_some_and(|place| place.several)
    }

    /// Calls `row` for each row, with its bytes and the annotations that stand there.
    pub fn rows<E>(&self, mut row: impl FnMut(At, &Range<usize>, &[usize]) -> Result<(), E>) -> Result<(), E> {
        let mut starts = self.starts.iter().copied().peekable();
        let mut active: Vec<usize> = Vec::new();
        for (token, bytes) in self.units.tokens.iter().enumerate() {
            active.retain(|n| self.whole(*n).end > token);
            while let Some(n) = starts.next_if(|n| self.whole(*n).start <= token) {
                active.push(n);
            }
            row(At { token, part: None }, bytes, &active)?;
            for (n, part) in self.parts.get(&token).into_iter().flatten().enumerate() {
                row(At { token, part: Some(n) }, &part.bytes, &part.annotations)?;
            }
        }
        Ok(())
    }
}
