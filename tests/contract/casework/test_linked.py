"""Lines lead to the transactions that they are about, the same by one filter and by joins."""

from random import Random

import pytest
from pyspark.sql import functions as F

from jobs.casework.linked import link_few, link_many
from jobs.lake.tables import Lake
from jobs.matching.linked_transactions import select_followers
from schemas.tables import OUTCOMES
from tests.support.followup_ledger import line_about
from tests.support.ledger import Row, day, frame_of, outcome_row


@pytest.mark.sail_only
def test_few_lines_and_many(lake: Lake) -> None:
    """Chains of lines over four days: some end at a pair, some at nothing, some name themselves."""
    rng = Random("chains")
    rows: list[Row] = []
    for number in range(60):
        on, name = rng.randrange(4), f"L{number}"
        if rng.random() < 0.3:
            rows.append(outcome_row(f"T{number}", on=on, line_id=name))
        else:
            other = f"L{rng.randrange(60)}"
            rows.append(line_about(name, other, "DUPLICATE_LINE", on=on))
    frame = frame_of(lake.spark, OUTCOMES, rows).withColumns(
        {"our_mark": F.lit(1).cast("long"), "channel_mark": F.lit(None).cast("long")}
    )
    followers = select_followers(frame)
    by_filter = link_few([row.asDict() for row in followers.collect()], frame)
    by_joins = [tuple(row) for row in link_many(lake, followers, frame).collect()]
    assert sorted(by_filter) == sorted(by_joins)
    assert len(by_filter) > 10
    assert len(by_filter) < followers.count()
    assert day(0) in {link[1] for link in by_filter}
