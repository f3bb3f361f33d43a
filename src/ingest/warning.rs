//! What a person should know about an article before it is taken in, in words with what to do about it.

use std::fmt;

use super::{encoding::Encoding, refusal};

/// Something about a file that does not keep it from being taken in, but that a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The file begins with another encoding's byte order mark than the one chosen, so the mark became text.
    OtherMark {
        /// The encoding that the mark declares.
        mark: Encoding,
        /// The encoding that was chosen.
        chosen: Encoding,
    },
    /// The markup declares an encoding that the bytes are not in, or that is doubtful.
    OtherDeclared {
        /// The encoding that the markup declares.
        declared: Encoding,
        /// The one in which it was read; if it is the declared one, the bytes are valid UTF-8 too.
        read: Encoding,
    },
    /// The text contains NULs, which most formats cannot hold.
    Nuls {
        /// How many.
        count: usize,
    },
    /// The text looks like XML, whose tags are taken in as text.
    Markup,
    /// No article stands out from the page: all of its text is taken.
    WholePage,
    /// Characters of which the file says only how they look: each is a U+FFFD in the text.
    UnknownCharacters {
        /// How many.
        count: usize,
    },
    /// Which words of a PDF belong together was reckoned from their places on the page.
    Reckoned {
        /// Whether some are written from right to left, whose order is doubtful too.
        right_to_left: bool,
    },
    /// The file has no end mark: it may have been cut off.
    NoEnd,
    /// The document has tracked changes, which are taken in as if they were accepted.
    TrackedChanges,
    /// The file ended inside a character, of which these bytes were left out.
    CutShort {
        /// Where they begin, in bytes from the start of the file.
        byte: usize,
        /// What there was of the character.
        bytes: Vec<u8>,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherMark { mark, chosen } => write!(
                f,
                "the file begins with the byte order mark of {mark}, read as {chosen} it is part of the text: {mark} is probably right"
            ),
            Self::OtherDeclared { declared, read } if declared == read => write!(
                f,
                "the file says that it is in {declared}, as which it is read, but it is valid UTF-8 too: look whether the letters are right, else choose the encoding"
            ),
            Self::OtherDeclared { declared, read } => write!(
                f,
                "the file says that it is in {declared}, but its bytes are {read}, as which it is read: look whether the letters are right, else choose the encoding"
            ),
            Self::Nuls { count } => write!(
                f,
                "the text contains NULs ({count}), which most formats cannot hold: check that the encoding is right"
            ),
            Self::Markup => f.write_str(
                "the text looks like XML, its tags are part of the text: export it as plain text to be rid of them",
            ),
            Self::WholePage => f.write_str(
                "no article stands out from the page, all of its text is taken: look whether its beginning and end belong to it",
            ),
            Self::UnknownCharacters { count } => write!(
                f,
                "the file does not say which letters some of its characters are ({count}), each is a � in the text: export it again from its source"
            ),
            Self::Reckoned { right_to_left: false } => f.write_str(
                "words and paragraphs of a PDF are told by their places on the page: compare the text with the page",
            ),
            Self::Reckoned { right_to_left: true } => f.write_str(
                "words and paragraphs of a PDF are told by their places on the page, and so is the order of its right-to-left text: compare the text with the page",
            ),
            Self::NoEnd => f.write_str(
                "the end of the file is missing, pages may be missing too: fetch it again and compare, before you annotate it",
            ),
            Self::TrackedChanges => f.write_str(
                "the document has tracked changes, its text is that after accepting them: check that this is the version that was published",
            ),
            Self::CutShort { byte, bytes } => write!(
                f,
                "the file ends inside a character, its last bytes {} at byte {byte} are left out: compare the end with the source",
                refusal::hex(bytes)
            ),
        }
    }
}
