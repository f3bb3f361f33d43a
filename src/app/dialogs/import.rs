//! Importing datasets: what was recognised and what is wrong is shown before anything enters the project.

use super::{After, STOP, buttons, modal, scroll_by_keys, under_way};
use crate::app::App;
use crate::app::actions::Action;
use crate::app::jobs::Done;
use crate::app::keymap::key_of;
use crate::app::theme::{Palette, size};
use crate::app::widgets::{self, Choice, field, muted, segments};
use crate::app::words::without_options;
use crate::app::worker::Progress as WorkProgress;
use crate::edit::{Change, Refusal, Stamp, State};
use crate::formats::import::{ImportOptions, ImportReport, known, plan};
use crate::formats::{self, Problem, Progress, ReadError, ReadOptions, ReadResult, Unit};
use crate::model::{Name, Origin, Scheme, Text, counted};
use crate::sources::{self, Set, Sources};
use crate::store::ProjectFolder;
use chrono::Utc;
use eframe::egui::{self, RichText, ScrollArea, Ui};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Of documents, labels and problems, so many are listed.
const LISTED: usize = 200;

/// How files are read, as far as a person decides it.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct How {
    /// In what offsets are counted; found by trial if nobody says it.
    unit: Option<Unit>,
    /// Whether spans that begin or end inside a character are widened.
    widen: bool,
    /// Whether what cannot be read is left behind.
    keep_going: bool,
}

/// What the chosen files and folders lead to.
pub struct Dataset {
    paths: Vec<PathBuf>,
    read: Vec<Read>,
    how: How,
    /// Files that are articles, and files of no known kind.
    articles: usize,
    left_out: Vec<PathBuf>,
    /// Why nothing was read, in words.
    failed: Option<String>,
}

/// Files of one format, read.
struct Read {
    /// The name and the title of the format.
    format: (&'static str, &'static str),
    /// Name of the first file, and how many there are.
    file: String,
    files: usize,
    result: Result<ReadResult, Vec<Problem>>,
}

impl Dataset {
    fn results(&self) -> impl Iterator<Item = &ReadResult> {
        self.read.iter().filter_map(|read| read.result.as_ref().ok())
    }

    /// Labels in the files, with the number of their annotations: those first that the scheme does not know.
    fn labels(&self, scheme: &Scheme) -> Vec<(Name, usize)> {
        let mut counts: BTreeMap<&Name, usize> = BTreeMap::new();
        let layers = self.results().flat_map(|result| &result.documents).flat_map(|document| &document.layers);
        for annotation in layers.flat_map(|layer| &layer.annotations) {
            *counts.entry(&annotation.label).or_default() += 1;
        }
        let mut labels: Vec<_> = counts.into_iter().map(|(name, n)| (name.clone(), n)).collect();
        labels.sort_by_key(|(name, n)| (scheme.label(name).is_some(), std::cmp::Reverse(*n)));
        labels
    }
}

/// How far the dialog is.
enum Stage {
    /// Looking at what was read.
    Choosing,
    /// Being read again, otherwise.
    Reading(WorkProgress),
    /// Being taken in.
    Planning(WorkProgress),
    /// Taken in: what became of each document.
    Over(ImportReport, Vec<Row>),
}

/// What became of a document.
pub struct Row {
    title: String,
    sha256: String,
    words: String,
    verdict: String,
}

/// The dialog.
pub struct Import {
    dataset: Dataset,
    /// How it is to be read: as it was, until a person wants it otherwise.
    how: How,
    /// Labels in the files, with their numbers; `None` until the scheme is at hand.
    labels: Option<Vec<(Name, usize)>>,
    /// Which of them become another label.
    mapping: BTreeMap<Name, Name>,
    add_labels: bool,
    stage: Stage,
    error: Option<String>,
}

impl Import {
    /// For what was read.
    pub fn new(dataset: Dataset) -> Self {
        let (how, labels, mapping) = (dataset.how, None, BTreeMap::new());
        Self { dataset, how, labels, mapping, add_labels: true, stage: Stage::Choosing, error: None }
    }

    /// Takes what was read again; what was chosen already stays.
    pub fn read_again(&mut self, dataset: Dataset) {
        let Stage::Reading(progress) = &self.stage else { return };
        if !progress.is_cancelled() {
            self.dataset = dataset;
        }
        (self.how, self.labels, self.stage) = (self.dataset.how, None, Stage::Choosing);
    }

    /// Whether it waits for the files to be read again.
    pub fn is_reading(&self) -> bool {
        matches!(self.stage, Stage::Reading(_))
    }

    /// Nothing came of it.
    pub fn failed(&mut self, error: String) {
        self.stage = Stage::Choosing;
        self.error = Some(error);
    }
}

/// An import that only needs to be applied.
pub struct Planned {
    /// With the documents loaded that it touches.
    state: State,
    /// What changes.
    change: Change,
    /// What it does, for people.
    report: ImportReport,
    /// What becomes of each document.
    rows: Vec<Row>,
}

impl App {
    /// Reads dataset files and folders on a worker.
    pub(in crate::app) fn read_datasets(&mut self, ctx: &egui::Context, paths: Vec<PathBuf>) {
        self.start_reading(ctx, paths, How::default());
    }

    fn start_reading(&mut self, ctx: &egui::Context, paths: Vec<PathBuf>, how: How) -> Option<WorkProgress> {
        let session = self.session.as_ref()?;
        let (annotator, folder) = (session.annotator().clone(), session.folder().clone());
        let documents = session.project().documents.clone();
        Some(self.workers.start(ctx, "Reading datasets", move |progress| {
            // For files that were written without their texts.
            let texts = documents.iter().filter_map(|document| folder.load_text(document).ok()).collect();
            Done::Dataset(Box::new(read(paths, &annotator, how, texts, &|share| progress.at(share))))
        }))
    }

    /// Takes a dataset that a worker read.
    pub(in crate::app) fn dataset_read(&mut self, dataset: Dataset) {
        match &mut self.dialog {
            Some(super::Dialog::Import(import)) if import.is_reading() => import.read_again(dataset),
            _ => self.dialog = Some(super::Dialog::Import(Import::new(dataset))),
        }
    }

    pub(super) fn import_dialog(&mut self, ctx: &egui::Context, import: &mut Import) -> After {
        let Some(session) = &self.session else { return After::Close };
        let scheme = &session.project().scheme;
        let title = if matches!(import.stage, Stage::Over(..)) { "Imported" } else { "Import dataset" };
        let (pressed, close) = modal(ctx, "import", title, 640.0, |ui| {
            let palette = Palette::current(ui);
            if let Some(why) = &import.dataset.failed {
                let why = without_options(why, false);
                ui.add(egui::Label::new(RichText::new(why).color(palette.error)).wrap().selectable(true));
                return buttons(ui, &["Close"], true);
            }
            match &import.stage {
                Stage::Planning(progress) => return under_way(ui, "Importing…", progress),
                Stage::Reading(progress) => return under_way(ui, "Reading the files again…", progress),
                Stage::Over(report, rows) => {
                    outcome(ui, report, rows);
                    return buttons(ui, &["Close"], true);
                }
                Stage::Choosing => {}
            }
            for (n, read) in import.dataset.read.iter().enumerate() {
                ui.push_id(n, |ui| recognised(ui, read));
            }
            beside(ui, &import.dataset);
            how_to_read(ui, &mut import.how);
            let some = import.dataset.results().next().is_some();
            let refused = import.dataset.read.iter().any(|read| read.result.is_err());
            if refused && import.dataset.how.keep_going && !some {
                ui.label(RichText::new("There is nothing in it that can be imported.").color(palette.error));
                return buttons(ui, &["Close"], true);
            }
            if refused && !import.dataset.how.keep_going {
                let words = if some { "Nothing is imported yet." } else { "Nothing can be imported as it is." };
                ui.label(RichText::new(words).color(palette.error));
                let pressed = buttons(ui, &["Cancel", "Import the rest"], true);
                import.how.keep_going = pressed == Some(1);
                return pressed.filter(|n| *n == 0);
            }
            mapping(ui, import, scheme);
            ui.add_space(8.0);
            widgets::checkbox(ui, &mut import.add_labels, "Add labels, links and attributes that the scheme lacks");
            if let Some(error) = &import.error {
                ui.label(RichText::new(without_options(error, false)).color(palette.error));
            }
            buttons(ui, &["Cancel", "Import"], import.dataset.results().next().is_some())
        });
        if matches!(import.stage, Stage::Choosing) && import.how != import.dataset.how && pressed.is_none() && !close {
            if let Some(progress) = self.start_reading(ctx, import.dataset.paths.clone(), import.how) {
                import.stage = Stage::Reading(progress);
            }
            return After::Stay;
        }
        if let Stage::Planning(progress) | Stage::Reading(progress) = &import.stage {
            if close || pressed == Some(STOP) {
                progress.cancel();
            }
            return After::Stay;
        }
        let choosing = matches!(import.stage, Stage::Choosing) && import.dataset.failed.is_none();
        if pressed == Some(1) && choosing {
            let (folder, state) = (session.folder().clone(), session.state().clone());
            let mut results = Vec::new();
            for read in &import.dataset.read {
                let Ok(result) = &read.result else { continue };
                let origin = Arc::new(Origin::Import { format: read.format.0.into(), file: read.file.as_str().into() });
                results.push((result.clone(), origin));
            }
            let options = ImportOptions { labels: import.mapping.clone(), add_to_scheme: import.add_labels };
            import.stage = Stage::Planning(self.workers.start(ctx, "Importing", move |progress| {
                let progress = |share: f32| progress.at(share);
                Done::Planned(Box::new(planned(&folder, state, results, &options, &progress)))
            }));
            return After::Stay;
        }
        if close || pressed.is_some() { After::Close } else { After::Stay }
    }

    /// Applies an import.
    pub(in crate::app) fn import_planned(&mut self, ctx: &egui::Context, planned: Result<Planned, String>) {
        let applied = planned.and_then(|planned| {
            let session = self.session.as_mut().ok_or("no project is open")?;
            session.take_in_all(&planned.state);
            planned.change.documents().for_each(|id| self.summaries.set(id, None));
            session.apply(planned.change).map_err(|error| error.to_string())?;
            Ok((planned.report, planned.rows))
        });
        match applied {
            Ok((report, rows)) => {
                self.notify(in_words(&report));
                self.summarise();
                let shown = self.session.as_ref().is_some_and(|s| s.current().is_some());
                if let (false, Some(first)) = (shown, report.new_documents.first()) {
                    self.open_document(ctx, first);
                }
                self.count_all(ctx);
                if let Some(super::Dialog::Import(import)) = &mut self.dialog {
                    import.stage = Stage::Over(report, rows);
                }
            }
            Err(error) => match &mut self.dialog {
                Some(super::Dialog::Import(import)) => import.failed(error),
                _ => self.complain(error),
            },
        }
    }
}

fn in_words(report: &ImportReport) -> String {
    let mut text = format!(
        "Imported {} and {} in {}",
        counted(report.annotations, "annotation"),
        counted(report.links, "link"),
        counted(report.new_documents.len() + report.known_documents.len(), "document"),
    );
    if report.twins > 0 {
        text.push_str(&format!("; {} were there already", report.twins));
    }
    text
}

/// A list in a frame of its own, as high as it needs, but not higher than `most` points.
fn framed(ui: &mut Ui, name: &str, most: f32, contents: impl FnOnce(&mut Ui)) {
    let palette = Palette::current(ui);
    let frame = egui::Frame::new().fill(palette.panel).stroke((1.0, palette.line)).corner_radius(6).inner_margin(8);
    ui.add_space(4.0);
    frame.show(ui, |ui| {
        let scroll = ScrollArea::vertical().id_salt(name).max_height(most).min_scrolled_height(most);
        scroll.auto_shrink([false, true]).show(ui, |ui| {
            scroll_by_keys(ui, most);
            contents(ui);
        });
    });
}

/// What was recognised in files of one format, document by document, and what is wrong with them.
fn recognised(ui: &mut Ui, read: &Read) {
    ui.label(format!("Recognised as {} · {}", read.format.1, counted(read.files, "file")));
    match &read.result {
        Ok(result) => {
            framed(ui, "documents", 150.0, |ui| {
                for document in result.documents.iter().take(LISTED) {
                    let annotations: usize = document.layers.iter().map(|l| l.annotations.len()).sum();
                    let words = format!("{} · {}", document.title, counted(annotations, "annotation"));
                    ui.add(egui::Label::new(words).truncate());
                    ui.label(muted(ui, document.verdict.to_string()).size(size::CAPTION));
                }
                if result.documents.len() > LISTED {
                    ui.label(muted(ui, format!("and {} more documents", result.documents.len() - LISTED)));
                }
            });
            list(ui, &result.problems, true);
        }
        Err(problems) => list(ui, problems, false),
    }
    ui.add_space(8.0);
}

/// What lies beside the datasets and is not taken in here.
fn beside(ui: &mut Ui, dataset: &Dataset) {
    if dataset.articles > 0 {
        let key = key_of(ui, Action::OpenArticle);
        let words = format!(
            "{} without annotations: {key} takes {} in",
            counted(dataset.articles, "text"),
            if dataset.articles == 1 { "it" } else { "them" }
        );
        ui.label(muted(ui, words).size(size::CAPTION));
    }
    if !dataset.left_out.is_empty() {
        let words = format!("{} of no known kind left out", counted(dataset.left_out.len(), "file"));
        let names: Vec<_> = dataset.left_out.iter().take(20).map(|path| path.display().to_string()).collect();
        ui.label(muted(ui, words).size(size::CAPTION)).on_hover_text(names.join("\n"));
    }
}

/// How the files are read: when something of it changes, they are read again.
fn how_to_read(ui: &mut Ui, how: &mut How) {
    const TRIAL: &str = "found by trial";
    ui.add_space(4.0);
    field(ui, "Offsets", |ui| {
        let names = std::iter::once(TRIAL).chain(Unit::ALL.map(Unit::name));
        let current = how.unit.map_or(TRIAL, Unit::name);
        if let Some(Choice::Taken(chosen)) = segments(ui, "Offsets", names, Some(current), false, false) {
            how.unit = Unit::ALL.into_iter().find(|unit| unit.name() == chosen);
        }
        widgets::checkbox(ui, &mut how.widen, "Widen spans to whole characters")
            .on_hover_text("Spans that begin or end inside a character are refused otherwise");
    });
    ui.add_space(8.0);
}

/// The labels in the files, and what each becomes.
fn mapping(ui: &mut Ui, import: &mut Import, scheme: &Scheme) {
    let labels = import.labels.get_or_insert_with(|| import.dataset.labels(scheme));
    if labels.is_empty() {
        return;
    }
    ui.label(muted(ui, "Labels").size(size::CAPTION));
    let (add, mapping) = (import.add_labels, &mut import.mapping);
    framed(ui, "labels", 150.0, |ui| {
        for (name, n) in labels.iter().take(LISTED) {
            ui.horizontal(|ui| {
                let text = egui::Label::new(format!("{name} · {}", counted(*n, "annotation"))).truncate();
                let room = egui::vec2((ui.available_width() - 238.0).max(120.0), 26.0);
                ui.allocate_ui_with_layout(room, egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.set_min_width(room.x);
                    ui.add(text);
                });
                let kept = match (scheme.label(name), add) {
                    (Some(_), _) => "stays as it is",
                    (None, true) => "becomes a new label",
                    (None, false) => "stays, outside the scheme",
                };
                let becomes = mapping.get(name);
                let shown = becomes.map_or(kept.to_owned(), |to| format!("becomes {}", scheme.title_of(to)));
                let others = scheme.labels.iter().filter(|label| label.name != *name);
                let options = || {
                    let kept = std::iter::once((None, kept.to_owned()));
                    kept.chain(others.map(|l| (Some(l.name.clone()), format!("becomes {}", l.title)))).collect()
                };
                let current = becomes.cloned();
                let what = format!("What becomes of {name}");
                let (_, chosen) = widgets::combo(ui, &what, 230.0, &shown, Some(&current), options);
                match chosen {
                    Some(Some(to)) => {
                        mapping.insert(name.clone(), to);
                    }
                    Some(None) => {
                        mapping.remove(name);
                    }
                    None => {}
                }
            });
        }
        if labels.len() > LISTED {
            let more = format!("and {} more, which stay as they are", labels.len() - LISTED);
            ui.label(muted(ui, more).size(size::CAPTION));
        }
    });
}

/// What became of each document.
fn outcome(ui: &mut Ui, report: &ImportReport, rows: &[Row]) {
    ui.label(format!("{}.", in_words(report)));
    let unknown: Vec<_> = report.unknown_labels.keys().map(Name::as_str).collect();
    if !unknown.is_empty() {
        ui.label(muted(ui, format!("Outside the scheme: {}", unknown.join(", "))));
    }
    framed(ui, "outcome", 320.0, |ui| {
        for row in rows.iter().take(LISTED) {
            ui.add(egui::Label::new(format!("{} · {}", row.title, row.words)).truncate());
            ui.label(muted(ui, &row.verdict).size(size::CAPTION));
        }
        if rows.len() > LISTED {
            ui.label(muted(ui, format!("and {} more documents", rows.len() - LISTED)));
        }
    });
}

fn list(ui: &mut Ui, problems: &[Problem], resting: bool) {
    if problems.is_empty() {
        return;
    }
    ui.add_space(4.0);
    let scroll = ScrollArea::vertical().id_salt("problems").max_height(160.0).min_scrolled_height(160.0);
    scroll.auto_shrink([false, true]).show(ui, |ui| {
        for problem in problems.iter().take(LISTED) {
            let words = without_options(&problem.to_string(), resting);
            ui.add(egui::Label::new(RichText::new(words).size(size::SMALL)).wrap().selectable(true));
        }
        if problems.len() > LISTED {
            ui.label(muted(ui, format!("and {} more", problems.len() - LISTED)));
        }
    });
}

fn read(paths: Vec<PathBuf>, annotator: &Name, how: How, texts: Vec<Text>, progress: &dyn Fn(f32) -> bool) -> Dataset {
    let nothing =
        |paths, why| Dataset { paths, read: Vec::new(), how, articles: 0, left_out: Vec::new(), failed: Some(why) };
    let Sources { articles, annotated, left_out } = match sources::find(&with_companions(&paths), None) {
        Ok(sources) => sources,
        Err(error) => return nothing(paths, error.to_string()),
    };
    if annotated.is_empty() {
        let read = formats::ALL.iter().filter(|format| format.card().uses.reads());
        let titles: Vec<_> = read.map(|format| format.card().title).collect();
        return nothing(paths, format!("no format was recognised that Byline reads: {}", titles.join(", ")));
    }
    let How { unit, widen, keep_going } = how;
    let options = ReadOptions { unit, keep_going, widen, texts, ..ReadOptions::new(annotator.clone(), Utc::now()) };
    let (mut read, sets) = (Vec::new(), annotated.len() as f32);
    for (n, Set { format, files, .. }) in annotated.into_iter().enumerate() {
        let of_all = |share: f32| progress((n as f32 + share) / sets);
        let result = match formats::read(format, &files, &options, Progress::new(&of_all)) {
            Ok(result) => Ok(result),
            Err(ReadError::Refused(problems)) => Err(problems),
            Err(error) => return nothing(paths, error.to_string()),
        };
        let file = files.first().map_or_else(String::new, |file| file.base_name().to_owned());
        read.push(Read { format: (format.card().name, format.card().title), file, files: files.len(), result });
    }
    Dataset { paths, read, how, articles: articles.len(), left_out, failed: None }
}

/// The files, and those that belong to them: brat keeps text, annotations and configuration apart.
fn with_companions(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = paths.to_vec();
    for path in paths.iter().filter(|path| path.is_file()) {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        let beside = match extension {
            "ann" => vec![path.with_extension("txt")],
            "txt" => vec![path.with_extension("ann")],
            _ => Vec::new(),
        };
        let settings = ["annotation.conf", "visual.conf", "kb_shortcuts.conf"].map(|name| path.with_file_name(name));
        let settings = settings.into_iter().filter(|_| extension == "ann" || extension == "txt");
        all.extend(beside.into_iter().chain(settings).filter(|p| p.is_file()));
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// Plans all of it as one change, so that it is one step of undo.
fn planned(
    folder: &ProjectFolder,
    mut state: State,
    results: Vec<(ReadResult, Arc<Origin>)>,
    options: &ImportOptions,
    progress: &dyn Fn(f32) -> bool,
) -> Result<Planned, String> {
    let known: Vec<_> = results.iter().flat_map(|(result, _)| known(&state.project, result)).collect();
    for (n, id) in known.iter().enumerate() {
        if !progress(n as f32 / known.len() as f32) {
            return Err("stopped; nothing was imported".to_owned());
        }
        folder.load_document(&mut state, id).map_err(|error| error.to_string())?;
    }
    let loaded = state.clone();
    // What is applied on the way is only to plan the next set.
    let (mut whole, mut report, mut rows): (Option<Change>, _, _) = (None, ImportReport::default(), Vec::new());
    for (result, origin) in results {
        rows.extend(result.documents.iter().map(|document| {
            let annotations: usize = document.layers.iter().map(|l| l.annotations.len()).sum();
            let links: usize = document.layers.iter().map(|l| l.links.len()).sum();
            Row {
                title: document.title.clone(),
                sha256: document.text.sha256().to_owned(),
                words: format!("{}, {}", counted(annotations, "annotation"), counted(links, "link")),
                verdict: document.verdict.to_string(),
            }
        }));
        let (change, done) = match plan(&state, result, options, &Stamp { at: Utc::now(), origin }) {
            Ok(planned) => planned,
            // Another set may say something new.
            Err(Refusal::NothingToDo) => continue,
            Err(refusal) => return Err(refusal.to_string()),
        };
        state.apply(&change).map_err(|error| error.to_string())?;
        report.join(done);
        whole = Some(match whole {
            Some(before) => before.and_then(change),
            None => change,
        });
    }
    let mut change = whole.ok_or_else(|| Refusal::NothingToDo.to_string())?;
    change.what = format!("import {}", counted(rows.len(), "document"));
    if !progress(1.0) {
        return Err("stopped; nothing was imported".to_owned());
    }
    for row in &mut rows {
        let document = state.project.documents.iter().find(|d| d.sha256 == row.sha256);
        let is_new = document.is_some_and(|d| report.new_documents.contains(&d.id));
        row.words.push_str(if is_new { " · new" } else { " · was there already" });
    }
    Ok(Planned { state: loaded, change, report, rows })
}
