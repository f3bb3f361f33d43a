//! Random layers and projects, with what files break on: quotes, line ends, direction marks, emoji, controls.

use crate::model::{
    Annotation, AnnotationId, Direction, Document, DocumentId, Entity, EntityId, EntityKind, Fragment, Layer, LayerKey,
    Link, LinkId, Metadata, Name, NextIds, Origin, Original, Project, Provenance, Span, Status, Text, Value,
};
use crate::store::write::Op;
use crate::store::{ProjectFolder, builtin_schemes};
use chrono::{DateTime, NaiveDate};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use unicode_segmentation::UnicodeSegmentation;

/// The project at `path`; a step of writing panics where `falls` says so of the path.
pub(crate) fn falling(path: &Path, falls: impl Fn(&Path) -> bool + Send + Sync + 'static) -> (ProjectFolder, Project) {
    let seam = move |op: Op| {
        let (Op::MakeFolder(at)
        | Op::Begin(at)
        | Op::Create(at)
        | Op::Write(at, _)
        | Op::Overwrite(at, _)
        | Op::Sync(at)
        | Op::Rename(_, at)
        | Op::SyncFolder(at)
        | Op::Remove(at)) = op;
        assert!(!falls(at), "é fell over");
        Ok(())
    };
    ProjectFolder::open_through(path, Arc::new(seam)).unwrap()
}

/// A disk whose calls do not come back while it is closed.
#[derive(Default)]
pub(crate) struct HangingDisk {
    closed: Mutex<bool>,
    opened: Condvar,
}

impl HangingDisk {
    /// From now on no call comes back, or all do.
    pub fn hang(&self, closed: bool) {
        *self.closed.lock().unwrap() = closed;
        self.opened.notify_all();
    }

    /// The project at `path` on this disk; `named` is told of every file that gets its name.
    pub fn open(
        self: &Arc<Self>,
        path: &Path,
        named: impl Fn(&Path) + Send + Sync + 'static,
    ) -> (ProjectFolder, Project) {
        let disk = self.clone();
        let seam = move |op: Op| {
            let mut closed = disk.closed.lock().unwrap();
            while *closed {
                closed = disk.opened.wait(closed).unwrap();
            }
            if let Op::Rename(_, to) = op {
                named(to);
            }
            Ok(())
        };
        ProjectFolder::open_through(path, Arc::new(seam)).unwrap()
    }
}

const DIRECTIONS: [Direction; 3] = [Direction::Auto, Direction::LeftToRight, Direction::RightToLeft];

/// A string that a file could stumble over.
pub fn naughty() -> impl Strategy<Value = String> {
    let pieces = [
        "a",
        "é",
        "日本",
        "👩‍👧",
        "e\u{301}",
        "\"",
        "\\",
        "\n",
        "\r\n",
        "\t",
        "\u{0}",
        "\u{85}",
        "\u{202e}",
        "\u{2028}",
        "\u{feff}",
        "'",
        "(",
        ")]}",
        "//",
        "/*",
        "r#\"",
        "\\u{41}",
        " ",
        "שלום",
        "…",
        "{0}",
    ];
    prop_oneof![3 => vec(prop::sample::select(pieces.to_vec()), 0..6).prop_map(|p| p.concat()), 1 => any::<String>()]
}

fn name() -> impl Strategy<Value = Name> {
    prop_oneof![
        prop::sample::select(vec!["claim", "speaker", "is « ça »"]).prop_map(Name::from),
        naughty().prop_map(Name::from)
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::YesNo),
        any::<i32>().prop_map(|n| Value::Number(n.into())),
        proptest::num::f64::NORMAL.prop_map(Value::Number),
        naughty().prop_map(Value::Text),
        vec(naughty(), 0..3).prop_map(Value::List),
    ]
}

fn provenance() -> impl Strategy<Value = Provenance> {
    let origin = prop_oneof![
        3 => Just(Origin::ByHand),
        1 => (name(), 0.0..=1.0).prop_map(|(source, score)| Origin::Suggestion { source, score }),
        1 => (name(), name()).prop_map(|(format, file)| Origin::Import { format, file }),
        1 => vec(name(), 0..3).prop_map(|from| Origin::Adjudication { from }),
    ];
    let time = || (0i64..4_000_000_000).prop_map(|s| DateTime::from_timestamp(s, 0).unwrap());
    (origin, time(), proptest::option::of(time())).prop_map(|(origin, created, modified)| Provenance {
        origin: origin.into(),
        created,
        modified: modified.unwrap_or(created),
    })
}

/// A layer over a random text; what a layer refuses is left out.
pub fn layer() -> impl Strategy<Value = Layer> {
    let attributes = || btree_map(name(), value(), 0..3);
    let places = || vec((any::<prop::sample::Index>(), 1usize..4), 1..4);
    let annotation = (1u32..40, name(), places(), attributes(), naughty(), provenance());
    let link = (1u32..20, name(), any::<prop::sample::Index>(), any::<prop::sample::Index>(), naughty(), provenance());
    let text = vec(naughty(), 1..12).prop_map(|parts| format!("é{}", parts.concat()));
    (text, vec(annotation, 0..12), vec(link, 0..6), 0usize..4, 1u32..60).prop_map(
        |(text, annotations, links, status, next)| {
            let borders: Vec<_> = text.grapheme_indices(true).map(|(i, _)| i).chain([text.len()]).collect();
            let mut layer = Layer::new(crate::model::testing::key(), Text::new(text));
            for (id, label, places, attributes, note, provenance) in annotations {
                let fragments = places.into_iter().filter_map(|(at, len)| {
                    let first = at.index(borders.len() - 1);
                    Fragment::new(borders[first], borders[(first + len).min(borders.len() - 1)]).ok()
                });
                let Ok(span) = Span::new(fragments.collect()) else { continue };
                let id = AnnotationId(id);
                let _ = layer.insert(Annotation { id, label, span, attributes, note, provenance });
            }
            let ids: Vec<_> = layer.annotations().map(|a| a.id).collect();
            for (id, kind, from, to, note, provenance) in links {
                if !ids.is_empty() {
                    let (id, from, to) = (LinkId(id), *from.get(&ids), *to.get(&ids));
                    let _ = layer.insert_link(Link { id, kind, from, to, note, provenance });
                }
            }
            layer.set_next_ids(NextIds { annotation: next, link: next });
            layer.set_status([Status::NotStarted, Status::InProgress, Status::Done, Status::SecondLook][status]);
            layer
        },
    )
}

/// A project with the usual scheme, its words replaced, and random documents and entities.
pub fn project() -> impl Strategy<Value = Project> {
    let some = || proptest::option::of(naughty());
    let date =
        proptest::option::of((-300i32..12_000, 1u32..366).prop_map(|(y, d)| NaiveDate::from_yo_opt(y, d).unwrap()));
    let original = proptest::option::of((naughty(), naughty()));
    let metadata = (some(), some(), some(), date, some(), btree_map(naughty(), naughty(), 0..3));
    let directions = btree_map(1usize..9, 0usize..3, 0..3);
    let document = (naughty(), metadata, (0usize..3, directions), original, naughty());
    let entity = (any::<bool>(), naughty(), vec(naughty(), 0..3), some(), naughty());
    (naughty(), naughty(), vec(document, 0..4), btree_map(1u32..50, entity, 0..4), 1u32..90).prop_map(
        |(name, words, documents, entities, next)| {
            let mut scheme = builtin_schemes()[0].1.clone();
            scheme.name.clone_from(&words);
            scheme.labels[0].title.clone_from(&words);
            scheme.labels[1].attributes[0].description.clone_from(&words);
            scheme.links[0].inverse.clone_from(&words);
            let mut project = Project::new(name, scheme);
            for (title, (author, source, url, date, language, other), (direction, directions), original, text) in
                documents
            {
                let sha256 = Text::new(text).sha256().to_owned();
                project.documents.push(Document {
                    id: project.new_document_id(&title),
                    title,
                    metadata: Metadata { author, source, url, date, language, other },
                    direction: DIRECTIONS[direction],
                    directions: directions.into_iter().map(|(paragraph, n)| (paragraph, DIRECTIONS[n])).collect(),
                    original: original.map(|(file, encoding)| Original { file, encoding, sha256: sha256.clone() }),
                    sha256,
                });
            }
            for (number, (person, name, aliases, wikidata, note)) in entities {
                let id = EntityId(number);
                let kind = if person { EntityKind::Person } else { EntityKind::Organisation };
                project.entities.insert(id, Entity { id, kind, name, aliases, wikidata, note });
                project.next_entity = number + 1;
            }
            project.next_entity = project.next_entity.max(next);
            project
        },
    )
}

/// A key beside the one that `model::testing` knows.
pub fn key_of(document: &str, annotator: &str) -> LayerKey {
    LayerKey { document: DocumentId::new(document).unwrap(), annotator: annotator.into() }
}

/// A folder for tests that sync thousands of times: in memory where the system has such a place.
pub fn scratch() -> tempfile::TempDir {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}
