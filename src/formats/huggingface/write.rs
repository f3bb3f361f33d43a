//! Which configurations and files there are.

use super::card::{self, Config, Written};
use super::rows::{self, Tags};
use super::table::Table;
use crate::formats::encode::json_from_scheme;
use crate::formats::losses::{Policy, flatten};
use crate::formats::output::{
    ExportDocument, ExportInput, ExportOptions, Sink, Verified, Verifier, WriteError, io_at, put, unique_stems,
};
use crate::formats::read::Progress;
use crate::formats::split::{Part, Undivided, parts};
use crate::formats::word_files::Cut;
use crate::model::{Layer, Name, sha256_hex};
use std::collections::BTreeSet;

/// The split of documents on which nobody has worked; only `spans` has it.
pub const UNANNOTATED: &str = "unannotated";

pub fn write(
    input: &ExportInput,
    options: &ExportOptions,
    sink: &mut dyn Sink,
    progress: Progress,
) -> Result<Verified, WriteError> {
    let splits = splits(input, options)?;
    let layers = || input.documents.iter().flat_map(|document| document.layers.iter().copied());
    let used: BTreeSet<&Name> = layers().flat_map(Layer::annotations).map(|annotation| &annotation.label).collect();
    let mut configs = configs(&used, input, options);
    let names: Vec<&str> = Part::ALL.iter().map(|part| part.name()).chain([UNANNOTATED]).collect();
    let steps = configs.len() * input.documents.len();
    let mut step = 0;
    let mut verified = Verified::default();
    for config in &mut configs {
        for split in &names {
            let mut table = Table::new(config.fields.clone()).map_err(io_at(&config.name))?;
            for (document, _) in input.documents.iter().zip(&splits).filter(|(_, of)| of == &split) {
                progress.step(step, steps)?;
                step += 1;
                let mut verifier = Verifier::new(document);
                add(&mut table, document, config, input, options, &mut verifier)?;
                verified.slices += verifier.verified().slices;
            }
            if table.size().rows > 0 {
                let (size, path) = (table.size(), format!("{}/{split}-00000-of-00001.parquet", config.name));
                let bytes = table.finish().map_err(io_at(&path))?;
                put(sink, &path, &bytes)?;
                config.files.push(Written { split: (*split).to_owned(), path, size, sha256: sha256_hex(&bytes) });
            }
        }
    }
    configs.retain(|config| !config.files.is_empty());
    if !options.plain {
        let scheme = serde_json::to_string_pretty(&json_from_scheme(&input.project.scheme)).unwrap_or_default();
        put(sink, "scheme.json", format!("{scheme}\n").as_bytes())?;
    }
    put(sink, "README.md", card::page(&configs, input, options, &splits).as_bytes())?;
    progress.step(steps, steps)?;
    Ok(verified)
}

/// The split of each document. Only those on which somebody has worked are divided, so that the shares are theirs.
fn splits(input: &ExportInput, options: &ExportOptions) -> Result<Vec<&'static str>, Undivided> {
    let worked_on = |document: &&ExportDocument<'_>| document.layers.iter().any(|layer| layer.is_worked_on());
    let divided: Vec<&ExportDocument> = input.documents.iter().filter(worked_on).collect();
    let mut parts = parts(&divided, options.dataset.split)?.into_iter();
    let split = |document| if worked_on(&document) { parts.next().map(Part::name) } else { None };
    Ok(input.documents.iter().map(split).map(|name| name.unwrap_or(UNANNOTATED)).collect())
}

/// The configurations, the one that is loaded unasked in front.
fn configs<'a>(used: &BTreeSet<&'a Name>, input: &ExportInput, options: &ExportOptions) -> Vec<Config<'a>> {
    let scheme = &input.project.scheme;
    let mut configs = Vec::new();
    let mut of_tokens = |name: String, labels: &[&'a Name]| {
        let tags = Tags::new(labels.iter().copied(), scheme);
        configs.push(Config::new(name, rows::token_fields(&tags), Some(tags)));
    };
    let all: Vec<&Name> = used.iter().copied().collect();
    if options.without_text {
        // Words are text.
    } else if options.policy == Policy::OneFilePerLabel {
        let stems = unique_stems(all.iter().map(|name| name.as_str()));
        for label in all {
            let stem = stems.get(label.as_str()).map_or(label.as_str(), String::as_str);
            of_tokens(format!("tokens-{stem}"), &[label]);
        }
    } else {
        of_tokens("tokens".to_owned(), &all);
    }
    configs.push(Config::new("spans".to_owned(), rows::span_fields(options), None));
    configs
}

fn add<'a>(
    table: &mut Table,
    document: &ExportDocument<'a>,
    config: &mut Config,
    input: &ExportInput<'a>,
    options: &ExportOptions,
    verifier: &mut Verifier<'a>,
) -> Result<(), WriteError> {
    let mut layers = document.layers.iter().copied().filter(|layer| layer.is_worked_on()).peekable();
    let Some(tags) = &config.tags else {
        let nobody = layers.peek().is_none().then_some(None);
        for layer in layers.map(Some).chain(nobody) {
            let row = rows::span_row(document, layer, input.project, options, verifier)?;
            table.add(&row).map_err(io_at(&config.name))?;
        }
        return Ok(());
    };
    if layers.peek().is_none() {
        return Ok(());
    }
    let cut = Cut::new(document, input, options);
    for layer in layers {
        let kept = flatten(layer, &input.project.scheme, options.policy).kept;
        let (row, left_out) = rows::token_row(document, layer, kept, &cut, tags, verifier)?;
        config.left_out += left_out;
        table.add(&row).map_err(io_at(&config.name))?;
    }
    Ok(())
}
