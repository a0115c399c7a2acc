"""What may be wrong with a profile, or a file, where the two do not fit."""

import re
from collections.abc import Sequence

from jobs.statements import DIALECTS
from jobs.statements.parser import Sample
from schemas.profile.channel import Profile
from schemas.profile.layout.delimited import DelimitedLayout

_SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
#: Dialects that any text may be.
_ANY = ("delimited", "fixed_width")


def guesses(profile: Profile, name: str, head: bytes, reasons: Sequence[str]) -> list[str]:
    """Guesses in words, from a file's first bytes and the reasons of its first rejected lines."""
    out = []
    sample = Sample(name, len(head), head, head[-65536:])
    for dialect, module in DIALECTS.items():
        if dialect not in (*_ANY, profile.dialect) and module.identify(sample):
            out.append(f"it looks like dialect {dialect}, not {profile.dialect}")
    if profile.dialect == "delimited" and profile.layout is not None:
        out += _of_layout(profile.layout, head, reasons)
    return out


def _of_layout(layout: DelimitedLayout, head: bytes, reasons: Sequence[str]) -> list[str]:
    out = []
    fits = [name for name in ("utf-8", "gb18030") if _decodes(head, name)]
    if not _decodes(head, layout.encoding) and fits:
        out.append(f"the encoding is {fits[0]}: set layout.encoding")
    elif layout.encoding != "utf-8" and "utf-8" in fits and not head.isascii():
        out.append("the file is UTF-8: set layout.encoding: utf-8")
    text = head.decode(fits[0] if fits else "latin-1", "replace")
    lines = [line for line in text.splitlines()[:60] if line.strip()]
    counts = {each: [line.count(each) for line in lines] for each in _SEPARATORS}
    best = max(counts, key=lambda each: sorted(counts[each])[len(lines) // 2] if lines else 0)
    if lines and layout.separator not in text and max(counts[best]):
        out.append(f"values are parted by {_SEPARATORS[best]}: set layout.separator")
    wide = [re.fullmatch(r"WRONG_WIDTH: (\d+) cells, not (\d+)", each) for each in reasons]
    more = {int(hit[1]) - int(hit[2]) for hit in wide if hit}
    if len(more) == 1 and (extra := more.pop()) > 0:
        out.append(
            f"every line has {extra} cell{'s' if extra > 1 else ''} more than the header: set"
            f" layout.extra_cells: {extra}, or layout.quote if texts hold the separator"
        )
    if any("more than" in each and "decimals" in each for each in reasons):
        out.append("amounts have too many decimals: is amount_unit right, or the currency?")
    if layout.amount_unit == "minor" and any("BAD_AMOUNT" in each for each in reasons):
        out.append("amounts may be in major units: layout.amount_unit: major")
    if layout.amounts is None and any(
        re.search(r"BAD_AMOUNT: '[^']*[^0-9.+-]", r) for r in reasons
    ):
        out.append("amounts are printed with more than digits: describe them in layout.amounts")
    return out


def _decodes(head: bytes, encoding: str) -> bool:
    try:
        head[: head.rfind(b"\n") + 1].decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
