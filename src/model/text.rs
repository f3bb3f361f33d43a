//! The immutable text of a document: its hash, its units, its lines and paragraphs.
//!
//! The text is stored exactly as it was decoded: no newline is rewritten, nothing is normalised, a BOM is no part of it.

use super::boundaries;
use super::offsets::{CodePoints, Offsets, Utf16Units};
use super::span::{Fragment, Span, SpanError};
use sha2::{Digest, Sha256};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// The text of a document. Cloning shares it.
#[derive(Clone)]
pub struct Text(Arc<Inner>);

struct Inner {
    content: String,
    sha256: OnceLock<String>,
    offsets: OnceLock<Offsets>,
    line_starts: OnceLock<Vec<usize>>,
    paragraphs: OnceLock<Vec<Range<usize>>>,
}

/// Why offsets do not fit a text; all in bytes unless said otherwise.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OffsetError {
    /// Not a span at all.
    #[error(transparent)]
    NoSpan(#[from] SpanError),
    /// Past the end of the text.
    #[error("offset {offset} lies outside the text, which has {len} {unit}")]
    Outside {
        /// The offset as given.
        offset: usize,
        /// Length of the text in the same unit.
        len: usize,
        /// “bytes”, “code points”, “UTF-16 units”.
        unit: &'static str,
    },
    /// Between the bytes of a character, or the halves of a surrogate pair.
    #[error("offset {offset} ({unit}) lies inside a character")]
    InsideCharacter {
        /// The offset as given.
        offset: usize,
        /// “bytes”, “code points”, “UTF-16 units”.
        unit: &'static str,
    },
    /// Between the code points of what a reader sees as one character (UAX #29).
    #[error("byte {byte} lies inside the character “{grapheme}” (a grapheme of several code points)")]
    InsideGrapheme {
        /// The offset.
        byte: usize,
        /// The grapheme.
        grapheme: String,
    },
    /// The text at the place is not what was quoted.
    #[error("the text at {}..{} is “{}”, not “{}”", .span.start(), .span.end(), shortened(.found), shortened(.expected))]
    QuoteDiffers {
        /// The place, in bytes.
        span: Span,
        /// What was quoted.
        expected: String,
        /// What stands there.
        found: String,
    },
}

/// At most 60 code points of `text`, for messages.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Between the fragments of a quoted discontinuous span; brat writes a space, which can be part of a fragment.
pub const FRAGMENT_SEPARATOR: &str = " … ";

impl Text {
    /// Takes a text over. Tables are built when first asked for.
    pub fn new(content: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            content: content.into(),
            sha256: OnceLock::new(),
            offsets: OnceLock::new(),
            line_starts: OnceLock::new(),
            paragraphs: OnceLock::new(),
        }))
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0.content
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.content.len()
    }

    /// Whether there is no byte.
    pub fn is_empty(&self) -> bool {
        self.0.content.is_empty()
    }

    /// SHA-256 of the UTF-8 bytes, in lower-case hexadecimal.
    pub fn sha256(&self) -> &str {
        self.0.sha256.get_or_init(|| sha256_hex(self.0.content.as_bytes()))
    }

    fn offsets(&self) -> &Offsets {
        self.0.offsets.get_or_init(|| Offsets::new(&self.0.content))
    }

    /// The byte at which code point number `at` begins.
    pub fn byte_from_code_points(&self, at: CodePoints) -> Result<usize, OffsetError> {
        let text = self.as_str();
        self.offsets().byte_from_code_points(text, at).ok_or_else(|| OffsetError::Outside {
            offset: at.0,
            len: self.offsets().len_code_points(text).0,
            unit: "code points",
        })
    }

    /// The byte at which UTF-16 unit number `at` begins.
    pub fn byte_from_utf16(&self, at: Utf16Units) -> Result<usize, OffsetError> {
        let text = self.as_str();
        self.offsets().byte_from_utf16(text, at).ok_or_else(|| {
            let len = self.offsets().len_utf16(text).0;
            if at.0 > len {
                OffsetError::Outside { offset: at.0, len, unit: "UTF-16 units" }
            } else {
                OffsetError::InsideCharacter { offset: at.0, unit: "UTF-16 units" }
            }
        })
    }

    fn bad_byte(&self, byte: usize) -> OffsetError {
        if byte > self.len() {
            OffsetError::Outside { offset: byte, len: self.len(), unit: "bytes" }
        } else {
            OffsetError::InsideCharacter { offset: byte, unit: "bytes" }
        }
    }

    /// Code points before `byte`.
    pub fn code_points_from_byte(&self, byte: usize) -> Result<CodePoints, OffsetError> {
        self.offsets().code_points_from_byte(self.as_str(), byte).ok_or_else(|| self.bad_byte(byte))
    }

    /// UTF-16 units before `byte`.
    pub fn utf16_from_byte(&self, byte: usize) -> Result<Utf16Units, OffsetError> {
        self.offsets().utf16_from_byte(self.as_str(), byte).ok_or_else(|| self.bad_byte(byte))
    }

    /// Length in code points.
    pub fn len_code_points(&self) -> CodePoints {
        self.offsets().len_code_points(self.as_str())
    }

    /// Length in UTF-16 units.
    pub fn len_utf16(&self) -> Utf16Units {
        self.offsets().len_utf16(self.as_str())
    }

    /// Checks that `byte` lies in the text and on a grapheme border.
    pub fn check_border(&self, byte: usize) -> Result<(), OffsetError> {
        let text = self.as_str();
        if !text.is_char_boundary(byte) {
            return Err(self.bad_byte(byte));
        }
        if boundaries::is_grapheme_border(text, byte) {
            return Ok(());
        }
        let grapheme = boundaries::grapheme_floor(text, byte)..boundaries::grapheme_ceil(text, byte);
        Err(OffsetError::InsideGrapheme { byte, grapheme: text[grapheme].to_owned() })
    }

    /// Checks that `span` lies in the text, each end on a grapheme border.
    pub fn check(&self, span: &Span) -> Result<(), OffsetError> {
        for fragment in span.fragments() {
            self.check_border(fragment.start())?;
            self.check_border(fragment.end())?;
        }
        Ok(())
    }

    /// The one-fragment span of a byte range, checked.
    pub fn span(&self, range: Range<usize>) -> Result<Span, OffsetError> {
        let span = Span::single(range.start, range.end)?;
        self.check(&span)?;
        Ok(span)
    }

    /// The smallest span of whole graphemes that holds `span`; `None` if `span` lies outside the text.
    pub fn widened(&self, span: &Span) -> Option<Span> {
        if span.end() > self.len() {
            return None;
        }
        let text = self.as_str();
        let mut widened: Option<Span> = None;
        for f in span.fragments() {
            let range = boundaries::grapheme_floor(text, f.start())..boundaries::grapheme_ceil(text, f.end());
            let f = Fragment::new(range.start, range.end).ok()?;
            widened = Some(widened.map_or_else(|| f.into(), |span| span.with(f)));
        }
        widened
    }

    /// The text of a fragment; empty where it does not fit (a checked one does).
    pub fn slice(&self, fragment: Fragment) -> &str {
        self.as_str().get(fragment.range()).unwrap_or_default()
    }

    /// The text of a span, its fragments joined by [`FRAGMENT_SEPARATOR`].
    pub fn quote(&self, span: &Span) -> String {
        let mut quote = String::with_capacity(span.covered_bytes());
        for (i, fragment) in span.fragments().enumerate() {
            if i > 0 {
                quote.push_str(FRAGMENT_SEPARATOR);
            }
            quote.push_str(self.slice(fragment));
        }
        quote
    }

    /// Checks `span` and compares what it covers with `expected`, a quote made by [`Text::quote`].
    pub fn verify(&self, span: &Span, expected: &str) -> Result<(), OffsetError> {
        self.check(span)?;
        let same = if span.is_discontinuous() {
            self.quote(span) == expected
        } else {
            &self.as_str()[span.hull()] == expected
        };
        if same {
            return Ok(());
        }
        Err(OffsetError::QuoteDiffers { span: span.clone(), expected: expected.to_owned(), found: self.quote(span) })
    }

    /// First bytes of the lines; lines end with LF, CRLF or a lone CR.
    pub fn line_starts(&self) -> &[usize] {
        self.0.line_starts.get_or_init(|| {
            let bytes = self.as_str().as_bytes();
            let ends = memchr::memchr2_iter(b'\n', b'\r', bytes);
            let real = ends.filter(|&i| bytes[i] == b'\n' || bytes.get(i + 1) != Some(&b'\n'));
            std::iter::once(0).chain(real.map(|i| i + 1)).collect()
        })
    }

    /// Line (from 1) and column (from 1, in code points) of a byte, for messages.
    pub fn line_and_column(&self, byte: usize) -> (usize, usize) {
        let byte = floor_char_boundary(self.as_str(), byte);
        let line = self.line_starts().partition_point(|&start| start <= byte);
        let start = self.line_starts()[line - 1];
        (line, self.as_str()[start..byte].chars().count() + 1)
    }

    /// The paragraphs as byte ranges without their line ends: ascending, none of them blank.
    ///
    /// A paragraph is a line, unless the text is hard-wrapped (see [`is_hard_wrapped`]): then it is a block of lines.
    /// What lies between paragraphs is white space.
    pub fn paragraphs(&self) -> &[Range<usize>] {
        self.0.paragraphs.get_or_init(|| {
            let text = self.as_str();
            let starts = self.line_starts();
            let ends = starts.iter().skip(1).copied().chain([text.len()]);
            let lines: Vec<_> = starts.iter().copied().zip(ends).map(|(s, e)| content_of_line(text, s..e)).collect();
            let wrapped = is_hard_wrapped(text, &lines);
            let mut paragraphs: Vec<Range<usize>> = Vec::new();
            let mut after_blank = true;
            for line in lines {
                let blank = text[line.clone()].trim().is_empty();
                if !blank {
                    match paragraphs.last_mut() {
                        Some(last) if wrapped && !after_blank => last.end = line.end,
                        _ => paragraphs.push(line),
                    }
                }
                after_blank = blank;
            }
            paragraphs
        })
    }

    /// Index (from 0) of the paragraph that holds `byte`, or the last one before it; `None` without paragraphs.
    pub fn paragraph_at(&self, byte: usize) -> Option<usize> {
        let paragraphs = self.paragraphs();
        let after = paragraphs.partition_point(|p| p.start <= byte);
        if paragraphs.is_empty() { None } else { Some(after.saturating_sub(1)) }
    }
}

/// The largest character border at or before `byte`.
fn floor_char_boundary(text: &str, byte: usize) -> usize {
    let mut byte = byte.min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

fn content_of_line(text: &str, line: Range<usize>) -> Range<usize> {
    let content = text[line.clone()].trim_end_matches(['\n', '\r']);
    line.start..line.start + content.len()
}

/// Whether single line ends only wrap lines: there are blank lines, and the lines that go on are all of a length
/// (most between 45 and 100 code points, as mail and plain-text books are wrapped).
fn is_hard_wrapped(text: &str, lines: &[Range<usize>]) -> bool {
    let blank = |line: &Range<usize>| text[line.clone()].trim().is_empty();
    let body = lines.iter().rposition(|l| !blank(l)).map_or(&lines[..0], |last| &lines[..=last]);
    if !body.iter().any(blank) {
        return false;
    }
    let going_on: Vec<_> =
        body.windows(2).filter(|pair| !blank(&pair[0]) && !blank(&pair[1])).map(|pair| &pair[0]).collect();
    let of_a_length =
        going_on.iter().filter(|l| l.len() <= 400 && (45..=100).contains(&text[(**l).clone()].chars().count()));
    going_on.len() >= 3 && of_a_length.count() * 10 >= going_on.len() * 8
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Text({:?})", shortened(self.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn paragraphs(text: &str) -> Vec<String> {
        let text = Text::new(text);
        text.paragraphs().iter().map(|p| text.as_str()[p.clone()].to_owned()).collect()
    }

    #[test]
    fn lines_are_paragraphs_whatever_ends_them() {
        assert_eq!(paragraphs(" één\r\n\r\ntwee\rdrie\n \nvier"), [" één", "twee", "drie", "vier"]);
        assert_eq!(paragraphs("\n\n"), Vec::<String>::new());
    }

    #[test]
    fn blocks_are_paragraphs_where_the_text_is_hard_wrapped() {
        let line = "Il était une fois une ligne d’environ soixante caractères, pas plus";
        let block = format!("{line}\n{line}\n{line}\nfin");
        assert_eq!(paragraphs(&format!("{block}\n\n{block}\n")), [block.clone(), block.clone()]);
        assert_eq!(paragraphs(&block).len(), 4, "no blank line says that lines belong together");
    }

    #[test]
    fn the_hash_is_that_of_the_bytes() {
        assert_eq!(Text::new("abc").sha256(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn spans_that_do_not_fit_are_refused_with_the_reason() {
        let text = Text::new("Ana 👩‍👧 e\u{301}s");
        let refusal = |range: Range<usize>| text.span(range).unwrap_err().to_string();
        assert_eq!(refusal(0..99), "offset 99 lies outside the text, which has 20 bytes");
        assert_eq!(refusal(0..5), "offset 5 (bytes) lies inside a character");
        assert_eq!(refusal(4..8), "byte 8 lies inside the character “👩‍👧” (a grapheme of several code points)");
        assert_eq!(refusal(3..3), "the end (3) must lie after the start (3)");
        assert!(text.span(4..15).is_ok());
        assert_eq!(text.widened(&Span::single(4, 8).unwrap()), Span::single(4, 15).ok());
        let differs = text.verify(&Span::single(0, 3).unwrap(), "Eva").unwrap_err().to_string();
        assert_eq!(differs, "the text at 0..3 is “Ana”, not “Eva”");
    }

    #[test]
    fn a_discontinuous_quote_shows_its_gap() {
        let text = Text::new("“We will,” she said, “pay.”");
        let span = Span::new(vec![
            Fragment::new(3, 10).unwrap(),
            Fragment::new(text.as_str().find("pay").unwrap(), text.len() - 4).unwrap(),
        ])
        .unwrap();
        assert_eq!(text.quote(&span), "We will … pay");
        assert_eq!(text.verify(&span, "We will … pay"), Ok(()));
    }

    proptest! {
        #[test]
        fn paragraphs_hold_every_letter_and_lines_count_right(text in "([a-zé😀 ]{0,80}(\r\n|\n|\r)?){0,20}") {
            let t = Text::new(text.clone());
            let mut outside = text.clone();
            for p in t.paragraphs().iter().rev() {
                prop_assert!(!text[p.clone()].trim().is_empty());
                outside.replace_range(p.clone(), "");
            }
            prop_assert!(outside.trim().is_empty());
            let (line, column) = t.line_and_column(text.len());
            let normal = text.replace("\r\n", "\n").replace('\r', "\n");
            prop_assert_eq!(line, normal.matches('\n').count() + 1);
            prop_assert_eq!(column, normal.rsplit('\n').next().unwrap().chars().count() + 1);
        }
    }
}
