"""Moves the dates that no job has to do again to the history lake of a lake."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from jobs.lake.history.move import TableMove, list_moves, move_tables
from jobs.lake.history.place import (
    claim_place,
    find_first_date,
    find_place_faults,
    read_place,
    set_first_date,
    storage_at,
)
from jobs.lake.tables import Lake
from jobs.operations.history.held_back import Held, find_held_back
from jobs.operations.history.reach import find_reach
from jobs.storage.archive import Storage
from jobs.storage.place_checks import find_path_faults
from schemas.configuration import Configuration
from schemas.errors import ConfigurationError


@dataclass(frozen=True)
class HistoryMove:
    """What moved, or would move: rows of dates before `before`, by table, to `place`.

    `wanted` is the date that was asked for, `held` what holds dates before it back.
    """

    place: str
    wanted: date
    before: date
    held: Sequence[Held]
    tables: Sequence[TableMove]


def move_history(
    lake: Lake,
    config: Configuration,
    place: str,
    older_than: int,
    today: date,
    dry_run: bool = False,
) -> HistoryMove:
    """Moves rows of dates more than so many days ago; a dry run writes nothing.

    Nothing moves from the first date on of which a job has something to do. A call after a kill
    goes on with what is not done.

    Raises:
        ConfigurationError: so few days that the work of today could need what moves, or a place
            that cannot be the history of this lake.
        CheckFailed, DataFilesMissing, WriteConflict: as `move_tables`; tables before are done.
    """
    reach = find_reach(config, today)
    if older_than < reach.days:
        raise ConfigurationError([
            f"--older-than {older_than}: a date can need what is {reach.days} days older"
            f" ({reach.why}); give {reach.days} or more"
        ])  # fmt: skip
    first_here, wanted = find_first_date(lake.storage), today - timedelta(days=older_than)
    held = find_held_back(lake, config, first_here, wanted)
    before = max(first_here, _first_of(held, wanted))
    history = _open_place(place)
    faults = find_place_faults(lake.storage, history, read_place(lake.storage))
    if faults:
        raise ConfigurationError(faults)
    move = HistoryMove(history.uri, wanted, before, held, ())
    if dry_run:
        return replace(move, tables=list_moves(lake.storage, before))
    claimed = claim_place(lake.storage, place, before)
    # What a job that runs has changed meanwhile; from now on a new one refuses these dates.
    held = find_held_back(lake, config, first_here, claimed.limit)
    if held:
        claimed = set_first_date(lake.storage, claimed, max(first_here, held[0].first))
    tables = move_tables(lake.storage, claimed)
    return replace(move, before=claimed.limit, held=held or move.held, tables=tables)


def _open_place(place: str) -> Storage:
    """The storage of a place that a person wrote.

    Raises:
        ConfigurationError: it is none.
    """
    if faults := find_path_faults("--history", place, holds_tables=True):
        raise ConfigurationError(faults)
    try:
        return storage_at(place)
    except (ValueError, OSError) as fault:
        first_line = (str(fault).splitlines() or [""])[0]
        raise ConfigurationError([
            f"--history {place}: it cannot be opened: {first_line}; give a folder, or a URI such as"
            " s3://BUCKET/FOLDER"
        ]) from fault  # fmt: skip


def _first_of(held: Sequence[Held], wanted: date) -> date:
    return min([wanted, *(each.first for each in held)])
