"""The match gives the rows of the oracle, on many random scenarios.

Each batch has one profile, one calendar and one execution mode: with or without exact pairs, with
shuffled rows, in one or several partitions; some run with the fast path off, too. A failure shows
the smallest scenario that still fails; its batch runs again by name.
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
#: Batches are numbered from FIRST on. The first, and every ON_BOTH-th after it, is Spark's too, and
#: runs on Sail also with the fast path off: by seed 1 that is 1:5, two passes without references,
#: captures, tolerances, and dates with exact pairs. With the fast path off each date takes the
#: engine half a minute to plan, so that is for the night. `make soak` runs many more.
FIRST, ON_BOTH = 5, 5


def _batches() -> list[object]:
    def marks(index: int, fast_path: str) -> list[pytest.MarkDecorator]:
        if fast_path == "off":
            return [pytest.mark.sail_only, pytest.mark.nightly]
        return [] if index % ON_BOTH == 0 else [pytest.mark.sail_only]

    return [
        pytest.param(f"{SEED}:{FIRST + index}", fast_path, marks=marks(index, fast_path))
        for index in range(max(SCENARIOS // PER_BATCH, 2))
        for fast_path in (["on"] if index % ON_BOTH else ["on", "off"])
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "fast_path"), _batches())
def test_match_agrees_with_the_oracle(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, name: str, fast_path: str
) -> None:
    """A hundred scenarios at once: outcomes and open items of every run date are the oracle's."""
    monkeypatch.setenv("TIEOUT_FAST_PATH", fast_path)
    batch, mode = draw_seeded_batch(name, PER_BATCH), mode_of_batch(name)
    difference = next(find_differences(lake, batch, mode), None)
    if difference is not None:
        pytest.fail(
            explain_difference(*shrink_difference(lake, batch, difference, mode)), pytrace=False
        )
