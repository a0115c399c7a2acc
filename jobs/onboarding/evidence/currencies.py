"""The currencies that a file names beside its amounts: by codes of ISO 4217 and by signs.

Three capitals are a code only where a currency stands: in brackets, beside an amount or the heading
of one, or behind the word for currency. `ALL TRANSACTIONS` is not in the lek of Albania.
"""

import re
from collections.abc import Sequence

from jobs.onboarding.evidence.headings import HEADINGS, normalize_heading
from schemas.currencies import MINOR_UNITS

_MONEY = {
    word
    for column in ("amount", "incoming", "outgoing", "fee", "net", "balance")
    for word in HEADINGS[column].split()
}
#: Codes that are words of headings, too: only the word for currency beside them makes them codes.
_WORDS = frozenset(("ALL", "TOP", "TRY", "CUP", "PEN", "SOS", "MOP", "BAM", "LAK", "GEL"))
#: Names of currencies in a file.
NAMES = {
    "人民币": "CNY", "RMB": "CNY", "CNH": "CNY", "156": "CNY", "美元": "USD", "港币": "HKD",
    "港元": "HKD", "港幣": "HKD", "欧元": "EUR", "歐元": "EUR", "日元": "JPY", "日圓": "JPY",
    "英镑": "GBP", "英鎊": "GBP", "韩元": "KRW", "澳元": "AUD", "加元": "CAD", "新加坡元": "SGD",
    "新台币": "TWD", "新臺幣": "TWD", "泰铢": "THB", "瑞士法郎": "CHF", "卢布": "RUB",
}  # fmt: skip
#: Signs of one currency only. The sign of yen is that of yuan.
_SIGNS = {"€": "EUR", "£": "GBP"}
YEN_SIGNS = ("¥", "￥")
_CODE = r"([A-Z]{3})"
_IN_BRACKETS = re.compile(rf"[\[(（【]\s*{_CODE}\s*[\])）】]")
_BEHIND_LABEL = re.compile(
    r"(?i:currency|ccy|währung|devise|monnaie|valuta|munt|moneda|divisa|moeda|币种|币别|货币|幣別"
    rf"|通貨)[\s:：,;|\"=]{{0,6}}{_CODE}\b"
)
_BESIDE_NUMBER = re.compile(rf"\b{_CODE}\s?[+-]?\d|\d\s?{_CODE}\b")


def find_currencies(headings: Sequence[str], lines: Sequence[str]) -> set[str]:
    """The currencies that headings, and lines above and below the trades, name."""
    codes = {code for heading in headings for code in _codes_of_heading(heading)}
    for line in lines:
        codes |= {hit[1] or hit[2] for hit in _BESIDE_NUMBER.finditer(line)} - _WORDS
        codes |= {*_IN_BRACKETS.findall(line)} - _WORDS
        codes |= {*_BEHIND_LABEL.findall(line)} - {"ALL"}
    texts = [*headings, *lines]
    codes |= {NAMES[name] for name in NAMES if name > "Z" and any(name in text for text in texts)}
    codes |= {_SIGNS[char] for text in texts for char in text if char in _SIGNS}
    return codes & set(MINOR_UNITS)


def find_signs(texts: Sequence[str], yen: str | None) -> dict[str, str]:
    """The signs of currencies in texts, with their codes; the sign of yen means `yen`."""
    known = _SIGNS | (dict.fromkeys(YEN_SIGNS, yen) if yen else {})
    return {char: known[char] for text in texts for char in text if char in known}


def is_traditional(text: str) -> bool:
    """Whether a text has characters that Chinese is written with outside the mainland only."""
    return any(
        "\u4e00" <= char <= "\u9fff" and not _has(char, "gb2312") and _has(char, "big5")
        for char in text
    )


def _has(char: str, encoding: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _codes_of_heading(heading: str) -> set[str]:
    """Codes in brackets, or beside a known heading of an amount: `Amount CHF`, `EUR Gross`."""
    codes = set(_IN_BRACKETS.findall(heading)) - _WORDS
    for hit in re.finditer(rf"(?:^|[\s_-]){_CODE}(?=$|[\s_-])", heading):
        rest = normalize_heading(heading[: hit.start()] + heading[hit.end() :])
        if rest in _MONEY:
            codes.add(hit[1])
    return codes - _WORDS
