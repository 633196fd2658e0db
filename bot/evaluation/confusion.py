"""What the intent classifier takes for what: every training example judged by a classifier that has
not seen it, as tables and as a picture.

`python -m bot evaluate intents` prints it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.evaluation.examples import Example
from bot.language.encoder import Encoder
from bot.nlu import resources
from bot.reading.calibration import Bin, Out, Report, calibrate, log_softmax, reliability
from bot.reading.intents import Options
from bot.settings import Settings
from bot.training.intents import Tune, held_out, remembering

KEEPS = (0.85, 0.9, 0.93, 0.95, 0.97, 0.99, 1.0)
"""Shares of in-scope messages to be kept, for which the out-of-scope curve is drawn."""
PAIRS, EXAMPLES = 20, 4
WEAK = 12


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`mistakes` holds the examples by (their intent, the one they were taken for); `examples`
    counts those of each intent that were held out.
    """

    report: Report
    examples: Mapping[str, int]
    mistakes: Mapping[tuple[str, str], Sequence[Example]]
    bins: Sequence[Bin]
    curve: Sequence[Report]
    """One for each of `KEEPS`."""

    def pairs(self) -> list[tuple[str, str, int]]:
        """Two intents and how many examples of the one were taken for the other, either way: the
        most confused pair first.
        """
        counts: Counter[tuple[str, str]] = Counter()
        for (intent, taken_for), examples in self.mistakes.items():
            counts[min(intent, taken_for), max(intent, taken_for)] += len(examples)
        return [
            (first, second, count)
            for (first, second), count in sorted(
                counts.items(), key=lambda item: (-item[1], item[0])
            )
        ]

    def recall(self) -> dict[str, float]:
        """The share of each intent's examples that is read as such, the weakest intent first."""
        wrong: Counter[str] = Counter()
        for (intent, _), examples in self.mistakes.items():
            wrong[intent] += len(examples)
        found = {intent: 1 - wrong[intent] / count for intent, count in self.examples.items()}
        return dict(sorted(found.items(), key=lambda item: (item[1], item[0])))


def cross_validate(
    examples: Sequence[Example], settings: Settings, options: Options, tune: Tune | None
) -> Evaluation:
    """Trains one classifier a fold, with names masked and spelling put right as in the service.
    Raises ModelError without the encoder's weights.
    """
    words = resources.words(settings.models)
    finder = resources.names(settings.content, settings.models)
    rows = [(resources.masked(example.text, finder), example.intent) for example in examples]
    encode = remembering(Encoder.load(settings.models).encode_deep)
    return evaluate(
        examples,
        [out for fold in held_out(rows, encode, words, options, tune) for out in fold],
        options.keep,
    )


def evaluate(examples: Sequence[Example], outs: Sequence[Out], keep: float) -> Evaluation:
    """What the folds' opinions come to; `keep` is the share of in-scope messages that must not be
    turned away.
    """
    intents = tuple(sorted({out.intent for out in outs}))
    temperature, _, report = calibrate(outs, intents, keep)
    logits = np.array([[out.logits.get(intent, -30.0) for intent in intents] for out in outs])
    probabilities = np.exp(log_softmax(logits / temperature))
    guesses = [intents[at] for at in probabilities.argmax(axis=1)]
    mistakes: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for out, guess in zip(outs, guesses, strict=True):
        if guess != out.intent:
            mistakes[out.intent, guess].append(examples[out.row])
    right = np.array([guess == out.intent for out, guess in zip(outs, guesses, strict=True)])
    return Evaluation(
        report=report,
        examples=Counter(out.intent for out in outs),
        mistakes=mistakes,
        bins=reliability(probabilities.max(axis=1), right),
        curve=[calibrate(outs, intents, share)[2] for share in KEEPS],
    )


def tables(found: Evaluation) -> Iterator[str]:
    """The lines of the report, as Markdown."""
    report = found.report
    yield f"{report.examples} examples of {len(found.examples)} intents, judged by classifiers that have not seen them: {report.accuracy:.1%} right."
    yield f"Keeping {report.kept:.1%} of in-scope messages, {report.false_answers:.1%} of out-of-scope ones get an answer all the same,"
    yield f"and {report.wrong_answers:.1%} of in-scope ones another intent's. Calibration error {report.calibration_error:.1%}."
    yield from ("", "| most confused | | times | examples |", "|---|---|---|---|")
    for first, second, count in found.pairs()[:PAIRS]:
        texts = [
            f"{example.text} ({example.file.name}:{example.line})"
            for example in _of_both(found, first, second)
        ]
        yield f"| {first} | {second} | {count} | {'; '.join(texts).replace('|', '/')} |"
    yield from ("", "| weakest intents | examples | read as such |", "|---|---|---|")
    for intent, share in list(found.recall().items())[:WEAK]:
        yield f"| {intent} | {found.examples[intent]} | {share:.0%} |"
    yield from ("", "| confidence | right | messages |", "|---|---|---|")
    for row in found.bins:
        yield f"| {row.confidence:.0%} | {row.right:.0%} | {row.messages} |"
    yield from (
        "",
        "| in scope kept | out of scope answered | in scope answered wrongly |",
        "|---|---|---|",
    )
    for point in found.curve:
        yield f"| {point.kept:.1%} | {point.false_answers:.1%} | {point.wrong_answers:.1%} |"


def _of_both(found: Evaluation, first: str, second: str) -> list[Example]:
    """A few examples of both directions, in turns."""
    ways = [list(found.mistakes.get(way, ())) for way in ((first, second), (second, first))]
    longest = max(map(len, ways))
    return [way[at] for at in range(longest) for way in ways if at < len(way)][:EXAMPLES]


def matrix(found: Evaluation) -> tuple[list[str], NDArray[np.float64]]:
    """The intents, and of each one's examples (rows) the percentage that is taken for another
    (columns).
    """
    intents = sorted(found.examples)
    shares = np.zeros((len(intents), len(intents)))
    for (intent, taken_for), examples in found.mistakes.items():
        shares[intents.index(intent), intents.index(taken_for)] = (
            100 * len(examples) / found.examples[intent]
        )
    return intents, shares


def draw(found: Evaluation, target: Path) -> None:
    """The confusions, the calibration and the out-of-scope curve as one PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    intents, shares = matrix(found)
    figure = Figure(figsize=(15, 10), layout="constrained")
    FigureCanvasAgg(figure)
    grid: Any = figure.add_gridspec(2, 2, width_ratios=(2.2, 1))
    confusions: Any = figure.add_subplot(grid[:, 0])
    image = confusions.imshow(np.where(shares, shares, np.nan), cmap="viridis_r", vmin=0)
    confusions.set_xticks(range(len(intents)), intents, rotation=90, fontsize=8)
    confusions.set_yticks(range(len(intents)), intents, fontsize=8)
    confusions.set(
        xlabel="taken for",
        ylabel="is",
        title=f"Mistakes: {1 - found.report.accuracy:.1%} of {found.report.examples} held-out examples",
    )
    confusions.grid(alpha=0.2)
    figure.colorbar(image, ax=confusions, label="% of the intent's examples", shrink=0.7)
    calibration: Any = figure.add_subplot(grid[0, 1])
    calibration.plot([0, 100], [0, 100], color="grey", linestyle=":")
    calibration.plot(
        [100 * row.confidence for row in found.bins],
        [100 * row.right for row in found.bins],
        marker="o",
    )
    calibration.set(
        xlabel="confidence, %",
        ylabel="right, %",
        title=f"Calibration: {found.report.calibration_error:.1%} apart on average",
    )
    scope: Any = figure.add_subplot(grid[1, 1])
    kept = [100 * point.kept for point in found.curve]
    scope.plot(
        kept,
        [100 * point.false_answers for point in found.curve],
        marker="o",
        label="out of scope, answered",
    )
    scope.plot(
        kept,
        [100 * point.wrong_answers for point in found.curve],
        marker="s",
        label="in scope, another intent's answer",
    )
    scope.axvline(
        100 * found.report.kept, color="grey", linestyle=":", label="the threshold in use"
    )
    scope.set(
        xlabel="in scope kept, %",
        ylabel="%",
        ylim=(0, None),
        title="What the out-of-scope threshold costs",
    )
    scope.legend()
    figure.savefig(target, dpi=80)
