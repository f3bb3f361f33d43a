//! Settings: what is chosen holds at once and is kept. There is nothing to confirm and nothing to cancel.

use super::{After, from_the_right, modal};
use crate::app::App;
use crate::app::actions::{Action, Chord, Row, TABLE};
use crate::app::fonts::Face;
use crate::app::keymap::Keymap;
use crate::app::tabs::{Title, tabs};
use crate::app::theme::{Palette, size};
use crate::app::widgets::{self, Choice, field, muted, named, segments};
use crate::personal::settings::{ArticleFont, COLUMNS, Settings, TEXT_SIZES, ThemeChoice};
use eframe::egui::{self, Key, RichText, Ui, vec2};
use std::ops::RangeInclusive;

/// Height of a row of the list of keys, in points.
const ROW: f32 = 32.0;
/// Height of what stands under the tabs, in points: the same for both, so that nothing jumps.
const HEIGHT: f32 = 440.0;

#[derive(Clone, Copy, PartialEq)]
enum Page {
    General,
    Keys,
}

/// The dialog.
pub struct SettingsDialog {
    page: Page,
    /// As typed; taken over when the field is left.
    annotator: String,
    families: Vec<String>,
    filter: String,
    asking: Option<Asking>,
    error: Option<String>,
}

/// What is being asked in a row of the list of keys.
enum Asking {
    /// For a key of this action.
    Key(Action),
    /// Whether this key of another action is to be taken.
    Take(Action, Chord, &'static Row),
}

/// What was done to the keys.
#[derive(Clone, Copy)]
enum Edit {
    Ask(Action),
    Cancel,
    Add(Action, Chord),
    Remove(Action, Chord),
    Reset(Action),
    ResetAll,
}

impl SettingsDialog {
    /// For these settings; `families` are the fonts that there are.
    pub fn new(settings: &Settings, families: Vec<String>) -> Self {
        let annotator = settings.annotator.clone();
        Self { page: Page::General, annotator, families, filter: String::new(), asking: None, error: None }
    }
}

impl App {
    pub(super) fn settings_dialog(&mut self, ctx: &egui::Context, dialog: &mut SettingsDialog) -> After {
        let before = self.settings.clone();
        let asked = dialog.asking.is_some();
        let mut edit = match &dialog.asking {
            Some(Asking::Key(action)) => {
                pressed(ctx).map(|chord| if chord == ESCAPE { Edit::Cancel } else { Edit::Add(*action, chord) })
            }
            _ => None,
        };
        let mut named = false;
        let (done, close) = modal(ctx, "settings", "Settings", 640.0, |ui| {
            tabs(
                ui,
                &mut dialog.page,
                &[(Page::General, Title::new("General")), (Page::Keys, Title::new("Keys"))],
                false,
            );
            ui.add_space(12.0);
            let room = HEIGHT.min(ui.ctx().content_rect().height() - 220.0);
            ui.allocate_ui(vec2(ui.available_width(), room), |ui| {
                ui.set_min_size(vec2(ui.available_width(), room));
                match dialog.page {
                    Page::General => named = general(ui, &mut self.settings, dialog),
                    Page::Keys => edit = edit.take().or(self.keys_page(ui, dialog)),
                }
            });
            if let Some(error) = &dialog.error {
                ui.label(RichText::new(error).color(Palette::current(ui).error));
            }
            ui.add_space(8.0);
            from_the_right(ui, |ui| widgets::primary(ui, "Done").clicked())
        });
        if self.settings != before {
            self.apply_settings(ctx);
        }
        if let Some(edit) = edit {
            self.edit_keys(dialog, edit);
        }
        // Escape answers the question about a key first.
        if close && asked {
            dialog.asking = None;
        }
        let leaving = (close && !asked) || done;
        let typed = dialog.annotator.trim();
        if (leaving || named) && !typed.is_empty() && typed != self.settings.annotator {
            let name = typed.to_owned();
            self.change_annotator(ctx, &name);
        }
        if leaving { After::Close } else { After::Stay }
    }

    fn edit_keys(&mut self, dialog: &mut SettingsDialog, edit: Edit) {
        dialog.error = None;
        let mut keymap = Keymap::clone(&self.keymap);
        let with = |keymap: &Keymap, action: Action, chord: Chord| {
            let mut chords = keymap.chords(action).to_vec();
            chords.retain(|c| *c != chord);
            chords.push(chord);
            chords
        };
        let taking = match dialog.asking.take() {
            Some(Asking::Take(action, chord, _)) => Some((action, chord)),
            _ => None,
        };
        match edit {
            Edit::Ask(action) => {
                dialog.asking = Some(Asking::Key(action));
                return;
            }
            Edit::Cancel => return,
            Edit::Add(_, chord) if Keymap::is_reserved(chord) => {
                dialog.error = Some(format!("{chord} belongs to fields, which cut and paste with it"));
                return;
            }
            Edit::Add(action, chord) => {
                let holder = keymap.holder(chord).filter(|row| row.action != action);
                // Asked once, it is taken.
                if let Some(row) = holder.filter(|_| taking != Some((action, chord))) {
                    dialog.asking = Some(Asking::Take(action, chord, row));
                    return;
                }
                keymap.set(action, with(&keymap, action, chord));
            }
            Edit::Remove(action, chord) => {
                let chords = keymap.chords(action).iter().copied().filter(|c| *c != chord).collect();
                keymap.set(action, chords);
            }
            Edit::Reset(action) => {
                let row = crate::app::actions::row(action);
                keymap.set(action, row.into_iter().flat_map(Row::chords).collect());
            }
            Edit::ResetAll => keymap = Keymap::default(),
        }
        dialog.error = self.change_keys(keymap).err();
    }

    fn keys_page(&self, ui: &mut Ui, dialog: &mut SettingsDialog) -> Option<Edit> {
        let mut edit = None;
        ui.horizontal(|ui| {
            // As far as the rows below reach, beside which the list scrolls.
            ui.set_max_width(ui.available_width() - ui.spacing().scroll.allocated_width());
            ui.set_min_height(30.0);
            let field = egui::TextEdit::singleline(&mut dialog.filter).hint_text("Find an action or a key");
            let reset = "Reset all keys";
            let button = widgets::button_width(ui, reset, Face::Medium, widgets::AIR) + ui.spacing().item_spacing.x;
            let room = ui.available_width() - button;
            let response = ui.add(field.desired_width(room).margin(egui::Margin::symmetric(8, 5)));
            named(ui, &response, "Find an action or a key");
            let differs = TABLE.iter().any(|row| self.keymap.differs(row.action));
            if ui.add_enabled_ui(differs, |ui| widgets::button(ui, reset)).inner.clicked() {
                edit = Some(Edit::ResetAll);
            }
        });
        for problem in &self.key_problems {
            let text = RichText::new(problem).size(size::SMALL).color(Palette::current(ui).error);
            ui.add(egui::Label::new(text).wrap().selectable(true));
        }
        ui.add_space(8.0);
        let filter = dialog.filter.to_lowercase();
        let fits = |row: &&Row| {
            let keys = self.keymap.chords(row.action).iter().any(|c| c.to_string().to_lowercase().contains(&filter));
            keys || row.title.to_lowercase().contains(&filter)
        };
        let rows: Vec<&Row> = TABLE.iter().filter(fits).collect();
        if rows.is_empty() {
            ui.label(muted(ui, "No action has this title or key"));
        }
        let height = ui.available_height();
        let scroll = egui::ScrollArea::vertical().auto_shrink([false, false]).max_height(height);
        scroll.show_rows(ui, ROW, rows.len(), |ui, range| {
            for row in &rows[range] {
                edit = edit.take().or(self.key_row(ui, row, dialog.asking.as_ref()));
            }
        });
        edit
    }

    fn key_row(&self, ui: &mut Ui, row: &Row, asking: Option<&Asking>) -> Option<Edit> {
        let action = row.action;
        let title = row.title.trim_end_matches('…');
        let palette = Palette::current(ui);
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), egui::Sense::empty());
        let centred = egui::Layout::left_to_right(egui::Align::Center);
        let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(rect).layout(centred).id_salt(row.title));
        let (rect, _) = ui.allocate_exact_size(vec2(190.0, ROW), egui::Sense::empty());
        let mut left = ui.new_child(egui::UiBuilder::new().max_rect(rect).layout(centred));
        widgets::truncated(&mut left, RichText::new(title)).on_hover_text(row.help);
        let quiet = |ui: &mut Ui, text: &str, name: String| {
            let response = ui.add(egui::Button::new(RichText::new(text).size(size::SMALL)));
            named(ui, &response, &name);
            response.clicked()
        };
        match asking {
            Some(Asking::Key(asked)) if *asked == action => {
                ui.label(RichText::new("Press a key… Esc leaves it as it is").color(palette.accent));
                return None;
            }
            Some(Asking::Take(asked, chord, other)) if *asked == action => {
                let other = other.title.trim_end_matches('…');
                ui.label(RichText::new(format!("{chord} — already: {other}")).color(palette.error));
                if quiet(&mut ui, "Use it here", format!("Use {chord} for {title}")) {
                    return Some(Edit::Add(action, *chord));
                }
                let leave = quiet(&mut ui, "Leave it", format!("Leave {chord} to {other}"));
                return leave.then_some(Edit::Cancel);
            }
            _ => {}
        }
        let mut edit = None;
        for chord in self.keymap.chords(action) {
            let label = chord.types().and_then(|c| self.label_with_key(c));
            let ink = if label.is_some() { palette.muted } else { palette.ink };
            let text = RichText::new(format!("{chord}  ×")).font(Face::Sans.size(size::SMALL)).color(ink);
            let response = ui.add(egui::Button::new(text).corner_radius(4).fill(palette.panel));
            named(&ui, &response, &format!("Take {chord} from {title}"));
            let tip = label.map(|label| format!("In the text, this key gives the label “{label}”"));
            let tip = tip.unwrap_or_else(|| format!("Take this key from “{title}”"));
            if response.on_hover_text(tip).clicked() {
                edit = Some(Edit::Remove(action, *chord));
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if quiet(ui, "Add key", format!("Add key to {title}")) {
                edit = Some(Edit::Ask(action));
            }
            if self.keymap.differs(action) && quiet(ui, "Reset", format!("Reset {title}")) {
                edit = Some(Edit::Reset(action));
            }
        });
        edit
    }

    fn label_with_key(&self, key: char) -> Option<&str> {
        let scheme = &self.session.as_ref()?.project().scheme;
        scheme.label_of_key(key).map(|label| label.title.as_str())
    }
}

/// Leaves the keys as they are.
const ESCAPE: Chord = Chord { ctrl: false, shift: false, alt: false, key: Key::Escape };

/// The key that is pressed, taken from everybody else.
fn pressed(ctx: &egui::Context) -> Option<Chord> {
    let events = ctx.input_mut(|input| std::mem::take(&mut input.events));
    let is_modifier = |key: Key| {
        let name = key.name();
        ["Shift", "Control", "Alt", "Super"].iter().any(|m| name.strip_prefix(m).is_some_and(|side| !side.is_empty()))
    };
    let mut found = None;
    let mut rest = Vec::new();
    for event in events {
        let ctrl = |key| Some(Chord::pressed(key, egui::Modifiers::COMMAND));
        let this = match &event {
            egui::Event::Copy => ctrl(Key::C),
            egui::Event::Cut => ctrl(Key::X),
            egui::Event::Paste(_) => ctrl(Key::V),
            egui::Event::Key { key, pressed: true, modifiers, .. } if !is_modifier(*key) => {
                Some(Chord::pressed(*key, *modifiers))
            }
            egui::Event::Key { .. } | egui::Event::Text(_) => continue,
            _ => {
                rest.push(event);
                continue;
            }
        };
        found = found.or(this);
    }
    ctx.input_mut(|input| input.events = rest);
    found
}

/// Draws the page; returns whether the name of the annotator is to be taken over.
fn general(ui: &mut Ui, settings: &mut Settings, dialog: &mut SettingsDialog) -> bool {
    let gap = |ui: &mut Ui| ui.add_space(8.0);
    ui.label(RichText::new("Appearance").font(Face::SemiBold.size(size::BODY)));
    gap(ui);
    let themes = [("system", ThemeChoice::System), ("paper", ThemeChoice::Light), ("slate", ThemeChoice::Dark)];
    field(ui, "Theme", |ui| choose(ui, "Theme", &themes, &mut settings.theme));
    gap(ui);
    field(ui, "Motion", |ui| {
        let response = widgets::checkbox(ui, &mut settings.reduced_motion, "Reduce motion");
        response.on_hover_text("No animations and no blinking caret, also where the system has them");
    });
    ui.add_space(16.0);
    ui.label(RichText::new("Article").font(Face::SemiBold.size(size::BODY)));
    gap(ui);
    field(ui, "Text size", |ui| slider(ui, "Text size", &mut settings.text_size, TEXT_SIZES, 1.0));
    gap(ui);
    field(ui, "Column width", |ui| slider(ui, "Column width", &mut settings.column, COLUMNS, 20.0));
    gap(ui);
    field(ui, "Font", |ui| {
        let name = |font: &ArticleFont| match font {
            ArticleFont::Serif => "Byline Serif".to_owned(),
            ArticleFont::Sans => "Inter".to_owned(),
            ArticleFont::System(name) => name.clone(),
        };
        let shown = name(&settings.font);
        let missing = matches!(&settings.font, ArticleFont::System(name) if !dialog.families.contains(name));
        let (_, chosen) = widgets::combo(ui, "Font", 260.0, &shown, Some(&settings.font), || {
            let mut all = [ArticleFont::Serif, ArticleFont::Sans].map(|font| (font.clone(), name(&font))).to_vec();
            let others = dialog.families.iter().filter(|family| all.iter().all(|(_, title)| title != *family));
            let others: Vec<_> = others.map(|f| (ArticleFont::System(f.clone()), f.clone())).collect();
            all.extend(others);
            all
        });
        if let Some(chosen) = chosen {
            settings.font = chosen;
        }
        if missing {
            let text = "This font is not on this computer; Byline Serif stands in for it.";
            ui.label(RichText::new(text).size(size::SMALL).color(Palette::current(ui).error));
        }
    });
    gap(ui);
    field(ui, "Selecting", |ui| {
        let response = widgets::checkbox(ui, &mut settings.snap, "Snap to whole words");
        response.on_hover_text("What is dragged over with the mouse; Alt turns it round");
    });
    ui.add_space(16.0);
    ui.label(RichText::new("Annotator").font(Face::SemiBold.size(size::BODY)));
    gap(ui);
    field(ui, "Name", |ui| {
        let edit = egui::TextEdit::singleline(&mut dialog.annotator).desired_width(260.0);
        let response = ui.add(edit.margin(egui::Margin::symmetric(8, 5)));
        named(ui, &response, "Name of the annotator");
        ui.label(
            muted(ui, "Whose annotations are shown and made. The name is a folder of each project.").size(size::SMALL),
        );
        response.lost_focus()
    })
}

fn choose<T: Copy + PartialEq>(ui: &mut Ui, name: &str, options: &[(&str, T)], current: &mut T) {
    let on = options.iter().find(|(_, value)| value == current).map(|(title, _)| *title);
    let chosen = segments(ui, name, options.iter().map(|(title, _)| *title), on, false, false);
    let chosen = chosen.and_then(Choice::taken);
    if let Some((_, value)) = options.iter().find(|(title, _)| Some(*title) == chosen.as_deref()) {
        *current = *value;
    }
}

fn slider(ui: &mut Ui, name: &str, value: &mut f32, range: RangeInclusive<f32>, step: f64) {
    let palette = Palette::current(ui);
    ui.scope(|ui| {
        ui.spacing_mut().slider_width = 260.0;
        ui.spacing_mut().slider_rail_height = 4.0;
        ui.visuals_mut().selection.bg_fill = palette.accent;
        let widgets = &mut ui.visuals_mut().widgets;
        for widget in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
            (widget.bg_fill, widget.fg_stroke.color) = (palette.line, palette.accent);
            widget.fg_stroke.width = 2.0;
        }
        let slider = egui::Slider::new(value, range).step_by(step).suffix(" pt").fixed_decimals(0);
        let response = ui.add(slider.trailing_fill(true).handle_shape(egui::style::HandleShape::Circle));
        named(ui, &response, name);
    });
}
