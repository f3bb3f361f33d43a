//! What was done in the open document and in the project, when, and the way back to any point of it.
//!
//! Elsewhere: what a step is and how it is taken back (`edit::history`, `session`).

use super::{Do, capitalised};
use crate::app::fonts::Face;
use crate::app::list::{self, Cursor};
use crate::app::theme::{Palette, size};
use crate::app::widgets::empty;
use crate::edit::Step;
use crate::model::DocumentId;
use crate::session::Session;
use chrono::{DateTime, Local, Utc};
use eframe::egui::{self, Rect, Role, Stroke, Ui, WidgetInfo, pos2, vec2};

/// Height of a row in points.
const ROW: f32 = 42.0;
/// Where the line of time is drawn, in points from the left.
const LINE: f32 = 20.0;

/// Where a point lies, seen from now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lies {
    /// It was done, and something after it.
    Past,
    /// It is the last that is done.
    Now,
    /// It was undone.
    Ahead,
}

/// A point to which one can go: after a step, or before the first.
struct Point {
    /// The step that is the last one done there.
    step: Option<u64>,
    what: String,
    at: Option<DateTime<Utc>>,
    project_wide: bool,
    lies: Lies,
}

impl Point {
    fn after(step: &Step, lies: Lies) -> Self {
        Self {
            step: Some(step.number),
            what: capitalised(&step.about.what),
            at: Some(step.about.at),
            project_wide: step.about.project_wide,
            lies,
        }
    }
}

/// The points, and where one is in the list of them.
#[derive(Default)]
pub struct History {
    /// The newest first.
    points: Vec<Point>,
    /// For which revision and document.
    right_for: Option<(u64, Option<DocumentId>)>,
    cursor: Cursor,
    focus: bool,
}

impl History {
    /// Puts the focus on the list in the next frame.
    pub fn focus(&mut self) {
        self.focus = true;
    }

    /// Draws the list.
    pub fn show(&mut self, ui: &mut Ui, session: &Session, out: &mut Vec<Do>) {
        self.refresh(session);
        if self.points.len() <= 1 {
            self.focus = false;
            empty(ui, "Nothing was done yet", "What is done is listed here, and can be taken back after a restart too");
            return;
        }
        if std::mem::take(&mut self.focus) {
            self.cursor.focus();
        }
        let (points, today) = (&self.points, Local::now());
        let done = self.cursor.show(ui, "History", ROW, points.len(), |ui, row| {
            if let Some(point) = points.get(row.number) {
                draw(ui, &row, point, &today, row.number + 1 == points.len());
            }
        });
        if let Some(list::Done::Opened(at) | list::Done::Toggled(at)) = done {
            let first = || points.iter().rev().find_map(|point| point.step);
            out.extend(points.get(at).and_then(|point| match point.step {
                Some(step) => Some(Do::GoTo { step, before: false }),
                None => first().map(|step| Do::GoTo { step, before: true }),
            }));
        }
    }

    fn refresh(&mut self, session: &Session) {
        let subject = (session.revision(), session.current().map(|document| document.id.clone()));
        if self.right_for.as_ref() == Some(&subject) {
            return;
        }
        let (done, undone) = session.steps();
        let last = done.len();
        let ahead = undone.into_iter().rev().map(|step| Point::after(step, Lies::Ahead));
        let past = done.into_iter().enumerate().rev();
        let past = past.map(|(n, step)| Point::after(step, if n + 1 == last { Lies::Now } else { Lies::Past }));
        self.points = ahead.chain(past).collect();
        let what = if session.journal_status().first > 1 {
            "As it was before the steps that are still known"
        } else {
            "As it was at the beginning"
        };
        let lies = if last == 0 { Lies::Now } else { Lies::Past };
        self.points.push(Point { step: None, what: what.to_owned(), at: None, project_wide: false, lies });
        let is_new = self.right_for.as_ref().is_none_or(|(_, document)| *document != subject.1);
        if is_new || !self.cursor.has_focus() {
            self.cursor.go(self.points.iter().position(|point| point.lies == Lies::Now).unwrap_or(0));
        }
        self.right_for = Some(subject);
    }
}

/// The time of today, or the day; and exactly.
fn when(at: DateTime<Utc>, today: &DateTime<Local>) -> (String, String) {
    let at = at.with_timezone(&Local);
    let short = if at.date_naive() == today.date_naive() { "%H:%M" } else { "%-d %B %Y" };
    (at.format(short).to_string(), at.format("%A, %-d %B %Y, %H:%M:%S").to_string())
}

fn draw(ui: &Ui, row: &list::Row, point: &Point, today: &DateTime<Local>, is_first: bool) {
    let palette = Palette::current(ui);
    let rect = row.rect;
    let (short, exact) = point.at.map(|at| when(at, today)).unwrap_or_default();
    let state = match point.lies {
        Lies::Past => "",
        Lies::Now => "now",
        Lies::Ahead => "undone",
    };
    let scope = if point.project_wide { "whole project" } else { "" };
    let said: Vec<_> =
        [point.what.as_str(), &short, scope, state].into_iter().filter(|part| !part.is_empty()).collect();
    let is_now = point.lies == Lies::Now;
    row.response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, is_now, said.join(", ")));
    row.background(ui, false);
    let painter = ui.painter_at(rect);
    line_of_time(&painter, rect, point.lies, is_first, &palette);
    let right = rect.right() - 14.0;
    let badge =
        |text: &str| painter.layout_no_wrap(text.to_owned(), Face::SemiBold.size(size::BADGE), palette.on_accent);
    let mut room = right - rect.left() - 39.0;
    if is_now {
        let galley = badge("now");
        let pill = Rect::from_min_size(
            pos2(right - galley.size().x - 14.0, rect.top() + 6.0),
            galley.size() + vec2(14.0, 4.0),
        );
        painter.rect_filled(pill, 8, palette.accent);
        painter.galley(pill.center() - galley.size() / 2.0, galley, palette.on_accent);
        room -= pill.width() + 8.0;
    }
    let ink = if point.lies == Lies::Ahead { palette.muted } else { palette.ink };
    let face = if is_now { Face::SemiBold } else { Face::Medium };
    let mut job = egui::text::LayoutJob::simple_singleline(point.what.clone(), face.size(size::BODY), ink);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room);
    let galley = painter.layout_job(job);
    let mut tip = if galley.elided { vec![point.what.clone()] } else { Vec::new() };
    let x = rect.left() + 39.0;
    let below: Vec<_> = [short.as_str(), scope, if point.lies == Lies::Ahead { state } else { "" }]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    painter.galley(pos2(x, rect.top() + 4.0), galley, ink);
    let galley = painter.layout_no_wrap(below.join(" · "), Face::Sans.size(size::CAPTION), palette.muted);
    painter.galley(pos2(x, rect.top() + 22.0), galley, palette.muted);
    if !exact.is_empty() {
        tip.push(exact);
    }
    tip.push(
        match point.lies {
            Lies::Past => "Go back to here",
            Lies::Now => "Here you are",
            Lies::Ahead => "Do everything again up to here",
        }
        .to_owned(),
    );
    row.response.clone().on_hover_text(tip.join("\n"));
}

/// A dot on a line that leads from the first point to the last; where one is, all above it is ahead.
fn line_of_time(painter: &egui::Painter, rect: Rect, lies: Lies, is_first: bool, palette: &Palette) {
    let dot = pos2(rect.left() + LINE, rect.top() + 13.0);
    let bottom = if is_first { dot.y } else { rect.bottom() };
    painter.vline(dot.x, rect.top()..=bottom, Stroke::new(1.5, palette.line));
    match lies {
        Lies::Now => {
            painter.hline(rect.x_range(), rect.top() + 1.0, Stroke::new(2.0, palette.accent));
            painter.circle_filled(dot, 5.5, palette.accent);
        }
        Lies::Past => {
            painter.circle(dot, 4.0, palette.muted, Stroke::new(1.0, palette.muted));
        }
        Lies::Ahead => {
            painter.circle(dot, 4.0, palette.panel, Stroke::new(1.5, palette.muted));
        }
    }
}
