"""Who may propose and approve decisions, and which of them need a second checker.

Source: docs/reference/decisions.md, "Who may decide".
"""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from schemas.profile.match_rules import Limits
from schemas.strict import Strict

#: Control and format characters, which do not show.
_INVISIBLE = ("Cc", "Cf")


def normalize_actor(name: str) -> str:
    """A person's name as names are compared: NFKC, without case, blanks and invisible characters.

    So `Ann Lee`, ` ann lee ` and the same in full-width letters are one person.
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(
        sign for sign in text if not sign.isspace() and unicodedata.category(sign) not in _INVISIBLE
    )


def _check_names(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    known: dict[str, str] = {}
    for name in names or ():
        own = normalize_actor(name)
        if not own:
            raise ValueError(f"{name!r} is no name")
        if own in known:
            raise ValueError(f"{known[own]!r} and {name!r} are one name; write it once")
        known[own] = name
    return names


Names = Annotated[
    tuple[Annotated[str, Field(max_length=200)], ...] | None,
    Field(min_length=1),
    AfterValidator(_check_names),
]


class DecisionRules(Strict):
    """The page `decisions.yaml`. Without the page everybody may propose and approve.

    `propose` and `approve` name who may; None is everybody. Once `second_checker_above` is there
    (minor units by currency), a decision about more money than that needs two checkers, and so does
    one in a currency without a limit. `names`: with `system` a person is the user of the operating
    system; with `option` --by or TIEOUT_USER may say another name.
    """

    propose: Names = None
    approve: Names = None
    second_checker_above: Limits = {}
    names: Literal["option", "system"] = "option"

    @model_validator(mode="after")
    def _check_approvers(self) -> Self:
        needed = 2 if self.second_checker_above else 1
        if self.approve is not None and len(self.approve) < needed:
            raise ValueError("second_checker_above needs two people who may approve; name them")
        return self

    def may(self, task: Literal["propose", "approve"], name: str) -> bool:
        """Whether a person may do a task."""
        allowed = self.propose if task == "propose" else self.approve
        own = normalize_actor(name)
        return allowed is None or own in {normalize_actor(each) for each in allowed}

    def count_checkers(self, at_stake: Mapping[str, int]) -> int:
        """How many people must approve a decision about so many minor units by currency."""
        if not self.second_checker_above:
            return 1
        limits = self.second_checker_above
        return 2 if any(size > limits.get(code, 0) for code, size in at_stake.items()) else 1
