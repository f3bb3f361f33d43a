"""The dialog and the command line write the same datasets."""

import json
import subprocess
import time

from bench import step
from desk import check, equal, wait_for


@step
def ctrl_e_writes_csv_as_the_command_line_does(bench):
    export(bench, "CSV tables", "csv", bench.scratch / "aus dem Fenster é.csv")


@step
def ctrl_e_writes_jsonl_as_the_command_line_does(bench):
    # A mark of two parts is more than this format holds, so a decision is asked for.
    decision = ("the longest first", "longest-first")
    files = export(bench, "doccano JSON lines", "doccano", bench.scratch / "doccano ñ", decision)
    [content] = [data for name, data in files.items() if name.suffix == ".jsonl"]
    first = json.loads(content.decode("utf-8").splitlines()[0])
    spans = sorted((label, first["text"][start:end]) for start, end, label in first_spans(first))
    whole = [mark for mark in bench.project.marks() if " … " not in mark[1]]
    equal([span for span in sorted(whole) if span not in spans], [], "marks that the exported file does not hold")


@step
def ctrl_e_writes_brat_as_the_command_line_does(bench):
    export(bench, "brat standoff", "brat", bench.scratch / "brat ß")


def export(bench, title, name, target, decision=None):
    """Exports with dialog and command line, and returns the files of the dialog once they are known to be equal."""
    window = bench.window
    window.keys("Escape*4", "ctrl+e")
    window.wait_says("Export dataset")
    for _ in range(3):
        # A list that opens while the dialog still grows can take a click for one beside it.
        if not window.says(f"Format: {title}"):
            window.click_on("combo box", "Format")
            window.click_on(None, title)
            time.sleep(0.3)
    wait_for("the format to be chosen", lambda: window.says(f"Format: {title}"))
    window.replace_field("Where to", str(target))
    wait_for("what is lost to be known", lambda: window.says("annotations in 2 documents"))
    if decision:
        window.click_on("combo box", "Overlaps")
        window.click_on(None, decision[0])
        wait_for("Export to be possible", lambda: window.node("push button", "Export").enabled)
    window.click_on("push button", "Export")
    wait_for("the summary", lambda: window.says("Exported"))
    window.close_dialog()

    same = bench.scratch / f"command line {name}"
    command = [bench.program, "export", "--format", name, "--out", same, bench.project.folder]
    command += ["--flatten", decision[1]] if decision else []
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    equal(done.returncode, 0, f"the exit code of `byline export`, which said {done.stderr!r}")
    files = files_in(target)
    check(files, f"nothing was written to {target}")
    equal(files.keys(), files_in(same).keys(), "the names of the files")
    for path, content in files_in(same).items():
        check(files[path] == content, f"{path} differs between window and command line")
    return files


def files_in(folder):
    """Name and content of every file in it."""
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def first_spans(row):
    """The spans of a row: doccano has two shapes, lists and objects."""
    if "entities" in row:
        return [(e["start_offset"], e["end_offset"], e["label"]) for e in row["entities"]]
    return [tuple(span) for span in row["label"]]
