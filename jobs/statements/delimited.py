"""Delimited text, described wholly by its profile. Source: docs/reference/dialects.md."""

from collections.abc import Callable, Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical import (
    Lines,
    given,
    masked_name,
    masked_tail,
    money,
    needed,
    nulls,
    signed_by,
    with_references,
)
from jobs.statements.cells import Cells, Shape
from jobs.statements.delimited_plan import (
    bound,
    cells_of,
    codes_of,
    detail_width,
    foot_of,
    top_of,
    trailer_of,
    unknown,
)
from jobs.statements.delimited_totals import (
    covered,
    expressed,
    footer_start,
    totals_by_line,
    trailer,
)
from jobs.statements.dialect import Declared, Parsed, Plan, Sample
from jobs.statements.moments import Faults, day_in, days, moments
from jobs.statements.money import mapped
from jobs.statements.printed import plain_amounts
from schemas.layout import DelimitedLayout
from schemas.profile import Profile
from schemas.vocabulary import SIGN_OF_KIND, Kind, Reference, Status

MomentsOf = Callable[[pa.Array, str, str, date | None], tuple[pa.Array, Faults]]
DaysOf = Callable[[pa.Array, str, date | None], tuple[pa.Array, Faults]]
_KEPT = ("currency", "merchant_id", "terminal_id", "product", "card_type")


def identify(sample: Sample) -> bool:
    """Any text may be delimited: the profile, not the file, says so."""
    return b"\0" not in sample.head[:4096]


def plan(sample: Sample, profile: Profile) -> Plan:
    """Binds the header or the numbers, finds what stands above and below the trades.

    Raises:
        FileRefused: header, trailer, footer or totals are not as the profile says.
    """
    layout = layout_of(profile)
    top = top_of(sample, layout)
    header_line = top.first_line - 1 if layout.header == "names" else top.first_line
    places = bound(sample, layout, top.names, header_line)
    told = codes_of(sample, layout, top.start)
    width = len(top.names) + (layout.extra_cells if layout.header == "names" else 0)
    if told is not None:
        width = detail_width(sample, told, top.start, layout) or width
    if top.names and not layout.is_sheet and max(places.values(), default=0) >= width:
        raise unknown(
            sample,
            f"the first line has {width} cells",
            "check `layout.columns` and `layout.separator`",
            header_line,
        )
    end, declared, foot = sample.size, tuple[Declared, ...](), list[str]()
    if layout.trailer is not None:
        end, cells = trailer_of(sample, layout)
        declared = trailer(sample, layout, cells)
    elif layout.footer is not None:
        end = footer_start(sample, layout)
        foot = foot_of(sample, layout, end)
    elif layout.records is not None and layout.records.trailer:
        codes = [*layout.records.trailer]
        below = foot_of(sample, layout, sample.tail_offset)
        foot = [line for line in below if cells_of(line, layout)[0] in codes]
    declared += expressed(sample, layout, top.head, foot)
    width = max(width, max(places.values(), default=0) + 1)
    wanted = tuple(sorted(set(places.values()))) or (0,)
    shape = Shape(layout.encoding, layout.separator, layout.quote, width, wanted, told)
    pattern = profile.files.pattern if profile.files else ""
    return Plan(
        "delimited",
        shape,
        places,
        top.start,
        top.first_line,
        max(end, top.start),
        declared,
        layout.constants.get("currency"),
        covered=covered(declared),
        file_date=sample.day or day_in(sample.name, pattern),
    )


def layout_of(profile: Profile) -> DelimitedLayout:
    """The profile's layout, which a profile of this dialect always has."""
    if profile.layout is None:
        raise ValueError(f"{profile.channel} has no layout")
    return profile.layout


def parse(cells: Cells, plan: Plan, profile: Profile) -> Parsed:
    """Cells to canonical lines as the layout maps them."""
    columns = {name: cells.columns[place] for name, place in plan.places.items()}
    return mapped_lines(columns, len(cells.line_no), plan, profile)


def mapped_lines(
    found: Mapping[str, pa.Array], count: int, plan: Plan, profile: Profile,
    moments_of: MomentsOf = moments, days_of: DaysOf = days,
) -> Parsed:  # fmt: skip
    """Texts by our column, `count` of each, to canonical lines; how times are read may be said."""
    layout = layout_of(profile)

    def texts(name: str) -> pa.Array:
        if name in found:
            return given(found[name], layout.empty, layout.strip)
        constant = layout.constants.get(name)  # type: ignore[call-overload]
        return nulls(count) if constant is None else pa.repeat(constant, count)

    lines = Lines({name: texts(name) for name in (*Reference, *_KEPT)})
    columns = lines.columns
    if layout.currencies:
        words = {str(key): str(value) for key, value in layout.currencies.items()}
        columns["currency"], _ = mapped(columns["currency"], lambda it: words.get(it, it), "")
    for name, known, code in (
        ("kind", layout.kinds, "UNKNOWN_KIND"),
        ("status", layout.statuses, "UNKNOWN_STATUS"),
    ):
        own = {str(key): str(value) for key, value in known.items()} or None
        columns[name], faults = mapped(texts(name), _word(own, name), code)
        lines.blame(faults)
    _set_amount(lines, texts, layout)
    _money(lines, "fee", texts("fee"), layout)
    _signs(lines, texts("sign"), layout)
    day = plan.file_date
    at = _joined(lines, texts, "traded_at", plan)
    columns["traded_at"], faults = moments_of(at, layout.time_format, profile.zone, day)
    lines.blame(faults)
    on = _joined(lines, texts, "settlement_date", plan)
    columns["settlement_date"], faults = days_of(on, layout.date_format, day)
    lines.blame(faults)
    columns["account_tail"] = masked_tail(texts("account_tail"))
    columns["payer_name"] = masked_name(texts("payer_name"))
    needed(lines, ("kind", "status", "amount", "currency"))
    with_references(columns, profile)
    return Parsed(lines, totals_by_line(lines, plan))


def _joined(lines: Lines, texts: Callable[[str], pa.Array], name: str, plan: Plan) -> pa.Array:
    """A time that may stand in two columns, with a blank between them."""
    first = texts(name)
    if f"{name}+1" not in plan.places:
        return first
    second = texts(f"{name}+1")
    half = pc.not_equal(pc.is_valid(first), pc.is_valid(second))
    lines.blame_where(half, f"NO_VALUE: one of the columns of {name} is empty")
    return pc.binary_join_element_wise(first, second, " ")


def _word(known: dict[str, str] | None, name: str) -> Callable[[str], str | None]:
    own = {each.value: each.value for each in (Kind if name == "kind" else Status)}
    return (known if known is not None else own).get


def _money(lines: Lines, name: str, texts: pa.Array, layout: DelimitedLayout) -> None:
    """Sets an amount column from its texts, plain or as `layout.amounts` says."""
    if layout.amounts is None:
        money(lines, name, texts, layout.amount_unit)
        return
    words = tuple(sorted((str(key), str(code)) for key, code in layout.currencies.items()))
    plain = plain_amounts(texts, layout.amounts, words)
    lines.blame(plain.faults)
    held = Lines({"currency": lines.columns["currency"]})
    if layout.amounts.currency:
        other = pc.not_equal(plain.currency, lines.columns["currency"])
        lines.blame_where(other, f"CURRENCY_DIFFERS: {name} prints another currency")
        held.columns["currency"] = pc.coalesce(plain.currency, lines.columns["currency"])
        if name != "fee":
            lines.columns["currency"] = held.columns["currency"]
    money(held, name, plain.texts, layout.amount_unit)
    lines.blame(held.faults)
    lines.columns[name] = held.columns[name]


def _set_amount(lines: Lines, texts: Callable[[str], pa.Array], layout: DelimitedLayout) -> None:
    """The amount from one column, or from one for what comes in and one for what goes out."""
    if layout.in_out is None:
        _money(lines, "amount", texts("amount"), layout)
        return
    for name in ("incoming", "outgoing"):
        _money(lines, name, texts(name), layout)
    incoming, outgoing = (lines.columns.pop(name) for name in ("incoming", "outgoing"))
    zero = pa.scalar(0, pa.int64())
    both = pc.and_(
        pc.not_equal(pc.fill_null(incoming, zero), 0), pc.not_equal(pc.fill_null(outgoing, zero), 0)
    )
    lines.blame_where(both, "BAD_SIGN: it has an amount coming in and one going out")
    neither = pc.and_(pc.is_null(incoming), pc.is_null(outgoing))
    amount = pc.subtract(pc.fill_null(incoming, zero), pc.abs(pc.fill_null(outgoing, zero)))
    lines.columns["amount"] = pc.if_else(neither, pa.scalar(None, pa.int64()), amount)


def _signs(lines: Lines, sign: pa.Array, layout: DelimitedLayout) -> None:
    columns = lines.columns
    ways = {
        way: [kind.value for kind, own in SIGN_OF_KIND.items() if own == way] for way in (-1, 1)
    }
    if layout.sign is not None:
        negative = pc.is_in(sign, pa.array(layout.sign.negative, pa.string()))
        positive = pc.is_in(sign, pa.array(layout.sign.positive, pa.string()))
        odd = pc.indices_nonzero(pc.invert(pc.or_(negative, positive))).to_pylist()
        lines.blame({row: f"BAD_SIGN: {sign[row].as_py()!r}" for row in odd})
        columns["amount"] = signed_by(columns["amount"], negative, positive)
    elif layout.amount_sign == "by_kind":
        negative, positive = (pc.is_in(columns["kind"], pa.array(ways[way])) for way in (-1, 1))
        columns["amount"] = signed_by(columns["amount"], negative, positive)
    if layout.kind_by_sign is not None:
        by = layout.kind_by_sign
        out = pc.less(columns["amount"], 0)
        columns["kind"] = pc.if_else(out, by.outgoing.value, by.incoming.value)
    if layout.fee_sign == "by_kind":
        back = pc.is_in(columns["kind"], pa.array([Kind.REFUND.value]))
        columns["fee"] = signed_by(columns["fee"], back, pc.invert(back))
