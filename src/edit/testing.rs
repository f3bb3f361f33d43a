//! Tests of commands as pictures: `"🦀 [claim:it [statistic:25%]]"`.
//!
//! `check` applies the change, compares the pictures, inverts it and expects the start again: no command can be
//! tested without testing its undo.

use super::{Change, Refusal, State};
use crate::model::testing::{annotation, key, link, scheme};
use crate::model::{Document, DocumentId, Layer, Metadata, Project, Text};

/// The layer that a picture shows; ids run in the order of the opening brackets. `{says 1 2}` at the end is a link.
pub fn layer_of(picture: &str) -> Layer {
    let (mut text, mut open, mut marks) = (String::new(), Vec::new(), Vec::new());
    let mut links = Vec::new();
    let mut rest = picture;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '[' => {
                let (label, after) = rest.split_once(':').unwrap();
                marks.push((label.to_owned(), text.len(), 0));
                open.push(marks.len() - 1);
                rest = after;
            }
            ']' => marks[open.pop().unwrap()].2 = text.len(),
            '{' => {
                let (inside, after) = rest.split_once('}').unwrap();
                let parts: Vec<_> = inside.split(' ').collect();
                links.push((parts[0].to_owned(), parts[1].parse().unwrap(), parts[2].parse().unwrap()));
                rest = after;
            }
            c => text.push(c),
        }
    }
    let mut layer = Layer::new(key(), Text::new(text));
    for (i, (label, start, end)) in marks.into_iter().enumerate() {
        layer.insert(annotation(i as u32 + 1, &label, start..end)).unwrap();
    }
    for (i, (kind, from, to)) in links.into_iter().enumerate() {
        layer.insert_link(link(i as u32 + 1, &kind, from, to)).unwrap();
    }
    layer
}

/// The picture of a layer; links in the order of their ids, by the ids of their ends.
pub fn picture_of(layer: &Layer) -> String {
    let text = layer.text().as_str();
    let mut out = String::new();
    for (i, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let mut ends: Vec<_> = layer.annotations().flat_map(|a| a.span.fragments()).filter(|f| f.end() == i).collect();
        out.extend(ends.drain(..).map(|_| ']'));
        for a in layer.annotations() {
            for _ in a.span.fragments().filter(|f| f.start() == i) {
                out.push_str(&format!("[{}:", a.label));
            }
        }
        if i < text.len() {
            out.push(c);
        }
    }
    for l in layer.links() {
        out.push_str(&format!("{{{} {} {}}}", l.kind, l.from.0, l.to.0));
    }
    out
}

/// A state with one document, the layer of the picture, and the test scheme.
pub fn state_of(layer: Layer) -> State {
    let mut project = Project::new("Test", scheme());
    project.documents.push(document(layer.key().document.clone(), layer.text()));
    let mut state = State::new(project);
    state.load_layer(layer);
    state
}

pub fn document(id: DocumentId, text: &Text) -> Document {
    Document {
        title: id.to_string(),
        id,
        metadata: Metadata::default(),
        direction: crate::model::Direction::Auto,
        directions: std::collections::BTreeMap::new(),
        sha256: text.sha256().to_owned(),
        original: None,
    }
}

pub fn check(before: &str, command: impl Fn(&Layer) -> Result<Change, Refusal>, after: &str) {
    let start = state_of(layer_of(before));
    assert_eq!(picture_of(start.layer(&key()).unwrap()), before, "the picture reads back");
    let change = command(start.layer(&key()).unwrap()).unwrap();
    let mut state = start.clone();
    state.apply(&change).unwrap();
    assert_eq!(picture_of(state.layer(&key()).unwrap()), after);
    state.apply(&change.clone().inverse()).unwrap();
    assert_eq!(state, start, "undo restores everything");
    state.apply(&change).unwrap();
    assert_eq!(picture_of(state.layer(&key()).unwrap()), after, "redo");
}

pub fn refused(before: &str, command: impl Fn(&Layer) -> Result<Change, Refusal>) -> String {
    let state = state_of(layer_of(before));
    match command(state.layer(&key()).unwrap()) {
        Err(refusal) => refusal.to_string(),
        Ok(change) => state.clone().apply(&change).unwrap_err().to_string(),
    }
}
