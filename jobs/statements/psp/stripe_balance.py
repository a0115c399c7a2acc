"""Stripe's itemized balance reports, as CSV.

`balance_change_from_activity.itemized.*` and `payout_reconciliation.itemized.*`; the
reader binds columns by name, since a merchant chooses them with every report. Source:
docs/reference/dialects/psp.md.
"""

from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import islice
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.extra_columns import set_extra
from jobs.statements.canonical.lines import (
    Lines,
    add_normalized_references,
    null_column,
    parse_full_dates,
    parse_local_times,
    require,
    set_amount_column,
)
from jobs.statements.parser import Dialect, ParsedBlock, Plan, Sample
from jobs.statements.psp.columns import (
    Block,
    check_signs,
    has_kind,
    name_extra,
    read_blocks,
    select_where,
    set_kinds,
)
from jobs.statements.psp.reporting_categories import KINDS
from jobs.statements.reading.csv_records import find_header, locate_columns, read_records
from schemas.errors import FileRefused
from schemas.profile.channel import Profile
from schemas.profile.layout.parts import EXTRA_PREFIX
from schemas.vocabulary import Kind

_NAMES = {
    "channel_ref": ("balance_transaction_id",),
    "created_utc": ("created_utc",),
    "created": ("created",),
    "currency": ("currency",),
    "gross": ("gross",),
    "fee": ("fee",),
    "net": ("net",),
    "category": ("reporting_category",),
    "source": ("source_id",),
    "charge": ("charge_id",),
    "payout": ("automatic_payout_id",),
    "settled": (
        "automatic_payout_effective_at",
        "automatic_payout_effective_at_utc",
        "available_on",
        "available_on_utc",
    ),
    "product": ("payment_method_type",),
    "card_type": ("card_funding",),
}
#: Further columns that prices can depend on, where the report has them.
_EXTRA = {
    "card_brand": ("card_brand",),
    "card_country": ("card_country",),
    "presentment_currency": ("customer_facing_currency",),
}
_NEEDED = ("channel_ref", "currency", "gross", "fee", "net", "category")
_TIME = "%Y-%m-%d %H:%M:%S"


def identify(sample: Sample) -> bool:
    """Whether the first record has the columns that every such report must have."""
    try:
        records = read_records(BytesIO(sample.head), sample.file_name)
        headers = [record.cells for record in islice(records, 1)]
    except FileRefused:
        return False
    return bool(headers) and {"balance_transaction_id", "reporting_category"} <= set(headers[0])


def plan(sample: Sample, profile: Profile) -> Plan:
    """Binds the columns of the header.

    Raises:
        FileRefused: there is no header, or it lacks a needed column.
    """
    header = find_header(
        sample.file_name, sample.head, lambda cells: "balance_transaction_id" in cells
    )
    options = profile.stripe
    names = dict[str, Sequence[str]](_NAMES)
    names["our_ref"] = (options.our_ref,)
    names |= name_extra(_EXTRA, options.extra)
    wanted = [*_NEEDED, *(f"{EXTRA_PREFIX}{name}" for name in options.extra)]
    if options.our_ref != "payment_intent_id":
        wanted.append("our_ref")
    if options.refund_ref is not None:
        names["refund_ref"] = (options.refund_ref,)
        wanted.append("refund_ref")
    places = locate_columns(header, names, wanted, sample.file_name)
    if "created" not in places and "created_utc" not in places:
        raise FileRefused(
            "UNKNOWN_LAYOUT", sample.file_name, "it has no column created or created_utc",
            "have the report made with it", header.line_no,
        )  # fmt: skip
    first = header.line_no + 1 + header.raw.count("\n")
    return Plan(
        "stripe_balance", None, places, 0, first, sample.byte_size, file_name=sample.file_name
    )


def read(source: IO[bytes], plan: Plan, profile: Profile) -> Iterator[ParsedBlock]:
    """The report to canonical lines; amounts in minor units.

    Raises:
        FileRefused: see `csv_records.records`.
    """
    for block, rejected in read_blocks(
        source, plan.file_name, plan.column_indexes, plan.first_line
    ):
        lines = _lines(block, profile)
        yield ParsedBlock(lines, raw=block.raw, rejected=rejected)


def _lines(block: Block, profile: Profile) -> Lines:
    texts = block.texts
    lines = Lines({"line_no": block.line_no})
    columns = lines.columns
    set_kinds(lines, texts("category"), KINDS, profile.stripe.kinds, "stripe.kinds")
    columns["currency"] = pc.utf8_upper(texts("currency"))
    set_amount_column(lines, "amount", texts("gross"), "major")
    set_amount_column(lines, "fee", texts("fee"), "major")
    _check_net(lines, texts("net"))
    check_signs(lines)
    _set_times(lines, block, profile)
    paid = has_kind(lines, Kind.PAYMENT, Kind.TOP_UP)
    returned = has_kind(lines, Kind.REFUND, Kind.CHARGEBACK, Kind.ADJUSTMENT)
    charge = pc.coalesce(texts("charge"), texts("source"))
    columns["our_ref"] = select_where(paid, texts("our_ref"))
    if "refund_ref" in block.places:
        refund = has_kind(lines, Kind.REFUND)
        columns["our_ref"] = select_where(refund, texts("refund_ref"), columns["our_ref"])
    columns["channel_ref"] = texts("channel_ref")
    columns["order_ref"] = charge
    columns["original_ref"] = select_where(returned, texts("charge"))
    columns["batch_ref"] = texts("payout")
    columns["product"], columns["card_type"] = texts("product"), texts("card_type")
    set_extra(lines, block.extra_texts())
    require(lines, ("kind", "amount", "fee", "currency", "channel_ref", "traded_at"))
    add_normalized_references(columns, profile)
    return lines


def _check_net(lines: Lines, texts: pa.Array) -> None:
    """Rejects lines whose net is not gross - fee; a payout's net is its change of the balance."""
    columns = lines.columns
    set_amount_column(lines, "net", texts, "major")
    net = columns.pop("net")
    lines.reject_where(pc.is_null(net), "NO_VALUE: net is empty")
    differs = pc.not_equal(net, pc.subtract(columns["amount"], columns["fee"]))
    payout = has_kind(lines, Kind.SETTLEMENT)
    lines.reject_where(
        pc.and_(differs, pc.invert(payout)), "SETTLEMENT_DIFFERS: net is not gross - fee"
    )
    own = pc.fill_null(pc.and_(differs, payout), False)
    columns["settlement_amount"] = select_where(own, net)
    columns["settlement_currency"] = select_where(own, columns["currency"])


def _set_times(lines: Lines, block: Block, profile: Profile) -> None:
    """Sets times: `created_utc`, else `created` in the report's zone, which is the profile's.

    The settlement date is the printed day of the payout, else of availability.
    """
    name, zone = ("created", profile.zone)
    if "created_utc" in block.places:
        name, zone = "created_utc", "UTC"
    lines.columns["traded_at"], faults = parse_local_times(block.texts(name), _TIME, zone)
    lines.reject(faults)
    settled = block.texts("settled")
    if not len(settled):
        lines.columns["settlement_date"] = null_column(0, pa.date32())
        return
    day, faults = parse_full_dates(pc.replace_substring_regex(settled, " .*$", ""), "%Y-%m-%d")
    lines.columns["settlement_date"] = day
    lines.reject(faults)


DIALECT = Dialect("stripe_balance", identify, plan, read=read)
