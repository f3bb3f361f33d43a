//! From an article file's bytes to its text and what it proposes as metadata.
//!
//! Plain text is decoded exactly or not at all: nothing is replaced, normalised or cut off without a person's consent.
//! Out of web pages, documents and e-books the article is taken by the reader of each kind, and what was left out
//! is counted. Where the article goes, and what becomes of the proposals, is not decided here.

mod date;
mod detect;
mod docx;
mod encoding;
mod epub;
mod extraction;
mod guard;
mod header;
mod html;
mod isolated;
mod lines;
mod odt;
mod package;
mod pdf;
mod refusal;
mod warning;

use std::{
    fmt, fs,
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use extraction::Extracted;
use isolated::Outcome;
use sha2::{Digest, Sha256};

pub use date::DateReading;
pub use detect::Certainty;
pub use encoding::{Encoding, UnknownEncoding};
pub use extraction::{Counts, Extraction, FileKind, Part};
pub use header::{FieldKind, FieldValue, HeaderField, TitleProposal, TitleSource};
pub use isolated::{COMMAND, extract, isolate_with};
pub use refusal::{Reason, Refusal};
pub use warning::Warning;

/// The largest file that is taken in as one article, in bytes: about ten million words.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// How the names of files that may be articles end, in lower case. What they are is told by their content alone.
pub const EXTENSIONS: [&str; 8] = ["txt", "html", "htm", "xhtml", "docx", "odt", "pdf", "epub"];

/// An article as it came from a file: not yet a document of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// Of plain text, exactly what was decoded: line ends and normalisation as in the file, without the byte order
    /// mark. Of other files, what was taken out of them, with a blank line between paragraphs.
    pub text: String,
    /// What the file is in; UTF-8 where its kind leaves no choice.
    pub encoding: Encoding,
    /// How that is known.
    pub certainty: Certainty,
    /// Whether the file begins with a byte order mark of this encoding.
    pub had_bom: bool,
    /// How the lines of the text end.
    pub line_ends: LineEnds,
    /// SHA-256 of the file's bytes as 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Size of the file in bytes.
    pub byte_len: usize,
    /// What the file says about the article: first what stands beside its text, then what the header lines of the text
    /// say, in their order; the lines stay part of the text.
    pub header: Vec<HeaderField>,
    /// The title to propose, where there is something to make one of.
    pub title: Option<TitleProposal>,
    /// What a person should know before the article is taken in.
    pub warnings: Vec<Warning>,
    /// What was taken out of the file and what was left in it; none for plain text, which is taken whole.
    pub extraction: Option<Extraction>,
}

/// How the lines of a text end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnds {
    /// The text is a single line.
    None,
    /// `\n`.
    Lf,
    /// `\r\n`.
    CrLf,
    /// `\r`.
    Cr,
    /// More than one kind.
    Mixed,
}

impl Article {
    /// Reads the article in the file at `path`; its encoding is detected unless it is `forced`.
    ///
    /// A file that is too large is refused by its size, before anything of it is read.
    pub fn from_path(path: &Path, forced: Option<Encoding>) -> Result<Self, Refusal> {
        let name = path.display().to_string();
        match read_limited(path) {
            Ok(bytes) => Self::from_bytes(&name, &bytes, forced),
            Err(reason) => Err(Refusal { file: name, reason }),
        }
    }

    /// Reads the article in `bytes`; its encoding is detected unless it is `forced`.
    ///
    /// What the bytes are is told by themselves; a `forced` encoding matters for plain text and web pages only.
    /// `name` is the file's name or path: it stands in messages, and its stem may become the proposed title.
    /// Forcing an encoding also overrules the judgement that the file is not text, but nothing else.
    pub fn from_bytes(name: &str, bytes: &[u8], forced: Option<Encoding>) -> Result<Self, Refusal> {
        read(name, bytes, forced).map_err(|reason| Refusal { file: name.to_owned(), reason })
    }
}

impl Article {
    /// What the file was, as it is remembered with the document: the encoding of plain text, else the kind of file,
    /// for web pages with the encoding, as in `HTML, windows-1252`.
    pub fn form(&self) -> String {
        match &self.extraction {
            None => self.encoding.name().to_owned(),
            Some(extraction) if extraction.kind == FileKind::Html => {
                format!("{}, {}", extraction.kind.name(), self.encoding)
            }
            Some(extraction) => extraction.kind.name().to_owned(),
        }
    }
}

impl LineEnds {
    /// The kind of line ends in `text`. `\n`, `\r\n` and `\r` count, other separators of Unicode do not.
    pub fn of(text: &str) -> Self {
        let mut found = Self::None;
        let bytes = text.as_bytes();
        for at in memchr::memchr2_iter(b'\r', b'\n', bytes) {
            let before = at.checked_sub(1).and_then(|before| bytes.get(before));
            let kind = match (bytes.get(at), before, bytes.get(at + 1)) {
                (Some(b'\n'), Some(b'\r'), _) => continue,
                (Some(b'\r'), _, Some(b'\n')) => Self::CrLf,
                (Some(b'\r'), ..) => Self::Cr,
                _ => Self::Lf,
            };
            match found {
                Self::None => found = kind,
                _ if found == kind => {}
                _ => return Self::Mixed,
            }
        }
        found
    }
}

fn read_limited(path: &Path) -> Result<Vec<u8>, Reason> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::IsADirectory => Reason::IsFolder,
        kind => Reason::Unreadable(kind),
    };
    let too_large = |size| Reason::TooLarge { size, limit: MAX_BYTES };
    // Asked by path before opening: to open a pipe that nobody writes to would wait for ever.
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(Reason::IsFolder);
    }
    if !metadata.is_file() {
        return Err(Reason::NotAFile);
    }
    if metadata.len() > MAX_BYTES {
        return Err(too_large(metadata.len()));
    }
    let file = fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    // The file may grow while it is read, and some systems say that their files have no size.
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

fn read(name: &str, bytes: &[u8], forced: Option<Encoding>) -> Result<Article, Reason> {
    if let Some(kind) = known_kind(bytes)? {
        let extracted = taken_apart(kind, bytes.to_vec())?;
        // These kinds say it themselves, or leave no choice.
        let form = Form { encoding: Encoding::UTF_8, certainty: Certainty::Declared, had_bom: false };
        return Ok(taken_out(name, bytes, &form, extracted));
    }
    refuse_at_sight(bytes, forced)?;
    let (encoding, certainty) = forced.map_or_else(|| detect::detect(bytes), |it| (it, Certainty::Chosen));
    let mark = Encoding::of_mark(bytes);
    let bom_len = mark.map_or(0, |(of, len)| if of == encoding { len } else { 0 });
    let content = bytes.get(bom_len..).unwrap_or_default();

    let (text, cut) = match encoding.decode(content) {
        Ok(text) => (text, None),
        Err(stop) => {
            let bad = content.get(stop.byte..stop.byte + stop.len);
            let bad = bad.unwrap_or_default().to_vec();
            let byte = bom_len + stop.byte;
            if !stop.cut_short || stop.text.is_empty() {
                return Err(Reason::Malformed { encoding, byte, line: last_line(&stop.text), bytes: bad });
            }
            (stop.text, Some((byte, bad)))
        }
    };
    if text.is_empty() {
        return Err(Reason::Empty);
    }
    if forced.is_none() {
        looks_like_text(&text, content, encoding, bom_len)?;
    }
    if html::is_html(&text) {
        let mut extracted = taken_apart(FileKind::Html, text.clone().into_bytes())?;
        // A mark and a person are believed without a word.
        if !matches!(certainty, Certainty::Chosen | Certainty::ByteOrderMark) {
            let other = detect::contradicting(encoding, bytes);
            extracted.warnings.extend(other.map(|declared| Warning::OtherDeclared { declared, read: encoding }));
        }
        extracted.warnings.extend(warnings_of_bytes(&text, mark.map(|(mark, _)| mark), encoding));
        let article = taken_out(name, bytes, &Form { encoding, certainty, had_bom: bom_len > 0 }, extracted);
        return cut.map_or(Ok(article.clone()), |(byte, bytes)| Err(cut_short(article, byte, bytes)));
    }
    let header = header::fields(&text);
    let article = Article {
        encoding,
        certainty,
        had_bom: bom_len > 0,
        line_ends: LineEnds::of(&text),
        sha256: sha256(bytes),
        byte_len: bytes.len(),
        title: header::title(&header, name, &text),
        header,
        warnings: warnings(&text, mark.map(|(mark, _)| mark), encoding),
        text,
        extraction: None,
    };
    match cut {
        None => Ok(article),
        Some((byte, bytes)) => Err(cut_short(article, byte, bytes)),
    }
}

/// What a file is encoded in, and how that is known.
#[derive(Clone, Copy)]
struct Form {
    encoding: Encoding,
    certainty: Certainty,
    had_bom: bool,
}

/// The article that was taken out of `bytes`.
fn taken_out(name: &str, bytes: &[u8], form: &Form, extracted: Extracted) -> Article {
    let Extracted { text, about, extraction, mut warnings } = extracted;
    let count = extraction.left_out.of(Part::UnknownCharacter);
    if count > 0 {
        warnings.insert(0, Warning::UnknownCharacters { count });
    }
    let mut header: Vec<_> =
        about.iter().filter_map(|(kind, said)| HeaderField::beside_the_text(*kind, said)).collect();
    header.retain(|field| !extraction::is_placeholder(&field.raw));
    header.extend(header::fields(&text));
    Article {
        encoding: form.encoding,
        certainty: form.certainty,
        had_bom: form.had_bom,
        line_ends: LineEnds::of(&text),
        sha256: sha256(bytes),
        byte_len: bytes.len(),
        title: header::title(&header, name, &text),
        header,
        warnings,
        text,
        extraction: Some(extraction),
    }
}

/// The kind of file that is told by its bytes, where there is a reader for it.
fn known_kind(bytes: &[u8]) -> Result<Option<FileKind>, Reason> {
    if bytes.is_empty() {
        return Err(Reason::Empty);
    }
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Reason::TooLarge { size: bytes.len() as u64, limit: MAX_BYTES });
    }
    if bytes.starts_with(b"%PDF-") {
        return Ok(Some(FileKind::Pdf));
    }
    Ok(package::kind_of_package(bytes))
}

/// Takes the article out of `bytes`, of pages as UTF-8: in a process of its own where there can be one, else on a
/// thread.
fn taken_apart(kind: FileKind, bytes: Vec<u8>) -> Result<Extracted, Reason> {
    let bytes = Arc::new(bytes);
    match isolated::ask(kind, &bytes) {
        Outcome::Answer(answer) => answer,
        Outcome::Nobody => {
            let bytes = Arc::unwrap_or_clone(bytes);
            guard::guarded(kind, move || extract_here(kind, bytes))
        }
    }
}

/// Takes the article out of `bytes`, wherever this is.
fn extract_here(kind: FileKind, bytes: Vec<u8>) -> Result<Extracted, Reason> {
    let extracted = match kind {
        FileKind::Docx => docx::read(bytes),
        FileKind::Odt => odt::read(bytes),
        FileKind::Epub => epub::read(bytes),
        FileKind::Pdf => pdf::read(bytes),
        FileKind::Html => html::read(&String::from_utf8_lossy(&bytes)),
    }?;
    if extracted.text.trim().is_empty() {
        return Err(Reason::NoText { kind });
    }
    Ok(extracted)
}

fn refuse_at_sight(bytes: &[u8], forced: Option<Encoding>) -> Result<(), Reason> {
    if let Some(kind) = package::kind_by_head(bytes) {
        return Err(Reason::Damaged { kind, what: "the archive that it is has no end".to_owned() });
    }
    if let Some(kind) = refusal::kind_of_file(bytes) {
        return Err(Reason::OtherKind(kind));
    }
    if forced.is_none() && detect::is_utf32(bytes) {
        return Err(Reason::Utf32);
    }
    Ok(())
}

fn cut_short(mut article: Article, byte: usize, bytes: Vec<u8>) -> Reason {
    article.warnings.push(Warning::CutShort { byte, bytes: bytes.clone() });
    Reason::CutShort {
        encoding: article.encoding,
        byte,
        line: last_line(&article.text),
        bytes,
        offer: Box::new(article),
    }
}

fn looks_like_text(text: &str, content: &[u8], encoding: Encoding, bom_len: usize) -> Result<(), Reason> {
    if let Some(nul) = text.find('\0') {
        let byte = if encoding.is_utf16() {
            let (units, _) = content.as_chunks::<2>();
            units.iter().position(|unit| *unit == [0, 0]).map(|at| at * 2)
        } else {
            memchr::memchr(0, content)
        };
        return Err(Reason::Nul {
            byte: bom_len + byte.unwrap_or(0),
            line: last_line(text.get(..nul).unwrap_or_default()),
        });
    }
    let is_odd = |c: &char| c.is_control() && !c.is_whitespace() && *c != '\u{1B}';
    let (controls, chars) = (text.chars().filter(is_odd).count(), text.chars().count());
    // A text has a stray one at most; in random bytes every tenth is one.
    if controls.saturating_mul(20) > chars {
        return Err(Reason::Controls { controls, chars });
    }
    Ok(())
}

fn warnings(text: &str, mark: Option<Encoding>, chosen: Encoding) -> Vec<Warning> {
    let mut warnings = warnings_of_bytes(text, mark, chosen);
    let start: String = text.trim_start().chars().take(9).collect();
    let start = start.to_ascii_lowercase();
    if ["<!doctype", "<?xml"].iter().any(|it| start.starts_with(it)) {
        warnings.insert(0, Warning::Markup);
    }
    warnings
}

fn warnings_of_bytes(text: &str, mark: Option<Encoding>, chosen: Encoding) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let count = memchr::memchr_iter(0, text.as_bytes()).count();
    if count > 0 {
        warnings.push(Warning::Nuls { count });
    }
    if let Some(mark) = mark.filter(|mark| *mark != chosen) {
        warnings.push(Warning::OtherMark { mark, chosen });
    }
    warnings
}

/// The number of the line that `text` ends in, from 1.
fn last_line(text: &str) -> usize {
    let bytes = text.as_bytes();
    let starts_line = |at: &usize| bytes.get(*at) == Some(&b'\n') || bytes.get(*at + 1) != Some(&b'\n');
    1 + memchr::memchr2_iter(b'\r', b'\n', bytes).filter(starts_line).count()
}

fn sha256(bytes: &[u8]) -> String {
    use fmt::Write as _;
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(bytes: &[u8], forced: Option<Encoding>) -> Refusal {
        Article::from_bytes("é.txt", bytes, forced).unwrap_err()
    }

    fn named(name: &str) -> Encoding {
        Encoding::parse(name).unwrap()
    }

    #[test]
    fn the_text_is_exactly_what_was_decoded_less_one_byte_order_mark() {
        let bytes = "\u{FEFF}\u{FEFF}Zoe\u{308}\r\n\rsaid\u{2028}\u{A0}so\n".as_bytes();
        let article = Article::from_bytes("zoë-speaks.txt", bytes, None).unwrap();
        assert_eq!(article.text, "\u{FEFF}Zoe\u{308}\r\n\rsaid\u{2028}\u{A0}so\n");
        assert_eq!(article.line_ends, LineEnds::Mixed);
        assert!(article.had_bom && article.warnings.is_empty());
        assert_eq!(article.title.unwrap().title, "Zoë speaks");
        assert_eq!(article.byte_len, bytes.len());
        let hello = Article::from_bytes("", b"abc", None).unwrap();
        assert_eq!(hello.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn line_ends_are_told_apart() {
        for (text, line_ends) in [
            ("é", LineEnds::None),
            ("é\n\n", LineEnds::Lf),
            ("é\r\n\r\n", LineEnds::CrLf),
            ("é\r\r", LineEnds::Cr),
            ("é\n\r", LineEnds::Mixed),
            ("é\r\n\n", LineEnds::Mixed),
        ] {
            assert_eq!(LineEnds::of(text), line_ends, "{text:?}");
        }
    }

    #[test]
    fn a_forced_encoding_is_used_and_never_papered_over() {
        let russian = b"\xCC\xE8\xED\xE8\xF1\xF2\xF0";
        let article = Article::from_bytes("", russian, Some(named("windows-1251"))).unwrap();
        assert_eq!((article.text.as_str(), article.certainty), ("Министр", Certainty::Chosen));

        let refusal = refused(b"Zo\xC3\xAB\r\rsaid\r\n\xE9t\xE9", Some(Encoding::UTF_8));
        assert_eq!(
            refusal.to_string(),
            "`é.txt` is not valid UTF-8: the bytes `E9` at byte 12 (line 4) mean nothing in it; \
             choose another encoding, or get an undamaged copy"
        );
    }

    #[test]
    fn the_mark_of_another_encoding_than_the_chosen_one_is_told() {
        let chosen = named("windows-1252");
        let article = Article::from_bytes("", "\u{FEFF}é".as_bytes(), Some(chosen)).unwrap();
        let mark = Encoding::UTF_8;
        assert_eq!(article.text, "ï»¿Ã©");
        assert!(!article.had_bom);
        assert_eq!(article.warnings, [Warning::OtherMark { mark, chosen }]);
    }

    #[test]
    fn a_file_cut_short_is_refused_with_the_offer_of_the_rest() {
        let bytes = b"\xEF\xBB\xBFZo\xC3\xAB\nsaid \xE2\x80";
        let refusal = refused(bytes, None);
        assert!(refusal.to_string().contains("the last bytes `E2 80` at byte 13 (line 2)"), "{refusal}");
        let offer = refusal.into_offer().unwrap();
        assert_eq!((offer.text.as_str(), offer.byte_len), ("Zoë\nsaid ", bytes.len()));
        let left_out = Warning::CutShort { byte: 13, bytes: b"\xE2\x80".to_vec() };
        assert_eq!(offer.warnings, [left_out]);

        let offer = refused(b"\xFF\xFE\xEB\0.\0x", None).into_offer().unwrap();
        assert_eq!(offer.text, "ë.");
        assert!(refused(b"\xE2\x80", Some(Encoding::UTF_8)).into_offer().is_none());
    }

    #[test]
    fn files_that_are_no_text_are_refused_with_what_they_are_and_what_to_do() {
        let docx = b"PK\x03\x04\x14\0\x06\0 [Content_Types].xml \xE9 word/document.xml";
        for (bytes, said) in [
            (&b"%PDF-1.7\n%\xE2\xE3\xCF\xD3"[..], "is a PDF, but a damaged one: its pages are not found; get"),
            (docx, "is a Word document (DOCX), but a damaged one: the archive that it is has no end; get"),
            (b"PK\x03\x04 mimetypeapplication/vnd.oasis.opendocument.text", "(ODT)"),
            (b"\x89PNG\r\n\x1A\n\0", "is a PNG picture"),
            (b"\xFF\xD8\xFF\xE0\0", "is a JPEG picture"),
            (b"\x7FELF\x02\x01", "is a program (ELF)"),
            (b"\x1F\x8B\x08\0", "is a gzip archive"),
            (b"{\\rtf1\\ansi \\'e9}", "is a rich text (RTF) document"),
            (b"", "is empty"),
            (b"\xEF\xBB\xBF", "is empty"),
            (b"\xFF\xFE\0\0\xEB\0\0\0", "is in UTF-32"),
            (b"Zo\xC3\xAB\n\0", "a NUL at byte 5 (line 2)"),
            (b"\xFE\xFF\0\xEB\0\n\0\0", "a NUL at byte 6 (line 2)"),
            (b"\x01\x02\xE9\x03\x04 \x05\x06", "6 of its 8 characters are control characters"),
        ] {
            let refusal = refused(bytes, None).to_string();
            assert!(refusal.contains(said), "{refusal}");
        }
    }

    #[test]
    fn a_person_may_overrule_that_it_is_no_text_but_hears_of_the_nuls() {
        let article = Article::from_bytes("", "Zoë\0\0".as_bytes(), Some(Encoding::UTF_8)).unwrap();
        assert_eq!(article.text, "Zoë\0\0");
        assert_eq!(article.warnings, [Warning::Nuls { count: 2 }]);
        refused(b"%PDF-1.7 \xC3\xAB", Some(Encoding::UTF_8));
    }

    #[test]
    fn an_article_one_byte_above_the_limit_is_refused_with_both_sizes() {
        let refusal = refused(&vec![b'e'; MAX_BYTES as usize + 1], None).to_string();
        assert!(refusal.contains("has 64.1 MiB, the limit for one article is 64 MiB"), "{refusal}");
    }

    /// `text` in `encoding`, where it can hold it: where each character comes back as itself.
    fn encoded(text: &str, encoding: Encoding) -> Option<Vec<u8>> {
        match encoding.name() {
            "UTF-16LE" => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            "UTF-16BE" => Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            name => {
                let codec = encoding_rs::Encoding::for_label(name.as_bytes())?;
                let holds = |c: char| {
                    let one = c.to_string();
                    let (bytes, _, lost) = codec.encode(&one);
                    !lost && codec.decode_without_bom_handling(&bytes).0 == one
                };
                let held: String = text.chars().filter(|c| holds(*c)).collect();
                (held == text).then(|| codec.encode(text).0.into_owned())
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back_from_every_encoding_that_can_hold_it(
            text in prop_oneof!["\\PC{1,40}", "[a-zé€ß“”—\r\n ]{1,40}", "[а-яёЁ«»№ ]{1,40}", "[ぁ-ん一-丂「」。\n]{1,40}", "[α-ωΆ ]{1,40}", "[가-갛 ]{1,40}"],
        ) {
            prop_assume!(!text.starts_with('\u{FEFF}'));
            let mut held = 0;
            for encoding in Encoding::all() {
                let Some(bytes) = encoded(&text, encoding) else { continue };
                // Which other mark or kind of file a text may happen to begin like is tested above.
                if Encoding::of_mark(&bytes).is_some() || refusal::kind_of_file(&bytes).is_some() { continue }
                let article = Article::from_bytes("", &bytes, Some(encoding));
                let article = article.map_err(|refusal| TestCaseError::fail(format!("{encoding}: {refusal}")))?;
                prop_assert_eq!(&article.text, &text, "{}", encoding);
                held += 1;
            }
            prop_assert!(held >= 3);
        }

        #[test]
        fn any_bytes_are_an_article_or_a_refusal_with_words(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0), b' '..b'z'], 0..300),
            index in prop::option::of(0_usize..38),
        ) {
            let forced = index.and_then(|index| Encoding::all().nth(index));
            match Article::from_bytes("é", &bytes, forced) {
                Ok(article) => prop_assert!(!article.text.is_empty()),
                Err(refusal) => {
                    prop_assert!(refusal.to_string().starts_with("`é` "));
                    if let Reason::Malformed { byte, bytes: bad, .. } | Reason::CutShort { byte, bytes: bad, .. } = &refusal.reason {
                        prop_assert_eq!(bytes.get(*byte..byte + bad.len()), Some(bad.as_slice()));
                    }
                }
            }
        }
    }
}
