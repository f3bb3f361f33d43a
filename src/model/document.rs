//! One text of a project and what is known about it. The text itself is a [`crate::model::Text`].

use super::Name;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::fmt;

/// Names a document within its project and its files on disk: `0001-conference-opens`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId(Name);

/// A text that cannot name files on every system.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("“{0}” cannot name a document; use 1 to 100 of a–z, A–Z, 0–9, `-` and `_`")]
pub struct BadDocumentId(pub String);

impl DocumentId {
    /// Checks that `text` is safe as the stem of a file name everywhere: nothing in it can lead out of a folder.
    pub fn new(text: &str) -> Result<Self, BadDocumentId> {
        const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
        let lower = text.to_ascii_lowercase();
        let device = DEVICES.contains(&lower.as_str())
            || (lower.len() == 4
                && (lower.starts_with("com") || lower.starts_with("lpt"))
                && lower.as_bytes()[3].is_ascii_digit());
        let fits = (1..=100).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !device;
        if fits { Ok(Self(text.into())) } else { Err(BadDocumentId(text.to_owned())) }
    }

    /// The id of the document with running number `number` (from 1) and this title.
    pub fn from_title(number: usize, title: &str) -> Self {
        let mut slug = String::new();
        for c in title.chars().flat_map(char::to_lowercase) {
            if c.is_ascii_alphanumeric() {
                slug.push(c);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
            if slug.len() >= 40 {
                break;
            }
        }
        let slug = slug.trim_end_matches('-');
        let id = if slug.is_empty() { format!("{number:04}") } else { format!("{number:04}-{slug}") };
        Self(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// In which direction paragraphs run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Direction {
    /// By the first strong character of each paragraph (UAX #9, rules P2 and P3).
    #[default]
    Auto,
    /// All left to right.
    LeftToRight,
    /// All right to left.
    RightToLeft,
}

/// What is known about an article; all of it may be missing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Metadata {
    /// Who wrote it.
    pub author: Option<String>,
    /// Who published it.
    pub source: Option<String>,
    /// Where it stands.
    pub url: Option<String>,
    /// When it was published.
    pub date: Option<NaiveDate>,
    /// BCP 47 language tag, as in `en`.
    pub language: Option<String>,
    /// Anything else, by name.
    pub other: BTreeMap<String, String>,
}

/// The file that a document was taken from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Original {
    /// File name without folder.
    pub file: String,
    /// Encoding that it was decoded from.
    pub encoding: String,
    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub sha256: String,
}

/// One text of a project.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    /// Names it and its files.
    pub id: DocumentId,
    /// As shown in lists.
    pub title: String,
    /// What is known about it.
    pub metadata: Metadata,
    /// In which direction its paragraphs run.
    pub direction: Direction,
    /// Paragraphs that run in another one, by their numbers from 1.
    pub directions: BTreeMap<usize, Direction>,
    /// SHA-256 of its text.
    pub sha256: String,
    /// Where it came from, if from a file.
    pub original: Option<Original>,
}

impl Document {
    /// In which direction a paragraph (from 1) runs.
    pub fn direction_of(&self, paragraph: usize) -> Direction {
        self.directions.get(&paragraph).copied().unwrap_or(self.direction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_cannot_lead_out_of_a_folder_or_name_a_device() {
        for bad in ["", ".", "..", "a/b", "a\\b", "con", "LPT1", "a.txt", "é", "a b", &"x".repeat(101)] {
            assert!(DocumentId::new(bad).is_err(), "{bad}");
        }
        assert!(DocumentId::new("0001-conference_Opens").is_ok());
    }

    #[test]
    fn a_title_in_any_script_makes_a_legal_id() {
        for (title, id) in [
            ("Conference opens in Moscow", "0007-conference-opens-in-moscow"),
            ("« L’été »", "0007-l-t"),
            ("会議", "0007"),
            ("../../etc", "0007-etc"),
        ] {
            let made = DocumentId::from_title(7, title);
            assert_eq!(made.as_str(), id);
            assert_eq!(DocumentId::new(made.as_str()), Ok(made));
        }
    }
}
