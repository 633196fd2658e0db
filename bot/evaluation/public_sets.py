"""Measures the intent classifier on public intent sets: `python -m bot.evaluation.public_sets
FOLDER [SET ...]` prints the table of docs/adr/0003 again.

With `--tuned` the encoder is taught each draw's intents first, as in the service; with `--seeds 0`
there is one draw. `python -m tools.diet` measures Rasa's default pipeline by the same protocol.

The folder holds `<set>-train.jsonl` and `<set>-test.jsonl` of {"text", "intent"}, and
`<set>-oos-test.jsonl` where there is one. Twenty examples an intent are drawn from train with each
seed; the whole test set judges, as it is and with typos. About ten minutes for three sets on one
core.
"""

import argparse
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np

from bot.errors import SignpostError
from bot.language.encoder import Encoder
from bot.nlu import resources
from bot.reading.calibration import OUT_OF_SCOPE, calibration_error, reliability
from bot.reading.intents import Options, Prediction
from bot.settings import load_settings
from bot.training.intents import train as learn
from bot.training.release import intent_tuner

Row = tuple[str, str]
SETS = ("hwu64", "banking77", "clinc150")
SHOTS = 20
SEEDS = (0, 1, 2)
TYPOS = 0.2
TYPO_FROM = 3


@dataclass(frozen=True, slots=True)
class Figures:
    """Percentages of one draw; `oos_*` are NaN where the set has no out-of-scope messages.
    `milliseconds` of CPU time a message.
    """

    accuracy: float
    with_typos: float
    calibration_error: float
    oos_caught: float
    """With the threshold at which just 95 % of the test set's in-scope messages are kept: how the
    literature states it.
    """
    oos_caught_as_trained: float
    """With the threshold that training chose, without a look at the test set."""
    kept_as_trained: float
    milliseconds: float


def rows(path: Path) -> list[Row]:
    """Raises SignpostError where there is no such file or a line has no text and intent."""
    try:
        return [
            (row["text"].lower(), row["intent"])
            for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SignpostError(f"{path}: not JSON lines of text and intent ({error})") from None


def draw(train: Sequence[Row], shots: int, seed: int) -> list[Row]:
    """So many examples of each intent."""
    by_intent: dict[str, list[str]] = defaultdict(list)
    for text, intent in train:
        by_intent[intent].append(text)
    chance = random.Random(seed)  # noqa: S311
    return [
        (text, intent)
        for intent in sorted(by_intent)
        for text in chance.sample(by_intent[intent], min(shots, len(by_intent[intent])))
    ]


def mistype(text: str, chance: random.Random) -> str:
    """One letter dropped, or two swapped, in a fifth of the words of three letters or more."""
    words = text.split()
    for at, word in enumerate(words):
        if len(word) >= TYPO_FROM and chance.random() < TYPOS:
            slip = chance.randrange(len(word) - 1)
            swapped = word[:slip] + word[slip + 1] + word[slip] + word[slip + 2 :]
            words[at] = swapped if chance.random() < 0.5 else word[:slip] + word[slip + 1 :]
    return " ".join(words)


def _percent_right(predictions: Sequence[Prediction], tested: Sequence[Row]) -> float:
    """By the likeliest intent: whether it is turned away is another question."""
    return 100 * mean(
        prediction.ranking[0][0] == intent
        for prediction, (_, intent) in zip(predictions, tested, strict=True)
    )


def _percent_answered(predictions: Sequence[Prediction], threshold: float) -> float:
    return 100 * mean(prediction.score >= threshold for prediction in predictions)


def _calibration_error(predictions: Sequence[Prediction], tested: Sequence[Row]) -> float:
    confidences = np.array([prediction.ranking[0][1] for prediction in predictions])
    right = np.array(
        [
            prediction.ranking[0][0] == intent
            for prediction, (_, intent) in zip(predictions, tested, strict=True)
        ]
    )
    return 100 * calibration_error(reliability(confidences, right))


def measure(
    train: Sequence[Row],
    test: Sequence[Row],
    outside: Sequence[Row],
    seed: int,
    options: Options,
    tuning: bool = False,
) -> Figures:
    """One training on `train`, judged by `test` and, where there are any, the out-of-scope messages
    `outside`.
    """
    models = load_settings().models
    tune = intent_tuner(models) if tuning else None
    classifier = learn(
        train, Encoder.load(models).encode_deep, resources.words(models), options, tune
    )
    started = time.process_time()
    plain = [classifier.predict(text) for text, _ in test]
    milliseconds = 1000 * (time.process_time() - started) / len(test)
    chance = random.Random(100 + seed)  # noqa: S311
    typed = [classifier.predict(mistype(text, chance)) for text, _ in test]
    strange = [classifier.predict(text) for text, _ in outside]
    at_95 = float(np.quantile([prediction.score for prediction in plain], 0.05))
    return Figures(
        accuracy=_percent_right(plain, test),
        with_typos=_percent_right(typed, test),
        calibration_error=_calibration_error(plain, test),
        oos_caught=100 - _percent_answered(strange, at_95) if strange else float("nan"),
        oos_caught_as_trained=100 - _percent_answered(strange, classifier.threshold)
        if strange
        else float("nan"),
        kept_as_trained=_percent_answered(plain, classifier.threshold),
        milliseconds=milliseconds,
    )


def run(
    folder: Path,
    sets: Sequence[str] = SETS,
    shots: int = SHOTS,
    seeds: Sequence[int] = SEEDS,
    tuning: bool = False,
) -> Iterator[tuple[str, Figures]]:
    """Each set's figures, the mean over the seeds, as soon as they are there. Raises SignpostError
    where a file is missing or broken.
    """
    resources.words(load_settings().models)
    for name in sets:
        train, test = rows(folder / f"{name}-train.jsonl"), rows(folder / f"{name}-test.jsonl")
        oos = folder / f"{name}-oos-test.jsonl"
        outside = [(text, OUT_OF_SCOPE) for text, _ in rows(oos)] if oos.exists() else []
        found = [
            measure(draw(train, shots, seed), test, outside, seed, Options(), tuning)
            for seed in seeds
        ]
        yield (
            name,
            Figures(
                *(
                    mean(getattr(figures, field) for figures in found)
                    for field in Figures.__dataclass_fields__
                )
            ),
        )


HEADINGS: dict[str, Callable[[Figures], str]] = {
    "accuracy": lambda f: f"{f.accuracy:.1f}",
    "with typos": lambda f: f"{f.with_typos:.1f}",
    "calibration error": lambda f: f"{f.calibration_error:.1f}",
    "out of scope caught, 95 % kept": lambda f: f"{f.oos_caught:.1f}",
    "the same, threshold from training": lambda f: (
        f"{f.oos_caught_as_trained:.1f} ({f.kept_as_trained:.1f} kept)"
    ),
    "ms CPU": lambda f: f"{f.milliseconds:.1f}",
}


def main(arguments: Sequence[str]) -> None:
    """Prints a Markdown table, a line as soon as it is measured."""
    parser = argparse.ArgumentParser(
        prog="python -m bot.evaluation.public_sets",
        description="Measure the intent classifier on public intent sets.",
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("sets", nargs="*", default=SETS, metavar="set")
    parser.add_argument(
        "--tuned",
        action="store_true",
        help="teach the encoder the intents first: four minutes of CPU more a set and seed",
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    given = parser.parse_args(arguments)
    print("| set | " + " | ".join(HEADINGS) + " |")
    print("|---" * (len(HEADINGS) + 1) + "|", flush=True)
    for name, figures in run(given.folder, given.sets, seeds=given.seeds, tuning=given.tuned):
        print(
            f"| {name} | " + " | ".join(cell(figures) for cell in HEADINGS.values()) + " |",
            flush=True,
        )


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except SignpostError as error:
        sys.exit(str(error))
