//! `byline extract-article`: not for people. Takes one file apart, away from everything else (`ingest::isolated`).

use super::console::{Failure, Issue};
use crate::ingest;
use clap::Args;
use std::io;

/// Take the article out of one file, for another process of this program
#[derive(Args)]
#[command(hide = true)]
pub struct Arguments {
    /// What the file is, as in `PDF`
    kind: String,
}

/// From standard input to standard output.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    ingest::extract(&arguments.kind, io::stdin().lock(), io::stdout().lock())
        .map_err(|error| Failure::usage(Issue::error(error).help("this command is for the program itself")))
}
