//! The examples of the formats, in `tests/formats/FORMAT/good` and `…/bad`.

use byline::formats::{Format, InputFile};
use std::path::{Path, PathBuf};

/// The cases of a format that are `good` or `bad`, by name; none where the folder is not there.
pub fn cases(format: &dyn Format, kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats").join(format.card().name).join(kind);
    let mut cases: Vec<_> =
        folder.read_dir().map(|found| found.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default();
    cases.sort();
    cases
}

/// The files of a case, as a person would name them for an import.
pub fn input(case: &Path) -> Vec<InputFile> {
    fn visit(folder: &Path, prefix: &str, files: &mut Vec<InputFile>) {
        let mut entries: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() {
                visit(&path, &format!("{name}/"), files);
            } else {
                files.push(InputFile::new(name, std::fs::read(&path).unwrap()));
            }
        }
    }
    let mut files = Vec::new();
    visit(&case.join("in"), "", &mut files);
    files
}
