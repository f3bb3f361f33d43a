//! Drawing the page: text, tints, underlines in lanes, selection, caret; and the accessibility tree of all that.

use super::links::colour_of;
use super::{LayoutKey, Near, Page, Reveal, TextView, ViewEvent, widget_id};
use crate::app::fonts::Face;
use crate::app::theme::{Palette, size};
use crate::model::{Annotation, AnnotationId, Layer, Underline};
use crate::text_layout::{Caret, InvisibleKind};
use eframe::egui::{
    self, Align2, Color32, EventFilter, Mesh, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// Height of the line with publisher, date and author, in points.
pub(super) const SOURCE_HEIGHT: f32 = 24.0;
/// Underlines side by side; marks beyond share the last lane and are counted beside the row.
const LANES: usize = 4;
/// Distance of lanes in points, at 17 points of type.
const LANE: f32 = 3.5;
/// So many bytes of a mark are read to those who do not see it; the card has the rest.
const MOST_READ: usize = 400;
/// So many marks without a lane are listed.
const MOST_LISTED: usize = 40;
/// Room left and right of the column that is kept even in a narrow window.
const MARGIN: f32 = 56.0;

impl TextView {
    /// Draws the page into all the room that `ui` has, and returns what the person did.
    pub fn show(&mut self, ui: &mut Ui, page: &Page) -> Vec<ViewEvent> {
        let palette = Palette::current(ui);
        let whole = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(whole);
        let strip = whole.with_min_x(whole.right() - super::overview::WIDTH);
        let paper = whole.with_max_x(strip.left());
        ui.painter().rect_filled(paper, 0, palette.paper);
        let scale = ui.pixels_per_point();
        let grid = |x: f32| (x * scale).round() / scale;
        let width = grid(self.style.column.min(paper.width() - 2.0 * MARGIN).max(120.0));
        let left = grid(paper.center().x - width / 2.0).max(paper.left() + 8.0);
        let column = Rect::from_min_size(pos2(left, paper.top()), vec2(width, paper.height()));
        self.viewport = paper;
        let key = LayoutKey { width, pixels_per_point: scale, style: self.style, direction: self.direction };
        let settled = self.key == Some(key);
        self.prepare(key, &palette, page.title);
        self.measure(ui, settled);
        self.lanes.at(page.revision);
        let dark = palette.dark;
        self.atlas.get_or_insert_with(|| super::Atlas::new(ui, dark)).set_dark(dark);

        let response = ui.interact(paper, widget_id(), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(Role::Document, true, page.title));
        if response.has_focus() {
            let filter = EventFilter { tab: true, horizontal_arrows: true, vertical_arrows: true, escape: true };
            ui.memory_mut(|m| m.set_focus_lock_filter(widget_id(), filter));
        }
        let mut events = self.pointer(ui, &response, column, page);
        let visible = self.fill_viewport();
        let painter = ui.painter_at(paper);
        self.draw_header(&painter, column, page, &palette);
        if self.blocks.len() < 2 {
            let message =
                if self.text.is_empty() { "This document is empty" } else { "This document holds only white space" };
            painter.text(paper.center(), Align2::CENTER_CENTER, message, Face::Sans.size(size::LEAD), palette.muted);
        }
        let crowds = self.draw_marks(&painter, column, &visible, page, &palette);
        self.draw_found(&painter, column, &self.bytes_of(&visible), page.found, &palette);
        self.draw_selection(&painter, column, &palette);
        self.draw_text(&painter, column, &visible, &palette);
        self.draw_links(&painter, column, page, &palette);
        self.draw_selected(&painter, column, page, &palette);
        if response.has_focus() && self.caret_is_lit(ui) {
            self.draw_caret(&painter, column, &palette);
        }
        events.extend(self.crowds(ui, column, &crowds, page, &palette));
        self.describe(ui, column, &visible, page);
        self.overview(ui, strip, page, settled, &palette);
        if let (Some(layer), Some(pos)) = (page.layer, response.hover_pos().filter(|_| !self.is_dragging())) {
            self.hover(&response, column, pos, layer, page, &palette);
        }
        events
    }

    /// Lays out what is in the viewport, scrolls to what is to be seen, drops what is far; returns the visible blocks.
    fn fill_viewport(&mut self) -> Range<usize> {
        if let Some(reveal) = self.reveal.take() {
            self.scroll_into_view(reveal);
        }
        let mut visible = self.top.block..self.top.block;
        for attempt in 0..2 {
            visible = self.top.block..self.top.block;
            let mut y = -self.top.offset;
            while y < self.viewport.height() && visible.end < self.blocks.len() {
                self.lay_out(visible.end);
                y += self.heights.get(visible.end);
                visible.end += 1;
            }
            // Corrected heights can leave room below the end of the text.
            let before = self.top;
            self.scroll_by(0.0);
            if attempt == 1 || before == self.top {
                break;
            }
        }
        let reach = (self.viewport.height() * KEEP_BLOCKS / self.style.line_height()) as usize + 4;
        let keep = visible.start.saturating_sub(reach)..visible.end + reach;
        self.near.retain(|block, _| keep.contains(block));
        visible
    }

    fn scroll_into_view(&mut self, reveal: Reveal) {
        let (place, third) = match reveal {
            Reveal::Caret => (self.caret, false),
            Reveal::Byte(byte) => (super::Place { byte, affinity: crate::text_layout::Affinity::Downstream }, true),
        };
        let block = self.block_of_place(place);
        let Some(start) = self.blocks.get(block).map(|b| b.bytes.start) else { return };
        let caret = Caret { byte: place.byte.saturating_sub(start), affinity: place.affinity };
        let Some(rect) = self.lay_out(block).map(|laid| laid.caret_rect(caret)) else { return };
        let line = f64::from(self.style.line_height());
        let height = f64::from(self.viewport.height());
        let y = self.heights.top_of(block) + f64::from(rect.y0);
        let top = self.scroll_y();
        let inside = y - line >= top && y + 2.0 * line <= top + height;
        // At the first row the header comes into view too.
        if block == 1 && rect.y0 < 1.0 && y + 2.0 * line < height {
            self.scroll_to(0.0);
        } else if !inside {
            let outside_by_far = y < top - height || y > top + 2.0 * height;
            if third || outside_by_far {
                self.scroll_to(y - height / 3.0);
            } else if y - line < top {
                self.scroll_to(y - line);
            } else {
                self.scroll_to(y + 2.0 * line - height);
            }
        }
    }

    fn draw_header(&mut self, painter: &Painter, column: Rect, page: &Page, palette: &Palette) {
        if self.top.block > 0 {
            return;
        }
        let origin = self.origin_of(0, column) + vec2(0.0, super::TOP_MARGIN);
        let ppp = painter.pixels_per_point();
        let source = painter.layout_no_wrap(page.source.to_owned(), Face::Sans.size(size::SMALL), palette.muted);
        let x = if self.title.as_ref().is_some_and(|(_, near)| near.laid.is_rtl()) {
            column.right() - source.size().x
        } else {
            column.left()
        };
        painter.galley(pos2(x, origin.y), source, palette.muted);
        if let (Some((_, near)), Some(atlas)) = (&mut self.title, &mut self.atlas) {
            let mesh = mesh_of(near, atlas, ppp, palette.ink);
            painter.add(Shape::mesh(super::atlas::moved(&mesh, snapped(origin + vec2(0.0, SOURCE_HEIGHT), ppp))));
        }
    }

    fn draw_text(&mut self, painter: &Painter, column: Rect, visible: &Range<usize>, palette: &Palette) {
        let ppp = painter.pixels_per_point();
        self.missing.clear();
        for block in visible.clone().filter(|&b| b > 0) {
            let origin = self.origin_of(block, column);
            let start = self.blocks[block].bytes.start;
            let (first, paragraph) = (self.blocks[block].first, self.blocks[block].paragraph);
            let Some(near) = self.near.get_mut(&block) else { continue };
            let baseline = near.laid.rows().first().map_or(0.0, |row| row.baseline);
            if let Some(atlas) = &mut self.atlas {
                let mesh = mesh_of(near, atlas, ppp, palette.ink);
                painter.add(Shape::mesh(super::atlas::moved(&mesh, snapped(origin, ppp))));
            }
            for invisible in near.laid.invisibles() {
                let row = near.laid.rows().get(invisible.row).map_or(0.0, |row| row.baseline);
                let sign = match invisible.kind {
                    InvisibleKind::Space => "·",
                    InvisibleKind::NoBreakSpace => "°",
                    InvisibleKind::OtherSpace => "␣",
                    InvisibleKind::Tab => "→",
                    InvisibleKind::LineEnd => "¶",
                    InvisibleKind::SoftHyphen => "¬",
                    InvisibleKind::ZeroWidth => "¦",
                    InvisibleKind::Direction => "↔",
                    InvisibleKind::Control => "¤",
                };
                let at = origin + vec2(f32::midpoint(invisible.x0, invisible.x1), row - 1.0);
                painter.text(at, Align2::CENTER_BOTTOM, sign, Face::Sans.size(size::BADGE), palette.accent);
            }
            for range in near.laid.missing() {
                let letters = self.text.as_str().get(start + range.start..start + range.end).unwrap_or_default();
                self.missing.extend(letters.chars());
                for (_, r) in near.laid.rects(range.clone()) {
                    let rect = Rect::from_min_max(pos2(r.x0, r.y0 + 6.0), pos2(r.x1.max(r.x0 + 4.0), r.y1 - 6.0));
                    let rect = rect.translate(origin.to_vec2());
                    painter.rect_stroke(rect, 2, Stroke::new(1.0, palette.error), StrokeKind::Inside);
                }
            }
            if first {
                let at = pos2(column.left() - 16.0, origin.y + baseline);
                let colour = palette.muted.gamma_multiply(0.85);
                painter.text(at, Align2::RIGHT_BOTTOM, paragraph, Face::Sans.size(size::BADGE), colour);
            }
        }
    }

    /// The box behind the letters of a row's rectangle; the room below it belongs to the lanes.
    pub(super) fn text_box(&self, row: Rect) -> Rect {
        let s = self.style.size / 17.0;
        let middle = row.center().y;
        Rect::from_x_y_ranges(row.x_range(), middle - 14.0 * s..=middle + 12.0 * s)
    }

    /// Returns what found no lane of its own.
    fn draw_marks(
        &mut self,
        painter: &Painter,
        column: Rect,
        visible: &Range<usize>,
        page: &Page,
        palette: &Palette,
    ) -> Crowds {
        let Some(layer) = page.layer else { return Crowds::new() };
        let bytes = self.bytes_of(visible);
        let marks = layer.touching(bytes);
        let mut lines = Mesh::default();
        let mut crowded = Crowds::new();
        let s = self.style.size / 17.0;
        for annotation in marks {
            let def = page.scheme.label(&annotation.label);
            let ink = colour_of(page, &annotation.label, palette);
            let tint = def.map_or(palette.hover, |l| palette.tint_of(l.colour));
            let lane = self.lanes.of(annotation, layer);
            let dragged = self.dragged_range(annotation.id, annotation.span.hull());
            let ranges: Vec<_> = match dragged {
                Some(range) => vec![range],
                None => annotation.span.fragments().map(crate::model::span::Fragment::range).collect(),
            };
            for range in ranges {
                for row in self.screen_rects(column, &range) {
                    if !row.intersects(self.viewport) {
                        continue;
                    }
                    let tinted = self.text_box(row);
                    painter.rect_filled(tinted, 2, tint);
                    if lane >= LANES {
                        crowded.entry(row.center().y as i32).or_default().insert(annotation.id);
                    }
                    let y = tinted.bottom() - 1.0 * s + LANE * s * lane.min(LANES - 1) as f32;
                    let underline = def.map_or(Underline::Dotted, |l| l.underline);
                    underline_into(&mut lines, underline, row.x_range(), y, ink, painter.pixels_per_point());
                }
            }
        }
        painter.add(Shape::mesh(lines));
        if let Some(linking) = page.linking {
            self.draw_link_numbers(painter, column, page, linking, palette);
        }
        crowded
    }

    /// Beside each row with more marks than lanes: how many more; a click lists them.
    fn crowds(&self, ui: &Ui, column: Rect, crowds: &Crowds, page: &Page, palette: &Palette) -> Option<ViewEvent> {
        let mut picked = None;
        for (y, ids) in crowds {
            let text = format!("+{}", ids.len());
            let galley = ui.painter().layout_no_wrap(text, Face::Medium.size(size::BADGE), palette.muted);
            let centre = pos2(column.right() + 10.0 + galley.size().x / 2.0, *y as f32);
            let rect = Rect::from_center_size(centre, galley.size() + vec2(8.0, 4.0));
            let response = ui.interact(rect.intersect(self.viewport), widget_id().with(("crowd", *y)), Sense::click());
            let name = format!("{} more annotations in this line", ids.len());
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
            if response.hovered() || response.has_focus() {
                ui.painter().rect_filled(rect, 4, palette.hover);
            }
            ui.painter().galley(rect.center() - galley.size() / 2.0, galley, palette.muted);
            let response = response.on_hover_text(&name);
            egui::Popup::menu(&response).show(|ui| {
                ui.set_max_width(340.0);
                for annotation in ids.iter().take(MOST_LISTED).filter_map(|id| page.layer?.get(*id)) {
                    let title = page.scheme.label(&annotation.label).map_or(annotation.label.as_str(), |l| &l.title);
                    let text = format!("{title}: {}", self.beginning_of(annotation));
                    if ui.add(egui::Button::new(text).truncate()).clicked() {
                        picked = Some(ViewEvent::Picked(annotation.id));
                        ui.close();
                    }
                }
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
        for (n, id) in targets.iter().enumerate() {
            let Some(annotation) = page.layer.and_then(|l| l.get(*id)) else { continue };
            let first = annotation.span.fragments().next().map(crate::model::span::Fragment::range).unwrap_or_default();
            let Some(rect) = self.screen_rects(column, &first).first().copied() else { continue };
            let galley =
                painter.layout_no_wrap((n + 1).to_string(), Face::SemiBold.size(size::BADGE), palette.on_accent);
            let chip = Rect::from_center_size(self.text_box(rect).left_top(), galley.size() + vec2(8.0, 2.0));
            painter.rect_filled(chip, 4, palette.accent);
            painter.galley(chip.center() - galley.size() / 2.0, galley, palette.on_accent);
        }
    }

    fn bytes_of(&self, visible: &Range<usize>) -> Range<usize> {
        let first = self.blocks.get(visible.start.max(1)).map_or(0, |b| b.bytes.start);
        let last = visible.end.checked_sub(1).and_then(|b| self.blocks.get(b)).map_or(0, |b| b.bytes.end);
        first..last.max(first)
    }

    fn draw_selection(&self, painter: &Painter, column: Rect, palette: &Palette) {
        let selection = self.selection();
        if selection.is_empty() {
            return;
        }
        for row in self.screen_rects(column, &selection) {
            let row = row.with_max_x(row.right().max(row.left() + 3.0));
            painter.rect_filled(self.text_box(row).expand2(vec2(0.0, 1.0)), 0, palette.selection);
        }
    }

    fn draw_selected(&self, painter: &Painter, column: Rect, page: &Page, palette: &Palette) {
        let Some(annotation) = page.layer.and_then(|l| l.get(page.selected?)) else { return };
        let colour = colour_of(page, &annotation.label, palette);
        let hull = annotation.span.hull();
        let ranges: Vec<_> = match self.dragged_range(annotation.id, hull.clone()) {
            Some(range) => vec![range],
            None => annotation.span.fragments().map(crate::model::span::Fragment::range).collect(),
        };
        let mut last_end: Option<Pos2> = None;
        for range in &ranges {
            let rects = self.screen_rects(column, range);
            for row in &rects {
                let frame = self.text_box(*row).expand2(vec2(1.5, 2.0));
                painter.rect_stroke(frame, 3, Stroke::new(2.0, colour), StrokeKind::Middle);
            }
            // Fragments are joined by a thin line.
            if let (Some(from), Some(first)) = (last_end, rects.first()) {
                let to = pos2(first.left(), self.text_box(*first).bottom());
                painter.line_segment([from, to], Stroke::new(1.0, colour));
            }
            last_end = rects.last().map(|r| self.text_box(*r).right_bottom()).or(last_end);
        }
        let hull = ranges.first().zip(ranges.last()).map_or(hull, |(a, b)| a.start..b.end);
        let (start, end) = self.handles(column, hull);
        for handle in [start, end].into_iter().flatten() {
            painter.circle(handle, 4.5, palette.paper, Stroke::new(2.0, colour));
        }
    }

    /// Whether a blinking caret is to be seen now; asks for the frame in which that changes. When nobody has moved it
    /// for a while it stays, and so does the window.
    fn caret_is_lit(&mut self, ui: &Ui) -> bool {
        let now = ui.input(|i| i.time);
        if self.rested.0 != self.caret.byte {
            self.rested = (self.caret.byte, now);
        }
        let Some(blink) = self.blink else { return true };
        let rested = now - self.rested.1;
        if rested >= blink.timeout.as_secs_f64() {
            return true;
        }
        let half = blink.period.as_secs_f64() / 2.0;
        ui.ctx().request_repaint_after_secs((half - rested % half) as f32);
        ((rested / half) as u64).is_multiple_of(2)
    }

    fn draw_caret(&self, painter: &Painter, column: Rect, palette: &Palette) {
        let block = self.block_of_place(self.caret);
        let Some(near) = self.near.get(&block) else { return };
        let start = self.blocks[block].bytes.start;
        let caret = Caret { byte: self.caret.byte.saturating_sub(start), affinity: self.caret.affinity };
        let r = near.laid.caret_rect(caret);
        let rect =
            Rect::from_min_max(pos2(r.x0, r.y0), pos2(r.x1, r.y1)).translate(self.origin_of(block, column).to_vec2());
        let rect = self.text_box(rect).expand2(vec2(0.0, 1.0));
        let caret = Rect::from_x_y_ranges(rect.left() - 0.75..=rect.left() + 0.75, rect.y_range());
        painter.rect_filled(caret, 0, palette.accent);
    }

    /// Paragraphs and marks for screen readers.
    fn describe(&self, ui: &Ui, column: Rect, visible: &Range<usize>, page: &Page) {
        for block in visible.clone().filter(|&b| b > 0) {
            let bytes = self.blocks[block].bytes.clone();
            let origin = self.origin_of(block, column);
            let rect = Rect::from_min_size(origin, vec2(column.width(), self.heights.get(block)));
            let id = widget_id().with(("paragraph", block));
            let response = ui.interact(rect.intersect(self.viewport), id, Sense::empty());
            let content = &self.text.as_str()[bytes];
            response.widget_info(|| WidgetInfo::labeled(Role::Paragraph, true, content));
        }
        for annotation in page.layer.map(|l| l.touching(self.bytes_of(visible))).unwrap_or_default() {
            let rects = self.screen_rects(column, &annotation.span.hull());
            let Some(rect) = rects.first().map(|r| r.intersect(self.viewport)) else { continue };
            let id = widget_id().with(("mark", annotation.id.0));
            let response = ui.interact(rect, id, Sense::empty());
            response.widget_info(|| {
                let title = page.scheme.label(&annotation.label).map_or(annotation.label.as_str(), |l| &l.title);
                let name = format!("{}: {}", title.to_lowercase(), self.beginning_of(annotation));
                WidgetInfo::selected(Role::Mark, true, page.selected == Some(annotation.id), name)
            });
        }
    }

    /// What a mark says, as far as one listens: a mark may hold the whole text.
    fn beginning_of(&self, annotation: &Annotation) -> String {
        if annotation.span.covered_bytes() <= MOST_READ {
            return self.text.quote(&annotation.span);
        }
        let start = annotation.span.start();
        let end = self.text.as_str().floor_char_boundary(start + MOST_READ);
        format!("{}…", &self.text.as_str()[start..end])
    }

    fn hover(&self, response: &egui::Response, column: Rect, pos: Pos2, layer: &Layer, page: &Page, palette: &Palette) {
        let marks = self.marks_at(column, pos, layer);
        if marks.is_empty() {
            return;
        }
        response.clone().on_hover_ui_at_pointer(|ui| {
            ui.set_max_width(340.0);
            for annotation in marks.iter().filter_map(|id| layer.get(*id)) {
                let def = page.scheme.label(&annotation.label);
                let title = def.map_or(annotation.label.as_str(), |l| &l.title);
                let colour = def.map_or(palette.muted, |l| palette.text_of(l.colour));
                let values: Vec<_> = annotation.attributes.values().map(ToString::to_string).collect();
                let format = |font_id, color| egui::TextFormat { font_id, color, ..egui::TextFormat::default() };
                let mut job = egui::text::LayoutJob::default();
                job.append(title, 0.0, format(Face::SemiBold.size(size::SMALL), colour));
                job.append(&values.join(" · "), 8.0, format(Face::Sans.size(size::SMALL), palette.muted));
                job.wrap.max_width = ui.available_width();
                job.wrap.max_rows = HOVER_ROWS;
                ui.label(job);
            }
        });
    }
}

/// Marks without a lane of their own, by the height of their row on screen.
type Crowds = BTreeMap<i32, BTreeSet<AnnotationId>>;

/// Of one mark, a tooltip shows so many rows at most.
const HOVER_ROWS: usize = 4;

/// How many viewports of blocks are kept before and after the visible ones.
const KEEP_BLOCKS: f32 = super::KEEP;

fn mesh_of(near: &mut Near, atlas: &mut super::Atlas, ppp: f32, ink: Color32) -> Arc<Mesh> {
    if let Some((generation, mesh)) = &near.mesh
        && *generation == atlas.generation()
    {
        return mesh.clone();
    }
    let mesh = Arc::new(atlas.mesh(&near.laid, ppp, ink));
    near.mesh = Some((atlas.generation(), mesh.clone()));
    mesh
}

/// On whole physical pixels, where the glyphs were rasterised for.
fn snapped(pos: Pos2, ppp: f32) -> Pos2 {
    pos2((pos.x * ppp).round() / ppp, (pos.y * ppp).round() / ppp)
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
