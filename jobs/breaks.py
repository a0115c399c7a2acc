"""`tieout breaks`: lists breaks and their life; assigns them to people; keeps notes on them.

Source: docs/reference/breaks.md.
"""

import sys
from collections.abc import Sequence
from datetime import date
from typing import Any

from jobs.casework.listing import BreakFilter, find_break, list_breaks, read_life
from jobs.casework.notes import add_note, note_row, write_owner
from jobs.casework.text import render_life, render_listing
from jobs.casework.update import plan_update
from jobs.cli.arguments import Request
from jobs.cli.break_words import check_words
from jobs.cli.console import Report, exit_process, main_for
from jobs.cli.lake_session import open_lake
from jobs.decisions.actors import find_actor
from jobs.lake.tables import Lake
from schemas.dates import format_dates
from schemas.vocabulary import BreakNote


def execute_request(request: Request) -> Report:
    """Lists breaks, shows or assigns one, or adds a note to it: as a table on a terminal, as JSON
    otherwise.
    """
    step, words = check_words(request)
    writes = step in ("assign", "note")
    with open_lake(request.lake, request.engine, writes=writes, lazy_session=True) as lake:
        is_list = step == "list"
        report = _report_list(lake, request) if is_list else _report_break(lake, request, words)
    if request.as_json or not sys.stdout.isatty():
        report.lines.clear()
    else:
        report.shown = {name: report.body.pop(name, None) for name in ("breaks", "events", "notes")}
    return report


def _report_list(lake: Lake, request: Request) -> Report:
    latest: dict[str, date] = {}
    stale: dict[str, list[str]] = {}
    lines = []
    for name, profile in request.config.profiles.items():
        scope = plan_update(lake, profile)
        if scope.dates:
            latest[name] = scope.dates[-1]
        if scope.stale:
            stale[name] = [str(day) for day in scope.stale]
            dates = format_dates(scope.stale)
            lines.append(f"{name}: matched since the last export, not counted: {dates}")
    wanted = BreakFilter(
        request.open_only, request.since or date.min, request.older_than, tuple(latest),
        request.owner, request.reason, request.limit,
    )  # fmt: skip
    listing = list_breaks(lake, wanted, latest)
    body = {"breaks": listing.rows, "count": listing.count, "at_stake": dict(listing.at_stake)}
    return Report(body | {"stale": stale}, [*render_listing(listing), *lines])


def _report_break(lake: Lake, request: Request, words: tuple[str, ...]) -> Report:
    known = find_break(lake, words[0])
    step, body = request.positionals[0], dict[str, Any]()
    if step in ("assign", "note"):
        actor = find_actor(request.config.decision_rules, request.actor)
        if step == "assign":
            note = note_row(known, BreakNote.ASSIGN, request.owner.strip(), "", actor)
        else:
            note = note_row(known, BreakNote.NOTE, None, words[1].strip(), actor)
        body["already"] = not add_note(lake, note)
        if step == "assign":
            write_owner(lake, known)
            known = find_break(lake, words[0])
    events, notes = read_life(lake, known)
    body |= {"break": known, "events": events, "notes": notes}
    return Report(body, render_life(known, events, notes))


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("breaks", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
