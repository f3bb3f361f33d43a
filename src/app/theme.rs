//! Paper and slate: the only place where colours, radii and type sizes are made.

use super::fonts::Face;
use crate::model::scheme::Colour;
use eframe::egui::{self, Color32, CornerRadius, CursorIcon, Stroke, TextStyle, Theme, Visuals, vec2};

/// Corner radius of chips and fields, in points.
pub const RADIUS: u8 = 6;
/// Corner radius of cards, in points.
pub const CARD_RADIUS: u8 = 8;
/// The grid on which everything lies, in points.
pub const GRID: f32 = 4.0;

/// The type sizes of everything but the article, in points.
pub mod size {
    /// Keys as printed on a keyboard.
    pub const BADGE: f32 = 11.0;
    /// What stands below or beside something larger.
    pub const CAPTION: f32 = 11.5;
    /// Bars, and lines that explain.
    pub const SMALL: f32 = 12.0;
    /// Everything that has no reason to be larger or smaller.
    pub const BODY: f32 = 13.0;
    /// Quotes from the article.
    pub const LEAD: f32 = 14.0;
    /// Titles of dialogs.
    pub const TITLE: f32 = 16.0;
    /// The name of the program.
    pub const DISPLAY: f32 = 26.0;
}

/// How long an animation takes, in seconds.
const ANIMATION: f32 = 0.1;

/// The colours of a theme.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Palette {
    /// Whether this is slate.
    pub dark: bool,
    /// Behind the article.
    pub paper: Color32,
    /// Behind bars and panels.
    pub panel: Color32,
    /// Text.
    pub ink: Color32,
    /// Secondary text; at least 4.5:1 on paper and panel.
    pub muted: Color32,
    /// Borders.
    pub line: Color32,
    /// Behind cards, chips and fields.
    pub card: Color32,
    /// What is current or focused.
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Behind selected text.
    pub selection: Color32,
    /// Under the pointer.
    pub hover: Color32,
    /// Behind the row of a list that is on; seen beside one that is only hovered.
    pub chosen: Color32,
    /// Behind what was found.
    pub found: Color32,
    /// Around what was found.
    pub found_line: Color32,
    /// Something failed.
    pub error: Color32,
}

const PAPER: Palette = Palette {
    dark: false,
    paper: Color32::from_rgb(0xFB, 0xF9, 0xF4),
    panel: Color32::from_rgb(0xF3, 0xF0, 0xE8),
    ink: Color32::from_rgb(0x22, 0x20, 0x1C),
    muted: Color32::from_rgb(0x69, 0x63, 0x59),
    line: Color32::from_rgb(0xDF, 0xD9, 0xCC),
    card: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    accent: Color32::from_rgb(0x0B, 0x6E, 0x99),
    on_accent: Color32::WHITE,
    selection: Color32::from_rgba_unmultiplied_const(0x0B, 0x6E, 0x99, 0x38),
    hover: Color32::from_rgb(0xEA, 0xE6, 0xDB),
    chosen: Color32::WHITE,
    found: Color32::from_rgba_unmultiplied_const(0x22, 0x20, 0x1C, 0x16),
    found_line: Color32::from_rgb(0x8A, 0x84, 0x79),
    error: Color32::from_rgb(0xB3, 0x26, 0x1E),
};

const SLATE: Palette = Palette {
    dark: true,
    paper: Color32::from_rgb(0x1C, 0x1D, 0x20),
    panel: Color32::from_rgb(0x23, 0x25, 0x29),
    ink: Color32::from_rgb(0xE8, 0xE4, 0xDA),
    muted: Color32::from_rgb(0x9E, 0x99, 0x8E),
    line: Color32::from_rgb(0x34, 0x36, 0x3B),
    card: Color32::from_rgb(0x2A, 0x2C, 0x31),
    accent: Color32::from_rgb(0x6C, 0xC3, 0xE8),
    on_accent: Color32::from_rgb(0x14, 0x25, 0x2E),
    selection: Color32::from_rgba_unmultiplied_const(0x6C, 0xC3, 0xE8, 0x40),
    hover: Color32::from_rgb(0x2E, 0x31, 0x36),
    chosen: Color32::from_rgb(0x3A, 0x3E, 0x46),
    found: Color32::from_rgba_unmultiplied_const(0xE8, 0xE4, 0xDA, 0x20),
    found_line: Color32::from_rgb(0x7D, 0x79, 0x71),
    error: Color32::from_rgb(0xFF, 0x8A, 0x80),
};

impl Palette {
    /// The palette of a theme.
    pub fn of(theme: Theme) -> Self {
        if theme == Theme::Dark { SLATE } else { PAPER }
    }

    /// The palette that is on now.
    pub fn current(ctx: &egui::Context) -> Self {
        Self::of(ctx.theme())
    }

    /// The colour of lines and names of a label: its own, moved until it can be read on paper (4.5:1).
    pub fn ink_of(&self, colour: Colour) -> Color32 {
        let Colour([r, g, b]) = colour;
        let mut colour = Color32::from_rgb(r, g, b);
        let towards = if self.dark { Color32::WHITE } else { Color32::BLACK };
        for _ in 0..24 {
            if contrast(colour, self.paper) >= if self.dark { 7.0 } else { 3.2 } {
                break;
            }
            colour = mix(colour, towards, 0.06);
        }
        colour
    }

    /// The colour of a label's name as text: like [`Palette::ink_of`], but always at least 4.5:1 on cards.
    pub fn text_of(&self, colour: Colour) -> Color32 {
        let mut ink = self.ink_of(colour);
        let towards = if self.dark { Color32::WHITE } else { Color32::BLACK };
        while contrast(ink, self.card) < 4.5 {
            ink = mix(ink, towards, 0.06);
        }
        ink
    }

    /// The tint behind marks of a label: translucent, so that overlapping marks mix.
    pub fn tint_of(&self, colour: Colour) -> Color32 {
        let Colour([r, g, b]) = colour;
        Color32::from_rgba_unmultiplied(r, g, b, if self.dark { 0x34 } else { 0x28 })
    }
}

/// `a` moved towards `b` by `share`, in sRGB.
fn mix(a: Color32, b: Color32, share: f32) -> Color32 {
    let channel = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * share).round() as u8;
    Color32::from_rgb(channel(a.r(), b.r()), channel(a.g(), b.g()), channel(a.b(), b.b()))
}

/// Contrast ratio of two opaque colours (WCAG 2.2).
pub fn contrast(a: Color32, b: Color32) -> f32 {
    let luminance = |c: Color32| {
        let linear = |v: u8| {
            let v = f32::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(c.r()) + 0.7152 * linear(c.g()) + 0.0722 * linear(c.b())
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Gives egui both themes.
pub fn install(ctx: &egui::Context) {
    for theme in [Theme::Light, Theme::Dark] {
        let palette = Palette::of(theme);
        ctx.style_mut_of(theme, |style| {
            style.text_styles = [
                (TextStyle::Small, Face::Sans.size(size::CAPTION)),
                (TextStyle::Body, Face::Sans.size(size::BODY)),
                (TextStyle::Button, Face::Sans.size(size::BODY)),
                (TextStyle::Heading, Face::SemiBold.size(size::TITLE)),
                (TextStyle::Monospace, egui::FontId::monospace(size::SMALL)),
            ]
            .into();
            style.visuals = visuals(&palette);
            style.spacing.item_spacing = vec2(8.0, 4.0);
            style.spacing.button_padding = vec2(10.0, 5.0);
            style.spacing.interact_size = vec2(28.0, 26.0);
            style.spacing.menu_margin = egui::Margin::same(6);
            style.spacing.window_margin = egui::Margin::same(20);
            style.spacing.icon_width = 16.0;
            style.animation_time = ANIMATION;
        });
    }
}

/// Whether anything may move by itself, and whether the caret of fields blinks.
pub fn set_motion(ctx: &egui::Context, moves: bool, blinks: bool) {
    ctx.all_styles_mut(|style| {
        style.animation_time = if moves { ANIMATION } else { 0.0 };
        style.scroll_animation = if moves {
            egui::style::ScrollAnimation::duration(ANIMATION)
        } else {
            egui::style::ScrollAnimation::none()
        };
        style.visuals.text_cursor.blink = blinks;
    });
}

fn visuals(p: &Palette) -> Visuals {
    let mut v = if p.dark { Visuals::dark() } else { Visuals::light() };
    let radius = CornerRadius::same(RADIUS);
    v.override_text_color = None;
    v.weak_text_color = Some(p.muted);
    v.panel_fill = p.panel;
    v.window_fill = p.card;
    v.window_stroke = Stroke::new(1.0, p.line);
    v.window_corner_radius = CornerRadius::same(12);
    v.menu_corner_radius = CornerRadius::same(CARD_RADIUS);
    v.extreme_bg_color = p.panel;
    v.text_edit_bg_color = Some(p.panel);
    v.faint_bg_color = p.hover;
    v.code_bg_color = p.panel;
    v.hyperlink_color = p.accent;
    v.error_fg_color = p.error;
    v.warn_fg_color = p.error;
    v.selection.bg_fill = p.selection;
    // Around the field that has the focus. Chosen lines would take it as their ink: they name their own.
    v.selection.stroke = Stroke::new(1.5, p.accent);
    v.interact_cursor = Some(CursorIcon::PointingHand);
    let widget = |fill: Color32, border: Color32, ink: Color32| egui::style::WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, border),
        corner_radius: radius,
        fg_stroke: Stroke::new(1.0, ink),
        expansion: 0.0,
    };
    v.widgets.noninteractive = widget(p.panel, p.line, p.ink);
    v.widgets.inactive = widget(p.card, p.line, p.ink);
    v.widgets.hovered = widget(p.hover, mix(p.line, p.ink, 0.25), p.ink);
    v.widgets.active = widget(p.line, p.accent, p.ink);
    v.widgets.open = widget(p.hover, p.line, p.ink);
    v
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_be_read_in_both_themes() {
        for theme in [Theme::Light, Theme::Dark] {
            let p = Palette::of(theme);
            for behind in [p.paper, p.panel, p.card] {
                assert!(contrast(p.ink, behind) >= 7.0);
                assert!(contrast(p.muted, behind) >= 4.5, "{theme:?}: {}", contrast(p.muted, behind));
                assert!(contrast(p.on_accent, p.error) >= 4.5, "{theme:?}");
                assert!(contrast(p.error, behind) >= 4.5, "{theme:?}: {}", contrast(p.error, behind));
            }
            assert!(contrast(p.on_accent, p.accent) >= 4.5);
            assert!(contrast(p.found_line, p.paper) >= 3.0, "a frame is a graphical object (WCAG 1.4.11)");
            for colour in ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#000000", "#FFFFFF"] {
                let colour: Colour = colour.parse().unwrap();
                assert!(contrast(p.ink_of(colour), p.paper) >= 3.0, "a line is a graphical object (WCAG 1.4.11)");
                assert!(contrast(p.text_of(colour), p.card) >= 4.5);
            }
        }
    }
}
