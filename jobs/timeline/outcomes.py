"""Describes one outcome as plain values: result, reasons, differing values, run."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from jobs.reports.labels import ACTION_LABELS, REASON_LABELS
from jobs.reports.money_text import money_cell
from schemas.profile.match_rules import Match
from schemas.tables import OUTCOMES
from schemas.vocabulary import Reason, Side

Row = Mapping[str, Any]
#: Describes where a line or a transaction is, from its id.
DescribeItem = Callable[[str], str]


def format_amount(minor: int | None, currency: str | None) -> str | None:
    """An amount in major units as exact text; None if there is none."""
    cell = money_cell(minor, currency)
    return cell.text if cell else None


def format_time(at: datetime | None) -> str | None:
    """A time in UTC as text, to the second."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def describe_outcome(row: Row, describe_item: DescribeItem) -> dict[str, Any]:
    """Describes an outcome: reasons and action with labels, amounts in major units, differences."""
    internal_currency = row["internal_currency"] or row["currency"]
    return {
        "outcome": row["outcome"],
        "reasons": list(row["reasons"] or ()),
        "in_words": [REASON_LABELS[code] for code in row["reasons"] or ()],
        "action": row["action"],
        "what_to_do": ACTION_LABELS[row["action"]],
        "matched_by": row["matched_by"],
        "txn_id": row["txn_id"],
        "line_id": row["line_id"],
        "line": row["line_id"] and describe_item(row["line_id"]),
        "internal_amount": format_amount(row["internal_amount"], internal_currency),
        "internal_currency": internal_currency if row["internal_amount"] is not None else None,
        "statement_amount": format_amount(row["statement_amount"], row["currency"]),
        "statement_currency": row["currency"] if row["statement_amount"] is not None else None,
        "difference": format_amount(row["difference"], row["currency"]),
        "differs": _differing_values(row),
        "internal_date": _text(row["internal_date"]),
        "statement_date": _text(row["statement_date"]),
        "first_run_date": _text(row["first_run_date"]),
        "chances": row["chances"],
        "duplicate_of": row["duplicate_of"],
        "compared_with": row["duplicate_of"] and describe_item(row["duplicate_of"]),
    }


def _text(day: date | None) -> str | None:
    return None if day is None else str(day)


def _differing_values(row: Row) -> list[dict[str, Any]]:
    """Both values of each column that differs, by the reasons of the outcome."""
    internal_currency = row["internal_currency"] or row["currency"]
    both = {
        Reason.AMOUNT_MISMATCH: (
            "amount",
            format_amount(row["internal_amount"], internal_currency),
            format_amount(row["statement_amount"], row["currency"]),
        ),
        Reason.CURRENCY_MISMATCH: ("currency", row["internal_currency"], row["currency"]),
        Reason.STATUS_MISMATCH: ("status", row["internal_status"], row["statement_status"]),
    }
    reasons = row["reasons"] or ()
    return [
        {"what": what, "ours": internal, "theirs": statement}
        for reason, (what, internal, statement) in both.items()
        if reason in reasons and internal is not None and statement is not None
    ]


def describe_candidates(rows: Sequence[Row], describe_item: DescribeItem) -> list[dict[str, Any]]:
    """Describes the possible partners of an item, the likeliest first, or the parts of its sum."""
    ranked = sorted(rows, key=lambda row: (row["pass"], row["rank"], row["candidate_id"]))
    return [
        {
            "pass": row["pass"],
            "rank": row["rank"],
            "of": row["candidate_count"],
            "candidate": row["candidate_id"],
            "candidate_is": describe_item(row["candidate_id"]),
            "amount": format_amount(row["amount"], row["currency"]),
            "currency": row["currency"],
            "seconds_apart": row["seconds_apart"],
            "differs": (row["differs"] or "").split(),
        }
        for row in ranked
    ]


def describe_open_item(row: Row, match: Match) -> dict[str, Any]:
    """Describes an open item: its matching attempts, and until when it can still be matched."""
    is_internal = row["side"] == Side.INTERNAL
    window = match.window.internal if is_internal else match.window.statement
    broke_on = row["broke_on"]
    return {
        "side": row["side"],
        "id": row["txn_id"] if is_internal else row["line_id"],
        "chances": row["chances"],
        "window": window,
        "first_run_date": _text(row["first_run_date"]),
        "broke_on": _text(broke_on),
        "written_off": row["written_off"],
        "may_be_met_until": _text(broke_on and broke_on + timedelta(days=match.late)),
    }


def describe_group(rows: Sequence[Row]) -> dict[str, Any]:
    """Describes a group: number of rows of each side, and both sums per currency.

    `rows` are one per currency, with `transactions`, `lines`, `ours` and `theirs`.
    """
    return {
        "transactions": sum(row["transactions"] for row in rows),
        "lines": sum(row["lines"] for row in rows),
        "sums": [
            {
                "currency": row["currency"],
                "ours": format_amount(row["ours"], row["currency"]),
                "theirs": format_amount(row["theirs"], row["currency"]),
                "difference": format_amount(row["theirs"] - row["ours"], row["currency"]),
            }
            for row in rows
        ],
    }


def describe_run(runs: Sequence[Row], exports: Sequence[Row]) -> dict[str, Any] | None:
    """Describes the last run of the date that wrote outcomes, and its export."""
    writing_runs = [row for row in runs if OUTCOMES.name in (row["versions_written"] or {})]
    if not writing_runs:
        return None
    last = max(writing_runs, key=lambda row: (row["ended_at"], row["run_id"]))
    version = last["versions_written"][OUTCOMES.name]
    later_exports = [
        row for row in exports if (row["versions_read"] or {}).get(OUTCOMES.name, -1) >= version
    ]
    exported_at = min((row["ended_at"] for row in later_exports), default=None)
    return {
        "run_id": last["run_id"],
        "ended_at": format_time(last["ended_at"]),
        "result": last["result"],
        "engine": last["engine"],
        "software_version": last["software_version"],
        "runs_of_the_date": len(writing_runs),
        "fingerprint": last["fingerprint"],
        "versions_read": dict(last["versions_read"] or {}),
        "versions_written": dict(last["versions_written"] or {}),
        "exported_at": format_time(exported_at),
        "export": f"exports/{last['business_date']}/{last['channel']}" if exported_at else None,
    }


def may_have_candidates(row: Row) -> bool:
    """Whether an outcome may have candidates: of an AMBIGUOUS item, or sums of a one-sided one."""
    reasons = (Reason.AMBIGUOUS, Reason.INTERNAL_ONLY, Reason.STATEMENT_ONLY)
    return any(reason in (row["reasons"] or ()) for reason in reasons)
