//! From paths to files in memory, within limits; archives are unpacked there. No format is known here but by its
//! extensions.

use super::ALL;
use super::problem::{Cause, Place, Problem};
use super::read::InputFile;
use std::io::{Cursor, Read};
use std::path::Path;

/// The largest file that is read, in bytes.
pub const FILE_LIMIT: usize = 1 << 30;
/// The largest line of a line-based format, in bytes.
pub const LINE_LIMIT: usize = 256 << 20;
/// The most values in a line of JSON: what they take in memory is many times their text.
pub const JSON_VALUES_LIMIT: usize = 12_000_000;
/// The most files of one import.
const FILES_LIMIT: usize = 200_000;
/// The most that an archive may hold, as a multiple of its size: more than text ever shrinks to.
const ARCHIVE_RATIO: u64 = 200;
/// How deep folders are followed.
const DEPTH_LIMIT: usize = 8;

/// Reads a file, or those files of a folder (and its folders) that some format can be interested in, by name.
pub fn gather(path: &Path) -> Result<Vec<InputFile>, Problem> {
    let mut files = Vec::new();
    if path.is_dir() {
        visit(path, "", 0, &mut files)?;
        files.sort_by(|a, b| a.name.cmp(&b.name));
    } else {
        let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        files.extend(unpacked(load(path, name)?)?);
    }
    Ok(files)
}

fn visit(folder: &Path, prefix: &str, depth: usize, files: &mut Vec<InputFile>) -> Result<(), Problem> {
    let entries = folder.read_dir().map_err(|error| unreadable(folder, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        let base = entry.file_name().to_string_lossy().into_owned();
        let name = format!("{prefix}{base}");
        let path = entry.path();
        if base.starts_with('.') {
            continue;
        }
        // Links are not followed: they can lead anywhere, also in a circle.
        let kind = entry.file_type().map_err(|error| unreadable(&path, &error))?;
        if kind.is_dir() && depth < DEPTH_LIMIT {
            visit(&path, &format!("{name}/"), depth + 1, files)?;
        } else if kind.is_file() && is_of_interest(&base) {
            if files.len() == FILES_LIMIT {
                let (found, limit) = (FILES_LIMIT + 1, FILES_LIMIT);
                let cause = Cause::TooLarge { what: "the folder", found, limit, unit: "files" };
                return Err(Problem::error(Place::file(&name), cause, "import it in parts"));
            }
            files.extend(unpacked(load(&path, name)?)?);
        }
    }
    Ok(())
}

fn is_of_interest(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
    let known = |e: &str| e == "zip" || ALL.iter().any(|f| f.card().uses.reads() && f.card().extensions.contains(&e));
    extension.is_some_and(|e| known(&e))
}

fn has_extension_of(name: &str, extensions: &[&str]) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| extensions.contains(&extension.as_str()))
}

/// The files of an archive (`.zip`) that some format can be interested in, by name, in a folder with the name of the
/// archive; any other file as it is. Nothing is written to the disk.
///
/// # Errors
/// Where the archive is damaged, names a file outside itself, or holds more than can be meant.
pub fn unpacked(file: InputFile) -> Result<Vec<InputFile>, Problem> {
    unpacked_with(file, &[])
}

/// As [`unpacked`], with the files as well whose names have these `extensions`, in lower case and without the dot.
///
/// # Errors
/// As [`unpacked`].
pub fn unpacked_with(file: InputFile, extensions: &[&str]) -> Result<Vec<InputFile>, Problem> {
    if !file.has_extension("zip") {
        return Ok(vec![file]);
    }
    let wrong = |what: String| {
        let help = "make the archive anew, or unpack it and import the folder";
        Problem::error(Place::file(&file.name), Cause::NotKept(what), help)
    };
    let damaged = |error: &dyn std::fmt::Display| wrong(format!("the archive cannot be read: {error}"));
    let mut archive = zip::ZipArchive::new(Cursor::new(&file.bytes)).map_err(|error| damaged(&error))?;
    let limit = (file.bytes.len() as u64).saturating_mul(ARCHIVE_RATIO).clamp(1 << 20, FILE_LIMIT as u64);
    if archive.len() > FILES_LIMIT {
        let (found, limit) = (archive.len(), FILES_LIMIT);
        let cause = Cause::TooLarge { what: "the archive", found, limit, unit: "files" };
        return Err(Problem::error(Place::file(&file.name), cause, "import it in parts"));
    }
    let (mut files, mut left) = (Vec::new(), limit);
    for n in 0..archive.len() {
        let entry = archive.by_index(n).map_err(|error| damaged(&error))?;
        let name = entry.name().map_err(|error| damaged(&error))?.into_owned();
        if entry.enclosed_name().is_none() || name.starts_with('/') || name.contains('\\') {
            return Err(wrong(format!("the archive names a file outside itself: `{name}`")));
        }
        let base = name.rsplit('/').next().unwrap_or_default();
        let is_wanted = is_of_interest(base) || has_extension_of(base, extensions);
        if !entry.is_file() || base.starts_with('.') || name.starts_with("__MACOSX/") || !is_wanted {
            continue;
        }
        // What the archive says of its sizes is not believed: what comes out of it is counted.
        let mut bytes = Vec::new();
        entry.take(left + 1).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
        left = left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            let (found, limit) = (limit as usize + 1, limit as usize);
            let cause = Cause::TooLarge { what: "what the archive holds", found, limit, unit: "bytes" };
            Problem::error(Place::file(&file.name), cause, "unpack it, look at what it holds, and import the folder")
        })?;
        files.push(InputFile { name: format!("{}/{name}", file.name), bytes });
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// Reads one file, whatever it is, under a name.
pub fn load(path: &Path, name: String) -> Result<InputFile, Problem> {
    let length = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?.len();
    let found = usize::try_from(length).unwrap_or(usize::MAX);
    if found > FILE_LIMIT {
        let cause = Cause::TooLarge { what: "the file", found, limit: FILE_LIMIT, unit: "bytes" };
        return Err(Problem::error(Place::file(&name), cause, "split it into parts"));
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    Ok(InputFile { name, bytes })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    let cause = Cause::NotKept(format!("cannot be read: {error}"));
    Problem::error(Place::file(&path.display().to_string()), cause, "check that it is there and that you may read it")
}

/// The text of a file: UTF-8, without a BOM.
pub fn utf8<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Problem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let line = memchr::memchr_iter(b'\n', &bytes[..at]).count() + 1;
        Problem::error(Place::line(file, line), Cause::NotUtf8 { at }, "convert the file to UTF-8")
    })
}

/// Refuses lines that would take too much memory.
pub fn check_line(file: &str, line: usize, content: &str) -> Result<(), Problem> {
    let too_large = |found, limit, unit| {
        let cause = Cause::TooLarge { what: "the line", found, limit, unit };
        Problem::error(Place::line(file, line), cause, "split the document, or export it again one document a line")
    };
    if content.len() > LINE_LIMIT {
        return Err(too_large(content.len(), LINE_LIMIT, "bytes"));
    }
    Ok(())
}

/// Refuses JSON of more values than can be kept.
pub fn check_json(file: &str, line: usize, content: &str) -> Result<(), Problem> {
    check_line(file, line, content)?;
    let found = memchr::memchr3_iter(b',', b'[', b'{', content.as_bytes()).count();
    if found > JSON_VALUES_LIMIT {
        let cause = Cause::TooLarge { what: "the line", found, limit: JSON_VALUES_LIMIT, unit: "values" };
        return Err(Problem::error(Place::line(file, line), cause, "split the document into several lines"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_would_fill_the_memory_is_refused_before_it_is_parsed() {
        let line = format!("{{\"é\": {}", "[".repeat(JSON_VALUES_LIMIT));
        let problem = check_json("a.jsonl", 3, &line).unwrap_err().to_string();
        assert!(problem.starts_with("error: a.jsonl:3: the line is too large: 12000001 values"), "{problem}");
    }

    fn archive(entries: &[(&str, &[u8])]) -> InputFile {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut writer, bytes).unwrap();
        }
        InputFile::new("é.zip", writer.finish().unwrap().into_inner())
    }

    #[test]
    fn other_files_of_an_archive_come_where_they_are_asked_for() {
        let file = || archive(&[("a.png", b"x"), ("b/é.HTML", b"<p>"), ("c.jsonl", b"{}"), ("d.html.gz", b"")]);
        let names = |files: Vec<InputFile>| files.into_iter().map(|file| file.name).collect::<Vec<_>>();
        assert_eq!(names(unpacked(file()).unwrap()), ["é.zip/c.jsonl"]);
        let with = names(unpacked_with(file(), &["html", "pdf"]).unwrap());
        assert_eq!(with, ["é.zip/b/é.HTML", "é.zip/c.jsonl"]);
    }

    #[test]
    fn archives_are_unpacked_in_memory_and_refused_where_they_mean_harm() {
        let files = unpacked(archive(&[("b/ana.jsonl", b"{}"), ("a.png", b"x"), (".git/a.jsonl", b"")])).unwrap();
        let names: Vec<_> = files.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["é.zip/.git/a.jsonl", "é.zip/b/ana.jsonl"]);
        let refused = |file| unpacked(file).unwrap_err().to_string();
        let outside = refused(archive(&[("../../etc/a.jsonl", b"{}")]));
        assert!(outside.contains("names a file outside itself: `../../etc/a.jsonl`"), "{outside}");
        let bomb = refused(archive(&[("a.jsonl", &vec![b' '; 40 << 20])]));
        assert!(bomb.contains("what the archive holds is too large"), "{bomb}");
        let mut cut = archive(&[("a.jsonl", b"{}")]);
        cut.bytes.truncate(20);
        assert!(refused(cut).contains("the archive cannot be read"));
    }

    #[test]
    fn folders_are_read_by_name_and_hidden_or_foreign_files_are_left() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("é")).unwrap();
        for name in ["b.ann", "é/a.ann", ".hidden.ann", "picture.png"] {
            std::fs::write(root.path().join(name), name).unwrap();
        }
        let names: Vec<_> = gather(root.path()).unwrap().into_iter().map(|f| f.name).collect();
        assert_eq!(names, ["b.ann", "é/a.ann"]);
        let missing = gather(&root.path().join("nowhere.ann")).unwrap_err().to_string();
        assert!(missing.contains("nowhere.ann") && missing.contains("cannot be read"), "{missing}");
    }
}
