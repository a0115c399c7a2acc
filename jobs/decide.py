"""`tieout decide`: one person proposes how to settle a break, another person approves it.

A decision is about outcomes of a run; the next `tieout match` runs that date again with it.
Source: docs/reference/decisions.md.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for
from jobs.cli.decision_words import Words, check_words
from jobs.cli.lake_session import open_lake
from jobs.decisions.actors import find_actor
from jobs.decisions.decided_workbook import read_decided_rows
from jobs.decisions.imports import propose_rows
from jobs.decisions.proposals import propose
from jobs.decisions.review import judge
from jobs.decisions.selection import select_breaks, select_by_ids
from jobs.decisions.standing import list_decisions
from jobs.decisions.steps import StepResult
from jobs.decisions.summary import summarize_import, summarize_step
from jobs.decisions.text import list_waiting, render_decision, render_queue
from jobs.lake.tables import Lake


def execute_request(request: Request) -> Report:
    """Proposes, approves, rejects or lists decisions; reports them as text and as JSON."""
    words = check_words(request)
    with open_lake(request.lake, request.engine, lazy_session=True) as lake:
        if words.step in ("list", "queue"):
            return _report_standing(lake, request, is_queue=words.step == "queue")
        rules = request.config.decision_rules
        actor = find_actor(rules, request.actor)
        if words.step == "import":
            rows = read_decided_rows(words.ids[0])
            imported = propose_rows(lake, rules, rows, actor, request.reason)
            return Report(*summarize_import(imported), 3 if imported.refused else 0)
        if words.step == "propose":
            result = _propose(lake, request, words, actor)
        else:
            is_approved = words.step == "approve"
            result = judge(lake, rules, words.ids[0], is_approved, actor, request.reason)
    return Report(*summarize_step(result, words.step))


def _propose(lake: Lake, request: Request, words: Words, actor: str) -> StepResult:
    rules, effect = request.config.decision_rules, words.effect
    if words.ids:
        targets = select_by_ids(lake, effect, words.ids, request.channels, words.status_of)
    else:
        place = request.channels[0], request.dates[0]
        targets = select_breaks(lake, effect, place, words.reasons, words.limits, words.status_of)
    is_list = not words.ids
    return propose(lake, rules, effect, targets, actor, request.reason, is_list)


def _report_standing(lake: Lake, request: Request, is_queue: bool) -> Report:
    rows = list_decisions(lake, request.channels, request.dates)
    if not is_queue:
        return Report(
            {"decisions": rows},
            [line for row in rows for line in render_decision(row, row["items"])],
        )
    waiting = list_waiting(rows, datetime.now(UTC))
    over = [row for row in rows if row["state"] in ("OVERTAKEN", "STALE")]
    lines = list(render_queue(waiting)) if waiting else ["no decision waits for approval"]
    for row in over:
        lines += ["", *render_decision(row, row["items"])]
    return Report({"queue": waiting, "no_longer_in_force": over}, lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("decide", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
