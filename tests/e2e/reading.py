"""What a screen reader finds in the window."""

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
