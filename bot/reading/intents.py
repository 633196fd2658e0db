"""What is asked: MiniLM's sense of a sentence, TF-IDF's eye for words, one logistic regression over
both, and a score for "none of these".

Pure: no Rasa, no files but `save` and `load`. docs/adr/0003 says what each part is worth and what
was tried besides.
"""

import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError
from bot.language.encoder import DIMENSIONS
from bot.language.spelling import Speller
from bot.language.tfidf import Tfidf
from bot.reading.calibration import OUT_OF_SCOPE, Out, Report, calibrate, folds
from bot.training import regression
from bot.training.intents import Encode, Tune

FORMAT = 2
ARRAYS, CARD, ENCODER = "classifier.npz", "classifier.json", "encoder.onnx"

Vector = NDArray[np.float32]


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
    like. `score` is the out-of-scope score, in scope from `Classifier.threshold` on.
    """

    intent: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    score: float


@dataclass(frozen=True)
class _Fitted:
    """One training of everything that learns from the examples. `bank` (m, 384) are the vectors of
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

    @classmethod
    def train(
        cls,
        rows: Sequence[tuple[str, str]],
        encode: Encode,
        general: Mapping[str, int],
        options: Options,
        tune: Tune | None = None,
    ) -> "_Fitted":
        # The examples' own words are all known to the speller: only their case changes.
        texts = [text.lower() for text, _ in rows]
        intents = tuple(sorted({intent for _, intent in rows}))
        labels = [intents.index(intent) for _, intent in rows]
        words, pieces = Tfidf.learn("words", texts), Tfidf.learn("pieces", texts)
        tuned = tune(texts, labels) if tune else None
        encode = tuned.encode if tuned else encode
        vectors = encode(texts)
        # The tuned vectors have their own output layer. To the regression they would look far
        # better than they are.
        dense = vectors[:, DIMENSIONS:] if tuned else vectors
        # What all examples share is no meaning: without it the regression needs half the rounds.
        # The biases take it back at the end.
        shared = dense.mean(axis=0)
        parts: list[Any] = [
            (dense - shared) * options.meaning,
            words.matrix(texts) * options.words,
            pieces.matrix(texts) * options.pieces,
        ]
        weights, biases = regression.fit(parts, labels, len(intents), options.strength)
        of_meaning, of_words, of_pieces = weights
        biases -= shared @ of_meaning * options.meaning
        of_meaning *= options.meaning
        share = 1.0
        if tuned:
            # The mean of two opinions' log probabilities is that of their logits: one matrix holds
            # both.
            share = 0.5
            of_meaning, biases = np.concatenate([tuned.head, of_meaning]), biases + tuned.bias
        bank = _rounded(
            np.concatenate(
                [
                    np.empty((0, DIMENSIONS)),
                    *_banks(vectors[:, :DIMENSIONS], labels, intents, options.bank),
                ]
            )
        )
        return cls(
            intents=intents,
            speller=Speller.learn(texts, general),
            words=words,
            pieces=pieces,
            meaning_weights=_rounded(of_meaning * share),
            words_weights=_rounded(of_words * options.words * share),
            pieces_weights=_rounded(of_pieces * options.pieces * share),
            biases=_rounded(biases * share),
            bank=bank,
            encode=encode,
            model=tuned.model if tuned else b"",
        )

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
        logs = regression.log_softmax(logits.astype(np.float64))
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
    """Get it by `train` or `load`."""

    def __init__(
        self,
        fitted: _Fitted,
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

    @classmethod
    def train(
        cls,
        rows: Sequence[tuple[str, str]],
        encode: Encode,
        general: Mapping[str, int],
        options: Options | None = None,
        tune: Tune | None = None,
    ) -> "Classifier":
        """`rows` are (text, intent); `general` is `bot.language.spelling.general_words`. With
        `tune`, `encode` is only where it starts from.

        The same rows give the same model.
        """
        options = options or Options()
        encode_once = remembering(encode)
        outs: list[Out] = []
        for found in held_out(rows, encode_once, general, options, tune):
            outs += found
            if tune or len(outs) >= options.enough:
                break
        fitted = _Fitted.train(rows, encode_once, general, options, tune)
        temperature, threshold, report = calibrate(outs, fitted.intents, options.keep)
        return cls(fitted, options, temperature, threshold, report)

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
        probabilities = np.exp(regression.log_softmax(logits.astype(np.float64) / self.temperature))
        order = np.argsort(-probabilities, kind="stable")
        ranking = tuple((self.intents[at], float(probabilities[at])) for at in order)
        intent, confidence = ranking[0]
        if intent != OUT_OF_SCOPE and score < self.threshold:
            return Prediction(OUT_OF_SCOPE, 1 - confidence, ranking, score)
        return Prediction(intent, confidence, ranking, score)

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
        `bot.training.intents.opener`.

        Raises ModelError where it is not there or not whole.
        """
        try:
            card = json.loads((folder / CARD).read_text(encoding="utf-8"))
            if card["format"] != FORMAT:
                raise ModelError(
                    f"{folder / CARD}: written by another version; run `python -m bot train`"
                )
            with (folder / ARRAYS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                fitted = _Fitted(
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


def _rounded(values: Any) -> Vector:
    """As `save` keeps them, so that a classifier is the same before and after."""
    return np.asarray(values, dtype=np.float16).astype(np.float32)


def _banks(
    vectors: Vector, labels: Sequence[int], intents: Sequence[str], most: int
) -> Iterator[Vector]:
    """Of each intent in scope at most so many examples, those that lie furthest apart: the rest lie
    near one of them anyway.
    """
    for label, intent in enumerate(intents):
        if intent == OUT_OF_SCOPE:
            continue
        own = vectors[np.array(labels) == label]
        kept, nearest = [0], own @ own[0]
        while len(kept) < min(most, len(own)):
            kept.append(int(nearest.argmin()))
            nearest = np.maximum(nearest, own @ own[kept[-1]])
        yield own[kept]


def remembering(encode: Encode) -> Encode:
    """The folds read the same texts again and again."""
    known: dict[str, Vector] = {}

    def remembering(texts: Sequence[str]) -> NDArray[np.float32]:
        for text in texts:
            if text not in known:
                known[text] = encode([text])[0]
        return np.stack([known[text] for text in texts])

    return remembering


def held_out(
    rows: Sequence[tuple[str, str]],
    encode: Encode,
    general: Mapping[str, int],
    options: Options,
    tune: Tune | None = None,
) -> Iterator[list[Out]]:
    """What classifiers that never saw a fold of the rows say of it: fold by fold, each a training."""
    for fold in folds(rows, options.folds, options.seed):
        fitted = _Fitted.train(
            [row for number, row in enumerate(rows) if number not in fold],
            encode,
            general,
            options,
            tune,
        )
        outs = []
        for number in sorted(fold):
            text = fitted.speller.correct(rows[number][0])
            vector = fitted.encode([text])[0]
            logits = fitted.logits(text, vector)
            score = fitted.score(logits, fitted.nearness(vector, options.neighbours), options)
            outs.append(
                Out(
                    number,
                    rows[number][1],
                    dict(zip(fitted.intents, logits.tolist(), strict=True)),
                    score,
                )
            )
        yield outs
