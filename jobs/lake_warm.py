"""What Spark loads before its first write through Delta, loaded ahead of it."""

from pyspark.sql import SparkSession

from jobs.session import engine_in_use


def warm_up_delta(spark: SparkSession, place: str) -> None:
    """Has Spark load what a write through Delta needs, on a table of its own at `place`.

    A JVM takes seconds for it the first time: time that passes unseen beside an ingest.
    """
    if engine_in_use(spark) == "spark":
        for _ in range(2):
            frame = spark.range(1).selectExpr("'a' AS day", "id")
            writer = frame.write.format("delta").mode("overwrite").partitionBy("day")
            writer.option("replaceWhere", "day = 'a'").save(place)
