"""`tieout profile`: every step as a person uses it; nothing but `copy` writes."""

import json
from pathlib import Path
from typing import Any

import pytest

from jobs.__main__ import main
from jobs.onboarding.command import SHIPPED
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


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, dict[str, Any]]:
    """Exit status, what is shown, and the summary of the last line."""
    status = main(["profile", *argv])
    out = capsys.readouterr().out.rstrip("\n").split("\n")
    return status, "\n".join(out[:-1]), json.loads(out[-1])


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "bank.yaml"
    path.write_text(BANK, "utf-8")
    return path


def tried(
    capsys: pytest.CaptureFixture[str], page: Path, content: bytes
) -> tuple[int, str, dict[str, Any]]:
    statement = page.parent / "bank_20261116.csv"
    statement.write_bytes(content)
    return said(capsys, "try", str(page), str(statement))


def test_every_shipped_page_is_listed_right_and_has_its_statement(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each page checks, and its golden statement would be accepted."""
    status, shown, summary = said(capsys, "list")
    assert status == 0 and len(shown.split("\n")) == len(summary["profiles"]) >= 19
    for name in summary["profiles"]:
        assert said(capsys, "check", str(SHIPPED / f"{name}.yaml"))[0] == 0
        (statement,) = (GOLDEN / "shipped" / name).glob("statement*")
        asked = ("try", str(SHIPPED / f"{name}.yaml"), str(statement))
        status, shown, _ = said(capsys, *asked, "--business-date", "2026-11-16")
        assert (status, "would be ACCEPTED" in shown) == (0, True), f"{name}: {shown}"


def test_a_page_is_shown_and_copied_once(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The copy is the page; a second copy refuses to overwrite it."""
    target = tmp_path / "mine.yaml"
    assert said(capsys, "copy", "bank_mt940", str(target))[0] == 0
    assert (
        target.read_text("utf-8").split("\n")[:3]
        == said(capsys, "show", "bank_mt940")[1].split("\n")[:3]
    )
    status, _, summary = said(capsys, "copy", "bank_mt940", str(target))
    assert status == 2 and "there already" in summary["errors"][0]
    assert said(capsys, "show", "nobody")[0] == 2


def test_all_faults_of_a_page_with_their_lines(
    capsys: pytest.CaptureFixture[str], page: Path
) -> None:
    """A wrong zone and an unknown key."""
    page.write_text(BANK.replace("Asia/Shanghai", "Asia/Nowhere") + "colour: red\n", "utf-8")
    status, _, summary = said(capsys, "check", str(page))
    assert status == 2
    assert [each.split(": ")[0].rsplit(":", 1)[1] for each in summary["errors"]] == ["3", "9"]


def test_a_statement_that_fits(capsys: pytest.CaptureFixture[str], page: Path) -> None:
    """10.00 and -2.50: two lines, totals that nobody declares."""
    status, shown, summary = tried(capsys, page, LINES.encode())
    assert (status, summary["lines"], summary["verdict"]) == (0, 2, "ACCEPTED")
    assert "-2.50" in shown and "unchecked" in shown and "2026-11-16 02:00:00Z" in shown


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
def test_what_may_be_wrong_is_guessed(
    capsys: pytest.CaptureFixture[str], page: Path, content: bytes, guess: str
) -> None:
    """Separator, encoding, shifted columns, printed amounts, another dialect."""
    status, shown, summary = tried(capsys, page, content)
    assert status == 3 and guess in shown
    assert any(guess in each for each in summary["guesses"])


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str], page: Path) -> None:
    """The statement, the page."""
    assert said(capsys, "try", str(page), "nowhere.csv")[0] == 2
    assert said(capsys, "check", "nowhere.yaml")[0] == 2
