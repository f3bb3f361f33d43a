//! For tests: an engine without fonts. Every grapheme is 10 wide, every row 20 high, Hebrew runs
//! from right to left, and rows are full after so many columns; so each expected number can be
//! seen from the text.

use super::cells::{EngineRow, Laid, Measures, stack};
use super::seal::{Piece, seal};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

const WIDE: f32 = 10.0;

/// Lays `text` out. `rtl` is the paragraph's direction.
pub(super) fn type_out(text: &str, columns: usize, rtl: bool) -> Laid {
    let mut rows: Vec<Vec<Piece>> = vec![Vec::new()];
    for (start, grapheme) in text.grapheme_indices(true) {
        let ends = matches!(grapheme, "\n" | "\r\n");
        let full = rows.last().is_some_and(|row| row.len() >= columns);
        if full && !ends {
            rows.push(Vec::new());
        }
        let row = rows.len() as u32 - 1;
        let hebrew = grapheme.chars().any(|c| ('\u{590}'..'\u{600}').contains(&c));
        let latin = grapheme.chars().any(|c| c.is_ascii_alphanumeric());
        rows.last_mut().expect("there is a row").push(Piece {
            row,
            start: start as u32,
            end: (start + grapheme.len()) as u32,
            advance: if ends { 0.0 } else { WIDE },
            rtl: hebrew || (rtl && !latin),
        });
        if ends {
            rows.push(Vec::new());
        }
    }
    let engine_rows: Vec<EngineRow> = rows
        .iter()
        .map(|row| {
            let width: f32 = row.iter().map(|piece| piece.advance).sum();
            let x = if rtl { columns as f32 * WIDE - width } else { 0.0 };
            let (baseline, glyphs) = (15.0, 0..0);
            EngineRow { x, baseline, glyphs }
        })
        .collect();
    let pieces: Vec<Piece> = rows.iter().flat_map(|row| visual(row, rtl)).collect();
    let measures =
        Measures { pixels_per_point: 1.0, row_height: 20.0, empty_x: if rtl { columns as f32 * WIDE } else { 0.0 } };
    let (rows, cells) = stack(&seal(text, &pieces, rtl), &engine_rows, &mut [], measures);
    Laid {
        rows,
        cells,
        glyphs: Vec::new(),
        fonts: Vec::new(),
        missing: Vec::new(),
        invisibles: Vec::new(),
        font_px: 10.0,
        rtl,
    }
}

/// Rectangles as row, left and right edge.
pub(super) fn edges(laid: &Laid, range: Range<usize>) -> Vec<(usize, i32, i32)> {
    let rects = laid.rects(range).into_iter();
    rects.map(|(row, rect)| (row, rect.x0 as i32, rect.x1 as i32)).collect()
}

/// Rule L2 of UAX #9 for two levels: runs against the paragraph are turned, then all of it.
fn visual(row: &[Piece], rtl: bool) -> Vec<Piece> {
    let mut runs: Vec<Vec<Piece>> = row.chunk_by(|a, b| a.rtl == b.rtl).map(<[Piece]>::to_vec).collect();
    for run in &mut runs {
        if run.first().is_some_and(|piece| piece.rtl) {
            run.reverse();
        }
    }
    if rtl {
        runs.reverse();
    }
    runs.concat()
}
