"""The layout of Alipay's bills: a header bound by name, and lines with `#` above and below.

Source: Alipay's open platform, bill download; docs/reference/dialects/alipay_bill.md.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from jobs.statements.canonical.lines import null_column, to_null
from jobs.statements.parser import Plan, Sample
from jobs.statements.reading.line_format import Cells, LineFormat
from jobs.statements.reading.masking import PrivateCells
from jobs.statements.reading.realign import Realigner
from schemas.errors import FileRefused
from schemas.profile.channel import Profile

_BOM = b"\xef\xbb\xbf"
_TITLE = re.compile(r"#\s*支付宝(?P<what>业务明细|业务汇总|账务明细|账务汇总)")
_ACCOUNT = re.compile(r"#\s*账号[:：]\s*\[?(?P<account>\d{16,20})")
_FROM = re.compile(r"起始日期[:：]\s*\[?(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})日")
_TO = re.compile(r"终止日期[:：]\s*\[?(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})日")
_BRACKETS = re.compile(r"[（(][^（()）]*[）)]")
#: Lines above the header at most.
PREAMBLE_MAX = 30


@dataclass(frozen=True)
class Frame:
    """A bill's encoding, headings without units, and footer lines.

    Its lines are at bytes `start` to `end`; the first one has the number `first_line`.
    """

    encoding: str
    names: list[str]
    start: int
    first_line: int
    end: int
    foot: list[str]


def detect_encoding(head: bytes) -> str:
    """`utf-8` where the bytes are valid UTF-8, else `gb18030`, which contains GBK."""
    try:
        head[: head.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def has_title(sample: Sample, what: str) -> bool:
    """Whether the first line is this bill's title."""
    first = sample.head.removeprefix(_BOM).split(b"\n", 1)[0]
    title = _TITLE.match(first.decode(detect_encoding(sample.head), "replace"))
    return bool(title and title["what"] == what)


def read_frame(sample: Sample, what: str, profile: Profile) -> Frame:
    """Finds header and footer of a bill, and makes sure that its account and its day are right.

    Raises:
        FileRefused: it is another bill, account or day, or lacks its header or end of the list.
    """
    name = sample.file_name
    if has_title(sample, f"{what[:2]}汇总"):
        raise FileRefused(
            "SUMMARY_FILE",
            name,
            "it holds totals by shop, and no line",
            "take the detail file of the same archive, by `files.member`",
            1,
        )
    if not has_title(sample, what):
        raise FileRefused(
            "UNKNOWN_LAYOUT",
            name,
            f"its first line is not #支付宝{what}查询",
            "send the bill as Alipay serves it",
            1,
        )
    encoding = detect_encoding(sample.head)
    above: list[str] = []
    start = len(_BOM) if sample.head.startswith(_BOM) else 0
    for line in range(1, PREAMBLE_MAX + 1):
        end = sample.head.find(b"\n", start) + 1
        if end == 0:
            break
        text = sample.head[start:end].decode(encoding, "replace").strip()
        start = end
        if text and not text.startswith("#"):
            _assert_own_bill(above, sample, profile)
            below, foot = _find_footer(sample, encoding, what)
            names = [_BRACKETS.sub("", heading).strip() for heading in text.split(",")]
            return Frame(encoding, names, start, line + 1, max(below, start), foot)
        above.append(text)
    raise FileRefused("UNKNOWN_LAYOUT", name, "no header below its title", "fetch it again", 1)


def _assert_own_bill(above: list[str], sample: Sample, profile: Profile) -> None:
    text = "\n".join(above)
    account, begins, ends = _ACCOUNT.search(text), _FROM.search(text), _TO.search(text)
    known = profile.alipay.accounts
    if known and (account is None or account["account"][:16] not in known):
        raise FileRefused(
            "OTHER_CHANNEL",
            sample.file_name,
            "its account is not this channel's",
            "add it to `alipay.accounts`, or have the right file sent",
            2,
        )
    if sample.business_date is None or begins is None:
        return
    first, last = (
        date(int(hit["y"]), int(hit["m"]), int(hit["d"])) if hit else None for hit in (begins, ends)
    )
    if first is not None and not first <= sample.business_date <= (last or first):
        raise FileRefused(
            "WRONG_DAY",
            sample.file_name,
            f"it begins on {first}, and is not of {sample.business_date}",
            "have the right day sent",
            3,
        )


def _find_footer(sample: Sample, encoding: str, what: str) -> tuple[int, list[str]]:
    """The byte at which the list of lines ends, and the lines of text from there on."""
    mark = f"{what}列表结束".encode(encoding)
    at = sample.tail.rfind(mark)
    if at < 0:
        raise FileRefused(
            "FOOTER_MISSING",
            sample.file_name,
            f"no line says {what}列表结束",
            "fetch the file again, it was cut",
        )
    line = sample.tail.rfind(b"\n", 0, at) + 1
    foot = sample.tail[line:].decode(encoding, "replace").splitlines()
    return sample.tail_offset + line, foot


def bind_columns(
    sample: Sample, frame: Frame, headings: Mapping[str, tuple[str, ...]], needed: tuple[str, ...]
) -> dict[str, int]:
    """The cell (from 0) of each column: of the first of its headings that the bill has.

    Raises:
        FileRefused: a needed column is missing, or a heading stands twice.
    """
    places = {
        name: frame.names.index(next(heading for heading in known if heading in frame.names))
        for name, known in headings.items()
        if set(known) & set(frame.names)
    }
    missing = [headings[name][0] for name in needed if name not in places]
    twice = [name for name in set(frame.names) if name and frame.names.count(name) > 1]
    if missing or twice:
        problem = f"lacks {'、'.join(missing)}" if missing else f"has {twice[0]} twice"
        raise FileRefused(
            "UNKNOWN_LAYOUT",
            sample.file_name,
            f"the header {problem}",
            "check that it is the detail file",
            frame.first_line - 1,
        )
    return places


def bill_format(
    frame: Frame,
    places: Mapping[str, int],
    *,
    free_texts: tuple[str, ...],
    dates: tuple[str, ...],
    numbers: tuple[str, ...],
    counterparty: str,
) -> LineFormat:
    """How a bill's lines are cut into cells.

    Alipay quotes nothing: a line with commas in its free texts is realigned. A rejected line hides
    the counterparty. `free_texts`, `dates` and `counterparty` are our names of columns, `numbers`
    are headings.
    """
    width = len(frame.names)
    realigner = Realigner(
        width,
        ",",
        tuple(sorted(places[name] for name in free_texts if name in places)),
        tuple(places[name] for name in dates if name in places),
        tuple(index for index, heading in enumerate(frame.names) if heading in numbers),
        tuple(index for name, index in places.items() if name not in free_texts),
    )
    private_indexes = tuple(index for name, index in places.items() if name == counterparty)
    return LineFormat(
        frame.encoding,
        ",",
        None,
        width,
        tuple(sorted(set(places.values()))),
        realigner=realigner,
        private_cells=PrivateCells(private_indexes, (), width, ",", None, " \t"),
    )


def bill_texts(cells: Cells, plan: Plan, headings: Collection[str]) -> dict[str, pa.Array]:
    """The trimmed texts by our names of columns; null where empty, or where the bill has none."""
    count = len(cells.line_no)
    return {
        name: to_null(cells.columns[plan.column_indexes[name]], ("",), " \t")
        if name in plan.column_indexes
        else null_column(count)
        for name in headings
    }


def find_total(sample: Sample, foot: list[str], pattern: str) -> re.Match[str]:
    """The match of a pattern in the first footer line that has one; blanks do not count.

    Raises:
        FileRefused: no line matches.
    """
    for line in foot:
        total = re.search(pattern, line.replace(" ", ""))
        if total:
            return total
    raise FileRefused(
        "FOOTER_MISSING",
        sample.file_name,
        f"no total {pattern.split('[', 1)[0]} below the lines",
        "fetch the file again, it was cut",
    )
