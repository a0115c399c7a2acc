"""Reads what a run left and counts it, for comparison with the formula."""

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import DeltaTable

from benchmarks.formula import Counts


def counts_in(lake: Path) -> Counts:
    """The counts in a lake of Delta tables, or in the peer's folder of Parquet files."""
    outcomes = _opened(lake, "outcomes")
    others = outcomes.to_table(["outcome", "reasons"], filter=pc.field("outcome") != "MATCHED")
    words = [f"{row['outcome']} {' '.join(row['reasons'])}" for row in others.to_pylist()]
    return Counts(
        lines=_opened(lake, "statement_lines").count_rows(),
        transactions=_opened(lake, "internal_transactions").count_rows(),
        matched=outcomes.count_rows() - len(words),
        ours_only=words.count("SUSPENSE INTERNAL_ONLY"),
        theirs_only=words.count("SUSPENSE STATEMENT_ONLY"),
        other_amount=words.count("BREAK AMOUNT_MISMATCH"),
        listed_twice=words.count("BREAK DUPLICATE_LINE"),
        fee_over=_opened(lake, "fee_checks").count_rows(filter=pc.field("result") == "OVERCHARGED"),
    )


def _opened(lake: Path, name: str) -> ds.Dataset:
    file = lake / f"{name}.parquet"
    return ds.dataset(file) if file.is_file() else DeltaTable(str(lake / name)).to_pyarrow_dataset()
