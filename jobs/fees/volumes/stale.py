"""The fee checks and accruals that read other steps of volumes than there are now.

Both record in their fingerprint which volumes they read, and the steps that came of them: a volume
that changes within its step asks for nothing.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from jobs.fees.sources import find_part, latest_checks
from jobs.fees.volumes.steps import find_steps, fingerprint_steps, first_date_of, span_of
from schemas.dates import list_dates
from schemas.fees.tiers import Step, Tiers
from schemas.tables import FEE_VOLUMES

PART = "steps"
#: Raised when the rules of volumes change: all dates are then summed and checked again.
RULES_VERSION = 2
ReadVolumes = Callable[[date, date], pa.Table]


def describe_steps(
    volumes: Sequence[Tiers], since: date, complete: Sequence[bool], steps: str
) -> str:
    """The part of a fingerprint: `since` is the first date of the lines that were priced by
    volumes, `steps` as `steps.fingerprint_steps`. `complete` says of each of the volumes whether
    its span is whole; nothing, where that makes no difference.
    """
    texts = ("/".join([t.by, str(t.per), str(t.of), *map(str, t.limits)]) for t in volumes)
    whole = "".join(str(int(each)) for each in complete)
    return f"{PART}={RULES_VERSION}|{since}|{whole}|{steps}|{','.join(texts)}"


def find_whole_spans(
    volumes: Iterable[Tiers], day: date, whole: Collection[date]
) -> tuple[bool, ...]:
    """Of each of some volumes whether each date that lines of a date ask for is one of `whole`."""
    return tuple(
        all(each in whole for each in list_dates(*span_of(tiers, day))) for tiers in volumes
    )


def find_changed_steps(
    checks: Iterable[Mapping[str, Any]],
    whole: Collection[date],
    read_volumes: ReadVolumes,
    readers: Iterable[Mapping[str, Any]] | None = None,
) -> list[date]:
    """The dates whose last check read steps that are others now, or a span that is whole now, or
    is no longer, or volumes by earlier rules, in order.

    `checks` are rows of `runs` of one channel, `whole` its dates with a whole statement. Volumes
    are read only where a check of one of their dates wrote them later than the other one read.
    `readers` are runs of another job that read volumes: then the dates of these.
    """
    checks = [*checks]
    written: dict[date, int] = {}
    for check in checks:
        version = dict(check["versions_written"] or {}).get(FEE_VOLUMES.name, -1)
        day = check["business_date"]
        written[day] = max(written.get(day, -1), version)
    changed = []
    for day, run in latest_checks(checks if readers is None else readers).items():
        part = find_part(run["fingerprint"], PART)
        if part is None:
            continue
        version, _, rest = part.partition("|")
        read = dict(run["versions_read"] or {}).get(FEE_VOLUMES.name, -1)
        if version != str(RULES_VERSION) or _is_changed(
            rest.split("|"), day, read, written, whole, read_volumes
        ):
            changed.append(day)
    return changed


def _is_changed(
    part: Sequence[str],
    day: date,
    read: int,
    written: Mapping[date, int],
    whole: Collection[date],
    read_volumes: ReadVolumes,
) -> bool:
    since, complete, steps, texts = part
    volumes = [_parse_tiers(text) for text in texts.split(",")]
    if complete:
        spans = find_whole_spans(volumes, day, whole)
        if complete != "".join(str(int(each)) for each in spans):
            return True
    first = date.fromisoformat(since)
    earliest, last = first_date_of(volumes, first), day - timedelta(days=1)
    if all(written.get(each, -1) <= read for each in list_dates(earliest, last)):
        return False
    now = find_steps(read_volumes(earliest, last), volumes, list_dates(first, day))
    return fingerprint_steps(now) != steps


def _parse_tiers(text: str) -> Tiers:
    by, per, of, *limits = text.split("/")
    steps = (*(Step(to=int(limit)) for limit in limits), Step())
    return Tiers.model_validate({"by": by, "per": per, "of": of, "steps": steps})
