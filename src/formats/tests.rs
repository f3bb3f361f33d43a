//! What holds for every format: reading what was written, and never panicking on what was not.

use super::output::Memory;
use super::testing::{any_sample, assert_kept, cases, flattened, hostile_text, input_files, options, written_of};
use super::unit_trial::{Claim, Counting, Newlines, Reading, Unit, trial};
use super::{
    ALL, Capability, ExportDocument, ExportInput, ExportOptions, InputFile, Progress, ReadError, Shown, WriteError,
    read, recognise, write,
};
use crate::model::testing::{annotation, key, layer_over, scheme};
use crate::model::{AnnotationId, Link, LinkId, Project, Text, boundaries};
use proptest::prelude::*;

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn what_was_written_reads_back_as_far_as_the_format_keeps_it(sample in any_sample()) {
        for format in ALL.iter().copied() {
            let mut memory = Memory::default();
            let written = write(format, &sample.input(), &flattened(), &mut memory, Progress::none()).unwrap();
            let all = sample.documents.iter().flat_map(|(_, _, layers)| layers);
            let all: usize = all.map(|layer| written_of(format.card(), layer, &sample.project.scheme).len()).sum();
            prop_assert!(written.verified.slices >= all, "{}: {} of {all}", format.card().name, written.verified);
            if !format.card().uses.reads() {
                continue;
            }
            let files = input_files(&memory);
            prop_assert_eq!(recognise(&files).first().map(|f| f.card().name), Some(format.card().name));
            let result = read(format, &files, &options(), Progress::none()).unwrap_or_else(|error| {
                panic!("{}: {error}\n{}", format.card().name, shown(&memory))
            });
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| assert_kept(format, &sample, &result)));
            prop_assert!(caught.is_ok(), "{}\n{}", format.card().name, shown(&memory));
        }
    }

    #[test]
    fn what_was_written_without_its_text_is_joined_to_it_again_elsewhere(
        sample in any_sample(),
        shown_of_text in prop::sample::select(Shown::ALL.to_vec()),
    ) {
        let texts: Vec<Text> = sample.documents.iter().map(|(_, text, _)| text.clone()).collect();
        let how = ExportOptions { without_text: true, shown: shown_of_text, ..flattened() };
        for format in ALL.iter().copied().filter(|format| format.card().uses.reads()) {
            let name = format.card().name;
            let mut memory = Memory::default();
            match write(format, &sample.input(), &how, &mut memory, Progress::none()) {
                Ok(_) => prop_assert!(!format.needs_text(), "{name} needs no text"),
                Err(WriteError::NeedsText(_)) if format.needs_text() => continue,
                Err(error) => panic!("{name}: {error}"),
            }
            let files = input_files(&memory);
            prop_assert_eq!(recognise(&files).first().map(|f| f.card().name), Some(name), "{}", shown(&memory));
            let known = super::ReadOptions { texts: texts.clone(), ..options() };
            let result = read(format, &files, &known, Progress::none()).unwrap_or_else(|error| {
                panic!("{name}: {error}\n{}", shown(&memory))
            });
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| assert_kept(format, &sample, &result)));
            prop_assert!(caught.is_ok(), "{}\n{}", name, shown(&memory));
            // Elsewhere nobody knows where the offsets belong, and nothing is guessed.
            let refused = read(format, &files, &options(), Progress::none());
            prop_assert!(refused.is_err(), "{name}: {}", shown(&memory));
        }
    }

    #[test]
    fn what_was_written_without_its_text_finds_it_with_other_line_ends_and_nothing_is_shifted(sample in any_sample()) {
        let how = ExportOptions { without_text: true, ..flattened() };
        // The same texts as another system keeps them.
        let other = |text: &Text| {
            let text = text.as_str();
            let (unix, dos) = (text.replace("\r\n", "\n"), text.replace("\r\n", "\n").replace('\n', "\r\n"));
            let forms = [(&unix, Newlines::LfAsCrLf), (&dos, Newlines::CrLfAsLf)];
            let seen = |form, newlines| as_counted(form, Counting { newlines, ..Counting::plain(Unit::Bytes) });
            forms.into_iter().find(|(form, newlines)| *form != text && seen(form, *newlines) == text)
                .map(|(form, newlines)| (Text::new(form.as_str()), newlines))
        };
        let others: Vec<_> = sample.documents.iter().map(|(_, text, _)| other(text)).collect();
        if others.iter().any(Option::is_none) {
            return Ok(());
        }
        let texts = others.iter().flatten().map(|(text, _)| text.clone()).collect();
        let known = super::ReadOptions { texts, ..options() };
        for format in ALL.iter().copied().filter(|f| f.card().uses.reads() && !f.needs_text()) {
            let name = format.card().name;
            let mut memory = Memory::default();
            write(format, &sample.input(), &how, &mut memory, Progress::none()).unwrap();
            let result = read(format, &input_files(&memory), &known, Progress::none()).unwrap_or_else(|error| {
                panic!("{name}: {error}\n{}", shown(&memory))
            });
            prop_assert_eq!(result.documents.len(), sample.documents.len(), "{}", name);
            for (((_, there, layers), found), (here, newlines)) in
                sample.documents.iter().zip(&result.documents).zip(others.iter().flatten())
            {
                prop_assert_eq!(found.text.as_str(), here.as_str(), "{}", name);
                prop_assert_eq!(found.verdict.counting.newlines, *newlines, "{}", name);
                // Where a place of one text is in the other is worked out from all that stands before it.
                let before = |byte: usize| {
                    as_counted(&here.as_str()[..byte], Counting { newlines: *newlines, ..Counting::plain(Unit::Bytes) })
                };
                let mut wanted = Vec::new();
                for layer in layers {
                    for a in written_of(format.card(), layer, &sample.project.scheme) {
                        let ends = a.span.fragments().flat_map(|f| [f.start(), f.end()]);
                        wanted.push((a.label, ends.map(|end| there.as_str()[..end].to_owned()).collect::<Vec<_>>()));
                    }
                }
                let annotations = found.layers.iter().flat_map(|layer| &layer.annotations);
                let mut moved: Vec<_> = annotations.map(|a| {
                    let ends = a.span.fragments().flat_map(|f| [f.start(), f.end()]);
                    (a.label.clone(), ends.map(before).collect::<Vec<_>>())
                }).collect();
                wanted.sort();
                moved.sort();
                prop_assert_eq!(moved, wanted, "{}", name);
            }
            let said = result.problems.iter().filter(|p| p.to_string().contains("other line ends here")).count();
            prop_assert_eq!(said, sample.documents.len(), "{}: {:?}", name, result.problems);
        }
    }

    #[test]
    fn damaged_files_are_refused_or_read_but_never_panic(
        sample in any_sample(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..6),
        which in any::<prop::sample::Index>(),
    ) {
        for format in ALL.iter().copied().filter(|format| format.card().uses.reads()) {
            let mut memory = Memory::default();
            write(format, &sample.input(), &flattened(), &mut memory, Progress::none()).unwrap();
            let mut files = input_files(&memory);
            let at = which.index(files.len());
            for (place, byte, how) in &damage {
                damaged(&mut files[at].bytes, *place, *byte, *how);
            }
            let options = super::ReadOptions { keep_going: true, widen: true, ..options() };
            if let Ok(result) = read(format, &files, &options, Progress::none()) {
                for document in &result.documents {
                    for annotation in document.layers.iter().flat_map(|l| &l.annotations) {
                        prop_assert_eq!(document.text.check(&annotation.span), Ok(()));
                    }
                }
            }
        }
    }

    #[test]
    fn a_counting_is_found_whatever_it_is_and_nothing_is_shifted(
        text in hostile_text(),
        cuts in proptest::collection::vec((0usize..400, 1usize..9), 1..8),
        unit in prop::sample::select(Unit::ALL.to_vec()),
        newlines in prop::sample::select(vec![Newlines::Raw, Newlines::CrLfAsLf, Newlines::CrAsLf, Newlines::LfAsCrLf]),
        with_bom in any::<bool>(),
    ) {
        // Between the pieces stand letters that stand nowhere else: a quote with one of them has one place.
        let marked: String = text.chars().enumerate().flat_map(|(n, c)| {
            let number = char::from_u32(0x4E00 + n as u32).unwrap();
            [number, c]
        }).collect();
        let text = Text::new(marked.clone());
        let counting = Counting { unit, newlines, with_bom };
        let seen_by_other = as_counted(&marked, counting);
        let borders: Vec<usize> = (0..=marked.len()).filter(|b| boundaries::is_grapheme_border(&marked, *b)).collect();
        let mut claims = Vec::new();
        let mut truth = Vec::new();
        for (start, len) in cuts {
            let (start, end) = (start % borders.len(), (start % borders.len() + len).min(borders.len() - 1));
            if start < end {
                let (from, to) = (borders[start], borders[end]);
                let offset = |byte: usize| counted(&as_counted(&marked[..byte], counting), unit);
                let range = offset(from)..offset(to);
                let quote = sliced(&seen_by_other, &range, unit);
                claims.push(Claim { fragments: [range].into(), quote: Some(quote.into()) });
                truth.push(from..to);
            }
        }
        let (reading, verdict) = trial(&text, &claims, Unit::CodePoints, None, |quote, slices| slices == [quote]);
        prop_assert_eq!(verdict.verified, claims.len(), "{:?}", verdict);
        for (claim, truth) in claims.iter().zip(&truth) {
            let found = reading.byte(claim.fragments[0].start).unwrap()..reading.byte(claim.fragments[0].end).unwrap();
            let unique = marked[truth.clone()].chars().any(|c| ('\u{4E00}'..'\u{5000}').contains(&c));
            prop_assert!(found == *truth || (!unique && !verdict.also.is_empty()),
                "{:?}, not {:?}: taken as {}, counted as {}", found, truth, verdict.counting, counting);
        }
    }

    #[test]
    fn readings_are_inverse_to_counting(text in hostile_text(), unit in prop::sample::select(Unit::ALL.to_vec())) {
        for newlines in [Newlines::Raw, Newlines::CrLfAsLf, Newlines::CrAsLf, Newlines::LfAsCrLf] {
            for with_bom in [false, true] {
                let counting = Counting { unit, newlines, with_bom };
                let reading = Reading::new(&Text::new(text.clone()), counting);
                for border in (0..=text.len()).filter(|b| boundaries::is_grapheme_border(&text, *b)) {
                    let offset = counted(&as_counted(&text[..border], counting), unit);
                    prop_assert_eq!(reading.byte(offset), Ok(border), "{}", counting);
                }
            }
        }
    }
}

/// What a program saw that counted like this: written anew, not with the code that is tested.
fn as_counted(text: &str, counting: Counting) -> String {
    let seen = match counting.newlines {
        Newlines::Raw => text.to_owned(),
        Newlines::CrLfAsLf => text.replace("\r\n", "\n"),
        Newlines::CrAsLf => text.replace("\r\n", "\n").replace('\r', "\n"),
        Newlines::LfAsCrLf => text.replace("\r\n", "\n").replace('\n', "\r\n"),
    };
    if counting.with_bom { format!("\u{feff}{seen}") } else { seen }
}

fn counted(text: &str, unit: Unit) -> usize {
    match unit {
        Unit::CodePoints => text.chars().count(),
        Unit::Utf16 => text.encode_utf16().count(),
        Unit::Bytes => text.len(),
    }
}

fn sliced(text: &str, range: &std::ops::Range<usize>, unit: Unit) -> String {
    match unit {
        Unit::CodePoints => text.chars().skip(range.start).take(range.len()).collect(),
        Unit::Utf16 => String::from_utf16(&text.encode_utf16().collect::<Vec<_>>()[range.clone()]).unwrap(),
        Unit::Bytes => text[range.clone()].to_owned(),
    }
}

fn damaged(bytes: &mut Vec<u8>, place: prop::sample::Index, byte: u8, how: u8) {
    if bytes.is_empty() {
        return;
    }
    let at = place.index(bytes.len());
    match how {
        0 => bytes.truncate(at),
        1 => bytes[at] = byte,
        2 => bytes.insert(at, byte),
        // A digit in the place of a digit keeps the syntax and breaks the meaning.
        _ => {
            if let Some(digit) = bytes[at..].iter_mut().find(|b| b.is_ascii_digit()) {
                *digit = b'0' + byte % 10;
            }
        }
    }
}

fn shown(memory: &Memory) -> String {
    let files =
        memory.0.iter().map(|(name, bytes)| ["--- ", name, "\n", &String::from_utf8_lossy(bytes), "\n"].concat());
    files.collect()
}

#[test]
fn files_without_their_text_hold_no_more_of_it_than_was_asked_for_and_what_they_quote_is_compared() {
    let near = "nearby".repeat(4);
    let text = format!("remote é {} {near} marked 👩‍👧 words {near} {} remote", "x".repeat(40), "x".repeat(40));
    let at = text.find("marked").unwrap();
    let mut layer = layer_over(&text);
    layer.insert(annotation(1, "claim", at..at + "marked 👩‍👧 words".len())).unwrap();
    layer.insert(annotation(2, "speaker", at..at + "marked".len())).unwrap();
    let link = Link {
        id: LinkId(1),
        kind: "says".into(),
        from: AnnotationId(2),
        to: AnnotationId(1),
        note: String::new(),
        provenance: layer.annotations().next().unwrap().provenance.clone(),
    };
    layer.insert_link(link).unwrap();
    let document = crate::edit::testing::document(key().document, layer.text());
    let project = Project::new("T", scheme());
    let documents = vec![ExportDocument { document: &document, text: layer.text(), layers: vec![&layer] }];
    let input = ExportInput { project: &project, documents };
    let known = super::ReadOptions { texts: vec![layer.text().clone()], ..options() };
    let mut count = 0;
    for format in ALL.iter().copied().filter(|format| format.card().uses.reads()) {
        for shown_of_text in Shown::ALL {
            let name = format!("{}, {}", format.card().name, shown_of_text.option());
            let how = ExportOptions { without_text: true, shown: shown_of_text, ..flattened() };
            let mut memory = Memory::default();
            match write(format, &input, &how, &mut memory, Progress::none()) {
                Ok(_) => count += 1,
                Err(WriteError::NeedsText(_)) if format.needs_text() => continue,
                Err(error) => panic!("{name}: {error}"),
            }
            let files = input_files(&memory);
            let holds = |word: &str| files.iter().any(|f| memchr::memmem::find(&f.bytes, word.as_bytes()).is_some());
            let quotes = shown_of_text != Shown::Offsets || format.always_quotes();
            let context = shown_of_text == Shown::Context && !format.always_quotes();
            let expected = [false, context, quotes];
            assert_eq!(["remote", "nearby", "marked"].map(holds), expected, "{name}\n{}", shown(&memory));
            // Another edition that says it has the same text: what is quoted does not stand there.
            let mut other = files;
            for file in &mut other {
                let content = String::from_utf8(file.bytes.clone()).unwrap();
                file.bytes = content.replace("marked", "barked").into_bytes();
            }
            let result = read(format, &other, &known, Progress::none());
            assert_eq!(result.is_ok(), !quotes, "{name}: {result:?}");
        }
    }
    assert!(count >= 8 * Shown::ALL.len(), "{count}");
}

#[test]
fn cards_are_complete_and_names_are_unique() {
    for (n, format) in ALL.iter().enumerate() {
        let card = format.card();
        assert!(
            !card.name.is_empty() && !card.title.is_empty() && !card.extensions.is_empty() && !card.cannot.is_empty()
        );
        assert!(ALL.iter().skip(n + 1).all(|other| other.card().name != card.name));
        assert!(super::by_name(card.name).is_some());
    }
}

#[test]
fn cancelling_stops_reading_and_writing() {
    let cancel = |_: f32| false;
    let line = br#"{"text": "\u00e9 Ana", "label": [[2, 5, "speaker"]]}"#;
    let files = [InputFile::new("a.jsonl", *line)];
    let result = read(&super::doccano::Doccano, &files, &options(), Progress::new(&cancel));
    assert!(matches!(result, Err(ReadError::Cancelled(_))));
}

#[test]
fn what_a_format_cannot_hold_is_named_before_anything_is_written() {
    let mut layer = layer_over("“Wé will,” she said, “pay.” 25");
    let mut claim = annotation(1, "claim", 3..11);
    claim.span = claim.span.with(crate::model::Fragment::new(29, 32).unwrap());
    claim.attributes.insert("quotation".into(), "direct".into());
    layer.insert(claim).unwrap();
    layer.insert(annotation(2, "speaker", 16..19)).unwrap();
    let document = crate::edit::testing::document(key().document, layer.text());
    let project = Project::new("T", scheme());
    let documents = vec![ExportDocument { document: &document, text: layer.text(), layers: vec![&layer] }];
    let input = ExportInput { project: &project, documents };
    let mut memory = Memory::default();
    let refused = write(&super::doccano::Doccano, &input, &ExportOptions::default(), &mut memory, Progress::none());
    let message = refused.unwrap_err().to_string();
    assert!(
        message.ends_with(
            "0001-test, maria: discontinuous spans that are written with their gaps: a1; Byline reads it back"
        ),
        "{message}"
    );
    assert_eq!(memory, Memory::default(), "nothing was written");
    let written = write(&super::doccano::Doccano, &input, &flattened(), &mut memory, Progress::none()).unwrap();
    let lost: Vec<_> = written.losses.iter().map(|l| (l.lacks, l.annotations.iter().map(|a| a.0).collect())).collect();
    let expected: Vec<(_, Vec<u32>)> =
        vec![(Capability::Discontinuous, vec![1]), (Capability::Attributes, vec![1]), (Capability::Provenance, vec![])];
    assert_eq!(lost, expected);
    assert_eq!(written.verified.to_string(), "4 of 4 slices verified", "two wholes and two fragments");
}
