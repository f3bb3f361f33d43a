"""A whole article, from the first mark to the exported dataset, with the keyboard alone: what the sample project says."""

import csv
import pathlib
import re

import ron
from bench import ARTICLE, Project, step
from desk import equal, wait_for

SAMPLE = ARTICLE.parents[1] / "annotations/maria/0001-conference-opens-in-moscow.ron"
KEYS = {"speaker": "1", "claim": "2", "statistic": "3", "organisation": "4"}


@step
def a_whole_article_is_annotated_linked_and_exported_with_keys_alone(bench):
    sample = ron.loads(SAMPLE.read_text(encoding="utf-8"))
    bench.project = Project(bench.scratch / "ganz von Hand")
    take_in(bench)
    annotate(bench, sample)
    link(bench, sample)
    bench.window.keys("ctrl+Return")
    bench.saved("the status", lambda p: p.layer()["status"] == "Done")
    export(bench, sample)


def take_in(bench):
    """From the start page to the open article."""
    window = bench.start(BYLINE_BUILTIN_DIALOGS="1")
    window.keys("ctrl+o")
    window.wait_says("Open articles")
    type_into(bench, "Path", str(bench.article))
    window.keys("Return")
    window.wait_says("Take an article into a new project")
    type_into(bench, "Folder of the new project", str(bench.project.folder))
    window.keys("Return")
    wait_for("the document", lambda: bench.project.folder.name in window.title)
    window.node("paragraph", bench.project.paragraphs[0][:40])


def type_into(bench, field, text):
    """Goes to a field with Tab and types into it, in place of what is there."""
    for _ in range(40):
        if focused(bench) == field:
            break
        bench.window.keys("Tab")
    equal(focused(bench), field, "the field that has the focus")
    bench.window.keys("ctrl+a")
    bench.window.type(text)
    wait_for(f"“{field}” to hold the text", lambda: bench.window.node("entry", field).text == text)


def focused(bench):
    """The name of what has the focus."""
    return next((n.name for n in bench.window.nodes() if n.focused and n.role != "frame"), "")


def annotate(bench, sample):
    """Every annotation of the sample, in the order of the text."""
    data = bench.project.text_path.read_bytes()
    for mark in sample["annotations"]:
        before = data[: mark["start"]].decode("utf-8")
        paragraph = before.count("\n\n")
        offset = len(before) - (before.rfind("\n\n") + 2 if paragraph else 0)
        keys = ["Escape*4", "ctrl+Home"]
        keys += [f"alt+Down*{paragraph}"] if paragraph else []
        keys += [f"Right*{offset}"] if offset else []
        bench.window.keys(*keys, f"shift+Right*{len(mark['quote'])}", KEYS[mark["label"]])
        bench.marked(mark["label"], mark["quote"])
    said = lambda layer: [(m["label"], m["start"], m["end"]) for m in layer["annotations"]]
    equal(said(bench.project.layer()), said(sample), "the annotations")


def link(bench, sample):
    """Every link of the sample: Tab to where it begins, L, and the number that is told at its end."""
    places = {mark["id"]: n for n, mark in enumerate(sample["annotations"])}
    quotes = {mark["id"]: f"{mark['label']}: {mark['quote']}" for mark in sample["annotations"]}
    for one in sample["links"]:
        bench.window.keys("Escape*4", "ctrl+Home", f"Tab*{places[one['from']] + 1}")
        wait_for("its start to be selected", lambda: bench.selected_mark() == quotes[one["from"]])
        bench.window.keys("l")
        number = wait_for("its number", lambda: number_of(bench, quotes[one["to"]]))
        bench.window.keys(*number)
        # A number that could become a longer one waits.
        wait_for("the number to be taken", lambda: not bench.window.says("type its number · Esc"))
        if bench.window.says(f"type its number {number}…"):
            bench.window.keys("Return")
        before = [(place["kind"], place["from"], place["to"]) for place in sample["links"]]
        made = before[: before.index((one["kind"], one["from"], one["to"])) + 1]
        done = lambda: len(bench.project.links()) == len(made)
        wait_for("the link or a question", lambda: done() or bench.window.nodes("dialog"))
        # Of several kinds of links between two claims, the first is the one of the sample.
        if bench.window.nodes("dialog"):
            bench.window.keys("1")
        bench.saved(f"{len(made)} links", lambda p: done())
    ends = lambda layer, link: tuple(
        next(m["start"] for m in layer["annotations"] if m["id"] == link[end]) for end in ("from", "to"))
    said = lambda layer: sorted((link["kind"], *ends(layer, link)) for link in layer["links"])
    equal(said(bench.project.layer()), said(sample), "the links")


def number_of(bench, name):
    """What is to be typed for a link to a mark."""
    told = [re.fullmatch(r"number (\d+), (.*)", n.name, re.S) for n in bench.window.nodes("static")]
    return next((match[1] for match in told if match and match[2] == name), None)


def export(bench, sample):
    """Ctrl+E, Tab to “Export”, Enter."""
    window = bench.window
    target = bench.scratch / "von Hand.csv"
    window.keys("Escape*4", "ctrl+e")
    window.wait_says("Export dataset")
    type_into(bench, "Where to", str(target))
    wait_for("Export to be possible", lambda: window.node("push button", "Export").enabled)
    for _ in range(40):
        if focused(bench) == "Export":
            break
        window.keys("Tab")
    window.keys("space")
    wait_for("the summary", lambda: window.says("Exported"))
    window.close_dialog()
    [spans] = [path for path in pathlib.Path(target).rglob("*spans*.csv")]
    with open(spans, encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    equal(len(rows), len(sample["annotations"]), "the number of exported annotations")
