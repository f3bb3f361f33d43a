"""From a program without a project to an article that is open."""

import shutil

from bench import ARTICLE, Skipped, essential, step
from desk import equal, nodes_of, wait_for


@step
@essential
def without_arguments_the_start_page_opens(bench):
    window = bench.start(BYLINE_BUILTIN_DIALOGS="1")
    equal(window.title, "Byline", "the title")
    for name in ["Open article…", "Open project…", "New project…"]:
        window.node("push button", name)


@step
@essential
def ctrl_o_and_a_typed_path_lead_to_what_is_known_of_the_article(bench):
    window = bench.window
    window.keys("ctrl+o")
    window.wait_says("Open articles")
    window.replace_field("Path", str(bench.article))
    window.keys("Return")
    window.wait_says("Take an article into a new project")
    window.node("combo box", "Encoding")
    window.wait_says("valid UTF-8")
    equal(window.node("entry", "Date").text, "2023-09-29", "the date, from the first line of the article")


@step
@essential
def the_article_goes_into_a_new_project_as_it_is(bench):
    window, project = bench.window, bench.project
    window.replace_field("Folder of the new project", str(project.folder))
    window.replace_field("Source", "teleSUR „Ø“")
    window.keys("Return")
    wait_for("a project file", (project.folder / "project.ron").is_file)
    wait_for("the document in it", lambda: project.file("project.ron")["documents"])
    wait_for("the name of the project in the title", lambda: project.folder.name in window.title)
    window.node("paragraph", project.paragraphs[0][:40])

    equal(project.text_path.read_bytes(), ARTICLE.read_bytes(), "the text")
    [document] = project.file("project.ron")["documents"]
    equal((document["date"], document["source"]), ("2023-09-29", "teleSUR „Ø“"), "date and source")
    equal(document["original"]["encoding"], "UTF-8", "the encoding")
    equal(document["original"]["file"], bench.article.name, "the name of the file")


@step
def the_dialog_of_the_system_takes_an_article_into_the_open_project(bench):
    if not shutil.which("zenity"):
        raise Skipped("zenity is not installed")
    other = bench.scratch / "second.txt"
    other.write_bytes("\ufeffZweiter Artikel.\r\n\r\n„Gut“, sagte sie.".encode("utf-16-le"))
    window = bench.start(bench.project.folder)
    wait_for("the project", lambda: bench.project.folder.name in window.title)
    window.keys("ctrl+o")
    dialog, pid = wait_for("the dialog of the system", window.other_window)
    window.focus(dialog)
    # A slash opens its field for a path; what is typed before that is there is lost.
    window.keys("slash")
    wait_for("the field for a path", lambda: any(n.focused and n.text == "/" for n in nodes_of(pid, "text")))
    window.type(str(other)[1:])
    window.keys("Return")
    wait_for("the dialog of the system to go", lambda: not window.other_window())
    window.focus(window.id)
    window.wait_says("Take an article into “")
    window.keys("Return")
    wait_for("the second document", lambda: len(bench.project.file("project.ron")["documents"]) == 2)
    window.node("paragraph", "Zweiter Artikel.")
    [text] = (bench.project.folder / "documents").glob("0002-*.txt")
    equal(text.read_bytes(), "Zweiter Artikel.\r\n\r\n„Gut“, sagte sie.".encode(), "the text, decoded")
    window.keys("ctrl+Up")
    window.node("paragraph", bench.project.paragraphs[0][:40])
