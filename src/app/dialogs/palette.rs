//! Finding by typing: the command palette, and the jump to a document.

use super::{After, modal};
use crate::app::actions::{Action, Row, TABLE, key_of};
use crate::app::panels::Do;
use crate::app::widgets::muted;
use crate::model::Document;
use eframe::egui::{self, Key, Ui};

/// No more results than this are shown.
const MOST: usize = 12;

/// What was typed, and which result is marked.
#[derive(Default)]
struct Finder {
    query: String,
    at: usize,
}

/// The command palette.
#[derive(Default)]
pub struct Palette(Finder);

/// The jump to a document.
#[derive(Default)]
pub struct Jump(Finder);

impl Palette {
    /// Draws it.
    pub fn show(&mut self, ctx: &egui::Context, available: &dyn Fn(Action) -> bool, out: &mut Vec<Do>) -> After {
        let mut found: Vec<(i32, &Row)> = TABLE
            .iter()
            .filter(|row| available(row.action))
            .filter_map(|row| Some((score(&self.0.query, row.title)?, row)))
            .collect();
        found.sort_by_key(|(score, _)| -score);
        let rows: Vec<_> = found.iter().map(|(_, row)| (row.title.to_owned(), key_of(row.action))).collect();
        let (chosen, close) = self.0.show(ctx, "palette", "What do you want to do?", &rows);
        if let Some((_, row)) = chosen.and_then(|n| found.get(n)) {
            out.push(Do::Run(row.action));
        }
        if close || chosen.is_some() { After::Close } else { After::Stay }
    }
}

impl Jump {
    /// Draws it.
    pub fn show(&mut self, ctx: &egui::Context, documents: &[Document], out: &mut Vec<Do>) -> After {
        let mut found: Vec<(i32, &Document)> =
            documents.iter().filter_map(|d| Some((score(&self.0.query, &d.title)?, d))).collect();
        found.sort_by_key(|(score, _)| -score);
        let rows: Vec<_> = found.iter().map(|(_, d)| (d.title.clone(), d.id.to_string())).collect();
        let (chosen, close) = self.0.show(ctx, "jump", "Which document?", &rows);
        if let Some((_, document)) = chosen.and_then(|n| found.get(n)) {
            out.push(Do::OpenDocument(document.id.clone()));
        }
        if close || chosen.is_some() { After::Close } else { After::Stay }
    }
}

impl Finder {
    fn show(
        &mut self,
        ctx: &egui::Context,
        name: &str,
        hint: &str,
        rows: &[(String, String)],
    ) -> (Option<usize>, bool) {
        let last = rows.len().min(MOST).saturating_sub(1);
        let step = |key| ctx.input_mut(|i| i.consume_key(egui::Modifiers::NONE, key));
        if step(Key::ArrowDown) {
            self.at = if self.at >= last { 0 } else { self.at + 1 };
        }
        if step(Key::ArrowUp) {
            self.at = if self.at == 0 { last } else { self.at - 1 };
        }
        self.at = self.at.min(last);
        let enter = ctx.input(|i| i.key_pressed(Key::Enter));
        modal(ctx, name, "", 480.0, |ui| {
            let edit = egui::TextEdit::singleline(&mut self.query).hint_text(hint).desired_width(f32::INFINITY);
            let response = ui.add(edit.margin(egui::Margin::symmetric(10, 8)));
            crate::app::widgets::named(ui, &response, hint);
            response.request_focus();
            if response.changed() {
                self.at = 0;
            }
            ui.add_space(8.0);
            let mut chosen = (enter && !rows.is_empty()).then_some(self.at);
            for (n, (title, right)) in rows.iter().take(MOST).enumerate() {
                if result(ui, title, right, n == self.at) {
                    chosen = Some(n);
                }
            }
            if rows.is_empty() {
                ui.label(muted(ui, "Nothing found"));
            }
            chosen
        })
    }
}

fn result(ui: &mut Ui, title: &str, right: &str, marked: bool) -> bool {
    let button = egui::Button::selectable(marked, title).shortcut_text(right).truncate();
    ui.add(button.min_size(egui::vec2(ui.available_width(), 28.0))).clicked()
}

/// How well `text` fits what was typed: all letters in order; starts of words and runs count more. `None` if not at all.
fn score(query: &str, text: &str) -> Option<i32> {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let (mut at, mut score, mut run) = (0, 0, 0);
    for c in query.to_lowercase().chars().filter(|c| !c.is_whitespace()) {
        let found = (at..text.len()).find(|&i| text[i] == c)?;
        run = if found == at { run + 1 } else { 0 };
        let word_start = found == 0 || text[found - 1] == ' ';
        score += 1 + 2 * run + if word_start { 6 } else { 0 } - i32::from(found > at);
        at = found + 1;
    }
    // With nothing typed, the order of the table is as good as any.
    if query.trim().is_empty() { Some(0) } else { Some(score * 100 - text.len() as i32) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_starts_words_comes_first() {
        let best = |query: &str| TABLE.iter().max_by_key(|row| score(query, row.title)).unwrap().title;
        assert_eq!(best("undo"), "Undo");
        assert_eq!(best("exp"), "Export dataset…");
        assert_eq!(best("nd"), "Next document");
        assert_eq!(score("é", "Élan"), Some(9 * 100 - 4));
        assert_eq!(score("xyz", "Undo"), None);
    }
}
