"""How each format is loaded, with the program that its users load it with."""

import csv
import hashlib
import json
import re

import bioc.brat
import spacy
from spacy.tokens import Doc, DocBin


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


def check_tables(out, expected, _):
    found = tables(out)
    assert found == {d.text: d.said() for d in expected}, found
    return counted(expected)


def counted(expected):
    return f"{sum(len(d.spans) for d in expected)} spans and {sum(len(d.links) for d in expected)} links the same"


def lines(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file]


def check_doccano(out, expected, _):
    """As doccano's server takes a slice: with Python's indices."""
    found = {line["text"]: line for line in lines(out / "all.jsonl")}
    for d in expected:
        line = found.pop(d.text)
        slice_of = lambda e: d.text[e["start_offset"] : e["end_offset"]]
        assert sorted((e["label"], slice_of(e)) for e in line["entities"]) == d.said()
        by_id = {e["id"]: slice_of(e) for e in line["entities"]}
        linked = sorted((r["type"], by_id[r["from_id"]], by_id[r["to_id"]]) for r in line["relations"])
        assert linked == d.linked()
    assert not found
    return counted(expected)


def check_brat(out, expected, back):
    for d in expected:
        # Read as brat's server does: without touching line ends.
        text = (out / f"{d.id}.txt").read_bytes().decode()
        assert text == d.text
        with open(out / f"{d.id}.ann", encoding="utf-8", newline="\n") as file:
            doc = bioc.brat.load_ann(file)
        # A span that crosses a line is cut there, and its pieces are joined with a space, as brat joins them.
        pieces = lambda span: [piece for part in d.slices(span) for piece in re.split(r"[\r\n\t]+", part) if piece.strip()]
        plain = lambda text: " ".join(text.split())
        wanted = {span.id: plain(" ".join(pieces(span))) for span in d.spans}
        for e in doc.entities:
            slices = [d.text[at.begin : at.end] for at in sorted(e.locations)]
            assert e.text == " ".join(slices), (e.text, slices)
        found = {e.id: plain(e.text) for e in doc.entities}
        assert sorted((e.type, found[e.id]) for e in doc.entities) == sorted((s.label, wanted[s.id]) for s in d.spans)
        linked = sorted((r.type, *(found[end] for _, end in sorted(r.arguments.items()))) for r in doc.relations)
        assert linked == sorted((kind, wanted[a], wanted[b]) for _, kind, a, b in d.links), linked
    return counted(expected)


def check_labelbuddy(out, expected, _):
    """As labelbuddy's documentation says: both offsets, and the MD5 of the text."""
    texts = {line["utf8_text_md5_checksum"]: line["text"] for line in lines(out / "documents.jsonl")}
    assert all(hashlib.md5(text.encode()).hexdigest() == md5 for md5, text in texts.items())
    found = {text: [] for text in texts.values()}
    for path in out.glob("annotations-*.jsonl"):
        for line in lines(path):
            text = texts[line["utf8_text_md5_checksum"]]
            for a in line["annotations"]:
                chars = text[a["start_char"] : a["end_char"]]
                assert text.encode()[a["start_byte"] : a["end_byte"]].decode() == chars
                found[text].append((a["label_name"], chars))
    assert {text: sorted(said) for text, said in found.items()} == {d.text: d.said() for d in expected}
    return counted(expected)


def docs_from(tasks, nlp):
    """As spaCy makes a Doc of tokens; every span must fit them."""
    for task in tasks:
        words, spaces = [t["text"] for t in task["tokens"]], [t["ws"] for t in task["tokens"]]
        doc = Doc(nlp.vocab, words=words, spaces=spaces)
        assert doc.text == task["text"]
        spans = []
        for s in task["spans"]:
            span = doc.char_span(s["start"], s["end"], label=s["label"])
            assert span is not None, s
            assert (span.start, span.end) == (s["token_start"], s["token_end"] + 1), s
            spans.append(span)
        doc.spans["sc"] = spans
        yield task, doc


def check_prodigy(out, expected, back):
    nlp = spacy.blank("xx")
    docs, found = [], {}
    for task, doc in docs_from(lines(out / "annotations.jsonl"), nlp):
        docs.append(doc)
        found[doc.text] = sorted((s.label_, s.text) for s in doc.spans["sc"])
        at = lambda end: task["text"][end["start"] : end["end"]]
        linked = sorted((r["label"], at(r["head_span"]), at(r["child_span"])) for r in task["relations"])
        assert linked == next(d for d in expected if d.text == task["text"]).linked()
    wanted = {d.text: d.said() for d in expected}
    assert found == wanted, found
    # A DocBin made of it holds all of it, and what spaCy writes as JSON is read by Byline.
    again = list(DocBin(docs=docs).get_docs(nlp.vocab))
    assert {doc.text: sorted((s.label_, s.text) for s in doc.spans["sc"]) for doc in again} == wanted
    path = out.with_suffix(".jsonl")
    path.write_text("".join(json.dumps(doc.to_json()) + "\n" for doc in docs), encoding="utf-8")
    assert back(path, "prodigy") == wanted
    return counted(expected)


CHECKS = [
    ("csv", "Python's csv", check_tables),
    ("doccano", "slices as doccano's server takes them", check_doccano),
    ("brat", "bioc.brat", check_brat),
    ("labelbuddy", "both offsets and the MD5", check_labelbuddy),
    ("prodigy", "spaCy, with a DocBin and back", check_prodigy),
]
