"""Minor units of currencies: the exponent of ISO 4217 (the maintenance agency's list one)."""

import re
from decimal import Decimal

#: Exponents that are not two. Funds codes and metals without minor units are left out on purpose:
#: no one is paid in them.
_NOT_TWO = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    "CLF": 4,
    "UYW": 4,
}

_TWO = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD"
    " CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL"
    " GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR"
    " LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD"
    " PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC"
    " SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW"
    " ZWG"
)

#: Amounts that people type; no currency needs more digits.
_AMOUNT = re.compile(r"[0-9]{1,18}(\.[0-9]{1,9})?")
#: Decimals of every currency in use, by its code.
MINOR_UNITS: dict[str, int] = {**dict.fromkeys(_TWO.split(), 2), **_NOT_TWO}


def exponent(code: str) -> int:
    """Decimals of a currency: JPY 0, CNY 2, KWD 3.

    Raises:
        KeyError: the code is no currency of ISO 4217.
    """
    return MINOR_UNITS[code]


def to_minor_units(text: str, code: str) -> int:
    """An amount as a person types it, such as 123.45, in minor units; without a sign.

    Raises:
        ValueError: it is no amount of this currency; the message says how to write it.
        KeyError: the code is no currency of ISO 4217.
    """
    digits = exponent(code)
    if not _AMOUNT.fullmatch(text):
        raise ValueError("no amount; write digits and a point, such as 123.45, without a sign")
    minor = Decimal(text).scaleb(digits)
    if minor != int(minor):
        raise ValueError(f"{code} has {digits} decimals; round it first")
    return int(minor)


def in_major_units(minor: int, code: str, sign: str = "") -> str:
    """An amount for people: `2,310.55`; `sign` "+" shows a plus as well. Unknown codes have two."""
    digits = MINOR_UNITS.get(code, 2)
    return f"{Decimal(minor).scaleb(-digits):{sign},.{digits}f}"
