"""What UnionPay's detail file (ZM) and error file (ZME) of a merchant have in common.

Records of fixed width in GBK, fields parted by one blank, amounts in fen, C and D from the
merchant's side, no year in a time, no total in the file. Source: UnionPay's file interface
specification for merchants; docs/reference/dialects/unionpay.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.clock_columns import date_in, moments
from jobs.statements.canonical.lines import Lines, given, masked_tail, money, nulls
from jobs.statements.canonical.money import mapped
from jobs.statements.fixed_width.cells import FixedCut, Span
from jobs.statements.parser import Plan, Sample
from jobs.statements.reading.shape import Cells, Shape
from schemas.errors import FileRefused
from schemas.profile.channel import Profile
from schemas.vocabulary import SIGN_OF_KIND, Kind

ENCODING = "gb18030"
CURRENCY = "CNY"
#: Where a file's name says its settlement date, in the order in which they are tried.
_DATES = ("INN%y%m%d", "%Y%m%d", "%Y-%m-%d")
_TIME = "%m%d%H%M%S"
_LETTERS = "CD"
_BOM = b"\xef\xbb\xbf"
#: 支付卡类型 by the words of a rate card; 00 and blank are unknown, another code stays as it is.
_CARDS = {
    "01": "DEBIT",
    "02": "CREDIT",
    "03": "SEMI_CREDIT",
    "04": "DEBIT_CREDIT",
    "05": "PREPAID",
    "06": "PREPAID",
}


@dataclass(frozen=True)
class RecordLayout:
    """A record: its fields in order (name or None, width), and how many are parted by blanks."""

    dialect: str
    fields: tuple[tuple[str | None, int], ...]
    parted: int

    @property
    def length(self) -> int:
        """Bytes of a record without its line end."""
        return sum(width for _, width in self.fields) + self.parted

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that are read."""
        return tuple(name for name, _ in self.fields if name is not None)

    def cut(self) -> FixedCut:
        """How a record is cut; the cells are in the order of `names`."""
        spans, parted, at = [], [], 0
        for place, (name, width) in enumerate(self.fields):
            if name is not None:
                spans.append(Span(((at, width),)))
            at += width
            if place < self.parted:
                parted.append(at)
                at += 1
        return FixedCut(ENCODING, self.length, tuple(spans), tuple(parted))

    def begins(self, sample: Sample) -> bool:
        """Whether a file begins with a record of this layout."""
        line = sample.head.split(b"\n", 1)[0].removesuffix(b"\r")
        parted = self.cut().separated
        fits = len(line) == self.length and all(line[at : at + 1] == b" " for at in parted)
        return fits and line[:1].isalpha() and line[1:3].isdigit()

    def plan(self, sample: Sample) -> Plan:
        """How a file of this layout is read.

        Raises:
            FileRefused: its name says no date, so that its lines have no year.
        """
        name = PurePosixPath(sample.name).name
        said = [date_in(name, form) for form in _DATES]
        day = next((each for each in said if each is not None), sample.day)
        if day is None:
            raise FileRefused(
                "NO_FILE_DATE",
                sample.name,
                "its name says no date, and its lines have no year",
                "keep UnionPay's name, INN<yyMMdd>...",
            )
        shape = Shape(ENCODING, "", None, 0, (), cutter=self.cut())
        places = {field: place for place, field in enumerate(self.names)}
        start = len(_BOM) if sample.head.startswith(_BOM) else 0
        return Plan(self.dialect, shape, places, start, 1, sample.size, (), CURRENCY, file_date=day)

    def texts(self, cells: Cells) -> dict[str, pa.Array]:
        """The trimmed fields; an empty one is null."""
        return {name: given(cells.columns[place], ("",)) for place, name in enumerate(self.names)}


def code_or_none(texts: pa.Array) -> pa.Array:
    """Numbers of other records: one of zeros only is none."""
    zeros = pc.match_substring_regex(texts, "^0+$")
    return pc.if_else(zeros, pa.scalar(None, pa.string()), texts)


def set_money(lines: Lines, text: Mapping[str, pa.Array]) -> None:
    """Amount and fee of each line, in fen, from its three amounts; blames what does not add up.

    交易金额 is unsigned, 手续费 D where we are charged, 结算金额 C where we are paid; the last is
    the amount less the fee on every line, which gives the amount its sign.
    """
    size = _fen(lines, text["amount"], "amount")
    fee = pc.negate(_lettered(lines, text["fee"], "手续费"))
    settled = _lettered(lines, text["settled"], "结算金额")
    lines.blame_where(pc.is_null(text["settled"]), "NO_VALUE: 结算金额 is empty")
    amount = pc.add(settled, pc.fill_null(fee, 0))
    odd = pc.fill_null(pc.not_equal(pc.abs(amount), pc.abs(size)), False)
    for row in pc.indices_nonzero(odd).to_pylist():
        said = ", ".join(f"{text[name][row].as_py()}" for name in ("settled", "amount", "fee"))
        lines.blame({row: f"SETTLEMENT_DIFFERS: 结算金额, 交易金额, 手续费 are {said}"})
    lines.columns["amount"] = pc.if_else(pc.is_valid(size), amount, pa.scalar(None, pa.int64()))
    lines.columns["fee"] = fee


def _fen(lines: Lines, texts: pa.Array, name: str) -> pa.Array:
    odd = pc.invert(pc.match_substring_regex(texts, "^[0-9]+$"))
    for row in pc.indices_nonzero(odd).to_pylist():
        lines.blame({row: f"BAD_AMOUNT: {name} {texts[row].as_py()!r} is not digits"})
    digits = pc.if_else(odd, pa.scalar(None, pa.string()), texts)
    held = Lines({"currency": lines.columns["currency"]})
    money(held, name, digits, "minor")
    lines.blame(held.faults)
    return held.columns[name]


def _lettered(lines: Lines, texts: pa.Array, name: str) -> pa.Array:
    """Amounts led by C (to us, above zero) or D; zero may go without a letter."""
    letter = pc.utf8_slice_codeunits(texts, 0, 1)
    led = pc.is_in(letter, pa.array(list(_LETTERS)))
    digits = pc.if_else(led, pc.utf8_slice_codeunits(texts, 1, None), texts)
    value = _fen(lines, digits, name)
    silent = pc.and_(pc.invert(led), pc.not_equal(value, 0))
    for row in pc.indices_nonzero(pc.fill_null(silent, False)).to_pylist():
        lines.blame({row: f"BAD_SIGN: {name} {texts[row].as_py()!r} has neither C nor D"})
    return pc.if_else(pc.equal(letter, "D"), pc.negate(value), value)


def set_kinds(
    lines: Lines, codes: pa.Array, known: Mapping[str, Kind], profile: Profile, pattern: bool
) -> None:
    """Kind of each line by its code; blames one whose amount goes the other way.

    With `pattern`, an E and two digits is an error transaction: an adjustment.
    """
    words = {**known, **profile.unionpay.kinds}

    def kind(code: str) -> str | None:
        if pattern and code not in words and code[:1] == "E" and code[1:].isdigit():
            return Kind.ADJUSTMENT.value
        return words[code].value if code in words else None

    columns = lines.columns
    columns["kind"], faults = mapped(codes, kind, "UNKNOWN_KIND")
    lines.blame(faults)
    for way in (-1, 1):
        own = pa.array([each.value for each in Kind if SIGN_OF_KIND[each] == way])
        wrong = pc.and_(pc.is_in(columns["kind"], own), _against(columns["amount"], way))
        said = f"BAD_SIGN: 结算金额 is {'C' if way < 0 else 'D'} on a line of this kind"
        lines.blame_where(wrong, said)


def _against(amount: pa.Array, way: int) -> pa.Array:
    return pc.less(amount, 0) if way > 0 else pc.greater(amount, 0)


def set_common(lines: Lines, text: Mapping[str, pa.Array], plan: Plan, profile: Profile) -> None:
    """Time, day, account, card and merchant of each line; blames merchants that are not ours."""
    columns, count = lines.columns, len(text["amount"])
    columns["status"] = pa.repeat("SUCCEEDED", count)
    columns["traded_at"], faults = moments(text["time"], _TIME, plan.file_date, profile.zone)
    lines.blame(faults)
    columns["settlement_date"] = pa.repeat(pa.scalar(_day(plan), pa.date32()), count)
    columns["account_tail"] = masked_tail(text["account"])
    columns["payer_name"] = nulls(count)
    columns["merchant_id"] = text["merchant"]
    card, faults = mapped(code_or_none(text["card"]), lambda code: _CARDS.get(code, code), "")
    columns["card_type"] = card
    if profile.unionpay.merchants:
        ours = pc.is_in(text["merchant"], pa.array(profile.unionpay.merchants, pa.string()))
        for row in pc.indices_nonzero(pc.invert(ours)).to_pylist():
            said = f"merchant {text['merchant'][row]} is not this channel's"
            lines.blame({row: f"OTHER_CHANNEL: {said}"})


def _day(plan: Plan) -> date:
    if plan.file_date is None:
        raise ValueError("a file of UnionPay's was planned without its date")
    return plan.file_date


def joined(texts: Sequence[pa.Array]) -> pa.Array:
    """Numbers that are one only together, by `-`; null where the first is none."""
    rest = [pc.fill_null(each, "") for each in texts[1:]]
    return pc.binary_join_element_wise(code_or_none(texts[0]), *rest, "-")
