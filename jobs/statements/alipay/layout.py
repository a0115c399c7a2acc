"""The frame of Alipay's merchant bills: lines led by `#` above and below, a header bound by name.

Source: Alipay's open platform, bill download; docs/reference/dialects/alipay_bill.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from jobs.statements.parser import Sample
from jobs.statements.reading.masking import Private
from jobs.statements.reading.realign import Realign
from schemas.errors import FileRefused
from schemas.profile.channel import Profile

_BOM = b"\xef\xbb\xbf"
_TITLE = re.compile(r"#\s*支付宝(?P<what>业务明细|业务汇总|账务明细|账务汇总)")
_ACCOUNT = re.compile(r"#\s*账号[:：]\s*\[?(?P<account>\d{16,20})")
_FROM = re.compile(r"起始日期[:：]\s*\[?(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})日")
_TO = re.compile(r"终止日期[:：]\s*\[?(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})日")
_BRACKETS = re.compile(r"[（(][^（()）]*[）)]")
#: Lines above the header.
PREAMBLE_MAX = 30


@dataclass(frozen=True)
class Frame:
    """A bill's encoding, headings without units, where its lines lie, the text below them."""

    encoding: str
    names: list[str]
    start: int
    first_line: int
    end: int
    foot: list[str]


def encoding_of(head: bytes) -> str:
    """UTF-8 where the file is that, else GB18030, which holds GBK."""
    try:
        head[: head.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def titled(sample: Sample, what: str) -> bool:
    """Whether the first line is this bill's title."""
    first = sample.head.removeprefix(_BOM).split(b"\n", 1)[0]
    found = _TITLE.match(first.decode(encoding_of(sample.head), "replace"))
    return bool(found and found["what"] == what)


def frame_of(sample: Sample, what: str, profile: Profile) -> Frame:
    """Finds header and footer of a bill, and makes sure that it is of our account and of its day.

    Raises:
        FileRefused: another bill, account or day, or no header or end of the list in it.
    """
    name = sample.name
    if titled(sample, f"{what[:2]}汇总"):
        raise FileRefused(
            "SUMMARY_FILE",
            name,
            "it holds totals by shop, and no line",
            "take the detail file of the same archive, by `files.member`",
            1,
        )
    if not titled(sample, what):
        raise FileRefused(
            "UNKNOWN_LAYOUT",
            name,
            f"its first line is not #支付宝{what}查询",
            "send the bill as Alipay serves it",
            1,
        )
    encoding = encoding_of(sample.head)
    above: list[str] = []
    start = len(_BOM) if sample.head.startswith(_BOM) else 0
    for line in range(1, PREAMBLE_MAX + 1):
        end = sample.head.find(b"\n", start) + 1
        if end == 0:
            break
        text = sample.head[start:end].decode(encoding, "replace").strip()
        start = end
        if text and not text.startswith("#"):
            _ours(above, sample, profile)
            below, foot = _foot(sample, encoding, what)
            names = [_BRACKETS.sub("", each).strip() for each in text.split(",")]
            return Frame(encoding, names, start, line + 1, max(below, start), foot)
        above.append(text)
    raise FileRefused("UNKNOWN_LAYOUT", name, "no header below its title", "fetch it again", 1)


def _ours(above: list[str], sample: Sample, profile: Profile) -> None:
    text = "\n".join(above)
    account, begins, ends = _ACCOUNT.search(text), _FROM.search(text), _TO.search(text)
    known = profile.alipay.accounts
    if known and (account is None or account["account"][:16] not in known):
        raise FileRefused(
            "OTHER_CHANNEL",
            sample.name,
            "its account is not this channel's",
            "add it to `alipay.accounts`, or have the right file sent",
            2,
        )
    if sample.day is None or begins is None:
        return
    first, last = (
        date(int(hit["y"]), int(hit["m"]), int(hit["d"])) if hit else None for hit in (begins, ends)
    )
    if first is not None and not first <= sample.day <= (last or first):
        raise FileRefused(
            "WRONG_DAY",
            sample.name,
            f"it begins on {first}, and is not of {sample.day}",
            "have the right day sent",
            3,
        )


def _foot(sample: Sample, encoding: str, what: str) -> tuple[int, list[str]]:
    """The byte at which the list ends, and the text from there on."""
    mark = f"{what}列表结束".encode(encoding)
    at = sample.tail.rfind(mark)
    if at < 0:
        raise FileRefused(
            "FOOTER_MISSING",
            sample.name,
            f"no line says {what}列表结束",
            "fetch the file again, it was cut",
        )
    line = sample.tail.rfind(b"\n", 0, at) + 1
    foot = sample.tail[line:].decode(encoding, "replace").splitlines()
    return sample.tail_offset + line, foot


def bound(
    sample: Sample, frame: Frame, headings: Mapping[str, tuple[str, ...]], needed: tuple[str, ...]
) -> dict[str, int]:
    """Where each column that is read stands: the first of its headings that the bill has.

    Raises:
        FileRefused: a needed one is missing, or one stands twice.
    """
    places = {
        ours: frame.names.index(next(each for each in known if each in frame.names))
        for ours, known in headings.items()
        if set(known) & set(frame.names)
    }
    missing = [headings[ours][0] for ours in needed if ours not in places]
    twice = [each for each in set(frame.names) if each and frame.names.count(each) > 1]
    if missing or twice:
        found = f"lacks {'、'.join(missing)}" if missing else f"has {twice[0]} twice"
        raise FileRefused(
            "UNKNOWN_LAYOUT",
            sample.name,
            f"the header {found}",
            "check that it is the detail file",
            frame.first_line - 1,
        )
    return places


def private(frame: Frame, places: Mapping[str, int], name: str) -> Private:
    """The cell that names the other side: a rejected line does not show it."""
    cells = tuple(at for ours, at in places.items() if ours == name)
    return Private(cells, (), len(frame.names), ",", None, " \t")


def realigned(
    frame: Frame,
    places: Mapping[str, int],
    free: tuple[str, ...],
    dates: tuple[str, ...],
    numbers: tuple[str, ...],
) -> Realign:
    """How a line is read whose free texts hold commas: nothing in these bills is quoted.

    `free` and `dates` are our names of columns, `numbers` are headings.
    """
    return Realign(
        len(frame.names),
        ",",
        tuple(sorted(places[name] for name in free if name in places)),
        tuple(places[name] for name in dates if name in places),
        tuple(at for at, heading in enumerate(frame.names) if heading in numbers),
        tuple(at for name, at in places.items() if name not in free),
    )


def total(sample: Sample, foot: list[str], pattern: str) -> re.Match[str]:
    """The line of the footer that fits.

    Raises:
        FileRefused: none does.
    """
    for line in foot:
        found = re.search(pattern, line.replace(" ", ""))
        if found:
            return found
    raise FileRefused(
        "FOOTER_MISSING",
        sample.name,
        f"no total {pattern.split('[', 1)[0]} below the lines",
        "fetch the file again, it was cut",
    )
