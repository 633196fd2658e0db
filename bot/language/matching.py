"""Patterns over the words of a message, each looked for only where the message has a word that the
pattern can't do without.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

NUMBER = "N"
"""Stands for any number among the words of a message."""


class Item(NamedTuple):
    """One word of a pattern: one of `words` or, where `is_gap`, any but those. A gap may be left out,
    and so may what `is_optional`.
    """

    words: frozenset[str]
    is_optional: bool = False
    is_gap: bool = False


def one_of(words: Iterable[str], *, is_optional: bool = False) -> Item:
    return Item(frozenset(words), is_optional)


def gap(but: Iterable[str]) -> Item:
    return Item(frozenset(but), is_optional=True, is_gap=True)


class Matchers:
    """Patterns by name. `rarity` orders the items of a pattern by how seldom a message has one of
    their words: of thousands of patterns, some hundred are looked at.
    """

    def __init__(self, rarity: Callable[[frozenset[str]], Any]) -> None:
        self._rarity = rarity
        self._items: dict[Item, Item] = {}
        """Each once: many patterns share one."""
        self._rows: list[tuple[str, tuple[Item, ...]]] = []
        self._near: dict[str, list[int]] = {}
        """By a word, places in that list of the patterns that need it."""

    def add(self, name: str, rows: Iterable[Sequence[Item]]) -> None:
        """Patterns that are found as `name`. Raises ValueError for one without an item that has to
        be there.
        """
        for row in rows:
            needed = [item.words for item in row if not item.is_optional]
            if not needed:
                raise ValueError("a pattern has no item that must be there")
            for word in min(needed, key=self._rarity):
                self._near.setdefault(word, []).append(len(self._rows))
            own = tuple(self._items.setdefault(item, item) for item in row)
            self._rows.append((name, own))

    def near(self, words: Iterable[str]) -> list[tuple[str, tuple[Item, ...]]]:
        """Name and items of all patterns that a message with these words may hold, in the order in
        which they were added.
        """
        found = {at for word in words for at in self._near.get(word, ())}
        return [self._rows[at] for at in sorted(found)]

    def find(self, words: Sequence[str]) -> Iterator[tuple[str, int, int]]:
        """Every match: its name, and the words `start` to `end` (not included)."""
        # A set of places in the message is a whole number, a bit for each: all are tried at once.
        places: dict[str, int] = {}
        for at, word in enumerate(words):
            for known_as in (word, NUMBER) if word.isdigit() else (word,):
                places[known_as] = places.get(known_as, 0) | 1 << at
        everywhere = (1 << len(words)) - 1
        where: dict[Item, int] = {}

        def ends(row: Sequence[Item], reached: int) -> int:
            """The places that a pattern gets to from those."""
            for item in row:
                if item not in where:
                    where[item] = _places(item, places, everywhere)
                on = (reached & where[item]) << 1
                reached = on | reached if item.is_optional else on
                if not reached:
                    break
            return reached

        for name, row in self.near(places):
            if ends(row, everywhere):
                for start in range(len(words)):
                    reached = ends(row, 1 << start)
                    for end in _bits(reached):
                        yield name, start, end


def _places(item: Item, places: dict[str, int], everywhere: int) -> int:
    found = 0
    for word in item.words.intersection(places):
        found |= places[word]
    return everywhere & ~found if item.is_gap else found


def _bits(places: int) -> Iterator[int]:
    at = 0
    while places:
        if places & 1:
            yield at
        places >>= 1
        at += 1
