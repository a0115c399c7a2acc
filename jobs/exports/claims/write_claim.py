"""Writes the claim of a channel and month: all files or none, the same bytes from the same rows."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, BinaryIO

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.exports.claims import cells
from jobs.exports.claims import select_rows as sel
from jobs.exports.claims.month import ClaimMonth, resolve_month
from jobs.exports.file_places import FilePlaces
from jobs.exports.sheets import CsvFile
from jobs.exports.workbook import Workbook
from jobs.lake.tables import Lake
from jobs.reports.money_text import Cell
from jobs.storage.atomic_folder import replace_folder
from schemas.currencies import in_major_units
from schemas.dates import format_dates
from schemas.errors import CheckFailed, LakeInconsistent
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile
from schemas.profile.scope import Scope
from schemas.tables import FEE_CHECKS, OUTCOMES, RUNS, STATEMENT_FILES, STATEMENT_LINES

#: The folder of claims, below `exports`.
FOLDER = "fee_claims"
#: (why, result, currency, what is summed) -> sum.
Sums = Counter[tuple[str | None, str, str, str]]
_SUMMED = ("lines", *cells.AMOUNTS)


@dataclass(frozen=True)
class Claim:
    """What was written; `folder` is below the lake, `files` are names in it.

    `sums` are the rows of the sheet of sums; `claimed` has, by currency, the lines and amounts of
    the claim, of which `difference` is what the channel owes us, minor units. `not_whole` are dates
    of which the statement has not come whole.
    """

    channel: str
    month: str
    folder: str
    files: tuple[str, ...]
    sums: tuple[Mapping[str, Any], ...]
    claimed: Mapping[str, Mapping[str, int]]
    not_whole: tuple[date, ...]

    def render_lines(self, lake_uri: str) -> list[str]:
        """What a command prints."""
        lines = [f"{self.channel} {self.month}  {lake_uri}/{self.folder}"]
        for code, sums in self.claimed.items():
            owed = in_major_units(sums["difference"], code)
            lines.append(f"  claimed {code} {owed} of {sums['lines']:,} lines")
        if not self.claimed:
            lines.append("  nothing to claim")
        for row in self.sums:
            if row["why"]:
                lines.append(
                    f"  not claimed: {row['lines']:,} lines {row['why']} {self._money(row)}"
                )
        return lines

    def _money(self, row: Mapping[str, Any]) -> str:
        if row["difference"] is None:
            return f"charged {row['currency']} {in_major_units(row['charged'], row['currency'])}"
        return f"{row['currency']} {in_major_units(row['difference'], row['currency'])}"

    def to_json(self, lake_uri: str) -> dict[str, Any]:
        """The claim in a summary of JSON; amounts in minor units."""
        others = [
            {name: None if row[name] is None else int(row[name]) for name in _SUMMED}
            | {name: row[name] for name in ("why", "result", "currency")}
            for row in self.sums if row["why"]
        ]  # fmt: skip
        return {
            "channel": self.channel,
            "month": self.month,
            "folder": f"{lake_uri}/{self.folder}",
            "files": list(self.files),
            "claimed": self.claimed,
            "not_claimed": others,
            "not_whole": [str(day) for day in self.not_whole],
        }


def write_claim(
    lake: Lake, profile: Profile, schedule: FeeSchedule, month: date, stale: Iterable[date]
) -> Claim:
    """Writes `exports/fee_claims/<channel>-<month>/` below the lake; `month` is its first day.

    `stale` are the channel's dates whose fee check does not follow their latest match.

    Raises:
        CheckFailed: fees of the month are not checked, or by another card; an earlier claim stays.
        LakeInconsistent: a checked line is no longer there; check the month again.
    """
    channel, days = profile.channel, min(profile.match.lookback, schedule.lookback_days)
    version = lake.version(FEE_CHECKS)
    files = lake.read_rows(STATEMENT_FILES, channel=channel)
    checks = lake.read_rows(RUNS, ("business_date", "ended_at", "counts"), job="check_fees",
                            channel=channel)  # fmt: skip
    state = resolve_month(profile, month, files, checks, stale)
    if state.unchecked:
        raise CheckFailed(
            f"claim: {channel}: fees were not checked, or not since their lines or pairs changed:"
            f" {format_dates(state.unchecked)}; run `tieout check_fees --channel {channel}"
            f" --business-date {state.first} --through {state.last}` first"
        )
    rows = lake.stage(_classify_month(lake, profile, state, version, days), "claim_rows")
    sums = sorted((row.asDict() for row in sel.sum_rows(rows).collect()), key=cells.order_sums)
    _check_entries(rows, schedule, state)
    name = f"{channel}-{month:%Y-%m}"
    folder, stem = f"exports/{FOLDER}/{name}", f"fee-claim-{name}"
    names = (f"{stem}.csv", f"{stem}-not-claimed.csv", f"{stem}.xlsx")
    places = FilePlaces(files)
    storage = lake.storage
    with replace_folder(storage.fs, storage.full_path(folder), last=names[-1]) as new_folder:
        with ExitStack() as stack:
            streams = [
                stack.enter_context(storage.fs.open_output_stream(f"{new_folder}/{each}"))
                for each in names
            ]
            written = _write_files(streams, rows, sums, places, profile, f"{month:%Y-%m}")
        if written != _add_up(sums):
            raise CheckFailed(
                f"claim: {name}: the files and the fee checks do not add up; the earlier claim"
                " stays; run it again"
            )
    return Claim(channel, f"{month:%Y-%m}", folder, names, tuple(sums),
                 _sum_by_currency(_add_up(sums)), state.not_whole)  # fmt: skip


def _classify_month(
    lake: Lake, profile: Profile, state: ClaimMonth, version: int, days: int
) -> DataFrame:
    """The wrong fees of a month, with `why`; pairs that were taken back may lie in two months."""
    channel, near = profile.channel, timedelta(days=days)
    since, until = max(profile.first_date, state.first - near), state.last + near
    checks = lake.read_days(FEE_CHECKS, since, until, channel, version)
    lines = lake.read_days(STATEMENT_LINES, since, until, channel)
    rows = lake.stage(sel.join_lines(checks, lines), "wrong_lines")
    of_month = sel.select_month(rows, state.first, state.last)
    expected, there = sel.select_month(checks, state.first, state.last).count(), of_month.count()
    if expected != there:
        raise LakeInconsistent(
            f"claim: {channel}: of {expected} wrong fees {there} have a line in statement_lines;"
            f" run `tieout check_fees` for {state.first} to {state.last} again"
        )
    out_of_scope = None
    if profile.scope != Scope():
        outcomes = lake.read_days(OUTCOMES, state.first, state.last, channel)
        _assert_matched(of_month, outcomes, state, channel)
        out_of_scope = sel.select_out_of_scope(outcomes)
    return sel.classify_rows(of_month, sel.find_pairs_taken_back(rows, days), out_of_scope)


def _assert_matched(rows: DataFrame, outcomes: DataFrame, state: ClaimMonth, channel: str) -> None:
    """Each line has an outcome, which says whether it is another owner's."""
    lines = outcomes.where(F.col("line_id").isNotNull()).select("line_id")
    of_lines = rows.where(F.col("line_id").isNotNull())
    unmatched = of_lines.join(lines, on="line_id", how="left_anti")
    unmatched = unmatched.select("business_date").distinct()
    if days := [row["business_date"] for row in unmatched.collect()]:
        raise CheckFailed(
            f"claim: {channel}: lines of {format_dates(days)} were not matched, so whose they are"
            f" is not known; run `tieout match` for {state.first} to {state.last} again"
        )


def _check_entries(rows: DataFrame, schedule: FeeSchedule, state: ClaimMonth) -> None:
    """The clauses are those of the card as it is now."""
    names = {entry.name for entry in schedule.entries}
    used = {row["schedule"] for row in rows.select("schedule").distinct().collect()}
    if gone := sorted(used - names - {None}):
        raise CheckFailed(
            f"claim: {schedule.channel}: its rate card has no entry {', '.join(gone)} any more; run"
            f" `tieout check_fees` for {state.first} to {state.last} again"
        )


def _write_files(
    streams: Sequence[BinaryIO],
    rows: DataFrame,
    sums: Sequence[Mapping[str, Any]],
    places: FilePlaces,
    profile: Profile,
    month: str,
) -> Sums:
    """Writes claimed lines, others, and the workbook with both; returns what they add up to."""
    as_csv, as_others, as_xlsx = streams
    written: Sums = Counter()
    book = Workbook(as_xlsx, cells.SUMS, cells.SUM_HEADINGS)
    for line in cells.render_sums(profile.channel, month, sums):
        book.add(line)

    def read(condition: Column) -> Iterator[tuple[str | None, tuple[Cell, ...]]]:
        for values in cells.sort_rows(rows.where(condition), profile.zone).toLocalIterator():
            row = cells.ClaimRow._make(values)
            _add(written, row._asdict(), 1)
            yield row.why, cells.render_row(row, places)

    table = CsvFile(as_csv, cells.CLAIMED_HEADINGS)
    book.begin_table(cells.CLAIMED, cells.CLAIMED_HEADINGS)
    for _, line in read(F.col("why").isNull()):
        book.add(("line", *line, None))
        table.add(("line", *line, None))
    for line in cells.render_claim_sums(_sum_by_currency(written)):
        book.add(line)
        table.add(line)
    table.close()
    table = CsvFile(as_others, cells.OTHER_HEADINGS)
    book.begin_table(cells.OTHERS, cells.OTHER_HEADINGS)
    for why, line in read(F.col("why").isNotNull()):
        book.add((why, *line))
        table.add((why, *line))
    table.close()
    book.close()
    return written


def _add(sums: Sums, row: Mapping[str, Any], lines: int) -> None:
    """Adds the lines and amounts of a row."""
    values = {**row, "lines": lines}
    for name in _SUMMED:
        sums[row["why"], row["result"], row["currency"], name] += int(values[name] or 0)


def _add_up(sums: Iterable[Mapping[str, Any]]) -> Sums:
    total: Sums = Counter()
    for row in sums:
        _add(total, row, row["lines"])
    return total


def _sum_by_currency(sums: Sums) -> dict[str, dict[str, int]]:
    """What is claimed by currency: lines, and amounts in minor units."""
    total: dict[str, dict[str, int]] = {}
    for (why, _, currency, name), value in sums.items():
        if why is None:
            of_currency = total.setdefault(currency, dict.fromkeys(_SUMMED, 0))
            of_currency[name] += value
    return dict(sorted(total.items()))
