//! `teiHeader`: what is known about the article, the scheme, people and organisations, and how far the annotator was.

use super::Part;
use crate::formats::encode;
use crate::formats::ledger::{language_tag, web_url};
use crate::formats::markup::{pictured, push_attribute, push_display, push_escaped};
use crate::formats::output::referred_entities;
use crate::model::{Direction, Entity, EntityKind, Metadata};
use chrono::Datelike;

/// What a reader of the file has to know.
const PRINCIPLES: &str = "All white space inside the element with the identifier text is part of the text; its string \
    value is the article, character by character, and string-range counts its characters from 0. A control character that \
    XML 1.0 does not have stands there as a picture in a seg of the type control, with its code point in the attribute n; \
    elsewhere it stands as a picture alone.";

/// Adds words of people.
pub fn push_words(out: &mut String, words: &str) {
    push_escaped(out, &pictured(words));
}

/// Adds an element that holds nothing but words; `attributes` stand in its tag as they are.
pub fn push_element(out: &mut String, name: &str, attributes: &str, words: &str) {
    push_display(out, format_args!("<{name}{attributes}>"));
    push_words(out, words);
    push_display(out, format_args!("</{name}>"));
}

/// Adds a `note` of a type, with what it is about.
pub fn push_note(out: &mut String, kind: &str, about: &str, words: &str) {
    push_display(out, format_args!("<note type=\"{kind}\""));
    if !about.is_empty() {
        out.push_str(" n=\"");
        push_attribute(out, &pictured(about));
        out.push('"');
    }
    out.push('>');
    push_words(out, words);
    out.push_str("</note>");
}

impl Part<'_> {
    pub fn push_header(&self, out: &mut String) {
        let about = self.document.document;
        let metadata = &about.metadata;
        out.push_str("<teiHeader>\n<fileDesc>\n<titleStmt>");
        push_element(out, "title", "", &about.title);
        if let Some(author) = &metadata.author {
            push_element(out, "author", "", author);
        }
        if let Some(layer) = self.layer {
            out.push_str("<respStmt xml:id=\"annotator\"><resp>annotated by</resp>");
            push_element(out, "name", "", &layer.key().annotator);
            out.push_str("</respStmt>");
        }
        out.push_str("</titleStmt>\n<publicationStmt>");
        push_element(out, "p", "", &format!("Written by Byline from the project “{}”.", self.project.name));
        out.push_str("</publicationStmt>\n<sourceDesc><bibl>");
        self.push_source(out, metadata);
        out.push_str("</bibl></sourceDesc>\n</fileDesc>\n<encodingDesc>\n<editorialDecl>");
        push_element(out, "p", "", PRINCIPLES);
        out.push_str("</editorialDecl>\n");
        self.push_taxonomies(out);
        out.push_str("</encodingDesc>\n<profileDesc>\n");
        if let Some(tag) = language_tag(metadata.language.as_deref()) {
            push_display(out, format_args!("<langUsage><language ident=\"{tag}\">{tag}</language></langUsage>\n"));
        }
        self.push_participants(out);
        out.push_str("</profileDesc>\n");
        if let Some(layer) = self.layer {
            let status = encode::status_name(layer.status());
            let words = status.replace('-', " ");
            push_display(out, format_args!("<revisionDesc><change who=\"#annotator\" status=\"{status}\">"));
            push_display(out, format_args!("Annotation: {words}.</change></revisionDesc>\n"));
        }
        out.push_str("</teiHeader>\n");
    }

    fn push_source(&self, out: &mut String, metadata: &Metadata) {
        let about = self.document.document;
        push_element(out, "title", "", &about.title);
        for (name, value) in [("author", &metadata.author), ("publisher", &metadata.source)] {
            if let Some(value) = value {
                push_element(out, name, "", value);
            }
        }
        if let Some(date) = metadata.date {
            let when = if (1..=9999).contains(&date.year()) { format!(" when=\"{date}\"") } else { String::new() };
            push_element(out, "date", &when, &date.to_string());
        }
        match metadata.url.as_deref().map(|url| (url, web_url(url))) {
            Some((url, Some(_))) => {
                out.push_str("<ref target=\"");
                push_attribute(out, url);
                out.push_str("\">");
                push_words(out, url);
                out.push_str("</ref>");
            }
            Some((url, None)) => push_note(out, "metadata", "url", url),
            None => {}
        }
        push_element(out, "idno", " type=\"document\"", about.id.as_str());
        push_element(out, "idno", " type=\"SHA-256\"", self.document.text.sha256());
        if let Some(language) = &metadata.language {
            push_note(out, "metadata", "language", language);
        }
        if about.direction != Direction::Auto {
            push_note(out, "metadata", "direction", encode::direction_name(about.direction));
        }
        if !about.directions.is_empty() {
            let directions = encode::cell_from_directions(&about.directions);
            push_note(out, "metadata", "directions of paragraphs", &directions);
        }
        for (name, value) in &metadata.other {
            push_note(out, "metadata", name, value);
        }
        if let Some(original) = &about.original {
            push_note(out, "original", "file", &original.file);
            push_note(out, "original", "encoding", &original.encoding);
            push_note(out, "original", "SHA-256", &original.sha256);
        }
    }

    /// The labels and kinds of links, as categories to which annotations and links point.
    fn push_taxonomies(&self, out: &mut String) {
        if self.names.labels.is_empty() && self.names.kinds.is_empty() {
            return;
        }
        out.push_str("<classDecl>\n");
        let scheme = &self.project.scheme;
        let described = |title: &str, description: &str| match description {
            "" => title.to_owned(),
            description => format!("{title}: {description}"),
        };
        let labels = self.names.labels.iter().map(|name| {
            let label = scheme.label(name);
            let words = label.map(|label| described(&label.title, &label.description));
            (self.names.label_id(name), *name, words)
        });
        let kinds = self.names.kinds.iter().map(|name| {
            let kind = scheme.link(name);
            let words = kind.map(|kind| described(&format!("{} / {}", kind.title, kind.inverse), &kind.description));
            (self.names.kind_id(name), *name, words)
        });
        for (id, categories) in [("labels", labels.collect::<Vec<_>>()), ("kinds", kinds.collect())] {
            if categories.is_empty() {
                continue;
            }
            push_display(out, format_args!("<taxonomy xml:id=\"{id}\">\n"));
            for (id, name, words) in categories {
                push_display(out, format_args!("<category xml:id=\"{id}\" n=\""));
                push_attribute(out, &pictured(name));
                out.push_str("\">");
                push_element(out, "catDesc", "", words.as_deref().unwrap_or(name));
                out.push_str("</category>\n");
            }
            out.push_str("</taxonomy>\n");
        }
        out.push_str("</classDecl>\n");
    }

    fn push_participants(&self, out: &mut String) {
        let entities: Vec<&Entity> = referred_entities(self.project, self.layer).collect();
        if entities.is_empty() {
            return;
        }
        out.push_str("<particDesc>\n");
        for (list, element, name, kind) in [
            ("listPerson", "person", "persName", EntityKind::Person),
            ("listOrg", "org", "orgName", EntityKind::Organisation),
        ] {
            if !entities.iter().any(|entity| entity.kind == kind) {
                continue;
            }
            push_display(out, format_args!("<{list}>\n"));
            for entity in entities.iter().filter(|entity| entity.kind == kind) {
                push_display(out, format_args!("<{element} xml:id=\"{}\">", entity.id));
                push_element(out, name, "", &entity.name);
                for alias in &entity.aliases {
                    push_element(out, name, " type=\"alias\"", alias);
                }
                if let Some(id) = &entity.wikidata {
                    push_element(out, "idno", " type=\"Wikidata\"", id);
                }
                if !entity.note.is_empty() {
                    push_note(out, "remark", "", &entity.note);
                }
                push_display(out, format_args!("</{element}>\n"));
            }
            push_display(out, format_args!("</{list}>\n"));
        }
        out.push_str("</particDesc>\n");
    }
}
