//! What holds of every laid out paragraph, whatever the text, the fonts and the width.

#![expect(clippy::float_cmp, reason = "neighbours share an edge bit for bit")]

use byline::text_layout::{Affinity, Caret, Cell, Engine, FontBytes, FontSet, Laid, Rect};
use std::ops::Range;
use std::sync::Arc;
use unicode_segmentation::UnicodeSegmentation;

/// Pixels in points that are no difference: positions are 32 bit floats.
const TOLERANCE: f32 = 0.02;

/// An engine with these fonts, and those of this machine, whatever they are, where they are wanted.
pub fn engine(faces: &[&'static [u8]], families: &str, use_system: bool) -> Engine {
    let faces = faces.iter().map(|face| Arc::new(*face) as FontBytes).collect();
    Engine::new(&FontSet { faces, families: families.to_owned(), use_system })
}

/// Panics where the paragraph breaks a promise. Costs about the square of a row's length, so long
/// texts are sampled: every `stride`-th caret and range.
pub fn check(text: &str, laid: &Laid, stride: usize) {
    let borders = check_cells(text, laid);
    check_rows(laid);
    check_hits(laid);
    check_carets(laid, &borders, stride);
    check_rects(laid, &borders, stride);
    check_walk(laid, &borders);
    check_vertical(laid, &borders, stride);
    for missing in laid.missing() {
        assert!(borders.binary_search(&missing.start).is_ok());
        assert_eq!(laid.next_grapheme(missing.start), Some(missing.end));
    }
}

fn check_cells(text: &str, laid: &Laid) -> Vec<usize> {
    assert_eq!(laid.len(), text.len());
    let rows = 0..laid.rows().len();
    let mut cells: Vec<Range<usize>> = rows.flat_map(|row| laid.cells(row).iter().map(Cell::bytes)).collect();
    cells.sort_by_key(|bytes| bytes.start);
    let graphemes = text.grapheme_indices(true);
    let graphemes: Vec<_> = graphemes.map(|(at, g)| at..at + g.len()).collect();
    assert_eq!(cells, graphemes, "cells are the graphemes");

    let mut borders: Vec<usize> = graphemes.iter().map(|bytes| bytes.start).collect();
    borders.push(text.len());
    borders
}

fn check_rows(laid: &Laid) {
    let (mut byte, mut y) = (0, 0.0);
    for (index, row) in laid.rows().iter().enumerate() {
        assert_eq!(row.bytes().start, byte, "rows follow each other");
        byte = row.bytes().end;
        assert!((row.y0 - y).abs() <= TOLERANCE && row.y1 > row.y0);
        assert!(row.baseline.is_finite());
        y = row.y1;
        let mut x = row.x0;
        let mut inside = 0;
        for cell in laid.cells(index) {
            assert!(cell.x0.is_finite() && cell.x1.is_finite());
            assert!(cell.x0 == x && cell.x1 >= cell.x0, "cells adjoin");
            assert!(row.bytes().start <= cell.bytes().start);
            x = cell.x1;
            inside += cell.bytes().len();
        }
        assert_eq!(inside, row.bytes().len(), "a row is one piece of the text");
        assert!(inside > 0 || index + 1 == laid.rows().len());
        for glyph in laid.glyphs(index) {
            assert!(glyph.x.is_finite() && glyph.y.is_finite());
            assert!(usize::from(glyph.font) < laid.fonts().len());
            assert!(laid.key(glyph).is_some());
        }
    }
    assert!(!laid.rows().is_empty());
    assert_eq!(byte, laid.len());
    assert!(laid.width().is_finite() && laid.height() > 0.0);
}

/// A pointer on the left or right part of a grapheme finds that edge of it and no other.
fn check_hits(laid: &Laid) {
    for (index, row) in laid.rows().iter().enumerate() {
        let y = f32::midpoint(row.y0, row.y1);
        for cell in laid.cells(index) {
            let width = cell.x1 - cell.x0;
            if width < 0.5 {
                continue;
            }
            let left = laid.hit(cell.x0 + width * 0.3, y);
            let right = laid.hit(cell.x0 + width * 0.7, y);
            let (start, end) = (cell.bytes().start, cell.bytes().end);
            let expected = if cell.rtl { (end, start) } else { (start, end) };
            assert_eq!((left.byte, right.byte), expected);
            assert!((laid.caret_rect(left).x0 - cell.x0).abs() <= TOLERANCE);
            assert!((laid.caret_rect(right).x0 - cell.x1).abs() <= TOLERANCE);
        }
    }
    for outside in [-1e9, 1e9, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert!(laid.hit(outside, outside).byte <= laid.len());
        assert!(laid.hit(0.0, outside).byte <= laid.len());
    }
}

fn check_carets(laid: &Laid, borders: &[usize], stride: usize) {
    for &byte in borders.iter().step_by(stride) {
        for affinity in [Affinity::Upstream, Affinity::Downstream] {
            let caret = Caret { byte, affinity };
            let rect = laid.caret_rect(caret);
            let row = laid.row_of(caret);
            let bounds = &laid.rows()[row];
            assert!(rect.x0 == rect.x1 && rect.x0.is_finite());
            assert!(rect.y0 == bounds.y0 && rect.y1 == bounds.y1);
            assert!(bounds.bytes().start <= byte && byte <= bounds.bytes().end);

            let hit = laid.hit(rect.x0, f32::midpoint(rect.y0, rect.y1));
            assert_eq!(laid.row_of(hit), row, "a hit is on the caret's row");
            let again = laid.caret_rect(hit);
            assert!((again.x0 - rect.x0).abs() <= TOLERANCE, "and at its place");
            assert_eq!(laid.normalized(hit), hit);

            let normal = laid.normalized(caret);
            assert_eq!(normal.byte, byte);
            assert_eq!(laid.caret_rect(normal), rect);
            for end in [laid.row_start(caret), laid.row_end(caret)] {
                assert_eq!(laid.row_of(end), row);
            }
        }
    }
    let beyond = laid.normalized(Caret::behind(usize::MAX));
    assert_eq!(beyond.byte, laid.len());
}

fn check_rects(laid: &Laid, borders: &[usize], stride: usize) {
    assert!(laid.rects(3..3).is_empty() && laid.rects(laid.len()..usize::MAX).is_empty());
    let count = borders.len();
    for first in (0..count).step_by(stride) {
        // A near and a far end, so that short and long ranges are both seen.
        for last in [first + 1, first + (first * 7 + 3) % (count + 1)] {
            let last = last.min(count - 1);
            let (start, end) = (borders[first], borders[last].max(borders[first]));
            let rects = laid.rects(start..end);
            check_cover(laid, start..end, &rects);
            let middle = borders[usize::midpoint(first, last)].clamp(start, end);
            let parts = laid.rects(start..middle);
            let rest = laid.rects(middle..end);
            let split = parts.iter().chain(&rest).map(|(_, rect)| rect);
            let whole: f32 = rects.iter().map(|(_, rect)| rect.x1 - rect.x0).sum();
            let split: f32 = split.map(|rect| rect.x1 - rect.x0).sum();
            assert!((whole - split).abs() <= TOLERANCE * (1.0 + whole / 100.0));
        }
    }
}

/// A cell lies in exactly one rectangle when the range touches it, else in none.
fn check_cover(laid: &Laid, range: Range<usize>, rects: &[(usize, Rect)]) {
    let mut rows: Vec<_> = rects.iter().map(|(row, _)| *row).collect();
    rows.dedup();
    if let (Some(&first), Some(&last)) = (rows.first(), rows.last()) {
        assert!(laid.rows()[first].bytes().contains(&range.start));
        assert!(laid.rows()[last].bytes().end >= range.end);
    }
    for row in rows {
        let bounds = &laid.rows()[row];
        let of_row: Vec<Rect> = rects.iter().filter(|r| r.0 == row).map(|r| r.1).collect();
        assert!(of_row.iter().all(|r| r.y0 == bounds.y0 && r.y1 == bounds.y1));
        assert!(of_row.windows(2).all(|two| two[0].x1 <= two[1].x0));
        let mut covered = 0.0;
        for cell in laid.cells(row) {
            let touched = cell.bytes().start < range.end && range.start < cell.bytes().end;
            let inside = |r: &&Rect| r.x0 <= cell.x0 && cell.x1 <= r.x1;
            let count = of_row.iter().filter(inside).count();
            if cell.x1 > cell.x0 {
                assert_eq!(count, usize::from(touched));
                covered += if touched { cell.x1 - cell.x0 } else { 0.0 };
            } else if touched {
                assert!(count > 0);
            }
        }
        let area: f32 = of_row.iter().map(|r| r.x1 - r.x0).sum();
        assert!((area - covered).abs() <= TOLERANCE * (1.0 + area / 100.0));
    }
}

/// Arrow keys held down come to an end, and in text of one direction pass by every border.
fn check_walk(laid: &Laid, borders: &[usize]) {
    let cells = (0..laid.rows().len()).flat_map(|row| laid.cells(row));
    let ltr = !laid.is_rtl() && cells.clone().all(|cell| !cell.rtl);
    let rtl = laid.is_rtl() && cells.clone().all(|cell| cell.rtl);
    let (start, end) = (Caret::before(0), Caret::behind(laid.len()));

    let forward = walk(laid, start, |caret| if laid.is_rtl() { laid.left(caret) } else { laid.right(caret) });
    let back = walk(laid, end, |caret| if laid.is_rtl() { laid.right(caret) } else { laid.left(caret) });
    if ltr || rtl {
        assert_eq!(forward, borders, "every border, in order");
        assert!(back.iter().eq(borders.iter().rev()), "and back");
    }
    walk(laid, start, |caret| laid.left(caret));
    walk(laid, end, |caret| laid.right(caret));

    let next = |byte: &usize| laid.next_grapheme(*byte);
    assert!(std::iter::successors(Some(0), next).eq(borders.iter().copied()));
    let prev = |byte: &usize| laid.prev_grapheme(*byte);
    assert!(std::iter::successors(Some(laid.len()), prev).eq(borders.iter().rev().copied()));
}

fn walk(laid: &Laid, from: Caret, step: impl Fn(Caret) -> Option<Caret>) -> Vec<usize> {
    let cells: usize = (0..laid.rows().len()).map(|row| laid.cells(row).len()).sum();
    let most = 2 * (cells + laid.rows().len()) + 2;
    let path = std::iter::successors(Some(from), |caret| step(*caret)).take(most + 1);
    let path: Vec<usize> = path.map(|caret| caret.byte).collect();
    assert!(path.len() <= most, "the caret goes round in circles");
    assert!(path.iter().all(|byte| *byte <= laid.len()));
    path
}

fn check_vertical(laid: &Laid, borders: &[usize], stride: usize) {
    for &byte in borders.iter().step_by(stride) {
        let caret = Caret::before(byte);
        let row = laid.row_of(caret);
        let x = laid.caret_rect(caret).x0;
        let up = laid.up(caret, x).map(|caret| laid.row_of(caret) + 1);
        assert_eq!(up, (row > 0).then_some(row));
        let down = laid.down(caret, x).map(|caret| laid.row_of(caret));
        assert_eq!(down, (row + 1 < laid.rows().len()).then_some(row + 1));
    }
}
