"""Brings `breaks` and `break_events` of a channel up to date with outcomes and decisions.

If T is the first date whose match ran since the last update, the runs from T on are gone through
anew; what earlier ones left stands. What breaks are is a function of outcomes and decisions; only
breaks that no outcome supports any more depend on the order in which files came.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.casework.book import BreakBook
from jobs.casework.break_ids import first_id_of
from jobs.casework.classes import class_of, opening_of
from jobs.casework.gone import close_gone
from jobs.casework.notes import read_owners
from jobs.casework.rules import apply_rules
from jobs.casework.sources import Scope, read_rows, read_rows_about
from jobs.lake.changes.channel_days import ArrowReader, DaysChange, change_arrow_days
from jobs.lake.changes.matched_dates import read_matched_dates
from jobs.lake.run_log import Run, record_runs
from jobs.lake.tables import Lake
from jobs.lake.write_checks import rows_to_arrow
from schemas.dates import OPEN_MONTH
from schemas.profile.channel import Profile
from schemas.tables import BREAK_EVENTS, BREAKS, DECISIONS, OUTCOMES, RUNS
from schemas.vocabulary import DECIDED_BY, UNSUPPORTED_BREAKS, BreakState, DecisionStep

Row = dict[str, Any]

JOB = "breaks"
#: The last `closed_month` of a break that is closed.
_LAST_CLOSED = OPEN_MONTH - timedelta(days=1)


def update_breaks(lake: Lake, profile: Profile) -> bool:
    """Updates both tables if a match ran since, or the profile's rules changed; says whether.

    A second call changes nothing. Of two calls at once the second starts from what the first wrote.

    Raises:
        WriteConflict: other updates won every time; `breaks` is as it was.
    """
    rules_hash = hashlib.sha256(profile.breaks.model_dump_json().encode()).hexdigest()
    job = Run(JOB, profile.channel, profile.first_date, fingerprint=rules_hash)
    scope = Scope((), (), 0)
    is_due = False

    def decide(read: ArrowReader) -> DaysChange | None:
        nonlocal scope, is_due
        scope = plan_update(lake, profile)
        is_due = bool(scope.stale) or _has_other_rules(lake, scope, job)
        return _decide(lake, profile, scope, read) if is_due else None

    with job.step(JOB):
        change_arrow_days(lake, BREAKS, profile.channel, decide)
        lake.remove_staged()
    if is_due:
        _record(lake, job, scope)
    return is_due


def plan_update(lake: Lake, profile: Profile) -> Scope:
    """The dates of a channel that the next update covers."""
    version = lake.version(OUTCOMES)
    matched = read_matched_dates(lake, profile, JOB)
    stale = tuple(day for day, match in matched.items() if match.is_stale)
    return Scope(tuple(matched), stale, version)


def _decide(lake: Lake, profile: Profile, scope: Scope, read: ArrowReader) -> DaysChange:
    """The new rows of `breaks`; those of `break_events` are written on the way.

    Rows that are not open are looked at only where a run may change them.
    """
    stored = {row["break_id"]: row for row in read(OPEN_MONTH, OPEN_MONTH).to_pylist()}
    if not scope.changed:
        return _replace_months(lake, profile, scope, read, stored, stored.values())
    first = scope.changed[0]
    changed_since = pc.field("last_event_on") >= pa.scalar(first)
    is_supported = ~pc.field("closed_by").isin(pa.array(UNSUPPORTED_BREAKS))
    late = read(first.replace(day=1), _LAST_CLOSED, changed_since & is_supported)
    stored |= {row["break_id"]: row for row in late.to_pylist()}
    known, gone = _state_before(lake, profile.channel, first, stored.values())
    rows = read_rows(lake, profile, scope, known)
    ids = _first_ids(profile, rows)
    again = _read_closed(read, ids, stored)
    stored |= again
    known += [row for row in again.values() if row["closed_by"] not in UNSUPPORTED_BREAKS]
    decided_on = _decided_on(lake, profile)
    book = BreakBook(known, profile.match.window, decided_on)
    by_day = defaultdict(list)
    for row in rows:
        by_day[row["run_date"]].append(row)
    events = {day: book.run(day, by_day[day]) for day in scope.changed if by_day[day]}
    _write_events(lake, profile.channel, scope, events)
    left = [row for break_id, row in gone.items() if break_id not in book.breaks]
    about = read_rows_about(lake, profile, scope, left) if left else []
    for row in close_gone(left, about, decided_on, scope.dates[-1]):
        book.breaks[row["break_id"]] = row
    return _replace_months(lake, profile, scope, read, stored, book.breaks.values())


def _state_before(
    lake: Lake, channel: str, first: date, stored: Iterable[Row]
) -> tuple[list[Row], dict[str, Row]]:
    """The breaks as they were before a date, and those that opened later, by id."""
    known = [row for row in stored if row["last_event_on"] < first]
    later = {row["break_id"]: row for row in stored if row["last_event_on"] >= first}
    older = {key: row for key, row in later.items() if row["opened_on"] < first}
    if older:
        since = min(row["opened_on"] for row in older.values())
        is_one = pc.field("break_id").isin(pa.array(sorted(older)))
        until = first - timedelta(days=1)
        events = lake.read_arrow(BREAK_EVENTS, since, until, channel, is_one).to_pylist()
        last = {row["break_id"]: row for row in sorted(events, key=lambda row: row["run_date"])}
        known += [
            {name: row[name] for name in BREAKS.columns if name in row}
            | {"last_event_on": row["run_date"]}
            for row in last.values()
        ]
    return known, {key: row for key, row in later.items() if key not in older}


def _read_closed(
    read: ArrowReader, first_ids: Collection[str], stored: Collection[str]
) -> dict[str, Row]:
    """The closed breaks that belong to some first ids, by id, but those in `stored`."""
    if not first_ids:
        return {}
    rows = read(date.min, _LAST_CLOSED, pc.field("first_id").isin(pa.array(first_ids))).to_pylist()
    return {row["break_id"]: row for row in rows if row["break_id"] not in stored}


def _first_ids(profile: Profile, rows: Iterable[Row]) -> list[str]:
    openings = [broke for row in rows if (broke := opening_of(row, profile.match.window))]
    return sorted({first_id_of(row, class_of(row)) for row in openings})


def _decided_on(lake: Lake, profile: Profile) -> dict[str, date]:
    """The day on which each approved decision of the channel was approved, in its zone, by
    `matched_by`.
    """
    columns, approved = ("decision_id", "created_at"), DecisionStep.APPROVED.value
    days: dict[str, date] = {}
    for row in lake.read_rows(DECISIONS, columns, channel=profile.channel, step=approved):
        day = row["created_at"].astimezone(profile.zone_info).date()
        decided_by = f"{DECIDED_BY}{row['decision_id']}"
        days[decided_by] = max(day, days.get(decided_by, day))
    return days


def _write_events(
    lake: Lake, channel: str, scope: Scope, events: Mapping[date, Collection[Row]]
) -> None:
    """Replaces the events of all changed dates, in one commit."""
    rows = {day: rows_to_arrow(BREAK_EVENTS, list(events[day])) for day in sorted(events)}
    change = DaysChange(rows, frozenset(scope.changed))
    change_arrow_days(lake, BREAK_EVENTS, channel, lambda _: change)


def _replace_months(
    lake: Lake,
    profile: Profile,
    scope: Scope,
    read: ArrowReader,
    stored: Mapping[str, Row],
    breaks: Collection[Row],
) -> DaysChange:
    """The months in which rows change, whole; `stored` are rows of `breaks` as they were."""
    owners, months = read_owners(lake, profile.channel), set()
    changed: dict[str, Row] = {}
    for known in breaks:
        break_id = known["break_id"]
        owner, due_on = apply_rules(known, profile.breaks.rules, scope.dates[-1])
        owner = owners.get(break_id, owner)
        row = known | {"closed_month": _month_of(known), "owner": owner, "due_on": due_on}
        earlier = stored.get(break_id)
        if row != earlier:
            changed[break_id] = row
            months |= {each["closed_month"] for each in (row, earlier) if each}
    stays = ~pc.field("break_id").isin(pa.array(sorted(changed), pa.string()))
    by_month = {}
    for month in sorted(months):
        own = [row for row in changed.values() if row["closed_month"] == month]
        by_month[month] = pa.concat_tables([read(month, month, stays), rows_to_arrow(BREAKS, own)])
    return DaysChange(by_month, frozenset(months))


def _month_of(known: Row) -> date:
    is_open = known["state"] == BreakState.OPEN
    return OPEN_MONTH if is_open else known["closed_on"].replace(day=1)


def _has_other_rules(lake: Lake, scope: Scope, job: Run) -> bool:
    """Whether the last update set dates by other rules."""
    runs = lake.read_rows(RUNS, ("fingerprint", "ended_at"), job=JOB, channel=job.channel)
    last = max(runs, key=lambda row: row["ended_at"], default={"fingerprint": None})
    return bool(scope.dates) and last["fingerprint"] != job.fingerprint


def _record(lake: Lake, job: Run, scope: Scope) -> None:
    """Adds a row per changed date to `runs`, or one if only the rules changed."""
    days = scope.changed or scope.dates[-1:]
    record_runs(
        lake,
        *[
            Run(
                JOB,
                job.channel,
                day,
                fingerprint=job.fingerprint,
                versions_read={OUTCOMES.name: scope.version} if scope.changed else {},
                seconds=job.seconds if day == days[0] else {},
                started_at=job.started_at,
            )
            for day in days
        ],
    )
