//! `byline restore`: layers, or the project file, as they were at a time.

use super::console::{Align, Console, Failure, Issue, counted, grouped, lines, table, with_help};
use super::project::{self, locked};
use super::waiting::Waiting;
use crate::model::{DocumentId, LayerKey, Name, Text};
use crate::store::{KeptCopy, Lock, ProjectFolder, Restoration, Then};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Put layers back as they were at a time
#[derive(Args)]
pub struct Arguments {
    /// Folder of the project
    dir: PathBuf,
    /// List the copies that there are, and change nothing
    #[arg(long, conflicts_with = "as_of")]
    list: bool,
    /// As of when: `2026-11-23T10:00:00Z`, or `2026-11-23` for the end of that day (UTC)
    #[arg(long, value_name = "TIME", value_parser = time, required_unless_present = "list")]
    as_of: Option<DateTime<Utc>>,
    /// Only layers of this annotator
    #[arg(long)]
    annotator: Option<String>,
    /// Only layers of this document
    #[arg(long)]
    document: Option<String>,
    /// The project file instead of layers
    #[arg(long, conflicts_with_all = ["annotator", "document"])]
    project: bool,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

fn time(typed: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(day) = typed.parse::<NaiveDate>() {
        let end = day.checked_add_days(Days::new(1)).unwrap_or(day).and_time(NaiveTime::MIN);
        return Ok(end.and_utc() - chrono::TimeDelta::milliseconds(1));
    }
    let time = DateTime::parse_from_rfc3339(typed).map_err(|_| "expected `2026-11-23T10:00:00Z` or `2026-11-23`")?;
    // What was written within that second is meant as well.
    Ok(time.to_utc() + chrono::TimeDelta::milliseconds(999))
}

fn shown(when: DateTime<Utc>) -> String {
    when.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Lists copies, or puts back what was.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    match (arguments.as_of, arguments.project) {
        (Some(time), true) => restore_project(arguments, time, console),
        (Some(time), false) => restore_layers(arguments, time, console),
        (None, of_project) => list(arguments, of_project, console),
    }
}

/// The project, also where its file is broken.
fn folder(arguments: &Arguments) -> Result<ProjectFolder, Failure> {
    let folder = ProjectFolder::at(&arguments.dir);
    if folder.project_copies()?.is_empty() {
        // To say why it is no project, or that it has no copies.
        project::open(&arguments.dir)?;
    }
    Ok(folder)
}

/// The layers that are asked for, of which there is a file or a copy.
fn keys(arguments: &Arguments, folder: &ProjectFolder) -> Result<Vec<LayerKey>, Failure> {
    let mut keys = [folder.all_layers()?, folder.layers_with_copies()?].concat();
    keys.sort_unstable();
    keys.dedup();
    let annotators = keys.iter().map(|key| key.annotator.as_str());
    let documents = keys.iter().map(|key| key.document.as_str());
    let is_wanted = |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|wanted| wanted == name);
    for (wanted, all, what) in [
        (&arguments.annotator, annotators.collect::<std::collections::BTreeSet<_>>(), "annotator"),
        (&arguments.document, documents.collect(), "annotated document"),
    ] {
        project::wanted(all.iter().copied(), wanted.as_slice(), what)?;
    }
    keys.retain(|key| is_wanted(&arguments.annotator, &key.annotator));
    keys.retain(|key| is_wanted(&arguments.document, key.document.as_str()));
    Ok(keys)
}

fn list(arguments: &Arguments, of_project: bool, console: &mut Console) -> Result<(), Failure> {
    let folder = folder(arguments)?;
    let as_json = |copies: &[KeptCopy]| -> Vec<Value> {
        let one = |copy: &KeptCopy| {
            json!({
                "when": shown(copy.when),
                "bytes": copy.bytes,
                "sha256": copy.sha256,
                "file": copy.path.display().to_string(),
                "damaged": folder.read_copy(copy).err().map(|damaged| damaged.why),
            })
        };
        copies.iter().map(one).collect()
    };
    let rows = |copies: &[KeptCopy]| {
        let row = |copy: &KeptCopy| {
            let state =
                folder.read_copy(copy).err().map_or_else(String::new, |damaged| format!("damaged: {}", damaged.why));
            vec![shown(copy.when), format!("{} bytes", grouped(copy.bytes as usize)), state]
        };
        table(2, &[Align::Left, Align::Right, Align::Left], &copies.iter().map(row).collect::<Vec<_>>())
    };
    if of_project {
        let copies = folder.project_copies()?;
        console.json(&json!({ "project": as_json(&copies) }));
        console.say(format!("project.ron: {}\n{}", counted(copies.len(), "copy"), rows(&copies)));
        return Ok(());
    }
    let mut layers = Vec::new();
    for key in keys(arguments, &folder)? {
        let copies = folder.copies(&key)?;
        console.say(format!(
            "{}, {}: {}\n{}",
            key.document,
            key.annotator,
            counted(copies.len(), "copy"),
            rows(&copies)
        ));
        layers.push(json!({
            "document": key.document.as_str(),
            "annotator": key.annotator.as_str(),
            "copies": as_json(&copies),
        }));
    }
    console.json(&json!({ "layers": layers }));
    Ok(())
}

fn restore_layers(arguments: &Arguments, time: DateTime<Utc>, console: &mut Console) -> Result<(), Failure> {
    let (folder, described) = project::open(&arguments.dir)?;
    let (mut ready, mut unknown, mut unchanged, mut issues) = (Vec::new(), Vec::new(), 0, Vec::new());
    let mut texts: BTreeMap<DocumentId, Text> = BTreeMap::new();
    let keys = keys(arguments, &folder)?;
    let waiting = Waiting::new("reading");
    for (done, key) in keys.iter().enumerate() {
        waiting.done(done, keys.len())?;
        let copy = match folder.layer_as_of(key, time)? {
            Then::AsNow => {
                unchanged += 1;
                continue;
            }
            Then::Unknown => {
                unknown.push(key.clone());
                continue;
            }
            Then::Copy(copy) => copy,
        };
        let Some(document) = described.document(&key.document) else {
            issues.push(
                Issue::error(format!("the project has no document “{}” any more", key.document))
                    .help("restore the project file first (`--project`), or choose what to restore with `--document`"),
            );
            continue;
        };
        let text = match texts.get(&key.document) {
            Some(text) => Ok(text.clone()),
            None => folder.load_text(document),
        };
        match text {
            Ok(text) => {
                texts.insert(key.document.clone(), text.clone());
                match folder.prepare_layer(key, &copy, &text) {
                    Ok(restoration) => ready.push((key.clone(), restoration)),
                    Err(error) => issues.push(with_help(&error)),
                }
            }
            Err(error) => issues.push(error.into()),
        }
    }
    drop(waiting);
    if !issues.is_empty() {
        // All or nothing: half of a day is no state that ever was.
        return Err(Failure { code: super::console::DATA, issues });
    }
    let mut locks: BTreeMap<Name, Lock> = BTreeMap::new();
    for (key, _) in &ready {
        if !locks.contains_key(&key.annotator) {
            locks.insert(key.annotator.clone(), locked(|| folder.lock(&key.annotator))?);
        }
    }
    let mut restored = Vec::new();
    for (key, restoration) in &ready {
        let Some(lock) = locks.get(&key.annotator) else { continue };
        if put_back(&folder, restoration, lock)? {
            restored.push((key, restoration));
        } else {
            unchanged += 1;
        }
    }
    let name = |key: &LayerKey| json!({ "document": key.document.as_str(), "annotator": key.annotator.as_str() });
    let with_time = |(key, restoration): &(&LayerKey, &Restoration)| {
        let mut row = name(key);
        row["when"] = shown(restoration.copy.when).into();
        row["file"] = restoration.path.display().to_string().into();
        row
    };
    console.json(&json!({
        "as_of": shown(time),
        "restored": restored.iter().map(with_time).collect::<Vec<_>>(),
        "unchanged": unchanged,
        "unknown": unknown.iter().map(name).collect::<Vec<_>>(),
    }));
    let row = |(key, restoration): &(&LayerKey, &Restoration)| {
        format!("  {}, {}: as of {}", key.document, key.annotator, shown(restoration.copy.when))
    };
    console.say(format!(
        "restored {}; {} {}\n{}",
        counted(restored.len(), "layer"),
        counted(unchanged, "layer"),
        if unchanged == 1 { "is as it was" } else { "are as they were" },
        lines(restored.iter().map(row)),
    ));
    if !restored.is_empty() {
        console.say("what was there before is a copy now, and can be restored in the same way\n");
    }
    if !unknown.is_empty() {
        let rows = unknown.iter().map(|key| format!("  {}, {}", key.document, key.annotator));
        console.say(format!("left as they are, because there is no copy as old as that:\n{}", lines(rows)));
    }
    Ok(())
}

fn restore_project(arguments: &Arguments, time: DateTime<Utc>, console: &mut Console) -> Result<(), Failure> {
    let folder = folder(arguments)?;
    let copy = match folder.project_as_of(time)? {
        Then::Copy(copy) => copy,
        Then::AsNow => {
            console.json(&json!({ "as_of": shown(time), "restored": null }));
            console.say("project.ron is as it was then\n");
            return Ok(());
        }
        Then::Unknown => {
            let issue = Issue::error(format!("there is no copy of project.ron from {} or before", shown(time)));
            return Err(Failure::data(issue.help("`--list --project` lists those that there are")));
        }
    };
    let (restoration, _) = folder.prepare_project(&copy).map_err(|error| Failure::data(with_help(&error)))?;
    let lock = locked(|| folder.lock_project())?;
    put_back(&folder, &restoration, &lock)?;
    console.json(&json!({ "as_of": shown(time), "restored": { "when": shown(copy.when) } }));
    console.say(format!("restored project.ron as of {}\n", shown(copy.when)));
    Ok(())
}

fn put_back(folder: &ProjectFolder, restoration: &Restoration, lock: &Lock) -> Result<bool, Failure> {
    folder.restore(restoration, lock).map_err(|error| Failure::data(with_help(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_means_its_end_and_a_second_all_of_it() {
        let at = |typed: &str| time(typed).unwrap().to_rfc3339();
        assert_eq!(at("2026-11-23"), "2026-11-23T23:59:59.999+00:00");
        assert_eq!(at("2026-11-23T10:00:00Z"), "2026-11-23T10:00:00.999+00:00");
        assert_eq!(at("2026-11-23T10:00:00+02:00"), "2026-11-23T08:00:00.999+00:00");
        for wrong in ["yesterday", "2026-11-23 10:00", "2026-13-01", ""] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
