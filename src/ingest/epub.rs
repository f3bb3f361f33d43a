//! E-books: the chapters in the order of reading.
//!
//! After EPUB 3.3 and OPF 2.0.1. What is in a chapter is read as a page is, but whole: a chapter has nothing around it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::extraction::{Extracted, Extraction, FileKind, Part};
use super::html::{self, Walk};
use super::package::{Package, attribute, folder_of, is, path_from, text_of, xml};
use super::{FieldKind, Reason};

const KIND: FileKind = FileKind::Epub;

/// More chapters than any book has.
const CHAPTERS: usize = 5000;

/// A file of the book.
struct Item {
    path: String,
    is_contents: bool,
    is_page: bool,
}

/// Takes the text out of the book in `bytes`.
pub(super) fn read(bytes: Vec<u8>) -> Result<Extracted, Reason> {
    let mut package = Package::open(KIND, bytes)?;
    let name = root_file(&mut package)?;
    let text = package.needed(&name)?;
    let book = xml(KIND, &name, &text)?;
    let encrypted = encrypted(&mut package)?;
    let mut about = Vec::new();
    let mut items = BTreeMap::new();
    for node in book.descendants() {
        let kind = match node.tag_name().name() {
            "item" => {
                if let (Some(id), Some(href)) = (attribute(node, "id"), attribute(node, "href")) {
                    let says = |name: &str, word: &str| attribute(node, name).is_some_and(|it| it.contains(word));
                    let (is_contents, is_page) = (says("properties", "nav"), says("media-type", "html"));
                    items.insert(id, Item { path: path_from(folder_of(&name), href), is_contents, is_page });
                }
                continue;
            }
            "title" => FieldKind::Title,
            "creator" => FieldKind::Author,
            "publisher" => FieldKind::Source,
            "date" => FieldKind::Date,
            "source" => FieldKind::Url,
            "language" => FieldKind::Language,
            _ => continue,
        };
        about.push((kind, text_of(node)));
    }
    let mut extraction = Extraction::new(KIND);
    let mut walk = Walk::new(&mut extraction, None);
    let chapters: Vec<_> = book.descendants().filter(|node| is(*node, "itemref")).collect();
    if chapters.len() > CHAPTERS {
        return Err(Reason::TooMany { kind: KIND, of: "chapters".into(), limit: CHAPTERS });
    }
    for chapter in chapters {
        let Some(item) = attribute(chapter, "idref").and_then(|id| items.get(id)) else { continue };
        if encrypted.contains(&item.path) {
            return Err(Reason::Protected { kind: KIND });
        }
        let left_out = &mut walk.extraction().left_out;
        if item.is_contents {
            left_out.add(Part::Navigation, 1);
            continue;
        }
        // Outside the order of reading are notes, answers and the like; what is no page is a picture.
        if attribute(chapter, "linear") == Some("no") || !item.is_page {
            left_out.add(if item.is_page { Part::Chapter } else { Part::Picture }, 1);
            continue;
        }
        let page = with_end_tags(&package.needed(&item.path)?);
        let before = walk.len();
        walk.walk(&html::parse(KIND, &page)?);
        let has_text = walk.len() > before;
        walk.extraction().taken.add(Part::Chapter, usize::from(has_text));
    }
    let text = walk.finish();
    Ok(Extracted { text, about, extraction, warnings: Vec::new() })
}

/// The name of the part that says what the book consists of.
fn root_file(package: &mut Package) -> Result<String, Reason> {
    const NAME: &str = "META-INF/container.xml";
    let text = package.needed(NAME)?;
    let container = xml(KIND, NAME, &text)?;
    let path = container.descendants().find(|node| is(*node, "rootfile")).and_then(|node| attribute(node, "full-path"));
    let missing = || Reason::Damaged { kind: KIND, what: format!("`{NAME}` in it names no book") };
    path.map(|path| path_from("", path)).ok_or_else(missing)
}

/// The paths of what is encrypted; fonts that are only obscured do not matter.
fn encrypted(package: &mut Package) -> Result<Vec<String>, Reason> {
    const NAME: &str = "META-INF/encryption.xml";
    let Some(text) = package.text(NAME)? else { return Ok(Vec::new()) };
    let list = xml(KIND, NAME, &text)?;
    let references = list.descendants().filter(|node| is(*node, "CipherReference"));
    Ok(references.filter_map(|node| attribute(node, "URI")).map(|uri| path_from("", uri)).collect())
}

/// The page with an end for each element that ends where it begins: in XHTML `<title/>` is a whole element, for a reader
/// of HTML it is the beginning of one, and the rest of the page its text.
fn with_end_tags(page: &str) -> String {
    static EMPTY: LazyLock<Regex> = LazyLock::new(|| {
        let pattern = r#"<([A-Za-z][A-Za-z0-9]*)((?:\s[^<>"']*(?:"[^"<]*"|'[^'<]*'))*[^<>"']*)/>"#;
        Regex::new(pattern).unwrap_or_else(|error| unreachable!("the pattern is constant, and tested: {error}"))
    });
    const VOID: [&str; 13] =
        ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];
    let end = |found: &Captures| {
        let [name, rest] = [1, 2].map(|n| found.get(n).map_or("", |part| part.as_str()));
        if VOID.contains(&name) { format!("<{name}{rest}/>") } else { format!("<{name}{rest}></{name}>") }
    };
    EMPTY.replace_all(page, end).into_owned()
}
