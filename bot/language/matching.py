"""spaCy's Matchers, each looked for only where a message has a word that it can't do without."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

NUMBER = "N"
"""Stands for any number among the words of a message."""
Item = Mapping[str, Any]
"""What spaCy wants of one token."""


class Matchers:
    """Patterns by name, and which of them a message can hold at all.

    A matcher of spaCy's costs some 10 us whether it finds anything or not, and there are thousands.
    `rarity` orders the items of a pattern by how seldom a message has one of their words.
    """

    def __init__(self, rarity: Callable[[frozenset[str]], Any]) -> None:
        with warnings.catch_warnings():
            # spaCy imports the packaging library that Rasa pins, and that one warns.
            warnings.simplefilter("ignore", DeprecationWarning)
            import spacy
            from spacy.matcher import Matcher
            from spacy.tokens import Doc

        self._vocab: Any = spacy.blank("en").vocab
        self._matcher_type: Any = Matcher
        self._document_type: Any = Doc
        self._rarity = rarity
        self._matchers: list[tuple[str, Any]] = []
        self._near: dict[str, list[int]] = {}
        """By a word, places in that list of the matchers that need it."""

    def add(self, name: str, rows: Sequence[Sequence[Item]]) -> None:
        """Patterns that are found together, as `name`. Raises ValueError for one without an item
        that has to be there.
        """
        matcher = self._matcher_type(self._vocab, validate=False)
        matcher.add(name, [list(row) for row in rows])
        for word in {word for row in rows for word in self.rarest(row)}:
            self._near.setdefault(word, []).append(len(self._matchers))
        self._matchers.append((name, matcher))

    def rarest(self, row: Sequence[Item]) -> frozenset[str]:
        """The words of which one must be there for a pattern to match: those of its most telling
        item.
        """
        needed = [_words(item) for item in row if "OP" not in item]
        if not needed:
            raise ValueError("a pattern has no item that must be there")
        return min(needed, key=self._rarity)

    def near(self, words: Iterable[str]) -> list[tuple[str, Any]]:
        """Name and matcher of all that a message with these words may hold, in the order in which
        they were added.
        """
        words = set(words)
        if any(word.isdigit() for word in words):
            words.add(NUMBER)
        return [
            self._matchers[at] for at in sorted({at for w in words for at in self._near.get(w, ())})
        ]

    def document(self, words: Sequence[str]) -> Any:
        """What the matchers read. A word in it is one token, whatever stands in it."""
        return self._document_type(self._vocab, words=list(words))


def _words(item: Item) -> frozenset[str]:
    if "ORTH" not in item:
        return frozenset([NUMBER])
    orth = item["ORTH"]
    return frozenset([orth] if isinstance(orth, str) else orth["IN"])
