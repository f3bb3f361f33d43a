"""Hugging Face dataset folder with the library `datasets`, offline, as people load it; the files with pyarrow alone."""

import hashlib
import json
import os

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}

import pyarrow.parquet
import yaml
from datasets import ClassLabel, get_dataset_config_names, load_dataset
from seqeval.scheme import IOB2, Entities


def check_huggingface(out, expected, back):
    load = loader(out)
    assert get_dataset_config_names(str(out)) == ["tokens", "spans"]
    # Nothing was asked for: all that is annotated is for training.
    tokens, spans = load(), load("spans")
    assert set(tokens) == {"train"} and set(spans) == {"train", "unannotated"}
    whole(spans, expected)
    tagged(tokens["train"], spans["train"], expected)
    card(out, expected)
    files(out)
    divided(back, expected)
    labels_apart(back, expected)
    without_text(back, expected)
    any_name(out, back)
    return f"{sum(len(d.spans) for d in expected)} spans and all tokens the same; splits share no document"


# The corpus has spans that overlap and cannot both have tags: what is left out is for whoever exports to decide.
LONGEST = ["--flatten", "longest-first"]


def loader(folder):
    return lambda *name: load_dataset(str(folder), *name, cache_dir=str(folder.with_suffix(".cache")))


def rows(dataset):
    return [row for split in dataset.values() for row in split]


def whole(dataset, expected):
    """Everything of the corpus is in `spans`."""
    by_id = {row["id"]: row for row in rows(dataset)}
    assert set(by_id) == {d.id for d in expected}
    for document in expected:
        row = by_id[document.id]
        assert (row["text"], row["title"]) == (document.text, document.title)
        assert row["sha256"] == hashlib.sha256(document.text.encode()).hexdigest()
        assert row["annotator"] == ("zoë" if document.spans else "")
        compare(row, document, document.text)
        assert all(s["text"] == document.text[s["start"] : s["end"]] for s in row["spans"])
        assert sorted((s["label"], s["text"]) for s in row["spans"]) == document.said()
        said = {s["id"]: s["text"] for s in row["spans"]}
        assert sorted((l["kind"], said[l["from"]], said[l["to"]]) for l in row["links"]) == document.linked()


def compare(row, document, text):
    found = {span["id"]: span for span in row["spans"]}
    assert len(found) == len(document.spans)
    for span in document.spans:
        told = found[f"a{span.id}"]
        assert (told["label"], told["start"], told["end"]) == (span.label, *span.whole)
        assert [(f["start"], f["end"]) for f in told["fragments"]] == span.fragments
        values = {name: str(value) for name, value in json.loads(told["attributes"]).items()}
        assert (values, told["note"]) == (span.attributes, span.note)
        assert json.loads(told["origin"])


def kept(document, only):
    """Of those that overlap the one that covers most, or the first of one label: worked out here, not asked of Byline."""
    mine = [span for span in document.spans if only in (None, span.label)]
    order = sorted(mine, key=lambda s: (s.whole[0], -s.whole[1], s.id))
    if only is None:
        order = sorted(order, key=lambda s: -len("".join(document.slices(s)).encode()))
    taken = []
    for span in order:
        if all(span.whole[1] <= other.whole[0] or other.whole[1] <= span.whole[0] for other in taken):
            taken.append(span)
    return sorted(taken, key=lambda s: s.whole)


def tagged(dataset, spans, expected, only=None):
    """The tags say the spans of the longest, by seqeval; the tokens are the text without its white space."""
    tags = dataset.features["ner_tags"].feature
    assert isinstance(tags, ClassLabel) and tags.names[0] == "O"
    texts = {row["id"]: row["text"] for row in spans}
    by_id = {d.id: d for d in expected}
    assert len(dataset) == len(texts)
    for row in dataset:
        document, text = by_id[row["id"]], texts[row["id"]]
        places = list(zip(row["starts"], row["ends"]))
        assert [text[start:end] for start, end in places] == row["tokens"]
        assert "".join(row["tokens"]) == "".join(text.split())
        assert row["sentence_starts"][0] == 0 and row["sentence_starts"] == sorted(set(row["sentence_starts"]))
        names = tags.int2str(row["ner_tags"])
        found = Entities([names], IOB2).entities[0]
        wanted = kept(document, only)
        found = [(e.tag, text[places[e.start][0] : places[e.end - 1][1]]) for e in found]
        assert found == [(s.label, text[slice(*s.whole)]) for s in wanted], (found, wanted)
        tagged_ids = {f"a{span.id}" for span in wanted}
        mine = [s for s in document.spans if only in (None, s.label)]
        assert set(row["left_out"]) == {f"a{s.id}" for s in mine} - tagged_ids


def card(out, expected):
    page = (out / "README.md").read_text(encoding="utf-8")
    front = yaml.safe_load(page.split("---\n")[1])
    assert front["license"] == "unknown" and front["task_categories"] == ["token-classification"]
    for label in {span.label for d in expected for span in d.spans}:
        count = sum(span.label == label for d in expected for span in d.spans)
        assert f"| {label} | {count} | 0 | 0 |" in page
    assert "| zoë | 3 | 15 |" in page and "Not known: no document was annotated by two people." in page
    for document in expected:
        assert hashlib.sha256(document.text.encode()).hexdigest() in page


def files(out):
    """The files alone know what they hold, and are those that the card names."""
    page = (out / "README.md").read_text(encoding="utf-8")
    for path in out.rglob("*.parquet"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in page
        table = pyarrow.parquet.read_table(path)
        table.validate(full=True)
        assert f"    num_bytes: {table.nbytes}\n    num_examples: {table.num_rows}\n" in page, (path, table.nbytes)
        features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
        assert list(features) == table.column_names


def divided(back, expected):
    """Every way to divide gives splits with the same rows in all, and no document in two."""
    for split, seed in [("random:1/1/1", "1"), ("random:1/1/1", "7"), ("random:80/20", "1"), ("none", "1")]:
        folder = back.export("huggingface", "--split", split, "--seed", seed, "--license", "CC-BY-4.0", *LONGEST)
        load = loader(folder)
        spans, tokens = load("spans"), load("tokens")
        whole(spans, expected)
        seen = {name: {row["id"] for row in rows} for name, rows in spans.items()}
        assert sum(map(len, seen.values())) == len(set().union(*seen.values())) == len(expected)
        assert {name: {row["id"] for row in rows} for name, rows in tokens.items()} == {
            name: ids for name, ids in seen.items() if name != "unannotated"
        }
        assert split != "random:1/1/1" or set(tokens) == {"train", "validation", "test"}
        page = (folder / "README.md").read_text(encoding="utf-8")
        assert yaml.safe_load(page.split("---\n")[1])["license"] == "cc-by-4.0"


def labels_apart(back, expected):
    folder = back.export("huggingface", "--flatten", "one-file-per-label")
    load = loader(folder)
    for label in {span.label for d in expected for span in d.spans}:
        dataset = load(f"tokens-{label}")["train"]
        assert dataset.features["ner_tags"].feature.names == ["O", f"B-{label}", f"I-{label}"]
        tagged(dataset, load("spans")["train"], expected, label)


def without_text(back, expected):
    folder = back.export("huggingface", "--without-text")
    assert get_dataset_config_names(str(folder)) == ["spans"]
    by_id = {d.id: d for d in expected}
    for row in rows(loader(folder)()):
        assert "text" not in row and all("text" not in span for span in row["spans"])
        compare(row, by_id[row["id"]], None)
    told = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert not any(span.encode() in told for d in expected for s in d.spans for span in d.slices(s) if len(span) > 9)


def any_name(out, back):
    """Labels that mean something in YAML or Markdown are still labels."""
    names = ["a: b", "#é", "'x\"\\", "- [y]", "null", "O", "|🐢*", "%{", "\u2028 &a", "1", "~", "B-B"]
    text = "é" * len(names)
    path = out.with_suffix(".jsonl")
    path.write_text(json.dumps({"text": text, "label": [[n, n + 1, name] for n, name in enumerate(names)]}) + "\n")
    load = loader(back.export("huggingface", project=back.project(path, "doccano")))
    (row,) = load("spans")["train"]
    assert [span["label"] for span in row["spans"]] == names
    tokens = load("tokens")["train"]
    tags = tokens.features["ner_tags"].feature
    assert tags.int2str(tokens[0]["ner_tags"]) == [f"B-{name}" for name in names]
    assert set(tags.names) == {"O"} | {f"{letter}-{name}" for letter in "BI" for name in names}


CHECKS = [("huggingface", "datasets, offline, with seqeval", check_huggingface)]
