"""Groups of a date whose members are all in one batch: they stand there together."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.vocabulary import Status

_PLACE = ("key_kind", "batch", "per", "currency", "position")


def is_member() -> Column:
    """Whether a row of `outcomes` is one of several that the match settled, or holds, together."""
    is_single = F.col("txn_id").isNull() | F.col("line_id").isNull()
    return is_single & (F.col("unit_id") != F.coalesce("txn_id", "line_id"))


def add_units(lines: DataFrame, ours: DataFrame, members: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Lines with `unit`, and our transactions with `ours_unit` and its place, where they are of a
    unit all of whose members are of the date and in one batch; null elsewhere.

    `lines` have `its_unit` where a line counts; a member that is in neither frame, and a
    transaction of another date or in another currency, keep their whole unit apart.
    """
    in_lines = lines.where(F.col("its_unit").isNotNull()).select("line_id", *_PLACE)
    standing = ours.where(~F.col("is_ended")).select(
        "txn_id", F.col("currency").alias("ours_currency"), F.lit(True).alias("is_ours")
    )
    known = members.join(in_lines, on="line_id", how="left").join(standing, on="txn_id", how="left")
    is_line = F.col("line_id").isNotNull()
    # A transaction of the date that did not succeed is no money of ours: it takes nothing away.
    is_void = F.col("internal_status") != F.lit(Status.SUCCEEDED.value)
    of_date = (F.col("internal_date") == F.col("run_date")) & (
        F.coalesce("is_ours", F.lit(False)) | is_void
    )
    fits = F.coalesce(
        F.when(is_line, F.col("currency").isNotNull()).otherwise(of_date), F.lit(False)
    )
    text = F.concat_ws("\u0000", *[F.coalesce(F.col(name).cast("string"), F.lit("\u0001"))
                                   for name in _PLACE])  # fmt: skip
    place = F.when(is_line, text)
    whole = (
        members_sum(known, fits, place)
        .where(F.col("fits") & (F.col("first") == F.col("last")))
        .where(
            F.col("first_currency").isNull()
            | ((F.col("first_currency") == F.col("currency"))
               & (F.col("last_currency") == F.col("currency")))
        )
    )  # fmt: skip
    units = F.broadcast(whole.select(F.col("unit_id").alias("unit")))
    with_unit = lines.join(units, on=F.col("its_unit") == F.col("unit"), how="left")
    places = whole.select(
        F.col("unit_id").alias("ours_unit"),
        *(F.col(name).alias(f"unit_{name}") for name in ("key_kind", "batch", "position", "per")),
    )
    of_ours = (
        members.where(F.col("txn_id").isNotNull())
        .select("unit_id", F.col("txn_id").alias("member_txn"))
        .join(places, on=F.col("unit_id") == F.col("ours_unit"), how="inner")
    )
    is_its = (F.col("txn_id") == F.col("member_txn")) & ~F.col("is_ended")
    joined = ours.join(F.broadcast(of_ours), on=is_its, how="left")
    per = F.coalesce("unit_per", "per")
    return with_unit, joined.withColumn("per", per).drop("unit_id", "member_txn", "unit_per")


def members_sum(known: DataFrame, fits: Column, place: Column) -> DataFrame:
    """Units with whether all members fit, the least and greatest place, and the place's columns."""
    return known.groupBy("unit_id").agg(
        F.min(fits.cast("int")).cast("boolean").alias("fits"),
        F.min(place).alias("first"),
        F.max(place).alias("last"),
        F.min("ours_currency").alias("first_currency"),
        F.max("ours_currency").alias("last_currency"),
        *[F.min(name).alias(name) for name in _PLACE],
    )
