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
from jobs.decisions.proposals import propose
from jobs.decisions.review import judge
from jobs.decisions.selection import select_breaks, select_by_ids
from jobs.decisions.standing import list_decisions
from jobs.decisions.steps import StepResult
from jobs.decisions.text import (
    describe_next_step,
    list_waiting,
    render_decision,
    render_queue,
)
from jobs.lake.tables import Lake
from schemas.vocabulary import DecisionStep


def execute_request(request: Request) -> Report:
    """Proposes, approves, rejects or lists decisions; reports them as text and as JSON."""
    words = check_words(request)
    with open_lake(request.lake, request.engine, lazy_session=True) as lake:
        if words.step in ("list", "queue"):
            return _report_standing(lake, request, is_queue=words.step == "queue")
        rules = request.config.decision_rules
        actor = find_actor(rules, request.actor)
        if words.step == "propose":
            result = _propose(lake, request, words, actor)
        else:
            is_approved = words.step == "approve"
            result = judge(lake, rules, words.ids[0], is_approved, actor, request.reason)
    return _report_step(result, words.step)


def _propose(lake: Lake, request: Request, words: Words, actor: str) -> StepResult:
    rules, effect = request.config.decision_rules, words.effect
    if words.ids:
        targets = select_by_ids(lake, effect, words.ids, request.channels, words.status_of)
    else:
        place = request.channels[0], request.dates[0]
        targets = select_breaks(lake, effect, place, words.reasons, words.limits, words.status_of)
    is_list = not words.ids
    return propose(lake, rules, effect, targets, actor, request.reason, is_list)


def _report_step(result: StepResult, step: str) -> Report:
    first, *_ = [row for row in result.rows if row["step"] != DecisionStep.REJECTED] or result.rows
    report = Report({"decisions": [{**first, "items": list(result.rows)}]}, [])
    if step != "propose":
        report.body["already"] = result.is_known
    if result.is_known:
        state = f"{first['decision_id']} is {first['step']} already; nothing changed"
        report.lines.append(state)
    report.lines += [*render_decision(first, result.rows), describe_next_step(first)]
    if result.left_out:
        report.body["left_out"] = dict(result.left_out)
        report.lines += [f"    left out: {text}" for text in result.left_out.values()]
    return report


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
