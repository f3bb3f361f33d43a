//! The table of all annotations of the document. Which rows it has, and in which order: [`rows`].

mod rows;

use super::Do;
use crate::app::fonts::Face;
use crate::app::list::{self, Cursor};
use crate::app::summaries::Summary;
use crate::app::theme::{Palette, size};
use crate::app::widgets::{Chip, empty, menu, muted, named};
use crate::model::{Annotation, AnnotationId, AttributeKind, Layer, Name, Project, Scheme, Value};
use crate::session::Session;
use eframe::egui::{self, Rangef, Rect, Role, Ui, WidgetInfo, pos2, vec2};
use rows::{Query, Rows, Sort, Wanted};
use std::collections::BTreeMap;

const ROW: f32 = 30.0;
/// Height of the line with the titles of the columns, in points.
const HEAD: f32 = 26.0;
/// In a panel wider than this, in points, there is room for a time.
const WITH_TIME: f32 = 420.0;
/// No more of a text is laid out than can be seen: code points.
const SEEN: usize = 120;

/// What is looked for, where one is, and the rows.
#[derive(Default)]
pub struct All {
    query: Query,
    rows: Rows,
    cursor: Cursor,
    /// The annotation to which the list was last moved.
    followed: Option<AnnotationId>,
    /// Puts the focus on the list in the next frame.
    focus: bool,
}

impl All {
    /// Puts the focus on the list in the next frame.
    pub fn focus(&mut self) {
        self.focus = true;
    }

    /// Draws the list.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        session: &Session,
        layer: &Layer,
        summary: Option<&Summary>,
        selected: Option<AnnotationId>,
        out: &mut Vec<Do>,
    ) {
        let scheme = &session.project().scheme;
        egui::Frame::new().inner_margin(egui::Margin { left: 12, right: 12, top: 10, bottom: 8 }).show(ui, |ui| {
            ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
            self.line(ui);
            self.chips(ui, scheme, summary);
        });
        let painter = ui.painter();
        painter.hline(ui.max_rect().x_range(), ui.cursor().top() - 0.5, (1.0, Palette::current(ui).line));
        self.rows.refresh(ui.ctx(), session, layer, &self.query);
        if self.rows.shown().is_empty() {
            self.nothing(ui, layer);
            return;
        }
        self.head(ui);
        self.list(ui, layer, session.project(), selected, out);
    }

    /// The text that is looked for.
    fn line(&mut self, ui: &mut Ui) {
        let field = egui::TextEdit::singleline(&mut self.query.text).hint_text("Filter");
        let width = ui.available_width() - 16.0;
        let response = ui.add(field.desired_width(width).margin(egui::Margin::symmetric(8, 5)));
        named(ui, &response, "Filter by text, label, value or note");
    }

    /// The titles of the columns: a click sorts by one, another turns the order round.
    fn head(&mut self, ui: &mut Ui) {
        let palette = Palette::current(ui);
        let rect = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), HEAD));
        let columns = Columns::of(rect, self.query.sort);
        let time = if self.query.sort == Sort::Created { Sort::Created } else { Sort::Modified };
        let titles = [
            (columns.place, "¶", "By place", Sort::Place),
            (columns.label, "Label", "By label", Sort::Label),
            (columns.text, "Text", "By text", Sort::Text),
            (columns.time, if time == Sort::Created { "Made" } else { "Changed" }, "By time", time),
            (columns.problem, "!", "Problems first", Sort::Problems),
        ];
        for (x, title, name, sort) in titles {
            if x.span() <= 0.0 {
                continue;
            }
            let on = self.query.sort == sort;
            let cell = Rect::from_x_y_ranges(x.expand(4.0), rect.y_range());
            let response = ui.interact(cell, ui.scope_id().with(name), egui::Sense::click());
            let order = match (on, self.query.backwards) {
                (true, false) => ", sorted forwards",
                (true, true) => ", sorted backwards",
                (false, _) => "",
            };
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, format!("{name}{order}")));
            let ink = if on || response.hovered() { palette.ink } else { palette.muted };
            let galley = ui.painter().layout_no_wrap(title.to_owned(), Face::Medium.size(size::CAPTION), ink);
            let end = x.min + galley.size().x;
            ui.painter().galley(pos2(x.min, cell.center().y - galley.size().y / 2.0), galley, ink);
            if on {
                crate::app::widgets::arrow(ui.painter(), pos2(end + 8.0, cell.center().y), self.query.backwards, ink);
            }
            crate::app::widgets::focus_ring(ui, &response);
            if response.on_hover_text(format!("Sort: {}", name.to_lowercase())).clicked() {
                self.query.backwards = on && !self.query.backwards;
                self.query.sort = sort;
            }
        }
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, (1.0, palette.line));
        ui.advance_cursor_after_rect(rect);
    }

    /// One chip for each label that occurs, and one for the value of an attribute.
    fn chips(&mut self, ui: &mut Ui, scheme: &Scheme, summary: Option<&Summary>) {
        let counts = summary.map(|s| s.labels.as_slice()).unwrap_or_default();
        let chips = counts.iter().map(|(name, n)| {
            let label = scheme.label(name);
            let on = self.query.labels.contains(name.as_str());
            (name, Chip { text: label.map_or(name, |l| &l.title), label, key: n.to_string(), on, quiet: false })
        });
        let chips: Vec<_> = chips.collect();
        let mut toggled = None;
        let shown = fitting(ui, chips.iter().map(|(_, chip)| chip.width(ui)));
        ui.horizontal_wrapped(|ui| {
            for (name, chip) in &chips[..shown] {
                if chip.show(ui).on_hover_text(format!("Show only {}", chip.text.to_lowercase())).clicked() {
                    toggled = Some(Name::from(name.as_str()));
                }
            }
            if shown < chips.len() {
                let more = format!("+{}", chips.len() - shown);
                let on = chips[shown..].iter().any(|(_, chip)| chip.on);
                let chip = Chip { text: &more, label: None, key: String::new(), on, quiet: true };
                let response = chip.show(ui).on_hover_text("More labels");
                egui::Popup::menu(&response).show(|ui| {
                    egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
                        for (name, chip) in &chips[shown..] {
                            let text = format!("{}  {}", chip.text, chip.key);
                            if ui.selectable_label(chip.on, text).clicked() {
                                toggled = Some(Name::from(name.as_str()));
                            }
                        }
                    });
                });
            }
            self.by_value(ui, scheme);
        });
        if let Some(name) = toggled
            && !self.query.labels.remove(&name)
        {
            self.query.labels.insert(name);
        }
    }

    /// The chip that narrows the list to a value of an attribute.
    fn by_value(&mut self, ui: &mut Ui, scheme: &Scheme) {
        let mut defs = scheme.labels.iter().flat_map(|l| &l.attributes);
        if defs.clone().next().is_none() {
            return;
        }
        let text = match &self.query.attribute {
            None => "Value…".to_owned(),
            Some((name, wanted)) => {
                let title = defs.find(|d| d.name == *name).map_or(name.as_str(), |d| &d.title);
                match wanted {
                    Wanted::Is(value) => format!("{title}: {value}"),
                    Wanted::Any => format!("{title}: any"),
                    Wanted::Missing => format!("{title}: missing"),
                }
            }
        };
        let on = self.query.attribute.is_some();
        let response = Chip { text: &text, label: None, key: String::new(), on, quiet: true }.show(ui);
        let response = response.on_hover_text("Show only annotations with a certain value");
        egui::Popup::menu(&response).show(|ui| {
            menu(ui, 200.0);
            if on && ui.button("All annotations").clicked() {
                self.query.attribute = None;
            }
            for (name, (title, values)) in &by_name(scheme) {
                ui.menu_button(title.as_str(), |ui| {
                    menu(ui, 220.0);
                    let wanted = values.iter().map(|v| (v.to_string(), Wanted::Is(v.clone())));
                    let ends = [("Any value".to_owned(), Wanted::Any), ("Missing".to_owned(), Wanted::Missing)];
                    egui::ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
                        for (title, wanted) in wanted.chain(ends) {
                            if ui.add(egui::Button::new(title).truncate()).clicked() {
                                self.query.attribute = Some((name.clone(), wanted));
                                ui.close();
                            }
                        }
                    });
                });
            }
        });
    }

    fn nothing(&mut self, ui: &mut Ui, layer: &Layer) {
        if self.rows.is_busy() {
            empty(ui, "Looking…", "");
        } else if layer.is_empty() {
            empty(ui, "No annotations yet", "Select text and press the key of a label");
        } else {
            empty(ui, "Nothing found", "No annotation is like this");
            ui.add_space(8.0);
            ui.vertical_centered(|ui| {
                if crate::app::widgets::button(ui, "Show all").clicked() {
                    self.query = Query { sort: self.query.sort, backwards: self.query.backwards, ..Query::default() };
                }
            });
        }
    }

    fn list(
        &mut self,
        ui: &mut Ui,
        layer: &Layer,
        project: &Project,
        selected: Option<AnnotationId>,
        out: &mut Vec<Do>,
    ) {
        let rows = self.rows.shown();
        if self.query.filters() {
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                ui.add_space(12.0);
                ui.label(muted(ui, format!("{} of {}", rows.len(), layer.len())).size(size::CAPTION));
            });
        }
        // What is selected elsewhere is shown here too.
        if self.followed != selected {
            self.followed = selected;
            let here = rows.get(self.cursor.at()).is_some_and(|row| Some(row.id) == selected);
            if let Some(at) = rows.iter().position(|row| Some(row.id) == selected).filter(|_| !here) {
                self.cursor.go(at);
            }
        }
        if std::mem::take(&mut self.focus) {
            self.cursor.focus();
        }
        let sort = self.query.sort;
        let done = self.cursor.show(ui, "All annotations", ROW, rows.len(), |ui, row| {
            if let Some(shown) = rows.get(row.number) {
                draw(ui, &row, &shown.annotation, layer, project, sort, selected == Some(shown.id));
            }
        });
        match done {
            Some(list::Done::Moved(at) | list::Done::Extended(_, at)) => {
                out.extend(rows.get(at).map(|row| Do::Look(row.id)));
            }
            Some(list::Done::Opened(at) | list::Done::Toggled(at)) => {
                out.extend(rows.get(at).map(|row| Do::Select(row.id)));
            }
            Some(list::Done::All) | None => {}
        }
    }
}

/// The attributes of all labels by name, with a title and all values that can be listed; what cannot be listed is found
/// by its text.
fn by_name(scheme: &Scheme) -> BTreeMap<Name, (String, Vec<Value>)> {
    let mut all: BTreeMap<Name, (String, Vec<Value>)> = BTreeMap::new();
    for def in scheme.labels.iter().flat_map(|l| &l.attributes) {
        let values = match &def.kind {
            AttributeKind::Choice(options) | AttributeKind::Several(options) => {
                options.iter().map(|o| Value::Text(o.to_string())).collect()
            }
            AttributeKind::YesNo => vec![Value::YesNo(true), Value::YesNo(false)],
            _ => Vec::new(),
        };
        let (_, known) = all.entry(def.name.clone()).or_insert_with(|| (def.title.clone(), Vec::new()));
        let new: Vec<_> = values.into_iter().filter(|value| !known.contains(value)).collect();
        known.extend(new);
    }
    all
}

/// How many of these widths fit into two rows, with room for the chips that always stand behind them.
fn fitting(ui: &Ui, widths: impl Iterator<Item = f32>) -> usize {
    let (room, gap) = (ui.available_width(), ui.spacing().item_spacing.x);
    let (mut row, mut x, mut fit) = (0, 0.0, 0);
    for width in widths {
        if x + width > room {
            (row, x) = (row + 1, 0.0);
        }
        // The second row ends with “+n” and “Value…”.
        if row > 1 || (row == 1 && x + width > room - 130.0) {
            break;
        }
        x += width + gap;
        fit += 1;
    }
    fit
}

/// The beginning of what an annotation covers, up to `most` code points, on one line.
pub(super) fn brief(layer: &Layer, a: &Annotation, most: usize) -> String {
    let text = layer.text().as_str();
    let mut brief = String::new();
    let mut left = most;
    for fragment in a.span.fragments() {
        if !brief.is_empty() {
            brief.push_str(" … ");
        }
        for c in text.get(fragment.range()).unwrap_or_default().chars() {
            if left == 0 {
                brief.push('…');
                return brief;
            }
            brief.push(if c.is_whitespace() { ' ' } else { c });
            left -= 1;
        }
    }
    brief
}

/// Where the columns lie, in points; those without a width are not shown.
struct Columns {
    place: Rangef,
    label: Rangef,
    text: Rangef,
    time: Rangef,
    problem: Rangef,
}

impl Columns {
    fn of(row: Rect, sort: Sort) -> Self {
        let (left, right) = (row.left() + 14.0, row.right() - 14.0);
        let timed = row.width() > WITH_TIME || matches!(sort, Sort::Created | Sort::Modified);
        let problem = Rangef::new(right - 12.0, right);
        let place = Rangef::new(left, left + 36.0);
        let label = Rangef::new(place.max + 8.0, place.max + 8.0 + (row.width() * 0.26).clamp(60.0, 140.0));
        let time_width = if timed { 68.0 } else { 0.0 };
        let time = Rangef::new(problem.min - 8.0 - time_width, problem.min - 8.0);
        let text = Rangef::new(label.max + 8.0, time.min - if timed { 8.0 } else { 0.0 });
        Self { place, label, text, time, problem }
    }
}

fn draw(ui: &Ui, row: &list::Row, a: &Annotation, layer: &Layer, project: &Project, sort: Sort, selected: bool) {
    let palette = Palette::current(ui);
    let rect = row.rect;
    let def = project.scheme.label(&a.label);
    let title = def.map_or(a.label.as_str(), |l| &l.title);
    let quote = brief(layer, a, SEEN);
    let problems = project.scheme.departures(a, &project.entities);
    let name = format!("{title} {quote}{}", if problems.is_empty() { "" } else { ", with a problem" });
    row.response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, selected, &name));
    row.background(ui, selected);
    let painter = ui.painter_at(rect);
    let columns = Columns::of(rect, sort);
    let mut cut = false;
    let mut cell = |text: &str, font: egui::FontId, ink, x: Rangef| {
        let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, ink);
        job.wrap = egui::text::TextWrapping::truncate_at_width(x.span());
        let galley = painter.layout_job(job);
        cut |= galley.elided;
        painter.galley(pos2(x.min, rect.center().y - galley.size().y / 2.0), galley, ink);
    };
    let place = layer.text().paragraph_at(a.span.start()).map_or(0, |p| p + 1).to_string();
    cell(&place, Face::Sans.size(size::CAPTION), palette.muted, columns.place);
    let ink = def.map_or(palette.error, |l| palette.text_of(l.colour));
    cell(title, Face::Medium.size(size::CAPTION), ink, columns.label);
    cell(&quote, Face::Serif.size(size::LEAD), palette.ink, columns.text);
    if columns.time.span() > 0.0 {
        let at = if sort == Sort::Created { a.provenance.created } else { a.provenance.modified };
        let at = at.format("%Y-%m-%d").to_string();
        cell(&at, Face::Sans.size(size::CAPTION), palette.muted, columns.time);
    }
    if !problems.is_empty() {
        painter.circle_filled(pos2(columns.problem.center(), rect.center().y), 3.0, palette.error);
    }
    let mut tip: Vec<String> = Vec::new();
    if cut {
        tip.push(format!("{title}: {quote}"));
    }
    tip.extend(problems.iter().map(ToString::to_string));
    if !tip.is_empty() {
        row.response.clone().on_hover_text(tip.join("\n"));
    }
    painter.hline(rect.x_range(), rect.bottom() - 0.5, (1.0, palette.line));
}
