"""TEI with lxml, against the schemas that the TEI Consortium made: P5 4.8 as a DTD, P5 4.3 as RELAX NG, which says more.

Two packages carry them, and nothing else of these packages is used.
"""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import corpus
from common import counted
from lxml import etree

TEI, ID = "{http://www.tei-c.org/ns/1.0}", "{http://www.w3.org/XML/1998/namespace}id"


def in_package(name, path):
    return str(Path(find_spec(name).submodule_search_locations[0]) / path)


def valid(tree, schema):
    assert schema.validate(tree), schema.error_log.filter_from_errors()


def labels_in_labels():
    """Every label in every other, control characters, and words that TEI could take for its own."""
    text = "a\u0001b \ufffeX c\u000bd <e> & “f” ]]> g.\r\nh\u0085i\u2028j"
    document = corpus.Document("0001-nested", "T\u0001 <b>", text)
    labels = ["claim", "speaker", "statistic", "organisation", "cue", "a b <&> c"]
    for outer in labels:
        for inner in labels:
            for label, place in ((outer, (3, 21)), (inner, (5, 12))):
                n = len(document.spans) + 1
                document.spans.append(corpus.Span(n, label, [place], {"n": str(n)}, "a\u0001 <note>"))
    return [document]


def others(work):
    """Files of projects with people, metadata, notes and what nobody would write."""
    byline = lambda *words: subprocess.run([sys.argv[1], *map(str, words)], cwd=work, check=True, capture_output=True)
    corpus.write_tables(work / "tei-tables", labels_in_labels())
    byline("new", "tei-nested")
    byline("import", "tei-tables", "--into", "tei-nested", "--add-labels")
    sample = Path(__file__).parents[2] / "projects/latin-america"
    for name, project in [("sample", sample), ("nested", "tei-nested")]:
        byline("export", project, "--format", "tei", "--out", f"tei-{name}-out")
        byline("export", project, "--format", "tei", "--out", f"tei-{name}-quotes", "--without-text")
        yield from (work / f"tei-{name}-out").glob("*.xml")
        yield from (work / f"tei-{name}-quotes").glob("*.xml")


def check_tei(out, expected, _):
    dtd = etree.DTD(in_package("trafilatura", "data/tei_corpus.dtd"))
    relax_ng = etree.RelaxNG(file=in_package("schemas", "tei_all.rng"))
    for path in others(out.parent):
        tree = etree.parse(path)
        valid(tree, dtd)
        valid(tree, relax_ng)
    for document in expected:
        tree = etree.parse(out / f"{document.id}.xml")
        valid(tree, dtd)
        valid(tree, relax_ng)
        by_id = {e.get(ID): e for e in tree.iter() if e.get(ID)}
        text = by_id["text"].xpath("string()")
        assert text == document.text
        found = {}
        for a in tree.iter(f"{TEI}annotation"):
            target = a.get("target")
            label = by_id[a[0].get("target")[1:]].get("n")
            numbers = re.fullmatch(r"#string-range\(text,([\d,]+)\)", target)
            if numbers:
                n = list(map(int, numbers[1].split(",")))
                ranges = [(start, start + length) for start, length in zip(n[::2], n[1::2])]
            else:
                marked = by_id[target[1:]]
                after = "".join(marked.xpath("following::text()[ancestor::*[@xml:id='text']]"))
                start = len(text) - len(after) - len(marked.xpath("string()"))
                ranges = [(start, start + len(marked.xpath("string()")))]
            found[a.get(ID).removesuffix("-about")] = (label, ranges)
        assert found == {f"a{s.id}": (s.label, s.fragments) for s in document.spans}, found
        ends = lambda link: tuple(end[1:] for end in link.get("target").split())
        kinds = {l: by_id[g.get("corresp")[1:]].get("n") for g in tree.iter(f"{TEI}linkGrp") for l in g}
        assert sorted((kind, *ends(link)) for link, kind in kinds.items()) == sorted(
            (kind, f"a{a}", f"a{b}") for _, kind, a, b in document.links
        )
    return counted(expected) + ", valid"


CHECKS = [("tei", "lxml with TEI's DTD 4.8 and RELAX NG 4.3", check_tei)]
