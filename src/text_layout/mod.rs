//! A paragraph as rows, glyphs and cells: where each byte of a text is on the page, and back.
//!
//! What lives here: fonts and their fallbacks ([`FontSet`], [`Engine`]), a laid out paragraph
//! ([`Laid`]) with its hit, caret and rectangle questions, caret movement, and glyph images
//! ([`Rasterizer`]). What does not: the screen, textures, annotations, several paragraphs.
//!
//! An offset cannot drift, whatever the shaping engine says: its result is copied into [`Cell`]s,
//! one extended grapheme cluster (UAX #29) each, and a seal checks that they partition the text.
//! Every question is answered from the cells alone.
//!
//! Units: bytes of the UTF-8 text that was given; lengths in points relative to the paragraph's
//! upper left corner, y downwards; only [`Glyph`]s are in physical pixels.

mod cells;
mod engine;
mod fonts;
mod movement;
mod raster;
mod seal;
mod substitute;
#[cfg(test)]
mod typewriter;

pub use cells::{Affinity, Caret, Cell, Glyph, Invisible, Laid, Rect, Row};
pub use engine::{Direction, Engine, MAX_WIDTH, Style};
pub use fonts::{FontBytes, FontHandle, FontSet};
pub use raster::{GlyphImage, GlyphKey, GlyphPixels, Rasterizer};
pub use substitute::InvisibleKind;
