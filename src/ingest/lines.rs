//! A text under construction: paragraphs with a blank line between, items and rows on lines of their own.
//!
//! What a paragraph is, is decided by the readers.

use super::extraction::{Extraction, Part};

/// Whether what was added begins a block of its own: a paragraph, an item, a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// Nothing visible was added.
    Nothing,
    /// It goes on where the block was.
    More,
    /// It is the first of its block.
    Block,
}

/// A text that grows from its beginning to its end. Line ends and blanks appear only once something follows them.
#[derive(Default)]
pub(super) struct Lines {
    text: String,
    /// Line ends due before the next visible character: at most two.
    ends: usize,
    /// Whether the line ends due are within a block.
    is_soft: bool,
    /// Tabs due.
    tabs: usize,
    /// Whether a blank is due.
    blank: bool,
    /// Blanks and line ends that are meant if something follows in the block.
    held: String,
    /// What stands before the next visible character of a new block.
    mark: String,
    /// What the last block was, of those that [`add`] and [`add_row`] add.
    last: Option<Part>,
}

impl Lines {
    /// Adds text of markup, in which white space of ASCII is one blank, however much it is, and none at a line's ends.
    ///
    /// Other white space, such as the no-break space, stays what it is.
    pub fn add(&mut self, text: &str) -> Added {
        let mut added = Added::Nothing;
        for c in text.chars() {
            if c.is_ascii_whitespace() || c == '\u{B}' {
                self.blank = true;
                continue;
            }
            let begins = self.flush();
            if added == Added::Nothing {
                added = if begins { Added::Block } else { Added::More };
            }
            self.text.push(c);
        }
        added
    }

    /// Adds text whose blanks and line ends are meant, but for those at the end of the block; of `\r\n` and `\r` a `\n`
    /// is made.
    pub fn add_verbatim(&mut self, text: &str) -> Added {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let (seen, blank) = text.split_at(text.trim_end_matches([' ', '\t', '\n']).len());
        if seen.is_empty() {
            self.held.push_str(blank);
            return Added::Nothing;
        }
        self.blank = false;
        let added = if self.flush() { Added::Block } else { Added::More };
        self.text.push_str(seen);
        self.held.push_str(blank);
        added
    }

    /// A line ends within its block.
    pub fn end_line_softly(&mut self) {
        if self.ends == 0 && self.mark.is_empty() {
            (self.ends, self.is_soft) = (1, true);
        }
        self.blank = false;
    }

    /// An item or a row ends: the next block begins on the next line.
    pub fn end_line(&mut self) {
        self.end(1);
    }

    /// A paragraph ends: a blank line follows.
    pub fn end_block(&mut self) {
        self.end(2);
    }

    /// The next cell of a row begins.
    pub fn next_cell(&mut self) {
        self.tabs += 1;
        self.blank = false;
    }

    /// `mark` stands before the block that begins now.
    pub fn set_mark(&mut self, mark: &str) {
        mark.clone_into(&mut self.mark);
    }

    /// Whether a mark waits for its block.
    pub fn has_mark(&self) -> bool {
        !self.mark.is_empty()
    }

    /// Size in bytes so far.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// The text; it ends with a line end, if there is any.
    pub fn finish(mut self) -> String {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.text
    }

    /// A block begins that is a `part`: only items and rows follow their like without a blank line.
    fn begin(&mut self, part: Part) {
        let last = self.last.replace(part);
        if last == Some(part) && matches!(part, Part::ListItem | Part::TableRow) {
            self.end_line();
        } else {
            self.end_block();
        }
    }

    fn end(&mut self, ends: usize) {
        // Between a mark and its block there is nothing, as between an item and the paragraph that is all of it.
        if self.mark.is_empty() {
            self.ends = self.ends.max(ends);
        }
        (self.is_soft, self.blank, self.tabs) = (false, false, 0);
        self.held.clear();
    }

    /// Writes what is due; says whether a block begins.
    fn flush(&mut self) -> bool {
        let is_first = self.text.is_empty();
        let ends = if is_first { 0 } else { self.ends };
        let begins = is_first || (self.ends > 0 && !self.is_soft);
        let line_begins = is_first || ends > 0 || self.tabs > 0;
        if ends == 0 {
            self.text.push_str(&self.held);
        }
        self.held.clear();
        self.text.extend(std::iter::repeat_n('\n', ends));
        self.text.push_str(&std::mem::take(&mut self.mark));
        self.text.extend(std::iter::repeat_n('\t', self.tabs));
        if self.blank && !line_begins {
            self.text.push(' ');
        }
        (self.ends, self.is_soft, self.tabs, self.blank) = (0, false, 0, false);
        begins
    }
}

/// Adds a paragraph, an item or the like; items follow each other without a blank line.
pub(super) fn add(lines: &mut Lines, extraction: &mut Extraction, text: &str, part: Part, mark: &str) {
    lines.begin(part);
    lines.set_mark(mark);
    lines.add_verbatim(text);
    extraction.taken.add(part, 1);
    extraction.changed.add(Part::ListMark, usize::from(!mark.is_empty()));
    if part == Part::ListItem {
        lines.end_line();
    } else {
        lines.end_block();
    }
}

/// Adds a row of a table: its cells on one line, tabs between them.
pub(super) fn add_row(lines: &mut Lines, extraction: &mut Extraction, cells: &[String]) {
    let one_line = |cell: &String| cell.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    let cells: Vec<_> = cells.iter().map(one_line).collect();
    let row = cells.join("\t");
    if !row.trim().is_empty() {
        lines.begin(Part::TableRow);
        lines.add_verbatim(row.trim_end());
        lines.end_line();
        extraction.taken.add(Part::TableRow, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_runs_together_but_not_the_one_that_means_something() {
        let mut lines = Lines::default();
        assert_eq!(lines.add(" \n "), Added::Nothing);
        assert_eq!(lines.add("«\u{A0}Zo\u{AD}ë"), Added::Block);
        assert_eq!(lines.add(" \t\r\n\u{A0}» "), Added::More);
        lines.end_line_softly();
        assert_eq!(lines.add(" dit-elle "), Added::More);
        lines.end_block();
        lines.end_line();
        assert_eq!(lines.add("."), Added::Block);
        assert_eq!(lines.finish(), "«\u{A0}Zo\u{AD}ë \u{A0}»\ndit-elle\n\n.\n");
    }

    #[test]
    fn marks_stand_before_their_block_and_empty_blocks_leave_no_trace() {
        let mut lines = Lines::default();
        lines.set_mark("• ");
        lines.end_block();
        lines.add("one");
        lines.end_line();
        lines.end_line_softly();
        lines.add("a");
        lines.next_cell();
        lines.next_cell();
        lines.add(" c ");
        lines.next_cell();
        lines.end_line();
        lines.next_cell();
        lines.add_verbatim("  b\r\n");
        lines.add_verbatim("\r");
        lines.add_verbatim("  c\n\n\n");
        lines.end_block();
        lines.add("d");
        assert_eq!(lines.finish(), "• one\na\t\tc\n\t  b\n\n  c\n\nd\n");
        assert_eq!(Lines::default().finish(), "");
    }
}
