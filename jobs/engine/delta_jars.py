"""The two jars that make Delta work on Spark: where they lie, and how they get there once.

`python -m jobs.engine.delta_jars` (or `make jars`) fetches them through the Ivy that ships inside
PySpark and checks them against the sums below; where they lie already it needs no network.
Two of delta-spark's thirty suffice; the others would shadow Spark's own and break it.
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
    """Raised when a Delta jar is absent, cannot be fetched, or is not the file it should be."""

    exit_status = 2


#: `.jars` beside the project's pyproject.toml.
_OWN = Path(__file__).resolve().parents[2] / ".jars"


def jars_folder() -> Path:
    """The folder of the jars: TIEOUT_JARS, or the project's own."""
    chosen = os.environ.get("TIEOUT_JARS")
    return Path(chosen) if chosen else _OWN


def jar_paths() -> list[Path]:
    """Paths of the Delta jars, for `spark.driver.extraClassPath` or `--jars`.

    Looks only at names, because every session start asks. Raises JarsMissing.
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
    """Where the JVM's archive of classes lies, if it was made; never in TIEOUT_JARS, which other
    environments may share: it holds for one of them.
    """
    return _OWN / "classes.jsa"


def fetch_jars() -> list[Path]:
    """Bring the jars that are absent or damaged into `jars_folder()`, each by one rename.

    Returns the paths fetched now: none when all are there with the right sums. Raises JarsMissing.
    """
    folder = jars_folder()
    places = {artifact: folder / _file_name(artifact) for artifact in DELTA_JARS}
    wanted = {name: path for name, path in places.items() if _sha256(path) != DELTA_JARS[name]}
    if not wanted:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
        for artifact, path in wanted.items():
            fetched = _ivy(artifact, Path(scratch))
            if _sha256(fetched) != DELTA_JARS[artifact]:
                raise JarsMissing(
                    f"{artifact} {VERSION} came with SHA-256 {_sha256(fetched)}, expected "
                    f"{DELTA_JARS[artifact]}; it was thrown away, nothing is in place"
                )
            fetched.replace(path)
    return list(wanted.values())


def main() -> int:
    """Fetch what is missing and say so on stderr; exit status 0, or 2 with one sentence."""
    try:
        fetched = fetch_jars()
    except JarsMissing as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    for path in fetched:
        sys.stderr.write(f"fetched {path.name}\n")
    return 0


def _ivy(artifact: str, scratch: Path) -> Path:
    """Fetch one artifact, without what it depends on, into `scratch`. Raises JarsMissing."""
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
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    path = scratch / _file_name(artifact)
    if not path.is_file():  # Ivy exits 0 whether it found the file or not
        lines = (done.stdout + done.stderr).splitlines()
        said = next((line.strip() for line in lines if "rror" in line or "not found" in line), "-")
        raise JarsMissing(f"Ivy could not fetch {artifact} {VERSION} (network?): {said}")
    return path


def _file_name(artifact: str) -> str:
    return f"{artifact}-{VERSION}.jar"


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
