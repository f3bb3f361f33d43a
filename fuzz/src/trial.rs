//! The trial of how offsets were counted, against a program that counts by hand: what it marked is found where it lies, or
//! the other places that fit as well are named.

use super::bounded;
use byline::formats::resolve::{RawLayer, RawSpan, Rules, layers};
use byline::formats::unit_trial::{Claim, Counting, Newlines, Reading, stands, trial};
use byline::formats::{Problem, Progress, ReadOptions, Unit};
use byline::model::{Text, Value};
use std::ops::Range;

const NEWLINES: [Newlines; 4] = [Newlines::Raw, Newlines::CrLfAsLf, Newlines::CrAsLf, Newlines::LfAsCrLf];

/// The longest mark of a generated file, in code points.
const LONGEST: usize = 40;

/// An input of [`check_trial`]: the program that counts, what the format declares, the text, and three bytes for each mark.
pub fn trial_input(how: u8, declared: u8, text: &str, marks: &[[u8; 3]]) -> Vec<u8> {
    [&[how, declared], text.replace('\0', "").as_bytes(), &[0], &marks.concat()].concat()
}

/// Tries how the offsets of marks were counted: by one of all programs that could have written them, whose marks are
/// right, and perhaps beside marks that are not.
pub fn check_trial(bytes: &[u8]) {
    let [how, declared, rest @ ..] = bytes else { return };
    let (text, marks) = rest.split_at(rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len()));
    let text = Text::new(String::from_utf8_lossy(text).into_owned());
    let marks = marks.get(1..).unwrap_or_default();
    bounded(bytes.len(), || check(usize::from(*how), usize::from(*declared), &text, marks));
}

fn claim(place: Range<usize>, quote: String) -> Claim {
    Claim { fragments: [place].into(), quote: Some(quote.into()) }
}

fn check(how: usize, declared: usize, text: &Text, marks: &[u8]) {
    let counting = Counting { newlines: NEWLINES[how % 4], with_bom: how / 4 % 2 == 1, unit: Unit::ALL[how / 8 % 3] };
    let (declared, forced) = (Unit::ALL[declared % 3], (declared / 3 % 2 == 1).then_some(counting.unit));
    let (seen, places) = as_seen(text.as_str(), counting);
    let offset = |at: usize| length(&seen[..at], counting.unit);
    let (mut claims, mut truth, mut all_right) = (Vec::new(), Vec::new(), true);
    // Of a thousand marks, countings that fit as well are not looked for.
    for mark in marks.as_chunks::<3>().0.iter().take(900) {
        let number = usize::from(u16::from_le_bytes([mark[0], mark[1]]));
        if mark[2] == 0xFF {
            // Anything at all.
            all_right = false;
            let quote = seen.chars().skip(number % 7).take(number % 11).collect();
            claims.push(claim(number..number.wrapping_mul(31) % 4096, quote));
            continue;
        }
        let first = number % places.len();
        let last = (first + 1 + usize::from(mark[2]) % LONGEST).min(places.len() - 1);
        let (start, end) = (places[first], places[last]);
        if first < last {
            claims.push(claim(offset(start.0)..offset(end.0), seen[start.0..end.0].to_owned()));
            truth.push(Some((start.1, end.1)));
        }
    }
    let says = |quote: &str, slices: &[&str]| slices.concat() == quote;
    let (reading, verdict) = trial(text, &claims, declared, forced, says);
    assert_eq!((verdict.of, verdict.unquoted), (claims.len(), 0));
    let standing = claims.iter().filter(|claim| stands(&reading, claim, says) == Some(true));
    assert_eq!(standing.clone().count(), verdict.verified, "what is counted as verified is");
    for claim in standing {
        assert_eq!(reading.slice(&claim.fragments[0]), claim.quote.as_deref());
    }
    let found = |reading: &Reading| claims.iter().map(|claim| place(reading, claim)).collect::<Vec<_>>();
    if all_right {
        assert_eq!(verdict.verified, verdict.of, "{counting}: all marks are right, but not {}", verdict.counting);
        let also = || verdict.also.iter().any(|other| found(&Reading::new(text, *other)) == truth);
        assert!(found(&reading) == truth || also(), "{counting} was neither taken nor named, but {}", verdict.counting);
    }
    resolved(text, &claims, declared, forced);
    // Without quotes nothing tells but where words end.
    let unquoted: Vec<_> = claims.into_iter().map(|claim| Claim { quote: None, ..claim }).collect();
    let (_, verdict) = trial(text, &unquoted, declared, forced, says);
    assert_eq!((verdict.of, verdict.unquoted, verdict.counting.unit), (0, unquoted.len(), forced.unwrap_or(declared)));
    assert!(verdict.word_borders.iter().all(|(_, share)| (0.0..=1.0).contains(share)));
    resolved(text, &unquoted, declared, forced);
}

/// What comes out as annotations fits the text and says what its quote said.
fn resolved(text: &Text, claims: &[Claim], declared: Unit, forced: Option<Unit>) {
    let at = chrono::DateTime::from_timestamp(1_700_000_000, 0).expect("a sound time");
    let options = ReadOptions { unit: forced, keep_going: true, ..ReadOptions::new("reader", at) };
    let rules = Rules { format: "trial", unit: declared, fits: |quote, slices| slices.concat() == quote, rejoin: None };
    let spans = claims.iter().enumerate().map(|(n, claim)| {
        let number = Value::Number(n as f64);
        let mut span = RawSpan::new(format!("m{n}"), "mark".into(), n + 1);
        (span.claim, span.attributes) = (claim.clone(), [("n".into(), number)].into());
        span
    });
    let raw = vec![RawLayer { spans: spans.collect(), ..RawLayer::default() }];
    let mut problems: Vec<Problem> = Vec::new();
    let (resolved, _) =
        layers(text, raw, "a.json", rules, &options, &mut problems, Progress::none()).expect("nobody cancels");
    let mut count = 0;
    for annotation in resolved.iter().flat_map(|layer| &layer.annotations) {
        assert_eq!(text.check(&annotation.span), Ok(()), "a span that does not fit its text");
        let Some(Value::Number(n)) = annotation.attributes.get("n") else { panic!("an attribute is gone") };
        if let Some(quote) = &claims[*n as usize].quote {
            assert_eq!(plain(&text.quote(&annotation.span)), plain(quote), "an annotation says something else");
        }
        count += 1;
    }
    assert!(count + problems.len() >= claims.len(), "a mark is gone without a word");
}

/// Without what may differ between programs: line ends, and a BOM.
fn plain(text: &str) -> String {
    text.replace(['\r', '\n', '\u{feff}'], "")
}

fn place(reading: &Reading, claim: &Claim) -> Option<(usize, usize)> {
    let fragment = claim.fragments.first()?;
    Some((reading.byte(fragment.start).ok()?, reading.byte(fragment.end).ok()?))
}

/// The text as another program saw it, and all places that both have: byte there, byte in ours.
fn as_seen(text: &str, counting: Counting) -> (String, Vec<(usize, usize)>) {
    let mut seen = String::from(if counting.with_bom { "\u{feff}" } else { "" });
    let mut places = vec![(seen.len(), 0)];
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let is_pair = text[at..].starts_with("\r\n");
        let (taken, put) = match (counting.newlines, c) {
            (Newlines::CrLfAsLf | Newlines::CrAsLf, '\r') if is_pair => (2, "\n"),
            (Newlines::CrAsLf, '\r') => (1, "\n"),
            (Newlines::LfAsCrLf, '\n') if !text[..at].ends_with('\r') => (1, "\r\n"),
            _ => (c.len_utf8(), &text[at..at + c.len_utf8()]),
        };
        seen.push_str(put);
        at += taken;
        places.push((seen.len(), at));
    }
    (seen, places)
}

fn length(text: &str, unit: Unit) -> usize {
    match unit {
        Unit::CodePoints => text.chars().count(),
        Unit::Utf16 => text.encode_utf16().count(),
        Unit::Bytes => text.len(),
    }
}
