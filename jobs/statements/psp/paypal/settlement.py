"""PayPal's settlement report (STL), CSV: sections of typed records, each with its own footers.

RH report, FH file, SH section, CH its columns, SB a transaction; SF and SC close a section, RF and
RC the report, FF the file. Source: docs/reference/dialects/psp.md.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from jobs.statements.parser import Check, Dialect, Parsed, Plan, Sample
from jobs.statements.psp.columns import Block, fitting
from jobs.statements.psp.paypal.codes import NAMES, NEEDED
from jobs.statements.psp.paypal.lines import in_minor_units, lines_of
from jobs.statements.reading.csv_records import Record, bound, header_of, is_full, records
from jobs.statements.reading.shape import Rejected
from schemas.errors import FileRefused
from schemas.profile.channel import Profile

_FOOTED = ("gross credits", "gross debits", "fee credits", "fee debits")
_FOOTER_CELLS = 2 + len(_FOOTED)
_TYPES = ("RH", "FH", "SH", "CH", "SB", "SF", "SC", "RF", "RC", "FF")


def identify(sample: Sample) -> bool:
    """Whether there is a column header that names an event code among the first records."""
    try:
        header_of(
            sample.name,
            sample.head,
            lambda cells: cells[0] == "CH" and "Transaction Event Code" in cells,
        )
    except FileRefused:
        return False
    return True


def plan(sample: Sample, profile: Profile) -> Plan:
    """Looks at the first record; the sections are read as they come.

    Raises:
        FileRefused: it is no record of such a report.
    """
    first = header_of(sample.name, sample.head, lambda cells: cells[0] in _TYPES)
    if first.line_no != 1 or first.cells[0] not in ("RH", "FH"):
        raise FileRefused(
            "UNKNOWN_LAYOUT", sample.name, "it does not begin with a record RH or FH",
            "check the profile's `dialect`, or fetch the file again", first.line_no,
        )  # fmt: skip
    proved = ("count", "amount", "fee")
    return Plan("paypal_settlement", None, {}, 0, 1, sample.size, covered=proved, name=sample.name)


@dataclass
class _Sums:
    """What the transactions of a section, or of the file, add up to; `rows` counts every one."""

    sums: Counter[tuple[str, str]] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    footed: set[str] = field(default_factory=set)

    def count(self) -> int:
        """All transactions."""
        return sum(self.rows.values())

    def foot(self, record: Record, title: str) -> list[Check]:
        """A footer of one currency: four sums in hundredths, and last the number of rows."""
        cells = record.cells
        code = cells[1] if len(cells) > 1 else ""
        self.footed.add(code)
        checks = []
        for place, name in enumerate(_FOOTED, 2):
            text = cells[place] if place < len(cells) else ""
            try:
                declared: int | None = in_minor_units(text, code)
            except ValueError:
                declared = None
            computed = self.sums[code, name]
            checks.append(Check(f"{title} {name}", code, declared, computed, text[:28]))
        last = next((each for each in reversed(cells[6:]) if each), "")
        return [*checks, _count(f"{title} {code} count", last, self.rows[code])]

    def unfooted(self, title: str) -> list[Check]:
        """Currencies that no footer speaks of, which is a fault."""
        return [
            Check(f"{title} {code} count", None, None, count, "")
            for code, count in sorted(self.rows.items())
            if code not in self.footed
        ]


def _count(name: str, text: str, computed: int) -> Check:
    plain = text.isascii() and text.isdecimal() and len(text) < 16
    return Check(name, None, int(text) if plain else None, computed, text[:28])


def read(source: IO[bytes], plan: Plan, profile: Profile) -> Iterator[Parsed]:
    """The report to canonical lines by pieces, with the checks of the footers between them.

    Raises:
        FileRefused: a record of another type or out of its place, a section or file without its
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
    waiting: list[Record] = field(default_factory=list)
    size: int = 0
    section: _Sums | None = None
    sections: int = 0
    whole: _Sums = field(default_factory=_Sums)
    first_file: bool = False
    ended: bool = False

    def read(self, source: IO[bytes]) -> Iterator[Parsed]:
        """See `read` of this module."""
        for record in records(source, self.plan.name):
            if record.cells[0] == "SB":
                if self.section is None or not self.places:
                    raise self._refused(record, "a transaction outside of a section")
                self.waiting.append(record)
                self.size += len(record.raw)
                if is_full(self.waiting, self.size):
                    yield self._flushed(())
                continue
            if self.waiting:
                yield self._flushed(())
            checks = self._other(record)
            if checks:
                yield self._flushed(tuple(checks))
        if self.section is not None or not self.ended:
            raise FileRefused(
                "NO_FOOTER", self.plan.name, "it ends without the records SC and FF",
                "fetch the file again: it is cut",
            )  # fmt: skip

    def _refused(self, record: Record, found: str) -> FileRefused:
        return FileRefused(
            "BAD_SECTION", self.plan.name, found, "have the channel correct its file",
            record.line_no,
        )  # fmt: skip

    def _other(self, record: Record) -> list[Check]:
        """A record that is no transaction: the checks that it brings."""
        cells, kind = record.cells, record.cells[0]
        if self.ended:
            raise self._refused(record, f"a record {kind[:8]!r} below FF")
        if kind == "FH":
            self.first_file = cells[1].lstrip("0") in ("1", "") if len(cells) > 1 else False
        elif kind == "SH":
            if self.section is not None:
                raise self._refused(record, "a section begins before SC has closed the last")
            self.section, self.places = _Sums(), {}
            self.sections += 1
            self.account = cells[3] if len(cells) > 3 else ""
        elif kind == "CH":
            self._bind(record)
        elif kind in ("SF", "SC"):
            return self._close(record)
        elif kind in ("RF", "RC"):
            # Of a report in several files they speak of all of them together.
            if self.first_file and kind == "RF":
                return self.whole.foot(record, "report")
            if self.first_file:
                return [_count("report count", _second(cells), self.whole.count())]
        elif kind == "FF":
            self.ended = True
            return [_count("file count", _second(cells), self.whole.count())]
        elif kind != "RH":
            raise self._refused(record, f"a record of the unknown type {kind[:8]!r}")
        return []

    def _bind(self, record: Record) -> None:
        if self.section is None:
            raise self._refused(record, "a column header outside of a section")
        names = {**NAMES, "our_ref": (self.profile.paypal.our_ref,)}
        self.places = bound(record, names, (*NEEDED, "our_ref"), self.plan.name)
        self.width = len(record.cells)

    def _close(self, record: Record) -> list[Check]:
        if self.section is None:
            raise self._refused(record, "a section's footer outside of a section")
        title = f"section {self.sections}"
        if record.cells[0] == "SF":
            if len(record.cells) < _FOOTER_CELLS:
                found = (
                    "a footer SF without a currency and its sums, as of a transaction detail"
                    " report, which is not a settlement report"
                )
                raise self._refused(record, found)
            return self.section.foot(record, title)
        counted = _count(f"{title} count", _second(record.cells), self.section.count())
        checks = [counted, *self.section.unfooted(title)]
        self.section = None
        return checks

    def _flushed(self, checks: tuple[Check, ...]) -> Parsed:
        """The transactions that wait, as a piece; what they add is added."""
        rejected = Rejected()
        found, self.waiting, self.size = self.waiting, [], 0
        block = Block(fitting(found, self.width, rejected), self.places)
        lines = lines_of(block, self.account, self.profile)
        columns = lines.columns
        codes = columns["currency"].to_pylist()
        amounts, fees = columns["amount"].to_pylist(), columns["fee"].to_pylist()
        for sums in (self.section, self.whole) if found else ():
            if sums is None:
                continue
            sums.rows.update(code or "" for code in codes)
            if rejected.line_no:
                sums.rows[""] += len(rejected.line_no)
            for row, code in enumerate(codes):
                if row in lines.faults:
                    continue
                amount, fee = amounts[row], fees[row] or 0
                sums.sums[code, "gross credits" if amount > 0 else "gross debits"] += abs(amount)
                sums.sums[code, "fee debits" if fee > 0 else "fee credits"] += abs(fee)
        return Parsed(lines, raw=block.raw, checks=checks, rejected=rejected)


def _second(cells: list[str]) -> str:
    return cells[1] if len(cells) > 1 else ""


DIALECT = Dialect("paypal_settlement", identify, plan, read=read)
