"""The JSON that goes in and out, in one place: what the API documents and what it accepts are the
same thing.
"""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, model_validator

from bot.turn import Table


def _printable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold NUL")
    return text


def _one_of(*names: str) -> dict[str, Any]:
    """For the schema: exactly one of these is a string."""
    one = (
        {
            "required": [name],
            "properties": {n: {"type": "string" if n == name else "null"} for n in names},
        }
        for name in names
    )
    return {"oneOf": list(one)}


ID_MAX = 64
Id = Annotated[str, Field(max_length=ID_MAX)]
Typed = Annotated[str, AfterValidator(_printable)]


class MessageIn(BaseModel):
    """A message of a user: typed text of at most 500 characters, or a button by the id that we
    issued; exactly one of the two.

    The length is not checked here: too long a text is refused in words.

    `idempotency_key`: any name that the client gives to this message of the conversation. A message
    that is sent again under it, and says the same, is not taken a second time, and gets the answer
    that it got.
    """

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, json_schema_extra=_one_of("text", "button")
    )

    conversation: Id | None = None
    text: Typed | None = None
    button: Id | None = None
    idempotency_key: Id | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.text is None) == (self.button is None):
            raise ValueError("exactly one of text and button is needed")
        return self


class RestIn(BaseModel):
    """What Rasa's REST channel takes; what else a client sends along (`metadata`, `input_channel`)
    is not looked at.
    """

    model_config = ConfigDict(strict=True, frozen=True)

    message: Typed
    sender: str | None = None


class FeedbackIn(BaseModel):
    """Whether an answer helped. `answer` is the `feedback` id of an AnswerOut; each counts once."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    conversation: Id
    answer: Id
    helpful: bool


Tell = Literal["", "if_unhelpful", "now"]


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class ButtonOut(_Out):
    id: str
    label: str


class TableOut(_Out):
    """Things side by side: each row has as many cells as there are columns, and its first cell is
    its heading.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def table(self) -> Table:
        return Table(self.caption, self.columns, self.rows)


class MessageOut(_Out):
    """`text` is plain text with paragraphs split by a blank line; `source` says where it is from,
    or is "". `table` follows the text.
    """

    text: str
    kind: Literal["answer", "notice", "crisis"]
    source: str
    buttons: tuple[ButtonOut, ...] = ()
    table: TableOut | None = None


class AnswerOut(_Out):
    """The answer to a message. `pinned_help`: from now on, keep the help in view.

    `summary` is the label of a button that posts `conversation` to `/summary`, or "" where there is
    no case to print.
    """

    conversation: str
    messages: tuple[MessageOut, ...]
    topic: str
    crisis: bool
    eligibility: dict[str, str] = {}
    pinned_help: bool = False
    feedback: str = ""
    """The id under which it can be said whether this answer helped, or "" where that is not asked:
    a refusal, help in a crisis.
    """
    summary: str = ""
    tell: Tell = ""
    """Whether the team may be told what was asked, by a form posted to `/tell`: at once where it is
    not held, only once the answer was called not helpful, or ("") not at all.
    """
    links: dict[str, str] = {}
    """Of the writer's own sponsor, where the messages name them: a number or address as it is
    written there, and where a tap on it leads (`tel:`, `sms:`, `mailto:`).
    """


class OpenedOut(_Out):
    """A new conversation, with what the bot says first."""

    conversation: str
    messages: tuple[MessageOut, ...]


class Helpful(_Out):
    yes: int
    no: int


class Verdicts(RootModel[dict[str, Helpful]]):
    """How often people called the answers on each topic helpful, and not, since the service
    started.
    """


class Live(_Out):
    status: Literal["live"] = "live"


class Ready(_Out):
    """`detector` "degraded": a part of the screen is missing or damaged, so that help stands beside
    every answer. `connections` "near_limit" and `addresses` "unreadable" (a proxy wrote addresses
    that cannot be read, within the last hour) leave the status at 200, and somebody should look.
    `service` "stopping": it is about to be stopped, and answers as ever until then.
    """

    service: Literal["serving", "stopping"] = "serving"
    detector: Literal["loading", "ready", "degraded", "failed"]
    dialogue: Literal["ready", "down"]
    connections: Literal["ok", "near_limit"] = "ok"
    addresses: Literal["ok", "unreadable"] = "ok"


class State(Ready):
    """All that the operator may want to know. `content` and `dialogue_content` are the versions of
    the content that the gateway and a worker have, `content_checked` the day on which the part
    checked longest ago was checked; `model` is the crisis screen's. `switches` has a line for each
    thing that is not as usual. `reload` "failed": the content before the newest is served.
    `conversations` and `limits` "memory": this gateway keeps its own; "down": several share them,
    and cannot at the moment.
    """

    sponsors: Literal["none", "loading", "ready", "failed", "off"]
    conversations: Literal["memory", "ready", "down"]
    limits: Literal["memory", "ready", "down"]
    reload: Literal["ok", "failed"]
    version: str
    model: str
    content: str
    content_checked: date | None
    dialogue_content: str
    switches: tuple[str, ...]


class Problem(_Out):
    """RFC 9457. `detail` is a sentence for the person who wrote the message."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
