"""Every format is loaded by a reader of its own field, and the texts of all spans are compared with the corpus."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import common
import corpus

program, work = Path(sys.argv[1]), Path(sys.argv[2])


def byline(*words):
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, cwd=work)
    assert done.returncode == 0, f"byline {' '.join(map(str, words))}\n{done.stdout}{done.stderr}"
    return done.stdout


def project(name, *sources):
    byline("new", name)
    byline("import", *sources, "--into", name, "--add-labels")
    return name


def main():
    expected = corpus.documents()
    corpus.write_tables(work / "tables", expected)
    project("news", "tables")
    passed = failed = 0

    def export(format_name, reader, check):
        out = work / f"out-{format_name}-{reader.split()[0]}"
        byline("export", "news", "--format", format_name, "--out", out, "--flatten", "longest-first")
        return check(out, expected, Back(work, format_name))

    def article(kind, writer, check):
        return check(Take(work, f"article-{kind}-{writer}"))

    for run, found in ((export, checks("CHECKS")), (article, checks("ARTICLES"))):
        for name, other, check in found:
            try:
                print(f"ok {name}: {other}: {run(name, other, check)}")
                passed += 1
            except Exception as error:
                import traceback

                print(f"FAILED {name}: {other}: {error}")
                traceback.print_exc()
                failed += 1
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


def checks(kind):
    """All of them: each format has a file `check_….py` here, with how its users load it, or who writes it."""
    for path in sorted(Path(__file__).parent.glob("check_*.py")):
        yield from getattr(importlib.import_module(path.stem), kind, [])


class Take:
    """Takes a file in as an article, and says what was reported, the text, and the project file."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name

    def __call__(self, path):
        byline("new", self.name)
        told = json.loads(byline("import", path, "--into", self.name, "--json"))
        project = self.folder / self.name
        (text,) = (project / "documents").glob("*.txt")
        return told["documents"][0], text.read_bytes().decode(), (project / "project.ron").read_text()


class Back:
    """Takes what a reader wrote back into Byline, and says what Byline then has."""

    def __init__(self, folder, name):
        self.folder, self.name, self.count = folder, name, 0

    def export(self, format_name, *options, project="news"):
        """Exports the corpus once more, with other options, or another project."""
        self.count += 1
        out = self.folder / f"out-{self.name}-{self.count}"
        byline("export", project, "--format", format_name, "--out", out, *options)
        return out

    def project(self, path, format_name):
        """A project of what a reader wrote."""
        self.count += 1
        name = f"back-{self.name}-{self.count}"
        byline("new", name)
        byline("import", path, "--into", name, "--format", format_name, "--add-labels")
        return name

    def __call__(self, path, format_name):
        name = self.project(path, format_name)
        byline("export", name, "--format", "csv", "--out", f"{name}-csv")
        return common.tables(self.folder / f"{name}-csv")


main()
