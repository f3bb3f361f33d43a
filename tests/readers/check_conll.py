"""CoNLL columns with seqeval and spaCy, CoNLL-U with the package `conllu`; every scheme of tags."""

import conllu
import spacy
from seqeval.scheme import BILOU, IOB1, IOB2, IOBES, Entities
from spacy.tokens import Doc, Span
from spacy.training import offsets_to_biluo_tags
from spacy.training.converters import conll_ner_to_docs

SCHEMES = {"iob1": IOB1, "iob2": IOB2, "iobes": IOBES, "bilou": BILOU}
LETTERS = lambda text: "".join(c for c in text if not c.isspace() and c.isprintable() or c == "\u200d")


def kept(document):
    """Of those that overlap, the one that covers most: worked out here, not asked of Byline."""
    by_start = sorted(document.spans, key=lambda s: (s.whole[0], -s.whole[1], s.id))
    by_length = sorted(by_start, key=lambda s: -len("".join(document.slices(s)).encode()))
    taken = []
    for span in by_length:
        start, end = span.whole
        if all(end <= other.whole[0] or other.whole[1] <= start for other in taken):
            taken.append(span)
    return sorted(taken, key=lambda s: s.whole)


def said(document):
    """Label and letters of each, in their order: white space is in no word."""
    return [(s.label, LETTERS(document.text[slice(*s.whole)])) for s in kept(document)]


def documents(path):
    """Sentences of words and tags, by document."""
    parts = path.read_text(encoding="utf-8").split("-DOCSTART- -X- O O\n\n")
    assert parts[0] == ""
    for part in parts[1:]:
        blocks = [block.split("\n") for block in part.strip("\n").split("\n\n") if block]
        yield [[(row.split(" ")[0], row.split(" ")[3]) for row in block] for block in blocks]


def found(sentences, scheme):
    """What seqeval takes for entities, strictly by the scheme."""
    entities = Entities([[tag for _, tag in s] for s in sentences], SCHEMES[scheme]).entities
    words = lambda s, e: "".join(word for word, _ in s[e.start : e.end])
    return [(e.tag, LETTERS(words(s, e))) for s, of in zip(sentences, entities) for e in of]


def check_conll(out, expected, back):
    assert '"tags": "iob2"' in (out / "byline.json").read_text()
    for scheme in SCHEMES:
        path = back.export("conll", "--tags", scheme, "--flatten", "longest-first") / "annotations.conll"
        read = list(documents(path))
        assert len(read) == len(expected)
        for document, sentences in zip(expected, read):
            assert LETTERS("".join(w for s in sentences for w, _ in s)) == LETTERS(document.text)
            assert found(sentences, scheme) == said(document), (scheme, found(sentences, scheme), said(document))
            if scheme == "bilou":
                spacys(document, [pair for sentence in sentences for pair in sentence])
    # spaCy's own converter, and back from the Docs it made.
    nlp, text = spacy.blank("xx"), (out / "annotations.conll").read_text(encoding="utf-8")
    docs = list(conll_ner_to_docs(text, no_print=True))
    assert [[(e.label_, LETTERS(e.text)) for e in doc.ents] for doc in docs] == [said(d) for d in expected]
    rows = lambda doc: "".join(f"{t.text}\t{t.ent_iob_}{'-' * bool(t.ent_type_)}{t.ent_type_}\n" for t in doc)
    path = out.with_suffix(".iob")
    path.write_text("\n".join("-DOCSTART-\tO\n\n" + rows(doc) for doc in docs), encoding="utf-8")
    again = back(path, "conll")
    letters = {LETTERS(text): sorted((label, LETTERS(quote)) for label, quote in spans) for text, spans in again.items()}
    assert letters == {LETTERS(d.text): sorted(said(d)) for d in expected}
    return f"{sum(len(said(d)) for d in expected)} spans the same in {len(SCHEMES)} schemes"


def spacys(document, pairs):
    """The tags are those that spaCy makes of the offsets."""
    words, at, places = [word for word, _ in pairs], 0, []
    for word in words:
        at = document.text.index(word, at)
        places.append((at, at + len(word)))
        at += len(word)
    doc = Doc(spacy.blank("xx").vocab, words=words)
    entities = []
    for span in kept(document):
        own = [n for n, (start, end) in enumerate(places) if span.whole[0] <= start and end <= span.whole[1]]
        piece = Span(doc, own[0], own[-1] + 1)
        entities.append((piece.start_char, piece.end_char, span.label))
    assert [tag for _, tag in pairs] == offsets_to_biluo_tags(doc, entities)


SPACES = {"\\s": " ", "\\t": "\t", "\\n": "\n", "\\r": "\r", "\\p": "|", "\\\\": "\\", "\\u00A0": "\u00a0"}


def spaces(value):
    at, found = 0, ""
    while at < len(value):
        escape = next(e for e in SPACES if value.startswith(e, at))
        found, at = found + SPACES[escape], at + len(escape)
    return found


def check_conllu(out, expected, back):
    content = (out / "annotations.conllu").read_text(encoding="utf-8")
    texts, tags = [], []
    for sentence in conllu.parse(content):
        if "newdoc id" in sentence.metadata:
            texts.append("")
            tags.append([])
        told = ""
        for n, token in enumerate(sentence):
            misc = token["misc"]
            gap = "" if misc.get("SpaceAfter") == "No" else spaces(misc.get("SpacesAfter", "\\s"))
            texts[-1] += spaces(misc.get("SpacesBefore", "")) + token["form"] + gap
            told += token["form"] + (" " if gap and n + 1 < len(sentence) else "")
        assert told == sentence.metadata["text"]
        tags[-1].append([(token["form"], token["misc"]["ner"]) for token in sentence])
    # Where nothing is said of the last space of a document, there is none.
    assert [t.removesuffix(" ") for t in texts] == [d.text.removesuffix(" ") for d in expected]
    assert [found(sentences, "iob2") for sentences in tags] == [said(d) for d in expected]
    # What the package writes again is read with everything that only Byline knows.
    path = out.with_suffix(".conllu")
    path.write_text("".join(sentence.serialize() for sentence in conllu.parse(content)), encoding="utf-8")
    assert back(path, "conllu") == {d.text: d.said() for d in expected}
    return f"{sum(len(said(d)) for d in expected)} spans and all texts the same, all spans back"


CHECKS = [("conll", "seqeval and spaCy", check_conll), ("conllu", "conllu, and back", check_conllu)]
