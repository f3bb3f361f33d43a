"""brat's standoff with bioc."""

import re

import bioc.brat
from common import counted


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


CHECKS = [("brat", "bioc.brat", check_brat)]
