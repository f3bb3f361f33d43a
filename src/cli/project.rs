//! The project that a command works on.

use super::console::{Console, DATA, Failure, Issue, USAGE, with_help};
use super::waiting::Waiting;
use crate::edit::State;
use crate::model::{DocumentId, Project};
use crate::personal;
use crate::store::{Fault, Lock, LockError, ProjectFolder};
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

/// A lock whose holder cannot be seen is given up within this, or it lives.
const PATIENCE: Duration = Duration::from_secs(40);

/// Opens a project. To name a folder that is none is wrong use, a file that cannot be read is wrong data.
pub fn open(path: &Path) -> Result<(ProjectFolder, Project), Failure> {
    let opened = ProjectFolder::open(path).map_err(|error| {
        let nowhere = matches!(
            *error.fault,
            Fault::NoProject | Fault::Unreadable { kind: ErrorKind::NotFound | ErrorKind::NotADirectory, .. }
        );
        Failure { code: if nowhere { USAGE } else { DATA }, issues: vec![error.into()] }
    })?;
    let waiting = opened.0.interrupted(personal::rescue_folder().as_deref()).into_iter().map(|annotator| {
        let what = format!("work of “{annotator}” from before a crash is in the journal and not in the files yet");
        Issue::warning(what).help("open the project in the window as this annotator: it is put together then")
    });
    Console::complain(&waiting.collect::<Vec<_>>());
    Ok(opened)
}

/// Loads texts and layers of `documents`; tells everything that is wrong with them, not only the first fault.
pub fn load(folder: &ProjectFolder, project: Project, documents: &[DocumentId]) -> Result<State, Failure> {
    let waiting = Waiting::new("opening");
    let mut state = State::new(project);
    let mut issues = Vec::new();
    for (done, document) in documents.iter().enumerate() {
        waiting.done(done, documents.len())?;
        issues.extend(folder.load_document(&mut state, document).err().map(Into::into));
    }
    if issues.is_empty() { Ok(state) } else { Err(Failure { code: DATA, issues }) }
}

/// Those of `all` that are `wanted`, in their order; all of them where nothing is wanted. `what` is a noun.
///
/// # Errors
/// Where something is wanted that there is not: it is told together with what there is.
pub fn wanted<'a>(
    all: impl Iterator<Item = &'a str> + Clone,
    wanted: &[String],
    what: &str,
) -> Result<Vec<&'a str>, Failure> {
    let unknown = wanted.iter().filter(|name| !all.clone().any(|known| known == **name));
    let issue = |name| Issue::error(format!("the project has no {what} “{name}”")).help(listed(all.clone()));
    let issues: Vec<_> = unknown.map(issue).collect();
    if !issues.is_empty() {
        return Err(Failure { code: USAGE, issues });
    }
    Ok(all.filter(|name| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name)).collect())
}

/// What there is to choose from, as far as a person reads it.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        None => "there is none".to_owned(),
        Some((one, [])) => format!("there is {one}"),
        Some((_, [first, ..])) if names.len() > 12 => {
            format!("there are {}, from {first} on; `byline stats` lists them", names.len())
        }
        Some((last, others)) => format!("there are {} and {last}", others.join(", ")),
    }
}

/// Waits for a lock whose holder cannot be seen to live; not for one whose holder is at work.
pub fn locked(lock: impl Fn() -> Result<Lock, LockError>) -> Result<Lock, Failure> {
    let waiting = Waiting::new("waiting for a lock");
    let start = Instant::now();
    loop {
        match lock() {
            Err(LockError::Held { holder, .. }) if !holder.is_surely_alive && start.elapsed() < PATIENCE => {
                waiting.done(start.elapsed().as_millis() as usize, PATIENCE.as_millis() as usize)?;
                std::thread::sleep(Duration::from_millis(500));
            }
            done => return done.map_err(|error| Failure::data(with_help(&error))),
        }
    }
}
