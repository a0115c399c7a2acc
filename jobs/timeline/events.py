"""What happened to one thread, in order: states, lines, fees, outcomes, as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jobs.timeline.linked_records import Row, Thread
from jobs.timeline.outcomes import (
    is_ambiguous,
    major,
    moment,
    told_candidates,
    told_group,
    told_outcome,
    told_run,
    told_waiting,
)
from schemas.profile.channel import Profile
from schemas.tables import REFERENCES
from schemas.vocabulary import FeeResult, FileStatus

Event = dict[str, Any]
#: What stands first on a date; a fee stands behind its line.
PLACE = {"transaction": 0, "line": 1, "fee": 1, "outcome": 2, "decision": 3, "open": 4}
_OUR_REFERENCES = ("our_ref", "channel_ref", "order_ref", "batch_ref")


@dataclass
class Known:
    """What is known beside a thread's rows.

    `files` by channel and file id, `raw` and `fees` by line id, `candidates` and `groups` by
    channel, run date and unit, `runs` by job, channel and date, `decisions` every step
    of every one.
    """

    files: dict[tuple[str, str], Row] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)
    fees: dict[str, Row] = field(default_factory=dict)
    candidates: dict[tuple[str, date, str], list[Row]] = field(default_factory=dict)
    groups: dict[tuple[str, date, str], list[Row]] = field(default_factory=dict)
    runs: dict[tuple[str, str, date], list[Row]] = field(default_factory=dict)
    decisions: list[Row] = field(default_factory=list)

    def named(self, channel: str, item: str) -> str:
        """An item in words: a line by its file and number, a transaction by its id."""
        file_id, _, number = item.partition(":")
        file = self.files.get((channel, file_id))
        return f"{file['file_name']} line {int(number)}" if file and number else item


def told_thread(thread: Thread, known: Known, profile: Profile, has_schedule: bool) -> Event:
    """A thread as plain values: what it is, where it stands, and its events in order."""
    events = [
        *_states(thread),
        *[
            each
            for row in thread.lines
            for each in [_line(row, known), *_fee(row, known, has_schedule)]
        ],
        *[_outcome(row, thread, known, profile) for row in thread.outcomes],
        *_decisions(thread, known),
        *_open(thread, profile),
    ]
    events.sort(key=lambda each: (each["date"], PLACE[each["event"]]))
    last = max((row["run_date"] for row in thread.outcomes), default=None)
    now = [each for each in events if each["event"] == "outcome" and each["date"] == str(last)]
    return {
        "channel": thread.channel,
        "kind": thread.kind,
        "found_by": thread.met_in,
        "txn_ids": thread.txn_ids,
        "line_ids": thread.line_ids,
        "now": [
            {name: each[name] for name in ("date", "outcome", "in_words", "what_to_do")}
            for each in now
        ],
        "events": events,
    }


def _states(thread: Thread) -> list[Event]:
    """Our snapshots of each transaction; of a later one also what changed."""
    out = []
    before: dict[str, Row] = {}
    for row in thread.transactions:
        was = before.get(row["txn_id"], {})
        event = {
            "date": str(row["business_date"]),
            "event": "transaction",
            "txn_id": row["txn_id"],
            "status": row["status"],
            "amount": major(row["amount"], row["currency"]),
            "currency": row["currency"],
            "occurred_at": moment(row["occurred_at"]),
            "updated_at": moment(row["updated_at"]),
            **{name: row[name] for name in (*_OUR_REFERENCES, "original_txn_id")},
        }
        may_change = ("status", "amount", "currency", *_OUR_REFERENCES)
        changed = [name for name in may_change if was and was[name] != event[name]]
        out.append(event | {"changed": {name: [was[name], event[name]] for name in changed}})
        before[row["txn_id"]] = event
    return out


def _line(row: Row, known: Known) -> Event:
    file = known.files.get((row["channel"], row["file_id"]), {})
    return {
        "date": str(row["business_date"]),
        "event": "line",
        "line_id": row["line_id"],
        "file": file.get("file_name"),
        "line_no": row["line_no"],
        "part": file.get("part"),
        "version": file.get("version"),
        "received_at": moment(file.get("received_at")),
        "status": row["status"],
        "amount": major(row["amount"], row["currency"]),
        "fee": major(row["fee"], row["currency"]),
        "currency": row["currency"],
        "traded_at": moment(row["traded_at"]),
        **{name: row[name] for name in REFERENCES},
        "raw": known.raw.get(row["line_id"]),
    }


def _fee(row: Row, known: Known, has_schedule: bool) -> list[Event]:
    """The fee against what is due, by the last check of the day after its last ingest."""
    place = row["channel"], row["business_date"]
    checks = known.runs.get(("check_fees", *place), [])
    taken_in = max((each["ended_at"] for each in known.runs.get(("ingest", *place), [])),
                   default=None)  # fmt: skip
    checked = [each for each in checks if taken_in is None or each["ended_at"] >= taken_in]
    event: Event = {
        "date": str(row["business_date"]),
        "event": "fee",
        "line_id": row["line_id"],
        "currency": row["currency"],
        "charged": major(row["fee"], row["currency"]),
    }
    wrong = known.fees.get(row["line_id"])
    if wrong is not None:
        code = wrong["currency"]
        due = {name: major(wrong[name], code) for name in ("charged", "due", "difference")}
        return [event | due | {"result": wrong["result"], "schedule": wrong["schedule"]}]
    if checked:
        zero = major(0, row["currency"]) if row["fee"] is not None else None
        fine = {"due": event["charged"], "difference": zero, "result": FeeResult.OK.value}
        return [event | fine | {"schedule": None}]
    if not has_schedule:
        return []
    return [event | {"due": None, "difference": None, "result": None, "schedule": None}]


def _outcome(row: Row, thread: Thread, known: Known, profile: Profile) -> Event:
    def named(item: str) -> str:
        return known.named(row["channel"], item)

    place = row["channel"], row["run_date"]
    unit = (*place, row["unit_id"])
    still = [each for each in thread.open_items if _is_same(each, row)]
    return {
        "date": str(row["run_date"]),
        "event": "outcome",
        **told_outcome(row, named),
        "candidates": (
            told_candidates(known.candidates.get(unit, []), named) if is_ambiguous(row) else []
        ),
        "group": told_group(known.groups[unit]) if unit in known.groups else None,
        "waiting": [told_waiting(each, profile.match) for each in still],
        "run": told_run(
            known.runs.get(("match", *place), []), known.runs.get(("export", *place), [])
        ),
    }


def _decisions(thread: Thread, known: Known) -> list[Event]:
    """What persons decided about its items, step by step."""
    names = ("decision_id", "step", "effect", "txn_id", "line_id", "said_by", "said")
    return [
        {
            "date": str(row["run_date"]),
            "event": "decision",
            **{name: row[name] for name in names},
            "said_at": moment(row["said_at"]),
        }
        for row in sorted(known.decisions, key=lambda row: row["said_at"])
        if row["channel"] == thread.channel
        and (row["txn_id"] in thread.txn_ids or row["line_id"] in thread.line_ids)
    ]


def _open(thread: Thread, profile: Profile) -> list[Event]:
    """What is still open, out of sight, after the last run that left an item so."""
    out = []
    for side in ("txn_id", "line_id"):
        for item in sorted({row[side] for row in thread.open_items if row[side]}):
            last = max(
                (row for row in thread.open_items if row[side] == item),
                key=lambda row: row["run_date"],
            )
            seen = max((r["run_date"] for r in thread.outcomes if r[side] == item), default=None)
            if seen is None or last["run_date"] > seen:
                told = told_waiting(last, profile.match)
                out.append({"date": str(last["run_date"]), "event": "open", **told})
    return out


def _is_same(item: Row, outcome: Row) -> bool:
    own = [name for name in ("txn_id", "line_id") if item[name]]
    return item["run_date"] == outcome["run_date"] and all(item[n] == outcome[n] for n in own)


def rejected(rows: Sequence[Row], known: Known) -> list[Event]:
    """Lines that could not be read and have the reference in their text.

    Those of a file in whose place another came are left out.
    """
    out = []
    for row in rows:
        file = known.files.get((row["channel"], row["file_id"]), {})
        if file.get("status") not in (FileStatus.SUPERSEDED, FileStatus.WITHDRAWN):
            out.append(
                {
                    "channel": row["channel"],
                    "date": str(row["business_date"]),
                    "line": known.named(row["channel"], f"{row['file_id']}:{row['line_no']}"),
                    "file_status": file.get("status"),
                    "reason": row["reason"],
                    "raw": row["raw"],
                }
            )
    return out
