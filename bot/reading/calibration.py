"""What messages that a classifier has not seen say of it: how sure it may be, and from which score
on a message is in scope. Pure arithmetic.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class Report:
    """What held-out folds say of the classifier; shares of 1."""

    examples: int
    accuracy: float
    kept: float
    """Of in-scope messages, the share that is not turned away."""
    false_answers: float
    """Of out-of-scope messages (the examples of `out_of_scope`), the share that gets an answer all
    the same. NaN without any.
    """
    wrong_answers: float
    """Of in-scope messages, the share that gets the answer of another intent."""
    calibration_error: float
    """Expected calibration error of the confidence, in ten bins."""


@dataclass(frozen=True, slots=True)
class Out:
    """What a classifier that had never seen a message says of it. `row` is the message's number,
    `logits` follow the fold's `intents`.
    """

    row: int
    intent: str
    logits: Mapping[str, float]
    score: float


def folds(rows: Sequence[tuple[str, str]], count: int, seed: int) -> Iterator[frozenset[int]]:
    """Row numbers of each held-out fold: every intent is spread evenly. Intents with a single
    example are never held out.
    """
    by_intent: dict[str, list[int]] = defaultdict(list)
    for number, (_, intent) in enumerate(rows):
        by_intent[intent].append(number)
    shuffle = random.Random(seed)  # noqa: S311
    spread: list[set[int]] = [set() for _ in range(count)]
    turn = 0
    for intent in sorted(by_intent):
        numbers = by_intent[intent]
        shuffle.shuffle(numbers)
        for number in numbers if len(numbers) > 1 else ():
            spread[turn % count].add(number)
            turn += 1
    return (frozenset(fold) for fold in spread if fold)


def calibrate(
    outs: Sequence[Out], intents: tuple[str, ...], keep: float
) -> tuple[float, float, Report]:
    """Temperature of the probabilities, threshold of the score that keeps the share `keep` of
    in-scope messages, and what both are worth.
    """
    outs = [out for out in outs if out.intent in out.logits and out.intent in intents]
    if not outs:
        return 1.0, -np.inf, Report(0, *[float("nan")] * 5)
    logits = np.array([[out.logits.get(intent, -30.0) for intent in intents] for out in outs])
    labels = [intents.index(out.intent) for out in outs]
    temperature = fit_temperature(logits, labels)
    probabilities = np.exp(log_softmax(logits / temperature))
    guesses, confidences = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right = guesses == np.array(labels)
    scores = np.array([out.score for out in outs])
    inside = np.array([out.intent != OUT_OF_SCOPE for out in outs])
    taken = np.array([intents[guess] != OUT_OF_SCOPE for guess in guesses])
    threshold = (
        float(np.quantile(scores[inside], 1 - keep, method="lower")) if inside.any() else -np.inf
    )
    answered = taken & (scores >= threshold)
    return (
        temperature,
        threshold,
        Report(
            examples=len(outs),
            accuracy=float(right.mean()),
            kept=float(answered[inside].mean()) if inside.any() else float("nan"),
            false_answers=float(answered[~inside].mean()) if not inside.all() else float("nan"),
            wrong_answers=float((answered & ~right)[inside].mean())
            if inside.any()
            else float("nan"),
            calibration_error=calibration_error(reliability(confidences, right)),
        ),
    )


@dataclass(frozen=True, slots=True)
class Bin:
    """Messages of about the same confidence: how many, their mean confidence, and the share that is
    right.
    """

    messages: int
    confidence: float
    right: float


def reliability(
    confidences: NDArray[np.float64], right: NDArray[np.bool_], count: int = 10
) -> list[Bin]:
    """Bins of equal width, the least sure first; empty ones are left out."""
    place = np.minimum((confidences * count).astype(int), count - 1)
    bins = [place == at for at in range(count)]
    return [
        Bin(int(inside.sum()), float(confidences[inside].mean()), float(right[inside].mean()))
        for inside in bins
        if inside.any()
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: how far confidence and share right are apart, on average over the
    messages.
    """
    return sum(found.messages * abs(found.confidence - found.right) for found in bins) / sum(
        found.messages for found in bins
    )


def log_softmax(logits: Matrix) -> Matrix:
    shifted: Matrix = logits - logits.max(axis=-1, keepdims=True)
    summed: Matrix = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return summed


def fit_temperature(logits: Matrix, labels: Sequence[int]) -> float:
    """What to divide logits by, so that the probabilities are those of being right: held-out logits
    (n, classes) and the true classes.
    """
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(labels))

    def surprise(log_temperature: float) -> float:
        return -float(log_softmax(logits / np.exp(log_temperature))[rows, labels].mean())

    return float(np.exp(minimize_scalar(surprise, bounds=(-4.0, 2.0), method="bounded").x))
