//! Undo and redo: which change is taken back next.
//!
//! Steps are kept in one line of time, but undone by document: what was done in another document stays. A step that
//! touches several documents is undone as a whole, and only while nothing later stands on it. Steps outlive the
//! program: what they changed may be left to a journal, from which it is asked back when it is needed.
//! Elsewhere: the journal itself (`store`).

use super::{Change, Stamp, State};
use crate::model::layer::LayerError;
use crate::model::{DocumentId, LayerKey, NextIds};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

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
    /// What the step changed is in the journal only: give it with [`History::supply`] and ask again.
    #[error("step {0} is not in memory")]
    NotInMemory(u64),
    /// What the step changed can no longer be read.
    #[error("step {number} cannot be taken: the journal that holds it cannot be read ({why})")]
    Unreadable {
        /// Which step.
        number: u64,
        /// In words.
        why: String,
    },
}

/// What is known of a step without what it changed.
#[derive(Clone, PartialEq, Debug)]
pub struct About {
    /// What was done, for people.
    pub what: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether it belongs to the whole project rather than to single documents.
    pub project_wide: bool,
    /// The layers that it touched, and the numbers that their next annotation and link got by it.
    pub layers: Vec<(LayerKey, NextIds)>,
}

impl About {
    /// What is to be known of a change.
    pub fn of(change: &Change) -> Self {
        let next = |(before, after): (NextIds, NextIds)| NextIds {
            annotation: before.annotation.max(after.annotation),
            link: before.link.max(after.link),
        };
        Self {
            what: change.what.clone(),
            at: change.at,
            project_wide: change.is_project_wide(),
            layers: change.layers.iter().map(|layer| (layer.key.clone(), next(layer.next))).collect(),
        }
    }

    fn documents(&self) -> impl Iterator<Item = &DocumentId> {
        self.layers.iter().map(|(key, _)| &key.document)
    }

    fn concerns(&self, document: Option<&DocumentId>) -> bool {
        document.is_none_or(|d| self.project_wide || self.documents().any(|c| c == d))
    }

    fn meets(&self, other: &Self) -> bool {
        self.documents().any(|d| other.documents().any(|e| d == e))
    }
}

/// One step, done or undone.
#[derive(Clone, Debug)]
pub struct Step {
    /// Numbers grow; each event (doing, undoing, redoing) takes one.
    pub number: u64,
    /// What is known about it.
    pub about: About,
    /// What it changed, unless that was left to the journal.
    change: Option<Arc<Change>>,
}

impl Step {
    fn weight(&self) -> usize {
        self.change.as_ref().map_or(0, |change| {
            1 + change.project.len() + change.layers.iter().map(|l| l.annotations.len() + l.links.len()).sum::<usize>()
        })
    }
}

/// What happened, in the order in which it did.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// A new step.
    Did(About),
    /// The step with this number was taken back.
    Undid(u64),
    /// The step with this number was done again.
    Redid(u64),
    /// The text of a document was exchanged for another one: what was done on the old one can no longer be taken back.
    Exchanged(DocumentId),
}

/// An event that has just happened.
#[derive(Clone, PartialEq, Debug)]
pub struct Happened {
    /// Its number.
    pub number: u64,
    /// What.
    pub event: Event,
    /// What was applied.
    pub change: Arc<Change>,
}

/// So many edits of annotations and links are kept in memory at least, the newest ones; older steps are asked back.
const WARM: usize = 10_000;

/// What was done and what was undone.
#[derive(Clone, Debug, Default)]
pub struct History {
    done: VecDeque<Step>,
    undone: Vec<Step>,
    /// The number of the last event.
    last: u64,
    /// Also of steps that can no longer be done again.
    fresh: BTreeMap<LayerKey, NextIds>,
}

impl History {
    /// The history that these events lead to, by their numbers; what they changed is asked back when it is needed.
    pub fn replayed(events: impl IntoIterator<Item = (u64, Event)>) -> Self {
        let mut history = Self::default();
        for (number, event) in events {
            history.last = history.last.max(number);
            match event {
                Event::Did(about) => history.push(Step { number, about, change: None }),
                Event::Undid(step) => {
                    if let Some(at) = history.done.iter().rposition(|s| s.number == step) {
                        history.undone.extend(history.done.remove(at));
                    }
                }
                Event::Exchanged(document) => history.forget_text(&document),
                Event::Redid(step) => {
                    if let Some(at) = history.undone.iter().rposition(|s| s.number == step) {
                        history.done.push_back(history.undone.remove(at));
                    }
                }
            }
        }
        history
    }

    /// The number of the last event; 0 if there was none.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Later events get numbers above this one.
    pub fn continue_after(&mut self, number: u64) {
        self.last = self.last.max(number);
    }

    /// Applies a change and remembers it; what was undone in the same documents can no longer be redone.
    pub fn apply(&mut self, state: &mut State, change: Change) -> Result<Happened, LayerError> {
        state.apply(&change)?;
        self.last += 1;
        let (number, about, change) = (self.last, About::of(&change), Arc::new(change));
        self.push(Step { number, about: about.clone(), change: Some(change.clone()) });
        Ok(Happened { number, event: Event::Did(about), change })
    }

    fn push(&mut self, step: Step) {
        let new = &step.about;
        for (key, next) in &new.layers {
            let fresh = self.fresh.entry(key.clone()).or_default();
            fresh.annotation = fresh.annotation.max(next.annotation);
            fresh.link = fresh.link.max(next.link);
        }
        self.undone.retain(|old| !old.about.project_wide && !new.project_wide && !old.about.meets(new));
        self.done.push_back(step);
    }

    /// The step that [`History::undo`] would take back.
    pub fn next_undo(&self, document: Option<&DocumentId>) -> Option<&Step> {
        self.done.iter().rev().find(|step| step.about.concerns(document))
    }

    /// The step that [`History::redo`] would do again.
    pub fn next_redo(&self, document: Option<&DocumentId>) -> Option<&Step> {
        self.undone.iter().rev().find(|step| step.about.concerns(document))
    }

    /// The steps that concern a document (or, for `None`, all): those that are done, the newest last, and those that
    /// were undone, the one that would be done again first.
    pub fn steps<'a>(
        &'a self,
        document: Option<&'a DocumentId>,
    ) -> (impl DoubleEndedIterator<Item = &'a Step>, impl DoubleEndedIterator<Item = &'a Step>) {
        let concerned = move |step: &&Step| step.about.concerns(document);
        (self.done.iter().filter(concerned), self.undone.iter().rev().filter(concerned))
    }

    /// Takes back the last step that concerns `document` (or, for `None`, the last of all).
    pub fn undo(&mut self, state: &mut State, document: Option<&DocumentId>) -> Result<Happened, UndoError> {
        let found = self.done.iter().rposition(|s| s.about.concerns(document)).ok_or(UndoError::Nothing("undo"))?;
        let step = &self.done[found];
        for later in self.done.range(found + 1..) {
            if let Some(document) = later.about.documents().find(|d| step.about.documents().any(|c| c == *d)) {
                return Err(UndoError::Later { what: step.about.what.clone(), document: document.clone() });
            }
        }
        let change = step.change.clone().ok_or(UndoError::NotInMemory(step.number))?;
        let inverse = (*change).clone().inverse();
        state.apply(&inverse).map_err(|error| UndoError::Stale { what: inverse.what.clone(), error })?;
        self.last += 1;
        let event = Event::Undid(step.number);
        self.undone.extend(self.done.remove(found));
        Ok(Happened { number: self.last, event, change: Arc::new(inverse) })
    }

    /// Does the last undone step that concerns `document` again.
    pub fn redo(&mut self, state: &mut State, document: Option<&DocumentId>) -> Result<Happened, UndoError> {
        let found = self.undone.iter().rposition(|s| s.about.concerns(document)).ok_or(UndoError::Nothing("redo"))?;
        let step = &self.undone[found];
        let change = step.change.clone().ok_or(UndoError::NotInMemory(step.number))?;
        state.apply(&change).map_err(|error| UndoError::Stale { what: change.what.clone(), error })?;
        self.last += 1;
        let event = Event::Redid(step.number);
        self.done.push_back(self.undone.remove(found));
        Ok(Happened { number: self.last, event, change })
    }

    /// The text of a document was exchanged: steps on the old one are forgotten.
    pub fn exchange(&mut self, document: &DocumentId, at: DateTime<Utc>) -> Happened {
        self.forget_text(document);
        self.last += 1;
        let change = Change::new("exchange the text", &Stamp::by_hand(at));
        Happened { number: self.last, event: Event::Exchanged(document.clone()), change: Arc::new(change) }
    }

    fn forget_text(&mut self, document: &DocumentId) {
        let stays = |step: &Step| step.about.documents().all(|of| of != document);
        self.done.retain(stays);
        self.undone.retain(stays);
    }

    /// Gives a step back what it changed.
    pub fn supply(&mut self, number: u64, change: Change) {
        let steps = self.done.iter_mut().rev().chain(&mut self.undone);
        if let Some(step) = steps.into_iter().find(|step| step.number == number) {
            step.change = Some(Arc::new(change));
        }
    }

    /// Lets go of what the oldest steps changed, as far as the journal holds it: up to event `journalled`.
    pub fn cool(&mut self, journalled: u64) {
        let mut warm = 0;
        for step in self.undone.iter_mut().rev().chain(self.done.iter_mut().rev()) {
            if warm >= WARM && step.number <= journalled {
                step.change = None;
            }
            warm += step.weight();
        }
    }

    /// Forgets the steps before event `number`: the journal no longer has them.
    pub fn forget_before(&mut self, number: u64) {
        self.done.retain(|step| step.number >= number);
        self.undone.retain(|step| step.number >= number);
    }

    /// Numbers of annotations and links that no step ever gave in a layer.
    pub fn fresh_ids(&self, key: &LayerKey) -> NextIds {
        self.fresh.get(key).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::{TEXT, command, draws, layer_of, state_of};
    use crate::edit::{Stamp, annotate, delete, note, status};
    use crate::model::testing::{key, noon};
    use crate::model::{AnnotationId, Span, Status};
    use proptest::prelude::*;

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
                        Ok(_) => done += 1,
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
        assert_eq!(undone.change.focus(&key()).unwrap().1, Some(AnnotationId(1)));
        assert_eq!(state.layer(&layer_key).unwrap().status(), Status::Done);
        assert_eq!(history.undo(&mut state, Some(&key().document)), Err(UndoError::Nothing("undo")));
    }

    #[test]
    fn a_history_that_is_replayed_undoes_and_redoes_as_the_one_that_was_lived_through() {
        let (mut state, mut history) = (state_of(layer_of(TEXT)), History::default());
        let (mut events, mut changes) = (Vec::new(), BTreeMap::new());
        for n in draws(1, 400) {
            let happened = match n[3] % 7 {
                5 => history.undo(&mut state, None).ok(),
                6 => history.redo(&mut state, None).ok(),
                _ => command(&state, n).ok().and_then(|change| history.apply(&mut state, change).ok()),
            };
            if let Some(Happened { number, event, change }) = happened {
                events.push((number, event));
                changes.insert(number, change);
            }
        }
        assert!(events.len() > 100 && events.iter().any(|(_, event)| matches!(event, Event::Redid(_))));
        let mut again = History::replayed(events);
        let numbers = |steps: &mut dyn Iterator<Item = &Step>| steps.map(|step| step.number).collect::<Vec<_>>();
        for document in [None, Some(&key().document)] {
            let ((mut a, mut b), (mut c, mut d)) = (history.steps(document), again.steps(document));
            assert_eq!((numbers(&mut a), numbers(&mut b)), (numbers(&mut c), numbers(&mut d)));
        }
        assert_eq!(again.last(), history.last());
        assert_eq!(again.fresh_ids(&key()).annotation, state.layer(&key()).unwrap().fresh_ids().annotation);
        let mut other = state.clone();
        loop {
            let mut step = again.undo(&mut other, None);
            if let Err(UndoError::NotInMemory(number)) = step {
                again.supply(number, (*changes[&number]).clone());
                step = again.undo(&mut other, None);
            }
            assert_eq!(step.map(|s| s.event), history.undo(&mut state, None).map(|s| s.event));
            assert_eq!(state, other);
            if again.next_undo(None).is_none() {
                break;
            }
        }
    }

    #[test]
    fn old_steps_leave_what_they_changed_to_the_journal_and_only_that() {
        let (mut state, mut history) = (state_of(layer_of("été")), History::default());
        for n in 0..WARM as u64 + 10 {
            let note = note::set_note;
            let change = match n {
                0 => annotate::annotate(
                    state.layer(&key()).unwrap(),
                    &state.project.scheme,
                    &"claim".into(),
                    Span::single(0, 5).unwrap(),
                    &Stamp::by_hand(noon()),
                ),
                _ => note(state.layer(&key()).unwrap(), AnnotationId(1), &n.to_string(), &Stamp::by_hand(noon())),
            };
            history.apply(&mut state, change.unwrap()).unwrap();
        }
        let in_memory = |history: &History| history.steps(None).0.filter(|step| step.change.is_some()).count();
        let all = in_memory(&history);
        history.cool(3);
        assert_eq!(in_memory(&history), all - 3, "what is not in the journal stays");
        history.cool(history.last());
        assert!(in_memory(&history) <= WARM / 2 + 1, "an edit and the step itself count");
        history.forget_before(100);
        assert_eq!(history.steps(None).0.map(|step| step.number).min(), Some(100));
    }
}
