"""The account of a bank statement, and the place of an entry in it, which identifies the entry."""

import re
from collections import Counter
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from schemas.errors import FileRefused
from schemas.profile.channel import Profile

_TAIL_CHARS, _DIGEST_CHARS, _NUMBER_CHARS_MAX = 4, 8, 20


class StatementScope(NamedTuple):
    """What tells a statement from all others.

    `number` is the one that the bank gave it; `begins` the date of its opening balance, or the time
    or id of a report without one; `opening` that balance in minor units.
    """

    account: str
    currency: str | None
    number: str
    begins: str
    opening: int | None


def normalize_account(account: str) -> str:
    """An account number or IBAN without blanks and without the bank code before it."""
    return "".join(account.split()).upper().split("/")[-1]


def account_tail(account: str) -> str:
    """The last four letters and digits of an account number, without a currency behind it."""
    number = re.sub(r"[^0-9A-Z]", "", normalize_account(account))
    return re.sub(r"(?<=\d)[A-Z]{3}$", "", number)[-_TAIL_CHARS:]


def hash_account(account: str) -> str:
    """Sixteen hex digits that stand for an account number, with its bank code."""
    return sha256("".join(account.split()).upper().encode()).hexdigest()[:16]


def assert_own_account(account: str | None, profile: Profile, name: str, line: int = 0) -> None:
    """Makes sure that a statement is of one of the profile's accounts, where it names any.

    Raises:
        FileRefused: the statement is of another account, or names none.
    """
    own_accounts = {normalize_account(account) for account in profile.bank.accounts}
    number = normalize_account(account or "")
    if own_accounts and number not in own_accounts:
        tail = number[-_TAIL_CHARS:] or "none"
        raise FileRefused(
            "OTHER_CHANNEL",
            name,
            f"a statement of account ...{tail} is not this channel's",
            "add it to `bank.accounts`, or have the right file sent",
            line,
        )


class LinePlaces:
    """Numbers the lines of each statement of a file."""

    def __init__(self) -> None:
        self._counts: Counter[StatementScope] = Counter()

    def take(self, scope: StatementScope) -> str:
        """The place of a statement's next line: account, statement number, position, digest.

        It is the same whenever the statement is sent, and no other line has it: references of banks
        are not unique. The digest stands for what the first two leave out, such as the full account
        and the date; without it, statements that all bear the number 0 would be one.
        """
        self._counts[scope] += 1
        tail, number, digest = _describe_statement(scope)
        return f"{tail}/{number}/{self._counts[scope]:05}/{digest}"


@lru_cache(16)
def _describe_statement(scope: StatementScope) -> tuple[str, str, str]:
    """The last characters of the account, the statement's number, and a digest of its scope."""
    number = re.sub(r"[^0-9A-Za-z]+", "-", scope.number).strip("-")[:_NUMBER_CHARS_MAX]
    whole = (hash_account(scope.account), *map(str, scope[1:]))
    digest = sha256("|".join(whole).encode()).hexdigest()[:_DIGEST_CHARS]
    return account_tail(scope.account), number or "0", digest
