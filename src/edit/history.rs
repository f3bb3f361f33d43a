//! Undo and redo: which change is taken back next.
//!
//! Steps are kept in one line of time, but undone by document: what was done in another document stays. A step that
//! touches several documents is undone as a whole, and only while nothing later stands on it.

use super::{Change, State};
use crate::model::DocumentId;
use crate::model::layer::LayerError;
use std::collections::VecDeque;

/// Why nothing was undone or redone.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum UndoError {
    /// No step is left.
    #[error("nothing to {0}")]
    Nothing(&'static str),
    /// The step also touches another document, which was changed since.
    #[error("“{what}” also touched document “{document}”, which was changed since; undo there first")]
    Later {
        /// The step.
        what: String,
        /// The other document.
        document: DocumentId,
    },
    /// The state is not what it was when the step was done.
    #[error("“{what}” cannot be taken back: {error}")]
    Stale {
        /// The step.
        what: String,
        /// What is different.
        error: LayerError,
    },
}

/// Changes in memory, in edits of annotations and links: beyond it the oldest steps are forgotten.
const CAP: usize = 2_000_000;

/// What was done and what was undone.
#[derive(Clone, Debug, Default)]
pub struct History {
    done: VecDeque<Change>,
    undone: Vec<Change>,
    size: usize,
}

impl History {
    /// Applies a change and remembers it; what was undone in the same documents can no longer be redone.
    pub fn apply(&mut self, state: &mut State, change: Change) -> Result<(), LayerError> {
        state.apply(&change)?;
        self.undone.retain(|old| !old.is_project_wide() && !change.is_project_wide() && !meet(old, &change));
        self.size += weight(&change);
        self.done.push_back(change);
        while self.size > CAP && self.done.len() > 1 {
            self.size -= self.done.pop_front().map_or(0, |old| weight(&old));
        }
        Ok(())
    }

    /// The step that [`History::undo`] would take back.
    pub fn next_undo(&self, document: Option<&DocumentId>) -> Option<&Change> {
        self.done.iter().rev().find(|c| concerns(c, document))
    }

    /// The step that [`History::redo`] would do again.
    pub fn next_redo(&self, document: Option<&DocumentId>) -> Option<&Change> {
        self.undone.iter().rev().find(|c| concerns(c, document))
    }

    /// Takes back the last step that concerns `document` (or, for `None`, the last of all); returns what was applied.
    pub fn undo(&mut self, state: &mut State, document: Option<&DocumentId>) -> Result<Change, UndoError> {
        let found = self.done.iter().rposition(|c| concerns(c, document)).ok_or(UndoError::Nothing("undo"))?;
        let change = &self.done[found];
        for later in self.done.range(found + 1..) {
            if let Some(document) = later.documents().find(|d| change.documents().any(|c| c == *d)) {
                return Err(UndoError::Later { what: change.what.clone(), document: document.clone() });
            }
        }
        let inverse = change.clone().inverse();
        state.apply(&inverse).map_err(|error| UndoError::Stale { what: inverse.what.clone(), error })?;
        if let Some(change) = self.done.remove(found) {
            self.size -= weight(&change);
            self.undone.push(change);
        }
        Ok(inverse)
    }

    /// Does the last undone step that concerns `document` again; returns what was applied.
    pub fn redo(&mut self, state: &mut State, document: Option<&DocumentId>) -> Result<Change, UndoError> {
        let found = self.undone.iter().rposition(|c| concerns(c, document)).ok_or(UndoError::Nothing("redo"))?;
        let change = self.undone[found].clone();
        state.apply(&change).map_err(|error| UndoError::Stale { what: change.what.clone(), error })?;
        self.undone.remove(found);
        self.size += weight(&change);
        self.done.push_back(change.clone());
        Ok(change)
    }
}

fn concerns(change: &Change, document: Option<&DocumentId>) -> bool {
    document.is_none_or(|d| change.is_project_wide() || change.documents().any(|c| c == d))
}

fn meet(a: &Change, b: &Change) -> bool {
    a.documents().any(|d| b.documents().any(|e| d == e))
}

fn weight(change: &Change) -> usize {
    1 + change.project.len() + change.layers.iter().map(|l| l.annotations.len() + l.links.len()).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::scheme::{Fate, Migration, migrate};
    use crate::edit::span::{Edge, Step};
    use crate::edit::testing::{layer_of, state_of};
    use crate::edit::{Refusal, Stamp, annotate, attribute, bulk, delete, entities, link, note, relabel, span, status};
    use crate::model::testing::{key, noon};
    use crate::model::{AnnotationId, EntityKind, Fragment, Span, Status, Value};
    use proptest::prelude::*;

    const TEXT: &str = "Ana 👩‍👧 said “e\u{301}tait 25 %”.\r\nשלום Ana, 𝒜 said 2.3 times.\n\nAna";

    /// One of all commands, its arguments drawn from `n`; many of them are refused, as in life.
    fn command(state: &State, n: [u32; 4]) -> Result<Change, Refusal> {
        let layer = state.layer(&key()).unwrap();
        let (scheme, stamp) = (&state.project.scheme, &Stamp::by_hand(noon()));
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
                link::link(layer, scheme, &kind, id(n[1]), id(n[2]), stamp)
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
                    let fate = if n[3].is_multiple_of(2) {
                        Fate::Delete
                    } else {
                        Fate::Relabel(scheme.labels[0].name.clone())
                    };
                    Migration::DeleteLabel { label, fate }
                } else {
                    Migration::RenameLabel { from: label, to: format!("label{}", n[3] % 9).as_str().into() }
                };
                migrate(state, &migration, stamp)
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn any_commands_followed_by_all_undos_give_the_start_and_all_redos_the_end(
            draws in proptest::collection::vec(proptest::array::uniform4(0u32..1000), 1..60),
        ) {
            let start = state_of(layer_of(TEXT));
            let (mut state, mut history) = (start.clone(), History::default());
            let mut done = 0;
            for n in draws {
                if let Ok(change) = command(&state, n) {
                    let before = state.clone();
                    match history.apply(&mut state, change) {
                        Ok(()) => done += 1,
                        Err(_) => prop_assert_eq!(&state, &before, "a refusal changes nothing"),
                    }
                }
            }
            let end = state.clone();
            for _ in 0..done {
                history.undo(&mut state, Some(&key().document)).unwrap();
            }
            prop_assert_eq!(&state, &start);
            prop_assert_eq!(history.undo(&mut state, None), Err(UndoError::Nothing("undo")));
            for _ in 0..done {
                history.redo(&mut state, Some(&key().document)).unwrap();
            }
            prop_assert_eq!(&state, &end);
        }
    }

    #[test]
    fn an_id_that_was_undone_is_not_given_again() {
        let (mut state, mut history) = (state_of(layer_of("été chaud")), History::default());
        let mark = |state: &State, range: std::ops::Range<usize>| {
            let span = Span::single(range.start, range.end).unwrap();
            let layer = state.layer(&key()).unwrap();
            annotate::annotate(layer, &state.project.scheme, &"claim".into(), span, &Stamp::by_hand(noon())).unwrap()
        };
        let first = mark(&state, 0..5);
        history.apply(&mut state, first).unwrap();
        history.undo(&mut state, None).unwrap();
        let second = mark(&state, 6..11);
        assert_eq!(second.made().collect::<Vec<_>>(), [AnnotationId(2)]);
    }

    #[test]
    fn undo_in_one_document_leaves_the_others_alone() {
        let mut state = state_of(layer_of("[claim:été]"));
        let other = crate::model::DocumentId::new("0002-b").unwrap();
        let mut layer_key = key();
        layer_key.document = other.clone();
        state.load_layer(crate::model::Layer::new(layer_key.clone(), crate::model::Text::new("été")));
        let mut history = History::default();
        let stamp = Stamp::by_hand(noon());
        let gone = delete::delete(state.layer(&key()).unwrap(), &[AnnotationId(1)], &stamp).unwrap();
        history.apply(&mut state, gone).unwrap();
        let done = status::set_status(state.layer(&layer_key).unwrap(), Status::Done, &stamp).unwrap();
        history.apply(&mut state, done).unwrap();
        let undone = history.undo(&mut state, Some(&key().document)).unwrap();
        assert_eq!(undone.focus(&key()).unwrap().1, Some(AnnotationId(1)));
        assert_eq!(state.layer(&layer_key).unwrap().status(), Status::Done);
        assert_eq!(history.undo(&mut state, Some(&key().document)), Err(UndoError::Nothing("undo")));
    }
}
