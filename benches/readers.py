"""How long the usual Python reader of a format takes for a folder that Byline wrote: `readers.py FORMAT FOLDER` prints
its name and seconds of CPU time, without imports. Run by the bench `exchange`, with the Python of tests/readers/run."""

import csv
import json
import re
import sys
import time
from pathlib import Path

csv.field_size_limit(sys.maxsize)


def lines(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file]


def doccano(folder):
    for line in lines(folder / "all.jsonl"):
        yield [line["text"][e["start_offset"] : e["end_offset"]] for e in line["entities"]]


def labelbuddy(folder):
    texts = {line["utf8_text_md5_checksum"]: line["text"] for line in lines(folder / "documents.jsonl")}
    for path in folder.glob("annotations-*.jsonl"):
        for line in lines(path):
            text = texts[line["utf8_text_md5_checksum"]]
            yield [text[a["start_char"] : a["end_char"]] for a in line["annotations"]]


def tables(folder):
    rows = lambda name: list(csv.DictReader(open(folder / name, newline="", encoding="utf-8-sig")))
    texts = {row["doc_id"]: row["text"] for row in rows("documents.csv")}
    rows("links.csv")
    yield [texts[row["doc_id"]][int(row["start_cp"]) : int(row["end_cp"])] for row in rows("spans.csv")]


def web_annotation(folder):
    for path in folder.glob("*.jsonld"):
        yield json.loads(path.read_text(encoding="utf-8"))
    for path in folder.rglob("*.txt"):
        yield path.read_bytes().decode()


def prodigy():
    import spacy
    from spacy.tokens import Doc

    def load(folder):
        nlp = spacy.blank("xx")
        for task in lines(folder / "annotations.jsonl"):
            words, spaces = [t["text"] for t in task["tokens"]], [t["ws"] for t in task["tokens"]]
            doc = Doc(nlp.vocab, words=words, spaces=spaces)
            doc.spans["sc"] = [doc.char_span(s["start"], s["end"], label=s["label"]) for s in task["spans"]]
            yield doc

    return load


def docbin():
    import spacy
    from spacy.tokens import DocBin

    return lambda folder: DocBin().from_disk(folder / "annotations.spacy").get_docs(spacy.blank("xx").vocab)


def brat():
    import bioc.brat

    def load(folder):
        for path in folder.rglob("*.ann"):
            path.with_suffix(".txt").read_bytes().decode()
            with open(path, encoding="utf-8", newline="\n") as file:
                yield bioc.brat.load_ann(file)

    return load


def xmi():
    import cassis

    def load(folder):
        with open(folder / "TypeSystem.xml", "rb") as file:
            types = cassis.load_typesystem(file)
        for path in folder.rglob("*.xmi"):
            with open(path, "rb") as file:
                yield cassis.load_cas_from_xmi(file, typesystem=types)

    return load


def cas_json():
    import cassis

    def load(folder):
        for path in folder.rglob("*.json"):
            with open(path, "rb") as file:
                yield cassis.load_cas_from_json(file)

    return load


def gate():
    import gatenlp

    return lambda folder: (gatenlp.Document.load(str(path), fmt="gatexml") for path in folder.rglob("*.xml"))


def conll():
    from seqeval.metrics.sequence_labeling import get_entities

    def load(folder):
        content = (folder / "annotations.conll").read_text(encoding="utf-8")
        sentences = [[row.split() for row in part.split("\n") if row] for part in content.split("\n\n")]
        yield get_entities([[row[-1] for row in sentence] for sentence in sentences if sentence])

    return load


def conllu():
    import conllu

    def load(folder):
        with open(folder / "annotations.conllu", encoding="utf-8") as file:
            yield from conllu.parse_incr(file)

    return load


def webanno():
    from web_anno_tsv import open_web_anno_tsv

    def load(folder):
        # It knows one layer and no comments: the columns of the first are what it gets.
        for path in folder.rglob("*.tsv"):
            head, _, body = path.read_text(encoding="utf-8").partition("\n\n\n")
            first = next(line for line in head.split("\n") if line.startswith("#T_SP"))
            rows = [row for row in body.split("\n") if not re.match("#(?!Text=)", row)]
            cut = path.with_suffix(".cut")
            rows = ["\t".join([*row.split("\t")[:3], "_", row.split("\t")[3], ""]) if row[:1].isdigit() else row for row in rows]
            header = ["#FORMAT=WebAnno TSV 3.3", "#T_SP=webanno.custom.Span|a|b", "", ""]
            cut.write_text("\n".join([*header, *rows]), encoding="utf-8")
            with open_web_anno_tsv(str(cut)) as reader:
                yield list(reader)
            cut.unlink()

    return load


def huggingface():
    import pyarrow.parquet

    return lambda folder: (pyarrow.parquet.read_table(path).to_pylist() for path in folder.rglob("*.parquet"))


def tei():
    from lxml import etree

    return lambda folder: (etree.parse(path) for path in folder.rglob("*.xml"))


def report():
    from lxml import html

    return lambda folder: (html.parse(path) for path in folder.rglob("*.html"))


def claimreview():
    from rdflib import Graph

    def load(folder):
        data = json.loads((folder / "claims.jsonld").read_text(encoding="utf-8"))
        # rdflib would fetch the context from its address; here the vocabulary stands for it.
        data["@context"] = {"@vocab": "https://schema.org/"}
        yield Graph().parse(data=json.dumps(data), format="json-ld", publicID="https://example.org/claims")

    return load


def label_studio():
    from label_studio_sdk.converter import Converter

    def load(folder):
        config = (folder / "label_config.xml").read_text(encoding="utf-8")
        converter = Converter(config, project_dir=str(folder), download_resources=False)
        yield from converter.iter_from_json_file(str(folder / "tasks.json"))

    return load


# The reader's name, and what makes it: the loader itself, or what imports its package and returns the loader.
READERS = {
    "brat": ("bioc", brat),
    "cas-json": ("dkpro-cassis", cas_json),
    "claimreview": ("rdflib", claimreview),
    "conll": ("split, seqeval", conll),
    "conllu": ("conllu", conllu),
    "csv": ("csv, slices", lambda: tables),
    "doccano": ("json, slices", lambda: doccano),
    "gate": ("gatenlp", gate),
    "html": ("lxml", report),
    "huggingface": ("pyarrow, as lists", huggingface),
    "label-studio": ("label-studio-sdk", label_studio),
    "labelbuddy": ("json, slices", lambda: labelbuddy),
    "prodigy": ("spaCy", prodigy),
    "spacy": ("spaCy", docbin),
    "tei": ("lxml", tei),
    "web-annotation": ("json", lambda: web_annotation),
    "webanno": ("web-anno-tsv, one layer", webanno),
    "xmi": ("dkpro-cassis", xmi),
}


def main():
    name, made = READERS[sys.argv[1]]
    folder = Path(sys.argv[2])
    load = made()
    before = time.process_time()
    # Kept, as a program keeps what it works on.
    kept = list(load(folder))
    seconds = time.process_time() - before
    assert kept, "nothing was loaded"
    print(f"{name}\t{seconds}")


if __name__ == "__main__":
    main()
