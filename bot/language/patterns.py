"""Patterns of bot/content/eligibility/reading.yml. The notation is explained in that file."""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.language.matching import NUMBER, Item, Matchers, gap, one_of
from bot.language.tokens import BREAKS

_GAP = re.compile(r"\.\.(\d)$")
_ANY = gap(BREAKS)


@dataclass(frozen=True, slots=True)
class Match:
    """`key` names the pattern's group; words `start` to `end` (not included)."""

    key: str
    start: int
    end: int


class Patterns:
    """Groups of patterns, compiled once. Raises ValueError naming a pattern that can't be read."""

    def __init__(
        self, groups: Mapping[str, Iterable[str]], classes: Mapping[str, Sequence[str]]
    ) -> None:
        self._matchers = Matchers(_rarity)
        self._classes = classes
        self.words: set[str] = set()
        """Every word that stands in a pattern."""
        for key, patterns in groups.items():
            for pattern in patterns:
                self._matchers.add(key, self._compile(str(pattern)))

    def find(self, words: Sequence[str]) -> list[Match]:
        """Every match; of one group, the longest of those that overlap, in the order of the words."""
        return longest(itertools.starmap(Match, self._matchers.find(words)))

    def _compile(self, pattern: str) -> Iterable[list[Item]]:
        items = [self._item(item, pattern) for item in pattern.split()]
        if not items:
            raise ValueError("reading.yml: a pattern is empty")
        return [list(itertools.chain(*choice)) for choice in itertools.product(*items)]

    def _item(self, item: str, pattern: str) -> list[list[Item]]:
        """The ways in which one item can be met, each as a row of words."""
        if any_words := _GAP.match(item):
            return [[_ANY] * int(any_words.group(1))]
        optional = item.endswith("?") and len(item) > 1
        phrases: list[str] = []
        for part in item.removesuffix("?").split("|") if len(item) > 1 else [item]:
            if part.startswith("{"):
                if part[1:-1] not in self._classes:
                    raise ValueError(f"reading.yml: {pattern}: there is no class {part}")
                phrases += self._classes[part[1:-1]]
            else:
                phrases.append(part)
        self.words.update(word for phrase in phrases for word in phrase.split())
        single = {phrase for phrase in phrases if " " not in phrase}
        ways = [[one_of(single)]] if single else []
        ways += [[one_of([word]) for word in phrase.split()] for phrase in phrases if " " in phrase]
        return [*ways, []] if optional else ways


def _rarity(words: frozenset[str]) -> tuple[bool, int, int]:
    return NUMBER in words, len(words), -max(map(len, words))


def longest(found: Iterable[Match]) -> list[Match]:
    """Of the matches of one group that overlap, the longest."""
    kept: list[Match] = []
    for match in sorted(found, key=lambda m: (m.start - m.end, m.start)):
        if not any(
            match.key == other.key and match.start < other.end and other.start < match.end
            for other in kept
        ):
            kept.append(match)
    return sorted(kept, key=lambda m: m.start)
