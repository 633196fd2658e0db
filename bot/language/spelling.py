"""Puts single slips of the keyboard right before a message is read: "aplly" is "apply", "teh" is
"the".

The dictionary costs nothing: the training examples, and the whole words in the sentence encoder's
own vocabulary, which comes in order of how common they are. A word that either of them knows is
never touched. docs/adr/0003 has what this gains.
"""

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.language.encoder import TOKENIZER

_WORD = re.compile(r"[a-z']+")
_ENDINGS = ("s", "es", "ed", "d", "ing", "ly", "er", "ers", "est")
SHORTEST = 2
_SHORT = 3
_COMMON = 3000
"""Up to three letters, the encoder's vocabulary is full of splinters ("hte", "ot"): only what
stands this far in front is a word.
"""


def general_words(models: Path) -> dict[str, int]:
    """The words of the sentence encoder's vocabulary and the rank of each, the most common ones
    first. Needs `bot.language.encoder.ensure` before.
    """
    vocabulary = json.loads((models / TOKENIZER).read_text(encoding="utf-8"))["model"]["vocab"]
    return {
        word: rank
        for word, rank in vocabulary.items()
        if word.isascii()
        and word.isalpha()
        and len(word) >= SHORTEST
        and (len(word) > _SHORT or rank < _COMMON)
    }


class Speller:
    """`examples` counts the words of the training examples, `general` ranks those of the language."""

    def __init__(self, examples: Mapping[str, int], general: Mapping[str, int]) -> None:
        self.examples = dict(examples)
        self._general = general
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in sorted({*general, *(word for word in self.examples if word.isalpha())}):
            self._by_length[len(word)].append(word)
        self._fixed = lru_cache(maxsize=4096)(self._fix)

    @classmethod
    def learn(cls, texts: Iterable[str], general: Mapping[str, int]) -> "Speller":
        return cls(Counter(word for text in texts for word in _WORD.findall(text.lower())), general)

    def knows(self, word: str) -> bool:
        if word in self.examples or word in self._general:
            return True
        stems = (word.removesuffix(ending) for ending in _ENDINGS if word.endswith(ending))
        return any(
            len(stem) > _SHORT and (stem in self.examples or stem in self._general)
            for stem in stems
        )

    def correct(self, text: str) -> str:
        """The text in lower case, with each unknown word replaced by the likeliest known one at one
        swap, or one letter more, less or other.
        """
        return _WORD.sub(lambda word: self._fixed(word.group()), text.lower())

    def _fix(self, word: str) -> str:
        if len(word) < SHORTEST or not word.isalpha() or self.knows(word):
            return word
        best, best_score = word, -math.inf
        for length in (len(word) - 1, len(word), len(word) + 1):
            if length < _SHORT:
                continue
            for candidate, _, _ in process.extract(
                word, self._by_length[length], scorer=OSA.distance, score_cutoff=1, limit=None
            ):
                seen = self.examples.get(candidate, 0)
                if not seen and len(word) <= _SHORT:
                    continue
                score = self._likelihood(word, candidate, seen)
                if score > best_score:
                    best, best_score = candidate, score
        return best

    def _likelihood(self, word: str, candidate: str, seen: int) -> float:
        """How likely that word was meant: how common it is, here above all, and a dropped or
        swapped letter before a doubled, before a wrong one.
        """
        common = 2 * math.log1p(seen) - 0.5 * math.log1p(self._general.get(candidate, 30_000))
        slip = (
            2
            if len(candidate) > len(word) or sorted(candidate) == sorted(word)
            else 1
            if len(candidate) < len(word)
            else 0
        )
        return common + slip + (candidate[0] == word[0])
