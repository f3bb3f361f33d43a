//! The lines of a sentence: comments, words, multiword tokens, empty nodes.

use super::{BYLINE, NER, gaps};
use crate::formats::gather::{check_line, utf8};
use crate::formats::problem::{Place, Problem, shown};
use crate::formats::read::InputFile;
use crate::formats::tags::{Tag, parsed};

/// How many columns a line has.
const COLUMNS: usize = 10;
/// Keys under which files have tags in the last column, in lower case.
const TAG_KEYS: [&str; 3] = [NER, "ne", "name"];

/// A sentence as a file has it.
#[derive(Debug, Default)]
pub struct Sentence<'a> {
    /// Comments `# key = value` with their lines; without a value where there is no `=`.
    pub comments: Vec<(&'a str, Option<&'a str>, usize)>,
    /// What stands in the text.
    pub units: Vec<Unit<'a>>,
    /// Whether other columns say something.
    pub has_more: bool,
}

/// A word, or a token of several words.
#[derive(Debug, Default)]
pub struct Unit<'a> {
    /// As in the text.
    pub form: &'a str,
    /// The white space before it, where the file says it.
    pub before: Option<String>,
    /// The white space after it, where the file says it exactly.
    pub after: Option<String>,
    /// Whether the file says that no space follows.
    pub no_space: bool,
    /// Its tag, if it has one.
    pub tag: Option<Tag<'a>>,
    /// What it and its words say under `Entity`.
    pub brackets: Vec<(&'a str, usize)>,
    /// In which line it stands, from 1.
    pub line: usize,
}

/// What a line is numbered as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Id {
    Word(usize),
    Several(usize, usize),
    Empty,
}

fn id(text: &str) -> Option<Id> {
    let number = |text: &str| text.parse::<usize>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    if let Some((first, last)) = text.split_once('-') {
        return Some(Id::Several(number(first)?, number(last)?)).filter(|id| matches!(id, Id::Several(a, b) if a <= b));
    }
    if let Some((word, sub)) = text.split_once('.') {
        return number(word).and(number(sub)).map(|_| Id::Empty);
    }
    number(text).filter(|n| *n > 0).map(Id::Word)
}

/// Columns are separated by tabs; files edited by hand have spaces.
fn columns(line: &str) -> Vec<&str> {
    if line.contains('\t') { line.split('\t').collect() } else { line.split(' ').filter(|c| !c.is_empty()).collect() }
}

/// The sentences of a file, one after the other; problems are added to `problems`.
pub struct Sentences<'a, 'p> {
    file: &'a str,
    lines: std::iter::Enumerate<std::str::Split<'a, char>>,
    problems: &'p mut Vec<Problem>,
    /// Bytes of the lines so far.
    pub done: usize,
}

impl<'a, 'p> Sentences<'a, 'p> {
    /// Those of `content`.
    pub fn new(file: &'a str, content: &'a str, problems: &'p mut Vec<Problem>) -> Self {
        Self { file, lines: content.split('\n').enumerate(), problems, done: 0 }
    }

    /// The list to which problems are added.
    pub fn problems(&mut self) -> &mut Vec<Problem> {
        self.problems
    }
}

impl<'a> Iterator for Sentences<'a, '_> {
    type Item = Sentence<'a>;

    /// The next one, which has comments or words.
    fn next(&mut self) -> Option<Sentence<'a>> {
        let mut sentence = Sentence::default();
        let mut several: Option<(usize, usize)> = None;
        let mut last = 0;
        for (n, raw) in self.lines.by_ref() {
            self.done += raw.len() + 1;
            let line = raw.strip_suffix('\r').unwrap_or(raw);
            let place = Place::line(self.file, n + 1);
            if line.trim_matches([' ', '\t']).is_empty() {
                if sentence.units.is_empty() && sentence.comments.is_empty() {
                    continue;
                }
                return Some(sentence);
            }
            if let Err(problem) = check_line(self.file, n + 1, line) {
                self.problems.push(problem);
            } else if let Some(comment) = line.strip_prefix('#') {
                let (key, value) = comment.split_once('=').map_or((comment, None), |(k, v)| (k, Some(v)));
                sentence.comments.push((key.trim(), value.map(|v| v.strip_prefix(' ').unwrap_or(v)), n + 1));
            } else {
                let row = columns(line);
                let Some(id) = row.first().and_then(|cell| id(cell)).filter(|_| row.len() == COLUMNS) else {
                    let expected = format!("{COLUMNS} columns separated by tabs, the first a number");
                    self.problems.push(Problem::syntax(place, expected, shown(line)));
                    continue;
                };
                let number = match id {
                    Id::Word(number) | Id::Several(number, _) => number,
                    Id::Empty => continue,
                };
                if number != last + 1 {
                    let found = row.first().map_or_else(String::new, |cell| shown(cell));
                    self.problems.push(Problem::syntax(place, format!("the number {}", last + 1), found));
                }
                if let Id::Word(_) = id {
                    last = number;
                }
                sentence.has_more |= row.iter().enumerate().any(|(at, cell)| (2..9).contains(&at) && *cell != "_");
                let inside = several.is_some_and(|(first, last)| (first..=last).contains(&number));
                if let (Id::Word(_), true, Some(unit)) = (id, inside, sentence.units.last_mut()) {
                    // A word of the token that the line before told; its own form is not in the text.
                    let own = Unit::of(&row, n + 1);
                    unit.brackets.extend(own.brackets);
                    unit.tag = unit.tag.or(own.tag);
                } else {
                    several = if let Id::Several(first, last) = id { Some((first, last)) } else { None };
                    sentence.units.push(Unit::of(&row, n + 1));
                }
            }
        }
        (!sentence.units.is_empty() || !sentence.comments.is_empty()).then_some(sentence)
    }
}

impl<'a> Unit<'a> {
    fn of(row: &[&'a str], line: usize) -> Self {
        let mut unit = Self { form: row.get(1).copied().unwrap_or_default(), line, ..Self::default() };
        let misc = row.last().copied().unwrap_or_default();
        for (key, value) in misc.split('|').filter_map(|pair| pair.split_once('=')) {
            match key {
                "SpaceAfter" if value == "No" => unit.no_space = true,
                "SpacesAfter" => unit.after = Some(gaps::unescaped(value)),
                "SpacesBefore" => unit.before = Some(gaps::unescaped(value)),
                "Entity" if value.contains(['(', ')']) => unit.brackets.push((value, line)),
                "Entity" => unit.tag = unit.tag.or(parsed(value)),
                _ if TAG_KEYS.contains(&key.to_ascii_lowercase().as_str()) => unit.tag = unit.tag.or(parsed(value)),
                _ => {}
            }
        }
        unit
    }
}

/// How surely a file is CoNLL-U, from 0 to 100.
pub fn sureness(file: &InputFile) -> u8 {
    let Ok(content) = utf8(&file.name, &file.bytes) else { return 0 };
    let (mut rows, mut fitting, mut comments, mut ours) = (0, 0, 0, false);
    for line in content.lines().filter(|line| !line.trim().is_empty()).take(500) {
        if let Some(comment) = line.strip_prefix("# ") {
            comments += usize::from(["text", "sent_id", "newdoc", "newpar"].iter().any(|key| comment.starts_with(key)));
            ours |= comment.strip_prefix(BYLINE).is_some_and(|rest| rest.starts_with(" = {"));
        } else if !line.starts_with('#') {
            let row = columns(line);
            rows += 1;
            fitting += usize::from(row.len() == COLUMNS && row.first().is_some_and(|cell| id(cell).is_some()));
        }
    }
    let named = file.has_extension("conllu");
    match (ours, fitting * 10 >= rows * 9 && rows > 0) {
        (true, _) => 98,
        (_, true) if comments > 0 || named => 95,
        // CoNLL-X of 2006 has the same columns; what differs in it is not read.
        (_, true) if file.has_extension("conll") => 60,
        _ if named => 40,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_token_share_its_text_and_empty_nodes_have_none() {
        let word = |id: &str, form: &str, misc: &str| format!("{id}\t{form}\t_\tX\t_\t_\t_\t_\t_\t{misc}\n");
        let content = [
            "# newdoc\n# text = Zoé's\u{a0}é\n".to_owned(),
            word("1-2", "Zoé's", "SpacesAfter=\\u00A0"),
            word("1", "Zoé", "Entity=(1-person)"),
            word("2", "'s", "NER=B-PER"),
            word("2.1", "E2.1", "_"),
            word("3", "é", "SpaceAfter=No|ner=O"),
            "\n\n".to_owned(),
            word("2", "x", "_"),
        ];
        let (content, mut problems) = (content.concat(), Vec::new());
        let mut sentences = Sentences::new("a.conllu", &content, &mut problems);
        let first = sentences.next().unwrap();
        let forms: Vec<_> = first.units.iter().map(|u| u.form).collect();
        assert_eq!((forms, first.comments.len(), first.has_more), (vec!["Zoé's", "é"], 2, true));
        assert_eq!(first.units[0].after.as_deref(), Some("\u{a0}"));
        assert_eq!((first.units[0].tag, first.units[0].brackets.len()), (Some(Tag::In('B', "PER")), 1));
        assert_eq!((first.units[1].tag, first.units[1].no_space), (Some(Tag::Outside), true));
        assert!(sentences.next().is_some() && sentences.next().is_none());
        assert_eq!(problems.len(), 1, "{problems:?}");
    }
}
