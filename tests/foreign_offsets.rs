//! A corpus made wrong on purpose: files as other programs write them, whose offsets are counted in each unit, after each
//! thing that programs do with line ends, with a byte order mark and without, over letters of every size. What comes in
//! stands where it was marked, or it is said that it may not; what stands nowhere is refused by name.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use byline::formats::{Cause, InputFile, Progress, ReadOptions, ReadResult, Unit, by_name, read};
use serde_json::json;
use std::fmt::Write;
use std::ops::Range;

const BOM: &str = "\u{FEFF}";

/// What a program can do with line ends: in words, and done.
type LineEnds = (&'static str, fn(&str) -> String);

/// What other programs did with line ends before they counted.
const LINE_ENDS: [LineEnds; 4] = [
    ("as they are", str::to_owned),
    ("CR LF as LF", |text| text.replace("\r\n", "\n")),
    ("all as LF", |text| text.replace("\r\n", "\n").replace('\r', "\n")),
    ("LF as CR LF", |text| text.replace("\r\n", "\n").replace('\n', "\r\n")),
];

/// Articles with letters of one to four bytes before, between and in what is marked. Words come twice and more near each
/// other, so that what is shifted by one may still stand on the same word.
fn articles() -> Vec<(&'static str, String, Vec<&'static str>)> {
    let article = |name, first: &str, marked: Vec<&'static str>| {
        let lines = "prices rose 25 % and 25 % more\nthe office of Oslo agreed\n\nso did Bergen and Bergen\n";
        (name, format!("{first}\n{lines}{first}\nend of it all\n"), marked)
    };
    let common = ["25 %", "Oslo", "Bergen and Bergen", "end of it"];
    let with = |own: &[&'static str]| [own, &common].concat();
    vec![
        article("ascii", "Anna said that Anna was there", with(&["Anna said", "was there"])),
        article("emoji", "👩‍👧 said 😀 that 👍🏽 rose", with(&["👩‍👧 said", "👍🏽", "that"])),
        article(
            "combining",
            "Zoe\u{301} E\u{301}mile said e\u{301}te\u{301}",
            with(&["Zoe\u{301}", "E\u{301}mile said", "e\u{301}te\u{301}"]),
        ),
        article("astral", "𝒜𝓃𝓃 and 𠮷野家 said 𝒜", with(&["𝒜𝓃𝓃 and", "𠮷野家", "said"])),
        article("two bytes", "Łódź’s Zoë saïd “été”", with(&["Łódź", "Zoë", "saïd", "“été”"])),
    ]
}

/// An article as a foreign program saw it, and what it marked there.
struct Foreign {
    what: String,
    /// As it stands in the file, without the mark.
    text: String,
    with_bom: bool,
    /// Offsets as that program counts, what it saw there, and where that is in bytes of `text`.
    marks: Vec<(Range<usize>, String, Range<usize>)>,
}

fn counted(text: &str, unit: Unit) -> usize {
    match unit {
        Unit::CodePoints => text.chars().count(),
        Unit::Utf16 => text.encode_utf16().count(),
        Unit::Bytes => text.len(),
    }
}

/// Every article in every form of line ends, counted in every way.
fn corpus() -> Vec<Foreign> {
    let mut corpus = Vec::new();
    for (name, article, marked) in articles() {
        for ending in ["\n", "\r\n", "\r"] {
            let text = article.replace('\n', ending);
            for unit in Unit::ALL {
                for (how, rewritten) in LINE_ENDS {
                    for with_bom in [false, true] {
                        let seen = |text: &str| format!("{}{}", if with_bom { BOM } else { "" }, rewritten(text));
                        let places = marked.iter().flat_map(|quote| text.match_indices(quote)).map(|(at, quote)| {
                            let end = at + quote.len();
                            let range = counted(&seen(&text[..at]), unit)..counted(&seen(&text[..end]), unit);
                            (range, rewritten(quote), at..end)
                        });
                        let mark = if with_bom { "with a mark" } else { "without a mark" };
                        let what = format!("{name}, {ending:?} {how}, {}, {mark}", unit.name());
                        corpus.push(Foreign { what, text: text.clone(), with_bom, marks: places.collect() });
                    }
                }
            }
        }
    }
    corpus
}

/// The ids that files give to marks: `T1`, `T2` and so on, where they have any.
fn id(n: usize) -> String {
    format!("T{}", n + 1)
}

type Writer = fn(&Foreign) -> Vec<InputFile>;

fn brat(foreign: &Foreign) -> Vec<InputFile> {
    let mut ann = String::new();
    for (n, (at, quote, _)) in foreign.marks.iter().enumerate() {
        writeln!(ann, "{}\tplace {} {}\t{quote}", id(n), at.start, at.end).unwrap();
    }
    let mark = if foreign.with_bom { BOM } else { "" };
    vec![InputFile::new("a.ann", ann), InputFile::new("a.txt", format!("{mark}{}", foreign.text))]
}

/// A table's cell.
fn cell(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn csv(foreign: &Foreign) -> Vec<InputFile> {
    let mut spans = "doc_id,annotation_id,label,start,end,text\r\n".to_owned();
    for (n, (at, quote, _)) in foreign.marks.iter().enumerate() {
        write!(spans, "d,a{},place,{},{},{}\r\n", n + 1, at.start, at.end, cell(quote)).unwrap();
    }
    let documents = format!("doc_id,title,text\r\nd,D,{}\r\n", cell(&foreign.text));
    vec![InputFile::new("spans.csv", spans), InputFile::new("documents.csv", documents)]
}

fn label_studio(foreign: &Foreign) -> Vec<InputFile> {
    let regions = foreign.marks.iter().enumerate().map(|(n, (at, quote, _))| {
        json!({ "id": id(n), "from_name": "label", "to_name": "text", "type": "labels",
            "value": { "start": at.start, "end": at.end, "text": quote, "labels": ["place"] } })
    });
    let annotation = json!({ "id": 1, "result": regions.collect::<Vec<_>>() });
    let task = json!([{ "id": 1, "data": { "text": foreign.text }, "annotations": [annotation] }]);
    vec![InputFile::new("a.json", task.to_string())]
}

fn web_annotation(foreign: &Foreign) -> Vec<InputFile> {
    let lines = foreign.marks.iter().enumerate().map(|(n, (at, quote, _))| {
        let quote = json!({ "type": "TextQuoteSelector", "exact": quote });
        let position = json!({ "type": "TextPositionSelector", "start": at.start, "end": at.end });
        let target = json!({ "source": "a.txt", "selector": [quote, position] });
        let body = json!({ "type": "TextualBody", "purpose": "tagging", "value": "place" });
        let context = "http://www.w3.org/ns/anno.jsonld";
        let id = format!("https://example.org/{}", id(n));
        json!({ "@context": context, "id": id, "type": "Annotation", "body": body, "target": target }).to_string()
            + "\n"
    });
    let mark = if foreign.with_bom { BOM } else { "" };
    let text = format!("{mark}{}", foreign.text);
    vec![InputFile::new("a.jsonl", lines.collect::<String>()), InputFile::new("a.txt", text)]
}

fn prodigy(foreign: &Foreign) -> Vec<InputFile> {
    let spans = foreign
        .marks
        .iter()
        .map(|(at, quote, _)| json!({ "start": at.start, "end": at.end, "text": quote, "label": "place" }));
    let task = json!({ "text": foreign.text, "spans": spans.collect::<Vec<_>>(), "answer": "accept" });
    vec![InputFile::new("a.jsonl", format!("{task}\n"))]
}

fn doccano(foreign: &Foreign) -> Vec<InputFile> {
    let entities =
        foreign.marks.iter().enumerate().map(
            |(n, (at, ..))| json!({ "id": n + 1, "label": "place", "start_offset": at.start, "end_offset": at.end }),
        );
    let line = json!({ "id": 1, "text": foreign.text, "entities": entities.collect::<Vec<_>>(), "relations": [] });
    vec![InputFile::new("a.jsonl", format!("{line}\n"))]
}

fn cas_json(foreign: &Foreign) -> Vec<InputFile> {
    let sofa = json!({ "%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaNum": 1, "sofaID": "_InitialView", "sofaString": foreign.text });
    let marks = foreign.marks.iter().enumerate().map(
        |(n, (at, ..))| json!({ "%ID": n + 2, "%TYPE": "custom.Place", "@sofa": 1, "begin": at.start, "end": at.end }),
    );
    let members: Vec<_> = (2..foreign.marks.len() + 2).collect();
    let all: Vec<_> = std::iter::once(sofa).chain(marks).collect();
    let views = json!({ "_InitialView": { "%SOFA": 1, "%MEMBERS": members } });
    let cas = json!({ "%TYPES": {}, "%FEATURE_STRUCTURES": all, "%VIEWS": views });
    vec![InputFile::new("a.json", cas.to_string())]
}

/// Formats that say beside the offsets what stands there.
const QUOTING: [(&str, Writer); 5] = [
    ("brat", brat),
    ("csv", csv),
    ("label-studio", label_studio),
    ("web-annotation", web_annotation),
    ("prodigy", prodigy),
];

/// Formats that have nothing but offsets, and the unit that they declare.
const SILENT: [(&str, Writer, Unit); 2] = [("doccano", doccano, Unit::CodePoints), ("cas-json", cas_json, Unit::Utf16)];

fn options(keep_going: bool) -> ReadOptions {
    let at = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    ReadOptions { keep_going, ..ReadOptions::new("reader", at) }
}

/// Where the annotations of a result stand, in bytes of its only text, in order.
fn places(result: &ReadResult, text: &str) -> Vec<Range<usize>> {
    let [document] = &result.documents[..] else { panic!("{} documents", result.documents.len()) };
    assert_eq!(document.text.as_str(), text);
    let annotations = document.layers.iter().flat_map(|layer| &layer.annotations);
    let mut places: Vec<_> = annotations.map(|annotation| annotation.span.hull()).collect();
    places.sort_by_key(|range| (range.start, range.end));
    places
}

fn truth(foreign: &Foreign) -> Vec<Range<usize>> {
    let mut truth: Vec<_> = foreign.marks.iter().map(|(_, _, bytes)| bytes.clone()).collect();
    truth.sort_by_key(|range| (range.start, range.end));
    truth
}

#[test]
fn with_quotes_every_counting_is_found_and_nothing_drifts() {
    let corpus = corpus();
    assert_eq!(corpus.len(), 5 * 3 * 3 * 4 * 2);
    for (name, files) in QUOTING {
        let format = by_name(name).unwrap();
        for foreign in &corpus {
            let what = format!("{name}: {}", foreign.what);
            let result = read(format, &files(foreign), &options(false), Progress::none());
            let result = result.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(places(&result, &foreign.text), truth(foreign), "{what}");
            let verdict = &result.documents[0].verdict;
            assert_eq!((verdict.verified, verdict.of), (foreign.marks.len(), foreign.marks.len()), "{what}: {verdict}");
        }
    }
}

#[test]
fn what_stands_nowhere_is_refused_by_name_and_keeps_nothing_else_out() {
    for (name, files) in QUOTING {
        let format = by_name(name).unwrap();
        for mut foreign in corpus().into_iter().step_by(7) {
            // One quote is of another edition, one offset is that of another text.
            let expected = foreign.marks.len() - 2;
            foreign.marks[1].1.push('x');
            foreign.marks[3].0 = 90_000..90_004;
            let what = format!("{name}: {}", foreign.what);
            let refused = read(format, &files(&foreign), &options(false), Progress::none());
            assert!(refused.is_err(), "{what}");
            let result = read(format, &files(&foreign), &options(true), Progress::none()).unwrap();
            let mut rest = foreign.marks.clone();
            rest.remove(3);
            rest.remove(1);
            let rest = Foreign { marks: rest, what: String::new(), ..foreign };
            assert_eq!(places(&result, &rest.text), truth(&rest), "{what}");
            assert_eq!(truth(&rest).len(), expected);
            let named = result
                .problems
                .iter()
                .filter(|problem| matches!(*problem.cause, Cause::QuoteDiffers { .. } | Cause::Offsets { .. }));
            assert_eq!(named.count(), 2, "{what}: {:?}", result.problems);
        }
    }
}

#[test]
fn without_quotes_what_may_be_shifted_is_never_taken_in_without_a_word() {
    for (name, files, declared) in SILENT {
        let format = by_name(name).unwrap();
        let (mut right, mut doubted, mut refused) = (0, 0, 0);
        for foreign in corpus() {
            let what = format!("{name}: {}", foreign.what);
            match read(format, &files(&foreign), &options(false), Progress::none()) {
                Err(_) => refused += 1,
                Ok(result) if places(&result, &foreign.text) == truth(&foreign) => right += 1,
                Ok(result) => {
                    let said = result.problems.iter().any(|problem| matches!(*problem.cause, Cause::Unit(_)));
                    assert!(said, "{what}: taken in {} without a word", result.documents[0].verdict);
                    doubted += 1;
                }
            }
            // Who says the unit gets what is right, where the line ends were left alone.
            let unit = Unit::ALL.into_iter().find(|unit| foreign.what.contains(unit.name())).unwrap();
            if foreign.what.contains("as they are") && !foreign.with_bom {
                let options = ReadOptions { unit: Some(unit), ..options(false) };
                let result = read(format, &files(&foreign), &options, Progress::none()).unwrap();
                assert_eq!(places(&result, &foreign.text), truth(&foreign), "{what}");
                assert!(unit == declared || result.problems.is_empty(), "{what}: {:?}", result.problems);
            }
        }
        assert!(
            right >= 15 && doubted > 0 && refused > 0,
            "{name}: {right} right, {doubted} doubted, {refused} refused"
        );
    }
}

#[test]
fn two_offsets_of_one_place_must_agree() {
    let format = by_name("labelbuddy").unwrap();
    for foreign in corpus().into_iter().filter(|foreign| foreign.what.contains("code points")) {
        let annotations = foreign.marks.iter().map(|(at, _, bytes)| {
            json!({ "label_name": "place", "start_char": at.start, "end_char": at.end,
                "start_byte": bytes.start, "end_byte": bytes.end })
        });
        let document = json!([{ "text": foreign.text, "annotations": annotations.collect::<Vec<_>>() }]);
        let files = [InputFile::new("a.json", document.to_string())];
        // The bytes are those of the text; the code points are counted as the corpus says, or they say nothing.
        match read(format, &files, &options(false), Progress::none()) {
            Ok(result) => assert_eq!(places(&result, &foreign.text), truth(&foreign), "{}", foreign.what),
            Err(error) => panic!("{}: {error}", foreign.what),
        }
    }
}
