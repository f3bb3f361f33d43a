//! The bar: field, options, how many there are, back and on, where, close.

use super::Find;
use super::search::Everywhere;
use crate::app::actions::{Action, FindOption, row};
use crate::app::fonts::Face;
use crate::app::keymap::key_of;
use crate::app::panels::Do;
use crate::app::theme::{Palette, RADIUS, size};
use crate::app::widgets::{Choice, arrow, cross, named, segments, select_all};
use eframe::egui::{
    self, Align, Color32, Key, Layout, Modifiers, Response, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
    vec2,
};
use std::ops::Range;

/// Height of what stands in the bar, in points.
const HEIGHT: f32 = 28.0;
/// In a bar narrower than this, in points, words are left out.
const NARROW: f32 = 620.0;
/// In a bar narrower than this, in points, the field has a line of its own.
const VERY_NARROW: f32 = 480.0;

/// What only the bar needs.
#[derive(Default)]
pub struct Bar {
    /// Put the focus into the field in the next frame, and select what is in it.
    focus: bool,
    /// The widgets of the last frame.
    ids: Vec<egui::Id>,
    /// Whether one of them has the focus.
    focused: bool,
}

impl Bar {
    pub(super) fn focus(&mut self) {
        self.focus = true;
    }

    pub(super) fn takes_focus(&self) -> bool {
        self.focus
    }

    pub(super) fn holds(&self, id: egui::Id) -> bool {
        self.ids.contains(&id)
    }
}

impl Find {
    /// Whether the focus is in the bar.
    pub(super) fn holds_focus(&self) -> bool {
        self.open && (self.bar.focused || self.bar.focus)
    }

    pub(super) fn show_bar(&mut self, ui: &mut Ui, selection: &Range<usize>, out: &mut Vec<Do>) {
        let mut ids = std::mem::take(&mut self.bar.ids);
        ids.clear();
        let palette = Palette::current(ui);
        let (narrow, very_narrow) = (ui.available_width() < NARROW, ui.available_width() < VERY_NARROW);
        ui.add_space(8.0);
        if very_narrow {
            ids.push(self.field(ui, out));
            ui.add_space(4.0);
        }
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.set_min_height(HEIGHT);
            // From the right, so that the field gets what is left.
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let mut button = |ui: &mut Ui, text: &str, name: &str, tip: String, on: Option<bool>| {
                    let response = toggle(ui, text, name, on);
                    let (at, ink) = (response.rect.center(), palette.ink);
                    match name {
                        "Close" => cross(ui.painter(), at, ink),
                        "Next match" => arrow(ui.painter(), at, false, ink),
                        "Previous match" => arrow(ui.painter(), at, true, ink),
                        _ => {}
                    }
                    ids.push(response.id);
                    response.on_hover_text(tip).clicked()
                };
                if button(ui, "", "Close", "Close (Esc)".to_owned(), None) {
                    out.push(Do::CloseFind);
                }
                ui.add_space(4.0);
                scope(ui, narrow, self.everywhere, out);
                ui.add_space(4.0);
                let steps = [("", "Next match", true), ("", "Previous match", false)];
                for (text, name, forward) in steps {
                    let action = Action::FindStep(forward);
                    if button(ui, text, name, format!("{name} ({})", key_of(ui, action)), None) {
                        out.push(Do::Run(action));
                    }
                }
                let all = Action::LabelMatches;
                let mut label_all = None;
                if !narrow && self.has_found() {
                    let (title, help) = row(all).map_or(("", ""), |row| (row.title, row.help));
                    let label = ui.button("Label all…").on_hover_text(format!("{help} ({})", key_of(ui, all)));
                    named(ui, &label, title);
                    label_all = Some(label.id);
                    if label.clicked() {
                        out.push(Do::Run(all));
                    }
                }
                ui.add_space(4.0);
                let (words, bad) = self.in_words(selection);
                let ink = if bad { palette.error } else { palette.muted };
                ui.label(RichText::new(words).size(size::SMALL).color(ink));
                ui.add_space(4.0);
                let options = [
                    (".*", FindOption::Regex, self.query.regex),
                    ("ab", FindOption::WholeWord, self.query.whole_word),
                    ("Aa", FindOption::Case, self.query.case),
                ];
                for (text, option, on) in options {
                    let action = Action::FindOption(option);
                    let (title, help) = row(action).map_or(("", ""), |row| (row.title, row.help));
                    let tip = format!("{title} ({})\n{help}", key_of(ui, action));
                    if button(ui, text, title, tip, Some(on)) {
                        out.push(Do::Run(action));
                    }
                }
                ids.extend(label_all);
                if !very_narrow {
                    ids.push(self.field(ui, out));
                }
            });
        });
        if let Some(error) = &self.error {
            ui.add_space(4.0);
            ui.label(RichText::new(error.to_string()).size(size::SMALL).color(palette.error));
        }
        ui.add_space(8.0);
        self.bar.ids = ids;
        let focused = ui.memory(egui::Memory::focused);
        self.bar.focused = focused.is_some_and(|id| self.bar.holds(id));
    }

    fn field(&mut self, ui: &mut Ui, out: &mut Vec<Do>) -> egui::Id {
        let id = egui::Id::unique("find field");
        if ui.memory(|m| m.has_focus(id)) {
            let pressed = |modifiers, key| ui.input_mut(|i| i.consume_key(modifiers, key));
            // With Shift first: without it, a key is also one that is pressed with Shift.
            let back = pressed(Modifiers::SHIFT, Key::Enter);
            if back || pressed(Modifiers::NONE, Key::Enter) {
                out.push(Do::Run(Action::FindStep(!back)));
            }
            let by = isize::from(pressed(Modifiers::NONE, Key::ArrowDown))
                - isize::from(pressed(Modifiers::NONE, Key::ArrowUp));
            if let Some(all) = self.all.as_ref().filter(|_| by != 0) {
                self.list.step(by, all);
                self.shown = false;
            }
        }
        let width = ui.available_width() - 4.0;
        let field = egui::TextEdit::singleline(&mut self.query.pattern).id(id).hint_text("Find");
        let response = ui.add(field.desired_width(width).margin(egui::Margin::symmetric(8, 5)));
        named(ui, &response, "Text to find");
        if response.changed() {
            self.jump = true;
        }
        if std::mem::take(&mut self.bar.focus) {
            select_all(ui, &response, &self.query.pattern);
        }
        id
    }

    /// “3 of 27”, and whether it is bad news.
    fn in_words(&self, selection: &Range<usize>) -> (String, bool) {
        if let Some(all) = self.all.as_ref() {
            let count = all.in_words();
            let at = if self.shown && all.count > 0 { format!("{} of ", self.list.at + 1) } else { String::new() };
            return (format!("{at}{count}"), all.count == 0);
        }
        let searching = self.search.is_some() || (self.everywhere && self.search_all.is_some());
        let (count, more) = (self.found.places.len(), self.found.more);
        let of = if more { format!("more than {count}") } else { count.to_string() };
        match (self.nth(selection), count) {
            _ if self.query.pattern.is_empty() || self.error.is_some() => (String::new(), false),
            _ if searching && count == 0 => ("Finding…".to_owned(), false),
            (Some(at), _) => (format!("{} of {of}", at + 1), false),
            (None, 0) => ("No match".to_owned(), true),
            (None, 1) => ("1 match".to_owned(), false),
            (None, _) => (format!("{of} matches"), false),
        }
    }
}

/// Where is searched.
fn scope(ui: &mut Ui, narrow: bool, everywhere: bool, out: &mut Vec<Do>) {
    let action = Action::FindEverywhere;
    let names = if narrow { ["This", "All"] } else { ["This document", "All documents"] };
    let tip = format!("Where is searched ({})", key_of(ui, action));
    let inner = ui.scope(|ui| segments(ui, "Search in", names, Some(names[usize::from(everywhere)]), false, false));
    inner.response.on_hover_text(tip);
    if let Some(Choice::Taken(chosen)) = inner.inner
        && (chosen == names[1]) != everywhere
    {
        out.push(Do::Run(action));
    }
}

/// A small button, or a switch that is on or off; `name` is what screen readers say.
pub fn toggle(ui: &mut Ui, text: &str, name: &str, on: Option<bool>) -> Response {
    let palette = Palette::current(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(HEIGHT, HEIGHT), Sense::click());
    response.widget_info(|| match on {
        Some(on) => WidgetInfo::selected(Role::Button, ui.is_enabled(), on, name),
        None => WidgetInfo::labeled(Role::Button, ui.is_enabled(), name),
    });
    let on = on == Some(true);
    let (fill, ink) = match (on, response.hovered()) {
        (true, _) => (palette.accent, palette.on_accent),
        (false, true) => (palette.hover, palette.ink),
        (false, false) => (Color32::TRANSPARENT, palette.ink),
    };
    let square = rect.shrink(1.0);
    ui.painter().rect_filled(square, RADIUS, fill);
    if response.has_focus() {
        ui.painter().rect_stroke(rect, RADIUS, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
    }
    let galley = ui.painter().layout_no_wrap(text.to_owned(), Face::Medium.size(size::BODY), ink);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, ink);
    response
}

/// Says which documents could not be searched.
pub fn unread(ui: &mut Ui, all: &Everywhere) {
    let [first, rest @ ..] = &all.unread[..] else { return };
    let more = if rest.is_empty() { String::new() } else { format!("; and {} more", rest.len()) };
    ui.horizontal(|ui| {
        ui.add_space(14.0);
        let palette = Palette::current(ui);
        let line = format!("Not searched: {}{more}", first.lines().next().unwrap_or_default());
        let label = egui::Label::new(RichText::new(line).size(size::SMALL).color(palette.error)).truncate();
        ui.add(label).on_hover_text(all.unread.iter().take(20).cloned().collect::<Vec<_>>().join("\n"));
    });
}
