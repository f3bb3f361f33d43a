//! Why a file is not taken in as an article: each reason in words, with what to do about it.

use std::{borrow::Cow, io};

use thiserror::Error;

use super::{Article, FileKind, encoding::Encoding};

/// A file that was not taken in, and why.
#[derive(Debug, Error)]
#[error("`{file}` {reason}")]
pub struct Refusal {
    /// The file's name or path, as it was given.
    pub file: String,
    /// Why.
    pub reason: Reason,
}

/// Why a file is not taken in. Its text continues a sentence that begins with the file's name.
///
/// Places are counted from the start of the file: bytes from 0, lines from 1.
#[derive(Debug, Error)]
pub enum Reason {
    /// The operating system does not hand it out.
    #[error("cannot be read: {}", in_words(*.0))]
    Unreadable(io::ErrorKind),
    /// A folder.
    #[error("is a folder: name the articles in it, or open it as a project")]
    IsFolder,
    /// A device, a pipe, a socket: may have no end.
    #[error("is not a regular file: save its contents as a text file first")]
    NotAFile,
    /// Larger than any article; sizes in bytes.
    #[error(
        "has {}, the limit for one article is {}: split it into its articles first",
        size_in_words(*.size), size_in_words(*.limit)
    )]
    TooLarge {
        /// Of the file.
        size: u64,
        /// [`super::MAX_BYTES`].
        limit: u64,
    },
    /// No bytes, or nothing but a byte order mark.
    #[error("is empty: there is nothing in it to annotate")]
    Empty,
    /// A known kind of file that is not plain text.
    #[error("is {0}, not plain text: export it as plain text first")]
    OtherKind(&'static str),
    /// An archive of which nothing is taken in, and why.
    #[error("is an archive that is not taken in: {0}")]
    Archive(String),
    /// A kind of file that articles are taken out of, but this one cannot be read.
    #[error("is {}, but a damaged one: {what}; get an undamaged copy, or save it anew", .kind.described())]
    Damaged {
        /// What the file is.
        kind: FileKind,
        /// What is wrong, as a sentence without its full stop.
        what: String,
    },
    /// It is encrypted.
    #[error("is {} that is protected by a password or a licence: save it without protection first", .kind.described())]
    Protected {
        /// What the file is.
        kind: FileKind,
    },
    /// It holds no text.
    #[error("is {} without any text{}", .kind.described(), match .kind {
        FileKind::Pdf => ", probably pictures of pages: let a program for text recognition (OCR) add the text first",
        _ => ": there is nothing in it to annotate",
    })]
    NoText {
        /// What the file is.
        kind: FileKind,
    },
    /// It says of too many of its characters only how they look.
    #[error(
        "is {}, but it does not say which letters {unknown} of its {all} characters are: export it again from its source, or let a program for text recognition (OCR) read it",
        .kind.described()
    )]
    Meaningless {
        /// What the file is.
        kind: FileKind,
        /// Characters without meaning.
        unknown: usize,
        /// All characters.
        all: usize,
    },
    /// Unpacked it would be larger than any article; the limit in bytes.
    #[error(
        "is {}, but unpacked it is larger than {}, far more than an article: look at where it comes from, and split it",
        .kind.described(), size_in_words(*.limit)
    )]
    Unpacks {
        /// What the file is.
        kind: FileKind,
        /// The most that is unpacked.
        limit: u64,
    },
    /// Its elements, characters or the like are too many.
    #[error("is {}, but with more than {limit} {of} it is no article: split it first", .kind.described())]
    TooMany {
        /// What the file is.
        kind: FileKind,
        /// What there is too much of.
        of: Cow<'static, str>,
        /// The most that is read.
        limit: usize,
    },
    /// Nothing came out of it for so long that it can only be meant to harm.
    #[error("is {}, but after {} seconds it was still not read: split it, or save it anew", .kind.described(), super::guard::PATIENCE.as_secs())]
    TooSlow {
        /// What the file is.
        kind: FileKind,
    },
    /// UTF-32, which nothing writes to disk on purpose.
    #[error("is in UTF-32, which is not read here: save it as UTF-8 first")]
    Utf32,
    /// A NUL, which no text has.
    #[error(
        "is not text: there is a NUL at byte {byte} (line {line}); if it is text all the same, choose its encoding"
    )]
    Nul {
        /// Where the first one begins.
        byte: usize,
        /// The line it is in.
        line: usize,
    },
    /// So many control characters that it can hardly be text.
    #[error(
        "does not look like text: {controls} of its {chars} characters are control characters; if it is text all the same, choose its encoding"
    )]
    Controls {
        /// How many code points are control characters other than white space.
        controls: usize,
        /// How many code points there are.
        chars: usize,
    },
    /// Bytes that mean nothing in the encoding. None is ever replaced by `�`.
    #[error(
        "is not valid {encoding}: the bytes {} at byte {byte} (line {line}) mean nothing in it; choose another encoding, or get an undamaged copy",
        hex(.bytes)
    )]
    Malformed {
        /// The one that was chosen or detected.
        encoding: Encoding,
        /// Where the first of them is.
        byte: usize,
        /// The line it is in.
        line: usize,
        /// The bytes that mean nothing.
        bytes: Vec<u8>,
    },
    /// The file ends inside a character. The rest is sound and can be taken in if the person agrees.
    #[error(
        "ends inside a character: the last bytes {} at byte {byte} (line {line}) are the beginning of one in {encoding}, so the file was probably cut short; get a whole copy, or take it in without these bytes",
        hex(.bytes)
    )]
    CutShort {
        /// The one that was chosen or detected.
        encoding: Encoding,
        /// Where the unfinished character begins.
        byte: usize,
        /// The line it is in.
        line: usize,
        /// What there is of the character.
        bytes: Vec<u8>,
        /// The article without these bytes; it carries a [`super::Warning::CutShort`].
        offer: Box<Article>,
    },
}

impl Refusal {
    /// What can be taken in all the same if the person, told of the reason, agrees.
    pub fn into_offer(self) -> Option<Article> {
        match self.reason {
            Reason::CutShort { offer, .. } => Some(*offer),
            _ => None,
        }
    }
}

/// What the first bytes of common files say that they are, with an article before it.
pub(super) fn kind_of_file(bytes: &[u8]) -> Option<&'static str> {
    let starts = |mark: &[u8]| bytes.starts_with(mark);
    if starts(b"PK\x03\x04") {
        return Some(kind_of_zip(bytes));
    }
    MARKS.iter().find(|(mark, _)| starts(mark)).map(|(_, kind)| *kind)
}

/// `EF BB`: bytes as editors for binary files show them.
pub(super) fn hex(bytes: &[u8]) -> String {
    let shown: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("`{}`", shown.join(" "))
}

static MARKS: [(&[u8], &str); 20] = [
    (b"%PDF-", "a PDF"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "an old Microsoft Office document, or one with a password"),
    (b"{\\rtf", "a rich text (RTF) document"),
    (b"%!PS", "a PostScript document"),
    (b"\x89PNG\r\n\x1A\n", "a PNG picture"),
    (b"\xFF\xD8\xFF", "a JPEG picture"),
    (b"GIF87a", "a GIF picture"),
    (b"GIF89a", "a GIF picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"\x7FELF", "a program (ELF)"),
    (b"\x1F\x8B", "a gzip archive"),
    (b"BZh9", "a bzip2 archive"),
    (b"\xFD7zXZ\0", "an xz archive"),
    (b"\x28\xB5\x2F\xFD", "a Zstandard archive"),
    (b"7z\xBC\xAF\x27\x1C", "a 7-Zip archive"),
    (b"Rar!\x1A\x07", "a RAR archive"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"OggS\0", "a sound file (Ogg)"),
];

/// A ZIP archive names its first files within its first bytes, and office documents put telling ones there.
fn kind_of_zip(bytes: &[u8]) -> &'static str {
    let head = bytes.get(..4096).unwrap_or(bytes);
    match memchr::memmem::find(head, b"[Content_Types].xml") {
        Some(_) => "a Microsoft Office document",
        None => "a ZIP archive",
    }
}

fn in_words(kind: io::ErrorKind) -> String {
    match kind {
        io::ErrorKind::NotFound => "there is no such file; check its name".to_owned(),
        io::ErrorKind::PermissionDenied => "permission is denied; ask for the right to read it".to_owned(),
        io::ErrorKind::NotADirectory => "a part of its path is a file, not a folder; check the path".to_owned(),
        io::ErrorKind::InvalidFilename => "this cannot be a file's name; check it".to_owned(),
        other => format!("{other}; check the disk or the network and try again"),
    }
}

fn size_in_words(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    if bytes.is_multiple_of(MIB) {
        return format!("{} MiB", bytes / MIB);
    }
    // Rounded up, so that a file just above the limit does not seem to be as large as the limit.
    let tenths = (bytes.saturating_mul(10)).div_ceil(MIB);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}
