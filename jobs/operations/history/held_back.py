"""The dates that cannot move yet: a job has something of them to do, which writes their rows."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from jobs.lake.tables import Lake
from jobs.orders.check_day import JOB as ORDERS
from jobs.orders.plan import plan_checks
from jobs.reconcile.due_runs import find_due_runs
from jobs.reconcile.stale_dates import read_stale_dates
from jobs.treasury.accounts import list_accounts
from jobs.treasury.plan import JOB as SETTLEMENT
from jobs.treasury.plan import OUR_JOBS, plan_dates
from schemas.configuration import Configuration
from schemas.tables import RUNS, SNAPSHOT_FILES, STATEMENT_FILES
from schemas.vocabulary import FileStatus


class Held(NamedTuple):
    """The first date of a channel, an account or all of them that a job has yet to do, and why."""

    first: date
    why: str


def find_held_back(lake: Lake, config: Configuration, first_here: date, before: date) -> list[Held]:
    """What holds dates from `first_here` on and before `before` back, in order of date.

    A channel that was never matched, and has no file, holds nothing back. An export that was not
    written holds nothing back either: it can be written from the history lake.
    """
    held = [
        *_find_files(lake, config),
        *_find_matches(lake, config, first_here),
        *_find_fee_checks(lake, config, first_here),
        *_find_settlements(lake, config, first_here),
        *_find_orders(lake, first_here),
    ]
    return sorted(each for each in held if first_here <= each.first < before)


def _find_files(lake: Lake, config: Configuration) -> Iterator[Held]:
    """Files that a killed ingest left: received, and neither accepted nor refused."""
    for table in (STATEMENT_FILES, SNAPSHOT_FILES):
        for row in lake.read_rows(table, status=FileStatus.RECEIVED.value):
            is_chosen = row["channel"] is None or row["channel"] in config.profiles
            if is_chosen and row["business_date"] is not None:
                why = f"{row['file_name']} is received and not taken in; run `tieout ingest`"
                yield Held(row["business_date"], f"{row['channel'] or 'snapshot'}: {why}")


def _find_matches(lake: Lake, config: Configuration, first_here: date) -> Iterator[Held]:
    matched = {row["channel"] for row in lake.read_rows(RUNS, ("channel",), job="match")}
    received = {row["channel"] for row in lake.read_rows(STATEMENT_FILES, ("channel",))}
    for name, profile in config.profiles.items():
        if profile.statement == "none" or name not in matched | received:
            continue
        due = find_due_runs(lake, profile, (), config.snapshots, first_here=first_here)
        for run in due.runs[:1]:
            why = f"{name}: the match is due ({run.why}); run `tieout run`"
            yield Held(run.business_date, why)


def _find_fee_checks(lake: Lake, config: Configuration, first_here: date) -> Iterator[Held]:
    for name, card in config.schedules.items():
        if name in config.profiles and config.profiles[name].statement != "none":
            stale = read_stale_dates(lake, config.profiles[name], card, first_here)["check_fees"]
            for day in stale[:1]:
                yield Held(day, f"{name}: the fee check is due; run `tieout check_fees --stale`")


def _find_settlements(lake: Lake, config: Configuration, first_here: date) -> Iterator[Held]:
    for account in list_accounts(config, config.profiles):
        names = [account.bank.channel, *account.terms]
        files = lake.read_rows(STATEMENT_FILES, channel=names)
        runs = lake.read_rows(RUNS, channel=[*account.terms], job=[SETTLEMENT, *OUR_JOBS])
        for day in plan_dates(account, (), files, runs, first_here).dates[:1]:
            why = "the settlement is due; run `tieout check_settlement`"
            yield Held(day, f"{account.bank.channel}: {why}")


def _find_orders(lake: Lake, first_here: date) -> Iterator[Held]:
    runs = [
        row
        for row in lake.read_rows(RUNS, job=["match", ORDERS])
        if row["job"] == ORDERS or row["fingerprint"] is not None
    ]
    planned = plan_checks((), lake.read_rows(SNAPSHOT_FILES), runs, first_here)
    for day, _ in planned[:1]:
        yield Held(day, "orders: the check is due; run `tieout check_orders`")
