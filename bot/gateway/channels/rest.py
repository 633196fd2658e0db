"""Rasa's REST channel, for clients that were made for it: `POST /webhooks/rest/webhook`, under the
rules of our own API. Off by default.

Rasa lets the client choose the `sender`, so that two who choose the same one share a conversation.
Here only an id that we issued continues one: it is the `recipient_id` of each answer. A button's
`payload` is an id of ours too, good in its own conversation only; everything else is words.
"""

from typing import Any

from aiohttp import web
from pydantic import ValidationError

from bot.gateway.api.models import MessageOut, RestIn
from bot.gateway.conversations import Conversations
from bot.gateway.desk import Desk, Incoming
from bot.gateway.http.bodies import read_body, words_in
from bot.gateway.http.limits import Caller
from bot.gateway.http.responses import problem
from bot.gateway.notices import REFUSALS

FOR_PEOPLE = frozenset({"empty", "too_long", "too_many", "button_gone"})
"""Refusals that a person can do something about. Such clients show only what comes with status 200.
"""


async def heard(
    conversations: Conversations,
    address: str,
    sender: str | None,
    message: str,
    *,
    unlimited: bool = False,
    key: str = "",
) -> Incoming:
    """A message of such a client: in the conversation that it names if we issued that id, and the
    press of a button if it is one's id.
    """
    session = await conversations.load(sender)
    if session and message in session.buttons:
        return Incoming(address, unlimited, session.id, button=message, key=key)
    return Incoming(address, unlimited, session.id if session else None, message, key=key)


def as_text(message: MessageOut) -> str:
    """All that a user has to read, for clients that show nothing but text."""
    table = message.table.table.as_text() if message.table else ""
    return "\n\n".join(part for part in (message.text, table, message.source) if part)


class RestChannel:
    """`/webhooks/rest/`."""

    def __init__(self, desk: Desk, conversations: Conversations, caller: Caller) -> None:
        self._desk, self._conversations, self._caller = desk, conversations, caller

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/webhooks/rest/", self.health),
            web.post("/webhooks/rest/webhook", self.webhook),
        ]

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def webhook(self, request: web.Request) -> web.Response:
        """A list of messages: `{"recipient_id", "text", "buttons"?: [{"title", "payload"}]}`."""
        body = await read_body(request, "application/json")
        address, unlimited = self._caller.address(request), self._caller.is_operator(request)
        try:
            asked = None if body.refused else RestIn.model_validate_json(body.data)
        except ValidationError:
            asked = None
        if asked:
            incoming = await heard(
                self._conversations, address, asked.sender, asked.message, unlimited=unlimited
            )
        else:
            incoming = Incoming(
                address, unlimited, text=words_in(body.data), refused=body.refused or "unreadable"
            )
        outgoing = await self._desk.take(incoming)
        if outgoing.refused and outgoing.refused not in FOR_PEOPLE:
            response = problem(REFUSALS[outgoing.refused], outgoing.said)
            response.force_close()
            return response
        return web.json_response(
            [
                _message(message, outgoing.answer.conversation)
                for message in outgoing.answer.messages
            ]
        )


def _message(message: MessageOut, conversation: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"recipient_id": conversation, "text": as_text(message)}
    if message.buttons:
        shown["buttons"] = [
            {"title": button.label, "payload": button.id} for button in message.buttons
        ]
    return shown
