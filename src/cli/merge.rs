//! `byline merge`: three versions of a file as one, also for git.

use super::console::{Console, DATA, Failure, Issue, USAGE, counted, lines, system_words};
use crate::store::{MergeRefused, MergedFile, Side, merge_files, read_side, write_merged};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Merge three versions of a layer or a project file
#[derive(Args)]
#[command(after_help = "Conflicts are kept in the merged file, which can be opened: look for notes that begin with \
    “merge conflict:”. As a merge driver of git: `byline merge %O %A %B -P %P`.")]
pub struct Arguments {
    /// What both sides began with; missing or empty where both added the file
    base: PathBuf,
    /// Our version, which is replaced by the result
    ours: PathBuf,
    /// Their version
    theirs: PathBuf,
    /// Write the result here and leave our version as it is
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What the file is called, for messages (git's %P)
    #[arg(short = 'P', long, value_name = "PATH")]
    path: Option<PathBuf>,
    /// Length of conflict markers (git's %L), of which there are none here
    #[arg(short = 'L', long, value_name = "N")]
    marker_size: Option<String>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Merges them. Conflicts are something in the data.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    let shown = arguments.path.as_ref().unwrap_or(&arguments.ours);
    let base = read_side(&arguments.base)?;
    let (ours, theirs) = (side(&arguments.ours)?, side(&arguments.theirs)?);
    let named = |path| named(path, arguments.path.as_deref());
    let paths = [&arguments.base, &arguments.ours, &arguments.theirs].map(|path| named(path));
    let [base_path, our_path, their_path] = &paths;
    let base = base.as_ref().map(|source| Side { path: base_path, source });
    let ours = Side { path: our_path, source: &ours };
    let merged = merge_files(base, ours, Side { path: their_path, source: &theirs }).map_err(refused)?;
    let out = arguments.output.as_ref().unwrap_or(&arguments.ours);
    write_merged(out, &merged.source).map_err(|error| {
        let issue = Issue::error(format!("cannot write `{}`: {}", out.display(), system_words(&error)));
        Failure::data(issue.help("check that you may write into the folder and that the disk has room"))
    })?;
    if arguments.path.is_none() || !merged.renumbered.is_empty() || !merged.conflicts.is_empty() {
        console.say(in_words(&merged, shown));
    }
    report(&merged, shown, out, console)
}

/// A side that must be there.
fn side(path: &Path) -> Result<String, Failure> {
    if !path.exists() {
        let issue = Issue::error(format!("there is no file `{}`", path.display()));
        return Err(Failure { code: USAGE, issues: vec![issue.help("name three files: base, ours, theirs")] });
    }
    let empty = || Issue::error("the file is empty").file(path.display()).help("take the file from a backup");
    read_side(path)?.ok_or_else(|| Failure::data(empty()))
}

/// How a file is called: git's temporary name says nothing to anybody.
fn named(path: &Path, of: Option<&Path>) -> PathBuf {
    match of {
        Some(of) => PathBuf::from(format!("{} ({})", of.display(), path.display())),
        None => path.to_owned(),
    }
}

fn refused(error: MergeRefused) -> Failure {
    match error {
        MergeRefused::File(error) => Failure::from(error),
        other => Failure::data(Issue::error(&other).help(other.help())),
    }
}

/// What was done; git says itself what it had merged.
fn in_words(merged: &MergedFile, shown: &Path) -> String {
    let renumbered = merged.renumbered.iter().map(|(was, now)| format!("  {was} of their side is {now}"));
    let conflicts = counted(merged.conflicts.len(), "conflict");
    format!("merged `{}`: {conflicts}\n{}", shown.display(), lines(renumbered))
}

fn report(merged: &MergedFile, shown: &Path, out: &Path, console: &mut Console) -> Result<(), Failure> {
    let conflicts = merged.conflicts.iter();
    console.json(&json!({
        "file": shown.display().to_string(),
        "output": out.display().to_string(),
        "what": merged.what,
        "conflicts": conflicts.map(|(what, ids)| json!({ "what": what, "ids": ids })).collect::<Vec<_>>(),
        "renumbered": merged.renumbered.iter().map(|(was, now)| json!([was, now])).collect::<Vec<_>>(),
    }));
    if merged.conflicts.is_empty() {
        return Ok(());
    }
    let issue = |(what, ids): &(String, Vec<String>)| {
        let issue = Issue::warning(what).file(shown.display());
        if ids.is_empty() { issue } else { issue.help(format!("look at {} in the merged file", ids.join(" and "))) }
    };
    Err(Failure { code: DATA, issues: merged.conflicts.iter().map(issue).collect() })
}
