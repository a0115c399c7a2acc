"""One outcome as plain values: what it came to, why, against what, and who made it when."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from jobs.reports.labels import ACTION_WORDS, REASON_WORDS
from jobs.reports.money_text import money
from schemas.profile.match_rules import Match
from schemas.tables import OUTCOMES
from schemas.vocabulary import Reason, Side

Row = Mapping[str, Any]
#: Says where a line or a transaction is to be found, from its id.
Named = Callable[[str], str]


def major(minor: int | None, currency: str | None) -> str | None:
    """An amount in major units as exact text; None where there is none."""
    cell = money(minor, currency)
    return cell.text if cell else None


def moment(at: datetime | None) -> str | None:
    """A time in UTC, to the second."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def told_outcome(row: Row, named: Named) -> dict[str, Any]:
    """An outcome: reasons and action also in words, amounts in major units, what differs."""
    ours = row["internal_currency"] or row["currency"]
    return {
        "outcome": row["outcome"],
        "reasons": list(row["reasons"] or ()),
        "in_words": [REASON_WORDS[code] for code in row["reasons"] or ()],
        "action": row["action"],
        "what_to_do": ACTION_WORDS[row["action"]],
        "matched_by": row["matched_by"],
        "txn_id": row["txn_id"],
        "line_id": row["line_id"],
        "line": row["line_id"] and named(row["line_id"]),
        "internal_amount": major(row["internal_amount"], ours),
        "internal_currency": ours if row["internal_amount"] is not None else None,
        "statement_amount": major(row["statement_amount"], row["currency"]),
        "statement_currency": row["currency"] if row["statement_amount"] is not None else None,
        "difference": major(row["difference"], row["currency"]),
        "differs": _differs(row),
        "internal_date": _text(row["internal_date"]),
        "statement_date": _text(row["statement_date"]),
        "first_run_date": _text(row["first_run_date"]),
        "chances": row["chances"],
        "duplicate_of": row["duplicate_of"],
        "compared_with": row["duplicate_of"] and named(row["duplicate_of"]),
    }


def _text(day: date | None) -> str | None:
    return None if day is None else str(day)


def _differs(row: Row) -> list[dict[str, Any]]:
    """Both values of everything that the reasons say is not the same."""
    ours = row["internal_currency"] or row["currency"]
    both = {
        Reason.AMOUNT_MISMATCH: (
            "amount",
            major(row["internal_amount"], ours),
            major(row["statement_amount"], row["currency"]),
        ),
        Reason.CURRENCY_MISMATCH: ("currency", row["internal_currency"], row["currency"]),
        Reason.STATUS_MISMATCH: ("status", row["internal_status"], row["statement_status"]),
    }
    reasons = row["reasons"] or ()
    return [
        {"what": what, "ours": mine, "theirs": theirs}
        for reason, (what, mine, theirs) in both.items()
        if reason in reasons and mine is not None and theirs is not None
    ]


def told_candidates(rows: Sequence[Row], named: Named) -> list[dict[str, Any]]:
    """Whom an AMBIGUOUS item could be meant with, the likeliest first."""
    ranked = sorted(rows, key=lambda row: (row["pass"], row["rank"], row["candidate_id"]))
    return [
        {
            "pass": row["pass"],
            "rank": row["rank"],
            "of": row["candidate_count"],
            "candidate": row["candidate_id"],
            "candidate_is": named(row["candidate_id"]),
            "amount": major(row["amount"], row["currency"]),
            "currency": row["currency"],
            "seconds_apart": row["seconds_apart"],
            "differs": (row["differs"] or "").split(),
        }
        for row in ranked
    ]


def told_waiting(row: Row, match: Match) -> dict[str, Any]:
    """An open item: how many chances it had, of how many, and until when it may still be met."""
    ours = row["side"] == Side.INTERNAL
    window = match.window.internal if ours else match.window.statement
    broke = row["broke_on"]
    return {
        "side": row["side"],
        "id": row["txn_id"] if ours else row["line_id"],
        "chances": row["chances"],
        "window": window,
        "first_run_date": _text(row["first_run_date"]),
        "broke_on": _text(broke),
        "may_be_met_until": _text(broke and broke + timedelta(days=match.late)),
    }


def told_group(rows: Sequence[Row]) -> dict[str, Any]:
    """A group as a whole: its members by side, and both sums per currency.

    `rows` are per currency, with `transactions`, `lines`, `ours` and `theirs`.
    """
    return {
        "transactions": sum(row["transactions"] for row in rows),
        "lines": sum(row["lines"] for row in rows),
        "sums": [
            {
                "currency": row["currency"],
                "ours": major(row["ours"], row["currency"]),
                "theirs": major(row["theirs"], row["currency"]),
                "difference": major(row["theirs"] - row["ours"], row["currency"]),
            }
            for row in rows
        ],
    }


def told_run(runs: Sequence[Row], exports: Sequence[Row]) -> dict[str, Any] | None:
    """The run that made an outcome, out of the date's runs that wrote any, and its export."""
    made = [row for row in runs if OUTCOMES.name in (row["versions_written"] or {})]
    if not made:
        return None
    last = max(made, key=lambda row: (row["ended_at"], row["run_id"]))
    version = last["versions_written"][OUTCOMES.name]
    out = [row for row in exports if (row["versions_read"] or {}).get(OUTCOMES.name, -1) >= version]
    shipped = min((row["ended_at"] for row in out), default=None)
    return {
        "run_id": last["run_id"],
        "ended_at": moment(last["ended_at"]),
        "result": last["result"],
        "engine": last["engine"],
        "software_version": last["software_version"],
        "runs_of_the_date": len(made),
        "fingerprint": last["fingerprint"],
        "versions_read": dict(last["versions_read"] or {}),
        "versions_written": dict(last["versions_written"] or {}),
        "exported_at": moment(shipped),
        "export": f"exports/{last['business_date']}/{last['channel']}" if shipped else None,
    }


def is_ambiguous(row: Row) -> bool:
    """Whether an outcome has candidates."""
    return Reason.AMBIGUOUS in (row["reasons"] or ())
