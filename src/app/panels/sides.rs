//! The two panels beside the article: how wide they are, and which one gives way where there is no room for both.
//!
//! Elsewhere: what is in the panels (`documents`, `selected` and their like).

use crate::app::theme::Palette;
use crate::app::widgets;
use crate::personal::settings::{LEFT_WIDTHS, RIGHT_WIDTHS, Settings};
use eframe::egui::{self, Ui};

/// The text keeps at least this width, in points, as long as the panels can be narrower or one of them is left.
const TEXT: f32 = 440.0;
/// Beside a single panel the text may be narrower, in points.
const TEXT_BESIDE_ONE: f32 = 260.0;
/// So narrow are panels made for the text's sake, in points.
const LEAST: (f32, f32) = (176.0, 264.0);

/// One of the panels.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Side {
    /// The documents.
    #[default]
    Left,
    /// The selected annotation, all annotations, the guidelines.
    Right,
}

/// How wide a panel is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Width {
    /// As the person chose it.
    Chosen(f32),
    /// For the moment, because there is no more room.
    Squeezed(f32),
}

/// Which panel is in front where only one has room.
#[derive(Clone, Copy, Default, Debug)]
pub struct Sides {
    front: Side,
    /// Whether only one had room when they were last laid out.
    only_one: bool,
}

impl Sides {
    /// The widths of both panels in a window whose middle is `room` wide, in points; `None` for one that is not shown.
    pub fn lay_out(&mut self, settings: &Settings, room: f32) -> (Option<Width>, Option<Width>) {
        let wanted = (settings.left_panel, settings.right_panel);
        let (left, right) = (settings.left_width, settings.right_width);
        let taken = if wanted.0 { left } else { 0.0 } + if wanted.1 { right } else { 0.0 };
        let missing = (taken + TEXT - room).max(0.0);
        let give = (if wanted.0 { (left - LEAST.0).max(0.0) } else { 0.0 }, (right - LEAST.1).max(0.0));
        self.only_one = wanted.0 && wanted.1 && missing > give.0 + give.1;
        if missing == 0.0 {
            return (wanted.0.then_some(Width::Chosen(left)), wanted.1.then_some(Width::Chosen(right)));
        }
        if wanted.0 && wanted.1 && !self.only_one {
            let from_left = missing.min(give.0);
            let squeezed = (left - from_left, right - (missing - from_left));
            return (Some(Width::Squeezed(squeezed.0)), Some(Width::Squeezed(squeezed.1)));
        }
        let one = |width: f32, least: f32| Some(Width::Squeezed(width.min(room - TEXT_BESIDE_ONE).max(least)));
        match (wanted, self.front) {
            ((true, false), _) | ((true, true), Side::Left) => (one(left, *LEFT_WIDTHS.start()), None),
            ((false, true), _) | ((true, true), Side::Right) => (None, one(right, *RIGHT_WIDTHS.start())),
            ((false, false), _) => (None, None),
        }
    }

    /// Shows a panel, whatever was shown before.
    pub fn show(&mut self, settings: &mut Settings, side: Side) {
        *wanted(settings, side) = true;
        self.front = side;
    }

    /// Shows a panel that is not seen, hides one that is.
    pub fn toggle(&mut self, settings: &mut Settings, side: Side) {
        if self.only_one && self.front != side {
            self.front = side;
            return;
        }
        let wanted = wanted(settings, side);
        *wanted = !*wanted;
        if *wanted {
            self.front = side;
        }
    }

    /// Whether a panel is seen.
    pub fn shows(&self, settings: &Settings, side: Side) -> bool {
        let wanted = if side == Side::Left { settings.left_panel } else { settings.right_panel };
        wanted && (!self.only_one || self.front == side)
    }
}

fn wanted(settings: &mut Settings, side: Side) -> &mut bool {
    if side == Side::Left { &mut settings.left_panel } else { &mut settings.right_panel }
}

/// Draws a panel beside the article; returns the width in points that the person chose, where there is room to choose.
pub fn side(
    ui: &mut Ui,
    make: impl FnOnce(&'static str) -> egui::Panel,
    name: &'static str,
    width: Width,
    widths: std::ops::RangeInclusive<f32>,
    contents: impl FnOnce(&mut Ui),
) -> Option<f32> {
    let palette = Palette::current(ui);
    let frame = egui::Frame::new().fill(palette.panel);
    let ink = [ui.visuals().widgets.hovered.fg_stroke, ui.visuals().widgets.active.fg_stroke];
    // The line between panel and text, while it can be dragged and while it is.
    let widgets = &mut ui.visuals_mut().widgets;
    widgets.hovered.fg_stroke = egui::Stroke::new(1.0, palette.muted);
    widgets.active.fg_stroke = egui::Stroke::new(1.0, palette.accent);
    let (panel, chosen) = match width {
        Width::Chosen(width) => (make(name).default_size(width).size_range(widths), true),
        Width::Squeezed(width) => (
            make(if name == "documents" { "documents squeezed" } else { "annotation squeezed" }).exact_size(width),
            false,
        ),
    };
    let shown = panel.frame(frame).show(ui, |ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        [widgets.hovered.fg_stroke, widgets.active.fg_stroke] = ink;
        widgets::fixed(ui, contents);
    });
    let widgets = &mut ui.visuals_mut().widgets;
    [widgets.hovered.fg_stroke, widgets.active.fg_stroke] = ink;
    chosen.then(|| shown.response.rect.width().round())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_give_way_to_the_text_and_in_a_narrow_window_one_at_a_time_is_seen() {
        let (mut settings, mut sides) = (Settings::default(), Sides::default());
        let width = |width: Option<Width>| match width {
            Some(Width::Chosen(width) | Width::Squeezed(width)) => width,
            None => 0.0,
        };
        for room in [420.0f32, 500.0, 640.0, 760.0, 819.0, 879.0, 880.0, 960.0, 1015.0, 1016.0, 1360.0] {
            let (left, right) = sides.lay_out(&settings, room);
            let text = room - width(left) - width(right);
            assert!(text >= if left.is_some() && right.is_some() { TEXT } else { 180.0 }, "{room}: {left:?} {right:?}");
            assert_eq!(left.is_some() && right.is_some(), room >= 880.0, "{room}");
            assert_eq!(matches!(left, Some(Width::Chosen(_))), room >= 1016.0, "{room}: {left:?}");
        }
        sides.lay_out(&settings, 600.0);
        assert!(sides.shows(&settings, Side::Left) && !sides.shows(&settings, Side::Right));
        // A key for a panel that gave way brings it to the front; what the person chose stays as it is.
        sides.toggle(&mut settings, Side::Right);
        assert!(settings.left_panel && settings.right_panel && sides.shows(&settings, Side::Right));
        assert!(matches!(sides.lay_out(&settings, 600.0), (None, Some(_))));
        sides.toggle(&mut settings, Side::Right);
        assert!(settings.left_panel && !settings.right_panel);
        assert!(matches!(sides.lay_out(&settings, 600.0), (Some(_), None)));
        sides.show(&mut settings, Side::Right);
        assert!(matches!(sides.lay_out(&settings, 600.0), (None, Some(_))));
    }
}
