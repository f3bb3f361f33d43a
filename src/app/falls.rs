//! When Byline itself is at fault: the part of the window that fell over says so in its place, and the rest goes on.
//!
//! What draws a part reads the session and changes only what that part remembers, which is thrown away if it falls: so
//! nothing half done is ever seen. Where something falls that changes the session (commands, dialogs), nothing in memory
//! is trusted any more: the session goes, which writes only what it had handed over before, and the project is opened
//! again from its files and the journal, which has everything that was done. Where that falls again at once the project
//! is closed, and then the program ends. Elsewhere: the boundary itself, and what is written down (`crash`).

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
use super::worker::{Fallen, Workers};
use super::{App, Closing};
use crate::crash::{self, Fall};
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
    /// Not drawn: something that is done.
    Command,
}

/// What falls within so many frames after the last fall has the same cause.
const SOON: u32 = 20;

/// What fell over and was not tried again yet.
#[derive(Default)]
pub struct Falls {
    /// With the document that was open.
    pub page: Option<(Option<DocumentId>, Fall)>,
    /// Of the panel on the left.
    pub left: Option<Fall>,
    /// Of the panel on the right.
    pub right: Option<Fall>,
    /// The document that could not be read when it was to be opened last.
    pub unreadable: Option<DocumentId>,
    /// Frames with an open document since something fell that changes the session; `None` if nothing ever did.
    since: Option<u32>,
    /// The part that is to fall over when it is drawn next.
    provoked: Option<Part>,
}

impl Falls {
    /// For another session.
    pub fn anew(&mut self) {
        *self = Self { since: self.since, ..Self::default() };
    }

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

    /// Draws a frame and does what the person asked for in it. A fault of the program that ends nowhere else ends here.
    pub fn frame(&mut self, ui: &mut Ui) {
        match crash::caught(|| self.one_frame(ui)) {
            // While it is being opened again nothing was tried yet.
            Ok(()) if self.session.is_none() || self.awaited.is_some() => {}
            Ok(()) => self.falls.since = self.falls.since.map(|since| since.saturating_add(1)),
            Err(fall) => self.start_over(ui.ctx(), &fall),
        }
    }

    /// Something fell that changes the session: it is made anew of what is on disk.
    ///
    /// # Panics
    /// Where that was done already and did not help: then the program ends.
    fn start_over(&mut self, ctx: &egui::Context, fall: &Fall) {
        let soon = self.falls.since.is_some_and(|since| since < SOON);
        let open =
            self.session.as_ref().map(|session| (session.folder().path().to_owned(), session.annotator().clone()));
        if soon && open.is_none() {
            std::panic::resume_unwind(Box::new(fall.to_string()));
        }
        // Results of what was begun for this session are meant for nobody now.
        self.workers = Workers::default();
        (self.dialog, self.awaited, self.together, self.closing) = (None, None, None, Closing::No);
        if let Some(session) = self.session.take() {
            // Not even the view is trusted; where it was is worth an attempt.
            let place = crash::caught(|| (self.view.caret().byte, self.view.top_paragraph()));
            let (caret, top) = place.unwrap_or_default();
            session.remember_place(caret, top);
        }
        self.leave_document(ctx);
        self.close_project(ctx);
        (self.documents, self.doubts, self.right) = (Documents::default(), Doubts::default(), Right::default());
        self.falls = Falls { since: Some(0), ..Falls::default() };
        let what = match open {
            Some((path, annotator)) if !soon => {
                self.open_project_as(ctx, "Opening the project again".to_owned(), path, Some(annotator));
                "The project was opened again"
            }
            Some(_) => "The project was closed",
            None => "This did not work",
        };
        self.complain(told(what, fall));
        ctx.request_repaint();
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
            Part::Command => self.start_over(ctx, &fall),
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

    /// In place of a page that cannot be read: that it is so, and the way back to what can be done about it.
    pub(super) fn unreadable_page(&self, ui: &mut Ui, document: &DocumentId, out: &mut Vec<Do>) {
        let known = self.session.as_ref().and_then(|session| session.project().document(document));
        let title = known.map_or_else(|| document.to_string(), |document| document.title.clone());
        ui.add_space(ui.available_height() * 0.35);
        widgets::empty(ui, &format!("“{title}” cannot be opened"), "A file of it cannot be read. Nothing was changed.");
        ui.add_space(8.0);
        ui.vertical_centered(|ui| {
            if widgets::primary(ui, "What can be done…").clicked() {
                out.push(Do::OpenDocument(document.clone()));
            }
        });
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
