"""`tieout match`: one channel's lines against our transactions, date by date."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from jobs.cli import Report, Request, command, leave, log, watched
from jobs.days import DayState, state_of
from jobs.decisions import approved
from jobs.lake import Lake
from jobs.match_day import matched_day
from jobs.match_inputs import in_step, is_idle
from jobs.matching.decisions import Decision
from jobs.recording import ACCEPTED
from jobs.replay import Due, dates_of, due
from jobs.session import set_size
from jobs.shapes import after_match
from jobs.work import Run, at_work, sealed
from schemas.errors import CheckFailed, LakeOutOfStep
from schemas.profile import Profile
from schemas.tables import (
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    RUNS,
    SNAPSHOT_FILES,
    STATEMENT_FILES,
    STATEMENT_LINES,
)


@dataclass(frozen=True)
class MatchSummary:
    """One run date of a channel: why it ran, how it is marked, rows by outcome, amounts.

    `amounts` are minor units at stake in breaks by currency, `stale` the ids of approved decisions
    that settled nothing.
    """

    channel: str
    business_date: date
    why: str
    result: str
    counts: Mapping[str, int]
    amounts: Mapping[str, int]
    seconds: Mapping[str, float]
    stale: tuple[str, ...] = ()


def run(lake: Lake, profile: Profile, asked: Sequence[date]) -> list[MatchSummary]:
    """Runs the dates asked for, those before them that never ran, and later ones that they change.

    Raises:
        CheckFailed: what went in is not what came out; the date's former rows are put back.
        LakeOutOfStep: files and lines disagree; run ingest again.
    """
    asked = [day for day in asked if day >= profile.first_date]
    if profile.statement == "none" or not asked:
        return []
    recorded: dict[date, str] = {}
    for row in sorted(
        lake.rows(RUNS, job="match", channel=profile.channel), key=lambda row: row["ended_at"]
    ):
        recorded[row["business_date"]] = row["fingerprint"]
    files: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for row in lake.rows(STATEMENT_FILES, channel=profile.channel, status=ACCEPTED):
        files[row["business_date"]].append(row)
    snapshots = lake.rows(SNAPSHOT_FILES)
    states = {
        day: state_of(profile, day, files[day], snapshots)
        for day in dates_of(profile, asked, recorded)
    }
    decided = approved(lake, profile.channel)
    ids = {day: [each.decision_id for each in those] for day, those in decided.items()}
    out = []
    for each in due(profile, states, recorded, asked, ids):
        day = each.business_date
        if each.why != "asked":
            log.info("%s %s is run as well: %s", profile.channel, day, each.why)
        out.append(_one(lake, profile, states[day], each, decided.get(day, ())))
    return out


def _one(
    lake: Lake, profile: Profile, state: DayState, each: Due, decided: tuple[Decision, ...]
) -> MatchSummary:
    day, channel = each.business_date, profile.channel
    job = Run("match", channel, day, state.result.value, each.fingerprint)
    tables = (STATEMENT_LINES, INTERNAL_TRANSACTIONS, OPEN_ITEMS)
    job.versions_read = {table.name: lake.version(table) for table in tables}
    set_size(lake.spark, state.line_count + state.snapshot_rows)
    if is_idle(lake, state, channel):
        job.counts = {"lines": 0, "transactions": 0}
        sealed(lake, job)
        return MatchSummary(channel, day, each.why, job.result, job.counts, {}, {})
    in_step(lake, state, channel)
    found = matched_day(lake, profile, state, each.base, decided, job)
    lake.forget()
    job.amounts = found.amounts
    job.counts = {
        **found.counts,
        "lines": state.line_count,
        "transactions": state.snapshot_rows,
        **({"decisions": len(decided), "stale_decisions": len(found.stale)} if decided else {}),
    }
    sealed(lake, job)
    counted = (job.counts, job.amounts, job.seconds)
    return MatchSummary(channel, day, each.why, job.result, *counted, found.stale)


def work(request: Request) -> Report:
    """Carries out the command for its channels and dates; a failing channel stops no other."""
    report = Report({"runs": []}, [])
    with at_work(request.lake, request.engine) as lake:
        for profile in watched(list(request.config.profiles.values()), "match"):
            try:
                done = run(lake, profile, request.dates)
            except (CheckFailed, LakeOutOfStep) as fault:
                failed(report, fault)
                continue
            add_to(report, done)
        if request.quality:
            for day in request.dates:
                found = after_match(lake, day, list(request.config.profiles))
                report.body.setdefault("quality", {})[str(day)] = found
                if any(each["fail"] for each in found.values()):
                    report.exit_status = 3
    return report


def failed(report: Report, fault: CheckFailed | LakeOutOfStep) -> None:
    """Adds a check that failed to a report."""
    log.error("%s", fault)
    report.body.setdefault("errors", []).append(str(fault))
    report.exit_status = max(report.exit_status, fault.exit_status)


def add_to(report: Report, done: Sequence[MatchSummary]) -> None:
    """Adds runs to a report, in words and as JSON."""
    for each in done:
        counts = " ".join(
            f"{each.counts.get(name, 0):>9,} {word}"
            for name, word in (
                ("matched", "matched"),
                ("suspense", "waiting"),
                ("break", "breaks"),
                ("excluded", "excluded"),
            )
        )
        mark = "" if each.result == "DONE" else f"  {each.result}"
        report.lines.append(f"{each.business_date}  {each.channel:<12} {counts}{mark}")
        if each.result != "DONE" and each.why == "asked":
            log.warning("%s: %s %s", each.result, each.channel, each.business_date)
            report.exit_status = 3
        body: dict[str, Any] = {
            "channel": each.channel,
            "business_date": str(each.business_date),
            "why": each.why,
            "result": each.result,
            "counts": dict(each.counts),
            "at_stake": dict(each.amounts),
            "seconds": dict(each.seconds),
            "stale_decisions": list(each.stale),
        }
        for decision_id in each.stale:
            place = f"{each.channel} {each.business_date}"
            log.warning("%s: decision %s is stale: what it was about changed", place, decision_id)
        report.body["runs"].append(body)


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    return command("match", work, argv)


if __name__ == "__main__":
    leave(main())
