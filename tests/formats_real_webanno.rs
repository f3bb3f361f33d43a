//! WebAnno TSV that INCEpTION and a corpus of news wrote, read in place: every annotation and relation, or a reason; and
//! the same bytes again where a file holds nothing that Byline says otherwise.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod shared_data;

use byline::edit::{Stamp, State};
use byline::formats::import::{ImportOptions, plan};
use byline::formats::output::{ExportDocument, ExportInput, Memory};
use byline::formats::{
    ExportOptions, InputFile, Progress, ReadError, ReadOptions, ReadResult, by_name, gather::load, read, recognise,
    write,
};
use byline::model::{Layer, Project, Scheme};
use shared_data::shared;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The files below a folder that are of this format.
fn files_below(folder: &Path) -> Vec<InputFile> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "tsv") {
                found.push(path);
            }
        }
    }
    found.sort();
    let files = found.iter().map(|path| load(path, path.strip_prefix(folder).unwrap().display().to_string()).unwrap());
    files.filter(|file| file.bytes.starts_with(b"#FORMAT")).collect()
}

fn read_alone(file: &InputFile) -> ReadResult {
    let files = std::slice::from_ref(file);
    assert_eq!(recognise(files).first().map(|f| f.card().name), Some("webanno"), "{}", file.name);
    let mut options = ReadOptions::new("reader", chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap());
    options.keep_going = true;
    match read(by_name("webanno").unwrap(), files, &options, Progress::none()) {
        Ok(result) => result,
        Err(ReadError::Refused(problems)) => panic!("{}: {problems:?}", file.name),
        Err(error) => panic!("{error}"),
    }
}

/// Annotations and relations of a file, counted without our reader: by id, or one for each part of a cell without.
fn expected(file: &InputFile) -> (usize, usize) {
    let content = std::str::from_utf8(&file.bytes).unwrap().replace("\\|", " ").replace("\\]", " ");
    let mut first_columns: Vec<(usize, bool)> = Vec::new();
    let mut froms: Vec<usize> = Vec::new();
    let mut width = 3;
    for layer in content.lines().filter(|line| line.starts_with("#T_")) {
        let columns = layer.split('|').count() - 1;
        if layer.starts_with("#T_RL") {
            froms.push(width + columns - 1);
        } else if !layer.contains("Lemma|") {
            first_columns.push((width, layer.starts_with("#T_CH")));
        }
        width += columns;
    }
    let (mut annotations, mut relations) = (0, 0);
    let mut seen = BTreeSet::new();
    for row in content.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())) {
        let cells: Vec<&str> = row.split('\t').collect();
        for (column, is_chain) in &first_columns {
            // `_[1]` is a host whose slots are empty; `_` alone may be one where the next column says so.
            let cell = if cells[*column] == "_" { cells.get(column + 1).filter(|c| **c == "*") } else { None };
            let cell = *cell.unwrap_or(&cells[*column]);
            for part in cell.split('|').filter(|part| *part != "_") {
                let id = if *is_chain {
                    part.rsplit_once("->")
                } else {
                    part.strip_suffix(']').and_then(|p| p.rsplit_once('['))
                };
                let is_new =
                    id.filter(|_| !part.ends_with("\\]")).is_none_or(|(_, id)| seen.insert((*column, id.to_owned())));
                annotations += usize::from(is_new);
            }
        }
        relations +=
            froms.iter().map(|column| cells[*column].split('|').filter(|part| *part != "_").count()).sum::<usize>();
    }
    (annotations, relations)
}

/// How many annotations and links a problem gives a reason for not being there.
fn explained(problem: &str) -> (usize, usize) {
    let cause = problem.splitn(3, ": ").nth(2).unwrap_or_default();
    match cause {
        _ if cause.contains("` of a word with itself") => (0, cause.split(' ').next().unwrap().parse().unwrap()),
        _ if cause.starts_with("link ") => (0, 1),
        _ if cause.starts_with("annotation `") || cause.contains("says the same as an earlier one") => (1, 0),
        _ => (0, 0),
    }
}

#[test]
fn every_annotation_and_relation_of_others_is_read_or_has_a_reason() {
    let name = "every_annotation_and_relation_of_others_is_read_or_has_a_reason";
    let (Some(inception), Some(gum)) = (shared(name, "inception"), shared(name, "gum-wikinews")) else { return };
    let (mut files, mut all, mut links) = (0, 0, 0);
    for file in files_below(&inception).iter().chain(&files_below(&gum)) {
        let (annotations, relations) = expected(file);
        let result = read_alone(file);
        let layers = || result.documents.iter().flat_map(|d| &d.layers);
        // Words at which relations end come in with them; slots and chains are links of other kinds.
        let found = layers().flat_map(|l| &l.annotations).filter(|a| a.label != "Token").count();
        let content = std::str::from_utf8(&file.bytes).unwrap();
        let slots = content.contains("ROLE_") || content.contains("#T_CH");
        let reasons = result.problems.iter().map(|p| explained(&p.to_string()));
        let (left, links_left) = reasons.fold((0, 0), |sum, more| (sum.0 + more.0, sum.1 + more.1));
        assert_eq!(found + left, annotations, "{}: {:?}", file.name, result.problems);
        let found_links: usize = layers().map(|l| l.links.len()).sum();
        // Two relations between the same two become one link, whose note says both.
        let joined: usize = layers()
            .flat_map(|l| &l.links)
            .map(|l| l.note.matches("\nrel1: ").count() + l.note.matches("\nboolValue: ").count())
            .sum();
        assert!(slots || found_links + links_left + joined == relations, "{}: {found_links} of {relations}", file.name);
        for document in &result.documents {
            assert_eq!(document.verdict.verified, document.verdict.of, "{}", file.name);
            assert_eq!(document.verdict.counting.to_string(), "UTF-16 units", "{}", file.name);
        }
        (files, all, links) = (files + 1, all + found, links + found_links);
    }
    println!("{all} annotations and {links} links in {files} files");
    assert!(files >= 105 && all > 4_000 && links > 1_900);
}

/// What was read, taken into an empty project and written as other programs write it.
fn written_again(result: ReadResult) -> Memory {
    let mut state = State::new(Project::new("Again", Scheme::default()));
    let at = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    let stamp = Stamp::by_hand(at);
    let options = ImportOptions { add_to_scheme: true, ..ImportOptions::default() };
    let texts: Vec<_> = result.documents.iter().map(|document| document.text.clone()).collect();
    let (change, _) = plan(&state, result, &options, &stamp).unwrap();
    state.apply(&change).unwrap();
    let documents = state.project.documents.iter().zip(&texts).map(|(document, text)| ExportDocument {
        document,
        text,
        layers: state.layers().filter(|layer: &&Layer| layer.key().document == document.id).collect(),
    });
    let input = ExportInput { project: &state.project, documents: documents.collect() };
    let options = ExportOptions { plain: true, ..ExportOptions::default() };
    let mut memory = Memory::default();
    write(by_name("webanno").unwrap(), &input, &options, &mut memory, Progress::none()).unwrap();
    memory
}

/// What INCEpTION writes and Byline says otherwise: slots and chains are links; ids of sentences, lemmas, empty
/// annotations and roots of sentences are left out; of annotations that say the same one is kept; a relation has no
/// column that all leave empty, and its words are marked.
fn is_said_otherwise(file: &InputFile, result: &ReadResult) -> bool {
    let content = std::str::from_utf8(&file.bytes).unwrap();
    let others =
        ["ROLE_", "#T_CH", "Sentence.id", "Lemma|", "BT_de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Token"];
    let relation = content.lines().find(|line| line.starts_with("#T_RL"));
    let columns = relation.map_or(0, |line| line.split('|').count() - 2);
    let links = || result.documents.iter().flat_map(|d| &d.layers).flat_map(|l| &l.links);
    let empty = relation.is_some() && links().all(|link| link.note.lines().count() < columns);
    let problems = result.problems.iter().any(|p| !p.to_string().contains("stand in"));
    others.iter().any(|other| content.contains(other)) || empty || problems
}

#[test]
fn what_inception_wrote_has_the_same_bytes_again() {
    let Some(folder) = shared("what_inception_wrote_has_the_same_bytes_again", "inception") else { return };
    let (mut same, mut otherwise) = (0, 0);
    // Words are found anew: “Ms.” is one in the first, “onetwo” is two in the second. In the third, relations between the
    // same two stand apart.
    let others = [
        "tsv3/example2.tsv",
        "tsv3-suite/testTwoSentencesWithNoSpaceInBetween/reference.tsv",
        "curation-multi-annotator/relStackedTest/user2.tsv",
    ];
    for file in files_below(&folder).iter().filter(|file| !others.contains(&file.name.as_str())) {
        let result = read_alone(file);
        if is_said_otherwise(file, &result) {
            otherwise += 1;
            continue;
        }
        let again = written_again(result);
        let again = String::from_utf8(again.0.into_values().next().unwrap()).unwrap();
        assert_eq!(again, std::str::from_utf8(&file.bytes).unwrap(), "{}", file.name);
        same += 1;
    }
    println!("{same} files the same bytes, {otherwise} that say something otherwise");
    assert!(same >= 35, "{same}");
}
