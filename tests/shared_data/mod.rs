//! Where the test data made by others lie. They are no part of the repository.

use std::path::{Path, PathBuf};

/// The folder of the shared test data for `test`, if it is there; else says that the test was skipped.
pub fn shared(test: &str, folder: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let path = std::env::var_os("BYLINE_SHARED_DATA").map_or_else(beside, PathBuf::from).join(folder);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {test}: no shared data");
    None
}
