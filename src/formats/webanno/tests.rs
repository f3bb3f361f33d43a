//! What only WebAnno TSV can get wrong.

use super::*;
use crate::formats::output::{ExportDocument, Memory};
use crate::formats::testing::{any_sample, input_files, options};
use crate::formats::{Policy, ReadOptions, ReadResult, read, write};
use crate::model::testing::{annotation, key, layer_over, link, scheme};
use crate::model::{Document, DocumentId, Layer, LayerKey, Project, Text, Value};
use proptest::prelude::*;

const OPTIONS: ExportOptions =
    ExportOptions { policy: Policy::EarliestFirst, without_text: false, plain: false, bom: false };
const PLAIN: ExportOptions = ExportOptions { plain: true, ..OPTIONS };

/// What was read, written again in the same project.
fn written_again(project: &Project, result: &ReadResult, options: &ExportOptions) -> Memory {
    let mut kept: Vec<(Document, &Text, Vec<Layer>)> = Vec::new();
    for document in &result.documents {
        let id = DocumentId::new(&document.id).unwrap();
        let mut layers = Vec::new();
        for imported in &document.layers {
            let key = LayerKey { document: id.clone(), annotator: imported.annotator.clone() };
            let mut layer = Layer::new(key, document.text.clone());
            imported.annotations.iter().for_each(|a| layer.insert(a.clone()).unwrap());
            imported.links.iter().for_each(|l| layer.insert_link(l.clone()).unwrap());
            layer.set_status(imported.status);
            layers.push(layer);
        }
        layers.retain(|layer| !layer.is_untouched());
        let mut about = crate::edit::testing::document(id, &document.text);
        about.title.clone_from(&document.title);
        about.metadata = document.metadata.clone();
        (about.direction, about.original) = (document.direction, document.original.clone());
        kept.push((about, &document.text, layers));
    }
    let documents =
        kept.iter().map(|(document, text, layers)| ExportDocument { document, text, layers: layers.iter().collect() });
    let mut memory = Memory::default();
    let input = ExportInput { project, documents: documents.collect() };
    write(&WebAnno, &input, options, &mut memory, Progress::none()).unwrap();
    memory
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_written_read_and_written_again_has_the_same_bytes(mut sample in any_sample()) {
        sample.documents.iter_mut().for_each(|(_, _, layers)| layers.retain(|layer| !layer.is_untouched()));
        let mut first = Memory::default();
        write(&WebAnno, &sample.input(), &OPTIONS, &mut first, Progress::none()).unwrap();
        let result = read(&WebAnno, &input_files(&first), &options(), Progress::none()).unwrap();
        prop_assert!(result.problems.is_empty(), "{:?}", result.problems);
        let second = written_again(&sample.project, &result, &OPTIONS);
        for (name, before) in &first.0 {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            prop_assert_eq!(text(&second.0[name]), text(before));
        }
    }
}
