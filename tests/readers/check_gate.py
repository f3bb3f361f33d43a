"""GATE XML with gatenlp: the text of every annotation, its features, and the relations, which gatenlp does not read."""

from xml.etree import ElementTree

import gatenlp
from common import counted


def relations(path, annotations, text):
    """Relations as GATE's own class reads them: a type and the ids of the members, in the ids of the set."""
    by_id = {a.id: text[a.start : a.end] for a in annotations}
    found = ElementTree.parse(path).findall("./RelationSet/Relation")
    assert len({r.get("Id") for r in found} | {str(id) for id in by_id}) == len(found) + len(by_id)
    members = lambda r: [by_id[int(id)] for id in r.get("Members").split(";")]
    return sorted((r.get("Type"), *members(r)) for r in found)


def check_gate(out, expected, back):
    for d in expected:
        path = out / f"{d.id}.xml"
        document = gatenlp.Document.load(str(path), fmt="gatexml")
        assert document.text == d.text
        annotations = list(document.annset("zo\u00eb")) if d.spans else []
        assert sorted((a.type, document[a]) for a in annotations) == d.said()
        assert relations(path, annotations, d.text) == d.linked()
        by_id = {a.id: a for a in annotations}
        for span in d.spans:
            features = dict(by_id[span.id].features)
            assert features.pop("note", "") == span.note
            assert {name: str(value) for name, value in features.items()} == span.attributes
        assert document.features["title"] == d.title
    assert back(out, "gate") == {d.text: d.said() for d in expected}
    return counted(expected)


CHECKS = [("gate", "gatenlp", check_gate)]
