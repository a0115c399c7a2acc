"""Gaps, and control totals: what files declare, what their lines add up to, what was matched."""

from collections.abc import Mapping
from dataclasses import dataclass

from jobs.reports.day_page.builder import Builder
from jobs.reports.day_page.inputs import FileFigures, describe_gaps
from jobs.reports.day_page.outcomes import ROWS_READ
from jobs.reports.day_page.scope import Row, RowList
from jobs.reports.html.document import Card, Cell, Section, Table
from jobs.reports.html.language import mask
from jobs.reports.html.numbers import format_money
from schemas.vocabulary import FileStatus

#: Refused files stand first in a list.
_ORDER = (FileStatus.QUARANTINED, FileStatus.WITHDRAWN, FileStatus.SUPERSEDED, FileStatus.ACCEPTED)


@dataclass
class TotalSum:
    """Declared and computed totals of a name in accepted files: how many there are, how many
    differ, and both sums.
    """

    compared: int = 0
    differing: int = 0
    declared: int = 0
    computed: int = 0


def sum_totals(files: list[Row]) -> Mapping[tuple[str, str, str], TotalSum]:
    """Control totals of accepted files by channel, name and currency; a count has no currency."""
    sums: dict[tuple[str, str, str], TotalSum] = {}
    for row in files:
        if row["status"] != FileStatus.ACCEPTED:
            continue
        for total in row["totals"] or ():
            if total["declared"] is None or total["computed"] is None:
                continue
            key = (row["channel"], total["name"], total["currency"] or "")
            one = sums.setdefault(key, TotalSum())
            one.compared += 1
            one.differing += total["declared"] != total["computed"]
            one.declared += total["declared"]
            one.computed += total["computed"]
    return sums


def gap_card(builder: Builder, figures: FileFigures) -> Card:
    """How many things are missing or do not follow."""
    gaps = describe_gaps(figures, builder.language)
    detail = [builder.say("missing, refused, or out of date")]
    return Card(builder.say("Gaps"), f"{len(gaps):,}", detail, "gaps", "warn" if gaps else "good")


def build_gaps(builder: Builder, figures: FileFigures) -> Section:
    """A row for each gap."""
    rows = [[Cell(text)] for text in describe_gaps(figures, builder.language)]
    note = "" if rows else builder.say("Nothing is missing.")
    table = Table(builder.headings("What is missing, or does not follow"), rows, note=note)
    return Section("gaps", builder.say("Gaps"), tables=[table])


def build_control_totals(builder: Builder, figures: FileFigures) -> Section:
    """A row per channel with its files, and one per control total."""
    say, rows, totals = builder.say, [], []
    anchors = {}
    for name in builder.scope.profiles:
        own = [row for row in figures.files if row["channel"] == name]
        anchors[name] = _add_files(builder, name, own)
        counts = {status: sum(row["status"] == status for row in own) for status in FileStatus}
        accepted = sum(int(row["line_count"] or 0) for row in own
                       if row["status"] == FileStatus.ACCEPTED)  # fmt: skip
        rejected = sum(int(row["rejected_count"] or 0) for row in own
                       if row["status"] == FileStatus.ACCEPTED)  # fmt: skip
        lines, matched = figures.lines.get(name, 0), figures.matched_lines.get(name, 0)
        agrees = accepted == lines == matched
        anchor = anchors[name]
        rows.append([
            Cell(name),
            builder.count(counts[FileStatus.ACCEPTED], anchor),
            builder.count(counts[FileStatus.QUARANTINED], anchor, "bad"),
            builder.count(counts[FileStatus.SUPERSEDED], anchor),
            builder.count(accepted, anchor),
            builder.count(rejected, anchor, "warn"),
            builder.count(lines),
            builder.count(matched, tone="" if agrees else "bad"),
            Cell(say("equal") if agrees else say("differ"), tone="good" if agrees else "bad"),
        ])  # fmt: skip
    for (name, total, code), one in sorted(sum_totals([*figures.files]).items()):
        is_money = bool(code)
        shown = [format_money(minor, code) if is_money else f"{minor:,}"
                 for minor in (one.declared, one.computed)]  # fmt: skip
        is_equal = not one.differing
        totals.append([
            Cell(name), Cell(total.replace("_", " ")), Cell(code),
            builder.count(one.compared, anchors[name]),
            *(Cell(text if builder.scope.is_day else "") for text in shown),
            Cell(say("equal") if is_equal else say("{count} differ", count=one.differing),
                 tone="good" if is_equal else "bad"),
        ])  # fmt: skip
    names = ("Channel", "Accepted files", "Refused files", "Replaced files", "Lines of the files",
             "Rejected lines", "Lines in the lake", "Lines matched", "The three")  # fmt: skip
    heads = ("Channel", "Control total", "Currency", "Compared", "Declared", "Computed", "Result")
    intro = say(
        "What each file declares about itself against what its lines add up to, and the lines of"
        " accepted files against those in the lake and those that the match took."
    )
    tables = [Table(builder.headings(*names, numbers=names[1:8]), rows)]
    if totals:
        headings = builder.headings(*heads, numbers=heads[3:6])
        tables.append(Table(headings, totals, say("Control totals of accepted files")))
    return Section("totals", say("Control totals"), intro, tables)


def _add_files(builder: Builder, name: str, files: list[Row]) -> str:
    def place(row: Row) -> tuple[int, int, str, str]:
        known = row["status"] in _ORDER
        rank = _ORDER.index(row["status"]) if known else len(_ORDER)
        return rank, -int(row["line_count"] or 0), str(row["business_date"]), row["file_name"]

    numbers = ("Version", "Lines", "Rejected lines")
    headings = builder.headings("Date", "Part", "File", "Status", *numbers, "Received, UTC",
                                "Why", numbers=numbers)  # fmt: skip

    def render(row: Row) -> list[Cell]:
        refused = row["status"] == FileStatus.QUARANTINED
        return [
            Cell(str(row["business_date"])), Cell(row["part"] or ""),
            Cell(mask(row["file_name"]), tone="id"),
            Cell(builder.say_code(row["status"]), tone="bad" if refused else ""),
            Cell(str(row["version"] or "")), Cell(f"{row['line_count'] or 0:,}"),
            Cell(builder.count(row["rejected_count"] or 0).text),
            Cell(f"{row['received_at']:%Y-%m-%d %H:%M}"), Cell(mask(row["reason"]), tone="id"),
        ]  # fmt: skip

    rows = RowList(len(files), sorted(files, key=place)[:ROWS_READ])
    source = f"tieout files --channel {name} --business-date {builder.scope.last}"
    return builder.add_list("Files", builder.say("{channel}: files", channel=name), rows, headings,
                            render, source)  # fmt: skip
