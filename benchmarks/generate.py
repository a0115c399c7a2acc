"""Makes the benchmark's day: a WeChat Pay ALL bill and our Parquet snapshot, a chunk at a time.

The bill's lines are about 277 bytes; ten million of each side take 3.5 GB and under two minutes.
"""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.formula import (
    AMOUNT_MISMATCHES,
    DAY,
    DUPLICATE_LINES,
    FEE_OVERCHARGES,
    INTERNAL_ONLY_TRADES,
    REFUNDS,
    STATEMENT_ONLY_TRADES,
    EveryNth,
)
from demo.data import SNAPSHOT
from demo.layouts import MERCHANT, WECHAT_FOOTER, WECHAT_HEADER, format_yuan

#: Increase it when the same size makes other bytes: data of another version is made again.
VERSION = 1
CHUNK = 500_000
#: The snapshot lists the trades in another order than the bill: number k * STRIDE modulo size.
STRIDE = 7_368_787
GOODS = ("充电宝租借,白色,六小时", "拿铁咖啡大杯少冰", "演出票,二楼,12排", "月卡续费,自动扣款")
PRODUCTS = ("JSAPI", "NATIVE", "MICROPAY", "APP")
Numbers = np.ndarray


def make_inbox(folder: Path, size: int) -> Path:
    """The inbox of a day of `size` trades below `folder`, made if it is not there yet."""
    inbox = folder / "inbox"
    recipe_file = folder / "made.json"
    recipe = {"version": VERSION, "size": size}
    if recipe_file.is_file() and json.loads(recipe_file.read_text()) == recipe:
        return inbox
    shutil.rmtree(folder, ignore_errors=True)
    bill = inbox / "wechat" / str(DAY) / f"{MERCHANT}_all.csv"
    snapshot = inbox / "internal" / str(DAY) / "transactions.parquet"
    for path in (bill, snapshot):
        path.parent.mkdir(parents=True)
    (folder / ".gitignore").write_text("*\n")
    write_bill(bill, size)
    write_snapshot(snapshot, size)
    recipe_file.write_text(json.dumps(recipe))
    return inbox


def write_bill(path: Path, size: int, part: range | None = None) -> None:
    """The statement: header, lines in order of time, and a footer that agrees with them.

    Of a day of `size` trades, all or those of one part of it.
    """
    paid = back = fees = lines = 0
    with path.open("wb") as out:
        out.write(f"\ufeff{WECHAT_HEADER}\n".encode())
        for numbers in _chunks(part or range(size)):
            listed = numbers[~_holds(numbers, INTERNAL_ONLY_TRADES)]
            listed = np.repeat(listed, np.where(_holds(listed, DUPLICATE_LINES), 2, 1))
            refund, amount, fee = _holds(listed, REFUNDS), amounts(listed), charged_fees(listed)
            lines += len(listed)
            paid += int(amount[~refund].sum())
            back += int(amount[refund].sum())
            fees += int(fee.sum())
            out.write(_join_cells(_bill_cells(listed, refund, amount, fee, size)))
        settled, refunded = format_yuan(paid), format_yuan(back)
        totals = (f"{lines}", settled, refunded, "0.00", f"{format_yuan(fees)}000", settled,
                  refunded)  # fmt: skip
        out.write(f"{WECHAT_FOOTER}\n{','.join('`' + item for item in totals)}\n".encode())


def write_snapshot(path: Path, size: int) -> None:
    """Our snapshot: the rows of the day, in another order than the bill."""
    with pq.ParquetWriter(path, SNAPSHOT, compression="zstd") as out:
        for places in _chunks(range(size)):
            numbers = places * STRIDE % size
            out.write_table(_snapshot_rows(numbers[~_holds(numbers, STATEMENT_ONLY_TRADES)], size))


def amounts(numbers: Numbers) -> Numbers:
    """The amount of each trade, unsigned, in fen: 1.00 to 5,000.99; a refund is of the whole."""
    return 100 + (numbers - _holds(numbers, REFUNDS)) * 7_919 % 500_000


def charged_fees(numbers: Numbers) -> Numbers:
    """The fee on each line in fen: 0.60 % half up, given back with a refund, some 0.01 over."""
    fee = (amounts(numbers) * 60 + 5_000) // 10_000 + _holds(numbers, FEE_OVERCHARGES)
    return np.where(_holds(numbers, REFUNDS), -fee, fee)


def _chunks(part: range) -> Iterator[Numbers]:
    for start in range(part.start, part.stop, CHUNK):
        yield np.arange(start, min(start + CHUNK, part.stop), dtype=np.int64)


def _holds(numbers: Numbers, rule: EveryNth) -> Numbers:
    return numbers % rule.step == rule.start


def _bill_cells(
    numbers: Numbers, refund: Numbers, amount: Numbers, fee: Numbers, size: int
) -> list[pa.Array | str]:
    """The 27 cells of the bill, columns where they vary; payments and refunds as they come."""
    money, zero = _yuan(amount), pa.scalar("0.00")
    payment = numbers - refund  # a refund belongs to the trade one number before it
    back = pa.array(refund)

    def either(if_refund: pa.Array | str, if_payment: pa.Array | str) -> pa.Array:
        return pc.if_else(back, if_refund, if_payment)

    return [
        _times(numbers, size), "wx00d3m0c0ffee0001", MERCHANT, "0", "",
        _references(f"4200002611{DAY:%Y%m%d}", payment, 10),
        _references(f"S{DAY:%Y%m%d}", payment, 9),
        _references("oDm0Vn4Q7xT2bKcR9sYp", payment, 8), _pick(PRODUCTS, numbers),
        either("REFUND", "SUCCESS"), "OTHERS", "CNY", either(zero, money), "0.00",
        either(_references(f"50300026110{DAY:%Y%m%d}", numbers, 10), "0"),
        either(_references(f"S{DAY:%Y%m%d}", numbers, 9), "0"), either(money, zero), "0.00",
        either("ORIGINAL", ""), either("SUCCESS", ""), _pick(GOODS, payment), "store-0012",
        pc.binary_join_element_wise(_yuan(fee), "000", ""), "0.60%",
        either(zero, money), either(money, zero), "",
    ]  # fmt: skip


def _join_cells(cells: list[pa.Array | str]) -> memoryview:
    """Lines of text in one piece: a backtick before each cell, commas between, line ends."""
    parts: list[pa.Array | str] = []
    pending = "`"
    for cell in cells:
        if isinstance(cell, str):
            pending += f"{cell},`"
        else:
            parts += [pending, cell]
            pending = ",`"
    parts.append(pending.removesuffix(",`") + "\n")
    lines = pc.binary_join_element_wise(*parts, "")
    offsets = np.frombuffer(lines.buffers()[1], dtype=np.int32)
    return memoryview(lines.buffers()[2])[offsets[0] : offsets[len(lines)]]


def _snapshot_rows(numbers: Numbers, size: int) -> pa.Table:
    refund = _holds(numbers, REFUNDS)
    booked = amounts(numbers) + 100 * _holds(numbers, AMOUNT_MISMATCHES)
    start = int((datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
                 - timedelta(hours=8)).timestamp())  # fmt: skip
    ours, back = _references(f"S{DAY:%Y%m%d}", numbers, 9), pa.array(refund)
    columns = {
        "txn_id": ours,
        "channel": _repeat("wechat", len(numbers)),
        "kind": pc.if_else(back, "REFUND", "PAYMENT"),
        "status": _repeat("SUCCEEDED", len(numbers)),
        "amount": _decimals(np.where(refund, -booked, booked)),
        "currency": _repeat("CNY", len(numbers)),
        "occurred_at": pa.array((start + _seconds(numbers, size)) * 1_000_000).cast(
            pa.timestamp("us", tz="UTC")),
        "business_date": _repeat(DAY, len(numbers)),
        "channel_ref": pc.if_else(
            back,
            _references(f"50300026110{DAY:%Y%m%d}", numbers, 10),
            _references(f"4200002611{DAY:%Y%m%d}", numbers, 10),
        ),
        "original_txn_id": pc.if_else(back, _references(f"S{DAY:%Y%m%d}", numbers - 1, 9), None),
        "account_tail": pa.nulls(len(numbers), pa.string()),
        "product": _pick(PRODUCTS, numbers),
    }  # fmt: skip
    return pa.table(columns, schema=SNAPSHOT)


def _seconds(numbers: Numbers, size: int) -> Numbers:
    return numbers * 86_400 // size


def _times(numbers: Numbers, size: int) -> pa.Array:
    seconds = _seconds(numbers, size)
    two = [pc.utf8_lpad(pa.array(item).cast(pa.string()), 2, "0")
           for item in (seconds // 3600, seconds // 60 % 60, seconds % 60)]  # fmt: skip
    return pc.binary_join_element_wise(f"{DAY} ", two[0], ":", two[1], ":", two[2], "")


def _references(start: str, numbers: Numbers, digits: int) -> pa.Array:
    text = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), digits, "0")
    return pc.binary_join_element_wise(start, text, "")


def _yuan(fen: Numbers) -> pa.Array:
    sign = pc.if_else(pa.array(fen < 0), "-", "")
    whole = pa.array(abs(fen) // 100).cast(pa.string())
    cents = pc.utf8_lpad(pa.array(abs(fen) % 100).cast(pa.string()), 2, "0")
    return pc.binary_join_element_wise(sign, whole, ".", cents, "")


def _decimals(fen: Numbers) -> pa.Array:
    words = np.stack([fen, fen >> 63], axis=1)
    return pa.Array.from_buffers(pa.decimal128(18, 2), len(fen), [None, pa.py_buffer(words)])


def _pick(names: tuple[str, ...], numbers: Numbers) -> pa.Array:
    return pa.array(names).take(pa.array(numbers * 31 % 101 % len(names)))


def _repeat(value: object, length: int) -> pa.Array:
    return pa.repeat(pa.scalar(value), length)
