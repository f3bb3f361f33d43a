//! Editing the scheme: labels, their attributes, kinds of links, and what becomes of the work that uses them.
//!
//! Everything is edited in a draft (`edit::draft`) and done as one step when it is applied. Here: the frame, reading
//! the layers and applying. In `labels` and `links`: the fields; in `preview`: how a mark looks.

mod labels;
mod links;
mod preview;

use super::{After, modal};
use crate::app::App;
use crate::app::fonts::Face;
use crate::app::jobs::Done;
use crate::app::tabs::{Title, tabs};
use crate::app::theme::{Palette, size};
use crate::app::widgets::{self, muted};
use crate::app::worker::Progress;
use crate::edit::draft::{Draft, DraftId, Place, Usage, Uses};
use crate::edit::{Change, State};
use crate::model::LabelDef;
use crate::model::counted;
use crate::session::Session;
use crate::store::ProjectFolder;
use eframe::egui::{self, Margin, RichText, Ui, vec2};

/// All layers of a project, and what in them uses the scheme.
pub struct Work {
    state: State,
    usage: Usage,
}

/// A change of the scheme that only needs to be applied, and the layers that it was made for.
pub struct SchemeChange {
    work: Option<Box<Work>>,
    result: Result<(State, Change), String>,
}

/// A draft, and the fields in which something cannot be used.
type Judged = Option<(Draft, Vec<(Place, String)>)>;

/// What is known of the work that uses the scheme.
enum Loading {
    Reading,
    Read(Box<Work>),
    Failed(String),
    /// The change is being made.
    Applying,
}

#[derive(Clone, Copy, PartialEq)]
enum Page {
    Labels,
    Links,
}

/// Something that is in use is to be deleted: which, and what takes its place.
#[derive(Clone, Copy, PartialEq)]
enum Asking {
    Label(DraftId, Option<DraftId>),
    Attribute(DraftId),
    Option(DraftId, Option<DraftId>),
    Link(DraftId),
}

/// The dialog.
pub struct SchemeDialog {
    draft: Draft,
    /// For which draft the problems were looked for, and which there are.
    judged: Judged,
    page: Page,
    label: Option<DraftId>,
    link: Option<DraftId>,
    loading: Loading,
    asking: Option<Asking>,
    /// Whether it was asked to close with changes in it.
    leaving: bool,
    error: Option<String>,
}

impl SchemeDialog {
    fn new(draft: Draft) -> Self {
        Self {
            label: draft.labels.first().map(|l| l.id),
            link: draft.links.first().map(|l| l.id),
            draft,
            judged: None,
            page: Page::Labels,
            loading: Loading::Reading,
            asking: None,
            leaving: false,
            error: None,
        }
    }

    /// The layers were read.
    pub fn loaded(&mut self, work: Result<Box<Work>, String>) {
        self.loading = match work {
            Ok(work) => Loading::Read(work),
            Err(error) => Loading::Failed(error),
        };
    }

    fn usage(&self) -> Option<&Usage> {
        match &self.loading {
            Loading::Read(work) => Some(&work.usage),
            _ => None,
        }
    }

    fn judge(&mut self) {
        if self.judged.as_ref().is_none_or(|(draft, _)| *draft != self.draft) {
            self.judged = Some((self.draft.clone(), self.draft.problems()));
        }
    }

    fn problems(&self) -> &[(Place, String)] {
        self.judged.as_ref().map(|(_, problems)| problems.as_slice()).unwrap_or_default()
    }

    /// Whether something that was there at the beginning can be deleted now; if not, why.
    fn can_delete(&self, is_new: bool) -> Result<(), &str> {
        if is_new {
            return Ok(());
        }
        match &self.loading {
            Loading::Read(_) => Ok(()),
            Loading::Reading => Err("What uses it is still being counted"),
            Loading::Applying => Err("The changes are being made"),
            Loading::Failed(_) => Err("What uses it could not be counted"),
        }
    }
}

impl App {
    /// Opens the editor and begins to read what uses the scheme.
    pub(in crate::app) fn open_scheme(&mut self, ctx: &egui::Context) {
        let Some(session) = &self.session else { return };
        self.dialog = Some(super::Dialog::Scheme(Box::new(SchemeDialog::new(Draft::new(&session.project().scheme)))));
        let (folder, state) = (session.folder().clone(), session.state().clone());
        self.workers.start(ctx, "Counting what uses the scheme", move |progress| {
            Done::SchemeWork(read_all(&folder, state, progress))
        });
    }

    pub(super) fn scheme_dialog(&mut self, ctx: &egui::Context, dialog: &mut SchemeDialog) -> After {
        dialog.judge();
        let screen = ctx.content_rect().size();
        let (pressed, close) = modal(ctx, "scheme", "Scheme", 1080.0, |ui| {
            let pages = [
                (Page::Labels, Title::new(format!("Labels {}", dialog.draft.labels.len()))),
                (Page::Links, Title::new(format!("Links {}", dialog.draft.links.len()))),
            ];
            tabs(ui, &mut dialog.page, &pages, false);
            ui.add_space(12.0);
            let room = (screen.y - 270.0).clamp(160.0, 620.0);
            ui.allocate_ui(vec2(ui.available_width(), room), |ui| {
                ui.set_min_size(vec2(ui.available_width(), room));
                ui.set_max_height(room);
                ui.add_enabled_ui(!matches!(dialog.loading, Loading::Applying), |ui| match dialog.page {
                    Page::Labels => labels::show(ui, dialog),
                    Page::Links => links::show(ui, dialog),
                });
            });
            dialog.footer(ui)
        });
        if close && !dialog.draft.is_unchanged() {
            dialog.leaving = true;
        }
        match pressed {
            Some(Footer::Apply) => self.apply_scheme(ctx, dialog),
            Some(Footer::Keep) => dialog.leaving = false,
            _ => {}
        }
        let leave = pressed == Some(Footer::Leave) || (close && dialog.draft.is_unchanged());
        if leave { After::Close } else { After::Stay }
    }

    fn apply_scheme(&mut self, ctx: &egui::Context, dialog: &mut SchemeDialog) {
        let Some(session) = &self.session else { return };
        dialog.error = None;
        let work = match std::mem::replace(&mut dialog.loading, Loading::Applying) {
            Loading::Read(work) => Some(work),
            // What concerns no name of the work can be changed without it.
            _ => None,
        };
        let state = work.as_ref().map_or_else(|| session.state().clone(), |work| work.state.clone());
        let draft = dialog.draft.clone();
        self.workers.start(ctx, "Changing the scheme", move |_| {
            let change = draft.change(&state, &Session::stamp());
            let result = change.map(|change| (state, change)).map_err(|error| error.to_string());
            Done::SchemeChange(Box::new(SchemeChange { work, result }))
        });
    }

    /// Applies a change of the scheme that was made on a worker.
    pub(in crate::app) fn scheme_changed(&mut self, ctx: &egui::Context, changed: SchemeChange) {
        let SchemeChange { work, result } = changed;
        let (state, change) = match result {
            Ok(made) => made,
            Err(error) => {
                if let Some(super::Dialog::Scheme(dialog)) = &mut self.dialog {
                    let lost = || Loading::Failed("close this page and open it again".to_owned());
                    dialog.loading = work.map_or_else(lost, Loading::Read);
                    dialog.error = Some(error);
                }
                return;
            }
        };
        let Some(session) = &mut self.session else { return };
        session.take_in_all(&state);
        // Layers that nobody else holds are changed without being copied.
        drop((state, work));
        self.dialog = None;
        self.focus_text = true;
        self.summaries.clear();
        let result = session.apply(change.clone()).map(|()| change);
        if let Some(change) = self.after_edit(result) {
            self.notify(format!("Done: {}", change.what));
        }
        self.count_all(ctx);
    }

    /// What the window remembers of the scheme follows it.
    pub(in crate::app) fn follow_scheme(&mut self) {
        let scheme = self.session.as_ref().map(|s| &s.project().scheme);
        if self.brush.as_ref().is_some_and(|label| scheme.is_none_or(|s| s.label(label).is_none_or(|l| !l.on))) {
            self.brush = None;
        }
    }
}

/// What was pressed at the bottom.
#[derive(Clone, Copy, PartialEq)]
enum Footer {
    Apply,
    Leave,
    Keep,
}

impl SchemeDialog {
    fn footer(&self, ui: &mut Ui) -> Option<Footer> {
        let palette = Palette::current(ui);
        let mut pressed = None;
        ui.add_space(12.0);
        if let Some(error) = &self.error {
            ui.add(egui::Label::new(RichText::new(error).color(palette.error)).wrap().selectable(true));
        }
        ui.horizontal(|ui| {
            ui.set_min_height(30.0);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if self.leaving {
                    if widgets::primary(ui, "Keep editing").clicked() {
                        pressed = Some(Footer::Keep);
                    }
                    if widgets::button(ui, "Discard the changes").clicked() {
                        pressed = Some(Footer::Leave);
                    }
                } else {
                    let unchanged = self.draft.is_unchanged();
                    let counted = matches!(self.loading, Loading::Read(_)) || !self.draft.needs_layers();
                    let busy = matches!(self.loading, Loading::Applying);
                    let ready = !unchanged && counted && !busy && self.problems().is_empty();
                    if ui.add_enabled_ui(ready, |ui| widgets::primary(ui, "Apply")).inner.clicked() {
                        pressed = Some(Footer::Apply);
                    }
                    if widgets::button(ui, if unchanged { "Close" } else { "Cancel" }).clicked() {
                        pressed = Some(Footer::Leave);
                    }
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    let (text, bad) = self.summary();
                    let ink = if bad { palette.error } else { palette.muted };
                    ui.add(egui::Label::new(RichText::new(text).color(ink)).wrap());
                });
            });
        });
        pressed
    }

    /// What applying would do, or what stands against it; and whether it is bad.
    fn summary(&self) -> (String, bool) {
        if self.leaving {
            return ("The changes are not applied yet.".to_owned(), false);
        }
        if let Some((_, problem)) = self.problems().first() {
            let more = match self.problems().len() {
                1 => String::new(),
                n => format!(" (and {} more)", n - 1),
            };
            return (format!("{problem}{more}"), true);
        }
        let steps = self.draft.steps();
        match &self.loading {
            Loading::Applying => ("Changing the scheme…".to_owned(), false),
            Loading::Failed(error) if self.draft.needs_layers() => (format!("Not possible now: {error}"), true),
            Loading::Reading if self.draft.needs_layers() => ("Counting what uses the scheme…".to_owned(), false),
            _ if self.draft.is_unchanged() => ("Nothing is changed yet.".to_owned(), false),
            _ if steps.is_empty() => ("One step; undo takes it back.".to_owned(), false),
            _ => (format!("One step: {}. Undo takes it back.", steps.join(", ")), false),
        }
    }

    /// The card that asks what becomes of work: how much there is, and what can be done with it.
    fn question(&mut self, ui: &mut Ui, what: &str, uses: Uses, noun: &str, others: &[(DraftId, String)]) {
        let palette = Palette::current(ui);
        let frame = egui::Frame::new().fill(palette.panel).stroke((1.0, palette.error)).corner_radius(8);
        frame.inner_margin(Margin::same(12)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.label(RichText::new(format!("Delete {what}? {}", in_words(uses, noun))));
            ui.add_space(8.0);
            let mut chosen = match self.asking {
                Some(Asking::Label(_, chosen) | Asking::Option(_, chosen)) => chosen,
                _ => None,
            };
            if others.is_empty() {
                ui.label(muted(ui, format!("The {noun}s go too. Undo brings them back.")));
            } else {
                if widgets::radio(ui, chosen.is_none(), format!("The {noun}s go too")).clicked() {
                    chosen = None;
                }
                ui.horizontal(|ui| {
                    let first = others.first().map(|(id, _)| *id);
                    if widgets::radio(ui, chosen.is_some(), format!("The {noun}s become")).clicked() && chosen.is_none()
                    {
                        chosen = first;
                    }
                    let title = |id: Option<DraftId>| others.iter().find(|(other, _)| Some(*other) == id);
                    let shown = title(chosen.or(first)).map_or("", |(_, title)| title.as_str());
                    let all = || others.iter().map(|(id, title)| (*id, title.clone())).collect();
                    let (_, taken) = widgets::combo(ui, "Instead", 180.0, shown, chosen.as_ref(), all);
                    chosen = taken.or(chosen);
                });
                ui.add_space(8.0);
            }
            if let Some(Asking::Label(_, kept) | Asking::Option(_, kept)) = &mut self.asking {
                *kept = chosen;
            }
            ui.horizontal(|ui| {
                if widgets::destructive(ui, "Delete").clicked() {
                    self.delete_asked();
                }
                if widgets::button(ui, "Keep it").clicked() {
                    self.asking = None;
                }
            });
        });
        ui.add_space(12.0);
    }

    fn delete_asked(&mut self) {
        match self.asking.take() {
            Some(Asking::Label(id, instead)) => self.draft.delete_label(id, instead),
            Some(Asking::Attribute(id)) => self.draft.delete_attribute(id),
            Some(Asking::Option(id, instead)) => self.draft.delete_option(id, instead),
            Some(Asking::Link(id)) => self.draft.delete_link(id),
            None => {}
        }
    }

    /// Deletes something at once if no work uses it, and asks otherwise.
    fn delete(&mut self, what: Asking, uses: Uses) {
        self.asking = Some(what);
        if uses.count == 0 {
            self.delete_asked();
        }
    }
}

/// “12 annotations in 3 documents use it.”
fn in_words(uses: Uses, noun: &str) -> String {
    let verb = if uses.count == 1 { "uses" } else { "use" };
    format!("{} in {} {verb} it.", counted(uses.count, noun), counted(uses.documents, "document"))
}

fn read_all(folder: &ProjectFolder, mut state: State, progress: &Progress) -> Result<Box<Work>, String> {
    let documents: Vec<_> = state.project.documents.iter().map(|d| d.id.clone()).collect();
    for (n, id) in documents.iter().enumerate() {
        if !progress.at(n as f32 / documents.len() as f32) {
            return Err("the counting was stopped; close this page and open it again".to_owned());
        }
        folder.load_document(&mut state, id).map_err(|error| error.to_string())?;
    }
    let usage = Usage::of(&state);
    Ok(Box::new(Work { state, usage }))
}

/// What is wrong in a field, under it.
fn fault(ui: &mut Ui, judged: &Judged, place: Place) {
    for (_, problem) in judged.iter().flat_map(|(_, problems)| problems).filter(|(at, _)| *at == place) {
        ui.add(egui::Label::new(RichText::new(problem).size(size::SMALL).color(Palette::current(ui).error)).wrap());
    }
}

/// A line of text with a name for screen readers.
fn line(ui: &mut Ui, name: &str, text: &mut String, width: f32) {
    let edit = egui::TextEdit::singleline(text).desired_width(width).margin(Margin::symmetric(8, 5));
    let response = ui.add(edit);
    widgets::named(ui, &response, name);
}

/// Several lines of text.
fn lines(ui: &mut Ui, name: &str, text: &mut String) {
    let edit = egui::TextEdit::multiline(text).desired_rows(2).desired_width(f32::INFINITY);
    let response = ui.add(edit.margin(Margin::symmetric(8, 5)));
    widgets::named(ui, &response, name);
}

/// A small button with a name that says to what it belongs.
fn small(ui: &mut Ui, text: &str, name: &str) -> bool {
    let response = ui.add(egui::Button::new(RichText::new(text).size(size::SMALL)));
    widgets::named(ui, &response, name);
    response.clicked()
}

/// A small button that may not be available, with the reason.
fn small_if(ui: &mut Ui, text: &str, name: &str, allowed: Result<(), &str>) -> bool {
    let button = egui::Button::new(RichText::new(text).size(size::SMALL));
    let response = ui.add_enabled(allowed.is_ok(), button);
    widgets::named(ui, &response, name);
    let clicked = response.clicked();
    if let Err(why) = allowed {
        response.on_disabled_hover_text(why);
    }
    clicked
}

/// What is moved in a list: from where, and whether up.
fn move_in<T>(list: &mut [T], at: Option<usize>, up: bool) {
    let Some(at) = at.filter(|at| *at < list.len()) else { return };
    let other = if up { at.checked_sub(1) } else { Some(at + 1).filter(|n| *n < list.len()) };
    if let Some(other) = other {
        list.swap(at, other);
    }
}

/// A row of the list on the left.
struct Entry<'a> {
    id: DraftId,
    text: &'a str,
    /// Whose swatch is shown.
    label: Option<&'a LabelDef>,
    key: String,
    quiet: bool,
}

/// The list on the left, from which one is chosen; `what` says of what it is a list.
fn chooser(ui: &mut Ui, what: &str, entries: &[Entry], chosen: Option<DraftId>) -> Option<DraftId> {
    let palette = Palette::current(ui);
    let mut clicked = None;
    egui::ScrollArea::vertical().id_salt("list").auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for entry in entries {
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 30.0), egui::Sense::click());
            let on = chosen == Some(entry.id);
            let name = format!("{what}: {}", entry.text);
            response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, on, &name));
            if on || response.hovered() {
                ui.painter().rect_filled(rect, 6, palette.hover);
            }
            let mut left = rect.left() + 10.0;
            if let Some(label) = entry.label {
                let at = egui::Rect::from_min_size(egui::pos2(left, rect.center().y - 5.0), vec2(16.0, 10.0));
                widgets::swatch(ui.painter(), at, label, &palette);
                left += 24.0;
            }
            let right = egui::Rect::from_min_max(egui::pos2(left, rect.top()), rect.right_bottom() - vec2(8.0, 0.0));
            let layout = egui::Layout::right_to_left(egui::Align::Center);
            let mut badge = ui.new_child(egui::UiBuilder::new().max_rect(right).layout(layout).id_salt(entry.id.0));
            widgets::key_badge(&mut badge, &entry.key);
            let ink = if entry.quiet { palette.muted } else { palette.ink };
            let face = if on { Face::SemiBold } else { Face::Sans };
            let mut job = egui::text::LayoutJob::simple_singleline(entry.text.to_owned(), face.size(size::BODY), ink);
            job.wrap = egui::text::TextWrapping::truncate_at_width((badge.min_rect().left() - left - 8.0).max(20.0));
            let galley = ui.painter().layout_job(job);
            let cut = galley.elided;
            ui.painter().galley(egui::pos2(left, rect.center().y - galley.size().y / 2.0), galley, ink);
            widgets::focus_ring(ui, &response);
            let response = if cut { response.on_hover_text(entry.text) } else { response };
            if response.clicked() {
                clicked = Some(entry.id);
            }
        }
    });
    clicked
}
