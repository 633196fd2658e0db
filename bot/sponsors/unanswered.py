"""What had no answer: what a question and a count are. Frozen values and pure functions."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """Why an answer counts as none."""

    NOT_HELD = "not held"
    UNHELPFUL = "unhelpful"


class Closing(StrEnum):
    """What became of a question. Its words are deleted in any case."""

    ANSWERED = "answered now"
    NOT_OURS = "not ours"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody told the team, and when. `id` is opaque."""

    id: str
    text: str
    day: date


@dataclass(frozen=True, slots=True)
class Counted:
    """Something that is counted in a week: the Monday, and the topic that the answer reported."""

    week: date
    topic: str
    kind: Kind


def week_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())
