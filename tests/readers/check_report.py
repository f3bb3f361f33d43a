"""The HTML report as a browser's parser reads it: no error, the whole text, every mark, who said what."""

import html5lib
from common import counted


def text_of(element):
    """Its characters; a control that HTML cannot hold stands in an element that names it."""
    if element.get("data-c"):
        return chr(int(element.get("data-c"), 16))
    return (element.text or "") + "".join(text_of(child) + (child.tail or "") for child in element)


def check_report(out, expected, _):
    """html5lib parses as the HTML standard says; with `strict` any error of the page is one here."""
    page = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse((out / "index.html").read_bytes())
    assert not list(page.iter("script")) and all(e.get("src") is None for e in page.iter() if isinstance(e.tag, str))
    articles = [e for e in page.iter("article")]
    assert len(articles) == len(expected)
    for article, document in zip(articles, expected):
        texts = [e for e in article.iter("div") if e.get("class") == "text"]
        assert len(texts) == 1
        # Between the paragraphs stand line ends of the page.
        assert "".join(text_of(p) for p in texts[0].iter("p")) == document.text
        said, labels = {}, {}
        for mark in texts[0].iter("mark"):
            said.setdefault(mark.get("data-id"), []).append(text_of(mark))
            if mark.get("title"):
                labels[mark.get("data-id")] = mark.get("title").split(" ")[0].lower()
                start, end = int(mark.get("data-start")), int(mark.get("data-end"))
                assert document.text[start:end].startswith(text_of(mark)), document.text[start:end]
        slices = {f"a{s.id}": "".join(document.slices(s)) for s in document.spans}
        assert {n: "".join(parts) for n, parts in said.items()} == slices, said
        assert labels == {f"a{s.id}": s.label for s in document.spans}, labels
        rows = [row.get("data-row") for row in article.iter("tr") if row.get("data-row")]
        assert sorted(rows) == sorted(slices)
        ledger = {li.get("data-claim") for li in article.iter("li") if li.get("data-claim")}
        assert ledger == {f"a{s.id}" for s in document.spans if s.label == "claim"}
    return counted(expected)


CHECKS = [("html", "html5lib, strictly", check_report)]
