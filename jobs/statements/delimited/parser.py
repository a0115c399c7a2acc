"""Delimited text, described wholly by its profile. Source: docs/reference/dialects.md."""

from collections.abc import Callable, Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import (
    Lines,
    given,
    masked_name,
    masked_tail,
    needed,
    nulls,
    with_references,
)
from jobs.statements.canonical.money import mapped
from jobs.statements.canonical.timestamps import Faults, day_in, days, midnight_of, moments
from jobs.statements.delimited.amounts import check_net, set_amount, set_money, set_signs
from jobs.statements.delimited.layout_binding import (
    bound,
    cells_of,
    codes_of,
    detail_width,
    foot_of,
    top_of,
    trailer_of,
    unknown,
)
from jobs.statements.delimited.running_balance import link_of, turned
from jobs.statements.delimited.totals import (
    covered,
    expressed,
    footer_start,
    totals_by_line,
    trailer,
)
from jobs.statements.parser import Declared, Dialect, Parsed, Plan, Sample
from jobs.statements.reading.masking import Private
from jobs.statements.reading.shape import Cells, Shape
from schemas.profile.channel import Profile
from schemas.profile.layout.delimited import DelimitedLayout
from schemas.vocabulary import Kind, Reference, Status

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
    if told is not None and (layout.records or layout.header == "none"):
        width = detail_width(sample, told, top.start, layout) or width
    width = layout.cells or width
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
    cut = (layout.separator, layout.quote)
    names, numbers = (
        tuple(place for key, place in places.items() if key.rpartition("/")[2] == name)
        for name in ("payer_name", "account_tail")
    )
    private = Private(names, numbers, 0 if layout.is_sheet else width, *cut, layout.strip)
    shape = Shape(layout.encoding, *cut, width, wanted, told, private=private)
    pattern = profile.files.pattern if profile.files else ""
    made = Plan(
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
    # The rows of a sheet are parsed by `xlsx`, which turns its own plan.
    return made if layout.is_sheet else turned(sample, made, shape, parse, profile)


def layout_of(profile: Profile) -> DelimitedLayout:
    """The profile's layout, which a profile of this dialect always has."""
    if profile.layout is None:
        raise ValueError(f"{profile.channel} has no layout")
    return profile.layout


def parse(cells: Cells, plan: Plan, profile: Profile) -> Parsed:
    """Cells to canonical lines as the layout maps them."""
    columns = {name: cells.columns[place] for name, place in plan.places.items()}
    return mapped_lines(columns, cells.line_no, plan, profile)


def mapped_lines(
    found: Mapping[str, pa.Array], line_no: pa.Array, plan: Plan, profile: Profile,
    moments_of: MomentsOf = moments, days_of: DaysOf = days,
) -> Parsed:  # fmt: skip
    """Texts by our column, one a line, to canonical lines; how times are read may be said."""
    layout, count = layout_of(profile), len(line_no)

    def printed(name: str) -> pa.Array:
        if name in found:
            return given(found[name], layout.empty, layout.strip)
        constant = layout.constants.get(name)  # type: ignore[call-overload]
        return nulls(count) if constant is None else pa.repeat(constant, count)

    kind, faults = mapped(printed("kind"), _word(layout.kinds, Kind), "UNKNOWN_KIND")

    def texts(name: str) -> pa.Array:
        out = printed(name)
        for each, own in layout.by_kind.items():
            if name.partition("+")[0] in own:
                there = pc.fill_null(pc.equal(kind, each.value), False)
                out = pc.if_else(there, printed(f"{each}/{name}"), out)
        return out

    lines = Lines({name: texts(name) for name in (*Reference, *_KEPT)}, faults)
    columns = lines.columns
    columns["kind"] = kind
    if layout.currencies:
        words = {str(key): str(value) for key, value in layout.currencies.items()}
        columns["currency"], _ = mapped(columns["currency"], lambda it: words.get(it, it), "")
    columns["status"], faults = mapped(
        texts("status"), _word(layout.statuses, Status), "UNKNOWN_STATUS"
    )
    lines.blame(faults)
    set_amount(lines, texts, layout)
    set_money(lines, "fee", texts("fee"), layout)
    set_signs(lines, texts("sign"), layout)
    check_net(lines, texts("net"), layout)
    day = plan.file_date
    midnight = midnight_of(layout.time_format) if layout.time_optional else None
    at = _joined(lines, texts, "traded_at", plan, midnight)
    columns["traded_at"], faults = moments_of(at, layout.time_format, profile.zone, day)
    lines.blame(faults)
    on = _joined(lines, texts, "settlement_date", plan)
    columns["settlement_date"], faults = days_of(on, layout.date_format, day)
    lines.blame(faults)
    columns["account_tail"] = masked_tail(texts("account_tail"))
    columns["payer_name"] = masked_name(texts("payer_name"))
    needed(lines, ("kind", "status", "amount", "currency"))
    with_references(columns, profile)
    link = link_of(lines, texts("balance"), line_no, plan.newest_first, layout)
    return Parsed(lines, totals_by_line(lines, plan), link)


def _joined(
    lines: Lines,
    texts: Callable[[str], pa.Array],
    name: str,
    plan: Plan,
    midnight: str | None = None,
) -> pa.Array:
    """A time that may stand in two columns, with a blank between them; the second is `midnight`
    where it is empty.
    """
    first = texts(name)
    if f"{name}+1" not in plan.places:
        return first
    second = texts(f"{name}+1")
    if midnight is not None:
        second = pc.if_else(pc.is_valid(first), pc.fill_null(second, midnight), second)
    half = pc.not_equal(pc.is_valid(first), pc.is_valid(second))
    lines.blame_where(half, f"NO_VALUE: one of the columns of {name} is empty")
    return pc.binary_join_element_wise(first, second, " ")


def _word(
    theirs: Mapping[str, Kind] | Mapping[str, Status], ours: type[Kind] | type[Status]
) -> Callable[[str], str | None]:
    """Their words to ours, by the longest beginning where that is what is known; else our own."""
    known = {str(word): str(own) for word, own in theirs.items()}
    begun = sorted((word[:-1] for word in known if word.endswith("*")), key=len, reverse=True)
    known = known or {each.value: each.value for each in ours}

    def own(text: str) -> str | None:
        start = next((each for each in begun if text.startswith(each)), None)
        return known.get(text) or (None if start is None else known[f"{start}*"])

    return own


DIALECT = Dialect("delimited", identify, plan, parse=parse, text_layout=layout_of)
