"""What earlier runs closed, as far as it touches a member of today.

Closed is what was MATCHED or BREAK (one-sided breaks excepted), what was ALREADY_RECONCILED, what a
decision settled, and what steps 2 and 3 put away, which is told by its `duplicate_of`. Every
question that step 2 asks is answered on these rows, so that it only has to look them up.
"""

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.matching.item_columns import kind_and_reference
from schemas.vocabulary import DECIDED_BY, Outcome, Reason, Status

_ONE_SIDED = (Reason.INTERNAL_ONLY, Reason.STATEMENT_ONLY, Reason.AMBIGUOUS)
#: Kind and channel_ref, kind and our_ref, of a row's line.
NUMBER, PAID = "number", "paid"
_KEYS = ("txn_id", NUMBER, PAID)
#: The place of a closed line in the order of step 3.
_PLACE = ("statement_date", "time_unknown", "traded_at", "line_id")
_LOOKED_UP = (
    "run_date",
    "txn_id",
    "line_id",
    NUMBER,
    PAID,
    "our_status",
    "our_amount",
    "our_currency",
    "their_status",
    "base_line",
    "pair_txn",
    "pair_status",
    "is_first",
    "is_latest",
    "is_last",
)
#: The columns of `outcomes` that are asked.
LOOKUP_COLUMNS = (
    "run_date",
    "txn_id",
    "line_id",
    "kind",
    "our_ref_norm",
    "channel_ref_norm",
    "outcome",
    "reasons",
    "matched_by",
    "internal_status",
    "internal_amount",
    "internal_currency",
    "statement_status",
    "statement_amount",
    "currency",
    "statement_date",
    "traded_at",
    "duplicate_of",
)
_THEIRS = ("their_status", "their_amount", "their_currency")


def affected_rows(
    fresh: DataFrame,
    closed: DataFrame,
    since: date,
) -> DataFrame:
    """Closed rows that an item of today meets by `txn_id`, channel_ref or our_ref, and what hangs
    on them: the other rows of their numbers and of their transactions.

    `fresh` has the keys, of `closed` the run dates from `since` on count for lines. Columns: see
    `_answered`.
    """
    rows = closed.withColumns(
        {NUMBER: kind_and_reference("channel_ref_norm"), PAID: kind_and_reference("our_ref_norm")},
    )
    keys = {name: fresh.select(name) for name in _KEYS}
    near = _rows_with_keys(rows.select(*_KEYS), keys).select("txn_id", NUMBER)
    for name in ("txn_id", NUMBER):
        keys[name] = keys[name].unionByName(near.select(name))
    return _lookup_rows(_resolve_pairs(_closed_rows(_rows_with_keys(rows, keys), since)), since)


def _rows_with_keys(rows: DataFrame, keys: Mapping[str, DataFrame]) -> DataFrame:
    """Rows that have one of the keys. The keys stand left: they are few, and held in memory."""
    for name, values in keys.items():
        given = values.where(F.col(name).isNotNull()).groupBy(name).agg(F.lit(1).alias("n"))
        given = given.select(name, F.lit(True).alias(f"by_{name}"))
        rows = given.join(rows, on=name, how="right")
    marks = [F.col(f"by_{name}").isNotNull() for name in keys]
    return rows.where(marks[0] | marks[1] | marks[2])


def _has(reason: Reason) -> Column:
    return F.array_contains("reasons", reason.value)


def _closed_rows(rows: DataFrame, since: date) -> DataFrame:
    """Of rows of outcomes those that closed something, in few columns.

    `is_word` is what only says that a transaction was sent again; `may_be_later` a line that took
    another's place, or names a line of another number.
    """
    outcome = F.col("outcome")
    one_sided = _has(_ONE_SIDED[0]) | _has(_ONE_SIDED[1]) | _has(_ONE_SIDED[2])
    settled = (outcome == F.lit(Outcome.MATCHED.value)) | (
        (outcome == F.lit(Outcome.BREAK.value)) & ~one_sided
    )
    put_away = _has(Reason.NOT_EXPECTED) & F.col("duplicate_of").isNotNull()
    again = _has(Reason.ALREADY_RECONCILED)
    decided = F.coalesce(F.col("matched_by").startswith(DECIDED_BY), F.lit(False))
    is_line = F.col("line_id").isNotNull()
    alone = F.col("txn_id").isNull()
    return rows.where(settled | put_away | again | decided).select(
        "run_date",
        "txn_id",
        "line_id",
        NUMBER,
        PAID,
        F.col("internal_status").alias("our_status"),
        F.col("internal_amount").alias("our_amount"),
        F.col("internal_currency").alias("our_currency"),
        F.col("statement_status").alias("their_status"),
        F.col("statement_amount").alias("their_amount"),
        F.col("currency").alias("their_currency"),
        "statement_date",
        F.col("traded_at").isNull().alias("time_unknown"),
        "traded_at",
        "duplicate_of",
        (is_line & (F.col("run_date") >= F.lit(since))).alias("is_seen"),
        _has(Reason.DUPLICATE_LINE).alias("is_copy"),
        put_away.alias("is_put_away"),
        (again | _has(Reason.CHANGED_AFTER_MATCH)).alias("is_word"),
        ((again | _has(Reason.STATUS_MISMATCH)) & alone).alias("may_be_later"),
    )


def _of(key: str) -> list[Column]:
    """What to partition by: rows that share a key; a row without one is alone."""
    alone = F.when(F.col(key).isNull(), F.coalesce("line_id", "txn_id"))
    return [F.col(key), alone]


def _resolve_pairs(rows: DataFrame) -> DataFrame:
    """Adds to each line the row in whose pair it stands, its own or that of the line whose place it
    took: `base_line`, `base_run`, `base_txn` and `base_status`, what that transaction was when it
    was last seen. A copy takes nobody's place, and stands in no pair.

    A later state is ALREADY_RECONCILED or STATUS_MISMATCH, a line alone that names another of the
    same number, the last of an earlier run. (The latter is also said of lines that name one of
    another number; and what took the place of a copy stands in no pair.)
    """
    number, txn = Window.partitionBy(*_of(NUMBER)), Window.partitionBy(*_of("txn_id"))
    may_be = F.col("may_be_later")
    named = F.collect_set(F.when(may_be, F.col("duplicate_of"))).over(number)
    last = F.max(F.struct("run_date", "our_status")).over(txn)
    told = rows.withColumns(
        {"last_run": last["run_date"], "last_status": last["our_status"], "named": named}
    )
    is_named = F.array_contains("named", F.col("line_id")) & ~F.col("is_copy")
    told = told.withColumn("there", F.collect_set(F.when(is_named, F.col("line_id"))).over(number))
    later = may_be & F.coalesce(F.array_contains("there", F.col("duplicate_of")), F.lit(False))
    # Copies come before all others, and so between none of them.
    in_order = number.orderBy(F.col("is_copy").desc(), "run_date", *_PLACE, "txn_id")
    next_run = F.lead("run_date").over(in_order)
    marked = told.withColumns(
        {
            "is_base": ~later & ~F.col("is_copy"),
            "ends_run": next_run.isNull() | (next_run > F.col("run_date")),
        }
    )
    is_named_later = (F.col("is_base") & F.col("ends_run")).alias("is_it")
    of = F.struct(is_named_later, "run_date", *_PLACE, "txn_id", "last_status")
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    base = marked.withColumn("before", F.max(of).over(so_far))
    own, taken = F.col("is_base"), ~F.col("is_copy") & F.col("before")["is_it"]
    of_base = {
        "base_line": "line_id",
        "base_run": "run_date",
        "base_txn": "txn_id",
        "base_status": "last_status",
    }
    found = [
        F.when(own, F.col(field)).when(taken, F.col("before")[field]).alias(name)
        for name, field in of_base.items()
    ]
    return base.select("*", *found).drop("named", "there", "before")


def _lookup_rows(rows: DataFrame, since: date) -> DataFrame:
    """Adds what is asked: which row is the one of its number, of its payment, of its transaction.

    - `is_latest`: the line whose place a later state of its number takes (a copy only for want of
      another), in the pair of `base_line`, with `pair_txn`, last seen as `pair_status`;
    - `is_first`: the line that a copy of its number and status names;
    - `is_paid`: the line of its our_ref that stands as SUCCEEDED, one with a pair rather than not;
    - `is_last`: the transaction as it was last seen, with the run that last settled it
      (`settled_run`, `was_put_away` by step 3) and the one that last paired it (`paired_run`,
      `paired_line`, and what the latest line of that pair says: `word_*`).
    """
    line, is_seen = F.col("line_id"), F.col("is_seen")
    in_sight, of_pair = F.col("base_run") >= F.lit(since), F.col("base_txn").isNotNull()
    number = Window.partitionBy(*_of(NUMBER))
    same = Window.partitionBy(*_of(NUMBER), "their_status")
    pair = Window.partitionBy(F.coalesce("base_line", "line_id", "txn_id"))
    latest = F.max(F.struct(is_seen, ~F.col("is_copy"), "run_date", *_PLACE)).over(number)
    first = F.min(F.struct(~is_seen, *_PLACE)).over(same)
    word = F.max(F.struct(F.col("base_line").isNotNull(), "run_date", *_PLACE, *_THEIRS)).over(pair)
    told = rows.withColumns(
        {
            "is_latest": is_seen & (line == latest["line_id"]),
            "is_first": is_seen & (line == first["line_id"]),
            "pair_txn": F.when(in_sight, F.col("base_txn")),
            "pair_status": F.when(in_sight & of_pair, F.col("base_status")),
            "is_last": F.col("txn_id").isNotNull() & (F.col("run_date") == F.col("last_run")),
            **{f"word_{name}": word[name] for name in _THEIRS},
        }
    )
    paid = F.col("their_status") == F.lit(Status.SUCCEEDED.value)
    stands = F.col("is_latest") & paid
    payment, txn = Window.partitionBy(*_of(PAID)), Window.partitionBy(*_of("txn_id"))
    best = F.min(F.struct(~stands, F.col("pair_txn").isNull(), *_PLACE)).over(payment)
    settles, pairs = (~F.col("is_word")).alias("is_it"), line.isNotNull().alias("is_it")
    words = [f"word_{name}" for name in _THEIRS]
    settled = F.max(F.struct(settles, "run_date", "is_put_away")).over(txn)
    paired = F.max(F.struct(pairs, "run_date", "line_id", *words)).over(txn)
    return told.withColumns({"settled": settled, "paired": paired}).select(
        *_LOOKED_UP,
        (stands & (line == best["line_id"])).alias("is_paid"),
        *_fields("settled", {"run_date": "settled_run", "is_put_away": "was_put_away"}),
        *_fields("paired", {"run_date": "paired_run", "line_id": "paired_line"}),
        *_fields("paired", {name: name for name in words}),
    )


def _fields(of: str, names: Mapping[str, str]) -> list[Column]:
    """Fields of a struct as columns, null where it is not what was looked for."""
    is_it = F.col(of)["is_it"]
    return [F.when(is_it, F.col(of)[field]).alias(name) for field, name in names.items()]
