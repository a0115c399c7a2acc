"""Damages to a statement file, drawn from a seed.

A damage is a function of a random source and a good file; it returns the damaged bytes. Those in
`HARMLESS` do not change what the file says.
"""

import gzip
import io
import re
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

_LINK = 0o120777 << 16
_BIG = 70 * 2**20
_TYPES = ("s", "str", "b", "e", "d", "inlineStr", "n", "x")


@dataclass(frozen=True)
class GoodFile:
    """A good file: its bytes, and the indexes (from 0) of the physical lines that are records."""

    content: bytes
    rows: tuple[int, ...] = ()

    @property
    def lines(self) -> list[bytes]:
        """The physical lines with their line ends."""
        pieces = self.content.split(b"\n")
        ended = [line + b"\n" for line in pieces[:-1]]
        return [*ended, pieces[-1]] if pieces[-1] or not ended else ended


Damage = Callable[[Random, GoodFile], bytes]


def cut_end(draw: Random, good: GoodFile) -> bytes:
    """Removes the end."""
    return good.content[: draw.randrange(len(good.content))]


def cut_front(draw: Random, good: GoodFile) -> bytes:
    """Removes the beginning."""
    return good.content[draw.randrange(1, len(good.content)) :]


def remove_piece(draw: Random, good: GoodFile) -> bytes:
    """Removes a piece in the middle."""
    at = draw.randrange(len(good.content))
    return good.content[:at] + good.content[at + draw.randrange(1, 200) :]


def change_byte(draw: Random, good: GoodFile) -> bytes:
    """Changes one byte."""
    at = draw.randrange(len(good.content))
    return good.content[:at] + bytes([draw.randrange(256)]) + good.content[at + 1 :]


def flip_bits(draw: Random, good: GoodFile) -> bytes:
    """Flips a few bits."""
    out = bytearray(good.content)
    for _ in range(draw.randrange(1, 4)):
        out[draw.randrange(len(out))] ^= 1 << draw.randrange(8)
    return bytes(out)


def change_digit(draw: Random, good: GoodFile) -> bytes:
    """Adds or subtracts one in a digit: of an amount, a count, a date."""
    at = [place for place, byte in enumerate(good.content) if 48 <= byte <= 57]
    if not at:
        return change_byte(draw, good)
    place = draw.choice(at)
    new = (good.content[place] - 48 + draw.choice((1, 9))) % 10 + 48
    return good.content[:place] + bytes([new]) + good.content[place + 1 :]


def change_footer_digit(draw: Random, good: GoodFile) -> bytes:
    """Changes a digit of the last two lines."""
    keep = sum(map(len, good.lines[:-2]))
    return good.content[:keep] + change_digit(draw, GoodFile(good.content[keep:] or b"0"))


def duplicate_line(draw: Random, good: GoodFile) -> bytes:
    """Duplicates a line."""
    lines = good.lines
    at = draw.randrange(len(lines))
    return b"".join([*lines[: at + 1], *lines[at:]])


def remove_line(draw: Random, good: GoodFile) -> bytes:
    """Removes a line."""
    lines = good.lines
    del lines[draw.randrange(len(lines))]
    return b"".join(lines)


def swap_lines(draw: Random, good: GoodFile) -> bytes:
    """Swaps any two lines."""
    lines = good.lines
    one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def swap_rows(draw: Random, good: GoodFile) -> bytes:
    """Swaps two records."""
    lines = good.lines
    if len(good.rows) > 1:
        one, other = draw.sample(good.rows, 2)
        lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def duplicate_row(draw: Random, good: GoodFile) -> bytes:
    """Duplicates a record."""
    lines = good.lines
    at = draw.choice(good.rows) if good.rows else 0
    return b"".join([*lines[: at + 1], *lines[at:]])


def remove_row(draw: Random, good: GoodFile) -> bytes:
    """Removes a record."""
    lines = good.lines
    del lines[draw.choice(good.rows) if good.rows else 0]
    return b"".join(lines)


def insert_nul(draw: Random, good: GoodFile) -> bytes:
    """Inserts NUL bytes."""
    return _insert(draw, good, b"\0" * draw.randrange(1, 5))


def insert_bom(draw: Random, good: GoodFile) -> bytes:
    """Inserts a byte order mark."""
    return _insert(draw, good, draw.choice((b"\xef\xbb\xbf", b"\xff\xfe")))


def insert_noise(draw: Random, good: GoodFile) -> bytes:
    """Inserts a separator, quote, line end or similar."""
    return _insert(
        draw, good, draw.choice((b"\r", b"\n", b"`", b'"', b",", b"\x1a", b"\x85", b"<&;"))
    )


def _insert(draw: Random, good: GoodFile, what: bytes) -> bytes:
    at = draw.randrange(len(good.content) + 1)
    return good.content[:at] + what + good.content[at:]


def change_encoding(draw: Random, good: GoodFile) -> bytes:
    """Encodes the file otherwise."""
    for encoding in ("utf-8", "gb18030", "latin-1"):
        try:
            text = good.content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    return text.encode(draw.choice(("utf-8", "gb18030", "utf-16", "utf-32", "big5")), "replace")


def widen_line(draw: Random, good: GoodFile) -> bytes:
    """Gives a line ten thousand columns."""
    lines = good.lines
    at = draw.randrange(len(lines))
    lines[at] = lines[at].rstrip(b"\r\n") + draw.choice((b",", b",`", b"|", b"\t")) * 10_000 + b"\n"
    return b"".join(lines)


def insert_long_number(draw: Random, good: GoodFile) -> bytes:
    """Replaces a digit by thousands of digits, or by a number with an exponent."""
    at = [place for place, byte in enumerate(good.content) if 48 <= byte <= 57]
    place = draw.choice(at) if at else 0
    what = draw.choice((b"9" * 5000, b"1e999999999", b"0" * 40, b"1." + b"0" * 60 + b"1"))
    return good.content[:place] + what + good.content[place + 1 :]


def insert_long_line(draw: Random, good: GoodFile) -> bytes:
    """Makes a line of two million characters."""
    return _insert(draw, good, draw.choice((b"x", b"9", b" ", b",`", b"<a>")) * 2**20)


def insert_huge_line(draw: Random, good: GoodFile) -> bytes:
    """Makes a line of seventy megabytes."""
    return _insert(draw, good, b"7" * _BIG)


def nest_xml(draw: Random, good: GoodFile) -> bytes:
    """Adds XML that is ten thousand elements deep; a document keeps its beginning."""
    at = good.content.rfind(b"</") if good.content.lstrip().startswith(b"<") else 0
    nest = b"<a>" * 10_000 + (b"</a>" * 10_000 if draw.random() < 0.5 else b"")
    return good.content[:at] + nest + good.content[at:]


def insert_xml_entities(draw: Random, good: GoodFile) -> bytes:
    """Adds XML entities that expand to a billion characters, or read a file."""
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + level, b"&%c;" % (97 + level) * 10) for level in range(9)
    )
    bomb += b'<!ENTITY file SYSTEM "file:///etc/hostname">]>'
    inner = draw.choice((b"&j;", b"&file;"))
    head, start, rest = good.content.partition(b"?>")
    if not start or not head.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<?xml"):
        return b'<?xml version="1.0"?>' + bomb + b"<x>" + inner + b"</x>"
    at = draw.choice([place for place in range(len(rest)) if rest[place : place + 1] == b">"])
    return head + start + bomb + rest[: at + 1] + inner + rest[at + 1 :]


def empty_file(_: Random, __: GoodFile) -> bytes:
    """Returns no bytes."""
    return b""


def draw_bytes(draw: Random, _: GoodFile) -> bytes:
    """Returns random bytes."""
    return draw.randbytes(draw.randrange(1, 4000))


def pack(draw: Random, good: GoodFile) -> bytes:
    """Packs the file as channels do: gzip, or a zip of one file."""
    return _gzip(good.content) if draw.random() < 0.5 else _zip([("a.csv", good.content)])


def pack_and_damage(draw: Random, good: GoodFile) -> bytes:
    """Packs the file and damages the archive."""
    return draw.choice((cut_end, change_byte, remove_piece))(draw, GoodFile(pack(draw, good)))


def pack_unusually(draw: Random, good: GoodFile) -> bytes:
    """Packs the file as no channel does: a link, a path outside, several files, nested, empty."""
    own = ("a.csv", good.content)
    link = zipfile.ZipInfo("a.csv")
    link.external_attr = _LINK
    return draw.choice(
        (
            lambda: _zip([(link, b"/etc/passwd")]),
            lambda: _zip([("../../a.csv", good.content)]),
            lambda: _zip([("/a.csv", good.content)]),
            lambda: _zip([own, ("b.csv", good.content)]),
            lambda: _zip([own, own]),
            lambda: _zip([]),
            lambda: _zip([("a.zip", _zip([own]))]),
            lambda: _gzip(_gzip(good.content)),
            lambda: _gzip(b""),
        )
    )()


def damage_inside(draw: Random, good: GoodFile) -> bytes:
    """Damages a packed file inside its archive; damages a plain file directly."""
    damage = draw.choice(
        (
            cut_end,
            remove_piece,
            change_byte,
            change_digit,
            change_digit,
            insert_nul,
            nest_xml,
            insert_xml_entities,
            insert_long_number,
            empty_file,
        )
    )
    return _damage_member(draw, good, lambda inner: damage(draw, GoodFile(inner or b"0")))


def damage_sheet(draw: Random, good: GoodFile) -> bytes:
    """Removes, duplicates or changes cells or rows of a workbook's sheet."""
    edit = draw.choice(
        (
            lambda piece: "",
            lambda piece: piece * 2,
            lambda piece: piece.replace("<v>", "<f>1</f><v>", 1),
            lambda piece: re.sub("<v>.*?</v>", "", piece, count=1),
            lambda piece: re.sub(' t="[a-z]*"', "", piece, count=1),
            lambda piece: piece.replace("<c ", f'<c t="{draw.choice(_TYPES)}" ', 1),
            lambda piece: re.sub(' s="[0-9]*"', "", piece, count=1),
            lambda piece: piece.replace("<c ", f'<c s="{draw.randrange(9)}" ', 1),
            lambda piece: re.sub(' r="[A-Z0-9]*"', "", piece, count=1),
            lambda piece: re.sub(' r="[A-Z]*', f' r="{draw.choice("AGZ")}', piece, count=1),
        )
    )

    def edit_sheet(inner: bytes) -> bytes:
        text = inner.decode("utf-8", "replace")
        matches = re.findall(draw.choice(("<c .*?</c>", "<row .*?</row>")), text)
        piece = draw.choice(matches) if matches else ""
        return text.replace(piece, edit(piece), 1).encode() if piece else inner

    return _damage_member(draw, good, edit_sheet, "sheet")


def insert_bomb(draw: Random, good: GoodFile) -> bytes:
    """Makes a part of a packed file unpack to a large one."""
    return _damage_member(draw, good, lambda inner: inner[:200] + b" " * _BIG + inner[200:])


def _damage_member(
    draw: Random, good: GoodFile, edit: Callable[[bytes], bytes], wanted: str = ""
) -> bytes:
    """Damages a member of the wanted name in a packed file; any member where none has the name."""
    if good.content.startswith(b"\x1f\x8b"):
        return _gzip(edit(gzip.decompress(good.content)))
    if not good.content.startswith(b"PK\x03\x04"):
        return edit(good.content)
    with zipfile.ZipFile(io.BytesIO(good.content)) as source:
        members = [(entry.filename, source.read(entry)) for entry in source.infolist()]
    matching = [index for index, (name, _) in enumerate(members) if wanted in name]
    index = draw.choice(matching or range(len(members)))
    members[index] = (members[index][0], edit(members[index][1]))
    return _zip(list(members))


def make_bomb(draw: Random, _: GoodFile) -> bytes:
    """Returns a small file that unpacks to a large one."""
    big = bytes(_BIG + 2**20)
    return _gzip(big) if draw.random() < 0.5 else _zip([("a.csv", big)])


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _zip(members: list[tuple[str | zipfile.ZipInfo, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two members of one name are intended
        for name, content in members:
            # A fixed date, not the clock's: the same seed gives the same bytes.
            info = zipfile.ZipInfo(name) if isinstance(name, str) else name
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, content)
    return out.getvalue()


def change_line_ends(_: Random, good: GoodFile) -> bytes:
    """Changes the line ends between LF and CRLF."""
    if b"\r\n" in good.content:
        return good.content.replace(b"\r\n", b"\n")
    return good.content.replace(b"\n", b"\r\n")


def remove_last_line_end(_: Random, good: GoodFile) -> bytes:
    """Removes the last line end."""
    return good.content.rstrip(b"\r\n")


#: They do not change what the file says, so refusing it is a fault too. Not so for workbooks and
#: similar files, which are not lines of text; see `tests.fuzz.judge`.
HARMLESS: tuple[Damage, ...] = (pack, change_line_ends, remove_last_line_end, swap_rows)
#: Cheap damages, drawn often.
COMMON: tuple[Damage, ...] = (
    *HARMLESS,
    cut_end,
    cut_front,
    remove_piece,
    change_byte,
    change_byte,
    flip_bits,
    change_digit,
    change_digit,
    change_footer_digit,
    duplicate_line,
    remove_line,
    swap_lines,
    duplicate_row,
    remove_row,
    insert_nul,
    insert_bom,
    insert_noise,
    change_encoding,
    widen_line,
    insert_long_number,
    nest_xml,
    insert_xml_entities,
    pack_and_damage,
    pack_unusually,
    damage_inside,
    damage_sheet,
    empty_file,
    draw_bytes,
)
#: Expensive damages, drawn once for every file.
LARGE: tuple[Damage, ...] = (insert_long_line, insert_huge_line, make_bomb, insert_bomb)
#: Damages of single places, with the most lines that each can change.
SMALL: dict[Damage, int] = {
    change_byte: 1,
    flip_bits: 3,
    change_digit: 1,
    change_footer_digit: 1,
    insert_nul: 1,
    insert_bom: 1,
    insert_noise: 1,
    insert_long_number: 1,
    widen_line: 1,
}
