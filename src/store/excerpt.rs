//! The line of a file with a marker under what is wrong in it.

use std::fmt;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// A line of a source and a place in it. `Display`: `line 12, column 5`, then the line, then the marker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Excerpt {
    /// From 1.
    pub line: usize,
    /// From 1, in code points.
    pub column: usize,
    /// The part of the line that is shown, in one piece, without controls.
    shown: String,
    /// Width of what stands before the marker, in columns of a terminal.
    indent: usize,
    /// Width of the marker.
    width: usize,
}

/// How many characters of a long line are shown before the marker, and from it on.
const BEFORE: usize = 50;
const AFTER: usize = 70;

impl Excerpt {
    /// The line in which `range` (bytes) begins.
    pub fn new(source: &str, range: Range<usize>) -> Self {
        let start = floor(source, range.start);
        let line_start = source[..start].rfind('\n').map_or(0, |i| i + 1);
        let line_end = source[start..].find('\n').map_or(source.len(), |i| start + i);
        let end = floor(source, range.end).clamp(start, line_end);
        // A line can be as long as the file: never more than what is shown is looked at.
        let mut before: Vec<&str> = source[line_start..start].graphemes(true).rev().take(BEFORE + 1).collect();
        before.reverse();
        // Indentation says nothing here, a cut says that something is missing.
        if before.len() > BEFORE {
            before[0] = "…";
        } else {
            let blank = before.iter().take_while(|g| g.trim().is_empty()).count();
            before.drain(..blank);
        }
        let marked: Vec<&str> = source[start..end].graphemes(true).take(AFTER).collect();
        let mut rest = source[start..line_end].trim_end_matches('\r').graphemes(true).skip(marked.len());
        let after: Vec<&str> = rest.by_ref().take(AFTER - marked.len()).collect();

        let mut shown = String::new();
        let mut push = |graphemes: &[&str]| graphemes.iter().map(|g| push_shown(&mut shown, g)).sum::<usize>();
        let indent = push(&before);
        let width = push(&marked).max(1);
        push(&after);
        if rest.next().is_some() {
            push(&["…"]);
        }
        Self {
            line: source[..line_start].matches('\n').count() + 1,
            column: source[line_start..start].chars().count() + 1,
            shown,
            indent,
            width,
        }
    }

    /// The part of the line that is shown.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// What stands below the line.
    pub fn marker(&self) -> String {
        format!("{}{}", " ".repeat(self.indent), "^".repeat(self.width))
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "line {}, column {}", self.line, self.column)?;
        write!(f, "  | {}\n  | {}", self.shown, self.marker())
    }
}

/// The largest character border at or before `byte`.
fn floor(source: &str, byte: usize) -> usize {
    let mut byte = byte.min(source.len());
    while !source.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

/// Adds a grapheme and returns its width in columns of a terminal.
fn push_shown(out: &mut String, grapheme: &str) -> usize {
    let Some(first) = grapheme.chars().next() else { return 0 };
    // Controls and direction marks would tear the line apart.
    if first.is_control()
        || matches!(first, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
    {
        out.push(if first == '\t' { ' ' } else { '�' });
        return 1;
    }
    out.push_str(grapheme);
    // East Asian wide characters and emoji (UAX #11), as far as a marker needs them.
    let wide = matches!(first as u32, 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F | 0xFF01..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1FAFF | 0x20000..=0x3FFFD);
    if wide { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_marker_stands_under_what_is_wrong_whatever_stands_before() {
        let source = "été\n\t(王: e\u{301}, wrong: 1),\nfin";
        let start = source.find("wrong").unwrap();
        let shown = Excerpt::new(source, start..start + 5).to_string();
        assert_eq!(shown, "line 2, column 10\n  | (王: e\u{301}, wrong: 1),\n  |         ^^^^^");
    }

    #[test]
    fn a_long_line_is_cut_around_the_marker() {
        let source = format!("{}X{}", "é".repeat(500), "z".repeat(500));
        let shown = Excerpt::new(&source, 1000..1001).to_string();
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines[1], format!("  | …{}X{}…", "é".repeat(50), "z".repeat(69)));
        assert_eq!(lines[2].find('^'), Some(4 + 51));
    }

    proptest! {
        #[test]
        fn any_place_in_any_source_can_be_shown(source in ".{0,40}", start in 0usize..60, len in 0usize..60) {
            let shown = Excerpt::new(&source, start..start + len).to_string();
            prop_assert_eq!(shown.lines().count(), 3);
        }
    }
}
