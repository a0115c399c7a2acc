"""The match says what the oracle says, on many drawn scenarios, row for row.

Each batch is one profile and one calendar, handed over in a way of its own: as rest or as bulk,
shuffled, in some partitions. A failure is told as the smallest scenario that still fails; run it
again by its batch's name.
"""

import os

import pytest

from jobs.lake.tables import Lake
from tests.oracle.compare_match import find_differences, mode_of_batch, shrink_difference
from tests.oracle.explain_diff import explain_difference
from tests.oracle.scenarios import draw_seeded_batch

SCENARIOS = int(os.environ.get("TIEOUT_SCENARIOS", "500"))
SEED = os.environ.get("TIEOUT_SEED", "1")
PER_BATCH = 100
#: Batches are numbered from FIRST on; the second, and every ON_BOTH-th after it, is Spark's too.
#: By seed 1 that is 1:6: three passes by time, dates that are middling and pair in bulk.
FIRST, ON_BOTH = 5, 5


def _batches() -> list[object]:
    marks = ([pytest.mark.sail_only], [])
    return [
        pytest.param(f"{SEED}:{FIRST + index}", marks=marks[index % ON_BOTH == 1])
        for index in range(max(SCENARIOS // PER_BATCH, 2))
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", _batches())
def test_the_match_agrees_with_the_oracle(lake: Lake, name: str) -> None:
    """A hundred scenarios at once: outcomes and open items of every run date are the oracle's."""
    batch, mode = draw_seeded_batch(name, PER_BATCH), mode_of_batch(name)
    found = next(find_differences(lake, batch, mode), None)
    if found is not None:
        pytest.fail(explain_difference(*shrink_difference(lake, batch, found, mode)), pytrace=False)
