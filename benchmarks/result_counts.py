"""Counts the rows that a run wrote, for comparison with the formula."""

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import DeltaTable

from benchmarks.formula import Counts


def read_counts(lake: Path) -> Counts:
    """The counts in a lake of Delta tables, or in the peer's folder of Parquet files."""
    outcomes = _open_table(lake, "outcomes")
    others = outcomes.to_table(["outcome", "reasons"], filter=pc.field("outcome") != "MATCHED")
    results = [f"{row['outcome']} {' '.join(row['reasons'])}" for row in others.to_pylist()]
    return Counts(
        lines=_open_table(lake, "statement_lines").count_rows(),
        transactions=_open_table(lake, "internal_transactions").count_rows(),
        matched=outcomes.count_rows() - len(results),
        internal_only=results.count("SUSPENSE INTERNAL_ONLY"),
        statement_only=results.count("SUSPENSE STATEMENT_ONLY"),
        amount_mismatches=results.count("BREAK AMOUNT_MISMATCH"),
        duplicate_lines=results.count("BREAK DUPLICATE_LINE"),
        fee_overcharged=_open_table(lake, "fee_checks").count_rows(
            filter=pc.field("result") == "OVERCHARGED"
        ),
    )


def _open_table(lake: Path, name: str) -> ds.Dataset:
    file = lake / f"{name}.parquet"
    return ds.dataset(file) if file.is_file() else DeltaTable(str(lake / name)).to_pyarrow_dataset()
