//! Pictures of single glyphs. Knows no texture: where they are kept is the window's business.

use super::fonts::FontHandle;
use swash::scale::image::Content;
use swash::scale::{Render, ScaleContext, Source, StrikeWith};
use swash::zeno::{Angle, Format, Transform, Vector};

/// Glyphs larger than this are drawn at this size: a glyph must fit into a texture.
const MAX_PX: f32 = 1000.0;

/// What a glyph's picture depends on; the key of a glyph atlas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GlyphKey {
    font: u32,
    glyph: u16,
    px_bits: u32,
    bin: u8,
}

impl GlyphKey {
    /// The key of a glyph of `font`, `px` physical pixels per em, moved by `bin` quarters (0 to 3)
    /// of a pixel to the right.
    pub fn new(font: &FontHandle, glyph: u16, px: f32, bin: u8) -> Self {
        Self { font: font.id(), glyph, px_bits: px.to_bits(), bin: bin % 4 }
    }
}

/// The pixels of a glyph, row by row from the top, without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GlyphPixels {
    /// One byte a pixel: how much of it the glyph covers.
    Coverage(Vec<u8>),
    /// Four bytes a pixel: red, green, blue, alpha, sRGB, premultiplied with alpha. For emoji.
    Color(Vec<u8>),
}

/// A glyph's picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlyphImage {
    /// Width in physical pixels.
    pub width: u32,
    /// Height in physical pixels.
    pub height: u32,
    /// From the glyph's origin to the picture's left edge, in pixels to the right.
    pub left: i32,
    /// From the glyph's origin up to the picture's upper edge, in pixels.
    pub top: i32,
    /// The picture.
    pub pixels: GlyphPixels,
}

/// Draws glyphs. Keeps what it learned about the fonts, so one is used again and again.
#[derive(Default)]
pub struct Rasterizer {
    context: ScaleContext,
}

impl std::fmt::Debug for Rasterizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rasterizer").finish_non_exhaustive()
    }
}

impl Rasterizer {
    /// A rasteriser that knows no font yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The picture of a glyph, `px` physical pixels per em, moved by `bin` quarters (0 to 3) of a
    /// pixel to the right. `None` for a glyph without ink, such as that of a space, and for one
    /// that the font does not have.
    pub fn raster(&mut self, font: &FontHandle, glyph: u16, px: f32, bin: u8) -> Option<GlyphImage> {
        if px.is_nan() || px <= 0.0 {
            return None;
        }
        let px = px.min(MAX_PX);
        let instance = font.instance();
        let mut scaler =
            self.context.builder(font.font_ref()?).size(px).hint(false).normalized_coords(&instance.coords).build();
        let mut render =
            Render::new(&[Source::ColorOutline(0), Source::ColorBitmap(StrikeWith::BestFit), Source::Outline]);
        render.format(Format::Alpha).offset(Vector::new(f32::from(bin % 4) / 4.0, 0.0));
        if instance.embolden {
            // As FreeType does it: a 24th of an em altogether.
            render.embolden(px / 48.0);
        }
        if instance.skew != 0 {
            let skew = Angle::from_degrees(f32::from(instance.skew));
            render.transform(Some(Transform::skew(skew, Angle::from_degrees(0.0))));
        }
        let image = render.render(&mut scaler, glyph)?;
        let (width, height) = (image.placement.width, image.placement.height);
        let count = width as usize * height as usize;
        let pixels = match (image.content, image.source) {
            (Content::Mask, _) if image.data.len() == count => GlyphPixels::Coverage(image.data),
            (Content::Color, source) if image.data.len() == count * 4 => GlyphPixels::Color(match source {
                Source::ColorBitmap(_) | Source::Bitmap(_) => premultiplied(image.data),
                Source::ColorOutline(_) | Source::Outline => image.data,
            }),
            _ => return None,
        };
        (count > 0).then_some(GlyphImage {
            width,
            height,
            left: image.placement.left,
            top: image.placement.top,
            pixels,
        })
    }
}

fn premultiplied(mut rgba: Vec<u8>) -> Vec<u8> {
    for pixel in rgba.chunks_exact_mut(4) {
        if let [red, green, blue, alpha] = pixel {
            for channel in [red, green, blue] {
                *channel = ((u16::from(*channel) * u16::from(*alpha) + 127) / 255) as u8;
            }
        }
    }
    rgba
}
