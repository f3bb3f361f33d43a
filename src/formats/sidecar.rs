//! `byline.json`: a file beside those of a format that has no place for what it says, nor for comments.
//!
//! It says for people how the files were written, and for Byline whose they are and which documents they hold.

use super::gather::{check_json, utf8};
use super::output::{Sink, WriteError, io_at};
use super::read::InputFile;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::io::Write;

/// Its name.
pub const NAME: &str = "byline.json";

/// Writes it beside the files.
pub fn write(sink: &mut dyn Sink, content: &Json) -> Result<(), WriteError> {
    let mut out = sink.file(NAME)?;
    serde_json::to_writer_pretty(&mut out, content).map_err(|error| io_at(NAME)(error.into()))?;
    out.write_all(b"\n").and_then(|()| out.flush()).map_err(io_at(NAME))
}

/// Those that Byline wrote for a format, by their folder.
#[derive(Debug, Default)]
pub struct Sidecars {
    /// What each says; its files by their name, with the folder of the sidecar in front.
    found: Vec<(Json, HashMap<String, usize>)>,
}

impl Sidecars {
    /// Those among `files`. One that is damaged, or another program's, is none.
    pub fn of(files: &[InputFile], format: &str) -> Self {
        let json = |file: &InputFile| -> Option<(Json, HashMap<String, usize>)> {
            let content = utf8(&file.name, &file.bytes).ok()?;
            check_json(&file.name, 1, content).ok()?;
            let json: Json = serde_json::from_str(content).ok()?;
            if json.get("format")?.as_str()? != format {
                return None;
            }
            let entries = json.get("files").and_then(Json::as_array).into_iter().flatten().enumerate();
            let name = |of: &Json| Some(format!("{}{}", file.folder(), of.get("file")?.as_str()?));
            let names = entries.filter_map(|(n, of)| Some((name(of)?, n))).collect();
            Some((json, names))
        };
        Self { found: files.iter().filter(|f| f.base_name() == NAME).filter_map(json).collect() }
    }

    /// What is said about a file: the number of the sidecar, the whole of it, and the part about the file.
    pub fn about(&self, file: &InputFile) -> Option<(usize, &Json, &Json)> {
        self.found.iter().enumerate().find_map(|(n, (json, names))| {
            let at = names.get(&file.name)?;
            Some((n, json, json.get("files")?.get(at)?))
        })
    }
}
