"""Which encoding a file is in, by what its bytes would say in each.

Almost any bytes can be decoded as GB18030 or as Windows-1252, so that it proves nothing that they
can. What counts are known headings, and letters that stand among their like.
"""

import re
from itertools import groupby

from jobs.onboarding.evidence.headings import recognise_columns

#: Encodings that are tried, behind UTF-8, in this order.
CANDIDATES = ("gb18030", "cp932", "cp1252")
_HEADER_LINES = 200
#: A share of plausible characters that is no accident, and what two encodings differ by at least.
_PLAUSIBLE_MIN, _MARGIN = 0.5, 0.2
_LATIN_SIGNS = "€£¥§°²³µ«»·¿¡ºª–—‘’“”„…\u00a0"


def detect_encoding(head: bytes, is_whole: bool) -> tuple[str, bool]:
    """The encoding of a file's first bytes, and whether it is certain."""
    end = len(head) if is_whole else head.rfind(b"\n") + 1
    sample = head[:end]
    if _decodes(sample, "utf-8"):
        return "utf-8", True
    scores = {name: _score(sample, name) for name in CANDIDATES if _decodes(sample, name)}
    if not scores:
        return "latin-1", False
    ranked = sorted(scores, key=lambda name: scores[name], reverse=True)
    best, second = scores[ranked[0]], scores[ranked[1]] if len(ranked) > 1 else (0, 0.0)
    is_certain = best[0] > second[0] or (
        best[1] >= _PLAUSIBLE_MIN and best[1] - second[1] >= _MARGIN
    )
    return ranked[0], is_certain


def _decodes(sample: bytes, name: str) -> bool:
    try:
        sample.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _score(sample: bytes, name: str) -> tuple[int, float]:
    """The most known headings of a line that have other letters than ASCII, and the share of
    plausible characters.
    """
    text = sample.decode(name)
    lines = text.split("\n")[:_HEADER_LINES]
    cells = (re.split(r"[,;\t|^~]", line) for line in lines if not line.isascii())
    known = max((_count_known(row) for row in cells), default=0)
    return known, _plausible_share(text, name)


def _count_known(row: list[str]) -> int:
    headings = [cell.strip(" \t\r\"'") for cell in row]
    places = recognise_columns(headings).values()
    return sum(1 for at in places if not headings[at].isascii())


def _plausible_share(text: str, name: str) -> float:
    others = [char for char in text if not char.isascii()]
    if not others:
        return 1.0
    count = _count_latin(text) if name == "cp1252" else _count_east_asian(text, name)
    return count / len(others)


def _count_latin(text: str) -> int:
    """Letters of Western Europe within or beside words, and signs of print."""
    count = 0
    for at, char in enumerate(text):
        if char.isascii():
            continue
        near = text[max(at - 1, 0) : at] + text[at + 1 : at + 2]
        is_letter = char.isalpha() and any(other.isascii() and other.isalpha() for other in near)
        count += is_letter or char in _LATIN_SIGNS
    return count


def _count_east_asian(text: str, name: str) -> int:
    """Characters in runs of two or more that belong together; one among Latin letters is none."""
    count = 0
    for is_wide, run in groupby(text, key=_is_east_asian):
        chars = list(run)
        if is_wide and len(chars) > 1:
            count += sum(1 for char in chars if _is_common(char, name))
    return count


def _is_east_asian(char: str) -> bool:
    return "\u3000" <= char <= "\u30ff" or "\u4e00" <= char <= "\u9fff" or char >= "\uff00"


def _is_common(char: str, name: str) -> bool:
    """Whether a character is one that people of this encoding write: of GB2312, or of JIS."""
    if "\uff61" <= char <= "\uff9f":  # what two-byte texts of others become as half-width kana
        return False
    try:
        char.encode("gb2312" if name == "gb18030" else "shift_jis")
    except UnicodeEncodeError:
        return False
    return name != "gb18030" or not "\u3040" <= char <= "\u30ff"
