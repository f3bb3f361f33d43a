//! A copy of the whole project in one file, elsewhere: for when its folder cannot be written, and for whenever one
//! wants to be sure.

use super::App;
use super::dialogs::Dialog;
use super::jobs::Done;
use crate::edit::State;
use crate::model::{DocumentId, counted};
use crate::store::{ProjectFolder, pack_in_memory, write_packed};
use eframe::egui;
use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};

/// A copy that was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Copy {
    /// The file.
    pub file: PathBuf,
    /// It holds all that was done up to this event.
    pub upto: u64,
    /// Whether everything could be taken in.
    pub is_whole: bool,
    /// What it holds, and what not, in words.
    pub words: String,
}

impl App {
    /// Packs the project as it is in memory into a new file in `folder`, on a worker.
    pub fn copy_into(&mut self, ctx: &egui::Context, folder: PathBuf) {
        let Some(session) = &self.session else { return };
        let (project, state, upto) = (session.folder().clone(), session.state().clone(), session.last_event());
        self.workers
            .start_whole(ctx, "Saving a copy", move || Done::Copied(write_copy(&project, &state, &folder, upto)));
    }

    /// What became of a copy is said where one waits for it.
    pub(super) fn copied(&mut self, copied: Result<Copy, String>) {
        if let Some(Dialog::CannotSave(dialog)) = &mut self.dialog {
            dialog.copied(copied);
            return;
        }
        self.dialog = Some(match copied {
            Ok(copy) => Dialog::message("A copy was saved", copy.words),
            Err(why) => Dialog::message("No copy was saved", why),
        });
    }
}

fn write_copy(project: &ProjectFolder, state: &State, folder: &Path, upto: u64) -> Result<Copy, String> {
    let copied = pack_in_memory(project, state).map_err(|error| error.to_string())?;
    let file = free(folder, &state.project.name);
    write_packed(&file, &copied.source).map_err(|error| in_words(&file, &error))?;
    let mut words = format!(
        "`{}`\n\n{}, {} with {}. To work on it, open it like a project.",
        file.display(),
        counted(copied.documents, "document"),
        counted(copied.layers, "layer"),
        counted(copied.annotations, "annotation"),
    );
    if !copied.missing.is_empty() {
        words.push_str("\n\nWhat could not be taken in:");
        for missing in &copied.missing {
            let _ = write!(words, "\n· {missing}");
        }
    }
    Ok(Copy { file, upto, is_whole: copied.missing.is_empty(), words })
}

fn in_words(file: &Path, error: &io::Error) -> String {
    format!("cannot write `{}`: {error}\nhelp: choose another folder, on a disk that has room", file.display())
}

/// A name that no file in `folder` has.
fn free(folder: &Path, project: &str) -> PathBuf {
    // As documents are named: with nothing that a disk could refuse.
    let id = DocumentId::from_title(1, project);
    let name = id.as_str().split_once('-').map_or("project", |(_, name)| name);
    let names = (1..).map(|n| if n == 1 { format!("{name}.byline.ron") } else { format!("{name}-{n}.byline.ron") });
    let mut paths = names.map(|name| folder.join(name)).filter(|path| path.symlink_metadata().is_err());
    paths.next().unwrap_or_else(|| folder.join("project.byline.ron"))
}
