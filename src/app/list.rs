//! A list of rows of one height: only what is visible is drawn, whatever its length; keys and mouse move in it.
//!
//! The list has the focus as a whole: Tab leads past it, arrows lead through it, and the row at the cursor is what
//! screen readers are told of. A row could not hold the focus itself: while a key repeats, it would lose it.
//! Elsewhere: which rows there are and how one looks (`panels`).

use super::theme::Palette;
use eframe::egui::{
    self, Event, EventFilter, Id, Key, Rect, Response, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, pos2, vec2,
};

/// Where one is in a list, kept between frames.
#[derive(Default)]
pub struct Cursor {
    /// The row that has the focus, or gets it when the list does.
    at: usize,
    /// Where Shift began.
    anchor: usize,
    /// In the next frame: show the row at the cursor.
    reveal: bool,
    /// In the next frame: put the focus on it.
    focus: bool,
    /// Whether it had the focus in the last frame.
    focused: bool,
}

/// What was done in a list, with the number of the row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Done {
    /// An arrow moved to it.
    Moved(usize),
    /// A click, Enter or Space.
    Opened(usize),
    /// A click or Space with Ctrl.
    Toggled(usize),
    /// From the anchor to here: Shift with a click or an arrow.
    Extended(usize, usize),
    /// Ctrl+A.
    All,
}

/// A row that is to be drawn.
pub struct Row {
    /// Which.
    pub number: usize,
    /// Where.
    pub rect: Rect,
    /// Hovered, clicked.
    pub response: Response,
    /// Whether the cursor is here and the list has the focus.
    pub focused: bool,
}

impl Row {
    /// Draws what is behind the contents: hover, press, selection, focus.
    pub fn background(&self, ui: &Ui, selected: bool) {
        let palette = Palette::current(ui);
        let painter = ui.painter_at(self.rect);
        if selected {
            painter.rect_filled(self.rect, 0, palette.chosen);
            painter.rect_filled(self.rect.with_max_x(self.rect.left() + 3.0), 0, palette.accent);
        } else if self.response.is_pointer_button_down_on() {
            painter.rect_filled(self.rect, 0, palette.line);
        } else if self.response.hovered() {
            painter.rect_filled(self.rect, 0, palette.hover);
        }
        if self.focused {
            painter.rect_stroke(self.rect, 4, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
        }
    }
}

impl Cursor {
    /// The row at the cursor.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Goes to a row and shows it; the focus stays where it is.
    pub fn go(&mut self, at: usize) {
        (self.at, self.anchor, self.reveal) = (at, at, true);
    }

    /// Puts the focus on the row at the cursor in the next frame.
    pub fn focus(&mut self) {
        (self.focus, self.reveal) = (true, true);
    }

    /// Whether the list had the focus in the last frame.
    pub fn has_focus(&self) -> bool {
        self.focused
    }

    /// Draws the visible rows of `len`, each `height` points high; returns what was done.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        name: &str,
        height: f32,
        len: usize,
        mut draw: impl FnMut(&mut Ui, Row),
    ) -> Option<Done> {
        self.at = self.at.min(len.saturating_sub(1));
        self.anchor = self.anchor.min(len.saturating_sub(1));
        let id = Id::unique(("list", name));
        let outer = ui.available_rect_before_wrap();
        ui.interact(outer, id, Sense::focusable_noninteractive());
        if std::mem::take(&mut self.focus) && len > 0 {
            ui.memory_mut(|m| m.request_focus(id));
        }
        self.focused = ui.memory(|m| m.has_focus(id));
        let mut done = self.keys(ui, id, len, (outer.height() / height) as usize);
        ui.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::vertical().id_salt(name).auto_shrink(false).show_viewport(ui, |ui, viewport| {
            ui.set_height(height * len as f32);
            // Rows are placed from the window's edge, not from the first row: at a hundred thousand rows a point of
            // the screen could not be told from the next one otherwise.
            let top = |row: usize| (row as f64 * f64::from(height) - f64::from(viewport.min.y)) as f32 + outer.top();
            let width = ui.max_rect().width();
            let place = |row| Rect::from_min_size(pos2(outer.left(), top(row)), vec2(width, height));
            let first = ((viewport.min.y / height) as usize).min(len);
            let last = ((viewport.max.y / height).ceil() as usize).min(len);
            for number in first..last {
                let rect = place(number);
                let response = ui.interact(rect, id.with(number), Sense::CLICK);
                done = done.or(self.mouse(ui, number, &response));
                let focused = self.focused && number == self.at;
                draw(ui, Row { number, rect, response, focused });
            }
            if std::mem::take(&mut self.reveal) {
                ui.scroll_to_rect_animation(place(self.at), None, egui::style::ScrollAnimation::none());
            }
            let in_sight = (first..last).contains(&self.at);
            ui.ctx().accesskit_node_builder(id, |node| {
                node.set_role(Role::List);
                node.set_label(name);
                if in_sight {
                    node.set_active_descendant(id.with(self.at).accesskit_id());
                }
            });
        });
        if let Some(Done::Moved(at) | Done::Opened(at) | Done::Toggled(at) | Done::Extended(_, at)) = done {
            self.at = at;
            if !matches!(done, Some(Done::Extended(..))) {
                self.anchor = at;
            }
            // A row that was opened shows its document: the focus is not for the list to keep.
            if !matches!(done, Some(Done::Opened(_))) {
                self.focus();
                ui.ctx().request_repaint();
            }
        }
        done
    }

    /// Keys that move, while the list has the focus.
    fn keys(&self, ui: &Ui, id: Id, len: usize, page: usize) -> Option<Done> {
        if len == 0 || !self.focused {
            return None;
        }
        let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|m| m.set_focus_lock_filter(id, filter));
        let page = page.max(2) - 1;
        let (mut at, mut done) = (self.at, None);
        ui.input_mut(|i| {
            i.events.retain(|event| {
                let Event::Key { key, pressed: true, modifiers, .. } = event else { return true };
                if *key == Key::A && modifiers.command {
                    done = Some(Done::All);
                    return false;
                }
                if (modifiers.command && *key != Key::Space) || modifiers.alt {
                    return true;
                }
                at = match key {
                    Key::ArrowDown => (at + 1).min(len - 1),
                    Key::ArrowUp => at.saturating_sub(1),
                    Key::PageDown => (at + page).min(len - 1),
                    Key::PageUp => at.saturating_sub(page),
                    Key::Home => 0,
                    Key::End => len - 1,
                    Key::Space if modifiers.command => {
                        done = Some(Done::Toggled(at));
                        return false;
                    }
                    Key::Enter | Key::Space => {
                        done = Some(Done::Opened(at));
                        return false;
                    }
                    _ => return true,
                };
                done = Some(if modifiers.shift { Done::Extended(self.anchor, at) } else { Done::Moved(at) });
                false
            });
        });
        done
    }

    fn mouse(&self, ui: &Ui, number: usize, response: &Response) -> Option<Done> {
        if !response.clicked() {
            return None;
        }
        Some(match ui.input(|i| i.modifiers) {
            m if m.shift => Done::Extended(self.anchor, number),
            m if m.command => Done::Toggled(number),
            _ => Done::Opened(number),
        })
    }
}
