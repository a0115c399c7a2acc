"""Codes by which banks say that an entry is a return or a charge.

Sources: SWIFT Standards, Category 9 (transaction types); transaction codes of German banks (DFU
agreement, annex 3); ISO 20022 external bank transaction codes; BAI2, appendix A.
"""

import re

#: German transaction codes: of returned or recalled direct debits, transfers, cards and cheques.
_GVC_RETURNS = frozenset(
    ("009", "059", "108", "109", "110", "111", "159", "160", "181", "182", "183", "184", "193",
     "199", "899")
)  # fmt: skip
#: Of charges: standing orders, postage, charges, fees, commission, reminders.
_GVC_CHARGES = frozenset(("804", "806", "807", "808", "809", "810"))
#: Transaction types of MT940, without the letter before them.
_SWIFT_RETURNS, _SWIFT_CHARGES = frozenset(("RTI",)), frozenset(("CHG", "COM"))
#: Sub-families of ISO 20022: returned or recalled transfers, direct debits, cards and cheques.
_ISO_RETURNS = frozenset(("CQRV", "PRDD", "RCDD", "RPCR", "RRTN", "UPCQ", "UPCT", "UPDD"))
_ISO_CHARGES = frozenset(("CHRG", "COMM", "FEES"))
#: BAI2: returned or reversed ACH items, cheques and deposits, in and out.
_BAI2_RETURNS = frozenset(
    ("123", "168", "252", "255", "257", "258", "266",
     "423", "468", "552", "555", "557", "558", "566")
)  # fmt: skip
_BAI2_CHARGES = frozenset(("564", "567", "661", "698"))
#: `NTRF+166+00931` of German banks: transaction type, code, and their own number.
_WITH_GVC = re.compile(r"[A-Z0-9]{4}\+(\d{3})(?:\+|$)")


def is_return(code: str) -> bool:
    """Whether a bank's code says that a payment came back: of MT940, camt or BAI2."""
    return _matches(code, _GVC_RETURNS, _SWIFT_RETURNS, _ISO_RETURNS)


def is_charge(code: str) -> bool:
    """Whether a bank's code says that an entry is a charge: of MT940 or camt."""
    return _matches(code, _GVC_CHARGES, _SWIFT_CHARGES, _ISO_CHARGES)


def is_bai2_return(code: str) -> bool:
    """Whether a BAI2 type code is of a returned or reversed item."""
    return code in _BAI2_RETURNS


def is_bai2_charge(code: str) -> bool:
    """Whether a BAI2 type code is of a charge."""
    return code in _BAI2_CHARGES


def _matches(code: str, gvc: frozenset[str], swift: frozenset[str], iso: frozenset[str]) -> bool:
    """Whether a code is a German code, a transaction type such as NCHG, or has a sub-family."""
    with_gvc = _WITH_GVC.match(code)
    if with_gvc:
        return with_gvc[1] in gvc or code[1:4] in swift
    if "-" in code:
        return code.rpartition("-")[2] in iso
    return code in gvc or (len(code) == 4 and code[0] in "NFS" and code[1:] in swift)
