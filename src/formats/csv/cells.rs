//! The columns, the guard against formulas, and cells of several values. Each encoding stands beside its inverse.

use crate::formats::unit_trial::Unit;
use std::borrow::Cow;
use std::ops::Range;

/// Columns of `spans.csv` before those of the attributes, which are named `attr:NAME`.
pub const SPANS: [&str; 14] = [
    "doc_id",
    "doc_title",
    "doc_sha256",
    "annotator",
    "annotation_id",
    "label",
    "start_cp",
    "end_cp",
    "start_byte",
    "end_byte",
    "fragments_cp",
    "fragments_byte",
    "text",
    "prefix",
];
/// Columns of `spans.csv` between prefix and attributes, and after the attributes.
pub const SUFFIX: &str = "suffix";
/// The last columns of `spans.csv` and `links.csv`.
pub const PROVENANCE: [&str; 4] = ["note", "origin", "created", "modified"];
/// Begins the name of a column of attributes.
pub const ATTRIBUTE: &str = "attr:";
/// Columns of `links.csv` before those of [`PROVENANCE`]; labels and texts are there to be read by people.
pub const LINKS: [&str; 10] =
    ["doc_id", "annotator", "link_id", "kind", "from_id", "to_id", "from_label", "to_label", "from_text", "to_text"];
/// Columns of `documents.csv` before those of other metadata, which are named `meta:NAME`, and the text.
pub const DOCUMENTS: [&str; 13] = [
    "doc_id",
    "title",
    "sha256",
    "author",
    "source",
    "url",
    "date",
    "language",
    "direction",
    "directions",
    "status",
    "original_file",
    "original_encoding",
];
/// Begins the name of a column of other metadata.
pub const META: &str = "meta:";
/// Columns of `entities.csv`.
pub const ENTITIES: [&str; 6] = ["entity_id", "kind", "name", "aliases", "wikidata", "note"];

/// Whether a spreadsheet takes a cell that begins like this for a formula, or would after the apostrophes in front.
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A cell that no spreadsheet takes for a formula: one apostrophe more where it would.
pub fn guarded(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// The inverse of [`guarded`].
pub fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|_| is_formula(cell)).unwrap_or(cell)
}

/// Fragments as `3-10;14-20`.
pub fn cell_from_fragments(fragments: &[Range<usize>]) -> String {
    fragments.iter().map(|f| format!("{}-{}", f.start, f.end)).collect::<Vec<_>>().join(";")
}

/// The inverse of [`cell_from_fragments`].
pub fn fragments_from_cell(cell: &str) -> Option<Vec<Range<usize>>> {
    let fragment = |part: &str| {
        let (start, end) = part.trim().split_once('-')?;
        Some(start.trim().parse().ok()?..end.trim().parse().ok()?)
    };
    cell.split(';').map(fragment).collect()
}

/// The columns in which tables of others count their offsets, with their unit; ours first.
pub const OFFSETS: [(&str, &str, Unit); 5] = [
    ("start_byte", "end_byte", Unit::Bytes),
    ("start_cp", "end_cp", Unit::CodePoints),
    ("start_utf16", "end_utf16", Unit::Utf16),
    ("start_char", "end_char", Unit::CodePoints),
    ("start", "end", Unit::CodePoints),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_guard_leaves_no_formula_and_is_taken_off_exactly(cell in "['=+@é\t\r-]{0,4}[a-zé0-9'=]{0,5}") {
            let written = guarded(&cell);
            prop_assert!(!written.starts_with(['=', '+', '-', '@', '\t', '\r']));
            prop_assert_eq!(unguarded(&written), cell.as_str());
        }
    }

    #[test]
    fn formulas_are_guarded_and_apostrophes_are_left_alone() {
        for (cell, written) in
            [("=1+1", "'=1+1"), ("'=é", "''=é"), ("'90s", "'90s"), ("-5", "'-5"), ("l’été", "l’été"), ("''", "''")]
        {
            assert_eq!(guarded(cell), written);
            assert_eq!(unguarded(written), cell);
        }
    }

    #[test]
    fn fragments_read_back_and_anything_else_is_refused() {
        let fragments = vec![3..10, 14..20];
        assert_eq!(cell_from_fragments(&fragments), "3-10;14-20");
        assert_eq!(fragments_from_cell("3-10;14-20"), Some(fragments));
        for bad in ["", "3", "3-", "a-b", "3-10;", "-1-4"] {
            assert_eq!(fragments_from_cell(bad), None, "{bad}");
        }
    }
}
