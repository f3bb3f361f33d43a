//! Importing datasets: what was recognised and what is wrong is shown before anything enters the project.

use super::{After, STOP, buttons, modal, under_way};
use crate::app::App;
use crate::app::jobs::Done;
use crate::app::theme::{Palette, size};
use crate::app::widgets::{self, muted};
use crate::app::worker::Progress as WorkProgress;
use crate::edit::{Change, Stamp, State};
use crate::formats::import::{ImportOptions, ImportReport, known, plan};
use crate::formats::{self, InputFile, Problem, Progress, ReadError, ReadOptions, ReadResult};
use crate::model::{Name, Origin, Text};
use crate::store::ProjectFolder;
use chrono::Utc;
use eframe::egui::{self, RichText, ScrollArea};
use std::path::{Path, PathBuf};

/// A dataset that was read.
pub struct Dataset {
    paths: Vec<PathBuf>,
    format: String,
    result: Result<ReadResult, Vec<Problem>>,
    failed: Option<String>,
}

/// The dialog.
pub struct Import {
    dataset: Dataset,
    add_labels: bool,
    planning: Option<WorkProgress>,
    error: Option<String>,
}

impl Import {
    /// For what was read.
    pub fn new(dataset: Dataset) -> Self {
        Self { dataset, add_labels: true, planning: None, error: None }
    }

    /// Nothing came of it.
    pub fn failed(&mut self, error: String) {
        self.planning = None;
        self.error = Some(error);
    }
}

/// An import that only needs to be applied.
pub struct Planned {
    /// With the documents loaded that it touches.
    pub state: State,
    /// What changes.
    pub change: Change,
    /// What it does, for people.
    pub report: ImportReport,
}

impl App {
    /// Reads dataset files on a worker.
    pub(in crate::app) fn read_datasets(&mut self, ctx: &egui::Context, paths: Vec<PathBuf>) {
        self.start_reading(ctx, paths, false);
    }

    fn start_reading(&mut self, ctx: &egui::Context, paths: Vec<PathBuf>, keep_going: bool) {
        let Some(session) = &self.session else { return };
        let (annotator, folder) = (session.annotator().clone(), session.folder().clone());
        let documents = session.project().documents.clone();
        self.workers.start(ctx, "Reading datasets", move |progress| {
            // For files that were written without their texts.
            let texts = documents.iter().filter_map(|document| folder.load_text(document).ok()).collect();
            Done::Dataset(Box::new(read(paths, annotator, keep_going, texts, &|share| progress.at(share))))
        });
    }

    pub(super) fn import_dialog(&mut self, ctx: &egui::Context, import: &mut Import) -> After {
        let mut again = false;
        let (pressed, close) = modal(ctx, "import", "Import dataset", 600.0, |ui| {
            let palette = Palette::current(ui);
            if let Some(why) = &import.dataset.failed {
                ui.add(egui::Label::new(RichText::new(why).color(palette.error)).wrap().selectable(true));
                return buttons(ui, &["Close"], true);
            }
            if let Some(progress) = &import.planning {
                return under_way(ui, "Importing…", progress);
            }
            ui.label(format!("Recognised as {}", import.dataset.format));
            match &import.dataset.result {
                Err(problems) => {
                    ui.label(RichText::new("Nothing was imported, because:").color(palette.error));
                    list(ui, problems);
                    let pressed = buttons(ui, &["Cancel", "Import the rest"], true);
                    again = pressed == Some(1);
                    pressed.filter(|n| *n == 0)
                }
                Ok(result) => {
                    overview(ui, result, &palette);
                    list(ui, &result.problems);
                    ui.add_space(8.0);
                    widgets::checkbox(
                        ui,
                        &mut import.add_labels,
                        "Add labels, links and attributes that the scheme lacks",
                    );
                    if let Some(error) = &import.error {
                        ui.label(RichText::new(error).color(palette.error));
                    }
                    buttons(ui, &["Cancel", "Import"], true)
                }
            }
        });
        if again {
            self.start_reading(ctx, import.dataset.paths.clone(), true);
            return After::Close;
        }
        if pressed == Some(1)
            && let (Ok(result), Some(session)) = (&import.dataset.result, &self.session)
        {
            let (folder, state) = (session.folder().clone(), session.state().clone());
            let (result, format) = (result.clone(), import.dataset.format.clone());
            let file = import.dataset.paths.first().and_then(|p| p.file_name()).unwrap_or_default();
            let origin = Origin::Import { format: format.into(), file: file.to_string_lossy().as_ref().into() };
            let options = ImportOptions { add_to_scheme: import.add_labels, ..ImportOptions::default() };
            import.planning = Some(self.workers.start(ctx, "Importing", move |progress| {
                let progress = |share: f32| progress.at(share);
                Done::Planned(Box::new(planned(&folder, state, result, &options, origin, &progress)))
            }));
            return After::Stay;
        }
        if let Some(progress) = import.planning.as_ref().filter(|_| close || pressed == Some(STOP)) {
            progress.cancel();
            return After::Stay;
        }
        if close || pressed == Some(0) { After::Close } else { After::Stay }
    }

    /// Applies an import.
    pub(in crate::app) fn import_planned(&mut self, ctx: &egui::Context, planned: Result<Planned, String>) {
        let applied = planned.and_then(|planned| {
            let session = self.session.as_mut().ok_or("no project is open")?;
            session.take_in_all(&planned.state);
            planned.change.documents().for_each(|id| self.summaries.set(id, None));
            session.apply(planned.change).map_err(|error| error.to_string())?;
            Ok(planned.report)
        });
        match applied {
            Ok(report) => {
                self.dialog = None;
                self.notify(in_words(&report));
                self.summarise();
                let shown = self.session.as_ref().is_some_and(|s| s.current().is_some());
                if let (false, Some(first)) = (shown, report.new_documents.first()) {
                    self.open_document(ctx, first);
                }
                self.count_all(ctx);
            }
            Err(error) => match &mut self.dialog {
                Some(super::Dialog::Import(import)) => import.failed(error),
                _ => self.complain(error),
            },
        }
    }
}

fn in_words(report: &ImportReport) -> String {
    let count = |n: usize, noun: &str| if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") };
    let mut text = format!(
        "Imported {} and {} in {}",
        count(report.annotations, "annotation"),
        count(report.links, "link"),
        count(report.new_documents.len() + report.known_documents.len(), "document"),
    );
    if report.twins > 0 {
        text.push_str(&format!("; {} were there already", report.twins));
    }
    text
}

fn overview(ui: &mut egui::Ui, result: &ReadResult, palette: &Palette) {
    ui.add_space(4.0);
    let frame = egui::Frame::new().fill(palette.panel).stroke((1.0, palette.line)).corner_radius(6).inner_margin(8);
    frame.show(ui, |ui| {
        ScrollArea::vertical().id_salt("documents").max_height(180.0).auto_shrink([false, true]).show(ui, |ui| {
            for document in result.documents.iter().take(200) {
                let annotations: usize = document.layers.iter().map(|l| l.annotations.len()).sum();
                ui.horizontal(|ui| {
                    ui.add(egui::Label::new(format!("{} · {annotations} annotations", document.title)).truncate());
                });
                ui.label(muted(ui, document.verdict.to_string()).size(size::CAPTION));
            }
            if result.documents.len() > 200 {
                ui.label(muted(ui, format!("and {} more documents", result.documents.len() - 200)));
            }
        });
    });
}

fn list(ui: &mut egui::Ui, problems: &[Problem]) {
    if problems.is_empty() {
        return;
    }
    ui.add_space(4.0);
    ScrollArea::vertical().id_salt("problems").max_height(160.0).auto_shrink([false, true]).show(ui, |ui| {
        for problem in problems.iter().take(200) {
            ui.add(egui::Label::new(RichText::new(problem.to_string()).size(size::SMALL)).wrap().selectable(true));
        }
        if problems.len() > 200 {
            ui.label(muted(ui, format!("and {} more; `byline import` lists all", problems.len() - 200)));
        }
    });
}

fn read(
    paths: Vec<PathBuf>,
    annotator: Name,
    keep_going: bool,
    texts: Vec<Text>,
    progress: &dyn Fn(f32) -> bool,
) -> Dataset {
    let failed = |why: String| Dataset {
        paths: paths.clone(),
        format: String::new(),
        result: Err(Vec::new()),
        failed: Some(why),
    };
    let mut files = Vec::new();
    for path in with_companions(&paths) {
        match std::fs::read(&path) {
            Ok(bytes) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                files.push(InputFile::new(name, bytes));
            }
            Err(error) => return failed(format!("`{}` cannot be read: {error}", path.display())),
        }
    }
    let recognised = formats::recognise(&files);
    let Some(format) = recognised.first() else {
        return failed("no format that Byline reads was recognised; `byline formats` lists them".to_owned());
    };
    let options = ReadOptions { keep_going, texts, ..ReadOptions::new(annotator, Utc::now()) };
    let title = format.card().title.to_owned();
    match formats::read(*format, &files, &options, Progress::new(progress)) {
        Ok(result) => Dataset { paths, format: title, result: Ok(result), failed: None },
        Err(ReadError::Refused(problems)) => Dataset { paths, format: title, result: Err(problems), failed: None },
        Err(error) => failed(error.to_string()),
    }
}

/// The files, and those that belong to them: brat keeps text, annotations and configuration apart.
fn with_companions(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = paths.to_vec();
    for path in paths {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        let beside = match extension {
            "ann" => vec![path.with_extension("txt")],
            "txt" => vec![path.with_extension("ann")],
            _ => Vec::new(),
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        let settings = ["annotation.conf", "visual.conf", "kb_shortcuts.conf"].map(|name| folder.join(name));
        let settings = settings.into_iter().filter(|_| extension == "ann" || extension == "txt");
        all.extend(beside.into_iter().chain(settings).filter(|p| p.is_file()));
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn planned(
    folder: &ProjectFolder,
    mut state: State,
    result: ReadResult,
    options: &ImportOptions,
    origin: Origin,
    progress: &dyn Fn(f32) -> bool,
) -> Result<Planned, String> {
    let known = known(&state.project, &result);
    for (n, id) in known.iter().enumerate() {
        if !progress(n as f32 / known.len() as f32) {
            return Err("stopped; nothing was imported".to_owned());
        }
        folder.load_document(&mut state, id).map_err(|error| error.to_string())?;
    }
    let stamp = Stamp { at: Utc::now(), origin };
    let (change, report) = plan(&state, result, options, &stamp).map_err(|error| error.to_string())?;
    if !progress(1.0) {
        return Err("stopped; nothing was imported".to_owned());
    }
    Ok(Planned { state, change, report })
}
