"""spaCy's DocBin with spaCy: loaded, compared span by span, judged by its own checks, and trained on."""

import contextlib
import io
import shutil

import spacy
from common import counted
from spacy.cli.debug_data import debug_data
from spacy.cli.init_config import init_config
from spacy.tokens import DocBin
from spacy.training import Corpus, offsets_to_biluo_tags
from spacy.util import filter_spans


def check_spacy(out, expected, back):
    nlp = spacy.blank("xx")
    by_text = {d.text: d for d in expected}
    worked_on = list(DocBin().from_disk(out / "annotations.spacy").get_docs(nlp.vocab))
    assert {doc.text for doc in worked_on} == {d.text for d in expected if d.spans}
    for doc in worked_on:
        compare(doc, by_text[doc.text])
    (todo,) = DocBin().from_disk(out / "unannotated.spacy").get_docs(nlp.vocab)
    assert todo.text in by_text and not by_text[todo.text].spans
    assert not todo.has_annotation("ENT_IOB") and not todo.spans
    # What spaCy packs again is the same again: it reads nothing into our file that it would not write.
    again = list(DocBin(docs=worked_on, store_user_data=True).get_docs(spacy.blank("xx").vocab))
    assert [doc.to_json() for doc in again] == [doc.to_json() for doc in worked_on]
    assert [doc.user_data for doc in again] == [doc.user_data for doc in worked_on]
    fits = as_corpus(out, worked_on)
    judged(out)
    trained(out)
    return f"{counted(expected)}; {fits}; debug data and training pass"


def compare(doc, wanted):
    assert sorted((s.label_, s.text) for s in doc.spans["sc"]) == wanted.said()
    data = doc.user_data
    assert (data["title"], data["annotator"]) == (wanted.title, "zoë")
    parts = [s for s in doc.spans["fragments"]] if "fragments" in doc.spans else []
    by_id = {s.id_: s for s in doc.spans["sc"]}
    for span in wanted.spans:
        found = by_id[f"a{span.id}"]
        assert (found.label_, found.start_char, found.end_char) == (span.label, *span.whole)
        assert doc.text[found.start_char : found.end_char] == found.text
        if len(span.fragments) > 1:
            of = [(s.start_char, s.end_char, s.text) for s in parts if s.id_ == found.id_]
            assert of == [(*f, text) for f, text in zip(span.fragments, wanted.slices(span))]
        told = data["annotations"][found.id_]
        assert (told["label"], told["start"], told["end"]) == (span.label, *span.whole)
        values = {name: str(value) for name, value in told["attributes"].items()}
        assert (values, told["note"]) == (span.attributes, span.note), told
    linked = sorted((l["kind"], by_id[l["from"]].text, by_id[l["to"]].text) for l in data["links"])
    assert linked == wanted.linked()
    # Entities are what spaCy would choose itself: the first of the longest.
    assert [(e.id_, e.label_) for e in doc.ents] == [(s.id_, s.label_) for s in filter_spans(doc.spans["sc"])]
    assert all(e.text == e.text.strip() == by_id[e.id_].text.strip() for e in doc.ents)
    entities = [(e.start_char, e.end_char, e.label_) for e in doc.ents]
    for some in [entities] + [[(s.start_char, s.end_char, s.label_)] for s in doc.spans["sc"]]:
        tags = offsets_to_biluo_tags(doc, some)
        assert "-" not in tags and sum(tag[:2] in ("B-", "U-") for tag in tags) == len(some), tags


def as_corpus(out, docs):
    """As training reads it: with the tokens of the file every entity fits."""
    nlp = spacy.blank("xx")
    examples = list(Corpus(out / "annotations.spacy", gold_preproc=True)(nlp))
    assert len(examples) == len(docs)
    for example in examples:
        tags = example.get_aligned_ner()
        assert "-" not in tags and None not in tags, tags
        assert [e.text for e in example.get_aligned_spans_y2x(example.reference.ents)] == [
            e.text for e in example.reference.ents
        ]
        spans = example.get_aligned_spans_y2x(example.reference.spans["sc"], allow_overlap=True)
        assert len(spans) == len(example.reference.spans["sc"])
    total = sum(len(doc.ents) for doc in docs)
    own = sum(
        len(e.get_aligned_spans_y2x(e.reference.ents)) for e in Corpus(out / "annotations.spacy")(spacy.blank("xx"))
    )
    return f"{total} of {total} entities fit the file's tokens, {own} those of a blank pipeline"


def judged(out):
    """spaCy's own `debug data`; it ends the program where the data are wrong."""
    config = init_config(lang="xx", pipeline=["ner", "spancat"])
    path = out.with_suffix(".cfg")
    config.to_disk(path)
    # It fails a corpus of fewer than 100 documents, whatever they are.
    corpus = out.with_suffix(".many")
    corpus.mkdir()
    for n in range(34):
        shutil.copy(out / "annotations.spacy", corpus / f"{n}.spacy")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        try:
            debug_data(
                path,
                config_overrides={
                    "paths.train": str(corpus),
                    "paths.dev": str(corpus),
                    "corpora.train.gold_preproc": True,
                    "corpora.dev.gold_preproc": True,
                },
                silent=False,
            )
        except SystemExit as end:
            assert not end.code, said.getvalue()
    assert "No entities consisting of or starting/ending with whitespace" in said.getvalue(), said.getvalue()


def trained(out):
    nlp = spacy.blank("xx")
    nlp.add_pipe("ner")
    nlp.add_pipe("spancat")
    corpus = Corpus(out / "annotations.spacy", gold_preproc=True)
    nlp.initialize(lambda: corpus(nlp))
    # Few documents are soon learnt by heart: what comes out is what went in.
    for _ in range(300):
        nlp.update(list(corpus(nlp)))
        found = nlp.evaluate(corpus(nlp))
        if found["ents_f"] == 1:
            return
    raise AssertionError(found)


CHECKS = [("spacy", "spaCy", check_spacy)]
