//! The left panel: the documents with their status. Which rows it has, and in which order: [`order`].

mod order;

use super::Do;
use crate::app::actions::Action;
use crate::app::fonts::Face;
use crate::app::keymap::key_of;
use crate::app::list::{self, Cursor};
use crate::app::summaries::{Summaries, Summary};
use crate::app::theme::{Palette, size};
use crate::app::widgets::{chosen_button, cross_button, empty, lines_button, menu, muted, named, section};
use crate::model::{Document, DocumentId, Scheme, Status, counted};
use crate::session::Session;
use eframe::egui::{
    self, Color32, CornerRadius, Key, Popup, Rect, Role, Sense, SetOpenCommand, Stroke, Ui, WidgetInfo, pos2, vec2,
};
use order::{Order, Query, Sort};
use std::collections::BTreeSet;

/// Height of a row in points.
const ROW: f32 = 51.0;
/// Height of the line under the list that says how many are chosen.
const CHOSEN: f32 = 40.0;

/// The statuses in the order in which work goes.
pub const STATUSES: [Status; 4] = [Status::NotStarted, Status::InProgress, Status::Done, Status::SecondLook];

/// What is looked for, what is chosen, and where one is.
#[derive(Default)]
pub struct Documents {
    query: Query,
    order: Order,
    cursor: Cursor,
    /// Positions in the project of the documents that are chosen together.
    chosen: BTreeSet<u32>,
    /// Position of the open document, and for which document and revision of the project it was looked up.
    open: Option<usize>,
    open_of: Option<(Option<DocumentId>, u64)>,
    /// Puts the focus into the filter in the next frame.
    focus_filter: bool,
}

/// What the panel shows.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// Documents, scheme and what is open.
    pub session: &'a Session,
    /// What is known of the work.
    pub summaries: &'a Summaries,
}

impl Shown<'_> {
    fn all(&self) -> &[Document] {
        &self.session.project().documents
    }
}

impl Documents {
    /// Puts the focus into the filter in the next frame.
    pub fn focus_filter(&mut self) {
        self.focus_filter = true;
    }

    /// Puts the focus on the list in the next frame.
    pub fn focus(&mut self) {
        self.cursor.focus();
    }

    /// Whether the list had the focus in the last frame.
    pub fn has_focus(&self) -> bool {
        self.cursor.has_focus()
    }

    /// The documents that are chosen together, else the one that is open.
    pub fn chosen(&self, session: &Session) -> Vec<DocumentId> {
        let documents = &session.project().documents;
        let chosen = self.chosen.iter().filter_map(|at| documents.get(*at as usize));
        let chosen: Vec<_> = chosen.map(|d| d.id.clone()).collect();
        if chosen.is_empty() { session.current().map(|d| d.id.clone()).into_iter().collect() } else { chosen }
    }

    /// The document that follows the open one or stands before it: in the list if that is shown, else in the project.
    pub fn neighbour(&self, session: &Session, listed: bool, forward: bool) -> Option<DocumentId> {
        let documents = &session.project().documents;
        let here = session.current().and_then(|d| session.project().position(&d.id));
        let row = |at| if listed { self.order.row(at) } else { Some(at) };
        let next = match (here.and_then(row), forward) {
            (None, _) => 0,
            (Some(row), true) => row + 1,
            (Some(row), false) => row.checked_sub(1)?,
        };
        let at = if listed { self.order.position(next)? } else { next };
        documents.get(at).map(|d| d.id.clone())
    }

    /// Draws the panel; without documents only its head, because the middle says what to do.
    pub fn show(&mut self, ui: &mut Ui, shown: Shown, out: &mut Vec<Do>) {
        self.follow(shown);
        // Before the head, which says how many there are; what is changed there counts from the next frame on.
        self.order.refresh(
            ui.ctx(),
            shown.all(),
            shown.session.project_revision(),
            shown.summaries,
            &self.query,
            self.open,
        );
        let before = self.query.clone();
        egui::Frame::new().inner_margin(egui::Margin::symmetric(14, 0)).show(ui, |ui| self.head(ui, shown, out));
        if shown.all().is_empty() {
            return;
        }
        if self.query != before {
            // What is no longer shown is no longer chosen.
            self.chosen.clear();
            ui.ctx().request_repaint();
        }
        if self.order.len(shown.all()) == 0 {
            empty(ui, "Nothing found", "No document is like this");
            return;
        }
        let bottom = if self.chosen.is_empty() { 0.0 } else { CHOSEN };
        let mut room = ui.available_rect_before_wrap();
        room.max.y -= bottom;
        let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(room).id_salt("list"));
        inside.set_clip_rect(room.intersect(ui.clip_rect()));
        self.list(&mut inside, shown, out);
        ui.advance_cursor_after_rect(room);
        if !self.chosen.is_empty() {
            self.foot(ui, shown, out);
        }
    }

    /// Looks up where the open document stands when it or the project changed, and shows its row.
    fn follow(&mut self, shown: Shown) {
        let session = shown.session;
        let now = (session.current().map(|d| d.id.clone()), session.project_revision());
        if self.open_of.as_ref() == Some(&now) {
            return;
        }
        if self.open_of.as_ref().is_some_and(|(_, revision)| *revision != now.1) {
            self.chosen.clear();
        }
        self.open = now.0.as_ref().and_then(|id| session.project().position(id));
        self.open_of = Some(now);
        if let Some(row) = self.open.and_then(|at| self.order.row(at)) {
            self.cursor.go(row);
        }
    }

    /// How much is done, the filter and the order.
    fn head(&mut self, ui: &mut Ui, shown: Shown, out: &mut Vec<Do>) {
        let palette = Palette::current(ui);
        let count = shown.all().len();
        let done = shown.summaries.having(Status::Done, count);
        ui.add_space(10.0);
        section(ui, "Documents", &format!("{done} of {count} done"));
        ui.add_space(4.0);
        let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 5.0), Sense::empty());
        let share = done as f32 / count.max(1) as f32;
        ui.painter().rect_filled(bar, 3, palette.line);
        ui.painter().rect_filled(bar.with_max_x(bar.left() + bar.width() * share), 3, palette.accent);
        ui.add_space(8.0);
        if count == 0 {
            return;
        }
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            let field = egui::TextEdit::singleline(&mut self.query.text).hint_text("Filter");
            let width = ui.available_width() - 34.0;
            let response = ui.add(field.desired_width(width).margin(egui::Margin::symmetric(8, 5)));
            named(ui, &response, "Filter documents by title");
            if std::mem::take(&mut self.focus_filter) {
                response.request_focus();
            }
            if response.changed() {
                self.cursor.go(0);
            }
            if response.has_focus() && ui.input_mut(|i| i.consume_key(egui::Modifiers::NONE, Key::ArrowDown)) {
                self.cursor.focus();
            }
            if response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
                let first = self.order.position(0).and_then(|at| shown.all().get(at));
                out.extend(first.map(|d| Do::OpenDocument(d.id.clone())));
            }
            response
                .on_hover_text(format!("Find a document by its title or id ({})", key_of(ui, Action::FilterDocuments)));
            let on = self.query.status.is_some() || self.query.sort != Sort::Project;
            let response = lines_button(ui, "Show and sort documents", on);
            Popup::menu(&response).show(|ui| self.menu(ui, shown));
            response.on_hover_text("Which documents are shown, and in which order");
        });
        if self.query.filters() {
            ui.add_space(4.0);
            ui.horizontal(|ui| {
                let status = self.query.status.map_or(String::new(), |s| format!(" {}", status_name(s)));
                let found = self.order.len(shown.all());
                ui.label(muted(ui, format!("{found} of {count}{status}")).size(size::CAPTION));
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    if ui
                        .add(egui::Button::new(muted(ui, "Show all").size(size::CAPTION)).frame_when_inactive(false))
                        .clicked()
                    {
                        self.query = Query { sort: self.query.sort, ..Query::default() };
                    }
                });
            });
        }
        ui.add_space(8.0);
    }

    fn menu(&mut self, ui: &mut Ui, shown: Shown) {
        menu(ui, 200.0);
        ui.label(muted(ui, "Show").size(size::CAPTION));
        let count = shown.all().len();
        let mut choice = |ui: &mut Ui, status: Option<Status>, title: &str, n: usize| {
            if chosen_button(ui, title, &n.to_string(), self.query.status == status).clicked() {
                self.query.status = status;
            }
        };
        choice(ui, None, "All", count);
        for status in STATUSES {
            choice(ui, Some(status), &status_title(status), shown.summaries.having(status, count));
        }
        ui.separator();
        ui.label(muted(ui, "Sort by").size(size::CAPTION));
        for (sort, title) in Sort::ALL {
            if chosen_button(ui, title, "", self.query.sort == sort).clicked() {
                self.query.sort = sort;
            }
        }
    }

    fn list(&mut self, ui: &mut Ui, shown: Shown, out: &mut Vec<Do>) {
        if self.cursor.has_focus() && ui.input(|i| i.key_pressed(Key::Escape)) {
            self.chosen.clear();
        }
        let (order, chosen, open) = (&self.order, &self.chosen, self.open);
        let mut by_dot = false;
        let mut wanted = None;
        let len = order.len(shown.all());
        let by_date = self.query.sort == Sort::Date;
        let done = self.cursor.show(ui, "Documents", ROW, len, |ui, row| {
            let Some((at, document)) = order.position(row.number).and_then(|at| Some((at, shown.all().get(at)?)))
            else {
                return;
            };
            let on_dot = |r: &egui::Response| r.interact_pointer_pos().is_some_and(|p| p.x < row.rect.left() + 36.0);
            let dot = row.response.clicked() && on_dot(&row.response) && !ui.input(|i| i.modifiers.any());
            by_dot |= dot;
            let is_chosen = chosen.contains(&(at as u32));
            draw(ui, &row, document, shown, (open == Some(at), is_chosen), by_date);
            let asked = dot || row.response.secondary_clicked();
            let menu = Popup::context_menu(&row.response).open_memory(asked.then_some(SetOpenCommand::Bool(true)));
            menu.show(|ui| {
                let many = is_chosen && chosen.len() > 1;
                if let Some(status) = status_menu(ui, if many { chosen.len() } else { 1 }) {
                    wanted = Some((if many { None } else { Some(document.id.clone()) }, status));
                }
            });
        });
        if let Some((one, status)) = wanted {
            let documents = one.map_or_else(|| self.chosen(shown.session), |id| vec![id]);
            out.push(Do::Status(documents, status));
        } else if !by_dot {
            self.done(done, shown, out);
        }
    }

    fn done(&mut self, done: Option<list::Done>, shown: Shown, out: &mut Vec<Do>) {
        let position = |row| self.order.position(row).map(|at| at as u32);
        match done {
            None => {}
            Some(list::Done::Opened(row)) => {
                self.chosen.clear();
                let document = self.order.position(row).and_then(|at| shown.all().get(at));
                out.extend(document.map(|d| Do::OpenDocument(d.id.clone())));
            }
            Some(list::Done::Moved(_)) => self.chosen.clear(),
            Some(list::Done::Toggled(row)) => {
                // The document that is open is where one began.
                if self.chosen.is_empty() {
                    self.chosen.extend(self.open.map(|at| at as u32));
                }
                if let Some(at) = position(row)
                    && !self.chosen.remove(&at)
                {
                    self.chosen.insert(at);
                }
            }
            Some(list::Done::Extended(from, to)) => {
                self.chosen = (from.min(to)..=from.max(to)).filter_map(position).collect();
            }
            Some(list::Done::All) => {
                self.chosen = (0..self.order.len(shown.all())).filter_map(position).collect();
            }
        }
    }

    /// How many are chosen, and what can be done with them.
    fn foot(&mut self, ui: &mut Ui, shown: Shown, out: &mut Vec<Do>) {
        let palette = Palette::current(ui);
        ui.painter().hline(ui.max_rect().x_range(), ui.cursor().top() + 0.5, Stroke::new(1.0, palette.line));
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            ui.add_space(14.0);
            ui.label(format!("{} chosen", self.chosen.len()));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.add_space(8.0);
                if cross_button(ui, "Choose none").on_hover_text("Choose none").clicked() {
                    self.chosen.clear();
                }
                let button = ui.button("Status");
                let tip = format!("Set the status of all of them ({})", key_of(ui, Action::Status));
                Popup::menu(&button).show(|ui| {
                    if let Some(status) = status_menu(ui, self.chosen.len()) {
                        out.push(Do::Status(self.chosen(shown.session), status));
                    }
                });
                button.on_hover_text(tip);
            });
        });
    }
}

/// The statuses to choose from, for `count` documents.
fn status_menu(ui: &mut Ui, count: usize) -> Option<Status> {
    menu(ui, 200.0);
    if count > 1 {
        ui.label(muted(ui, format!("{count} documents")).size(size::CAPTION));
    }
    let mut chosen = None;
    for status in STATUSES {
        let response = chosen_button(ui, &status_title(status), "", false);
        let palette = Palette::current(ui);
        status_dot(ui.painter(), response.rect.right_center() - vec2(14.0, 0.0), status, &palette);
        if response.clicked() {
            chosen = Some(status);
        }
    }
    chosen
}

/// Draws a row; `on` is whether it is open and whether it is chosen.
fn draw(ui: &Ui, row: &list::Row, document: &Document, shown: Shown, on: (bool, bool), by_date: bool) {
    let palette = Palette::current(ui);
    let unknown = Summary::default();
    let summary = shown.summaries.get(&document.id).unwrap_or(&unknown);
    let title = if document.title.is_empty() { document.id.as_str() } else { &document.title };
    let status = status_name(summary.status);
    let selected = on.0 || on.1;
    row.response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, selected, format!("{title}, {status}")));
    row.background(ui, on.0);
    let rect = row.rect;
    let painter = ui.painter_at(rect);
    if on.1 {
        painter.rect_filled(rect, 0, palette.selection);
    }
    let dot = pos2(rect.left() + 21.5, rect.top() + 17.0);
    let on_dot = row.response.hover_pos().is_some_and(|p| p.x < rect.left() + 36.0);
    if on_dot {
        painter.circle_filled(dot, 9.0, palette.line);
    }
    status_dot(&painter, dot, summary.status, &palette);
    let x = rect.left() + 39.0;
    let room = rect.right() - 14.0 - x;
    let mut job =
        egui::text::LayoutJob::simple_singleline(title.to_owned(), Face::Medium.size(size::BODY), palette.ink);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room);
    let galley = painter.layout_job(job);
    let cut = galley.elided;
    painter.galley(pos2(x, rect.top() + 8.0), galley, palette.ink);
    let mut below = below(summary);
    if let (true, Some(date)) = (by_date, document.metadata.date) {
        below = format!("{} · {below}", date.format("%Y-%m-%d"));
    }
    let galley = painter.layout_no_wrap(below, Face::Sans.size(size::CAPTION), palette.muted);
    let after = x + galley.size().x + 8.0;
    painter.galley(pos2(x, rect.top() + 27.0), galley, palette.muted);
    let width = (rect.right() - 14.0 - after).min(74.0);
    label_bar(&painter, pos2(after, rect.top() + 31.5), width, summary, &shown.session.project().scheme, &palette);
    if on_dot {
        row.response.clone().on_hover_text(format!("{}: click to change", status_title(summary.status)));
    } else if cut || summary.total() > 0 {
        let counts = summary.in_words(&shown.session.project().scheme);
        let tip: Vec<_> = [title, &counts].into_iter().filter(|line| !line.is_empty()).collect();
        row.response.clone().on_hover_text(tip.join("\n"));
    }
}

/// The second line of a row.
fn below(summary: &Summary) -> String {
    let total = summary.total();
    if total == 0 { status_name(summary.status).to_owned() } else { counted(total, "annotation") }
}

fn label_bar(
    painter: &egui::Painter,
    at: egui::Pos2,
    width: f32,
    summary: &Summary,
    scheme: &Scheme,
    palette: &Palette,
) {
    let total = summary.total();
    let mut x = at.x;
    for (name, n) in &summary.labels {
        let colour = scheme.label(name).map_or(palette.muted, |l| palette.ink_of(l.colour));
        let part = width * *n as f32 / total.max(1) as f32;
        let rect = Rect::from_min_size(pos2(x, at.y), vec2(part, 5.0));
        painter.rect_filled(rect, CornerRadius::same(1), colour);
        x += part;
    }
}

/// A status in words.
pub fn status_name(status: Status) -> &'static str {
    match status {
        Status::NotStarted => "not started",
        Status::InProgress => "in progress",
        Status::Done => "done",
        Status::SecondLook => "needs a second look",
    }
}

/// A status as the title of something.
pub fn status_title(status: Status) -> String {
    super::capitalised(status_name(status))
}

fn status_dot(painter: &egui::Painter, centre: egui::Pos2, status: Status, palette: &Palette) {
    let ring = |colour: Color32| painter.circle_stroke(centre, 4.2, Stroke::new(1.6, colour));
    match status {
        Status::NotStarted => {
            ring(palette.muted);
        }
        Status::InProgress => {
            let half = Rect::from_min_max(centre - vec2(5.0, 5.0), centre + vec2(0.0, 5.0));
            painter.with_clip_rect(half.intersect(painter.clip_rect())).circle_filled(centre, 4.2, palette.accent);
            ring(palette.accent);
        }
        Status::Done => {
            painter.circle_filled(centre, 5.0, palette.accent);
        }
        Status::SecondLook => {
            ring(palette.error);
            painter.circle_filled(centre, 1.6, palette.error);
        }
    }
}
