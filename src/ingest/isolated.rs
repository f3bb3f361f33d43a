//! Files that may mean harm are taken apart by a process of their own: the same program, started once more, without a
//! window. It can be ended whatever it is doing, and it has a limit of memory; what kills it kills nothing else.
//!
//! Here: starting it, what the two say to each other, and its limits. What is done there is done by the same readers as
//! everywhere (the parent module); where no such process can be had, they work on a thread (`guard`).

use std::{
    io::{self, Read, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, OnceLock, mpsc},
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::extraction::{Counts, Extracted, Extraction};
use super::{FieldKind, FileKind, MAX_BYTES, Part, Reason, Warning, extract_here, guard};

/// The hidden command of the program that takes one file apart: the file comes in, the article goes out.
pub const COMMAND: &str = "extract-article";

/// The most memory that the process may take, in bytes: a book of eight million letters takes half of it.
const MEMORY: u64 = 3 << 30;

/// The most that it may say, in bytes.
const ANSWER: u64 = 1 << 29;

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Says which program knows [`COMMAND`]: from now on files are taken apart by processes of it.
pub fn isolate_with(program: PathBuf) {
    // Whoever said it first is right: there is one program.
    let _ = PROGRAM.set(program);
}

/// What a process came to.
pub(super) enum Outcome {
    /// An article, or why there is none.
    Answer(Result<Extracted, Reason>),
    /// There is no such process, so nobody looked at the file.
    Nobody,
}

/// Has a process take the article out of `bytes`.
pub(super) fn ask(kind: FileKind, bytes: &Arc<Vec<u8>>) -> Outcome {
    // Some seconds more, in which work that looks at the clock gives up by itself and says why.
    let patience = guard::PATIENCE + Duration::from_secs(5);
    PROGRAM.get().map_or(Outcome::Nobody, |program| ask_program(program, kind, bytes, patience))
}

fn ask_program(program: &PathBuf, kind: FileKind, bytes: &Arc<Vec<u8>>, patience: Duration) -> Outcome {
    let mut command = Command::new(program);
    command.args([COMMAND, kind.name()]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return Outcome::Nobody };
    let answer = converse(&mut child, bytes, patience);
    let answer = match answer {
        Some(said) => serde_json::from_slice::<Answer>(&said).ok().map(|answer| answer.into_result(kind)),
        None => Some(Err(Reason::TooSlow { kind })),
    };
    let code = end(&mut child, answer.is_none());
    if let Some(answer) = answer {
        return Outcome::Answer(answer);
    }
    // It answers, or it panics, or the system ends it; only another program has other ends.
    if code.is_some_and(|code| code != PANICKED) {
        return Outcome::Nobody;
    }
    let what = format!("its reader fails on it, or needs more than {} GiB of memory", MEMORY >> 30);
    Outcome::Answer(Err(Reason::Damaged { kind, what }))
}

/// The exit code of a program that panicked.
const PANICKED: i32 = 101;

/// Ends the process, of which nothing more is expected but, perhaps, how it ends by itself: its exit code, if it has one.
fn end(child: &mut Child, by_itself: bool) -> Option<i32> {
    const STEP: Duration = Duration::from_millis(10);
    // Its output has an end, so that there is little left for it to do.
    for _ in 0..200 {
        if !by_itself || !matches!(child.try_wait(), Ok(None)) {
            break;
        }
        thread::sleep(STEP);
    }
    let _ = child.kill();
    child.wait().ok()?.code()
}

/// Hands the file over and takes the answer; none if that takes too long.
fn converse(child: &mut Child, bytes: &Arc<Vec<u8>>, patience: Duration) -> Option<Vec<u8>> {
    let (mut input, output) = (child.stdin.take()?, child.stdout.take()?);
    let bytes = Arc::clone(bytes);
    // Both threads end with the process, whose ends of the pipes are then closed.
    thread::spawn(move || {
        // It may have ended before it heard everything.
        let _ = input.write_all(&bytes);
    });
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut answer = Vec::new();
        let _ = output.take(ANSWER).read_to_end(&mut answer);
        let _ = sender.send(answer);
    });
    receiver.recv_timeout(patience).ok()
}

/// The other side: takes the article out of what comes from `input` and says what it is to `output`.
///
/// # Errors
/// Where one of them fails, or where `kind` is none.
pub fn extract(kind: &str, input: impl Read, mut output: impl Write) -> io::Result<()> {
    let kind = KINDS.into_iter().find(|known| known.name() == kind);
    let kind = kind.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    limit();
    let mut bytes = Vec::new();
    // Pages come as UTF-8, in which a letter may have three bytes instead of one.
    input.take(MAX_BYTES * 3).read_to_end(&mut bytes)?;
    let result = guard::guarded(kind, move || extract_here(kind, bytes));
    serde_json::to_writer(&mut output, &Answer::from(result))?;
    output.flush()
}

/// Sets the limits of this process; where the system has none, only its time is limited, by who started it.
#[cfg(unix)]
fn limit() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let seconds = guard::PATIENCE.as_secs() * 2;
    // The time counts on should the starting process end first.
    for (resource, most) in [(Resource::As, MEMORY), (Resource::Cpu, seconds), (Resource::Core, 0)] {
        let _ = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    }
}

#[cfg(not(unix))]
fn limit() {}

const KINDS: [FileKind; 5] = [FileKind::Html, FileKind::Docx, FileKind::Odt, FileKind::Pdf, FileKind::Epub];

const FIELDS: [(FieldKind, &str); 6] = [
    (FieldKind::Title, "title"),
    (FieldKind::Author, "author"),
    (FieldKind::Source, "source"),
    (FieldKind::Url, "url"),
    (FieldKind::Date, "date"),
    (FieldKind::Language, "language"),
];

/// The warnings that a reader can have.
const WARNINGS: [(Warning, &str); 5] = [
    (Warning::NoEnd, "no end"),
    (Warning::WholePage, "whole page"),
    (Warning::TrackedChanges, "tracked changes"),
    (Warning::Reckoned { right_to_left: false }, "reckoned"),
    (Warning::Reckoned { right_to_left: true }, "reckoned, right to left"),
];

/// What the process says.
#[derive(Serialize, Deserialize)]
enum Answer {
    Article {
        text: String,
        about: Vec<(String, String)>,
        taken: Vec<(String, usize)>,
        left_out: Vec<(String, usize)>,
        changed: Vec<(String, usize)>,
        passages: Vec<String>,
        warnings: Vec<String>,
    },
    Damaged {
        what: String,
    },
    Protected,
    NoText,
    Meaningless {
        unknown: usize,
        all: usize,
    },
    Unpacks {
        limit: u64,
    },
    TooMany {
        of: String,
        limit: usize,
    },
    TooSlow,
}

impl From<Result<Extracted, Reason>> for Answer {
    fn from(result: Result<Extracted, Reason>) -> Self {
        let counted = |counts: &Counts| counts.iter().map(|(part, count)| (part.key().to_owned(), count)).collect();
        match result {
            Ok(Extracted { text, about, extraction, warnings }) => Self::Article {
                text,
                about: about.into_iter().map(|(kind, said)| (name_in(&FIELDS, &kind), said)).collect(),
                taken: counted(&extraction.taken),
                left_out: counted(&extraction.left_out),
                changed: counted(&extraction.changed),
                passages: extraction.passages,
                warnings: warnings.iter().map(|warning| name_in(&WARNINGS, warning)).collect(),
            },
            Err(Reason::Protected { .. }) => Self::Protected,
            Err(Reason::NoText { .. }) => Self::NoText,
            Err(Reason::Meaningless { unknown, all, .. }) => Self::Meaningless { unknown, all },
            Err(Reason::Unpacks { limit, .. }) => Self::Unpacks { limit },
            Err(Reason::TooMany { of, limit, .. }) => Self::TooMany { of: of.into_owned(), limit },
            Err(Reason::TooSlow { .. }) => Self::TooSlow,
            Err(Reason::Damaged { what, .. }) => Self::Damaged { what },
            // No reader has other reasons; should one get some, its words are as good.
            Err(other) => Self::Damaged { what: format!("it {other}") },
        }
    }
}

impl Answer {
    fn into_result(self, kind: FileKind) -> Result<Extracted, Reason> {
        Err(match self {
            Self::Article { text, about, taken, left_out, changed, passages, warnings } => {
                let counts = |counted: Vec<(String, usize)>| {
                    let mut counts = Counts::default();
                    let known = counted.iter().filter_map(|(key, count)| Some((Part::of_key(key)?, *count)));
                    known.for_each(|(part, count)| counts.add(part, count));
                    counts
                };
                let extraction = Extraction {
                    kind,
                    taken: counts(taken),
                    left_out: counts(left_out),
                    changed: counts(changed),
                    passages,
                };
                let about = about.into_iter().filter_map(|(name, said)| Some((of_name(&FIELDS, &name)?, said)));
                let warnings = warnings.iter().filter_map(|name| of_name(&WARNINGS, name));
                return Ok(Extracted { text, about: about.collect(), extraction, warnings: warnings.collect() });
            }
            Self::Damaged { what } => Reason::Damaged { kind, what },
            Self::Protected => Reason::Protected { kind },
            Self::NoText => Reason::NoText { kind },
            Self::Meaningless { unknown, all } => Reason::Meaningless { kind, unknown, all },
            Self::Unpacks { limit } => Reason::Unpacks { kind, limit },
            Self::TooMany { of, limit } => Reason::TooMany { kind, of: of.into(), limit },
            Self::TooSlow => Reason::TooSlow { kind },
        })
    }
}

fn name_in<T: PartialEq>(table: &[(T, &str)], value: &T) -> String {
    table.iter().find(|(known, _)| known == value).map_or(String::new(), |(_, name)| (*name).to_owned())
}

fn of_name<T: Clone>(table: &[(T, &str)], name: &str) -> Option<T> {
    table.iter().find(|(_, known)| *known == name).map(|(value, _)| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that does this when it is asked for an article.
    #[cfg(unix)]
    fn program(script: &str) -> (tempfile::TempDir, PathBuf) {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("é");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        (folder, path)
    }

    #[test]
    #[cfg(unix)]
    fn a_process_that_hangs_is_ended_one_that_dies_is_a_refusal_and_another_program_is_nobody() {
        let asked = |script: &str| {
            let (_folder, path) = program(script);
            // More than a pipe holds, so that it is heard by nobody.
            ask_program(&path, FileKind::Pdf, &Arc::new(vec![b'e'; 1 << 20]), Duration::from_secs(1))
        };
        let started = std::time::Instant::now();
        assert!(matches!(asked("exec sleep 60"), Outcome::Answer(Err(Reason::TooSlow { kind: FileKind::Pdf }))));
        assert!(started.elapsed() < Duration::from_secs(30));
        for death in ["kill -SEGV $$", "kill -ABRT $$", "exit 101"] {
            let Outcome::Answer(Err(Reason::Damaged { what, .. })) = asked(death) else { panic!("{death}") };
            assert_eq!(what, "its reader fails on it, or needs more than 3 GiB of memory");
        }
        assert!(matches!(asked("exit 2"), Outcome::Nobody) && matches!(asked("echo hello"), Outcome::Nobody));
        let nowhere = PathBuf::from("/nowhere/é");
        let outcome = ask_program(&nowhere, FileKind::Pdf, &Arc::new(Vec::new()), Duration::from_secs(1));
        assert!(matches!(outcome, Outcome::Nobody));
    }

    #[test]
    fn what_the_process_says_is_what_its_reader_said() {
        let mut extraction = Extraction::new(FileKind::Odt);
        extraction.taken.add(Part::Page, 3);
        extraction.left_out.add(Part::ListMark, 1);
        extraction.changed.add(Part::Ligature, 2);
        extraction.passages.push("é…".to_owned());
        let about: Vec<_> = FIELDS.iter().map(|(kind, name)| (*kind, format!("ö{name}"))).collect();
        let warnings: Vec<_> = WARNINGS.iter().map(|(warning, _)| warning.clone()).collect();
        let text = "Zoë\u{0}\u{2028}😀".to_owned();
        let answer = Answer::from(Ok(Extracted {
            text: text.clone(),
            about: about.clone(),
            extraction: extraction.clone(),
            warnings: warnings.clone(),
        }));
        let said = serde_json::to_vec(&answer).unwrap();
        let heard = serde_json::from_slice::<Answer>(&said).unwrap().into_result(FileKind::Odt).unwrap();
        assert_eq!((heard.text, heard.about, heard.extraction, heard.warnings), (text, about, extraction, warnings));

        let kind = FileKind::Odt;
        for reason in [
            Reason::Damaged { kind, what: "é".to_owned() },
            Reason::Protected { kind },
            Reason::NoText { kind },
            Reason::Meaningless { kind, unknown: 3, all: 4 },
            Reason::Unpacks { kind, limit: 1 << 20 },
            Reason::TooMany { kind, of: "pages".into(), limit: 7 },
            Reason::TooSlow { kind },
        ] {
            let words = reason.to_string();
            let said = serde_json::to_vec(&Answer::from(Err(reason))).unwrap();
            let heard = serde_json::from_slice::<Answer>(&said).unwrap().into_result(kind);
            assert_eq!(heard.err().unwrap().to_string(), words);
        }
    }
}
