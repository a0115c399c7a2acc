"""Shape of the day's rows, checked by Great Expectations, which nothing else here imports.

Columns, nulls, sets of words, bounds, volume; each check is marked `fail` (the job exits 3) or
`warn` (counted and reported). No sums of money: it adds in floats, and the rules' own
conservation checks are exact. Source: docs/reference/quality.md.
"""

import importlib
import os
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import ModuleType
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.lake.tables import Lake
from jobs.quality.rules import USUAL_DAYS, USUAL_DAYS_MIN, Rule, Severity, select_rules
from schemas.tables import Table

#: What Great Expectations imports at its start, half of the time it takes, and we never use.
_LATER = ("scipy.stats", "altair")
_one_at_a_time = threading.RLock()


@dataclass(frozen=True)
class Check:
    """One rule held against the day.

    `column` is `the table` where the rule is about all of it. `found` says what speaks against it,
    and is empty where nothing does; `evidence` is Great Expectations' own result, which the page
    is made from.
    """

    name: str
    column: str
    severity: Severity
    passed: bool
    problem: str
    evidence: Any = field(repr=False, compare=False)


@dataclass(frozen=True)
class QualitySummary:
    """What the checks of one table and day came to; `channels` is empty where all were checked."""

    table: str
    day: date
    channels: tuple[str, ...]
    rows: int
    checks: tuple[Check, ...]
    seconds: float

    @property
    def failures(self) -> tuple[Check, ...]:
        """Checks marked `fail` that failed."""
        return tuple(
            each for each in self.checks if not each.passed and each.severity is Severity.FAIL
        )

    @property
    def warnings(self) -> tuple[Check, ...]:
        """Checks marked `warn` that failed."""
        return tuple(
            each for each in self.checks if not each.passed and each.severity is Severity.WARN
        )

    @property
    def result(self) -> str:
        """`FAIL` if a check marked so failed, else `WARN` or `OK`."""
        return "FAIL" if self.failures else "WARN" if self.warnings else "OK"


def preload_great_expectations() -> threading.Thread:
    """Imports Great Expectations behind the caller's back, while an engine is at work.

    To be called once the session is open: two threads should not import the same packages.
    """
    thread = threading.Thread(target=_great_expectations, name="quality", daemon=True)
    thread.start()
    return thread


def check_day(
    lake: Lake, table: Table, day: date, channels: Sequence[str] | None = None
) -> QualitySummary:
    """Checks the rows of one table on one day, of all channels or of those named.

    Raises:
        TableMissing: nothing has created the table.
    """
    begun = time.monotonic()
    chosen = tuple(sorted(channels or ()))
    rows, usual = _volumes(lake, table, day, chosen)
    frame = _of(lake.read_day(table, day), chosen)
    with _one_at_a_time:
        asked = _validated(frame, select_rules(table, rows, usual), "BOOLEAN_ONLY")
        # The cheap form says yes or no, in one pass; what failed is asked again for what is wrong.
        doubtful = tuple(rule for rule, evidence in asked if not evidence.success)
        passed = [(rule, evidence) for rule, evidence in asked if evidence.success]
        told = _validated(frame, doubtful, "BASIC") if doubtful else []
    told.sort(key=lambda each: each[0].severity)  # failures before warnings
    checks = tuple(_check(rule, evidence) for rule, evidence in [*told, *passed])
    seconds = round(time.monotonic() - begun, 3)
    return QualitySummary(table.name, day, chosen, rows, checks, seconds)


def describe(check: Check) -> str:
    """What must hold, as Great Expectations says it, in HTML."""
    _great_expectations()
    blocks = importlib.import_module("great_expectations.render.renderer.content_block")
    views = importlib.import_module("great_expectations.render.view")
    block = blocks.ValidationResultsTableContentBlockRenderer.render([check.evidence])
    said = block.to_json_dict()["table"][0][1]
    # Of a failed check the sentence is followed by its examples, which `found` has already.
    sentence = said[0] if isinstance(said, list) else said
    page = views.DefaultJinjaPageView().env.from_string("{{ said | render_content_block | safe }}")
    return str(page.render(said=sentence)).strip()


def _of(frame: DataFrame, channels: Sequence[str]) -> DataFrame:
    return frame.where(F.col("channel").isin(list(channels))) if channels else frame


def _volumes(
    lake: Lake, table: Table, day: date, channels: Sequence[str]
) -> tuple[int, int | None]:
    """Rows of the day, and the median of the days before it where enough of them have rows."""
    today, *before = (
        sum(
            int(file["num_records"])
            for file in lake.list_data_files(table, day - timedelta(days=number), None)
            if not channels or file["partition.channel"] in channels
        )
        for number in range(USUAL_DAYS + 1)
    )
    there = [rows for rows in before if rows]
    return today, int(statistics.median(there)) if len(there) >= USUAL_DAYS_MIN else None


def _validated(
    frame: DataFrame, rules: Sequence[Rule], result_format: str
) -> list[tuple[Rule, Any]]:
    """Each rule with Great Expectations' result for it, in the order of the rules."""
    gx = _great_expectations()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_spark("lake", persist=False).add_dataframe_asset("day")
    suite = context.suites.add(gx.ExpectationSuite(name="shape"))
    severity = {Severity.FAIL: "critical", Severity.WARN: "warning"}
    for place, rule in enumerate(rules):
        expectation = getattr(gx.expectations, rule.expectation)
        suite.add_expectation(expectation(
            **rule.arguments, severity=severity[rule.severity], meta={"place": place}
        ))  # fmt: skip
    batch = asset.add_batch_definition_whole_dataframe("day")
    definition = gx.ValidationDefinition(name="day", data=batch, suite=suite)
    done = context.validation_definitions.add(definition).run(
        batch_parameters={"dataframe": frame}, result_format=result_format
    )
    found = {result.expectation_config.meta["place"]: result for result in done.results}
    return [(rule, found[place]) for place, rule in enumerate(rules)]


def _check(rule: Rule, evidence: Any) -> Check:
    column = str(rule.arguments.get("column", "the table"))
    found = "" if evidence.success else _what_is_wrong(evidence)
    return Check(rule.name, column, rule.severity, bool(evidence.success), found, evidence)


def _what_is_wrong(evidence: Any) -> str:
    told = evidence.result or {}
    if "unexpected_count" in told:
        values = told.get("partial_unexpected_list") or []
        examples = sorted({str(value) for value in values if value is not None})
        such_as = f", such as {', '.join(examples[:3])}" if examples else ""
        return f"{told['unexpected_count']} of {told['element_count']} rows{such_as}"
    if "observed_value" in told:
        return f"it is {told['observed_value']}"
    return f"could not be checked: {str(evidence.exception_info)[-300:]}"


class _LazyModule(ModuleType):
    """Stands for a module until something of it is used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        _forget_stand_ins()
        return getattr(importlib.import_module(self.__name__), name)


def _forget_stand_ins() -> None:
    for name in _LATER:
        if isinstance(sys.modules.get(name), _LazyModule):
            del sys.modules[name]


def _great_expectations() -> ModuleType:
    """The package, imported with its own reporting home switched off."""
    with _one_at_a_time:
        if "great_expectations" not in sys.modules:
            os.environ["GX_ANALYTICS_ENABLED"] = "false"
            for name in _LATER:
                sys.modules.setdefault(name, _LazyModule(name))
            try:
                import great_expectations
            finally:
                _forget_stand_ins()
        import great_expectations
        import great_expectations.expectations

        return great_expectations
