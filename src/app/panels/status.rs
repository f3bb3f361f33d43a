//! The bar at the bottom: who, where, how much, whether it is saved; for some seconds, what was just done.

use super::Do;
use crate::app::actions::Action;
use crate::app::dialogs::kept_in_words;
use crate::app::keymap::key_of;
use crate::app::theme::{Palette, size};
use crate::app::widgets::{cross_button, focus_ring};
use crate::app::worker::Progress;
use crate::session::Kept;
use eframe::egui::{self, Rect, RichText, Role, Sense, Ui, WidgetInfo, accesskit, vec2};

/// Whether the work is on disk.
#[derive(Clone, PartialEq, Debug)]
pub enum SavedState {
    /// All of it.
    Saved,
    /// Being written.
    Saving,
    /// Here it can only be read; in a few words, and in full.
    ReadOnly(String, String),
    /// It cannot be written into the project's files.
    Failed {
        /// In some words.
        cause: String,
        /// In full, with what to do.
        why: String,
        /// Where the work is.
        kept: Kept,
    },
}

/// What the bar shows.
pub struct StatusBar<'a> {
    /// Whose annotations are shown.
    pub annotator: Option<&'a str>,
    /// “paragraph 10, claim 4 of 5”.
    pub place: String,
    /// “18 speakers, 5 claims”.
    pub counts: String,
    /// What the mouse or keyboard is about to do: brush, linking; empty for nothing.
    pub mode: String,
    /// What is wrong with what is shown; empty for nothing.
    pub warning: String,
    /// What was just done; it takes the room of place and counts.
    pub said: Option<&'a str>,
    /// Whether the work is on disk; `None` without a project.
    pub saved: Option<SavedState>,
    /// Minutes since the project was opened.
    pub minutes: u64,
    /// 1 for 100 %.
    pub zoom: f32,
    /// Long work under way: what, how far, and whether it can be cancelled.
    pub running: Vec<(&'a str, &'a Progress, bool)>,
}

fn quiet(ui: &Ui, text: &str) -> RichText {
    RichText::new(text).size(size::SMALL).color(Palette::current(ui).muted)
}

/// A part of the bar that can be pressed.
fn pressed(ui: &mut Ui, text: &str, tip: &str) -> bool {
    let text = quiet(ui, text);
    let response = ui.add(egui::Button::new(text).frame(false)).on_hover_text(tip);
    focus_ring(ui, &response);
    response.clicked()
}

impl StatusBar<'_> {
    /// Draws the bar; returns the number of the long work to cancel, if asked.
    pub fn show(&self, ui: &mut Ui, out: &mut Vec<Do>) -> Option<usize> {
        let mut cancel = None;
        ui.horizontal_centered(|ui| {
            ui.spacing_mut().item_spacing.x = 18.0;
            if let Some(annotator) = self.annotator {
                let tip = format!("Change whose annotations are shown ({})", key_of(ui, Action::Annotator));
                if pressed(ui, &format!("annotator: {annotator}"), &tip) {
                    out.push(Do::Run(Action::Annotator));
                }
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let tip = format!("Zoom to 100 % ({})", key_of(ui, Action::ZoomReset));
                if pressed(ui, &format!("{:.0}%", self.zoom * 100.0), &tip) {
                    out.push(Do::Run(Action::ZoomReset));
                }
                self.saved(ui, out);
                cancel = self.work(ui);
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| self.middle(ui));
            });
        });
        cancel
    }

    /// What is about to be done, else what was just done, else what is wrong, else where one is.
    fn middle(&self, ui: &mut Ui) {
        let palette = Palette::current(ui);
        let line = |ui: &mut Ui, text: RichText| ui.add(egui::Label::new(text).truncate());
        if !self.mode.is_empty() {
            line(ui, quiet(ui, &self.mode).color(palette.accent));
        } else if let Some(said) = self.said {
            let response = line(ui, quiet(ui, said).color(palette.ink));
            ui.ctx().accesskit_node_builder(response.id, |node| {
                node.set_role(Role::Status);
                node.set_label(said);
                node.set_live(accesskit::Live::Polite);
            });
        } else if !self.warning.is_empty() {
            line(ui, quiet(ui, &self.warning).color(palette.accent));
        } else {
            if !self.place.is_empty() {
                ui.label(quiet(ui, &self.place));
            }
            line(ui, quiet(ui, &self.counts));
        }
    }

    fn saved(&self, ui: &mut Ui, out: &mut Vec<Do>) {
        let Some(saved) = &self.saved else { return };
        let palette = Palette::current(ui);
        ui.label(quiet(ui, &format!("{} min", self.minutes))).on_hover_text("Since the project was opened");
        match saved {
            SavedState::Saved => {
                ui.label(quiet(ui, "All changes saved")).on_hover_text("Everything is on disk");
            }
            SavedState::Saving => {
                ui.label(quiet(ui, "Saving…"));
            }
            SavedState::ReadOnly(short, in_full) => {
                ui.label(quiet(ui, short).color(palette.ink)).on_hover_text(in_full);
            }
            SavedState::Failed { cause, why, kept } => {
                let kept_in_full = kept_in_words(kept);
                let tip = format!("{why}\n{kept_in_full}\n{} tries again", key_of(ui, Action::Save));
                let short = match kept {
                    Kept::Journal => "in the journal",
                    Kept::Elsewhere(_) => "in a journal elsewhere",
                    Kept::Nowhere => "in memory only",
                };
                let text = format!("Cannot save: {cause}; your work is {short}");
                let save = "Pack the whole project as it is now into one file, in a folder of your choice";
                if pressed(ui, "Save a copy elsewhere…", &format!("{save} ({})", key_of(ui, Action::SaveCopy))) {
                    out.push(Do::Run(Action::SaveCopy));
                }
                ui.add(egui::Label::new(quiet(ui, &text).color(palette.error)).truncate()).on_hover_text(tip);
            }
        }
    }

    /// The longest work under way, with a button to cancel it; that there is more is said.
    fn work(&self, ui: &mut Ui) -> Option<usize> {
        let palette = Palette::current(ui);
        let (what, progress, can_stop) = self.running.first()?;
        let mut cancel = None;
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            if *can_stop && !progress.is_cancelled() {
                let button = cross_button(ui, &format!("Cancel: {what}"));
                if button.on_hover_text("Cancel").clicked() {
                    cancel = Some(0);
                }
            }
            let share = progress.share();
            if share > 0.0 {
                let (bar, response) = ui.allocate_exact_size(vec2(80.0, 5.0), Sense::hover());
                let percent = format!("{:.0}%", share * 100.0);
                response
                    .widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, format!("{what}: {percent}")));
                ui.painter().rect_filled(bar, 3, palette.line);
                let done = Rect::from_min_size(bar.min, vec2(bar.width() * share, bar.height()));
                ui.painter().rect_filled(done, 3, palette.accent);
                response.on_hover_text(percent);
            }
            let more = if self.running.len() > 1 { format!(" (+{})", self.running.len() - 1) } else { String::new() };
            let what = if progress.is_cancelled() { "Cancelling…" } else { what };
            let others: Vec<_> = self.running.iter().map(|(what, ..)| *what).collect();
            ui.label(quiet(ui, &format!("{what}{more}"))).on_hover_text(others.join("\n"));
        });
        cancel
    }
}
