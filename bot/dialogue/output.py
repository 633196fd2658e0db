"""From what Rasa says to the messages of a turn: our Rasa output channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast, get_args

from rasa.core.channels.channel import OutputChannel

from bot.turn import Button, Kind, Message, Table


@dataclass(slots=True)
class Said:
    """What was said in one turn, in order, and what its last message says of the turn as a whole
    ("" and {} where it says nothing).
    """

    messages: list[Message] = field(default_factory=list)
    topic: str = ""
    eligibility: Mapping[str, str] = field(default_factory=dict)
    services: tuple[str, ...] = ()
    understood: bool = False
    not_held: bool = False

    @property
    def crisis(self) -> bool:
        return any(message.kind == "crisis" for message in self.messages)


def read_message(said: Mapping[str, Any]) -> Message | None:
    """A message as Rasa hands it to a channel, as ours. None where it has no text.

    An action puts the source below its text, for channels that show nothing else (`rasa shell`),
    and beside it, for us: so it is taken off the text.
    """
    text, source, kind = (str(said.get(key) or "") for key in ("text", "source", "kind"))
    text = text.removesuffix(f"\n\n{source}") if source else text
    if not text.strip():
        return None
    buttons = tuple(
        Button(str(button["title"]), str(button["payload"])) for button in said.get("buttons") or ()
    )
    return Message(
        text.strip(),
        cast(Kind, kind) if kind in get_args(Kind) else "answer",
        source,
        buttons,
        _table(said.get("table")),
    )


def _table(said: Any) -> Table | None:
    """What an action gives as `dataclasses.asdict(Table)`; it comes as JSON, and so with lists."""
    if not isinstance(said, Mapping):
        return None
    rows = tuple(tuple(str(cell) for cell in row) for row in said["rows"])
    return Table(str(said["caption"]), tuple(str(column) for column in said["columns"]), rows)


class TurnChannel(OutputChannel):
    """Collects whole messages. Rasa's own collecting channel drops the metadata, where source,
    topic and kind are.
    """

    def __init__(self) -> None:
        self.said = Said()

    @classmethod
    def name(cls) -> str:
        return "signpost"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        # An action's extra arguments stand beside the text; what domain.yml says in a response's
        # `metadata` is one level down.
        whole = {**(message.get("metadata") or {}), **message}
        read = read_message(whole)
        if read is None:
            return
        self.said.messages.append(read)
        self.said.topic = str(whole.get("topic") or "")
        self.said.understood = bool(whole.get("understood"))
        self.said.not_held = bool(whole.get("not_held"))
        self.said.services = tuple(str(service) for service in whole.get("services") or ())
        eligibility = whole.get("eligibility")
        self.said.eligibility = (
            {str(service): str(outcome) for service, outcome in eligibility.items()}
            if isinstance(eligibility, dict)
            else {}
        )
