//! `byline formats`: what can be imported and exported, and what each format keeps and loses.

use super::console::{Align, Console, table};
use crate::formats::{ALL, Capability, Card};
use serde_json::{Value, json};

/// List the exchange formats: what each keeps and loses
#[derive(clap::Args)]
pub struct Arguments {
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Lists them.
pub fn run(console: &mut Console) {
    let cards = ALL.iter().map(|format| format.card());
    console.json(&cards.clone().map(as_json).collect::<Vec<_>>());
    let blocks: Vec<_> = cards.map(in_words).collect();
    console.say(blocks.join("\n"));
}

fn in_words(card: &Card) -> String {
    let names = |what: &[Capability]| what.iter().map(|c| name(*c)).collect::<Vec<_>>().join(", ");
    let extensions: Vec<_> = card.extensions.iter().map(|e| format!(".{e}")).collect();
    let rows = [
        ("files", extensions.join(" ")),
        ("use", card.uses.words().to_owned()),
        ("versions", card.versions.to_owned()),
        ("offsets", card.unit.name().to_owned()),
        ("keeps", if card.holds.is_empty() { "only labels of words".to_owned() } else { names(card.holds) }),
        ("comes back", names(card.byline_keeps)),
        ("loses", card.cannot.to_owned()),
    ];
    let rows: Vec<_> =
        rows.into_iter().filter(|(_, is)| !is.is_empty()).map(|(what, is)| vec![what.into(), is]).collect();
    format!("{} ({})\n{}", card.name, card.title, table(2, &[Align::Left, Align::Left], &rows))
}

fn as_json(card: &Card) -> Value {
    let names = |what: &[Capability]| what.iter().map(|c| name(*c)).collect::<Vec<_>>();
    json!({
        "name": card.name,
        "title": card.title,
        "extensions": card.extensions,
        "import": card.uses.reads(),
        "export": true,
        "versions": card.versions,
        "unit": card.unit.option(),
        "keeps": names(card.holds),
        "byline_keeps": names(card.byline_keeps),
        "loses": card.cannot,
    })
}

/// What a format keeps or lacks, as reports name it.
pub fn name(capability: Capability) -> &'static str {
    match capability {
        Capability::Overlap => "overlap",
        Capability::Nesting => "nesting",
        Capability::SeveralLabels => "several labels",
        Capability::Discontinuous => "discontinuous spans",
        Capability::Links => "links",
        Capability::Attributes => "attributes",
        Capability::Notes => "notes",
        Capability::Metadata => "metadata",
        Capability::Directions => "paragraph directions",
        Capability::Text => "text",
        Capability::Provenance => "provenance",
        Capability::Ids => "ids",
        Capability::Entities => "entities",
        Capability::Status => "status",
        Capability::AnyAnnotation => "any annotation",
    }
}
