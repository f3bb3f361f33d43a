//! What runs on worker threads, and what becomes of its results.

use super::App;
use super::actions::Action;
use super::copies::Copy;
use super::dialogs::{
    Dataset, Dialog, Exported, Incoming, Planned, Preview, ReadCopy, Repair, Repaired, SchemeChange, Work,
};
use super::find::search::Everywhere;
use super::outside::Outside;
use super::panels::documents::status_name;
use super::pick::{Picked, Purpose};
use super::summaries::Summary;
use super::words::without_options;
use crate::edit::status::set_status_of_all;
use crate::find::{BadPattern, Found};
use crate::formats::{ALL, Format, gather};
use crate::ingest::{Article, EXTENSIONS, Encoding, Reason, Refusal};
use crate::model::{Document, DocumentId, Layer, Name, Project, Scheme, Status, Text, counted};
use crate::session::{self, Session};
use crate::store::{Bundle, Fault, FileError, ProjectFolder, UnpackError, read_bundle, unpack};
use eframe::egui;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// A project that was opened, and its guide.
pub struct Opened {
    work: session::Opened,
    guidelines: Option<String>,
}

impl Opened {
    fn of(folder: ProjectFolder, project: Project, annotator: &Name, rescue: Option<&Path>) -> Result<Self, FileError> {
        // A guide that cannot be read must not keep anybody from working.
        let guidelines = folder.guidelines().ok().flatten();
        Ok(Self { work: session::open(folder, project, annotator, rescue)?, guidelines })
    }
}

/// So long what is open may take to be saved before something else is opened.
const FLUSH: std::time::Duration = std::time::Duration::from_secs(20);

/// What a worker brings back.
pub enum Done {
    /// A file dialog was answered.
    Picked(Picked),
    /// A project was opened.
    Project(Box<Result<Opened, FileError>>),
    /// A document was loaded.
    Document(DocumentId, Box<Result<(Text, Layer), FileError>>),
    /// Files were read as articles.
    Articles(Vec<Incoming>),
    /// Layers of documents that are not open were counted.
    Summaries(Vec<(DocumentId, Summary)>),
    /// What an export would lose.
    Previewed(Box<Preview>),
    /// A dataset was written: what, or why not.
    Exported(Result<Exported, String>),
    /// A dataset was read.
    Dataset(Box<Dataset>),
    /// An import only needs to be applied.
    Planned(Box<Result<Planned, String>>),
    /// All layers were read, to see what uses the scheme.
    SchemeWork(Result<Box<Work>, String>),
    /// A change of the scheme only needs to be applied.
    SchemeChange(Box<SchemeChange>),
    /// What search number so and so found in the open document.
    Found(u64, Result<Found, BadPattern>),
    /// What it found in all documents.
    FoundEverywhere(u64, Box<Result<Everywhere, BadPattern>>),
    /// What it found for the dialog of same text.
    Same(u64, Box<Result<Everywhere, BadPattern>>),
    /// Documents were loaded whose status is to be set.
    Statuses(Vec<DocumentId>, Status, Result<Vec<(Text, Layer)>, FileError>),
    /// A copy of the project was written: which, or why not.
    Copied(Result<Copy, String>),
    /// A copy from the history was read.
    Copy(Box<ReadCopy>),
    /// What can be done about a document that cannot be opened was found.
    Unreadable(Box<Repair>),
    /// Something can take the place of a damaged file.
    Repaired(Box<Repaired>),
    /// Files that others changed were looked at.
    Outside(Box<Outside>),
    /// Something could not be done: as a title, and why.
    Failed(&'static str, String),
    /// A path cannot be shown in the file manager; why.
    Hidden(PathBuf, String),
    /// Nothing that anybody waits for.
    Nothing,
}

/// What the file at `path` holds: one article, or those of an archive; also one of an archive, whose path goes on within
/// it as in a folder.
fn incoming(path: PathBuf, encoding: Option<Encoding>) -> Vec<Incoming> {
    let is_archive = |path: &&Path| path.extension().is_some_and(|it| it.eq_ignore_ascii_case("zip")) && path.is_file();
    let Some(archive) = path.ancestors().find(is_archive) else {
        let article = Article::from_path(&path, encoding);
        return vec![Incoming::new(path, article)];
    };
    let refused = |why: String| {
        let refusal = Refusal { file: archive.display().to_string(), reason: Reason::Archive(why) };
        vec![Incoming::new(archive.to_owned(), Err(refusal))]
    };
    let name = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let files = gather::load(archive, name).and_then(|file| gather::unpacked_with(file, &EXTENSIONS));
    let files = match files {
        Ok(files) => files,
        Err(problem) => return refused(format!("{}; {}", problem.cause, problem.help)),
    };
    let folder = archive.parent().unwrap_or(Path::new(""));
    let articles = files.into_iter().filter(|file| EXTENSIONS.iter().any(|extension| file.has_extension(extension)));
    let articles = articles.map(|file| (folder.join(&file.name), file.bytes));
    let read: Vec<_> = articles
        .filter(|(inside, _)| path == archive || path == *inside)
        .map(|(inside, bytes)| {
            let article = Article::from_bytes(&inside.display().to_string(), &bytes, encoding);
            Incoming::new(inside, article)
        })
        .collect();
    if read.is_empty() { refused("no article lies in it".to_owned()) } else { read }
}

impl App {
    /// Opens what was named on the command line, dropped or picked: projects by their folder; into an open project,
    /// folders and files of exchange formats as datasets; a bundle without one as the project that it is; the rest as
    /// articles.
    pub fn open_paths(&mut self, ctx: &egui::Context, paths: Vec<PathBuf>) {
        let is_project =
            |p: &PathBuf| p.join("project.ron").is_file() || p.file_name().is_some_and(|n| n == "project.ron");
        let (projects, rest): (Vec<_>, Vec<_>) = paths.into_iter().partition(is_project);
        if let Some(project) = projects.into_iter().next() {
            self.open_project(ctx, project);
        }
        let (datasets, articles): (Vec<_>, Vec<_>) = rest.into_iter().partition(|p| p.is_dir() || is_of_dataset(p));
        if self.session.is_some() && !datasets.is_empty() {
            self.read_datasets(ctx, datasets);
        } else if let [bundle] = &datasets[..]
            && bundle.extension().is_some_and(|it| it.eq_ignore_ascii_case("ron"))
        {
            self.open_bundle(ctx, bundle.clone());
        } else if let Some(first) = datasets.first() {
            let keys =
                [Action::NewProject, Action::Import, Action::OpenArticle].map(|action| self.key_in_words(action));
            let [make, import, take] = keys;
            let what = if first.is_dir() { "holds no Byline project" } else { "is a dataset, and goes into a project" };
            self.complain(format!(
                "`{}` {what}\nhelp: {make} makes a project, {import} takes datasets in, {take} articles",
                first.display()
            ));
        }
        if !articles.is_empty() {
            self.read_articles(ctx, articles, None);
        }
    }

    /// Makes the folder of a bundle beside it, and opens that.
    fn open_bundle(&mut self, ctx: &egui::Context, path: PathBuf) {
        let what = format!("Unpacking {}", path.file_name().unwrap_or(path.as_os_str()).to_string_lossy());
        let (me, rescue) = (self.settings.annotator.clone(), self.rescue_folder());
        self.workers.start_whole(ctx, what, move || {
            let path = std::path::absolute(&path).unwrap_or(path);
            let mut stem = path.with_extension("");
            if stem.extension().is_some_and(|it| it.eq_ignore_ascii_case("byline")) {
                stem = stem.with_extension("");
            }
            let unpacked = read_bundle(&path).map_err(UnpackError::from).and_then(|source| {
                let bundle = Bundle::open(&path, &source)?;
                Ok((unpack(&bundle, &stem)?, bundle.project))
            });
            match unpacked {
                Ok((folder, project)) => {
                    let annotator = annotator_of(&folder, &me);
                    Done::Project(Box::new(Opened::of(folder, project, &annotator, rescue.as_deref())))
                }
                Err(error) => Done::Failed("This bundle cannot be opened", error.to_string()),
            }
        });
    }

    /// Opens a project on a worker.
    pub(super) fn open_project(&mut self, ctx: &egui::Context, path: PathBuf) {
        if self.is_being_written(&path) {
            // Its lock is ours: another session would find it taken.
            self.notify("This project is open already");
            return;
        }
        let what = format!("Opening {}", path.file_name().unwrap_or(path.as_os_str()).to_string_lossy());
        self.open_project_as(ctx, what, path, None);
    }

    /// Whether the project at `path` is the one that is open, and not only for reading.
    fn is_being_written(&self, path: &Path) -> bool {
        let Some(session) = self.session.as_ref().filter(|session| session.holder().is_none()) else { return false };
        let is_file = path.file_name().is_some_and(|name| name == "project.ron");
        let root = if is_file { path.parent().unwrap_or(path) } else { path };
        let same = std::fs::canonicalize(root).ok().zip(std::fs::canonicalize(session.folder().path()).ok());
        same.is_some_and(|(a, b)| a == b)
    }

    /// Opens a project as somebody, or as whoever is at the computer; first what is open is saved.
    pub(super) fn open_project_as(
        &mut self,
        ctx: &egui::Context,
        what: String,
        path: PathBuf,
        annotator: Option<Name>,
    ) {
        let (me, rescue) = (self.settings.annotator.clone(), self.rescue_folder());
        let flush = self.session.as_ref().map(Session::flusher);
        self.workers.start(ctx, what, move |progress| {
            if let Some(flush) = flush {
                // What takes longer, or fails, is in the journal.
                flush.wait(FLUSH);
            }
            let absolute = std::path::absolute(&path).unwrap_or(path);
            let opened = ProjectFolder::open(&absolute).and_then(|(folder, project)| {
                let annotator = annotator.unwrap_or_else(|| annotator_of(&folder, &me));
                Opened::of(folder, project, &annotator, rescue.as_deref())
            });
            if progress.at(1.0) { Done::Project(Box::new(opened)) } else { Done::Nothing }
        });
    }

    /// Takes up work on a project that was made a moment ago.
    pub(super) fn begin(
        &mut self,
        ctx: &egui::Context,
        folder: ProjectFolder,
        project: Project,
    ) -> Result<(), FileError> {
        let annotator = annotator_of(&folder, &self.settings.annotator);
        let opened = Opened::of(folder, project, &annotator, self.rescue_folder().as_deref())?;
        self.start_session(ctx, opened);
        Ok(())
    }

    /// Where the journal goes on when it cannot be written in the project.
    pub(super) fn rescue_folder(&self) -> Option<PathBuf> {
        Some(self.settings_path.as_ref()?.parent()?.join("rescue"))
    }

    /// Reads files as articles on a worker; `encoding` overrules what is detected.
    pub(super) fn read_articles(&mut self, ctx: &egui::Context, paths: Vec<PathBuf>, encoding: Option<Encoding>) {
        let what =
            if paths.len() == 1 { "Reading 1 file".to_owned() } else { format!("Reading {} files", paths.len()) };
        self.workers.start(ctx, what, move |progress| {
            let count = paths.len() as f32;
            let mut read = Vec::new();
            for (n, path) in paths.into_iter().enumerate() {
                if !progress.at(n as f32 / count) {
                    return Done::Nothing;
                }
                read.extend(incoming(path, encoding));
            }
            Done::Articles(read)
        });
    }

    /// Shows a document, loading it first if need be.
    pub(super) fn open_document(&mut self, ctx: &egui::Context, id: &DocumentId) {
        let Some(session) = &self.session else { return };
        let place = (self.view.caret().byte, self.view.top_paragraph());
        session.remember_place(place.0, place.1);
        if let Some(left) = session.current() {
            self.places.insert(left.id.clone(), place);
        }
        if session.is_loaded(id) {
            self.show_document(id);
            return;
        }
        let Some(document) = session.project().document(id).cloned() else { return };
        let (folder, annotator) = (session.folder().clone(), session.annotator().clone());
        self.awaited = Some(id.clone());
        let id = id.clone();
        self.workers.start(ctx, format!("Opening {}", document.title), move |progress| {
            let loaded = Session::load(&folder, &document, &annotator);
            if progress.at(1.0) { Done::Document(id, Box::new(loaded)) } else { Done::Nothing }
        });
    }

    fn show_document(&mut self, id: &DocumentId) {
        let Some(session) = &mut self.session else { return };
        session.show(id);
        (self.falls.page, self.falls.unreadable) = (None, None);
        self.awaited = None;
        self.selected = None;
        self.linking = None;
        let from_disk = || session.folder().place(session.annotator()).filter(|p| p.document == *id);
        let here = self.places.get(id).copied();
        let place = here.or_else(|| from_disk().map(|p| (p.caret, p.top_paragraph)));
        if let (Some(text), Some(document)) = (session.state().text(id), session.project().document(id)) {
            self.view.open(text.clone(), document.direction);
            if let Some((caret, top)) = place {
                self.view.restore(caret, top);
            }
        }
        self.focus_text = true;
        self.show_awaited_place(id);
        self.summarise();
    }

    /// Counts the layers of documents on a worker, for the list; but for those that are counted already, or will be
    /// when they are shown.
    pub(super) fn count_all(&mut self, ctx: &egui::Context) {
        let Some(session) = &self.session else { return };
        let (folder, annotator) = (session.folder().clone(), session.annotator().clone());
        let scheme = session.project().scheme.clone();
        let in_memory = |id: &DocumentId| session.state().layer(&session.key(id)).cloned();
        let counted = |id: &DocumentId| {
            self.awaited.as_ref() == Some(id) || (session.is_loaded(id) && self.summaries.get(id).is_some())
        };
        let documents = session.project().documents.iter().filter(|d| !counted(&d.id));
        let documents: Vec<_> = documents.map(|d| (d.clone(), in_memory(&d.id))).collect();
        self.workers.start(ctx, "Counting annotations", move |progress| {
            let mut found = Vec::new();
            let count_of_documents = documents.len() as f32;
            for (n, (document, layer)) in documents.into_iter().enumerate() {
                if !progress.at(n as f32 / count_of_documents) {
                    break;
                }
                let summary = match layer {
                    Some(layer) => Some(Summary::of(&layer, &scheme)),
                    None => count(&folder, &document, &annotator, &scheme),
                };
                found.extend(summary.map(|summary| (document.id, summary)));
            }
            Done::Summaries(found)
        });
    }

    /// Sets the status of documents as one step; those that are not in memory are loaded first.
    pub(super) fn set_statuses(&mut self, ctx: &egui::Context, documents: &[DocumentId], status: Status) {
        let Some(session) = &self.session else { return };
        let missing: HashSet<_> = documents.iter().filter(|id| !session.is_loaded(id)).collect();
        if missing.is_empty() {
            self.set_loaded_statuses(documents, status);
            return;
        }
        let missing = session.project().documents.iter().filter(|d| missing.contains(&d.id)).cloned();
        let missing: Vec<_> = missing.collect();
        let (folder, annotator) = (session.folder().clone(), session.annotator().clone());
        let (documents, count) = (documents.to_vec(), missing.len() as f32);
        let what = format!("Setting the status of {} documents", documents.len());
        self.workers.start(ctx, what, move |progress| {
            let mut loaded = Vec::new();
            for (n, document) in missing.iter().enumerate() {
                if !progress.at(n as f32 / count) {
                    return Done::Nothing;
                }
                match Session::load(&folder, document, &annotator) {
                    Ok(one) => loaded.push(one),
                    Err(error) => return Done::Statuses(documents, status, Err(error)),
                }
            }
            Done::Statuses(documents, status, Ok(loaded))
        });
    }

    fn loaded_for_status(
        &mut self,
        documents: &[DocumentId],
        status: Status,
        loaded: Result<Vec<(Text, Layer)>, FileError>,
    ) {
        let Some(session) = &mut self.session else { return };
        match loaded {
            Ok(loaded) => {
                // Another annotator may be at work meanwhile.
                let mine = loaded.into_iter().filter(|(_, layer)| layer.key().annotator == *session.annotator());
                let mine: Vec<_> = mine.collect();
                for (text, layer) in mine {
                    session.take_in(text, layer);
                }
                self.set_loaded_statuses(documents, status);
            }
            Err(error) => self.complain(format!("no status was set: {error}")),
        }
    }

    fn set_loaded_statuses(&mut self, documents: &[DocumentId], status: Status) {
        let Some(session) = &mut self.session else { return };
        let layers = documents.iter().filter_map(|id| session.state().layer(&session.key(id)));
        let Ok(change) = set_status_of_all(layers, status, &Session::stamp()) else { return };
        let applied = session.apply(change.clone()).map(|()| change);
        let revision = session.revision();
        let Some(change) = self.after_edit(applied) else { return };
        let count = change.layers.len();
        self.together = change.documents().next().cloned().map(|first| (first, revision));
        let what = counted(count, "document");
        self.notify(format!("{what}: {}", status_name(status)));
    }

    /// Takes what a worker brings back.
    pub(super) fn take(&mut self, ctx: &egui::Context, done: Done) {
        match done {
            Done::Nothing => {}
            Done::Failed(title, why) => self.dialog = Some(Dialog::message(title, why)),
            Done::Hidden(path, why) => {
                ctx.copy_text(path.display().to_string());
                self.complain(format!("The folder cannot be shown ({why}); its path was copied"));
            }
            Done::Found(number, found) => self.found(number, found),
            Done::FoundEverywhere(number, all) => self.found_everywhere(number, *all),
            Done::Same(number, all) => {
                if let Some(Dialog::Same(same)) = &mut self.dialog {
                    same.found(number, *all);
                }
            }
            Done::Picked(picked) => self.picked(ctx, picked),
            Done::Project(result) => match *result {
                Ok(opened) => self.start_session(ctx, opened),
                Err(error) => {
                    let why = without_options(&error.to_string(), false);
                    self.dialog = Some(Dialog::message("This project cannot be opened", why));
                }
            },
            Done::Copy(copy) => self.restore(&copy),
            Done::Outside(found) => self.found_outside(ctx, *found),
            Done::Document(id, result) => match *result {
                Ok((text, layer)) => {
                    if let Some(session) = &mut self.session
                        && layer.key().annotator == *session.annotator()
                    {
                        session.take_in(text, layer);
                        if self.awaited.as_ref() == Some(&id) {
                            self.show_document(&id);
                        }
                    }
                }
                Err(error) if matches!(*error.fault, Fault::TextChanged { .. }) => {
                    self.awaited = None;
                    let document = self.session.as_ref().and_then(|s| s.project().document(&id)).cloned();
                    if let Some(document) = document {
                        self.look_at_text(ctx, document);
                    }
                }
                Err(error) => self.cannot_open(ctx, &id, error),
            },
            Done::Unreadable(repair) => self.show_repair(*repair),
            Done::Repaired(repaired) => self.repaired(ctx, *repaired),
            Done::Articles(incoming) => {
                let project = self.session.as_ref().map(|s| s.project().name.clone());
                match &mut self.dialog {
                    Some(Dialog::Articles(open)) => open.replace(incoming),
                    _ => self.dialog = Some(Dialog::articles(incoming, project)),
                }
            }
            Done::Copied(copied) => self.copied(copied),
            Done::Previewed(preview) => {
                if let Some(Dialog::Export(export)) = &mut self.dialog {
                    export.previewed(*preview);
                }
            }
            Done::Exported(result) => match &mut self.dialog {
                Some(Dialog::Export(export)) => export.written(result),
                _ => self.notify(result.map_or_else(|error| error, Exported::in_words)),
            },
            Done::Dataset(dataset) => self.dataset_read(*dataset),
            Done::Statuses(documents, status, loaded) => self.loaded_for_status(&documents, status, loaded),
            Done::Planned(planned) => self.import_planned(ctx, *planned),
            Done::SchemeWork(work) => {
                if let Some(Dialog::Scheme(scheme)) = &mut self.dialog {
                    scheme.loaded(work);
                }
            }
            Done::SchemeChange(change) => self.scheme_changed(ctx, *change),
            Done::Summaries(found) => {
                let Some(session) = &self.session else { return };
                for (id, summary) in found {
                    // What was counted in memory meanwhile is newer.
                    if !session.is_loaded(&id) || self.summaries.get(&id).is_none() {
                        self.summaries.set(&id, Some(summary));
                    }
                }
            }
        }
    }

    /// Takes up work on an opened project.
    fn start_session(&mut self, ctx: &egui::Context, Opened { work, guidelines }: Opened) {
        self.settings.remember(work.folder().path());
        let wake = ctx.clone();
        let report = work.report.as_ref().map(|report| (report.is_clean(), report.to_string()));
        let session = Session::start(work, move || wake.request_repaint());
        *self.flush.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(session.flusher());
        let title = format!("{} — Byline", session.project().name);
        ctx.send_viewport_cmd(egui::ViewportCommand::Title(title));
        let place = session.folder().place(session.annotator()).map(|p| p.document);
        let first = session.project().documents.first().map(|d| d.id.clone());
        let exists = |id: &DocumentId| session.project().document(id).is_some();
        let open = place.filter(exists).or(first);
        self.session = Some(session);
        self.opened = std::time::Instant::now();
        self.guidelines = guidelines;
        self.summaries.clear();
        self.places.clear();
        self.selected = None;
        self.brush = None;
        self.linking = None;
        self.find.close();
        self.falls.anew();
        match report {
            Some((true, recovered)) => self.notices.inform(recovered),
            Some((false, troubles)) => self.complain(troubles),
            None => {}
        }
        if let Some(id) = open {
            self.open_document(ctx, &id);
        }
        self.count_all(ctx);
    }

    /// Works as somebody else.
    pub(super) fn change_annotator(&mut self, ctx: &egui::Context, name: &str) {
        name.clone_into(&mut self.settings.annotator);
        let Some(session) = &mut self.session else { return };
        if *session.annotator() == *name && session.holder().is_none() {
            return;
        }
        session.remember_place(self.view.caret().byte, self.view.top_paragraph());
        session.save_now();
        let path = session.folder().path().to_owned();
        self.open_project_as(ctx, format!("Opening the annotations of {name}"), path, Some(name.into()));
    }

    fn picked(&mut self, ctx: &egui::Context, picked: Picked) {
        let Some(paths) = picked.paths else { return };
        let Some(first) = paths.first().cloned() else { return };
        match picked.purpose {
            Purpose::Articles => self.open_paths(ctx, paths),
            Purpose::Project => self.open_project(ctx, first),
            Purpose::Folder | Purpose::Target => self.pick_folder_for_dialog(first),
            Purpose::Datasets | Purpose::DatasetFolder => self.read_datasets(ctx, paths),
            Purpose::Copy => self.copy_into(ctx, first),
        }
    }
}

/// Whether a file has the name of an exchange format, and not that of an article.
fn is_of_dataset(path: &Path) -> bool {
    let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default().to_ascii_lowercase();
    let of_format =
        |format: &&dyn Format| format.card().uses.reads() && format.card().extensions.contains(&extension.as_str());
    !EXTENSIONS.contains(&extension.as_str()) && ALL.iter().any(of_format)
}

/// Whose layers are shown: those of the person at the computer, unless the project has layers of one other only, such
/// as the sample.
fn annotator_of(folder: &ProjectFolder, me: &str) -> Name {
    let known = folder.all_annotators().unwrap_or_default();
    match &known[..] {
        [only] if *only != me && is_sample(folder.path()) => only.clone(),
        _ => me.into(),
    }
}

fn is_sample(path: &Path) -> bool {
    super::sample_project().is_some_and(|sample| {
        let same = std::fs::canonicalize(&sample).ok().zip(std::fs::canonicalize(path).ok());
        same.is_some_and(|(a, b)| a == b)
    })
}

fn count(folder: &ProjectFolder, document: &Document, annotator: &Name, scheme: &Scheme) -> Option<Summary> {
    let key = crate::model::LayerKey { document: document.id.clone(), annotator: annotator.clone() };
    if !folder.layer_path(&key).ok()?.is_file() {
        return None;
    }
    let (_, layer) = Session::load(folder, document, annotator).ok()?;
    Some(Summary::of(&layer, scheme))
}
