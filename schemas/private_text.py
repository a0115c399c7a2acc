"""Texts for people: personal numbers masked, control characters escaped. Data stay as they are.

Masked are card numbers, bank accounts, identity numbers, phones and e-mail addresses; the last four
characters stay. Source: docs/reference/private-data.md.
"""

import re
import unicodedata
from collections.abc import Collection
from datetime import date

#: Lengths of IBANs by country (ISO 13616).
_IBAN_LENGTHS = dict(
    re.findall(
        r"([A-Z]{2})(\d{2})",
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29"
        "ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20"
        "LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29"
        "PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20"
        "YE30",
    )
)
#: Digits of an account number at least; shorter runs are taken for something else.
ACCOUNT_DIGITS_MIN = 12
_CARD_DIGITS = range(13, 20)
_GROUPS_MAX = 6
_KEPT = 4
_GAP = r"[ \u00a0\u3000-]"
#: What a number with gaps starts with if it may be a card: issuers of cards (ISO/IEC 7812).
_ISSUERS = ("30", "34", "35", "36", "37", "38", "4", "5", "6", "81", "9558",
            *(str(prefix) for prefix in range(2221, 2721)))  # fmt: skip
#: A text without these has nothing to mask.
_SUSPICIOUS = re.compile(rf"@|\d(?:{_GAP}?\d){{7}}")
#: Hashes and UUIDs are no numbers of people.
_HASH = (
    r"(?<![0-9A-Za-z])(?:[0-9a-f]{32,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9A-Za-z])"
)
_EMAIL = re.compile(r"([\w.%+-])[\w.%+-]{0,63}(@[\w-]+(?:\.[\w-]+)+)")
_IBAN_START = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2}\d{2}")
_IBAN_BODY = re.compile(rf"(?:{_GAP}?[0-9A-Za-z])+")
_NAMED_ACCOUNT = re.compile(
    r"((?:[账帐]号|[账帐]户|卡号|户号|\b(?:account|acct|a/c|iban)\b)"
    r"(?:\s*(?:no|number|num)\b)?[.:：#=\s]{0,3})(\d(?:[ -]?\d){7,})",
    re.IGNORECASE,
)
_ABROAD = re.compile(
    rf"(?<![0-9A-Za-z])\+[1-9]\d{{0,2}}(?:{_GAP}?\(?\d{{1,4}}\)?){{2,6}}(?!\d|\.\d)"
)
_DIGITS = re.compile(rf"\d+(?:{_GAP}\d+)*")
_IDENTITY = re.compile(
    r"(?<!\d)\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)"
)
_MOBILE = re.compile(
    rf"(?<![0-9A-Za-z])(?<!\d\.)(?:(?:00)?86{_GAP}?)?"
    rf"1[3-9]\d{_GAP}?\d{{4}}{_GAP}?\d{{4}}(?!\d|\.\d)"
)
_LANDLINE = re.compile(r"(?<![0-9A-Za-z-])0\d{2,3}-[2-9]\d{6,7}(?!\d)")
_QUOTED = re.compile(r"'[^'\n]{12,}'|\"[^\"\n]{12,}\"")
_LONG_NUMBER = re.compile(rf"(?<!\d)(?<!\d\.)\d(?:{_GAP}?\d){{{ACCOUNT_DIGITS_MIN - 1},}}(?!\d)")


def mask_private_text(text: str, known: Collection[str] = (), every_number: bool = False) -> str:
    """Masks personal numbers in a text, but for their last four characters.

    Numbers that begin with a date, hashes and UUIDs stay, and so do the references in `known`. In
    quotes, where a message repeats a value, each number of 12 digits or more is masked; with
    `every_number` also outside of quotes.
    """
    if not _SUSPICIOUS.search(text):
        return text
    kept = sorted(filter(_SUSPICIOUS.search, known), key=len, reverse=True)
    whole = [rf"(?<![0-9A-Za-z]){re.escape(reference)}(?![0-9A-Za-z])" for reference in kept]
    pieces = re.split(f"({'|'.join([_HASH, *whole])})", text)
    pieces[::2] = [_mask_piece(piece, every_number) for piece in pieces[::2]]
    return "".join(pieces)


def _mask_piece(text: str, every_number: bool) -> str:
    if not _SUSPICIOUS.search(text):
        return text
    if "@" in text:
        text = _EMAIL.sub(r"\1**\2", text)
    text = _mask_ibans(text)
    text = _NAMED_ACCOUNT.sub(lambda hit: hit[1] + mask_tail(hit[2]), text)
    if "+" in text:
        text = _ABROAD.sub(lambda hit: _mask_abroad(hit.group()), text)
    text = _DIGITS.sub(lambda hit: _mask_cards(hit.group()), text)
    text = _IDENTITY.sub(lambda hit: _mask_identity(hit.group()), text)
    for phone in (_MOBILE, _LANDLINE):
        text = phone.sub(lambda hit: mask_tail(hit.group()), text)
    if every_number:
        return mask_long_numbers(text)
    return _QUOTED.sub(lambda hit: mask_long_numbers(hit.group()), text)


def mask_long_numbers(text: str) -> str:
    """Masks what may be an account number: 12 digits or more that are no time."""
    return _LONG_NUMBER.sub(
        lambda hit: hit.group() if _starts_with_date(hit.group()) else mask_tail(hit.group()), text
    )


def mask_tail(text: str) -> str:
    """Masks the letters and digits of a text but for the last four."""
    places = [place for place, char in enumerate(text) if char.isalnum()]
    masked = {*places[:-_KEPT]}
    return "".join("*" if place in masked else char for place, char in enumerate(text))


def safe_text(text: str, known: Collection[str] = (), keep: str = "") -> str:
    """A text that may be shown: masked, and without characters that a terminal obeys.

    `keep` are control characters that stay, such as the line breaks of a traceback.
    """
    return escape_controls(mask_private_text(text, known), keep)


def escape_controls(text: str, keep: str = "") -> str:
    """Writes control, format and undecodable characters as Python does in a literal."""
    if text.isprintable():
        return text
    return "".join(
        char if char in keep or is_shown(char) else char.encode("unicode_escape").decode()
        for char in text
    )


def is_shown(char: str) -> bool:
    """Whether a terminal shows a character: it is printable, or a kind of blank."""
    return char.isprintable() or unicodedata.category(char) == "Zs"


def is_card_number(digits: str) -> bool:
    """Whether digits are a card number: 13 to 19 of them, of a known issuer, with a check digit."""
    return digits.startswith(_ISSUERS) and _has_card_length(digits) and _is_luhn(digits)


def _has_card_length(digits: str) -> bool:
    return len(digits) in _CARD_DIGITS and digits.isascii() and digits.isdigit()


def _is_luhn(digits: str) -> bool:
    values = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value // 10 + value % 10 for value in values) % 10 == 0


def _starts_with_date(digits: str) -> bool:
    """Whether digits begin with a date of this century: a time, or a reference that has one."""
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return 2000 <= day.year < 2100


def _mask_ibans(text: str) -> str:
    """Masks the numbers that have the length of their country and the right check digits."""
    at = 0
    while start := _IBAN_START.search(text, at):
        first, at = start.start(), start.end()
        end = _iban_end(text, first)
        if end:
            text, at = text[: first + 2] + mask_tail(text[first + 2 : end]) + text[end:], end
    return text


def _iban_end(text: str, start: int) -> int:
    """The end of the IBAN that starts here; 0 if there is none."""
    length = int(_IBAN_LENGTHS.get(text[start : start + 2].upper(), 0))
    body = _IBAN_BODY.match(text, start)
    places = [
        place for place in range(start, body.end() if body else start) if text[place].isalnum()
    ]
    if not length or len(places) < length:
        return 0
    end = places[length - 1] + 1
    if text[end : end + 1].isascii() and text[end : end + 1].isalnum():
        return 0
    compact = "".join(text[place] for place in places[:length])
    number = int("".join(str(int(char, 36)) for char in compact[4:] + compact[:4]))
    return end if number % 97 == 1 else 0


def _mask_identity(number: str) -> str:
    """Masks a Chinese resident's identity number with a right check character (GB 11643-1999)."""
    weighted_sum = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(number[:17]))
    is_right = "10X98765432"[weighted_sum % 11] == number[17].upper()
    return mask_tail(number) if is_right else number


def _mask_abroad(number: str) -> str:
    return mask_tail(number) if 8 <= sum(char.isdigit() for char in number) <= 15 else number


def _mask_cards(text: str) -> str:
    """Masks card numbers in groups of digits that single blanks or hyphens separate."""
    if len(text) < min(_CARD_DIGITS):
        return text
    groups = [(hit.start(), hit.end()) for hit in re.finditer(r"\d+", text)]
    first = 0
    while first < len(groups):
        for last in range(min(len(groups), first + _GROUPS_MAX) - 1, first - 1, -1):
            parts = [text[start:end] for start, end in groups[first : last + 1]]
            if _is_card_in_groups(parts):
                start, end = groups[first][0], groups[last][1]
                text = text[:start] + mask_tail(text[start:end]) + text[end:]
                first = last
                break
        first += 1
    return text


def _is_card_in_groups(parts: list[str]) -> bool:
    digits = "".join(parts)
    if len(parts) == 1:
        return _has_card_length(digits) and not _starts_with_date(digits) and _is_luhn(digits)
    return all(len(part) > 2 for part in parts[:-1]) and is_card_number(digits)
