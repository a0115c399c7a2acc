"""`tieout run`: every step of a date or a range of dates, in one session."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

from jobs import check_fees, export, ingest, match
from jobs.archive import Storage
from jobs.cli import Report, Request, command, leave, log, watched
from jobs.lake import Lake
from jobs.quality import warm_up
from jobs.shapes import after_ingest, after_match
from jobs.work import at_work
from schemas.currencies import in_major_units
from schemas.errors import CheckFailed, LakeOutOfStep
from schemas.profile import Profile


def work(request: Request) -> Report:
    """Carries out ingest, match, check_fees and export, date by date; a channel stops no other."""
    report = Report({"seconds": {}, "dates": [], "runs": []}, [])
    begun = time.monotonic()
    with at_work(request.lake, request.engine) as lake:
        if request.quality:
            warm_up()
        _add(report, "session", begun)
        for day in watched(request.dates, "run"):
            _day(lake, request, day, report)
    return report


def _add(report: Report, step: str, begun: float) -> None:
    seconds = report.body["seconds"]
    seconds[step] = round(seconds.get(step, 0.0) + time.monotonic() - begun, 3)


def _day(lake: Lake, request: Request, day: date, report: Report) -> None:
    config = request.config
    begun = time.monotonic()
    landed = ingest.run(lake, config, Storage(request.inbox or ""), day, quality=False)
    _add(report, "ingest", begun)
    # The shape of what landed is looked at while it is matched: each leaves a core idle at times.
    with ThreadPoolExecutor(1) as beside:
        looking = beside.submit(_shape, lake, request, day)
        done = _channels(lake, request, day, report)
        begun = time.monotonic()
        told = Report({"dates": report.body["dates"]}, [])
        ingest.add_to(told, replace(landed, quality=looking.result()))
    report.exit_status = max(report.exit_status, told.exit_status)
    if request.quality and done:
        found = after_match(lake, day, list(done))
        report.body.setdefault("quality", {})[str(day)] = found
        for said in (said for each in found.values() for said in each["fail"]):
            log.warning("%s", said)
            report.exit_status = max(report.exit_status, 3)
    _add(report, "quality", begun)
    for matched, fees, exported in done.values():
        report.lines.append(_line(lake, matched, fees, exported))


def _shape(lake: Lake, request: Request, day: date) -> dict[str, Any]:
    return after_ingest(lake, day, list(request.config.profiles)) if request.quality else {}


def _channels(
    lake: Lake, request: Request, day: date, report: Report
) -> dict[str, tuple[Any, ...]]:
    done: dict[str, tuple[Any, ...]] = {}
    for name, profile in request.config.profiles.items():
        if profile.statement == "none" or day < profile.first_date:
            continue
        try:
            done[name] = _channel(lake, request, profile, day, report)
        except (CheckFailed, LakeOutOfStep) as fault:
            match.failed(report, fault)
    return done


def _channel(
    lake: Lake, request: Request, profile: Profile, day: date, report: Report
) -> tuple[Any, ...]:
    told = Report({"runs": report.body["runs"]}, [])
    begun = time.monotonic()
    runs = match.run(lake, profile, [day])
    match.add_to(told, runs)
    report.exit_status = max(report.exit_status, told.exit_status)
    _add(report, "match", begun)
    matched = next(each for each in runs if each.business_date == day)
    fees = None
    schedule = request.config.schedules.get(profile.channel)
    if schedule is not None:
        begun = time.monotonic()
        fees = check_fees.step(lake, profile, schedule, day)
        check_fees.add_to(Report(report.body, []), fees)
        _add(report, "check_fees", begun)
    begun = time.monotonic()
    exported = export.step(lake, profile, day)
    export.add_to(Report(report.body, []), lake, exported)
    _add(report, "export", begun)
    return matched, fees, exported


def _line(lake: Lake, matched: Any, fees: Any, exported: Any) -> str:
    """A channel's day in one line, in the order in which a person asks."""
    counts, state = matched.counts, "" if matched.result == "DONE" else f"  {matched.result}"
    stake = ", ".join(
        f"{code} {in_major_units(value, code)}" for code, value in matched.amounts.items()
    )
    gaps = (
        ", ".join(in_major_units(value, code, "+") for code, value in fees.difference.items())
        if (fees)
        else "not checked"
    )
    return (
        f"{matched.business_date}  {matched.channel:<12} {counts['lines']:>9,} lines"
        f" {counts.get('matched', 0):>9,} matched {counts.get('suspense', 0):>6,} waiting"
        f" {counts.get('break', 0):>5,} breaks  {stake or 'nothing'} at stake  fees {gaps or '0'}"
        f"{state}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    return command("run", work, argv)


if __name__ == "__main__":
    leave(main())
