"""What a screening of one message says. Language is described here, never a person: no score, no risk level (NICE NG225)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Label(StrEnum):
    CRISIS = "crisis"
    CONCERN = "concern"
    NONE = "none"


class Who(StrEnum):
    """Whom the message is about. The answer differs for somebody who worries about another person."""

    SELF = "self"
    OTHER = "other"
    NOT_APPLICABLE = "n.a."


@dataclass(frozen=True, slots=True)
class Screening:
    """`category` is a key of `bot/safety/categories.yml` ("" for none); `decided_by` names the rule or the model that decided, never the text."""

    label: Label
    who: Who = Who.NOT_APPLICABLE
    category: str = ""
    decided_by: str = ""


class Screen(Protocol):
    def screen(self, text: str, earlier: tuple[str, ...] = ()) -> Screening:
        """Screens one message; `earlier` are the user's last messages in the same conversation, oldest first. Never raises."""
        ...
