"""Publishes the status updates of a channel: one transaction on `status_updates`, then one file.

A publication covers every date whose match ran since the last one, and brings each subject to the
state of its latest row. If the first of these dates is T, only rows from T on are read again; what
was published of earlier runs is known from what was open after the run before T, and from the
publications since T was the newest date.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.exports.publication import changes as ch
from jobs.exports.publication.scope import JOB, Scope, plan_publication
from jobs.exports.publication.sources import (
    find_linked,
    keep_latest,
    read_carried,
    read_earlier_states,
    read_outcomes,
)
from jobs.exports.publication.states import latest_states, select_spoken_for, select_states
from jobs.exports.publication.update_files import (
    last_publication,
    update_file,
    write_missing_files,
)
from jobs.lake.changes.channel_days import DaysChange, DaysReader, change_days
from jobs.lake.commit import DataFile
from jobs.lake.run_log import Run, record_runs
from jobs.lake.tables import Lake
from schemas.dates import format_dates
from schemas.profile.channel import Profile
from schemas.tables import OUTCOMES, STATUS_UPDATES


@dataclass(frozen=True)
class Publication:
    """What a publication sent: its number and rows, both 0 if nothing has changed.

    `file` is below the lake, None without rows. `held_back` are the dates that are not whole.
    """

    channel: str
    sequence: int
    rows: int
    file: str | None
    held_back: tuple[date, ...]

    def render_lines(self, lake_uri: str) -> list[str]:
        """What a command prints: the file, and the dates that are held back."""
        lines = []
        if self.rows:
            lines.append(f"{self.channel}: {self.rows:,} status updates  {lake_uri}/{self.file}")
        if self.held_back:
            lines.append(
                f"{self.channel}: not published, because not whole: {format_dates(self.held_back)};"
                " --publish-incomplete publishes them"
            )
        return lines

    def to_json(self, lake_uri: str) -> dict[str, object]:
        """The publication in a summary of JSON."""
        return {
            "channel": self.channel,
            "sequence": self.sequence,
            "updates": self.rows,
            "file": f"{lake_uri}/{self.file}" if self.rows else None,
            "held_back": [str(day) for day in self.held_back],
        }


def publish_updates(lake: Lake, profile: Profile, requested: Iterable[date] = ()) -> Publication:
    """Publishes what has changed of a channel; `requested` are dates to publish though not whole.

    A date that was published once counts from then on. A second call without a match in between
    adds nothing. Of two calls at once, the second starts from what the first has published.

    Raises:
        WriteConflict: other publications won every time; nothing is published.
    """
    job = Run(JOB, profile.channel, profile.first_date)
    scope, sequence = plan_publication(lake, profile, frozenset(requested)), 0

    def decide(read: DaysReader) -> DaysChange | None:
        nonlocal scope, sequence
        scope = plan_publication(lake, profile, frozenset(requested))
        if not scope.changed:
            return None
        last_date, last_sequence = last_publication(lake, profile.channel)
        newest, sequence = max(last_date or scope.changed[-1], scope.changed[-1]), last_sequence + 1
        updates = _find_updates(lake, profile, scope, read, newest)
        return DaysChange(
            {newest: ch.number_updates(updates, sequence, F.lit(newest), profile.channel)}
        )

    files: list[DataFile] = []
    with job.step(JOB):
        if scope.changed:
            files = change_days(lake, STATUS_UPDATES, profile.channel, decide)
        last_sequence = write_missing_files(lake, profile.channel)
        lake.remove_staged()
    rows = sum(file.rows for file in files)
    _record(lake, job, scope, last_sequence, rows)
    if not rows:
        return Publication(profile.channel, 0, 0, None, scope.held_back)
    file = update_file(profile.channel, sequence)
    return Publication(profile.channel, sequence, rows, file, scope.held_back)


def _find_updates(
    lake: Lake, profile: Profile, scope: Scope, read: DaysReader, newest: date
) -> list[DataFrame]:
    """The changes, in the columns of `ch.changed_states`."""
    first, before = scope.changed[0], scope.before
    since = first - timedelta(days=profile.match.lookback)
    outcomes = read_outcomes(lake, profile, scope, first, scope.changed[-1])
    states = select_states(outcomes, find_linked(lake, profile, scope, outcomes, since))
    updates = read(first, newest)
    logged = None if updates is None else lake.stage(ch.latest_published(updates), "logged")
    carried = None if before is None else read_carried(lake, profile, scope, before)
    published = ch.merge_published(logged, carried)
    spoken_for = select_spoken_for(outcomes)
    if len(scope.changed) > 1:
        states, spoken_for = keep_latest(lake, latest_states(states), spoken_for, published)
    returned = None
    if before is not None and published is not None:
        earlier = read_outcomes(lake, profile, scope, since, before)
        returned = ch.find_returned(earlier, outcomes)
    changes = [ch.changed_states(states, published, returned)]
    if published is not None:
        changes.append(ch.withdrawn_lines(published, spoken_for))
    if logged is not None:
        vanished, waited = ch.find_vanished(logged, carried, states, spoken_for, first)
        vanished = lake.stage(vanished, "vanished")
        earlier_states = read_earlier_states(lake, profile, scope, vanished, carried)
        if waited is not None and earlier_states is not None:
            waited = waited.unionByName(earlier_states)
        changes.append(ch.changes_of_vanished(vanished, waited))
    return changes


def _record(lake: Lake, job: Run, scope: Scope, sequence: int, rows: int) -> None:
    """Adds a row per changed date to `runs`; the first has the counts."""
    runs = []
    for day in scope.changed:
        counts = {"sequence": sequence, "updates": rows if day == scope.changed[0] else 0}
        runs.append(
            Run(
                JOB,
                job.channel,
                day,
                versions_read={OUTCOMES.name: scope.version},
                counts=counts,
                seconds=job.seconds if day == scope.changed[0] else {},
                started_at=job.started_at,
            )
        )
    record_runs(lake, *runs)
