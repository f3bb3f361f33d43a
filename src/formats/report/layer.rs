//! What one annotator made of a document, besides the marks: who said what, and the list of all annotations and links.

use super::marks::{push_characters, shown};
use super::page::Labels;
use crate::formats::ledger::{self, Claim, Voice, voices};
use crate::formats::markup::{push_attribute, push_display};
use crate::model::{Annotation, Entity, EntityId, EntityKind, Layer, Link, Project, Text, Value};
use std::collections::BTreeSet;

/// What both parts need to know.
pub struct Part<'a> {
    pub project: &'a Project,
    pub labels: &'a Labels<'a>,
    pub layer: &'a Layer,
    pub text: &'a Text,
    /// With what the ids of the marks begin.
    pub anchor: &'a str,
}

impl<'a> Part<'a> {
    /// What a mark is, in a line.
    pub fn about(&self, annotation: &Annotation) -> String {
        let mut words = vec![format!("{} {}", self.labels.title(&annotation.label), annotation.id)];
        for (name, value) in self.values(annotation) {
            words.push(format!("{}: {}", self.attribute_title(annotation, name), self.value(annotation, name, value)));
        }
        for link in self.layer.links_of(annotation.id) {
            let (title, end) = self.link_from(annotation, link);
            words.push(format!("{title} {}", end.map_or_else(String::new, |end| self.quote(end, 60))));
        }
        if !annotation.note.is_empty() {
            words.push(format!("note: {}", annotation.note));
        }
        words.join(" · ")
    }

    /// The words of an annotation, fragments joined, cut after `most` characters.
    fn quote(&self, annotation: &Annotation, most: usize) -> String {
        let quote = self.text.quote(&annotation.span);
        match quote.char_indices().nth(most) {
            Some((end, _)) => format!("{}…", quote[..end].trim_end()),
            None => quote,
        }
    }

    fn paragraph(&self, annotation: &Annotation) -> usize {
        self.text.paragraph_at(annotation.span.start()).map_or(1, |n| n + 1)
    }

    /// The values of an annotation in the order of the scheme; what the scheme does not know comes last.
    fn values<'n>(&self, annotation: &'n Annotation) -> impl Iterator<Item = (&'n str, &'n Value)> {
        let label = self.project.scheme.label(&annotation.label);
        let place = |name: &str| label.and_then(|l| l.attributes.iter().position(|a| a.name == name));
        let values = annotation.attributes.iter().map(|(name, value)| (name.as_str(), value));
        let mut values: Vec<_> = values.collect();
        values.sort_by_key(|(name, _)| place(name).unwrap_or(usize::MAX));
        values.into_iter()
    }

    fn attribute_title<'n>(&self, annotation: &Annotation, name: &'n str) -> &'n str
    where
        'a: 'n,
    {
        let label = self.project.scheme.label(&annotation.label);
        label.and_then(|label| label.attribute(name)).map_or(name, |attribute| &attribute.title)
    }

    /// A value as people read it: an entity by its name.
    fn value(&self, annotation: &Annotation, name: &str, value: &Value) -> String {
        let refers = ledger::refers(annotation, name, self.project);
        let id = value.as_text().and_then(|text| text.parse::<EntityId>().ok()).filter(|_| refers);
        match id.and_then(|id| self.project.entities.get(&id)) {
            Some(entity) => format!("{} ({})", entity.name, entity.id),
            None => value.to_string(),
        }
    }

    /// How a link reads from one of its ends, and what stands at the other.
    fn link_from(&self, annotation: &Annotation, link: &Link) -> (String, Option<&'a Annotation>) {
        let starts_here = link.from == annotation.id;
        let def = self.project.scheme.link(&link.kind);
        let title = match def {
            Some(def) if starts_here || def.symmetric => def.title.clone(),
            Some(def) => def.inverse.clone(),
            None if starts_here => link.kind.to_string(),
            None => format!("{} of", link.kind),
        };
        (title, self.layer.get(if starts_here { link.to } else { link.from }))
    }

    /// Adds a reference to the mark of an annotation, in its words.
    fn push_reference(&self, out: &mut String, annotation: &Annotation, most: usize) {
        let class = self.labels.class(&annotation.label);
        push_display(out, format_args!("<a class=\"{class}\" href=\"#{}{}\"><bdi>", self.anchor, annotation.id));
        push_characters(out, &self.quote(annotation, most));
        out.push_str("</bdi></a>");
    }

    /// Adds the claims by who says them, in the order of the text.
    pub fn push_ledger(&self, out: &mut String) {
        out.push_str("<aside class=\"ledger\">\n<h4>Who said what</h4>\n");
        let claims = ledger::claims(self.layer);
        if claims.is_empty() {
            out.push_str("<p class=\"none\">Nothing is marked as said.</p>\n");
        }
        for (voice, claims) in voices(&claims, self.layer, self.project) {
            self.push_voice(out, &voice, &claims);
        }
        let used: BTreeSet<_> = claims.iter().flat_map(|claim| &claim.statistics).map(|a| a.id).collect();
        let role = |a: &&Annotation| ledger::role(&a.label) == Some(ledger::Role::Statistic) && !used.contains(&a.id);
        let alone: Vec<_> = self.layer.annotations().filter(role).collect();
        if !alone.is_empty() {
            out.push_str("<section><h5>Quantities that back no claim</h5>\n<ul class=\"facts\">");
            for statistic in alone {
                self.push_statistic(out, statistic);
            }
            out.push_str("</ul></section>\n");
        }
        out.push_str("</aside>\n");
    }

    fn push_voice(&self, out: &mut String, voice: &Voice, claims: &[&Claim]) {
        out.push_str("<section class=\"voice\"><h5><bdi>");
        push_characters(out, voice.name());
        out.push_str("</bdi>");
        if let Voice::Entity(id, _) = voice
            && let Some(entity) = self.project.entities.get(id)
        {
            out.push_str(" <small>");
            out.push_str(kind_in_words(entity.kind));
            push_wikidata(out, entity);
            out.push_str("</small>");
        }
        push_display(out, format_args!("</h5>\n<ol>"));
        for claim in claims {
            self.push_claim(out, voice, claim);
        }
        out.push_str("</ol></section>\n");
    }

    fn push_claim(&self, out: &mut String, voice: &Voice, claim: &Claim) {
        let annotation = claim.annotation;
        push_display(out, format_args!("<li data-claim=\"{}\"><blockquote>", annotation.id));
        self.push_reference(out, annotation, usize::MAX);
        out.push_str("</blockquote>");
        if let Some(sentence) = ledger::words(annotation, "normalised") {
            out.push_str("<p class=\"norm\"><bdi>");
            push_characters(out, &sentence);
            out.push_str("</bdi></p>");
        }
        push_display(out, format_args!("<ul class=\"facts\"><li>paragraph {}</li>", self.paragraph(annotation)));
        let here: Vec<_> = claim.speakers.iter().filter(|s| Voice::of(s, self.layer, self.project) == *voice).collect();
        for speaker in here.iter().filter(|s| self.text.quote(&s.span) != voice.name()) {
            out.push_str("<li>as ");
            self.push_reference(out, speaker, 80);
            out.push_str("</li>");
        }
        for (name, value) in self.values(annotation).filter(|(name, _)| *name != "normalised") {
            self.push_value(out, annotation, name, value);
        }
        out.push_str("</ul>");
        if !claim.statistics.is_empty() {
            out.push_str("<ul class=\"facts backed\">");
            for statistic in &claim.statistics {
                self.push_statistic(out, statistic);
            }
            out.push_str("</ul>");
        }
        for (link, end) in &claim.others {
            let (title, _) = self.link_from(annotation, link);
            out.push_str("<p class=\"other\"><bdi>");
            push_characters(out, &title);
            out.push_str("</bdi> ");
            self.push_reference(out, end, 80);
            out.push_str("</p>");
        }
        push_note(out, &annotation.note);
        out.push_str("</li>\n");
    }

    fn push_statistic(&self, out: &mut String, statistic: &Annotation) {
        out.push_str("<li>");
        self.push_reference(out, statistic, 80);
        out.push_str("<ul>");
        for (name, value) in self.values(statistic) {
            self.push_value(out, statistic, name, value);
        }
        out.push_str("</ul></li>");
    }

    fn push_value(&self, out: &mut String, annotation: &Annotation, name: &str, value: &Value) {
        // A choice among yes and no says nothing without its question.
        push_display(out, format_args!("<li data-attribute=\""));
        push_attribute(out, &shown(name));
        out.push_str("\"><span><bdi>");
        push_characters(out, self.attribute_title(annotation, name));
        out.push_str("</bdi></span> <bdi>");
        push_characters(out, &self.value(annotation, name, value));
        out.push_str("</bdi></li>");
    }

    /// Adds the list of all annotations with everything that was said of them, and the links with a note.
    pub fn push_all(&self, out: &mut String) {
        if self.layer.is_empty() {
            return;
        }
        out.push_str(
            "<section class=\"all\"><h4>All annotations</h4>\n<table><thead><tr><th>id</th><th>label</th>\
             <th>paragraph</th><th>words</th><th>values, links, note</th></tr></thead>\n<tbody>\n",
        );
        for annotation in self.layer.annotations() {
            let class = self.labels.class(&annotation.label);
            push_display(
                out,
                format_args!("<tr data-row=\"{0}\"><td>{0}</td><td class=\"{class} name\"><bdi>", annotation.id),
            );
            push_characters(out, self.labels.title(&annotation.label));
            push_display(out, format_args!("</bdi></td><td>{}</td><td>", self.paragraph(annotation)));
            self.push_reference(out, annotation, usize::MAX);
            out.push_str("</td><td><ul class=\"facts\">");
            for (name, value) in self.values(annotation) {
                self.push_value(out, annotation, name, value);
            }
            for link in self.layer.links_of(annotation.id) {
                let (title, end) = self.link_from(annotation, link);
                push_display(out, format_args!("<li data-link=\"{}\"><span><bdi>", link.id));
                push_characters(out, &title);
                out.push_str("</bdi></span> ");
                if let Some(end) = end {
                    self.push_reference(out, end, 40);
                }
                // Told once, where the link starts.
                if link.from == annotation.id {
                    push_note(out, &link.note);
                }
                out.push_str("</li>");
            }
            out.push_str("</ul>");
            push_note(out, &annotation.note);
            out.push_str("</td></tr>\n");
        }
        out.push_str("</tbody></table></section>\n");
    }
}

fn push_note(out: &mut String, note: &str) {
    if !note.is_empty() {
        out.push_str("<p class=\"note\"><bdi>");
        push_characters(out, note);
        out.push_str("</bdi></p>");
    }
}

/// What an entity is, in a word.
pub fn kind_in_words(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Person => "person",
        EntityKind::Organisation => "organisation",
    }
}

/// Adds the Wikidata id of an entity, with its address if it is one.
pub fn push_wikidata(out: &mut String, entity: &Entity) {
    let Some(id) = &entity.wikidata else { return };
    out.push(' ');
    match ledger::wikidata_url(entity) {
        Some(url) => push_display(out, format_args!("<a class=\"out\" href=\"{url}\">{id}</a>")),
        None => push_characters(out, id),
    }
}
