//! What others do to the open project, and what the window says and asks of it.
//!
//! Here: looking at changed files on workers, taking them in, waiting for somebody else to leave. Elsewhere: merging and
//! finding places again (`session`), the questions themselves (`dialogs`).

use super::App;
use super::actions::Action;
use super::dialogs::Dialog;
use super::jobs::Done;
use crate::model::{Document, DocumentId, Layer, LayerKey, Project, Text};
use crate::session::{Anchoring, TakenIn, TakenProject};
use crate::store::{FileError, OutsideChange, Peeked};
use eframe::egui;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// So often it is looked whether somebody else has left.
const LOOK: Duration = Duration::from_secs(5);
/// So long what is waiting may take to be saved before a text is exchanged.
const FLUSH: Duration = Duration::from_secs(20);

/// A project file, and texts that go with it.
type WithTexts = (Peeked<Project>, BTreeMap<DocumentId, Text>);

/// Files that others changed, as a worker found them.
pub enum Outside {
    /// A layer; `None` if its file is gone.
    Layer(LayerKey, Result<Option<Peeked<Layer>>, FileError>),
    /// The project file, and the texts of documents that came or went; `None` if it is gone.
    Project(Result<Option<WithTexts>, FileError>),
    /// The text of a document, and where its annotations lie in it; `None` if it is the one that was annotated.
    Text(Result<Option<Anchoring>, FileError>),
    /// Whether somebody still works as this annotator.
    Holder(bool),
}

impl App {
    /// Looks at what others changed, and whether one may write yet where one could only read.
    pub(super) fn follow_outside(&mut self, ctx: &egui::Context) {
        let Some(session) = &mut self.session else { return };
        let changes = session.outside_changes();
        if session.awaits_texts() {
            ctx.request_repaint_after(LOOK);
        }
        if session.holder().is_some() {
            ctx.request_repaint_after(LOOK);
            if self.looked.is_none_or(|looked| looked.elapsed() >= LOOK) {
                self.looked = Some(Instant::now());
                let (folder, annotator) = (session.folder().clone(), session.annotator().clone());
                self.workers.start(ctx, "", move |_| {
                    Done::Outside(Box::new(Outside::Holder(folder.holder(&annotator).is_some())))
                });
            }
        }
        for change in changes {
            self.changed_outside(ctx, change);
        }
    }

    fn changed_outside(&mut self, ctx: &egui::Context, change: OutsideChange) {
        let Some(session) = &self.session else { return };
        let folder = session.folder().clone();
        match change {
            OutsideChange::Gone => {
                let key = self.key_in_words(Action::SaveCopy);
                let help = format!("bring it back (is the disk plugged in?), or save a copy elsewhere with {key}");
                self.complain(format!(
                    "The project’s folder is no longer there. Your work is in memory.\nhelp: {help}"
                ));
            }
            OutsideChange::Back => {
                self.notify("The project’s folder is there again");
                if let Some(session) = &mut self.session {
                    session.save_now();
                }
            }
            OutsideChange::Layer(key) => match session.state().layer(&key) {
                Some(layer) => {
                    let text = layer.text().clone();
                    self.workers.start(ctx, "", move |_| {
                        let found = folder.peek_layer(&key, &text);
                        Done::Outside(Box::new(Outside::Layer(key, found)))
                    });
                }
                None => self.count_all(ctx),
            },
            OutsideChange::Project => {
                let known: BTreeMap<_, _> = session
                    .project()
                    .documents
                    .iter()
                    .map(|d| (d.id.clone(), (d.sha256.clone(), session.state().text(&d.id).cloned())))
                    .collect();
                self.workers.start(ctx, "", move |_| {
                    let found = folder.peek_project().map(|peeked| {
                        let peeked = peeked?;
                        let new = peeked.found.documents.iter().filter(|d| !known.contains_key(&d.id));
                        let new = new.filter_map(|d| Some((d.id.clone(), folder.load_text(d).ok()?)));
                        let mut texts: BTreeMap<_, _> = new.collect();
                        for (id, (sha256, text)) in known.iter().filter(|(id, _)| peeked.found.document(id).is_none()) {
                            let text = text.clone().or_else(|| folder.old_text(sha256));
                            texts.extend(text.map(|text| (id.clone(), text)));
                        }
                        Some((peeked, texts))
                    });
                    Done::Outside(Box::new(Outside::Project(found)))
                });
            }
            OutsideChange::Text(id) => {
                if let Some(document) = session.project().document(&id).cloned() {
                    self.look_at_text(ctx, document);
                }
            }
        }
    }

    /// Looks where the annotations of a document lie in the text that is there now.
    pub(super) fn look_at_text(&mut self, ctx: &egui::Context, document: Document) {
        let Some(session) = &mut self.session else { return };
        session.save_now();
        let (folder, flush) = (session.folder().clone(), session.flusher());
        let what = format!("Finding the annotations of {} again", document.title);
        self.workers.start(ctx, what, move |_| {
            // What was done on the old text belongs into the files first.
            flush.wait(FLUSH);
            let found = Anchoring::of(&folder, &document);
            Done::Outside(Box::new(Outside::Text(found)))
        });
    }

    pub(super) fn found_outside(&mut self, ctx: &egui::Context, found: Outside) {
        let Some(session) = &mut self.session else { return };
        match found {
            Outside::Holder(false) => {
                if session.holder().is_some() {
                    let who = session.annotator().clone();
                    self.notify(format!("The annotations of {who} are free again"));
                    self.change_annotator(ctx, &who);
                }
            }
            Outside::Layer(key, Ok(None)) => {
                let what =
                    format!("The file with the annotations of {} in “{}” was removed", key.annotator, key.document);
                self.complain(format!("{what}.\nhelp: they are in memory; the next change writes the file again"));
            }
            Outside::Layer(_, Ok(Some(theirs))) => match session.take_in_layer(&theirs) {
                Ok(taken) => self.taken_in(ctx, taken),
                Err(error) => self.complain(format!("What was changed outside cannot be taken in: {error}")),
            },
            Outside::Project(Ok(Some((theirs, texts)))) => match session.take_in_project(&theirs, &texts) {
                Ok(TakenProject { awaited, .. }) if !awaited.is_empty() => {
                    let waits = "The project file was changed outside: it is taken in when the text is there of";
                    self.notify(format!("{waits} {}", in_few_words(&awaited)));
                    self.count_all(ctx);
                }
                Ok(TakenProject { conflicts, renumbered, .. }) => {
                    let moved = renumbered.iter().map(|(was, now)| {
                        format!(
                            "“{}” is {} now, here and where it is referred to: {was} is another one",
                            now.name, now.id
                        )
                    });
                    let moved: Vec<_> = moved.collect();
                    if conflicts.is_empty() && moved.is_empty() {
                        self.notify("The project file was changed outside; the change was taken in");
                    } else {
                        let mut text = "It was taken in.".to_owned();
                        if !conflicts.is_empty() {
                            let all: Vec<_> = conflicts.iter().map(ToString::to_string).collect();
                            text += &format!(" Where both sides changed the same, ours stays:\n{}", all.join("\n"));
                        }
                        text.extend(moved.iter().map(|line| format!("\n{line}")));
                        self.dialog = Some(Dialog::message("The project file was changed outside", text));
                    }
                    self.count_all(ctx);
                }
                Err(error) => {
                    self.complain(format!("The project file was changed outside and cannot be taken in: {error}"));
                }
            },
            Outside::Holder(true) | Outside::Project(Ok(None)) | Outside::Text(Ok(None)) => {}
            Outside::Text(Ok(Some(anchoring))) => self.dialog = Some(Dialog::anchoring(anchoring)),
            Outside::Layer(_, Err(error)) | Outside::Project(Err(error)) | Outside::Text(Err(error)) => {
                let kept = "Your work is in memory, and the file is not written over.";
                self.complain(format!("A file was changed outside and cannot be read. {kept}\n{error}"));
            }
        }
    }

    fn taken_in(&mut self, ctx: &egui::Context, taken: Option<TakenIn>) {
        self.summarise();
        let Some(TakenIn { key, taken, conflicts }) = taken else { return };
        let parts = [(taken.made, "new"), (taken.changed, "changed"), (taken.removed, "removed")];
        let parts: Vec<_> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        if !parts.is_empty() {
            let title =
                self.session.as_ref().and_then(|s| s.project().document(&key.document)).map(|d| d.title.clone());
            let undo = self.key_in_words(Action::Undo);
            let title = title.unwrap_or_else(|| key.document.to_string());
            self.notify(format!("Taken in from outside in “{title}”: {}; {undo} takes it back", parts.join(", ")));
        }
        if !conflicts.is_empty() {
            self.dialog = Some(Dialog::conflicts(key, conflicts));
        }
        ctx.request_repaint();
    }

    /// That one can only read, in a few words and in full.
    pub(super) fn read_only_in_words(&self) -> Option<(String, String)> {
        let session = self.session.as_ref()?;
        let holder = session.holder()?;
        let in_full = format!(
            "{} is being worked on by {holder}. Here it can only be read; what is saved there shows here, and as soon as \
             it is closed there, you can go on here.",
            session.annotator()
        );
        Some((format!("Only for reading: {} works on it on {}", holder.user, holder.host), in_full))
    }
}

/// The first few documents by their ids, and how many more there are.
fn in_few_words(documents: &[DocumentId]) -> String {
    let named: Vec<_> = documents.iter().take(3).map(|id| format!("“{id}”")).collect();
    let more = documents.len() - named.len();
    if more > 0 { format!("{} and {more} more", named.join(", ")) } else { named.join(", ") }
}
