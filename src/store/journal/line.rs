//! One line of a journal: `NUMBER HASH HEAD TAB CHANGE`.
//!
//! The number is that of the event (of the last one, for lines that are none), the hash the first 16 hexadecimal digits
//! of the SHA-256 of all the rest, the head RON that says what happened, and the change what was changed by it. A tab
//! or a line end stands in neither: within strings both are escaped.

use super::super::fault::Fault;
use super::super::ron_text::{self, push_display, push_field, push_string, push_time};
use super::change;
use crate::edit::{About, Event};
use crate::model::{LayerKey, NextIds};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What the first line of each file says that it is.
pub(super) const FORMAT: &str = "byline-journal";

/// What a line says.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Said {
    /// The first line of a file.
    Opened,
    /// Something was done, undone or done again.
    Happened(Event),
    /// All that happened up to the line's number is in the project's files.
    Saved,
}

#[derive(Deserialize)]
enum HeadV1 {
    Opened {
        format: String,
        version: u64,
        #[allow(dead_code, reason = "for people who look into the file")]
        annotator: String,
        #[allow(dead_code, reason = "likewise")]
        by: String,
    },
    Did {
        what: String,
        at: String,
        wide: bool,
        layers: Vec<(String, String, u32, u32)>,
    },
    Undid {
        step: u64,
    },
    Redid {
        step: u64,
    },
    Exchanged {
        document: String,
    },
    Saved,
}

/// A line that was read.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub number: u64,
    pub said: Said,
    /// RON; empty for lines that change nothing.
    pub change: &'a str,
}

/// Why a line cannot be used.
#[derive(PartialEq, Debug)]
pub(super) enum BadLine {
    /// It is not what was written.
    Damaged,
    /// It is what a newer version of Byline wrote.
    Newer(u64),
}

/// Reads one line, without its end.
pub(super) fn read(line: &[u8]) -> Result<Line<'_>, BadLine> {
    let line = std::str::from_utf8(line).map_err(|_| BadLine::Damaged)?;
    let (number, rest) = line.split_once(' ').ok_or(BadLine::Damaged)?;
    let (hash, body) = rest.split_once(' ').ok_or(BadLine::Damaged)?;
    if hash_of(&[number, " ", body]) != hash {
        return Err(BadLine::Damaged);
    }
    let number = number.parse().map_err(|_| BadLine::Damaged)?;
    let (head, change) = body.split_once('\t').unwrap_or((body, ""));
    let said = match ron::from_str(head).map_err(|_| BadLine::Damaged)? {
        HeadV1::Opened { format, version, .. } if format == FORMAT => match version {
            ron_text::VERSION => Said::Opened,
            newer => return Err(BadLine::Newer(newer)),
        },
        HeadV1::Opened { .. } => return Err(BadLine::Damaged),
        HeadV1::Did { what, at, wide, layers } => {
            Said::Happened(Event::Did(about(what, &at, wide, layers).map_err(|_| BadLine::Damaged)?))
        }
        HeadV1::Undid { step } => Said::Happened(Event::Undid(step)),
        HeadV1::Redid { step } => Said::Happened(Event::Redid(step)),
        HeadV1::Exchanged { document } => {
            Said::Happened(Event::Exchanged(change::document_id(&document).map_err(|_| BadLine::Damaged)?))
        }
        HeadV1::Saved => Said::Saved,
    };
    Ok(Line { number, said, change })
}

fn about(what: String, at: &str, project_wide: bool, layers: Vec<(String, String, u32, u32)>) -> Result<About, Fault> {
    let layer = |(document, annotator, annotation, link): (String, String, u32, u32)| {
        let key = LayerKey { document: change::document_id(&document)?, annotator: annotator.into() };
        Ok((key, NextIds { annotation, link }))
    };
    Ok(About {
        what,
        at: ron_text::time(at)?,
        project_wide,
        layers: layers.into_iter().map(layer).collect::<Result<_, Fault>>()?,
    })
}

fn hash_of(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    let mut hash = String::with_capacity(16);
    for byte in hasher.finalize().iter().take(8) {
        // Writing into a String cannot fail.
        let _ = write!(hash, "{byte:02x}");
    }
    hash
}

/// Writes a line; `change` is empty where nothing changes.
pub(super) fn push(out: &mut String, number: u64, head: &str, change: &str) {
    let number = number.to_string();
    let tab = if change.is_empty() { "" } else { "\t" };
    let hash = hash_of(&[&number, " ", head, tab, change]);
    push_display(out, format_args!("{number} {hash} {head}{tab}{change}\n"));
}

/// The head of the first line of a file.
pub(super) fn opened(annotator: &str) -> String {
    let mut head = format!("Opened(format: \"{FORMAT}\", version: {}", ron_text::VERSION);
    push_field(&mut head, "annotator", annotator);
    push_field(&mut head, "by", concat!("byline ", env!("CARGO_PKG_VERSION")));
    head.push(')');
    head
}

/// The head of a line that tells an event.
pub(super) fn head_of(event: &Event) -> String {
    let mut head = String::new();
    match event {
        Event::Did(About { what, at, project_wide, layers }) => {
            head.push_str("Did(what: ");
            push_string(&mut head, what);
            head.push_str(", at: ");
            push_time(&mut head, *at);
            push_display(&mut head, format_args!(", wide: {project_wide}, layers: ["));
            for (key, next) in layers {
                head.push('(');
                push_string(&mut head, key.document.as_str());
                head.push_str(", ");
                push_string(&mut head, &key.annotator);
                push_display(&mut head, format_args!(", {}, {}),", next.annotation, next.link));
            }
            head.push_str("])");
        }
        Event::Undid(step) => push_display(&mut head, format_args!("Undid(step: {step})")),
        Event::Redid(step) => push_display(&mut head, format_args!("Redid(step: {step})")),
        Event::Exchanged(document) => {
            head.push_str("Exchanged(document: ");
            push_string(&mut head, document.as_str());
            head.push(')');
        }
    }
    head
}
