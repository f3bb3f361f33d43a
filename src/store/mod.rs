//! A project on disk.
//!
//! ```text
//! latin-america/
//!   project.ron                                    scheme, documents in order with their metadata, entities
//!   documents/0001-conference-opens.txt            the text, exactly as decoded, never rewritten
//!   annotations/maria/0001-conference-opens.ron    one layer, one annotation a line
//!   guidelines.md                                  optional
//!   .byline/                                       journal, places, removed files; ignored by git
//! ```
//!
//! Here: the file types of each version, reading with precise faults, saving that leaves either the old file or the
//! new one. Only this module writes into a project. Elsewhere: what is saved (`model`), when (`app`, `cli`).

mod annotator_folder;
mod bundle;
mod copies;
mod excerpt;
mod fault;
#[cfg(test)]
mod faults;
mod inside;
mod journal;
mod layer_file;
mod left_over;
mod lock;
mod merge_file;
mod outline;
mod patience;
mod peek;
mod place;
mod project_file;
mod project_folder;
mod quick_layer;
mod recover;
mod repair;
mod restore;
mod ron_text;
mod save;
mod schemes;
#[cfg(test)]
pub(crate) mod testing;
mod watch;
mod without_text;
mod write;

pub use annotator_folder::BadAnnotator;
pub(crate) use annotator_folder::annotator_of;
pub use bundle::{
    Bundle, Copied, Packed, PackedLayer, UnpackError, is_bundle, pack, pack_in_memory, read_bundle, unpack,
    write_bundle, write_packed,
};
pub use copies::{DamagedCopy, KeptCopy};
pub use excerpt::Excerpt;
pub use fault::{Fault, FileError};
pub use inside::Astray;
pub use journal::{Damage, Entry, Journal, Told};
pub use layer_file::NotFinite;
pub use lock::{Holder, Lock, LockError};
pub use merge_file::{MergeRefused, MergedFile, Side, merge_files, read_side, write_merged};
pub(crate) use patience::{PATIENCE, Pulse, within};
pub use peek::{ExchangedText, Peeked};
pub use place::Place;
pub(crate) use project_folder::names_in;
pub use project_folder::{CreateError, ProjectFolder};
pub use recover::{Difference, Differs, Recovered};
pub use repair::{RepairError, Replacements};
pub use restore::{Restoration, RestoreError, Then};
pub use save::{Dirty, Refused, SaveError, SaveJob, SaveProblem, Saved};
pub use schemes::{builtin_schemes, read_scheme, write_scheme};
pub use watch::{Interest, OutsideChange, ProjectWatch};
pub use without_text::{Quoted, read_without_text};
