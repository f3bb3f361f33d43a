//! The brackets of `Entity=`, as in GUM and CorefUD: `(1-person(2-place)`, `1)`.
//!
//! Brackets may be nested, cross, and stand for spans of several parts: `(7[1/2]-person)`.

use crate::formats::read::Names;
use crate::model::{Name, Value};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// A span that brackets tell.
#[derive(Debug, PartialEq)]
pub struct Mention {
    /// Words (by number) of each part.
    pub parts: Vec<Range<usize>>,
    /// Its label.
    pub label: Name,
    /// What else the bracket says.
    pub attributes: BTreeMap<Name, Value>,
    /// The line in which it opens, from 1.
    pub line: usize,
}

/// Reads brackets, word by word.
#[derive(Debug, Default)]
pub struct Brackets {
    /// Names of the fields of a bracket, where the file says them.
    fields: Vec<String>,
    open: Vec<Open>,
    /// Spans of which parts are still to come, by their id and number of parts.
    begun: HashMap<(String, usize), Mention>,
    /// What is closed.
    pub mentions: Vec<Mention>,
}

#[derive(Debug)]
struct Open {
    /// All of it, and the id at its start.
    content: String,
    id: String,
    first: usize,
    line: usize,
}

/// Names of the field by which brackets are closed.
const IDS: [&str; 4] = ["GRP", "eid", "entity", "id"];
/// Names of the field that is the label.
const TYPES: [&str; 2] = ["etype", "type"];

impl Brackets {
    /// Takes `eid-etype-…` from the comment `# global.Entity`.
    pub fn declare(&mut self, fields: &str) {
        self.fields = fields.split('-').map(|field| field.trim().to_owned()).collect();
    }

    /// Takes in what a word says; returns what closes nothing.
    pub fn word(&mut self, word: usize, line: usize, value: &str, names: &mut Names) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut rest = value;
        while !rest.is_empty() {
            if let Some(opening) = rest.strip_prefix('(') {
                let end = opening.find(['(', ')']).unwrap_or(opening.len());
                let content = &opening[..end];
                let id = self.field_at(content, &IDS).unwrap_or(content).to_owned();
                self.open.push(Open { content: content.to_owned(), id, first: word, line });
                rest = &opening[end..];
                if let Some(after) = rest.strip_prefix(')') {
                    if let Some(open) = self.open.pop() {
                        self.close(&open, word, names);
                    }
                    rest = after;
                }
            } else {
                let end = rest.find(['(', ')']).unwrap_or(rest.len());
                let (id, after) = rest.split_at(end);
                let closes = |open: &Open| open.id == id || open.content == id;
                match self.open.iter().rposition(closes).filter(|_| after.starts_with(')')) {
                    Some(at) => {
                        let open = self.open.remove(at);
                        self.close(&open, word, names);
                    }
                    None => wrong.push(rest.to_owned()),
                }
                rest = after.strip_prefix(')').unwrap_or(after);
            }
        }
        wrong
    }

    /// The field of one of these names.
    fn field_at<'a>(&self, content: &'a str, named: &[&str]) -> Option<&'a str> {
        let at = self.fields.iter().position(|field| named.contains(&field.as_str()))?;
        content.splitn(self.fields.len().max(1), '-').nth(at)
    }

    fn close(&mut self, open: &Open, last: usize, names: &mut Names) {
        let part = open.first..last + 1;
        let (base, number, of) = numbered(&open.id);
        let key = (base.to_owned(), of);
        if number > 1
            && let Some(begun) = self.begun.get_mut(&key)
        {
            begun.parts.push(part);
            if begun.parts.len() == of
                && let Some(whole) = self.begun.remove(&key)
            {
                self.mentions.push(whole);
            }
            return;
        }
        let mention = self.mention(open, part, names);
        if of > 1 {
            // One of the same id that lacks parts is a span all the same.
            self.mentions.extend(self.begun.insert(key, mention));
        } else {
            self.mentions.push(mention);
        }
    }

    fn mention(&self, open: &Open, part: Range<usize>, names: &mut Names) -> Mention {
        let mut attributes = BTreeMap::new();
        let mut label = None;
        if self.fields.is_empty() {
            // Without a declaration: `person`, `person-12` or `12-person`.
            let is_word = |field: &&str| field.chars().any(char::is_alphabetic);
            label = open.content.split('-').find(is_word);
        }
        for (field, value) in self.fields.iter().zip(open.content.splitn(self.fields.len().max(1), '-')) {
            if TYPES.contains(&field.as_str()) {
                label = Some(value);
            } else if !value.is_empty() && value != "_" && !field.is_empty() {
                let value = if IDS.contains(&field.as_str()) { numbered(value).0 } else { value };
                attributes.insert(names.get(field), Value::Text(decoded(value)));
            }
        }
        let label = label.filter(|label| !label.is_empty()).map_or_else(|| "entity".to_owned(), decoded);
        Mention { parts: vec![part], label: names.get(&label), attributes, line: open.line }
    }

    /// What was not closed, with the line in which it opens; and then nothing is open any more.
    pub fn end(&mut self) -> Vec<(String, usize)> {
        self.mentions.extend(self.begun.drain().map(|(_, mention)| mention));
        self.mentions
            .sort_by_key(|mention| (mention.parts[0].start, std::cmp::Reverse(mention.parts[0].end), mention.line));
        self.open.drain(..).map(|open| (open.content, open.line)).collect()
    }
}

/// `7[1/2]` is part 1 of 2 of `7`.
fn numbered(id: &str) -> (&str, usize, usize) {
    let parts = id.strip_suffix(']').and_then(|id| id.split_once('['));
    let parts = parts.and_then(|(base, part)| {
        let (number, of) = part.split_once('/')?;
        Some((base, number.parse().ok()?, of.parse().ok()?))
    });
    parts.unwrap_or((id, 1, 1))
}

/// Signs that brackets cannot hold are written as in addresses: `%28`.
fn decoded(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let code = after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let Some(c) = code.filter(u8::is_ascii_punctuation) {
            out.push(char::from(c));
            rest = &after[2..];
        } else {
            out.push('%');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each mention in words, and how many brackets were wrong.
    fn read(fields: &str, words: &[&str]) -> (Vec<String>, usize) {
        let (mut brackets, mut names) = (Brackets::default(), Names::default());
        if !fields.is_empty() {
            brackets.declare(fields);
        }
        let wrong: usize = words.iter().enumerate().map(|(n, w)| brackets.word(n, n, w, &mut names).len()).sum();
        let open = brackets.end().len();
        let one = |m: &Mention| {
            let attributes = m.attributes.iter().map(|(k, v)| format!(" {k}={}", v.as_text().unwrap()));
            format!("{:?} {}{}", m.parts, m.label, attributes.collect::<String>())
        };
        (brackets.mentions.iter().map(one).collect(), wrong + open)
    }

    #[test]
    fn brackets_nest_cross_and_have_parts() {
        let (found, wrong) = read("GRP-etype-link", &["(1-person-A_%28b%29(2-place-_", "1)(3-person-c-d)", "2)"]);
        assert_eq!(found, ["[0..3] place GRP=2", "[0..2] person GRP=1 link=A_(b)", "[1..2] person GRP=3 link=c-d"]);
        assert_eq!(wrong, 0);
        let (found, wrong) = read("eid-etype", &["(e1[1/2]-x)", "", "(e1[2/2]-x)", "(e1-x)"]);
        assert_eq!((found, wrong), (vec!["[0..1, 2..3] x eid=e1".to_owned(), "[3..4] x eid=e1".to_owned()], 0));
        let (found, wrong) = read("", &["(person-1(place)", "person-1)", "7)", "(open"]);
        assert_eq!((found, wrong), (vec!["[0..2] person".to_owned(), "[0..1] place".to_owned()], 2));
    }
}
