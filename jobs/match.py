"""`tieout match`: one channel's lines against our transactions, date by date."""

from collections.abc import Sequence
from typing import Any

from jobs.cli.arguments import Request
from jobs.cli.console import Report, command, leave, log, watched
from jobs.cli.lake_session import at_work
from jobs.quality.after_job import after_match
from jobs.reconcile.run_dates import MatchSummary, run
from schemas.errors import CheckFailed, LakeOutOfStep


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
            report.warn(f"{each.result}: {each.channel} {each.business_date}")
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
