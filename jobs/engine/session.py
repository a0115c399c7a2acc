"""Opens and closes Spark sessions on either engine; no other module builds one.

`sail` is the embedded engine: a Spark Connect server inside this process, without a JVM. `spark` is
Spark: local, or as `spark-submit` sets it. Settings and their reasons: docs/reference/engines.md.
"""

import atexit
import logging
import os
import sys
from typing import Any

from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark.errors import PySparkRuntimeError
from pyspark.sql import SparkSession

from jobs.engine.availability import SAIL_MISSING, check_java, check_loopback, explain_failure
from jobs.engine.delta_jars import class_archive_path, jar_paths
from schemas.errors import ConfigurationError

ENGINES = ("auto", "sail", "spark")
#: A day with fewer rows is small.
SMALL_ROWS = 100_000
#: A day with at least so many rows is large.
LARGE_ROWS = 5_000_000
#: Seconds that the embedded engine keeps an idle session: a notebook may wait over a weekend.
IDLE_SECONDS = "604800"
_server: Any = None
_users = 0


def resolve_engine(requested: str | None = None) -> str:
    """Resolves the engine to use: `requested`, else TIEOUT_ENGINE, else `auto`.

    `auto` is Spark under `spark-submit`, else Sail if it is installed, else Spark.

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
    """Opens a session on an engine, in UTC, with Delta; one per process.

    `master` and `memory` (of the driver, such as `4g`) are for Spark; under `spark-submit` its own
    settings hold. TIEOUT_MASTER and TIEOUT_MEMORY set both too; TIEOUT_JAVA_OPTIONS sets the
    driver's Java options.

    Raises:
        ConfigurationError: the engine is unknown, not installed, finds no JDK, or cannot connect
            to its own server on this machine.
        JarsMissing: Spark runs outside `spark-submit` and its Delta jars are missing.
    """
    global _users
    spark = _open_sail() if resolve_engine(engine) == "sail" else _open_spark(master, memory)
    _users += 1
    return spark


def is_submitted() -> bool:
    """Whether `spark-submit` started this process."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def engine_in_use(spark: SparkSession) -> str:
    """The engine of a session: `sail` or `spark`."""
    return "sail" if "connect" in type(spark).__module__ else "spark"


def is_local(spark: SparkSession) -> bool:
    """Whether all tasks of the engine run on this machine."""
    if engine_in_use(spark) == "sail":
        return True
    master = str(spark.sparkContext.master)
    return master.startswith("local") and not master.startswith("local-cluster")


def tune_session(spark: SparkSession, rows: int) -> None:
    """Sets Spark's planning for a number of rows; the embedded engine needs no settings.

    On a cluster `spark.tieout.largeDayPartitions` says how many tasks a step of a large day has.

    A small day runs one task per step, without adaptive planning or generated code: both cost more
    than they save. A medium day uses generated code, but no adaptive planning between its short
    steps.
    """
    if engine_in_use(spark) != "spark":
        return
    small, large = rows < SMALL_ROWS, rows >= LARGE_ROWS
    of_large = spark.conf.get(_LARGE_DAY_PARTITIONS, "24") or "24"
    spark.conf.set("spark.sql.shuffle.partitions", "1" if small else of_large if large else "4")
    spark.conf.set("spark.sql.adaptive.enabled", str(large).lower())
    spark.conf.set("spark.sql.codegen.wholeStage", str(not small).lower())
    spark.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN" if small else "FALLBACK")


def close_session(spark: SparkSession) -> None:
    """Stops the session and the embedded server, once every caller that opened it has closed it."""
    global _users
    _users = max(_users - 1, 0)
    if _users == 0:
        spark.stop()
        _stop_server()


def _open_sail() -> SparkSession:
    global _server
    try:
        from pysail.spark import SparkConnectServer
    except ImportError as error:
        raise ConfigurationError([SAIL_MISSING]) from error

    os.environ.setdefault("RUST_LOG", "error")
    os.environ.setdefault("SAIL_SPARK__SESSION_TIMEOUT_SECS", IDLE_SECONDS)
    logging.getLogger("pyspark").setLevel(logging.ERROR)
    if _server is None:
        with explain_failure("sail", OSError, RuntimeError):
            _server = SparkConnectServer(port=0)
            _server.start(background=True)
        atexit.register(_stop_server)
    host, port = _server.listening_address
    check_loopback(host, port)
    spark = SparkSession.builder.remote(f"sc://{host}:{port}").getOrCreate()
    for key in ("spark.sql.session.timeZone", _CALL_SITES):
        spark.conf.set(key, _SETTINGS[key])
    return spark


def _stop_server() -> None:
    global _server
    if _server is not None:
        _server.stop()
        _server = None


def _open_spark(master: str | None, memory: str | None) -> SparkSession:
    """Opens Spark. The files that it writes are for their owner alone, as those of this process."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if not is_submitted():
        check_java()
    builder = SparkSession.builder.appName("tieout")
    for key, value in _SETTINGS.items():
        builder = builder.config(key, value)
    umask = os.umask(0o077)
    os.umask(umask)
    builder = builder.config("spark.hadoop.fs.permissions.umask-mode", f"{umask | 0o077:03o}")
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
    with explain_failure("spark", OSError, PySparkRuntimeError, Py4JError):
        spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def _java_options() -> str:
    options = os.environ.get("TIEOUT_JAVA_OPTIONS", _JAVA_OPTIONS)
    archive = class_archive_path()
    return (
        f'{options} {_ARCHIVE_OPTIONS} "-XX:SharedArchiveFile={archive}"'
        if archive.is_file()
        else options
    )


#: The JVM silently ignores an archive that another JVM wrote, or that has other jars.
_ARCHIVE_OPTIONS = "-Xlog:cds*=off -Xshare:auto"
#: A day's job ends before most full compilations of the JVM pay for themselves, so a method must be
#: called ten times as often as by default. Spark generates methods for wide rows that are longer
#: than the JVM compiles by default.
_JAVA_OPTIONS = (
    "-XX:+UseParallelGC -XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000"
    " -XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000"
    " -XX:-DontCompileHugeMethods"
)
#: If true, PySpark records the source line of every column. It imports IPython for this, which
#: costs a command one second.
_CALL_SITES = "spark.python.sql.dataFrameDebugging.enabled"
#: Set by the configuration of a cluster, see conf/cluster.conf.
_LARGE_DAY_PARTITIONS = "spark.tieout.largeDayPartitions"
#: Spark settings for every environment; `_open_spark` adds local ones when it starts the JVM.
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
