"""`tieout profile`: every step from the command line; only `copy` and `new --out` write."""

import json
from pathlib import Path
from typing import Any

import pytest

from jobs.__main__ import main
from jobs.onboarding.catalog import SHIPPED
from tests.support.paths import GOLDEN

BANK = """channel: bank
dialect: delimited
zone: Asia/Shanghai
first_date: 2026-11-01
files: {pattern: "bank_{business_date:%Y%m%d}.csv"}
layout:
  columns: {channel_ref: id, amount: amount, traded_at: time}
  constants: {kind: PAYMENT, status: SUCCEEDED, currency: CNY}
"""
LINES = "id,amount,time\nA1,10.00,2026-11-16 10:00:00\nA2,-2.50,2026-11-16 11:00:00\n"


def run_profile(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, dict[str, Any]]:
    """Exit status, text, and the summary of the last line."""
    status = main(["profile", *argv])
    out = capsys.readouterr().out.rstrip("\n").split("\n")
    return status, "\n".join(out[:-1]), json.loads(out[-1])


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A valid page of the channel bank."""
    path = tmp_path / "bank.yaml"
    path.write_text(BANK, "utf-8")
    return path


def try_content(
    capsys: pytest.CaptureFixture[str], page: Path, content: bytes
) -> tuple[int, str, dict[str, Any]]:
    """Tries a page on a statement with this content."""
    statement = page.parent / "bank_20261116.csv"
    statement.write_bytes(content)
    return run_profile(capsys, "try", str(page), str(statement))


def test_every_shipped_page_is_valid_and_reads_its_statement(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each page is valid, and ingest would accept its golden statement."""
    status, text, summary = run_profile(capsys, "list")
    assert status == 0 and len(text.split("\n")) == len(summary["profiles"]) >= 19
    for name in summary["profiles"]:
        assert run_profile(capsys, "check", str(SHIPPED / f"{name}.yaml"))[0] == 0
        (statement,) = (GOLDEN / "shipped" / name).glob("statement*")
        command = ("try", str(SHIPPED / f"{name}.yaml"), str(statement))
        status, text, _ = run_profile(capsys, *command, "--business-date", "2026-11-16")
        assert (status, "would be ACCEPTED" in text) == (0, True), f"{name}: {text}"


def test_page_is_shown_and_copied_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The copy equals the page, except that its channel has the name of the file; a second copy
    does not overwrite it.
    """
    target = tmp_path / "mine.yaml"
    assert run_profile(capsys, "copy", "bank_mt940", str(target))[0] == 0
    shown = run_profile(capsys, "show", "bank_mt940")[1].split("\n")[:3]
    copied = [line.replace("channel: bank_mt940", "channel: mine") for line in shown]
    assert target.read_text("utf-8").split("\n")[:3] == copied != shown
    status, _, summary = run_profile(capsys, "copy", "bank_mt940", str(target))
    assert status == 2 and "exists already" in summary["errors"][0]
    assert run_profile(capsys, "show", "nobody")[0] == 2


def test_check_shows_all_faults_with_their_lines(
    capsys: pytest.CaptureFixture[str], page: Path
) -> None:
    """A wrong zone and an unknown key."""
    page.write_text(BANK.replace("Asia/Shanghai", "Asia/Nowhere") + "colour: red\n", "utf-8")
    status, _, summary = run_profile(capsys, "check", str(page))
    assert status == 2
    assert [error.split(": ")[0].rsplit(":", 1)[1] for error in summary["errors"]] == ["3", "9"]


def test_fitting_statement_would_be_accepted(
    capsys: pytest.CaptureFixture[str], page: Path
) -> None:
    """10.00 and -2.50: two lines, and totals that the file does not declare."""
    status, text, summary = try_content(capsys, page, LINES.encode())
    assert (status, summary["lines"], summary["verdict"]) == (0, 2, "ACCEPTED")
    assert "-2.50" in text and "unchecked" in text and "2026-11-16 02:00:00Z" in text


@pytest.mark.parametrize(
    ("content", "guess"),
    [
        (LINES.replace(",", ";").encode(), "a semicolon"),
        (LINES.replace("A1", "\u94f6").encode("gb18030"), "the encoding is gb18030"),
        (LINES.replace(":00\n", ":00,\n").encode(), "1 cell more"),
        (LINES.replace("10.00", "\u00a510.00").encode(), "layout.amounts"),
        ((GOLDEN / "shipped" / "bank_mt940" / "statement.sta").read_bytes(), "dialect mt940"),
    ],
)
def test_likely_fault_is_shown(
    capsys: pytest.CaptureFixture[str], page: Path, content: bytes, guess: str
) -> None:
    """Separator, encoding, extra cells, printed amounts, another dialect."""
    status, text, summary = try_content(capsys, page, content)
    assert status == 3 and guess in text
    assert any(guess in fault for fault in summary["guesses"])


def test_missing_file_is_refused(capsys: pytest.CaptureFixture[str], page: Path) -> None:
    """A missing statement, a missing page."""
    assert run_profile(capsys, "try", str(page), "nowhere.csv")[0] == 2
    assert run_profile(capsys, "check", "nowhere.yaml")[0] == 2
