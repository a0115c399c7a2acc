"""Ways in which a statement file gets damaged, drawn from a seed.

A damage takes the random source, the good file's bytes and where its lines stand, and gives the
damaged bytes. Those in `HARMLESS` leave what the file says as it is.
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
class Good:
    """A good file: its bytes, and the numbers (from 0) of the physical lines that became rows."""

    content: bytes
    rows: tuple[int, ...] = ()

    @property
    def lines(self) -> list[bytes]:
        """Its physical lines with their ends."""
        cut = self.content.split(b"\n")
        whole = [each + b"\n" for each in cut[:-1]]
        return [*whole, cut[-1]] if cut[-1] or not whole else whole


Damage = Callable[[Random, Good], bytes]


def cut(draw: Random, good: Good) -> bytes:
    """The end is missing."""
    return good.content[: draw.randrange(len(good.content))]


def cut_front(draw: Random, good: Good) -> bytes:
    """The beginning is missing."""
    return good.content[draw.randrange(1, len(good.content)) :]


def hole(draw: Random, good: Good) -> bytes:
    """A piece in the middle is missing."""
    at = draw.randrange(len(good.content))
    return good.content[:at] + good.content[at + draw.randrange(1, 200) :]


def flip(draw: Random, good: Good) -> bytes:
    """One byte is another."""
    at = draw.randrange(len(good.content))
    return good.content[:at] + bytes([draw.randrange(256)]) + good.content[at + 1 :]


def bits(draw: Random, good: Good) -> bytes:
    """A few bits are turned round."""
    out = bytearray(good.content)
    for _ in range(draw.randrange(1, 4)):
        out[draw.randrange(len(out))] ^= 1 << draw.randrange(8)
    return bytes(out)


def digit(draw: Random, good: Good) -> bytes:
    """One digit is one more or one less: a cent, a count, a day."""
    at = [place for place, byte in enumerate(good.content) if 48 <= byte <= 57]
    if not at:
        return flip(draw, good)
    place = draw.choice(at)
    new = (good.content[place] - 48 + draw.choice((1, 9))) % 10 + 48
    return good.content[:place] + bytes([new]) + good.content[place + 1 :]


def footer(draw: Random, good: Good) -> bytes:
    """A digit of the last two lines is another."""
    keep = sum(map(len, good.lines[:-2]))
    return good.content[:keep] + digit(draw, Good(good.content[keep:] or b"0"))


def doubled(draw: Random, good: Good) -> bytes:
    """A line stands twice."""
    lines = good.lines
    at = draw.randrange(len(lines))
    return b"".join([*lines[: at + 1], *lines[at:]])


def lost(draw: Random, good: Good) -> bytes:
    """A line is missing."""
    lines = good.lines
    del lines[draw.randrange(len(lines))]
    return b"".join(lines)


def swapped(draw: Random, good: Good) -> bytes:
    """Two lines have changed places, whichever."""
    lines = good.lines
    one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def rows_swapped(draw: Random, good: Good) -> bytes:
    """Two lines with rows have changed places."""
    lines = good.lines
    if len(good.rows) > 1:
        one, other = draw.sample(good.rows, 2)
        lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def row_doubled(draw: Random, good: Good) -> bytes:
    """A line with a row stands twice."""
    lines = good.lines
    at = draw.choice(good.rows) if good.rows else 0
    return b"".join([*lines[: at + 1], *lines[at:]])


def row_lost(draw: Random, good: Good) -> bytes:
    """A line with a row is missing."""
    lines = good.lines
    del lines[draw.choice(good.rows) if good.rows else 0]
    return b"".join(lines)


def nul(draw: Random, good: Good) -> bytes:
    """NUL bytes stand somewhere."""
    return _put(draw, good, b"\0" * draw.randrange(1, 5))


def bom(draw: Random, good: Good) -> bytes:
    """A byte order mark stands somewhere."""
    return _put(draw, good, draw.choice((b"\xef\xbb\xbf", b"\xff\xfe")))


def noise(draw: Random, good: Good) -> bytes:
    """A signal of the line stands somewhere."""
    return _put(draw, good, draw.choice((b"\r", b"\n", b"`", b'"', b",", b"\x1a", b"\x85", b"<&;")))


def _put(draw: Random, good: Good, what: bytes) -> bytes:
    at = draw.randrange(len(good.content) + 1)
    return good.content[:at] + what + good.content[at:]


def recoded(draw: Random, good: Good) -> bytes:
    """It is in another encoding."""
    for own in ("utf-8", "gb18030", "latin-1"):
        try:
            text = good.content.decode(own)
            break
        except UnicodeDecodeError:
            continue
    return text.encode(draw.choice(("utf-8", "gb18030", "utf-16", "utf-32", "big5")), "replace")


def wide(draw: Random, good: Good) -> bytes:
    """A line has ten thousand columns."""
    lines = good.lines
    at = draw.randrange(len(lines))
    lines[at] = lines[at].rstrip(b"\r\n") + draw.choice((b",", b",`", b"|", b"\t")) * 10_000 + b"\n"
    return b"".join(lines)


def long_number(draw: Random, good: Good) -> bytes:
    """A digit has become thousands of them, or a number with an exponent."""
    at = [place for place, byte in enumerate(good.content) if 48 <= byte <= 57]
    place = draw.choice(at) if at else 0
    what = draw.choice((b"9" * 5000, b"1e999999999", b"0" * 40, b"1." + b"0" * 60 + b"1"))
    return good.content[:place] + what + good.content[place + 1 :]


def long_line(draw: Random, good: Good) -> bytes:
    """A line is of two million characters."""
    return _put(draw, good, draw.choice((b"x", b"9", b" ", b",`", b"<a>")) * 2**20)


def huge_line(draw: Random, good: Good) -> bytes:
    """A line is of seventy megabytes."""
    return _put(draw, good, b"7" * _BIG)


def deep(draw: Random, good: Good) -> bytes:
    """XML, ten thousand elements deep; a document keeps its own beginning."""
    at = good.content.rfind(b"</") if good.content.lstrip().startswith(b"<") else 0
    nest = b"<a>" * 10_000 + (b"</a>" * 10_000 if draw.random() < 0.5 else b"")
    return good.content[:at] + nest + good.content[at:]


def entities(draw: Random, good: Good) -> bytes:
    """XML whose entities grow to a billion, or reach for a file."""
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


def nothing(_: Random, __: Good) -> bytes:
    """Zero bytes."""
    return b""


def garbage(draw: Random, _: Good) -> bytes:
    """Any bytes at all."""
    return draw.randbytes(draw.randrange(1, 4000))


def packed(draw: Random, good: Good) -> bytes:
    """Packed as it may be: gzip, or one file in a zip."""
    return _gzip(good.content) if draw.random() < 0.5 else _zip([("a.csv", good.content)])


def packed_badly(draw: Random, good: Good) -> bytes:
    """Packed, and then cut or with a byte turned round."""
    return draw.choice((cut, flip, hole))(draw, Good(packed(draw, good)))


def packed_strangely(draw: Random, good: Good) -> bytes:
    """Packed as no channel packs: a link, a way out, several files, twice, nothing."""
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


def inside(draw: Random, good: Good) -> bytes:
    """What is packed is damaged, and packed again; a plain file is damaged as it is."""
    way = draw.choice((cut, hole, flip, digit, digit, nul, deep, entities, long_number, nothing))
    return _within(draw, good, lambda inner: way(draw, Good(inner or b"0")))


def in_sheet(draw: Random, good: Good) -> bytes:
    """Cells or rows of a workbook's sheet are gone, doubled, of another type or place."""
    way = draw.choice(
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

    def spoilt(inner: bytes) -> bytes:
        text = inner.decode("utf-8", "replace")
        found = re.findall(draw.choice(("<c .*?</c>", "<row .*?</row>")), text)
        piece = draw.choice(found) if found else ""
        return text.replace(piece, way(piece), 1).encode() if piece else inner

    return _within(draw, good, spoilt, "sheet")


def bomb_inside(draw: Random, good: Good) -> bytes:
    """A piece of a packed file unpacks to a large one."""
    return _within(draw, good, lambda inner: inner[:200] + b" " * _BIG + inner[200:])


def _within(draw: Random, good: Good, way: Callable[[bytes], bytes], wanted: str = "") -> bytes:
    """A packed file with a member of the wanted name damaged, any if there is none of it."""
    if good.content.startswith(b"\x1f\x8b"):
        return _gzip(way(gzip.decompress(good.content)))
    if not good.content.startswith(b"PK\x03\x04"):
        return way(good.content)
    with zipfile.ZipFile(io.BytesIO(good.content)) as source:
        members = [(each.filename, source.read(each)) for each in source.infolist()]
    named = [at for at, (name, _) in enumerate(members) if wanted in name]
    at = draw.choice(named or range(len(members)))
    members[at] = (members[at][0], way(members[at][1]))
    return _zip(list(members))


def bomb(draw: Random, _: Good) -> bytes:
    """A small file that unpacks to a large one."""
    big = bytes(_BIG + 2**20)
    return _gzip(big) if draw.random() < 0.5 else _zip([("a.csv", big)])


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _zip(members: list[tuple[str | zipfile.ZipInfo, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two members of one name are meant
        for name, content in members:
            # A member of its own date, not of the clock: the same seed gives the same bytes.
            info = zipfile.ZipInfo(name) if isinstance(name, str) else name
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, content)
    return out.getvalue()


def other_ends(_: Random, good: Good) -> bytes:
    """Line ends of the other kind."""
    if b"\r\n" in good.content:
        return good.content.replace(b"\r\n", b"\n")
    return good.content.replace(b"\n", b"\r\n")


def without_last_end(_: Random, good: Good) -> bytes:
    """The last line has no end."""
    return good.content.rstrip(b"\r\n")


#: Leaves the file saying what it said; refusing it would be a fault too (not for workbooks and the
#: like, which are not text of lines; see `tests.fuzz.judge`).
HARMLESS: tuple[Damage, ...] = (packed, other_ends, without_last_end, rows_swapped)
#: Cheap ones, drawn often.
COMMON: tuple[Damage, ...] = (
    *HARMLESS,
    cut,
    cut_front,
    hole,
    flip,
    flip,
    bits,
    digit,
    digit,
    footer,
    doubled,
    lost,
    swapped,
    row_doubled,
    row_lost,
    nul,
    bom,
    noise,
    recoded,
    wide,
    long_number,
    deep,
    entities,
    packed_badly,
    packed_strangely,
    inside,
    in_sheet,
    nothing,
    garbage,
)
#: Large ones, once a file.
LARGE: tuple[Damage, ...] = (long_line, huge_line, bomb, bomb_inside)
#: Those that touch single places, and how many lines they can change at most.
SMALL: dict[Damage, int] = {
    flip: 1,
    bits: 3,
    digit: 1,
    footer: 1,
    nul: 1,
    bom: 1,
    noise: 1,
    long_number: 1,
    wide: 1,
}
