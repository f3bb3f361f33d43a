//! Every format against the examples in its folder: `tests/formats/FORMAT/good/CASE` with `expected.txt`, and
//! `tests/formats/FORMAT/bad/CASE` with the whole message in `expected.err`. A case may hold `options.txt`: words of
//! `unit=…`, `keep-going`, `widen`. `BYLINE_BLESS=1` writes what came out, to be reviewed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod examples;

use byline::edit::{Stamp, State};
use byline::formats::import::{ImportOptions, plan};
use byline::formats::{ALL, Progress, ReadOptions, ReadResult, Unit, read, recognise};
use byline::model::{Annotation, Layer, Origin, Project, Scheme};
use examples::{cases, input};
use std::fmt::Write;
use std::path::Path;

fn options(case: &Path) -> ReadOptions {
    let mut options = ReadOptions::new("reader", chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap());
    let words = std::fs::read_to_string(case.join("options.txt")).unwrap_or_default();
    for word in words.split_whitespace() {
        match word {
            "keep-going" => options.keep_going = true,
            "widen" => options.widen = true,
            unit => options.unit = Unit::ALL.into_iter().find(|u| unit == format!("unit={}", u.option())),
        }
    }
    options
}

/// Compares with the file, or writes it when blessing.
fn check(path: &Path, found: &str) {
    if std::env::var_os("BYLINE_BLESS").is_some() {
        std::fs::write(path, found).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, expected, "{}", path.display());
}

#[test]
fn every_format_reads_its_good_examples_as_expected() {
    for format in ALL.iter().copied().filter(|f| f.card().uses.reads()) {
        let cases = cases(format, "good");
        assert!(cases.len() >= 3, "{} needs good examples under tests/formats", format.card().name);
        for case in cases {
            let files = input(&case);
            assert_eq!(
                recognise(&files).first().map(|f| f.card().name),
                Some(format.card().name),
                "{}",
                case.display()
            );
            let result = read(format, &files, &options(&case), Progress::none());
            let result = result.unwrap_or_else(|error| panic!("{}: {error}", case.display()));
            check(&case.join("expected.txt"), &pictured(&result));
            enters_a_project(&result);
        }
    }
}

#[test]
fn every_format_refuses_its_bad_examples_with_the_whole_message() {
    for format in ALL.iter().copied().filter(|f| f.card().uses.reads()) {
        let cases = cases(format, "bad");
        assert!(cases.len() >= 5, "{} needs bad examples under tests/formats", format.card().name);
        for case in cases {
            match read(format, &input(&case), &options(&case), Progress::none()) {
                Ok(_) => panic!("{} was read", case.display()),
                Err(error) => check(&case.join("expected.err"), &format!("{error}\n")),
            }
        }
    }
}

/// What was read can be taken in, undone and taken in again; the scheme then knows all of it.
fn enters_a_project(result: &ReadResult) {
    let start = State::new(Project::new("Empty", Scheme::default()));
    let at = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    let stamp = Stamp { at, origin: Origin::Import { format: "x".into(), file: "y".into() }.into() };
    let options = ImportOptions { add_to_scheme: true, ..ImportOptions::default() };
    let (change, report) = plan(&start, result.clone(), &options, &stamp).unwrap();
    let mut state = start.clone();
    state.apply(&change).unwrap();
    state.project.scheme.validate().unwrap();
    let all: usize = result.documents.iter().flat_map(|d| &d.layers).map(|l| l.annotations.len()).sum();
    assert_eq!((report.annotations + report.twins, state.layers().map(Layer::len).sum()), (all, report.annotations));
    let departures: Vec<_> = state
        .layers()
        .flat_map(Layer::annotations)
        .flat_map(|a| state.project.scheme.departures(a, &state.project.entities))
        .collect();
    assert!(departures.is_empty(), "{departures:?}");
    let taken_in = state.clone();
    state.apply(&change.clone().inverse()).unwrap();
    assert_eq!(state.project, start.project);
    state.apply(&change).unwrap();
    assert_eq!(state.project, taken_in.project);
    assert!(plan(&taken_in, result.clone(), &options, &stamp).is_err(), "a second time there is nothing to take in");
}

/// What was read, for a person to review.
fn pictured(result: &ReadResult) -> String {
    let mut out = String::new();
    for document in &result.documents {
        let _ = writeln!(out, "document {} “{}”: {}", document.id, document.title, document.verdict);
        let metadata = format!("{:?}", document.metadata).replace("Metadata ", "");
        let _ = writeln!(out, "  text {:?}\n  metadata {metadata}", document.text.as_str());
        for layer in &document.layers {
            let _ = writeln!(out, "  layer {} ({:?})", layer.annotator, layer.status);
            for annotation in &layer.annotations {
                let _ = writeln!(out, "    {}", one(annotation, document.text.as_str()));
            }
            for link in &layer.links {
                let note = if link.note.is_empty() { String::new() } else { format!(" note={:?}", link.note) };
                let _ = writeln!(out, "    {} {} {} → {}{note}", link.id, link.kind, link.from, link.to);
            }
        }
    }
    for label in &result.scheme.labels {
        let attributes: Vec<_> = label.attributes.iter().map(|a| format!("{}: {:?}", a.name, a.kind)).collect();
        let _ = writeln!(
            out,
            "label {} title={:?} key={:?} colour={:?} [{}]",
            label.name,
            label.title,
            label.key,
            label.colour,
            attributes.join("; ")
        );
    }
    for link in &result.scheme.links {
        let symmetric = if link.symmetric { " symmetric" } else { "" };
        let _ = writeln!(out, "link {} {:?} → {:?}{symmetric}", link.name, link.from, link.to);
    }
    for entity in &result.entities {
        let _ = writeln!(
            out,
            "entity {} {:?} “{}” {:?} {:?}",
            entity.id, entity.kind, entity.name, entity.wikidata, entity.note
        );
    }
    for problem in &result.problems {
        let _ = writeln!(out, "{problem}");
    }
    out
}

fn one(annotation: &Annotation, text: &str) -> String {
    let fragments: Vec<_> = annotation.span.fragments().map(|f| format!("{f:?} {:?}", &text[f.range()])).collect();
    let mut out = format!("{} {} {}", annotation.id, annotation.label, fragments.join(" + "));
    for (name, value) in &annotation.attributes {
        let _ = write!(out, " {name}={value:?}");
    }
    if !annotation.note.is_empty() {
        let _ = write!(out, " note={:?}", annotation.note);
    }
    out
}
