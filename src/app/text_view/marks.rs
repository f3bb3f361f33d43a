//! Marks on the page: tints, underlines in lanes, what found no lane, the selected mark and what the pointer is over.
//!
//! Elsewhere: which lane a mark has (`lanes`), its links (`links`), what those hear who do not see it (`speech`).

use super::links::colour_of;
use super::{Page, TextView, ViewEvent, widget_id};
use crate::app::fonts::Face;
use crate::app::theme::{Palette, size};
use crate::app::words::values_in_words;
use crate::model::{Annotation, AnnotationId, LabelDef, Layer, Underline};
use eframe::egui::{
    self, Color32, Mesh, Painter, Pos2, Rangef, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2,
    vec2,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Underlines side by side; marks beyond are counted beside the row.
const LANES: usize = 3;
/// Distance of lanes in points, at 17 points of type.
const LANE: f32 = 3.5;
/// So many tints lie over each other at most: more would be mud, in which nobody reads.
const TINTS: usize = 2;
/// So many bytes of a mark are said of it; the card has the rest.
const MOST_SAID: usize = 400;
/// Of one mark, a tooltip says so many bytes.
const TIP_QUOTE: usize = 90;
/// A tooltip tells of so many marks at most.
const TIP_MARKS: usize = 8;

/// Marks without a lane of their own, by the height of their row on screen; and whether the row runs from the right.
pub(super) type Crowds = BTreeMap<i32, (BTreeSet<AnnotationId>, bool)>;

/// A part of a row that a mark tints.
struct Tint {
    x: Rangef,
    y: Rangef,
    lane: usize,
    colour: Color32,
}

impl TextView {
    /// Draws tints and underlines; returns what found no lane of its own.
    pub(super) fn draw_marks(
        &mut self,
        painter: &Painter,
        column: Rect,
        visible: &Range<usize>,
        page: &Page,
        palette: &Palette,
    ) -> Crowds {
        let Some(layer) = page.layer else { return Crowds::new() };
        let marks = layer.touching(self.bytes_of(visible));
        let mut lines = Mesh::default();
        let mut crowded = Crowds::new();
        let mut tints: BTreeMap<i32, Vec<Tint>> = BTreeMap::new();
        let s = self.style.size / 17.0;
        for annotation in marks {
            let def = page.scheme.label(&annotation.label);
            let ink = colour_of(page, &annotation.label, palette);
            let colour = def.map_or(palette.hover, |l| palette.tint_of(l.colour));
            let lane = self.lanes.of(annotation, layer);
            for range in self.ranges_of(annotation) {
                for row in self.screen_rects(column, &range) {
                    if !row.intersects(self.viewport) {
                        continue;
                    }
                    let tinted = self.text_box(row);
                    let key = row.center().y as i32;
                    tints.entry(key).or_default().push(Tint { x: tinted.x_range(), y: tinted.y_range(), lane, colour });
                    if lane >= LANES {
                        let rtl = || self.near.get(&self.block_of(range.start)).is_some_and(|near| near.laid.is_rtl());
                        crowded.entry(key).or_insert_with(|| (BTreeSet::new(), rtl())).0.insert(annotation.id);
                        continue;
                    }
                    let y = tinted.bottom() - 1.0 * s + LANE * s * lane as f32;
                    let underline = def.map_or(Underline::Dotted, |l| l.underline);
                    underline_into(&mut lines, underline, row.x_range(), y, ink, painter.pixels_per_point());
                }
            }
        }
        for row in tints.values() {
            draw_tints(painter, row);
        }
        painter.add(Shape::mesh(lines));
        if let Some(linking) = page.linking {
            self.draw_link_numbers(painter, column, page, linking, palette);
        }
        crowded
    }

    /// The byte ranges of a mark, in the order of the text: as they are, or as they would be with the handle where it
    /// is being dragged.
    fn ranges_of(&self, annotation: &Annotation) -> Vec<Range<usize>> {
        let dragged = self.dragged_span(annotation);
        dragged.as_ref().unwrap_or(&annotation.span).fragments().map(crate::model::span::Fragment::range).collect()
    }

    /// Beside each row with more marks than lanes: how many more; a click lists them.
    pub(super) fn crowds(
        &self,
        ui: &Ui,
        column: Rect,
        crowds: &Crowds,
        page: &Page,
        palette: &Palette,
    ) -> Option<ViewEvent> {
        let mut picked = None;
        for (y, (ids, rtl)) in crowds {
            let text = format!("+{}", ids.len());
            let galley = ui.painter().layout_no_wrap(text, Face::Medium.size(size::BADGE), palette.muted);
            let away = 10.0 + galley.size().x / 2.0;
            let x = if *rtl { column.left() - away } else { column.right() + away };
            let rect = Rect::from_center_size(pos2(x, *y as f32), galley.size() + vec2(8.0, 4.0));
            let response = ui.interact(rect.intersect(self.viewport), widget_id().with(("crowd", *y)), Sense::click());
            let name = format!("{} more annotations in this line", ids.len());
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
            if response.hovered() || response.has_focus() {
                ui.painter().rect_filled(rect, 4, palette.hover);
            }
            ui.painter().galley(rect.center() - galley.size() / 2.0, galley, palette.muted);
            let response = response.on_hover_text(&name);
            egui::Popup::menu(&response).show(|ui| {
                crate::app::widgets::menu(ui, 340.0);
                let row = ui.spacing().interact_size.y;
                let all: Vec<_> = ids.iter().collect();
                egui::ScrollArea::vertical().max_height(12.0 * row).show_rows(ui, row, all.len(), |ui, shown| {
                    for annotation in all[shown].iter().filter_map(|id| page.layer?.get(**id)) {
                        let title = page.scheme.title_of(&annotation.label);
                        let text = format!("{title}: {}", self.beginning_of(annotation, MOST_SAID));
                        let button = egui::Button::new(text).truncate().min_size(vec2(ui.available_width(), row));
                        if ui.add(button).clicked() {
                            picked = Some(ViewEvent::Picked(annotation.id));
                            ui.close();
                        }
                    }
                });
            });
        }
        picked
    }

    /// Numbers at the marks that can be the other end of a link.
    fn draw_link_numbers(
        &self,
        painter: &Painter,
        column: Rect,
        page: &Page,
        targets: &[AnnotationId],
        palette: &Palette,
    ) {
        let mut taken: Vec<Rect> = Vec::new();
        for (n, id) in targets.iter().enumerate() {
            let Some(annotation) = page.layer.and_then(|l| l.get(*id)) else { continue };
            let first = annotation.span.fragments().next().map(crate::model::span::Fragment::range).unwrap_or_default();
            let Some(rect) = self.screen_rects(column, &first).first().copied() else { continue };
            let galley =
                painter.layout_no_wrap((n + 1).to_string(), Face::SemiBold.size(size::BADGE), palette.on_accent);
            let mut chip = Rect::from_center_size(self.text_box(rect).left_top(), galley.size() + vec2(8.0, 2.0));
            // Where several marks begin, their numbers stand side by side.
            while let Some(other) = taken.iter().find(|other| other.intersects(chip)) {
                chip = chip.translate(vec2(other.right() + 1.0 - chip.left(), 0.0));
            }
            taken.push(chip);
            painter.rect_filled(chip, 4, palette.accent);
            painter.galley(chip.center() - galley.size() / 2.0, galley, palette.on_accent);
        }
    }

    /// The frame of the selected mark, the line that joins its fragments, the handles of each.
    pub(super) fn draw_selected(&self, painter: &Painter, column: Rect, page: &Page, palette: &Palette) {
        let Some(annotation) = page.layer.and_then(|l| l.get(page.selected?)) else { return };
        let colour = colour_of(page, &annotation.label, palette);
        let ranges = self.ranges_of(annotation);
        let mut before: Option<(Rect, usize)> = None;
        for range in &ranges {
            let rects = self.screen_rects(column, range);
            for row in &rects {
                // Outside of the letters above and below, but hardly beside them: there stand other letters.
                let frame = self.text_box(*row).expand2(vec2(1.0, 2.0));
                painter.rect_stroke(frame, 3, Stroke::new(1.5, colour), StrokeKind::Inside);
            }
            if let (Some((last, end)), Some(first)) = (before, rects.first()) {
                let from = pos2(self.side(last, end, false), last.bottom());
                let to = pos2(self.side(*first, range.start, true), first.bottom());
                self.join(painter, column, from, to, Stroke::new(1.0, colour));
            }
            before = rects.last().map(|last| (*last, range.end)).or(before);
        }
        for range in &ranges {
            let (start, end) = self.handles(column, range.clone());
            for handle in [start, end].into_iter().flatten() {
                painter.circle(handle, 4.5, palette.paper, Stroke::new(2.0, colour));
            }
        }
    }

    /// A thin line from fragment to fragment that keeps to the room between rows: below the letters, and where whole
    /// rows lie between, down beside the column.
    fn join(&self, painter: &Painter, column: Rect, from: Pos2, to: Pos2, stroke: Stroke) {
        let s = self.style.size / 17.0;
        let line = self.style.line_height();
        let low = |y: f32| y - 2.0 * s;
        let points = if (from.y - to.y).abs() < 1.0 {
            vec![from - vec2(0.0, 3.0 * s), pos2(from.x, low(from.y)), pos2(to.x, low(to.y)), to - vec2(0.0, 3.0 * s)]
        } else {
            let above = to.y - line;
            let corner = pos2(from.x, low(from.y));
            let mut points = vec![from - vec2(0.0, 3.0 * s), corner];
            if (above - from.y).abs() > 1.0 {
                let x = if from.x > column.center().x { column.right() + 4.0 } else { column.left() - 4.0 };
                points.extend([pos2(x, corner.y), pos2(x, low(above))]);
            }
            points.extend([pos2(to.x, low(above)), pos2(to.x, low(above) + 5.0 * s)]);
            points
        };
        painter.add(Shape::line(points, stroke));
    }

    /// The side of a rectangle on which the text at `byte` begins, or ends, by the direction of the letters there.
    pub(super) fn side(&self, rect: Rect, byte: usize, begins: bool) -> f32 {
        // What ends here is the letter before.
        let letter = if begins { byte } else { byte.saturating_sub(1) };
        let block = self.block_of(letter);
        let start = self.blocks.get(block).map_or(0, |b| b.bytes.start);
        let rtl = self.near.get(&block).is_some_and(|near| near.laid.is_rtl_at(letter.saturating_sub(start)));
        if begins == rtl { rect.right() } else { rect.left() }
    }

    /// What a mark says, as far as one listens: a mark may hold the whole text.
    pub(super) fn beginning_of(&self, annotation: &Annotation, most: usize) -> String {
        if annotation.span.covered_bytes() <= most {
            return self.text.quote(&annotation.span);
        }
        let start = annotation.span.start();
        let end = crate::model::boundaries::grapheme_floor(self.text.as_str(), start + most);
        format!("{}…", &self.text.as_str()[start..end.max(start)])
    }

    /// A mark as it is named: “claim: The volume of trade …”.
    pub(super) fn name_of(&self, annotation: &Annotation, page: &Page) -> String {
        let title = page.scheme.title_of(&annotation.label);
        format!("{}: {}", title.to_lowercase(), self.beginning_of(annotation, MOST_SAID))
    }

    /// Tells what the pointer is over: label, words and attributes of each mark, the shortest first.
    pub(super) fn hover(
        &self,
        response: &egui::Response,
        column: Rect,
        pos: Pos2,
        layer: &Layer,
        page: &Page,
        palette: &Palette,
    ) {
        let marks = self.marks_at(column, pos, layer);
        // A pointer that rests while keys are pressed asks nothing.
        if marks.is_empty() || self.pointer_rests {
            return;
        }
        response.clone().on_hover_ui_at_pointer(|ui| {
            ui.set_max_width(340.0);
            for annotation in marks.iter().take(TIP_MARKS).filter_map(|id| layer.get(*id)) {
                let job = self.tip(annotation, page, palette, ui.available_width());
                ui.label(job);
            }
            if marks.len() > TIP_MARKS {
                let more = format!("and {} more", marks.len() - TIP_MARKS);
                ui.label(crate::app::widgets::muted(ui, more).size(size::SMALL));
            }
        });
    }

    fn tip(&self, annotation: &Annotation, page: &Page, palette: &Palette, width: f32) -> egui::text::LayoutJob {
        let def = page.scheme.label(&annotation.label);
        let title = page.scheme.title_of(&annotation.label);
        let colour = def.map_or(palette.muted, |l| palette.text_of(l.colour));
        let format = |font_id, color| egui::TextFormat { font_id, color, ..egui::TextFormat::default() };
        let mut job = egui::text::LayoutJob::default();
        job.append(title, 0.0, format(Face::SemiBold.size(size::SMALL), colour));
        let quote = self.beginning_of(annotation, TIP_QUOTE).replace(['\n', '\r'], " ");
        job.append(&quote, 8.0, format(Face::Sans.size(size::SMALL), palette.ink));
        let values = values_in_words(&annotation.label, &annotation.attributes, page.scheme, page.entities);
        if !values.is_empty() {
            job.append(&format!("\n{values}"), 0.0, format(Face::Sans.size(size::SMALL), palette.muted));
        }
        job.wrap.max_width = width;
        job.wrap.max_rows = 6;
        job
    }

    /// The label that is the brush, beside the pointer: what is selected next gets it.
    pub(super) fn draw_brush(&self, ui: &Ui, pos: Pos2, label: &LabelDef, palette: &Palette) {
        let layer = egui::LayerId::new(egui::Order::Tooltip, widget_id().with("brush"));
        let painter = ui.ctx().layer_painter(layer);
        let galley = painter.layout_no_wrap(label.title.clone(), Face::Medium.size(size::BADGE), palette.ink);
        let room = galley.size() + vec2(26.0, 6.0);
        let at = (pos + vec2(14.0, 14.0)).min(self.viewport.right_bottom() - room - vec2(4.0, 4.0));
        let chip = Rect::from_min_size(at, room);
        painter.rect(chip, 6, palette.card, Stroke::new(1.0, palette.line), StrokeKind::Inside);
        let swatch = Rect::from_min_size(chip.left_center() + vec2(6.0, -5.0), vec2(10.0, 10.0));
        crate::app::widgets::swatch(&painter, swatch, label, palette);
        painter.galley(pos2(chip.left() + 20.0, chip.center().y - galley.size().y / 2.0), galley, palette.ink);
    }
}

/// Draws the tints of a row. Of those that lie over each other, only the [`TINTS`] nearest to the text are drawn.
fn draw_tints(painter: &Painter, row: &[Tint]) {
    if row.iter().all(|tint| tint.lane < TINTS) {
        for tint in row {
            painter.rect_filled(Rect::from_x_y_ranges(tint.x, tint.y), 2, tint.colour);
        }
        return;
    }
    let mut mesh = Mesh::default();
    for (x, tints) in parts(row) {
        for tint in tints {
            mesh.add_colored_rect(Rect::from_x_y_ranges(x, tint.y), tint.colour);
        }
    }
    painter.add(Shape::mesh(mesh));
}

/// The row in parts, each under the same tints: those that are drawn, the lowest lanes first.
fn parts(row: &[Tint]) -> Vec<(Rangef, Vec<&Tint>)> {
    let mut edges: Vec<(f32, bool, usize)> = Vec::with_capacity(2 * row.len());
    for (n, tint) in row.iter().enumerate() {
        edges.extend([(tint.x.min, true, n), (tint.x.max, false, n)]);
    }
    edges.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut open, mut from, mut parts) = (BTreeSet::new(), f32::NEG_INFINITY, Vec::new());
    for (x, begins, n) in edges {
        if x > from && !open.is_empty() {
            let tints = open.iter().take(TINTS).map(|&(_, n): &(usize, usize)| &row[n]).collect();
            parts.push((Rangef::new(from, x), tints));
        }
        from = x;
        if begins {
            open.insert((row[n].lane, n));
        } else {
            open.remove(&(row[n].lane, n));
        }
    }
    parts
}

/// Adds an underline of a kind to a mesh; `y` is its upper edge, in points.
pub fn underline_into(mesh: &mut Mesh, kind: Underline, x: egui::Rangef, y: f32, colour: Color32, ppp: f32) {
    let y = (y * ppp).round() / ppp;
    let mut bar = |x0: f32, x1: f32, y0: f32, y1: f32| {
        mesh.add_colored_rect(Rect::from_min_max(pos2(x0, y0), pos2(x1.min(x.max), y1)), colour);
    };
    let mut repeat = |on: f32, off: f32, height: f32| {
        let mut at = x.min;
        while at < x.max {
            bar(at, at + on, y, y + height);
            at += on + off;
        }
    };
    match kind {
        Underline::Solid => bar(x.min, x.max, y, y + 2.0),
        Underline::Thick => bar(x.min, x.max, y, y + 3.0),
        Underline::Dashed => repeat(6.0, 3.0, 2.0),
        Underline::Dotted => repeat(2.5, 2.5, 2.5),
        Underline::Double => {
            bar(x.min, x.max, y, y + 1.0);
            bar(x.min, x.max, y + 2.0, y + 3.0);
        }
        Underline::Wavy => {
            let mut at = x.min;
            let mut low = false;
            while at < x.max {
                let dy = if low { 1.25 } else { 0.0 };
                bar(at, at + 2.5, y + dy, y + dy + 1.5);
                at += 2.5;
                low = !low;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::theme::contrast;
    use eframe::egui::{Rgba, Theme};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nowhere_are_more_tints_than_can_be_read_through_and_nothing_marked_is_without(
            marks in proptest::collection::vec((0u8..60, 1u8..30), 1..20),
        ) {
            let tint = |(lane, (from, length)): (usize, &(u8, u8))| Tint {
                x: Rangef::new(f32::from(*from), f32::from(*from) + f32::from(*length)),
                y: Rangef::new(0.0, 1.0),
                lane,
                colour: Color32::BLACK,
            };
            let row: Vec<_> = marks.iter().enumerate().map(tint).collect();
            let parts = parts(&row);
            prop_assert!(parts.windows(2).all(|pair| pair[0].0.max <= pair[1].0.min));
            for x in 0..90u8 {
                let x = f32::from(x) + 0.5;
                let mut over: Vec<_> = row.iter().filter(|t| t.x.contains(x)).map(|t| t.lane).collect();
                over.sort_unstable();
                over.truncate(TINTS);
                let drawn: Vec<_> = parts.iter().filter(|(part, _)| part.contains(x)).collect();
                prop_assert!(drawn.len() <= 1);
                let drawn: Vec<_> = drawn.iter().flat_map(|(_, tints)| tints.iter().map(|t| t.lane)).collect();
                prop_assert_eq!(drawn, over);
            }
        }
    }

    #[test]
    fn letters_can_be_read_through_as_many_tints_as_are_drawn() {
        let over = |below: Color32, tint: Color32| {
            let (below, tint) = (Rgba::from(below), Rgba::from(tint));
            // Blended in gamma space, as the screen does it.
            let mixed = |a: u8, b: u8, alpha: u8| {
                (f32::from(b) + f32::from(a) * (1.0 - f32::from(alpha) / 255.0)).round() as u8
            };
            let (b, t) = (Color32::from(below), Color32::from(tint));
            Color32::from_rgb(mixed(b.r(), t.r(), t.a()), mixed(b.g(), t.g(), t.a()), mixed(b.b(), t.b(), t.a()))
        };
        let okabe_ito = ["#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"];
        for theme in [Theme::Light, Theme::Dark] {
            let palette = Palette::of(theme);
            let tints: Vec<_> = okabe_ito.iter().map(|c| palette.tint_of(c.parse().unwrap())).collect();
            for a in &tints {
                for b in &tints {
                    let behind = over(over(palette.paper, *a), *b);
                    assert!(contrast(palette.ink, behind) >= 4.5, "{theme:?}: {behind:?}");
                }
            }
        }
    }
}
