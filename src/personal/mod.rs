//! A person's own files, outside of any project: `settings.ron` and `keys.ron`.
//!
//! Here: what they say, and reading and writing them; nothing here knows a screen. Elsewhere: what a key does (`app`).

mod keys;
pub mod settings;

pub use keys::{BadKeys, Combination, Entry, KeysFile, WrittenKey};

use std::path::PathBuf;

/// Where they lie, if this system has such a place.
pub fn folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("BYLINE_CONFIG_DIR") {
        return Some(PathBuf::from(folder));
    }
    directories::ProjectDirs::from("", "", "byline").map(|dirs| dirs.config_dir().to_owned())
}

/// Where journals lie that could not be written in their project.
pub fn rescue_folder() -> Option<PathBuf> {
    Some(folder()?.join("rescue"))
}
