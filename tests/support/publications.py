"""What `status_updates` tells who reads it: publications, and the state of each subject."""

import json
from pathlib import Path
from typing import Any

from jobs.exports.publication.publish import Publication, publish_updates
from jobs.lake.tables import Lake
from schemas.tables import STATUS_UPDATES
from tests.support.followup_ledger import FollowupLedger
from tests.support.ledger import day

Row = dict[str, Any]


def publish(ledger: FollowupLedger, *incomplete: int) -> Publication:
    """Publishes channel bank; `incomplete` are days to publish though not whole."""
    return publish_updates(ledger.lake, ledger.profile, [day(offset) for offset in incomplete])


def all_updates(lake: Lake) -> list[Row]:
    """All rows of the table, in the order in which they were published."""
    rows = [row.asDict() for row in lake.read(STATUS_UPDATES).collect()]
    return sorted(rows, key=lambda row: (row["sequence"], subject_of(row)))


def subject_of(row: Row) -> str:
    """The id whose state the row is."""
    return str(row.get("txn_id") or row["line_id"])


def fold(rows: list[Row]) -> dict[str, Row]:
    """The state of each subject, by its id: its last row, without what says when it was sent."""
    last: dict[str, Row] = {}
    for row in rows:
        last[subject_of(row)] = row
    when = ("sequence", "newest_run_date", "as_of", "was")
    return {
        name: {column: value for column, value in row.items() if column not in when}
        for name, row in last.items()
        if not row["withdrawn"]
    }


def rows_of(lake: Lake, sequence: int) -> dict[str, tuple[str | None, str | None, str]]:
    """Was, now and reasons of each subject of a publication."""
    return {
        subject_of(row): (
            row["was"],
            row["now"],
            "+".join(row["reasons"] or []),
        )
        for row in all_updates(lake)
        if row["sequence"] == sequence
    }


def file_rows(lake: Lake, publication: Publication) -> list[Row]:
    """The objects of a publication's file, by subject."""
    text = Path(lake.uri, str(publication.file)).read_text("utf-8")
    return sorted((json.loads(line) for line in text.splitlines()), key=subject_of)


def expected_states(outcomes: list[Row]) -> dict[str, Row]:
    """By definition, the state of each subject: its latest row that is one, by its id."""
    rows = sorted(outcomes, key=lambda row: row["run_date"])
    speakers: dict[str, Any] = {}
    states: dict[str, Row] = {}
    for row in rows:
        only_reconciled = "ALREADY_RECONCILED" in row["reasons"] and row["line_id"] is None
        if row["txn_id"] and row["line_id"]:
            speakers[row["line_id"]] = row["run_date"]
            states.pop(row["line_id"], None)
        if not only_reconciled:
            states[subject_of(row)] = row
    return states
