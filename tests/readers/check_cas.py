"""UIMA's CAS with dkpro-cassis: the covered text of every annotation, both ends of every relation, and the way back."""

import cassis
from common import counted

PACKAGE = "webanno.custom."


def compared(cas, d):
    """A CAS against a document of the corpus; cassis counts code points and converts from UTF-16 itself."""
    assert cas.sofa_string == d.text
    relations, spans = [], []
    for fs in cas.select_all():
        if fs.type.name.startswith(PACKAGE):
            is_relation = fs.type.get_feature("Governor") is not None
            (relations if is_relation else spans).append(fs)
    name = lambda fs: fs.type.name.removeprefix(PACKAGE)
    assert sorted((name(s), s.get_covered_text()) for s in spans) == d.said(), d.id
    covered = lambda fs: fs.get_covered_text()
    linked = sorted((name(r), covered(r.Governor), covered(r.Dependent)) for r in relations)
    assert linked == d.linked(), d.id
    wanted = {(name(s), s.begin, s.end): s for s in spans}
    for span in d.spans:
        found = wanted[(span.label, *span.whole)]
        for key, value in span.attributes.items():
            # Whether a value is a number is for the scheme to say, and Byline's reads the table's cells.
            assert str(found[key]) in (value, f"{value}.0"), (key, found[key])
        assert (found.note or "") == span.note
    meta = cas.select("de.tudarmstadt.ukp.dkpro.core.api.metadata.type.DocumentMetaData")[0]
    assert (meta.documentId, meta.documentTitle) == (d.id, d.title)


def check_xmi(out, expected, back):
    with open(out / "TypeSystem.xml", "rb") as file:
        types = cassis.load_typesystem(file)
    for d in expected:
        with open(out / f"{d.id}.xmi", "rb") as file:
            compared(cassis.load_cas_from_xmi(file, typesystem=types), d)
    again = out.with_name(out.name + "-again")
    again.mkdir()
    types.to_xml(again / "TypeSystem.xml")
    for d in expected:
        with open(out / f"{d.id}.xmi", "rb") as file:
            cassis.load_cas_from_xmi(file, typesystem=types).to_xmi(again / f"{d.id}.xmi")
    assert back(again, "xmi") == {d.text: d.said() for d in expected}
    return counted(expected)


def check_json(out, expected, back):
    again = out.with_name(out.name + "-again")
    again.mkdir()
    for d in expected:
        with open(out / f"{d.id}.json", "rb") as file:
            cas = cassis.load_cas_from_json(file)
        compared(cas, d)
        cas.to_json(again / f"{d.id}.json")
    assert back(again, "cas-json") == {d.text: d.said() for d in expected}
    return counted(expected)


CHECKS = [("xmi", "dkpro-cassis, and back", check_xmi), ("cas-json", "dkpro-cassis, and back", check_json)]
