"""`tieout profile new`: a page drafted from a statement, with what was guessed from what.

Nothing of the file but its headings and the few words of its kinds, statuses and signs comes into
the page: no account number, no name.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML

from jobs.onboarding.described import described, zone_of
from jobs.onboarding.guesswork import Described
from jobs.onboarding.names import pattern_of
from jobs.onboarding.page import flow, layout_text, said
from jobs.onboarding.shipped import Draft, Given, fitting, of_shipped, page_at
from jobs.onboarding.sums import with_totals
from jobs.onboarding.table import Table, encoding_of, table_of
from jobs.onboarding.trial import Trial, tried
from jobs.statements import DIALECTS
from jobs.statements.parser import HEAD_BYTES, TAIL_BYTES, Sample
from jobs.statements.reading.cell_marks import SEPARATOR, shown
from jobs.statements.xlsx import parser
from jobs.statements.xlsx.workbook_zip import Workbook
from jobs.storage.archive import ArchivedFile, Storage, archive_file
from jobs.storage.unpack import UnpackLimits, render_as_text, report_damage, unpack
from schemas.errors import FileRefused
from schemas.profile.channel import Profile

#: Dialects that a profile describes: they are drafted from the table that the file is.
DESCRIBED = ("delimited", "fixed_width", "xlsx")
_UNPACKED_BYTES_MAX = 20 * 2**30


def drafted(statement: Path, channel: str, shipped: Mapping[str, Path]) -> Draft:
    """A page for a statement; `shipped` are the pages to begin with, by their name.

    Raises:
        FileRefused: it cannot be unpacked, or it is nothing that is known.
    """
    with tempfile.TemporaryDirectory() as folder:
        storage = Storage(folder)
        with statement.open("rb") as source:
            kept = archive_file(storage, source)
        pages = {name: page_at(path) for name, path in shipped.items()}
        given = Given(statement, storage, kept, channel, shipped, pages)
        sample = _sample(given, kept)
        if parser.identify(sample):
            return _of_workbook(given)
        plain = _plain(given)
        sample = _sample(given, plain)
        known = [
            name
            for name, module in DIALECTS.items()
            if name not in DESCRIBED and module.identify(sample)
        ]
        for dialect in known or ("delimited", "fixed_width"):
            page = fitting(given, plain, dialect)
            if page is not None:
                return of_shipped(given, page)
        if b"\0" in sample.head:
            raise FileRefused(
                "NOT_RECOGNISED", given.name, "it is no text in a known encoding",
                "have it sent in UTF-8 or GB18030",
            )  # fmt: skip
        encoding = encoding_of(sample.head, sample.size <= HEAD_BYTES)
        head, tail = (part.decode(encoding, "replace") for part in (sample.head, sample.tail))
        table = table_of(_lines(head), _lines(tail), encoding, given.name)
        return _of_table(given, table, None)


def _sample(given: Given, plain: ArchivedFile) -> Sample:
    with given.storage.fs.open_input_file(plain.path) as source:
        head = source.read(HEAD_BYTES)
        source.seek(max(0, plain.byte_size - TAIL_BYTES))
        return Sample(given.name, plain.byte_size, head, source.read(TAIL_BYTES))


def _lines(text: str) -> list[str]:
    return [line.rstrip("\r").removeprefix("\ufeff") for line in text.split("\n")]


def _plain(given: Given) -> ArchivedFile:
    """The file, unpacked; of several in a zip the one that a shipped page takes."""
    members = [None, *(page.files.member for page in given.pages.values() if page.files)]
    first: FileRefused | None = None
    for member in dict.fromkeys(members):
        try:
            wanted = UnpackLimits(_UNPACKED_BYTES_MAX, member, is_text=False)
            return unpack(given.storage, given.kept, given.name, "scratch", wanted)
        except FileRefused as fault:
            first = first or fault
            if fault.code != "MANY_MEMBERS":
                break
    assert first is not None
    raise first


def _of_workbook(given: Given) -> Draft:
    """A page for the first visible sheet that is a table."""
    opening = given.storage.fs.open_input_file(given.kept.path)
    with opening as source, report_damage(given.name):
        book = Workbook(source, given.name, _UNPACKED_BYTES_MAX)
        visible = [tab for tab in book.tabs if tab.visible]
    first: FileRefused | None = None
    for number in range(1, len(visible) + 1):
        try:
            plain = _sheet(given, number)
            sample = _sample(given, plain)
            head, tail = (_lines(shown(part.decode("utf-8", "replace")))
                          for part in (sample.head, sample.tail))  # fmt: skip
            table = table_of(head, tail, "utf-8", given.name, SEPARATOR)
        except FileRefused as fault:
            first = first or fault
            continue
        return _of_table(given, table, {"sheet": number} if len(visible) > 1 else {})
    raise first or FileRefused(
        "NOT_RECOGNISED", given.name, "no sheet is visible", "have it sent with its sheet shown"
    )


def _sheet(given: Given, number: int) -> ArchivedFile:
    wanted = UnpackLimits(_UNPACKED_BYTES_MAX, is_text=False)
    return render_as_text(
        given.storage, given.kept, given.name, "scratch", wanted,
        lambda source, name, most: Workbook(source, name, most).lines(number),
    )  # fmt: skip


def _of_table(given: Given, table: Table, sheet: dict[str, Any] | None) -> Draft:
    """A page with a layout, and the totals that the file proves; `sheet` is of a workbook."""
    found = described(table, sheet is not None)
    dialect = "delimited" if sheet is None else "xlsx"
    for key, value in (sheet or {}).items():
        found.layout = {key: value, **found.layout}
        found.why[key] = "the first of its visible sheets that is a table"
    pattern, day = pattern_of(given.name, given.channel)

    def text(of: Described, first: date | None) -> str:
        return _text(given.channel, dialect, zone_of(table), (pattern, first or day), of)

    def trial(of: Described) -> Trial | None:
        whole = replace(of, layout={**of.layout, **of.assumed})
        profile = _valid(text(whole, date(2000, 1, 1)))
        return None if profile is None else tried(profile, given.statement, day, 0)

    found = with_totals(found, table, trial)
    first = day or found.day
    if first is None:
        found.open.append("the first day of which a file is expected (first_date)")
    return Draft(text(found, first), dialect, found.open)


def _text(
    channel: str, dialect: str, zone: tuple[str, str], files: tuple[str, date | None],
    found: Described,
) -> str:  # fmt: skip
    pattern, first = files
    refs = [name for name in ("our_ref", "channel_ref") if name in found.layout["columns"]]
    passes: list[Any] = refs
    why = "the numbers that both sides have, in this order"
    if not refs:
        on = ["amount", "currency"]
        passes = [{"name": "amount_and_time", "on": on, "within_seconds": 300}]
        why = "no column has a number of ours or theirs; say whether this is safe"
    named = "say how the files of a day are named"
    if "{" in pattern.rsplit("/", 1)[-1]:
        named = "by the date in its name; say more where others lie beside it"
    lines = [
        "# Drafted from a file. A comment says what a guess came from: look at each.",
        said(f"channel: {flow(channel)}", "the name in every table"),
        f"dialect: {dialect}",
        said(f"zone: {zone[0]}", zone[1]),
        *(
            [said(f"first_date: {first}", "its day: nothing is expected before it")]
            if first
            else []
        ),
        "files:",
        said(f"  pattern: {flow(pattern)}", f"below --inbox; {named}"),
        *layout_text(found.layout, found.why, found.open),
        "match:",
        said(f"  passes: {flow(passes)}", why),
    ]
    return "\n".join(lines) + "\n"


def _valid(text: str) -> Profile | None:
    try:
        return Profile.model_validate(YAML().load(text))
    except ValidationError:
        return None
