//! What the lines at the start of an article say about it: offered as metadata, never taken out of the text.
//!
//! Known are `Key: value` lines, front matter between `---`, a byline, and a date on the same line as the
//! first sentence. Nothing here decides what becomes of a proposal.

use std::{ops::Range, path::Path};

use super::date::DateReading;

/// What a header line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// The headline.
    Title,
    /// Who wrote the article.
    Author,
    /// Who published it.
    Source,
    /// Where it can be found.
    Url,
    /// When it was published.
    Date,
    /// What language it is in, as written.
    Language,
}

/// One piece of metadata that the text offers about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderField {
    /// What it is about.
    pub kind: FieldKind,
    /// Where the value stands, in bytes of the text; both ends are at character borders. None: the file says it beside
    /// its text.
    pub range: Option<Range<usize>>,
    /// The value as written: the text in `range`, if there is one.
    pub raw: String,
    /// The value as understood.
    pub value: FieldValue,
}

/// The value of a header field as understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// Words, without the quotation marks of front matter.
    Text(String),
    /// A date, which may be doubtful or impossible.
    Date(DateReading),
    /// A date was announced, but what follows is not understood as one.
    NotADate,
}

/// A title to propose for an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TitleProposal {
    /// The title.
    pub title: String,
    /// What it was made of.
    pub source: TitleSource,
}

/// What a proposed title was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TitleSource {
    /// A header field.
    Header,
    /// The name of the file.
    FileName,
    /// The first line of the text.
    FirstLine,
}

impl HeaderField {
    /// What a file says about its article outside the text; none where it says nothing that can be used.
    pub(super) fn beside_the_text(kind: FieldKind, said: &str) -> Option<Self> {
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        if said.len() > LONGEST_VALUE {
            return None;
        }
        let field = read_value(kind, Piece { start: 0, text: &said }, false)?;
        Some(Self { range: None, ..field })
    }

    /// What a person should know about a value that cannot be taken as it is.
    pub fn note(&self) -> Option<String> {
        let raw = &self.raw;
        match &self.value {
            FieldValue::Text(_) | FieldValue::Date(DateReading::Certain(_)) => None,
            FieldValue::Date(DateReading::Doubtful { day_first, month_first }) => Some(format!(
                "`{raw}` is {day_first} where the day is written first, {month_first} where the month is: choose one"
            )),
            FieldValue::Date(DateReading::Impossible) => {
                Some(format!("`{raw}` is no day of the calendar: look the date up and enter it as year-month-day"))
            }
            FieldValue::NotADate => Some(format!("`{raw}` is not understood as a date: enter it as year-month-day")),
        }
    }
}

/// The header fields at the start of `text`, in their order.
pub(super) fn fields(text: &str) -> Vec<HeaderField> {
    let lines: Vec<Piece> =
        lines(text).map(Piece::trimmed).skip_while(|line| line.text.is_empty()).take(FRONT_MATTER_LINES).collect();
    let (mut found, rest) = front_matter(&lines);
    for line in rest.iter().take(HEADER_LINES) {
        match read_line(*line) {
            _ if line.text.is_empty() => {}
            Line::Header(field) => found.extend(field),
            Line::HeaderThenText(field) => {
                found.push(field);
                break;
            }
            Line::Text => break,
        }
    }
    found
}

/// The title to propose: from the header, else the file's name, else a first line that looks like one.
pub(super) fn title(header: &[HeaderField], name: &str, text: &str) -> Option<TitleProposal> {
    let of_header = header.iter().find_map(|field| match (field.kind, &field.value) {
        (FieldKind::Title, FieldValue::Text(title)) => Some((title.clone(), TitleSource::Header)),
        _ => None,
    });
    of_header
        .or_else(|| Some((title_of_file(name)?, TitleSource::FileName)))
        .or_else(|| Some((title_of_text(header, text)?, TitleSource::FirstLine)))
        .map(|(title, source)| TitleProposal { title, source })
}

/// Header lines stand within this many lines; what looks like one further down is part of the article.
const HEADER_LINES: usize = 20;

/// Front matter that has not ended after this many lines is none.
const FRONT_MATTER_LINES: usize = 60;

/// A longer value, in bytes, is a paragraph that happens to begin like a header line.
const LONGEST_VALUE: usize = 500;

/// A longer first line, in characters, is a sentence and no title.
const LONGEST_TITLE: usize = 100;

/// The keys of header lines, in lower case.
static KEYS: [(&str, FieldKind); 52] = [
    ("title", FieldKind::Title),
    ("headline", FieldKind::Title),
    ("titel", FieldKind::Title),
    ("titre", FieldKind::Title),
    ("título", FieldKind::Title),
    ("titulo", FieldKind::Title),
    ("заголовок", FieldKind::Title),
    ("author", FieldKind::Author),
    ("authors", FieldKind::Author),
    ("by", FieldKind::Author),
    ("byline", FieldKind::Author),
    ("writer", FieldKind::Author),
    ("autor", FieldKind::Author),
    ("auteur", FieldKind::Author),
    ("автор", FieldKind::Author),
    ("source", FieldKind::Source),
    ("publisher", FieldKind::Source),
    ("publication", FieldKind::Source),
    ("newspaper", FieldKind::Source),
    ("outlet", FieldKind::Source),
    ("site", FieldKind::Source),
    ("quelle", FieldKind::Source),
    ("fuente", FieldKind::Source),
    ("источник", FieldKind::Source),
    ("url", FieldKind::Url),
    ("link", FieldKind::Url),
    ("permalink", FieldKind::Url),
    ("web", FieldKind::Url),
    ("ссылка", FieldKind::Url),
    ("date", FieldKind::Date),
    ("dated", FieldKind::Date),
    ("published", FieldKind::Date),
    ("published on", FieldKind::Date),
    ("published at", FieldKind::Date),
    ("date published", FieldKind::Date),
    ("publication date", FieldKind::Date),
    ("publish date", FieldKind::Date),
    ("publish_date", FieldKind::Date),
    ("published_at", FieldKind::Date),
    ("pubdate", FieldKind::Date),
    ("posted", FieldKind::Date),
    ("posted on", FieldKind::Date),
    ("datum", FieldKind::Date),
    ("fecha", FieldKind::Date),
    ("дата", FieldKind::Date),
    ("опубликовано", FieldKind::Date),
    ("language", FieldKind::Language),
    ("lang", FieldKind::Language),
    ("sprache", FieldKind::Language),
    ("langue", FieldKind::Language),
    ("idioma", FieldKind::Language),
    ("язык", FieldKind::Language),
];

/// Names of files that say nothing about what is in them.
static NO_TITLES: [&str; 12] =
    ["article", "document", "download", "file", "index", "new", "page", "story", "test", "text", "unnamed", "untitled"];

/// A part of the text that knows where it stands.
#[derive(Clone, Copy)]
struct Piece<'t> {
    /// In bytes from the start of the text.
    start: usize,
    text: &'t str,
}

impl Piece<'_> {
    fn trimmed(self) -> Self {
        let text = self.text.trim_start();
        let start = self.start + (self.text.len() - text.len());
        Piece { start, text: text.trim_end() }
    }

    /// What is before and after the first `sign`.
    fn split_at_first(self, sign: impl Fn(char) -> bool) -> Option<(Self, Self)> {
        let (at, c) = self.text.char_indices().find(|(_, c)| sign(*c))?;
        let (before, after) = (self.text.get(..at)?, self.text.get(at + c.len_utf8()..)?);
        let start = self.start + at + c.len_utf8();
        Some((Piece { start: self.start, text: before }, Piece { start, text: after }))
    }

    /// The first `count` words and what comes after them.
    fn split_words(self, count: usize) -> Option<(Self, Self)> {
        let word_ends = self.text.char_indices().zip(self.text.chars().skip(1));
        let end = word_ends
            .filter(|((_, c), next)| !c.is_whitespace() && next.is_whitespace())
            .map(|((at, c), _)| at + c.len_utf8())
            .chain([self.text.len()])
            .nth(count.checked_sub(1)?)?;
        let (before, after) = (self.text.get(..end)?, self.text.get(end..)?);
        Some((Piece { start: self.start, text: before }, Piece { start: self.start + end, text: after }))
    }

    fn field(self, kind: FieldKind, value: FieldValue) -> HeaderField {
        HeaderField { kind, range: Some(self.start..self.start + self.text.len()), raw: self.text.to_owned(), value }
    }

    fn is_any_of(self, known: &[&str]) -> bool {
        let lower = self.text.to_lowercase();
        known.contains(&lower.as_str())
    }
}

/// What a line of the text turned out to be.
enum Line {
    /// A header line; without a field where its value is missing.
    Header(Option<HeaderField>),
    /// A header field, after which the article begins on the same line.
    HeaderThenText(HeaderField),
    /// A line of the article.
    Text,
}

fn lines(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = Some(Piece { start: 0, text });
    std::iter::from_fn(move || {
        let line = rest?;
        // Of `\r\n` the `\n` makes a blank line more, which no reader of these lines minds.
        let split = line.split_at_first(|c| c == '\n' || c == '\r');
        rest = split.map(|(_, after)| after);
        Some(split.map_or(line, |(before, _)| before))
    })
}

fn read_line(line: Piece) -> Line {
    if line.text.starts_with('\u{FEFF}') {
        return Line::Text;
    }
    if let Some((key, value)) = line.split_at_first(|c| c == ':' || c == '：')
        && let Some(kind) = kind_of(key.trimmed())
        && value.text.len() <= LONGEST_VALUE
    {
        return Line::Header(read_value(kind, value.trimmed(), false));
    }
    if let Some(line) = date_without_colon(line) {
        return line;
    }
    match byline(line) {
        Some(author) => Line::Header(Some(author)),
        None => Line::Text,
    }
}

fn kind_of(key: Piece) -> Option<FieldKind> {
    // Longer than every key: not worth turning into lower case.
    if key.text.len() > 40 {
        return None;
    }
    let key = key.text.to_lowercase();
    KEYS.iter().find(|(known, _)| *known == key).map(|(_, kind)| *kind)
}

fn read_value(kind: FieldKind, raw: Piece, quoted: bool) -> Option<HeaderField> {
    let value = if quoted { without_quotes(raw) } else { raw };
    if value.text.is_empty() {
        return None;
    }
    let text = || FieldValue::Text(value.text.to_owned());
    match kind {
        FieldKind::Date => Some(match leading_date(value) {
            Some((date, reading, _)) => date.field(kind, FieldValue::Date(reading)),
            None => value.field(kind, FieldValue::NotADate),
        }),
        FieldKind::Url => {
            let is_address = value.text.contains("://") || value.text.starts_with("www.");
            (is_address && !value.text.contains(char::is_whitespace)).then(|| raw.field(kind, text()))
        }
        _ => Some(raw.field(kind, text())),
    }
}

/// The longest date that `value` begins with, what it means, and what follows it.
fn leading_date(value: Piece) -> Option<(Piece, DateReading, Piece)> {
    const MOST_WORDS: usize = 8;
    (1..=MOST_WORDS).rev().find_map(|count| {
        let (date, rest) = value.split_words(count)?;
        let text = date.text.trim_end_matches([' ', ',', ';', ':', '.', '-', '–', '—', '|']);
        let reading = DateReading::of(text)?;
        Some((Piece { text, ..date }, reading, rest.trimmed()))
    })
}

/// `date 2023-09-29`, alone or with the article's first sentence behind it.
fn date_without_colon(line: Piece) -> Option<Line> {
    let (word, rest) = line.split_words(1)?;
    if !word.is_any_of(&["date", "dated", "published", "posted", "updated"]) {
        return None;
    }
    let rest = rest.trimmed();
    let rest = match rest.split_words(1) {
        Some((word, rest)) if word.is_any_of(&["on"]) => rest.trimmed(),
        _ => rest,
    };
    let (date, reading, after) = leading_date(rest)?;
    let field = date.field(FieldKind::Date, FieldValue::Date(reading));
    Some(if after.text.is_empty() { Line::Header(Some(field)) } else { Line::HeaderThenText(field) })
}

/// `By Anna Müller and J. K. O’Neill`: every word is a name or one of those that join names.
fn byline(line: Piece) -> Option<HeaderField> {
    const JOINERS: [&str; 16] =
        ["and", "&", "for", "of", "the", "in", "at", "de", "da", "di", "del", "der", "van", "von", "bin", "al"];
    let (by, names) = line.split_words(1)?;
    let names = names.trimmed();
    let words = || names.text.split_whitespace();
    let is_name = |word: &str| word.starts_with(|c: char| c.is_uppercase() || !c.is_ascii());
    let ends_like_sentence = names.text.ends_with(['.', '!', '?', ':', ';', ',', '…']) && !names.text.ends_with("Jr.");
    let fits = by.is_any_of(&["by"])
        && !names.text.is_empty()
        && words().count() <= 12
        && words().next().is_some_and(is_name)
        && words().all(|word| is_name(word) || JOINERS.contains(&word))
        && !ends_like_sentence;
    fits.then(|| names.field(FieldKind::Author, FieldValue::Text(names.text.to_owned())))
}

/// The fields of YAML-like front matter, and the lines after it: all of them, where there is none.
fn front_matter<'l, 't>(lines: &'l [Piece<'t>]) -> (Vec<HeaderField>, &'l [Piece<'t>]) {
    let Some((first, inner)) = lines.split_first().filter(|(first, _)| first.text == "---") else {
        return (Vec::new(), lines);
    };
    let end = inner.iter().position(|line| line.text == first.text || line.text == "...");
    let Some((inner, rest)) = end.and_then(|end| inner.split_at_checked(end)) else {
        return (Vec::new(), lines);
    };
    let fields = inner.iter().filter_map(|line| {
        let (key, value) = line.split_at_first(|c| c == ':')?;
        let kind = kind_of(without_quotes(key.trimmed()))?;
        let value = value.trimmed();
        // The value of a block stands on the lines below.
        let is_block = value.text.starts_with(['|', '>']);
        if is_block { None } else { read_value(kind, value, true) }
    });
    (fields.collect(), rest.get(1..).unwrap_or_default())
}

/// The value inside `"…"`, `'…'` or `[…]`.
fn without_quotes(value: Piece) -> Piece {
    for (open, close) in [('"', '"'), ('\'', '\''), ('[', ']')] {
        let inner = value.text.strip_prefix(open).and_then(|it| it.strip_suffix(close));
        if let Some(text) = inner {
            return without_quotes(Piece { start: value.start + open.len_utf8(), text }.trimmed());
        }
    }
    value
}

fn title_of_file(name: &str) -> Option<String> {
    let stem = Path::new(name).file_stem()?.to_str()?.trim();
    // Who writes spaces into a name means the other signs as they are.
    let is_sign = |c: char| matches!(c, '_' | '-' | '+') || c.is_whitespace();
    let words: Vec<&str> = if stem.contains(char::is_whitespace) {
        stem.split_whitespace().collect()
    } else {
        stem.split(is_sign).filter(|word| !word.is_empty()).collect()
    };
    let is_number = |word: &&str| word.chars().all(char::is_numeric);
    let title = words.into_iter().skip_while(is_number).collect::<Vec<_>>().join(" ");
    let without_digits = title.trim_end_matches(|c: char| !c.is_alphabetic()).to_lowercase();
    if without_digits.is_empty() || NO_TITLES.contains(&without_digits.as_str()) {
        return None;
    }
    let mut chars = title.chars();
    let first = chars.next()?;
    Some(first.to_uppercase().chain(chars).collect())
}

fn title_of_text(header: &[HeaderField], text: &str) -> Option<String> {
    let is_header = |line: &Piece| {
        let end = line.start + line.text.len();
        header
            .iter()
            .filter_map(|field| field.range.as_ref())
            .any(|range| line.start <= range.start && range.start < end)
    };
    let line = lines(text)
        .map(Piece::trimmed)
        .filter(|line| !line.text.is_empty() && line.text != "---")
        .find(|line| !is_header(line))?;
    let is_long = line.text.chars().nth(LONGEST_TITLE - 1).is_some();
    let inside_quotes = line.text.trim_end_matches(['"', '\'', '”', '’', '»', ')']);
    let is_sentence = inside_quotes.ends_with(['.', '!', '?', '…', '。', '！', '？', '؟', '।', ':']);
    (!is_long && !is_sentence).then(|| line.text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use proptest::prelude::*;

    fn day(year: i32, month: u32, day: u32) -> FieldValue {
        let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
        FieldValue::Date(DateReading::Certain(date))
    }

    /// The fields of `text` as `(kind, raw)`, each checked against its range.
    fn raws(text: &str) -> Vec<(FieldKind, String)> {
        let fields = fields(text).into_iter().map(|field| {
            assert_eq!(text.get(field.range.clone().unwrap()), Some(field.raw.as_str()));
            (field.kind, field.raw)
        });
        fields.collect()
    }

    #[test]
    fn a_date_on_the_line_of_the_first_sentence_is_offered_without_the_sentence() {
        let text = " date 2023-09-29 The conference will last until Monday.\n\nTitle: “no header”";
        let found = fields(text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].range.clone(), &found[0].value), (Some(6..16), &day(2023, 9, 29)));

        let text = "Дата: 29 сентября 2023 г. Москва\nПо словам министра, …";
        let found = fields(text);
        assert_eq!(found[0].raw, "29 сентября 2023 г");
        assert_eq!(found[0].value, day(2023, 9, 29));
    }

    #[test]
    fn header_lines_are_found_in_any_case_and_order_with_the_place_of_their_values() {
        use FieldKind::{Author, Date, Language, Source, Title, Url};
        let text = "\r\nTITLE:  Zoë’s « été »  \r\n\r\nby Anna Müller and J. K. O’Neill\r\nSource: Le Monde\r\n\
            url: https://example.org/a?b=c:d\r\nLink: see below\r\nPublished: Friday, 29 Sept. 2023, 10:15 GMT\r\n\
            Lang: fr\r\nAuthor:\r\nShe said: “Title: no”\r\nTitle: no";
        let expected = [
            (Title, "Zoë’s « été »"),
            (Author, "Anna Müller and J. K. O’Neill"),
            (Source, "Le Monde"),
            (Url, "https://example.org/a?b=c:d"),
            (Date, "Friday, 29 Sept. 2023, 10:15 GMT"),
            (Language, "fr"),
        ];
        assert_eq!(raws(text), expected.map(|(kind, raw)| (kind, raw.to_owned())));
        assert_eq!(raws(&text.replace("\r\n", "\r")), raws(text));
    }

    #[test]
    fn front_matter_is_read_with_its_quotes_taken_off_and_unknown_keys_passed_over() {
        let text = "---\ntags:\n  - été\n\"title\": \"Zoë: a life\"\nauthor: ['Anna Müller']\n\
            date: '2023-09-29T10:00:00+02:00'\nsummary: |\n---\nBy Friday it was over.\n";
        let found = fields(text);
        let values: Vec<_> = found.iter().map(|field| field.value.clone()).collect();
        let words = |text: &str| FieldValue::Text(text.to_owned());
        assert_eq!(values, [words("Zoë: a life"), words("Anna Müller"), day(2023, 9, 29)]);
        assert_eq!(&text[found[0].range.clone().unwrap()], "\"Zoë: a life\"");
    }

    #[test]
    fn sentences_that_begin_like_a_header_are_not_one() {
        for text in [
            "By Friday, the talks of São Paulo had ended.",
            "By São Paulo’s count, ten came",
            "Published in 1999, the “Essays” sold well",
            "Date palms grow in Tozeur.",
            "--- \nTitle: “never closed”",
            "« Source » : Le Monde",
            "É\nTitle: too late",
            "",
            "\u{FEFF}Title: the mark of another encoding",
        ] {
            assert_eq!(raws(text), [], "{text}");
        }
        let far = format!("Source: Zoë{}Title: é", "\n".repeat(30));
        assert_eq!(raws(&far), [(FieldKind::Source, "Zoë".to_owned())]);
    }

    #[test]
    fn dates_that_cannot_be_taken_as_they_are_come_with_a_note() {
        for (text, raw, note) in [
            ("Date: 2023-02-30 — été", "2023-02-30", "no day of the calendar"),
            ("Date: 03/04/2023", "03/04/2023", "is 2023-04-03 where the day is written first, 2023-03-04"),
            ("Date: été 2023", "été 2023", "not understood as a date"),
        ] {
            let found = fields(text);
            assert_eq!(found[0].raw, raw);
            assert!(found[0].note().unwrap().contains(note), "{:?}", found[0].note());
        }
        assert_eq!(fields("Date: 29 août 2023")[0].note(), None);
    }

    #[test]
    fn a_title_comes_from_the_header_else_the_file_name_else_a_short_first_line() {
        let proposal = |name: &str, text: &str| {
            let found = title(&fields(text), name, text)?;
            Some((found.title, found.source))
        };
        let made = |title: &str, source| Some((title.to_owned(), source));
        for (name, text, expected) in [
            ("a/été.txt", "Headline: Zoë wins\n…", made("Zoë wins", TitleSource::Header)),
            ("a/latin-america_conference.txt", "é", made("Latin america conference", TitleSource::FileName)),
            ("2023-09-29-élections.txt", "é", made("Élections", TitleSource::FileName)),
            ("On-line Zoë.txt", "é", made("On-line Zoë", TitleSource::FileName)),
            ("0001.txt", "date 2023-09-29\n\nZoë wins\nIt …", made("Zoë wins", TitleSource::FirstLine)),
            ("Untitled-3.txt", "Zoë wins\nIt …", made("Zoë wins", TitleSource::FirstLine)),
            ("article.txt", "“Zoë wins.”\nIt …", None),
            ("", &"é".repeat(100), None),
            ("0001", &"é".repeat(99), made(&"é".repeat(99), TitleSource::FirstLine)),
        ] {
            assert_eq!(proposal(name, text), expected, "{name} {text}");
        }
    }

    proptest! {
        #[test]
        fn ranges_lie_on_character_borders_and_hold_the_raw_value(
            text in "(---\n)?(( |é)?([Dd]ate|Title|BY|Autor|url|“)[:： ]{1,2}(29. é|2023-09-29|“é”|https://é|[A-Zé ]{0,4})( \\PC{0,6})?(\r|\n|\r\n|---\n)){0,8}"
        ) {
            for field in fields(&text) {
                prop_assert_eq!(text.get(field.range.unwrap()), Some(field.raw.as_str()));
            }
            let _ = title(&fields(&text), &text, &text);
        }
    }
}
