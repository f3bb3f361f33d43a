"""CSV tables with Python's csv."""

from common import counted, tables


def check_tables(out, expected, _):
    found = tables(out)
    assert found == {d.text: d.said() for d in expected}, found
    return counted(expected)


CHECKS = [("csv", "Python's csv", check_tables)]
