//! Showing a file in the system's file manager, because a person asked for it.
//!
//! The file manager gets a path to show; nothing of a project is opened by it, and nothing is run but the file manager.
//! Elsewhere: asking for files (`pick`).

use super::App;
use super::jobs::Done;
use eframe::egui;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// What shows a path. May wait for other programs: never called where the window is drawn.
pub(super) type Reveal = Arc<dyn Fn(&Path) -> io::Result<()> + Send + Sync>;

impl App {
    /// Shows a file or folder where it lies.
    pub(super) fn show_in_folder(&mut self, ctx: &egui::Context, path: &Path) {
        let (reveal, path) = (self.reveal.clone(), path.to_owned());
        self.workers.start(ctx, "Showing the folder", move |_| match reveal(&path) {
            Ok(()) => Done::Nothing,
            Err(error) => Done::Hidden(path, error.to_string()),
        });
    }

    /// For tests: in place of the system's file manager.
    #[doc(hidden)]
    pub fn reveal_with(&mut self, reveal: impl Fn(&Path) -> io::Result<()> + Send + Sync + 'static) {
        self.reveal = Arc::new(reveal);
    }
}

/// The system's own way.
pub(super) fn by_the_system() -> Reveal {
    Arc::new(|path| {
        let path = std::path::absolute(path)?;
        if cfg!(target_os = "windows") {
            // Its answer says nothing: it is 1 also where all went well.
            return Command::new("explorer").arg("/select,").arg(path).spawn().map(|_| ());
        }
        if cfg!(target_os = "macos") {
            return done(Command::new("open").arg("-R").arg(path));
        }
        #[cfg(target_os = "linux")]
        if file_manager(&path).is_ok() {
            return Ok(());
        }
        done(Command::new("xdg-open").arg(if path.is_dir() { &path } else { path.parent().unwrap_or(&path) }))
    })
}

fn done(command: &mut Command) -> io::Result<()> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("the file manager ended with {status}"))) }
}

/// Asks the file manager of the desktop (freedesktop.org, File Manager D-Bus Interface) to select the file.
#[cfg(target_os = "linux")]
fn file_manager(path: &Path) -> zbus::Result<()> {
    let name = "org.freedesktop.FileManager1";
    let bus = zbus::blocking::Connection::session()?;
    let manager = zbus::blocking::Proxy::new(&bus, name, "/org/freedesktop/FileManager1", name)?;
    manager.call("ShowItems", &([file_uri(path)].as_slice(), ""))
}

/// RFC 8089, from an absolute path; its bytes as they are, whatever they mean.
#[cfg(target_os = "linux")]
fn file_uri(path: &Path) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
    const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    format!("file://{}", percent_encode(path.as_os_str().as_encoded_bytes(), PATH))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_any_letters_is_a_uri() {
        assert_eq!(file_uri(Path::new("/tmp/a b/é#?%.ron")), "file:///tmp/a%20b/%C3%A9%23%3F%25.ron");
    }
}
