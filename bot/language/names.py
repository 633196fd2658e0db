"""Finds the services and terms that a message names, however they are spelt. Pure: no Rasa; the
aliases come from the content.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA

# Hyphens and slashes part words like spaces do, and curly apostrophes are straight: one character
# for one, so that offsets hold.
_PLAIN = str.maketrans(
    {"-": " ", "‐": " ", "‑": " ", "–": " ", "—": " ", "_": " ", "/": " ", "’": "'", "‘": "'"}
)
_SPELT_FROM = 4
"""Shorter words of an alias have no misspellings: they would be other words."""
_ALONE_FROM = 5
"""So many letters the whole of a name must have to be known by a misspelling alone."""
_TWO_SLIPS_FROM = 8
_RUN_TOGETHER_FROM = 7
_CAPITALS_TO = 2
"""A name of two capitals ("IS") is one only as such, and not in a message that is all capitals: it
may be a word otherwise.
"""
_RUN_TOGETHER_WORDS = 5


@dataclass(frozen=True, slots=True)
class Named:
    """`start` and `end` are offsets in the text as it was given; `exact` is false where a spelling
    was put right.
    """

    kind: str
    id: str
    start: int
    end: int
    exact: bool


@dataclass(frozen=True, slots=True)
class _Span:
    first: int
    last: int
    alias: tuple[str, str]
    exact: bool


class NameFinder:
    """`aliases`: each name (any case) to its kind and id. `words`: real words, which are never
    taken for misspelt names.
    """

    def __init__(
        self, aliases: Mapping[str, tuple[str, str]], words: Collection[str] = frozenset()
    ) -> None:
        import spacy
        from spacy.matcher import PhraseMatcher

        self._language: Any = spacy.blank("en")
        self._language.add_pipe("sentencizer")
        self._matcher: Any = PhraseMatcher(self._language.vocab, attr="LOWER")
        self._aliases: dict[str, tuple[str, str]] = {}
        self._run_together: dict[str, tuple[str, str]] = {}
        self._capitals: dict[str, tuple[str, str]] = {}
        self._words = frozenset(words)
        self._spellings: dict[int, list[str]] = defaultdict(list)
        own: set[str] = set()
        for name, (kind, id_) in aliases.items():
            if name.isupper() and len(name) <= _CAPITALS_TO:
                self._capitals[name] = (kind, id_)
                continue
            tokens = self._tokens(name)
            key = " ".join(token.text for token in tokens).lower()
            self._aliases[key] = (kind, id_)
            self._matcher.add(key, [tokens])
            own.update(token.text.lower() for token in tokens)
            joined = key.replace(" ", "")
            if len(joined) >= _RUN_TOGETHER_FROM:
                self._run_together[joined] = (kind, id_)
        self._own = frozenset(own)
        for word in sorted(own):
            if len(word) >= _SPELT_FROM and word.isalpha():
                self._spellings[len(word)].append(word)

    def _tokens(self, text: str) -> Any:
        return self._language.make_doc(text.translate(_PLAIN).strip())

    def find(self, text: str) -> tuple[Named, ...]:
        """Every name in the text, in its order, none overlapping another: the longest wins, and of
        two as long the one that is spelt right.
        """
        from spacy.tokens import Doc

        read = self._language.make_doc(text.translate(_PLAIN))
        tokens = [token for token in read if not token.is_space]
        if not tokens:
            return ()
        words = [token.lower_ for token in tokens]
        spans = self._match(Doc(read.vocab, words=words), frozenset()) + self._joined(words)
        if not text.isupper():
            spans += [
                _Span(at, at + 1, self._capitals[token.text], True)
                for at, token in enumerate(tokens)
                if token.text in self._capitals
            ]
        covered = {at for span in spans for at in range(span.first, span.last)}
        slips = {
            at: right
            for at, word in enumerate(words)
            if at not in covered and (right := self._right(word))
        }
        if slips:
            spans += self._match(
                Doc(read.vocab, words=[slips.get(at, word) for at, word in enumerate(words)]),
                frozenset(slips),
            )
        found = []
        for span in _longest(spans):
            first, last = tokens[span.first], tokens[span.last - 1]
            found.append(Named(*span.alias, first.idx, last.idx + len(last.text), span.exact))
        return tuple(found)

    def mask(self, text: str, kinds: Mapping[str, str]) -> str:
        """The text with each name of a kind in `kinds` replaced by that kind's word, so that what
        is asked can be read apart from about what.
        """
        pieces, at = [], 0
        for named in self.find(text):
            if named.kind in kinds:
                pieces += [text[at : named.start], kinds[named.kind]]
                at = named.end
        return "".join([*pieces, text[at:]])

    def sentences(self, text: str) -> tuple[str, ...]:
        """The sentences of a message, as written; one that is not split is one sentence."""
        return tuple(
            sentence.text.strip()
            for sentence in self._language(text).sents
            if sentence.text.strip()
        )

    def _match(self, doc: Any, slips: frozenset[int]) -> list[_Span]:
        found = []
        for key, first, last in self._matcher(doc):
            name = doc.vocab.strings[key]
            exact = slips.isdisjoint(range(first, last))
            if exact == (not slips) and (exact or len(name) >= _ALONE_FROM):
                found.append(_Span(first, last, self._aliases[name], exact))
        return found

    def _joined(self, words: Sequence[str]) -> list[_Span]:
        """Names written as one word ("keyworker"), or with a gap that they don't have ("ayles
        bury").
        """
        found = []
        for first in range(len(words)):
            joined = ""
            for last in range(first, min(first + _RUN_TOGETHER_WORDS, len(words))):
                joined += words[last]
                if joined in self._run_together:
                    found.append(_Span(first, last + 1, self._run_together[joined], True))
        return found

    def _right(self, word: str) -> str:
        """The word of a name that this unknown word was meant to be, or ""."""
        if (
            len(word) < _SPELT_FROM - 1
            or not word.isalpha()
            or word in self._own
            or word in self._words
        ):
            return ""
        best: tuple[float, str] | None = None
        for length in range(len(word) - 2, len(word) + 3):
            slips = 2 if length >= _TWO_SLIPS_FROM else 1
            near = process.extract(
                word,
                self._spellings.get(length, []),
                scorer=OSA.distance,
                score_cutoff=slips,
                limit=None,
            )
            for right, distance, _ in near:
                if (distance == 1 or right[0] == word[0]) and (
                    best is None or (distance, right) < best
                ):
                    best = (distance, right)
        return best[1] if best else ""


def _longest(spans: Sequence[_Span]) -> list[_Span]:
    kept: list[_Span] = []
    taken: set[int] = set()
    for span in sorted(
        spans, key=lambda span: (span.first - span.last, not span.exact, span.first)
    ):
        places = range(span.first, span.last)
        if taken.isdisjoint(places):
            kept.append(span)
            taken.update(places)
    return sorted(kept, key=lambda span: span.first)
