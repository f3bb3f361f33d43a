//! Exporting a dataset: what the format holds and loses is shown before anything is written.

use super::{After, buttons, modal, under_way};
use crate::app::App;
use crate::app::fonts::Face;
use crate::app::jobs::Done;
use crate::app::pick::Purpose;
use crate::app::theme::{Palette, size};
use crate::app::widgets::{self, Choice, field, muted, segments};
use crate::app::words::without_options;
use crate::app::worker::Progress;
use crate::edit::State;
use crate::formats::output::Folder;
use crate::formats::split::SplitError;
use crate::formats::{
    self, ALL, DatasetOptions, ExportDocument, ExportInput, ExportOptions, Format, Loss, Policy, Shown, Split, SplitBy,
    TagScheme,
};
use crate::model::{DocumentId, Layer, Name, counted};
use crate::session::Session;
use crate::store::ProjectFolder;
use eframe::egui::{self, RichText, ScrollArea};
use std::path::{Path, PathBuf};

/// What is exported and how: a preview is made anew when any of it changes.
#[derive(Clone, PartialEq)]
struct Wanted {
    format: usize,
    document: Option<DocumentId>,
    annotator: Option<Name>,
    policy: Policy,
    without_text: bool,
    /// What of the texts stays in, if they are left out.
    shown: Shown,
    tags: TagScheme,
    split: Split,
    /// Said only when it is written: no preview depends on it.
    license: Option<String>,
}

/// What of the texts may stand in the files without them, as [`Shown::ALL`].
const SHOWN: [&str; 3] = ["nothing", "marked words", "and 32 letters around"];

impl Wanted {
    fn options(&self) -> ExportOptions {
        let Self { policy, without_text, shown, tags, split, .. } = *self;
        let dataset = DatasetOptions { split, license: self.license.clone() };
        ExportOptions { policy, without_text, shown, tags, dataset, ..ExportOptions::default() }
    }
}

/// What was pressed.
#[derive(Clone, Copy, PartialEq)]
enum Pressed {
    Export,
    Stop,
    Back,
    CopyPath,
    Show,
    Close,
}

/// How far the dialog is.
enum Stage {
    /// Choosing; what will be lost, once it is known.
    Choosing(Option<Preview>),
    /// Being written.
    Writing(Progress),
    /// Written, or not.
    Over(Result<Exported, String>),
}

/// What was written, in words, and the folder where it lies.
pub struct Exported {
    words: String,
    folder: PathBuf,
}

impl Exported {
    /// What was written.
    pub fn in_words(self) -> String {
        self.words
    }
}

/// What an export would hold and lose.
pub struct Preview {
    wanted: Wanted,
    documents: usize,
    annotations: usize,
    losses: Result<Vec<Loss>, String>,
}

/// The dialog.
pub struct Export {
    wanted: Wanted,
    current: Option<DocumentId>,
    me: Name,
    license: String,
    /// Shares of the parts and what chance begins with, as they are being typed.
    shares: String,
    seed: String,
    target: String,
    replace: bool,
    asked_for: Option<Wanted>,
    /// The preview that is being made.
    previewing: Option<Progress>,
    stage: Stage,
}

impl Export {
    fn new(session: &Session) -> Self {
        let current = session.current().map(|d| d.id.clone());
        let wanted = Wanted {
            format: 0,
            document: None,
            annotator: None,
            policy: Policy::Refuse,
            without_text: false,
            shown: Shown::default(),
            tags: TagScheme::default(),
            split: Split::NONE,
            license: None,
        };
        let mut export = Self {
            wanted,
            current,
            me: session.annotator().clone(),
            license: String::new(),
            shares: Split::NONE.shares.map(|share| share.to_string()).join("/"),
            seed: Split::NONE.seed.to_string(),
            target: String::new(),
            replace: false,
            asked_for: None,
            previewing: None,
            stage: Stage::Choosing(None),
        };
        let folder = session.folder().path();
        let name = folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let beside = folder.parent().unwrap_or(folder);
        export.target = beside.join(format!("{name}-{}", export.format().card().name)).display().to_string();
        export
    }

    fn format(&self) -> &'static dyn Format {
        ALL[self.wanted.format.min(ALL.len() - 1)]
    }

    /// The target follows the format as long as its name was not changed by hand.
    fn choose_format(&mut self, format: usize) {
        let old = format!("-{}", self.format().card().name);
        self.wanted.format = format;
        if let Some(stem) = self.target.strip_suffix(&old) {
            self.target = format!("{stem}-{}", self.format().card().name);
        }
    }

    /// A folder was chosen: the files go into a folder of their own in it.
    pub fn set_folder(&mut self, folder: &Path) {
        let name = Path::new(&self.target).file_name().map(PathBuf::from).unwrap_or_default();
        let empty = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
        self.target = if empty { folder.to_owned() } else { folder.join(name) }.display().to_string();
    }

    /// Takes a preview that a worker made.
    pub fn previewed(&mut self, preview: Preview) {
        if let Stage::Choosing(shown) = &mut self.stage
            && preview.wanted == self.wanted
        {
            *shown = Some(preview);
        }
    }

    /// Takes the result of writing.
    pub fn written(&mut self, result: Result<Exported, String>) {
        self.stage = Stage::Over(result);
    }
}

impl App {
    pub(in crate::app) fn open_export(&mut self) {
        if let Some(session) = &self.session {
            self.dialog = Some(super::Dialog::Export(Export::new(session)));
        }
    }

    pub(super) fn export_dialog(&mut self, ctx: &egui::Context, export: &mut Export) -> After {
        if matches!(export.stage, Stage::Choosing(_)) && export.asked_for.as_ref() != Some(&export.wanted) {
            export.asked_for = Some(export.wanted.clone());
            let before = std::mem::replace(&mut export.previewing, self.start_preview(ctx, export.wanted.clone()));
            if let Some(before) = before {
                before.cancel();
            }
        }
        let mut choose = false;
        let title = if matches!(export.stage, Stage::Over(Ok(_))) { "Exported" } else { "Export dataset" };
        let (pressed, close) = modal(ctx, "export", title, 600.0, |ui| match &export.stage {
            Stage::Choosing(_) => choices(ui, export, &mut choose),
            Stage::Writing(progress) => under_way(ui, "Writing and verifying…", progress).map(|_| Pressed::Stop),
            Stage::Over(result) => {
                let palette = Palette::current(ui);
                let (text, ink) = match result {
                    Ok(done) => (without_options(&done.words, false), palette.ink),
                    Err(text) => (without_options(text, false), palette.error),
                };
                ScrollArea::vertical().max_height(320.0).auto_shrink([false, true]).show(ui, |ui| {
                    ui.add(egui::Label::new(RichText::new(text).color(ink)).wrap().selectable(true));
                });
                let choices: &[(&str, Pressed)] = match result {
                    Ok(_) => &[
                        ("Copy path", Pressed::CopyPath),
                        ("Show in folder", Pressed::Show),
                        ("Close", Pressed::Close),
                    ],
                    Err(_) => &[("Close", Pressed::Close), ("Back", Pressed::Back)],
                };
                let titles: Vec<_> = choices.iter().map(|(title, _)| *title).collect();
                buttons(ui, &titles, true).and_then(|n| choices.get(n)).map(|(_, meaning)| *meaning)
            }
        });
        if choose {
            self.pick(ctx, Purpose::Target);
        }
        match pressed {
            Some(Pressed::Export) => {
                let target = PathBuf::from(export.target.trim());
                let license = Some(export.license.trim().to_owned()).filter(|license| !license.is_empty());
                let wanted = Wanted { license, ..export.wanted.clone() };
                if let Some(progress) = self.start_export(ctx, wanted, target, export.replace) {
                    export.stage = Stage::Writing(progress);
                }
                After::Stay
            }
            Some(Pressed::Back) => {
                export.stage = Stage::Choosing(None);
                export.asked_for = None;
                After::Stay
            }
            Some(Pressed::CopyPath) => {
                if let Stage::Over(Ok(done)) = &export.stage {
                    ctx.copy_text(done.folder.display().to_string());
                }
                After::Stay
            }
            Some(Pressed::Show) => {
                if let Stage::Over(Ok(done)) = &export.stage {
                    self.show_in_folder(ctx, &done.folder);
                }
                After::Stay
            }
            Some(Pressed::Stop) => {
                if let Stage::Writing(progress) = &export.stage {
                    progress.cancel();
                }
                After::Stay
            }
            Some(Pressed::Close) => After::Close,
            // Leaving while it is written gives it up: nothing of it is there then.
            None if close => {
                if let Stage::Writing(progress) = &export.stage {
                    progress.cancel();
                    return After::Stay;
                }
                After::Close
            }
            None => After::Stay,
        }
    }

    fn start_preview(&mut self, ctx: &egui::Context, wanted: Wanted) -> Option<Progress> {
        let session = self.session.as_ref()?;
        let (folder, state) = (session.folder().clone(), session.state().clone());
        Some(self.workers.start(ctx, "Looking at what is exported", move |progress| {
            Done::Previewed(Box::new(preview(&folder, state, wanted, &|share| progress.at(share))))
        }))
    }

    fn start_export(
        &mut self,
        ctx: &egui::Context,
        wanted: Wanted,
        target: PathBuf,
        replace: bool,
    ) -> Option<Progress> {
        let session = self.session.as_ref()?;
        let (folder, state) = (session.folder().clone(), session.state().clone());
        Some(self.workers.start(ctx, "Exporting", move |progress| {
            Done::Exported(write(&folder, state, &wanted, &target, replace, &|share| progress.at(share)))
        }))
    }
}

/// The choices and what follows from them.
fn choices(ui: &mut egui::Ui, export: &mut Export, choose: &mut bool) -> Option<Pressed> {
    let palette = Palette::current(ui);
    field(ui, "Format", |ui| {
        let all = || ALL.iter().enumerate().map(|(n, f)| (n, f.card().title.to_owned())).collect();
        let title = export.format().card().title;
        let (_, chosen) = widgets::combo(ui, "Format", 320.0, title, Some(&export.wanted.format), all);
        if let Some(format) = chosen {
            export.choose_format(format);
        }
        let lacks = format!("Cannot hold {}", without_options(export.format().card().cannot, false));
        ui.add(egui::Label::new(muted(ui, lacks).size(size::CAPTION)).wrap());
    });
    if export.format().holds_only_words() {
        ui.add_space(4.0);
        field(ui, "Tags", |ui| {
            let names = TagScheme::ALL.map(|scheme| scheme.option().to_uppercase());
            let names = names.each_ref().map(String::as_str);
            let current = TagScheme::ALL.iter().position(|scheme| *scheme == export.wanted.tags);
            let current = current.map(|n| names[n]);
            if let Some(Choice::Taken(chosen)) = segments(ui, "Tags", names, current, false, false) {
                let scheme = names.iter().position(|name| *name == chosen).map(|n| TagScheme::ALL[n]);
                export.wanted.tags = scheme.unwrap_or_default();
            }
        });
    }
    if export.format().is_dataset() {
        dataset(ui, export);
    }
    ui.add_space(4.0);
    field(ui, "Documents", |ui| {
        let names = ["all", "this one"];
        let current = names[usize::from(export.wanted.document.is_some())];
        if let Some(Choice::Taken(chosen)) = segments(ui, "Documents", names, Some(current), false, false) {
            export.wanted.document = export.current.clone().filter(|_| chosen == names[1]);
        }
    });
    ui.add_space(4.0);
    let me = format!("only {}", export.me);
    field(ui, "Annotators", |ui| {
        let names = ["everybody", me.as_str()];
        let current = names[usize::from(export.wanted.annotator.is_some())];
        if let Some(Choice::Taken(chosen)) = segments(ui, "Annotators", names, Some(current), false, false) {
            export.wanted.annotator = (chosen == names[1]).then(|| export.me.clone());
        }
    });
    ui.add_space(4.0);
    field(ui, "Where to", |ui| {
        ui.horizontal(|ui| {
            let choose_width = widgets::button_width(ui, "Choose…", Face::Sans, ui.spacing().button_padding.x);
            let room = ui.available_width() - choose_width - ui.spacing().item_spacing.x;
            let edit = egui::TextEdit::singleline(&mut export.target).desired_width(room);
            let response = ui.add(edit.margin(egui::Margin::symmetric(8, 5)));
            crate::app::widgets::named(ui, &response, "Where to");
            *choose = ui.button("Choose…").clicked();
        });
        widgets::checkbox(ui, &mut export.replace, "Replace what is there");
        let needed = export.format().needs_text();
        export.wanted.without_text &= !needed;
        ui.add_enabled_ui(!needed, |ui| {
            let tip = "For articles that may not be passed on: offsets, and hashes by which they are found again";
            widgets::checkbox(ui, &mut export.wanted.without_text, "Leave the texts out")
                .on_hover_text(tip)
                .on_disabled_hover_text("In this format the annotations stand in the text itself");
        });
    });
    ui.add_space(4.0);
    // Always there, so that nothing jumps.
    ui.add_enabled_ui(export.wanted.without_text, |ui| {
        field(ui, "Of the texts", |ui| {
            let current = SHOWN[export.wanted.shown as usize];
            let choice = segments(ui, "Of the texts", SHOWN, Some(current), false, false);
            let chosen =
                choice.and_then(Choice::taken).and_then(|chosen| SHOWN.iter().position(|name| *name == chosen));
            if let Some(shown) = chosen.and_then(|at| Shown::ALL.get(at)) {
                export.wanted.shown = *shown;
            }
            let always = export.format().always_quotes() && export.wanted.shown == Shown::Offsets;
            if always {
                ui.label(muted(ui, "This format quotes the marked words all the same."));
            }
        });
    });
    ui.add_space(8.0);
    let Stage::Choosing(preview) = &export.stage else { return None };
    let needs_policy =
        preview.as_ref().is_some_and(|p| p.losses.as_ref().is_ok_and(|l| l.iter().any(Loss::needs_policy)));
    match preview {
        None => {
            ui.label(muted(ui, "Looking at what is exported…"));
        }
        Some(Preview { losses: Err(why), .. }) => {
            ui.add(egui::Label::new(RichText::new(without_options(why, false)).color(palette.error)).wrap());
        }
        Some(Preview { losses: Ok(losses), documents, annotations, .. }) => {
            let lost = in_window_words(losses.iter().filter(|l| !l.byline_keeps));
            ui.label(format!("{} in {}", counted(*annotations, "annotation"), counted(*documents, "document")));
            if lost.is_empty() && !needs_policy {
                ui.label(muted(ui, "Nothing is lost."));
            } else if !lost.is_empty() {
                ui.label(muted(ui, "The files will not hold:"));
                ScrollArea::vertical().id_salt("losses").max_height(120.0).auto_shrink([false, true]).show(ui, |ui| {
                    for loss in lost {
                        ui.add(egui::Label::new(RichText::new(format!("· {loss}")).size(size::SMALL)).wrap());
                    }
                });
            }
        }
    }
    if needs_policy || export.wanted.policy != Policy::Refuse {
        ui.add_space(4.0);
        field(ui, "Overlaps", |ui| {
            let name = |p: Policy| match p {
                Policy::Refuse => "Choose what is written…",
                Policy::LongestFirst => "the longest first",
                Policy::EarliestFirst => "the earliest first",
                Policy::LabelOrder => "in the order of the labels",
                Policy::OneFilePerLabel => "a file for each label",
            };
            let shown = name(export.wanted.policy);
            let all = || Policy::ALL.map(|p| (p, name(p).to_owned())).to_vec();
            let (_, chosen) = widgets::combo(ui, "Overlaps", 220.0, shown, Some(&export.wanted.policy), all);
            export.wanted.policy = chosen.unwrap_or(export.wanted.policy);
            ui.label(
                muted(ui, "This format cannot hold overlapping or discontinuous spans as they are.")
                    .size(size::CAPTION),
            );
        });
    }
    let known = preview.as_ref().is_some_and(|p| p.losses.is_ok() && p.annotations + p.documents > 0);
    let decided = !needs_policy || export.wanted.policy != Policy::Refuse;
    let ready = known && decided && dataset_is_said(export) && !export.target.trim().is_empty();
    buttons(ui, &["Cancel", "Export"], ready).map(|n| if n == 1 { Pressed::Export } else { Pressed::Close })
}

/// What is lost, all documents together: the same words once, with how many annotations and links they concern.
fn in_window_words<'a>(losses: impl Iterator<Item = &'a Loss>) -> Vec<String> {
    let mut sums: Vec<(String, usize, usize)> = Vec::new();
    for loss in losses {
        let what = loss.what();
        let at = sums.iter().position(|(known, ..)| *known == what).unwrap_or_else(|| {
            sums.push((what, 0, 0));
            sums.len() - 1
        });
        sums[at].1 += loss.annotations.len() + loss.links.len();
        sums[at].2 += 1;
    }
    let words = |(what, marks, places): (String, usize, usize)| match (marks, places) {
        (0, 1) => what,
        (0, places) => format!("{what} ({places} times)"),
        (marks, _) => format!("{what} ({marks})"),
    };
    sums.into_iter().map(words).collect()
}

/// How a dataset is divided, and under which licence it may be used.
fn dataset(ui: &mut egui::Ui, export: &mut Export) {
    ui.add_space(4.0);
    field(ui, "Split", |ui| {
        let names = SplitBy::ALL.map(SplitBy::option);
        let current = export.wanted.split.by.option();
        if let Some(Choice::Taken(chosen)) = segments(ui, "Split", names, Some(current), false, false) {
            let split = SplitBy::ALL.into_iter().find(|by| by.option() == chosen);
            export.wanted.split.by = split.unwrap_or_default();
        }
    });
    let by = export.wanted.split.by;
    if by != SplitBy::Nothing {
        ui.add_space(4.0);
        field(ui, "Shares", |ui| {
            line(ui, "Shares", &mut export.shares, "80/10/10");
            match shares(by, &export.shares) {
                Ok(shares) => {
                    export.wanted.split.shares = shares;
                    let meaning = "For training, validation and the test; two numbers leave no validation";
                    ui.add(egui::Label::new(muted(ui, meaning).size(size::CAPTION)).wrap());
                }
                Err(error) => wrong(ui, &error.to_string()),
            }
        });
    }
    if has_chance(by) {
        ui.add_space(4.0);
        field(ui, "Seed", |ui| {
            line(ui, "Seed", &mut export.seed, "1");
            match seed(&export.seed) {
                Some(seed) => {
                    export.wanted.split.seed = seed;
                    let meaning = "The same number divides the same documents in the same way";
                    ui.add(egui::Label::new(muted(ui, meaning).size(size::CAPTION)).wrap());
                }
                None => wrong(ui, "expected a whole number"),
            }
        });
    }
    ui.add_space(4.0);
    field(ui, "Licence", |ui| line(ui, "Licence", &mut export.license, "such as cc-by-4.0"));
}

/// A short line to type into.
fn line(ui: &mut egui::Ui, name: &str, text: &mut String, hint: &str) {
    let edit = egui::TextEdit::singleline(text).hint_text(hint).desired_width(220.0);
    let response = ui.add(edit.margin(egui::Margin::symmetric(8, 5)));
    widgets::named(ui, &response, name);
}

/// What is wrong with what was typed.
fn wrong(ui: &mut egui::Ui, why: &str) {
    let ink = Palette::current(ui).error;
    ui.add(egui::Label::new(RichText::new(why).size(size::CAPTION).color(ink)).wrap());
}

/// Whether a division depends on chance.
fn has_chance(by: SplitBy) -> bool {
    matches!(by, SplitBy::Random | SplitBy::Source)
}

/// Shares as they are typed, read as the command line reads them.
fn shares(by: SplitBy, text: &str) -> Result<[u32; 3], SplitError> {
    let text: String = text.split_whitespace().collect();
    format!("{}:{text}", by.option()).parse().map(|split: Split| split.shares)
}

fn seed(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// Whether what was typed of the dataset can be used: what the format does not ask for is not looked at.
fn dataset_is_said(export: &Export) -> bool {
    let by = export.wanted.split.by;
    let split = by == SplitBy::Nothing || shares(by, &export.shares).is_ok();
    !export.format().is_dataset() || (split && (!has_chance(by) || seed(&export.seed).is_some()))
}

/// Loads what is wanted and calls `then` with it.
fn with_input<R>(
    folder: &ProjectFolder,
    mut state: State,
    wanted: &Wanted,
    progress: &dyn Fn(f32) -> bool,
    then: impl FnOnce(&ExportInput) -> R,
) -> Result<R, String> {
    let ids: Vec<_> = state.project.documents.iter().map(|d| d.id.clone()).collect();
    let ids: Vec<_> = ids.into_iter().filter(|id| wanted.document.as_ref().is_none_or(|w| w == id)).collect();
    for (n, id) in ids.iter().enumerate() {
        if !progress(n as f32 / ids.len() as f32) {
            return Err("stopped; nothing was written".to_owned());
        }
        folder.load_document(&mut state, id).map_err(|error| error.to_string())?;
    }
    let mut input = ExportInput { project: &state.project, documents: Vec::new() };
    for id in &ids {
        let (Some(document), Some(text)) = (state.project.document(id), state.text(id)) else { continue };
        let mine = |layer: &&Layer| {
            layer.key().document == *id
                && !layer.is_untouched()
                && wanted.annotator.as_ref().is_none_or(|w| *w == layer.key().annotator)
        };
        input.documents.push(ExportDocument { document, text, layers: state.layers().filter(mine).collect() });
    }
    Ok(then(&input))
}

fn preview(folder: &ProjectFolder, state: State, wanted: Wanted, progress: &dyn Fn(f32) -> bool) -> Preview {
    let options = wanted.options();
    let format = ALL[wanted.format.min(ALL.len() - 1)];
    let (mut documents, mut annotations) = (0, 0);
    let losses = with_input(folder, state, &wanted, progress, |input| {
        documents = input.documents.len();
        annotations = input.documents.iter().flat_map(|d| &d.layers).map(|l| l.len()).sum();
        formats::losses(format, input, &options)
    });
    Preview { wanted, documents, annotations, losses }
}

fn write(
    folder: &ProjectFolder,
    state: State,
    wanted: &Wanted,
    target: &Path,
    replace: bool,
    progress: &dyn Fn(f32) -> bool,
) -> Result<Exported, String> {
    let format = ALL[wanted.format.min(ALL.len() - 1)];
    let options = wanted.options();
    // Loading is the smaller part.
    with_input(folder, state, wanted, &|share| progress(share * 0.4), |input| {
        let progress = |share: f32| progress(0.4 + share * 0.6);
        let mut sink = Folder::new(target, replace).map_err(|error| error.to_string())?;
        let written = formats::write(format, input, &options, &mut sink, formats::Progress::new(&progress));
        let written = written.map_err(|error| error.to_string())?;
        let files = sink.finish().map_err(|error| error.to_string())?;
        let names: Vec<_> = files.iter().map(|f| format!("· {}", f.display())).collect();
        let folder = if target.is_dir() { Some(target) } else { target.parent() }.unwrap_or(target).to_owned();
        Ok(Exported { words: format!("{}\n\n{}", written.verified, names.join("\n")), folder })
    })?
}
