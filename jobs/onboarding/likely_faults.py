"""Finds likely faults where a profile and a file do not fit."""

import re
from collections.abc import Sequence

from jobs.statements import DIALECTS
from jobs.statements.parser import Sample
from schemas.profile.channel import Profile
from schemas.profile.layout.delimited import DelimitedLayout

_SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
#: Dialects that can read any text.
_ANY = ("delimited", "fixed_width")


def find_likely_faults(
    profile: Profile, name: str, head: bytes, reasons: Sequence[str]
) -> list[str]:
    """Likely faults as advice, from a file's first bytes and the reasons of rejected lines."""
    out = []
    sample = Sample(name, len(head), head, head[-65536:])
    for dialect, module in DIALECTS.items():
        if dialect not in (*_ANY, profile.dialect) and module.identify(sample):
            out.append(f"it looks like dialect {dialect}, not {profile.dialect}")
    if profile.dialect == "delimited" and profile.layout is not None:
        out += _layout_faults(profile.layout, head, reasons)
    return out


def _layout_faults(layout: DelimitedLayout, head: bytes, reasons: Sequence[str]) -> list[str]:
    out = []
    fits = [name for name in ("utf-8", "gb18030") if _is_decodable(head, name)]
    if not _is_decodable(head, layout.encoding) and fits:
        out.append(f"the encoding is {fits[0]}: set layout.encoding")
    elif layout.encoding != "utf-8" and "utf-8" in fits and not head.isascii():
        out.append("the file is UTF-8: set layout.encoding: utf-8")
    text = head.decode(fits[0] if fits else "latin-1", "replace")
    lines = [line for line in text.splitlines()[:60] if line.strip()]
    counts = {sign: [line.count(sign) for line in lines] for sign in _SEPARATORS}
    best = max(counts, key=lambda sign: sorted(counts[sign])[len(lines) // 2] if lines else 0)
    if lines and layout.separator not in text and max(counts[best]):
        out.append(f"the separator is {_SEPARATORS[best]}: set layout.separator")
    hits = [re.fullmatch(r"WRONG_WIDTH: (\d+) cells, not (\d+)", reason) for reason in reasons]
    surplus = {int(hit[1]) - int(hit[2]) for hit in hits if hit}
    if len(surplus) == 1 and (extra := surplus.pop()) > 0:
        out.append(
            f"every line has {extra} cell{'s' if extra > 1 else ''} more than the header: set"
            f" layout.extra_cells: {extra}, or layout.quote if values contain the separator"
        )
    if any("more than" in reason and "decimals" in reason for reason in reasons):
        out.append("amounts have too many decimals: check amount_unit and the currency")
    if layout.amount_unit == "minor" and any("BAD_AMOUNT" in reason for reason in reasons):
        out.append("amounts may be in major units: set layout.amount_unit: major")
    if layout.amounts is None and any(
        re.search(r"BAD_AMOUNT: '[^']*[^0-9.+-]", r) for r in reasons
    ):
        out.append("amounts contain more than digits: describe them in layout.amounts")
    return out


def _is_decodable(head: bytes, encoding: str) -> bool:
    try:
        head[: head.rfind(b"\n") + 1].decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
