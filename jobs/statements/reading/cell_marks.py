"""Rows of a sheet as lines of text: cells parted by tabs, and a mark before what is no text.

The marks are control characters that XML cannot hold, so that no cell brings its own.
"""

import re

#: Before a number, before a date or time in ISO form, before what has no value: an error (`#N/A`),
#: a formula without one (`=`), and what lies under a merged cell (nothing).
NUMBER, MOMENT, NONE = "\x01", "\x02", "\x03"
#: Inside of a cell: a tab, and a line end.
TAB, LINE_END = "\x04", "\x05"
MARKS = NUMBER + MOMENT + NONE
#: What a row may hold that is blank.
EMPTY = NONE + TAB + LINE_END
SEPARATOR = "\t"
_SHOWN = {**dict.fromkeys(map(ord, MARKS)), ord(TAB): " ", ord(LINE_END): " "}
_PLAIN = {ord(TAB): "\t", ord(LINE_END): "\n"}
_ODD = re.compile(r"[\x00-\x1f]|_x[0-9A-Fa-f]{4}_")


def encoded(text: str) -> bytes:
    """A cell's text as it stands in a line; `_x000D_` and the like are what they stand for."""
    if _ODD.search(text):
        text = re.sub(r"_x([0-9A-Fa-f]{4})_", lambda hit: chr(int(hit[1], 16)), text)
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", LINE_END)
        text = _ODD.sub(lambda hit: hit[0] if hit[0] in TAB + LINE_END else "\ufffd",
                        text.replace("\t", TAB))  # fmt: skip
    return text.encode("utf-8", "replace")


def shown(line: str) -> str:
    """A line as a person would see its row: without marks, cells parted by tabs."""
    return line.translate(_SHOWN)


def plain(text: str) -> str:
    """A cell's text with its own tabs and line ends."""
    return text.translate(_PLAIN)
