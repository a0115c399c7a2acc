"""Rows of a sheet as lines of text: cells separated by tabs, a marker before what is no text.

The markers are control characters that XML cannot contain, so no cell has them in its own text.
"""

import re

#: Marker before a number, before a date or time in ISO form, and before a cell without a value: an
#: error (`#N/A`), a formula without a result (`=`), a cell under a merged one (nothing).
NUMBER, DATE_TIME, NO_VALUE = "\x01", "\x02", "\x03"
#: They replace a tab and a line end inside a cell.
TAB, LINE_END = "\x04", "\x05"
MARKERS = NUMBER + DATE_TIME + NO_VALUE
#: Characters of a blank row, besides white space.
BLANK_CHARACTERS = NO_VALUE + TAB + LINE_END
SEPARATOR = "\t"
_SHOWN = {**dict.fromkeys(map(ord, MARKERS)), ord(TAB): " ", ord(LINE_END): " "}
_PLAIN = {ord(TAB): "\t", ord(LINE_END): "\n"}
_CONTROL_OR_ESCAPE = re.compile(r"[\x00-\x1f]|_x[0-9A-Fa-f]{4}_")


def encode_cell(text: str) -> bytes:
    """Encodes a cell's text for a line; resolves escapes of the format such as `_x000D_`."""
    if _CONTROL_OR_ESCAPE.search(text):
        text = re.sub(r"_x([0-9A-Fa-f]{4})_", lambda hit: chr(int(hit[1], 16)), text)
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", LINE_END)
        text = _CONTROL_OR_ESCAPE.sub(lambda hit: hit[0] if hit[0] in TAB + LINE_END else "\ufffd",
                        text.replace("\t", TAB))  # fmt: skip
    return text.encode("utf-8", "replace")


def render_row(line: str) -> str:
    """Renders a row for people: without markers, cells separated by tabs."""
    return line.translate(_SHOWN)


def decode_cell(text: str) -> str:
    """Restores the tabs and line ends of a cell's text."""
    return text.translate(_PLAIN)
