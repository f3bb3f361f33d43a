//! Whether two annotators marked the same, as a card says it: annotations of one label on exactly one extent.
//!
//! The measure is the harmonic mean of both shares that agree (F1), which needs no count of what nobody marked. It is
//! the same whichever of both is taken for right (Hripcsak and Rothschild 2005, doi:10.1197/jamia.M1733).

use crate::formats::output::ExportDocument;
use crate::model::{Layer, Name, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Of two annotators, over the documents on which both worked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Agreement {
    /// How many documents.
    pub documents: usize,
    /// How many annotations of each.
    pub annotations: [usize; 2],
    /// How many of one are the same as one of the other.
    pub same: usize,
}

impl Agreement {
    /// From 0 to 1; `None` where neither marked anything.
    pub fn f1(&self) -> Option<f64> {
        let all: usize = self.annotations.iter().sum();
        (all > 0).then(|| 2.0 * self.same as f64 / all as f64)
    }
}

/// Of all who worked on the same documents, by their names in order.
pub fn agreements<'a>(documents: &[ExportDocument<'a>]) -> BTreeMap<[&'a Name; 2], Agreement> {
    let mut all: BTreeMap<[&Name; 2], Agreement> = BTreeMap::new();
    for document in documents {
        let mut layers: Vec<&Layer> = document.layers.iter().copied().filter(|l| l.is_worked_on()).collect();
        layers.sort_by_key(|layer| &layer.key().annotator);
        let marks: Vec<_> = layers.iter().map(|layer| marks(layer)).collect();
        for (a, one) in layers.iter().enumerate() {
            for (b, other) in layers.iter().enumerate().skip(a + 1) {
                let of = all.entry([&one.key().annotator, &other.key().annotator]).or_default();
                of.documents += 1;
                of.annotations[0] += one.len();
                of.annotations[1] += other.len();
                of.same += marks[a].intersection(&marks[b]).count();
            }
        }
    }
    all
}

/// What a layer has on each extent: no layer has one label twice on the same.
fn marks(layer: &Layer) -> BTreeSet<(&Name, &Span)> {
    layer.annotations().map(|annotation| (&annotation.label, &annotation.span)).collect()
}
