"""Makes the intent classifier of `bot.reading.intents` from examples: its regression, its words and
its calibration, beside an encoder that is plain, released or taught just now (docs/adr/0003).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.language import encoder
from bot.language.encoder import DIMENSIONS, TOKENIZER, Encoder
from bot.language.spelling import Speller
from bot.language.tfidf import Tfidf
from bot.reading.calibration import OUT_OF_SCOPE, Out, calibrate, folds
from bot.reading.intents import Classifier, Encode, Fitted, Options, Vector, rounded
from bot.training import package, regression

FROZEN = 3
"""The first layers that stay as they are: the last of them is what the regression looks at."""
BLOCK = 32
"""So many weights of the tuned encoder share a scale."""
THREADS = 2
"""Of encoding the examples. What a sentence gives does not depend on it."""


@dataclass(frozen=True)
class Tuned:
    """`encode` gives the tuned vectors and, beside them, those of the last layer that was left
    alone: only these are as good as new to the examples that were learnt from. `head` (384,
    intents) and `bias` (intents,) are the output layer, and `model` is the encoder as an ONNX file.
    `known` (intents,) is False for an intent that the output layer has not learnt.
    """

    encode: Encode
    head: NDArray[np.float32]
    bias: NDArray[np.float32]
    model: bytes
    known: NDArray[np.bool_]


Tune = Callable[[Sequence[str], Sequence[int], Sequence[str]], Tuned]
"""Of texts, the number of each one's intent, and the intents by number."""


def encoder_model(weights: Mapping[str, NDArray[Any]]) -> bytes:
    """The tuned encoder as an ONNX file, the last layer that was left alone beside the last."""
    graph = encoder.onnx_graph(weights, quantised=True, block=BLOCK, middle=FROZEN)
    model: bytes = graph.SerializeToString()
    return model


def released(models: Path, folder: Path = package.FOLDER) -> tuple[Tune, Sequence[Out]]:
    """The released encoder in place of one that is taught, and what its maintainer's training said
    of the examples that it held out. Needs the tokenizer in `models`.

    Raises ModelError where the release is missing or damaged.
    """
    found = package.read_intents(folder)

    def tune(_: Sequence[str], __: Sequence[int], intents: Sequence[str]) -> Tuned:
        model = encoder_model(package.whole(found.layers))
        place = {intent: at for at, intent in enumerate(found.intents)}
        known = np.array([intent in place for intent in intents])
        columns = np.array([place.get(intent, 0) for intent in intents])
        return Tuned(
            Encoder(model, models / TOKENIZER).encode_deep,
            found.head[columns].T * known,
            found.bias[columns] * known,
            model,
            known,
        )

    return tune, found.outs


def train(
    rows: Sequence[tuple[str, str]],
    encode: Encode,
    general: Mapping[str, int],
    options: Options | None = None,
    tune: Tune | None = None,
    outs: Sequence[Out] = (),
) -> Classifier:
    """`rows` are (text, intent); `general` is `bot.language.spelling.general_words`. With `tune`,
    `encode` is only where it starts from. `outs` are what is known already of messages held out:
    without any, folds of the rows are held out, each a training.

    The same rows give the same model.
    """
    options = options or Options()
    encode_once = remembering(encode)
    known = list(outs)
    for found in held_out(rows, encode_once, general, options, tune) if not outs else ():
        known += found
        if tune or len(known) >= options.enough:
            break
    fitted = fit(rows, encode_once, general, options, tune)
    temperature, threshold, report = calibrate(known, fitted.intents, options.keep)
    return Classifier(fitted, options, temperature, threshold, report)


def fit(
    rows: Sequence[tuple[str, str]],
    encode: Encode,
    general: Mapping[str, int],
    options: Options,
    tune: Tune | None = None,
) -> Fitted:
    """One training on all the rows."""
    # The examples' own words are all known to the speller: only their case changes.
    texts = [text.lower() for text, _ in rows]
    intents = tuple(sorted({intent for _, intent in rows}))
    labels = [intents.index(intent) for _, intent in rows]
    words, pieces = Tfidf.learn("words", texts), Tfidf.learn("pieces", texts)
    tuned = tune(texts, labels, intents) if tune else None
    encode = tuned.encode if tuned else encode
    vectors = _encoded(encode, texts)
    # The tuned vectors have their own output layer. To the regression they would look far better
    # than they are.
    dense = vectors[:, DIMENSIONS:] if tuned else vectors
    # What all examples share is no meaning: without it the regression needs half the rounds. The
    # biases take it back at the end.
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
    share = np.ones(len(intents))
    if tuned:
        # The mean of two opinions' log probabilities is that of their logits: one matrix holds
        # both. Of an intent that is newer than the output layer there is only one opinion.
        share = np.where(tuned.known, 0.5, 1.0)
        of_meaning, biases = np.concatenate([tuned.head, of_meaning]), biases + tuned.bias
    bank = rounded(
        np.concatenate(
            [
                np.empty((0, DIMENSIONS)),
                *_banks(vectors[:, :DIMENSIONS], labels, intents, options.bank),
            ]
        )
    )
    return Fitted(
        intents=intents,
        speller=Speller.learn(texts, general),
        words=words,
        pieces=pieces,
        meaning_weights=rounded(of_meaning * share),
        words_weights=rounded(of_words * options.words * share),
        pieces_weights=rounded(of_pieces * options.pieces * share),
        biases=rounded(biases * share),
        bank=bank,
        encode=encode,
        model=tuned.model if tuned else b"",
    )


def held_out(
    rows: Sequence[tuple[str, str]],
    encode: Encode,
    general: Mapping[str, int],
    options: Options,
    tune: Tune | None = None,
) -> Iterator[list[Out]]:
    """What classifiers that never saw a fold of the rows say of it: fold by fold, each a training."""
    for fold in folds(rows, options.folds, options.seed):
        fitted = fit(
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


def remembering(encode: Encode) -> Encode:
    """The folds read the same texts again and again."""
    known: dict[str, Vector] = {}

    def remembering(texts: Sequence[str]) -> NDArray[np.float32]:
        for text in texts:
            if text not in known:
                known[text] = encode([text])[0]
        return np.stack([known[text] for text in texts])

    return remembering


def _encoded(encode: Encode, texts: Sequence[str]) -> NDArray[np.float32]:
    """One row a text, on two cores where there are two: the encoder leaves Python while it runs."""
    with ThreadPoolExecutor(THREADS) as threads:
        return np.concatenate(list(threads.map(lambda text: encode([text]), texts)))


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
