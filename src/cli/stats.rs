//! `byline stats`: what a project holds, in numbers.

use super::console::{Align, Console, Failure, counted, grouped, table};
use super::project;
use crate::measure::{AnnotatorStatistics, Statistics, statistics};
use clap::Args;
use std::path::PathBuf;

/// Count what a project holds
#[derive(Args)]
pub struct Arguments {
    /// Folder of the project
    dir: PathBuf,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Counts it.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    let (folder, project) = project::open(&arguments.dir)?;
    let documents: Vec<_> = project.documents.iter().map(|document| document.id.clone()).collect();
    let state = project::load(&folder, project, &documents)?;
    let found = statistics(&state);
    console.json(&found);
    console.say(in_words(&found));
    Ok(())
}

fn in_words(found: &Statistics) -> String {
    let text = &found.text;
    let mut words = format!(
        "{}: {}, {}, {}, {}\n",
        found.project,
        counted(found.document_count, "document"),
        counted(text.words, "word"),
        counted(text.sentences, "sentence"),
        counted(text.paragraphs, "paragraph"),
    );
    words.extend(found.annotators.iter().map(of_annotator));
    words.push_str(&of_documents(found));
    words.push_str(&of_entities(found));
    words
}

fn of_annotator(found: &AnnotatorStatistics) -> String {
    let counts = &found.sum;
    let status: Vec<_> = found.documents.iter().map(|(status, n)| format!("{} {status}", grouped(*n))).collect();
    let mut words = format!(
        "\n{}: {}, {}, {}\ndocuments: {}\n",
        found.annotator,
        counted(counts.annotations, "annotation"),
        counted(counts.links, "link"),
        counted(counts.notes, "note"),
        status.join(", "),
    );
    let labels = counts.labels.iter().map(|label| {
        // A label without annotations has nothing to be filled.
        let attributes = label.attributes.iter().filter(|attribute| attribute.of > 0);
        let attributes: Vec<_> = attributes.map(|a| format!("{} {} of {}", a.attribute, a.filled, a.of)).collect();
        let share = format!("{:.1} %", label.share_of_text * 100.0);
        vec![label.label.clone(), grouped(label.annotations), share, attributes.join(", ")]
    });
    let links = counts.link_kinds.iter().map(|kind| vec![kind.kind.clone(), grouped(kind.links)]);
    words.push_str(&section(
        ["label", "annotations", "of text", "attributes"],
        [Align::Left, Align::Right, Align::Right, Align::Left],
        labels,
    ));
    words.push_str(&section(["link kind", "links"], [Align::Left, Align::Right], links));
    words
}

fn of_documents(found: &Statistics) -> String {
    let rows = found.documents.iter().map(|document| {
        let sum = |what: fn(&crate::measure::Counts) -> usize| document.layers.iter().map(|l| what(&l.counts)).sum();
        let (annotations, links): (usize, usize) = (sum(|c| c.annotations), sum(|c| c.links));
        let layers: Vec<_> = document.layers.iter().map(|l| format!("{} {}", l.annotator, l.status)).collect();
        vec![document.id.clone(), grouped(document.text.words), grouped(annotations), grouped(links), layers.join(", ")]
    });
    section(
        ["document", "words", "annotations", "links", "layers"],
        [Align::Left, Align::Right, Align::Right, Align::Right, Align::Left],
        rows,
    )
}

fn of_entities(found: &Statistics) -> String {
    let rows = found.entities.iter().map(|entity| {
        vec![entity.id.clone(), entity.name.clone(), grouped(entity.mentions), grouped(entity.documents)]
    });
    section(["entity", "name", "mentions", "documents"], [Align::Left, Align::Left, Align::Right, Align::Right], rows)
}

/// A table with a head, after a blank line; nothing where there are no rows.
fn section<const N: usize>(head: [&str; N], align: [Align; N], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut all = vec![head.map(str::to_owned).to_vec()];
    all.extend(rows);
    if all.len() == 1 { String::new() } else { format!("\n{}", table(2, &align, &all)) }
}
