//! `byline check`: whether a project is whole and as its scheme says.

use super::console::{Console, DATA, Failure};
use super::project;
use crate::check;
use clap::Args;
use std::path::PathBuf;

/// Check a project: files, offsets, quotes, hashes, scheme
#[derive(Args)]
pub struct Arguments {
    /// Folder of the project
    dir: PathBuf,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Checks it; a warning is something in the data, as an error is.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    // A folder that is no project was named wrongly; everything else is part of the report.
    if let Err(failure) = project::open(&arguments.dir)
        && failure.code != DATA
    {
        return Err(failure);
    }
    let report = check::check(&arguments.dir);
    console.json(&report);
    console.say(format!("{report}\n"));
    // What is wrong was reported already.
    if report.is_clean() { Ok(()) } else { Err(Failure { code: DATA, issues: Vec::new() }) }
}
