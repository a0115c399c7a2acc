"""The peer: the same day in plain DuckDB SQL, from the same files to Parquet.

It stores all the columns that the jobs store, drops duplicate lines, joins by our number and then
by the channel's, classifies, checks the fees and writes the breaks. It has no versions of files, no
archive, no rejected lines, no earlier days, no quality suites and no table log: it shows the least
time that the work takes, and is no replacement.
"""

import argparse
import json
import time
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from hashlib import file_digest
from os import SEEK_END
from pathlib import Path

import duckdb

from benchmarks.formula import DAY

#: The bill's 27 columns by number; the last cell may be empty, the one before it never is.
_NEEDED = "c1, c3, c5, c6, c7, c9, c10, c12, c13, c15, c16, c17, c20, c23, c26"
_CELLS = {f"c{number}": "VARCHAR" for number in range(1, 28)}
_REFERENCES = ("our_ref", "channel_ref", "order_ref", "batch_ref", "original_ref")
_OPTIONS = "(format parquet, compression zstd, compression_level 1)"


def run(inbox: Path, lake: Path, day: date = DAY) -> dict[str, float]:
    """Lands, matches, checks fees and exports one day; seconds per step.

    Raises:
        ValueError: the bill's footer does not equal its lines.
    """
    lake.mkdir(parents=True)
    seconds = {}
    with duckdb.connect(config={"temp_directory": str(lake / ".spilled")}) as db:
        for step in (_land, _match, _check_fees, _export):
            began = time.monotonic()
            step(db, inbox, lake, day)
            seconds[step.__name__.strip("_")] = round(time.monotonic() - began, 3)
    return seconds


def _land(db: duckdb.DuckDBPyConnection, inbox: Path, lake: Path, day: date) -> None:
    (bill,) = inbox.glob(f"wechat/{day}/*_all.csv")
    with bill.open("rb") as content:
        file_id = file_digest(content, "sha256").hexdigest()
    db.execute(f"create table cells as {_bill(bill)}")  # a table counts its rows, a scan does not
    db.execute(f"copy ({_lines(file_id, day)}) to '{lake}/statement_lines.parquet' {_OPTIONS}")
    db.execute("drop table cells")
    db.execute(f"copy ({_ours(inbox, day)}) to '{lake}/internal_transactions.parquet' {_OPTIONS}")
    for name in ("statement_lines", "internal_transactions"):
        db.execute(f"create view {name} as select * from '{lake}/{name}.parquet'")
    _gate(db, bill)


def _gate(db: duckdb.DuckDBPyConnection, bill: Path) -> None:
    with bill.open("rb") as content:
        content.seek(-2_000, SEEK_END)
        footer = content.read().decode(errors="ignore").splitlines()[-1]
    count, paid, back, _, fees, *_ = (Decimal(cell.strip("`")) for cell in footer.split(","))
    computed = db.execute(
        """select count(*), sum(amount) filter (kind = 'PAYMENT'),
        -sum(amount) filter (kind = 'REFUND'), sum(fee) from statement_lines"""
    ).fetchall()
    if [(count, paid * 100, back * 100, fees * 100)] != computed:
        raise ValueError(f"footer {footer}, lines {computed}")


def _bill(path: Path) -> str:
    return f"""
        select {_NEEDED} from read_csv('{path}', delim = ',`', quote = '', escape = '',
            header = false, skip = 1, columns = {_CELLS!r}, null_padding = true,
            auto_detect = false)"""


def _fen(cell: str) -> str:
    return f"({cell}::decimal(18, 5) * 100)::bigint"


def _normal(reference: str) -> str:
    cleaned = f"""upper(translate({reference}, ' `''"', ''))"""
    return f"nullif({cleaned}, '') as {reference}_norm"


def _lines(file_id: str, day: date) -> str:
    return f"""
        with read as (select *, rowid + 2 as line_no, c10 = 'REFUND' as refund from cells
                      where c26 is not null),
        named as (
            select '{file_id}:' || lpad(line_no::varchar, 9, '0') as line_id,
                '{file_id}' as file_id, line_no, date '{day}' as business_date,
                'wechat' as channel, if(refund, 'REFUND', 'PAYMENT') as kind,
                case when not refund then 'SUCCEEDED' when c20 = 'SUCCESS' then 'SUCCEEDED'
                     when c20 = 'PROCESSING' then 'PENDING' else 'FAILED' end as status,
                if(refund, -{_fen("c17")}, {_fen("c13")}) as amount,
                {_fen("c23")} as fee, c12 as currency,
                if(refund, c16, c7) as our_ref, if(refund, c15, c6) as channel_ref,
                null::varchar as order_ref, null::varchar as batch_ref,
                if(refund, c6, null) as original_ref,
                substr(c1, 2)::timestamp - interval 8 hour as traded_at,
                null::date as settlement_date, null::varchar as account_tail,
                null::varchar as payer_name, c3 as merchant_id, c5 as terminal_id,
                c9 as product, null::varchar as card_type
            from read)
        select *, {", ".join(_normal(reference) for reference in _REFERENCES)} from named"""


def _ours(inbox: Path, day: date) -> str:
    return f"""
        with named as (
            select txn_id, business_date, channel, kind, status, (amount * 100)::bigint as amount,
                currency, occurred_at, txn_id as our_ref, channel_ref, null::varchar as order_ref,
                null::bigint as order_amount, null::varchar as batch_ref, original_txn_id,
                account_tail, null::varchar as payer_name, null::varchar as merchant_id, product,
                null::varchar as card_type, null::timestamp as updated_at
            from '{inbox}/internal/{day}/*.parquet')
        select *, {", ".join(_normal(reference) for reference in _REFERENCES[:4])} from named"""


def _match(db: duckdb.DuckDBPyConnection, inbox: Path, lake: Path, day: date) -> None:
    match_sides(db, lake, day)


def match_sides(db: duckdb.DuckDBPyConnection, lake: Path, day: date) -> None:
    """Joins, classifies and writes what `statement_lines` and `internal_transactions` hold."""
    db.execute("""
        create table copies as
        select line_id, duplicate_of from (
            select line_id, first_value(line_id) over same as duplicate_of
            from statement_lines semi join (
                select kind, channel_ref_norm from statement_lines
                where channel_ref_norm is not null group by all having count(*) > 1
            ) using (kind, channel_ref_norm)
            window same as (
                partition by kind, channel_ref_norm, status order by traded_at, line_id))
        where line_id <> duplicate_of""")
    db.execute("create view lines as select * from statement_lines anti join copies using(line_id)")
    ours = "(select *, txn_id as ours from internal_transactions)"
    db.execute(f"""create table by_our_ref as {_pairs("lines", ours, "our_ref", "our_ref")}""")
    for side, key, table in (("l", "line_id", "lines"), ("i", "txn_id", "internal_transactions")):
        db.execute(f"""create table left_{side} as select * from {table}
                       where {key} in (select {key} from by_our_ref where matched_by is null)""")
    db.execute(f"""
        create table by_channel_ref as
        {_pairs("left_l", "(select *, txn_id as ours from left_i)", "channel_ref", "channel_ref")}
    """)
    rows = f"""
        select * from by_our_ref where matched_by is not null
        union all select * from by_channel_ref
        union all {_copies()}"""
    db.execute(f"copy ({_outcomes(rows, day)}) to '{lake}/outcomes.parquet' {_OPTIONS}")
    db.execute(f"create view outcomes as select * from '{lake}/outcomes.parquet'")


def _pairs(lines: str, ours: str, reference: str, name: str) -> str:
    return f"""
        select i.txn_id, l.line_id, coalesce(l.kind, i.kind) as kind,
            coalesce(l.our_ref, i.our_ref) as our_ref,
            coalesce(l.channel_ref, i.channel_ref) as channel_ref,
            coalesce(l.order_ref, i.order_ref) as order_ref,
            coalesce(l.currency, i.currency) as currency, i.currency as internal_currency,
            i.amount as internal_amount, l.amount as statement_amount,
            i.status as internal_status, l.status as statement_status,
            i.business_date as internal_date, l.business_date as statement_date, l.fee,
            null::varchar as duplicate_of,
            if(i.ours is not null and l.line_id is not null, '{name}', null) as matched_by
        from {lines} l full outer join {ours} i
        on l.kind = i.kind and l.{reference}_norm = i.{reference}_norm"""


def _copies() -> str:
    return """
        select null, line_id, kind, our_ref, channel_ref, order_ref, currency, null, null, amount,
            null, status, null, business_date, fee, duplicate_of, null
        from statement_lines join copies using (line_id)"""


def _outcomes(rows: str, day: date) -> str:
    return f"""
        with judged as (select *,
            list_filter([
                if(duplicate_of is not null, 'DUPLICATE_LINE', null),
                if(internal_amount <> statement_amount, 'AMOUNT_MISMATCH', null),
                if(currency <> internal_currency, 'CURRENCY_MISMATCH', null),
                if(internal_status <> statement_status, 'STATUS_MISMATCH', null),
                if(line_id is null, 'INTERNAL_ONLY', null),
                if(txn_id is null and duplicate_of is null, 'STATEMENT_ONLY', null)
            ], lambda reason: reason is not null) as reasons from ({rows})),
        told as (select *,
            case when len(reasons) = 0 then 'MATCHED'
                 when reasons[1] in ('INTERNAL_ONLY', 'STATEMENT_ONLY') then 'SUSPENSE'
                 else 'BREAK' end as outcome from judged)
        select date '{day}' as run_date, 'wechat' as channel,
            coalesce(txn_id, line_id) as unit_id, outcome, reasons,
            case outcome when 'MATCHED' then 'NONE' when 'SUSPENSE' then 'WAIT'
                 else case reasons[1] when 'DUPLICATE_LINE' then 'CLAIM'
                      when 'STATUS_MISMATCH' then 'QUERY' else 'REVIEW' end end as action,
            matched_by, txn_id, line_id, kind, our_ref, channel_ref, order_ref, currency,
            internal_currency, internal_amount, statement_amount,
            statement_amount - internal_amount as difference, internal_status, statement_status,
            internal_date, statement_date, fee, date '{day}' as first_run_date,
            1::integer as chances, duplicate_of
        from told"""


def _check_fees(db: duckdb.DuckDBPyConnection, inbox: Path, lake: Path, day: date) -> None:
    db.execute(f"""
        copy (
            with priced as (select *, sign(amount) * ((abs(amount) * 60 + 5000) // 10000) as due
                            from statement_lines)
            select business_date, channel, line_id, kind, our_ref, channel_ref, currency, amount,
                fee as charged, due, fee - due as difference,
                case when fee is null then 'FEE_MISSING' when fee > due then 'OVERCHARGED'
                     else 'UNDERCHARGED' end as result, 'standard' as schedule
            from priced where fee is distinct from due
        ) to '{lake}/fee_checks.parquet' {_OPTIONS}""")
    db.execute(f"""
        copy (
            select business_date, channel, 'standard' as schedule, currency, count(*) as lines,
                sum(amount)::bigint as amount, sum(fee)::bigint as charged from statement_lines
            group by all
        ) to '{lake}/fee_totals.parquet' {_OPTIONS}""")


def _export(db: duckdb.DuckDBPyConnection, inbox: Path, lake: Path, day: date) -> None:
    db.execute(f"""
        copy (
            select * replace (internal_amount / 100.0 as internal_amount,
                              statement_amount / 100.0 as statement_amount)
            from outcomes where outcome in ('BREAK', 'SUSPENSE') order by unit_id, line_id
        ) to '{lake}/breaks.csv' (header)""")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the peer as a program; the last line of stdout is JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peer_duckdb")
    parser.add_argument("--inbox", type=Path, required=True)
    parser.add_argument("--lake", type=Path, required=True)
    asked = parser.parse_args(argv)
    print(json.dumps({"seconds": run(asked.inbox, asked.lake)}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
