//! `byline new`: makes a project.

use super::console::{Console, Failure, Issue, counted, system_words};
use crate::model::{Project, Scheme};
use crate::store::{ProjectFolder, builtin_schemes, read_scheme};
use clap::Args;
use serde_json::json;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Make a project in a new or empty folder
#[derive(Args)]
pub struct Arguments {
    /// Folder of the project
    dir: PathBuf,
    /// Built-in scheme or scheme file (RON)
    #[arg(long, value_name = "NAME|FILE", default_value = "who-said-what")]
    scheme: PathBuf,
    /// Name of the project; the folder's if not given
    #[arg(long)]
    name: Option<String>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Makes the project.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    let scheme = scheme(&arguments.scheme)?;
    let name = match &arguments.name {
        Some(name) if name.trim().is_empty() => {
            return Err(Failure::usage(Issue::error("a project needs a name").help("write one behind `--name`")));
        }
        Some(name) => name.trim().to_owned(),
        None => name_of(&arguments.dir),
    };
    let folder = ProjectFolder::create(&arguments.dir, &Project::new(name.clone(), scheme.clone()))?;
    let shown = folder.path().display().to_string();
    console.json(&json!({
        "folder": shown,
        "name": name,
        "scheme": scheme.name,
        "labels": scheme.labels.len(),
        "links": scheme.links.len(),
    }));
    console.say(format!(
        "made the project “{name}” in `{shown}`\nscheme “{}”: {}, {}\n",
        scheme.name,
        counted(scheme.labels.len(), "label"),
        counted(scheme.links.len(), "link kind"),
    ));
    Ok(())
}

/// Schemes have some kilobytes; more, in bytes, is another file.
const LARGEST_SCHEME: u64 = 16 << 20;

fn scheme(wanted: &Path) -> Result<Scheme, Failure> {
    if let Some((_, scheme)) = builtin_schemes().iter().find(|(name, _)| wanted.as_os_str() == *name) {
        return Ok(scheme.clone());
    }
    let source = read(wanted).map_err(|error| {
        let names: Vec<_> = builtin_schemes().iter().map(|(name, _)| format!("`{name}`")).collect();
        let issue = Issue::error(format!("cannot read the scheme `{}`: {}", wanted.display(), system_words(&error)));
        let help = format!("name a scheme file, or a built-in scheme: {}", names.join(", "));
        if error.kind() == io::ErrorKind::NotFound {
            Failure::usage(issue.help(help))
        } else {
            Failure::data(issue.help(help))
        }
    })?;
    Ok(read_scheme(wanted, &source)?)
}

fn read(path: &Path) -> io::Result<String> {
    let mut source = String::new();
    let read = File::open(path)?.take(LARGEST_SCHEME + 1).read_to_string(&mut source)?;
    if read as u64 > LARGEST_SCHEME {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is too large for a scheme"));
    }
    Ok(source)
}

/// The name of the folder, also for `.` and `news/`.
fn name_of(dir: &Path) -> String {
    let absolute = std::path::absolute(dir).unwrap_or_default();
    let name = absolute.components().next_back().map(|last| last.as_os_str().to_string_lossy().into_owned());
    name.filter(|name| !name.is_empty() && name != "/").unwrap_or_else(|| "project".to_owned())
}
