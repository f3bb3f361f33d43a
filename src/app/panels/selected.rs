//! The card of the selected annotation: every attribute, link and the note, editable in place.

use super::Do;
use crate::app::actions::{Action, key_of};
use crate::app::fonts::Face;
use crate::app::theme::Palette;
use crate::app::widgets::{card, empty, field, key_badge, muted, segments, segments_width};
use crate::model::{Annotation, AnnotationId, AttributeDef, AttributeKind, Layer, Name, Origin, Project, Span, Value};
use eframe::egui::{self, Frame, Margin, Rect, RichText, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, vec2};

/// What is being typed into the card, kept until it is taken over or the annotation changes.
#[derive(Default)]
pub struct Selected {
    /// For which annotation, at which revision.
    draft_for: Option<(AnnotationId, u64)>,
    note: String,
    texts: Vec<(Name, String)>,
    /// Puts the focus on the first attribute or on the note in the next frame.
    focus: Option<Focus>,
}

/// Where keys lead in the card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Focus {
    /// The first attribute.
    Attributes,
    /// The note.
    Note,
}

impl Selected {
    /// Puts the focus into the card in the next frame.
    pub fn focus(&mut self, focus: Focus) {
        self.focus = Some(focus);
    }

    /// Whether the focus will be put into the card.
    pub fn takes_focus(&self) -> bool {
        self.focus.is_some()
    }

    /// Draws the card.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        project: &Project,
        layer: Option<&Layer>,
        selected: Option<AnnotationId>,
        revision: u64,
        out: &mut Vec<Do>,
    ) {
        let Some((layer, annotation)) = layer.and_then(|l| l.get(selected?).map(|a| (l, a))) else {
            self.draft_for = None;
            nothing_selected(ui, project);
            return;
        };
        if self.draft_for != Some((annotation.id, revision)) {
            self.draft_for = Some((annotation.id, revision));
            self.note.clone_from(&annotation.note);
            self.texts.clear();
        }
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            Frame::new().inner_margin(Margin::same(12)).show(ui, |ui| {
                card(ui, |ui| self.card(ui, project, layer, annotation, out));
            });
        });
        self.focus = None;
    }

    fn card(&mut self, ui: &mut Ui, project: &Project, layer: &Layer, a: &Annotation, out: &mut Vec<Do>) {
        let palette = Palette::current(ui);
        let label = project.scheme.label(&a.label);
        let ink = label.map_or(palette.muted, |l| palette.text_of(l.colour));
        ui.horizontal(|ui| {
            let title = label.map_or(a.label.as_str(), |l| &l.title);
            ui.label(RichText::new(title).font(Face::SemiBold.size(13.0)).color(ink));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let paragraph = layer.text().paragraph_at(a.span.start()).map_or(0, |p| p + 1);
                ui.label(muted(ui, format!("paragraph {paragraph}"))).on_hover_text(describe_span(&a.span, a));
            });
        });
        ui.add_space(4.0);
        quote(ui, &layer.text().quote(&a.span), label.map_or(palette.muted, |l| palette.ink_of(l.colour)));
        ui.add_space(6.0);
        links(ui, project, layer, a, out);
        let mut first = self.focus == Some(Focus::Attributes);
        for def in label.map(|l| l.attributes.as_slice()).unwrap_or_default() {
            let value = a.attributes.get(&def.name);
            field(ui, &def.title, |ui| self.attribute(ui, project, a, def, value, std::mem::take(&mut first), out));
            ui.add_space(4.0);
        }
        // Values that the scheme does not know are kept, and shown as what they are.
        let known = |name: &Name| label.is_some_and(|l| l.attribute(name).is_some());
        for (name, value) in a.attributes.iter().filter(|(name, _)| !known(name)) {
            field(ui, name, |ui| {
                ui.horizontal(|ui| {
                    ui.label(RichText::new(value.to_string()).color(palette.error));
                    if ui.small_button("Clear").on_hover_text("The scheme does not know this attribute").clicked() {
                        out.push(Do::Attribute(a.id, name.clone(), None));
                    }
                });
            });
        }
        field(ui, "Note", |ui| {
            let edit = text_field(&mut self.note, "Add a note").desired_rows(1);
            let response = ui.add(edit);
            crate::app::widgets::named(ui, &response, "Note");
            if self.focus == Some(Focus::Note) {
                response.request_focus();
            }
            if response.lost_focus() && self.note != a.note {
                out.push(Do::Note(a.id, self.note.clone()));
            }
            back_to_text(ui, &response, out);
        });
    }

    #[expect(clippy::too_many_arguments, reason = "one row of the card: what it shows and where the result goes")]
    fn attribute(
        &mut self,
        ui: &mut Ui,
        project: &Project,
        a: &Annotation,
        def: &AttributeDef,
        value: Option<&Value>,
        focus: bool,
        out: &mut Vec<Do>,
    ) {
        let mut set = |value: Option<Value>| out.push(Do::Attribute(a.id, def.name.clone(), value));
        let bad = value.is_some_and(|v| !def.kind.takes(v, &project.entities));
        match &def.kind {
            AttributeKind::Choice(options) if !bad && segments_width(ui, options) <= ui.available_width() => {
                let current = value.and_then(Value::as_text);
                let options = options.iter().map(Name::as_str);
                if let Some(chosen) = segments(ui, &def.title, options, current, true, focus) {
                    set(chosen.taken().map(Value::Text));
                }
            }
            AttributeKind::Choice(options) => {
                let current = value.map_or("–".to_owned(), ToString::to_string);
                let combo =
                    egui::ComboBox::from_id_salt(&def.title).selected_text(&current).width(ui.available_width());
                let response = combo.show_ui(ui, |ui| {
                    if ui.selectable_label(value.is_none(), "–").clicked() {
                        set(None);
                    }
                    for option in options {
                        let on = value.and_then(Value::as_text) == Some(option);
                        if ui.selectable_label(on, option.as_str()).clicked() {
                            set(Some(option.as_str().into()));
                        }
                    }
                });
                name_and_focus(ui, &response.response, &def.title, &current, focus);
            }
            AttributeKind::Several(options) => {
                let items = if let Some(Value::List(items)) = value { items.as_slice() } else { &[] };
                for option in options {
                    let mut on = items.iter().any(|item| item == option.as_str());
                    if ui.checkbox(&mut on, option.as_str()).changed() {
                        let chosen = options
                            .iter()
                            .filter(|o| if *o == option { on } else { items.iter().any(|item| item == o.as_str()) });
                        let chosen: Vec<_> = chosen.map(ToString::to_string).collect();
                        set((!chosen.is_empty()).then_some(Value::List(chosen)));
                    }
                }
            }
            AttributeKind::YesNo => {
                let current = value.map(ToString::to_string);
                if let Some(chosen) = segments(ui, &def.title, ["yes", "no"], current.as_deref(), true, focus) {
                    set(chosen.taken().map(|c| Value::YesNo(c == "yes")));
                }
            }
            AttributeKind::Entity(kinds) => {
                let name = |id: &str| {
                    let entity = id.parse().ok().and_then(|id| project.entities.get(&id));
                    entity.map_or(id.to_owned(), |e| e.name.clone())
                };
                let current = value.and_then(Value::as_text).map_or("–".to_owned(), name);
                let combo =
                    egui::ComboBox::from_id_salt(&def.title).selected_text(&current).width(ui.available_width());
                let response = combo.show_ui(ui, |ui| {
                    if ui.selectable_label(value.is_none(), "–").clicked() {
                        set(None);
                    }
                    for entity in project.entities.values().filter(|e| kinds.is_empty() || kinds.contains(&e.kind)) {
                        let on = value.and_then(Value::as_text) == Some(&entity.id.to_string());
                        if ui.selectable_label(on, &entity.name).clicked() {
                            set(Some(Value::Text(entity.id.to_string())));
                        }
                    }
                });
                name_and_focus(ui, &response.response, &def.title, &current, focus);
            }
            AttributeKind::Text | AttributeKind::Number | AttributeKind::Date => {
                self.typed(ui, a, def, value, focus, out);
            }
        }
        if bad {
            let palette = Palette::current(ui);
            ui.label(RichText::new(format!("expected {}", def.kind.expected())).size(11.5).color(palette.error));
        }
    }

    fn typed(
        &mut self,
        ui: &mut Ui,
        a: &Annotation,
        def: &AttributeDef,
        value: Option<&Value>,
        focus: bool,
        out: &mut Vec<Do>,
    ) {
        let palette = Palette::current(ui);
        let shown = value.map(ToString::to_string).unwrap_or_default();
        let at = self.texts.iter().position(|(name, _)| *name == def.name);
        let mut text = at.map_or_else(|| shown.clone(), |at| self.texts[at].1.clone());
        let hint = match def.kind {
            AttributeKind::Number => "a number",
            AttributeKind::Date => "2018, 2018-09 or 2018-09-29",
            _ => "",
        };
        let response = ui.add(text_field(&mut text, hint));
        crate::app::widgets::named(ui, &response, &def.title);
        if focus {
            response.request_focus();
        }
        let parsed = def.kind.parse(&text);
        if text.trim().is_empty() {
            if response.lost_focus() && value.is_some() {
                out.push(Do::Attribute(a.id, def.name.clone(), None));
            }
        } else if let Some(parsed) = parsed {
            if response.lost_focus() && Some(&parsed) != value {
                out.push(Do::Attribute(a.id, def.name.clone(), Some(parsed)));
            }
        } else {
            ui.label(RichText::new(format!("expected {}", def.kind.expected())).size(11.5).color(palette.error));
        }
        match at {
            Some(at) => self.texts[at].1 = text,
            None if text != shown => self.texts.push((def.name.clone(), text)),
            None => {}
        }
        back_to_text(ui, &response, out);
    }
}

fn text_field<'t>(text: &'t mut String, hint: &'t str) -> egui::TextEdit<'t> {
    egui::TextEdit::singleline(text).hint_text(hint).margin(Margin::symmetric(8, 5)).desired_width(f32::INFINITY)
}

fn name_and_focus(ui: &Ui, response: &egui::Response, title: &str, value: &str, focus: bool) {
    crate::app::widgets::named_value(ui, response, title, value);
    if focus {
        response.request_focus();
    }
}

/// Enter and Esc in a field lead back to the text.
fn back_to_text(ui: &Ui, response: &egui::Response, out: &mut Vec<Do>) {
    let left =
        response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter) || i.key_pressed(egui::Key::Escape));
    if left {
        out.push(Do::FocusText);
    }
}

fn describe_span(span: &Span, a: &Annotation) -> String {
    let origin = match &a.provenance.origin {
        Origin::ByHand => "by hand".to_owned(),
        Origin::Suggestion { source, .. } => format!("accepted suggestion of {source}"),
        Origin::Import { format, file } => format!("imported from {file} ({format})"),
        Origin::Adjudication { .. } => "adjudicated".to_owned(),
    };
    format!("{} · bytes {:?} · {origin}, {}", a.id, span, a.provenance.modified.format("%Y-%m-%d %H:%M UTC"))
}

fn quote(ui: &mut Ui, text: &str, colour: egui::Color32) {
    let shown: String = text.chars().take(600).collect();
    let shown = if shown.len() < text.len() { format!("{shown}…") } else { shown };
    let response = Frame::new().inner_margin(Margin { left: 13, right: 0, top: 1, bottom: 3 }).show(ui, |ui| {
        ui.add(egui::Label::new(RichText::new(shown).font(Face::Serif.size(14.0)).line_height(Some(22.0))).wrap());
    });
    let rect = response.response.rect;
    ui.painter().rect_filled(Rect::from_min_size(rect.min, vec2(3.0, rect.height())), 0, colour);
}

/// The links, one row a kind and direction that the scheme has for this label; empty ones say how to make one.
fn links(ui: &mut Ui, project: &Project, layer: &Layer, a: &Annotation, out: &mut Vec<Do>) {
    let palette = Palette::current(ui);
    for link in layer.links_of(a.id) {
        let outgoing = link.from == a.id;
        let def = project.scheme.link(&link.kind);
        let title = match def {
            Some(def) if outgoing => def.title.clone(),
            Some(def) => def.inverse.clone(),
            None => link.kind.to_string(),
        };
        let Some(other) = layer.get(if outgoing { link.to } else { link.from }) else { continue };
        field(ui, &capitalised(&title), |ui| {
            ui.horizontal(|ui| {
                let colour = project.scheme.label(&other.label).map_or(palette.muted, |l| palette.ink_of(l.colour));
                let width = ui.available_width() - 30.0;
                let (rect, response) = ui.allocate_exact_size(vec2(width, 26.0), Sense::click());
                let text = layer.text().quote(&other.span);
                response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{title} {text}")));
                let border = if response.has_focus() { palette.accent } else { palette.line };
                let fill = if response.hovered() { palette.hover } else { palette.panel };
                ui.painter().rect(rect, 5, fill, Stroke::new(1.0, border), egui::StrokeKind::Inside);
                ui.painter().rect_filled(rect.with_max_x(rect.left() + 3.0), 2, colour);
                let mut job = egui::text::LayoutJob::simple_singleline(text, Face::Sans.size(13.0), palette.ink);
                job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width() - 18.0);
                let galley = ui.painter().layout_job(job);
                ui.painter().galley(rect.left_center() + vec2(11.0, -galley.size().y / 2.0), galley, palette.ink);
                if response.on_hover_text("Go there").clicked() {
                    out.push(Do::Select(other.id));
                }
                let cross =
                    egui::Button::new(RichText::new("×").size(15.0).color(palette.muted)).frame_when_inactive(false);
                // With the padding of other buttons it would reach over the card's edge.
                ui.spacing_mut().button_padding.x = 4.0;
                let cross = ui.add_sized(vec2(22.0, 26.0), cross);
                cross.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Remove link {title}")));
                if cross.on_hover_text("Remove this link").clicked() {
                    out.push(Do::Unlink(link.id));
                }
            });
        });
        ui.add_space(4.0);
    }
    let possible = project.scheme.links.iter().any(|l| l.from.contains(&a.label) || l.to.contains(&a.label));
    if possible {
        field(ui, "", |ui| {
            ui.horizontal(|ui| {
                let button = egui::Button::new(muted(ui, "Link…")).frame_when_inactive(false);
                if ui.add(button).on_hover_text("Then click the other mark, or type its number").clicked() {
                    out.push(Do::Run(Action::Link));
                }
                key_badge(ui, &key_of(Action::Link));
            });
        });
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn nothing_selected(ui: &mut Ui, project: &Project) {
    empty(ui, "Nothing selected", "Select text and press the key of a label,");
    ui.vertical_centered(|ui| ui.label(muted(ui, "or click a mark to see it here")));
    ui.add_space(14.0);
    Frame::new().inner_margin(Margin::symmetric(40, 0)).show(ui, |ui| {
        for label in project.scheme.labels.iter().filter(|l| l.on) {
            ui.horizontal(|ui| {
                let palette = Palette::current(ui);
                let (rect, _) = ui.allocate_exact_size(vec2(16.0, 10.0), Sense::empty());
                crate::app::widgets::swatch(ui.painter(), rect, label, &palette);
                ui.label(&label.title);
                if let Some(key) = label.key {
                    key_badge(ui, &key.to_string());
                }
            });
            ui.add_space(3.0);
        }
    });
}
