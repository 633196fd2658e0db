"""How well the detector does on rows with labels: recall on crisis, false alarms on none, by category, with intervals; and the layers apart."""

import math
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.safety.corpus import HELD_OUT, Row, load
from bot.safety.detector import Detector
from bot.safety.model import Classifier, tuned_encoder
from bot.safety.rules import Grammar, Reading
from bot.safety.screening import Label, Screen, Who


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`, with Wilson's 95 % interval."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        if not self.of:
            return (0.0, 1.0)
        z, p, n = 1.96, self.value, self.of
        middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return ((middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n))

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.3f} ({self.hits}/{self.of}, {low:.2f}-{high:.2f})"


@dataclass(frozen=True, slots=True)
class Report:
    """`recall` and `false_alarms` are by category; `who` is the share of crisis rows found whose `who` is right."""

    recall: Mapping[str, Share]
    false_alarms: Mapping[str, Share]
    who: Share
    missed: tuple[Row, ...]
    alarmed: tuple[Row, ...]

    @property
    def all_recall(self) -> Share:
        return _sum(self.recall.values())

    @property
    def all_false_alarms(self) -> Share:
        return _sum(self.false_alarms.values())


def evaluate(screen: Screen, rows: Sequence[Row]) -> Report:
    """Screens all rows. Concern is not scored: either answer is fine there."""
    counts: dict[tuple[Label, str], list[int]] = defaultdict(lambda: [0, 0])
    missed, alarmed = [], []
    who_right = who_of = 0
    for row in rows:
        if row.label is Label.CONCERN:
            continue
        found = screen.screen(row.text)
        fired = found.label is Label.CRISIS
        count = counts[row.label, row.category]
        count[0] += fired
        count[1] += 1
        if row.label is Label.CRISIS:
            if not fired:
                missed.append(row)
            elif row.who is not Who.NOT_APPLICABLE:
                who_right += found.who is row.who
                who_of += 1
        elif fired:
            alarmed.append(row)

    def by_category(label: Label) -> dict[str, Share]:
        return {category: Share(*n) for (lab, category), n in sorted(counts.items()) if lab is label}

    return Report(by_category(Label.CRISIS), by_category(Label.NONE), Share(who_right, who_of), tuple(missed), tuple(alarmed))


def ablations(models: Path) -> dict[str, Detector]:
    """The detector as served, and each layer alone. Raises ModelError where the model files are missing."""
    grammar, classifier, encoder = Grammar(), Classifier.load(models), tuned_encoder(models)
    return {
        "grammar and classifier": Detector(grammar, classifier, encoder.encode),
        "grammar only": Detector(grammar, missing="by choice"),
        "classifier only": Detector(_Silent(grammar), classifier, encoder.encode),
    }


class _Silent(Grammar):
    """A grammar that finds its words and no rules: the classifier is then alone."""

    def __init__(self, grammar: Grammar) -> None:
        self.__dict__.update(grammar.__dict__)

    def read(self, text: str) -> Reading:
        reading = super().read(text)
        return Reading(reading.tokens, (), frozenset(), reading.situations)


def latency(screen: Screen, rows: Sequence[Row]) -> str:
    """Milliseconds of CPU a message, of this thread."""
    taken = []
    for row in rows:
        started = time.thread_time()
        screen.screen(row.text)
        taken.append((time.thread_time() - started) * 1000)
    taken.sort()
    return f"CPU ms a message: median {taken[len(taken) // 2]:.1f}, p99 {taken[int(len(taken) * 0.99)]:.1f}, longest {taken[-1]:.1f}"


def report_text(models: Path, directory: Path = HELD_OUT) -> str:
    """The whole report as text, near misses included: what `python -m bot evaluate crisis` prints. The rows are ours, never a user's."""
    rows = load(directory)
    lines: list[str] = []
    for name, detector in ablations(models).items():
        report = evaluate(detector, rows)
        lines.append(f"{name}: recall {report.all_recall}, false alarms {report.all_false_alarms}, who right {report.who}")
        if name == "grammar and classifier":
            lines.append(f"  {latency(detector, rows)}")
            lines += [f"  crisis {category:20} {share}" for category, share in report.recall.items()]
            lines += [f"  none   {category:20} {share}" for category, share in report.false_alarms.items()]
            lines += [f"  missed: {row.category}: {row.text}" for row in report.missed]
            lines += [f"  false alarm: {row.category}: {row.text}" for row in report.alarmed]
    return "\n".join(lines)


def _sum(shares: Iterable[Share]) -> Share:
    rows = list(shares)
    return Share(sum(s.hits for s in rows), sum(s.of for s in rows))


if __name__ == "__main__":
    from bot.settings import load_settings

    print(report_text(load_settings().models))
