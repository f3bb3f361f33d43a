//! The window: it reads the session and emits commands; nothing is changed but through one.
//!
//! Here: what belongs to the window alone (selection, dialogs, settings) and how its parts stand together.
//! Elsewhere: what actions do (`commands`), the article (`text_view`), what stands around it (`panels`, `dialogs`).

pub mod actions;
mod colours;
mod commands;
mod copies;
mod desktop;
mod dialogs;
pub mod falls;
mod find;
mod fonts;
mod jobs;
mod keyboard;
mod keymap;
mod list;
mod notices;
mod outside;
mod panels;
mod pick;
mod preferences;
pub mod raster;
pub mod render;
mod reveal;
mod summaries;
mod tabs;
mod text_view;
mod theme;
mod widgets;
mod words;
mod worker;

use crate::crash;
use crate::edit::Change;
use crate::model::{AnnotationId, DocumentId, Layer, Name, Status};
use crate::personal::settings::{self, Settings};
use crate::session::{SaveStatus, Session};
use actions::Action;
use dialogs::Dialog;
use eframe::egui::{self, Ui};
use falls::{Falls, Part, fallen_side};
use jobs::Done;
use keymap::Keymap;
use notices::Notices;
use panels::Do;
use panels::documents::{Documents, Shown};
use panels::right::Right;
use panels::sides::{Sides, side};
use panels::status::{SavedState, StatusBar};
use panels::top::Top;
use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use summaries::{Summaries, Summary};
use text_view::{Page, TextView, ViewEvent};
use theme::Palette;
use worker::Workers;

/// What is being linked: from which annotation, to which it could go.
struct Linking {
    from: AnnotationId,
    targets: Vec<AnnotationId>,
    typed: String,
}

/// Lets a signal save what the session holds.
type SharedFlush = Arc<Mutex<Option<crate::session::Flush>>>;

/// The window's state.
pub struct App {
    settings: Settings,
    settings_path: Option<PathBuf>,
    saved_settings: Settings,
    desktop: desktop::Desktop,
    desktop_watch: desktop::Watch,
    reveal: reveal::Reveal,
    keymap: Arc<Keymap>,
    /// What cannot be used in `keys.ron`, in words.
    key_problems: Vec<String>,
    /// Whether only the text is shown.
    reading: bool,
    session: Option<Session>,
    opened: Instant,
    guidelines: Option<String>,
    summaries: Summaries,
    documents: Documents,
    doubts: panels::doubts::Doubts,
    sides: Sides,
    /// The documents whose status was set together last, in any of which this is undone, and the revision it led to.
    together: Option<(DocumentId, u64)>,
    /// Caret (byte) and top paragraph (from 0) of documents that were left in this session.
    places: HashMap<DocumentId, (usize, usize)>,
    view: TextView,
    selected: Option<AnnotationId>,
    /// Which of its label the selected annotation is, from 1, of how many; (0, 0) if that is not known.
    rank: (usize, usize),
    /// For which revision and annotation `rank` was counted.
    ranked: Option<(u64, AnnotationId)>,
    brush: Option<Name>,
    /// What the brush labelled last: the revision that led to, and the bytes. More of it takes its place.
    brushed: Option<(u64, Range<usize>)>,
    /// Whether keys have made a selection grow since Shift went down, for the brush.
    extending: bool,
    /// The annotation that waits for a fragment: as long as it is selected, moving the caret lets it not go.
    adding: Option<AnnotationId>,
    linking: Option<Linking>,
    right: Right,
    dialog: Option<Dialog>,
    find: find::Find,
    falls: Falls,
    notices: Notices,
    workers: Workers<Done>,
    /// The document that is being loaded, to be shown when it is there; and whether its place is to be restored.
    awaited: Option<DocumentId>,
    flush: SharedFlush,
    closing: Closing,
    focus_text: bool,
    /// For so many frames more the text takes the focus if nothing else has it.
    refocus: u8,
    /// What had the focus when the last frame ended.
    last_focus: Option<egui::Id>,
    /// When it was last looked whether somebody else has left.
    looked: Option<Instant>,
    /// Keys that wait for the next frame.
    deferred: Vec<egui::Event>,
}

#[derive(Clone, Copy, PartialEq)]
enum Closing {
    No,
    /// Waiting until everything is on disk.
    Saving,
    Now,
}

/// So many frames the text tries to get the focus back.
const REFOCUS: u8 = 4;

impl App {
    /// A window without a project.
    pub fn new(ctx: &egui::Context, settings_path: Option<PathBuf>) -> Self {
        fonts::install(ctx);
        theme::install(ctx);
        ctx.options_mut(|o| {
            o.zoom_with_keyboard = false;
            // As desktops have it; a slow frame between two clicks must not part them.
            o.input_options.max_double_click_delay = 0.4;
            // Where the system does not say, paper.
            o.fallback_theme = egui::Theme::Light;
        });
        let (settings, problem) = Settings::load(settings_path.as_deref());
        let mut app = Self {
            saved_settings: settings.clone(),
            settings,
            settings_path,
            desktop: desktop::Desktop::default(),
            desktop_watch: desktop::Watch::default(),
            reveal: reveal::by_the_system(),
            keymap: Arc::default(),
            key_problems: Vec::new(),
            reading: false,
            session: None,
            opened: Instant::now(),
            guidelines: None,
            summaries: Summaries::default(),
            documents: Documents::default(),
            doubts: panels::doubts::Doubts::default(),
            sides: Sides::default(),
            together: None,
            places: HashMap::new(),
            view: TextView::default(),
            selected: None,
            rank: (0, 0),
            ranked: None,
            brush: None,
            brushed: None,
            extending: false,
            adding: None,
            linking: None,
            right: Right::default(),
            dialog: None,
            find: find::Find::default(),
            falls: Falls::default(),
            notices: Notices::default(),
            workers: Workers::default(),
            awaited: None,
            flush: SharedFlush::default(),
            closing: Closing::No,
            focus_text: false,
            refocus: 0,
            last_focus: None,
            looked: None,
            deferred: Vec::new(),
        };
        app.apply_settings(ctx);
        app.load_keys();
        if let Some(problem) = problem {
            app.complain(problem);
        }
        app
    }

    /// The project that is open.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// The annotation that is selected.
    pub fn selected(&self) -> Option<AnnotationId> {
        self.selected
    }

    /// Answers the question for a folder that the open dialog asks, as the file dialog would.
    pub fn pick_folder_for_dialog(&mut self, folder: PathBuf) {
        if let Some(dialog) = &mut self.dialog {
            dialog.picked_folder(folder);
        }
    }

    /// Counts the minutes of the session from now on: a picture must not depend on when it was taken.
    pub fn restart_clock(&mut self) {
        self.opened = Instant::now();
    }

    /// The bytes that are selected in the text.
    pub fn selection(&self) -> std::ops::Range<usize> {
        self.view.selection()
    }

    /// Draws a frame and does what the person asked for in it; see [`App::frame`].
    fn one_frame(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        for done in self.workers.finished() {
            match done {
                Ok(done) => self.take(&ctx, done),
                Err(fallen) => self.worker_fell(fallen),
            }
        }
        for fallen in worker::quietly_fallen(&ctx) {
            self.worker_fell(fallen);
        }
        self.follow_desktop(&ctx);
        self.follow_outside(&ctx);
        self.take_dropped_files(&ctx);
        self.show_keys(&ctx);
        let deferred = std::mem::take(&mut self.deferred);
        ctx.input_mut(|i| drop(i.events.splice(0..0, deferred)));
        self.follow_shift(&ctx);
        if self.dialog.is_none() {
            self.keys(&ctx);
        }
        self.follow_find(&ctx);
        let mut out = Vec::new();
        self.panels(ui, &mut out);
        self.dialogs(&ctx, &mut out);
        for todo in out {
            self.perform(&ctx, todo);
        }
        self.housekeeping(&ctx);
        self.last_focus = ctx.memory(egui::Memory::focused);
        let title = self.session.as_ref().map_or("Byline", |s| s.project().name.as_str());
        ctx.accesskit_node_builder(egui::accesskit_root_id(), |node| node.set_label(title));
    }

    /// Whether an action can be done now.
    fn available(&self, action: Action) -> bool {
        use actions::When;
        let Some(row) = actions::row(action) else { return true };
        let document = self.session.as_ref().is_some_and(|s| s.layer().is_some());
        match row.when {
            When::Always => true,
            When::Project => self.session.is_some(),
            When::Document => document,
            When::Annotation => document && self.selected.is_some(),
            When::Selection => document && !self.view.selection().is_empty(),
            When::Either => document && (self.selected.is_some() || !self.view.selection().is_empty()),
            When::Find => document && self.find.is_open(),
            When::Found => document && self.find.has_found(),
        }
    }

    fn panels(&mut self, ui: &mut Ui, out: &mut Vec<Do>) {
        self.rank_selected();
        let palette = Palette::current(ui);
        let plain = egui::Frame::new().fill(palette.panel);
        let bar = plain.inner_margin(egui::Margin::symmetric(14, 0));
        self.reading &= self.session.as_ref().is_some_and(|s| s.current().is_some());
        if !self.reading {
            self.top_bar(ui, bar, out);
        }
        if !self.reading || self.has_something_to_say() {
            self.status_bar(ui, bar, out);
        }
        self.notices.show(ui);
        let (mut fell, mut again) = (Vec::new(), Vec::new());
        if let Some(session) = self.session.as_ref().filter(|_| !self.reading) {
            let (left, right) = self.sides.lay_out(&self.settings, ui.available_width());
            if let Some(width) = left {
                let chosen = side(ui, egui::Panel::left, "documents", width, settings::LEFT_WIDTHS, |ui| {
                    if let Some(fall) = &self.falls.left {
                        again.extend(fallen_side(ui, fall).then_some(Part::Left));
                        return;
                    }
                    let (documents, doubts) = (&mut self.documents, &mut self.doubts);
                    let drawn = crash::caught(|| {
                        self.falls.pass(Part::Left);
                        panels::left(ui, documents, doubts, Shown { session, summaries: &self.summaries }, out);
                    });
                    fell.extend(drawn.err().map(|fall| (Part::Left, fall)));
                });
                self.settings.left_width = chosen.unwrap_or(self.settings.left_width);
            }
            if let Some(width) = right {
                let chosen = side(ui, egui::Panel::right, "annotation", width, settings::RIGHT_WIDTHS, |ui| {
                    let (summaries, selected) = (&self.summaries, self.selected);
                    let guidelines = self.guidelines.as_deref();
                    let shown = panels::right::Shown { session, summaries, selected, guidelines };
                    if let Some(fall) = &self.falls.right {
                        again.extend(fallen_side(ui, fall).then_some(Part::Right));
                        return;
                    }
                    let drawn = crash::caught(|| {
                        self.falls.pass(Part::Right);
                        self.right.show(ui, &shown, out);
                    });
                    fell.extend(drawn.err().map(|fall| (Part::Right, fall)));
                });
                self.settings.right_width = chosen.unwrap_or(self.settings.right_width);
            }
        }
        let drawn = crash::caught(|| {
            self.falls.pass(Part::Find);
            self.find_panels(ui, bar, out);
        });
        fell.extend(drawn.err().map(|fall| (Part::Find, fall)));
        let centre = egui::CentralPanel::default().frame(egui::Frame::new().fill(palette.paper));
        let drawn = centre.show(ui, |ui| crash::caught(|| self.centre(ui, out))).inner;
        match drawn {
            // Here the session may be changed: no longer guarded.
            Ok(events) => events.iter().for_each(|event| self.view_event(event, out)),
            Err(fall) => fell.push((Part::Page, fall)),
        }
        for part in again {
            *if part == Part::Left { &mut self.falls.left } else { &mut self.falls.right } = None;
            ui.ctx().request_repaint();
        }
        for (part, fall) in fell {
            self.fell(ui.ctx(), part, fall);
        }
    }

    fn top_bar(&self, ui: &mut Ui, bar: egui::Frame, out: &mut Vec<Do>) {
        let project = self.session.as_ref().map(Session::project);
        let crumb = self.session.as_ref().map(|s| (s.project().name.as_str(), s.current().map(|d| d.title.as_str())));
        let top = Top {
            crumb,
            scheme: project.map(|p| &p.scheme),
            brush: self.brush.as_ref(),
            available: &|action| self.available(action),
        };
        egui::Panel::top("top").exact_size(44.0).frame(bar).resizable(false).show(ui, |ui| top.show(ui, out));
    }

    /// What reading mode must not hide: what is about to be done, what was just done, and that it is not saved.
    fn has_something_to_say(&self) -> bool {
        let failed = |s: &Session| matches!(s.save_status(), SaveStatus::Failed(..));
        self.notices.said().is_some() || !self.mode_in_words().is_empty() || self.session.as_ref().is_some_and(failed)
    }

    fn status_bar(&mut self, ui: &mut Ui, bar: egui::Frame, out: &mut Vec<Do>) {
        let status = StatusBar {
            annotator: self.session.as_ref().filter(|_| !self.reading).map(|s| s.annotator().as_str()),
            place: self.place_in_words(),
            counts: self.counts_in_words(),
            mode: self.mode_in_words(),
            warning: self.missing_in_words(),
            said: self.notices.said(),
            saved: self
                .session
                .as_ref()
                .map(|s| match s.save_status() {
                    SaveStatus::Saved => SavedState::Saved,
                    SaveStatus::Saving => SavedState::Saving,
                    SaveStatus::Failed(error, kept) => SavedState::Failed {
                        cause: error.problems.first().map_or_else(String::new, |problem| problem.cause.to_string()),
                        why: error.to_string(),
                        kept,
                    },
                })
                .map(|saved| self.read_only_in_words().map_or(saved, |(short, full)| SavedState::ReadOnly(short, full)))
                .filter(|saved| !self.reading || matches!(saved, SavedState::Failed { .. })),
            minutes: self.opened.elapsed().as_secs() / 60,
            zoom: self.settings.zoom,
            running: self.workers.running().collect(),
        };
        let cancel = egui::Panel::bottom("status")
            .exact_size(26.0)
            .frame(bar)
            .resizable(false)
            .show(ui, |ui| status.show(ui, out));
        if let Some((_, progress, _)) = cancel.inner.and_then(|n| self.workers.running().nth(n)) {
            progress.cancel();
            // What is being opened is no longer waited for.
            self.awaited = None;
        }
    }

    /// Draws the article, or what stands in its place; returns what was done in it.
    fn centre(&mut self, ui: &mut Ui, out: &mut Vec<Do>) -> Vec<ViewEvent> {
        self.falls.pass(Part::Page);
        let Some(session) = &self.session else {
            let sample = sample_project();
            panels::start::show(ui, &self.settings.recent, sample.as_deref(), out);
            return Vec::new();
        };
        let Some(document) = session.current() else {
            let (title, help) = if self.awaited.is_some() {
                ("Opening…", String::new())
            } else if self.falls.page.is_some() {
                self.fallen_page(ui, out);
                return Vec::new();
            } else if let Some(document) = &self.falls.unreadable {
                self.unreadable_page(ui, document, out);
                return Vec::new();
            } else if session.project().documents.is_empty() {
                panels::start::no_documents(ui, out);
                return Vec::new();
            } else {
                let key = keymap::key_of(ui, Action::JumpToDocument);
                ("No document is open", format!("Choose one on the left, or press {key}"))
            };
            ui.add_space(ui.available_height() * 0.35);
            widgets::empty(ui, title, &help);
            return Vec::new();
        };
        let source = words::source_line(document);
        let targets = self.linking.as_ref().map(|l| l.targets.clone());
        let page = Page {
            layer: session.layer(),
            scheme: &session.project().scheme,
            entities: &session.project().entities,
            selected: self.selected,
            linking: targets.as_deref(),
            title: &document.title,
            source: &source,
            revision: session.revision(),
            found: self.find.marked(&self.view.selection()),
            brush: self.brush.as_ref().and_then(|label| session.project().scheme.label(label)),
            bare: self.reading,
        };
        self.view.set_directions(document.direction, &document.directions);
        if std::mem::take(&mut self.focus_text) {
            self.refocus = REFOCUS;
        }
        // A dialog that has just gone still keeps the focus of what is below it away for a frame.
        if self.refocus > 0 && (self.refocus == REFOCUS || ui.memory(|m| m.focused().is_none())) {
            ui.memory_mut(|m| m.request_focus(text_view::widget_id()));
        }
        self.refocus = self.refocus.saturating_sub(1);
        self.view.show(ui, &page)
    }

    fn view_event(&mut self, event: &ViewEvent, out: &mut Vec<Do>) {
        match *event {
            ViewEvent::Picked(id) => out.push(Do::Select(id)),
            ViewEvent::PickedNothing => {
                self.linking = None;
                if !self.is_adding() {
                    self.selected = None;
                }
            }
            ViewEvent::Selected(_) if self.is_adding() => out.push(Do::Run(Action::AddFragment)),
            ViewEvent::Selected(more) => self.brush_selection(more),
            ViewEvent::AddFragment => out.push(Do::Run(Action::AddFragment)),
            ViewEvent::MoveEdge(id, which, byte) => self.move_edge(id, which, byte),
        }
    }

    fn take_dropped_files(&mut self, ctx: &egui::Context) {
        let dropped = ctx.input(|i| i.raw.dropped_files.clone());
        let paths: Vec<PathBuf> = dropped.iter().map(|f| f.path().to_owned()).collect();
        if !paths.is_empty() {
            self.open_paths(ctx, paths);
        }
    }

    fn housekeeping(&mut self, ctx: &egui::Context) {
        self.notices.pass(ctx);
        if self.settings != self.saved_settings && !ctx.input(|i| i.pointer.any_down()) {
            self.saved_settings = self.settings.clone();
            if let Some(path) = &self.settings_path {
                // Only comfort is lost if they cannot be written.
                let _ = self.settings.save(path);
            }
        }
        if let Some(left) = self.session.as_mut().and_then(Session::try_again) {
            ctx.request_repaint_after(left);
        }
        if let Some(left) = self.session.as_ref().and_then(Session::look_again_in) {
            ctx.request_repaint_after(left);
        }
        if let (Closing::Saving, Some(session)) = (self.closing, &self.session) {
            match session.file_status() {
                SaveStatus::Saved => self.close_now(ctx),
                SaveStatus::Saving => session.flusher().hurry(),
                SaveStatus::Failed(error, kept) => {
                    self.closing = Closing::No;
                    self.dialog = Some(Dialog::cannot_save(error.to_string(), kept));
                }
            }
        }
        let no_text = self.awaited.is_none() && self.session.as_ref().is_none_or(|s| s.current().is_none());
        if no_text {
            (self.focus_text, self.refocus) = (false, 0);
        }
        if self.focus_text || self.refocus > 0 {
            ctx.request_repaint();
        }
    }

    /// Called in every frame before it is drawn: a window that is asked to close waits until the work is on disk.
    pub fn before_frame(&mut self, ctx: &egui::Context) {
        let asked = ctx.input(|i| i.viewport().close_requested());
        if !asked || self.closing == Closing::Now {
            return;
        }
        ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
        self.begin_closing(ctx);
    }

    fn begin_closing(&mut self, ctx: &egui::Context) {
        match &mut self.session {
            Some(session) => {
                session.remember_place(self.view.caret().byte, self.view.top_paragraph());
                session.save_now();
                self.closing = Closing::Saving;
                ctx.request_repaint();
            }
            None => self.close_now(ctx),
        }
    }

    fn close_now(&mut self, ctx: &egui::Context) {
        self.closing = Closing::Now;
        ctx.send_viewport_cmd(egui::ViewportCommand::Close);
    }

    fn notify(&mut self, text: impl Into<String>) {
        self.notices.say(text);
    }

    fn complain(&mut self, text: impl Into<String>) {
        self.notices.complain(text);
    }

    /// Counts labels and status of the open document anew.
    fn summarise(&mut self) {
        let Some(session) = &self.session else { return };
        let Some(layer) = session.layer() else { return };
        let summary = Summary::of(layer, &session.project().scheme);
        self.summaries.set(&layer.key().document, Some(summary));
    }

    /// Lets the counts of documents follow a change: counting anew would be a walk through the layers.
    fn summarise_after(&mut self, change: &Change) {
        let Some(session) = &self.session else { return };
        // A change of the scheme changes the order.
        if change.is_project_wide() {
            self.summarise();
            return;
        }
        for change in change.layers.iter().filter(|c| c.key.annotator == *session.annotator()) {
            if !self.summaries.follow(change, &session.project().scheme) {
                let layer = session.state().layer(&change.key);
                let summary = layer.map(|layer| Summary::of(layer, &session.project().scheme));
                self.summaries.set(&change.key.document, summary);
            }
        }
    }

    fn status(&self) -> Option<Status> {
        self.session.as_ref().and_then(Session::layer).map(Layer::status)
    }
}

/// The sample project, beside the program or in the folder from which it was started.
fn sample_project() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("projects/latin-america")));
    let candidates = [beside, Some(PathBuf::from("projects/latin-america"))];
    candidates.into_iter().flatten().find(|path| path.join("project.ron").is_file())
}

impl eframe::App for App {
    fn raw_input_hook(&mut self, _ctx: &egui::Context, raw_input: &mut egui::RawInput) {
        // egui's texture of letters is as wide as the driver allows; an article needs 3,000 pixels of the 16,384.
        raw_input.max_texture_side = raw_input.max_texture_side.map(|side| side.min(4096));
    }

    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.before_frame(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.frame(ui);
        let size = ui.ctx().content_rect().size();
        if size.x > 100.0 && !ui.input(|i| i.viewport().maximized.unwrap_or(false)) {
            self.settings.window = (size.x.round(), size.y.round());
        }
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        // Dropping the session writes what is waiting.
        self.session = None;
    }
}

/// Opens the window on projects and articles.
///
/// # Errors
/// Where no window can be opened, in words.
pub fn run(paths: Vec<PathBuf>) -> Result<(), String> {
    let settings_path = Settings::path();
    // Of what is wrong in them, the window tells.
    let (settings, _) = Settings::load(settings_path.as_deref());
    let icon = eframe::icon_data::from_png_bytes(include_bytes!("../../assets/icon/icon-256.png"));
    let mut viewport = egui::ViewportBuilder::default()
        .with_title("Byline")
        .with_app_id("byline")
        .with_inner_size([settings.window.0, settings.window.1])
        .with_min_inner_size([640.0, 420.0]);
    if let Ok(icon) = icon {
        viewport = viewport.with_icon(icon);
    }
    let options = eframe::NativeOptions { viewport, renderer: eframe::Renderer::Glow, ..Default::default() };
    let flush = SharedFlush::default();
    let open = || {
        eframe::run_native(
            "byline",
            options,
            Box::new(|cc| {
                let mut app = App::new(&cc.egui_ctx, settings_path);
                app.flush = flush.clone();
                app.desktop_watch.start(&cc.egui_ctx);
                save_on_signals(app.flush.clone());
                if !paths.is_empty() {
                    app.open_paths(&cc.egui_ctx, paths);
                }
                Ok(Box::new(app))
            }),
        )
    };
    match crash::caught(open) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(format!(
            "no window can be opened: {error}\nhelp: is there a display? `byline --help` lists what works without one"
        )),
        Err(fall) => {
            // The session may have gone with the window, which saves; if not, it is saved now.
            flush_all(&flush);
            Err(format!(
                "Byline had to close, because of a fault of its own: {fall}\n\
                 help: what you did is in the project’s journal, and is there again at the next start"
            ))
        }
    }
}

/// Where the panic hook writes, if this system has a place for settings.
pub fn crash_folder() -> Option<PathBuf> {
    Some(Settings::path()?.parent()?.join("crash"))
}

/// Lets everything be saved; whether it could be.
fn flush_all(flush: &SharedFlush) -> bool {
    let flush = flush.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    flush.is_none_or(|flush| flush.wait(Duration::from_secs(20)))
}

/// On SIGTERM, SIGINT and SIGHUP: what is waiting is written, then the program ends.
fn save_on_signals(flush: SharedFlush) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGTERM, SIGINT, SIGHUP]) else { return };
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let saved = flush_all(&flush);
            // Not `std::process::exit`: its exit handlers would take the display away under a window that is drawing.
            signal_hook::low_level::exit(if saved { 128 + signal } else { 1 });
        }
    });
}
