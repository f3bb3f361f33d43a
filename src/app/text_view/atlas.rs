//! The glyphs of the article as one texture: rasterised when first seen, kept until the texture is full. It begins low,
//! for an article in one script, and grows for a page that needs more.

use crate::text_layout::{FontHandle, GlyphKey, GlyphPixels, Laid, Rasterizer};
use eframe::egui::{self, Color32, ColorImage, Mesh, Pos2, Rect, TextureHandle, TextureOptions, pos2, vec2};
use std::collections::HashMap;

/// Width of the texture in pixels.
const WIDTH: usize = 2048;
/// Its height at first: room for what an article on an ordinary screen shows.
const FIRST_HEIGHT: usize = 128;
/// Higher than this it becomes only for a page that does not fit otherwise: four bytes a pixel, with the driver's copy.
const ENOUGH_HEIGHT: usize = 512;

/// Where a glyph lies in the texture, in pixels.
#[derive(Clone, Copy)]
struct Place {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
    left: i32,
    top: i32,
    coloured: bool,
}

/// A texture of glyphs. `None` for glyphs without ink.
pub struct Atlas {
    texture: TextureHandle,
    places: HashMap<GlyphKey, Option<Place>>,
    rasterizer: Rasterizer,
    /// Shelves from top to bottom: y, height, how far filled.
    shelves: Vec<(usize, usize, usize)>,
    height: usize,
    /// The highest texture that can be drawn.
    limit: usize,
    dark: bool,
    generation: u64,
}

impl Atlas {
    /// An empty atlas for light or dark text.
    pub fn new(ctx: &egui::Context, dark: bool) -> Self {
        Self {
            texture: ctx.load_texture("glyphs", blank(FIRST_HEIGHT), TextureOptions::NEAREST),
            places: HashMap::new(),
            rasterizer: Rasterizer::new(),
            shelves: Vec::new(),
            height: FIRST_HEIGHT,
            limit: ctx.input(|i| i.max_texture_side).max(FIRST_HEIGHT),
            dark,
            generation: 0,
        }
    }

    /// Changes whenever meshes made earlier point to the wrong places.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Empties the atlas if the text's brightness changed: coverage is weighted by it.
    pub fn set_dark(&mut self, dark: bool) {
        if self.dark != dark {
            self.dark = dark;
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.texture.set(blank(self.height), TextureOptions::NEAREST);
        self.places.clear();
        self.shelves.clear();
        self.generation += 1;
    }

    /// Empties the texture because it was full, and makes it higher as long as it is low, or if it was emptied for this
    /// page before.
    pub fn make_room(&mut self, emptied_before: bool) {
        if emptied_before || self.height < ENOUGH_HEIGHT {
            self.height = (self.height * 2).min(self.limit);
        }
        self.clear();
    }

    /// All rows of a laid out paragraph as a mesh in points, relative to its upper left corner.
    ///
    /// # Errors
    ///
    /// [`Full`]: there is no room for its glyphs.
    pub fn mesh(&mut self, laid: &Laid, pixels_per_point: f32, ink: Color32) -> Result<Mesh, Full> {
        let mut mesh = Mesh::with_texture(self.texture.id());
        for row in 0..laid.rows().len() {
            for glyph in laid.glyphs(row) {
                let Some(key) = laid.key(glyph) else { continue };
                let Some(font) = laid.fonts().get(usize::from(glyph.font)) else { continue };
                let (x, y, bin) = glyph.pixel();
                let place = match self.places.get(&key) {
                    Some(place) => *place,
                    None => self.rasterise(key, font, glyph.id, laid.font_px(), bin)?,
                };
                let Some(place) = place else { continue };
                let min = pos2((x + place.left) as f32, (y - place.top) as f32) / pixels_per_point;
                let size = vec2(place.width as f32, place.height as f32) / pixels_per_point;
                let uv = |x: usize, y: usize| pos2(x as f32 / WIDTH as f32, y as f32 / self.height as f32);
                let uv = Rect::from_min_max(uv(place.x, place.y), uv(place.x + place.width, place.y + place.height));
                let colour = if place.coloured { Color32::WHITE } else { ink };
                mesh.add_rect_with_uv(Rect::from_min_size(min, size), uv, colour);
            }
        }
        Ok(mesh)
    }

    fn rasterise(
        &mut self,
        key: GlyphKey,
        font: &FontHandle,
        glyph: u16,
        px: f32,
        bin: u8,
    ) -> Result<Option<Place>, Full> {
        let Some(image) = self.rasterizer.raster(font, glyph, px, bin) else {
            self.places.insert(key, None);
            return Ok(None);
        };
        let (width, height) = (image.width as usize, image.height as usize);
        if width >= WIDTH {
            self.places.insert(key, None);
            return Ok(None);
        }
        let (x, y) = self.room_for(width, height)?;
        let (pixels, coloured): (Vec<Color32>, bool) = match &image.pixels {
            GlyphPixels::Coverage(coverage) => (coverage.iter().map(|&c| self.weighted(c)).collect(), false),
            GlyphPixels::Color(rgba) => {
                let pixel = |p: &[u8]| Color32::from_rgba_premultiplied(p[0], p[1], p[2], p[3]);
                (rgba.chunks_exact(4).map(pixel).collect(), true)
            }
        };
        if pixels.len() == width * height {
            let image = ColorImage::new([width, height], pixels);
            self.texture.set_partial([x, y], image, TextureOptions::NEAREST);
        }
        let place = Place { x, y, width, height, left: image.left, top: image.top, coloured };
        self.places.insert(key, Some(place));
        Ok(Some(place))
    }

    /// Light text on dark looks thinner than dark on light; egui's own curve makes up for it.
    fn weighted(&self, coverage: u8) -> Color32 {
        let c = f32::from(coverage) / 255.0;
        let c = if self.dark { 2.0 * c - c * c } else { c };
        let c = (c * 255.0).round() as u8;
        Color32::from_rgba_premultiplied(c, c, c, c)
    }

    fn room_for(&mut self, width: usize, height: usize) -> Result<(usize, usize), Full> {
        // One pixel between glyphs; the shelf that wastes least.
        let (width, height) = (width + 1, height + 1);
        let fits = |s: &&mut (usize, usize, usize)| s.1 >= height && s.1 <= height * 3 / 2 + 4 && s.2 + width <= WIDTH;
        if let Some(shelf) = self.shelves.iter_mut().filter(fits).min_by_key(|s| s.1) {
            let x = shelf.2;
            shelf.2 += width;
            return Ok((x, shelf.0));
        }
        let y = self.shelves.last().map_or(0, |s| s.0 + s.1);
        if y + height > self.height {
            return Err(Full);
        }
        self.shelves.push((y, height, width));
        Ok((0, y))
    }
}

/// The texture has no room for a glyph.
pub struct Full;

fn blank(height: usize) -> ColorImage {
    ColorImage::filled([WIDTH, height], Color32::TRANSPARENT)
}

/// Moves a mesh.
pub fn moved(mesh: &Mesh, to: Pos2) -> Mesh {
    let mut mesh = mesh.clone();
    mesh.translate(to.to_vec2());
    mesh
}
