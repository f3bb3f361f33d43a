//! Annotating at random, the same again for the same seed: which action comes next depends on the seed, its number and
//! what there is, so that a model that does the same actions in memory is always in the same state.

use byline::edit::{Change, Refusal, Stamp, State, annotate, delete, link, note, relabel, span, status};
use byline::model::{
    AnnotationId, Document, DocumentId, Layer, LayerKey, Metadata, Name, OffsetError, Project, Span, Status, Text,
};
use byline::session::Session;
use byline::store::{Dirty, ProjectFolder, builtin_schemes};
use chrono::DateTime;
use std::path::Path;

/// Who annotates.
pub fn annotator() -> Name {
    "maria".into()
}

/// The layers that are worked on, one a document.
pub fn keys() -> Vec<LayerKey> {
    let id = |n: usize| DocumentId::new(&format!("000{n}-article")).unwrap();
    (1..=3).map(|n| LayerKey { document: id(n), annotator: annotator() }).collect()
}

/// The state from which work begins: three articles in several scripts.
pub fn start() -> State {
    let mut project = Project::new("Crash", builtin_schemes()[0].1.clone());
    let paragraph = "Ana Muñoz 👩‍👧 said “e\u{301}l volumen de 25 %” fell. שלום 日本語, said the Ministry.\r\n\r\n";
    let mut state = State::new(project.clone());
    for (n, key) in keys().into_iter().enumerate() {
        let text = Text::new(paragraph.repeat(10 + n));
        project.documents.push(Document {
            title: key.document.to_string(),
            id: key.document.clone(),
            metadata: Metadata::default(),
            direction: byline::model::Direction::Auto,
            directions: std::collections::BTreeMap::new(),
            sha256: text.sha256().to_owned(),
            original: None,
        });
        state.load_layer(Layer::new(key, text));
    }
    state.project = project;
    state
}

/// A project with these files and nothing else.
pub fn make(path: &Path, state: &State) {
    let folder = ProjectFolder::create(path, &Project::new("Crash", state.project.scheme.clone())).unwrap();
    folder.save(state, &Dirty::everything(state)).unwrap();
}

/// Numbers that look random and are always the same.
pub struct Dice(u64);

impl Dice {
    /// Thrown for action `number` of a series.
    pub fn new(seed: u64, number: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ number.wrapping_mul(0xD1B5_4A32_D192_ED03))
    }

    /// Below `limit`.
    pub fn roll(&mut self, limit: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % limit.max(1) as u64) as usize
    }
}

/// What is done next.
pub enum Action {
    /// A change.
    Do(Box<Change>),
    /// Undo in this document.
    Undo(DocumentId),
    /// Redo in this document.
    Redo(DocumentId),
}

/// Action `number` of a series.
pub fn action(state: &State, seed: u64, number: u64) -> Action {
    let mut dice = Dice::new(seed, number);
    let key = &keys()[dice.roll(3)];
    match dice.roll(20) {
        0 | 1 => return Action::Undo(key.document.clone()),
        2 => return Action::Redo(key.document.clone()),
        _ => {}
    }
    // What is refused is followed by something that never is.
    let change = (0..20).find_map(|_| change(state, key, number, &mut dice).ok());
    Action::Do(Box::new(change.unwrap_or_else(|| set_note(state, key, number))))
}

fn set_note(state: &State, key: &LayerKey, number: u64) -> Change {
    let layer = state.layer(key).unwrap();
    let stamp = stamp(number);
    match layer.annotations().next() {
        Some(first) => note::set_note(layer, first.id, &format!("note {number}"), &stamp).unwrap(),
        None => annotate::annotate(layer, &state.project.scheme, &"claim".into(), Span::single(0, 3).unwrap(), &stamp)
            .unwrap(),
    }
}

fn stamp(number: u64) -> Stamp {
    Stamp::by_hand(DateTime::from_timestamp(1_700_000_000 + number as i64, 0).unwrap())
}

fn change(state: &State, key: &LayerKey, number: u64, dice: &mut Dice) -> Result<Change, Refusal> {
    let layer = state.layer(key).unwrap();
    let (scheme, stamp) = (&state.project.scheme, &stamp(number));
    let ids: Vec<AnnotationId> = layer.annotations().map(|a| a.id).collect();
    let id = ids.get(dice.roll(ids.len())).copied().unwrap_or(AnnotationId(0));
    let label = scheme.labels[dice.roll(4)].name.clone();
    // Articles are finite: what is full is thinned out before more comes in.
    let kind = if ids.len() > 400 { 7 } else { dice.roll(12) };
    match kind {
        0..=4 => {
            let text = layer.text();
            let start =
                (0..dice.roll(text.len() - 60)).rev().find(|at| text.as_str().is_char_boundary(*at)).unwrap_or(0);
            let end = (start + 4..text.len()).find(|at| text.as_str().is_char_boundary(*at)).unwrap_or(start + 4);
            annotate::annotate(layer, scheme, &label, Span::single(start, end).map_err(OffsetError::from)?, stamp)
        }
        5 => relabel::relabel(layer, scheme, &[id], &label, stamp),
        6 => note::set_note(layer, id, &format!("« note {number} »\n\t\"{number}\""), stamp),
        7 => delete::delete(layer, &[id], stamp),
        8 => {
            let other = ids.get(dice.roll(ids.len())).copied().unwrap_or(AnnotationId(0));
            link::link(layer, scheme, &"says".into(), id, other, stamp)
        }
        9 => span::nudge(layer, id, span::Edge::End, span::Step::Grapheme, dice.roll(2) == 0, stamp),
        10 => status::set_status(layer, [Status::Done, Status::InProgress, Status::SecondLook][dice.roll(3)], stamp),
        _ => {
            // Everything of a kind at once, as “same text everywhere” does it.
            let few: Vec<_> = ids.iter().copied().filter(|_| dice.roll(3) == 0).take(20).collect();
            relabel::relabel(layer, scheme, &few, &label, stamp)
        }
    }
}

/// Opens the project for work, with all its documents.
pub fn session(path: &Path) -> Session {
    let (folder, project) = ProjectFolder::open(path).unwrap();
    let opened = byline::session::open(folder, project, &annotator(), None).unwrap();
    let mut session = Session::start(opened, || {});
    for document in session.project().documents.clone() {
        if !session.is_loaded(&document.id) {
            let (text, layer) = Session::load(session.folder(), &document, &annotator()).unwrap();
            session.take_in(text, layer);
        }
    }
    session
}

/// Does action `number` of a series; `false` if there was nothing to undo or redo.
pub fn act(session: &mut Session, seed: u64, number: u64) -> bool {
    let action = action(session.state(), seed, number);
    perform(session, action)
}

/// Does an action; `false` if there was nothing to undo or redo.
pub fn perform(session: &mut Session, action: Action) -> bool {
    match action {
        Action::Do(change) => session.apply(*change).is_ok(),
        Action::Undo(document) => session.undo_in(Some(&document)).is_ok(),
        Action::Redo(document) => session.redo_in(Some(&document)).is_ok(),
    }
}
