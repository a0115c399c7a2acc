"""Totals that a delimited file declares, in trailer cells or in text around the statement lines."""

import re
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import Lines
from jobs.statements.parser import DeclaredTotal, Plan, Sample, find_last_line
from schemas.errors import FileRefused
from schemas.expressions import TEXT_MAX
from schemas.profile.layout.delimited import DelimitedLayout
from schemas.profile.layout.parts import Total
from schemas.vocabulary import Kind

_NUMBER = r"[\s:：]*[¥￥]?\s*(?P<value>[+-]?(?:\d[\d,.']*|[.,]\d+))"
#: Totals that prove another: where a file declares all on the left, it needs none for the right.
_PROVES = (
    ({"incoming_count", "outgoing_count"}, "count"),
    ({"incoming_amount", "outgoing_amount"}, "amount"),
    ({"amount", "net_amount"}, "fee"),
)


def is_count(name: str) -> bool:
    """Whether a total is a count of lines; all others are amounts."""
    return name == "count" or name.endswith("_count")


def find_covered_totals(declared: Iterable[DeclaredTotal]) -> tuple[str, ...]:
    """The totals that the declared ones prove together."""
    names = {total.name for total in declared}
    return tuple(name for proving, name in _PROVES if proving <= names)


def read_trailer_totals(
    sample: Sample, layout: DelimitedLayout, cells: list[str]
) -> tuple[DeclaredTotal, ...]:
    """Reads the totals in the cells of a trailer.

    Raises:
        FileRefused: the trailer has too few cells.
    """
    if layout.trailer is None:
        return ()
    totals = layout.trailer.totals
    short = [name for name, place in totals.items() if place > len(cells)]
    if short:
        raise FileRefused(
            "BAD_FOOTER",
            sample.file_name,
            f"the trailer has no {', '.join(short)}",
            "check `layout.trailer.totals`",
        )
    unit = layout.trailer.amount_unit or layout.amount_unit
    return tuple(
        DeclaredTotal(
            str(name),
            _to_plain_number(cells[place - 1], layout),
            "count" if is_count(name) else unit,
        )
        for name, place in totals.items()
    )


def find_footer(sample: Sample, layout: DelimitedLayout) -> int:
    """Finds the byte at which the footer begins.

    Raises:
        FileRefused: none of the last lines begins as `layout.footer.starts` says.
    """
    if layout.footer is None:
        return sample.byte_size
    start, footer_start = sample.byte_size, -1
    for _ in range(layout.footer.within):
        start, raw = find_last_line(sample, start)
        text = layout.text(raw).removeprefix("\ufeff")
        if len(text) <= TEXT_MAX and re.match(layout.footer.starts, text):
            footer_start = start
        if start <= sample.tail_offset:
            break
    if footer_start < 0:
        raise FileRefused(
            "FOOTER_MISSING",
            sample.file_name,
            f"none of its last {layout.footer.within} lines begins with {layout.footer.starts}",
            "fetch the file again, it was cut; or check `layout.footer`",
        )
    return footer_start


def read_text_totals(
    sample: Sample, layout: DelimitedLayout, lines_above: list[str], lines_below: list[str]
) -> tuple[DeclaredTotal, ...]:
    """Reads the totals in the text above and below the statement lines.

    Raises:
        FileRefused: a total is missing, or the text declares it more than once.
    """
    totals: list[DeclaredTotal] = []
    for total in layout.totals:
        declared = _find_total(total, lines_above if total.at == "head" else lines_below, layout)
        if not declared:
            raise FileRefused(
                "FOOTER_MISSING" if total.at == "foot" else "BAD_FOOTER",
                sample.file_name,
                f"no total matches {total.after or total.pattern!r}",
                "fetch the file again, it was cut; or check `layout.totals`",
            )
        totals += declared
    repeated = [
        one for one in totals for other in totals if _have_same_subject(one, other) and one != other
    ]
    if repeated:
        raise FileRefused(
            "BAD_FOOTER",
            sample.file_name,
            f"it declares {repeated[0].name} more than once",
            "choose one in `layout.totals`",
        )
    return tuple(dict.fromkeys(totals))


def _have_same_subject(one: DeclaredTotal, other: DeclaredTotal) -> bool:
    return (one.name, one.currency) == (other.name, other.currency)


def _find_total(total: Total, lines: list[str], layout: DelimitedLayout) -> list[DeclaredTotal]:
    unit = total.unit or layout.amount_unit
    pattern = total.pattern or re.escape(total.after or "") + _NUMBER
    totals = []
    for line in (line for line in lines if len(line) <= TEXT_MAX):
        for hit in re.finditer(pattern, line):
            groups = hit.groupdict()
            currency_text = groups.pop("currency", None)
            currency = (
                layout.currencies.get(currency_text, currency_text)
                if currency_text
                else total.currency
            )
            for group, text in groups.items():
                name = str(total.name) if total.name else group
                if text is not None:
                    number = _to_plain_number(text.strip(), layout)
                    totals.append(
                        DeclaredTotal(name, number, "count" if is_count(name) else unit, currency)
                    )
    return totals


def _to_plain_number(text: str, layout: DelimitedLayout) -> str:
    rules = layout.amounts
    if rules is None:
        return text
    plain = text.replace(rules.thousands, "") if rules.thousands else text
    return plain.replace(",", ".") if rules.decimal == "," else plain


def compute_contributions(lines: Lines, plan: Plan) -> dict[str, pa.Array]:
    """Computes what each line adds to every declared total: minor units or counts (BIGINT)."""
    if not plan.declared:
        return {}
    amount = pc.fill_null(lines.columns["amount"], 0)
    fee = pc.fill_null(lines.columns["fee"], 0)
    zero = pa.repeat(pa.scalar(0, pa.int64()), len(amount))
    contributions = {}
    for total in plan.declared:
        subject = total.name.rpartition("_")[0]
        mask = _subject_mask(subject, lines, amount)
        value = amount
        if is_count(total.name):
            value = pc.add(zero, 1)
        elif total.name == "fee":
            value = fee
        elif subject == "net":
            value = pc.subtract(amount, fee)
        elif subject in ("absolute", "refund", "outgoing"):
            value = pc.abs(amount)
        contributions[total.name] = value if mask is None else pc.if_else(mask, value, zero)
    return contributions


def _subject_mask(subject: str, lines: Lines, amount: pa.Array) -> pa.Array | None:
    if subject in ("payment", "refund"):
        kind = Kind.PAYMENT if subject == "payment" else Kind.REFUND
        return pc.fill_null(pc.equal(lines.columns["kind"], kind.value), False)
    if subject == "incoming":
        return pc.greater_equal(amount, 0)
    return pc.less(amount, 0) if subject == "outgoing" else None
