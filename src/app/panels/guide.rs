//! The project's guidelines, as plain paragraphs and headings.

use crate::app::fonts::Face;
use crate::app::theme::size;
use crate::app::widgets::{empty, muted};
use crate::model::Scheme;
use eframe::egui::{self, RichText, ScrollArea, Ui};

/// Draws the guidelines, and under them what the scheme says of its labels.
pub fn show(ui: &mut Ui, guidelines: Option<&str>, scheme: &Scheme) {
    if guidelines.is_none() && scheme.labels.is_empty() {
        empty(ui, "No guidelines", "Put a file guidelines.md into the project");
        return;
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        egui::Frame::new().inner_margin(egui::Margin::symmetric(16, 12)).show(ui, |ui| {
            for line in guidelines.unwrap_or_default().lines() {
                line_of_markdown(ui, line.trim_end());
            }
            if guidelines.is_none() {
                ui.label(RichText::new(&scheme.name).font(Face::SemiBold.size(size::LEAD)));
                ui.add_space(8.0);
                for label in scheme.labels.iter().filter(|l| l.on) {
                    ui.label(RichText::new(&label.title).font(Face::SemiBold.size(size::BODY)));
                    ui.label(muted(ui, &label.description));
                    ui.add_space(8.0);
                }
            }
        });
    });
}

/// Headings, list items and paragraphs; the rest of Markdown is shown as it is written.
fn line_of_markdown(ui: &mut Ui, line: &str) {
    let plain = |text: &str| text.replace("**", "").replace('`', "");
    if let Some(heading) = line.strip_prefix("# ") {
        ui.label(RichText::new(plain(heading)).font(Face::SemiBold.size(size::TITLE)));
        ui.add_space(4.0);
    } else if let Some(heading) = line.strip_prefix("## ").or(line.strip_prefix("### ")) {
        ui.add_space(8.0);
        ui.label(RichText::new(plain(heading)).font(Face::SemiBold.size(size::LEAD)));
    } else if let Some(item) = line.trim_start().strip_prefix("- ").or(line.trim_start().strip_prefix("* ")) {
        ui.horizontal_top(|ui| {
            ui.label(muted(ui, "•"));
            ui.add(egui::Label::new(plain(item)).wrap());
        });
    } else if line.is_empty() {
        ui.add_space(8.0);
    } else {
        ui.add(egui::Label::new(plain(line)).wrap());
    }
}
