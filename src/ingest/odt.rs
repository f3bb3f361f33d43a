//! Texts of LibreOffice and others: the paragraphs of the body, as they read with tracked changes accepted.
//!
//! After ISO/IEC 26300 (`OpenDocument` 1.2 and 1.3), chapters 4 to 7 and 9. Styles are looked at only for what is hidden
//! and what kind of list a list is.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::Node;

use super::extraction::{Extracted, Extraction, FileKind, Part};
use super::lines::{Lines, add, add_row};
use super::package::{Package, attribute, is, text_of, xml};
use super::{FieldKind, Reason, Warning};

const KIND: FileKind = FileKind::Odt;

/// The most that a repeated cell is repeated: programs fill rows with empty ones.
const REPEATED: usize = 64;

/// Takes the text out of the document in `bytes`.
pub(super) fn read(bytes: Vec<u8>) -> Result<Extracted, Reason> {
    let mut package = Package::open(KIND, bytes)?;
    if package.text("META-INF/manifest.xml")?.is_some_and(|manifest| manifest.contains("encryption-data")) {
        return Err(Reason::Protected { kind: KIND });
    }
    let about = about(&mut package)?;
    let mut reader = Reader::default();
    if let Some(text) = package.text("styles.xml")? {
        reader.styles(xml(KIND, "styles.xml", &text)?.root_element());
    }
    let text = package.needed("content.xml")?;
    let content = xml(KIND, "content.xml", &text)?;
    reader.styles(content.root_element());
    let body = content.root_element().children().find(|node| is(*node, "body"));
    if let Some(body) = body.and_then(|body| body.children().find(|node| is(*node, "text"))) {
        reader.blocks(body, &[]);
    }
    let is_tracked = reader.extraction.taken.of(Part::Insertion) + reader.extraction.left_out.of(Part::Deletion) > 0;
    let warnings = is_tracked.then_some(Warning::TrackedChanges).into_iter().collect();
    Ok(Extracted { text: reader.lines.finish(), about, extraction: reader.extraction, warnings })
}

fn about(package: &mut Package) -> Result<Vec<(FieldKind, String)>, Reason> {
    let mut about = Vec::new();
    if let Some(text) = package.text("meta.xml")? {
        let meta = xml(KIND, "meta.xml", &text)?;
        // Who made it comes before who changed it last.
        for (name, kind) in [
            ("title", FieldKind::Title),
            ("initial-creator", FieldKind::Author),
            ("creator", FieldKind::Author),
            ("language", FieldKind::Language),
        ] {
            let found = meta.descendants().filter(|node| is(*node, name));
            about.extend(found.map(|node| (kind, text_of(node))));
        }
    }
    Ok(about)
}

struct Reader {
    lines: Lines,
    extraction: Extraction,
    /// Styles whose text is not shown.
    hidden: BTreeSet<String>,
    /// For each style of lists, the levels, from 1, that have numbers and not bullets.
    numbered: BTreeMap<String, BTreeSet<usize>>,
    /// The number of the last item of the last list, by its depth.
    last: BTreeMap<usize, i64>,
    /// Boxes that are anchored in the paragraph being read.
    boxes: Vec<String>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            lines: Lines::default(),
            extraction: Extraction::new(KIND),
            hidden: BTreeSet::new(),
            numbered: BTreeMap::new(),
            last: BTreeMap::new(),
            boxes: Vec::new(),
        }
    }
}

/// A list that is open: its style, if it names one.
type OpenList<'a> = Option<&'a str>;

impl Reader {
    fn styles(&mut self, root: Node) {
        for node in root.descendants() {
            let Some(name) = attribute(node, "name") else { continue };
            if is(node, "style") {
                let is_hiding =
                    |child: Node| is(child, "text-properties") && attribute(child, "display") == Some("none");
                if node.children().any(is_hiding) {
                    self.hidden.insert(name.to_owned());
                }
            } else if is(node, "list-style") {
                let numbers = node.children().filter(|level| is(*level, "list-level-style-number"));
                // A level without a format shows no number.
                let shown = numbers.filter(|level| attribute(*level, "num-format").is_some_and(|it| !it.is_empty()));
                let levels = shown.filter_map(|level| attribute(level, "level")?.parse().ok());
                self.numbered.insert(name.to_owned(), levels.collect());
            }
        }
    }

    fn is_hidden(&self, node: Node) -> bool {
        attribute(node, "style-name").is_some_and(|style| self.hidden.contains(style))
    }

    /// Reads paragraphs, lists and tables, and what wraps them, within the lists that are open.
    fn blocks(&mut self, parent: Node, lists: &[OpenList]) {
        for node in parent.children() {
            match node.tag_name().name() {
                "p" => self.paragraph(node, Part::Paragraph, ""),
                "h" => self.paragraph(node, Part::Heading, ""),
                "list" => self.list(node, lists),
                "table" => self.table(node, lists),
                "tracked-changes" => self.tracked(node),
                "section" if attribute(node, "display") == Some("none") => {
                    self.extraction.left_out.add(Part::Hidden, 1);
                }
                // Made by the program out of the headings.
                "table-of-content" | "alphabetical-index" | "illustration-index" | "table-index" | "object-index"
                | "user-index" | "bibliography" => self.extraction.left_out.add(Part::Navigation, 1),
                "forms" if node.has_children() => self.extraction.left_out.add(Part::Form, 1),
                "frame" | "custom-shape" => {
                    self.frame(node);
                    self.add_boxes();
                }
                "section" | "index-body" | "numbered-paragraph" => self.blocks(node, lists),
                _ => {}
            }
        }
    }

    fn paragraph(&mut self, node: Node, part: Part, mark: &str) {
        if self.is_hidden(node) {
            self.extraction.left_out.add(Part::Hidden, 1);
            return;
        }
        let text = self.inline_text(node);
        if !text.trim().is_empty() {
            add(&mut self.lines, &mut self.extraction, text.trim_matches([' ', '\n']), part, mark);
        }
        self.add_boxes();
    }

    fn add_boxes(&mut self) {
        for text in std::mem::take(&mut self.boxes) {
            if !text.trim().is_empty() {
                self.extraction.taken.add(Part::TextBox, 1);
                add(&mut self.lines, &mut self.extraction, text.trim(), Part::Paragraph, "");
            }
        }
    }

    fn list(&mut self, list: Node, lists: &[OpenList]) {
        let style = attribute(list, "style-name").or_else(|| lists.last().copied().flatten());
        let mut open = lists.to_vec();
        open.push(style);
        let level = open.len();
        let levels = style.and_then(|style| self.numbered.get(style));
        let has_numbers = levels.is_some_and(|levels| levels.contains(&level));
        let goes_on = attribute(list, "continue-numbering") == Some("true");
        let mut number = if goes_on { self.last.get(&level).copied().unwrap_or(0) } else { 0 };
        for item in list.children().filter(Node::is_element) {
            let is_item = is(item, "list-item");
            if is_item {
                let start = attribute(item, "start-value").and_then(|start| start.parse().ok());
                number = start.unwrap_or(number.saturating_add(1));
            }
            let mut mark = match (is_item, has_numbers) {
                (true, true) => format!("{number}. "),
                (true, false) => "• ".to_owned(),
                (false, _) => String::new(),
            };
            for node in item.children().filter(Node::is_element) {
                if is(node, "p") || is(node, "h") {
                    // Only the first paragraph of an item has its mark.
                    self.paragraph(node, Part::ListItem, &std::mem::take(&mut mark));
                } else if is(node, "list") {
                    self.list(node, &open);
                }
            }
        }
        self.last.insert(level, number);
        if lists.is_empty() {
            self.lines.end_block();
        }
    }

    fn tracked(&mut self, changes: Node) {
        for region in changes.descendants() {
            match region.tag_name().name() {
                "insertion" => self.extraction.taken.add(Part::Insertion, 1),
                "deletion" => self.extraction.left_out.add(Part::Deletion, 1),
                _ => {}
            }
        }
    }

    fn table(&mut self, table: Node, lists: &[OpenList]) {
        let is_own =
            |node: Node, within: &str, of: Node| node.ancestors().skip(1).find(|above| is(*above, within)) == Some(of);
        let rows: Vec<_> =
            table.descendants().filter(|node| is(*node, "table-row") && is_own(*node, "table", table)).collect();
        // With one column it only arranges paragraphs.
        if rows.iter().all(|row| cells(*row).len() <= 1) {
            for cell in rows.iter().flat_map(|row| cells(*row)) {
                self.blocks(cell, lists);
            }
            return;
        }
        self.lines.end_block();
        for row in &rows {
            let mut texts = Vec::new();
            for cell in cells(*row) {
                let mut lines = Vec::new();
                for paragraph in cell.descendants().filter(|node| is(*node, "p") || is(*node, "h")) {
                    // Notes, boxes and comments hold paragraphs of their own.
                    let around = paragraph.ancestors().skip(1).take_while(|above| *above != cell);
                    if around.into_iter().all(|above| is_block(above)) {
                        lines.push(self.inline_text(paragraph));
                        lines.append(&mut self.boxes);
                    }
                }
                let repeated = attribute(cell, "number-columns-repeated").and_then(|times| times.parse().ok());
                let times = repeated.unwrap_or(1).clamp(1, REPEATED);
                texts.extend(std::iter::repeat_n(lines.join(" "), times));
            }
            add_row(&mut self.lines, &mut self.extraction, &texts);
        }
        self.lines.end_block();
    }

    /// The text of a paragraph. White space runs together, as in HTML; blanks that are meant are elements.
    fn inline_text(&mut self, node: Node) -> String {
        let mut text = String::new();
        self.inline(node, &mut text);
        text
    }

    fn inline(&mut self, parent: Node, text: &mut String) {
        for node in parent.children() {
            if node.is_text() {
                for c in node.text().unwrap_or_default().chars() {
                    if !c.is_ascii_whitespace() {
                        text.push(c);
                    } else if !text.is_empty() && !text.ends_with([' ', '\n']) {
                        text.push(' ');
                    }
                }
                continue;
            }
            let is_hidden = self.is_hidden(node);
            let left_out = &mut self.extraction.left_out;
            match node.tag_name().name() {
                "s" => {
                    let count = attribute(node, "c").and_then(|count| count.parse().ok()).unwrap_or(1);
                    text.extend(std::iter::repeat_n(' ', count.min(REPEATED)));
                }
                "tab" => text.push('\t'),
                "line-break" => text.push('\n'),
                "note" => left_out.add(Part::Footnote, 1),
                "annotation" => left_out.add(Part::Comment, 1),
                "hidden-text" | "hidden-paragraph" => left_out.add(Part::Hidden, 1),
                "ruby-text" => left_out.add(Part::Reading, 1),
                "frame" | "custom-shape" | "g" => self.frame(node),
                "annotation-end" | "tracked-changes" | "script" => {}
                _ if is_hidden => left_out.add(Part::Hidden, 1),
                _ => self.inline(node, text),
            }
        }
    }

    /// A picture, or a box with text of its own.
    fn frame(&mut self, frame: Node) {
        let is_block = |node: &Node| is(*node, "p") || is(*node, "h");
        let mut paragraphs = frame.descendants().filter(is_block).peekable();
        if paragraphs.peek().is_none() {
            let is_media = frame.children().any(|child| is(child, "object") || is(child, "plugin"));
            self.extraction.left_out.add(if is_media { Part::Media } else { Part::Picture }, 1);
        }
        for paragraph in paragraphs {
            // Paragraphs of boxes within boxes come with those.
            let inner = paragraph.ancestors().skip(1).find(|above| is(*above, "frame") || is(*above, "custom-shape"));
            if inner.is_none_or(|inner| inner == frame) {
                let text = self.inline_text(paragraph);
                self.boxes.push(text);
            }
        }
    }
}

fn cells<'a, 'i>(row: Node<'a, 'i>) -> Vec<Node<'a, 'i>> {
    row.children().filter(|node| is(*node, "table-cell") || is(*node, "covered-table-cell")).collect()
}

/// Whether an element around a paragraph in a cell only arranges it.
fn is_block(node: Node) -> bool {
    matches!(
        node.tag_name().name(),
        "section"
            | "list"
            | "list-item"
            | "list-header"
            | "table"
            | "table-row"
            | "table-cell"
            | "table-rows"
            | "table-header-rows"
            | "table-row-group"
    )
}
