//! Drawing the page: where everything stands, header, text, selection, caret. Elsewhere: marks (`marks`), what is found
//! (`found`), links (`links`), what is told to those who do not see it (`speech`).

use super::{LayoutKey, Near, Page, Reveal, TextView, ViewEvent, widget_id};
use crate::app::fonts::Face;
use crate::app::theme::{Palette, size};
use crate::text_layout::{Caret, InvisibleKind, Laid};
use eframe::egui::{
    Align2, Color32, EventFilter, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2,
    vec2,
};
use std::ops::Range;
use std::sync::Arc;

/// Height of the line with publisher, date and author, in points.
pub(super) const SOURCE_HEIGHT: f32 = 24.0;
/// Room left and right of the column that is kept even in a narrow window.
const MARGIN: f32 = 56.0;

impl TextView {
    /// Draws the page into all the room that `ui` has, and returns what the person did.
    pub fn show(&mut self, ui: &mut Ui, page: &Page) -> Vec<ViewEvent> {
        let palette = Palette::current(ui);
        let whole = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(whole);
        let strip = whole.with_min_x(whole.right() - if page.bare { 0.0 } else { super::overview::WIDTH });
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
        self.take_ahead();
        let visible = self.fill_viewport();
        if settled {
            self.look_ahead(&visible);
        }
        let painter = ui.painter_at(paper);
        self.make_meshes(&visible, scale, palette.ink);
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
        self.speak(ui, column, &visible, page);
        if !page.bare {
            self.overview(ui, strip, page, settled, &palette);
        }
        let pointer = response.hover_pos();
        if let (Some(label), Some(pos)) = (page.brush, pointer) {
            self.draw_brush(ui, pos, label, &palette);
        } else if let (Some(layer), Some(pos)) = (page.layer, pointer.filter(|_| !self.is_dragging())) {
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
        if let Some((_, Near { mesh: Some((_, mesh)), .. })) = &self.title {
            painter.add(Shape::mesh(super::atlas::moved(mesh, snapped(origin + vec2(0.0, SOURCE_HEIGHT), ppp))));
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
            if let Some((_, mesh)) = &near.mesh {
                painter.add(Shape::mesh(super::atlas::moved(mesh, snapped(origin, ppp))));
            }
            if self.style.show_invisibles {
                let ends = self.blocks[block].last;
                draw_invisibles(painter, &near.laid, origin, ends, palette);
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
                // Where a reader begins a row.
                let (x, side) = if near.laid.is_rtl() {
                    (column.right() + 16.0, Align2::LEFT_BOTTOM)
                } else {
                    (column.left() - 16.0, Align2::RIGHT_BOTTOM)
                };
                let colour = palette.muted.gamma_multiply(0.85);
                painter.text(pos2(x, origin.y + baseline), side, paragraph, Face::Sans.size(size::BADGE), colour);
            }
        }
    }

    /// Makes the meshes of all that is visible before the first of them is drawn: a texture that runs full on the way is
    /// emptied, and meshes made before that would show other letters.
    fn make_meshes(&mut self, visible: &Range<usize>, ppp: f32, ink: Color32) {
        let Some(atlas) = &mut self.atlas else { return };
        let mut shown: Vec<&mut Near> = self.near.range_mut(visible.clone()).map(|(_, near)| near).collect();
        shown.extend(self.title.as_mut().filter(|_| visible.contains(&0)).map(|(_, near)| near));
        // As often as the texture can be doubled in height; of what does not fit then, some blocks are not drawn.
        for attempt in 0..8 {
            let generation = atlas.generation();
            for near in &mut shown {
                if near.mesh.as_ref().is_none_or(|(made, _)| *made != generation) {
                    near.mesh = atlas.mesh(&near.laid, ppp, ink).ok().map(|mesh| (generation, Arc::new(mesh)));
                }
            }
            if attempt == 7 || shown.iter().all(|near| near.mesh.is_some()) {
                break;
            }
            atlas.make_room(attempt > 0);
        }
    }

    /// The box behind the letters of a row's rectangle; the room below it belongs to the lanes.
    pub(super) fn text_box(&self, row: Rect) -> Rect {
        let s = self.style.size / 17.0;
        let middle = row.center().y;
        Rect::from_x_y_ranges(row.x_range(), middle - 14.0 * s..=middle + 12.0 * s)
    }

    pub(super) fn bytes_of(&self, visible: &Range<usize>) -> Range<usize> {
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
}

/// How many viewports of blocks are kept before and after the visible ones.
const KEEP_BLOCKS: f32 = super::KEEP;

/// Draws signs for what cannot be seen. One that is wider than its character stands above the letters, with a tick.
fn draw_invisibles(painter: &Painter, laid: &Laid, origin: Pos2, ends_paragraph: bool, palette: &Palette) {
    let font = Face::Sans.size(size::BADGE);
    for invisible in laid.invisibles() {
        let Some(row) = laid.rows().get(invisible.row) else { continue };
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
        let galley = painter.layout_no_wrap(sign.to_owned(), font.clone(), palette.accent);
        let middle = origin.x + f32::midpoint(invisible.x0, invisible.x1);
        let at_end = invisible.kind == InvisibleKind::LineEnd;
        if at_end || galley.size().x <= invisible.x1 - invisible.x0 + 1.0 {
            let at = pos2(middle - galley.size().x / 2.0, origin.y + row.baseline - 1.0 - galley.size().y);
            painter.galley(at, galley, palette.accent);
        } else {
            let top = origin.y + row.y0;
            painter.vline(middle, top + galley.size().y - 3.0..=origin.y + row.baseline, (1.0, palette.accent));
            painter.galley(pos2(middle - galley.size().x / 2.0, top - 3.0), galley, palette.accent);
        }
    }
    if let (true, Some(row)) = (ends_paragraph, laid.rows().last()) {
        let end = laid.caret_rect(Caret::behind(laid.len()));
        let (x, side) =
            if laid.is_rtl() { (end.x0 - 3.0, Align2::RIGHT_BOTTOM) } else { (end.x0 + 3.0, Align2::LEFT_BOTTOM) };
        painter.text(origin + vec2(x, row.baseline - 1.0), side, "¶", font, palette.accent);
    }
}

/// On whole physical pixels, where the glyphs were rasterised for.
fn snapped(pos: Pos2, ppp: f32) -> Pos2 {
    pos2((pos.x * ppp).round() / ppp, (pos.y * ppp).round() / ppp)
}
