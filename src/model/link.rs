//! A typed, directed relation between two annotations of a layer.

use super::Name;
use super::annotation::{AnnotationId, NoId, Provenance, number_after};
use std::fmt;
use std::str::FromStr;

/// Names a link within its layer: `l3`. Never given twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u32);

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "l{}", self.0)
    }
}

impl fmt::Debug for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for LinkId {
    type Err = NoId;
    fn from_str(text: &str) -> Result<Self, NoId> {
        number_after('l', text).map(Self)
    }
}

/// “This speaker said this claim”: a relation between two annotations of one layer.
#[derive(Clone, PartialEq, Debug)]
pub struct Link {
    /// Names it within its layer.
    pub id: LinkId,
    /// A link kind of the scheme; one that the scheme does not know is kept and reported.
    pub kind: Name,
    /// Where it starts.
    pub from: AnnotationId,
    /// Where it points.
    pub to: AnnotationId,
    /// Free text of the annotator; empty for none.
    pub note: String,
    /// Where it came from.
    pub provenance: Provenance,
}
