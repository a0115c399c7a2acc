"""Turns snapshot rows into canonical transactions. Source: docs/reference/snapshots.md."""

import re
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import (
    Lines,
    add_normalized_references,
    empty_to_null,
    mask_account_numbers,
    mask_free_texts,
    mask_names,
    null_column,
    require,
    to_null,
)
from jobs.statements.canonical.money import AMOUNT_MAX, map_codes, parse_amounts
from jobs.statements.canonical.timestamps import OUT_OF_RANGE, is_out_of_range
from schemas.currencies import MINOR_UNITS
from schemas.profile.channel import Profile
from schemas.vocabulary import Kind, Status

REQUIRED = ("txn_id", "channel", "kind", "status", "amount", "currency", "occurred_at")
OPTIONAL = (
    "business_date",
    "our_ref",
    "channel_ref",
    "order_ref",
    "order_amount",
    "batch_ref",
    "original_txn_id",
    "account_tail",
    "payer_name",
    "merchant_id",
    "product",
    "card_type",
    "updated_at",
)
_TEXTS = (
    "our_ref",
    "channel_ref",
    "order_ref",
    "batch_ref",
    "original_txn_id",
    "merchant_id",
    "product",
    "card_type",
)
_CHANNEL = re.compile(r"[a-z0-9][a-z0-9_-]*")
_UTC = pa.timestamp("us", "UTC")


def find_schema_faults(schema: pa.Schema) -> list[str]:
    """All faults of a snapshot's columns; other columns are ignored."""
    faults = [f"column {name} is missing" for name in REQUIRED if name not in schema.names]
    known = [name for name in schema.names if name in (*REQUIRED, *OPTIONAL)]
    faults += [
        f"column {name} is there twice" for name in sorted(set(known)) if known.count(name) > 1
    ]
    for field in schema:
        kind = field.type
        if field.name in ("amount", "order_amount") and pa.types.is_floating(kind):
            faults.append(f"{field.name} is {kind}: money as a float is not exact, write a decimal")
        money_like = pa.types.is_decimal(kind) or pa.types.is_integer(kind) or _is_text(kind)
        if field.name in ("amount", "order_amount") and not (
            money_like or pa.types.is_floating(kind) or pa.types.is_null(kind)
        ):
            faults.append(f"{field.name} is {kind}, not a decimal")
        if field.name == "business_date" and not (pa.types.is_temporal(kind) or _is_text(kind)):
            faults.append(f"{field.name} is {kind}, not a date")
        if field.name in ("occurred_at", "updated_at") and not (
            pa.types.is_timestamp(kind) or _is_text(kind)
        ):
            faults.append(f"{field.name} is {kind}, not a timestamp")
        texts = (*_TEXTS, "txn_id", "channel", "kind", "status", "currency", "account_tail")
        if field.name in (*texts, "payer_name") and not (
            _is_text(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind)
        ):
            faults.append(f"{field.name} is {kind}, not a text")
    return faults


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def list_channels(table: pa.Table) -> list[str]:
    """The channels of the rows, sorted, without nulls."""
    channels = pc.unique(table["channel"].cast(pa.string())).to_pylist()
    return sorted(channel for channel in channels if channel)


def to_transactions(
    rows: pa.Table, channel: str, profile: Profile | None, day: date
) -> tuple[dict[str, pa.Array], dict[int, str]]:
    """Turns one channel's rows into canonical columns; also returns the faults by row index.

    A time without an offset is UTC. A missing `our_ref` becomes `txn_id`.
    """
    count = rows.num_rows
    present = {
        name: rows[name].combine_chunks()
        for name in (*REQUIRED, *OPTIONAL)
        if name in rows.column_names
    }

    def text(name: str) -> pa.Array:
        if name not in present or pa.types.is_null(present[name].type):
            return null_column(count)
        return empty_to_null(present[name].cast(pa.string()))

    lines = Lines({name: text(name) for name in ("txn_id", *_TEXTS)})
    columns = lines.columns
    if not _CHANNEL.fullmatch(channel):
        lines.reject({0: f"channel {channel!r} is not lower-case letters, digits, - and _"})
    for name, vocabulary in (("kind", Kind), ("status", Status)):
        known = {value.value: value.value for value in vocabulary}
        columns[name], faults = map_codes(text(name), known.get, f"unknown {name}")
        lines.reject(faults)
    columns["currency"] = text("currency")
    unit = profile.internal.amount_unit if profile else "major"
    for name in ("amount", "order_amount"):
        columns[name], faults = _to_minor_units(present.get(name), columns["currency"], unit, count)
        lines.reject({row: f"{name}: {fault}" for row, fault in faults.items()})
    for name in ("occurred_at", "updated_at"):
        columns[name], faults = _to_utc(present.get(name), count)
        lines.reject({row: f"{name}: {fault}" for row, fault in faults.items()})
        lines.reject_where(is_out_of_range(columns[name]), f"{name}: BAD_TIME: {OUT_OF_RANGE}")
    columns["account_tail"] = mask_account_numbers(text("account_tail"))
    columns["payer_name"] = mask_names(text("payer_name"))
    mask_free_texts(columns)
    require(lines, ("txn_id", "kind", "status", "amount", "currency", "occurred_at"))
    columns["our_ref"] = pc.coalesce(columns["our_ref"], columns["txn_id"])
    add_normalized_references(columns, profile)
    if "business_date" in present:
        lines.reject(_wrong_date_faults(present["business_date"], day))
    return columns, lines.faults


def _to_minor_units(
    values: pa.Array | None, currencies: pa.Array, unit: str, count: int
) -> tuple[pa.Array, dict[int, str]]:
    if values is None or pa.types.is_null(values.type):
        return null_column(count, pa.int64()), {}
    codes = pc.unique(currencies).to_pylist()
    if not _is_text(values.type) and len(codes) == 1 and codes[0] in MINOR_UNITS:
        exponent = MINOR_UNITS[codes[0]] if unit == "major" else 0
        try:
            wide = values.cast(pa.decimal128(28, 9))
            scaled = pc.multiply(wide, pa.scalar(10**exponent).cast(pa.decimal128(6, 0)))
            value = scaled.cast(pa.decimal128(38, 0)).cast(pa.int64())
            largest = pc.max(pc.abs(value)).as_py()
            if largest is None or largest <= AMOUNT_MAX:
                return value, {}
        except pa.ArrowInvalid:
            pass
    return parse_amounts(empty_to_null(values.cast(pa.string())), currencies, unit)


def _to_utc(values: pa.Array | None, count: int) -> tuple[pa.Array, dict[int, str]]:
    if values is None or pa.types.is_null(values.type):
        return null_column(count, _UTC), {}
    if pa.types.is_timestamp(values.type):
        # Of coarse units a cast to microseconds could wrap.
        outside = is_out_of_range(values)
        rows = pc.indices_nonzero(outside).to_pylist()
        values = pc.if_else(outside, pa.scalar(None, values.type), values)
        if values.type.tz is None:
            values = pc.assume_timezone(values, "UTC")
        return values.cast(_UTC, safe=False), dict.fromkeys(rows, f"BAD_TIME: {OUT_OF_RANGE}")
    texts = to_null(values.cast(pa.string()), ("",))
    for kind in (pa.timestamp("us"), _UTC):
        try:
            return texts.cast(kind).cast(_UTC), {}
        except pa.ArrowInvalid:
            continue
    out: list[datetime | None] = []
    faults = {}
    for row, text in enumerate(texts.to_pylist()):
        value = None
        try:
            value = None if text is None else datetime.fromisoformat(text)
            value = value and (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            value, faults[row] = None, f"BAD_TIME: {text[:40]!r} is no ISO 8601 time"
        out.append(value)
    return pa.array(out, _UTC), faults


def _wrong_date_faults(values: pa.Array, day: date) -> dict[int, str]:
    if _is_text(values.type):
        same = pc.equal(pc.utf8_slice_codeunits(values.cast(pa.string()), 0, 10), str(day))
    else:
        same = pc.equal(values.cast(pa.date32(), safe=False), pa.scalar(day))
    if pc.all(pc.fill_null(same, False)).as_py() in (True, None):
        return {}
    rows = pc.indices_nonzero(pc.invert(pc.fill_null(same, False))).to_pylist()
    shown = values.cast(pa.string())
    return {row: f"business_date is {shown[row].as_py()}, not {day}" for row in rows}
