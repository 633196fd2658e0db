"""The help that a person in crisis is given, as content: models of `bot/content/crisis.yml`, its
loader and its checks.

Needs PyYAML and pydantic and nothing else, so that the gateway has the words before it has anything
that could fail.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot import yamlfile
from bot.errors import ContentError
from bot.reading.screening import Screening, Situation, Who

FILE = "crisis.yml"
Words = Annotated[str, Field(min_length=1)]


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(_Content):
    """A national help line: what to say of it, and the day on which somebody last checked that it
    is so.
    """

    text: Words
    last_verified: date


class Answer(_Content):
    """One answer to crisis language, in the order in which it is read. `lines` are keys of
    `HelpContent.lines`.
    """

    opening: Words
    sponsor: Words
    steps: tuple[Words, ...] = ()
    lines: Annotated[tuple[str, ...], Field(min_length=1)]


class Choice(_Content):
    """A row of the table that picks an answer. What is None fits everything."""

    who: Who | None = None
    category: str | None = None
    situation: Situation | None = None
    answer: str

    def fits(self, screening: Screening) -> bool:
        return (
            (self.who is None or self.who is screening.who)
            and (self.category is None or self.category == screening.category)
            and (self.situation is None or self.situation is screening.situation)
        )


class Writer(StrEnum):
    """Who writes, as far as what can be done next hangs on it."""

    SELF = "self"
    CUSTODY = "custody"
    RELATIVE = "relative"
    PROFESSIONAL = "professional"
    CHILD = "child"
    HARMED = "harmed"
    """Somebody whom another person hurts or threatens, outside custody. They may well have no
    sponsor, and whoever is with them may be the danger.
    """


class Lines(_Content):
    """What leads on: words, and keys of `HelpContent.lines`."""

    text: Words
    lines: Annotated[tuple[str, ...], Field(min_length=1)]


class Further(Lines):
    """What leads on, and what to say instead to some writers (`to`). `shows_sponsor`: what can be
    said of the writer's own sponsor follows `text`.
    """

    shows_sponsor: bool = False
    to: Mapping[Writer, Lines] = {}

    def words_for(self, writer: Writer) -> Lines:
        return self.to.get(writer, self)


class Step(Further):
    """A next step after a crisis answer: by button (`label`, "" for none) or typed (`phrases`, as
    bot.language.phrases reads them). `directly` are phrases that mean it only straight after a crisis
    answer, `soon` those that mean it until an ordinary question is asked, or for a few turns, and
    `after` those that mean it only after a crisis of that category. `is_writer` is who
    the writer turns out to be.
    """

    label: str = ""
    phrases: tuple[Words, ...]
    directly: tuple[Words, ...] = ()
    soon: tuple[Words, ...] = ()
    after: Mapping[str, tuple[Words, ...]] = {}
    is_writer: Writer | None = None
    first: bool = False
    """Cannot wait: it is looked for before all other steps."""
    says_again: bool = False
    """A question with one answer: who asks it again gets the same."""


class Calm(_Content):
    """What is said where help is there or is not wanted now: it stays within reach, and nothing is
    asked.
    """

    text: Words
    to: Mapping[Writer, Words] = {}
    phrases: tuple[Words, ...]
    sure: bool = False
    """Counts even where the classifier alone hears a crisis in the same words."""
    not_after: tuple[str, ...] = ()
    """Categories of crisis after which these words may tell of the danger itself."""
    unless: tuple[Words, ...] = ()
    """Beside these phrases it is not said: "my mate is with me and hes got a rope"."""


class Reach(_Content):
    """Where help is, in a line, by who writes."""

    text: Words
    to: Mapping[Writer, Words] = {}

    def words_for(self, writer: Writer) -> str:
        return self.to.get(writer, self.text)


class Misfits(_Content):
    """Topics whose ordinary answers do not fit soon after a crisis answer, unless the message has a
    word of `ordinary`: "ring who" is not after the address of LPP. `turns` is how many turns that
    lasts. Once an ordinary question was asked, what `asks` something is answered within them too;
    what only tells ("they just ignore me") is still in doubt.
    """

    topics: tuple[Words, ...]
    asks: tuple[Words, ...]
    turns: Annotated[int, Field(ge=1)]


class FalseAlarm(_Content):
    """`doubts` are phrases beside which nothing is taken back."""

    text: Words
    phrases: tuple[Words, ...]
    doubts: tuple[Words, ...]


class Section(_Content):
    heading: Words
    answer: str


class Page(_Content):
    """The page behind "I need help now"."""

    title: Words
    intro: Words
    sections: tuple[Section, ...]


class HelpContent(_Content):
    """All of `crisis.yml`."""

    verify_every_days: Annotated[int, Field(ge=1)]
    lines: Mapping[str, Line]
    lines_label: Words
    closing: Words
    answers: Mapping[str, Answer]
    choose: Annotated[tuple[Choice, ...], Field(min_length=1)]
    aftercare: Mapping[str, Step]
    asked: Mapping[str, Step]
    aftercare_again: Further
    calm: Mapping[str, Calm]
    ordinary: tuple[Words, ...]
    concern: Words
    help_button: Words
    after_crisis: Reach
    after_crisis_misfits: Misfits
    after_crisis_short: Words
    after_crisis_small_talk: Words
    after_crisis_unsure: Words
    after_crisis_unsure_again: Words
    crisis_again: Words
    false_alarm: FalseAlarm
    unavailable: Answer
    page: Page

    @property
    def steps(self) -> Mapping[str, Step]:
        """All next steps, those with a button first."""
        return {**self.aftercare, **self.asked}

    @model_validator(mode="after")
    def _names_exist(self) -> "HelpContent":
        further = (*self.steps.values(), self.aftercare_again)
        parts: tuple[Answer | Lines, ...] = (
            *self.answers.values(),
            *further,
            *(words for step in further for words in step.to.values()),
            self.unavailable,
        )
        used = [line for part in parts for line in part.lines]
        answers = [c.answer for c in self.choose] + [s.answer for s in self.page.sections]
        missing = [f"line {name!r}" for name in used if name not in self.lines] + [
            f"answer {name!r}" for name in answers if name not in self.answers
        ]
        if missing:
            raise ValueError(f"{missing[0]} is used but not there")
        if self.choose[-1].model_dump(exclude={"answer"}, exclude_none=True):
            raise ValueError("the last row of `choose` has to fit everything")
        return self


def load_help(content_dir: Path) -> HelpContent:
    """Reads `crisis.yml`. Raises ContentError with the line of the mistake."""
    file = content_dir / FILE
    try:
        text = file.read_text(encoding="utf-8")
        return HelpContent.model_validate(yaml.load(text, Loader=yamlfile.Loader))  # noqa: S506
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(file, 1, f"cannot be read: {error}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ContentError(
            file, mark.line + 1 if mark else 1, f"is not YAML: {getattr(error, 'problem', error)}"
        ) from None
    except ValidationError as error:
        first, root = error.errors()[0], yaml.compose(text, Loader=yamlfile.Loader)
        where = ".".join(str(part) for part in first["loc"])
        raise ContentError(
            file, _line(root, first["loc"]), f"{where}: {first['msg']}" if where else first["msg"]
        ) from None


def overdue(help_content: HelpContent, today: date) -> tuple[str, ...]:
    """A warning for each line that nobody has verified for longer than `verify_every_days`, or that
    was verified in the future.
    """
    limit = timedelta(days=help_content.verify_every_days)
    late = (
        (name, line.last_verified)
        for name, line in help_content.lines.items()
        if not timedelta(0) <= today - line.last_verified <= limit
    )
    return tuple(
        f"{FILE}: line {name!r} was last verified on {day.isoformat()}: check it, then set last_verified"
        for name, day in late
    )


def _line(node: yaml.Node | None, path: tuple[int | str, ...]) -> int:
    """The line, from 1, of the deepest part of `path` that the document has."""
    line = 1
    for key in path:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(key)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
        else:
            break
    return line
