"""WebAnno TSV with web-anno-tsv: the text and the place of every span, and the way back.

It knows one layer with one value, without escapes, links or lines above the text other than the text itself. So each
layer is cut out of the file before, column by column, and the line of ours is left out; a span that runs over several
sentences comes in parts. Its escapes of texts are broken: tabs are put in for it, and where it does not know `\\r`,
nothing may follow on the line."""

import re

from common import counted
from web_anno_tsv import Annotation, open_web_anno_tsv

HEADER = "#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.Span|a|b\n\n"


def layers(path):
    """The first column of each span layer by label, the last of each relation layer by kind, and the lines below."""
    with open(path, encoding="utf-8", newline="\n") as file:
        head, _, body = file.read().partition("\n\n\n")
    columns, relations, at = {}, {}, 3
    for line in head.split("\n")[1:]:
        kind, _, rest = line.partition("=")
        name, *own = rest.split("|")
        name = name.removeprefix("webanno.custom.")
        if kind == "#T_SP":
            columns[name] = at
        at += len(own)
        if kind == "#T_RL":
            relations[name] = at - 1
    return columns, relations, [line for line in body.split("\n") if not line.startswith("#byline=")]


def linked(path, text):
    """Relations, which web-anno-tsv does not read, as INCEpTION's own class finds their ends: by number, else by row."""
    columns, relations, lines = layers(path)
    rows = [line.split("\t") for line in lines if line[:1].isdigit()]
    offsets = lambda row: [int(offset) for offset in row[1].split("-")]
    by_number, by_row = {}, {}
    for row in rows:
        begin, end = offsets(row)
        for cell in (row[column] for column in columns.values()):
            for part in [] if cell == "_" else re.split(r"(?<!\\)\|", cell):
                number = re.search(r"(?<!\\)\[(\d+)]$", part)
                if number:
                    begin = by_number.get(number[1], (begin, end))[0]
                    by_number[number[1]] = (begin, end)
                    begin = offsets(row)[0]
                else:
                    by_row[row[0]] = (begin, end)
    units = text.encode("utf-16-le")
    said = lambda place: units[2 * place[0] : 2 * place[1]].decode("utf-16-le")
    found = []
    for row in rows:
        for kind, column in relations.items():
            for part in [] if row[column] == "_" else row[column].split("|"):
                unit, source, target = re.fullmatch(r"([\d.-]+)(?:\[(\d+)_(\d+)])?", part).groups("0")
                end = lambda number, at: by_number[number] if number != "0" else by_row[at]
                found.append((kind, said(end(source, unit)), said(end(target, row[0]))))
    return sorted(found)


def sentences(path, work):
    """Each sentence as web-anno-tsv reads it, with the spans of all layers."""
    columns, _, lines = layers(path)
    merged = []
    for label, column in {"": 0, **columns}.items():
        cut = work / f"{path.stem}-{label or 'none'}.tsv"
        with open(cut, "w", encoding="utf-8", newline="\n") as file:
            file.write(HEADER)
            for line in lines:
                cells = line.split("\t")
                if line.startswith("#Text="):
                    line = line.replace("\\t", "\t")
                elif len(cells) > 1:
                    line = "\t".join([*cells[:3], "_", cells[column] if column else "_", ""])
                file.write(f"\n{line}")
        with open_web_anno_tsv(str(cut)) as reader:
            for n, sentence in enumerate(reader):
                if not label:
                    merged.append(sentence)
                found = [Annotation(label, a.text, a.start, a.stop) for a in sentence.annotations]
                assert sentence.text == merged[n].text
                merged[n].annotations.extend(found)
    return merged


def parts(d, found):
    """What each span says in each sentence, from the first to the last of its words."""
    after, expected = 0, []
    for sentence in found:
        first, last = sentence.tokens[0].start, sentence.tokens[-1].stop
        start = d.text.index(sentence.text[first:last], after)
        after = start + last - first
        said = []
        for span in d.spans:
            part = d.text[max(span.whole[0], start) : min(span.whole[1], after)]
            said += [(span.label, part)] if part else []
        expected.append(sorted(said))
    return expected


def check_webanno(out, expected, back):
    work = out.with_name(out.name + "-cut")
    again = out.with_name(out.name + "-again")
    work.mkdir()
    again.mkdir()
    wanted = {}
    for d in expected:
        found = sentences(out / f"{d.id}.tsv", work)
        said = [sorted((a.label, a.text) for a in sentence.annotations) for sentence in found]
        assert said == parts(d, found), d.id
        assert linked(out / f"{d.id}.tsv", d.text) == d.linked(), d.id
        # What it writes after a text with `\r` it counts otherwise than it wrote it.
        if "\r" not in d.text and found:
            with open_web_anno_tsv(str(again / f"{d.id}.tsv"), "w") as writer:
                for sentence in found:
                    writer.write(sentence)
            text = "\n".join(sentence.text for sentence in found)
            wanted[text] = sorted(("NamedEntity", part) for sentence in said for _, part in sentence)
    assert back(out, "webanno") == {d.text: d.said() for d in expected}
    assert back(again, "webanno") == wanted
    return counted(expected)


CHECKS = [("webanno", "web-anno-tsv, and back", check_webanno)]
