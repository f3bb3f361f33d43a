//! Arguments to window or command; nothing else lives here.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(feature = "window")]
    byline::crash::install(byline::app::crash_folder());
    byline::cli::run(std::env::args_os())
}
