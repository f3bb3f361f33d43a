//! Painting without a graphics card: egui's triangles into pixels. For `byline render` and for pictures in tests.

use eframe::egui::epaint::{ClippedPrimitive, ImageData, Primitive, Vertex};
use eframe::egui::{Color32, ColorImage, Mesh, Pos2, Rect, TextureId, TexturesDelta, pos2};
use std::collections::HashMap;

/// The textures that are in use, and the way from shapes to pixels.
#[derive(Default)]
pub struct Raster {
    textures: HashMap<TextureId, ColorImage>,
}

impl Raster {
    /// Takes new and changed textures in and lets go of old ones.
    pub fn apply(&mut self, delta: &mut TexturesDelta) {
        for (id, changes) in delta.set.drain() {
            for change in changes {
                let ImageData::Color(image) = &change.image;
                match (change.pos, self.textures.get_mut(&id)) {
                    (Some([x, y]), Some(texture)) => {
                        for row in 0..image.height() {
                            let from = row * image.width();
                            let to = (y + row) * texture.width() + x;
                            let pixels = image.pixels.get(from..from + image.width());
                            let place = texture.pixels.get_mut(to..to + image.width());
                            if let (Some(place), Some(pixels)) = (place, pixels) {
                                place.copy_from_slice(pixels);
                            }
                        }
                    }
                    _ => {
                        self.textures.insert(id, (**image).clone());
                    }
                }
            }
        }
        for id in delta.free.drain() {
            self.textures.remove(&id);
        }
    }

    /// Paints onto `background`; `size` is in physical pixels.
    pub fn paint(
        &self,
        primitives: &[ClippedPrimitive],
        size: [usize; 2],
        pixels_per_point: f32,
        background: Color32,
    ) -> ColorImage {
        let mut canvas = ColorImage::filled(size, background);
        for ClippedPrimitive { clip_rect, primitive } in primitives {
            if let Primitive::Mesh(mesh) = primitive {
                let clip = Rect::from_min_max(
                    (clip_rect.min.to_vec2() * pixels_per_point).round().to_pos2(),
                    (clip_rect.max.to_vec2() * pixels_per_point).round().to_pos2(),
                );
                let whole = Rect::from_min_max(Pos2::ZERO, pos2(size[0] as f32, size[1] as f32));
                self.mesh(&mut canvas, mesh, clip.intersect(whole), pixels_per_point);
            }
        }
        canvas
    }

    fn mesh(&self, canvas: &mut ColorImage, mesh: &Mesh, clip: Rect, pixels_per_point: f32) {
        let texture = self.textures.get(&mesh.texture_id);
        for triangle in mesh.indices.chunks_exact(3) {
            let corner = |n: usize| mesh.vertices.get(triangle[n] as usize).copied();
            if let (Some(a), Some(b), Some(c)) = (corner(0), corner(1), corner(2)) {
                let scaled = |v: Vertex| Vertex { pos: (v.pos.to_vec2() * pixels_per_point).to_pos2(), ..v };
                triangle_into(canvas, [scaled(a), scaled(b), scaled(c)], clip, texture);
            }
        }
    }
}

/// Twice the area of a triangle, positive if its corners run clockwise on screen.
fn area(a: Pos2, b: Pos2, c: Pos2) -> f32 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

fn triangle_into(canvas: &mut ColorImage, [a, mut b, mut c]: [Vertex; 3], clip: Rect, texture: Option<&ColorImage>) {
    let mut whole = area(a.pos, b.pos, c.pos);
    if whole < 0.0 {
        std::mem::swap(&mut b, &mut c);
        whole = -whole;
    }
    if whole <= 0.0 || !whole.is_finite() {
        return;
    }
    let bounds = Rect::from_points(&[a.pos, b.pos, c.pos]).intersect(clip);
    if !bounds.is_positive() {
        return;
    }
    let (x0, x1) = (bounds.left().floor() as usize, bounds.right().ceil() as usize);
    let (y0, y1) = (bounds.top().floor() as usize, bounds.bottom().ceil() as usize);
    let (width, height) = (canvas.width(), canvas.height());
    for y in y0..y1.min(height) {
        for x in x0..x1.min(width) {
            let p = pos2(x as f32 + 0.5, y as f32 + 0.5);
            if !clip.contains(p) {
                continue;
            }
            let (wa, wb, wc) = (area(b.pos, c.pos, p), area(c.pos, a.pos, p), area(a.pos, b.pos, p));
            if !(inside(wa, b.pos, c.pos) && inside(wb, c.pos, a.pos) && inside(wc, a.pos, b.pos)) {
                continue;
            }
            let (wa, wb, wc) = (wa / whole, wb / whole, wc / whole);
            let uv = (a.uv.to_vec2() * wa + b.uv.to_vec2() * wb + c.uv.to_vec2() * wc).to_pos2();
            let channel =
                |n: usize| f32::from(a.color[n]) * wa + f32::from(b.color[n]) * wb + f32::from(c.color[n]) * wc;
            let texel = texture.map_or([255.0; 4], |t| sample(t, uv));
            let source = [0, 1, 2, 3].map(|n| channel(n) * texel[n] / 255.0);
            let pixel = &mut canvas.pixels[y * width + x];
            let rest = 1.0 - source[3] / 255.0;
            let mixed = [0, 1, 2, 3].map(|n| (source[n] + f32::from(pixel[n]) * rest).round().clamp(0.0, 255.0) as u8);
            *pixel = Color32::from_rgba_premultiplied(mixed[0], mixed[1], mixed[2], mixed[3]);
        }
    }
}

/// A pixel on an edge shared by two triangles belongs to one of them: the upper or the left one.
fn inside(weight: f32, from: Pos2, to: Pos2) -> bool {
    weight > 0.0 || (weight == 0.0 && (to.y < from.y || (to.y == from.y && to.x > from.x)))
}

/// Bilinear, as a graphics card does it.
fn sample(texture: &ColorImage, uv: Pos2) -> [f32; 4] {
    let (width, height) = (texture.width(), texture.height());
    let x = (uv.x * width as f32 - 0.5).clamp(0.0, width.saturating_sub(1) as f32);
    let y = (uv.y * height as f32 - 0.5).clamp(0.0, height.saturating_sub(1) as f32);
    let (x0, y0) = (x as usize, y as usize);
    let (fx, fy) = (x - x0 as f32, y - y0 as f32);
    let texel = |x: usize, y: usize| {
        let at = y.min(height - 1) * width + x.min(width - 1);
        texture.pixels.get(at).map_or([0.0; 4], |c| c.to_array().map(f32::from))
    };
    let corners = [texel(x0, y0), texel(x0 + 1, y0), texel(x0, y0 + 1), texel(x0 + 1, y0 + 1)];
    let shares = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
    [0, 1, 2, 3].map(|n| corners.iter().zip(shares).map(|(corner, share)| corner[n] * share).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_triangles_of_a_rectangle_paint_each_pixel_once() {
        let mut mesh = Mesh::default();
        let half = Color32::from_black_alpha(128);
        mesh.add_colored_rect(Rect::from_min_max(pos2(1.0, 1.0), pos2(5.0, 4.0)), half);
        let mut canvas = ColorImage::filled([8, 8], Color32::WHITE);
        let clip = Rect::from_min_max(Pos2::ZERO, pos2(8.0, 8.0));
        Raster::default().mesh(&mut canvas, &mesh, clip, 1.0);
        let grey = canvas.pixels.iter().filter(|p| p.r() == 127).count();
        let white = canvas.pixels.iter().filter(|p| p.r() == 255).count();
        assert_eq!((grey, white), (12, 52));
    }
}
