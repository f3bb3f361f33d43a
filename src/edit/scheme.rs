//! Changing the scheme under existing work: every change of the scheme is a migration of the layers, in one step.
//!
//! All layers of the project must be loaded; whoever calls sees to it.

use super::{Change, Edit, LayerChange, ProjectEdit, Refusal, Stamp, State};
use crate::model::{Annotation, AttributeKind, Link, Name, Scheme, Value};
use std::collections::BTreeMap;

/// What becomes of the annotations of a label that goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fate {
    /// They go too, with their links.
    Delete,
    /// They get this label.
    Relabel(Name),
}

/// A change of the scheme.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Migration {
    /// Everything that concerns no existing name: titles, keys, colours, descriptions, new labels, new options.
    Redefine(Box<Scheme>),
    /// Another name for a label.
    RenameLabel {
        /// As it is.
        from: Name,
        /// As it becomes.
        to: Name,
    },
    /// A label goes.
    DeleteLabel {
        /// Which.
        label: Name,
        /// What becomes of its annotations.
        fate: Fate,
    },
    /// Another name for an attribute of a label.
    RenameAttribute {
        /// Of which label.
        label: Name,
        /// As it is.
        from: Name,
        /// As it becomes.
        to: Name,
    },
    /// An attribute goes, and its values with it.
    DeleteAttribute {
        /// Of which label.
        label: Name,
        /// Which.
        attribute: Name,
    },
    /// Another name for an option of a choice.
    RenameOption {
        /// Of which label.
        label: Name,
        /// Of which attribute.
        attribute: Name,
        /// As it is.
        from: Name,
        /// As it becomes.
        to: Name,
    },
    /// An option of a choice goes.
    DeleteOption {
        /// Of which label.
        label: Name,
        /// Of which attribute.
        attribute: Name,
        /// Which.
        option: Name,
        /// The option that takes its place; `None`: the values go too.
        instead: Option<Name>,
    },
    /// Another name for a link kind.
    RenameLink {
        /// As it is.
        from: Name,
        /// As it becomes.
        to: Name,
    },
    /// A link kind goes, and its links with it.
    DeleteLink(Name),
}

/// How much of the loaded work a migration touches; shown before it is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Annotations that change or go.
    pub annotations: usize,
    /// Links that change or go.
    pub links: usize,
    /// Documents in which they are.
    pub documents: usize,
}

/// The migration as one step.
///
/// # Errors
/// Where the resulting scheme would not be usable, a name does not exist, or two annotations would say the same.
pub fn migrate(state: &State, migration: &Migration, stamp: &Stamp) -> Result<Change, Refusal> {
    migrate_all(state, std::slice::from_ref(migration), what(migration), stamp)
}

/// Several migrations, one after the other, as one step: `what` says what it does, for people. Only the scheme to which
/// they lead must be usable.
///
/// # Errors
/// As for [`migrate`].
pub fn migrate_all(
    state: &State,
    migrations: &[Migration],
    what: impl Into<String>,
    stamp: &Stamp,
) -> Result<Change, Refusal> {
    let before = &state.project.scheme;
    let mut after = before.clone();
    migrations.iter().try_for_each(|migration| apply_to_scheme(&mut after, migration))?;
    // A kind of link that lost all labels at one end goes with them, unless it was said what becomes of it.
    if !migrations.iter().any(|m| matches!(m, Migration::Redefine(_))) {
        after.links.retain(|l| !l.from.is_empty() && !l.to.is_empty());
    }
    after.validate()?;
    let mut change = Change::new(what, stamp);
    for layer in state.layers() {
        let mut edits = LayerChange::new(layer);
        let mut links = BTreeMap::new();
        for link in layer.links() {
            let mut changed = link.clone();
            if !migrations.iter().all(|migration| migrate_link(&mut changed, migration)) {
                links.insert(link.id, Edit::remove(link.clone()));
            } else if changed != *link {
                changed.provenance = changed.provenance.modified(stamp.at);
                links.insert(link.id, Edit::change(link.clone(), changed));
            }
        }
        for annotation in layer.annotations() {
            let mut changed = annotation.clone();
            if !migrations.iter().all(|migration| migrate_annotation(&mut changed, migration)) {
                links.extend(layer.links_of(annotation.id).map(|l| (l.id, Edit::remove(l.clone()))));
                edits.annotations.push(Edit::remove(annotation.clone()));
            } else if changed != *annotation {
                changed.provenance = changed.provenance.modified(stamp.at);
                edits.annotations.push(Edit::change(annotation.clone(), changed));
            }
        }
        edits.links = links.into_values().collect();
        if !(edits.annotations.is_empty() && edits.links.is_empty()) {
            change.layers.push(edits);
        }
    }
    if after == *before && change.layers.is_empty() {
        return Err(Refusal::NothingToDo);
    }
    change.project.push(ProjectEdit::Scheme { before: Box::new(before.clone()), after: Box::new(after) });
    // Two annotations that would become twins are found here rather than when it is too late to ask.
    state.clone().apply(&change)?;
    Ok(change)
}

/// What a migration would touch.
pub fn counts(change: &Change) -> Counts {
    let mut documents: Vec<_> = change.documents().collect();
    documents.sort_unstable();
    documents.dedup();
    Counts {
        annotations: change.layers.iter().map(|l| l.annotations.len()).sum(),
        links: change.layers.iter().map(|l| l.links.len()).sum(),
        documents: documents.len(),
    }
}

/// What a migration does, for people.
pub fn what(migration: &Migration) -> String {
    match migration {
        Migration::Redefine(_) => "change the scheme".to_owned(),
        Migration::RenameLabel { from, to } => format!("rename label {from} to {to}"),
        Migration::DeleteLabel { label, .. } => format!("delete label {label}"),
        Migration::RenameAttribute { from, to, .. } => format!("rename attribute {from} to {to}"),
        Migration::DeleteAttribute { attribute, .. } => format!("delete attribute {attribute}"),
        Migration::RenameOption { from, to, .. } => format!("rename option {from} to {to}"),
        Migration::DeleteOption { option, .. } => format!("delete option {option}"),
        Migration::RenameLink { from, to } => format!("rename link kind {from} to {to}"),
        Migration::DeleteLink(kind) => format!("delete link kind {kind}"),
    }
}

fn apply_to_scheme(scheme: &mut Scheme, migration: &Migration) -> Result<(), Refusal> {
    match migration {
        Migration::Redefine(new) => *scheme = (**new).clone(),
        Migration::RenameLabel { from, to } => {
            label_mut(scheme, from)?.name = to.clone();
            for end in scheme.links.iter_mut().flat_map(|l| l.from.iter_mut().chain(&mut l.to)) {
                if end == from {
                    end.clone_from(to);
                }
            }
        }
        Migration::DeleteLabel { label, fate } => {
            label_mut(scheme, label)?;
            if let Fate::Relabel(to) = fate {
                label_mut(scheme, to)?;
            }
            scheme.labels.retain(|l| l.name != *label);
            for ends in scheme.links.iter_mut().flat_map(|link| [&mut link.from, &mut link.to]) {
                let Some(at) = ends.iter().position(|end| end == label) else { continue };
                match fate {
                    Fate::Relabel(to) if !ends.contains(to) => ends[at] = to.clone(),
                    _ => drop(ends.remove(at)),
                }
            }
        }
        Migration::RenameAttribute { label, from, to } => {
            let found = label_mut(scheme, label)?.attributes.iter_mut().find(|a| a.name == *from);
            found.ok_or_else(|| no_attribute(label, from))?.name = to.clone();
        }
        Migration::DeleteAttribute { label, attribute } => {
            let attributes = &mut label_mut(scheme, label)?.attributes;
            let count = attributes.len();
            attributes.retain(|a| a.name != *attribute);
            if attributes.len() == count {
                return Err(no_attribute(label, attribute));
            }
        }
        Migration::RenameOption { label, attribute, from, to } => {
            let options = options_mut(scheme, label, attribute)?;
            let option = options.iter_mut().find(|o| *o == from);
            option.ok_or_else(|| no_option(attribute, from))?.clone_from(to);
        }
        Migration::DeleteOption { label, attribute, option, instead } => {
            let options = options_mut(scheme, label, attribute)?;
            for name in instead.iter().chain([option]) {
                if !options.contains(name) {
                    return Err(no_option(attribute, name));
                }
            }
            options.retain(|o| o != option);
        }
        Migration::RenameLink { from, to } => link_mut(scheme, from)?.name = to.clone(),
        Migration::DeleteLink(kind) => {
            link_mut(scheme, kind)?;
            scheme.links.retain(|l| l.name != *kind);
        }
    }
    Ok(())
}

fn label_mut<'a>(scheme: &'a mut Scheme, name: &Name) -> Result<&'a mut crate::model::LabelDef, Refusal> {
    scheme.labels.iter_mut().find(|l| l.name == *name).ok_or_else(|| Refusal::NoSuchLabel(name.clone()))
}

fn link_mut<'a>(scheme: &'a mut Scheme, name: &Name) -> Result<&'a mut crate::model::LinkDef, Refusal> {
    scheme.links.iter_mut().find(|l| l.name == *name).ok_or_else(|| Refusal::NoSuchLinkKind(name.clone()))
}

fn no_attribute(label: &Name, attribute: &Name) -> Refusal {
    Refusal::NoSuchAttribute { label: label.clone(), attribute: attribute.clone() }
}

fn no_option(attribute: &Name, option: &Name) -> Refusal {
    let (attribute, value) = (attribute.clone(), option.to_string());
    Refusal::BadValue { attribute, value, expected: "an option of it".to_owned() }
}

/// The options of a choice; of an attribute of another kind, it is refused.
fn options_mut<'a>(scheme: &'a mut Scheme, label: &Name, attribute: &Name) -> Result<&'a mut Vec<Name>, Refusal> {
    let found = label_mut(scheme, label)?.attributes.iter_mut().find(|a| a.name == *attribute);
    match &mut found.ok_or_else(|| no_attribute(label, attribute))?.kind {
        AttributeKind::Choice(options) | AttributeKind::Several(options) => Ok(options),
        _ => Err(no_attribute(label, attribute)),
    }
}

/// Changes a link as the migration says; `false` if it goes.
fn migrate_link(link: &mut Link, migration: &Migration) -> bool {
    match migration {
        Migration::RenameLink { from, to } if link.kind == *from => link.kind = to.clone(),
        Migration::DeleteLink(kind) if link.kind == *kind => return false,
        _ => {}
    }
    true
}

/// Changes an annotation as the migration says; `false` if it goes.
fn migrate_annotation(annotation: &mut Annotation, migration: &Migration) -> bool {
    match migration {
        Migration::RenameLabel { from, to } if annotation.label == *from => annotation.label = to.clone(),
        Migration::DeleteLabel { label, fate } if annotation.label == *label => match fate {
            Fate::Delete => return false,
            Fate::Relabel(to) => annotation.label = to.clone(),
        },
        Migration::RenameAttribute { label, from, to } if annotation.label == *label => {
            if let Some(value) = annotation.attributes.remove(from) {
                annotation.attributes.insert(to.clone(), value);
            }
        }
        Migration::DeleteAttribute { label, attribute } if annotation.label == *label => {
            annotation.attributes.remove(attribute);
        }
        Migration::RenameOption { label, attribute, from, to } if annotation.label == *label => {
            match annotation.attributes.get_mut(attribute) {
                Some(Value::Text(text)) if text == from.as_str() => *text = to.to_string(),
                Some(Value::List(items)) => {
                    for item in items.iter_mut().filter(|item| *item == from.as_str()) {
                        *item = to.to_string();
                    }
                }
                _ => {}
            }
        }
        Migration::DeleteOption { label, attribute, option, instead } if annotation.label == *label => {
            let emptied = match annotation.attributes.get_mut(attribute) {
                Some(Value::Text(text)) if text == option.as_str() => {
                    if let Some(instead) = instead {
                        *text = instead.to_string();
                    }
                    instead.is_none()
                }
                Some(Value::List(items)) => replace_item(items, option, instead.as_ref()),
                _ => false,
            };
            if emptied {
                annotation.attributes.remove(attribute);
            }
        }
        _ => {}
    }
    true
}

/// Takes an item out of a list, or puts another in its place that is not in it yet; returns whether it took the last.
fn replace_item(items: &mut Vec<String>, item: &Name, instead: Option<&Name>) -> bool {
    let Some(at) = items.iter().position(|i| item == i.as_str()) else { return false };
    match instead.filter(|instead| !items.iter().any(|i| *instead == i.as_str())) {
        Some(instead) => items[at] = instead.to_string(),
        None => drop(items.remove(at)),
    }
    items.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::{layer_of, picture_of, state_of};
    use crate::model::testing::{key, noon};

    fn migrated(picture: &str, migration: &Migration) -> Result<(State, Change), String> {
        let start = state_of(layer_of(picture));
        let change = migrate(&start, migration, &Stamp::by_hand(noon())).map_err(|e| e.to_string())?;
        let mut state = start.clone();
        state.apply(&change).unwrap();
        let result = state.clone();
        state.apply(&change.clone().inverse()).unwrap();
        assert_eq!(state, start, "undo restores everything");
        Ok((result, change))
    }

    #[test]
    fn renaming_a_label_renames_it_in_annotations_and_link_kinds() {
        let rename = |to: &str| Migration::RenameLabel { from: "claim".into(), to: to.into() };
        let (state, change) = migrated("[speaker:É] [claim:é]{says 1 2}", &rename("statement")).unwrap();
        assert_eq!(picture_of(state.layer(&key()).unwrap()), "[speaker:É] [statement:é]{says 1 2}");
        assert_eq!(state.project.scheme.link("says").unwrap().to, [Name::from("statement")]);
        assert_eq!(counts(&change), Counts { annotations: 1, links: 0, documents: 1 });
        assert_eq!(migrated("[claim:é]", &rename("speaker")).unwrap_err(), "label “speaker” is defined twice");
    }

    #[test]
    fn deleting_a_label_in_use_takes_its_annotations_and_links_or_relabels_them() {
        let delete = |fate| Migration::DeleteLabel { label: "speaker".into(), fate };
        let (state, change) = migrated("[speaker:É] [claim:é]{says 1 2}", &delete(Fate::Delete)).unwrap();
        assert_eq!(picture_of(state.layer(&key()).unwrap()), "É [claim:é]");
        assert_eq!(counts(&change), Counts { annotations: 1, links: 1, documents: 1 });
        let (state, _) = migrated("[speaker:É] [claim:é]", &delete(Fate::Relabel("claim".into()))).unwrap();
        assert_eq!(picture_of(state.layer(&key()).unwrap()), "[claim:É] [claim:é]");
        let twins = migrated("[speaker:[claim:é]]", &delete(Fate::Relabel("claim".into()))).unwrap_err();
        assert!(twins.contains("says the same"), "{twins}");
    }

    #[test]
    fn options_and_attributes_are_renamed_with_their_values() {
        let mut layer = layer_of("« [claim:é] »");
        let mut claim = layer.remove(crate::model::AnnotationId(1)).unwrap();
        claim.attributes.insert("quotation".into(), "direct".into());
        layer.insert(claim).unwrap();
        let mut state = state_of(layer);
        for migration in [
            Migration::RenameOption {
                label: "claim".into(),
                attribute: "quotation".into(),
                from: "direct".into(),
                to: "verbatim".into(),
            },
            Migration::RenameAttribute { label: "claim".into(), from: "quotation".into(), to: "form".into() },
        ] {
            state.apply(&migrate(&state, &migration, &Stamp::by_hand(noon())).unwrap()).unwrap();
        }
        let layer = state.layer(&key()).unwrap();
        let claim = layer.annotations().next().unwrap();
        assert_eq!(claim.attributes["form"], "verbatim".into());
        assert_eq!(state.project.scheme.departures(claim, &BTreeMap::new()), []);
    }

    #[test]
    fn a_deleted_option_leaves_with_its_values_or_another_takes_its_place() {
        let mut layer = layer_of("[claim:é] [claim:É]");
        for (id, value) in [(1, "direct".into()), (2, Value::List(vec!["direct".into(), "mixed".into()]))] {
            let mut claim = layer.remove(crate::model::AnnotationId(id)).unwrap();
            claim.attributes.insert("quotation".into(), value);
            layer.insert(claim).unwrap();
        }
        let start = state_of(layer);
        let after = |instead: Option<&str>| {
            let migration = Migration::DeleteOption {
                label: "claim".into(),
                attribute: "quotation".into(),
                option: "direct".into(),
                instead: instead.map(Name::from),
            };
            let change = migrate(&start, &migration, &Stamp::by_hand(noon()))?;
            let mut state = start.clone();
            state.apply(&change).unwrap();
            let values = |a: &Annotation| a.attributes.get("quotation").map(ToString::to_string);
            Ok::<_, Refusal>(state.layer(&key()).unwrap().annotations().map(values).collect::<Vec<_>>())
        };
        let list = |items: &[&str]| Value::List(items.iter().map(|i| (*i).to_owned()).collect()).to_string();
        assert_eq!(after(None).unwrap(), [None, Some(list(&["mixed"]))]);
        assert_eq!(after(Some("mixed")).unwrap(), [Some("mixed".to_owned()), Some(list(&["mixed"]))]);
        assert_eq!(after(Some("indirect")).unwrap(), [Some("indirect".to_owned()), Some(list(&["indirect", "mixed"]))]);
        assert!(after(Some("spoken")).is_err(), "the other must be there");
    }

    #[test]
    fn several_migrations_are_one_step_and_names_may_be_exchanged_on_the_way() {
        let rename = |from: &str, to: &str| Migration::RenameLabel { from: from.into(), to: to.into() };
        let start = state_of(layer_of("[speaker:É] [claim:é]{says 1 2}"));
        let swap = [rename("speaker", "?"), rename("claim", "speaker"), rename("?", "claim")];
        let change = migrate_all(&start, &swap, "exchange", &Stamp::by_hand(noon())).unwrap();
        let mut state = start.clone();
        state.apply(&change).unwrap();
        assert_eq!(picture_of(state.layer(&key()).unwrap()), "[claim:É] [speaker:é]{says 1 2}");
        assert_eq!(state.project.scheme.link("says").unwrap().from, [Name::from("claim")]);
        state.apply(&change.inverse()).unwrap();
        assert_eq!(state, start);
    }
}
