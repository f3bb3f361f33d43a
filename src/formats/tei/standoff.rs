//! `standOff`: what was said of each annotation, where those stand that do not nest, and the links.

use super::header::push_note;
use super::{CARD, Part};
use crate::formats::ledger;
use crate::formats::markup::push_display;
use crate::formats::output::{ExportOptions, Verifier, WriteError};
use crate::model::{Annotation, AnnotationId, Value};
use std::collections::BTreeSet;

impl Part<'_> {
    pub fn push_standoff(
        &self,
        out: &mut String,
        inline: &BTreeSet<AnnotationId>,
        options: &ExportOptions,
        verifier: &mut Verifier,
    ) -> Result<(), WriteError> {
        let Some(layer) = self.layer.filter(|layer| !layer.is_empty()) else { return Ok(()) };
        out.push_str("<standOff>\n<listAnnotation>\n");
        for annotation in layer.annotations() {
            let id = annotation.id;
            if inline.contains(&id) {
                push_display(
                    out,
                    format_args!("<annotation xml:id=\"{id}-about\" motivation=\"classifying\" target=\"#{id}\">"),
                );
            } else {
                push_display(out, format_args!("<annotation xml:id=\"{id}\" motivation=\"classifying\" target=\""));
                self.push_target(out, annotation, options, verifier)?;
                out.push_str("\">");
            }
            push_display(out, format_args!("<ptr target=\"#{}\"/>", self.names.label_id(&annotation.label)));
            if let Some(entity) = ledger::entity(annotation, self.project) {
                push_display(out, format_args!("<ptr target=\"#{}\"/>", entity.id));
            }
            if !inline.contains(&id) {
                push_note(out, "quote", "", &self.document.text.quote(&annotation.span));
            }
            for (name, value) in &annotation.attributes {
                match value {
                    Value::List(items) if !items.is_empty() => {
                        for item in items {
                            push_note(out, "value", name, item);
                        }
                    }
                    value => push_note(out, "value", name, &value.to_string()),
                }
            }
            if !annotation.note.is_empty() {
                push_note(out, "remark", "", &annotation.note);
            }
            out.push_str("</annotation>\n");
        }
        for link in layer.links().filter(|link| !link.note.is_empty()) {
            let id = link.id;
            push_display(
                out,
                format_args!("<annotation xml:id=\"{id}-about\" motivation=\"commenting\" target=\"#{id}\">"),
            );
            push_note(out, "remark", "", &link.note);
            out.push_str("</annotation>\n");
        }
        out.push_str("</listAnnotation>\n");
        self.push_links(out);
        out.push_str("</standOff>\n");
        Ok(())
    }

    /// Adds where an annotation stands that is not inline: its fragments as places and lengths in the text; without the
    /// text, as RFC 5147 points into the plain text.
    fn push_target(
        &self,
        out: &mut String,
        annotation: &Annotation,
        options: &ExportOptions,
        verifier: &mut Verifier,
    ) -> Result<(), WriteError> {
        let mut places = Vec::new();
        for fragment in annotation.span.fragments() {
            let (at, _) = verifier.slice(&annotation.id.to_string(), fragment, CARD.unit)?;
            places.push(if options.without_text {
                format!("{}.txt#char={},{}", self.document.document.id, at.start, at.end)
            } else {
                format!("{},{}", at.start, at.end - at.start)
            });
        }
        if options.without_text {
            out.push_str(&places.join(" "));
        } else {
            push_display(out, format_args!("#string-range(text,{})", places.join(",")));
        }
        Ok(())
    }

    fn push_links(&self, out: &mut String) {
        let Some(layer) = self.layer else { return };
        for kind in &self.names.kinds {
            let mut links = layer.links().filter(|link| link.kind == **kind).peekable();
            if links.peek().is_none() {
                continue;
            }
            push_display(out, format_args!("<linkGrp corresp=\"#{}\">\n", self.names.kind_id(kind)));
            for link in links {
                push_display(
                    out,
                    format_args!("<link xml:id=\"{}\" target=\"#{} #{}\"/>\n", link.id, link.from, link.to),
                );
            }
            out.push_str("</linkGrp>\n");
        }
    }
}
