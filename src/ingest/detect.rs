//! Which encoding a file is in, when nobody says so.
//!
//! In this order: byte order mark, UTF-16 by its zero bytes, UTF-8, what the markup declares, statistics of languages.
//! A browser asks the markup before UTF-8, but before both what the server said, which is lost with the connection: a page
//! that declares one encoding and is in UTF-8 was sent as such. Where bytes and markup differ, it is told.
//! Whether the bytes then are a text is decided by the parent module.

use std::cmp::Ordering;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use super::encoding::Encoding;

/// How it is known which encoding a file is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// The file begins with a byte order mark.
    ByteOrderMark,
    /// The bytes are valid UTF-8, which text in another encoding hardly ever is by chance.
    ValidUtf8,
    /// The file's markup (HTML, XML) says so, and the bytes do not contradict.
    Declared,
    /// Guessed from the frequencies of bytes: right for most texts of some length, to be looked at by a person.
    Detected,
    /// A person chose it.
    Chosen,
}

impl Certainty {
    /// A few words for a person, e.g. `detected`.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::ByteOrderMark => "declared by the byte order mark",
            Self::ValidUtf8 => "valid UTF-8",
            Self::Declared => "declared in the file",
            Self::Detected => "detected",
            Self::Chosen => "chosen",
        }
    }
}

/// The encoding that `bytes` are most likely in, and how that is known. Never says [`Certainty::Chosen`].
pub(super) fn detect(bytes: &[u8]) -> (Encoding, Certainty) {
    if let Some((encoding, _)) = Encoding::of_mark(bytes) {
        return (encoding, Certainty::ByteOrderMark);
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return (encoding, Certainty::Detected);
    }
    let declared = declared(bytes).filter(|declared| declared.decode(bytes).is_ok());
    if let Some(encoding) = declared.filter(|declared| may_be_by_chance(*declared, bytes)) {
        return (encoding, Certainty::Declared);
    }
    // ISO-2022-JP is valid UTF-8 too: it differs from ASCII by its escapes only.
    if !bytes.contains(&ESCAPE) && is_utf8_maybe_damaged(bytes) {
        return (Encoding::UTF_8, Certainty::ValidUtf8);
    }
    if let Some(encoding) = declared {
        return (encoding, Certainty::Declared);
    }
    let guess = by_statistics(bytes);
    if guess.name() != "ISO-2022-JP" && is_utf8_maybe_damaged(bytes) {
        return (Encoding::UTF_8, Certainty::ValidUtf8);
    }
    (guess.better_known(bytes), Certainty::Detected)
}

/// What the markup declares, if it is another encoding than the one that was `found`, and that matters: if the text would
/// be another, or if `bytes` could be UTF-8 as well.
pub(super) fn contradicting(found: Encoding, bytes: &[u8]) -> Option<Encoding> {
    let declared = declared(bytes)?;
    let is_otherwise = declared != found && declared.decode(bytes) != found.decode(bytes);
    (is_otherwise || (found != Encoding::UTF_8 && may_be_by_chance(declared, bytes))).then_some(declared)
}

/// Whether `bytes` are valid UTF-8 with so few characters beyond ASCII that in `declared` they may be so by chance.
///
/// Where each byte is a character, what UTF-8 makes of a letter is no sensible text, nor is it in Shift_JIS; but of common
/// Chinese characters in two bytes each, one in seven looks like a letter in UTF-8.
fn may_be_by_chance(declared: Encoding, bytes: &[u8]) -> bool {
    /// So many in a row are by chance once in a million texts.
    const CHANCE: usize = 7;
    if !["GBK", "gb18030", "Big5", "EUC-KR", "EUC-JP"].contains(&declared.name()) {
        return false;
    }
    let beyond_ascii =
        std::str::from_utf8(bytes).map(|text| text.chars().filter(|c| !c.is_ascii()).take(CHANCE).count());
    beyond_ascii.is_ok_and(|count| (1..CHANCE).contains(&count))
}

/// Whether `bytes` are UTF-32, which is recognised only in order to be refused with the reason.
pub(super) fn is_utf32(bytes: &[u8]) -> bool {
    let all_are_characters = |read: fn([u8; 4]) -> u32| {
        let (units, rest) = bytes.as_chunks::<4>();
        rest.is_empty()
            && !units.is_empty()
            && units.iter().all(|unit| char::from_u32(read(*unit)).is_some_and(|c| c != '\0'))
    };
    all_are_characters(u32::from_le_bytes) || all_are_characters(u32::from_be_bytes)
}

const ESCAPE: u8 = 0x1B;

/// As much of a file as is looked at for a declaration: browsers look at 1024 bytes, some pages need more.
const DECLARATION_BYTES: usize = 2048;

/// UTF-16 shows by zero bytes, of which every ASCII character has one, in pairs that make a sensible text.
fn utf16_without_mark(bytes: &[u8]) -> Option<Encoding> {
    let zeros = memchr::memchr_iter(0, bytes).count();
    // A text in an alphabet other than the Latin has few, but is then not UTF-8; a stray NUL in UTF-8 is not UTF-16.
    if zeros == 0 || (zeros * 4 < bytes.len() && std::str::from_utf8(bytes).is_ok()) {
        return None;
    }
    let little = familiar_characters(Encoding::UTF_16LE, bytes);
    let big = familiar_characters(Encoding::UTF_16BE, bytes);
    match little.cmp(&big) {
        Ordering::Greater => Some(Encoding::UTF_16LE),
        Ordering::Less => Some(Encoding::UTF_16BE),
        Ordering::Equal => None,
    }
}

/// How many characters of ASCII and common punctuation there are in UTF-16; none if it makes no text.
///
/// In the wrong byte order these few, which every text has, become rare ideographs.
fn familiar_characters(encoding: Encoding, bytes: &[u8]) -> usize {
    let text = match encoding.decode(bytes) {
        Ok(text) => text,
        Err(stop) if stop.cut_short => stop.text,
        Err(_) => return 0,
    };
    let (mut familiar, mut usual, mut all) = (0_usize, 0_usize, 0_usize);
    for c in text.chars() {
        all += 1;
        let is_familiar =
            matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{2010}'..='\u{2026}' | '\u{3000}'..='\u{3002}');
        familiar += usize::from(is_familiar);
        usual += usize::from(is_familiar || c.is_alphanumeric() || c.is_whitespace() || is_sign(c));
    }
    if usual * 10 >= all * 9 { familiar } else { 0 }
}

/// Punctuation and symbols in use, emoji and what joins them.
fn is_sign(c: char) -> bool {
    matches!(c, '\u{A0}'..='\u{BF}' | '\u{300}'..='\u{36F}' | '\u{2010}'..='\u{2BFF}' | '\u{3000}'..='\u{30FF}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FF00}'..='\u{FFEF}' | '\u{1F000}'..='\u{1FAFF}')
}

/// Whether `bytes` are UTF-8, even if a few of them are broken: then a person should hear of the damage,
/// and not get a text in which every letter beyond ASCII became two or three others.
fn is_utf8_maybe_damaged(bytes: &[u8]) -> bool {
    let (mut in_favour, mut against) = (0_usize, 0_usize);
    let mut read = 0;
    for chunk in bytes.utf8_chunks() {
        let beyond_ascii = chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        in_favour += beyond_ascii;
        read += chunk.valid().len() + chunk.invalid().len();
        match chunk.invalid() {
            // No text has 0xFF in UTF-8 and none in a Latin alphabet has it often: it says nothing.
            [] | [0xFF] => {}
            // A character that was begun rightly and not ended.
            [_, _, ..] => in_favour += 1,
            [begun] if read == bytes.len() && (0xC2..0xF5).contains(begun) => in_favour += 1,
            _ => against += 1,
        }
    }
    let is_valid = std::str::from_utf8(bytes);
    match is_valid {
        Ok(_) => true,
        // One short beginning at the very end may as well be the é of a latin-1 “café”.
        Err(error) if error.error_len().is_none() => {
            in_favour > against && (in_favour > 1 || bytes.len() - error.valid_up_to() > 1)
        }
        Err(_) => in_favour > against && in_favour > 1,
    }
}

/// The encoding that the head of an HTML or XML file names.
fn declared(bytes: &[u8]) -> Option<Encoding> {
    let head = bytes.get(..DECLARATION_BYTES).unwrap_or(bytes);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let after = |mark: &str, key: &str| {
        let tag = head.split_once(mark)?.1;
        let tag = tag.split_once(key)?.1.trim_start();
        let name = tag.strip_prefix('=')?.trim_start();
        let name = name.trim_start_matches(['"', '\'']);
        let end = name.find(['"', '\'', ';', '>', '?', ' ', '/']);
        Encoding::parse(name.get(..end?)?).ok()
    };
    let found = after("<?xml", "encoding").or_else(|| after("<meta", "charset"));
    // A page that could be searched byte by byte for its declaration is not UTF-16, whatever it says.
    found.filter(|encoding| !encoding.is_utf16())
}

fn by_statistics(bytes: &[u8]) -> Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    let guess = Encoding::from_detector(detector.guess(None, Utf8Detection::Deny));
    if guess.name() == "windows-1252" && has_letters_of_latin_9(bytes) {
        return Encoding::parse("ISO-8859-15").unwrap_or(guess);
    }
    guess
}

/// Whether Western text is in ISO-8859-15: where windows-1252 has fractions and accents without a letter,
/// this one has letters and the euro sign, so their neighbours tell the two apart.
fn has_letters_of_latin_9(bytes: &[u8]) -> bool {
    if bytes.iter().any(|byte| (0x80..0xA0).contains(byte)) {
        return false;
    }
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
    let (mut in_favour, mut against) = (0_usize, 0_usize);
    for (at, byte) in bytes.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        match byte {
            // The euro sign; nobody writes the currency sign ¤ that windows-1252 has here.
            0xA4 => in_favour += 1,
            0xA6 | 0xA8 | 0xB4 | 0xB8 | 0xBC | 0xBD | 0xBE => {
                if is_letter(before) || is_letter(bytes.get(at + 1)) {
                    in_favour += 1;
                } else {
                    against += 1;
                }
            }
            _ => {}
        }
    }
    in_favour > against
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(bytes: &[u8]) -> (&'static str, Certainty) {
        let (encoding, certainty) = detect(bytes);
        (encoding.name(), certainty)
    }

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn utf16_without_a_mark_is_known_in_every_script() {
        for text in [
            "“We are ready,” she said.\r\n",
            "«Мы готовы», — сказала она вчера вечером.\n",
            "「準備はできている」と彼女は言った。\n",
            "قالت: «نحن مستعدون» اليوم.",
            "第一天，一百一十一人。一\n",
            "a\u{1F600} é",
        ] {
            assert_eq!(found(&utf16(text, u16::to_le_bytes)), ("UTF-16LE", Certainty::Detected), "{text}");
            assert_eq!(found(&utf16(text, u16::to_be_bytes)), ("UTF-16BE", Certainty::Detected), "{text}");
        }
    }

    #[test]
    fn a_stray_nul_does_not_make_utf8_into_utf16() {
        for text in ["Zoë said\0 so.\n", "Zoë said \0so.\n"] {
            assert_eq!(found(text.as_bytes()), ("UTF-8", Certainty::ValidUtf8));
        }
    }

    #[test]
    fn broken_utf8_stays_utf8_and_latin_1_does_not_become_it() {
        for damaged in [
            &b"Zo\xC3\xAB said \xE2\x80\x9Cno\xE2\x80 to Zo\xC3\xAB"[..],
            b"the\xE2\x80 end\n\xFF\xFE\xC3",
            b"only its end is missing \xE2\x80",
            b"Zo\xC3\xAB, Zo\xC3",
        ] {
            assert_eq!(found(damaged).0, "UTF-8");
        }
        for latin in [&b"caf\xE9"[..], b"\xAB L'\xE9t\xE9 \xBB, dit-il.", b"Stra\xDFe \x93M\xFCnchen\x94"] {
            assert_eq!(found(latin), ("windows-1252", Certainty::Detected));
        }
    }

    #[test]
    fn letters_that_only_iso_8859_15_has_are_told_from_fractions() {
        assert_eq!(found(b"Sa s\xBDur a d\xE9pens\xE9 3 \xA4 pour l'\xE9t\xE9.").0, "ISO-8859-15");
        assert_eq!(found(b"Un caf\xE9 et \xBD litre.").0, "windows-1252");
    }

    #[test]
    fn markup_that_names_its_encoding_is_believed_unless_the_bytes_contradict() {
        let page = b"<html><meta http-equiv='Content-Type' content='text/html; charset=koi8-r'>\xC1";
        assert_eq!(found(page), ("KOI8-R", Certainty::Declared));
        let xml = b"<?xml version='1.0' encoding=\"ISO-8859-2\"?><p>\xB3\xF3d\xBC</p>";
        assert_eq!(found(xml), ("ISO-8859-2", Certainty::Declared));
        let wrong = "<meta charset=\"Shift_JIS\"><p>Zoë</p>";
        assert_eq!(found(wrong.as_bytes()), ("UTF-8", Certainty::ValidUtf8));
        assert_ne!(found(b"<meta charset=\"utf-8\"><p>Zo\xEB</p>").0, "UTF-8");
    }

    #[test]
    fn japanese_mail_is_told_from_ascii_with_an_escape() {
        assert_eq!(found(b"\x1B$BF|K\\\x1B(B news \x1B$BF|K\\\x1B(B").0, "ISO-2022-JP");
        assert_eq!(found("\x1B[1mZoë\x1B[0m".as_bytes()).0, "UTF-8");
    }

    #[test]
    fn utf32_is_known_with_and_without_its_mark() {
        let le = |text: &str| -> Vec<u8> { text.chars().flat_map(|c| (c as u32).to_le_bytes()).collect() };
        assert!(is_utf32(&le("\u{FEFF}Zoë 😀")) && is_utf32(&le("Zoë")));
        assert!(is_utf32(&[0, 0, 0, 0xEB]));
        assert!(!is_utf32(b"Zo\xC3\xAB, said") && !is_utf32(b""));
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_encoding_of_the_chooser(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let (encoding, _) = detect(&bytes);
            prop_assert!(Encoding::all().any(|known| known == encoding));
        }

        #[test]
        fn any_text_in_utf8_is_found_to_be_utf8(text in "\\PC{1,80}") {
            prop_assume!(!text.contains('\0') && !text.starts_with('\u{FEFF}'));
            prop_assert_eq!(found(text.as_bytes()), ("UTF-8", Certainty::ValidUtf8));
        }
    }
}
