"""The match says what the oracle says, on many drawn scenarios, row for row.

Each batch is one profile and one calendar, handed over in a way of its own: as rest or as bulk,
shuffled, in some partitions. A failure is told as the smallest scenario that still fails; run it
again by its batch's name.
"""

import os

import pytest

from jobs.lake.tables import Lake
from tests.oracle.against import differences, smallest, way_of
from tests.oracle.scenarios import seeded
from tests.oracle.told import told

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
    batch, way = seeded(name, PER_BATCH), way_of(name)
    found = next(differences(lake, batch, way), None)
    if found is not None:
        pytest.fail(told(*smallest(lake, batch, found, way)), pytrace=False)
