"""What happened to linked records, in order of date, as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jobs.timeline.families import build_family_events
from jobs.timeline.linked_records import LinkedRecords, Row
from jobs.timeline.outcomes import (
    describe_candidates,
    describe_group,
    describe_open_item,
    describe_outcome,
    describe_run,
    format_amount,
    format_time,
    may_have_candidates,
)
from schemas.profile.channel import Profile
from schemas.tables import REFERENCES
from schemas.vocabulary import FeeResult, FileStatus

Event = dict[str, Any]
#: Order of the events of one date; a fee comes after its line.
ORDER_WITHIN_DATE = {"transaction": 0, "line": 1, "fee": 1, "outcome": 2, "decision": 3, "open": 4,
                     "family": 5}  # fmt: skip
_OUR_REFERENCES = ("our_ref", "channel_ref", "order_ref", "batch_ref")


@dataclass
class Facts:
    """What the tables say about linked records, beyond the rows themselves.

    `files` by channel and file id, `source_text` and `fees` by line id, `candidates` and `groups`
    by channel, run date and unit, `runs` by job, channel and date; `decisions` has every step of
    every decision, `families` the rows about the records' payments.
    """

    files: dict[tuple[str, str], Row] = field(default_factory=dict)
    source_text: dict[str, str] = field(default_factory=dict)
    fees: dict[str, Row] = field(default_factory=dict)
    candidates: dict[tuple[str, date, str], list[Row]] = field(default_factory=dict)
    groups: dict[tuple[str, date, str], list[Row]] = field(default_factory=dict)
    runs: dict[tuple[str, str, date], list[Row]] = field(default_factory=dict)
    decisions: list[Row] = field(default_factory=list)
    families: list[Row] = field(default_factory=list)

    def describe_item(self, channel: str, item: str) -> str:
        """Describes an item: a line by its file and number, a transaction by its id."""
        file_id, _, number = item.partition(":")
        file = self.files.get((channel, file_id))
        return f"{file['file_name']} line {int(number)}" if file and number else item


def build_timeline(
    records: LinkedRecords, facts: Facts, profile: Profile, has_schedule: bool
) -> Event:
    """Builds the timeline of linked records: ids, current outcomes, and all events."""
    events = [
        *_transaction_events(records),
        *[
            event
            for row in records.lines
            for event in [_line_event(row, facts), *_fee_events(row, facts, has_schedule)]
        ],
        *[_outcome_event(row, records, facts, profile) for row in records.outcomes],
        *_decision_events(records, facts),
        *_open_item_events(records, profile),
        *build_family_events(records, facts.families),
    ]
    events.sort(key=lambda event: (event["date"], ORDER_WITHIN_DATE[event["event"]]))
    last = max((row["run_date"] for row in records.outcomes), default=None)
    current = [
        event for event in events if event["event"] == "outcome" and event["date"] == str(last)
    ]
    return {
        "channel": records.channel,
        "kind": records.kind,
        "found_by": records.found_by,
        "txn_ids": records.txn_ids,
        "line_ids": records.line_ids,
        "now": [
            {name: event[name] for name in ("date", "outcome", "in_words", "what_to_do")}
            for event in current
        ],
        "events": events,
    }


def _transaction_events(records: LinkedRecords) -> list[Event]:
    """One event per snapshot of a transaction; a later snapshot also says what changed."""
    out = []
    snapshots: dict[str, Row] = {}
    for row in records.transactions:
        previous = snapshots.get(row["txn_id"], {})
        event = {
            "date": str(row["business_date"]),
            "event": "transaction",
            "txn_id": row["txn_id"],
            "status": row["status"],
            "amount": format_amount(row["amount"], row["currency"]),
            "currency": row["currency"],
            "occurred_at": format_time(row["occurred_at"]),
            "updated_at": format_time(row["updated_at"]),
            **{name: row[name] for name in (*_OUR_REFERENCES, "original_txn_id")},
        }
        may_change = ("status", "amount", "currency", *_OUR_REFERENCES)
        changed = [name for name in may_change if previous and previous[name] != event[name]]
        out.append(event | {"changed": {name: [previous[name], event[name]] for name in changed}})
        snapshots[row["txn_id"]] = event
    return out


def _line_event(row: Row, facts: Facts) -> Event:
    file = facts.files.get((row["channel"], row["file_id"]), {})
    return {
        "date": str(row["business_date"]),
        "event": "line",
        "line_id": row["line_id"],
        "file": file.get("file_name"),
        "line_no": row["line_no"],
        "part": file.get("part"),
        "version": file.get("version"),
        "received_at": format_time(file.get("received_at")),
        "status": row["status"],
        "amount": format_amount(row["amount"], row["currency"]),
        "fee": format_amount(row["fee"], row["currency"]),
        "currency": row["currency"],
        "traded_at": format_time(row["traded_at"]),
        **{name: row[name] for name in REFERENCES},
        "raw": facts.source_text.get(row["line_id"]),
    }


def _fee_events(row: Row, facts: Facts, has_schedule: bool) -> list[Event]:
    """The fee charged and the fee due; only a check after the last ingest of the date counts."""
    place = row["channel"], row["business_date"]
    checks = facts.runs.get(("check_fees", *place), [])
    last_ingest = max((run["ended_at"] for run in facts.runs.get(("ingest", *place), [])),
                   default=None)  # fmt: skip
    current = [check for check in checks if last_ingest is None or check["ended_at"] >= last_ingest]
    event: Event = {
        "date": str(row["business_date"]),
        "event": "fee",
        "line_id": row["line_id"],
        "currency": row["currency"],
        "charged": format_amount(row["fee"], row["currency"]),
    }
    wrong = facts.fees.get(row["line_id"])
    if wrong is not None:
        code = wrong["currency"]
        due = {name: format_amount(wrong[name], code) for name in ("charged", "due", "difference")}
        return [event | due | {"result": wrong["result"], "schedule": wrong["schedule"]}]
    if current:
        zero = format_amount(0, row["currency"]) if row["fee"] is not None else None
        result = {"due": event["charged"], "difference": zero, "result": FeeResult.OK.value}
        return [event | result | {"schedule": None}]
    if not has_schedule:
        return []
    return [event | {"due": None, "difference": None, "result": None, "schedule": None}]


def _outcome_event(row: Row, records: LinkedRecords, facts: Facts, profile: Profile) -> Event:
    def describe(item: str) -> str:
        return facts.describe_item(row["channel"], item)

    place = row["channel"], row["run_date"]
    unit = (*place, row["unit_id"])
    open_items = [item for item in records.open_items if _is_same(item, row)]
    return {
        "date": str(row["run_date"]),
        "event": "outcome",
        **describe_outcome(row, describe),
        "candidates": (
            describe_candidates(facts.candidates.get(unit, []), describe)
            if may_have_candidates(row)
            else []
        ),
        "group": describe_group(facts.groups[unit]) if unit in facts.groups else None,
        "waiting": [describe_open_item(item, profile.match) for item in open_items],
        "run": describe_run(
            facts.runs.get(("match", *place), []), facts.runs.get(("export", *place), [])
        ),
    }


def _decision_events(records: LinkedRecords, facts: Facts) -> list[Event]:
    """Manual decisions about the records, step by step."""
    names = ("decision_id", "step", "effect", "status_of", "txn_id", "line_id", "actor", "comment")
    return [
        {
            "date": str(row["run_date"]),
            "event": "decision",
            **{name: row[name] for name in names},
            "created_at": format_time(row["created_at"]),
        }
        for row in sorted(facts.decisions, key=lambda row: row["created_at"])
        if row["channel"] == records.channel
        and (row["txn_id"] in records.txn_ids or row["line_id"] in records.line_ids)
    ]


def _open_item_events(records: LinkedRecords, profile: Profile) -> list[Event]:
    """Open items that the outcomes no longer report, such as late candidates."""
    out = []
    for side in ("txn_id", "line_id"):
        for item in sorted({row[side] for row in records.open_items if row[side]}):
            last = max(
                (row for row in records.open_items if row[side] == item),
                key=lambda row: row["run_date"],
            )
            last_reported = max(
                (r["run_date"] for r in records.outcomes if r[side] == item), default=None
            )
            if last_reported is None or last["run_date"] > last_reported:
                item_facts = describe_open_item(last, profile.match)
                out.append({"date": str(last["run_date"]), "event": "open", **item_facts})
    return out


def _is_same(item: Row, outcome: Row) -> bool:
    ids = [name for name in ("txn_id", "line_id") if item[name]]
    return item["run_date"] == outcome["run_date"] and all(item[n] == outcome[n] for n in ids)


def describe_rejected(rows: Sequence[Row], facts: Facts) -> list[Event]:
    """Describes rejected lines that contain the reference.

    Lines of superseded and withdrawn files are left out.
    """
    out = []
    for row in rows:
        file = facts.files.get((row["channel"], row["file_id"]), {})
        if file.get("status") not in (FileStatus.SUPERSEDED, FileStatus.WITHDRAWN):
            out.append(
                {
                    "channel": row["channel"],
                    "date": str(row["business_date"]),
                    "line": facts.describe_item(
                        row["channel"], f"{row['file_id']}:{row['line_no']}"
                    ),
                    "file_status": file.get("status"),
                    "reason": row["reason"],
                    "raw": row["raw"],
                }
            )
    return out
