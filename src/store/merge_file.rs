//! Merging files of a project that somebody else keeps versions of: layers and `project.ron`, without their folder.

use super::fault::{Fault, FileError, Located};
use super::layer_file::{self, LayerV1, NotFinite};
use super::project_folder::read_exactly;
use super::ron_text;
use super::without_text::{self, Known, Quoted};
use super::{project_file, write};
use crate::merge::{Conflict, MergeError, keep_in_layer, keep_in_project, merge_layers, merge_projects};
use crate::model::scheme::SchemeError;
use crate::model::{LayerKey, Project, Text};
use std::io;
use std::path::Path;

/// A file of one side: its content, and how it is called in messages.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// How it is called.
    pub path: &'a Path,
    /// What stands in it.
    pub source: &'a str,
}

/// Two versions of a file as one.
#[derive(Clone, PartialEq, Debug)]
pub struct MergedFile {
    /// The file, which can be opened whether there are conflicts or not.
    pub source: String,
    /// “layer” or “project”.
    pub what: &'static str,
    /// What a person has to decide: in words, and the ids of what to look at in the file.
    pub conflicts: Vec<(String, Vec<String>)>,
    /// What was given another number on their side: as it was, and as it is now.
    pub renumbered: Vec<(String, String)>,
}

/// Why files were not merged. Nothing was written.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum MergeRefused {
    /// One of them cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// They do not belong together.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// A number that no file can hold.
    #[error(transparent)]
    NotFinite(#[from] NotFinite),
    /// The schemes do not make one.
    #[error("the schemes of the two sides do not make a usable one: {0}")]
    Scheme(#[from] SchemeError),
}

impl MergeRefused {
    /// What to do.
    pub fn help(&self) -> String {
        match self {
            Self::File(error) => error.fault.help(),
            Self::Merge(MergeError::OtherText { .. }) => "the text was changed on one side and the annotations on the \
                 other: take the side with the text that you want, and make the other changes again; nothing was changed"
                .to_owned(),
            Self::Merge(_) => "check that the three files are versions of one file; nothing was changed".to_owned(),
            Self::NotFinite(_) | Self::Scheme(_) => "merge the file by hand; nothing was changed".to_owned(),
        }
    }
}

/// Reads a file that is to be merged; `None` where it is missing or has nothing in it, as what both sides added has no
/// base.
///
/// # Errors
/// Where it is there and cannot be read.
pub fn read_side(path: &Path) -> Result<Option<String>, FileError> {
    match read_exactly(path) {
        Ok(source) if source.trim().is_empty() => Ok(None),
        Ok(source) => Ok(Some(source)),
        Err(error) if matches!(*error.fault, Fault::Unreadable { kind: io::ErrorKind::NotFound, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes what was merged in place of a file: whole, or not at all.
pub fn write_merged(path: &Path, source: &str) -> io::Result<()> {
    write::write_file(&std::path::absolute(path)?, source.as_bytes(), &mut write::open_gate)
}

/// Merges two versions of a layer file or of a `project.ron` with what both began with, by what the files say that they
/// are. Conflicts are kept in the result (see [`crate::merge::keep_in_layer`], [`crate::merge::keep_in_project`]).
///
/// # Errors
/// Where a file cannot be read, or the three are no versions of one file.
pub fn merge_files(base: Option<Side>, ours: Side, theirs: Side) -> Result<MergedFile, MergeRefused> {
    let is_project = ron_text::check_head(ours.source, project_file::FORMAT).is_ok();
    if is_project { merge_project_files(base, ours, theirs) } else { merge_layer_files(base, ours, theirs) }
}

fn merge_project_files(base: Option<Side>, ours: Side, theirs: Side) -> Result<MergedFile, MergeRefused> {
    let read = |side: Side| -> Result<Project, FileError> {
        project_file::read(side.source).map_err(|fault| fault.in_file(side.path, side.source))
    };
    let base = base.map(read).transpose()?;
    let merged = merge_projects(base.as_ref(), &read(ours)?, &read(theirs)?)?;
    let mut project = merged.project;
    keep_in_project(&mut project, &merged.conflicts);
    Ok(MergedFile {
        source: project_file::write(&project),
        what: "project",
        conflicts: merged.conflicts.iter().map(|conflict| (conflict.to_string(), Vec::new())).collect(),
        renumbered: merged.renumbered.iter().map(|(was, now)| (was.to_string(), now.to_string())).collect(),
    })
}

fn merge_layer_files(base: Option<Side>, ours: Side, theirs: Side) -> Result<MergedFile, MergeRefused> {
    let (our_file, their_file) = (parse(ours)?, parse(theirs)?);
    let base = base.map(|side| Ok::<_, FileError>((side, parse(side)?))).transpose()?;
    let base_file = base.as_ref().map(|(_, file)| file);
    let key = LayerKey {
        document: without_text::key_of(ours.source, &our_file).map_err(in_file(ours))?.document,
        annotator: our_file.annotator.as_str().into(),
    };
    let renamed = moved(base_file, &our_file, &their_file).ok_or(MergeError::OtherLayer)?;
    let key = match renamed {
        Moved::OnTheirSide => without_text::key_of(theirs.source, &their_file).map_err(in_file(theirs))?,
        Moved::NotAtAllOrOnOurs => key,
    };
    // All quotes of one text together, so that what one side says of it is compared with what the other says.
    let (our_text, their_text) = (our_file.text_sha256.clone(), their_file.text_sha256.clone());
    let mut all = vec![(ours, &our_file)];
    all.extend((our_text == their_text).then_some((theirs, &their_file)));
    all.extend(base.as_ref().filter(|(_, file)| file.text_sha256 == our_text).map(|(side, file)| (*side, file)));
    let text = known(&all)?;
    let other_text = if our_text == their_text { text.clone() } else { known(&[(theirs, &their_file)])? };
    let base_text = match &base {
        Some((_, file)) if file.text_sha256 == our_text => text.clone(),
        Some((side, file)) => known(&[(*side, file)])?,
        None => text.clone(),
    };
    let read = |side: Side, mut file: LayerV1<'_>, text: &Text| -> Result<Quoted, FileError> {
        // A file that was moved is the layer of its new place on all sides.
        (file.document, file.annotator) = (key.document.as_str().to_owned(), key.annotator.to_string());
        without_text::over(side.source, file, &key, text).map_err(in_file(side))
    };
    let our_layer = read(ours, our_file, &text)?;
    let their_layer = read(theirs, their_file, &other_text)?;
    let base_layer = base.map(|(side, file)| read(side, file, &base_text)).transpose()?;
    if our_text != their_text {
        return one_text(base_layer.as_ref(), &our_layer, &their_layer);
    }
    let merged = merge_layers(base_layer.as_ref().map(|base| &base.layer), &our_layer.layer, &their_layer.layer)?;
    let (layer, ids) = keep_in_layer(&merged.layer, &merged.conflicts).map_err(MergeError::from)?;
    let words = merged.conflicts.iter().map(Conflict::to_string);
    Ok(MergedFile {
        source: layer_file::write_over(&layer, &our_text)?,
        what: "layer",
        conflicts: words.zip(ids).collect(),
        renumbered: merged.renumbered.iter().map(|(was, now)| (was.to_string(), now.to_string())).collect(),
    })
}

fn in_file(side: Side<'_>) -> impl Fn(Located) -> FileError + '_ {
    move |located| located.in_file(side.path, side.source)
}

fn parse(side: Side<'_>) -> Result<LayerV1<'_>, FileError> {
    layer_file::parsed(side.source).map_err(in_file(side))
}

/// Where one side has moved to another text, the other must have changed nothing.
fn one_text(base: Option<&Quoted>, ours: &Quoted, theirs: &Quoted) -> Result<MergedFile, MergeRefused> {
    let whole = |side: &Quoted| -> Result<MergedFile, MergeRefused> {
        let source = layer_file::write_over(&side.layer, &side.text_sha256)?;
        Ok(MergedFile { source, what: "layer", conflicts: Vec::new(), renumbered: Vec::new() })
    };
    let is_untouched = |side: &Quoted| base.is_some_and(|b| b.text_sha256 == side.text_sha256 && is_same(b, side));
    if is_untouched(theirs) {
        whole(ours)
    } else if is_untouched(ours) {
        whole(theirs)
    } else {
        let (ours, theirs) = (ours.text_sha256.clone(), theirs.text_sha256.clone());
        Err(MergeError::OtherText { ours, theirs }.into())
    }
}

/// Whether two layers over what is known of one text say the same: as files they do.
fn is_same(a: &Quoted, b: &Quoted) -> bool {
    match (layer_file::write_over(&a.layer, &a.text_sha256), layer_file::write_over(&b.layer, &b.text_sha256)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

/// What the quotes of files say of the one text that they are about.
fn known(files: &[(Side, &LayerV1)]) -> Result<Text, FileError> {
    let mut known = Known::default();
    for (side, file) in files {
        known.learn(file).map_err(|(row, field, fault)| {
            without_text::row_fault(side.source, row, field, fault).in_file(side.path, side.source)
        })?;
    }
    Ok(known.text())
}

/// Where a layer got another document or annotator, as a file does that is moved.
enum Moved {
    NotAtAllOrOnOurs,
    OnTheirSide,
}

/// Nothing where the two sides are not versions of one layer.
fn moved(base: Option<&LayerV1>, ours: &LayerV1, theirs: &LayerV1) -> Option<Moved> {
    let place = |file: &LayerV1| (file.document.clone(), file.annotator.clone());
    let (b, o, t) = (base.map(place), place(ours), place(theirs));
    if o == t || b.as_ref() == Some(&t) {
        Some(Moved::NotAtAllOrOnOurs)
    } else {
        (b.as_ref() == Some(&o)).then_some(Moved::OnTheirSide)
    }
}
