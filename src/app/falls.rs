//! When Byline itself is at fault: the part of the window that fell over says so in its place, and the rest goes on.
//!
//! What draws a part reads the session and changes only what that part remembers, which is thrown away if it falls: so
//! nothing half done is ever seen. What changes the session (commands, dialogs) is not guarded: there the program ends,
//! and what was done is in the journal. Elsewhere: the boundary itself, and what is written down (`crash`).

use super::App;
use super::actions::Action;
use super::dialogs::Dialog;
use super::fonts::Face;
use super::panels::Do;
use super::panels::documents::Documents;
use super::panels::doubts::Doubts;
use super::panels::right::Right;
use super::text_view::TextView;
use super::theme::{Palette, size};
use super::widgets;
use super::worker::Fallen;
use crate::crash::Fall;
use crate::model::DocumentId;
use crate::session::Session;
use eframe::egui::{self, RichText, ScrollArea, Ui};

/// A part of the window that can fall over by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// The article.
    Page,
    /// The documents.
    Left,
    /// The annotation, the lists.
    Right,
    /// What is found.
    Find,
}

/// What fell over and was not tried again yet.
#[derive(Default)]
pub struct Falls {
    /// With the document that was open.
    pub page: Option<(Option<DocumentId>, Fall)>,
    /// Of the panel on the left.
    pub left: Option<Fall>,
    /// Of the panel on the right.
    pub right: Option<Fall>,
    /// The part that is to fall over when it is drawn next.
    provoked: Option<Part>,
}

impl Falls {
    /// For tests: falls over if that was asked for.
    ///
    /// # Panics
    /// That is what it is for.
    pub fn pass(&mut self, part: Part) {
        assert!(self.provoked.take_if(|provoked| *provoked == part).is_none(), "provoked by a test");
    }
}

impl App {
    /// For tests: a part of the window falls over when it is drawn next.
    #[doc(hidden)]
    pub fn provoke_fall(&mut self, part: Part) {
        self.falls.provoked = Some(part);
    }

    /// For tests: a worker falls over.
    #[doc(hidden)]
    pub fn provoke_fall_of_worker(&mut self, ctx: &egui::Context) {
        self.workers.start(ctx, "Counting the hours", |progress| {
            assert!(progress.is_cancelled(), "provoked by a test");
            super::jobs::Done::Nothing
        });
    }

    /// Throws away what a part remembered that fell over; what it shows instead is drawn in the next frame.
    pub(super) fn fell(&mut self, ctx: &egui::Context, part: Part, fall: Fall) {
        match part {
            Part::Page => {
                let document = self.session.as_ref().and_then(Session::current).map(|document| document.id.clone());
                self.leave_document(ctx);
                self.falls.page = Some((document, fall));
            }
            Part::Left => {
                (self.documents, self.doubts) = (Documents::default(), Doubts::default());
                self.falls.left = Some(fall);
            }
            Part::Right => {
                self.right = Right::default();
                self.falls.right = Some(fall);
            }
            Part::Find => {
                self.find.close();
                self.complain(told("What is found cannot be shown", &fall));
            }
        }
        ctx.request_repaint();
    }

    /// No document is open any more, and the view is a new one.
    fn leave_document(&mut self, ctx: &egui::Context) {
        if let Some(session) = &mut self.session {
            session.leave();
        }
        self.view = TextView::default();
        self.selected = None;
        self.linking = None;
        self.brush = None;
        self.adding = None;
        self.reading = false;
        self.find.close();
        self.apply_settings(ctx);
    }

    /// A worker did not come back.
    pub(super) fn worker_fell(&mut self, Fallen { what, fall }: Fallen) {
        self.awaited = None;
        let title =
            if what.is_empty() { "Something did not work".to_owned() } else { format!("“{what}” did not work") };
        // So the searches are called.
        if what.is_empty() || what == "Finding" {
            self.find.close();
        }
        // These wait for a worker, which will not come.
        let waits = |dialog: &Dialog| {
            matches!(dialog, Dialog::Export(_) | Dialog::Import(_) | Dialog::Same(_) | Dialog::Scheme(_))
        };
        if self.dialog.as_ref().is_some_and(waits) {
            self.dialog = Some(Dialog::message(title, told("Nothing of the project was changed", &fall)));
        } else {
            self.complain(told(&title, &fall));
        }
    }

    /// In place of the page: what happened, that the work is safe, what can be done.
    pub(super) fn fallen_page(&self, ui: &mut Ui, out: &mut Vec<Do>) {
        let Some((document, fall)) = &self.falls.page else { return };
        let title = document.as_ref().and_then(|id| self.session.as_ref()?.project().document(id));
        let title = title.map_or("This document", |document| document.title.as_str());
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.add_space((ui.available_height() * 0.2).max(16.0));
            ui.vertical_centered(|ui| {
                ui.set_max_width(460.0);
                widgets::card(ui, |ui| {
                    ui.set_width(ui.available_width());
                    ui.with_layout(egui::Layout::top_down(egui::Align::Min), |ui| {
                        let text = format!("“{title}” cannot be shown");
                        ui.label(RichText::new(text).font(Face::SemiBold.size(size::TITLE)));
                        ui.add_space(8.0);
                        what_happened(ui, fall);
                        ui.add_space(12.0);
                        ui.horizontal_wrapped(|ui| {
                            if let Some(id) = document
                                && widgets::primary(ui, "Try again").clicked()
                            {
                                out.push(Do::OpenDocument(id.clone()));
                            }
                            if widgets::button(ui, "Open another document…").clicked() {
                                out.push(Do::Run(Action::JumpToDocument));
                            }
                        });
                    });
                });
            });
        });
    }
}

/// In place of a side panel; returns whether to try again.
pub fn fallen_side(ui: &mut Ui, fall: &Fall) -> bool {
    let mut again = false;
    egui::Frame::new().inner_margin(12).show(ui, |ui| {
        widgets::card(ui, |ui| {
            ui.label(RichText::new("This panel cannot be shown").font(Face::SemiBold.size(size::BODY)));
            ui.add_space(4.0);
            what_happened(ui, fall);
            ui.add_space(8.0);
            again = widgets::button(ui, "Try again").clicked();
        });
    });
    again
}

fn what_happened(ui: &mut Ui, fall: &Fall) {
    ui.add(egui::Label::new("A fault in Byline itself. Your work is safe: nothing was changed.").wrap());
    ui.add_space(8.0);
    let small = |text: String| RichText::new(text).size(size::SMALL);
    let muted = Palette::current(ui).muted;
    ui.add(egui::Label::new(small(fall.to_string())).wrap().selectable(true));
    if let Some(file) = &fall.file {
        let text = format!("Written down in `{}`: please send it with a word on what you did.", file.display());
        ui.add(egui::Label::new(small(text).color(muted)).wrap().selectable(true));
    }
}

/// A fall as a message.
fn told(what: &str, fall: &Fall) -> String {
    let file = fall.file.as_ref().map(|file| format!("; it is written down in `{}`", file.display()));
    format!("{what}: a fault in Byline itself, {fall}\nhelp: your work is safe{}", file.unwrap_or_default())
}
