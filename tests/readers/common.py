"""What several checks use: JSON lines, and our own tables read with Python's csv."""

import csv
import json


def tables(folder):
    """Our own tables with Python's csv: (label, text) of each span by text, checked against both offsets."""
    unguarded = lambda cell: cell[1:] if cell[:1] == "'" and cell.lstrip("'")[:1] in tuple("=+-@\t\r") else cell
    rows = lambda name: list(csv.DictReader(open(folder / name, newline="", encoding="utf-8-sig")))
    texts = {row["doc_id"]: unguarded(row["text"]) for row in rows("documents.csv")}
    spans = {text: [] for text in texts.values()}
    for row in rows("spans.csv"):
        text = texts[row["doc_id"]]
        whole = text[int(row["start_cp"]) : int(row["end_cp"])]
        data = text.encode()[int(row["start_byte"]) : int(row["end_byte"])]
        assert data.decode() == whole, row
        spans[text].append((row["label"], whole))
    return {text: sorted(found) for text, found in spans.items()}


def counted(expected):
    return f"{sum(len(d.spans) for d in expected)} spans and {sum(len(d.links) for d in expected)} links the same"


def lines(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file]
