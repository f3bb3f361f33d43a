//! Finding in the window: the bar, what was found in the open document, and the list of what was found in all.
//!
//! Searches run on workers; what comes back from one that is no longer wanted is dropped. Elsewhere: what a match is
//! (`crate::find`), how matches look on the page (`text_view`), annotating many places (`dialogs::same`).

mod bar;
pub mod list;
pub mod search;

use super::actions::FindOption;
use super::dialogs::Dialog;
use super::jobs::Done;
use super::worker::Progress;
use super::{App, text_view};
use crate::find::{BadPattern, Found, MOST, Query};
use crate::model::DocumentId;
use crate::session::Session;
use eframe::egui::{self, Ui};
use list::{List, Tick};
use search::{Everywhere, Sources};
use std::ops::Range;

pub use bar::{toggle, unread};

/// Selected text that is longer, in bytes, is not taken as the pattern.
const LONG: usize = 1_000;

/// A search under way; whoever drops it no longer wants it.
pub struct Asked {
    /// Which search it is.
    pub number: u64,
    progress: Progress,
}

impl Asked {
    /// A search that was begun.
    pub fn new(number: u64, progress: Progress) -> Self {
        Self { number, progress }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.progress.cancel();
    }
}

/// A place that is shown when its document is there.
struct Awaited {
    document: DocumentId,
    place: Range<usize>,
    keep_focus: bool,
}

/// The bar and what was found.
// Each is a fact of its own, and any may go with any.
#[expect(clippy::struct_excessive_bools)]
#[derive(Default)]
pub struct Find {
    open: bool,
    query: Query,
    /// Whether all documents are searched too.
    everywhere: bool,
    /// In the open document: what was asked for, the search while it lasts, what it found.
    asked: Option<(DocumentId, Query)>,
    search: Option<Asked>,
    found: Found,
    error: Option<BadPattern>,
    version: u64,
    /// Where the text was when the search was begun: what is typed leads to the first match behind it, in bytes.
    origin: usize,
    /// Go to the first match when it is found.
    jump: bool,
    /// In all documents: the same. Of a project with another number of documents, the search is another one.
    asked_all: Option<(Query, usize)>,
    search_all: Option<Asked>,
    all: Option<Everywhere>,
    list: List,
    /// Whether the place that is marked in the list was gone to.
    shown: bool,
    awaited: Option<Awaited>,
    /// What is searched in all documents, and for which revision that is right.
    sources: Option<(u64, Sources)>,
    /// Searches are numbered.
    next: u64,
    bar: bar::Bar,
}

impl Find {
    /// Whether the bar is there.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Whether there is a match in the open document.
    pub fn has_found(&self) -> bool {
        self.open && !self.found.places.is_empty()
    }

    /// Whether a widget belongs to the bar.
    pub fn holds(&self, id: egui::Id) -> bool {
        self.open && self.bar.holds(id)
    }

    /// Puts the focus into the field, if the bar is open; whether it is.
    pub fn take_focus(&mut self) -> bool {
        if self.open {
            self.bar.focus();
        }
        self.open
    }

    /// Whether the field will take the focus.
    pub fn takes_focus(&self) -> bool {
        self.bar.takes_focus()
    }

    /// What is to be marked on the page; the current match is the selection.
    pub fn marked(&self, selection: &Range<usize>) -> text_view::Found<'_> {
        text_view::Found { places: &self.found.places, current: self.nth(selection), version: self.version }
    }

    fn nth(&self, selection: &Range<usize>) -> Option<usize> {
        let at = self.found.places.partition_point(|place| place.start < selection.start);
        (self.found.places.get(at) == Some(selection)).then_some(at)
    }

    fn set_found(&mut self, found: Found, error: Option<BadPattern>) {
        self.found = found;
        self.error = error;
        self.version += 1;
    }

    /// All documents of the project for a search, made anew only after a change.
    pub fn sources(&mut self, session: &Session) -> Sources {
        match &self.sources {
            Some((revision, sources)) if *revision == session.revision() => sources.clone(),
            _ => {
                let sources = Sources::of(session, None);
                self.sources = Some((session.revision(), sources.clone()));
                sources
            }
        }
    }

    /// A number for the next search.
    pub fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Lets go of everything but what was looked for.
    pub fn close(&mut self) {
        let options = (std::mem::take(&mut self.query), self.everywhere, self.version, self.next);
        *self = Self {
            query: options.0,
            everywhere: options.1,
            version: options.2 + 1,
            next: options.3,
            ..Self::default()
        };
    }
}

impl App {
    /// Opens the bar, or leads back to its field; selected text becomes the pattern.
    pub(super) fn open_find(&mut self, everywhere: bool) {
        let selection = self.view.selection();
        let find = &mut self.find;
        let selected = self.view.text().as_str().get(selection.clone()).unwrap_or_default().trim();
        // A match is selected because it was found: the pattern that found it stays. So it does for whoever is in the bar.
        let is_new = !selected.is_empty() && selected.len() <= LONG && find.nth(&selection).is_none();
        if is_new && !(find.open && (everywhere || find.holds_focus())) {
            find.query.pattern = selected.split_whitespace().collect::<Vec<_>>().join(" ");
            find.query.regex = false;
        }
        find.everywhere =
            if find.open && everywhere { !find.everywhere } else { everywhere || (find.open && find.everywhere) };
        if !find.open {
            find.origin = selection.start;
            find.jump = true;
        }
        find.open = true;
        find.bar.focus();
    }

    pub(super) fn close_find(&mut self) {
        self.find.close();
        self.focus_text = true;
    }

    pub(super) fn set_find_option(&mut self, option: FindOption) {
        let query = &mut self.find.query;
        let on = match option {
            FindOption::Case => &mut query.case,
            FindOption::WholeWord => &mut query.whole_word,
            FindOption::Regex => &mut query.regex,
        };
        *on = !*on;
        self.find.jump = true;
    }

    /// Starts the searches that are wanted and not yet under way; called in every frame.
    pub(super) fn follow_find(&mut self, ctx: &egui::Context) {
        let (true, Some(session)) = (self.find.open, &self.session) else { return };
        let find = &mut self.find;
        let document = session.layer().map(|layer| &layer.key().document);
        let same = |asked: &(DocumentId, Query)| Some(&asked.0) == document && asked.1 == find.query;
        if !find.asked.as_ref().is_some_and(same) {
            find.asked = document.map(|id| (id.clone(), find.query.clone()));
            find.search = None;
            if find.query.pattern.is_empty() || document.is_none() {
                find.set_found(Found::default(), None);
            } else {
                let (number, text, query) = (find.number(), self.view.text().clone(), find.query.clone());
                let progress = self.workers.start(ctx, "", move |progress| {
                    let found = query.compile().map(|finder| finder.find(&text, MOST, &mut || progress.at(0.0)));
                    found.transpose().map_or(Done::Nothing, |found| Done::Found(number, found))
                });
                find.search = Some(Asked::new(number, progress));
            }
        }
        let wanted = find.everywhere && !find.query.pattern.is_empty();
        let count = session.project().documents.len();
        if !wanted {
            (find.asked_all, find.search_all, find.all) = (None, None, None);
        } else if find.asked_all.as_ref().is_none_or(|(query, of)| *query != find.query || *of != count) {
            find.asked_all = Some((find.query.clone(), count));
            let (number, sources, query) = (find.number(), find.sources(session), find.query.clone());
            let wake = ctx.clone();
            let progress = self.workers.start(ctx, "Finding", move |progress| {
                let all = sources.search(&query, false, progress, &|| wake.request_repaint());
                all.map_or(Done::Nothing, |all| Done::FoundEverywhere(number, Box::new(all)))
            });
            find.search_all = Some(Asked::new(number, progress));
        }
    }

    /// Takes what was found in the open document.
    pub(super) fn found(&mut self, number: u64, found: Result<Found, BadPattern>) {
        let find = &mut self.find;
        // Neither what was stopped counts, nor what was overtaken by a letter typed since.
        let is_old = find.asked.as_ref().is_none_or(|(_, query)| *query != find.query);
        if is_old || find.search.as_ref().is_none_or(|search| search.number != number) {
            return;
        }
        find.search = None;
        match found {
            Ok(found) => find.set_found(found, None),
            Err(error) => find.set_found(Found::default(), Some(error)),
        }
        if std::mem::take(&mut self.find.jump) {
            let places = &self.find.found.places;
            let at = places.partition_point(|place| place.start < self.find.origin);
            if let Some(place) = places.get(at).or(places.first()).cloned() {
                self.show_place(place);
            }
        }
    }

    /// Takes what was found in all documents.
    pub(super) fn found_everywhere(&mut self, number: u64, all: Result<Everywhere, BadPattern>) {
        let find = &mut self.find;
        if find.search_all.as_ref().is_some_and(|search| search.number == number) {
            find.search_all = None;
            // What is wrong with an expression, the search of the open document says too.
            find.all = Some(all.unwrap_or_default());
            find.list.restart();
            find.shown = false;
        }
    }

    /// Selects bytes of the open document and shows them.
    fn show_place(&mut self, place: Range<usize>) {
        if self.view.text().as_str().get(place.clone()).is_some() {
            if !self.is_adding() {
                self.selected = None;
            }
            self.linking = None;
            self.find.origin = place.start;
            self.view.reveal(place.start);
            self.view.select(place);
        }
    }

    /// Goes to the next match, or to the one before; round again at the end.
    pub(super) fn step_find(&mut self, ctx: &egui::Context, forward: bool) {
        if !self.find.open {
            if self.find.query.pattern.is_empty() {
                self.open_find(self.find.everywhere);
            } else {
                self.find.open = true;
                self.find.jump = true;
                self.find.origin = self.view.selection().end;
            }
            return;
        }
        if let Some(all) = self.find.all.as_ref().filter(|all| all.count > 0) {
            if self.find.shown {
                let last = all.count - 1;
                let at = &mut self.find.list.at;
                *at = match (forward, *at) {
                    (true, at) if at >= last => 0,
                    (true, at) => at + 1,
                    (false, at) => at.checked_sub(1).unwrap_or(last),
                };
            }
            let keep_focus = self.find.holds_focus();
            self.go_to_found(ctx, self.find.list.at, keep_focus);
            return;
        }
        let places = &self.find.found.places;
        let selection = self.view.selection();
        let next = if forward {
            let behind = |place: &Range<usize>| place.start < selection.start || *place == selection;
            places.get(places.partition_point(behind)).or(places.first())
        } else {
            let before = places.partition_point(|place| place.start < selection.start);
            before.checked_sub(1).and_then(|at| places.get(at)).or(places.last())
        };
        if let Some(place) = next.cloned() {
            self.show_place(place);
        }
    }

    /// Goes to a place of the list, in whichever document it is.
    pub(super) fn go_to_found(&mut self, ctx: &egui::Context, number: usize, keep_focus: bool) {
        let Some((hits, place)) = self.find.all.as_ref().and_then(|all| all.place(number)) else { return };
        let (document, place) = (hits.document.clone(), place.range.clone());
        self.find.list.at = number;
        self.find.list.reveal = true;
        self.find.shown = true;
        let open = self.session.as_ref().and_then(Session::layer).map(|layer| &layer.key().document);
        if open == Some(&document) {
            self.focus_text |= !keep_focus;
            self.show_place(place);
        } else {
            self.find.awaited = Some(Awaited { document: document.clone(), place, keep_focus });
            self.open_document(ctx, &document);
        }
    }

    /// A document was opened: shows the place in it that was gone to.
    pub(super) fn show_awaited_place(&mut self, document: &DocumentId) {
        if let Some(awaited) = self.find.awaited.take_if(|awaited| awaited.document == *document) {
            self.focus_text = !awaited.keep_focus;
            self.show_place(awaited.place);
        } else {
            self.find.origin = self.view.selection().start;
        }
    }

    /// The bar, and below it what was found in all documents.
    pub(super) fn find_panels(&mut self, ui: &mut Ui, frame: egui::Frame, out: &mut Vec<super::Do>) {
        if !self.find.open {
            return;
        }
        let selection = self.view.selection();
        egui::Panel::top("find").resizable(false).frame(frame).show(ui, |ui| self.find.show_bar(ui, &selection, out));
        let find = &mut self.find;
        let Some(all) = find.all.as_ref().filter(|all| all.count > 0 || !all.unread.is_empty()) else { return };
        let panel = egui::Panel::top("found").resizable(true).default_size(208.0).size_range(78.0..=520.0);
        panel.frame(frame.inner_margin(0)).show(ui, |ui| {
            super::widgets::fixed(ui, |ui| {
                bar::unread(ui, all);
                if let Some(number) = find.list.show(ui, all, &|_, _| Tick::None) {
                    out.push(super::Do::Found(number));
                }
            });
        });
    }

    /// Opens the list of all matches, to label them.
    pub(super) fn label_matches(&mut self) {
        let (query, everywhere) = (self.find.query.clone(), self.find.everywhere);
        self.dialog = Some(Dialog::same(query, None, everywhere));
    }

    /// Opens the list of all places that say the same as the selected annotation, or else as the selected text.
    pub(super) fn same_text(&mut self) {
        let Some(layer) = self.session.as_ref().and_then(Session::layer) else { return };
        let selection = self.view.selection_to_mark();
        let annotation = self.selected.and_then(|id| layer.get(id)).filter(|_| selection.is_empty());
        if annotation.is_some_and(|a| a.span.is_discontinuous()) {
            self.complain("an annotation of several fragments has no one text that could stand elsewhere");
            return;
        }
        let place = annotation.map_or(selection, |a| a.span.hull());
        let pattern = layer.text().as_str().get(place).unwrap_or_default().to_owned();
        let query = Query { case: true, whole_word: true, ..Query::plain(pattern) };
        let model = annotation.map(|a| (a.label.clone(), a.attributes.clone()));
        self.dialog = Some(Dialog::same(query, model, false));
    }
}
