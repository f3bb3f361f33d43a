//! The mouse: selecting, picking marks, dragging handles, scrolling.

use super::{Page, Place, TextView, ViewEvent};
use crate::edit::span::{Edge, FragmentEdge, with_fragment_edge};
use crate::model::{Annotation, AnnotationId, Layer, Span, boundaries};
use crate::text_layout::{Affinity, Caret};
use eframe::egui::{self, CursorIcon, Pos2, Rect, Response, Ui};
use std::ops::Range;

/// What the pressed mouse button is doing.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Drag {
    /// Nothing.
    None,
    /// Selecting; a click as long as nothing is selected.
    Select,
    /// Moving an end of a fragment of the selected annotation, which would now be at this byte.
    Handle(AnnotationId, FragmentEdge, usize),
}

/// Where the page ends with the screen, dragging so near to its edge scrolls, in points.
const AT_EDGE: f32 = 16.0;
/// How fast dragging past the edge scrolls, in points per second for each point past it.
const SCROLL_SPEED: f32 = 24.0;
/// Radius around a handle in which it can be grabbed, in points.
const GRAB: f32 = 9.0;

impl TextView {
    /// The place nearest to a point of the screen.
    pub(super) fn hit(&mut self, column: Rect, pos: Pos2) -> Place {
        let y = self.scroll_y() + f64::from(pos.y - self.viewport.top());
        let (block, offset) = self.heights.find(y);
        let block = block.max(1);
        let offset = if y < self.heights.top_of(1) { 0.0 } else { offset as f32 };
        let Some(start) = self.blocks.get(block).map(|b| b.bytes.start) else {
            return Place { byte: 0, affinity: Affinity::Downstream };
        };
        let caret = self.lay_out(block).map_or(Caret::before(0), |laid| laid.hit(pos.x - column.left(), offset));
        Place { byte: start + caret.byte, affinity: caret.affinity }
    }

    /// Rectangles of a byte range on screen, those of blocks near the viewport; in the order of the text.
    pub(super) fn screen_rects(&self, column: Rect, range: &Range<usize>) -> Vec<Rect> {
        let mut found = Vec::new();
        for (&block, near) in self.near.range(self.block_of(range.start)..) {
            let bytes = &self.blocks[block].bytes;
            if bytes.start >= range.end {
                break;
            }
            let local =
                range.start.max(bytes.start) - bytes.start..range.end.min(bytes.end).saturating_sub(bytes.start);
            if local.start >= local.end {
                continue;
            }
            let origin = self.origin_of(block, column);
            let content = &self.text.as_str()[bytes.clone()];
            let first_row = near.laid.row_of(Caret::before(local.start));
            for row in &near.laid.rows()[first_row.min(near.laid.rows().len())..] {
                let row = row.bytes();
                if row.start >= local.end {
                    break;
                }
                let part = local.start.max(row.start)..local.end.min(row.end);
                // Where the range goes on in the next row, the blank at which the row was broken is not part of the
                // picture; unless it is all there is.
                let inked = part.start + content.get(part.clone()).map_or(part.len(), |t| t.trim_end().len());
                let part = if part.end < local.end && inked > part.start { part.start..inked } else { part };
                found.extend(near.laid.rects(part).into_iter().map(|(_, r)| {
                    Rect::from_min_max(Pos2::new(r.x0, r.y0), Pos2::new(r.x1, r.y1)).translate(origin.to_vec2())
                }));
            }
        }
        found
    }

    /// Upper left corner of a block on screen.
    pub(super) fn origin_of(&self, block: usize, column: Rect) -> Pos2 {
        // Differences in f64: only what is near the viewport becomes f32.
        let y = self.heights.top_of(block) - self.heights.top_of(self.top.block) - f64::from(self.top.offset);
        Pos2::new(column.left(), self.viewport.top() + y as f32)
    }

    /// Handles the mouse; returns what it did.
    pub(super) fn pointer(&mut self, ui: &Ui, response: &Response, column: Rect, page: &Page) -> Vec<ViewEvent> {
        let mut events = Vec::new();
        let (pos, buttons, modifiers, scroll) =
            ui.input(|i| (i.pointer.interact_pos(), primary_button(&i.events), i.modifiers, i.smooth_scroll_delta()));
        if response.hovered() && scroll.y != 0.0 {
            self.scroll_by(f64::from(-scroll.y));
        }
        let keys = |e: &egui::Event| matches!(e, egui::Event::Key { pressed: true, .. } | egui::Event::Text(_));
        if ui.input(|i| i.pointer.delta() != egui::Vec2::ZERO || i.pointer.any_pressed()) {
            self.pointer_rests = false;
        } else if ui.input(|i| i.events.iter().any(keys)) {
            self.pointer_rests = true;
        }
        let Some(pos) = pos else { return events };
        let over_handle = page.layer.and_then(|layer| self.handle_at(column, pos, page.selected, layer));
        if response.hovered() || self.drag != Drag::None {
            ui.set_cursor_icon(if over_handle.is_some() { CursorIcon::ResizeHorizontal } else { CursorIcon::Text });
        }
        let on_page = response.contains_pointer() || response.is_pointer_button_down_on();
        // Each with its own place and keys: in a slow frame a whole drag may have come and gone.
        let mut pressed_at = None;
        for (pos, pressed, modifiers) in buttons {
            if pressed {
                pressed_at = Some(pos);
                if on_page && self.viewport.contains(pos) {
                    response.request_focus();
                    self.press(column, pos, modifiers, page);
                }
            } else if self.drag != Drag::None {
                if pressed_at.is_none_or(|at| at.distance(pos) > 2.0) {
                    self.drag_to(ui, column, pos, modifiers);
                }
                events.extend(self.release(response, column, pos, modifiers, page));
            }
        }
        if self.drag != Drag::None && pressed_at.is_none_or(|at| at.distance(pos) > 2.0) {
            self.drag_to(ui, column, pos, modifiers);
        }
        if response.double_clicked() || response.triple_clicked() {
            let extent = if response.triple_clicked() { super::Extent::Sentence } else { super::Extent::Word };
            let byte = self.grapheme_under(column, pos);
            self.set_caret(byte);
            self.select_around(extent);
            self.reveal = None;
            events.retain(|e| !matches!(e, ViewEvent::Picked(_) | ViewEvent::PickedNothing));
            if !self.selection().is_empty() {
                events.push(ViewEvent::Selected(response.triple_clicked()));
            }
        }
        events
    }

    fn press(&mut self, column: Rect, pos: Pos2, modifiers: egui::Modifiers, page: &Page) {
        let place = self.hit(column, pos);
        self.goal_x = None;
        if let Some((id, which)) = page.layer.and_then(|layer| self.handle_at(column, pos, page.selected, layer)) {
            self.drag = Drag::Handle(id, which, place.byte);
            return;
        }
        self.drag = Drag::Select;
        self.caret = place;
        if !modifiers.shift {
            self.anchor = place.byte;
        }
    }

    fn drag_to(&mut self, ui: &Ui, column: Rect, pos: Pos2, modifiers: egui::Modifiers) {
        // Past the edge the page scrolls, faster with the distance. At the edge of the screen there is no past it.
        let window = ui.ctx().content_rect();
        let reach = |edge: f32, end: f32| if (edge - end).abs() < 2.0 { AT_EDGE } else { 0.0 };
        let (top, bottom) = (self.viewport.top(), self.viewport.bottom());
        let past = (pos.y - top - reach(top, window.top())).min(0.0)
            + (pos.y - bottom + reach(bottom, window.bottom())).max(0.0);
        if past != 0.0 {
            let seconds = ui.input(|i| i.stable_dt).min(0.1);
            self.scroll_by(f64::from(past.clamp(-60.0, 60.0) * SCROLL_SPEED * seconds));
            ui.request_repaint();
        }
        let inside = Pos2::new(pos.x, pos.y.clamp(self.viewport.top() + 1.0, self.viewport.bottom() - 1.0));
        let place = self.hit(column, inside);
        match self.drag {
            Drag::Handle(id, which, _) => {
                let to =
                    if modifiers.alt == self.snap { place.byte } else { self.snapped_edge(place.byte, which.edge) };
                self.drag = Drag::Handle(id, which, to);
            }
            Drag::Select => self.caret = place,
            Drag::None => {}
        }
    }

    /// The word border at which an edge dragged to `byte` comes to lie.
    fn snapped_edge(&self, byte: usize, edge: Edge) -> usize {
        let text = self.text.as_str();
        let next = boundaries::next_grapheme(text, byte);
        let previous = boundaries::prev_grapheme(text, byte);
        match edge {
            Edge::Start if next > byte => self.snapped(byte..next).start,
            Edge::End if previous < byte => self.snapped(previous..byte).end,
            _ => byte,
        }
    }

    fn release(
        &mut self,
        response: &Response,
        column: Rect,
        pos: Pos2,
        modifiers: egui::Modifiers,
        page: &Page,
    ) -> Option<ViewEvent> {
        match std::mem::replace(&mut self.drag, Drag::None) {
            Drag::Handle(id, which, byte) => Some(ViewEvent::MoveEdge(id, which, byte)),
            Drag::Select if !self.selection().is_empty() => {
                let selection = self.selection();
                self.exact = modifiers.alt == self.snap;
                if !self.exact && !modifiers.shift {
                    let backwards = self.caret.byte < self.anchor;
                    let snapped = self.snapped(selection);
                    self.select(snapped);
                    if backwards {
                        std::mem::swap(&mut self.anchor, &mut self.caret.byte);
                        self.caret.affinity = Affinity::Downstream;
                    }
                }
                let add = modifiers.command && page.selected.is_some();
                Some(if add { ViewEvent::AddFragment } else { ViewEvent::Selected(false) })
            }
            Drag::Select if response.contains_pointer() => {
                let picked = page.layer.and_then(|layer| self.pick(column, pos, page.selected, layer));
                Some(picked.map_or(ViewEvent::PickedNothing, ViewEvent::Picked))
            }
            Drag::Select | Drag::None => None,
        }
    }

    /// The annotations under a point, the shortest first.
    pub(super) fn marks_at(&self, column: Rect, pos: Pos2, layer: &Layer) -> Vec<AnnotationId> {
        let y = self.scroll_y() + f64::from(pos.y - self.viewport.top());
        let (block, _) = self.heights.find(y);
        let Some(bytes) = self.blocks.get(block).map(|b| b.bytes.clone()) else { return Vec::new() };
        let under = |range: Range<usize>| self.screen_rects(column, &range).iter().any(|r| r.contains(pos));
        let mut found: Vec<_> = layer
            .touching(bytes)
            .into_iter()
            .filter(|a| a.span.fragments().any(|f| under(f.range())))
            .map(|a| (a.span.covered_bytes(), a.id))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, id)| id).collect()
    }

    fn pick(&self, column: Rect, pos: Pos2, selected: Option<AnnotationId>, layer: &Layer) -> Option<AnnotationId> {
        let marks = self.marks_at(column, pos, layer);
        let current = selected.and_then(|id| marks.iter().position(|&mark| mark == id));
        let next = current.map_or(0, |at| at + 1);
        marks.get(next % marks.len().max(1)).copied()
    }

    fn handle_at(
        &self,
        column: Rect,
        pos: Pos2,
        selected: Option<AnnotationId>,
        layer: &Layer,
    ) -> Option<(AnnotationId, FragmentEdge)> {
        let annotation = layer.get(selected?)?;
        let distance = |p: Option<Pos2>| p.map(|p| (p - pos).length()).filter(|distance| *distance < GRAB);
        let handles = annotation.span.fragments().enumerate().flat_map(|(fragment, f)| {
            let (start, end) = self.handles(column, f.range());
            [(end, Edge::End), (start, Edge::Start)].map(|(at, edge)| (distance(at), FragmentEdge { fragment, edge }))
        });
        let near = handles.filter_map(|(distance, which)| Some((distance?, which)));
        near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, which)| (annotation.id, which))
    }

    /// Where the handles of a fragment are: above its start, below its end.
    pub(super) fn handles(&self, column: Rect, hull: Range<usize>) -> (Option<Pos2>, Option<Pos2>) {
        let s = self.style.size / 17.0;
        let text = self.text.as_str();
        let first = hull.start..boundaries::next_grapheme(text, hull.start);
        let last = boundaries::prev_grapheme(text, hull.end)..hull.end;
        let start = self.screen_rects(column, &first).first().copied();
        let end = self.screen_rects(column, &last).last().copied();
        let start = start.map(|r| Pos2::new(self.side(r, hull.start, true), r.top() + 4.0 * s));
        let end = end.map(|r| Pos2::new(self.side(r, hull.end, false), r.bottom() - 2.0 * s));
        (start, end)
    }

    /// The span that an annotation would have if the handle that is being dragged were let go.
    pub(super) fn dragged_span(&self, annotation: &Annotation) -> Option<Span> {
        match self.drag {
            Drag::Handle(id, which, byte) if id == annotation.id => with_fragment_edge(&annotation.span, which, byte),
            _ => None,
        }
    }

    /// Where the grapheme under a point begins: a caret has two neighbours, and the nearest border may be behind it.
    fn grapheme_under(&mut self, column: Rect, pos: Pos2) -> usize {
        let byte = self.hit(column, pos).byte;
        let previous = boundaries::prev_grapheme(self.text.as_str(), byte);
        let under = previous < byte && self.screen_rects(column, &(previous..byte)).iter().any(|r| r.contains(pos));
        if under { previous } else { byte }
    }

    /// Whether the mouse is at work in the text.
    pub fn is_dragging(&self) -> bool {
        self.drag != Drag::None
    }
}

/// Where the primary button went down (`true`) or up, in that order, with the keys held at that moment.
fn primary_button(events: &[egui::Event]) -> Vec<(Pos2, bool, egui::Modifiers)> {
    let primary = |event: &egui::Event| match event {
        egui::Event::PointerButton { pos, button: egui::PointerButton::Primary, pressed, modifiers } => {
            Some((*pos, *pressed, *modifiers))
        }
        _ => None,
    };
    events.iter().filter_map(primary).collect()
}
