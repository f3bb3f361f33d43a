//! The page beside the files: what stands where, for somebody who has only spaCy.

use super::write::File;
use crate::formats::encode::markdown;

/// The page.
pub fn page(files: &[File]) -> String {
    let mut rows = String::new();
    for file in files {
        let whose = file.annotator.map_or_else(|| "nobody yet".to_owned(), |name| markdown(name));
        let label = file.label.map_or_else(|| "all".to_owned(), |name| markdown(name));
        let File { name, documents, spans, entities, sha256, .. } = file;
        rows += &format!("| `{name}` | {whose} | {label} | {documents} | {spans} | {entities} | `{sha256}` |\n");
    }
    format!("{HEAD}{rows}{BODY}")
}

const HEAD: &str = "\
# Annotations for spaCy

Written by Byline. Each `.spacy` file is a DocBin of spaCy 3 and holds the work of one annotator.

| file | annotator | labels | documents | spans | entities | SHA-256 |
|---|---|---|---|---|---|---|
";

const BODY: &str = r#"
```python
import spacy
from spacy.tokens import DocBin

nlp = spacy.blank("xx")
for doc in DocBin().from_disk("annotations.spacy").get_docs(nlp.vocab):
    for span in doc.spans["sc"]:
        print(span.label_, span.text, doc.user_data["annotations"][span.id_]["attributes"])
```

## What stands where

| in spaCy | holds |
|---|---|
| `doc.text` | the text as it was read, with its line ends |
| `doc.spans["sc"]` | all spans, overlapping ones too; a discontinuous span with its gaps |
| `doc.spans["fragments"]` | the parts of discontinuous spans, where there are any |
| `doc.ents` | spans that do not overlap, chosen among those that do; without white space at their ends |
| `span.id_`, `ent.id_` | the annotation, as in `a12`; the same in all of the above |
| `span.kb_id_`, `ent.kb_id_` | the Wikidata item of the person or organisation to which the annotation refers |
| `doc.user_data["annotations"]` | by annotation: label, start, end, fragments, attributes, note, origin, created, modified |
| `doc.user_data["links"]` | links: id, kind, from and to (annotations), note, origin, created, modified |
| `doc.user_data["entities"]` | by id, as in `e4`, the people and organisations to which attributes refer |
| `doc.user_data["document"]` | id, title, direction, metadata, the original file |
| `doc.user_data["sha256"]` | of the text in UTF-8 |
| `doc.user_data["annotator"]`, `["status"]` | whose work it is, and how far it is |
| `scheme.json` | labels, kinds of links and attributes, with what they mean |

Offsets count code points from 0, as Python does; the end is not included.

In `unannotated.spacy`, if it is there, are documents on which nobody has worked: their entities are missing values, which training passes over. In all other files a token outside of every entity is marked as such.

## Training

The tokens are the words of Unicode UAX #29, cut where a span begins or ends inside one, so that every span fits. A pipeline cuts its texts by rules of its own, and spaCy passes over an entity that does not fit those without a word. With `gold_preproc = true` in `[corpora.train]` and `[corpora.dev]` it takes the tokens of these files.
"#;
