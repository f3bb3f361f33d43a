"""Ending the program, however it is ended, and coming back."""

import os
import random
import shutil
import signal
import time

from bench import Skipped, step
from desk import check, equal, wait_for


@step
def alt_f4_ends_with_everything_on_disk(bench):
    # Closed at once, before the time at which it would be saved anyway.
    bench.select(7, "multipolar world")
    bench.window.keys("4")
    equal(bench.window.close(), 0, "the exit code")
    check(bench.project.find("organisation", "multipolar world"), "the last action is not on disk")


@step
def a_second_start_shows_the_same_place_and_the_same_marks(bench):
    window = bench.start(bench.project.folder)
    window.node("paragraph", bench.project.paragraphs[6][:40])
    bench.go_to(7, "important players")
    wait_for("the caret to be there", lambda: window.says("paragraph 7"))
    place = len(bench.project.text_path.read_text("utf-8").split("important players")[0].encode())
    before = bench.project.layer_path.read_bytes()
    equal(window.close(), 0, "the exit code")
    remembered = bench.project.file(".byline/place.ron")["places"]["zoë"]
    equal((remembered["document"][:5], remembered["caret"]), ("0001-", place), "the place that is remembered, in bytes")

    # Without arguments: the project is the first of the recent ones.
    window = bench.start()
    window.click_on("push button", bench.project.folder.name)
    window.node("paragraph", bench.project.paragraphs[6][:40])
    window.node("static", "organisation: multipolar world")
    equal(bench.project.layer_path.read_bytes(), before, "the layer after opening, closing and opening")
    window.keys("shift+Right*9", "4")
    bench.marked("organisation", "important")


@step
def sigterm_right_after_an_action_loses_nothing(bench):
    bench.select(7, "region")
    bench.window.keys("4")
    # The action is done as soon as the mark is there; the time to save it has not come yet.
    bench.window.node("static", "organisation: region")
    bench.window.signal(signal.SIGTERM)
    equal(bench.window.wait_ended(), 128 + signal.SIGTERM, "the exit code")
    check(bench.project.find("organisation", "region"), "the last action is not on disk")


@step
def sigkill_loses_nothing_that_was_said_to_be_saved_and_undo_goes_on_after_it(bench):
    chance = random.Random(20261125)
    words = [word for word in bench.project.paragraphs[6].split() if word.isalpha() and len(word) > 4]
    said = kept = 0
    kills = int(os.environ.get("E2E_KILLS", "3"))
    for kill in range(kills):
        window = bench.start(bench.project.folder)
        window.node("paragraph", bench.project.paragraphs[6][:40])
        word = words[kill % len(words)]
        if bench.project.find("statistic", word):
            continue
        bench.select(7, word)
        window.keys("3")
        window.node("static", f"statistic: {word}")
        # The journal is ahead of the files: often they do not have it yet.
        time.sleep(chance.uniform(0, 0.4))
        safe = window.says("All changes saved")
        window.signal(signal.SIGKILL)
        window.wait_ended()
        in_file = bench.project.find("statistic", word)
        window = bench.start(bench.project.folder)
        window.node("paragraph", bench.project.paragraphs[6][:40])
        if safe:
            said += 1
            bench.saved(f"“{word}”, said to be saved before the kill", lambda p, word=word: p.find("statistic", word))
            kept += not in_file
        if kill == 0 and safe:
            # Undo reaches back beyond the kill.
            window.keys("ctrl+z")
            bench.saved(f"“{word}” undone", lambda p, word=word: not p.find("statistic", word))
            window.keys("ctrl+shift+z")
            bench.saved(f"“{word}” done again", lambda p, word=word: p.find("statistic", word))
    check(said, "not once was the work said to be saved before the kill")
    print(f"     {kills} kills, {said} after the work was said to be saved, 0 lost, {kept} from the journal", flush=True)


@step
def a_damaged_layer_is_refused_with_its_line_and_left_as_it_is(bench):
    copy = type(bench.project)(bench.scratch / "beschädigt")
    shutil.copytree(bench.project.folder, copy.folder)
    lines = copy.layer_path.read_text("utf-8").split("\n")
    number = next(n for n, line in enumerate(lines) if "(id:" in line)
    lines[number] = lines[number].replace("(id:", "(id", 1)
    copy.layer_path.write_text("\n".join(lines), "utf-8")
    damaged = copy.layer_path.read_bytes()

    window = bench.start(copy.folder)
    window.wait_says("cannot be opened")
    check(window.says(copy.layer_path.name), "the message does not name the file")
    check(window.says(f"{number + 1}:") or window.says(f"line {number + 1}"), "the message does not name the line")
    window.close_dialog()
    equal(window.close(), 0, "the exit code")
    equal(copy.layer_path.read_bytes(), damaged, "the damaged file")


@step
def files_dropped_on_the_window_are_taken_in(_bench):
    raise Skipped("a drop needs a second program that offers the files, and keys and mouse alone cannot play one")


@step
def the_program_never_panicked(bench):
    bench.stop()
    errors = bench.errors()
    check("panicked" not in errors, f"it did: {errors}")
