"""Totals of a delimited file: a trailer's cells, or expressions in the text around the trades."""

import re
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import Lines
from jobs.statements.parser import Declared, Plan, Sample, last_line
from schemas.errors import FileRefused
from schemas.profile.layout.delimited import DelimitedLayout
from schemas.profile.layout.parts import Total
from schemas.vocabulary import Kind

_NUMBER = r"[\s:：]*[¥￥]?\s*(?P<value>[+-]?(?:\d[\d,.']*|[.,]\d+))"
#: Totals that prove others: if all on the left are declared, the right one needs no total.
_PROVES = (
    ({"incoming_count", "outgoing_count"}, "count"),
    ({"incoming_amount", "outgoing_amount"}, "amount"),
    ({"amount", "net_amount"}, "fee"),
)


def is_count(name: str) -> bool:
    """Whether a total counts lines; the others are amounts."""
    return name == "count" or name.endswith("_count")


def covered(declared: Iterable[Declared]) -> tuple[str, ...]:
    """Totals that the declared ones prove together."""
    names = {each.name for each in declared}
    return tuple(name for several, name in _PROVES if several <= names)


def trailer(sample: Sample, layout: DelimitedLayout, cells: list[str]) -> tuple[Declared, ...]:
    """The totals of a trailer from its cells.

    Raises:
        FileRefused: a cell is not there.
    """
    if layout.trailer is None:
        return ()
    totals = layout.trailer.totals
    short = [name for name, place in totals.items() if place > len(cells)]
    if short:
        raise FileRefused(
            "BAD_FOOTER",
            sample.name,
            f"the trailer has no {', '.join(short)}",
            "check `layout.trailer.totals`",
        )
    unit = layout.trailer.amount_unit or layout.amount_unit
    return tuple(
        Declared(str(name), cells[place - 1], "count" if is_count(name) else unit)
        for name, place in totals.items()
    )


def footer_start(sample: Sample, layout: DelimitedLayout) -> int:
    """The byte at which a file's last lines begin to be no trades.

    Raises:
        FileRefused: nothing of the kind stands there.
    """
    if layout.footer is None:
        return sample.size
    at, found = sample.size, -1
    for _ in range(layout.footer.within):
        at, raw = last_line(sample, at)
        text = layout.text(raw).removeprefix("\ufeff")
        if re.match(layout.footer.starts, text):
            found = at
        if at <= sample.tail_offset:
            break
    if found < 0:
        raise FileRefused(
            "FOOTER_MISSING",
            sample.name,
            f"none of its last {layout.footer.within} lines begins with {layout.footer.starts}",
            "fetch the file again, it was cut; or check `layout.footer`",
        )
    return found


def expressed(
    sample: Sample, layout: DelimitedLayout, head: list[str], foot: list[str]
) -> tuple[Declared, ...]:
    """The totals that the text above and below the trades declares.

    Raises:
        FileRefused: a total is not there, or is there twice.
    """
    out: list[Declared] = []
    for total in layout.totals:
        found = _found(total, head if total.at == "head" else foot, layout)
        if not found:
            raise FileRefused(
                "FOOTER_MISSING" if total.at == "foot" else "BAD_FOOTER",
                sample.name,
                f"no total fits {total.after or total.pattern!r}",
                "fetch the file again, it was cut; or check `layout.totals`",
            )
        out += found
    twice = [each for each in out for other in out if _same(each, other) and each != other]
    if twice:
        raise FileRefused(
            "BAD_FOOTER",
            sample.name,
            f"it declares {twice[0].name} more than once",
            "say in `layout.totals` which one counts",
        )
    return tuple(dict.fromkeys(out))


def _same(one: Declared, other: Declared) -> bool:
    return (one.name, one.currency) == (other.name, other.currency)


def _found(total: Total, lines: list[str], layout: DelimitedLayout) -> list[Declared]:
    unit = total.unit or layout.amount_unit
    pattern = total.pattern or re.escape(total.after or "") + _NUMBER
    out = []
    for line in lines:
        for hit in re.finditer(pattern, line):
            said = hit.groupdict()
            word = said.pop("currency", None)
            currency = layout.currencies.get(word, word) if word else total.currency
            for group, text in said.items():
                name = str(total.name) if total.name else group
                if text is not None:
                    number = _number(text.strip(), layout)
                    out.append(
                        Declared(name, number, "count" if is_count(name) else unit, currency)
                    )
    return out


def _number(text: str, layout: DelimitedLayout) -> str:
    how = layout.amounts
    if how is None:
        return text
    plain = text.replace(how.thousands, "") if how.thousands else text
    return plain.replace(",", ".") if how.decimal == "," else plain


def totals_by_line(lines: Lines, plan: Plan) -> dict[str, pa.Array]:
    """What each line adds to the declared totals, in minor units or counts."""
    if not plan.declared:
        return {}
    amount = pc.fill_null(lines.columns["amount"], 0)
    fee = pc.fill_null(lines.columns["fee"], 0)
    zero = pa.repeat(pa.scalar(0, pa.int64()), len(amount))
    out = {}
    for each in plan.declared:
        subject = each.name.rpartition("_")[0]
        mask = _mask(subject, lines, amount)
        value = amount
        if is_count(each.name):
            value = pc.add(zero, 1)
        elif each.name == "fee":
            value = fee
        elif subject == "net":
            value = pc.subtract(amount, fee)
        elif subject in ("absolute", "refund", "outgoing"):
            value = pc.abs(amount)
        out[each.name] = value if mask is None else pc.if_else(mask, value, zero)
    return out


def _mask(subject: str, lines: Lines, amount: pa.Array) -> pa.Array | None:
    if subject in ("payment", "refund"):
        kind = Kind.PAYMENT if subject == "payment" else Kind.REFUND
        return pc.fill_null(pc.equal(lines.columns["kind"], kind.value), False)
    if subject == "incoming":
        return pc.greater_equal(amount, 0)
    return pc.less(amount, 0) if subject == "outgoing" else None
