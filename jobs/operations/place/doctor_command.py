"""`tieout doctor`: examines a place."""

import argparse
import os
from collections.abc import Iterator

from jobs.cli.configuration import load_configuration
from jobs.cli.console import Report
from jobs.cli.places import find_inbox_faults, find_lake_faults
from jobs.operations.place.examine_place import (
    Finding,
    Level,
    examine_channels,
    examine_configuration_faults,
    examine_inbox,
    examine_lake,
    examine_programs,
)
from schemas.errors import ConfigurationError

PURPOSE = "examine a place: programs, configuration, inbox, lake; change nothing"
_EPILOG = """examples:
  tieout doctor --lake lake --config config --inbox inbox
  tieout doctor                                # with TIEOUT_LAKE, TIEOUT_CONFIG and TIEOUT_INBOX

It says of each thing whether it is in order, and what to do about it where it is not. Exit
status 3: something is WRONG, and a day would stop."""


def add_arguments(program: argparse.ArgumentParser) -> None:
    """Adds the arguments of `tieout doctor`."""
    program.description = f"{PURPOSE[0].upper()}{PURPOSE[1:]}."
    program.epilog = _EPILOG
    program.formatter_class = argparse.RawDescriptionHelpFormatter
    for name, text in (
        ("lake", "of the tables"),
        ("config", "of channels/"),
        ("inbox", "of files"),
    ):
        program.add_argument(f"--{name}", help=f"the folder {text} [TIEOUT_{name.upper()}]")
    program.add_argument("--engine", help="sail (embedded), spark, or auto [TIEOUT_ENGINE]")
    program.set_defaults(job="doctor")


def execute_request(arguments: argparse.Namespace) -> Report:
    """Examines the place; exit status 3 if something is wrong."""
    findings = list(_examine(arguments))
    width = max(len(one.level.value) for one in findings)
    lines = [f"{one.level.value:<{width}}  {one.topic:<13}  {one.text}" for one in findings]
    wrong = sum(one.level == Level.WRONG for one in findings)
    warnings = sum(one.level == Level.WARNING for one in findings)
    lines.append(f"{wrong} wrong, {warnings} warnings")
    body = {
        "wrong": wrong,
        "warnings": warnings,
        "findings": [
            {"level": one.level.name, "topic": one.topic, "text": one.text} for one in findings
        ],
    }
    return Report(body, lines, 3 if wrong else 0)


def _examine(arguments: argparse.Namespace) -> Iterator[Finding]:
    place = {
        name: getattr(arguments, name) or os.environ.get(f"TIEOUT_{name.upper()}")
        for name in ("lake", "config", "inbox")
    }
    yield from examine_programs(arguments.engine)
    for name, value in place.items():
        if not value:
            text = f"--{name} is missing; give it, or set TIEOUT_{name.upper()}"
            yield Finding(Level.WRONG, name, text)
    config = None
    if place["config"]:
        try:
            config = load_configuration(place["config"])
            yield Finding(
                Level.GOOD, "configuration", f"{place['config']}: {len(config.profiles)} channels"
            )
            yield from examine_channels(config)
        except ConfigurationError as error:
            yield from examine_configuration_faults(error)
    lake = place["lake"]
    lake_faults = list(find_lake_faults(lake, must_exist=False)) if lake else []
    yield from (Finding(Level.WRONG, "lake", fault) for fault in lake_faults)
    if lake and not lake_faults:
        yield from examine_lake(lake)
    inbox = place["inbox"]
    inbox_faults = list(find_inbox_faults(inbox)) if inbox else []
    yield from (Finding(Level.WRONG, "inbox", fault) for fault in inbox_faults)
    if inbox and not inbox_faults and config is not None:
        yield from examine_inbox(inbox, None if lake_faults else lake, config)
