"""Whether a run finds references by the lake's fast path or by plain joins and counts."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame

from jobs.lake.fast_path.filter_by_key import filter_rows_by_key
from jobs.lake.fast_path.kept_hashes import KeptHashes, LakeKeeper
from jobs.lake.tables import Lake
from jobs.matching.fast_path.keeper import Keeper, ReferenceKeys
from jobs.matching.fast_path.plain_keys import PlainKeeper
from jobs.matching.steps.closed_outcomes import RowFilter
from schemas.errors import ConfigurationError
from schemas.tables import OUTCOMES

SWITCH = "TIEOUT_FAST_PATH"
ON, OFF = "on", "off"


def is_fast_path_on() -> bool:
    """Whether TIEOUT_FAST_PATH is `on`, as it is unless it says `off`.

    Raises:
        ConfigurationError: it says something else.
    """
    value = os.environ.get(SWITCH) or ON
    if value not in (ON, OFF):
        raise ConfigurationError([f"{SWITCH} {value!r} is none of {ON}, {OFF}"])
    return value == ON


def keeper_of(lake: Lake) -> Keeper:
    """Where a match keeps what it computes once."""
    return LakeKeeper(lake) if is_fast_path_on() else PlainKeeper(lake.stage)


def row_filter_of(lake: Lake, files: Sequence[Mapping[str, Any]]) -> RowFilter | None:
    """Finds rows by hash in data files of `outcomes`; None where the engine joins them."""
    if not is_fast_path_on():
        return None

    def find(keys: DataFrame | ReferenceKeys, columns: Sequence[str]) -> DataFrame:
        hashes = keys.lookup_files if isinstance(keys, KeptHashes) else keys
        assert isinstance(hashes, DataFrame | list)
        return filter_rows_by_key(lake, OUTCOMES, files, hashes, columns)

    return find
