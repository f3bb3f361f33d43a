//! `byline keys`: the page of keys, made from the table of actions.

use super::console::Console;
use clap::Args;

/// Print the page of keys (Markdown)
#[derive(Args)]
pub struct Arguments {}

/// Prints it.
pub fn run(console: &mut Console) {
    console.say(crate::app::actions::keys_page());
}
