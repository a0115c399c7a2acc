"""Delimited text, described wholly by its profile. Source: docs/reference/dialects.md."""

import contextlib
import csv
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical import (
    Lines,
    dates,
    given,
    masked_name,
    masked_tail,
    money,
    needed,
    nulls,
    signed_by,
    times,
    with_references,
)
from jobs.statements.cells import Cells, Shape
from jobs.statements.dialect import Declared, Parsed, Plan, Sample, last_line
from jobs.statements.money import mapped
from schemas.errors import FileRefused
from schemas.layout import DelimitedLayout
from schemas.profile import Profile
from schemas.vocabulary import SIGN_OF_KIND, Kind, Reference, Status

_BOM = "\ufeff"
_COUNTS = ("count", "payment_count", "refund_count")


def identify(sample: Sample) -> bool:
    """Any text may be delimited: the profile, not the file, says so."""
    return b"\0" not in sample.head[:4096]


def plan(sample: Sample, profile: Profile) -> Plan:
    """Binds the header or the numbers, finds the trailer.

    Raises:
        FileRefused: header or trailer are not as the profile says.
    """
    layout = layout_of(profile)
    start, first_line = _after(sample, layout.preamble)
    names: list[str] = []
    if layout.header == "names":
        end_of_header = sample.head.find(b"\n", start) + 1 or len(sample.head)
        names = _cells(_text(sample, start, end_of_header, layout, first_line), layout)
        start, first_line = end_of_header, first_line + 1
    elif start < sample.size:
        line_end = sample.head.find(b"\n", start)
        first = sample.head[start : line_end if line_end >= 0 else None]
        names = _cells(first.decode(layout.encoding, "replace"), layout)
    places = _bound(sample, layout, names, first_line)
    if names and max(places.values(), default=0) >= len(names):
        raise _unknown(
            sample,
            f"the first line has {len(names)} cells",
            "check `layout.columns` and `layout.separator`",
            first_line,
        )
    end = sample.size
    declared: tuple[Declared, ...] = ()
    if layout.trailer is not None:
        end, declared = _trailer(sample, layout)
    width = max(len(names), 1)
    wanted = tuple(sorted(set(places.values()))) or (0,)
    if layout.header == "none" and end <= start:
        width, wanted = max(max(places.values()) + 1, width), wanted
    shape = Shape(layout.encoding, layout.separator, layout.quote, width, wanted)
    currency = layout.constants.get("currency")
    return Plan("delimited", shape, places, start, first_line, max(end, start), declared, currency)


def layout_of(profile: Profile) -> DelimitedLayout:
    """The profile's layout, which a profile of this dialect always has."""
    if profile.layout is None:
        raise ValueError(f"{profile.channel} has no layout")
    return profile.layout


def _unknown(sample: Sample, found: str, todo: str, line: int) -> FileRefused:
    return FileRefused("UNKNOWN_LAYOUT", sample.name, found, todo, line)


def _after(sample: Sample, lines: int) -> tuple[int, int]:
    start = 0
    for _ in range(lines):
        start = sample.head.find(b"\n", start) + 1
        if start == 0:
            raise _unknown(sample, "it ends within its preamble", "check `layout.preamble`", 1)
    return start, lines + 1


def _text(sample: Sample, start: int, end: int, layout: DelimitedLayout, line: int) -> str:
    try:
        return sample.head[start:end].decode(layout.encoding).strip("\r\n").removeprefix(_BOM)
    except UnicodeDecodeError as fault:
        raise FileRefused(
            "BAD_ENCODING",
            sample.name,
            f"the header is not {layout.encoding}",
            "check `layout.encoding`",
            line,
        ) from fault


def _cells(text: str, layout: DelimitedLayout) -> list[str]:
    line = text.strip("\r\n").removeprefix(_BOM)
    cells = line.split(layout.separator)
    if layout.quote is not None:
        rows = csv.reader([line], delimiter=layout.separator, quotechar=layout.quote)
        with contextlib.suppress(csv.Error):
            cells = next(rows, [])
    return [cell.strip(layout.strip) for cell in cells]


def _bound(sample: Sample, layout: DelimitedLayout, names: list[str], line: int) -> dict[str, int]:
    wanted: dict[str, str | int] = {str(key): place for key, place in layout.columns.items()}
    if layout.sign is not None:
        wanted["sign"] = layout.sign.column
    if layout.header == "none":
        return {key: int(place) - 1 for key, place in wanted.items()}
    missing = sorted({str(place) for place in wanted.values() if place not in names})
    if missing:
        raise _unknown(
            sample,
            f"the header lacks {', '.join(missing)}",
            "check `layout.columns`, or that this is the channel's file",
            line - 1,
        )
    return {key: names.index(str(place)) for key, place in wanted.items()}


def _trailer(sample: Sample, layout: DelimitedLayout) -> tuple[int, tuple[Declared, ...]]:
    trailer = layout.trailer
    at, raw = last_line(sample)
    line = raw.decode(layout.encoding, "replace")
    if trailer is None or not line.startswith(trailer.starts_with):
        raise FileRefused(
            "FOOTER_MISSING",
            sample.name,
            "the last line is no trailer",
            "fetch the file again, it was cut",
        )
    cells = _cells(line, layout)
    short = [name for name, place in trailer.totals.items() if place > len(cells)]
    if short:
        raise FileRefused(
            "BAD_FOOTER",
            sample.name,
            f"the trailer has no {', '.join(short)}",
            "check `layout.trailer.totals`",
        )
    unit = trailer.amount_unit or layout.amount_unit
    return at, tuple(
        Declared(str(name), cells[place - 1], "count" if name in _COUNTS else unit)
        for name, place in trailer.totals.items()
    )


def parse(cells: Cells, plan: Plan, profile: Profile) -> Parsed:
    """Cells to canonical lines as the layout maps them."""
    layout = layout_of(profile)
    count = len(cells.line_no)

    def texts(name: str) -> pa.Array:
        if name in plan.places:
            return given(cells.columns[plan.places[name]], layout.empty, layout.strip)
        constant = layout.constants.get(name)  # type: ignore[call-overload]
        return nulls(count) if constant is None else pa.repeat(constant, count)

    lines = Lines(
        {
            name: texts(name)
            for name in (
                *Reference,
                "currency",
                "merchant_id",
                "terminal_id",
                "product",
                "card_type",
            )
        }
    )
    columns = lines.columns
    for name, words, code in (
        ("kind", layout.kinds, "UNKNOWN_KIND"),
        ("status", layout.statuses, "UNKNOWN_STATUS"),
    ):
        known = {str(key): str(value) for key, value in words.items()} or None
        columns[name], faults = mapped(texts(name), _word(known, name), code)
        lines.blame(faults)
    money(lines, "amount", texts("amount"), layout.amount_unit)
    money(lines, "fee", texts("fee"), layout.amount_unit)
    _signs(lines, texts("sign"), layout)
    columns["traded_at"], faults = times(texts("traded_at"), layout.time_format, profile.zone)
    lines.blame(faults)
    columns["settlement_date"], faults = dates(texts("settlement_date"), layout.date_format)
    lines.blame(faults)
    columns["account_tail"] = masked_tail(texts("account_tail"))
    columns["payer_name"] = masked_name(texts("payer_name"))
    needed(lines, ("kind", "status", "amount", "currency"))
    with_references(columns, profile)
    return Parsed(lines, _totals(lines, plan))


def _word(known: dict[str, str] | None, name: str) -> Callable[[str], str | None]:
    own = {each.value: each.value for each in (Kind if name == "kind" else Status)}
    return (known if known is not None else own).get


def _signs(lines: Lines, sign: pa.Array, layout: DelimitedLayout) -> None:
    columns = lines.columns
    leaving = [kind.value for kind, way in SIGN_OF_KIND.items() if way < 0]
    coming = [kind.value for kind, way in SIGN_OF_KIND.items() if way > 0]
    if layout.sign is not None:
        negative = pc.is_in(sign, pa.array(layout.sign.negative, pa.string()))
        positive = pc.is_in(sign, pa.array(layout.sign.positive, pa.string()))
        odd = pc.indices_nonzero(pc.invert(pc.or_(negative, positive))).to_pylist()
        lines.blame({row: f"BAD_SIGN: {sign[row].as_py()!r}" for row in odd})
        columns["amount"] = signed_by(columns["amount"], negative, positive)
    elif layout.amount_sign == "by_kind":
        negative = pc.is_in(columns["kind"], pa.array(leaving))
        positive = pc.is_in(columns["kind"], pa.array(coming))
        columns["amount"] = signed_by(columns["amount"], negative, positive)
    if layout.fee_sign == "by_kind":
        back = pc.is_in(columns["kind"], pa.array([Kind.REFUND.value]))
        columns["fee"] = signed_by(columns["fee"], back, pc.invert(back))


def _totals(lines: Lines, plan: Plan) -> dict[str, pa.Array]:
    amount = pc.fill_null(lines.columns["amount"], 0)
    refund = pc.fill_null(pc.equal(lines.columns["kind"], "REFUND"), False)
    payment = pc.fill_null(pc.equal(lines.columns["kind"], "PAYMENT"), False)
    zero = pa.repeat(pa.scalar(0, pa.int64()), len(amount))
    made = {
        "count": pc.add(zero, 1),
        "amount": amount,
        "absolute_amount": pc.abs(amount),
        "fee": pc.fill_null(lines.columns["fee"], 0),
        "payment_count": payment.cast(pa.int64()),
        "payment_amount": pc.if_else(payment, amount, zero),
        "refund_count": refund.cast(pa.int64()),
        "refund_amount": pc.if_else(refund, pc.abs(amount), zero),
    }
    return {each.name: made[each.name] for each in plan.declared}
