"""The fee checks that read other steps of volumes than there are now.

A check records in its fingerprint which volumes it read, and the steps that came of them: a volume
that changes within its step asks for no new check.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from jobs.fees.sources import find_part, latest_checks
from jobs.fees.volumes.steps import find_steps, fingerprint_steps, first_date_of, list_days, span_of
from schemas.fees.tiers import Step, Tiers
from schemas.tables import FEE_VOLUMES

PART = "steps"
ReadVolumes = Callable[[date, date], pa.Table]


def describe_steps(volumes: Collection[Tiers], since: date, is_complete: bool, steps: str) -> str:
    """The part of a check's fingerprint: `since` is the first date of the lines that it priced by
    volumes, `steps` as `steps.fingerprint_steps`.
    """
    texts = ("/".join([t.by, str(t.per), str(t.of), *map(str, t.limits)]) for t in volumes)
    return f"{PART}={since}|{int(is_complete)}|{steps}|{','.join(texts)}"


def is_span_whole(volumes: Iterable[Tiers], day: date, whole: Collection[date]) -> bool:
    """Whether each date whose volume lines of a date ask for is one of `whole`."""
    return all(each in whole for tiers in volumes for each in list_days(*span_of(tiers, day)))


def find_changed_steps(
    checks: Iterable[Mapping[str, Any]], whole: Collection[date], read_volumes: ReadVolumes
) -> list[date]:
    """The dates whose last check read steps that are others now, or a span that is whole now, or
    is no longer, in order.

    `checks` are rows of `runs` of one channel, `whole` its dates with a whole statement. Volumes
    are read only where a check of one of their dates wrote them later than the other one read.
    """
    checks = [*checks]
    written: dict[date, int] = {}
    for check in checks:
        version = dict(check["versions_written"] or {}).get(FEE_VOLUMES.name, -1)
        day = check["business_date"]
        written[day] = max(written.get(day, -1), version)
    changed = []
    for day, check in latest_checks(checks).items():
        part = find_part(check["fingerprint"], PART)
        if part is None:
            continue
        since, complete, steps, texts = part.split("|")
        volumes = [_parse_tiers(text) for text in texts.split(",")]
        first = date.fromisoformat(since)
        if is_span_whole(volumes, day, whole) != bool(int(complete)):
            changed.append(day)
            continue
        read = dict(check["versions_read"] or {}).get(FEE_VOLUMES.name, -1)
        earliest, last = first_date_of(volumes, first), day - timedelta(days=1)
        if any(written.get(each, -1) > read for each in list_days(earliest, last)):
            now = find_steps(read_volumes(earliest, last), volumes, list_days(first, day))
            if fingerprint_steps(now) != steps:
                changed.append(day)
    return changed


def _parse_tiers(text: str) -> Tiers:
    by, per, of, *limits = text.split("/")
    steps = (*(Step(to=int(limit)) for limit in limits), Step())
    return Tiers.model_validate({"by": by, "per": per, "of": of, "steps": steps})
