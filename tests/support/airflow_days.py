"""Small channels of one layout, with a page, a rate card and files each, for tests of Airflow."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from jobs.__main__ import main as tieout

PAGE = """
channel: {channel}
dialect: delimited
zone: {zone}
first_date: {first}
files:
  pattern: "{channel}/{{business_date:%Y-%m-%d}}.csv"
{files}
layout:
  columns: {{traded_at: time, our_ref: ours, channel_ref: theirs, amount: amount, fee: fee}}
  constants: {{kind: PAYMENT, status: SUCCEEDED, currency: CNY}}
  trailer: {{starts_with: "total,", totals: {{count: 2, amount: 3}}}}
"""
CARD = """
channel: {channel}
entries:
  - {{name: standard, rate: "0.0060"}}
"""
HEAD = "time,ours,theirs,amount,fee"
SNAPSHOT_HEAD = "txn_id,channel,kind,status,amount,currency,occurred_at,business_date"


def write_lines(path: Path, lines: Sequence[str]) -> None:
    """Writes a file in one step, as one that has come."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.parent.parent.parent / f"{path.name}.unfinished"
    unfinished.write_text("\n".join(lines) + "\n", encoding="utf-8")
    unfinished.replace(path)


def write_pages(root: Path, channels: Mapping[str, str], zone: str, first: str) -> None:
    """Writes config/ below the root: a page per channel, with more lines of `files` as given."""
    for channel, files in channels.items():
        page = PAGE.format(channel=channel, files=files, zone=zone, first=first)
        write_lines(root / f"config/channels/{channel}.yaml", [page])
        write_lines(root / f"config/fee_schedules/{channel}.yaml", [CARD.format(channel=channel)])
    internal = root / "config/internal.yaml"
    internal.write_text('pattern: "internal/{business_date:%Y-%m-%d}/*.csv"\n', "utf-8")


def write_statement(root: Path, channel: str, day: str, lines: Sequence[str]) -> None:
    """Puts a statement into inbox/: lines of time, refs, amount and fee, with their totals."""
    total = sum(round(float(line.split(",")[3]) * 100) for line in lines)
    trailer = f"total,{len(lines)},{total / 100:.2f}"
    path = root / f"inbox/{channel}/{day}.csv"
    write_lines(path, [HEAD, *(f"{day} {line}" for line in lines), trailer])


def write_snapshot(root: Path, day: str, rows: Sequence[tuple[str, str, str]]) -> None:
    """Puts our snapshot into inbox/: a transaction's id, channel and amount each."""
    lines = [
        f"{txn},{channel},PAYMENT,SUCCEEDED,{amount},CNY,{day}T03:00:00Z,{day}"
        for txn, channel, amount in rows
    ]
    write_lines(root / f"inbox/internal/{day}/all.csv", [SNAPSHOT_HEAD, *lines])


def write_plan(root: Path, *launches: str) -> Path:
    """Writes the plan with `tieout schedule write`; returns its path."""
    chosen = [word for launch in launches for word in ("--launch", launch)]
    path = root / "config/schedule.json"
    places = ["--lake", str(root / "lake"), "--config", str(root / "config")]
    assert tieout(["schedule", "write", *places, *chosen]) == 0
    assert json.loads(path.read_text("utf-8"))["form"] == 1
    return path


def settings_of(root: Path, **more: object) -> dict[str, object]:
    """The settings of the DAGs for the folders below the root."""
    places = {name: root / name for name in ("lake", "config", "inbox")}
    return {**places, "run_options": "--no-quality", "poll_seconds": 10, **more}
