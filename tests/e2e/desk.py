"""The desk at which the test sits: the window, its keys and mouse, its accessibility tree.

Nothing here knows what is tested, and nothing sleeps: what takes time is waited for by what comes of it.
"""

import os
import signal
import subprocess
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, Gio, GLib  # noqa: E402

PATIENCE = 30.0
"""Seconds after which something that should happen is taken not to: generous, since no test asserts on time."""


class Failed(Exception):
    """Something is not as it should be."""


def check(condition, message):
    """Fails with `message` unless `condition` holds."""
    if not condition:
        raise Failed(message)


def equal(found, expected, what):
    """Fails unless both are equal, and shows both."""
    check(found == expected, f"{what}: expected {expected!r}, found {found!r}")


def wait_for(what, condition, patience=PATIENCE):
    """Returns the first true result of `condition`; `what` names it, as a text or a function that makes one."""
    end = time.monotonic() + patience
    while True:
        try:
            result = condition()
        except GLib.Error:
            # An element went while it was looked at: the tree has changed.
            result = None
        if result:
            return result
        if time.monotonic() > end:
            raise Failed(f"waited {patience:.0f} s for {what() if callable(what) else what}")
        time.sleep(0.02)


def enable_accessibility():
    """Says on the session bus what a screen reader says when it starts; programs offer no tree before that."""
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)
    enabled = GLib.Variant("(ssv)", ("org.a11y.Status", "IsEnabled", GLib.Variant("b", True)))
    path, interface = "/org/a11y/bus", "org.freedesktop.DBus.Properties"
    bus.call_sync("org.a11y.Bus", path, interface, "Set", enabled, None, Gio.DBusCallFlags.NONE, 10_000)


class Node:
    """An element of the accessibility tree as it was when it was read."""

    def __init__(self, accessible):
        self.accessible = accessible
        self.role = accessible.get_role_name()
        self.name = accessible.get_name() or ""
        states = accessible.get_state_set()
        self.selected = any(states.contains(s) for s in (Atspi.StateType.SELECTED, Atspi.StateType.CHECKED))
        self.focused = states.contains(Atspi.StateType.FOCUSED)
        self.enabled = states.contains(Atspi.StateType.ENABLED)

    @property
    def text(self):
        """What stands in a field."""
        text = self.accessible.get_text_iface()
        return Atspi.Text.get_text(text, 0, -1) if text else ""

    @property
    def box(self):
        """Left, top, width, height on the screen, in pixels."""
        r = self.accessible.get_component_iface().get_extents(Atspi.CoordType.SCREEN)
        return r.x, r.y, r.width, r.height

    def point(self, across=0.5, down=0.5):
        """A place inside: 0 is left or top, 1 right or bottom."""
        x, y, width, height = self.box
        return round(x + width * across), round(y + height * down)

    def __repr__(self):
        return f"{self.role} {self.name[:60]!r}"


class Window:
    """A running program with its window."""

    def __init__(self, program, *arguments, **environment):
        env = {**os.environ, **environment}
        self.errors_path = os.path.join(os.environ["E2E_SCRATCH"], "stderr.txt")
        with open(self.errors_path, "a", encoding="utf-8") as errors:
            self.process = subprocess.Popen([program, *arguments], env=env, stderr=errors, stdout=errors)
        self.id = wait_for("a window", self._find)
        # Until it has the focus, keys go nowhere.
        wait_for("the window to have the focus", lambda: _run("xdotool", "getwindowfocus") == self.id)
        wait_for("an accessibility tree", lambda: self.nodes())

    def _find(self):
        check(self.is_alive(), f"the program ended with code {self.process.poll()} instead of opening a window")
        found = _run("xdotool", "search", "--onlyvisible", "--pid", str(self.process.pid), check=False).split()
        return found[0] if found else None

    def is_alive(self):
        """Whether the program runs."""
        return self.process.poll() is None

    @property
    def title(self):
        """The title of the window."""
        return _run("xdotool", "getwindowname", self.id, check=False)

    # Keys and mouse

    def keys(self, *keys):
        """Presses keys one after the other; `"Right*12"` is twelve times Right."""
        for key in keys:
            key, _, times = key.partition("*")
            _run("xdotool", "key", "--delay", "5", "--repeat", times or "1", key)

    def type(self, text):
        """Types text; what a keyboard of this display has no keys for is pasted, as people do."""
        if text.isascii():
            _run("xdotool", "type", "--delay", "8", text)
            return
        # It stays to serve the clipboard until somebody else takes it over.
        copy = ["xclip", "-selection", "clipboard", "-in"]
        subprocess.run(copy, input=text.encode(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        self.keys("ctrl+v")

    def replace_field(self, name, text):
        """Puts the cursor into a field with a click, and types `text` in place of what is there."""

        def clicked_into():
            # A dialog that grows at this very moment is missed, by a person too.
            self.click_on("entry", name)
            end = time.monotonic() + 1
            while time.monotonic() < end:
                if self.node("entry", name).focused:
                    return True
            return False

        wait_for(f"the field “{name}” to have the focus", clicked_into)
        self.keys("ctrl+a")
        self.type(text)
        wait_for(
            lambda: f"the field “{name}” to hold {text!r}; it holds {self.node('entry', name).text!r}",
            lambda: self.node("entry", name).text == text,
        )

    def close_dialog(self):
        """Leaves the dialog that is open, and waits until it is gone."""
        self.keys("Escape")
        wait_for("the dialog to go", lambda: not self.nodes("dialog"))

    def click_on(self, role, name):
        """Clicks in the middle of an element, once it stands still: dialogs find their size in their first frames."""
        seen = []

        def stands_still():
            seen.append(self.node(role, name).point())
            return len(seen) > 1 and seen[-1] == seen[-2] and seen[-1]

        self.click(*wait_for(f"the {role} “{name}” to stand still", stands_still))

    def click(self, x, y, times=1, held=None):
        """Clicks the left button."""
        self._mouse(["mousemove", x, y, "sleep", "0.03", "click", "--repeat", times, "--delay", "15", "1"], held)

    def drag(self, start, end, held=None):
        """Drags with the left button, in steps as a hand does; `held` is a key held down meanwhile."""
        (x0, y0), (x1, y1) = start, end
        path = ["mousemove", x0, y0, "sleep", "0.05", "mousedown", "1", "sleep", "0.05"]
        for part in range(1, 6):
            path += ["mousemove", round(x0 + (x1 - x0) * part / 5), round(y0 + (y1 - y0) * part / 5), "sleep", "0.02"]
        self._mouse([*path, "sleep", "0.05", "mouseup", "1"], held)

    def _mouse(self, path, held):
        if held:
            path = ["keydown", held, "sleep", "0.05", *path, "sleep", "0.05", "keyup", held]
        _run("xdotool", *map(str, path))

    def other_window(self):
        """A window beside this one, such as a dialog of the system: its id and the process it belongs to."""
        for window in _run("xdotool", "search", "--onlyvisible", "--name", ".", check=False).split():
            pid = _run("xdotool", "getwindowpid", window, check=False)
            if pid and int(pid) != self.process.pid:
                return window, int(pid)
        return None

    def focus(self, window):
        """Gives the focus to a window, and waits until it has it."""
        _run("xdotool", "windowactivate", window)
        wait_for("a window to have the focus", lambda: _run("xdotool", "getwindowfocus") == window)

    # Accessibility

    def nodes(self, role=None):
        """All elements, or those of a role, in the order of the tree."""
        return nodes_of(self.process.pid, role)

    def node(self, role, name):
        """The element with this role (`None`: any) whose name begins so, waited for."""
        def find():
            return next((n for n in self.nodes(role) if n.name.startswith(name)), None)

        return wait_for(lambda: f"a {role} “{name}” among {self.nodes(role)}", find)

    def says(self, text):
        """Whether a label on the window holds this text."""
        return any(text in n.name or text in (n.text if n.role == "label" else "") for n in self.nodes())

    def wait_says(self, text):
        """Waits until the window says this."""
        wait_for(lambda: f"the window to say “{text}”", lambda: self.says(text))

    # Ending

    def close(self):
        """Asks politely, as the window's cross does; returns the exit code."""
        self.keys("alt+F4")
        return self.wait_ended()

    def wait_ended(self):
        """Waits for the program to end; returns its exit code."""
        wait_for("the program to end", lambda: not self.is_alive())
        return self.process.returncode

    def signal(self, number=signal.SIGTERM):
        """Sends a signal."""
        self.process.send_signal(number)

    def end_by_force(self):
        """Whatever happened, nothing is left behind."""
        if self.is_alive():
            self.process.kill()
            self.process.wait()


def nodes_of(pid, role=None):
    """All elements of a program's windows, or those of a role, in the order of the tree."""
    found = []
    for accessible in _walk(_root_of(pid)):
        try:
            node = Node(accessible)
        except GLib.Error:
            # It went while the tree was read.
            continue
        if role in (None, node.role):
            found.append(node)
    return found


def _root_of(pid):
    # What happened on the bus since is told to those who ask for it.
    while GLib.MainContext.default().iteration(False):
        pass
    desktop = Atspi.get_desktop(0)
    desktop.clear_cache()
    for i in range(desktop.get_child_count()):
        application = desktop.get_child_at_index(i)
        if application and application.get_process_id() == pid:
            return application
    return None


def _walk(accessible):
    if accessible is None:
        return
    # What the library remembers may be older than what is on the screen.
    accessible.clear_cache()
    yield accessible
    try:
        children = [accessible.get_child_at_index(i) for i in range(accessible.get_child_count())]
    except GLib.Error:
        return
    for child in children:
        yield from _walk(child)


def picture(path):
    """Saves what the screen shows."""
    _run("import", "-silent", "-window", "root", path, check=False)


def _run(*command, check=True):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if check and done.returncode != 0:
        raise Failed(f"`{' '.join(command[:3])}` failed: {done.stderr.strip()}")
    return done.stdout.strip()
