//! Documents in parts for training, validation and test, so that nothing that is tested was trained on.
//!
//! Documents whose texts say the same, up to white space, case and punctuation, are always in one part; so are, as the
//! split says, those of one date or of one source. What cannot be divided so is refused: a test without documents, or one
//! older than what was learnt from, is worse than none.

use super::output::ExportDocument;
use crate::model::{DocumentId, counted, sha256_hex};
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

    /// Which documents are in one part.
    fn together(self) -> &'static str {
        match self {
            Self::Nothing => "all of them",
            Self::Random => "those that say the same",
            Self::Date => "those of one day, and those that say the same",
            Self::Source => "those of one source, or of none, and those that say the same",
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

/// Why documents cannot be divided.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Undivided {
    /// By date, where nobody knows some of the dates.
    #[error("documents cannot be divided by date where some have none: {}", listed(.0))]
    NoDate(Vec<DocumentId>),
    /// Some part would stay empty.
    #[error(
        "there is no document for each of {}: those with annotations make {} that must stay together ({})",
        counted(*.parts, "part"), counted(*.groups, "group"), .by.together()
    )]
    TooFew {
        /// By what.
        by: SplitBy,
        /// Groups of documents that must stay together.
        groups: usize,
        /// Parts with a share.
        parts: usize,
    },
}

impl Undivided {
    /// What can be done.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NoDate(_) => "give them their dates, leave them out, or divide at random",
            Self::TooFew { .. } => "annotate more documents, give fewer parts a share, or divide otherwise",
        }
    }
}

/// The first of many ids.
fn listed(ids: &[DocumentId]) -> String {
    let shown: Vec<&str> = ids.iter().take(12).map(DocumentId::as_str).collect();
    let more = ids.len().saturating_sub(shown.len());
    format!("{}{}", shown.join(", "), if more > 0 { format!(" and {more} more") } else { String::new() })
}

/// The part of each document, in their order. A share is reached as nearly as groups that must stay together
/// allow, and every part with a share has a document. Documents without a source or an address count as one source.
///
/// # Errors
/// Where a part would stay empty, or documents without a date are to be divided by date.
pub fn parts(documents: &[&ExportDocument], split: Split) -> Result<Vec<Part>, Undivided> {
    if split.by == SplitBy::Nothing {
        return Ok(vec![Part::Train; documents.len()]);
    }
    let said: Vec<String> = documents.iter().map(|document| what_is_said(document)).collect();
    let mut groups = Groups::new(documents.len());
    groups.join_equal(said.iter().map(String::as_str));
    if split.by == SplitBy::Source {
        groups.join_equal(documents.iter().map(|document| source(document)));
    }
    if split.by == SplitBy::Date {
        let undated = documents.iter().filter(|document| document.document.metadata.date.is_none());
        let undated: Vec<_> = undated.map(|document| document.document.id.clone()).collect();
        if !undated.is_empty() {
            return Err(Undivided::NoDate(undated));
        }
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
        let by_date: Vec<Vec<usize>> = by_date.into_values().collect();
        let wanted = wanted(split, by_date.len())?;
        return Ok(in_order(documents.len(), by_date, split.shares, &wanted));
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
    let wanted = wanted(split, members.len())?;
    Ok(by_need(documents.len(), members, split.shares, &wanted))
}

/// The parts that have a share, by number; each is to have one of the groups.
fn wanted(split: Split, groups: usize) -> Result<Vec<usize>, Undivided> {
    let mut wanted: Vec<usize> = (0..3).filter(|part| split.shares[*part] > 0).collect();
    if wanted.is_empty() {
        wanted.push(0);
    }
    let parts = wanted.len();
    if groups < parts { Err(Undivided::TooFew { by: split.by, groups, parts }) } else { Ok(wanted) }
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
fn in_order(all: usize, groups: Vec<Vec<usize>>, shares: [u32; 3], wanted: &[usize]) -> Vec<Part> {
    let mut parts = vec![Part::Train; all];
    let ends = [shares[0], shares[0].saturating_add(shares[1])].map(|share| target(all, share, shares));
    let (count, mut before) = (groups.len(), 0);
    // Of the wanted parts, which one the group before is in.
    let mut last: Option<usize> = None;
    for (n, group) in groups.into_iter().enumerate() {
        let middle = before as f64 + group.len() as f64 / 2.0;
        let aimed = ends.iter().filter(|end| middle > **end).count();
        let aimed = wanted.iter().rposition(|part| *part <= aimed).unwrap_or_default();
        // None is passed over, and enough groups are left for the others.
        let needed = wanted.len().saturating_sub(count - n).max(last.unwrap_or_default());
        let now = aimed.clamp(needed, last.map_or(0, |last| last + 1).min(wanted.len() - 1).max(needed));
        last = Some(now);
        before += group.len();
        for n in group {
            parts[n] = Part::ALL[wanted[now]];
        }
    }
    parts
}

/// Each group, the largest first, where most is lacking; the last ones where nothing is yet.
fn by_need(all: usize, groups: Vec<Vec<usize>>, shares: [u32; 3], wanted: &[usize]) -> Vec<Part> {
    let mut parts = vec![Part::Train; all];
    let mut lacking = shares.map(|share| target(all, share, shares));
    let mut empty = wanted.to_vec();
    let count = groups.len();
    for (n, group) in groups.into_iter().enumerate() {
        let open = if count - n <= empty.len() { &empty } else { wanted };
        let most = open.iter().copied().max_by(|a, b| lacking[*a].total_cmp(&lacking[*b]).then(b.cmp(a)));
        let most = most.unwrap_or_default();
        empty.retain(|part| *part != most);
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
        parts(&documents.iter().collect::<Vec<_>>(), split).unwrap()
    }

    fn refused(made: &Made, split: Split) -> Option<Undivided> {
        let documents = made.iter().map(|(document, text)| ExportDocument { document, text, layers: Vec::new() });
        let documents: Vec<_> = documents.collect();
        parts(&documents.iter().collect::<Vec<_>>(), split).err()
    }

    proptest! {
        #[test]
        fn nothing_that_belongs_together_is_on_two_sides(
            about in proptest::collection::vec((0u8..12, proptest::option::of(0u8..5), proptest::option::of(0u8..9)), 1..40),
            by in prop::sample::select(SplitBy::ALL.to_vec()), seed in 0u64..4,
            shares in prop::sample::select(vec![[80, 10, 10], [1, 1, 1], [0, 0, 1], [0, 0, 0], [u32::MAX; 3]]),
        ) {
            let made = made(&about);
            match refused(&made, Split { by, seed, shares }) {
                Some(Undivided::NoDate(ids)) => {
                    prop_assert_eq!(by, SplitBy::Date);
                    prop_assert_eq!(ids.len(), about.iter().filter(|one| one.2.is_none()).count());
                    return Ok(());
                }
                Some(Undivided::TooFew { groups, parts, .. }) => {
                    prop_assert!(groups < parts && by != SplitBy::Nothing);
                    return Ok(());
                }
                None => {}
            }
            let parts = divided(&made, Split { by, seed, shares });
            prop_assert_eq!(&parts, &divided(&made, Split { by, seed, shares }));
            for (part, share) in Part::ALL.iter().zip(shares) {
                // Where one must fit, one is there.
                prop_assert!(by == SplitBy::Nothing || (share > 0) == parts.contains(part) || shares == [0; 3], "{:?}", parts);
            }
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
        let nobody_knows = refused(&made, Split { by: SplitBy::Source, ..random }).unwrap().to_string();
        assert_eq!(
            nobody_knows,
            "there is no document for each of 3 parts: those with annotations make 1 group that must stay together \
             (those of one source, or of none, and those that say the same)"
        );
    }

    #[test]
    fn a_part_of_few_documents_is_not_empty_and_what_has_no_date_is_named() {
        let of_days = |days: &[Option<u8>]| {
            made(&days.iter().enumerate().map(|(n, day)| (n as u8, Some(n as u8), *day)).collect::<Vec<_>>())
        };
        let three = of_days(&[Some(3), Some(1), Some(2)]);
        for by in [SplitBy::Random, SplitBy::Source] {
            let mut parts = divided(&three, Split { by, ..Split::NONE });
            parts.sort();
            assert_eq!(parts, Part::ALL);
        }
        let by_date = Split { by: SplitBy::Date, ..Split::NONE };
        assert_eq!(divided(&three, by_date), [Part::Test, Part::Train, Part::Validation]);
        let two = of_days(&[Some(3), Some(1)]);
        assert_eq!(refused(&two, by_date), Some(Undivided::TooFew { by: SplitBy::Date, groups: 2, parts: 3 }));
        assert_eq!(divided(&two, Split { shares: [1, 0, 9], ..by_date }), [Part::Test, Part::Train]);
        let undated = refused(&of_days(&[None, Some(1), None, Some(2)]), by_date).unwrap().to_string();
        assert_eq!(undated, "documents cannot be divided by date where some have none: 0001-d, 0003-d");
    }
}
