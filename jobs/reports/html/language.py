"""The words of a page, in English or Chinese: what the code says in English is looked up."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from jobs.reports.labels import ACTION_LABELS, REASON_LABELS
from schemas.private_text import safe_text

#: Languages of pages, by what `--language` takes; the value is the language of HTML.
LANGUAGES = {"en": "en", "zh": "zh-CN"}


@cache
def read_chinese() -> Mapping[str, str]:
    """Chinese by English text; `{name}` stands for a value in both."""
    text = resources.files(__package__).joinpath("chinese.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


class Language:
    """Says texts in one language.

    Raises:
        KeyError: of `say`, if a text has no Chinese.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        self.html = LANGUAGES[code]

    def say(self, english: str, **values: object) -> str:
        """A text with its values, in the language of the page."""
        text = english if self.code == "en" else read_chinese()[english]
        return text.format(**values) if values else text

    def say_code(self, code: str) -> str:
        """What a code of the tables means: STATEMENT_MISSING is `statement missing`."""
        return self.say(code.lower().replace("_", " "))

    def say_reasons(self, codes: Iterable[str] | None) -> str:
        """Labels of reason codes."""
        return "; ".join(self.say(REASON_LABELS[code]) for code in codes or ())

    def say_action(self, code: str) -> str:
        """Label of an action."""
        return self.say(ACTION_LABELS[code])


def mask(text: str | None) -> str:
    """Text of others, such as a reason of a file, on one line and with personal numbers masked."""
    return safe_text(" ".join((text or "").split()))
