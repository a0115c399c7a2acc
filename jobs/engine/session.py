"""The only builder of a SparkSession, on either engine.

`sail` is the embedded engine: a Spark Connect server inside this process, no JVM. `spark` is Spark:
local, or whatever `spark-submit` was given. Settings and their reasons: docs/reference/engines.md.
"""

import atexit
import logging
import os
import sys
from typing import Any

from pyspark.sql import SparkSession

from jobs.engine.delta_jars import class_archive_path, jar_paths
from schemas.errors import ConfigurationError

ENGINES = ("auto", "sail", "spark")
#: Below so many rows a day is small.
SMALL_ROWS = 100_000
#: From so many rows on it is large.
LARGE_ROWS = 5_000_000
#: Seconds that an idle session of the embedded engine lives: a notebook may wait over a weekend.
IDLE_SECONDS = "604800"
_server: Any = None
_users = 0


def resolve_engine(requested: str | None = None) -> str:
    """The engine to use: `asked`, else TIEOUT_ENGINE, else what this process was started by.

    `auto` is Spark below `spark-submit`, else Sail where it is installed, else Spark.

    Raises:
        ConfigurationError: the name is none of `auto`, `sail`, `spark`.
    """
    name = requested or os.environ.get("TIEOUT_ENGINE") or "auto"
    if name not in ENGINES:
        raise ConfigurationError([f"engine {name!r} is none of {', '.join(ENGINES)}"])
    if name != "auto":
        return name
    if is_submitted():
        return "spark"
    try:
        import pysail  # noqa: F401
    except ImportError:
        return "spark"
    return "sail"


def open_session(
    engine: str | None = None, master: str | None = None, memory: str | None = None
) -> SparkSession:
    """A session on the engine asked for, in UTC, with Delta; one per process.

    `master` and `memory` (such as `4g`, of the driver) are Spark's; below `spark-submit` what was
    given there holds. Both may come as TIEOUT_MASTER and TIEOUT_MEMORY; TIEOUT_JAVA_OPTIONS are
    the driver's.

    Raises:
        ConfigurationError: unknown engine, or no JDK where Spark needs one.
        JarsMissing: Spark is asked for outside `spark-submit` and its Delta jars are not there.
    """
    global _users
    spark = _sail() if resolve_engine(engine) == "sail" else _spark(master, memory)
    _users += 1
    return spark


def is_submitted() -> bool:
    """Whether this process is a driver that `spark-submit` started."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def engine_in_use(spark: SparkSession) -> str:
    """`sail` or `spark`: the engine behind a session."""
    return "sail" if "connect" in type(spark).__module__ else "spark"


def is_local(spark: SparkSession) -> bool:
    """Whether all of the engine's tasks run on this machine, beside this process."""
    if engine_in_use(spark) == "sail":
        return True
    master = str(spark.sparkContext.master)
    return master.startswith("local") and not master.startswith("local-cluster")


def tune_session(spark: SparkSession, rows: int) -> None:
    """Fits Spark's planning to the rows at hand; the embedded engine needs none.

    A small day is one task a step, without adaptive planning or compiled code: both cost more than
    they save there. A middling one has code, but is not planned anew between its many short steps.
    """
    if engine_in_use(spark) != "spark":
        return
    small, large = rows < SMALL_ROWS, rows >= LARGE_ROWS
    partitions = 1 if small else 24 if large else 4
    spark.conf.set("spark.sql.shuffle.partitions", str(partitions))
    spark.conf.set("spark.sql.adaptive.enabled", str(large).lower())
    spark.conf.set("spark.sql.codegen.wholeStage", str(not small).lower())
    spark.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN" if small else "FALLBACK")


def close_session(spark: SparkSession) -> None:
    """Stops the session, and the embedded engine's server, once all who opened it closed it."""
    global _users
    _users = max(_users - 1, 0)
    if _users == 0:
        spark.stop()
        _stop_server()


def _sail() -> SparkSession:
    global _server
    from pysail.spark import SparkConnectServer

    os.environ.setdefault("RUST_LOG", "error")
    os.environ.setdefault("SAIL_SPARK__SESSION_TIMEOUT_SECS", IDLE_SECONDS)
    logging.getLogger("pyspark").setLevel(logging.ERROR)
    if _server is None:
        _server = SparkConnectServer(port=0)
        _server.start(background=True)
        atexit.register(_stop_server)
    host, port = _server.listening_address
    spark = SparkSession.builder.remote(f"sc://{host}:{port}").getOrCreate()
    for key in ("spark.sql.session.timeZone", _CALL_SITES):
        spark.conf.set(key, _SETTINGS[key])
    return spark


def _stop_server() -> None:
    global _server
    if _server is not None:
        _server.stop()
        _server = None


def _spark(master: str | None, memory: str | None) -> SparkSession:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("tieout")
    for key, value in _SETTINGS.items():
        builder = builder.config(key, value)
    if not is_submitted():
        jars = ":".join(str(path) for path in jar_paths())
        memory = memory or os.environ.get("TIEOUT_MEMORY", "6g")
        java_options = _java_options()
        builder = (
            builder.master(master or os.environ.get("TIEOUT_MASTER", "local[*]"))
            .config("spark.driver.extraClassPath", jars)
            .config("spark.driver.memory", memory)
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.extraJavaOptions", java_options)
        )
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def _java_options() -> str:
    options = os.environ.get("TIEOUT_JAVA_OPTIONS", _JAVA_OPTIONS)
    archive = class_archive_path()
    return (
        f'{options} {_ARCHIVE} "-XX:SharedArchiveFile={archive}"' if archive.is_file() else options
    )


#: An archive that is not of this JVM and these jars is passed over, without a word.
_ARCHIVE = "-Xlog:cds*=off -Xshare:auto"
#: A day's job is over before most of what the JVM would compile to the full has paid for itself:
#: a method must be ten times as busy as by default. The code that Spark makes for wide rows is
#: longer than what the JVM compiles at all unless it is told to.
_JAVA_OPTIONS = (
    "-XX:+UseParallelGC -XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000"
    " -XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000"
    " -XX:-DontCompileHugeMethods"
)
#: Whether PySpark notes the place in the program of every column that is made, which costs a second
#: of a command: it imports IPython for it.
_CALL_SITES = "spark.python.sql.dataFrameDebugging.enabled"
#: Spark's settings that are the same everywhere; local ones are added where we start the JVM.
_SETTINGS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    _CALL_SITES: "false",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.hadoop.parquet.compression.codec.zstd.level": "1",
    "spark.sql.files.maxPartitionBytes": "64m",
    "spark.sql.join.preferSortMergeJoin": "false",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "4",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.databricks.delta.writeChecksumFile.enabled": "false",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
