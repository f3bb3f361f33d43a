//! A scheme while it is being edited: what was renamed and deleted is remembered, so that the work that uses it can
//! follow.
//!
//! Here: the draft, where it cannot be used, and the migrations that lead to it; in `usage`: how much work uses what.
//! Elsewhere: what a migration does (`edit::scheme`), how a draft is drawn (`app::dialogs::scheme`).

mod usage;

pub use usage::{Usage, Uses};

use super::scheme::{Fate, Migration, what};
use super::{Change, Refusal, Stamp, State, scheme};
use crate::model::scheme::{AttributeDef, Colour, LinkDef, SchemeError};
use crate::model::{AttributeKind, EntityKind, LabelDef, Name, Scheme, Underline};
use std::collections::BTreeSet;

/// Tells apart what is in a draft, whatever it is called; never given twice in one draft.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DraftId(pub u32);

/// A scheme that is being edited.
#[derive(Clone, PartialEq, Debug)]
pub struct Draft {
    base: Scheme,
    next: u32,
    /// Deletions of what was there at the beginning, by the names of then, in the order in which they were made.
    gone: Vec<Migration>,
    /// Name of the scheme.
    pub name: String,
    /// In the order of the label bar.
    pub labels: Vec<LabelDraft>,
    /// In the order of the card.
    pub links: Vec<LinkDraft>,
}

/// A label that is being edited.
#[derive(Clone, PartialEq, Debug)]
pub struct LabelDraft {
    /// Which it is.
    pub id: DraftId,
    /// Its name at the beginning; `None` if it is new.
    pub was: Option<Name>,
    /// As stored and exported.
    pub name: String,
    /// As shown.
    pub title: String,
    /// The key that gives it; empty for none.
    pub key: String,
    /// As typed: `#0072B2`.
    pub colour: String,
    /// The line under its marks.
    pub underline: Underline,
    /// When to use it.
    pub description: String,
    /// Whether it is offered.
    pub on: bool,
    /// In the order of the card.
    pub attributes: Vec<AttributeDraft>,
}

/// What values an attribute takes, without what belongs to the single kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KindDraft {
    /// One of the options.
    Choice,
    /// Any number of the options.
    Several,
    /// Yes or no.
    YesNo,
    /// Free text.
    Text,
    /// A number.
    Number,
    /// A year, month or day.
    Date,
    /// Any entity, a person or an organisation.
    Entity,
    /// A person.
    Person,
    /// An organisation.
    Organisation,
}

/// An attribute that is being edited.
#[derive(Clone, PartialEq, Debug)]
pub struct AttributeDraft {
    /// Which it is.
    pub id: DraftId,
    /// Its name at the beginning; `None` if it is new.
    pub was: Option<Name>,
    /// As stored and exported.
    pub name: String,
    /// As shown.
    pub title: String,
    /// When to use it.
    pub description: String,
    /// What values it takes.
    pub kind: KindDraft,
    /// Used by the two kinds that have options.
    pub options: Vec<OptionDraft>,
    /// What it took at the beginning: more exact than the kinds that are offered.
    base: Option<AttributeKind>,
}

/// An option that is being edited.
#[derive(Clone, PartialEq, Debug)]
pub struct OptionDraft {
    /// Which it is.
    pub id: DraftId,
    /// Its name at the beginning; `None` if it is new.
    pub was: Option<Name>,
    /// As stored, exported and shown.
    pub name: String,
}

/// A link kind that is being edited.
#[derive(Clone, PartialEq, Debug)]
pub struct LinkDraft {
    /// Which it is.
    pub id: DraftId,
    /// Its name at the beginning; `None` if it is new.
    pub was: Option<Name>,
    /// As stored and exported.
    pub name: String,
    /// As shown where the link starts.
    pub title: String,
    /// As shown where it ends.
    pub inverse: String,
    /// Labels that may be at the start.
    pub from: Vec<DraftId>,
    /// Labels that may be at the end.
    pub to: Vec<DraftId>,
    /// Whether both directions mean the same.
    pub symmetric: bool,
    /// When to use it.
    pub description: String,
}

/// A field of a draft in which something cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The name of a label, link kind, attribute or option.
    Name(DraftId),
    /// The key of a label.
    Key(DraftId),
    /// The colour of a label.
    Colour(DraftId),
    /// The options of an attribute.
    Options(DraftId),
    /// The labels that a link kind joins.
    Ends(DraftId),
}

impl KindDraft {
    /// All, in the order in which they are offered, with a title.
    pub const ALL: [(Self, &'static str); 9] = [
        (Self::Choice, "one of"),
        (Self::Several, "several of"),
        (Self::YesNo, "yes or no"),
        (Self::Text, "text"),
        (Self::Number, "number"),
        (Self::Date, "date"),
        (Self::Entity, "person or organisation"),
        (Self::Person, "person"),
        (Self::Organisation, "organisation"),
    ];

    /// Whether there are options to choose from.
    pub fn has_options(self) -> bool {
        matches!(self, Self::Choice | Self::Several)
    }

    fn of(kind: &AttributeKind) -> Self {
        match kind {
            AttributeKind::Choice(_) => Self::Choice,
            AttributeKind::Several(_) => Self::Several,
            AttributeKind::YesNo => Self::YesNo,
            AttributeKind::Text => Self::Text,
            AttributeKind::Number => Self::Number,
            AttributeKind::Date => Self::Date,
            AttributeKind::Entity(kinds) => match kinds[..] {
                [EntityKind::Person] => Self::Person,
                [EntityKind::Organisation] => Self::Organisation,
                _ => Self::Entity,
            },
        }
    }
}

impl Draft {
    /// A scheme as it is.
    pub fn new(scheme: &Scheme) -> Self {
        let mut draft = Self {
            base: scheme.clone(),
            next: 0,
            gone: Vec::new(),
            name: scheme.name.clone(),
            labels: Vec::new(),
            links: Vec::new(),
        };
        for label in &scheme.labels {
            let mut new = draft.fresh_label(Some(&label.name));
            new.title.clone_from(&label.title);
            new.key = label.key.map(String::from).unwrap_or_default();
            new.colour = label.colour.to_string();
            new.underline = label.underline;
            new.description.clone_from(&label.description);
            new.on = label.on;
            for attribute in &label.attributes {
                let mut drafted = draft.fresh_attribute(Some(&attribute.name));
                drafted.title.clone_from(&attribute.title);
                drafted.description.clone_from(&attribute.description);
                drafted.kind = KindDraft::of(&attribute.kind);
                drafted.base = Some(attribute.kind.clone());
                if let AttributeKind::Choice(options) | AttributeKind::Several(options) = &attribute.kind {
                    drafted.options = options.iter().map(|option| draft.fresh_option(Some(option))).collect();
                }
                new.attributes.push(drafted);
            }
            draft.labels.push(new);
        }
        for link in &scheme.links {
            let id_of = |name: &Name| draft.labels.iter().find(|l| l.was.as_ref() == Some(name)).map(|l| l.id);
            let (from, to) = (link.from.iter().filter_map(id_of).collect(), link.to.iter().filter_map(id_of).collect());
            let mut new = draft.fresh_link(Some(&link.name));
            new.title.clone_from(&link.title);
            new.inverse.clone_from(&link.inverse);
            (new.from, new.to, new.symmetric) = (from, to, link.symmetric);
            new.description.clone_from(&link.description);
            draft.links.push(new);
        }
        draft
    }

    fn id(&mut self) -> DraftId {
        self.next += 1;
        DraftId(self.next)
    }

    fn fresh_label(&mut self, was: Option<&Name>) -> LabelDraft {
        LabelDraft {
            id: self.id(),
            was: was.cloned(),
            name: was.map(ToString::to_string).unwrap_or_default(),
            title: String::new(),
            key: String::new(),
            colour: String::new(),
            underline: Underline::Solid,
            description: String::new(),
            on: true,
            attributes: Vec::new(),
        }
    }

    fn fresh_attribute(&mut self, was: Option<&Name>) -> AttributeDraft {
        AttributeDraft {
            id: self.id(),
            was: was.cloned(),
            name: was.map(ToString::to_string).unwrap_or_default(),
            title: String::new(),
            description: String::new(),
            kind: KindDraft::Text,
            options: Vec::new(),
            base: None,
        }
    }

    fn fresh_option(&mut self, was: Option<&Name>) -> OptionDraft {
        let name = was.map(ToString::to_string).unwrap_or_default();
        OptionDraft { id: self.id(), was: was.cloned(), name }
    }

    fn fresh_link(&mut self, was: Option<&Name>) -> LinkDraft {
        LinkDraft {
            id: self.id(),
            was: was.cloned(),
            name: was.map(ToString::to_string).unwrap_or_default(),
            title: String::new(),
            inverse: String::new(),
            from: Vec::new(),
            to: Vec::new(),
            symmetric: false,
            description: String::new(),
        }
    }

    /// Adds a label with a name, a key and a line that no other has; `colours` are tried in turn.
    pub fn add_label(&mut self, colours: &[Colour]) -> DraftId {
        let name = free_name("label", self.labels.iter().map(|l| l.name.as_str()));
        let is_taken = |key: &String| self.labels.iter().any(|l| l.key == *key);
        let key = ('1'..='9').map(String::from).find(|key| !is_taken(key)).unwrap_or_default();
        let mut colours = colours.iter().map(ToString::to_string);
        let colour = colours.find(|c| !self.labels.iter().any(|l| l.colour.eq_ignore_ascii_case(c)));
        let mut lines = UNDERLINES.into_iter().map(|(line, _)| line);
        let underline = lines.find(|line| !self.labels.iter().any(|l| l.underline == *line));
        let mut label = self.fresh_label(None);
        (label.title, label.name, label.key) = (capital(&name), name, key);
        label.colour = colour.unwrap_or_else(|| "#56B4E9".to_owned());
        label.underline = underline.unwrap_or_default();
        let id = label.id;
        self.labels.push(label);
        id
    }

    /// Adds an attribute to a label; `None` if there is no such label.
    pub fn add_attribute(&mut self, label: DraftId) -> Option<DraftId> {
        let mut attribute = self.fresh_attribute(None);
        let id = attribute.id;
        let label = self.labels.iter_mut().find(|l| l.id == label)?;
        attribute.name = free_name("attribute", label.attributes.iter().map(|a| a.name.as_str()));
        attribute.title = capital(&attribute.name);
        label.attributes.push(attribute);
        Some(id)
    }

    /// Adds an option to an attribute; `None` if there is no such attribute.
    pub fn add_option(&mut self, attribute: DraftId) -> Option<DraftId> {
        let mut option = self.fresh_option(None);
        let id = option.id;
        let mut attributes = self.labels.iter_mut().flat_map(|l| &mut l.attributes);
        let attribute = attributes.find(|a| a.id == attribute)?;
        option.name = free_name("option", attribute.options.iter().map(|o| o.name.as_str()));
        attribute.options.push(option);
        Some(id)
    }

    /// Adds a link kind that joins nothing yet.
    pub fn add_link(&mut self) -> DraftId {
        let name = free_name("link", self.links.iter().map(|l| l.name.as_str()));
        let mut link = self.fresh_link(None);
        (link.title, link.inverse, link.name) = (name.clone(), format!("{name} of"), name);
        let id = link.id;
        self.links.push(link);
        id
    }

    /// A label goes; its annotations go too, or get the label `instead`, which must have been there at the beginning.
    /// The same holds for the ends of link kinds; a kind that joins nothing any more goes too.
    pub fn delete_label(&mut self, label: DraftId, instead: Option<DraftId>) {
        let was = |id: DraftId| self.labels.iter().find(|l| l.id == id).and_then(|l| l.was.clone());
        let (was, fate) = (was(label), instead.and_then(was).map_or(Fate::Delete, Fate::Relabel));
        self.labels.retain(|l| l.id != label);
        let instead = instead.filter(|id| self.labels.iter().any(|l| l.id == *id && l.was.is_some()));
        for link in &mut self.links {
            for ends in [&mut link.from, &mut link.to] {
                let Some(at) = ends.iter().position(|end| *end == label) else { continue };
                match instead.filter(|instead| !ends.contains(instead)) {
                    Some(instead) => ends[at] = instead,
                    None => drop(ends.remove(at)),
                }
            }
        }
        let is_loose = |link: &LinkDraft| link.from.is_empty() || link.to.is_empty();
        let loose: Vec<_> = self.links.iter().filter(|l| l.was.is_some() && is_loose(l)).map(|l| l.id).collect();
        for link in loose {
            self.delete_link(link);
        }
        // After the kinds of links that go with it: they end at a label that is there.
        self.gone.extend(was.map(|label| Migration::DeleteLabel { label, fate }));
    }

    /// An attribute goes, and its values with it.
    pub fn delete_attribute(&mut self, attribute: DraftId) {
        for label in &mut self.labels {
            let Some(at) = label.attributes.iter().position(|a| a.id == attribute) else { continue };
            if let (Some(attribute), Some(label)) = (label.attributes.remove(at).was, label.was.clone()) {
                self.gone.push(Migration::DeleteAttribute { label, attribute });
            }
        }
    }

    /// An option goes; its values go too, or become the option `instead`, which must have been there at the beginning.
    pub fn delete_option(&mut self, option: DraftId, instead: Option<DraftId>) {
        for label in &mut self.labels {
            for attribute in &mut label.attributes {
                let Some(at) = attribute.options.iter().position(|o| o.id == option) else { continue };
                let other = attribute.options.iter().find(|o| Some(o.id) == instead).and_then(|o| o.was.clone());
                let option = attribute.options.remove(at).was;
                if let (Some(option), Some(attribute), Some(label)) = (option, attribute.was.clone(), label.was.clone())
                {
                    self.gone.push(Migration::DeleteOption { label, attribute, option, instead: other });
                }
            }
        }
    }

    /// A link kind goes, and its links with it.
    pub fn delete_link(&mut self, link: DraftId) {
        let was = self.links.iter().find(|l| l.id == link).and_then(|l| l.was.clone());
        self.gone.extend(was.map(Migration::DeleteLink));
        self.links.retain(|l| l.id != link);
    }

    /// The scheme that the draft describes. What cannot be read is left out: [`Draft::problems`] says what that is.
    pub fn scheme(&self) -> Scheme {
        let name_of = |id: &DraftId| self.labels.iter().find(|l| l.id == *id).map(|l| Name::from(l.name.as_str()));
        let names = |ids: &[DraftId]| -> Vec<Name> { ids.iter().filter_map(name_of).collect() };
        Scheme {
            name: self.name.clone(),
            labels: self.labels.iter().map(LabelDraft::definition).collect(),
            links: self.links.iter().map(|link| link.definition(&names)).collect(),
        }
    }

    /// All names in it.
    fn names(&self) -> BTreeSet<&str> {
        let attributes = || self.labels.iter().flat_map(|l| &l.attributes);
        let labels = self.labels.iter().map(|l| l.name.as_str());
        let options = attributes().flat_map(|a| &a.options).map(|o| o.name.as_str());
        let links = self.links.iter().map(|l| l.name.as_str());
        labels.chain(attributes().map(|a| a.name.as_str())).chain(options).chain(links).collect()
    }

    /// Whether it describes the scheme with which it began, and nothing was renamed or deleted on the way.
    pub fn is_unchanged(&self) -> bool {
        self.migrations().is_empty()
    }

    /// The fields in which something cannot be used, and what. Without problems, [`Scheme::validate`] has none either.
    pub fn problems(&self) -> Vec<(Place, String)> {
        let mut problems = Vec::new();
        let taken = self.names();
        let mut number = 0;
        // A name that nothing in the draft has, another one each time.
        let mut free = || loop {
            number += 1;
            let name = format!("?{number}");
            if !taken.contains(name.as_str()) {
                return Name::from(name);
            }
        };
        // Each thing is judged together with those before it in which nothing was found.
        let mut good = Scheme::default();
        for label in &self.labels {
            if label.colour.trim().parse::<Colour>().is_err() {
                problems
                    .push((Place::Colour(label.id), "write # and six hexadecimal digits, as in #0072B2".to_owned()));
            }
            if label.key.chars().count() > 1 {
                problems.push((Place::Key(label.id), "a key is one letter or digit".to_owned()));
            }
            let mut definition = LabelDef { attributes: Vec::new(), ..label.definition() };
            loop {
                good.labels.push(definition.clone());
                let Err(error) = good.validate() else { break };
                good.labels.pop();
                // Its attributes are looked at all the same, and under a name or key that is free its other field.
                if matches!(error, SchemeError::SameKey(..) | SchemeError::BadKey(..)) {
                    problems.push((Place::Key(label.id), error.to_string()));
                    definition.key = None;
                } else {
                    problems.push((Place::Name(label.id), error.to_string()));
                    definition.name = free();
                }
            }
            let last = good.labels.len() - 1;
            for attribute in &label.attributes {
                let mut push = |def: AttributeDef, place: Place| {
                    good.labels[last].attributes.push(def);
                    let error = good.validate().err();
                    good.labels[last].attributes.pop();
                    let found = error.map(|error| (place, error.to_string()));
                    let is_good = found.is_none();
                    problems.extend(found);
                    is_good
                };
                let plain = AttributeDef { kind: AttributeKind::Text, ..attribute.definition() };
                let is_named = push(plain.clone(), Place::Name(attribute.id));
                let mut options = Vec::new();
                for option in attribute.options.iter().filter(|_| attribute.kind.has_options()) {
                    options.push(Name::from(option.name.as_str()));
                    let name = free();
                    let kind = AttributeKind::Choice(options.clone());
                    if !push(AttributeDef { name, kind, ..plain.clone() }, Place::Name(option.id)) {
                        options.pop();
                    }
                }
                let whole = AttributeDef { name: free(), ..attribute.definition() };
                if attribute.options.is_empty() {
                    push(whole, Place::Options(attribute.id));
                }
                if is_named {
                    good.labels[last].attributes.push(plain);
                }
            }
        }
        for link in &self.links {
            // Ends are labels of the draft: they are there, whatever they are called.
            good.links.push(link.definition(&|_| Vec::new()));
            if let Err(error) = good.validate() {
                problems.push((Place::Name(link.id), error.to_string()));
                good.links.pop();
            }
            if link.from.is_empty() || link.to.is_empty() {
                let what =
                    if link.symmetric { "join at least one label with one" } else { "choose a label at each end" };
                problems.push((Place::Ends(link.id), what.to_owned()));
            }
        }
        problems
    }

    /// What leads from the scheme at the beginning to this one, in an order in which no name gets in the way of
    /// another; empty if nothing does.
    pub fn migrations(&self) -> Vec<Migration> {
        let mut all = self.gone.clone();
        for label in &self.labels {
            let Some(of) = &label.was else { continue };
            for attribute in &label.attributes {
                let Some(attribute_was) = &attribute.was else { continue };
                let options = attribute.options.iter().map(|o| (o.was.as_ref(), o.name.as_str()));
                let options = if attribute.kind.has_options() { renames(options) } else { Vec::new() };
                all.extend(options.into_iter().map(|(from, to)| Migration::RenameOption {
                    label: of.clone(),
                    attribute: attribute_was.clone(),
                    from,
                    to,
                }));
            }
            let attributes = renames(label.attributes.iter().map(|a| (a.was.as_ref(), a.name.as_str())));
            let rename = |(from, to): (Name, Name)| Migration::RenameAttribute { label: of.clone(), from, to };
            all.extend(attributes.into_iter().map(rename));
        }
        let labels = renames(self.labels.iter().map(|l| (l.was.as_ref(), l.name.as_str())));
        all.extend(labels.into_iter().map(|(from, to)| Migration::RenameLabel { from, to }));
        let links = renames(self.links.iter().map(|l| (l.was.as_ref(), l.name.as_str())));
        all.extend(links.into_iter().map(|(from, to)| Migration::RenameLink { from, to }));
        let scheme = self.scheme();
        if !all.is_empty() || scheme != self.base {
            all.push(Migration::Redefine(Box::new(scheme)));
        }
        all
    }

    /// Whether an attribute takes other values than at the beginning, so that those in the work may not fit.
    pub fn kind_changed(&self, attribute: DraftId) -> bool {
        self.labels.iter().any(|label| {
            let drafted = label.attributes.iter().find(|a| a.id == attribute);
            let was = label.was.as_ref().and_then(|was| self.base.label(was));
            let before = drafted.and_then(|drafted| was?.attribute(drafted.was.as_ref()?));
            before.zip(drafted).is_some_and(|(before, drafted)| KindDraft::of(&before.kind) != drafted.kind)
        })
    }

    /// Whether work has to follow: then all layers of the project must be loaded.
    pub fn needs_layers(&self) -> bool {
        self.migrations().iter().any(|m| !matches!(m, Migration::Redefine(_)))
    }

    /// What is renamed and deleted, a line each, for people.
    pub fn steps(&self) -> Vec<String> {
        let renames = |label: &LabelDraft| {
            let of = label.name.clone();
            let renamed = |was: &Option<Name>, name: &str| was.as_ref().filter(|was| **was != name).cloned();
            let own = renamed(&label.was, &label.name).map(|was| format!("rename label {was} to {of}"));
            let attributes = label.attributes.iter().filter_map(|a| Some((renamed(&a.was, &a.name)?, &a.name)));
            let attributes: Vec<_> =
                attributes.map(|(was, name)| format!("rename attribute {was} to {name}")).collect();
            let options = label.attributes.iter().flat_map(|a| &a.options);
            let options = options.filter_map(|o| Some((renamed(&o.was, &o.name)?, &o.name)));
            let options: Vec<_> = options.map(|(was, name)| format!("rename option {was} to {name}")).collect();
            own.into_iter().chain(attributes).chain(options)
        };
        let links = self.links.iter().filter_map(|l| {
            let was = l.was.as_ref().filter(|was| was.as_str() != l.name)?;
            Some(format!("rename link kind {was} to {}", l.name))
        });
        self.gone.iter().map(what).chain(self.labels.iter().flat_map(renames)).chain(links).collect()
    }

    /// All of it as one step of undo.
    ///
    /// # Errors
    /// As for [`scheme::migrate`].
    pub fn change(&self, state: &State, stamp: &Stamp) -> Result<Change, Refusal> {
        let steps = self.steps();
        let what = match &steps[..] {
            [] => "change the scheme".to_owned(),
            [only] => only.clone(),
            [first, rest @ ..] => format!("{first}, and {} more in the scheme", rest.len()),
        };
        scheme::migrate_all(state, &self.migrations(), what, stamp)
    }
}

impl LabelDraft {
    /// The label that is described.
    pub fn definition(&self) -> LabelDef {
        LabelDef {
            name: self.name.as_str().into(),
            title: self.title.clone(),
            key: self.key.chars().next(),
            colour: self.colour.trim().parse().unwrap_or(Colour([0, 0, 0])),
            underline: self.underline,
            description: self.description.clone(),
            on: self.on,
            attributes: self.attributes.iter().map(AttributeDraft::definition).collect(),
        }
    }
}

impl AttributeDraft {
    fn definition(&self) -> AttributeDef {
        let options = || self.options.iter().map(|o| Name::from(o.name.as_str())).collect();
        let kind = match self.kind {
            KindDraft::Choice => AttributeKind::Choice(options()),
            KindDraft::Several => AttributeKind::Several(options()),
            KindDraft::YesNo => AttributeKind::YesNo,
            KindDraft::Text => AttributeKind::Text,
            KindDraft::Number => AttributeKind::Number,
            KindDraft::Date => AttributeKind::Date,
            KindDraft::Entity => match &self.base {
                Some(AttributeKind::Entity(kinds)) if kinds.len() != 1 => AttributeKind::Entity(kinds.clone()),
                _ => AttributeKind::Entity(Vec::new()),
            },
            KindDraft::Person => AttributeKind::Entity(vec![EntityKind::Person]),
            KindDraft::Organisation => AttributeKind::Entity(vec![EntityKind::Organisation]),
        };
        AttributeDef {
            name: self.name.as_str().into(),
            title: self.title.clone(),
            kind,
            description: self.description.clone(),
        }
    }
}

impl LinkDraft {
    fn definition(&self, names: &dyn Fn(&[DraftId]) -> Vec<Name>) -> LinkDef {
        LinkDef {
            name: self.name.as_str().into(),
            title: self.title.clone(),
            inverse: self.inverse.clone(),
            from: names(&self.from),
            to: names(&self.to),
            symmetric: self.symmetric,
            description: self.description.clone(),
        }
    }
}

/// The lines under marks, with a title.
pub const UNDERLINES: [(Underline, &str); 6] = [
    (Underline::Solid, "solid"),
    (Underline::Dashed, "dashed"),
    (Underline::Dotted, "dotted"),
    (Underline::Double, "double"),
    (Underline::Wavy, "wavy"),
    (Underline::Thick, "thick"),
];

fn capital(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// `label`, `label 2`, …: the first that is not taken.
fn free_name<'a>(stem: &str, taken: impl Iterator<Item = &'a str>) -> String {
    let taken: Vec<_> = taken.collect();
    let mut names = std::iter::once(stem.to_owned()).chain((2..).map(|n| format!("{stem} {n}")));
    names.find(|name| !taken.contains(&name.as_str())).unwrap_or_default()
}

/// Renames from names of the beginning to those of now. Where one takes the name that another has at that moment, all
/// go over names that nobody can type.
fn renames<'a>(names: impl Iterator<Item = (Option<&'a Name>, &'a str)>) -> Vec<(Name, Name)> {
    let changed = names.filter_map(|(was, name)| was.filter(|was| **was != name).map(|was| (was.clone(), name.into())));
    let changed: Vec<(Name, Name)> = changed.collect();
    if !changed.iter().any(|(_, to)| changed.iter().any(|(from, _)| from == to)) {
        return changed;
    }
    let between = |n: usize| Name::from(format!("\u{0}{n}"));
    let away = changed.iter().enumerate().map(|(n, (from, _))| (from.clone(), between(n)));
    away.chain(changed.iter().enumerate().map(|(n, (_, to))| (between(n), to.clone()))).collect()
}

#[cfg(test)]
mod tests;
