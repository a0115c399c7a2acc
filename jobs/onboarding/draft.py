"""`tieout profile new`: drafts a channel's page from a statement, each guess with its reason.

Only headings and the words of kinds, statuses and signs get into the page: no account number, no
name.
"""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML

from jobs.ingestion.open_file import decompress
from jobs.onboarding.describe_table import describe_table, finish_layout
from jobs.onboarding.evidence.encodings import detect_encoding
from jobs.onboarding.evidence.other_formats import describe_other_format
from jobs.onboarding.file_names import file_pattern
from jobs.onboarding.layout_draft import OPEN, LayoutDraft
from jobs.onboarding.page_text import layout_lines, to_flow_yaml, with_comment
from jobs.onboarding.proven_totals import add_proven_totals
from jobs.onboarding.shipped_pages import (
    Draft,
    DraftInput,
    draft_from_shipped,
    find_fitting_page,
    is_planned_by,
    load_page,
)
from jobs.onboarding.table import Table, detect_table
from jobs.onboarding.trial import Trial, try_statement
from jobs.statements import DIALECTS
from jobs.statements.parser import HEAD_BYTES, TAIL_BYTES, Sample
from jobs.statements.reading.sheet_encoding import SEPARATOR, render_row
from jobs.statements.xlsx import parser
from jobs.statements.xlsx.workbook_zip import Workbook
from jobs.storage.archive import ArchivedFile, Storage, archive_file
from jobs.storage.unpack import UnpackLimits, render_as_text, report_damage, unpack
from schemas.errors import FileRefused
from schemas.profile.channel import Profile

#: Dialects whose layout a profile describes: their page is drafted from the table in the file.
DESCRIBED = ("delimited", "fixed_width", "xlsx")
_UNPACKED_BYTES_MAX = 20 * 2**30


def draft_page(statement: Path, channel: str, shipped: Mapping[str, Path]) -> Draft:
    """Drafts a page for a statement; `shipped` are the shipped pages by name.

    Raises:
        FileRefused: the file cannot be unpacked, or its format is not recognised.
    """
    with tempfile.TemporaryDirectory() as folder:
        storage = Storage(folder)
        with statement.open("rb") as stream:
            archived = archive_file(storage, stream)
        pages = {name: load_page(path) for name, path in shipped.items()}
        source = DraftInput(statement, storage, archived, channel, shipped, pages)
        sample = _read_sample(source, archived)
        if parser.identify(sample):
            page = _find_page_of_workbook(source, sample)
            return draft_from_shipped(source, page) if page else _draft_from_workbook(source)
        plain = _unpack_statement(source)
        sample = _read_sample(source, plain)
        dialects = [
            name
            for name, module in DIALECTS.items()
            if name not in DESCRIBED and module.identify(sample)
        ]
        for dialect in dialects or ("delimited", "fixed_width"):
            page = find_fitting_page(source, plain, dialect)
            if page is not None:
                return draft_from_shipped(source, page)
        if b"\0" in sample.head:
            raise FileRefused(
                "NOT_RECOGNISED", source.name, "it is not text in an encoding that is read",
                "have it sent in UTF-8 or GB18030",
            )  # fmt: skip
        other = describe_other_format(sample.head)
        if other is not None:
            raise FileRefused(
                "NOT_RECOGNISED", source.name, other,
                "see `tieout profile list` for the formats that are read",
            )  # fmt: skip
        encoding, is_certain = detect_encoding(sample.head, sample.byte_size <= HEAD_BYTES)
        head, tail = (part.decode(encoding, "replace") for part in (sample.head, sample.tail))
        table = detect_table(_split_lines(head), _split_lines(tail), encoding, source.name)
        questions = [] if is_certain else [f"which encoding the file is in, {encoding}? (encoding)"]
        return _draft_from_table(source, table, None, questions)


def _find_page_of_workbook(source: DraftInput, sample: Sample) -> str | None:
    """The shipped page that reads a workbook as a bill of its dialect; None if none does."""
    for name, page in source.pages.items():
        dialect = DIALECTS.get(page.dialect or "")
        if dialect is None or dialect.is_archive or not dialect.renders(sample):
            continue
        with suppress(FileRefused):
            plain = decompress(source.storage, source.archived, source.name, "scratch", page)
            if is_planned_by(source, plain, page):
                return name
    return None


def _read_sample(source: DraftInput, plain: ArchivedFile) -> Sample:
    with source.storage.fs.open_input_file(plain.path) as stream:
        head = stream.read(HEAD_BYTES)
        stream.seek(max(0, plain.byte_size - TAIL_BYTES))
        return Sample(source.name, plain.byte_size, head, stream.read(TAIL_BYTES))


def _split_lines(text: str) -> list[str]:
    return [line.rstrip("\r").removeprefix("\ufeff") for line in text.split("\n")]


def _unpack_statement(source: DraftInput) -> ArchivedFile:
    """Unpacks the file; of several files in a zip it takes the one that a shipped page names."""
    members = [None, *(page.files.member for page in source.pages.values() if page.files)]
    first: FileRefused | None = None
    for member in dict.fromkeys(members):
        try:
            limits = UnpackLimits(_UNPACKED_BYTES_MAX, member, is_text=False)
            return unpack(source.storage, source.archived, source.name, "scratch", limits)
        except FileRefused as fault:
            first = first or fault
            if fault.code != "MULTIPLE_FILES_IN_ARCHIVE":
                break
    assert first is not None
    raise first


def _draft_from_workbook(source: DraftInput) -> Draft:
    """Drafts a page for the first visible sheet that has a table."""
    opening = source.storage.fs.open_input_file(source.archived.path)
    with opening as stream, report_damage(source.name):
        book = Workbook(stream, source.name, _UNPACKED_BYTES_MAX)
        visible = [tab for tab in book.sheets if tab.is_visible]
    first: FileRefused | None = None
    for number in range(1, len(visible) + 1):
        try:
            plain = _sheet_as_text(source, number)
            sample = _read_sample(source, plain)
            head, tail = (_split_lines(render_row(part.decode("utf-8", "replace")))
                          for part in (sample.head, sample.tail))  # fmt: skip
            table = detect_table(head, tail, "utf-8", source.name, SEPARATOR)
        except FileRefused as fault:
            first = first or fault
            continue
        return _draft_from_table(source, table, {"sheet": number} if len(visible) > 1 else {})
    raise first or FileRefused(
        "NOT_RECOGNISED", source.name, "no sheet is visible", "ask for a file with a visible sheet"
    )


def _sheet_as_text(source: DraftInput, number: int) -> ArchivedFile:
    limits = UnpackLimits(_UNPACKED_BYTES_MAX, is_text=False)
    return render_as_text(
        source.storage, source.archived, source.name, "scratch", limits,
        lambda stream, name, bytes_max: Workbook(stream, name, bytes_max).read_lines(number),
    )  # fmt: skip


def _draft_from_table(
    source: DraftInput,
    table: Table,
    sheet: dict[str, Any] | None,
    questions: Sequence[str] = (),
) -> Draft:
    """Drafts a page with a layout and the totals that its lines prove; `sheet` for a workbook."""
    pattern, day = file_pattern(source.name, source.channel)
    draft = describe_table(table, sheet is not None, day)
    draft.questions = [*questions, *draft.questions]
    dialect = "delimited" if sheet is None else "xlsx"
    for key, value in (sheet or {}).items():
        draft.layout = {key: value, **draft.layout}
        draft.reasons[key] = "the first visible sheet that has a table"

    def page_text(layout: LayoutDraft, first: date | None) -> str:
        return _page_text(source.channel, dialect, (pattern, first or day), layout)

    def try_layout(layout: LayoutDraft) -> Trial | None:
        zone = layout.zone if layout.zone[0] != OPEN else ("Etc/UTC", "")
        assumed = replace(layout, layout=_assume(layout), zone=zone)
        profile = _validate(page_text(assumed, date(2000, 1, 1)))
        return None if profile is None else try_statement(profile, source.statement, day, 0)

    draft = add_proven_totals(draft, table, try_layout)
    finish_layout(draft)
    first = day or draft.busiest_day
    if first is None:
        draft.questions.append("the first date for which a file is expected (first_date)")
    return Draft(page_text(draft, first), dialect, draft.questions, draft.left_out)


def _assume(draft: LayoutDraft) -> dict[str, Any]:
    """The layout with assumed answers in place of what is asked."""
    layout: dict[str, Any] = dict(draft.layout)
    for key, answer in draft.assumptions.items():
        drafted = layout.get(key)
        if isinstance(drafted, dict) and isinstance(answer, dict):
            layout[key] = {**drafted, **answer}
        else:
            layout[key] = answer
    return layout


def _page_text(
    channel: str, dialect: str, files: tuple[str, date | None], draft: LayoutDraft
) -> str:
    pattern, first = files
    references = [name for name in ("our_ref", "channel_ref") if name in draft.layout["columns"]]
    passes: list[Any] = references
    why = "the references that both sides have, in this order"
    if not references:
        on = ["amount", "currency"]
        passes = [{"name": "amount_and_time", "on": on, "within_seconds": 300}]
        why = "no column has a reference; say whether this is safe"
    pattern_advice = "say how the files of a date are named"
    if "{" in pattern.rsplit("/", 1)[-1]:
        pattern_advice = "by the date in its name; say more if other files are in the folder"
    lines = [
        "# Drafted from a file. Each comment says where a guess comes from: check all of them.",
        with_comment(f"channel: {to_flow_yaml(channel)}", "the name in every table"),
        f"dialect: {dialect}",
        with_comment(f"zone: {to_flow_yaml(draft.zone[0])}", draft.zone[1]),
        *(
            [with_comment(f"first_date: {first}", "the date of this file; none is expected before")]
            if first
            else []
        ),
        "files:",
        with_comment(f"  pattern: {to_flow_yaml(pattern)}", f"below --inbox; {pattern_advice}"),
        *layout_lines(draft.layout, draft.reasons, draft.questions),
        "match:",
        with_comment(f"  passes: {to_flow_yaml(passes)}", why),
    ]
    return "\n".join(lines) + "\n"


def _validate(text: str) -> Profile | None:
    try:
        return Profile.model_validate(YAML().load(text))
    except ValidationError:
        return None
