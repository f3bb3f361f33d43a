//! What a key press means: a label, the number of a link's end, or an action of the table.
//!
//! Elsewhere: which keys there are (`actions`), what is done then (`commands`).

use super::actions::{self, Action};
use super::panels::Do;
use super::{App, text_view};
use eframe::egui::{self, Key, Modifiers};

/// What a key means while a link is being made.
enum Typed {
    /// It belongs to no number.
    NoNumber,
    /// The number is not complete.
    Part,
    /// It is.
    Todo(Do),
}

impl App {
    /// Keys: of labels, of linking, of the table. Each is judged after those before it were obeyed; a key that means
    /// nothing now is not swallowed.
    pub(super) fn keys(&mut self, ctx: &egui::Context) {
        let last_focus = self.last_focus.take().filter(|id| *id != text_view::widget_id());
        let focused = ctx.memory(egui::Memory::focused);
        let in_text = focused.is_none() || focused == Some(text_view::widget_id());
        let typing = ctx.text_edit_focused();
        let popup = egui::Popup::is_any_open(ctx);
        let events = ctx.input(|i| i.events.clone());
        for (n, event) in events.iter().enumerate() {
            let todo = match event {
                // The system says Ctrl+C in its own words.
                egui::Event::Copy if !typing => {
                    let action = self.keymap.action_of(Key::C, Modifiers::COMMAND);
                    action.filter(|action| self.available(*action)).map(Do::Run)
                }
                // Esc takes the focus away from a field before anybody is asked; what it means is “back to the text”.
                egui::Event::Key { key: Key::Escape, pressed: true, .. } if last_focus.is_some() => {
                    let in_bar = last_focus.is_some_and(|id| self.find.holds(id));
                    Some(if in_bar { Do::CloseFind } else { Do::FocusText })
                }
                egui::Event::Key { key, pressed: true, modifiers, .. } if !popup => {
                    let todo = self.key(event, *key, *modifiers, in_text, typing);
                    if todo.is_some() {
                        ctx.input_mut(|i| i.consume_key(*modifiers, *key));
                        // A letter with Alt also types itself into a field.
                        if let (true, Some(typed @ egui::Event::Text(_))) = (modifiers.alt, events.get(n + 1)) {
                            ctx.input_mut(|i| i.events.retain(|event| event != typed));
                        }
                    }
                    todo
                }
                _ => None,
            };
            let Some(todo) = todo else { continue };
            self.perform(ctx, todo);
            if self.dialog.is_some() || self.right.card.takes_focus() || self.find.takes_focus() {
                self.defer(ctx, &events[n + 1..]);
                break;
            }
        }
    }

    /// What was typed after a key that opened or closed something belongs to what is there in the next frame.
    pub(super) fn defer(&mut self, ctx: &egui::Context, rest: &[egui::Event]) {
        let typed_by_key = usize::from(matches!(rest.first(), Some(egui::Event::Text(_))));
        let keyboard = |e: &&egui::Event| matches!(e, egui::Event::Key { .. } | egui::Event::Text(_));
        self.deferred = rest[typed_by_key..].iter().filter(keyboard).cloned().collect();
        // Also what the key itself typed: egui may draw a frame twice, and then the field would be there to take it.
        ctx.input_mut(|i| i.events.retain(|e| !keyboard(&e) || !rest.contains(e)));
        ctx.request_repaint();
    }

    fn key(&mut self, event: &egui::Event, key: Key, modifiers: Modifiers, in_text: bool, typing: bool) -> Option<Do> {
        if in_text && !typing {
            match self.linking_key(key, modifiers) {
                Typed::Todo(todo) => return Some(todo),
                Typed::Part => return None,
                Typed::NoNumber => {}
            }
            let typed = actions::typed_char(event);
            let scheme = self.session.as_ref().map(|s| &s.project().scheme);
            if let Some(label) = typed.and_then(|c| scheme?.label_of_key(c))
                && self.session.as_ref().is_some_and(|s| s.layer().is_some())
            {
                return Some(Do::Label(label.name.clone()));
            }
        }
        let action = self.keymap.action_of(key, modifiers)?;
        // Keys without Ctrl belong to what has the focus, if that is not the text.
        let of_find = matches!(action, Action::FindOption(_) | Action::LabelMatches);
        let of_lists = action == Action::FilterDocuments && !typing;
        let is_function_key = key.name().strip_prefix('F').is_some_and(|n| n.parse::<u8>().is_ok());
        let global = modifiers.command || of_find || of_lists || is_function_key;
        let editing = typing && matches!(action, Action::Undo | Action::Redo | Action::Copy | Action::Caret(..));
        if (!in_text && !global) || editing || !self.available(action) {
            return None;
        }
        Some(Do::Run(action))
    }

    /// While linking, digits name the other end.
    fn linking_key(&mut self, key: Key, modifiers: Modifiers) -> Typed {
        let Some(linking) = self.linking.as_mut().filter(|_| !modifiers.command && !modifiers.alt) else {
            return Typed::NoNumber;
        };
        let digit = key.symbol_or_name().parse::<usize>().ok().filter(|d| *d < 10);
        if let Some(digit) = digit {
            linking.typed.push_str(&digit.to_string());
        } else if key != Key::Enter {
            return Typed::NoNumber;
        }
        let number = linking.typed.parse().unwrap_or(0);
        if !(1..=linking.targets.len()).contains(&number) {
            linking.typed.clear();
            return Typed::Part;
        }
        // A number that could still become a longer one waits for the next digit or Enter.
        if digit.is_some() && number * 10 <= linking.targets.len() {
            return Typed::Part;
        }
        self.link_target(number).map_or(Typed::Part, Typed::Todo)
    }

    fn link_target(&self, number: usize) -> Option<Do> {
        let linking = self.linking.as_ref()?;
        linking.targets.get(number.checked_sub(1)?).map(|id| Do::Select(*id))
    }
}
