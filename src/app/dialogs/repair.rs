//! A document whose file cannot be read: what there is to take its place, for a person to choose. The damaged file is
//! kept.
//!
//! Elsewhere: what there is (`store`), putting it there (`session`).

use super::restore::{layer_in, shown};
use super::{After, buttons, modal};
use crate::app::App;
use crate::app::jobs::Done;
use crate::app::theme::Palette;
use crate::app::widgets::{muted, radio};
use crate::model::{Document, DocumentId, Layer, LayerKey, Text, counted};
use crate::session::Session;
use crate::store::{FileError, KeptCopy, ProjectFolder};
use eframe::egui::{self, RichText};
use std::path::{Path, PathBuf};

/// Something that can take the place of a file.
#[derive(Clone)]
enum Way {
    /// What the journal tells of the layer.
    Journal(Box<Layer>),
    /// A copy from the history, with its annotations.
    Copy(KeptCopy, usize),
    /// The text as it was annotated.
    Text,
    /// No annotations.
    Empty,
}

impl Way {
    fn in_words(&self) -> String {
        match self {
            Self::Journal(layer) => format!("As the journal tells it: {}", counted(layer.len(), "annotation")),
            Self::Copy(copy, count) => format!("As of {}: {}", shown(copy.when), counted(*count, "annotation")),
            Self::Text => "The text as it was annotated, from the history of the project".to_owned(),
            Self::Empty => "Begin with no annotations".to_owned(),
        }
    }
}

/// A document that cannot be opened, and what can be done about it.
pub struct Repair {
    key: LayerKey,
    /// The text, if that is not what cannot be read.
    text: Option<Text>,
    file: PathBuf,
    why: String,
    ways: Vec<Way>,
    /// Copies that are damaged or do not fit.
    useless: usize,
    chosen: Option<usize>,
}

/// What takes the place of a damaged file, ready to be put there.
pub enum Repaired {
    /// A layer; and whether the history of its document leads to it.
    Layer(Box<Layer>, bool),
    /// The text was put back; where the file lies that was there, if there was one.
    Text(DocumentId, Option<PathBuf>),
}

impl Repair {
    /// Looks for what there is in place of the file of which `error` tells. Reads copies and the journal.
    pub fn of(
        folder: &ProjectFolder,
        document: &Document,
        key: LayerKey,
        error: &FileError,
        rescue: Option<&Path>,
    ) -> Self {
        let (file, why) = (error.path.clone(), error.to_string());
        let mut repair = Self { key, text: None, file, why, ways: Vec::new(), useless: 0, chosen: None };
        if !error.fault.is_damage() {
            return repair;
        }
        match folder.load_text(document) {
            Ok(text) => {
                if let Ok(found) = folder.replacements(&repair.key, &text, rescue) {
                    repair.ways.extend(found.journal.map(|layer| Way::Journal(Box::new(layer))));
                    repair.ways.extend(found.copies.into_iter().map(|(copy, count)| Way::Copy(copy, count)));
                    repair.useless = found.useless;
                }
                repair.chosen = (!repair.ways.is_empty()).then_some(0);
                repair.ways.push(Way::Empty);
                repair.text = Some(text);
            }
            Err(_) if folder.old_text(&document.sha256).is_some() => {
                (repair.ways, repair.chosen) = (vec![Way::Text], Some(0));
            }
            Err(_) => {}
        }
        repair
    }

    fn show(&mut self, ui: &mut egui::Ui) {
        egui::ScrollArea::vertical().id_salt("why").max_height(150.0).auto_shrink([false, true]).show(ui, |ui| {
            // With the line and a marker under it: that needs letters of one width.
            let why = RichText::new(&self.why);
            let why = if self.why.contains('|') { why.monospace() } else { why };
            ui.add(egui::Label::new(why).wrap().selectable(true));
        });
        if self.ways.is_empty() {
            return;
        }
        ui.add_space(8.0);
        let intro = "Something else can take its place; the damaged file is kept in `.byline/damaged`.";
        ui.add(egui::Label::new(muted(ui, intro)).wrap());
        ui.add_space(4.0);
        let palette = Palette::current(ui);
        let height = (ui.ctx().content_rect().height() - 420.0).clamp(80.0, 260.0);
        egui::ScrollArea::vertical().id_salt("ways").max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            for (n, way) in self.ways.iter().enumerate() {
                let text = RichText::new(way.in_words()).color(palette.ink);
                if radio(ui, self.chosen == Some(n), text).clicked() {
                    self.chosen = Some(n);
                }
            }
        });
        if self.useless > 0 {
            let copies = if self.useless == 1 { "copy that is" } else { "copies that are" };
            ui.label(muted(ui, format!("There are {} more {copies} damaged or of another text.", self.useless)));
        }
    }
}

impl App {
    /// A document cannot be opened: looks for what can be done about it, and shows it.
    pub(in crate::app) fn cannot_open(&mut self, ctx: &egui::Context, document: &DocumentId, error: FileError) {
        self.awaited = None;
        let Some(session) = &self.session else { return };
        let Some(document) = session.project().document(document).cloned() else { return };
        if session.holder().is_some() {
            // Here nothing can be put in its place.
            self.dialog = Some(super::Dialog::message(TITLE, error.to_string()));
            return;
        }
        let (folder, key, rescue) = (session.folder().clone(), session.key(&document.id), self.rescue_folder());
        self.falls.unreadable = Some(document.id.clone());
        self.workers.start(ctx, format!("Looking for copies of {}", document.title), move |_| {
            Done::Unreadable(Box::new(Repair::of(&folder, &document, key, &error, rescue.as_deref())))
        });
    }

    /// What can be done about a document that cannot be opened was found.
    pub(in crate::app) fn show_repair(&mut self, repair: Repair) {
        let is_mine = |session: &Session| *session.annotator() == repair.key.annotator;
        if self.session.as_ref().is_some_and(is_mine) {
            self.dialog = Some(super::Dialog::Repair(Box::new(repair)));
        }
    }

    pub(super) fn repair_dialog(&mut self, ctx: &egui::Context, dialog: &mut Repair) -> After {
        let (pressed, close) = modal(ctx, "repair", TITLE, 560.0, |ui| {
            dialog.show(ui);
            if dialog.ways.is_empty() {
                return buttons(ui, &["Show in folder", "Close"], true);
            }
            let way = dialog.chosen.and_then(|chosen| dialog.ways.get(chosen));
            let verb = if matches!(way, Some(Way::Empty)) { "Begin anew" } else { "Restore" };
            buttons(ui, &["Show in folder", "Close", verb], way.is_some())
        });
        match pressed {
            Some(0) => {
                self.show_in_folder(ctx, &dialog.file);
                After::Stay
            }
            Some(2) => {
                self.make_ready(ctx, dialog);
                After::Close
            }
            Some(_) => After::Close,
            None if close => After::Close,
            None => After::Stay,
        }
    }

    /// Reads what was chosen, on a worker.
    fn make_ready(&mut self, ctx: &egui::Context, dialog: &Repair) {
        let Some(session) = &self.session else { return };
        let Some(way) = dialog.chosen.and_then(|chosen| dialog.ways.get(chosen)).cloned() else { return };
        let document = session.project().document(&dialog.key.document).cloned();
        let (folder, key, text) = (session.folder().clone(), dialog.key.clone(), dialog.text.clone());
        self.workers.start_whole(ctx, "Restoring".to_owned(), move || {
            let ready = match (way, text, document) {
                (Way::Journal(layer), ..) => Ok(Repaired::Layer(layer, true)),
                (Way::Copy(copy, _), Some(text), _) => {
                    layer_in(&folder, &copy, &key, &text).map(|layer| Repaired::Layer(Box::new(layer), false))
                }
                (Way::Empty, Some(text), _) => Ok(Repaired::Layer(Box::new(Layer::new(key, text)), false)),
                (Way::Text, _, Some(document)) => {
                    let kept = folder.put_text_back(&document).map_err(|error| error.to_string());
                    kept.map(|kept| Repaired::Text(document.id, kept))
                }
                (Way::Copy(..) | Way::Empty | Way::Text, ..) => Err("the document is no longer there".to_owned()),
            };
            ready.map_or_else(|why| Done::Failed("Nothing was restored", why), |ready| Done::Repaired(Box::new(ready)))
        });
    }

    /// Puts in the place of a damaged file what was chosen, and opens the document.
    pub(in crate::app) fn repaired(&mut self, ctx: &egui::Context, repaired: Repaired) {
        let Some(session) = &mut self.session else { return };
        let done = match repaired {
            Repaired::Text(document, kept) => Ok((document, "The text is there again".to_owned(), kept)),
            Repaired::Layer(layer, fits_history) => {
                let (document, count) = (layer.key().document.clone(), layer.len());
                let what = match count {
                    0 => "Begun with no annotations".to_owned(),
                    count => format!("{} restored", counted(count, "annotation")),
                };
                session.replace_damaged(*layer, fits_history).map(|kept| (document, what, kept))
            }
        };
        match done {
            Ok((document, what, kept)) => {
                let kept = kept.map(|kept| format!("; the damaged file is kept as `{}`", kept.display()));
                self.notify(format!("{what}{}", kept.unwrap_or_default()));
                self.open_document(ctx, &document);
            }
            Err(error) => self.complain(error.to_string()),
        }
    }
}

/// What the dialog is called.
const TITLE: &str = "This document cannot be opened";
