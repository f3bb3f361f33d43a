//! How colours of labels look: to whom, on which theme, and beside each other.
//!
//! Elsewhere: the colours of the themes and what they make of a label's colour (`theme`).

use super::theme::{Palette, contrast};
use crate::model::LabelDef;
use crate::model::scheme::Colour;
use eframe::egui::{Color32, Theme};

/// The colours of Okabe and Ito, which are told apart with any colour vision, with their names (M. Okabe, K. Ito,
/// “Color Universal Design”, 2008, <https://jfly.uni-koeln.de/color/>).
pub const OKABE_ITO: [(&str, Colour); 8] = [
    ("blue", Colour([0x00, 0x72, 0xB2])),
    ("orange", Colour([0xE6, 0x9F, 0x00])),
    ("bluish green", Colour([0x00, 0x9E, 0x73])),
    ("reddish purple", Colour([0xCC, 0x79, 0xA7])),
    ("vermilion", Colour([0xD5, 0x5E, 0x00])),
    ("sky blue", Colour([0x56, 0xB4, 0xE9])),
    ("yellow", Colour([0xF0, 0xE4, 0x42])),
    ("black", Colour([0x00, 0x00, 0x00])),
];

/// Who looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Vision {
    /// Most people.
    Usual,
    /// Without the cones for middle wavelengths.
    Deuteranopia,
    /// Without the cones for long wavelengths.
    Protanopia,
    /// Without the cones for short wavelengths.
    Tritanopia,
}

impl Vision {
    /// All, with a title.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Usual, "Usual colour vision"),
        (Self::Deuteranopia, "Deuteranopia"),
        (Self::Protanopia, "Protanopia"),
        (Self::Tritanopia, "Tritanopia"),
    ];

    /// What takes linear red, green and blue to what is seen. G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, “A
    /// Physiologically-based Model for Simulation of Color Vision Deficiency”, IEEE Transactions on Visualization and
    /// Computer Graphics 15 (6), 2009, doi:10.1109/TVCG.2009.113; the matrices of its supplement for severity 1.0.
    fn matrix(self) -> Option<[[f32; 3]; 3]> {
        match self {
            Self::Usual => None,
            Self::Deuteranopia => Some([
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_820, 0.042_940, 0.968_881],
            ]),
            Self::Protanopia => Some([
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ]),
            Self::Tritanopia => Some([
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ]),
        }
    }

    /// An opaque colour as it is seen.
    pub fn of(self, colour: Color32) -> Color32 {
        let Some(matrix) = self.matrix() else { return colour };
        let seen = times(&matrix, linear(colour)).map(|v| {
            let v = v.clamp(0.0, 1.0);
            let v = if v <= 0.003_130_8 { v * 12.92 } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
            (v * 255.0).round() as u8
        });
        Color32::from_rgb(seen[0], seen[1], seen[2])
    }
}

/// The two themes, with their names.
pub const THEMES: [(Theme, &str); 2] = [(Theme::Light, "paper"), (Theme::Dark, "slate")];

/// What WCAG 2.2 AA asks of graphical objects (1.4.11).
const AA_LINE: f32 = 3.0;
/// Lines that differ by less (in Oklab) are taken for one another where nothing else differs.
const ALIKE: f32 = 0.08;
/// Lines that differ by less are the same colour to anybody.
const SAME: f32 = 0.03;

fn linear(colour: Color32) -> [f32; 3] {
    [colour.r(), colour.g(), colour.b()].map(|v| {
        let v = f32::from(v) / 255.0;
        if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    })
}

fn times(matrix: &[[f32; 3]; 3], v: [f32; 3]) -> [f32; 3] {
    matrix.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

/// How different two opaque colours look: 0 for the same, 1 for black and white. Distance in Oklab (B. Ottosson,
/// 2020, <https://bottosson.github.io/posts/oklab/>).
pub fn distance(a: Color32, b: Color32) -> f32 {
    const CONES: [[f32; 3]; 3] = [
        [0.412_221_46, 0.536_332_55, 0.051_445_995],
        [0.211_903_5, 0.680_699_5, 0.107_396_96],
        [0.088_302_46, 0.281_718_85, 0.629_978_7],
    ];
    const LAB: [[f32; 3]; 3] = [
        [0.210_454_26, 0.793_617_8, -0.004_072_047],
        [1.977_998_5, -2.428_592_2, 0.450_593_7],
        [0.025_904_037, 0.782_771_77, -0.808_675_77],
    ];
    let lab = |colour| times(&LAB, times(&CONES, linear(colour)).map(f32::cbrt));
    let (a, b) = (lab(a), lab(b));
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
}

/// What there is to say of a label's colour: what a theme has to make of it so that it can be seen, and which other
/// labels it can be taken for.
pub fn remarks(label: &LabelDef, others: &[LabelDef]) -> Vec<String> {
    let Colour([r, g, b]) = label.colour;
    let own = Color32::from_rgb(r, g, b);
    let mut remarks = Vec::new();
    for (theme, name) in THEMES {
        let ratio = contrast(own, Palette::of(theme).paper);
        if ratio < AA_LINE {
            let moved = if theme == Theme::Dark { "lighter" } else { "darker" };
            remarks.push(format!(
                "On {name}, {} has a contrast of {ratio:.1}:1, and WCAG AA asks for 3:1: its line is drawn {moved}.",
                label.colour
            ));
        }
    }
    for other in others.iter().filter(|other| other.name != label.name && other.on && label.on) {
        let lines = inks(label).into_iter().zip(inks(other)).collect::<Vec<_>>();
        let nearest = |vision: Vision| {
            let distances = lines.iter().map(|(a, b)| distance(vision.of(*a), vision.of(*b)));
            distances.fold(f32::INFINITY, f32::min)
        };
        let confused = Vision::ALL.into_iter().find(|(vision, _)| nearest(*vision) < ALIKE);
        match confused {
            Some((vision, name)) if label.underline == other.underline => {
                let who =
                    if vision == Vision::Usual { String::new() } else { format!(" with {}", name.to_lowercase()) };
                remarks.push(format!("“{}” looks alike{who}, and has the same line.", other.title));
            }
            _ if nearest(Vision::Usual) < SAME => {
                remarks.push(format!("“{}” has the same colour: only the lines differ.", other.title));
            }
            _ => {}
        }
    }
    remarks
}

/// The lines of a label on both themes.
fn inks(label: &LabelDef) -> [Color32; 2] {
    THEMES.map(|(theme, _)| Palette::of(theme).ink_of(label.colour))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::builtin_schemes;

    #[test]
    fn without_a_kind_of_cones_greys_stay_grey_and_some_colours_become_one() {
        for (vision, _) in Vision::ALL {
            for v in [0, 1, 60, 128, 254, 255] {
                let grey = Color32::from_rgb(v, v, v);
                assert!(distance(vision.of(grey), grey) < 0.01, "{vision:?} of {grey:?}: {:?}", vision.of(grey));
            }
        }
        let (red, green) = (Color32::from_rgb(0xC0, 0x40, 0x20), Color32::from_rgb(0x60, 0x72, 0x20));
        let seen = |vision: Vision| distance(vision.of(red), vision.of(green));
        assert!(seen(Vision::Deuteranopia) < 0.5 * seen(Vision::Usual));
        assert!((distance(Color32::BLACK, Color32::WHITE) - 1.0).abs() < 0.001);
    }

    #[test]
    fn labels_that_are_too_alike_are_named_and_those_of_the_built_in_schemes_are_not() {
        for (_, scheme) in builtin_schemes() {
            let mut labels = scheme.labels.clone();
            for label in &mut labels {
                label.on = true;
            }
            for label in &labels {
                let found = remarks(label, &labels);
                assert!(found.iter().all(|remark| remark.contains("WCAG")), "{}: {found:?}", label.name);
            }
        }
        let mut labels = builtin_schemes()[0].1.labels.clone();
        labels[1].underline = labels[0].underline;
        labels[1].colour = "#0A70AA".parse().unwrap();
        assert_eq!(remarks(&labels[0], &labels), ["“Claim” looks alike, and has the same line."]);
        labels[1].colour = "#7A4FB0".parse().unwrap();
        assert_eq!(remarks(&labels[0], &labels), ["“Claim” looks alike with deuteranopia, and has the same line."]);
        labels[1].colour = labels[0].colour;
        labels[1].underline = crate::model::Underline::Wavy;
        assert_eq!(remarks(&labels[0], &labels), ["“Claim” has the same colour: only the lines differ."]);
        labels[1].on = false;
        assert_eq!(remarks(&labels[0], &labels), [""; 0]);
    }

    #[test]
    fn a_colour_that_cannot_be_seen_on_a_theme_is_said_with_its_contrast() {
        let mut label = builtin_schemes()[0].1.labels[0].clone();
        label.colour = "#F0E442".parse().unwrap();
        let found = remarks(&label, &[]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("On paper, #F0E442 has a contrast of 1."), "{found:?}");
        label.colour = "#000000".parse().unwrap();
        assert!(remarks(&label, &[])[0].starts_with("On slate, #000000"));
    }
}
