"""Finds and fetches the two jars that Spark needs for Delta.

`python -m jobs.engine.delta_jars` (or `make jars`) fetches them with the Ivy inside PySpark and
checks their SHA-256. If they are there already, it needs no network. Of delta-spark's thirty jars
two suffice; the others would replace Spark's own jars and break it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from schemas.errors import TieoutError

# Released files: artifact of group io.delta, version, SHA-256. Change them together.
VERSION = "4.4.0"
DELTA_JARS: dict[str, str] = {
    "delta-spark_4.1_2.13": "75a9400986853c061f5109f012547de2545a5759e5e752e5ef633dabe16a4f10",
    "delta-storage": "c46735481fa8e326b0957be02b4420cbcab4b325bb08009b7f2045a95133f1cc",
}


class JarsMissing(TieoutError):
    """Raised when a Delta jar is missing, cannot be fetched, or has the wrong SHA-256."""

    exit_status = 2


#: `.jars` beside the project's pyproject.toml.
_PROJECT_JARS = Path(__file__).resolve().parents[2] / ".jars"


def jars_folder() -> Path:
    """The folder of the jars: TIEOUT_JARS, or the project's own."""
    chosen = os.environ.get("TIEOUT_JARS")
    return Path(chosen) if chosen else _PROJECT_JARS


def jar_paths() -> list[Path]:
    """The paths of the Delta jars, for `spark.driver.extraClassPath` or `--jars`.

    It checks only the names, because every session start calls it.

    Raises:
        JarsMissing: a jar is not in the folder.
    """
    paths = [jars_folder() / _file_name(artifact) for artifact in DELTA_JARS]
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        raise JarsMissing(
            f"{' and '.join(missing)} not found in {jars_folder()}; run `make jars`, "
            "or set TIEOUT_JARS to a folder that has them"
        )
    return paths


def class_archive_path() -> Path:
    """The path of the JVM's class archive, which may not exist.

    It is never in TIEOUT_JARS: several environments may share that folder, and an archive fits one.
    """
    return _PROJECT_JARS / "classes.jsa"


def fetch_jars() -> list[Path]:
    """Fetches missing or damaged jars into `jars_folder()`, each with one rename.

    Returns the paths of the fetched jars; none if all jars are there with the right SHA-256.

    Raises:
        JarsMissing: a jar cannot be fetched, or has the wrong SHA-256.
    """
    folder = jars_folder()
    paths = {artifact: folder / _file_name(artifact) for artifact in DELTA_JARS}
    missing = {name: path for name, path in paths.items() if _sha256(path) != DELTA_JARS[name]}
    if not missing:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
        for artifact, path in missing.items():
            jar = _fetch_with_ivy(artifact, Path(scratch))
            if _sha256(jar) != DELTA_JARS[artifact]:
                raise JarsMissing(
                    f"{artifact} {VERSION} came with SHA-256 {_sha256(jar)}, expected "
                    f"{DELTA_JARS[artifact]}; it was deleted"
                )
            jar.replace(path)
    return list(missing.values())


def main() -> int:
    """Fetches missing jars and names them on stderr; returns exit status 0, or 2 with an error."""
    try:
        fetched = fetch_jars()
    except JarsMissing as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    for path in fetched:
        sys.stderr.write(f"fetched {path.name}\n")
    return 0


def _fetch_with_ivy(artifact: str, scratch: Path) -> Path:
    """Fetches one artifact, without its dependencies, into `scratch`. Raises JarsMissing."""
    import pyspark

    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    ivy = next((Path(pyspark.__file__).parent / "jars").glob("ivy-*.jar"), None)
    if java is None or ivy is None:
        raise JarsMissing("fetching the Delta jars needs a JDK 17+ and PySpark with its own jars")
    command = [java, "-jar", str(ivy), "-warn", "-types", "jar", "-notransitive"]
    if settings := os.environ.get("TIEOUT_IVY_SETTINGS"):  # a company's own mirror
        command += ["-settings", settings]
    command += ["-cache", str(scratch / "cache"), "-dependency", "io.delta", artifact, VERSION]
    command += ["-retrieve", f"{scratch}/[artifact]-[revision].[ext]"]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    path = scratch / _file_name(artifact)
    if not path.is_file():  # Ivy exits 0 whether it found the file or not
        lines = (process.stdout + process.stderr).splitlines()
        message = next(
            (line.strip() for line in lines if "rror" in line or "not found" in line), "-"
        )
        raise JarsMissing(f"Ivy could not fetch {artifact} {VERSION} (network?): {message}")
    return path


def _file_name(artifact: str) -> str:
    return f"{artifact}-{VERSION}.jar"


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
