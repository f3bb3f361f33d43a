//! The kinds of links of a scheme.

use super::labels::column;
use super::{Asking, Entry, SchemeDialog, chooser, fault, line, lines, move_in, small, small_if};
use crate::app::theme::size;
use crate::app::widgets::{self, field, muted};
use crate::edit::draft::{DraftId, Place};
use eframe::egui::{ScrollArea, Ui, vec2};

/// Width of the list.
const LIST: f32 = 200.0;

/// Draws list and form side by side.
pub fn show(ui: &mut Ui, dialog: &mut SchemeDialog) {
    if !dialog.draft.links.iter().any(|l| Some(l.id) == dialog.link) {
        dialog.link = dialog.draft.links.first().map(|l| l.id);
    }
    let height = ui.available_height();
    let form = (ui.available_width() - LIST - 20.0).min(620.0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 20.0;
        column(ui, LIST, height, |ui| list(ui, dialog));
        column(ui, form, height, |ui| {
            ScrollArea::vertical().id_salt("link form").auto_shrink([false, false]).show(ui, |ui| {
                // Room for the ring around what has the focus.
                ui.set_width(ui.available_width() - 2.0);
                form_of(ui, dialog);
            });
        });
    });
}

fn list(ui: &mut Ui, dialog: &mut SchemeDialog) {
    ui.horizontal(|ui| {
        let at = dialog.draft.links.iter().position(|l| Some(l.id) == dialog.link);
        if small(ui, "Add", "Add link kind") {
            dialog.link = Some(dialog.draft.add_link());
        }
        if small(ui, "↑", "Move link kind up") {
            move_in(&mut dialog.draft.links, at, true);
        }
        if small(ui, "↓", "Move link kind down") {
            move_in(&mut dialog.draft.links, at, false);
        }
        if let Some(link) = at.map(|at| dialog.draft.links[at].clone())
            && small_if(ui, "Delete", "Delete link kind", dialog.can_delete(link.was.is_none()))
        {
            let uses = dialog.usage().map(|u| u.link(&link)).unwrap_or_default();
            dialog.delete(Asking::Link(link.id), uses);
        }
    });
    ui.add_space(4.0);
    let names: Vec<(DraftId, String)> = dialog.draft.links.iter().map(|l| (l.id, l.title.clone())).collect();
    let rows: Vec<_> =
        names.iter().map(|(id, text)| Entry { id: *id, text, label: None, key: String::new(), quiet: false }).collect();
    let height = ui.available_height();
    ui.allocate_ui(vec2(LIST, height), |ui| {
        if let Some(id) = chooser(ui, "Link kind", &rows, dialog.link) {
            dialog.link = Some(id);
            dialog.asking = None;
        }
    });
}

fn form_of(ui: &mut Ui, dialog: &mut SchemeDialog) {
    let Some(at) = dialog.draft.links.iter().position(|l| Some(l.id) == dialog.link) else {
        widgets::empty(ui, "No link kinds", "Add one on the left");
        return;
    };
    let link = dialog.draft.links[at].clone();
    if dialog.asking == Some(Asking::Link(link.id)) {
        let uses = dialog.usage().map(|u| u.link(&link)).unwrap_or_default();
        dialog.question(ui, &format!("the link kind “{}”", link.title), uses, "link", &[]);
    }
    let labels: Vec<(DraftId, String)> = dialog.draft.labels.iter().map(|l| (l.id, l.title.clone())).collect();
    let Some(now) = dialog.draft.links.get_mut(at).filter(|now| now.id == link.id) else { return };
    field(ui, "Title", |ui| line(ui, "Title", &mut now.title, f32::INFINITY));
    field(ui, "Inverse", |ui| {
        line(ui, "Inverse", &mut now.inverse, f32::INFINITY);
        ui.label(muted(ui, "As shown at the annotation to which it points: “said by”").size(size::SMALL));
    });
    field(ui, "Name", |ui| {
        line(ui, "Name", &mut now.name, f32::INFINITY);
        fault(ui, &dialog.judged, Place::Name(link.id));
    });
    let now = &mut dialog.draft.links[at];
    field(ui, "From", |ui| ends(ui, "From", &labels, &mut now.from));
    field(ui, "To", |ui| {
        ends(ui, "To", &labels, &mut now.to);
        fault(ui, &dialog.judged, Place::Ends(link.id));
    });
    let now = &mut dialog.draft.links[at];
    field(ui, "Direction", |ui| widgets::checkbox(ui, &mut now.symmetric, "Both directions mean the same"));
    field(ui, "Description", |ui| lines(ui, "Description", &mut now.description));
}

/// Any number of labels.
fn ends(ui: &mut Ui, name: &str, labels: &[(DraftId, String)], chosen: &mut Vec<DraftId>) {
    ui.horizontal_wrapped(|ui| {
        for (id, title) in labels {
            let mut on = chosen.contains(id);
            let response = widgets::checkbox(ui, &mut on, title);
            widgets::named(ui, &response, &format!("{name} {title}"));
            if response.changed() && on {
                chosen.push(*id);
            } else if response.changed() {
                chosen.retain(|other| other != id);
            }
        }
    });
}
