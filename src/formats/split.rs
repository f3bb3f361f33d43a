//! Documents in parts for training, validation and test, so that nothing that is tested was trained on.
//!
//! Documents whose texts say the same, up to white space, case and punctuation, are always in one part; so are, as the
//! split says, those of one date or of one source.

use super::output::ExportDocument;
use crate::model::sha256_hex;
use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

/// By what documents are divided.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum SplitBy {
    /// Not at all: everything is for training.
    #[default]
    Nothing,
    /// By chance, the same for the same seed.
    Random,
    /// The oldest for training, the newest for the test.
    Date,
    /// Each source in one part only.
    Source,
}

impl SplitBy {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Random, Self::Date, Self::Source];

    /// As the command line writes it.
    pub fn option(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Random => "random",
            Self::Date => "date",
            Self::Source => "source",
        }
    }
}

/// How documents are divided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Split {
    /// By what.
    pub by: SplitBy,
    /// What chance begins with.
    pub seed: u64,
    /// How large each of [`Part::ALL`] is to be, as shares of their sum.
    pub shares: [u32; 3],
}

impl Split {
    /// Everything in one part.
    pub const NONE: Self = Self { by: SplitBy::Nothing, seed: 1, shares: [80, 10, 10] };
}

impl Default for Split {
    fn default() -> Self {
        Self::NONE
    }
}

impl FromStr for Split {
    type Err = SplitError;

    /// As the command line writes it: `none`, or by what, and perhaps the shares: `random:80/10/10`. Two shares leave no
    /// validation.
    fn from_str(text: &str) -> Result<Self, SplitError> {
        let (by, shares) = text.split_once(':').map_or((text, None), |(by, shares)| (by, Some(shares)));
        let by = SplitBy::ALL.into_iter().find(|known| known.option() == by).ok_or(SplitError::By)?;
        let Some(shares) = shares else { return Ok(Self { by, ..Self::NONE }) };
        let shares: Result<Vec<u32>, _> = shares.split('/').map(str::parse).collect();
        let shares = match shares.map_err(|_| SplitError::Shares)?[..] {
            [train, test] => [train, 0, test],
            [train, validation, test] => [train, validation, test],
            _ => return Err(SplitError::Shares),
        };
        let is_something = by != SplitBy::Nothing && shares != [0; 3];
        if is_something { Ok(Self { by, shares, ..Self::NONE }) } else { Err(SplitError::Shares) }
    }
}

/// Why a text says no split.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SplitError {
    /// By what is unknown.
    #[error("expected `none`, `random`, `date` or `source`, with shares such as `random:80/10/10`")]
    By,
    /// The shares are no shares.
    #[error("expected whole numbers of training, validation and test, such as `80/10/10`, or of two, such as `80/20`")]
    Shares,
}

/// A part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Part {
    /// To learn from.
    Train,
    /// To choose by.
    Validation,
    /// To judge by.
    Test,
}

impl Part {
    /// All, in the order of [`Split::shares`].
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// As datasets name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// The part of each document, in their order. A share is reached as nearly as groups that must stay together
/// allow. Documents without a date count as the oldest, and those without a source or an address as one source.
pub fn parts(documents: &[&ExportDocument], split: Split) -> Vec<Part> {
    if split.by == SplitBy::Nothing {
        return vec![Part::Train; documents.len()];
    }
    let said: Vec<String> = documents.iter().map(|document| what_is_said(document)).collect();
    let mut groups = Groups::new(documents.len());
    groups.join_equal(said.iter().map(String::as_str));
    if split.by == SplitBy::Source {
        groups.join_equal(documents.iter().map(|document| source(document)));
    }
    if split.by == SplitBy::Date {
        // A text that appears again is as old as its first appearance.
        let mut first = HashMap::new();
        for (n, document) in documents.iter().enumerate() {
            let date = document.document.metadata.date;
            first.entry(groups.root(n)).and_modify(|first| *first = date.min(*first)).or_insert(date);
        }
        let dates: Vec<_> = (0..documents.len()).map(|n| first.get(&groups.root(n)).copied().flatten()).collect();
        groups.join_equal(dates.iter());
        let mut by_date: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (n, date) in dates.iter().enumerate() {
            by_date.entry(*date).or_default().push(n);
        }
        return in_order(documents.len(), by_date.into_values(), split.shares);
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for n in 0..documents.len() {
        members.entry(groups.root(n)).or_default().push(n);
    }
    // By chance, but whatever the order of documents: a document that is added moves few others.
    let chance = |group: &[usize]| {
        let key = group.iter().filter_map(|n| said.get(*n)).min().map_or("", String::as_str);
        sha256_hex(format!("{} {key}", split.seed).as_bytes())
    };
    let mut members: Vec<Vec<usize>> = members.into_values().collect();
    members.sort_by_cached_key(|group| (std::cmp::Reverse(group.len()), chance(group)));
    by_need(documents.len(), members, split.shares)
}

/// What a text says, whatever its spaces, case and punctuation; the text itself where it says nothing.
fn what_is_said(document: &ExportDocument) -> String {
    let letters = document.text.as_str().chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
    let letters: String = letters.collect();
    if letters.is_empty() { document.text.sha256().to_owned() } else { sha256_hex(letters.as_bytes()) }
}

/// Who published a document: its source, else the host of its address; empty if nobody knows.
fn source(document: &ExportDocument) -> String {
    let metadata = &document.document.metadata;
    let host = |url: &str| {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
        host.strip_prefix("www.").unwrap_or(host).to_owned()
    };
    let known = metadata.source.clone().filter(|source| !source.trim().is_empty());
    let known = known.or_else(|| metadata.url.as_deref().map(host));
    known.unwrap_or_default().trim().to_lowercase()
}

/// Groups in their order: the first for training until its share is reached, and so on.
fn in_order(all: usize, groups: impl Iterator<Item = Vec<usize>>, shares: [u32; 3]) -> Vec<Part> {
    let mut parts = vec![Part::Train; all];
    let ends = [shares[0], shares[0].saturating_add(shares[1])].map(|share| target(all, share, shares));
    let mut before = 0;
    for group in groups {
        let middle = before as f64 + group.len() as f64 / 2.0;
        let part = Part::ALL[ends.iter().filter(|end| middle > **end).count()];
        before += group.len();
        for n in group {
            parts[n] = part;
        }
    }
    parts
}

/// Each group where most is lacking.
fn by_need(all: usize, groups: Vec<Vec<usize>>, shares: [u32; 3]) -> Vec<Part> {
    let mut parts = vec![Part::Train; all];
    let mut lacking = shares.map(|share| target(all, share, shares));
    for group in groups {
        let most = (0..3).max_by(|a, b| lacking[*a].total_cmp(&lacking[*b]).then(b.cmp(a))).unwrap_or_default();
        lacking[most] -= group.len() as f64;
        for n in group {
            parts[n] = Part::ALL[most];
        }
    }
    parts
}

fn target(all: usize, share: u32, shares: [u32; 3]) -> f64 {
    let sum: f64 = shares.iter().copied().map(f64::from).sum();
    if sum > 0.0 { all as f64 * f64::from(share) / sum } else { all as f64 }
}

/// What belongs together, each group by one of its members.
struct Groups(Vec<usize>);

impl Groups {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn root(&mut self, mut n: usize) -> usize {
        while self.0[n] != n {
            self.0[n] = self.0[self.0[n]];
            n = self.0[n];
        }
        n
    }

    /// Joins those with the same key.
    fn join_equal<K: std::hash::Hash + Eq>(&mut self, keys: impl Iterator<Item = K>) {
        let mut first = HashMap::new();
        for (n, key) in keys.enumerate() {
            let other = *first.entry(key).or_insert(n);
            let (a, b) = (self.root(n), self.root(other));
            self.0[a.max(b)] = a.min(b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::document;
    use crate::model::{Document, DocumentId, Text};
    use proptest::prelude::*;

    type Made = Vec<(Document, Text)>;

    fn made(about: &[(u8, Option<u8>, Option<u8>)]) -> Made {
        let one = |(n, (text, source, day)): (usize, &(u8, Option<u8>, Option<u8>))| {
            // The same words, written differently.
            let text = Text::new(format!("É said {text}.{}", " ".repeat(n)));
            let mut document = document(DocumentId::from_title(n + 1, "d"), &text);
            document.metadata.source = source.map(|s| format!("Source {s}"));
            document.metadata.date = day.and_then(|day| chrono::NaiveDate::from_ymd_opt(2026, 1, 1 + u32::from(day)));
            (document, text)
        };
        about.iter().enumerate().map(one).collect()
    }

    fn divided(made: &Made, split: Split) -> Vec<Part> {
        let documents = made.iter().map(|(document, text)| ExportDocument { document, text, layers: Vec::new() });
        let documents: Vec<_> = documents.collect();
        parts(&documents.iter().collect::<Vec<_>>(), split)
    }

    proptest! {
        #[test]
        fn nothing_that_belongs_together_is_on_two_sides(
            about in proptest::collection::vec((0u8..12, proptest::option::of(0u8..5), proptest::option::of(0u8..9)), 1..40),
            by in prop::sample::select(SplitBy::ALL.to_vec()), seed in 0u64..4,
            shares in prop::sample::select(vec![[80, 10, 10], [1, 1, 1], [0, 0, 1], [0, 0, 0], [u32::MAX; 3]]),
        ) {
            let made = made(&about);
            let parts = divided(&made, Split { by, seed, shares });
            prop_assert_eq!(&parts, &divided(&made, Split { by, seed, shares }));
            for (a, one) in about.iter().enumerate() {
                for (b, other) in about.iter().enumerate() {
                    let together = by == SplitBy::Nothing
                        || one.0 == other.0
                        || (by == SplitBy::Source && one.1 == other.1)
                        // Its text may be there from an earlier day: then it is with that.
                        || (by == SplitBy::Date && one.2 == other.2
                            && about.iter().all(|o| (o.0 != one.0 && o.0 != other.0) || o.2 >= one.2));
                    prop_assert!(!together || parts[a] == parts[b], "{:?} {:?}", one, other);
                    if by == SplitBy::Date && parts[a] < parts[b] {
                        // What is tested was not published before what was trained on, up to earlier appearances.
                        let first = |text: u8| about.iter().filter(|o| o.0 == text).map(|o| o.2).min().flatten();
                        prop_assert!(first(one.0) < first(other.0));
                    }
                }
            }
        }
    }

    #[test]
    fn a_split_is_said_in_a_word_and_anything_else_is_refused() {
        let random = Split { by: SplitBy::Random, ..Split::NONE };
        assert_eq!("random".parse(), Ok(random));
        assert_eq!("date:3/1/1".parse(), Ok(Split { by: SplitBy::Date, shares: [3, 1, 1], ..random }));
        assert_eq!("source:80/20".parse(), Ok(Split { by: SplitBy::Source, shares: [80, 0, 20], ..random }));
        assert_eq!("none".parse(), Ok(Split::NONE));
        for wrong in ["random:", "random:é", "random:1", "random:1/2/3/4", "random:0/0/0", "random:-1/2", "none:1/2"] {
            assert_eq!(wrong.parse::<Split>(), Err(SplitError::Shares), "{wrong}");
        }
        assert_eq!("Random".parse::<Split>(), Err(SplitError::By));
    }

    #[test]
    fn shares_are_reached_and_another_seed_divides_otherwise() {
        let made = made(&(0..100).map(|n| (n, None, Some(n % 28))).collect::<Vec<_>>());
        let sizes = |split| {
            let parts = divided(&made, split);
            Part::ALL.map(|part| parts.iter().filter(|p| **p == part).count())
        };
        let random = Split { by: SplitBy::Random, ..Split::NONE };
        assert_eq!(sizes(random), [80, 10, 10]);
        assert_eq!(sizes(Split { shares: [1, 0, 1], ..random }), [50, 0, 50]);
        assert_ne!(divided(&made, random), divided(&made, Split { seed: 2, ..random }));
        let [train, validation, test] = sizes(Split { by: SplitBy::Date, ..random });
        assert!((77..=83).contains(&train) && validation >= 7 && test >= 7, "{train} {validation} {test}");
        assert_eq!(sizes(Split { by: SplitBy::Source, ..random }), [100, 0, 0], "nobody knows who published them");
    }
}
