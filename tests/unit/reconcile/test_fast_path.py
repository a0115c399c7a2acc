"""The switch of the fast path: on unless the environment says off."""

import pytest

from jobs.reconcile.fast_path import SWITCH, is_fast_path_on
from schemas.errors import ConfigurationError


@pytest.mark.parametrize(
    ("value", "is_on"), [(None, True), ("", True), ("on", True), ("off", False)]
)
def test_switch_of_the_fast_path(
    monkeypatch: pytest.MonkeyPatch, value: str | None, is_on: bool
) -> None:
    """TIEOUT_FAST_PATH=off leaves counts and joins to the engine."""
    monkeypatch.delenv(SWITCH, raising=False)
    if value is not None:
        monkeypatch.setenv(SWITCH, value)
    assert is_fast_path_on() is is_on


def test_other_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the two values."""
    monkeypatch.setenv(SWITCH, "no")
    with pytest.raises(ConfigurationError, match="TIEOUT_FAST_PATH 'no' is none of on, off"):
        is_fast_path_on()
