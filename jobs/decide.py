"""`tieout decide`: a person settles a break or an ambiguity, another one approves it.

What is decided is a row of a run; the next `tieout match` runs that date again with it.
Source: docs/reference/decisions.md.
"""

from collections.abc import Sequence

from jobs.cli.arguments import Request
from jobs.cli.console import Report, command, leave
from jobs.cli.lake_session import at_work
from jobs.decisions.review import EFFECTS, Row, _person, judged, listed, proposed
from schemas.errors import DecisionRefused
from schemas.vocabulary import DecisionStep

STEPS = ("propose", "approve", "reject", "list")


def _asked(request: Request) -> tuple[str, tuple[str, ...]]:
    """The step, and what it is about; every fault of the arguments at once."""
    step, about = request.words[0], request.words[1:]
    faults = []
    if step != "list" and not _person(request.by):
        faults.append("--by NAME is missing: who says so? [TIEOUT_USER]")
    if step in ("propose", "reject") and not request.reason.strip():
        faults.append("--reason TEXT is missing: it is what others will read")
    if step == "propose" and (len(about) < 2 or about[0] not in EFFECTS):
        faults.append(f"propose takes one of {', '.join(EFFECTS)}, and an id or two")
    if step in ("approve", "reject") and len(about) != 1:
        faults.append(f"{step} takes the id of one decision")
    if faults:
        raise DecisionRefused("; ".join(faults))
    return step, about


def work(request: Request) -> Report:
    """Carries out the command; text for a person, the rows as JSON in the summary."""
    step, about = _asked(request)
    with at_work(request.lake, request.engine, asks=True) as lake:
        if step == "propose":
            effect, ids = EFFECTS[about[0]], about[1:]
            rows = [proposed(lake, effect, ids, request.by, request.reason, request.channels)]
        elif step == "list":
            rows = listed(lake, request.channels, request.dates)
        else:
            judgement = DecisionStep.APPROVED if step == "approve" else DecisionStep.REJECTED
            rows = [judged(lake, about[0], judgement, request.by, request.reason)]
    return Report({"decisions": rows}, [line for row in rows for line in _told(row)])


def _told(row: Row) -> list[str]:
    ids = " and ".join(row[name] for name in ("txn_id", "line_id") if row[name])
    state = row.get("state", row["step"])
    head = f"{row['decision_id']}  {state:<8}  {row['effect']}  {row['channel']} {row['run_date']}"
    said = f": {row['said']}" if row["said"] else ""
    maker = f"proposed by {row['proposed_by']}, " if "proposed_by" in row else ""
    return [head, f"    {ids}", f"    {maker}{row['step']} by {row['said_by']}{said}"]


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    return command("decide", work, argv)


if __name__ == "__main__":
    leave(main())
