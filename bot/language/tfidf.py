"""TF-IDF over words and pieces of words: what scikit-learn's TfidfVectorizer(sublinear_tf=True)
computes, without its 1 ms a message and pickles.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Analyser = Callable[[str], Iterable[str]]
_WORD = re.compile(r"\w+")


def _words(text: str) -> list[str]:
    """Words, and pairs of words that follow each other."""
    words = _WORD.findall(text)
    return words + [f"{first} {second}" for first, second in pairwise(words)]


def _pieces(shortest: int, longest: int, text: str) -> list[str]:
    """Pieces of words, a space standing for where a word begins and ends."""
    found: list[str] = []
    for word in text.split():
        padded = f" {word} "
        for size in range(shortest, longest + 1):
            if size >= len(padded):
                found.append(padded)
                break
            found.extend(padded[at : at + size] for at in range(len(padded) - size + 1))
    return found


ANALYSERS: dict[str, Analyser] = {"words": _words, "pieces": partial(_pieces, 2, 4)}


class Tfidf:
    """`terms` are the columns; `idf` is float32 (columns,)."""

    def __init__(self, analyser: str, terms: Sequence[str], idf: NDArray[np.float32]) -> None:
        self.analyser, self.terms, self.idf = analyser, list(terms), idf
        self._analyse = ANALYSERS[analyser]
        self._column = {term: column for column, term in enumerate(self.terms)}

    @classmethod
    def learn(cls, analyser: str, texts: Sequence[str], at_least: int = 2) -> "Tfidf":
        """Terms of fewer than `at_least` texts are left out: half of all there are, and no answer
        is better for them.
        """
        documents = Counter(term for text in texts for term in set(ANALYSERS[analyser](text)))
        terms = sorted(term for term, count in documents.items() if count >= at_least)
        counts = np.array([documents[term] for term in terms], dtype=np.float64)
        return cls(
            analyser, terms, (np.log((1 + len(texts)) / (1 + counts)) + 1).astype(np.float32)
        )

    def row(self, text: str) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Columns and their values, of length 1 together. Terms that were never learnt don't count;
        a text without any gives two empty arrays.
        """
        counts = Counter(
            column for term in self._analyse(text) if (column := self._column.get(term)) is not None
        )
        columns = np.fromiter(counts.keys(), dtype=np.intp, count=len(counts))
        values = (
            1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))
        ) * self.idf[columns]
        return columns, values / max(float(np.linalg.norm(values)), 1e-12)

    def matrix(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """One row a text: float32 (n, columns)."""
        rows = [self.row(text) for text in texts]
        starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns = np.concatenate([np.empty(0, dtype=np.intp), *(columns for columns, _ in rows)])
        values = np.concatenate([np.empty(0, dtype=np.float32), *(values for _, values in rows)])
        return sparse.csr_matrix((values, columns, starts), shape=(len(rows), len(self.terms)))
