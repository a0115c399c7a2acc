"""Lines that rules of the profile give to another owner, on both engines."""

from datetime import date

from pyspark.sql import SparkSession

from jobs.matching.steps.scope import EXCLUSION_COLUMNS, add_exclusions
from schemas.profile.scope import Scope


def test_rule_by_reference_excludes_lines(spark: SparkSession) -> None:
    """The reference in full width and lower case fits; no column is left over."""
    rule = {"name": "loans", "owner": "lending", "from": "2026-11-16", "our_ref": "^ln-"}
    scope = Scope.model_validate({"exclude": [rule]})
    columns = "kind string, status string, our_ref string, our_ref_norm string, item_date date"
    day = date(2026, 11, 16)
    rows = [
        ("PAYMENT", "SUCCEEDED", reference, reference, day) for reference in ("ＬＮ-1", "A1", None)
    ]
    excluded = add_exclusions(spark.createDataFrame(rows, columns), scope, "item_date")
    assert excluded.columns == ["kind", "status", "our_ref", "our_ref_norm", "item_date",
                                *EXCLUSION_COLUMNS]  # fmt: skip
    assert {row["our_ref"]: row["excluded_by"] for row in excluded.collect()} == {
        "ＬＮ-1": "loans",
        "A1": None,
        None: None,
    }
