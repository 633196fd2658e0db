"""Where clauses begin in a row of words, for people type without stops.

Only word order is looked at: a subject that nothing leads in, a question that opens, a word that
joins two statements. The words are data (`grammar/clauses.yml`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.reading.words import STOP

FRONTED_MAX = 8
"""Words that stand in front of a statement and belong to it ("when he was a small boy")."""
EXISTS = "there"


@dataclass(frozen=True)
class Clauses:
    """`bot/reading/grammar/clauses.yml`."""

    subjects: frozenset[str]
    joins: frozenset[str]
    join_phrases: frozenset[tuple[str, ...]]
    possessives: frozenset[str]
    verbs: frozenset[str]
    begins: frozenset[str]
    asks: frozenset[str]
    asked: frozenset[str]
    relative: frozenset[str]
    relative_subjects: frozenset[str]
    leads_in: frozenset[str]
    fronts: frozenset[str]
    prepositions: frozenset[str]
    heads: frozenset[str]
    objects: frozenset[str]
    tells: frozenset[str]

    @classmethod
    def of(cls, data: Mapping[str, Sequence[str]]) -> "Clauses":
        phrases = frozenset(tuple(phrase.split()) for phrase in data["join_phrases"])
        words = {name: frozenset(words) for name, words in data.items() if name != "join_phrases"}
        return cls(join_phrases=phrases, **words)

    def numbers(self, tokens: Sequence[str]) -> tuple[int, ...]:
        """The number of the clause that each token belongs to, from 0 on. A stop ends one."""
        numbers: list[int] = []
        start, waits = 0, self._fronts(tokens, 0)
        for at in range(len(tokens)):
            begins = at > 0 and self._begins(tokens, at)
            if begins and waits and tokens[at] in self.subjects and at - start <= FRONTED_MAX:
                begins = waits = False  # "when he was 15 he took": what was in front leads on here
            if begins:
                start, waits = at, self._fronts(tokens, at)
            numbers.append((numbers[-1] if numbers else 0) + begins)
        return tuple(numbers)

    def _fronts(self, tokens: Sequence[str], at: int) -> bool:
        """Whether a time or a condition stands in front of its statement: "last year i"."""
        if at < len(tokens) and tokens[at] in self.joins:
            at += 1
        return at < len(tokens) and tokens[at] in self.fronts and not self._opens(tokens, at)

    def _begins(self, tokens: Sequence[str], at: int) -> bool:
        before, word = tokens[at - 1], tokens[at]
        if before == STOP or word in self.begins:
            return True
        if word in self.joins:
            return self._opens(tokens, at + 1)
        if before in self.joins and (at < 2 or tokens[at - 2] != STOP):
            return False  # it began with the word that joins
        joined = any(tuple(tokens[at - len(p) : at]) == p for p in self.join_phrases)
        return (joined or not self._is_led_in(tokens, at)) and self._opens(tokens, at)

    def _is_led_in(self, tokens: Sequence[str], at: int) -> bool:
        before, word = tokens[at - 1], tokens[at]
        if before in self.objects:
            return at > 1 and tokens[at - 2] in self.tells
        if before in self.prepositions:
            return word in self.possessives or word in self.relative
        if before in self.heads:
            return word in self.subjects
        return before in self.leads_in

    def _opens(self, tokens: Sequence[str], at: int) -> bool:
        """Whether a subject or a question stands there."""
        if at >= len(tokens):
            return False
        word = tokens[at]
        if word in self.subjects:
            return True
        if word in self.possessives:
            return not self.verbs.isdisjoint(tokens[at + 2 : at + 4])
        if word == EXISTS:
            return not self.verbs.isdisjoint(tokens[at + 1 : at + 2])
        if word not in self.asks or at + 1 == len(tokens):
            return False
        after = tokens[at + 1]
        return after in self.asked and not (
            word in self.relative and after in self.relative_subjects
        )
