//! Where a quote without a position stands: only at a place that is the only one.

use super::annotation::{Quote, Target};
use crate::model::{Fragment, Span};

/// Why a quote was not placed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unplaced {
    /// It does not stand in the text with what is said to stand around it.
    Nowhere,
    /// It stands there more than once.
    SeveralTimes,
}

/// The only place of a quote in `text`, in bytes.
pub fn place(text: &str, quote: &Quote) -> Result<Fragment, Unplaced> {
    let Quote { exact, prefix, suffix } = quote;
    // Searched with what stands around it: the first two places say all, however often the quote alone is there.
    let whole = [prefix.as_str(), exact, suffix].concat();
    let at = text.find(&whole).filter(|_| !exact.is_empty()).ok_or(Unplaced::Nowhere)?;
    let next = at + text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
    if text.get(next..).is_some_and(|rest| rest.contains(&whole)) {
        return Err(Unplaced::SeveralTimes);
    }
    let start = at + prefix.len();
    Fragment::new(start, start + exact.len()).map_err(|_| Unplaced::Nowhere)
}

/// The span of targets that are all quotes, each placed.
pub fn span(text: &str, targets: &[Target]) -> Result<Span, (String, Unplaced)> {
    let mut fragments = Vec::with_capacity(targets.len());
    for quote in targets.iter().filter_map(|target| target.quote.as_ref()) {
        fragments.push(place(text, quote).map_err(|why| (quote.exact.clone(), why))?);
    }
    let first = targets.first().and_then(|t| t.quote.as_ref()).map_or_else(String::new, |quote| quote.exact.clone());
    Span::new(fragments).map_err(|_| (first, Unplaced::Nowhere))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_placed_only_where_nothing_else_can_be_meant() {
        let text = "é aa said; aa paid. aaa";
        let found = |exact: &str, prefix: &str, suffix: &str| {
            let [exact, prefix, suffix] = [exact, prefix, suffix].map(str::to_owned);
            place(text, &Quote { exact, prefix, suffix }).map(crate::model::span::Fragment::range)
        };
        assert_eq!(found("paid", "", ""), Ok(15..19));
        assert_eq!(found("aa", "é ", ""), Ok(3..5));
        assert_eq!(found("aa", "; ", " paid"), Ok(12..14));
        assert_eq!(found("aa", "", ""), Err(Unplaced::SeveralTimes));
        assert_eq!(found("aa", ". ", ""), Ok(21..23), "the place inside “aaa” has another prefix");
        assert_eq!(found("aa", "", "é"), Err(Unplaced::Nowhere));
        assert_eq!(found("", "é", ""), Err(Unplaced::Nowhere), "nothing is no quote");
    }
}
