//! `README.md`: the card that the Hub shows, whose front matter tells `load_dataset` what there is.

use super::agreement::agreements;
use super::feature::{self, Field};
use super::rows::Tags;
use super::table::Size;
use super::write::UNANNOTATED;
use super::yaml;
use crate::formats::encode::markdown;
use crate::formats::losses::Policy;
use crate::formats::output::{ExportInput, ExportOptions};
use crate::formats::split::{Part, SplitBy};
use crate::model::Name;
use std::collections::{BTreeMap, BTreeSet};

/// A configuration, as it was written.
#[derive(Debug)]
pub struct Config<'a> {
    pub name: String,
    pub fields: Vec<Field>,
    /// Those of its tokens; none for `spans`.
    pub tags: Option<Tags<'a>>,
    pub files: Vec<Written>,
    /// How many annotations have no tag.
    pub left_out: usize,
}

impl<'a> Config<'a> {
    pub fn new(name: String, fields: Vec<Field>, tags: Option<Tags<'a>>) -> Self {
        Self { name, fields, tags, files: Vec::new(), left_out: 0 }
    }
}

/// A file of a configuration.
#[derive(Debug)]
pub struct Written {
    pub split: String,
    pub path: String,
    pub size: Size,
    pub sha256: String,
}

/// So many documents are listed in the card; the hashes of more are only in the column `sha256`.
const LISTED: usize = 500;

/// The whole card; `splits` are those of the documents.
pub fn page(configs: &[Config], input: &ExportInput, options: &ExportOptions, splits: &[&str]) -> String {
    let mut page = front_matter(configs, input, options);
    page += &format!("\n# {}\n\nWritten by Byline.\n", markdown(&input.project.name));
    page += &loading(configs);
    page += &columns(configs, options);
    page += &divided(configs, options, splits);
    page += &labels(input, splits);
    page += &links(input);
    page += &annotators(input);
    page += &format!(
        "\n## Licence\n\n{}\n",
        match &options.dataset.license {
            Some(license) => markdown(license),
            None => "Nobody has said under which licence this may be used.".to_owned(),
        }
    );
    page += &documents(input, splits);
    page += "\n## Files\n\n| file | rows | SHA-256 |\n|---|---|---|\n";
    for file in configs.iter().flat_map(|config| &config.files) {
        page += &format!("| `{}` | {} | `{}` |\n", file.path, file.size.rows, file.sha256);
    }
    page
}

fn front_matter(configs: &[Config], input: &ExportInput, options: &ExportOptions) -> String {
    let rows =
        configs.iter().filter(|c| c.tags.is_none()).flat_map(|c| &c.files).map(|file| file.size.rows).sum::<usize>();
    let size = match rows {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        _ => "1M<n<10M",
    };
    let mut out = format!("---\npretty_name: {}\n", yaml(&input.project.name));
    // The Hub has a list of names; what is none of these has a name of its own.
    let is_name = |license: &str| license.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._+".contains(&b));
    out += &match options.dataset.license.as_deref() {
        None => "license: unknown\n".to_owned(),
        Some(license) if is_name(license) => format!("license: {}\n", yaml(&license.to_ascii_lowercase())),
        Some(license) => format!("license: other\nlicense_name: {}\n", yaml(license)),
    };
    let languages = languages(input);
    if !languages.is_empty() {
        out += "language:\n";
        out += &languages.iter().map(|language| format!("- {}\n", yaml(language))).collect::<String>();
    }
    out += &format!("task_categories:\n- token-classification\nsize_categories:\n- {size}\n");
    if configs.is_empty() {
        return out + "---\n";
    }
    out += "configs:\n";
    for (n, config) in configs.iter().enumerate() {
        out += &format!("- config_name: {}\n", yaml(&config.name));
        out += if n == 0 { "  default: true\n" } else { "" };
        out += "  data_files:\n";
        for file in &config.files {
            out += &format!("  - split: {}\n    path: {}\n", file.split, yaml(&file.path));
        }
    }
    out += "dataset_info:\n";
    for config in configs {
        out += &format!("- config_name: {}\n  features:\n", yaml(&config.name));
        out += &feature::card(&config.fields, 2);
        out += "  splits:\n";
        for file in &config.files {
            out += &format!(
                "  - name: {}\n    num_bytes: {}\n    num_examples: {}\n",
                file.split, file.size.bytes, file.size.rows
            );
        }
    }
    out + "---\n"
}

/// The languages of the documents, without regions and scripts, as the Hub lists them.
fn languages(input: &ExportInput) -> BTreeSet<String> {
    let tags = input.documents.iter().filter_map(|document| document.document.metadata.language.as_deref());
    let primary = tags.map(|tag| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase());
    primary.filter(|tag| (2..=3).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_lowercase())).collect()
}

fn loading(configs: &[Config]) -> String {
    let lines = configs.iter().map(|config| format!("load_dataset(\"path/of/this/folder\", \"{}\")\n", config.name));
    let lines: String = lines.collect();
    format!("\n```python\nfrom datasets import load_dataset\n\n{lines}```\n")
}

fn columns(configs: &[Config], options: &ExportOptions) -> String {
    let mut page = "
## Columns

A row is a document as one annotator marked it. Offsets (`start`, `end`, `starts`, `ends`) count Unicode code points from 0, as Python does; the end is not included.

In `spans`:

- `spans`: all annotations with their labels, overlapping or not. `start` and `end` hold a discontinuous one with its gaps, `fragments` its parts. `attributes` is a JSON object, `origin` is `hand` or JSON.
- `links`: from one annotation to another, by their `id` in `spans`.
- `entities`: the people and organisations to which attributes refer, as a JSON array.
- `metadata`: what is known about the document, as JSON. `sha256` is that of its text in UTF-8.
"
    .to_owned();
    if options.without_text {
        return page + "\nThe texts are left out: whoever has them finds the right ones by `sha256`.\n";
    }
    page += "
In `tokens`:

- `tokens` are the words of Unicode UAX #29 without white space, cut where an annotation of any annotator begins or ends inside one; `starts` and `ends` are their places in `text` of `spans`.
- `sentence_starts` has the first token of each sentence by its number, from 0.
- `ner_tags` are IOB2: `B-` begins an annotation, `I-` goes on with it, also over the gaps of a discontinuous one.
- `left_out` names the annotations that have no tag, because a token has one tag and white space none";
    page += match options.policy {
        Policy::Refuse => ".\n",
        Policy::LongestFirst => ": of those that overlap, the longest has it.\n",
        Policy::EarliestFirst => ": of those that overlap, the one that begins first has it.\n",
        Policy::LabelOrder => ": of those that overlap, the one whose label stands first in the scheme has it.\n",
        Policy::OneFilePerLabel => {
            ": each label has tokens of its own; of those of one label that overlap, the one that begins first has it.\n"
        }
    };
    for config in configs.iter().filter(|config| config.tags.is_some()) {
        page += &format!("\nAnnotations without a tag in `{}`: {}.", config.name, config.left_out);
    }
    page + "\n"
}

fn divided(configs: &[Config], options: &ExportOptions, splits: &[&str]) -> String {
    let split = options.dataset.split;
    let [train, validation, test] = split.shares;
    let shares = format!("The shares aimed at are {train} : {validation} : {test}.");
    let mut page = "\n## Splits\n\n".to_owned();
    page += &match split.by {
        SplitBy::Nothing => "None was made: all documents are in `train`.".to_owned(),
        SplitBy::Random => format!("By chance, with the seed {}. {shares}", split.seed),
        SplitBy::Date => format!(
            "By date: the oldest documents are in `train`, the newest in `test`, and those of one day together. {shares}"
        ),
        SplitBy::Source => format!(
            "By source, or by the host of the address: the documents of one source are together, and so are all of \
             unknown source. Which source is where was left to chance, with the seed {}. {shares}",
            split.seed
        ),
    };
    if split.by != SplitBy::Nothing {
        page += " No document is in two splits, and documents that say the same, up to white space, case and \
                 punctuation, are in one.";
    }
    if splits.contains(&UNANNOTATED) {
        page += &format!(" Documents on which nobody has worked are in `{UNANNOTATED}`, which only `spans` has.");
    }
    page += "\n\n| split | documents | rows |\n|---|---|---|\n";
    for name in Part::ALL.iter().map(|part| part.name()).chain([UNANNOTATED]) {
        let count = splits.iter().filter(|of| **of == name).count();
        let files = configs.iter().filter(|c| c.tags.is_none()).flat_map(|c| &c.files);
        let rows: usize = files.filter(|file| file.split == name).map(|file| file.size.rows).sum();
        page += &format!("| {name} | {count} | {rows} |\n");
    }
    page
}

/// How often each label stands in each split.
fn labels(input: &ExportInput, splits: &[&str]) -> String {
    let labels = &input.project.scheme.labels;
    let rank = |name: &Name| labels.iter().position(|label| label.name == *name).unwrap_or(usize::MAX);
    // Those of the scheme that nobody used are part of what was asked.
    let none = labels.iter().enumerate().map(|(n, label)| ((n, &label.name), [0; 3]));
    let mut counts: BTreeMap<(usize, &Name), [usize; 3]> = none.collect();
    for (document, split) in input.documents.iter().zip(splits) {
        let Some(part) = Part::ALL.iter().position(|part| part.name() == *split) else { continue };
        for annotation in document.layers.iter().flat_map(|layer| layer.annotations()) {
            counts.entry((rank(&annotation.label), &annotation.label)).or_default()[part] += 1;
        }
    }
    let mut page = "\n## Labels\n\n| label | train | validation | test | meaning |\n|---|---|---|---|---|\n".to_owned();
    for ((rank, label), [train, validation, test]) in counts {
        let meaning = labels.get(rank).map(|of| markdown(&of.description)).unwrap_or_default();
        page += &format!("| {} | {train} | {validation} | {test} | {meaning} |\n", markdown(label));
    }
    page
}

fn links(input: &ExportInput) -> String {
    let mut counts: BTreeMap<&Name, usize> = BTreeMap::new();
    for link in input.documents.iter().flat_map(|d| &d.layers).flat_map(|layer| layer.links()) {
        *counts.entry(&link.kind).or_default() += 1;
    }
    if counts.is_empty() {
        return String::new();
    }
    let mut page = "\n## Links\n\n| kind | count | meaning |\n|---|---|---|\n".to_owned();
    for (kind, count) in counts {
        let of = input.project.scheme.links.iter().find(|of| of.name == *kind);
        let meaning = of.map(|of| markdown(&of.description)).unwrap_or_default();
        page += &format!("| {} | {count} | {meaning} |\n", markdown(kind));
    }
    page
}

/// How much each annotator did, and how far they agree.
fn annotators(input: &ExportInput) -> String {
    let mut done: BTreeMap<&Name, (usize, usize)> = BTreeMap::new();
    for layer in input.documents.iter().flat_map(|d| &d.layers).filter(|layer| layer.is_worked_on()) {
        let (documents, annotations) = done.entry(&layer.key().annotator).or_default();
        (*documents, *annotations) = (*documents + 1, *annotations + layer.len());
    }
    let mut page = "\n## Annotators\n\n| annotator | documents | annotations |\n|---|---|---|\n".to_owned();
    for (annotator, (documents, annotations)) in done {
        page += &format!("| {} | {documents} | {annotations} |\n", markdown(annotator));
    }
    page += "\n## Agreement\n\n";
    let agreements = agreements(&input.documents);
    if agreements.is_empty() {
        return page + "Not known: no document was annotated by two people.\n";
    }
    page += "Over the documents on which both worked. The same are annotations with one label on exactly one extent; F1 \
             is twice their number by that of all annotations of both.\n\n\
             | annotators | documents | annotations | the same | F1 |\n|---|---|---|---|---|\n";
    for ([one, other], of) in agreements {
        let [first, second] = of.annotations;
        let f1 = of.f1().map_or_else(|| "–".to_owned(), |f1| format!("{f1:.3}"));
        let (one, other) = (markdown(one), markdown(other));
        page += &format!("| {one}, {other} | {} | {first}, {second} | {} | {f1} |\n", of.documents, of.same);
    }
    page
}

/// The documents, with the hashes of their texts and of the files that they came from.
fn documents(input: &ExportInput, splits: &[&str]) -> String {
    let mut page = "\n## Documents\n\n".to_owned();
    if input.documents.len() > LISTED {
        return page
            + "The SHA-256 of each text in UTF-8 is in the column `sha256`, that of the file from which it was taken in `metadata`.\n";
    }
    page += "The SHA-256 of the text in UTF-8, and that of the file from which it was taken.\n\n\
             | document | split | text | original file |\n|---|---|---|---|\n";
    for (document, split) in input.documents.iter().zip(splits) {
        let original =
            document.document.original.as_ref().map_or_else(String::new, |original| format!("`{}`", original.sha256));
        let id = markdown(document.document.id.as_str());
        page += &format!("| {id} | {split} | `{}` | {original} |\n", document.text.sha256());
    }
    page
}
