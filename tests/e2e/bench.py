"""What the steps share: the program under test, the article, the project on disk, and the list of steps."""

import hashlib
import os
import pathlib
import time

import desk
import ron
from desk import check, equal, wait_for

ARTICLE = pathlib.Path(__file__).parents[2] / "projects/latin-america/documents/0001-conference-opens-in-moscow.txt"
STEPS = []


class Skipped(Exception):
    """A step that cannot be made here, and why."""


def step(function):
    """Adds a step, in the order of definition; its name says what must be so."""
    STEPS.append(function)
    return function


def essential(function):
    """Marks a step without which no later one can be made."""
    function.essential = True
    return function


def name_of(function):
    """The name of a step in words."""
    return function.__name__.replace("_", " ")


class Bench:
    """The state that goes from step to step."""

    def __init__(self, program):
        self.program = program
        self.scratch = pathlib.Path(os.environ["E2E_SCRATCH"])
        self.article = self.scratch / "Größe – статья.txt"
        self.article.write_bytes(ARTICLE.read_bytes())
        self.project = Project(self.scratch / "Lateinamerika é 日本")
        self.window = None
        self.delays = []

    def start(self, *arguments, **environment):
        """Opens the window anew."""
        self.stop()
        self.window = desk.Window(self.program, *map(str, arguments), **environment)
        return self.window

    def stop(self):
        """Ends the program if it runs."""
        if self.window:
            self.window.end_by_force()

    def errors(self):
        """What the program wrote to its error stream, in all its starts."""
        path = self.scratch / "stderr.txt"
        return path.read_text(encoding="utf-8", errors="replace").strip() if path.exists() else ""

    # The caret

    def go_to(self, paragraph, phrase):
        """Puts the caret before a phrase of a paragraph (from 1), with keys alone and nothing selected."""
        before = self.project.paragraphs[paragraph - 1].index(phrase)
        keys = ["Escape*4", "ctrl+Home"]
        keys += [f"alt+Down*{paragraph - 1}"] if paragraph > 1 else []
        keys += [f"Right*{before}"] if before else []
        self.window.keys(*keys)

    def select(self, paragraph, phrase):
        """Selects a phrase of a paragraph character by character, with keys alone."""
        self.go_to(paragraph, phrase)
        self.window.keys(f"shift+Right*{len(phrase)}")

    def selected_mark(self):
        """Label and text of the mark that is selected on the screen."""
        return next((n.name for n in self.window.nodes("static") if n.selected), "")

    # The files

    def saved(self, what, condition):
        """Waits until the layer on disk fulfils the condition; notes how long after the last key that was."""
        start = time.monotonic()
        wait_for(lambda: f"{what} on disk; there is {self.project.marks()} {self.project.links()}",
                 lambda: condition(self.project))
        self.delays.append(time.monotonic() - start)

    def marked(self, label, quote):
        """Waits until there is a mark with this label and text on disk, and returns it."""
        self.saved(f"a {label} “{quote}”", lambda p: p.find(label, quote))
        return self.project.find(label, quote)


class Project:
    """A project folder, read without the program."""

    def __init__(self, folder):
        self.folder = folder

    @property
    def text_path(self):
        """The text of its first document."""
        path = next((self.folder / "documents").glob("0001-*.txt"), None)
        check(path, "there is no project: no article was taken in")
        return path

    @property
    def paragraphs(self):
        """The paragraphs of the text."""
        return self.text_path.read_text(encoding="utf-8").split("\n\n")

    @property
    def layer_path(self):
        """The layer of the first document, if there is one."""
        return next((self.folder / "annotations").glob("*/0001-*.ron"), None)

    def file(self, name):
        """A RON file of the project."""
        return ron.loads((self.folder / name).read_text(encoding="utf-8"))

    def layer(self):
        """The layer, with hash, borders and quotes verified against the text; empty if there is none."""
        path = self.layer_path
        if path is None:
            return {"annotations": [], "links": []}
        layer = ron.loads(path.read_text(encoding="utf-8"))
        data = self.text_path.read_bytes()
        equal(layer["text_sha256"], hashlib.sha256(data).hexdigest(), "the hash in the layer")
        for mark in layer["annotations"]:
            ranges = mark.get("fragments") or [(mark["start"], mark["end"])]
            quote = " … ".join(data[start:end].decode("utf-8") for start, end in ranges)
            equal(mark["quote"], quote, f"the quote of {mark['id']}")
        return layer

    def find(self, label, quote):
        """The first mark with this label and text."""
        found = self.layer()["annotations"]
        return next((m for m in found if (m["label"], m["quote"]) == (label, quote)), None)

    def marks(self):
        """Label and text of every mark, in the order of the file."""
        return [(m["label"], m["quote"]) for m in self.layer()["annotations"]]

    def links(self):
        """Kind and the texts of both ends of every link."""
        layer = self.layer()
        quotes = {m["id"]: m["quote"] for m in layer["annotations"]}
        return [(link["kind"], quotes[link["from"]], quotes[link["to"]]) for link in layer.get("links", [])]
