//! Files of JSON objects: one a line, one after the other, or in an array. Each keeps its line, for messages.
//!
//! Here: finding the objects, reading one into a type, and JSON spelled as Python's `json` spells it. What the objects
//! mean is for each format.

use super::gather::{check_json, utf8};
use super::problem::{Place, Problem};
use super::read::InputFile;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::io;

/// A JSON object of a file.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// In which line it begins, from 1.
    pub line: usize,
    /// As it stands there.
    pub json: &'a str,
}

impl Record<'_> {
    /// What it says, as `T`; `expected` says in words what that is.
    pub fn read<T: DeserializeOwned>(&self, file: &str, expected: &str) -> Result<T, Problem> {
        check_json(file, self.line, self.json)?;
        serde_json::from_str(self.json).map_err(|error| {
            let place = Place::line(file, self.line + error.line().saturating_sub(1)).column(error.column().max(1));
            let said = error.to_string();
            Problem::syntax(place, expected, said.split(" at line ").next().unwrap_or(&said))
        })
    }
}

/// Tells in which line parts of a content begin. Each looks only at the lines since the one before.
pub struct Lines<'a> {
    content: &'a str,
    at: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    /// At the start of `content`.
    pub fn new(content: &'a str) -> Self {
        Self { content, at: 0, line: 1 }
    }

    /// The line, from 1, in which `part` begins: a part of the content that lies after the one asked for before.
    pub fn of(&mut self, part: &str) -> usize {
        let at = (part.as_ptr() as usize).wrapping_sub(self.content.as_ptr() as usize);
        if let Some(between) = self.content.as_bytes().get(self.at..at) {
            self.line += memchr::memchr_iter(b'\n', between).count();
            self.at = at;
        }
        self.line
    }
}

/// The objects of a file, or what is wrong where one is no JSON.
pub fn records(file: &InputFile) -> Vec<Result<Record<'_>, Problem>> {
    let content = match utf8(&file.name, &file.bytes) {
        Ok(content) => content,
        Err(problem) => return vec![Err(problem)],
    };
    let blank = |line: &str| line.trim().is_empty();
    let whole = |line: &str| line.trim_start().starts_with('{') && line.trim_end().ends_with('}');
    if content.split('\n').all(|line| blank(line) || whole(line)) {
        let lines = content.split('\n').enumerate().filter(|(_, line)| !blank(line));
        return lines.map(|(n, json)| Ok(Record { line: n + 1, json })).collect();
    }
    let mut lines = Lines::new(content);
    let mut line_at = |json: &str| lines.of(json);
    let failed = |error: &serde_json::Error| {
        let place = Place::line(&file.name, error.line().max(1)).column(error.column().max(1));
        let said = error.to_string();
        Problem::syntax(place, "JSON", said.split(" at line ").next().unwrap_or(&said))
    };
    if content.trim_start().starts_with('[') {
        return match serde_json::from_str::<Vec<&RawValue>>(content) {
            Ok(items) => {
                items.into_iter().map(RawValue::get).map(|json| Ok(Record { line: line_at(json), json })).collect()
            }
            Err(error) => vec![Err(failed(&error))],
        };
    }
    let values = serde_json::Deserializer::from_str(content).into_iter::<&RawValue>();
    let values = values.map(|value| value.map(RawValue::get));
    values.map(|json| json.map(|json| Record { line: line_at(json), json }).map_err(|error| failed(&error))).collect()
}

/// The first object of a file that can be read, for telling formats apart.
pub fn first<T: DeserializeOwned>(file: &InputFile) -> Option<T> {
    let content = utf8("", &file.bytes).ok()?.trim_start();
    let content = content.strip_prefix('[').unwrap_or(content);
    serde_json::Deserializer::from_str(content).into_iter::<T>().next()?.ok()
}

/// JSON on one line as Python's `json.dumps` spells it: a space after `,` and `:`, ASCII only.
pub struct Python;

impl serde_json::ser::Formatter for Python {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(|c: char| !c.is_ascii()) {
            let (plain, special) = rest.split_at(at);
            out.write_all(plain.as_bytes())?;
            let Some(c) = special.chars().next() else { break };
            c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}"))?;
            rest = special.get(c.len_utf8()..).unwrap_or_default();
        }
        out.write_all(rest.as_bytes())
    }
}

/// A value as [`Python`] spells it: ASCII, whatever its texts hold.
pub fn as_ascii(value: &serde_json::Value) -> String {
    let mut out = Vec::new();
    let written = serde::Serialize::serialize(value, &mut serde_json::Serializer::with_formatter(&mut out, Python));
    written.ok().and_then(|()| String::from_utf8(out).ok()).unwrap_or_default()
}

/// Writes a value as [`Python`] spells it, and a line end.
pub fn write_line(out: &mut dyn io::Write, value: &impl serde::Serialize) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, Python))?;
    out.write_all(b"\n")
}
