"""The corpus that all readers load: made here, so that what is expected is known to Python and not from Byline."""

import csv
from dataclasses import dataclass, field


@dataclass
class Span:
    id: int
    label: str
    fragments: list  # of (start, end) in code points
    attributes: dict = field(default_factory=dict)
    note: str = ""

    @property
    def whole(self):
        return self.fragments[0][0], self.fragments[-1][1]


@dataclass
class Document:
    id: str
    title: str
    text: str
    spans: list = field(default_factory=list)
    links: list = field(default_factory=list)  # of (id, kind, from, to)

    def slices(self, span):
        return [self.text[start:end] for start, end in span.fragments]

    def said(self, gaps=True):
        """(label, text) of each span, sorted; with their gaps, or the fragments joined with a space."""
        whole = lambda span: self.text[slice(*span.whole)]
        joined = lambda span: " ".join(self.slices(span))
        return sorted((span.label, whole(span) if gaps else joined(span)) for span in self.spans)

    def linked(self):
        by_id = {span.id: self.text[slice(*span.whole)] for span in self.spans}
        return sorted((kind, by_id[start], by_id[end]) for _, kind, start, end in self.links)


def _document(number, title, text, marks, links=()):
    document = Document(f"{number:04}-{title}", title, text)
    for mark in marks:
        label, parts, attributes = mark[0], mark[1:], {}
        if isinstance(parts[-1], dict):
            parts, attributes = parts[:-1], parts[-1]
        fragments, after = [], 0
        for part in parts:
            start = text.index(part, after)
            after = start + len(part)
            fragments.append((start, after))
        note = attributes.pop("note", "")
        document.spans.append(Span(len(document.spans) + 1, label, fragments, attributes, note))
    for n, (kind, start, end) in enumerate(links):
        document.links.append((n + 1, kind, start, end))
    return document


def documents():
    """Emoji of several code points, combining marks, astral letters, CR LF, right-to-left text, no spaces, formulas."""
    return [
        _document(
            1,
            "family",
            "“Prices 👨‍👩‍👧 rise,” said Zoë 🐢 Nowak,\r\n“by 8 %.” The e\u0301toile 𝒜 Group agreed.",
            [
                ("claim", "“Prices 👨‍👩‍👧 rise,”", "“by 8 %.”", {"quotation": "direct"}),
                ("speaker", "Zoë 🐢 Nowak"),
                ("statistic", "8 %", {"value": "8", "unit": "percent"}),
                ("organisation", "e\u0301toile 𝒜 Group", {"note": "=SUM(1) and\na second line"}),
                ("speaker", "e\u0301toile 𝒜 Group"),
                ("claim", "rise,” said"),
            ],
            [("says", 2, 1), ("supports", 3, 1), ("says", 5, 6)],
        ),
        _document(
            2,
            "directions",
            "דובר אמר: 12 אחוז.\n\nقال الوزير إن النُّمُوّ بلغ ٣٪.\n\n首相は「増税しない」と述べた。",
            [
                ("statistic", "12 אחוז"),
                ("speaker", "الوزير"),
                ("claim", "النُّمُوّ بلغ ٣٪"),
                ("speaker", "首相"),
                ("claim", "「増税しない」"),
            ],
            [("says", 4, 5)],
        ),
        _document(
            3,
            "spaces",
            "  Two  spaces,\tone tab;\u00a0no-break.\n\n\n=1+1 said unfairness. ",
            [
                ("claim", "Two  spaces,\tone tab;\u00a0no-break."),
                ("statistic", "=1+1"),
                ("speaker", "fair"),
                ("organisation", "unfairness"),
            ],
        ),
        _document(4, "empty", "Nobody said anything.", []),
    ]


def write_tables(folder, corpus):
    """As tables in code points, which Byline reads like anybody's."""
    folder.mkdir()
    names = sorted({name for d in corpus for span in d.spans for name in span.attributes})
    with open(folder / "spans.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        fixed = ["doc_id", "annotator", "annotation_id", "label", "start_cp", "end_cp", "fragments_cp", "note"]
        rows.writerow(fixed + [f"attr:{name}" for name in names])
        for d in corpus:
            for span in d.spans:
                fragments = ";".join(f"{start}-{end}" for start, end in span.fragments)
                values = [span.attributes.get(name, "") for name in names]
                note = "'" + span.note if span.note.startswith("=") else span.note
                rows.writerow([d.id, "zoë", f"a{span.id}", span.label, *span.whole, fragments, note, *values])
    with open(folder / "links.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["doc_id", "annotator", "link_id", "kind", "from_id", "to_id"])
        for d in corpus:
            rows.writerows([d.id, "zoë", f"l{n}", kind, f"a{a}", f"a{b}"] for n, kind, a, b in d.links)
    with open(folder / "documents.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["doc_id", "title", "text"])
        guarded = lambda text: "'" + text if text[:1] in "=+-@\t\r" else text
        rows.writerows([d.id, d.title, guarded(d.text)] for d in corpus)
