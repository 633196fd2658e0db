"""The help that a person in crisis is given, as content: models of `bot/content/crisis.yml`, its
loader and its checks.

Needs PyYAML and pydantic and nothing else, so that the gateway has the words before it has anything
that could fail.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

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


class Further(_Content):
    """What leads on: words, and keys of `HelpContent.lines`. `shows_sponsor`: what can be said of
    the writer's own sponsor follows `text`.
    """

    text: Words
    shows_sponsor: bool = False
    lines: Annotated[tuple[str, ...], Field(min_length=1)]


class Step(Further):
    """A next step after a crisis answer: by button (`label`) or typed (`phrases`, lower case, no
    apostrophes).
    """

    label: Words
    phrases: tuple[Words, ...]


class FalseAlarm(_Content):
    text: Words
    phrases: tuple[Words, ...]


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
    aftercare_again: Further
    concern: Words
    help_button: Words
    after_crisis: Words
    after_crisis_small_talk: Words
    false_alarm: FalseAlarm
    unavailable: Answer
    page: Page

    @model_validator(mode="after")
    def _names_exist(self) -> "HelpContent":
        parts: tuple[Answer | Further, ...] = (
            *self.answers.values(),
            *self.aftercare.values(),
            self.aftercare_again,
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
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        return HelpContent.model_validate(yaml.safe_load(text))
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(file, 1, f"cannot be read: {error}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ContentError(
            file, mark.line + 1 if mark else 1, f"is not YAML: {getattr(error, 'problem', error)}"
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
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
