//! The text of a document was exchanged outside: where its annotations lie in the new one, for a person to say.

use super::{After, buttons, modal};
use crate::anchor::{Found, Placed};
use crate::app::App;
use crate::app::theme::{Palette, size};
use crate::app::widgets::{checkbox, muted};
use crate::app::words::shortened;
use crate::model::{AnnotationId, Span, counted};
use crate::session::Anchoring;
use eframe::egui::{self, RichText, Ui};
use std::collections::BTreeMap;

/// A proposal, and what was chosen of it.
pub struct AnchoringDialog {
    anchoring: Anchoring,
    /// Layer and place in its proposal of those that a person has to look at; and whether each is to be taken.
    rows: Vec<(usize, usize, bool)>,
    certain: usize,
}

/// The height of a row: two lines and the space between rows, in points.
const ROW: f32 = 44.0;

impl AnchoringDialog {
    /// What is certain is chosen, where the old text is at hand; nothing else.
    pub fn new(anchoring: Anchoring) -> Self {
        let (mut rows, mut certain) = (Vec::new(), 0);
        for (layer, proposal) in anchoring.proposals.iter().enumerate() {
            for (at, placed) in proposal.placed.iter().enumerate() {
                certain += usize::from(placed.is_certain());
                match placed.found {
                    Found::Exact if anchoring.text.has_old_text => {}
                    // Quotes alone can be wrong: all of it asks for a person.
                    _ => rows.push((layer, at, placed.is_certain() && anchoring.text.has_old_text)),
                }
            }
        }
        // What asks for a person first.
        rows.sort_by_key(|(_, _, certain)| *certain);
        Self { anchoring, rows, certain }
    }

    fn placed(&self, row: usize) -> Option<&Placed> {
        let (layer, at, _) = self.rows.get(row)?;
        self.anchoring.proposals.get(*layer)?.placed.get(*at)
    }

    /// The places that were chosen, by layer.
    fn chosen(&self) -> Vec<BTreeMap<AnnotationId, Span>> {
        let has_old_text = self.anchoring.text.has_old_text;
        let exact = |placed: &&Placed| has_old_text && placed.found == Found::Exact;
        let mut all: Vec<BTreeMap<_, _>> = self
            .anchoring
            .proposals
            .iter()
            .map(|proposal| proposal.placed.iter().filter(exact).map(|p| (p.id, p.old.clone())).collect())
            .collect();
        for (row, (layer, _, on)) in self.rows.iter().enumerate() {
            let place =
                self.placed(row).filter(|_| *on).and_then(|placed| Some((placed.id, placed.proposed()?.clone())));
            if let Some(chosen) = all.get_mut(*layer) {
                chosen.extend(place);
            }
        }
        all
    }

    fn show(&mut self, ui: &mut Ui) {
        let palette = Palette::current(ui);
        let total: usize = self.anchoring.proposals.iter().map(|proposal| proposal.placed.len()).sum();
        let stayed = self.anchoring.proposals.iter().map(|proposal| proposal.counts().exact).sum::<usize>();
        let moved = self.certain - stayed;
        let lost = (0..self.rows.len()).filter(|row| self.placed(*row).is_some_and(|p| p.found == Found::Lost)).count();
        let doubtful = total - self.certain - lost;
        let old =
            if self.anchoring.text.has_old_text { "" } else { " The old text is gone; the quotes stand in for it." };
        let intro = format!(
            "Its text was changed outside Byline. {}: {} at the same place, {moved} moved with their words, {doubtful} \
             doubtful, {lost} found nowhere.{old} What you do not take stays in the history of the project.",
            counted(total, "annotation"),
            stayed,
        );
        ui.add(egui::Label::new(muted(ui, intro)).wrap());
        if !self.anchoring.text.has_old_text {
            let certain = |dialog: &Self, row| dialog.placed(row).is_some_and(Placed::is_certain);
            let mut all = (0..self.rows.len()).all(|row| self.rows[row].2 || !certain(self, row));
            if checkbox(ui, &mut all, "All that are found word for word").clicked() {
                for row in 0..self.rows.len() {
                    if certain(self, row) {
                        self.rows[row].2 = all;
                    }
                }
            }
        }
        ui.add_space(8.0);
        let height = (ui.ctx().content_rect().height() - 320.0).clamp(100.0, 400.0);
        let count = self.rows.len();
        egui::ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show_rows(
            ui,
            ROW,
            count,
            |ui, rows| {
                ui.set_width(ui.available_width() - 14.0);
                for row in rows {
                    let Some(placed) = self.placed(row) else { continue };
                    let (now, can_be_taken) = match &placed.found {
                        Found::Lost => ("found nowhere".to_owned(), false),
                        Found::Doubtful { quote, score, candidates, .. } => {
                            let others = if *candidates > 1 { format!(", one of {candidates}") } else { String::new() };
                            (
                                format!(
                                    "now perhaps “{}” ({:.0} % alike{others})",
                                    shortened(quote, 70),
                                    score * 100.0
                                ),
                                true,
                            )
                        }
                        Found::Exact => ("at the same place".to_owned(), true),
                        Found::Moved(_) => ("moved, the words are the same".to_owned(), true),
                    };
                    let (name, quote) = (placed.id, shortened(&placed.quote, 70));
                    ui.allocate_ui(egui::vec2(ui.available_width(), ROW - ui.spacing().item_spacing.y), |ui| {
                        ui.add_enabled_ui(can_be_taken, |ui| {
                            if let Some((_, _, on)) = self.rows.get_mut(row) {
                                checkbox(ui, on, RichText::new(format!("{name}: “{quote}”")).color(palette.ink));
                            }
                        });
                        ui.horizontal(|ui| {
                            ui.add_space(24.0);
                            ui.label(muted(ui, now).size(size::SMALL));
                        });
                    });
                }
            },
        );
    }
}

impl App {
    pub(super) fn anchoring_dialog(&mut self, ctx: &egui::Context, dialog: &mut AnchoringDialog) -> After {
        let Some(session) = &mut self.session else { return After::Close };
        let document = dialog.anchoring.text.document.clone();
        let title = session.project().document(&document).map_or_else(|| document.to_string(), |d| d.title.clone());
        let (pressed, close) =
            modal(ctx, "anchoring", &format!("“{}” was changed", shortened(&title, 60)), 680.0, |ui| {
                dialog.show(ui);
                let chosen: usize = dialog.chosen().iter().map(BTreeMap::len).sum();
                buttons(ui, &["Not now", &format!("Take the new text with {}", counted(chosen, "annotation"))], true)
            });
        match pressed {
            Some(1) => {
                match session.exchange_text(&dialog.anchoring, &dialog.chosen()) {
                    Ok(0) => self.notify("The new text is there, with its annotations"),
                    Ok(left) => {
                        let left = counted(left, "annotation");
                        self.notify(format!(
                            "The new text is there; {left} stayed behind, in the history of the project"
                        ));
                    }
                    Err(error) => self.complain(error.to_string()),
                }
                self.selected = None;
                self.open_document(ctx, &document);
                After::Close
            }
            Some(_) => After::Close,
            None if close => After::Close,
            None => After::Stay,
        }
    }
}
