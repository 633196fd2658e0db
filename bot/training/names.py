"""Trains what judges whether a word is somebody's name (bot.privacy.tagger) and writes its weights.

`python -m bot.training.names` learns from `data/privacy` and, as messages that name nobody, from the
examples in `data/`: a minute. Names change places with others of our lists in each row, so that
what stands around a name is learned, and not the name.
"""

import random
import re
import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import scipy.sparse
from sklearn.linear_model import LogisticRegression

from bot.evaluation import names as rows_of
from bot.language.identify import rows, word_list
from bot.privacy import names, tagger

NAMED_AFTER = rows_of.FOLDER / "named_after.txt"
VARIANTS = 8
"""Times that a row is learned with other names."""
AFTER_VARIANTS = 3
"""Times that a row of what is named after somebody is learned, with as many names."""
PLACES = 60
"""Times that a row with a place is learned, with as many places."""
EVERY = 2
"""Of the examples in `data/`, one in so many is learned."""
SEEN_MIN = 3
"""Times that a feature is seen before it is learned."""
WEIGHT_MIN = 4
"""Of a weight that is kept, in parts of `tagger.SCALE`."""
STRENGTH = 0.25
"""The inverse of the strength of regularisation."""
NAMED_WEIGHT, ORDINARY_WEIGHT = 4.0, 2.0
"""What a row of ours weighs beside one with other names."""
_SYLLABLES = re.split(
    " ", "ba zo ri ken mal du sha vi to ner li qua mo fe gra hus ja per wen ol ay tun de ka lo"
)
_HEAD = """\
# Weights of bot/privacy/tagger.py, each with its feature. Made by `python -m bot.training.names`.
"""

Seen = tuple[list[str], bool, float]
"""A word's features, whether it is a name, and what it weighs."""


class _Names:
    """Other names in the place of those of a row."""

    def __init__(self, rng: random.Random) -> None:
        lists = names.lists()
        self._rng = rng
        self._first = sorted(lists.first)
        self._words = sorted(word for word in lists.words_too if len(word) > 2)
        self._last = sorted(
            word for word in word_list(tagger.SURNAMES) if word not in lists.ordinary
        )

    def first(self) -> str:
        """A first name: of the lists, one that is a word too, or one that nobody knows."""
        kind = self._rng.random()
        if kind < 0.15:
            return self._unknown()
        return self._rng.choice(self._words if kind < 0.4 else self._first)

    def last(self) -> str:
        """A surname, of the list or one that nobody knows."""
        return self._unknown() if self._rng.random() < 0.2 else self._rng.choice(self._last)

    def instead_of(self, name: str) -> str:
        """Another name of as many words, written as this one is."""
        parts = re.split(r"([ -]|['’]s$)", name)
        return "".join(self._part(part, at == 0) for at, part in enumerate(parts))

    def _part(self, part: str, is_first: bool) -> str:
        if len(part) <= 2 or "." in part:
            return part
        new = self.first() if is_first and self._rng.random() < 0.85 else self.last()
        if part.islower():
            return new
        return new.upper() if part.isupper() else new.capitalize()

    def _unknown(self) -> str:
        return "".join(self._rng.choice(_SYLLABLES) for _ in range(self._rng.choice((2, 2, 3))))


def learned(rng: random.Random) -> Iterator[Seen]:
    """All words to learn from."""
    others = _Names(rng)
    for row in rows(rows_of.NAMED):
        yield from _seen(row, NAMED_WEIGHT)
        for _ in range(VARIANTS):
            yield from _seen(_rewritten(_renamed(row, others, rng), rng), 1)
    for row in rows(rows_of.ORDINARY):
        for written in sorted({row, row.lower(), row.capitalize()}):
            yield from _seen(written, ORDINARY_WEIGHT)
    places = sorted(names.places())
    for row in rows(NAMED_AFTER):
        for _ in range(PLACES if "{place}" in row else AFTER_VARIANTS):
            name = others.first() if rng.random() < 0.5 else others.last()
            place = string.capwords(rng.choice(places))
            written = row.replace("{place}", place).replace("{}", name.capitalize())
            yield from _seen(_rewritten(written, rng), 1)
    for row in rows_of.corpus()[::EVERY]:
        if not names.spans(row):  # some do name somebody
            yield from _seen(row, 1)


def _renamed(row: str, others: _Names, rng: random.Random) -> str:
    def one(match: re.Match[str]) -> str:
        title = rows_of.TITLE.match(match[1])
        kept = title.group() if title else ""
        name = others.instead_of(match[1].removeprefix(kept))
        kind = rng.random()
        if kind < 0.35:
            name = name.lower() if kind < 0.15 else name.title()
        return f"[{kept}{name}]"

    return rows_of.BRACKETS.sub(one, row)


def _rewritten(row: str, rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.12:
        return row.lower()
    return row.upper() if kind < 0.16 else row


def _seen(row: str, weight: float) -> Iterator[Seen]:
    """The words of a row that the model is asked about."""
    text, named = rows_of.unbracketed(row)
    tokens = tagger.Tokens(text)
    before = False
    for at, match in enumerate(tokens.found):
        is_name = any(start < match.end() and match.start() < end for start, end in named)
        if tokens.could_be(at):
            yield list(tokens.features(at, before)), is_name, weight
        before = is_name


def train() -> dict[str, int]:
    """The weights by feature, in parts of `tagger.SCALE`."""
    seen = list(learned(random.Random(1)))  # noqa: S311 - no secret
    counted = Counter(feature for features, _, _ in seen for feature in features)
    columns = sorted(feature for feature, times in counted.items() if times >= SEEN_MIN)
    column = {feature: at for at, feature in enumerate(columns)}
    indices: list[int] = []
    starts = [0]
    for features, _, _ in seen:
        indices += [column[feature] for feature in dict.fromkeys(features) if feature in column]
        starts.append(len(indices))
    matrix = scipy.sparse.csr_matrix(
        (np.ones(len(indices)), indices, starts), shape=(len(seen), len(columns))
    )
    model = LogisticRegression(C=STRENGTH, solver="liblinear", random_state=0)
    model.fit(matrix, [is_name for _, is_name, _ in seen], sample_weight=[w for _, _, w in seen])
    weights = {
        feature: round(float(weight) * tagger.SCALE)
        for feature, weight in zip(columns, model.coef_[0], strict=True)
    }
    weights[tagger.BIAS] = round(float(model.intercept_[0]) * tagger.SCALE)
    return {feature: w for feature, w in weights.items() if abs(w) >= WEIGHT_MIN}


def write(weights: dict[str, int], file: Path = tagger.WEIGHTS) -> None:
    """Writes the weights in the order of their features."""
    lines = (f"{weight} {feature}\n" for feature, weight in sorted(weights.items()))
    file.write_text(_HEAD + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    write(train())
