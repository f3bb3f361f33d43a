//! The command line from outside: the built binary in folders of its own, whole outputs, exit codes, files.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// With letters of two to four bytes and a joined emoji before everything that is marked.
const ARTICLE: &str =
    "date: 2023-09-29\nSource: Journal de l’Été\n\nZoë 👩‍👧 said “prices rose 25 %”. The Łódź office agrees.\n";

/// A folder, and the program run in it.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With `article.txt`, annotations of it in `marks.jsonl`, and the project `news` that holds both.
    fn with_project() -> Self {
        let desk = Self::new();
        desk.write("article.txt", ARTICLE);
        desk.write("marks.jsonl", marks());
        desk.fine(&["new", "news"]);
        desk.fine(&["import", "article.txt", "--into", "news"]);
        desk.fine(&["import", "marks.jsonl", "--into", "news", "--annotator", "José"]);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_byline"));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        // Not what the person who runs the tests has there.
        command.env("BYLINE_CONFIG_DIR", self.path("config"));
        command
    }

    /// Runs the program: exit code, standard output, standard error.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let Output { status, stdout, stderr } = self.command().args(arguments).output().unwrap();
        let words = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), words(stdout), words(stderr))
    }

    /// Standard output of a run in which nothing is wrong.
    fn fine(&self, arguments: &[&str]) -> String {
        let (code, out, err) = self.run(arguments);
        assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}: {out}");
        out
    }

    fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let (_, out, _) = self.run(arguments);
        serde_json::from_str(&out).unwrap()
    }

    /// Every file and folder with the hash of its content.
    fn tree(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        fn add(folder: &Path, tree: &mut BTreeMap<PathBuf, Vec<u8>>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    add(&path, tree);
                    tree.insert(path, Vec::new());
                } else {
                    // The large file of one test is hashed by its length.
                    let long = path.metadata().unwrap().len() > 1 << 24;
                    let bytes = if long { Vec::new() } else { fs::read(&path).unwrap() };
                    tree.insert(path, Sha256::digest(bytes).to_vec());
                }
            }
        }
        let mut tree = BTreeMap::new();
        add(self.folder.path(), &mut tree);
        tree
    }

    /// Runs what must be refused: nothing on standard output, nothing changed on the disk.
    fn refused(&self, code: i32, arguments: &[&str], message: &str) {
        let before = self.tree();
        assert_eq!(self.run(arguments), (code, String::new(), message.to_owned()), "{arguments:?}");
        assert!(self.tree() == before, "{arguments:?} changed files");
    }
}

/// The article in doccano's shape, offsets in code points.
fn marks() -> String {
    let places =
        [("speaker", "Zoë 👩‍👧"), ("claim", "prices rose 25 %"), ("statistic", "25 %"), ("organisation", "Łódź office")];
    let span = |(n, (label, quote)): (usize, &(&str, &str))| {
        let start = ARTICLE[..ARTICLE.find(quote).unwrap()].chars().count();
        let end = start + quote.chars().count();
        serde_json::json!({ "id": n + 1, "label": label, "start_offset": start, "end_offset": end })
    };
    let relation = |id, from, to, kind| serde_json::json!({ "id": id, "from_id": from, "to_id": to, "type": kind });
    let line = serde_json::json!({
        "id": 7,
        "text": ARTICLE,
        "entities": places.iter().enumerate().map(span).collect::<Vec<_>>(),
        "relations": [relation(1, 1, 2, "says"), relation(2, 3, 2, "supports")],
    });
    format!("{line}\n")
}

const LAYER: &str = "news/annotations/Jos%C3%A9/0001-article.ron";

#[test]
fn what_is_exported_without_its_text_finds_it_again_in_another_project_and_nowhere_else() {
    let desk = Desk::with_project();
    desk.fine(&["new", "there"]);
    desk.fine(&["import", "article.txt", "--into", "there"]);
    desk.fine(&["new", "nowhere"]);
    let mut count = 0;
    for format in readable() {
        let name = format.card().name;
        for shown in ["--without-text", "--without-text=quotes", "--without-text=context"] {
            let out = format!("out-{name}-{}", shown.len());
            let (code, said, err) =
                desk.run(&["export", "news", "--format", name, "--out", &out, "--flatten", "longest-first", shown]);
            if code != 0 {
                assert!(err.contains("cannot be written without the texts"), "{name}: {err}");
                continue;
            }
            let always = shown == "--without-text" && format.always_quotes();
            assert_eq!(said.contains("quotes the marked words all the same"), always, "{said}");
            let (code, _, err) = desk.run(&["import", &out, "--into", "nowhere", "--add-labels"]);
            assert_eq!(code, 1, "{name} {shown}: {err}");
            let told = desk.json(&["import", &out, "--into", "there", "--dry-run", "--json"]);
            let row = &told["documents"][0];
            assert_eq!(
                (row["new"].as_bool(), row["annotations"].as_u64()),
                (Some(false), Some(4)),
                "{name} {shown}: {told}"
            );
            let quoted = shown != "--without-text" || always;
            // labelbuddy's two offsets vouch for each other.
            let verified = if quoted || name == "labelbuddy" { 4 } else { 0 };
            assert_eq!(row["quotes_verified"].as_u64(), Some(verified), "{name} {shown}: {told}");
            count += 1;
        }
    }
    assert!(count >= 24, "{count}");
    let (code, _, err) = desk.run(&["export", "news", "--format", "csv", "--out", "x", "--without-text=all"]);
    assert!(code == 2 && err.contains("offsets, quotes, context"), "{err}");
}

/// The formats that can be imported.
fn readable() -> impl Iterator<Item = &'static dyn byline::formats::Format> {
    byline::formats::ALL.iter().copied().filter(|format| format.card().uses.reads())
}

#[test]
fn an_article_is_taken_in_marked_checked_counted_and_exported() {
    let desk = Desk::new();
    desk.write("article.txt", ARTICLE);
    desk.write("marks.jsonl", marks());
    assert_eq!(
        desk.fine(&["new", "news"]),
        "made the project “news” in `news`\nscheme “Who said what”: 6 labels, 8 link kinds\n"
    );
    assert_eq!(
        desk.fine(&["import", "article.txt", "--into", "news"]),
        "imported into `news`: 1 new document, no annotations, no links\n  \
         0001-article  new  article in UTF-8 (valid UTF-8); source Journal de l’Été; date 2023-09-29\n"
    );
    assert_eq!(desk.read("news/documents/0001-article.txt"), ARTICLE);
    assert_eq!(
        desk.fine(&["import", "article.txt", "marks.jsonl", "--into", "news", "--annotator", "José"]),
        "imported into `news`: no new documents, 4 annotations, 2 links\n  \
         0001-article  there  4 annotations, 2 links; offsets taken as code points, no quotes to verify them\n\
         passed over, because it is there as 0001-article: article.txt\n"
    );
    assert!(desk.read(LAYER).contains(r#"start: 72, end: 88, quote: "prices rose 25 %""#), "{}", desk.read(LAYER));
    assert_eq!(
        desk.fine(&["check", "news"]),
        "1 of 1 text verified\n1 layer with 4 annotations and 2 links\n4 of 4 quotes verified\nno problems\n"
    );
    assert_eq!(desk.fine(&["stats", "news"]), STATS);
    assert_eq!(
        desk.fine(&["export", "news", "--format", "brat", "--out", "brat"]),
        "brat standoff does not hold:\n  \
         1 document: metadata that are left out\n  \
         1 layer: origins and times that are left out\n\
         wrote 1 document with 4 annotations and 2 links: 5 files\n  \
         brat/0001-article.ann\n  brat/0001-article.txt\n  brat/annotation.conf\n  brat/kb_shortcuts.conf\n  \
         brat/visual.conf\n\
         4 of 4 slices verified\n"
    );
    assert!(
        desk.read("brat/0001-article.ann")
            .starts_with("T1\tspeaker 43 50\tZoë 👩‍👧\nT2\tclaim 57 73\tprices rose 25 %\n")
    );
}

const STATS: &str = "\
news: 1 document, 17 words, 4 sentences, 3 paragraphs

José: 4 annotations, 2 links, no notes
documents: 1 not started

  label         annotations  of text  attributes
  speaker                 1    7.0 %  mention 0 of 1, entity 0 of 1, kind 0 of 1
  claim                   1   16.0 %  quotation 0 of 1, claim_type 0 of 1, check_worthy 0 of 1, normalised 0 of 1
  statistic               1    4.0 %  value 0 of 1, unit 0 of 1, about 0 of 1, from 0 of 1, to 0 of 1, place 0 of 1, comparison 0 of 1
  organisation            1   11.0 %  type 0 of 1, entity 0 of 1

  link kind        links
  says                 1
  supports             1
  affiliated_with      0
  source_of            0
  addressed_to         0
  cue_of               0
  same_claim           0
  contradicts          0

  document      words  annotations  links  layers
  0001-article     17            4      2  José not started
";

#[test]
fn a_project_is_packed_into_one_file_and_unpacked_with_the_same_bytes() {
    let desk = Desk::with_project();
    desk.write("news/guidelines.md", "# Read\r\n");
    desk.write("news/notes.txt", "é");
    let packed = desk.fine(&["pack", "news", "--out", "out/news.ron"]);
    let bytes = desk.read("out/news.ron").len();
    assert_eq!(
        packed,
        format!(
            "packed “news” into `out/news.ron`: 1 document, 1 layer with 4 annotations, guidelines; {},{:03} bytes\n\
             no part of the project, and not packed:\n  news/notes.txt\n",
            bytes / 1000,
            bytes % 1000
        )
    );
    assert_eq!(
        desk.fine(&["unpack", "out/news.ron", "--into", "again/news"]),
        "unpacked “news” into `again/news`: 1 document, 1 layer, guidelines\n"
    );
    for file in ["project.ron", "documents/0001-article.txt", "guidelines.md", &LAYER["news/".len()..]] {
        assert_eq!(desk.read(&format!("news/{file}")), desk.read(&format!("again/news/{file}")), "{file}");
    }
    let (_, exported) =
        (desk.fine(&["check", "again/news"]), desk.json(&["pack", "again/news", "--json", "--out", "b.ron"]));
    assert_eq!((&exported["annotations"], &exported["left_out"]), (&4.into(), &serde_json::json!([])));
    assert_eq!(desk.read("b.ron"), desk.read("out/news.ron"));

    let exists = "error: `b.ron` exists already\nhelp: choose another place, or replace it with `--force`\n";
    desk.refused(1, &["pack", "news", "--out", "b.ron"], exists);
    desk.fine(&["pack", "news", "--out", "b.ron", "--force"]);
    let is_project = "error: `news` is already a Byline project\nhelp: open it, or choose another folder\n";
    desk.refused(1, &["unpack", "b.ron", "--into", "news"], is_project);
    let nothing = "error: cannot read it: no such file or directory\n --> c.ron\nhelp: check the path\n";
    desk.refused(2, &["unpack", "c.ron", "--into", "c"], nothing);
    desk.write("c.ron", desk.read("b.ron").replace("quote: \"25 %\"", "quote: \"26 %\""));
    let (code, out, err) = desk.run(&["unpack", "c.ron", "--into", "c"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("is “25 %”, not “26 %”\n --> c.ron, line ") && !desk.path("c").exists(), "{err}");
    desk.write("news/documents/0001-article.txt", "é");
    let (code, _, err) = desk.run(&["pack", "news", "--out", "d.ron"]);
    assert!(code == 1 && err.contains("the text was changed outside Byline") && !desk.path("d.ron").exists(), "{err}");
}

#[test]
fn what_was_exported_comes_back_and_importing_it_again_changes_nothing() {
    let desk = Desk::with_project();
    for (format, out) in [("csv", "tables"), ("doccano", "all.jsonl"), ("brat", "brat")] {
        desk.fine(&["export", "news", "--format", format, "--out", out]);
        let other = format!("from-{format}");
        desk.fine(&["new", &other, "--name", "news"]);
        desk.fine(&["import", out, "--into", &other]);
        desk.fine(&["check", &other]);
        let again = desk.read(&LAYER.replace("news/", &format!("{other}/")));
        // brat has no line for origins; the other two keep everything.
        if format == "brat" {
            assert!(
                again.contains(r#"start: 97, end: 111, quote: "Łódź office", origin: Import(format: "brat""#),
                "{again}"
            );
        } else {
            assert_eq!(again, desk.read(LAYER), "{format}");
            assert_eq!(desk.read(&format!("{other}/project.ron")), desk.read("news/project.ron"), "{format}");
        }
        let before = desk.tree();
        let told = desk.fine(&["import", out, "--into", &other]);
        assert!(told.ends_with("passed over, because the layers say so already: 6\n"), "{told}");
        assert!(desk.tree() == before, "{format}");
    }
}

#[test]
fn folders_are_walked_and_what_lies_in_them_is_told_apart() {
    let desk = Desk::new();
    desk.write("in/deep/artículo.txt", "Zoë habló.\n");
    desk.write("in/copy.txt", "Zoë habló.\n");
    desk.write("in/marked.txt", "Łódź grew\n");
    desk.write("in/marked.ann", "T1\torganisation 0 4\tŁódź\n");
    desk.write("in/picture.png", b"\x89PNG\r\n\x1a\n");
    desk.write("in/.hidden.txt", "");
    desk.fine(&["new", "news"]);
    assert_eq!(
        desk.fine(&["import", "in", "--into", "news", "--annotator", "Ana"]),
        "imported into `news`: 2 new documents, 1 annotation, no links\n  \
         marked     new  1 annotation, no links; 1 of 1 quotes verified in code points\n  \
         0001-copy  new  article in UTF-8 (valid UTF-8)\n\
         passed over, because it is there as 0001-copy: in/deep/artículo.txt\n\
         left out, of no known kind: in/picture.png\n"
    );
}

#[test]
fn what_is_damaged_beside_an_article_is_told_by_line_and_nothing_is_taken_in() {
    let utf_16: Vec<u8> = r#"{"text":"Zoë","label":[[0,3,"x"]]}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: [(&str, &[u8], &str); 8] = [
        ("a.ann", b"T1\tx 0 1\ta\nT2 x 2 3 b\n", "a.ann, line 2"),
        ("a.ann", b"T1\tx 0 1\ta\n#1\tAnnotatorNotes T1\tcaf\xe9\n", "a.ann, line 2"),
        ("b.jsonl", b"{\"text\": \"Angela\", \"label\": [[\"0\", \"3\", \"x\"]]}\n", "b.jsonl, line 1"),
        ("b.jsonl", &utf_16, "not UTF-8"),
        ("b.json", b"[{\"id\":1,\"data\":{\"text\":\"a\"},\n\"annotations\":[{\"resu", "b.json, line 2"),
        ("b.json", b"[{\"data\":{\"text\":\"a b\"},\"annotations\":3}]", "b.json, line 1"),
        ("b.jsonl", b"{\"text\": \"a\", \"spans\": 1}\n", "b.jsonl, line 1"),
        ("b.conll", b"EU B-ORG\n\xe9t\xe9 O\n", "b.conll, line 2"),
    ];
    for (name, bytes, told) in cases {
        let desk = Desk::new();
        desk.fine(&["new", "news"]);
        desk.write("in/a.txt", "a b\n");
        desk.write(&format!("in/{name}"), bytes);
        let before = desk.tree();
        let (code, out, err) = desk.run(&["import", "in", "--into", "news"]);
        assert!(code == 1 && out.is_empty() && err.contains(told), "{name}: {code}\n{out}\n{err}");
        assert!(desk.tree() == before, "{name}");
    }
}

#[test]
fn of_a_pdf_without_its_end_it_is_told() {
    let desk = Desk::new();
    desk.fine(&["new", "news"]);
    let whole = pdf(&["The port was closed on Friday, said Zoe."]);
    desk.write("whole.pdf", &whole);
    let end = whole.windows(5).rposition(|w| w == b"%%EOF").unwrap();
    desk.write("cut.pdf", &whole[..end]);
    for (name, is_cut) in [("whole.pdf", false), ("cut.pdf", true)] {
        let (code, _, err) = desk.run(&["import", name, "--into", "news", "--dry-run"]);
        assert_eq!((code, err.contains("the end of the file is missing")), (0, is_cut), "{name}: {err}");
    }
}

#[test]
fn a_text_belongs_to_the_annotations_that_name_it_and_two_with_one_text_are_one_document() {
    let desk = Desk::new();
    desk.fine(&["new", "news"]);
    desk.write("in/texts/zo%20.txt", "Not this.\n");
    desk.write("in/texts/zoë 1.txt", "Zoë habló.\n");
    let target = r#"{"source":"texts/zo%C3%AB%201.txt","selector":{"type":"TextQuoteSelector","exact":"Zoë"}}"#;
    desk.write(
        "in/all.jsonld",
        format!(
            r#"[{{"@context":"http://www.w3.org/ns/anno.jsonld","id":"b1","type":"Annotation","target":{target}}}]"#
        ),
    );
    let (code, out, _) = desk.run(&["import", "in", "--into", "news"]);
    assert!(code == 0 && out.starts_with("imported into `news`: 2 new documents, 1 annotation, no links\n"), "{out}");
    let twice = r#"{"text":"Bob left.","label":[[0,3,"speaker"]],"source":"Reuters"}
{"text":"Bob left.","label":[[4,8,"claim"]],"source":"AFP"}
"#;
    desk.write("twice.jsonl", twice);
    let (code, out, err) = desk.run(&["import", "twice.jsonl", "--into", "news"]);
    assert!(code == 0 && out.starts_with("imported into `news`: 1 new document, 2 annotations, no links\n"), "{out}");
    assert!(err.contains("“twice 2” has the text of “twice 1”, but another source"), "{err}");
}

#[test]
fn headers_become_metadata_where_they_are_certain_and_the_person_has_the_last_word() {
    let desk = Desk::new();
    desk.write("a.txt", "Title: L’été\nBy: Zoë\nDate: 03/04/2023\n\nText.\n");
    desk.write("b.txt", b"\xcc\xe8\xed\xe8\xf1\xf2\xf0 \xf1\xea\xe0\xe7\xe0\xeb.\n");
    desk.fine(&["new", "news"]);
    let (code, out, err) = desk.run(&["import", "a.txt", "--into", "news"]);
    assert_eq!(
        (code, out.as_str(), err.as_str()),
        (
            0,
            "imported into `news`: 1 new document, no annotations, no links\n  \
             0001-l-t  new  article in UTF-8 (valid UTF-8); author Zoë\n",
            "warning: the date is left open: `03/04/2023` is 2023-04-03 where the day is written first, 2023-03-04 where \
             the month is\n --> a.txt, line 3, column 7\n\
             help: import the article by itself with `--date`, or enter the date in the window\n"
        )
    );
    let told = desk.fine(&[
        "import",
        "b.txt",
        "--into",
        "news",
        "--encoding",
        "cp1251",
        "--title",
        "Минута",
        "--date",
        "2023-04-03",
    ]);
    assert!(told.contains("0002  new  article in windows-1251 (chosen); date 2023-04-03\n"), "{told}");
    assert_eq!(desk.read("news/documents/0002.txt"), "Министр сказал.\n");
    assert!(desk.read("news/project.ron").contains("Минута"));
    desk.refused(
        2,
        &["import", "a.txt", "b.txt", "--into", "news", "--title", "é"],
        "error: title, author and the like can be given for one article, not for several files\n\
         help: import the article by itself\n",
    );
}

#[test]
fn files_that_are_no_articles_are_refused_and_leave_no_trace() {
    let desk = Desk::with_project();
    desk.write("picture.txt", b"\x89PNG\r\n\x1a\n\0");
    desk.write("binary.txt", b"\xc3\xa9\0\x01\x02");
    desk.write("empty.txt", "");
    desk.write("malformed.txt", b"caf\xc3\xa9 \xe9\n");
    fs::File::create(desk.path("huge.txt")).unwrap().set_len(300 << 20).unwrap();
    for (file, why) in [
        ("picture.txt", "is a PNG picture, not plain text: export it as plain text first"),
        (
            "binary.txt",
            "is not text: there is a NUL at byte 2 (line 1); if it is text all the same, choose its encoding",
        ),
        ("empty.txt", "is empty: there is nothing in it to annotate"),
        ("huge.txt", "has 300 MiB, the limit for one article is 64 MiB: split it into its articles first"),
    ] {
        desk.refused(1, &["import", file, "--into", "news"], &format!("error: `{file}` {why}\n"));
    }
    desk.refused(
        1,
        &["import", "malformed.txt", "--into", "news", "--encoding", "utf8"],
        "error: `malformed.txt` is not valid UTF-8: the bytes `E9` at byte 6 (line 1) mean nothing in it; choose another \
         encoding, or get an undamaged copy\n",
    );
    desk.refused(
        2,
        &["import", "é.txt", "--into", "news"],
        "error: cannot read `é.txt`: there is no such file or folder\nhelp: check the path\n",
    );
    // One bad file keeps the good ones out, unless the person says otherwise; it stays an error.
    desk.write("good.txt", "Zoë agreed.\n");
    let help = "help: leave it out, or take the others in with `--keep-going`\n";
    let error = format!("error: `empty.txt` is empty: there is nothing in it to annotate\n{help}");
    desk.refused(1, &["import", "good.txt", "empty.txt", "--into", "news"], &error);
    let (code, out, err) = desk.run(&["import", "good.txt", "empty.txt", "--into", "news", "--keep-going"]);
    assert_eq!((code, err), (1, error));
    assert!(out.starts_with("imported into `news`: 1 new document,"), "{out}");
}

#[test]
fn pages_and_documents_in_a_folder_are_articles_and_what_was_left_out_is_told() {
    let desk = Desk::with_project();
    let page = "<!DOCTYPE html><html lang=fr><head><title>La pêche</title><script>x</script></head><body><nav><a href=a>Accueil</a></nav>\
        <h1>La pêche</h1><p>« C’est fini, dit-elle, et personne, pas même la présidente, ne l’avait prévu. »</p></body></html>";
    desk.write("in/page.html", page);
    desk.write("in/cut.DOCX", b"PK\x03\x04 word/document.xml");
    desk.write("in/picture.png", b"\x89PNG\r\n\x1a\n\0");
    let import = ["import", "in", "--into", "news"];
    let error = "error: `in/cut.DOCX` is a Word document (DOCX), but a damaged one: the archive that it is has no end; \
                 get an undamaged copy, or save it anew\n\
                 help: leave it out, or take the others in with `--keep-going`\n";
    desk.refused(1, &import, error);
    fs::remove_file(desk.path("in/cut.DOCX")).unwrap();
    let told = desk.fine(&[&import[..], &["--dry-run"]].concat());
    let rest = "`news`: 1 new document, no annotations, no links\n  \
        0002-la-p-che  new  article in HTML, UTF-8 (valid UTF-8); language fr\n\
        0002-la-p-che: taken: 1 heading, 1 paragraph\n\
        0002-la-p-che: left out: 1 piece of navigation, 1 script or style\n\
        left out, of no known kind: in/picture.png\n";
    assert_eq!(told, format!("would be imported into {rest}"));
    assert!(!desk.path("news/documents/0002-la-p-che.txt").exists());
    assert_eq!(desk.fine(&import), format!("imported into {rest}"));
    let text = "La pêche\n\n« C’est fini, dit-elle, et personne, pas même la présidente, ne l’avait prévu. »\n";
    assert_eq!(desk.read("news/documents/0002-la-p-che.txt"), text);
    let hash = "original: (file: \"page.html\", encoding: \"HTML, UTF-8\", sha256: ";
    assert!(desk.read("news/project.ron").contains(hash));
    desk.fine(&["new", "again"]);
    let told = desk.fine(&["import", "in/page.html", "--into", "again", "--json"]);
    for said in [
        "\"kind\": \"HTML\"",
        "\"headings\": 1",
        "\"navigation\": 1",
        "\"passages_left_out\": []",
        "\"dry_run\": false",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
}

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut writer, bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// One page with these lines of text.
fn pdf(lines: &[&str]) -> Vec<u8> {
    let lines: Vec<_> = lines.iter().map(|line| format!("({line}) Tj T*\n")).collect();
    let content = format!("BT /F 12 Tf 14 TL 50 700 Td {}ET", lines.concat());
    let objects = "%PDF-1.7\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n\
        2 0 obj <</Type /Pages /Count 1 /Kids [3 0 R] /MediaBox [0 0 595 842]>> endobj\n\
        3 0 obj <</Type /Page /Parent 2 0 R /Contents 5 0 R /Resources <</Font <</F 4 0 R>>>>>> endobj\n\
        4 0 obj <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>> endobj\n";
    let end = "endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n";
    format!("{objects}5 0 obj <</Length {}>> stream\n{content}\nendstream {end}", content.len()).into_bytes()
}

#[test]
fn articles_in_an_archive_come_in_as_out_of_a_folder_and_archives_that_mean_harm_are_refused() {
    let desk = Desk::with_project();
    let page = "<!DOCTYPE html><title>Pêche</title><h1>La pêche</h1><p>C’est fini, dit-elle.</p>";
    let entries: [(&str, &[u8]); 6] = [
        ("a/page.html", page.as_bytes()),
        ("a/fin.PDF", &pdf(&["Ende."])),
        ("b/note.txt", "Zoë said so.".as_bytes()),
        ("b/mark.txt", "Zoë".as_bytes()),
        ("b/mark.ann", "T1\tspeaker 0 3\tZoë\n".as_bytes()),
        ("picture.png", b"x"),
    ];
    desk.write("in.zip", archive(&entries));
    let told = desk.run(&["import", "in.zip", "--into", "news", "--add-labels", "--json"]).1;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let mut files: Vec<_> =
        told["documents"].as_array().unwrap().iter().map(|row| row["file"].as_str().unwrap()).collect();
    files.sort_unstable();
    assert_eq!(files, ["in.zip/a/fin.PDF", "in.zip/a/page.html", "in.zip/b/mark.ann", "in.zip/b/note.txt"]);
    let texts = fs::read_dir(desk.path("news/documents")).unwrap().map(|entry| entry.unwrap().file_name());
    let texts: Vec<_> = texts.filter(|name| name.to_string_lossy().ends_with(".txt")).collect();
    assert_eq!(texts.len(), 5, "{texts:?}");
    // Told by its content, whatever it is called; and the whole import is refused, also of what is sound.
    desk.write("cut.zip", archive(&[("a.txt", b"sound"), ("b.html", b"%PDF-1.7 cut")]));
    let (code, out, err) = desk.run(&["import", "cut.zip", "--into", "news"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.starts_with("error: `cut.zip/b.html` is a PDF, but a damaged one: its pages are not found;"), "{err}");
    for (bytes, said) in [
        (archive(&[("../out.html", page.as_bytes())]), "names a file outside itself: `../out.html`"),
        (archive(&[("a.html", &vec![b' '; 40 << 20])]), "what the archive holds is too large"),
        (archive(&[("a.html", page.as_bytes())])[..60].to_vec(), "the archive cannot be read"),
    ] {
        desk.write("bad.zip", bytes);
        let before = desk.tree();
        let (code, _, err) = desk.run(&["import", "bad.zip", "--into", "news", "--keep-going"]);
        assert!(code == 1 && err.contains(said) && desk.tree() == before, "{err}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_kills_the_reader_of_an_article_kills_nothing_else() {
    let desk = Desk::with_project();
    desk.write("a.pdf", pdf(&vec!["a line of an endless article that goes on and on and on"; 60_000]));
    desk.write("b.pdf", pdf(&["Ende."]));
    let mut import = desk.command();
    import.args(["import", "a.pdf", "b.pdf", "--into", "news", "--keep-going"]);
    let import = import.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The reader is a process of its own, started by this import, until it is killed.
    let reader = || {
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", import.id())).unwrap_or_default();
        let is_reader = |id: &&str| {
            fs::read_to_string(format!("/proc/{id}/cmdline")).is_ok_and(|it| it.contains("extract-article"))
        };
        children.split_whitespace().find(is_reader).map(str::to_owned)
    };
    let found = (0..2000).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(5));
        reader()
    });
    assert!(Command::new("kill").args(["-9", &found.unwrap()]).status().unwrap().success());
    let Output { status, stdout, stderr } = import.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert_eq!(status.code(), Some(1));
    let error =
        "error: `a.pdf` is a PDF, but a damaged one: its reader fails on it, or needs more than 3 GiB of memory;";
    assert!(err.starts_with(error), "{err}");
    assert!(out.starts_with("imported into `news`: 1 new document,"), "{out}");
    assert!(desk.read("news/documents/0002-b.txt") == "Ende.\n");
}

#[test]
fn a_broken_project_is_told_by_file_and_line_and_never_touched() {
    // What is replaced in which file, and what must be told about it.
    let project = "news/project.ron";
    let text = "news/documents/0001-article.txt";
    let cases: [(&str, &str, &str, &str, &str); 9] = [
        (project, "  version: 1,", "  version: 2,", "this file has version 2", "line 3, column 12"),
        (project, "  name: \"news\",", "  name: \"é\" \"news\",", "expected comma", "line 4, column 13"),
        (project, "  name:", "  naem:", "unknown field `naem`", "line 4, column 3"),
        (LAYER, "start: 72, end: 88", "start: 72, end: 880", "offset 880 lies outside the text", "line 12,"),
        (LAYER, "start: 72, end: 88", "start: 73, end: 88", "the text at 73..88 is “rices rose 25 %”", "line 12,"),
        (LAYER, "id: \"a2\"", "id: \"a1\"", "the id a1 is used twice", "line 12,"),
        (LAYER, "to: \"a2\"", "to: \"a9\"", "link l1 needs annotation a9, which does not exist", "line 17,"),
        (LAYER, "start: 47", "start: 48", "the text at 48..63 is “oë 👩‍👧”", "line 11,"),
        (text, "25 %", "26 %", "the text was changed outside Byline", "0001-article.txt"),
    ];
    let desk = Desk::with_project();
    desk.write("more.txt", "Zoë agreed.\n");
    for (file, from, to, what, place) in cases {
        let whole = desk.read(file);
        assert!(whole.contains(from), "{from}");
        desk.write(file, whole.replacen(from, to, 1));
        let before = desk.tree();
        for arguments in
            [&["check", "news"][..], &["stats", "news"], &["export", "news", "--format", "csv", "--out", "c"]]
        {
            let (code, out, err) = desk.run(arguments);
            let told = if arguments[0] == "check" { out } else { err };
            assert_eq!(code, 1, "{told}");
            let places = told.contains(file) && told.contains(place) && told.contains("\nhelp: ");
            assert!(told.starts_with("error: ") && told.contains(what) && places, "{told}");
        }
        // An import that needs nothing of the broken file may go on; here it needs all of them.
        let (code, ..) = desk.run(&["import", "marks.jsonl", "--into", "news", "--annotator", "José"]);
        assert_eq!(code, 1, "{what}");
        assert!(desk.tree() == before, "{what}");
        desk.write(file, whole);
    }
    desk.fine(&["check", "news"]);
}

#[test]
fn the_whole_message_of_a_quote_that_differs() {
    let desk = Desk::with_project();
    let layer = desk.read(LAYER);
    desk.write(LAYER, layer.replacen("quote: \"25 %\"", "quote: \"52 %\"", 1));
    desk.refused(
        1,
        &["stats", "news"],
        &format!(
            "error: annotation a3: the text at 84..88 is “25 %”, not “52 %”\n \
             --> {LAYER}, line 13, column 63\n  \
             | …\", label: \"statistic\", start: 84, end: 88, quote: \"52 %\", origin: Import(format: \"doccano\", file: \
             \"marks.jsonl\"), create…\n  \
             |                                                    ^^^^^^\n\
             help: correct `start` and `end` (bytes, not characters) so that they enclose the quote, or correct the quote\n"
        ),
    );
}

#[test]
fn an_unknown_label_is_kept_and_told() {
    let desk = Desk::with_project();
    let layer = desk.read(LAYER);
    desk.write(LAYER, layer.replacen("label: \"claim\"", "label: \"kläim\"", 1));
    let before = desk.tree();
    let (code, out, _) = desk.run(&["check", "news"]);
    assert_eq!(code, 1);
    assert!(out.contains("warning: ") && out.contains("kläim") && out.contains(&format!("{LAYER}, line 12")), "{out}");
    assert!(out.contains("4 of 4 quotes verified\n"), "{out}");
    assert!(desk.tree() == before);

    desk.write("x.jsonl", "{\"text\": \"Zoë ran\", \"label\": [[0, 3, \"PER\"]]}\n");
    let (code, _, err) = desk.run(&["import", "x.jsonl", "--into", "news"]);
    assert_eq!(code, 0);
    assert!(err.starts_with("warning: the scheme lacks 1 label: “PER” (1 annotation)\nhelp: they are kept; "), "{err}");
    for (option, annotator) in [(&["--add-labels"][..], "Ana"), (&["--map", "PER=speaker"], "Ion")] {
        let arguments = [&["import", "x.jsonl", "--into", "news", "--annotator", annotator], option].concat();
        desk.fine(&arguments);
    }
    assert!(desk.read("news/project.ron").contains("name: \"PER\""));
    let imported = desk.json(&["import", "x.jsonl", "--into", "news", "--json"]);
    let id = imported["documents"][0]["id"].as_str().unwrap();
    assert!(desk.read(&format!("news/annotations/Ana/{id}.ron")).contains("label: \"PER\""));
    assert!(desk.read(&format!("news/annotations/Ion/{id}.ron")).contains("label: \"speaker\""));
}

#[test]
fn files_of_other_programs_that_are_wrong_are_refused_by_line() {
    let desk = Desk::with_project();
    desk.write(
        "bad.jsonl",
        "{\"text\":\"Zoë\",\"label\":[[0,9,\"claim\"]]}\n{\"text\":\"Łódź\",\"label\":[[0,4,\"claim\"]]}\n",
    );
    let error = "error: annotation `span 1`: offset 9 lies outside the text, which has 3 code points\n \
                 --> bad.jsonl, line 1\n\
                 help: correct the offsets, or import the rest with `--keep-going`\n";
    desk.refused(1, &["import", "bad.jsonl", "--into", "news"], error);
    let (code, out, err) = desk.run(&["import", "bad.jsonl", "--into", "news", "--keep-going"]);
    assert_eq!((code, err.as_str()), (1, error));
    assert!(out.starts_with("imported into `news`: 2 new documents, 1 annotation, no links\n"), "{out}");
    desk.write("none.csv", "Zoë,1\nAna,2\n");
    desk.refused(
        1,
        &["import", "none.csv", "--into", "news"],
        &format!(
            "error: cannot tell the format of `none.csv` by its content\nhelp: name it with `--format`: {}\n",
            readable().map(|format| format!("`{}`", format.card().name)).collect::<Vec<_>>().join(", ")
        ),
    );
}

#[test]
fn an_import_that_cannot_be_saved_takes_back_what_it_wrote() {
    let desk = Desk::new();
    desk.write("marked.txt", "Łódź grew\n");
    desk.write("marked.ann", "T1\torganisation 0 4\tŁódź\n");
    desk.fine(&["new", "news"]);
    // Texts can be written, layers cannot.
    desk.write("news/annotations", "é");
    let before = desk.tree();
    let (code, out, err) = desk.run(&["import", "marked.ann", "marked.txt", "--into", "news", "--annotator", "Ana"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.starts_with("error: ") && err.contains("\nhelp: "), "{err}");
    let kept = |tree: &BTreeMap<PathBuf, Vec<u8>>| {
        let file = |path: &&PathBuf| path.is_file() && !path.starts_with(desk.path("news/.byline"));
        tree.iter().filter(|(path, _)| file(path)).map(|(path, hash)| (path.clone(), hash.clone())).collect::<Vec<_>>()
    };
    let after: Vec<_> = kept(&desk.tree()).into_iter().filter(|(p, _)| !p.ends_with(".gitattributes")).collect();
    assert_eq!(after, kept(&before));
}

#[test]
fn places_that_cannot_be_used_are_refused() {
    let desk = Desk::with_project();
    desk.write("full/é.txt", "");
    desk.refused(
        1,
        &["new", "news"],
        "error: `news` is already a Byline project\nhelp: open it, or choose another folder\n",
    );
    desk.refused(
        1,
        &["new", "full"],
        "error: the folder `full` is not empty: it holds `é.txt`\nhelp: choose an empty folder, or a new one\n",
    );
    desk.refused(
        1,
        &["new", "article.txt/news"],
        "error: cannot use the folder `article.txt/news`: file exists\nhelp: choose a folder in which you may write\n",
    );
    desk.refused(
        2,
        &["new", "other", "--scheme", "señas"],
        "error: cannot read the scheme `señas`: no such file or directory\n\
         help: name a scheme file, or a built-in scheme: `who-said-what`\n",
    );
    desk.refused(
        2,
        &["check", "full"],
        "error: this is no Byline project: it has no file `project.ron`\n --> full\n\
         help: choose the folder that holds `project.ron`, or make a project with `byline new`\n",
    );
    desk.refused(
        1,
        &["export", "news", "--format", "csv", "--out", "article.txt/é"],
        "error: cannot write `article.txt`: not a directory\n\
         help: check that the folder is there, that you may write into it and that the disk has room\n",
    );
    desk.refused(
        2,
        &["export", "news", "--format", "csv", "--out", "c", "--annotator", "Zoë", "--document", "x"],
        "error: the project has no document “x”\nhelp: there is `0001-article`\n",
    );
    desk.refused(
        2,
        &["export", "news", "--format", "csv", "--out", "c", "--annotator", "Zoë"],
        "error: the project has no annotator “Zoë”\nhelp: there is `José`\n",
    );
}

#[test]
#[cfg(unix)]
fn what_may_not_be_read_or_written_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::with_project();
    desk.write("in/é.txt", "Zoë spoke.\n");
    desk.write("more.txt", "Ana spoke.\n");
    let mode = |name: &str, mode| fs::set_permissions(desk.path(name), fs::Permissions::from_mode(mode)).unwrap();
    mode("in", 0o000);
    mode("news", 0o555);
    mode("news/documents", 0o555);
    if fs::read_dir(desk.path("in")).is_ok() {
        println!("skipped: what_may_not_be_read_or_written_is_refused: this user may read and write everything");
    } else {
        let (code, _, err) = desk.run(&["import", "in", "--into", "news"]);
        let told = "error: cannot read `in`: permission is denied\nhelp: ask its owner for the right to read it\n";
        assert_eq!((code, err.as_str()), (1, told));
        let before = desk.read("news/project.ron");
        let (code, _, err) = desk.run(&["import", "more.txt", "--into", "news"]);
        assert!(code == 1 && err.starts_with("error: cannot save `news/"), "{err}");
        assert_eq!(desk.read("news/project.ron"), before);
        assert!(!desk.path("news/documents/0002-more.txt").exists());
    }
    mode("in", 0o755);
    mode("news", 0o755);
    mode("news/documents", 0o755);
}

#[test]
fn what_a_format_cannot_hold_is_listed_and_written_only_on_request() {
    let desk = Desk::new();
    desk.write("é.txt", "Zoë said more\n");
    desk.write("é.ann", "T1\tclaim 0 3;9 13\tZoë more\n");
    desk.fine(&["new", "news"]);
    desk.fine(&["import", "é.ann", "é.txt", "--into", "news", "--annotator", "Ana"]);
    let before = desk.tree();
    let (code, out, err) = desk.run(&["export", "news", "--format", "doccano", "--out", "out.jsonl"]);
    assert_eq!(code, 1);
    let loss = "  0001, Ana: discontinuous spans that are written with their gaps: a1; Byline reads it back\n";
    assert!(out.starts_with(&format!("doccano JSON lines does not hold:\n{loss}")), "{out}");
    assert_eq!(
        err,
        format!(
            "error: the format cannot hold all spans, so nothing was written:\n{loss}\
             help: choose what is written with `--flatten`: `longest-first`, `earliest-first`, `label-order`, \
             `one-file-per-label`\n"
        )
    );
    assert!(desk.tree() == before);
    desk.fine(&["export", "news", "--format", "doccano", "--out", "out.jsonl", "--policy", "longest"]);
    let written = desk.tree();
    let (code, _, err) =
        desk.run(&["export", "news", "--format", "doccano", "--out", "out.jsonl", "--flatten", "longest-first"]);
    let exists = "error: `out.jsonl` exists already\nhelp: choose another place, or replace it with `--force`\n";
    assert_eq!((code, err.as_str()), (1, exists));
    assert!(desk.tree() == written);
    desk.fine(&[
        "export",
        "news",
        "--format",
        "doccano",
        "--out",
        "out.jsonl",
        "--flatten",
        "longest-first",
        "--force",
    ]);
}

#[test]
fn words_are_tagged_as_asked_and_what_overlaps_is_chosen_and_listed() {
    let desk = Desk::with_project();
    let columns = |out: &str, more: &[&str]| {
        let (code, said, err) = desk.run(&[&["export", "news", "--format", "conll", "--out", out][..], more].concat());
        (code, said + &err)
    };
    let (code, said) = columns("refused", &[]);
    let overlap = "  0001-article, José: overlapping spans that are left out: a3\n";
    assert!(code == 1 && said.matches(overlap).count() == 2 && !desk.path("refused").exists(), "{said}");
    let (code, said) = columns("bare", &["--without-text", "--flatten", "longest-first"]);
    assert!(code == 1 && said.contains("error: CoNLL columns cannot be written without the texts\n"), "{said}");
    for (scheme, [zoe, emoji, prices, rose, percent]) in [
        ("bio", ["B-speaker", "I-speaker", "B-claim", "I-claim", "I-claim"]),
        ("iob1", ["I-speaker", "I-speaker", "I-claim", "I-claim", "I-claim"]),
        ("iobes", ["B-speaker", "E-speaker", "B-claim", "I-claim", "E-claim"]),
        ("bilou", ["B-speaker", "L-speaker", "B-claim", "I-claim", "L-claim"]),
    ] {
        let (code, said) = columns(scheme, &["--tags", scheme, "--flatten", "longest-first"]);
        assert!(code == 0 && said.contains(overlap), "{said}");
        let rows = desk.read(&format!("{scheme}/annotations.conll"));
        let sentence = format!(
            "Zoë -X- _ {zoe}\n👩‍👧 -X- _ {emoji}\nsaid -X- _ O\n“ -X- _ O\nprices -X- _ {prices}\nrose -X- _ {rose}\n"
        );
        assert!(rows.contains(&sentence) && rows.contains(&format!("% -X- _ {percent}\n” -X- _ O\n")), "{rows}");
    }
    let (code, _) = columns("labels", &["--flatten", "one-file-per-label"]);
    assert_eq!(code, 0);
    assert!(desk.read("labels/statistic.conll").contains("25 -X- _ B-statistic\n% -X- _ I-statistic\n"));
    assert!(desk.read("labels/claim.conll").contains("25 -X- _ I-claim\n"));
    // They come back to the text that they are made of: here with nothing lost, because each label has a file.
    let said = desk.fine(&["import", "labels", "--into", "news"]);
    assert!(said.contains("say so already: 4"), "{said}");
    for scheme in ["bio", "iob1", "iobes", "bilou"] {
        let (code, said, err) = desk.run(&["import", scheme, "--into", "news"]);
        assert!(code == 0 && said.contains("say so already: 3"), "{said}");
        assert_eq!(err.contains("the tags are IOB1"), scheme == "iob1", "{err}");
    }
}

#[test]
fn a_dataset_is_divided_by_documents_as_asked_and_says_its_licence() {
    let desk = Desk::new();
    desk.fine(&["new", "news"]);
    for (n, source) in ["Été", "Łódź", "Été", "Łódź", "Été"].iter().enumerate() {
        let article = format!("date: 2023-09-2{n}\nSource: {source}\n\nZoë 👩‍👧 said {n} words.\n");
        desk.write(&format!("{n}.txt"), &article);
        let start = article[..article.find("Zoë").unwrap()].chars().count();
        let line = serde_json::json!({ "text": article, "label": [[start, start + 3, "speaker"]] });
        // Nobody has worked on the last.
        desk.write(&format!("{n}.jsonl"), if n < 4 { format!("{line}\n") } else { String::new() });
        desk.fine(&["import", &format!("{n}.txt"), "--into", "news"]);
        if n < 4 {
            desk.fine(&["import", &format!("{n}.jsonl"), "--into", "news", "--annotator", "José"]);
        }
    }
    let dataset = |out: &str, more: &[&str]| {
        let said = desk.fine(&[&["export", "news", "--format", "huggingface", "--out", out][..], more].concat());
        assert!(said.contains(" slices verified"), "{said}");
        let card = desk.read(&format!("{out}/README.md"));
        let splits = ["train", "validation", "test", "unannotated"].map(|split| {
            let exists = |config: &str| desk.path(&format!("{out}/{config}/{split}-00000-of-00001.parquet")).exists();
            assert!(split == "unannotated" || out == "bare" || exists("spans") == exists("tokens"), "{card}");
            let count = card.split(&format!("| {split} | ")).nth(1).unwrap().split(' ').next().unwrap();
            assert_eq!(exists("spans"), count != "0", "{split}\n{card}");
            count.parse::<usize>().unwrap()
        });
        // The split of each document, by the card.
        let of = (1..=5).map(|n| {
            let row = card.lines().find(|line| line.starts_with(&format!("| 000{n}-"))).unwrap();
            row.split(" | ").nth(1).unwrap().to_owned()
        });
        (splits, of.collect::<Vec<_>>(), card)
    };
    let (splits, _, card) = dataset("all", &[]);
    assert_eq!(splits, [4, 0, 0, 1]);
    assert!(card.contains("\nlicense: unknown\n") && card.contains("| speaker | 4 | 0 | 0 |"), "{card}");
    let (splits, of, _) = dataset("dates", &["--split", "date:2/1/1"]);
    assert_eq!((splits, of.join(" ").as_str()), ([2, 1, 1, 1], "train train validation test unannotated"));
    let (splits, of, _) = dataset("sources", &["--split", "source:1/1", "--license", "CC-BY-4.0"]);
    assert!(splits == [2, 0, 2, 1] && of[0] == of[2] && of[1] == of[3] && of[0] != of[1], "{of:?}");
    let (splits, one, card) = dataset("one", &["--split", "random:2/1/1", "--license", "CC-BY-4.0"]);
    assert_eq!(splits, [2, 1, 1, 1]);
    assert!(card.contains("\nlicense: \"cc-by-4.0\"\n") && card.contains("with the seed 1."), "{card}");
    assert_eq!(dataset("again", &["--split", "random:2/1/1", "--seed", "1"]).1, one);
    let other = |seed: u8| dataset(&format!("s{seed}"), &["--split", "random:2/1/1", "--seed", &seed.to_string()]).1;
    assert!((2..9).any(|seed| other(seed) != one));
    for file in ["spans/test-00000-of-00001.parquet", "tokens/train-00000-of-00001.parquet", "scheme.json"] {
        let bytes = |out: &str| fs::read(desk.path(&format!("{out}/{file}"))).unwrap();
        assert!(bytes("one") == bytes("again"), "the same seed gives the same bytes: {file}");
    }
    desk.refused(
        1,
        &["export", "news", "--format", "huggingface", "--out", "c", "--split", "source"],
        "error: there is no document for each of 3 parts: those with annotations make 2 groups that must stay together \
         (those of one source, or of none, and those that say the same)\nhelp: annotate more documents, give fewer \
         parts a share, or divide otherwise\n",
    );
    let (_, _, card) = dataset("bare", &["--without-text", "--plain"]);
    assert!(!desk.path("bare/tokens").exists() && !desk.path("bare/scheme.json").exists(), "{card}");
    desk.refused(
        2,
        &["export", "news", "--format", "csv", "--out", "c", "--split", "random"],
        "error: `--split` means nothing to CSV tables\nhelp: it is for `--format huggingface`\n",
    );
    let (code, _, err) = desk.run(&["export", "news", "--format", "huggingface", "--out", "c", "--split", "random:é"]);
    assert!(code == 2 && err.contains("such as `80/10/10`") && !desk.path("c").exists(), "{err}");
}

#[test]
fn doccanos_archive_of_two_annotators_comes_in_as_two_layers_and_goes_out_with_its_labels() {
    let desk = Desk::new();
    let line = |start, end, label| {
        format!("{{\"id\": 4, \"text\": \"👩‍👧 Zoë said no.\", \"label\": [[{start}, {end}, \"{label}\"]]}}\n")
    };
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in [("ana.jsonl", line(4, 7, "speaker")), ("józef.jsonl", line(13, 15, "claim"))] {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut archive, content.as_bytes()).unwrap();
    }
    desk.write("export.zip", archive.finish().unwrap().into_inner());
    desk.fine(&["new", "news"]);
    desk.fine(&["import", "export.zip", "--into", "news"]);
    let counted = desk.json(&["stats", "news", "--json"]);
    let annotators: Vec<_> = counted["annotators"].as_array().unwrap().iter().map(|a| &a["annotator"]).collect();
    assert_eq!(annotators, ["ana", "józef"]);
    assert_eq!(counted["document_count"], 1, "{counted}");
    assert!(desk.read("news/annotations/j%C3%B3zef/0001-ana-4.ron").contains("quote: \"no\""));
    desk.fine(&["export", "news", "--format", "doccano", "--out", "all.jsonl", "--annotator", "ana"]);
    let labels: serde_json::Value = serde_json::from_str(&desk.read("all-label_config.json")).unwrap();
    let speaker = serde_json::json!({
        "text": "speaker", "prefix_key": null, "suffix_key": "1", "background_color": "#0072B2", "text_color": "#ffffff",
    });
    assert_eq!(labels[0], speaker);
    assert!(desk.read("all-relation_config.json").contains("\"text\": \"says\""));
    // Together they are read again, and the labels say nothing new.
    desk.fine(&["export", "news", "--format", "doccano", "--out", "folder"]);
    assert!(desk.fine(&["import", "folder", "--into", "news"]).contains("say so already: 2"));
}

#[test]
fn every_report_is_also_json() {
    let desk = Desk::with_project();
    let made = desk.json(&["new", "é", "--json"]);
    assert_eq!((&made["name"], &made["labels"]), (&"é".into(), &6.into()));
    let imported = desk.json(&["import", "marks.jsonl", "--into", "é", "--json"]);
    assert_eq!((&imported["annotations"], &imported["documents"][0]["new"]), (&4.into(), &true.into()));
    assert_eq!(imported["documents"][0]["unit"], "code-points");
    let checked = desk.json(&["check", "news", "--json"]);
    assert_eq!((&checked["errors"], &checked["checked"]["quotes_verified"]), (&0.into(), &4.into()));
    let counted = desk.json(&["stats", "news", "--json"]);
    assert_eq!((&counted["text"]["words"], &counted["annotators"][0]["annotations"]), (&17.into(), &4.into()));
    let exported = desk.json(&["export", "news", "--format", "brat", "--out", "b", "--json"]);
    assert_eq!((&exported["slices_verified"], &exported["losses"][0]["lacks"]), (&4.into(), &"metadata".into()));
    let formats = desk.json(&["formats", "--json"]);
    let names: Vec<_> = formats.as_array().unwrap().iter().map(|format| format["name"].as_str().unwrap()).collect();
    assert_eq!(names, byline::formats::ALL.iter().map(|format| format.card().name).collect::<Vec<_>>());
    let refused = desk.json(&["stats", "nowhere-é", "--json"]);
    assert_eq!(
        (&refused["issues"][0]["severity"], &refused["issues"][0]["file"]),
        (&"error".into(), &"nowhere-é".into())
    );
}

#[test]
fn formats_says_of_each_what_it_keeps_and_loses() {
    let told = Desk::new().fine(&["formats"]);
    let blocks: Vec<_> = told.split("\n\n").collect();
    assert_eq!(blocks.len(), byline::formats::ALL.len());
    for block in blocks {
        for row in ["  files ", "  offsets ", "  keeps ", "  loses "] {
            assert!(block.lines().any(|line| line.starts_with(row)), "{block}");
        }
    }
}

#[test]
fn a_mistyped_command_is_told_before_anything_opens() {
    let desk = Desk::new();
    desk.refused(
        2,
        &["chekc"],
        "error: there is no file, folder or command `chekc`\n\
         help: check the path; for the command write `byline check`\n",
    );
    desk.refused(
        2,
        &["./été.txt"],
        "error: there is no file, folder or command `./été.txt`\nhelp: check the path; `byline --help` lists the commands\n",
    );
    let (code, _, err) = desk.run(&["check"]);
    assert!(code == 2 && err.starts_with("error: "), "{err}");
}

#[test]
#[cfg(not(feature = "window"))]
fn without_its_window_the_program_says_so() {
    let desk = Desk::new();
    desk.write("check", "é");
    let told = "error: this Byline was built without its window\n\
                help: use one of the commands in `byline --help`, or build it with the feature `window`\n";
    desk.refused(2, &[], told);
    // A path that is called like a command.
    desk.refused(2, &["./check"], told);
}

#[test]
#[cfg(unix)]
fn arguments_that_are_no_unicode_are_taken_as_paths_or_refused_without_a_panic() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let desk = Desk::with_project();
    let bad = OsStr::from_bytes(b"\xc3\xa9\xff.txt");
    fs::write(desk.path("").join(bad), "Zoë spoke.\n").unwrap();
    let run = |arguments: &[&OsStr]| {
        let output = desk.command().args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let [import, into, news, format] = ["import", "--into", "news", "--format"].map(OsStr::new);
    assert_eq!(run(&[import, bad, into, news]).0, Some(0));
    assert!(desk.read("news/project.ron").contains("é\u{fffd}.txt"));
    for arguments in
        [&[import, bad, into, bad][..], &[import, bad, into, news, format, bad], &[OsStr::from_bytes(b"\xff")]]
    {
        let (code, err) = run(arguments);
        assert!(code == Some(2) && !err.contains("panicked"), "{err}");
    }
}

#[test]
#[cfg(unix)]
fn what_files_hold_does_not_command_the_terminal() {
    let desk = Desk::new();
    desk.write("x.jsonl", "{\"text\": \"Zoë\", \"label\": [[0, 3, \"\\u001b[2J\"]]}\n");
    desk.fine(&["new", "news", "--name", "é\u{1b}[31m"]);
    let (_, out, err) = desk.run(&["import", "x.jsonl", "--into", "news"]);
    let stats = desk.fine(&["stats", "news"]);
    assert!(err.contains("\\u{1b}[2J") && stats.contains("é\\u{1b}[31m"), "{err}{stats}");
    assert!(![out, err, stats].concat().contains('\u{1b}'));
}

#[test]
#[cfg(unix)]
fn a_reader_that_had_enough_is_no_error() {
    let desk = Desk::with_project();
    for arguments in
        [&["stats", "news"][..], &["formats", "--json"], &["export", "news", "--format", "csv", "--out", "c"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let child = desk.command().args(arguments).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
    // The work was done all the same.
    assert!(desk.read("c/spans.csv").contains("Łódź office"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_report_that_cannot_be_written_is_an_error() {
    let desk = Desk::with_project();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = desk.command().args(["stats", "news"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: cannot write to standard output: no space left on device\n\
         help: check where the output goes; the work itself was done\n"
    );
}

#[test]
#[cfg(unix)]
fn an_interrupted_import_takes_in_all_or_nothing() {
    let desk = Desk::new();
    desk.fine(&["new", "news"]);
    for n in 0..400 {
        desk.write(&format!("in/{n}.txt"), format!("Zoë said {n}.\n").repeat(40));
    }
    // Interrupted at different moments; whichever it meets, the project is whole.
    for pause in [0, 20, 60, 120] {
        let before = desk.tree();
        let mut child = desk
            .command()
            .args(["import", "in", "--into", "news"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(pause));
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        let status = child.wait().unwrap();
        assert!(sent.success());
        if status.success() {
            assert_eq!(desk.json(&["check", "news", "--json"])["checked"]["texts_verified"], 400);
            break;
        }
        assert!(desk.tree() == before, "{status}");
    }
    desk.fine(&["check", "news"]);
}

#[test]
#[cfg(feature = "window")]
fn a_page_is_drawn_without_a_display() {
    let desk = Desk::with_project();
    let render = ["render", "news", "--document", "0001-article", "--out", "é.png", "--width", "640"];
    assert_eq!(desk.fine(&render), "é.png: paragraphs 1 to 3 of 3\n");
    let picture = fs::File::open(desk.path("é.png")).unwrap();
    let reader = png::Decoder::new(std::io::BufReader::new(picture)).read_info().unwrap();
    assert_eq!(reader.info().width, 640);
    desk.refused(
        2,
        &["render", "news", "--document", "0002", "--out", "x.png"],
        "error: the project has no document “0002”\nhelp: `byline stats` lists the documents\n",
    );
}

#[test]
#[cfg(feature = "window")]
fn the_page_of_keys_is_printed() {
    let told = Desk::new().fine(&["keys"]);
    assert!(told.starts_with("# ") && told.contains("Ctrl Z"), "{told}");
}

#[test]
fn layers_are_put_back_as_they_were_unless_somebody_is_at_work_or_a_copy_is_damaged() {
    use byline::model::{DocumentId, LayerKey};
    use byline::store::ProjectFolder;
    use std::time::{Duration, SystemTime};

    let desk = Desk::with_project();
    let layer = desk.path(LAYER);
    let at = |seconds: u64| {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds);
        fs::File::options().write(true).open(&layer).unwrap().set_modified(time).unwrap();
    };
    let good = desk.read(LAYER);
    // A version each day, each copied before the next came.
    for (day, source) in [good.clone(), format!("{good}\n"), good.replace("claim", "cue")].iter().enumerate() {
        if day > 0 {
            ProjectFolder::open(desk.path("news")).unwrap().0.keep_copy(&layer).unwrap();
        }
        fs::write(&layer, source).unwrap();
        at(day as u64 * 86_400);
    }
    let last = desk.read(LAYER);
    let listed = desk.json(&["restore", "news", "--list", "--json"]);
    let copies = listed["layers"][0]["copies"].as_array().unwrap();
    assert_eq!(listed["layers"][0]["annotator"], "José");
    let times: Vec<_> = copies.iter().map(|copy| copy["when"].as_str().unwrap()).collect();
    assert_eq!(times, ["2023-11-15T22:13:20Z", "2023-11-14T22:13:20Z"]);
    assert!(
        desk.fine(&["restore", "news", "--list"]).starts_with("0001-article, José: 2 copies\n  2023-11-15T22:13:20Z")
    );

    let words = desk.fine(&["restore", "news", "--as-of", "2023-11-14"]);
    assert!(
        words.starts_with(
            "restored 1 layer; no layers are as they were\n  0001-article, José: as of 2023-11-14T22:13:20Z\n"
        ),
        "{words}"
    );
    assert_eq!(desk.read(LAYER), good);
    // What it replaced was copied, and comes back.
    let report = desk.json(&["restore", "news", "--as-of", "2023-11-16T22:13:20Z", "--annotator", "José", "--json"]);
    assert_eq!((&report["restored"][0]["when"], desk.read(LAYER) == last), (&"2023-11-16T22:13:20Z".into(), true));
    let report = desk.json(&["restore", "news", "--as-of", "2000-01-01", "--json"]);
    assert_eq!(
        (&report["restored"], &report["unknown"][0]["document"]),
        (&serde_json::json!([]), &"0001-article".into())
    );

    let folder = ProjectFolder::open(desk.path("news")).unwrap().0;
    let lock = folder.lock(&"José".into()).unwrap();
    let (code, _, words) = desk.run(&["restore", "news", "--as-of", "2023-11-14"]);
    assert!(code == 1 && words.contains("the work of “José” is being worked on by "), "{words}");
    assert_eq!(desk.read(LAYER), last);
    drop(lock);
    let key = LayerKey { document: DocumentId::new("0001-article").unwrap(), annotator: "José".into() };
    let copies = folder.copies(&key).unwrap();
    let damaged = copies.iter().find(|copy| copy.when.timestamp() == 1_700_086_400).unwrap();
    fs::write(&damaged.path, "damaged").unwrap();
    let (code, _, words) = desk.run(&["restore", "news", "--as-of", "2023-11-15"]);
    assert!(code == 1 && words.contains("the next older one is of 2023-11-14T22:13:20Z"), "{words}");
    assert_eq!(desk.read(LAYER), last);
    for wrong in [
        &["restore", "news"][..],
        &["restore", "news", "--as-of", "noon"],
        &["restore", "news", "--list", "--annotator", "Eva"],
    ] {
        assert_eq!(desk.run(wrong).0, 2, "{wrong:?}");
    }

    folder.keep_copy(&folder.project_path()).unwrap();
    let project = desk.read("news/project.ron");
    desk.write("news/project.ron", "(format: ");
    assert_eq!(desk.run(&["restore", "news", "--as-of", "2000-01-01"]).0, 1);
    let kept = folder.project_copies().unwrap()[0].when.to_rfc3339();
    // The broken file is younger.
    let broken = fs::File::options().write(true).open(folder.project_path()).unwrap();
    broken.set_modified(SystemTime::now() + Duration::from_mins(1)).unwrap();
    assert!(desk.fine(&["restore", "news", "--project", "--as-of", &kept]).starts_with("restored project.ron as of "));
    assert_eq!(desk.read("news/project.ron"), project);
}

#[test]
fn annotations_are_found_again_in_a_changed_text_and_nothing_is_written_that_was_not_accepted() {
    let text = "news/documents/0001-article.txt";
    let desk = Desk::with_project();
    let unchanged = desk.fine(&["reanchor", "news", "0001-article"]);
    assert_eq!(unchanged, "the text of 0001-article is the one that was annotated: there is nothing to do\n");
    // Something new before all of it, one quote that says something else now, and one that is gone.
    let new = ARTICLE.replace("25 %", "26 %").replace(" The Łódź office agrees.", "");
    let new = format!("In Łomża it rained for days 🦀.\n{new}");
    desk.write(text, &new);
    let (project, layer) = (desk.read("news/project.ron"), desk.read(LAYER));
    let as_before = |desk: &Desk| desk.read("news/project.ron") == project && desk.read(LAYER) == layer;
    let before = desk.tree();
    let words = desk.fine(&["reanchor", "news", "0001-article"]);
    assert!(desk.tree() == before, "nothing is changed unseen");
    assert!(
        words.starts_with("0001-article: no annotations at the same place, 1 moved, 2 doubtful, 1 found nowhere\n"),
        "{words}"
    );
    assert!(words.contains("“prices rose 25 %”") && words.contains("now perhaps “prices rose 26 %”"), "{words}");
    assert!(words.contains("  lost      a4  “Łódź office”"), "{words}");
    assert!(words.ends_with("take the new text with `--accept` (`same`, `moved` or `doubtful`)\n"), "{words}");
    let found = desk.json(&["reanchor", "news", "0001-article", "--json"]);
    assert_eq!((&found["moved"], &found["doubtful"], &found["written"]), (&1.into(), &2.into(), &false.into()));
    let first = &found["layers"][0]["annotations"][0];
    let place = first["new_bytes"][0].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize);
    let place: Vec<_> = place.collect();
    assert_eq!(&new[place[0]..place[1]], "Zoë 👩‍👧");

    // What would be left behind is listed, and nothing is written.
    let (code, _, words) = desk.run(&["reanchor", "news", "0001-article", "--accept", "moved"]);
    assert!(code == 1 && words.contains("José/a4 (lost) would be left behind: “Łódź office”"), "{words}");
    assert!(as_before(&desk));
    let dry = desk.fine(&["reanchor", "news", "0001-article", "--accept", "doubtful", "--dry-run"]);
    assert!(dry.ends_with("nothing was changed; 1 annotation would be left behind\n"), "{dry}");
    for wrong in
        [&["--take", "a4"][..], &["--take", "a99"], &["--take", "Eva/a1"], &["--accept", "lost"], &["--leave-rest"]]
    {
        assert_eq!(desk.run(&[&["reanchor", "news", "0001-article"], wrong].concat()).0, 2, "{wrong:?}");
    }
    let folder = byline::store::ProjectFolder::open(desk.path("news")).unwrap().0;
    let lock = folder.lock(&"José".into()).unwrap();
    let (code, _, words) = desk.run(&["reanchor", "news", "0001-article", "--accept", "doubtful", "--leave-rest"]);
    assert!(code == 1 && words.contains("the work of “José” is being worked on by "), "{words}");
    drop(lock);
    assert!(as_before(&desk));

    let words =
        desk.fine(&["reanchor", "news", "0001-article", "--accept", "moved", "--take", "José/a2", "--leave-rest"]);
    assert!(words.ends_with("took the new text with 2 annotations; 2 annotations in the history only\n"), "{words}");
    assert_eq!(desk.read(text), new);
    desk.fine(&["check", "news"]);
    assert!(desk.read(LAYER).contains("quote: \"prices rose 26 %\""), "{}", desk.read(LAYER));
    // The layer as it was is in the history.
    let copies = desk.json(&["restore", "news", "--list", "--json"]);
    assert_eq!(copies["layers"][0]["copies"].as_array().unwrap().len(), 1);

    // A text that does not lie in the project yet.
    let desk = Desk::with_project();
    let longer = format!("{ARTICLE}Nobody else agreed.\n");
    desk.write("longer.txt", &longer);
    let words = desk.fine(&["reanchor", "news", "0001-article", "--text", "longer.txt"]);
    assert!(words.starts_with("0001-article: 4 annotations at the same place, 0 moved"), "{words}");
    assert_eq!(desk.read(text), ARTICLE);
    desk.fine(&["reanchor", "news", "0001-article", "--text", "longer.txt", "--accept", "same"]);
    assert_eq!(desk.read(text), longer);
    desk.fine(&["check", "news"]);
}

/// Does something as an annotator that only a journal outside of the project tells of, as after a crash while the project
/// could not be written to.
fn work_in_rescue(desk: &Desk, annotator: &str) {
    use byline::edit::{History, Stamp, note};
    use byline::model::{AnnotationId, LayerKey, Name};
    use byline::store::{Entry, ProjectFolder};
    let annotator: Name = annotator.into();
    let (folder, project) = ProjectFolder::open(desk.path("news")).unwrap();
    let document = project.documents[0].clone();
    let mut state = byline::edit::State::new(project);
    let (text, layer) = folder.load_layer_and_text(&document, &annotator).unwrap();
    let key = LayerKey { document: document.id.clone(), annotator: annotator.clone() };
    state.load_text(document.id.clone(), text.clone());
    state.load_layer(layer);
    let stamp = Stamp::by_hand(chrono::Utc::now());
    let layer = state.layer(&key).unwrap();
    let change = if layer.is_empty() {
        let span = text.span(ARTICLE.find("Zoë").unwrap()..ARTICLE.find(" said").unwrap()).unwrap();
        byline::edit::annotate::annotate(layer, &state.project.scheme, &"speaker".into(), span, &stamp)
    } else {
        note::set_note(layer, AnnotationId(1), "né", &stamp)
    };
    let happened = History::default().apply(&mut state, change.unwrap()).unwrap();
    desk.write("news/.byline/journal", "in the way");
    let (mut journal, _) = folder.journal(&annotator, Some(&desk.path("config/rescue"))).unwrap();
    journal.append(&[Entry::happened(&happened, &[(document.id, text)].into()).unwrap()]).unwrap();
    assert!(journal.elsewhere().is_some());
    fs::remove_file(desk.path("news/.byline/journal")).unwrap();
}

#[test]
fn no_new_text_is_taken_over_work_that_only_a_journal_outside_of_the_project_tells_of() {
    // Of somebody whose layer is in the files, and of somebody whose first work it is.
    for annotator in ["José", "Eva"] {
        let desk = Desk::with_project();
        work_in_rescue(&desk, annotator);
        desk.write("longer.txt", format!("{ARTICLE}Nobody else agreed.\n"));
        let before = desk.tree();
        let take = ["reanchor", "news", "0001-article", "--text", "longer.txt", "--accept", "same"];
        let (code, _, words) = desk.run(&take);
        let warned = format!("work of “{annotator}” from before a crash is in the journal and not in the files yet");
        assert!(code == 1 && words.contains(&warned), "{code}: {words}");
        let refused = format!("error: work of “{annotator}” from before a crash is not in the files yet");
        assert!(words.contains(&refused) && words.contains("help: open the project in the window"), "{words}");
        let locks = |tree: &mut BTreeMap<PathBuf, Vec<u8>>| {
            tree.retain(|path, _| !path.to_string_lossy().contains(".byline/locks"));
        };
        let (mut before, mut after) = (before, desk.tree());
        locks(&mut before);
        locks(&mut after);
        assert!(after == before, "nothing was written");
    }
}
