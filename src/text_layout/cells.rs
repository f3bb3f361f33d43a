//! A laid out paragraph: rows and cells, and the questions that are answered from them alone.
//! Knows no engine; caret movement is in `movement`.

use super::fonts::FontHandle;
use super::raster::GlyphKey;
use super::seal::SealedRow;
use super::substitute::InvisibleKind;
use std::ops::Range;

/// A rectangle in points, relative to the paragraph's upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x0: f32,
    /// Upper edge.
    pub y0: f32,
    /// Right edge, never left of `x0`.
    pub x1: f32,
    /// Lower edge, never above `y0`.
    pub y1: f32,
}

/// One grapheme (UAX #29) on one row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    start: u32,
    end: u32,
    /// Left edge in points.
    pub x0: f32,
    /// Right edge in points; equal to `x0` for what has no width, such as a line end.
    pub x1: f32,
    /// Whether the text runs from right to left here.
    pub rtl: bool,
}

impl Cell {
    /// The grapheme's bytes.
    pub fn bytes(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A row of the paragraph. Rows lie one below the other without gaps.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Upper edge in points.
    pub y0: f32,
    /// Lower edge in points.
    pub y1: f32,
    /// Where the letters stand, in points from the paragraph's upper edge.
    pub baseline: f32,
    /// Left edge of the leftmost cell in points; of an empty row, where its caret stands.
    pub x0: f32,
    /// Whether the row ends in a line end, not because it is full or the text ends.
    pub hard: bool,
    start: u32,
    end: u32,
    cells: (u32, u32),
    glyphs: (u32, u32),
}

impl Row {
    /// The row's bytes; those of all rows follow each other from 0 to the text's length.
    pub fn bytes(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A glyph to draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glyph {
    /// Which glyph of its font.
    pub id: u16,
    /// Which of [`Laid::fonts`].
    pub font: u16,
    /// Origin in physical pixels from the paragraph's left edge.
    pub x: f32,
    /// Origin in physical pixels from the paragraph's upper edge, y downwards.
    pub y: f32,
}

impl Glyph {
    /// The whole pixel (x, y) at which the glyph's image has its origin, and which of the four
    /// images that are a quarter of a pixel apart to take (0 to 3).
    pub fn pixel(&self) -> (i32, i32, u8) {
        let quarters = (self.x * 4.0).round() as i32;
        let bin = quarters.rem_euclid(4) as u8;
        (quarters.div_euclid(4), self.y.round() as i32, bin)
    }
}

/// Where to draw the sign for an invisible character.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Invisible {
    /// Index of the row.
    pub row: usize,
    /// Left edge of the character's cell in points.
    pub x0: f32,
    /// Right edge of the character's cell in points.
    pub x1: f32,
    /// First byte of the character.
    pub byte: usize,
    /// What it is.
    pub kind: InvisibleKind,
}

/// To which of the two graphemes beside it a caret belongs: at the end of a full row, and where
/// the writing direction changes, one byte has two places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Affinity {
    /// To the grapheme before it in the text.
    Upstream,
    /// To the grapheme behind it in the text.
    Downstream,
}

/// A place between two graphemes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Caret {
    /// Bytes of the text before the caret.
    pub byte: usize,
    /// Which place is meant, where the byte has two.
    pub affinity: Affinity,
}

impl Caret {
    /// The caret before the grapheme that starts at `byte`.
    pub fn before(byte: usize) -> Self {
        Self { byte, affinity: Affinity::Downstream }
    }

    /// The caret behind the grapheme that ends at `byte`.
    pub fn behind(byte: usize) -> Self {
        Self { byte, affinity: Affinity::Upstream }
    }
}

/// A laid out paragraph. It holds no text and no engine, and may be sent to another thread.
#[derive(Clone, Debug)]
pub struct Laid {
    pub(super) rows: Vec<Row>,
    pub(super) cells: Vec<Cell>,
    pub(super) glyphs: Vec<Glyph>,
    pub(super) fonts: Vec<FontHandle>,
    pub(super) missing: Vec<Range<usize>>,
    pub(super) invisibles: Vec<Invisible>,
    pub(super) font_px: f32,
    pub(super) rtl: bool,
}

/// Where a caret is: a row, and how many of its cells are to the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub row: usize,
    pub slot: usize,
}

impl Laid {
    /// The rows from top to bottom, at least one.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The cells of a row from left to right; none for a row that is not there.
    pub fn cells(&self, row: usize) -> &[Cell] {
        let cells = self.rows.get(row).map(|row| row.cells);
        let (first, end) = cells.unwrap_or_default();
        self.cells.get(first as usize..end as usize).unwrap_or_default()
    }

    /// The glyphs of a row; none for a row that is not there. Glyphs may reach over their cells.
    pub fn glyphs(&self, row: usize) -> &[Glyph] {
        let glyphs = self.rows.get(row).map(|row| row.glyphs);
        let (first, end) = glyphs.unwrap_or_default();
        self.glyphs.get(first as usize..end as usize).unwrap_or_default()
    }

    /// The fonts that [`Glyph::font`] counts.
    pub fn fonts(&self) -> &[FontHandle] {
        &self.fonts
    }

    /// Size of the glyphs in physical pixels per em.
    pub fn font_px(&self) -> f32 {
        self.font_px
    }

    /// The key of a glyph's image for [`Rasterizer::raster`](super::Rasterizer::raster).
    pub fn key(&self, glyph: &Glyph) -> Option<GlyphKey> {
        let font = self.fonts.get(usize::from(glyph.font))?;
        let (_, _, bin) = glyph.pixel();
        Some(GlyphKey::new(font, glyph.id, self.font_px, bin))
    }

    /// Height in points.
    pub fn height(&self) -> f32 {
        self.rows.last().map_or(0.0, |row| row.y1)
    }

    /// Right edge of the rightmost cell in points; blanks at the end of a full row hang over.
    pub fn width(&self) -> f32 {
        let edges = (0..self.rows.len()).map(|row| self.right_edge(row));
        edges.fold(0.0, f32::max)
    }

    /// Length in bytes of the text that was laid out.
    pub fn len(&self) -> usize {
        self.rows.last().map_or(0, |row| row.end as usize)
    }

    /// Whether the text that was laid out is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the paragraph as a whole runs from right to left.
    pub fn is_rtl(&self) -> bool {
        self.rtl
    }

    /// Whether the grapheme that holds `byte` runs from right to left; of what is beyond the text, the paragraph.
    pub fn is_rtl_at(&self, byte: usize) -> bool {
        let cells = self.cells(self.row_with(byte));
        cells.iter().find(|cell| cell.bytes().contains(&byte)).map_or(self.rtl, |cell| cell.rtl)
    }

    /// The graphemes, as byte ranges in the order of the text, for which no font has a glyph.
    pub fn missing(&self) -> &[Range<usize>] {
        &self.missing
    }

    /// The invisible characters, where [`Style::show_invisibles`](super::Style) asked for them.
    pub fn invisibles(&self) -> &[Invisible] {
        &self.invisibles
    }

    /// Bytes of memory that the paragraph holds, without the fonts, which are shared.
    pub fn heap_bytes(&self) -> usize {
        bytes_of(&self.rows)
            + bytes_of(&self.cells)
            + bytes_of(&self.glyphs)
            + bytes_of(&self.fonts)
            + bytes_of(&self.missing)
            + bytes_of(&self.invisibles)
    }

    /// The caret nearest to a point in points; above and below, on the first and the last row.
    pub fn hit(&self, x: f32, y: f32) -> Caret {
        let row = self.rows.partition_point(|row| row.y1 <= y);
        self.hit_row(row, x)
    }

    /// The caret of a row nearest to `x` in points; past its line end is before its line end.
    pub(super) fn hit_row(&self, row: usize, x: f32) -> Caret {
        let row = row.min(self.rows.len().saturating_sub(1));
        let cells = self.cells(row);
        let at = cells.partition_point(|cell| cell.x1 <= x);
        let (at, right) = match cells.get(at) {
            Some(cell) => (at, x >= f32::midpoint(cell.x0, cell.x1)),
            None => (cells.len().saturating_sub(1), true),
        };
        self.edge(row, at, right)
    }

    /// The caret's place as a rectangle without width, over the height of its row, in points.
    pub fn caret_rect(&self, caret: Caret) -> Rect {
        let place = self.place(caret);
        let x = self.slot_x(place);
        let rows = self.rows.get(place.row);
        let (y0, y1) = rows.map_or((0.0, 0.0), |row| (row.y0, row.y1));
        let (x0, x1) = (x, x);
        Rect { x0, y0, x1, y1 }
    }

    /// The rectangles of a byte range, each with the index of its row, from top to bottom and
    /// left to right. Cells that adjoin share one; in mixed directions a row may have several. A
    /// grapheme that the range touches is covered whole. What has no width has a rectangle
    /// without width.
    pub fn rects(&self, range: Range<usize>) -> Vec<(usize, Rect)> {
        let mut rects = Vec::new();
        if range.is_empty() {
            return rects;
        }
        let first = self.row_with(range.start);
        for (index, row) in self.rows.iter().enumerate().skip(first) {
            if row.start as usize >= range.end {
                break;
            }
            let mut open: Option<Rect> = None;
            for cell in self.cells(index) {
                let inside = (cell.start as usize) < range.end && cell.end as usize > range.start;
                match &mut open {
                    Some(rect) if inside => rect.x1 = cell.x1,
                    None if inside => {
                        open = Some(Rect { x0: cell.x0, y0: row.y0, x1: cell.x1, y1: row.y1 });
                    }
                    _ => rects.extend(open.take().map(|rect| (index, rect))),
                }
            }
            rects.extend(open.map(|rect| (index, rect)));
        }
        rects
    }

    /// The index of the row on which the caret is.
    pub fn row_of(&self, caret: Caret) -> usize {
        self.place(caret).row
    }

    /// The one way to write a caret: on the grapheme border at or before its byte, within the
    /// text, and [`Affinity::Downstream`] unless that would be another place.
    pub fn normalized(&self, caret: Caret) -> Caret {
        let at = self.place(caret);
        let before = Caret::before(self.border_at_or_before(caret.byte));
        if caret.affinity == Affinity::Downstream || self.place(before) == at {
            return before;
        }
        Caret::behind(before.byte)
    }

    /// Where a caret is. One that is inside a grapheme is before it.
    pub(super) fn place(&self, caret: Caret) -> Place {
        let byte = caret.byte.min(self.len());
        if caret.affinity == Affinity::Upstream || byte == self.len() {
            let row = self.rows.partition_point(|row| (row.end as usize) < byte);
            let cells = self.cells(row);
            let at = cells.iter().position(|cell| cell.end as usize == byte);
            if let Some((at, cell)) = at.and_then(|at| Some((at, cells.get(at)?)))
                && !self.is_line_end(row, cell)
            {
                let slot = at + usize::from(!cell.rtl);
                return Place { row, slot };
            }
        }
        let row = self.row_with(byte);
        let mut cells = self.cells(row).iter().enumerate();
        let cell = cells.find(|(_, cell)| cell.bytes().contains(&byte));
        let slot = cell.map_or(0, |(at, cell)| at + usize::from(cell.rtl));
        Place { row, slot }
    }

    /// The caret at the left or the right edge of a row's cell; never behind its line end.
    pub(super) fn edge(&self, row: usize, cell: usize, right: bool) -> Caret {
        let Some(cell) = self.cells(row).get(cell) else {
            return Caret::before(self.rows.get(row).map_or(0, |row| row.start as usize));
        };
        let behind = right != cell.rtl && !self.is_line_end(row, cell);
        self.normalized(if behind { Caret::behind(cell.end as usize) } else { Caret::before(cell.start as usize) })
    }

    pub(super) fn is_line_end(&self, row: usize, cell: &Cell) -> bool {
        let row = self.rows.get(row);
        row.is_some_and(|row| row.hard && row.end == cell.end)
    }

    /// The row whose bytes hold `byte`, or the last one.
    pub(super) fn row_with(&self, byte: usize) -> usize {
        let row = self.rows.partition_point(|row| row.end as usize <= byte);
        row.min(self.rows.len().saturating_sub(1))
    }

    pub(super) fn border_at_or_before(&self, byte: usize) -> usize {
        let cells = self.cells(self.row_with(byte));
        let cell = cells.iter().find(|cell| cell.bytes().contains(&byte));
        cell.map_or(byte.min(self.len()), |cell| cell.start as usize)
    }

    fn slot_x(&self, place: Place) -> f32 {
        let left = place.slot.checked_sub(1);
        let left = left.and_then(|left| self.cells(place.row).get(left));
        left.map_or_else(|| self.rows.get(place.row).map_or(0.0, |row| row.x0), |cell| cell.x1)
    }

    fn right_edge(&self, row: usize) -> f32 {
        let last = self.cells(row).last().map(|cell| cell.x1);
        last.or_else(|| self.rows.get(row).map(|row| row.x0)).unwrap_or_default()
    }
}

/// What the engine says of one of its rows, in pixels.
#[derive(Clone, Debug, Default)]
pub(super) struct EngineRow {
    /// Left edge of the leftmost piece.
    pub x: f32,
    /// Where the letters stand, from the row's upper edge.
    pub baseline: f32,
    /// The row's glyphs, y relative to the baseline.
    pub glyphs: Range<usize>,
}

/// What all rows have in common, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measures {
    pub pixels_per_point: f32,
    pub row_height: f32,
    /// Where the caret of an empty row stands.
    pub empty_x: f32,
}

/// Puts the sealed rows one below the other and each grapheme beside the one before it: so the
/// cells of a row adjoin whatever the engine said. Glyphs get their y from their row.
pub(super) fn stack(
    sealed: &[SealedRow],
    engine_rows: &[EngineRow],
    glyphs: &mut [Glyph],
    measures: Measures,
) -> (Vec<Row>, Vec<Cell>) {
    let points = |pixels: f32| pixels / measures.pixels_per_point;
    let mut cells = Vec::with_capacity(sealed.iter().map(|row| row.graphemes.len()).sum());
    let mut rows = Vec::with_capacity(sealed.len());
    let (mut end, mut drawn) = (0, 0);
    let mut baseline = measures.row_height;
    for (index, row) in sealed.iter().enumerate() {
        let engine = engine_rows.get(row.engine_row as usize);
        let y = index as f32 * measures.row_height;
        baseline = engine.map_or(baseline, |engine| engine.baseline);
        // A row of the engine that lost its graphemes to the one before is drawn on that one.
        let next = sealed.get(index + 1).map(|next| next.engine_row);
        let last = next.map(|next| (next as usize).saturating_sub(1).max(row.engine_row as usize));
        let until = last.map_or(engine_rows.last(), |last| engine_rows.get(last));
        let until = until.map_or(drawn, |row| row.glyphs.end).max(drawn);
        for glyph in glyphs.get_mut(drawn..until).unwrap_or_default() {
            glyph.y += y + baseline;
        }
        let mut x = match engine {
            Some(engine) if !row.graphemes.is_empty() => engine.x,
            _ => measures.empty_x,
        };
        let (start, x0, first) = (end, x, cells.len() as u32);
        for grapheme in &row.graphemes {
            let right = x + grapheme.advance;
            cells.push(Cell {
                start: grapheme.start,
                end: grapheme.end,
                x0: points(x),
                x1: points(right),
                rtl: grapheme.rtl,
            });
            x = right;
            end = end.max(grapheme.end);
        }
        rows.push(Row {
            y0: points(y),
            y1: points(y + measures.row_height),
            baseline: points(y + baseline),
            x0: points(x0),
            hard: row.hard,
            start,
            end,
            cells: (first, cells.len() as u32),
            glyphs: (drawn as u32, until as u32),
        });
        drawn = until;
    }
    (rows, cells)
}

fn bytes_of<T>(items: &Vec<T>) -> usize {
    items.capacity() * size_of::<T>()
}

#[cfg(test)]
mod tests {
    use super::super::typewriter::{edges, type_out};
    use super::*;

    #[test]
    fn a_byte_where_the_direction_turns_has_two_places() {
        // On the page: é a ב א c, of the bytes é 0..2, a 2..3, א 3..5, ב 5..7, c 7..8.
        let laid = type_out("éaאבc", 80, false);
        let x = |caret| laid.caret_rect(caret).x0 as i32;
        assert_eq!((x(Caret::behind(3)), x(Caret::before(3))), (20, 40));
        assert_eq!((x(Caret::behind(7)), x(Caret::before(7))), (20, 40));
        assert_eq!(x(Caret::before(5)), 30);
        assert_eq!(laid.normalized(Caret::behind(5)), Caret::before(5));
        assert_eq!(laid.normalized(Caret::behind(7)), Caret::behind(7));
    }

    #[test]
    fn a_hit_finds_the_edge_of_the_grapheme_that_is_nearer() {
        let laid = type_out("éaאבc", 80, false);
        let hits = [3.0, 7.0, 17.0, 22.0, 28.0, 38.0, 42.0, 99.0].map(|x| laid.hit(x, 5.0));
        let expected = [
            Caret::before(0),
            Caret::before(2),
            Caret::behind(3),
            Caret::behind(7),
            Caret::before(5),
            Caret::before(3),
            Caret::before(7),
            Caret::before(8),
        ];
        assert_eq!(hits, expected);
    }

    #[test]
    fn a_range_over_a_turn_of_direction_has_several_rectangles_on_a_row() {
        let laid = type_out("éaאבc", 80, false);
        assert_eq!(edges(&laid, 2..5), [(0, 10, 20), (0, 30, 40)]);
        assert_eq!(edges(&laid, 2..7), [(0, 10, 40)]);
        assert_eq!(edges(&laid, 4..5), [(0, 30, 40)], "a grapheme is whole");
        assert_eq!(edges(&laid, 0..99), [(0, 0, 50)]);
    }

    #[test]
    fn a_range_over_rows_has_rectangles_from_row_to_row() {
        let laid = type_out("é abcd", 3, false);
        assert_eq!(edges(&laid, 2..6), [(0, 10, 30), (1, 0, 20)]);
        assert_eq!(edges(&laid, 4..7), [(1, 0, 30)]);
        let rect = laid.rects(4..7)[0].1;
        assert_eq!((rect.y0 as i32, rect.y1 as i32), (20, 40));
    }

    #[test]
    fn a_caret_at_the_end_of_a_full_row_is_on_the_row_it_belongs_to() {
        let laid = type_out("éabcd", 3, false);
        let (behind, before) = (Caret::behind(4), Caret::before(4));
        assert_eq!((laid.row_of(behind), laid.row_of(before)), (0, 1));
        assert_eq!(laid.caret_rect(behind).x0 as i32, 30);
        assert_eq!(laid.caret_rect(before).x0 as i32, 0);
        assert_eq!(laid.hit(30.0, 5.0), behind);
        assert_eq!(laid.hit(0.0, 25.0), before);
    }

    #[test]
    fn behind_a_final_line_end_is_an_empty_row_for_the_caret() {
        for (rtl, x) in [(false, 0), (true, 60)] {
            let laid = type_out("éa\r\n", 6, rtl);
            assert_eq!(laid.rows().len(), 2);
            let rect = laid.caret_rect(Caret::behind(5));
            assert_eq!((rect.x0 as i32, rect.y0 as i32), (x, 20));
            assert_eq!(laid.hit(1e6, 1e6), Caret::before(5));
            assert_eq!(laid.hit(-1e6, 5.0).byte, if rtl { 3 } else { 0 });
            assert_eq!(laid.hit(1e6, 5.0).byte, if rtl { 0 } else { 3 });
        }
        let empty = type_out("", 6, false);
        assert_eq!((empty.rows().len(), empty.len()), (1, 0));
        assert_eq!(empty.hit(5.0, 5.0), Caret::before(0));
    }

    #[test]
    fn a_glyph_falls_on_a_whole_pixel_and_a_quarter() {
        let (id, font) = (1, 0);
        let at = |x, y| Glyph { id, font, x, y }.pixel();
        assert_eq!(at(3.0, 7.4), (3, 7, 0));
        assert_eq!(at(3.26, 7.6), (3, 8, 1));
        assert_eq!(at(3.9, 0.0), (4, 0, 0));
        assert_eq!(at(-0.25, 0.0), (-1, 0, 3));
    }
}
