//! The list of all annotations of the document. Which rows it has, and in which order: [`rows`].

mod rows;

use super::Do;
use crate::app::fonts::Face;
use crate::app::list::{self, Cursor};
use crate::app::summaries::Summary;
use crate::app::theme::{Palette, size};
use crate::app::widgets::{Chip, empty, icon_button, muted, named, named_value};
use crate::model::{Annotation, AnnotationId, AttributeKind, Layer, Name, Project, Scheme, Value};
use crate::session::Session;
use eframe::egui::{self, Rect, Role, Ui, WidgetInfo, pos2, vec2};
use rows::{Query, Rows, Sort, Wanted};

const ROW: f32 = 44.0;
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
        self.list(ui, layer, session.project(), selected, out);
    }

    /// The text that is looked for, and the order.
    fn line(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            let width = ui.available_width() - 154.0;
            let field = egui::TextEdit::singleline(&mut self.query.text).hint_text("Filter");
            let response = ui.add(field.desired_width(width).margin(egui::Margin::symmetric(8, 5)));
            named(ui, &response, "Filter by text, label, value or note");
            let title = |sort: Sort| Sort::ALL.iter().find(|(s, _)| *s == sort).map_or("", |(_, title)| title);
            let current = title(self.query.sort);
            let combo = egui::ComboBox::from_id_salt("sort").selected_text(current).width(114.0).show_ui(ui, |ui| {
                for (sort, title) in Sort::ALL {
                    ui.selectable_value(&mut self.query.sort, sort, title);
                }
            });
            named_value(ui, &combo.response, "Sort", current);
            let (sign, name) = if self.query.backwards { ("↑", "Backwards") } else { ("↓", "Forwards") };
            if icon_button(ui, sign, name).on_hover_text("Turn the order round").clicked() {
                self.query.backwards = !self.query.backwards;
            }
        });
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
        let defs = scheme.labels.iter().flat_map(|l| &l.attributes);
        let mut names = std::collections::BTreeSet::new();
        let defs: Vec<_> = defs.filter(|def| names.insert(&def.name)).collect();
        if defs.is_empty() {
            return;
        }
        let text = match &self.query.attribute {
            None => "Value…".to_owned(),
            Some((name, wanted)) => {
                let title = defs.iter().find(|d| d.name == *name).map_or(name.as_str(), |d| &d.title);
                match wanted {
                    Wanted::Is(value) => format!("{title}: {value}"),
                    Wanted::Missing => format!("{title}: missing"),
                }
            }
        };
        let on = self.query.attribute.is_some();
        let response = Chip { text: &text, label: None, key: String::new(), on, quiet: true }.show(ui);
        let response = response.on_hover_text("Show only annotations with a certain value");
        egui::Popup::menu(&response).show(|ui| {
            if on && ui.button("Any value").clicked() {
                self.query.attribute = None;
            }
            for def in defs {
                ui.menu_button(&def.title, |ui| {
                    let values = match &def.kind {
                        AttributeKind::Choice(options) | AttributeKind::Several(options) => {
                            options.iter().map(|o| Value::Text(o.to_string())).collect()
                        }
                        AttributeKind::YesNo => vec![Value::YesNo(true), Value::YesNo(false)],
                        // What cannot be listed is found by its text.
                        _ => Vec::new(),
                    };
                    let wanted = values.into_iter().map(|v| (v.to_string(), Wanted::Is(v)));
                    for (title, wanted) in wanted.chain([("Missing".to_owned(), Wanted::Missing)]) {
                        if ui.button(title).clicked() {
                            self.query.attribute = Some((def.name.clone(), wanted));
                        }
                    }
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
    let ink = def.map_or(palette.error, |l| palette.text_of(l.colour));
    let bar = Rect::from_min_size(pos2(rect.left() + 12.0, rect.top() + 8.0), vec2(3.0, ROW - 16.0));
    painter.rect_filled(bar, 1, def.map_or(palette.error, |l| palette.ink_of(l.colour)));
    let x = rect.left() + 22.0;
    let right = rect.right() - 14.0;
    let place = match sort {
        Sort::Created => a.provenance.created.format("%Y-%m-%d %H:%M").to_string(),
        Sort::Modified => a.provenance.modified.format("%Y-%m-%d %H:%M").to_string(),
        _ => format!("¶ {}", layer.text().paragraph_at(a.span.start()).map_or(0, |p| p + 1)),
    };
    let place = painter.layout_no_wrap(place, Face::Sans.size(size::CAPTION), palette.muted);
    let mut room = right - place.size().x - 8.0 - x;
    if !problems.is_empty() {
        room -= 12.0;
        painter.circle_filled(pos2(x + room + 8.0, rect.top() + 13.0), 3.0, palette.error);
        let words: Vec<_> = problems.iter().map(ToString::to_string).collect();
        row.response.clone().on_hover_text(words.join("\n"));
    }
    painter.galley(pos2(right - place.size().x, rect.top() + 6.0), place, palette.muted);
    let line = |text: String, font, ink, room| {
        let mut job = egui::text::LayoutJob::simple_singleline(text, font, ink);
        job.wrap = egui::text::TextWrapping::truncate_at_width(room);
        painter.layout_job(job)
    };
    let title = line(title.to_owned(), Face::Medium.size(size::CAPTION), ink, room);
    painter.galley(pos2(x, rect.top() + 6.0), title, ink);
    painter.galley(
        pos2(x, rect.top() + 21.0),
        line(quote, Face::Serif.size(size::LEAD), palette.ink, right - x),
        palette.ink,
    );
    painter.hline(rect.x_range(), rect.bottom() - 0.5, (1.0, palette.line));
}
