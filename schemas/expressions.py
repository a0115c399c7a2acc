"""Regular expressions of a profile: only those that cannot explode and that engines read alike.

A backtracking engine (Java's, Python's) can take hours for a short text where one repetition stands
within another, or where many repetitions can share the same characters. Java, Rust and Python also
read some expressions in different ways. Source: docs/reference/profile.md, "Expressions".
"""

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

#: Characters of an expression, and of the text that it is tried on; a longer text fits none.
EXPRESSION_MAX, TEXT_MAX = 500, 2_000
#: Ways in which choices that can take the same characters may share a text: two long repetitions
#: and a few short ones.
WAYS_MAX = 10**8
#: A part may be repeated so many times, if the number is given.
_TIMES_MAX = 1_000
_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT)
_SAMPLES = frozenset(map(chr, range(128))) | frozenset("é汉０\u3000")
#: What our two engines read alike; classes are written out, for Java reads them as ASCII.
_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": r" \t\n\r\f"}
_TOKEN = re.compile(
    r"""
    (?P<escape>\\.) | (?P<group>\(\?(?!:)) | (?P<class>\[\^?(?:\\.|[^\\\]])*\])
    | (?P<counted>\{(?:\d{1,3}(?:,\d{0,3})?\})?) | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


def check_expression(text: str) -> str:
    """An expression that Python tries on lines of a file, as it is.

    Raises:
        ValueError: it is no expression, or it could explode; it says what to write instead.
    """
    if len(text) > EXPRESSION_MAX:
        raise ValueError(f"it has {len(text)} characters; at most {EXPRESSION_MAX}")
    try:
        with warnings.catch_warnings(action="ignore"):  # of classes that may change their meaning
            tree = _parser.parse(text)
            re.compile(text)
    except (re.error, OverflowError, RecursionError) as fault:
        raise ValueError(f"{text!r} is no regular expression: {fault}") from fault
    faults = list(dict.fromkeys(_find_faults(tree)))
    if not faults and _Choices().count_ways(tree) > WAYS_MAX:
        faults = [
            "too many repetitions can take the same characters, and a text could take hours; name"
            r" what stands between, such as [^0-9]* or \s* in place of .*"
        ]
    if faults:
        raise ValueError(f"{text!r}: {'; '.join(faults)}")
    return text


def check_engine_expression(text: str) -> str:
    r"""An expression that Spark (Java) and Sail (Rust) try on references; both read it alike.

    Returns it with `\d`, `\w` and `\s` written out as ASCII classes.

    Raises:
        ValueError: it is no expression, it could explode, or the engines read it differently.
    """
    check_expression(text)
    parts, faults = [], []
    for token in _TOKEN.finditer(text):
        part, fault = _translate(token)
        parts.append(part)
        faults += [fault] if fault else []
    if faults:
        raise ValueError(
            f"{text!r} is not read alike by every engine: {'; '.join(dict.fromkeys(faults))}"
        )
    return "".join(parts)


def _translate(token: re.Match[str]) -> tuple[str, str | None]:
    """A token as both engines read it, and its fault."""
    part, kind = token[0], token.lastgroup
    if kind == "group":
        return part, "a group is ( or (?: , without a name, flags or a condition"
    if kind == "escape":
        return _translate_escape(part, is_in_class=False)
    if kind == "counted" and part == "{":
        return part, r"write \{ for a brace, and {2}, {2,} or {2,5} for a number of times"
    if kind == "class":
        inner = part[2 if part.startswith("[^") else 1 : -1]
        if not inner or re.search(r"(?<!\\)\[|&&|--|~~|\|\|", inner):
            return part, r"within [ ] write \[ \] \- \& \~ \| for these characters"
        out, fault = "", None
        for piece in re.findall(r"\\.|[^\\]", inner, re.DOTALL):
            is_escape = piece[0] == "\\"
            text, new = _translate_escape(piece, is_in_class=True) if is_escape else (piece, None)
            out, fault = out + text, fault or new
        return part[: len(part) - len(inner) - 1] + out + "]", fault
    return part, None


def _translate_escape(part: str, is_in_class: bool) -> tuple[str, str | None]:
    letter = part[1]
    if letter.lower() in _CLASSES and not (is_in_class and letter.isupper()):
        characters = _CLASSES[letter.lower()]
        if is_in_class:
            return characters, None
        return f"[{'^' if letter.isupper() else ''}{characters}]", None
    if letter in "tnr" or (letter.isascii() and not letter.isalnum() and letter.isprintable()):
        return part, None
    return part, rf"{part} is not known to all; write the characters, ^ for \A and $ for \Z"


def _find_faults(tree: Iterable[Any], is_repeated: bool = False, times: int = 1) -> Iterator[str]:
    for op, argument in tree:
        if op in (ops.ASSERT, ops.ASSERT_NOT):
            yield "it looks around; write out what stands there"
        elif op in (ops.GROUPREF, ops.GROUPREF_EXISTS):
            yield "it looks back at a group; write out what stands there"
        elif op in (ops.POSSESSIVE_REPEAT, ops.ATOMIC_GROUP):
            yield "not every engine knows atomic groups and *+ ++ ?+; write * + ?"
        elif op in _REPEATS:
            low, high, body = argument
            if is_repeated and low != high:
                yield "a repetition stands within a repetition; write A+ for (A+)+"
            total = times * (low if high == ops.MAXREPEAT else high)
            if total > _TIMES_MAX:
                yield f"it repeats a part {total} times; at most {_TIMES_MAX}"
            yield from _find_faults(body, is_repeated or high > 1, max(total, 1))
        elif op is ops.BRANCH:
            if is_repeated:
                yield "a repeated group has alternatives; write [AB]+ for (A|B)+"
            for branch in argument[1]:
                yield from _find_faults(branch, is_repeated, times)
        elif op is ops.SUBPATTERN:
            yield from _find_faults(argument[-1], is_repeated, times)


@dataclass
class _Choices:
    """Walks an expression; the choices up to here can share the characters `shared` in `ways`.

    `branch_ways` counts the ways in which alternatives can take the same text.
    """

    shared: frozenset[str] = frozenset()
    ways: int = 1
    branch_ways: int = 1
    most: int = 1
    literals: set[str] = field(default_factory=set)

    def count_ways(self, tree: Any) -> int:
        """In how many ways choices, one behind the other, can share the same characters at most."""
        self._collect_literals(tree)
        self._walk(tree, is_optional=False)
        return self.most

    def _collect_literals(self, tree: Any) -> None:
        if isinstance(tree, tuple) and len(tree) == 2 and tree[0] in (ops.LITERAL, ops.NOT_LITERAL):
            self.literals.add(chr(tree[1]))
        elif isinstance(tree, tuple) and len(tree) == 2 and tree[0] is ops.RANGE:
            self.literals |= {chr(end) for end in tree[1]}
        elif isinstance(tree, (tuple, list, _parser.SubPattern)):
            for part in tree:
                self._collect_literals(part)

    def _walk(self, tree: Iterable[Any], is_optional: bool) -> None:
        for op, argument in tree:
            if op in _REPEATS:
                low, high, body = argument
                if low == high or high == 1:
                    self._walk(body, is_optional or low == 0)
                if low != high:
                    self._add_choice(self._characters(body), min(high, TEXT_MAX) - low + 1)
            elif op is ops.SUBPATTERN:
                self._walk(argument[-1], is_optional)
            elif op is ops.BRANCH:
                for branch in argument[1]:
                    self._walk(branch, is_optional=True)
                if not self._are_distinct(argument[1]):
                    # Whatever follows, several alternatives may take the same text.
                    self.branch_ways *= len(argument[1])
                    self.most = max(self.most, self.branch_ways * self.ways)
            elif op is ops.AT or is_optional or self._characters([(op, argument)]) & self.shared:
                continue
            else:
                self.shared, self.ways = frozenset(), 1

    def _add_choice(self, characters: frozenset[str], ways: int) -> None:
        if characters & self.shared:
            self.shared, self.ways = self.shared | characters, self.ways * ways
        else:
            self.shared, self.ways = characters, ways
        self.most = max(self.most, self.branch_ways * self.ways)

    def _are_distinct(self, branches: Any) -> bool:
        """Whether at most one alternative can take a text: by its characters, or its first one."""
        if all(op is ops.LITERAL for branch in branches for op, _ in branch):
            texts = ["".join(chr(code) for _, code in branch) for branch in branches]
            return not any(
                texts[one].startswith(texts[other])
                for one in range(len(texts))
                for other in range(len(texts))
                if one != other
            )
        firsts = [list(branch)[:1] for branch in branches]
        if any(not first or first[0][0] in (*_REPEATS, ops.AT, ops.BRANCH) for first in firsts):
            return False
        first_sets = [self._characters(first) for first in firsts]
        return sum(map(len, first_sets)) == len(frozenset().union(*first_sets)) and all(first_sets)

    def _characters(self, tree: Iterable[Any]) -> frozenset[str]:
        """The sample characters that a part can take."""
        characters: set[str] = set()
        samples = _SAMPLES | self.literals
        for op, argument in tree:
            if op in _REPEATS:
                characters |= self._characters(argument[2])
            elif op is ops.SUBPATTERN:
                characters |= self._characters(argument[-1])
            elif op is ops.BRANCH:
                for branch in argument[1]:
                    characters |= self._characters(branch)
            elif op is not ops.AT:
                # One character: the parser's own compiler says which of the samples it takes.
                single = _parser.SubPattern(_parser.State(), [(op, argument)])
                single.state.str = ""
                one = re._compiler.compile(single)  # type: ignore[attr-defined]
                characters |= {each for each in samples if one.fullmatch(each)}
        return frozenset(characters)
