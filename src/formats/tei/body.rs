//! `text`: the article in paragraphs, with what nests inline.

use super::{CARD, Part};
use crate::formats::ledger::{self, Role, language_tag};
use crate::formats::markup::{is_xml_char, picture, push_attribute, push_display, push_escaped};
use crate::formats::output::{ExportOptions, Verifier, WriteError};
use crate::model::{Annotation, AnnotationId, EntityKind, Layer, Value};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Range;

/// The paragraphs without anything between them: line ends belong to the paragraph that they end, white space in front of
/// the first to it.
fn blocks(document: &crate::formats::ExportDocument) -> Vec<Range<usize>> {
    let (paragraphs, len) = (document.text.paragraphs(), document.text.len());
    let starts = paragraphs.iter().skip(1).map(|p| p.start);
    let borders: Vec<usize> = std::iter::once(0).chain(starts).chain([len]).collect();
    borders.windows(2).map(|pair| pair[0]..pair[1]).filter(|block| !block.is_empty()).collect()
}

impl Part<'_> {
    fn annotations(&self) -> impl Iterator<Item = &Annotation> {
        self.layer.into_iter().flat_map(Layer::annotations)
    }

    /// The annotations that stand inline: in one piece, in one paragraph, and in nothing that they overlap.
    pub fn inline(&self) -> BTreeSet<AnnotationId> {
        let blocks = blocks(self.document);
        let mut sorted: Vec<&Annotation> = self.annotations().filter(|a| !a.span.is_discontinuous()).collect();
        sorted.sort_by_key(|a| (a.span.start(), Reverse(a.span.end()), a.id));
        let (mut inline, mut open): (BTreeSet<AnnotationId>, Vec<usize>) = (BTreeSet::new(), Vec::new());
        for annotation in sorted {
            let Range { start, end } = annotation.span.hull();
            let block = blocks.partition_point(|block| block.end <= start);
            open.retain(|open| *open > start);
            let is_inside = open.last().is_none_or(|open| end <= *open);
            if is_inside && blocks.get(block).is_some_and(|block| end <= block.end) {
                open.push(end);
                inline.insert(annotation.id);
            }
        }
        inline
    }

    pub fn push_text(
        &self,
        out: &mut String,
        inline: &BTreeSet<AnnotationId>,
        options: &ExportOptions,
        verifier: &mut Verifier,
    ) -> Result<(), WriteError> {
        if options.without_text {
            out.push_str("<text><body><p><gap reason=\"withheld\"/></p></body></text>\n");
            return Ok(());
        }
        let language = language_tag(self.document.document.metadata.language.as_deref());
        let language = language.map_or_else(String::new, |tag| format!(" xml:lang=\"{tag}\""));
        push_display(out, format_args!("<text{language}>\n<body><div xml:id=\"text\" xml:space=\"preserve\">"));
        let mut sorted: Vec<&Annotation> = self.annotations().filter(|a| inline.contains(&a.id)).collect();
        sorted.sort_by_key(|a| (a.span.start(), Reverse(a.span.end()), a.id));
        let mut marks = sorted.into_iter().peekable();
        let text = self.document.text.as_str();
        let mut open: Vec<(usize, &str)> = Vec::new();
        for block in blocks(self.document) {
            out.push_str("<p>");
            let mut at = block.start;
            while at < block.end {
                while let Some(mark) = marks.next_if(|mark| mark.span.start() == at) {
                    for fragment in mark.span.fragments() {
                        verifier.slice(&mark.id.to_string(), fragment, CARD.unit)?;
                    }
                    open.push((mark.span.end(), self.push_opening(out, mark)));
                }
                let next = marks.peek().map_or(block.end, |mark| mark.span.start()).min(block.end);
                let to = open.last().map_or(next, |(end, _)| next.min(*end));
                push_characters(out, &text[at..to]);
                at = to;
                while let Some((_, name)) = open.pop_if(|(end, _)| *end == at) {
                    push_display(out, format_args!("</{name}>"));
                }
            }
            out.push_str("</p>");
        }
        out.push_str("</div></body>\n</text>\n");
        Ok(())
    }

    /// Adds the tag with which an annotation begins; returns the name of its element.
    fn push_opening(&self, out: &mut String, annotation: &Annotation) -> &'static str {
        let entity = ledger::entity(annotation, self.project);
        let mention = annotation.attributes.get("mention").and_then(Value::as_text);
        let is_name = mention.is_none_or(|mention| mention == "name");
        let role = ledger::role(&annotation.label);
        let name = match (role, entity.map(|entity| entity.kind)) {
            (Some(Role::Claim), _) => "said",
            (Some(Role::Statistic), _) => "measure",
            (Some(Role::Organisation), _) => "orgName",
            (Some(Role::Speaker), Some(EntityKind::Person)) if is_name => "persName",
            (Some(Role::Speaker), Some(EntityKind::Organisation)) if is_name => "orgName",
            (Some(Role::Speaker), _) => "rs",
            _ => "seg",
        };
        push_display(out, format_args!("<{name} xml:id=\"{}\"", annotation.id));
        match name {
            "said" => {
                let quotation = annotation.attributes.get("quotation").and_then(Value::as_text);
                let direct = match quotation {
                    Some("direct") => "true",
                    Some("indirect") => "false",
                    Some("mixed") => "inapplicable",
                    _ => "unknown",
                };
                push_display(out, format_args!(" direct=\"{direct}\""));
                self.push_who(out, annotation);
            }
            "measure" => push_measure(out, annotation),
            "seg" => {}
            _ => {
                if let Some(entity) = entity {
                    push_display(out, format_args!(" ref=\"#{}\"", entity.id));
                }
            }
        }
        out.push('>');
        name
    }

    /// Adds who says a claim: people and organisations by their entry in the header, others by their mention.
    fn push_who(&self, out: &mut String, annotation: &Annotation) {
        let Some(layer) = self.layer else { return };
        let mut who: Vec<String> = Vec::new();
        for speaker in ledger::claim(layer, annotation).into_iter().flat_map(|claim| claim.speakers) {
            let entity = ledger::entity(speaker, self.project);
            let id = entity.map_or_else(|| speaker.id.to_string(), |entity| entity.id.to_string());
            if !who.contains(&id) {
                who.push(id);
            }
        }
        for (n, id) in who.iter().enumerate() {
            push_display(out, format_args!("{}#{id}", if n == 0 { " who=\"" } else { " " }));
        }
        if !who.is_empty() {
            out.push('"');
        }
    }
}

/// Adds value and unit, where they are what TEI means by them: a number, and one word.
fn push_measure(out: &mut String, annotation: &Annotation) {
    let value = annotation.attributes.get("value");
    let number = value.and_then(|value| match value {
        Value::Number(n) => Some(*n),
        other => other.as_text().and_then(|text| text.trim().parse().ok()),
    });
    if let Some(number) = number.filter(|n: &f64| n.is_finite()) {
        push_display(out, format_args!(" quantity=\"{number}\""));
    }
    let unit = annotation.attributes.get("unit").and_then(Value::as_text);
    let is_word = |unit: &&str| {
        unit.starts_with(|c: char| c.is_ascii_alphabetic())
            && unit.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    if let Some(unit) = unit.filter(is_word) {
        out.push_str(" unit=\"");
        push_attribute(out, unit);
        out.push('"');
    }
}

/// Adds characters of the article; in place of one that XML does not have, its picture, so that every character counts.
fn push_characters(out: &mut String, text: &str) {
    let mut done = 0;
    for (at, c) in text.char_indices().filter(|(_, c)| !is_xml_char(*c)) {
        push_escaped(out, &text[done..at]);
        done = at + c.len_utf8();
        push_display(out, format_args!("<seg type=\"control\" n=\"{:04X}\">{}</seg>", u32::from(c), picture(c)));
    }
    push_escaped(out, &text[done..]);
}
