"""The time zone that a heading or a line around the trades names.

A zone that cannot be told from the text, such as CST of three countries, is named so that a draft
asks for it.
"""

import re
from collections.abc import Sequence
from functools import cache
from zoneinfo import available_timezones

#: Abbreviations that mean one zone; in summer and winter alike.
_FIXED = {
    "UTC": "Etc/UTC", "GMT": "Etc/UTC", "HKT": "Asia/Hong_Kong", "SGT": "Asia/Singapore",
    "JST": "Asia/Tokyo", "KST": "Asia/Seoul", "WIB": "Asia/Jakarta", "NPT": "Asia/Kathmandu",
    "BRT": "America/Sao_Paulo", "SAST": "Africa/Johannesburg", "MSK": "Europe/Moscow",
}  # fmt: skip
#: Abbreviations of several zones, or of half a year only.
_OTHER = frozenset(
    ("WET", "WEST", "CET", "CEST", "EET", "EEST", "MEZ", "MESZ", "BST", "IST", "AST", "ADT", "NST",
     "NDT", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "AKST", "AKDT", "HST", "ART",
     "CLT", "COT", "PET", "PHT", "PKT", "ICT", "MYT", "WITA", "WIT", "AEST", "AEDT", "ACST", "ACDT",
     "AWST", "NZST", "NZDT", "EAT", "WAT", "CAT", "TRT", "GST")
)  # fmt: skip
_NAMES = (
    (re.compile(r"北京时间|中国标准时间|beijing time|china standard time", re.I), "Asia/Shanghai"),
    (re.compile(r"日本時間|日本標準時|japan standard time", re.I), "Asia/Tokyo"),
)
#: Zones of fixed offsets that are no whole hours, and of which one country has each.
_HALF_HOURS = {"+05:30": "Asia/Kolkata", "+05:45": "Asia/Kathmandu"}
_OFFSET = re.compile(r"\b(?:UTC|GMT)\s*([+-])\s*(\d{1,2})(?::?([0-5]\d))?\b")
_IANA = re.compile(r"\b[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z]*(?:[_ +-]?[A-Za-z0-9]+){0,2}){1,2}")
_WORD = re.compile(r"\b[A-Z]{3,4}\b")
#: What says that the word beside it is a zone.
_ABOUT_ZONES = re.compile(
    r"time|zone|zeit|heure|fuseau|hora|tijd|orario|时区|时间|時間|時刻|タイムゾーン|日時", re.I
)
_HEADINGS = ("timezone", "zeitzone", "fuseauhoraire", "zonahoraria", "tijdzone", "fusoorario",
             "fusohorário", "时区", "タイムゾーン", "zone", "tz")  # fmt: skip


def find_zones(text: str, is_about_times: bool = False) -> tuple[set[str], set[str]]:
    """The zones of the tz database that a text names, and the words for zones that it names but
    that do not tell which.

    Abbreviations count beside a word for time or zone, or where the text is known to be about it.
    """
    zones: set[str] = set()
    unknown: set[str] = set()
    for hit in _OFFSET.finditer(text):
        zone = _zone_of_offset(hit[1], int(hit[2]), hit[3] or "00")
        if zone is None:
            unknown.add(hit[0])
        else:
            zones.add(zone)
    rest = _OFFSET.sub(" ", text)
    for hit in _IANA.finditer(rest):
        zone = _longest_zone(hit[0])
        if zone:
            zones.add(zone)
            rest = rest.replace(hit[0], " ")
    zones |= {zone for pattern, zone in _NAMES if pattern.search(rest)}
    if is_about_times or _ABOUT_ZONES.search(rest):
        words = set(_WORD.findall(rest))
        zones |= {_FIXED[word] for word in words if word in _FIXED}
        unknown |= words & _OTHER
    return zones, unknown


def _zone_of_offset(sign: str, hours: int, minutes: str) -> str | None:
    if minutes == "00" and hours <= 14:
        # The names of the tz database count the other way round.
        name = f"Etc/GMT{'-' if sign == '+' else '+'}{hours}" if hours else "Etc/UTC"
        return name if name in _zones() else None
    return _HALF_HOURS.get(f"{sign}{hours:02}:{minutes}")


def _longest_zone(text: str) -> str | None:
    parts = re.split(r"(?=[ _])", text)
    for count in range(len(parts), 0, -1):
        name = "".join(parts[:count]).replace(" ", "_")
        if name in _zones():
            return name
    return None


@cache
def _zones() -> set[str]:
    return available_timezones()


def are_zones(values: Sequence[str]) -> bool:
    """Whether every value names a time zone: a name, a known abbreviation, or an offset."""
    return bool(values) and all(map(_is_zone, set(values)))


def _is_zone(text: str) -> bool:
    text = text.strip()
    is_known = text in _FIXED or text in _OTHER or text == "Z" or text.replace(" ", "_") in _zones()
    is_offset = re.fullmatch(r"(?:UTC|GMT)?\s?[+-]\d{1,2}(?::?\d{2})?", text)
    return is_known or bool(is_offset)


def is_zone_heading(heading: str) -> bool:
    """Whether a normalized heading is one of a column of zones."""
    return heading in _HEADINGS
