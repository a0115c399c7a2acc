"""The words of `tieout breaks`: its step, id and options, checked together."""

from jobs.cli.arguments import Request
from schemas.errors import ConfigurationError
from schemas.vocabulary import Reason

#: The words behind each step.
_FORMS = {"list": "no id", "show": "ID", "assign": "ID --to NAME", "note": 'ID "TEXT"'}


def check_words(request: Request) -> tuple[str, tuple[str, ...]]:
    """The step, and the words behind it.

    Raises:
        ConfigurationError: all faults of the words, together.
    """
    step, *words = request.positionals
    faults = []
    count = {"list": 0, "note": 2}.get(step, 1)
    if len(words) != count or (step == "assign" and not request.owner.strip()):
        faults.append(f"{step} takes {_FORMS[step]}; see tieout breaks --help")
    elif step == "note" and not words[1].strip():
        faults.append("the note is empty; write what the next person should know")
    if request.reason and request.reason not in tuple(Reason):
        faults.append(f"--reason {request.reason}: no such code; one of {', '.join(Reason)}")
    if request.older_than is not None and request.older_than < 0:
        faults.append(f"--older-than {request.older_than} is below 0")
    if request.limit < 1:
        faults.append(f"--limit {request.limit} is below 1")
    if faults:
        raise ConfigurationError(faults)
    return step, tuple(words)
