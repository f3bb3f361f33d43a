//! What the styles and the numbering of a Word document say: what is a heading, a quotation, an item.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::Node;

use super::super::Reason;
use super::super::package::{Package, attribute, is, path_from, xml};
use super::KIND;

/// The styles of a document, by their ids.
#[derive(Default)]
pub(super) struct Styles {
    headings: BTreeSet<String>,
    quotations: BTreeSet<String>,
    captions: BTreeSet<String>,
    /// The numbering that a style brings.
    numbered: BTreeMap<String, Numbered>,
    /// Whether the items of a level of a numbering have numbers and not bullets; none: no mark at all.
    levels: BTreeMap<(String, usize), Option<bool>>,
    /// The numbers that were given, by numbering and level.
    given: BTreeMap<(String, usize), i64>,
    /// Language of the document as a tag.
    pub language: Option<String>,
}

/// Which numbering, and which level of it, from 0.
#[derive(Clone)]
struct Numbered {
    numbering: String,
    level: usize,
}

/// More than any level in use.
const LEVELS: usize = 9;

/// The styles and the numbering beside the main part in `folder`.
pub(super) fn read(package: &mut Package, folder: &str) -> Result<Styles, Reason> {
    let mut styles = Styles::default();
    let name = path_from(folder, "styles.xml");
    if let Some(text) = package.text(&name)? {
        let document = xml(KIND, &name, &text)?;
        styles.read_styles(document.root_element());
    }
    let name = path_from(folder, "numbering.xml");
    if let Some(text) = package.text(&name)? {
        let document = xml(KIND, &name, &text)?;
        styles.read_numbering(document.root_element());
    }
    Ok(styles)
}

/// Whether a switch such as `vanish` is on, as it is unless it says otherwise.
pub(super) fn is_on(node: Node) -> bool {
    !matches!(attribute(node, "val"), Some("0" | "false" | "off"))
}

/// Whether an outline level makes a paragraph a heading: the tenth says that it is none.
pub(super) fn is_outline(node: Node) -> bool {
    attribute(node, "val").and_then(|level| level.parse::<usize>().ok()).is_some_and(|level| level < LEVELS)
}

impl Styles {
    /// Whether paragraphs of the style `id` are headings.
    pub fn is_heading(&self, id: &str) -> bool {
        self.headings.contains(id)
    }

    /// Whether paragraphs of the style `id` are quotations set apart.
    pub fn is_quotation(&self, id: &str) -> bool {
        self.quotations.contains(id)
    }

    /// Whether paragraphs of the style `id` stand below pictures or tables.
    pub fn is_caption(&self, id: &str) -> bool {
        self.captions.contains(id)
    }

    /// The mark or number of an item: by the paragraph's own `numPr`, else by its style; none for other paragraphs.
    pub fn mark(&mut self, style: &str, own: Option<Node>) -> Option<String> {
        let of_style = self.numbered.get(style).cloned();
        let numbered = own.map_or(of_style.clone(), |own| numbered(own, of_style.as_ref()))?;
        let key = (numbered.numbering, numbered.level);
        let has_number = (*self.levels.get(&key)?)?;
        if !has_number {
            return Some("• ".to_owned());
        }
        // A level begins anew after an item of a higher one.
        let (numbering, level) = key;
        for below in level + 1..LEVELS {
            self.given.remove(&(numbering.clone(), below));
        }
        let number = self.given.entry((numbering, level)).or_default();
        *number = number.saturating_add(1);
        Some(format!("{number}. "))
    }

    fn read_styles(&mut self, root: Node) {
        let language = root.descendants().find(|node| is(*node, "lang")).and_then(|lang| attribute(lang, "val"));
        self.language = language.map(str::to_owned);
        let mut based_on = BTreeMap::new();
        for style in root.children().filter(|node| is(*node, "style")) {
            let Some(id) = attribute(style, "styleId") else { continue };
            let child = |name: &str| style.children().find(|child| is(*child, name));
            let name = child("name").and_then(|name| attribute(name, "val")).unwrap_or(id).to_ascii_lowercase();
            let properties = child("pPr");
            let of_paragraph = |name: &str| properties.and_then(|it| it.children().find(|child| is(*child, name)));
            let is_heading = name.starts_with("heading") || matches!(name.as_str(), "title" | "subtitle");
            if is_heading || of_paragraph("outlineLvl").is_some_and(is_outline) {
                self.headings.insert(id.to_owned());
            } else if matches!(name.as_str(), "quote" | "intense quote" | "block text") {
                self.quotations.insert(id.to_owned());
            } else if name == "caption" {
                self.captions.insert(id.to_owned());
            }
            if let Some(numbered) = of_paragraph("numPr").and_then(|own| numbered(own, None)) {
                self.numbered.insert(id.to_owned(), numbered);
            }
            if let Some(parent) = child("basedOn").and_then(|parent| attribute(parent, "val")) {
                based_on.insert(id.to_owned(), parent.to_owned());
            }
        }
        // What a style is, those are that are based on it; a few steps are enough, and end in any circle.
        for _ in 0..LEVELS {
            for (id, parent) in &based_on {
                for set in [&mut self.headings, &mut self.quotations, &mut self.captions] {
                    if set.contains(parent) {
                        set.insert(id.clone());
                    }
                }
                if let Some(numbered) = self.numbered.get(parent).cloned() {
                    self.numbered.entry(id.clone()).or_insert(numbered);
                }
            }
        }
    }

    fn read_numbering(&mut self, root: Node) {
        let mut formats: BTreeMap<(&str, usize), Option<bool>> = BTreeMap::new();
        for list in root.children().filter(|node| is(*node, "abstractNum")) {
            let Some(id) = attribute(list, "abstractNumId") else { continue };
            for level in list.children().filter(|node| is(*node, "lvl")) {
                let format = level.children().find(|child| is(*child, "numFmt"));
                let has_number = match format.and_then(|format| attribute(format, "val")) {
                    Some("none") => None,
                    Some("bullet") => Some(false),
                    _ => Some(true),
                };
                formats.insert((id, level_of(level)), has_number);
            }
        }
        for numbering in root.children().filter(|node| is(*node, "num")) {
            let list = numbering.children().find(|child| is(*child, "abstractNumId"));
            let (Some(id), Some(list)) = (attribute(numbering, "numId"), list.and_then(|list| attribute(list, "val")))
            else {
                continue;
            };
            for level in 0..LEVELS {
                if let Some(format) = formats.get(&(list, level)) {
                    self.levels.insert((id.to_owned(), level), *format);
                }
            }
        }
    }
}

fn level_of(level: Node) -> usize {
    attribute(level, "ilvl").and_then(|level| level.parse().ok()).unwrap_or(0)
}

/// What `numPr` says; what it leaves out is that of the style.
fn numbered(own: Node, style: Option<&Numbered>) -> Option<Numbered> {
    let value = |name: &str| own.children().find(|child| is(*child, name)).and_then(|child| attribute(child, "val"));
    let numbering = value("numId").map(str::to_owned).or_else(|| style.map(|style| style.numbering.clone()))?;
    let level = value("ilvl").and_then(|level| level.parse().ok()).or(style.map(|style| style.level)).unwrap_or(0);
    // Number 0 takes the numbering of the style away.
    (numbering != "0").then_some(Numbered { numbering, level })
}
