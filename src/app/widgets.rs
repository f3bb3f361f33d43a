//! The small things that panels and dialogs are made of.

use super::fonts::Face;
use super::theme::{CARD_RADIUS, Palette, RADIUS, size};
use crate::model::{LabelDef, Name, Underline};
use eframe::egui::{
    self, Color32, CornerRadius, EventFilter, Frame, Id, Key, Margin, Mesh, Modifiers, Rect, Response, RichText, Role,
    Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

/// Secondary text.
pub fn muted(ui: &Ui, text: impl Into<String>) -> RichText {
    RichText::new(text).color(Palette::current(ui).muted)
}

/// Text in ink, also where it is a line that is chosen.
pub fn in_ink(ui: &Ui, text: impl Into<String>) -> RichText {
    RichText::new(text).color(Palette::current(ui).ink)
}

/// A box to tick, with an outline that is seen on every ground (WCAG 1.4.11).
pub fn checkbox(ui: &mut Ui, on: &mut bool, text: impl Into<egui::WidgetText>) -> Response {
    let outline = Palette::current(ui).muted;
    ui.scope(|ui| {
        ui.visuals_mut().widgets.inactive.bg_stroke.color = outline;
        ui.checkbox(on, text.into())
    })
    .inner
}

/// One of a few things to choose from, with an outline that is seen on every ground (WCAG 1.4.11).
pub fn radio(ui: &mut Ui, on: bool, text: impl Into<egui::WidgetText>) -> Response {
    let outline = Palette::current(ui).muted;
    ui.scope(|ui| {
        ui.visuals_mut().widgets.inactive.bg_stroke.color = outline;
        ui.radio(on, text.into())
    })
    .inner
}

/// A choice from a list that opens below: the width in points, what is shown while it is closed, what is on now, and
/// all there is. What is on has the focus when the list opens by a key; choosing closes it and gives the focus back.
pub fn combo<T: PartialEq>(
    ui: &mut Ui,
    name: &str,
    width: f32,
    shown: &str,
    current: Option<&T>,
    options: impl FnOnce() -> Vec<(T, String)>,
) -> (Response, Option<T>) {
    let palette = Palette::current(ui);
    let key = Id::unique(("combo", name));
    let was_open = ui.data(|d| d.get_temp::<bool>(key)).is_some();
    let mut chosen = None;
    let scope = ui.scope(|ui| {
        let closed = &mut ui.visuals_mut().widgets.inactive;
        (closed.weak_bg_fill, closed.bg_fill) = (palette.panel, palette.panel);
        let combo = egui::ComboBox::from_id_salt(name).selected_text(shown).width(width).height(320.0).truncate();
        combo.icon(chevron).show_ui(ui, |ui| {
            ui.spacing_mut().button_padding = vec2(8.0, 4.0);
            // In the frame of a fast click the dialog below wants to be on top too, and a list that was there before
            // would stay behind it.
            ui.ctx().move_to_top(ui.layer_id());
            let options = options();
            let sought = type_ahead(ui, key, &options);
            for (n, (value, title)) in options.into_iter().enumerate() {
                let on = current == Some(&value);
                let response = ui.add(egui::Button::selectable(on, in_ink(ui, &title)).truncate());
                if (on && !was_open) || sought == Some(n) {
                    response.request_focus();
                }
                if response.has_focus() {
                    ui.data_mut(|d| d.insert_temp(key.with("focused"), n));
                }
                if (on && !was_open) || response.gained_focus() {
                    response.scroll_to_me(None);
                }
                if response.has_focus() {
                    let stroke = Stroke::new(1.5, palette.accent);
                    ui.painter().rect_stroke(response.rect, RADIUS, stroke, StrokeKind::Inside);
                }
                if response.clicked() {
                    chosen = Some(value);
                    ui.close();
                }
            }
        })
    });
    let inner = scope.inner;
    if inner.inner.is_some() {
        ui.data_mut(|d| d.insert_temp(key, true));
    } else if was_open {
        ui.data_mut(|d| d.remove::<bool>(key));
        inner.response.request_focus();
    }
    named_value(ui, &inner.response, name, shown);
    if inner.response.gained_focus() {
        inner.response.scroll_to_me(None);
    }
    (inner.response, chosen)
}

/// So long after a letter the next one goes on with the same word, in seconds.
const SAME_WORD: f64 = 1.0;

/// The option of a list to which letters that were typed lead: the next that begins with them.
fn type_ahead<T>(ui: &Ui, list: Id, options: &[(T, String)]) -> Option<usize> {
    let (now, typed) = ui.input(|i| {
        let texts = i.events.iter().filter_map(|event| match event {
            egui::Event::Text(text) => Some(text.as_str()),
            _ => None,
        });
        (i.time, texts.collect::<String>().to_lowercase())
    });
    if typed.trim().is_empty() {
        return None;
    }
    let (word, focused) = (list.with("word"), list.with("focused"));
    let (before, since) = ui.data(|d| d.get_temp::<(String, f64)>(word)).unwrap_or_default();
    let sought = if now - since < SAME_WORD { before + &typed } else { typed };
    let at = ui.data(|d| d.get_temp::<usize>(focused)).unwrap_or(0);
    // A first letter leads on from where one is; a longer word may stay there.
    let first = at + usize::from(sought.chars().count() == 1);
    let found = (first..first + options.len()).map(|n| n % options.len().max(1));
    let found = found.into_iter().find(|n| options[*n].1.to_lowercase().starts_with(&sought));
    ui.data_mut(|d| d.insert_temp(word, (sought, now)));
    found
}

/// The sign of what opens below.
fn chevron(ui: &Ui, rect: Rect, _: &egui::style::WidgetVisuals, _: bool) {
    let at = rect.center();
    let line = vec![at + vec2(-4.0, -2.0), at + vec2(0.0, 2.0), at + vec2(4.0, -2.0)];
    ui.painter().add(Shape::line(line, Stroke::new(1.5, Palette::current(ui).muted)));
}

/// Gives a menu its width in points, and its lines the room that buttons have elsewhere.
pub fn menu(ui: &mut Ui, width: f32) {
    ui.set_min_width(width);
    ui.set_max_width(width);
    ui.spacing_mut().button_padding = vec2(8.0, 4.0);
}

/// The heading of a section in a panel.
pub fn section(ui: &mut Ui, title: &str, right: &str) {
    ui.horizontal(|ui| {
        ui.label(muted(ui, title).size(size::CAPTION));
        if !right.is_empty() {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.label(muted(ui, right).size(size::CAPTION));
            });
        }
    });
}

/// Draws into all the room there is without ever asking for more: a panel must not grow with what is in it.
pub fn fixed(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    let rect = ui.available_rect_before_wrap();
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(rect).id_salt("fixed"));
    inside.set_clip_rect(rect.intersect(ui.clip_rect()));
    contents(&mut inside);
    ui.advance_cursor_after_rect(rect);
}

/// A card: white paper on the panel.
pub fn card<R>(ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let palette = Palette::current(ui);
    let frame = Frame::new()
        .fill(palette.card)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(CARD_RADIUS))
        .inner_margin(Margin::same(12));
    frame
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            contents(ui)
        })
        .inner
}

/// A key, as printed on a keyboard; nothing where there is none.
pub fn key_badge(ui: &mut Ui, key: &str) {
    if key.is_empty() {
        return;
    }
    let palette = Palette::current(ui);
    let galley = ui.painter().layout_no_wrap(key.to_owned(), Face::Sans.size(size::BADGE), palette.muted);
    let (rect, _) = ui.allocate_exact_size(galley.size() + vec2(10.0, 4.0), Sense::empty());
    paint_badge(ui.painter(), rect, galley, &palette);
}

fn paint_badge(painter: &egui::Painter, rect: Rect, galley: std::sync::Arc<egui::Galley>, palette: &Palette) {
    painter.rect(rect, 4, palette.panel, Stroke::new(1.0, palette.line), StrokeKind::Inside);
    painter.galley(rect.center() - galley.size() / 2.0, galley, palette.muted);
}

/// The swatch of a label: its tint and its line.
pub fn swatch(painter: &egui::Painter, rect: Rect, label: &LabelDef, palette: &Palette) {
    painter.rect_filled(rect, 2, palette.tint_of(label.colour));
    let mut mesh = Mesh::default();
    let height = if label.underline == Underline::Double { 3.0 } else { 2.0 };
    let y = rect.bottom() - height;
    let ppp = painter.pixels_per_point();
    super::text_view::underline_into(&mut mesh, label.underline, rect.x_range(), y, palette.ink_of(label.colour), ppp);
    painter.add(Shape::mesh(mesh));
}

/// A button with an optional swatch and key: the chips of the top bar.
pub struct Chip<'a> {
    /// As shown.
    pub text: &'a str,
    /// Whose swatch is shown.
    pub label: Option<&'a LabelDef>,
    /// The key shown behind the text; empty for none.
    pub key: String,
    /// Whether it is on.
    pub on: bool,
    /// Whether it is secondary.
    pub quiet: bool,
}

/// The text of a chip is cut at this width, in points.
const CHIP_TEXT: f32 = 180.0;

impl Chip<'_> {
    /// The text as far as there is room for it.
    fn galley(&self, ui: &Ui, ink: Color32, room: f32) -> std::sync::Arc<egui::Galley> {
        let font = Face::Medium.size(size::BODY);
        let mut job = egui::text::LayoutJob::simple_singleline(self.text.to_owned(), font, ink);
        job.wrap = egui::text::TextWrapping::truncate_at_width(room.min(CHIP_TEXT));
        ui.painter().layout_job(job)
    }

    /// Width in points, where there is room for it.
    pub fn width(&self, ui: &Ui) -> f32 {
        let text = self.galley(ui, Color32::WHITE, CHIP_TEXT).size().x;
        let key = ui.painter().layout_no_wrap(self.key.clone(), Face::Sans.size(size::BADGE), Color32::WHITE).size().x;
        let swatch = if self.label.is_some() { 23.0 } else { 0.0 };
        let key = if self.key.is_empty() { 0.0 } else { key + 17.0 };
        (18.0 + swatch + text + key).round()
    }

    /// Draws it; the response tells of clicks.
    pub fn show(&self, ui: &mut Ui) -> Response {
        let palette = Palette::current(ui);
        let needed = self.width(ui);
        let width = needed.min(ui.max_rect().width().ceil());
        let (rect, response) = ui.allocate_exact_size(vec2(width, 28.0), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), self.on, self.text));
        if !ui.is_rect_visible(rect) {
            return response;
        }
        let border = if self.on || response.has_focus() {
            palette.accent
        } else if response.hovered() {
            palette.muted
        } else {
            palette.line
        };
        let fill = if response.is_pointer_button_down_on() {
            palette.line
        } else if response.hovered() || self.on {
            palette.hover
        } else {
            palette.card
        };
        let painter = ui.painter();
        let stroke = if self.on { 1.5 } else { 1.0 };
        painter.rect(rect, CornerRadius::same(RADIUS), fill, Stroke::new(stroke, border), StrokeKind::Inside);
        let mut x = rect.left() + 9.0;
        if let Some(label) = self.label {
            let at = Rect::from_min_size(pos2(x, rect.center().y - 5.0), vec2(16.0, 10.0));
            swatch(painter, at, label, &palette);
            x += 23.0;
        }
        let ink = if self.quiet { palette.muted } else { palette.ink };
        // A little more than it is said to need, because that was rounded.
        let galley = self.galley(ui, ink, CHIP_TEXT - (needed - width) + 0.6);
        let (width, cut) = (galley.size().x, galley.elided);
        painter.galley(pos2(x, rect.center().y - galley.size().y / 2.0), galley, ink);
        if !self.key.is_empty() {
            let galley = painter.layout_no_wrap(self.key.clone(), Face::Sans.size(size::BADGE), palette.muted);
            let size = galley.size() + vec2(10.0, 4.0);
            let at = Rect::from_min_size(pos2(x + width + 7.0, rect.center().y - size.y / 2.0), size);
            paint_badge(painter, at, galley, &palette);
        }
        if cut { response.on_hover_text(self.text) } else { response }
    }
}

/// Puts the focus into a field and selects all that stands in it: what is typed takes its place.
pub fn select_all(ui: &Ui, field: &Response, text: &str) {
    field.request_focus();
    let mut state = egui::TextEdit::load_state(ui.ctx(), field.id).unwrap_or_default();
    let end = egui::text::CCursor::new(text.chars().count());
    state.cursor.set_char_range(Some(egui::text::CCursorRange::two(egui::text::CCursor::default(), end)));
    state.store(ui.ctx(), field.id);
}

/// Width in points that [`segments`] needs.
pub fn segments_width(ui: &Ui, options: &[Name]) -> f32 {
    let width = |option: &Name| {
        ui.painter().layout_no_wrap(option.to_string(), Face::Sans.size(size::BODY), Color32::WHITE).size().x
    };
    // The frame around them takes a point on each side.
    options.iter().map(|option| width(option) + 16.0).sum::<f32>() + 2.0
}

/// What was done to a choice.
pub enum Choice {
    /// This one is on now.
    Taken(String),
    /// None is on now.
    Cleared,
    /// Nothing was changed: Enter says that one is done with it.
    Done,
}

impl Choice {
    /// What was taken.
    pub fn taken(self) -> Option<String> {
        match self {
            Self::Taken(option) => Some(option),
            Self::Cleared | Self::Done => None,
        }
    }
}

/// A choice of which one is on; a click on the one that is on turns it off if `optional`. It is one stop on the way of
/// Tab, the one that is on or else the first, and `focus` puts the focus there; arrows choose, Space does what a click
/// does.
pub fn segments<'a>(
    ui: &mut Ui,
    name: &str,
    options: impl IntoIterator<Item = &'a str>,
    current: Option<&str>,
    optional: bool,
    mut focus: bool,
) -> Option<Choice> {
    let palette = Palette::current(ui);
    let mut chosen = None;
    let options: Vec<_> = options.into_iter().collect();
    let stop = options.iter().position(|option| current == Some(option)).unwrap_or(0);
    let group = ui.scope_id().with(("segments", name));
    let id = |n: usize| group.with(n);
    let mut order: Vec<_> = options.iter().enumerate().collect();
    if ui.layout().prefer_right_to_left() {
        // What is laid out from the right is still read from the left.
        order.reverse();
    }
    let has_focus = (0..options.len()).any(|n| ui.memory(|m| m.has_focus(id(n))));
    let enter = has_focus && ui.input(|i| i.key_pressed(Key::Enter));
    if has_focus {
        let step = |key| ui.input_mut(|i| i.count_and_consume_key(Modifiers::NONE, key));
        let on = step(Key::ArrowRight) + step(Key::ArrowDown);
        let back = step(Key::ArrowLeft) + step(Key::ArrowUp);
        let last = options.len() - 1;
        let to = (stop + on).min(last).saturating_sub(back);
        if on + back > 0 && (to != stop || current.is_none()) {
            ui.memory_mut(|m| m.request_focus(id(to)));
            chosen = options.get(to).map(|option| Choice::Taken((*option).to_owned()));
        }
    }
    let frame = Frame::new().stroke(Stroke::new(1.0, palette.line)).corner_radius(5).fill(palette.panel);
    frame.show(ui, |ui| {
        ui.spacing_mut().item_spacing = Vec2::ZERO;
        ui.horizontal(|ui| {
            for (n, option) in order {
                let option = *option;
                let on = current == Some(option);
                let ink = if on { palette.on_accent } else { palette.ink };
                let galley = ui.painter().layout_no_wrap(option.to_owned(), Face::Sans.size(size::BODY), ink);
                let (_, rect) = ui.allocate_space(vec2(galley.size().x + 16.0, 24.0));
                let is_stop = n == stop || ui.memory(|m| m.has_focus(id(n)));
                let response = ui.interact(rect, id(n), if is_stop { Sense::click() } else { Sense::CLICK });
                if response.has_focus() {
                    let arrows =
                        EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
                    ui.memory_mut(|m| m.set_focus_lock_filter(id(n), arrows));
                }
                response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, on, format!("{name}: {option}")));
                let fill = match (on, response.hovered()) {
                    (true, _) => palette.accent,
                    (false, true) => palette.hover,
                    (false, false) => Color32::TRANSPARENT,
                };
                ui.painter().rect_filled(rect, 4, fill);
                if response.has_focus() {
                    // On the accent, a ring in its colour would not be seen.
                    let (ring, ink) = if on { (rect.shrink(2.0), ink) } else { (rect, palette.accent) };
                    ui.painter().rect_stroke(ring, 3, Stroke::new(1.5, ink), StrokeKind::Inside);
                }
                ui.painter().galley(rect.center() - galley.size() / 2.0, galley, ink);
                if n == stop && std::mem::take(&mut focus) {
                    response.request_focus();
                }
                if response.clicked() && !enter {
                    chosen = Some(if on && optional { Choice::Cleared } else { Choice::Taken(option.to_owned()) });
                }
            }
        });
    });
    chosen.or(enter.then_some(Choice::Done))
}

/// A row of a card: what on the left, its value on the right.
pub fn field<R>(ui: &mut Ui, title: &str, contents: impl FnOnce(&mut Ui) -> R) -> R {
    with_tip(ui, title, "", contents)
}

/// The same, with a tooltip that says more of what it is.
pub fn with_tip<R>(ui: &mut Ui, title: &str, tip: &str, contents: impl FnOnce(&mut Ui) -> R) -> R {
    // Said beforehand: a field that takes all the room there is would reach over the card's edge by the gap.
    let room = ui.available_width() - 90.0 - ui.spacing().item_spacing.x;
    ui.horizontal_top(|ui| {
        let palette = Palette::current(ui);
        // As high as a field, so that both are centred on one line.
        let (rect, response) = ui.allocate_exact_size(vec2(90.0, 26.0), Sense::HOVER);
        if !tip.is_empty() {
            response.on_hover_text(tip);
        }
        let galley = ui.painter().layout(title.to_owned(), Face::Sans.size(size::BODY), palette.muted, 90.0);
        let y = (rect.center().y - galley.size().y / 2.0).max(rect.top() + 4.0);
        ui.painter().galley(pos2(rect.left(), y), galley, palette.muted);
        ui.vertical(|ui| {
            ui.set_max_width(room);
            contents(ui)
        })
        .inner
    })
    .inner
}

/// One line of text cut at the width with an ellipsis, which a tooltip completes.
pub fn truncated(ui: &mut Ui, text: RichText) -> Response {
    ui.add(egui::Label::new(text).truncate())
}

/// Air on each side of the words of a button in a dialog, in points.
pub const AIR: f32 = 14.0;

/// A button that stands out: the one that most people want.
pub fn primary(ui: &mut Ui, text: &str) -> Response {
    let fill = Palette::current(ui).accent;
    filled(ui, text, fill)
}

/// A button that takes something away.
pub fn destructive(ui: &mut Ui, text: &str) -> Response {
    let fill = Palette::current(ui).error;
    filled(ui, text, fill)
}

fn filled(ui: &mut Ui, text: &str, fill: Color32) -> Response {
    let palette = Palette::current(ui);
    let text = RichText::new(text).font(Face::Medium.size(size::BODY)).color(palette.on_accent);
    with_air(ui, egui::Button::new(text).fill(fill).stroke(Stroke::NONE))
}

/// An ordinary button.
pub fn button(ui: &mut Ui, text: &str) -> Response {
    with_air(ui, egui::Button::new(RichText::new(text).font(Face::Medium.size(size::BODY))))
}

/// Width in points of a button with this text, whose padding on each side is `air`.
pub fn button_width(ui: &Ui, text: &str, face: Face, air: f32) -> f32 {
    let text = ui.painter().layout_no_wrap(text.to_owned(), face.size(size::BODY), Color32::WHITE);
    (text.size().x + 2.0 * air).max(ui.spacing().interact_size.x)
}

/// A button of a dialog: as much air around long words as there is around short ones.
fn with_air(ui: &mut Ui, button: egui::Button) -> Response {
    let air = ui.spacing().button_padding.x;
    ui.spacing_mut().button_padding.x = AIR;
    let response = ui.add(button.min_size(vec2(72.0, 30.0)));
    ui.spacing_mut().button_padding.x = air;
    response
}

/// The frame of a small button without a border: what it looks like under the pointer, pressed, focused.
fn quiet_button(ui: &mut Ui, size: Vec2, name: &str) -> (Rect, Response) {
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    let palette = Palette::current(ui);
    if response.is_pointer_button_down_on() {
        ui.painter().rect_filled(rect, RADIUS, palette.line);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, RADIUS, palette.hover);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect, RADIUS, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
    }
    (rect, response)
}

/// A button that takes away or closes; `name` is what screen readers say.
pub fn cross_button(ui: &mut Ui, name: &str) -> Response {
    let ink = Palette::current(ui).muted;
    let (rect, response) = quiet_button(ui, vec2(22.0, 26.0), name);
    cross(ui.painter(), rect.center(), ink);
    response
}

/// The sign of what takes away or closes.
pub fn cross(painter: &egui::Painter, at: egui::Pos2, ink: Color32) {
    let stroke = Stroke::new(1.5, ink);
    painter.line_segment([at + vec2(-3.5, -3.5), at + vec2(3.5, 3.5)], stroke);
    painter.line_segment([at + vec2(-3.5, 3.5), at + vec2(3.5, -3.5)], stroke);
}

/// The sign of what leads up or down.
pub fn arrow(painter: &egui::Painter, at: egui::Pos2, up: bool, ink: Color32) {
    let (stroke, tip) = (Stroke::new(1.5, ink), if up { -1.0 } else { 1.0 });
    painter.line_segment([at + vec2(0.0, -4.5), at + vec2(0.0, 4.5)], stroke);
    let head = [vec2(-3.5, 1.0 * tip), vec2(0.0, 4.5 * tip), vec2(3.5, 1.0 * tip)].map(|v| at + v);
    painter.add(Shape::line(head.to_vec(), stroke));
}

/// A button of three lines that become shorter: what is shown and in which order; `on` if that is not the usual.
pub fn lines_button(ui: &mut Ui, name: &str, on: bool) -> Response {
    let palette = Palette::current(ui);
    let (rect, response) = quiet_button(ui, vec2(28.0, 28.0), name);
    let ink = if on { palette.accent } else { palette.muted };
    for (n, width) in [14.0, 9.0, 4.0].into_iter().enumerate() {
        let line = Rect::from_center_size(rect.center() + vec2(0.0, 4.5 * (n as f32 - 1.0)), vec2(width, 1.6));
        ui.painter().rect_filled(line, 1, ink);
    }
    response
}

/// A line of a menu of which one is on, with something more on the right.
pub fn chosen_button(ui: &mut Ui, title: &str, right: &str, on: bool) -> Response {
    let button = egui::Button::selectable(on, in_ink(ui, title)).shortcut_text(right);
    let response = ui.add(button.min_size(vec2(ui.available_width(), 26.0)));
    let name = if right.is_empty() { title.to_owned() } else { format!("{title}, {right}") };
    response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), on, &name));
    response
}

/// Three bars: the mark of the program.
pub fn logo(painter: &egui::Painter, rect: Rect, palette: &Palette) {
    let colours = ["#0072B2", "#E69F00", "#009E73"];
    let s = rect.width() / 18.0;
    for ((y, width), colour) in [(2.0, 16.0), (7.5, 11.0), (13.0, 14.0)].into_iter().zip(colours) {
        let ink = colour.parse().map_or(palette.ink, |c| palette.ink_of(c));
        let bar = Rect::from_min_size(rect.min + vec2(1.0, y) * s, vec2(width, 3.0) * s);
        painter.rect_filled(bar, CornerRadius::same((1.5 * s) as u8), ink);
    }
}

/// What an empty panel says.
pub fn empty(ui: &mut Ui, title: &str, help: &str) {
    ui.add_space(20.0);
    Frame::new().inner_margin(Margin::symmetric(16, 0)).show(ui, |ui| {
        ui.vertical_centered(|ui| {
            ui.label(RichText::new(title).font(Face::SemiBold.size(size::BODY)));
            ui.add_space(4.0);
            ui.label(muted(ui, help));
        });
    });
}

/// A ring around what has the focus.
pub fn focus_ring(ui: &Ui, response: &Response) {
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    if response.has_focus() {
        let palette = Palette::current(ui);
        ui.painter().rect_stroke(
            response.rect.expand(1.0),
            RADIUS,
            Stroke::new(1.5, palette.accent),
            StrokeKind::Outside,
        );
    }
}

/// Gives a field the name under which screen readers find it; egui itself only knows what is in it.
pub fn named(ui: &Ui, response: &Response, name: &str) {
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(name));
}

/// Gives a field its name and says what is in it: a combo box by itself says neither.
pub fn named_value(ui: &Ui, response: &Response, name: &str, value: &str) {
    ui.ctx().accesskit_node_builder(response.id, |node| {
        // The value stands in the name too: on Linux the bridge passes values on for numbers and text fields only.
        node.set_label(format!("{name}: {value}"));
        node.set_value(value);
    });
}
