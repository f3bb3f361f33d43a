//! The strip beside the page: where marks are in the whole document, and where the viewport is.

use super::found::draw_ticks;
use super::{Page, TextView};
use crate::app::theme::Palette;
use crate::model::{Layer, Scheme};
use eframe::egui::accesskit::Orientation;
use eframe::egui::epaint::{ClippedShape, Primitive};
use eframe::egui::{Color32, Mesh, Rect, Role, Sense, Shape, Ui, WidgetInfo, pos2, vec2};
use std::sync::Arc;

/// Width of the strip in points.
pub const WIDTH: f32 = 14.0;

/// So many bars are made in a frame: one that a change is in has enough to do.
const STEP: usize = 150;

/// The bars of the strip, kept until something that they show changes.
#[derive(Default)]
pub struct Overview {
    bars: Bars,
    /// What takes their place when all of it is there.
    growing: Option<Bars>,
    /// How often the heights of blocks have changed.
    heights: u64,
    found: Vec<f32>,
    /// For which search and height what was found is right.
    found_for: Option<(u64, f32)>,
}

/// Bars from the top of the strip on.
#[derive(Clone, Default)]
struct Bars {
    /// For what they are right; `None` before there are any.
    right_for: Option<Subject>,
    list: Vec<Bar>,
    /// From which byte of the text they are still to be made; `None` when all are there.
    from: Option<usize>,
    /// As triangles, and for which place and pixels per point: a strip full of bars is much of what a frame draws.
    drawn: Vec<Arc<Mesh>>,
    drawn_for: Option<(Rect, f32)>,
}

/// What bars show: revision of the layer, and changes of heights; height of the strip and theme.
type Subject = ((u64, u64), (f32, bool));

/// Whole point from the top at which a bar begins, its height in points, and its colour.
type Bar = (f32, f32, Color32);

impl Overview {
    /// Lets everything be made anew: heights have changed.
    pub(super) fn forget(&mut self) {
        self.heights += 1;
        self.found_for = None;
    }
}

impl Bars {
    fn new(right_for: Subject) -> Self {
        Self { right_for: Some(right_for), from: Some(0), ..Self::default() }
    }

    /// The bars as shapes that cost next to nothing to draw again.
    fn drawn(&mut self, ui: &Ui, rect: Rect) -> impl Iterator<Item = Shape> {
        let place = (rect, ui.pixels_per_point());
        if self.drawn_for != Some(place) {
            (self.drawn, self.drawn_for) = (triangles(ui, &self.list, rect), Some(place));
        }
        self.drawn.clone().into_iter().map(Shape::Mesh)
    }
}

fn triangles(ui: &Ui, bars: &[Bar], rect: Rect) -> Vec<Arc<Mesh>> {
    let shapes = bars.iter().map(|&(y, height, colour)| {
        let min = pos2(rect.left() + 3.0, rect.top() + y);
        let shape = Shape::rect_filled(Rect::from_min_size(min, vec2(9.0, height)), 1, colour);
        ClippedShape::new(rect, shape)
    });
    let parts = ui.ctx().tessellate(shapes.collect(), ui.pixels_per_point());
    let meshes = parts.into_iter().filter_map(|part| match part.primitive {
        Primitive::Mesh(mesh) => Some(Arc::new(mesh)),
        Primitive::Callback(_) => None,
    });
    meshes.collect()
}

impl TextView {
    /// Draws the strip in `rect`; a click or drag in it scrolls. While the width of the page changes (`settled` is
    /// false) it stays as it is.
    pub(super) fn overview(&mut self, ui: &mut Ui, rect: Rect, page: &Page, settled: bool, palette: &Palette) {
        self.grow(ui, rect, page, settled, palette);
        let found_for = Some((page.found.version, rect.height()));
        if self.overview.found_for != found_for && settled {
            self.overview.found = self.found_ticks(rect.height(), page.found.places);
            self.overview.found_for = found_for;
        }
        // Not to be reached with Tab: whoever works with keys has those of the text.
        let response = ui.interact(rect, super::widget_id().with("overview"), Sense::CLICK | Sense::DRAG);
        response.widget_info(|| WidgetInfo::labeled(Role::ScrollBar, true, "Overview"));
        let total = self.total_height();
        // A click may have come and gone within a frame.
        let pressed = response.is_pointer_button_down_on() || response.clicked();
        if let Some(pos) = response.interact_pointer_pos().filter(|_| pressed) {
            let share = f64::from((pos.y - rect.top()) / rect.height().max(1.0));
            self.scroll_to(share * total - f64::from(self.viewport.height()) / 2.0);
        }
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_orientation(Orientation::Vertical);
            node.set_min_numeric_value(0.0);
            node.set_max_numeric_value((total - f64::from(self.viewport.height())).max(0.0).round());
            node.set_numeric_value(self.scroll_y().round());
        });
        let painter = ui.painter_at(rect);
        painter.rect_filled(rect, 0, palette.panel);
        painter.vline(rect.left() + 0.5, rect.y_range(), (1.0, palette.line));
        painter.extend(self.overview.bars.drawn(ui, rect));
        draw_ticks(&painter, rect, &self.overview.found, palette);
        let top = self.scroll_y() / total;
        let shown = f64::from(self.viewport.height()) / total;
        if shown < 1.0 {
            let y = |share: f64| rect.top() + (share as f32) * rect.height();
            let window = Rect::from_x_y_ranges(
                rect.left() + 1.5..=rect.right() - 0.5,
                y(top)..=y((top + shown).min(1.0)).max(y(top) + 12.0),
            );
            let alpha = if response.hovered() || response.dragged() { 0.9 } else { 0.5 };
            let stroke = (1.0, palette.muted.gamma_multiply(alpha));
            painter.rect_stroke(window, 2, stroke, eframe::egui::StrokeKind::Inside);
        }
    }

    /// Makes some of the bars that are wanted, all of the first ones.
    fn grow(&mut self, ui: &Ui, rect: Rect, page: &Page, settled: bool, palette: &Palette) {
        let subject = ((page.revision, self.overview.heights), (rect.height(), palette.dark));
        let first = self.overview.bars.list.is_empty();
        if self.overview.bars.right_for == Some(subject) || !(settled || first) {
            return;
        }
        // Heights may change at any time: what is made with the old ones is better than nothing.
        let usable = |bars: &Bars| {
            bars.right_for.is_some_and(|((revision, _), of)| (revision, of) == (page.revision, subject.1))
        };
        let mut growing = self.overview.growing.take().filter(usable).unwrap_or_else(|| Bars::new(subject));
        let there = growing.list.len();
        let most = if first { usize::MAX } else { STEP };
        self.add_bars(&mut growing, rect.height(), (page.layer, page.scheme), palette, most);
        let added = triangles(ui, growing.list.get(there..).unwrap_or_default(), rect);
        let place = Some((rect, ui.pixels_per_point()));
        growing.drawn_for = if there == 0 || growing.drawn_for == place { place } else { None };
        growing.drawn.extend(added);
        if growing.from.is_none() {
            self.overview.bars = growing;
        } else {
            self.overview.growing = Some(growing);
        }
        if self.overview.bars.right_for != Some(subject) {
            ui.ctx().request_repaint();
        }
    }

    /// One bar a pixel is all that can be seen: after each, the layer is asked for the next one that begins on a later
    /// pixel, so that this costs the same however many annotations there are.
    fn add_bars(&self, to: &mut Bars, height: f32, marks: (Option<&Layer>, &Scheme), palette: &Palette, most: usize) {
        let (Some(layer), scheme) = (marks.0.filter(|_| height >= 1.0), marks.1) else {
            to.from = None;
            return;
        };
        let share = self.total_height() / f64::from(height);
        for _ in 0..most {
            let Some(annotation) = to.from.and_then(|from| layer.next_after(from, None)) else {
                to.from = None;
                return;
            };
            let (start, from) = (annotation.span.start(), self.pixel(annotation.span.start(), share));
            let colour = scheme.label(&annotation.label).map_or(palette.muted, |l| palette.ink_of(l.colour));
            let long = self.pixel(annotation.span.end(), share) - from;
            to.list.push((from as f32, (long as f32).clamp(3.0, 14.0), colour));
            // A byte on the border of two pixels may be rounded to either: looking one byte before it misses none.
            let later = self.byte_at((from + 1.0) * share).saturating_sub(1);
            to.from = Some(later.max(start + 1));
        }
    }

    /// The pixel (whole points from the top of the strip) on which `byte` is shown, at `share` points of the document
    /// a pixel.
    pub(super) fn pixel(&self, byte: usize, share: f64) -> f64 {
        (self.height_of(byte) / share).floor().max(0.0)
    }

    /// Height in the document, in points, at which `byte` is, as if the rows of a block were one.
    fn height_of(&self, byte: usize) -> f64 {
        let block = self.block_of(byte);
        let bytes = self.blocks.get(block).map_or(0..0, |b| b.bytes.clone());
        let share = byte.saturating_sub(bytes.start) as f64 / bytes.len().max(1) as f64;
        self.heights.top_of(block) + share.min(1.0) * f64::from(self.heights.get(block))
    }

    /// The first byte (perhaps inside a character) that is not above height `y` of the document: the inverse of
    /// [`TextView::height_of`].
    pub(super) fn byte_at(&self, y: f64) -> usize {
        let (block, below) = self.heights.find(y);
        let bytes = self.blocks.get(block).map_or(0..0, |b| b.bytes.clone());
        let share = (below / f64::from(self.heights.get(block)).max(1.0)).min(1.0);
        bytes.start + (share * bytes.len() as f64).ceil() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::text_view::heights::Heights;
    use crate::app::text_view::{LayoutKey, PageStyle, estimates};
    use crate::model::testing::{annotation, layer_over, scheme};
    use crate::model::{Direction, Text};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_pixel_on_which_an_annotation_begins_has_its_bar(
            starts in proptest::collection::btree_set(0usize..3_000, 0..200),
            height in 1u16..400,
        ) {
            let content = "Żółw szedł dalej, 🐢 powoli.\n\n".repeat(80);
            let borders: Vec<_> = content.char_indices().map(|(at, _)| at).filter(|at| !content[*at..].starts_with('\n')).collect();
            let mut layer = layer_over(&content);
            for (id, start) in (1..).zip(starts) {
                let start = borders[start % borders.len()];
                let _ = layer.insert(annotation(id, "claim", start..start + content[start..].chars().next().map_or(1, char::len_utf8)));
            }
            let mut view = TextView::default();
            view.open(Text::new(content.as_str()), Direction::Auto);
            let key = LayoutKey { width: 300.0, pixels_per_point: 1.0, style: PageStyle::default(), direction: Direction::Auto };
            view.heights = Heights::new(estimates(&view.blocks, &key));
            let height = f32::from(height);
            let mut made = Bars::new(((0, 0), (height, false)));
            while made.from.is_some() {
                let palette = Palette::of(eframe::egui::Theme::Light);
                view.add_bars(&mut made, height, (Some(&layer), &scheme()), &palette, 7);
            }
            let bars = made.list;
            prop_assert!(bars.len() <= 3 * height as usize + 3, "{} bars", bars.len());
            let pixels: BTreeSet<_> = bars.iter().map(|(y, ..)| *y as usize).collect();
            let share = view.total_height() / f64::from(height);
            let all = layer.annotations().map(|a| view.pixel(a.span.start(), share) as usize);
            prop_assert_eq!(pixels, all.collect::<BTreeSet<_>>());
        }
    }
}
