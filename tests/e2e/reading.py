"""What a screen reader finds in the window."""

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi

from bench import step
from desk import check, equal, wait_for

CONTROLS = (
    "push button", "toggle button", "radio button", "check box", "combo box", "entry", "page tab", "list item",
    "document frame",
)


@step
def paragraphs_are_read_with_their_text_in_their_order(bench):
    bench.window.keys("Escape*4", "ctrl+Home")
    expected = bench.project.paragraphs[:5]
    wait_for("the first paragraphs", lambda: [n.name for n in bench.window.nodes("paragraph")][:5] == expected)


@step
def marks_are_read_with_label_and_text(bench):
    near = "\n\n".join(bench.project.paragraphs[:5])
    expected = [f"{label}: {quote}" for label, quote in bench.project.marks() if quote.split(" … ")[0] in near]
    check(len(expected) > 5, "there are too few marks to compare")
    found = [n.name for n in bench.window.nodes("static")]
    equal(sorted(set(expected) - set(found)), [], "marks that are not read")
    everything = [f"{label}: {quote}" for label, quote in bench.project.marks()]
    equal(sorted(set(found) - set(everything)), [], "what is read and is not there")


@step
def letters_caret_and_selection_are_read_and_can_be_set(bench):
    page = bench.window.node("document frame", "").accessible.get_text_iface()
    check(page, "the page has no text")
    text = Atspi.Text.get_text(page, 0, -1)
    start = "\n".join(bench.project.paragraphs[:2])
    equal(text[: len(start)], start, "the text of the page")
    bench.go_to(2, "Russia stands")
    place = text.index("Russia stands")
    wait_for("the caret to be there", lambda: Atspi.Text.get_caret_offset(page) == place)
    bench.window.keys("shift+Right*6")
    ends = lambda: (lambda r: (r.start_offset, r.end_offset))(Atspi.Text.get_selection(page, 0))
    wait_for("the word to be selected", lambda: ends() == (place, place + 6))
    # A screen reader puts the caret elsewhere, and keys go on from there.
    Atspi.Text.set_caret_offset(page, place + 7)
    wait_for("the caret to move", lambda: Atspi.Text.get_caret_offset(page) == place + 7)
    bench.window.keys("shift+Right*6")
    wait_for("the next word to be selected", lambda: ends() == (place + 7, place + 13))
    equal(text[place + 7 : place + 13], "stands", "the word")
    bench.window.keys("Escape*2")


@step
def everything_that_can_be_pressed_or_filled_in_has_a_name(bench):
    window = bench.window
    equal(nameless(window), [], "nameless while nothing is selected")
    window.keys("Tab")
    wait_for("a mark to be selected", bench.selected_mark)
    equal(nameless(window), [], "nameless in the card")
    for keys, says in [("ctrl+k", "What do you want to do?"), ("ctrl+d", "Address"), ("ctrl+n", "Folder")]:
        window.keys(keys)
        wait_for(f"“{says}”", lambda: [n for n in window.nodes() if n.name.startswith(says)])
        found = nameless(window)
        window.close_dialog()
        equal(found, [], f"nameless after {keys}")


def nameless(window):
    """What a screen reader cannot call by a name."""
    return [n for n in window.nodes() if n.role in CONTROLS and not n.name.strip()]
