"""Annotating with the mouse. Where words are on the screen is read from the marks that the keyboard makes of them."""

import time

from bench import step
from desk import wait_for


@step
def a_drag_selects_whole_words_and_a_click_on_a_chip_marks_them(bench):
    first, last = box_of(bench, 3, "bilateral"), box_of(bench, 3, "cooperation")
    bench.window.drag(inside(first, 0.5), inside(last, 0.5))
    bench.window.click_on("toggle button", "Claim")
    bench.marked("claim", "bilateral cooperation")


@step
def a_drag_with_alt_selects_exactly_what_it_passes_over(bench):
    first, last = box_of(bench, 5, "president"), box_of(bench, 5, "referred")
    bench.window.drag(inside(first, 0.0), inside(last, 1.0), held="alt")
    bench.window.keys("1")
    bench.marked("speaker", "president referred")
    bench.window.keys("ctrl+z")
    # Between two letters, where whole words would be more.
    bench.window.drag(inside(first, 0.5), inside(last, 0.5), held="alt")
    bench.window.keys("1")
    bench.saved("a part of these words", lambda p: [q for label, q in p.marks() if is_part(label, q)])


@step
def a_double_click_selects_a_word_and_a_triple_click_a_sentence(bench):
    word = box_of(bench, 5, "Caribbean")
    bench.window.click(*inside(word, 0.5), times=2)
    bench.window.keys("4")
    bench.marked("organisation", "Caribbean")
    word = box_of(bench, 5, "Southern")

    def sentence_marked():
        bench.window.click(*inside(word, 0.5), times=3)
        bench.window.keys("2")
        if wait_for("a claim", lambda: newest_claim(bench)) == bench.project.paragraphs[4]:
            return True
        # On a machine that is busy elsewhere the three clicks may come too far apart to be one.
        bench.window.keys("ctrl+z", "Escape*4")
        wait_for("the claim to be gone", lambda: not newest_claim(bench))
        return False

    wait_for("a triple click to be one", sentence_marked)


@step
def clicks_at_one_place_select_the_marks_there_from_the_inner_to_the_outer(bench):
    window = bench.window
    window.keys("Escape*4", "ctrl+Home")
    word = mark_box(bench, "organisation: Caribbean")
    sentence = bench.project.paragraphs[4]
    for name in ["organisation: Caribbean", f"claim: {sentence}", "organisation: Caribbean"]:
        window.click(*inside(word, 0.5))
        wait_for(f"“{name[:40]}” to be selected", lambda: bench.selected_mark() == name)
        # Sooner, the next click would make this one a double click.
        time.sleep(0.5)


@step
def a_handle_dragged_moves_the_end_to_a_word(bench):
    window = bench.window
    there = box_of(bench, 3, "Latin American")
    window.keys("Escape*4", "ctrl+Home")
    mark = mark_box(bench, "claim: bilateral")
    window.click(*inside(mark, 0.5))
    wait_for("the mark to be selected", lambda: bench.selected_mark() == "claim: bilateral cooperation")
    x, y, width, height = mark
    # The handle of the end sits at the lower corner of the last letter.
    window.drag((x + width, y + height - 2), inside(there, 0.8))
    bench.marked("claim", "bilateral cooperation with Latin American")


@step
def ctrl_and_drag_add_a_fragment(bench):
    window = bench.window
    there = box_of(bench, 3, "international")
    window.keys("Escape*4", "ctrl+Home")
    window.click(*inside(mark_box(bench, "claim: bilateral"), 0.5))
    wait_for("the mark to be selected", lambda: bench.selected_mark().startswith("claim: bilateral"))
    window.drag(inside(there, 0.3), inside(there, 0.7), held="ctrl")
    bench.marked("claim", "bilateral cooperation with Latin American … international")


@step
def a_label_taken_as_a_brush_marks_what_is_selected_next(bench):
    window = bench.window
    word = box_of(bench, 1, "roundtables")
    window.keys("Escape*4", "4")
    window.wait_says("Brush: Organisation")
    window.click(*inside(word, 0.5), times=2)
    bench.marked("organisation", "roundtables")
    window.keys("Escape")
    wait_for("the brush to go", lambda: not window.says("Brush:"))


def newest_claim(bench):
    """The text of a claim in the fifth paragraph, if there is one."""
    return next((q for label, q in bench.project.marks() if label == "claim" and q in bench.project.paragraphs[4]), "")


def is_part(label, quote):
    """Whether this is what a drag from the middle of “president” to the middle of “referred” can have selected."""
    return label == "speaker" and quote in "resident referre" and " " in quote


def box_of(bench, paragraph, phrase):
    """Where a phrase is on the screen: it is marked, read from the accessibility tree, and the mark taken back."""
    number = len(bench.project.marks())
    bench.select(paragraph, phrase)
    bench.window.keys("4")
    box = mark_box(bench, f"organisation: {phrase}")
    # Not before it is on disk: else “as many as before” is true of the files too early.
    bench.marked("organisation", phrase)
    bench.window.keys("ctrl+z")
    bench.saved(f"no mark on “{phrase}”", lambda p: len(p.marks()) == number)
    bench.window.keys("Escape*4")
    return box


def mark_box(bench, name):
    """Left, top, width and height of a mark's first line on the screen, in pixels."""
    return wait_for(f"the mark “{name}”", lambda: bench.window.node("static", name).box)


def inside(box, across):
    """A place in the middle of a line: 0 is its left end, 1 its right."""
    x, y, width, height = box
    return round(x + width * across), round(y + height / 2)
