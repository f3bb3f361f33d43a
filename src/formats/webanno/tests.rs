//! What only WebAnno TSV can get wrong.

use super::*;
use crate::formats::output::{ExportDocument, Memory};
use crate::formats::testing::{any_sample, cases, flattened, input_files, options, sample_of};
use crate::formats::{read, write};
use crate::model::testing::{annotation, key, layer_over, link, scheme};
use crate::model::{Layer, Project, Value};
use proptest::prelude::*;

fn plain() -> ExportOptions {
    ExportOptions { plain: true, ..flattened() }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn what_was_written_read_and_written_again_has_the_same_bytes(sample in any_sample()) {
        let sample = sample.worked_on();
        let mut first = Memory::default();
        write(&WebAnno, &sample.input(), &flattened(), &mut first, Progress::none()).unwrap();
        let result = read(&WebAnno, &input_files(&first), &options(), Progress::none()).unwrap();
        prop_assert!(result.problems.is_empty(), "{:?}", result.problems);
        let (again, mut second) = (sample_of(&sample.project, &result).worked_on(), Memory::default());
        write(&WebAnno, &again.input(), &flattened(), &mut second, Progress::none()).unwrap();
        for (name, before) in &first.0 {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            prop_assert_eq!(text(&second.0[name]), text(before));
        }
    }
}

/// A small file with what is hard: parts of words, stacks, marks over sentences, links between labels, escapes.
fn sample() -> (Layer, Project) {
    let mut layer = layer_over("Zoë 🐢 pays 8 %.  No\\one knows.\r\n\nEnd");
    let mut claim = annotation(1, "claim (direct)", 0..27);
    claim.attributes.insert("from".into(), "a_b|[1]\n".into());
    claim.attributes.insert("checked".into(), Value::YesNo(true));
    claim.note = "*".to_owned();
    layer.insert(claim).unwrap();
    layer.insert(annotation(2, "statistic", 15..18)).unwrap();
    layer.insert(annotation(3, "statistic", 15..16)).unwrap();
    layer.insert(annotation(4, "NamedEntity", 22..26)).unwrap();
    layer.insert(annotation(5, "NamedEntity", 10..12)).unwrap();
    let mut says = link(3, "says", 4, 2);
    says.note = "I think\\".to_owned();
    layer.insert_link(says).unwrap();
    let mut of = link(4, "of", 4, 5);
    of.note = "type: a;b".to_owned();
    layer.insert_link(of).unwrap();
    (layer, Project::new("T", scheme()))
}

fn file_of(layer: &Layer, project: &Project, options: &ExportOptions) -> Memory {
    let document = crate::edit::testing::document(key().document, layer.text());
    let documents = vec![ExportDocument { document: &document, text: layer.text(), layers: vec![layer] }];
    let mut memory = Memory::default();
    write(&WebAnno, &ExportInput { project, documents }, options, &mut memory, Progress::none()).unwrap();
    memory
}

#[test]
fn a_file_is_as_inception_writes_it() {
    let (layer, project) = sample();
    let memory = file_of(&layer, &project, &plain());
    let content = String::from_utf8(memory.0["0001-test.tsv"].clone()).unwrap();
    let expected = include_str!("sample.tsv");
    assert_eq!(content, expected);
}

#[test]
fn plain_files_hold_labels_values_links_and_notes_and_nothing_of_ours() {
    let (layer, project) = sample();
    let memory = file_of(&layer, &project, &plain());
    assert!(memory.0.values().all(|bytes| !String::from_utf8_lossy(bytes).contains("byline")));
    let result = read(&WebAnno, &input_files(&memory), &options(), Progress::none()).unwrap();
    assert!(result.problems.iter().all(|problem| problem.to_string().contains("values of 1 relation stand")));
    assert_eq!(result.documents[0].text.as_str(), layer.text().as_str());
    assert_eq!(result.documents[0].verdict.to_string(), "5 of 5 quotes verified in UTF-16 units");
    let found = &result.documents[0].layers[0];
    let said: Vec<_> = found.annotations.iter().map(|a| (a.label.as_str(), a.span.hull(), a.note.as_str())).collect();
    let expected = [
        ("claim_direct_", 0..27, "*"),
        ("NamedEntity", 10..12, ""),
        ("statistic", 15..18, ""),
        ("statistic", 15..16, ""),
        ("NamedEntity", 22..26, ""),
    ];
    assert_eq!(said, expected);
    let values: Vec<_> =
        found.annotations[0].attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(values, ["checked=yes", "from_2=a_b|[1]\n"]);
    let label = |id| found.annotations.iter().find(|a| a.id == id).unwrap().label.to_string();
    let links: Vec<_> =
        found.links.iter().map(|l| (l.kind.as_str(), label(l.from), label(l.to), l.note.as_str())).collect();
    let named = "NamedEntity".to_owned();
    assert_eq!(
        links,
        [("of", named.clone(), named.clone(), "type: a;b"), ("says", named, "statistic".to_owned(), "I think\u{29f5}")]
    );
    let without = ExportOptions { without_text: true, ..flattened() };
    let document = crate::edit::testing::document(key().document, layer.text());
    let documents = vec![ExportDocument { document: &document, text: layer.text(), layers: vec![&layer] }];
    let refused = write(
        &WebAnno,
        &ExportInput { project: &project, documents },
        &without,
        &mut Memory::default(),
        Progress::none(),
    );
    assert!(matches!(refused, Err(WriteError::NeedsText(_))));
}

#[test]
fn tokens_prove_in_what_others_counted() {
    let (layer, project) = sample();
    let memory = file_of(&layer, &project, &plain());
    let content = String::from_utf8(memory.0["0001-test.tsv"].clone()).unwrap();
    for (unit, of_turtle, of_diaeresis) in [(Unit::CodePoints, -1, 0), (Unit::Bytes, 2, 1)] {
        let moved = |offset: &str| {
            let offset: i64 = offset.parse().unwrap();
            offset + if offset > 4 { of_turtle } else { 0 } + if offset > 2 { of_diaeresis } else { 0 }
        };
        let lines = content.lines().map(|line| {
            let mut fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
            if let Some((begin, end)) = fields.get(1).and_then(|offsets| offsets.split_once('-')) {
                fields[1] = format!("{}-{}", moved(begin), moved(end));
            }
            fields.join("\t")
        });
        let counted = lines.collect::<Vec<_>>().join("\r\n");
        let files = [InputFile::new("a.tsv", counted)];
        let result = read(&WebAnno, &files, &options(), Progress::none()).unwrap();
        let found = &result.documents[0];
        assert_eq!(found.text.as_str(), layer.text().as_str());
        assert_eq!(found.verdict.to_string(), format!("5 of 5 quotes verified in {}", unit.name()));
        let spans: Vec<_> = found.layers[0].annotations.iter().map(|a| a.span.clone()).collect();
        assert_eq!(spans, layer.annotations().map(|a| a.span.clone()).collect::<Vec<_>>());
    }
}

#[test]
fn a_text_is_the_same_again_whatever_white_space_it_has() {
    for text in
        [" \n a. b", "\n", "  ", "a.\n\n\n  B", "a.   \n b\n", "a. \tB", "\t\u{301}x", "א.ב", "a\u{2028}\u{85}b\u{b}"]
    {
        let layer = layer_over(text);
        let memory = file_of(&layer, &Project::new("T", scheme()), &flattened());
        let result = read(&WebAnno, &input_files(&memory), &options(), Progress::none()).unwrap();
        assert_eq!(result.documents[0].text.as_str(), text);
        assert!(result.problems.is_empty(), "{:?}", result.problems);
    }
}

#[test]
fn files_that_mean_harm_are_refused_and_cost_little() {
    let refused = |content: String| {
        let files = [InputFile::new("a.tsv", format!("#FORMAT=WebAnno TSV 3.3\n{content}"))];
        read(&WebAnno, &files, &options(), Progress::none()).unwrap_err().to_string()
    };
    let far = refused("\n#Text=a\n1-1\t4294967295-4294967296\ta\t\n".to_owned());
    assert!(far.contains("offsets such as `4-8`"), "{far}");
    let far = refused("\n#Text=a\n1-1\t4294967294-4294967295\ta\t\n".to_owned());
    assert!(far.contains("found one at 4294967294, far behind it"), "{far}");
    let wide = refused(format!("#T_SP=a.B{}\n", "|x".repeat(10_001)));
    assert!(wide.contains("10001 columns"), "{wide}");
    // A stack of many, ended by one that is wrong.
    let count = 100_000;
    let stack: String = (1..=count).map(|n| format!("x[{n}]|")).collect();
    let links: String = (1..=count).map(|n| format!("1-1[{n}_1]|")).collect();
    let high = refused(format!(
        "#T_SP=a.B|v\n#T_RL=a.C|BT_a.B\n\n#Text=a\n1-1\t0-1\ta\t{stack}y[?]\t{links}1-1[0_9999999]\t\n"
    ));
    assert!(high.contains("numbers in the brackets"), "{}", &high[..200]);
    let high = refused(format!(
        "#T_SP=a.B|v\n#T_RL=a.C|BT_a.B\n\n#Text=a\n1-1\t0-1\ta\t{stack}y[{count}0]\t{links}1-1[0_9999999]\t\n"
    ));
    assert!(high.contains("refers to `1-1[9999999]`, which does not exist"), "{}", &high[..200]);
}
