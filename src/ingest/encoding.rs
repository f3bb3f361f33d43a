//! The encodings an article may come in: their names, the list for a chooser, and strict decoding.
//!
//! Which of them a file is in is decided in `detect`, what follows from it in the parent module.

use std::fmt;

use encoding_rs::DecoderResult;
use thiserror::Error;

/// A character encoding as the [WHATWG Encoding Standard](https://encoding.spec.whatwg.org/) defines it.
///
/// As in that standard, ASCII and ISO-8859-1 (latin-1) are names of windows-1252, which contains them, and the
/// Japanese encodings are those of Windows: their minus and wave dash become U+FF0D and U+FF5E.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Encoding(&'static encoding_rs::Encoding);

/// A name was written that no known encoding has.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is no encoding that is known here: write a name such as `UTF-8`, `windows-1251` or `Shift_JIS`")]
pub struct UnknownEncoding(pub String);

/// Where strict decoding had to stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    /// Everything before the bytes that mean nothing.
    pub text: String,
    /// The first byte that means nothing, counted in bytes from the start of what was decoded.
    pub byte: usize,
    /// How many bytes in a row mean nothing.
    pub len: usize,
    /// Whether the bytes are the beginning of a character that the end of the input cut off.
    pub cut_short: bool,
}

impl Encoding {
    /// UTF-8, with or without a byte order mark.
    pub const UTF_8: Self = Self(encoding_rs::UTF_8);
    /// UTF-16, low byte first, with or without a byte order mark.
    pub const UTF_16LE: Self = Self(encoding_rs::UTF_16LE);
    /// UTF-16, high byte first, with or without a byte order mark.
    pub const UTF_16BE: Self = Self(encoding_rs::UTF_16BE);

    /// Every encoding that can be chosen: the Unicode ones first, then by script.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        ALL.iter().map(|(encoding, _)| Self(encoding))
    }

    /// The encoding that a person or a file calls by `name`, in any case, e.g. `utf8`, `CP1251`, `latin-1`.
    ///
    /// Knows the labels of the WHATWG Encoding Standard, and those with other hyphens or none.
    pub fn parse(name: &str) -> Result<Self, UnknownEncoding> {
        let wanted = bare(name);
        let by_label = encoding_rs::Encoding::for_label(name.trim().as_bytes())
            .or_else(|| encoding_rs::Encoding::for_label(wanted.as_bytes()))
            .filter(|found| ALL.iter().any(|(known, _)| known == found));
        let by_name = || ALL.iter().map(|(known, _)| *known).find(|known| bare(known.name()) == wanted);
        by_label.or_else(by_name).map(Self).ok_or_else(|| UnknownEncoding(name.trim().to_owned()))
    }

    /// The standard's name, e.g. `windows-1251`; [`Encoding::parse`] reads it back.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// What a chooser shows: the script or language with the name, e.g. `Cyrillic (windows-1251)`.
    pub fn label(self) -> String {
        let script = ALL.iter().find(|(encoding, _)| *encoding == self.0);
        let script = script.map_or("Other", |(_, script)| script);
        if self.name() == "windows-1252" {
            return format!("{script} (windows-1252, also for ISO-8859-1 and latin-1)");
        }
        format!("{script} ({})", self.name())
    }

    /// Whether a code unit has two bytes, so that even ASCII characters contain a NUL byte.
    pub(super) fn is_utf16(self) -> bool {
        self == Self::UTF_16LE || self == Self::UTF_16BE
    }

    /// The encoding that the byte order mark at the start of `bytes` declares, and the mark's length in bytes.
    pub(super) fn of_mark(bytes: &[u8]) -> Option<(Self, usize)> {
        encoding_rs::Encoding::for_bom(bytes).map(|(encoding, len)| (Self(encoding), len))
    }

    /// The text of `bytes`, or where it stops to be one. Replaces nothing and looks for no byte order mark.
    pub(super) fn decode(self, bytes: &[u8]) -> Result<String, Stop> {
        let mut decoder = self.0.new_decoder_without_bom_handling();
        let mut text = String::with_capacity(bytes.len());
        let mut read = 0;
        // First without saying where the end is: what is then left over at the end was cut short, not malformed.
        for last in [false, true] {
            loop {
                let rest = bytes.get(read..).unwrap_or_default();
                let (result, taken) = decoder.decode_to_string_without_replacement(rest, &mut text, last);
                read += taken;
                match result {
                    DecoderResult::InputEmpty => break,
                    DecoderResult::OutputFull => text.reserve(text.len() / 2 + 64),
                    DecoderResult::Malformed(len, after) => {
                        let (len, after) = (usize::from(len), usize::from(after));
                        return Err(Stop { text, byte: read.saturating_sub(after + len), len, cut_short: last });
                    }
                }
            }
        }
        text.shrink_to_fit();
        Ok(text)
    }

    /// `self`, or the better known encoding that gives the same text.
    ///
    /// Detectors name only KOI8-U; where no Ukrainian letter occurs, people know the text as KOI8-R.
    pub(super) fn better_known(self, bytes: &[u8]) -> Self {
        let koi8_r = Self(encoding_rs::KOI8_R);
        if self.0 == encoding_rs::KOI8_U && koi8_r.decode(bytes) == self.decode(bytes) {
            return koi8_r;
        }
        self
    }

    pub(super) fn from_detector(found: &'static encoding_rs::Encoding) -> Self {
        Self(found)
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoding({})", self.name())
    }
}

/// The standard's encodings less `replacement` and `x-user-defined`, which are not for texts.
static ALL: [(&encoding_rs::Encoding, &str); 38] = [
    (encoding_rs::UTF_8, "Unicode"),
    (encoding_rs::UTF_16LE, "Unicode"),
    (encoding_rs::UTF_16BE, "Unicode"),
    (encoding_rs::WINDOWS_1252, "Western"),
    (encoding_rs::ISO_8859_15, "Western with €"),
    (encoding_rs::MACINTOSH, "Western, old Macintosh"),
    (encoding_rs::WINDOWS_1250, "Central European"),
    (encoding_rs::ISO_8859_2, "Central European"),
    (encoding_rs::ISO_8859_16, "South-Eastern European"),
    (encoding_rs::ISO_8859_3, "South European"),
    (encoding_rs::WINDOWS_1257, "Baltic"),
    (encoding_rs::ISO_8859_13, "Baltic"),
    (encoding_rs::ISO_8859_4, "Baltic"),
    (encoding_rs::ISO_8859_10, "Nordic"),
    (encoding_rs::ISO_8859_14, "Celtic"),
    (encoding_rs::WINDOWS_1251, "Cyrillic"),
    (encoding_rs::KOI8_R, "Cyrillic, Russian"),
    (encoding_rs::KOI8_U, "Cyrillic, Ukrainian"),
    (encoding_rs::ISO_8859_5, "Cyrillic"),
    (encoding_rs::IBM866, "Cyrillic, DOS"),
    (encoding_rs::X_MAC_CYRILLIC, "Cyrillic, old Macintosh"),
    (encoding_rs::WINDOWS_1253, "Greek"),
    (encoding_rs::ISO_8859_7, "Greek"),
    (encoding_rs::WINDOWS_1254, "Turkish"),
    (encoding_rs::WINDOWS_1255, "Hebrew"),
    (encoding_rs::ISO_8859_8_I, "Hebrew"),
    (encoding_rs::ISO_8859_8, "Hebrew, visual order"),
    (encoding_rs::WINDOWS_1256, "Arabic"),
    (encoding_rs::ISO_8859_6, "Arabic"),
    (encoding_rs::WINDOWS_874, "Thai"),
    (encoding_rs::WINDOWS_1258, "Vietnamese"),
    (encoding_rs::SHIFT_JIS, "Japanese"),
    (encoding_rs::EUC_JP, "Japanese"),
    (encoding_rs::ISO_2022_JP, "Japanese, mail"),
    (encoding_rs::GB18030, "Chinese, simplified"),
    (encoding_rs::GBK, "Chinese, simplified, also for GB2312"),
    (encoding_rs::BIG5, "Chinese, traditional"),
    (encoding_rs::EUC_KR, "Korean"),
];

fn bare(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_encoding_of_the_chooser_is_found_by_its_name_and_has_a_label_of_its_own() {
        let mut labels = std::collections::BTreeSet::new();
        for encoding in Encoding::all() {
            assert_eq!(Encoding::parse(encoding.name()), Ok(encoding));
            assert!(encoding.label().contains(encoding.name()));
            assert!(labels.insert(encoding.label()), "{}", encoding.label());
        }
    }

    #[test]
    fn names_are_understood_as_people_write_them() {
        for (written, name) in [
            ("utf8", "UTF-8"),
            (" UTF-16 ", "UTF-16LE"),
            ("utf16be", "UTF-16BE"),
            ("latin-1", "windows-1252"),
            ("ISO 8859-1", "windows-1252"),
            ("Latin 2", "ISO-8859-2"),
            ("CP-1251", "windows-1251"),
            ("KOI8R", "KOI8-R"),
            ("shift-jis", "Shift_JIS"),
            ("SJIS", "Shift_JIS"),
            ("gb2312", "GBK"),
            ("eucJP", "EUC-JP"),
        ] {
            assert_eq!(Encoding::parse(written).unwrap().name(), name, "{written}");
        }
        for unknown in ["", "Klingon", "utf-7", "x-user-defined", "кои8"] {
            assert_eq!(Encoding::parse(unknown), Err(UnknownEncoding(unknown.to_owned())));
        }
    }

    #[test]
    fn decoding_stops_at_the_first_byte_that_means_nothing() {
        let stop = Encoding::UTF_8.decode(b"\xC3\xA9t\xE2\x80h\xC3\xA9").unwrap_err();
        assert_eq!((stop.text.as_str(), stop.byte, stop.len), ("ét", 3, 2));
        assert!(!stop.cut_short);
    }

    #[test]
    fn decoding_knows_a_character_that_the_end_cut_off_from_a_malformed_one() {
        for (name, bytes, text, byte) in [
            ("UTF-8", &b"\xC3\xA9t\xF0\x9F\x98"[..], "ét", 3),
            ("UTF-16LE", b"\xE9\x00t", "é", 2),
            ("UTF-16BE", b"\x00\xE9\xD8\x3D", "é", 2),
            ("Shift_JIS", b"\x93\xFA\x96", "日", 2),
            ("GB18030", b"\xC8\xD5\x81\x30\x81", "日", 2),
        ] {
            let stop = Encoding::parse(name).unwrap().decode(bytes).unwrap_err();
            assert!(stop.cut_short, "{name}");
            assert_eq!((stop.text.as_str(), stop.byte), (text, byte), "{name}");
            assert_eq!(stop.byte + stop.len, bytes.len(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn decoding_either_takes_all_or_says_where_it_stopped_and_what_came_before(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            index in 0..ALL.len(),
        ) {
            let encoding = Encoding(ALL[index].0);
            // ISO-2022-JP may be malformed by what an escape does not say, so its prefix is not a text of its own.
            prop_assume!(encoding.name() != "ISO-2022-JP");
            if let Err(stop) = encoding.decode(&bytes) {
                prop_assert!(stop.len > 0 && stop.byte + stop.len <= bytes.len());
                prop_assert_eq!(encoding.decode(&bytes[..stop.byte]), Ok(stop.text));
            }
        }
    }
}
