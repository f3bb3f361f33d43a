"""doccano's JSON lines, sliced as its server does."""

import json
import re
import string

from common import counted, lines


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
    for kind in ("label", "relation"):
        labels = json.loads((out / f"{kind}_config.json").read_text(encoding="utf-8"))
        check_labels(labels)
        used = {s.label for d in expected for s in d.spans} if kind == "label" else {l[1] for d in expected for l in d.links}
        assert used <= {label["text"] for label in labels}
    return counted(expected)


def check_labels(labels):
    """As doccano's model of label types validates them."""
    texts, keys = [l["text"] for l in labels], [l["suffix_key"] for l in labels if l["suffix_key"]]
    assert labels and len(set(texts)) == len(texts) and len(set(keys)) == len(keys)
    assert all(0 < len(text) <= 100 for text in texts)
    assert all(key in string.digits + string.ascii_lowercase for key in keys)
    colours = [colour for l in labels for colour in (l["background_color"], l["text_color"])]
    assert all(re.fullmatch("#[0-9A-Fa-f]{6}", colour) for colour in colours)


CHECKS = [("doccano", "slices as doccano's server takes them", check_doccano)]
