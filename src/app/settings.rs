//! What the program remembers of a person between sessions; not part of any project.

use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Which theme.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum ThemeChoice {
    /// As the system.
    #[default]
    System,
    /// Paper.
    Light,
    /// Slate.
    Dark,
}

/// What is remembered. A field that is missing has its default, so that files of older versions can be read.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Whose annotations are made.
    pub annotator: String,
    /// Which theme.
    pub theme: ThemeChoice,
    /// 1 for 100 %.
    pub zoom: f32,
    /// Projects opened last, the newest first.
    pub recent: Vec<PathBuf>,
    /// Whether the left panel is shown.
    pub left_panel: bool,
    /// Whether the right panel is shown.
    pub right_panel: bool,
    /// Inner size of the window in points.
    pub window: (f32, f32),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            annotator: user_name(),
            theme: ThemeChoice::System,
            zoom: 1.0,
            recent: Vec::new(),
            left_panel: true,
            right_panel: true,
            window: (1360.0, 850.0),
        }
    }
}

fn user_name() -> String {
    let name = std::env::var("USER").or_else(|_| std::env::var("USERNAME")).unwrap_or_default();
    if name.is_empty() { "annotator".to_owned() } else { name }
}

impl Settings {
    /// Where they are kept, if this system has such a place.
    pub fn path() -> Option<PathBuf> {
        if let Some(folder) = std::env::var_os("BYLINE_CONFIG_DIR") {
            return Some(PathBuf::from(folder).join("settings.ron"));
        }
        directories::ProjectDirs::from("", "", "byline").map(|dirs| dirs.config_dir().join("settings.ron"))
    }

    /// Reads them; a file that cannot be read is as good as none, since nothing in it is work.
    pub fn load(path: Option<&Path>) -> Self {
        let text = path.and_then(|path| std::fs::read_to_string(path).ok());
        let mut settings: Self = text.and_then(|text| ron::from_str(&text).ok()).unwrap_or_default();
        settings.zoom = if settings.zoom.is_finite() { settings.zoom.clamp(0.5, 3.0) } else { 1.0 };
        settings.window = (settings.window.0.clamp(640.0, 8000.0), settings.window.1.clamp(400.0, 8000.0));
        settings
    }

    /// Writes them as a whole or not at all.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let text =
            ron::ser::to_string_pretty(self, ron::ser::PrettyConfig::default()).map_err(std::io::Error::other)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(path)?;
        Ok(())
    }

    /// Puts a project first among the recent ones.
    pub fn remember(&mut self, project: &Path) {
        self.recent.retain(|p| p != project);
        self.recent.insert(0, project.to_owned());
        self.recent.truncate(10);
    }
}
