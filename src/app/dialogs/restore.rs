//! The annotations of the open document as they were: copies from the history, of which one is taken as a step that can
//! be undone.

use super::{After, buttons, modal};
use crate::app::App;
use crate::app::jobs::Done;
use crate::app::theme::Palette;
use crate::app::widgets::{muted, radio};
use crate::edit::Change;
use crate::merge::difference;
use crate::model::{Layer, LayerKey, Text, counted};
use crate::session::Session;
use crate::store::{KeptCopy, ProjectFolder};
use chrono::{DateTime, Local, Utc};
use eframe::egui;

/// Copies of a layer, the newest first.
pub struct Restore {
    key: LayerKey,
    copies: Vec<KeptCopy>,
    chosen: usize,
}

/// A copy that was read: since when the layer was so, and the layer.
pub struct ReadCopy {
    when: DateTime<Utc>,
    layer: Layer,
}

impl Restore {
    /// Copies of a layer, the newest first.
    pub fn new(key: LayerKey, copies: Vec<KeptCopy>) -> Self {
        Self { key, copies, chosen: 0 }
    }
}

/// A time as people of this place say it.
pub(super) fn shown(when: DateTime<Utc>) -> String {
    when.with_timezone(&Local).format("%A, %-d %B %Y, %H:%M:%S").to_string()
}

/// The layer in a copy; why not, in words.
pub(super) fn layer_in(folder: &ProjectFolder, copy: &KeptCopy, key: &LayerKey, text: &Text) -> Result<Layer, String> {
    let source = folder.read_copy(copy).map_err(|error| error.to_string())?;
    folder.layer_of_copy(&source, key, text).map_err(|error| error.to_string())
}

impl App {
    /// Shows what copies there are of the open document’s annotations.
    pub(in crate::app) fn ask_restore(&mut self) {
        let Some(session) = &self.session else { return };
        let Some(key) = session.layer().map(|layer| layer.key().clone()) else { return };
        match session.folder().copies(&key) {
            Ok(copies) if copies.is_empty() => self.notify(
                "There are no earlier copies of these annotations yet: one is kept before a session first writes over \
                 them, and one an hour after that",
            ),
            Ok(copies) => self.dialog = Some(super::Dialog::Restore(Restore::new(key, copies))),
            Err(error) => self.complain(error.to_string()),
        }
    }

    pub(super) fn restore_dialog(&mut self, ctx: &egui::Context, dialog: &mut Restore) -> After {
        let (pressed, close) = modal(ctx, "restore", "Annotations as of…", 520.0, |ui| {
            let palette = Palette::current(ui);
            let intro = "The annotations of this document as they were. Taking them is one step, which can be undone.";
            ui.add(egui::Label::new(muted(ui, intro)).wrap());
            ui.add_space(8.0);
            let height = (ui.ctx().content_rect().height() - 260.0).clamp(80.0, 360.0);
            egui::ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
                for (n, copy) in dialog.copies.iter().enumerate() {
                    let text = egui::RichText::new(shown(copy.when)).color(palette.ink);
                    if radio(ui, dialog.chosen == n, text).clicked() {
                        dialog.chosen = n;
                    }
                }
            });
            buttons(ui, &["Cancel", "Restore"], true)
        });
        match pressed {
            Some(1) => {
                self.read_copy(ctx, dialog);
                After::Close
            }
            Some(_) => After::Close,
            None if close => After::Close,
            None => After::Stay,
        }
    }

    fn read_copy(&mut self, ctx: &egui::Context, dialog: &Restore) {
        let Some(session) = &self.session else { return };
        let Some(copy) = dialog.copies.get(dialog.chosen).cloned() else { return };
        let Some(text) = session.state().layer(&dialog.key).map(|layer| layer.text().clone()) else { return };
        let (folder, key) = (session.folder().clone(), dialog.key.clone());
        self.workers.start_whole(ctx, "Reading the copy".to_owned(), move || {
            match layer_in(&folder, &copy, &key, &text) {
                Ok(layer) => Done::Copy(Box::new(ReadCopy { when: copy.when, layer })),
                Err(why) => Done::Failed("This copy cannot be restored", why),
            }
        });
    }

    /// Takes a copy that was read, as one step.
    pub(in crate::app) fn restore(&mut self, copy: &ReadCopy) {
        let Some(session) = &mut self.session else { return };
        let Some(now) = session.state().layer(copy.layer.key()) else { return };
        let change = difference(now, &copy.layer);
        let count = change.annotations.len() + change.links.len();
        let what = format!("restore as of {}", shown(copy.when));
        match session.apply(Change::new(what, &Session::stamp()).with_layer(change)) {
            Ok(()) => {
                self.selected = None;
                self.summarise();
                self.notify(format!("Restored as of {}: {}", shown(copy.when), counted(count, "difference")));
            }
            Err(error) => self.complain(error.to_string()),
        }
    }
}
