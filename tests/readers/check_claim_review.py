"""The ledger of claims as RDF: what rdflib's JSON-LD parser makes of it."""

import json
import re

from rdflib import RDF, Graph, Namespace

SCHEMA = Namespace("https://schema.org/")


def check_claim_review(out, expected, _):
    """rdflib would fetch the context from its address; here the vocabulary stands for it."""
    path = out / "claims.jsonld"
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["@context"] == "https://schema.org"
    data["@context"] = {"@vocab": str(SCHEMA)}
    graph = Graph().parse(data=json.dumps(data), format="json-ld", publicID="https://example.org/claims")
    one = lambda node, *path: one(graph.value(node, SCHEMA[path[0]], any=False), *path[1:]) if path else node
    claims = list(graph.subjects(RDF.type, SCHEMA.Claim))
    assert len(claims) == int(data["numberOfItems"]) == sum(s.label == "claim" for d in expected for s in d.spans)
    assert not list(graph.subjects(RDF.type, SCHEMA.ClaimReview))
    found = {d.id: {} for d in expected}
    for claim in claims:
        document, _, number = str(claim).split("#")[1].split("/")
        document = next(d for d in expected if d.id == document)
        article = one(claim, "appearance")
        assert str(one(article, "headline")) == document.title
        said = {}
        for part in graph.objects(article, SCHEMA.hasPart):
            assert (part, RDF.type, SCHEMA.Quotation) in graph
            start, end = map(int, re.fullmatch("char=(\\d+),(\\d+)", str(one(part, "position"))).groups())
            assert document.text[start:end] == str(one(part, "text"))
            said.setdefault(str(one(part, "name")), []).append((start, end))
        span = next(s for s in document.spans if f"a{s.id}" == number)
        assert sorted(said["claim"]) == span.fragments
        by_id = {s.id: s for s in document.spans}
        speakers = [by_id[a] for _, kind, a, b in document.links if kind == "says" and b == span.id]
        assert sorted(said.get("speaker", [])) == sorted(f for s in speakers for f in s.fragments)
        names = sorted(str(one(author, "name")) for author in graph.objects(claim, SCHEMA.author))
        assert names == sorted(document.text[slice(*s.whole)] for s in speakers)
        backing = [by_id[a] for _, kind, a, b in document.links if kind == "supports" and b == span.id]
        cited = sorted(str(one(s, "text")) for s in graph.objects(claim, SCHEMA.citation))
        assert cited == sorted(document.text[slice(*s.whole)] for s in backing)
    return f"{len(claims)} claims with their speakers, places and statistics"


CHECKS = [("claimreview", "rdflib", check_claim_review)]
