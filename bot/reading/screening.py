"""What a screening of one message says. Language is described here, never a person: no score, no
risk level (NICE NG225).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol


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
    CHILD = "child"
    """The writer says that they are one."""


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
    heeds_vote: bool = False
    """Too little to decide, and enough that the vote of a second reader counts (`with_vote`)."""

    @property
    def by_rule(self) -> bool:
        """Whether a rule of the grammar decided, and not a model's opinion."""
        return self.decided_by.startswith("rule:")


def from_output(found: Mapping[str, Any] | None) -> Screening | None:
    """A screening from what `dataclasses.asdict` made of one; None where there is none."""
    if not found:
        return None
    return Screening(
        Label(found["label"]),
        Who(found.get("who", Who.NOT_APPLICABLE)),
        found.get("category", ""),
        found.get("decided_by", ""),
        Situation(found.get("situation", Situation.UNKNOWN)),
        found.get("heeds_vote", False),
    )


def with_vote(screening: Screening, voted: bool) -> Screening:
    """The one decision about a message, after the dialogue's intent classifier has read it too.
    `voted`: it took the message for a crisis.

    A vote alone decides nothing: it was most of the false alarms (docs/adr/0004). What it says of a
    message that the screen thinks little of is a concern.
    """
    if screening.label is Label.CRISIS or not voted:
        return screening
    label = Label.CRISIS if screening.heeds_vote else Label.CONCERN
    by = f"intent, {screening.decided_by}" if screening.decided_by else "intent"
    return replace(screening, label=label, decided_by=by)


class Screen(Protocol):
    def screen(self, text: str, earlier: tuple[str, ...] = ()) -> Screening:
        """Screens one message; `earlier` are the user's last messages in the same conversation,
        oldest first. Never raises.
        """
        ...
