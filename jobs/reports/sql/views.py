"""Views of the tables in major units and words, as SQL for an engine of tieout or for DuckDB.

A view reads the tables by their names in docs/reference/tables.md; the table `breaks`, whose name a
view has, is `breaks_table`. Source: docs/reference/sql.md.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from jobs.reports.labels import ACTION_LABELS, REASON_LABELS
from schemas.currencies import MINOR_UNITS
from schemas.tables import TABLES, Table


@dataclass(frozen=True)
class Dialect:
    """How a system writes what SQL leaves open: lists as text, and days between two dates."""

    create: str
    join_texts: str
    days_between: str


#: Spark and Sail; DuckDB.
ENGINE = Dialect("CREATE OR REPLACE TEMPORARY VIEW", "array_join({0}, '{1}')", "datediff({1}, {0})")
DUCKDB = Dialect(
    "CREATE OR REPLACE VIEW", "array_to_string({0}, '{1}')", "date_diff('day', {0}, {1})"
)
_AGES = (("0", 0), ("1", 1), ("2 to 3", 3), ("4 to 7", 7), ("8 to 30", 30))
#: A decimal of so many digits holds any amount in minor units, and the factor has four decimals.
_EXACT = "CAST({0} AS DECIMAL(20, 0)) * {1}"


def name_table(table: Table) -> str:
    """The name of a table in SQL."""
    return f"{table.name}_table" if table.name in _VIEWS else table.name


def create_views(dialect: Dialect, names: Collection[str] = ()) -> list[str]:
    """One statement per view, in an order in which each can be made; those named, or all."""
    wanted = find_needed(names, [*_VIEWS]) if names else [*_VIEWS]
    return [f"{dialect.create} {name} AS\n{_VIEWS[name](dialect).strip()}" for name in wanted]


def find_needed(texts: Collection[str], names: Collection[str]) -> list[str]:
    """The views that texts name, and those that these read, in the order of `names`."""
    needed = {name for name in names if any(_names(text, name) for text in texts)}
    while more := {
        name
        for name in set(names) - needed
        if any(_names(_VIEWS[view](ENGINE), name) for view in needed)
    }:
        needed |= more
    return [name for name in names if name in needed]


def find_tables(texts: Collection[str]) -> list[Table]:
    """The tables that texts name."""
    return [table for table in TABLES if any(_names(text, name_table(table)) for text in texts)]


def _names(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w.]){name}(?!\w)", text, re.IGNORECASE) is not None


def _major(amount: str, currency: str) -> str:
    """An amount of minor units in major units, exact."""
    by_digits: dict[int, list[str]] = {}
    for code, digits in sorted(MINOR_UNITS.items()):
        if digits != 2:
            by_digits.setdefault(digits, []).append(code)
    cases = " ".join(
        f"WHEN {currency} IN ({', '.join(repr(code) for code in codes)})"
        f" THEN CAST({10**-digits:.4f} AS DECIMAL(5, 4))"
        for digits, codes in sorted(by_digits.items())
    )
    factor = f"CASE {cases} ELSE CAST(0.0100 AS DECIMAL(5, 4)) END"
    return _EXACT.format(amount, factor)


def _in_words(codes: str, labels: Mapping[str, str]) -> str:
    """Codes in a text, each in words; the longest first, as one may be part of another."""
    out = codes
    for code in sorted(labels, key=lambda code: (-len(code), code)):
        word = labels[code].replace("'", "''")
        out = f"replace({out}, '{code}', '{word}')"
    return out


def _action(column: str) -> str:
    cases = " ".join(
        f"WHEN '{code}' THEN '{label}'" for code, label in sorted(ACTION_LABELS.items())
    )
    return f"CASE {column} {cases} ELSE {column} END"


def _age(days: str) -> str:
    cases = " ".join(f"WHEN {days} <= {last} THEN '{label}'" for label, last in _AGES)
    return f"CASE {cases} ELSE 'over 30' END"


def _breaks(dialect: Dialect) -> str:
    codes = dialect.join_texts.format("b.reasons", "; ")
    end = "coalesce(b.closed_on, r.last_run)"
    return f"""
SELECT b.break_id, b.channel, b.state, b.opened_on, b.closed_on, b.closed_by,
       {dialect.days_between.format("b.opened_on", end)} AS age_days,
       {_in_words(codes, REASON_LABELS)} AS what_is_wrong,
       {_action("b.action")} AS what_to_do,
       b.currency,
       {_major("b.at_stake", "b.currency")} AS at_stake,
       {_major("b.internal_amount", "coalesce(b.internal_currency, b.currency)")} AS our_amount,
       {_major("b.statement_amount", "b.currency")} AS statement_amount,
       b.kind, b.our_ref, b.channel_ref, b.order_ref, b.internal_status, b.statement_status,
       b.txn_id, b.line_id, b.owner, b.due_on, b.reasons
FROM breaks_table b
LEFT JOIN (SELECT channel, max(business_date) AS last_run FROM runs WHERE job = 'match'
           GROUP BY channel) r ON r.channel = b.channel
"""


def _waiting(dialect: Dialect) -> str:
    codes = dialect.join_texts.format("o.reasons", "; ")
    amount = "abs(coalesce(o.statement_amount, o.internal_amount))"
    currency = "coalesce(o.currency, o.internal_currency)"
    return f"""
SELECT o.run_date, o.channel, {_in_words(codes, REASON_LABELS)} AS why, {currency} AS currency,
       {_major(amount, currency)} AS amount,
       {dialect.days_between.format("o.first_run_date", "o.run_date")} AS age_days,
       o.kind, o.our_ref, o.channel_ref, o.order_ref, o.txn_id, o.line_id, o.reasons
FROM outcomes o
JOIN (SELECT channel, max(business_date) AS last_run FROM runs WHERE job = 'match'
      GROUP BY channel) r ON r.channel = o.channel AND r.last_run = o.run_date
WHERE o.outcome = 'SUSPENSE'
"""


def _ageing(dialect: Dialect) -> str:
    return f"""
SELECT channel, currency, 'break' AS what, {_age("age_days")} AS age_in_days,
       count(*) AS items, sum(at_stake) AS amount
FROM breaks WHERE state = 'OPEN' GROUP BY channel, currency, {_age("age_days")}
UNION ALL
SELECT channel, currency, 'waiting' AS what, {_age("age_days")} AS age_in_days,
       count(*) AS items, sum(amount) AS amount
FROM waiting GROUP BY channel, currency, {_age("age_days")}
"""


def _fees_wrong(dialect: Dialect) -> str:
    money = ",\n       ".join(
        f"{_major(name, 'currency')} AS {name}" for name in ("amount", "charged", "due")
    )
    return f"""
SELECT business_date, channel, result, schedule AS entry, currency,
       {money},
       {_major("difference", "currency")} AS charged_too_much,
       kind, our_ref, channel_ref, line_id, explanation
FROM fee_checks
"""


def _settlement_late(dialect: Dialect) -> str:
    reasons = dialect.join_texts.format("s.reasons", ", ")
    return f"""
SELECT s.run_date, s.channel, s.batch, s.batch_no, s.batch_date, s.due_date, s.result,
       {reasons} AS reasons, s.currency,
       {_major("s.expected", "s.currency")} AS expected,
       {_major("s.credited", "s.currency")} AS credited,
       {_major("s.expected - s.credited", "s.currency")} AS lacking,
       {dialect.days_between.format("s.due_date", "s.run_date")} AS days_late, s.action
FROM settlement_checks s
JOIN (SELECT channel, max(business_date) AS last_run FROM runs WHERE job = 'check_settlement'
      GROUP BY channel) r ON r.channel = s.channel AND r.last_run = s.run_date
WHERE s.result IN ('LATE', 'MISSING', 'SHORT', 'RETURNED')
   OR (s.result = 'AMBIGUOUS' AND s.due_date < s.run_date)
"""


#: The views, each after those that it reads.
_VIEWS: dict[str, Callable[[Dialect], str]] = {
    "breaks": _breaks,
    "waiting": _waiting,
    "ageing": _ageing,
    "fees_wrong": _fees_wrong,
    "settlement_late": _settlement_late,
}
