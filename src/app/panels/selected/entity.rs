//! The field for an entity: what is typed finds the people and organisations of the project, or makes a new one.

use crate::app::panels::Do;
use crate::app::panels::all::brief;
use crate::app::theme::{Palette, size};
use crate::app::widgets::{in_ink, muted, named_value};
use crate::edit::entities::NewEntity;
use crate::model::{Annotation, AttributeDef, Entity, EntityId, EntityKind, Layer, Name, Project, Value};
use eframe::egui::{self, Key, Margin, Modifiers, Popup, PopupCloseBehavior, Ui, vec2};

/// No more entities are offered at a time.
const MOST: usize = 8;

/// What is being looked for, and what was found.
#[derive(Default)]
pub struct Finder {
    /// For which attribute the list is open.
    open: Option<Name>,
    typed: Option<String>,
    /// Which of the offers is marked.
    at: usize,
    /// What was found for which text.
    found: Option<(String, Vec<Offer>)>,
}

/// Something that the list offers.
#[derive(Clone, PartialEq, Debug)]
enum Offer {
    /// No entity.
    None,
    /// One of the project.
    Known(EntityId),
    /// A new one with this name.
    New(EntityKind, String),
}

impl Finder {
    /// Draws the field and its list; `kinds` are those that the attribute takes.
    #[expect(clippy::too_many_arguments, reason = "one row of the card: what it shows and where the result goes")]
    pub fn show(
        &mut self,
        ui: &mut Ui,
        project: &Project,
        layer: &Layer,
        a: &Annotation,
        (def, kinds): (&AttributeDef, &[EntityKind]),
        focus: bool,
        out: &mut Vec<Do>,
    ) {
        let id = a.attributes.get(&def.name).and_then(Value::as_text).unwrap_or_default();
        let entity = id.parse().ok().and_then(|id: EntityId| project.entities.get(&id));
        let shown = entity.map_or(id, |e| &e.name);
        let mine = self.open.as_ref() == Some(&def.name);
        let mut text = self.typed.clone().filter(|_| mine).unwrap_or_else(|| shown.to_owned());
        // These keys are the list's, before the field can take them.
        let key = |ui: &Ui, key| mine && ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
        let (down, up, enter) = (key(ui, Key::ArrowDown), key(ui, Key::ArrowUp), key(ui, Key::Enter));
        let edit = egui::TextEdit::singleline(&mut text).hint_text("Find or make one").margin(Margin::symmetric(8, 5));
        let response = ui.add(edit.desired_width(f32::INFINITY).id_salt((a.id.0, def.name.as_str(), "entity")));
        named_value(ui, &response, &def.title, shown);
        if focus {
            response.request_focus();
        }
        if response.gained_focus() {
            *self = Self { open: Some(def.name.clone()), ..Self::default() };
        }
        if response.changed() {
            *self = Self { open: Some(def.name.clone()), typed: Some(text.clone()), ..Self::default() };
        }
        if self.open.as_ref() != Some(&def.name) {
            if let Some(entity) = entity {
                response.on_hover_text(describe(entity));
            }
            return;
        }
        let offers = self.offers(project, layer, a, kinds, !id.is_empty());
        let last = offers.len().saturating_sub(1);
        self.at = match (down, up) {
            (true, _) if self.at < last => self.at + 1,
            (_, true) => self.at.saturating_sub(1),
            _ => self.at.min(last),
        };
        let mut chosen = offers.get(self.at).filter(|_| enter).cloned();
        let popup = Popup::from_response(&response).close_behavior(PopupCloseBehavior::IgnoreClicks).gap(2.0);
        let shown = popup.open(true).width(response.rect.width()).show(|ui| {
            ui.set_width(response.rect.width());
            ui.spacing_mut().item_spacing.y = 0.0;
            for (n, offer) in offers.iter().enumerate() {
                if Self::row(ui, project, offer, n == self.at) {
                    chosen = Some(offer.clone());
                }
            }
            if offers.is_empty() {
                ui.label(muted(ui, "Type a name to make one").size(size::CAPTION));
            }
        });
        let todo = chosen.map(|offer| match offer {
            Offer::None => Do::Attribute(a.id, def.name.clone(), None),
            Offer::Known(id) => Do::Attribute(a.id, def.name.clone(), Some(Value::Text(id.to_string()))),
            Offer::New(kind, name) => {
                let new = NewEntity { kind, name, aliases: Vec::new(), wikidata: None };
                Do::NewEntity(a.id, def.name.clone(), new)
            }
        });
        // A click on the list takes the focus from the field, but does not close it.
        let on_list = shown.is_some_and(|list| list.response.contains_pointer());
        if todo.is_some() || (!response.has_focus() && !on_list) {
            *self = Self::default();
        }
        if todo.is_some() {
            out.extend(todo);
            out.push(Do::FocusText);
        }
    }

    /// What is offered for what was typed; as long as nothing was, for the marked text.
    fn offers(
        &mut self,
        project: &Project,
        layer: &Layer,
        a: &Annotation,
        kinds: &[EntityKind],
        is_set: bool,
    ) -> Vec<Offer> {
        let marked = || brief(layer, a, 80);
        let wanted = self.typed.clone().unwrap_or_else(marked);
        if let Some((_, found)) = self.found.as_ref().filter(|(text, _)| *text == wanted) {
            return found.clone();
        }
        let mut offers = offers(project, wanted.trim(), kinds, self.typed.is_none());
        if is_set && self.typed.as_ref().is_none_or(|t| t.trim().is_empty()) {
            offers.push(Offer::None);
        }
        self.found = Some((wanted, offers.clone()));
        offers
    }

    fn row(ui: &mut Ui, project: &Project, offer: &Offer, marked: bool) -> bool {
        let kind = |kind: EntityKind| if kind == EntityKind::Person { "person" } else { "organisation" };
        let (title, right) = match offer {
            Offer::None => ("None".to_owned(), ""),
            Offer::Known(id) => {
                let entity = project.entities.get(id);
                (entity.map_or(id.to_string(), |e| e.name.clone()), entity.map_or("", |e| kind(e.kind)))
            }
            Offer::New(of, name) => (format!("New {} “{name}”", kind(*of)), ""),
        };
        let palette = Palette::current(ui);
        let text = in_ink(ui, title);
        let text = if matches!(offer, Offer::Known(_)) { text } else { text.color(palette.accent) };
        let button = egui::Button::selectable(marked, text).shortcut_text(right).truncate();
        let response = ui.add(button.min_size(vec2(ui.available_width(), 26.0)));
        match offer {
            Offer::Known(id) if let Some(entity) = project.entities.get(id) => {
                response.on_hover_text(describe(entity)).clicked()
            }
            _ => response.clicked(),
        }
    }
}

/// The entities of the right kinds that fit `wanted`, the best first, and new ones of that name; if it was not typed,
/// those that do not fit come too, after the others.
fn offers(project: &Project, wanted: &str, kinds: &[EntityKind], all: bool) -> Vec<Offer> {
    let lower = wanted.to_lowercase();
    let rank = |e: &Entity| {
        let names = std::iter::once(&e.name).chain(&e.aliases).map(|n| n.to_lowercase());
        let rank = |name: String| match () {
            () if name == lower => 0,
            () if lower.is_empty() => 3,
            () if name.starts_with(&lower) => 1,
            () if name.contains(&lower) => 2,
            () => 4,
        };
        names.map(rank).min().unwrap_or(4)
    };
    let right = project.entities.values().filter(|e| kinds.is_empty() || kinds.contains(&e.kind));
    let ranked = right.map(|e| (rank(e), e)).filter(|(rank, _)| all || *rank < 4);
    let mut ranked: Vec<_> = ranked.collect();
    ranked.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.name.cmp(&y.name)));
    let named = |kind| ranked.iter().any(|(_, e)| e.kind == kind && e.name.to_lowercase() == lower);
    let both = [EntityKind::Person, EntityKind::Organisation];
    let kinds = if kinds.is_empty() { &both[..] } else { kinds };
    let new = kinds.iter().filter(|kind| !wanted.is_empty() && !named(**kind));
    let new: Vec<_> = new.map(|kind| Offer::New(*kind, wanted.to_owned())).collect();
    let known = ranked.iter().map(|(_, e)| Offer::Known(e.id));
    // What fits comes first; a new one comes before those that do not fit.
    let fitting = ranked.iter().filter(|(rank, _)| *rank < 4).count().min(MOST);
    let mut offers: Vec<_> = known.take(MOST).collect();
    offers.splice(fitting..fitting, new);
    offers
}

/// Its other names and its kind.
fn describe(entity: &Entity) -> String {
    let mut words = vec![entity.name.clone()];
    words.extend(entity.aliases.iter().cloned());
    let mut text = words.join(" · ");
    if let Some(item) = &entity.wikidata {
        text.push_str(&format!("\nWikidata {item}"));
    }
    if !entity.note.is_empty() {
        text.push_str(&format!("\n{}", entity.note));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::scheme;

    #[test]
    fn what_fits_is_offered_first_and_a_new_one_unless_there_is_one_of_that_name() {
        let mut project = Project::new("T", scheme());
        let entities = [
            (1, EntityKind::Person, "Zoë Müller", vec!["Müller"]),
            (2, EntityKind::Organisation, "Fishers’ Union", vec!["FU"]),
            (3, EntityKind::Person, "Anna Müller", vec![]),
        ];
        for (id, kind, name, aliases) in entities {
            let aliases = aliases.into_iter().map(str::to_owned).collect();
            let (id, name) = (EntityId(id), name.to_owned());
            project.entities.insert(id, Entity { id, kind, name, aliases, wikidata: None, note: String::new() });
        }
        let people = [EntityKind::Person];
        let new = |kind, name: &str| Offer::New(kind, name.to_owned());
        let known = |n| Offer::Known(EntityId(n));
        let person = EntityKind::Person;
        assert_eq!(offers(&project, "MÜLLER", &people, false), [known(1), known(3), new(person, "MÜLLER")]);
        assert_eq!(offers(&project, "zoë müller", &people, false), [known(1)]);
        assert_eq!(offers(&project, "Путин", &people, true), [new(person, "Путин"), known(3), known(1)]);
        assert_eq!(
            offers(&project, "fu", &[], false),
            [known(2), new(person, "fu"), new(EntityKind::Organisation, "fu")]
        );
        assert_eq!(offers(&project, "", &people, false), [known(3), known(1)]);
    }
}
