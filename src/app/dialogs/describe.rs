//! What is known of a document: title, metadata, direction.

use super::{After, buttons, modal};
use crate::app::App;
use crate::app::theme::Palette;
use crate::app::widgets::{Choice, field, segments, select_all};
use crate::edit::documents;
use crate::model::{Direction, Document};
use crate::session::Session;
use eframe::egui::{self, RichText};

/// What was typed.
pub struct Describe {
    document: Document,
    author: String,
    source: String,
    url: String,
    date: String,
    language: String,
    /// Whether the first field has had the focus.
    begun: bool,
}

impl Describe {
    /// What is known now.
    pub fn new(document: &Document) -> Self {
        let m = &document.metadata;
        Self {
            author: m.author.clone().unwrap_or_default(),
            source: m.source.clone().unwrap_or_default(),
            url: m.url.clone().unwrap_or_default(),
            date: m.date.map(|d| d.to_string()).unwrap_or_default(),
            language: m.language.clone().unwrap_or_default(),
            document: document.clone(),
            begun: false,
        }
    }

    fn described(&self) -> Option<Document> {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
        let mut document = self.document.clone();
        document.metadata.author = some(&self.author);
        document.metadata.source = some(&self.source);
        document.metadata.url = some(&self.url);
        document.metadata.language = some(&self.language);
        document.metadata.date = match self.date.trim() {
            "" => None,
            date => Some(date.parse().ok()?),
        };
        (!document.title.trim().is_empty()).then_some(document)
    }
}

impl App {
    pub(super) fn describe_dialog(&mut self, ctx: &egui::Context, describe: &mut Describe) -> After {
        let (pressed, close) = modal(ctx, "describe", "Describe document", 480.0, |ui| {
            let palette = Palette::current(ui);
            let begun = &mut describe.begun;
            let mut line = |ui: &mut egui::Ui, name: &str, text: &mut String| {
                field(ui, name, |ui| {
                    let edit = egui::TextEdit::singleline(text).desired_width(f32::INFINITY);
                    let response = ui.add(edit.margin(egui::Margin::symmetric(8, 5)));
                    crate::app::widgets::named(ui, &response, name);
                    if !std::mem::replace(begun, true) {
                        select_all(ui, &response, text);
                    }
                });
                ui.add_space(4.0);
            };
            line(ui, "Title", &mut describe.document.title);
            line(ui, "Author", &mut describe.author);
            line(ui, "Source", &mut describe.source);
            line(ui, "Address", &mut describe.url);
            line(ui, "Date", &mut describe.date);
            line(ui, "Language", &mut describe.language);
            field(ui, "Direction", |ui| {
                let names = [
                    ("auto", Direction::Auto),
                    ("left to right", Direction::LeftToRight),
                    ("right to left", Direction::RightToLeft),
                ];
                let current = names.iter().find(|(_, d)| *d == describe.document.direction).map(|(name, _)| *name);
                let chosen = segments(ui, "Direction", names.iter().map(|(name, _)| *name), current, false, false);
                if let Some(Choice::Taken(chosen)) = chosen {
                    let direction = names.iter().find(|(name, _)| *name == chosen).map(|(_, d)| *d);
                    describe.document.direction = direction.unwrap_or_default();
                }
            });
            let ready = describe.described().is_some();
            if !ready {
                let text = "a document needs a title; a date is written 2023-09-29";
                ui.label(RichText::new(text).color(palette.error));
            }
            buttons(ui, &["Cancel", "Keep"], ready)
        });
        if let (Some(1), Some(document), Some(session)) = (pressed, describe.described(), &mut self.session) {
            let result = documents::describe(session.state(), document, &Session::stamp());
            if let Ok(change) = result {
                let applied = session.apply(change.clone()).map(|()| change);
                self.after_edit(applied);
            }
        }
        if close || pressed.is_some() { After::Close } else { After::Stay }
    }
}
