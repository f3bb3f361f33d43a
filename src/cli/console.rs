//! Where a command writes: reports to standard output, what is wrong to standard error.
//!
//! Here: the two streams, how a fault is worded, counted and put into columns. Elsewhere: what is reported (each
//! command).

use crate::store::{CreateError, FileError, SaveError};
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use unicode_width::UnicodeWidthStr;

/// How grave something is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The command could not do its work, or something in the data is broken.
    Error,
    /// The work was done, but somebody should know.
    Warning,
}

/// Something wrong: what, where, what to do.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Issue {
    /// How grave it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// In which file.
    pub file: Option<String>,
    /// On which line, from 1.
    pub line: Option<usize>,
    /// At which column of the line, from 1.
    pub column: Option<usize>,
    /// The line with a marker; for people only.
    #[serde(skip)]
    pub excerpt: Option<String>,
    /// What to do.
    pub help: Option<String>,
}

impl Issue {
    /// An error without a place.
    pub fn error(message: impl Display) -> Self {
        Self {
            severity: Severity::Error,
            message: message.to_string(),
            file: None,
            line: None,
            column: None,
            excerpt: None,
            help: None,
        }
    }

    /// A warning without a place.
    pub fn warning(message: impl Display) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message) }
    }

    /// With what to do.
    #[must_use]
    pub fn help(self, help: impl Display) -> Self {
        let help = help.to_string();
        Self { help: Some(help).filter(|help| !help.is_empty()), ..self }
    }

    /// In this file.
    #[must_use]
    pub fn file(self, file: impl Display) -> Self {
        Self { file: Some(file.to_string()), ..self }
    }

    /// What people read: the message, the place, the line, what to do.
    fn in_words(&self) -> String {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let place = self.file.as_ref().map(|file| {
            let numbers = [("line", self.line), ("column", self.line.and(self.column))].into_iter();
            let place: Vec<_> = numbers.filter_map(|(what, n)| Some(format!(", {what} {}", n?))).collect();
            format!(" --> {file}{}", place.concat())
        });
        let help = self.help.as_ref().map(|help| format!("help: {help}"));
        let all = [Some(format!("{severity}: {}", self.message)), place, self.excerpt.clone(), help];
        lines(all.into_iter().flatten())
    }
}

impl From<FileError> for Issue {
    fn from(error: FileError) -> Self {
        let mut issue = Self::error(&error.fault).file(error.path.display()).help(error.fault.help());
        if let Some(excerpt) = error.excerpt {
            (issue.line, issue.column) = (Some(excerpt.line), Some(excerpt.column));
            let shown = excerpt.to_string();
            // The first line of an excerpt repeats the place.
            issue.excerpt = shown.split_once('\n').map(|(_, lines)| lines.to_owned());
        }
        issue
    }
}

/// Why a command stopped.
#[derive(Clone, PartialEq, Debug)]
pub struct Failure {
    /// What the process returns.
    pub code: u8,
    /// What is told.
    pub issues: Vec<Issue>,
}

/// Something in the data is wrong.
pub const DATA: u8 = 1;
/// The command was used wrongly.
pub const USAGE: u8 = 2;
/// Ctrl+C.
pub const INTERRUPTED: u8 = 130;

impl Failure {
    /// Something in the data is wrong.
    pub fn data(issue: impl Into<Issue>) -> Self {
        Self { code: DATA, issues: vec![issue.into()] }
    }

    /// The command was used wrongly.
    pub fn usage(issue: impl Into<Issue>) -> Self {
        Self { code: USAGE, issues: vec![issue.into()] }
    }

    /// The person gave up.
    pub fn interrupted() -> Self {
        Self { code: INTERRUPTED, issues: vec![Issue::error("stopped; nothing was changed")] }
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::data(error)
    }
}

impl From<CreateError> for Failure {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Save(error) => error.into(),
            other => Self::data(with_help(&other)),
        }
    }
}

impl From<SaveError> for Failure {
    fn from(error: SaveError) -> Self {
        Self { code: DATA, issues: error.problems.iter().map(with_help).collect() }
    }
}

/// The issue of an error whose last line says what to do.
pub fn with_help(error: &impl Display) -> Issue {
    let words = error.to_string();
    match words.split_once("\nhelp: ") {
        Some((message, help)) => Issue::error(message).help(help),
        None => Issue::error(words),
    }
}

/// More issues are only counted on standard error.
const MOST_TOLD: usize = 40;

/// The system's words without the number and the path that it adds.
pub fn system_words(error: &io::Error) -> String {
    let words = error.to_string();
    let mut words = words.split(" (os error").next().unwrap_or_default().chars();
    words.next().map(|first| first.to_lowercase().chain(words).collect()).unwrap_or_default()
}

/// The streams of a command.
pub struct Console {
    json: bool,
    reported: bool,
    broken: Option<io::Error>,
}

impl Console {
    /// Reports as one JSON value, or in words.
    pub fn new(json: bool) -> Self {
        Self { json, reported: false, broken: None }
    }

    /// Reports in words; nothing where JSON is wanted. Work goes on where nobody reads any more.
    pub fn say(&mut self, words: impl AsRef<str>) {
        if !self.json {
            self.write(&printable(words.as_ref()));
        }
    }

    /// Reports as JSON; nothing where words are wanted. At most once in a command.
    pub fn json(&mut self, report: &impl Serialize) {
        if self.json && !self.reported {
            self.reported = true;
            match serde_json::to_string_pretty(report) {
                Ok(text) => self.write(&format!("{text}\n")),
                Err(error) => self.broken = Some(error.into()),
            }
        }
    }

    /// Tells what is wrong, in words.
    pub fn complain(issues: &[Issue]) {
        let more = issues.len().saturating_sub(MOST_TOLD);
        let more = (more > 0).then(|| format!("and {} more; `--json` lists all\n", grouped(more)));
        let words: String = issues.iter().take(MOST_TOLD).map(Issue::in_words).chain(more).collect();
        // Where standard error is closed there is nowhere left to say so.
        let _ = io::stderr().write_all(printable(&words).as_bytes());
    }

    /// Tells whether everything was reported. A reader that had enough, as `head` has, is no error.
    pub fn finish(&mut self) -> Result<(), Failure> {
        match self.broken.take() {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                let issue = Issue::error(format!("cannot write to standard output: {}", system_words(&error)));
                Err(Failure::data(issue.help("check where the output goes; the work itself was done")))
            }
            _ => Ok(()),
        }
    }

    fn write(&mut self, text: &str) {
        if self.broken.is_none() {
            let mut out = io::stdout().lock();
            self.broken = out.write_all(text.as_bytes()).and_then(|()| out.flush()).err();
        }
    }
}

/// `text` without controls but line ends: what a file holds must not command the terminal.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\n' { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// “1 claim”, “2 claims”, “no claims”.
pub fn counted(n: usize, noun: &str) -> String {
    match n {
        0 => format!("no {}", plural(noun)),
        1 => format!("1 {noun}"),
        n => format!("{} {}", grouped(n), plural(noun)),
    }
}

/// The plural of a regular noun, the last word of `noun`.
fn plural(noun: &str) -> String {
    let before_y = noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']));
    match before_y {
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    }
}

/// “1,234,567”
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// How a column is aligned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Each on a line of its own.
pub fn lines(all: impl IntoIterator<Item = String>) -> String {
    let mut text = String::new();
    for line in all {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// Rows in columns two spaces apart, as wide as their widest cell, behind `indent` spaces.
pub fn table(indent: usize, align: &[Align], rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|c| columns(c)).max().unwrap_or(0);
    let widths: Vec<usize> = (0..align.len()).map(width).collect();
    let aligned = |(column, cell): (usize, &String)| {
        let room = " ".repeat(widths.get(column).copied().unwrap_or(0).saturating_sub(columns(cell)));
        if align.get(column) == Some(&Align::Right) { format!("{room}{cell}") } else { format!("{cell}{room}") }
    };
    let line = |row: &Vec<String>| {
        let cells: Vec<_> = row.iter().enumerate().map(aligned).collect();
        format!("{}{}", " ".repeat(indent), cells.join("  ")).trim_end().to_owned()
    };
    lines(rows.iter().map(line))
}

/// Width of a cell on a terminal.
fn columns(cell: &str) -> usize {
    UnicodeWidthStr::width(printable(cell).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_with_the_right_noun() {
        assert_eq!(counted(0, "claim"), "no claims");
        assert_eq!(counted(1, "new entity"), "1 new entity");
        assert_eq!(counted(1_234_567, "new entity"), "1,234,567 new entities");
        assert_eq!(counted(2, "day"), "2 days");
        assert_eq!([999, 1000, 100_000].map(grouped), ["999", "1,000", "100,000"]);
    }

    #[test]
    fn columns_are_as_wide_as_they_look() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["会議", "7", "é"]), row(["e\u{301}té", "1,000", ""]), row(["a", "10", "\u{1b}b"])];
        let aligned = table(2, &[Align::Left, Align::Right, Align::Left], &rows);
        assert_eq!(aligned, "  会議      7  é\n  e\u{301}té   1,000\n  a        10  \u{1b}b\n");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_what_to_do() {
        let issue = Issue { line: Some(3), column: Some(7), ..Issue::warning("é differs").file("a.csv").help("look") };
        assert_eq!(issue.in_words(), "warning: é differs\n --> a.csv, line 3, column 7\nhelp: look\n");
        assert_eq!(Issue::error("é").help("").in_words(), "error: é\n");
    }
}
