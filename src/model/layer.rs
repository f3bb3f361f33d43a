//! Everything that one annotator made in one document.
//!
//! A layer holds its text, so that its annotations always fit it: nothing enters that lies outside the text or
//! within a grapheme, no link dangles, no annotation says the same as another. Here: the invariants and the questions.
//! Elsewhere: what a change is (`edit`).

use super::{Annotation, AnnotationId, DocumentId, Link, LinkId, Name, OffsetError, Text};
use imbl::{OrdMap, OrdSet};
use iset::IntervalMap;
use std::cmp::Reverse;
use std::ops::{Bound, Range};
use std::sync::{Arc, OnceLock};

/// Which layer: one annotator's, in one document.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LayerKey {
    /// In which document.
    pub document: DocumentId,
    /// Whose.
    pub annotator: Name,
}

/// How far the annotator is with the document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Status {
    /// Nothing was done yet.
    #[default]
    NotStarted,
    /// Being worked on.
    InProgress,
    /// Finished.
    Done,
    /// Somebody should look again.
    SecondLook,
}

/// The numbers that the next annotation and the next link get.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct NextIds {
    /// For annotations, at least 1.
    pub annotation: u32,
    /// For links, at least 1.
    pub link: u32,
}

impl Default for NextIds {
    fn default() -> Self {
        Self { annotation: 1, link: 1 }
    }
}

/// Why something cannot be put into, or taken out of, a layer.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum LayerError {
    /// The span does not fit the text.
    #[error("annotation {id}: {error}")]
    Offsets {
        /// The annotation.
        id: AnnotationId,
        /// What does not fit.
        error: OffsetError,
    },
    /// The id is taken.
    #[error("the id {0} is used twice")]
    DuplicateAnnotation(AnnotationId),
    /// The id is taken.
    #[error("the id {0} is used twice")]
    DuplicateLink(LinkId),
    /// There is one that says the same.
    #[error("{1} says the same as {0}: the same label on the same text with the same attributes")]
    Twin(AnnotationId, AnnotationId),
    /// There is a link that says the same.
    #[error("{1} says the same as {0}: the same kind of link between the same annotations")]
    TwinLink(LinkId, LinkId),
    /// Not there.
    #[error("there is no annotation {0}")]
    NoSuchAnnotation(AnnotationId),
    /// Not there.
    #[error("there is no link {0}")]
    NoSuchLink(LinkId),
    /// One end of the link is not there.
    #[error("link {link} needs annotation {end}, which does not exist")]
    DanglingLink {
        /// The link.
        link: LinkId,
        /// The missing end.
        end: AnnotationId,
    },
    /// A link from an annotation to itself.
    #[error("link {0} joins an annotation with itself")]
    SelfLink(LinkId),
    /// What is there is not what the change says was there.
    #[error("{0} was changed in the meantime")]
    Changed(String),
}

/// Sorted by start, then longest first, then id: the order of the file, of lists and of the Tab key.
pub(crate) type OrderKey = (usize, Reverse<usize>, AnnotationId);

/// By which annotations of a layer are ordered.
pub(crate) fn order_key(annotation: &Annotation) -> OrderKey {
    (annotation.span.start(), Reverse(annotation.span.end()), annotation.id)
}

/// Everything that one annotator made in one document. A copy costs the same however large the layer is.
pub struct Layer {
    key: LayerKey,
    text: Text,
    status: Status,
    annotations: OrdMap<AnnotationId, Arc<Annotation>>,
    links: OrdMap<LinkId, Arc<Link>>,
    next: NextIds,
    /// Never goes back, not even by undo, so that no id is given twice in a session.
    high_water: NextIds,
    order: OrdSet<OrderKey>,
    /// One entry for each fragment. Made at the first question: all at once takes a quarter of the time.
    index: OnceLock<IntervalMap<usize, AnnotationId>>,
    /// One entry for each end.
    link_ends: OrdSet<(AnnotationId, LinkId)>,
}

impl Layer {
    /// An empty layer over `text`.
    pub fn new(key: LayerKey, text: Text) -> Self {
        Self {
            key,
            text,
            status: Status::default(),
            annotations: OrdMap::new(),
            links: OrdMap::new(),
            next: NextIds::default(),
            high_water: NextIds::default(),
            order: OrdSet::new(),
            index: OnceLock::new(),
            link_ends: OrdSet::new(),
        }
    }

    /// Which layer this is.
    pub fn key(&self) -> &LayerKey {
        &self.key
    }

    /// The text that it lies over.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// How far the annotator is.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Sets how far the annotator is.
    pub fn set_status(&mut self, status: Status) {
        self.status = status;
    }

    /// Whether somebody has marked something, or said how far they are: else that nothing is marked means nothing.
    pub fn is_worked_on(&self) -> bool {
        !self.is_empty() || self.status != Status::NotStarted
    }

    /// Whether there is nothing to save.
    pub fn is_untouched(&self) -> bool {
        self.annotations.is_empty()
            && self.links.is_empty()
            && self.status == Status::NotStarted
            && self.next == NextIds::default()
    }

    /// Number of annotations.
    pub fn len(&self) -> usize {
        self.annotations.len()
    }

    /// Whether there is no annotation.
    pub fn is_empty(&self) -> bool {
        self.annotations.is_empty()
    }

    /// The annotation with this id.
    pub fn get(&self, id: AnnotationId) -> Option<&Annotation> {
        self.annotations.get(&id).map(Arc::as_ref)
    }

    /// The link with this id.
    pub fn link(&self, id: LinkId) -> Option<&Link> {
        self.links.get(&id).map(Arc::as_ref)
    }

    /// Annotations by start, then longest first, then id.
    pub fn annotations(&self) -> impl DoubleEndedIterator<Item = &Annotation> + '_ {
        self.order.iter().filter_map(|key| self.get(key.2))
    }

    /// The next `count` annotations after `last` (the first ones for `None`), in the order of [`Layer::annotations`], to be
    /// kept: for lists that are made bit by bit. Empty after the last, and where `last` is not there.
    pub fn shared_after(&self, last: Option<AnnotationId>, count: usize) -> Vec<Arc<Annotation>> {
        let from = match last.map(|id| self.get(id).map(order_key)) {
            None => Bound::Unbounded,
            Some(Some(key)) => Bound::Excluded(key),
            Some(None) => return Vec::new(),
        };
        let keys = self.order.range((from, Bound::Unbounded)).take(count);
        keys.filter_map(|key| self.annotations.get(&key.2).cloned()).collect()
    }

    /// The annotation with this id, to be kept.
    pub fn shared(&self, id: AnnotationId) -> Option<Arc<Annotation>> {
        self.annotations.get(&id).cloned()
    }

    /// Annotations in the quickest order, which is that of their ids.
    pub fn in_any_order(&self) -> impl ExactSizeIterator<Item = &Annotation> + '_ {
        self.annotations.values().map(Arc::as_ref)
    }

    /// Links by id.
    pub fn links(&self) -> impl ExactSizeIterator<Item = &Link> + '_ {
        self.links.values().map(Arc::as_ref)
    }

    /// Links that start or end at `id`, by link id.
    pub fn links_of(&self, id: AnnotationId) -> impl Iterator<Item = &Link> + '_ {
        let ends = self.link_ends.range((id, LinkId(0))..=(id, LinkId(u32::MAX)));
        ends.filter_map(|(_, link)| self.link(*link))
    }

    /// Annotations of which a fragment shares a byte with `range`, in the order of [`Layer::annotations`];
    /// O(log n + k log k), but O(n log n) for the first question after loading.
    pub fn touching(&self, range: Range<usize>) -> Vec<&Annotation> {
        if range.start >= range.end {
            return Vec::new();
        }
        let mut found: Vec<_> = self
            .index
            .get_or_init(|| indexed(self.in_any_order()))
            .values(range)
            .filter_map(|id| self.get(*id))
            .collect();
        found.sort_unstable_by_key(|a| order_key(a));
        // Two fragments of one annotation can both touch.
        found.dedup_by_key(|a| a.id);
        found
    }

    /// The first annotation that starts at or after the place (`byte`, `after`), in the order of
    /// [`Layer::annotations`]; `after` leaves out up to and including that annotation at `byte`.
    pub fn next_after(&self, byte: usize, after: Option<AnnotationId>) -> Option<&Annotation> {
        let found = match after.and_then(|id| self.get(id)) {
            Some(a) => self.order.range((Bound::Excluded(order_key(a)), Bound::Unbounded)).next(),
            None => self.order.range((byte, Reverse(usize::MAX), AnnotationId(0))..).next(),
        };
        found.and_then(|key| self.get(key.2))
    }

    /// The last annotation before the place (`byte`, `before`); the mirror of [`Layer::next_after`].
    pub fn previous_before(&self, byte: usize, before: Option<AnnotationId>) -> Option<&Annotation> {
        let found = match before.and_then(|id| self.get(id)) {
            Some(a) => self.order.range(..order_key(a)).next_back(),
            None => self.order.range(..(byte, Reverse(usize::MAX), AnnotationId(0))).next_back(),
        };
        found.and_then(|key| self.get(key.2))
    }

    /// All other annotations, those first whose start is nearest to the start of annotation `id`; each costs O(log n).
    pub fn nearest(&self, id: AnnotationId) -> impl Iterator<Item = &Annotation> + '_ {
        let here = self.get(id).map_or(0, |a| a.span.start());
        let away = move |a: &Annotation| a.span.start().abs_diff(here);
        let (mut before, mut after) = match self.get(id) {
            Some(a) => (self.previous_before(here, Some(a.id)), self.next_after(here, Some(a.id))),
            None => (None, None),
        };
        std::iter::from_fn(move || {
            let back = before.is_some_and(|b| after.is_none_or(|a| away(b) <= away(a)));
            let side = if back { &mut before } else { &mut after };
            let found = (*side)?;
            let (byte, place) = (found.span.start(), Some(found.id));
            *side = if back { self.previous_before(byte, place) } else { self.next_after(byte, place) };
            Some(found)
        })
    }

    /// An annotation that says the same as `annotation`, other than itself.
    pub fn twin_of(&self, annotation: &Annotation) -> Option<&Annotation> {
        self.with_hull(annotation.span.hull()).find(|other| other.id != annotation.id && other.is_twin_of(annotation))
    }

    /// The annotations of one fragment that begin and end where `range` does, by id; O(log n + k).
    pub fn on(&self, range: Range<usize>) -> impl Iterator<Item = &Annotation> + '_ {
        self.with_hull(range).filter(|a| !a.span.is_discontinuous())
    }

    fn with_hull(&self, hull: Range<usize>) -> impl Iterator<Item = &Annotation> + '_ {
        let (start, end) = (hull.start, Reverse(hull.end));
        let keys = self.order.range((start, end, AnnotationId(0))..=(start, end, AnnotationId(u32::MAX)));
        keys.filter_map(|key| self.get(key.2))
    }

    /// The numbers that the next annotation and link get in the file.
    pub fn next_ids(&self) -> NextIds {
        self.next
    }

    /// Numbers that no annotation or link of this session ever had.
    pub fn fresh_ids(&self) -> NextIds {
        NextIds {
            annotation: self.next.annotation.max(self.high_water.annotation),
            link: self.next.link.max(self.high_water.link),
        }
    }

    /// Sets the next numbers; never below what is in use.
    pub fn set_next_ids(&mut self, next: NextIds) {
        let after = |last: Option<u32>| last.map_or(1, |n| n.saturating_add(1));
        self.next = NextIds {
            annotation: next.annotation.max(after(self.annotations.get_max().map(|(id, _)| id.0))),
            link: next.link.max(after(self.links.get_max().map(|(id, _)| id.0))),
        };
        self.high_water = self.fresh_ids();
    }

    /// Never gives numbers below these, which were given before and taken back.
    pub fn skip_ids(&mut self, given: NextIds) {
        self.high_water.annotation = self.high_water.annotation.max(given.annotation);
        self.high_water.link = self.high_water.link.max(given.link);
    }

    /// Puts an annotation in.
    pub fn insert(&mut self, annotation: Annotation) -> Result<(), LayerError> {
        let id = annotation.id;
        self.text.check(&annotation.span).map_err(|error| LayerError::Offsets { id, error })?;
        self.insert_checked(Arc::new(annotation))
    }

    /// Puts an annotation in whose span was compared with this text a moment ago.
    pub(crate) fn insert_checked(&mut self, annotation: Arc<Annotation>) -> Result<(), LayerError> {
        let id = annotation.id;
        if self.annotations.contains_key(&id) {
            return Err(LayerError::DuplicateAnnotation(id));
        }
        if let Some(twin) = self.twin_of(&annotation) {
            return Err(LayerError::Twin(twin.id, id));
        }
        self.order.insert(order_key(&annotation));
        if let Some(index) = self.index.get_mut() {
            annotation.span.fragments().for_each(|fragment| index.force_insert(fragment.range(), id));
        }
        self.next.annotation = self.next.annotation.max(id.0.saturating_add(1));
        self.high_water.annotation = self.high_water.annotation.max(self.next.annotation);
        self.annotations.insert(id, annotation);
        Ok(())
    }

    /// Puts many annotations at once into an empty layer, in whose text they lie: what was made of the same ones.
    /// `false`, and nothing is changed, where the layer is not empty.
    pub(crate) fn fill(&mut self, by_id: ById, by_place: ByPlace) -> bool {
        if !self.annotations.is_empty() || by_id.0.len() != by_place.order.len() {
            return false;
        }
        (self.annotations, self.order, self.index) = (by_id.0, by_place.order, by_place.index.into());
        let next = self.annotations.get_max().map_or(1, |(id, _)| id.0.saturating_add(1));
        self.next.annotation = self.next.annotation.max(next);
        self.high_water.annotation = self.high_water.annotation.max(self.next.annotation);
        true
    }

    /// Takes an annotation out. Its links must have gone before.
    pub fn remove(&mut self, id: AnnotationId) -> Result<Annotation, LayerError> {
        if let Some(link) = self.links_of(id).next() {
            return Err(LayerError::DanglingLink { link: link.id, end: id });
        }
        self.take(id)
    }

    /// Takes an annotation out whose links stay for the moment: whoever calls this puts it back or checks the links.
    pub(crate) fn take(&mut self, id: AnnotationId) -> Result<Annotation, LayerError> {
        let annotation = self.annotations.remove(&id).ok_or(LayerError::NoSuchAnnotation(id))?;
        self.order.remove(&order_key(&annotation));
        if let Some(index) = self.index.get_mut() {
            for fragment in annotation.span.fragments() {
                index.remove_where(fragment.range(), |found| *found == id);
            }
        }
        Ok(Arc::unwrap_or_clone(annotation))
    }

    /// Puts a link in. Both ends must be there.
    pub fn insert_link(&mut self, link: Link) -> Result<(), LayerError> {
        if self.links.contains_key(&link.id) {
            return Err(LayerError::DuplicateLink(link.id));
        }
        if link.from == link.to {
            return Err(LayerError::SelfLink(link.id));
        }
        for end in [link.from, link.to] {
            if !self.annotations.contains_key(&end) {
                return Err(LayerError::DanglingLink { link: link.id, end });
            }
        }
        let twin = self.links_of(link.from).find(|l| l.kind == link.kind && l.from == link.from && l.to == link.to);
        if let Some(twin) = twin {
            return Err(LayerError::TwinLink(twin.id, link.id));
        }
        self.link_ends.insert((link.from, link.id));
        self.link_ends.insert((link.to, link.id));
        self.next.link = self.next.link.max(link.id.0.saturating_add(1));
        self.high_water.link = self.high_water.link.max(self.next.link);
        self.links.insert(link.id, Arc::new(link));
        Ok(())
    }

    /// Takes a link out.
    pub fn remove_link(&mut self, id: LinkId) -> Result<Link, LayerError> {
        let link = self.links.remove(&id).ok_or(LayerError::NoSuchLink(id))?;
        self.link_ends.remove(&(link.from, id));
        self.link_ends.remove(&(link.to, id));
        Ok(Arc::unwrap_or_clone(link))
    }
}

/// Many annotations by id: half of what [`Layer::fill`] needs, so that both can be made at once.
pub(crate) struct ById(OrdMap<AnnotationId, Arc<Annotation>>);

impl ById {
    /// Of annotations with different ids.
    pub(crate) fn of(annotations: &[Arc<Annotation>]) -> Self {
        let mut by_id: Vec<_> = annotations.iter().map(|a| (a.id, a.clone())).collect();
        by_id.sort_unstable_by_key(|(id, _)| *id);
        Self(by_id.into_iter().collect())
    }
}

/// Many annotations by place: the other half.
pub(crate) struct ByPlace {
    order: OrdSet<OrderKey>,
    index: IntervalMap<usize, AnnotationId>,
}

impl ByPlace {
    /// `None` where two have one id or say the same, or may do: [`Layer::insert_checked`] then says which.
    pub(crate) fn of(annotations: &[Arc<Annotation>]) -> Option<Self> {
        if !are_distinct(annotations) {
            return None;
        }
        let mut keys: Vec<_> = annotations.iter().map(|a| order_key(a)).collect();
        keys.sort_unstable();
        Some(Self { order: keys.into_iter().collect(), index: indexed(annotations.iter().map(Arc::as_ref)) })
    }
}

/// The fragments of annotations, to be asked by place.
fn indexed<'a>(annotations: impl Iterator<Item = &'a Annotation>) -> IntervalMap<usize, AnnotationId> {
    let fragments = annotations.flat_map(|a| a.span.fragments().map(|f| (f.start(), f.end(), a.id)));
    let mut fragments: Vec<_> = fragments.collect();
    fragments.sort_unstable();
    let is_again = |pair: &[(usize, usize, AnnotationId)]| (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1);
    let again: Vec<_> = fragments.windows(2).filter(|pair| is_again(pair)).map(|pair| pair[1]).collect();
    // What is sorted must not hold a range twice.
    fragments.dedup_by_key(|(start, end, _)| (*start, *end));
    let mut index = IntervalMap::from_sorted(fragments.into_iter().map(|(start, end, id)| (start..end, id)));
    for (start, end, id) in again {
        index.force_insert(start..end, id);
    }
    index
}

/// Whether no two annotations have one id or say the same. Many on one place are not looked at.
fn are_distinct(annotations: &[Arc<Annotation>]) -> bool {
    const MANY: usize = 16;
    let mut ids: Vec<_> = annotations.iter().map(|a| a.id).collect();
    ids.sort_unstable();
    let mut by_place: Vec<_> = annotations.iter().collect();
    by_place.sort_by_key(|a| (a.span.start(), a.span.end()));
    let mut places = by_place.chunk_by(|a, b| a.span.hull() == b.span.hull());
    ids.is_sorted_by(|a, b| a < b)
        && places.all(|place| {
            place.len() <= MANY && place.iter().enumerate().all(|(n, a)| !place[..n].iter().any(|b| b.is_twin_of(a)))
        })
}

impl Clone for Layer {
    fn clone(&self) -> Self {
        Self {
            key: self.key.clone(),
            text: self.text.clone(),
            status: self.status,
            annotations: self.annotations.clone(),
            links: self.links.clone(),
            next: self.next,
            high_water: self.high_water,
            order: self.order.clone(),
            // The one part that would have to be copied; most copies are never asked.
            index: OnceLock::new(),
            link_ends: self.link_ends.clone(),
        }
    }
}

impl PartialEq for Layer {
    /// Whether two layers are saved as the same file.
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
            && self.text == other.text
            && self.status == other.status
            && self.next == other.next
            && self.annotations == other.annotations
            && self.links == other.links
    }
}

impl std::fmt::Debug for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Layer")
            .field("key", &self.key)
            .field("status", &self.status)
            .field("next", &self.next)
            .field("annotations", &self.annotations)
            .field("links", &self.links)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{annotation, layer_over, link};
    use crate::model::{Fragment, Span};
    use proptest::prelude::*;

    #[test]
    fn what_does_not_fit_never_enters() {
        let mut layer = layer_over("🦀 Ana said it");
        layer.insert(annotation(1, "speaker", 5..8)).unwrap();
        let refused = |layer: &mut Layer, a| layer.insert(a).unwrap_err().to_string();
        assert!(refused(&mut layer, annotation(2, "claim", 2..8)).contains("inside a character"));
        assert!(refused(&mut layer, annotation(2, "claim", 5..99)).contains("outside the text"));
        assert_eq!(refused(&mut layer, annotation(1, "claim", 9..13)), "the id a1 is used twice");
        assert!(refused(&mut layer, annotation(2, "speaker", 5..8)).starts_with("a2 says the same as a1"));
        layer.insert(annotation(2, "claim", 5..8)).unwrap();
        layer.insert_link(link(1, "says", 1, 2)).unwrap();
        assert!(layer.remove(AnnotationId(1)).is_err(), "its link would dangle");
        assert!(layer.insert_link(link(2, "says", 1, 2)).is_err());
        assert!(layer.insert_link(link(2, "says", 1, 9)).is_err());
        assert!(layer.insert_link(link(2, "says", 1, 1)).is_err());
        assert_eq!(layer.next_ids(), NextIds { annotation: 3, link: 2 });
    }

    proptest! {
        #[test]
        fn many_at_once_are_the_same_as_one_by_one(
            rows in proptest::collection::vec((1u32..30, 0usize..6, 1usize..4, 0usize..2), 1..8),
            query in 0usize..8,
        ) {
            let (mut filled, mut expected) = (layer_over("añ日😀 bcdefg"), layer_over("añ日😀 bcdefg"));
            let bytes: Vec<_> = filled.text().as_str().char_indices().map(|(byte, _)| byte).collect();
            let rows = rows.into_iter().map(|(id, start, len, label)| {
                Arc::new(annotation(id, ["claim", "speaker"][label], bytes[start]..bytes[start + len]))
            });
            let rows: Vec<_> = rows.collect();
            let all_fit = rows.iter().all(|row| expected.insert_checked(row.clone()).is_ok());
            let by_place = ByPlace::of(&rows);
            prop_assert_eq!(by_place.is_some(), all_fit);
            if let Some(by_place) = by_place {
                prop_assert!(filled.fill(ById::of(&rows), by_place));
                prop_assert!(!filled.fill(ById::of(&rows), ByPlace::of(&rows).unwrap()), "it is not empty any more");
                prop_assert_eq!(&filled, &expected);
                prop_assert_eq!(filled.fresh_ids(), expected.fresh_ids());
                let ids = |found: Vec<&Annotation>| found.into_iter().map(|a| a.id).collect::<Vec<_>>();
                prop_assert_eq!(ids(filled.annotations().collect()), ids(expected.annotations().collect()));
                let range = bytes[query]..bytes[query] + 1;
                prop_assert_eq!(ids(filled.touching(range.clone())), ids(expected.touching(range)));
            }
        }

        #[test]
        fn the_index_agrees_with_a_naive_scan_after_random_edits(
            edits in proptest::collection::vec((0u32..40, 0usize..60, 1usize..20, 0usize..9, any::<bool>()), 1..120),
            queries in proptest::collection::vec((0usize..80, 1usize..30), 10),
        ) {
            let mut layer = layer_over(&"añ日😀 b".repeat(12));
            let borders: Vec<_> = layer.text().as_str().char_indices().map(|(i, _)| i).collect();
            let half = edits.len() / 2;
            for (n, (id, start, len, gap, remove)) in edits.into_iter().enumerate() {
                if n == half {
                    // From the first question on the index follows the edits.
                    layer.touching(0..1);
                }
                let id = AnnotationId(id);
                let before = layer.clone();
                let result = if remove {
                    layer.remove(id).map(drop)
                } else {
                    let f = |s: usize, n: usize| Fragment::new(borders[s % 50], borders[(s % 50 + n).min(71)]).unwrap();
                    let mut a = annotation(id.0, "claim", 0..1);
                    a.span = Span::from(f(start, len));
                    if gap > 0 {
                        a.span = a.span.with(f(start + gap, 1));
                    }
                    layer.insert(a)
                };
                if result.is_err() {
                    prop_assert_eq!(&layer, &before, "a refusal changes nothing");
                }
            }
            for (start, len) in queries {
                let range = start..start + len;
                let found: Vec<_> = layer.touching(range.clone()).iter().map(|a| a.id).collect();
                let naive: Vec<_> = layer.annotations().filter(|a| a.span.touches(&range)).map(|a| a.id).collect();
                prop_assert_eq!(found, naive);
                let next = layer.next_after(start, None).map(|a| a.id);
                prop_assert_eq!(next, layer.annotations().find(|a| a.span.start() >= start).map(|a| a.id));
                let previous = layer.previous_before(start, None).map(|a| a.id);
                prop_assert_eq!(previous, layer.annotations().rfind(|a| a.span.start() < start).map(|a| a.id));
            }
            for annotation in layer.annotations() {
                let away = |a: &Annotation| a.span.start().abs_diff(annotation.span.start());
                let nearest: Vec<_> = layer.nearest(annotation.id).collect();
                prop_assert!(nearest.is_sorted_by_key(|a| away(a)));
                let mut ids: Vec<_> = nearest.iter().map(|a| a.id).chain([annotation.id]).collect();
                ids.sort_unstable();
                prop_assert!(ids.iter().eq(layer.annotations.keys()), "each once");
            }
            let sorted: Vec<_> = layer.annotations().map(order_key).collect();
            prop_assert!(sorted.is_sorted());
            prop_assert_eq!(sorted.len(), layer.len());
        }
    }
}
