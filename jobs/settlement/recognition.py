"""Which channel a bank line belongs to, and which batches it names."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from jobs.settlement.credits.returns import CreditIndex, find_reversed, index_credits
from jobs.settlement.inputs import BankLine, DayBatch, Key, KeyKind
from jobs.settlement.state import RUNS_KNOWN, State
from jobs.settlement.terms import Terms
from schemas.comparable_text import to_comparable
from schemas.profile.settlement import FindRule, ReferencePattern, split_pattern

_WORD = re.compile(r"[A-Za-z0-9]")


@dataclass(frozen=True)
class Spelling:
    """A reference rule, and keys by the text that stands for them in it."""

    pattern: ReferencePattern
    keys: Mapping[str, frozenset[Key]]

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """How long a key may be, the longest first."""
        return tuple(sorted({len(text) for text in self.keys}, reverse=True))

    def find(self, text: str) -> frozenset[Key]:
        """The keys that stand in a text; at each place of the rule the longest that fits."""
        keys = frozenset[Key]()
        for hit in re.finditer(f"(?={re.escape(self.pattern.before)})", text):
            start = hit.start() + len(self.pattern.before)
            for length in self.lengths:
                end = start + length
                known = self.keys.get(text[start:end])
                if known and len(text) >= end and self._ends_at(text, end):
                    keys |= known
                    break
        return keys

    def _ends_at(self, text: str, end: int) -> bool:
        if self.pattern.after:
            return text.startswith(self.pattern.after, end)
        return not _WORD.match(text[end : end + 1])


@dataclass(frozen=True)
class Recognition:
    """The rules `find` of a channel over the keys that it knows."""

    rules: tuple[FindRule, ...]
    keys: frozenset[Key]

    @cached_property
    def patterns(self) -> tuple[Spelling, ...]:
        """Reference rules, the longer fixed text first, each with what its keys look like."""
        patterns = [split_pattern(rule.reference) for rule in self.rules if rule.reference]
        patterns.sort(key=lambda pattern: -pattern.fixed_length)
        return tuple(Spelling(pattern, _spell_keys(pattern, self.keys)) for pattern in patterns)

    def find_keys(self, line: BankLine) -> tuple[int, frozenset[Key]]:
        """The keys that a line names by the first reference rule that knows one, and the length of
        that rule's fixed text; no keys where none does.
        """
        texts = _texts_of(line)
        for spelling in self.patterns:
            keys = frozenset[Key]().union(*(spelling.find(text) for text in texts))
            if keys:
                return spelling.pattern.fixed_length, keys
        return 0, frozenset()

    def payer_length(self, line: BankLine) -> int:
        """Length of the longest payer rule with which the payer's name begins; 0 if none does."""
        name = to_comparable(line.payer_name)
        starts = (rule.payer_start for rule in self.rules if rule.payer_start)
        return max((len(start) for start in starts if name and name.startswith(start)), default=0)


def _spell_keys(pattern: ReferencePattern, keys: Iterable[Key]) -> Mapping[str, frozenset[Key]]:
    """Keys by the text that stands for them: references as they are, dates in the rule's format."""
    by_text: dict[str, frozenset[Key]] = {}
    for key in keys:
        day = key.day
        if pattern.date_format is not None:
            text = day.strftime(pattern.date_format) if day else None
        else:
            text = key.batch
        if text is not None:
            by_text[text] = by_text.get(text, frozenset()) | {key}
    return by_text


def _texts_of(line: BankLine) -> list[str]:
    references = (line.our_ref, line.channel_ref, line.order_ref, line.batch_ref)
    texts = (*references, line.original_ref, line.text)
    return [unicodedata.normalize("NFKC", text).upper() for text in texts if text]


@dataclass(frozen=True)
class ChannelAtBank:
    """What giving bank lines to channels must know of one channel: its state is that of the date
    before, its day batches those of the date.
    """

    channel: str
    terms: Terms
    state: State
    day_batches: tuple[DayBatch, ...] = ()

    @cached_property
    def credits(self) -> CreditIndex:
        """The credits that a bank line may take back; they are one run date older now."""
        return index_credits(replace(one, runs=one.runs + 1) for one in self.state.credits)

    @cached_property
    def recognition(self) -> Recognition:
        """Its rules over the keys that are open, missing, closed within 30 run dates, or have lines
        on the date.
        """
        # The state is that of the run before: what it closed 30 run dates ago is no longer known.
        keys = {batch.key for batch in self.state.batches if batch.runs_closed < RUNS_KNOWN}
        keys |= {one.key for one in self.day_batches if one.key is not None}
        named = (KeyKind.REFERENCE, KeyKind.DATE)
        known = frozenset(key for key in keys if key.kind in named)
        return Recognition(self.terms.rules.find, known)


@dataclass(frozen=True)
class LineUse:
    """A row of `bank_lines_used`: the channel of a bank line, or none.

    `is_final`: it is not tried again. A line that two channels know is nobody's, for good.
    """

    line_id: str
    channel: str | None
    is_ambiguous: bool = False
    is_final: bool = True


def assign_lines(
    day: date, lines: Iterable[BankLine], channels: Sequence[ChannelAtBank]
) -> list[LineUse]:
    """Gives the lines of one bank account to the channels that are paid there, each to one at most.

    `lines` are those of the date, and earlier ones that no rule knew and that are not final. A line
    that returns a credit of a channel is that channel's; then a reference rule goes before a payer
    rule, the longer fixed text first. A line that no rule knows is tried again as long as a credit
    of its date would wait.
    """
    return [
        _assign(day, line, channels) for line in sorted(lines, key=lambda line: line.place)
    ]  # fmt: skip


def _assign(day: date, line: BankLine, channels: Sequence[ChannelAtBank]) -> LineUse:
    returned = [one.channel for one in channels if find_reversed(line, one.credits)]
    by_reference = {
        one.channel: length
        for one in channels
        for length, keys in [one.recognition.find_keys(line)]
        if keys
    }
    by_payer = {one.channel: one.recognition.payer_length(line) for one in channels}
    if returned:
        return _choose(line, dict.fromkeys(returned, 1))
    if by_reference:
        return _choose(line, by_reference)
    if any(by_payer.values()):
        return _choose(line, by_payer)
    ends = [one.terms.grace_end(line.business_date) for one in channels]
    waits = any(end is None or day < end for end in ends)
    return LineUse(line.line_id, None, is_final=not waits)


def _choose(line: BankLine, lengths: Mapping[str, int]) -> LineUse:
    longest = max(lengths.values())
    first = [channel for channel, length in lengths.items() if length == longest]
    if len(first) > 1:
        return LineUse(line.line_id, None, is_ambiguous=True)
    return LineUse(line.line_id, first[0])
