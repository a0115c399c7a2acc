"""`tieout decide`: one person proposes how to settle a break, another person approves it.

A decision is about one outcome of a run; the next `tieout match` runs that date again with it.
Source: docs/reference/decisions.md.
"""

from collections.abc import Sequence

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for
from jobs.cli.lake_session import open_lake
from jobs.decisions.review import EFFECTS, Row, judge, list_decisions, normalize_actor, propose
from jobs.decisions.store import latest_steps
from schemas.errors import DecisionRefused
from schemas.tables import DECISIONS
from schemas.vocabulary import DecisionStep

STEPS = ("propose", "approve", "reject", "list")


def _check_request(request: Request) -> tuple[str, tuple[str, ...]]:
    """Returns the step, and its effect and ids.

    Raises:
        DecisionRefused: all faults of the arguments, together.
    """
    step, words = request.positionals[0], request.positionals[1:]
    faults = []
    if step != "list" and not normalize_actor(request.actor):
        faults.append("--by NAME is missing; give your name, or set TIEOUT_USER")
    if step in ("propose", "reject") and not request.reason.strip():
        faults.append("--reason TEXT is missing; say why, for those who read the decision")
    if step == "propose" and (len(words) < 2 or words[0] not in EFFECTS):
        faults.append(f"propose takes one of {', '.join(EFFECTS)}, and an id or two")
    if step in ("approve", "reject") and len(words) != 1:
        faults.append(f"{step} takes the id of one decision")
    if faults:
        raise DecisionRefused("; ".join(faults))
    return step, words


def execute_request(request: Request) -> Report:
    """Proposes, approves, rejects or lists decisions; reports them as text and as JSON."""
    step, words = _check_request(request)
    body: dict[str, bool] = {}
    lines: list[str] = []
    with open_lake(request.lake, request.engine, lazy_session=True) as lake:
        if step == "propose":
            effect, ids = EFFECTS[words[0]], words[1:]
            rows = [propose(lake, effect, ids, request.actor, request.reason, request.channels)]
        elif step == "list":
            rows = list_decisions(lake, request.channels, request.dates)
        else:
            verdict = DecisionStep.APPROVED if step == "approve" else DecisionStep.REJECTED
            before = latest_steps(lake.read_rows(DECISIONS, decision_id=words[0]))
            rows = [judge(lake, words[0], verdict, request.actor, request.reason)]
            is_same = before[words[0]] == rows[0]
            body["already"] = is_same
            lines += [f"{words[0]} is {verdict} already; nothing changed"] if is_same else []
    lines += [line for row in rows for line in _render_decision(row)]
    return Report({"decisions": rows, **body}, lines)


def _render_decision(row: Row) -> list[str]:
    ids = " and ".join(row[name] for name in ("txn_id", "line_id") if row[name])
    state = row.get("state", row["step"])
    head = f"{row['decision_id']}  {state:<8}  {row['effect']}  {row['channel']} {row['run_date']}"
    comment = f": {row['comment']}" if row["comment"] else ""
    maker = f"proposed by {row['proposed_by']}, " if "proposed_by" in row else ""
    return [head, f"    {ids}", f"    {maker}{row['step']} by {row['actor']}{comment}"]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("decide", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
