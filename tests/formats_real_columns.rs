//! Files of words and tags that other programs wrote, read in place: every span at its words, none lost without a word.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod shared_data;

use byline::formats::{
    InputFile, Progress, ReadOptions, ReadResult, Severity, by_name, gather::gather, read, recognise,
};
use shared_data::shared;
use std::collections::BTreeMap;

fn options() -> ReadOptions {
    ReadOptions::new("reader", chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap())
}

fn read_as(name: &str, files: &[InputFile], options: &ReadOptions) -> ReadResult {
    let found = recognise(files);
    assert_eq!(found.first().map(|f| f.card().name), Some(name), "{:?}", files.first().map(|f| &f.name));
    read(by_name(name).unwrap(), files, options, Progress::none()).unwrap_or_else(|error| panic!("{error}"))
}

/// How many annotations, and whether every one of them stands where its quote says.
fn counts(result: &ReadResult) -> usize {
    assert!(result.documents.iter().all(|d| d.verdict.verified == d.verdict.of && d.verdict.unquoted == 0));
    result.documents.iter().flat_map(|d| &d.layers).map(|l| l.annotations.len()).sum()
}

/// The marked texts with a label, in their order.
fn marked(result: &ReadResult, label: &str) -> Vec<String> {
    let all = result.documents.iter().flat_map(|d| d.layers.iter().map(move |layer| (d, layer)));
    let all = all.flat_map(|(d, layer)| layer.annotations.iter().map(move |a| (d, a)));
    all.filter(|(_, a)| a.label == label).map(|(d, a)| d.text.quote(&a.span)).collect()
}

#[test]
fn columns_of_others_are_read_whatever_their_separator_and_scheme() {
    let name = "columns_of_others_are_read_whatever_their_separator_and_scheme";
    let Some(root) = shared(name, "") else { return };
    for (path, documents, annotations, iob1, first) in [
        ("wikigold/wikigold.part1.conll.txt", 73, WIKIGOLD, true, ("ORG", "The Mad Capsule Markets")),
        ("wnut17/emerging.dev.conll", 1, 836, false, ("location", "Redondo Beach Blvd")),
        ("kaznerd/IOB2_valid.first3000.txt", 1, 3_648, false, ("ART", "Қара сөздерінің")),
    ] {
        let result = read_as("conll", &gather(&root.join(path)).unwrap(), &options());
        assert_eq!((result.documents.len(), counts(&result)), (documents, annotations), "{path}");
        let told: Vec<_> = result.problems.iter().map(ToString::to_string).collect();
        assert_eq!(told.iter().any(|p| p.contains("the tags are IOB1")), iob1, "{told:?}");
        assert_eq!(told.len(), usize::from(iob1), "{told:?}");
        assert_eq!(marked(&result, first.0)[0], first.1, "{path}");
    }
}

/// Counted with a program of ten lines, which knows no other scheme.
const WIKIGOLD: usize = 1_969;

#[test]
fn two_annotators_and_a_second_column_of_tags_become_layers() {
    let name = "two_annotators_and_a_second_column_of_tags_become_layers";
    let Some(root) = shared(name, "two-annotators-novels/iob-tsv") else { return };
    let novels: BTreeMap<_, _> = gather(&root).unwrap().into_iter().map(|f| (f.stem().to_owned(), f)).collect();
    assert_eq!(novels.len(), 18);
    for (stem, file) in &novels {
        let content = std::str::from_utf8(&file.bytes).unwrap();
        let tags = content.lines().flat_map(|line| line.split('\t').skip(1));
        // A second column goes on with what the first had open; its tags with a letter of another script are refused.
        let begun = tags.filter(|tag| tag.starts_with("B-")).count();
        let odd = content.matches("И-").count();
        let files = std::slice::from_ref(file);
        assert_eq!(read(by_name("conll").unwrap(), files, &options(), Progress::none()).is_err(), odd > 0, "{stem}");
        let result = read_as("conll", files, &ReadOptions { keep_going: true, ..options() });
        let errors = result.problems.iter().filter(|p| p.severity == Severity::Error).count();
        // Somebody's slips: spans that begin with `I-`, after a word of which no tag has that label.
        let rows: Vec<_> = content.lines().collect();
        let labels = |row: &str| -> Vec<String> {
            row.split('\t').skip(1).filter_map(|tag| tag.strip_prefix("I-")).map(|label| format!("-{label}")).collect()
        };
        let slips = |pair: &[&str]| labels(pair[1]).iter().filter(|label| !pair[0].contains(*label)).count();
        let slips: usize = rows.windows(2).map(slips).sum();
        assert_eq!((counts(&result), errors), (begun + slips, odd), "{stem}: {:?}", result.problems);
        assert_eq!(result.problems.len(), odd + usize::from(slips > 0), "{stem}: {:?}", result.problems);
    }
    // Two annotators of the same words are two layers of one document.
    let alice = ["AliceInWonderland_1", "AliceInWonderland_2"].map(|stem| novels[stem].clone());
    let result = read_as("conll", &alice, &options());
    let annotators: Vec<_> = result.documents.iter().flat_map(|d| &d.layers).map(|l| l.annotator.as_str()).collect();
    assert_eq!((result.documents.len(), annotators), (1, vec!["AliceInWonderland_1", "AliceInWonderland_2"]));
}

#[test]
fn conllu_of_others_gives_its_text_and_every_bracket() {
    let Some(root) = shared("conllu_of_others_gives_its_text_and_every_bracket", "") else { return };
    let files = gather(&root.join("gum-wikinews/conllu")).unwrap();
    assert_eq!(files.len(), 6);
    let mut all = 0;
    for file in &files {
        let result = read_as("conllu", std::slice::from_ref(file), &options());
        let content = std::str::from_utf8(&file.bytes).unwrap();
        let [document] = &result.documents[..] else { panic!("{}", file.name) };
        // The text of every sentence, one after the other.
        let mut rest = document.text.as_str();
        for sentence in content.lines().filter_map(|line| line.strip_prefix("# text = ")) {
            let at = rest.find(sentence).unwrap_or_else(|| panic!("{}: {sentence}", file.name));
            assert!(rest[..at].trim().is_empty(), "{}: {}", file.name, &rest[..at]);
            rest = &rest[at + sentence.len()..];
        }
        assert!(rest.trim().is_empty());
        let misc = content.lines().filter_map(|line| line.split('\t').nth(9));
        let brackets: usize = misc
            .flat_map(|cell| cell.split('|'))
            .filter(|f| f.starts_with("Entity="))
            .map(|f| f.matches('(').count())
            .sum();
        assert_eq!(counts(&result), brackets, "{}", file.name);
        let told: Vec<_> = result.problems.iter().map(ToString::to_string).collect();
        assert!(told.len() == 1 && told[0].contains("lemmas"), "{told:?}");
        assert!(document.metadata.url.as_ref().is_some_and(|url| url.starts_with("https://en.wikinews.org/")));
        all += brackets;
    }
    assert_eq!(marked(&read_as("conllu", &files[..1], &options()), "event")[0], "visa snags");
    println!("{all} brackets");
    // Written by hand with spaces: one has ten columns, of the other six are left.
    let file = |name: &str| gather(&root.join("gatenlp/debug").join(name)).unwrap();
    let result = read_as("conllu", &file("conllu02.conllu"), &options());
    assert_eq!(result.documents[0].text.as_str(), "Slovenská ústava: pro i proti");
    let refused = read(by_name("conllu").unwrap(), &file("conllu01.conllu"), &options(), Progress::none());
    let message = refused.unwrap_err().to_string();
    assert!(message.starts_with("error: conllu01.conllu:3: expected 10 columns separated by tabs"), "{message}");
}
