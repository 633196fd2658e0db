"""How well the detector does on rows with labels: recall on crisis, false alarms on none, by
category, with intervals; and the layers apart.
"""

import json
import math
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.errors import ContentError
from bot.evaluation import service
from bot.evaluation.mixes import Probe, mixes, probe
from bot.evaluation.mutations import MUTATIONS
from bot.reading.crisis import Detector
from bot.reading.crisis_grammar import Grammar, Reading
from bot.reading.crisis_model import Classifier, sentence, tuned_encoder
from bot.reading.screening import Label, Screen, Who
from bot.training.corpus import CALIBRATION, HELD_OUT, Row, load

SCREEN = "screen: grammar and classifier"
SERVICE = "service"
NEAREST = 20
LENGTHS = ((8, "up to 8 words"), (25, "9 to 25 words"), (10_000, "over 25 words"))
"""By how many words at the most, and what such messages are called."""


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
        if not self.of:
            return "none (0/0)"
        low, high = self.interval
        return f"{self.value:.3f} ({self.hits}/{self.of}, {low:.2f}-{high:.2f})"


@dataclass(frozen=True, slots=True)
class Report:
    """`recall` and `false_alarms` are by category, `recall_by_length` and `alarms_by_length` by the
    names of `LENGTHS`; `who` is the share of crisis rows found whose `who` is right, `concern` the
    share of those missed that are at least a concern.
    """

    recall: Mapping[str, Share]
    false_alarms: Mapping[str, Share]
    recall_by_length: Mapping[str, Share]
    alarms_by_length: Mapping[str, Share]
    who: Share
    concern: Share
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
    lengths: dict[tuple[Label, str], list[int]] = defaultdict(lambda: [0, 0])
    missed, alarmed = [], []
    who_right = who_of = concern = 0
    for row in rows:
        if row.label is Label.CONCERN:
            continue
        found = screen.screen(row.text)
        fired = found.label is Label.CRISIS
        for count in (counts[row.label, row.category], lengths[row.label, _length(row.text)]):
            count[0] += fired
            count[1] += 1
        if row.label is Label.CRISIS:
            if not fired:
                missed.append(row)
                concern += found.label is Label.CONCERN
            elif row.who is not Who.NOT_APPLICABLE:
                who_right += found.who is row.who
                who_of += 1
        elif fired:
            alarmed.append(row)

    return Report(
        _of(Label.CRISIS, counts),
        _of(Label.NONE, counts),
        _of(Label.CRISIS, lengths),
        _of(Label.NONE, lengths),
        Share(who_right, who_of),
        Share(concern, len(missed)),
        tuple(missed),
        tuple(alarmed),
    )


def _of(label: Label, counts: Mapping[tuple[Label, str], Sequence[int]]) -> dict[str, Share]:
    return {name: Share(*n) for (of, name), n in sorted(counts.items()) if of is label}


def _length(text: str) -> str:
    words = len(text.split())
    return next(name for most, name in LENGTHS if words <= most)


def ablations(models: Path) -> dict[str, Detector]:
    """The detector as served, and each layer alone. Raises ModelError where the model files are
    missing.
    """
    grammar, classifier, encoder = Grammar(), Classifier.load(models), tuned_encoder(models)
    return {
        SCREEN: Detector(grammar, classifier, encoder.encode),
        "grammar only": Detector(grammar, missing="by choice"),
        "classifier only": Detector(_Silent(grammar), classifier, encoder.encode),
    }


class _Silent(Grammar):
    """A grammar that finds its words and no rules: the classifier is then alone."""

    def __init__(self, grammar: Grammar) -> None:
        self.__dict__.update(grammar.__dict__)

    def read(self, text: str) -> Reading:
        return replace(super().read(text), hits=(), guards=frozenset())


def latency(screen: Screen, rows: Sequence[Row]) -> str:
    """Milliseconds of CPU a message, of this thread."""
    taken = []
    for row in rows:
        started = time.thread_time()
        screen.screen(row.text)
        taken.append((time.thread_time() - started) * 1000)
    taken.sort()
    return f"CPU ms a message: median {taken[len(taken) // 2]:.1f}, p99 {taken[int(len(taken) * 0.99)]:.1f}, longest {taken[-1]:.1f}"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`layers` are reports on the held-out rows by layer, the screen as served first; `service` is
    one of the whole service on the same rows, and `service_mixes` what it makes of the mixes;
    `mutated` by mutation; `calibration` on those rows.
    """

    layers: Mapping[str, Report]
    service: Report
    service_mixes: Probe
    mutated: Mapping[str, Report]
    calibration: Report
    latency: str
    mixes: Probe
    near: tuple[tuple[Row, float], ...]
    """Calibration rows, and their probability, that the classifier found hardest to tell: nearest
    to its threshold.
    """


def evaluate_all(models: Path) -> Evaluation:
    """Some minutes of CPU. Raises ModelError where the model files are missing, and SignpostError
    where the service does not start.
    """
    held_out, calibration = load(HELD_OUT), load(CALIBRATION)
    detectors = ablations(models)
    served = detectors[SCREEN]
    layers = {name: evaluate(detector, held_out) for name, detector in detectors.items()}
    rng = random.Random(0)  # noqa: S311
    mutated = {
        name: evaluate(served, [replace(row, text=mutate(row.text, rng)) for row in held_out])
        for name, mutate in MUTATIONS.items()
    }
    with service.running(models) as running:
        asked = service.ask(running, [*(row.text for row in held_out), *mixes()])
    return Evaluation(
        layers,
        evaluate(asked, held_out),
        probe(asked),
        mutated,
        evaluate(served, calibration),
        latency(served, held_out),
        probe(served),
        _nearest(models, calibration),
    )


def _nearest(models: Path, rows: Sequence[Row]) -> tuple[tuple[Row, float], ...]:
    grammar, classifier, encoder = Grammar(), Classifier.load(models), tuned_encoder(models)
    read = [(row, grammar.read(row.text)) for row in rows if row.label is not Label.CONCERN]
    judged = [
        (row, classifier.judge(reading, encoder.encode([sentence(reading.tokens)])[0]).crisis)
        for row, reading in read
    ]
    return tuple(sorted(judged, key=lambda pair: abs(pair[1] - classifier.threshold))[:NEAREST])


def lines_of(found: Evaluation, held_out_rows: bool = False) -> Iterator[str]:
    """The whole report. The rows that it lists are ours, never a user's; those held out are listed
    only where asked for.
    """
    yield _service_line(found.service)
    for name, report in found.layers.items():
        yield _layer_line(name, report)
    yield found.latency
    served = found.layers[SCREEN]
    yield from _side_by_side(served, found.service)
    for name, report in found.mutated.items():
        yield f"with {name}: recall {report.all_recall}, false alarms {report.all_false_alarms}"
    yield f"{found.mixes} (screen)"
    yield f"{found.service_mixes.of - len(found.service_mixes.missed)} of {found.service_mixes.of} mixes found by the service"
    yield from (f"  missed: {message}" for message in found.mixes.missed)
    yield f"calibration rows: recall {found.calibration.all_recall}, false alarms {found.calibration.all_false_alarms}"
    for report in (found.calibration, served) if held_out_rows else (found.calibration,):
        yield from (f"  missed: {row.category}: {row.text}" for row in report.missed)
        yield from (f"  false alarm: {row.category}: {row.text}" for row in report.alarmed)
    yield from (
        f"  near the threshold, {probability:.2f}: {row.label} {row.category}: {row.text}"
        for row, probability in found.near
    )


def counts_of(models: Path, rows: Sequence[Row]) -> Iterator[str]:
    """Recall and false alarms by category, length and layer, and no row: for rows that are to stay
    unseen.
    """
    with service.running(models) as running:
        asked = service.ask(running, [row.text for row in rows])
    answered = evaluate(asked, rows)
    yield _service_line(answered)
    for name, detector in ablations(models).items():
        report = evaluate(detector, rows)
        yield _layer_line(name, report)
        if name == SCREEN:
            yield latency(detector, rows)
            yield from _side_by_side(report, answered)


def _service_line(report: Report) -> str:
    return f"{SERVICE}: recall {report.all_recall}, false alarms {report.all_false_alarms}"


def _layer_line(name: str, report: Report) -> str:
    return (
        f"{name}: recall {report.all_recall}, false alarms {report.all_false_alarms}, "
        f"who right {report.who}, of those missed a concern {report.concern}"
    )


def _side_by_side(screen: Report, served: Report) -> Iterator[str]:
    """By category, then by length: the screen, and the whole service."""
    tables = (
        ("crisis", screen.recall, served.recall),
        ("none  ", screen.false_alarms, served.false_alarms),
        ("crisis", screen.recall_by_length, served.recall_by_length),
        ("none  ", screen.alarms_by_length, served.alarms_by_length),
    )
    for label, by_screen, by_service in tables:
        yield from (
            f"  {label} {name:24} screen {share}, service {by_service[name]}"
            for name, share in by_screen.items()
        )


def read_rows(file: Path) -> tuple[Row, ...]:
    """Rows with labels from JSON lines. Raises ContentError naming file and line."""
    rows: list[Row] = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(file, 1, f"cannot be read: {error}") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            rows.append(
                Row(
                    str(row["text"]),
                    Label(row["label"]),
                    Who(row.get("who") or Who.NOT_APPLICABLE),
                    str(row.get("category", "")),
                )
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ContentError(file, number, f"needs text, label and category: {error}") from None
    return tuple(rows)


def draw(found: Evaluation, file: Path) -> None:
    """Recall and false alarms by category, with their intervals, as a picture."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    served = found.layers[SCREEN]
    figure = Figure(figsize=(10, 5), layout="constrained")
    FigureCanvasAgg(figure)
    parts = (
        ("Crisis language found", served.recall, served.all_recall, "#00703c"),
        ("False alarms", served.false_alarms, served.all_false_alarms, "#b00020"),
    )
    for axes, (title, shares, all_of_them, colour) in zip(
        figure.subplots(1, 2), parts, strict=True
    ):
        rows = [("all", all_of_them), *shares.items()][::-1]
        for at, (_, share) in enumerate(rows):
            low, high = share.interval
            axes.plot([low, high], [at, at], color="#8a8a8a", linewidth=2, zorder=1)
            axes.plot(share.value, at, "o", color=colour, zorder=2)
        axes.set_yticks(
            range(len(rows)), [f"{name} ({share.hits}/{share.of})" for name, share in rows]
        )
        axes.set_xlim(-0.02, 1.02)
        axes.set_title(f"{title}, with 95 % intervals", fontsize=10)
        axes.grid(axis="x", alpha=0.3)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=110, metadata={"Software": None})


def _sum(shares: Iterable[Share]) -> Share:
    rows = list(shares)
    return Share(sum(s.hits for s in rows), sum(s.of for s in rows))
