"""What people should look at after a run date, though nothing was stopped."""

from collections.abc import Iterator, Mapping

from jobs.matching.match_day import MatchResult
from schemas.currencies import in_major_units


def describe_excluded(result: MatchResult) -> Iterator[str]:
    """A warning for each rule that excludes lines of ours."""
    if result.excluded_of_ours is None:
        return
    rows = sorted(result.excluded_of_ours.collect(), key=lambda row: str(row["excluded_by"]))
    for row in rows:
        yield (
            f"{row['lines']} lines that {row['excluded_by']} excludes bear the number of a"
            f" transaction of ours, such as {row['line_id']}; the transaction waits for its line:"
            " correct the rule in scope.exclude, or the snapshot"
        )


def describe_tolerated(
    tolerated: Mapping[str, tuple[int, int]], day_max: Mapping[str, int]
) -> Iterator[str]:
    """A warning for each currency in which tolerances let pass more than the profile allows."""
    for currency, (count, amount) in tolerated.items():
        if amount > day_max.get(currency, amount):
            passed, limit = (in_major_units(x, currency) for x in (amount, day_max[currency]))
            yield (
                f"{count} pairs within tolerance differ by {currency} {passed} in all, more than"
                f" match.tolerance_day_max allows ({limit}); look at the rows WITHIN_TOLERANCE"
            )
