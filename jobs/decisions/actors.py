"""Who acts: the name that a person gives, or the user of the operating system."""

import os
import pwd

from schemas.decision_rules import DecisionRules, normalize_actor
from schemas.errors import DecisionRefused


def find_actor(rules: DecisionRules, name: str) -> str:
    """The person's name: the one that they give, else that of the system's user.

    Raises:
        DecisionRefused: NOT_PERMITTED, the rules take names from the system, and this is another.
    """
    user = _system_user()
    if rules.names == "system" and normalize_actor(name) not in ("", normalize_actor(user)):
        raise DecisionRefused(
            "NOT_PERMITTED",
            f"--by {name}: you are {user}; decisions.yaml takes names from the system",
        )
    return user if rules.names == "system" or not normalize_actor(name) else name.strip()


def _system_user() -> str:
    """The account of this process; environment variables do not change it."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid-{os.getuid()}"
