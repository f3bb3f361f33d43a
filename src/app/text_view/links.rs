//! The links of the selected annotation, as quiet curves in the right margin.

use super::{Page, TextView};
use crate::app::fonts::Face;
use crate::app::theme::{Palette, size};
use crate::model::{Annotation, Name};
use eframe::egui::{Painter, Pos2, Rect, Shape, Stroke, epaint::CubicBezierShape, pos2, vec2};

/// No more links than this are drawn: beyond, the card's list says it better.
const MOST: usize = 6;

impl TextView {
    /// Draws the links of the selected annotation and a thin frame around the marks at their other ends.
    pub(super) fn draw_links(&self, painter: &Painter, column: Rect, page: &Page, palette: &Palette) {
        let Some(layer) = page.layer else { return };
        let Some(selected) = page.selected.and_then(|id| layer.get(id)) else { return };
        for (n, link) in layer.links_of(selected.id).take(MOST).enumerate() {
            let starts_here = link.from == selected.id;
            let other = if starts_here { link.to } else { link.from };
            let Some(other) = layer.get(other) else { continue };
            let def = page.scheme.link(&link.kind);
            let title = match def {
                Some(def) if starts_here => &def.title,
                Some(def) => &def.inverse,
                None => link.kind.as_str(),
            };
            self.frame_of_other_end(painter, column, page, other, palette);
            let (from, to) = (self.end_of(column, selected), self.end_of(column, other));
            let (tail, head) = if starts_here { (from, to) } else { (to, from) };
            curve(painter, tail, head, n, title, palette, self.viewport);
        }
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
    fn end_of(&self, column: Rect, annotation: &Annotation) -> Pos2 {
        let x = column.right() + 6.0;
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

fn curve(painter: &Painter, tail: Pos2, head: Pos2, n: usize, title: &str, palette: &Palette, viewport: Rect) {
    let stroke = Stroke::new(1.25, palette.muted);
    let bulge = 16.0 + 9.0 * n as f32;
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
    let middle = f32::midpoint(a.y, b.y);
    let y = middle.clamp(viewport.top() + 12.0, viewport.bottom() - 12.0);
    let at = pos2(a.x + bulge * 0.75 + 5.0, y);
    let galley = painter.layout_no_wrap(title.to_owned(), Face::Sans.size(size::BADGE), palette.muted);
    // In a narrow window the margin may have no room for words; the card says it anyway.
    if at.x + galley.size().x < viewport.right() - 2.0 {
        painter.galley(at - vec2(0.0, galley.size().y / 2.0), galley, palette.muted);
    }
}
