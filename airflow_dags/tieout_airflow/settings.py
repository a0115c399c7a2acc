"""Settings: an Airflow variable `tieout_NAME`, else environment TIEOUT_NAME, else the default."""

import os
import shlex
from pathlib import Path

from airflow import sdk
from airflow.sdk.exceptions import AirflowFailException

#: Default values of the settings; `{home}` is the folder that holds jobs/.
DEFAULTS = {
    "home": str(Path(__file__).resolve().parents[2]),
    "lake": "{home}/lake",
    "config": "{home}/config",
    "inbox": "{home}/inbox",
    "command": "{home}/.venv/bin/python -m jobs",
    "run_options": "",
    "maintain_options": "",
    "poll_seconds": "120",
    "jars": "{home}/.jars",
    "py_files": "",
    "spark_properties": "",
    "memory": "4g",
    "alert_webhook": "",
    "alert_email": "",
}


def read_setting(name: str) -> str:
    """Reads a setting while a task runs."""
    chosen = sdk.Variable.get(f"tieout_{name}", default=os.environ.get(f"TIEOUT_{name.upper()}"))
    if chosen is None:
        default = DEFAULTS[name]
        chosen = default.format(home=read_setting("home")) if "{home}" in default else default
    return str(chosen)


def place_arguments(*names: str) -> list[str]:
    """The options that say where lake, configuration and inbox are."""
    return [word for name in names for word in (f"--{name}", read_setting(name))]


def build_command(*words: str) -> list[str]:
    """The words of a command of tieout as a process."""
    return [*shlex.split(read_setting("command")), *words]


def list_jars() -> str:
    """Lists Delta's jars for `--jars`: a folder, or already a list, or empty if the cluster has
    them. Raises AirflowFailException if the folder has no jar.
    """
    chosen = read_setting("jars")
    if not chosen or chosen.endswith(".jar"):
        return chosen
    paths = sorted(str(path) for path in Path(chosen).glob("*.jar"))
    if not paths:
        raise AirflowFailException(f"no jar in {chosen}: run `make jars`, or set TIEOUT_JARS")
    return ",".join(paths)
