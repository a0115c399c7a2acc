"""The footers of PayPal's settlement report, and the sums of transactions that they must equal.

Source: docs/reference/dialects/psp.md.
"""

from collections import Counter
from dataclasses import dataclass, field

from jobs.statements.canonical.lines import Lines
from jobs.statements.parser import ControlTotal
from jobs.statements.psp.paypal.lines import hundredths_to_minor_units
from jobs.statements.reading.csv_records import Record

_FOOTER_SUMS = ("gross credits", "gross debits", "fee credits", "fee debits")
#: Cells of a footer: record type, currency, sums.
FOOTER_CELLS = 2 + len(_FOOTER_SUMS)


@dataclass
class FooterSums:
    """The sums of the transactions of a section, or of the file, in minor units.

    `totals` is by (currency, name of the sum); `row_counts` by currency, with rejected lines;
    `footer_currencies` are those whose footer was read.
    """

    totals: Counter[tuple[str, str]] = field(default_factory=Counter)
    row_counts: Counter[str] = field(default_factory=Counter)
    footer_currencies: set[str] = field(default_factory=set)

    def row_count(self) -> int:
        """The number of transactions of all currencies."""
        return sum(self.row_counts.values())

    def add_lines(self, lines: Lines, rejected_count: int) -> None:
        """Adds the transactions of a block; a rejected line counts, but adds no amount."""
        columns = lines.columns
        codes = columns["currency"].to_pylist()
        amounts, fees = columns["amount"].to_pylist(), columns["fee"].to_pylist()
        self.row_counts.update(code or "" for code in codes)
        if rejected_count:
            self.row_counts[""] += rejected_count
        for row, code in enumerate(codes):
            if row in lines.faults:
                continue
            amount, fee = amounts[row], fees[row] or 0
            self.totals[code, "gross credits" if amount > 0 else "gross debits"] += abs(amount)
            self.totals[code, "fee debits" if fee > 0 else "fee credits"] += abs(fee)

    def check_footer(self, record: Record, title: str) -> list[ControlTotal]:
        """The checks of one currency's footer: four sums in hundredths, at last the count."""
        cells = record.cells
        code = cells[1] if len(cells) > 1 else ""
        self.footer_currencies.add(code)
        checks = []
        for place, name in enumerate(_FOOTER_SUMS, 2):
            text = cells[place] if place < len(cells) else ""
            try:
                declared: int | None = hundredths_to_minor_units(text, code)
            except ValueError:
                declared = None
            computed = self.totals[code, name]
            checks.append(ControlTotal(f"{title} {name}", code, declared, computed, text[:28]))
        last = next((cell for cell in reversed(cells[6:]) if cell), "")
        return [*checks, check_count(f"{title} {code} count", last, self.row_counts[code])]

    def check_missing_footers(self, title: str) -> list[ControlTotal]:
        """A failing check for each currency without a footer."""
        return [
            ControlTotal(f"{title} {code} count", None, None, count, "")
            for code, count in sorted(self.row_counts.items())
            if code not in self.footer_currencies
        ]


def check_count(name: str, text: str, computed: int) -> ControlTotal:
    """The check of a printed number of transactions against the number that was read."""
    plain = text.isascii() and text.isdecimal() and len(text) < 16
    return ControlTotal(name, None, int(text) if plain else None, computed, text[:28])
