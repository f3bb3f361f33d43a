//! Files of XML, read within limits: decoding, parsing, what is refused.
//!
//! Elsewhere: escapes and which characters XML has (`markup`), what it cannot hold and how it comes back (`exact`), what
//! elements mean (each format).

use super::gather::utf8;
use super::problem::{Cause, Place, Problem};
use super::read::InputFile;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use roxmltree::{Document, Error, ParsingOptions};
use std::borrow::Cow;
use std::collections::HashSet;

/// The most nodes of a file: what they take in memory is many times their text.
const NODES_LIMIT: u32 = 20_000_000;
/// The most attributes of an element: the parser compares each with all others.
const ATTRIBUTES_LIMIT: usize = 1_000;
/// The most declarations of namespaces times different prefixes: the parser may keep that many.
const NAMESPACES_LIMIT: usize = 50_000_000;

/// The text of a file: UTF-8, UTF-16 with a byte order mark, or the encoding that its first line names.
///
/// # Errors
/// Where the bytes are not what the file says they are.
pub fn decoded(file: &InputFile) -> Result<Cow<'_, str>, Problem> {
    let encoding = match file.bytes.as_slice() {
        [0xFF, 0xFE, ..] => UTF_16LE,
        [0xFE, 0xFF, ..] => UTF_16BE,
        bytes => declared(bytes).unwrap_or(UTF_8),
    };
    if encoding == UTF_8 {
        return utf8(&file.name, &file.bytes).map(Cow::Borrowed);
    }
    let text = encoding.decode_with_bom_removal(&file.bytes);
    match text {
        (text, false) => Ok(text),
        (_, true) => {
            let problem = Problem::syntax(Place::file(&file.name), encoding.name(), "bytes that are something else");
            Err(Problem { help: "convert the file to UTF-8".to_owned(), ..problem })
        }
    }
}

/// The encoding that an XML declaration names; UTF-16 without a byte order mark has none that can be read here.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.strip_prefix(b"<?xml")?;
    let head = head.get(..memchr::memchr(b'>', head)?)?;
    let rest = head.get(memchr::memmem::find(head, b"encoding")? + 8..)?.trim_ascii_start();
    let rest = rest.strip_prefix(b"=")?.trim_ascii_start();
    let (quote, rest) = rest.split_first()?;
    let named = Encoding::for_label(rest.get(..memchr::memchr(*quote, rest)?)?)?;
    (named != UTF_16LE && named != UTF_16BE).then_some(named)
}

/// Parses a file's text. Document type definitions are refused, so that no entity grows and nothing comes from outside.
///
/// # Errors
/// Where it is no XML, or would take too much memory or time.
pub fn parsed<'a>(file: &str, content: &'a str) -> Result<Document<'a>, Problem> {
    if let Some((at, cause)) = too_heavy(content) {
        return Err(Problem::error(Place::line(file, line_of(content, at)), cause, "split the document"));
    }
    let options = ParsingOptions { nodes_limit: NODES_LIMIT, ..ParsingOptions::default() };
    Document::parse_with_options(content, options).map_err(|error| {
        let place = Place::line(file, error.pos().row as usize).column(error.pos().col.max(1) as usize);
        match error {
            Error::DtdDetected => {
                let cause = Cause::NotKept("a document type definition (`<!DOCTYPE`) is not read".to_owned());
                let help = "remove it: it can make a small file fill the memory, or fetch other files";
                Problem::error(Place::file(file), cause, help)
            }
            Error::NodesLimitReached => {
                let (found, limit) = (NODES_LIMIT as usize + 1, NODES_LIMIT as usize);
                let cause = Cause::TooLarge { what: "the file", found, limit, unit: "nodes" };
                Problem::error(Place::file(file), cause, "split the document")
            }
            Error::NonXmlChar(c, _) => {
                let problem = Problem::syntax(place, "a character that XML has", format!("U+{:04X}", u32::from(c)));
                Problem { help: "remove the character, or replace it with a space".to_owned(), ..problem }
            }
            Error::UnexpectedEndOfStream | Error::UnclosedRootNode => {
                let place = Place::line(file, line_of(content, content.trim_end().len()));
                let problem = Problem::syntax(place, "XML to its end", "the end of the file");
                Problem { help: "the file is not whole: get it again".to_owned(), ..problem }
            }
            error => {
                let said = error.to_string();
                // It ends with the place, which stands in front here.
                let said = said.rsplit_once(" at ").map_or(said.as_str(), |(said, _)| said);
                let problem = Problem::syntax(place, "XML", said);
                Problem { help: "correct the file, or write it again".to_owned(), ..problem }
            }
        }
    })
}

/// The line, from 1, in which a byte stands.
fn line_of(content: &str, byte: usize) -> usize {
    memchr::memchr_iter(b'\n', content.as_bytes().get(..byte).unwrap_or_default()).count() + 1
}

/// What would cost the parser more than its length: where (in bytes), and what.
fn too_heavy(content: &str) -> Option<(usize, Cause)> {
    let bytes = content.as_bytes();
    let (mut prefixes, mut declarations) = (HashSet::new(), 0usize);
    for start in memchr::memchr_iter(b'<', bytes) {
        let (mut at, mut attributes) = (start + 1, 0usize);
        if matches!(bytes.get(at), Some(b'!' | b'?' | b'/')) {
            continue;
        }
        while let Some(found) = memchr::memchr3(b'"', b'\'', b'>', &bytes[at..]).map(|found| at + found) {
            if bytes[found] == b'>' {
                break;
            }
            let name = bytes[at..found].trim_ascii_end();
            let name = name.strip_suffix(b"=").unwrap_or(name).trim_ascii_end();
            let name = name.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
            if let Some(prefix) = name.strip_prefix(b"xmlns") {
                declarations += 1;
                prefixes.insert(prefix);
            }
            attributes += 1;
            let Some(close) = memchr::memchr2(bytes[found], b'<', &bytes[found + 1..]) else { break };
            at = found + 1 + close + 1;
            if bytes[at - 1] == b'<' {
                break;
            }
        }
        let too_large = |what, found, limit, unit| Some((start, Cause::TooLarge { what, found, limit, unit }));
        if attributes > ATTRIBUTES_LIMIT {
            return too_large("the element", attributes, ATTRIBUTES_LIMIT, "attributes");
        }
        let kept = declarations.saturating_mul(prefixes.len());
        if kept > NAMESPACES_LIMIT {
            return too_large("the file", kept, NAMESPACES_LIMIT, "namespaces in scope");
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bombs_are_refused_before_they_cost_anything_and_depth_is_no_harm() {
        let refused = |xml: &str| parsed("a.xml", xml).unwrap_err().to_string();
        let entity = "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>\n<a>&b;</a>";
        assert!(refused(entity).contains("document type definition"), "{}", refused(entity));
        assert!(refused("<a>&b;</a>").contains("unknown entity"), "{}", refused("<a>&b;</a>"));
        let attributes: String = (0..200_000).map(|n| format!(" a{n}='>'")).collect();
        let said = refused(&format!("\n<a{attributes}/>"));
        assert_eq!(
            said.lines().next().unwrap(),
            "error: a.xml:2: the element is too large: 200000 attributes, and at most 1000 can be read"
        );
        let deep: String = (0..20_000).map(|n| format!("<a xmlns:b{n}='x'>")).collect();
        assert!(refused(&deep).contains("namespaces in scope"), "{}", refused(&deep));
        let depth = 300_000;
        let deep = format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert_eq!(parsed("a.xml", &deep).unwrap().descendants().count(), depth + 1);
    }

    #[test]
    fn files_are_decoded_as_they_say() {
        let head = "<?xml version='1.0' encoding='windows-1252'?><a>\u{e9}</a>";
        let latin = |text: &str| encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
        let utf16: Vec<u8> = "\u{feff}<a>\u{e9}</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [latin(head), utf16, head.replace("windows-1252", "UTF-8").into_bytes()] {
            let file = InputFile::new("a.xml", bytes);
            assert!(decoded(&file).unwrap().ends_with("<a>\u{e9}</a>"));
        }
        let wrong = InputFile::new("a.xml", latin("<?xml version='1.0'?><a>\u{e9}</a>"));
        assert!(decoded(&wrong).unwrap_err().to_string().contains("not UTF-8"));
    }
}
