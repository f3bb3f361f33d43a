//! What actions do. Everything that changes the project goes through [`Session::edit`] or [`Session::apply`].

use super::actions::Action;
use super::dialogs::Dialog;
use super::panels::Do;
use super::panels::right::Tab;
use super::panels::selected::Focus;
use super::panels::sides::Side;
use super::pick::Purpose;
use super::text_view::Extent;
use super::{App, Linking, text_view};
use crate::edit::span::{Edge, FragmentEdge};
use crate::edit::{Change, annotate, attribute, delete, documents, entities, link, note, relabel, span, status};
use crate::model::{AnnotationId, Direction, Fragment, Layer, Name, Span, Status, counted};
use crate::personal::settings::ThemeChoice;
use crate::session::{Session, WorkError};
use eframe::egui;
use std::ops::Range;

/// Steps of the zoom.
const ZOOM: [f32; 11] = [0.5, 0.67, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5];

/// Among so many neighbours of an annotation the other end of a link is looked for; a click reaches all.
const NEAR: usize = 2_000;

impl App {
    /// Does what a panel, dialog or key wants done.
    pub(super) fn perform(&mut self, ctx: &egui::Context, todo: Do) {
        match todo {
            Do::Run(action) => self.run_action(ctx, action),
            Do::Label(label) => self.give_label(&label),
            Do::Select(id) => self.pick_annotation(id),
            Do::Look(id) => {
                self.linking = None;
                self.show_annotation(id);
            }
            Do::Attribute(id, name, value) => {
                self.edit(|layer, state, stamp| {
                    attribute::set_attribute(layer, &state.project, &[id], &name, value.as_ref(), stamp)
                });
            }
            Do::Note(id, text) => {
                self.edit(|layer, _, stamp| note::set_note(layer, id, &text, stamp));
            }
            Do::Link(kind, from, to) => {
                self.edit(|layer, state, stamp| link::link(layer, &state.project.scheme, &kind, from, to, stamp));
                self.focus_text = true;
            }
            Do::Unlink(id) => {
                self.edit(|layer, _, stamp| link::unlink(layer, id, stamp));
            }
            Do::Fragment(id, byte) => {
                self.edit(|layer, _, stamp| span::remove_fragment(layer, id, byte, stamp));
            }
            Do::NewEntity(id, name, new) => self.new_entity(id, &name, new),
            Do::Status(documents, status) => self.set_statuses(ctx, &documents, status),
            Do::OpenDocument(id) => self.open_document(ctx, &id),
            Do::OpenProject(path) => self.open_project(ctx, path),
            Do::FocusText => self.focus_text = true,
            Do::Remember(action) => {
                if let Some(row) = super::actions::row(action) {
                    self.settings.remember_command(row.name());
                }
            }
            Do::CloseFind => self.close_find(),
            Do::Found(number) => self.go_to_found(ctx, number, false),
            Do::GoTo { step, before } => self.go_to_step(step, before),
        }
    }

    pub(super) fn run_action(&mut self, ctx: &egui::Context, action: Action) {
        if !self.available(action) {
            return;
        }
        self.falls.pass(super::falls::Part::Command);
        // What is being typed into the card belongs to what is selected now, not to what this leads to.
        for todo in self.right.card.take_drafts() {
            self.perform(ctx, todo);
        }
        match action {
            Action::OpenArticle => self.pick(ctx, Purpose::Articles),
            Action::OpenProject => self.pick(ctx, Purpose::Project),
            Action::NewProject => self.dialog = Some(Dialog::new_project()),
            Action::Import => self.pick(ctx, Purpose::Datasets),
            Action::ImportFolder => self.pick(ctx, Purpose::DatasetFolder),
            Action::Export => self.open_export(),
            Action::Save => {
                if let Some(session) = &mut self.session {
                    session.save_now();
                }
            }
            Action::SaveCopy => self.pick(ctx, Purpose::Copy),
            Action::Restore => self.ask_restore(),
            Action::CloseProject => self.close_project(ctx),
            Action::Quit => self.begin_closing(ctx),
            Action::Undo | Action::Redo => self.undo_or_redo(action == Action::Undo),
            Action::Copy => {
                let text = self.view.text().as_str().get(self.view.selection()).unwrap_or_default();
                ctx.copy_text(text.to_owned());
            }
            Action::Find => self.open_find(false),
            Action::FindEverywhere => self.open_find(true),
            Action::FindStep(forward) => self.step_find(ctx, forward),
            Action::FindOption(option) => self.set_find_option(option),
            Action::LabelMatches => self.label_matches(),
            Action::SameText => self.same_text(),
            Action::Around(extent) => self.select_around(extent),
            Action::Escape => self.let_go(),
            Action::Attributes | Action::Note => {
                self.reading = false;
                self.sides.show(&mut self.settings, Side::Right);
                self.right.tab = Tab::Selected;
                self.right.card.focus(if action == Action::Note { Focus::Note } else { Focus::Attributes });
            }
            Action::Link => self.begin_linking(),
            Action::Nudge(edge, step, forward) => {
                if let Some(id) = self.selected {
                    self.edit(|layer, _, stamp| span::nudge(layer, id, edge, step, forward, stamp));
                    self.reveal_edge(id, edge);
                }
            }
            Action::AddFragment => self.add_fragment(),
            Action::Delete => {
                if let Some(id) = self.selected {
                    self.edit(|layer, _, stamp| delete::delete(layer, &[id], stamp));
                }
            }
            Action::Step(forward) => self.step(forward, false),
            Action::StepSame(forward) => self.step(forward, true),
            Action::DoneAndNext => {
                if self.status() != Some(Status::Done) {
                    self.edit(|layer, _, stamp| status::set_status(layer, Status::Done, stamp));
                }
                self.step_document(ctx, true);
            }
            Action::SecondLook => {
                let again = self.status() == Some(Status::SecondLook);
                let to = if again { Status::InProgress } else { Status::SecondLook };
                self.edit(|layer, _, stamp| status::set_status(layer, to, stamp));
            }
            Action::StepDocument(forward) => self.step_document(ctx, forward),
            Action::Status => {
                let documents = self.session.as_ref().map(|s| self.documents.chosen(s)).unwrap_or_default();
                if !documents.is_empty() {
                    self.dialog = Some(Dialog::Status(documents));
                }
            }
            Action::FilterDocuments => {
                self.sides.show(&mut self.settings, Side::Left);
                self.documents.focus_filter();
            }
            Action::Dismiss => {
                self.notices.dismiss();
            }
            Action::JumpToDocument => self.dialog = Some(Dialog::jump()),
            Action::Describe => {
                if let Some(document) = self.session.as_ref().and_then(Session::current) {
                    self.dialog = Some(Dialog::describe(document));
                }
            }
            Action::Direction => self.turn_paragraphs(),
            Action::Theme => {
                let dark = ctx.theme() == egui::Theme::Dark;
                self.settings.theme = if dark { ThemeChoice::Light } else { ThemeChoice::Dark };
                self.apply_settings(ctx);
            }
            Action::ZoomIn => self.zoom(ctx, ZOOM.into_iter().find(|z| *z > self.settings.zoom + 0.01)),
            Action::ZoomOut => self.zoom(ctx, ZOOM.into_iter().rev().find(|z| *z < self.settings.zoom - 0.01)),
            Action::ZoomReset => self.zoom(ctx, Some(1.0)),
            Action::Invisibles => self.view.style.show_invisibles = !self.view.style.show_invisibles,
            Action::LeftPanel => self.sides.toggle(&mut self.settings, Side::Left),
            Action::Card => self.show_tab(Tab::Selected),
            Action::All => self.show_tab(Tab::All),
            Action::Ledger => self.show_tab(Tab::Ledger),
            Action::History => self.show_tab(Tab::History),
            Action::Guide => self.show_tab(Tab::Guide),
            Action::RightPanel => self.sides.toggle(&mut self.settings, Side::Right),
            Action::NextPane => self.next_pane(ctx),
            Action::Palette => self.dialog = Some(Dialog::palette()),
            Action::Keys => self.dialog = Some(Dialog::Keys),
            Action::Annotator => self.dialog = Some(Dialog::annotator(&self.settings.annotator)),
            Action::Settings => {
                let families = self.view.families();
                self.dialog = Some(Dialog::settings(&self.settings, families));
            }
            Action::Scheme => self.open_scheme(ctx),
            Action::Reading => self.set_reading(!self.reading),
            Action::Caret(motion, extend) => {
                self.view.move_caret(motion, extend);
                self.extending |= extend && self.brush.is_some();
                if self.linking.is_none() && !extend && !self.is_adding() {
                    self.selected = None;
                }
            }
        }
    }

    /// Lets the paragraphs of the selection run in the next direction.
    fn turn_paragraphs(&mut self) {
        let Some(document) = self.session.as_ref().and_then(Session::current) else { return };
        let selection = self.view.selection();
        let (first, last) = (self.view.paragraph_at(selection.start), self.view.paragraph_at(selection.end));
        let next = match document.directions.get(&first) {
            None | Some(Direction::Auto) => Some(Direction::LeftToRight),
            Some(Direction::LeftToRight) => Some(Direction::RightToLeft),
            Some(Direction::RightToLeft) => None,
        };
        let mut after = document.clone();
        for paragraph in (first..=last).filter(|paragraph| *paragraph > 0) {
            match next {
                Some(direction) => after.directions.insert(paragraph, direction),
                None => after.directions.remove(&paragraph),
            };
        }
        let which = if first == last { format!("Paragraph {first}") } else { format!("Paragraphs {first}–{last}") };
        if self.edit(|_, state, stamp| documents::describe(state, after, stamp)).is_some() {
            self.notify(match next {
                Some(Direction::LeftToRight) => format!("{which}: from left to right"),
                Some(Direction::RightToLeft) => format!("{which}: from right to left"),
                Some(Direction::Auto) | None => format!("{which}: as the document"),
            });
        }
    }

    fn zoom(&mut self, ctx: &egui::Context, to: Option<f32>) {
        if let Some(to) = to {
            self.settings.zoom = to;
            self.apply_settings(ctx);
        }
    }

    /// Runs a command on the open layer; what it refuses is said.
    pub(super) fn edit(
        &mut self,
        command: impl FnOnce(&Layer, &crate::edit::State, &crate::edit::Stamp) -> Result<Change, crate::edit::Refusal>,
    ) -> Option<Change> {
        let result = self.session.as_mut()?.edit(command);
        self.after_edit(result)
    }

    pub(super) fn after_edit(&mut self, result: Result<Change, WorkError>) -> Option<Change> {
        match result {
            Ok(change) => {
                let still_there = |id: &AnnotationId| self.session.as_ref()?.layer()?.get(*id).map(|_| ());
                if self.selected.is_some_and(|id| still_there(&id).is_none()) {
                    self.selected = None;
                }
                if change.is_project_wide() {
                    self.follow_scheme();
                }
                self.summarise_after(&change);
                // What was said of the step before would be taken for what is said of this one.
                self.notices.hush();
                Some(change)
            }
            Err(WorkError::Refused(crate::edit::Refusal::NothingToDo)) => None,
            Err(error) => {
                self.complain(error.to_string());
                None
            }
        }
    }

    /// A label key: the selected text becomes an annotation, the selected annotation gets the label, or the label
    /// becomes the brush.
    fn give_label(&mut self, label: &Name) {
        if self.session.as_ref().and_then(Session::layer).is_none() {
            return;
        }
        let selection = self.view.selection_to_mark();
        // Selected text comes first: it can be there beside an annotation, to be added to it with `+`.
        if let (true, Some(id)) = (selection.is_empty(), self.selected) {
            self.edit(|layer, state, stamp| relabel::relabel(layer, &state.project.scheme, &[id], label, stamp));
        } else if selection.is_empty() {
            self.brush = if self.brush.as_ref() == Some(label) { None } else { Some(label.clone()) };
        } else if let Ok(span) = Span::single(selection.start, selection.end) {
            let made =
                self.edit(|layer, state, stamp| annotate::annotate(layer, &state.project.scheme, label, span, stamp));
            if let Some(id) = made.and_then(|change| change.made().next()) {
                self.view.set_caret(selection.end);
                self.selected = if self.brush.is_some() { None } else { Some(id) };
                self.right.tab = Tab::Selected;
            }
        }
    }

    fn pick_annotation(&mut self, id: AnnotationId) {
        if let Some(linking) = &self.linking {
            let from = linking.from;
            if from != id {
                self.finish_linking(from, id);
            }
            return;
        }
        self.show_annotation(id);
        self.focus_text = true;
    }

    /// Selects an annotation and shows it; the focus stays where it is.
    fn show_annotation(&mut self, id: AnnotationId) {
        let start = |layer: &Layer| layer.get(id).map(|a| a.span.start());
        let Some(start) = self.session.as_ref().and_then(Session::layer).and_then(start) else { return };
        self.selected = Some(id);
        self.view.set_caret(start);
        self.view.reveal(start);
    }

    fn begin_linking(&mut self) {
        let Some((session, from)) = self.session.as_ref().zip(self.selected) else { return };
        let Some(layer) = session.layer() else { return };
        let scheme = &session.project().scheme;
        // Those nearest to the annotation come first, so that their numbers are short.
        let near = layer.nearest(from).take(NEAR).map(|a| a.id);
        let targets: Vec<_> =
            near.filter(|id| !link::candidates(layer, scheme, from, *id).is_empty()).take(99).collect();
        if targets.is_empty() {
            self.complain("no annotation near this one can be linked to it; the scheme says which labels can");
            return;
        }
        self.linking = Some(Linking { from, targets, typed: String::new() });
        self.focus_text = true;
    }

    fn finish_linking(&mut self, from: AnnotationId, to: AnnotationId) {
        let Some(session) = &self.session else { return };
        let Some(layer) = session.layer() else { return };
        let found = link::candidates(layer, &session.project().scheme, from, to);
        match &found[..] {
            [] => self.complain("the scheme has no link between these two labels, or it is there already"),
            [only] => {
                let (kind, from, to) = (only.def.name.clone(), only.from, only.to);
                self.linking = None;
                self.edit(|layer, state, stamp| link::link(layer, &state.project.scheme, &kind, from, to, stamp));
            }
            several => {
                let choices = several.iter().map(|c| {
                    let title = if c.from == from { &c.def.title } else { &c.def.inverse };
                    (title.clone(), c.def.name.clone(), c.from, c.to)
                });
                self.dialog = Some(Dialog::LinkKind(choices.collect()));
                self.linking = None;
            }
        }
    }

    /// Makes an entity and lets an attribute refer to it.
    fn new_entity(&mut self, id: AnnotationId, name: &Name, new: entities::NewEntity) {
        self.edit(|layer, state, stamp| entities::make_for(layer, state, id, name, new, stamp));
    }

    fn add_fragment(&mut self) {
        let selection = self.view.selection_to_mark();
        let Some((id, fragment)) = self.selected.zip(Fragment::new(selection.start, selection.end).ok()) else {
            // Nothing is selected: it is chosen now, and the annotation waits.
            self.adding = self.selected;
            self.focus_text = true;
            return;
        };
        self.adding = None;
        self.edit(|layer, _, stamp| span::add_fragment(layer, id, fragment, stamp));
        self.view.set_caret(selection.end);
    }

    /// Whether the selected annotation waits for a fragment.
    pub(super) fn is_adding(&self) -> bool {
        self.adding.is_some() && self.adding == self.selected
    }

    /// Selects around the caret. With a brush that is a selection made: it gets the label, and the same key again takes
    /// more in its place.
    fn select_around(&mut self, extent: Extent) {
        let again = self.brushed_just_now();
        if let Some(range) = &again {
            self.view.select(range.clone());
        }
        if !self.view.select_around(extent) && extent == Extent::Quotation {
            self.notify("no quotation here");
        }
        self.brush_selection(again.is_some());
    }

    /// What the brush labelled in the last step of this project.
    fn brushed_just_now(&self) -> Option<Range<usize>> {
        let revision = self.session.as_ref()?.revision();
        let (made, range) = self.brushed.as_ref().filter(|_| self.brush.is_some())?;
        // As soon as the caret is elsewhere, something new begins.
        (*made == revision && self.view.caret().byte == range.end).then(|| range.clone())
    }

    /// Gives what is selected the label that is the brush; in place of what it labelled just before if that is part of
    /// it.
    pub(super) fn brush_selection(&mut self, more: bool) {
        let Some(label) = self.brush.clone() else { return };
        let selection = self.view.selection_to_mark();
        if selection.is_empty() {
            return;
        }
        let part = self.brushed.take().filter(|(revision, part)| {
            let just_now = self.session.as_ref().is_some_and(|s| s.revision() == *revision);
            more && just_now && selection.start <= part.start && part.end <= selection.end
        });
        if let Some((_, part)) = part {
            if part == selection {
                self.view.set_caret(selection.end);
                return;
            }
            let document = self.session.as_ref().and_then(Session::current).map(|d| d.id.clone());
            if let Some(session) = &mut self.session {
                let undone = session.undo_in(document.as_ref());
                self.after_edit(undone);
            }
            self.view.select(selection.clone());
        }
        self.give_label(&label);
        self.brushed = self.session.as_ref().map(|s| (s.revision(), selection));
    }

    /// With a brush, a selection made with Shift and arrows is made when Shift is let go.
    pub(super) fn follow_shift(&mut self, ctx: &egui::Context) {
        if self.extending && !ctx.input(|i| i.modifiers.shift) {
            self.extending = false;
            self.brush_selection(false);
        }
    }

    pub(super) fn move_edge(&mut self, id: AnnotationId, which: FragmentEdge, byte: usize) {
        self.edit(|layer, _, stamp| span::move_edge_to(layer, id, which, byte, stamp));
    }

    fn reveal_edge(&mut self, id: AnnotationId, edge: Edge) {
        let span = self.session.as_ref().and_then(Session::layer).and_then(|l| l.get(id)).map(|a| a.span.clone());
        if let Some(span) = span {
            self.view.set_caret(if edge == Edge::Start { span.start() } else { span.end() });
            self.view.reveal(self.view.caret().byte);
        }
    }

    fn step(&mut self, forward: bool, same_label: bool) {
        let Some(session) = &self.session else { return };
        let Some(layer) = session.layer() else { return };
        let start = self.view.caret().byte;
        let label = self.selected.and_then(|id| layer.get(id)).map(|a| a.label.clone());
        let mut at = self.selected;
        let mut byte = start;
        loop {
            let next = if forward { layer.next_after(byte, at) } else { layer.previous_before(byte, at) };
            let Some(next) = next else {
                let end = if forward { "last" } else { "first" };
                let title = label.as_ref().filter(|_| same_label).map(|label| session.project().scheme.title_of(label));
                let said = format!("this is the {end} {}", title.unwrap_or("annotation"));
                self.notify(said);
                return;
            };
            if !same_label || label.as_ref().is_none_or(|l| next.label == *l) {
                let id = next.id;
                self.linking = None;
                self.pick_annotation(id);
                return;
            }
            at = Some(next.id);
            byte = next.span.start();
        }
    }

    fn undo_or_redo(&mut self, undo: bool) {
        let Some(session) = &mut self.session else { return };
        // What was done to several documents from the list is undone from anywhere, as long as nothing came after it.
        let together = self.together.take().filter(|(_, revision)| *revision == session.revision());
        let document = together.map(|(id, _)| id);
        let place = document.as_ref().or(session.current().map(|d| &d.id)).cloned();
        let result = if undo { session.undo_in(place.as_ref()) } else { session.redo_in(place.as_ref()) };
        self.together = document.zip(result.is_ok().then(|| session.revision()));
        let Some(change) = self.after_edit(result) else { return };
        self.notify(format!("{}: {}", if undo { "Undone" } else { "Done again" }, change.what));
        self.follow_change(&change);
    }

    /// Undoes or redoes up to a point of the history.
    fn go_to_step(&mut self, step: u64, before: bool) {
        let Some(session) = &mut self.session else { return };
        let is_done = session.steps().0.iter().any(|done| done.number == step);
        let (changes, failed) = session.go_to(step, before);
        let way = if is_done { "Undone" } else { "Done again" };
        let what = match &changes[..] {
            [] => None,
            [one] => Some(one.what.clone()),
            several => Some(counted(several.len(), "step")),
        };
        let last = changes.last().cloned();
        for change in changes {
            self.after_edit(Ok(change));
        }
        if let Some(what) = what {
            self.notify(format!("{way}: {what}"));
        }
        if let Some(change) = last {
            self.follow_change(&change);
        }
        if let Some(error) = failed {
            self.after_edit(Err(error));
        }
    }

    /// The view moves to what changed in the open document.
    fn follow_change(&mut self, change: &Change) {
        let open = self.session.as_ref().and_then(Session::layer).map(Layer::key);
        if let Some((range, id)) = open.and_then(|key| change.focus(key)) {
            self.selected = id;
            self.view.set_caret(range.start);
            self.view.reveal(range.start);
        }
        let gone = self.session.as_ref().is_some_and(|s| s.current().is_none());
        if gone {
            self.selected = None;
        }
    }

    /// Shows a tab of the right panel, with the focus in it.
    fn show_tab(&mut self, tab: Tab) {
        self.reading = false;
        self.sides.show(&mut self.settings, Side::Right);
        self.right.go(tab);
    }

    fn let_go(&mut self) {
        let was_adding = self.is_adding();
        if self.linking.take().is_some() || (self.adding.take().is_some() && was_adding) || self.brush.take().is_some()
        {
            return;
        }
        if self.find.is_open() {
            self.close_find();
            return;
        }
        if self.reading {
            self.set_reading(false);
            return;
        }
        if self.view.selection().is_empty() && self.selected.is_none() {
            self.notices.dismiss();
        } else if self.view.selection().is_empty() {
            self.selected = None;
        } else {
            self.view.set_caret(self.view.caret().byte);
        }
    }

    fn step_document(&mut self, ctx: &egui::Context, forward: bool) {
        let Some(session) = &self.session else { return };
        if let Some(id) = self.documents.neighbour(session, self.sides.shows(&self.settings, Side::Left), forward) {
            self.open_document(ctx, &id);
        } else {
            let end = if forward { "last" } else { "first" };
            self.notify(format!("this is the {end} document"));
        }
    }

    pub(super) fn close_project(&mut self, ctx: &egui::Context) {
        if let Some(session) = &self.session {
            session.remember_place(self.view.caret().byte, self.view.top_paragraph());
        }
        // Dropping the session writes what is waiting.
        self.session = None;
        self.reading = false;
        self.find.close();
        *self.flush.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
        self.selected = None;
        self.linking = None;
        self.brush = None;
        self.adding = None;
        ctx.send_viewport_cmd(egui::ViewportCommand::Title("Byline".to_owned()));
    }

    /// Moves the focus: text, right panel, left panel, top bar, and round again.
    /// From the text to the panel on the right, from there to the documents, to what is left to check, and to the text.
    fn next_pane(&mut self, ctx: &egui::Context) {
        let in_text = ctx.memory(|m| m.has_focus(text_view::widget_id()));
        let shows = |side| self.sides.shows(&self.settings, side) && !self.reading;
        let (left, right) = (shows(Side::Left), shows(Side::Right));
        let focused = ctx.memory(egui::Memory::focused).and_then(|id| ctx.read_response(id));
        let edge = ctx.content_rect().right() - self.settings.right_width;
        let in_right = right && !in_text && focused.is_some_and(|r| r.rect.left() >= edge);
        if in_text && right && self.right.shows_list() {
            self.right.go(self.right.tab);
        } else if in_text && right && self.selected.is_some() {
            self.right.go(Tab::Selected);
        } else if in_text && right {
            self.right.focus_tab();
        } else if left && (in_text || in_right) {
            ctx.memory_mut(|m| m.surrender_focus(text_view::widget_id()));
            self.documents.focus();
        } else if left && self.documents.has_focus() && self.doubts.can_be_next() {
            self.doubts.focus();
        } else {
            self.focus_text = true;
        }
    }
}
