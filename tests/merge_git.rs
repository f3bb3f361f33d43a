//! `byline merge` as a merge driver of a real git, and by itself.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const TEXT: &str = "Zoë said “prices rose 25 %”. The Łódź office agrees.\n";
const LAYER: &str = "annotations/maria/0001-a.ron";

/// A project in a repository, with the driver set up as the documentation says.
struct Repository {
    folder: TempDir,
}

/// A layer with these rows of annotations and links.
fn layer(annotations: &[String], links: &[&str]) -> String {
    use sha2::Digest;
    let hash: String = sha2::Sha256::digest(TEXT).iter().map(|byte| format!("{byte:02x}")).collect();
    let list = |name: &str, rows: Vec<&str>| {
        let rows: String = rows.iter().map(|row| format!("    ({row}),\n")).collect();
        if rows.is_empty() { format!("  {name}: [],\n") } else { format!("  {name}: [\n{rows}  ],\n") }
    };
    let annotations = list("annotations", annotations.iter().map(String::as_str).collect());
    let links = list("links", links.to_vec());
    format!(
        "(\n  format: \"byline-annotations\",\n  version: 1,\n  document: \"0001-a\",\n  annotator: \"maria\",\n  \
         status: InProgress,\n  text_sha256: \"{hash}\",\n  next_annotation: 9,\n  next_link: 9,\n{annotations}{links})\n"
    )
}

/// A row whose place is that of `quote` in the text.
fn row(id: &str, label: &str, quote: &str, rest: &str) -> String {
    let start = TEXT.find(quote).unwrap();
    let end = start + quote.len();
    format!(
        "id: \"{id}\", label: \"{label}\", start: {start}, end: {end}, quote: \"{quote}\"{rest}, created: \"2023-09-29T12:00:00Z\""
    )
}

fn link(id: &str, from: &str, to: &str) -> String {
    format!("id: \"{id}\", kind: \"says\", from: \"{from}\", to: \"{to}\", created: \"2023-09-29T12:00:00Z\"")
}

impl Repository {
    fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap() };
        repository.byline(&["new", "."]);
        repository.write("article.txt", TEXT);
        repository.byline(&["import", "article.txt", "--into", "."]);
        fs::remove_file(repository.path("article.txt")).unwrap();
        let documents = fs::read_dir(repository.path("documents")).unwrap();
        let text =
            documents.map(|entry| entry.unwrap().path()).find(|path| path.extension().is_some_and(|e| e == "txt"));
        let text = text.unwrap();
        let id = text.file_stem().unwrap().to_str().unwrap().to_owned();
        fs::rename(&text, repository.path("documents/0001-a.txt")).unwrap();
        let project = repository.read("project.ron").replace(&id, "0001-a");
        repository.write("project.ron", &project);
        repository.git(&["init", "-q", "-b", "main"]);
        for (key, value) in [("user.name", "Zoë"), ("user.email", "zoe@example.org"), ("commit.gpgsign", "false")] {
            repository.git(&["config", key, value]);
        }
        // The lines of docs/merging.md.
        let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/merging.md")).unwrap();
        let block = |head: &str| {
            let block = page.split(head).nth(1).unwrap();
            block.split("\n```").next().unwrap().trim().to_owned()
        };
        repository.write(".gitattributes", &format!("{}\n", block("```gitattributes")));
        for line in block("```shell").lines() {
            // As a person who built it in a folder with a space in its name.
            let program = repository.folder.path().join("a program/byline");
            if !program.exists() {
                fs::create_dir_all(program.parent().unwrap()).unwrap();
                fs::copy(env!("CARGO_BIN_EXE_byline"), &program).unwrap();
            }
            let line = line.replace("\"byline ", &format!("\"'{}' ", program.display()));
            assert!(
                Command::new("sh")
                    .args(["-c", &line])
                    .current_dir(repository.folder.path())
                    .status()
                    .unwrap()
                    .success()
            );
        }
        repository.write(".git/info/exclude", "a program/\n");
        repository
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        Command::new(program).args(arguments).current_dir(self.folder.path()).output().unwrap()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = self.run("git", arguments);
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn byline(&self, arguments: &[&str]) -> String {
        let output = self.run(env!("CARGO_BIN_EXE_byline"), arguments);
        assert!(output.status.success(), "byline {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The exit code of merging the branch, and all that is said.
    fn merge(&self, branch: &str) -> (i32, String) {
        let output = self.run("git", &["merge", "-q", "-m", "merged", branch]);
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code().unwrap(), said)
    }

    fn commit(&self, name: &str, content: &str) {
        self.write(name, content);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "work"]);
    }

    /// Commits a base and, on two branches, what each side makes of it; stands on ours.
    fn branches(&self, name: &str, base: Option<&str>, ours: &str, theirs: &str) {
        match base {
            Some(base) => self.commit(name, base),
            None => self.commit("guidelines.md", "Read.\n"),
        }
        self.git(&["checkout", "-q", "-b", "theirs"]);
        self.commit(name, theirs);
        self.git(&["checkout", "-q", "main"]);
        self.commit(name, ours);
    }

    /// Whether the project opens and nothing in it is wrong.
    fn is_sound(&self) {
        let output = self.run(env!("CARGO_BIN_EXE_byline"), &["check", "."]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

fn rows(rows: &[(&str, &str, &str)]) -> Vec<String> {
    rows.iter().map(|(id, label, quote)| row(id, label, quote, "")).collect()
}

#[test]
fn git_merges_what_two_people_did_in_one_layer_without_asking() {
    let repository = Repository::new();
    let base = layer(&rows(&[("a1", "speaker", "Zoë")]), &[]);
    let ours =
        layer(&rows(&[("a1", "speaker", "Zoë"), ("a2", "claim", "prices rose 25 %")]), &[&link("l1", "a1", "a2")]);
    let mut theirs = vec![row("a1", "speaker", "Zoë", ", note: \"né\"")];
    theirs.push(row("a2", "organisation", "Łódź office", ""));
    repository.branches(LAYER, Some(&base), &ours, &layer(&theirs, &[]));
    let (code, said) = repository.merge("theirs");
    assert_eq!(code, 0, "{said}");
    let mut merged = vec![row("a1", "speaker", "Zoë", ", note: \"né\""), row("a2", "claim", "prices rose 25 %", "")];
    merged.push(row("a9", "organisation", "Łódź office", ""));
    let expected = layer(&merged, &[&link("l1", "a1", "a2")]).replace("next_annotation: 9", "next_annotation: 10");
    assert_eq!(repository.read(LAYER), expected);
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    repository.is_sound();
}

#[test]
fn git_is_told_of_a_conflict_and_the_file_opens_with_both_sides_in_it() {
    let repository = Repository::new();
    let base = layer(&rows(&[("a1", "speaker", "Zoë"), ("a2", "claim", "prices rose 25 %")]), &[]);
    let ours = layer(&rows(&[("a1", "organisation", "Zoë")]), &[]);
    let theirs = layer(&rows(&[("a1", "cue", "Zoë"), ("a2", "statistic", "prices rose 25 %")]), &[]);
    repository.branches(LAYER, Some(&base), &ours, &theirs);
    let (code, said) = repository.merge("theirs");
    assert_eq!(code, 1);
    assert!(
        said.contains(
            "warning: a1: both sides changed label\n --> annotations/maria/0001-a.ron\nhelp: look at a1 and a9"
        ),
        "{said}"
    );
    assert!(said.contains("a2: deleted on our side, changed on theirs"), "{said}");
    assert!(
        repository.git(&["status", "--porcelain"]).contains(&format!("UU {LAYER}")),
        "git knows that it is not decided"
    );
    let merged = repository.read(LAYER);
    assert!(merged.contains("status: SecondLook"), "{merged}");
    assert!(merged.contains("label: \"organisation\", start: 0, end: 4, quote: \"Zoë\", created"), "{merged}");
    assert!(merged.contains("note: \"merge conflict: in place of a1 their side has this (label)\""), "{merged}");
    assert!(
        merged.contains("note: \"merge conflict: one side (ours) deleted this, the other changed it\""),
        "{merged}"
    );
    let stats = repository.byline(&["stats", ".", "--json"]);
    assert!(stats.contains("\"annotations\": 3"), "{stats}");
}

#[test]
fn git_merges_a_layer_that_both_added_and_the_project_file() {
    let repository = Repository::new();
    let ours =
        layer(&rows(&[("a1", "speaker", "Zoë"), ("a2", "claim", "prices rose 25 %")]), &[&link("l1", "a1", "a2")]);
    let theirs = layer(&rows(&[("a1", "speaker", "Zoë"), ("a3", "claim", "25 %")]), &[&link("l1", "a1", "a3")]);
    repository.branches(LAYER, None, &ours, &theirs);
    let (code, said) = repository.merge("theirs");
    assert_eq!(code, 0, "{said}");
    let merged = repository.read(LAYER);
    assert!(merged.contains("id: \"l9\", kind: \"says\", from: \"a1\", to: \"a3\""), "{merged}");
    repository.git(&["branch", "-q", "-D", "theirs"]);

    let base = repository.read("project.ron");
    let ours = base.replacen("  name: \"", "  name: \"Été ", 1);
    let theirs = base.replace(
        "  entities: [],\n  next_entity: 1,",
        "  entities: [\n    (id: \"e1\", kind: Person, name: \"Zoë\"),\n  ],\n  next_entity: 2,",
    );
    assert_ne!(theirs, base);
    repository.branches("project.ron", Some(&base.replace("  next_entity: 1,", "  next_entity: 1,\n")), &ours, &theirs);
    let (code, said) = repository.merge("theirs");
    assert_eq!((code, said.contains("merged `")), (0, false), "quiet where nothing is to be said: {said}");
    let merged = repository.read("project.ron");
    assert!(merged.contains("name: \"Été ") && merged.contains("name: \"Zoë\""), "{merged}");
    repository.is_sound();
}

#[test]
fn where_git_merges_two_people_with_one_number_each_mention_is_asked_about_until_it_is_decided() {
    let repository = Repository::new();
    let base = repository.read("project.ron");
    let with = |name: &str| {
        let entity =
            format!("  entities: [\n    (id: \"e1\", kind: Person, name: \"{name}\"),\n  ],\n  next_entity: 2,");
        base.replace("  entities: [],\n  next_entity: 1,", &entity)
    };
    let mention = |annotator: &str, entity: &str| {
        let row = row("a1", "speaker", "Zoë", &format!(", attributes: {{\"entity\": \"{entity}\"}}"));
        layer(&[row], &[]).replace("maria", annotator)
    };
    repository.commit("project.ron", &base);
    repository.git(&["checkout", "-q", "-b", "theirs"]);
    repository.write("annotations/eva/0001-a.ron", &mention("eva", "e1"));
    repository.commit("project.ron", &with("Zoë Müller"));
    repository.git(&["checkout", "-q", "main"]);
    repository.write(LAYER, &mention("maria", "e1"));
    repository.commit("project.ron", &with("Zoë Łoś"));
    repository.is_sound();
    let (code, said) = repository.merge("theirs");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("entity e1: “Zoë Łoś” on our side, “Zoë Müller” on theirs, which is e2 now"), "{said}");
    // Side by side, for each mention, whoever made it.
    let check = || {
        let output = repository.run(env!("CARGO_BIN_EXE_byline"), &["check", "."]);
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let words = check();
    let asked = "a1: e1 is “Zoë Łoś”; in layers of another side it meant “Zoë Müller”, now e2";
    assert_eq!(words.matches(asked).count(), 2, "{words}");
    for annotator in ["maria", "eva"] {
        assert!(words.contains(&format!("annotations/{annotator}/0001-a.ron, line ")), "{words}");
    }
    // As the window writes it when a person has chosen.
    repository.write("annotations/eva/0001-a.ron", &mention("eva", "e2"));
    assert_eq!(check().matches(asked).count(), 1);
    let project = repository.read("project.ron");
    let decided = project.lines().map(|line| match line.split_once(", note: \"merge conflict: ") {
        Some((before, _)) => format!("{before}),\n"),
        None => format!("{line}\n"),
    });
    repository.write("project.ron", &decided.collect::<String>());
    repository.is_sound();
}

#[test]
fn what_cannot_be_read_is_refused_with_its_line_and_ours_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, content: &str| fs::write(path(name), content).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_byline"));
        let output = command.arg("merge").args(arguments).current_dir(folder.path()).output().unwrap();
        let words = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), words(output.stdout), words(output.stderr))
    };
    let good = layer(&rows(&[("a1", "speaker", "Zoë")]), &[]);
    write("ours", &good);
    for (theirs, said) in [
        (good.replace("end: 4", "end: 5"), "the quote of a1 does not have the 5 bytes of its place"),
        (good.replace("quote: \"Zoë\"", "quote: \"Zoe!\""), "says something else of the text than another quote"),
        (good.replace("text_sha256: \"", "text_sha256: \"00"), "is no SHA-256"),
        (good.replace("0001-a", "0002-b"), "different documents"),
        (String::new(), "the file is empty"),
        (good.replace("label:", "lable:"), "unknown field `lable`"),
    ] {
        write("theirs", &theirs);
        let (code, out, err) = run(&["base", "ours", "theirs"]);
        assert_eq!((code, out.as_str()), (1, ""), "{said}: {err}");
        assert!(err.contains(said), "{said}: {err}");
        assert_eq!(fs::read_to_string(path("ours")).unwrap(), good, "{said}");
    }
    // The text was changed on their side, and nothing on ours: theirs is the result. On both sides: refused.
    let hash = good.split("text_sha256: \"").nth(1).unwrap().split('"').next().unwrap();
    let theirs = good.replace(hash, &"ab".repeat(32)).replace("start: 0, end: 4", "start: 9, end: 13");
    write("base", &good);
    write("theirs", &theirs);
    assert_eq!(run(&["base", "ours", "theirs", "--output", "out"]).0, 0);
    assert_eq!(fs::read_to_string(path("out")).unwrap(), theirs);
    write("ours", &good.replace("speaker", "claim"));
    let (code, _, err) = run(&["base", "ours", "theirs"]);
    assert_eq!(code, 1);
    assert!(err.contains("different versions of the text"), "{err}");

    write("theirs", &good.replace("speaker", "cue"));
    let (code, out, _) = run(&["base", "ours", "theirs", "--json", "-P", "a b.ron", "-L", "7", "--output", "out"]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &report["file"], &report["conflicts"][0]["ids"][1]), (1, &"a b.ron".into(), &"a9".into()));
    assert_eq!(run(&["base", "nothing", "theirs"]).0, 2);
    assert_eq!(run(&["nothing", "ours", "ours"]).0, 0);
}
