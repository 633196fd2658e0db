"""How near a question is to each statement of the content: the sense of the tuned encoder, which has
read the question already, and the words that both have (docs/adr/0010).

Pure but for `save` and `read`. The vectors of statements are made when the model is; what was
changed in the content since then is read at the start.
"""

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.language.encoder import DIMENSIONS
from bot.language.tfidf import Tfidf
from bot.reading.intents import Encode

FILE = "statements.npz"
WORDS = 0.7
"""Weight of the words beside that of the sense, which is 1. Of the weights tried, what put the
wanted statement first most often.
"""
NEAR_MIN = 0.25
"""Nearness below which a statement is not told of: half of them are no nearer to any question."""

Vectors = NDArray[np.float32]


class Nearness:
    """`ids` and, in the same order, the `vectors` of the statements and the `documents` whose words
    count: statements with the words by which they are asked for.
    """

    def __init__(self, ids: Sequence[str], vectors: Vectors, documents: Sequence[str]) -> None:
        self._ids, self._vectors = tuple(ids), vectors
        plain = [document.lower() for document in documents]
        self._words = Tfidf.learn("words", plain, at_least=1)
        self._rows = self._words.matrix(plain)

    def near(self, text: str, vector: Vectors | None) -> dict[str, float]:
        """How near each statement is to a text and its vector, by id; only what is near at all."""
        if vector is None:
            return {}
        columns, values = self._words.row(text.lower())
        row = np.zeros(len(self._words.terms), dtype=np.float32)
        row[columns] = values
        scores = self._vectors @ vector[:DIMENSIONS] + WORDS * (self._rows @ row)
        near = np.flatnonzero(scores >= NEAR_MIN)
        return {self._ids[at]: round(float(scores[at]), 3) for at in near}


def vectors_of(texts: Mapping[str, str], encode: Encode, known: Mapping[str, Vectors]) -> Vectors:
    """The vectors of texts by id, rounded as they are kept; those that are `known` are not made."""
    new = [id_ for id_ in texts if id_ not in known]
    made = encode([texts[id_] for id_ in new])[:, :DIMENSIONS] if new else ()
    found = {**known, **dict(zip(new, made, strict=True))}
    rows = [np.asarray(found[id_], dtype=np.float16) for id_ in texts]
    return np.array(rows, dtype=np.float32).reshape(len(rows), DIMENSIONS)


def save(folder: Path, ids: Sequence[str], vectors: Vectors) -> None:
    """Writes what `read` reads."""
    np.savez_compressed(folder / FILE, ids=np.array(ids), vectors=vectors.astype(np.float16))


def read(folder: Path) -> dict[str, Vectors]:
    """Vectors by id. Nothing where there are none to be read: they are then made anew."""
    try:
        with (folder / FILE).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return dict(zip(map(str, arrays["ids"]), arrays["vectors"], strict=True))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error):
        return {}
