"""Checks the shape of the day's rows with Great Expectations; no other module imports it.

The checks: columns, nulls, known values, bounds, volume. Each has the severity `fail` (the job
exits 3) or `warn` (reported). None sums money: Great Expectations adds in floats, and the
conservation checks of the match are exact. Source: docs/reference/quality.md.
"""

import importlib
import os
import statistics
import sys
import threading
import time
from collections import Counter
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

#: Great Expectations imports these, at half of its import time, and tieout never uses them.
_LAZY_MODULES = ("scipy.stats", "altair")
_import_lock = threading.RLock()


@dataclass(frozen=True)
class Check:
    """The result of one rule on one day.

    `column` is `the table` for a rule of the whole table. `problem` describes the failure and is
    empty if the check passed. `evidence` is the result of Great Expectations, for the page.
    """

    name: str
    column: str
    severity: Severity
    passed: bool
    problem: str
    evidence: Any = field(repr=False, compare=False)


@dataclass(frozen=True)
class QualitySummary:
    """The results of one table and day; `channels` is empty if the checks cover all channels."""

    table: str
    day: date
    channels: tuple[str, ...]
    rows: int
    checks: tuple[Check, ...]
    seconds: float

    @property
    def failures(self) -> tuple[Check, ...]:
        """The failed checks of severity `fail`."""
        return self._failed(Severity.FAIL)

    @property
    def warnings(self) -> tuple[Check, ...]:
        """The failed checks of severity `warn`."""
        return self._failed(Severity.WARN)

    @property
    def result(self) -> str:
        """`FAIL`, `WARN` or `OK`: the highest severity of the failed checks."""
        return "FAIL" if self.failures else "WARN" if self.warnings else "OK"

    def _failed(self, severity: Severity) -> tuple[Check, ...]:
        return tuple(
            check for check in self.checks if not check.passed and check.severity is severity
        )


def preload_great_expectations() -> threading.Thread:
    """Imports Great Expectations in a thread, while an engine works.

    Call it once the session is open: two threads should not import the same packages.
    """
    thread = threading.Thread(target=_import_great_expectations, name="quality", daemon=True)
    thread.start()
    return thread


def check_day(
    lake: Lake, table: Table, day: date, channels: Sequence[str] | None = None
) -> QualitySummary:
    """Checks the rows of one table on one day, of all channels or of the given ones.

    Raises:
        TableMissing: the table does not exist.
    """
    start = time.monotonic()
    selected = tuple(sorted(channels or ()))
    rows, usual = _count_rows(lake, table, day, selected)
    frame = _filter_channels(lake.read_day(table, day), selected)
    with _import_lock:
        results = _validate(frame, select_rules(table, rows, usual), "BOOLEAN_ONLY")
        # The cheap format says yes or no, in one pass; a second one describes the failures.
        failing = tuple(rule for rule, evidence in results if not evidence.success)
        passed = [(rule, evidence) for rule, evidence in results if evidence.success]
        failed = _validate(frame, failing, "BASIC") if failing else []
    failed.sort(key=lambda result: result[0].severity)  # failures before warnings
    checks = tuple(_to_check(rule, evidence) for rule, evidence in [*failed, *passed])
    seconds = round(time.monotonic() - start, 3)
    return QualitySummary(table.name, day, selected, rows, checks, seconds)


def describe(check: Check) -> str:
    """The rule of a check as HTML, in the words of Great Expectations."""
    _import_great_expectations()
    blocks = importlib.import_module("great_expectations.render.renderer.content_block")
    views = importlib.import_module("great_expectations.render.view")
    block = blocks.ValidationResultsTableContentBlockRenderer.render([check.evidence])
    content = block.to_json_dict()["table"][0][1]
    # In a failed check examples follow the sentence; `problem` has them already.
    sentence = content[0] if isinstance(content, list) else content
    page = views.DefaultJinjaPageView().env.from_string("{{ rule | render_content_block | safe }}")
    return str(page.render(rule=sentence)).strip()


def _filter_channels(frame: DataFrame, channels: Sequence[str]) -> DataFrame:
    return frame.where(F.col("channel").isin(list(channels))) if channels else frame


def _count_rows(
    lake: Lake, table: Table, day: date, channels: Sequence[str]
) -> tuple[int, int | None]:
    """The rows of the day, and the median of the days before it if enough of them have rows."""
    counts: Counter[date] = Counter()
    for file in lake.list_data_files(table, day, since=day - timedelta(days=USUAL_DAYS)):
        if not channels or file["partition.channel"] in channels:
            counts[file[f"partition.{table.partitions[0]}"]] += int(file["num_records"])
    today = counts.pop(day, 0)
    with_rows = [rows for rows in counts.values() if rows]
    return today, int(statistics.median(with_rows)) if len(with_rows) >= USUAL_DAYS_MIN else None


def _validate(
    frame: DataFrame, rules: Sequence[Rule], result_format: str
) -> list[tuple[Rule, Any]]:
    """Validates the rules; returns each with its result, in the order of the rules."""
    gx = _import_great_expectations()
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
    validation = context.validation_definitions.add(definition).run(
        batch_parameters={"dataframe": frame}, result_format=result_format
    )
    by_place = {result.expectation_config.meta["place"]: result for result in validation.results}
    return [(rule, by_place[place]) for place, rule in enumerate(rules)]


def _to_check(rule: Rule, evidence: Any) -> Check:
    column = str(rule.arguments.get("column", "the table"))
    problem = "" if evidence.success else _describe_problem(evidence)
    return Check(rule.name, column, rule.severity, bool(evidence.success), problem, evidence)


def _describe_problem(evidence: Any) -> str:
    result = evidence.result or {}
    if "unexpected_count" in result:
        values = result.get("partial_unexpected_list") or []
        examples = sorted({str(value) for value in values if value is not None})
        such_as = f", such as {', '.join(examples[:3])}" if examples else ""
        return f"{result['unexpected_count']} of {result['element_count']} rows{such_as}"
    if "observed_value" in result:
        return f"it is {result['observed_value']}"
    return f"could not be checked: {str(evidence.exception_info)[-300:]}"


class _LazyModule(ModuleType):
    """Stands in for a module until a program uses it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        _remove_lazy_modules()
        return getattr(importlib.import_module(self.__name__), name)


def _remove_lazy_modules() -> None:
    for name in _LAZY_MODULES:
        if isinstance(sys.modules.get(name), _LazyModule):
            del sys.modules[name]


def _import_great_expectations() -> ModuleType:
    """Imports the package, with its usage reporting switched off."""
    with _import_lock:
        if "great_expectations" not in sys.modules:
            os.environ["GX_ANALYTICS_ENABLED"] = "false"
            for name in _LAZY_MODULES:
                sys.modules.setdefault(name, _LazyModule(name))
            try:
                import great_expectations
            finally:
                _remove_lazy_modules()
        import great_expectations
        import great_expectations.expectations

        return great_expectations
