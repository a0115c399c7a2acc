"""Delimited text, fully described by its profile. Source: docs/reference/dialects.md."""

from collections.abc import Callable, Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import (
    Lines,
    add_normalized_references,
    mask_account_numbers,
    mask_names,
    null_column,
    require,
    to_null,
)
from jobs.statements.canonical.money import build_lookup, map_codes
from jobs.statements.canonical.timestamps import (
    Faults,
    format_midnight,
    parse_business_date,
    parse_dates,
    parse_timestamps,
)
from jobs.statements.delimited.amounts import (
    check_net,
    set_extra_columns,
    set_fee,
    set_trade_amount,
    sign_amounts,
)
from jobs.statements.delimited.layout_binding import (
    count_detail_cells,
    find_private_cells,
    find_record_types,
    find_start,
    find_trailer,
    locate_columns,
    read_footer_lines,
    split_cells,
    unknown_layout,
)
from jobs.statements.delimited.running_balance import check_balance, detect_order
from jobs.statements.delimited.total_rows import assert_no_trades_below, reject_total_rows
from jobs.statements.delimited.totals import (
    compute_contributions,
    find_covered_totals,
    find_footer,
    read_text_totals,
    read_trailer_totals,
)
from jobs.statements.parser import DeclaredTotal, Dialect, ParsedBlock, Plan, Sample
from jobs.statements.reading.line_format import Cells, LineFormat
from schemas.profile.channel import Profile
from schemas.profile.layout.delimited import DelimitedLayout
from schemas.vocabulary import Kind, Reference, Status

ParseTimestamps = Callable[[pa.Array, str, str, date | None], tuple[pa.Array, Faults]]
ParseDates = Callable[[pa.Array, str, date | None], tuple[pa.Array, Faults]]
_TEXT_COLUMNS = ("merchant_id", "terminal_id", "product", "card_type", "text")


def identify(sample: Sample) -> bool:
    """Any text may be delimited: the profile decides, not the file."""
    return b"\0" not in sample.head[:4096]


def plan(sample: Sample, profile: Profile) -> Plan:
    """Finds the columns by header or by number, and the text above and below the statement lines.

    Raises:
        FileRefused: header, trailer, footer or totals are not as the profile says.
    """
    layout = get_layout(profile)
    start = find_start(sample, layout)
    header_line = start.first_line - 1 if layout.header == "names" else start.first_line
    column_indexes = locate_columns(sample, layout, start.header_names, header_line)
    record_types = find_record_types(sample, layout, start.start_byte)
    width = len(start.header_names) + (layout.extra_cells if layout.header == "names" else 0)
    if record_types is not None and (layout.records or layout.header == "none"):
        width = count_detail_cells(sample, record_types, start.start_byte, layout) or width
    width = layout.cells or width
    if (
        start.header_names
        and not layout.is_sheet
        and max(column_indexes.values(), default=0) >= width
    ):
        raise unknown_layout(
            sample,
            f"the first line has {width} cells",
            "check `layout.columns` and `layout.separator`",
            header_line,
        )
    end, declared, footer_lines = sample.byte_size, tuple[DeclaredTotal, ...](), list[str]()
    if layout.trailer is not None:
        end, cells = find_trailer(sample, layout)
        declared = read_trailer_totals(sample, layout, cells)
    elif layout.footer is not None:
        end = find_footer(sample, layout)
        footer_lines = read_footer_lines(sample, layout, end)
        assert_no_trades_below(sample, layout, column_indexes, footer_lines)
    elif layout.records is not None and layout.records.trailer:
        trailer_codes = [*layout.records.trailer]
        last_lines = read_footer_lines(sample, layout, sample.tail_offset)
        footer_lines = [
            line for line in last_lines if split_cells(line, layout)[0] in trailer_codes
        ]
    declared += read_text_totals(sample, layout, start.preamble_lines, footer_lines)
    width = max(width, max(column_indexes.values(), default=0) + 1)
    read_indexes = tuple(sorted(set(column_indexes.values()))) or (0,)
    line_format = LineFormat(
        layout.encoding, layout.separator, layout.quote, width, read_indexes, record_types,
        private_cells=find_private_cells(
            sample, layout, column_indexes, start.header_names, header_line, width
        ),
    )  # fmt: skip
    pattern = profile.files.pattern if profile.files else ""
    new_plan = Plan(
        "delimited",
        line_format,
        column_indexes,
        start.start_byte,
        start.first_line,
        max(end, start.start_byte),
        declared,
        layout.constants.get("currency"),
        covered_totals=find_covered_totals(declared),
        file_date=sample.business_date or parse_business_date(sample.file_name, pattern),
    )
    # `xlsx` parses the rows of a sheet, and detects their order itself.
    return (
        new_plan if layout.is_sheet else detect_order(sample, new_plan, line_format, parse, profile)
    )


def get_layout(profile: Profile) -> DelimitedLayout:
    """The profile's layout, which a profile of this dialect always has."""
    if profile.layout is None:
        raise ValueError(f"{profile.channel} has no layout")
    return profile.layout


def parse(cells: Cells, plan: Plan, profile: Profile) -> ParsedBlock:
    """Converts cells to canonical lines as the layout says."""
    columns = {name: cells.columns[place] for name, place in plan.column_indexes.items()}
    return map_lines(columns, cells.line_no, plan, profile)


def map_lines(
    cell_columns: Mapping[str, pa.Array], line_no: pa.Array, plan: Plan, profile: Profile,
    read_timestamps: ParseTimestamps = parse_timestamps, read_dates: ParseDates = parse_dates,
) -> ParsedBlock:  # fmt: skip
    """Converts columns of texts to canonical lines; a caller may bring its own time parsers."""
    layout, count = get_layout(profile), len(line_no)

    def read_texts(name: str) -> pa.Array:
        if name in cell_columns:
            return to_null(cell_columns[name], layout.empty, layout.strip)
        constant = layout.constants.get(name)  # type: ignore[call-overload]
        return null_column(count) if constant is None else pa.repeat(constant, count)

    lines = Lines({"currency": read_texts("currency")})
    columns = lines.columns
    if layout.currencies:
        currency_codes = {str(key): str(value) for key, value in layout.currencies.items()}
        columns["currency"], _ = map_codes(
            columns["currency"], lambda it: currency_codes.get(it, it), ""
        )
    if layout.kind_by_sign is None:
        kind_codes = build_lookup(layout.kinds, Kind)
        columns["kind"], faults = map_codes(
            read_texts("kind"), kind_codes, "UNKNOWN_KIND", "layout.kinds"
        )
        lines.reject(faults)
    else:
        # Where columns depend on the kind, the amount that gives it comes first.
        set_trade_amount(lines, read_texts, layout)
        sign_amounts(lines, read_texts("sign"), layout)

    def texts(name: str) -> pa.Array:
        column = read_texts(name)
        for own_kind, own_columns in layout.by_kind.items():
            if name.partition("+")[0] in own_columns:
                is_kind = pc.fill_null(pc.equal(columns["kind"], own_kind.value), False)
                column = pc.if_else(is_kind, read_texts(f"{own_kind}/{name}"), column)
        return column

    columns |= {name: texts(name) for name in (*Reference, *_TEXT_COLUMNS)}
    columns["status"], faults = map_codes(
        texts("status"), build_lookup(layout.statuses, Status), "UNKNOWN_STATUS", "layout.statuses"
    )
    lines.reject(faults)
    if layout.kind_by_sign is None:
        set_trade_amount(lines, texts, layout)
        sign_amounts(lines, texts("sign"), layout)
    set_fee(lines, texts("fee"), layout)
    check_net(lines, texts("net"), layout)
    set_extra_columns(lines, texts, layout)
    file_date = plan.file_date
    midnight = format_midnight(layout.time_format) if layout.time_optional else None
    time_texts = _join_time_columns(lines, texts, "traded_at", plan, midnight)
    columns["traded_at"], faults = read_timestamps(
        time_texts, layout.time_format, profile.zone, file_date
    )
    lines.reject(faults)
    date_texts = _join_time_columns(lines, texts, "settlement_date", plan)
    columns["settlement_date"], faults = read_dates(date_texts, layout.date_format, file_date)
    lines.reject(faults)
    columns["account_tail"] = mask_account_numbers(texts("account_tail"))
    columns["payer_name"] = mask_names(texts("payer_name"), profile.clear_payers)
    require(lines, ("kind", "status", "amount", "currency"))
    reject_total_rows(lines, layout)
    add_normalized_references(columns, profile)
    balance_segment = check_balance(lines, texts("balance"), line_no, plan.reverse_order, layout)
    return ParsedBlock(lines, compute_contributions(lines, plan), balance_segment)


def _join_time_columns(
    lines: Lines,
    texts: Callable[[str], pa.Array],
    name: str,
    plan: Plan,
    midnight: str | None = None,
) -> pa.Array:
    """Joins a time from its two columns with a blank, where it has two. Where the second is empty,
    `midnight` stands for it.
    """
    first = texts(name)
    if f"{name}+1" not in plan.column_indexes:
        return first
    second = texts(f"{name}+1")
    if midnight is not None:
        second = pc.if_else(pc.is_valid(first), pc.fill_null(second, midnight), second)
    is_half = pc.not_equal(pc.is_valid(first), pc.is_valid(second))
    lines.reject_where(is_half, f"NO_VALUE: one of the columns of {name} is empty")
    return pc.binary_join_element_wise(first, second, " ")


DIALECT = Dialect("delimited", identify, plan, parse=parse, text_layout=get_layout)
