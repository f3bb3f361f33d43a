//! What is wrong with a file of another program: where, what was expected, what to do.
//!
//! Here: the words for it. Elsewhere: who finds it (each format, `resolve`) and who shows it (command line, window).

use crate::model::OffsetError;
use std::fmt;

/// Whether the import can go on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Everything was taken in, but somebody should know.
    Doubt,
    /// Something cannot be taken in.
    Error,
}

/// A place in a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Place {
    /// Name of the file as given to the reader.
    pub file: String,
    /// Line, from 1.
    pub line: Option<usize>,
    /// Column, from 1, in bytes of the line (as JSON and CSV readers count).
    pub column: Option<usize>,
}

impl Place {
    /// A file as a whole.
    pub fn file(file: &str) -> Self {
        Self { file: file.to_owned(), line: None, column: None }
    }

    /// A line (from 1) of a file.
    pub fn line(file: &str, line: usize) -> Self {
        Self { line: Some(line), ..Self::file(file) }
    }

    /// The same line, at a column (from 1, in bytes).
    #[must_use]
    pub fn column(self, column: usize) -> Self {
        Self { column: Some(column), ..self }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        Ok(())
    }
}

/// What is wrong.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum Cause {
    /// The bytes are no UTF-8.
    #[error("the file is not UTF-8 (first bad byte: number {at})")]
    NotUtf8 {
        /// Position of the first bad byte, from 0.
        at: usize,
    },
    /// More than a reader takes in at once.
    #[error("{what} is too large: {found} {unit}, and at most {limit} can be read")]
    TooLarge {
        /// “the file”, “the line”.
        what: &'static str,
        /// As found.
        found: usize,
        /// The limit.
        limit: usize,
        /// “bytes”, “values”.
        unit: &'static str,
    },
    /// A line that the format does not have.
    #[error("expected {expected}, found {found}")]
    Syntax {
        /// What may stand there, in words.
        expected: String,
        /// What stands there, in backquotes where it is text.
        found: String,
    },
    /// A file that belongs to another one is not there.
    #[error("the file `{0}` is missing")]
    MissingFile(String),
    /// Nothing in the files is of this format.
    #[error("there is nothing to read here: {0}")]
    Nothing(String),
    /// An id that was given before.
    #[error("the id `{id}` is used twice")]
    DuplicateId {
        /// The id.
        id: String,
    },
    /// Something refers to an id that does not exist.
    #[error("{what} refers to `{id}`, which does not exist")]
    UnknownId {
        /// What refers, in words.
        what: String,
        /// The missing id.
        id: String,
    },
    /// A link from an annotation to itself.
    #[error("link {id} joins `{end}` with itself")]
    SelfLink {
        /// The link, in quotes.
        id: String,
        /// Its two ends.
        end: String,
    },
    /// There is one that says the same.
    #[error("{what} says the same as an earlier one")]
    Twin {
        /// Which, in words.
        what: String,
    },
    /// Offsets that fit no text.
    #[error("annotation `{id}`: {error}")]
    Offsets {
        /// The annotation.
        id: String,
        /// What does not fit.
        error: OffsetError,
    },
    /// An annotation was widened to whole graphemes.
    #[error("annotation `{id}` was widened to whole characters: {error}")]
    Widened {
        /// The annotation.
        id: String,
        /// What did not fit.
        error: OffsetError,
    },
    /// The text at the place is not what the file quotes.
    #[error("annotation `{id}`: the text there is “{found}”, not “{quoted}”")]
    QuoteDiffers {
        /// The annotation.
        id: String,
        /// As quoted, shortened.
        quoted: String,
        /// What stands there in the most fitting reading, shortened.
        found: String,
    },
    /// The hash of a text is not the one that the file names.
    #[error("the text of “{0}” is not the one that was annotated: its SHA-256 differs")]
    TextDiffers(String),
    /// The offsets could be counted otherwise.
    #[error("{0}")]
    Unit(String),
    /// A fault of a file of Byline's own.
    #[error(transparent)]
    Own(#[from] Box<crate::store::Fault>),
    /// Something that is kept in another form, or left out.
    #[error("{0}")]
    NotKept(String),
}

/// Something wrong in a file.
#[derive(Clone, PartialEq, Debug)]
pub struct Problem {
    /// Whether the import can go on.
    pub severity: Severity,
    /// Where.
    pub place: Place,
    /// What.
    pub cause: Box<Cause>,
    /// What to do about it; empty if the cause says it.
    pub help: String,
}

impl Problem {
    /// Something that cannot be taken in.
    pub fn error(place: Place, cause: Cause, help: impl Into<String>) -> Self {
        Self { severity: Severity::Error, place, cause: Box::new(cause), help: help.into() }
    }

    /// Something that somebody should know.
    pub fn doubt(place: Place, cause: Cause, help: impl Into<String>) -> Self {
        Self { severity: Severity::Doubt, place, cause: Box::new(cause), help: help.into() }
    }

    /// A line that the format does not have.
    pub fn syntax(place: Place, expected: impl Into<String>, found: impl Into<String>) -> Self {
        let cause = Cause::Syntax { expected: expected.into(), found: found.into() };
        Self::error(place, cause, "correct the line, or import the rest with `--keep-going`")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Doubt => "doubt",
        };
        write!(f, "{severity}: {}: {}", self.place, self.cause)?;
        if !self.help.is_empty() {
            write!(f, "\n  help: {}", self.help)?;
        }
        Ok(())
    }
}

/// `text` in backquotes, at most 60 code points of it, controls escaped: fit for any message.
pub fn shown(text: &str) -> String {
    let cut = text.char_indices().nth(60).map_or(text.len(), |(end, _)| end);
    let escaped: String =
        text[..cut].chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect();
    format!("`{escaped}{}`", if cut < text.len() { "…" } else { "" })
}

/// At most 60 code points of `text`, controls escaped, without quotes around it.
pub fn shortened(text: &str) -> String {
    shown(text).trim_matches('`').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_where_what_and_what_to_do() {
        let cause = Cause::UnknownId { what: "link `R1`".to_owned(), id: "T9".to_owned() };
        let problem = Problem::error(Place::line("é.ann", 3).column(7), cause, "add the line of `T9`");
        assert_eq!(
            problem.to_string(),
            "error: é.ann:3:7: link `R1` refers to `T9`, which does not exist\n  help: add the line of `T9`"
        );
    }

    #[test]
    fn what_is_shown_is_short_and_has_no_controls() {
        assert_eq!(shown("a\tb\u{1b}[1m"), "`a\\tb\\u{1b}[1m`");
        assert_eq!(shown(&"é".repeat(61)), format!("`{}…`", "é".repeat(60)));
    }
}
