"""An MT940 file cut into its statements, whatever stands around and between them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from jobs.statements.bank import lines_of, text_of
from schemas.errors import FileRefused

#: A statement of more bytes is no statement.
STATEMENT_BYTES_MAX = 64 * 2**20


@dataclass
class Statement:
    """The lines of one statement: where it begins (from 1), and its text."""

    first_line: int
    lines: list[str] = field(default_factory=list)


def statements_of(source: IO[bytes], name: str) -> Iterator[Statement]:
    """The statements of a file, cut at field 20; envelopes and bank's own lines left out."""
    current: Statement | None = None
    size = 0
    for number, raw in lines_of(source):
        size += len(raw)
        if size > STATEMENT_BYTES_MAX:
            raise FileRefused(
                "LINE_TOO_LONG", name, "a statement of over 64 MiB", "have it looked at", number
            )
        text = text_of(raw).strip(" \t\x01\x02\x03\x04")
        body = text.rpartition("{4:")[2] if text.startswith("{1:") else text
        if body.startswith(":20:"):
            if current is not None:
                yield current
            current, size = Statement(number), 0
        if current is not None:
            current.lines.append("" if body in ("-", "-}") or body.startswith("{") else body)
    if current is not None:
        yield current


def has_both_ends(
    data: Mapping[str, Any], goes_on: bool, begun: bool, statement: Statement, name: str
) -> None:
    """Makes sure that a statement, or its pages, has both balances.

    `data` is what the library read, `goes_on` whether the page before it ended in an interim
    balance, `begun` whether the file has an earlier statement of the account: some banks let the
    next one begin with an interim balance. An interim report (MT942) has no balances.

    Raises:
        FileRefused: a balance is missing at one end, or a page before it.
    """
    final, interim = (
        {at: data.get(f"{kind}_{at}_balance") is not None for at in ("opening", "closing")}
        for kind in ("final", "intermediate")
    )
    opened, closed = (final[at] or interim[at] for at in ("opening", "closing"))
    is_report = any(line.startswith((":34F:", ":13", ":90")) for line in statement.lines)
    missing = None
    if opened != closed:
        missing = "closing balance" if opened else "opening balance"
    elif not opened and not is_report:
        missing = "balances"
    elif opened and not final["opening"] and not goes_on and not begun:
        missing = "page before it"
    elif goes_on and final["opening"]:
        missing = "page that closes the statement before it"
    if missing:
        raise FileRefused(
            "BAD_STATEMENT",
            name,
            f"a statement without its {missing}",
            "fetch it again, it was cut; have all pages in one file",
            statement.first_line,
        )
