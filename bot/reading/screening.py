"""What a screening of one message says. Language is described here, never a person: no score, no
risk level (NICE NG225).
"""

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


class Situation(StrEnum):
    """Where the message is written from, as far as its words say: what a person can do right now
    hangs on it.
    """

    UNKNOWN = ""
    CUSTODY = "custody"
    """The writer is in custody: no phone may be at hand."""
    RELATIVE = "relative"
    RELATIVE_OF_PRISONER = "relative_of_prisoner"
    PROFESSIONAL = "professional"


@dataclass(frozen=True, slots=True)
class Screening:
    """`category` is a key of `bot/reading/grammar/categories.yml` ("" for none); `decided_by` names
    the rule or the model, never the text.
    """

    label: Label
    who: Who = Who.NOT_APPLICABLE
    category: str = ""
    decided_by: str = ""
    situation: Situation = Situation.UNKNOWN


class Screen(Protocol):
    def screen(self, text: str, earlier: tuple[str, ...] = ()) -> Screening:
        """Screens one message; `earlier` are the user's last messages in the same conversation,
        oldest first. Never raises.
        """
        ...
