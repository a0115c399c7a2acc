"""Hourly files in the synthetic layout of the shipped profile `netsunion`."""

from collections.abc import Iterable

CENTRES = ("bj1", "bj2", "sh1", "sh2", "sz1", "sz2")


def build_detail(number: int, hour: int, fen: int, kind: str = "01", name: str = "王小明") -> bytes:
    """Builds a detail record of 2026-11-16 without its line end; `fen` is unsigned."""
    text = (
        f"D20261116{hour:02}{number // 60 % 60:02}{number % 60:02}{kind}S{fen:015}CNY"
        f"{f'20261116{hour:02}{number:020}':<32}{f'621226*********{number % 10000:04}':<19}"
    )
    return text.encode() + name.encode("gb18030").ljust(20) + b"Z2026000000001"


def build_part(centre: str, hour: int, records: Iterable[bytes]) -> bytes:
    """Builds an hourly file of these records with a correct header and trailer."""
    records = list(records)
    incoming = sum(int(record[18:33]) for record in records if record[15:17] == b"01")
    refunded = sum(int(record[18:33]) for record in records if record[15:17] == b"02")
    paid_out = sum(int(record[18:33]) for record in records if record[15:17] == b"03")
    net = incoming - refunded - paid_out
    head = f"H20261116{centre}-{hour:02}{len(records):08}".encode()
    tail = f"T{len(records):08}{incoming:018}{refunded:018}{net: 019}".encode()
    return b"".join(record + b"\n" for record in (head, *records, tail))


def build_day(lines_a_part: int) -> dict[str, bytes]:
    """Builds all 144 parts of 2026-11-16 by name; line numbers run through the day."""
    parts = {}
    for centre_index, centre in enumerate(CENTRES):
        for hour in range(24):
            first = (centre_index * 24 + hour) * lines_a_part
            records = (
                build_detail(n, hour, 100 + n % 100_000, "02" if n % 20 == 0 else "01")
                for n in range(first, first + lines_a_part)
            )
            parts[f"{centre}-{hour:02}"] = build_part(centre, hour, records)
    return parts
