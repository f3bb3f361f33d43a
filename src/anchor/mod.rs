//! Where the annotations of one text lie in another: the text of a document was changed outside, and every annotation is
//! looked for in the new one.
//!
//! The two texts are compared as sequences of words (see `blocks`). What stands in a stretch that both have, that can be
//! told from all others, and that shows enough of what stands around the annotation, is found for certain: at its place,
//! or moved. Everything else is a proposal with a score, for a person; where nothing is like it, it is lost. Nothing is
//! changed here: [`propose`] makes a list, and [`accept`] a new layer of what was chosen from it. The old layer stays as
//! it is, and whoever takes the new one keeps the old one and its text beside it.
//!
//! Where the old text is gone, the quotes and their offsets stand in for it ([`propose_from_quotes`]).
//!
//! Elsewhere: reading a layer without its text (`store`), the list for a person (`app`).

mod accept;
mod alignment;
mod blocks;
mod likeness;
mod search;
mod skeleton;
#[cfg(test)]
mod tests;
mod tokens;

pub use accept::{Accepted, accept};
pub use skeleton::propose_from_quotes;

use crate::model::{AnnotationId, Layer, Span, Text};
use search::Search;
use std::collections::BTreeMap;

/// What became of the place of an annotation. Places are bytes of the new text, on grapheme borders.
#[derive(Clone, PartialEq, Debug)]
pub enum Found {
    /// The same place and the same quote.
    Exact,
    /// Elsewhere, without a doubt; the quote is the same.
    Moved(Span),
    /// Nobody but a person can say: the quote was changed, or it could be another one that says the same.
    Doubtful {
        /// The best proposal.
        span: Span,
        /// What stands there.
        quote: String,
        /// How like it is to what was annotated, with what stands around it: from 0 to 1.
        score: f64,
        /// Places that were found with exactly the old quote; more than [`MOST_CANDIDATES`] are not counted.
        candidates: usize,
    },
    /// Nothing is like it.
    Lost,
}

/// Places of one quote that are looked at, at most.
pub const MOST_CANDIDATES: usize = 16;

/// An annotation and what became of its place.
#[derive(Clone, PartialEq, Debug)]
pub struct Placed {
    /// The annotation.
    pub id: AnnotationId,
    /// Where it lay in the old text.
    pub old: Span,
    /// What it marked there.
    pub quote: String,
    /// Where it lies now.
    pub found: Found,
}

impl Placed {
    /// The place in the new text that is proposed, if there is one.
    pub fn proposed(&self) -> Option<&Span> {
        match &self.found {
            Found::Exact => Some(&self.old),
            Found::Moved(span) | Found::Doubtful { span, .. } => Some(span),
            Found::Lost => None,
        }
    }

    /// Whether it needs no person.
    pub fn is_certain(&self) -> bool {
        matches!(self.found, Found::Exact | Found::Moved(_))
    }
}

/// What became of all annotations of a layer, in the order of the old text.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Proposal {
    /// One for each annotation.
    pub placed: Vec<Placed>,
}

/// How many annotations were found in which way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// At the same place.
    pub exact: usize,
    /// Elsewhere.
    pub moved: usize,
    /// Nobody knows for certain.
    pub doubtful: usize,
    /// Not at all.
    pub lost: usize,
}

impl Proposal {
    /// How many there are of each.
    pub fn counts(&self) -> Counts {
        self.placed.iter().fold(Counts::default(), |mut counts, placed| {
            match placed.found {
                Found::Exact => counts.exact += 1,
                Found::Moved(_) => counts.moved += 1,
                Found::Doubtful { .. } => counts.doubtful += 1,
                Found::Lost => counts.lost += 1,
            }
            counts
        })
    }

    /// The places of the annotations that need no person: what [`accept`] can be given at once.
    pub fn certain(&self) -> BTreeMap<AnnotationId, Span> {
        let certain = self.placed.iter().filter(|placed| placed.is_certain());
        certain.filter_map(|placed| Some((placed.id, placed.proposed()?.clone()))).collect()
    }
}

/// Looks for every annotation of `layer` in `new`, by what stands around it in the old text. O(n log n) in the length of
/// the texts and the number of annotations.
pub fn propose(layer: &Layer, new: &Text) -> Proposal {
    let old = layer.text();
    if old == new {
        let exact = |a: &crate::model::Annotation| Placed {
            id: a.id,
            old: a.span.clone(),
            quote: old.quote(&a.span),
            found: Found::Exact,
        };
        return Proposal { placed: layer.annotations().map(exact).collect() };
    }
    let mut search = Search::new(old, new);
    let placed = layer.annotations().map(|annotation| Placed {
        id: annotation.id,
        old: annotation.span.clone(),
        quote: old.quote(&annotation.span),
        found: search.find(&annotation.span),
    });
    Proposal { placed: placed.collect() }
}
