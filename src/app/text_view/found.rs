//! What was found: on the page, and in the strip beside it.

use super::TextView;
use crate::app::theme::Palette;
use eframe::egui::{Painter, Rect, Shape, Stroke, StrokeKind, pos2, vec2};
use std::ops::Range;

/// The places in the text shown that the search found.
#[derive(Clone, Copy, Default)]
pub struct Found<'a> {
    /// Bytes, ascending, not overlapping.
    pub places: &'a [Range<usize>],
    /// Which of them is the current one.
    pub current: Option<usize>,
    /// Changes with every change of the places.
    pub version: u64,
}

impl TextView {
    /// Draws what is found in `visible` bytes: a quiet grey box, so that it is no label and no selection.
    pub(super) fn draw_found(
        &self,
        painter: &Painter,
        column: Rect,
        visible: &Range<usize>,
        found: Found,
        palette: &Palette,
    ) {
        let first = found.places.partition_point(|place| place.end <= visible.start);
        for (n, place) in found.places.iter().enumerate().skip(first) {
            if place.start >= visible.end {
                break;
            }
            let current = found.current == Some(n);
            let stroke = if current { Stroke::new(1.5, palette.ink) } else { Stroke::new(1.0, palette.found_line) };
            for row in self.screen_rects(column, place) {
                let frame = self.text_box(row).expand2(vec2(1.0, 0.0));
                painter.rect(frame, 3, palette.found, stroke, StrokeKind::Inside);
            }
        }
    }

    /// Heights in the strip, in whole points from its top, at which something was found: one for each point at most.
    pub(super) fn found_ticks(&self, height: f32, places: &[Range<usize>]) -> Vec<f32> {
        let mut ticks: Vec<f32> = Vec::new();
        let share = self.total_height() / f64::from(height.max(1.0));
        let mut rest = places;
        while let Some(place) = rest.first() {
            let at = self.pixel(place.start, share);
            if ticks.last() != Some(&(at as f32)) {
                ticks.push(at as f32);
            }
            // As for the bars: a byte on the border of two pixels may be rounded to either.
            let later = self.byte_at((at + 1.0) * share).saturating_sub(1);
            let next = rest.partition_point(|place| place.start < later);
            rest = &rest[next.max(1)..];
        }
        ticks
    }
}

/// Draws them: short, at the outer edge, so that they hide no label.
pub(super) fn draw_ticks(painter: &Painter, strip: Rect, ticks: &[f32], palette: &Palette) {
    let tick = |&y: &f32| {
        let min = pos2(strip.right() - 6.0, strip.top() + y);
        Shape::rect_filled(Rect::from_min_size(min, vec2(6.0, 2.0)), 0, palette.ink)
    };
    painter.extend(ticks.iter().map(tick));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::text_view::heights::Heights;
    use crate::app::text_view::{LayoutKey, PageStyle, estimates};
    use crate::model::{Direction, Text};
    use std::collections::BTreeSet;

    #[test]
    fn every_point_of_the_strip_at_which_something_was_found_has_its_tick() {
        let text = Text::new("Żółw szedł dalej, 🐢 powoli.\n\n".repeat(300));
        let mut view = TextView::default();
        view.open(text.clone(), Direction::Auto);
        let key =
            LayoutKey { width: 300.0, pixels_per_point: 1.0, style: PageStyle::default(), direction: Direction::Auto };
        view.heights = Heights::new(estimates(&view.blocks, &key));
        let places: Vec<_> = crate::find::Query::plain("e").compile().unwrap().matches(&text).collect();
        for height in [1.0, 7.0, 400.0] {
            let share = view.total_height() / f64::from(height);
            let naive: BTreeSet<_> = places.iter().map(|place| view.pixel(place.start, share) as usize).collect();
            let ticks = view.found_ticks(height, &places);
            assert!(ticks.iter().map(|y| *y as usize).eq(naive), "at {height} points");
        }
        assert_eq!(view.found_ticks(400.0, &[]), [0.0; 0]);
    }
}
