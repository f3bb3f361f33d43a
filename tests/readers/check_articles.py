"""Articles that programs of others wrote: what comes in is what went in."""

import re
from pathlib import Path

# A font of the program itself, in which all the letters below are.
FONT = str(Path(__file__).parents[2] / "assets/fonts/BylineSerif-Regular.ttf")
HEADLINE = "Fischer am Ende"
PARAGRAPHS = [
    "«\u00a0Wir haben nichts mehr\u00a0», sagte Zoë Müller, die Präsidentin der Union der Fischer, am Freitag in der Hauptstadt, "
    "wohin sie mit vierzig Booten gekommen war – und mit 12,5\u202f% weniger Fang als im Jahr davor.",
    "Das Ministerium spricht von einem Rückgang über zwei Jahre; die Union zählt anders, und sie zählt länger, sagte sie, als das "
    "Ministerium es tut.",
    "Ελληνικά und русский Text stehen auch hier, in einem Absatz, der lang genug ist, um auf mehrere Zeilen verteilt zu werden, wo "
    "immer er gesetzt wird.",
]
ITEMS = ["die Boote", "die Netze"]
ROWS = [["Jahr", "Tonnen"], ["2021", "410"], ["2022", "360"]]
AUTHOR = "Zoë Müller"


def expected(*, bullets=True, rows=True):
    items = "".join(f"• {item}\n" for item in ITEMS)
    table = "".join("\t".join(row) + "\n" for row in ROWS)
    blocks = [HEADLINE, *PARAGRAPHS] + [items.rstrip("\n")] * bullets + [table.rstrip("\n")] * rows
    return "\n\n".join(blocks) + "\n"


def python_docx(path):
    import docx

    document = docx.Document()
    document.core_properties.author = AUTHOR
    document.core_properties.title = HEADLINE
    document.add_heading(HEADLINE, 1)
    for paragraph in PARAGRAPHS:
        made = document.add_paragraph()
        # In several runs, as word processors leave them.
        for piece in re.split("(?<=,)", paragraph):
            made.add_run(piece).bold = piece.startswith(" s")
    for item in ITEMS:
        document.add_paragraph(item, style="List Bullet")
    table = document.add_table(rows=0, cols=2)
    for row in ROWS:
        for cell, text in zip(table.add_row().cells, row):
            cell.text = text
    document.save(path)


def odfpy(path):
    from odf import dc, meta, style, table, text
    from odf.opendocument import OpenDocumentText

    document = OpenDocumentText()
    document.meta.addElement(dc.Title(text=HEADLINE))
    document.meta.addElement(meta.InitialCreator(text=AUTHOR))
    document.text.addElement(text.H(outlinelevel=1, text=HEADLINE))
    for paragraph in PARAGRAPHS:
        document.text.addElement(text.P(text=paragraph))
    bullets = text.ListStyle(name="L1")
    bullets.addElement(text.ListLevelStyleBullet(level=1, bulletchar="•"))
    document.automaticstyles.addElement(bullets)
    made = text.List(stylename=bullets)
    for item in ITEMS:
        entry = text.ListItem()
        entry.addElement(text.P(text=item))
        made.addElement(entry)
    document.text.addElement(made)
    made = table.Table()
    for row in ROWS:
        line = table.TableRow()
        for cell in row:
            entry = table.TableCell()
            entry.addElement(text.P(text=cell))
            line.addElement(entry)
        made.addElement(line)
    document.text.addElement(made)
    document.save(path)


def ebooklib(path):
    from ebooklib import epub

    book = epub.EpubBook()
    book.set_title(HEADLINE)
    book.set_language("de")
    book.add_author(AUTHOR)
    chapters = []
    blocks = [f"<h1>{HEADLINE}</h1>", *(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)]
    blocks.append("<ul>" + "".join(f"<li>{item}</li>" for item in ITEMS) + "</ul>")
    cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in ROWS)
    blocks.append("<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>")
    for n, part in enumerate((blocks[:2], blocks[2:])):
        chapter = epub.EpubHtml(title=str(n), file_name=f"text/{9 - n}.xhtml", lang="de")
        chapter.content = "".join(part)
        book.add_item(chapter)
        chapters.append(chapter)
    book.toc = chapters
    book.add_item(epub.EpubNcx())
    book.add_item(epub.EpubNav())
    book.spine = ["nav", *chapters]
    epub.write_epub(path, book)


def reportlab(path):
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

    pdfmetrics.registerFont(TTFont("Face", FONT))
    styles = getSampleStyleSheet()
    for name in ("Title", "BodyText"):
        styles[name].fontName = "Face"
    story = [Paragraph(HEADLINE, styles["Title"])]
    story += [Paragraph(paragraph, styles["BodyText"]) for paragraph in PARAGRAPHS]
    story.append(Table(ROWS, colWidths=[120, 120]))
    document = SimpleDocTemplate(str(path), title=HEADLINE, author=AUTHOR)
    document.build(story)


def fpdf2(path):
    from fpdf import FPDF

    document = FPDF()
    document.set_title(HEADLINE)
    document.set_author(AUTHOR)
    document.add_font("Face", "", FONT)
    document.add_page()
    document.set_font("Face", size=18)
    document.multi_cell(0, 10, HEADLINE, align="C")
    document.ln(12)
    document.set_font("Face", size=11)
    for paragraph in PARAGRAPHS:
        document.multi_cell(0, 5.5, paragraph, align="J")
        document.ln(9)
    document.output(str(path))


def made_by(writer, extension, want):
    def check(take):
        path = take.folder / f"{writer.__name__}.{extension}"
        writer(path)
        row, text, project = take(path)
        assert same(text, extension) == same(want, extension), f"{text!r}\n{want!r}"
        assert row["kind"] == extension.upper() and row["title"] == HEADLINE, row
        assert f'author: "{AUTHOR}"' in project, project
        return f"{len(text)} characters, {sum(row['taken'].values())} pieces, {sum(row['left_out'].values())} left out"

    return check


def same(text, extension):
    """A PDF has room instead of blanks, of whatever kind they were."""
    return re.sub("[ \u00a0\u202f]+", " ", text) if extension == "pdf" else text


ARTICLES = [
    ("docx", "python-docx", made_by(python_docx, "docx", expected())),
    ("odt", "odfpy", made_by(odfpy, "odt", expected())),
    ("epub", "EbookLib", made_by(ebooklib, "epub", expected())),
    ("pdf", "reportlab", made_by(reportlab, "pdf", expected(bullets=False))),
    ("pdf", "fpdf2", made_by(fpdf2, "pdf", expected(bullets=False, rows=False))),
]
