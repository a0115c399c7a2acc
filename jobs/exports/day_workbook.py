"""`exports/DATE/breaks.xlsx`: the breaks of all channels of a date, from what each has exported.

It is made of the channels' `breaks.csv` and `summary.json`, so it says what they say.
"""

import csv
import heapq
import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from pyarrow import fs

from jobs.exports import overview
from jobs.exports.breaks import DECISION_HEADINGS, HEADINGS
from jobs.exports.sections import Section
from jobs.exports.workbook import Workbook
from jobs.lake.tables import Lake
from jobs.reports.labels import ACTION_LABELS, REASON_LABELS
from jobs.reports.money_text import Cell, Money
from jobs.storage.atomic_folder import replace_file

_MONEY = ("At stake", "Our amount", "Statement amount", "Difference", "Fee")
_NUMBERS = ("Age in days", "Line", "Matching attempts")
#: Rows of one channel that stand together, and what sorts them.
Block = tuple[tuple[str, Decimal, str], list[tuple[Cell, ...]]]


def write_day_workbook(lake: Lake, day: date) -> str:
    """Writes the workbook of a date, whole or not at all; returns its path below the lake.

    Of two calls at once the second waits and reads again, so that the last one has every channel.
    """
    folder = f"exports/{day}"
    target = f"{folder}/breaks.xlsx"
    files = lake.storage.fs
    with replace_file(files, lake.storage.full_path(target)) as new_file, ExitStack() as opened:
        out = opened.enter_context(files.open_output_stream(new_file))
        channels = _channel_folders(files, lake.storage.full_path(folder))
        book = Workbook(out, overview.NAME, overview.HEADINGS)
        for path in channels:
            with files.open_input_stream(f"{path}/summary.json") as source:
                for row in _summary_rows(json.loads(source.read())):
                    book.add(row)
        book.begin_table(Section.BREAKS.value, (*DECISION_HEADINGS, *HEADINGS))
        blocks = []
        for path in channels:
            source = opened.enter_context(files.open_input_file(f"{path}/breaks.csv"))
            blocks.append(_read_blocks(source))
        for _, rows in heapq.merge(*blocks, key=lambda block: block[0]):
            for row in rows:
                book.add((*[None] * len(DECISION_HEADINGS), *row))
        book.close()
    return target


def _channel_folders(files: fs.FileSystem, folder: str) -> list[str]:
    infos = files.get_file_info(fs.FileSelector(folder, allow_not_found=True))
    paths = sorted(
        info.path
        for info in infos
        if info.type == fs.FileType.Directory and not info.base_name.startswith(".")
    )
    summaries = files.get_file_info([f"{path}/summary.json" for path in paths])
    return [path for path, info in zip(paths, summaries, strict=True) if info.is_file]


def _summary_rows(summary: dict[str, Any]) -> Iterator[tuple[Cell, ...]]:
    """The rows of `overview.render_summary`, from a channel's `summary.json`."""
    channel, run_date = summary["channel"], summary["run_date"]
    empty: list[Cell] = [None] * (len(overview.HEADINGS) - 4)
    for side in ("statement", "snapshot"):
        if side in summary:
            yield (channel, run_date, side.capitalize(), summary[side]["state"], *empty)
    amounts = ("at_stake", "internal_amount", "statement_amount", "difference")
    for row in sorted(summary["groups"], key=overview.sort_key):
        yield (
            channel,
            run_date,
            row["outcome"],
            "; ".join(REASON_LABELS[code] for code in row["reasons"]) or None,
            ACTION_LABELS[row["action"]],
            row["rows"],
            row["currency"] or row["internal_currency"],
            *[_money(row[name]) for name in amounts],
        )


def _read_blocks(source: Any) -> Iterator[Block]:
    """The rows of a `breaks.csv`, the members of a group in one block."""
    reader = csv.reader(io.TextIOWrapper(source, encoding="utf-8-sig", newline=""))
    heads = next(reader)
    at_stake, currency, group, channel = (
        heads.index(name) for name in ("At stake", "Currency", "Group", "Channel")
    )
    # A row without a group is a block of its own.
    numbered = enumerate(reader)
    for _, block in groupby(numbered, key=lambda item: item[1][group] or item[0]):
        rows = [row for _, row in block]
        first_currency = min(row[currency] or "~" for row in rows)
        stake = max(Decimal(row[at_stake] or 0) for row in rows)
        yield (
            (first_currency, -stake, rows[0][channel]),
            [tuple(map(_cell, heads, row)) for row in rows],
        )


def _cell(heading: str, text: str) -> Cell:
    if not text:
        return None
    if heading in _MONEY:
        return _money(text)
    return int(text) if heading in _NUMBERS else text


def _money(text: str | None) -> Money | None:
    if not text:
        return None
    return Money(int(text.replace(".", "")), len(text.partition(".")[2]))
