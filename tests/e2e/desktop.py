"""What the desktop says of colours, as its portal would."""

import subprocess

from gi.repository import Gio, GLib

from bench import step
from desk import check, wait_for

SETTINGS = """
<node><interface name="org.freedesktop.portal.Settings">
  <method name="ReadAll"><arg type="as" direction="in"/><arg type="a{sa{sv}}" direction="out"/></method>
  <signal name="SettingChanged"><arg type="s"/><arg type="s"/><arg type="v"/></signal>
</interface></node>
"""
PATH, INTERFACE = "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Settings"
DARK, LIGHT = 1, 2


class Portal:
    """A portal that knows one setting."""

    def __init__(self, scheme):
        self.scheme = scheme
        self.bus = Gio.bus_get_sync(Gio.BusType.SESSION)
        interface = Gio.DBusNodeInfo.new_for_xml(SETTINGS).interfaces[0]
        self.object = self.bus.register_object(PATH, interface, self.answer, None, None)
        self.name = Gio.bus_own_name_on_connection(
            self.bus, "org.freedesktop.portal.Desktop", Gio.BusNameOwnerFlags.REPLACE, None, None
        )

    def answer(self, _bus, _sender, _path, _interface, _method, _arguments, invocation):
        """Answers `ReadAll`."""
        appearance = {"color-scheme": GLib.Variant("u", self.scheme)}
        invocation.return_value(GLib.Variant("(a{sa{sv}})", [{"org.freedesktop.appearance": appearance}]))

    def change(self, scheme):
        """Says that it is another one now."""
        self.scheme = scheme
        said = GLib.Variant("(ssv)", ("org.freedesktop.appearance", "color-scheme", GLib.Variant("u", scheme)))
        self.bus.emit_signal(None, PATH, INTERFACE, "SettingChanged", said)

    def close(self):
        """Takes it away."""
        Gio.bus_unown_name(self.name)
        self.bus.unregister_object(self.object)


def is_dark(window):
    """Whether the middle of the page is darker than grey; serves the portal meanwhile."""
    while GLib.MainContext.default().iteration(False):
        pass
    command = ["import", "-silent", "-window", window.id, "-crop", "200x200+500+250", "-format", "%[fx:mean]", "info:"]
    mean = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout
    return "dark" if mean and float(mean) < 0.5 else "light"


@step
def the_theme_follows_the_desktop_until_one_is_chosen(bench):
    portal = Portal(DARK)
    try:
        # Settings of their own: here no theme was chosen yet.
        window = bench.start(bench.project.folder, BYLINE_CONFIG_DIR=str(bench.scratch / "new settings"))
        wait_for("a dark window", lambda: is_dark(window) == "dark")
        portal.change(LIGHT)
        wait_for("a light window", lambda: is_dark(window) == "light")
        window.keys("ctrl+shift+l")
        wait_for("the theme that was chosen", lambda: is_dark(window) == "dark")
        portal.change(DARK)
        portal.change(LIGHT)
        window.keys("Tab")
        wait_for("a mark to be selected", bench.selected_mark)
        check(is_dark(window) == "dark", "the desktop overrules the person")
    finally:
        portal.close()
