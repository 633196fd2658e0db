"""The corpus: our own rows of crisis language and of what only looks like it, as YAML groups of one
row a line.

`data/crisis/train` trains the classifier, `data/crisis/calibration` sets its thresholds, and
`data/crisis/heldout` does neither. Questions from the intent classifier's examples in `data/nlu`
are ordinary messages here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from bot.errors import ContentError
from bot.reading.screening import Label, Who
from bot.settings import ROOT

DATA = ROOT / "data" / "crisis"
TRAIN, CALIBRATION, HELD_OUT = DATA / "train", DATA / "calibration", DATA / "heldout"
QUESTIONS = ROOT / "data" / "nlu"
NO_QUESTIONS = frozenset(
    {"crisis", "false_alarm", "affirm", "deny", "goodbye", "abuse_bot", "share_feeling"}
)
"""Intents whose examples are no questions, and some of which are ordinary or not by what was said
before them.
"""
EVERY = 3
"""Of the questions, one in so many is learned from by itself and one inside a mix, which the light
part learns from by itself too; the others can be asked how often they raise a false alarm.
"""


DRESSED = 8
"""One row in so many gets words of courtesy before or after it, whatever its label: they say
nothing of a crisis, and nothing against one.
"""
_BEFORE = (
    "hello, ",
    "hiya ",
    "hope you can help, ",
    "dunno who to ask, ",
    "quick one. ",
    "Where is Swaleside? ",
    "morning, ",
    "right so ",
    "Who is my sponsor? ",
)
_AFTER = (
    ". cheers",
    ", ta",
    ". thanks for listening",
    ". sorry to go on",
    " lol",
    ". What does PIPE mean?",
    "!!",
    ". thank you",
    " please",
    ". that's all",
    " innit",
    ".",
)


MIXED = 3
"""Of the short rows of crisis, one in so many is learned a second time in one breath with an
ordinary question, and so are as many ordinary rows: people write "i want to die can i book a visit"
without a stop, and neither half may hide the other.
"""
MIXED_WORDS = 14
LONG_WORDS = 25
"""Each ordinary row of so many words is learned a second time with another row somewhere inside it,
by turns a short one of crisis and an ordinary one: people say it by the way, and a message is no
crisis for being long.
"""
INSIDE_WORDS = 40
_I = frozenset(["i", "im", "i'm", "ive", "i've", "id", "i'd", "ill", "i'll"])
_JOINERS = (" ", " and ", ", ", " also ", " anyway ", " btw ", " but ", ". ", " - ", " so ")


@dataclass(frozen=True, slots=True)
class Row:
    text: str
    label: Label
    who: Who
    category: str


def load(directory: Path = TRAIN) -> tuple[Row, ...]:
    """All rows of the files of a directory, in a fixed order. Raises ContentError for a file that
    cannot be read.
    """
    rows: list[Row] = []
    for file in sorted(directory.glob("*.yml")):
        try:
            for group in yaml.load(
                file.read_text(encoding="utf-8"),
                Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader),  # noqa: S506
            ):
                label, who, category = (
                    Label(group["label"]),
                    Who(group.get("who", Who.NOT_APPLICABLE)),
                    group["category"],
                )
                rows.extend(
                    Row(line.strip(), label, who, category)
                    for line in group["rows"].splitlines()
                    if line.strip()
                )
        except (OSError, yaml.YAMLError, KeyError, ValueError, TypeError) as error:
            raise ContentError(file, 1, f"is not a corpus file: {error}") from None
    return tuple(rows)


def training() -> tuple[Row, ...]:
    """What the classifier learns from: the corpus, and of the intent classifier's examples those
    that a bot like this is asked all day.

    Raises ContentError for a file that cannot be read.
    """
    rows = load(TRAIN)
    questions = ordinary_questions()
    learned = (*rows, *questions[::EVERY])
    dressed = (
        _dressed(at // DRESSED, row) if at % DRESSED == 0 else row for at, row in enumerate(learned)
    )
    return (*dressed, *mixes(rows, questions[1::EVERY]), *long_mixes(rows))


def light_training() -> tuple[Row, ...]:
    """What the regressions over words learn from, which is cheap: twice as many ordinary questions.

    Raises ContentError for a file that cannot be read.
    """
    return (*training(), *ordinary_questions()[1::EVERY])


def mixes(rows: Sequence[Row], questions: Sequence[Row]) -> tuple[Row, ...]:
    """Short rows of `rows` in one breath with `questions`, as many ordinary ones as of crisis; in
    a fixed order.
    """
    short = [row for row in rows if len(row.text.split()) <= MIXED_WORDS]
    crisis = [row for row in short if row.label is Label.CRISIS][::MIXED]
    ordinary = [row for row in short if row.label is Label.NONE]
    ordinary = ordinary[:: max(1, len(ordinary) // max(1, len(crisis)))][: len(crisis)]
    return tuple(
        _mixed(number, row, questions[number * 7 % len(questions)])
        for number, row in enumerate((*crisis, *ordinary))
    )


def long_mixes(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Long ordinary rows with another row inside, between two of their parts: by turns a short one
    of crisis and an ordinary one; in a fixed order.
    """
    own = [row for row in rows if row.text.lower().split()[0] in _I]
    crisis = [
        row
        for row in own
        if row.label is Label.CRISIS
        and row.who is Who.SELF
        and len(row.text.split()) <= MIXED_WORDS
    ]
    ordinary = [
        row
        for row in own
        if row.label is Label.NONE and MIXED_WORDS <= len(row.text.split()) <= INSIDE_WORDS
    ]
    long = [
        row
        for row in rows
        if row.label is Label.NONE and len(row.text.split()) >= LONG_WORDS and row.text.isascii()
    ]
    if not (crisis and ordinary):
        return ()
    kinds = crisis, ordinary
    return tuple(
        _with_inside(number, row, kinds[number % 2][number * 11 % len(kinds[number % 2])])
        for number, row in enumerate(long)
    )


def _with_inside(number: int, row: Row, said: Row) -> Row:
    parts = re.split(r"(?<=[.,!?;])\s+|\s+(?=(?:and|but|so|then|because)\b)", row.text)
    at = 1 + number % max(1, len(parts) - 1)
    stopped = row.text.count(".") > 1
    inside = f"{said.text.rstrip('.')}." if stopped else said.text
    return replace(said, text=" ".join((*parts[:at], inside, *parts[at:])))


def _mixed(number: int, row: Row, question: Row) -> Row:
    joiner = _JOINERS[number // 2 % len(_JOINERS)]
    halves = (row.text, question.text) if number % 2 else (question.text, row.text)
    if joiner.strip() != ".":  # in one breath
        halves = (halves[0].rstrip(".?!"), halves[1])
    return replace(row, text=joiner.join(halves))


def _dressed(number: int, row: Row) -> Row:
    half = number // 2
    return replace(
        row,
        text=_BEFORE[half % len(_BEFORE)] + row.text
        if number % 2
        else row.text + _AFTER[half % len(_AFTER)],
    )


def ordinary_questions() -> tuple[Row, ...]:
    """The examples in `data/nlu` that are questions, about us or anything else. Raises ContentError
    for a file that cannot be read.
    """
    rows: list[Row] = []
    for file in question_files():
        try:
            for entry in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
                if entry["intent"] not in NO_QUESTIONS:
                    texts = (
                        line.strip().removeprefix("- ") for line in entry["examples"].splitlines()
                    )
                    rows.extend(
                        Row(text, Label.NONE, Who.NOT_APPLICABLE, "question")
                        for text in texts
                        if text
                    )
        except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
            raise ContentError(file, 1, f"is not a file of intent examples: {error}") from None
    return tuple(rows)


def question_files() -> list[Path]:
    """In a fixed order."""
    return sorted(QUESTIONS.glob("*.yml"))
