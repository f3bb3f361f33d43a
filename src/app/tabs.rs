//! A row of tabs, which gives way where there is little room: shorter titles, less air, then a menu for the rest.

use super::fonts::Face;
use super::theme::{Palette, size};
use super::widgets;
use eframe::egui::{self, Color32, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

/// The name of a tab, and a shorter one for where there is no room for it.
pub struct Title {
    full: String,
    short: Option<&'static str>,
}

impl Title {
    /// A title that has no shorter form.
    pub fn new(full: impl Into<String>) -> Self {
        Self { full: full.into(), short: None }
    }

    /// With a shorter form.
    pub fn or(self, short: &'static str) -> Self {
        Self { short: Some(short), ..self }
    }
}

/// Width in points of the button for tabs that have no room.
const MORE: f32 = 26.0;
/// Between tabs, in points.
const GAP: f32 = 2.0;

/// How the tabs are drawn: with which titles, how much air around each in points, and which of them.
struct Fit {
    short: bool,
    air: f32,
    shown: Vec<usize>,
}

impl Fit {
    /// What fits into `room` points; `width` measures a tab without air.
    fn of(count: usize, current: usize, room: f32, width: impl Fn(usize, bool) -> f32) -> Self {
        let all = |short: bool, air: f32| (0..count).map(|n| width(n, short) + air + GAP).sum::<f32>() - GAP;
        for (short, air) in [(false, 16.0), (false, 12.0), (false, 8.0), (true, 16.0), (true, 12.0)] {
            if all(short, air) <= room {
                return Self { short, air, shown: (0..count).collect() };
            }
        }
        let (mut shown, air) = (Vec::new(), 12.0);
        // The one that is on is always seen.
        let mut left = room - MORE - (width(current, true) + air + GAP);
        for n in (0..count).filter(|n| *n != current) {
            left -= width(n, true) + air + GAP;
            if left < 0.0 {
                break;
            }
            shown.push(n);
        }
        shown.push(current);
        shown.sort_unstable();
        Self { short: true, air, shown }
    }
}

/// Draws them; a click changes the one that is on.
pub fn tabs<T: Copy + PartialEq>(ui: &mut Ui, current: &mut T, tabs: &[(T, Title)], focus: bool) {
    let palette = Palette::current(ui);
    ui.add_space(8.0);
    let row = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        ui.add_space(8.0);
        let name = |n: usize, short: bool| {
            let title = &tabs[n].1;
            title.short.filter(|_| short).unwrap_or(&title.full)
        };
        let lay = |ui: &Ui, n: usize, short: bool, on: bool| {
            let (face, ink) = if on { (Face::SemiBold, palette.ink) } else { (Face::Sans, palette.muted) };
            ui.painter().layout_no_wrap(name(n, short).to_owned(), face.size(size::BODY), ink)
        };
        let on = tabs.iter().position(|(tab, _)| tab == current).unwrap_or_default();
        let fit = Fit::of(tabs.len(), on, ui.available_width() - 4.0, |n, short| lay(ui, n, short, true).size().x);
        for n in &fit.shown {
            let (tab, title) = &tabs[*n];
            let on = current == tab;
            let galley = lay(ui, *n, fit.short, on);
            // As wide as if it were on: nothing moves by a click.
            let width = lay(ui, *n, fit.short, true).size().x + fit.air;
            let (rect, response) = ui.allocate_exact_size(vec2(width, galley.size().y + 17.0), Sense::click());
            response.widget_info(|| WidgetInfo::selected(Role::Tab, true, on, &title.full));
            if response.hovered() && !on {
                ui.painter().rect_filled(rect.shrink2(vec2(0.0, 4.0)), 5, palette.hover);
            }
            ui.painter().galley(rect.center() - galley.size() / 2.0, galley, Color32::PLACEHOLDER);
            if on {
                ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(2.0, palette.accent));
            }
            widgets::focus_ring(ui, &response);
            if on && focus {
                response.request_focus();
            }
            if response.clicked() {
                *current = *tab;
            }
            if fit.short && title.short.is_some() {
                response.on_hover_text(&title.full);
            }
        }
        if fit.shown.len() < tabs.len() {
            let button = more(ui, &palette);
            egui::Popup::menu(&button).show(|ui| {
                widgets::menu(ui, 160.0);
                for (_, (tab, title)) in tabs.iter().enumerate().filter(|(n, _)| !fit.shown.contains(n)) {
                    if ui.button(&title.full).clicked() {
                        *current = *tab;
                    }
                }
            });
        }
    });
    let bottom = row.response.rect.bottom();
    ui.painter().hline(ui.max_rect().x_range(), bottom + 0.5, Stroke::new(1.0, palette.line));
}

/// The button that leads to the tabs that have no room.
fn more(ui: &mut Ui, palette: &Palette) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(vec2(MORE - GAP, 26.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "More tabs"));
    if response.hovered() {
        ui.painter().rect_filled(rect, 5, palette.hover);
    }
    for n in -1i8..=1 {
        let dot = pos2(rect.center().x + 5.0 * f32::from(n), rect.center().y);
        ui.painter().circle_filled(dot, 1.5, palette.muted);
    }
    widgets::focus_ring(ui, &response);
    response.on_hover_text("More tabs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_give_way_step_by_step_and_the_one_that_is_on_is_always_seen() {
        // Full and short widths of five titles, as in the panel on the right.
        let widths = [(54.0, 54.0), (42.0, 42.0), (94.0, 44.0), (48.0, 48.0), (38.0, 38.0)];
        let width = |n: usize, short: bool| if short { widths[n].1 } else { widths[n].0 };
        for room in [60.0f32, 120.0, 200.0, 264.0, 300.0, 340.0, 400.0] {
            for current in 0..widths.len() {
                let fit = Fit::of(widths.len(), current, room, width);
                let mut taken: f32 = fit.shown.iter().map(|n| width(*n, fit.short) + fit.air + GAP).sum();
                if fit.shown.len() < widths.len() {
                    taken += MORE;
                }
                assert!(fit.shown.contains(&current) && (taken <= room + GAP || fit.shown == [current]), "{room}");
            }
        }
        let at = |room| Fit::of(widths.len(), 0, room, width);
        assert_eq!((at(400.0).short, at(400.0).air, at(330.0).short, at(310.0).short), (false, 16.0, false, true));
        assert!(at(310.0).shown.len() == 5 && at(240.0).shown.len() < 5);
    }
}
