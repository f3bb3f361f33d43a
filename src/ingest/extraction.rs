//! What was taken out of a file that holds more than its text, and what was left in it: counts, and how they are worded.
//!
//! What counts as which part is decided by the reader of each kind of file.

use std::{collections::BTreeMap, fmt};

use super::{FieldKind, Warning};

/// A kind of file that an article is taken out of. Told by the content of the file, never by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A page of the web ([HTML Living Standard](https://html.spec.whatwg.org/)).
    Html,
    /// A document of Microsoft Word (ECMA-376, `WordprocessingML`).
    Docx,
    /// A text of LibreOffice and others (`OpenDocument`, ISO/IEC 26300).
    Odt,
    /// A PDF (ISO 32000) with a text layer.
    Pdf,
    /// An e-book ([EPUB](https://www.w3.org/TR/epub-33/), versions 2 and 3).
    Epub,
}

impl FileKind {
    /// The short name, as in `DOCX`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Html => "HTML",
            Self::Docx => "DOCX",
            Self::Odt => "ODT",
            Self::Pdf => "PDF",
            Self::Epub => "EPUB",
        }
    }

    /// What a sentence says that a file is, as in `a Word document (DOCX)`.
    pub fn described(self) -> &'static str {
        match self {
            Self::Html => "a web page (HTML)",
            Self::Docx => "a Word document (DOCX)",
            Self::Odt => "an OpenDocument text (ODT)",
            Self::Pdf => "a PDF",
            Self::Epub => "an e-book (EPUB)",
        }
    }
}

/// What a file consists of: something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is worded in the table below")]
pub enum Part {
    Page,
    Chapter,
    Heading,
    Paragraph,
    ListItem,
    TableRow,
    Quotation,
    Caption,
    Insertion,
    Navigation,
    PageFurniture,
    Aside,
    Form,
    OtherText,
    Headline,
    Byline,
    Hidden,
    Script,
    Comment,
    Picture,
    Media,
    Formula,
    Footnote,
    Deletion,
    Instruction,
    Reading,
    TextBox,
    RunningLine,
    TurnedCharacter,
    DoubledCharacter,
    UnknownCharacter,
    JoinedLine,
    RemovedHyphen,
    KeptHyphen,
    Ligature,
    QuotationMark,
    ListMark,
}

/// The key in reports as JSON, and the words for one and for several.
static WORDS: [(Part, &str, &str, &str); 37] = [
    (Part::Page, "pages", "page", "pages"),
    (Part::Chapter, "chapters", "chapter", "chapters"),
    (Part::Heading, "headings", "heading", "headings"),
    (Part::Paragraph, "paragraphs", "paragraph", "paragraphs"),
    (Part::ListItem, "list_items", "list item", "list items"),
    (Part::TableRow, "table_rows", "table row", "table rows"),
    (Part::Quotation, "block_quotations", "paragraph of block quotations", "paragraphs of block quotations"),
    (Part::Caption, "captions", "caption", "captions"),
    (Part::Insertion, "insertions", "tracked insertion", "tracked insertions"),
    (Part::Navigation, "navigation", "piece of navigation", "pieces of navigation"),
    (Part::PageFurniture, "page_furniture", "header or footer line", "header and footer lines"),
    (Part::Aside, "asides", "piece beside the article", "pieces beside the article"),
    (Part::Form, "forms", "piece of a form", "pieces of forms"),
    (Part::OtherText, "other_text", "other piece of text", "other pieces of text"),
    (Part::Headline, "headlines", "headline outside the article", "headlines outside the article"),
    (Part::Byline, "bylines", "byline", "bylines"),
    (Part::Hidden, "hidden", "hidden piece", "hidden pieces"),
    (Part::Script, "scripts", "script or style", "scripts and styles"),
    (Part::Comment, "comments", "comment", "comments"),
    (Part::Picture, "pictures", "picture", "pictures"),
    (Part::Media, "media", "embedded medium", "embedded media"),
    (Part::Formula, "formulas", "formula", "formulas"),
    (Part::Footnote, "notes", "footnote or endnote", "footnotes and endnotes"),
    (Part::Deletion, "deletions", "tracked deletion", "tracked deletions"),
    (Part::Instruction, "field_instructions", "field instruction", "field instructions"),
    (Part::Reading, "readings", "reading above the line", "readings above the line"),
    (Part::TextBox, "text_boxes", "text box", "text boxes"),
    (Part::RunningLine, "running_lines", "running line at the edge of a page", "running lines at the edges of pages"),
    (Part::TurnedCharacter, "turned_characters", "turned character", "turned characters"),
    (Part::DoubledCharacter, "doubled_characters", "character printed twice", "characters printed twice"),
    (Part::UnknownCharacter, "unknown_characters", "character without meaning", "characters without meaning"),
    (Part::JoinedLine, "joined_lines", "line joined to the next", "lines joined to the next"),
    (Part::RemovedHyphen, "removed_hyphens", "hyphen at a line's end removed", "hyphens at lines' ends removed"),
    (Part::KeptHyphen, "kept_hyphens", "hyphen at a line's end kept", "hyphens at lines' ends kept"),
    (Part::Ligature, "ligatures", "ligature written as letters", "ligatures written as letters"),
    (Part::QuotationMark, "quotation_marks", "quotation mark written out", "quotation marks written out"),
    (Part::ListMark, "list_marks", "mark or number of a list written out", "marks and numbers of lists written out"),
];

impl Part {
    fn row(self) -> (&'static str, &'static str, &'static str) {
        let row = WORDS.iter().find(|(part, ..)| *part == self);
        row.map_or(("", "", ""), |(_, key, one, many)| (*key, *one, *many))
    }

    /// The name in reports for programs, as in `table_rows`.
    pub fn key(self) -> &'static str {
        self.row().0
    }

    /// The part with this name.
    pub(super) fn of_key(key: &str) -> Option<Self> {
        WORDS.iter().find(|(_, known, ..)| *known == key).map(|(part, ..)| *part)
    }

    /// So many of it, in words, as in `3 table rows`.
    pub fn counted(self, count: usize) -> String {
        let (_, one, many) = self.row();
        format!("{count} {}", if count == 1 { one } else { many })
    }
}

/// How many of which part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<Part, usize>);

impl Counts {
    /// Adds `count` of `part`.
    pub fn add(&mut self, part: Part, count: usize) {
        if count > 0 {
            *self.0.entry(part).or_default() += count;
        }
    }

    /// How many of `part`.
    pub fn of(&self, part: Part) -> usize {
        self.0.get(&part).copied().unwrap_or(0)
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All that was counted, in the order of [`Part`].
    pub fn iter(&self) -> impl Iterator<Item = (Part, usize)> {
        self.0.iter().map(|(part, count)| (*part, *count))
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.iter().map(|(part, count)| part.counted(count)).collect();
        f.write_str(&words.join(", "))
    }
}

/// What became of a file that is more than its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extraction {
    /// What the file is.
    pub kind: FileKind,
    /// What the text consists of.
    pub taken: Counts,
    /// What is in the file and not in the text.
    pub left_out: Counts,
    /// Where the text is not letter by letter what the file says.
    pub changed: Counts,
    /// How the longer pieces of text that were left out begin, in their order; not all of them if they are many.
    pub passages: Vec<String>,
}

impl Extraction {
    /// The most beginnings in [`Extraction::passages`].
    pub const PASSAGES: usize = 20;

    pub(super) fn new(kind: FileKind) -> Self {
        let (taken, left_out, changed) = Default::default();
        Self { kind, taken, left_out, changed, passages: Vec::new() }
    }

    /// Sentences for a person: what was taken, left out and changed.
    pub fn in_words(&self) -> Vec<String> {
        let all = [("taken: ", &self.taken), ("left out: ", &self.left_out), ("changed: ", &self.changed)];
        all.iter().filter(|(_, counts)| !counts.is_empty()).map(|(what, counts)| format!("{what}{counts}")).collect()
    }

    /// Remembers how a left-out `piece` of text begins, if it is long enough to matter.
    pub(super) fn remember(&mut self, piece: &str) {
        /// A shorter piece, in characters, is a label or a link.
        const LONG: usize = 60;
        /// As much of it, in characters, as makes it known again.
        const SHOWN: usize = 80;
        let piece = piece.trim();
        if self.passages.len() < Self::PASSAGES && piece.chars().nth(LONG - 1).is_some() {
            let shown: String = piece.chars().take(SHOWN).collect();
            let dots = if shown.len() < piece.len() { "…" } else { "" };
            self.passages.push(format!("{}{dots}", shown.trim_end()));
        }
    }
}

/// What a reader hands back: not yet an article.
pub(super) struct Extracted {
    /// The text.
    pub text: String,
    /// What the file says about it outside the text; the more trustworthy first.
    pub about: Vec<(FieldKind, String)>,
    /// What became of the file.
    pub extraction: Extraction,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}

/// Whether this is what programs write where nobody said anything.
pub(super) fn is_placeholder(said: &str) -> bool {
    let said = said.trim_matches(|c: char| !c.is_alphanumeric()).to_ascii_lowercase();
    matches!(
        said.as_str(),
        "" | "anonymous"
            | "unknown"
            | "unspecified"
            | "untitled"
            | "author"
            | "user"
            | "admin"
            | "python-docx"
            | "microsoft office user"
            | "un-named"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_words_and_a_key_of_its_own() {
        let mut keys = std::collections::BTreeSet::new();
        for (at, (part, key, one, many)) in WORDS.iter().enumerate() {
            assert_eq!(*part as usize, at, "the table has the order of the parts");
            assert!(keys.insert(key) && !one.is_empty() && !many.is_empty());
        }
        assert_eq!(Part::ListMark as usize + 1, WORDS.len());
    }

    #[test]
    fn counts_are_worded_by_their_number_and_nothing_is_said_of_nothing() {
        let mut extraction = Extraction::new(FileKind::Html);
        assert_eq!(extraction.in_words(), Vec::<String>::new());
        extraction.taken.add(Part::Paragraph, 2);
        extraction.taken.add(Part::Heading, 1);
        extraction.left_out.add(Part::Script, 0);
        assert_eq!(extraction.in_words(), ["taken: 1 heading, 2 paragraphs"]);
        extraction.remember("short");
        extraction.remember(&"é".repeat(90));
        assert_eq!(extraction.passages, [format!("{}…", "é".repeat(80))]);
    }
}
