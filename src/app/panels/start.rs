//! The start page: no project is open.

use super::Do;
use crate::app::actions::Action;
use crate::app::fonts::Face;
use crate::app::keymap::key_of;
use crate::app::theme::{Palette, RADIUS, size};
use crate::app::widgets::{empty, focus_ring, logo, muted};
use eframe::egui::{self, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2};
use std::path::{Path, PathBuf};

/// Width of what stands in the middle of the page, in points.
const WIDTH: f32 = 360.0;

/// Draws the page.
pub fn show(ui: &mut Ui, recent: &[PathBuf], sample: Option<&Path>, out: &mut Vec<Do>) {
    let palette = Palette::current(ui);
    let whole = ui.available_rect_before_wrap();
    ui.painter().rect_filled(whole, 0, palette.paper);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.add_space((whole.height() * 0.14).clamp(16.0, 160.0));
        in_the_middle(ui, |ui| page(ui, recent, sample, out));
        ui.add_space(24.0);
    });
}

/// The middle of the window while the project has no document.
pub fn no_documents(ui: &mut Ui, out: &mut Vec<Do>) {
    ui.add_space(ui.available_height() * 0.3);
    empty(ui, "No documents yet", "Take articles in, or annotations from another program;");
    ui.vertical_centered(|ui| ui.label(muted(ui, "or drop files on this window")));
    ui.add_space(16.0);
    in_the_middle(ui, |ui| {
        for action in [Action::OpenArticle, Action::Import, Action::ImportFolder] {
            action_button(ui, action, out);
        }
    });
}

/// A column in the middle of the page.
fn in_the_middle(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    let width = WIDTH.min(ui.available_width() - 32.0);
    let indent = (ui.available_width() - width) / 2.0;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.add_space(indent);
        ui.vertical(|ui| {
            ui.set_width(width);
            ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
            contents(ui);
        });
    });
}

/// A wide button for an action, with its key.
fn action_button(ui: &mut Ui, action: Action, out: &mut Vec<Do>) {
    let title = crate::app::actions::row(action).map_or("", |row| row.title);
    let text = RichText::new(title).font(Face::Medium.size(size::BODY));
    let button = egui::Button::new(text).shortcut_text(muted(ui, key_of(ui, action)).size(size::BADGE));
    let response = ui.add(button.min_size(vec2(ui.available_width(), 36.0)));
    focus_ring(ui, &response);
    if response.clicked() {
        out.push(Do::Run(action));
    }
    ui.add_space(4.0);
}

fn page(ui: &mut Ui, recent: &[PathBuf], sample: Option<&Path>, out: &mut Vec<Do>) {
    let palette = Palette::current(ui);
    ui.vertical_centered(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(54.0, 54.0), Sense::empty());
        logo(ui.painter(), rect, &palette);
        ui.add_space(8.0);
        ui.label(RichText::new("Byline").font(Face::SemiBold.size(size::DISPLAY)));
        ui.label(muted(ui, "Who said what, on what evidence").size(size::LEAD));
    });
    ui.add_space(24.0);
    for action in [Action::OpenArticle, Action::OpenProject, Action::NewProject] {
        action_button(ui, action, out);
    }
    ui.vertical_centered(|ui| ui.label(muted(ui, "or drop files on this window").size(size::SMALL)));
    if !recent.is_empty() {
        ui.add_space(20.0);
        ui.label(muted(ui, "Recent projects").size(size::CAPTION));
        recent.iter().take(6).for_each(|path| project(ui, path, out));
    }
    if let Some(sample) = sample.filter(|s| !recent.iter().any(|r| r == s)) {
        ui.add_space(20.0);
        ui.label(muted(ui, "Sample").size(size::CAPTION));
        project(ui, sample, out);
    }
}

/// A project by its folder's name, and where it is.
fn project(ui: &mut Ui, path: &Path, out: &mut Vec<Do>) {
    let palette = Palette::current(ui);
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 44.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name.as_ref()));
    if response.is_pointer_button_down_on() {
        ui.painter().rect_filled(rect, RADIUS, palette.line);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, RADIUS, palette.hover);
    }
    focus_ring(ui, &response);
    let line = |text: String, font, ink, y: f32| {
        let mut job = egui::text::LayoutJob::simple_singleline(text, font, ink);
        job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width() - 24.0);
        ui.painter().galley(rect.min + vec2(12.0, y), ui.painter().layout_job(job), ink);
    };
    line(name.to_string(), Face::Medium.size(size::BODY), palette.ink, 5.0);
    line(path.display().to_string(), Face::Sans.size(size::CAPTION), palette.muted, 23.0);
    if response.on_hover_text(path.display().to_string()).clicked() {
        out.push(Do::OpenProject(path.to_owned()));
    }
}
