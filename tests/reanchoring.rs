//! Annotations are found again in texts that were changed outside: real articles, random changes as people and other
//! programs make them, and the true new place of every annotation known, since every character says where it came from.
//!
//! The short form runs with the tests. The long one, whose figures are in docs/durability.md:
//! `cargo test --no-default-features --test reanchoring -- --ignored --nocapture`
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod shared_data;

use byline::anchor::{Found, Proposal, accept, propose, propose_from_quotes};
use byline::model::{
    Annotation, AnnotationId, DocumentId, Fragment, Layer, LayerKey, Origin, Provenance, Span, Text, boundaries,
};
use byline::store::ProjectFolder;
use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

/// Numbers that look random and are always the same (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n.max(1)
    }
}

/// Where a character of a changed text came from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    /// The byte of the old text.
    Old(usize),
    /// A copy of what stood at that byte.
    Copy(usize),
    New,
}

/// A text under change.
type Cells = Vec<(char, From)>;

fn cells(text: &str) -> Cells {
    text.char_indices().map(|(at, c)| (c, From::Old(at))).collect()
}

fn new(text: &str) -> Cells {
    text.chars().map(|c| (c, From::New)).collect()
}

fn ranges(cells: &Cells, ends: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let (mut all, mut start) = (Vec::new(), 0);
    for (at, (c, _)) in cells.iter().enumerate() {
        if ends(*c) || at + 1 == cells.len() {
            all.push(start..at + 1);
            start = at + 1;
        }
    }
    all
}

fn paragraphs(cells: &Cells) -> Vec<Range<usize>> {
    let all = ranges(cells, |c| c == '\n');
    all.into_iter().filter(|r| r.len() > 40).collect()
}

fn sentences(cells: &Cells) -> Vec<Range<usize>> {
    let all = ranges(cells, |c| matches!(c, '.' | '!' | '?' | '。' | '\n'));
    all.into_iter().filter(|r| r.len() > 20).collect()
}

fn words(cells: &Cells, within: Range<usize>) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::new();
    for at in within {
        match all.last_mut() {
            _ if !cells[at].0.is_alphanumeric() => {}
            Some(last) if last.end == at => last.end = at + 1,
            _ => all.push(at..at + 1),
        }
    }
    all.into_iter().filter(|r| r.len() > 3).collect()
}

/// Ways in which a text is changed.
const KINDS: [&str; 9] = [
    "typing errors corrected",
    "paragraph moved",
    "sentence inserted",
    "quote changed",
    "sentence deleted",
    "paragraph doubled",
    "sentence moved",
    "another sentence in place of one, with the same name in it",
    "line ends and spaces changed",
];

/// Changes the text once.
fn change(cells: &mut Cells, kind: usize, marked: &[Range<usize>], other: &str, dice: &mut Dice) {
    let pick = |all: &[Range<usize>], dice: &mut Dice| all.get(dice.below(all.len())).cloned();
    let take = |cells: &mut Cells, range: Range<usize>| cells.drain(range).collect::<Cells>();
    let put = |cells: &mut Cells, at: usize, more: Cells| drop(cells.splice(at..at, more));
    match kind {
        0 => {
            for _ in 0..3 {
                let Some(word) = pick(&words(cells, 0..cells.len()), dice) else { return };
                let at = word.start + 1 + dice.below(word.len() - 2);
                match dice.below(3) {
                    0 => cells.swap(at, at + 1),
                    1 => drop(cells.remove(at)),
                    _ => cells.insert(at, ('x', From::New)),
                }
            }
        }
        1 | 5 | 6 => {
            let all = if kind == 6 { sentences(cells) } else { paragraphs(cells) };
            let Some(range) = pick(&all, dice) else { return };
            let moved = if kind == 5 {
                let copy = |(c, from): &(char, From)| match from {
                    From::Old(at) | From::Copy(at) => (*c, From::Copy(*at)),
                    From::New => (*c, From::New),
                };
                cells[range].iter().map(copy).collect()
            } else {
                take(cells, range)
            };
            let all = if kind == 6 { sentences(cells) } else { paragraphs(cells) };
            let at = pick(&all, dice).map_or(0, |r| if dice.below(2) == 0 { r.start } else { r.end });
            put(cells, at, moved);
        }
        2 => {
            let sentence: String = other.chars().take(30 + dice.below(150)).collect();
            let at = pick(&sentences(cells), dice).map_or(0, |r| r.end);
            put(cells, at, new(&format!(" {}.", sentence.trim())));
        }
        3 => {
            let Some(range) = pick(marked, dice) else { return };
            let inside: Vec<usize> = (0..cells.len())
                .filter(|at| matches!(cells[*at].1, From::Old(byte) if range.contains(&byte)))
                .collect();
            let (Some(first), Some(last)) = (inside.first(), inside.last()) else { return };
            let word = pick(&words(cells, *first..last + 1), dice).unwrap_or(*first..first + 1);
            match dice.below(3) {
                0 => drop(cells.splice(word, new("different"))),
                1 => drop(take(cells, word)),
                _ => put(cells, word.start, new("nearly ")),
            }
        }
        4 => {
            if let Some(range) = pick(&sentences(cells), dice) {
                take(cells, range);
            }
        }
        7 => {
            // A sentence goes; another one comes, here or elsewhere, in which a marked name of the first stands as well.
            let Some(range) = pick(&sentences(cells), dice) else { return };
            let bytes: Vec<usize> = cells[range.clone()]
                .iter()
                .filter_map(|(_, from)| match from {
                    From::Old(at) => Some(*at),
                    _ => None,
                })
                .collect();
            let name = marked.iter().find(|m| m.len() < 25 && bytes.contains(&m.start) && bytes.contains(&(m.end - 1)));
            let Some(name) = name.cloned() else { return };
            let name: String = cells
                .iter()
                .filter(|(_, f)| matches!(f, From::Old(at) if name.contains(at)))
                .map(|(c, _)| *c)
                .collect();
            take(cells, range.clone());
            let (a, b): (String, String) =
                (other.chars().take(dice.below(60)).collect(), other.chars().skip(70).take(40).collect());
            let at = match dice.below(2) {
                0 => range.start,
                _ => pick(&sentences(cells), dice).map_or(0, |r| r.end),
            };
            put(cells, at.min(cells.len()), new(&format!(" {} {name} {}.", a.trim(), b.trim())));
        }
        _ => {
            let windows = dice.below(2) == 0;
            let mut changed = Cells::new();
            for (c, from) in cells.drain(..) {
                if c == '\n' && windows {
                    changed.push(('\r', From::New));
                }
                changed.push((c, from));
                if c == '.' && !windows && dice.below(4) == 0 {
                    changed.push((' ', From::New));
                }
            }
            *cells = changed;
        }
    }
}

/// Which characters count as those of the old text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// Themselves.
    Own,
    /// Their copies, which stand for what was moved by copying and deleting.
    Copies,
    /// Both: a copy that was put right beside what it is a copy of makes the same text as one put behind it.
    Either,
}

/// Where the fragment went: nothing if it is not whole any more.
fn truth(cells: &Cells, fragment: Fragment, counted: Counted) -> Option<Range<usize>> {
    let mut next = fragment.start();
    let is = |from: From| match from {
        From::Old(at) => counted != Counted::Copies && fragment.range().contains(&at),
        From::Copy(at) => counted != Counted::Own && fragment.range().contains(&at),
        From::New => false,
    };
    if counted == Counted::Either {
        // The one that goes through from the first character to the last, and has some of its own in it.
        let mut own = false;
        for (at, (c, from)) in cells.iter().enumerate() {
            let byte = match from {
                From::Old(byte) | From::Copy(byte) => *byte,
                From::New => usize::MAX,
            };
            if byte == fragment.start() {
                (next, own) = (byte, false);
            }
            if byte != next {
                next = usize::MAX - 1;
                continue;
            }
            own |= matches!(from, From::Old(_));
            next += c.len_utf8();
            if next == fragment.end() && own {
                let end: usize = cells[..=at].iter().map(|(c, _)| c.len_utf8()).sum();
                return Some(end - (fragment.end() - fragment.start())..end);
            }
        }
        return None;
    }
    let first = cells.iter().position(|(_, from)| is(*from))?;
    let whole = cells[first..].iter().take_while(|(_, from)| is(*from)).map(|(c, _)| c.len_utf8()).sum::<usize>();
    let start: usize = cells[..first].iter().map(|(c, _)| c.len_utf8()).sum();
    (whole == fragment.end() - fragment.start()).then_some(start..start + whole)
}

/// The places that are right: its own; a copy's where the original is gone, which is how some people move things.
fn right_places(cells: &Cells, old: &str, new: &str, span: &Span) -> Vec<Span> {
    let whole = |counted| {
        let fragments: Option<Vec<_>> = span
            .fragments()
            .map(|f| truth(cells, f, counted).and_then(|r| Fragment::new(r.start, r.end).ok()))
            .collect();
        let span_now = Span::new(fragments?).ok()?;
        let same = span.fragments().zip(span_now.fragments()).all(|(a, b)| old[a.range()] == new[b.range()]);
        same.then_some(span_now)
    };
    [Counted::Own, Counted::Either, Counted::Copies].into_iter().find_map(whole).into_iter().collect()
}

/// Whether at least half of a place is the place's own characters: of “it rose. It fell.” it makes no difference to the
/// text whether “it rose.” was taken out or “rose. It”, and a quote that is there word for word is as right either way.
fn is_as_good(cells: &Cells, new: &Span, old: &Span) -> bool {
    let mut at = 0;
    let mut own = 0;
    for (c, from) in cells {
        let here = old.fragments().zip(new.fragments()).find(|(_, new)| new.range().contains(&at));
        if let (Some((old, new)), From::Old(byte)) = (here, from) {
            own += if at - new.start() == byte.wrapping_sub(old.start()) { c.len_utf8() } else { 0 };
        }
        at += c.len_utf8();
    }
    2 * own >= old.covered_bytes()
}

/// A layer over an article: what somebody marked in it, or names, numbers, sentences, and spans of two parts.
fn marked(text: &str, dice: &mut Dice) -> Layer {
    let key = LayerKey { document: DocumentId::new("0001").unwrap(), annotator: "maria".into() };
    let mut layer = Layer::new(key, Text::new(text));
    let add = |span: Option<Span>, label: &str, layer: &mut Layer| {
        let Some(span) = span else { return };
        let id = AnnotationId(layer.next_ids().annotation);
        let (attributes, note, label) = (BTreeMap::new(), String::new(), label.into());
        let provenance = Provenance::new(Origin::ByHand, chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap());
        let _ = layer.insert(Annotation { id, label, span, attributes, note, provenance });
    };
    let words: Vec<Range<usize>> = boundaries::word_starts(text).map(|at| boundaries::word_range(text, at)).collect();
    for pair in words.windows(6) {
        let word = &text[pair[0].clone()];
        let is_name = word.chars().next().is_some_and(|c| c.is_uppercase() || c.is_numeric());
        match dice.below(12) {
            0..=4 if is_name => add(Span::single(pair[0].start, pair[0].end).ok(), "speaker", &mut layer),
            5 if is_name => add(Span::single(pair[0].start, pair[1].end).ok(), "organisation", &mut layer),
            6 => add(Span::single(pair[0].start, pair[5].end).ok(), "claim", &mut layer),
            7 if dice.below(4) == 0 => {
                let parts = [&pair[0], &pair[3]].map(|r| Fragment::new(r.start, r.end).unwrap());
                add(Span::new(parts.to_vec()).ok(), "claim", &mut layer);
            }
            8 if dice.below(6) == 0 => add(Span::single(pair[0].start, pair[0].end).ok(), "cue", &mut layer),
            _ => {}
        }
    }
    for range in sentences(&cells(text)).iter().step_by(3) {
        let at = |cell: usize| text.char_indices().nth(cell).map_or(text.len(), |(at, _)| at);
        add(Span::single(at(range.start + 1), at(range.end)).ok(), "claim", &mut layer);
    }
    layer
}

/// Articles with their marks: the sample of the repository, and, where they are, those made by others.
fn articles() -> Vec<Layer> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("projects/latin-america");
    let (folder, project) = ProjectFolder::open(&folder).unwrap();
    let mut state = byline::edit::State::new(project.clone());
    for document in &project.documents {
        folder.load_document(&mut state, &document.id).unwrap();
    }
    let mut all: Vec<Layer> = state.layers().cloned().collect();
    assert!(all.iter().any(|layer| layer.len() > 10));
    let mut dice = Dice(7);
    for (folder, extension) in [("gum-wikinews/plain", "txt"), ("factrueval-2016", "txt"), ("wikinews-ja", "txt")] {
        let Some(folder) = shared_data::shared("reanchoring", folder) else { continue };
        let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|e| e == extension));
        paths.sort();
        for path in paths.into_iter().take(20) {
            let Ok(text) = fs::read_to_string(&path) else { continue };
            if text.len() > 1000 {
                all.push(marked(&text, &mut dice));
            }
        }
    }
    all
}

/// What became of annotations, and of those of them whose place is still there.
#[derive(Default, Clone, Copy)]
struct Tally {
    changes: usize,
    all: usize,
    exact: usize,
    moved: usize,
    doubtful: usize,
    lost: usize,
    /// Still whole in the new text.
    whole: usize,
    /// Of these, found for certain.
    certain: usize,
    /// Of the doubtful ones that are still whole: the proposal is right.
    right_proposal: usize,
    wrong: usize,
}

impl Tally {
    fn count(&mut self, layer: &Layer, new: &Text, cells: &Cells, proposal: &Proposal, what: &str) {
        assert_eq!(proposal.placed.len(), layer.len());
        for placed in &proposal.placed {
            let old = layer.text().as_str();
            let right = right_places(cells, old, new.as_str(), &placed.old);
            self.all += 1;
            self.whole += usize::from(!right.is_empty());
            if let Some(span) = placed.proposed() {
                assert_eq!(new.check(span), Ok(()), "{what}: a place that does not fit");
            }
            let certain = placed.is_certain().then(|| placed.proposed().unwrap());
            match &placed.found {
                Found::Exact => self.exact += 1,
                Found::Moved(_) => self.moved += 1,
                Found::Doubtful { span, score, .. } => {
                    assert!((0.0..=1.0).contains(score));
                    self.doubtful += 1;
                    self.right_proposal += usize::from(right.contains(span));
                }
                Found::Lost => self.lost += 1,
            }
            if let Some(span) = certain {
                assert_eq!(new.quote(span), placed.quote, "{what}");
                self.certain += usize::from(right.contains(span));
                if !right.contains(span) && !is_as_good(cells, span, &placed.old) {
                    self.wrong += 1;
                    println!("wrong: {what}: “{}” {:?} became {span:?}, right is {right:?}", placed.quote, placed.old);
                    if std::env::var_os("BYLINE_SHOW").is_some() {
                        println!("{}\n>>>>\n{}", layer.text().as_str(), new.as_str());
                    }
                }
            }
        }
    }

    fn row(&self, what: &str) -> String {
        let share = |n: usize, of: usize| if of == 0 { 0.0 } else { 100.0 * n as f64 / of as f64 };
        format!(
            "| {what} | {} | {} | {} | {} | {} | {} | {:.1} % | {} |\n",
            self.changes,
            self.all,
            self.exact,
            self.moved,
            self.doubtful,
            self.lost,
            share(self.certain, self.whole),
            self.wrong
        )
    }
}

const HEAD: &str = "| change | changes | annotations | exact | moved | doubtful | lost | whole ones found | wrong |\n\
                    |---|---|---|---|---|---|---|---|---|\n";

/// What is put in where there is no other article.
const OTHER: &str = "Rain fell on the fields behind the station all night, and in the morning the road to the coast was \
    closed. Nobody could say for how long. Two buses were sent back, a third one waited for the milk; the shop had bread \
    for one more day, the baker said, and flour for two. In the evening the water went down as quickly as it had come, \
    and left a boat in the garden of the school, which belonged to no one who lived there.";

/// The text of a layer with everything but its quotes made unknown, as `store` reads it where the text is gone.
fn only_quotes(layer: &Layer) -> Layer {
    let mut bytes = vec![1u8; layer.text().len()];
    for fragment in layer.annotations().flat_map(|a| a.span.fragments()) {
        bytes[fragment.range()].copy_from_slice(layer.text().slice(fragment).as_bytes());
    }
    let end = layer.annotations().map(|a| a.span.end()).max().unwrap_or(0);
    bytes.truncate(end);
    let mut known = Layer::new(layer.key().clone(), Text::new(String::from_utf8(bytes).unwrap()));
    for annotation in layer.annotations() {
        // Where a mark begins within what is one character only in a certain place, the quote cannot say so.
        let _ = known.insert(annotation.clone());
    }
    known
}

/// `changes` changes, one kind at a time and mixed: prints the tables with and without the old text.
fn run(changes: usize) {
    let articles = articles();
    let seed = std::env::var("BYLINE_SEED").ok().and_then(|n| n.parse().ok());
    let mut dice = Dice(seed.unwrap_or(20_261_125));
    let mut tables = [
        (vec![Tally::default(); KINDS.len() + 1], "with the old text"),
        (vec![Tally::default(); KINDS.len() + 1], "with the quotes alone"),
    ];
    let mut done = 0;
    while done < changes {
        let layer = &articles[dice.below(articles.len())];
        let mut others = articles.iter().chain(&articles).skip(dice.below(articles.len())).take(articles.len());
        // Where the shared data are not there, there is one article.
        let from = others.find(|other| *other != layer).map_or(OTHER, |other| other.text().as_str());
        let skip = dice.below(from.chars().count().saturating_sub(200));
        let other: String = from.chars().skip(skip).filter(|c| !matches!(c, '\n' | '\r')).collect();
        let marked: Vec<_> = layer.annotations().map(|a| a.span.hull()).collect();
        let mut cells = cells(layer.text().as_str());
        // Half of the texts are changed in one way, half in several.
        let (row, kinds) = match dice.below(2) {
            0 => {
                let kind = dice.below(KINDS.len());
                (kind, vec![kind; 1 + dice.below(2)])
            }
            _ => (KINDS.len(), (0..2 + dice.below(6)).map(|_| dice.below(KINDS.len())).collect()),
        };
        for kind in &kinds {
            change(&mut cells, *kind, &marked, &other, &mut dice);
        }
        done += kinds.len();
        let new = Text::new(cells.iter().map(|(c, _)| *c).collect::<String>());
        let what = kinds.iter().map(|kind| KINDS[*kind]).collect::<Vec<_>>().join(" + ");
        let proposal = propose(layer, &new);
        let quoted = only_quotes(layer);
        for ((table, how), (layer, proposal)) in
            tables.iter_mut().zip([(layer, &proposal), (&quoted, &propose_from_quotes(&quoted, &new))])
        {
            table[row].changes += kinds.len();
            table[row].count(layer, &new, &cells, proposal, &format!("{how}, {what}"));
        }
        let accepted = accept(layer, &new, &proposal.certain());
        assert_eq!(accepted.layer.len() + accepted.left_out.len(), layer.len());
        assert_eq!(accepted.layer.links().len() + accepted.left_links.len(), layer.links().len());
    }
    println!("{} articles, {done} changes", articles.len());
    for (table, how) in &tables {
        print!("\n{how}:\n\n{HEAD}");
        for (tally, what) in table.iter().zip(KINDS.into_iter().chain(["several of these"])) {
            print!("{}", tally.row(what));
        }
    }
    let [(with_text, _), (by_quotes, _)] = &tables;
    let sum = |table: &[Tally], of: fn(&Tally) -> usize| table.iter().map(of).sum::<usize>();
    assert_eq!(sum(with_text, |tally| tally.wrong), 0, "with the old text nothing moves to a wrong place silently");
    // Quotes alone cannot tell everything: the page says how much.
    let (wrong, certain) = (sum(by_quotes, |tally| tally.wrong), sum(by_quotes, |tally| tally.exact + tally.moved));
    assert!(wrong * 20_000 <= certain, "{wrong} of {certain}");
}

#[test]
fn no_annotation_moves_to_a_wrong_place_silently() {
    run(150);
}

#[test]
#[ignore = "the long form"]
fn no_annotation_moves_to_a_wrong_place_silently_in_the_long_form() {
    let changes = std::env::var("BYLINE_CHANGES").ok().and_then(|n| n.parse().ok()).unwrap_or(1000);
    run(changes);
}

#[test]
#[ignore = "the long form"]
fn a_million_words_with_a_hundred_thousand_annotations_take_seconds() {
    let text: String = (0..1_000_000)
        .map(|n| {
            let mut dice = Dice(n + 99);
            let word: String =
                (0..3 + dice.below(6)).map(|_| char::from(b'a' + (dice.below(400) % 26) as u8)).collect();
            format!("{word}{}", if n % 12 == 11 { ".\n" } else { " " })
        })
        .collect();
    let mut dice = Dice(5);
    let key = LayerKey { document: DocumentId::new("0001").unwrap(), annotator: "maria".into() };
    let mut layer = Layer::new(key, Text::new(text.as_str()));
    let starts: Vec<usize> = boundaries::word_starts(&text).collect();
    for n in 0..100_000u32 {
        let at = n as usize * (starts.len() - 20) / 100_000;
        let span = Span::single(starts[at], boundaries::word_range(&text, starts[at + dice.below(12)]).end).unwrap();
        let provenance = Provenance::new(Origin::ByHand, chrono::DateTime::from_timestamp(0, 0).unwrap());
        let (attributes, note, label) = (BTreeMap::new(), String::new(), "claim".into());
        layer.insert(Annotation { id: AnnotationId(n + 1), label, span, attributes, note, provenance }).unwrap();
    }
    let mut changed = cells(&text);
    for _ in 0..40 {
        change(
            &mut changed,
            [0, 1, 2, 4, 5][dice.below(5)],
            &[],
            "something else that was not there before",
            &mut dice,
        );
    }
    let new = Text::new(changed.iter().map(|(c, _)| *c).collect::<String>());
    let quoted = only_quotes(&layer);
    for (what, all) in [("alone", "a ".repeat(1_000_000)), ("changed", new.as_str().to_owned())] {
        let new = Text::new(all);
        let start = std::time::Instant::now();
        let counts = propose(&layer, &new).counts();
        let with_text = start.elapsed();
        let start = std::time::Instant::now();
        let from_quotes = propose_from_quotes(&quoted, &new).counts();
        println!("{what}: {counts:?} in {with_text:?}; with the quotes alone {from_quotes:?} in {:?}", start.elapsed());
    }
}
