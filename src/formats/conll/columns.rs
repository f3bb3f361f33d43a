//! How a file of columns is laid out: what separates them, how many there are, which of them hold tags.

use super::DOCUMENT;
use crate::formats::gather::utf8;
use crate::formats::read::InputFile;
use crate::formats::tags::{Tag, parsed};
use std::collections::HashMap;

/// So many lines tell the layout of a file.
const SAMPLE: usize = 2_000;

/// The layout of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Columns {
    tabs: bool,
    /// How many there are.
    pub count: usize,
    /// Which hold tags, counted from 0, ascending; one at least.
    pub tags: Vec<usize>,
    /// Whether the first line that is not empty names the columns.
    pub named: bool,
}

/// A line of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A sentence ends.
    Empty,
    /// A document begins.
    Document,
    /// A word with its columns.
    Word(Vec<&'a str>),
    /// Something between words that no program reads.
    Comment,
}

/// Spaces and tabs are all that separates; other white space is part of what stands there.
const BLANK: [char; 2] = [' ', '\t'];

impl Columns {
    /// Of the most lines of `content`; `None` without lines of two columns.
    pub fn of(content: &str) -> Option<Self> {
        let lines = || content.lines().filter(|l| !l.trim_matches(BLANK).is_empty() && !is_document(l)).take(SAMPLE);
        let all = lines().count();
        let tabs = lines().filter(|line| line.contains('\t')).count() * 2 > all;
        let mut counts: HashMap<usize, usize> = HashMap::new();
        for line in lines() {
            *counts.entry(split(line, tabs).len()).or_default() += 1;
        }
        // The most frequent number of columns; of two that are equally frequent, the larger.
        let (count, _) = counts.into_iter().max_by_key(|(columns, lines)| (*lines, *columns))?;
        if count < 2 {
            return None;
        }
        let rows = || lines().map(|line| split(line, tabs)).filter(|row| row.len() == count);
        let is_tag = |cell: &&str| parsed(cell).is_some();
        let named = all > 1
            && rows().next().is_some_and(|row| row.iter().skip(1).all(|cell| !is_tag(cell)))
            && rows().nth(1).is_some_and(|row| row.last().is_some_and(is_tag));
        let mut tags = vec![count - 1];
        if named {
            // Only with names can a second column of tags be told from one of phrases.
            let is_phrase = |c: usize| {
                rows().next().and_then(|row| row.get(c).copied()).is_some_and(|n| n.to_lowercase().contains("chunk"))
            };
            let holds_tags = |c: usize| {
                let cells = || rows().skip(1).filter_map(|row| row.get(c).copied());
                let marked = cells().filter(|cell| matches!(parsed(cell), Some(Tag::In(..)))).count();
                let others = cells().filter(|cell| parsed(cell).is_none()).count();
                marked > others
            };
            tags = (1..count - 1).filter(|c| !is_phrase(*c) && holds_tags(*c)).chain([count - 1]).collect();
        }
        Some(Self { tabs, count, tags, named })
    }

    /// What a line is.
    pub fn line<'a>(&self, line: &'a str) -> Line<'a> {
        if line.trim_matches(BLANK).is_empty() {
            return Line::Empty;
        }
        if is_document(line) {
            return Line::Document;
        }
        let row = split(line, self.tabs);
        if row.len() != self.count && line.starts_with("# ") { Line::Comment } else { Line::Word(row) }
    }
}

fn is_document(line: &str) -> bool {
    line.strip_prefix(DOCUMENT).is_some_and(|rest| rest.is_empty() || rest.starts_with(BLANK))
}

fn split(line: &str, tabs: bool) -> Vec<&str> {
    if tabs { line.split('\t').collect() } else { line.split(BLANK).filter(|cell| !cell.is_empty()).collect() }
}

/// How surely a file is one of columns with tags, from 0 to 100.
pub fn sureness(file: &InputFile) -> u8 {
    let Ok(content) = utf8(&file.name, &file.bytes) else { return 0 };
    let Some(columns) = Columns::of(content) else { return 0 };
    let (mut rows, mut fitting, mut marked, mut documents, mut numbered) = (0, 0, 0, 0, 0);
    for line in content.lines().skip(usize::from(columns.named)).take(SAMPLE) {
        match columns.line(line) {
            Line::Word(row) => {
                rows += 1;
                let whole = row.len() == columns.count;
                let cells = columns.tags.iter().filter(|_| whole).filter_map(|column| row.get(*column));
                let tags: Vec<_> = cells.filter_map(|cell| parsed(cell)).collect();
                fitting += usize::from(tags.len() == columns.tags.len());
                marked += usize::from(tags.iter().any(|tag| matches!(tag, Tag::In(..))));
                numbered += usize::from(row[0].bytes().all(|b| b.is_ascii_digit() || b == b'-' || b == b'.'));
            }
            Line::Document => documents += 1,
            Line::Empty | Line::Comment => {}
        }
    }
    // Numbered words are CoNLL-X, CoNLL-U and the like, whose last columns are no tags.
    let is_other = content.starts_with("#FORMAT=") || (columns.count > 7 && numbered * 2 > rows);
    let enough = fitting * 10 >= rows * 9 && rows > 0;
    match (enough && !is_other, marked > 0, documents > 0, file.has_extension("conll")) {
        (true, true, _, _) | (true, _, true, _) => 90,
        (true, false, false, true) => 60,
        // One whose lines are damaged is still told by its name.
        (false, true, _, true) if !is_other => 40,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_told_by_most_lines_and_names_only_by_the_first() {
        let of = |content: &str| Columns::of(content).map(|c| (c.tabs, c.count, c.tags, c.named));
        assert_eq!(of("-DOCSTART- -X- O\n\nEU NNP B-NP B-ORG\nsaid VBD B-VP O\n"), Some((false, 4, vec![3], false)));
        assert_eq!(of("é é é\na\tO\nb\tB-X\n"), Some((true, 2, vec![1], false)));
        assert_eq!(of("word\tner\tinner\na\tB-X\tO\nb\tI-X\tB-Y\n"), Some((true, 3, vec![1, 2], true)));
        assert_eq!(of("word chunk ner\na B-NP O\nb I-NP B-Y\n"), Some((false, 3, vec![2], true)));
        assert_eq!(of("one\nword\na line\n"), None);
        let columns = Columns::of("a\tO\nb\tB-X\n").unwrap();
        assert_eq!(columns.line("# id 7"), Line::Comment);
        assert_eq!(columns.line("#\tO"), Line::Word(vec!["#", "O"]));
        assert_eq!(columns.line(" \t"), Line::Empty);
        assert_eq!(columns.line("-DOCSTART-x\tO"), Line::Word(vec!["-DOCSTART-x", "O"]));
    }

    #[test]
    fn prose_and_numbered_columns_are_not_taken_for_tags() {
        let sure = |name: &str, content: &str| sureness(&InputFile::new(name, content));
        assert_eq!(sure("a.txt", "She said\nNo one O\n"), 0);
        assert_eq!(sure("a.conll", "1\té\té\tN\tN\t_\t0\tROOT\t_\t_\n2\t.\t.\t$.\t$.\t_\t0\tROOT\t_\t_\n"), 0);
        assert_eq!(sure("a.txt", "é B-X\n"), 90);
        assert_eq!(sure("a.txt", "é O\n"), 0);
    }
}
