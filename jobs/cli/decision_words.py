"""The words of `tieout decide`: its step, effect, ids and options, checked together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from jobs.cli.arguments import Request
from schemas.currencies import MINOR_UNITS
from schemas.errors import ConfigurationError
from schemas.vocabulary import Effect, Reason, StatusOf

#: Effects by their names on the command line.
EFFECTS = {effect.value.lower().replace("_", "-"): effect for effect in Effect}
#: A limit of --at-most at most, minor units.
_LIMIT_MAX = 10**15
#: Effects that may be proposed for a list of breaks.
_OF_LISTS = (Effect.ACCEPT, Effect.WRITE_OFF)


@dataclass(frozen=True)
class Words:
    """A step, its effect (of propose) and ids; without ids the breaks with `reasons`, by `limits`.

    `limits` are minor units by currency.
    """

    step: str
    effect: Effect
    ids: tuple[str, ...]
    status_of: StatusOf | None
    reasons: tuple[Reason, ...]
    limits: Mapping[str, int]


def check_words(request: Request) -> Words:
    """Returns the words of a request.

    Raises:
        ConfigurationError: all faults of the words, together.
    """
    step, words = request.positionals[0], request.positionals[1:]
    faults: list[str] = []
    if step in ("propose", "reject") and not request.reason.strip():
        faults.append("--reason TEXT is missing; say why, for those who read the decision")
    if step in ("approve", "reject") and len(words) != 1:
        faults.append(f"{step} takes the id of one decision")
    if step == "import" and (len(words) != 1 or not Path(words[0]).is_file()):
        faults.append("import takes one workbook: decide import breaks.xlsx; it must exist")
    effect = EFFECTS.get(words[0], Effect.ACCEPT) if words else Effect.ACCEPT
    is_list = bool(request.reason_codes)
    if step == "propose":
        if not words or words[0] not in EFFECTS or not (words[1:] or is_list):
            faults.append(
                f"propose takes one of {', '.join(EFFECTS)}, and an id or several, or --reason-code"
            )
        faults += _find_list_faults(request, effect, words[1:]) if is_list else []
    elif is_list:
        faults.append("--reason-code is for propose")
    if request.at_most and not is_list:
        faults.append("--at-most is for propose with --reason-code")
    if request.status_of and (step != "propose" or effect != Effect.ACCEPT):
        faults.append("--status is for propose accept")
    reasons = _parse_reasons(request.reason_codes, faults)
    limits = _parse_limits(request.at_most, faults)
    if faults:
        raise ConfigurationError(faults)
    status_of = StatusOf(request.status_of.upper()) if request.status_of else None
    ids = words[1:] if step == "propose" else words
    return Words(step, effect, ids, status_of, reasons, limits)


def _find_list_faults(request: Request, effect: Effect, ids: Sequence[str]) -> list[str]:
    out = []
    if ids:
        out.append(f"give ids ({', '.join(ids)}) or --reason-code, not both")
    if effect not in _OF_LISTS:
        out.append("--reason-code is for accept and write-off")
    if len(request.channels) != 1:
        out.append("--reason-code needs one --channel")
    if len(request.dates) != 1:
        out.append("--reason-code needs one --business-date")
    return out


def _parse_reasons(codes: Sequence[str], faults: list[str]) -> tuple[Reason, ...]:
    unknown = [code for code in codes if code.upper() not in Reason.__members__]
    if unknown:
        faults.append(
            f"--reason-code {', '.join(unknown)}: no such reason; breaks.csv and outcomes have them"
        )
    return tuple(Reason(code.upper()) for code in codes if code not in unknown)


def _parse_limits(pairs: Sequence[tuple[str, str]], faults: list[str]) -> dict[str, int]:
    """Amounts in major units as minor units by currency."""
    out: dict[str, int] = {}
    for text, code in pairs:
        option, code = f"--at-most {text} {code}", code.upper()
        if code not in MINOR_UNITS:
            faults.append(f"{option}: no such currency; write it as --at-most 0.03 CNY")
            continue
        decimals = MINOR_UNITS[code]
        try:
            minor = Decimal(text).scaleb(decimals)
        except InvalidOperation:
            faults.append(f"{option}: no amount; write it as --at-most 0.03 CNY, in major units")
            continue
        if not (minor.is_finite() and 0 <= minor <= _LIMIT_MAX and minor == int(minor)):
            faults.append(f"{option}: give 0 or more, with at most {decimals} decimals")
        elif code in out:
            faults.append(f"{option}: {code} is given twice")
        else:
            out[code] = int(minor)
    return out
