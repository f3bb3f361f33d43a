"""Annotating with the keyboard alone; after each action the files are compared."""

from bench import step
from desk import check, equal, wait_for

CLAIM = "Russia stands for Latin American countries to be strong, independent and successful"
QUOTED = "Latin Americans have always strived for independence"


@step
def words_selected_with_shift_ctrl_right_become_a_claim_with_2(bench):
    bench.go_to(2, "Russia stands")
    bench.window.keys("shift+ctrl+Right*12", "shift+Left", "2")
    bench.marked("claim", CLAIM)
    equal(bench.project.layer()["status"], "InProgress", "the status")


@step
def a_name_selected_with_shift_right_becomes_a_speaker_with_1(bench):
    bench.select(2, "Vladimir Putin")
    bench.window.keys("1")
    bench.marked("speaker", "Vladimir Putin")


@step
def l_and_a_number_link_the_speaker_to_the_claim(bench):
    bench.window.keys("l")
    bench.window.wait_says("type its number")
    bench.window.keys("1")
    bench.saved("the link", lambda p: p.links() == [("says", "Vladimir Putin", CLAIM)])


@step
def q_selects_a_quotation_and_q_again_its_marks_too(bench):
    bench.go_to(6, "have always")
    bench.window.keys("q", "2")
    inside = bench.project.paragraphs[5].split('"')[1]
    bench.marked("claim", inside)
    bench.window.keys("ctrl+z")
    bench.saved("no quotation", lambda p: len(p.marks()) == 2)
    bench.go_to(6, "have always")
    bench.window.keys("q", "q", "2")
    bench.marked("claim", f'"{inside}"')


@step
def s_selects_the_sentence_and_3_marks_it(bench):
    bench.go_to(4, "poised")
    bench.window.keys("s", "3")
    sentence = bench.project.paragraphs[3].split("diversity. ")[1]
    bench.saved("the sentence", lambda p: ("statistic", sentence) in p.marks())
    bench.window.keys("Delete")
    bench.saved("no sentence", lambda p: len(p.marks()) == 3)


@step
def e_leads_to_the_attributes_and_escape_back(bench):
    bench.go_to(6, "Latin")
    bench.window.keys("shift+Tab")
    wait_for("the claim to be selected", lambda: QUOTED in bench.selected_mark())
    bench.window.keys("e")
    wait_for("an attribute to have the focus", lambda: focused(bench).startswith("Quotation: direct"))
    bench.window.keys("space")
    bench.saved("the attribute", lambda p: attributes(p, "claim") == {"quotation": "direct"})
    bench.window.keys("Escape")
    wait_for("the field to lose the focus", lambda: focused(bench) in ("", "Größe – статья"))
    check(bench.selected_mark().startswith("claim: "), "Esc in the card lets go of the annotation")


@step
def m_leads_to_the_note_and_enter_back(bench):
    bench.go_to(6, "Latin")
    bench.window.keys("shift+Tab")
    wait_for("the claim to be selected", lambda: QUOTED in bench.selected_mark())
    bench.window.keys("m")
    wait_for("the note to have the focus", lambda: focused(bench) == "Note")
    bench.window.type("geprüft: “é” 日本 🦀")
    bench.window.keys("Return")
    bench.saved("the note", lambda p: "geprüft: “é” 日本 🦀" in [m.get("note") for m in p.layer()["annotations"]])
    wait_for("the text to have the focus", lambda: bench.window.node("document frame", "").focused)


@step
def a_label_key_relabels_the_selected_annotation(bench):
    bench.select(10, "25%")
    bench.window.keys("4")
    bench.marked("organisation", "25%")
    bench.window.keys("3")
    bench.marked("statistic", "25%")
    equal(len(bench.project.marks()), 4, "the number of marks")


@step
def brackets_move_the_ends_by_words_and_with_ctrl_by_characters(bench):
    keys = bench.window.keys
    for key, quote in [
        ("bracketright", "25% in"),
        ("bracketleft", "25%"),
        ("braceleft", "by 25%"),
        ("braceright", "25%"),
        ("ctrl+braceright", "5%"),
        ("ctrl+braceleft", "25%"),
        ("ctrl+bracketleft", "25"),
        ("ctrl+bracketright", "25%"),
    ]:
        keys(key)
        bench.marked("statistic", quote)


@step
def delete_takes_the_links_along_and_undo_brings_both_back(bench):
    before = bench.project.layer_path.read_bytes()
    bench.go_to(2, "Russia stands")
    bench.window.keys("Tab", "Delete")
    bench.saved("no claim", lambda p: ("claim", CLAIM) not in p.marks() and p.links() == [])
    bench.window.keys("ctrl+z")
    bench.saved("claim and link again", lambda p: p.layer_path.read_bytes() == before)
    bench.window.keys("ctrl+shift+z")
    bench.saved("no claim again", lambda p: p.links() == [])
    bench.window.keys("ctrl+z")
    bench.saved("claim and link once more", lambda p: p.layer_path.read_bytes() == before)


@step
def all_can_be_undone_and_done_again_to_the_same_bytes(bench):
    # Something new on top: nothing that was undone before can be done again.
    bench.select(8, "sovereign")
    bench.window.keys("4")
    bench.marked("organisation", "sovereign")
    before = bench.project.layer_path.read_bytes()
    # One by one: further back lies what took the article in.
    steps = 0
    while bench.project.marks() or bench.project.links():
        now = bench.project.layer_path.read_bytes()
        bench.window.keys("ctrl+z")
        bench.saved("a step less", lambda p, now=now: p.layer_path.read_bytes() != now)
        steps += 1
    bench.window.keys(f"ctrl+shift+z*{steps}")
    bench.saved("what was there", lambda p: p.layer_path.read_bytes() == before)


@step
def tab_goes_from_mark_to_mark(bench):
    bench.window.keys("Escape*4", "ctrl+Home")
    for label, quote in bench.project.marks():
        bench.window.keys("Tab")
        wait_for(f"the mark “{quote}” to be selected", lambda: bench.selected_mark() == f"{label}: {quote}")


def focused(bench):
    """The name of what has the focus."""
    return next((n.name for n in bench.window.nodes() if n.focused and n.role != "frame"), "")


def attributes(project, label):
    """The attributes of the last mark with this label."""
    return [m for m in project.layer()["annotations"] if m["label"] == label][-1].get("attributes")
