//! The file: msgpack in zlib, document by document.
//!
//! Tokens are rows of 64-bit numbers, the least byte first, as numpy keeps them on every machine for which spaCy is
//! published. Positions in span groups have the greatest byte first.

use super::strings::{Strings, id};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use rmp::encode;
use serde_json::Value as Json;
use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;

/// The columns of a token: ORTH, ENT_IOB, ENT_TYPE, ENT_KB_ID and ENT_ID, as spaCy 3 numbers them.
const COLUMNS: [u16; 5] = [65, 77, 78, 452, 454];

/// What a document says.
#[derive(Debug)]
pub struct Content<'a> {
    /// Each word, and whether one space follows it.
    pub words: Vec<(&'a str, bool)>,
    /// Its marks; `None` where nobody has looked for any, which is not the same as none.
    pub marks: Option<Marks<'a>>,
    /// What becomes `doc.user_data`: an object.
    pub user_data: Json,
}

/// The marks of a document.
#[derive(Debug, Default)]
pub struct Marks<'a> {
    /// `doc.ents`: in the order of the text, without overlaps.
    pub entities: Vec<Mark<'a>>,
    /// `doc.spans`, by key.
    pub groups: Vec<(&'static str, Vec<Mark<'a>>)>,
}

/// A span with its label.
#[derive(Clone, Debug)]
pub struct Mark<'a> {
    /// Its words, counted in the document.
    pub words: Range<usize>,
    /// Its code points.
    pub code_points: Range<usize>,
    /// Its label.
    pub label: &'a str,
    /// What a knowledge base calls it; empty for nothing.
    pub kb_id: &'a str,
    /// The annotation.
    pub id: String,
}

/// A file that is being filled.
#[derive(Debug, Default)]
pub struct Container<'a> {
    strings: Strings<'a>,
    // A token is 40 bytes in the file: they are made when it is written.
    words: Vec<u32>,
    spaces: Vec<u8>,
    entities: Vec<Entity>,
    documents: Vec<Packed>,
}

/// A span of `doc.ents`, in words of the whole file and numbers of strings.
#[derive(Debug)]
struct Entity {
    words: Range<usize>,
    label: u32,
    kb_id: u32,
    id: u32,
}

#[derive(Debug)]
struct Packed {
    words: usize,
    is_annotated: bool,
    groups: Vec<u8>,
    user_data: Vec<u8>,
}

impl<'a> Container<'a> {
    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Adds a document.
    pub fn add(&mut self, content: &Content<'a>) -> io::Result<()> {
        let first = self.words.len();
        for (word, space) in &content.words {
            self.words.push(self.strings.add(*word));
            self.spaces.push(u8::from(*space));
        }
        let mut groups = Vec::new();
        let marks = content.marks.as_ref();
        for mark in marks.into_iter().flat_map(|m| &m.entities) {
            let words = first + mark.words.start..first + mark.words.end;
            let [label, kb_id, id] = self.names(mark);
            self.entities.push(Entity { words, label, kb_id, id });
        }
        encode::write_map_len(&mut groups, length(marks.map_or(0, |m| m.groups.len()))?)?;
        for (key, marks) in marks.into_iter().flat_map(|m| &m.groups) {
            let group = self.group(key, marks)?;
            put_bytes(&mut groups, &group)?;
            encode::write_array_len(&mut groups, 1)?;
            encode::write_str(&mut groups, key)?;
        }
        let mut user_data = Vec::new();
        put_json(&mut user_data, &content.user_data)?;
        let (words, is_annotated) = (content.words.len(), content.marks.is_some());
        self.documents.push(Packed { words, is_annotated, groups, user_data });
        Ok(())
    }

    fn names(&mut self, mark: &Mark<'a>) -> [u32; 3] {
        let id: Cow<str> = Cow::Owned(mark.id.clone());
        [self.strings.add(mark.label), self.strings.add(mark.kb_id), self.strings.add(id)]
    }

    fn group(&mut self, key: &str, marks: &[Mark<'a>]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        encode::write_map_len(&mut out, 3)?;
        encode::write_str(&mut out, "name")?;
        encode::write_str(&mut out, key)?;
        encode::write_str(&mut out, "attrs")?;
        encode::write_map_len(&mut out, 0)?;
        encode::write_str(&mut out, "spans")?;
        encode::write_array_len(&mut out, length(marks.len())?)?;
        for mark in marks {
            self.names(mark);
            let mut span = Vec::with_capacity(40);
            for name in [&mark.id, mark.kb_id, mark.label] {
                span.extend(id(name).to_be_bytes());
            }
            for place in [mark.words.start, mark.words.end, mark.code_points.start, mark.code_points.end] {
                span.extend(number(place)?.to_be_bytes());
            }
            put_bytes(&mut out, &span)?;
        }
        Ok(out)
    }

    /// Writes the file.
    pub fn write(&self, out: impl Write) -> io::Result<()> {
        let mut out = ZlibEncoder::new(out, Compression::default());
        let out = &mut out;
        encode::write_map_len(out, 10)?;
        encode::write_str(out, "version")?;
        encode::write_str(out, "0.1")?;
        encode::write_str(out, "attrs")?;
        encode::write_array_len(out, length(COLUMNS.len())?)?;
        for column in COLUMNS {
            encode::write_uint(out, column.into())?;
        }
        encode::write_str(out, "tokens")?;
        encode::write_bin_len(out, length(self.words.len() * COLUMNS.len() * size_of::<u64>())?)?;
        self.write_tokens(out)?;
        encode::write_str(out, "spaces")?;
        put_bytes(out, &self.spaces)?;
        encode::write_str(out, "lengths")?;
        encode::write_bin_len(out, length(self.documents.len() * size_of::<i32>())?)?;
        for document in &self.documents {
            out.write_all(&number(document.words)?.to_le_bytes())?;
        }
        encode::write_str(out, "strings")?;
        let strings = self.strings.sorted();
        encode::write_array_len(out, length(strings.len())?)?;
        for text in strings {
            encode::write_str(out, text)?;
        }
        let count = length(self.documents.len())?;
        encode::write_str(out, "cats")?;
        encode::write_array_len(out, count)?;
        for _ in &self.documents {
            encode::write_map_len(out, 0)?;
        }
        encode::write_str(out, "flags")?;
        encode::write_array_len(out, count)?;
        for _ in &self.documents {
            encode::write_map_len(out, 1)?;
            encode::write_str(out, "has_unknown_spaces")?;
            encode::write_bool(out, false)?;
        }
        encode::write_str(out, "span_groups")?;
        encode::write_array_len(out, count)?;
        for document in &self.documents {
            put_bytes(out, &document.groups)?;
        }
        encode::write_str(out, "user_data")?;
        encode::write_array_len(out, count)?;
        for document in &self.documents {
            put_bytes(out, &document.user_data)?;
        }
        out.try_finish()
    }

    fn write_tokens(&self, out: &mut impl Write) -> io::Result<()> {
        // As spaCy numbers them: not known, inside, outside, at the beginning.
        let [unknown, inside, outside, begin]: [u64; 4] = [0, 1, 2, 3];
        let mut entities = self.entities.iter().peekable();
        let mut words = self.words.iter().enumerate();
        for document in &self.documents {
            for (n, word) in words.by_ref().take(document.words) {
                while entities.peek().is_some_and(|entity| entity.words.end <= n) {
                    entities.next();
                }
                let entity = entities.peek().filter(|entity| entity.words.contains(&n));
                let row = match entity {
                    Some(entity) => [
                        self.strings.id(*word),
                        if entity.words.start == n { begin } else { inside },
                        self.strings.id(entity.label),
                        self.strings.id(entity.kb_id),
                        self.strings.id(entity.id),
                    ],
                    None => [self.strings.id(*word), if document.is_annotated { outside } else { unknown }, 0, 0, 0],
                };
                for cell in row {
                    out.write_all(&cell.to_le_bytes())?;
                }
            }
        }
        Ok(())
    }
}

fn put_bytes(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    encode::write_bin_len(out, length(bytes.len())?)?;
    out.write_all(bytes)
}

fn put_json(out: &mut Vec<u8>, json: &Json) -> io::Result<()> {
    match json {
        Json::Null => encode::write_nil(out)?,
        Json::Bool(yes) => encode::write_bool(out, *yes)?,
        Json::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(n), _) => {
                encode::write_sint(out, n)?;
            }
            (None, n) => encode::write_f64(out, n.unwrap_or_default())?,
        },
        Json::String(text) => encode::write_str(out, text)?,
        Json::Array(items) => {
            encode::write_array_len(out, length(items.len())?)?;
            items.iter().try_for_each(|item| put_json(out, item))?;
        }
        Json::Object(pairs) => {
            encode::write_map_len(out, length(pairs.len())?)?;
            for (key, value) in pairs {
                encode::write_str(out, key)?;
                put_json(out, value)?;
            }
        }
    }
    Ok(())
}

/// A length as msgpack has it.
fn length(n: usize) -> io::Result<u32> {
    u32::try_from(n).map_err(|_| too_large())
}

/// A number as spaCy has it.
fn number(n: usize) -> io::Result<i32> {
    i32::try_from(n).map_err(|_| too_large())
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "a DocBin cannot hold so much: export fewer documents at a time")
}
