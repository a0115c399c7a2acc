"""Files of fixed-width records, fully described by their profile.

Source: docs/reference/dialects/fixed_width.md.
"""

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.digit_times import parse_dates, parse_timestamps
from jobs.statements.canonical.lines import (
    Lines,
    add_normalized_references,
    mask_account_numbers,
    mask_names,
    null_column,
    require,
    to_null,
)
from jobs.statements.canonical.money import map_codes
from jobs.statements.fixed_width.amounts import find_amount_fields, find_span
from jobs.statements.fixed_width.cells import FixedWidthCutter, RecordTypes, Span
from jobs.statements.fixed_width.header_trailer import (
    find_end,
    read_date_in_name,
    read_file_date,
    read_header,
    read_totals,
    read_trailer,
)
from jobs.statements.fixed_width.line_amounts import SIGN_PREFIX, set_line_amounts
from jobs.statements.parser import DeclaredTotal, Dialect, ParsedBlock, Plan, Sample
from jobs.statements.reading.line_format import Cells, LineFormat
from jobs.statements.reading.masking import PrivateBytes
from schemas.errors import FileRefused
from schemas.profile.channel import Profile
from schemas.profile.layout.fixed_width import FIXED_COLUMNS, MONEY_COLUMNS, FixedLayout
from schemas.profile.layout.parts import EXTRA_PREFIX
from schemas.vocabulary import Kind, Reference, Status

_BOM = b"\xef\xbb\xbf"
#: Lines that `identify` reads, and the fewest bytes of a line that it accepts as a record.
_IDENTIFY_LINES, _LENGTH_MIN = 50, 20
#: Columns of free text, whose last character may be cut in half.
_FREE_TEXT_COLUMNS = ("payer_name", "product", "card_type", "text")
_TEXT_COLUMNS = ("currency", "merchant_id", "terminal_id", "product", "card_type", "text")


def identify(sample: Sample) -> bool:
    """Whether all lines of a file but the first and the last have one length."""
    lines = [line.removesuffix(b"\r") for line in sample.head.split(b"\n")[1:_IDENTIFY_LINES]]
    lengths = {len(line) for line in lines[:-1]}
    return b"\0" not in sample.head[:4096] and len(lengths) == 1 and min(lengths) >= _LENGTH_MIN


def get_layout(profile: Profile) -> FixedLayout:
    """The profile's layout, which a profile of this dialect always has."""
    if profile.fixed_width is None:
        raise ValueError(f"{profile.channel} has no fixed_width")
    return profile.fixed_width


def plan(sample: Sample, profile: Profile) -> Plan:
    """Finds the columns, header and trailer, and the file's date.

    Raises:
        FileRefused: header or trailer are missing or not as the profile says, or there is no date.
    """
    layout = get_layout(profile)
    spans: list[Span] = []
    column_indexes: dict[str, int] = {}
    for name, field in layout.fields.items():
        if name in MONEY_COLUMNS or (name.startswith(EXTRA_PREFIX) and field.is_money):
            amount_fields = find_amount_fields(field, layout)
            column_indexes[name] = len(spans)
            spans.append(amount_fields.digits)
            if amount_fields.sign_letter is not None:
                column_indexes[SIGN_PREFIX + name] = len(spans)
                spans.append(amount_fields.sign_letter)
        else:
            column_indexes[name] = len(spans)
            spans.append(find_span(field, layout, name not in _FREE_TEXT_COLUMNS))
    start, first_line = _skip_preamble(sample, layout.preamble)
    end = find_end(sample, layout)
    declared: tuple[DeclaredTotal, ...] = ()
    file_date = read_date_in_name(sample, layout)
    if layout.header is not None:
        header, start, first_line = read_header(sample, layout.header, layout, start, first_line)
        declared += read_totals(sample, header, layout.header, layout)
        file_date = read_file_date(sample, header, layout.header, layout) or file_date
    if layout.trailer is not None:
        end, trailer = read_trailer(sample, layout.trailer, layout, start)
        declared += read_totals(sample, trailer, layout.trailer, layout)
        file_date = read_file_date(sample, trailer, layout.trailer, layout) or file_date
    private = find_private_bytes(layout)
    cutter = _build_cutter(layout, spans)
    line_format = LineFormat(layout.encoding, "", None, 0, (), cutter=cutter, private_cells=private)
    currency = layout.constants.get("currency")
    return Plan(
        "fixed_width",
        line_format,
        column_indexes,
        start,
        first_line,
        max(end, start),
        declared,
        currency,
        file_date=file_date or sample.business_date,
    )


def _build_cutter(layout: FixedLayout, spans: list[Span]) -> FixedWidthCutter:
    counted_from, record_types = layout.counted_from, layout.records
    codes = None
    if record_types is not None:
        detail, ignored = (
            tuple(code.encode(layout.encoding) for code in codes_of_kind)
            for codes_of_kind in (record_types.detail, record_types.ignore)
        )
        codes = RecordTypes(record_types.at - counted_from, record_types.width, detail, ignored)
    separator_places = tuple(place - counted_from for place in layout.separators)
    separator = layout.separator.encode()
    return FixedWidthCutter(
        layout.encoding,
        layout.length,
        tuple(spans),
        separator_places,
        separator,
        codes,
        layout.line_ends,
    )


def find_private_bytes(layout: FixedLayout) -> PrivateBytes:
    """Finds the bytes to mask in a record that tieout keeps or shows."""
    names, numbers = _find_bytes(layout, "payer_name"), _find_bytes(layout, "account_tail")
    hidden = tuple((at - layout.counted_from, width) for at, width in layout.private)
    return PrivateBytes(names, numbers, layout.encoding, hidden)


def _find_bytes(layout: FixedLayout, name: FIXED_COLUMNS) -> tuple[tuple[int, int], ...]:
    """Finds the pieces of a column, counted from 0; none where a record has no such column."""
    field, counted_from = layout.columns.get(name), layout.counted_from
    return tuple((at - counted_from, width) for at, width in field.pieces) if field else ()


def _skip_preamble(sample: Sample, lines: int) -> tuple[int, int]:
    start = len(_BOM) if sample.head.startswith(_BOM) else 0
    for _ in range(lines):
        start = sample.head.find(b"\n", start) + 1
        if start == 0:
            raise FileRefused(
                "UNKNOWN_LAYOUT",
                sample.file_name,
                "it ends within its preamble",
                "check `fixed_width.preamble`",
                1,
            )
    return start, lines + 1


def parse(cells: Cells, plan: Plan, profile: Profile) -> ParsedBlock:
    """Converts cells to canonical lines as the layout says."""
    layout = get_layout(profile)
    count = len(cells.line_no)

    def texts(name: str) -> pa.Array:
        if name in plan.column_indexes:
            return to_null(cells.columns[plan.column_indexes[name]], layout.empty, layout.strip)
        constant = layout.constants.get(name)  # type: ignore[call-overload]
        return null_column(count) if constant is None else pa.repeat(constant, count)

    lines = Lines({name: texts(name) for name in (*Reference, *_TEXT_COLUMNS)})
    columns = lines.columns
    currencies = {str(key): str(value) for key, value in layout.currencies.items()}
    columns["currency"], _ = map_codes(
        columns["currency"], lambda word: currencies.get(word, word), ""
    )
    for name, code_map, code, key in (
        ("kind", layout.kinds, "UNKNOWN_KIND", "fixed_width.kinds"),
        ("status", layout.statuses, "UNKNOWN_STATUS", "fixed_width.statuses"),
    ):
        canonical = {member.value: member.value for member in (Kind if name == "kind" else Status)}
        lookup = {str(key): str(value) for key, value in code_map.items()} or canonical
        columns[name], faults = map_codes(texts(name), lookup.get, code, key)
        lines.reject(faults)
    set_line_amounts(lines, texts, plan, layout)
    columns["traded_at"], faults = parse_timestamps(
        texts("traded_at"), layout.time_format, plan.file_date, profile.zone
    )
    lines.reject(faults)
    columns["settlement_date"], faults = parse_dates(
        texts("settlement_date"), layout.date_format, plan.file_date
    )
    lines.reject(faults)
    columns["account_tail"] = mask_account_numbers(texts("account_tail"))
    columns["payer_name"] = mask_names(texts("payer_name"), profile.clear_payers)
    require(lines, ("kind", "status", "amount", "currency"))
    add_normalized_references(columns, profile)
    return ParsedBlock(lines, _compute_contributions(lines, plan))


def _compute_contributions(lines: Lines, plan: Plan) -> dict[str, pa.Array]:
    """Computes what each line adds to every declared total: minor units or counts (BIGINT)."""
    amount = pc.fill_null(lines.columns["amount"], 0)
    zero = pa.repeat(pa.scalar(0, pa.int64()), len(amount))
    refund, payment = (
        pc.fill_null(pc.equal(lines.columns["kind"], kind.value), False)
        for kind in (Kind.REFUND, Kind.PAYMENT)
    )
    contributions = {
        "count": pc.add(zero, 1),
        "amount": amount,
        "absolute_amount": pc.abs(amount),
        "fee": pc.fill_null(lines.columns["fee"], 0),
        "payment_count": payment.cast(pa.int64()),
        "payment_amount": pc.if_else(payment, amount, zero),
        "refund_count": refund.cast(pa.int64()),
        "refund_amount": pc.if_else(refund, pc.abs(amount), zero),
    }
    return {total.name: contributions[total.name] for total in plan.declared}


DIALECT = Dialect("fixed_width", identify, plan, parse=parse)
