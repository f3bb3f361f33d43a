//! The bar at the bottom: who, where, how much, whether it is saved.

use super::Do;
use crate::app::actions::Action;
use crate::app::theme::Palette;
use eframe::egui::{self, RichText, Ui};

/// Whether the work is on disk.
#[derive(Clone, PartialEq, Debug)]
pub enum SavedState {
    /// All of it.
    Saved,
    /// Being written.
    Saving,
    /// It cannot be written; what the system said.
    Failed(String),
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
    /// Whether the work is on disk; `None` without a project.
    pub saved: Option<SavedState>,
    /// Minutes since the project was opened.
    pub minutes: u64,
    /// 1 for 100 %.
    pub zoom: f32,
    /// Long work under way: what, and how far.
    pub running: Vec<(String, f32)>,
}

impl StatusBar<'_> {
    /// Draws the bar; returns the number of the long work to cancel, if asked.
    pub fn show(&self, ui: &mut Ui, out: &mut Vec<Do>) -> Option<usize> {
        let palette = Palette::current(ui);
        let mut cancel = None;
        let quiet = |text: &str| RichText::new(text).size(12.0).color(palette.muted);
        ui.horizontal_centered(|ui| {
            ui.spacing_mut().item_spacing.x = 18.0;
            if let Some(annotator) = self.annotator {
                let text = quiet(&format!("annotator: {annotator}"));
                let response = ui.add(egui::Button::new(text).frame(false));
                if response.on_hover_text("Change whose annotations are shown").clicked() {
                    out.push(Do::Run(Action::Annotator));
                }
            }
            if !self.mode.is_empty() {
                ui.label(RichText::new(&self.mode).size(12.0).color(palette.accent));
            } else if !self.place.is_empty() {
                ui.label(quiet(&self.place));
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let zoom = ui.add(egui::Button::new(quiet(&format!("{:.0}%", self.zoom * 100.0))).frame(false));
                if zoom.on_hover_text("Zoom to 100 %").clicked() {
                    out.push(Do::Run(Action::ZoomReset));
                }
                if let Some(saved) = &self.saved {
                    ui.label(quiet(&format!("{} min", self.minutes))).on_hover_text("Since the project was opened");
                    match saved {
                        SavedState::Saved => ui.label(quiet("All changes saved")),
                        SavedState::Saving => ui.label(quiet("Saving…")),
                        SavedState::Failed(why) => {
                            let text = RichText::new("Cannot save").size(12.0).color(palette.error);
                            ui.label(text).on_hover_text(why)
                        }
                    };
                }
                for (n, (what, share)) in self.running.iter().enumerate() {
                    if ui.add(egui::Button::new(quiet("Cancel")).frame(false)).clicked() {
                        cancel = Some(n);
                    }
                    ui.add(egui::ProgressBar::new(*share).desired_width(80.0).desired_height(5.0).fill(palette.accent));
                    ui.label(quiet(what));
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.add(egui::Label::new(quiet(&self.counts)).truncate());
                });
            });
        });
        cancel
    }
}
