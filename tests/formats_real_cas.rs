//! CAS files and GATE documents that other programs wrote, read in place: every annotation, or a reason.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use byline::formats::{
    InputFile, Progress, ReadError, ReadOptions, ReadResult, by_name, gather::load, read, recognise,
};
use byline::model::Value;
use shared_data::shared;
use std::path::{Path, PathBuf};

mod shared_data;

fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn input(path: &Path) -> InputFile {
    load(path, path.file_name().unwrap().to_str().unwrap().to_owned()).unwrap()
}

fn read_as(format: &str, files: &[InputFile], keep_going: bool) -> Result<ReadResult, ReadError> {
    assert_eq!(recognise(files).first().map(|f| f.card().name), Some(format), "{}", files[0].name);
    let mut options = ReadOptions::new("reader", chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap());
    options.keep_going = keep_going;
    read(by_name(format).unwrap(), files, &options, Progress::none())
}

/// Annotations and links of all documents.
fn counts(result: &ReadResult) -> (usize, usize) {
    let layers = || result.documents.iter().flat_map(|d| &d.layers);
    (layers().map(|l| l.annotations.len()).sum(), layers().map(|l| l.links.len()).sum())
}

/// How many annotations a problem gives a reason for not being there.
fn explained(problem: &str) -> usize {
    let cause = problem.split_once(": ").map_or("", |(_, rest)| rest);
    let cause = cause.split_once(": ").map_or("", |(_, rest)| rest);
    let counted = cause.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    match cause {
        _ if cause.starts_with("annotation `") => 1,
        _ if cause.starts_with('“') && cause.contains("says the same as an earlier one") => 1,
        _ if cause.contains("of a view without text") || cause.contains("in the index of no view") => counted,
        _ => 0,
    }
}

/// Types that programs fill, or that say something about the document, by the end of their names.
const NOT_ANNOTATED: [&str; 6] =
    ["DocumentMetaData", "DocumentAnnotation", "TagsetDescription", "XmlTextNode", "XmlElement", "XmlDocument"];

/// The annotations of a file, counted without our reader: all that have a place, but what programs make, and relations.
fn annotations_in_xmi(file: &InputFile) -> usize {
    let content = std::str::from_utf8(&file.bytes).unwrap();
    let document = roxmltree::Document::parse(content).unwrap();
    let counts = |node: &roxmltree::Node| {
        let (space, name) = (node.tag_name().namespace().unwrap_or_default(), node.tag_name().name());
        let made = space.contains("dkpro") && ["Token", "Sentence", "Lemma", "Stem"].contains(&name);
        node.has_attribute("begin") && !node.has_attribute("Governor") && !made && !NOT_ANNOTATED.contains(&name)
    };
    document.descendants().filter(counts).count()
}

fn annotations_in_json(file: &InputFile) -> usize {
    let json: serde_json::Value = serde_json::from_slice(&file.bytes).unwrap();
    let structures = json["%FEATURE_STRUCTURES"].as_array().into_iter().flatten();
    let counts = |structure: &&serde_json::Value| {
        let kind = structure["%TYPE"].as_str().unwrap();
        let made = kind.contains("dkpro") && kind.ends_with(".Token");
        let place = structure.get("begin").is_some() || kind.starts_with("example.");
        place && !made && !NOT_ANNOTATED.iter().any(|name| kind.ends_with(name))
    };
    structures.filter(counts).count()
}

/// Reads a file alone; every annotation in it is there or has a reason. Returns annotations and links.
fn accounted(path: &Path, format: &str, types: &[InputFile], expected: fn(&InputFile) -> usize) -> (usize, usize) {
    let file = input(path);
    let expected = expected(&file);
    let files: Vec<_> = std::iter::once(file).chain(types.iter().cloned()).collect();
    let result = read_as(format, &files, true);
    let (found, links, problems) = match &result {
        Ok(result) => {
            let (annotations, links) = counts(result);
            let all = result.documents.iter().flat_map(|d| &d.layers).flat_map(|l| &l.annotations);
            // Words at which relations end come in with them.
            let words = if links > 0 { all.filter(|a| a.label == "Token").count() } else { 0 };
            (annotations - words, links, result.problems.clone())
        }
        Err(ReadError::Refused(problems)) => (0, 0, problems.clone()),
        Err(error) => panic!("{error}"),
    };
    let explained: usize = problems.iter().map(|p| explained(&p.to_string())).sum();
    assert_eq!(found + explained, expected, "{}: {problems:?}", path.display());
    // What is not read at all says why.
    assert!(result.is_ok() || !problems.is_empty());
    (found, links)
}

fn sum(counts: impl Iterator<Item = (usize, usize)>) -> (usize, usize, usize) {
    counts.fold((0, 0, 0), |(files, all, links), (found, more)| (files + 1, all + found, links + more))
}

#[test]
fn every_annotation_in_the_cas_files_of_others_is_read_or_has_a_reason() {
    let name = "every_annotation_in_the_cas_files_of_others_is_read_or_has_a_reason";
    let (Some(cassis), Some(inception)) = (shared(name, "dkpro-cassis"), shared(name, "inception")) else { return };
    let xmi = |folder: &Path| files_below(folder, "xmi");
    let of_cassis = sum(xmi(&cassis).iter().map(|path| accounted(path, "xmi", &[], annotations_in_xmi)));
    let of_inception = sum(xmi(&inception).iter().map(|path| accounted(path, "xmi", &[], annotations_in_xmi)));
    let json = files_below(&cassis, "json");
    let of_json = sum(json.iter().map(|path| accounted(path, "cas-json", &[], annotations_in_json)));
    println!("files, annotations, links: {of_cassis:?}, {of_inception:?}, {of_json:?}");
    assert_eq!((of_cassis, of_inception, of_json), ((19, 44, 0), (53, 122, 35), (11, 15, 0)));
}

#[test]
fn type_systems_of_others_say_what_the_values_are() {
    let Some(folder) = shared("type_systems_of_others_say_what_the_values_are", "dkpro-cassis") else { return };
    let read = |xmi: &str, types: &str| {
        let files = [input(&folder.join("xmi").join(xmi)), input(&folder.join("typesystems").join(types))];
        read_as("xmi", &files, true).unwrap()
    };
    // `id` is an Integer there, `pos` a String; one type is missing in it.
    let result = read("lenient_cas.xmi", "small_typesystem.xml");
    let first = &result.documents[0].layers[0].annotations[0].attributes;
    assert_eq!(first.get("id"), Some(&Value::Number(0.0)), "{first:?}");
    let problems: Vec<_> = result.problems.iter().map(ToString::to_string).collect();
    assert!(problems.iter().any(|p| p.contains("describes `cassis.NotInTypesystem`:")), "{problems:?}");
    // All type systems of the folder can be read.
    for path in files_below(&folder.join("typesystems"), "xml") {
        let files = [input(&folder.join("xmi/small_cas.xmi")), input(&path)];
        let result = read_as("xmi", &files, true).unwrap();
        assert!(result.problems.iter().all(|p| p.severity == byline::formats::Severity::Doubt), "{}", path.display());
    }
}

#[test]
fn every_annotation_of_gates_documents_is_read_or_has_a_reason() {
    let Some(folder) = shared("every_annotation_of_gates_documents_is_read_or_has_a_reason", "gatenlp") else { return };
    let expected = |file: &InputFile| {
        let document = roxmltree::Document::parse(std::str::from_utf8(&file.bytes).unwrap()).unwrap();
        document.descendants().filter(|node| node.has_tag_name("Annotation")).count()
    };
    let found = sum(files_below(&folder, "xml").iter().map(|path| accounted(path, "gate", &[], expected)));
    assert_eq!(found, (2, 5, 0), "and three annotations of nothing");
    // Values of many classes of Java, whatever they are for.
    let result = read_as("gate", &[input(&folder.join("debug/debug-gatexml.xml"))], true).unwrap();
    let values = &result.documents[0].layers[0].annotations[0].attributes;
    let value = |name: &str| values.get(name).cloned();
    assert_eq!(value("fInt1"), Some(Value::Number(222.0)));
    assert_eq!(value("fBoolean"), Some(Value::YesNo(true)));
    assert_eq!(value("fFloat1"), Some(Value::Number(3.4)));
    assert_eq!(value("fArrayInt1"), Some(Value::List(["12", "13", "14"].map(str::to_owned).to_vec())));
    assert_eq!(value("fMapStringInt"), Some(Value::from(r#"{"key1":122,"key2":-4}"#)));
    assert_eq!(result.documents[0].metadata.other.get("fLong1").map(String::as_str), Some("123"));
}
