"""What the steps of `tieout decide` report: a JSON body, and lines for people."""

from typing import Any

from jobs.decisions.imports import ImportResult
from jobs.decisions.steps import StepResult
from jobs.decisions.text import describe_next_step, render_decision
from schemas.vocabulary import DecisionStep

#: A JSON body, and lines.
Summary = tuple[dict[str, Any], list[str]]


def summarize_step(result: StepResult, step: str) -> Summary:
    """A step about one decision: the decision with its items, and what to do next."""
    first, *_ = [row for row in result.rows if row["step"] != DecisionStep.REJECTED] or result.rows
    body: dict[str, Any] = {"decisions": [{**first, "items": list(result.rows)}]}
    lines = []
    if step != "propose":
        body["already"] = result.is_known
    if result.is_known:
        lines.append(f"{first['decision_id']} is {first['step']} already; nothing changed")
    lines += [*render_decision(first, result.rows), describe_next_step(first)]
    if result.left_out:
        body["left_out"] = dict(result.left_out)
        lines += [f"    left out: {text}" for text in result.left_out.values()]
    return body, lines


def summarize_import(result: ImportResult) -> Summary:
    """All proposals of a workbook, then the rows that were refused."""
    body: dict[str, Any] = {"decisions": [], "refused": result.refused}
    lines: list[str] = []
    for proposal in result.proposals:
        of_one, lines_of_one = summarize_step(proposal, "propose")
        body["decisions"] += of_one["decisions"]
        lines += lines_of_one
    lines += [f"refused: {text}" for text in result.refused]
    return body, lines or ["no row of the workbook has a decision"]
