//! Places for a list: with their context, and the labels that are there already.

use super::Context;
use crate::model::{Layer, Name, Text};
use std::ops::Range;

/// A place that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Where, in bytes.
    pub range: Range<usize>,
    /// What stands around it.
    pub context: Context,
    /// Labels of the annotations that lie on exactly this place, each once.
    pub labels: Vec<Name>,
}

/// Graphemes that are kept before and behind a place.
const AROUND: usize = 60;

/// These byte ranges of `text` with what stands around them and, where a layer is given, the labels on them.
pub fn places(text: &Text, layer: Option<&Layer>, ranges: Vec<Range<usize>>) -> Vec<Place> {
    let place = |range: Range<usize>| {
        let context = Context::of(text, &range, AROUND, AROUND);
        let mut labels: Vec<Name> = Vec::new();
        for annotation in layer.into_iter().flat_map(|layer| layer.on(range.clone())) {
            if !labels.contains(&annotation.label) {
                labels.push(annotation.label.clone());
            }
        }
        Place { range, context, labels }
    };
    ranges.into_iter().map(place).collect()
}
