"""`tieout files`: what came for a day and what changed; a person withdraws or accepts a version.

Source: docs/reference/files.md.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from jobs.cli import Report, Request, command, leave
from jobs.config import Configuration
from jobs.days import state_of
from jobs.lake import Lake
from jobs.receiving import own_rows, settle
from jobs.recording import (
    ACCEPTED,
    BY_HAND,
    DUPLICATE,
    QUARANTINED,
    RECEIVED,
    SUPERSEDED,
    WITHDRAWN,
    Row,
    elsewhere_in_force,
)
from jobs.versions import Changes, changes_of
from jobs.work import at_work
from schemas.currencies import in_major_units
from schemas.errors import VersionRefused
from schemas.profile import Profile
from schemas.tables import STATEMENT_FILES

STEPS = ("withdraw", "accept")
#: The limits that a person may pass over.
MAY_PASS = ("SHRUNK", "TOO_LATE")
#: So much of a SHA-256 names a file.
PREFIX_MIN = 8


def withdrawn(lake: Lake, profile: Profile, row: Row, why: str) -> Row:
    """Takes a file's lines out again; its row says so and why. Nothing takes its place.

    The row is written before the lines go: killed in between, the next ingest takes them out.

    Raises:
        VersionRefused: the file is neither in force nor quarantined.
    """
    if row["status"] not in (ACCEPTED, QUARANTINED):
        raise VersionRefused(f"{_named(row)}: it is {row['status']}, there is nothing to withdraw")
    return _again(lake, profile, row, WITHDRAWN, f"{WITHDRAWN} {why}")


def accepted(lake: Lake, profile: Profile, row: Row, why: str) -> Row:
    """Reads a file from the archive again, and takes it whatever its size and its age are.

    The totals must hold all the same. Killed in between, the next ingest goes on.

    Raises:
        VersionRefused: it is in force, a later version is, or it was refused for something else.
    """
    later = [
        each
        for each in own_rows(lake, row["channel"], row["business_date"])
        if each["part"] == row["part"]
        and each["status"] == ACCEPTED
        and each["version"] > row["version"]
    ]
    if later:
        raise VersionRefused(f"{_named(row)}: {_named(later[0])} is in force; withdraw it first")
    if row["status"] == QUARANTINED:
        codes = [each.split(":")[0] for each in str(row["reason"]).split(" | ")]
        if any(code not in MAY_PASS for code in codes):
            raise VersionRefused(
                f"{_named(row)}: it was refused as {', '.join(codes)}; only"
                f" {' and '.join(MAY_PASS)} can be accepted. Its reason: {row['reason']}"
            )
    elif row["status"] not in (SUPERSEDED, WITHDRAWN):
        raise VersionRefused(f"{_named(row)}: it is {row['status']} already")
    spans = profile.files is not None and profile.files.spans
    same = lake.rows(STATEMENT_FILES, file_id=row["file_id"])
    fault = elsewhere_in_force(row, same, spans)
    if fault:
        raise VersionRefused(fault)
    return _again(lake, profile, row, RECEIVED, f"{BY_HAND} {why}")


def _again(lake: Lake, profile: Profile, row: Row, status: str, reason: str) -> Row:
    """Writes a row's new state, then makes the tables follow it; returns the row as it ends."""
    own = own_rows(lake, row["channel"], row["business_date"])
    mine = next(each for each in own if each == row)
    mine |= {"status": status, "reason": reason}
    lake.replace_rows(STATEMENT_FILES, own, row["business_date"], row["channel"])
    settle(lake, profile, row["business_date"], own, [])
    return mine


def named_by(lake: Lake, file_id: str, request: Request) -> Row:
    """The row of a received file by its SHA-256, or the first digits of it.

    Raises:
        VersionRefused: none or several of that name.
    """
    if len(file_id) < PREFIX_MIN:
        raise VersionRefused(f"{file_id}: give at least {PREFIX_MIN} digits of the FILE_ID")
    rows = [
        row
        for row in lake.rows(STATEMENT_FILES)
        if row["file_id"].startswith(file_id.lower())
        and row["status"] != DUPLICATE
        and (not request.channels or row["channel"] in request.channels)
        and (not request.dates or row["business_date"] in request.dates)
    ]
    if len(rows) != 1:
        told = "; ".join(_named(row) for row in rows) or "no such file; `tieout files` lists them"
        many = ": name one with --channel, --business-date or more digits: " if rows else ": "
        raise VersionRefused(f"{file_id}{many}{told}")
    return rows[0]


def listed(lake: Lake, config: Configuration, day: date) -> tuple[list[Row], list[str]]:
    """Every version of a date, with `changes`, and the same in words."""
    out: list[Row] = []
    told: list[str] = []
    for channel, profile in config.profiles.items():
        own = own_rows(lake, channel, day)
        state = state_of(profile, day, own, [])
        missing = f", missing {', '.join(state.missing)}" if own and state.missing else ""
        told.append(f"{channel} {day}  {state.statement}{missing}")
        changes = changes_of(lake, profile, own)
        for row in sorted(own, key=lambda row: (row["part"], row["version"], row["status"])):
            change = None
            if row["status"] != DUPLICATE:
                change = changes.get((row["part"], int(row["version"])))
            out.append(row | {"changes": change and change.told()})
            told += _told(row, change)
    return out, told


def _told(row: Row, change: Changes | None) -> list[str]:
    lines, rejected = row["line_count"] or 0, row["rejected_count"] or 0
    out = [
        f"  {row['part']:<8} v{row['version']} {row['status']:<11} {lines:>9,} lines"
        f" {rejected:>5,} rejected  {row['file_id'][:12]}  {row['received_at']:%Y-%m-%d %H:%M}Z"
        f"  {row['file_name']}"
    ]
    if row["reason"]:
        out.append(f"      {row['reason']}")
    if change is None:
        return out
    if change.fault:
        return [*out, f"      against version {change.against}: {change.fault}"]
    sums = (change.amounts or {}).items()
    amounts = ", ".join(f"{code} {in_major_units(each, code, '+')}" for code, each in sums)
    out.append(
        f"      against version {change.against}: {change.added:,} added, {change.gone:,} gone,"
        f" {change.changed:,} changed, {change.same:,} the same; {amounts or 'no amount'}"
    )
    return out + [f"        {_line(each)}" for each in change.lines]


def _line(each: Any) -> str:
    """One changed line: `changed C-B: line 3 SUCCEEDED CNY 9.99 fee 0.06, was ...`."""
    sides = []
    for side, said in (("now", ""), ("was", "was ")):
        if each[f"line_no_{side}"] is not None:
            code = each[f"currency_{side}"] or ""
            fee = each[f"fee_{side}"]
            sides.append(
                f"{said}line {each[f'line_no_{side}']} {each[f'status_{side}']}"
                f" {code} {in_major_units(each[f'amount_{side}'], code)}"
                + (f" fee {in_major_units(fee, code)}" if fee is not None else "")
            )
    kind = each["kind_now"] or each["kind_was"]
    ref = each["channel_ref_now"] or each["channel_ref_was"] or "without channel_ref"
    return f"{each['change']:<7} {kind} {ref}: {', '.join(sides)}"


def _named(row: Row) -> str:
    return f"{row['file_name']} {row['file_id'][:12]} ({row['part']} version {row['version']})"


def _asked(request: Request) -> Sequence[str]:
    """The step and its FILE_ID, none to look; every fault of the arguments at once."""
    words, faults = request.words, []
    if words and (words[0] not in STEPS or len(words) != 2):
        faults.append("files takes nothing, or `withdraw FILE_ID`, or `accept FILE_ID`")
    if words and not request.reason.strip():
        faults.append("--reason TEXT is missing: it is what others will read")
    if not words and not request.dates:
        faults.append("--business-date is missing; give the accounting day, such as 2026-11-22")
    if faults:
        raise VersionRefused("; ".join(faults))
    return words


def work(request: Request) -> Report:
    """Carries out the command; the rows in words and in the JSON summary."""
    words = _asked(request)
    with at_work(request.lake, request.engine, asks=not words) as lake:
        if not words:
            found = [listed(lake, request.config, day) for day in request.dates]
            rows = [row for each, _ in found for row in each]
            return Report({"files": rows}, [said for _, told in found for said in told])
        row = named_by(lake, words[1], request)
        profile = request.config.profiles.get(row["channel"])
        if profile is None:
            raise VersionRefused(f"{_named(row)}: channel {row['channel']} has no page")
        by = f"by {request.by.strip()} " if request.by.strip() else ""
        why = f"{by}at {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}: {request.reason.strip()}"
        done = (withdrawn if words[0] == "withdraw" else accepted)(lake, profile, row, why)
    return Report({"files": [done]}, _told(done, None), 3 if done["status"] == QUARANTINED else 0)


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    return command("files", work, argv)


if __name__ == "__main__":
    leave(main())
