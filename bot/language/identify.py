"""Which language a message is in. Pure, once loaded; a second of CPU to load.

Short messages in slang look like anything to an identifier of languages, so one is asked only where
most words are not English ones.
"""

import re
from array import array
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

ORDINARY = Path(__file__).parent / "ordinary_words.txt"
ENGLISH = "en"
WORDS_MIN = 3
"""Words in Latin letters; of fewer nobody can tell."""
UNKNOWN_MIN = 0.6
"""The share of words that are no ordinary English ones."""
SURE = 0.6
"""The identifier's probability, among the languages that the content has."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LATIN = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ]")


@cache
def ordinary_words() -> frozenset[str]:
    """Usual English words, in lower case, without those that are usual surnames too."""
    return word_list(ORDINARY)


def word_list(file: Path) -> frozenset[str]:
    """The words of a text file, of as many a row as fit."""
    return frozenset(word for row in rows(file) for word in row.split())


def rows(file: Path) -> list[str]:
    """The rows of a text file without its remarks, which begin with #."""
    text = file.read_text(encoding="utf-8")
    return [row for row in text.splitlines() if not row.startswith("#")]


class Identifier:
    """Tells the given languages (ISO 639-1) from English."""

    def __init__(self, languages: Collection[str]) -> None:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        whole: Any = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        whole.set_languages(sorted({ENGLISH, *languages} & set(whole.labels)))
        # `whole` keeps what it knows of all the others, 28 MB, and every move of its automaton, 42.
        self._identifier: Any = LanguageIdentifier(
            whole.nb_ptc,
            whole.nb_pc,
            whole.nb_classes,
            _Moves(whole.tk_nextmove, whole.tk_row[0]),
            array("i", whole.tk_output),
            norm_probs=True,
            tk_row=whole.tk_row,
        )
        self._english = ordinary_words()

    def language(self, text: str) -> str:
        """The language of `text`; "en" where it is English, or nobody can tell."""
        words = [word.casefold().replace("’", "'") for word in _WORD.findall(text)]
        words = [word for word in words if len(word) > 1]
        latin = bool(_LATIN.search(text))
        if len(words) < (WORDS_MIN if latin else 1):
            return ENGLISH
        unknown = [word for word in words if word.replace("'", "") not in self._english]
        if len(unknown) < UNKNOWN_MIN * len(words):
            return ENGLISH
        language, sure = self._identifier.classify(" ".join(words))
        return str(language) if sure >= SURE or not latin else ENGLISH


class _Moves:
    """The moves of the identifier's automaton, [256 * row + letter], in a quarter of the memory: of
    each row only those that are not what the letter comes to at the start of a word.
    """

    def __init__(self, moves: "array[int]", first_row: int) -> None:
        import numpy as np

        rows = np.frombuffer(moves, dtype=np.uint32).reshape(-1, 256)
        own = rows != rows[first_row]
        letters = np.broadcast_to(np.arange(256, dtype=np.uint8), rows.shape)
        self._usual: array[int] = array("I", rows[first_row].tobytes())
        self._letters = letters[own].tobytes()
        self._moves: array[int] = array("I", rows[own].tobytes())
        self._starts: array[int] = array("I", [0, *own.sum(axis=1).cumsum().tolist()])

    def __getitem__(self, place: int) -> int:
        row, letter = divmod(place, 256)
        at = self._letters.find(letter, self._starts[row], self._starts[row + 1])
        return self._moves[at] if at >= 0 else self._usual[letter]
