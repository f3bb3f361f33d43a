//! Byline annotates news text: who said what, on what evidence.
//!
//! The modules, from the ground up; dependencies point downwards only:
//!
//! - [`model`]: texts, spans, annotations, links, schemes, layers, projects: plain data and its invariants.
//! - [`text_layout`]: a paragraph as rows, glyphs and cells: hit, caret, rectangles.
//! - [`find`]: what is looked for, and the places of a text that hold it.
//! - [`edit`]: changes as data, their inverses, history.
//! - [`merge`]: what two sides made of one thing, as one.
//! - [`anchor`]: where the annotations of one text lie in another.
//! - [`ingest`]: from an article file to text and proposed metadata.
//! - [`store`]: a project on disk: RON files, atomic saving, errors that name the line.
//! - [`formats`]: how others write annotated text; one file a format.
//! - [`sources`]: what the paths of an import lead to.
//! - [`check`]: whether a project is whole and as its scheme says.
//! - [`measure`]: what a project holds, in numbers.
//! - [`crash`]: what is written down when Byline itself is at fault.
//! - [`personal`]: a person's own files: settings and keys.
//! - [`session`]: a project that is being worked on: state, history, saving.
//! - [`cli`]: the command line.
//! - `app`: the window. Only it knows egui, and only with the feature `window`.

pub mod anchor;
#[cfg(feature = "window")]
pub mod app;
pub mod check;
pub mod cli;
pub mod crash;
pub mod edit;
pub mod find;
pub mod formats;
pub mod ingest;
pub mod measure;
pub mod merge;
pub mod model;
pub mod personal;
pub mod session;
pub mod sources;
pub mod store;
pub mod text_layout;
