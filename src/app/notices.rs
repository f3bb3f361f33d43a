//! Messages that need no answer. None covers anything: what went well is said in the status bar and goes by itself;
//! what went wrong, or must not be missed, stands above that bar until it is dismissed.

use super::actions::Action;
use super::fonts::Face;
use super::keymap::key_of;
use super::theme::{GRID, Palette, size};
use super::widgets::{cross_button, muted};
use eframe::egui::{self, RichText, Role, Sense, Stroke, Ui, accesskit, vec2};
use std::time::{Duration, Instant};

/// How long what went well is said.
const SAID: Duration = Duration::from_secs(6);
/// No more messages are shown at a time; the newest.
const MOST: usize = 3;
/// Above this height in points, the messages scroll.
const HIGHEST: f32 = 168.0;

/// The messages of the moment.
#[derive(Default)]
pub struct Notices {
    said: Option<(String, Instant)>,
    /// The newest last.
    standing: Vec<Standing>,
}

/// A message that stands until it is dismissed.
#[derive(PartialEq, Eq)]
struct Standing {
    text: String,
    /// Whether it tells what went wrong, and not what is good to know.
    is_error: bool,
}

impl Notices {
    /// Says something that went well.
    pub fn say(&mut self, text: impl Into<String>) {
        self.said = Some((text.into(), Instant::now() + SAID));
    }

    /// Takes back what was said, once it no longer holds.
    pub fn hush(&mut self) {
        self.said = None;
    }

    /// Says what went wrong; the same is not said twice.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.stand(Standing { text: text.into(), is_error: true });
    }

    /// Says what is good to know, and must not be missed.
    pub fn inform(&mut self, text: impl Into<String>) {
        self.stand(Standing { text: text.into(), is_error: false });
    }

    fn stand(&mut self, new: Standing) {
        self.standing.retain(|old| *old != new);
        self.standing.push(new);
    }

    /// Takes the newest message away that does not go by itself; `false` if there is none.
    pub fn dismiss(&mut self) -> bool {
        self.standing.pop().is_some()
    }

    /// What went well.
    pub fn said(&self) -> Option<&str> {
        self.said.as_ref().map(|(text, _)| text.as_str())
    }

    /// Lets what was said long enough go, and sees to it that there is a frame when the rest does.
    pub fn pass(&mut self, ctx: &egui::Context) {
        let now = Instant::now();
        if self.said.take_if(|(_, until)| *until <= now).is_some() {
            // It was drawn in this frame once more.
            ctx.request_repaint();
        }
        if let Some((_, until)) = &self.said {
            ctx.request_repaint_after(until.saturating_duration_since(now));
        }
    }

    /// Draws what went wrong at the bottom of `ui`, if anything did.
    pub fn show(&mut self, ui: &mut Ui) {
        if self.standing.is_empty() {
            return;
        }
        let palette = Palette::current(ui);
        let width = (ui.available_width() - 92.0).max(80.0);
        let shown = &self.standing[self.standing.len().saturating_sub(MOST)..];
        let more = self.standing.len() - shown.len();
        let height_of = |Standing { text, .. }: &Standing| {
            let galley = ui.painter().layout(text.clone(), font_of(text), palette.ink, width);
            galley.size().y.max(22.0) + 2.0 * GRID
        };
        let height: f32 = shown.iter().map(height_of).sum::<f32>() + if more > 0 { 22.0 } else { 0.0 };
        let frame = egui::Frame::new().fill(palette.card).inner_margin(egui::Margin::symmetric(14, 4));
        let panel = egui::Panel::bottom("notices").exact_size(height.min(HIGHEST) + 8.0).resizable(false).frame(frame);
        let mut gone = None;
        panel.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                for (n, standing) in self.standing.iter().enumerate().skip(more).rev() {
                    if notice(ui, standing, width) {
                        gone = Some(n);
                    }
                }
                if more > 0 {
                    ui.horizontal(|ui| {
                        ui.add_space(20.0);
                        let button =
                            egui::Button::new(muted(ui, format!("{more} more · dismiss all")).size(size::CAPTION));
                        if ui.add(button.frame_when_inactive(false)).clicked() {
                            gone = Some(usize::MAX);
                        }
                    });
                }
            });
        });
        match gone {
            Some(usize::MAX) => self.standing.clear(),
            Some(n) => drop(self.standing.remove(n)),
            None => {}
        }
    }
}

/// Messages about files show the line with a marker under it: that needs letters of one width.
fn font_of(text: &str) -> egui::FontId {
    if text.contains("\n  |") || text.contains(" | ") {
        egui::FontId::monospace(size::SMALL)
    } else {
        Face::Sans.size(size::BODY)
    }
}

/// One message; whether it is to go.
fn notice(ui: &mut Ui, Standing { text, is_error }: &Standing, width: f32) -> bool {
    let palette = Palette::current(ui);
    let (ink, up) = if *is_error { (palette.error, 1.0) } else { (palette.accent, -1.0) };
    ui.add_space(GRID);
    let row = ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let (dot, _) = ui.allocate_exact_size(vec2(12.0, 22.0), Sense::empty());
        ui.painter().circle_stroke(dot.center(), 5.2, Stroke::new(1.6, ink));
        // “!”, and upside down “i”.
        let line = [dot.center() + vec2(0.0, -2.6 * up), dot.center() + vec2(0.0, 0.6 * up)];
        ui.painter().line_segment(line, Stroke::new(1.4, ink));
        ui.painter().circle_filled(dot.center() + vec2(0.0, 2.4 * up), 0.8, ink);
        let label = RichText::new(text).font(font_of(text)).color(palette.ink);
        let response = ui.scope(|ui| {
            ui.set_width(width);
            ui.add_space(4.0);
            ui.add(egui::Label::new(label).wrap().selectable(true))
        });
        ui.ctx().accesskit_node_builder(response.inner.id, |node| {
            node.set_role(if *is_error { Role::Alert } else { Role::Status });
            node.set_label(text.as_str());
            node.set_live(if *is_error { accesskit::Live::Assertive } else { accesskit::Live::Polite });
        });
        let tip = format!("Dismiss ({})", key_of(ui, Action::Dismiss));
        cross_button(ui, "Dismiss message").on_hover_text(tip).clicked()
    });
    ui.add_space(GRID);
    row.inner
}
