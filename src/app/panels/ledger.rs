//! Who said what: the claims of the open document by who says them, with what they rest on.
//!
//! Elsewhere: which annotations are claims, and whose (`formats::ledger`).

use super::Do;
use super::all::brief;
use crate::app::fonts::Face;
use crate::app::list::{self, Cursor};
use crate::app::theme::{Palette, size};
use crate::app::widgets::empty;
use crate::app::worker::Quiet;
use crate::formats::ledger::{self, Claim, Voice};
use crate::model::{Annotation, AnnotationId, AttributeKind, Layer, LayerKey, Name, Project, counted};
use crate::session::Session;
use eframe::egui::{self, Role, Ui, WidgetInfo, pos2};

/// Height of a row in points.
const ROW: f32 = 42.0;
/// Up to so many annotations are looked through without a worker.
const AT_ONCE: usize = 1_000;
/// No more of a text is laid out than can be seen: code points.
const SEEN: usize = 160;

/// For which layer and revision something was collected.
type Subject = (LayerKey, u64);

/// What a row is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Somebody, above their claims.
    Voice,
    /// A claim.
    Claim,
    /// On what it rests, or whom it concerns.
    Fact,
}

/// A row.
struct Line {
    kind: Kind,
    /// What it selects.
    id: AnnotationId,
    label: Name,
    text: String,
    /// What stands below it.
    about: String,
}

/// The rows, and where one is in them.
#[derive(Default)]
pub struct Ledger {
    lines: Vec<Line>,
    /// For what they are right.
    right_for: Option<Subject>,
    worker: Quiet<(Subject, Vec<Line>)>,
    cursor: Cursor,
    /// The annotation to which the list was last moved.
    followed: Option<AnnotationId>,
    focus: bool,
}

impl Ledger {
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
        selected: Option<AnnotationId>,
        out: &mut Vec<Do>,
    ) {
        self.refresh(ui.ctx(), session, layer);
        if self.lines.is_empty() {
            self.focus = false;
            if self.right_for.is_none() {
                empty(ui, "Looking…", "");
            } else {
                empty(ui, "Nothing is marked as said", "Mark claims, and link them with who says them");
            }
            return;
        }
        let lines = &self.lines;
        // What is selected elsewhere is shown here too.
        if self.followed != selected {
            self.followed = selected;
            let here = lines.get(self.cursor.at()).is_some_and(|line| Some(line.id) == selected);
            if let Some(at) = lines.iter().position(|line| Some(line.id) == selected).filter(|_| !here) {
                self.cursor.go(at);
            }
        }
        if std::mem::take(&mut self.focus) {
            self.cursor.focus();
        }
        let scheme = &session.project().scheme;
        let done = self.cursor.show(ui, "Who said what", ROW, lines.len(), |ui, row| {
            if let Some(line) = lines.get(row.number) {
                let colour = scheme.label(&line.label).map(|label| label.colour);
                draw(ui, &row, line, colour, scheme.title_of(&line.label), selected == Some(line.id));
            }
        });
        match done {
            Some(list::Done::Moved(at) | list::Done::Extended(_, at)) => {
                out.extend(lines.get(at).map(|line| Do::Look(line.id)));
            }
            Some(list::Done::Opened(at) | list::Done::Toggled(at)) => {
                out.extend(lines.get(at).map(|line| Do::Select(line.id)));
            }
            Some(list::Done::All) | None => {}
        }
    }

    /// Collects again where something changed.
    fn refresh(&mut self, ctx: &egui::Context, session: &Session, layer: &Layer) {
        let subject = (layer.key().clone(), session.revision());
        if let Some((right_for, lines)) = self.worker.finished() {
            (self.right_for, self.lines) = (Some(right_for), lines);
        }
        if self.right_for.as_ref() == Some(&subject) {
            return;
        }
        if self.right_for.as_ref().is_some_and(|(key, _)| *key != subject.0) {
            // What belongs to another document is worse than nothing.
            self.lines.clear();
            (self.right_for, self.cursor, self.followed) = (None, Cursor::default(), None);
        }
        let project = session.project();
        if layer.len() <= AT_ONCE {
            self.lines = collect(layer, project);
            self.right_for = Some(subject);
        } else if !self.worker.is_running() {
            let mut known = Project::new(project.name.clone(), project.scheme.clone());
            known.entities.clone_from(&project.entities);
            let layer = layer.clone();
            self.worker.start(ctx, move || (subject, collect(&layer, &known)));
        }
    }
}

/// The rows: voices in the order of their first claim, at the end the claims that nobody says.
fn collect(layer: &Layer, project: &Project) -> Vec<Line> {
    let claims = ledger::claims(layer);
    let mut voices = ledger::voices(&claims, layer, project);
    voices.sort_by_key(|(voice, _)| *voice == Voice::Nobody);
    let mut lines = Lines { layer, project, made: Vec::new(), told: Vec::new() };
    for (voice, claims) in &voices {
        lines.voice(voice, claims);
        for claim in claims {
            lines.claim(claim);
        }
    }
    lines.made
}

/// The rows under construction.
struct Lines<'a> {
    layer: &'a Layer,
    project: &'a Project,
    made: Vec<Line>,
    /// What was already told of the voice or claim that is being told.
    told: Vec<AnnotationId>,
}

impl Lines<'_> {
    fn line(&mut self, kind: Kind, a: &Annotation, mut about: Vec<String>) {
        about.extend(values(a, self.project));
        let text = brief(self.layer, a, SEEN);
        self.made.push(Line { kind, id: a.id, label: a.label.clone(), text, about: about.join(" · ") });
    }

    /// Somebody, and to what they belong.
    fn voice(&mut self, voice: &Voice, claims: &[&Claim]) {
        self.told.clear();
        let of_voice = |s: &&&Annotation| Voice::of(s, self.layer, self.project) == *voice;
        let mentions: Vec<_> = claims.iter().flat_map(|claim| &claim.speakers).filter(of_voice).copied().collect();
        let Some(first) = mentions.first().copied().or(claims.first().map(|claim| claim.annotation)) else { return };
        self.made.push(Line {
            kind: Kind::Voice,
            id: first.id,
            label: first.label.clone(),
            text: brief_of(voice.name()),
            about: counted(claims.len(), "claim"),
        });
        for mention in mentions {
            self.organisations(mention);
        }
    }

    /// A claim, on what it rests, and where that comes from.
    fn claim(&mut self, claim: &Claim) {
        self.told.clear();
        let a = claim.annotation;
        let place = self.layer.text().paragraph_at(a.span.start()).map_or(0, |p| p + 1);
        self.line(Kind::Claim, a, vec![format!("paragraph {place}")]);
        let others = claim.others.iter().map(|(_, end)| *end);
        let statistics = others.filter(|end| ledger::role(&end.label) == Some(ledger::Role::Statistic));
        for statistic in claim.statistics.iter().copied().chain(statistics) {
            if !self.told.contains(&statistic.id) {
                self.told.push(statistic.id);
                let title = self.project.scheme.title_of(&statistic.label).to_owned();
                self.line(Kind::Fact, statistic, vec![title]);
                self.organisations(statistic);
            }
        }
        self.organisations(a);
    }

    fn organisations(&mut self, of: &Annotation) {
        for (link, end) in ledger::organisations(self.layer, of) {
            if !self.told.contains(&end.id) {
                self.told.push(end.id);
                let def = self.project.scheme.link(&link.kind);
                let title = def.map_or(link.kind.as_str(), |d| if link.from == of.id { &d.title } else { &d.inverse });
                self.line(Kind::Fact, end, vec![title.to_owned()]);
            }
        }
    }
}

/// No more of a name is shown than of a quote.
fn brief_of(name: &str) -> String {
    name.chars().take(SEEN).map(|c| if c.is_whitespace() { ' ' } else { c }).collect()
}

/// The values of an annotation in words, in the order of the scheme, as far as they say by themselves what they are; long
/// texts and whom it refers to are left to the card.
fn values(a: &Annotation, project: &Project) -> Vec<String> {
    let Some(label) = project.scheme.label(&a.label) else { return Vec::new() };
    let told = label.attributes.iter().filter(|def| !matches!(def.kind, AttributeKind::Entity(_)));
    let words = told.filter_map(|def| ledger::words(a, &def.name).map(|words| (def, words)));
    let says_nothing = |words: &str| ["yes", "no", "maybe", "other"].contains(&words);
    words
        .filter(|(_, words)| words.chars().count() <= 24)
        .map(|(def, words)| if says_nothing(&words) { format!("{}: {words}", def.title.to_lowercase()) } else { words })
        .collect()
}

fn draw(
    ui: &Ui,
    row: &list::Row,
    line: &Line,
    colour: Option<crate::model::scheme::Colour>,
    title: &str,
    selected: bool,
) {
    let palette = Palette::current(ui);
    let rect = row.rect;
    let (name, indent, font) = match line.kind {
        Kind::Voice => (line.text.clone(), 14.0, Face::SemiBold.size(size::BODY)),
        Kind::Claim => (format!("{title}: {}", line.text), 28.0, Face::Serif.size(size::LEAD)),
        Kind::Fact => (format!("{title}: {}", line.text), 44.0, Face::Serif.size(size::BODY)),
    };
    row.response
        .widget_info(|| WidgetInfo::selected(Role::ListItem, true, selected, format!("{name}, {}", line.about)));
    row.background(ui, selected);
    let painter = ui.painter_at(rect);
    let x = rect.left() + indent;
    let ink = colour.map_or(palette.error, |colour| palette.ink_of(colour));
    match line.kind {
        Kind::Voice => {
            // The tabs end in a line already.
            if row.number > 0 {
                painter.hline(rect.x_range(), rect.top() + 0.5, (1.0, palette.line));
            }
        }
        Kind::Claim => {
            painter.vline(x - 7.0, rect.top() + 6.0..=rect.bottom() - 6.0, (2.0, ink));
        }
        Kind::Fact => {
            painter.circle_filled(pos2(x - 9.0, rect.top() + 13.0), 3.0, ink);
        }
    }
    let room = rect.right() - 14.0 - x;
    let lay = |text: &str, font, ink| {
        let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, ink);
        job.wrap = egui::text::TextWrapping::truncate_at_width(room);
        painter.layout_job(job)
    };
    let quote = lay(&line.text, font, palette.ink);
    let about = lay(&line.about, Face::Sans.size(size::CAPTION), palette.muted);
    let mut tip = Vec::new();
    if quote.elided {
        tip.push(line.text.as_str());
    }
    if about.elided {
        tip.push(line.about.as_str());
    }
    painter.galley(pos2(x, rect.top() + 13.0 - quote.size().y / 2.0), quote, palette.ink);
    painter.galley(pos2(x, rect.top() + 30.0 - about.size().y / 2.0), about, palette.muted);
    if !tip.is_empty() {
        row.response.clone().on_hover_text(tip.join("\n"));
    }
}
