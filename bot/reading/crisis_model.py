"""The trained classifier: what it looks at, its weights in one file of plain numbers, and what it
says of a message. Needs numpy alone.
"""

import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError
from bot.language.encoder import TOKENIZER, Encoder
from bot.reading.crisis_grammar import Reading
from bot.reading.screening import Who
from bot.reading.words import STOP

FILE, TUNED = "safety.npz", "safety.onnx"
RECIPE = 2
"""To be raised when features change their meaning: an older file is then refused."""
WORD_SCALE = 4.0
"""Length of the words' and of the letters' part of a feature vector."""
TUNED_SHARE = 0.5
"""The tuned encoder's share in the sum of scores; the rest is that of words and rules
(docs/adr/0004).
"""
_WORDS, _LETTERS = range(1, 4), range(2, 6)

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the classifier makes of a message. `crisis` and `concern` are probabilities of wording,
    used here and nowhere kept.
    """

    crisis: float
    concern: float
    who: Who
    category: str


def grams(tokens: Sequence[str]) -> Counter[str]:
    """Runs of one to three words, and of two to five letters within a word. Keys of the two kinds
    cannot be the same.
    """
    words = tuple(tokens)
    found = [" ".join(words[at : at + n]) for n in _WORDS for at in range(len(words) - n + 1)]
    for word in words:
        padded = f"_{word}_"
        found += [f"#{padded[at : at + n]}" for n in _LETTERS for at in range(len(padded) - n + 1)]
    return Counter(found)


def sentence(tokens: Sequence[str]) -> str:
    """The reading as the sentence encoder gets it. Whether a message ends with a full stop must not
    matter, and to the encoder it would.
    """
    return " ".join(tokens).replace(f" {STOP}", STOP).rstrip(f"{STOP} ")


def flags(reading: Reading, names: Sequence[str]) -> Vector:
    """Which rules and guards were found, in the order of `names`."""
    found = {f"rule:{hit.rule.id}:{bool(hit.guarded_by)}" for hit in reading.hits} | {
        f"guard:{name}" for name in reading.guards
    }
    found |= {f"any:{bool(hit.guarded_by)}" for hit in reading.hits}
    return np.array([name in found for name in names], dtype=np.float32)


def flag_names(rules: Sequence[str], guards: Sequence[str]) -> list[str]:
    return (
        [f"rule:{rule}:{guarded}" for rule in rules for guarded in (False, True)]
        + [f"guard:{g}" for g in guards]
        + ["any:False", "any:True"]
    )


class Classifier:
    """The tuned encoder's output layer, added to logistic regressions over words, letters and the
    grammar's findings.

    A gram is looked up by its hash: 2 MB, where a dictionary of 200,000 grams takes 26. That a word
    of a message shares one of 2**64 with a gram which it is not is less likely than a broken disk.
    """

    def __init__(self, data: Mapping[str, NDArray[Any]]) -> None:
        self.flag_names: tuple[str, ...] = tuple(str(name) for name in data["flags"])
        hashes = np.array([hash(str(gram)) for gram in data["grams"]], np.int64)
        self._places = np.argsort(hashes)
        self._hashes = hashes[self._places]
        self._idf: Vector = data["idf"]
        self._head: Vector = data["head"]  # (labels, 384)
        self._flags: Vector = data["flags_weight"]  # (outputs, flags)
        self._sparse: NDArray[np.float16 | np.float32] = data["sparse"]  # (grams, outputs)
        self._bias: Vector = data["bias"]
        self.categories: tuple[str, ...] = tuple(str(name) for name in data["categories"])
        self.threshold = float(data["threshold"])
        self.guarded_threshold = float(data["guarded_threshold"])
        self.concern_threshold = float(data["concern_threshold"])

    @classmethod
    def load(cls, models: Path) -> "Classifier":
        """Raises ModelError where the file is missing, broken or of another recipe."""
        path = models / FILE
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
                if int(data["recipe"]) != RECIPE:
                    raise ModelError(f"{path}: is of another version; run `python -m bot train`")
                return cls(dict(data))
        except (
            OSError,
            ValueError,
            KeyError,
            EOFError,
            zipfile.BadZipFile,
            zlib.error,
        ) as error:
            raise ModelError(
                f"{path}: cannot be read ({type(error).__name__}); run `python -m bot train`"
            ) from None

    def sparse(self, tokens: Sequence[str]) -> tuple[NDArray[np.intp], Vector]:
        """Places and weights of the known grams: sublinear TF-IDF, words and letters each of length
        1, scaled.
        """
        counts = grams(tokens)
        hashes = np.fromiter(map(hash, counts), np.int64, len(counts))
        at = np.searchsorted(self._hashes, hashes)
        at[at == len(self._hashes)] = 0
        known = self._hashes[at] == hashes
        places = self._places[at[known]]
        times = np.fromiter(counts.values(), np.float32, len(counts))[known]
        letters = np.fromiter((gram[0] == "#" for gram in counts), np.bool_, len(counts))[known]
        weights = (1 + np.log(times)) * self._idf[places]
        for part in (letters, ~letters):
            weights[part] *= WORD_SCALE / max(float(np.linalg.norm(weights[part])), 1e-9)
        return places, weights.astype(np.float32)

    def hint(self, tokens: Sequence[str]) -> float:
        """The probability of crisis by words alone: cheap, and only good enough to say where to
        look closer.
        """
        places, weights = self.sparse(tokens)
        scores = (weights @ self._sparse[places, :3] + self._bias[:3]) / (1 - TUNED_SHARE)
        label = np.exp(scores - scores.max())
        return float(label[2] / label.sum())

    def judge(self, reading: Reading, embedding: Vector) -> Opinion:
        """`embedding` is the tuned encoder's, of `sentence(reading.tokens)`."""
        places, weights = self.sparse(reading.tokens)
        scores = (
            self._flags @ flags(reading, self.flag_names)
            + weights @ self._sparse[places]
            + self._bias
        )
        # Outputs: none, concern, crisis | other against self | one a category.
        label = scores[:3] + self._head @ embedding
        label = np.exp(label - label.max())
        label /= label.sum()
        who = Who.OTHER if scores[3] > 0 else Who.SELF
        return Opinion(
            float(label[2]), float(label[1]), who, self.categories[int(scores[4:].argmax())]
        )


def tuned_encoder(models: Path) -> Encoder:
    """The sentence encoder with its last layers tuned. Raises ModelError where there is none."""
    for name in (TUNED, TOKENIZER):
        if not (models / name).is_file():
            raise ModelError(f"{models / name}: missing; run `python -m bot train`")
    try:
        return Encoder(models / TUNED, models / TOKENIZER)
    except Exception as error:  # onnxruntime has exceptions of its own for a broken file
        raise ModelError(
            f"{models / TUNED}: cannot be loaded ({type(error).__name__}); run `python -m bot train`"
        ) from None
