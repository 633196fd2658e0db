"""Patterns of bot/content/eligibility/reading.yml, found by spaCy's Matcher. The notation is
explained in that file.
"""

import itertools
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.language.tokens import BREAKS

_GAP = re.compile(r"\.\.(\d)$")
_ANY: dict[str, Any] = {"ORTH": {"NOT_IN": sorted(BREAKS)}, "OP": "?"}
NUMBER = "N"
_NUMBER: dict[str, Any] = {"IS_DIGIT": True}


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
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", DeprecationWarning
            )  # spaCy imports the packaging library that Rasa pins, and that one warns
            import spacy
            from spacy.matcher import Matcher

        self._vocab: Any = spacy.blank("en").vocab
        self._matchers: list[tuple[str, Any]] = []
        self._near: dict[str, list[int]] = {}
        """By a word, places in that list of the matchers that need it."""
        self._classes = classes
        self.words: set[str] = set()
        """Every word that stands in a pattern."""
        for key, patterns in groups.items():
            by_need: dict[frozenset[str], list[list[dict[str, Any]]]] = {}
            for pattern in patterns:
                for tokens in self._compile(str(pattern)):
                    by_need.setdefault(_rarest(tokens), []).append(tokens)
            for needed, compiled in by_need.items():
                matcher = Matcher(self._vocab)
                matcher.add(key, compiled)
                for word in needed:
                    self._near.setdefault(word, []).append(len(self._matchers))
                self._matchers.append((key, matcher))

    def find(self, words: Sequence[str]) -> list[Match]:
        """Every match; of one group, the longest of those that overlap, in the order of the words."""
        from spacy.tokens import Doc

        if not words:
            return []
        document = Doc(self._vocab, words=list(words))
        present = {*words, *(NUMBER for word in words if word.isdigit())}
        near = {at for word in present for at in self._near.get(word, ())}
        return longest(
            Match(key, start, end)
            for key, matcher in (self._matchers[at] for at in sorted(near))
            for _, start, end in matcher(document)
        )

    def _compile(self, pattern: str) -> Iterable[list[dict[str, Any]]]:
        items = [self._item(item, pattern) for item in pattern.split()]
        if not items:
            raise ValueError("reading.yml: a pattern is empty")
        return [list(itertools.chain(*choice)) for choice in itertools.product(*items)]

    def _item(self, item: str, pattern: str) -> list[list[dict[str, Any]]]:
        """The ways in which one item can be met, each as a row of spaCy's tokens."""
        if gap := _GAP.match(item):
            return [[_ANY] * int(gap.group(1))]
        optional = item.endswith("?") and len(item) > 1
        phrases: list[str] = []
        for part in item.removesuffix("?").split("|") if len(item) > 1 else [item]:
            if part.startswith("{"):
                if part[1:-1] not in self._classes:
                    raise ValueError(f"reading.yml: {pattern}: there is no class {part}")
                phrases += self._classes[part[1:-1]]
            else:
                phrases.append(part)
        single = sorted({phrase for phrase in phrases if " " not in phrase and phrase != NUMBER})
        self.words.update(word for phrase in phrases for word in phrase.split())
        ways: list[list[dict[str, Any]]] = [[{"ORTH": {"IN": single}}]] if single else []
        ways += [[_NUMBER]] if NUMBER in phrases else []
        ways += [[{"ORTH": word} for word in phrase.split()] for phrase in phrases if " " in phrase]
        return [*ways, []] if optional else ways


def _rarest(pattern: list[dict[str, Any]]) -> frozenset[str]:
    """The words of which one must be there for a pattern to match: those of its most telling item."""
    needed = [
        frozenset([NUMBER]) if "IS_DIGIT" in t else frozenset(_words(t["ORTH"]))
        for t in pattern
        if "OP" not in t
    ]
    return min(needed, key=lambda words: (NUMBER in words, len(words), -max(map(len, words))))


def _words(orth: Any) -> list[str]:
    return [orth] if isinstance(orth, str) else list(orth["IN"])


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
