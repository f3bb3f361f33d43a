//! Which underline lane a mark has: the same over its whole length, wherever one looks at it.

use crate::model::layer::order_key;
use crate::model::{Annotation, AnnotationId, Layer};
use std::collections::HashMap;

/// A chain of overlaps is followed so far back; who stands further back cannot be seen on one page.
const DEPTH: usize = 200;
/// Up to this length in bytes a mark asks along all of it, so that it avoids later fragments of earlier marks too.
const SHORT: usize = 4_000;

/// The lanes of marks that were asked for, as long as the layer stays as it is.
///
/// A mark has the lowest lane that none of those has that come before it (in the order of the layer) and overlap it:
/// what contains has its line nearer to the text than what is contained. That depends on what stands to its left
/// only, so that a mark over the whole document costs no more than a word.
#[derive(Default)]
pub(super) struct Lanes {
    revision: Option<u64>,
    known: HashMap<AnnotationId, usize>,
}

impl Lanes {
    /// Forgets what was true of another revision.
    pub fn at(&mut self, revision: u64) {
        if self.revision != Some(revision) {
            self.revision = Some(revision);
            self.known.clear();
        }
    }

    /// The lane of a mark, from 0.
    pub fn of(&mut self, annotation: &Annotation, layer: &Layer) -> usize {
        self.find(annotation, layer, DEPTH)
    }

    fn find(&mut self, annotation: &Annotation, layer: &Layer, depth: usize) -> usize {
        if let Some(lane) = self.known.get(&annotation.id) {
            return *lane;
        }
        let hull = annotation.span.hull();
        let asked = if hull.len() <= SHORT { hull } else { hull.start..hull.start + 1 };
        let key = order_key(annotation);
        let mut taken = Vec::new();
        for earlier in layer.touching(asked).into_iter().take_while(|a| order_key(a) < key) {
            let lane = match depth {
                0 => self.known.get(&earlier.id).copied(),
                _ => Some(self.find(earlier, layer, depth - 1)),
            };
            taken.extend(lane);
        }
        taken.sort_unstable();
        taken.dedup();
        let lane = taken.iter().enumerate().find(|(n, lane)| n != *lane).map_or(taken.len(), |(n, _)| n);
        self.known.insert(annotation.id, lane);
        lane
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{annotation, layer_over};
    use proptest::prelude::*;

    #[test]
    fn what_contains_has_the_lane_nearer_to_the_text_and_keeps_it() {
        let mut layer = layer_over("é23456789 é23456789 é23456789");
        for (id, range) in [(1, 0..22), (2, 3..8), (3, 5..14), (4, 24..30)] {
            layer.insert(annotation(id, "claim", range)).unwrap();
        }
        let lanes = |ids: &[u32]| -> Vec<_> {
            let mut lanes = Lanes::default();
            ids.iter().map(|id| lanes.of(layer.get(AnnotationId(*id)).unwrap(), &layer)).collect()
        };
        assert_eq!(lanes(&[1, 2, 3, 4]), [0, 1, 2, 0]);
        // Asked for from a later line, each still has its lane.
        assert_eq!(lanes(&[3, 1]), [2, 0]);
    }

    proptest! {
        #[test]
        fn overlapping_marks_never_share_a_lane_and_no_order_of_asking_changes_it(
            ranges in proptest::collection::vec((0usize..60, 1usize..20), 1..30),
            order in any::<u64>(),
        ) {
            let mut layer = layer_over(&"x".repeat(80));
            for (id, (start, length)) in (1..).zip(&ranges) {
                let _ = layer.insert(annotation(id, "claim", *start..start + length));
            }
            let all: Vec<_> = layer.annotations().collect();
            let mut first = Lanes::default();
            let lanes: HashMap<_, _> = all.iter().map(|a| (a.id, first.of(a, &layer))).collect();
            for a in &all {
                for b in all.iter().filter(|b| b.id != a.id) {
                    let overlap = a.span.start() < b.span.end() && b.span.start() < a.span.end();
                    prop_assert!(!overlap || lanes[&a.id] != lanes[&b.id], "{} and {}", a.id, b.id);
                }
            }
            let mut shuffled = all.clone();
            shuffled.sort_by_key(|a| u64::from(a.id.0).wrapping_mul(order | 1));
            let mut again = Lanes::default();
            for a in shuffled {
                prop_assert_eq!(again.of(a, &layer), lanes[&a.id]);
            }
        }
    }
}
