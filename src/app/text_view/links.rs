//! The links of the selected annotation, as quiet curves in the right margin.

use super::{Page, TextView};
use crate::app::fonts::Face;
use crate::app::theme::{Palette, size};
use crate::model::{Annotation, Name};
use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{Galley, Painter, Pos2, Rect, Shape, Stroke, Vec2, epaint::CubicBezierShape, pos2, vec2};
use std::sync::Arc;

/// No more links than this are drawn: beyond, the card's list says it better.
const MOST: usize = 6;
/// What a link is called is not begun in less room than this, in points.
const LEAST_WORD: f32 = 24.0;

impl TextView {
    /// Draws the links of the selected annotation and a thin frame around the marks at their other ends.
    pub(super) fn draw_links(&self, painter: &Painter, column: Rect, page: &Page, palette: &Palette) {
        let Some(layer) = page.layer else { return };
        let Some(selected) = page.selected.and_then(|id| layer.get(id)) else { return };
        let links: Vec<_> = layer.links_of(selected.id).take(MOST).collect();
        let margin = self.margin_of_links(column);
        let room = Rect::from_x_y_ranges(margin..=self.viewport.right() - 3.0, self.viewport.y_range());
        let mut drawn = Vec::new();
        for (n, link) in links.into_iter().enumerate() {
            let starts_here = link.from == selected.id;
            let other = if starts_here { link.to } else { link.from };
            let Some(other) = layer.get(other) else { continue };
            let def = page.scheme.link(&link.kind);
            let title = match def {
                Some(def) if starts_here => def.title.clone(),
                Some(def) => def.inverse.clone(),
                None => link.kind.to_string(),
            };
            self.frame_of_other_end(painter, column, page, other, palette);
            let (from, to) = (self.end_of(column, margin, selected), self.end_of(column, margin, other));
            let (tail, head) = if starts_here { (from, to) } else { (to, from) };
            drawn.push((curve(painter, tail, head, bulge(n), palette), title));
        }
        let curves: Vec<_> = drawn.iter().map(|(curve, _)| *curve).collect();
        let mut words: Vec<Rect> = Vec::new();
        for (curve, title) in drawn {
            if let Some((at, galley)) = name_of_curve(painter, curve, &title, room, &curves, &words, palette) {
                words.push(Rect::from_min_size(at, galley.size()));
                painter.galley(at, galley, palette.muted);
            }
        }
    }

    /// Where the margin for curves begins: paragraphs that run from the right have their numbers on its side.
    fn margin_of_links(&self, column: Rect) -> f32 {
        let digits = self.text.paragraphs().len().to_string().len() as f32;
        let numbers = if self.near.values().any(|near| near.laid.is_rtl()) { 15.0 + 7.0 * digits } else { 0.0 };
        column.right() + 6.0 + numbers
    }

    fn frame_of_other_end(&self, painter: &Painter, column: Rect, page: &Page, other: &Annotation, palette: &Palette) {
        let colour = colour_of(page, &other.label, palette);
        for fragment in other.span.fragments() {
            for rect in self.screen_rects(column, &fragment.range()) {
                let frame = self.text_box(rect).expand2(eframe::egui::vec2(1.0, 0.0));
                painter.rect_stroke(frame, 3, Stroke::new(1.0, colour), eframe::egui::StrokeKind::Outside);
            }
        }
    }

    /// Where a link meets an annotation: in the margin beside its last visible row; where it lies outside the
    /// viewport, at the edge beyond which it is.
    fn end_of(&self, column: Rect, x: f32, annotation: &Annotation) -> Pos2 {
        let rects = self.screen_rects(column, &annotation.span.hull());
        let seen = rects.iter().find(|r| self.viewport.y_range().contains(r.center().y));
        if let Some(rect) = seen {
            return pos2(x, rect.center().y);
        }
        let y = self.heights.top_of(self.block_of(annotation.span.start()));
        let above = y < self.scroll_y() + f64::from(self.viewport.height()) / 2.0;
        pos2(x, if above { self.viewport.top() - 10.0 } else { self.viewport.bottom() + 10.0 })
    }
}

pub(super) fn colour_of(page: &Page, label: &Name, palette: &Palette) -> eframe::egui::Color32 {
    page.scheme.label(label).map_or(palette.muted, |l| palette.ink_of(l.colour))
}

/// How far the n-th curve reaches into the margin, in points.
fn bulge(n: usize) -> f32 {
    16.0 + 9.0 * n as f32
}

/// Where what a link is called stands: beside the widest curve, below the names that are there already; where the
/// margin is too narrow for that, below or above its own curve; where nothing is free, cut, for the card says it whole.
fn name_of_curve(
    painter: &Painter,
    curve: Rect,
    title: &str,
    room: Rect,
    curves: &[Rect],
    words: &[Rect],
    palette: &Palette,
) -> Option<(Pos2, Arc<Galley>)> {
    let laid = |width: f32| {
        let mut job = LayoutJob::simple_singleline(title.to_owned(), Face::Sans.size(size::BADGE), palette.muted);
        job.wrap = TextWrapping::truncate_at_width(width.max(0.0));
        painter.layout_job(job)
    };
    let widest = curves.iter().map(Rect::right).fold(curve.right(), f32::max);
    let beside_at = widest + 5.0;
    let y = curve.center().y.min(room.bottom() - 12.0).max(room.top() + 12.0);
    let beside = |size: Vec2| {
        let mut rect = Rect::from_min_size(pos2(beside_at, y - size.y / 2.0), size);
        while let Some(other) = words.iter().find(|other| other.intersects(rect)) {
            rect = rect.translate(vec2(0.0, other.bottom() + 1.0 - rect.top()));
        }
        rect
    };
    let below = |size: Vec2| Rect::from_min_size(pos2(room.left(), curve.bottom() + 5.0), size);
    let above = |size: Vec2| Rect::from_min_size(pos2(room.left(), curve.top() - 5.0 - size.y), size);
    let is_free =
        |rect: &Rect| room.contains_rect(*rect) && !curves.iter().chain(words).any(|taken| taken.intersects(*rect));
    let first_free = |at_side: Option<Arc<Galley>>, under: Option<Arc<Galley>>| {
        let at = |galley: &Option<Arc<Galley>>, place: &dyn Fn(Vec2) -> Rect| {
            let galley = galley.as_ref()?;
            let rect = place(galley.size());
            is_free(&rect).then(|| (rect.min, galley.clone()))
        };
        at(&at_side, &beside).or_else(|| at(&under, &below)).or_else(|| at(&under, &above))
    };
    let whole = laid(f32::INFINITY);
    // In several rows only where there is no room for one, and only whole words: that takes more laying out.
    let in_rows = || {
        let font = Face::Sans.size(size::BADGE);
        let word = |word: &str| painter.layout_no_wrap(word.to_owned(), font.clone(), palette.muted).size().x;
        let longest = title.split_whitespace().map(word).fold(0.0, f32::max);
        let rows = |width: f32| {
            (longest <= width).then(|| painter.layout(title.to_owned(), font.clone(), palette.muted, width))
        };
        first_free(rows(room.right() - beside_at), rows(room.width()))
    };
    if let Some(found) = first_free(Some(whole.clone()), Some(whole)).or_else(in_rows) {
        return Some(found);
    }
    let width = room.right() - beside_at;
    let cut = (width >= LEAST_WORD).then(|| laid(width))?;
    Some((beside(cut.size()).min, cut))
}

/// Draws a link as a curve with an arrow; returns the room that it takes.
fn curve(painter: &Painter, tail: Pos2, head: Pos2, bulge: f32, palette: &Palette) -> Rect {
    let stroke = Stroke::new(1.25, palette.muted);
    // Both ends in one row: a loop that leaves room for its arrow, and for what else ends in the middle.
    let (a, b) = if (tail.y - head.y).abs() < 2.0 {
        (pos2(tail.x, tail.y - 9.0), pos2(head.x, head.y + 9.0))
    } else {
        (tail, head)
    };
    let points = [a, pos2(a.x + bulge, a.y), pos2(b.x + bulge, b.y), b];
    painter.add(CubicBezierShape::from_points_stroke(points, false, eframe::egui::Color32::TRANSPARENT, stroke));
    painter.circle_filled(a, 2.0, palette.muted);
    let tip = |dx: f32, dy: f32| pos2(b.x + dx, b.y + dy);
    let arrow = vec![b, tip(6.0, -3.0), tip(6.0, 3.0)];
    painter.add(Shape::convex_polygon(arrow, palette.muted, Stroke::NONE));
    // The furthest that such a curve reaches is three quarters of what its handles do.
    Rect::from_two_pos(a, b).with_max_x(a.x + bulge * 0.75)
}
