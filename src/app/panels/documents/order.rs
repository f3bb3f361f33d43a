//! Which documents the list shows, and in which order: kept until something changes. As long as nothing is looked for
//! and nothing is sorted, the order is the project's and costs nothing; long lists are made on a worker.

use crate::app::summaries::{Summaries, Summary};
use crate::app::worker::Quiet;
use crate::model::{Document, Status};
use chrono::NaiveDate;
use eframe::egui;
use std::cmp::Ordering;
use std::sync::Arc;

/// What is known of so many documents is collected in a frame.
const SLICE: usize = 2_000;
/// Up to so many are filtered and sorted without a worker.
const AT_ONCE: usize = 2_000;

/// How the list is sorted; within what is equal, as the project is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sort {
    /// In the order of reading.
    #[default]
    Project,
    /// By title.
    Title,
    /// What is left to do comes first.
    Status,
    /// By date of publication, the newest first.
    Date,
    /// Those with most annotations first.
    Annotations,
}

impl Sort {
    /// All of them, and as shown.
    pub const ALL: [(Self, &str); 5] = [
        (Self::Project, "Project order"),
        (Self::Title, "Title"),
        (Self::Status, "Status"),
        (Self::Date, "Date"),
        (Self::Annotations, "Number of annotations"),
    ];
}

/// What is looked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query {
    /// In title or id; empty for anything.
    pub text: String,
    /// Only documents with this status, and the one that is open.
    pub status: Option<Status>,
    /// The order.
    pub sort: Sort,
}

impl Query {
    /// Whether anything is left out.
    pub fn filters(&self) -> bool {
        !self.text.trim().is_empty() || self.status.is_some()
    }

    fn is_plain(&self) -> bool {
        !self.filters() && self.sort == Sort::Project
    }
}

/// What is asked of a document.
#[derive(Clone, Debug)]
struct Item {
    /// In lower case.
    title: Arc<str>,
    id: Arc<str>,
    date: Option<NaiveDate>,
    status: Status,
    annotations: usize,
}

impl Item {
    fn of(document: &Document, summaries: &Summaries) -> Self {
        let summary = summaries.get(&document.id);
        Self {
            title: document.title.to_lowercase().into(),
            id: document.id.as_str().to_ascii_lowercase().into(),
            date: document.metadata.date,
            status: summary.map(|s| s.status).unwrap_or_default(),
            annotations: summary.map_or(0, Summary::total),
        }
    }
}

/// The positions of the documents that `query` looks for, in its order; `open` is always among those with a status.
fn sift(items: &[Item], query: &Query, open: Option<usize>) -> Vec<u32> {
    let wanted = query.text.trim().to_lowercase();
    let takes = |(at, item): &(usize, &Item)| {
        let by_text = wanted.is_empty() || item.title.contains(&wanted) || item.id.contains(&wanted);
        by_text && query.status.is_none_or(|status| status == item.status || open == Some(*at))
    };
    let mut found: Vec<_> = items.iter().enumerate().filter(takes).collect();
    let rank = |status| match status {
        Status::SecondLook => 0,
        Status::InProgress => 1,
        Status::NotStarted => 2,
        Status::Done => 3,
    };
    let compare = |(_, a): &(usize, &Item), (_, b): &(usize, &Item)| match query.sort {
        Sort::Project => Ordering::Equal,
        Sort::Title => a.title.cmp(&b.title),
        Sort::Status => rank(a.status).cmp(&rank(b.status)),
        // Those without a date come last.
        Sort::Date => b.date.cmp(&a.date),
        Sort::Annotations => b.annotations.cmp(&a.annotations),
    };
    // The sort is stable: what is equal stays in the order of reading.
    found.sort_by(compare);
    found.into_iter().map(|(at, _)| at as u32).collect()
}

/// What an order was made for: query, documents, what is known of them, the open document.
type Made = (Query, u64, u64, Option<usize>);

/// The rows of the list.
#[derive(Default)]
pub struct Order {
    items: Arc<Vec<Item>>,
    /// Which documents and what knowledge `items` hold.
    held: Option<(u64, (u64, u64))>,
    collecting: Option<Vec<Item>>,
    /// Positions in the project; `None` for all, as they stand.
    found: Option<Vec<u32>>,
    made: Option<Made>,
    asked: Option<Made>,
    worker: Quiet<Vec<u32>>,
}

impl Order {
    /// How many rows there are.
    pub fn len(&self, documents: &[Document]) -> usize {
        self.found.as_ref().map_or(documents.len(), Vec::len)
    }

    /// The position in the project of the document in a row.
    pub fn position(&self, row: usize) -> Option<usize> {
        match &self.found {
            Some(found) => found.get(row).map(|at| *at as usize),
            None => Some(row),
        }
    }

    /// The row of the document at a position.
    pub fn row(&self, position: usize) -> Option<usize> {
        match &self.found {
            Some(found) => found.iter().position(|at| *at as usize == position),
            None => Some(position),
        }
    }

    /// Lets the order follow what is looked for and what changed; `revision` is that of the documents.
    pub fn refresh(
        &mut self,
        ctx: &egui::Context,
        documents: &[Document],
        revision: u64,
        summaries: &Summaries,
        query: &Query,
        open: Option<usize>,
    ) {
        if query.is_plain() {
            if self.held.is_some() {
                *self = Self::default();
            }
            return;
        }
        let (statuses, counts) = summaries.revisions();
        let by_status = query.sort == Sort::Status || query.status.is_some();
        let by_count = query.sort == Sort::Annotations;
        // Both only grow: their sum changes with either.
        let known = statuses * u64::from(by_status) + counts * u64::from(by_count);
        let wanted: Made = (query.clone(), revision, known, open.filter(|_| query.status.is_some()));
        if let (Some(found), Some(asked)) = (self.worker.finished(), self.asked.take_if(|_| !self.worker.is_running()))
        {
            // Positions of documents that moved since would be those of others.
            if asked.1 == revision {
                (self.found, self.made) = (Some(found), Some(asked));
            }
        }
        if self.made.as_ref().is_some_and(|made| made.1 != revision) {
            (self.found, self.made) = (None, None);
        }
        if self.made.as_ref() == Some(&wanted) || self.worker.is_running() {
            return;
        }
        if !self.collect(documents, (revision, (statuses, counts)), summaries, known) {
            ctx.request_repaint();
            return;
        }
        if self.items.len() <= AT_ONCE {
            (self.found, self.made) = (Some(sift(&self.items, query, open)), Some(wanted));
        } else {
            let (items, query) = (self.items.clone(), query.clone());
            self.asked = Some(wanted);
            self.worker.start(ctx, move || sift(&items, &query, open));
        }
    }

    /// Collects what is asked of the documents, a slice at a time; whether all is there. Statuses and counts may be old
    /// where nobody asks for them (`known` is 0).
    fn collect(&mut self, documents: &[Document], now: (u64, (u64, u64)), summaries: &Summaries, known: u64) -> bool {
        let fresh = |held: (u64, (u64, u64))| held.0 == now.0 && (known == 0 || held.1 == now.1);
        if self.held.is_some_and(fresh) {
            if self.collecting.is_none() {
                return true;
            }
        } else {
            self.held = Some(now);
            self.collecting = Some(Vec::new());
        }
        let collected = self.collecting.get_or_insert_default();
        let rest = documents.iter().skip(collected.len()).take(SLICE);
        collected.extend(rest.map(|document| Item::of(document, summaries)));
        if collected.len() < documents.len() {
            return false;
        }
        self.items = Arc::new(self.collecting.take().unwrap_or_default());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Direction, DocumentId, Metadata};
    use proptest::prelude::*;

    fn document(n: usize, title: &str, day: Option<u32>) -> Document {
        Document {
            id: DocumentId::from_title(n, title),
            title: title.to_owned(),
            metadata: Metadata { date: day.and_then(|d| NaiveDate::from_ymd_opt(2026, 5, d)), ..Metadata::default() },
            direction: Direction::Auto,
            directions: std::collections::BTreeMap::new(),
            sha256: String::new(),
            original: None,
        }
    }

    fn settled(
        order: &mut Order,
        documents: &[Document],
        revision: u64,
        known: &Summaries,
        query: &Query,
    ) -> Vec<usize> {
        let ctx = egui::Context::default();
        loop {
            order.refresh(&ctx, documents, revision, known, query, None);
            if query.is_plain() || (order.made.is_some() && order.asked.is_none() && order.collecting.is_none()) {
                return (0..order.len(documents)).filter_map(|row| order.position(row)).collect();
            }
            std::thread::yield_now();
        }
    }

    const STATUSES: [Status; 4] = [Status::NotStarted, Status::InProgress, Status::Done, Status::SecondLook];

    /// The same, said as shortly as can be.
    fn naive(documents: &[Document], known: &Summaries, query: &Query) -> Vec<usize> {
        let summary = |d: &Document| known.get(&d.id).cloned().unwrap_or_default();
        let text = query.text.to_lowercase();
        let fits = |d: &Document| d.title.to_lowercase().contains(&text) || d.id.as_str().contains(&text);
        let mut found: Vec<_> = (0..documents.len())
            .filter(|&n| fits(&documents[n]) && query.status.is_none_or(|s| s == summary(&documents[n]).status))
            .collect();
        match query.sort {
            Sort::Project => {}
            Sort::Title => found.sort_by_key(|&n| (documents[n].title.to_lowercase(), n)),
            Sort::Status => found.sort_by_key(|&n| ([2, 1, 3, 0][summary(&documents[n]).status as usize], n)),
            Sort::Date => found.sort_by_key(|&n| (std::cmp::Reverse(documents[n].metadata.date), n)),
            Sort::Annotations => found.sort_by_key(|&n| (std::cmp::Reverse(summary(&documents[n]).total()), n)),
        }
        found
    }

    proptest! {
        #[test]
        fn the_list_of_documents_is_that_of_a_naive_sort_whatever_changes(
            titles in proptest::collection::vec(("[aÉżш]{0,3}", proptest::option::of(1u32..28)), 1..12),
            steps in proptest::collection::vec((0usize..12, 0usize..4, 0usize..3), 1..8),
            text in "[aé0]?",
            status in proptest::option::of(0usize..4),
            sort in 0usize..5,
        ) {
            let documents: Vec<_> = titles.iter().enumerate().map(|(n, (t, day))| document(n, t, *day)).collect();
            let query = Query { text, status: status.map(|s| STATUSES[s]), sort: Sort::ALL[sort].0 };
            let (mut order, mut known) = (Order::default(), Summaries::default());
            prop_assert_eq!(settled(&mut order, &documents, 0, &known, &query), naive(&documents, &known, &query));
            for (n, status, count) in steps {
                let labels = if count == 0 { vec![] } else { vec![("claim".to_owned(), count)] };
                let id = &documents[n % documents.len()].id;
                known.set(id, Some(Summary { status: STATUSES[status], labels }));
                prop_assert_eq!(settled(&mut order, &documents, 0, &known, &query), naive(&documents, &known, &query));
            }
            let fewer = &documents[..documents.len() / 2];
            prop_assert_eq!(settled(&mut order, fewer, 1, &known, &query), naive(fewer, &known, &query));
        }
    }

    #[test]
    fn ten_thousand_documents_are_sorted_on_a_worker_as_they_would_be_at_once() {
        let title = |n: usize| format!("{} {}", ["Été", "żółw", "Zeit", "日本"][n * 7 % 4], n * 7_919 % 10_000);
        let documents: Vec<_> = (0..10_000).map(|n| document(n, &title(n), Some(n as u32 % 27 + 1))).collect();
        let mut known = Summaries::default();
        for (n, document) in documents.iter().enumerate().step_by(3) {
            known.set(&document.id, Some(Summary { status: STATUSES[n % 4], labels: vec![("claim".into(), n % 5)] }));
        }
        let mut order = Order::default();
        for (sort, _) in Sort::ALL {
            for (text, status) in [("", None), ("żół", None), ("9", Some(Status::Done))] {
                let query = Query { text: text.to_owned(), status, sort };
                let expected = naive(&documents, &known, &query);
                assert!(settled(&mut order, &documents, 7, &known, &query) == expected, "{query:?}");
            }
        }
    }
}
