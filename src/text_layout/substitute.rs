//! Characters that have no shape of their own: what the shaper gets in their place, and what a
//! reader who wants to see them is shown. The text itself is never changed.

use std::borrow::Cow;

/// What an invisible character is, so that the page can draw a sign for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InvisibleKind {
    /// U+0020.
    Space,
    /// A space at which no line may break: U+00A0, U+2007, U+202F.
    NoBreakSpace,
    /// A space of another width, such as U+2009 or the ideographic U+3000.
    OtherSpace,
    /// U+0009.
    Tab,
    /// What ends a line: LF, CR, CR LF, U+2028, U+2029, and U+0085, VT, FF, which break no row.
    LineEnd,
    /// U+00AD.
    SoftHyphen,
    /// A character without width that separates or joins, such as U+200B, U+200D or a BOM.
    ZeroWidth,
    /// A character that steers the bidirectional algorithm (UAX #9), such as U+200F or U+202E.
    Direction,
    /// Any other control character of C0 or C1.
    Control,
}

impl InvisibleKind {
    /// The kind of a grapheme, or `None` where something of it can be seen.
    pub fn of(grapheme: &str) -> Option<Self> {
        let mut kinds = grapheme.chars().map(kind_of_char);
        let first = kinds.next()??;
        kinds.all(|kind| kind.is_some()).then_some(first)
    }
}

/// Whether a row ends behind this grapheme, however much room is left in it.
pub(super) fn breaks_row(grapheme: &str) -> bool {
    matches!(grapheme, "\n" | "\r" | "\r\n" | "\u{2028}" | "\u{2029}")
}

/// The text that is shaped: control characters, for which fonts have a box or nothing, become
/// blanks of the same length in bytes, so that every offset stays what it is.
pub(super) fn for_shaping(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| blank_for(c).is_some()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| blank_for(c).unwrap_or(c)).collect())
}

fn blank_for(c: char) -> Option<char> {
    match c {
        '\n' | '\r' => None,
        '\0'..='\u{1F}' | '\u{7F}' => Some(' '),
        '\u{80}'..='\u{9F}' => Some('\u{A0}'),
        _ => None,
    }
}

fn kind_of_char(c: char) -> Option<InvisibleKind> {
    Some(match c {
        ' ' => InvisibleKind::Space,
        '\t' => InvisibleKind::Tab,
        '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => InvisibleKind::LineEnd,
        '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' => InvisibleKind::Control,
        '\u{A0}' | '\u{2007}' | '\u{202F}' => InvisibleKind::NoBreakSpace,
        '\u{AD}' => InvisibleKind::SoftHyphen,
        '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
            InvisibleKind::Direction
        }
        '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' => InvisibleKind::ZeroWidth,
        '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{205F}' | '\u{3000}' => InvisibleKind::OtherSpace,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_shaped_by_one_of_the_same_length_in_bytes() {
        for c in '\0'..=char::MAX {
            let text = format!("é{c}x");
            let shaped = for_shaping(&text);
            assert_eq!(shaped.len(), text.len(), "{c:?}");
            assert_eq!(shaped.char_indices().last(), text.char_indices().last());
            let controls = shaped.chars().filter(|c| c.is_control());
            assert!(controls.filter(|c| !matches!(c, '\n' | '\r')).count() == 0, "{c:?} reaches the shaper");
        }
    }

    #[test]
    fn a_grapheme_is_invisible_only_when_all_of_it_is() {
        assert_eq!(InvisibleKind::of("\r\n"), Some(InvisibleKind::LineEnd));
        assert_eq!(InvisibleKind::of("\u{85}"), Some(InvisibleKind::LineEnd));
        assert_eq!(InvisibleKind::of("\u{202E}"), Some(InvisibleKind::Direction));
        assert_eq!(InvisibleKind::of(" \u{301}"), None);
        assert_eq!(InvisibleKind::of("👩\u{200D}👧"), None);
        assert_eq!(InvisibleKind::of(""), None);
    }
}
