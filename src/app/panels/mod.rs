//! What stands around the article. Panels read the state and say what is to be done ([`Do`]); they change nothing.

pub mod all;
pub mod documents;
pub mod doubts;
pub mod guide;
pub mod history;
pub mod ledger;
pub mod right;
pub mod selected;
pub mod sides;
pub mod start;
pub mod status;
pub mod top;

use super::actions::Action;
use crate::edit::entities::NewEntity;
use crate::model::{AnnotationId, DocumentId, LinkId, Name, Status, Value};
use documents::{Documents, Shown};
use doubts::Doubts;
use eframe::egui::{Rect, Ui, UiBuilder};
use std::path::PathBuf;

/// Something that a panel or dialog wants done.
#[derive(Clone, PartialEq, Debug)]
pub enum Do {
    /// An action of the table.
    Run(Action),
    /// A label was chosen, by key or chip.
    Label(Name),
    /// Select an annotation and show it.
    Select(AnnotationId),
    /// Select an annotation and show it, but leave the focus where it is.
    Look(AnnotationId),
    /// Take the fragment away that holds a byte.
    Fragment(AnnotationId, usize),
    /// Make an entity, and let an attribute refer to it.
    NewEntity(AnnotationId, Name, NewEntity),
    /// Set the status of documents.
    Status(Vec<DocumentId>, Status),
    /// Give an attribute a value, or clear it.
    Attribute(AnnotationId, Name, Option<Value>),
    /// Write a note.
    Note(AnnotationId, String),
    /// Make a link.
    Link(Name, AnnotationId, AnnotationId),
    /// Remove a link.
    Unlink(LinkId),
    /// Show a document.
    OpenDocument(DocumentId),
    /// Open a project.
    OpenProject(PathBuf),
    /// Back to the text.
    FocusText,
    /// Remember that an action was taken from the palette.
    Remember(Action),
    /// Close the bar for finding.
    CloseFind,
    /// Go to the place with this number in the list of what was found.
    Found(usize),
    /// Undo or redo until this step is the last that is done; or is the next to be done.
    GoTo {
        /// Its number.
        step: u64,
        /// Whether to the point before it.
        before: bool,
    },
}

/// Draws the left panel: the documents, and below them what is left to check in the open one.
pub fn left(ui: &mut Ui, documents: &mut Documents, doubts: &mut Doubts, shown: Shown, out: &mut Vec<Do>) {
    doubts.refresh(ui.ctx(), shown.session);
    let room = ui.available_rect_before_wrap();
    let border = room.bottom() - doubts.height(room.height());
    let part = |ui: &mut Ui, rect: Rect, name: &str| {
        let mut part = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(name));
        part.set_clip_rect(rect.intersect(ui.clip_rect()));
        part
    };
    documents.show(&mut part(ui, room.with_max_y(border), "documents"), shown, out);
    if let Some(layer) = shown.session.layer().filter(|_| border < room.bottom()) {
        let scheme = &shown.session.project().scheme;
        doubts.show(&mut part(ui, room.with_min_y(border), "doubts"), layer, scheme, out);
    }
    ui.advance_cursor_after_rect(room);
}

/// The same text with a capital at the start.
fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
