//! The seal: makes of whatever a layout engine reports cells that partition the text at UAX #29
//! grapheme borders, row after row. Knows no engine, no font and no pixel but advances.

use super::substitute::breaks_row;
use unicode_segmentation::UnicodeSegmentation;

/// Advances below this many pixels are nothing that a pointer could hit.
const MIN_ADVANCE: f32 = 0.01;

/// A piece of text as the engine placed it, in the visual order of its row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// The row as the engine counts, from 0.
    pub row: u32,
    /// First byte of the piece, and the byte behind it.
    pub start: u32,
    pub end: u32,
    /// Width in pixels.
    pub advance: f32,
    pub rtl: bool,
}

/// One grapheme on one row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sealed {
    pub start: u32,
    pub end: u32,
    pub advance: f32,
    pub rtl: bool,
    /// Place in the row's visual order: the engine's piece, then the grapheme's place within it.
    place: (u32, i32),
}

/// A row whose graphemes follow each other in the text; the first row of a text may be empty.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SealedRow {
    /// The engine's row whose glyphs are drawn here.
    pub engine_row: u32,
    /// The row's graphemes in visual order, left to right; a line end stands at the row's end,
    /// which is on the left in a right-to-left paragraph.
    pub graphemes: Vec<Sealed>,
    /// Whether the row ends in a line end.
    pub hard: bool,
}

/// Seals the engine's pieces. The rows' graphemes, in the order of the text, are exactly the
/// graphemes of `text`; behind a final line end stands an empty row, and an empty text has one.
pub(super) fn seal(text: &str, pieces: &[Piece], rtl: bool) -> Vec<SealedRow> {
    let mut rows: Vec<SealedRow> = Vec::new();
    let mut graphemes = Graphemes::new(pieces, rtl);
    let mut hard = true;
    for (start, grapheme) in text.grapheme_indices(true) {
        let (engine_row, sealed) = graphemes.next(start as u32, (start + grapheme.len()) as u32);
        let ends_row = breaks_row(grapheme);
        match rows.last_mut() {
            Some(row) if !hard && row.engine_row == engine_row => row.graphemes.push(sealed),
            _ => rows.push(SealedRow { engine_row, graphemes: vec![sealed], hard: false }),
        }
        hard = ends_row;
        if ends_row && let Some(row) = rows.last_mut() {
            row.hard = true;
        }
    }
    if hard {
        let engine_row = rows.last().map_or(0, |row| row.engine_row);
        rows.push(SealedRow { engine_row, graphemes: Vec::new(), hard: false });
    }
    for row in &mut rows {
        into_visual_order(row, rtl);
        share_width(text, &mut row.graphemes);
    }
    rows
}

/// Walks the graphemes of the text and finds the engine's pieces of each.
struct Graphemes {
    /// The pieces by start, each with its index in visual order.
    pieces: Vec<(u32, Piece)>,
    /// The first piece that can still touch a grapheme.
    next: usize,
    row: u32,
    last: Sealed,
}

impl Graphemes {
    fn new(pieces: &[Piece], rtl: bool) -> Self {
        let mut pieces: Vec<_> = (0..).zip(pieces.iter().copied()).collect();
        pieces.sort_by_key(|(_, piece)| piece.start);
        let last = Sealed { start: 0, end: 0, advance: 0.0, rtl, place: (0, 0) };
        Self { pieces, next: 0, row: 0, last }
    }

    /// The grapheme's row and place: those of the first piece that touches it, or, where the
    /// engine forgot it, beside the grapheme before it.
    fn next(&mut self, start: u32, end: u32) -> (u32, Sealed) {
        let behind = |piece: &Piece| piece.end > start;
        let skip = self.pieces.iter().skip(self.next);
        self.next += skip.take_while(|(_, piece)| !behind(piece)).count();
        let touching = self.pieces.iter().skip(self.next);
        let touching = touching.take_while(|(_, piece)| piece.start < end).filter(|(_, piece)| behind(piece));

        let mut anchor = None;
        let mut advance = 0.0;
        for (visual, piece) in touching {
            anchor = anchor.or(Some((*visual, piece)));
            let shared = piece.end.min(end) - piece.start.max(start);
            let whole = piece.end - piece.start;
            // A piece wider than the grapheme, as a ligature may be, is split by its bytes.
            advance += piece.advance * (shared as f32 / whole as f32);
        }
        if !(advance.is_finite() && advance >= MIN_ADVANCE) {
            advance = 0.0;
        }
        let (rtl, visual) = match anchor {
            Some((visual, piece)) => {
                // A grapheme stays whole on one row, and rows follow the order of the text.
                self.row = self.row.max(piece.row);
                (piece.rtl, visual)
            }
            None => (self.last.rtl, self.last.place.0),
        };
        let within = match self.last.place {
            (last, within) if last == visual && start > 0 => within + if rtl { -1 } else { 1 },
            _ => 0,
        };
        self.last = Sealed { start, end, advance, rtl, place: (visual, within) };
        (self.row, self.last)
    }
}

fn into_visual_order(row: &mut SealedRow, rtl: bool) {
    let line_end = if row.hard { row.graphemes.pop() } else { None };
    row.graphemes.sort_by_key(|grapheme| grapheme.place);
    if let Some(mut line_end) = line_end {
        line_end.advance = 0.0;
        line_end.rtl = rtl;
        let at = if rtl { 0 } else { row.graphemes.len() };
        row.graphemes.insert(at, line_end);
    }
}

/// A letter without a width of its own (an alef that its font draws within the lam before it)
/// shares that of its neighbour: else its highlight could not be seen, nor could it be clicked.
fn share_width(text: &str, row: &mut [Sealed]) {
    let mut at = 0;
    while let Some(first) = row.get(at) {
        let rtl = first.rtl;
        let rest = row.get(at..).unwrap_or_default();
        let count = rest.iter().take_while(|cell| cell.rtl == rtl && is_hidden_letter(text, cell)).count();
        if count > 0 {
            let (before, after) = (at.checked_sub(1), Some(at + count));
            let hosts = if rtl { [after, before] } else { [before, after] };
            let host = hosts
                .into_iter()
                .flatten()
                .find(|&host| row.get(host).is_some_and(|c| c.rtl == rtl && c.advance > 0.0));
            if let Some(host) = host {
                let with_host = at.min(host)..(at + count).max(host + 1);
                let cells = row.get_mut(with_host).unwrap_or_default();
                let whole: f32 = cells.iter().map(|cell| cell.advance).sum();
                let share = whole / cells.len().max(1) as f32;
                for cell in cells {
                    cell.advance = share;
                }
            }
        }
        at += count.max(1);
    }
}

fn is_hidden_letter(text: &str, cell: &Sealed) -> bool {
    cell.advance == 0.0
        && text
            .get(cell.start as usize..cell.end as usize)
            .and_then(|grapheme| grapheme.chars().next())
            .is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn piece(row: u32, start: usize, end: usize, advance: f32, rtl: bool) -> Piece {
        Piece { row, start: start as u32, end: end as u32, advance, rtl }
    }

    fn cells(rows: &[SealedRow]) -> Vec<(&[Sealed], bool)> {
        let rows = rows.iter();
        rows.map(|row| (row.graphemes.as_slice(), row.hard)).collect()
    }

    fn bytes_and_advances(row: &SealedRow) -> Vec<(u32, u32, i32)> {
        let cells = row.graphemes.iter();
        cells.map(|cell| (cell.start, cell.end, cell.advance as i32)).collect()
    }

    #[test]
    fn a_grapheme_in_two_pieces_is_put_together_on_the_row_of_the_first() {
        // The mark comes from another font, and the engine breaks the row before it.
        let text = "xé\u{94D}y";
        let pieces = [
            piece(0, 0, 1, 10.0, false),
            piece(0, 1, 3, 8.0, false),
            piece(1, 3, 6, 2.0, false),
            piece(1, 6, 7, 10.0, false),
        ];
        let rows = seal(text, &pieces, false);
        assert_eq!(bytes_and_advances(&rows[0]), [(0, 1, 10), (1, 6, 10)]);
        assert_eq!(bytes_and_advances(&rows[1]), [(6, 7, 10)]);
    }

    #[test]
    fn a_piece_of_several_graphemes_is_divided_in_the_direction_of_its_text() {
        let ltr = seal("ﬁéa", &[piece(0, 0, 6, 60.0, false)], false);
        assert_eq!(bytes_and_advances(&ltr[0]), [(0, 3, 30), (3, 5, 20), (5, 6, 10)]);
        let rtl = seal("אבג", &[piece(0, 0, 6, 60.0, true)], true);
        assert_eq!(bytes_and_advances(&rtl[0]), [(4, 6, 20), (2, 4, 20), (0, 2, 20)]);
    }

    #[test]
    fn a_letter_that_the_engine_forgot_shares_the_room_of_the_one_before_it() {
        let pieces = [piece(0, 0, 2, 10.0, false), piece(0, 4, 5, 10.0, false)];
        let rows = seal("éßa", &pieces, false);
        assert_eq!(bytes_and_advances(&rows[0]), [(0, 2, 5), (2, 4, 5), (4, 5, 10)]);
    }

    #[test]
    fn a_line_end_closes_its_row_even_when_the_engine_goes_on() {
        let pieces = [piece(0, 0, 2, 10.0, false), piece(0, 4, 5, 10.0, false)];
        let rows = seal("é\r\na\n", &pieces, false);
        assert_eq!(rows.len(), 3);
        assert_eq!(bytes_and_advances(&rows[0]), [(0, 2, 10), (2, 4, 0)]);
        assert_eq!(bytes_and_advances(&rows[1]), [(4, 5, 10), (5, 6, 0)]);
        assert!(rows[0].hard && rows[1].hard && !rows[2].hard);
        assert!(rows[2].graphemes.is_empty());
    }

    #[test]
    fn an_alef_without_width_shares_that_of_the_lam_before_it() {
        // ل and ا drawn by one glyph, then a letter of its own, from right to left.
        let pieces = [piece(0, 4, 6, 7.0, true), piece(0, 2, 4, 0.0, true), piece(0, 0, 2, 8.0, true)];
        let rows = seal("لام", &pieces, true);
        assert_eq!(bytes_and_advances(&rows[0]), [(4, 6, 7), (2, 4, 4), (0, 2, 4)]);
    }

    prop_compose! {
        fn hostile_piece()(
            row in 0_u32..5,
            start in 0_u32..60,
            length in 0_u32..20,
            advance in prop::sample::select(&[10.0_f32, 0.0, -5.0, f32::NAN, f32::INFINITY, 1e-9]),
            rtl: bool,
        ) -> Piece {
            Piece { row, start, end: start + length, advance, rtl }
        }
    }

    proptest! {
        #[test]
        fn whatever_the_engine_says_the_rows_are_the_graphemes_of_the_text(
            text in "([a-zé אבג\r\n\u{301}\u{200D}\u{2029}🇫👩लि\u{94D}]|\\PC){0,20}",
            pieces in prop::collection::vec(hostile_piece(), 0..30),
            rtl: bool,
        ) {
            let rows = seal(&text, &pieces, rtl);
            let mut engine_row = 0;
            let mut sealed = Vec::new();
            for (graphemes, hard) in cells(&rows) {
                let mut row = graphemes.to_vec();
                row.sort_by_key(|cell| cell.start);
                let line_ends = row.iter().map(|cell| {
                    breaks_row(&text[cell.start as usize..cell.end as usize])
                });
                let expected = (1..=row.len()).map(|nth| hard && nth == row.len());
                prop_assert!(line_ends.eq(expected), "a line end stands at a row's end");
                prop_assert!(row.iter().all(|c| c.advance >= 0.0 && c.advance.is_finite()));
                sealed.extend(row.iter().map(|cell| (cell.start as usize, cell.end as usize)));
            }
            for row in &rows {
                prop_assert!(row.engine_row >= engine_row);
                engine_row = row.engine_row;
            }
            let graphemes = text.grapheme_indices(true);
            let graphemes: Vec<_> = graphemes.map(|(at, g)| (at, at + g.len())).collect();
            prop_assert_eq!(sealed, graphemes);
        }
    }
}
