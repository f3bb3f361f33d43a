"""doccano's JSON lines, sliced as its server does."""

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
    return counted(expected)


CHECKS = [("doccano", "slices as doccano's server takes them", check_doccano)]
