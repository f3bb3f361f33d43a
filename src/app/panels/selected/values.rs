//! The rows of the card for values of attributes: one way to edit each kind.

use super::{Selected, problem};
use crate::app::panels::Do;
use crate::app::theme::Palette;
use crate::app::widgets::{Chip, Choice, combo, field, named, segments, segments_width, with_tip};
use crate::model::{Annotation, AttributeDef, AttributeKind, LabelDef, Layer, Name, Project, Value};
use eframe::egui::{self, RichText, Ui};

impl Selected {
    /// The row of an attribute.
    #[expect(clippy::too_many_arguments, reason = "one row of the card: what it shows and where the result goes")]
    pub(super) fn attribute(
        &mut self,
        ui: &mut Ui,
        project: &Project,
        layer: &Layer,
        a: &Annotation,
        def: &AttributeDef,
        focus: bool,
        out: &mut Vec<Do>,
    ) {
        let value = a.attributes.get(&def.name);
        let tip = if def.description.is_empty() { String::new() } else { def.description.clone() };
        with_tip(ui, &def.title, &tip, |ui| {
            match &def.kind {
                AttributeKind::Choice(options) => choice(ui, a, def, options, value, focus, out),
                AttributeKind::Several(options) => several(ui, a, def, options, value, focus, out),
                AttributeKind::YesNo => {
                    let current = value.map(ToString::to_string);
                    if let Some(chosen) = segments(ui, &def.title, ["yes", "no"], current.as_deref(), true, focus) {
                        out.push(chosen_value(a, def, chosen, |taken| Value::YesNo(taken == "yes")));
                    }
                }
                AttributeKind::Entity(kinds) => self.entity.show(ui, project, layer, a, (def, kinds), focus, out),
                AttributeKind::Text | AttributeKind::Number | AttributeKind::Date => {
                    let shown = value.map(ToString::to_string).unwrap_or_default();
                    let hint = match def.kind {
                        AttributeKind::Number => "a number",
                        AttributeKind::Date => "2018 or 2018-09-29",
                        _ => "",
                    };
                    let response = self.typed(ui, a, Some((&def.name, &def.kind)), &shown, hint, focus, out);
                    named(ui, &response, &def.title);
                }
            }
            if let Some(bad) = value.filter(|v| !def.kind.takes(v, &project.entities)) {
                bad_value(ui, a, &def.name, bad, &format!("expected {}", def.kind.expected()), out);
            }
        });
    }
}

/// A value that the scheme does not take: what it is, what it should be, and a way to remove it.
fn bad_value(ui: &mut Ui, a: &Annotation, name: &Name, value: &Value, why: &str, out: &mut Vec<Do>) {
    let palette = Palette::current(ui);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(value.to_string()).color(palette.error));
        let remove = ui.small_button("Remove").on_hover_text("Take this value away");
        named(ui, &remove, &format!("Remove value of {name}"));
        if remove.clicked() {
            out.push(Do::Attribute(a.id, name.clone(), None));
        }
    });
    problem(ui, why);
}

/// Values of attributes that the scheme does not know: they are kept, and shown as what they are.
pub(super) fn unknown(ui: &mut Ui, label: Option<&LabelDef>, a: &Annotation, out: &mut Vec<Do>) {
    let known = |name: &Name| label.is_some_and(|l| l.attribute(name).is_some());
    for (name, value) in a.attributes.iter().filter(|(name, _)| !known(name)) {
        field(ui, name, |ui| bad_value(ui, a, name, value, "the scheme does not know this attribute", out));
        ui.add_space(4.0);
    }
}

/// What comes of a choice: a value, none, or Enter, which leads back to the text.
fn chosen_value(a: &Annotation, def: &AttributeDef, chosen: Choice, value: impl Fn(String) -> Value) -> Do {
    let set = |value: Option<Value>| Do::Attribute(a.id, def.name.clone(), value);
    match chosen {
        Choice::Taken(taken) => set(Some(value(taken))),
        Choice::Cleared => set(None),
        Choice::Done => Do::FocusText,
    }
}

fn choice(
    ui: &mut Ui,
    a: &Annotation,
    def: &AttributeDef,
    options: &[Name],
    value: Option<&Value>,
    focus: bool,
    out: &mut Vec<Do>,
) {
    let current = value.and_then(Value::as_text);
    if segments_width(ui, options) <= ui.available_width() {
        let options = options.iter().map(Name::as_str);
        if let Some(chosen) = segments(ui, &def.title, options, current, true, focus) {
            out.push(chosen_value(a, def, chosen, Value::Text));
        }
        return;
    }
    let shown = current.unwrap_or("–");
    let now = current.map(Name::from);
    let (response, chosen) = combo(ui, &def.title, ui.available_width(), shown, Some(&now), || {
        let all = options.iter().map(|option| (Some(option.clone()), option.to_string()));
        std::iter::once((None, "–".to_owned())).chain(all).collect()
    });
    if let Some(chosen) = chosen {
        out.push(Do::Attribute(a.id, def.name.clone(), chosen.map(|option| option.as_str().into())));
    }
    if focus {
        response.request_focus();
    }
}

fn several(
    ui: &mut Ui,
    a: &Annotation,
    def: &AttributeDef,
    options: &[Name],
    value: Option<&Value>,
    mut focus: bool,
    out: &mut Vec<Do>,
) {
    let items = if let Some(Value::List(items)) = value { items.as_slice() } else { &[] };
    let has = |option: &Name| items.iter().any(|item| item == option.as_str());
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(4.0, 4.0);
        for option in options {
            let on = has(option);
            let chip = Chip { text: option.as_str(), label: None, key: String::new(), on, quiet: !on };
            let response = chip.show(ui);
            named(ui, &response, &format!("{}: {option}", def.title));
            if std::mem::take(&mut focus) {
                response.request_focus();
            }
            if response.clicked() {
                let chosen = options.iter().filter(|o| if *o == option { !on } else { has(o) });
                let chosen: Vec<_> = chosen.map(ToString::to_string).collect();
                let value = (!chosen.is_empty()).then_some(Value::List(chosen));
                out.push(Do::Attribute(a.id, def.name.clone(), value));
            }
        }
    });
}
