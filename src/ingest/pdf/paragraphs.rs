//! From lines to paragraphs: which lines go on in the next, what words they part, and what only runs along the edges.
//!
//! In doubt a line ends its paragraph: what is kept apart can be read as it stands, what is joined wrongly cannot.

use std::collections::{BTreeMap, BTreeSet};

use super::super::extraction::{Extraction, Part};
use super::super::lines::{Lines, add, add_row};
use super::lines::Line;

/// The text of the pages.
pub(super) fn text(mut pages: Vec<Vec<Line>>, extraction: &mut Extraction) -> String {
    leave_out_edges(&mut pages, extraction);
    let words = words(&pages);
    let measures = Measures::of(&pages);
    let mut writer = Writer { lines: Lines::default(), extraction, words };
    let mut paragraph: Vec<&Line> = Vec::new();
    for (number, page) in pages.iter().enumerate() {
        for (n, line) in page.iter().enumerate() {
            let goes_on = measures.goes_on(&paragraph, line, number, n == 0);
            if !goes_on {
                writer.write(&paragraph, &measures);
                paragraph.clear();
            }
            paragraph.push(line);
        }
    }
    writer.write(&paragraph, &measures);
    writer.lines.finish()
}

/// The narrowest column of prose, in heights of the type; narrower ones are lists and tables.
const NARROWEST: f64 = 10.0;

/// What is typical of the lines.
struct Measures {
    /// Height of most of the type.
    size: f64,
    /// From one line to the next, in heights of the type.
    spacing: f64,
    /// How far lines reach that begin at about the same place, by page and place in steps of [`Measures::STEP`].
    reach: BTreeMap<(usize, i64), f64>,
}

impl Measures {
    /// As far apart the beginnings of lines of one column may be, in units of the page.
    const STEP: f64 = 20.0;

    fn of(pages: &[Vec<Line>]) -> Self {
        let mut sizes: BTreeMap<i64, usize> = BTreeMap::new();
        let mut spacings = Vec::new();
        let mut reach: BTreeMap<(usize, i64), f64> = BTreeMap::new();
        for (number, page) in pages.iter().enumerate() {
            for line in page {
                *sizes.entry((line.size * 10.0).round() as i64).or_default() += line.text.len();
                let far = reach.entry((number, Self::place(line.start))).or_insert(line.end);
                *far = far.max(line.end);
            }
            for pair in page.windows(2) {
                let [before, after] = pair else { continue };
                let spacing = (after.baseline - before.baseline) / before.size;
                if is_same_size(before, after) && (0.8..2.5).contains(&spacing) {
                    spacings.push(spacing);
                }
            }
        }
        spacings.sort_by(f64::total_cmp);
        let size = sizes.iter().max_by_key(|(_, count)| **count).map_or(1.0, |(size, _)| *size as f64 / 10.0);
        Self { size, spacing: spacings.get(spacings.len() / 2).copied().unwrap_or(1.2), reach }
    }

    fn place(start: f64) -> i64 {
        (start / Self::STEP).floor() as i64
    }

    /// How far lines reach that begin about where `line` does.
    fn reach(&self, line: &Line, page: usize) -> f64 {
        let place = Self::place(line.start);
        let near = (place - 1..=place + 1).filter_map(|place| self.reach.get(&(page, place)));
        near.copied().fold(line.end, f64::max)
    }

    /// Whether a paragraph goes on in `next`, which is on `page`, perhaps as the first line of it.
    fn goes_on(&self, paragraph: &[&Line], next: &Line, page: usize, is_first: bool) -> bool {
        let (Some(first), Some(last)) = (paragraph.first(), paragraph.last()) else { return false };
        if is_row(last) || is_row(next) || !is_same_size(last, next) || is_item(&next.text) {
            return false;
        }
        let from = if is_first { page.saturating_sub(1) } else { page };
        // A line ends early only where its paragraph does: else the next word would still have found room.
        let reach = self.reach(last, from);
        let is_prose = reach - last.start > NARROWEST * last.size;
        let is_full = is_prose && last.end + 0.25 * last.size + next.first_word > reach - 0.3 * last.size;
        let is_right_to_left = last.is_right_to_left && next.is_right_to_left;
        let is_parted = is_hyphen(&last.text).is_some();
        if !is_full && !is_right_to_left && !is_parted {
            return false;
        }
        let drop = next.baseline - last.baseline;
        if is_first || drop <= 0.0 {
            // In another column or on another page only a sentence in its middle goes on.
            let is_ended = last.text.ends_with(['.', '!', '?', ':', '…', '”', '"', '»', '“', '。', '؟']);
            return is_parted || !is_ended;
        }
        if drop > 1.3 * self.spacing * last.size {
            return false;
        }
        let indent = (next.start - if paragraph.len() > 1 { last.start } else { first.start }) / last.size;
        match paragraph.len() {
            _ if is_right_to_left => true,
            // The first line may begin further in than the rest; that of an item further out.
            1 if is_item(&first.text) => (-0.8..4.0).contains(&indent),
            1 => (-4.0..0.8).contains(&indent),
            _ => (-0.8..0.8).contains(&indent),
        }
    }
}

fn is_same_size(one: &Line, other: &Line) -> bool {
    (one.size - other.size).abs() <= 0.1 * one.size
}

fn is_row(line: &Line) -> bool {
    line.text.contains('\t') && !is_item(&line.text)
}

/// Whether a line begins with a bullet.
fn is_item(text: &str) -> bool {
    text.starts_with(['•', '◦', '▪', '‣', '●', '○', '■'])
}

/// The hyphen that a line ends with after a letter, if it does.
fn is_hyphen(text: &str) -> Option<char> {
    let hyphen = text.chars().next_back().filter(|c| matches!(c, '-' | '\u{2010}' | '\u{AD}'))?;
    let before = text.strip_suffix(hyphen)?.chars().next_back()?;
    before.is_alphabetic().then_some(hyphen)
}

/// The words of a text within its lines, in lower case: those with a hyphen too.
fn words(pages: &[Vec<Line>]) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for line in pages.iter().flatten() {
        let text = line.text.to_lowercase();
        let all = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '\u{2010}'));
        let whole: Vec<_> = all.filter(|word| !word.is_empty() && !word.ends_with(['-', '\u{2010}'])).collect();
        // The first may be only the end of one.
        words.extend(whole.into_iter().skip(1).map(str::to_owned));
    }
    words
}

struct Writer<'a> {
    lines: Lines,
    extraction: &'a mut Extraction,
    words: BTreeSet<String>,
}

impl Writer<'_> {
    fn write(&mut self, paragraph: &[&Line], measures: &Measures) {
        let Some(first) = paragraph.first() else { return };
        if is_row(first) {
            let cells: Vec<_> = first.text.split('\t').map(str::to_owned).collect();
            add_row(&mut self.lines, self.extraction, &cells);
            return;
        }
        let mut text = String::new();
        for line in paragraph {
            if !text.is_empty() {
                self.extraction.changed.add(Part::JoinedLine, 1);
                self.join(&mut text, &line.text);
            }
            text.push_str(&line.text);
        }
        let is_large = first.size > 1.15 * measures.size;
        let part = match () {
            () if is_item(&text) => Part::ListItem,
            () if is_large && paragraph.len() <= 4 => Part::Heading,
            () => Part::Paragraph,
        };
        add(&mut self.lines, self.extraction, &text.replace('\t', " "), part, "");
    }

    /// Prepares `text` for the next line: a blank, or what becomes of the hyphen between them.
    fn join(&mut self, text: &mut String, next: &str) {
        let Some(hyphen) = is_hyphen(text) else {
            // Scripts without blanks between words have none at the ends of lines either.
            let is_wide = |c: Option<char>| {
                c.is_some_and(
                    |c| matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}'),
                )
            };
            if !(is_wide(text.chars().next_back()) && is_wide(next.chars().next())) {
                text.push(' ');
            }
            return;
        };
        let boundary = |c: char| !c.is_alphanumeric() && !matches!(c, '-' | '\u{2010}');
        let begun = text.trim_end_matches(hyphen).rsplit(boundary).next().unwrap_or_default().to_lowercase();
        let rest = next.split(boundary).next().unwrap_or_default().to_lowercase();
        let whole = self.words.contains(&format!("{begun}{rest}"));
        let hyphenated = self.words.contains(&format!("{begun}{hyphen}{rest}"));
        let is_lower = next.starts_with(char::is_lowercase);
        let is_soft = hyphen == '\u{AD}';
        // What the text says elsewhere decides, then the letter after: names and numbers keep their hyphen.
        if is_soft || (is_lower && (whole || !hyphenated)) {
            text.truncate(text.len() - hyphen.len_utf8());
            self.extraction.changed.add(Part::RemovedHyphen, 1);
        } else {
            self.extraction.changed.add(Part::KeptHyphen, 1);
        }
    }
}

/// Lines at the upper and lower edges that come again on other pages, and numbers of pages.
fn leave_out_edges(pages: &mut [Vec<Line>], extraction: &mut Extraction) {
    /// As many lines from an edge as headers and footers have.
    const LINES: usize = 2;
    let key = |line: &Line| -> String { line.text.chars().map(|c| if c.is_numeric() { '#' } else { c }).collect() };
    let edges = |page: &Vec<Line>| -> BTreeSet<usize> {
        let mut order: Vec<usize> = (0..page.len()).collect();
        order.sort_by(|a, b| page[*a].baseline.total_cmp(&page[*b].baseline));
        order.iter().take(LINES).chain(order.iter().rev().take(LINES)).copied().collect()
    };
    let mut pages_with: BTreeMap<String, usize> = BTreeMap::new();
    for page in pages.iter() {
        let keys: BTreeSet<_> = edges(page).into_iter().map(|n| key(&page[n])).collect();
        for key in keys {
            *pages_with.entry(key).or_default() += 1;
        }
    }
    let count = pages.len();
    // Left and right pages may have headers of their own. Rows of numbers are alike, but no headers.
    let often = (count * 2 / 5).max(count.clamp(2, 3));
    let runs_on = |line: &Line| {
        let key = key(line);
        key.contains(char::is_alphabetic) && pages_with.get(&key).is_some_and(|pages| *pages >= often)
    };
    for page in pages.iter_mut() {
        let edges = edges(page);
        let mut n = 0;
        page.retain(|line| {
            let is_edge = edges.contains(&n);
            n += 1;
            let is_number = count > 1 && is_page_number(&line.text);
            let runs = is_edge && (is_number || runs_on(line));
            extraction.left_out.add(Part::RunningLine, usize::from(runs));
            !runs
        });
    }
}

fn is_page_number(text: &str) -> bool {
    let rest: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let (digits, letters): (Vec<char>, Vec<char>) = rest.chars().partition(char::is_ascii_digit);
    let word: String = letters.into_iter().collect::<String>().to_lowercase();
    (1..=8).contains(&digits.len())
        && text.chars().count() <= 20
        && matches!(
            word.as_str(),
            "" | "page"
                | "pageof"
                | "seite"
                | "seitevon"
                | "p"
                | "s"
                | "of"
                | "von"
                | "sur"
                | "pagesur"
                | "página"
                | "páginade"
                | "стр"
                | "страница"
        )
}
