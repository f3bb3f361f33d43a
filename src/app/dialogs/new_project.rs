//! Making an empty project.

use super::{After, buttons, modal};
use crate::app::App;
use crate::app::pick::Purpose;
use crate::app::theme::Palette;
use crate::app::widgets::{combo, field, muted, select_all};
use crate::model::Project;
use crate::store::{ProjectFolder, builtin_schemes};
use eframe::egui::{self, RichText};
use std::path::{Path, PathBuf};

/// What was typed.
pub struct NewProject {
    name: String,
    folder: String,
    scheme: usize,
    error: Option<String>,
    /// Whether the first field has had the focus.
    begun: bool,
}

impl Default for NewProject {
    fn default() -> Self {
        let home = directories::UserDirs::new();
        let documents = home.as_ref().and_then(|dirs| dirs.document_dir().or(Some(dirs.home_dir())));
        let folder = documents.map(|d| d.join("my-project").display().to_string()).unwrap_or_default();
        Self { name: "My project".to_owned(), folder, scheme: 0, error: None, begun: false }
    }
}

impl NewProject {
    /// A folder was chosen; one with things in it is where the project's own folder goes.
    pub fn set_folder(&mut self, folder: &Path) {
        let empty = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
        let name = Path::new(&self.folder).file_name().map(PathBuf::from).unwrap_or_default();
        self.folder = if empty { folder.to_owned() } else { folder.join(name) }.display().to_string();
    }
}

impl App {
    pub(super) fn new_project_dialog(&mut self, ctx: &egui::Context, new: &mut NewProject) -> After {
        let mut choose = false;
        let (pressed, close) = modal(ctx, "new-project", "New project", 520.0, |ui| {
            let palette = Palette::current(ui);
            field(ui, "Name", |ui| {
                let response = ui.add(edit(&mut new.name, f32::INFINITY));
                crate::app::widgets::named(ui, &response, "Name");
                if !std::mem::replace(&mut new.begun, true) {
                    select_all(ui, &response, &new.name);
                }
            });
            field(ui, "Folder", |ui| {
                ui.horizontal(|ui| {
                    let room = ui.available_width() - 87.0;
                    let response = ui.add(edit(&mut new.folder, room));
                    crate::app::widgets::named(ui, &response, "Folder");
                    choose = ui.button("Choose…").clicked();
                });
            });
            field(ui, "Scheme", |ui| {
                let name = |n: usize| builtin_schemes().get(n).map_or("", |(_, s)| s.name.as_str());
                let all = || (0..builtin_schemes().len()).map(|n| (n, name(n).to_owned())).collect();
                let (_, chosen) = combo(ui, "Scheme", 240.0, name(new.scheme), Some(&new.scheme), all);
                new.scheme = chosen.unwrap_or(new.scheme);
            });
            if let Some((_, scheme)) = builtin_schemes().get(new.scheme) {
                let labels: Vec<_> = scheme.labels.iter().filter(|l| l.on).map(|l| l.title.to_lowercase()).collect();
                ui.label(muted(ui, format!("Labels: {}. All of it can be changed later.", labels.join(", "))));
            }
            if let Some(error) = &new.error {
                ui.label(RichText::new(error).color(palette.error));
            }
            buttons(ui, &["Cancel", "Make project"], !new.name.trim().is_empty() && !new.folder.trim().is_empty())
        });
        if choose {
            self.pick(ctx, Purpose::Folder);
        }
        if pressed == Some(1) {
            let scheme = builtin_schemes().get(new.scheme).map(|(_, s)| s.clone()).unwrap_or_default();
            let project = Project::new(new.name.trim(), scheme);
            let created = ProjectFolder::create(PathBuf::from(new.folder.trim()), &project);
            let begun = created.map_err(|error| error.to_string());
            match begun.and_then(|folder| self.begin(ctx, folder, project).map_err(|error| error.to_string())) {
                Ok(()) => return After::Close,
                Err(error) => new.error = Some(error),
            }
        }
        if close || pressed == Some(0) { After::Close } else { After::Stay }
    }
}

fn edit(text: &mut String, width: f32) -> egui::TextEdit<'_> {
    egui::TextEdit::singleline(text).margin(egui::Margin::symmetric(8, 5)).desired_width(width)
}
