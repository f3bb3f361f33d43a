//! What only these two formats can get wrong.

use super::*;
use crate::formats::output::{ExportDocument, Memory};
use crate::formats::testing::{any_sample, cases, flattened, input_files, options, sample_of};
use crate::formats::{losses, read, write};
use crate::model::Project;
use crate::model::testing::{annotation, key, layer_over, scheme};
use proptest::prelude::*;

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn what_was_written_read_and_written_again_has_the_same_bytes(sample in any_sample()) {
        // A layer in which nothing was done says nothing, and a text that nobody worked on comes back with one.
        let sample = sample.worked_on();
        for format in [&Xmi as &dyn Format, &CasJson] {
            let mut first = Memory::default();
            write(format, &sample.input(), &flattened(), &mut first, Progress::none()).unwrap();
            let result = read(format, &input_files(&first), &options(), Progress::none()).unwrap();
            let (again, mut second) = (sample_of(&sample.project, &result).worked_on(), Memory::default());
            write(format, &again.input(), &flattened(), &mut second, Progress::none()).unwrap();
            prop_assert_eq!(second.0.keys().collect::<Vec<_>>(), first.0.keys().collect::<Vec<_>>());
            for (name, before) in &first.0 {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let (before, after) = (text(before), text(&second.0[name]));
                for (before, after) in before.lines().zip(after.lines()) {
                    prop_assert_eq!(after, before, "{}", name);
                }
                prop_assert_eq!(after.len(), before.len());
            }
        }
    }
}

#[test]
fn plain_files_hold_labels_values_links_and_notes_and_nothing_of_ours() {
    let mut layer = layer_over("Zoë 🐢 pays 8 %");
    let mut claim = annotation(1, "claim (direct)", 0..4);
    claim.attributes.insert("from".into(), "é\n".into());
    claim.attributes.insert("checked".into(), crate::model::Value::YesNo(true));
    claim.note = "a \"note\"\r".to_owned();
    layer.insert(claim).unwrap();
    layer.insert(annotation(2, "claim direct", 5..9)).unwrap();
    layer.insert_link(crate::model::testing::link(1, "says", 1, 2)).unwrap();
    let document = crate::edit::testing::document(key().document, layer.text());
    let project = Project::new("T", scheme());
    let documents = vec![ExportDocument { document: &document, text: layer.text(), layers: vec![&layer] }];
    let input = ExportInput { project: &project, documents };
    for format in [&Xmi as &dyn Format, &CasJson] {
        let mut memory = Memory::default();
        let plain = ExportOptions { plain: true, ..flattened() };
        write(format, &input, &plain, &mut memory, Progress::none()).unwrap();
        assert!(memory.0.values().all(|bytes| !String::from_utf8_lossy(bytes).contains("byline")));
        let result = read(format, &input_files(&memory), &options(), Progress::none()).unwrap();
        let found = &result.documents[0].layers[0];
        let expected: Vec<_> = layer.annotations().map(|a| (&a.label, &a.span, &a.attributes, &a.note)).collect();
        let again: Vec<_> = found.annotations.iter().map(|a| (&a.label, &a.span, &a.attributes, &a.note)).collect();
        assert_eq!(again, expected, "{}", format.card().name);
        assert_eq!((found.links.len(), found.links[0].kind.as_str()), (1, "says"));
    }
}

#[test]
fn characters_that_xml_does_not_have_are_named_before_and_put_back_after() {
    let layer = layer_over("a\u{b}b \u{1f422}\u{b}\u{fffe}");
    let document = crate::edit::testing::document(key().document, layer.text());
    let project = Project::new("T", scheme());
    let documents = vec![ExportDocument { document: &document, text: layer.text(), layers: Vec::new() }];
    let input = ExportInput { project: &project, documents };
    let lost: Vec<_> = losses(&Xmi, &input, &flattened()).iter().map(ToString::to_string).collect();
    let said = "0001-test: 3 characters that XML does not have (U+000B, U+FFFE), shown as pictures; Byline \
                reads it back";
    assert_eq!(lost, [said]);
    assert!(losses(&CasJson, &input, &flattened()).is_empty());
    for (plain, back) in [(false, layer.text().as_str()), (true, "a\u{240b}b \u{1f422}\u{240b}\u{fffd}")] {
        let mut memory = Memory::default();
        write(&Xmi, &input, &ExportOptions { plain, ..flattened() }, &mut memory, Progress::none()).unwrap();
        let result = read(&Xmi, &input_files(&memory), &options(), Progress::none()).unwrap();
        assert_eq!(result.documents[0].text.as_str(), back);
        assert!(result.problems.is_empty(), "{:?}", result.problems);
    }
}

#[test]
fn without_its_text_a_file_finds_the_text_of_the_project() {
    let mut layer = layer_over("Zoë 🐢 pays");
    layer.insert(annotation(1, "claim", 5..9)).unwrap();
    let document = crate::edit::testing::document(key().document, layer.text());
    let project = Project::new("T", scheme());
    let documents = vec![ExportDocument { document: &document, text: layer.text(), layers: vec![&layer] }];
    let input = ExportInput { project: &project, documents };
    for format in [&Xmi as &dyn Format, &CasJson] {
        let mut memory = Memory::default();
        let without = ExportOptions { without_text: true, ..flattened() };
        write(format, &input, &without, &mut memory, Progress::none()).unwrap();
        assert!(memory.0.values().all(|bytes| !String::from_utf8_lossy(bytes).contains("pays")));
        let files = input_files(&memory);
        let refused = read(format, &files, &options(), Progress::none()).unwrap_err().to_string();
        assert!(refused.contains("1 annotation of a view without text"), "{refused}");
        let known = crate::formats::ReadOptions { texts: vec![layer.text().clone()], ..options() };
        let result = read(format, &files, &known, Progress::none()).unwrap();
        assert_eq!(result.documents[0].layers[0].annotations.len(), 1);
    }
}

#[test]
fn lists_that_run_in_circles_or_share_much_end() {
    let many: String = (0..2_000).map(|_| " 3").collect();
    let hosts: String =
        (10..2_010).map(|id| format!("<c:A xmi:id=\"{id}\" sofa=\"1\" begin=\"0\" end=\"1\" of=\"2\"/>\n")).collect();
    let xmi = format!(
        "<xmi:XMI xmlns:xmi=\"http://www.omg.org/XMI\" xmlns:cas=\"http:///uima/cas.ecore\" xmlns:c=\"http:///c.ecore\">
        <cas:Sofa xmi:id=\"1\" sofaNum=\"1\" sofaID=\"_InitialView\" sofaString=\"ab\"/>
        <cas:FSArray xmi:id=\"2\" elements=\"{many}\"/>
        <cas:NonEmptyFSList xmi:id=\"3\" head=\"4\" tail=\"3\"/>
        <c:A xmi:id=\"4\" sofa=\"1\" begin=\"0\" end=\"1\" list=\"3\"/>
        {hosts}
        <cas:View sofa=\"1\" members=\"4 {}\"/></xmi:XMI>",
        (10..2_010).map(|id| format!("{id} ")).collect::<String>()
    );
    let types = "<typeSystemDescription><types><typeDescription><name>c.A</name>
        <supertypeName>uima.tcas.Annotation</supertypeName><features>
        <featureDescription><name>of</name><rangeTypeName>uima.cas.FSArray</rangeTypeName></featureDescription>
        <featureDescription><name>list</name><rangeTypeName>uima.cas.FSList</rangeTypeName></featureDescription>
        </features></typeDescription></types></typeSystemDescription>";
    let files = [InputFile::new("a.xmi", xmi), InputFile::new("TypeSystem.xml", types)];
    let keep_going = crate::formats::ReadOptions { keep_going: true, ..options() };
    let result = read(&Xmi, &files, &keep_going, Progress::none()).unwrap();
    // All say the same at the same place: one is taken in, and no link of it to itself.
    assert_eq!(result.documents[0].layers[0].annotations.len(), 1);
}

#[test]
fn the_first_view_may_have_no_sofa_and_what_stands_in_it_is_named() {
    let xmi = "<xmi:XMI xmlns:xmi=\"http://www.omg.org/XMI\" xmlns:cas=\"http:///uima/cas.ecore\" xmlns:c=\"http:///c.ecore\">
        <c:A xmi:id=\"1\" begin=\"0\" end=\"1\"/>
        <c:A xmi:id=\"2\" sofa=\"9\" begin=\"0\" end=\"1\"/>
        <cas:Sofa xmi:id=\"9\" sofaNum=\"2\" sofaID=\"other\" sofaString=\"é\"/>
        <cas:View members=\"1\"/><cas:View sofa=\"9\" members=\"2\"/></xmi:XMI>";
    let files = [InputFile::new("a.xmi", xmi)];
    let refused = read(&Xmi, &files, &options(), Progress::none()).unwrap_err().to_string();
    assert!(refused.contains("1 annotation of a view without text"), "{refused}");
    let keep_going = crate::formats::ReadOptions { keep_going: true, ..options() };
    let result = read(&Xmi, &files, &keep_going, Progress::none()).unwrap();
    assert_eq!(result.documents[0].layers[0].annotations.len(), 1);
}

#[test]
fn json_nested_deeper_than_any_cas_is_refused() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let json =
        format!("{{\"%TYPES\": {{}}, \"%FEATURE_STRUCTURES\": [{{\"%ID\": 1, \"%TYPE\": \"a\", \"b\": {deep}}}]}}");
    let refused = read(&CasJson, &[InputFile::new("a.json", json)], &options(), Progress::none()).unwrap_err();
    assert!(refused.to_string().contains("recursion limit"), "{refused}");
}
