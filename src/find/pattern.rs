//! From a [`Query`] to a [`Finder`]: what a pattern means, how large it may be, and what is wrong with a bad one.

use super::{Finder, Query};
use regex::RegexBuilder;
use regex_syntax::ast::ErrorKind;
use std::ops::Range;

/// A pattern may be this long, in bytes.
pub const MAX_PATTERN: usize = 20_000;
/// A compiled pattern, and what it makes while it searches, may each take so many bytes.
const MAX_MEMORY: usize = 8 << 20;
/// Groups may stand in each other so deeply.
const MAX_DEPTH: u32 = 64;

/// Why nothing can be found with a pattern.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadPattern {
    /// The expression is not well formed.
    #[error("character {character}: {what}")]
    Syntax {
        /// Where in the pattern, in bytes.
        at: Range<usize>,
        /// The same for people: which character, from 1.
        character: usize,
        /// What is wrong.
        what: String,
    },
    /// It would take too much memory.
    #[error("this expression grows too large; repeat less, or name fewer characters")]
    TooLarge,
    /// It is too long.
    #[error("the pattern is longer than {MAX_PATTERN} bytes")]
    TooLong,
}

impl Query {
    /// Text in any case, not only as a whole word.
    pub fn plain(pattern: impl Into<String>) -> Self {
        Self { pattern: pattern.into(), ..Self::default() }
    }

    /// Makes it ready for searching.
    ///
    /// # Errors
    /// Where the expression is bad, or too large for a search that takes little memory.
    pub fn compile(&self) -> Result<Finder, BadPattern> {
        if self.pattern.len() > MAX_PATTERN {
            return Err(BadPattern::TooLong);
        }
        let pattern = if self.pattern.is_empty() {
            // The class of no character: the empty pattern would be tried at every place.
            r"[^\s\S]".to_owned()
        } else if self.regex {
            self.pattern.clone()
        } else {
            literal(&self.pattern)
        };
        let mut builder = RegexBuilder::new(&pattern);
        builder.case_insensitive(!self.case).nest_limit(MAX_DEPTH);
        builder.size_limit(MAX_MEMORY).dfa_size_limit(MAX_MEMORY);
        match builder.build() {
            Ok(regex) => Ok(Finder { regex, whole_word: self.whole_word }),
            // The crate `regex` says what is wrong as a drawing of several lines: asked again, its parser says it as data.
            Err(regex::Error::Syntax(drawing)) => Err(self.explain().unwrap_or(BadPattern::Syntax {
                at: 0..self.pattern.len(),
                character: 1,
                what: drawing,
            })),
            Err(_) => Err(BadPattern::TooLarge),
        }
    }

    fn explain(&self) -> Option<BadPattern> {
        let mut parser = regex_syntax::ParserBuilder::new();
        parser.case_insensitive(!self.case).nest_limit(MAX_DEPTH);
        let (span, what) = match parser.build().parse(&self.pattern) {
            Err(regex_syntax::Error::Parse(error)) => (*error.span(), in_words(error.kind())),
            Err(regex_syntax::Error::Translate(error)) => (*error.span(), error.kind().to_string()),
            _ => return None,
        };
        let at = span.start.offset..span.end.offset;
        let character = self.pattern.get(..at.start)?.chars().count() + 1;
        Some(BadPattern::Syntax { at, character, what })
    }
}

/// The expression for a plain text: itself, with white space that fits any run of white space.
fn literal(pattern: &str) -> String {
    let mut expression = String::with_capacity(pattern.len());
    let mut in_space = false;
    for c in pattern.chars() {
        if !c.is_whitespace() {
            expression.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
        } else if !in_space {
            expression.push_str(r"\s+");
        }
        in_space = c.is_whitespace();
    }
    expression
}

fn in_words(kind: &ErrorKind) -> String {
    let words = match kind {
        ErrorKind::GroupUnclosed => "this group is not closed; “\\(” is a bracket of the text",
        ErrorKind::GroupUnopened => "this bracket closes nothing; “\\)” is a bracket of the text",
        ErrorKind::ClassUnclosed => "this set of characters is not closed; “\\[” is a bracket of the text",
        ErrorKind::ClassRangeInvalid => "the range runs backwards",
        ErrorKind::RepetitionMissing => "there is nothing to repeat; “\\*”, “\\+” and “\\?” are signs of the text",
        ErrorKind::RepetitionCountInvalid => "the smaller number comes first",
        ErrorKind::RepetitionCountUnclosed => "the number of repetitions is not closed; “\\{” is a bracket of the text",
        ErrorKind::RepetitionCountDecimalEmpty | ErrorKind::DecimalEmpty => "a number is missing",
        ErrorKind::DecimalInvalid => "this number is too large",
        ErrorKind::EscapeUnexpectedEof => "something must follow the “\\”; “\\\\” is a backslash of the text",
        ErrorKind::EscapeUnrecognized => "this has no meaning after “\\”",
        ErrorKind::ClassEscapeInvalid => "this cannot stand in a set of characters",
        ErrorKind::ClassRangeLiteral => "a range goes from one character to another",
        ErrorKind::UnicodeClassInvalid => "this names no kind of characters",
        ErrorKind::UnsupportedBackreference => "a group cannot be referred to again",
        ErrorKind::UnsupportedLookAround => "looking ahead and behind is not possible",
        ErrorKind::NestLimitExceeded(_) => "groups stand in each other too deeply",
        other => return other.to_string(),
    };
    words.to_owned()
}
