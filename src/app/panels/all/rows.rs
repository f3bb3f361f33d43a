//! Which annotations the list shows, and in which order: collected a slice a frame, filtered and sorted on a worker
//! where there are many, and following each change where it stands.

use crate::app::worker::Quiet;
use crate::model::layer::order_key;
use crate::model::{Annotation, AnnotationId, Entity, EntityId, Layer, LayerKey, Name, Scheme, Text, Value};
use crate::session::Session;
use eframe::egui;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// So many annotations are collected in a frame.
const SLICE: usize = 2_000;
/// Up to so many are filtered and sorted without a worker.
const AT_ONCE: usize = 1_000;

/// How the list is sorted; within what is equal, by place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sort {
    /// By place in the text.
    #[default]
    Place,
    /// By label, in the order of the scheme.
    Label,
    /// By text.
    Text,
    /// The newest first.
    Created,
    /// Those changed last first.
    Modified,
    /// Those first that the scheme does not know or take.
    Problems,
}

/// What an attribute must be.
#[derive(Clone, PartialEq, Debug)]
pub enum Wanted {
    /// This value, or a list that has it.
    Is(Value),
    /// It has one.
    Any,
    /// It has no value, though the label has such an attribute.
    Missing,
}

/// What is looked for.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Query {
    /// The order.
    pub sort: Sort,
    /// The other way round.
    pub backwards: bool,
    /// In text, label, values or note; empty for anything.
    pub text: String,
    /// One of these labels; empty for any.
    pub labels: BTreeSet<Name>,
    /// What an attribute must be.
    pub attribute: Option<(Name, Wanted)>,
}

impl Query {
    /// Whether anything is left out.
    pub fn filters(&self) -> bool {
        !self.text.trim().is_empty() || !self.labels.is_empty() || self.attribute.is_some()
    }

    fn is_plain(&self) -> bool {
        !self.filters() && self.sort == Sort::Place && !self.backwards
    }
}

/// What the project says of labels and values.
#[derive(Debug)]
struct Known {
    scheme: Scheme,
    entities: BTreeMap<EntityId, Entity>,
}

/// An annotation in the list.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its id, at hand: a hundred thousand are looked through when one changes.
    pub id: AnnotationId,
    /// As it was when it was collected.
    pub annotation: Arc<Annotation>,
}

impl Row {
    fn new(annotation: Arc<Annotation>) -> Self {
        Self { id: annotation.id, annotation }
    }
}

/// What comes before the place in the text.
type Rank = (i64, String);

/// A query with all that its answer depends on.
struct Sieve {
    query: Query,
    /// In lower case.
    wanted: String,
    known: Arc<Known>,
    text: Text,
}

impl Sieve {
    fn new(query: Query, known: Arc<Known>, text: Text) -> Self {
        Self { wanted: query.text.trim().to_lowercase(), query, known, text }
    }

    fn takes(&self, a: &Annotation) -> bool {
        let label = self.known.scheme.label(&a.label);
        let by_label = self.query.labels.is_empty() || self.query.labels.contains(&a.label);
        let has = |name: &Name| label.is_some_and(|l| l.attribute(name).is_some());
        let by_value =
            self.query.attribute.as_ref().is_none_or(|(name, wanted)| match (a.attributes.get(name), wanted) {
                (Some(Value::List(items)), Wanted::Is(Value::Text(one))) => items.contains(one),
                (Some(value), Wanted::Is(wanted)) => value == wanted,
                (Some(_), Wanted::Any) => true,
                (None, Wanted::Missing) => has(name),
                _ => false,
            });
        by_label && by_value && (self.wanted.is_empty() || self.says(a))
    }

    /// Whether text, label, note or a value holds what is wanted; of an entity, its name.
    fn says(&self, a: &Annotation) -> bool {
        let holds = |text: &str| text.to_lowercase().contains(&self.wanted);
        let scheme = &self.known.scheme;
        let entity = |v: &Value| self.known.entities.get(&v.as_text()?.parse().ok()?);
        holds(scheme.title_of(&a.label))
            || holds(&self.text.quote(&a.span))
            || holds(&a.note)
            || a.attributes.values().any(|v| holds(&v.to_string()) || entity(v).is_some_and(|e| holds(&e.name)))
    }

    fn rank(&self, a: &Annotation) -> Rank {
        let scheme = &self.known.scheme;
        match self.query.sort {
            Sort::Place => (0, String::new()),
            Sort::Label => {
                let place = scheme.labels.iter().position(|l| l.name == a.label);
                (place.map_or(i64::MAX, |p| p as i64), a.label.to_string())
            }
            Sort::Text => (0, self.text.quote(&a.span).to_lowercase()),
            Sort::Created => (-a.provenance.created.timestamp(), String::new()),
            Sort::Modified => (-a.provenance.modified.timestamp(), String::new()),
            Sort::Problems => (-(scheme.departures(a, &self.known.entities).len() as i64), String::new()),
        }
    }

    fn compare(&self, a: (&Rank, &Annotation), b: (&Rank, &Annotation)) -> Ordering {
        let by_place = || order_key(a.1).cmp(&order_key(b.1));
        if self.query.backwards {
            b.0.cmp(a.0).then_with(|| by_place().reverse())
        } else {
            a.0.cmp(b.0).then_with(by_place)
        }
    }

    /// Filters and sorts; `every` is in the order of the text.
    fn sift(&self, every: &[Row]) -> Vec<Row> {
        let taken = every.iter().filter(|row| self.takes(&row.annotation));
        let mut found: Vec<_> = taken.map(|row| (self.rank(&row.annotation), row.clone())).collect();
        found.sort_by(|(a, x), (b, y)| self.compare((a, &x.annotation), (b, &y.annotation)));
        found.into_iter().map(|(_, row)| row).collect()
    }

    /// Takes these annotations out of the list and puts them in where they belong now.
    fn follow(&self, rows: &mut Vec<Row>, ids: &BTreeSet<AnnotationId>, layer: &Layer) {
        rows.retain(|row| !ids.contains(&row.id));
        for annotation in ids.iter().filter_map(|id| layer.shared(*id)).filter(|a| self.takes(a)) {
            let rank = self.rank(&annotation);
            let before = |row: &Row| {
                let other = (&self.rank(&row.annotation), &*row.annotation);
                self.compare(other, (&rank, &annotation)).is_lt()
            };
            rows.insert(rows.partition_point(before), Row::new(annotation));
        }
    }
}

/// The rows of the list, kept until something changes.
#[derive(Default)]
pub struct Rows {
    /// Of which layer, at which revision of the session and of the project.
    of: Option<(LayerKey, u64, u64)>,
    /// All annotations in the order of the text.
    every: Arc<Vec<Row>>,
    /// What becomes of `every` next, while it is being collected.
    next: Option<Vec<Row>>,
    known: Option<Arc<Known>>,
    /// What `found` answers.
    answered: Query,
    /// Those that were looked for; `None` for `every`.
    found: Option<Vec<Row>>,
    /// The query that the worker answers, and what was touched since it began.
    asked: Option<(Query, BTreeSet<AnnotationId>)>,
    worker: Quiet<Vec<Row>>,
}

impl Rows {
    /// The rows, as far as they are known.
    pub fn shown(&self) -> &[Row] {
        match (&self.found, &self.next) {
            (Some(found), _) => found,
            // A list that is made for the first time grows before one's eyes.
            (None, Some(next)) if self.every.is_empty() => next,
            _ => &self.every,
        }
    }

    /// Whether the rows are still being collected, filtered or sorted.
    pub fn is_busy(&self) -> bool {
        self.next.is_some() || self.worker.is_running()
    }

    /// Lets the rows follow what changed and what is looked for.
    pub fn refresh(&mut self, ctx: &egui::Context, session: &Session, layer: &Layer, query: &Query) {
        let now = (layer.key().clone(), session.revision(), session.project_revision());
        let before = self.of.replace(now.clone());
        let same_layer = before.as_ref().is_some_and(|(key, ..)| *key == now.0);
        if self.known.is_none() || before.as_ref().is_none_or(|(_, _, project)| *project != now.2) {
            let project = session.project();
            let known = Known { scheme: project.scheme.clone(), entities: project.entities.clone() };
            self.known = Some(Arc::new(known));
            self.ask_again();
        }
        if !same_layer {
            *self = Self { of: self.of.take(), known: self.known.take(), ..Self::default() };
        }
        let touched = before.filter(|_| same_layer).and_then(|(_, revision, _)| session.touched_since(revision));
        match touched {
            Some(ids) if ids.is_empty() => {}
            // What is half collected has no place yet for what changed.
            Some(ids) if self.next.is_none() => self.follow(ids.into_iter().collect(), layer),
            _ => self.next = Some(Vec::new()),
        }
        self.step(layer, query, ctx);
    }

    /// The answer no longer counts, though it is still shown.
    fn ask_again(&mut self) {
        self.asked = None;
        self.worker = Quiet::default();
        self.answered = Query::default();
    }

    fn follow(&mut self, ids: BTreeSet<AnnotationId>, layer: &Layer) {
        let Some(known) = &self.known else { return };
        let sieve = |query: &Query| Sieve::new(query.clone(), known.clone(), layer.text().clone());
        sieve(&Query::default()).follow(Arc::make_mut(&mut self.every), &ids, layer);
        if let Some(found) = &mut self.found {
            sieve(&self.answered).follow(found, &ids, layer);
        }
        if let Some((_, touched)) = &mut self.asked {
            touched.extend(ids);
        }
    }

    /// Collects a slice, and sees to it that the query is answered.
    fn step(&mut self, layer: &Layer, query: &Query, ctx: &egui::Context) {
        let Some(known) = self.known.clone() else { return };
        if let Some(next) = &mut self.next {
            let slice = layer.shared_after(next.last().map(|row| row.id), SLICE);
            let complete = slice.len() < SLICE;
            next.extend(slice.into_iter().map(Row::new));
            if complete {
                self.every = Arc::new(self.next.take().unwrap_or_default());
                self.ask_again();
            } else {
                ctx.request_repaint();
                return;
            }
        }
        let sieve = |query: &Query| Sieve::new(query.clone(), known.clone(), layer.text().clone());
        if let Some(mut found) = self.worker.finished()
            && let Some((query, touched)) = self.asked.take()
        {
            sieve(&query).follow(&mut found, &touched, layer);
            (self.found, self.answered) = (Some(found), query);
        }
        if query.is_plain() {
            (self.found, self.answered) = (None, Query::default());
        } else if self.answered == *query || self.worker.is_running() {
            // There, or on its way.
        } else if self.every.len() <= AT_ONCE {
            (self.found, self.answered) = (Some(sieve(query).sift(&self.every)), query.clone());
        } else {
            let (sieve, every) = (sieve(query), self.every.clone());
            self.asked = Some((query.clone(), BTreeSet::new()));
            self.worker.start(ctx, move || sieve.sift(&every));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{annotation, layer_over, scheme};
    use proptest::prelude::*;

    fn known() -> Arc<Known> {
        Arc::new(Known { scheme: scheme(), entities: BTreeMap::new() })
    }

    fn ids(rows: &[Row]) -> Vec<AnnotationId> {
        rows.iter().map(|row| row.id).collect()
    }

    /// Steps until nothing is under way any more.
    fn settle(rows: &mut Rows, layer: &Layer, query: &Query) {
        let ctx = egui::Context::default();
        rows.known.get_or_insert_with(known);
        loop {
            rows.step(layer, query, &ctx);
            if !rows.is_busy() {
                return;
            }
            std::thread::yield_now();
        }
    }

    const SORTS: [Sort; 6] = [Sort::Place, Sort::Label, Sort::Text, Sort::Created, Sort::Modified, Sort::Problems];

    proptest! {
        #[test]
        fn a_list_that_follows_changes_is_the_one_made_anew(
            steps in proptest::collection::vec((1u32..12, 0usize..8, 0usize..3), 1..30),
            sort in 0usize..6,
            text in "[aé]?",
            label in proptest::option::of(Just("claim")),
            backwards in any::<bool>(),
        ) {
            let mut layer = layer_over("é Anna é Émile a Zoé b");
            let words = [0..2, 3..7, 8..10, 11..17, 18..19, 20..24, 25..26, 3..10];
            let labels = label.into_iter().map(Name::from).collect();
            let query = Query { sort: SORTS[sort], text, labels, backwards, ..Query::default() };
            let mut rows = Rows { next: Some(Vec::new()), ..Rows::default() };
            settle(&mut rows, &layer, &query);
            for (id, word, label) in steps {
                if layer.remove(AnnotationId(id)).is_err() {
                    let label = ["claim", "speaker", "żółw"][label];
                    let _ = layer.insert(annotation(id, label, words[word].clone()));
                }
                rows.follow([AnnotationId(id)].into(), &layer);
                let mut anew = Rows { next: Some(Vec::new()), ..Rows::default() };
                settle(&mut anew, &layer, &query);
                prop_assert_eq!(ids(rows.shown()), ids(anew.shown()));
            }
        }
    }

    #[test]
    fn a_hundred_thousand_annotations_stand_in_the_order_of_a_naive_sort() {
        const MANY: u32 = 100_000;
        let words = ["été ", "żółw", "日本", "Anna", "zeta"];
        let text: String = (0..MANY as usize).map(|n| words[n * 7 % 5]).collect();
        let mut layer = layer_over(&text);
        let places: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
        for n in 0..MANY {
            // One after the other in the text, though not in the order of their numbers.
            let id = (n * 7_919) % MANY + 1;
            let start = places[n as usize * 3];
            let label = ["claim", "speaker", "żółw"][id as usize % 3];
            layer
                .insert(annotation(id, label, start..start + text[start..].chars().next().unwrap().len_utf8()))
                .unwrap();
        }
        let all: Vec<_> = layer.annotations().map(|a| a.id).collect();
        let mut rows = Rows { next: Some(Vec::new()), ..Rows::default() };
        settle(&mut rows, &layer, &Query::default());
        assert!(ids(rows.shown()) == all);
        let query = Query { sort: Sort::Text, labels: ["żółw".into(), "claim".into()].into(), ..Query::default() };
        settle(&mut rows, &layer, &query);
        let mut naive: Vec<_> = layer.annotations().filter(|a| &*a.label != "speaker").collect();
        naive.sort_by_key(|a| (layer.text().quote(&a.span).to_lowercase(), order_key(a)));
        let mut naive: Vec<_> = naive.into_iter().map(|a| a.id).collect();
        assert!(ids(rows.shown()) == naive);
        // One goes while the worker sorts.
        let query = Query { backwards: true, ..query };
        rows.step(&layer, &query, &egui::Context::default());
        let gone = naive.remove(5);
        layer.remove(gone).unwrap();
        rows.follow([gone].into(), &layer);
        settle(&mut rows, &layer, &query);
        naive.reverse();
        assert!(ids(rows.shown()) == naive);
    }
}
