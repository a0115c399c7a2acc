"""Which parameters of a slow test run by day: the first; `make nightly` runs them all."""

from typing import Any

import pytest


def first_by_day(*values: Any, ids: tuple[str, ...] | None = None) -> list[Any]:
    """Parameters of a test or fixture; all but the first are marked `nightly`."""
    names = ids or tuple(str(value) for value in values)
    return [
        pytest.param(value, id=name, marks=[pytest.mark.nightly] if index else [])
        for index, (value, name) in enumerate(zip(values, names, strict=True))
    ]
