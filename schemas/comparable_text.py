"""Texts as they are compared: after NFKC, in upper case, with single blanks."""

import re
import unicodedata

from schemas.expressions import TEXT_MAX

_ESCAPE = re.compile(r"\\.|.", re.DOTALL)


def to_comparable(text: str | None) -> str | None:
    """The text after NFKC, in upper case, with single blanks and none at its ends.

    None stays None; so does a text of blanks, and one longer than expressions are tried on.
    """
    if text is None or len(text) > TEXT_MAX:
        return None
    return " ".join(unicodedata.normalize("NFKC", text).upper().split()) or None


def fold_expression(expression: str) -> str:
    """An expression of `check_engine_expression` with its characters as comparable texts have them.

    An escape stays. A character whose upper case or NFKC form is several ones stays, too.
    """
    return "".join(map(_fold, _ESCAPE.findall(expression)))


def _fold(token: str) -> str:
    if len(token) > 1:
        return token
    folded = unicodedata.normalize("NFKC", token).upper()
    if len(folded) != 1 or folded == token:
        return token
    return folded if folded.isalnum() or folded.isspace() else f"\\{folded}"
