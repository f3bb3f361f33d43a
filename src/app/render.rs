//! The window's own page, drawn without a display: `byline render`.

use super::raster::Raster;
use super::text_view::{Found, Page, TextView};
use super::theme::Palette;
use super::words::source_line;
use super::{fonts, theme};
use crate::model::{Document, Layer, Scheme, Text};
use eframe::egui::{self, RawInput, Rect, Theme, pos2, vec2};
use std::io::Write;

/// The highest picture in physical pixels: what does not fit is said, and can be drawn from a later paragraph on.
const HIGHEST: f32 = 16_000.0;

/// How the page is drawn.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Look {
    /// Slate rather than paper.
    pub dark: bool,
    /// Width in points.
    pub width: f32,
    /// Physical pixels per point.
    pub scale: f32,
    /// First paragraph drawn, from 1.
    pub from: usize,
}

/// A page as an image.
pub struct Picture {
    /// The pixels.
    pub image: egui::ColorImage,
    /// Numbers of the first and the last paragraph that are on it.
    pub paragraphs: (usize, usize),
}

/// Draws a document with the annotations of a layer.
pub fn draw(document: &Document, text: &Text, layer: Option<&Layer>, scheme: &Scheme, look: Look) -> Picture {
    // A picture has no pointer over it, and names nobody.
    let nobody = std::collections::BTreeMap::new();
    let ctx = egui::Context::default();
    fonts::install(&ctx);
    theme::install(&ctx);
    ctx.set_theme(if look.dark { Theme::Dark } else { Theme::Light });
    let mut view = TextView::default();
    view.open(text.clone(), document.direction);
    if look.from > 1 {
        view.restore(0, look.from - 1);
    }
    let source = source_line(document);
    let page = Page {
        layer,
        scheme,
        entities: &nobody,
        selected: None,
        linking: None,
        title: &document.title,
        source: &source,
        revision: 0,
        found: Found::default(),
        brush: None,
        bare: false,
    };
    let highest = HIGHEST / look.scale;
    let mut raster = Raster::default();
    let mut height = highest;
    // The first frames lay out; the height is known after them.
    for frame in 0..4 {
        let screen = Rect::from_min_size(pos2(0.0, 0.0), vec2(look.width, height));
        let mut input = RawInput { screen_rect: Some(screen), ..RawInput::default() };
        if let Some(viewport) = input.viewports.get_mut(&egui::ViewportId::ROOT) {
            viewport.native_pixels_per_point = Some(look.scale);
        }
        let mut output = ctx.run_ui(input, |ui| {
            view.show(ui, &page);
        });
        raster.apply(&mut output.textures_delta);
        if frame == 1 {
            height = (view.height_from_top() as f32 + 24.0).clamp(120.0, highest);
        }
        if frame == 3 {
            let primitives = ctx.tessellate(output.shapes, output.pixels_per_point);
            let size = [(look.width * look.scale) as usize, (height * look.scale) as usize];
            let image = raster.paint(&primitives, size, look.scale, Palette::current(&ctx).paper);
            return Picture { image, paragraphs: view.visible_paragraphs() };
        }
    }
    Picture { image: egui::ColorImage::filled([1, 1], egui::Color32::TRANSPARENT), paragraphs: (0, 0) }
}

/// Writes an image as PNG.
pub fn write_png(image: &egui::ColorImage, to: impl Write) -> Result<(), png::EncodingError> {
    let mut encoder = png::Encoder::new(to, image.width() as u32, image.height() as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let bytes: Vec<u8> = image.pixels.iter().flat_map(egui::Color32::to_srgba_unmultiplied).collect();
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&bytes)?;
    writer.finish()
}
