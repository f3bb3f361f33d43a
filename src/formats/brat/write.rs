//! Writing `.txt`, `.ann` and the configuration.

use super::ann::without_number;
use super::names::{Kind, Names};
use super::{ATTRIBUTE, BREAKS, BYLINE_DB, CARD, CONTEXT, ENTITY, EVENT, FRAGMENTS, JSON_NOTE, NOTE, conf, is_break};
use crate::formats::encode::cell_from_value;
use crate::formats::output::{
    ExportDocument, ExportInput, ExportOptions, Sink, Verified, Verifier, WriteError, around, io_at, unique_stems,
};
use crate::formats::read::Progress;
use crate::model::{
    Annotation, AnnotationId, AttributeKind, Entity, Fragment, Layer, Link, LinkId, Name, Origin, Project, Span, Value,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

pub fn write(
    input: &ExportInput,
    options: &ExportOptions,
    sink: &mut dyn Sink,
    progress: Progress,
) -> Result<Verified, WriteError> {
    let layers = || input.documents.iter().flat_map(|d| d.layers.iter().copied());
    let annotators = input.annotators();
    let stems = unique_stems(annotators.iter().copied());
    let mut names = Names::new();
    let folders: Vec<(Option<&str>, String)> = if annotators.len() > 1 {
        stems.iter().map(|(name, stem)| (Some(*name), format!("{stem}/"))).collect()
    } else {
        vec![(annotators.first().copied(), String::new())]
    };
    for (annotator, folder) in &folders {
        if let Some(annotator) = annotator {
            let form = folder.trim_end_matches('/');
            names.put(Kind::Annotator, if form.is_empty() { "." } else { form }, annotator);
        }
    }
    let used: BTreeSet<Name> = layers().flat_map(Layer::annotations).map(|a| a.label.clone()).collect();
    let mut slices = 0;
    let steps = folders.len() * input.documents.len();
    for (f, (annotator, folder)) in folders.iter().enumerate() {
        for (n, document) in input.documents.iter().enumerate() {
            progress.step(f * input.documents.len() + n, steps)?;
            let layer = document.layers.iter().copied().find(|l| Some(l.key().annotator.as_str()) == *annotator);
            // A document without any work stands in every folder: it is still to be annotated.
            if layer.is_some() || document.layers.is_empty() {
                let (ann, verified) = ann(document, layer, input.project, options, &mut names)?;
                let stem = format!("{folder}{}", document.document.id);
                put(sink, &format!("{stem}.ann"), ann.as_bytes())?;
                if options.without_text {
                    names.put(Kind::Text, document.document.id.as_str(), document.text.sha256());
                } else {
                    put(sink, &format!("{stem}.txt"), document.text.as_str().as_bytes())?;
                }
                slices += verified.slices;
            }
        }
    }
    let mut events = conf::Events::new();
    for annotation in layers().flat_map(Layer::annotations) {
        if let Some((_, roles)) = event_of(annotation) {
            events
                .entry(annotation.label.clone())
                .or_default()
                .extend(roles.iter().map(|role| without_number(role).to_owned()));
        }
    }
    // The configuration comes last: it tells the forms that the documents made.
    let _ = conf::write(&input.project.scheme, &used, &events, &mut names);
    for (name, content) in conf::write(&input.project.scheme, &used, &events, &mut names) {
        put(sink, name, content.as_bytes())?;
    }
    progress.step(steps, steps)?;
    Ok(Verified { slices })
}

fn put(sink: &mut dyn Sink, name: &str, content: &[u8]) -> Result<(), WriteError> {
    let mut file = sink.file(name)?;
    std::io::Write::write_all(&mut file, content).map_err(io_at(name))?;
    std::io::Write::flush(&mut file).map_err(io_at(name))
}

/// The event that an annotation triggers: its id and the kinds of links that are its roles.
fn event_of(annotation: &Annotation) -> Option<(&str, &[String])> {
    match annotation.attributes.get(EVENT) {
        Some(Value::List(parts)) => {
            let (id, roles) = parts.split_first()?;
            let number = id.strip_prefix('E')?;
            (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some((id.as_str(), roles))
        }
        _ => None,
    }
}

/// The lines of one layer.
fn ann(
    document: &ExportDocument,
    layer: Option<&Layer>,
    project: &Project,
    options: &ExportOptions,
    names: &mut Names,
) -> Result<(String, Verified), WriteError> {
    let mut verifier = Verifier::new(document);
    let Some(layer) = layer else { return Ok((String::new(), Verified::default())) };
    let mut writer = Writer {
        layer,
        project,
        options,
        names,
        events: Events::new(layer),
        out: String::new(),
        attributes: 0,
        notes: 0,
        references: 0,
    };
    let mut annotations: Vec<&Annotation> = layer.annotations().collect();
    annotations.sort_unstable_by_key(|a| a.id);
    for annotation in &annotations {
        writer.span(annotation, document, &mut verifier)?;
        if !writer.events.ids.contains_key(&annotation.id) {
            writer.attributes(annotation);
        }
    }
    let mut in_events: BTreeSet<LinkId> = BTreeSet::new();
    for annotation in &annotations {
        if writer.events.ids.contains_key(&annotation.id) {
            writer.event(annotation, &mut in_events);
            writer.attributes(annotation);
        }
    }
    writer.links(&in_events);
    for annotation in &annotations {
        writer.reference(annotation);
        writer.notes(annotation, document, &mut verifier)?;
    }
    for link in layer.links().filter(|link| !link.note.is_empty()) {
        let target = format!("R{}", link.id.0);
        writer.note(&target, &link.note);
    }
    Ok((writer.out, verifier.verified()))
}

/// Which annotations trigger events, and whose line of text they use.
struct Events {
    ids: BTreeMap<AnnotationId, String>,
    /// The annotation whose T line is the trigger, where it is another one's.
    trigger: BTreeMap<AnnotationId, AnnotationId>,
}

impl Events {
    fn new(layer: &Layer) -> Self {
        let mut events = Self { ids: BTreeMap::new(), trigger: BTreeMap::new() };
        let mut taken = BTreeSet::new();
        let mut lines: BTreeMap<(&Name, &Span), AnnotationId> = BTreeMap::new();
        for annotation in layer.annotations() {
            // A copied annotation can carry the id of another's event; it is then no event.
            let Some((id, _)) = event_of(annotation).filter(|(id, _)| taken.insert(*id)) else { continue };
            events.ids.insert(annotation.id, id.to_owned());
            let line = *lines.entry((&annotation.label, &annotation.span)).or_insert(annotation.id);
            if line != annotation.id {
                events.trigger.insert(annotation.id, line);
            }
        }
        events
    }
}

struct Writer<'a> {
    layer: &'a Layer,
    project: &'a Project,
    options: &'a ExportOptions,
    names: &'a mut Names,
    events: Events,
    out: String,
    attributes: u32,
    notes: u32,
    references: u32,
}

impl Writer<'_> {
    /// The T line; the fragments are cut where brat cannot hold them.
    fn span(
        &mut self,
        annotation: &Annotation,
        document: &ExportDocument,
        verifier: &mut Verifier,
    ) -> Result<(), WriteError> {
        if self.events.trigger.contains_key(&annotation.id) {
            return Ok(());
        }
        let (mut places, mut texts) = (Vec::new(), Vec::new());
        for fragment in cut(document.text.as_str(), &annotation.span) {
            let (at, slice) = verifier.slice(&annotation.id.to_string(), fragment, CARD.unit)?;
            places.push(format!("{} {}", at.start, at.end));
            texts.push(slice.replace(BREAKS, " "));
        }
        let form = self.names.form(Kind::Label, &annotation.label);
        let shown = if self.options.shows_quotes() { texts.join(" ") } else { String::new() };
        let _ = writeln!(self.out, "T{}\t{form} {}\t{shown}", annotation.id.0, places.join(";"));
        Ok(())
    }

    /// How lines refer to an annotation: by its event if it has one.
    fn target(&self, id: AnnotationId) -> String {
        self.events.ids.get(&id).cloned().unwrap_or_else(|| format!("T{}", id.0))
    }

    fn event(&mut self, annotation: &Annotation, in_events: &mut BTreeSet<LinkId>) {
        let Some((id, roles)) = event_of(annotation) else { return };
        let line = self.events.trigger.get(&annotation.id).copied().unwrap_or(annotation.id);
        let mut arguments = Vec::new();
        let mut counts: BTreeMap<&Name, u32> = BTreeMap::new();
        let outgoing = self.layer.links_of(annotation.id).filter(|link| link.from == annotation.id);
        for link in outgoing.filter(|link| link.note.is_empty()) {
            let Some(role) = roles.iter().find(|role| link.kind == without_number(role)) else { continue };
            in_events.insert(link.id);
            let count = counts.entry(&link.kind).or_default();
            *count += 1;
            let plain = *count == 1 && link.kind == role.as_str();
            let number = if plain { String::new() } else { count.to_string() };
            arguments.push(format!("{}{number}:{}", self.names.form(Kind::Link, &link.kind), self.target(link.to)));
        }
        let form = self.names.form(Kind::Label, &annotation.label);
        let _ = writeln!(self.out, "{id}\t{form}:T{} {}", line.0, arguments.join(" "));
    }

    fn attributes(&mut self, annotation: &Annotation) {
        let target = self.target(annotation.id);
        for (name, value) in &annotation.attributes {
            let form = self.names.form(Kind::Attribute, name);
            let value = match value {
                _ if self.is_told(annotation, name) => continue,
                Value::YesNo(true) => String::new(),
                Value::Text(text) if conf::is_plain(text) && self.is_choice(annotation, name) => format!(" {text}"),
                _ => continue,
            };
            self.attributes += 1;
            let _ = writeln!(self.out, "A{}\t{form} {target}{value}", self.attributes);
        }
    }

    /// Whether other lines tell the value: an event, a normalisation.
    fn is_told(&self, annotation: &Annotation, name: &Name) -> bool {
        (name == EVENT && self.events.ids.contains_key(&annotation.id))
            || (name == ENTITY && self.entity(annotation).is_some())
    }

    /// Whether brat is told of the attribute with its options, or nobody knows it.
    fn is_choice(&self, annotation: &Annotation, name: &Name) -> bool {
        let attribute = self.project.scheme.label(&annotation.label).and_then(|l| l.attribute(name));
        attribute.is_none_or(|a| matches!(a.kind, AttributeKind::Choice(_)))
    }

    fn entity(&self, annotation: &Annotation) -> Option<&Entity> {
        let id = annotation.attributes.get(ENTITY)?.as_text()?;
        self.project.entities.get(&id.parse().ok()?).filter(|e| !e.name.trim().is_empty() && !e.name.contains(BREAKS))
    }

    /// Relations, and sets of equals as brat wrote them.
    fn links(&mut self, in_events: &BTreeSet<LinkId>) {
        let mut chain: Vec<AnnotationId> = Vec::new();
        let mut kind: Option<&Name> = None;
        for link in self.layer.links().filter(|link| !in_events.contains(&link.id)) {
            let continues = kind == Some(&link.kind) && chain.last() == Some(&link.from);
            let in_set = self.is_equivalence(link);
            if !(continues && in_set) {
                self.end_chain(&mut chain, kind);
            }
            if in_set {
                if chain.is_empty() {
                    chain.push(link.from);
                }
                chain.push(link.to);
                kind = Some(&link.kind);
            } else {
                let form = self.names.form(Kind::Link, &link.kind);
                let (from, to) = (self.target(link.from), self.target(link.to));
                // brat itself ends the line with a tab.
                let _ = writeln!(self.out, "R{}\t{form} Arg1:{from} Arg2:{to}\t", link.id.0);
            }
        }
        self.end_chain(&mut chain, kind);
    }

    fn end_chain(&mut self, chain: &mut Vec<AnnotationId>, kind: Option<&Name>) {
        if let Some(kind) = kind.filter(|_| !chain.is_empty()) {
            let form = self.names.form(Kind::Link, kind);
            let ids: Vec<String> = chain.drain(..).map(|id| self.target(id)).collect();
            let _ = writeln!(self.out, "*\t{form} {}", ids.join(" "));
        }
    }

    /// Links that came from a `*` line: those of brat's that mean the same both ways. They have no id there and no note.
    fn is_equivalence(&self, link: &Link) -> bool {
        let symmetric = self.project.scheme.link(&link.kind).is_some_and(|def| def.symmetric);
        let from_brat = matches!(&*link.provenance.origin, Origin::Import { format, .. } if *format == CARD.name);
        symmetric && from_brat && link.note.is_empty()
    }

    /// The entity, by its id in Byline and in Wikidata; one that came from another database by its id there.
    fn reference(&mut self, annotation: &Annotation) {
        let target = self.target(annotation.id);
        let Some(entity) = self.entity(annotation).cloned() else { return };
        let foreign = entity.note.split_once(':').is_some_and(|(db, id)| !db.is_empty() && !id.is_empty())
            && !entity.note.contains(char::is_whitespace);
        let ours = if foreign { entity.note.clone() } else { format!("{BYLINE_DB}:{}", entity.id) };
        let item = entity.wikidata.filter(|item| !item.is_empty() && !item.contains(char::is_whitespace));
        for reference in std::iter::once(ours).chain(item.map(|item| format!("Wikidata:{item}"))) {
            self.references += 1;
            let _ = writeln!(self.out, "N{}\tReference {target} {reference}\t{}", self.references, entity.name);
        }
    }

    fn notes(
        &mut self,
        annotation: &Annotation,
        document: &ExportDocument,
        verifier: &mut Verifier,
    ) -> Result<(), WriteError> {
        let target = self.target(annotation.id);
        self.note(&target, &annotation.note);
        for (name, value) in &annotation.attributes {
            let told = self.is_told(annotation, name)
                || *value == Value::YesNo(true)
                || value.as_text().is_some_and(|t| conf::is_plain(t) && self.is_choice(annotation, name));
            if !told {
                let form = self.names.form(Kind::Attribute, name);
                let cell = cell_from_value(value);
                // JSON writes every control character escaped; a plain text may hold some.
                let cell = match value {
                    Value::Text(text) if text.contains(BREAKS) || text.trim() != text => json(text),
                    _ => cell,
                };
                self.line(&format!("{ATTRIBUTE}{form}"), &target, &cell);
            }
        }
        if !self.events.trigger.contains_key(&annotation.id) && !is_shown_whole(document, annotation) {
            let mut places = Vec::new();
            for fragment in annotation.span.fragments() {
                let (at, _) = verifier.slice(&annotation.id.to_string(), fragment, CARD.unit)?;
                places.push(format!("{} {}", at.start, at.end));
            }
            self.line(FRAGMENTS, &format!("T{}", annotation.id.0), &places.join(";"));
        }
        if self.options.without_text && self.options.shows_context() {
            let (before, after) = around(document.text.as_str(), annotation.span.hull());
            self.line(CONTEXT, &format!("T{}", annotation.id.0), &format!("[{}, {}]", json(before), json(after)));
        }
        Ok(())
    }

    /// One line of brat for each line of the note, if every one of them can be.
    fn note(&mut self, target: &str, note: &str) {
        if note.is_empty() {
            return;
        }
        let plain = |line: &str| !line.is_empty() && !line.contains(BREAKS);
        if note.split('\n').all(plain) {
            note.split('\n').for_each(|line| self.line(NOTE, target, line));
        } else {
            self.line(JSON_NOTE, target, &json(note));
        }
    }

    fn line(&mut self, kind: &str, target: &str, text: &str) {
        self.notes += 1;
        let _ = writeln!(self.out, "#{}\t{kind} {target}\t{text}", self.notes);
    }
}

/// A text in JSON on one line, also for readers that break lines at U+0085, U+2028 and U+2029.
fn json(text: &str) -> String {
    let mut out = serde_json::Value::from(text).to_string();
    for c in ['\u{85}', '\u{2028}', '\u{2029}'] {
        out = out.replace(c, &format!("\\u{:04x}", c as u32));
    }
    out
}

/// Fragments without line breaks, those inside begun and ended at letters. A span of nothing but breaks stays whole.
fn cut(text: &str, span: &Span) -> Vec<Fragment> {
    let mut pieces = Vec::new();
    for fragment in span.fragments() {
        let slice = text.get(fragment.range()).unwrap_or_default();
        let mut at = fragment.start();
        let parts: Vec<&str> = slice.split(BREAKS).collect();
        for (n, part) in parts.iter().enumerate() {
            let start = if n > 0 { part.len() - part.trim_start().len() } else { 0 };
            let end = if n + 1 < parts.len() { part.trim_end().len() } else { part.len() };
            pieces.extend(Fragment::new(at + start, at + end));
            let broken = slice.get(at - fragment.start() + part.len()..).and_then(|rest| rest.chars().next());
            at += part.len() + broken.map_or(0, char::len_utf8);
        }
    }
    if pieces.is_empty() { span.fragments().collect() } else { pieces }
}

/// Whether reading the T line gives the span back.
fn is_shown_whole(document: &ExportDocument, annotation: &Annotation) -> bool {
    let text = document.text.as_str();
    let mut joined: Vec<Fragment> = Vec::new();
    for piece in cut(text, &annotation.span) {
        let gap = joined.last().and_then(|last| text.get(last.end()..piece.start()));
        match joined.last_mut() {
            Some(last) if gap.is_some_and(is_break) => {
                *last = Fragment::new(last.start(), piece.end()).unwrap_or(*last);
            }
            _ => joined.push(piece),
        }
    }
    joined.iter().copied().eq(annotation.span.fragments())
}
