"""What commands print: masked texts, readable references, nothing that a terminal obeys."""

import io
import json
import logging
import sys
from argparse import Namespace

import pytest

from jobs.cli.console import Report, log, run_command
from jobs.cli.safe_output import JsonLines, SafeFormatter, SafeMessages, safe_json
from schemas.errors import ConfigurationError

CARD = "4111111111111111"
OTHER_CARD = "5555555555554444"
BODY = {
    "found": 2,
    "errors": [f"card {CARD}", "call 13800138000"],
    "threads": [{"our_ref": OTHER_CARD, "txn_ids": [OTHER_CARD], "text": f"{OTHER_CARD} {CARD}"}],
    "name": "a\x1b[31m\x9b\u202e中",
}


def test_json_masks_texts_and_keeps_references() -> None:
    """Data keep their values; what a terminal obeys is an escape of JSON."""
    text = safe_json(BODY, {OTHER_CARD})
    assert text.isprintable()
    read = json.loads(text)
    assert read["errors"] == ["card ************1111", "call *******8000"]
    assert read["threads"][0]["our_ref"] == OTHER_CARD
    assert read["threads"][0]["text"] == f"{OTHER_CARD} ************1111"
    assert (read["name"], read["found"]) == (BODY["name"], 2)


def test_a_command_prints_safe_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """A line break in a name makes no second line."""
    lines = [f"{OTHER_CARD} paid with {CARD}", "a\nb\x1b[2J"]
    status = run_command(Namespace(job="try"), lambda _: Report(BODY, lines), lambda given: given)
    out = capsys.readouterr().out.splitlines()
    assert (status, out[:2]) == (0, [f"{OTHER_CARD} paid with ************1111", r"a\nb\x1b[2J"])
    assert len(out) == 3


@pytest.mark.parametrize("fault", [ConfigurationError([f"card {CARD}"]), RuntimeError(CARD)])
def test_errors_are_printed_masked(
    fault: Exception, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those that nobody expected, with their traceback."""
    monkeypatch.setattr(log, "handlers", [])

    def fail(_: Namespace) -> Report:
        raise fault

    assert run_command(Namespace(job="try"), fail, lambda given: given) in (1, 2)
    printed = capsys.readouterr()
    assert CARD not in printed.out + printed.err
    assert "error: " in printed.err
    assert "************1111" in printed.out


def test_log_messages_are_safe_on_any_handler() -> None:
    """A notebook has its own handlers: the logger itself makes the messages safe."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    assert any(isinstance(each, SafeMessages) for each in log.filters)
    log.addHandler(handler)
    try:
        log.warning("file %s: %s", "a\nb\x1b[31m", CARD)
    finally:
        log.removeHandler(handler)
    assert stream.getvalue() == "file a\\nb\\x1b[31m: ************1111\n"


def test_a_traceback_keeps_its_lines() -> None:
    """And nothing else of what its message holds."""
    try:
        raise ValueError(f"\x1b[31m{CARD}")
    except ValueError as fault:
        record = logging.LogRecord("x", 40, __file__, 1, "failed", None,
                                   (type(fault), fault, fault.__traceback__))  # fmt: skip
    text = SafeFormatter("%(message)s").format(record)
    assert text.count("\n") > 2
    assert "\x1b" not in text
    assert CARD not in text.splitlines()[-1]
    assert text.endswith("************1111")


def test_json_line_of_a_log_is_one_document() -> None:
    """With time in UTC, level, job and the masked message; a traceback stays in it."""
    try:
        raise ValueError(f"card {CARD}")
    except ValueError:
        record = logging.LogRecord(
            "tieout", logging.WARNING, "", 0, "paid by %s", (CARD,), sys.exc_info()
        )
    line = JsonLines("ingest").format(record)
    assert "\n" not in line and CARD not in line
    body = json.loads(line)
    assert (body["level"], body["job"]) == ("WARNING", "ingest")
    assert body["at"].endswith("+00:00") and body["message"].startswith("paid by ")
    assert "ValueError" in body["error"]
