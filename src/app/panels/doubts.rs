//! What is left to check in the open document, below the documents. What that is, says `check::doubts`.

use super::Do;
use crate::app::fonts::Face;
use crate::app::list::{self, Cursor};
use crate::app::theme::{Palette, size};
use crate::app::widgets::section;
use crate::app::worker::Quiet;
use crate::check::doubts::{Doubt, doubts};
use crate::model::{Layer, LayerKey, Scheme};
use crate::session::Session;
use eframe::egui::{self, Role, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

/// Height of a row in points.
const ROW: f32 = 44.0;
/// Height of the head in points.
const HEAD: f32 = 40.0;
/// Up to so many annotations are looked through without a worker.
const AT_ONCE: usize = 1_000;

/// For which layer and revision something was looked for.
type Subject = (LayerKey, u64);

/// What was found, and where one is in the list of it.
#[derive(Default)]
pub struct Doubts {
    found: Vec<Doubt>,
    /// For what that is right.
    right_for: Option<Subject>,
    worker: Quiet<(Subject, Vec<Doubt>)>,
    cursor: Cursor,
}

impl Doubts {
    /// Height in points that the list would like to have, of `room`; 0 with nothing to check.
    pub fn height(&self, room: f32) -> f32 {
        if self.found.is_empty() { 0.0 } else { HEAD + (ROW * self.found.len() as f32).min((room * 0.35).max(ROW)) }
    }

    /// Puts the focus on the list in the next frame.
    pub fn focus(&mut self) {
        self.cursor.focus();
    }

    /// Whether there is something to check, and the list does not have the focus already.
    pub fn can_be_next(&self) -> bool {
        !self.found.is_empty() && !self.cursor.has_focus()
    }

    /// Looks again where something changed.
    pub fn refresh(&mut self, ctx: &egui::Context, session: &Session) {
        let Some(layer) = session.layer() else {
            *self = Self::default();
            return;
        };
        let subject = (layer.key().clone(), session.revision());
        if let Some((right_for, found)) = self.worker.finished() {
            (self.right_for, self.found) = (Some(right_for), found);
        }
        if self.right_for.as_ref() == Some(&subject) {
            return;
        }
        if self.right_for.as_ref().is_none_or(|(key, _)| *key != subject.0) {
            // What belongs to another document is worse than nothing.
            self.found.clear();
            self.cursor = Cursor::default();
        }
        let project = session.project();
        if layer.len() <= AT_ONCE {
            self.found = doubts(layer, &project.scheme, &project.entities);
            self.right_for = Some(subject);
        } else if !self.worker.is_running() {
            let (layer, scheme, entities) = (layer.clone(), project.scheme.clone(), project.entities.clone());
            self.worker.start(ctx, move || (subject, doubts(&layer, &scheme, &entities)));
        }
    }

    /// Draws the list into all the room that `ui` has.
    pub fn show(&mut self, ui: &mut Ui, layer: &Layer, scheme: &Scheme, out: &mut Vec<Do>) {
        let palette = Palette::current(ui);
        ui.painter().hline(ui.max_rect().x_range(), ui.max_rect().top() + 0.5, Stroke::new(1.0, palette.line));
        let (head, list) = ui.max_rect().split_top_bottom_at_y(ui.max_rect().top() + HEAD);
        let mut title =
            ui.new_child(UiBuilder::new().max_rect(head.shrink2(vec2(14.0, 0.0)).with_min_y(head.top() + 14.0)));
        let words = if head.width() < 200.0 { "To check here" } else { "To check in this document" };
        section(&mut title, words, &self.found.len().to_string());
        ui.advance_cursor_after_rect(head);
        let ui = &mut ui.new_child(UiBuilder::new().max_rect(list));
        let found = &self.found;
        let done = self.cursor.show(ui, "To check in this document", ROW, found.len(), |ui, row| {
            if let Some(doubt) = found.get(row.number) {
                draw(ui, &row, doubt, layer, scheme);
            }
        });
        let shown = |row: usize| found.get(row).map(|doubt| doubt.annotation);
        match done {
            Some(list::Done::Opened(row)) => out.extend(shown(row).map(Do::Select)),
            Some(list::Done::Moved(row)) => out.extend(shown(row).map(Do::Look)),
            _ => {}
        }
    }
}

fn draw(ui: &Ui, row: &list::Row, doubt: &Doubt, layer: &Layer, scheme: &Scheme) {
    let palette = Palette::current(ui);
    let annotation = layer.get(doubt.annotation);
    let paragraph = annotation.and_then(|a| layer.text().paragraph_at(a.span.start())).map_or(0, |p| p + 1);
    let place = format!("paragraph {paragraph}");
    row.response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, format!("{}, {place}", doubt.what)));
    row.background(ui, false);
    let rect = row.rect;
    let painter = ui.painter_at(rect);
    let def = annotation.and_then(|a| scheme.label(&a.label));
    let colour = def.map_or(palette.error, |l| palette.ink_of(l.colour));
    painter.circle_stroke(pos2(rect.left() + 21.5, rect.top() + 15.0), 4.2, Stroke::new(1.6, colour));
    let x = rect.left() + 39.0;
    let mut job =
        egui::text::LayoutJob::simple_singleline(doubt.what.clone(), Face::Medium.size(size::BODY), palette.ink);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.right() - 14.0 - x);
    let galley = painter.layout_job(job);
    let mut tip = if galley.elided { vec![doubt.what.as_str()] } else { Vec::new() };
    painter.galley(pos2(x, rect.top() + 5.0), galley, palette.ink);
    let galley = painter.layout_no_wrap(place, Face::Sans.size(size::CAPTION), palette.muted);
    painter.galley(pos2(x, rect.top() + 23.0), galley, palette.muted);
    if !doubt.more.is_empty() {
        tip.push(&doubt.more);
    }
    if !tip.is_empty() {
        row.response.clone().on_hover_text(tip.join("\n"));
    }
}
