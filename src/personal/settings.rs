//! What the program remembers of a person between sessions: `settings.ron`.
//!
//! Whatever stands in the file, what is read is sane. A file that cannot be read is kept beside the new one. The only
//! place that writes a person's own files: `keys.ron` is written through it too.

use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
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

/// In what the article is set.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum ArticleFont {
    /// Byline Serif.
    #[default]
    Serif,
    /// Inter.
    Sans,
    /// A family of the system; where it is not there, Byline Serif.
    System(String),
}

/// What is remembered. A field that is missing has its default, so that files of older versions can be read.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Settings {
    /// Whose annotations are made.
    pub annotator: String,
    /// Which theme.
    pub theme: ThemeChoice,
    /// 1 for 100 %.
    pub zoom: f32,
    /// Size of the article's type in points.
    pub text_size: f32,
    /// Width of the article's column in points, where there is room.
    pub column: f32,
    /// In what the article is set.
    pub font: ArticleFont,
    /// Whether what is selected with the mouse is widened to whole words.
    pub snap: bool,
    /// Whether nothing moves by itself: no animation, no blinking.
    pub reduced_motion: bool,
    /// Projects opened last, the newest first.
    pub recent: Vec<PathBuf>,
    /// Names of the commands taken last from the palette, the newest first.
    pub recent_commands: Vec<String>,
    /// Whether the left panel is shown.
    pub left_panel: bool,
    /// Whether the right panel is shown.
    pub right_panel: bool,
    /// Width of the left panel in points.
    pub left_width: f32,
    /// Width of the right panel in points.
    pub right_width: f32,
    /// Inner size of the window in points.
    pub window: (f32, f32),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            annotator: user_name(),
            theme: ThemeChoice::System,
            zoom: 1.0,
            text_size: 17.0,
            column: 640.0,
            font: ArticleFont::Serif,
            snap: true,
            reduced_motion: false,
            recent: Vec::new(),
            recent_commands: Vec::new(),
            left_panel: true,
            right_panel: true,
            left_width: 236.0,
            right_width: 340.0,
            window: (1360.0, 850.0),
        }
    }
}

/// Sizes of the article's type that can be read, in points.
pub const TEXT_SIZES: std::ops::RangeInclusive<f32> = 11.0..=32.0;
/// Widths of the article's column, in points.
pub const COLUMNS: std::ops::RangeInclusive<f32> = 360.0..=1200.0;
/// Widths of the left panel, in points.
pub const LEFT_WIDTHS: std::ops::RangeInclusive<f32> = 160.0..=420.0;
/// Widths of the right panel, in points.
pub const RIGHT_WIDTHS: std::ops::RangeInclusive<f32> = 240.0..=560.0;

/// A file of a person's own that is larger than this, in bytes, was not written for Byline.
const LARGEST: u64 = 1 << 16;
/// So many projects and commands are remembered.
const REMEMBERED: usize = 10;

fn user_name() -> String {
    let name = std::env::var("USER").or_else(|_| std::env::var("USERNAME")).unwrap_or_default();
    if is_name(&name) { name } else { "annotator".to_owned() }
}

/// Whether `name` can be that of an annotator or of a family of fonts.
fn is_name(name: &str) -> bool {
    crate::model::scheme::is_good_name(name)
}

/// Reads a file of at most 64 KiB; `None` if it is not there.
pub fn read_small(path: &Path) -> std::io::Result<Option<String>> {
    let file = match std::fs::File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut text = String::new();
    file.take(LARGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(std::io::Error::other("it is larger than 64 KiB"));
    }
    Ok(Some(text))
}

/// Writes a file as a whole or not at all.
pub fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

/// Keeps a file that cannot be used beside its place: `settings.ron.broken`. Returns where.
pub fn keep_broken(path: &Path) -> std::io::Result<PathBuf> {
    let mut name = path.as_os_str().to_owned();
    name.push(".broken");
    let kept = PathBuf::from(name);
    std::fs::copy(path, &kept)?;
    Ok(kept)
}

impl Settings {
    /// Where they are kept, if this system has such a place.
    pub fn path() -> Option<PathBuf> {
        super::folder().map(|folder| folder.join("settings.ron"))
    }

    /// Reads them; of a file that cannot be read, it is said why and where it is kept.
    pub fn load(path: Option<&Path>) -> (Self, Option<String>) {
        let Some(path) = path else { return (Self::default(), None) };
        let why = match read_small(path) {
            Ok(None) => return (Self::default(), None),
            Ok(Some(text)) => match ron::from_str::<Self>(&text) {
                Ok(settings) => return (settings.sane(), None),
                Err(error) => format!("`{}`, line {}: {}", path.display(), error.span.start.line, error.code),
            },
            Err(error) => format!("`{}` cannot be read: {error}", path.display()),
        };
        let kept = match keep_broken(path) {
            Ok(kept) => format!("; it is kept as `{}`", kept.display()),
            Err(_) => String::new(),
        };
        (Self::default(), Some(format!("{why}{kept}\nhelp: the settings are the defaults now; Ctrl , changes them")))
    }

    /// What makes no sense becomes the nearest that does.
    fn sane(self) -> Self {
        let default = Self::default();
        let within = |value: f32, range: std::ops::RangeInclusive<f32>, default: f32| {
            if value.is_finite() { value.clamp(*range.start(), *range.end()) } else { default }
        };
        let font = match self.font {
            ArticleFont::System(name) if !is_name(&name) => ArticleFont::Serif,
            font => font,
        };
        Self {
            annotator: if is_name(&self.annotator) { self.annotator } else { default.annotator },
            theme: self.theme,
            zoom: within(self.zoom, 0.5..=3.0, default.zoom),
            text_size: within(self.text_size, TEXT_SIZES, default.text_size),
            column: within(self.column, COLUMNS, default.column),
            font,
            snap: self.snap,
            reduced_motion: self.reduced_motion,
            recent: self.recent.into_iter().take(REMEMBERED).collect(),
            recent_commands: self.recent_commands.into_iter().take(REMEMBERED).collect(),
            left_panel: self.left_panel,
            right_panel: self.right_panel,
            left_width: within(self.left_width, LEFT_WIDTHS, default.left_width),
            right_width: within(self.right_width, RIGHT_WIDTHS, default.right_width),
            window: (
                within(self.window.0, 640.0..=8000.0, default.window.0),
                within(self.window.1, 400.0..=8000.0, default.window.1),
            ),
        }
    }

    /// Writes them as a whole or not at all.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        let text =
            ron::ser::to_string_pretty(self, ron::ser::PrettyConfig::default()).map_err(std::io::Error::other)?;
        write_whole(path, &text)
    }

    /// Puts a project first among the recent ones.
    pub fn remember(&mut self, project: &Path) {
        self.recent.retain(|p| p != project);
        self.recent.insert(0, project.to_owned());
        self.recent.truncate(REMEMBERED);
    }

    /// Puts a command first among the recent ones.
    pub fn remember_command(&mut self, name: String) {
        self.recent_commands.retain(|n| *n != name);
        self.recent_commands.insert(0, name);
        self.recent_commands.truncate(REMEMBERED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn loaded(text: &[u8]) -> (Settings, Option<String>, PathBuf, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.ron");
        std::fs::write(&path, text).unwrap();
        let (settings, problem) = Settings::load(Some(&path));
        (settings, problem, path, folder)
    }

    #[test]
    fn what_makes_no_sense_becomes_the_nearest_that_does() {
        let text = "(annotator: \"../\u{7}\", zoom: inf, text_size: -1e38, column: NaN, font: System(\"a\\nb\"), \
                    left_width: 1e9, right_width: 0, window: (0, NaN), recent_commands: [\"a\",\"b\",\"c\",\"d\",\"e\",\
                    \"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\"], a_field_of_the_future: 1)";
        let (settings, problem, ..) = loaded(text.as_bytes());
        assert_eq!(problem, None);
        let default = Settings::default();
        assert_eq!((settings.zoom, settings.column, settings.text_size), (1.0, 640.0, *TEXT_SIZES.start()));
        assert_eq!((settings.left_width, settings.right_width), (*LEFT_WIDTHS.end(), *RIGHT_WIDTHS.start()));
        assert_eq!((settings.font, settings.annotator), (ArticleFont::Serif, default.annotator));
        assert_eq!((settings.window, settings.recent_commands.len()), ((640.0, 850.0), REMEMBERED));
    }

    #[test]
    fn a_broken_file_is_kept_beside_and_said() {
        for text in [&b"(zoom: \"large\""[..], b"\xFF\xFE", b""] {
            let (settings, problem, path, _folder) = loaded(text);
            assert_eq!(settings, Settings::default());
            let problem = problem.unwrap();
            assert!(problem.contains("settings.ron") && problem.contains("settings.ron.broken"), "{problem}");
            assert_eq!(std::fs::read(path.with_file_name("settings.ron.broken")).unwrap(), text);
            settings.save(&path).unwrap();
            assert_eq!(Settings::load(Some(&path)), (settings, None));
        }
    }

    proptest! {
        #[test]
        fn what_was_saved_is_read_again(size in any::<f32>(), width in any::<f32>(), name in ".{0,12}") {
            let wild = Settings {
                text_size: size,
                left_width: width,
                window: (width, size),
                font: ArticleFont::System(name.clone()),
                annotator: name,
                ..Settings::default()
            };
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("settings.ron");
            let sane = wild.sane();
            sane.save(&path).unwrap();
            prop_assert_eq!(Settings::load(Some(&path)), (sane, None));
        }
    }
}
