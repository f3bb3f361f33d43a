//! The labels of a scheme and their attributes.

use super::{Asking, Entry, SchemeDialog, chooser, fault, line, lines, move_in, preview, small, small_if};
use crate::app::colours::OKABE_ITO;
use crate::app::fonts::Face;
use crate::app::theme::{Palette, size};
use crate::app::widgets::{self, card, combo, field, muted, named};
use crate::edit::draft::{DraftId, KindDraft, LabelDraft, Place, UNDERLINES};
use crate::model::scheme::Colour;
use crate::model::{LabelDef, Name, Underline};
use eframe::egui::{self, Color32, RichText, ScrollArea, Stroke, StrokeKind, Ui, vec2};

/// Width of the list, and of the preview.
const LIST: f32 = 200.0;
const PREVIEW: f32 = 280.0;
/// In a dialog narrower than this, in points, the preview stands below the form.
const WIDE: f32 = 940.0;

/// Draws list, form and preview side by side.
pub fn show(ui: &mut Ui, dialog: &mut SchemeDialog) {
    if !dialog.draft.labels.iter().any(|l| Some(l.id) == dialog.label) {
        dialog.label = dialog.draft.labels.first().map(|l| l.id);
    }
    let height = ui.available_height();
    let wide = ui.available_width() >= WIDE;
    let form = ui.available_width() - LIST - 20.0 - if wide { PREVIEW + 20.0 } else { 0.0 };
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 20.0;
        column(ui, LIST, height, |ui| list(ui, dialog));
        column(ui, form, height, |ui| {
            ScrollArea::vertical().id_salt("form").auto_shrink([false, false]).show(ui, |ui| {
                // Room for the ring around what has the focus.
                ui.set_width(ui.available_width() - 2.0);
                form_of(ui, dialog);
                if !wide {
                    ui.add_space(16.0);
                    preview_of(ui, dialog);
                }
            });
        });
        if wide {
            column(ui, PREVIEW, height, |ui| {
                let scroll = ScrollArea::vertical().id_salt("preview").auto_shrink([false, false]);
                scroll.show(ui, |ui| preview_of(ui, dialog));
            });
        }
    });
}

fn preview_of(ui: &mut Ui, dialog: &SchemeDialog) {
    let scheme = dialog.draft.scheme();
    let at = dialog.draft.labels.iter().position(|l| Some(l.id) == dialog.label);
    if let Some(label) = at.and_then(|at| scheme.labels.get(at)) {
        preview::show(ui, label, &scheme.labels);
    }
}

/// A column of a fixed width.
pub fn column(ui: &mut Ui, width: f32, height: f32, contents: impl FnOnce(&mut Ui)) {
    ui.allocate_ui_with_layout(vec2(width, height), egui::Layout::top_down(egui::Align::Min), |ui| {
        ui.set_width(width);
        ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
        contents(ui);
    });
}

fn list(ui: &mut Ui, dialog: &mut SchemeDialog) {
    let definitions: Vec<(DraftId, LabelDef)> = dialog.draft.labels.iter().map(|l| (l.id, l.definition())).collect();
    ui.horizontal(|ui| {
        let at = dialog.draft.labels.iter().position(|l| Some(l.id) == dialog.label);
        if small(ui, "Add", "Add label") {
            dialog.label = Some(dialog.draft.add_label(&OKABE_ITO.map(|(_, colour)| colour)));
        }
        if small(ui, "↑", "Move label up") {
            move_in(&mut dialog.draft.labels, at, true);
        }
        if small(ui, "↓", "Move label down") {
            move_in(&mut dialog.draft.labels, at, false);
        }
        if let Some(label) = at.map(|at| dialog.draft.labels[at].clone())
            && small_if(ui, "Delete", "Delete label", dialog.can_delete(label.was.is_none()))
        {
            let uses = dialog.usage().map(|u| u.label(&label)).unwrap_or_default();
            dialog.delete(Asking::Label(label.id, None), uses);
        }
    });
    ui.add_space(4.0);
    let height = ui.available_height();
    ui.allocate_ui(vec2(LIST, height), |ui| {
        let rows: Vec<_> = definitions.iter().map(|(id, label)| entry(*id, label)).collect();
        if let Some(id) = chooser(ui, "Label", &rows, dialog.label) {
            dialog.label = Some(id);
            dialog.asking = None;
        }
    });
}

fn entry(id: DraftId, label: &LabelDef) -> Entry<'_> {
    let text = if label.title.is_empty() { label.name.as_str() } else { label.title.as_str() };
    Entry { id, text, label: Some(label), key: label.key.map(String::from).unwrap_or_default(), quiet: !label.on }
}

fn form_of(ui: &mut Ui, dialog: &mut SchemeDialog) {
    let Some(at) = dialog.draft.labels.iter().position(|l| Some(l.id) == dialog.label) else {
        widgets::empty(ui, "No labels", "Add one on the left");
        return;
    };
    let label = dialog.draft.labels[at].clone();
    if let Some(Asking::Label(id, _)) = dialog.asking
        && id == label.id
    {
        let uses = dialog.usage().map(|u| u.label(&label)).unwrap_or_default();
        let others = dialog.draft.labels.iter().filter(|l| l.id != id && l.was.is_some());
        let others: Vec<_> = others.map(|l| (l.id, l.title.clone())).collect();
        dialog.question(ui, &format!("the label “{}”", label.title), uses, "annotation", &others);
    }
    let Some(label) = dialog.draft.labels.get_mut(at) else { return };
    let id = label.id;
    field(ui, "Title", |ui| line(ui, "Title", &mut label.title, f32::INFINITY));
    field(ui, "Name", |ui| {
        line(ui, "Name", &mut label.name, f32::INFINITY);
        fault(ui, &dialog.judged, Place::Name(id));
    });
    field(ui, "Key", |ui| {
        ui.horizontal(|ui| {
            line(ui, "Key", &mut label.key, 40.0);
            widgets::checkbox(ui, &mut label.on, "Offered");
        });
        fault(ui, &dialog.judged, Place::Key(id));
    });
    field(ui, "Colour", |ui| {
        colour(ui, label);
        fault(ui, &dialog.judged, Place::Colour(id));
    });
    field(ui, "Line", |ui| {
        let titles = UNDERLINES.iter().map(|(_, title)| *title);
        let current = title_of(label.underline);
        let names: Vec<Name> = titles.clone().map(Name::from).collect();
        // In a narrow window all of them beside each other would make the dialog wider than it is.
        if widgets::segments_width(ui, &names) > ui.available_width() {
            let all = || UNDERLINES.iter().map(|(line, title)| (*line, (*title).to_owned())).collect();
            let (_, chosen) = widgets::combo(ui, "Line", 160.0, current, Some(&label.underline), all);
            label.underline = chosen.unwrap_or(label.underline);
            return;
        }
        let chosen = widgets::segments(ui, "Line", titles, Some(current), false, false);
        let chosen = chosen.and_then(widgets::Choice::taken);
        if let Some((line, _)) = UNDERLINES.iter().find(|(_, title)| Some(*title) == chosen.as_deref()) {
            label.underline = *line;
        }
    });
    field(ui, "Description", |ui| lines(ui, "Description", &mut label.description));
    ui.add_space(12.0);
    attributes(ui, dialog, at);
}

fn title_of(underline: Underline) -> &'static str {
    UNDERLINES.iter().find(|(line, _)| *line == underline).map_or("", |(_, title)| title)
}

/// The eight colours that are told apart best, and any other.
fn colour(ui: &mut Ui, label: &mut LabelDraft) {
    let palette = Palette::current(ui);
    let current: Option<Colour> = label.colour.trim().parse().ok();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        for (name, colour) in OKABE_ITO {
            let (rect, response) = ui.allocate_exact_size(vec2(22.0, 26.0), egui::Sense::click());
            let on = current == Some(colour);
            response.widget_info(|| {
                egui::WidgetInfo::selected(egui::Role::RadioButton, true, on, format!("Colour: {name}"))
            });
            let Colour([r, g, b]) = colour;
            let square = egui::Rect::from_center_size(rect.center(), vec2(20.0, 20.0));
            ui.painter().rect_filled(square, 4, Color32::from_rgb(r, g, b));
            let (width, ring) = if on { (2.0, palette.accent) } else { (1.0, palette.line) };
            ui.painter().rect_stroke(square, 4, Stroke::new(width, ring), StrokeKind::Outside);
            widgets::focus_ring(ui, &response);
            if response.on_hover_text(name).clicked() {
                label.colour = colour.to_string();
            }
        }
        line(ui, "Colour, as # and six digits", &mut label.colour, 76.0);
        let mut picked = current.map_or([0, 0, 0], |Colour(rgb)| rgb);
        let response = ui.color_edit_button_srgb(&mut picked);
        named(ui, &response, "Pick any colour");
        if response.changed() {
            label.colour = Colour(picked).to_string();
        }
    });
}

fn attributes(ui: &mut Ui, dialog: &mut SchemeDialog, at: usize) {
    ui.horizontal(|ui| {
        ui.label(RichText::new("Attributes").font(Face::SemiBold.size(size::BODY)));
        if small(ui, "Add", "Add attribute") {
            let id = dialog.draft.labels[at].id;
            dialog.draft.add_attribute(id);
        }
    });
    ui.add_space(4.0);
    for n in 0..dialog.draft.labels[at].attributes.len() {
        card(ui, |ui| attribute(ui, dialog, at, n));
        ui.add_space(8.0);
        // It may have gone just now.
        if n + 1 >= dialog.draft.labels.get(at).map_or(0, |l| l.attributes.len()) {
            break;
        }
    }
}

fn attribute(ui: &mut Ui, dialog: &mut SchemeDialog, at: usize, n: usize) {
    let label = dialog.draft.labels[at].clone();
    let attribute = label.attributes[n].clone();
    // Not its name: that changes while one types.
    let of = |what: &str| format!("{what} of attribute {}", n + 1);
    let uses = dialog.usage().map(|u| u.attribute(&label, &attribute)).unwrap_or_default();
    if dialog.asking == Some(Asking::Attribute(attribute.id)) {
        dialog.question(ui, &format!("the attribute “{}”", attribute.title), uses, "value", &[]);
    }
    let is_here = |dialog: &SchemeDialog| {
        let now = dialog.draft.labels.get(at).and_then(|l| l.attributes.get(n));
        now.is_some_and(|a| a.id == attribute.id)
    };
    if !is_here(dialog) {
        return;
    }
    let now = &mut dialog.draft.labels[at].attributes[n];
    field(ui, "Title", |ui| line(ui, &of("Title"), &mut now.title, f32::INFINITY));
    field(ui, "Name", |ui| {
        line(ui, &of("Name"), &mut now.name, f32::INFINITY);
        fault(ui, &dialog.judged, Place::Name(attribute.id));
    });
    let changed = dialog.draft.kind_changed(attribute.id);
    let now = &mut dialog.draft.labels[at].attributes[n];
    field(ui, "Values", |ui| {
        let title = |kind: KindDraft| KindDraft::ALL.iter().find(|(k, _)| *k == kind).map_or("", |(_, title)| title);
        let all = || KindDraft::ALL.map(|(kind, title)| (kind, title.to_owned())).to_vec();
        let (_, chosen) = combo(ui, &of("Values"), 190.0, title(now.kind), Some(&now.kind), all);
        now.kind = chosen.unwrap_or(now.kind);
        if changed && uses.count > 0 {
            let text =
                format!("{} Values that do not fit are kept, and shown as problems.", super::in_words(uses, "value"));
            ui.label(RichText::new(text).size(size::SMALL).color(Palette::current(ui).error));
        }
    });
    if attribute.kind.has_options() {
        field(ui, "Options", |ui| options(ui, dialog, at, n));
    }
    if !is_here(dialog) {
        return;
    }
    let now = &mut dialog.draft.labels[at].attributes[n];
    field(ui, "Description", |ui| lines(ui, &of("Description"), &mut now.description));
    ui.horizontal(|ui| {
        let list = &mut dialog.draft.labels[at].attributes;
        if small(ui, "↑", &format!("Move {} up", attribute.name)) {
            move_in(list, Some(n), true);
        }
        if small(ui, "↓", &format!("Move {} down", attribute.name)) {
            move_in(list, Some(n), false);
        }
        let allowed = dialog.can_delete(attribute.was.is_none());
        if small_if(ui, "Delete", &format!("Delete {}", attribute.name), allowed) {
            dialog.delete(Asking::Attribute(attribute.id), uses);
        }
    });
}

fn options(ui: &mut Ui, dialog: &mut SchemeDialog, at: usize, n: usize) {
    let label = dialog.draft.labels[at].clone();
    let attribute = label.attributes[n].clone();
    let mut moved = None;
    for (o, option) in attribute.options.iter().enumerate() {
        let uses = dialog.usage().map(|u| u.option(&label, &attribute, option)).unwrap_or_default();
        if let Some(Asking::Option(id, _)) = dialog.asking
            && id == option.id
        {
            let others = attribute.options.iter().filter(|other| other.id != id && other.was.is_some());
            let others: Vec<_> = others.map(|other| (other.id, other.name.clone())).collect();
            dialog.question(ui, &format!("the option “{}”", option.name), uses, "value", &others);
        }
        ui.horizontal(|ui| {
            let now = &mut dialog.draft.labels[at].attributes[n];
            if let Some(now) = now.options.iter_mut().find(|now| now.id == option.id) {
                let name = format!("Option {} of attribute {}", o + 1, n + 1);
                // Room for three buttons: a row that is too wide would widen all below it.
                let width = (ui.available_width() - 118.0).max(60.0);
                line(ui, &name, &mut now.name, width);
            }
            if small(ui, "↑", &format!("Move option {} up", option.name)) {
                moved = Some((o, true));
            }
            if small(ui, "↓", &format!("Move option {} down", option.name)) {
                moved = Some((o, false));
            }
            let allowed = dialog.can_delete(option.was.is_none());
            if small_if(ui, "×", &format!("Delete option {}", option.name), allowed) {
                dialog.delete(Asking::Option(option.id, None), uses);
            }
        });
        fault(ui, &dialog.judged, Place::Name(option.id));
    }
    if let Some((o, up)) = moved {
        move_in(&mut dialog.draft.labels[at].attributes[n].options, Some(o), up);
    }
    if small(ui, "Add option", &format!("Add option to {}", attribute.name)) {
        dialog.draft.add_option(attribute.id);
    }
    if attribute.options.is_empty() {
        ui.label(muted(ui, "Nothing to choose from yet").size(size::SMALL));
    }
    fault(ui, &dialog.judged, Place::Options(attribute.id));
}
