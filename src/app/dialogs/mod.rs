//! Dialogs: one at a time, over everything. Escape closes them, Enter does what the first button says.

mod anchoring;
mod articles;
pub mod browser;
mod cannot_save;
mod conflicts;
mod describe;
mod export;
mod import;
mod keys;
mod new_project;
mod palette;
mod repair;
mod restore;
mod same;
mod scheme;
mod settings;
mod small;

pub use articles::{Articles, Incoming};
pub(super) use cannot_save::kept_in_words;
pub use export::{Export, Exported, Preview};
pub use import::{Dataset, Import, Planned};
pub use repair::{Repair, Repaired};
pub use restore::ReadCopy;
pub use scheme::{SchemeChange, Work};

use super::App;
use super::fonts::Face;
use super::panels::Do;
use super::theme::{Palette, size};
use super::worker::Progress;
use crate::find::Query;
use crate::merge::Conflict;
use crate::model::{AnnotationId, Document, DocumentId, LayerKey, Name, Value};
use crate::personal::settings::Settings;
use crate::session::{Anchoring, Kept};
use eframe::egui::{self, RichText, Role, Sense, Stroke, Ui, WidgetInfo, vec2};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The dialog that is open.
pub enum Dialog {
    /// Articles to be taken in.
    Articles(Articles),
    /// A project to be made.
    NewProject(new_project::NewProject),
    /// The built-in file browser, over another dialog or none.
    Browser(browser::Browser, Option<Box<Dialog>>),
    /// Everything that can be done.
    Palette(palette::Palette),
    /// A document to jump to.
    Jump(palette::Jump),
    /// The keys.
    Keys,
    /// What is known of a document.
    Describe(describe::Describe),
    /// A dataset to be written.
    Export(Export),
    /// A dataset that was read.
    Import(Import),
    /// Places that say the same.
    Same(Box<same::Same>),
    /// What the program remembers of a person.
    Settings(settings::SettingsDialog),
    /// Labels, link kinds and attributes.
    Scheme(Box<scheme::SchemeDialog>),
    /// Whose annotations.
    Annotator(String),
    /// The status of documents.
    Status(Vec<DocumentId>),
    /// Which of several link kinds: title, kind, from, to.
    LinkKind(Vec<(String, Name, AnnotationId, AnnotationId)>),
    /// Something to read: title and text.
    Message(String, String),
    /// What was changed here and outside.
    Conflicts(Box<conflicts::Conflicts>),
    /// Copies of the open document’s annotations.
    Restore(restore::Restore),
    /// A document that cannot be opened.
    Repair(Box<Repair>),
    /// A text that was exchanged outside.
    Anchoring(Box<anchoring::AnchoringDialog>),
    /// Closing, though not everything could be saved.
    CannotSave(cannot_save::CannotSave),
}

impl Dialog {
    /// Something to read.
    pub fn message(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Message(title.into(), text.into())
    }

    /// Closing, though not everything could be saved.
    pub fn cannot_save(why: String, kept: Kept) -> Self {
        Self::CannotSave(cannot_save::CannotSave::new(why, kept))
    }

    /// Articles to be taken in, into the open project or a new one.
    pub fn articles(incoming: Vec<Incoming>, project: Option<String>) -> Self {
        Self::Articles(Articles::new(incoming, project))
    }

    /// What was changed in a layer here and outside.
    pub fn conflicts(key: LayerKey, conflicts: Vec<Conflict>) -> Self {
        Self::Conflicts(Box::new(conflicts::Conflicts::new(key, conflicts)))
    }

    /// A text that was exchanged outside, and where its annotations lie in it.
    pub fn anchoring(anchoring: Anchoring) -> Self {
        Self::Anchoring(Box::new(anchoring::AnchoringDialog::new(anchoring)))
    }

    /// A project to be made.
    pub fn new_project() -> Self {
        Self::NewProject(new_project::NewProject::default())
    }

    /// Everything that can be done.
    pub fn palette() -> Self {
        Self::Palette(palette::Palette::default())
    }

    /// A document to jump to.
    pub fn jump() -> Self {
        Self::Jump(palette::Jump::default())
    }

    /// What is known of a document.
    pub fn describe(document: &Document) -> Self {
        Self::Describe(describe::Describe::new(document))
    }

    /// Places that say the same, to be marked like an annotation with this label and these attributes.
    pub fn same(query: Query, model: Option<(Name, BTreeMap<Name, Value>)>, everywhere: bool) -> Self {
        Self::Same(Box::new(same::Same::new(query, model, everywhere)))
    }

    /// What the program remembers of a person; `families` are the fonts that there are.
    pub fn settings(settings: &Settings, families: Vec<String>) -> Self {
        Self::Settings(settings::SettingsDialog::new(settings, families))
    }

    /// Whose annotations.
    pub fn annotator(current: &str) -> Self {
        Self::Annotator(current.to_owned())
    }

    /// A folder was chosen for this dialog.
    pub fn picked_folder(&mut self, folder: PathBuf) {
        match self {
            Self::Articles(articles) => articles.set_folder(folder),
            Self::NewProject(new) => new.set_folder(&folder),
            Self::Export(export) => export.set_folder(&folder),
            _ => {}
        }
    }
}

/// What becomes of a dialog after a frame.
pub enum After {
    /// It stays.
    Stay,
    /// It goes.
    Close,
}

impl App {
    /// Draws the dialog that is open.
    pub(super) fn dialogs(&mut self, ctx: &egui::Context, out: &mut Vec<Do>) {
        let Some(mut dialog) = self.dialog.take() else { return };
        let events = ctx.input(|i| i.events.clone());
        let after = match &mut dialog {
            Dialog::Articles(articles) => self.articles_dialog(ctx, articles),
            Dialog::NewProject(new) => self.new_project_dialog(ctx, new),
            Dialog::Browser(browser, under) => {
                let (done, paths) = browser.show(ctx);
                if done {
                    let purpose = browser.purpose();
                    self.dialog = under.take().map(|d| *d);
                    self.take(ctx, super::jobs::Done::Picked(super::pick::Picked { purpose, paths }));
                    return;
                }
                After::Stay
            }
            Dialog::Palette(palette) => {
                let recent = &self.settings.recent_commands;
                let open = self.session.as_ref().filter(|s| s.layer().is_some());
                let labels = open.map(|s| s.project().scheme.labels.as_slice()).unwrap_or_default();
                palette.show(ctx, labels, recent, &|action| self.available(action), out)
            }
            Dialog::Jump(jump) => {
                let documents = self.session.as_ref().map(|s| s.project().documents.as_slice()).unwrap_or_default();
                jump.show(ctx, documents, out)
            }
            Dialog::Keys => {
                let scheme = self.session.as_ref().map(|s| &s.project().scheme);
                keys::show(ctx, scheme, &|action| self.available(action))
            }
            Dialog::Describe(describe) => self.describe_dialog(ctx, describe),
            Dialog::Export(export) => self.export_dialog(ctx, export),
            Dialog::Import(import) => self.import_dialog(ctx, import),
            Dialog::Same(same) => self.same_dialog(ctx, same),
            Dialog::Settings(settings) => self.settings_dialog(ctx, settings),
            Dialog::Scheme(scheme) => self.scheme_dialog(ctx, scheme),
            Dialog::Annotator(name) => self.annotator_dialog(ctx, name),
            Dialog::LinkKind(choices) => small::link_kind(ctx, choices, out),
            Dialog::Status(documents) => small::status(ctx, documents, out),
            Dialog::Message(title, text) => small::message(ctx, title, text),
            Dialog::CannotSave(dialog) => self.cannot_save_dialog(ctx, dialog),
            Dialog::Restore(dialog) => self.restore_dialog(ctx, dialog),
            Dialog::Repair(dialog) => self.repair_dialog(ctx, dialog),
            Dialog::Conflicts(dialog) => self.conflicts_dialog(ctx, dialog),
            Dialog::Anchoring(dialog) => self.anchoring_dialog(ctx, dialog),
        };
        match after {
            // A dialog may have put another one in its place.
            After::Stay if self.dialog.is_none() => self.dialog = Some(dialog),
            After::Stay => {
                if let Some(Dialog::Browser(_, under)) = &mut self.dialog {
                    under.get_or_insert(Box::new(dialog));
                }
            }
            After::Close => {
                let to_find = matches!(dialog, Dialog::Same(_)) && self.find.take_focus();
                if self.dialog.is_none() && !to_find {
                    self.focus_text = true;
                    // What a quick typist pressed after the key that closed it is meant for what comes next.
                    let closing = |e: &egui::Event| {
                        matches!(e, egui::Event::Key { key: egui::Key::Enter | egui::Key::Escape, pressed: true, .. })
                    };
                    if let Some(at) = events.iter().position(closing) {
                        ctx.memory_mut(|m| m.request_focus(super::text_view::widget_id()));
                        self.defer(ctx, &events[at + 1..]);
                    }
                }
            }
        }
    }
}

/// A modal frame with a title; returns what `contents` returns, and whether Escape or a click outside closes it.
pub fn modal<R>(
    ctx: &egui::Context,
    name: &str,
    title: &str,
    width: f32,
    contents: impl FnOnce(&mut Ui) -> R,
) -> (R, bool) {
    let palette = Palette::current(ctx);
    let screen = ctx.content_rect();
    let frame = egui::Frame::new()
        .fill(palette.card)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(12)
        .inner_margin(egui::Margin::same(20))
        .shadow(egui::epaint::Shadow {
            offset: [0, 8],
            blur: 28,
            spread: 0,
            color: egui::Color32::from_black_alpha(60),
        });
    let modal = egui::Modal::new(egui::Id::unique(("dialog", name)))
        .frame(frame)
        .backdrop_color(egui::Color32::from_black_alpha(if palette.dark { 120 } else { 70 }));
    let response = modal.show(ctx, |ui| {
        ui.set_width(width.min(screen.width() - 64.0));
        // A bar that scrolls has room of its own: it lies over nothing.
        ui.spacing_mut().scroll.floating_allocated_width = 10.0;
        if !title.is_empty() {
            ui.label(RichText::new(title).font(Face::SemiBold.size(size::TITLE)));
            ui.add_space(12.0);
        }
        // In a window that is too low, the dialog scrolls rather than lose its title or its buttons.
        let room = screen.height() - 64.0 - (ui.cursor().top() - ui.min_rect().top());
        let key = egui::Id::unique(("height of the dialog", name));
        let (inner, height) = if ui.data(|d| d.get_temp::<f32>(key)).is_some_and(|height| height > room) {
            let scroll = egui::ScrollArea::vertical().id_salt("dialog").max_height(room).min_scrolled_height(room);
            let shown = scroll.auto_shrink(false).show(ui, |ui| {
                scroll_by_keys(ui, room);
                contents(ui)
            });
            (shown.inner, shown.content_size.y)
        } else {
            let shown = ui.scope(contents);
            (shown.inner, shown.response.rect.height())
        };
        ui.data_mut(|d| d.insert_temp(key, height));
        inner
    });
    let close = response.should_close();
    (response.inner, close)
}

/// Lets the keys of pages scroll what is in a dialog, `page` points at a time.
pub fn scroll_by_keys(ui: &Ui, page: f32) {
    let pressed = |key| ui.input(|i| i.key_pressed(key));
    let by = match () {
        () if pressed(egui::Key::PageDown) => -page * 0.9,
        () if pressed(egui::Key::PageUp) => page * 0.9,
        () if pressed(egui::Key::End) && !ui.ctx().text_edit_focused() => f32::MIN / 4.0,
        () if pressed(egui::Key::Home) && !ui.ctx().text_edit_focused() => f32::MAX / 4.0,
        () => return,
    };
    ui.scroll_with_delta(vec2(0.0, by));
}

/// A row of buttons from the right. It is as high as they are: a row that takes the height there is would keep a dialog
/// as high as it ever was.
fn from_the_right<R>(ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let layout = egui::Layout::right_to_left(egui::Align::Center);
    ui.allocate_ui_with_layout(vec2(ui.available_width(), 30.0), layout, contents).inner
}

/// The row of buttons at the bottom of a dialog: the last is the primary one, and Enter presses it.
/// Returns the index of the pressed button.
pub fn buttons(ui: &mut Ui, names: &[&str], enabled: bool) -> Option<usize> {
    let mut pressed = None;
    ui.add_space(16.0);
    from_the_right(ui, |ui| {
        for (n, name) in names.iter().enumerate().rev() {
            let last = n + 1 == names.len();
            let response = if last {
                ui.add_enabled_ui(enabled, |ui| super::widgets::primary(ui, name)).inner
            } else {
                super::widgets::button(ui, name)
            };
            if response.clicked() {
                pressed = Some(n);
            }
        }
    });
    let free = ui.memory(|m| m.focused().is_none()) || ui.ctx().text_edit_focused();
    if enabled && free && ui.input(|i| i.key_pressed(egui::Key::Enter)) {
        pressed = Some(names.len() - 1);
    }
    pressed
}

/// What [`under_way`] returns when the work is to stop.
pub const STOP: usize = usize::MAX;

/// Long work of a dialog: what, how far, and a button to stop it.
pub fn under_way(ui: &mut Ui, what: &str, progress: &Progress) -> Option<usize> {
    let palette = Palette::current(ui);
    ui.label(if progress.is_cancelled() { "Stopping…" } else { what });
    ui.add_space(8.0);
    let (bar, response) = ui.allocate_exact_size(vec2(ui.available_width(), 6.0), Sense::hover());
    let percent = format!("{:.0}%", progress.share() * 100.0);
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, format!("{what} {percent}")));
    ui.painter().rect_filled(bar, 3, palette.line);
    ui.painter().rect_filled(bar.with_max_x(bar.left() + bar.width() * progress.share()), 3, palette.accent);
    // The worker wakes the window only at the end.
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(100));
    ui.add_space(16.0);
    let stop = from_the_right(ui, |ui| {
        ui.add_enabled_ui(!progress.is_cancelled(), |ui| super::widgets::button(ui, "Stop").clicked()).inner
    });
    stop.then_some(STOP)
}
