"""Prodigy's JSON lines with spaCy."""

import json

import spacy
from common import counted, lines
from spacy.tokens import Doc, DocBin


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


CHECKS = [("prodigy", "spaCy, with a DocBin and back", check_prodigy)]
