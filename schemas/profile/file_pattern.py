"""Patterns of file names below the inbox. Source: docs/reference/profile.md, `files.pattern`."""

import re
from datetime import date

#: Characters and stars of a pattern at most; each star is a search through a name.
CHARACTERS_MAX, STARS_MAX = 500, 8
_DATE = re.compile(r"\{(?:business|first|last)_date(?::([^}]*))?\}")
_SAMPLE = date(2026, 11, 22)


def check_path_pattern(text: str) -> str:
    """A pattern of paths below the inbox.

    Raises:
        ValueError: it is too long, or names a path outside of the inbox.
    """
    if len(text) > CHARACTERS_MAX or text.count("*") > STARS_MAX:
        raise ValueError(f"it has more than {CHARACTERS_MAX} characters or {STARS_MAX} stars")
    for form in _DATE.findall(text):
        if "/" in form and "%" not in form:
            raise ValueError(f"{form!r} is no format of a date; write one such as %Y-%m-%d")
    dated = _DATE.sub(lambda field: _SAMPLE.strftime(field[1] or "%Y-%m-%d"), text)
    folders = dated.split("/")
    if any(folder in ("", ".", "..") for folder in folders) or re.search(r"[\\\x00-\x1f]", dated):
        raise ValueError(
            "a pattern is a path below the inbox: it does not begin or end with /, and has no //,"
            " no folder . or .. and no backslash"
        )
    return text
