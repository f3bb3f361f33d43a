//! What those hear who do not see the page: paragraphs as text, with caret and selection, and their marks by name.
//!
//! Only what is on screen is told, as only that is laid out; following the caret, a reader gets everywhere. The page is
//! the document of the accessibility tree, each paragraph in it holds its letters as runs of one direction and row, and
//! its marks in the order of the text.

use super::{Page, Place, TextView, widget_id};
use crate::model::Annotation;
use crate::text_layout::{Affinity, Cell};
use eframe::egui::accesskit::{self, Action, ActionData, TextDirection, TextPosition, TextSelection};
use eframe::egui::{Id, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// The accessibility tree counts the letters of a run in a byte.
const MOST_IN_RUN: usize = 255;

/// Letters of one row that run in one direction.
struct Run {
    id: Id,
    /// Bytes of the text at which each of its letters (graphemes, but for enormous ones) begins, and where the last ends.
    borders: Vec<usize>,
}

impl Run {
    fn position(&self, byte: usize) -> TextPosition {
        let index = self.borders.partition_point(|&border| border < byte);
        TextPosition { node: self.id.accesskit_id(), character_index: index.min(self.borders.len() - 1) }
    }

    fn byte(&self, index: usize) -> usize {
        self.borders[index.min(self.borders.len() - 1)]
    }
}

impl TextView {
    /// Tells of what is on screen, and does what a screen reader asks for. Costs nothing where nobody listens.
    pub(super) fn speak(&mut self, ui: &mut Ui, column: Rect, visible: &Range<usize>, page: &Page) {
        if !ui.ctx().has_accesskit_node(widget_id()) {
            return;
        }
        let mut marks = page.layer.map(|l| l.touching(self.bytes_of(visible))).unwrap_or_default();
        // A mark that began above the page belongs to the first paragraph of it.
        marks.reverse();
        let mut runs = Vec::new();
        for block in visible.clone().filter(|&b| b > 0) {
            let bytes = self.blocks[block].bytes.clone();
            let rect =
                Rect::from_min_size(self.origin_of(block, column), vec2(column.width(), self.heights.get(block)));
            let builder = UiBuilder::new()
                .max_rect(rect.intersect(self.viewport))
                .id_salt(("paragraph", block))
                .accessibility_parent(widget_id())
                .accessibility_role(Role::Paragraph)
                .accessibility_label(&self.text.as_str()[bytes.clone()]);
            let mut paragraph = ui.new_child(builder);
            paragraph.set_clip_rect(self.viewport);
            set_bounds(&paragraph, paragraph.unique_id(), rect.intersect(self.viewport));
            self.runs_of(&paragraph, block, rect, &mut runs);
            while marks.last().is_some_and(|mark| mark.span.start() < bytes.end) {
                if let Some(mark) = marks.pop() {
                    self.speak_mark(&paragraph, column, mark, page);
                }
            }
        }
        self.obey(ui, &runs);
        let (Some(anchor), Some(focus)) = (position_in(&runs, self.anchor), position_in(&runs, self.caret.byte)) else {
            return;
        };
        ui.ctx().accesskit_node_builder(widget_id(), |node| {
            node.set_text_selection(TextSelection { anchor, focus });
            node.add_action(Action::SetTextSelection);
        });
    }

    fn speak_mark(&self, ui: &Ui, column: Rect, mark: &Annotation, page: &Page) {
        let rects = self.screen_rects(column, &mark.span.hull());
        let Some(rect) = rects.first().map(|r| r.intersect(self.viewport)) else { return };
        let response = ui.interact(rect, widget_id().with(("mark", mark.id.0)), Sense::empty());
        response.widget_info(|| {
            // Who does not see the number that stands at it must be told.
            let number = page.linking.and_then(|targets| targets.iter().position(|id| *id == mark.id));
            let number = number.map(|n| format!("number {}, ", n + 1)).unwrap_or_default();
            let name = format!("{number}{}", self.name_of(mark, page));
            WidgetInfo::selected(Role::Mark, true, page.selected == Some(mark.id), name)
        });
    }

    /// Tells of the letters of a block that are on screen.
    fn runs_of(&self, ui: &Ui, block: usize, rect: Rect, runs: &mut Vec<Run>) {
        let Some(near) = self.near.get(&block) else { return };
        let start = self.blocks[block].bytes.start;
        for (n, row) in near.laid.rows().iter().enumerate() {
            let (top, bottom) = (rect.top() + row.y0, rect.top() + row.y1);
            if bottom < self.viewport.top() || top > self.viewport.bottom() {
                continue;
            }
            let mut cells = near.laid.cells(n).to_vec();
            cells.sort_by_key(|cell| cell.bytes().start);
            let last_row = n + 1 == near.laid.rows().len() && self.blocks[block].last;
            let mut first_in_row = true;
            let mut rest = &cells[..];
            while let Some(first) = rest.first() {
                let same = rest.iter().take(MOST_IN_RUN - 1).take_while(|cell| cell.rtl == first.rtl).count();
                let (part, after) = rest.split_at(same);
                let id = widget_id().with(("run", start + first.bytes().start));
                let ends = last_row && after.is_empty();
                let x = |f: fn(f32, f32) -> f32, of: fn(&Cell) -> f32| part.iter().map(of).reduce(f).unwrap_or(0.0);
                let (x0, x1) = (x(f32::min, |c| c.x0), x(f32::max, |c| c.x1));
                let bounds = Rect::from_min_max(pos2(rect.left() + x0, top), pos2(rect.left() + x1, bottom));
                ui.interact(bounds.intersect(self.viewport), id, Sense::empty());
                let borders = self.describe_run(ui, id, part, start, ends, (x0, x1));
                set_bounds(ui, id, bounds);
                if let Some(previous) = runs.last().map(|run: &Run| run.id).filter(|_| !first_in_row) {
                    let (this, previous) = (id.accesskit_id(), previous);
                    let before = previous.accesskit_id();
                    ui.ctx().accesskit_node_builder(id, |node| node.set_previous_on_line(before));
                    ui.ctx().accesskit_node_builder(previous, |node| node.set_next_on_line(this));
                }
                first_in_row = false;
                runs.push(Run { id, borders });
                rest = after;
            }
        }
    }

    /// Gives a run its text; returns where its letters begin and the last one ends.
    fn describe_run(
        &self,
        ui: &Ui,
        id: Id,
        part: &[Cell],
        start: usize,
        ends: bool,
        (x0, x1): (f32, f32),
    ) -> Vec<usize> {
        let (mut value, mut lengths, mut borders) = (String::new(), Vec::new(), Vec::new());
        let (mut positions, mut widths) = (Vec::new(), Vec::new());
        let rtl = part.first().is_some_and(|cell| cell.rtl);
        for cell in part {
            let bytes = start + cell.bytes().start..start + cell.bytes().end;
            let letter = self.text.as_str().get(bytes.clone()).unwrap_or_default();
            // A letter is told of by its length in a byte: of an enormous one, each character for itself.
            let whole = u8::try_from(letter.len()).ok().map(|length| vec![length]);
            let of_chars = || letter.chars().map(|c| c.len_utf8() as u8).collect();
            let pieces: Vec<u8> = whole.unwrap_or_else(of_chars);
            let mut at = bytes.start;
            for length in pieces {
                borders.push(at);
                lengths.push(length);
                positions.push(if rtl { x1 - cell.x1 } else { cell.x0 - x0 });
                widths.push(cell.x1 - cell.x0);
                at += usize::from(length);
            }
            value.push_str(letter);
        }
        borders.push(part.last().map_or(start, |cell| start + cell.bytes().end));
        let words = word_starts(&value, &borders, borders[0]);
        if ends {
            value.push('\n');
            lengths.push(1);
            positions.push(x1 - x0);
            widths.push(0.0);
        }
        ui.ctx().accesskit_node_builder(id, |node| {
            node.set_role(Role::TextRun);
            node.set_text_direction(if rtl { TextDirection::RightToLeft } else { TextDirection::LeftToRight });
            node.set_value(value);
            node.set_character_lengths(lengths);
            node.set_character_positions(positions);
            node.set_character_widths(widths);
            node.set_word_starts(words);
        });
        borders
    }

    /// Puts caret and selection where a screen reader wants them.
    fn obey(&mut self, ui: &Ui, runs: &[Run]) {
        let asked = ui.input(|i| {
            let mut requests = i.accesskit_action_requests(widget_id(), Action::SetTextSelection);
            requests.find_map(|request| match &request.data {
                Some(ActionData::SetTextSelection(selection)) => Some(*selection),
                _ => None,
            })
        });
        let byte = |position: TextPosition| {
            let run = runs.iter().find(|run| run.id.accesskit_id() == position.node)?;
            Some(run.byte(position.character_index))
        };
        if let Some((anchor, focus)) = asked.and_then(|s| Some((byte(s.anchor)?, byte(s.focus)?))) {
            let border = |byte| crate::model::boundaries::grapheme_floor(self.text.as_str(), byte);
            let (anchor, focus) = (border(anchor), border(focus));
            self.anchor = anchor;
            self.caret = Place { byte: focus, affinity: Affinity::Downstream };
            self.goal_x = None;
        }
    }
}

/// Where a byte of the text is in the runs that are told of; the nearest place, where it is in none.
fn position_in(runs: &[Run], byte: usize) -> Option<TextPosition> {
    let after = runs.partition_point(|run| run.borders[0] <= byte);
    runs.get(after.saturating_sub(1)).map(|run| run.position(byte))
}

/// The numbers of the letters at which words begin.
fn word_starts(value: &str, borders: &[usize], start: usize) -> Vec<u8> {
    let words = value.unicode_word_indices().filter_map(|(at, _)| borders.binary_search(&(start + at)).ok());
    words.filter_map(|letter| u8::try_from(letter).ok()).collect()
}

fn set_bounds(ui: &Ui, id: Id, rect: Rect) {
    let (x0, y0, x1, y1) = (rect.min.x.into(), rect.min.y.into(), rect.max.x.into(), rect.max.y.into());
    ui.ctx().accesskit_node_builder(id, |node| node.set_bounds(accesskit::Rect { x0, y0, x1, y1 }));
}
