//! Why a file of a project cannot be read: what, in which file, on which line, and what to do.
//!
//! Here: the causes as data and their wording. The line with its marker: [`super::Excerpt`].

use super::Excerpt;
use crate::model::annotation::NoId;
use crate::model::document::BadDocumentId;
use crate::model::layer::LayerError;
use crate::model::scheme::{NoColour, SchemeError};
use crate::model::{DocumentId, OffsetError};
use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

/// What is wrong with a file.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The system refuses it.
    #[error("cannot read it: {message}")]
    Unreadable {
        /// What kind of refusal.
        kind: io::ErrorKind,
        /// In the system's words.
        message: String,
    },
    /// A folder without `project.ron`.
    #[error("this is no Byline project: it has no file `project.ron`")]
    NoProject,
    /// Larger than anything that Byline writes.
    #[error("the file has {bytes} bytes; at most {limit} are read")]
    TooLarge {
        /// Its length in bytes.
        bytes: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// Bytes that are no UTF-8.
    #[error("byte {0} of the file is not UTF-8")]
    NotUtf8(usize),
    /// Not RON, or a value of the wrong type.
    #[error("{0}")]
    Syntax(String),
    /// No byte but white space: what a power cut leaves of a file that others wrote.
    #[error("the file is empty")]
    Empty,
    /// Another kind of file, or none of Byline's.
    #[error("the file must begin with `(format: \"{expected}\", version: …`{}", found.as_ref().map(|f| format!(", but its format is “{f}”")).unwrap_or_default())]
    OtherFormat {
        /// The format that is read here.
        expected: &'static str,
        /// The one that stands there, if any.
        found: Option<String>,
    },
    /// Written by a later Byline.
    #[error("this file has version {found} of the format “{format}”; this Byline reads up to version {supported}")]
    NewerVersion {
        /// The format.
        format: &'static str,
        /// The version of the file.
        found: u64,
        /// The newest that can be read.
        supported: u64,
    },
    /// Not a version that ever was.
    #[error("`{0}` is no version of this format; expected `1`")]
    NoVersion(String),
    /// A field that this version does not have.
    #[error("unknown field `{found}`; expected {}", one_of(expected))]
    UnknownField {
        /// As written.
        found: String,
        /// Those that there are.
        expected: Vec<&'static str>,
    },
    /// A field that must be there.
    #[error("the field `{0}` is missing")]
    MissingField(String),
    /// A field or key that stands there twice.
    #[error("`{0}` stands there twice")]
    Twice(String),
    /// An option that this version does not have.
    #[error("`{found}` is unknown here; expected {}", one_of(expected))]
    UnknownVariant {
        /// As written.
        found: String,
        /// Those that there are.
        expected: Vec<&'static str>,
    },
    /// A text that is no id of an annotation, link or entity.
    #[error(transparent)]
    BadId(#[from] NoId),
    /// A text that cannot name a document.
    #[error(transparent)]
    BadDocumentId(#[from] BadDocumentId),
    /// Paragraphs whose directions are given out of order.
    #[error("`directions` names paragraphs by numbers from 1, each once and in their order")]
    BadDirections,
    /// A text that is no colour.
    #[error(transparent)]
    BadColour(#[from] NoColour),
    /// A text that is no time.
    #[error("“{0}” is no time; write it in UTC, to the second, as in `2026-11-23T10:00:00Z`")]
    BadTime(String),
    /// A text that is no day.
    #[error("“{0}” is no date; write year, month and day, as in `2026-11-23`")]
    BadDate(String),
    /// A text that is no SHA-256.
    #[error("“{0}” is no SHA-256; expected 64 of 0–9 and a–f")]
    BadHash(String),
    /// A key of a label is one character.
    #[error("“{0}” is no key; expected one letter or digit")]
    BadKey(String),
    /// An annotation says where it lies in one of two ways.
    #[error("annotation {0} needs either `start` and `end`, or `fragments`")]
    NoPlace(String),
    /// A quote that is longer or shorter than its place, whatever the text is.
    #[error("the quote of {id} does not have the {bytes} bytes of its place")]
    QuoteLength {
        /// The annotation.
        id: String,
        /// Length of the place in bytes.
        bytes: usize,
    },
    /// Two quotes of which one must be wrong: they share a place of the text, but not what stands there.
    #[error("the quote of {0} says something else of the text than another quote of the same place")]
    QuotesDisagree(String),
    /// Offsets, quotes, ids and links that do not fit together.
    #[error(transparent)]
    Layer(#[from] LayerError),
    /// A scheme that is not usable.
    #[error(transparent)]
    Scheme(#[from] SchemeError),
    /// The file says that it belongs elsewhere.
    #[error("the file says that its {what} is “{found}”, but it lies where “{expected}” is expected")]
    Misplaced {
        /// “document” or “annotator”.
        what: &'static str,
        /// What the file says.
        found: String,
        /// What its place says.
        expected: String,
    },
    /// The annotations were made on another text.
    #[error(
        "these annotations were made on another version of the text (SHA-256 {}…, now {}…)",
        short(annotated),
        short(now)
    )]
    OtherText {
        /// SHA-256 of the text that was annotated.
        annotated: String,
        /// SHA-256 of the text that is there.
        now: String,
    },
    /// The text is not what the project says it is.
    #[error("the text was changed outside Byline (SHA-256 {}…, expected {}…)", short(found), short(expected))]
    TextChanged {
        /// SHA-256 in the project file.
        expected: String,
        /// SHA-256 of what is there.
        found: String,
    },
    /// A document of the project has no text.
    #[error("the text of document “{0}” is missing")]
    TextMissing(DocumentId),
    /// A text or a layer of a document that the project does not name.
    #[error("the project has no document “{0}”")]
    NoSuchDocument(String),
    /// Two documents have one id.
    #[error("two documents have the id “{0}”")]
    DuplicateDocument(DocumentId),
    /// Two documents whose ids are one file's name on some systems.
    #[error("the ids “{0}” and “{1}” differ only in upper and lower case, which is one file on some systems")]
    SameFile(DocumentId, DocumentId),
    /// An annotator whose name cannot name a folder.
    #[error(transparent)]
    BadAnnotator(#[from] super::BadAnnotator),
    /// A path that leads out of the project.
    #[error(transparent)]
    Astray(#[from] super::Astray),
}

impl Fault {
    /// What to do.
    pub fn help(&self) -> String {
        let text = match self {
            Self::Unreadable { kind: io::ErrorKind::PermissionDenied, .. } => {
                "ask the owner of the file for the right to read it"
            }
            Self::Unreadable { kind: io::ErrorKind::NotFound, .. } => "check the path",
            Self::Unreadable { .. } => "check that the disk is there and works, then try again",
            Self::NoProject => "choose the folder that holds `project.ron`, or make a project with `byline new`",
            Self::TooLarge { .. } => "check that this is the file you mean; split the document if it is",
            Self::NotUtf8(_) => "open the file in an editor that knows its encoding and save it as UTF-8",
            Self::Syntax(_) => "correct the line, or take the file from a backup; nothing was changed",
            Self::Empty => "take the file from a backup; nothing was changed",
            Self::OtherFormat { .. } => "check that the right file lies at this place",
            Self::NewerVersion { found, .. } => {
                return format!(
                    "open the project with a Byline that reads file version {found} or newer; nothing was changed"
                );
            }
            Self::NoVersion(_) => "write `version: 1`",
            Self::UnknownField { .. } => "correct the name, or remove the field; nothing was changed",
            Self::MissingField(_) => "add it, or take the file from a backup",
            Self::Twice(_) => "remove one of the two",
            Self::UnknownVariant { .. } | Self::BadTime(_) | Self::BadDate(_) | Self::BadColour(_) => {
                "correct the value"
            }
            Self::BadId(_) => "give it an id of this form that nothing else in the file has",
            Self::BadDocumentId(_) | Self::DuplicateDocument(_) | Self::SameFile(..) => {
                "give the document another id, and its files the same name"
            }
            Self::BadDirections => "put them in order, as in `[(3, RightToLeft), (5, LeftToRight)]`",
            Self::BadHash(_) => "write the SHA-256 of the text, as `sha256sum` prints it",
            Self::BadKey(_) => "write one letter or digit, or remove the field",
            Self::NoPlace(_) => "write `start: 3, end: 10`, or `fragments: [(3, 10), (14, 20)]`, in bytes",
            Self::QuoteLength { .. } | Self::QuotesDisagree(_) => {
                "correct `start` and `end` (bytes, not characters) or the quote; nothing was changed"
            }
            Self::Layer(error) => return layer_help(error).to_owned(),
            Self::Scheme(_) => "correct the scheme; nothing was changed",
            Self::Misplaced { .. } => "move the file back to its place, or correct the field",
            Self::OtherText { .. } => "put back the text that was annotated; nothing was changed",
            Self::TextChanged { .. } => {
                "put the original text back (version control may have changed its line ends); nothing was changed"
            }
            Self::TextMissing(_) => "put the file back, from a backup or from `.byline/removed`",
            Self::NoSuchDocument(_) => "correct the id, or remove what belongs to that document",
            Self::BadAnnotator(_) => "choose a shorter name",
            Self::Astray(astray) => astray.help(),
        };
        text.to_owned()
    }

    /// A refusal of the system.
    pub(super) fn from_io(error: &io::Error) -> Self {
        Self::Unreadable { kind: error.kind(), message: in_words(error) }
    }

    /// With the place in the source, in bytes.
    pub(super) fn at(self, range: Option<Range<usize>>) -> Located {
        Located { fault: Box::new(self), range, id: None }
    }
}

fn layer_help(error: &LayerError) -> &'static str {
    match error {
        LayerError::Offsets { error: OffsetError::QuoteDiffers { .. }, .. } => {
            "correct `start` and `end` (bytes, not characters) so that they enclose the quote, or correct the quote"
        }
        LayerError::Offsets { .. } => "correct `start` and `end`; they count bytes of the UTF-8 text, not characters",
        LayerError::DuplicateAnnotation(_) | LayerError::DuplicateLink(_) => "give one of the two an id of its own",
        LayerError::Twin(..) | LayerError::TwinLink(..) => "remove one of the two",
        LayerError::DanglingLink { .. } => "remove the link, or correct the ids of its ends",
        LayerError::SelfLink(_) => "remove the link, or correct the id of one end",
        LayerError::NoSuchAnnotation(_) | LayerError::NoSuchLink(_) | LayerError::Changed(_) => "correct the id",
    }
}

/// A fault and where it stands.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Located {
    /// What is wrong.
    pub fault: Box<Fault>,
    /// Where, in bytes of the source.
    pub range: Option<Range<usize>>,
    /// Which annotation, link or document it is about.
    pub id: Option<String>,
}

impl Located {
    /// About the annotation, link or document with this id.
    pub(super) fn about(self, id: impl fmt::Display) -> Self {
        Self { id: Some(id.to_string()), ..self }
    }

    /// As the error of a whole file.
    pub(crate) fn in_file(self, path: impl Into<PathBuf>, source: &str) -> FileError {
        let excerpt = self.range.map(|range| Excerpt::new(source, range));
        FileError { path: path.into(), excerpt: excerpt.map(Box::new), fault: self.fault, id: self.id }
    }
}

/// A file that cannot be read. `Display` gives the whole message: what, where, the line, what to do.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub struct FileError {
    /// Which file.
    pub path: PathBuf,
    /// The line, where there is one.
    pub excerpt: Option<Box<Excerpt>>,
    /// What is wrong.
    pub fault: Box<Fault>,
    /// Which annotation, link or document it is about, if it is about one.
    pub id: Option<String>,
}

impl FileError {
    /// Without a line: the file as a whole.
    pub(crate) fn whole(path: impl Into<PathBuf>, fault: Fault) -> Self {
        Self { path: path.into(), excerpt: None, fault: Box::new(fault), id: None }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n --> {}", self.fault, self.path.display())?;
        if let Some(excerpt) = &self.excerpt {
            write!(f, ", {excerpt}")?;
        }
        write!(f, "\nhelp: {}", self.fault.help())
    }
}

/// “`a`, `b` or `c`”
fn one_of(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|n| format!("`{n}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// The first eight digits of a hash.
fn short(hash: &str) -> &str {
    hash.get(..8).unwrap_or(hash)
}

/// The system's words without the number that it adds.
pub(super) fn in_words(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map(|c| c.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
