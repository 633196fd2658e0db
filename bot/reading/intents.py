"""What is asked: MiniLM's sense of a sentence, TF-IDF's eye for words, one logistic regression over
both, and a score for "none of these".

Pure: no Rasa, no files but `save` and `load`. `bot.training.intents` makes it. docs/adr/0003 says what each part is worth and what
was tried besides.
"""

import json
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError
from bot.language.encoder import DIMENSIONS, TOKENIZER, Encoder
from bot.language.spelling import Speller
from bot.language.tfidf import Tfidf
from bot.reading.calibration import OUT_OF_SCOPE, Report, log_softmax

FORMAT = 2
ARRAYS, CARD, ENCODER = "classifier.npz", "classifier.json", "encoder.onnx"

Vector = NDArray[np.float32]
Encode = Callable[[Sequence[str]], NDArray[np.float32]]
"""`bot.language.encoder.Encoder.encode_deep`, of the plain encoder or of a tuned one."""


@dataclass(frozen=True, slots=True)
class Options:
    """`keep` is the share of held-out in-scope messages that must not be turned away; what that
    lets through is in `Report`.
    """

    keep: float = 0.95
    meaning: float = 4.0
    """Weight of the MiniLM vectors, each of length 1; those of the two TF-IDF vectors follow. What
    the notes found best, and the folds agree.
    """
    words: float = 2.0
    pieces: float = 2.5
    strength: float = 3.0
    """Of the regression: scikit-learn's C."""
    near: float = 3.0
    """Weight of the mean cosine to the nearest examples in the out-of-scope score, beside the log
    probability.
    """
    neighbours: int = 3
    bank: int = 50
    """Examples of an intent, at most, that nearness is measured to."""
    folds: int = 5
    enough: int = 2000
    """With so many messages held out, no further fold is: each costs a training. Where the encoder
    is tuned, one fold has to do.
    """
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Prediction:
    """`ranking` has every intent, likeliest first. `confidence` is the calibrated probability of
    `intent`; for a message that is turned away by its score, that of its not being what it looked
    like. `score` is the out-of-scope score, in scope from `Classifier.threshold` on. `read` are
    the words as they were understood and `vector` is what the encoder made of them, so that nobody
    has to read them again.
    """

    intent: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    score: float
    read: str = field(default="", compare=False, repr=False)
    vector: "Vector | None" = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Fitted:
    """The arrays and words of one training of everything that learns from the examples. `bank` (m, 384) are the vectors of
    the in-scope examples. `model` is the encoder that was tuned to them, as ONNX; b"" where it was
    left as it is, or where everything was loaded: 24 MB that nothing needs again.
    """

    intents: tuple[str, ...]
    speller: Speller
    words: Tfidf
    pieces: Tfidf
    meaning_weights: Vector
    words_weights: Vector
    pieces_weights: Vector
    biases: Vector
    bank: Vector
    encode: Encode
    model: bytes

    def logits(self, text: str, vector: Vector) -> Vector:
        """`text` as the speller left it, and its MiniLM vectors (768,)."""
        total = vector @ self.meaning_weights + self.biases
        for tfidf, weights in (
            (self.words, self.words_weights),
            (self.pieces, self.pieces_weights),
        ):
            columns, values = tfidf.row(text)
            total = total + values @ weights[columns]
        return np.asarray(total, dtype=np.float32)

    def nearness(self, vector: Vector, neighbours: int) -> float:
        """Mean cosine to the nearest in-scope examples."""
        cosines = self.bank @ vector[:DIMENSIONS]
        nearest = min(neighbours, len(cosines))
        return float(np.partition(cosines, -nearest)[-nearest:].mean()) if nearest else 0.0

    def score(self, logits: Vector, near: float, options: Options) -> float:
        """How much a message looks like something that was learnt. Of the probabilities, the
        likeliest of an intent in scope.
        """
        logs = log_softmax(logits.astype(np.float64))
        best = max(
            (
                float(log)
                for log, intent in zip(logs, self.intents, strict=True)
                if intent != OUT_OF_SCOPE
            ),
            default=-np.inf,
        )
        return best + options.near * near


class Classifier:
    """Get it by `load`, or from `bot.training.intents.train`."""

    def __init__(
        self,
        fitted: Fitted,
        options: Options,
        temperature: float,
        threshold: float,
        report: Report,
    ) -> None:
        self._fitted, self._options = fitted, options
        self.temperature, self.threshold, self.report = temperature, threshold, report

    @property
    def intents(self) -> tuple[str, ...]:
        return self._fitted.intents

    @property
    def encode(self) -> Encode:
        """What reads the messages."""
        return self._fitted.encode

    def predict(self, text: str) -> Prediction:
        """Any text is fine. One without a letter or digit is out of scope."""
        text = self._fitted.speller.correct(text)
        if not any(character.isalnum() for character in text):
            return Prediction(OUT_OF_SCOPE, 1.0, ((OUT_OF_SCOPE, 1.0),), -np.inf)
        vector = self._fitted.encode([text])[0]
        logits = self._fitted.logits(text, vector)
        score = self._fitted.score(
            logits, self._fitted.nearness(vector, self._options.neighbours), self._options
        )
        probabilities = np.exp(log_softmax(logits.astype(np.float64) / self.temperature))
        order = np.argsort(-probabilities, kind="stable")
        ranking = tuple((self.intents[at], float(probabilities[at])) for at in order)
        intent, confidence = ranking[0]
        if intent != OUT_OF_SCOPE and score < self.threshold:
            return Prediction(OUT_OF_SCOPE, 1 - confidence, ranking, score, text, vector)
        return Prediction(intent, confidence, ranking, score, text, vector)

    def save(self, folder: Path) -> None:
        """Writes `classifier.npz` and `classifier.json`, and `encoder.onnx` where it was tuned:
        numbers and words, nothing that executes.
        """
        fitted = self._fitted
        arrays = {name: getattr(fitted, name).astype(np.float16) for name in _HALVES}
        np.savez_compressed(
            folder / ARRAYS, words_idf=fitted.words.idf, pieces_idf=fitted.pieces.idf, **arrays
        )
        card = {
            "format": FORMAT,
            "intents": fitted.intents,
            "tuned": bool(fitted.model),
            "temperature": self.temperature,
            "threshold": self.threshold,
            "options": asdict(self._options),
            "report": asdict(self.report),
            "words": fitted.words.terms,
            "pieces": fitted.pieces.terms,
            "spelling": fitted.speller.examples,
        }
        if fitted.model:
            (folder / ENCODER).write_bytes(fitted.model)
        (folder / CARD).write_text(json.dumps(card, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(
        cls, folder: Path, opened: Callable[[Path | None], Encode], general: Mapping[str, int]
    ) -> "Classifier":
        """What `save` wrote, with the same general words as in training; `opened` is
        `opener`.

        Raises ModelError where it is not there or not whole.
        """
        try:
            card = json.loads((folder / CARD).read_text(encoding="utf-8"))
            if card["format"] != FORMAT:
                raise ModelError(
                    f"{folder / CARD}: written by another version; run `python -m bot train`"
                )
            with (folder / ARRAYS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                fitted = Fitted(
                    intents=tuple(card["intents"]),
                    speller=Speller(card["spelling"], general),
                    words=Tfidf("words", card["words"], arrays["words_idf"]),
                    pieces=Tfidf("pieces", card["pieces"], arrays["pieces_idf"]),
                    encode=opened(folder / ENCODER if card["tuned"] else None),
                    model=b"",
                    **{name: arrays[name].astype(np.float32) for name in _HALVES},
                )
            return cls(
                fitted,
                Options(**card["options"]),
                card["temperature"],
                card["threshold"],
                Report(**card["report"]),
            )
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
            raise ModelError(
                f"{folder}: no readable intent classifier ({type(error).__name__}); run `python -m bot train`"
            ) from None


_HALVES = ("meaning_weights", "words_weights", "pieces_weights", "biases", "bank")
"""Kept as float16: half the size, and no answer changes."""


def rounded(values: Any) -> Vector:
    """As `save` keeps them, so that a classifier is the same before and after."""
    return np.asarray(values, dtype=np.float16).astype(np.float32)


def opener(models: Path) -> Callable[[Path | None], Encode]:
    """Opens the tuned encoder of a file, or the plain one for None. Raises ModelError where it
    can't be read.
    """

    def opened(file: Path | None) -> Encode:
        if file is None:
            return Encoder.load(models).encode_deep
        try:
            return Encoder(file, models / TOKENIZER).encode_deep
        except Exception as error:  # onnxruntime has exceptions of its own for a broken file
            raise ModelError(
                f"{file}: cannot be loaded ({type(error).__name__}); run `python -m bot train`"
            ) from None

    return opened
