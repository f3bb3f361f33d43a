//! Dialogs of a few lines: messages, the annotator's name, the kind of a link, the status of documents.

use super::{After, buttons, modal};
use crate::app::App;
use crate::app::panels::Do;
use crate::app::panels::documents::{STATUSES, status_title};
use crate::app::widgets::muted;
use crate::model::{AnnotationId, DocumentId, Name};
use eframe::egui::{self, Key, RichText};

/// Something to read.
pub fn message(ctx: &egui::Context, title: &str, text: &str) -> After {
    let (pressed, close) = modal(ctx, "message", title, 520.0, |ui| {
        egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            let shown = RichText::new(text);
            // Messages about files show the line with a marker under it: that needs letters of one width.
            let shown = if text.contains('|') { shown.monospace() } else { shown };
            ui.add(egui::Label::new(shown).wrap().selectable(true));
        });
        buttons(ui, &["Close"], true)
    });
    if close || pressed.is_some() { After::Close } else { After::Stay }
}

/// One of a few things; digits choose. Returns which, and whether the dialog goes.
fn choose(ctx: &egui::Context, name: &str, title: &str, things: &[String]) -> (Option<usize>, After) {
    let (chosen, close) = modal(ctx, name, title, 300.0, |ui| {
        let mut chosen = None;
        for (n, thing) in things.iter().enumerate() {
            let key =
                [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9]
                    .get(n);
            let button = egui::Button::new(thing.as_str()).shortcut_text((n + 1).to_string());
            let response = ui.add(button.min_size(egui::vec2(ui.available_width(), 30.0)));
            if n == 0 && ui.memory(|m| m.focused().is_none()) {
                response.request_focus();
            }
            crate::app::widgets::focus_ring(ui, &response);
            if response.clicked() || key.is_some_and(|key| ui.input(|i| i.key_pressed(*key))) {
                chosen = Some(n);
            }
        }
        chosen
    });
    (chosen, if close || chosen.is_some() { After::Close } else { After::Stay })
}

/// Which of several link kinds.
pub fn link_kind(
    ctx: &egui::Context,
    choices: &[(String, Name, AnnotationId, AnnotationId)],
    out: &mut Vec<Do>,
) -> After {
    let titles: Vec<_> = choices.iter().map(|(title, ..)| title.clone()).collect();
    let (chosen, after) = choose(ctx, "link", "Which link?", &titles);
    if let Some((_, kind, from, to)) = chosen.and_then(|n| choices.get(n)) {
        out.push(Do::Link(kind.clone(), *from, *to));
    }
    after
}

/// The status of documents.
pub fn status(ctx: &egui::Context, documents: &[DocumentId], out: &mut Vec<Do>) -> After {
    let title = match documents.len() {
        1 => "How far is this document?".to_owned(),
        n => format!("How far are these {n} documents?"),
    };
    let (chosen, after) = choose(ctx, "status", &title, &STATUSES.map(status_title));
    if let Some(status) = chosen.and_then(|n| STATUSES.get(n)) {
        out.push(Do::Status(documents.to_vec(), *status));
    }
    after
}

impl App {
    pub(super) fn annotator_dialog(&mut self, ctx: &egui::Context, name: &mut String) -> After {
        let known = self.session.as_ref().map(|s| s.folder().all_annotators().unwrap_or_default()).unwrap_or_default();
        let (pressed, close) = modal(ctx, "annotator", "Who annotates?", 360.0, |ui| {
            ui.label(muted(ui, "Each annotator has layers of their own. The name is a folder of the project."));
            ui.add_space(8.0);
            let edit =
                egui::TextEdit::singleline(name).desired_width(f32::INFINITY).margin(egui::Margin::symmetric(8, 6));
            let response = ui.add(edit);
            crate::app::widgets::named(ui, &response, "Annotator");
            if !ui.memory(|m| m.has_focus(response.id)) {
                response.request_focus();
            }
            ui.horizontal_wrapped(|ui| {
                for other in &known {
                    if ui.small_button(other.as_str()).clicked() {
                        name.clear();
                        name.push_str(other);
                    }
                }
            });
            buttons(ui, &["Cancel", "Use this name"], !name.trim().is_empty())
        });
        if pressed == Some(1) {
            let name = name.trim().to_owned();
            self.change_annotator(ctx, &name);
        }
        if close || pressed.is_some() { After::Close } else { After::Stay }
    }
}
