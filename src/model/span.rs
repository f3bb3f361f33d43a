//! Where an annotation lies: one or more fragments of a text, in bytes.
//!
//! A span knows nothing of the text; whether it fits one is asked of [`crate::model::Text`].

use std::fmt;
use std::ops::Range;

/// A non-empty byte range.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fragment {
    start: usize,
    end: usize,
}

impl Fragment {
    /// The fragment from byte `start` up to, not including, byte `end`.
    pub fn new(start: usize, end: usize) -> Result<Self, SpanError> {
        if start < end { Ok(Self { start, end }) } else { Err(SpanError::Empty { start, end }) }
    }

    /// First byte.
    pub fn start(self) -> usize {
        self.start
    }

    /// The byte after the last.
    pub fn end(self) -> usize {
        self.end
    }

    /// As a range, for slicing.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

impl fmt::Debug for Fragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// Why fragments do not make a span; offsets are bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SpanError {
    /// No fragment at all.
    #[error("a span needs at least one fragment")]
    NoFragment,
    /// A fragment that holds nothing or runs backwards.
    #[error("the end ({end}) must lie after the start ({start})")]
    Empty {
        /// First byte.
        start: usize,
        /// The byte after the last.
        end: usize,
    },
    /// Two fragments share bytes.
    #[error("fragments {0:?} and {1:?} overlap")]
    Overlap(Fragment, Fragment),
}

/// One or more fragments, ascending, never overlapping; two that touch stay two.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    first: Fragment,
    // An empty slice allocates nothing: nearly all spans have one fragment.
    rest: Box<[Fragment]>,
}

impl Span {
    /// The span made of `fragments` in any order.
    pub fn new(mut fragments: Vec<Fragment>) -> Result<Self, SpanError> {
        fragments.sort_unstable();
        for pair in fragments.windows(2) {
            if pair[1].start < pair[0].end {
                return Err(SpanError::Overlap(pair[0], pair[1]));
            }
        }
        if fragments.is_empty() {
            return Err(SpanError::NoFragment);
        }
        let first = fragments.remove(0);
        Ok(Self { first, rest: fragments.into() })
    }

    /// The span with the one fragment `start..end`.
    pub fn single(start: usize, end: usize) -> Result<Self, SpanError> {
        Ok(Fragment::new(start, end)?.into())
    }

    /// First byte of the first fragment.
    pub fn start(&self) -> usize {
        self.first.start
    }

    /// The byte after the last fragment.
    pub fn end(&self) -> usize {
        self.rest.last().unwrap_or(&self.first).end
    }

    /// From the first byte to the last, gaps included.
    pub fn hull(&self) -> Range<usize> {
        self.start()..self.end()
    }

    /// The fragments in ascending order.
    pub fn fragments(&self) -> impl DoubleEndedIterator<Item = Fragment> + '_ {
        std::iter::once(self.first).chain(self.rest.iter().copied())
    }

    /// How many fragments there are, at least one.
    pub fn fragment_count(&self) -> usize {
        1 + self.rest.len()
    }

    /// Whether there is more than one fragment.
    pub fn is_discontinuous(&self) -> bool {
        !self.rest.is_empty()
    }

    /// Bytes covered, gaps not counted.
    pub fn covered_bytes(&self) -> usize {
        self.fragments().map(|f| f.end - f.start).sum()
    }

    /// Whether any fragment shares a byte with `range`.
    pub fn touches(&self, range: &Range<usize>) -> bool {
        self.fragments().any(|f| f.start < range.end && range.start < f.end)
    }

    /// Whether two spans share a byte.
    pub fn overlaps(&self, other: &Self) -> bool {
        other.fragments().any(|f| self.touches(&f.range()))
    }

    /// This span with `added`, which is joined to the fragments that it touches or overlaps.
    #[must_use]
    pub fn with(&self, added: Fragment) -> Self {
        let mut joined = added;
        let mut fragments: Vec<_> = Vec::with_capacity(self.fragment_count() + 1);
        for f in self.fragments() {
            if f.end < joined.start || joined.end < f.start {
                fragments.push(f);
            } else {
                joined = Fragment { start: joined.start.min(f.start), end: joined.end.max(f.end) };
            }
        }
        fragments.push(joined);
        fragments.sort_unstable();
        let first = fragments.remove(0);
        Self { first, rest: fragments.into() }
    }
}

impl From<Fragment> for Span {
    fn from(first: Fragment) -> Self {
        Self { first, rest: Box::default() }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.fragments()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fragments_are_sorted_and_overlap_is_refused() {
        let f = |s, e| Fragment::new(s, e).unwrap();
        let span = Span::new(vec![f(16, 23), f(0, 5)]).unwrap();
        assert_eq!(span.fragments().collect::<Vec<_>>(), [f(0, 5), f(16, 23)]);
        assert_eq!((span.hull(), span.covered_bytes()), (0..23, 12));
        assert!(!span.touches(&(5..16)) && span.touches(&(4..5)));
        assert_eq!(Span::new(vec![f(0, 5), f(4, 9)]), Err(SpanError::Overlap(f(0, 5), f(4, 9))));
        assert_eq!(Span::new(vec![f(0, 5), f(5, 9)]).unwrap().fragment_count(), 2);
        assert_eq!(Span::new(vec![]), Err(SpanError::NoFragment));
        assert_eq!(Fragment::new(9, 4), Err(SpanError::Empty { start: 9, end: 4 }));
    }

    proptest! {
        #[test]
        fn adding_fragments_covers_exactly_the_union(parts in proptest::collection::vec((0usize..80, 1usize..9), 1..12)) {
            let fragments: Vec<_> = parts.iter().map(|&(s, n)| Fragment::new(s, s + n).unwrap()).collect();
            let span = fragments[1..].iter().fold(Span::from(fragments[0]), |span, &f| span.with(f));
            for byte in 0..100 {
                let inside = fragments.iter().any(|f| f.range().contains(&byte));
                prop_assert_eq!(span.touches(&(byte..byte + 1)), inside);
            }
            prop_assert_eq!(Span::new(span.fragments().collect()), Ok(span.clone()));
        }
    }
}
