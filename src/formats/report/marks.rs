//! An article with its marks: every border cuts, so that marks nest as HTML wants it, and nothing is hidden.
//!
//! What stands inside `<div class="text">` is the text, character by character; only controls that HTML cannot hold are
//! shown as pictures or line ends, with their number in `data-c`.

use super::page::Labels;
use crate::formats::encode::direction_name;
use crate::formats::markup::{picture, push_attribute, push_display, push_escaped};
use crate::formats::output::{ExportDocument, Verifier, WriteError};
use crate::formats::unit_trial::Unit;
use crate::model::{Annotation, Fragment, Layer};
use std::cmp::Reverse;
use std::ops::Range;

/// A fragment of an annotation on the page.
struct Mark<'a> {
    annotation: &'a Annotation,
    fragment: Fragment,
    /// Which of how many, from 1.
    part: (usize, usize),
    /// How far below the text its line lies, from 0.
    lane: usize,
    /// Where it stands, in code points.
    offsets: Range<usize>,
}

/// Adds the text of a document with the marks of one layer, or with none. `anchor` begins the ids of the marks, `about`
/// says what a mark is.
pub fn push_text(
    out: &mut String,
    document: &ExportDocument,
    layer: Option<&Layer>,
    labels: &Labels,
    anchor: &str,
    about: &dyn Fn(&Annotation) -> String,
) -> Result<usize, WriteError> {
    let mut verifier = Verifier::new(document);
    let marks = marks(layer, &mut verifier)?;
    let mut writer =
        Writer { out, labels, anchor, about, marks: &marks, open: Vec::new(), begun: vec![false; marks.len()] };
    writer.all(document);
    Ok(verifier.verified().slices)
}

/// The marks by start, the longest first, with lanes in which none meets another.
fn marks<'a>(layer: Option<&'a Layer>, verifier: &mut Verifier) -> Result<Vec<Mark<'a>>, WriteError> {
    let mut marks = Vec::new();
    // Where the last mark in each lane ends.
    let mut lanes: Vec<usize> = Vec::new();
    for annotation in layer.into_iter().flat_map(Layer::annotations) {
        let hull = annotation.span.hull();
        let free = lanes.iter().position(|end| *end <= hull.start).unwrap_or(lanes.len());
        match lanes.get_mut(free) {
            Some(end) => *end = hull.end,
            None => lanes.push(hull.end),
        }
        let count = annotation.span.fragment_count();
        for (n, fragment) in annotation.span.fragments().enumerate() {
            let (offsets, _) = verifier.slice(&annotation.id.to_string(), fragment, Unit::CodePoints)?;
            marks.push(Mark { annotation, fragment, part: (n + 1, count), lane: free, offsets });
        }
    }
    marks.sort_by_key(|m| (m.fragment.start(), Reverse(m.fragment.end()), m.annotation.id));
    Ok(marks)
}

struct Writer<'a> {
    out: &'a mut String,
    labels: &'a Labels<'a>,
    anchor: &'a str,
    about: &'a dyn Fn(&Annotation) -> String,
    marks: &'a [Mark<'a>],
    /// Marks that are open, the outermost first.
    open: Vec<usize>,
    /// Marks of which something was written.
    begun: Vec<bool>,
}

impl Writer<'_> {
    fn all(&mut self, document: &ExportDocument) {
        let text = document.text.as_str();
        let paragraphs = document.text.paragraphs();
        let mut borders: Vec<usize> = self.marks.iter().flat_map(|m| [m.fragment.start(), m.fragment.end()]).collect();
        borders.sort_unstable();
        borders.dedup();
        let (mut borders, mut next_mark) = (borders.into_iter().peekable(), 0);
        let count = paragraphs.len().max(usize::from(!text.is_empty()));
        for n in 0..count {
            // What stands between two paragraphs belongs to the first of them, white space in front to the first of all.
            let start = if n == 0 { 0 } else { paragraphs.get(n).map_or(0, |p| p.start) };
            let end = paragraphs.get(n + 1).map_or(text.len(), |p| p.start);
            let content_end = paragraphs.get(n).map_or(end, |p| p.end);
            let lanes = self.lanes(start..end, next_mark);
            let direction = direction_name(document.document.direction_of(n + 1));
            push_display(self.out, format_args!("<p dir=\"{direction}\" data-n=\"{}\"", n + 1));
            if lanes > 1 {
                push_display(self.out, format_args!(" style=\"--lanes:{lanes}\""));
            }
            self.out.push('>');
            self.reopen(0);
            let mut at = start;
            while at < end {
                self.close_at(at);
                while self.marks.get(next_mark).is_some_and(|m| m.fragment.start() == at) {
                    self.open.push(next_mark);
                    self.begin(next_mark);
                    next_mark += 1;
                }
                while borders.next_if(|border| *border <= at).is_some() {}
                let border = borders.peek().copied().unwrap_or(end).min(end);
                let to = if at < content_end { border.min(content_end) } else { border };
                self.text(&text[at..to], at >= content_end);
                at = to;
            }
            self.close_at(end);
            for _ in &self.open {
                self.out.push_str("</mark>");
            }
            self.out.push_str("</p>\n");
        }
    }

    /// How many lanes the marks of a paragraph need, those that are open included.
    fn lanes(&self, paragraph: Range<usize>, next_mark: usize) -> usize {
        let open = self.open.iter().filter_map(|n| self.marks.get(*n)).filter(|m| m.fragment.end() > paragraph.start);
        let rest = self.marks.get(next_mark..).unwrap_or_default();
        let new = rest.iter().take_while(|m| m.fragment.start() < paragraph.end);
        open.chain(new).map(|m| m.lane + 1).max().unwrap_or(0)
    }

    /// Closes the marks that end at `at`, with those inside them, which are opened again.
    fn close_at(&mut self, at: usize) {
        let ends = |n: &usize| self.marks.get(*n).is_some_and(|m| m.fragment.end() <= at);
        let Some(outermost) = self.open.iter().position(ends) else { return };
        let goes_on = |n: &usize| self.marks.get(*n).is_some_and(|m| m.part.0 < m.part.1);
        if let Some(mark) = self.open.iter().filter(|n| ends(n)).find(|n| goes_on(n)).and_then(|n| self.marks.get(*n)) {
            let class = self.labels.class(&mark.annotation.label);
            push_display(self.out, format_args!("<span class=\"{class} more\"></span>"));
        }
        for _ in outermost..self.open.len() {
            self.out.push_str("</mark>");
        }
        let marks = self.marks;
        self.open.retain(|n| marks.get(*n).is_some_and(|m| m.fragment.end() > at));
        self.reopen(outermost);
    }

    fn reopen(&mut self, from: usize) {
        for n in self.open.split_off(from) {
            self.open.push(n);
            self.begin(n);
        }
    }

    fn begin(&mut self, n: usize) {
        let Some(mark) = self.marks.get(n) else { return };
        let (id, (part, parts)) = (mark.annotation.id, mark.part);
        let class = self.labels.class(&mark.annotation.label);
        push_display(self.out, format_args!("<mark class=\"{class}"));
        self.out.push('"');
        let is_first = !std::mem::replace(&mut self.begun[n], true);
        if is_first && part == 1 {
            push_display(self.out, format_args!(" id=\"{}{id}\"", self.anchor));
        }
        push_display(self.out, format_args!(" data-id=\"{id}\""));
        if parts > 1 {
            push_display(self.out, format_args!(" data-part=\"{part}/{parts}\""));
        }
        if mark.lane > 0 {
            push_display(self.out, format_args!(" style=\"--lane:{}\"", mark.lane));
        }
        if is_first {
            let Range { start, end } = mark.offsets;
            push_display(self.out, format_args!(" data-start=\"{start}\" data-end=\"{end}\" title=\""));
            push_attribute(self.out, &shown(&(self.about)(mark.annotation)));
            self.out.push('"');
        }
        self.out.push('>');
    }

    fn text(&mut self, text: &str, is_gap: bool) {
        if is_gap {
            self.out.push_str("<span class=\"gap\">");
        }
        push_characters(self.out, text);
        if is_gap {
            self.out.push_str("</span>");
        }
    }
}

/// Whether a page of HTML may not hold a character, or would not show that it does (HTML, 13.1.4 and 13.2.3.5).
fn is_unshowable(c: char) -> bool {
    let code = u32::from(c);
    matches!(c, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}')
        || matches!(code, 0xFDD0..=0xFDEF)
        || code & 0xFFFE == 0xFFFE
}

/// Adds characters of the article as they are; what HTML cannot hold as a picture. It would read a carriage return as a
/// line feed: one that ends a line alone is shown as that, one before a line feed not at all.
pub fn push_characters(out: &mut String, text: &str) {
    let mut done = 0;
    for (at, c) in text.char_indices().filter(|(_, c)| is_unshowable(*c)) {
        push_escaped(out, &text[done..at]);
        done = at + c.len_utf8();
        push_display(out, format_args!("<span class=\"c\" data-c=\"{:04X}\">", u32::from(c)));
        match c {
            '\r' if text[done..].starts_with('\n') => {}
            '\r' => out.push('\n'),
            c => out.push(picture(c)),
        }
        out.push_str("</span>");
    }
    push_escaped(out, &text[done..]);
}

/// Words for an attribute or a title, with pictures of what HTML cannot hold.
pub fn shown(text: &str) -> String {
    text.chars().map(|c| if is_unshowable(c) { picture(c) } else { c }).collect()
}
