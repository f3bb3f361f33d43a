//! What holds of every merge of projects.

use super::*;
use crate::edit::testing::document;
use crate::merge::keep_in_project;
use crate::model::testing::scheme;
use crate::model::{DocumentId, Entity, EntityId, EntityKind, Project, Text};
use proptest::prelude::*;

fn work(project: &mut Project, n: [u32; 3], side: char) {
    let word = format!("{side}{}", n[2] % 3);
    let documents = project.documents.len().max(1);
    let entity = EntityId(n[1] % 5 + 1);
    match n[0] % 14 {
        0 => project.name = word,
        1 => {
            let id = DocumentId::new(&format!("d{}", n[1] % 12)).unwrap();
            if project.document(&id).is_none() {
                project.documents.insert(n[2] as usize % documents, document(id, &Text::new(word)));
            }
        }
        2 if !project.documents.is_empty() => drop(project.documents.remove(n[1] as usize % documents)),
        3 if !project.documents.is_empty() => {
            let moved = project.documents.remove(n[1] as usize % documents);
            project.documents.insert(n[2] as usize % documents, moved);
        }
        4 => project.documents.get_mut(n[1] as usize % documents).into_iter().for_each(|d| d.title.clone_from(&word)),
        5 => project.documents.get_mut(n[1] as usize % documents).into_iter().for_each(|d| {
            d.metadata.other.insert(format!("k{}", n[2] % 2), word.clone());
            d.metadata.author = Some(word.clone());
        }),
        6 => {
            let (aliases, wikidata, note) = (vec![word.clone()], None, String::new());
            let id = EntityId(project.next_entity);
            project.next_entity += 1;
            project.entities.insert(id, Entity { id, kind: EntityKind::Person, name: word, aliases, wikidata, note });
        }
        7 => drop(project.entities.remove(&entity)),
        8 => project.entities.get_mut(&entity).into_iter().for_each(|e| e.aliases.push(word.clone())),
        9 => project.scheme.labels[n[1] as usize % 2].description = word,
        10 => {
            let mut label = project.scheme.labels[0].clone();
            label.name = format!("l{}{side}", n[1] % 3).as_str().into();
            label.key = char::from_digit(n[2] % 5 + 4, 10);
            project.scheme.labels.push(label);
        }
        11 => {
            if project.scheme.labels.len() > 2 {
                let gone = project.scheme.labels.remove(2).name;
                project.scheme.links.iter_mut().for_each(|l| {
                    l.from.retain(|name| *name != gone);
                    l.to.retain(|name| *name != gone);
                });
            }
        }
        12 => {
            let label = project.scheme.labels.last().map(|l| l.name.clone()).unwrap();
            let link = &mut project.scheme.links[0];
            if !link.to.contains(&label) {
                link.to.push(label);
            }
        }
        _ => {
            if let Some(a) = project.scheme.labels.get_mut(1).and_then(|l| l.attributes.first_mut())
                && let crate::model::AttributeKind::Choice(options) = &mut a.kind
                && !options.iter().any(|o| *o == word.as_str())
            {
                options.push(word.as_str().into());
            }
        }
    }
    if project.scheme.validate().is_err() {
        // As in life: the editor of the scheme does not let this through.
        project.scheme.labels.pop();
    }
}

fn worked(project: &Project, draws: &[[u32; 3]], side: char) -> Project {
    let mut project = project.clone();
    for n in draws {
        let before = project.clone();
        work(&mut project, *n, side);
        if project.scheme.validate().is_err() {
            project = before;
        }
    }
    project
}

fn draws(count: usize) -> impl Strategy<Value = Vec<[u32; 3]>> {
    proptest::collection::vec(proptest::array::uniform3(0u32..1000), 0..count)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn projects_are_merged_like_layers(base in draws(20), ours in draws(10), theirs in draws(10), alone in any::<bool>()) {
        let base = worked(&Project::new("é", scheme()), &base, 'b');
        let (ours, theirs) = (worked(&base, &ours, 'o'), worked(&base, &theirs, 't'));
        for (b, o, t) in [(&base, &base, &theirs), (&base, &theirs, &base), (&base, &theirs, &theirs)] {
            let merged = merge_projects(Some(b), o, t).unwrap();
            prop_assert_eq!(&merged.project, &theirs);
            prop_assert_eq!(&merged.conflicts, &[]);
        }
        let before = (!alone).then_some(&base);
        let merged = merge_projects(before, &ours, &theirs).unwrap();
        prop_assert_eq!(merged.project.scheme.validate(), Ok(()));
        for (side, is_ours) in [(&ours, true), (&theirs, false)] {
            for d in side.documents.iter().filter(|d| before.is_none_or(|b| b.document(&d.id) != Some(d))) {
                prop_assert!(merged.project.document(&d.id).is_some(), "{} is gone", d.id);
            }
            for l in side.scheme.labels.iter().filter(|l| before.is_none_or(|b| b.scheme.label(&l.name) != Some(l))) {
                prop_assert!(merged.project.scheme.label(&l.name).is_some(), "{} is gone", l.name);
            }
            for (id, e) in side.entities.iter().filter(|(id, e)| before.is_none_or(|b| b.entities.get(id) != Some(e))) {
                let now = merged.renumbered.iter().find(|(was, _)| !is_ours && was == id).map_or(*id, |(_, now)| *now);
                prop_assert!(merged.project.entities.contains_key(&now), "{} is gone", e.name);
            }
        }
        let ids: std::collections::BTreeSet<_> = merged.project.documents.iter().map(|d| &d.id).collect();
        prop_assert_eq!(ids.len(), merged.project.documents.len(), "each document once");
        if merged.conflicts.is_empty() {
            let mirrored = merge_projects(before, &theirs, &ours).unwrap();
            let sorted = |project: &Project| {
                let mut entities = project.entities.clone();
                for entity in entities.values_mut() {
                    entity.aliases.sort();
                }
                entities
            };
            prop_assert_eq!(sorted(&mirrored.project), sorted(&merged.project));
        }
        let mut kept = merged.project.clone();
        keep_in_project(&mut kept, &merged.conflicts);
        prop_assert_eq!(kept.scheme.validate(), Ok(()));
        let is_kept = merged.conflicts.iter().all(|c| matches!(c, ProjectConflict::Order(_)));
        prop_assert!(is_kept || kept != merged.project, "{:?}", merged.conflicts);
    }
}

#[test]
fn documents_added_on_both_sides_are_all_there_ours_first() {
    let doc = |name: &str| document(DocumentId::new(name).unwrap(), &Text::new(name));
    let mut base = Project::new("é", scheme());
    base.documents.push(doc("0001"));
    let with = |names: &[&str]| {
        let mut project = base.clone();
        project.documents.extend(names.iter().map(|name| doc(name)));
        project
    };
    let merged = merge_projects(Some(&base), &with(&["0002", "0004"]), &with(&["0003", "0004"])).unwrap();
    let ids: Vec<_> = merged.project.documents.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(ids, ["0001", "0002", "0004", "0003"]);
    assert_eq!(merged.conflicts, []);
}

#[test]
fn two_people_with_one_number_are_two_and_it_is_a_conflict_that_the_file_tells_of() {
    let base = Project::new("é", scheme());
    let with = |name: &str| {
        let mut project = base.clone();
        let id = EntityId(1);
        let (aliases, wikidata, note) = (Vec::new(), None, String::new());
        let entity = Entity { id, kind: EntityKind::Person, name: name.to_owned(), aliases, wikidata, note };
        project.entities.insert(id, entity);
        project.next_entity = 2;
        project
    };
    let merged = merge_projects(Some(&base), &with("Ana"), &with("Zoë")).unwrap();
    assert_eq!(merged.renumbered, [(EntityId(1), EntityId(2))]);
    let mut kept = merged.project;
    keep_in_project(&mut kept, &merged.conflicts);
    let notes: Vec<_> = kept.entities.values().map(|e| e.note.as_str()).collect();
    assert!(
        notes.iter().all(|note| note.starts_with("merge conflict: e1 was “Ana” here and “Zoë”, now e2")),
        "{notes:?}"
    );
    let told = |id: u32| crate::merge::meant_elsewhere(&kept.entities[&EntityId(id)]);
    assert_eq!((told(1), told(2)), (vec![EntityId(2)], Vec::new()));
    assert!(merge_projects(Some(&base), &with("Ana"), &with("Ana")).unwrap().conflicts.is_empty());
}
