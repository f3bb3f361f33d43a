//! Before articles are taken in: encoding, title and metadata are shown and can be corrected; the text stays as it is.

use super::{After, buttons, modal};
use crate::app::App;
use crate::app::fonts::Face;
use crate::app::pick::Purpose;
use crate::app::theme::{Palette, size};
use crate::app::widgets::{combo, field, muted};
use crate::edit::NewDocument;
use crate::ingest::{Article, Certainty, DateReading, Encoding, FieldKind, FieldValue, FileKind, Reason, Refusal};
use crate::model::{Direction, Document, Metadata, Original, Project, Text};
use crate::store::{ProjectFolder, builtin_schemes};
use chrono::NaiveDate;
use eframe::egui::{self, RichText, ScrollArea, Ui};
use std::path::{Path, PathBuf};

/// A file on its way into the project.
pub struct Incoming {
    path: PathBuf,
    article: Result<Article, Refusal>,
    /// The encoding that the person chose, if they did.
    chosen: Option<Encoding>,
    title: String,
    author: String,
    source: String,
    url: String,
    date: String,
    language: Option<String>,
    notes: Vec<String>,
    /// How the longer pieces of text begin that were left out of the file.
    left_out: Vec<String>,
}

impl Incoming {
    /// What was read from `path`.
    pub fn new(path: PathBuf, article: Result<Article, Refusal>) -> Self {
        let mut new = Self {
            path,
            chosen: None,
            title: String::new(),
            author: String::new(),
            source: String::new(),
            url: String::new(),
            date: String::new(),
            language: None,
            notes: Vec::new(),
            left_out: Vec::new(),
            article,
        };
        if let Ok(article) = &new.article {
            new.chosen = (article.certainty == Certainty::Chosen).then_some(article.encoding);
            new.title = article.title.as_ref().map(|t| t.title.clone()).unwrap_or_default();
            new.notes = article.warnings.iter().map(ToString::to_string).collect();
            if let Some(extraction) = &article.extraction {
                new.notes.extend(extraction.in_words());
                new.left_out.clone_from(&extraction.passages);
            }
            for header in &article.header {
                new.notes.extend(header.note());
                let place = match header.kind {
                    FieldKind::Title => continue,
                    FieldKind::Author => &mut new.author,
                    FieldKind::Source => &mut new.source,
                    FieldKind::Url => &mut new.url,
                    FieldKind::Date => &mut new.date,
                    FieldKind::Language => new.language.get_or_insert_default(),
                };
                if !place.is_empty() {
                    continue;
                }
                match &header.value {
                    FieldValue::Text(text) => place.clone_from(text),
                    FieldValue::Date(DateReading::Certain(date)) => *place = date.to_string(),
                    // A doubtful date is the person's to decide: the note says how it can be read.
                    FieldValue::Date(_) | FieldValue::NotADate => {}
                }
            }
        }
        new
    }

    fn parsed_date(&self) -> Option<NaiveDate> {
        self.date.trim().parse().ok()
    }

    fn is_ready(&self) -> bool {
        self.article.is_ok() && (self.date.trim().is_empty() || self.parsed_date().is_some())
    }

    fn into_document(self, project: &Project) -> Option<NewDocument> {
        let date = self.parsed_date();
        let article = self.article.ok()?;
        let some = |text: String| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
        let encoding = article.form();
        let text = Text::new(article.text);
        let file = self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let title = some(self.title).unwrap_or_else(|| file.clone());
        Some(NewDocument {
            document: Document {
                id: project.new_document_id(&title),
                title,
                metadata: Metadata {
                    author: some(self.author),
                    source: some(self.source),
                    url: some(self.url),
                    date,
                    language: self.language.and_then(some),
                    ..Metadata::default()
                },
                direction: Direction::Auto,
                directions: std::collections::BTreeMap::new(),
                sha256: text.sha256().to_owned(),
                original: Some(Original { file, encoding, sha256: article.sha256 }),
            },
            text,
        })
    }
}

/// The dialog.
pub struct Articles {
    incoming: Vec<Incoming>,
    at: usize,
    /// Name of the open project; none: a new one is made.
    project: Option<String>,
    folder: String,
    error: Option<String>,
}

/// What was asked for in the dialog.
enum Asked {
    Reread(PathBuf, Option<Encoding>),
    ChooseFolder,
    Offer,
}

impl Articles {
    /// For what was read.
    pub fn new(incoming: Vec<Incoming>, project: Option<String>) -> Self {
        let folder = incoming.first().map(|i| new_folder_for(&i.path)).unwrap_or_default();
        Self { incoming, at: 0, project, folder, error: None }
    }

    /// A file was read again, in another encoding; or more files came.
    pub fn replace(&mut self, read: Vec<Incoming>) {
        for new in read {
            match self.incoming.iter_mut().find(|old| old.path == new.path) {
                Some(old) => *old = new,
                None => self.incoming.push(new),
            }
        }
    }

    /// Where the new project is made.
    pub fn set_folder(&mut self, folder: PathBuf) {
        let empty = std::fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_none());
        // A folder with things in it is where the project's own folder goes.
        let name = Path::new(&self.folder).file_name().map(PathBuf::from).unwrap_or_default();
        self.folder = if empty { folder } else { folder.join(name) }.display().to_string();
    }

    fn ready(&self) -> usize {
        self.incoming.iter().filter(|i| i.is_ready()).count()
    }

    fn show(&mut self, ui: &mut Ui) -> Option<Asked> {
        let mut asked = None;
        let palette = Palette::current(ui);
        if self.incoming.len() > 1 {
            ScrollArea::vertical().id_salt("files").max_height(110.0).auto_shrink([false, true]).show(ui, |ui| {
                for (n, incoming) in self.incoming.iter().enumerate() {
                    let name = incoming.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    let refused = if incoming.article.is_ok() { "" } else { "  — not taken in" };
                    let text = crate::app::widgets::in_ink(ui, format!("{name}{refused}"));
                    let text = if incoming.article.is_ok() { text } else { text.color(palette.error) };
                    if ui.add(egui::Button::selectable(self.at == n, text).truncate()).clicked() {
                        self.at = n;
                    }
                }
            });
            ui.add_space(8.0);
        }
        if let Some(incoming) = self.incoming.get_mut(self.at) {
            asked = one(ui, incoming, &palette);
        }
        if self.project.is_none() {
            ui.add_space(8.0);
            field(ui, "New project", |ui| {
                ui.horizontal(|ui| {
                    let room = ui.available_width() - 90.0;
                    let edit = egui::TextEdit::singleline(&mut self.folder).desired_width(room);
                    let response = ui.add(edit.margin(egui::Margin::symmetric(8, 5)));
                    crate::app::widgets::named(ui, &response, "Folder of the new project");
                    if ui.button("Choose…").clicked() {
                        asked = Some(Asked::ChooseFolder);
                    }
                });
            });
        }
        if let Some(error) = &self.error {
            ui.add_space(8.0);
            ui.label(RichText::new(error).color(palette.error));
        }
        asked
    }
}

/// One file: what it is, what is taken from it, how it begins.
fn one(ui: &mut Ui, incoming: &mut Incoming, palette: &Palette) -> Option<Asked> {
    let mut asked = None;
    ui.label(muted(ui, incoming.path.display().to_string()).size(size::CAPTION));
    ui.add_space(4.0);
    let kind = incoming.article.as_ref().ok().and_then(|article| article.extraction.as_ref()).map(|it| it.kind);
    match kind.filter(|kind| *kind != FileKind::Html) {
        // These say themselves what they are in.
        Some(kind) => {
            ui.label(muted(ui, format!("This is {}.", kind.described())));
        }
        None => asked = encoding(ui, incoming),
    }
    let preview = match &incoming.article {
        Err(refusal) => {
            ui.add_space(8.0);
            ui.add(egui::Label::new(RichText::new(refusal.to_string()).color(palette.error)).wrap());
            let offered = matches!(refusal.reason, Reason::CutShort { .. });
            if offered && ui.button("Take it in without these bytes").clicked() {
                asked = Some(Asked::Offer);
            }
            return asked;
        }
        Ok(article) => article.text.chars().take(700).collect::<String>(),
    };
    ui.add_space(4.0);
    let line = |ui: &mut Ui, name: &str, hint: &str, text: &mut String| {
        field(ui, name, |ui| {
            let edit = egui::TextEdit::singleline(text).hint_text(hint).desired_width(f32::INFINITY);
            let response = ui.add(edit.margin(egui::Margin::symmetric(8, 5)));
            crate::app::widgets::named(ui, &response, name);
        });
        ui.add_space(4.0);
    };
    line(ui, "Title", "", &mut incoming.title);
    line(ui, "Author", "", &mut incoming.author);
    line(ui, "Source", "Who published it", &mut incoming.source);
    line(ui, "Address", "Where it stands", &mut incoming.url);
    line(ui, "Date", "2023-09-29", &mut incoming.date);
    if !incoming.date.trim().is_empty() && incoming.parsed_date().is_none() {
        ui.label(RichText::new("expected a date such as 2023-09-29").color(palette.error));
    }
    for note in &incoming.notes {
        ui.label(muted(ui, format!("· {note}")));
    }
    if !incoming.left_out.is_empty() {
        ui.collapsing("How the text that was left out begins", |ui| {
            for passage in &incoming.left_out {
                ui.label(muted(ui, passage));
            }
        });
    }
    ui.add_space(8.0);
    egui::Frame::new().fill(palette.paper).stroke((1.0, palette.line)).corner_radius(6).inner_margin(12).show(
        ui,
        |ui| {
            ScrollArea::vertical().id_salt("preview").max_height(130.0).auto_shrink([false, true]).show(ui, |ui| {
                ui.add(
                    egui::Label::new(RichText::new(preview).font(Face::Serif.size(size::LEAD)).line_height(Some(20.0)))
                        .wrap(),
                );
            });
        },
    );
    let taken = match kind {
        None => "The text is taken in as it is; the header lines stay in it.",
        Some(_) => "This text is taken in. The file itself stays where it is; its hash is kept.",
    };
    ui.label(muted(ui, taken).size(size::CAPTION));
    asked
}

/// What the file is in: found, or chosen by the person.
fn encoding(ui: &mut Ui, incoming: &Incoming) -> Option<Asked> {
    let mut asked = None;
    let detected = incoming.article.as_ref().ok().map(|a| (a.encoding, a.certainty.in_words()));
    field(ui, "Encoding", |ui| {
        ui.horizontal(|ui| {
            let shown = match (incoming.chosen, detected) {
                (Some(encoding), _) | (None, Some((encoding, _))) => encoding.label(),
                (None, None) => "Choose…".to_owned(),
            };
            let (_, chosen) = combo(ui, "Encoding", 240.0, &shown, Some(&incoming.chosen), || {
                let all = Encoding::all().map(|encoding| (Some(encoding), encoding.label()));
                std::iter::once((None, "Detect".to_owned())).chain(all).collect()
            });
            if let Some(chosen) = chosen {
                asked = Some(Asked::Reread(incoming.path.clone(), chosen));
            }
            if let Some((_, certainty)) = detected {
                ui.label(muted(ui, certainty));
            }
        });
    });
    asked
}

impl App {
    pub(super) fn articles_dialog(&mut self, ctx: &egui::Context, articles: &mut Articles) -> After {
        let ready = articles.ready();
        let title = match (articles.incoming.len(), &articles.project) {
            (1, Some(project)) => format!("Take an article into “{project}”"),
            (1, None) => "Take an article into a new project".to_owned(),
            (n, Some(project)) => format!("Take {n} articles into “{project}”"),
            (n, None) => format!("Take {n} articles into a new project"),
        };
        let height = ctx.content_rect().height() - 190.0;
        let ((asked, pressed), close) = modal(ctx, "articles", &title, 620.0, |ui| {
            let inner = |ui: &mut Ui| {
                let room_for_bar = egui::Margin { right: 10, ..egui::Margin::ZERO };
                egui::Frame::new().inner_margin(room_for_bar).show(ui, |ui| articles.show(ui)).inner
            };
            // Else the room is what the dialog had in its first frame, and the last rows are out of sight.
            let whole = ScrollArea::vertical().id_salt("whole").max_height(height).min_scrolled_height(height);
            let asked = whole.show(ui, inner).inner;
            let take = if ready == 1 { "Take it in".to_owned() } else { format!("Take {ready} in") };
            (asked, buttons(ui, &["Cancel", &take], ready > 0))
        });
        match asked {
            Some(Asked::Reread(path, encoding)) => self.read_articles(ctx, vec![path], encoding),
            Some(Asked::ChooseFolder) => self.pick(ctx, Purpose::Folder),
            Some(Asked::Offer) => articles.accept_offer(),
            None => {}
        }
        if pressed == Some(1) {
            match self.take_articles(ctx, articles) {
                Ok(()) => return After::Close,
                Err(error) => articles.error = Some(error),
            }
        }
        if close || pressed == Some(0) { After::Close } else { After::Stay }
    }

    /// Takes what is ready into the open project, or into a new one.
    fn take_articles(&mut self, ctx: &egui::Context, articles: &mut Articles) -> Result<(), String> {
        if self.session.is_none() {
            let path = PathBuf::from(articles.folder.trim());
            let name = path.file_name().ok_or("choose a folder for the new project")?.to_string_lossy().into_owned();
            let scheme = builtin_schemes().first().map(|(_, scheme)| scheme.clone()).unwrap_or_default();
            let project = Project::new(name, scheme);
            let folder = ProjectFolder::create(&path, &project).map_err(|error| error.to_string())?;
            self.begin(ctx, folder, project).map_err(|error| error.to_string())?;
        }
        let session = self.session.as_mut().ok_or("no project is open")?;
        // Ids are given one after the other, so that each document knows those before it.
        let mut project = session.project().clone();
        let mut new = Vec::new();
        let (ready, refused): (Vec<_>, Vec<_>) = articles.incoming.drain(..).partition(Incoming::is_ready);
        for incoming in ready {
            if let Some(made) = incoming.into_document(&project) {
                project.documents.push(made.document.clone());
                new.push(made);
            }
        }
        articles.incoming = refused;
        let texts: Vec<_> = new.iter().map(|d| (d.document.id.clone(), d.text.clone())).collect();
        let first = session.add_documents(new).map_err(|error| error.to_string())?;
        for (id, text) in texts {
            let key = session.key(&id);
            session.take_in(text.clone(), crate::model::Layer::new(key, text));
        }
        if let Some(first) = first {
            self.open_document(ctx, &first);
        }
        Ok(())
    }
}

impl Articles {
    fn accept_offer(&mut self) {
        let Some(incoming) = self.incoming.get(self.at) else { return };
        let offer = match &incoming.article {
            Err(Refusal { reason: Reason::CutShort { offer, .. }, .. }) => (**offer).clone(),
            _ => return,
        };
        self.incoming[self.at] = Incoming::new(incoming.path.clone(), Ok(offer));
    }
}

/// A folder for a new project beside the article, named after it.
fn new_folder_for(article: &Path) -> String {
    let stem = article.file_stem().map_or("project".to_owned(), |s| s.to_string_lossy().into_owned());
    let home = directories::UserDirs::new();
    let documents = home.as_ref().and_then(|dirs| dirs.document_dir().or(Some(dirs.home_dir()))).map(Path::to_owned);
    let base = documents.or_else(|| article.parent().map(Path::to_owned)).unwrap_or_default();
    let free = |name: &str| !base.join(name).exists();
    let mut name = stem.clone();
    let mut number = 2;
    while !free(&name) {
        name = format!("{stem}-{number}");
        number += 1;
    }
    base.join(name).display().to_string()
}
