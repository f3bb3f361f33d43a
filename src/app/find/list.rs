//! The list of places: each on one line, what was found in the middle, only visible rows drawn. Used under the bar and
//! in the dialog of same text.

use super::search::{Everywhere, Hits, Row};
use crate::app::fonts::Face;
use crate::app::theme::{Palette, size};
use crate::find::{Context, Place};
use eframe::egui::{
    self, Color32, Painter, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use unicode_segmentation::UnicodeSegmentation;

/// Height of a row in points: all are alike, so that only visible ones need to be drawn.
const ROW: f32 = 26.0;
/// Share of a row's width that stands before what was found.
const BEFORE: f32 = 0.38;
/// Width of the column with boxes to tick, in points.
const BOX: f32 = 28.0;

/// The row that is marked, and what part of the list can be seen.
#[derive(Default)]
pub struct List {
    /// Number of the marked place.
    pub at: usize,
    /// Scroll to the marked place in the next frame.
    pub reveal: bool,
    /// Of the last frame, in points: where the list is scrolled to, and how much of it can be seen.
    seen: (f32, f32),
}

/// Whether a place is ticked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tick {
    /// Rows have no boxes.
    None,
    /// It is.
    On,
    /// It is not.
    Off,
    /// It cannot be, for it has the label already.
    Already,
}

impl List {
    /// Goes to the first place.
    pub fn restart(&mut self) {
        (self.at, self.reveal) = (0, true);
    }

    /// Marks the place that is `by` places further, as far as there is one.
    pub fn step(&mut self, by: isize, all: &Everywhere) {
        self.at = self.at.saturating_add_signed(by).min(all.count.saturating_sub(1));
        self.reveal = true;
    }

    /// How many places fit into what can be seen.
    pub fn page(&self) -> isize {
        ((self.seen.1 / ROW) as isize - 1).max(1)
    }

    /// Draws it into all the room there is; returns the number of the place that was clicked.
    pub fn show(&mut self, ui: &mut Ui, all: &Everywhere, tick: &dyn Fn(&Place, usize) -> Tick) -> Option<usize> {
        let palette = Palette::current(ui);
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut area = ScrollArea::vertical().auto_shrink(false).animated(false);
        if std::mem::take(&mut self.reveal) {
            let top = all.row_of(self.at) as f32 * ROW;
            let (from, height) = self.seen;
            // The row of its document stands above the first place.
            if top < from + ROW {
                area = area.vertical_scroll_offset((top - ROW).max(0.0));
            } else if top + ROW > from + height {
                area = area.vertical_scroll_offset((top + ROW - height).max(0.0));
            }
        }
        let mut clicked = None;
        let output = area.show_rows(ui, ROW, all.rows(), |ui, rows| {
            for row in rows.filter_map(|row| all.row(row)) {
                match row {
                    Row::Document(hits) => heading(ui, hits, &palette),
                    Row::Place(place, number) => {
                        if line(ui, place, number == self.at, tick(place, number), &palette) {
                            clicked = Some(number);
                        }
                    }
                }
            }
        });
        self.seen = (output.state.unclamped_offset().y, output.inner_rect.height());
        clicked
    }
}

fn heading(ui: &mut Ui, hits: &Hits, palette: &Palette) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::empty());
    let title = if hits.title.is_empty() { hits.document.as_str() } else { &hits.title };
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, format!("{title}, {}", hits.places.len())));
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0, palette.panel);
    let count = painter.layout_no_wrap(hits.places.len().to_string(), Face::Sans.size(size::CAPTION), palette.muted);
    let mut job =
        egui::text::LayoutJob::simple_singleline(title.to_owned(), Face::SemiBold.size(size::SMALL), palette.ink);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width() - 44.0 - count.size().x);
    let galley = painter.layout_job(job);
    painter.galley(pos2(rect.left() + 14.0, rect.center().y - galley.size().y / 2.0), galley, palette.ink);
    painter.galley(
        pos2(rect.right() - 14.0 - count.size().x, rect.center().y - count.size().y / 2.0),
        count,
        palette.muted,
    );
}

fn line(ui: &mut Ui, place: &Place, marked: bool, tick: Tick, palette: &Palette) -> bool {
    // No stop for Tab: the list is one, and keys move in it.
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::CLICK);
    let what = place.context.line();
    response.widget_info(|| match tick {
        Tick::None => WidgetInfo::selected(Role::ListItem, true, marked, what),
        Tick::Already => WidgetInfo::selected(Role::CheckBox, false, false, format!("{what}, has the label already")),
        Tick::On | Tick::Off => WidgetInfo::selected(Role::CheckBox, true, tick == Tick::On, what),
    });
    let painter = ui.painter_at(rect);
    if marked {
        painter.rect_filled(rect, 0, if palette.dark { palette.line } else { palette.hover });
        painter.rect_filled(rect.with_max_x(rect.left() + 3.0), 0, palette.accent);
    } else if response.hovered() {
        painter.rect_filled(rect, 0, palette.hover);
    }
    let mut text = rect.shrink2(vec2(14.0, 0.0));
    if tick != Tick::None {
        draw_tick(&painter, pos2(text.left() + 7.0, rect.center().y), tick, palette);
        text.min.x += BOX;
    }
    let ink = if tick == Tick::Already { palette.muted } else { palette.ink };
    draw_context(&painter, text, &place.context, ink, palette);
    response.clicked() && tick != Tick::Already
}

fn draw_tick(painter: &Painter, centre: egui::Pos2, tick: Tick, palette: &Palette) {
    let square = Rect::from_center_size(centre, vec2(14.0, 14.0));
    match tick {
        Tick::On => {
            painter.rect_filled(square, 3, palette.accent);
            check(painter, centre, palette.on_accent);
        }
        Tick::Off => {
            painter.rect(square, 3, palette.card, Stroke::new(1.0, palette.muted), StrokeKind::Inside);
        }
        Tick::Already => check(painter, centre, palette.muted),
        Tick::None => {}
    }
}

fn check(painter: &Painter, centre: egui::Pos2, colour: Color32) {
    let points = [vec2(-3.5, 0.0), vec2(-1.0, 2.5), vec2(3.5, -3.0)].map(|d| centre + d);
    painter.line(points.to_vec(), Stroke::new(1.6, colour));
}

/// What was found, at the same height of every row; what stands before and behind it, as far as there is room.
fn draw_context(painter: &Painter, rect: Rect, context: &Context, ink: Color32, palette: &Palette) {
    let [before, found, behind] = context.parts();
    let font = Face::Serif.size(size::LEAD);
    let x = (rect.left() + rect.width() * BEFORE).round();
    let top = |galley: &egui::Galley| (rect.center().y - galley.size().y / 2.0).round();
    let before = cut_start(painter, before, x - rect.left(), palette);
    painter.galley(pos2(x - before.size().x, top(&before)), before, palette.muted);
    let mut job = egui::text::LayoutJob::simple_singleline(found.to_owned(), font.clone(), ink);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.right() - x);
    let found = painter.layout_job(job);
    let end = x + found.size().x;
    let tint = Rect::from_x_y_ranges(x - 1.0..=end + 1.0, rect.top() + 4.0..=rect.bottom() - 4.0);
    painter.rect(tint, 3, palette.found, Stroke::new(1.0, palette.found_line), StrokeKind::Outside);
    painter.galley(pos2(x, top(&found)), found, ink);
    if rect.right() - end > 12.0 {
        let mut job = egui::text::LayoutJob::simple_singleline(behind.to_owned(), font, palette.muted);
        job.wrap = egui::text::TextWrapping::truncate_at_width(rect.right() - end);
        let behind = painter.layout_job(job);
        painter.galley(pos2(end, top(&behind)), behind, palette.muted);
    }
}

/// The end of a text that fits into `width` points.
fn cut_start(painter: &Painter, text: &str, width: f32, palette: &Palette) -> std::sync::Arc<egui::Galley> {
    let lay_out = |text: String| painter.layout_no_wrap(text, Face::Serif.size(size::LEAD), palette.muted);
    let mut galley = lay_out(text.to_owned());
    let graphemes: Vec<_> = text.grapheme_indices(true).map(|(at, _)| at).collect();
    let mut keep = graphemes.len();
    // The first guess is nearly always right: letters are about as wide as letters.
    while galley.size().x > width && keep > 0 {
        let share = width / galley.size().x;
        keep = ((keep as f32 * share) as usize).min(keep - 1);
        let from = graphemes.get(graphemes.len() - keep).copied().unwrap_or(text.len());
        galley = lay_out(format!("…{}", &text[from..]));
    }
    galley
}

/// A frame around a list, and the ring that shows that keys move in it.
pub fn framed(ui: &Ui, rect: Rect, focused: bool) {
    let palette = Palette::current(ui);
    let stroke = if focused { Stroke::new(1.5, palette.accent) } else { Stroke::new(1.0, palette.line) };
    ui.painter().rect_stroke(rect, 6, stroke, StrokeKind::Inside);
}
