"""How the command line reads words: ids may begin with a hyphen; an unknown command is helped."""

import argparse
import re
from difflib import get_close_matches
from typing import Any, NoReturn


class CommandParser(argparse.ArgumentParser):
    """A parser for which a word with one leading hyphen is an id or a value, never an option.

    Every option but `-h` has two hyphens. An id with two leading hyphens stands behind `--`.
    """

    def error(self, message: str) -> NoReturn:
        """Ends with exit status 2; of an unknown command it names the nearest."""
        unknown = re.search(
            r"argument COMMAND: invalid choice: '([^']*)' \(choose from (.*)\)", message
        )
        if unknown:
            names = re.findall(r"[a-z_]+", unknown[2])
            near = get_close_matches(unknown[1], names, 1)
            hint = f"did you mean `tieout {near[0]}`?" if near else "`tieout --help` lists them"
            message = f"there is no command {unknown[1]!r}; {hint}"
        super().error(message)

    def _parse_optional(self, arg_string: str) -> Any:
        is_word = arg_string.startswith("-") and not arg_string.startswith("--")
        return None if is_word and arg_string != "-h" else super()._parse_optional(arg_string)
