"""`python -m jobs.engine.jvm_class_archive` (`make jars`): archives the JVM's classes.

A local Spark session that starts from the archive is there about three seconds sooner. A JVM that
is not the one that wrote it, or finds other jars, leaves it alone; without it all works the same.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pyspark import SparkContext
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

from jobs.engine.delta_jars import class_archive_path
from jobs.engine.session import open_session

#: Seconds that a JVM may take to write the archive at its end.
PATIENCE = 120


def main() -> int:
    """Makes the archive; its absence is no failure, so the status is always 0."""
    place = class_archive_path()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix=".classes-", dir=place.parent) as scratch:
        made = Path(scratch, place.name)
        os.environ["TIEOUT_JAVA_OPTIONS"] = f'"-XX:ArchiveClassesAtExit={made}" -Xlog:disable'
        spark = open_session("spark", master="local[2]")
        _work(spark, scratch)
        _end(spark)
        if made.is_file():
            made.replace(place)
            sys.stderr.write(f"made {place.name}\n")
        else:
            sys.stderr.write("this JVM keeps no archive of classes: Spark starts without one\n")
    return 0


def _work(spark: SparkSession, folder: str) -> None:
    """A little of all that a day asks of Spark, so that its classes are loaded."""
    made = spark.range(100).select("id", F.col("id").cast("string").alias("name"))
    made.write.parquet(f"{folder}/rows")
    rows = spark.read.schema(made.schema).parquet(f"{folder}/rows")
    other = rows.withColumnRenamed("id", "other").hint("shuffle_hash")
    joined = rows.join(other, on="name", how="full_outer")
    hashed = joined.select("id", F.xxhash64("name").alias("mark"), F.array("name").alias("of"))
    counted = hashed.unionByName(hashed).groupBy("mark").agg(F.count("*").alias("rows"))
    last = F.max(F.struct("id", "of")).over(Window.partitionBy("mark"))
    told = hashed.withColumn("last", last).join(counted, on="mark", how="left_semi")
    told.write.option("compression", "zstd").parquet(f"{folder}/told")
    spark.read.schema(told.schema).parquet(f"{folder}/told").where(F.col("id") > 3).collect()


def _end(spark: SparkSession) -> None:
    """Ends the session and waits for its JVM, which writes the archive last."""
    gateway = SparkContext._gateway  # of this process
    spark.stop()
    process = gateway.proc if gateway is not None else None
    if process is not None:
        process.stdin.close()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()


if __name__ == "__main__":
    sys.exit(main())
