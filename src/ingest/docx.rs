//! Word documents: the paragraphs of the main part, as they read once tracked changes are accepted.
//!
//! After ECMA-376 part 1, chapter 17 (`WordprocessingML`). Styles and numbering are looked at only for what is a heading
//! and what an item; how anything looks is not.

mod styles;

use roxmltree::Node;

use super::extraction::{Counts, Extracted, Extraction, FileKind, Part};
use super::lines::{Lines, add, add_row};
use super::package::{Package, attribute, folder_of, is, path_from, text_of, xml};
use super::{FieldKind, Reason, Warning};
use styles::Styles;

const KIND: FileKind = FileKind::Docx;

/// Takes the text out of the document in `bytes`.
pub(super) fn read(bytes: Vec<u8>) -> Result<Extracted, Reason> {
    let mut package = Package::open(KIND, bytes)?;
    let name = main_part(&mut package)?;
    let folder = folder_of(&name).to_owned();
    let styles = styles::read(&mut package, &folder)?;
    let about = about(&mut package, styles.language.as_deref())?;
    let text = package.needed(&name)?;
    let main = xml(KIND, &name, &text)?;
    let mut reader = Reader {
        styles,
        lines: Lines::default(),
        extraction: Extraction::new(KIND),
        boxes: Vec::new(),
        carried: String::new(),
        fields: Vec::new(),
    };
    if let Some(body) = main.root_element().children().find(|node| is(*node, "body")) {
        reader.blocks(body);
    }
    // What a deleted paragraph mark joined to nothing.
    reader.paragraph_of("", Part::Paragraph, "");
    let Reader { lines, extraction, .. } = reader;
    let is_tracked = extraction.taken.of(Part::Insertion) + extraction.left_out.of(Part::Deletion) > 0;
    let warnings = is_tracked.then_some(Warning::TrackedChanges).into_iter().collect();
    Ok(Extracted { text: lines.finish(), about, extraction, warnings })
}

/// The name of the part that is the document: the relations of the package say it.
fn main_part(package: &mut Package) -> Result<String, Reason> {
    let usual = "word/document.xml".to_owned();
    let Some(text) = package.text("_rels/.rels")? else { return Ok(usual) };
    let relations = xml(KIND, "_rels/.rels", &text)?;
    let is_main = |node: &Node| attribute(*node, "Type").is_some_and(|kind| kind.ends_with("/officeDocument"));
    let main = relations.descendants().find(is_main).and_then(|node| attribute(node, "Target"));
    Ok(main.map_or(usual, |target| path_from("", target)))
}

fn about(package: &mut Package, language: Option<&str>) -> Result<Vec<(FieldKind, String)>, Reason> {
    let mut about = Vec::new();
    if let Some(text) = package.text("docProps/core.xml")? {
        let core = xml(KIND, "docProps/core.xml", &text)?;
        for node in core.root_element().children() {
            let kind = match node.tag_name().name() {
                "title" => FieldKind::Title,
                "creator" => FieldKind::Author,
                "language" => FieldKind::Language,
                // When the file was made is not when the article was published.
                _ => continue,
            };
            about.push((kind, text_of(node)));
        }
    }
    about.extend(language.map(|language| (FieldKind::Language, language.to_owned())));
    Ok(about)
}

struct Reader {
    styles: Styles,
    lines: Lines,
    extraction: Extraction,
    /// The paragraphs of text boxes that are anchored in the paragraph being read.
    boxes: Vec<String>,
    /// The text of paragraphs whose mark was deleted: it belongs to the next.
    carried: String,
    /// For each field that is open, whether its result has begun: before that are its instructions.
    fields: Vec<bool>,
}

impl Reader {
    /// Reads paragraphs and tables, and what wraps them.
    fn blocks(&mut self, parent: Node) {
        for node in parent.children() {
            match node.tag_name().name() {
                "p" => self.paragraph(node),
                "tbl" => self.table(node),
                "sectPr" => self.section(node),
                "ins" | "moveTo" => {
                    self.extraction.taken.add(Part::Insertion, 1);
                    self.blocks(node);
                }
                "del" | "moveFrom" => self.extraction.left_out.add(Part::Deletion, 1),
                "altChunk" => self.extraction.left_out.add(Part::OtherText, 1),
                "AlternateContent" => self.alternatives(node, Self::blocks),
                "sdt" | "sdtContent" | "customXml" | "smartTag" | "Choice" | "Fallback" => self.blocks(node),
                _ => {}
            }
        }
    }

    /// Of the ways in which the same is said, the first.
    fn alternatives(&mut self, node: Node, read: impl FnOnce(&mut Self, Node)) {
        let choices = || node.children().filter(|child| is(*child, "Choice") || is(*child, "Fallback"));
        if let Some(first) = choices().next() {
            read(self, first);
        }
    }

    fn paragraph(&mut self, node: Node) {
        let properties = node.children().find(|child| is(*child, "pPr"));
        let of_paragraph = |name: &str| properties.and_then(|it| it.children().find(|child| is(*child, name)));
        let style = of_paragraph("pStyle").and_then(|style| attribute(style, "val")).unwrap_or_default();
        let is_heading = self.styles.is_heading(style) || of_paragraph("outlineLvl").is_some_and(styles::is_outline);
        let text = self.inline_text(node);
        if let Some(section) = of_paragraph("sectPr") {
            self.section(section);
        }
        // A tracked change can delete the mark at a paragraph's end, too: then it goes on in the next.
        let mark = of_paragraph("rPr");
        if mark.is_some_and(|mark| mark.children().any(|child| is(child, "del") || is(child, "moveFrom"))) {
            self.carried.push_str(&text);
            return;
        }
        let is_empty = text.trim().is_empty() && self.carried.trim().is_empty();
        let item = if is_heading || is_empty { None } else { self.styles.mark(style, of_paragraph("numPr")) };
        let part = match (is_heading, &item) {
            (true, _) => Part::Heading,
            (_, Some(_)) => Part::ListItem,
            _ if self.styles.is_quotation(style) => Part::Quotation,
            _ if self.styles.is_caption(style) => Part::Caption,
            _ => Part::Paragraph,
        };
        self.paragraph_of(&text, part, &item.unwrap_or_default());
        for text in std::mem::take(&mut self.boxes) {
            self.extraction.taken.add(Part::TextBox, 1);
            self.paragraph_of(&text, Part::Paragraph, "");
        }
    }

    /// Adds a paragraph, after what was carried over to it.
    fn paragraph_of(&mut self, text: &str, part: Part, mark: &str) {
        let text = std::mem::take(&mut self.carried) + text;
        if text.trim().is_empty() {
            return;
        }
        add(&mut self.lines, &mut self.extraction, text.trim_matches('\n'), part, mark);
    }

    /// The text of a paragraph.
    fn inline_text(&mut self, paragraph: Node) -> String {
        let mut text = String::new();
        self.inline(paragraph, &mut text);
        text
    }

    fn inline(&mut self, parent: Node, text: &mut String) {
        for node in parent.children() {
            match node.tag_name().name() {
                "r" => self.run(node, text),
                "ins" | "moveTo" => {
                    self.extraction.taken.add(Part::Insertion, 1);
                    self.inline(node, text);
                }
                "del" | "moveFrom" => self.extraction.left_out.add(Part::Deletion, 1),
                "oMath" | "oMathPara" => self.extraction.left_out.add(Part::Formula, 1),
                "AlternateContent" => self.alternatives(node, |reader, choice| reader.inline(choice, text)),
                "hyperlink" | "fldSimple" | "sdt" | "sdtContent" | "customXml" | "smartTag" | "dir" | "bdo"
                | "rubyBase" => self.inline(node, text),
                _ => {}
            }
        }
    }

    fn run(&mut self, run: Node, text: &mut String) {
        let is_hidden = || {
            let properties = run.children().find(|child| is(*child, "rPr"))?;
            let vanish = properties.children().find(|child| is(*child, "vanish"))?;
            Some(styles::is_on(vanish))
        };
        if is_hidden() == Some(true) {
            self.extraction.left_out.add(Part::Hidden, 1);
            return;
        }
        self.run_content(run, text);
    }

    fn run_content(&mut self, run: Node, text: &mut String) {
        for node in run.children() {
            let left_out = &mut self.extraction.left_out;
            let is_instruction = self.fields.last() == Some(&false);
            match node.tag_name().name() {
                "fldChar" => match attribute(node, "fldCharType") {
                    Some("begin") => self.fields.push(false),
                    Some("separate") => {
                        self.fields.pop();
                        self.fields.push(true);
                    }
                    Some("end") => {
                        self.fields.pop();
                    }
                    _ => {}
                },
                "instrText" => left_out.add(Part::Instruction, 1),
                _ if is_instruction => {}
                "t" => text.push_str(node.text().unwrap_or_default()),
                "tab" | "ptab" => text.push('\t'),
                "br" if matches!(attribute(node, "type"), Some("page" | "column")) => text.push(' '),
                "br" | "cr" => text.push('\n'),
                "noBreakHyphen" => text.push('\u{2011}'),
                "softHyphen" => text.push('\u{AD}'),
                "sym" => symbol(node, text, left_out),
                "footnoteReference" | "endnoteReference" => left_out.add(Part::Footnote, 1),
                "commentReference" => left_out.add(Part::Comment, 1),
                "object" => left_out.add(Part::Media, 1),
                "drawing" | "pict" => self.drawing(node),
                "AlternateContent" => self.alternatives(node, |reader, choice| reader.run_content(choice, text)),
                "ruby" => {
                    left_out.add(Part::Reading, 1);
                    self.inline(node, text);
                }
                _ => {}
            }
        }
    }

    /// A picture, or a box with text of its own.
    fn drawing(&mut self, node: Node) {
        let boxes: Vec<_> = node.descendants().filter(|node| is(*node, "txbxContent")).collect();
        if boxes.is_empty() {
            self.extraction.left_out.add(Part::Picture, 1);
        }
        // Of boxes in boxes, the outer ones hold the text of the inner ones.
        let is_outer = |node: &&Node| node.ancestors().skip(1).all(|above| !is(above, "txbxContent"));
        for content in boxes.iter().filter(is_outer) {
            let fields = std::mem::take(&mut self.fields);
            let is_own = |node: &Node| is(*node, "p") && closest(*node, "txbxContent") == Some(*content);
            for paragraph in content.descendants().filter(is_own) {
                let text = self.inline_text(paragraph);
                self.boxes.push(text);
            }
            self.fields = fields;
        }
    }

    fn section(&mut self, section: Node) {
        let furniture =
            section.children().filter(|child| is(*child, "headerReference") || is(*child, "footerReference"));
        self.extraction.left_out.add(Part::PageFurniture, furniture.count());
    }

    fn table(&mut self, table: Node) {
        let rows: Vec<_> =
            table.descendants().filter(|node| is(*node, "tr") && closest(*node, "tbl") == Some(table)).collect();
        // With one column it only arranges paragraphs.
        if rows.iter().all(|row| cells(*row).len() <= 1) {
            for cell in rows.iter().flat_map(|row| cells(*row)) {
                self.blocks(cell);
            }
            return;
        }
        self.lines.end_block();
        for row in &rows {
            let is_deleted = row.children().filter(|child| is(*child, "trPr")).flat_map(|it| it.children());
            if is_deleted.into_iter().any(|child| is(child, "del")) {
                self.extraction.left_out.add(Part::Deletion, 1);
                continue;
            }
            let texts: Vec<_> = cells(*row).iter().map(|cell| self.cell(*cell)).collect();
            add_row(&mut self.lines, &mut self.extraction, &texts);
        }
        self.lines.end_block();
    }

    /// All text of a cell on one line.
    fn cell(&mut self, cell: Node) -> String {
        let mut texts = Vec::new();
        for paragraph in cell.descendants().filter(|node| is(*node, "p") && closest(*node, "txbxContent").is_none()) {
            texts.push(self.inline_text(paragraph));
            texts.append(&mut self.boxes);
        }
        texts.join(" ")
    }
}

/// The cells of a row, and not those of tables in them.
fn cells<'a, 'i>(row: Node<'a, 'i>) -> Vec<Node<'a, 'i>> {
    row.descendants().filter(|node| is(*node, "tc") && closest(*node, "tr") == Some(row)).collect()
}

/// The closest element `name` around `node`.
fn closest<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.ancestors().skip(1).find(|above| is(*above, name))
}

/// A character by its place in a font. Fonts of symbols have places of their own, of which nobody knows the letters.
fn symbol(node: Node, text: &mut String, left_out: &mut Counts) {
    let code = attribute(node, "char").and_then(|code| u32::from_str_radix(code, 16).ok());
    let known = code.filter(|code| !(0xE000..0xF900).contains(code)).and_then(char::from_u32);
    text.push(known.unwrap_or('\u{FFFD}'));
    left_out.add(Part::UnknownCharacter, usize::from(known.is_none()));
}
