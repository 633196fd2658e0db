"""The corpus: our own rows of crisis language and of what only looks like it, as YAML groups of one
row a line.

`data/crisis/train` trains the classifier, `data/crisis/calibration` sets its thresholds, and
`data/crisis/heldout` does neither. Questions from the intent classifier's examples in `data/nlu`
are ordinary messages here.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from bot.errors import ContentError
from bot.reading.screening import Label, Who
from bot.settings import ROOT

DATA = ROOT / "data" / "crisis"
TRAIN, CALIBRATION, HELD_OUT = DATA / "train", DATA / "calibration", DATA / "heldout"
QUESTIONS = ROOT / "data" / "nlu"
NO_QUESTIONS = frozenset({"crisis", "false_alarm", "affirm", "deny", "goodbye", "abuse_bot"})
"""Intents whose examples are no questions, and some of which are ordinary or not by what was said
before them.
"""
EVERY = 3
"""Of the questions, one in so many is learned from; the others can be asked how often they raise a
false alarm.
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
    return tuple(
        _dressed(at // DRESSED, row) if at % DRESSED == 0 else row
        for at, row in enumerate((*load(TRAIN), *ordinary_questions()[::EVERY]))
    )


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
