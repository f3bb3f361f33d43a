//! `byline export`: writes a project in an exchange format.

use super::console::{Console, Failure, Issue, counted, lines, system_words};
use super::project;
use super::waiting::Waiting;
use crate::edit::State;
use crate::formats::losses::{Loss, Policy, losses};
use crate::formats::output::Folder;
use crate::formats::{
    self, DatasetOptions, ExportDocument, ExportInput, ExportOptions, Format, Progress, Shown, Split, TagScheme,
    WriteError, Written,
};
use crate::model::{DocumentId, Layer, Name};
use clap::Args;
use clap::builder::{NonEmptyStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Write a project in an exchange format
// Each is an option of its own on the command line.
#[expect(clippy::struct_excessive_bools)]
#[derive(Args)]
pub struct Arguments {
    /// Folder of the project
    dir: PathBuf,
    /// Format
    #[arg(long, value_parser = super::format_parser())]
    format: &'static dyn Format,
    /// Folder or file to write
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// Only the layers of this annotator; can be repeated
    #[arg(long, value_name = "NAME")]
    annotator: Vec<String>,
    /// Only this document; can be repeated
    #[arg(long, value_name = "ID")]
    document: Vec<String>,
    /// What is written where the format cannot hold overlapping or discontinuous spans
    #[arg(long, visible_alias = "policy", value_name = "POLICY", default_value = "refuse", value_parser = policies())]
    flatten: Policy,
    /// How the tags of CoNLL files say where a span begins and ends
    #[arg(long, value_name = "SCHEME", default_value = "iob2", value_parser = schemes())]
    tags: TagScheme,
    /// Which documents of a dataset are for training, validation and test: `none`, `random`, `date` or `source`, with
    /// shares such as `random:80/10/10`
    #[arg(long, value_name = "SPLIT")]
    split: Option<Split>,
    /// What chance begins with, where the split leaves something to it
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Licence of a dataset, such as `cc-by-4.0`
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    license: Option<String>,
    /// Leave the texts out; of them the files hold at most the marked words, or also 32 characters around them
    #[arg(long, value_name = "SHOWN", num_args = 0..=1, require_equals = true, default_missing_value = "offsets", value_parser = shown())]
    without_text: Option<Shown>,
    /// Leave out what only Byline reads back, so that the files are as the format's own programs write them
    #[arg(long)]
    plain: bool,
    /// Begin tables without a byte order mark (Excel then takes letters beyond ASCII for others)
    #[arg(long)]
    no_bom: bool,
    /// Replace files that are there already
    #[arg(long)]
    force: bool,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

fn policies() -> impl TypedValueParser<Value = Policy> {
    let value = |policy: Policy| {
        let short = match policy {
            Policy::Refuse => None,
            Policy::LongestFirst => Some("longest"),
            Policy::EarliestFirst => Some("earliest"),
            Policy::LabelOrder => Some("label"),
            Policy::OneFilePerLabel => Some("file-per-label"),
        };
        PossibleValue::new(policy.option()).aliases(short)
    };
    PossibleValuesParser::new(Policy::ALL.map(value)).try_map(move |name| {
        let named = |policy: &Policy| value(*policy).matches(&name, false);
        Policy::ALL.into_iter().find(named).ok_or("no such policy")
    })
}

fn shown() -> impl TypedValueParser<Value = Shown> {
    PossibleValuesParser::new(Shown::ALL.map(Shown::option))
        .try_map(|name| Shown::ALL.into_iter().find(|shown| shown.option() == name).ok_or("no such part of a text"))
}

fn schemes() -> impl TypedValueParser<Value = TagScheme> {
    let value = |scheme: TagScheme| {
        let others: &[&str] = match scheme {
            TagScheme::Iob1 => &[],
            TagScheme::Iob2 => &["bio", "iob"],
            TagScheme::Iobes => &["bioes"],
            TagScheme::Bilou => &["biluo"],
        };
        PossibleValue::new(scheme.option()).aliases(others.iter().copied())
    };
    PossibleValuesParser::new(TagScheme::ALL.map(value)).try_map(move |name| {
        let named = |scheme: &TagScheme| value(*scheme).matches(&name, false);
        TagScheme::ALL.into_iter().find(named).ok_or("no such scheme")
    })
}

/// Writes it.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    let (folder, project) = project::open(&arguments.dir)?;
    let ids = project::wanted(project.documents.iter().map(|d| d.id.as_str()), &arguments.document, "document")?;
    let documents = project.documents.iter().map(|document| &document.id);
    let documents: Vec<_> = documents.filter(|id| ids.contains(&id.as_str())).cloned().collect();
    let annotators = folder.all_annotators()?;
    let annotators = project::wanted(annotators.iter().map(Name::as_str), &arguments.annotator, "annotator")?;
    let state = project::load(&folder, project, &documents)?;
    let input = input(&state, &documents, &annotators);
    let options = ExportOptions {
        policy: arguments.flatten,
        without_text: arguments.without_text.is_some(),
        shown: arguments.without_text.unwrap_or_default(),
        plain: arguments.plain,
        bom: !arguments.no_bom,
        tags: arguments.tags,
        dataset: dataset(arguments)?,
    };
    let lost = losses(arguments.format, &input, &options);
    console.say(losses_in_words(arguments.format, &lost));
    if options.without_text && !options.shows_quotes() && arguments.format.always_quotes() {
        console.say(format!("{} quotes the marked words all the same\n", arguments.format.card().title));
    }
    let (written, files) = write(arguments, &input, &options)?;
    report(arguments, &input, &written, &files, console);
    Ok(())
}

/// What makes a dataset of documents. Said to another format it would do nothing, and nobody would know.
fn dataset(arguments: &Arguments) -> Result<DatasetOptions, Failure> {
    let Arguments { split, seed, license, format, .. } = arguments;
    let said = [("--split", split.is_some()), ("--seed", seed.is_some()), ("--license", license.is_some())];
    if let Some((option, _)) = said.iter().find(|(_, said)| *said && !format.is_dataset()) {
        let issue = Issue::error(format!("`{option}` means nothing to {}", format.card().title));
        let datasets = formats::ALL.iter().filter(|f| f.is_dataset()).map(|f| format!("`--format {}`", f.card().name));
        return Err(Failure::usage(issue.help(format!("it is for {}", datasets.collect::<Vec<_>>().join(", ")))));
    }
    let split = split.unwrap_or_default();
    Ok(DatasetOptions { split: Split { seed: seed.unwrap_or(split.seed), ..split }, license: license.clone() })
}

fn write(
    arguments: &Arguments,
    input: &ExportInput,
    options: &ExportOptions,
) -> Result<(Written, Vec<PathBuf>), Failure> {
    let waiting = Waiting::new("writing");
    let report = |share| waiting.step(share);
    let mut sink = Folder::new(&arguments.out, arguments.force).map_err(failure)?;
    let written =
        formats::write(arguments.format, input, options, &mut sink, Progress::new(&report)).map_err(failure)?;
    // The last moment at which nothing is there yet.
    waiting.done(1, 1)?;
    let files = sink.finish().map_err(failure)?;
    Ok((written, files))
}

fn failure(error: WriteError) -> Failure {
    let message = error.to_string();
    let issue = match error {
        WriteError::Cancelled(_) => return Failure::interrupted(),
        WriteError::NeedsPolicy(losses) => {
            let places: Vec<_> = losses.iter().filter(|loss| loss.needs_policy()).map(|l| format!("  {l}")).collect();
            let policies: Vec<_> = Policy::ALL.iter().skip(1).map(|p| format!("`{}`", p.option())).collect();
            let what = format!("the format cannot hold all spans, so nothing was written:\n{}", places.join("\n"));
            Issue::error(what).help(format!("choose what is written with `--flatten`: {}", policies.join(", ")))
        }
        WriteError::NeedsText(_) => {
            Issue::error(message).help("leave out `--without-text`, or choose a format of offsets, such as `csv`")
        }
        WriteError::Undivided(why) => Issue::error(message).help(why.help()),
        WriteError::Exists(path) => Issue::error(format!("`{}` exists already", path.display()))
            .help("choose another place, or replace it with `--force`"),
        WriteError::Io { path, error } => {
            Issue::error(format!("cannot write `{}`: {}", path.display(), system_words(&error)))
                .help("check that the folder is there, that you may write into it and that the disk has room")
        }
        WriteError::Differs { .. } => Issue::error(message).help("check the project with `byline check`"),
    };
    Failure::data(issue)
}

fn input<'a>(state: &'a State, documents: &[DocumentId], annotators: &[&str]) -> ExportInput<'a> {
    let layers_of = |id: &DocumentId| -> Vec<&'a Layer> {
        let layers = state.layers().filter(|layer| layer.key().document == *id);
        layers.filter(|layer| annotators.contains(&layer.key().annotator.as_str())).collect()
    };
    let documents = documents.iter().filter_map(|id| {
        let (document, text) = (state.project.document(id)?, state.text(id)?);
        Some(ExportDocument { document, text, layers: layers_of(id) })
    });
    ExportInput { project: &state.project, documents: documents.collect() }
}

fn losses_in_words(format: &dyn Format, losses: &[Loss]) -> String {
    if losses.is_empty() {
        return String::new();
    }
    // What concerns single annotations is listed by them; what concerns whole layers would repeat itself.
    let (whole, single): (Vec<_>, Vec<_>) =
        losses.iter().partition(|loss| loss.annotations.is_empty() && loss.links.is_empty());
    let mut layers: BTreeMap<String, (usize, &str)> = BTreeMap::new();
    for loss in whole {
        let unit = if loss.annotator.is_empty() { "document" } else { "layer" };
        layers.entry(without_place(loss)).or_insert((0, unit)).0 += 1;
    }
    let single = single.into_iter().map(|loss| format!("  {loss}"));
    let whole = layers.into_iter().map(|(what, (n, unit))| format!("  {}: {what}", counted(n, unit)));
    format!("{} does not hold:\n{}", format.card().title, lines(single.chain(whole)))
}

/// What is lost, without saying in which document and layer.
fn without_place(loss: &Loss) -> String {
    let words = loss.to_string();
    let annotator = if loss.annotator.is_empty() { String::new() } else { format!(", {}", loss.annotator) };
    let place = format!("{}{annotator}: ", loss.document);
    words.strip_prefix(&place).map(str::to_owned).unwrap_or(words)
}

fn report(arguments: &Arguments, input: &ExportInput, written: &Written, files: &[PathBuf], console: &mut Console) {
    let layers = || input.documents.iter().flat_map(|document| &document.layers);
    let annotations: usize = layers().map(|layer| layer.len()).sum();
    let links: usize = layers().map(|layer| layer.links().len()).sum();
    let files: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    console.json(&json!({
        "format": arguments.format.card().name,
        "files": files,
        "documents": input.documents.len(),
        "annotations": annotations,
        "links": links,
        "slices_verified": written.verified.slices,
        "losses": written.losses.iter().map(loss_as_json).collect::<Vec<_>>(),
    }));
    console.say(format!(
        "wrote {} with {} and {}: {}\n{}{}\n",
        counted(input.documents.len(), "document"),
        counted(annotations, "annotation"),
        counted(links, "link"),
        counted(files.len(), "file"),
        lines(files.iter().map(|file| format!("  {file}"))),
        written.verified,
    ));
}

fn loss_as_json(loss: &Loss) -> Value {
    json!({
        "lacks": super::formats::name(loss.lacks),
        "what": loss.what(),
        "attribute": loss.attribute.as_ref().map(Name::as_str),
        "document": loss.document.as_str(),
        "annotator": Some(loss.annotator.as_str()).filter(|name| !name.is_empty()),
        "annotations": loss.annotations.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "links": loss.links.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "byline_keeps": loss.byline_keeps,
    })
}
