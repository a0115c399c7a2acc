"""Hourly files in the synthetic layout of the shipped profile `netsunion`."""

from collections.abc import Iterable

CENTRES = ("bj1", "bj2", "sh1", "sh2", "sz1", "sz2")


def detail(number: int, hour: int, fen: int, kind: str = "01", name: str = "王小明") -> bytes:
    """A detail record of 2026-11-16 without its line end; `fen` is unsigned."""
    text = (
        f"D20261116{hour:02}{number // 60 % 60:02}{number % 60:02}{kind}S{fen:015}CNY"
        f"{f'20261116{hour:02}{number:020}':<32}{f'621226*********{number % 10000:04}':<19}"
    )
    return text.encode() + name.encode("gb18030").ljust(20) + b"Z2026000000001"


def part(centre: str, hour: int, records: Iterable[bytes]) -> bytes:
    """An hourly file of these records, its header and trailer right."""
    records = list(records)
    came = sum(int(each[18:33]) for each in records if each[15:17] == b"01")
    back = sum(int(each[18:33]) for each in records if each[15:17] == b"02")
    out = sum(int(each[18:33]) for each in records if each[15:17] == b"03")
    net = came - back - out
    head = f"H20261116{centre}-{hour:02}{len(records):08}".encode()
    tail = f"T{len(records):08}{came:018}{back:018}{net: 019}".encode()
    return b"".join(each + b"\n" for each in (head, *records, tail))


def day(lines_a_part: int) -> dict[str, bytes]:
    """All 144 parts of 2026-11-16 by name, lines numbered through the day."""
    out = {}
    for place, centre in enumerate(CENTRES):
        for hour in range(24):
            first = (place * 24 + hour) * lines_a_part
            records = (
                detail(n, hour, 100 + n % 100_000, "02" if n % 20 == 0 else "01")
                for n in range(first, first + lines_a_part)
            )
            out[f"{centre}-{hour:02}"] = part(centre, hour, records)
    return out
