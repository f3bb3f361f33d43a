//! The fonts that the program brings, for the article (`text_layout`) and for everything else (egui).

use crate::personal::settings::ArticleFont;
use crate::text_layout::FontSet;
use eframe::egui::{self, FontData, FontDefinitions, FontFamily, FontId};
use std::sync::Arc;

const SERIF: &[u8] = include_bytes!("../../assets/fonts/BylineSerif-Regular.ttf");
const SERIF_ITALIC: &[u8] = include_bytes!("../../assets/fonts/BylineSerif-Italic.ttf");
const SERIF_SEMIBOLD: &[u8] = include_bytes!("../../assets/fonts/BylineSerif-SemiBold.ttf");
const SANS: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.ttf");
const SANS_MEDIUM: &[u8] = include_bytes!("../../assets/fonts/Inter-Medium.ttf");
const SANS_SEMIBOLD: &[u8] = include_bytes!("../../assets/fonts/Inter-SemiBold.ttf");

/// The fonts of the article; the system's stand in for what they lack.
pub fn article() -> FontSet {
    let face = |bytes: &'static [u8]| Arc::new(bytes) as Arc<dyn AsRef<[u8]> + Send + Sync>;
    FontSet {
        faces: [SERIF, SERIF_ITALIC, SERIF_SEMIBOLD, SANS, SANS_SEMIBOLD].map(face).to_vec(),
        families: families(&ArticleFont::Serif),
        use_system: true,
    }
}

/// The families of the article, as CSS names them; those that are not there are passed over.
pub fn families(font: &ArticleFont) -> String {
    const SERIFS: &str = "Byline Serif, Noto Serif";
    match font {
        ArticleFont::Serif => SERIFS.to_owned(),
        ArticleFont::Sans => format!("Inter, Noto Sans, {SERIFS}"),
        ArticleFont::System(name) => {
            // Quoted: a name may hold what means something in a list.
            let name: String = name.chars().filter(|c| !matches!(c, '"' | '\\')).collect();
            format!("\"{name}\", {SERIFS}")
        }
    }
}

/// Weights of the sans that egui cannot tell apart by itself: each is a family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Face {
    /// Inter 400.
    Sans,
    /// Inter 500.
    Medium,
    /// Inter 600.
    SemiBold,
    /// Byline Serif 400, for quotes.
    Serif,
}

impl Face {
    fn name(self) -> &'static str {
        match self {
            Self::Sans => "sans",
            Self::Medium => "sans-medium",
            Self::SemiBold => "sans-semibold",
            Self::Serif => "serif",
        }
    }

    /// This face at a size in points.
    pub fn size(self, points: f32) -> FontId {
        FontId::new(points, FontFamily::Name(self.name().into()))
    }
}

/// Makes the faces known to egui.
pub fn install(ctx: &egui::Context) {
    let mut fonts = FontDefinitions::default();
    let bundled =
        [(Face::Sans, SANS), (Face::Medium, SANS_MEDIUM), (Face::SemiBold, SANS_SEMIBOLD), (Face::Serif, SERIF)];
    let defaults = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    for (face, bytes) in bundled {
        fonts.font_data.insert(face.name().to_owned(), Arc::new(FontData::from_static(bytes)));
        let stack = std::iter::once(face.name().to_owned()).chain(defaults.iter().cloned()).collect();
        fonts.families.insert(FontFamily::Name(face.name().into()), stack);
    }
    fonts.families.entry(FontFamily::Proportional).or_default().insert(0, Face::Sans.name().to_owned());
    ctx.set_fonts(fonts);
}
