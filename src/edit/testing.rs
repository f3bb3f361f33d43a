//! Tests of commands as pictures: `"🦀 [claim:it [statistic:25%]]"`.
//!
//! `check` applies the change, compares the pictures, inverts it and expects the start again: no command can be
//! tested without testing its undo.

use super::scheme::{Fate, Migration, migrate};
use super::span::{Edge, Step};
use super::{Change, Happened, History, Refusal, Stamp, State};
use super::{annotate, attribute, bulk, delete, entities, link as links, note, relabel, span, status};
use crate::model::testing::{annotation, key, link, noon, scheme};
use crate::model::{
    AnnotationId, Document, DocumentId, EntityKind, Fragment, Layer, Metadata, Project, Span, Status, Text, Value,
};

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

/// What [`command`] works on.
pub const TEXT: &str = "Ana 👩‍👧 said “e\u{301}tait 25 %”.\r\nשלום Ana, 𝒜 said 2.3 times.\n\nAna";

/// One of all commands, its arguments drawn from `n`; many of them are refused, as in life.
pub fn command(state: &State, n: [u32; 4]) -> Result<Change, Refusal> {
    command_at(state, n, &Stamp::by_hand(noon()))
}

/// The same at another time.
pub fn command_at(state: &State, n: [u32; 4], stamp: &Stamp) -> Result<Change, Refusal> {
    let layer = state.layer(&key()).unwrap();
    let scheme = &state.project.scheme;
    let ids: Vec<_> = layer.annotations().map(|a| a.id).collect();
    let id = |n: u32| ids.get(n as usize % ids.len().max(1)).copied().unwrap_or(AnnotationId(1));
    let label = scheme.labels[n[1] as usize % scheme.labels.len()].name.clone();
    let byte = |n: u32| (0..=n as usize % TEXT.len()).rev().find(|&b| TEXT.is_char_boundary(b)).unwrap();
    let edge = if n[2].is_multiple_of(2) { Edge::Start } else { Edge::End };
    let step = if n[3].is_multiple_of(2) { Step::Word } else { Step::Grapheme };
    let fragment = || Fragment::new(byte(n[2]), byte(n[3])).map_err(|e| Refusal::Offsets(e.into()));
    match n[0] % 13 {
        0 | 1 => annotate::annotate(layer, scheme, &label, Span::from(fragment()?), stamp),
        2 => relabel::relabel(layer, scheme, &ids[..ids.len().min(n[2] as usize % 4)], &label, stamp),
        3 => span::nudge(layer, id(n[1]), edge, step, n[2] % 4 < 2, stamp),
        4 => span::add_fragment(layer, id(n[1]), fragment()?, stamp),
        5 => span::remove_fragment(layer, id(n[1]), byte(n[2]), stamp),
        6 => delete::delete(layer, &ids[..ids.len().min(n[2] as usize % 3)], stamp),
        7 => {
            let kind = scheme.links.get(n[3] as usize % 2).map_or_else(|| "says".into(), |l| l.name.clone());
            links::link(layer, scheme, &kind, id(n[1]), id(n[2]), stamp)
        }
        8 => note::set_note(layer, id(n[1]), &TEXT[..byte(n[2])], stamp),
        9 => {
            let value = Value::Number(f64::from(n[2]));
            attribute::set_attribute(layer, &state.project, &[id(n[1])], &"value".into(), Some(&value), stamp)
        }
        10 => {
            let ana = TEXT.match_indices("Ana").map(|(at, _)| Span::single(at, at + 3).unwrap()).collect();
            let value = n[2].is_multiple_of(2).then(|| ("value".into(), Value::Number(25.0)));
            let model = bulk::Model { label, attributes: value.into_iter().collect() };
            bulk::annotate_places(state, &model, vec![(key(), ana)], stamp)
        }
        11 => match n[1] % 3 {
            0 => status::set_status(layer, [Status::Done, Status::InProgress][n[2] as usize % 2], stamp),
            1 => {
                let name = format!("Ana {}", n[2]);
                let new = entities::NewEntity { kind: EntityKind::Person, name, aliases: vec![], wikidata: None };
                entities::make(state, new, stamp)
            }
            _ => entities::remove(state, crate::model::EntityId(n[2] % 4), stamp),
        },
        _ => {
            let migration = if n[2].is_multiple_of(5) && scheme.labels.len() > 2 {
                let fate =
                    if n[3].is_multiple_of(2) { Fate::Delete } else { Fate::Relabel(scheme.labels[0].name.clone()) };
                Migration::DeleteLabel { label, fate }
            } else {
                Migration::RenameLabel { from: label, to: format!("label{}", n[3] % 9).as_str().into() }
            };
            migrate(state, &migration, stamp)
        }
    }
}

/// So many arguments for [`command`], always the same for a seed.
pub fn draws(seed: u64, count: usize) -> Vec<[u32; 4]> {
    // splitmix64
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((z ^ (z >> 27)) % 997) as u32
    };
    (0..count).map(|_| [next(), next(), next(), next()]).collect()
}

/// What happens when commands are done as they are drawn, with undo and redo among them; and the state at the start and
/// after each.
pub fn happenings(start: State, draws: &[[u32; 4]]) -> (Vec<Happened>, Vec<State>) {
    let (mut state, mut history) = (start, History::default());
    let (mut all, mut states) = (Vec::new(), vec![state.clone()]);
    for n in draws {
        let happened = match n[3] % 9 {
            7 => history.undo(&mut state, None).ok(),
            8 => history.redo(&mut state, None).ok(),
            _ => command(&state, *n).ok().and_then(|change| history.apply(&mut state, change).ok()),
        };
        if let Some(happened) = happened {
            all.push(happened);
            states.push(state.clone());
        }
    }
    (all, states)
}
