"""`python -m jobs.engine.jvm_class_archive` (`make jars`): archives the JVM's classes.

A local Spark session starts about three seconds faster with the archive. Another JVM, or one with
other jars, ignores it; Spark also works without it.
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

#: Seconds that a JVM may take to write the archive when it exits.
WRITE_SECONDS_MAX = 120


def main() -> int:
    """Writes the archive; returns 0 even if the JVM writes none, as Spark works without it."""
    path = class_archive_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix=".classes-", dir=path.parent) as scratch:
        archive = Path(scratch, path.name)
        os.environ["TIEOUT_JAVA_OPTIONS"] = f'"-XX:ArchiveClassesAtExit={archive}" -Xlog:disable'
        spark = open_session("spark", master="local[2]")
        _load_classes(spark, scratch)
        _stop_and_wait(spark)
        if archive.is_file():
            archive.replace(path)
            sys.stderr.write(f"wrote {path.name}\n")
        else:
            sys.stderr.write("this JVM writes no class archive; Spark starts without one\n")
    return 0


def _load_classes(spark: SparkSession, folder: str) -> None:
    """Runs a little of every operation of a day, so that the JVM loads its classes."""
    names = spark.range(100).select("id", F.col("id").cast("string").alias("name"))
    names.write.parquet(f"{folder}/rows")
    rows = spark.read.schema(names.schema).parquet(f"{folder}/rows")
    other = rows.withColumnRenamed("id", "other").hint("shuffle_hash")
    joined = rows.join(other, on="name", how="full_outer")
    hashed = joined.select("id", F.xxhash64("name").alias("hash"), F.array("name").alias("of"))
    counted = hashed.unionByName(hashed).groupBy("hash").agg(F.count("*").alias("rows"))
    last = F.max(F.struct("id", "of")).over(Window.partitionBy("hash"))
    result = hashed.withColumn("last", last).join(counted, on="hash", how="left_semi")
    result.write.option("compression", "zstd").parquet(f"{folder}/result")
    spark.read.schema(result.schema).parquet(f"{folder}/result").where(F.col("id") > 3).collect()


def _stop_and_wait(spark: SparkSession) -> None:
    """Stops the session and waits for its JVM, which writes the archive when it exits."""
    gateway = SparkContext._gateway  # of this process
    spark.stop()
    process = gateway.proc if gateway is not None else None
    if process is not None:
        process.stdin.close()
        try:
            process.wait(WRITE_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()


if __name__ == "__main__":
    sys.exit(main())
