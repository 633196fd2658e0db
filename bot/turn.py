"""What the gateway and a dialogue worker say to each other. No Rasa and no HTTP here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.reading.screening import Screening

Kind = Literal["answer", "notice", "crisis"]


@dataclass(frozen=True, slots=True)
class Button:
    """A choice offered to the user. `payload` is a Rasa intent payload (`/ask_about{"service":
    "belmarsh"}`); it never leaves the gateway.
    """

    label: str
    payload: str


@dataclass(frozen=True, slots=True)
class Table:
    """Things side by side. Each row has as many cells as there are columns; its first cell is the
    row's heading.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def as_text(self) -> str:
        """For where no table can be shown: a line a row."""
        return "\n".join(
            f"{row[0]}: "
            + "; ".join(
                f"{column}: {cell}" if column else cell
                for column, cell in zip(self.columns[1:], row[1:], strict=True)
            )
            for row in self.rows
        )


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the bot. `text` is plain text with paragraphs split by a blank line; `source`
    says where it is from and when it was checked.

    A `table` follows the text and repeats nothing of it.
    """

    text: str
    kind: Kind = "answer"
    source: str = ""
    buttons: tuple[Button, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """Gateway to worker. Exactly one of `text` (typed, already neutralised) and `payload` (of a
    button that we issued) is not empty.

    `screening` is what the gateway's screen made of the text, so that nobody has to screen it
    again; None for a payload, which nobody typed.

    `state` is what the last `TurnResult` of the conversation gave, or "" in a new one: it travels
    with the turn, so that any worker can take it, a killed worker loses nothing, and nothing about
    a conversation is ever on a disk.
    """

    conversation: str
    text: str = ""
    payload: str = ""
    state: str = ""
    screening: Screening | None = None


@dataclass(frozen=True, slots=True)
class TurnResult:
    """Worker to gateway. `topic` is one of `bot/content/topics.yml`; `state` holds no text of the
    user's and at most 16 KB.

    `concern`: the dialogue's classifier took the message for a crisis and the screen did not;
    `services`: whom the answer is about, where it is about some and not about all; `understood`:
    a word of the question is known, also where nothing is held on it and the topic says no more;
    `not_held`: the answer says that what was asked is not held.
    """

    messages: tuple[Message, ...]
    topic: str = "out_of_scope"
    eligibility: Mapping[str, str] = field(default_factory=dict)
    crisis: bool = False
    state: str = ""
    concern: bool = False
    services: tuple[str, ...] = ()
    understood: bool = False
    not_held: bool = False
