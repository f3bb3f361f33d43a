//! Conversion between bytes, code points and UTF-16 units of one text.
//!
//! Only the readers and writers of foreign formats know a unit other than bytes; this is what they convert with.

use std::ops::Range;

/// A position counted in Unicode code points (as Python, brat and doccano count).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct CodePoints(pub usize);

/// A position counted in UTF-16 code units (as Java and JavaScript count).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Utf16Units(pub usize);

/// Bytes between two entries of the table: small enough to count through, large enough to cost little memory.
const STEP: usize = 512;

#[derive(Clone, Copy, Debug)]
struct Entry {
    byte: usize,
    code_points: usize,
    utf16: usize,
}

/// A sparse table over a text: each conversion costs O(log n) and at most [`STEP`] bytes of counting; ASCII costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Offsets {
    /// Empty for ASCII, where all units agree.
    entries: Vec<Entry>,
    total: Option<Entry>,
}

impl Offsets {
    /// Builds the table in one pass over `text`.
    pub fn new(text: &str) -> Self {
        if text.is_ascii() {
            return Self::default();
        }
        let mut entries = Vec::with_capacity(text.len() / STEP + 1);
        let mut at = Entry { byte: 0, code_points: 0, utf16: 0 };
        while at.byte < text.len() {
            entries.push(at);
            let mut next = (at.byte + STEP).min(text.len());
            while !text.is_char_boundary(next) {
                next += 1;
            }
            at = advance(at, &text[at.byte..next]);
        }
        Self { entries, total: Some(at) }
    }

    fn entry_before(&self, key: impl Fn(&Entry) -> usize, value: usize) -> Entry {
        let i = self.entries.partition_point(|e| key(e) <= value);
        self.entries[i.saturating_sub(1)]
    }

    fn at_byte(&self, text: &str, byte: usize) -> Option<Entry> {
        if !text.is_char_boundary(byte) {
            return None;
        }
        if self.entries.is_empty() {
            return Some(Entry { byte, code_points: byte, utf16: byte });
        }
        let entry = self.entry_before(|e| e.byte, byte);
        Some(advance(entry, &text[entry.byte..byte]))
    }

    /// Code points before `byte`; `None` if `byte` lies outside the text or inside a character.
    pub fn code_points_from_byte(&self, text: &str, byte: usize) -> Option<CodePoints> {
        self.at_byte(text, byte).map(|e| CodePoints(e.code_points))
    }

    /// UTF-16 units before `byte`; `None` if `byte` lies outside the text or inside a character.
    pub fn utf16_from_byte(&self, text: &str, byte: usize) -> Option<Utf16Units> {
        self.at_byte(text, byte).map(|e| Utf16Units(e.utf16))
    }

    /// The byte at which code point number `at` begins; `None` past the end.
    pub fn byte_from_code_points(&self, text: &str, at: CodePoints) -> Option<usize> {
        if self.entries.is_empty() {
            return (at.0 <= text.len()).then_some(at.0);
        }
        let entry = self.entry_before(|e| e.code_points, at.0);
        let mut left = at.0 - entry.code_points;
        let mut chars = text[entry.byte..].char_indices();
        while left > 0 {
            chars.next()?;
            left -= 1;
        }
        Some(entry.byte + chars.offset())
    }

    /// The byte at which UTF-16 unit number `at` begins; `None` past the end or inside a surrogate pair.
    pub fn byte_from_utf16(&self, text: &str, at: Utf16Units) -> Option<usize> {
        if self.entries.is_empty() {
            return (at.0 <= text.len()).then_some(at.0);
        }
        let entry = self.entry_before(|e| e.utf16, at.0);
        let mut left = at.0 - entry.utf16;
        let mut chars = text[entry.byte..].char_indices();
        while left > 0 {
            let (_, c) = chars.next()?;
            left = left.checked_sub(c.len_utf16())?;
        }
        Some(entry.byte + chars.offset())
    }

    /// Length of the text in code points.
    pub fn len_code_points(&self, text: &str) -> CodePoints {
        CodePoints(self.total.map_or(text.len(), |e| e.code_points))
    }

    /// Length of the text in UTF-16 units.
    pub fn len_utf16(&self, text: &str) -> Utf16Units {
        Utf16Units(self.total.map_or(text.len(), |e| e.utf16))
    }

    /// A byte range as code points; `None` if an end lies outside the text or inside a character.
    pub fn code_point_range(&self, text: &str, bytes: Range<usize>) -> Option<Range<usize>> {
        Some(self.code_points_from_byte(text, bytes.start)?.0..self.code_points_from_byte(text, bytes.end)?.0)
    }
}

fn advance(from: Entry, over: &str) -> Entry {
    let (mut code_points, mut utf16) = (0, 0);
    for &b in over.as_bytes() {
        // A byte that does not continue a character begins one; four-byte characters take two UTF-16 units.
        code_points += usize::from(b & 0xC0 != 0x80);
        utf16 += usize::from(b & 0xC0 != 0x80) + usize::from(b >= 0xF0);
    }
    Entry { byte: from.byte + over.len(), code_points: from.code_points + code_points, utf16: from.utf16 + utf16 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hostile_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("👨‍👩‍👧‍👦".to_owned()),
            Just("e\u{301}\u{323}".to_owned()),
            Just("\r\n".to_owned()),
            Just("𝒜".to_owned()),
            Just("שָׁלוֹם".to_owned()),
            Just("日本".to_owned()),
            "[a-z ]{0,200}",
            any::<char>().prop_map(|c| c.to_string()),
        ];
        proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn conversions_are_inverse_and_agree_with_counting(text in hostile_text()) {
            let table = Offsets::new(&text);
            let mut utf16 = 0;
            for (n, (byte, c)) in text.char_indices().chain([(text.len(), ' ')]).enumerate() {
                prop_assert_eq!(table.code_points_from_byte(&text, byte), Some(CodePoints(n)));
                prop_assert_eq!(table.utf16_from_byte(&text, byte), Some(Utf16Units(utf16)));
                prop_assert_eq!(table.byte_from_code_points(&text, CodePoints(n)), Some(byte));
                prop_assert_eq!(table.byte_from_utf16(&text, Utf16Units(utf16)), Some(byte));
                if byte < text.len() {
                    if c.len_utf16() == 2 {
                        prop_assert_eq!(table.byte_from_utf16(&text, Utf16Units(utf16 + 1)), None);
                    }
                    if c.len_utf8() > 1 {
                        prop_assert_eq!(table.code_points_from_byte(&text, byte + 1), None);
                    }
                    utf16 += c.len_utf16();
                }
            }
            prop_assert_eq!(table.len_code_points(&text).0, text.chars().count());
            prop_assert_eq!(table.len_utf16(&text).0, text.encode_utf16().count());
            prop_assert_eq!(table.byte_from_code_points(&text, CodePoints(text.chars().count() + 1)), None);
            prop_assert_eq!(table.byte_from_utf16(&text, Utf16Units(utf16 + 1)), None);
            prop_assert_eq!(table.code_points_from_byte(&text, text.len() + 1), None);
        }
    }
}
