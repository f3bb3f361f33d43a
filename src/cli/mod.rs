//! The command line: from arguments to the window or a command, from what happened to an exit code.
//!
//! One file for each subcommand; they only put together what the other modules do, and report it. What they share:
//! the two streams (`console`), a project (`project`), long work (`waiting`).
//!
//! Exit codes: 0 fine, 1 something in the data, 2 wrong use, 130 stopped with Ctrl+C.

mod check;
mod console;
mod export;
mod extract_article;
mod formats;
mod import;
#[cfg(feature = "window")]
mod keys;
mod merge;
mod new;
mod pack;
mod project;
mod reanchor;
#[cfg(feature = "window")]
mod render;
mod restore;
mod stats;
mod waiting;

use crate::formats::{ALL, Format};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};
use console::{Console, Failure, Issue};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Annotates news text: who said what, on what evidence
#[derive(Parser)]
#[command(name = "byline", version, args_conflicts_with_subcommands = true)]
#[command(after_help = "Without a command the window opens. A path that is called like a command: `./check`.")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Projects and articles to open in the window
    paths: Vec<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    New(new::Arguments),
    Import(import::Arguments),
    Export(export::Arguments),
    Pack(pack::PackArguments),
    Unpack(pack::UnpackArguments),
    Restore(restore::Arguments),
    Reanchor(reanchor::Arguments),
    Merge(merge::Arguments),
    Check(check::Arguments),
    Stats(stats::Arguments),
    Formats(formats::Arguments),
    ExtractArticle(extract_article::Arguments),
    #[cfg(feature = "window")]
    Render(render::Arguments),
    #[cfg(feature = "window")]
    Keys(keys::Arguments),
}

/// Does what `arguments` say, the program's name first, and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // A reader that had enough of the help is no error.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(console::USAGE).into();
        }
    };
    if let Ok(program) = std::env::current_exe() {
        crate::ingest::isolate_with(program);
    }
    let Some(command) = arguments.command else {
        return ended(&mut Console::new(false), open(arguments.paths));
    };
    let mut console = Console::new(command.wants_json());
    let done = command.run(&mut console);
    ended(&mut console, done)
}

impl Command {
    fn wants_json(&self) -> bool {
        match self {
            Self::New(arguments) => arguments.json,
            Self::Import(arguments) => arguments.json,
            Self::Export(arguments) => arguments.json,
            Self::Pack(arguments) => arguments.json,
            Self::Unpack(arguments) => arguments.json,
            Self::Restore(arguments) => arguments.json,
            Self::Reanchor(arguments) => arguments.json,
            Self::Merge(arguments) => arguments.json,
            Self::Check(arguments) => arguments.json,
            Self::Stats(arguments) => arguments.json,
            Self::Formats(arguments) => arguments.json,
            Self::ExtractArticle(_) => false,
            #[cfg(feature = "window")]
            Self::Render(arguments) => arguments.json,
            #[cfg(feature = "window")]
            Self::Keys(_) => false,
        }
    }

    fn run(self, console: &mut Console) -> Result<(), Failure> {
        match self {
            Self::New(arguments) => new::run(&arguments, console),
            Self::Import(arguments) => import::run(&arguments, console),
            Self::Export(arguments) => export::run(&arguments, console),
            Self::Pack(arguments) => pack::run_pack(&arguments, console),
            Self::Unpack(arguments) => pack::run_unpack(&arguments, console),
            Self::Restore(arguments) => restore::run(&arguments, console),
            Self::Reanchor(arguments) => reanchor::run(&arguments, console),
            Self::Merge(arguments) => merge::run(&arguments, console),
            Self::Check(arguments) => check::run(&arguments, console),
            Self::Stats(arguments) => stats::run(&arguments, console),
            Self::ExtractArticle(arguments) => extract_article::run(&arguments),
            Self::Formats(_) => {
                formats::run(console);
                Ok(())
            }
            #[cfg(feature = "window")]
            Self::Render(arguments) => render::run(&arguments, console),
            #[cfg(feature = "window")]
            Self::Keys(_) => {
                keys::run(console);
                Ok(())
            }
        }
    }
}

/// The name of an exchange format, as an argument.
fn format_parser() -> impl TypedValueParser<Value = &'static dyn Format> {
    let names = PossibleValuesParser::new(ALL.iter().map(|format| format.card().name));
    names.try_map(|name| crate::formats::by_name(&name).ok_or("no such format"))
}

fn ended(console: &mut Console, done: Result<(), Failure>) -> ExitCode {
    let reported = console.finish();
    match done.and(reported) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console.json(&serde_json::json!({ "issues": failure.issues }));
            Console::complain(&failure.issues);
            failure.code.into()
        }
    }
}

/// Opens the window. A path that leads nowhere is most likely a command with a typing error.
fn open(paths: Vec<PathBuf>) -> Result<(), Failure> {
    if let Some(missing) = paths.iter().find(|path| !path.exists()) {
        let issue = Issue::error(format!("there is no file, folder or command `{}`", missing.display()));
        return Err(Failure::usage(issue.help(help_for(missing))));
    }
    window(paths)
}

#[cfg(feature = "window")]
fn window(paths: Vec<PathBuf>) -> Result<(), Failure> {
    crate::app::run(paths).map_err(|message| Failure::usage(console::with_help(&message)))
}

#[cfg(not(feature = "window"))]
fn window(_: Vec<PathBuf>) -> Result<(), Failure> {
    let issue = Issue::error("this Byline was built without its window");
    Err(Failure::usage(issue.help("use one of the commands in `byline --help`, or build it with the feature `window`")))
}

fn help_for(missing: &Path) -> String {
    use clap::CommandFactory;
    let typed = missing.to_string_lossy().to_lowercase();
    let command = Arguments::command();
    let mut names = command.get_subcommands().filter(|it| !it.is_hide_set()).map(clap::Command::get_name);
    match names.find(|name| is_near(name, &typed)) {
        Some(name) => format!("check the path; for the command write `byline {name}`"),
        None => "check the path; `byline --help` lists the commands".to_owned(),
    }
}

/// Whether at most one letter is missing, added, wrong or exchanged with its neighbour.
fn is_near(name: &str, typed: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (name.chars().collect(), typed.chars().collect());
    let common = |a: &mut dyn Iterator<Item = &char>, b: &mut dyn Iterator<Item = &char>| {
        a.zip(b).take_while(|(a, b)| a == b).count()
    };
    let before = common(&mut a.iter(), &mut b.iter());
    let (rest_a, rest_b) = (a.get(before..).unwrap_or_default(), b.get(before..).unwrap_or_default());
    let after = common(&mut rest_a.iter().rev(), &mut rest_b.iter().rev());
    let differ = |rest: &[char]| rest.len() - after.min(rest.len());
    let (in_a, in_b) = (differ(rest_a), differ(rest_b));
    let exchanged = matches!((rest_a, rest_b), ([a, b, ..], [c, d, ..]) if a == d && b == c) && (in_a, in_b) == (2, 2);
    exchanged || (in_a <= 1 && in_b <= 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_command_with_one_typing_error_is_recognised_and_another_word_is_not() {
        for typed in ["chekc", "chec", "checkk", "xheck", "chéck", "check"] {
            assert!(is_near("check", typed), "{typed}");
        }
        for typed in ["cehkc", "chef", "", "é", "article.txt", "checkers"] {
            assert!(!is_near("check", typed), "{typed}");
        }
    }
}
