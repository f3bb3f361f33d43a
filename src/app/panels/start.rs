//! The start page: no project is open.

use super::Do;
use crate::app::actions::Action;
use crate::app::fonts::Face;
use crate::app::keymap::key_of;
use crate::app::theme::{Palette, size};
use crate::app::widgets::{Chip, logo, muted, truncated};
use eframe::egui::{self, Frame, RichText, Sense, Ui, vec2};
use std::path::{Path, PathBuf};

/// Draws the page.
pub fn show(ui: &mut Ui, recent: &[PathBuf], sample: Option<&Path>, out: &mut Vec<Do>) {
    let palette = Palette::current(ui);
    let whole = ui.available_rect_before_wrap();
    ui.painter().rect_filled(whole, 0, palette.paper);
    ui.add_space((whole.height() * 0.16).max(24.0));
    ui.vertical_centered(|ui| {
        ui.set_max_width(440.0);
        let (rect, _) = ui.allocate_exact_size(vec2(54.0, 54.0), Sense::empty());
        logo(ui.painter(), rect, &palette);
        ui.add_space(12.0);
        ui.label(RichText::new("Byline").font(Face::SemiBold.size(size::DISPLAY)));
        ui.label(muted(ui, "Who said what, on what evidence").size(size::LEAD));
        ui.add_space(24.0);
        for action in [Action::OpenArticle, Action::OpenProject, Action::NewProject] {
            let title = crate::app::actions::row(action).map_or("", |row| row.title);
            let chip = Chip { text: title, label: None, key: key_of(ui, action), on: false, quiet: false };
            if chip.show(ui).clicked() {
                out.push(Do::Run(action));
            }
            ui.add_space(8.0);
        }
        ui.add_space(8.0);
        ui.label(muted(ui, "or drop files on this window"));
        ui.add_space(24.0);
        Frame::new().show(ui, |ui| {
            if !recent.is_empty() {
                ui.label(muted(ui, "Recent projects").size(size::CAPTION));
            }
            for path in recent.iter().take(6) {
                project(ui, path, &name_of(path), out);
            }
            if let Some(sample) = sample.filter(|s| !recent.iter().any(|r| r == s)) {
                ui.add_space(8.0);
                ui.label(muted(ui, "Sample").size(size::CAPTION));
                project(ui, sample, &name_of(sample), out);
            }
        });
    });
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn project(ui: &mut Ui, path: &Path, name: &str, out: &mut Vec<Do>) {
    let button = egui::Button::new(RichText::new(name).font(Face::Medium.size(size::BODY))).frame_when_inactive(false);
    let response = ui.add(button);
    truncated(ui, muted(ui, path.display().to_string()).size(size::CAPTION));
    if response.on_hover_text(path.display().to_string()).clicked() {
        out.push(Do::OpenProject(path.to_owned()));
    }
}
