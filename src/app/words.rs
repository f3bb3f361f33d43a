//! What the status bar says: where one is, how much there is, what is about to be done; and what the core says to the
//! command line, in the words of the window.

use super::App;
use super::actions::Action;
use crate::formats::Unit;
use crate::model::scheme::{AttributeDef, AttributeKind};
use crate::model::{Document, Entity, EntityId, Name, Scheme, Value};
use crate::session::Session;
use std::collections::BTreeMap;
use unicode_segmentation::UnicodeSegmentation;

/// With more annotations than this, the place of one among its like is not counted.
const COUNTED: usize = 5_000;

/// What the core says with options of the command line, for a window that has buttons instead. `resting` is whether the
/// rest is taken in already.
pub(super) fn without_options(text: &str, resting: bool) -> String {
    let rest = if resting { "the rest is taken in" } else { "press “Import the rest”" };
    let words = [
        ("import the rest with `--keep-going`", rest),
        ("(see `--flatten`)", "(see “Overlaps”)"),
        ("with `--flatten`", "under “Overlaps”"),
        ("make a project with `byline new`", "make a new project in the menu"),
        ("widen it to whole characters with `--widen`", "tick “Widen spans to whole characters”"),
    ];
    let text = words.iter().fold(text.to_owned(), |text, (option, words)| text.replace(option, words));
    let mut parts = text.split("say `--unit ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (option, rest) = part.split_once('`').unwrap_or((part, ""));
        let unit = Unit::ALL.into_iter().find(|unit| unit.option() == option).map_or(option, |unit| unit.name());
        text + "choose “" + unit + "” under “Offsets”" + rest
    })
}

/// Publisher, date and author in one line.
pub(super) fn source_line(document: &Document) -> String {
    let m = &document.metadata;
    let date = m.date.map(|d| d.format("%-d %B %Y").to_string());
    let parts = [m.source.clone(), date, m.author.clone()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Attributes by their titles, in the order of the scheme, entities by their names; then what the scheme does not know.
pub(super) fn values_in_words(
    label: &Name,
    attributes: &BTreeMap<Name, Value>,
    scheme: &Scheme,
    entities: &BTreeMap<EntityId, Entity>,
) -> String {
    let known = scheme.label(label).map(|l| l.attributes.as_slice()).unwrap_or_default();
    let entity = |def: Option<&AttributeDef>, value: &Value| {
        let id = value.as_text().filter(|_| matches!(def, Some(AttributeDef { kind: AttributeKind::Entity(_), .. })));
        id.and_then(|id| Some(entities.get(&id.parse().ok()?)?.name.clone()))
    };
    let in_order = known.iter().filter_map(|d| Some((Some(d), d.title.as_str(), attributes.get(&d.name)?)));
    let unknown = attributes.iter().filter(|(name, _)| known.iter().all(|d| d.name != **name));
    let all = in_order.chain(unknown.map(|(name, value)| (None, name.as_str(), value)));
    let words = |(def, title, value): (Option<&AttributeDef>, &str, &Value)| {
        format!("{title}: {}", entity(def, value).unwrap_or_else(|| value.to_string()))
    };
    all.map(words).collect::<Vec<_>>().join(" · ")
}

/// The first characters of a text, on one line.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = words.grapheme_indices(true).nth(most) {
        words.truncate(at);
        words.push('…');
    }
    words
}

impl App {
    pub(super) fn place_in_words(&self) -> String {
        let Some(layer) = self.session.as_ref().and_then(Session::layer) else { return String::new() };
        let Some(annotation) = self.selected.and_then(|id| layer.get(id)) else {
            let number = self.view.paragraph_at(self.view.caret().byte);
            return if number == 0 { String::new() } else { format!("paragraph {number}") };
        };
        let paragraph = layer.text().paragraph_at(annotation.span.start()).map_or(0, |p| p + 1);
        let label = self.session.as_ref().and_then(|s| s.project().scheme.label(&annotation.label));
        let title = label.map_or_else(|| annotation.label.to_string(), |l| l.title.to_lowercase());
        let (nth, count) = self.rank;
        if count == 0 {
            return format!("paragraph {paragraph}, {title}");
        }
        format!("paragraph {paragraph}, {title} {nth} of {count}")
    }

    /// Counts which of its label the selected annotation is, when it is selected or something changed; where that
    /// would take longer than a frame may, it is not said.
    pub(super) fn rank_selected(&mut self) {
        let shown = self.session.as_ref().map(Session::revision).zip(self.selected);
        if shown == self.ranked {
            return;
        }
        self.ranked = shown;
        let layer = self.session.as_ref().and_then(Session::layer).filter(|layer| layer.len() <= COUNTED);
        let annotation = layer.and_then(|layer| Some((layer, layer.get(self.selected?)?)));
        self.rank = annotation.map_or((0, 0), |(layer, annotation)| {
            let same = layer.annotations().filter(|a| a.label == annotation.label);
            same.fold((0, 0), |(nth, count), a| (if a.id == annotation.id { count + 1 } else { nth }, count + 1))
        });
    }

    pub(super) fn counts_in_words(&self) -> String {
        let Some(session) = &self.session else { return String::new() };
        let Some(summary) = session.current().and_then(|d| self.summaries.get(&d.id)) else { return String::new() };
        summary.in_words(&session.project().scheme)
    }

    pub(super) fn mode_in_words(&self) -> String {
        if let Some(linking) = &self.linking {
            let typed = if linking.typed.is_empty() { String::new() } else { format!(" {}…", linking.typed) };
            return format!("Link: click the other mark or type its number{typed} · {}", self.escape());
        }
        if self.is_adding() {
            let key = self.key_in_words(Action::AddFragment);
            return format!("Add fragment: select text and press {key} · {}", self.escape());
        }
        let title = |label: &Name| {
            let scheme = self.session.as_ref().map(|s| &s.project().scheme);
            scheme.and_then(|s| s.label(label)).map_or(label.to_string(), |l| l.title.clone())
        };
        match &self.brush {
            Some(label) => format!("Brush: {} · {}", title(label), self.escape()),
            None => String::new(),
        }
    }

    /// The key that leads out of a mode.
    pub(super) fn escape(&self) -> String {
        self.key_in_words(Action::Escape)
    }

    /// The first key of an action; empty where it has none.
    pub(super) fn key_in_words(&self, action: Action) -> String {
        self.keymap.chords(action).first().map(ToString::to_string).unwrap_or_default()
    }

    pub(super) fn missing_in_words(&self) -> String {
        let missing = self.view.missing();
        if missing.is_empty() || self.session.as_ref().and_then(Session::current).is_none() {
            return String::new();
        }
        let named: Vec<_> = missing.iter().take(3).map(|c| format!("U+{:04X}", *c as u32)).collect();
        let more = if missing.len() > named.len() { ", …" } else { "" };
        format!("No font has {}{more}: shown as boxes", named.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the formats say, as far as it stands in their sources.
    fn sources(folder: &str, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(path.to_str().unwrap(), found);
            } else if !path.ends_with("tests.rs") {
                let code = std::fs::read_to_string(&path).unwrap();
                let code = code.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
                found.extend(code.lines().filter(|line| !line.trim_start().starts_with("//")).map(str::to_owned));
            }
        }
    }

    #[test]
    fn what_the_core_says_of_options_names_what_the_window_has() {
        let said = |text| without_options(text, false);
        assert_eq!(said("é, say `--unit utf-16`; then"), "é, choose “UTF-16 units” under “Offsets”; then");
        assert_eq!(
            said("say `--unit bytes`, say `--unit x"),
            "choose “bytes” under “Offsets”, choose “x” under “Offsets”"
        );
        assert!(!said(&crate::store::Fault::NoProject.help()).contains("byline new"));
    }

    #[test]
    fn nothing_that_the_formats_say_names_an_option_alone() {
        let mut lines = Vec::new();
        sources(concat!(env!("CARGO_MANIFEST_DIR"), "/src/formats"), &mut lines);
        let named: Vec<_> = lines.iter().filter(|line| line.contains("`--")).collect();
        assert!(named.len() > 10, "{named:?}");
        for line in named {
            // Where a line breaks inside the words, they stand on the next one.
            let line = line.trim_start().replacen(
                "`--keep-going`",
                "import the rest with `--keep-going`",
                usize::from(line.trim_start().starts_with('`')),
            );
            let said = without_options(&line, false);
            assert!(!said.contains("`--"), "{line}");
        }
    }
}
