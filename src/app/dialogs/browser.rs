//! The built-in file browser, for systems that offer no file dialog: a path that completes, and a list.

use super::{buttons, modal};
use crate::app::pick::Purpose;
use crate::app::theme::{Palette, size};
use crate::app::widgets::{in_ink, muted};
use eframe::egui::{self, Key, RichText, ScrollArea, Ui};
use std::collections::BTreeSet;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

/// An entry of the folder that is shown.
struct Entry {
    name: String,
    folder: bool,
    project: bool,
}

/// The browser.
pub struct Browser {
    purpose: Purpose,
    folder: PathBuf,
    path: String,
    entries: Result<Vec<Entry>, String>,
    chosen: BTreeSet<String>,
}

impl Browser {
    /// In the folder from which the program was started.
    pub fn new(purpose: Purpose) -> Self {
        let folder = std::env::current_dir().unwrap_or_else(|_| PathBuf::from(MAIN_SEPARATOR.to_string()));
        let mut browser = Self {
            purpose,
            folder: PathBuf::new(),
            path: String::new(),
            entries: Ok(Vec::new()),
            chosen: BTreeSet::new(),
        };
        browser.enter(folder);
        browser
    }

    /// What is asked for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    fn enter(&mut self, folder: PathBuf) {
        self.path = folder.display().to_string();
        if !self.path.ends_with(MAIN_SEPARATOR) {
            self.path.push(MAIN_SEPARATOR);
        }
        self.list(folder);
    }

    fn list(&mut self, folder: PathBuf) {
        self.chosen.clear();
        self.entries = entries_of(&folder);
        self.folder = folder;
    }

    /// Draws it; `true` when it was answered, with the paths chosen, if any.
    pub fn show(&mut self, ctx: &egui::Context) -> (bool, Option<Vec<PathBuf>>) {
        let title = self.purpose.title();
        let mut opened = None;
        let (pressed, close) = modal(ctx, "browser", title, 620.0, |ui| {
            self.path_field(ui);
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                if ui.button("↑ Up").clicked()
                    && let Some(parent) = self.folder.parent().map(Path::to_owned)
                {
                    self.enter(parent);
                }
                if let Some(home) = directories::UserDirs::new()
                    && ui.button("Home").clicked()
                {
                    self.enter(home.home_dir().to_owned());
                }
                ui.label(muted(ui, self.folder.display().to_string()).size(size::CAPTION));
            });
            ui.add_space(4.0);
            opened = self.list_ui(ui);
            let ok = if self.purpose.is_folder() { "Choose this folder" } else { "Open" };
            buttons(ui, &["Cancel", ok], !self.answer().is_empty())
        });
        if let Some(opened) = opened {
            return (true, Some(opened));
        }
        match pressed {
            Some(1) => {
                let answer = self.answer();
                // Enter on a folder's path opens it when files are asked for.
                match &answer[..] {
                    [folder] if folder.is_dir() && !self.purpose.is_folder() => {
                        self.enter(folder.clone());
                        (false, None)
                    }
                    _ => (true, Some(answer)),
                }
            }
            Some(_) => (true, None),
            None => (close, None),
        }
    }

    /// What would be chosen now: what is marked, else what is typed.
    fn answer(&self) -> Vec<PathBuf> {
        if !self.chosen.is_empty() {
            return self.chosen.iter().map(|name| self.folder.join(name)).collect();
        }
        let typed = PathBuf::from(self.path.trim());
        let makes = matches!(self.purpose, Purpose::Folder | Purpose::Target | Purpose::Copy);
        let new_folder = makes && typed.parent().is_some_and(Path::is_dir);
        if typed.exists() || new_folder { vec![typed] } else { Vec::new() }
    }

    fn path_field(&mut self, ui: &mut Ui) {
        // Tab completes, as in a shell, so the field keeps it.
        let id = ui.make_persistent_id("path");
        if ui.memory(|m| m.has_focus(id)) && ui.input_mut(|i| i.consume_key(egui::Modifiers::NONE, Key::Tab)) {
            self.complete();
            if let Some(mut state) = egui::TextEdit::load_state(ui.ctx(), id) {
                let end = egui::text::CCursor::new(self.path.chars().count());
                state.cursor.set_char_range(Some(egui::text::CCursorRange::one(end)));
                state.store(ui.ctx(), id);
            }
        }
        let edit = egui::TextEdit::singleline(&mut self.path).id(id).lock_focus(true).desired_width(f32::INFINITY);
        let response = ui.add(edit.hint_text("Path; Tab completes").margin(egui::Margin::symmetric(8, 6)));
        crate::app::widgets::named(ui, &response, "Path");
        if ui.memory(|m| m.focused().is_none()) {
            response.request_focus();
        }
        if self.chosen.is_empty() && self.answer().is_empty() {
            ui.label(muted(ui, "nothing of this name is here; Tab completes").size(size::CAPTION));
        }
        if response.changed() {
            let typed = PathBuf::from(&self.path);
            let folder =
                if self.path.ends_with(MAIN_SEPARATOR) { Some(typed) } else { typed.parent().map(Path::to_owned) };
            if let Some(folder) = folder.filter(|f| *f != self.folder && f.is_dir()) {
                self.list(folder);
            }
        }
    }

    /// Completes the path as far as all entries agree.
    fn complete(&mut self) {
        let prefix = self.path.rsplit(MAIN_SEPARATOR).next().unwrap_or_default().to_owned();
        let Ok(entries) = &self.entries else { return };
        let fitting: Vec<_> = entries.iter().filter(|e| e.name.starts_with(&prefix)).collect();
        let Some(first) = fitting.first() else { return };
        let mut common = first.name.clone();
        for entry in &fitting {
            while !entry.name.starts_with(&common) {
                common.pop();
            }
        }
        let only_folder = fitting.len() == 1 && first.folder;
        let completed = self.folder.join(&common);
        if only_folder {
            self.enter(completed);
        } else if common.len() > prefix.len() {
            self.path = completed.display().to_string();
        }
    }

    fn list_ui(&mut self, ui: &mut Ui) -> Option<Vec<PathBuf>> {
        let palette = Palette::current(ui);
        let (mut enter, mut open) = (None, None);
        let frame = egui::Frame::new().fill(palette.panel).stroke((1.0, palette.line)).corner_radius(6).inner_margin(6);
        frame.show(ui, |ui| {
            ui.set_min_height(260.0);
            let entries = match &self.entries {
                Ok(entries) => entries,
                Err(why) => {
                    ui.label(RichText::new(why).color(palette.error));
                    return;
                }
            };
            if entries.is_empty() {
                ui.label(muted(ui, "This folder is empty"));
            }
            let files = !self.purpose.is_folder();
            ScrollArea::vertical().max_height(260.0).auto_shrink(false).show_rows(
                ui,
                26.0,
                entries.len(),
                |ui, rows| {
                    for entry in &entries[rows] {
                        let marked = self.chosen.contains(&entry.name);
                        let text =
                            if entry.folder { format!("{}{MAIN_SEPARATOR}", entry.name) } else { entry.name.clone() };
                        let text = if entry.folder || files { in_ink(ui, text) } else { muted(ui, text) };
                        let right = if entry.project { "project" } else { "" };
                        let button = egui::Button::selectable(marked, text).shortcut_text(right).truncate();
                        let response = ui.add(button.min_size(egui::vec2(ui.available_width(), 24.0)));
                        if response.double_clicked() {
                            let path = self.folder.join(&entry.name);
                            if entry.folder && !(entry.project && self.purpose == Purpose::Project) {
                                enter = Some(path);
                            } else if files || entry.folder {
                                open = Some(vec![path]);
                            }
                        } else if response.clicked() && (files != entry.folder) {
                            let several = ui.input(|i| i.modifiers.command || i.modifiers.shift) && files;
                            if !several {
                                self.chosen.clear();
                            }
                            if marked && several {
                                self.chosen.remove(&entry.name);
                            } else {
                                self.chosen.insert(entry.name.clone());
                            }
                        } else if response.clicked() && entry.folder {
                            enter = Some(self.folder.join(&entry.name));
                        }
                    }
                },
            );
        });
        if let Some(folder) = enter {
            self.enter(folder);
        }
        open
    }
}

fn entries_of(folder: &Path) -> Result<Vec<Entry>, String> {
    let read = std::fs::read_dir(folder).map_err(|error| format!("`{}` cannot be read: {error}", folder.display()))?;
    let mut entries: Vec<_> = read
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok().filter(|name| !name.starts_with('.'))?;
            let folder = entry.path().is_dir();
            Some(Entry { project: folder && entry.path().join("project.ron").is_file(), name, folder })
        })
        .collect();
    entries.sort_by_key(|e| (!e.folder, e.name.to_lowercase()));
    Ok(entries)
}
