//! Merging layers that lie over their text.

use super::content::Rows;
use super::rows::{BaseSpans, MergedRows, merge_rows};
use super::{Conflict, difference};
use crate::edit::{Change, Stamp};
use crate::model::layer::LayerError;
use crate::model::{AnnotationId, Layer, NextIds};

/// Two layers as one.
#[derive(Clone, PartialEq, Debug)]
pub struct Merged {
    /// The result, over our text.
    pub layer: Layer,
    /// What a person has to decide; empty where all is decided.
    pub conflicts: Vec<Conflict>,
    /// Annotations of their side whose number was given on ours as well: theirs, and what it is now.
    pub renumbered: Vec<(AnnotationId, AnnotationId)>,
    /// Annotations that said the same as another one: this one, and the one that stayed.
    pub joined: Vec<(AnnotationId, AnnotationId)>,
    /// What comes in from their side.
    pub taken: Taken,
}

/// How much of a layer is not what it was on our side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Taken {
    /// Annotations and links that are new.
    pub made: usize,
    /// Annotations and links that are other than before.
    pub changed: usize,
    /// Annotations and links that are gone.
    pub removed: usize,
}

impl Merged {
    /// What takes the other side in, as one step that can be undone, for the layer that was merged as ours.
    pub fn change(&self, ours: &Layer, what: impl Into<String>, stamp: &Stamp) -> Change {
        Change::new(what, stamp).with_layer(difference(ours, &self.layer))
    }
}

/// Why two layers cannot be merged. Nothing was changed.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum MergeError {
    /// Layers of two documents or annotators.
    #[error("the layers are of different documents or annotators")]
    OtherLayer,
    /// Annotations on two texts: places of one mean nothing in the other.
    #[error("the two sides were annotated on different versions of the text (SHA-256 {ours} and {theirs})")]
    OtherText {
        /// SHA-256 of our text.
        ours: String,
        /// SHA-256 of theirs.
        theirs: String,
    },
    /// What came out does not fit together: a side was no sound layer.
    #[error(transparent)]
    Layer(#[from] LayerError),
}

/// Merges two layers of one document and annotator with what both began with: the last that was read, or nothing where
/// each began by itself. New numbers are such as our session never gave.
///
/// # Errors
/// Where they are not layers of the same document and annotator over the same text.
pub fn merge_layers(base: Option<&Layer>, ours: &Layer, theirs: &Layer) -> Result<Merged, MergeError> {
    let is_other = |layer: &Layer| layer.key() != ours.key();
    if is_other(theirs) || base.is_some_and(is_other) {
        return Err(MergeError::OtherLayer);
    }
    if ours.text() != theirs.text() {
        let (ours, theirs) = (ours.text().sha256().to_owned(), theirs.text().sha256().to_owned());
        return Err(MergeError::OtherText { ours, theirs });
    }
    let same_text = base.is_none_or(|base| base.text() == ours.text());
    let spans = if same_text { BaseSpans::SameText } else { BaseSpans::OtherText };
    let fresh = [Some(ours), Some(theirs), base].into_iter().flatten().map(Layer::fresh_ids);
    let fresh = fresh.fold(NextIds::default(), |a, b| NextIds {
        annotation: a.annotation.max(b.annotation),
        link: a.link.max(b.link),
    });
    let base = base.map(Rows::of);
    let MergedRows { rows, conflicts, renumbered, joined } =
        merge_rows(base.as_ref(), &Rows::of(ours), &Rows::of(theirs), spans, fresh);
    let layer = rows.over(ours.key().clone(), ours.text().clone())?;
    let taken = taken(&difference(ours, &layer));
    Ok(Merged { layer, conflicts, renumbered, joined, taken })
}

fn taken(change: &crate::edit::LayerChange) -> Taken {
    let annotations = change.annotations.iter().map(|e| (e.before.is_some(), e.after.is_some()));
    let links = change.links.iter().map(|e| (e.before.is_some(), e.after.is_some()));
    annotations.chain(links).fold(Taken::default(), |mut taken, edit| {
        match edit {
            (false, _) => taken.made += 1,
            (true, true) => taken.changed += 1,
            (true, false) => taken.removed += 1,
        }
        taken
    })
}
