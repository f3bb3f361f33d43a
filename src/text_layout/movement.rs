//! Where the caret goes: by grapheme, to a row's ends, up and down. From the cells alone, so that
//! it ends in every text; no keys and no documents.

use super::cells::{Caret, Laid, Place};

impl Laid {
    /// One grapheme to the left as the page shows it, or `None` where that leaves the paragraph.
    /// Repeated, it ends in every text.
    pub fn left(&self, caret: Caret) -> Option<Caret> {
        self.step(caret, false)
    }

    /// One grapheme to the right as the page shows it, or `None` where that leaves the paragraph.
    /// Repeated, it ends in every text.
    pub fn right(&self, caret: Caret) -> Option<Caret> {
        self.step(caret, true)
    }

    /// The caret on the row above nearest to `x` in points, or `None` on the first row.
    pub fn up(&self, caret: Caret, x: f32) -> Option<Caret> {
        let row = self.row_of(caret).checked_sub(1)?;
        Some(self.hit_row(row, x))
    }

    /// The caret on the row below nearest to `x` in points, or `None` on the last row.
    pub fn down(&self, caret: Caret, x: f32) -> Option<Caret> {
        let row = self.row_of(caret) + 1;
        (row < self.rows.len()).then(|| self.hit_row(row, x))
    }

    /// Before the first grapheme, in the order of the text, of the caret's row.
    pub fn row_start(&self, caret: Caret) -> Caret {
        let row = self.rows.get(self.row_of(caret));
        Caret::before(row.map_or(0, |row| row.bytes().start))
    }

    /// Behind the last grapheme, in the order of the text, of the caret's row; before a line end.
    pub fn row_end(&self, caret: Caret) -> Caret {
        let index = self.row_of(caret);
        let end = self.rows.get(index).map_or(0, |row| row.bytes().end);
        let mut cells = self.cells(index).iter();
        match cells.find(|cell| self.is_line_end(index, cell)) {
            Some(line_end) => self.normalized(Caret::before(line_end.bytes().start)),
            None => self.normalized(Caret::behind(end)),
        }
    }

    /// The next grapheme border behind `byte` in the order of the text.
    pub fn next_grapheme(&self, byte: usize) -> Option<usize> {
        let cells = self.cells(self.row_with(byte));
        let cell = cells.iter().find(|cell| cell.bytes().contains(&byte))?;
        Some(cell.bytes().end)
    }

    /// The last grapheme border before `byte` in the order of the text.
    pub fn prev_grapheme(&self, byte: usize) -> Option<usize> {
        let last = byte.min(self.len()).checked_sub(1)?;
        Some(self.border_at_or_before(last))
    }

    fn step(&self, caret: Caret, right: bool) -> Option<Caret> {
        let place = self.place(caret);
        if let Some(next) = self.cross(place, right) {
            return Some(self.onto_next_row(next, right));
        }
        let row = if self.is_forward(right) { place.row + 1 } else { place.row.checked_sub(1)? };
        if row >= self.rows.len() {
            return None;
        }
        let entry = self.entry(row, right);
        if entry.byte != self.border_at_or_before(caret.byte) {
            return Some(entry);
        }
        // The same byte seen from the other row: that was no step yet.
        let beyond = self.cross(self.place(entry), right);
        Some(beyond.map_or(entry, |next| self.onto_next_row(next, right)))
    }

    /// The caret behind the next cell of the row in this direction; none at the row's end, which
    /// is before a line end.
    fn cross(&self, place: Place, right: bool) -> Option<Caret> {
        let at = if right { place.slot } else { place.slot.checked_sub(1)? };
        let cell = self.cells(place.row).get(at)?;
        (!self.is_line_end(place.row, cell)).then(|| self.edge(place.row, at, right))
    }

    /// Where one comes onto a row: at its left going right, at its right going left.
    fn entry(&self, row: usize, right: bool) -> Caret {
        let last = self.cells(row).len().saturating_sub(1);
        self.edge(row, if right { 0 } else { last }, !right)
    }

    /// Behind the last grapheme of a full row stands also before the first one of the next: there
    /// a caret that comes along the text is shown, where that is at the next row's beginning.
    fn onto_next_row(&self, caret: Caret, right: bool) -> Caret {
        let next = Caret::before(caret.byte);
        let (from, to) = (self.place(caret), self.place(next));
        let passes = self.is_forward(right) && to.row > from.row;
        if passes && self.at_edge(from, right) && self.at_edge(to, !right) { next } else { caret }
    }

    fn at_edge(&self, place: Place, right: bool) -> bool {
        let edge = if right { self.cells(place.row).len() } else { 0 };
        place.slot == edge
    }

    /// Whether this direction leads from a row's start to its end.
    fn is_forward(&self, right: bool) -> bool {
        right != self.rtl
    }
}

#[cfg(test)]
mod tests {
    use super::super::typewriter::type_out;
    use super::*;

    fn path(from: Caret, step: impl Fn(Caret) -> Option<Caret>) -> Vec<Caret> {
        let path = std::iter::successors(Some(from), |caret| step(*caret));
        path.take(30).collect()
    }

    #[test]
    fn right_goes_over_mixed_directions_as_the_page_shows_them() {
        // On the page: é ב א c, of the bytes é 0..2, א 2..4, ב 4..6, c 6..7.
        let laid = type_out("éאבc", 80, false);
        let right = path(Caret::before(0), |caret| laid.right(caret));
        let shown: Vec<_> = right.iter().map(|c| laid.caret_rect(*c).x0 as i32).collect();
        assert_eq!(shown, [0, 10, 20, 30, 40]);
        let carets = [Caret::before(0), Caret::behind(2), Caret::before(4), Caret::before(2), Caret::before(7)];
        assert_eq!(right, carets);
        let left = path(Caret::behind(7), |caret| laid.left(caret));
        let shown: Vec<_> = left.iter().map(|c| laid.caret_rect(*c).x0 as i32).collect();
        assert_eq!(shown, [40, 30, 20, 10, 0]);
    }

    #[test]
    fn the_end_of_a_full_row_and_the_start_of_the_next_are_one_step_for_the_arrows() {
        let laid = type_out("éabcd", 3, false);
        let right = path(Caret::before(0), |caret| laid.right(caret));
        assert_eq!(right, [0, 2, 3, 4, 5, 6].map(Caret::before));
        let left = path(Caret::behind(6), |caret| laid.left(caret));
        let bytes: Vec<_> = left.iter().map(|caret| caret.byte).collect();
        assert_eq!(bytes, [6, 5, 4, 3, 2, 0]);
        // From behind the row's end, where the key End leads.
        assert_eq!(laid.right(Caret::behind(4)), Some(Caret::before(5)));
        assert_eq!(laid.left(Caret::behind(4)), Some(Caret::before(3)));
    }

    #[test]
    fn right_goes_to_the_left_edge_of_the_next_row_when_that_begins_in_the_other_direction() {
        // The second row shows ב א c: its first byte, 4, is in the middle of it.
        let laid = type_out("éabאבc", 3, false);
        let right = path(Caret::before(3), |caret| laid.right(caret));
        let at = |caret: &Caret| (caret.byte, laid.row_of(*caret), laid.caret_rect(*caret).x0 as i32);
        let shown: Vec<_> = right.iter().map(at).collect();
        assert_eq!(shown, [(3, 0, 20), (4, 0, 30), (8, 1, 0), (6, 1, 10), (4, 1, 20), (9, 1, 30)]);
    }

    #[test]
    fn arrows_pass_a_line_end_once_in_both_directions_of_writing() {
        let laid = type_out("éa\r\nb", 9, false);
        assert_eq!(laid.right(Caret::before(3)), Some(Caret::before(5)));
        assert_eq!(laid.left(Caret::before(5)), Some(Caret::before(3)));
        let laid = type_out("אב\r\nג", 9, true);
        assert_eq!(laid.left(Caret::before(4)), Some(Caret::before(6)));
        assert_eq!(laid.right(Caret::before(6)), Some(Caret::before(4)));
        assert_eq!(laid.right(Caret::before(0)), None);
        assert_eq!(laid.left(Caret::behind(8)), None);
    }

    #[test]
    fn home_and_end_lead_to_the_ends_of_the_row_and_never_behind_its_line_end() {
        let laid = type_out("éabcd\nאב", 3, false);
        assert_eq!(laid.row_end(Caret::before(2)), Caret::behind(4));
        assert_eq!(laid.row_start(Caret::behind(4)), Caret::before(0));
        assert_eq!(laid.row_end(Caret::before(4)), Caret::before(6));
        assert_eq!(laid.row_start(Caret::before(6)), Caret::before(4));
        assert_eq!(laid.row_end(Caret::before(7)), Caret::before(11));
        assert_eq!(laid.caret_rect(Caret::behind(11)).x0 as i32, 0);
    }

    #[test]
    fn up_and_down_keep_to_the_column_that_is_asked_for() {
        let laid = type_out("éabc\nx\ndefg", 9, false);
        let from = Caret::before(4);
        let x = laid.caret_rect(from).x0;
        let short = laid.down(from, x).expect("there is a second row");
        assert_eq!(short, Caret::before(7), "before the line end of the short row");
        let last = laid.down(short, x).expect("there is a third row");
        assert_eq!((last, laid.down(last, x)), (Caret::before(11), None));
        assert_eq!(laid.up(last, x), Some(short));
        assert_eq!(laid.up(from, x), None);
    }

    #[test]
    fn graphemes_follow_each_other_in_the_order_of_the_text() {
        let laid = type_out("é👩\u{200D}👧א", 2, false);
        let next = path(Caret::before(0), |c| laid.next_grapheme(c.byte).map(Caret::before));
        let bytes: Vec<_> = next.iter().map(|caret| caret.byte).collect();
        assert_eq!(bytes, [0, 2, 13, 15]);
        assert_eq!(laid.prev_grapheme(15), Some(13));
        assert_eq!(laid.prev_grapheme(13), Some(2));
        assert_eq!(laid.prev_grapheme(7), Some(2), "from inside a grapheme");
        assert_eq!((laid.prev_grapheme(0), laid.next_grapheme(15)), (None, None));
    }
}
