//! Closing, though not everything could be saved: what can still be done.

use super::{After, buttons, modal};
use crate::app::actions::Action;
use crate::app::copies::Copy;
use crate::app::theme::Palette;
use crate::app::widgets::muted;
use crate::app::{App, Closing};
use crate::session::{Kept, Session};
use eframe::egui::{self, RichText, ScrollArea};

/// What is shown.
pub struct CannotSave {
    why: String,
    kept: Kept,
    /// The copy that was saved meanwhile, or why it could not be.
    copy: Option<Result<Copy, String>>,
}

impl CannotSave {
    /// Why, and where the work is.
    pub fn new(why: String, kept: Kept) -> Self {
        Self { why, kept, copy: None }
    }

    /// Takes what became of a copy.
    pub fn copied(&mut self, copied: Result<Copy, String>) {
        self.copy = Some(copied);
    }
}

impl App {
    pub(super) fn cannot_save_dialog(&mut self, ctx: &egui::Context, dialog: &CannotSave) -> After {
        let now = self.session.as_ref().map_or(0, Session::last_event);
        let is_copied = matches!(&dialog.copy, Some(Ok(copy)) if copy.is_whole && copy.upto == now);
        let (pressed, close) = modal(ctx, "cannot-save", "Not everything could be saved", 560.0, |ui| {
            let palette = Palette::current(ui);
            ScrollArea::vertical().max_height(280.0).auto_shrink([false, true]).show(ui, |ui| {
                ui.add(egui::Label::new(RichText::new(&dialog.why)).wrap().selectable(true));
                ui.add_space(8.0);
                let kept = format!("{} What was saved before is whole.", kept_in_words(&dialog.kept));
                ui.add(egui::Label::new(muted(ui, kept)).wrap());
                if let Some(copy) = &dialog.copy {
                    ui.add_space(8.0);
                    let said = match copy {
                        Ok(copy) => RichText::new(format!("A copy was saved: {}", copy.words)),
                        Err(why) => RichText::new(format!("No copy was saved: {why}")).color(palette.error),
                    };
                    ui.add(egui::Label::new(said).wrap().selectable(true));
                }
            });
            let lost = dialog.kept == Kept::Nowhere && !is_copied;
            let close = if lost { "Close and lose it" } else { "Close all the same" };
            buttons(ui, &[close, "Save a copy elsewhere…", "Stay", "Try again"], true)
        });
        match pressed {
            Some(0) => self.close_now(ctx),
            Some(1) => {
                self.run_action(ctx, Action::SaveCopy);
                return After::Stay;
            }
            Some(3) => {
                if let Some(session) = &mut self.session {
                    session.save_now();
                }
                self.closing = Closing::Saving;
            }
            _ => {}
        }
        if close || pressed.is_some() { After::Close } else { After::Stay }
    }
}

/// Where the work is while its files cannot be saved.
pub(in crate::app) fn kept_in_words(kept: &Kept) -> String {
    match kept {
        Kept::Journal => {
            "Your work is in memory and in the project’s journal: the next start puts it into the files.".to_owned()
        }
        Kept::Elsewhere(folder) => {
            format!("Your work is in memory and in `{}`: the next start puts it into the files.", folder.display())
        }
        Kept::Nowhere => "Your work is in memory only.".to_owned(),
    }
}
