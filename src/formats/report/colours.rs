//! From a label's colour to lines and names that can be read on paper and on slate, as the window shows them.

use crate::model::scheme::Colour;
use std::fmt::Write;

/// The colour of the page (paper, slate).
const PAGES: [Colour; 2] = [Colour([0xFB, 0xF9, 0xF4]), Colour([0x1C, 0x1D, 0x20])];

/// A label's colours on one page.
pub struct Shades {
    /// Of lines: at least 3:1 (WCAG 2.2, 1.4.11).
    pub line: Colour,
    /// Of its name: at least 4.5:1 (1.4.3).
    pub name: Colour,
}

impl Shades {
    /// On paper, or on slate.
    pub fn of(colour: Colour, dark: bool) -> Self {
        let page = PAGES[usize::from(dark)];
        let line = moved(colour, page, if dark { 7.0 } else { 3.2 }, dark);
        Self { name: moved(line, page, 4.6, dark), line }
    }
}

/// `colour` moved towards white on slate, towards black on paper, until it stands out from `page` this much.
fn moved(colour: Colour, page: Colour, contrast_wanted: f32, dark: bool) -> Colour {
    let mut colour = colour;
    let end = if dark { 255.0 } else { 0.0 };
    for _ in 0..48 {
        if contrast(colour, page) >= contrast_wanted {
            break;
        }
        colour = Colour(colour.0.map(|v| (f32::from(v) + (end - f32::from(v)) * 0.07).round() as u8));
    }
    colour
}

/// Contrast ratio of two colours (WCAG 2.2).
fn contrast(a: Colour, b: Colour) -> f32 {
    let luminance = |Colour(channels): Colour| {
        let [r, g, b] = channels.map(|v| {
            let v = f32::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Adds the three variables of a label: line, name, and the tint behind its marks, translucent so that tints mix.
pub fn push_variables(out: &mut String, colour: Colour, dark: bool) {
    let Shades { line, name } = Shades::of(colour, dark);
    let alpha = if dark { "38" } else { "28" };
    // Writing into a String cannot fail.
    let _ = write!(out, "--line:{line};--name:{name};--tint:{colour}{alpha}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_names_stand_out_from_the_page_whatever_the_colour() {
        let steps = [0, 0x30, 0x80, 0xB8, 0xFF];
        for (r, g, b) in steps.into_iter().flat_map(|r| steps.into_iter().flat_map(move |g| steps.map(|b| (r, g, b)))) {
            for dark in [false, true] {
                let Shades { line, name } = Shades::of(Colour([r, g, b]), dark);
                let page = PAGES[usize::from(dark)];
                assert!(contrast(line, page) >= 3.0 && contrast(name, page) >= 4.5, "{line} {name} {dark}");
            }
        }
    }
}
