"""PayPal's settlement report (STL), CSV: sections of typed records, each with its own footers.

RH report, FH file, SH section, CH its columns, SB a transaction; SF and SC close a section, RF and
RC the report, FF the file. Source: docs/reference/dialects/psp.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from jobs.statements.parser import ControlTotal, Dialect, ParsedBlock, Plan, Sample
from jobs.statements.psp.columns import Block, name_extra, reject_wrong_width
from jobs.statements.psp.paypal.codes import NAMES, NEEDED
from jobs.statements.psp.paypal.footers import FOOTER_CELLS, FooterSums, check_count
from jobs.statements.psp.paypal.lines import parse_block
from jobs.statements.reading.csv_records import (
    Record,
    find_header,
    is_batch_full,
    locate_columns,
    read_records,
)
from jobs.statements.reading.line_format import RejectedLines
from schemas.errors import FileRefused
from schemas.profile.channel import Profile
from schemas.profile.layout.parts import EXTRA_PREFIX

_TYPES = ("RH", "FH", "SH", "CH", "SB", "SF", "SC", "RF", "RC", "FF")


def identify(sample: Sample) -> bool:
    """Whether there is a column header that names an event code among the first records."""
    try:
        find_header(
            sample.file_name,
            sample.head,
            lambda cells: cells[0] == "CH" and "Transaction Event Code" in cells,
        )
    except FileRefused:
        return False
    return True


def plan(sample: Sample, profile: Profile) -> Plan:
    """The plan of a document; only the first record is looked at.

    Raises:
        FileRefused: the file does not begin as such a report.
    """
    first = find_header(sample.file_name, sample.head, lambda cells: cells[0] in _TYPES)
    if first.line_no != 1 or first.cells[0] not in ("RH", "FH"):
        raise FileRefused(
            "UNKNOWN_LAYOUT", sample.file_name, "it does not begin with a record RH or FH",
            "check the profile's `dialect`, or fetch the file again", first.line_no,
        )  # fmt: skip
    proved = ("count", "amount", "fee")
    return Plan(
        "paypal_settlement",
        None,
        {},
        0,
        1,
        sample.byte_size,
        covered_totals=proved,
        file_name=sample.file_name,
    )


def read(source: IO[bytes], plan: Plan, profile: Profile) -> Iterator[ParsedBlock]:
    """The report to canonical lines by pieces, with the checks of the footers between them.

    Raises:
        FileRefused: a record of an unknown type or out of order, a section or file without its
            footer, or what `csv_records.records` refuses.
    """
    return _Reader(plan, profile).read(source)


@dataclass
class _Reader:
    plan: Plan
    profile: Profile
    places: dict[str, int] = field(default_factory=dict)
    width: int = 0
    account: str = ""
    records: list[Record] = field(default_factory=list)
    size: int = 0
    section: FooterSums | None = None
    section_count: int = 0
    file_sums: FooterSums = field(default_factory=FooterSums)
    is_first_file: bool = False
    is_ended: bool = False

    def read(self, source: IO[bytes]) -> Iterator[ParsedBlock]:
        """See `read` of this module."""
        for record in read_records(source, self.plan.file_name):
            if record.cells[0] == "SB":
                if self.section is None or not self.places:
                    raise self._section_refusal(record, "a transaction outside of a section")
                self.records.append(record)
                self.size += len(record.raw)
                if is_batch_full(self.records, self.size):
                    yield self._take_block(())
                continue
            if self.records:
                yield self._take_block(())
            checks = self._read_frame_record(record)
            if checks:
                yield self._take_block(tuple(checks))
        if self.section is not None or not self.is_ended:
            raise FileRefused(
                "NO_FOOTER", self.plan.file_name, "it ends without the records SC and FF",
                "fetch the file again: it is cut",
            )  # fmt: skip

    def _section_refusal(self, record: Record, problem: str) -> FileRefused:
        return FileRefused(
            "BAD_SECTION", self.plan.file_name, problem, "have the channel correct its file",
            record.line_no,
        )  # fmt: skip

    def _read_frame_record(self, record: Record) -> list[ControlTotal]:
        """Reads a record that is no transaction; returns the checks that it declares."""
        cells, kind = record.cells, record.cells[0]
        if self.is_ended:
            raise self._section_refusal(record, f"a record {kind[:8]!r} below FF")
        if kind == "FH":
            self.is_first_file = cells[1].lstrip("0") in ("1", "") if len(cells) > 1 else False
        elif kind == "SH":
            if self.section is not None:
                raise self._section_refusal(
                    record, "a section begins before SC has closed the last"
                )
            self.section, self.places = FooterSums(), {}
            self.section_count += 1
            self.account = cells[3] if len(cells) > 3 else ""
        elif kind == "CH":
            self._bind_columns(record)
        elif kind in ("SF", "SC"):
            return self._close_section(record)
        elif kind in ("RF", "RC"):
            # In a report of several files these footers sum up all files.
            if self.is_first_file and kind == "RF":
                return self.file_sums.check_footer(record, "report")
            if self.is_first_file:
                return [
                    check_count("report count", _second_cell(cells), self.file_sums.row_count())
                ]
        elif kind == "FF":
            self.is_ended = True
            return [check_count("file count", _second_cell(cells), self.file_sums.row_count())]
        elif kind != "RH":
            raise self._section_refusal(record, f"a record of the unknown type {kind[:8]!r}")
        return []

    def _bind_columns(self, record: Record) -> None:
        if self.section is None:
            raise self._section_refusal(record, "a column header outside of a section")
        options = self.profile.paypal
        names = {**NAMES, "our_ref": (options.our_ref,), **name_extra({}, options.extra)}
        needed = (*NEEDED, "our_ref", *(f"{EXTRA_PREFIX}{name}" for name in options.extra))
        self.places = locate_columns(record, names, needed, self.plan.file_name)
        self.width = len(record.cells)

    def _close_section(self, record: Record) -> list[ControlTotal]:
        if self.section is None:
            raise self._section_refusal(record, "a section's footer outside of a section")
        title = f"section {self.section_count}"
        if record.cells[0] == "SF":
            if len(record.cells) < FOOTER_CELLS:
                problem = (
                    "a footer SF without a currency and its sums, as of a transaction detail"
                    " report, which is not a settlement report"
                )
                raise self._section_refusal(record, problem)
            return self.section.check_footer(record, title)
        counted = check_count(
            f"{title} count", _second_cell(record.cells), self.section.row_count()
        )
        checks = [counted, *self.section.check_missing_footers(title)]
        self.section = None
        return checks

    def _take_block(self, checks: tuple[ControlTotal, ...]) -> ParsedBlock:
        """The block of the collected transactions; adds them to the sums."""
        rejected = RejectedLines()
        records, self.records, self.size = self.records, [], 0
        block = Block(reject_wrong_width(records, self.width, rejected), self.places)
        lines = parse_block(block, self.account, self.profile)
        for sums in (self.section, self.file_sums) if records else ():
            if sums is not None:
                sums.add_lines(lines, len(rejected.line_no))
        return ParsedBlock(lines, raw=block.raw, control_totals=checks, rejected=rejected)


def _second_cell(cells: list[str]) -> str:
    return cells[1] if len(cells) > 1 else ""


DIALECT = Dialect("paypal_settlement", identify, plan, read=read)
