//! Asking for files: with the system's dialog where there is one, else with the built-in browser.

use super::App;
use super::dialogs::Dialog;
use super::dialogs::browser::Browser;
use super::jobs::Done;
use crate::formats::{self, Format};
use crate::ingest::EXTENSIONS;
use eframe::egui;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Article files, several at once.
    Articles,
    /// The folder of a project.
    Project,
    /// A folder for the dialog that is open.
    Folder,
    /// A place to write to, for the dialog that is open.
    Target,
    /// Dataset files, several at once.
    Datasets,
    /// A folder of datasets.
    DatasetFolder,
    /// A folder for a copy of the project.
    Copy,
}

impl Purpose {
    /// The title of the dialog.
    pub fn title(self) -> &'static str {
        match self {
            Self::Articles => "Open articles",
            Self::Project => "Open a project",
            Self::Folder => "Choose a folder",
            Self::Target => "Choose where to write",
            Self::Datasets => "Import datasets",
            Self::DatasetFolder => "Import a folder",
            Self::Copy => "Choose a folder for the copy",
        }
    }

    /// Whether a folder is asked for rather than files.
    pub fn is_folder(self) -> bool {
        matches!(self, Self::Project | Self::Folder | Self::Target | Self::DatasetFolder | Self::Copy)
    }
}

/// The answer; `None` for “cancelled”.
#[derive(Clone, PartialEq, Debug)]
pub struct Picked {
    /// What was asked for.
    pub purpose: Purpose,
    /// What was chosen.
    pub paths: Option<Vec<PathBuf>>,
}

impl App {
    /// Asks for files.
    pub(super) fn pick(&mut self, ctx: &egui::Context, purpose: Purpose) {
        if !system_has_dialogs() {
            let under = self.dialog.take().map(Box::new);
            self.dialog = Some(Dialog::Browser(Browser::new(purpose), under));
            return;
        }
        self.workers
            .start_whole(ctx, purpose.title(), move || Done::Picked(Picked { purpose, paths: ask_system(purpose) }));
    }
}

/// Blocks until the person has answered; never call it where the window is drawn.
fn ask_system(purpose: Purpose) -> Option<Vec<PathBuf>> {
    let dialog = rfd::FileDialog::new().set_title(purpose.title());
    if purpose.is_folder() {
        return dialog.pick_folder().map(|folder| vec![folder]);
    }
    let dialog = match purpose {
        Purpose::Datasets => {
            let mut read: Vec<_> = formats::ALL.iter().filter(|format| format.card().uses.reads()).collect();
            read.sort_by_key(|format| format.card().title);
            let all: BTreeSet<_> = read.iter().flat_map(|format| format.card().extensions).chain(&["zip"]).collect();
            let all: Vec<_> = all.into_iter().copied().collect();
            let of_one = |dialog: rfd::FileDialog, format: &&&dyn Format| {
                dialog.add_filter(format.card().title, format.card().extensions)
            };
            let dialog = read.iter().fold(dialog.add_filter("Datasets", &all), of_one);
            dialog.add_filter("All files", &["*"])
        }
        _ => {
            let articles = [&EXTENSIONS[..], &["text", "md", "zip"]].concat();
            dialog.add_filter("Articles", &articles).add_filter("All files", &["*"])
        }
    };
    dialog.pick_files()
}

/// Whether the system can show a file dialog: `rfd` answers “cancelled” where it cannot, so it is asked beforehand.
///
/// On Linux a dialog comes from the desktop portal (over the session bus) or from `zenity`.
fn system_has_dialogs() -> bool {
    if std::env::var_os("BYLINE_BUILTIN_DIALOGS").is_some() {
        return false;
    }
    if !cfg!(target_os = "linux") {
        return true;
    }
    let on_path = |program: &str| {
        std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
    };
    on_path("zenity") || (has_session_bus() && has_portal())
}

fn has_session_bus() -> bool {
    let named = std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some();
    let usual = std::env::var_os("XDG_RUNTIME_DIR").is_some_and(|dir| PathBuf::from(dir).join("bus").exists());
    named || usual
}

/// Whether a portal with a file chooser is installed: the frontend, and a backend that has the interface.
fn has_portal() -> bool {
    let data = std::env::var("XDG_DATA_DIRS").unwrap_or_else(|_| "/usr/local/share:/usr/share".to_owned());
    let dirs: Vec<PathBuf> = std::env::split_paths(&data).collect();
    let service = "dbus-1/services/org.freedesktop.portal.Desktop.service";
    let chooser = |dir: &PathBuf| {
        let portals = std::fs::read_dir(dir.join("xdg-desktop-portal/portals")).into_iter().flatten().flatten();
        portals.into_iter().any(|entry| {
            let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
            text.contains("org.freedesktop.impl.portal.FileChooser")
        })
    };
    dirs.iter().any(|dir| dir.join(service).is_file()) && dirs.iter().any(chooser)
}
