"""Files of fixed-width records, described wholly by their profile.

Source: docs/reference/dialects/fixed_width.md.
"""

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.clock_columns import days, moments
from jobs.statements.canonical.lines import (
    Lines,
    given,
    masked_name,
    masked_tail,
    needed,
    nulls,
    signed_by,
    with_references,
)
from jobs.statements.canonical.money import mapped
from jobs.statements.fixed_width.amounts import set_amount, span_of, spots_of
from jobs.statements.fixed_width.cells import Codes, FixedCut, Span
from jobs.statements.fixed_width.header_trailer import (
    day_in,
    day_in_name,
    end_of,
    header_of,
    totals_of,
    trailer_of,
)
from jobs.statements.parser import Declared, Dialect, Parsed, Plan, Sample
from jobs.statements.reading.masking import PrivateBytes
from jobs.statements.reading.shape import Cells, Shape
from schemas.errors import FileRefused
from schemas.profile.channel import Profile
from schemas.profile.layout.fixed_width import FIXED_COLUMNS, MONEY_COLUMNS, FixedLayout
from schemas.vocabulary import SIGN_OF_KIND, Kind, Reference, Status

_BOM = b"\xef\xbb\xbf"
_LETTER = "sign of "
#: Lines that `identify` looks at, and the bytes of a record that it takes for one.
_LOOKED_AT, _LENGTH_MIN = 50, 20
#: Columns of free text, whose last character the sender may have cut in two.
_FREE = ("payer_name", "product", "card_type")
_KEPT = ("currency", "merchant_id", "terminal_id", "product", "card_type")


def identify(sample: Sample) -> bool:
    """Whether a file's lines are of one length, its first and last aside; its profile says more."""
    lines = [each.removesuffix(b"\r") for each in sample.head.split(b"\n")[1:_LOOKED_AT]]
    lengths = {len(line) for line in lines[:-1]}
    return b"\0" not in sample.head[:4096] and len(lengths) == 1 and min(lengths) >= _LENGTH_MIN


def layout_of(profile: Profile) -> FixedLayout:
    """The profile's layout, which a profile of this dialect always has."""
    if profile.fixed_width is None:
        raise ValueError(f"{profile.channel} has no fixed_width")
    return profile.fixed_width


def plan(sample: Sample, profile: Profile) -> Plan:
    """Places of the columns, header and trailer, the file's date.

    Raises:
        FileRefused: header or trailer are missing or not as the profile says, or no date is told.
    """
    layout = layout_of(profile)
    spans: list[Span] = []
    places: dict[str, int] = {}
    for name, field in layout.columns.items():
        if name in MONEY_COLUMNS:
            spots = spots_of(field, layout)
            places[name] = len(spans)
            spans.append(spots.digits)
            if spots.letter is not None:
                places[_LETTER + name] = len(spans)
                spans.append(spots.letter)
        else:
            places[name] = len(spans)
            spans.append(span_of(field, layout, name not in _FREE))
    start, first_line = _after(sample, layout.preamble)
    end = end_of(sample, layout)
    declared: tuple[Declared, ...] = ()
    day = day_in_name(sample, layout)
    if layout.header is not None:
        header, start, first_line = header_of(sample, layout.header, layout, start, first_line)
        declared += totals_of(sample, header, layout.header, layout)
        day = day_in(sample, header, layout.header, layout) or day
    if layout.trailer is not None:
        end, trailer = trailer_of(sample, layout.trailer, layout, start)
        declared += totals_of(sample, trailer, layout.trailer, layout)
        day = day_in(sample, trailer, layout.trailer, layout) or day
    private = PrivateBytes(
        _bytes_of(layout, "payer_name"), _bytes_of(layout, "account_tail"), layout.encoding
    )
    shape = Shape(layout.encoding, "", None, 0, (), cutter=_cut_of(layout, spans), private=private)
    currency = layout.constants.get("currency")
    return Plan(
        "fixed_width",
        shape,
        places,
        start,
        first_line,
        max(end, start),
        declared,
        currency,
        file_date=day or sample.day,
    )


def _cut_of(layout: FixedLayout, spans: list[Span]) -> FixedCut:
    first, types = layout.counted_from, layout.records
    codes = None
    if types is not None:
        detail, ignored = (
            tuple(code.encode(layout.encoding) for code in own)
            for own in (types.detail, types.ignore)
        )
        codes = Codes(types.at - first, types.width, detail, ignored)
    separated = tuple(place - first for place in layout.separators)
    separator = layout.separator.encode()
    return FixedCut(
        layout.encoding, layout.length, tuple(spans), separated, separator, codes, layout.line_ends
    )


def _bytes_of(layout: FixedLayout, name: FIXED_COLUMNS) -> tuple[tuple[int, int], ...]:
    """The pieces of a column, counted from 0; none where a record has no such column."""
    field, first = layout.columns.get(name), layout.counted_from
    return tuple((at - first, width) for at, width in field.pieces) if field else ()


def _after(sample: Sample, lines: int) -> tuple[int, int]:
    start = len(_BOM) if sample.head.startswith(_BOM) else 0
    for _ in range(lines):
        start = sample.head.find(b"\n", start) + 1
        if start == 0:
            raise FileRefused(
                "UNKNOWN_LAYOUT",
                sample.name,
                "it ends within its preamble",
                "check `fixed_width.preamble`",
                1,
            )
    return start, lines + 1


def parse(cells: Cells, plan: Plan, profile: Profile) -> Parsed:
    """Cells to canonical lines as the layout maps them."""
    layout = layout_of(profile)
    count = len(cells.line_no)

    def texts(name: str) -> pa.Array:
        if name in plan.places:
            return given(cells.columns[plan.places[name]], layout.empty, layout.strip)
        constant = layout.constants.get(name)  # type: ignore[call-overload]
        return nulls(count) if constant is None else pa.repeat(constant, count)

    lines = Lines({name: texts(name) for name in (*Reference, *_KEPT)})
    columns = lines.columns
    currencies = {str(key): str(value) for key, value in layout.currencies.items()}
    columns["currency"], _ = mapped(
        columns["currency"], lambda word: currencies.get(word, word), ""
    )
    for name, words, code in (
        ("kind", layout.kinds, "UNKNOWN_KIND"),
        ("status", layout.statuses, "UNKNOWN_STATUS"),
    ):
        own = {each.value: each.value for each in (Kind if name == "kind" else Status)}
        known = {str(key): str(value) for key, value in words.items()} or own
        columns[name], faults = mapped(texts(name), known.get, code)
        lines.blame(faults)
    for name in MONEY_COLUMNS:
        field = layout.columns.get(name)  # type: ignore[call-overload]
        columns[name] = nulls(count, pa.int64())
        if field is not None:
            letters = texts(_LETTER + name) if _LETTER + name in plan.places else None
            set_amount(lines, name, field, layout, texts(name), letters)
    if "settlement_amount" in layout.columns:
        columns["settlement_currency"] = columns["currency"]
    _by_kind(columns, layout)
    columns["traded_at"], faults = moments(
        texts("traded_at"), layout.time_format, plan.file_date, profile.zone
    )
    lines.blame(faults)
    columns["settlement_date"], faults = days(
        texts("settlement_date"), layout.date_format, plan.file_date
    )
    lines.blame(faults)
    columns["account_tail"] = masked_tail(texts("account_tail"))
    columns["payer_name"] = masked_name(texts("payer_name"))
    needed(lines, ("kind", "status", "amount", "currency"))
    with_references(columns, profile)
    return Parsed(lines, _added(lines, plan))


def _by_kind(columns: dict[str, pa.Array], layout: FixedLayout) -> None:
    """Signs that the kind of a line gives, where the layout says so."""
    if layout.amount_sign == "by_kind":
        ways = {way: [kind.value for kind in Kind if SIGN_OF_KIND[kind] == way] for way in (-1, 1)}
        negative, positive = (
            pc.fill_null(pc.is_in(columns["kind"], pa.array(ways[way])), False) for way in (-1, 1)
        )
        columns["amount"] = signed_by(columns["amount"], negative, positive)
    if layout.fee_sign == "by_kind":
        back = pc.fill_null(pc.equal(columns["kind"], Kind.REFUND.value), False)
        columns["fee"] = signed_by(columns["fee"], back, pc.invert(back))


def _added(lines: Lines, plan: Plan) -> dict[str, pa.Array]:
    """What each line adds to every declared total, in minor units or counts."""
    amount = pc.fill_null(lines.columns["amount"], 0)
    zero = pa.repeat(pa.scalar(0, pa.int64()), len(amount))
    refund, payment = (
        pc.fill_null(pc.equal(lines.columns["kind"], kind.value), False)
        for kind in (Kind.REFUND, Kind.PAYMENT)
    )
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


DIALECT = Dialect("fixed_width", identify, plan, parse=parse)
