//! What a person chose, put into effect: settings, keys, reading mode.
//!
//! Elsewhere: what is remembered and how it is read (`settings`, `keymap`), where it is chosen (`dialogs::settings`).

use super::keymap::{self, Keymap};
use super::{App, fonts, theme};
use crate::personal::settings::{self, ThemeChoice};
use eframe::egui;
use std::path::PathBuf;
use std::sync::Arc;

impl App {
    /// Puts the settings into effect.
    pub(super) fn apply_settings(&mut self, ctx: &egui::Context) {
        ctx.set_theme(match self.settings.theme {
            ThemeChoice::System => egui::ThemePreference::System,
            ThemeChoice::Light => egui::ThemePreference::Light,
            ThemeChoice::Dark => egui::ThemePreference::Dark,
        });
        ctx.set_zoom_factor(self.settings.zoom);
        if let Some(dark) = self.desktop.dark {
            let theme = if dark { egui::Theme::Dark } else { egui::Theme::Light };
            ctx.options_mut(|o| o.fallback_theme = theme);
        }
        let still = self.settings.reduced_motion || self.desktop.still;
        let blink = self.desktop.blink.filter(|_| !still);
        theme::set_motion(ctx, !still, blink.is_some());
        self.view.blink = blink;
        self.view.style.size = self.settings.text_size;
        self.view.style.column = self.settings.column;
        self.view.snap = self.settings.snap;
        self.view.set_families(&fonts::families(&self.settings.font));
    }

    /// Takes over what the desktop says.
    pub(super) fn follow_desktop(&mut self, ctx: &egui::Context) {
        if let Some(desktop) = self.desktop_watch.take().filter(|desktop| *desktop != self.desktop) {
            self.desktop = desktop;
            self.apply_settings(ctx);
        }
    }

    /// Where the keys are kept: beside the settings.
    pub(super) fn keys_path(&self) -> Option<PathBuf> {
        self.settings_path.as_ref().map(|path| path.with_file_name("keys.ron"))
    }

    /// Reads `keys.ron`; what in it cannot be used is said.
    pub(super) fn load_keys(&mut self) {
        let Some(path) = self.keys_path() else { return };
        let (keymap, problems) = Keymap::load(&path);
        self.keymap = Arc::new(keymap);
        match &problems[..] {
            [] => {}
            [only] => self.complain(only),
            [first, rest @ ..] => {
                self.complain(format!("{first}\nand {} more: Settings › Keys lists them", rest.len()));
            }
        }
        self.key_problems = problems;
    }

    /// Takes other keys, and writes them down. A file in which something could not be used is kept beside.
    ///
    /// # Errors
    /// Where they cannot be written, in words; they hold until the window closes.
    pub(super) fn change_keys(&mut self, keymap: Keymap) -> Result<(), String> {
        self.keymap = Arc::new(keymap);
        let Some(path) = self.keys_path() else { return Ok(()) };
        let failed = |error: std::io::Error| format!("`{}` cannot be written: {error}", path.display());
        if !self.key_problems.is_empty() {
            let kept = settings::keep_broken(&path).map_err(failed)?;
            self.notify(format!("What stood in the file of keys is kept as `{}`", kept.display()));
            self.key_problems.clear();
        }
        settings::write_whole(&path, &self.keymap.to_ron()).map_err(failed)
    }

    /// Lets everything that is drawn know the keys, and which of them belong to labels now.
    pub(super) fn show_keys(&self, ctx: &egui::Context) {
        let scheme = self.session.as_ref().filter(|s| s.layer().is_some()).map(|s| &s.project().scheme);
        let labels = scheme.map(|s| s.labels.as_slice()).unwrap_or_default();
        keymap::install(ctx, &self.keymap, labels.iter().filter(|l| l.on).filter_map(|l| l.key));
    }

    /// Hides everything but the text, or shows it again.
    pub(super) fn set_reading(&mut self, reading: bool) {
        if reading && !self.reading {
            let keys = [super::actions::Action::Escape, super::actions::Action::Reading];
            let keys = keys.map(|action| self.key_in_words(action));
            let keys: Vec<_> = keys.iter().filter(|key| !key.is_empty()).map(String::as_str).collect();
            self.notify(format!("Reading mode: {} leads back", keys.join(" or ")));
        } else if !reading {
            self.notices.hush();
        }
        self.reading = reading;
        self.focus_text = true;
    }
}
