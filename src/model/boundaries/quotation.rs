//! The quotation around a place: which marks open, which close, and which are apostrophes.
//!
//! Marks mean different things in different languages (“ opens in English and closes in German), so each is read
//! by what is open already and by what stands beside it. Nothing is known of the text's language.

use std::ops::Range;

use super::{is_grapheme_border, trim};

/// The smallest quotation around `byte` that is strictly larger than `current`, if there is one.
///
/// First what is inside the marks, without white space at its ends; then the same with its marks; then the next
/// quotation around it: calling again with the result goes one step outwards. `text` may be several paragraphs,
/// separated by line ends: a quotation goes on over a paragraph's end if the next one begins with its opening mark
/// again, as newspapers print it, or if its closing mark, different from the opening one, comes before the next
/// opening one. Otherwise a quotation that is never closed ends with its paragraph.
pub fn quotation_range(text: &str, byte: usize, current: Range<usize>) -> Option<Range<usize>> {
    let holds = |range: &Range<usize>| {
        let around_caret = range.start <= byte && byte <= range.end;
        let around_current = current.is_empty() || (range.start <= current.start && current.end <= range.end);
        around_caret && around_current && range.len() > current.len()
    };
    quotations(text)
        .into_iter()
        .flat_map(|quotation| [trim(text, quotation.inside), quotation.whole])
        .filter(|range| !range.is_empty() && holds(range))
        .min_by_key(|range| (range.len(), range.start))
}

/// How far ahead the mark that closes a quotation is looked for where marks leave it open, in bytes.
const LOOK_AHEAD: usize = 4 * 1024;

/// Quotations deeper inside others are not told apart: no text has them, and damaged ones must not cost time.
const DEEPEST: usize = 12;

/// A quotation with and without its marks.
#[derive(Debug, PartialEq, Eq)]
struct Quotation {
    whole: Range<usize>,
    inside: Range<usize>,
}

/// A mark that opened a quotation.
struct Open {
    mark: char,
    at: Range<usize>,
}

/// What a mark does where it stands.
enum Role {
    Opens,
    /// Closes the open quotation with this index, and what was opened in it and never closed.
    Closes(usize),
    /// An apostrophe, an inch, or the sign that a quotation goes on in a new paragraph.
    Nothing,
}

/// All quotations of `text`, in the order in which they end.
fn quotations(text: &str) -> Vec<Quotation> {
    let mut reader = Reader { text, open: Vec::new(), done: Vec::new() };
    let mut paragraph_start = 0;
    for paragraph in text.split_inclusive(['\n', '\r']) {
        let end = paragraph_start + paragraph.len();
        reader.paragraph(paragraph_start..end);
        paragraph_start = end;
    }
    // The last paragraph had nothing behind it, so nothing is open any more.
    reader.done
}

struct Reader<'t> {
    text: &'t str,
    open: Vec<Open>,
    done: Vec<Quotation>,
}

impl Reader<'_> {
    fn paragraph(&mut self, range: Range<usize>) {
        let content = trim(self.text, range.clone());
        if content.is_empty() && range.end < self.text.len() {
            return;
        }
        // How many of the quotations open from the paragraph before have been opened again in this one.
        let mut repeated = Some(0);
        let paragraph = self.text.get(content.clone()).unwrap_or_default();
        for (at, c) in paragraph.char_indices() {
            let at = content.start + at..content.start + at + c.len_utf8();
            if !is_mark(c) || !is_grapheme_border(self.text, at.start) || !is_grapheme_border(self.text, at.end) {
                if !c.is_whitespace() {
                    repeated = None;
                }
                continue;
            }
            if let Some(index) = repeated {
                if self.open.get(index).is_some_and(|open| repeats(open.mark, c)) {
                    repeated = Some(index + 1);
                    continue;
                }
                repeated = None;
            }
            match self.role(c, &at, content.end) {
                Role::Opens => self.open(c, at),
                Role::Closes(index) => self.close(index, &at),
                Role::Nothing => {}
            }
        }
        self.end_paragraph(content.end, range.end);
    }

    fn role(&self, c: char, at: &Range<usize>, paragraph_end: usize) -> Role {
        let before = self.text.get(..at.start).and_then(|text| text.chars().next_back());
        let behind = self.text.get(at.end..paragraph_end).unwrap_or_default();
        let after = behind.chars().next();
        let is_free = |beside: Option<char>| beside.is_none_or(|c| c.is_whitespace() || opens_or_dashes(c));
        let opening_place = is_free(before) && after.is_some_and(|c| !c.is_whitespace());
        let closing_place = before.is_some_and(|c| !c.is_whitespace()) && after.is_none_or(|c| !c.is_alphanumeric());
        let opener = self.open.iter().rposition(|open| closes(open.mark, c));
        match c {
            '\'' | '’' | '‘' if is_apostrophe(before, behind) => Role::Nothing,
            '\'' | '’' => match opener {
                Some(_) if closing_place && is_possessive(before, behind) => Role::Nothing,
                Some(index) if closing_place => Role::Closes(index),
                _ if c == '\'' && opening_place => Role::Opens,
                _ => Role::Nothing,
            },
            // The marks that only ever open.
            '„' | '‚' | '「' | '『' => Role::Opens,
            '」' | '』' => opener.map_or(Role::Nothing, Role::Closes),
            '“' | '‘' | '"' | '″' => match opener {
                Some(index) if !opening_place => Role::Closes(index),
                None if c == '"' || c == '″' => {
                    if closing_place && !opening_place {
                        Role::Nothing
                    } else {
                        Role::Opens
                    }
                }
                _ => Role::Opens,
            },
            // `”`, and the guillemets, which French and German use in opposite directions.
            _ => match opener {
                Some(index) => Role::Closes(index),
                None if matches!(c, '«' | '‹') || opening_place => Role::Opens,
                None => Role::Nothing,
            },
        }
    }

    fn open(&mut self, mark: char, at: Range<usize>) {
        // A straight mark inside a quotation in straight marks shows that the first one was an apostrophe.
        if mark == '\'' {
            self.open.pop_if(|open| open.mark == mark);
        }
        if self.open.len() < DEEPEST {
            self.open.push(Open { mark, at });
        }
    }

    fn close(&mut self, index: usize, mark: &Range<usize>) {
        for (depth, open) in self.open.drain(index..).enumerate() {
            // What was opened inside and not closed ends with what is around it.
            let end = if depth == 0 { mark.end } else { mark.start };
            if depth == 0 || !is_single(open.mark) {
                self.done.push(Quotation { inside: open.at.end..mark.start, whole: open.at.start..end });
            }
        }
    }

    /// Ends what does not go on in the next paragraph.
    fn end_paragraph(&mut self, content_end: usize, next: usize) {
        let behind = self.text.get(next..).unwrap_or_default();
        let going_on = self.open.iter().zip(leading_marks(behind)).take_while(|(open, mark)| repeats(open.mark, *mark));
        let mut kept = going_on.count();
        if kept == 0 {
            let is_closed = |open: &&Open| is_closed_next(open.mark, near(behind));
            kept = self.open.iter().take_while(is_closed).count();
        }
        for open in self.open.drain(kept..) {
            // A lone straight or curly single mark is far more often an apostrophe.
            if open.mark != '\'' {
                self.done.push(Quotation { inside: open.at.end..content_end, whole: open.at.start..content_end });
            }
        }
    }
}

/// Whether `mark`, where it opens and nothing closes, is likely an apostrophe.
fn is_single(mark: char) -> bool {
    matches!(mark, '\'' | '‘')
}

fn is_mark(c: char) -> bool {
    matches!(
        c,
        '"' | '″'
            | '\''
            | '‘'
            | '’'
            | '‚'
            | '“'
            | '”'
            | '„'
            | '«'
            | '»'
            | '‹'
            | '›'
            | '「'
            | '」'
            | '『'
            | '』'
    )
}

/// Whether `mark` can end a quotation that `open` began, in the typography of some language.
fn closes(open: char, mark: char) -> bool {
    match open {
        '“' => matches!(mark, '”' | '“'),
        '„' => matches!(mark, '“' | '”' | '„'),
        '‘' | '\'' => matches!(mark, '’' | '\''),
        '‚' => matches!(mark, '‘' | '’' | '\''),
        '«' => mark == '»',
        '»' => matches!(mark, '«' | '»'),
        '‹' => mark == '›',
        '›' => matches!(mark, '‹' | '›'),
        '「' => mark == '」',
        '『' => mark == '』',
        // Straight marks, and the ” of Swedish and Finnish, are the same on both sides.
        _ => mark == open,
    }
}

/// Whether `mark` at the start of a paragraph says that the quotation that `open` began goes on.
fn repeats(open: char, mark: char) -> bool {
    // French also begins the new paragraph with the closing one.
    mark == open || (open, mark) == ('«', '»')
}

/// Whether the next mark of the kind of `open` in `behind` is its closing one.
fn is_closed_next(open: char, behind: &str) -> bool {
    let next = behind.chars().find(|c| *c == open || closes(open, *c));
    !matches!(open, '\'' | '‘' | '‚') && next.is_some_and(|mark| mark != open)
}

fn leading_marks(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !c.is_whitespace()).take_while(|c| is_mark(*c))
}

/// Whether what stands before a mark leaves it free to open a quotation.
fn opens_or_dashes(c: char) -> bool {
    is_mark(c)
        || matches!(c, '(' | '[' | '{' | '<' | '-' | '–' | '—' | '/' | ':' | '¿' | '¡' | '（' | '，' | '。' | '、')
}

/// Whether the mark between `before` and `behind` is part of a word: `don’t`, `’90s`, `’tis`.
fn is_apostrophe(before: Option<char>, behind: &str) -> bool {
    const CUT_AT_FRONT: [&str; 11] = ["tis", "twas", "em", "til", "till", "cause", "n", "bout", "round", "cos", "sup"];
    let word_end = behind.find(|c: char| !c.is_alphanumeric()).unwrap_or(behind.len());
    let word = behind.get(..word_end).unwrap_or_default();
    let inside_word = before.is_some_and(char::is_alphanumeric) && !word.is_empty();
    let years = word.strip_suffix('s').unwrap_or(word);
    let is_years = years.len() == 2 && years.bytes().all(|byte| byte.is_ascii_digit()) && years != word;
    let is_cut = CUT_AT_FRONT.contains(&word.to_lowercase().as_str()) && !before.is_some_and(char::is_alphanumeric);
    inside_word || is_years || is_cut
}

/// Whether the mark ends a possessive, `the workers’ rights`, and the quotation ends further on.
fn is_possessive(before: Option<char>, behind: &str) -> bool {
    let goes_on = behind.strip_prefix(' ').and_then(|rest| rest.chars().next());
    matches!(before, Some('s' | 'S')) && goes_on.is_some_and(char::is_lowercase) && ends_later(behind)
}

/// Whether a single mark in `behind`, before any that opens, can end a quotation.
fn ends_later(behind: &str) -> bool {
    let behind = near(behind);
    let mut before = None;
    for (at, c) in behind.char_indices() {
        let after = behind.get(at + c.len_utf8()..).unwrap_or_default();
        let ends = before.is_some_and(|c: char| !c.is_whitespace())
            && after.chars().next().is_none_or(|c| !c.is_alphanumeric());
        match c {
            '‘' => return false,
            '’' | '\'' if ends => return true,
            _ => before = Some(c),
        }
    }
    false
}

fn near(behind: &str) -> &str {
    let end = behind.floor_char_boundary(LOOK_AHEAD);
    behind.get(..end).unwrap_or_default()
}
