//! A label on a span, with attributes, a note and where it came from.

use super::{Name, Span, Value};
use chrono::{DateTime, SubsecRound, Utc};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Names an annotation within its layer: `a12`. Never given twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnnotationId(pub u32);

/// A text that is no id.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("“{found}” is no id; expected `{prefix}` and a number, as in `{prefix}12`")]
pub struct NoId {
    /// What stood there.
    pub found: String,
    /// `a` for annotations, `l` for links, `e` for entities.
    pub prefix: char,
}

/// Reads `prefix` and a number without leading zeros: one spelling for each id.
pub(super) fn number_after(prefix: char, text: &str) -> Result<u32, NoId> {
    let no_id = || NoId { found: text.to_owned(), prefix };
    let digits = text.strip_prefix(prefix).ok_or_else(no_id)?;
    let number: u32 = digits.parse().map_err(|_| no_id())?;
    if number.to_string() == digits { Ok(number) } else { Err(no_id()) }
}

impl fmt::Display for AnnotationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a{}", self.0)
    }
}

impl fmt::Debug for AnnotationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for AnnotationId {
    type Err = NoId;
    fn from_str(text: &str) -> Result<Self, NoId> {
        number_after('a', text).map(Self)
    }
}

/// How something came to be.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Origin {
    /// By the annotator's hand.
    #[default]
    ByHand,
    /// A suggestion that the annotator accepted.
    Suggestion {
        /// Which rule or model.
        source: Name,
        /// From 0 to 1, as the source gave it.
        score: f64,
    },
    /// Read from a file of another program.
    Import {
        /// Name of the format.
        format: Name,
        /// Name of the file, without its folder.
        file: Name,
    },
    /// Decided by comparing layers.
    Adjudication {
        /// The annotators whose layers were compared.
        from: Vec<Name>,
    },
}

/// Where an annotation or link came from; times in UTC, to the second.
#[derive(Clone, PartialEq, Debug)]
pub struct Provenance {
    /// How it came to be; shared by all that came with one import.
    pub origin: Arc<Origin>,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it was last changed; `created` if never.
    pub modified: DateTime<Utc>,
}

impl Provenance {
    /// Made now.
    pub fn new(origin: impl Into<Arc<Origin>>, at: DateTime<Utc>) -> Self {
        let at = at.trunc_subsecs(0);
        Self { origin: origin.into(), created: at, modified: at }
    }

    /// Changed now.
    #[must_use]
    pub fn modified(&self, at: DateTime<Utc>) -> Self {
        Self { modified: at.trunc_subsecs(0), ..self.clone() }
    }
}

/// A label on a span.
#[derive(Clone, PartialEq, Debug)]
pub struct Annotation {
    /// Names it within its layer.
    pub id: AnnotationId,
    /// A label of the scheme; one that the scheme does not know is kept and reported.
    pub label: Name,
    /// Where it lies, in bytes.
    pub span: Span,
    /// Values by attribute name; what they may be is said by the scheme.
    pub attributes: BTreeMap<Name, Value>,
    /// Free text of the annotator; empty for none.
    pub note: String,
    /// Where it came from.
    pub provenance: Provenance,
}

impl Annotation {
    /// Whether two annotations say the same: label, span and attributes. A layer holds no such twins.
    pub fn is_twin_of(&self, other: &Self) -> bool {
        self.label == other.label && self.span == other.span && self.attributes == other.attributes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_takes_little_beside_what_it_says() {
        assert!(
            size_of::<Annotation>() <= 144,
            "a hundred thousand of them are in memory: {}",
            size_of::<Annotation>()
        );
    }

    #[test]
    fn an_id_has_one_spelling() {
        assert_eq!("a12".parse(), Ok(AnnotationId(12)));
        for text in ["a", "12", "a012", "a-1", "a+1", "A1", "a1 ", "a99999999999", "a１"] {
            assert!(text.parse::<AnnotationId>().is_err(), "{text}");
        }
    }
}
