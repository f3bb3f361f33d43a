//! The card of the selected annotation: every attribute, link and the note, editable in place.
//!
//! Here: the card as a whole, and what is being typed into it. Elsewhere: its parts, one file each.

mod entity;
mod links;
mod values;

use super::Do;
use super::all::brief;
use crate::app::fonts::Face;
use crate::app::theme::{Palette, size};
use crate::app::widgets::{card, cross_button, empty, field, key_badge, muted, named, truncated};
use crate::model::{Annotation, AnnotationId, AttributeKind, Layer, LayerKey, Name, Origin, Project};
use crate::session::Session;
use eframe::egui::{self, Frame, Key, Margin, Modifiers, Rect, Response, RichText, ScrollArea, Sense, Ui, vec2};

/// No more of a marked text is shown in the card: code points. The rest can be read in the article.
const QUOTED: usize = 600;

/// What is being typed into the card, kept until it is taken over or the annotation changes.
#[derive(Default)]
pub struct Selected {
    /// For which annotation, at which revision.
    of: Option<(LayerKey, AnnotationId, u64)>,
    drafts: Vec<Draft>,
    entity: entity::Finder,
    links: links::Finder,
    /// Puts the focus on the first attribute or on the note in the next frame.
    focus: Option<Focus>,
}

/// A text that was typed and is not yet a value.
struct Draft {
    /// Of which attribute; `None` for the note.
    of: Option<(Name, AttributeKind)>,
    text: String,
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

    /// What was typed and not taken over yet: to be done before anything else happens.
    pub fn take_drafts(&mut self) -> Vec<Do> {
        let Some((_, id, _)) = self.of else { return Vec::new() };
        let mut todo = Vec::new();
        // What cannot be a value yet stays to be corrected.
        self.drafts.retain(|draft| match draft.todo(id) {
            Some(one) => {
                todo.push(one);
                false
            }
            None => true,
        });
        todo
    }

    /// Draws the card.
    pub fn show(&mut self, ui: &mut Ui, session: &Session, selected: Option<AnnotationId>, out: &mut Vec<Do>) {
        let project = session.project();
        let Some((layer, annotation)) = session.layer().and_then(|l| l.get(selected?).map(|a| (l, a))) else {
            *self = Self { focus: self.focus, ..Self::default() };
            nothing_selected(ui, project);
            return;
        };
        let now = (layer.key().clone(), annotation.id, session.revision());
        if self.of.as_ref() != Some(&now) {
            self.of = Some(now);
            self.drafts.clear();
            self.entity = entity::Finder::default();
            self.links = links::Finder::default();
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
        let ink = label.map_or(palette.error, |l| palette.text_of(l.colour));
        ui.horizontal(|ui| {
            let paragraph = layer.text().paragraph_at(a.span.start()).map_or(0, |p| p + 1);
            let place = format!("paragraph {paragraph}");
            let title = label.map_or(a.label.as_str(), |l| &l.title);
            let right = ui.painter().layout_no_wrap(place.clone(), Face::Sans.size(size::BODY), palette.muted).size().x;
            ui.scope(|ui| {
                ui.set_max_width(ui.available_width() - right - 12.0);
                truncated(ui, RichText::new(title).font(Face::SemiBold.size(size::BODY)).color(ink));
            });
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| ui.label(muted(ui, place)));
        });
        if label.is_none() {
            problem(ui, "The scheme has no such label: the key of another one relabels it");
        }
        ui.add_space(4.0);
        quote(ui, layer, a, label.map_or(palette.muted, |l| palette.ink_of(l.colour)));
        fragments(ui, layer, a, out);
        ui.add_space(8.0);
        self.links.rows(ui, project, layer, a, out);
        let mut first = self.focus == Some(Focus::Attributes);
        for def in label.map(|l| l.attributes.as_slice()).unwrap_or_default() {
            self.attribute(ui, project, layer, a, def, std::mem::take(&mut first), out);
            ui.add_space(4.0);
        }
        values::unknown(ui, label, a, out);
        field(ui, "Note", |ui| {
            let mut focus = self.focus == Some(Focus::Note);
            // Without an attribute to go to, the note is the first thing to edit.
            focus |= first;
            let done = self.typed(ui, a, None, &a.note, "Add a note", focus, out);
            named(ui, &done, "Note");
        });
        ui.add_space(8.0);
        ui.add(egui::Label::new(muted(ui, origin(a)).size(size::CAPTION)).wrap()).on_hover_text(format!(
            "{} · bytes {:?}\n{}",
            a.id,
            a.span,
            times(a)
        ));
    }

    /// A field for free text: as high as its text. Enter takes it over and leads back to the text, Shift+Enter begins a
    /// line.
    #[expect(clippy::too_many_arguments, reason = "one field of the card: what it shows and where the result goes")]
    fn typed(
        &mut self,
        ui: &mut Ui,
        a: &Annotation,
        of: Option<(&Name, &AttributeKind)>,
        shown: &str,
        hint: &str,
        focus: bool,
        out: &mut Vec<Do>,
    ) -> Response {
        let same = |draft: &Draft| draft.of.as_ref().map(|(name, _)| name) == of.map(|(name, _)| name);
        let at = self.drafts.iter().position(same);
        let mut text = at.map_or_else(|| shown.to_owned(), |at| self.drafts[at].text.clone());
        let one_line = matches!(of, Some((_, AttributeKind::Number | AttributeKind::Date)));
        let edit = if one_line { egui::TextEdit::singleline(&mut text) } else { egui::TextEdit::multiline(&mut text) };
        let edit = edit.hint_text(hint).margin(Margin::symmetric(8, 5)).desired_width(f32::INFINITY).desired_rows(1);
        let line_break = egui::KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter);
        let edit = if one_line { edit } else { edit.return_key(line_break) };
        let response = ui.add(edit.id_salt((a.id.0, of.map(|(name, _)| name.as_str()))));
        if focus {
            response.request_focus();
        }
        if response.has_focus() && !one_line && ui.input(|i| i.key_pressed(Key::Enter) && i.modifiers.is_none()) {
            response.surrender_focus();
            out.push(Do::FocusText);
        }
        match at {
            Some(at) => self.drafts[at].text = text,
            None if text != shown => {
                let of = of.map(|(name, kind)| (name.clone(), kind.clone()));
                self.drafts.push(Draft { of, text });
            }
            None => {}
        }
        if let Some((_, kind)) = of
            && let Some(draft) = self.drafts.iter().find(|d| same(d))
            && !draft.text.trim().is_empty()
            && kind.parse(&draft.text).is_none()
        {
            problem(ui, &format!("expected {}", kind.expected()));
        }
        let left = response.lost_focus() || !response.has_focus() && self.drafts.iter().any(same);
        if left && let Some(at) = self.drafts.iter().position(same) {
            // What cannot be a value stays to be corrected.
            let whole = of.is_none_or(|(_, kind)| self.drafts[at].fits(kind));
            if whole && self.drafts[at].text != shown {
                out.extend(self.drafts[at].todo(a.id));
            }
            if whole {
                self.drafts.remove(at);
            }
        }
        if response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter) || i.key_pressed(Key::Escape)) {
            out.push(Do::FocusText);
        }
        response
    }
}

impl Draft {
    fn fits(&self, kind: &AttributeKind) -> bool {
        self.text.trim().is_empty() || kind.parse(&self.text).is_some()
    }

    /// What takes it over, if it can be.
    fn todo(&self, id: AnnotationId) -> Option<Do> {
        match &self.of {
            None => Some(Do::Note(id, self.text.clone())),
            Some((name, _)) if self.text.trim().is_empty() => Some(Do::Attribute(id, name.clone(), None)),
            Some((name, kind)) => Some(Do::Attribute(id, name.clone(), Some(kind.parse(&self.text)?))),
        }
    }
}

/// What is wrong, in a line.
fn problem(ui: &mut Ui, text: &str) {
    let palette = Palette::current(ui);
    ui.add(egui::Label::new(RichText::new(text).size(size::CAPTION).color(palette.error)).wrap());
}

/// Where it came from, in a line.
fn origin(a: &Annotation) -> String {
    match &*a.provenance.origin {
        Origin::ByHand => "By hand".to_owned(),
        Origin::Suggestion { source, score } => format!("Accepted suggestion of {source} ({:.0} %)", score * 100.0),
        Origin::Import { format, file } => format!("Imported from {file} ({format})"),
        Origin::Adjudication { from } => {
            let from: Vec<_> = from.iter().map(Name::as_str).collect();
            format!("Adjudicated from {}", from.join(", "))
        }
    }
}

/// When it was made and changed.
fn times(a: &Annotation) -> String {
    let (created, modified) = (a.provenance.created, a.provenance.modified);
    let time = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    let changed = if modified == created { String::new() } else { format!(", changed {}", time(modified)) };
    format!("made {}{changed}", time(created))
}

fn quote(ui: &mut Ui, layer: &Layer, a: &Annotation, colour: egui::Color32) {
    let shown = brief(layer, a, QUOTED);
    let response = Frame::new().inner_margin(Margin { left: 13, right: 0, top: 1, bottom: 3 }).show(ui, |ui| {
        ui.add(
            egui::Label::new(RichText::new(shown).font(Face::Serif.size(size::LEAD)).line_height(Some(22.0))).wrap(),
        );
    });
    let rect = response.response.rect;
    ui.painter().rect_filled(Rect::from_min_size(rect.min, vec2(3.0, rect.height())), 0, colour);
}

/// The fragments of an annotation that has several, each with a way to take it away.
fn fragments(ui: &mut Ui, layer: &Layer, a: &Annotation, out: &mut Vec<Do>) {
    if !a.span.is_discontinuous() {
        return;
    }
    ui.add_space(4.0);
    ui.label(muted(ui, format!("{} fragments", a.span.fragment_count())).size(size::CAPTION));
    for (n, fragment) in a.span.fragments().enumerate() {
        ui.horizontal(|ui| {
            let mut part = a.clone();
            part.span = fragment.into();
            let text = brief(layer, &part, 80);
            ui.allocate_ui(vec2(ui.available_width() - 30.0, 24.0), |ui| {
                truncated(ui, RichText::new(&text).font(Face::Serif.size(size::LEAD)));
            });
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let response = cross_button(ui, &format!("Remove fragment {}: {text}", n + 1));
                if response.on_hover_text("Take this fragment away").clicked() {
                    out.push(Do::Fragment(a.id, fragment.start()));
                }
            });
        });
    }
}

fn nothing_selected(ui: &mut Ui, project: &Project) {
    empty(ui, "Nothing selected", "Select text and press the key of a label,");
    ui.vertical_centered(|ui| ui.label(muted(ui, "or click a mark to see it here")));
    ui.add_space(16.0);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        Frame::new().inner_margin(Margin::symmetric(40, 0)).show(ui, |ui| {
            for label in project.scheme.labels.iter().filter(|l| l.on) {
                ui.horizontal(|ui| {
                    let palette = Palette::current(ui);
                    let (rect, _) = ui.allocate_exact_size(vec2(16.0, 10.0), Sense::empty());
                    crate::app::widgets::swatch(ui.painter(), rect, label, &palette);
                    // As wide for every key, so that the names stand in one line.
                    ui.scope(|ui| {
                        ui.set_min_width(20.0);
                        key_badge(ui, &label.key.map(String::from).unwrap_or_default());
                    });
                    let response = truncated(ui, RichText::new(&label.title));
                    if !label.description.is_empty() {
                        response.on_hover_text(&label.description);
                    }
                });
                ui.add_space(4.0);
            }
        });
    });
}
