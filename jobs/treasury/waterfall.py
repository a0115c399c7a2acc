"""From our books to the credit, for one batch: the bridge of all its dates as one waterfall."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

import pyarrow.compute as pc

from jobs.lake.tables import Lake
from jobs.reports.text_table import render_table
from jobs.settlement.bridge.causes import BridgeCause
from jobs.statements.canonical.references import normalize_reference
from jobs.treasury.plan import JOB
from schemas.currencies import in_major_units
from schemas.errors import ConfigurationError, LakeInconsistent
from schemas.profile.channel import Profile
from schemas.tables import RUNS, SETTLEMENT_BRIDGE, SETTLEMENT_CHECKS
from schemas.vocabulary import Reference

Row = dict[str, Any]
#: Names shown of batches near to one that is not known.
_NEAR_MAX = 5
_TEXTS = {
    BridgeCause.OURS: "our transactions of the dates",
    BridgeCause.FEE_DUE: "fee due on them by the rate card",
    BridgeCause.IN_TRANSIT_OUT: "of these in transit, without a line of their date",
    BridgeCause.IN_TRANSIT_IN: "lines whose transaction is of another date, or none",
    BridgeCause.AMOUNT_DIFFERENCE: "amounts that differ from ours",
    BridgeCause.OUT_OF_SCOPE: "lines that are not ours",
    BridgeCause.DUPLICATE: "lines that repeat another one",
    BridgeCause.FEE_DIFFERENCE: "fee charged that is not the fee due, FEE lines",
    BridgeCause.CARRIED: "carried in from earlier batches, less carried out",
    BridgeCause.DECLARED_DIFFERENCE: "declared by the channel beyond its lines",
    BridgeCause.UNEXPLAINED: "not explained: the date is not matched",
}
_HEADINGS = ("CAUSE", "AMOUNT", "WHAT IT IS")


@dataclass(frozen=True)
class Waterfall:
    """A batch from our books to the credit, minor units; `check` is its latest row of
    `settlement_checks`. The causes add up to `expected`, which is `credited` less `difference`.
    """

    channel: str
    batch: str
    dates: tuple[date, ...]
    causes: dict[BridgeCause, int]
    check: Row


def read_waterfalls(
    lake: Lake, profile: Profile, batch: str, until: date | None
) -> list[Waterfall]:
    """The waterfall of each number, `per` and currency of a batch, up to a date.

    Raises:
        ConfigurationError: no such batch was settled; the message names those that are near.
        LakeInconsistent: the causes do not add up to what the batch expects; settle it again.
    """
    channel = profile.channel
    runs = lake.read_rows(RUNS, ("business_date",), job=JOB, channel=channel)
    days = [run["business_date"] for run in runs if until is None or run["business_date"] <= until]
    if not days:
        raise ConfigurationError(
            [f"--bridge {batch}: nothing of {channel} is settled yet; `tieout check_settlement`"
             " settles a date"]
        )  # fmt: skip
    first, last = min(days), max(days)
    rules = profile.references.get(Reference.BATCH_REF)
    names = {batch, normalize_reference(batch), rules and normalize_reference(batch, rules)}
    is_named = pc.field("batch").isin([name for name in names if name])
    checks = lake.read_arrow(SETTLEMENT_CHECKS, first, last, channel, is_named).to_pylist()
    latest: dict[tuple[Any, ...], Row] = {}
    for row in sorted(checks, key=lambda row: row["run_date"]):
        if row["batch_no"] is not None and row["result"] != "DECLARED_DIFFERS":
            latest[_place_of(row)] = row
    if not latest:
        raise ConfigurationError([_describe_unknown(lake, channel, batch, first, last)])
    rows = lake.read_arrow(SETTLEMENT_BRIDGE, first, last, channel, is_named).to_pylist()
    return [
        _build(channel, check, [row for row in rows if _place_of(row) == place])
        for place, check in sorted(latest.items(), key=str)
    ]


def _place_of(row: Row) -> tuple[Any, ...]:
    return row["batch"], row["batch_no"], row["per"], row["currency"]


def _build(channel: str, check: Row, rows: list[Row]) -> Waterfall:
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row["cause"]] += row["amount"]
    causes = {cause: sums[cause.value] for cause in BridgeCause if sums[cause.value]}
    total, name = sum(causes.values()), check["batch"]
    if total != check["expected"]:
        raise LakeInconsistent(
            f"{channel} batch {name}: its bridge comes to {total}, it expects {check['expected']};"
            f" run `tieout check_settlement` for {check['run_date']} again"
        )
    dates = tuple(sorted({row["business_date"] for row in rows}))
    return Waterfall(channel, name, dates, causes, check)


def _describe_unknown(lake: Lake, channel: str, batch: str, first: date, last: date) -> str:
    rows = lake.read_arrow(SETTLEMENT_CHECKS, first, last, channel)
    known = sorted({name for name in rows["batch"].to_pylist() if name})
    near = get_close_matches(normalize_reference(batch) or "", known, _NEAR_MAX, 0.4)
    hint = f"near to it are {', '.join(near)}" if near else "no batch has a name like it"
    return (
        f"--bridge {batch}: {channel} has no such batch from {first} to {last}; {hint}."
        " `tieout settlement --since DATE` lists batches"
    )


def render_waterfall(waterfall: Waterfall) -> list[str]:
    """The waterfall for a terminal, amounts in major units."""
    check, code = waterfall.check, waterfall.check["currency"]
    number = f" #{check['batch_no']}" if check["batch_no"] > 1 else ""
    per = f", {check['per']}" if check["per"] else ""
    dates = [str(day) for day in waterfall.dates]
    span = " to ".join(dict.fromkeys((dates[0], dates[-1]))) if dates else "no date"
    rows = [
        (cause.value, in_major_units(amount, code), _TEXTS[cause])
        for cause, amount in waterfall.causes.items()
    ]
    came = ", ".join(check["credit_line_ids"] or ()) or "nothing came"
    rows += [
        ("EXPECTED", in_major_units(check["expected"], code), "what the channel must pay"),
        ("CREDITED", in_major_units(check["credited"], code), came),
    ]
    if check["result"] == "CARRIED":
        carried = in_major_units(check["carried_out"], code)
        rows.append(("CARRIED OUT", carried, "goes to the next batch"))
    else:
        difference = in_major_units(check["difference"], code, "+")
        rows.append(("DIFFERENCE", difference, f"{check['result']} on {check['run_date']}"))
    head = f"{waterfall.channel}  batch {waterfall.batch}{number}{per} in {code}, {span}"
    return [head, *render_table(_HEADINGS, rows, ("AMOUNT",))]


def describe_waterfall(waterfall: Waterfall) -> dict[str, Any]:
    """The waterfall for a JSON summary; amounts in minor units."""
    check = waterfall.check
    kept = ("batch_no", "per", "currency", "expected", "credited", "difference", "carried_out",
            "ours", "result", "credit_line_ids")  # fmt: skip
    return {
        "channel": waterfall.channel,
        "batch": waterfall.batch,
        "dates": [str(day) for day in waterfall.dates],
        "causes": {cause.value: amount for cause, amount in waterfall.causes.items()},
        **{name: check[name] for name in kept},
        "run_date": str(check["run_date"]),
    }
