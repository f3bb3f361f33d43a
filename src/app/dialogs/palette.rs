//! Finding by typing: the command palette, and the jump to a document.

use super::{After, modal};
use crate::app::actions::{Action, Row, TABLE};
use crate::app::keymap::key_of;
use crate::app::panels::Do;
use crate::app::widgets::{in_ink, muted};
use crate::model::{Document, LabelDef};
use eframe::egui::{self, Key, Ui};

/// So many results are seen at once; the others are scrolled to.
const SHOWN: usize = 12;
/// Height of a result in points.
const ROW: f32 = 28.0;
/// No more documents than this are listed.
const MOST: usize = 100;
/// So many titles are looked at in one frame: there may be a hundred thousand.
const PIECE: usize = 3_000;

/// What was typed, and which result is marked.
#[derive(Default)]
struct Finder {
    query: String,
    at: usize,
    /// Whether the marked one is to be scrolled to.
    follow: bool,
}

/// A line of the palette.
enum Command<'a> {
    /// An action of the table.
    Action(&'static Row),
    /// A label to give.
    Label(&'a LabelDef),
}

impl Command<'_> {
    fn title(&self) -> String {
        match self {
            Self::Action(row) => row.title.to_owned(),
            Self::Label(label) => format!("Mark as {}", label.title),
        }
    }

    fn help(&self) -> &str {
        match self {
            Self::Action(row) => row.help,
            Self::Label(label) => &label.description,
        }
    }

    fn key(&self, ctx: &egui::Context) -> String {
        match self {
            Self::Action(row) => key_of(ctx, row.action),
            Self::Label(label) => label.key.map(String::from).unwrap_or_default(),
        }
    }
}

/// The command palette.
#[derive(Default)]
pub struct Palette(Finder);

/// The jump to a document.
#[derive(Default)]
pub struct Jump {
    finder: Finder,
    search: Search,
}

/// A search that goes on over several frames.
#[derive(Default)]
struct Search {
    /// For what.
    query: String,
    /// How many were looked at.
    seen: usize,
    /// The best so far, the best first: score and position.
    best: Vec<(i32, usize)>,
}

impl Palette {
    /// Draws it; `labels` are those that can be given now, `recent` are names of actions, the newest first.
    pub fn show(
        &mut self,
        ctx: &egui::Context,
        labels: &[LabelDef],
        recent: &[String],
        available: &dyn Fn(Action) -> bool,
        out: &mut Vec<Do>,
    ) -> After {
        let found = commands(&self.0.query, labels, recent, available);
        let rows: Vec<_> = found.iter().map(|command| (command.title(), command.key(ctx))).collect();
        let (chosen, close) = self.0.show(ctx, "palette", "What do you want to do?", &rows);
        match chosen.and_then(|n| found.get(n)) {
            Some(Command::Action(row)) => out.extend([Do::Run(row.action), Do::Remember(row.action)]),
            Some(Command::Label(label)) => out.push(Do::Label(label.name.clone())),
            None => {}
        }
        if close || chosen.is_some() { After::Close } else { After::Stay }
    }
}

/// The commands that fit what was typed, the best first; among equals, and with nothing typed, those taken last.
fn commands<'a>(
    query: &str,
    labels: &'a [LabelDef],
    recent: &[String],
    available: &dyn Fn(Action) -> bool,
) -> Vec<Command<'a>> {
    let actions = TABLE.iter().filter(|row| available(row.action)).map(Command::Action);
    let labels = labels.iter().filter(|label| label.on).map(Command::Label);
    let mut found: Vec<((i32, usize), Command)> = actions
        .chain(labels)
        .filter_map(|command| {
            // What is only found in the line of help comes after everything whose title fits.
            let in_help = || begins_words(query, command.help()).then_some(-10_000);
            let score = score(query, &command.title()).or_else(in_help)?;
            let taken = match &command {
                Command::Action(row) => recent.iter().position(|r| *r == row.name()),
                Command::Label(_) => None,
            };
            Some(((-score, taken.unwrap_or(usize::MAX)), command))
        })
        .collect();
    found.sort_by_key(|(order, _)| *order);
    found.into_iter().map(|(_, command)| command).collect()
}

impl Jump {
    /// Draws it.
    pub fn show(&mut self, ctx: &egui::Context, documents: &[Document], out: &mut Vec<Do>) -> After {
        if !self.search.go_on(&self.finder.query, documents) {
            ctx.request_repaint();
        }
        let found: Vec<&Document> = self.search.best.iter().filter_map(|(_, at)| documents.get(*at)).collect();
        let rows: Vec<_> = found.iter().map(|d| (d.title.clone(), d.id.to_string())).collect();
        let (chosen, close) = self.finder.show(ctx, "jump", "Which document?", &rows);
        if let Some(document) = chosen.and_then(|n| found.get(n)) {
            out.push(Do::OpenDocument(document.id.clone()));
        }
        if close || chosen.is_some() { After::Close } else { After::Stay }
    }
}

impl Search {
    /// Looks at some more titles; `true` if it has seen all.
    fn go_on(&mut self, query: &str, documents: &[Document]) -> bool {
        if self.query != query || self.seen > documents.len() {
            *self = Self { query: query.to_owned(), ..Self::default() };
        }
        let until = documents.len().min(self.seen + PIECE);
        for (at, document) in documents[..until].iter().enumerate().skip(self.seen) {
            let by_id = || score(query, document.id.as_str()).map(|score| score / 2);
            let Some(score) = score(query, &document.title).or_else(by_id) else { continue };
            let place = self.best.partition_point(|(other, _)| *other >= score);
            if place < MOST {
                self.best.insert(place, (score, at));
                self.best.truncate(MOST);
            }
        }
        self.seen = until;
        until == documents.len()
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
        let last = rows.len().saturating_sub(1);
        let step = |key| ctx.input_mut(|i| i.consume_key(egui::Modifiers::NONE, key));
        let before = self.at;
        if step(Key::ArrowDown) {
            self.at = if self.at >= last { 0 } else { self.at + 1 };
        }
        if step(Key::ArrowUp) {
            self.at = if self.at == 0 { last } else { self.at - 1 };
        }
        self.at = self.at.min(last);
        self.follow |= self.at != before;
        let enter = ctx.input(|i| i.key_pressed(Key::Enter));
        modal(ctx, name, "", 480.0, |ui| {
            let edit = egui::TextEdit::singleline(&mut self.query).hint_text(hint).desired_width(f32::INFINITY);
            let response = ui.add(edit.margin(egui::Margin::symmetric(10, 8)));
            crate::app::widgets::named(ui, &response, hint);
            response.request_focus();
            if response.changed() {
                self.at = 0;
                self.follow = true;
            }
            ui.add_space(8.0);
            let mut chosen = (enter && !rows.is_empty()).then_some(self.at);
            let high = SHOWN as f32 * (ROW + ui.spacing().item_spacing.y);
            let scroll = egui::ScrollArea::vertical().max_height(high).min_scrolled_height(high);
            // As high with one result as with a dozen: the field does not move under who types.
            scroll.auto_shrink(false).show(ui, |ui| {
                if rows.is_empty() {
                    ui.label(muted(ui, "Nothing found"));
                }
                for (n, (title, right)) in rows.iter().enumerate() {
                    let response = result(ui, title, right, n == self.at);
                    if n == self.at && self.follow {
                        response.scroll_to_me(None);
                    }
                    if response.clicked() {
                        chosen = Some(n);
                    }
                }
            });
            self.follow = false;
            chosen
        })
    }
}

fn result(ui: &mut Ui, title: &str, right: &str, marked: bool) -> egui::Response {
    let button = egui::Button::selectable(marked, in_ink(ui, title)).shortcut_text(right).truncate();
    ui.add(button.min_size(egui::vec2(ui.available_width(), ROW)))
}

/// Whether each word that was typed begins a word of `text`, in any order.
fn begins_words(query: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    let begins = |typed: &str| text.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(typed));
    query.to_lowercase().split_whitespace().all(begins)
}

/// How well `text` fits what was typed: all letters in order, and of all ways to find them the best one. Letters side
/// by side and starts of words count more, gaps less. `None` if not at all.
pub fn score(query: &str, text: &str) -> Option<i32> {
    let query: Vec<char> = query.chars().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace()).collect();
    // With nothing typed, the order of the table is as good as any.
    let Some(first) = query.first() else { return Some(0) };
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let mut rest = text.iter();
    if !query.iter().all(|c| rest.any(|t| t == c)) {
        return None;
    }
    let begins = |at: usize| at == 0 || !text[at - 1].is_alphanumeric();
    let worth = |at: usize| if begins(at) { 7 } else { 1 };
    // By place in the text: the best score of what was typed so far, if its last letter is found there.
    let mut best: Vec<Option<i32>> = text.iter().enumerate().map(|(at, c)| (c == first).then(|| worth(at))).collect();
    for typed in &query[1..] {
        // The best of all places before, less one for the gap; and the place just before, with what a run is worth.
        let mut over_gap: Option<i32> = None;
        let mut next = vec![None; text.len()];
        for at in 1..text.len() {
            let run = best[at - 1].map(|score| score + 4);
            if text[at] == *typed {
                next[at] = run.max(over_gap).map(|score| score + worth(at));
            }
            over_gap = over_gap.max(best[at - 1].map(|score| score - 1));
        }
        best = next;
    }
    best.into_iter().flatten().max().map(|score| score * 100 - text.len() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_starts_words_comes_first() {
        let best = |query: &str| commands(query, &[], &[], &|_| true)[0].title();
        assert_eq!(best("undo"), "Undo");
        assert_eq!(best("exp"), "Export dataset…");
        assert_eq!(best("nd"), "Next document");
        assert_eq!(best("scheme"), "Scheme…");
        assert_eq!(best("paper and slate"), "Light or dark", "the line of help is found too");
        assert_eq!(score("é", "Élan"), Some(7 * 100 - 4));
        assert_eq!(score("xyz", "Undo"), None);
        // The first “s” is not the best one.
        assert_eq!(score("sl", "Press same label"), Some((7 - 1 + 7) * 100 - 16));
    }

    #[test]
    fn every_action_is_found_by_its_title_and_what_was_taken_last_comes_first() {
        for row in TABLE {
            let found = commands(row.title, &[], &[], &|_| true);
            assert_eq!(found[0].title(), row.title);
        }
        let recent = ["zoom-in".to_owned(), "quit".to_owned()];
        let titles: Vec<_> = commands("", &[], &recent, &|_| true).iter().map(Command::title).collect();
        assert_eq!(titles[..3], ["Zoom in", "Quit", TABLE[0].title]);
        let labels = &crate::model::testing::scheme().labels;
        assert_eq!(commands("", labels, &[], &|_| true).len(), TABLE.len() + labels.iter().filter(|l| l.on).count());
        assert_eq!(commands("mark as claim", labels, &[], &|_| true)[0].title(), "Mark as claim");
        let zoom = commands("zoom", &[], &["zoom-out".to_owned()], &|_| true);
        assert_eq!(zoom[0].title(), "Zoom in", "what fits better wins");
        let without = commands("zoom", &[], &[], &|action| action != Action::ZoomIn);
        assert!(without.iter().all(|row| row.title() != "Zoom in"));
    }

    /// All ways to find the letters, one by one.
    fn naive(query: &[char], text: &[char], from: usize, before: Option<usize>) -> Option<i32> {
        let Some(first) = query.first() else { return Some(0) };
        let ways = (from..text.len()).filter(|at| text[*at] == *first).filter_map(|at| {
            let begins = at == 0 || !text[at - 1].is_alphanumeric();
            let joined = before.map_or(0, |before| if before + 1 == at { 4 } else { -1 });
            Some(if begins { 7 } else { 1 } + joined + naive(&query[1..], text, at + 1, Some(at))?)
        });
        ways.max()
    }

    proptest! {
        #[test]
        fn of_all_ways_to_find_the_letters_the_best_counts(query in "[ab]{1,4}", text in "[ab -]{0,9}") {
            let (q, t): (Vec<char>, Vec<char>) = (query.chars().collect(), text.chars().collect());
            let expected = naive(&q, &t, 0, None).map(|score| score * 100 - t.len() as i32);
            prop_assert_eq!(score(&query, &text), expected);
        }
    }
}
