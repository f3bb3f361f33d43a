"""W3C Web Annotations with PyLD, as linked data: terms by a context of our own, nothing is fetched."""

import json
from collections import defaultdict

from common import counted
from pyld import jsonld

OA, AS, RDF = "http://www.w3.org/ns/oa#", "http://www.w3.org/ns/activitystreams#", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
FOAF, RDFS = "http://xmlns.com/foaf/0.1/", "http://www.w3.org/2000/01/rdf-schema#"
BASE = "https://example.org/export/"


def context():
    """The terms that are used, as the Web Annotation Vocabulary defines them."""
    iri = lambda name: {"@id": name, "@type": "@id"}
    word = lambda name: {"@id": name, "@type": "@vocab"}
    number = lambda name: {"@id": name, "@type": "http://www.w3.org/2001/XMLSchema#nonNegativeInteger"}
    time = lambda name: {"@id": f"http://purl.org/dc/terms/{name}", "@type": "http://www.w3.org/2001/XMLSchema#dateTime"}
    terms = {"id": "@id", "type": "@type", "value": f"{RDF}value", "name": f"{FOAF}name", "label": f"{RDFS}label"}
    names = ["Annotation", "TextualBody", "TextQuoteSelector", "TextPositionSelector"]
    terms |= {name: OA + name for name in names + ["tagging", "commenting", "linking", "exact", "prefix", "suffix"]}
    terms |= {"AnnotationCollection": f"{AS}OrderedCollection", "AnnotationPage": f"{AS}OrderedCollectionPage"}
    terms |= {"body": iri(f"{OA}hasBody"), "target": iri(f"{OA}hasTarget"), "source": iri(f"{OA}hasSource")}
    terms |= {"selector": iri(f"{OA}hasSelector"), "creator": iri("http://purl.org/dc/terms/creator")}
    terms |= {"motivation": word(f"{OA}motivatedBy"), "purpose": word(f"{OA}hasPurpose")}
    terms |= {"start": number(f"{OA}start"), "end": number(f"{OA}end"), "created": time("created"), "modified": time("modified")}
    terms |= {"total": number(f"{AS}totalItems"), "startIndex": number(f"{AS}startIndex"), "first": iri(f"{AS}first")}
    terms |= {"items": {"@id": f"{AS}items", "@type": "@id", "@container": "@list"}, "Person": f"{FOAF}Person"}
    return {"@context": {"Person": terms["Person"]} | terms}


def loader(url, options):
    assert url == "http://www.w3.org/ns/anno.jsonld", url
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": context()}


def graph(path):
    """Subjects with their properties, from RDF: what is no linked data is gone."""
    options = {"documentLoader": loader, "base": BASE}
    quads = jsonld.to_rdf(json.loads(path.read_text(encoding="utf-8")), options)
    subjects = defaultdict(lambda: defaultdict(list))
    for quad in quads["@default"]:
        subjects[quad["subject"]["value"]][quad["predicate"]["value"]].append(quad["object"]["value"])
    return subjects


def check_web_annotation(out, expected, back):
    for d in expected:
        nodes = graph(out / f"{d.id}.jsonld")
        one = lambda node, name: nodes[node][name][0]
        annotations = [n for n, of in nodes.items() if f"{OA}Annotation" in of[f"{RDF}type"]]
        parts, tags, notes = {}, defaultdict(list), {}
        for a in annotations:
            for body in nodes[a][f"{OA}hasBody"]:
                said = nodes[body][f"{RDF}value"] if body in nodes else []
                if said and one(body, f"{OA}hasPurpose") == f"{OA}tagging":
                    tags[a] += said
                elif said:
                    notes[a] = said[0]
            for target in nodes[a][f"{OA}hasTarget"]:
                if f"{OA}hasSource" not in nodes[target]:
                    continue
                source = one(target, f"{OA}hasSource")
                text = (out / source.removeprefix(BASE)).read_bytes().decode()
                assert text == d.text
                for selector in nodes[target][f"{OA}hasSelector"]:
                    if f"{OA}start" in nodes[selector]:
                        at = int(one(selector, f"{OA}start")), int(one(selector, f"{OA}end"))
                    else:
                        exact, prefix, suffix = (one(selector, OA + name) for name in ("exact", "prefix", "suffix"))
                assert text[slice(*at)] == exact
                assert text[: at[0]].endswith(prefix) and text[at[1] :].startswith(suffix)
                parts.setdefault(a, []).append(at)
        found = sorted((tag, sorted(parts[a])) for a in parts for tag in tags[a])
        assert found == sorted((s.label, s.fragments) for s in d.spans), found
        whole = lambda a: d.text[min(s for s, _ in parts[a]) : max(e for _, e in parts[a])]
        links = [a for a in annotations if one(a, f"{OA}motivatedBy") == f"{OA}linking"]
        kind = lambda link: next(tags[a][0] for a in annotations if link in nodes[a][f"{OA}hasTarget"])
        ends = lambda link: (whole(one(link, f"{OA}hasTarget")), whole(one(link, f"{OA}hasBody")))
        assert sorted((kind(link), *ends(link)) for link in links) == d.linked()
        assert sorted(notes.values()) == sorted(s.note for s in d.spans if s.note)
    # PyLD writes it anew, in another form, and Byline reads that.
    again = out.with_name(f"{out.name}-again")
    again.mkdir()
    options = {"documentLoader": loader, "compactArrays": True}
    for d in expected:
        document = json.loads((out / f"{d.id}.jsonld").read_text(encoding="utf-8"))
        compact = jsonld.compact(document, "http://www.w3.org/ns/anno.jsonld", options)
        assert "byline" not in compact
        (again / f"{d.id}.jsonld").write_text(json.dumps(compact), encoding="utf-8")
    (again / "texts").mkdir()
    for text in (out / "texts").iterdir():
        (again / "texts" / text.name).write_bytes(text.read_bytes())
    wanted = {d.text: d.said() for d in expected if d.spans}
    assert back(again, "web-annotation") == wanted
    return counted(expected)


CHECKS = [("web-annotation", "PyLD as RDF and compacted anew", check_web_annotation)]
