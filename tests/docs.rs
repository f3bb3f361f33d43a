//! The rules of the house: pages say what is true, modules know only what they may know.
//!
//! Read as text, so that a rule can be about what is absent. What a test here holds, `docs/architecture.md` names.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Files below `folder` with this extension, with `/` between folders, from the root on.
fn files(folder: &str, extension: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let path = folder.join(entry.unwrap().file_name());
            if root().join(&path).is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path.to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    assert!(!found.is_empty(), "no .{extension} in {folder}");
    found.sort();
    found
}

/// The code of the program, by file: without comments and tests.
fn code() -> Vec<(String, String)> {
    let is_test =
        |path: &String| ["/tests.rs", "/testing.rs"].iter().any(|end| path.ends_with(end)) || path.contains("/tests/");
    let sources = files("src", "rs").into_iter().filter(|path| !is_test(path));
    sources.map(|path| (code_of(&read(&path)), path)).map(|(code, path)| (path, code)).collect()
}

/// Tests stand last in a file; what is only declared for tests is one line.
fn code_of(source: &str) -> String {
    let mut code = String::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            if lines.next().is_some_and(|item| item.ends_with(';')) {
                continue;
            }
            break;
        }
        if !line.trim_start().starts_with("//") {
            code.push_str(line);
            code.push('\n');
        }
    }
    code
}

fn words(code: &str) -> BTreeSet<&str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').collect()
}

/// The pages for people.
fn pages() -> Vec<String> {
    let mut pages = files("docs", "md");
    pages.extend(["README.md".to_owned(), "CHANGELOG.md".to_owned()]);
    pages
}

/// What stands between backquotes, and the lines of blocks of code, with their line number.
fn quoted(page: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_block = false;
    for (n, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            found.push((n + 1, line.to_owned()));
        } else {
            found.extend(line.split('`').skip(1).step_by(2).map(|quote| (n + 1, quote.to_owned())));
        }
    }
    found
}

/// The module of a file: `src/store/save.rs` is of `store`.
fn module(path: &str) -> &str {
    let inside = path.trim_start_matches("src/");
    inside.split_once('/').map_or(inside.trim_end_matches(".rs"), |(module, _)| module)
}

#[test]
fn every_module_opens_with_what_lives_in_it() {
    let silent: Vec<_> = files("src", "rs").into_iter().filter(|path| !read(path).starts_with("//! ")).collect();
    assert!(silent.is_empty(), "no `//!` at the top of {silent:?}");
}

#[test]
fn no_file_is_long() {
    let length = |path: &String| read(path).lines().count();
    let long: Vec<_> = files("src", "rs").into_iter().filter(|path| length(path) > 700).collect();
    assert!(long.is_empty(), "more than 700 lines: {long:?}");
}

#[test]
fn modules_use_only_what_stands_below_them() {
    const BELOW: &[(&str, &[&str])] = &[
        ("model", &[]),
        ("text_layout", &[]),
        ("ingest", &[]),
        ("find", &["model"]),
        ("edit", &["model"]),
        ("merge", &["model", "edit"]),
        ("anchor", &["model"]),
        ("store", &["model", "edit", "merge"]),
        ("formats", &["model", "edit", "store"]),
        ("measure", &["model", "edit"]),
        ("check", &["model", "edit", "merge", "store"]),
        ("crash", &[]),
        ("session", &["model", "edit", "store", "merge", "anchor", "crash"]),
        ("sources", &["formats", "ingest"]),
        ("personal", &["model"]),
        (
            "app",
            &[
                "model",
                "text_layout",
                "ingest",
                "edit",
                "store",
                "formats",
                "measure",
                "check",
                "session",
                "find",
                "sources",
                "crash",
                "merge",
                "anchor",
                "personal",
            ],
        ),
        (
            "cli",
            &[
                "model", "ingest", "edit", "store", "formats", "measure", "check", "session", "sources", "anchor",
                "personal", "app",
            ],
        ),
    ];
    for (path, code) in code().iter().filter(|(path, _)| !["src/lib.rs", "src/main.rs"].contains(&path.as_str())) {
        let own = module(path);
        let (_, below) = BELOW.iter().find(|(name, _)| *name == own).unwrap_or_else(|| panic!("new module: {own}"));
        for part in code.split("crate::").skip(1) {
            let used: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            assert!(used == own || below.contains(&used.as_str()), "{path} uses `crate::{used}`");
        }
        assert!(!code.contains("crate::{"), "{path}: name the modules one by one, so that this can be checked");
    }
}

#[test]
fn only_the_window_knows_egui() {
    for (path, code) in code().iter().filter(|(path, _)| module(path) != "app") {
        let used: Vec<_> = ["egui", "eframe", "rfd"].into_iter().filter(|name| words(code).contains(name)).collect();
        assert!(used.is_empty(), "{path} uses {used:?}");
    }
}

#[test]
fn the_core_has_no_files_no_clock_and_no_environment() {
    const ABSENT: [&str; 14] = [
        "fs",
        "Path",
        "PathBuf",
        "File",
        "env",
        "process",
        "thread",
        "Instant",
        "SystemTime",
        "now",
        "Local",
        "stdin",
        "println",
        "eprintln",
    ];
    for (path, code) in code()
        .iter()
        .filter(|(path, _)| ["model", "find", "edit", "merge", "anchor", "text_layout"].contains(&module(path)))
    {
        // What messages say is no code.
        let code: String = code.split('"').step_by(2).collect();
        let used: Vec<_> = ABSENT.into_iter().filter(|name| words(&code).contains(name)).collect();
        assert!(used.is_empty(), "{path} uses {used:?}");
    }
}

#[test]
fn only_text_and_formats_know_a_unit_other_than_bytes() {
    for (path, code) in code() {
        let knows = words(&code).contains("CodePoints") || words(&code).contains("Utf16Units");
        let may = ["src/model/mod.rs", "src/model/text.rs", "src/model/offsets.rs"].contains(&path.as_str());
        assert!(!knows || may || module(&path) == "formats", "{path} counts in another unit than bytes");
    }
}

#[test]
fn of_the_model_only_names_and_values_are_serialised() {
    let below =
        |path: &str| ["model", "find", "edit", "merge", "anchor", "text_layout", "ingest"].contains(&module(path));
    let all = code();
    let serialised = all.iter().filter(|(path, code)| below(path) && words(code).contains("serde"));
    let serialised: Vec<_> = serialised.map(|(path, _)| path.as_str()).collect();
    // And what two processes of the program say to each other, which nobody keeps.
    assert_eq!(serialised, ["src/ingest/isolated.rs", "src/model/name.rs", "src/model/value.rs"]);
}

#[test]
fn files_are_written_in_few_places() {
    const WRITING: [&str; 13] = [
        "fs::write",
        "fs::rename",
        "fs::remove",
        "fs::create_dir",
        "fs::copy",
        "fs::hard_link",
        "fs::set_permissions",
        "File::create",
        "OpenOptions",
        "tempfile",
        "persist(",
        "symlink(",
        "set_len(",
    ];
    let all = code();
    let writing = all.iter().filter(|(_, code)| WRITING.iter().any(|call| code.contains(call)));
    let outside: Vec<_> = writing.map(|(path, _)| path.as_str()).filter(|path| module(path) != "store").collect();
    let may = ["src/cli/render.rs", "src/crash.rs", "src/formats/output.rs", "src/personal/settings.rs"];
    assert_eq!(outside, may);
}

#[test]
fn nothing_can_reach_the_network() {
    for (path, code) in code() {
        let used = ["TcpStream", "TcpListener", "UdpSocket", "ToSocketAddrs", "webbrowser", "open_url"]
            .into_iter()
            .find(|name| words(&code).contains(name));
        assert!(used.is_none(), "{path} uses {used:?}");
        // The window's links would open a browser; documents have an element of that name.
        assert!(
            ![".hyperlink(", ".hyperlink_to(", "Hyperlink::"].iter().any(|call| code.contains(call)),
            "{path} makes a link that opens a browser"
        );
    }
    let lock = read("Cargo.lock");
    // Cargo-deny refuses more of them (`deny.toml`); this is what every run of the tests holds.
    for package in [
        "reqwest",
        "ureq",
        "hyper",
        "h2",
        "curl",
        "isahc",
        "attohttpc",
        "minreq",
        "ehttp",
        "rustls",
        "native-tls",
        "openssl",
        "tungstenite",
        "quinn",
        "webbrowser",
    ] {
        assert!(!lock.contains(&format!("name = \"{package}\"\n")), "Cargo.lock has {package}");
    }
}

#[test]
fn links_and_paths_lead_somewhere() {
    let mut pages = pages();
    pages.extend(files("assets", "md"));
    for page in pages {
        let text = read(&page);
        let beside = Path::new(&page).parent().unwrap().to_owned();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap();
            let is_elsewhere = target.starts_with("https://");
            assert!(is_elsewhere || root().join(&beside).join(path).exists(), "{page}: `{target}` leads nowhere");
        }
        for (n, quote) in quoted(&text) {
            let folders = ["src/", "docs/", "tests/", "benches/", "assets/", "scripts/", "projects/"];
            for path in quote.split_whitespace().filter(|word| folders.iter().any(|folder| word.starts_with(folder))) {
                assert!(root().join(path).exists(), "{page}:{n}: there is no `{path}`");
            }
        }
    }
}

#[test]
fn the_code_map_follows_the_tree() {
    let page = read("docs/architecture.md");
    let map = page.split("```").nth(1).unwrap();
    // Indentation says in which folder a name stands.
    let mut named = BTreeSet::new();
    let mut folders: Vec<String> = Vec::new();
    for line in map.lines().filter(|line| !line.is_empty()) {
        let depth = (line.len() - line.trim_start().len()) / 2;
        folders.truncate(depth);
        let is_name =
            |word: &&str| word.ends_with('/') || word.split('.').nth(1).is_some_and(|e| ["rs", "sh"].contains(&e));
        for name in line.split([' ', ',', ';', ':']).filter(is_name) {
            let path = format!("{}{name}", folders.concat());
            assert!(root().join(&path).exists(), "the code map names `{path}`, which is not there");
            named.insert(path);
        }
        folders.extend(line.split_whitespace().next().map(str::to_owned));
    }
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let entry = entry.unwrap();
        let slash = if entry.path().is_dir() { "/" } else { "" };
        let path = format!("src/{}{slash}", entry.file_name().to_str().unwrap());
        assert!(named.contains(&path), "the code map lacks `{path}`");
    }
}

#[test]
fn the_tests_that_hold_the_invariants_exist() {
    let page = read("docs/architecture.md");
    let invariants = page.split("## Invariants").nth(1).unwrap();
    let sources: String = files("src", "rs").iter().chain(&files("tests", "rs")).map(|path| read(path)).collect();
    let functions: BTreeSet<_> =
        sources.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next()).collect();
    let names: Vec<_> = quoted(invariants).into_iter().map(|(_, q)| q).filter(|q| q.matches('_').count() > 2).collect();
    assert!(names.len() > 30, "{names:?}");
    let gone: Vec<_> = names.iter().filter(|name| !functions.contains(name.as_str())).collect();
    assert!(gone.is_empty(), "no such tests: {gone:?}");
}

fn byline(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_byline")).args(arguments).output().unwrap();
    assert!(output.status.success(), "byline {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The help of each command, by name.
#[cfg(feature = "window")]
fn helps() -> std::collections::BTreeMap<String, String> {
    let help = byline(&["--help"]);
    let block = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = block.lines().filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.map(|name| (name.to_owned(), byline(&[name, "--help"]))).collect()
}

#[test]
#[cfg(feature = "window")]
fn the_pages_name_only_commands_and_options_that_exist() {
    let helps = helps();
    let mut named = BTreeSet::new();
    for page in pages() {
        for (n, quote) in quoted(&read(&page)) {
            let mut words = quote.split_whitespace();
            let is_run = words.next() == Some("byline");
            let command = words.next().filter(|word| is_run && word.chars().all(|c| c.is_ascii_lowercase()));
            let command = command.filter(|command| *command != "help");
            if let Some(command) = command {
                assert!(helps.contains_key(command), "{page}:{n}: there is no command `byline {command}`");
                named.insert(command.to_owned());
            }
            let is_option = |word: &&str| {
                word.len() > 2 && word.starts_with("--") && !(quote.contains("scripts/") || quote.starts_with("cargo "))
            };
            // What stands behind `=` is a value.
            let bare = |word: &'_ str| word.split(['[', '=']).next().unwrap_or_default().to_owned();
            for option in quote.split_whitespace().filter(is_option).map(bare) {
                let has = |help: &String| help.split_whitespace().any(|word| bare(word) == option);
                let known = match command.and_then(|command| helps.get(command)) {
                    Some(help) => has(help),
                    None => helps.values().any(has) || ["--quick", "--version"].contains(&option.as_str()),
                };
                assert!(known, "{page}:{n}: no option `{option}` in `{quote}`");
            }
        }
    }
    let all: BTreeSet<_> = helps.into_keys().collect();
    assert_eq!(named, all, "commands that pages name, and commands that exist");
}

#[test]
fn the_commands_of_the_readme_do_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("article.txt"), "date 2023-09-29 « Ça », Ana said — “25 %”.\n").unwrap();
    let readme = read("README.md");
    let blocks = readme.split("```").skip(1).step_by(2);
    let runs: Vec<_> = blocks.flat_map(str::lines).filter_map(|line| line.strip_prefix("byline ")).collect();
    assert!(runs.len() > 3, "{runs:?}");
    for run in runs {
        let output = Command::new(env!("CARGO_BIN_EXE_byline"))
            .args(run.split_whitespace())
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "byline {run}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let table = fs::read_to_string(folder.path().join("interviews-csv/documents.csv")).unwrap();
    assert!(table.contains("« Ça »") && table.contains(",2023-09-29,"), "{table}");
}

#[test]
fn the_table_of_formats_is_current() {
    let path = "docs/formats.md";
    let page = read(path);
    let (before, rest) = page.split_once("<!-- table -->\n").unwrap();
    let (written, after) = rest.split_once("<!-- /table -->").unwrap();
    let table = table_of_formats();
    if std::env::var_os("BYLINE_UPDATE").is_some() {
        fs::write(root().join(path), format!("{before}<!-- table -->\n{table}<!-- /table -->{after}")).unwrap();
        return;
    }
    assert!(written == table, "{path} is stale: run the tests once with BYLINE_UPDATE=1; it should say\n{table}");
    for format in formats() {
        let title = format["title"].as_str().unwrap();
        assert!(page.contains(&format!("\n## {title}\n")), "{path} has no section “{title}”");
    }
}

fn formats() -> Vec<serde_json::Value> {
    serde_json::from_str(&byline(&["formats", "--json"])).unwrap()
}

/// What the formats say of themselves, as Markdown: a row for each format.
fn table_of_formats() -> String {
    let formats = formats();
    let names = |format: &serde_json::Value, key: &str| -> Vec<String> {
        format[key].as_array().unwrap().iter().map(|n| n.as_str().unwrap().to_owned()).collect()
    };
    let mut columns: Vec<String> = Vec::new();
    for name in formats.iter().flat_map(|f| [names(f, "keeps"), names(f, "byline_keeps")].concat()) {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let fixed = ["format", "`--format`", "in", "out", "files", "versions", "offsets"].map(str::to_owned);
    let mut table = row([&fixed[..], &columns].concat()) + &"|---".repeat(fixed.len() + columns.len()) + "|\n";
    for format in &formats {
        let of = |key: &str| format[key].as_str().unwrap();
        let yes = |is: bool| if is { "✓" } else { "–" }.to_owned();
        let (keeps, in_byline) = (names(format, "keeps"), names(format, "byline_keeps"));
        let mut cells = vec![of("title").to_owned(), format!("`{}`", of("name"))];
        cells.push(yes(format["import"].as_bool().unwrap()));
        cells.push(yes(format["export"].as_bool().unwrap()));
        cells.push(format!("`.{}`", names(format, "extensions").join("` `.")));
        cells.push(of("versions").to_owned());
        cells.push(of("unit").replace('-', " "));
        cells.extend(
            columns.iter().map(
                |name| {
                    if in_byline.contains(name) { "(✓)".to_owned() } else { yes(keeps.contains(name)) }
                },
            ),
        );
        table += &row(cells);
    }
    table
}
