//! Same text everywhere: the places that say the same, to be ticked and marked as one step.

use super::{After, buttons, modal};
use crate::app::App;
use crate::app::actions::{Action, FindOption, row, typed_char};
use crate::app::find::list::{List, Tick, framed};
use crate::app::find::search::{Everywhere, Sources};
use crate::app::find::{Asked, toggle};
use crate::app::fonts::Face;
use crate::app::jobs::Done;
use crate::app::keymap::{action_of, key_of};
use crate::app::theme::{Palette, size};
use crate::app::widgets::{self, Chip, Choice, muted, segments};
use crate::app::words::values_in_words;
use crate::edit::bulk::{Model, annotate_places};
use crate::find::{BadPattern, Place, Query};
use crate::model::{Name, Project, Scheme, Span, Value};
use eframe::egui::{self, Key, Modifiers, RichText, Sense, Ui, vec2};
use std::collections::BTreeMap;

/// Height of the list in points, where there is room, and of what stands around it.
const LIST: f32 = 300.0;
const AROUND_LIST: f32 = 420.0;
const SCOPES: [&str; 2] = ["This document", "All documents"];

/// What is looked for, what was found, what is ticked.
pub struct Same {
    query: Query,
    everywhere: bool,
    label: Option<Name>,
    /// Label and attributes of the annotation that is to be repeated.
    model: Option<(Name, BTreeMap<Name, Value>)>,
    with_attributes: bool,
    asked: Option<(Query, bool)>,
    search: Option<Asked>,
    found: Result<Everywhere, BadPattern>,
    /// By the number of the place.
    ticked: Vec<bool>,
    /// How many are ticked and do not have the label yet, and how many have it; counted when something changes.
    counts: Option<(usize, usize)>,
    list: List,
    /// Put the focus into the list in the next frame.
    focus: bool,
}

impl Same {
    /// The places of `query`, to be marked like an annotation with this label and these attributes, or with a label
    /// that is asked for.
    pub fn new(query: Query, model: Option<(Name, BTreeMap<Name, Value>)>, everywhere: bool) -> Self {
        Self {
            query,
            everywhere,
            label: model.as_ref().map(|(label, _)| label.clone()),
            model,
            with_attributes: false,
            asked: None,
            search: None,
            found: Ok(Everywhere::default()),
            ticked: Vec::new(),
            counts: None,
            list: List::default(),
            focus: true,
        }
    }

    /// Takes what was found, unless something else is looked for by now.
    pub fn found(&mut self, number: u64, found: Result<Everywhere, BadPattern>) {
        if self.search.as_ref().is_some_and(|search| search.number == number) {
            self.search = None;
            self.ticked = vec![true; found.as_ref().map_or(0, |all| all.count)];
            self.found = found;
            self.counts = None;
            self.list.restart();
        }
    }

    fn has_label(&self, place: &Place) -> bool {
        self.label.as_ref().is_some_and(|label| place.labels.contains(label))
    }

    fn tick(&self, place: &Place, number: usize) -> Tick {
        match self.ticked.get(number) {
            _ if self.has_label(place) => Tick::Already,
            Some(true) => Tick::On,
            _ => Tick::Off,
        }
    }

    /// How many places would be marked, and how many have the label already.
    fn counts(&mut self) -> (usize, usize) {
        if let Some(counts) = self.counts {
            return counts;
        }
        let mut counts = (0, 0);
        if let Ok(all) = &self.found {
            let places = all.hits().iter().flat_map(|hits| &hits.places);
            for (place, ticked) in places.zip(&self.ticked) {
                match (self.has_label(place), ticked) {
                    (true, _) => counts.1 += 1,
                    (false, true) => counts.0 += 1,
                    (false, false) => {}
                }
            }
        }
        self.counts = Some(counts);
        counts
    }

    fn switch(&mut self, number: usize) {
        if let Some(ticked) = self.ticked.get_mut(number) {
            *ticked = !*ticked;
            self.counts = None;
        }
    }

    fn tick_all(&mut self, on: bool) {
        self.ticked.fill(on);
        self.counts = None;
    }

    fn take_label(&mut self, label: &Name) {
        self.label = Some(label.clone());
        self.counts = None;
    }

    fn set_option(&mut self, option: FindOption) {
        match option {
            FindOption::Case => self.query.case = !self.query.case,
            FindOption::WholeWord => self.query.whole_word = !self.query.whole_word,
            FindOption::Regex => {}
        }
    }

    /// Keys that mean something wherever the focus is, and those that move in the list while nothing else has it.
    fn keys(&mut self, ctx: &egui::Context, scheme: &Scheme) {
        let focused = ctx.memory(egui::Memory::focused);
        let in_list = focused.is_none() || focused == Some(list_id());
        let events = ctx.input(|i| i.events.clone());
        for event in &events {
            let egui::Event::Key { key, pressed: true, modifiers, .. } = event else { continue };
            if let Some(Action::FindOption(option)) = action_of(ctx, *key, *modifiers) {
                self.set_option(option);
            } else if let Some(label) = typed_char(event).and_then(|c| scheme.label_of_key(c)) {
                self.take_label(&label.name);
            } else if *key == Key::A && modifiers.command {
                self.tick_all(!modifiers.shift);
            } else if in_list && modifiers.is_none() {
                self.move_in_list(*key);
            }
        }
        if in_list {
            let list_keys = [Key::ArrowUp, Key::ArrowDown, Key::PageUp, Key::PageDown, Key::Home, Key::End, Key::Space];
            ctx.input_mut(|i| list_keys.into_iter().for_each(|key| while i.consume_key(Modifiers::NONE, key) {}));
        }
    }

    fn move_in_list(&mut self, key: Key) {
        let page = self.list.page();
        let by = match key {
            Key::ArrowUp => -1,
            Key::ArrowDown => 1,
            Key::PageUp => -page,
            Key::PageDown => page,
            Key::Home => isize::MIN,
            Key::End => isize::MAX,
            Key::Space => {
                self.switch(self.list.at);
                return;
            }
            _ => return,
        };
        if let Ok(all) = &self.found {
            self.list.step(by, all);
        }
    }

    fn options(&mut self, ui: &mut Ui, project: &Project) {
        let scheme = &project.scheme;
        let palette = Palette::current(ui);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let scope = segments(ui, "Search in", SCOPES, Some(SCOPES[usize::from(self.everywhere)]), false, false);
                if let Some(Choice::Taken(scope)) = scope {
                    self.everywhere = scope == SCOPES[1];
                }
                ui.add_space(4.0);
                let options =
                    [("ab", FindOption::WholeWord, self.query.whole_word), ("Aa", FindOption::Case, self.query.case)];
                for (text, option, on) in options {
                    let action = crate::app::actions::Action::FindOption(option);
                    let (title, help) = row(action).map_or(("", ""), |row| (row.title, row.help));
                    let tip = format!("{title} ({})\n{help}", key_of(ui, action));
                    if toggle(ui, text, title, Some(on)).on_hover_text(tip).clicked() {
                        self.set_option(option);
                    }
                }
                ui.add_space(8.0);
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    let pattern = self.query.pattern.split_whitespace().collect::<Vec<_>>().join(" ");
                    let text = if self.query.regex { pattern } else { format!("“{pattern}”") };
                    ui.add(egui::Label::new(RichText::new(text).font(Face::Serif.size(size::LEAD))).truncate());
                });
            });
        });
        ui.add_space(8.0);
        // Three rows of labels; the list below needs the room.
        let chips = egui::ScrollArea::vertical().id_salt("labels").max_height(104.0).min_scrolled_height(104.0);
        chips.show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
                for label in scheme.labels.iter().filter(|l| l.on) {
                    let key = label.key.map(String::from).unwrap_or_default();
                    let on = self.label.as_ref() == Some(&label.name);
                    let chip = Chip { text: &label.title, label: Some(label), key, on, quiet: false };
                    let response = chip.show(ui);
                    // With many labels, the one that is meant is not among the first.
                    if on && self.focus {
                        response.scroll_to_me(Some(egui::Align::Center));
                    }
                    if response.clicked() {
                        self.take_label(&label.name);
                    }
                }
            })
        });
        if let Some((label, attributes)) = self.model.as_ref().filter(|(_, attributes)| !attributes.is_empty()) {
            ui.add_space(8.0);
            let values = values_in_words(label, attributes, scheme, &project.entities);
            let text = format!("With its attributes: {values}");
            let text = RichText::new(text).color(palette.ink);
            widgets::checkbox(ui, &mut self.with_attributes, text);
        }
    }

    fn list(&mut self, ui: &mut Ui) {
        let palette = Palette::current(ui);
        let height = LIST.min(ui.ctx().content_rect().height() - AROUND_LIST).max(80.0);
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::empty());
        let response = ui.interact(rect, list_id(), Sense::focusable_noninteractive());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::List, true, "Places"));
        if std::mem::take(&mut self.focus) {
            response.request_focus();
        }
        if response.has_focus() {
            let filter = egui::EventFilter { vertical_arrows: true, ..egui::EventFilter::default() };
            ui.memory_mut(|m| m.set_focus_lock_filter(list_id(), filter));
        }
        let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(rect.shrink(1.0)).id_salt("places"));
        inside.set_clip_rect(rect.shrink(1.0).intersect(ui.clip_rect()));
        match &self.found {
            Ok(all) if all.count > 0 => {
                let mut list = std::mem::take(&mut self.list);
                let clicked = list.show(&mut inside, all, &|place, number| self.tick(place, number));
                self.list = list;
                if let Some(number) = clicked {
                    self.list.at = number;
                    self.switch(number);
                }
            }
            Ok(_) if self.search.is_some() => crate::app::widgets::empty(&mut inside, "Finding…", ""),
            Ok(_) => {
                crate::app::widgets::empty(
                    &mut inside,
                    "Nothing found",
                    "Other options, or all documents, may find more",
                );
            }
            Err(error) => {
                inside.add_space(20.0);
                inside.vertical_centered(|ui| ui.label(RichText::new(error.to_string()).color(palette.error)));
            }
        }
        framed(ui, rect, response.has_focus());
    }

    fn below(&mut self, ui: &mut Ui) {
        let (chosen, already) = self.counts();
        ui.horizontal(|ui| {
            let words = match (&self.found, already) {
                (Err(_), _) => String::new(),
                (Ok(all), 0) => format!("{}, {chosen} chosen", all.in_words()),
                (Ok(all), _) => format!("{}, {chosen} chosen, {already} labelled already", all.in_words()),
            };
            ui.label(muted(ui, words).size(size::SMALL));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if ui.button("None").on_hover_text("Choose none (Ctrl Shift A)").clicked() {
                    self.tick_all(false);
                }
                if ui.button("All").on_hover_text("Choose all (Ctrl A)").clicked() {
                    self.tick_all(true);
                }
            });
        });
        if let Ok(all) = &self.found {
            crate::app::find::unread(ui, all);
        }
    }

    /// What is chosen, by document, with what was read of it.
    fn take_chosen(&mut self) -> Vec<(crate::app::find::search::Hits, Vec<Span>)> {
        let Ok(all) = std::mem::replace(&mut self.found, Ok(Everywhere::default())) else { return Vec::new() };
        let mut ticked = std::mem::take(&mut self.ticked).into_iter();
        let of = |hits: crate::app::find::search::Hits| {
            let chosen = hits.places.iter().filter(|place| {
                let on = ticked.next().unwrap_or(false);
                on && !self.has_label(place)
            });
            let spans = chosen.filter_map(|p| Span::single(p.range.start, p.range.end).ok()).collect::<Vec<_>>();
            (hits, spans)
        };
        all.into_hits().into_iter().map(of).filter(|(_, spans)| !spans.is_empty()).collect()
    }
}

fn list_id() -> egui::Id {
    egui::Id::unique("same text places")
}

impl App {
    pub(super) fn same_dialog(&mut self, ctx: &egui::Context, same: &mut Same) -> After {
        let Some(session) = &self.session else { return After::Close };
        let scheme = &session.project().scheme;
        same.keys(ctx, scheme);
        let asked = (same.query.clone(), same.everywhere);
        if same.asked.as_ref() != Some(&asked) {
            let current = session.current().map(|d| d.id.clone());
            let sources =
                if same.everywhere { self.find.sources(session) } else { Sources::of(session, current.as_ref()) };
            let (number, query, wake) = (self.find.number(), same.query.clone(), ctx.clone());
            let what = if same.everywhere { "Finding" } else { "" };
            let progress = self.workers.start(ctx, what, move |progress| {
                let all = sources.search(&query, true, progress, &|| wake.request_repaint());
                all.map_or(Done::Nothing, |all| Done::Same(number, Box::new(all)))
            });
            same.asked = Some(asked);
            same.search = Some(Asked::new(number, progress));
        }
        let title = if same.query.regex { "Label all matches" } else { "Same text everywhere" };
        let (pressed, close) = modal(ctx, "same", title, 820.0, |ui| {
            same.options(ui, session.project());
            ui.add_space(12.0);
            same.list(ui);
            ui.add_space(8.0);
            same.below(ui);
            // Counted only now: a tick of this frame is in it.
            let (chosen, _) = same.counts();
            let verb = match (chosen, &same.label) {
                (_, None) => "Choose a label".to_owned(),
                (1, _) => "Label 1 place".to_owned(),
                (n, _) => format!("Label {n} places"),
            };
            let ready = chosen > 0 && same.label.is_some() && same.search.is_none();
            let pressed = buttons(ui, &["Cancel", &verb], ready);
            let enter = ui.memory(|m| m.has_focus(list_id())) && ui.input(|i| i.key_pressed(Key::Enter));
            pressed.or((enter && ready).then_some(1))
        });
        match pressed {
            Some(1) => {
                self.label_chosen(same);
                After::Close
            }
            Some(_) => After::Close,
            None if close => After::Close,
            None => After::Stay,
        }
    }

    fn label_chosen(&mut self, same: &mut Same) {
        let (Some(session), Some(label)) = (&mut self.session, same.label.clone()) else { return };
        let model = same.model.as_ref().filter(|_| same.with_attributes);
        let attributes = model.map_or_else(BTreeMap::new, |(_, attributes)| attributes.clone());
        let mut places = Vec::new();
        for (hits, spans) in same.take_chosen() {
            if let Some((text, layer)) = hits.loaded {
                session.take_in(text, layer);
            }
            places.push((session.key(&hits.document), spans));
        }
        let model = Model { label, attributes };
        if let Some(change) = self.edit(|_, state, stamp| annotate_places(state, &model, places, stamp)) {
            self.notify(format!("Done: {}", change.what));
        }
    }
}
