//! `byline pack` and `byline unpack`: a project as one file, and back.

use super::console::{Console, DATA, Failure, Issue, USAGE, counted, grouped, lines, system_words};
use super::project;
use crate::store::{Bundle, Fault, UnpackError, pack, read_bundle, unpack, write_packed};
use clap::Args;
use serde_json::json;
use std::io::ErrorKind;
use std::path::PathBuf;

/// Pack a project into one file
#[derive(Args)]
pub struct PackArguments {
    /// Folder of the project
    dir: PathBuf,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace a file that is there already
    #[arg(long)]
    force: bool,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Make a project's folder of a packed file again
#[derive(Args)]
pub struct UnpackArguments {
    /// File that `byline pack` wrote
    file: PathBuf,
    /// Folder to make
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Packs it.
pub fn run_pack(arguments: &PackArguments, console: &mut Console) -> Result<(), Failure> {
    let (folder, _) = project::open(&arguments.dir)?;
    let out = &arguments.out;
    if out.symlink_metadata().is_ok() && (!arguments.force || out.is_dir()) {
        let issue = Issue::error(format!("`{}` exists already", out.display()));
        let help = if out.is_dir() { "name a file" } else { "choose another place, or replace it with `--force`" };
        return Err(Failure::data(issue.help(help)));
    }
    let packed = pack(&folder)?;
    write_packed(out, &packed.source).map_err(|error| {
        let issue = Issue::error(format!("cannot write `{}`: {}", out.display(), system_words(&error)));
        Failure::data(issue.help("check that you may write into the folder and that the disk has room"))
    })?;
    let left_out: Vec<_> = packed.left_out.iter().map(|path| path.display().to_string()).collect();
    console.json(&json!({
        "file": out.display().to_string(),
        "name": packed.name,
        "bytes": packed.source.len(),
        "documents": packed.documents,
        "layers": packed.layers,
        "annotations": packed.annotations,
        "guidelines": packed.guidelines,
        "left_out": left_out,
    }));
    console.say(format!(
        "packed “{}” into `{}`: {}, {} with {}{}; {} bytes\n",
        packed.name,
        out.display(),
        counted(packed.documents, "document"),
        counted(packed.layers, "layer"),
        counted(packed.annotations, "annotation"),
        if packed.guidelines { ", guidelines" } else { "" },
        grouped(packed.source.len()),
    ));
    if !left_out.is_empty() {
        let listed = lines(left_out.into_iter().map(|path| format!("  {path}")));
        console.say(format!("no part of the project, and not packed:\n{listed}"));
    }
    Ok(())
}

/// Unpacks it.
pub fn run_unpack(arguments: &UnpackArguments, console: &mut Console) -> Result<(), Failure> {
    let path = &arguments.file;
    let source = read_bundle(path).map_err(|error| {
        let nowhere =
            matches!(*error.fault, Fault::Unreadable { kind: ErrorKind::NotFound | ErrorKind::IsADirectory, .. });
        Failure { code: if nowhere { USAGE } else { DATA }, issues: vec![error.into()] }
    })?;
    let bundle = Bundle::open(path, &source)?;
    let folder = unpack(&bundle, &arguments.into).map_err(|error| match error {
        UnpackError::File(error) => Failure::from(error),
        UnpackError::Folder(error) => error.into(),
    })?;
    let (documents, layers) = (bundle.project.documents.len(), bundle.layers().len());
    let shown = folder.path().display().to_string();
    console.json(&json!({
        "folder": shown,
        "name": bundle.project.name,
        "documents": documents,
        "layers": layers,
        "guidelines": bundle.guidelines.is_some(),
    }));
    console.say(format!(
        "unpacked “{}” into `{shown}`: {}, {}{}\n",
        bundle.project.name,
        counted(documents, "document"),
        counted(layers, "layer"),
        if bundle.guidelines.is_some() { ", guidelines" } else { "" },
    ));
    Ok(())
}
