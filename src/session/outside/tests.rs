//! What two sides made under one number is two, and nobody's mentions lead to the other one's.

use super::*;
use crate::edit::entities::NewEntity;
use crate::edit::testing::TEXT;
use crate::model::testing::{annotation, key};
use crate::model::{EntityKind, Value};
use crate::session::tests::{others_do, project_in, saved, session_in};

fn entity(name: &str) -> Entity {
    let (id, kind, name) = (EntityId(1), EntityKind::Person, name.to_owned());
    Entity { id, kind, name, aliases: Vec::new(), wikidata: None, note: String::new() }
}

fn mention(n: u32, range: std::ops::Range<usize>) -> Annotation {
    let mut mention = annotation(n, "speaker", range);
    mention.attributes.insert("entity".into(), Value::Text("e1".to_owned()));
    mention
}

/// The names of those to whom the annotations of a layer refer, by annotation.
fn meant(project: &Project, layer: &Layer) -> Vec<String> {
    let names = layer.annotations().filter_map(|a| a.attributes.get("entity")?.as_text()?.parse().ok());
    names.map(|id: EntityId| project.entities[&id].name.clone()).collect()
}

#[test]
fn of_two_people_with_one_number_each_keeps_the_mentions_that_meant_them() {
    // Whether the session saved what it could before it heard of theirs, and which file it hears of first.
    for (raced, layer_first) in [(false, false), (false, true), (true, false)] {
        let temp = tempfile::tempdir().unwrap();
        project_in(temp.path());
        let mut session = session_in(temp.path());
        let zoe = LayerKey { annotator: "zoë".into(), ..key() };
        others_do(temp.path(), |state| {
            state.project.entities.insert(EntityId(1), entity("Zoë"));
            state.project.next_entity = 2;
            let mut layer = Layer::new(zoe.clone(), Text::new(TEXT));
            layer.insert(mention(1, 0..3)).unwrap();
            state.load_layer(layer);
            if !raced {
                // Maria on her other machine.
                let mut layer = Layer::new(key(), Text::new(TEXT));
                layer.insert(mention(900, 0..1)).unwrap();
                state.load_layer(layer);
            }
        });
        let (layer, stamp) = (session.layer().unwrap().clone(), Session::stamp());
        let span = layer.text().span(0..3).unwrap();
        let speaker =
            crate::edit::annotate::annotate(&layer, &session.project().scheme, &"speaker".into(), span, &stamp);
        session.apply(speaker.unwrap()).unwrap();
        let (layer, name) = (session.layer().unwrap().clone(), "entity".into());
        let id = layer.annotations().map(|a| a.id).max().unwrap();
        let new = NewEntity { kind: EntityKind::Person, name: "Ana".into(), aliases: Vec::new(), wikidata: None };
        session.apply(entities::make_for(&layer, session.state(), id, &name, new, &stamp).unwrap()).unwrap();
        let before = session.state().clone();
        if raced {
            session.save_now();
            assert!(!session.flusher().wait(Duration::from_secs(10)), "the project file is another one");
        }
        let take_layer = |session: &mut Session| {
            let text = session.layer().unwrap().text().clone();
            if let Some(theirs) = session.folder().peek_layer(&key(), &text).unwrap() {
                session.take_in_layer(&theirs).unwrap();
            }
        };
        if layer_first {
            take_layer(&mut session);
        }
        let theirs = session.folder().peek_project().unwrap().unwrap();
        let taken = session.take_in_project(&theirs, &BTreeMap::new()).unwrap();
        let ana = Entity { id: EntityId(2), ..entity("Ana") };
        assert_eq!(taken, TakenProject { renumbered: vec![(EntityId(1), ana)], ..TakenProject::default() });
        if !raced && !layer_first {
            take_layer(&mut session);
        }
        let mut all = meant(session.project(), session.layer().unwrap());
        all.sort();
        assert_eq!(all, if raced { vec!["Ana"] } else { vec!["Ana", "Zoë"] }, "{raced} {layer_first}");
        saved(&mut session);
        let (folder, project) = ProjectFolder::open(temp.path()).unwrap();
        assert_eq!(project, *session.project());
        let state = folder.load_all(project).unwrap();
        assert_eq!(meant(&state.project, state.layer(&zoe).unwrap()), ["Zoë"]);
        assert_eq!(state.layer(&key()), session.layer());
        // One step each, which can be taken back.
        while session.project() != &before.project {
            session.undo().unwrap();
        }
    }
}
