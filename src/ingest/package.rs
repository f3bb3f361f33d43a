//! Files that are ZIP archives of XML: which kind they are, and their parts, within limits.
//!
//! What the parts say is read elsewhere. Nothing is written to the disk, so that names of parts can do no harm.

use std::io::{Cursor, Read};

use roxmltree::{Document, Node, ParsingOptions};
use zip::{ZipArchive, result::ZipError};

use super::{FileKind, MAX_BYTES, Reason, encoding::Encoding};

/// An archive, of which no more is unpacked than can be an article.
pub(super) struct Package {
    archive: ZipArchive<Cursor<Vec<u8>>>,
    kind: FileKind,
    /// What may still be unpacked, in bytes.
    left: u64,
}

/// The most that is unpacked of one file in all, in bytes: what the largest plain text may have, twice. Tests need not
/// wait.
const UNPACKED: u64 = if cfg!(test) { 1 << 20 } else { 2 * MAX_BYTES };

/// The most elements, texts and comments of one part: each takes some ten times its bytes in memory.
const NODES: u32 = 6_000_000;

/// Elements that lie deeper in each other than any program nests them.
pub(super) const DEEPEST: usize = 256;

/// The kind of article that the archive in `bytes` is, by its parts; `None` for other archives and damaged ones.
pub(super) fn kind_of_package(bytes: &[u8]) -> Option<FileKind> {
    if !bytes.starts_with(b"PK\x03\x04") {
        return None;
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut part = |name: &str| {
        let mut bytes = Vec::new();
        archive.by_name(name).ok()?.take(1 << 20).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    };
    match part("mimetype").as_deref().map(<[u8]>::trim_ascii) {
        Some(b"application/epub+zip") => return Some(FileKind::Epub),
        Some(mimetype) if mimetype.starts_with(b"application/vnd.oasis.opendocument.text") => {
            return Some(FileKind::Odt);
        }
        _ => {}
    }
    let types = part("[Content_Types].xml")?;
    let is_word = memchr::memmem::find(&types, b"wordprocessingml.").is_some()
        || memchr::memmem::find(&types, b"ms-word.document.macroEnabled").is_some();
    is_word.then_some(FileKind::Docx)
}

/// The kind of article that an archive of which only the beginning is whole seems to be.
pub(super) fn kind_by_head(bytes: &[u8]) -> Option<FileKind> {
    let head = bytes.get(..4096).unwrap_or(bytes);
    let names = |part: &[u8]| bytes.starts_with(b"PK\x03\x04") && memchr::memmem::find(head, part).is_some();
    let kinds: [(&[u8], _); 3] = [
        (b"application/vnd.oasis.opendocument.text", FileKind::Odt),
        (b"application/epub+zip", FileKind::Epub),
        (b"word/", FileKind::Docx),
    ];
    kinds.into_iter().find(|(part, _)| names(part)).map(|(_, kind)| kind)
}

impl Package {
    /// The archive in `bytes`.
    pub fn open(kind: FileKind, bytes: Vec<u8>) -> Result<Self, Reason> {
        let archive = ZipArchive::new(Cursor::new(bytes));
        Ok(Self { archive: archive.map_err(|error| refusal(kind, &error))?, kind, left: UNPACKED })
    }

    /// The bytes of the part `name`, if there is one.
    pub fn bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, Reason> {
        let kind = self.kind;
        let entry = match self.archive.by_name(name) {
            Ok(entry) => entry,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(refusal(kind, &error)),
        };
        // What the archive says of its sizes is not believed: what comes out of it is counted.
        let mut bytes = Vec::new();
        let read = entry.take(self.left + 1).read_to_end(&mut bytes);
        read.map_err(|error| Reason::Damaged { kind, what: format!("`{name}` in it cannot be unpacked: {error}") })?;
        match self.left.checked_sub(bytes.len() as u64) {
            Some(left) => self.left = left,
            None => return Err(Reason::Unpacks { kind, limit: UNPACKED }),
        }
        Ok(Some(bytes))
    }

    /// The text of the part `name`, in UTF-8 or UTF-16 as XML may be.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, Reason> {
        let Some(bytes) = self.bytes(name)? else { return Ok(None) };
        let (encoding, mark) = Encoding::of_mark(&bytes).unwrap_or((Encoding::UTF_8, 0));
        let text = encoding.decode(bytes.get(mark..).unwrap_or_default());
        let what = || format!("`{name}` in it is not valid {encoding}");
        text.map(Some).map_err(|_| Reason::Damaged { kind: self.kind, what: what() })
    }

    /// The text of a part without which there is no article.
    pub fn needed(&mut self, name: &str) -> Result<String, Reason> {
        let missing = Reason::Damaged { kind: self.kind, what: format!("it lacks its part `{name}`") };
        self.text(name)?.ok_or(missing)
    }
}

/// The XML in `text`. Declarations of entities are refused, as are more elements than an article can have, and deeper.
pub(super) fn xml<'t>(kind: FileKind, name: &str, text: &'t str) -> Result<Document<'t>, Reason> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, entity_resolver: None };
    let damaged = |why: String| Reason::Damaged { kind, what: format!("`{name}` in it cannot be read: {why}") };
    let document = Document::parse_with_options(text, options).map_err(|error| damaged(error.to_string()))?;
    // Walked from one node to the next, so that the question itself cannot go too deep.
    let (mut depth, mut node) = (0_usize, document.root());
    'nodes: loop {
        if let Some(child) = node.first_child() {
            (depth, node) = (depth + 1, child);
            if depth > DEEPEST {
                return Err(damaged(format!("its elements lie more than {DEEPEST} deep in each other")));
            }
            continue;
        }
        loop {
            if let Some(next) = node.next_sibling() {
                node = next;
                continue 'nodes;
            }
            let Some(parent) = node.parent() else { break 'nodes };
            (depth, node) = (depth.saturating_sub(1), parent);
        }
    }
    Ok(document)
}

/// Whether `node` is the element `name`, in whatever name space: the names are unlike enough.
pub(super) fn is(node: Node, name: &str) -> bool {
    node.tag_name().name() == name
}

/// The value of the attribute `name`, in whatever name space.
pub(super) fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attributes().find(|attribute| attribute.name() == name).map(|attribute| attribute.value())
}

/// All text in `node`, in order.
pub(super) fn text_of(node: Node) -> String {
    node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect()
}

/// The path of `target`, which a part in `folder` names, within the archive; without what stands after `#`.
pub(super) fn path_from(folder: &str, target: &str) -> String {
    let target = target.split(['#', '?']).next().unwrap_or_default();
    let (folder, target) = target.strip_prefix('/').map_or((folder, target), |absolute| ("", absolute));
    let mut path: Vec<&str> = Vec::new();
    for step in folder.split('/').chain(target.split('/')) {
        match step {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            step => path.push(step),
        }
    }
    percent_decoded(&path.join("/"))
}

/// The folder of the part `name`.
pub(super) fn folder_of(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn percent_decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *byte == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        let code = hex.filter(|hex| hex.bytes().all(|c| c.is_ascii_hexdigit()));
        if let Some(code) = code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(code);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(*byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| path.to_owned())
}

fn refusal(kind: FileKind, error: &ZipError) -> Reason {
    match error {
        ZipError::UnsupportedArchive(why) if *why == ZipError::PASSWORD_REQUIRED => Reason::Protected { kind },
        _ => Reason::Damaged { kind, what: format!("the archive that it is cannot be unpacked: {error}") },
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write;

    /// An archive with these parts, in this order.
    pub fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in parts {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn the_kind_is_told_by_the_parts_and_not_by_the_name() {
        let types = br#"<Types><Override ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
        for (parts, kind) in [
            (vec![("mimetype", &b"application/epub+zip\n"[..])], Some(FileKind::Epub)),
            (vec![("mimetype", b"application/vnd.oasis.opendocument.text")], Some(FileKind::Odt)),
            (vec![("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")], None),
            (vec![("word/x", b""), ("[Content_Types].xml", types)], Some(FileKind::Docx)),
            (vec![("[Content_Types].xml", b"<Types/>")], None),
            (vec![("a.txt", b"")], None),
        ] {
            assert_eq!(kind_of_package(&archive(&parts)), kind);
        }
        assert_eq!(kind_of_package(b"PK\x03\x04"), None);
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_in_memory() {
        let zeros = vec![b' '; UNPACKED as usize / 2 + 1];
        let mut package = Package::open(FileKind::Odt, archive(&[("é", &zeros), ("ö", &zeros)])).unwrap();
        drop(zeros);
        assert!(package.bytes("é").unwrap().is_some() && package.bytes("ä").unwrap().is_none());
        assert!(matches!(package.bytes("ö"), Err(Reason::Unpacks { kind: FileKind::Odt, limit: UNPACKED })));
    }

    #[test]
    fn entities_and_bottomless_elements_are_refused_with_words() {
        let refused = |text: &str| match xml(FileKind::Docx, "é.xml", text) {
            Err(Reason::Damaged { what, .. }) => what,
            other => panic!("{other:?}"),
        };
        let bomb = r#"<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c SYSTEM "file:///etc/passwd">]><a>&b;&c;</a>"#;
        assert!(refused(bomb).contains("DTD"), "{}", refused(bomb));
        let deep = |n| "<a>".repeat(n) + &"<b/>".repeat(1000) + &"</a>".repeat(n);
        assert!(xml(FileKind::Docx, "", &deep(DEEPEST - 1)).is_ok());
        assert!(refused(&deep(DEEPEST + 1)).contains("more than 256 deep"));
        refused(&deep(50_000));
    }

    #[test]
    fn names_of_parts_are_those_of_addresses() {
        assert_eq!(path_from("OEBPS/text", "../a%20b/caf%C3%A9.xhtml#é"), "OEBPS/a b/café.xhtml");
        assert_eq!(path_from("OEBPS", "/x/./y%"), "x/y%");
        assert_eq!(path_from("", "../../../etc/passwd"), "etc/passwd");
    }
}
