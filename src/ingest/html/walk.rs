//! From the tree of a page to lines: what is a paragraph, a heading, an item, a row, and what is no text at all.
//!
//! Which of the text belongs to the article is known before.

use std::collections::BTreeSet;

use dom_query::{Document, NodeId, NodeRef};

use super::super::extraction::{Extraction, Part};
use super::super::lines::{Added, Lines};

/// A walk through pages, one after the other, that gathers their text.
pub(in crate::ingest) struct Walk<'a> {
    extraction: &'a mut Extraction,
    /// The text nodes that are taken; all of them if there are none.
    chosen: Option<&'a BTreeSet<NodeId>>,
    lines: Lines,
    /// What is left out, in lines too, so that it can be counted by its blocks.
    rest: Lines,
    open: Open,
}

/// The elements that the walk is in and that say something about the text in them, the innermost last.
#[derive(Default)]
struct Open {
    /// The text in them is counted as this.
    counted: Vec<(NodeId, Part)>,
    /// The text in them, if left out, is counted as this.
    left_out: Vec<(NodeId, Part)>,
    /// The text in them is left out, whatever else was chosen: they say themselves that they are no article.
    never: Vec<NodeId>,
    /// White space in them is meant.
    verbatim: Vec<NodeId>,
    /// Lists, with the number of the next item if they are numbered.
    lists: Vec<(NodeId, Option<i64>)>,
    /// The row whose cells hold a line each: no block in it begins a line.
    row: Option<NodeId>,
}

impl<'a> Walk<'a> {
    pub fn new(extraction: &'a mut Extraction, chosen: Option<&'a BTreeSet<NodeId>>) -> Self {
        Self { extraction, chosen, lines: Lines::default(), rest: Lines::default(), open: Open::default() }
    }

    /// Adds the text of a page.
    pub fn walk(&mut self, document: &Document) {
        let in_head = document.select("head script, head style").length();
        self.extraction.left_out.add(Part::Script, in_head);
        if let Some(body) = document.body() {
            self.walk_in(&body);
        }
    }

    fn walk_in(&mut self, root: &NodeRef) {
        let mut node = *root;
        'nodes: loop {
            if self.enter(&node)
                && let Some(child) = node.first_child()
            {
                node = child;
                continue;
            }
            loop {
                self.leave(&node);
                if node.id == root.id {
                    break 'nodes;
                }
                if let Some(next) = node.next_sibling() {
                    node = next;
                    break;
                }
                let Some(parent) = node.parent() else { break 'nodes };
                node = parent;
            }
        }
        self.end_block();
    }

    /// Size in bytes of what was taken so far.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Where the counts are kept.
    pub fn extraction(&mut self) -> &mut Extraction {
        self.extraction
    }

    /// The text that was gathered.
    pub fn finish(mut self) -> String {
        self.end_block();
        for piece in self.rest.finish().split("\n\n") {
            self.extraction.remember(piece);
        }
        self.lines.finish()
    }

    /// Does what the beginning of a node means; says whether to go on to what is in it.
    fn enter(&mut self, node: &NodeRef) -> bool {
        if node.is_text() {
            self.text(node);
            return false;
        }
        if node.is_comment() {
            self.leave_out(Part::Comment);
            return false;
        }
        let Some(name) = node.qual_name_ref().map(|name| name.local.to_string()) else { return false };
        if let Some(part) = no_text(&name) {
            self.leave_out(part);
            return false;
        }
        if is_hidden(node) && self.chosen.is_none() {
            self.leave_out(Part::Hidden);
            return false;
        }
        if let Some(is_reference) = note(node) {
            // Of a note with several references only the note itself is counted.
            self.extraction.left_out.add(Part::Footnote, usize::from(!is_reference));
            return false;
        }
        match name.as_str() {
            "br" => {
                self.lines.end_line_softly();
                self.rest.end_line_softly();
            }
            "wbr" | "rp" => return false,
            "rt" => {
                self.leave_out(Part::Reading);
                return false;
            }
            "q" => {
                self.quotation_mark(node, "“");
            }
            "td" | "th" => {
                if self.open.row.is_some() {
                    if node.prev_element_sibling().is_some() {
                        self.lines.next_cell();
                    }
                } else {
                    self.end_block();
                }
            }
            "tr" => {
                self.end_line();
                self.open.counted.push((node.id, Part::TableRow));
                if self.open.row.is_none() && has_single_lines(node) {
                    self.open.row = Some(node.id);
                }
            }
            "li" => self.item(node),
            "ul" | "ol" | "menu" => {
                self.end_list();
                let start = || node.attr("start").and_then(|start| start.trim().parse().ok()).unwrap_or(1);
                self.open.lists.push((node.id, (name == "ol").then(start)));
            }
            "dt" | "dd" => self.end_line(),
            "pre" | "textarea" | "listing" => {
                self.end_block();
                self.open.verbatim.push(node.id);
            }
            name if is_block(name) => {
                self.end_block();
                if let Some(part) = counted_as(name) {
                    self.open.counted.push((node.id, part));
                }
            }
            _ => {}
        }
        if let Some(part) = left_out_as(&name, node) {
            self.open.left_out.push((node.id, part));
            if part == Part::Navigation || (name == "footer" && node.parent().is_some_and(|it| it.has_name("body"))) {
                self.open.never.push(node.id);
            }
        }
        true
    }

    /// Does what the end of a node means.
    fn leave(&mut self, node: &NodeRef) {
        let open = &mut self.open;
        open.counted.pop_if(|(of, _)| *of == node.id);
        open.left_out.pop_if(|(of, _)| *of == node.id);
        open.never.pop_if(|of| *of == node.id);
        open.verbatim.pop_if(|of| *of == node.id);
        open.lists.pop_if(|(of, _)| *of == node.id);
        open.row = open.row.filter(|of| *of != node.id);
        let Some(name) = node.qual_name_ref().map(|name| name.local.to_string()) else { return };
        match name.as_str() {
            "ul" | "ol" | "menu" => self.end_list(),
            "q" => self.quotation_mark(node, "”"),
            "li" => {
                self.lines.set_mark("");
                self.end_line();
            }
            "tr" | "dt" | "dd" => self.end_line(),
            name if is_block(name) => self.end_block(),
            _ => {}
        }
    }

    fn text(&mut self, node: &NodeRef) {
        let text = node.text();
        let is_verbatim = !self.open.verbatim.is_empty();
        if text.trim_ascii().is_empty() {
            // Between words of the article as well as between those of the rest.
            if is_verbatim {
                self.lines.add_verbatim(&text)
            } else {
                self.lines.add(" ")
            };
            self.rest.add(" ");
            return;
        }
        if !self.open.never.is_empty() || self.chosen.is_some_and(|chosen| !chosen.contains(&node.id)) {
            if self.rest.add(&text) == Added::Block {
                let part = self.open.left_out.last().map(|(_, part)| *part);
                self.leave_out(part.unwrap_or(Part::OtherText));
            }
            return;
        }
        let has_mark = self.lines.has_mark();
        let added = if is_verbatim { self.lines.add_verbatim(&text) } else { self.lines.add(&text) };
        if added == Added::Block {
            let part = self.open.counted.last().map(|(_, part)| *part);
            self.extraction.taken.add(part.unwrap_or(Part::Paragraph), 1);
            self.extraction.changed.add(Part::ListMark, usize::from(has_mark));
        }
    }

    fn item(&mut self, node: &NodeRef) {
        self.end_line();
        let list = self.open.lists.last_mut().map(|(_, number)| number);
        let mark = match list {
            Some(Some(number)) => {
                let said = node.attr("value").and_then(|value| value.trim().parse().ok());
                let mine = said.unwrap_or(*number);
                *number = mine.saturating_add(1);
                format!("{mine}. ")
            }
            _ => "• ".to_owned(),
        };
        self.lines.set_mark(&mark);
        self.open.counted.push((node.id, Part::ListItem));
    }

    /// Browsers draw the marks of `<q>`: whoever reads the page sees them.
    fn quotation_mark(&mut self, node: &NodeRef, mark: &str) {
        let is_taken = self.open.never.is_empty()
            && self.chosen.is_none_or(|chosen| node.descendants_it().any(|node| chosen.contains(&node.id)));
        if is_taken {
            self.lines.add(mark);
            self.extraction.changed.add(Part::QuotationMark, 1);
        }
    }

    /// A list within a list goes on its lines.
    fn end_list(&mut self) {
        if self.open.lists.is_empty() {
            self.end_block();
        } else {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        if self.open.row.is_some() {
            self.lines.add(" ");
        } else {
            self.lines.end_line();
        }
        self.rest.end_line();
    }

    fn end_block(&mut self) {
        if self.open.row.is_some() {
            self.lines.add(" ");
        } else {
            self.lines.end_block();
        }
        self.rest.end_block();
    }

    fn leave_out(&mut self, part: Part) {
        self.extraction.left_out.add(part, 1);
    }
}

/// Elements without text of the article, and what they are.
fn no_text(name: &str) -> Option<Part> {
    Some(match name {
        "script" | "style" | "noscript" | "template" => Part::Script,
        "img" | "picture" | "svg" | "canvas" | "map" => Part::Picture,
        "video" | "audio" | "iframe" | "embed" | "object" | "frame" | "frameset" => Part::Media,
        "math" => Part::Formula,
        "button" | "select" | "input" | "option" | "datalist" | "progress" | "meter" => Part::Form,
        _ => return None,
    })
}

/// What text in an element is, if it is not part of the article.
fn left_out_as(name: &str, node: &NodeRef) -> Option<Part> {
    let role = node.attr("role");
    Some(match (name, role.as_deref()) {
        ("nav", _) | (_, Some("navigation" | "menu" | "menubar" | "search")) => Part::Navigation,
        ("header" | "footer", _) | (_, Some("banner" | "contentinfo")) => Part::PageFurniture,
        ("aside", _) | (_, Some("complementary")) => Part::Aside,
        ("form" | "dialog", _) => Part::Form,
        ("figcaption" | "caption", _) => Part::Caption,
        _ => return None,
    })
}

/// What text in an element is, if it is part of the article.
fn counted_as(name: &str) -> Option<Part> {
    Some(match name {
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Part::Heading,
        "blockquote" => Part::Quotation,
        "figcaption" | "caption" => Part::Caption,
        _ => return None,
    })
}

/// Elements that browsers draw as blocks
/// (<https://html.spec.whatwg.org/multipage/rendering.html#flow-content-3>).
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "caption"
            | "center"
            | "details"
            | "dialog"
            | "dir"
            | "div"
            | "dl"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "hr"
            | "legend"
            | "listing"
            | "main"
            | "nav"
            | "p"
            | "pre"
            | "search"
            | "section"
            | "summary"
            | "table"
            | "textarea"
            | "xmp"
    )
}

/// Whether an element is a note, or else a reference to one: its number would be part of the word before it.
fn note(node: &NodeRef) -> Option<bool> {
    let says = |name: &str, words: [&str; 3]| {
        node.attr(name).is_some_and(|value| value.split_ascii_whitespace().any(|word| words.contains(&word)))
    };
    if says("role", ["doc-noteref"; 3]) || says("epub:type", ["noteref"; 3]) {
        return Some(true);
    }
    let is_note = says("role", ["doc-footnote", "doc-endnote", "doc-endnotes"])
        || says("epub:type", ["footnote", "endnote", "rearnote"]);
    is_note.then_some(false)
}

fn is_hidden(node: &NodeRef) -> bool {
    let style = || node.attr("style").map(|style| style.replace(' ', "").to_ascii_lowercase());
    node.has_attr("hidden") || style().is_some_and(|style| style.contains("display:none"))
}

/// Whether each cell of a row is a line, as in tables of data; old pages use tables to arrange whole columns.
fn has_single_lines(row: &NodeRef) -> bool {
    row.children_it(false).all(|cell| {
        let mut blocks = 0;
        cell.descendants_it().all(|node| {
            let name = node.qual_name_ref();
            match name.as_ref().map(|name| name.local.as_ref()) {
                Some("p" | "div") => {
                    blocks += 1;
                    blocks <= 1
                }
                Some(name) => !is_block(name) && !matches!(name, "ul" | "ol" | "tr" | "br" | "dt"),
                None => true,
            }
        })
    })
}
